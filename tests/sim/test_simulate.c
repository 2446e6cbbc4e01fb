/* `osteonav simulate --sequence` against a capturing peer: what arrives, when, and with which
 * stamps and statuses, compared with the recording itself. */
#include "test_data.h"

#include <math.h>

#include <jansson.h>

#include "capture.h"
#include "nav/time.h"
#include "sequence.h"

#define TRIMMED "sessions/plus/WaterTankBottomTranslationTrackerBuffer-trimmed.igs.mha"
#define NWIRE "sessions/plus/NwirePhantomFreehand.igs.mha"
#define LONG_NAMES "sessions/plus/USTC_3NWires_RandomStepperMotionValidation.igs.mha"

static struct srv_sequence *load(const char *relative, char path[1024])
{
    test_data_path(relative, path, 1024);
    struct srv_sequence_error error = {{0}};
    struct srv_sequence *sequence = NULL;
    if (srv_sequence_read(path, &sequence, &error) != NAV_OK) {
        fail_msg("%s", error.text);
    }
    return sequence;
}

static void expect_success(const struct capture *capture)
{
    if (capture->exit_code != 0 || capture->errors != 0) {
        fail_msg("exit %d, %llu errors: %s", capture->exit_code,
                 (unsigned long long)capture->errors, capture->complaint);
    }
}

static int64_t summary(const struct capture *capture, const char *key)
{
    json_t *object = json_loads(capture->output, 0, NULL);
    assert_non_null(object);
    json_t *value = json_object_get(object, key);
    assert_true(json_is_integer(value));
    const int64_t number = json_integer_value(value);
    json_decref(object);
    return number;
}

/* One captured pose equals a recorded one within the wire's float32. */
static void expect_pose(const double R[9], const double t_mm[3],
                        const struct srv_sequence_pose *expected)
{
    for (int row = 0; row < 3; ++row) {
        for (int column = 0; column < 3; ++column) {
            assert_true(R[3 * row + column] == (double)(float)expected->matrix[4 * row + column]);
        }
        assert_true(t_mm[row] == (double)(float)expected->matrix[4 * row + 3]);
    }
}

/* 60 frames at the recorded pace: every transform, in order, one stamp a frame, at its time. */
static void sends_the_recording_with_its_timing(void **state)
{
    (void)state;
    char path[1024];
    struct srv_sequence *sequence = load(TRIMMED, path);
    const char *arguments[] = {"simulate", "--sequence", path, "--count", "60", "--json", NULL};
    const struct capture_plan plan = {.timeout_ms = 20000};
    struct capture capture;
    capture_run(arguments, &plan, &capture);
    expect_success(&capture);
    assert_int_equal(capture.count, 180);
    assert_int_equal(summary(&capture, "frames"), 60);
    assert_int_equal(summary(&capture, "messages"), 180);
    assert_int_equal(summary(&capture, "poses"), 180);
    const struct captured *first = &capture.messages[0];
    int64_t late_max_ns = INT64_MIN;
    int64_t early_max_ns = INT64_MIN;
    for (size_t i = 0; i < capture.count; ++i) {
        const struct captured *message = &capture.messages[i];
        const size_t frame = i / 3;
        assert_string_equal(message->type, "TRANSFORM");
        assert_int_equal(message->version, 2);
        assert_string_equal(message->name, sequence->names[i % 3]);
        assert_string_equal(message->status, "OK");
        assert_string_equal(message->valid, "1");
        expect_pose(message->poses[0].R, message->poses[0].t_mm,
                    srv_sequence_at(sequence, frame, i % 3));
        const int64_t offset_ns = sequence->time_ns[frame] - sequence->time_ns[0];
        assert_int_equal(message->device_ns - first->device_ns, offset_ns);
        const int64_t late_ns = message->arrival_ns - first->arrival_ns - offset_ns;
        late_max_ns = late_ns > late_max_ns ? late_ns : late_max_ns;
        early_max_ns = -late_ns > early_max_ns ? -late_ns : early_max_ns;
    }
    /* Wide bounds for a busy machine; a pace that is wrong by 10 % is 150 ms off at the end. */
    assert_true(late_max_ns < 100 * NAV_NS_PER_MS);
    assert_true(early_max_ns < 100 * NAV_NS_PER_MS);
    /* The stamp is the wall clock of the sending. */
    assert_true(llabs(first->utc_ns - first->device_ns) < 200 * NAV_NS_PER_MS);
    capture_finish(&capture);
    srv_sequence_destroy(sequence);
}

/* All of a frame in one write: a receiver gets it by one read, unless it was slow itself. */
static void a_frame_arrives_whole(void **state)
{
    (void)state;
    char path[1024];
    struct srv_sequence *sequence = load(TRIMMED, path);
    const char *arguments[] = {"simulate", "--sequence", path, "--count", "40", "--quiet", NULL};
    const struct capture_plan plan = {.timeout_ms = 20000};
    struct capture capture;
    capture_run(arguments, &plan, &capture);
    expect_success(&capture);
    assert_int_equal(capture.count, 120);
    for (size_t i = 0; i < capture.count; i += 3) {
        assert_int_equal(capture.messages[i].read_index, capture.messages[i + 2].read_index);
        assert_int_equal(capture.messages[i].device_ns, capture.messages[i + 2].device_ns);
    }
    assert_string_equal(capture.output, "");
    capture_finish(&capture);
    srv_sequence_destroy(sequence);
}

/* Ten times faster: the stamps keep step with the wall clock, not with the recording. */
static void speed_scales_pace_and_stamps(void **state)
{
    (void)state;
    char path[1024];
    struct srv_sequence *sequence = load(TRIMMED, path);
    const char *arguments[] = {"simulate", "--sequence", path,      "--speed", "10",
                               "--count",  "200",        "--quiet", NULL};
    const struct capture_plan plan = {.timeout_ms = 20000};
    struct capture capture;
    capture_run(arguments, &plan, &capture);
    expect_success(&capture);
    assert_int_equal(capture.count, 600);
    const struct captured *first = &capture.messages[0];
    const struct captured *last = &capture.messages[599];
    const double expected_ns = (double)(sequence->time_ns[199] - sequence->time_ns[0]) / 10.0;
    assert_true(fabs((double)(last->device_ns - first->device_ns) - expected_ns) <= 1.0);
    assert_true(fabs((double)(last->arrival_ns - first->arrival_ns) - expected_ns) < 1e8);
    capture_finish(&capture);
    srv_sequence_destroy(sequence);
}

/* The stylus of this session is INVALID in every frame: by default it is not sent. */
static void invalid_poses_are_left_out(void **state)
{
    (void)state;
    char path[1024];
    struct srv_sequence *sequence = load(NWIRE, path);
    const char *arguments[] = {"simulate", "--sequence", path, "--speed", "0", "--json", NULL};
    const struct capture_plan plan = {.timeout_ms = 20000};
    struct capture capture;
    capture_run(arguments, &plan, &capture);
    expect_success(&capture);
    assert_int_equal(capture.count, 2 * 97);
    assert_int_equal(summary(&capture, "poses_omitted"), 97);
    assert_int_equal(summary(&capture, "poses_invalid"), 0);
    for (size_t i = 0; i < capture.count; ++i) {
        assert_string_not_equal(capture.messages[i].name, "StylusToTracker");
    }
    capture_finish(&capture);
    srv_sequence_destroy(sequence);
}

static void invalid_poses_are_marked_when_asked_for(void **state)
{
    (void)state;
    char path[1024];
    struct srv_sequence *sequence = load(NWIRE, path);
    const char *arguments[] = {"simulate", "--sequence",     path,     "--speed",
                               "0",        "--send-invalid", "--json", NULL};
    const struct capture_plan plan = {.timeout_ms = 20000};
    struct capture capture;
    capture_run(arguments, &plan, &capture);
    expect_success(&capture);
    assert_int_equal(capture.count, 3 * 97);
    assert_int_equal(summary(&capture, "poses_invalid"), 97);
    for (size_t i = 0; i < capture.count; ++i) {
        const struct captured *message = &capture.messages[i];
        const bool stylus = strcmp(message->name, "StylusToTracker") == 0;
        assert_string_equal(message->status, stylus ? "INVALID" : "OK");
        assert_string_equal(message->valid, stylus ? "0" : "1");
    }
    capture_finish(&capture);
    srv_sequence_destroy(sequence);
}

static void tdata_carries_the_same(void **state)
{
    (void)state;
    char path[1024];
    struct srv_sequence *sequence = load(NWIRE, path);
    const char *arguments[] = {"simulate", "--sequence",     path,      "--speed", "0",
                               "--tdata",  "--send-invalid", "--quiet", NULL};
    const struct capture_plan plan = {.timeout_ms = 20000};
    struct capture capture;
    capture_run(arguments, &plan, &capture);
    expect_success(&capture);
    assert_int_equal(capture.count, 97);
    for (size_t frame = 0; frame < capture.count; ++frame) {
        const struct captured *message = &capture.messages[frame];
        assert_string_equal(message->type, "TDATA");
        assert_int_equal(message->pose_count, 3);
        for (size_t i = 0; i < 3; ++i) {
            assert_string_equal(message->poses[i].name, sequence->names[i]);
            assert_string_equal(message->poses[i].status,
                                strcmp(sequence->names[i], "StylusToTracker") == 0 ? "INVALID"
                                                                                   : "OK");
            expect_pose(message->poses[i].R, message->poses[i].t_mm,
                        srv_sequence_at(sequence, frame, i));
        }
    }
    capture_finish(&capture);
    srv_sequence_destroy(sequence);
}

static void chosen_transforms_and_old_headers(void **state)
{
    (void)state;
    char path[1024];
    struct srv_sequence *sequence = load(TRIMMED, path);
    const char *arguments[] = {"simulate",
                               "--sequence",
                               path,
                               "--speed",
                               "0",
                               "--count",
                               "20",
                               "--transforms",
                               "StylusToTracker,ReferenceToTracker",
                               "--header-version",
                               "1",
                               "--quiet",
                               NULL};
    const struct capture_plan plan = {.timeout_ms = 20000};
    struct capture capture;
    capture_run(arguments, &plan, &capture);
    expect_success(&capture);
    assert_int_equal(capture.count, 40);
    for (size_t i = 0; i < capture.count; ++i) {
        assert_string_equal(capture.messages[i].name,
                            i % 2 == 0 ? "StylusToTracker" : "ReferenceToTracker");
        assert_int_equal(capture.messages[i].version, 1);
        assert_string_equal(capture.messages[i].status, "");
    }
    capture_finish(&capture);
    srv_sequence_destroy(sequence);
}

/* The recording starts over; the stamps go on. */
static void a_loop_never_turns_the_clock_back(void **state)
{
    (void)state;
    char path[1024];
    struct srv_sequence *sequence = load(NWIRE, path);
    const char *arguments[] = {"simulate",       "--sequence", path,  "--speed", "0",
                               "--loop",         "--count",    "300", "--quiet", "--transforms",
                               "ProbeToTracker", NULL};
    const struct capture_plan plan = {.timeout_ms = 20000};
    struct capture capture;
    capture_run(arguments, &plan, &capture);
    expect_success(&capture);
    assert_int_equal(capture.count, 300);
    for (size_t i = 1; i < capture.count; ++i) {
        assert_true(capture.messages[i].device_ns > capture.messages[i - 1].device_ns);
    }
    expect_pose(
        capture.messages[97].poses[0].R, capture.messages[97].poses[0].t_mm,
        srv_sequence_at(sequence, 0, (size_t)srv_sequence_find(sequence, "ProbeToTracker")));
    capture_finish(&capture);
    srv_sequence_destroy(sequence);
}

static void long_names_travel_whole(void **state)
{
    (void)state;
    char path[1024];
    struct srv_sequence *sequence = load(LONG_NAMES, path);
    const char *arguments[] = {"simulate", "--sequence", path,      "--speed", "0",
                               "--count",  "5",          "--quiet", NULL};
    const struct capture_plan plan = {.timeout_ms = 20000};
    struct capture capture;
    capture_run(arguments, &plan, &capture);
    expect_success(&capture);
    assert_int_equal(capture.count, 15);
    for (size_t i = 0; i < capture.count; ++i) {
        assert_string_equal(capture.messages[i].name, sequence->names[i % 3]);
    }
    capture_finish(&capture);

    const char *old[] = {"simulate", "--sequence", path, "--header-version", "1", NULL};
    capture_run(old, &plan, &capture);
    assert_int_equal(capture.exit_code, 1);
    assert_int_equal(capture.count, 0);
    assert_non_null(strstr(capture.complaint, "more than 20 bytes"));
    capture_finish(&capture);
    srv_sequence_destroy(sequence);
}

static void comes_back_when_cut_off(void **state)
{
    (void)state;
    char path[1024];
    struct srv_sequence *sequence = load(TRIMMED, path);
    const char *arguments[] = {"simulate", "--sequence", path,     "--duration",
                               "1.5",      "--retry",    "--json", NULL};
    const struct capture_plan plan = {.timeout_ms = 20000, .close_after = 30, .refuse_first = true};
    struct capture capture;
    capture_run(arguments, &plan, &capture);
    expect_success(&capture);
    assert_int_equal(capture.connections, 2);
    assert_true(capture.count > 45);
    assert_true(summary(&capture, "frames_dropped") > 0);
    /* It went on in its own time: no frame of the gap comes late. */
    const struct captured *first = &capture.messages[0];
    const struct captured *last = &capture.messages[capture.count - 1];
    const int64_t drift_ns =
        (last->arrival_ns - first->arrival_ns) - (last->device_ns - first->device_ns);
    assert_true(llabs(drift_ns) < 150 * NAV_NS_PER_MS);
    capture_finish(&capture);
    srv_sequence_destroy(sequence);
}

static void ends_with_one_when_cut_off(void **state)
{
    (void)state;
    char path[1024];
    struct srv_sequence *sequence = load(TRIMMED, path);
    const char *arguments[] = {"simulate", "--sequence", path, NULL};
    const struct capture_plan plan = {.timeout_ms = 20000, .close_after = 9};
    struct capture capture;
    capture_run(arguments, &plan, &capture);
    assert_int_equal(capture.exit_code, 1);
    assert_non_null(strstr(capture.complaint, "127.0.0.1:"));
    capture_finish(&capture);
    const struct capture_plan refused = {.timeout_ms = 20000, .refuse_first = true};
    capture_run(arguments, &refused, &capture);
    assert_int_equal(capture.exit_code, 1);
    assert_non_null(strstr(capture.complaint, "refused"));
    capture_finish(&capture);
    srv_sequence_destroy(sequence);
}

static void an_interrupt_ends_it_in_order(void **state)
{
    (void)state;
    char path[1024];
    struct srv_sequence *sequence = load(TRIMMED, path);
    const char *arguments[] = {"simulate", "--sequence", path, "--json", NULL};
    const struct capture_plan plan = {.timeout_ms = 20000, .interrupt_after_ms = 300};
    struct capture capture;
    capture_run(arguments, &plan, &capture);
    expect_success(&capture);
    assert_true(summary(&capture, "frames") > 0);
    assert_true(summary(&capture, "frames") < 100);
    assert_int_equal(summary(&capture, "messages"), capture.count);
    capture_finish(&capture);
    srv_sequence_destroy(sequence);
}

struct misuse {
    const char *arguments[8];
    int exit_code;
    const char *says;
};

static void misuse_is_explained(void **state)
{
    (void)state;
    static const struct misuse table[] = {
        {{"simulate"}, 2, "give either --sequence"},
        {{"simulate", "--sequence", "a", "--case", "b"}, 2, "give either --sequence"},
        {{"simulate", "--sequence", "none.igs.mha"}, 1, "none.igs.mha: cannot open"},
        {{"simulate", "--sequence", "a", "--speed", "-1"}, 2, "--speed cannot be '-1'"},
        {{"simulate", "--sequence", "a", "--speed", "nan"}, 2, "--speed cannot be 'nan'"},
        {{"simulate", "--sequence", "a", "--count", "0"}, 2, "--count cannot be '0'"},
        {{"simulate", "--sequence", "a", "--header-version", "3"}, 2, "--header-version"},
        {{"simulate", "--sequence", "a", "--header-version", "1", "--send-invalid"},
         2,
         "--send-invalid"},
        {{"simulate", "--sequence", "a", "--truth", "t"}, 2, "--truth"},
        {{"simulate", "--case", "a", "--transforms", "t"}, 2, "--transforms"},
        {{"simulate", "--sequence", "a", "more"}, 2, "unexpected argument 'more'"},
        {{"simulate", "--no-such"}, 2, "no such option '--no-such'"},
    };
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); ++i) {
        const struct capture_plan plan = {.timeout_ms = 5000};
        struct capture capture;
        capture_run(table[i].arguments, &plan, &capture);
        if (capture.exit_code != table[i].exit_code ||
            strstr(capture.complaint, table[i].says) == NULL) {
            fail_msg("case %zu: exit %d, '%s'", i, capture.exit_code, capture.complaint);
        }
        capture_finish(&capture);
    }
    const char *help[] = {"simulate", "--help", NULL};
    const struct capture_plan plan = {.timeout_ms = 5000};
    struct capture capture;
    capture_run(help, &plan, &capture);
    assert_int_equal(capture.exit_code, 0);
    assert_non_null(strstr(capture.output, "--sequence FILE"));
    capture_finish(&capture);
}

static void unknown_transforms_are_named_with_the_known(void **state)
{
    (void)state;
    char path[1024];
    struct srv_sequence *sequence = load(TRIMMED, path);
    const char *arguments[] = {"simulate",     "--sequence",      path,
                               "--transforms", "NeedleToTracker", NULL};
    const struct capture_plan plan = {.timeout_ms = 5000};
    struct capture capture;
    capture_run(arguments, &plan, &capture);
    assert_int_equal(capture.exit_code, 1);
    assert_non_null(strstr(capture.complaint, "no transform 'NeedleToTracker'"));
    assert_non_null(strstr(capture.complaint, "StylusToTracker"));
    capture_finish(&capture);
    srv_sequence_destroy(sequence);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sends_the_recording_with_its_timing),
        cmocka_unit_test(a_frame_arrives_whole),
        cmocka_unit_test(speed_scales_pace_and_stamps),
        cmocka_unit_test(invalid_poses_are_left_out),
        cmocka_unit_test(invalid_poses_are_marked_when_asked_for),
        cmocka_unit_test(tdata_carries_the_same),
        cmocka_unit_test(chosen_transforms_and_old_headers),
        cmocka_unit_test(a_loop_never_turns_the_clock_back),
        cmocka_unit_test(long_names_travel_whole),
        cmocka_unit_test(comes_back_when_cut_off),
        cmocka_unit_test(ends_with_one_when_cut_off),
        cmocka_unit_test(an_interrupt_ends_it_in_order),
        cmocka_unit_test(misuse_is_explained),
        cmocka_unit_test(unknown_transforms_are_named_with_the_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
