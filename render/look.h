/* How a tool looks in a picture. */
#ifndef RND_LOOK_H
#define RND_LOOK_H

enum rnd_look {
    RND_LOOK_HIDDEN = 0, /* withheld: not drawn at all */
    RND_LOOK_LATE,       /* amber, in dashes: not to be used */
    RND_LOOK_LIVE
};

#endif
