/* Pictures made ready in a thread of their own: what they hold, which is the newest, and how soon a
 * camera or a worker that is gone is noticed. */
#include "worker.h"

#include <math.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

#include "nav/time.h"
#include "oracle.h"
#include "test_data.h"

/* As config/limits_table.h has camera_silence_ms; a display asks every 50 ms at least. */
static const int64_t silence_ns = 200 * NAV_NS_PER_MS;
static const int64_t asked_ns = 50 * NAV_NS_PER_MS;
static const int64_t noticed_ns = 250 * NAV_NS_PER_MS;

static const struct rnd_lens lens = {.width_px = 320,
                                     .height_px = 240,
                                     .fx_px = 300,
                                     .fy_px = 300,
                                     .cx_px = 161,
                                     .cy_px = 118,
                                     .k = {-0.2, 0.06, 0.001, 0.0, 0.0}};
static const struct cam_board sheet = {.kind = CAM_BOARD_CHARUCO,
                                       .columns = 3,
                                       .rows = 3,
                                       .square_mm = 20,
                                       .marker_mm = 15,
                                       .dictionary = "DICT_5X5_100"};
/* The sheet's first marker. */
static const struct cam_bodies bodies = {
    .dictionary = "DICT_5X5_100",
    .count = 1,
    .bodies = {{.name = "ReferenceToTracker",
                .marker_count = 1,
                .markers = {{0, {{22.5, 2.5}, {37.5, 2.5}, {37.5, 17.5}, {22.5, 17.5}}}}}}};

static atomic_int woken;
static atomic_int block_ms; /* in the worker, at its next wake */

static void pause_ms(int ms)
{
    const struct timespec time = {.tv_sec = ms / 1000,
                                  .tv_nsec = (ms % 1000) * (long)NAV_NS_PER_MS};
    (void)nanosleep(&time, NULL);
}

static void wake(void *context)
{
    (void)context;
    atomic_fetch_add(&woken, 1);
    const int block = atomic_exchange(&block_ms, 0);
    pause_ms(block);
}

static int64_t now_of(void)
{
    const struct nav_clock clock = nav_clock_monotonic();
    return nav_clock_now_ns(&clock);
}

static struct cam_worker *make(void)
{
    const struct cam_worker_config config = {
        .source = {.address = "push:", .silence_ns = silence_ns},
        .lens = &lens,
        .bodies = &bodies,
        .limits = {1.0, 0.9},
        .wake = wake};
    struct cam_worker *worker;
    struct cam_error error = {""};
    if (cam_worker_create(&config, &worker, &error) != NAV_OK) {
        fail_msg("%s", error.text);
    }
    return worker;
}

static uint8_t *photograph(void)
{
    static const double T[12] = {1, 0, 0, -30, 0, 1, 0, -30, 0, 0, 1, 150};
    return oracle_photograph(&lens, &sheet, T, 1, 3);
}

static void push(struct cam_worker *worker, uint8_t *grey)
{
    const struct cam_picture picture = {lens.width_px, lens.height_px, 1, (size_t)lens.width_px,
                                        grey};
    assert_int_equal(cam_source_push(cam_worker_source(worker), &picture, now_of()), NAV_OK);
}

/* Waits for a picture of this number. */
static struct cam_ready *await(struct cam_worker *worker, uint64_t serial)
{
    for (int i = 0; i < 2000; ++i) {
        struct cam_ready *ready = cam_worker_take(worker);
        if (ready != NULL && ready->serial >= serial) {
            return ready;
        }
        pause_ms(1);
    }
    fail_msg("no picture was made ready");
    return NULL;
}

static void a_picture_comes_with_what_is_in_it(void **state)
{
    (void)state;
    struct cam_worker *worker = make();
    uint8_t *grey = photograph();
    assert_int_equal(cam_worker_health(worker, now_of()), CAM_HEALTH_WAITING);
    assert_null(cam_worker_take(worker));
    const int before = atomic_load(&woken);
    const int64_t pushed_ns = now_of();
    push(worker, grey);
    const struct cam_ready *ready = await(worker, 1);
    assert_true(ready->time_ns >= pushed_ns && ready->time_ns <= now_of());
    assert_true(ready->fits);
    assert_int_equal(ready->found[0].markers, 1);
    assert_int_equal(ready->corners.count, 4);
    double off_px = NAN;
    double off_mm = NAN;
    assert_true(cam_corners_check(&ready->corners, &lens, &ready->found[0].T_camera_body, &off_px,
                                  &off_mm));
    assert_true(fabs(off_px - ready->found[0].error_px) < 1e-3);
    assert_int_equal(ready->bgra[3], 255);
    assert_true(atomic_load(&woken) > before);
    assert_null(cam_worker_take(worker));
    /* Another resolution is told, not drawn. */
    const struct cam_picture half = {160, 120, 1, 160, grey};
    assert_int_equal(cam_source_push(cam_worker_source(worker), &half, now_of()), NAV_OK);
    assert_false(await(worker, 2)->fits);
    cam_worker_destroy(worker);
    cam_worker_destroy(NULL);
    free(grey);
}

/* However slowly the owner looks: it sees the newest, and what it holds is not written to. */
static void the_newest_wins_and_what_is_held_stays(void **state)
{
    (void)state;
    struct cam_worker *worker = make();
    uint8_t *grey = photograph();
    memset(grey, 10, 64);
    push(worker, grey);
    const struct cam_ready *held = await(worker, 1);
    const size_t size = held->stride * (size_t)lens.height_px;
    uint8_t *copy = malloc(size);
    assert_non_null(copy);
    memcpy(copy, held->bgra, size);
    for (int i = 0; i < 20; ++i) {
        memset(grey, 40 + i, (size_t)lens.width_px * (size_t)lens.height_px);
        push(worker, grey);
        pause_ms(5);
        assert_memory_equal(copy, held->bgra, size);
    }
    const struct cam_ready *newest = await(worker, 21);
    assert_int_equal(newest->bgra[size / 2], 59);
    free(copy);
    cam_worker_destroy(worker);
    free(grey);
}

/* How long it takes until the camera is not good any more, asked as a display asks. What the
 * machine held this test up for in between, beyond its own waits, is taken off. */
static int64_t until_noticed(struct cam_worker *worker, uint8_t *grey, bool pictures,
                             enum cam_health expected)
{
    const int64_t start_ns = now_of();
    int64_t held_up_ns = 0;
    while (now_of() - start_ns < 2 * NAV_NS_PER_S) {
        const int64_t asked_at_ns = now_of();
        const enum cam_health health = cam_worker_health(worker, asked_at_ns);
        if (health != CAM_HEALTH_GOOD) {
            /* Held up for so long that its own pictures stayed away: they are lost then. */
            assert_true(health == expected ||
                        (health == CAM_HEALTH_LOST && held_up_ns > silence_ns / 4));
            return asked_at_ns - start_ns - held_up_ns;
        }
        for (int64_t ms = 0; ms < asked_ns / NAV_NS_PER_MS; ms += 25) {
            pause_ms(25);
            if (pictures) {
                push(worker, grey);
            }
        }
        const int64_t over_ns = now_of() - asked_at_ns - asked_ns;
        held_up_ns += over_ns > 0 ? over_ns : 0;
    }
    return NAV_NS_PER_S;
}

/* Pictures that change, until the camera is good. */
static void run_for_a_while(struct cam_worker *worker, uint8_t *grey)
{
    bool good = false;
    for (int i = 0; i < 200 && (i < 6 || !good); ++i) {
        grey[5] = (uint8_t)i;
        push(worker, grey);
        pause_ms(20);
        (void)cam_worker_take(worker);
        good = cam_worker_health(worker, now_of()) == CAM_HEALTH_GOOD;
    }
    assert_true(good);
}

static void silence_frozen_pictures_and_a_hung_worker_are_noticed_in_time(void **state)
{
    (void)state;
    struct cam_worker *worker = make();
    uint8_t *grey = photograph();
    const int64_t slack_ns = 30 * NAV_NS_PER_MS; /* of the test's own waits */
    run_for_a_while(worker, grey);
    int64_t took_ns = until_noticed(worker, grey, false, CAM_HEALTH_LOST);
    print_message("lost noticed after %.0f ms\n", (double)took_ns / 1e6);
    assert_true(took_ns < noticed_ns + slack_ns);
    run_for_a_while(worker, grey);
    took_ns = until_noticed(worker, grey, true, CAM_HEALTH_FROZEN);
    print_message("frozen noticed after %.0f ms\n", (double)took_ns / 1e6);
    assert_true(took_ns < noticed_ns + slack_ns);
    run_for_a_while(worker, grey);
    atomic_store(&block_ms, 600);
    for (int i = 0; i < 16; ++i) { /* pictures go on, none is made ready */
        grey[9] = (uint8_t)i;
        push(worker, grey);
        pause_ms(20);
    }
    grey[9] = 99;
    const int64_t last_ns = now_of();
    push(worker, grey);
    assert_int_equal(cam_source_health(cam_worker_source(worker), last_ns), CAM_HEALTH_GOOD);
    assert_int_equal(cam_worker_health(worker, now_of()), CAM_HEALTH_LOST);
    cam_worker_destroy(worker);
    free(grey);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_picture_comes_with_what_is_in_it),
        cmocka_unit_test(the_newest_wins_and_what_is_held_stays),
        cmocka_unit_test(silence_frozen_pictures_and_a_hung_worker_are_noticed_in_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
