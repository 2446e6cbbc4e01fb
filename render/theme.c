#include "theme.h"

#include <math.h>

const struct rnd_pair_colours rnd_pairs[RND_PAIR_COUNT] = {
#define PAIR_ROW(name, text, ground) [name] = {RND_RGB(text), RND_RGB(ground)},
    RND_PAIR_LIST(PAIR_ROW)
#undef PAIR_ROW
};

const struct rnd_colour rnd_gap = RND_RGB(0x080c11);

static double linear(double channel)
{
    return channel <= 0.03928 ? channel / 12.92 : pow((channel + 0.055) / 1.055, 2.4);
}

static double luminance(struct rnd_colour colour)
{
    return 0.2126 * linear(colour.r) + 0.7152 * linear(colour.g) + 0.0722 * linear(colour.b);
}

double rnd_contrast(struct rnd_colour a, struct rnd_colour b)
{
    const double la = luminance(a);
    const double lb = luminance(b);
    return (fmax(la, lb) + 0.05) / (fmin(la, lb) + 0.05);
}
