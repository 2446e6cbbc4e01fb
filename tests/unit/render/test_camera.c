#include "test_data.h"

#include <math.h>

#include "camera.h"
#include "vector.h"

static void expect_near(double value, double wanted, double tolerance)
{
    if (!(fabs(value - wanted) <= tolerance)) {
        fail_msg("%.12g is not %.12g within %g", value, wanted, tolerance);
    }
}

/* A box that is not symmetric about anything. */
static const double box_mm[8][3] = {{-30, -20, -90}, {70, -20, -90}, {-30, 60, -90}, {70, 60, -90},
                                    {-30, -20, 40},  {70, -20, 40},  {-30, 60, 40},  {70, 60, 40}};
static const double aspect = 16.0 / 9.0;

static struct rnd_camera fitted(enum rnd_preset preset)
{
    return rnd_camera_fit(preset, RND_SIDE_FOOT, &box_mm[0][0], 8, aspect);
}

static void expect_letters(enum rnd_preset preset, const char *left, const char *right,
                           const char *top, const char *bottom)
{
    const struct rnd_camera camera = fitted(preset);
    const struct rnd_letters letters = rnd_camera_letters(&camera);
    assert_string_equal(letters.edge[RND_EDGE_LEFT], left);
    assert_string_equal(letters.edge[RND_EDGE_RIGHT], right);
    assert_string_equal(letters.edge[RND_EDGE_TOP], top);
    assert_string_equal(letters.edge[RND_EDGE_BOTTOM], bottom);
}

static void test_letters_of_the_presets(void **state)
{
    (void)state;
    expect_letters(RND_PRESET_POSTERIOR, "L", "R", "H", "F");
    expect_letters(RND_PRESET_ANTERIOR, "R", "L", "H", "F");
    expect_letters(RND_PRESET_LEFT, "A", "P", "H", "F");
    expect_letters(RND_PRESET_RIGHT, "P", "A", "H", "F");
    expect_letters(RND_PRESET_HEAD, "R", "L", "P", "A");
}

/* Independently of how letters are made: a point moved towards an edge's direction in LPS must move
 * towards that edge in the picture. */
static void test_letters_agree_with_the_projection(void **state)
{
    (void)state;
    static const struct {
        char letter;
        double direction[3];
    } directions[] = {{'L', {1, 0, 0}},  {'R', {-1, 0, 0}}, {'P', {0, 1, 0}},
                      {'A', {0, -1, 0}}, {'H', {0, 0, 1}},  {'F', {0, 0, -1}}};
    static const double outward[RND_EDGE_COUNT][2] = {[RND_EDGE_LEFT] = {-1, 0},
                                                      [RND_EDGE_RIGHT] = {1, 0},
                                                      [RND_EDGE_TOP] = {0, -1},
                                                      [RND_EDGE_BOTTOM] = {0, 1}};
    for (unsigned view = 0; view < RND_PRESET_COUNT * RND_SIDE_COUNT; ++view) {
        struct rnd_camera camera =
            rnd_camera_fit((enum rnd_preset)(view % RND_PRESET_COUNT),
                           (enum rnd_side)(view / RND_PRESET_COUNT), &box_mm[0][0], 8, aspect);
        for (int turn = 0; turn < 12; ++turn) {
            rnd_camera_orbit(&camera, 0.37, 0.11);
            const struct rnd_letters letters = rnd_camera_letters(&camera);
            double from[2];
            assert_true(rnd_camera_project(&camera, aspect, camera.target_mm, from));
            for (unsigned edge = 0; edge < RND_EDGE_COUNT; ++edge) {
                const char *text = letters.edge[edge];
                assert_true(text[0] != '\0');
                for (size_t i = 0; text[i] != '\0'; ++i) {
                    for (size_t d = 0; d < 6; ++d) {
                        if (directions[d].letter != text[i]) {
                            continue;
                        }
                        double point[3];
                        double to[2];
                        for (int axis = 0; axis < 3; ++axis) {
                            point[axis] = camera.target_mm[axis] + directions[d].direction[axis];
                        }
                        assert_true(rnd_camera_project(&camera, aspect, point, to));
                        const double moved = (to[0] - from[0]) * aspect * outward[edge][0] +
                                             (to[1] - from[1]) * outward[edge][1];
                        assert_true(moved > 0.0);
                    }
                }
            }
        }
    }
}

/* The other side of the table: away from the viewer is up, and the picture is turned, never
 * mirrored. */
static void test_letters_of_the_sides(void **state)
{
    (void)state;
    static const struct {
        enum rnd_preset preset;
        enum rnd_side side;
        const char *left, *right, *top, *bottom;
    } rows[] = {
        {RND_PRESET_POSTERIOR, RND_SIDE_HEAD, "R", "L", "F", "H"},
        {RND_PRESET_POSTERIOR, RND_SIDE_LEFT, "H", "F", "R", "L"},
        {RND_PRESET_POSTERIOR, RND_SIDE_RIGHT, "F", "H", "L", "R"},
        {RND_PRESET_ANTERIOR, RND_SIDE_HEAD, "L", "R", "F", "H"},
        {RND_PRESET_LEFT, RND_SIDE_HEAD, "P", "A", "F", "H"},
        {RND_PRESET_LEFT, RND_SIDE_LEFT, "H", "F", "P", "A"},
        {RND_PRESET_RIGHT, RND_SIDE_LEFT, "F", "H", "P", "A"},
        {RND_PRESET_HEAD, RND_SIDE_HEAD, "R", "L", "P", "A"},
        {RND_PRESET_HEAD, RND_SIDE_LEFT, "A", "P", "R", "L"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); ++i) {
        const struct rnd_camera camera =
            rnd_camera_fit(rows[i].preset, rows[i].side, &box_mm[0][0], 8, aspect);
        const struct rnd_letters letters = rnd_camera_letters(&camera);
        assert_string_equal(letters.edge[RND_EDGE_LEFT], rows[i].left);
        assert_string_equal(letters.edge[RND_EDGE_RIGHT], rows[i].right);
        assert_string_equal(letters.edge[RND_EDGE_TOP], rows[i].top);
        assert_string_equal(letters.edge[RND_EDGE_BOTTOM], rows[i].bottom);
    }
}

/* The face of a cut across the body that goes from the back to the front: seen from the head, the
 * back on top. */
static void test_face_of_a_cut(void **state)
{
    (void)state;
    const struct rnd_cut_shape cut = {
        .point_mm = {5, 45, 20}, .normal = {0, 0, 1}, .u = {-1, 0, 0}, .size_mm = {100, 40}};
    static const double aspects[] = {0.4, 1.0, 16.0 / 9.0};
    for (size_t i = 0; i < sizeof(aspects) / sizeof(aspects[0]); ++i) {
        const struct rnd_camera camera = rnd_camera_cut(&cut, aspects[i]);
        const struct rnd_letters letters = rnd_camera_letters(&camera);
        assert_string_equal(letters.edge[RND_EDGE_TOP], "P");
        assert_string_equal(letters.edge[RND_EDGE_LEFT], "R");
        assert_string_equal(letters.edge[RND_EDGE_RIGHT], "L");
        assert_true(camera.eye_mm[2] > 20.0);
        double corners[4][3];
        rnd_cut_corners(&cut, corners);
        double low = 1.0;
        double high = 0.0;
        for (int corner = 0; corner < 4; ++corner) {
            double at[2];
            assert_true(rnd_camera_project(&camera, aspects[i], corners[corner], at));
            assert_true(at[0] > 0.1 && at[0] < 0.9 && at[1] > 0.1 && at[1] < 0.9);
            assert_true(corner < 2 ? at[1] < 0.5 : at[1] > 0.5); /* the entry edge on top */
            low = fmin(low, fmin(at[0], at[1]));
            high = fmax(high, fmax(at[0], at[1]));
        }
        assert_true(high - low > 0.5); /* and large enough to be judged */
    }
}

static void test_fit_shows_everything_and_fills(void **state)
{
    (void)state;
    for (unsigned preset = 0; preset < RND_PRESET_COUNT; ++preset) {
        const struct rnd_camera camera = fitted((enum rnd_preset)preset);
        double low[2] = {1e9, 1e9};
        double high[2] = {-1e9, -1e9};
        for (int i = 0; i < 8; ++i) {
            double at[2];
            assert_true(rnd_camera_project(&camera, aspect, box_mm[i], at));
            for (int k = 0; k < 2; ++k) {
                low[k] = fmin(low[k], at[k]);
                high[k] = fmax(high[k], at[k]);
            }
        }
        assert_true(low[0] >= 0.0 && low[1] >= 0.0 && high[0] <= 1.0 && high[1] <= 1.0);
        assert_true(high[0] - low[0] > 0.9 || high[1] - low[1] > 0.9);
        expect_near((high[1] + low[1]) / 2.0, 0.5, 0.03);
    }
}

static void test_fit_of_nothing_is_a_view(void **state)
{
    (void)state;
    const struct rnd_camera camera = rnd_camera_fit(RND_PRESET_HEAD, RND_SIDE_FOOT, NULL, 0, 1.0);
    const double origin[3] = {0, 0, 0};
    double at[2];
    assert_true(rnd_camera_project(&camera, 1.0, origin, at));
    expect_near(at[0], 0.5, 1e-9);
    expect_near(at[1], 0.5, 1e-9);
}

static void test_behind_the_eye_is_nowhere(void **state)
{
    (void)state;
    const struct rnd_camera camera = fitted(RND_PRESET_POSTERIOR);
    const double behind[3] = {0, 5000, 0};
    double at[2] = {7.0, 7.0};
    assert_false(rnd_camera_project(&camera, aspect, behind, at));
    expect_near(at[0], 7.0, 0.0);
}

static void test_hands(void **state)
{
    (void)state;
    struct rnd_camera camera = fitted(RND_PRESET_POSTERIOR);
    double before[3];
    rnd_sub(camera.eye_mm, camera.target_mm, before);
    for (int i = 0; i < 1000; ++i) {
        rnd_camera_orbit(&camera, 0.3, -0.2);
    }
    double after[3];
    rnd_sub(camera.eye_mm, camera.target_mm, after);
    expect_near(rnd_length(after), rnd_length(before), 1e-6);
    expect_near(rnd_length(camera.up), 1.0, 1e-9);
    expect_near(rnd_dot(camera.up, after), 0.0, 1e-6);

    /* Panning by half the height brings what was in the middle to the edge. */
    const double middle[3] = {camera.target_mm[0], camera.target_mm[1], camera.target_mm[2]};
    rnd_camera_pan(&camera, 0.0, 0.5);
    double at[2];
    assert_true(rnd_camera_project(&camera, aspect, middle, at));
    expect_near(at[1], 1.0, 1e-9);

    rnd_camera_zoom(&camera, 1e12);
    rnd_sub(camera.eye_mm, camera.target_mm, after);
    expect_near(rnd_length(after), 10.0, 1e-6);
    rnd_camera_zoom(&camera, (double)NAN);
    rnd_camera_zoom(&camera, 1e-12);
    rnd_sub(camera.eye_mm, camera.target_mm, after);
    expect_near(rnd_length(after), 5000.0, 1e-6);
}

static void test_names(void **state)
{
    (void)state;
    enum rnd_preset preset = RND_PRESET_COUNT;
    for (unsigned i = 0; i < RND_PRESET_COUNT; ++i) {
        assert_true(rnd_preset_find(rnd_preset_name((enum rnd_preset)i), &preset));
        assert_int_equal(preset, i);
    }
    assert_false(rnd_preset_find("nowhere", &preset));
    enum rnd_side side = RND_SIDE_COUNT;
    for (unsigned i = 0; i < RND_SIDE_COUNT; ++i) {
        assert_true(rnd_side_find(rnd_side_name((enum rnd_side)i), &side));
        assert_int_equal(side, i);
    }
    assert_false(rnd_side_find("nowhere", &side));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_letters_of_the_presets),
        cmocka_unit_test(test_letters_of_the_sides),
        cmocka_unit_test(test_face_of_a_cut),
        cmocka_unit_test(test_letters_agree_with_the_projection),
        cmocka_unit_test(test_fit_shows_everything_and_fills),
        cmocka_unit_test(test_fit_of_nothing_is_a_view),
        cmocka_unit_test(test_behind_the_eye_is_nowhere),
        cmocka_unit_test(test_hands),
        cmocka_unit_test(test_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
