/* A small case and a hand to feed it: shared by the tests of this room. */
#ifndef TRACKING_FIXTURE_H
#define TRACKING_FIXTURE_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "nav/time.h"
#include "navigator.h"

#define MS NAV_NS_PER_MS

enum { STYLUS = 0, PROBE = 1, REFERENCE = 2 };

/* Far from the start of the machine's clock, and a sender's clock of the year 2023. */
static const int64_t fixture_t0 = INT64_C(5000) * NAV_NS_PER_S;
static const int64_t fixture_utc = INT64_C(1700000000) * NAV_NS_PER_S;

static inline struct trk_limits fixture_limits(void)
{
    return (struct trk_limits){
        .caution_age_ns = 100 * MS,
        .withhold_age_ns = 250 * MS,
        .repeat_warn_ns = 2000 * MS,
        .join_max_ns = 20 * MS,
        .interpolate_max_ns = 50 * MS,
        .clock_jump_ns = 50 * MS,
        .notice_ns = 2000 * MS,
        .return_frames = 5,
        .return_ns = 100 * MS,
        .rigid_tolerance = 2e-3,
        .translation_max_mm = 10000.0,
        .fit_error_caution_mm = 0.5,
        .fit_error_withhold_mm = 1.0,
        .check_caution_mm = 1.0,
        .check_withhold_mm = 2.0,
        .reference_jump_mm = 1.0,
        .reference_jump_rad = 0.017453292519943295,
    };
}

/* Two tools and a reference; the registration turns and shifts, so that nothing is symmetric. */
static inline struct trk_config fixture_config(void)
{
    struct trk_config config = {
        .limits = fixture_limits(),
        .case_id = 0x0123456789abcdef,
        .pseudonym = "PHANTOM-01",
        .case_name = "Fixture",
        .mode = NAV_MODE_LIVE,
        .has_reference = true,
        .reference_device = "ReferenceToTracker",
        .has_registration = true,
        .registration_source = "fixture",
        .registration_fre_mm = 0.4,
        .T_image_reference = {.q = {0.5, -0.5, 0.5, 0.5}, .t_mm = {10.0, -20.0, 30.0}},
        .tool_count = 2,
        .tools =
            {
                {.name = "Stylus",
                 .device = "StylusToTracker",
                 .tip_mm = {1.0, 2.0, -160.0},
                 .axis = {0.0, 0.0, -1.0}},
                {.name = "Probe",
                 .device = "ProbeToTracker",
                 .tip_mm = {0.0, 12.0, 40.0},
                 .axis = {0.6, 0.0, 0.8}},
            },
    };
    return config;
}

/* A pose that changes with `phase` in every component; never the same twice. */
static inline void fixture_pose(double phase, double R[9], double t_mm[3])
{
    const double half = 0.3 + 0.2 * sin(phase);
    const double s = sin(half);
    const double axis[3] = {2.0 / 7.0, 3.0 / 7.0, -6.0 / 7.0};
    const struct nav_pose pose = {.q = {axis[0] * s, axis[1] * s, axis[2] * s, cos(half)}};
    nav_pose_rotation(&pose, R);
    t_mm[0] = 100.0 + 50.0 * sin(1.1 * phase);
    t_mm[1] = -40.0 + 30.0 * cos(0.7 * phase);
    t_mm[2] = -1200.0 + 20.0 * sin(0.3 * phase);
}

static inline struct nav_pose_sample fixture_sample(uint32_t device, int64_t arrival_ns,
                                                    int64_t device_ns, double phase)
{
    struct nav_pose_sample sample = {
        .device = device,
        .source = 0,
        .arrival_ns = arrival_ns,
        .device_ns = device_ns,
        .status = NAV_SENDER_OK,
        .error_mm = NAN,
    };
    fixture_pose(phase + 10.0 * device, sample.R, sample.t_mm);
    return sample;
}

static inline struct trk_navigator *fixture_navigator(const struct trk_config *config)
{
    struct trk_navigator *navigator = NULL;
    assert_int_equal(trk_navigator_create(config, &navigator), NAV_OK);
    return navigator;
}

/* Pushes a good pose of `device`, `at_ns` after the start on both clocks. */
static inline void fixture_push(struct trk_navigator *navigator, uint32_t device, int64_t at_ns)
{
    const struct nav_pose_sample sample =
        fixture_sample(device, fixture_t0 + at_ns, fixture_utc + at_ns, (double)at_ns * 1e-9);
    assert_int_equal(trk_navigator_push(navigator, &sample), NAV_OK);
}

static inline void fixture_push_status(struct trk_navigator *navigator, uint32_t device,
                                       int64_t at_ns, enum nav_sender_status status)
{
    struct nav_pose_sample sample =
        fixture_sample(device, fixture_t0 + at_ns, fixture_utc + at_ns, (double)at_ns * 1e-9);
    sample.status = status;
    assert_int_equal(trk_navigator_push(navigator, &sample), NAV_OK);
}

/* One frame of a tracker: the stylus and the reference. */
static inline void fixture_frame(struct trk_navigator *navigator, int64_t at_ns)
{
    fixture_push(navigator, STYLUS, at_ns);
    fixture_push(navigator, REFERENCE, at_ns);
}

static inline void fixture_scene(struct trk_navigator *navigator, int64_t at_ns,
                                 struct nav_scene *out_scene)
{
    trk_navigator_scene(navigator, fixture_t0 + at_ns, fixture_utc + at_ns, out_scene);
}

static inline bool fixture_has_reason(const struct nav_scene *scene, enum nav_reason reason,
                                      int32_t tool, enum nav_trust trust)
{
    for (uint32_t i = 0; i < scene->reason_count; ++i) {
        const struct nav_scene_reason *listed = &scene->reasons[i];
        if (listed->reason == reason && listed->tool == tool && listed->trust == trust) {
            return true;
        }
    }
    return false;
}

#define assert_reason(scene, reason, tool, trust)                                                  \
    do {                                                                                           \
        if (!fixture_has_reason(scene, reason, tool, trust)) {                                     \
            fail_msg("reason %s of %d is not listed as %s", nav_reason_name(reason), tool,         \
                     nav_trust_name(trust));                                                       \
        }                                                                                          \
    } while (0)

#define assert_named(value, wanted, name_of)                                                       \
    do {                                                                                           \
        if ((uint32_t)(value) != (uint32_t)(wanted)) {                                             \
            fail_msg("%s instead of %s", name_of((uint32_t)(value)), name_of((uint32_t)(wanted))); \
        }                                                                                          \
    } while (0)

#define assert_tool(scene, index, wanted_state, wanted_reason)                                     \
    do {                                                                                           \
        assert_named((scene)->tools[index].state, wanted_state, nav_tool_state_name);              \
        assert_named((scene)->tools[index].reason, wanted_reason, nav_reason_name);                \
    } while (0)

#define assert_trust(scene, wanted) assert_named((scene)->trust, wanted, nav_trust_name)

#define assert_near(a, b, tolerance)                                                               \
    do {                                                                                           \
        const double near_a = (a), near_b = (b);                                                   \
        if (!(fabs(near_a - near_b) <= (tolerance))) {                                             \
            fail_msg("%.15g is not within %g of %.15g", near_a, (double)(tolerance), near_b);      \
        }                                                                                          \
    } while (0)

#endif
