/* Draws tools into a finished still picture with the processor alone.
 *
 * What does not move is given as a picture taken apart by depth: the finished colours, the depth of
 * what is opaque, and for each pixel the translucent fragments sorted front to back. A tool's
 * pixels are shaded, tested against depth, and laid behind the fragments in front of them, as the
 * OpenGL path does it; software OpenGL does the same in three times the time, because it asks every
 * pixel through textures and buffers.
 *
 * Rows run from the bottom, as OpenGL's; a pixel is RGBA, one byte each, red first in memory.
 * Lights and normals are in camera space (x right, y up, z towards the eye). No OpenGL.
 * Thread: any, one at a time. */
#ifndef RND_SOFT_TOOLS_H
#define RND_SOFT_TOOLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nav/status.h"

enum { RND_SOFT_LAMPS = 3, RND_SOFT_POWER_MAX = 63, RND_SOFT_LIST_MAX = 48 };

/* Owned by the caller. */
struct rnd_soft_still {
    int width, height;
    const uint32_t *colour;
    const float *depth;    /* 0 near, 1 far */
    const uint32_t *heads; /* first node of each pixel; 0: none */
    const uint32_t *nodes; /* 4 words: next node or 0, premultiplied RGBA, depth's bits, unused */
    size_t node_count;
};

struct rnd_soft_lamp {
    float towards[3]; /* unit */
    float colour[3];
};

/* A closed or open surface of triangles, counter-clockwise as seen from its front. */
struct rnd_soft_shape {
    size_t vertex_count, triangle_count;
    const float *positions, *normals;
    const int32_t *triangles;
    double view_from_model[16], clip_from_view[16]; /* by rows; a perspective projection */
    float ambient[3], diffuse[3], specular[3];
    unsigned power;                    /* of the highlight; 0: none */
    bool one_sided;                    /* its back is not drawn */
    const struct rnd_soft_lamp *lamps; /* RND_SOFT_LAMPS */
};

struct rnd_soft_canvas;

/* NAV_ERR_ARGUMENT: a side below 1; NAV_ERR_MEMORY. */
NAV_MUST_USE enum nav_status rnd_soft_canvas_create(int width, int height,
                                                    struct rnd_soft_canvas **out_canvas);
void rnd_soft_canvas_destroy(struct rnd_soft_canvas *canvas); /* NULL is legal */

/* Whether this processor draws eight pixels at once (AVX2, FMA). `plain` has a canvas do without,
 * for comparing. */
bool rnd_soft_is_fast(void);
void rnd_soft_plain(struct rnd_soft_canvas *canvas);

/* Begins to draw the shapes over the still picture, in their order, in the place of those of the
 * last frame; a second thread draws meanwhile. Picture, fragments and shapes are left alone until
 * it is finished. `afresh`: the still picture is another one than then. NAV_ERR_UNSUPPORTED: a
 * shape reaches behind the eye, or its highlight is beyond RND_SOFT_POWER_MAX; NAV_ERR_ARGUMENT:
 * another size; NAV_ERR_MEMORY. Then nothing is drawn. */
NAV_MUST_USE enum nav_status rnd_soft_begin(struct rnd_soft_canvas *canvas,
                                            const struct rnd_soft_still *still,
                                            const struct rnd_soft_shape *shapes, size_t count,
                                            bool afresh);

/* Draws what is left of what was begun, if anything was; then what follows may be asked. */
void rnd_soft_finish(struct rnd_soft_canvas *canvas);

const uint32_t *rnd_soft_pixels(const struct rnd_soft_canvas *canvas);

/* Where tools are: bit i of a row's mask stands for the columns from i times rnd_soft_block_px on,
 * as many as that. */
uint64_t rnd_soft_covered(const struct rnd_soft_canvas *canvas, int row);
int rnd_soft_block_px(const struct rnd_soft_canvas *canvas);

#endif
