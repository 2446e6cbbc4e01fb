#include <math.h>
#include <string.h>

#include "section_parts.h"
#include "vector.h"

static const struct rnd_colour ground = RND_RGB(0x0a1017);
static const struct rnd_colour tool_ink = RND_RGB(0xffe45c);

static uint32_t byte_of(double value)
{
    return (uint32_t)lround(255.0 * fmin(fmax(value, 0.0), 1.0));
}

/* The same with two scans under the lines. */
static void compose_both(struct section_picture *picture, uint32_t inks[256][3], uint32_t strength)
{
    const int width = picture->shown.width;
    const int height = picture->shown.height;
    const int square_px = height / 6 > 0 ? height / 6 : 1;
    for (int y = 0; y < height; ++y) {
        for (int x = 0; x < width; ++x) {
            const size_t i = (size_t)y * (size_t)width + (size_t)x;
            const uint32_t both = rnd_fuse(picture->shown.fusion, picture->grey[i],
                                           picture->second[i], x, y, square_px);
            const uint32_t keep = 255U - picture->shade[i];
            const uint32_t cover = picture->cover[i];
            const uint32_t *ink = inks[picture->ink[i]];
            uint32_t word = 0xff;
            for (int k = 0; k < 3; ++k) {
                const uint32_t base = (both >> (16 - 8 * k) & 0xffU) * keep / 255U;
                const uint32_t mixed = (base * (255U - cover) + ink[k] * cover) / 255U;
                word = word << 8 | mixed * strength >> 8;
            }
            picture->pixels[i] = word;
        }
    }
}

/* Scan, rim and ink into the picture; darker where it is not live. */
void section_compose(const struct rnd_sections *sections, struct section_picture *picture)
{
    uint32_t inks[256][3];
    memset(inks, 0, sizeof(inks));
    for (size_t i = 0; i < 256; ++i) {
        struct rnd_colour colour = ground;
        if (i < sections->model_count) {
            colour = sections->models[i].colour;
        } else if (i == INK_CUT) {
            colour = rnd_pairs[RND_PAIR_CUT].text;
        } else if (i == INK_TOOL) {
            colour = tool_ink;
        }
        inks[i][0] = byte_of(colour.r);
        inks[i][1] = byte_of(colour.g);
        inks[i][2] = byte_of(colour.b);
    }
    const uint32_t plain[3] = {byte_of(ground.r), byte_of(ground.g), byte_of(ground.b)};
    const uint32_t strength = sections->live || sections->review ? 256 : 120;
    const size_t size = (size_t)picture->shown.width * (size_t)picture->shown.height;
    const bool scan = picture->shown.scan;
    uint32_t bare[256]; /* most pixels have no line near them */
    for (uint32_t grey = 0; grey < 256; ++grey) {
        bare[grey] = 0xff;
        for (int k = 0; k < 3; ++k) {
            bare[grey] = bare[grey] << 8 | (scan ? grey : plain[k]) * strength >> 8;
        }
    }
    if (picture->shown.fusion != RND_FUSION_FIRST && scan) {
        compose_both(picture, inks, strength);
        return;
    }
    for (size_t i = 0; i < size; ++i) {
        if (picture->shade[i] == 0) {
            picture->pixels[i] = bare[picture->grey[i]];
            continue;
        }
        const uint32_t keep = 255U - picture->shade[i];
        const uint32_t cover = picture->cover[i];
        const uint32_t *ink = inks[picture->ink[i]];
        uint32_t word = 0xff;
        for (int k = 0; k < 3; ++k) {
            const uint32_t base = (scan ? picture->grey[i] : plain[k]) * keep / 255U;
            const uint32_t mixed = (base * (255U - cover) + ink[k] * cover) / 255U;
            word = word << 8 | mixed * strength >> 8;
        }
        picture->pixels[i] = word;
    }
}

/* Lays a wash over what was cut, where no line is. */
void section_wash_cut(const struct rnd_sections *sections, struct section_picture *picture,
                      double px_per_mm)
{
    const struct nav_cut_map *map = sections->map_or_null;
    if (map == NULL || !(map->cell_mm > 0.0) ||
        (uint64_t)map->columns * map->rows > NAV_CUT_CELLS_MAX) {
        return;
    }
    static const struct rnd_colour wash = RND_RGB(0x1fb6a6);
    const uint32_t ink[3] = {byte_of(wash.r), byte_of(wash.g), byte_of(wash.b)};
    const struct rnd_section *shown = &picture->shown;
    double off[3];
    rnd_sub(picture->cut_tip, map->origin_mm, off);
    const double middle_column = rnd_dot(off, map->u) / map->cell_mm;
    const double middle_row = rnd_dot(off, map->v) / map->cell_mm;
    const double cells_per_px = 1.0 / (px_per_mm * map->cell_mm);
    for (int y = 0; y < shown->height; ++y) {
        const double row = middle_row + (y - 0.5 * (shown->height - 1)) * cells_per_px;
        if (!(row >= 0.0 && row < map->rows)) {
            continue;
        }
        for (int x = 0; x < shown->width; ++x) {
            const double column = middle_column + (x - 0.5 * (shown->width - 1)) * cells_per_px;
            const size_t at = (size_t)y * (size_t)shown->width + (size_t)x;
            if (!(column >= 0.0 && column < map->columns) || picture->cover[at] > 0) {
                continue;
            }
            if (map->cells[(size_t)row * map->columns + (size_t)column] < NAV_CUT_CELL_FIRST) {
                continue;
            }
            const uint32_t word = picture->pixels[at];
            uint32_t mixed = 0xff;
            for (int k = 0; k < 3; ++k) {
                const uint32_t base = word >> (16 - 8 * k) & 0xffU;
                mixed = mixed << 8 | (base * 140U + ink[k] * 116U) >> 8;
            }
            picture->pixels[at] = mixed;
        }
    }
}
