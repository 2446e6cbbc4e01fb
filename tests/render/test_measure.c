/* Measurements by clicks: what they hit, how far it is, and what becomes of them on the screen. */
#include "picture_bench.h"

#include "vector.h"

static void show_review(struct bench *bench)
{
    rnd_screen_reset_view(bench->screen);
    rnd_screen_set_layout(bench->screen, RND_LAYOUT_REVIEW);
    bench_good_scene(bench);
    bench_show(bench);
}

/* Middle of the pixel where a point appears. */
static void pixel_of(const struct bench *bench, const double point_mm[3], double out_px[2])
{
    const struct rnd_rect view = rnd_screen_view_rect(bench->screen);
    const struct rnd_camera camera = *rnd_screen_camera(bench->screen);
    double at[2];
    assert_true(rnd_camera_project(&camera, (double)view.w / view.h, point_mm, at));
    out_px[0] = view.x + floor(at[0] * view.w) + 0.5;
    out_px[1] = view.y + floor(at[1] * view.h) + 0.5;
}

/* Where the ray through a pixel first meets an ellipsoid. */
static void meet(const struct bench *bench, const double px[2], const double centre[3],
                 const double radius[3], double out_mm[3])
{
    const struct rnd_rect view = rnd_screen_view_rect(bench->screen);
    const struct rnd_camera camera = *rnd_screen_camera(bench->screen);
    const struct rnd_axes axes = rnd_camera_axes(&camera);
    const double half = tan(0.5 * camera.view_angle_rad);
    const double right = (2.0 * (px[0] - view.x) / view.w - 1.0) * half * view.w / view.h;
    const double up = (1.0 - 2.0 * (px[1] - view.y) / view.h) * half;
    double ray[3];
    double a = 0.0;
    double b = 0.0;
    double c = -1.0;
    for (int i = 0; i < 3; ++i) {
        ray[i] = axes.forward[i] + right * axes.right[i] + up * axes.up[i];
        const double from = (camera.eye_mm[i] - centre[i]) / radius[i];
        const double way = ray[i] / radius[i];
        a += way * way;
        b += 2.0 * from * way;
        c += from * from;
    }
    const double far = (-b - sqrt(b * b - 4.0 * a * c)) / (2.0 * a);
    assert_true(far > 0.0);
    for (int i = 0; i < 3; ++i) {
        out_mm[i] = camera.eye_mm[i] + far * ray[i];
    }
}

/* What a pixel is wide at a point. */
static double mm_of_pixel(const struct bench *bench, const double point_mm[3])
{
    const struct rnd_camera camera = *rnd_screen_camera(bench->screen);
    const struct rnd_axes axes = rnd_camera_axes(&camera);
    double off[3];
    rnd_sub(point_mm, camera.eye_mm, off);
    return 2.0 * tan(0.5 * camera.view_angle_rad) * rnd_dot(off, axes.forward) /
           rnd_screen_view_rect(bench->screen).h;
}

static double distance_mm(const double a[3], const double b[3])
{
    double off[3];
    rnd_sub(a, b, off);
    return rnd_length(off);
}

static const double nerve[3] = {85, 0, 0};
static const double vessel[3] = {0, 0, 85};
static const double dura[3] = {0, 75, -60};
static const double ball[3] = {12, 12, 12};
static const double small_ball[3] = {10, 10, 10};

/* Three balls at known places: distance and angle of what is clicked, within a pixel's worth. */
static void test_known_distances(void **state)
{
    struct bench *bench = *state;
    show_review(bench);
    const double *centres[3] = {nerve, vessel, dura};
    const double *radii[3] = {ball, ball, small_ball};
    double px[3][2];
    struct nav_measure expected = {.count = 3};
    for (int i = 0; i < 3; ++i) {
        pixel_of(bench, centres[i], px[i]);
        meet(bench, px[i], centres[i], radii[i], expected.points_mm[i]);
    }
    rnd_screen_set_measuring(bench->screen, 3);
    for (int i = 0; i < 3; ++i) {
        assert_true(rnd_screen_measure_at(bench->screen, px[i][0], px[i][1]));
    }
    struct nav_measure measures[RND_MEASURES_MAX];
    assert_int_equal(rnd_screen_measures(bench->screen, measures), 1);
    assert_int_equal(measures[0].count, 3);
    for (int i = 0; i < 3; ++i) {
        const double worth_mm = mm_of_pixel(bench, expected.points_mm[i]);
        assert_true(distance_mm(measures[0].points_mm[i], expected.points_mm[i]) < worth_mm);
    }
    assert_true(fabs(nav_measure_value(&measures[0]) - nav_measure_value(&expected)) < 0.5);
    rnd_screen_set_measuring(bench->screen, 2);
    assert_true(rnd_screen_measure_at(bench->screen, px[0][0], px[0][1]));
    assert_true(rnd_screen_measure_at(bench->screen, px[1][0], px[1][1]));
    assert_int_equal(rnd_screen_measures(bench->screen, measures), 2);
    const double known_mm = distance_mm(expected.points_mm[0], expected.points_mm[1]);
    assert_true(fabs(nav_measure_value(&measures[1]) - known_mm) <
                mm_of_pixel(bench, expected.points_mm[0]));
}

static bool hits(struct bench *bench, const double px[2], double out_mm[3])
{
    struct nav_measure measures[RND_MEASURES_MAX];
    rnd_screen_set_measuring(bench->screen, 2);
    rnd_screen_clear_measures(bench->screen);
    if (!rnd_screen_measure_at(bench->screen, px[0], px[1])) {
        return false;
    }
    assert_int_equal(rnd_screen_measures(bench->screen, measures), 1);
    memcpy(out_mm, measures[0].points_mm[0], 3 * sizeof(*out_mm));
    return true;
}

/* The tumour lies in the bone: a click lands on the bone while that can be seen, on the tumour when
 * it is hidden or as good as hidden, and on nothing where there is nothing. */
static void test_only_what_is_seen_is_hit(void **state)
{
    struct bench *bench = *state;
    static const double tumour[3] = {-12, 8, -15};
    show_review(bench);
    double px[2];
    double on_bone[3];
    double on_tumour[3];
    double hit[3];
    pixel_of(bench, tumour, px);
    meet(bench, px, (const double[]){0, 0, 0}, (const double[]){60, 40, 60}, on_bone);
    meet(bench, px, tumour, (const double[]){16, 16, 16}, on_tumour);
    assert_true(hits(bench, px, hit));
    assert_true(distance_mm(hit, on_bone) < 1.0);
    assert_true(distance_mm(on_bone, on_tumour) > 5.0);
    rnd_screen_fade(bench->screen, -0.9); /* the first structure is the bone: 3.5 % are left */
    bench_draw(bench);
    assert_true(hits(bench, px, hit));
    assert_true(distance_mm(hit, on_tumour) < 1.0);
    rnd_screen_fade(bench->screen, -0.1);
    bench_draw(bench);
    assert_true(hits(bench, px, hit));
    assert_true(distance_mm(hit, on_tumour) < 1.0);
    const struct rnd_rect view = rnd_screen_view_rect(bench->screen);
    assert_false(hits(bench, (const double[]){view.x + 3, view.y + view.h - 3}, hit));
    rnd_screen_reset_view(bench->screen);
}

/* In the plane of a section: by its scale alone. */
static void test_in_a_section(void **state)
{
    struct bench *bench = *state;
    rnd_screen_reset_view(bench->screen);
    bench_good_scene(bench);
    bench_show(bench);
    const struct rnd_rect rect = rnd_screen_section_rect(bench->screen, RND_SECTION_AXIAL);
    const double mm_per_px = 130.0 / rect.h;
    struct nav_measure measures[RND_MEASURES_MAX];
    rnd_screen_set_measuring(bench->screen, 2);
    assert_true(rnd_screen_measure_at(bench->screen, rect.x + 10, rect.y + 20));
    assert_true(rnd_screen_measure_at(bench->screen, rect.x + 50, rect.y + 50));
    assert_int_equal(rnd_screen_measures(bench->screen, measures), 1);
    assert_true(fabs(nav_measure_value(&measures[0]) - 50.0 * mm_per_px) < 1e-6);
    /* The tip is in the middle; +x, the patient's left, is on the viewer's right. */
    const double *tip_mm = bench->scene.tools[0].tip_image_mm;
    assert_true(fabs(measures[0].points_mm[1][2] - tip_mm[2]) < 1e-6);
    assert_true(measures[0].points_mm[1][0] > measures[0].points_mm[0][0]);
    const double right_px = 50.0 - 0.5 * (rect.w - 1);
    assert_true(fabs(measures[0].points_mm[1][0] - (tip_mm[0] + right_px * mm_per_px)) < 1e-6);
    /* Where somebody navigates the view itself does not measure. */
    const struct rnd_rect view = rnd_screen_view_rect(bench->screen);
    assert_false(
        rnd_screen_measure_at(bench->screen, view.x + view.w / 2.0, view.y + view.h / 2.0));
    rnd_screen_reset_view(bench->screen);
}

static bool is_white(const uint8_t *p)
{
    return p[0] > 235 && p[1] > 235 && p[2] > 235;
}

/* It shows, undo takes back point by point, clear takes all, undo brings it back. */
static void test_shown_taken_back_and_cleared(void **state)
{
    struct bench *bench = *state;
    struct nav_measure measures[RND_MEASURES_MAX];
    show_review(bench);
    const struct rnd_rect view = bench_view(bench);
    const long before = find_blob(&bench->picture, view, is_white).count;
    double px[2][2];
    pixel_of(bench, nerve, px[0]);
    pixel_of(bench, vessel, px[1]);
    rnd_screen_set_measuring(bench->screen, 2);
    for (int i = 0; i < 2; ++i) {
        assert_true(rnd_screen_measure_at(bench->screen, px[i][0], px[i][1]));
    }
    bench_draw(bench);
    assert_true(find_blob(&bench->picture, view, is_white).count > before + 100);
    rnd_screen_undo(bench->screen);
    assert_int_equal(rnd_screen_measures(bench->screen, measures), 1);
    assert_int_equal(measures[0].count, 1);
    rnd_screen_undo(bench->screen);
    assert_int_equal(rnd_screen_measures(bench->screen, measures), 0);
    bench_draw(bench);
    assert_int_equal(find_blob(&bench->picture, view, is_white).count, before);
    const struct nav_measure given = {.count = 2, .points_mm = {{85, 0, 0}, {0, 0, 85}}};
    for (int i = 0; i < RND_MEASURES_MAX + 1; ++i) {
        rnd_screen_add_measure(bench->screen, &given);
    }
    assert_int_equal(rnd_screen_measures(bench->screen, measures), RND_MEASURES_MAX);
    rnd_screen_clear_measures(bench->screen);
    assert_int_equal(rnd_screen_measures(bench->screen, measures), 0);
    rnd_screen_undo(bench->screen);
    assert_int_equal(rnd_screen_measures(bench->screen, measures), RND_MEASURES_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_distances),
        cmocka_unit_test(test_only_what_is_seen_is_hit),
        cmocka_unit_test(test_in_a_section),
        cmocka_unit_test(test_shown_taken_back_and_cleared),
    };
    return cmocka_run_group_tests(tests, bench_set_up, bench_tear_down);
}
