#include "test_data.h"

#include <math.h>

#include "surface.h"
#include "vector.h"

static void expect_near(double value, double wanted, double tolerance)
{
    if (!(fabs(value - wanted) <= tolerance)) {
        fail_msg("%.12g is not %.12g within %g", value, wanted, tolerance);
    }
}

/* Six times the signed volume; positive when the triangles face outwards. */
static double volume6(const struct rnd_mesh_buffer *buffer)
{
    double sum = 0.0;
    for (size_t i = 0; i < buffer->triangle_count; ++i) {
        double corner[3][3];
        for (size_t k = 0; k < 3; ++k) {
            for (size_t axis = 0; axis < 3; ++axis) {
                corner[k][axis] =
                    (double)buffer->positions[3 * buffer->triangles[3 * i + k] + axis];
            }
        }
        double crossed[3];
        rnd_cross(corner[1], corner[2], crossed);
        sum += rnd_dot(corner[0], crossed);
    }
    return sum;
}

/* Each vertex normal is unit and looks the way its triangles face. */
static void expect_outward_normals(const struct rnd_mesh_buffer *buffer)
{
    for (size_t i = 0; i < buffer->triangle_count; ++i) {
        const uint32_t *t = &buffer->triangles[3 * i];
        double p[3][3];
        double n[3][3];
        for (size_t k = 0; k < 3; ++k) {
            for (size_t axis = 0; axis < 3; ++axis) {
                p[k][axis] = (double)buffer->positions[3 * t[k] + axis];
                n[k][axis] = (double)buffer->normals[3 * t[k] + axis];
            }
            expect_near(rnd_length(n[k]), 1.0, 1e-5);
        }
        double ab[3];
        double ac[3];
        double face[3];
        rnd_sub(p[1], p[0], ab);
        rnd_sub(p[2], p[0], ac);
        rnd_cross(ab, ac, face);
        if (!rnd_normalize(face)) {
            continue; /* the point of a cone */
        }
        for (size_t k = 0; k < 3; ++k) {
            assert_true(rnd_dot(face, n[k]) > 0.5);
        }
    }
}

static const struct rnd_tool_shape blade = {
    .shape = RND_SHAPE_BLADE,
    .tip_mm = {5, -3, 20},
    .axis = {0, 0.6, -0.8},
    .up = {1, 0, 0},
    .length_mm = 60,
    .width_mm = 18,
    .thickness_mm = 1.2,
};

/* How far a mesh reaches from a point along three unit axes. */
static void extent(const struct rnd_mesh_buffer *buffer, const double from[3],
                   const double *const axes[3], double out_low[3], double out_high[3])
{
    for (int k = 0; k < 3; ++k) {
        out_low[k] = 1e9;
        out_high[k] = -1e9;
    }
    for (size_t i = 0; i < buffer->vertex_count; ++i) {
        double offset[3];
        for (int k = 0; k < 3; ++k) {
            offset[k] = (double)buffer->positions[3 * i + (size_t)k] - from[k];
        }
        for (int k = 0; k < 3; ++k) {
            out_low[k] = fmin(out_low[k], rnd_dot(offset, axes[k]));
            out_high[k] = fmax(out_high[k], rnd_dot(offset, axes[k]));
        }
    }
}

static void test_blade_has_its_real_size(void **state)
{
    (void)state;
    struct rnd_mesh_buffer body = {0};
    struct rnd_mesh_buffer accent = {0};
    assert_int_equal(rnd_tool_mesh(&blade, false, &body, &accent), NAV_OK);
    double side[3];
    rnd_cross(blade.up, blade.axis, side);
    const double *const axes[3] = {blade.axis, blade.up, side};
    double low[3];
    double high[3];
    extent(&accent, blade.tip_mm, axes, low, high);
    expect_near(high[0], 0.0, 1e-4); /* the cutting edge is at the tip, nothing before it */
    extent(&body, blade.tip_mm, axes, low, high);
    expect_near(low[0], -60.0, 1e-4);
    expect_near(high[1] - low[1], 1.2, 1e-4);
    expect_near(high[2] - low[2], 18.0, 1e-4);
    expect_outward_normals(&body);
    expect_outward_normals(&accent);
    assert_true(volume6(&body) > 0.0 && volume6(&accent) > 0.0);
    rnd_mesh_buffer_finish(&body);
    rnd_mesh_buffer_finish(&accent);
}

static void test_pointer_and_drill(void **state)
{
    (void)state;
    static const double origin[3] = {0, 0, 0};
    static const double x[3] = {1, 0, 0};
    static const double y[3] = {0, 1, 0};
    static const double z[3] = {0, 0, 1};
    const double *const axes[3] = {x, y, z};
    for (int drill = 0; drill < 2; ++drill) {
        const struct rnd_tool_shape shape = {
            .shape = drill ? RND_SHAPE_DRILL : RND_SHAPE_POINTER,
            .axis = {0, 0, -1},
            .length_mm = 100,
            .diameter_mm = 4,
        };
        struct rnd_mesh_buffer body = {0};
        struct rnd_mesh_buffer accent = {0};
        assert_int_equal(rnd_tool_mesh(&shape, false, &body, &accent), NAV_OK);
        double low[3];
        double high[3];
        extent(&accent, origin, axes, low, high);
        expect_near(low[2], 0.0, 1e-5);
        extent(&body, origin, axes, low, high);
        expect_near(high[2], 100.0, 1e-4);
        expect_near(high[0] - low[0], 4.0, 1e-3);
        expect_outward_normals(&body);
        expect_outward_normals(&accent);
        const double cylinder = M_PI * 4.0 * (100.0 - low[2]);
        assert_in_range((long)(volume6(&body) / 6.0), (long)(0.98 * cylinder), (long)cylinder);
        rnd_mesh_buffer_finish(&body);
        rnd_mesh_buffer_finish(&accent);
    }
}

static void test_dashes_have_gaps(void **state)
{
    (void)state;
    struct rnd_mesh_buffer solid = {0};
    struct rnd_mesh_buffer dashed = {0};
    struct rnd_mesh_buffer grip = {0};
    assert_int_equal(rnd_tool_mesh(&blade, false, &solid, &grip), NAV_OK);
    assert_int_equal(rnd_tool_mesh(&blade, true, &dashed, &grip), NAV_OK);
    const double share = volume6(&dashed) / volume6(&solid);
    assert_true(share > 0.4 && share < 0.75);
    expect_outward_normals(&dashed);
    rnd_mesh_buffer_finish(&solid);
    rnd_mesh_buffer_finish(&dashed);
    rnd_mesh_buffer_finish(&grip);
}

static void test_sizes_out_of_contract(void **state)
{
    (void)state;
    struct rnd_mesh_buffer body = {0};
    const double bad[] = {0.0, -1.0, (double)NAN, (double)INFINITY};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); ++i) {
        struct rnd_tool_shape shape = blade;
        shape.length_mm = bad[i];
        assert_int_equal(rnd_tool_mesh(&shape, false, &body, &body), NAV_ERR_ARGUMENT);
        shape = blade;
        shape.width_mm = bad[i];
        assert_int_equal(rnd_tool_mesh(&shape, false, &body, &body), NAV_ERR_ARGUMENT);
    }
    assert_int_equal(body.vertex_count, 0);
}

static void test_cut_lies_where_it_is_planned(void **state)
{
    (void)state;
    const struct rnd_cut_shape cut = {
        .point_mm = {1, 2, 3}, .normal = {0, 0, 1}, .u = {1, 0, 0}, .size_mm = {80, 50}};
    double corners[4][3];
    rnd_cut_corners(&cut, corners);
    const double wanted[4][3] = {{-39, 2, 3}, {41, 2, 3}, {41, 52, 3}, {-39, 52, 3}};
    for (int i = 0; i < 4; ++i) {
        for (int axis = 0; axis < 3; ++axis) {
            expect_near(corners[i][axis], wanted[i][axis], 1e-12);
        }
    }
    struct rnd_mesh_buffer rim = {0};
    struct rnd_mesh_buffer face = {0};
    assert_int_equal(rnd_cut_mesh(&cut, 1.0, &rim, &face), NAV_OK);
    assert_int_equal(face.triangle_count, 2);
    expect_outward_normals(&rim);
    rnd_mesh_buffer_finish(&rim);
    rnd_mesh_buffer_finish(&face);
}

static void test_smooth_normals(void **state)
{
    (void)state;
    /* A pyramid's tip: the mean of its sides; a vertex of no triangle: something unit. */
    const float positions[] = {1, 0, 0, 0, 1, 0, -1, 0, 0, 0, -1, 0, 0, 0, 1, 9, 9, 9};
    const uint32_t triangles[] = {0, 1, 4, 1, 2, 4, 2, 3, 4, 3, 0, 4};
    const struct rnd_mesh mesh = {6, 4, positions, NULL, triangles};
    float normals[18];
    rnd_mesh_normals(&mesh, normals);
    expect_near((double)normals[12], 0.0, 1e-6);
    expect_near((double)normals[13], 0.0, 1e-6);
    expect_near((double)normals[14], 1.0, 1e-6);
    expect_near((double)normals[17], 1.0, 1e-6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_blade_has_its_real_size),
        cmocka_unit_test(test_pointer_and_drill),
        cmocka_unit_test(test_dashes_have_gaps),
        cmocka_unit_test(test_sizes_out_of_contract),
        cmocka_unit_test(test_cut_lies_where_it_is_planned),
        cmocka_unit_test(test_smooth_normals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
