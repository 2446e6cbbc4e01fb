/* A blade on its way through the demo patient against twelve structures: how far its edge, on the
 * way it swept, and its body are from each of them, where they are nearest, on which side, and what
 * the edge would meet next. Ours against vtkImplicitPolyDataDistance, which is asked point by
 * point, and against Embree's point query asked at the same points. Reported is the time of one
 * pose. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "blade_path.h"
#include "distance_vtk.h"
#include "phantom_sdf.h"
#include "surface.h"
#include "verbs.h"

enum {
    USUAL_RUNS = 5,
    STRUCTURES = 12,
    /* Points that a blade is asked at where areas cannot be: every millimetre of the edge, and
     * every fifth of the body's two sides and its middle. */
    EDGE_POINTS = 21,
    BODY_POINTS = 3 * 24,
    POINTS = EDGE_POINTS + BODY_POINTS,
    RAYS = 5,
    /* The others are slow: of the path they are asked so many poses, ours all of it. */
    SLOW_POSES = 12,
    SLOW_POSES_QUICK = 3
};

static const double grid_mm = 0.52; /* of the sampled structures: 300,000 triangles together */
static const double limit_us = 250.0, wanted_ratio = 20.0;

static const enum phantom_structure names[STRUCTURES] = {
    PHANTOM_TUMOUR,        PHANTOM_DURA,         PHANTOM_ARTERIES,      PHANTOM_VEINS,
    PHANTOM_ROOT_S1_RIGHT, PHANTOM_ROOT_S1_LEFT, PHANTOM_ROOT_S2_RIGHT, PHANTOM_ROOT_S2_LEFT,
    PHANTOM_ROOT_S3_RIGHT, PHANTOM_ROOT_S3_LEFT, PHANTOM_ROOT_S4_RIGHT, PHANTOM_ROOT_S4_LEFT};

struct patient {
    struct phantom_plan plan;
    size_t triangles;
    struct trk_mesh *meshes[STRUCTURES];
    struct distance_vtk *vtk[STRUCTURES];
    struct trk_blade_distance *distance;
};

struct round {
    struct patient *patient;
    const struct blade_path *path;
    size_t slow_poses;
    double p99_us, max_us;  /* of ours */
    double furthest_off_mm; /* VTK's nearest point is never nearer than ours ... */
    double nearest_off_mm;  /* ... by more than this, and this is how coarse its points are */
};

struct source {
    const struct phantom *phantom;
    enum phantom_structure structure;
};

static double field_of(const void *context, const double p[3])
{
    const struct source *source = context;
    return phantom_distance(source->phantom, source->structure, p);
}

static bool make_structure(const struct phantom *phantom, int index, struct patient *patient)
{
    const struct source source = {phantom, names[index]};
    const struct phantom_box box = phantom_bounds(phantom, names[index]);
    /* the vessels are long and thick: as many triangles as the rest */
    const bool vessel = names[index] == PHANTOM_ARTERIES || names[index] == PHANTOM_VEINS;
    struct prep_field field = {0};
    struct prep_surface surface = {0};
    size_t dropped = 0;
    bool good =
        prep_field_sample(field_of, &source, box.low, box.high, vessel ? 2.0 * grid_mm : grid_mm,
                          PHANTOM_SLOPE_MAX, &field) == NAV_OK &&
        prep_surface_extract(&field, &surface) == NAV_OK &&
        prep_surface_keep_largest(&surface, &dropped) == NAV_OK;
    prep_field_finish(&field);
    const uint32_t points = (uint32_t)surface.point_count;
    const uint32_t triangles = (uint32_t)surface.triangle_count;
    good = good && trk_mesh_create(surface.points, points, surface.triangles, triangles,
                                   &patient->meshes[index]) == NAV_OK;
    if (good) {
        patient->triangles += triangles;
        patient->vtk[index] =
            distance_vtk_create(surface.points, points, surface.triangles, triangles);
    }
    prep_surface_finish(&surface);
    return good && patient->vtk[index] != NULL;
}

static bool make_patient(struct patient *patient)
{
    struct phantom *phantom = NULL;
    if (phantom_create(1, &phantom) != NAV_OK) {
        return false;
    }
    bool good = phantom_plan_make(phantom, &patient->plan) == NAV_OK;
    for (int i = 0; good && i < STRUCTURES; ++i) {
        good = make_structure(phantom, i, patient);
    }
    phantom_destroy(phantom);
    struct trk_blade_distance_options options = trk_blade_distance_options_default();
    options.reach_mm = INFINITY; /* every one has its number, however far */
    return good && trk_blade_distance_create((const struct trk_mesh *const *)patient->meshes,
                                             STRUCTURES, &options, &patient->distance) == NAV_OK;
}

static void finish_patient(struct patient *patient)
{
    trk_blade_distance_destroy(patient->distance);
    for (int i = 0; i < STRUCTURES; ++i) {
        trk_mesh_destroy(patient->meshes[i]);
        distance_vtk_destroy(patient->vtk[i]);
    }
}

/* ---- the contenders: microseconds a pose -------------------------------------------------------
 */

static bool run_ours(void *context, double *out_us)
{
    struct round *round = context;
    const struct blade_path *path = round->path;
    double *times = calloc(path->count, sizeof(*times));
    if (times == NULL) {
        return false;
    }
    trk_blade_distance_forget(round->patient->distance);
    double sum = 0.0;
    for (size_t i = 0; i < path->count; ++i) {
        struct trk_structure_distance answers[STRUCTURES];
        const int64_t start_ns = bench_thread_cpu_ns();
        if (trk_blade_distance_measure(round->patient->distance, i > 0 ? &path->poses[i - 1] : NULL,
                                       &path->poses[i], answers) != NAV_OK) {
            free(times);
            return false;
        }
        times[i] = (double)(bench_thread_cpu_ns() - start_ns) / 1e3;
        sum += times[i];
    }
    *out_us = sum / (double)path->count;
    round->p99_us = bench_quantile(times, path->count, 0.99);
    round->max_us = times[path->count - 1]; /* sorted by now */
    free(times);
    return true;
}

static void points_of(const struct trk_blade_pose *pose, double out[POINTS][3])
{
    for (int p = 0; p < POINTS; ++p) {
        const int body = p - EDGE_POINTS;
        const double across = body < 0 ? (double)p / (EDGE_POINTS - 1) : 0.5 * (body % 3);
        const double back = body < 0 ? 0.0 : pose->length_mm * (body / 3 + 1) / (BODY_POINTS / 3);
        for (int i = 0; i < 3; ++i) {
            out[p][i] = pose->corner_mm[0][i] +
                        across * (pose->corner_mm[1][i] - pose->corner_mm[0][i]) -
                        back * pose->axis[i];
        }
    }
}

static size_t slow_pose(const struct round *round, size_t index)
{
    return (round->path->count - 1) * (2 * index + 1) / (2 * round->slow_poses);
}

static bool run_vtk(void *context, double *out_us)
{
    struct round *round = context;
    double sum = 0.0;
    for (size_t k = 0; k < round->slow_poses; ++k) {
        const struct trk_blade_pose *pose = &round->path->poses[slow_pose(round, k)];
        double points[POINTS][3], least[STRUCTURES];
        points_of(pose, points);
        const int64_t start_ns = bench_thread_cpu_ns();
        for (int s = 0; s < STRUCTURES; ++s) {
            least[s] = INFINITY;
            for (int p = 0; p < POINTS; ++p) {
                /* the body has a thickness, the edge none */
                const double radius = p < EDGE_POINTS ? 0.0 : pose->shaft_radius_mm;
                least[s] =
                    fmin(least[s], distance_vtk_at(round->patient->vtk[s], points[p]) - radius);
            }
            for (int r = 0; r < RAYS; ++r) {
                const double *from = points[r * (EDGE_POINTS - 1) / (RAYS - 1)];
                double to[3];
                for (int i = 0; i < 3; ++i) {
                    to[i] = from[i] + 100.0 * pose->axis[i];
                }
                (void)distance_vtk_ray(round->patient->vtk[s], from, to);
            }
        }
        sum += (double)(bench_thread_cpu_ns() - start_ns) / 1e3;
        struct trk_structure_distance answers[STRUCTURES];
        if (trk_blade_distance_measure(round->patient->distance, NULL, pose, answers) != NAV_OK) {
            return false;
        }
        for (int s = 0; s < STRUCTURES; ++s) {
            if (answers[s].distance_mm > 0.0) {
                const double off = least[s] - answers[s].distance_mm;
                round->furthest_off_mm = fmax(round->furthest_off_mm, off);
                round->nearest_off_mm = fmin(round->nearest_off_mm, off);
            }
        }
    }
    *out_us = sum / (double)round->slow_poses;
    return true;
}

static bool run_points(void *context, double *out_us)
{
    struct round *round = context;
    double sum = 0.0;
    for (size_t k = 0; k < round->slow_poses; ++k) {
        const struct trk_blade_pose *pose = &round->path->poses[slow_pose(round, k)];
        double points[POINTS][3];
        points_of(pose, points);
        const int64_t start_ns = bench_thread_cpu_ns();
        for (int s = 0; s < STRUCTURES; ++s) {
            const struct trk_mesh *mesh = round->patient->meshes[s];
            double radius = INFINITY;
            for (int p = 0; p < POINTS; ++p) {
                struct trk_mesh_nearest nearest;
                if (trk_mesh_nearest(mesh, points[p], radius, &nearest) == NAV_OK) {
                    radius = fmin(radius, nearest.distance_mm);
                }
            }
            for (int r = 0; r < RAYS; ++r) {
                struct trk_mesh_hit hit;
                (void)!trk_mesh_cast(mesh, points[r * (EDGE_POINTS - 1) / (RAYS - 1)], pose->axis,
                                     100.0, &hit);
            }
        }
        sum += (double)(bench_thread_cpu_ns() - start_ns) / 1e3;
    }
    *out_us = sum / (double)round->slow_poses;
    return true;
}

static bool measure(const struct bench_options *options, struct patient *patient,
                    const struct blade_path *path, const char *what)
{
    struct round round = {.patient = patient,
                          .path = path,
                          .slow_poses = options->quick ? SLOW_POSES_QUICK : SLOW_POSES};
    const struct bench_contender contenders[] = {
        {"ours", run_ours, &round},
        {"vtkImplicitPolyDataDistance", run_vtk, &round},
        {"Embree, point by point", run_points, &round},
    };
    const unsigned runs = bench_runs(options, USUAL_RUNS);
    double us[3];
    if (!bench_interleave("distance", contenders, 3, 1, runs, us)) {
        return false;
    }
    json_t *extra =
        json_pack("{s:f, s:f, s:f, s:f, s:f, s:I, s:I, s:I, s:I, s:b}", "p99_us", round.p99_us,
                  "max_us", round.max_us, "points_us", us[2], "reference_coarser_mm",
                  round.furthest_off_mm, "reference_nearer_mm", -round.nearest_off_mm, "structures",
                  (json_int_t)STRUCTURES, "triangles", (json_int_t)patient->triangles, "poses",
                  (json_int_t)path->count, "reference_points", (json_int_t)POINTS, "holds",
                  us[0] <= limit_us && us[1] >= wanted_ratio * us[0]);
    bench_print(options, &(struct bench_result){.bench = "distance",
                                                .what = what,
                                                .unit = "us",
                                                .ours = us[0],
                                                .reference = us[1],
                                                .reference_name = "vtkImplicitPolyDataDistance",
                                                .runs = runs,
                                                .extra = extra});
    return true;
}

int bench_distance(const struct bench_options *options)
{
    struct patient patient = {0};
    struct blade_path path = {0};
    bool good = make_patient(&patient) && blade_path_simulated(&patient.plan, &path) &&
                measure(options, &patient, &path, "a blade a pose, simulated hand in four cuts");
    blade_path_finish(&path);
    if (good && blade_path_recorded(&patient.plan, &path)) {
        good = measure(options, &patient, &path, "a blade a pose, a recorded hand");
        blade_path_finish(&path);
    } else if (good) {
        fputs("osteonav bench distance: no recorded hand (set OSTEONAV_DATA): left out\n", stderr);
    }
    finish_patient(&patient);
    if (!good) {
        fputs("osteonav bench distance: cannot build the patient; is there memory for 500 MB?\n",
              stderr);
    }
    return good ? VERB_OK : VERB_FAILED;
}
