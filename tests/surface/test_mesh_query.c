/* Nearest points, signs and rays against analytic shapes and against looking at every triangle. */
#include "shapes.h"
#include "test_data.h"

#include "mesh.h"
#include "mesh_query.h"

static struct trk_mesh *make(const struct shape *shape)
{
    struct trk_mesh *mesh = NULL;
    assert_int_equal(trk_mesh_create(shape->vertices, shape->vertex_count, shape->triangles,
                                     shape->triangle_count, &mesh),
                     NAV_OK);
    return mesh;
}

static double box_distance(const double p[3])
{
    const double half[3] = {10.0, 20.0, 30.0};
    double outside2 = 0.0, inside = -INFINITY;
    for (int i = 0; i < 3; ++i) {
        const double d = fabs(p[i]) - half[i];
        outside2 += d > 0.0 ? d * d : 0.0;
        inside = fmax(inside, d);
    }
    return inside > 0.0 ? sqrt(outside2) : inside;
}

static void box_distances_are_exact_with_their_sign(void **state)
{
    (void)state;
    struct shape shape = shape_box();
    struct trk_mesh *mesh = make(&shape);
    assert_true(trk_mesh_is_closed(mesh));
    uint64_t random = 7;
    for (int i = 0; i < 20000; ++i) {
        double p[3];
        for (int k = 0; k < 3; ++k) {
            p[k] = 100.0 * (shape_random(&random) - 0.5);
        }
        struct trk_mesh_nearest nearest;
        assert_int_equal(trk_mesh_nearest(mesh, p, INFINITY, &nearest), NAV_OK);
        assert_true(fabs(nearest.signed_mm - box_distance(p)) < 1e-9);
    }
    trk_mesh_destroy(mesh);
    shape_free(&shape);
}

static void expect_same_as_every_triangle(const struct trk_mesh *mesh, int questions,
                                          uint64_t random)
{
    double low[3], high[3];
    trk_mesh_bounds(mesh, low, high);
    double last = INFINITY;
    double p[3] = {low[0], low[1], low[2]};
    for (int i = 0; i < questions; ++i) {
        const double before[3] = {p[0], p[1], p[2]};
        const int walk = i % 2; /* every other question is a small step from the last */
        for (int k = 0; k < 3; ++k) {
            p[k] = walk != 0 ? p[k] + shape_random(&random) - 0.5
                             : low[k] + (1.4 * shape_random(&random) - 0.2) * (high[k] - low[k]);
        }
        double radius = INFINITY;
        if (walk != 0) {
            radius = last + sqrt((p[0] - before[0]) * (p[0] - before[0]) +
                                 (p[1] - before[1]) * (p[1] - before[1]) +
                                 (p[2] - before[2]) * (p[2] - before[2]));
        }
        struct trk_mesh_nearest fast, slow;
        assert_int_equal(trk_mesh_nearest(mesh, p, radius, &fast), NAV_OK);
        assert_int_equal(trk_mesh_nearest_ref(mesh, p, &slow), NAV_OK);
        assert_true(fast.distance_mm == slow.distance_mm);
        assert_true(fast.signed_mm == slow.signed_mm);
        assert_int_equal(fast.triangle, slow.triangle);
        last = fast.distance_mm;
    }
}

static void the_fast_search_equals_every_triangle(void **state)
{
    (void)state;
    struct shape shape = shape_lathe(96, 64, position_bone);
    struct trk_mesh *mesh = make(&shape);
    assert_true(trk_mesh_is_closed(mesh));
    expect_same_as_every_triangle(mesh, 600, 11);
    trk_mesh_destroy(mesh);
    shape_free(&shape);
}

static void the_sign_is_right_on_a_real_sacrum(void **state)
{
    (void)state;
    char path[4096];
    test_data_path("anatomy/totalsegmentator_pelvis_case_LPS_mm/sacrum.stl", path, sizeof(path));
    struct cfg_mesh *file = NULL;
    struct cfg_error error;
    assert_int_equal(cfg_mesh_load(path, NULL, &file, &error), NAV_OK);
    struct trk_mesh *mesh = NULL;
    assert_int_equal(trk_mesh_create(file->vertices_mm, file->vertex_count, file->triangles,
                                     file->triangle_count, &mesh),
                     NAV_OK);
    assert_true(trk_mesh_is_closed(mesh));
    expect_same_as_every_triangle(mesh, 400, 3);

    /* inside or outside, counted independently: a ray leaves a closed surface as often as it
     * entered it, plus once when it starts inside */
    uint64_t random = 5;
    double low[3], high[3];
    trk_mesh_bounds(mesh, low, high);
    int inside_seen = 0;
    for (int i = 0; i < 500; ++i) {
        double p[3];
        for (int k = 0; k < 3; ++k) {
            p[k] = low[k] + shape_random(&random) * (high[k] - low[k]);
        }
        struct trk_mesh_nearest nearest;
        assert_int_equal(trk_mesh_nearest(mesh, p, INFINITY, &nearest), NAV_OK);
        const double direction[3] = {0.267261241912424, 0.534522483824849, 0.801783725737273};
        int balance = 0;
        double from[3] = {p[0], p[1], p[2]};
        struct trk_mesh_hit hit;
        while (trk_mesh_cast(mesh, from, direction, 1000.0, &hit) == NAV_OK) {
            balance += hit.entering ? -1 : 1;
            for (int k = 0; k < 3; ++k) {
                from[k] = hit.point_mm[k] + 1e-3 * direction[k];
            }
        }
        if (nearest.distance_mm > 0.05) {
            assert_int_equal(balance, nearest.signed_mm < 0.0 ? 1 : 0);
            inside_seen += balance;
        }
    }
    assert_true(inside_seen > 50);
    trk_mesh_destroy(mesh);
    cfg_mesh_destroy(file);
}

static void an_open_mesh_has_no_inside(void **state)
{
    (void)state;
    struct shape shape = shape_box();
    shape.triangle_count = 10; /* one face missing */
    struct trk_mesh *mesh = make(&shape);
    assert_false(trk_mesh_is_closed(mesh));
    const double middle[3] = {0.0, 0.0, 0.0};
    struct trk_mesh_nearest nearest;
    assert_int_equal(trk_mesh_nearest(mesh, middle, INFINITY, &nearest), NAV_OK);
    assert_true(nearest.signed_mm > 0.0);
    trk_mesh_destroy(mesh);
    shape_free(&shape);
}

static void a_radius_limits_the_search_and_includes_its_end(void **state)
{
    (void)state;
    struct shape shape = shape_box();
    struct trk_mesh *mesh = make(&shape);
    const double p[3] = {15.0, 0.0, 0.0};
    struct trk_mesh_nearest nearest;
    assert_int_equal(trk_mesh_nearest(mesh, p, 5.0, &nearest), NAV_OK);
    assert_true(nearest.distance_mm == 5.0);
    assert_int_equal(trk_mesh_nearest(mesh, p, 4.999, &nearest), NAV_ERR_NOT_FOUND);
    const double bad[3] = {NAN, 0.0, 0.0};
    assert_int_equal(trk_mesh_nearest(mesh, bad, 5.0, &nearest), NAV_ERR_ARGUMENT);
    assert_int_equal(trk_mesh_nearest(mesh, p, -1.0, &nearest), NAV_ERR_ARGUMENT);
    trk_mesh_destroy(mesh);
    shape_free(&shape);
}

static void rays_meet_the_box_where_they_should(void **state)
{
    (void)state;
    struct shape shape = shape_box();
    struct trk_mesh *mesh = make(&shape);
    struct trk_mesh_hit hit;
    const double origin[3] = {-40.0, 1.0, 2.0}, along_x[3] = {1.0, 0.0, 0.0};
    assert_int_equal(trk_mesh_cast(mesh, origin, along_x, 100.0, &hit), NAV_OK);
    assert_true(fabs(hit.distance_mm - 30.0) < 1e-12);
    assert_true(hit.entering);
    const double inside[3] = {0.0, 1.0, 2.0};
    assert_int_equal(trk_mesh_cast(mesh, inside, along_x, 100.0, &hit), NAV_OK);
    assert_true(fabs(hit.distance_mm - 10.0) < 1e-12);
    assert_false(hit.entering);
    assert_int_equal(trk_mesh_cast(mesh, origin, along_x, 29.9, &hit), NAV_ERR_NOT_FOUND);
    const double away[3] = {-1.0, 0.0, 0.0};
    assert_int_equal(trk_mesh_cast(mesh, origin, away, 100.0, &hit), NAV_ERR_NOT_FOUND);
    trk_mesh_destroy(mesh);
    shape_free(&shape);
}

static void meshes_that_are_none_are_refused(void **state)
{
    (void)state;
    struct shape shape = shape_box();
    struct trk_mesh *mesh = NULL;
    shape.triangles[5] = 8;
    assert_int_equal(trk_mesh_create(shape.vertices, 8, shape.triangles, 12, &mesh),
                     NAV_ERR_ARGUMENT);
    shape.triangles[5] = 3;
    shape.vertices[4] = NAN;
    assert_int_equal(trk_mesh_create(shape.vertices, 8, shape.triangles, 12, &mesh),
                     NAV_ERR_ARGUMENT);
    shape.vertices[4] = -20.0f;
    assert_int_equal(trk_mesh_create(shape.vertices, 8, shape.triangles, 0, &mesh),
                     NAV_ERR_ARGUMENT);
    const uint32_t nothing[3] = {1, 1, 2};
    assert_int_equal(trk_mesh_create(shape.vertices, 8, nothing, 1, &mesh), NAV_ERR_ARGUMENT);
    assert_null(mesh);
    trk_mesh_destroy(NULL);
    shape_free(&shape);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(box_distances_are_exact_with_their_sign),
        cmocka_unit_test(the_fast_search_equals_every_triangle),
        cmocka_unit_test(the_sign_is_right_on_a_real_sacrum),
        cmocka_unit_test(an_open_mesh_has_no_inside),
        cmocka_unit_test(a_radius_limits_the_search_and_includes_its_end),
        cmocka_unit_test(rays_meet_the_box_where_they_should),
        cmocka_unit_test(meshes_that_are_none_are_refused),
    };
    return cmocka_run_group_tests_name("mesh_query", tests, NULL, NULL);
}
