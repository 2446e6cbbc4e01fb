/* Pictures on their way: a display's to subscribers, a camera's to a display, each through its own
 * process and over real sockets. */
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "film_child.h"
#include "film_codec.h"
#include "link_peer.h"
#include "nav/time.h"
#include "test_data.h"
#include "wire_pack.h"
#include "wire_video.h"

enum { W = 320, H = 200, PICTURE_MS = 25 };
static const int64_t first_utc_ns = INT64_C(1700000000000000000);
static const int64_t step_ns = PICTURE_MS * NAV_NS_PER_MS;

static char program[256];
static char address_file[128];
static uint8_t rgb[W * H * 3];

static int64_t now_of(void)
{
    const struct nav_clock clock = nav_clock_monotonic();
    return nav_clock_now_ns(&clock);
}

static void pause_ms(int ms)
{
    const struct timespec time = {.tv_sec = ms / 1000,
                                  .tv_nsec = (ms % 1000) * (long)NAV_NS_PER_MS};
    (void)nanosleep(&time, NULL);
}

static int set_up(void **state)
{
    (void)state;
    (void)signal(SIGPIPE, SIG_IGN);
    (void)snprintf(program, sizeof(program), "%s/osteonav-camera", getenv("OSTEONAV_BIN"));
    (void)snprintf(address_file, sizeof(address_file), "/tmp/osteonav-view-%d", (int)getpid());
    return 0;
}

/* Number `n` is written all over the picture. */
static void paint(int n)
{
    for (size_t i = 0; i < sizeof(rgb); i += 3) {
        rgb[i] = (uint8_t)(n + 100);
        rgb[i + 1] = (uint8_t)(i / 3 % W / 2);
        rgb[i + 2] = 30;
    }
}

static void give(struct film_outlet *outlet, int n)
{
    const struct film_head head = {W, H, 3, now_of(), first_utc_ns + n * step_ns};
    paint(n);
    uint8_t *room = film_outlet_room(outlet, &head);
    assert_non_null(room);
    memcpy(room, rgb, sizeof(rgb));
    const int64_t start_ns = now_of();
    film_outlet_give(outlet);
    assert_true(now_of() - start_ns < 100 * NAV_NS_PER_MS); /* whatever the child does */
}

/* A publisher, and where it listens. */
static struct film_outlet *publish(char address[64])
{
    const char *const arguments[] = {"publish",        "--at",       "127.0.0.1:0",
                                     "--address-file", address_file, NULL};
    struct film_outlet *outlet;
    (void)unlink(address_file);
    assert_int_equal(film_outlet_start(program, arguments, &outlet), NAV_OK);
    for (int i = 0; i < 500; ++i) {
        FILE *file = fopen(address_file, "r");
        char line[64] = "";
        if (file != NULL) {
            const bool read = fgets(line, sizeof(line), file) != NULL;
            assert_int_equal(fclose(file), 0);
            if (read && strchr(line, '\n') != NULL) {
                *strchr(line, '\n') = '\0';
                memcpy(address, line, sizeof(line));
                return outlet;
            }
        }
        pause_ms(20);
    }
    fail_msg("nobody listens");
    return NULL;
}

/* ---- through IMAGE -------------------------------------------------------------------------- */

static atomic_int came, wrong;

static void on_picture(void *context, const struct film_head *head, const uint8_t *bytes)
{
    (void)context;
    const int64_t n = (head->utc_ns - first_utc_ns) / step_ns;
    const bool good = head->width_px == W && head->height_px == H && head->channels == 3 &&
                      head->utc_ns == first_utc_ns + n * step_ns && n >= 0 &&
                      bytes[2] == (uint8_t)(n + 100) && bytes[0] == 30 &&
                      bytes[sizeof(rgb) - 1] == (uint8_t)(n + 100) && bytes[3 * 9 + 1] == 4 &&
                      head->time_ns <= now_of();
    atomic_fetch_add(good ? &came : &wrong, 1);
}

static void what_a_display_shows_comes_to_another(void **state)
{
    (void)state;
    char address[64];
    struct film_outlet *outlet = publish(address);
    const char *const arguments[] = {"receive",  "--from",       address,
                                     "--device", "OsteonavView", NULL};
    const char *const others[] = {"receive", "--from", address, "--device", "Another", NULL};
    struct film_intake *intake;
    struct film_intake *other;
    static atomic_int unwanted;
    assert_int_equal(film_intake_start(program, arguments, on_picture, NULL, &intake), NAV_OK);
    assert_int_equal(film_intake_start(program, others, on_picture, &unwanted, &other), NAV_OK);
    atomic_store(&came, 0);
    for (int n = 0; n < 150 && atomic_load(&came) < 20; ++n) {
        give(outlet, n);
        pause_ms(PICTURE_MS);
    }
    film_intake_stop(intake);
    const int before = atomic_load(&came);
    give(outlet, 151);
    pause_ms(200); /* the other one still listens, for a device that does not come */
    film_intake_stop(other);
    film_outlet_stop(outlet);
    print_message("%d pictures came\n", before);
    assert_true(before >= 20);
    assert_int_equal(atomic_load(&came), before);
    assert_int_equal(atomic_load(&wrong), 0);
    assert_int_equal(film_intake_start("no-such-program", arguments, on_picture, NULL, &intake),
                     NAV_ERR_NOT_FOUND);
}

/* ---- through VIDEO -------------------------------------------------------------------------- */

struct viewer {
    struct film_decoder *decoder;
    struct film_buffer buffer;
    int images, videos, decoded;
    double worst;
};

static void on_message(void *context, const struct link_arrival *arrival,
                       const struct wire_message *message)
{
    (void)arrival;
    struct viewer *viewer = context;
    viewer->images += message->kind == WIRE_KIND_IMAGE;
    struct wire_video video;
    if (message->kind != WIRE_KIND_VIDEO) {
        return;
    }
    assert_int_equal(wire_video_decode(message->content, message->content_size, &video), NAV_OK);
    assert_string_equal(video.codec, "VP90");
    assert_string_equal(message->device, "OsteonavView");
    assert_int_equal(video.size[0], W);
    struct film_head head = {0};
    ++viewer->videos;
    if (film_decoder_take(viewer->decoder, video.frame, video.frame_size, &head, &viewer->buffer) ==
        NAV_OK) {
        const int64_t n = (message->device_ns - first_utc_ns) / step_ns;
        const double off = fabs((double)viewer->buffer.bytes[2] - (double)((n + 100) % 256));
        viewer->worst = fmax(viewer->worst, off);
        ++viewer->decoded;
    }
}

static void on_rejected(void *context, const struct link_arrival *arrival, enum nav_status why,
                        const uint8_t *raw, size_t size)
{
    (void)context;
    (void)arrival;
    (void)raw;
    (void)size;
    fail_msg("a message was broken: %s", nav_status_text(why));
}

static void video_is_sent_to_who_asks_for_it(void **state)
{
    (void)state;
    char address[64];
    char numeric[LINK_ADDRESS_SIZE];
    char why[256];
    struct film_outlet *outlet = publish(address);
    struct viewer viewer = {0};
    assert_int_equal(film_decoder_create("VP90", &viewer.decoder), NAV_OK);
    const struct link_handler handler = {.on_message = on_message,
                                         .on_rejected = on_rejected,
                                         .context = &viewer,
                                         .body_max = 1 << 24};
    const int fd = link_connect(address, 2000, numeric, why, sizeof(why));
    assert_true(fd >= 0);
    struct link_peer *peer;
    assert_int_equal(link_peer_create(fd, numeric, &handler, &peer), NAV_OK);
    uint8_t request[128];
    struct wire_writer writer = wire_writer_of(request, sizeof(request));
    const struct wire_pack pack = wire_pack_begin(
        &writer, &(struct wire_pack_head){.version = 2, .kind = WIRE_KIND_STT_VIDEO});
    wire_video_start_encode(&writer, &(struct wire_video_start){.codec = "VP90"});
    assert_int_equal(wire_pack_end(&pack, NULL, 0), NAV_OK);
    assert_int_equal(link_peer_write(peer, request, writer.size), NAV_OK);
    for (int n = 0; n < 200 && viewer.decoded < 40; ++n) {
        give(outlet, n);
        for (;;) {
            struct pollfd item = {.fd = fd, .events = POLLIN};
            if (poll(&item, 1, PICTURE_MS) <= 0) {
                break;
            }
            assert_int_equal(link_peer_read(peer), NAV_OK);
        }
    }
    print_message("%d IMAGE before, %d VIDEO, %d decoded, worst %.0f of 255\n", viewer.images,
                  viewer.videos, viewer.decoded, viewer.worst);
    link_peer_destroy(peer);
    film_outlet_stop(outlet);
    film_decoder_destroy(viewer.decoder);
    film_buffer_finish(&viewer.buffer);
    assert_true(viewer.decoded >= 40);
    assert_int_equal(viewer.decoded, viewer.videos);
    assert_true(viewer.worst < 12);
}

/* ---- who is slow ---------------------------------------------------------------------------- */

static void a_subscriber_that_reads_nothing_holds_nobody_up(void **state)
{
    (void)state;
    char address[64];
    char numeric[LINK_ADDRESS_SIZE];
    char why[256];
    struct film_outlet *outlet = publish(address);
    int idle[3];
    for (int i = 0; i < 3; ++i) {
        idle[i] = link_connect(address, 2000, numeric, why, sizeof(why));
        assert_true(idle[i] >= 0);
    }
    const char *const arguments[] = {"receive", "--from", address, NULL};
    struct film_intake *intake;
    atomic_store(&came, 0);
    assert_int_equal(film_intake_start(program, arguments, on_picture, NULL, &intake), NAV_OK);
    /* Far more than the kernel holds for one that reads nothing. */
    const int64_t start_ns = now_of();
    int n = 0;
    while (now_of() - start_ns < 7 * NAV_NS_PER_S) {
        give(outlet, n++);
        pause_ms(PICTURE_MS);
    }
    film_intake_stop(intake);
    print_message("%d given, %d came beside three that read nothing\n", n, atomic_load(&came));
    assert_true(atomic_load(&came) > n / 2);
    assert_int_equal(atomic_load(&wrong), 0);
    /* They are closed after 5 s: what the kernel held is followed by the end. */
    for (int i = 0; i < 3; ++i) {
        static uint8_t bytes[1 << 16];
        ssize_t count = 1;
        struct pollfd item = {.fd = idle[i], .events = POLLIN};
        while (count > 0 && poll(&item, 1, 1000) > 0) {
            count = read(idle[i], bytes, sizeof(bytes));
        }
        assert_true(count <= 0);
        assert_int_equal(close(idle[i]), 0);
    }
    film_outlet_stop(outlet);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_display_shows_comes_to_another),
        cmocka_unit_test(video_is_sent_to_who_asks_for_it),
        cmocka_unit_test(a_subscriber_that_reads_nothing_holds_nobody_up),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
