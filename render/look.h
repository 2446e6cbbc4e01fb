/* How a thing looks in a picture: a tool, and a piece of text. */
#ifndef RND_LOOK_H
#define RND_LOOK_H

enum rnd_look {
    RND_LOOK_HIDDEN = 0, /* withheld: not drawn at all */
    RND_LOOK_GHOST,      /* recorded, beside a trainee's own: never live */
    RND_LOOK_LATE,       /* amber, in dashes: not to be used */
    RND_LOOK_LIVE
};

/* Colour and shape class of a piece of text. Never the only carrier of a meaning. */
enum rnd_level { RND_LEVEL_NEUTRAL = 0, RND_LEVEL_OK, RND_LEVEL_CAUTION, RND_LEVEL_ALARM };

#endif
