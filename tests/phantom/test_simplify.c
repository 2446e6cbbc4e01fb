/* Edge collapse on shapes whose volume and topology are known. */
#include "simplify.h"
#include "test_data.h"

#include <math.h>

/* A torus of nu x nv quads, two triangles each. */
static struct prep_surface torus(uint32_t nu, uint32_t nv)
{
    const double ring = 20.0, tube = 6.0, turn = 6.283185307179586;
    struct prep_surface surface = {.point_count = nu * nv, .triangle_count = 2 * nu * nv};
    surface.points = malloc(3 * surface.point_count * sizeof(float));
    surface.triangles = malloc(3 * surface.triangle_count * sizeof(uint32_t));
    assert_true(surface.points != NULL && surface.triangles != NULL);
    uint32_t *triangle = surface.triangles;
    for (uint32_t v = 0; v < nv; ++v) {
        for (uint32_t u = 0; u < nu; ++u) {
            const double a = turn * u / nu, b = turn * v / nv;
            float *p = &surface.points[3 * (v * nu + u)];
            p[0] = (float)((ring + tube * cos(b)) * cos(a));
            p[1] = (float)((ring + tube * cos(b)) * sin(a));
            p[2] = (float)(tube * sin(b));
            const uint32_t u1 = (u + 1) % nu, v1 = (v + 1) % nv;
            const uint32_t corners[6] = {v * nu + u, v * nu + u1,  v1 * nu + u1,
                                         v * nu + u, v1 * nu + u1, v1 * nu + u};
            memcpy(triangle, corners, sizeof(corners));
            triangle += 6;
        }
    }
    return surface;
}

static struct prep_surface_report inspect(const struct prep_surface *surface)
{
    struct prep_surface_report report;
    assert_int_equal(prep_surface_inspect(surface, &report), NAV_OK);
    return report;
}

static void torus_keeps_hole_and_volume(void **state)
{
    (void)state;
    struct prep_surface surface = torus(200, 80);
    const struct prep_surface_report before = inspect(&surface);
    assert_true(fabs(before.volume_ml - 2.0 * 9.8696044 * 20.0 * 36.0 / 1000.0) < 0.05);
    const struct prep_simplify limits = {.triangles_max = 1500, .error_max_mm = INFINITY};
    assert_int_equal(prep_surface_simplify(&surface, &limits), NAV_OK);
    const struct prep_surface_report after = inspect(&surface);
    assert_true(surface.triangle_count <= 1500 && surface.triangle_count > 1400);
    assert_int_equal(after.open_edges + after.bad_edges + after.degenerate, 0);
    assert_int_equal(after.components, 1);
    assert_true(fabs(after.volume_ml / before.volume_ml - 1.0) < 0.01);
    /* Points - edges + triangles of a torus is 0. */
    assert_int_equal(2 * surface.point_count, surface.triangle_count);
    for (size_t i = 0; i < surface.point_count; ++i) {
        const double x = (double)surface.points[3 * i], y = (double)surface.points[3 * i + 1];
        const double z = (double)surface.points[3 * i + 2];
        assert_true(fabs(hypot(hypot(x, y) - 20.0, z) - 6.0) < 0.15);
    }
    prep_surface_finish(&surface);
}

static void error_limit_stops_first(void **state)
{
    (void)state;
    struct prep_surface coarse = torus(200, 80), fine = torus(200, 80);
    const struct prep_simplify loose = {.error_max_mm = 0.2}, tight = {.error_max_mm = 0.01};
    assert_int_equal(prep_surface_simplify(&coarse, &loose), NAV_OK);
    assert_int_equal(prep_surface_simplify(&fine, &tight), NAV_OK);
    assert_true(coarse.triangle_count < fine.triangle_count);
    assert_true(fine.triangle_count < 32000 && coarse.triangle_count < 8000);
    const struct prep_surface_report report = inspect(&coarse);
    assert_int_equal(report.open_edges + report.bad_edges, 0);
    prep_surface_finish(&coarse);
    prep_surface_finish(&fine);
}

static void tetrahedron_is_left_alone(void **state)
{
    (void)state;
    float points[12] = {0, 0, 0, 10, 0, 0, 0, 10, 0, 0, 0, 10};
    uint32_t triangles[12] = {0, 2, 1, 0, 1, 3, 1, 2, 3, 0, 3, 2};
    struct prep_surface surface = {4, 4, points, triangles};
    const struct prep_simplify limits = {.triangles_max = 2, .error_max_mm = INFINITY};
    assert_int_equal(prep_surface_simplify(&surface, &limits), NAV_OK);
    assert_int_equal(surface.triangle_count, 4);
    const struct prep_surface_report report = inspect(&surface);
    assert_int_equal(report.open_edges + report.bad_edges, 0);
    assert_true(fabs(report.volume_ml - 1.0 / 6.0) < 1e-6);
}

static void open_rim_stays(void **state)
{
    (void)state;
    struct prep_surface surface = torus(60, 40);
    surface.triangle_count -= 400; /* a slice is missing */
    const struct prep_surface_report before = inspect(&surface);
    assert_true(before.open_edges > 0);
    const struct prep_simplify limits = {.triangles_max = 800, .error_max_mm = INFINITY};
    assert_int_equal(prep_surface_simplify(&surface, &limits), NAV_OK);
    const struct prep_surface_report after = inspect(&surface);
    assert_int_equal(after.open_edges, before.open_edges);
    assert_int_equal(after.bad_edges, 0);
    prep_surface_finish(&surface);
}

static void same_result_every_time(void **state)
{
    (void)state;
    struct prep_surface a = torus(100, 60), b = torus(100, 60);
    const struct prep_simplify limits = {.triangles_max = 2000, .error_max_mm = INFINITY};
    assert_int_equal(prep_surface_simplify(&a, &limits), NAV_OK);
    assert_int_equal(prep_surface_simplify(&b, &limits), NAV_OK);
    assert_int_equal(a.point_count, b.point_count);
    assert_memory_equal(a.points, b.points, 3 * a.point_count * sizeof(float));
    assert_memory_equal(a.triangles, b.triangles, 3 * a.triangle_count * sizeof(uint32_t));
    prep_surface_finish(&a);
    prep_surface_finish(&b);
}

static void largest_component_is_kept(void **state)
{
    (void)state;
    struct prep_surface surface = torus(60, 40);
    /* A second, smaller piece: a tetrahedron far away. */
    const size_t first = surface.point_count;
    surface.points = realloc(surface.points, 3 * (first + 4) * sizeof(float));
    surface.triangles =
        realloc(surface.triangles, 3 * (surface.triangle_count + 4) * sizeof(uint32_t));
    assert_true(surface.points != NULL && surface.triangles != NULL);
    const float points[12] = {90, 0, 0, 95, 0, 0, 90, 5, 0, 90, 0, 5};
    const uint32_t corners[12] = {0, 2, 1, 0, 1, 3, 1, 2, 3, 0, 3, 2};
    memcpy(&surface.points[3 * first], points, sizeof(points));
    for (size_t i = 0; i < 12; ++i) {
        surface.triangles[3 * surface.triangle_count + i] = corners[i] + (uint32_t)first;
    }
    surface.point_count += 4;
    surface.triangle_count += 4;
    assert_int_equal(inspect(&surface).components, 2);
    size_t dropped = 0;
    assert_int_equal(prep_surface_keep_largest(&surface, &dropped), NAV_OK);
    assert_int_equal(dropped, 1);
    assert_int_equal(surface.point_count, first);
    const struct prep_surface_report report = inspect(&surface);
    assert_int_equal(report.components, 1);
    assert_int_equal(report.open_edges + report.bad_edges, 0);
    prep_surface_finish(&surface);
}

static void a_limit_is_required(void **state)
{
    (void)state;
    struct prep_surface surface = {0};
    const struct prep_simplify none = {.error_max_mm = INFINITY};
    assert_int_equal(prep_surface_simplify(&surface, &none), NAV_ERR_ARGUMENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(torus_keeps_hole_and_volume), cmocka_unit_test(error_limit_stops_first),
        cmocka_unit_test(tetrahedron_is_left_alone),   cmocka_unit_test(open_rim_stays),
        cmocka_unit_test(same_result_every_time),      cmocka_unit_test(largest_component_is_kept),
        cmocka_unit_test(a_limit_is_required),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
