/* When the overlay is withheld: each condition alone, and what it takes to come back. */
#include "ar_gate.h"

#include <math.h>
#include <string.h>

#include "nav/time.h"
#include "test_data.h"

#define MS NAV_NS_PER_MS

static struct rnd_ar_inputs good(int64_t now_ns)
{
    return (struct rnd_ar_inputs){.now_ns = now_ns,
                                  .picture_ns = now_ns - 30 * MS,
                                  .camera = RND_AR_CAMERA_GOOD,
                                  .has_lens = true,
                                  .lens_fits = true,
                                  .has_handeye = true,
                                  .has_delay = true,
                                  .delay_sd_ns = 2 * MS,
                                  .trust = NAV_TRUST_OK,
                                  .has_pose = true,
                                  .checked = true,
                                  .off_px = 0.7,
                                  .off_mm = 0.4};
}

static enum rnd_ar_reason judge_once(struct rnd_ar_inputs inputs)
{
    const struct rnd_ar_limits limits = rnd_ar_limits_default();
    struct rnd_ar_gate gate = rnd_ar_gate_of(&limits);
    const struct rnd_ar_inputs before = good(1000 * MS);
    assert_int_equal(rnd_ar_judge(&gate, &before), RND_AR_SHOWN);
    return rnd_ar_judge(&gate, &inputs);
}

static void each_condition_withholds_by_itself(void **state)
{
    (void)state;
    const int64_t now_ns = 1033 * MS;
    struct rnd_ar_inputs inputs = good(now_ns);
    assert_int_equal(judge_once(inputs), RND_AR_SHOWN);

    inputs.camera = RND_AR_CAMERA_WAITING;
    assert_int_equal(judge_once(inputs), RND_AR_NO_PICTURE);
    inputs.camera = RND_AR_CAMERA_IS_LOST;
    assert_int_equal(judge_once(inputs), RND_AR_CAMERA_LOST);
    inputs.camera = RND_AR_CAMERA_IS_FROZEN;
    assert_int_equal(judge_once(inputs), RND_AR_CAMERA_FROZEN);

    inputs = good(now_ns);
    inputs.picture_ns = now_ns - 250 * MS;
    assert_int_equal(judge_once(inputs), RND_AR_SHOWN);
    inputs.picture_ns -= 1;
    assert_int_equal(judge_once(inputs), RND_AR_PICTURE_OLD);

    inputs = good(now_ns);
    inputs.has_lens = false;
    assert_int_equal(judge_once(inputs), RND_AR_NO_LENS);
    inputs = good(now_ns);
    inputs.lens_fits = false;
    assert_int_equal(judge_once(inputs), RND_AR_RESOLUTION);
    inputs = good(now_ns);
    inputs.has_handeye = false;
    assert_int_equal(judge_once(inputs), RND_AR_NO_HANDEYE);
    inputs = good(now_ns);
    inputs.has_delay = false;
    assert_int_equal(judge_once(inputs), RND_AR_NO_DELAY);
    inputs = good(now_ns);
    inputs.delay_sd_ns = 20 * MS + 1;
    assert_int_equal(judge_once(inputs), RND_AR_NO_DELAY);
    inputs = good(now_ns);
    inputs.trust = NAV_TRUST_WITHHELD;
    assert_int_equal(judge_once(inputs), RND_AR_NOT_TRUSTED);
    inputs = good(now_ns);
    inputs.has_pose = false;
    assert_int_equal(judge_once(inputs), RND_AR_NO_POSE);
}

static void markers_must_agree(void **state)
{
    (void)state;
    struct rnd_ar_inputs inputs = good(1033 * MS);
    inputs.off_px = 3.0;
    inputs.off_mm = 2.0;
    assert_int_equal(judge_once(inputs), RND_AR_SHOWN);
    inputs.off_px = 3.01;
    assert_int_equal(judge_once(inputs), RND_AR_OFF);
    inputs.off_px = 1.0;
    inputs.off_mm = 2.01; /* far away a pixel is much */
    assert_int_equal(judge_once(inputs), RND_AR_OFF);
    inputs.off_mm = NAN;
    assert_int_equal(judge_once(inputs), RND_AR_OFF);
    inputs.off_mm = 1.0;
    inputs.off_px = NAN;
    assert_int_equal(judge_once(inputs), RND_AR_OFF);
    inputs.off_px = INFINITY;
    assert_int_equal(judge_once(inputs), RND_AR_OFF);
}

static void unseen_markers_are_trusted_for_a_while_only(void **state)
{
    (void)state;
    const struct rnd_ar_limits limits = rnd_ar_limits_default();
    struct rnd_ar_gate gate = rnd_ar_gate_of(&limits);
    struct rnd_ar_inputs inputs = good(1000 * MS);
    inputs.checked = false; /* never seen yet */
    assert_int_equal(rnd_ar_judge(&gate, &inputs), RND_AR_UNCHECKED);
    inputs = good(1033 * MS);
    assert_int_equal(rnd_ar_judge(&gate, &inputs), RND_AR_SHOWN);
    inputs = good(3033 * MS);
    inputs.checked = false;
    assert_int_equal(rnd_ar_judge(&gate, &inputs), RND_AR_SHOWN);
    inputs = good(3034 * MS);
    inputs.checked = false;
    assert_int_equal(rnd_ar_judge(&gate, &inputs), RND_AR_UNCHECKED);
}

static void what_was_off_must_prove_itself(void **state)
{
    (void)state;
    const struct rnd_ar_limits limits = rnd_ar_limits_default();
    struct rnd_ar_gate gate = rnd_ar_gate_of(&limits);
    struct rnd_ar_inputs inputs = good(1000 * MS);
    assert_int_equal(rnd_ar_judge(&gate, &inputs), RND_AR_SHOWN);
    inputs = good(1033 * MS);
    inputs.off_px = 9;
    assert_int_equal(rnd_ar_judge(&gate, &inputs), RND_AR_OFF);
    inputs = good(1066 * MS);
    inputs.checked = false; /* looking away does not help */
    assert_int_equal(rnd_ar_judge(&gate, &inputs), RND_AR_UNCHECKED);
    for (int i = 0; i < 4; ++i) {
        inputs = good((1100 + 33 * i) * MS);
        assert_int_equal(rnd_ar_judge(&gate, &inputs), RND_AR_PROVING);
    }
    inputs = good(1300 * MS);
    assert_int_equal(rnd_ar_judge(&gate, &inputs), RND_AR_SHOWN);
}

static void every_reason_has_its_words(void **state)
{
    (void)state;
    assert_string_equal(rnd_ar_text(RND_AR_SHOWN), "");
    for (int i = 1; i < RND_AR_COUNT; ++i) {
        assert_true(strlen(rnd_ar_text((enum rnd_ar_reason)i)) > 8);
        assert_true(strlen(rnd_ar_key((enum rnd_ar_reason)i)) > 2);
    }
    assert_string_equal(rnd_ar_key((enum rnd_ar_reason)RND_AR_COUNT), "?");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_condition_withholds_by_itself),
        cmocka_unit_test(markers_must_agree),
        cmocka_unit_test(unseen_markers_are_trusted_for_a_while_only),
        cmocka_unit_test(what_was_off_must_prove_itself),
        cmocka_unit_test(every_reason_has_its_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
