#include "tracking_fixture.h"

#include "dwell.h"

static struct trk_dwell dwell;

enum { PAUSES_MAX = 16 };

static struct trk_pause pauses[PAUSES_MAX];
static int pause_count;
static uint64_t noise_state;

static double noise(double size_mm)
{
    noise_state = noise_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return size_mm * (2.0 * ((double)(noise_state >> 11) * 0x1.0p-53) - 1.0);
}

static void start(void)
{
    const struct trk_dwell_limits limits = trk_dwell_limits_default();
    assert_int_equal(trk_dwell_init(&dwell, &limits), NAV_OK);
    pause_count = 0;
    noise_state = 1;
}

static void push(int64_t at_ns, bool visible, double x, double y, double z)
{
    const double point[3] = {x, y, z};
    struct trk_pause pause;
    if (trk_dwell_push(&dwell, at_ns, visible, point, &pause)) {
        assert_true(pause_count < PAUSES_MAX);
        pauses[pause_count++] = pause;
    }
}

static void finish(void)
{
    struct trk_pause pause;
    if (trk_dwell_finish(&dwell, &pause)) {
        pauses[pause_count++] = pause;
    }
}

/* Rests at (x, 10, -20) with a tremor, 60 Hz. Returns the time after it. */
static int64_t rest(int64_t from_ns, int64_t for_ns, double x, double tremor_mm)
{
    int64_t at_ns = from_ns;
    for (; at_ns <= from_ns + for_ns; at_ns += 16 * MS) {
        push(at_ns, true, x + noise(tremor_mm), 10.0 + noise(tremor_mm), -20.0 + noise(tremor_mm));
    }
    return at_ns;
}

/* Moves from x to another, 100 mm/s. */
static int64_t move(int64_t from_ns, double from, double to)
{
    const int64_t for_ns = (int64_t)(fabs(to - from) / 100.0 * 1e9);
    int64_t at_ns = from_ns;
    for (; at_ns <= from_ns + for_ns; at_ns += 16 * MS) {
        push(at_ns, true, from + (to - from) * (double)(at_ns - from_ns) / (double)for_ns, 10.0,
             -20.0);
    }
    return at_ns;
}

static void test_pauses_are_found(void **state)
{
    (void)state;
    start();
    int64_t at_ns = 5000 * MS;
    const double places[4] = {0.0, 40.0, 80.0, 120.0};
    for (int i = 0; i < 4; ++i) {
        at_ns = rest(at_ns, (1500 + 500 * i) * MS, places[i], 0.3);
        at_ns = move(at_ns, places[i], places[i] + 40.0);
    }
    finish();
    assert_int_equal(pause_count, 4);
    for (int i = 0; i < 4; ++i) {
        assert_near(pauses[i].mean_mm[0], places[i], 0.15);
        assert_near(pauses[i].mean_mm[1], 10.0, 0.05);
        assert_near(pauses[i].mean_mm[2], -20.0, 0.05);
        assert_true(pauses[i].rms_mm > 0.2 && pauses[i].rms_mm < 0.5);
        assert_true(pauses[i].max_mm <= 1.0);
        assert_near((double)(pauses[i].end_ns - pauses[i].start_ns) / MS, 1500.0 + 500.0 * i, 60.0);
        assert_int_equal(pauses[i].end, TRK_DWELL_MOVED);
        assert_near((double)pauses[i].samples,
                    (double)(pauses[i].end_ns - pauses[i].start_ns) / (16.0 * MS) + 1.0, 1e-9);
    }
}

static void test_what_is_no_pause(void **state)
{
    (void)state;
    start(); /* too short: 0.9 s */
    int64_t at_ns = rest(0, 900 * MS, 0.0, 0.1);
    (void)move(at_ns, 0.0, 30.0);
    finish();
    assert_int_equal(pause_count, 0);

    start(); /* hidden once in the midst */
    at_ns = rest(0, 800 * MS, 0.0, 0.1);
    push(at_ns, false, 0.0, 10.0, -20.0);
    at_ns = rest(at_ns + 16 * MS, 800 * MS, 0.0, 0.1);
    finish();
    assert_int_equal(pause_count, 0);
    assert_int_equal(dwell.last_end, TRK_DWELL_FINISHED);

    start(); /* a point that is not a number counts as hidden */
    at_ns = rest(0, 800 * MS, 0.0, 0.1);
    push(at_ns, true, (double)NAN, 10.0, -20.0);
    assert_int_equal(dwell.last_end, TRK_DWELL_HIDDEN);
    (void)rest(at_ns + 16 * MS, 800 * MS, 0.0, 0.1);
    finish();
    assert_int_equal(pause_count, 0);

    start(); /* samples are missing for 101 ms */
    at_ns = rest(0, 800 * MS, 0.0, 0.1);
    (void)rest(at_ns - 16 * MS + 101 * MS, 800 * MS, 0.0, 0.1);
    finish();
    assert_int_equal(pause_count, 0);

    start(); /* a slow but steady motion: 2 mm/s */
    for (int i = 0; i < 600; ++i) {
        push(i * 16 * MS, true, 0.032 * i * 1.3, 0.0, 0.0);
    }
    finish();
    assert_int_equal(pause_count, 0);

    start(); /* few samples: 8 Hz has gaps, whatever they show */
    for (int i = 0; i < 40; ++i) {
        push(i * 125 * MS, true, 0.0, 0.0, 0.0);
    }
    finish();
    assert_int_equal(pause_count, 0);

    start(); /* a wide tremor */
    (void)rest(0, 5000 * MS, 0.0, 3.0);
    finish();
    assert_int_equal(pause_count, 0);
}

/* A pause may not creep: it is measured against its first second. */
static void test_drift_ends_a_pause(void **state)
{
    (void)state;
    start();
    for (int i = 0; i < 2000; ++i) { /* 0.25 mm/s for 32 s: 8 mm */
        push(i * 16 * MS, true, 0.004 * i, 0.0, 0.0);
    }
    finish();
    assert_true(pause_count >= 4);
    for (int i = 0; i < pause_count; ++i) {
        assert_true(pauses[i].max_mm <= 1.0);
    }
}

static void test_hidden_ends_a_pause(void **state)
{
    (void)state;
    start();
    int64_t at_ns = rest(0, 2000 * MS, 0.0, 0.1);
    push(at_ns, false, 0.0, 10.0, -20.0);
    at_ns = rest(at_ns + 16 * MS, 2000 * MS, 0.0, 0.1);
    push(at_ns + 200 * MS, true, 0.0, 10.0, -20.0);
    finish();
    assert_int_equal(pause_count, 2);
    assert_int_equal(pauses[0].end, TRK_DWELL_HIDDEN);
    assert_int_equal(pauses[1].end, TRK_DWELL_GAP);
    assert_true(pauses[1].start_ns > pauses[0].end_ns);
}

static void test_live(void **state)
{
    (void)state;
    struct trk_pause pause;
    start();
    assert_false(trk_dwell_current(&dwell, &pause));
    assert_near(trk_dwell_progress(&dwell), 0.0, 0.0);
    double before = 0.0;
    for (int i = 0; i <= 100; ++i) {
        push(i * 16 * MS, true, noise(0.1), 10.0, -20.0);
        const double progress = trk_dwell_progress(&dwell);
        assert_true(progress >= before && progress <= 1.0);
        before = progress;
        const bool held = i * 16 >= 1000;
        assert_int_equal(trk_dwell_current(&dwell, &pause), held);
        assert_int_equal(progress == 1.0, held);
    }
    assert_int_equal(pause.end, TRK_DWELL_OPEN);
    assert_near((double)pause.end_ns / MS, 1600.0, 0.0);
    push(101 * 16 * MS, true, 50.0, 10.0, -20.0);
    assert_false(trk_dwell_current(&dwell, &pause));
    assert_near(trk_dwell_progress(&dwell), 0.0, 0.0);
    assert_int_equal(pause_count, 1);

    /* started anew, it remembers nothing */
    start();
    assert_false(trk_dwell_current(&dwell, &pause));
}

static void test_limits_and_long_streams(void **state)
{
    (void)state;
    struct trk_dwell_limits limits = trk_dwell_limits_default();
    limits.radius_mm = 0.0;
    assert_int_equal(trk_dwell_init(&dwell, &limits), NAV_ERR_ARGUMENT);
    limits = trk_dwell_limits_default();
    limits.hold_ns = 0;
    assert_int_equal(trk_dwell_init(&dwell, &limits), NAV_ERR_ARGUMENT);

    /* 3 kHz: the first second still fits; then as long as one likes */
    start();
    for (int i = 0; i < 30000; ++i) {
        push(i * (MS / 3), true, noise(0.2), 0.0, 0.0);
    }
    finish();
    assert_int_equal(pause_count, 1);
    assert_int_equal(pauses[0].samples, 30000);
    assert_near(pauses[0].mean_mm[0], 0.0, 0.01);

    start(); /* times that go back, and extreme ones */
    push(INT64_MAX, true, 0.0, 0.0, 0.0);
    push(INT64_MIN, true, 0.0, 0.0, 0.0);
    push(INT64_MAX, true, 0.0, 0.0, 0.0);
    assert_int_equal(pause_count, 0);
    assert_string_equal(trk_dwell_end_name(TRK_DWELL_GAP), "gap");
    assert_string_equal(trk_dwell_end_name((enum trk_dwell_end)9), "?");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pauses_are_found),
        cmocka_unit_test(test_what_is_no_pause),
        cmocka_unit_test(test_drift_ends_a_pause),
        cmocka_unit_test(test_hidden_ends_a_pause),
        cmocka_unit_test(test_live),
        cmocka_unit_test(test_limits_and_long_streams),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
