/* How far off a start may be on the back of a sacrum, and what is accepted of it: a small patch
 * never, and nothing that is further off than what it states allows. */
#include <math.h>

#include "posterior.h"
#include "test_data.h"

enum { TRIALS = 5 };

static const double noise_mm = 0.5;
static const double failed_mm = 3.0;

static struct posterior bone;

static int make_bone(void **state)
{
    (void)state;
    return posterior_make(2.0, &bone) ? 0 : -1;
}

static int finish_bone(void **state)
{
    (void)state;
    posterior_finish(&bone);
    return 0;
}

struct row {
    unsigned failed, accepted, false_accepted;
    double median_mm, smallest_residual_mm;
    uint32_t refusals; /* of all trials: bits that every one of them has */
};

static int compare(const void *left, const void *right)
{
    const double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static struct row run(enum posterior_region region, double start_deg, double start_mm)
{
    struct row row = {.refusals = UINT32_MAX, .smallest_residual_mm = INFINITY};
    uint64_t random = 12;
    double errors[TRIALS];
    const struct trk_surface_options options = trk_surface_options_default();
    for (int i = 0; i < TRIALS; ++i) {
        struct posterior_trial trial;
        struct trk_surface_result result;
        posterior_begin(&bone, region, noise_mm, start_deg * (M_PI / 180.0), start_mm, &random,
                        &trial);
        assert_int_equal(trk_surface_register(bone.mesh, trial.points, POSTERIOR_POINTS,
                                              &trial.start, bone.target_mm, 1, &options, &result),
                         NAV_OK);
        errors[i] = posterior_error(&bone, &trial, &result.T_image_reference);
        row.failed += errors[i] > failed_mm;
        row.refusals &= result.refusals;
        row.smallest_residual_mm = fmin(row.smallest_residual_mm, result.rms_mm);
        if (result.refusals == 0) {
            ++row.accepted;
            /* 99.99 % of errors of the stated rms are within 3.9 of it, whatever their direction */
            row.false_accepted += errors[i] > 3.9 * result.tre_mm[0];
        }
    }
    qsort(errors, TRIALS, sizeof(errors[0]), compare);
    row.median_mm = errors[TRIALS / 2];
    print_message("%s %2.0f deg %2.0f mm: median %6.2f mm, %u of %d above %.0f mm, %u accepted, "
                  "smallest residual %.2f mm\n",
                  region == POSTERIOR_FACE ? "face " : "patch", start_deg, start_mm, row.median_mm,
                  row.failed, TRIALS, failed_mm, row.accepted, row.smallest_residual_mm);
    assert_int_equal(row.false_accepted, 0);
    return row;
}

static void the_whole_face_registers_from_a_landmark_start(void **state)
{
    (void)state;
    const struct row row = run(POSTERIOR_FACE, 10.0, 5.0);
    assert_int_equal(row.failed, 0);
    assert_int_equal(row.accepted, TRIALS);
    assert_true(row.median_mm < 0.5);
}

static void a_start_far_off_is_right_or_refused(void **state)
{
    (void)state;
    const struct row row = run(POSTERIOR_FACE, 70.0, 30.0);
    assert_true(row.failed > 0 && row.accepted > 0); /* both occur, and run() looks at each */
}

static void a_small_patch_is_refused_whatever_its_residual(void **state)
{
    (void)state;
    const struct row row = run(POSTERIOR_PATCH, 40.0, 20.0);
    assert_int_equal(row.accepted, 0);
    assert_true((row.refusals & TRK_SURFACE_SPREAD) != 0);
    assert_true(row.smallest_residual_mm < 1.0);
    assert_true(row.failed > 0); /* it is not refused for nothing */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_whole_face_registers_from_a_landmark_start),
        cmocka_unit_test(a_start_far_off_is_right_or_refused),
        cmocka_unit_test(a_small_patch_is_refused_whatever_its_residual),
    };
    return cmocka_run_group_tests_name("capture", tests, make_bone, finish_bone);
}
