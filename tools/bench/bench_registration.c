/* Surface registration on the back of the demo patient's sacrum: ours against VTK's iterative
 * closest point, from the same starts to the same points. Reported are processor time and, beside
 * it, the error at a target deep in S4: speed counts only at an equal or smaller error. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "icp_vtk.h"
#include "mesh_query.h"
#include "nav/pose.h"
#include "phantom_sdf.h"
#include "surface.h"
#include "surface_registration.h"
#include "verbs.h"

enum { POINTS = 120, USUAL_RUNS = 15, QUICK_RUNS = 3 };

static const double noise_mm = 0.5;
static const double grid_mm = 1.2; /* of the sampled sacrum: about 60,000 triangles */

struct bone {
    struct prep_surface surface;
    struct trk_mesh *mesh;
    struct icp_vtk *vtk;
    double *areas; /* cumulated, of the triangles that face backwards */
    double target_mm[3];
};

/* What both contenders of a round get. */
struct round {
    const struct bone *bone;
    uint64_t random;
    double start_rad, start_mm;
    double points[3 * POINTS]; /* in the reference frame */
    struct nav_pose T_reference_image;
    struct nav_pose start; /* T_image_reference, off by start_rad and start_mm */
};

static double uniform(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (double)(*state >> 11) * 0x1.0p-53;
}

static double normal(uint64_t *state)
{
    const double u = uniform(state), v = uniform(state);
    return sqrt(-2.0 * log(1.0 - u)) * cos(2.0 * M_PI * v);
}

static void direction(uint64_t *state, double out[3])
{
    const double z = 2.0 * uniform(state) - 1.0, angle = 2.0 * M_PI * uniform(state);
    out[0] = sqrt(1.0 - z * z) * cos(angle);
    out[1] = sqrt(1.0 - z * z) * sin(angle);
    out[2] = z;
}

static struct nav_pose turned(const double axis[3], double angle_rad)
{
    const double s = sin(0.5 * angle_rad);
    return (struct nav_pose){.q = {s * axis[0], s * axis[1], s * axis[2], cos(0.5 * angle_rad)}};
}

static double sacrum(const void *context, const double p[3])
{
    return phantom_distance(context, PHANTOM_SACRUM, p);
}

static void finish_bone(struct bone *bone)
{
    trk_mesh_destroy(bone->mesh);
    icp_vtk_destroy(bone->vtk);
    prep_surface_finish(&bone->surface);
    free(bone->areas);
}

/* Cumulated area of the triangles that a stylus reaches from behind (LPS: +y), without the coccyx
 * and the sides. */
static bool weigh_triangles(struct bone *bone)
{
    bone->areas = calloc(bone->surface.triangle_count, sizeof(*bone->areas));
    if (bone->areas == NULL) {
        return false;
    }
    double sum = 0.0;
    for (size_t t = 0; t < bone->surface.triangle_count; ++t) {
        const uint32_t *index = bone->surface.triangles + 3 * t;
        const float *a = bone->surface.points + 3 * (size_t)index[0];
        const float *b = bone->surface.points + 3 * (size_t)index[1];
        const float *c = bone->surface.points + 3 * (size_t)index[2];
        double u[3], v[3];
        for (int k = 0; k < 3; ++k) {
            u[k] = (double)b[k] - (double)a[k];
            v[k] = (double)c[k] - (double)a[k];
        }
        const double n[3] = {u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2],
                             u[0] * v[1] - u[1] * v[0]};
        const double length = sqrt(n[0] * n[0] + n[1] * n[1] + n[2] * n[2]);
        sum += n[1] > 0.5 * length ? 0.5 * length : 0.0;
        bone->areas[t] = sum;
    }
    return sum > 0.0;
}

static bool make_bone(struct bone *bone)
{
    struct phantom *phantom = NULL;
    struct prep_field field = {0};
    if (phantom_create(1, &phantom) != NAV_OK) {
        return false;
    }
    const struct phantom_box box = phantom_bounds(phantom, PHANTOM_SACRUM);
    enum nav_status status =
        prep_field_sample(sacrum, phantom, box.low, box.high, grid_mm, PHANTOM_SLOPE_MAX, &field);
    if (status == NAV_OK) {
        status = prep_surface_extract(&field, &bone->surface);
    }
    prep_field_finish(&field);
    size_t dropped = 0;
    if (status == NAV_OK) {
        status = prep_surface_keep_largest(&bone->surface, &dropped);
    }
    /* the anterior foramina of S4, in the middle: where a tumour margin would be */
    double right[3], left[3];
    phantom_foramen_centre(phantom, 3, -1, right);
    phantom_foramen_centre(phantom, 3, 1, left);
    for (int k = 0; k < 3; ++k) {
        bone->target_mm[k] = 0.5 * (right[k] + left[k]);
    }
    phantom_destroy(phantom);
    const uint32_t points = (uint32_t)bone->surface.point_count;
    const uint32_t triangles = (uint32_t)bone->surface.triangle_count;
    if (status == NAV_OK) {
        status = trk_mesh_create(bone->surface.points, points, bone->surface.triangles, triangles,
                                 &bone->mesh);
    }
    if (status != NAV_OK || !weigh_triangles(bone)) {
        return false;
    }
    bone->vtk = icp_vtk_create(bone->surface.points, points, bone->surface.triangles, triangles);
    return bone->vtk != NULL;
}

static void touch(const struct bone *bone, uint64_t *random, double out[3])
{
    const double wanted = uniform(random) * bone->areas[bone->surface.triangle_count - 1];
    size_t low = 0, high = bone->surface.triangle_count - 1;
    while (low < high) {
        const size_t middle = (low + high) / 2;
        if (bone->areas[middle] < wanted) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    double u = uniform(random), v = uniform(random);
    if (u + v > 1.0) {
        u = 1.0 - u;
        v = 1.0 - v;
    }
    const uint32_t *index = bone->surface.triangles + 3 * low;
    for (int k = 0; k < 3; ++k) {
        const double a = (double)bone->surface.points[3 * (size_t)index[0] + (size_t)k];
        const double b = (double)bone->surface.points[3 * (size_t)index[1] + (size_t)k];
        const double c = (double)bone->surface.points[3 * (size_t)index[2] + (size_t)k];
        out[k] = (1.0 - u - v) * a + u * b + v * c + noise_mm / sqrt(3.0) * normal(random);
    }
}

/* New points and a new start. */
static void begin_round(struct round *round)
{
    double axis[3], off[3], centre[3] = {0.0, 0.0, 0.0};
    direction(&round->random, axis);
    round->T_reference_image = turned(axis, 2.0 * uniform(&round->random));
    round->T_reference_image.t_mm[2] = 800.0;
    for (int i = 0; i < POINTS; ++i) {
        double p[3];
        touch(round->bone, &round->random, p);
        for (int k = 0; k < 3; ++k) {
            centre[k] += p[k] / POINTS;
        }
        nav_pose_apply(&round->T_reference_image, p, round->points + 3 * (size_t)i);
    }
    direction(&round->random, axis);
    direction(&round->random, off);
    struct nav_pose perturbed = turned(axis, round->start_rad);
    double moved[3];
    nav_pose_rotate(&perturbed, centre, moved);
    for (int k = 0; k < 3; ++k) {
        perturbed.t_mm[k] = centre[k] - moved[k] + round->start_mm * off[k];
    }
    const struct nav_pose truth = nav_pose_inverse(&round->T_reference_image);
    round->start = nav_pose_compose(&perturbed, &truth);
}

static double error_at_target(const struct round *round, const struct nav_pose *T_image_reference)
{
    double p[3], back[3], sum = 0.0;
    nav_pose_apply(&round->T_reference_image, round->bone->target_mm, p);
    nav_pose_apply(T_image_reference, p, back);
    for (int k = 0; k < 3; ++k) {
        sum += (back[k] - round->bone->target_mm[k]) * (back[k] - round->bone->target_mm[k]);
    }
    return sqrt(sum);
}

enum { TIME_MS, ERROR_MM, VALUES };

static bool run_ours(struct round *round, uint32_t starts, double *out_values)
{
    struct trk_surface_options options = trk_surface_options_default();
    options.starts = starts;
    struct trk_surface_result result;
    const int64_t start_ns = bench_thread_cpu_ns();
    const enum nav_status status =
        trk_surface_register(round->bone->mesh, round->points, POINTS, &round->start,
                             round->bone->target_mm, 1, &options, &result);
    out_values[TIME_MS] = (double)(bench_thread_cpu_ns() - start_ns) / 1e6;
    out_values[ERROR_MM] = error_at_target(round, &result.T_image_reference);
    return status == NAV_OK;
}

static bool run_single(void *context, double *out_values)
{
    begin_round(context); /* the first contender of a round draws what all of it get */
    return run_ours(context, 0, out_values);
}

static bool run_full(void *context, double *out_values)
{
    return run_ours(context, trk_surface_options_default().starts, out_values);
}

static bool run_vtk(void *context, double *out_values)
{
    struct round *round = context;
    double moved[3 * POINTS], m[16];
    for (size_t i = 0; i < POINTS; ++i) {
        nav_pose_apply(&round->start, round->points + 3 * i, moved + 3 * i);
    }
    const int64_t start_ns = bench_thread_cpu_ns();
    const bool good = icp_vtk_register(round->bone->vtk, moved, POINTS, m);
    out_values[TIME_MS] = (double)(bench_thread_cpu_ns() - start_ns) / 1e6;
    const double R[9] = {m[0], m[1], m[2], m[4], m[5], m[6], m[8], m[9], m[10]};
    const double t[3] = {m[3], m[7], m[11]};
    struct nav_pose found;
    if (!good || nav_pose_from_matrix(R, t, 1e-6, &found) != NAV_OK) {
        return false;
    }
    found = nav_pose_compose(&found, &round->start);
    out_values[ERROR_MM] = error_at_target(round, &found);
    return true;
}

static bool measure(const struct bench_options *options, const struct bone *bone, double start_deg,
                    double start_mm)
{
    struct round round = {
        .bone = bone, .random = 20, .start_rad = start_deg * (M_PI / 180.0), .start_mm = start_mm};
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
    char what[96];
    (void)snprintf(what, sizeof(what), "posterior sacrum, 120 points, start %.0f deg %.0f mm off",
                   start_deg, start_mm);
    bench_print(options,
                &(struct bench_result){
                    .bench = "registration",
                    .what = what,
                    .unit = "ms",
                    .ours = medians[TIME_MS],
                    .reference = vtk[TIME_MS],
                    .reference_name = "vtkIterativeClosestPointTransform",
                    .runs = runs,
                    .extra = json_pack("{s:f, s:f, s:f, s:f, s:I}", "tre_mm", medians[ERROR_MM],
                                       "reference_tre_mm", vtk[ERROR_MM], "multistart_ms",
                                       full[TIME_MS], "multistart_tre_mm", full[ERROR_MM],
                                       "triangles", (json_int_t)bone->surface.triangle_count),
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
    good = good && measure(options, &bone, 10.0, 5.0) && measure(options, &bone, 20.0, 10.0);
    finish_bone(&bone);
    return good ? VERB_OK : VERB_FAILED;
}
