/* Surface registration on the back of the demo patient's sacrum: ours against VTK's iterative
 * closest point, from the same starts to the same points. Reported are processor time and, beside
 * it, the error at a target deep in S4: speed counts only at an equal or smaller error. Then how
 * far off a start may be, on the whole face and on a small patch, and what is accepted of it. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "bench.h"
#include "icp_vtk.h"
#include "posterior.h"
#include "surface_registration.h"
#include "verbs.h"

enum { USUAL_RUNS = 15, QUICK_RUNS = 3 };

static const double noise_mm = 0.5;
static const double grid_mm = 1.2; /* of the sampled sacrum: about 60,000 triangles */
static const double failed_mm = 3.0;

struct bone {
    struct posterior posterior;
    struct icp_vtk *vtk;
};

/* What all contenders of a round get, and what is counted over the rounds. */
struct round {
    const struct bone *bone;
    enum posterior_region region;
    uint64_t random;
    double start_rad, start_mm;
    struct posterior_trial trial;
    unsigned rounds, failed, failed_vtk; /* single starts that end more than failed_mm away */
    unsigned accepted, accepted_beyond;  /* ... although the error is beyond the limit */
    double residuals_mm[BENCH_RUNS_MAX]; /* of the failed single starts */
};

static void finish_bone(struct bone *bone)
{
    posterior_finish(&bone->posterior);
    icp_vtk_destroy(bone->vtk);
}

static bool make_bone(struct bone *bone)
{
    if (!posterior_make(grid_mm, &bone->posterior)) {
        return false;
    }
    const struct prep_surface *surface = &bone->posterior.surface;
    bone->vtk = icp_vtk_create(surface->points, (uint32_t)surface->point_count, surface->triangles,
                               (uint32_t)surface->triangle_count);
    return bone->vtk != NULL;
}

static void begin_round(struct round *round)
{
    posterior_begin(&round->bone->posterior, round->region, noise_mm, round->start_rad,
                    round->start_mm, &round->random, &round->trial);
}

enum { TIME_MS, ERROR_MM, VALUES };

static bool run_ours(struct round *round, uint32_t starts, struct trk_surface_result *out_result,
                     double *out_values)
{
    struct trk_surface_options options = trk_surface_options_default();
    options.starts = starts;
    const struct posterior *posterior = &round->bone->posterior;
    const struct posterior_trial *trial = &round->trial;
    const int64_t start_ns = bench_thread_cpu_ns();
    const enum nav_status status =
        trk_surface_register(posterior->mesh, trial->points, POSTERIOR_POINTS, &trial->start,
                             posterior->target_mm, 1, &options, out_result);
    out_values[TIME_MS] = (double)(bench_thread_cpu_ns() - start_ns) / 1e6;
    out_values[ERROR_MM] = posterior_error(posterior, trial, &out_result->T_image_reference);
    return status == NAV_OK;
}

static bool run_single(void *context, double *out_values)
{
    struct round *round = context;
    begin_round(round); /* the first contender of a round draws what all of it get */
    struct trk_surface_result result;
    if (!run_ours(round, 0, &result, out_values)) {
        return false;
    }
    if (out_values[ERROR_MM] > failed_mm) {
        round->residuals_mm[round->failed++] = result.rms_all_mm;
    }
    ++round->rounds;
    return true;
}

static bool run_full(void *context, double *out_values)
{
    struct round *round = context;
    const struct trk_surface_options options = trk_surface_options_default();
    struct trk_surface_result result;
    if (!run_ours(round, options.starts, &result, out_values)) {
        return false;
    }
    if (result.refusals == 0) {
        ++round->accepted;
        round->accepted_beyond += out_values[ERROR_MM] > options.tre95_max_mm;
    }
    return true;
}

static bool run_vtk(void *context, double *out_values)
{
    struct round *round = context;
    const struct posterior_trial *trial = &round->trial;
    double moved[3 * POSTERIOR_POINTS], m[16];
    for (size_t i = 0; i < POSTERIOR_POINTS; ++i) {
        nav_pose_apply(&trial->start, trial->points + 3 * i, moved + 3 * i);
    }
    const int64_t start_ns = bench_thread_cpu_ns();
    const bool good = icp_vtk_register(round->bone->vtk, moved, POSTERIOR_POINTS, m);
    out_values[TIME_MS] = (double)(bench_thread_cpu_ns() - start_ns) / 1e6;
    const double R[9] = {m[0], m[1], m[2], m[4], m[5], m[6], m[8], m[9], m[10]};
    const double t[3] = {m[3], m[7], m[11]};
    struct nav_pose found;
    if (!good || nav_pose_from_matrix(R, t, 1e-6, &found) != NAV_OK) {
        return false;
    }
    found = nav_pose_compose(&found, &trial->start);
    out_values[ERROR_MM] = posterior_error(&round->bone->posterior, trial, &found);
    round->failed_vtk += out_values[ERROR_MM] > failed_mm;
    return true;
}

static bool measure(const struct bench_options *options, const struct bone *bone,
                    enum posterior_region region, double start_deg, double start_mm)
{
    struct round round = {.bone = bone,
                          .region = region,
                          .random = 20,
                          .start_rad = start_deg * (M_PI / 180.0),
                          .start_mm = start_mm};
    const struct bench_contender contenders[] = {
        {"one start", run_single, &round},
        {"vtkIterativeClosestPointTransform", run_vtk, &round},
        {"with 24 more starts", run_full, &round},
    };
    const unsigned runs = bench_runs(options, options->quick ? QUICK_RUNS : USUAL_RUNS);
    double medians[3 * VALUES];
    if (!bench_interleave("registration", contenders, 3, VALUES, runs, medians)) {
        return false;
    }
    const double *vtk = medians + VALUES, *full = medians + 2 * VALUES;
    const double rounds = round.rounds;
    char what[96];
    (void)snprintf(what, sizeof(what), "%s, 120 points, start %.0f deg %.0f mm off",
                   region == POSTERIOR_FACE ? "posterior sacrum" : "30 x 30 mm of it", start_deg,
                   start_mm);
    json_t *extra = json_pack(
        "{s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:I, s:I}", "tre_mm", medians[ERROR_MM],
        "reference_tre_mm", vtk[ERROR_MM], "multistart_ms", full[TIME_MS], "multistart_tre_mm",
        full[ERROR_MM], "failed_share", round.failed / rounds, "reference_failed_share",
        round.failed_vtk / rounds, "accepted_share", round.accepted / rounds,
        "accepted_beyond_limit_share", round.accepted_beyond / rounds, "triangles",
        (json_int_t)bone->posterior.surface.triangle_count, "points", (json_int_t)POSTERIOR_POINTS);
    if (round.failed > 0) {
        (void)json_object_set_new(extra, "failed_residual_mm",
                                  json_real(bench_quantile(round.residuals_mm, round.failed, 0.5)));
    }
    bench_print(options, &(struct bench_result){
                             .bench = "registration",
                             .what = what,
                             .unit = "ms",
                             .ours = medians[TIME_MS],
                             .reference = vtk[TIME_MS],
                             .reference_name = "vtkIterativeClosestPointTransform",
                             .runs = runs,
                             .extra = extra,
                         });
    return true;
}

int bench_registration(const struct bench_options *options)
{
    struct bone bone = {0};
    bool good = make_bone(&bone);
    if (!good) {
        fputs("osteonav bench registration: cannot build the bone\n", stderr);
    }
    good = good && measure(options, &bone, POSTERIOR_FACE, 10.0, 5.0) &&
           measure(options, &bone, POSTERIOR_FACE, 20.0, 10.0) &&
           measure(options, &bone, POSTERIOR_FACE, 40.0, 20.0) &&
           measure(options, &bone, POSTERIOR_PATCH, 20.0, 10.0) &&
           measure(options, &bone, POSTERIOR_PATCH, 40.0, 20.0);
    finish_bone(&bone);
    return good ? VERB_OK : VERB_FAILED;
}
