#include "ar_blend.h"

#include <math.h>
#include <stdlib.h>

static const float INSIDE_SHARE = 0.62F; /* of the opacity, behind bone */
static const float EDGE_SHARE = 0.75F;   /* of that, which a strong edge of the picture takes */
static const float EDGE_FULL = 90.0F;    /* grey levels across two pixels */
static const float KEYHOLE_SOFT = 0.15F; /* of its radius */
enum { COLOUR_STEP = 70, OUTLINE_PER_PX = 640 }; /* levels; one pixel more for so many */
static const float DEPTH_MARGIN = 1e-5F;         /* rounding of the depth buffer */

struct rnd_ar_style rnd_ar_style_default(void)
{
    return (struct rnd_ar_style){.opacity = 0.85F};
}

/* Three rows of the picture as grey, before anything is drawn on them: above, here, below. */
struct rows {
    const float *above, *here, *below; /* NULL beyond the picture */
    int width_px;
};

static void take_row(const uint8_t *picture, int width_px, float *out_grey)
{
    for (int x = 0; x < width_px; ++x) {
        const uint8_t *pixel = picture + 4 * (size_t)x;
        out_grey[x] = 0.114F * pixel[0] + 0.587F * pixel[1] + 0.299F * pixel[2];
    }
}

/* How strong an edge of the picture runs through a pixel, 0 to 1. */
static float edge_at(const struct rows *rows, int x)
{
    const bool sides = x > 0 && x + 1 < rows->width_px;
    const float across = sides ? rows->here[x + 1] - rows->here[x - 1] : 0;
    const float down =
        rows->above != NULL && rows->below != NULL ? rows->below[x] - rows->above[x] : 0;
    return fminf(1.0F, (fabsf(across) + fabsf(down)) / EDGE_FULL);
}

/* Whether the model ends beside this pixel; or, told to look at colours, another part of it begins.
 */
static bool differs(const uint8_t *here, const uint8_t *there, bool colours)
{
    if (there[3] == 0 || !colours) {
        return there[3] == 0;
    }
    int most = 0;
    for (int k = 0; k < 3; ++k) {
        const int step = abs(here[k] - there[k]);
        most = step > most ? step : most;
    }
    return most > COLOUR_STEP;
}

/* Outlines alone must be seen from across the room: wider, and between structures too. */
static bool is_outline(const uint8_t *model, const struct rnd_ar_style *style, int width_px,
                       int height_px, int x, int y)
{
    const int reach = style->outlines_only ? 1 + width_px / OUTLINE_PER_PX : 1;
    if (x < reach || y < reach || x + reach >= width_px || y + reach >= height_px) {
        return false;
    }
    const ptrdiff_t row = 4 * (ptrdiff_t)width_px;
    const uint8_t *here = model + row * y + 4 * (ptrdiff_t)x;
    const bool colours = style->outlines_only;
    return differs(here, here + 4 * reach, colours) || differs(here, here - 4 * reach, colours) ||
           differs(here, here + reach * row, colours) || differs(here, here - reach * row, colours);
}

static float keyhole_share(const struct rnd_ar_style *style, int x, int y)
{
    if (style->keyhole_px <= 0) {
        return 1;
    }
    const float away = hypotf((float)x - style->keyhole_at[0], (float)y - style->keyhole_at[1]);
    const float soft = KEYHOLE_SOFT * style->keyhole_px;
    return fmaxf(0, fminf(1, (style->keyhole_px + soft - away) / soft));
}

static float share_at(const struct rnd_ar_layers *layers, const struct rnd_ar_style *style,
                      int width_px, int height_px, int x, int y, const struct rows *rows)
{
    const int from_bottom = height_px - 1 - y;
    const size_t at = (size_t)from_bottom * (size_t)width_px + (size_t)x;
    const bool inside = layers->model_depth[at] > layers->bone_depth[at] + DEPTH_MARGIN;
    if (is_outline(layers->model_bgra, style, width_px, height_px, x, from_bottom)) {
        return inside ? style->opacity * keyhole_share(style, x, y) : 1.0F;
    }
    if (style->outlines_only) {
        return 0;
    }
    if (!inside) {
        return style->opacity;
    }
    const float edge = edge_at(rows, x);
    return style->opacity * INSIDE_SHARE * (1 - EDGE_SHARE * edge) * keyhole_share(style, x, y);
}

void rnd_ar_blend(const struct rnd_ar_layers *layers, const struct rnd_ar_style *style,
                  int width_px, int height_px, float *scratch, uint8_t *io_picture)
{
    const size_t stride = 4 * (size_t)width_px;
    const size_t width = (size_t)width_px;
    take_row(io_picture, width_px, scratch);
    for (int y = 0; y < height_px; ++y) {
        const bool last = y + 1 == height_px;
        const struct rows rows = {.above = y > 0 ? scratch + width * (size_t)((y + 2) % 3) : NULL,
                                  .here = scratch + width * (size_t)(y % 3),
                                  .below = last ? NULL : scratch + width * (size_t)((y + 1) % 3),
                                  .width_px = width_px};
        if (!last) {
            take_row(io_picture + stride * (size_t)(y + 1), width_px,
                     scratch + width * (size_t)((y + 1) % 3));
        }
        const uint8_t *model = layers->model_bgra + stride * (size_t)(height_px - 1 - y);
        uint8_t *picture = io_picture + stride * (size_t)y;
        for (int x = 0; x < width_px; ++x, model += 4, picture += 4) {
            if (model[3] == 0) {
                continue;
            }
            const float share = share_at(layers, style, width_px, height_px, x, y, &rows);
            for (int k = 0; k < 3; ++k) {
                picture[k] = (uint8_t)lrintf((float)picture[k] +
                                             share * ((float)model[k] - (float)picture[k]));
            }
        }
    }
}
