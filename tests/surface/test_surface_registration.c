/* Surface registration: right where it accepts, and refusing where a small residual would lie. */
#include "shapes.h"
#include "test_data.h"

#include "nav/pose.h"
#include "surface_registration.h"

static struct trk_mesh *make(const struct shape *shape)
{
    struct trk_mesh *mesh = NULL;
    assert_int_equal(trk_mesh_create(shape->vertices, shape->vertex_count, shape->triangles,
                                     shape->triangle_count, &mesh),
                     NAV_OK);
    return mesh;
}

static struct nav_pose turned(double x, double y, double z, double degrees, double tx, double ty,
                              double tz)
{
    const double length = sqrt(x * x + y * y + z * z), half = degrees * M_PI / 360.0;
    return (struct nav_pose){
        .q = {sin(half) * x / length, sin(half) * y / length, sin(half) * z / length, cos(half)},
        .t_mm = {tx, ty, tz}};
}

/* Points on triangles whose centroid passes `want`, in the frame T_points_image, with noise. */
static uint32_t touch(const struct shape *shape, bool (*want)(const double p[3]), uint32_t count,
                      double noise, const struct nav_pose *T_points_image, uint64_t *random,
                      double *out)
{
    uint32_t found = 0;
    for (uint32_t guard = 0; found < count && guard < 1000000; ++guard) {
        const uint32_t t = (uint32_t)(shape_random(random) * shape->triangle_count);
        double u = shape_random(random), v = shape_random(random), p[3];
        if (u + v > 1.0) {
            u = 1.0 - u;
            v = 1.0 - v;
        }
        for (int k = 0; k < 3; ++k) {
            const float *x = shape->vertices + k;
            const uint32_t *i = shape->triangles + 3 * (size_t)t;
            p[k] = (1.0 - u - v) * (double)x[3 * (size_t)i[0]] + u * (double)x[3 * (size_t)i[1]] +
                   v * (double)x[3 * (size_t)i[2]] + noise * shape_normal(random);
        }
        if (want(p)) {
            nav_pose_apply(T_points_image, p, out + 3 * (size_t)found);
            ++found;
        }
    }
    return found;
}

static bool posterior(const double p[3])
{
    return p[1] > 0.0;
}

static bool small_patch(const double p[3])
{
    return p[1] > 0.0 && fabs(p[0]) < 12.0 && fabs(p[2]) < 12.0;
}

static double error_at(const struct nav_pose *found, const struct nav_pose *T_points_image,
                       const double target[3])
{
    double in_points[3], back[3];
    nav_pose_apply(T_points_image, target, in_points);
    nav_pose_apply(found, in_points, back);
    return sqrt((back[0] - target[0]) * (back[0] - target[0]) +
                (back[1] - target[1]) * (back[1] - target[1]) +
                (back[2] - target[2]) * (back[2] - target[2]));
}

static const double deep_target[3] = {0.0, -45.0, 40.0};

static void a_posterior_surface_registers_the_deep_target(void **state)
{
    (void)state;
    struct shape shape = shape_lathe(128, 96, position_bone);
    struct trk_mesh *mesh = make(&shape);
    uint64_t random = 21;
    double points[3 * 120], errors2 = 0.0, stated2 = 0.0;
    enum { RUNS = 15 };
    for (int run = 0; run < RUNS; ++run) {
        const struct nav_pose truth = turned(1.0, 2.0, -1.0, 40.0, 100.0, -30.0, 900.0);
        assert_int_equal(touch(&shape, posterior, 120, 0.5, &truth, &random, points), 120);
        const struct nav_pose off = turned(shape_random(&random) - 0.5, shape_random(&random) - 0.5,
                                           shape_random(&random) - 0.5, 10.0, 3.0, -3.0, 2.6);
        const struct nav_pose exact = nav_pose_inverse(&truth);
        const struct nav_pose start = nav_pose_compose(&off, &exact);
        struct trk_surface_options options = trk_surface_options_default();
        struct trk_surface_result result;
        assert_int_equal(
            trk_surface_register(mesh, points, 120, &start, deep_target, 1, &options, &result),
            NAV_OK);
        const double error = error_at(&result.T_image_reference, &truth, deep_target);
        assert_int_equal(result.refusals, 0);
        assert_int_equal(result.agreeing, result.starts);
        assert_true(result.scatter_mm < 0.1); /* one place, wherever it starts */
        errors2 += error * error / RUNS;
        stated2 += result.tre_mm[0] * result.tre_mm[0] / RUNS;
    }
    print_message("deep target: error %.3f mm rms, stated %.3f mm\n", sqrt(errors2), sqrt(stated2));
    assert_true(sqrt(errors2) < 1.35 * sqrt(stated2)); /* the stated error is honest */
    assert_true(sqrt(stated2) < 1.35 * sqrt(errors2));
    trk_mesh_destroy(mesh);
    shape_free(&shape);
}

static void without_noise_the_transform_is_exact(void **state)
{
    (void)state;
    struct shape shape = shape_lathe(64, 48, position_bone);
    struct trk_mesh *mesh = make(&shape);
    uint64_t random = 2;
    double points[3 * 300];
    const struct nav_pose truth = turned(0.0, 0.0, 1.0, 25.0, 10.0, 20.0, 30.0);
    assert_int_equal(touch(&shape, posterior, 300, 0.0, &truth, &random, points), 300);
    const struct nav_pose off = turned(1.0, 0.0, 0.0, 5.0, 1.0, 2.0, 0.0);
    const struct nav_pose exact = nav_pose_inverse(&truth);
    const struct nav_pose start = nav_pose_compose(&off, &exact);
    struct trk_surface_options options = trk_surface_options_default();
    struct trk_surface_result result;
    assert_int_equal(
        trk_surface_register(mesh, points, 300, &start, deep_target, 1, &options, &result), NAV_OK);
    assert_int_equal(result.refusals, 0);
    /* single-precision vertices: their rounding is 4e-6 at 50 mm */
    assert_true(error_at(&result.T_image_reference, &truth, deep_target) < 1e-4);
    assert_true(result.rms_mm < 1e-5);
    trk_mesh_destroy(mesh);
    shape_free(&shape);
}

static void a_small_patch_is_refused_although_its_residual_is_small(void **state)
{
    (void)state;
    struct shape shape = shape_lathe(128, 96, position_bone);
    struct trk_mesh *mesh = make(&shape);
    uint64_t random = 5;
    double points[3 * 120];
    const struct nav_pose truth = turned(1.0, 1.0, 1.0, 10.0, 0.0, 0.0, 100.0);
    assert_int_equal(touch(&shape, small_patch, 120, 0.5, &truth, &random, points), 120);
    const struct nav_pose off = turned(0.3, 1.0, 0.2, 10.0, 2.0, 3.0, -3.0);
    const struct nav_pose exact = nav_pose_inverse(&truth);
    const struct nav_pose start = nav_pose_compose(&off, &exact);
    struct trk_surface_options options = trk_surface_options_default();
    struct trk_surface_result result;
    assert_int_equal(
        trk_surface_register(mesh, points, 120, &start, deep_target, 1, &options, &result), NAV_OK);
    assert_true(result.rms_mm < 1.0);
    assert_true((result.refusals & TRK_SURFACE_SPREAD) != 0);
    assert_true((result.refusals & (TRK_SURFACE_TRE | TRK_SURFACE_SLIDING)) != 0);
    trk_mesh_destroy(mesh);
    shape_free(&shape);
}

static bool everywhere(const double p[3])
{
    (void)p;
    return true;
}

static void a_sphere_can_turn_on_itself_and_is_refused(void **state)
{
    (void)state;
    struct shape shape = shape_lathe(120, 90, position_sphere_50);
    struct trk_mesh *mesh = make(&shape);
    uint64_t random = 9;
    double points[3 * 200];
    const struct nav_pose truth = nav_pose_identity();
    assert_int_equal(touch(&shape, everywhere, 200, 0.1, &truth, &random, points), 200);
    struct trk_surface_options options = trk_surface_options_default();
    options.noise_mm = 0.1;
    options.starts = 8;
    struct trk_surface_result result;
    assert_int_equal(
        trk_surface_register(mesh, points, 200, &truth, deep_target, 1, &options, &result), NAV_OK);
    assert_true((result.refusals & TRK_SURFACE_SLIDING) != 0);
    assert_true((result.refusals & TRK_SURFACE_AMBIGUOUS) != 0);
    assert_true(result.rms_mm < 0.3); /* the residual alone would have accepted it */
    trk_mesh_destroy(mesh);
    shape_free(&shape);
}

static void points_of_another_bone_are_refused(void **state)
{
    (void)state;
    struct shape shape = shape_lathe(64, 48, position_bone);
    struct shape other = shape_lathe(64, 48, position_sphere_50);
    struct trk_mesh *mesh = make(&shape);
    uint64_t random = 4;
    double points[3 * 150];
    const struct nav_pose identity = nav_pose_identity();
    assert_int_equal(touch(&other, posterior, 150, 0.3, &identity, &random, points), 150);
    struct trk_surface_options options = trk_surface_options_default();
    struct trk_surface_result result;
    assert_int_equal(
        trk_surface_register(mesh, points, 150, &identity, deep_target, 1, &options, &result),
        NAV_OK);
    assert_true((result.refusals & TRK_SURFACE_RESIDUAL) != 0);
    trk_mesh_destroy(mesh);
    shape_free(&shape);
    shape_free(&other);
}

static void bad_input_is_refused(void **state)
{
    (void)state;
    struct shape shape = shape_box();
    struct trk_mesh *mesh = make(&shape);
    const struct nav_pose identity = nav_pose_identity();
    double points[3 * 30] = {0.0};
    struct trk_surface_options options = trk_surface_options_default();
    struct trk_surface_result result;
    assert_int_equal(trk_surface_register(mesh, points, TRK_SURFACE_POINTS_MIN - 1, &identity, NULL,
                                          0, &options, &result),
                     NAV_ERR_ARGUMENT);
    assert_int_equal(trk_surface_register(mesh, points, 30, &identity, NULL, 0, &options, &result),
                     NAV_ERR_CONDITION); /* all points in one place */
    points[7] = NAN;
    assert_int_equal(trk_surface_register(mesh, points, 30, &identity, NULL, 0, &options, &result),
                     NAV_ERR_ARGUMENT);
    trk_mesh_destroy(mesh);
    shape_free(&shape);
}

/* Legacy VTK polydata in ASCII, as the data folder's pair of surfaces is stored. */
static void read_vtk(const char *path, struct shape *out)
{
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    char line[256], kind[64];
    unsigned count = 0, numbers = 0;
    memset(out, 0, sizeof(*out));
    while (fgets(line, sizeof(line), file) != NULL) {
        if (sscanf(line, "POINTS %u", &count) == 1) {
            out->vertex_count = count;
            out->vertices = calloc(count, 3 * sizeof(float));
            for (uint32_t i = 0; i < 3 * count; ++i) {
                assert_int_equal(fscanf(file, "%f", &out->vertices[i]), 1);
            }
        } else if (sscanf(line, "%63s %u %u", kind, &count, &numbers) == 3 &&
                   (strcmp(kind, "POLYGONS") == 0 || strcmp(kind, "TRIANGLE_STRIPS") == 0)) {
            const bool strips = kind[0] == 'T';
            out->triangles = calloc(numbers, 3 * sizeof(uint32_t));
            for (uint32_t cell = 0; cell < count; ++cell) {
                unsigned corners = 0, index[2] = {0, 0}, next = 0;
                assert_int_equal(fscanf(file, "%u %u %u", &corners, &index[0], &index[1]), 3);
                for (unsigned c = 2; c < corners; ++c) {
                    assert_int_equal(fscanf(file, "%u", &next), 1);
                    uint32_t *t = out->triangles + 3 * (size_t)out->triangle_count++;
                    const bool odd = strips && c % 2 == 1;
                    t[0] = odd ? index[1] : index[0];
                    t[1] = odd ? index[0] : index[1];
                    t[2] = next;
                    index[0] = strips ? index[1] : index[0];
                    index[1] = next;
                }
            }
        }
    }
    (void)fclose(file);
    assert_true(out->triangle_count > 0);
}

static void the_published_pair_of_faces_is_recovered(void **state)
{
    (void)state;
    char path[4096];
    struct shape before, after;
    test_data_path("registration/vtk_fran_cut/fran_cut.vtk", path, sizeof(path));
    read_vtk(path, &before);
    test_data_path("registration/vtk_fran_cut/fran_cut_transformed.vtk", path, sizeof(path));
    read_vtk(path, &after);
    assert_int_equal(before.vertex_count, after.vertex_count);

    struct trk_mesh *mesh = make(&after);
    double *points = calloc(before.vertex_count, 3 * sizeof(double));
    for (uint32_t i = 0; i < 3 * before.vertex_count; ++i) {
        points[i] = (double)before.vertices[i];
    }
    /* metres: the options' lengths follow */
    struct trk_surface_options options = trk_surface_options_default();
    options.start_mm *= 1e-3;
    options.agree_mm *= 1e-3;
    options.spread_min_mm *= 1e-3;
    options.noise_mm *= 1e-4;
    options.tre95_max_mm *= 1e-3;
    options.iterations_max = 200;
    options.starts = 4;
    const struct nav_pose start = nav_pose_identity(); /* 8.531 deg away */
    struct trk_surface_result result;
    assert_int_equal(
        trk_surface_register(mesh, points, before.vertex_count, &start, NULL, 0, &options, &result),
        NAV_OK);
    double worst = 0.0;
    for (uint32_t i = 0; i < before.vertex_count; ++i) {
        double moved[3];
        nav_pose_apply(&result.T_image_reference, points + 3 * (size_t)i, moved);
        for (int k = 0; k < 3; ++k) {
            worst = fmax(worst, fabs(moved[k] - (double)after.vertices[3 * (size_t)i + (size_t)k]));
        }
    }
    print_message(
        "fran_cut: largest corresponding-point error %.2e m, rms %.2e m, condition %.4f\n", worst,
        result.rms_mm, result.condition);
    assert_true(worst < 1e-4);
    free(points);
    trk_mesh_destroy(mesh);
    shape_free(&before);
    shape_free(&after);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_posterior_surface_registers_the_deep_target),
        cmocka_unit_test(without_noise_the_transform_is_exact),
        cmocka_unit_test(a_small_patch_is_refused_although_its_residual_is_small),
        cmocka_unit_test(a_sphere_can_turn_on_itself_and_is_refused),
        cmocka_unit_test(points_of_another_bone_are_refused),
        cmocka_unit_test(bad_input_is_refused),
        cmocka_unit_test(the_published_pair_of_faces_is_recovered),
    };
    return cmocka_run_group_tests_name("surface_registration", tests, NULL, NULL);
}
