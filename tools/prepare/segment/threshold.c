/* Bone by a threshold. Cavities are filled in three dimensions only: slice by slice the spinal
 * canal and the foramina would be filled too. */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "segmentation.h"

enum mark { MARK_OUTSIDE = 0, MARK_DENSE, MARK_SEEN, MARK_BONE, MARK_OPEN };

struct grid {
    int16_t *voxels;
    size_t nx, ny, nz;
    size_t *stack; /* first voxels of runs to look at */
    size_t depth, room;
};

static bool push(struct grid *grid, size_t at)
{
    if (grid->depth == grid->room) {
        const size_t room = grid->room == 0 ? 1024 : 2 * grid->room;
        size_t *grown = realloc(grid->stack, room * sizeof(*grown));
        if (grown == NULL) {
            return false;
        }
        grid->stack = grown;
        grid->room = room;
    }
    grid->stack[grid->depth++] = at;
    return true;
}

/* Pushes the first voxel of every run of `from` in the same columns of a neighbouring row. */
static bool push_runs(struct grid *grid, size_t row, size_t first, size_t last, int16_t from)
{
    const int16_t *voxels = grid->voxels + row;
    for (size_t i = first; i <= last; ++i) {
        if (voxels[i] == from && (i == first || voxels[i - 1] != from) && !push(grid, row + i)) {
            return false;
        }
    }
    return true;
}

/* Turns what is connected to `seed` over faces from one mark into another. */
static bool flood(struct grid *grid, size_t seed, int16_t from, int16_t to, size_t *out_count)
{
    size_t count = 0;
    grid->depth = 0;
    if (!push(grid, seed)) {
        return false;
    }
    while (grid->depth > 0) {
        const size_t at = grid->stack[--grid->depth];
        if (grid->voxels[at] != from) {
            continue;
        }
        const size_t row = at / grid->nx * grid->nx, j = at / grid->nx % grid->ny;
        const size_t k = at / (grid->nx * grid->ny);
        size_t first = at - row, last = first;
        while (first > 0 && grid->voxels[row + first - 1] == from) {
            --first;
        }
        while (last + 1 < grid->nx && grid->voxels[row + last + 1] == from) {
            ++last;
        }
        for (size_t i = first; i <= last; ++i) {
            grid->voxels[row + i] = to;
        }
        count += last - first + 1;
        const size_t slice = grid->nx * grid->ny;
        if ((j > 0 && !push_runs(grid, row - grid->nx, first, last, from)) ||
            (j + 1 < grid->ny && !push_runs(grid, row + grid->nx, first, last, from)) ||
            (k > 0 && !push_runs(grid, row - slice, first, last, from)) ||
            (k + 1 < grid->nz && !push_runs(grid, row + slice, first, last, from))) {
            return false;
        }
    }
    *out_count = count;
    return true;
}

static bool keep_largest(struct grid *grid, size_t *out_largest)
{
    const size_t total = grid->nx * grid->ny * grid->nz;
    size_t largest = 0, seed = 0, count = 0;
    for (size_t i = 0; i < total; ++i) {
        if (grid->voxels[i] != MARK_DENSE) {
            continue;
        }
        if (!flood(grid, i, MARK_DENSE, MARK_SEEN, &count)) {
            return false;
        }
        if (count > largest) {
            largest = count;
            seed = i;
        }
    }
    *out_largest = largest;
    return largest == 0 || flood(grid, seed, MARK_SEEN, MARK_BONE, &count);
}

/* What is not bone and reaches the border is outside; the rest is bone or a cavity in it. */
static bool fill_cavities(struct grid *grid)
{
    const size_t total = grid->nx * grid->ny * grid->nz;
    for (size_t i = 0; i < total; ++i) {
        grid->voxels[i] = grid->voxels[i] == MARK_BONE ? MARK_BONE : MARK_OUTSIDE;
    }
    size_t count = 0;
    for (size_t i = 0; i < total; ++i) {
        const size_t x = i % grid->nx, y = i / grid->nx % grid->ny, z = i / (grid->nx * grid->ny);
        const bool border = x == 0 || y == 0 || z == 0 || x + 1 == grid->nx || y + 1 == grid->ny ||
                            z + 1 == grid->nz;
        if (border && grid->voxels[i] == MARK_OUTSIDE &&
            !flood(grid, i, MARK_OUTSIDE, MARK_OPEN, &count)) {
            return false;
        }
    }
    for (size_t i = 0; i < total; ++i) {
        grid->voxels[i] = grid->voxels[i] != MARK_OPEN;
    }
    return true;
}

static void measure(const struct grid *grid, struct prep_segment *segment)
{
    const size_t total = grid->nx * grid->ny * grid->nz;
    for (int a = 0; a < 3; ++a) {
        segment->low[a] = INT32_MAX;
        segment->high[a] = -1;
    }
    for (size_t i = 0; i < total; ++i) {
        if (grid->voxels[i] == 0) {
            continue;
        }
        ++segment->voxels;
        const int32_t place[3] = {(int32_t)(i % grid->nx), (int32_t)(i / grid->nx % grid->ny),
                                  (int32_t)(i / (grid->nx * grid->ny))};
        for (int a = 0; a < 3; ++a) {
            segment->low[a] = place[a] < segment->low[a] ? place[a] : segment->low[a];
            segment->high[a] = place[a] > segment->high[a] ? place[a] : segment->high[a];
        }
    }
}

enum nav_status prep_segmentation_threshold(struct cfg_volume *ct, const char *name, int16_t hu,
                                            struct prep_segmentation *out_segmentation,
                                            struct cfg_error *out_error)
{
    struct grid grid = {
        .voxels = ct->voxels,
        .nx = (size_t)ct->report.size[0],
        .ny = (size_t)ct->report.size[1],
        .nz = (size_t)ct->report.size[2],
    };
    const size_t total = grid.nx * grid.ny * grid.nz;
    const int16_t highest = ct->report.highest;
    for (size_t i = 0; i < total; ++i) {
        grid.voxels[i] = grid.voxels[i] > hu ? MARK_DENSE : MARK_OUTSIDE;
    }
    struct prep_segment *segment = calloc(1, sizeof(*segment));
    size_t largest = 0;
    const bool good = segment != NULL && keep_largest(&grid, &largest) && fill_cavities(&grid);
    free(grid.stack);
    enum nav_status status = NAV_OK;
    if (!good) {
        status = cfg_error_set(out_error, NAV_ERR_MEMORY, "%s: out of memory", name);
    } else if (largest == 0) {
        status =
            cfg_error_set(out_error, NAV_ERR_REFUSED,
                          "%s: nothing in it is denser than %d (its highest value is %d); choose "
                          "a lower threshold",
                          name, hu, highest);
    }
    if (status != NAV_OK) {
        free(segment);
        cfg_volume_destroy(ct);
        return status;
    }
    (void)snprintf(segment->name, sizeof(segment->name), "bone");
    segment->value = 1;
    measure(&grid, segment);
    ct->report.lowest = 0;
    ct->report.highest = 1;
    const double *spacing = ct->report.spacing_mm;
    *out_segmentation = (struct prep_segmentation){
        .volume = ct,
        .segments = segment,
        .count = 1,
        .voxel_mm3 = spacing[0] * spacing[1] * spacing[2],
    };
    return NAV_OK;
}
