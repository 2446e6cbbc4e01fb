#include "calibration_fixture.h"

#include "statistics.h"

/* Percentage points as printed in statistical tables. */
static void test_chi_square_table(void **state)
{
    (void)state;
    static const struct {
        double dof, p, x;
    } rows[] = {
        {1, 0.95, 3.841459},   {1, 0.999, 10.827566},  {3, 0.95, 7.814728},   {3, 0.999, 16.266236},
        {6, 0.05, 1.635383},   {6, 0.95, 12.591587},   {6, 0.999, 22.457744}, {9, 0.95, 16.918978},
        {12, 0.95, 21.026070}, {12, 0.999, 32.909490}, {18, 0.95, 28.869299}, {100, 0.5, 99.334129},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); ++i) {
        assert_near(trk_chi2_quantile(rows[i].p, rows[i].dof), rows[i].x, 1e-6);
        assert_near(trk_chi2_below(rows[i].x, rows[i].dof), rows[i].p, 1e-6);
        assert_near(trk_chi2_above(rows[i].x, rows[i].dof), 1.0 - rows[i].p, 1e-6);
    }
    /* two degrees of freedom: exp(-x/2), also where 1 - P has lost every digit */
    for (double x = 0.01; x < 1400.0; x *= 1.7) {
        assert_near(trk_chi2_above(x, 2.0) / exp(-0.5 * x), 1.0, 1e-11);
    }
    assert_near(trk_chi2_above(0.0, 3.0), 1.0, 0.0);
    assert_near(trk_chi2_below(-1.0, 3.0), 0.0, 0.0);
    assert_true(isnan(trk_chi2_above(1.0, 0.0)) && isnan(trk_chi2_below((double)NAN, 3.0)));
    assert_true(isnan(trk_chi2_quantile(0.0, 3.0)) && isnan(trk_chi2_quantile(1.0, 3.0)));
}

static void test_f_table(void **state)
{
    (void)state;
    static const struct {
        double numerator, denominator, p, x;
    } rows[] = {
        {3, 9, 0.05, 3.862548},   {3, 9, 0.01, 6.991917},  {3, 6, 0.05, 4.757063},
        {1, 1, 0.05, 161.447639}, {5, 20, 0.05, 2.710890}, {10, 10, 0.5, 1.0},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); ++i) {
        assert_near(trk_f_above(rows[i].x, rows[i].numerator, rows[i].denominator), rows[i].p,
                    1e-7);
    }
    /* with two in the numerator: (1 + 2x/n)^(-n/2) */
    for (double x = 0.01; x < 1e5; x *= 3.1) {
        assert_near(trk_f_above(x, 2.0, 9.0) / pow(1.0 + 2.0 * x / 9.0, -4.5), 1.0, 1e-10);
    }
    assert_near(trk_f_above(0.0, 3.0, 9.0), 1.0, 0.0);
    assert_true(isnan(trk_f_above(1.0, 0.0, 9.0)));
}

static void test_norm_quantile(void **state)
{
    (void)state;
    const double sphere[9] = {4, 0, 0, 0, 4, 0, 0, 0, 4};
    assert_near(trk_norm_quantile(sphere, 0.95), 2.0 * sqrt(7.814728), 1e-6);
    const double line[9] = {0, 0, 0, 0, 9, 0, 0, 0, 0};
    assert_near(trk_norm_quantile(line, 0.95), 3.0 * 1.959964, 1e-5);
    const double none[9] = {0};
    assert_near(trk_norm_quantile(none, 0.95), 0.0, 0.0);

    /* an uneven one, turned: against counting */
    const double covariance[9] = {2.0, 0.8, -0.3, 0.8, 1.0, 0.2, -0.3, 0.2, 0.5};
    /* its Cholesky factor */
    const double l11 = sqrt(2.0), l21 = 0.8 / l11, l31 = -0.3 / l11;
    const double l22 = sqrt(1.0 - l21 * l21), l32 = (0.2 - l31 * l21) / l22;
    const double l33 = sqrt(0.5 - l31 * l31 - l32 * l32);
    const double limit = trk_norm_quantile(covariance, 0.95);
    struct dice dice = {11};
    int inside = 0;
    const int trials = 200000;
    for (int i = 0; i < trials; ++i) {
        const double a = normal(&dice), b = normal(&dice), c = normal(&dice);
        const double x = l11 * a, y = l21 * a + l22 * b, z = l31 * a + l32 * b + l33 * c;
        inside += x * x + y * y + z * z <= limit * limit;
    }
    assert_near((double)inside / trials, 0.95, 0.003);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_chi_square_table),
        cmocka_unit_test(test_f_table),
        cmocka_unit_test(test_norm_quantile),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
