/* Label map to closed surfaces: ours against VTK's filters as 3D Slicer uses them, label by label
 * with as many triangles as ours. Time counts only at an equal or smaller error: both are measured
 * against the same voxels, and on the synthetic patient against its true surfaces too. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"
#include "labels_vtk.h"
#include "nrrd.h"
#include "phantom_volume.h"
#include "segment.h"
#include "verbs.h"

enum { USUAL_RUNS = 7, QUICK_RUNS = 1, PATH_SIZE = 1024, SEED = 1, TRUTH_THREADS = 2, OURS = 2 };
enum { TIME_MS, CPU_MS, VALUES };

static const char *const way_names[LABELS_VTK_WAYS] = {
    "VTK, Slicer's smoothing",
    "VTK, decimated first",
    "VTK, gentle smoothing",
};
static const double truth_area_mm2 = 0.5; /* one point of a surface to so much of it */

/* One segmentation and what is made of it. */
struct job {
    struct prep_segmentation segmentation;
    const struct prep_segment **segments; /* that have voxels */
    size_t count;
    struct prep_segment_surfaces ours; /* of the last run */
    struct labels_vtk *vtk;
    double *reductions; /* for VTK to end with as many triangles as ours */
};

struct contender {
    struct job *job;
    int threads;
    enum labels_vtk_way way;
};

/* What is said of a set of surfaces, over all structures. */
struct quality {
    double mean_mm, p95_mm, max_mm; /* mean of the means, mean of the 95 %, largest */
    double volume_percent;          /* largest difference of those over 5 ml */
    double truth_mm;                /* mean distance from the true surface */
    double *p95s;                   /* of each structure */
    size_t triangles, closed;
};

static void finish_job(struct job *job)
{
    prep_segment_surfaces_finish(&job->ours);
    prep_segmentation_finish(&job->segmentation);
    labels_vtk_destroy(job->vtk);
    free(job->segments);
    free(job->reductions);
}

/* --- contenders ------------------------------------------------------------------------------ */

static bool make_ours(struct job *job, int threads)
{
    struct prep_segment_options options = prep_segment_options_default();
    options.threads = threads;
    options.measure = false;
    struct cfg_error error;
    prep_segment_surfaces_finish(&job->ours);
    if (prep_segment_run(&job->segmentation, job->segments, job->count, &options, &job->ours,
                         &error) != NAV_OK) {
        fprintf(stderr, "osteonav bench prepare: %s\n", error.text);
        return false;
    }
    return true;
}

static bool run_ours(void *context, double *out_values)
{
    const struct contender *contender = context;
    const int64_t start_ns = bench_now_ns(), start_cpu_ns = bench_cpu_ns();
    const bool good = make_ours(contender->job, contender->threads);
    out_values[TIME_MS] = (double)(bench_now_ns() - start_ns) / 1e6;
    out_values[CPU_MS] = (double)(bench_cpu_ns() - start_cpu_ns) / 1e6;
    return good;
}

static bool run_vtk(void *context, double *out_values)
{
    const struct contender *contender = context;
    const struct job *job = contender->job;
    bool good = true;
    const int64_t start_ns = bench_now_ns(), start_cpu_ns = bench_cpu_ns();
    for (size_t i = 0; i < job->count && good; ++i) {
        const struct prep_segment *segment = job->segments[i];
        good = labels_vtk_run(job->vtk, (int16_t)segment->value, segment->low, segment->high,
                              job->reductions[i], contender->way);
    }
    out_values[TIME_MS] = (double)(bench_now_ns() - start_ns) / 1e6;
    out_values[CPU_MS] = (double)(bench_cpu_ns() - start_cpu_ns) / 1e6;
    return good;
}

/* --- quality --------------------------------------------------------------------------------- */

struct truth {
    const struct phantom *phantom;
    enum phantom_structure structure;
    double sum;
    size_t count;
};

static bool add_truth(void *context, const double p[3])
{
    struct truth *truth = context;
    truth->sum += fabs(phantom_distance(truth->phantom, truth->structure, p));
    ++truth->count;
    return true;
}

/* Structures that no other one takes voxels from. */
static bool is_whole(enum phantom_structure structure)
{
    return phantom_info(structure)->bone || structure == PHANTOM_ARTERIES ||
           structure == PHANTOM_VEINS;
}

/* Adds one surface to the quality of all. */
static bool judge(const struct job *job, size_t index, const struct prep_surface *surface,
                  struct truth *truth, struct quality *quality)
{
    const struct prep_segment *segment = job->segments[index];
    const struct prep_voxel_set set = prep_segment_voxels(&job->segmentation, segment);
    struct prep_surface_error error;
    struct prep_surface_report report;
    if (prep_surface_error_measure(&set, surface, &error) != NAV_OK ||
        prep_surface_inspect(surface, &report) != NAV_OK) {
        return false;
    }
    quality->p95s[index] = error.p95_mm;
    quality->mean_mm += error.mean_mm / (double)job->count;
    quality->p95_mm += error.p95_mm / (double)job->count;
    quality->max_mm = fmax(quality->max_mm, error.max_mm);
    quality->triangles += surface->triangle_count;
    quality->closed += report.open_edges == 0 && report.bad_edges == 0;
    const double voxel_ml = (double)segment->voxels * job->segmentation.voxel_mm3 / 1000.0;
    if (voxel_ml > 5.0) {
        quality->volume_percent =
            fmax(quality->volume_percent, 100.0 * fabs(fabs(report.volume_ml) / voxel_ml - 1.0));
    }
    truth->structure = (enum phantom_structure)(segment->value - 1);
    if (truth->phantom != NULL && is_whole(truth->structure)) {
        (void)prep_surface_spread(surface, truth_area_mm2, add_truth, truth);
    }
    return true;
}

static bool judge_ours(const struct job *job, const struct phantom *phantom,
                       struct quality *quality)
{
    struct truth truth = {.phantom = phantom};
    for (size_t i = 0; i < job->count; ++i) {
        if (!judge(job, i, &job->ours.items[i].surface, &truth, quality)) {
            return false;
        }
    }
    quality->truth_mm = truth.sum / (double)truth.count;
    return true;
}

static bool judge_vtk(const struct job *job, const struct phantom *phantom, enum labels_vtk_way way,
                      struct quality *quality)
{
    struct truth truth = {.phantom = phantom};
    for (size_t i = 0; i < job->count; ++i) {
        const struct prep_segment *segment = job->segments[i];
        struct prep_surface surface;
        if (!labels_vtk_run(job->vtk, (int16_t)segment->value, segment->low, segment->high,
                            job->reductions[i], way) ||
            !labels_vtk_copy(job->vtk, job->segmentation.volume->report.T_image_voxel, &surface)) {
            return false;
        }
        const bool good = judge(job, i, &surface, &truth, quality);
        prep_surface_finish(&surface);
        if (!good) {
            return false;
        }
    }
    quality->truth_mm = truth.sum / (double)truth.count;
    return true;
}

static void add_quality(json_t *extra, const char *prefix, const struct quality *quality)
{
    const struct {
        const char *key;
        double value;
    } rows[] = {
        {"error_mean_mm", quality->mean_mm},  {"error_p95_mm", quality->p95_mm},
        {"error_max_mm", quality->max_mm},    {"volume_percent", quality->volume_percent},
        {"truth_mean_mm", quality->truth_mm}, {"triangles", (double)quality->triangles},
        {"closed", (double)quality->closed},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); ++i) {
        char key[64];
        (void)snprintf(key, sizeof(key), "%s%s", prefix, rows[i].key);
        if (isfinite(rows[i].value)) {
            (void)json_object_set_new(extra, key, json_real(rows[i].value));
        }
    }
}

/* --- one segmentation ------------------------------------------------------------------------ */

static bool prepare_job(struct job *job)
{
    const struct prep_segmentation *segmentation = &job->segmentation;
    job->segments = calloc(segmentation->count, sizeof(*job->segments));
    job->reductions = calloc(segmentation->count, sizeof(*job->reductions));
    job->vtk = labels_vtk_create(segmentation->volume->voxels, segmentation->volume->report.size);
    if (job->segments == NULL || job->reductions == NULL || job->vtk == NULL) {
        return false;
    }
    for (size_t i = 0; i < segmentation->count; ++i) {
        if (segmentation->segments[i].voxels > 0) {
            job->segments[job->count++] = &segmentation->segments[i];
        }
    }
    if (!make_ours(job, 0)) {
        return false;
    }
    for (size_t i = 0; i < job->count; ++i) {
        const struct prep_segment_surface *item = &job->ours.items[i];
        job->reductions[i] =
            1.0 - (double)item->surface.triangle_count / (double)item->triangles_before;
    }
    return true;
}

static void print_row(const struct bench_options *options, const char *what, const struct job *job,
                      const double *medians, unsigned runs, enum labels_vtk_way way,
                      const struct quality *ours, const struct quality *theirs)
{
    const double *theirs_ms = medians + (size_t)(OURS + (int)way) * VALUES;
    size_t better = 0;
    for (size_t i = 0; i < job->count; ++i) {
        better += ours->p95s[i] <= theirs->p95s[i];
    }
    int threads = 0;
    const char *backend = labels_vtk_backend(&threads);
    json_t *extra =
        json_pack("{s:f, s:f, s:f, s:I, s:I, s:s, s:i}", "one_thread_ms", medians[VALUES + TIME_MS],
                  "ours_cpu_ms", medians[CPU_MS], "reference_cpu_ms", theirs_ms[CPU_MS],
                  "structures", (json_int_t)job->count, "structures_p95_not_worse",
                  (json_int_t)better, "reference_threading", backend, "reference_threads", threads);
    add_quality(extra, "", ours);
    add_quality(extra, "reference_", theirs);
    bench_print(options, &(struct bench_result){
                             .bench = "prepare",
                             .what = what,
                             .unit = "ms",
                             .ours = medians[0],
                             .reference = theirs_ms[TIME_MS],
                             .reference_name = way_names[way],
                             .runs = runs,
                             .extra = extra,
                         });
}

static bool measure(const struct bench_options *options, const char *what, struct job *job,
                    const struct phantom *phantom)
{
    struct contender ours = {.job = job}, alone = {.job = job, .threads = 1};
    struct contender vtk[LABELS_VTK_WAYS];
    struct bench_contender contenders[OURS + LABELS_VTK_WAYS] = {
        {"ours", run_ours, &ours},
        {"ours on one thread", run_ours, &alone},
    };
    for (int way = 0; way < LABELS_VTK_WAYS; ++way) {
        vtk[way] = (struct contender){.job = job, .way = (enum labels_vtk_way)way};
        contenders[OURS + way] = (struct bench_contender){way_names[way], run_vtk, &vtk[way]};
    }
    const unsigned runs = bench_runs(options, options->quick ? QUICK_RUNS : USUAL_RUNS);
    double medians[(OURS + LABELS_VTK_WAYS) * VALUES];
    struct quality qualities[1 + LABELS_VTK_WAYS] = {0};
    bool good = prepare_job(job) && bench_interleave("prepare", contenders, OURS + LABELS_VTK_WAYS,
                                                     VALUES, runs, medians);
    for (int i = 0; i < 1 + LABELS_VTK_WAYS; ++i) {
        qualities[i].p95s = calloc(job->count + 1, sizeof(double));
        good = good && qualities[i].p95s != NULL;
    }
    good = good && judge_ours(job, phantom, &qualities[0]);
    for (int way = 0; way < LABELS_VTK_WAYS && good; ++way) {
        good = judge_vtk(job, phantom, (enum labels_vtk_way)way, &qualities[1 + way]);
        if (good) {
            print_row(options, what, job, medians, runs, (enum labels_vtk_way)way, &qualities[0],
                      &qualities[1 + way]);
        }
    }
    for (int i = 0; i < 1 + LABELS_VTK_WAYS; ++i) {
        free(qualities[i].p95s);
    }
    return good;
}

/* --- which segmentations --------------------------------------------------------------------- */

/* The synthetic patient's label map goes through a file, as any does. */
static bool load_phantom(const struct phantom *phantom, struct prep_segmentation *out)
{
    char path[] = "/tmp/osteonav-bench-XXXXXX.nrrd";
    const int file = mkstemps(path, 5);
    if (file < 0) {
        return false;
    }
    (void)close(file);
    struct prep_volume ct = {0}, labels = {0};
    struct progress progress;
    struct cfg_error error;
    progress_init(&progress, phantom_volume_steps(phantom));
    const bool made =
        phantom_volume_make(phantom, TRUTH_THREADS, &progress, &ct, &labels) == NAV_OK;
    progress_finish(&progress);
    const bool good = made && prep_nrrd_write(&labels, NULL, path) == NAV_OK &&
                      prep_segmentation_load(path, NULL, out, &error) == NAV_OK;
    prep_volume_finish(&ct);
    prep_volume_finish(&labels);
    (void)unlink(path);
    return good;
}

static bool measure_phantom(const struct bench_options *options)
{
    struct phantom *phantom = NULL;
    struct job job = {0};
    bool good =
        phantom_create(SEED, &phantom) == NAV_OK && load_phantom(phantom, &job.segmentation);
    if (!good) {
        fputs("osteonav bench prepare: cannot make the synthetic patient\n", stderr);
    }
    good = good && measure(options, "synthetic patient, 0.9x0.9x1 mm", &job, phantom);
    finish_job(&job);
    phantom_destroy(phantom);
    return good;
}

/* The real label map, where the folder with the data is known. */
static bool measure_real(const struct bench_options *options)
{
    const char *folder = getenv("OSTEONAV_DATA");
    char path[PATH_SIZE];
    (void)snprintf(path, sizeof(path),
                   "%s/volumes/totalsegmentator_pelvis_ct/seg_total_117labels.nii.gz",
                   folder != NULL ? folder : "");
    if (folder == NULL || access(path, R_OK) != 0) {
        fputs("osteonav bench prepare: without the real label map (OSTEONAV_DATA names no folder "
              "with it)\n",
              stderr);
        return true;
    }
    struct job job = {0};
    struct cfg_error error;
    bool good = prep_segmentation_load(path, NULL, &job.segmentation, &error) == NAV_OK;
    if (!good) {
        fprintf(stderr, "osteonav bench prepare: %s\n", error.text);
    }
    good = good && measure(options, "real pelvis, 3 mm", &job, NULL);
    finish_job(&job);
    return good;
}

int bench_prepare(const struct bench_options *options)
{
    return measure_phantom(options) && measure_real(options) ? VERB_OK : VERB_FAILED;
}
