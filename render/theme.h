/* Colours and sizes of the flat parts of the screen: one place.
 *
 * Read from two to three metres: text that matters is at least RND_TYPE_SMALL on a 1920x1080
 * screen, and each text colour stands at least 7:1 on its ground (WCAG relative luminance; held by
 * a test). Sizes are in units of 1/1080 of the height of the screen (1/1920 of its width if less).
 * Thread: any. */
#ifndef RND_THEME_H
#define RND_THEME_H

struct rnd_colour {
    double r, g, b; /* 0..1 sRGB */
};

#define RND_RGB(hex)                                                                               \
    {                                                                                              \
        (double)(((hex) >> 16) & 0xff) / 255.0, (double)(((hex) >> 8) & 0xff) / 255.0,             \
            (double)((hex)&0xff) / 255.0                                                           \
    }

/* X(name, text colour, ground) */
#define RND_PAIR_LIST(X)                                                                           \
    X(RND_PAIR_TEXT, 0xf4f8fb, 0x121a23)                                                           \
    X(RND_PAIR_QUIET, 0xb7c6d4, 0x121a23)                                                          \
    X(RND_PAIR_OK, 0x4ade93, 0x121a23)                                                             \
    X(RND_PAIR_CAUTION, 0xffb92e, 0x121a23)                                                        \
    X(RND_PAIR_ALARM, 0xff8a80, 0x121a23)                                                          \
    X(RND_PAIR_BAR_OK, 0xffffff, 0x07552f)                                                         \
    X(RND_PAIR_BAR_CAUTION, 0x000000, 0xffb000)                                                    \
    X(RND_PAIR_BAR_WITHHELD, 0xffffff, 0x9b0011)                                                   \
    X(RND_PAIR_BAR_REVIEW, 0xffffff, 0x1d3f6e)                                                     \
    X(RND_PAIR_MODE, 0x000000, 0xff7ae0)                                                           \
    X(RND_PAIR_CUT, 0x9eeeff, 0x0a1017)

enum rnd_pair {
#define RND_PAIR_ENUM(name, text, ground) name,
    RND_PAIR_LIST(RND_PAIR_ENUM)
#undef RND_PAIR_ENUM
        RND_PAIR_COUNT
};

struct rnd_pair_colours {
    struct rnd_colour text;
    struct rnd_colour ground;
};

extern const struct rnd_pair_colours rnd_pairs[RND_PAIR_COUNT];

/* WCAG 2 contrast ratio of two sRGB colours, 1 to 21. */
double rnd_contrast(struct rnd_colour a, struct rnd_colour b);

extern const struct rnd_colour rnd_gap; /* between cards and pictures */

#define RND_FONT "Roboto, Noto Sans, DejaVu Sans, Sans"

enum {
    RND_BAR_HEIGHT = 112,
    RND_STRIP_HEIGHT = 96,
    RND_ALARM_HEIGHT = 64,
    RND_BUTTONS_HEIGHT = 84, /* for a finger in a glove */
    RND_SIDE_WIDTH = 540,
    RND_GUIDE_HEIGHT = 420,
    RND_CUTS_HEIGHT = 116,
    RND_SECTIONS_WIDTH = 400,
    RND_SECTIONS_BESIDE_WIDTH = 340, /* beside a live picture, which is wide */
    RND_TYPE_SMALL = 24,
    RND_TYPE_BODY = 30,
    RND_TYPE_NUMBER = 40,
    RND_TYPE_PLATE = 44,
    RND_TYPE_HEADLINE = 56,
    RND_TYPE_GUIDE = 76 /* the one number that the eye has to find */
};

#endif
