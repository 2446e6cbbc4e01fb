/* The plan on the phantom against brute force on the distance fields. */
#include "phantom_plan.h"
#include "test_data.h"

#include <math.h>

static double dot(const double a[3], const double b[3])
{
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

static void point_on(const struct phantom_cut *cut, double across, double deep, double out_p[3])
{
    for (int a = 0; a < 3; ++a) {
        out_p[a] = cut->point[a] + across * cut->u[a] + deep * cut->v[a];
    }
}

static void axes_are_right_handed(const struct phantom_cut *cut)
{
    assert_true(fabs(dot(cut->u, cut->u) - 1.0) < 1e-12);
    assert_true(fabs(dot(cut->v, cut->v) - 1.0) < 1e-12);
    assert_true(fabs(dot(cut->normal, cut->normal) - 1.0) < 1e-12);
    assert_true(fabs(dot(cut->u, cut->v)) < 1e-12);
    const double v[3] = {cut->normal[1] * cut->u[2] - cut->normal[2] * cut->u[1],
                         cut->normal[2] * cut->u[0] - cut->normal[0] * cut->u[2],
                         cut->normal[0] * cut->u[1] - cut->normal[1] * cut->u[0]};
    for (int a = 0; a < 3; ++a) {
        assert_true(fabs(v[a] - cut->v[a]) < 1e-12);
    }
    assert_true(cut->v[1] < 0.0); /* from behind, forwards */
}

/* Tumour points on a 0.5 mm grid, within 1.5 mm of its surface. */
struct grid_points {
    size_t count;
    double (*points)[3];
};

static struct grid_points tumour_points(const struct phantom *phantom)
{
    enum { MAX = 400000 };
    struct grid_points grid = {0, malloc(MAX * sizeof(*grid.points))};
    assert_non_null(grid.points);
    const struct phantom_box box = phantom_bounds(phantom, PHANTOM_TUMOUR);
    double p[3];
    for (p[2] = box.low[2]; p[2] < box.high[2]; p[2] += 0.5) {
        for (p[1] = box.low[1]; p[1] < box.high[1]; p[1] += 0.5) {
            for (p[0] = box.low[0]; p[0] < box.high[0]; p[0] += 0.5) {
                const double d = phantom_distance(phantom, PHANTOM_TUMOUR, p);
                if (d < 0.0 && d > -1.5) {
                    assert_true(grid.count < MAX);
                    memcpy(grid.points[grid.count++], p, sizeof(p));
                }
            }
        }
    }
    return grid;
}

static void margins_match_brute_force(const struct grid_points *grid, const struct phantom_cut *cut)
{
    double low = 1e9, high = -1e9;
    for (size_t i = 0; i < grid->count; ++i) {
        const double side = dot(grid->points[i], cut->normal) - dot(cut->point, cut->normal);
        low = fmin(low, side);
        high = fmax(high, side);
    }
    assert_true(low > 0.0 || high < 0.0); /* the plane leaves the tumour whole */
    const double margin = fmin(fabs(low), fabs(high));
    /* Grid points lie inside the surface: the brute margin is the larger one, by less than a step.
     */
    assert_true(margin - cut->tumour_margin > -0.05 && margin - cut->tumour_margin < 0.5);
    assert_true(cut->tumour_margin >= 5.0);
}

static double bone(const struct phantom *phantom, const double p[3])
{
    return fmin(phantom_distance(phantom, PHANTOM_SACRUM, p),
                fmin(phantom_distance(phantom, PHANTOM_HIP_RIGHT, p),
                     phantom_distance(phantom, PHANTOM_HIP_LEFT, p)));
}

static void depth_matches_brute_force(const struct phantom *phantom, const struct phantom_cut *cut)
{
    double first = 1e9, last = -1e9, p[3];
    const double half = 0.5 * cut->size[0];
    for (double across = -half; across <= half; across += 1.0) {
        bool sacrum = false;
        double entry = 1e9;
        for (double deep = -40.0; deep < 85.0; deep += 0.1) {
            point_on(cut, across, deep, p);
            if (entry > 1e8 && bone(phantom, p) < 0.0) {
                entry = deep;
            }
            if (phantom_distance(phantom, PHANTOM_SACRUM, p) < 0.0) {
                sacrum = true;
                last = fmax(last, deep);
            }
        }
        if (sacrum) {
            first = fmin(first, entry);
        }
    }
    assert_true(fabs(first) < 1.0); /* the entry edge lies on the first bone */
    assert_true(fabs(last - cut->depth) < 1.0);
    assert_true(cut->size[1] >= cut->depth);
    assert_true(cut->depth > 15.0 && cut->depth < 80.0);
}

static void roots_match_brute_force(const struct phantom *phantom, const struct phantom_cut *cut)
{
    for (int root = 0; root < PHANTOM_ROOTS; ++root) {
        const enum phantom_structure structure =
            (enum phantom_structure)(PHANTOM_ROOT_L5_RIGHT + root);
        double least = 1e9, p[3];
        for (double across = -0.5; across <= 0.5 + 1e-9; across += 0.5 / cut->size[0]) {
            for (double deep = 0.0; deep <= cut->size[1]; deep += 0.5) {
                point_on(cut, across * cut->size[0], deep, p);
                least = fmin(least, phantom_distance(phantom, structure, p));
            }
        }
        assert_int_equal(cut->root_crossed[root], least <= 0.0);
        if (least > 0.0 && least < 10.0) {
            assert_true(fabs(least - cut->root_distance[root]) < 0.6);
        }
        if (least <= 0.0) {
            assert_true(cut->root_distance[root] == 0.0);
        }
    }
}

static void landmarks_lie_on_bone(const struct phantom *phantom, const struct phantom_plan *plan)
{
    double low[3] = {1e9, 1e9, 1e9}, high[3] = {-1e9, -1e9, -1e9};
    for (int i = 0; i < PHANTOM_LANDMARKS; ++i) {
        const double *p = plan->landmarks[i].position;
        assert_true(fabs(phantom_bone_distance(phantom, p)) < 0.05);
        for (int a = 0; a < 3; ++a) {
            low[a] = fmin(low[a], p[a]);
            high[a] = fmax(high[a], p[a]);
        }
        /* Sides by name: right is negative x. */
        if (strstr(plan->landmarks[i].name, "right") != NULL) {
            assert_true(p[0] < -5.0);
        }
        if (strstr(plan->landmarks[i].name, "left") != NULL) {
            assert_true(p[0] > 5.0);
        }
    }
    assert_true(high[0] - low[0] > 60.0);
    assert_true(high[1] - low[1] > 15.0);
    assert_true(high[2] - low[2] > 80.0);
}

static void registration_is_rigid(const struct phantom_plan *plan)
{
    const double *m = plan->T_image_reference;
    for (int i = 0; i < 3; ++i) {
        for (int j = 0; j < 3; ++j) {
            const double product = m[i] * m[j] + m[4 + i] * m[4 + j] + m[8 + i] * m[8 + j];
            assert_true(fabs(product - (i == j ? 1.0 : 0.0)) < 1e-12);
        }
    }
    const double determinant = m[0] * (m[5] * m[10] - m[6] * m[9]) -
                               m[1] * (m[4] * m[10] - m[6] * m[8]) +
                               m[2] * (m[4] * m[9] - m[5] * m[8]);
    assert_true(fabs(determinant - 1.0) < 1e-12);
    assert_true(m[15] == 1.0 && m[12] == 0.0 && m[13] == 0.0 && m[14] == 0.0);
}

static void plan_holds(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 2; ++seed) {
        struct phantom *phantom = NULL;
        struct phantom_plan plan;
        assert_int_equal(phantom_create(seed, &phantom), NAV_OK);
        assert_int_equal(phantom_plan_make(phantom, &plan), NAV_OK);
        const struct grid_points tumour = tumour_points(phantom);
        for (int i = 0; i < PHANTOM_CUTS; ++i) {
            axes_are_right_handed(&plan.cuts[i]);
            margins_match_brute_force(&tumour, &plan.cuts[i]);
            depth_matches_brute_force(phantom, &plan.cuts[i]);
            roots_match_brute_force(phantom, &plan.cuts[i]);
        }
        landmarks_lie_on_bone(phantom, &plan);
        registration_is_rigid(&plan);
        free(tumour.points);
        phantom_destroy(phantom);
    }
}

static void every_seed_can_be_planned(void **state)
{
    (void)state;
    for (uint64_t seed = 3; seed < 8; ++seed) {
        struct phantom *phantom = NULL;
        struct phantom_plan plan;
        assert_int_equal(phantom_create(seed, &phantom), NAV_OK);
        assert_int_equal(phantom_plan_make(phantom, &plan), NAV_OK);
        for (int i = 0; i < PHANTOM_CUTS; ++i) {
            assert_true(plan.cuts[i].tumour_margin >= 5.0);
            assert_true(plan.cuts[i].depth > 15.0 && plan.cuts[i].depth < 80.0);
        }
        phantom_destroy(phantom);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plan_holds),
        cmocka_unit_test(every_seed_can_be_planned),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
