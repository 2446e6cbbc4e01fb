/* Whole operations by a scripted hand whose true deviations are known: what is said to have been
 * cut must be what was cut. The tracker sees the hand with 0.25 mm and 0.1 degree (rms) of noise.
 *
 * OSTEONAV_SEEDS operations of each patient, 2 without it; `tools/check --long` runs 100.
 * OSTEONAV_FIRST_SEED: where they begin, so that they can be shared out. */
#include <math.h>

#include "shapes.h"
#include "test_data.h"

#include "bone_depth.h"
#include "cut_record.h"
#include "mesh.h"
#include "phantom_plan.h"
#include "surface.h"

enum { CUTS_MAX = 4, BONES_MAX = 3, USUAL_SEEDS = 2 };

static const double noise_mm = 0.25, noise_deg = 0.1;
static const double offset_limit_mm = 0.3, angle_limit_deg = 0.5, margin_limit_mm = 0.5;
/* The errors may be so many times what the stated standard deviations promise: few cuts scatter. */
static const double spread_limit = 2.0;
/* One number in so many may be withheld. */
static const unsigned withheld_share = 200;
/* Between two poses of the edge: 3.6 mm/s at 60 Hz; the true surface is the same in coarser steps.
 */
static const double step_mm = 0.06, true_step_mm = 0.5;

/* An osteotome; its marker sits at the handle, where noise of the angle moves the edge. */
static const struct trk_blade_shape osteotome = {
    .tip_mm = {0, 0, -150},
    .axis = {0, 0, -1},
    .up = {0, 1, 0},
    .width_mm = 20,
    .length_mm = 100,
    .shaft_radius_mm = 0.75,
};

struct patient {
    size_t bone_count, cut_count;
    struct trk_mesh *bones[BONES_MAX];
    struct trk_mesh *tumour;
    struct trk_bone_depth *bone;
    struct trk_cut_plan cuts[CUTS_MAX];
};

/* How the hand really cuts: the margin-side face's offset at the entry edge, and its slopes. */
struct deviation {
    double offset_mm, pitch_rad, roll_rad;
};

static unsigned asked_for(const char *name, unsigned usual)
{
    const char *asked = getenv(name);
    return asked != NULL ? (unsigned)strtoul(asked, NULL, 10) : usual;
}

/* ---- patients ----------------------------------------------------------------------------------
 */

static void finish_patient(struct patient *patient)
{
    trk_bone_depth_destroy(patient->bone);
    for (size_t i = 0; i < patient->bone_count; ++i) {
        trk_mesh_destroy(patient->bones[i]);
    }
    trk_mesh_destroy(patient->tumour);
}

static void prepare_bone(struct patient *patient)
{
    const struct trk_bone_depth_options options = trk_bone_depth_options_default();
    assert_int_equal(trk_bone_depth_create((const struct trk_mesh *const *)patient->bones,
                                           patient->bone_count, &options, &patient->bone),
                     NAV_OK);
}

struct source {
    const struct phantom *phantom;
    enum phantom_structure structure;
};

static double field_of(const void *context, const double p[3])
{
    const struct source *source = context;
    return phantom_distance(source->phantom, source->structure, p);
}

static struct trk_mesh *phantom_mesh(const struct phantom *phantom,
                                     enum phantom_structure structure)
{
    const struct source source = {phantom, structure};
    const struct phantom_box box = phantom_bounds(phantom, structure);
    struct prep_field field = {0};
    struct prep_surface surface = {0};
    size_t dropped = 0;
    assert_int_equal(
        prep_field_sample(field_of, &source, box.low, box.high, 2.0, PHANTOM_SLOPE_MAX, &field),
        NAV_OK);
    assert_int_equal(prep_surface_extract(&field, &surface), NAV_OK);
    prep_field_finish(&field);
    assert_int_equal(prep_surface_keep_largest(&surface, &dropped), NAV_OK);
    struct trk_mesh *mesh = NULL;
    assert_int_equal(trk_mesh_create(surface.points, (uint32_t)surface.point_count,
                                     surface.triangles, (uint32_t)surface.triangle_count, &mesh),
                     NAV_OK);
    prep_surface_finish(&surface);
    return mesh;
}

static struct patient make_phantom(void)
{
    struct patient patient = {.bone_count = 1, .cut_count = PHANTOM_CUTS};
    struct phantom *phantom = NULL;
    struct phantom_plan plan;
    assert_int_equal(phantom_create(1, &phantom), NAV_OK);
    assert_int_equal(phantom_plan_make(phantom, &plan), NAV_OK);
    patient.bones[0] = phantom_mesh(phantom, PHANTOM_SACRUM);
    patient.tumour = phantom_mesh(phantom, PHANTOM_TUMOUR);
    for (int c = 0; c < PHANTOM_CUTS; ++c) {
        const struct phantom_cut *cut = &plan.cuts[c];
        struct trk_cut_plan *to = &patient.cuts[c];
        memcpy(to->point_mm, cut->point, sizeof(to->point_mm));
        memcpy(to->normal, cut->normal, sizeof(to->normal));
        memcpy(to->u, cut->u, sizeof(to->u));
        memcpy(to->size_mm, cut->size, sizeof(to->size_mm));
        to->depth_mm = cut->depth;
        to->kerf_mm = 1.5;
        to->margin_side = c % 2 == 0 ? 1 : -1;
    }
    phantom_destroy(phantom);
    prepare_bone(&patient);
    return patient;
}

static struct trk_mesh *load(const char *name)
{
    char relative[256], path[4096];
    (void)snprintf(relative, sizeof(relative), "anatomy/totalsegmentator_pelvis_case_LPS_mm/%s.stl",
                   name);
    test_data_path(relative, path, sizeof(path));
    struct cfg_mesh *file = NULL;
    struct cfg_error error;
    assert_int_equal(cfg_mesh_load(path, NULL, &file, &error), NAV_OK);
    struct trk_mesh *mesh = NULL;
    assert_int_equal(trk_mesh_create(file->vertices_mm, file->vertex_count, file->triangles,
                                     file->triangle_count, &mesh),
                     NAV_OK);
    cfg_mesh_destroy(file);
    return mesh;
}

/* Our own plan on the real patient: a tumour in the lower sacrum, cut off by two planes across it
 * and one on each side, from behind (LPS: -y is forwards). */
static struct patient make_pelvis(void)
{
    struct patient patient = {.bone_count = 3, .cut_count = 4};
    patient.bones[0] = load("sacrum");
    patient.bones[1] = load("hip_left");
    patient.bones[2] = load("hip_right");
    prepare_bone(&patient);
    double low[3], high[3], middle[3];
    trk_mesh_bounds(patient.bones[0], low, high);
    for (int i = 0; i < 3; ++i) {
        middle[i] = 0.5 * (low[i] + high[i]);
    }
    struct shape ball = shape_lathe(48, 32, position_sphere_50);
    const double centre[3] = {middle[0] - 8.0, middle[1], low[2] + 0.35 * (high[2] - low[2])};
    for (uint32_t v = 0; v < ball.vertex_count; ++v) {
        for (uint32_t i = 0; i < 3; ++i) {
            ball.vertices[3 * v + i] = (float)(centre[i] + 0.24 * (double)ball.vertices[3 * v + i]);
        }
    }
    assert_int_equal(trk_mesh_create(ball.vertices, ball.vertex_count, ball.triangles,
                                     ball.triangle_count, &patient.tumour),
                     NAV_OK);
    shape_free(&ball);
    /* normals away from the tumour, so that the margin side is against them */
    const double normals[4][3] = {{0, 0, 1}, {0.26, 0, 0.966}, {-1, 0, 0}, {1, 0, 0}};
    const double away[4] = {22.0, 24.0, 20.0, 20.0};
    for (int c = 0; c < 4; ++c) {
        struct trk_cut_plan *cut = &patient.cuts[c];
        const double length = sqrt(normals[c][0] * normals[c][0] + normals[c][2] * normals[c][2]);
        for (int i = 0; i < 3; ++i) {
            cut->normal[i] = normals[c][i] / length;
        }
        /* v = normal x u is forwards (0, -1, 0), and u = v x normal */
        const double v[3] = {0, -1, 0};
        for (int i = 0; i < 3; ++i) {
            const int j = (i + 1) % 3, k = (i + 2) % 3;
            cut->u[i] = v[j] * cut->normal[k] - v[k] * cut->normal[j];
            cut->point_mm[i] = centre[i] + away[c] * cut->normal[i];
        }
        cut->point_mm[1] = high[1];
        cut->size_mm[0] = 60.0;
        cut->size_mm[1] = cut->depth_mm = high[1] - low[1];
        cut->kerf_mm = 1.5;
        cut->margin_side = -1;
    }
    return patient;
}

/* ---- the hand ----------------------------------------------------------------------------------
 */

/* The tool's pose when the edge's middle is at (u, v) of the plane really cut. */
static struct nav_pose pose_at(const struct trk_cut_plan *plan, const struct deviation *deviation,
                               double u, double v)
{
    double plan_v[3], tilt_u[3], tilt_v[3], normal[3], edge[3], along = 0.0, length = 0.0;
    const double pitch = tan(deviation->pitch_rad), roll = tan(deviation->roll_rad);
    for (int i = 0; i < 3; ++i) {
        const int j = (i + 1) % 3, k = (i + 2) % 3;
        plan_v[i] = plan->normal[j] * plan->u[k] - plan->normal[k] * plan->u[j];
    }
    for (int i = 0; i < 3; ++i) {
        tilt_u[i] = plan->u[i] + roll * plan->normal[i];
        tilt_v[i] = (plan_v[i] + pitch * plan->normal[i]) / sqrt(1.0 + pitch * pitch);
        along += tilt_u[i] * tilt_v[i];
    }
    for (int i = 0; i < 3; ++i) {
        edge[i] = tilt_u[i] - along * tilt_v[i];
        length += edge[i] * edge[i];
    }
    for (int i = 0; i < 3; ++i) {
        edge[i] /= sqrt(length);
    }
    for (int i = 0; i < 3; ++i) {
        const int j = (i + 1) % 3, k = (i + 2) % 3;
        normal[i] = edge[j] * tilt_v[k] - edge[k] * tilt_v[j];
    }
    /* the blade's middle plane, half a kerf from the face that counts */
    const double middle = deviation->offset_mm + pitch * v + roll * u;
    double R[9], t[3];
    for (int i = 0; i < 3; ++i) {
        R[3 * i] = edge[i];
        R[3 * i + 1] = normal[i];
        R[3 * i + 2] = -tilt_v[i];
        t[i] = plan->point_mm[i] + u * plan->u[i] + v * plan_v[i] + middle * plan->normal[i] -
               0.5 * plan->kerf_mm * plan->margin_side * normal[i];
    }
    struct nav_pose edge_pose;
    assert_int_equal(nav_pose_from_matrix(R, t, 1e-9, &edge_pose), NAV_OK);
    const struct nav_pose back = {
        .q = {0, 0, 0, 1},
        .t_mm = {-osteotome.tip_mm[0], -osteotome.tip_mm[1], -osteotome.tip_mm[2]}};
    return nav_pose_compose(&edge_pose, &back);
}

static struct nav_pose seen(const struct nav_pose *truth, uint64_t *random)
{
    struct nav_pose noise = nav_pose_identity();
    for (int i = 0; i < 3; ++i) {
        noise.q[i] = 0.5 * noise_deg * M_PI / 180.0 / sqrt(3.0) * shape_normal(random);
        noise.t_mm[i] = noise_mm / sqrt(3.0) * shape_normal(random);
    }
    return nav_pose_compose(truth, &noise);
}

/* Drives the blade down side by side until all of the cut's width is through. `random` NULL: as it
 * really was. */
static void operate(const struct patient *patient, const struct trk_cut_plan *plan,
                    const struct deviation *deviation, uint64_t *random,
                    struct trk_cut_record *record)
{
    const double lane_mm = 0.8 * osteotome.width_mm;
    const int lanes = (int)ceil(plan->size_mm[0] / lane_mm);
    for (int lane = 0; lane < lanes; ++lane) {
        const double u = (lane - 0.5 * (lanes - 1)) * lane_mm;
        struct trk_blade_pose before;
        struct trk_bone_depth_answer was, is;
        bool first = true;
        const double step = random != NULL ? step_mm : true_step_mm;
        for (double v = -2.0; v <= plan->depth_mm + 2.0; v += step) {
            const struct nav_pose truth = pose_at(plan, deviation, u, v);
            const struct nav_pose pose = random != NULL ? seen(&truth, random) : truth;
            const struct trk_blade_pose now = trk_blade_pose_at(&osteotome, &pose);
            assert_int_equal(trk_bone_depth_measure(patient->bone, &now, &is), NAV_OK);
            if (!first) {
                (void)trk_cut_record_sweep(record, &before, was.depth_mm, &now, is.depth_mm);
            }
            first = false;
            before = now;
            was = is;
        }
    }
}

struct worst {
    double offset_mm, angle_deg, margin_mm, coverage; /* largest errors */
    unsigned cuts, misses;                            /* with one over its limit */
    unsigned withheld;                                /* numbers that are not stated */
    double squares[3]; /* of the errors in standard deviations: offset, angle, margin */
};

static double between_deg(const double a[3], const double b[3])
{
    const double cosine = a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
    return acos(fmin(cosine, 1.0)) * 180.0 / M_PI;
}

static struct trk_cut_margin margin_of(const struct trk_cut_record *record,
                                       const struct trk_mesh *tumour)
{
    struct trk_cut_margin margin;
    assert_int_equal(trk_cut_record_margin(record, tumour, &margin), NAV_OK);
    return margin;
}

/* What is stated of one cut has to be true; every miss is told, so that one run shows them all. */
static void judge(const struct trk_cut_result *found, const struct trk_cut_result *truth,
                  const struct trk_cut_margin *margin, double true_margin_mm, const char *which,
                  struct worst *worst)
{
    const bool known[3] = {trk_cut_place_is_known(found), trk_cut_plane_is_known(found),
                           trk_cut_margin_is_known(margin)};
    const double sd[3] = {found->mean_sd_mm, found->angle_sd_deg, margin->sd_mm};
    const double angle = fmax(between_deg(found->executed_normal, truth->executed_normal),
                              fabs(found->angle_deg - truth->angle_deg));
    const double off[3] = {fabs(found->surface.mean_mm - truth->surface.mean_mm), angle,
                           fabs(margin->mm - true_margin_mm)};
    const double limit[3] = {offset_limit_mm, angle_limit_deg, margin_limit_mm};
    double *most[3] = {&worst->offset_mm, &worst->angle_deg, &worst->margin_mm};
    const unsigned withheld = worst->withheld;
    bool missed = false;
    for (int i = 0; i < 3; ++i) {
        worst->withheld += !known[i];
        missed = missed || (known[i] && !(off[i] <= limit[i]));
        *most[i] = known[i] ? fmax(*most[i], off[i]) : *most[i];
        worst->squares[i] += off[i] * off[i] / (sd[i] * sd[i]);
    }
    if (missed || worst->withheld != withheld) {
        print_error("%s: %.3f mm (+- %.3f), %.3f deg (+- %.3f), margin %.3f mm off (+- %.3f); %zu "
                    "cells of %.0f mm2 planned\n",
                    which, off[0], sd[0], off[1], sd[1], off[2], sd[2], found->surface.points,
                    found->planned_mm2);
    }
    worst->misses += missed;
    ++worst->cuts;
    worst->coverage = fmax(worst->coverage, fabs(found->coverage - truth->coverage));
}

static void operate_and_judge(const struct patient *patient, const struct trk_cut_plan *plan,
                              uint64_t *random, const char *which, struct worst *worst)
{
    const struct deviation deviation = {
        .offset_mm = 6.0 * (shape_random(random) - 0.5),
        .pitch_rad = 8.0 * (shape_random(random) - 0.5) * M_PI / 180.0,
        .roll_rad = 8.0 * (shape_random(random) - 0.5) * M_PI / 180.0,
    };
    const struct trk_cut_record_options options = trk_cut_record_options_default();
    struct trk_cut_record *real = NULL, *recorded = NULL;
    assert_int_equal(trk_cut_record_create(plan, patient->bone, &options, &real), NAV_OK);
    assert_int_equal(trk_cut_record_create(plan, patient->bone, &options, &recorded), NAV_OK);
    operate(patient, plan, &deviation, NULL, real);
    operate(patient, plan, &deviation, random, recorded);
    const struct trk_cut_result found = trk_cut_record_measure(recorded);
    const struct trk_cut_result truth = trk_cut_record_measure(real);

    /* what was set is what the noiseless hand did: the script itself is right */
    assert_true(truth.surface.fitted && found.surface.fitted);
    assert_true(fabs(truth.plane[0] - deviation.offset_mm) < 1e-6);
    assert_true(fabs(truth.pitch_deg - deviation.pitch_rad * 180.0 / M_PI) < 1e-6);
    assert_true(fabs(truth.roll_deg - deviation.roll_rad * 180.0 / M_PI) < 1e-6);

    const struct trk_cut_margin margin = margin_of(recorded, patient->tumour);
    judge(&found, &truth, &margin, margin_of(real, patient->tumour).mm, which, worst);
    trk_cut_record_destroy(real);
    trk_cut_record_destroy(recorded);
}

static void expect_all_found(struct patient *patient, const char *name)
{
    struct worst worst = {.coverage = 0.0};
    const unsigned count = asked_for("OSTEONAV_SEEDS", USUAL_SEEDS);
    const unsigned first = asked_for("OSTEONAV_FIRST_SEED", 1);
    for (unsigned seed = first; seed < first + count; ++seed) {
        uint64_t random = seed;
        for (size_t c = 0; c < patient->cut_count; ++c) {
            char which[80];
            (void)snprintf(which, sizeof(which), "%s, seed %u, cut %zu", name, seed, c);
            operate_and_judge(patient, &patient->cuts[c], &random, which, &worst);
        }
    }
    double spread[3]; /* 1: the stated standard deviations are what the errors have */
    for (int i = 0; i < 3; ++i) {
        spread[i] = sqrt(worst.squares[i] / worst.cuts);
    }
    print_message("%s: %u operations of %zu cuts, at most %.3f mm, %.3f deg, margin %.3f mm off, "
                  "coverage %.3f off; %u numbers withheld; errors are %.2f, %.2f and %.2f of the "
                  "stated standard deviations\n",
                  name, count, patient->cut_count, worst.offset_mm, worst.angle_deg,
                  worst.margin_mm, worst.coverage, worst.withheld, spread[0], spread[1], spread[2]);
    assert_int_equal(worst.misses, 0);
    /* all of each cut is cut: a margin that hangs on where bone is grazed may be left open */
    assert_true(worst.withheld <= 3 * worst.cuts / withheld_share);
    assert_true(worst.coverage < 0.1);
    for (int i = 0; i < 3; ++i) {
        assert_true(spread[i] < spread_limit);
    }
}

static void the_phantom_s_cuts_are_found(void **state)
{
    (void)state;
    struct patient patient = make_phantom();
    expect_all_found(&patient, "phantom");
    finish_patient(&patient);
}

static void a_real_pelvis_cuts_are_found(void **state)
{
    (void)state;
    struct patient patient = make_pelvis();
    expect_all_found(&patient, "real pelvis");
    finish_patient(&patient);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_phantom_s_cuts_are_found),
        cmocka_unit_test(a_real_pelvis_cuts_are_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
