/* The model put into a live picture so that it looks inside, not pasted on top.
 *
 * What lies inside the bone is blended more weakly than what lies in front of it, and gives way to
 * the edges of the picture itself: the eye keeps seeing the bone's surface before it (inverse
 * realism). Outlines keep their full colour. A keyhole shows what is inside only about a point.
 * Pictures: 4 bytes a pixel, blue, green, red, any; top row first unless said. Pure. Thread: any.
 */
#ifndef RND_AR_BLEND_H
#define RND_AR_BLEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rnd_ar_style {
    float opacity; /* of the model, 0 to 1 */
    bool outlines_only;
    float keyhole_px; /* radius about `keyhole_at`; 0: everywhere */
    float keyhole_at[2];
};

/* 0.85, fills, everywhere. */
struct rnd_ar_style rnd_ar_style_default(void);

/* What OpenGL drew, rows from the bottom: colour with alpha above 0 where the model is, and window
 * depths (0 near, 1 far) of the model and of the bone alone. */
struct rnd_ar_layers {
    const uint8_t *model_bgra;
    const float *model_depth;
    const float *bone_depth;
};

/* Blends the layers into `io_picture`, all of width x height. `scratch` holds 3 * width numbers. */
void rnd_ar_blend(const struct rnd_ar_layers *layers, const struct rnd_ar_style *style,
                  int width_px, int height_px, float *scratch, uint8_t *io_picture);

#endif
