/* Sections of a scan: the fast way shows what the plain one does, and it is the right place. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "slice.h"

enum { NX = 37, NY = 29, NZ = 23, WIDTH = 75, HEIGHT = 61, STRIDE = 80 };

static const double spacing[3] = {0.8, 1.1, 1.7};
static const double first[3] = {-12.0, 30.0, -40.0};

static struct rnd_volume make_sized(int16_t (*value)(int i, int j, int k), const int size[3])
{
    struct rnd_volume volume = {.size = {size[0], size[1], size[2]}};
    int16_t *voxels = malloc(sizeof(*voxels) * (size_t)size[0] * (size_t)size[1] * (size_t)size[2]);
    assert_non_null(voxels);
    volume.voxels = voxels;
    for (int k = 0; k < size[2]; ++k) {
        for (int j = 0; j < size[1]; ++j) {
            for (int i = 0; i < size[0]; ++i) {
                *voxels++ = value(i, j, k);
            }
        }
    }
    for (int i = 0; i < 3; ++i) {
        volume.T_image_voxel[5 * i] = spacing[i];
        volume.T_image_voxel[4 * i + 3] = first[i];
    }
    return volume;
}

static struct rnd_volume make_volume(int16_t (*value)(int i, int j, int k))
{
    static const int size[3] = {NX, NY, NZ};
    return make_sized(value, size);
}

static int16_t noise(int i, int j, int k)
{
    const unsigned mixed =
        ((unsigned)i * 73856093U) ^ ((unsigned)j * 19349663U) ^ ((unsigned)k * 83492791U);
    return (int16_t)(mixed * 2654435761U >> 16);
}

/* Linear, so that interpolation is exact. */
static int16_t ramp(int i, int j, int k)
{
    return (int16_t)(5 * i + 40 * j - 30 * k);
}

static int16_t bright(int i, int j, int k)
{
    (void)i;
    (void)j;
    (void)k;
    return 3000;
}

static double uniform(unsigned *seed)
{
    *seed = *seed * 1664525U + 1013904223U;
    return (double)(*seed >> 8) / (double)(1U << 24) * 2.0 - 1.0;
}

static void test_fast_is_like_plain(void **state)
{
    (void)state;
    const struct rnd_volume volume = make_volume(noise);
    static uint8_t fast[STRIDE * HEIGHT];
    static uint8_t plain[STRIDE * HEIGHT];
    const struct rnd_window_level window = {.level = 100.0, .width = 40000.0};
    unsigned seed = 1;
    long lit = 0;
    for (int round = 0; round < 300; ++round) {
        struct rnd_plane plane;
        for (int i = 0; i < 3; ++i) {
            const double middle = first[i] + 20.0 * uniform(&seed) + 15.0;
            plane.right_mm[i] = round < 3 ? (i == round) * 0.4 : 0.6 * uniform(&seed);
            plane.down_mm[i] = round < 3 ? (i == (round + 1) % 3) * 0.4 : 0.6 * uniform(&seed);
            plane.origin_mm[i] =
                middle - 0.5 * WIDTH * plane.right_mm[i] - 0.5 * HEIGHT * plane.down_mm[i];
        }
        memset(fast, 77, sizeof(fast));
        memset(plain, 77, sizeof(plain));
        assert_int_equal(rnd_slice(&volume, &plane, &window, WIDTH, HEIGHT, STRIDE, fast), NAV_OK);
        assert_int_equal(rnd_slice_ref(&volume, &plane, &window, WIDTH, HEIGHT, STRIDE, plain),
                         NAV_OK);
        for (int i = 0; i < STRIDE * HEIGHT; ++i) {
            if (abs((int)fast[i] - (int)plain[i]) > 1) {
                fail_msg("round %d: pixel %d is %d instead of %d", round, i, fast[i], plain[i]);
            }
            lit += plain[i] != 0 && plain[i] != 77;
        }
        for (int j = 0; j < HEIGHT; ++j) {
            assert_int_equal(fast[j * STRIDE + WIDTH], 77); /* nothing beyond the picture */
        }
    }
    assert_true(lit > 300L * 200);
    free((void *)volume.voxels);
}

/* A linear volume gives at every pixel what its formula says for that place. */
static void test_values_are_of_their_place(void **state)
{
    (void)state;
    const struct rnd_volume volume = make_volume(ramp);
    static uint8_t grey[WIDTH * HEIGHT];
    const struct rnd_window_level window = {.level = 200.0, .width = 2550.0};
    const struct rnd_plane plane = {
        .origin_mm = {-8.0, 33.0, -30.0}, .right_mm = {0.2, 0.1, 0.15}, .down_mm = {0, 0.3, -0.1}};
    assert_int_equal(rnd_slice(&volume, &plane, &window, WIDTH, HEIGHT, WIDTH, grey), NAV_OK);
    for (int j = 0; j < HEIGHT; ++j) {
        for (int i = 0; i < WIDTH; ++i) {
            double voxel[3];
            bool inside = true;
            static const int sides[3] = {NX, NY, NZ};
            for (int k = 0; k < 3; ++k) {
                voxel[k] =
                    (plane.origin_mm[k] + i * plane.right_mm[k] + j * plane.down_mm[k] - first[k]) /
                    spacing[k];
                inside = inside && voxel[k] >= 0.0 && voxel[k] <= sides[k] - 1;
            }
            const double value = 5.0 * voxel[0] + 40.0 * voxel[1] - 30.0 * voxel[2];
            const double expected = inside ? fmin(fmax((value - 200.0) / 10.0 + 127.5, 0), 255) : 0;
            assert_true(fabs(grey[j * WIDTH + i] - floor(expected)) <= 1.0);
        }
    }
    free((void *)volume.voxels);
}

/* A scan's values; neighbours as different as air and bone. */
static int16_t tissue(int i, int j, int k)
{
    return (int16_t)(noise(i, j, k) % 2000 + 1000);
}

/* What the interpolation's formula gives in double precision; NAN outside. */
static double exact_value(const struct rnd_volume *volume, const double at[3])
{
    ptrdiff_t cell[3];
    double part[3];
    for (int k = 0; k < 3; ++k) {
        const double last = volume->size[k] - 1;
        if (!(at[k] >= 0.0 && at[k] <= last)) {
            return (double)NAN;
        }
        const double low = fmin(floor(at[k]), last - 1.0);
        cell[k] = (ptrdiff_t)low;
        part[k] = at[k] - low;
    }
    double value = 0.0;
    for (int corner = 0; corner < 8; ++corner) {
        double weight = 1.0;
        ptrdiff_t index = 0;
        for (int k = 2; k >= 0; --k) {
            const int up = corner >> k & 1;
            weight *= up != 0 ? part[k] : 1.0 - part[k];
            index = index * volume->size[k] + cell[k] + up;
        }
        value += weight * volume->voxels[index];
    }
    return value;
}

/* With a window of 255 units a level of grey is one: nothing is off by more. */
static void test_values_are_within_one_unit(void **state)
{
    (void)state;
    static const int size[3] = {NX, 512, NZ}; /* far out, single precision has less to give */
    const struct rnd_volume volume = make_sized(tissue, size);
    static uint8_t grey[WIDTH * HEIGHT];
    unsigned seed = 7;
    long compared = 0;
    for (int round = 0; round < 200; ++round) {
        const struct rnd_window_level window = {.level = 1000.0 * uniform(&seed) + 1000.0,
                                                .width = 255.0};
        struct rnd_plane plane;
        for (int i = 0; i < 3; ++i) {
            plane.right_mm[i] = 0.6 * uniform(&seed);
            plane.down_mm[i] = 0.6 * uniform(&seed);
            const double middle = i == 1 ? 0.97 : 0.5; /* of the way to the last voxel */
            plane.origin_mm[i] = first[i] + middle * spacing[i] * (volume.size[i] - 1) -
                                 0.5 * WIDTH * plane.right_mm[i] - 0.5 * HEIGHT * plane.down_mm[i];
        }
        assert_int_equal(rnd_slice(&volume, &plane, &window, WIDTH, HEIGHT, WIDTH, grey), NAV_OK);
        for (int j = 0; j < HEIGHT; ++j) {
            for (int i = 0; i < WIDTH; ++i) {
                double at[3];
                bool edge = false;
                for (int k = 0; k < 3; ++k) {
                    at[k] = (plane.origin_mm[k] + i * plane.right_mm[k] + j * plane.down_mm[k] -
                             first[k]) /
                            spacing[k];
                    edge = edge || fmin(fabs(at[k]), fabs(at[k] - volume.size[k] + 1)) < 1e-3;
                }
                const double value = exact_value(&volume, at);
                const double level = fmin(fmax(value - window.level + 127.5, 0.0), 255.0);
                const double expected = isnan(value) ? 0.0 : level;
                const double off = grey[j * WIDTH + i] + 0.5 - expected; /* it is cut off */
                if (!edge && fabs(off) > 1.0) {
                    fail_msg("round %d: pixel %d %d is %d, exactly %.3f", round, i, j,
                             grey[j * WIDTH + i], expected);
                }
                compared += !edge && expected > 0.0 && expected < 255.0;
            }
        }
    }
    assert_true(compared > 30000);
    free((void *)volume.voxels);
}

/* Outside is black even where the window would make air grey; the last voxels' middles belong. */
static void test_outside_is_black(void **state)
{
    (void)state;
    const struct rnd_volume volume = make_volume(bright);
    uint8_t grey[NX + 2];
    const struct rnd_window_level window = {.level = 0.0, .width = 100.0};
    const struct rnd_plane plane = {.origin_mm = {first[0] - spacing[0], first[1], first[2]},
                                    .right_mm = {spacing[0], 0, 0},
                                    .down_mm = {0, 1, 0}};
    for (int way = 0; way < 2; ++way) {
        assert_int_equal((way == 0 ? rnd_slice : rnd_slice_ref)(&volume, &plane, &window, NX + 2, 1,
                                                                NX + 2, grey),
                         NAV_OK);
        assert_int_equal(grey[0], 0);
        for (int i = 2; i < NX; ++i) {
            assert_int_equal(grey[i], 255);
        }
        assert_int_equal(grey[NX + 1], 0);
    }
    free((void *)volume.voxels);
}

static void test_contract(void **state)
{
    (void)state;
    struct rnd_volume volume = make_volume(bright);
    uint8_t grey[16] = {0};
    const struct rnd_window_level good = RND_WINDOW_BONE;
    const struct rnd_window_level bad = {.level = 0.0, .width = 0.0};
    struct rnd_plane plane = {.right_mm = {1, 0, 0}, .down_mm = {0, 1, 0}};
    assert_int_equal(rnd_slice(&volume, &plane, &good, 4, 4, 4, grey), NAV_OK);
    assert_int_equal(rnd_slice(&volume, &plane, &bad, 4, 4, 4, grey), NAV_ERR_ARGUMENT);
    assert_int_equal(rnd_slice(&volume, &plane, &good, 0, 4, 4, grey), NAV_ERR_ARGUMENT);
    assert_int_equal(rnd_slice(&volume, &plane, &good, 4, 4, 3, grey), NAV_ERR_ARGUMENT);
    plane.origin_mm[1] = (double)NAN;
    assert_int_equal(rnd_slice(&volume, &plane, &good, 4, 4, 4, grey), NAV_ERR_ARGUMENT);
    plane.origin_mm[1] = 0.0;
    volume.size[2] = 1;
    assert_int_equal(rnd_slice(&volume, &plane, &good, 4, 4, 4, grey), NAV_ERR_ARGUMENT);
    volume.size[2] = NZ;
    volume.T_image_voxel[0] = 0.0;
    assert_int_equal(rnd_slice(&volume, &plane, &good, 4, 4, 4, grey), NAV_ERR_ARGUMENT);
    free((void *)volume.voxels);
}

static void test_window_of_a_scan(void **state)
{
    (void)state;
    const struct rnd_volume volume = make_volume(ramp);
    const struct rnd_window_level window = rnd_window_of(&volume);
    const double low = window.level - 0.5 * window.width;
    const double high = window.level + 0.5 * window.width;
    assert_true(low > -660.0 && low < -450.0);
    assert_true(high > 1000.0 && high < 1300.0);
    free((void *)volume.voxels);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values_are_within_one_unit),
        cmocka_unit_test(test_fast_is_like_plain),
        cmocka_unit_test(test_values_are_of_their_place),
        cmocka_unit_test(test_outside_is_black),
        cmocka_unit_test(test_contract),
        cmocka_unit_test(test_window_of_a_scan),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
