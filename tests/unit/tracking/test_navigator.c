#include "tracking_fixture.h"

#include <stdlib.h>

/* ------------------------------------------------------------------ an independent computation */

struct matrix {
    double m[4][4];
};

static struct matrix matrix_of(const double R[9], const double t_mm[3])
{
    struct matrix matrix = {{{0.0}}};
    for (int i = 0; i < 3; ++i) {
        for (int j = 0; j < 3; ++j) {
            matrix.m[i][j] = R[3 * i + j];
        }
        matrix.m[i][3] = t_mm[i];
    }
    matrix.m[3][3] = 1.0;
    return matrix;
}

static struct matrix times(struct matrix a, struct matrix b)
{
    struct matrix c = {{{0.0}}};
    for (int i = 0; i < 4; ++i) {
        for (int j = 0; j < 4; ++j) {
            for (int k = 0; k < 4; ++k) {
                c.m[i][j] += a.m[i][k] * b.m[k][j];
            }
        }
    }
    return c;
}

/* Gauss-Jordan with pivoting: knows nothing of rotations. */
static struct matrix inverse(struct matrix a)
{
    struct matrix b = {{{0.0}}};
    for (int i = 0; i < 4; ++i) {
        b.m[i][i] = 1.0;
    }
    for (int column = 0; column < 4; ++column) {
        int pivot = column;
        for (int i = column + 1; i < 4; ++i) {
            if (fabs(a.m[i][column]) > fabs(a.m[pivot][column])) {
                pivot = i;
            }
        }
        for (int j = 0; j < 4; ++j) {
            const double from_a = a.m[pivot][j], from_b = b.m[pivot][j];
            a.m[pivot][j] = a.m[column][j];
            b.m[pivot][j] = b.m[column][j];
            a.m[column][j] = from_a;
            b.m[column][j] = from_b;
        }
        const double scale = 1.0 / a.m[column][column];
        for (int j = 0; j < 4; ++j) {
            a.m[column][j] *= scale;
            b.m[column][j] *= scale;
        }
        for (int i = 0; i < 4; ++i) {
            const double factor = i == column ? 0.0 : a.m[i][column];
            for (int j = 0; j < 4; ++j) {
                a.m[i][j] -= factor * a.m[column][j];
                b.m[i][j] -= factor * b.m[column][j];
            }
        }
    }
    return b;
}

/* The fixture's registration written out by hand: a turn by 120 deg about (1,-1,1). */
static struct matrix fixture_registration(void)
{
    const double R[9] = {0, -1, 0, 0, 0, -1, 1, 0, 0};
    const double t_mm[3] = {10.0, -20.0, 30.0};
    return matrix_of(R, t_mm);
}

static struct matrix expected_tool(const struct nav_pose_sample *tool,
                                   const struct nav_pose_sample *reference)
{
    const struct matrix T_tracker_tool = matrix_of(tool->R, tool->t_mm);
    const struct matrix T_tracker_reference = matrix_of(reference->R, reference->t_mm);
    return times(fixture_registration(), times(inverse(T_tracker_reference), T_tracker_tool));
}

static void assert_tool_equals(const struct nav_scene_tool *tool,
                               const struct trk_tool_config *config, struct matrix T_image_tool)
{
    assert_int_equal(tool->has_pose, 1);
    for (int i = 0; i < 3; ++i) {
        double tip = T_image_tool.m[i][3];
        double axis = 0.0;
        for (int j = 0; j < 3; ++j) {
            tip += T_image_tool.m[i][j] * config->tip_mm[j];
            axis += T_image_tool.m[i][j] * config->axis[j];
            assert_near(tool->R_image[3 * i + j], T_image_tool.m[i][j], 1e-12);
        }
        assert_near(tool->tip_image_mm[i], tip, 1e-9);
        assert_near(tool->axis_image[i], axis, 1e-12);
        assert_near(tool->T_image_tool.t_mm[i], T_image_tool.m[i][3], 1e-9);
    }
}

static void test_tip_equals_plain_matrices(void **state)
{
    (void)state;
    const struct trk_config config = fixture_config();
    struct trk_navigator *navigator = fixture_navigator(&config);
    struct nav_scene scene;
    for (int frame = 0; frame < 1000; ++frame) {
        const int64_t at_ns = frame * 16 * MS;
        const double phase = 0.05 * frame;
        struct nav_pose_sample samples[3];
        for (uint32_t i = 0; i < 3; ++i) {
            /* every order of the three messages occurs */
            const uint32_t device = (i + (uint32_t)frame) % 3;
            samples[device] =
                fixture_sample(device, fixture_t0 + at_ns, fixture_utc + at_ns, phase);
            assert_int_equal(trk_navigator_push(navigator, &samples[device]), NAV_OK);
        }
        fixture_scene(navigator, at_ns + 3 * MS, &scene);
        assert_trust(&scene, NAV_TRUST_OK);
        for (uint32_t i = 0; i < 2; ++i) {
            assert_tool_equals(&scene.tools[i], &config.tools[i],
                               expected_tool(&samples[i], &samples[REFERENCE]));
            assert_int_equal(scene.tools[i].age_ns, 3 * MS);
            assert_int_equal(scene.tools[i].device_ns, fixture_utc + at_ns);
        }
    }
    trk_navigator_destroy(navigator);
}

static void test_states_follow_the_age(void **state)
{
    (void)state;
    const struct trk_config config = fixture_config();
    struct trk_navigator *navigator = fixture_navigator(&config);
    struct nav_scene scene;
    fixture_scene(navigator, 0, &scene);
    assert_tool(&scene, STYLUS, NAV_TOOL_NEVER, NAV_REASON_TOOL_NEVER);
    assert_int_equal(scene.tools[STYLUS].age_ns, -1);
    assert_trust(&scene, NAV_TRUST_WITHHELD);

    fixture_frame(navigator, 0);
    static const struct {
        int64_t age_ns;
        enum nav_tool_state state;
        enum nav_reason reason;
        enum nav_trust trust;
    } rows[] = {
        {0, NAV_TOOL_TRACKED, NAV_REASON_NONE, NAV_TRUST_OK},
        {100 * MS, NAV_TOOL_TRACKED, NAV_REASON_NONE, NAV_TRUST_OK},
        {100 * MS + 1, NAV_TOOL_STALE, NAV_REASON_TOOL_STALE, NAV_TRUST_CAUTION},
        {250 * MS, NAV_TOOL_STALE, NAV_REASON_TOOL_STALE, NAV_TRUST_CAUTION},
        {250 * MS + 1, NAV_TOOL_LOST, NAV_REASON_TOOL_LOST, NAV_TRUST_WITHHELD},
        {3600 * NAV_NS_PER_S, NAV_TOOL_LOST, NAV_REASON_TOOL_LOST, NAV_TRUST_WITHHELD},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); ++i) {
        fixture_scene(navigator, rows[i].age_ns, &scene);
        assert_tool(&scene, STYLUS, rows[i].state, rows[i].reason);
        assert_trust(&scene, rows[i].trust);
        assert_int_equal(scene.tools[STYLUS].age_ns, rows[i].age_ns);
        const bool shown = rows[i].state == NAV_TOOL_TRACKED || rows[i].state == NAV_TOOL_STALE;
        assert_int_equal(scene.tools[STYLUS].has_pose, shown);
        assert_int_equal(isnan(scene.tools[STYLUS].tip_image_mm[0]), !shown);
    }
    trk_navigator_destroy(navigator);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tip_equals_plain_matrices),
        cmocka_unit_test(test_states_follow_the_age),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
