/* The simulated hand: what it reports leads back to the truth, it follows the plan, its noise has
 * the size that it says, and every fault is what its name promises. */
#include "test_data.h"

#include <math.h>

#include "hand_case.h"
#include "sim_hand.h"
#include "sim_random.h"

static const double pi = 3.14159265358979323846;

struct fixture {
    struct hand_folder folder;
    struct cfg_case *planned;
    struct sim_script script;
    struct sim_hand *hand;
};

static void start(struct fixture *fixture, double rate_hz, uint64_t seed, bool loop)
{
    char why[256] = "";
    if (sim_hand_create(fixture->planned, &fixture->script, rate_hz, seed, loop, &fixture->hand,
                        why, sizeof(why)) != NAV_OK) {
        fail_msg("%s", why);
    }
}

/* A hand without noise, tremor or faults. */
static void setup(struct fixture *fixture, const char *tool_extra)
{
    hand_folder_init(&fixture->folder, NULL, tool_extra);
    fixture->planned = hand_case_load(&fixture->folder);
    assert_int_equal(sim_script_built_in(fixture->planned, false, &fixture->script), NAV_OK);
    fixture->script.noise_mm = 0;
    fixture->script.noise_deg = 0;
    fixture->script.tremor_mm = 0;
    fixture->hand = NULL;
}

static void teardown(struct fixture *fixture)
{
    sim_hand_destroy(fixture->hand);
    cfg_case_destroy(fixture->planned);
    hand_folder_finish(&fixture->folder);
}

static const struct sim_pose *pose_of(const struct sim_frame *frame, const char *device)
{
    for (size_t i = 0; i < frame->pose_count; ++i) {
        if (strcmp(frame->poses[i].device, device) == 0) {
            return &frame->poses[i];
        }
    }
    fail_msg("no %s in the frame", device);
    return NULL;
}

static double dot(const double a[3], const double b[3])
{
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

/* p_out = R p + t, plainly. */
static void map(const double R[9], const double t[3], const double p[3], double out[3])
{
    for (int i = 0; i < 3; ++i) {
        out[i] = R[3 * i] * p[0] + R[3 * i + 1] * p[1] + R[3 * i + 2] * p[2] + t[i];
    }
}

/* p with R p + t = `point`, for a rotation R. */
static void unmap(const double R[9], const double t[3], const double point[3], double out[3])
{
    const double d[3] = {point[0] - t[0], point[1] - t[1], point[2] - t[2]};
    for (int i = 0; i < 3; ++i) {
        out[i] = R[i] * d[0] + R[3 + i] * d[1] + R[6 + i] * d[2];
    }
}

/* Registration, reference and tool undone by hand, with plain matrices. */
static void tip_from_report(const struct cfg_case *planned, const struct cfg_tool *tool,
                            const struct sim_frame *frame, double out_tip[3])
{
    const struct sim_pose *seen = pose_of(frame, tool->device);
    const struct sim_pose *reference = pose_of(frame, planned->reference_device);
    double point[3];
    map(seen->R, seen->t_mm, tool->tip_mm, point);
    if (!tool->relative_to_reference) {
        unmap(reference->R, reference->t_mm, point, point);
    }
    const double *m = planned->registration_matrix;
    const double R[9] = {m[0], m[1], m[2], m[4], m[5], m[6], m[8], m[9], m[10]};
    const double t[3] = {m[3], m[7], m[11]};
    map(R, t, point, out_tip);
}

static void report_leads_back_to_the_truth(void **state)
{
    (void)state;
    static const char *const tools[] = {"Osteotome", "Stylus", "Probe"};
    for (size_t k = 0; k < 3; ++k) {
        struct fixture fixture;
        setup(&fixture, "  - {name: Probe, device: ProbeToReference, tip_mm: [1, 2, 3], "
                        "axis: [1, 0, 0], relative_to: reference}\n");
        (void)snprintf(fixture.script.tool, sizeof(fixture.script.tool), "%s", tools[k]);
        fixture.script.tremor_mm = 0.2;
        start(&fixture, 25, 3, false);
        const struct sim_source source = sim_hand_source(fixture.hand);
        const struct cfg_tool *tool = sim_hand_tool(fixture.hand);
        assert_string_equal(tool->name, tools[k]);
        struct sim_frame frame;
        double reference_path_mm = 0;
        double last_mm[3] = {0};
        size_t count = 0;
        while (source.next(source.context, &frame) == NAV_OK) {
            const struct sim_truth *truth = sim_hand_truth(fixture.hand);
            assert_int_equal(truth->frame, count);
            assert_int_equal(frame.offset_ns, (int64_t)count * 40000000);
            double tip[3];
            tip_from_report(fixture.planned, tool, &frame, tip);
            double seen_tip[3];
            nav_pose_apply(&truth->T_image_tool, tool->tip_mm, seen_tip);
            for (int i = 0; i < 3; ++i) {
                assert_true(fabs(tip[i] - truth->tip_image_mm[i]) < 1e-8);
                assert_true(fabs(seen_tip[i] - truth->tip_image_mm[i]) < 1e-9);
            }
            const double *now_mm = pose_of(&frame, "ReferenceToTracker")->t_mm;
            if (count > 0) {
                const double d[3] = {now_mm[0] - last_mm[0], now_mm[1] - last_mm[1],
                                     now_mm[2] - last_mm[2]};
                reference_path_mm += sqrt(dot(d, d));
            }
            memcpy(last_mm, now_mm, sizeof(last_mm));
            ++count;
        }
        assert_true(count > 400);
        /* The camera moved: a receiver that ignores the reference would be wrong. */
        assert_true(reference_path_mm > 20.0);
        teardown(&fixture);
    }
}

static void the_plan_is_followed(void **state)
{
    (void)state;
    struct fixture fixture;
    setup(&fixture, NULL);
    const double rate_hz = 200;
    start(&fixture, rate_hz, 1, false);
    const struct sim_source source = sim_hand_source(fixture.hand);
    assert_string_equal(sim_hand_tool(fixture.hand)->name, "Osteotome");
    struct sim_frame frame;
    bool visited[8] = {false};
    double deepest[2] = {0, 0};
    double widest[2] = {0, 0};
    double last_tip[3] = {0};
    size_t count = 0;
    while (source.next(source.context, &frame) == NAV_OK) {
        const struct sim_truth *truth = sim_hand_truth(fixture.hand);
        visited[truth->phase] = true;
        if (count > 0) {
            const double d[3] = {truth->tip_image_mm[0] - last_tip[0],
                                 truth->tip_image_mm[1] - last_tip[1],
                                 truth->tip_image_mm[2] - last_tip[2]};
            assert_true(sqrt(dot(d, d)) * rate_hz < 500.0); /* mm/s: a hand, not a jump */
        }
        memcpy(last_tip, truth->tip_image_mm, sizeof(last_tip));
        ++count;
        if (truth->phase != SIM_PHASE_CUT && truth->phase != SIM_PHASE_DWELL &&
            truth->phase != SIM_PHASE_CONTACT) {
            continue;
        }
        assert_true(truth->cut == 0 || truth->cut == 1);
        const struct cfg_cut *cut = &fixture.planned->cuts[truth->cut];
        const double down[3] = {cut->normal[1] * cut->u[2] - cut->normal[2] * cut->u[1],
                                cut->normal[2] * cut->u[0] - cut->normal[0] * cut->u[2],
                                cut->normal[0] * cut->u[1] - cut->normal[1] * cut->u[0]};
        const double d[3] = {truth->tip_image_mm[0] - cut->point_mm[0],
                             truth->tip_image_mm[1] - cut->point_mm[1],
                             truth->tip_image_mm[2] - cut->point_mm[2]};
        assert_true(fabs(dot(d, cut->normal)) < 1e-9);
        assert_true(fabs(dot(d, down) - truth->depth_mm) < 1e-9);
        assert_true(fabs(dot(truth->axis_image, down) - 1) < 1e-9);
        assert_true(fabs(dot(truth->up_image, cut->normal) - 1) < 1e-9);
        /* The blade stays within the planned edge: half of (60 - 20), half of (40 - 20). */
        assert_true(fabs(dot(d, cut->u)) <= 0.5 * (cut->size_mm[0] - 20.0) + 1e-9);
        deepest[truth->cut] = fmax(deepest[truth->cut], truth->depth_mm);
        widest[truth->cut] = fmax(widest[truth->cut], fabs(dot(d, cut->u)));
    }
    for (int phase = SIM_PHASE_TRAVEL; phase <= SIM_PHASE_RETREAT; ++phase) {
        assert_true(visited[phase]);
    }
    assert_true(fabs(deepest[0] - 16) < 1e-9 && fabs(deepest[1] - 12) < 1e-9);
    assert_true(widest[0] > 10 && widest[1] > 5); /* it does saw */
    const double expected_s = 2 * (2.0 + 1.2 + 0.8 + 0.5 + 1.5) + 16 / 4.0 + 12 / 4.0;
    assert_true(fabs(sim_hand_seconds(fixture.hand) - expected_s) < 1e-9);
    assert_int_equal(count, (size_t)(expected_s * rate_hz) + 1);
    teardown(&fixture);
}

/* A cut that is executed wrong on purpose is wrong by exactly that. */
static void errors_on_purpose_have_their_size(void **state)
{
    (void)state;
    struct fixture fixture;
    setup(&fixture, NULL);
    fixture.script.actions[1].offset_mm = 2.5;
    fixture.script.actions[1].pitch_deg = 3;
    fixture.script.actions[1].roll_deg = 0;
    fixture.script.actions[0].roll_deg = -4;
    start(&fixture, 50, 1, false);
    const struct sim_source source = sim_hand_source(fixture.hand);
    struct sim_frame frame;
    size_t seen = 0;
    while (source.next(source.context, &frame) == NAV_OK) {
        const struct sim_truth *truth = sim_hand_truth(fixture.hand);
        if (truth->phase != SIM_PHASE_CUT) {
            continue;
        }
        const struct cfg_cut *cut = &fixture.planned->cuts[truth->cut];
        const double tilt_deg = acos(fmin(dot(truth->up_image, cut->normal), 1)) * 180 / pi;
        const double d[3] = {truth->tip_image_mm[0] - cut->point_mm[0],
                             truth->tip_image_mm[1] - cut->point_mm[1],
                             truth->tip_image_mm[2] - cut->point_mm[2]};
        if (truth->cut == 0) {
            assert_true(fabs(tilt_deg - 4) < 1e-6);
        } else {
            /* A positive pitch turns the way of the blade towards the normal. */
            assert_true(fabs(tilt_deg - 3) < 1e-6);
            const double expected = 2.5 + truth->depth_mm * tan(3 * pi / 180);
            assert_true(fabs(dot(d, cut->normal) - expected) < 1e-9);
        }
        ++seen;
    }
    assert_true(seen > 100);
    teardown(&fixture);
}

static void touches_landmarks_and_rests(void **state)
{
    (void)state;
    struct fixture fixture;
    setup(&fixture, NULL);
    fixture.script.actions[0] =
        (struct sim_action){.kind = SIM_ACTION_TOUCH, .target = 1, .seconds = 2};
    fixture.script.actions[1] = (struct sim_action){.kind = SIM_ACTION_REST, .seconds = 1};
    fixture.script.action_count = 2;
    (void)snprintf(fixture.script.tool, sizeof(fixture.script.tool), "Stylus");
    start(&fixture, 50, 1, false);
    const struct sim_source source = sim_hand_source(fixture.hand);
    struct sim_frame frame;
    size_t touching = 0;
    while (source.next(source.context, &frame) == NAV_OK) {
        const struct sim_truth *truth = sim_hand_truth(fixture.hand);
        if (truth->phase == SIM_PHASE_TOUCH) {
            const double expected[3] = {-30, 15, 60};
            assert_int_equal(truth->landmark, 1);
            for (int i = 0; i < 3; ++i) {
                assert_true(fabs(truth->tip_image_mm[i] - expected[i]) < 1e-9);
            }
            ++touching;
        }
    }
    assert_true(touching >= 100);
    teardown(&fixture);
}

static void same_seed_same_poses(void **state)
{
    (void)state;
    struct fixture fixture;
    setup(&fixture, NULL);
    fixture.script.noise_mm = 0.25;
    fixture.script.noise_deg = 0.1;
    fixture.script.tremor_mm = 0.2;
    struct sim_frame first[40];
    for (uint64_t round = 0; round < 3; ++round) {
        start(&fixture, 60, round < 2 ? 7 : 8, true);
        const struct sim_source source = sim_hand_source(fixture.hand);
        bool equal = true;
        for (size_t i = 0; i < 40; ++i) {
            struct sim_frame frame;
            memset(&frame, 0, sizeof(frame));
            assert_int_equal(source.next(source.context, &frame), NAV_OK);
            if (round == 0) {
                first[i] = frame;
            } else {
                for (size_t k = 0; k < frame.pose_count; ++k) {
                    equal = equal && memcmp(frame.poses[k].R, first[i].poses[k].R,
                                            sizeof(frame.poses[k].R)) == 0;
                    equal = equal && memcmp(frame.poses[k].t_mm, first[i].poses[k].t_mm,
                                            sizeof(frame.poses[k].t_mm)) == 0;
                }
            }
        }
        assert_int_equal(equal, round < 2);
        sim_hand_destroy(fixture.hand);
        fixture.hand = NULL;
    }
    teardown(&fixture);
}

static void noise_and_tremor_have_their_size(void **state)
{
    (void)state;
    struct fixture fixture;
    setup(&fixture, NULL);
    fixture.script.noise_mm = 0.25;
    fixture.script.noise_deg = 0.1;
    fixture.script.tremor_mm = 0.2;
    fixture.script.camera_moves = false;
    fixture.script.actions[0] = (struct sim_action){.kind = SIM_ACTION_REST, .seconds = 40};
    fixture.script.action_count = 1;
    start(&fixture, 200, 11, false);
    const struct sim_source source = sim_hand_source(fixture.hand);
    struct sim_frame frame;
    enum { FRAMES = 8000 };
    static double x[FRAMES];
    double noise_sum = 0;
    double angle_sum = 0;
    double tremor_sum = 0;
    double centre[3] = {0};
    size_t n = 0;
    while (n < FRAMES && source.next(source.context, &frame) == NAV_OK) {
        const struct sim_truth *truth = sim_hand_truth(fixture.hand);
        const struct sim_pose *seen = pose_of(&frame, "ReferenceToTracker");
        struct nav_pose seen_pose;
        assert_int_equal(nav_pose_from_matrix(seen->R, seen->t_mm, 1e-9, &seen_pose), NAV_OK);
        const double d = nav_pose_distance_mm(&seen_pose, &truth->T_tracker_reference);
        const double a = nav_pose_angle_rad(&seen_pose, &truth->T_tracker_reference);
        noise_sum += d * d;
        angle_sum += a * a;
        if (n == 0) {
            /* At rest above the image's origin; the tremor is about this point. */
            centre[1] = 60.0;
        }
        for (int i = 0; i < 3; ++i) {
            const double e = truth->tip_image_mm[i] - centre[i];
            tremor_sum += e * e;
        }
        x[n] = truth->tip_image_mm[0];
        ++n;
    }
    assert_int_equal(n, FRAMES);
    const double noise_mm = sqrt(noise_sum / FRAMES);
    const double noise_deg = sqrt(angle_sum / FRAMES) * 180 / pi;
    const double tremor_mm = sqrt(tremor_sum / FRAMES);
    print_message("noise %.4f mm %.4f deg, tremor %.4f mm rms\n", noise_mm, noise_deg, tremor_mm);
    assert_true(fabs(noise_mm / 0.25 - 1) < 0.03);
    assert_true(fabs(noise_deg / 0.1 - 1) < 0.03);
    assert_true(fabs(tremor_mm / 0.2 - 1) < 0.1);
    /* 8 to 12 Hz: an oscillation crosses its mean twice a period; 40 s give 640 to 960. */
    size_t crossings = 0;
    for (size_t i = 1; i < FRAMES; ++i) {
        crossings += (x[i - 1] < 0) != (x[i] < 0);
    }
    assert_in_range(crossings, 640, 960);
    teardown(&fixture);
}

static void set_fault(struct fixture *fixture, enum sim_fault_kind kind, double amount)
{
    fixture->script.faults[0] = (struct sim_fault){
        .kind = kind, .device = SIM_ON_TOOL, .from_s = 0.5, .to_s = 0.7, .amount = amount};
    fixture->script.fault_count = 1;
}

static void faults_are_what_they_say(void **state)
{
    (void)state;
    static const double amounts[] = {
        [SIM_FAULT_JUMP] = 15, [SIM_FAULT_SCALE] = 1.1, [SIM_FAULT_CLOCK] = 250};
    for (int kind = SIM_FAULT_HIDE; kind <= SIM_FAULT_CLOCK; ++kind) {
        struct fixture fixture;
        setup(&fixture, NULL);
        set_fault(&fixture, (enum sim_fault_kind)kind,
                  (size_t)kind < sizeof(amounts) / sizeof(amounts[0]) ? amounts[kind] : 0);
        start(&fixture, 100, 1, false);
        const struct sim_source source = sim_hand_source(fixture.hand);
        struct sim_frame frame;
        struct sim_frame before;
        memset(&before, 0, sizeof(before));
        for (size_t i = 0; i < 100; ++i) {
            assert_int_equal(source.next(source.context, &frame), NAV_OK);
            const struct sim_truth *truth = sim_hand_truth(fixture.hand);
            const struct sim_pose *pose = pose_of(&frame, "OsteotomeToTracker");
            const struct sim_pose *reference = pose_of(&frame, "ReferenceToTracker");
            const struct nav_rigidity rigidity = nav_rigidity_of(pose->R);
            double tip[3];
            tip_from_report(fixture.planned, sim_hand_tool(fixture.hand), &frame, tip);
            const double e[3] = {tip[0] - truth->tip_image_mm[0], tip[1] - truth->tip_image_mm[1],
                                 tip[2] - truth->tip_image_mm[2]};
            const double error_mm = sqrt(dot(e, e));
            assert_true(reference->valid);
            if (i < 50 || i >= 70) { /* from included, to excluded */
                assert_int_equal(truth->tool_fault, -1);
                assert_true(pose->valid && pose->has_matrix && error_mm < 1e-8);
                assert_int_equal(frame.stamp_error_ns, 0);
                before = frame;
                continue;
            }
            assert_int_equal(truth->tool_fault, kind == SIM_FAULT_CLOCK ? -1 : kind);
            assert_int_equal(pose->valid, kind != SIM_FAULT_HIDE && kind != SIM_FAULT_SILENCE);
            assert_int_equal(pose->has_matrix, kind != SIM_FAULT_SILENCE);
            switch ((enum sim_fault_kind)kind) {
            case SIM_FAULT_HIDE:
                assert_string_equal(pose->status, "OUT_OF_VIEW");
                break;
            case SIM_FAULT_SILENCE:
                break;
            case SIM_FAULT_FREEZE:
                assert_memory_equal(pose->t_mm, pose_of(&before, "OsteotomeToTracker")->t_mm,
                                    sizeof(pose->t_mm));
                assert_string_equal(pose->status, "OK");
                break;
            case SIM_FAULT_JUMP:
                assert_true(fabs(error_mm - 15) < 1e-6);
                break;
            case SIM_FAULT_IDENTITY:
                assert_true(pose->R[0] == 1 && pose->R[4] == 1 && pose->R[8] == 1);
                assert_true(dot(pose->t_mm, pose->t_mm) == 0);
                break;
            case SIM_FAULT_MIRROR:
                assert_true(fabs(rigidity.determinant + 1) < 1e-9);
                break;
            case SIM_FAULT_SCALE:
                assert_true(fabs(rigidity.determinant - 1.331) < 1e-9);
                break;
            case SIM_FAULT_NAN:
                assert_true(isnan(pose->t_mm[0]));
                break;
            case SIM_FAULT_CLOCK:
                assert_int_equal(frame.stamp_error_ns, 250000000);
                assert_true(error_mm < 1e-8);
                break;
            case SIM_FAULT_WRONG_TOOL: /* has a test of its own: nothing comes of the tool */
                break;
            }
        }
        teardown(&fixture);
    }
}

static void a_wrong_tool_moves_under_anothers_name(void **state)
{
    (void)state;
    struct fixture fixture;
    setup(&fixture, NULL);
    set_fault(&fixture, SIM_FAULT_WRONG_TOOL, 0);
    start(&fixture, 100, 1, false);
    const struct sim_source source = sim_hand_source(fixture.hand);
    struct sim_frame frame;
    for (size_t i = 0; i < 100; ++i) {
        assert_int_equal(source.next(source.context, &frame), NAV_OK);
        const bool wrong = i >= 50 && i < 70;
        assert_int_equal(frame.pose_count, 2);
        assert_string_equal(frame.poses[1].device,
                            wrong ? "StylusToTracker" : "OsteotomeToTracker");
        assert_true(frame.poses[1].valid && frame.poses[1].has_matrix);
    }
    teardown(&fixture);
}

static void built_in_occlusions_hide_tool_and_reference(void **state)
{
    (void)state;
    struct fixture fixture;
    setup(&fixture, NULL);
    assert_int_equal(sim_script_built_in(fixture.planned, true, &fixture.script), NAV_OK);
    start(&fixture, 60, 1, false);
    const struct sim_source source = sim_hand_source(fixture.hand);
    struct sim_frame frame;
    size_t tool = 0;
    size_t reference = 0;
    while (source.next(source.context, &frame) == NAV_OK) {
        tool += !pose_of(&frame, "OsteotomeToTracker")->valid;
        reference += !pose_of(&frame, "ReferenceToTracker")->valid;
        if (!pose_of(&frame, "ReferenceToTracker")->valid) {
            assert_int_equal(sim_hand_truth(fixture.hand)->phase, SIM_PHASE_CUT);
        }
    }
    assert_in_range(tool, 2 * 41, 2 * 43);
    assert_in_range(reference, 53, 55);
    teardown(&fixture);
}

struct bad_script {
    const char *text;
    enum nav_status status;
    const char *says;
};

static void scripts_are_read_and_refused_with_their_line(void **state)
{
    (void)state;
    struct fixture fixture;
    setup(&fixture, NULL);
    char path[HAND_PATH_SIZE];
    struct cfg_error error = {{0}};
    hand_folder_write(&fixture.folder, "good.yaml",
                      "version: 1\n"
                      "case: case.yaml\n"
                      "tool: Stylus\n"
                      "noise_mm: 0.5\n"
                      "tremor_mm: 0\n"
                      "camera_moves: false\n"
                      "actions:\n"
                      "  - {do: touch, landmark: Apex, seconds: 3}\n"
                      "  - {do: cut, cut: Second, depth_mm: 7, offset_mm: -1.5, pitch_deg: 2}\n"
                      "  - {do: rest}\n"
                      "faults:\n"
                      "  - {what: hide, on: both, from_s: 1, to_s: 2}\n"
                      "  - {what: clock, from_s: 3, to_s: 4, amount: -80}\n"
                      "  - {what: jump, on: reference, from_s: 3, to_s: 4}\n",
                      path);
    struct sim_script script;
    if (sim_script_load(path, fixture.planned, &script, &error) != NAV_OK) {
        fail_msg("%s", error.text);
    }
    assert_string_equal(script.tool, "Stylus");
    assert_true(script.noise_mm == 0.5 && script.noise_deg == 0.1 && script.tremor_mm == 0);
    assert_false(script.camera_moves);
    assert_int_equal(script.action_count, 3);
    assert_int_equal(script.actions[0].kind, SIM_ACTION_TOUCH);
    assert_true(script.actions[0].target == 0 && script.actions[0].seconds == 3);
    assert_int_equal(script.actions[1].target, 1);
    assert_true(script.actions[1].depth_mm == 7 && script.actions[1].offset_mm == -1.5 &&
                script.actions[1].pitch_deg == 2 && script.actions[1].feed_mm_s == 4);
    assert_true(script.actions[2].kind == SIM_ACTION_REST && script.actions[2].seconds == 1);
    assert_int_equal(script.fault_count, 3);
    assert_int_equal(script.faults[0].device, SIM_ON_BOTH);
    assert_true(script.faults[1].kind == SIM_FAULT_CLOCK && script.faults[1].amount == -80);
    assert_true(script.faults[2].device == SIM_ON_REFERENCE && script.faults[2].amount == 20);
    char *case_path = NULL;
    assert_int_equal(sim_script_case_path(path, &case_path, &error), NAV_OK);
    assert_string_equal(case_path, fixture.folder.case_path);
    free(case_path);

    static const struct bad_script bad[] = {
        {"version: 2\n", NAV_ERR_VERSION, ":1: version"},
        {"version: 1\ncolour: red\n", NAV_ERR_SYNTAX, ":2: colour"},
        {"version: 1\nnoise_mm: -1\n", NAV_ERR_RANGE, ":2: noise_mm"},
        {"version: 1\nactions:\n  - {do: fly}\n", NAV_ERR_SYNTAX, ":3: actions[0].do"},
        {"version: 1\nactions:\n  - {do: cut}\n", NAV_ERR_REFUSED, ":3: actions[0].do"},
        {"version: 1\nactions:\n  - {do: cut, cut: Third}\n", NAV_ERR_NOT_FOUND, "no cut 'Third'"},
        {"version: 1\nactions:\n  - {do: touch, landmark: Moon}\n", NAV_ERR_NOT_FOUND,
         "no landmark 'Moon'"},
        {"version: 1\nactions:\n  - {do: rest, depth_mm: 3}\n", NAV_ERR_REFUSED,
         ":3: actions[0].depth_mm"},
        {"version: 1\nactions:\n  - {do: cut, cut: First, feed_mm_s: 0}\n", NAV_ERR_RANGE,
         ":3: actions[0].feed_mm_s"},
        {"version: 1\nfaults:\n  - {what: hide, from_s: 2, to_s: 2}\n", NAV_ERR_REFUSED,
         ":3: faults[0].to_s"},
        {"version: 1\nfaults:\n  - {what: wrong-tool, on: both, from_s: 1, to_s: 2}\n",
         NAV_ERR_REFUSED, ":3: faults[0].what"},
        {"version: 1\nfaults:\n  - {what: hide, from_s: 1, to_s: 2, amount: 3}\n", NAV_ERR_REFUSED,
         ":3: faults[0].amount"},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); ++i) {
        hand_folder_write(&fixture.folder, "bad.yaml", bad[i].text, path);
        const enum nav_status status = sim_script_load(path, fixture.planned, &script, &error);
        if (status != bad[i].status || strstr(error.text, bad[i].says) == NULL) {
            fail_msg("case %zu: %s: %s", i, nav_status_name(status), error.text);
        }
    }
    teardown(&fixture);
}

static void a_case_without_registration_is_refused(void **state)
{
    (void)state;
    struct fixture fixture;
    setup(&fixture, NULL);
    fixture.planned->has_registration = false;
    char why[256] = "";
    assert_int_equal(sim_hand_create(fixture.planned, &fixture.script, 60, 1, false, &fixture.hand,
                                     why, sizeof(why)),
                     NAV_ERR_REFUSED);
    assert_non_null(strstr(why, "no registration"));
    fixture.planned->has_registration = true;
    (void)snprintf(fixture.script.tool, sizeof(fixture.script.tool), "Spoon");
    assert_int_equal(sim_hand_create(fixture.planned, &fixture.script, 60, 1, false, &fixture.hand,
                                     why, sizeof(why)),
                     NAV_ERR_NOT_FOUND);
    assert_non_null(strstr(why, "Spoon"));
    teardown(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(report_leads_back_to_the_truth),
        cmocka_unit_test(the_plan_is_followed),
        cmocka_unit_test(errors_on_purpose_have_their_size),
        cmocka_unit_test(touches_landmarks_and_rests),
        cmocka_unit_test(same_seed_same_poses),
        cmocka_unit_test(noise_and_tremor_have_their_size),
        cmocka_unit_test(faults_are_what_they_say),
        cmocka_unit_test(a_wrong_tool_moves_under_anothers_name),
        cmocka_unit_test(built_in_occlusions_hide_tool_and_reference),
        cmocka_unit_test(scripts_are_read_and_refused_with_their_line),
        cmocka_unit_test(a_case_without_registration_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
