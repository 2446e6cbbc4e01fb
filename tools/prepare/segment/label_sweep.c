#include "label_sweep.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "label_cells.h"

/* A slice with a rim of nothing around it: row and column 0 and the last ones. Where the surface
 * crosses an edge between two voxels there are up to two points, one for each voxel's label; their
 * numbers stand in pairs at the edge's lower voxel. Only what was written is ever read. */
enum { SLAB_SLICES = 16, AXES = 3 };

static const uint32_t next_slab =
    0x80000000U; /* the point belongs to the next slab's first slice */

struct pair {
    uint32_t of[2]; /* point of the lower and of the upper voxel's label */
};

/* Part of one surface that one slab makes. */
struct part {
    float *points;
    uint32_t *triangles;
    size_t point_count, point_room, triangle_count, triangle_room;
    uint32_t foreign; /* points of the next slab's first slice that were counted */
};

struct slab {
    struct part *parts; /* one a surface */
};

struct work {
    const struct prep_sweep *sweep;
    const struct prep_cell_case *cases;
    size_t width, height; /* of a slice with its rim */
    int32_t slab_count;
    struct slab *slabs;
    atomic_int next;
    atomic_int done;
    atomic_size_t points;
    atomic_int failed;    /* first status that is not NAV_OK */
    pthread_mutex_t lock; /* of the progress call */
};

/* What a thread sweeps with: two slices and the points on the edges in and between them. */
struct brush {
    uint16_t *slices[2];
    struct pair *in_slice[2][2]; /* [slice][axis 0, 1] */
    struct pair *between;        /* axis 2 */
};

/* --- parts ----------------------------------------------------------------------------------- */

static bool grow(void **items, size_t *room, size_t count, size_t item_size)
{
    if (count < *room) {
        return true;
    }
    const size_t wanted = *room < 64 ? 64 : *room + *room / 2;
    void *grown = realloc(*items, wanted * item_size);
    if (grown == NULL) {
        return false;
    }
    *items = grown;
    *room = wanted;
    return true;
}

static bool add_point(struct part *part, const float p[3], uint32_t *out_number)
{
    if (!grow((void **)&part->points, &part->point_room, part->point_count, 3 * sizeof(float))) {
        return false;
    }
    memcpy(part->points + 3 * part->point_count, p, 3 * sizeof(*p));
    *out_number = (uint32_t)part->point_count++;
    return true;
}

static bool add_triangle(struct part *part, const uint32_t corners[3])
{
    if (!grow((void **)&part->triangles, &part->triangle_room, part->triangle_count,
              3 * sizeof(uint32_t))) {
        return false;
    }
    memcpy(part->triangles + 3 * part->triangle_count, corners, 3 * sizeof(*corners));
    ++part->triangle_count;
    return true;
}

static void finish_slabs(struct work *work)
{
    for (int32_t s = 0; work->slabs != NULL && s < work->slab_count; ++s) {
        struct part *parts = work->slabs[s].parts;
        for (size_t i = 0; parts != NULL && i < work->sweep->surface_count; ++i) {
            free(parts[i].points);
            free(parts[i].triangles);
        }
        free(parts);
    }
    free(work->slabs);
    work->slabs = NULL;
}

/* --- one slab -------------------------------------------------------------------------------- */

static void load_slice(const struct work *work, int32_t k, uint16_t *slice)
{
    const struct prep_sweep *sweep = work->sweep;
    const size_t nx = (size_t)sweep->size[0], ny = (size_t)sweep->size[1];
    memset(slice, 0, work->width * work->height * sizeof(*slice));
    if (k < 0 || k >= sweep->size[2]) {
        return;
    }
    const int16_t *from = sweep->voxels + (size_t)k * nx * ny;
    for (size_t j = 0; j < ny; ++j) {
        uint16_t *row = slice + (j + 1) * work->width + 1;
        for (size_t i = 0; i < nx; ++i) {
            row[i] = sweep->surface_of[(uint16_t)from[j * nx + i]];
        }
    }
}

/* Whether four voxels of `a` from `at` on and the next one are all the same as in `b`. */
static bool same_five(const uint16_t *a, const uint16_t *b)
{
    uint64_t word_a, word_b, shifted;
    memcpy(&word_a, a, sizeof(word_a));
    memcpy(&word_b, b, sizeof(word_b));
    memcpy(&shifted, a + 1, sizeof(shifted));
    return word_a == word_b && word_a == shifted && a[4] == b[4];
}

/* Gives the points on one edge their numbers; `foreign` ones are the next slab's to make. */
static bool number_edge(struct part *parts, uint16_t low, uint16_t high, const float p[3],
                        bool foreign, struct pair *out_pair)
{
    const uint16_t labels[2] = {low, high};
    for (int side = 0; side < 2; ++side) {
        if (labels[side] == 0) {
            continue;
        }
        struct part *part = &parts[labels[side] - 1];
        if (foreign) {
            out_pair->of[side] = next_slab | part->foreign++;
        } else if (!add_point(part, p, &out_pair->of[side])) {
            return false;
        }
    }
    return true;
}

/* Numbers the edges within slice k. */
static bool number_slice(const struct work *work, struct brush *brush, int which, int32_t k,
                         bool foreign, struct part *parts)
{
    const size_t width = work->width;
    const uint16_t *slice = brush->slices[which];
    struct pair *const *pairs = brush->in_slice[which];
    for (size_t j = 0; j + 1 < work->height; ++j) {
        for (size_t i = 0; i + 1 < width; ++i) {
            const size_t at = j * width + i;
            if (i + 4 < width && same_five(slice + at, slice + at + width)) {
                i += 3;
                continue;
            }
            /* The rim adds one to every place. */
            const float x = (float)i - 1.0F, y = (float)j - 1.0F, z = (float)k;
            if (slice[at] != slice[at + 1] &&
                !number_edge(parts, slice[at], slice[at + 1], (const float[3]){x + 0.5F, y, z},
                             foreign, &pairs[0][at])) {
                return false;
            }
            if (slice[at] != slice[at + width] &&
                !number_edge(parts, slice[at], slice[at + width], (const float[3]){x, y + 0.5F, z},
                             foreign, &pairs[1][at])) {
                return false;
            }
        }
    }
    return true;
}

/* Numbers the edges from slice k (the brush's `below`) to the next. */
static bool number_between(const struct work *work, struct brush *brush, int below, int32_t k,
                           struct part *parts)
{
    const size_t width = work->width;
    const uint16_t *low = brush->slices[below], *high = brush->slices[1 - below];
    for (size_t j = 0; j < work->height; ++j) {
        const size_t row = j * width;
        if (memcmp(low + row, high + row, width * sizeof(*low)) == 0) {
            continue;
        }
        for (size_t i = 0; i < width; ++i) {
            const size_t at = row + i;
            const float p[3] = {(float)i - 1.0F, (float)j - 1.0F, (float)k + 0.5F};
            if (low[at] != high[at] &&
                !number_edge(parts, low[at], high[at], p, false, &brush->between[at])) {
                return false;
            }
        }
    }
    return true;
}

/* Triangles of one label in the cell whose lowest corner is at `at`. */
static bool mesh_cell(const struct work *work, const struct brush *brush, int below, size_t at,
                      const uint16_t labels[8], uint16_t label, struct part *part)
{
    unsigned bits = 0;
    for (unsigned c = 0; c < 8; ++c) {
        bits |= (labels[c] == label ? 1U : 0U) << c;
    }
    const struct prep_cell_case *this_case = &work->cases[bits];
    for (int t = 0; t < this_case->count; ++t) {
        uint32_t corners[3];
        for (int n = 0; n < 3; ++n) {
            const uint8_t edge = this_case->edges[3 * t + n];
            const unsigned corner = prep_cell_edges[edge];
            const size_t place = at + (corner & 1U) + (corner >> 1 & 1U) * work->width;
            const int which = (corner >> 2 & 1U) != 0 ? 1 - below : below;
            const struct pair *pair =
                edge / 4 == 2 ? &brush->between[place] : &brush->in_slice[which][edge / 4][place];
            corners[n] = pair->of[(bits >> corner & 1U) != 0 ? 0 : 1];
        }
        if (!add_triangle(part, corners)) {
            return false;
        }
    }
    return true;
}

static bool mesh_cells(const struct work *work, const struct brush *brush, int below,
                       struct part *parts)
{
    const size_t width = work->width;
    const uint16_t *low = brush->slices[below], *high = brush->slices[1 - below];
    for (size_t j = 0; j + 1 < work->height; ++j) {
        for (size_t i = 0; i + 1 < width; ++i) {
            const size_t at = j * width + i;
            if (i + 4 < width && same_five(low + at, low + at + width) &&
                same_five(high + at, high + at + width) && low[at] == high[at]) {
                i += 3;
                continue;
            }
            const uint16_t labels[8] = {
                low[at],  low[at + 1],  low[at + width],  low[at + width + 1],
                high[at], high[at + 1], high[at + width], high[at + width + 1]};
            for (int c = 0; c < 8; ++c) {
                bool met = labels[c] == 0;
                for (int b = 0; b < c && !met; ++b) {
                    met = labels[b] == labels[c];
                }
                if (!met &&
                    !mesh_cell(work, brush, below, at, labels, labels[c], &parts[labels[c] - 1])) {
                    return false;
                }
            }
        }
    }
    return true;
}

static size_t points_of(const struct work *work, const struct part *parts)
{
    size_t count = 0;
    for (size_t i = 0; i < work->sweep->surface_count; ++i) {
        count += parts[i].point_count;
    }
    return count;
}

/* Cells between slices first and last, of which the volume's own are 0 .. size - 1. */
static enum nav_status sweep_slab(struct work *work, struct brush *brush, int32_t slab)
{
    struct part *parts = calloc(work->sweep->surface_count, sizeof(*parts));
    if (parts == NULL) {
        return NAV_ERR_MEMORY;
    }
    work->slabs[slab].parts = parts;
    const int32_t first = -1 + slab * SLAB_SLICES;
    const int32_t end = work->sweep->size[2];
    const int32_t last = first + SLAB_SLICES < end ? first + SLAB_SLICES : end;
    int below = 0;
    load_slice(work, first, brush->slices[below]);
    if (!number_slice(work, brush, below, first, false, parts)) {
        return NAV_ERR_MEMORY;
    }
    size_t counted = 0;
    for (int32_t k = first; k < last; ++k, below = 1 - below) {
        const int above = 1 - below;
        load_slice(work, k + 1, brush->slices[above]);
        const bool foreign = k + 1 == last && last < end;
        if (!number_between(work, brush, below, k, parts) ||
            !number_slice(work, brush, above, k + 1, foreign, parts) ||
            !mesh_cells(work, brush, below, parts)) {
            return NAV_ERR_MEMORY;
        }
        const size_t points = points_of(work, parts), more = points - counted;
        counted = points;
        if (atomic_fetch_add(&work->points, more) + more > PREP_SWEEP_POINTS_MAX) {
            return NAV_ERR_TOO_LARGE;
        }
    }
    return NAV_OK;
}

static void finish_brush(struct brush *brush)
{
    for (int s = 0; s < 2; ++s) {
        free(brush->slices[s]);
        free(brush->in_slice[s][0]);
        free(brush->in_slice[s][1]);
    }
    free(brush->between);
}

static bool init_brush(const struct work *work, struct brush *brush)
{
    const size_t count = work->width * work->height;
    *brush = (struct brush){.between = malloc(count * sizeof(*brush->between))};
    bool good = brush->between != NULL;
    for (int s = 0; s < 2; ++s) {
        brush->slices[s] = malloc(count * sizeof(*brush->slices[s]));
        good = good && brush->slices[s] != NULL;
        for (int axis = 0; axis < 2; ++axis) {
            brush->in_slice[s][axis] = malloc(count * sizeof(struct pair));
            good = good && brush->in_slice[s][axis] != NULL;
        }
    }
    return good;
}

static void fail(struct work *work, enum nav_status status)
{
    int none = NAV_OK;
    (void)atomic_compare_exchange_strong(&work->failed, &none, (int)status);
}

static void *sweep_slabs(void *argument)
{
    struct work *work = argument;
    const struct prep_sweep *sweep = work->sweep;
    struct brush brush;
    if (!init_brush(work, &brush)) {
        fail(work, NAV_ERR_MEMORY);
    }
    while (atomic_load(&work->failed) == NAV_OK) {
        const int slab = atomic_fetch_add(&work->next, 1);
        if (slab >= work->slab_count) {
            break;
        }
        const enum nav_status status = sweep_slab(work, &brush, slab);
        if (status != NAV_OK) {
            fail(work, status);
        }
        const int done = atomic_fetch_add(&work->done, 1) + 1;
        if (sweep->progress != NULL) {
            (void)pthread_mutex_lock(&work->lock);
            sweep->progress(sweep->context, (double)done / work->slab_count);
            (void)pthread_mutex_unlock(&work->lock);
        }
    }
    finish_brush(&brush);
    return NULL;
}

/* --- all of them ----------------------------------------------------------------------------- */

/* Puts the slabs' parts of one surface one behind the other. */
static enum nav_status join_parts(struct work *work, size_t index, struct prep_surface *out_surface)
{
    struct prep_surface surface = {0};
    for (int32_t s = 0; s < work->slab_count; ++s) {
        surface.point_count += work->slabs[s].parts[index].point_count;
        surface.triangle_count += work->slabs[s].parts[index].triangle_count;
    }
    if (surface.triangle_count == 0) {
        return NAV_OK;
    }
    surface.points = malloc(3 * surface.point_count * sizeof(*surface.points));
    surface.triangles = malloc(3 * surface.triangle_count * sizeof(*surface.triangles));
    if (surface.points == NULL || surface.triangles == NULL) {
        prep_surface_finish(&surface);
        return NAV_ERR_MEMORY;
    }
    size_t points = 0;
    uint32_t *to = surface.triangles;
    for (int32_t s = 0; s < work->slab_count; ++s) {
        struct part *part = &work->slabs[s].parts[index];
        if (part->point_count > 0) {
            memcpy(surface.points + 3 * points, part->points,
                   3 * part->point_count * sizeof(*part->points));
        }
        const uint32_t here = (uint32_t)points, there = (uint32_t)(points + part->point_count);
        for (size_t i = 0; i < 3 * part->triangle_count; ++i) {
            const uint32_t number = part->triangles[i];
            *to++ = (number & next_slab) != 0 ? there + (number & ~next_slab) : here + number;
        }
        points += part->point_count;
        free(part->points);
        free(part->triangles);
        *part = (struct part){0};
    }
    *out_surface = surface;
    return NAV_OK;
}

static enum nav_status sweep_all(struct work *work)
{
    enum { THREADS_MAX = 64 };
    pthread_t threads[THREADS_MAX];
    int started = 0;
    while (started < work->sweep->threads - 1 && started < THREADS_MAX &&
           pthread_create(&threads[started], NULL, sweep_slabs, work) == 0) {
        ++started;
    }
    (void)sweep_slabs(work);
    for (int i = 0; i < started; ++i) {
        (void)pthread_join(threads[i], NULL);
    }
    return (enum nav_status)atomic_load(&work->failed);
}

enum nav_status prep_sweep_run(const struct prep_sweep *sweep, struct prep_surface *out_surfaces)
{
    memset(out_surfaces, 0, sweep->surface_count * sizeof(*out_surfaces));
    if (sweep->surface_count > PREP_LABELS_MAX) {
        return NAV_ERR_TOO_LARGE;
    }
    struct work work = {
        .sweep = sweep,
        .cases = prep_cell_cases(),
        .width = (size_t)sweep->size[0] + 2,
        .height = (size_t)sweep->size[1] + 2,
        .slab_count = (sweep->size[2] + 1 + SLAB_SLICES - 1) / SLAB_SLICES,
        .lock = PTHREAD_MUTEX_INITIALIZER,
    };
    work.slabs = calloc((size_t)work.slab_count, sizeof(*work.slabs));
    enum nav_status status = work.slabs != NULL ? sweep_all(&work) : NAV_ERR_MEMORY;
    for (size_t i = 0; status == NAV_OK && i < sweep->surface_count; ++i) {
        status = join_parts(&work, i, &out_surfaces[i]);
    }
    finish_slabs(&work);
    for (size_t i = 0; status != NAV_OK && i < sweep->surface_count; ++i) {
        prep_surface_finish(&out_surfaces[i]);
    }
    return status;
}

/* Along which axis the pair of voxels lies that a point stands for: there it is half way. */
static size_t axis_of(const float p[3])
{
    return p[0] != floorf(p[0]) ? 0 : p[1] != floorf(p[1]) ? 1 : 2;
}

enum nav_status prep_sweep_voxels(const struct prep_surface *surface, const uint32_t *of_point,
                                  size_t components, double *out_voxels)
{
    /* Each point is the middle of a face of the voxels' boundary, and the volume of what is inside
     * is the sum over the faces across one axis of place times direction (Gauss), here x. */
    float *directions = calloc(surface->point_count + 1, sizeof(*directions));
    if (directions == NULL) {
        return NAV_ERR_MEMORY;
    }
    for (size_t t = 0; t < surface->triangle_count; ++t) {
        const uint32_t *corner = &surface->triangles[3 * t];
        const float *p = surface->points + 3 * (size_t)corner[0];
        const float *q = surface->points + 3 * (size_t)corner[1];
        const float *r = surface->points + 3 * (size_t)corner[2];
        const float x = (q[1] - p[1]) * (r[2] - p[2]) - (q[2] - p[2]) * (r[1] - p[1]);
        for (size_t k = 0; k < 3; ++k) {
            directions[corner[k]] += x;
        }
    }
    for (size_t i = 0; i < components; ++i) {
        out_voxels[i] = 0.0;
    }
    for (size_t i = 0; i < surface->point_count; ++i) {
        const float *p = surface->points + 3 * i;
        if (axis_of(p) == 0) {
            out_voxels[of_point[i]] += directions[i] > 0.0F ? (double)p[0] : -(double)p[0];
        }
    }
    free(directions);
    return NAV_OK;
}
