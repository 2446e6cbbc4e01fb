/* Pictures in a pipe, and their time. */
#include "film_frame.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "film_clock.h"
#include "nav/time.h"
#include "test_data.h"

static int ends[2];

static int open_pipe(void **state)
{
    (void)state;
    return pipe(ends);
}

static void end_writing(void)
{
    assert_int_equal(close(ends[1]), 0);
}

static int close_pipe(void **state)
{
    (void)state;
    return close(ends[0]);
}

static void a_picture_arrives_as_it_left(void **state)
{
    (void)state;
    uint8_t pixels[7 * 5 * 3];
    for (size_t i = 0; i < sizeof(pixels); ++i) {
        pixels[i] = (uint8_t)(i * 7);
    }
    const struct film_head head = {7, 5, 3, 123456789012345, 1700000000123456789};
    const struct film_head grey = {7, 5, 1, -5, 0};
    assert_int_equal(film_write(ends[1], &head, pixels), NAV_OK);
    assert_int_equal(film_write(ends[1], &grey, pixels), NAV_OK);
    end_writing();
    struct film_buffer buffer = {0};
    struct film_head got;
    assert_int_equal(film_read(ends[0], &got, &buffer), NAV_OK);
    assert_int_equal(got.width_px, 7);
    assert_int_equal(got.height_px, 5);
    assert_int_equal(got.channels, 3);
    assert_int_equal(got.time_ns, head.time_ns);
    assert_int_equal(got.utc_ns, head.utc_ns);
    assert_memory_equal(buffer.bytes, pixels, sizeof(pixels));
    assert_int_equal(film_read(ends[0], &got, &buffer), NAV_OK);
    assert_int_equal(got.channels, 1);
    assert_int_equal(got.time_ns, -5);
    assert_int_equal(film_read(ends[0], &got, &buffer), NAV_END);
    film_buffer_finish(&buffer);
}

/* Writes a head with wrong sizes, as a broken child might. */
static void expect(struct film_head head, size_t pixels, enum nav_status expected)
{
    static const uint8_t none[64];
    assert_int_equal(pipe(ends), 0);
    struct film_head honest = {1, 1, 1, 0, 0};
    if (film_head_is_good(&head)) {
        honest = head;
    }
    /* The head of a good picture, with the sizes that are tried. */
    uint8_t bytes[48];
    int inner[2];
    assert_int_equal(pipe(inner), 0);
    static uint8_t big[4096];
    assert_true(film_size(&honest) <= sizeof(big));
    assert_int_equal(film_write(inner[1], &honest, big), NAV_OK);
    assert_int_equal(read(inner[0], bytes, sizeof(bytes)), sizeof(bytes));
    assert_int_equal(close(inner[0]), 0);
    assert_int_equal(close(inner[1]), 0);
    memcpy(bytes + 8, &head.width_px, 4);
    memcpy(bytes + 12, &head.height_px, 4);
    memcpy(bytes + 16, &head.channels, 4);
    assert_int_equal(write(ends[1], bytes, sizeof(bytes)), sizeof(bytes));
    assert_true(write(ends[1], none, pixels) == (ssize_t)pixels);
    assert_int_equal(close(ends[1]), 0);
    struct film_buffer buffer = {0};
    struct film_head got = {.width_px = 77};
    assert_int_equal(film_read(ends[0], &got, &buffer), expected);
    assert_int_equal(got.width_px, 77);
    film_buffer_finish(&buffer);
    assert_int_equal(close(ends[0]), 0);
}

static void sizes_are_not_believed(void **state)
{
    (void)state;
    expect((struct film_head){.width_px = 0, .height_px = 5, .channels = 3}, 0, NAV_ERR_RANGE);
    expect((struct film_head){.width_px = -4, .height_px = 5, .channels = 3}, 0, NAV_ERR_RANGE);
    expect((struct film_head){.width_px = 8193, .height_px = 1, .channels = 1}, 0, NAV_ERR_RANGE);
    expect((struct film_head){.width_px = 8192, .height_px = 8192, .channels = 3}, 0,
           NAV_ERR_RANGE);
    expect((struct film_head){.width_px = INT32_MAX, .height_px = INT32_MAX, .channels = 3}, 0,
           NAV_ERR_RANGE);
    expect((struct film_head){.width_px = 4, .height_px = 4, .channels = 2}, 32, NAV_ERR_RANGE);
    expect((struct film_head){.width_px = 4, .height_px = 4, .channels = 4}, 64, NAV_ERR_RANGE);
    expect((struct film_head){.width_px = 4, .height_px = 4, .channels = 1}, 15, NAV_ERR_LENGTH);
    expect((struct film_head){.width_px = 4, .height_px = 4, .channels = 1}, 0, NAV_ERR_LENGTH);
    assert_int_equal(pipe(ends), 0);
    static const char text[] = "this is no picture, and long enough to be taken for a head of one";
    assert_int_equal(write(ends[1], text, sizeof(text)), sizeof(text));
    end_writing();
    struct film_buffer buffer = {0};
    struct film_head got;
    assert_int_equal(film_read(ends[0], &got, &buffer), NAV_ERR_SYNTAX);
    assert_int_equal(close(ends[0]), 0);
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], text, 10), 10);
    end_writing();
    assert_int_equal(film_read(ends[0], &got, &buffer), NAV_ERR_LENGTH);
    assert_int_equal(close(ends[0]), 0);
    film_buffer_finish(&buffer);
}

/* Stamp and arrival in ms, and the time that comes of it: worked by hand. */
static void a_late_picture_is_as_old_as_it_is(void **state)
{
    (void)state;
    static const struct {
        int64_t stamp_ms, arrival_ms, time_ms;
    } golden[] = {
        {1700000000000, 5040, 5040}, /* the first one: its way is not seen */
        {1700000000033, 5053, 5053}, /* 20 ms faster: from now on the measure */
        {1700000000066, 5106, 5086}, /* 20 ms longer on its way */
        {1700000000100, 6500, 5120}, /* held up for 1.38 s: so old it is */
        {1700000000133, 6501, 5153},
        {0, 6600, 6600}, /* without a stamp the arrival stands for it */
        {1700000001600, 6620, 6620},
    };
    struct film_clock clock = {0};
    for (size_t i = 0; i < sizeof(golden) / sizeof(golden[0]); ++i) {
        const int64_t time_ns = film_clock_time(&clock, golden[i].stamp_ms * NAV_NS_PER_MS,
                                                golden[i].arrival_ms * NAV_NS_PER_MS);
        /* The drift that is allowed for: 100 ppm of the time between two. */
        assert_true(time_ns >= golden[i].time_ms * NAV_NS_PER_MS);
        assert_true(time_ns <= golden[i].time_ms * NAV_NS_PER_MS + 160000);
        assert_true(time_ns <= golden[i].arrival_ms * NAV_NS_PER_MS);
    }
}

static void no_stamp_makes_a_picture_look_fresher(void **state)
{
    (void)state;
    static const int64_t stamps[] = {1,
                                     INT64_C(4294967295999999999),
                                     INT64_C(1700000000000000000),
                                     INT64_C(1700000000000000000),
                                     INT64_C(1699999999000000000),
                                     2,
                                     INT64_C(4294967295999999999)};
    struct film_clock clock = {0};
    for (size_t i = 0; i < sizeof(stamps) / sizeof(stamps[0]); ++i) {
        const int64_t arrival_ns = (int64_t)(1000 + 33 * i) * NAV_NS_PER_MS;
        assert_true(film_clock_time(&clock, stamps[i], arrival_ns) <= arrival_ns);
    }
    /* A stamp that stands still grows old. */
    clock = (struct film_clock){0};
    for (int i = 0; i < 30; ++i) {
        const int64_t arrival_ns = (int64_t)(1000 + 33 * i) * NAV_NS_PER_MS;
        const int64_t age_ns =
            arrival_ns - film_clock_time(&clock, INT64_C(1700000000000000000), arrival_ns);
        assert_true(age_ns >= (33 * i - 1) * NAV_NS_PER_MS);
    }
    /* Clocks that run apart by 50 ppm: an hour later a picture is not older than it is. */
    clock = (struct film_clock){0};
    int64_t time_ns = 0;
    int64_t arrival_ns = 0;
    for (int64_t i = 0; i < 36000; ++i) {
        const int64_t stamp_ns = INT64_C(1700000000000000000) + i * 100 * NAV_NS_PER_MS;
        arrival_ns = i * 100 * NAV_NS_PER_MS * 1000050 / 1000000;
        time_ns = film_clock_time(&clock, stamp_ns, arrival_ns);
    }
    assert_true(arrival_ns - time_ns < 1 * NAV_NS_PER_MS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_picture_arrives_as_it_left, open_pipe, close_pipe),
        cmocka_unit_test(sizes_are_not_believed),
        cmocka_unit_test(a_late_picture_is_as_old_as_it_is),
        cmocka_unit_test(no_stamp_makes_a_picture_look_fresher),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
