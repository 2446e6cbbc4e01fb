/* Pictures of files and of whoever pushes them; a camera that is lost or frozen. */
#include "frame_source.h"

#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "nav/time.h"
#include "test_data.h"

static enum nav_status open_reader(const char *address, struct cam_reader **out)
{
    const struct cam_source_config config = {.address = address, .fps = 25};
    struct cam_error error = {""};
    const enum nav_status status = cam_reader_open(&config, out, &error);
    assert_true(status == NAV_OK || strlen(error.text) > 10);
    return status;
}

static void pattern_of(const char *names, char *out_path, size_t size)
{
    test_data_path("camera/opencv_chessboard_stereo", out_path, size);
    const size_t length = strlen(out_path);
    (void)snprintf(out_path + length, size - length, "/%s", names);
}

static void videos_and_images_come_in_order(void **state)
{
    (void)state;
    char path[512];
    struct cam_error error;
    struct cam_frame frame;
    struct cam_reader *reader;
    test_data_path("camera/igstk_aruco_video/ArucoSimulationVideo.avi", path, sizeof(path));
    assert_int_equal(open_reader(path, &reader), NAV_OK);
    int count = 0;
    int64_t before_ns = -1;
    while (cam_reader_next(reader, &frame, &error) == NAV_OK) {
        assert_int_equal(frame.picture.width_px, 1600);
        assert_int_equal(frame.picture.channels, 3);
        assert_true(frame.time_ns > before_ns);
        before_ns = frame.time_ns;
        ++count;
    }
    cam_reader_close(reader);
    assert_int_equal(count, 63);

    pattern_of("left*.jpg", path, sizeof(path));
    assert_int_equal(open_reader(path, &reader), NAV_OK);
    count = 0;
    while (cam_reader_next(reader, &frame, &error) == NAV_OK) {
        assert_int_equal(frame.time_ns, count * 40 * NAV_NS_PER_MS);
        assert_non_null(strstr(frame.name, count == 0 ? "left01.jpg" : "left"));
        ++count;
    }
    cam_reader_close(reader);
    assert_int_equal(count, 13);
}

static void what_is_no_camera_is_refused(void **state)
{
    (void)state;
    struct cam_reader *reader;
    assert_int_equal(open_reader("/nowhere/at/all.avi", &reader), NAV_ERR_NOT_FOUND);
    assert_int_equal(open_reader("v4l2:/dev/none", &reader), NAV_ERR_NOT_FOUND);
    assert_int_equal(open_reader("/nowhere/*.png", &reader), NAV_ERR_NOT_FOUND);
    assert_int_equal(open_reader("push:", &reader), NAV_ERR_UNSUPPORTED);
    assert_int_equal(open_reader("igtl:127.0.0.1:18944", &reader), NAV_ERR_UNSUPPORTED);
    char path[128];
    (void)snprintf(path, sizeof(path), "/tmp/osteonav-novideo-%d.avi", (int)getpid());
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs("this is no video", file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(open_reader(path, &reader), NAV_ERR_IO);
    assert_int_equal(unlink(path), 0);
}

static uint8_t bytes[48 * 32 * 3];
static const struct cam_picture picture = {48, 32, 3, 48 * 3, bytes};

static struct cam_source *pushed(void)
{
    const struct cam_source_config config = {.address = "push:", .silence_ns = 250 * NAV_NS_PER_MS};
    struct cam_source *source;
    struct cam_error error;
    assert_int_equal(cam_source_open(&config, &source, &error), NAV_OK);
    return source;
}

static void the_newest_picture_wins(void **state)
{
    (void)state;
    struct cam_source *source = pushed();
    struct cam_frame frame;
    assert_int_equal(cam_source_take(source, &frame), NAV_AGAIN);
    for (int i = 1; i <= 3; ++i) {
        memset(bytes, i, sizeof(bytes));
        assert_int_equal(cam_source_push(source, &picture, i * 10), NAV_OK);
    }
    assert_int_equal(cam_source_take(source, &frame), NAV_OK);
    assert_int_equal(frame.serial, 3);
    assert_int_equal(frame.time_ns, 30);
    assert_int_equal(frame.picture.bytes[100], 3);
    assert_int_equal(cam_source_take(source, &frame), NAV_AGAIN);
    const struct cam_picture none = {0, 0, 3, 0, bytes};
    assert_int_equal(cam_source_push(source, &none, 40), NAV_ERR_ARGUMENT);
    cam_source_close(source);
    cam_source_close(NULL);
}

static void silence_and_frozen_pictures_are_noticed(void **state)
{
    (void)state;
    const int64_t ms = NAV_NS_PER_MS;
    struct cam_source *source = pushed();
    assert_int_equal(cam_source_health(source, 0), CAM_HEALTH_WAITING);
    bytes[7] = 1;
    assert_int_equal(cam_source_push(source, &picture, 1000 * ms), NAV_OK);
    assert_int_equal(cam_source_health(source, 1250 * ms), CAM_HEALTH_GOOD);
    assert_int_equal(cam_source_health(source, 1250 * ms + 1), CAM_HEALTH_LOST);
    for (int i = 1; i <= 9; ++i) { /* the same picture again and again */
        assert_int_equal(cam_source_push(source, &picture, (1000 + 33 * i) * ms), NAV_OK);
    }
    assert_int_equal(cam_source_health(source, 1250 * ms), CAM_HEALTH_GOOD);
    assert_int_equal(cam_source_health(source, 1297 * ms), CAM_HEALTH_FROZEN);
    bytes[7] = 2; /* one byte of noise is enough */
    assert_int_equal(cam_source_push(source, &picture, 1330 * ms), NAV_OK);
    assert_int_equal(cam_source_health(source, 1340 * ms), CAM_HEALTH_GOOD);
    cam_source_close(source);
}

/* A file plays in its own time, in its own thread, and ends as a camera that is lost. */
static void a_file_stands_in_for_a_camera(void **state)
{
    (void)state;
    char path[512];
    pattern_of("right*.jpg", path, sizeof(path));
    const struct cam_source_config config = {
        .address = path, .fps = 50, .silence_ns = 250 * NAV_NS_PER_MS};
    struct cam_source *source;
    struct cam_error error;
    assert_int_equal(cam_source_open(&config, &source, &error), NAV_OK);
    uint64_t newest = 0;
    for (int i = 0; i < 1000 && newest < 13; ++i) {
        struct cam_frame frame;
        if (cam_source_take(source, &frame) == NAV_OK) {
            assert_true(frame.serial > newest);
            newest = frame.serial;
        }
        nanosleep(&(struct timespec){.tv_nsec = 5 * NAV_NS_PER_MS}, NULL);
    }
    assert_int_equal(newest, 13);
    const struct nav_clock clock = nav_clock_monotonic();
    nanosleep(&(struct timespec){.tv_nsec = 300 * NAV_NS_PER_MS}, NULL);
    assert_int_equal(cam_source_health(source, nav_clock_now_ns(&clock)), CAM_HEALTH_LOST);
    cam_source_close(source);
}

static bool comes_within(struct cam_source *source, int tries, struct cam_frame *out_frame)
{
    for (int i = 0; i < tries; ++i) {
        if (cam_source_take(source, out_frame) == NAV_OK) {
            return true;
        }
        nanosleep(&(struct timespec){.tv_nsec = 5 * NAV_NS_PER_MS}, NULL);
    }
    return false;
}

static void link_picture(const char *folder, char *out_path, size_t size)
{
    char shot[512];
    pattern_of("left01.jpg", shot, sizeof(shot));
    (void)snprintf(out_path, size, "%s/1.jpg", folder);
    assert_int_equal(mkdir(folder, 0700), 0);
    assert_int_equal(symlink(shot, out_path), 0);
}

/* As a camera that is plugged in late, pulled out, and plugged in again. */
static void what_is_awaited_is_opened_when_it_comes(void **state)
{
    (void)state;
    char folder[128];
    char path[256];
    (void)snprintf(folder, sizeof(folder), "/tmp/osteonav-awaited-%d", (int)getpid());
    const struct cam_source_config config = {
        .address = folder, .fps = 50, .awaited = true, .silence_ns = 250 * NAV_NS_PER_MS};
    struct cam_source_config hasty = config;
    hasty.awaited = false;
    struct cam_source *source;
    struct cam_error error = {""};
    struct cam_frame frame;
    assert_int_equal(cam_source_open(&hasty, &source, &error), NAV_ERR_NOT_FOUND);
    assert_int_equal(cam_source_open(&config, &source, &error), NAV_OK);
    assert_non_null(strstr(error.text, folder)); /* says what is not there yet */
    assert_false(comes_within(source, 10, &frame));
    assert_int_equal(cam_source_health(source, 0), CAM_HEALTH_WAITING);
    assert_int_equal(cam_source_push(source, &picture, 1), NAV_ERR_ARGUMENT);
    for (int turn = 0; turn < 2; ++turn) {
        link_picture(folder, path, sizeof(path));
        assert_true(comes_within(source, 1000, &frame));
        assert_int_equal(frame.picture.width_px, 640);
        assert_int_equal(unlink(path), 0);
        assert_int_equal(rmdir(folder), 0);
        (void)comes_within(source, 300, &frame); /* what was read before it went */
    }
    cam_source_close(source);
}

/* As a shell would understand it; a folder may have any name. */
static void patterns_name_images(void **state)
{
    (void)state;
    char path[512];
    struct cam_reader *reader;
    pattern_of("left0[1-3].jpg", path, sizeof(path));
    assert_int_equal(open_reader(path, &reader), NAV_OK);
    struct cam_frame frame;
    struct cam_error error;
    int count = 0;
    while (cam_reader_next(reader, &frame, &error) == NAV_OK) {
        ++count;
    }
    cam_reader_close(reader);
    assert_int_equal(count, 3);
    pattern_of("right??.jpg", path, sizeof(path));
    assert_int_equal(open_reader(path, &reader), NAV_OK);
    cam_reader_close(reader);
    pattern_of("right??.png", path, sizeof(path));
    assert_int_equal(open_reader(path, &reader), NAV_ERR_NOT_FOUND);
    char folder[128];
    char picture_path[256];
    (void)snprintf(folder, sizeof(folder), "/tmp/osteonav-[b]-%d", (int)getpid());
    link_picture(folder, picture_path, sizeof(picture_path));
    assert_int_equal(open_reader(folder, &reader), NAV_OK);
    cam_reader_close(reader);
    assert_int_equal(unlink(picture_path), 0);
    assert_int_equal(rmdir(folder), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(videos_and_images_come_in_order),
        cmocka_unit_test(what_is_no_camera_is_refused),
        cmocka_unit_test(the_newest_picture_wins),
        cmocka_unit_test(silence_and_frozen_pictures_are_noticed),
        cmocka_unit_test(a_file_stands_in_for_a_camera),
        cmocka_unit_test(what_is_awaited_is_opened_when_it_comes),
        cmocka_unit_test(patterns_name_images),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
