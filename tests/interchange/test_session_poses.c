/* Poses into a session and out of it: nothing changes, whatever they were; what is not a pose is
 * counted. */
#include "test_data.h"

#include <dirent.h>
#include <math.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <time.h>

#include "session_poses.h"
#include "session_store.h"
#include "wire_pack.h"

static const struct ses_read_options no_options = {0};
static char folder[] = "/tmp/osteonav-imports-XXXXXX";
static char path[256];

static int set_up(void **state)
{
    (void)state;
    (void)snprintf(folder, sizeof(folder), "/tmp/osteonav-imports-XXXXXX");
    if (mkdtemp(folder) == NULL) {
        return -1;
    }
    (void)snprintf(path, sizeof(path), "%s/a.session", folder);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    (void)unlink(path);
    return rmdir(folder); /* nothing else is left over */
}

static const char *word(const struct ses_pose_log *log, const struct ses_pose *pose)
{
    return pose->word == SES_NO_WORD ? "" : log->words[pose->word];
}

static void assert_same(const struct ses_pose_log *a, const struct ses_pose_log *b)
{
    assert_int_equal(a->count, b->count);
    for (size_t i = 0; i < a->count; ++i) {
        const struct ses_pose *p = &a->poses[i];
        const struct ses_pose *q = &b->poses[i];
        assert_string_equal(a->devices[p->device], b->devices[q->device]);
        assert_int_equal(p->arrival_ns, q->arrival_ns);
        assert_int_equal(p->stamp_ns, q->stamp_ns);
        assert_int_equal(p->unfiltered_ns, q->unfiltered_ns);
        assert_int_equal(p->has_matrix, q->has_matrix);
        assert_int_equal(p->status, q->status);
        assert_string_equal(word(a, p), word(b, q));
        assert_memory_equal(p->matrix, q->matrix, sizeof(p->matrix));
        assert_true(p->error_mm == q->error_mm || (isnan(p->error_mm) && isnan(q->error_mm)));
    }
}

static void write_good(const struct ses_pose_log *log)
{
    struct cfg_error error;
    if (ses_session_write(path, "a file", log, NULL, &error) != NAV_OK) {
        fail_msg("%s", error.text);
    }
    struct stat info;
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    assert_true(ses_is_session(path));
}

static struct ses_session_count read_good(struct ses_span span, struct ses_pose_log *log)
{
    struct cfg_error error;
    struct ses_session_count count;
    *log = (struct ses_pose_log){0};
    if (ses_session_read(path, &span, NULL, log, &count, &error) != NAV_OK) {
        fail_msg("%s", error.text);
    }
    return count;
}

static void round_trip(const struct ses_pose_log *log)
{
    struct ses_pose_log back;
    write_good(log);
    const struct ses_session_count count = read_good(SES_SPAN_ALL, &back);
    assert_int_equal(count.messages, log->count);
    assert_int_equal(count.without + count.refused + count.damaged, 0);
    assert_same(log, &back);
    ses_pose_log_finish(&back);
    assert_int_equal(unlink(path), 0);
}

static void round_trip_folder(const char *relative, const char *part, double rate_hz,
                              size_t expected)
{
    char where[1024];
    test_data_path(relative, where, sizeof(where));
    DIR *directory = opendir(where);
    assert_non_null(directory);
    size_t files = 0;
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        if (strstr(entry->d_name, part) == NULL) {
            continue;
        }
        char file[1400];
        struct cfg_error error;
        struct ses_pose_log log = {0};
        const struct ses_read_options options = {.rate_hz = rate_hz};
        (void)snprintf(file, sizeof(file), "%s/%s", where, entry->d_name);
        if (ses_poses_read(file, &options, &log, &error) != NAV_OK) {
            fail_msg("%s", error.text);
        }
        round_trip(&log);
        ses_pose_log_finish(&log);
        ++files;
    }
    (void)closedir(directory);
    assert_int_equal(files, expected);
}

static void every_recording_becomes_a_session_and_back(void **state)
{
    (void)state;
    round_trip_folder("sessions/plus", ".igs.", 0.0, 16);
}

static void every_tracker_table_becomes_a_session_and_back(void **state)
{
    (void)state;
    round_trip_folder("sessions/igstk_ndi/decoded_csv", ".csv", 60.0, 3);
}

static struct ses_pose row(uint16_t device, int64_t time_ns)
{
    struct ses_pose pose = {.arrival_ns = time_ns,
                            .stamp_ns = time_ns,
                            .unfiltered_ns = SES_NO_TIME,
                            .error_mm = NAN,
                            .device = device,
                            .word = SES_NO_WORD,
                            .has_matrix = true};
    pose.matrix[0] = pose.matrix[5] = pose.matrix[10] = 1.0;
    return pose;
}

static void add(struct ses_pose_log *log, struct ses_pose pose)
{
    assert_int_equal(ses_pose_log_add(log, &pose), NAV_OK);
}

static uint16_t name_device(struct ses_pose_log *log, const char *name)
{
    uint16_t device = 0;
    assert_int_equal(ses_pose_log_device(log, name, strlen(name), &device), NAV_OK);
    return device;
}

static void give_word(struct ses_pose_log *log, struct ses_pose *pose, const char *text)
{
    assert_int_equal(ses_pose_log_word(log, text, strlen(text), &pose->word, &pose->status),
                     NAV_OK);
}

static void what_a_message_has_no_field_for_survives(void **state)
{
    (void)state;
    struct ses_pose_log log = {0};
    const uint16_t device = name_device(&log, "AToTracker");
    const uint16_t longer = name_device(&log, "StepperEncoderValuesToStepperHomeReference");
    const uint16_t umlauts = name_device(&log, "nineteen-bytes-text\xc3\xbcToTracker");
    struct ses_pose pose = row(device, -5); /* before 1970, and not sent by a header */
    add(&log, pose);
    pose = row(longer, 0);
    pose.unfiltered_ns = -77;
    add(&log, pose);
    pose = row(umlauts, 1);
    pose.stamp_ns = SES_NO_TIME;
    add(&log, pose);
    pose = row(device, INT64_C(5000000000000000000)); /* behind the header's last second */
    pose.matrix[3] = 0.1;                             /* not a float */
    pose.matrix[7] = 1e-300;
    pose.matrix[0] = 0.5; /* not rigid: kept as it was said */
    pose.error_mm = 0.3f;
    give_word(&log, &pose, "Strange Word");
    add(&log, pose);
    pose.has_matrix = false;
    memset(pose.matrix, 0, sizeof(pose.matrix));
    give_word(&log, &pose, "MISSING");
    add(&log, pose);
    pose.word = SES_NO_WORD;
    pose.status = NAV_SENDER_UNSTATED;
    add(&log, pose);
    round_trip(&log);
    ses_pose_log_finish(&log);
}

static void a_span_is_half_open(void **state)
{
    (void)state;
    struct ses_pose_log log = {0}, back;
    const uint16_t device = name_device(&log, "AToTracker");
    for (int i = 0; i < 2000; ++i) {
        add(&log, row(device, 1000 + i * (int64_t)10000000));
    }
    write_good(&log);
    const int64_t from_ns = log.poses[500].arrival_ns;
    const int64_t to_ns = log.poses[700].arrival_ns;
    (void)read_good((struct ses_span){from_ns, to_ns}, &back);
    assert_int_equal(back.count, 200);
    assert_int_equal(back.poses[0].arrival_ns, from_ns);
    assert_int_equal(back.poses[199].arrival_ns, log.poses[699].arrival_ns);
    ses_pose_log_finish(&back);
    ses_pose_log_finish(&log);
}

static void other_messages_and_bad_ones_are_counted(void **state)
{
    (void)state;
    struct session_writer *writer = NULL;
    struct session_error error;
    const struct session_writer_config config = {.path = path, .facts = {.id = 1, .start_ns = 1}};
    assert_int_equal(session_writer_create(&config, &writer, &error), NAV_OK);
    static const struct {
        enum wire_kind kind;
        size_t size;
    } messages[] = {{WIRE_KIND_STATUS, 30}, {WIRE_KIND_TRANSFORM, 47}, {WIRE_KIND_POSITION, 12}};
    for (size_t i = 0; i < 3; ++i) {
        uint8_t bytes[512];
        struct wire_writer to = wire_writer_of(bytes, sizeof(bytes));
        const struct wire_pack_head head = {
            .version = 2, .kind = messages[i].kind, .device = "A", .utc_ns = 1};
        const struct wire_pack pack = wire_pack_begin(&to, &head);
        for (size_t k = 0; k < messages[i].size; ++k) {
            wire_write_u8(&to, 0);
        }
        assert_int_equal(wire_pack_end(&pack, NULL, 0), NAV_OK);
        const struct store_record record = {
            .kind = STORE_MESSAGE, .source = 1, .at_ns = 2, .content = bytes, .size = to.size};
        assert_int_equal(session_writer_append(writer, &record, &error), NAV_OK);
    }
    assert_int_equal(session_writer_finish(writer, &error), NAV_OK);
    session_writer_destroy(writer);
    struct ses_pose_log log;
    const struct ses_session_count count = read_good(SES_SPAN_ALL, &log);
    assert_int_equal(count.messages, 3);
    assert_int_equal(count.without, 2); /* a STATUS, and a place without orientation */
    assert_int_equal(count.refused, 1);
    assert_int_equal(log.count, 0);
    ses_pose_log_finish(&log);
}

/* A number beside the message that is not what the message says is not believed. */
static void added_numbers_must_agree_with_the_message(void **state)
{
    (void)state;
    static const char *const matrices[] = {"1 0 0 0.25 0 1 0 0 0 0 1 0", "1 0 0", "x", ""};
    for (size_t i = 0; i < 4; ++i) {
        struct session_writer *writer = NULL;
        struct session_error error;
        const struct session_writer_config config = {.path = path,
                                                     .facts = {.id = 1, .start_ns = 1}};
        assert_int_equal(session_writer_create(&config, &writer, &error), NAV_OK);
        uint8_t bytes[512];
        struct wire_writer to = wire_writer_of(bytes, sizeof(bytes));
        const struct wire_pack_head head = {
            .version = 2, .kind = WIRE_KIND_TRANSFORM, .device = "A", .utc_ns = 1};
        const struct wire_pack pack = wire_pack_begin(&to, &head);
        static const float identity[12] = {1, 0, 0, 0, 1, 0, 0, 0, 1, 0.5f, 0, 0};
        for (size_t k = 0; k < 12; ++k) {
            wire_write_f32(&to, identity[k]);
        }
        const struct wire_metadata_entry entry = wire_metadata_text("TransformMatrix", matrices[i]);
        assert_int_equal(wire_pack_end(&pack, &entry, 1), NAV_OK);
        const struct store_record record = {
            .kind = STORE_MESSAGE, .source = 1, .at_ns = 2, .content = bytes, .size = to.size};
        assert_int_equal(session_writer_append(writer, &record, &error), NAV_OK);
        assert_int_equal(session_writer_finish(writer, &error), NAV_OK);
        session_writer_destroy(writer);
        struct ses_pose_log log;
        (void)read_good(SES_SPAN_ALL, &log);
        assert_int_equal(log.count, 1);
        assert_true(log.poses[0].matrix[3] == 0.5);
        ses_pose_log_finish(&log);
        assert_int_equal(unlink(path), 0);
    }
}

/* A tracker that says OK of numbers that are none: no pose comes of it, and no OK. */
static void numbers_that_are_none_are_no_pose(void **state)
{
    (void)state;
    struct session_writer *writer = NULL;
    struct session_error error;
    const struct session_writer_config config = {.path = path, .facts = {.id = 1, .start_ns = 1}};
    assert_int_equal(session_writer_create(&config, &writer, &error), NAV_OK);
    uint8_t bytes[512];
    struct wire_writer to = wire_writer_of(bytes, sizeof(bytes));
    const struct wire_pack_head head = {
        .version = 2, .kind = WIRE_KIND_TRANSFORM, .device = "A", .utc_ns = 1};
    const struct wire_pack pack = wire_pack_begin(&to, &head);
    for (size_t k = 0; k < 12; ++k) {
        wire_write_f32(&to, k == 9 ? NAN : 1.0f);
    }
    const struct wire_metadata_entry entry = wire_metadata_text("TransformStatus", "OK");
    assert_int_equal(wire_pack_end(&pack, &entry, 1), NAV_OK);
    const struct store_record record = {
        .kind = STORE_MESSAGE, .source = 1, .at_ns = 2, .content = bytes, .size = to.size};
    assert_int_equal(session_writer_append(writer, &record, &error), NAV_OK);
    assert_int_equal(session_writer_finish(writer, &error), NAV_OK);
    session_writer_destroy(writer);
    struct ses_pose_log log;
    (void)read_good(SES_SPAN_ALL, &log);
    assert_int_equal(log.count, 1);
    assert_false(log.poses[0].has_matrix);
    assert_false(ses_pose_is_valid(&log.poses[0]));
    assert_string_equal(word(&log, &log.poses[0]), "INVALID");
    ses_pose_log_finish(&log);
}

static void the_long_session_is_taken_in_fast(void **state)
{
    (void)state;
    char file[1024];
    test_data_path("sessions/plus/WaterTankBottomTranslationTrackerBuffer.igs.mha", file,
                   sizeof(file));
    struct timespec before, after;
    struct ses_pose_log log = {0};
    struct cfg_error error;
    assert_int_equal(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &before), 0);
    assert_int_equal(ses_poses_read(file, &no_options, &log, &error), NAV_OK);
    write_good(&log);
    assert_int_equal(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &after), 0);
    const double seconds =
        (double)(after.tv_sec - before.tv_sec) + (double)(after.tv_nsec - before.tv_nsec) / 1e9;
    print_message("5000 frames taken in within %.3f s of processor time\n", seconds);
    assert_true(seconds <
                10.0); /* far below, also under sanitizers: docs/bench.md has the figure */
    ses_pose_log_finish(&log);
}

static void what_cannot_be_is_refused(void **state)
{
    (void)state;
    struct ses_pose_log log = {0};
    struct cfg_error error;
    struct ses_session_count count;
    const struct ses_span all = SES_SPAN_ALL;
    assert_int_equal(ses_session_write(path, "x", &log, NULL, &error), NAV_ERR_NOT_FOUND);
    assert_int_equal(ses_session_read(path, &all, NULL, &log, &count, &error), NAV_ERR_NOT_FOUND);
    add(&log, row(name_device(&log, "AToTracker"), 1));
    write_good(&log);
    assert_int_equal(ses_session_write(path, "x", &log, NULL, &error), NAV_ERR_EXISTS);
    assert_non_null(strstr(error.text, "is there already"));
    char missing[300];
    (void)snprintf(missing, sizeof(missing), "%s/none/b.session", folder);
    assert_int_equal(ses_session_write(missing, "x", &log, NULL, &error), NAV_ERR_IO);
    ses_pose_log_finish(&log);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(every_recording_becomes_a_session_and_back),
        TEST(every_tracker_table_becomes_a_session_and_back),
        TEST(what_a_message_has_no_field_for_survives),
        TEST(a_span_is_half_open),
        TEST(other_messages_and_bad_ones_are_counted),
        TEST(added_numbers_must_agree_with_the_message),
        TEST(numbers_that_are_none_are_no_pose),
        TEST(the_long_session_is_taken_in_fast),
        TEST(what_cannot_be_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
