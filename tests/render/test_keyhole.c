/* The keyhole: bone around the tip fades in front of it, and nothing else changes. */
#include "picture_bench.h"

static const double radius_mm = 25.0;

/* The tip in the tumour's middle, seen through the bone. */
static void point_at_tumour(struct bench *bench)
{
    static const double tip_mm[3] = {-12, 8, -15};
    bench_good_scene(bench);
    struct nav_scene_tool *tool = &bench->scene.tools[0];
    memcpy(tool->T_image_tool.t_mm, tip_mm, sizeof(tip_mm));
    memcpy(tool->tip_image_mm, tip_mm, sizeof(tip_mm));
}

/* A square of the view's pixels around where the tip appears. */
static struct rnd_rect around_tip(const struct bench *bench, int half_px)
{
    const struct rnd_rect view = rnd_screen_view_rect(bench->screen);
    double at[2];
    assert_true(rnd_camera_project(rnd_screen_camera(bench->screen), (double)view.w / view.h,
                                   bench->scene.tools[0].tip_image_mm, at));
    return (struct rnd_rect){view.x + (int)(at[0] * view.w) - half_px,
                             view.y + (int)(at[1] * view.h) - half_px, 2 * half_px, 2 * half_px};
}

/* How green the tumour is on average: what of it is bone's ivory is not. */
static double greenness(const struct picture *picture, struct rnd_rect rect)
{
    double sum = 0.0;
    for (int y = rect.y; y < rect.y + rect.h; ++y) {
        for (int x = rect.x; x < rect.x + rect.w; ++x) {
            const uint8_t *p = pixel(picture, x, y);
            sum += p[1] - 0.5 * (p[0] + p[2]);
        }
    }
    return sum / ((double)rect.w * rect.h);
}

static double mean_difference(const struct picture *a, const struct picture *b,
                              struct rnd_rect rect)
{
    double sum = 0.0;
    for (int y = rect.y; y < rect.y + rect.h; ++y) {
        for (int x = rect.x; x < rect.x + rect.w; ++x) {
            for (int channel = 0; channel < 3; ++channel) {
                sum += fabs((double)pixel(a, x, y)[channel] - pixel(b, x, y)[channel]);
            }
        }
    }
    return sum / (3.0 * rect.w * rect.h);
}

static struct picture copy_of(const struct picture *picture)
{
    const size_t size = (size_t)picture->width * (size_t)picture->height * 3;
    struct picture copy = *picture;
    copy.rgb = malloc(size);
    assert_non_null(copy.rgb);
    memcpy(copy.rgb, picture->rgb, size);
    return copy;
}

static void test_bone_fades_around_the_tip(void **state)
{
    struct bench *bench = *state;
    point_at_tumour(bench);
    bench_show(bench);
    const struct rnd_rect near = around_tip(bench, 10);
    const double before = greenness(&bench->picture, near);
    const struct picture whole = copy_of(&bench->picture);
    rnd_screen_set_keyhole(bench->screen, radius_mm);
    bench_draw(bench);
    /* Bone of a third of opacity held back a third of the tumour's green: now almost nothing. */
    assert_true(greenness(&bench->picture, near) > 1.25 * before);
    /* Beyond the radius all is as it was: the bone's edge, the nerve, the vessel. */
    const struct rnd_rect view = rnd_screen_view_rect(bench->screen);
    const struct rnd_rect right = {view.x + view.w * 3 / 4, view.y + 40, view.w / 5, view.h / 2};
    assert_true(mean_difference(&bench->picture, &whole, right) <= 0.0);
    free(whole.rgb);
    rnd_screen_undo(bench->screen);
    bench_draw(bench);
    assert_true(fabs(greenness(&bench->picture, near) - before) < 1e-9);
}

/* Without a live tool there is no tip to see: nothing fades, at once. */
static void test_no_live_tip_no_keyhole(void **state)
{
    struct bench *bench = *state;
    rnd_screen_set_keyhole(bench->screen, 0.0);
    point_at_tumour(bench);
    bench->scene.tools[0].state = NAV_TOOL_INVALID;
    bench->scene.tools[0].has_pose = 0;
    bench_show(bench);
    const struct picture whole = copy_of(&bench->picture);
    const struct rnd_rect near = around_tip(bench, 40);
    rnd_screen_set_keyhole(bench->screen, radius_mm);
    point_at_tumour(bench);
    bench_show(bench);
    assert_true(mean_difference(&bench->picture, &whole, near) > 1.0);
    bench->scene.tools[0].state = NAV_TOOL_INVALID;
    bench->scene.tools[0].has_pose = 0;
    bench_show(bench);
    assert_true(mean_difference(&bench->picture, &whole, near) <= 0.0);
    free(whole.rgb);
}

/* It goes with the tip and leaves no trace. */
static void test_it_leaves_no_trace(void **state)
{
    struct bench *bench = *state;
    rnd_screen_set_keyhole(bench->screen, radius_mm);
    point_at_tumour(bench);
    bench_show(bench);
    const struct picture first = copy_of(&bench->picture);
    for (int step = 0; step < 5; ++step) {
        bench->scene.tools[0].T_image_tool.t_mm[0] = 40.0 - 15.0 * step;
        bench->scene.tools[0].tip_image_mm[0] = 40.0 - 15.0 * step;
        bench_show(bench);
    }
    point_at_tumour(bench);
    bench_show(bench);
    const struct rnd_rect view = rnd_screen_view_rect(bench->screen);
    assert_true(mean_difference(&bench->picture, &first, view) <= 0.0);
    free(first.rgb);
}

/* From the cache as when everything is drawn anew: the same fragments, blended otherwise. */
static void test_the_cache_shows_the_same(void **state)
{
    struct bench *bench = *state;
    static const double most = 1.5; /* of 255, in the mean over the keyhole: smoothed edges */
    rnd_screen_set_keyhole(bench->screen, radius_mm);
    point_at_tumour(bench);
    bench_show(bench);
    const struct picture cached = copy_of(&bench->picture);
    const struct rnd_rect near = around_tip(bench, 40);
    struct rnd_screen *first = bench->screen;
    bench_full_redraw = true;
    bench_screen(bench, RND_LAYOUT_BEDSIDE, RND_SIDE_FOOT);
    bench_full_redraw = false;
    rnd_screen_set_keyhole(bench->screen, radius_mm);
    bench_draw(bench);
    const double off = mean_difference(&bench->picture, &cached, near);
    if (off > most) {
        fail_msg("cache and full redraw differ by %.3f in the mean", off);
    }
    /* Which is little beside what the keyhole itself does. */
    rnd_screen_set_keyhole(bench->screen, 0.0);
    bench_draw(bench);
    assert_true(mean_difference(&bench->picture, &cached, near) > 5.0 * most);
    rnd_screen_destroy(bench->screen);
    bench->screen = first;
    free(cached.rgb);
}

/* What is not drawn as the case has it is named in amber, over the view, in every frame; a start
 * and a reset come back to the case. */
static void test_what_hands_took_away_is_named(void **state)
{
    struct bench *bench = *state;
    rnd_screen_reset_view(bench->screen);
    point_at_tumour(bench);
    bench_show(bench);
    const struct rnd_rect view = rnd_screen_view_rect(bench->screen);
    const struct rnd_rect below = {view.x, view.y + view.h - 30, view.w, 30};
    assert_int_equal(find_blob(&bench->picture, below, is_amber).count, 0);
    rnd_screen_set_keyhole(bench->screen, radius_mm);
    bench_draw(bench);
    const long keyhole = find_blob(&bench->picture, below, is_amber).count;
    assert_true(keyhole > 40);
    rnd_screen_select_next(bench->screen);
    rnd_screen_fade(bench->screen, -1.0);
    bench_draw(bench);
    assert_true(find_blob(&bench->picture, below, is_amber).count > keyhole + 20);
    rnd_screen_act(bench->screen, NAV_ACT_UNDO, false);
    rnd_screen_act(bench->screen, NAV_ACT_UNDO, false);
    bench_draw(bench);
    rnd_screen_set_keyhole(bench->screen, radius_mm);
    rnd_screen_act(bench->screen, NAV_ACT_RESET, false);
    bench_draw(bench);
    struct rnd_screen *worn = bench->screen;
    bench_screen(bench, RND_LAYOUT_BEDSIDE, RND_SIDE_FOOT);
    bench_draw(bench);
    assert_int_equal(find_blob(&bench->picture, below, is_amber).count, 0);
    rnd_screen_destroy(bench->screen);
    bench->screen = worn;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bone_fades_around_the_tip),
        cmocka_unit_test(test_no_live_tip_no_keyhole),
        cmocka_unit_test(test_it_leaves_no_trace),
        cmocka_unit_test(test_the_cache_shows_the_same),
        cmocka_unit_test(test_what_hands_took_away_is_named),
    };
    return cmocka_run_group_tests(tests, bench_set_up, bench_tear_down);
}
