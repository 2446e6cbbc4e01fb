#include "segment.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "label_sweep.h"
#include "simplify.h"
#include "smooth.h"

enum { SMOOTHING_DEFAULT = 10, THREADS_MAX = 16 };

static const double smoothing_reach = 0.5;    /* voxels: to where the neighbour's voxel begins */
static const double error_max_default = 0.05; /* of the mean spacing */
static const double decimation_reach = 3.0;   /* of its error: the tip of a spike stays */
static const double volume_reach = 1.0; /* of the smallest spacing: a single voxel needs 0.9 */
static const double sweep_share = 0.1;  /* of the progress */

struct work {
    const struct prep_segmentation *segmentation;
    struct prep_segment_options options;
    struct prep_segment_surface *items;
    size_t *order; /* of the items, the largest first */
    size_t count;
    size_t points, points_done; /* the latter under the lock */
    double share_before, share; /* of the progress: of layers before, of this layer */
    atomic_size_t next;
    atomic_int failed;
    pthread_mutex_t lock;
    struct cfg_error *error;
};

struct prep_segment_options prep_segment_options_default(void)
{
    return (struct prep_segment_options){
        .smoothing = SMOOTHING_DEFAULT, .error_max_mm = -1.0, .measure = true};
}

static int thread_count(int wanted)
{
    if (wanted <= 0) {
        const long processors = sysconf(_SC_NPROCESSORS_ONLN);
        wanted = processors < 1 ? 1 : processors > THREADS_MAX ? THREADS_MAX : (int)processors;
    }
    return wanted < THREADS_MAX ? wanted : THREADS_MAX;
}

static const struct cfg_volume_report *report_of(const struct work *work)
{
    return &work->segmentation->volume->report;
}

static const int16_t *layer_of(const struct cfg_volume *volume, int32_t layer)
{
    const int32_t *size = volume->report.size;
    return volume->voxels + (size_t)layer * (size_t)size[0] * (size_t)size[1] * (size_t)size[2];
}

struct prep_voxel_set prep_segment_voxels(const struct prep_segmentation *segmentation,
                                          const struct prep_segment *segment)
{
    const struct cfg_volume_report *report = &segmentation->volume->report;
    struct prep_voxel_set set = {
        .voxels = layer_of(segmentation->volume, segment->layer),
        .value = (int16_t)segment->value,
    };
    memcpy(set.size, report->size, sizeof(set.size));
    memcpy(set.low, segment->low, sizeof(set.low));
    memcpy(set.high, segment->high, sizeof(set.high));
    memcpy(set.T_image_voxel, report->T_image_voxel, sizeof(set.T_image_voxel));
    memcpy(set.spacing_mm, report->spacing_mm, sizeof(set.spacing_mm));
    return set;
}

static void tell(struct work *work, double share, const char *what)
{
    if (work->options.progress != NULL) {
        work->options.progress(work->options.context, work->share_before + work->share * share,
                               what);
    }
}

static void sweep_progress(void *context, double share)
{
    tell(context, sweep_share * share, "voxels");
}

/* --- one structure --------------------------------------------------------------------------- */

static void to_image(const double T[12], struct prep_surface *surface)
{
    for (size_t i = 0; i < surface->point_count; ++i) {
        float *p = surface->points + 3 * i;
        const double u[3] = {(double)p[0], (double)p[1], (double)p[2]};
        for (ptrdiff_t row = 0; row < 3; ++row) {
            const double *t = T + 4 * row;
            p[row] = (float)(t[0] * u[0] + t[1] * u[1] + t[2] * u[2] + t[3]);
        }
    }
}

static enum nav_status measure(const struct work *work, struct prep_segment_surface *item)
{
    const struct prep_voxel_set set = prep_segment_voxels(work->segmentation, item->segment);
    return prep_surface_error_measure(&set, &item->surface, &item->error);
}

static enum nav_status inspect(struct prep_segment_surface *item)
{
    const enum nav_status status = prep_surface_inspect(&item->surface, &item->report);
    if (status != NAV_OK) {
        return status;
    }
    const struct prep_surface_report *report = &item->report;
    item->mesh_ml = report->volume_ml;
    item->difference_percent = 100.0 * (item->mesh_ml / item->voxel_ml - 1.0);
    item->closed = report->open_edges == 0 && report->bad_edges == 0 && report->degenerate == 0 &&
                   report->volume_ml > 0.0;
    return item->closed ? NAV_OK : NAV_ERR_REFUSED;
}

/* The components of a surface and what each is to enclose. */
struct parts {
    uint32_t *of_point;
    double *volumes_mm3;
    size_t count;
};

static void finish_parts(struct parts *parts)
{
    free(parts->of_point);
    free(parts->volumes_mm3);
}

static enum nav_status find_parts(const struct prep_surface *surface, double voxel_mm3,
                                  struct parts *parts)
{
    *parts = (struct parts){
        .of_point = malloc((surface->point_count + 1) * sizeof(*parts->of_point)),
    };
    enum nav_status status = parts->of_point != NULL
                                 ? prep_surface_components(surface, parts->of_point, &parts->count)
                                 : NAV_ERR_MEMORY;
    parts->volumes_mm3 = malloc((parts->count + 1) * sizeof(*parts->volumes_mm3));
    if (status == NAV_OK && parts->volumes_mm3 != NULL) {
        status = prep_sweep_voxels(surface, parts->of_point, parts->count, parts->volumes_mm3);
    } else {
        status = NAV_ERR_MEMORY;
    }
    for (size_t i = 0; status == NAV_OK && i < parts->count; ++i) {
        parts->volumes_mm3[i] *= voxel_mm3;
    }
    if (status != NAV_OK) {
        finish_parts(parts);
    }
    return status;
}

/* Fewer triangles; the components keep their order by their first points, which stay. */
static enum nav_status decimate(const struct work *work, struct prep_surface *surface,
                                struct parts *parts)
{
    const struct prep_simplify limits = {
        .error_max_mm = work->options.error_max_mm,
        .reach_max_mm = decimation_reach * work->options.error_max_mm,
    };
    const size_t before = parts->count;
    enum nav_status status = prep_surface_simplify(surface, &limits);
    if (status == NAV_OK) {
        status = prep_surface_components(surface, parts->of_point, &parts->count);
    }
    return status == NAV_OK && parts->count != before ? NAV_ERR_REFUSED : status;
}

static enum nav_status fit_volumes(struct prep_surface *surface, const struct parts *parts,
                                   double reach_mm)
{
    return prep_surface_set_volumes(surface, parts->of_point, parts->count, parts->volumes_mm3,
                                    reach_mm);
}

/* From the sweep's points to the surface in the patient. */
static enum nav_status finish_surface(const struct work *work, struct prep_segment_surface *item)
{
    const struct cfg_volume_report *report = report_of(work);
    const double *spacing = report->spacing_mm;
    const double reach_mm = volume_reach * fmin(spacing[0], fmin(spacing[1], spacing[2]));
    struct prep_surface *surface = &item->surface;
    struct parts parts;
    enum nav_status status = find_parts(surface, work->segmentation->voxel_mm3, &parts);
    if (status != NAV_OK) {
        return status;
    }
    item->triangles_before = surface->triangle_count;
    if (work->options.smoothing > 0) {
        status = prep_surface_smooth(surface, work->options.smoothing, smoothing_reach);
    }
    to_image(report->T_image_voxel, surface);
    if (status == NAV_OK) {
        status = fit_volumes(surface, &parts, reach_mm);
    }
    if (status == NAV_OK && work->options.error_max_mm > 0.0) {
        status = decimate(work, surface, &parts);
        status = status == NAV_OK ? fit_volumes(surface, &parts, reach_mm) : status;
    }
    finish_parts(&parts);
    if (status == NAV_OK) {
        status = inspect(item);
    }
    return status == NAV_OK && work->options.measure ? measure(work, item) : status;
}

static void finish_one(struct work *work, struct prep_segment_surface *item)
{
    const size_t points = item->surface.point_count;
    const enum nav_status status = finish_surface(work, item);
    (void)pthread_mutex_lock(&work->lock);
    if (status != NAV_OK && atomic_load(&work->failed) == NAV_OK) {
        atomic_store(&work->failed, (int)status);
        (void)cfg_error_set(work->error, status, "%s: cannot make its surface: %s%s",
                            item->segment->name, nav_status_text(status),
                            item->closed ? "" : "; is the voxels' shape sound?");
    }
    work->points_done += points;
    tell(work, sweep_share + (1.0 - sweep_share) * (double)work->points_done / (double)work->points,
         item->segment->name);
    (void)pthread_mutex_unlock(&work->lock);
}

static void *finish_surfaces(void *argument)
{
    struct work *work = argument;
    while (atomic_load(&work->failed) == NAV_OK) {
        const size_t next = atomic_fetch_add(&work->next, 1);
        if (next >= work->count) {
            break;
        }
        finish_one(work, &work->items[work->order[next]]);
    }
    return NULL;
}

/* --- one layer ------------------------------------------------------------------------------- */

/* The sweep over the items of one layer; work->order holds them afterwards, the largest first. */
static enum nav_status sweep_layer(struct work *work, int32_t layer, size_t count, int threads)
{
    uint16_t *surface_of = calloc((size_t)UINT16_MAX + 1, sizeof(*surface_of));
    struct prep_surface *surfaces = calloc(count, sizeof(*surfaces));
    if (surface_of == NULL || surfaces == NULL) {
        free(surface_of);
        free(surfaces);
        return cfg_error_set(work->error, NAV_ERR_MEMORY, "out of memory");
    }
    for (size_t i = 0; i < count; ++i) {
        surface_of[work->items[work->order[i]].segment->value] = (uint16_t)(i + 1);
    }
    const struct prep_sweep sweep = {
        .voxels = layer_of(work->segmentation->volume, layer),
        .size = {report_of(work)->size[0], report_of(work)->size[1], report_of(work)->size[2]},
        .surface_of = surface_of,
        .surface_count = count,
        .threads = threads,
        .progress = sweep_progress,
        .context = work,
    };
    const enum nav_status status = prep_sweep_run(&sweep, surfaces);
    work->points = 0;
    for (size_t i = 0; status == NAV_OK && i < count; ++i) {
        work->items[work->order[i]].surface = surfaces[i];
        work->points += surfaces[i].point_count;
    }
    free(surface_of);
    free(surfaces);
    return status == NAV_OK ? status
                            : cfg_error_set(work->error, status,
                                            status == NAV_ERR_TOO_LARGE
                                                ? "its surfaces have more than %d points; is it a "
                                                  "label map, or noise?"
                                                : "no memory for up to %d points",
                                            PREP_SWEEP_POINTS_MAX);
}

static void sort_by_size(struct work *work)
{
    for (size_t i = 1; i < work->count; ++i) {
        const size_t moved = work->order[i];
        const size_t size = work->items[moved].surface.point_count;
        size_t at = i;
        for (; at > 0 && work->items[work->order[at - 1]].surface.point_count < size; --at) {
            work->order[at] = work->order[at - 1];
        }
        work->order[at] = moved;
    }
}

static enum nav_status run_layer(struct work *work, int32_t layer)
{
    pthread_t threads[THREADS_MAX];
    const int wanted = thread_count(work->options.threads);
    enum nav_status status = sweep_layer(work, layer, work->count, wanted);
    if (status != NAV_OK) {
        return status;
    }
    sort_by_size(work);
    work->points_done = 0;
    atomic_store(&work->next, 0);
    int started = 0;
    while (started < wanted - 1 &&
           pthread_create(&threads[started], NULL, finish_surfaces, work) == 0) {
        ++started;
    }
    (void)finish_surfaces(work);
    for (int i = 0; i < started; ++i) {
        (void)pthread_join(threads[i], NULL);
    }
    return (enum nav_status)atomic_load(&work->failed);
}

/* --- all of them ----------------------------------------------------------------------------- */

static enum nav_status run_layers(struct work *work, size_t count)
{
    const int32_t layers = report_of(work)->layers;
    const double *spacing = report_of(work)->spacing_mm;
    if (work->options.error_max_mm < 0.0) {
        work->options.error_max_mm =
            error_max_default * (spacing[0] + spacing[1] + spacing[2]) / 3.0;
    }
    enum nav_status status = NAV_OK;
    size_t before = 0;
    for (int32_t layer = 0; status == NAV_OK && layer < layers; ++layer) {
        work->count = 0;
        for (size_t i = 0; i < count; ++i) {
            if (work->items[i].segment->layer == layer && work->items[i].segment->voxels > 0) {
                work->order[work->count++] = i;
            }
        }
        work->share_before = (double)before / (double)count;
        work->share = (double)work->count / (double)count;
        before += work->count;
        status = work->count > 0 ? run_layer(work, layer) : NAV_OK;
    }
    return status;
}

enum nav_status prep_segment_run(const struct prep_segmentation *segmentation,
                                 const struct prep_segment *const *segments, size_t count,
                                 const struct prep_segment_options *options,
                                 struct prep_segment_surfaces *out_surfaces,
                                 struct cfg_error *out_error)
{
    count = segments != NULL ? count : segmentation->count;
    struct work work = {
        .segmentation = segmentation,
        .options = *options,
        .items = calloc(count + 1, sizeof(*work.items)),
        .order = calloc(count + 1, sizeof(*work.order)),
        .lock = PTHREAD_MUTEX_INITIALIZER,
        .error = out_error,
    };
    struct prep_segment_surfaces made = {.items = work.items, .count = count};
    enum nav_status status = NAV_OK;
    if (work.items == NULL || work.order == NULL) {
        status = cfg_error_set(out_error, NAV_ERR_MEMORY, "no memory for %zu surfaces", count);
        made.count = 0;
    } else {
        for (size_t i = 0; i < count; ++i) {
            struct prep_segment_surface *item = &work.items[i];
            item->segment = segments != NULL ? segments[i] : &segmentation->segments[i];
            item->voxel_ml = (double)item->segment->voxels * segmentation->voxel_mm3 / 1000.0;
        }
        status = run_layers(&work, count);
    }
    free(work.order);
    if (status != NAV_OK) {
        prep_segment_surfaces_finish(&made);
        return status;
    }
    *out_surfaces = made;
    return NAV_OK;
}

void prep_segment_surfaces_finish(struct prep_segment_surfaces *surfaces)
{
    for (size_t i = 0; i < surfaces->count; ++i) {
        prep_surface_finish(&surfaces->items[i].surface);
    }
    free(surfaces->items);
    *surfaces = (struct prep_segment_surfaces){0};
}
