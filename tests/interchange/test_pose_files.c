/* Recorded tracking from one format to another and back: everything of the data folder, what a
 * format cannot hold, and what must be refused. */
#include "test_data.h"

#include <dirent.h>
#include <locale.h>
#include <math.h>
#include <stdbool.h>
#include <sys/stat.h>

#include "pose_file.h"

static const struct ses_read_options no_options = {0};
static char folder[] = "/tmp/osteonav-poses-XXXXXX";

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) != NULL ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    return rmdir(folder);
}

static void read_good(const char *path, const struct ses_read_options *options,
                      struct ses_pose_log *log)
{
    struct cfg_error error = {{0}};
    *log = (struct ses_pose_log){0};
    if (ses_pose_file_read(path, options, log, &error) != NAV_OK) {
        fail_msg("%s", error.text);
    }
}

/* Writes `log` as `format`, reads it back. */
static struct ses_losses through(const struct ses_pose_log *log, enum ses_format format,
                                 struct ses_pose_log *out_back)
{
    char path[256];
    struct cfg_error error = {{0}};
    struct ses_losses losses;
    (void)snprintf(path, sizeof(path), "%s/poses.%s", folder, ses_format_name(format));
    if (ses_pose_file_write(path, format, log, NULL, &losses, &error) != NAV_OK) {
        fail_msg("%s", error.text);
    }
    struct stat info;
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    read_good(path, &no_options, out_back);
    assert_int_equal(unlink(path), 0);
    return losses;
}

static const char *word(const struct ses_pose_log *log, const struct ses_pose *pose)
{
    return pose->word == SES_NO_WORD ? "" : log->words[pose->word];
}

static bool same_float(float a, float b)
{
    return memcmp(&a, &b, sizeof(a)) == 0 || (isnan(a) && isnan(b));
}

/* Every field of every row, bit for bit. */
static void assert_same(const struct ses_pose_log *a, const struct ses_pose_log *b)
{
    assert_int_equal(a->count, b->count);
    assert_int_equal(a->device_count, b->device_count);
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
        assert_true(same_float(p->error_mm, q->error_mm));
    }
}

/* Calls `check` with every sequence file of the data folder; returns how many. */
static size_t each_recording(void (*check)(const char *name, const struct ses_pose_log *log))
{
    char path[1024];
    test_data_path("sessions/plus", path, sizeof(path));
    DIR *directory = opendir(path);
    assert_non_null(directory);
    size_t count = 0;
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        if (strstr(entry->d_name, ".igs.") == NULL) {
            continue;
        }
        char file[1400];
        (void)snprintf(file, sizeof(file), "%s/%s", path, entry->d_name);
        struct ses_pose_log log;
        read_good(file, &no_options, &log);
        check(entry->d_name, &log);
        ses_pose_log_finish(&log);
        ++count;
    }
    (void)closedir(directory);
    return count;
}

static void check_lossless(const char *name, const struct ses_pose_log *log)
{
    static const enum ses_format formats[] = {SES_FORMAT_MHA, SES_FORMAT_NRRD,
                                              SES_FORMAT_SLICER_MHA, SES_FORMAT_CSV};
    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); ++i) {
        struct ses_pose_log back;
        const struct ses_losses losses = through(log, formats[i], &back);
        assert_same(log, &back);
        assert_false(losses.by_arrival);
        assert_int_equal(losses.renamed, 0);
        assert_int_equal(losses.invalid, strncmp(name, "NwirePhantom", 12) == 0 ? 97 : 0);
        ses_pose_log_finish(&back);
    }
}

static void every_recording_survives_every_lossless_format(void **state)
{
    (void)state;
    assert_int_equal(each_recording(check_lossless), 16);
}

/* Quaternion formats: the pose to 1e-9, and from the second time on nothing changes at all. */
static void check_rigid_formats(const char *name, const struct ses_pose_log *log)
{
    (void)name;
    static const enum ses_format formats[] = {SES_FORMAT_NDI_CSV, SES_FORMAT_MITK_CSV};
    for (size_t f = 0; f < sizeof(formats) / sizeof(formats[0]); ++f) {
        struct ses_pose_log once, twice;
        const struct ses_losses losses = through(log, formats[f], &once);
        assert_int_equal(once.count, log->count);
        size_t not_rigid = 0;
        for (size_t i = 0; i < log->count; ++i) {
            struct nav_pose a, b;
            assert_int_equal(once.poses[i].stamp_ns, log->poses[i].stamp_ns);
            if (ses_pose_rigid(&log->poses[i], &a) != NAV_OK) {
                ++not_rigid;
                assert_false(ses_pose_is_valid(&once.poses[i]));
                continue;
            }
            assert_int_equal(ses_pose_is_valid(&once.poses[i]), ses_pose_is_valid(&log->poses[i]));
            assert_int_equal(ses_pose_rigid(&once.poses[i], &b), NAV_OK);
            assert_true(nav_pose_distance_mm(&a, &b) < 1e-9);
            assert_true(nav_pose_angle_rad(&a, &b) < 1e-7);
        }
        assert_int_equal(losses.not_rigid, not_rigid);
        (void)through(&once, formats[f], &twice);
        for (size_t i = 0; i < once.count; ++i) {
            assert_int_equal(twice.poses[i].stamp_ns, once.poses[i].stamp_ns);
            assert_int_equal(twice.poses[i].status, once.poses[i].status);
        }
        ses_pose_log_finish(&once);
        ses_pose_log_finish(&twice);
    }
}

static void every_recording_survives_quaternions_within_tolerance(void **state)
{
    (void)state;
    assert_int_equal(each_recording(check_rigid_formats), 16);
}

static void a_tool_that_was_never_seen_stays_unseen(void **state)
{
    (void)state;
    char path[1024];
    test_data_path("sessions/plus/NwirePhantomFreehand.igs.mha", path, sizeof(path));
    struct ses_pose_log log;
    read_good(path, &no_options, &log);
    for (int format = SES_FORMAT_MHA; format < SES_FORMAT_COUNT; ++format) {
        struct ses_pose_log back;
        assert_int_equal(through(&log, (enum ses_format)format, &back).invalid, 97);
        size_t invalid = 0;
        for (size_t i = 0; i < back.count; ++i) {
            invalid += ses_pose_is_valid(&back.poses[i]) ? 0 : 1;
        }
        assert_int_equal(invalid, 97);
        ses_pose_log_finish(&back);
    }
    ses_pose_log_finish(&log);
}

/* The drop-outs of real NDI trackers, as their tables have them. */
static void tables_of_trackers_are_read_with_their_drop_outs(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        double rate_hz;
        size_t rows, poses;
        const char *device;
    } files[] = {
        {"polaris_stream_03_31_2005_1.csv", 60.0, 1000, 762, "01"},
        {"aurora_stream_03_30_2005_2.csv", 40.0, 0, 0, "0A"},
        {"polaris_stream_11_05_2005.csv", 0.0, 0, 0, "01"},
    };
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); ++i) {
        char relative[256], path[1024];
        (void)snprintf(relative, sizeof(relative), "sessions/igstk_ndi/decoded_csv/%s",
                       files[i].name);
        test_data_path(relative, path, sizeof(path));
        const struct ses_read_options options = {.rate_hz = files[i].rate_hz};
        struct ses_pose_log log, back;
        read_good(path, &options, &log);
        size_t poses = 0;
        for (size_t k = 0; k < log.count; ++k) {
            poses += ses_pose_is_valid(&log.poses[k]) ? 1 : 0;
        }
        if (files[i].rows > 0) {
            assert_int_equal(log.count, files[i].rows);
            assert_int_equal(poses, files[i].poses);
        }
        assert_true(poses > 0);
        assert_string_equal(log.devices[0], files[i].device);
        (void)through(&log, SES_FORMAT_CSV, &back);
        assert_same(&log, &back);
        ses_pose_log_finish(&back);
        ses_pose_log_finish(&log);
    }
}

static void parse_text(const char *text, const struct ses_read_options *options,
                       enum nav_status expected, const char *says)
{
    struct ses_pose_log log = {0};
    struct cfg_error error = {{0}};
    const enum nav_status status = ses_pose_bytes_read("table.csv", (const uint8_t *)text,
                                                       strlen(text), options, &log, &error);
    if (status != expected) {
        fail_msg("%s: got %s (%s)", text, nav_status_name(status), error.text);
    }
    if (expected != NAV_OK && strstr(error.text, says) == NULL) {
        fail_msg("'%s' does not say '%s'", error.text, says);
    }
    ses_pose_log_finish(&log);
}

#define HEAD "t,device,status,x,y,z,qw,qx,qy,qz\n"

static void tables_that_say_no_pose_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum nav_status status;
        const char *says;
    } rows[] = {
        {"", NAV_ERR_LENGTH, "nothing"},
        {HEAD, NAV_ERR_UNSUPPORTED, "no time"},
        {"a,b\n1,2\n", NAV_ERR_UNSUPPORTED, "names no pose"},
        {"t,x,y,z,qw,qx,qy,qz\n1,0,0,0,1,0,0,0\n", NAV_ERR_UNSUPPORTED, "--device"},
        {"t,T,device,x,y,z,qw,qx,qy,qz\n", NAV_ERR_SYNTAX, "another column"},
        {HEAD "1,A,OK,0,0,0,1,0,0\n", NAV_ERR_SYNTAX, "part of a pose"},
        {HEAD "1,A,OK,0,0,0,2,0,0,0\n", NAV_ERR_NOT_RIGID, "length 1"},
        {HEAD "1,A,OK,nan,0,0,1,0,0,0\n", NAV_ERR_SYNTAX, "finite"},
        {HEAD "1,A,OK,1e999,0,0,1,0,0,0\n", NAV_ERR_SYNTAX, "finite"},
        {HEAD "1,A,OK,,,,,,,\n", NAV_ERR_SYNTAX, "no pose"},
        {HEAD "x,A,OK,0,0,0,1,0,0,0\n", NAV_ERR_SYNTAX, "not a time"},
        {HEAD "2,A,OK,0,0,0,1,0,0,0\n1,A,OK,0,0,0,1,0,0,0\n", NAV_ERR_RANGE, ":3: the time"},
        {HEAD "1,,OK,0,0,0,1,0,0,0\n", NAV_ERR_SYNTAX, "which tool"},
        {HEAD "1,\"A,OK,0,0,0,1,0,0,0\n", NAV_ERR_SYNTAX, "quote"},
        {"t,device,valid,status,x,y,z,qw,qx,qy,qz\n1,A,0,OK,0,0,0,1,0,0,0\n", NAV_ERR_SYNTAX,
         "valid is 0"},
        {"t,device,valid,status,x,y,z,qw,qx,qy,qz\n1,A,1,MISSING,0,0,0,1,0,0,0\n", NAV_ERR_SYNTAX,
         "valid is 1"},
        {"t,device,valid,x,y,z,qw,qx,qy,qz\n1,A,yes,0,0,0,1,0,0,0\n", NAV_ERR_SYNTAX, "1 or 0"},
        {"frame,device,x,y,z,qw,qx,qy,qz\n5,A,0,0,0,1,0,0,0\n", NAV_ERR_UNSUPPORTED, "--rate"},
        {"TimeStamp_Tool0;Valid_Tool0;\n", NAV_ERR_UNSUPPORTED, "MITK"},
        {"TimeStamp_Tool0;Valid_Tool0;X_Tool0;Y_Tool0;Z_Tool0;QX_Tool0;QY_Tool0;QZ_Tool0;QR_Tool0;"
         "\n1;1;0;0;0;0;0;0;\n",
         NAV_ERR_LENGTH, "as long as"},
        {"TimeStamp_Tool0;Valid_Tool0;X_Tool0;Y_Tool0;Z_Tool0;QX_Tool0;QY_Tool0;QZ_Tool0;QR_Tool0;"
         "\n1;1;0;0;0;0;0;0;0;\n",
         NAV_ERR_NOT_RIGID, "length 1"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); ++i) {
        parse_text(rows[i].text, &no_options, rows[i].status, rows[i].says);
    }
    parse_text(HEAD "1,A,OK,0,0,0,1,0,0,0\n", &no_options, NAV_OK, "");
    const struct ses_read_options named = {.device = "Pen", .rate_hz = 60.0};
    parse_text("t,x,y,z,qw,qx,qy,qz\n1,0,0,0,1,0,0,0\n", &named, NAV_OK, "");
    parse_text("frame,x,y,z,qw,qx,qy,qz\n5,0,0,0,1,0,0,0\n", &named, NAV_OK, "");
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
    pose.matrix[3] = (double)time_ns * 0.1;
    return pose;
}

static void add(struct ses_pose_log *log, struct ses_pose pose)
{
    assert_int_equal(ses_pose_log_add(log, &pose), NAV_OK);
}

static void name_device(struct ses_pose_log *log, const char *name)
{
    uint16_t device = 0;
    assert_int_equal(ses_pose_log_device(log, name, strlen(name), &device), NAV_OK);
}

static void names_that_a_sequence_cannot_hold_are_completed_or_refused(void **state)
{
    (void)state;
    struct ses_pose_log log = {0}, back;
    name_device(&log, "Left, \"big\" Osteotome");
    add(&log, row(0, 5));
    assert_int_equal(through(&log, SES_FORMAT_MHA, &back).renamed, 1);
    assert_string_equal(back.devices[0], "Left, \"big\" OsteotomeToTracker");
    ses_pose_log_finish(&back);
    assert_int_equal(through(&log, SES_FORMAT_CSV, &back).renamed, 0);
    assert_same(&log, &back);
    ses_pose_log_finish(&back);
    ses_pose_log_finish(&log);

    struct cfg_error error;
    struct ses_losses losses;
    char path[256];
    (void)snprintf(path, sizeof(path), "%s/none.mha", folder);
    static const char *const bad[][2] = {{"A=BToC", "hold the device name"},
                                         {"Pen", "too long or taken"}};
    for (size_t i = 0; i < 2; ++i) {
        name_device(&log, bad[i][0]);
        name_device(&log, "PenToTracker");
        add(&log, row(0, 5));
        assert_int_equal(ses_pose_file_write(path, SES_FORMAT_MHA, &log, NULL, &losses, &error),
                         NAV_ERR_RANGE);
        assert_non_null(strstr(error.text, bad[i][1]));
        assert_int_equal(access(path, F_OK), -1);
        ses_pose_log_finish(&log);
    }
    assert_int_equal(ses_pose_file_write(path, SES_FORMAT_MHA, &log, NULL, &losses, &error),
                     NAV_ERR_NOT_FOUND);
    (void)snprintf(path, sizeof(path), "%s/missing/none.mha", folder);
    assert_int_equal(ses_pose_file_write(path, SES_FORMAT_CSV, &log, NULL, &losses, &error),
                     NAV_ERR_IO);
}

static void frames_follow_stamps_and_arrivals_where_stamps_fail(void **state)
{
    (void)state;
    struct ses_pose_log log = {0};
    name_device(&log, "AToTracker");
    name_device(&log, "BToTracker");
    add(&log, row(0, 10));
    add(&log, row(1, 10));
    add(&log, row(1, 10)); /* again: a frame has a device once */
    add(&log, row(0, 20));
    struct srv_sequence *sequence = NULL;
    struct ses_framing framing;
    assert_int_equal(ses_pose_log_to_sequence(&log, &sequence, &framing), NAV_OK);
    assert_int_equal(sequence->frame_count, 3);
    assert_false(framing.by_arrival);
    assert_true(srv_sequence_at(sequence, 0, 0)->present);
    assert_true(srv_sequence_at(sequence, 0, 1)->present);
    assert_false(srv_sequence_at(sequence, 1, 0)->present);
    assert_int_equal(sequence->time_ns[2], 20);
    srv_sequence_destroy(sequence);

    log.poses[3].stamp_ns = 5; /* the sender's clock went back */
    assert_int_equal(ses_pose_log_to_sequence(&log, &sequence, &framing), NAV_OK);
    assert_true(framing.by_arrival);
    assert_int_equal(sequence->time_ns[2], 20);
    srv_sequence_destroy(sequence);
    log.poses[3].stamp_ns = SES_NO_TIME;
    assert_int_equal(ses_pose_log_to_sequence(&log, &sequence, &framing), NAV_OK);
    assert_true(framing.by_arrival);
    srv_sequence_destroy(sequence);
    ses_pose_log_finish(&log);
}

static void sorting_keeps_rows_of_one_instant_in_order(void **state)
{
    (void)state;
    struct ses_pose_log log = {0};
    name_device(&log, "A");
    uint32_t dice = 1;
    for (int i = 0; i < 500; ++i) {
        dice = dice * 1664525u + 1013904223u;
        struct ses_pose pose = row(0, (int64_t)(dice >> 28));
        pose.stamp_ns = i;
        add(&log, pose);
    }
    assert_int_equal(ses_pose_log_sort(&log), NAV_OK);
    for (size_t i = 1; i < log.count; ++i) {
        const struct ses_pose *a = &log.poses[i - 1];
        const struct ses_pose *b = &log.poses[i];
        assert_true(a->arrival_ns < b->arrival_ns ||
                    (a->arrival_ns == b->arrival_ns && a->stamp_ns < b->stamp_ns));
    }
    ses_pose_log_finish(&log);
}

static void locale_does_not_matter(void **state)
{
    (void)state;
    if (setlocale(LC_ALL, "de_DE.UTF-8") == NULL) {
        skip();
    }
    struct ses_pose_log log = {0}, back;
    name_device(&log, "AToTracker");
    add(&log, row(0, 15));
    for (int format = SES_FORMAT_MHA; format < SES_FORMAT_COUNT; ++format) {
        (void)through(&log, (enum ses_format)format, &back);
        assert_true(back.poses[0].matrix[3] == 1.5);
        ses_pose_log_finish(&back);
    }
    ses_pose_log_finish(&log);
    (void)setlocale(LC_ALL, "C");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_recording_survives_every_lossless_format),
        cmocka_unit_test(every_recording_survives_quaternions_within_tolerance),
        cmocka_unit_test(a_tool_that_was_never_seen_stays_unseen),
        cmocka_unit_test(tables_of_trackers_are_read_with_their_drop_outs),
        cmocka_unit_test(tables_that_say_no_pose_are_refused),
        cmocka_unit_test(names_that_a_sequence_cannot_hold_are_completed_or_refused),
        cmocka_unit_test(frames_follow_stamps_and_arrivals_where_stamps_fail),
        cmocka_unit_test(sorting_keeps_rows_of_one_instant_in_order),
        cmocka_unit_test(locale_does_not_matter),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
