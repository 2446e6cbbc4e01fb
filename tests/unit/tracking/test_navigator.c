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

/* -------------------------------------------------------------------- what the sender says */

static void test_senders_word_withholds_at_once(void **state)
{
    (void)state;
    static const enum nav_sender_status words[] = {NAV_SENDER_MISSING, NAV_SENDER_OUT_OF_VIEW,
                                                   NAV_SENDER_OUT_OF_VOLUME, NAV_SENDER_INVALID,
                                                   NAV_SENDER_UNKNOWN_WORD};
    const struct trk_config config = fixture_config();
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); ++i) {
        struct trk_navigator *navigator = fixture_navigator(&config);
        struct nav_scene scene;
        fixture_frame(navigator, 0);
        fixture_push_status(navigator, STYLUS, 16 * MS, words[i]);
        fixture_push(navigator, REFERENCE, 16 * MS);
        fixture_scene(navigator, 16 * MS, &scene);
        assert_tool(&scene, STYLUS, NAV_TOOL_INVALID, NAV_REASON_TOOL_INVALID);
        assert_int_equal(scene.tools[STYLUS].has_pose, 0);
        assert_reason(&scene, NAV_REASON_TOOL_INVALID, STYLUS, NAV_TRUST_WITHHELD);
        assert_int_equal(scene.tools[STYLUS].rejected, 0);

        /* the same of the reference withholds the tool, and says so */
        fixture_push_status(navigator, REFERENCE, 500 * MS, words[i]);
        for (int frame = 0; frame < 20; ++frame) {
            fixture_push(navigator, STYLUS, (500 + 16 * frame) * MS);
        }
        fixture_scene(navigator, 820 * MS, &scene);
        assert_tool(&scene, STYLUS, NAV_TOOL_LOST, NAV_REASON_REFERENCE_INVALID);
        assert_named(scene.reference.state, NAV_TOOL_INVALID, nav_tool_state_name);
        assert_named(scene.reference.reason, NAV_REASON_REFERENCE_INVALID, nav_reason_name);
        assert_reason(&scene, NAV_REASON_REFERENCE_INVALID, NAV_SUBJECT_NONE, NAV_TRUST_WITHHELD);
        assert_trust(&scene, NAV_TRUST_WITHHELD);
        trk_navigator_destroy(navigator);
    }
}

static void test_tool_that_is_never_visible(void **state)
{
    (void)state;
    const struct trk_config config = fixture_config();
    struct trk_navigator *navigator = fixture_navigator(&config);
    struct nav_scene scene;
    for (int frame = 0; frame < 97; ++frame) {
        fixture_frame(navigator, frame * 66 * MS);
        fixture_push_status(navigator, PROBE, frame * 66 * MS, NAV_SENDER_INVALID);
        fixture_scene(navigator, frame * 66 * MS, &scene);
        assert_tool(&scene, PROBE, NAV_TOOL_INVALID, NAV_REASON_TOOL_INVALID);
        assert_int_equal(scene.tools[PROBE].age_ns, -1);
        assert_trust(&scene, NAV_TRUST_OK); /* it has never been seen and another one is live */
    }
    trk_navigator_destroy(navigator);
}

static void test_unstated_validity(void **state)
{
    (void)state;
    struct trk_config config = fixture_config();
    for (int required = 0; required < 2; ++required) {
        config.limits.require_status = required != 0;
        struct trk_navigator *navigator = fixture_navigator(&config);
        struct nav_scene scene;
        fixture_push(navigator, REFERENCE, 0);
        fixture_push_status(navigator, STYLUS, 0, NAV_SENDER_UNSTATED);
        fixture_scene(navigator, 0, &scene);
        assert_int_equal(scene.tools[STYLUS].unverified, 1);
        assert_int_equal(scene.tools[STYLUS].has_pose, 1);
        assert_trust(&scene, required ? NAV_TRUST_CAUTION : NAV_TRUST_OK);
        assert_tool(&scene, STYLUS, NAV_TOOL_TRACKED,
                    required ? NAV_REASON_SENDER_UNVERIFIED : NAV_REASON_NONE);
        trk_navigator_destroy(navigator);
    }
}

static void test_fit_error_limits(void **state)
{
    (void)state;
    static const struct {
        float error_mm;
        enum nav_trust trust;
        enum nav_tool_state state;
        enum nav_reason reason;
    } rows[] = {
        {0.5f, NAV_TRUST_OK, NAV_TOOL_TRACKED, NAV_REASON_NONE},
        {0.51f, NAV_TRUST_CAUTION, NAV_TOOL_TRACKED, NAV_REASON_FIT_ERROR},
        {1.0f, NAV_TRUST_CAUTION, NAV_TOOL_TRACKED, NAV_REASON_FIT_ERROR},
        {1.01f, NAV_TRUST_WITHHELD, NAV_TOOL_INVALID, NAV_REASON_FIT_ERROR},
    };
    const struct trk_config config = fixture_config();
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); ++i) {
        struct trk_navigator *navigator = fixture_navigator(&config);
        struct nav_scene scene;
        fixture_frame(navigator, 0);
        struct nav_pose_sample sample =
            fixture_sample(STYLUS, fixture_t0 + 16 * MS, fixture_utc + 16 * MS, 1.0);
        sample.error_mm = rows[i].error_mm;
        assert_int_equal(trk_navigator_push(navigator, &sample),
                         rows[i].state == NAV_TOOL_INVALID ? NAV_ERR_REFUSED : NAV_OK);
        fixture_push(navigator, REFERENCE, 16 * MS);
        fixture_scene(navigator, 16 * MS, &scene);
        assert_trust(&scene, rows[i].trust);
        assert_tool(&scene, STYLUS, rows[i].state, rows[i].reason);
        assert_int_equal(scene.tools[STYLUS].rejected, rows[i].state == NAV_TOOL_INVALID);

        /* a reference that fits badly withholds as well */
        sample = fixture_sample(REFERENCE, fixture_t0 + 32 * MS, fixture_utc + 32 * MS, 1.0);
        sample.error_mm = rows[i].error_mm;
        (void)!trk_navigator_push(navigator, &sample);
        fixture_scene(navigator, 32 * MS, &scene);
        assert_named(scene.reference.reason, rows[i].reason, nav_reason_name);
        trk_navigator_destroy(navigator);
    }
}

/* ------------------------------------------------------------------------ malformed samples */

static void test_rejected_samples_refresh_nothing(void **state)
{
    (void)state;
    static const struct {
        int component; /* 0..8 of R, 9..11 of t */
        double value;
        enum nav_status status;
        enum nav_reason reason;
    } rows[] = {
        {4, (double)NAN, NAV_ERR_NOT_FINITE, NAV_REASON_POSE_NOT_FINITE},
        {10, (double)INFINITY, NAV_ERR_NOT_FINITE, NAV_REASON_POSE_NOT_FINITE},
        {0, 3.0, NAV_ERR_NOT_RIGID, NAV_REASON_POSE_NOT_RIGID},
        {11, 1e38, NAV_ERR_RANGE, NAV_REASON_POSE_OUT_OF_RANGE},
    };
    const struct trk_config config = fixture_config();
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); ++i) {
        struct trk_navigator *navigator = fixture_navigator(&config);
        struct nav_scene scene;
        fixture_frame(navigator, 0);
        for (int frame = 1; frame <= 20; ++frame) {
            const int64_t at_ns = frame * 16 * MS;
            struct nav_pose_sample sample =
                fixture_sample(STYLUS, fixture_t0 + at_ns, fixture_utc + at_ns, 1.0);
            *(rows[i].component < 9 ? &sample.R[rows[i].component]
                                    : &sample.t_mm[rows[i].component - 9]) = rows[i].value;
            assert_int_equal(trk_navigator_push(navigator, &sample), rows[i].status);
            fixture_push(navigator, REFERENCE, at_ns);
            fixture_scene(navigator, at_ns, &scene);
            assert_int_equal(scene.tools[STYLUS].age_ns, at_ns);
            assert_int_equal(scene.tools[STYLUS].rejected, frame);
            if (at_ns <= 100 * MS) {
                assert_tool(&scene, STYLUS, NAV_TOOL_TRACKED, NAV_REASON_NONE);
            } else if (at_ns <= 250 * MS) {
                assert_tool(&scene, STYLUS, NAV_TOOL_STALE, NAV_REASON_TOOL_STALE);
            } else {
                assert_tool(&scene, STYLUS, NAV_TOOL_INVALID, rows[i].reason);
                assert_int_equal(scene.tools[STYLUS].has_pose, 0);
            }
        }
        /* when nothing comes any more it is lost, not invalid */
        fixture_scene(navigator, 2000 * MS, &scene);
        assert_tool(&scene, STYLUS, NAV_TOOL_LOST, NAV_REASON_TOOL_LOST);
        trk_navigator_destroy(navigator);
    }
}

static void test_frozen_time_stamp(void **state)
{
    (void)state;
    const struct trk_config config = fixture_config();
    struct trk_navigator *navigator = fixture_navigator(&config);
    struct nav_scene scene;
    fixture_frame(navigator, 0);
    for (int64_t at_ns = 16 * MS; at_ns <= 320 * MS; at_ns += 16 * MS) {
        const struct nav_pose_sample sample =
            fixture_sample(STYLUS, fixture_t0 + at_ns, fixture_utc, (double)at_ns);
        assert_int_equal(trk_navigator_push(navigator, &sample), NAV_ERR_STALE);
        fixture_push(navigator, REFERENCE, at_ns);
        fixture_scene(navigator, at_ns, &scene);
        assert_int_equal(scene.tools[STYLUS].has_pose, at_ns <= 250 * MS);
        assert_int_equal(scene.tools[STYLUS].age_ns, at_ns);
    }
    assert_tool(&scene, STYLUS, NAV_TOOL_INVALID, NAV_REASON_POSE_OLD);
    trk_navigator_destroy(navigator);
}

/* ------------------------------------------------------------------------------- frozen data */

static void test_repeats_and_identity(void **state)
{
    (void)state;
    const struct trk_config config = fixture_config();
    for (int identity = 0; identity < 2; ++identity) {
        for (uint32_t device = 0; device <= REFERENCE; device += REFERENCE) {
            struct trk_navigator *navigator = fixture_navigator(&config);
            struct nav_scene scene;
            struct nav_pose_sample frozen = fixture_sample(device, 0, 0, 1.0);
            if (identity) {
                const double one[9] = {1, 0, 0, 0, 1, 0, 0, 0, 1};
                memcpy(frozen.R, one, sizeof(one));
                memset(frozen.t_mm, 0, sizeof(frozen.t_mm));
            }
            int64_t at_ns = 0;
            for (; at_ns <= 2200 * MS; at_ns += 20 * MS) {
                frozen.arrival_ns = fixture_t0 + at_ns;
                frozen.device_ns = fixture_utc + at_ns;
                assert_int_equal(trk_navigator_push(navigator, &frozen), NAV_OK);
                fixture_push(navigator, device == STYLUS ? REFERENCE : STYLUS, at_ns);
                fixture_scene(navigator, at_ns, &scene);
                const enum nav_reason reason =
                    identity ? NAV_REASON_POSE_IDENTITY : NAV_REASON_POSE_REPEATED;
                const bool warned = at_ns > 2000 * MS;
                const int32_t subject = device == STYLUS ? STYLUS : NAV_SUBJECT_NONE;
                assert_trust(&scene, warned ? NAV_TRUST_CAUTION : NAV_TRUST_OK);
                assert_int_equal(fixture_has_reason(&scene, reason, subject, NAV_TRUST_CAUTION),
                                 warned);
                assert_int_equal(scene.reason_count, warned);
                assert_int_equal(device == STYLUS ? scene.tools[STYLUS].repeated_ns
                                                  : scene.reference.repeated_ns,
                                 at_ns);
                assert_int_equal(scene.tools[STYLUS].has_pose, 1);
            }
            frozen.t_mm[0] = nextafter(frozen.t_mm[0], 1e9);
            frozen.arrival_ns = fixture_t0 + at_ns;
            frozen.device_ns = fixture_utc + at_ns;
            assert_int_equal(trk_navigator_push(navigator, &frozen), NAV_OK);
            fixture_push(navigator, device == STYLUS ? REFERENCE : STYLUS, at_ns);
            fixture_scene(navigator, at_ns, &scene);
            assert_trust(&scene, NAV_TRUST_OK);
            trk_navigator_destroy(navigator);
        }
    }
}

/* -------------------------------------------------------------------------------- drop-outs */

static void test_return_needs_proof(void **state)
{
    (void)state;
    static const struct {
        int64_t period_ns;
        int withheld_frames; /* good frames that are still withheld */
    } rows[] = {{4 * MS, 4},  {16 * MS, 4}, {25 * MS, 4},  {33 * MS, 4},
                {34 * MS, 3}, {66 * MS, 2}, {100 * MS, 1}, {200 * MS, 1}};
    const struct trk_config config = fixture_config();
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); ++i) {
        for (int kind = 0; kind < 4; ++kind) {
            /* the tool or the reference; silence or the sender's word */
            const uint32_t device = kind % 2 == 0 ? STYLUS : REFERENCE;
            struct trk_navigator *navigator = fixture_navigator(&config);
            struct nav_scene scene;
            fixture_frame(navigator, 0);
            fixture_scene(navigator, 0, &scene);
            assert_int_equal(scene.tools[STYLUS].has_pose, 1); /* first appearance: at once */
            if (kind >= 2) {
                fixture_push_status(navigator, device, 16 * MS, NAV_SENDER_MISSING);
            }
            for (int frame = 0; frame < 8; ++frame) {
                const int64_t start_ns = (kind >= 2 ? 32 : 1000) * MS;
                const int64_t at_ns = start_ns + frame * rows[i].period_ns;
                fixture_frame(navigator, at_ns);
                fixture_scene(navigator, at_ns, &scene);
                if ((scene.tools[STYLUS].has_pose != 0) != (frame >= rows[i].withheld_frames)) {
                    fail_msg("period %d ms, kind %d: frame %d %s", (int)(rows[i].period_ns / MS),
                             kind, frame, scene.tools[STYLUS].has_pose ? "shown" : "withheld");
                }
                if (scene.tools[STYLUS].has_pose == 0 && kind >= 2) {
                    assert_named(scene.tools[STYLUS].reason,
                                 device == STYLUS ? NAV_REASON_TOOL_INVALID
                                                  : NAV_REASON_REFERENCE_INVALID,
                                 nav_reason_name);
                }
            }
            trk_navigator_destroy(navigator);
        }
    }
}

static void test_flicker_stays_withheld(void **state)
{
    (void)state;
    const struct trk_config config = fixture_config();
    struct trk_navigator *navigator = fixture_navigator(&config);
    struct nav_scene scene;
    for (int frame = 0; frame < 200; ++frame) { /* seen twice, not seen twice, at 60 Hz: 15 Hz */
        const int64_t at_ns = frame * 16 * MS;
        fixture_push_status(navigator, STYLUS, at_ns,
                            frame % 4 < 2 ? NAV_SENDER_OK : NAV_SENDER_MISSING);
        fixture_push(navigator, REFERENCE, at_ns);
        fixture_scene(navigator, at_ns, &scene);
        assert_int_equal(scene.tools[STYLUS].has_pose, frame < 2);
    }
    for (int frame = 200; frame < 205; ++frame) {
        fixture_frame(navigator, frame * 16 * MS);
    }
    fixture_scene(navigator, 204 * 16 * MS, &scene);
    assert_int_equal(scene.tools[STYLUS].has_pose, 1);
    trk_navigator_destroy(navigator);
}

static void test_rejection_restarts_the_proof(void **state)
{
    (void)state;
    const struct trk_config config = fixture_config();
    struct trk_navigator *navigator = fixture_navigator(&config);
    struct nav_scene scene;
    fixture_frame(navigator, 0);
    fixture_push_status(navigator, STYLUS, 16 * MS, NAV_SENDER_MISSING);
    for (int frame = 0; frame < 30; ++frame) {
        const int64_t at_ns = (32 + 8 * frame) * MS;
        if (frame % 4 == 3) {
            struct nav_pose_sample sample =
                fixture_sample(STYLUS, fixture_t0 + at_ns, fixture_utc + at_ns, 1.0);
            sample.R[0] = NAN;
            assert_int_equal(trk_navigator_push(navigator, &sample), NAV_ERR_NOT_FINITE);
        } else {
            fixture_push(navigator, STYLUS, at_ns);
        }
        fixture_push(navigator, REFERENCE, at_ns);
        fixture_scene(navigator, at_ns, &scene);
        assert_int_equal(scene.tools[STYLUS].has_pose, 0);
    }
    trk_navigator_destroy(navigator);
}

/* A drop-out shorter than the limit by silence is shown with its age. */
static void test_short_silence_is_shown(void **state)
{
    (void)state;
    const struct trk_config config = fixture_config();
    struct trk_navigator *navigator = fixture_navigator(&config);
    struct nav_scene scene;
    fixture_frame(navigator, 0);
    fixture_scene(navigator, 50 * MS, &scene);
    assert_tool(&scene, STYLUS, NAV_TOOL_TRACKED, NAV_REASON_NONE);
    fixture_frame(navigator, 250 * MS);
    fixture_scene(navigator, 250 * MS, &scene);
    assert_tool(&scene, STYLUS, NAV_TOOL_TRACKED, NAV_REASON_NONE);
    fixture_frame(navigator, 500 * MS + 1);
    fixture_scene(navigator, 500 * MS + 1, &scene);
    assert_tool(&scene, STYLUS, NAV_TOOL_LOST, NAV_REASON_TOOL_LOST);
    trk_navigator_destroy(navigator);
}

/* A reference that was hidden and came back elsewhere: nothing is interpolated across the gap,
 * short as it is. */
static void test_nothing_from_before_a_drop_out(void **state)
{
    (void)state;
    const struct trk_config config = fixture_config();
    struct trk_navigator *navigator = fixture_navigator(&config);
    struct nav_scene scene;
    const struct nav_pose_sample before = fixture_sample(REFERENCE, fixture_t0, fixture_utc, 1.0);
    assert_int_equal(trk_navigator_push(navigator, &before), NAV_OK);
    fixture_push_status(navigator, REFERENCE, 4 * MS, NAV_SENDER_OUT_OF_VIEW);
    const struct nav_pose_sample tool =
        fixture_sample(STYLUS, fixture_t0 + 8 * MS, fixture_utc + 8 * MS, 1.0);
    assert_int_equal(trk_navigator_push(navigator, &tool), NAV_OK);
    for (int frame = 4; frame >= 0; --frame) {
        const int64_t at_ns = (32 - 4 * frame) * MS;
        const struct nav_pose_sample after =
            fixture_sample(REFERENCE, fixture_t0 + at_ns, fixture_utc + at_ns, 2.0 + frame);
        assert_int_equal(trk_navigator_push(navigator, &after), NAV_OK);
    }
    fixture_scene(navigator, 32 * MS, &scene);
    const struct nav_pose_sample nearest = fixture_sample(REFERENCE, 0, 0, 6.0); /* at 16 ms */
    assert_tool_equals(&scene.tools[STYLUS], &config.tools[STYLUS], expected_tool(&tool, &nearest));
    trk_navigator_destroy(navigator);
}

/* ------------------------------------------------------------------------ tool and reference */

static void test_reference_only_is_lost(void **state)
{
    (void)state;
    const struct trk_config config = fixture_config();
    struct trk_navigator *navigator = fixture_navigator(&config);
    struct nav_scene scene;
    fixture_push(navigator, STYLUS, 0);
    fixture_scene(navigator, 0, &scene);
    assert_tool(&scene, STYLUS, NAV_TOOL_LOST, NAV_REASON_REFERENCE_NEVER);
    assert_reason(&scene, NAV_REASON_REFERENCE_NEVER, NAV_SUBJECT_NONE, NAV_TRUST_WITHHELD);

    fixture_push(navigator, REFERENCE, 0);
    for (int64_t at_ns = 16 * MS; at_ns < 400 * MS; at_ns += 16 * MS) {
        fixture_push(navigator, STYLUS, at_ns);
        fixture_scene(navigator, at_ns, &scene);
        /* the last pair of one instant, then the newest within 20 ms of the reference */
        assert_int_equal(scene.tools[STYLUS].age_ns, at_ns);
        if (at_ns <= 100 * MS) {
            assert_tool(&scene, STYLUS, NAV_TOOL_TRACKED, NAV_REASON_NONE);
        } else if (at_ns <= 250 * MS) {
            assert_tool(&scene, STYLUS, NAV_TOOL_STALE, NAV_REASON_REFERENCE_STALE);
            assert_trust(&scene, NAV_TRUST_CAUTION);
        } else {
            assert_tool(&scene, STYLUS, NAV_TOOL_LOST, NAV_REASON_REFERENCE_LOST);
            assert_named(scene.reference.state, NAV_TOOL_LOST, nav_tool_state_name);
            assert_int_equal(scene.reason_count, 1); /* one cause, one line */
            assert_reason(&scene, NAV_REASON_REFERENCE_LOST, NAV_SUBJECT_NONE, NAV_TRUST_WITHHELD);
        }
    }
    trk_navigator_destroy(navigator);
}

/* The reference's messages come `delay` later than the tool's of the same instant. */
static void test_reference_only_is_delayed(void **state)
{
    (void)state;
    const struct trk_config config = fixture_config();
    for (int64_t delay_ns = 0; delay_ns <= 400 * MS; delay_ns += 40 * MS) {
        struct trk_navigator *navigator = fixture_navigator(&config);
        struct nav_scene scene;
        for (int64_t at_ns = 0; at_ns < 1000 * MS; at_ns += 10 * MS) {
            const struct nav_pose_sample tool = fixture_sample(
                STYLUS, fixture_t0 + at_ns, fixture_utc + at_ns, (double)at_ns * 1e-9);
            assert_int_equal(trk_navigator_push(navigator, &tool), NAV_OK);
            const int64_t made_ns = at_ns - delay_ns;
            if (made_ns < 0) {
                continue;
            }
            const struct nav_pose_sample reference = fixture_sample(
                REFERENCE, fixture_t0 + at_ns, fixture_utc + made_ns, (double)made_ns * 1e-9);
            assert_int_equal(trk_navigator_push(navigator, &reference), NAV_OK);
            fixture_scene(navigator, at_ns, &scene);
            const struct nav_scene_tool *shown = &scene.tools[STYLUS];
            if (delay_ns > 250 * MS) {
                assert_tool(&scene, STYLUS, NAV_TOOL_LOST, NAV_REASON_REFERENCE_APART);
                assert_reason(&scene, NAV_REASON_REFERENCE_APART, STYLUS, NAV_TRUST_WITHHELD);
                continue;
            }
            /* the pair of one instant, as old as it is */
            assert_int_equal(shown->device_ns, fixture_utc + made_ns);
            assert_int_equal(shown->age_ns, delay_ns);
            const struct nav_pose_sample then =
                fixture_sample(STYLUS, 0, 0, (double)made_ns * 1e-9);
            assert_tool_equals(shown, &config.tools[STYLUS], expected_tool(&then, &reference));
        }
        trk_navigator_destroy(navigator);
    }
}

/* A scene built between the messages of one frame shows the last whole frame, not a mixture. */
static void test_half_a_frame(void **state)
{
    (void)state;
    const struct trk_config config = fixture_config();
    struct trk_navigator *navigator = fixture_navigator(&config);
    struct nav_scene scene;
    for (int frame = 0; frame < 100; ++frame) {
        const int64_t at_ns = frame * 16 * MS;
        fixture_push(navigator, STYLUS, at_ns);
        fixture_scene(navigator, at_ns, &scene);
        if (frame > 0) {
            assert_int_equal(scene.tools[STYLUS].age_ns, 16 * MS);
            assert_int_equal(scene.tools[STYLUS].device_ns, fixture_utc + at_ns - 16 * MS);
            const double phase = (double)(at_ns - 16 * MS) * 1e-9;
            const struct nav_pose_sample tool = fixture_sample(STYLUS, 0, 0, phase);
            const struct nav_pose_sample reference = fixture_sample(REFERENCE, 0, 0, phase);
            assert_tool_equals(&scene.tools[STYLUS], &config.tools[STYLUS],
                               expected_tool(&tool, &reference));
        }
        fixture_push(navigator, REFERENCE, at_ns);
        fixture_scene(navigator, at_ns, &scene);
        assert_int_equal(scene.tools[STYLUS].age_ns, 0);
    }
    trk_navigator_destroy(navigator);
}

/* A reference at a quarter of the tool's rate, with stamps between the tool's: interpolated where
 * it can be, held at most 20 ms, and never wrong by more than that allows. */
static void test_slow_reference_is_interpolated(void **state)
{
    (void)state;
    const struct trk_config config = fixture_config();
    struct trk_navigator *navigator = fixture_navigator(&config);
    struct nav_scene scene;
    int shown = 0;
    for (int64_t at_ns = 0; at_ns < 2000 * MS; at_ns += 10 * MS) {
        const double phase = (double)at_ns * 1e-9;
        if (at_ns % (40 * MS) == 0) {
            const struct nav_pose_sample reference = fixture_sample(
                REFERENCE, fixture_t0 + at_ns, fixture_utc + at_ns - 3 * MS, phase - 0.003);
            assert_int_equal(trk_navigator_push(navigator, &reference), NAV_OK);
        }
        fixture_push(navigator, STYLUS, at_ns);
        fixture_scene(navigator, at_ns, &scene);
        const struct nav_scene_tool *tool = &scene.tools[STYLUS];
        assert_int_equal(tool->has_pose, 1);
        const double made = (double)(tool->device_ns - fixture_utc) * 1e-9;
        const struct nav_pose_sample tool_then = fixture_sample(STYLUS, 0, 0, made);
        const struct nav_pose_sample reference_then = fixture_sample(REFERENCE, 0, 0, made);
        const struct matrix truth = expected_tool(&tool_then, &reference_then);
        double off = 0.0;
        for (int i = 0; i < 3; ++i) {
            const double d = truth.m[i][3] - tool->T_image_tool.t_mm[i];
            off += d * d;
        }
        assert_true(tool->age_ns <= 40 * MS);
        shown += sqrt(off) < 0.05;
    }
    assert_true(shown >= 195);
    trk_navigator_destroy(navigator);
}

static void test_no_stamps_join_by_arrival(void **state)
{
    (void)state;
    const struct trk_config config = fixture_config();
    struct trk_navigator *navigator = fixture_navigator(&config);
    struct nav_scene scene;
    for (int64_t apart_ns = 0; apart_ns <= 40 * MS; apart_ns += 5 * MS) {
        const int64_t at_ns = 1000 * MS + 200 * apart_ns;
        struct nav_pose_sample reference = fixture_sample(REFERENCE, fixture_t0 + at_ns, 0, 1.0);
        struct nav_pose_sample tool = fixture_sample(STYLUS, fixture_t0 + at_ns + apart_ns, 0, 2.0);
        tool.source = 1; /* two senders */
        struct trk_navigator *fresh = fixture_navigator(&config);
        assert_int_equal(trk_navigator_push(fresh, &reference), NAV_OK);
        assert_int_equal(trk_navigator_push(fresh, &tool), NAV_OK);
        fixture_scene(fresh, at_ns + apart_ns, &scene);
        if (apart_ns <= 20 * MS) {
            assert_int_equal(scene.tools[STYLUS].age_ns, apart_ns); /* the reference is older */
            assert_tool_equals(&scene.tools[STYLUS], &config.tools[STYLUS],
                               expected_tool(&tool, &reference));
        } else {
            assert_tool(&scene, STYLUS, NAV_TOOL_LOST, NAV_REASON_REFERENCE_APART);
        }
        trk_navigator_destroy(fresh);
    }
    trk_navigator_destroy(navigator);
}

static void test_relative_to_reference_and_no_reference(void **state)
{
    (void)state;
    struct trk_config config = fixture_config();
    config.tools[PROBE].relative_to = TRK_RELATIVE_TO_REFERENCE;
    struct trk_navigator *navigator = fixture_navigator(&config);
    struct nav_scene scene;
    const struct nav_pose_sample probe = fixture_sample(PROBE, fixture_t0, fixture_utc, 1.0);
    assert_int_equal(trk_navigator_push(navigator, &probe), NAV_OK);
    fixture_scene(navigator, 0, &scene);
    const struct matrix T_image_probe =
        times(fixture_registration(), matrix_of(probe.R, probe.t_mm));
    assert_tool_equals(&scene.tools[PROBE], &config.tools[PROBE], T_image_probe);
    assert_trust(&scene,
                 NAV_TRUST_WITHHELD); /* the stylus needs the reference, which is not seen */
    assert_int_equal(scene.reference.required, 1);
    trk_navigator_destroy(navigator);

    /* when no tool needs it, its absence is none */
    config.tools[STYLUS].relative_to = TRK_RELATIVE_TO_REFERENCE;
    navigator = fixture_navigator(&config);
    assert_int_equal(trk_navigator_push(navigator, &probe), NAV_OK);
    fixture_scene(navigator, 0, &scene);
    assert_trust(&scene, NAV_TRUST_OK);
    assert_int_equal(scene.reference.required, 0);
    trk_navigator_destroy(navigator);

    /* bench work: the registration places the tracker itself */
    config = fixture_config();
    config.has_reference = false;
    navigator = fixture_navigator(&config);
    const struct nav_pose_sample stylus = fixture_sample(STYLUS, fixture_t0, 0, 1.0);
    assert_int_equal(trk_navigator_push(navigator, &stylus), NAV_OK);
    fixture_scene(navigator, 0, &scene);
    assert_trust(&scene, NAV_TRUST_OK);
    assert_int_equal(scene.reference.required, 0);
    assert_int_equal(scene.reference.age_ns, -1);
    assert_tool_equals(&scene.tools[STYLUS], &config.tools[STYLUS],
                       times(fixture_registration(), matrix_of(stylus.R, stylus.t_mm)));
    assert_int_equal(trk_navigator_find_device(navigator, "ReferenceToTracker", 18), TRK_NO_DEVICE);
    trk_navigator_destroy(navigator);
}

static void test_no_registration(void **state)
{
    (void)state;
    struct trk_config config = fixture_config();
    config.has_registration = false;
    memset(&config.T_image_reference, 0, sizeof(config.T_image_reference));
    struct trk_navigator *navigator = fixture_navigator(&config);
    struct nav_scene scene;
    fixture_frame(navigator, 0);
    fixture_scene(navigator, 0, &scene);
    assert_trust(&scene, NAV_TRUST_WITHHELD);
    assert_tool(&scene, STYLUS, NAV_TOOL_TRACKED, NAV_REASON_NO_REGISTRATION);
    assert_int_equal(scene.tools[STYLUS].has_pose, 0);
    assert_true(isnan(scene.tools[STYLUS].tip_image_mm[0]));
    assert_reason(&scene, NAV_REASON_NO_REGISTRATION, NAV_SUBJECT_NONE, NAV_TRUST_WITHHELD);
    assert_named(scene.reasons[0].reason, NAV_REASON_NO_REGISTRATION, nav_reason_name);
    assert_int_equal(scene.registration.present, 0);
    assert_true(isnan(scene.registration.fre_mm));
    trk_navigator_destroy(navigator);
}

/* ----------------------------------------------------------------------------------- verdict */

static void test_verdict_weighs_the_tools(void **state)
{
    (void)state;
    const struct trk_config config = fixture_config();
    struct trk_navigator *navigator = fixture_navigator(&config);
    struct nav_scene scene;
    fixture_frame(navigator, 0);
    fixture_scene(navigator, 0, &scene);
    assert_trust(&scene, NAV_TRUST_OK); /* the probe was never seen */
    assert_int_equal(scene.reason_count, 0);

    fixture_push(navigator, PROBE, 0);
    fixture_scene(navigator, 0, &scene);
    assert_trust(&scene, NAV_TRUST_OK);
    fixture_frame(navigator, 200 * MS);
    fixture_scene(navigator, 200 * MS, &scene);
    assert_reason(&scene, NAV_REASON_TOOL_STALE, PROBE, NAV_TRUST_CAUTION);
    fixture_frame(navigator, 400 * MS);
    fixture_scene(navigator, 400 * MS, &scene);
    assert_trust(&scene, NAV_TRUST_CAUTION); /* seen before, not now, while another is */
    assert_reason(&scene, NAV_REASON_TOOL_LOST, PROBE, NAV_TRUST_CAUTION);
    fixture_scene(navigator, 651 * MS, &scene);
    assert_trust(&scene, NAV_TRUST_WITHHELD);
    assert_reason(&scene, NAV_REASON_TOOL_LOST, PROBE, NAV_TRUST_WITHHELD);
    assert_reason(&scene, NAV_REASON_TOOL_LOST, STYLUS, NAV_TRUST_WITHHELD);
    assert_reason(&scene, NAV_REASON_REFERENCE_LOST, NAV_SUBJECT_NONE, NAV_TRUST_WITHHELD);
    assert_named(scene.reasons[0].reason, NAV_REASON_REFERENCE_LOST, nav_reason_name);
    for (uint32_t i = 1; i < scene.reason_count; ++i) { /* worst first */
        assert_true(scene.reasons[i - 1].trust <= scene.reasons[i].trust);
    }
    trk_navigator_destroy(navigator);
}

/* What is true of a sender is listed once; what is true of a marker, or of another sender, is
 * listed of each. */
static void test_one_cause_one_line(void **state)
{
    (void)state;
    struct trk_config config = fixture_config();
    config.limits.require_status = true;
    struct trk_navigator *navigator = fixture_navigator(&config);
    struct nav_scene scene;
    for (uint32_t device = 0; device <= REFERENCE; ++device) {
        struct nav_pose_sample sample = fixture_sample(device, fixture_t0, fixture_utc, 1.0);
        sample.source = device == PROBE ? 1 : 0;
        sample.status = NAV_SENDER_UNSTATED;
        sample.error_mm = 0.75f;
        assert_int_equal(trk_navigator_push(navigator, &sample), NAV_OK);
    }
    fixture_scene(navigator, 0, &scene);
    const struct {
        enum nav_reason reason;
        int32_t tool;
    } rows[] = {
        {NAV_REASON_SENDER_UNVERIFIED, NAV_SUBJECT_NONE},
        {NAV_REASON_SENDER_UNVERIFIED, PROBE},
        {NAV_REASON_FIT_ERROR, NAV_SUBJECT_NONE},
        {NAV_REASON_FIT_ERROR, STYLUS},
        {NAV_REASON_FIT_ERROR, PROBE},
    };
    assert_int_equal(scene.reason_count, 5);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); ++i) {
        assert_named(scene.reasons[i].reason, rows[i].reason, nav_reason_name);
        assert_int_equal(scene.reasons[i].tool, rows[i].tool);
    }
    trk_navigator_destroy(navigator);
}

static void test_more_reasons_than_places(void **state)
{
    (void)state;
    struct trk_config config = fixture_config();
    config.limits.require_status = true;
    config.tool_count = NAV_TOOLS_MAX;
    for (uint32_t i = 0; i < NAV_TOOLS_MAX; ++i) {
        config.tools[i] = config.tools[0];
        (void)snprintf(config.tools[i].device, NAV_NAME_SIZE, "Tool%uToTracker", i);
    }
    struct trk_navigator *navigator = fixture_navigator(&config);
    struct nav_scene scene;
    for (uint32_t i = 0; i <= NAV_TOOLS_MAX; ++i) {
        struct nav_pose_sample sample = fixture_sample(i, fixture_t0, fixture_utc, 1.0);
        sample.status = i < NAV_TOOLS_MAX ? NAV_SENDER_UNSTATED : NAV_SENDER_OK;
        sample.error_mm = 0.75f;
        assert_int_equal(trk_navigator_push(navigator, &sample), NAV_OK);
    }
    fixture_scene(navigator, 0, &scene);
    assert_trust(&scene, NAV_TRUST_CAUTION);
    assert_int_equal(scene.reason_count, NAV_REASONS_MAX);
    assert_named(scene.reasons[NAV_REASONS_MAX - 1].reason, NAV_REASON_OVERFLOW, nav_reason_name);
    assert_int_equal(scene.reasons[NAV_REASONS_MAX - 1].tool, NAV_SUBJECT_NONE);
    assert_int_equal(scene.reasons[NAV_REASONS_MAX - 1].trust, NAV_TRUST_CAUTION);
    trk_navigator_destroy(navigator);
}

/* -------------------------------------------------------------------------- senders' clocks */

static void test_clock_jumps(void **state)
{
    (void)state;
    static const struct {
        int64_t step_ns;
        bool flagged;
    } rows[] = {
        {3600 * NAV_NS_PER_S, true},
        {-3600 * NAV_NS_PER_S, true},
        {NAV_NS_PER_S, true},
        {-NAV_NS_PER_S, true},
        {60 * MS, true},
        {-80 * MS, true},
        {20 * MS, false},
        {-10 * MS, false},
        {-1700000000 * NAV_NS_PER_S + 1, true}, /* a counter that wrapped */
    };
    const struct trk_config config = fixture_config();
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); ++i) {
        struct trk_navigator *navigator = fixture_navigator(&config);
        struct nav_scene scene;
        for (int frame = 0; frame < 300; ++frame) {
            const int64_t at_ns = frame * 16 * MS;
            const int64_t step_ns = frame >= 50 ? rows[i].step_ns : 0;
            for (uint32_t device = 0; device <= REFERENCE; ++device) {
                const struct nav_pose_sample sample =
                    fixture_sample(device, fixture_t0 + at_ns, fixture_utc + at_ns + step_ns,
                                   (double)at_ns * 1e-9);
                assert_int_equal(trk_navigator_push(navigator, &sample), NAV_OK);
            }
            fixture_scene(navigator, at_ns, &scene);
            assert_int_equal(scene.tools[STYLUS].has_pose, 1); /* never frozen */
            assert_int_equal(scene.tools[STYLUS].age_ns, 0);
            assert_int_equal(scene.tools[PROBE].has_pose, 1);
            if (frame < 50 || !rows[i].flagged || frame > 50 + 2000 / 16 + 1) {
                assert_trust(&scene, NAV_TRUST_OK);
            } else if (frame <= 50 + 2000 / 16 - 1) {
                assert_trust(&scene, NAV_TRUST_CAUTION);
                assert_reason(&scene, NAV_REASON_CLOCK_JUMP, NAV_SUBJECT_NONE, NAV_TRUST_CAUTION);
                assert_int_equal(scene.reason_count, 1); /* one sender, one cause, one line */
                assert_tool(&scene, PROBE, NAV_TOOL_TRACKED, NAV_REASON_CLOCK_JUMP);
            }
        }
        trk_navigator_destroy(navigator);
    }
}

/* Put back by little more than the time between two samples: refused as old until the stamps pass
 * the last one, then late; shown again well before the withholding age. */
static void test_clock_put_back_a_little(void **state)
{
    (void)state;
    const struct trk_config config = fixture_config();
    struct trk_navigator *navigator = fixture_navigator(&config);
    struct nav_scene scene;
    int refused = 0;
    for (int frame = 0; frame < 300; ++frame) {
        const int64_t at_ns = frame * 16 * MS;
        const int64_t step_ns = frame >= 50 ? -60 * MS : 0;
        for (uint32_t device = 0; device <= REFERENCE; ++device) {
            const struct nav_pose_sample sample = fixture_sample(
                device, fixture_t0 + at_ns, fixture_utc + at_ns + step_ns, (double)at_ns * 1e-9);
            const enum nav_status status = trk_navigator_push(navigator, &sample);
            assert_true(status == NAV_OK || status == NAV_ERR_STALE);
            refused += status != NAV_OK;
        }
        fixture_scene(navigator, at_ns, &scene);
        assert_tool(&scene, STYLUS, NAV_TOOL_TRACKED,
                    frame < 53 || frame > 178 ? NAV_REASON_NONE : NAV_REASON_CLOCK_JUMP);
    }
    assert_int_equal(refused, 3 * 3);
    trk_navigator_destroy(navigator);
}

/* After a clock was put back its earlier stamps, now in the future, take no part in any join. */
static void test_old_stamps_after_a_clock_was_put_back(void **state)
{
    (void)state;
    const struct trk_config config = fixture_config();
    struct trk_navigator *navigator = fixture_navigator(&config);
    struct nav_scene scene;
    fixture_frame(navigator, 0);
    const int64_t hour_ns = 3600 * NAV_NS_PER_S;
    const struct nav_pose_sample tool =
        fixture_sample(STYLUS, fixture_t0 + 16 * MS, fixture_utc + 16 * MS - hour_ns, 1.0);
    const struct nav_pose_sample reference =
        fixture_sample(REFERENCE, fixture_t0 + 21 * MS, fixture_utc + 21 * MS - hour_ns, 1.0);
    assert_int_equal(trk_navigator_push(navigator, &tool), NAV_OK);
    assert_int_equal(trk_navigator_push(navigator, &reference), NAV_OK);
    fixture_scene(navigator, 21 * MS, &scene);
    assert_true(scene.tools[STYLUS].device_ns == tool.device_ns);
    assert_tool_equals(&scene.tools[STYLUS], &config.tools[STYLUS],
                       expected_tool(&tool, &reference));
    trk_navigator_destroy(navigator);
}

static void test_small_reordering_is_refused(void **state)
{
    (void)state;
    const struct trk_config config = fixture_config();
    struct trk_navigator *navigator = fixture_navigator(&config);
    struct nav_scene scene;
    fixture_frame(navigator, 0);
    fixture_frame(navigator, 48 * MS);
    const struct nav_pose_sample old =
        fixture_sample(STYLUS, fixture_t0 + 49 * MS, fixture_utc + 32 * MS, 0.5);
    assert_int_equal(trk_navigator_push(navigator, &old), NAV_ERR_STALE);
    fixture_scene(navigator, 49 * MS, &scene);
    assert_int_equal(scene.tools[STYLUS].device_ns, fixture_utc + 48 * MS);
    assert_trust(&scene, NAV_TRUST_OK);

    /* without stamps, an earlier arrival is as old */
    struct nav_pose_sample earlier = fixture_sample(STYLUS, fixture_t0 + 47 * MS, 0, 0.5);
    assert_int_equal(trk_navigator_push(navigator, &earlier), NAV_ERR_STALE);
    trk_navigator_destroy(navigator);
}

/* ------------------------------------------------------------------------------------- peers */

static struct nav_scene_peer peer_in(uint32_t slot, const char *address)
{
    struct nav_scene_peer peer = {.slot = slot};
    memset(peer.address, 'x', sizeof(peer.address)); /* what follows the text is not ours */
    (void)snprintf(peer.address, sizeof(peer.address), "%s", address);
    return peer;
}

static void test_link_down(void **state)
{
    (void)state;
    const struct trk_config config = fixture_config();
    struct trk_navigator *navigator = fixture_navigator(&config);
    struct nav_scene scene;
    const struct nav_scene_peer peer = peer_in(0, "127.0.0.1:5000");
    trk_navigator_set_peers(navigator, NULL, 0, 0);
    fixture_scene(navigator, 0, &scene);
    assert_reason(&scene, NAV_REASON_NO_PEER, NAV_SUBJECT_NONE, NAV_TRUST_WITHHELD);

    trk_navigator_set_peers(navigator, &peer, 1, 1);
    fixture_frame(navigator, 0);
    fixture_scene(navigator, 0, &scene);
    assert_trust(&scene, NAV_TRUST_OK);
    assert_int_equal(scene.peer_count, 1);
    assert_string_equal(scene.peers[0].address, "127.0.0.1:5000");
    assert_int_equal(scene.peers[0].address[NAV_NAME_SIZE - 1], 0);

    trk_navigator_set_peers(navigator, NULL, 0, 0);
    fixture_scene(navigator, 50 * MS, &scene);
    assert_tool(&scene, STYLUS, NAV_TOOL_TRACKED, NAV_REASON_LINK_DOWN);
    assert_trust(&scene, NAV_TRUST_CAUTION);
    fixture_scene(navigator, 251 * MS, &scene);
    assert_tool(&scene, STYLUS, NAV_TOOL_LOST, NAV_REASON_LINK_DOWN);
    assert_named(scene.reference.reason, NAV_REASON_LINK_DOWN, nav_reason_name);
    assert_trust(&scene, NAV_TRUST_WITHHELD);
    assert_false(
        fixture_has_reason(&scene, NAV_REASON_NO_PEER, NAV_SUBJECT_NONE, NAV_TRUST_WITHHELD));

    /* another peer takes its place: told apart by the address, though the slot is the same */
    const struct nav_scene_peer next = peer_in(0, "127.0.0.1:5001");
    trk_navigator_set_peers(navigator, &next, 1, 1);
    fixture_scene(navigator, 260 * MS, &scene);
    assert_tool(&scene, STYLUS, NAV_TOOL_LOST, NAV_REASON_LINK_DOWN);
    for (int frame = 0; frame < 5; ++frame) { /* its clock is another one: no jump */
        for (uint32_t device = 0; device <= REFERENCE; device += REFERENCE) {
            const int64_t at_ns = (300 + 16 * frame) * MS;
            const struct nav_pose_sample sample =
                fixture_sample(device, fixture_t0 + at_ns, at_ns, (double)frame);
            assert_int_equal(trk_navigator_push(navigator, &sample), NAV_OK);
        }
    }
    fixture_scene(navigator, 364 * MS, &scene);
    assert_tool(&scene, STYLUS, NAV_TOOL_TRACKED, NAV_REASON_NONE);
    assert_trust(&scene, NAV_TRUST_OK);

    /* while not all peers are listed nobody is said to be gone */
    trk_navigator_set_peers(navigator, NULL, 0, 3);
    fixture_scene(navigator, 364 * MS, &scene);
    assert_tool(&scene, STYLUS, NAV_TOOL_TRACKED, NAV_REASON_NONE);
    assert_int_equal(scene.peers_total, 3);

    /* the sender's "not visible" is overtaken by the loss of the link */
    fixture_push_status(navigator, STYLUS, 380 * MS, NAV_SENDER_MISSING);
    trk_navigator_set_peers(navigator, NULL, 0, 0);
    fixture_scene(navigator, 380 * MS, &scene);
    assert_tool(&scene, STYLUS, NAV_TOOL_LOST, NAV_REASON_LINK_DOWN);
    trk_navigator_destroy(navigator);
}

static void test_replaced_peer_is_noticed(void **state)
{
    (void)state;
    const struct trk_config config = fixture_config();
    struct trk_navigator *navigator = fixture_navigator(&config);
    struct nav_scene scene;
    const struct nav_scene_peer peer = peer_in(0, "127.0.0.1:5000");
    const struct nav_scene_peer next = peer_in(0, "127.0.0.1:5001");
    trk_navigator_set_peers(navigator, &peer, 1, 1);
    fixture_frame(navigator, 0);
    trk_navigator_set_peers(navigator, &peer, 1, 1);
    fixture_scene(navigator, 0, &scene);
    assert_tool(&scene, STYLUS, NAV_TOOL_TRACKED, NAV_REASON_NONE);
    trk_navigator_set_peers(navigator, &next, 1, 1); /* the same slot */
    fixture_scene(navigator, 0, &scene);
    assert_tool(&scene, STYLUS, NAV_TOOL_TRACKED, NAV_REASON_LINK_DOWN);
    trk_navigator_destroy(navigator);
}

static void test_too_many_peers(void **state)
{
    (void)state;
    const struct trk_config config = fixture_config();
    struct trk_navigator *navigator = fixture_navigator(&config);
    struct nav_scene scene;
    struct nav_scene_peer peers[NAV_PEERS_MAX + 4];
    for (uint32_t i = 0; i < NAV_PEERS_MAX + 4; ++i) {
        peers[i] = peer_in(i, "127.0.0.1:5000");
    }
    trk_navigator_set_peers(navigator, peers, NAV_PEERS_MAX + 4, NAV_PEERS_MAX + 4);
    fixture_scene(navigator, 0, &scene);
    assert_int_equal(scene.peer_count, NAV_PEERS_MAX);
    assert_int_equal(scene.peers_total, NAV_PEERS_MAX + 4);
    trk_navigator_destroy(navigator);
}

static void test_second_sender_is_refused(void **state)
{
    (void)state;
    const struct trk_config config = fixture_config();
    struct trk_navigator *navigator = fixture_navigator(&config);
    struct nav_scene scene;
    fixture_frame(navigator, 0);
    struct nav_pose_sample other =
        fixture_sample(STYLUS, fixture_t0 + 8 * MS, fixture_utc + 8 * MS, 9.0);
    other.source = 1;
    assert_int_equal(trk_navigator_push(navigator, &other), NAV_ERR_REFUSED);
    other.status = NAV_SENDER_MISSING; /* nor may it blank the tool */
    assert_int_equal(trk_navigator_push(navigator, &other), NAV_ERR_REFUSED);
    fixture_frame(navigator, 16 * MS);
    fixture_scene(navigator, 16 * MS, &scene);
    assert_tool(&scene, STYLUS, NAV_TOOL_TRACKED, NAV_REASON_DUPLICATE_SENDER);
    assert_trust(&scene, NAV_TRUST_CAUTION);
    assert_int_equal(scene.tools[STYLUS].accepted, 2);
    assert_int_equal(scene.tools[STYLUS].rejected, 0);

    /* silent for longer than the withholding age: the device is free */
    other.status = NAV_SENDER_OK;
    other.arrival_ns = fixture_t0 + 266 * MS;
    other.device_ns = fixture_utc + 266 * MS;
    assert_int_equal(trk_navigator_push(navigator, &other), NAV_ERR_REFUSED);
    other.arrival_ns = fixture_t0 + 267 * MS;
    other.device_ns = fixture_utc + 267 * MS;
    assert_int_equal(trk_navigator_push(navigator, &other), NAV_OK);
    trk_navigator_destroy(navigator);
}

static void test_gone_sender_frees_its_devices(void **state)
{
    (void)state;
    const struct trk_config config = fixture_config();
    struct trk_navigator *navigator = fixture_navigator(&config);
    const struct nav_scene_peer peers[2] = {peer_in(0, "a:1"), peer_in(1, "b:1")};
    trk_navigator_set_peers(navigator, peers, 2, 2);
    fixture_frame(navigator, 0);
    trk_navigator_set_peers(navigator, &peers[1], 1, 1);
    struct nav_pose_sample other =
        fixture_sample(STYLUS, fixture_t0 + 8 * MS, fixture_utc + 8 * MS, 9.0);
    other.source = 1;
    assert_int_equal(trk_navigator_push(navigator, &other), NAV_OK);
    trk_navigator_destroy(navigator);
}

/* ---------------------------------------------------------------------------------- contract */

static void test_bad_configurations(void **state)
{
    (void)state;
    static const char *const changes[] = {
        "no tool",
        "too many tools",
        "tool without device",
        "two of one name",
        "tool=reference",
        "no reference",
        "axis",
        "tip",
        "registration",
        "withhold",
        "caution 0",
        "join 0",
        "tolerance NaN",
        "range inf",
        "return 0",
        "name without end",
    };
    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); ++i) {
        struct trk_config config = fixture_config();
        switch (i) {
        case 0:
            config.tool_count = 0;
            break;
        case 1:
            config.tool_count = NAV_TOOLS_MAX + 1;
            break;
        case 2:
            config.tools[1].device[0] = '\0';
            break;
        case 3:
            memcpy(config.tools[1].device, config.tools[0].device, NAV_NAME_SIZE);
            break;
        case 4:
            memcpy(config.tools[1].device, config.reference_device, NAV_NAME_SIZE);
            break;
        case 5:
            config.reference_device[0] = '\0';
            break;
        case 6:
            config.tools[0].axis[2] = 1.0 + 2e-6;
            break;
        case 7:
            config.tools[0].tip_mm[0] = (double)NAN;
            break;
        case 8:
            config.T_image_reference.q[0] = 2.0;
            break;
        case 9:
            config.limits.withhold_age_ns = config.limits.caution_age_ns - 1;
            break;
        case 10:
            config.limits.caution_age_ns = 0;
            break;
        case 11:
            config.limits.join_max_ns = 0;
            break;
        case 12:
            config.limits.rigid_tolerance = (double)NAN;
            break;
        case 13:
            config.limits.translation_max_mm = (double)INFINITY;
            break;
        case 14:
            config.limits.return_frames = 0;
            break;
        default:
            memset(config.tools[0].device, 'a', NAV_NAME_SIZE);
            break;
        }
        struct trk_navigator *navigator = NULL;
        if (trk_navigator_create(&config, &navigator) != NAV_ERR_ARGUMENT || navigator != NULL) {
            fail_msg("accepted: %s", changes[i]);
        }
    }
    trk_navigator_destroy(NULL);
}

static void test_devices_by_name(void **state)
{
    (void)state;
    const struct trk_config config = fixture_config();
    struct trk_navigator *navigator = fixture_navigator(&config);
    assert_int_equal(trk_navigator_find_device(navigator, "StylusToTracker", 15), STYLUS);
    assert_int_equal(trk_navigator_find_device(navigator, "ProbeToTracker", 14), PROBE);
    assert_int_equal(trk_navigator_find_device(navigator, "ReferenceToTracker", 18), REFERENCE);
    assert_int_equal(trk_navigator_find_device(navigator, "StylusToTracker", 14), TRK_NO_DEVICE);
    assert_int_equal(trk_navigator_find_device(navigator, "stylusToTracker", 15), TRK_NO_DEVICE);
    assert_int_equal(trk_navigator_find_device(navigator, "", 0), TRK_NO_DEVICE);
    struct nav_pose_sample sample = fixture_sample(3, fixture_t0, 0, 0.0);
    assert_int_equal(trk_navigator_push(navigator, &sample), NAV_ERR_ARGUMENT);
    sample.device = TRK_NO_DEVICE;
    assert_int_equal(trk_navigator_push(navigator, &sample), NAV_ERR_ARGUMENT);
    trk_navigator_destroy(navigator);
}

static void test_head_of_the_scene(void **state)
{
    (void)state;
    const struct trk_config config = fixture_config();
    struct trk_navigator *navigator = fixture_navigator(&config);
    struct nav_scene scene;
    memset(&scene, 0xee, sizeof(scene));
    fixture_frame(navigator, 10 * MS);
    fixture_scene(navigator, 0, &scene); /* earlier than the newest sample */
    assert_int_equal(scene.version, NAV_SCENE_VERSION);
    assert_int_equal(scene.size, sizeof(scene));
    assert_int_equal(scene.seq, 0);
    assert_true(scene.time_ns == fixture_t0 + 10 * MS);
    assert_true(scene.utc_ns == fixture_utc);
    assert_int_equal(scene.tools[STYLUS].age_ns, 0);
    assert_true(scene.case_id == config.case_id);
    assert_int_equal(scene.mode, NAV_MODE_LIVE);
    assert_string_equal(scene.pseudonym, "PHANTOM-01");
    assert_string_equal(scene.case_name, "Fixture");
    assert_string_equal(scene.tools[PROBE].name, "Probe");
    assert_string_equal(scene.tools[PROBE].device, "ProbeToTracker");
    assert_string_equal(scene.reference.device, "ReferenceToTracker");
    assert_string_equal(scene.registration.source, "fixture");
    assert_near(scene.registration.fre_mm, 0.4, 0.0);
    assert_int_equal(scene.caution_ns, 100 * MS);
    assert_int_equal(scene.withhold_ns, 250 * MS);
    assert_int_equal(scene.pose_count, 2);
    assert_true(scene.pose_arrival_ns == fixture_t0 + 10 * MS);
    trk_navigator_destroy(navigator);
}

/* ------------------------------------------------------ a registration that comes and is doubted
 */

static struct trk_registration_in_force anew(int64_t at_ns)
{
    return (struct trk_registration_in_force){
        .T_image_reference = {.q = {0.0, 0.0, 0.0, 1.0}, .t_mm = {1.0, 2.0, 3.0}},
        .source = "six landmarks",
        .fre_mm = 0.3,
        .tre_mm = 0.7,
        .accepted = true,
        .at_ns = fixture_t0 + at_ns,
    };
}

static void test_registration_comes_live(void **state)
{
    (void)state;
    struct trk_config config = fixture_config();
    config.has_registration = false;
    struct trk_navigator *navigator = fixture_navigator(&config);
    struct nav_scene scene;
    struct nav_pose pose;
    fixture_frame(navigator, 0);
    fixture_scene(navigator, 0, &scene);
    assert_trust(&scene, NAV_TRUST_WITHHELD);
    assert_tool(&scene, STYLUS, NAV_TOOL_TRACKED, NAV_REASON_NO_REGISTRATION);
    assert_int_equal(scene.registration.present, 0);
    assert_false(trk_navigator_registration(navigator, &pose));
    assert_int_equal(trk_navigator_note_check(navigator, fixture_t0, 0.1), NAV_ERR_REFUSED);

    /* a refused attempt is said; neither it nor what is no pose comes into force */
    trk_navigator_note_refused(navigator, true);
    struct trk_registration_in_force bad = anew(0);
    bad.accepted = false;
    assert_int_equal(trk_navigator_set_registration(navigator, &bad), NAV_ERR_REFUSED);
    bad = anew(0);
    bad.T_image_reference.q[3] = 0.5;
    assert_int_equal(trk_navigator_set_registration(navigator, &bad), NAV_ERR_ARGUMENT);
    fixture_scene(navigator, 0, &scene);
    assert_reason(&scene, NAV_REASON_NO_REGISTRATION, NAV_SUBJECT_NONE, NAV_TRUST_WITHHELD);
    assert_reason(&scene, NAV_REASON_REGISTRATION_REFUSED, NAV_SUBJECT_NONE, NAV_TRUST_WITHHELD);

    const struct trk_registration_in_force good = anew(0);
    assert_int_equal(trk_navigator_set_registration(navigator, &good), NAV_OK);
    fixture_scene(navigator, 0, &scene);
    assert_trust(&scene, NAV_TRUST_OK);
    assert_int_equal(scene.registration.accepted, 1);
    assert_int_equal(scene.registration.overridden, 0);
    assert_string_equal(scene.registration.source, "six landmarks");
    assert_near(scene.registration.tre_mm, 0.7, 0.0);

    /* the pose shown is the one of a case that had this registration from the start */
    struct trk_config same = fixture_config();
    same.T_image_reference = good.T_image_reference;
    struct trk_navigator *other = fixture_navigator(&same);
    struct nav_scene wanted;
    fixture_frame(other, 0);
    fixture_scene(other, 0, &wanted);
    assert_memory_equal(&scene.tools[STYLUS], &wanted.tools[STYLUS], sizeof(wanted.tools[STYLUS]));
    trk_navigator_destroy(other);
    trk_navigator_destroy(navigator);
}

static void test_override_is_always_shown(void **state)
{
    (void)state;
    const struct trk_config config = fixture_config();
    struct trk_navigator *navigator = fixture_navigator(&config);
    struct nav_scene scene;
    struct trk_registration_in_force forced = anew(0);
    forced.accepted = false;
    forced.overridden = true;
    assert_int_equal(trk_navigator_set_registration(navigator, &forced), NAV_OK);
    fixture_frame(navigator, 0);
    assert_int_equal(trk_navigator_note_check(navigator, fixture_t0, 0.1), NAV_OK);
    fixture_scene(navigator, 0, &scene);
    assert_trust(&scene, NAV_TRUST_CAUTION);
    assert_reason(&scene, NAV_REASON_REGISTRATION_OVERRIDE, NAV_SUBJECT_NONE, NAV_TRUST_CAUTION);
    assert_int_equal(scene.registration.overridden, 1);
    assert_int_equal(scene.registration.accepted, 0);
    trk_navigator_destroy(navigator);
}

static void test_drift_withholds(void **state)
{
    (void)state;
    const struct trk_config config = fixture_config();
    struct trk_navigator *navigator = fixture_navigator(&config);
    struct nav_scene scene;
    fixture_frame(navigator, 0);
    fixture_scene(navigator, 0, &scene);
    assert_true(isnan(scene.registration.last_check_mm));
    assert_int_equal(trk_navigator_note_check(navigator, fixture_t0, 1.2), NAV_OK);
    fixture_scene(navigator, 0, &scene);
    assert_trust(&scene, NAV_TRUST_CAUTION);
    assert_reason(&scene, NAV_REASON_REGISTRATION_DRIFT, NAV_SUBJECT_NONE, NAV_TRUST_CAUTION);
    assert_int_equal(scene.tools[STYLUS].has_pose, 1);

    assert_int_equal(trk_navigator_note_check(navigator, fixture_t0 + 1, 2.2), NAV_OK);
    fixture_scene(navigator, 0, &scene);
    assert_trust(&scene, NAV_TRUST_WITHHELD);
    assert_reason(&scene, NAV_REASON_REGISTRATION_DRIFT, NAV_SUBJECT_NONE, NAV_TRUST_WITHHELD);
    assert_tool(&scene, STYLUS, NAV_TOOL_TRACKED, NAV_REASON_REGISTRATION_DRIFT);
    assert_int_equal(scene.tools[STYLUS].has_pose, 0);
    assert_true(isnan(scene.tools[STYLUS].tip_image_mm[0]));
    assert_int_equal(scene.registration.checks, 2);
    assert_near(scene.registration.last_check_mm, 2.2, 0.0);
    assert_int_equal(scene.registration.last_check_ns, fixture_t0 + 1);

    /* a new registration begins without the old one's checks */
    const struct trk_registration_in_force good = anew(0);
    assert_int_equal(trk_navigator_set_registration(navigator, &good), NAV_OK);
    fixture_scene(navigator, 0, &scene);
    assert_trust(&scene, NAV_TRUST_OK);
    assert_int_equal(scene.registration.checks, 0);
    trk_navigator_destroy(navigator);
}

static void test_unchecked_registration(void **state)
{
    (void)state;
    struct trk_config config = fixture_config();
    config.limits.registration_check_ns = 60 * NAV_NS_PER_S;
    struct trk_navigator *navigator = fixture_navigator(&config);
    struct nav_scene scene;
    static const struct {
        int64_t at_ns;
        bool said;
    } rows[] = {{0, false}, {60000 * MS, false}, {60001 * MS, true}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); ++i) {
        fixture_frame(navigator, rows[i].at_ns);
        for (int k = 1; k <= 6; ++k) {
            fixture_frame(navigator, rows[i].at_ns + k);
        }
        fixture_scene(navigator, rows[i].at_ns, &scene);
        assert_int_equal(fixture_has_reason(&scene, NAV_REASON_REGISTRATION_UNCHECKED,
                                            NAV_SUBJECT_NONE, NAV_TRUST_CAUTION),
                         rows[i].said);
    }
    assert_int_equal(trk_navigator_note_check(navigator, fixture_t0 + 60001 * MS, 0.5), NAV_OK);
    fixture_scene(navigator, 60002 * MS, &scene);
    assert_trust(&scene, NAV_TRUST_OK);
    trk_navigator_destroy(navigator);
}

/* ------------------------------------------------------------------- tips for landmarks */

static bool tip_next(const struct trk_navigator *navigator, struct trk_tip_cursor *cursor,
                     int64_t now_ns, struct trk_tip_sample *out_sample)
{
    return trk_navigator_tip_next(navigator, cursor, fixture_t0 + now_ns, out_sample);
}

static void test_every_pose_gives_one_tip(void **state)
{
    (void)state;
    const struct trk_config config = fixture_config();
    struct trk_navigator *navigator = fixture_navigator(&config);
    struct trk_tip_cursor cursor;
    struct trk_tip_sample sample;
    assert_int_equal(trk_navigator_tip_start(navigator, 2, &cursor), NAV_ERR_ARGUMENT);
    for (int i = 0; i < 10; ++i) {
        fixture_frame(navigator, i * 16 * MS);
    }
    assert_int_equal(trk_navigator_tip_start(navigator, STYLUS, &cursor), NAV_OK);
    assert_false(tip_next(navigator, &cursor, 150 * MS, &sample)); /* what was before is over */
    for (int i = 10; i < 15; ++i) {
        fixture_frame(navigator, i * 16 * MS);
    }
    for (int i = 10; i < 15; ++i) {
        assert_true(tip_next(navigator, &cursor, 240 * MS, &sample));
        assert_true(sample.visible);
        assert_int_equal(sample.arrival_ns, fixture_t0 + i * 16 * MS);
        /* the image's tip of that instant, by plain matrices */
        const double phase = (double)(i * 16 * MS) * 1e-9;
        const struct nav_pose_sample tool = fixture_sample(STYLUS, 0, 0, phase);
        const struct nav_pose_sample reference = fixture_sample(REFERENCE, 0, 0, phase);
        const struct matrix T_image_tool = expected_tool(&tool, &reference);
        double tip[3];
        nav_pose_apply(&config.T_image_reference, sample.tip_mm, tip);
        for (int k = 0; k < 3; ++k) {
            double wanted = T_image_tool.m[k][3];
            for (int j = 0; j < 3; ++j) {
                wanted += T_image_tool.m[k][j] * config.tools[STYLUS].tip_mm[j];
            }
            assert_near(tip[k], wanted, 1e-6);
        }
    }
    assert_false(tip_next(navigator, &cursor, 240 * MS, &sample));
    trk_navigator_destroy(navigator);
}

static void test_tip_waits_for_its_reference(void **state)
{
    (void)state;
    const struct trk_config config = fixture_config();
    struct trk_navigator *navigator = fixture_navigator(&config);
    struct trk_tip_cursor cursor;
    struct trk_tip_sample sample;
    fixture_frame(navigator, 0);
    assert_int_equal(trk_navigator_tip_start(navigator, STYLUS, &cursor), NAV_OK);
    fixture_push(navigator, STYLUS, 16 * MS);
    assert_false(tip_next(navigator, &cursor, 16 * MS, &sample));
    assert_false(tip_next(navigator, &cursor, 36 * MS, &sample));
    struct trk_tip_cursor patient = cursor;
    assert_true(tip_next(navigator, &cursor, 37 * MS, &sample)); /* what there is: 16 ms apart */
    assert_true(sample.visible);
    fixture_push(navigator, REFERENCE, 16 * MS);
    struct trk_tip_sample joined;
    assert_true(tip_next(navigator, &patient, 20 * MS, &joined));
    assert_true(joined.visible);
    assert_true(fabs(joined.tip_mm[0] - sample.tip_mm[0]) > 1e-6);

    /* a reference that is live, but of another instant, is none */
    fixture_push(navigator, STYLUS, 60 * MS);
    assert_true(tip_next(navigator, &cursor, 81 * MS, &sample));
    assert_false(sample.visible);
    trk_navigator_destroy(navigator);
}

static void test_tip_of_what_was_lost(void **state)
{
    (void)state;
    const struct trk_config config = fixture_config();
    struct trk_navigator *navigator = fixture_navigator(&config);
    struct trk_tip_cursor cursor;
    struct trk_tip_sample sample;
    assert_int_equal(trk_navigator_tip_start(navigator, STYLUS, &cursor), NAV_OK);
    assert_true(tip_next(navigator, &cursor, 0, &sample)); /* never seen */
    assert_false(sample.visible);
    fixture_frame(navigator, 0);
    assert_int_equal(trk_navigator_tip_start(navigator, STYLUS, &cursor), NAV_OK);
    int64_t at_ns = 0;
    for (int i = 0; i < NAV_HISTORY_MAX + 10; ++i) { /* more than are kept */
        at_ns += MS;
        fixture_frame(navigator, at_ns);
    }
    assert_true(tip_next(navigator, &cursor, at_ns, &sample));
    assert_false(sample.visible);
    fixture_frame(navigator, at_ns + MS);
    assert_true(tip_next(navigator, &cursor, at_ns + MS, &sample));
    assert_true(sample.visible);
    /* the reference is hidden: the tool's poses are of no use */
    fixture_push(navigator, STYLUS, at_ns + 2 * MS);
    fixture_push_status(navigator, REFERENCE, at_ns + 2 * MS, NAV_SENDER_MISSING);
    assert_true(tip_next(navigator, &cursor, at_ns + 2 * MS, &sample));
    assert_false(sample.visible);
    trk_navigator_destroy(navigator);
}

static void test_badly_fitted_tip_is_not_taken(void **state)
{
    (void)state;
    static const struct {
        uint32_t device;
        float error_mm;
        bool visible;
    } rows[] = {
        {STYLUS, 0.5f, true},     {STYLUS, 0.6f, false},      {REFERENCE, 0.5f, true},
        {REFERENCE, 0.6f, false}, {STYLUS, (float)NAN, true},
    };
    const struct trk_config config = fixture_config();
    struct trk_navigator *navigator = fixture_navigator(&config);
    struct trk_tip_cursor cursor;
    struct trk_tip_sample sample;
    fixture_frame(navigator, 0);
    assert_int_equal(trk_navigator_tip_start(navigator, STYLUS, &cursor), NAV_OK);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); ++i) {
        const int64_t at_ns = (int64_t)(i + 1) * 16 * MS;
        for (uint32_t device = STYLUS; device <= REFERENCE; device += REFERENCE) {
            struct nav_pose_sample pose = fixture_sample(device, fixture_t0 + at_ns,
                                                         fixture_utc + at_ns, (double)at_ns * 1e-9);
            pose.error_mm = device == rows[i].device ? rows[i].error_mm : 0.1f;
            assert_int_equal(trk_navigator_push(navigator, &pose), NAV_OK);
        }
        assert_true(tip_next(navigator, &cursor, at_ns, &sample));
        assert_int_equal(sample.visible, rows[i].visible);
    }
    trk_navigator_destroy(navigator);
}

static void test_late_tip_is_not_taken(void **state)
{
    (void)state;
    const struct trk_config config = fixture_config();
    struct trk_navigator *navigator = fixture_navigator(&config);
    struct trk_tip_cursor cursor;
    struct trk_tip_sample sample;
    for (int i = 0; i < 20; ++i) {
        fixture_frame(navigator, i * 16 * MS);
    }
    assert_int_equal(trk_navigator_tip_start(navigator, STYLUS, &cursor), NAV_OK);
    for (uint32_t device = STYLUS; device <= REFERENCE; device += REFERENCE) {
        /* held up on its way by 80 ms */
        const struct nav_pose_sample late =
            fixture_sample(device, fixture_t0 + 400 * MS, fixture_utc + 320 * MS, 0.4);
        assert_int_equal(trk_navigator_push(navigator, &late), NAV_OK);
    }
    assert_true(tip_next(navigator, &cursor, 400 * MS, &sample));
    assert_false(sample.visible);
    trk_navigator_destroy(navigator);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tip_equals_plain_matrices),
        cmocka_unit_test(test_states_follow_the_age),
        cmocka_unit_test(test_senders_word_withholds_at_once),
        cmocka_unit_test(test_tool_that_is_never_visible),
        cmocka_unit_test(test_unstated_validity),
        cmocka_unit_test(test_fit_error_limits),
        cmocka_unit_test(test_rejected_samples_refresh_nothing),
        cmocka_unit_test(test_frozen_time_stamp),
        cmocka_unit_test(test_repeats_and_identity),
        cmocka_unit_test(test_return_needs_proof),
        cmocka_unit_test(test_flicker_stays_withheld),
        cmocka_unit_test(test_rejection_restarts_the_proof),
        cmocka_unit_test(test_short_silence_is_shown),
        cmocka_unit_test(test_nothing_from_before_a_drop_out),
        cmocka_unit_test(test_reference_only_is_lost),
        cmocka_unit_test(test_reference_only_is_delayed),
        cmocka_unit_test(test_half_a_frame),
        cmocka_unit_test(test_slow_reference_is_interpolated),
        cmocka_unit_test(test_no_stamps_join_by_arrival),
        cmocka_unit_test(test_relative_to_reference_and_no_reference),
        cmocka_unit_test(test_no_registration),
        cmocka_unit_test(test_verdict_weighs_the_tools),
        cmocka_unit_test(test_one_cause_one_line),
        cmocka_unit_test(test_more_reasons_than_places),
        cmocka_unit_test(test_clock_jumps),
        cmocka_unit_test(test_clock_put_back_a_little),
        cmocka_unit_test(test_old_stamps_after_a_clock_was_put_back),
        cmocka_unit_test(test_small_reordering_is_refused),
        cmocka_unit_test(test_link_down),
        cmocka_unit_test(test_replaced_peer_is_noticed),
        cmocka_unit_test(test_too_many_peers),
        cmocka_unit_test(test_second_sender_is_refused),
        cmocka_unit_test(test_gone_sender_frees_its_devices),
        cmocka_unit_test(test_bad_configurations),
        cmocka_unit_test(test_devices_by_name),
        cmocka_unit_test(test_head_of_the_scene),
        cmocka_unit_test(test_registration_comes_live),
        cmocka_unit_test(test_override_is_always_shown),
        cmocka_unit_test(test_drift_withholds),
        cmocka_unit_test(test_unchecked_registration),
        cmocka_unit_test(test_every_pose_gives_one_tip),
        cmocka_unit_test(test_tip_waits_for_its_reference),
        cmocka_unit_test(test_tip_of_what_was_lost),
        cmocka_unit_test(test_badly_fitted_tip_is_not_taken),
        cmocka_unit_test(test_late_tip_is_not_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
