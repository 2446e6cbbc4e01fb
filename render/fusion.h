/* Two scans of one place in one picture: a CT and an MR that was brought to it.
 *
 * For an eye to judge whether they lie on each other. Where both are shown, the first is grey and
 * the second orange, so that neither is taken for the other. Pure. Thread: any. */
#ifndef RND_FUSION_H
#define RND_FUSION_H

#include <stdbool.h>
#include <stdint.h>

enum rnd_fusion {
    RND_FUSION_FIRST = 0, /* the CT alone */
    RND_FUSION_BLEND,     /* both, one through the other */
    RND_FUSION_SQUARES,   /* by turns, in squares: contours must go on across their edges */
    RND_FUSION_SECOND,    /* the MR alone */
    RND_FUSION_COUNT
};

/* "ct", "blend", "squares", "mr". False: no such word. */
const char *rnd_fusion_name(enum rnd_fusion fusion);
bool rnd_fusion_find(const char *name, enum rnd_fusion *out_fusion);

/* One pixel of both, 0xRRGGBB; `square_px` is the side of the squares, at least 1. */
uint32_t rnd_fuse(enum rnd_fusion fusion, uint8_t first, uint8_t second, int x, int y,
                  int square_px);

#endif
