/* Fewer triangles, the same shape: nothing thin is lost, nothing moves by more than a cell. */
#include "test_data.h"

#include <math.h>
#include <stdlib.h>

#include "reduce.h"
#include "test_shapes.h"

static void test_far_fewer_triangles_close_to_the_shape(void **state)
{
    (void)state;
    const double radius_mm[3] = {40, 30, 50};
    const struct test_shape ball = test_ellipsoid(200, 200, (double[]){10, -20, 30}, radius_mm);
    struct rnd_mesh_buffer reduced = {0};
    assert_int_equal(rnd_mesh_reduce(&ball.mesh, 3.0, &reduced), NAV_OK);
    assert_true(reduced.triangle_count < ball.mesh.triangle_count / 5);
    const struct rnd_mesh mesh = rnd_mesh_of(&reduced);
    const double area = rnd_mesh_area(&ball.mesh);
    assert_true(fabs(rnd_mesh_area(&mesh) - area) < 0.05 * area);
    for (size_t i = 0; i < mesh.vertex_count; ++i) {
        double sum = 0.0;
        double length = 0.0;
        for (size_t k = 0; k < 3; ++k) {
            const double unit =
                ((double)mesh.positions[3 * i + k] - (double[]){10, -20, 30}[k]) / radius_mm[k];
            sum += unit * unit;
            length += (double)mesh.normals[3 * i + k] * (double)mesh.normals[3 * i + k];
        }
        assert_true(sqrt(sum) > 1.0 - 3.0 / 30.0 && sqrt(sum) < 1.001);
        assert_true(fabs(length - 1.0) < 1e-5);
    }
    for (size_t i = 0; i < 3 * mesh.triangle_count; ++i) {
        assert_true(mesh.triangles[i] < mesh.vertex_count);
    }
    rnd_mesh_buffer_finish(&reduced);
    test_shape_finish(&ball);
}

/* A plate and a thread much thinner than a cell keep their surface. */
static void test_what_is_thinner_than_a_cell_stays(void **state)
{
    (void)state;
    static const double radii[2][3] = {{30, 30, 0.3}, {0.4, 0.4, 40}};
    for (int i = 0; i < 2; ++i) {
        const struct test_shape thin = test_ellipsoid(120, 120, (double[]){0, 0, 0}, radii[i]);
        struct rnd_mesh_buffer reduced = {0};
        assert_int_equal(rnd_mesh_reduce(&thin.mesh, 3.0, &reduced), NAV_OK);
        const struct rnd_mesh mesh = rnd_mesh_of(&reduced);
        assert_true(rnd_mesh_area(&mesh) >= rnd_reduce_area_kept * rnd_mesh_area(&thin.mesh));
        rnd_mesh_buffer_finish(&reduced);
        test_shape_finish(&thin);
    }
}

/* A shape that no cell allowed here can show is left as it is. */
static void test_what_cannot_be_reduced_is_copied(void **state)
{
    (void)state;
    const struct test_shape grain =
        test_ellipsoid(20, 20, (double[]){5, 5, 5}, (double[]){0.1, 0.1, 0.1});
    struct rnd_mesh_buffer reduced = {0};
    assert_int_equal(rnd_mesh_reduce(&grain.mesh, 50.0, &reduced), NAV_OK);
    assert_int_equal(reduced.triangle_count, grain.mesh.triangle_count);
    assert_int_equal(reduced.vertex_count, grain.mesh.vertex_count);
    rnd_mesh_buffer_finish(&reduced);
    test_shape_finish(&grain);
}

static void test_out_of_contract(void **state)
{
    (void)state;
    const struct test_shape ball = test_ellipsoid(8, 8, (double[]){0, 0, 0}, (double[]){9, 9, 9});
    struct rnd_mesh_buffer reduced = {0};
    static const double cells[] = {0.0, -1.0, (double)INFINITY, (double)NAN, 1e-5};
    for (size_t i = 0; i < sizeof(cells) / sizeof(cells[0]); ++i) {
        assert_int_equal(rnd_mesh_reduce(&ball.mesh, cells[i], &reduced), NAV_ERR_ARGUMENT);
    }
    struct rnd_mesh bad = ball.mesh;
    bad.normals = NULL;
    assert_int_equal(rnd_mesh_reduce(&bad, 1.0, &reduced), NAV_ERR_ARGUMENT);
    bad = ball.mesh;
    bad.vertex_count = 0;
    assert_int_equal(rnd_mesh_reduce(&bad, 1.0, &reduced), NAV_ERR_ARGUMENT);
    ball.positions[7] = NAN;
    assert_int_equal(rnd_mesh_reduce(&ball.mesh, 1.0, &reduced), NAV_ERR_ARGUMENT);
    assert_null(reduced.positions);
    test_shape_finish(&ball);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_far_fewer_triangles_close_to_the_shape),
        cmocka_unit_test(test_what_is_thinner_than_a_cell_stays),
        cmocka_unit_test(test_what_cannot_be_reduced_is_copied),
        cmocka_unit_test(test_out_of_contract),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
