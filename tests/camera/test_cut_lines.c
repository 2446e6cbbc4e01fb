/* A planned cut as a line on the bone, and what is marked on a live picture. */
#include "cut_lines.h"

#include <math.h>
#include <string.h>

#include "live_marks.h"
#include "test_data.h"

static const float corners[24] = {-20, -20, -20, 20, -20, -20, -20, 20, -20, 20, 20, -20,
                                  -20, -20, 20,  20, -20, 20,  -20, 20, 20,  20, 20, 20};
static const uint32_t faces[36] = {0, 2, 1, 1, 2, 3, 4, 5, 6, 5, 7, 6, 0, 1, 4, 1, 5, 4,
                                   2, 6, 3, 3, 6, 7, 0, 4, 2, 2, 4, 6, 1, 3, 5, 3, 7, 5};
static const struct rnd_mesh box = {
    .vertex_count = 8, .triangle_count = 12, .positions = corners, .triangles = faces};

/* Enters the box at y = 20, at z = 3, as wide and as deep as said: v = normal x u is -y. */
static struct rnd_cut_shape cut_of(double wide_mm, double deep_mm)
{
    return (struct rnd_cut_shape){.point_mm = {0, 22, 3},
                                  .normal = {0, 0, 1},
                                  .u = {-1, 0, 0},
                                  .size_mm = {wide_mm, deep_mm}};
}

/* Every piece of the line lies on the box's surface and in the cut's rectangle. */
static void expect_on_surface(const struct rnd_mesh_buffer *line, double wide_mm, double deep_mm)
{
    for (size_t i = 0; i < line->vertex_count; ++i) {
        const float *at = &line->positions[3 * i];
        const double out = fmax(fabs((double)at[0]), fabs((double)at[1])) - 20;
        assert_true(fabs(out) < 0.8);
        assert_true(fabs((double)at[2] - 3) < 0.51);
        assert_true(fabs((double)at[0]) < wide_mm / 2 + 0.8);
        assert_true((double)at[1] > 22 - deep_mm - 0.8);
    }
    for (size_t i = 0; i < 3 * line->triangle_count; ++i) {
        assert_true(line->triangles[i] < line->vertex_count);
    }
}

static void the_line_runs_on_the_bone(void **state)
{
    (void)state;
    struct rnd_mesh_buffer line = {0};
    double end_mm[3] = {NAN, NAN, NAN};
    struct rnd_cut_shape cut = cut_of(100, 100);
    assert_int_equal(cut_line_add(&cut, &box, 1, &line, end_mm), NAV_OK);
    expect_on_surface(&line, 100, 100);
    assert_int_equal(line.triangle_count, 12 * 8); /* two pieces on each of four sides */
    assert_true(fabs(end_mm[0] + 20) < 1e-6 && fabs(end_mm[2] - 3) < 1e-6);
    rnd_mesh_buffer_finish(&line);

    cut = cut_of(20, 12); /* on the back alone */
    end_mm[0] = end_mm[1] = end_mm[2] = NAN;
    assert_int_equal(cut_line_add(&cut, &box, 1, &line, end_mm), NAV_OK);
    expect_on_surface(&line, 20, 12);
    assert_true(line.triangle_count > 0);
    assert_true(fabs(end_mm[0] + 10) < 1e-6 && fabs(end_mm[1] - 20) < 1e-6);
    rnd_mesh_buffer_finish(&line);
}

static void beside_the_bone_there_is_none(void **state)
{
    (void)state;
    struct rnd_mesh_buffer line = {0};
    double end_mm[3] = {NAN, NAN, NAN};
    struct rnd_cut_shape cut = cut_of(100, 100);
    cut.point_mm[2] = 30;
    assert_int_equal(cut_line_add(&cut, &box, 1, &line, end_mm), NAV_OK);
    assert_int_equal(line.triangle_count, 0);
    assert_true(isnan(end_mm[0]));
}

static struct cfg_case loaded;
static struct nav_scene scene;
static const struct rnd_lens lens = {
    .width_px = 640, .height_px = 360, .fx_px = 500, .fy_px = 500, .cx_px = 320, .cy_px = 180};

static void structure(uint32_t index, const char *name, uint32_t state, double distance_mm)
{
    struct nav_scene_structure *here = &scene.structures[index];
    (void)snprintf(here->name, sizeof(here->name), "%s", name);
    here->role = NAV_ROLE_NERVE;
    here->has_distance = 1;
    here->limit_state = state;
    here->distance_mm = distance_mm;
    scene.structure_count = index + 1;
}

static void the_worst_distance_stands_beside_the_tool(void **state)
{
    (void)state;
    static const double cut_mm[1][3] = {{10, 0, 0}};
    static const double tip_mm[3] = {0, 0, 0};
    const struct nav_pose T_camera_image = {.q = {0, 0, 0, 1}, .t_mm = {0, 0, 500}};
    struct live_marks_ask ask = {&loaded, &lens, &scene, &T_camera_image, cut_mm, true, tip_mm};
    struct rnd_ar_mark marks[LIVE_MARKS_MAX];
    loaded.cut_count = 1;
    loaded.landmark_count = 1;
    structure(0, "Near", NAV_LIMIT_CLEAR, 3.0);
    structure(1, "Root", NAV_LIMIT_STOP, 4.25);
    assert_int_equal(live_marks(&ask, marks), 3);
    assert_int_equal(marks[0].kind, RND_AR_MARK_LANDMARK);
    assert_int_equal(marks[1].kind, RND_AR_MARK_CUT);
    assert_int_equal(marks[1].number, 1);
    assert_true(fabs(marks[1].at_px[0] - 330) < 1e-9 && fabs(marks[1].at_px[1] - 180) < 1e-9);
    assert_string_equal(marks[2].text, "Root 4.3 mm");
    assert_int_equal(marks[2].level, RND_LEVEL_ALARM);

    scene.structures[1].has_distance = 0; /* the core withholds it */
    assert_int_equal(live_marks(&ask, marks), 3);
    assert_string_equal(marks[2].text, "Near 3.0 mm");
    assert_int_equal(marks[2].level, RND_LEVEL_OK);
    ask.tip_mm = NULL;
    ask.landmarks = false;
    assert_int_equal(live_marks(&ask, marks), 1);
}

static void every_reason_is_said_in_every_language(void **state)
{
    (void)state;
    for (int language = 0; language < RND_LANGUAGE_COUNT; ++language) {
        for (int reason = RND_AR_SHOWN + 1; reason < RND_AR_COUNT; ++reason) {
            const struct rnd_ar_state said =
                live_state((enum rnd_ar_reason)reason, NAN, NAN, 1, (enum rnd_language)language);
            assert_int_equal(said.level, RND_LEVEL_CAUTION);
            assert_true(strlen(said.detail) > 5);
            for (int other = RND_AR_SHOWN + 1; other < reason; ++other) {
                assert_string_not_equal(said.detail, live_reason((enum rnd_ar_reason)other,
                                                                 (enum rnd_language)language));
            }
        }
        assert_int_equal(live_state(RND_AR_SHOWN, 0.5, 0.2, 1, RND_ENGLISH).level, RND_LEVEL_OK);
        const struct rnd_ar_state hidden = live_state(RND_AR_SHOWN, 0.5, 0.2, 0, RND_ENGLISH);
        assert_int_equal(hidden.level, RND_LEVEL_CAUTION);
        assert_string_equal(hidden.head, "OVERLAY  0.5 px  0.2 mm");
        assert_string_equal(hidden.detail, "hidden by hand");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_line_runs_on_the_bone),
        cmocka_unit_test(beside_the_bone_there_is_none),
        cmocka_unit_test(the_worst_distance_stands_beside_the_tool),
        cmocka_unit_test(every_reason_is_said_in_every_language),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
