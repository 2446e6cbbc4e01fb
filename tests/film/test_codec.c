/* Coded pictures and films of them. */
#include "film_codec.h"

#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <libavformat/avformat.h>

#include "nav/time.h"
#include "test_data.h"

enum { W = 322, H = 242, PICTURES = 100 }; /* sides that no codec likes */

static uint8_t rgb[W * H * 3];

/* A bright square on a slope of colours, somewhere else in each picture; with noise where wanted.
 */
static struct film_head paint(int number, int noise)
{
    uint32_t random = (uint32_t)number + 1;
    for (int y = 0; y < H; ++y) {
        for (int x = 0; x < W; ++x) {
            random = random * 1664525U + 1013904223U;
            const int grain = noise > 0 ? (int)((random >> 16) % (uint32_t)noise) : 0;
            const int left = 20 + 2 * number % 200;
            const bool inside = x >= left && x < left + 60 && y >= 90 && y < 150;
            uint8_t *pixel = rgb + 3 * (y * W + x);
            pixel[0] = (uint8_t)(inside ? 230 : x / 4 + grain);
            pixel[1] = (uint8_t)(inside ? 200 : y / 4 + grain);
            pixel[2] = (uint8_t)(inside ? 40 : 60 + grain);
        }
    }
    return (struct film_head){.width_px = W,
                              .height_px = H,
                              .channels = 3,
                              .time_ns = 5 * NAV_NS_PER_S + number * 33 * NAV_NS_PER_MS +
                                         (number % 3) * NAV_NS_PER_MS,
                              .utc_ns = INT64_C(1700000000000000000) + number * 33 * NAV_NS_PER_MS};
}

static double difference(const struct film_head *head, const uint8_t *bgr)
{
    double sum = 0;
    for (int y = 0; y < head->height_px; ++y) {
        for (int x = 0; x < head->width_px; ++x) {
            for (int k = 0; k < 3; ++k) {
                sum += abs((int)bgr[3 * (y * head->width_px + x) + k] -
                           (int)rgb[3 * (y * W + x) + 2 - k]);
            }
        }
    }
    return sum / (3.0 * head->width_px * head->height_px);
}

static void what_is_coded_is_decoded(void **state)
{
    (void)state;
    static const char *const codecs[] = {"H264", "VP90"};
    for (int c = 0; c < 2; ++c) {
        struct film_encoder *encoder;
        struct film_decoder *decoder;
        assert_int_equal(film_encoder_create(codecs[c], W, H, false, &encoder), NAV_OK);
        assert_string_equal(film_encoder_codec(encoder), codecs[c]);
        assert_int_equal(film_decoder_create(codecs[c], &decoder), NAV_OK);
        struct film_buffer buffer = {0};
        double worst = 0;
        for (int i = 0; i < 40; ++i) {
            const struct film_head head = paint(i, 0);
            struct film_packet packet;
            assert_int_equal(film_encoder_add(encoder, &head, rgb, 33000 * i, &packet), NAV_OK);
            assert_int_equal(packet.time_us, 33000 * i);
            assert_int_equal(packet.key, i % 30 == 0);
            struct film_head got = {.utc_ns = 77};
            assert_int_equal(film_decoder_take(decoder, packet.bytes, packet.size, &got, &buffer),
                             NAV_OK);
            assert_int_equal(got.width_px, W);
            assert_int_equal(got.height_px, H);
            assert_int_equal(got.utc_ns, 77);
            worst = fmax(worst, difference(&got, buffer.bytes));
        }
        print_message("%s: worst mean difference %.2f of 255\n", codecs[c], worst);
        assert_true(worst < 6);
        const struct film_head other = {.width_px = 64, .height_px = 64, .channels = 3};
        struct film_packet packet;
        assert_int_equal(film_encoder_add(encoder, &other, rgb, 33000 * 99, &packet),
                         NAV_ERR_ARGUMENT);
        film_buffer_finish(&buffer);
        film_encoder_destroy(encoder);
        film_decoder_destroy(decoder);
    }
}

static void what_cannot_be_is_refused(void **state)
{
    (void)state;
    struct film_decoder *decoder;
    struct film_encoder *encoder;
    assert_int_equal(film_decoder_create("I420", &decoder), NAV_ERR_UNSUPPORTED);
    assert_int_equal(film_decoder_create("", &decoder), NAV_ERR_UNSUPPORTED);
    assert_int_equal(film_encoder_create("X265", W, H, false, &encoder), NAV_ERR_UNSUPPORTED);
    assert_int_equal(film_encoder_create("H264", 1, H, false, &encoder), NAV_ERR_ARGUMENT);
    film_decoder_destroy(NULL);
    film_encoder_destroy(NULL);
    film_file_close(NULL);
}

/* Bytes of a peer that lies: none of them is a picture, and nothing is written beyond it. */
static void broken_bytes_give_no_picture(void **state)
{
    (void)state;
    static const char *const codecs[] = {"H264", "VP90", "X265", "AV10"};
    for (int c = 0; c < 4; ++c) {
        struct film_decoder *decoder;
        if (film_decoder_create(codecs[c], &decoder) == NAV_ERR_UNSUPPORTED) {
            continue; /* not of this distribution */
        }
        struct film_buffer buffer = {0};
        uint32_t random = 5;
        for (int i = 0; i < 300; ++i) {
            uint8_t bytes[400];
            const size_t size = 1 + (size_t)i % sizeof(bytes);
            for (size_t k = 0; k < size; ++k) {
                random = random * 1664525U + 1013904223U;
                bytes[k] = (uint8_t)(random >> 24);
            }
            struct film_head head = {0};
            const enum nav_status status = film_decoder_take(decoder, bytes, size, &head, &buffer);
            assert_true(status == NAV_OK ? film_head_is_good(&head) : head.width_px == 0);
        }
        struct film_head head;
        assert_int_equal(film_decoder_take(decoder, (const uint8_t *)"", 0, &head, &buffer),
                         NAV_ERR_SYNTAX);
        film_buffer_finish(&buffer);
        film_decoder_destroy(decoder);
    }
}

/* ---- films ---------------------------------------------------------------------------------- */

static char film_path[128];

static struct film_file *begin(const struct film_head *first)
{
    char why[256] = "";
    struct film_file *file;
    (void)snprintf(film_path, sizeof(film_path), "/tmp/osteonav-film-%d.mkv", (int)getpid());
    if (film_file_create(film_path, first, &file, why) != NAV_OK) {
        fail_msg("%s", why);
    }
    return file;
}

/* Times of the pictures in a film, in ms; how many. */
static int times_of(const char *path, int64_t out_ms[PICTURES])
{
    AVFormatContext *format = NULL;
    assert_int_equal(avformat_open_input(&format, path, NULL, NULL), 0);
    assert_true(avformat_find_stream_info(format, NULL) >= 0);
    const AVDictionaryEntry *tag = av_dict_get(format->metadata, "FIRST_PICTURE_UTC_NS", NULL, 0);
    assert_non_null(tag);
    assert_string_equal(tag->value, "1700000000000000000");
    AVPacket *packet = av_packet_alloc();
    int count = 0;
    while (av_read_frame(format, packet) >= 0) {
        assert_true(count < PICTURES);
        out_ms[count++] =
            av_rescale_q(packet->pts, format->streams[0]->time_base, (AVRational){1, 1000});
        av_packet_unref(packet);
    }
    av_packet_free(&packet);
    avformat_close_input(&format);
    return count;
}

static void a_film_keeps_every_picture_s_time(void **state)
{
    (void)state;
    const struct film_head first = paint(0, 0);
    struct film_file *file = begin(&first);
    char why[256];
    int64_t ms[PICTURES];
    for (int i = 0; i < PICTURES; ++i) {
        const struct film_head head = paint(i, 0);
        assert_int_equal(film_file_add(file, &head, rgb, why), NAV_OK);
        if (i == PICTURES - 1) {
            /* Not closed yet, as after a crash: all but the last second is there. */
            const int there = times_of(film_path, ms);
            print_message("%d of %d pictures without an end\n", there, PICTURES);
            assert_true(there >= PICTURES - 40);
        }
    }
    const struct film_head other = {.width_px = 64, .height_px = 64, .channels = 3};
    assert_int_equal(film_file_add(file, &other, rgb, why), NAV_ERR_ARGUMENT);
    film_file_close(file);
    assert_int_equal(times_of(film_path, ms), PICTURES);
    for (int i = 0; i < PICTURES; ++i) {
        assert_int_equal(ms[i], 33 * i + i % 3);
    }
    assert_int_equal(unlink(film_path), 0);
}

static void a_full_disk_is_told(void **state)
{
    (void)state;
    (void)signal(SIGXFSZ, SIG_IGN);
    struct rlimit before;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    const struct film_head first = paint(0, 60);
    struct film_file *file = begin(&first);
    const struct rlimit small = {.rlim_cur = 300000, .rlim_max = before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    char why[256] = "";
    enum nav_status status = NAV_OK;
    for (int i = 0; i < PICTURES && status == NAV_OK; ++i) {
        const struct film_head head = paint(i, 60);
        status = film_file_add(file, &head, rgb, why);
    }
    film_file_close(file);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    print_message("%s\n", why);
    assert_int_equal(status, NAV_ERR_IO);
    assert_true(strlen(why) > 10);
    int64_t ms[PICTURES];
    assert_true(times_of(film_path, ms) > 1); /* what was written before is readable */
    assert_int_equal(unlink(film_path), 0);
    assert_int_equal(film_file_create("/nowhere/at/all.mkv", &first, &file, why), NAV_ERR_IO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_coded_is_decoded),
        cmocka_unit_test(what_cannot_be_is_refused),
        cmocka_unit_test(broken_bytes_give_no_picture),
        cmocka_unit_test(a_film_keeps_every_picture_s_time),
        cmocka_unit_test(a_full_disk_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
