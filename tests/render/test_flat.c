/* The screen without 3D: no OpenGL context in this program, and no way to one. */
#include "test_data.h"

#include <math.h>

#include "nav/time.h"
#include "screen.h"

enum { WIDTH = 960, HEIGHT = 540 };

static uint8_t rgb[WIDTH * HEIGHT * 3];
static struct nav_scene scene;
static const int64_t now_ns = INT64_C(500) * NAV_NS_PER_S;

static int set_up(void **state)
{
    const struct rnd_screen_options options = {.flat = true};
    struct rnd_case facts = {.case_id = 42, .tool_count = 1};
    (void)snprintf(facts.tool_names[0], NAV_NAME_SIZE, "Pointer");
    struct rnd_screen *screen = NULL;
    assert_int_equal(rnd_screen_create(&options, &facts, &screen), NAV_OK);
    static const float positions[9] = {0, 0, 0, 9, 0, 0, 0, 9, 0};
    static const uint32_t triangle[3] = {0, 1, 2};
    const struct rnd_mesh mesh = {3, 1, positions, NULL, triangle};
    const struct rnd_material material = {.opacity = 1.0F};
    const struct rnd_tool_shape pointer = {.axis = {0, 0, -1}, .length_mm = 50, .diameter_mm = 8};
    const struct rnd_cut_shape cut = {.normal = {0, 0, 1}, .u = {-1, 0, 0}, .size_mm = {90, 80}};
    assert_int_equal(rnd_screen_add_model(screen, "Bone", &mesh, &material, true), NAV_OK);
    assert_int_equal(rnd_screen_add_tool(screen, &pointer), NAV_OK);
    assert_int_equal(rnd_screen_add_cut(screen, "Across", &cut), NAV_OK);
    assert_int_equal(rnd_screen_resize(screen, WIDTH, HEIGHT), NAV_OK);
    memset(&scene, 0, sizeof(scene));
    scene.version = NAV_SCENE_VERSION;
    scene.size = sizeof(scene);
    scene.seq = 1;
    scene.time_ns = now_ns;
    scene.case_id = 42;
    scene.trust = NAV_TRUST_OK;
    scene.caution_ns = 100 * NAV_NS_PER_MS;
    scene.withhold_ns = 250 * NAV_NS_PER_MS;
    scene.pose_arrival_ns = now_ns - 5 * NAV_NS_PER_MS;
    scene.peers_total = 1;
    scene.registration.present = 1;
    scene.tool_count = 1;
    struct nav_scene_tool *tool = &scene.tools[0];
    tool->state = NAV_TOOL_TRACKED;
    tool->has_pose = 1;
    tool->arrival_ns = scene.pose_arrival_ns;
    tool->age_ns = 5 * NAV_NS_PER_MS;
    tool->T_image_tool = nav_pose_identity();
    tool->tip_image_mm[0] = 12.3;
    *state = screen;
    return 0;
}

static int tear_down(void **state)
{
    rnd_screen_destroy(*state);
    return 0;
}

static enum nav_status draw(struct rnd_screen *screen, int64_t at_ns)
{
    const struct rnd_moment moment = {
        .now_ns = at_ns, .utc_ns = NAV_NS_PER_S, .core_alive = true, .scene = &scene};
    const enum nav_status status = rnd_screen_draw(screen, &moment);
    rnd_screen_read(screen, rgb);
    return status;
}

static void expect_bar(enum rnd_pair pair)
{
    const struct rnd_colour ground = rnd_pairs[pair].ground;
    const double wanted[3] = {ground.r * 255.0, ground.g * 255.0, ground.b * 255.0};
    for (int i = 0; i < 3; ++i) {
        assert_true(fabs(rgb[3 * (4 * WIDTH + 4) + i] - wanted[i]) <= 2.0);
    }
}

/* Bright pixels in the upper or the lower half of the 3D view's place. */
static long bright(const struct rnd_screen *screen, bool lower)
{
    const struct rnd_rect view = rnd_screen_view_rect(screen);
    const int from = view.y + 20 + (lower ? view.h / 4 : 0);
    const int to = lower ? view.y + view.h * 3 / 4 : view.y + view.h / 4;
    long count = 0;
    for (int y = from; y < to; ++y) {
        for (int x = view.x + 20; x < view.x + view.w - 20; ++x) {
            count += rgb[3 * (y * WIDTH + x) + 0] > 150;
        }
    }
    return count;
}

static void test_it_says_so_and_shows_the_numbers(void **state)
{
    struct rnd_screen *screen = *state;
    assert_int_equal(draw(screen, now_ns), NAV_OK);
    const struct rnd_overlay *overlay = rnd_screen_overlay(screen);
    assert_int_equal(overlay->trust, NAV_TRUST_CAUTION); /* at best */
    assert_string_equal(overlay->reason, "NOT SHOWN: 3D VIEW");
    assert_string_equal(overlay->tools[0].tip[0], "   12.3");
    expect_bar(RND_PAIR_BAR_CAUTION);
    assert_true(bright(screen, false) > 500);
    assert_true(bright(screen, true) > 300);
    int stride = 0;
    assert_non_null(rnd_screen_pixels(screen, &stride));
    assert_true(stride >= 4 * WIDTH);
}

static void test_it_draws_what_changes_and_only_then(void **state)
{
    struct rnd_screen *screen = *state;
    assert_int_equal(draw(screen, now_ns), NAV_OK);
    assert_int_equal(draw(screen, now_ns), NAV_AGAIN);
    const struct rnd_rect view = rnd_screen_view_rect(screen);
    const size_t row = 3 * (size_t)WIDTH;
    const size_t first = row * (size_t)view.y;
    const size_t size = row * (size_t)view.h;
    uint8_t *before = malloc(size);
    assert_non_null(before);
    memcpy(before, rgb + first, size);
    scene.tools[0].tip_image_mm[0] = 45.6;
    assert_int_equal(draw(screen, now_ns), NAV_OK);
    size_t count = 0;
    assert_non_null(rnd_screen_damage(screen, &count));
    assert_true(count > 0);
    assert_memory_not_equal(before, rgb + first, size);
    free(before);
}

static void test_what_is_old_is_withheld(void **state)
{
    struct rnd_screen *screen = *state;
    assert_int_equal(draw(screen, now_ns + 251 * NAV_NS_PER_MS), NAV_OK);
    expect_bar(RND_PAIR_BAR_WITHHELD);
    assert_string_equal(rnd_screen_overlay(screen)->tools[0].tip[0], "   --.-");
}

static void test_any_size(void **state)
{
    struct rnd_screen *screen = *state;
    static const int sizes[][2] = {{1, 1}, {900, 3}, {2, 500}, {WIDTH, HEIGHT}};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); ++i) {
        assert_int_equal(rnd_screen_resize(screen, sizes[i][0], sizes[i][1]), NAV_OK);
        assert_int_equal(draw(screen, now_ns), NAV_OK);
    }
}

int main(void)
{
    (void)setenv("EGL_PLATFORM", "nowhere", 1);
    (void)unsetenv("DISPLAY");
#define CASE(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(test_it_says_so_and_shows_the_numbers),
        CASE(test_it_draws_what_changes_and_only_then),
        CASE(test_what_is_old_is_withheld),
        CASE(test_any_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
