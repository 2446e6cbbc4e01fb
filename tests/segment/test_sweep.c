/* The sweep: closed manifolds from any voxels, one for each label, the same on any number of
 * threads. */
#include "label_cells.h"
#include "label_sweep.h"
#include "test_data.h"

#include <math.h>

enum { LABELS = 5 };

static void sweep(const int16_t *voxels, int32_t nx, int32_t ny, int32_t nz, int threads,
                  struct prep_surface *out_surfaces)
{
    static uint16_t surface_of[65536];
    for (uint16_t value = 1; value <= LABELS; ++value) {
        surface_of[value] = value;
    }
    const struct prep_sweep job = {
        .voxels = voxels,
        .size = {nx, ny, nz},
        .surface_of = surface_of,
        .surface_count = LABELS,
        .threads = threads,
    };
    assert_int_equal(prep_sweep_run(&job, out_surfaces), NAV_OK);
}

static void finish(struct prep_surface *surfaces)
{
    for (int i = 0; i < LABELS; ++i) {
        prep_surface_finish(&surfaces[i]);
    }
}

static struct prep_surface_report expect_closed(const struct prep_surface *surface)
{
    struct prep_surface_report report;
    assert_int_equal(prep_surface_inspect(surface, &report), NAV_OK);
    assert_int_equal(report.open_edges, 0);
    assert_int_equal(report.bad_edges, 0);
    assert_int_equal(report.degenerate, 0);
    return report;
}

/* Counted from a surface alone: all its components together, and how many there are. */
static double voxels_of(const struct prep_surface *surface)
{
    uint32_t *of_point = malloc((surface->point_count + 1) * sizeof(*of_point));
    assert_non_null(of_point);
    size_t components = 0;
    assert_int_equal(prep_surface_components(surface, of_point, &components), NAV_OK);
    double *voxels = malloc((components + 1) * sizeof(*voxels)), sum = 0.0;
    assert_non_null(voxels);
    assert_int_equal(prep_sweep_voxels(surface, of_point, components, voxels), NAV_OK);
    for (size_t i = 0; i < components; ++i) {
        sum += voxels[i];
    }
    struct prep_surface_report report;
    assert_int_equal(prep_surface_inspect(surface, &report), NAV_OK);
    assert_int_equal(report.components, components);
    free(of_point);
    free(voxels);
    return sum;
}

/* Every way in which eight voxels can be inside. Its surface has a point for each pair of inside
 * and outside neighbours and encloses something. */
static void every_cell(void **state)
{
    (void)state;
    for (int bits = 1; bits < 256; ++bits) {
        int16_t voxels[8];
        size_t pairs = 0;
        for (int c = 0; c < 8; ++c) {
            voxels[c] = (int16_t)(bits >> c & 1);
            for (int axis = 0; axis < 3; ++axis) {
                const int other = bits >> (c ^ 1 << axis) & 1;
                pairs += voxels[c] != 0 ? 1U : 0U;               /* to outside the volume */
                pairs += voxels[c] != 0 && other == 0 ? 1U : 0U; /* to the neighbour */
            }
        }
        struct prep_surface surfaces[LABELS];
        sweep(voxels, 2, 2, 2, 1, surfaces);
        const struct prep_surface_report report = expect_closed(&surfaces[0]);
        assert_int_equal(surfaces[0].point_count, pairs);
        assert_true(report.volume_ml > 0.0);
        assert_true(voxels_of(&surfaces[0]) == (double)__builtin_popcount((unsigned)bits));
        finish(surfaces);
    }
}

/* Inside corners across a face or the cell are one piece across a face, two across the cell. */
static void diagonals(void **state)
{
    (void)state;
    static const struct {
        int16_t voxels[8];
        size_t components;
    } cases[] = {
        {{1, 0, 0, 1, 0, 0, 0, 0}, 1},
        {{1, 0, 0, 0, 0, 0, 0, 1}, 2},
        {{1, 1, 0, 0, 0, 0, 0, 0}, 1},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); ++i) {
        struct prep_surface surfaces[LABELS];
        sweep(cases[i].voxels, 2, 2, 2, 1, surfaces);
        assert_int_equal(expect_closed(&surfaces[0]).components, cases[i].components);
        finish(surfaces);
    }
}

static void make_noise(int16_t *voxels, size_t count, uint32_t random)
{
    for (size_t i = 0; i < count; ++i) {
        random = random * 1664525U + 1013904223U;
        voxels[i] = (int16_t)((random >> 24) % (LABELS + 2)); /* one value that has no surface */
    }
}

/* Noise of several labels is the hardest voxels there are; also across the slabs of a sweep. */
static void noise_is_closed(void **state)
{
    (void)state;
    enum { NX = 13, NY = 9, NZ = 40 };
    static int16_t voxels[NX * NY * NZ];
    for (uint32_t seed = 1; seed <= 5; ++seed) {
        make_noise(voxels, NX * NY * NZ, seed);
        struct prep_surface surfaces[LABELS];
        sweep(voxels, NX, NY, NZ, 1, surfaces);
        for (int label = 0; label < LABELS; ++label) {
            assert_true(surfaces[label].triangle_count > 1000);
            (void)expect_closed(&surfaces[label]);
            double count = 0.0;
            for (size_t i = 0; i < NX * NY * NZ; ++i) {
                count += voxels[i] == label + 1;
            }
            assert_true(voxels_of(&surfaces[label]) == count);
        }
        finish(surfaces);
    }
}

static void threads_change_nothing(void **state)
{
    (void)state;
    enum { NX = 21, NY = 17, NZ = 70 };
    static int16_t voxels[NX * NY * NZ];
    make_noise(voxels, NX * NY * NZ, 7);
    struct prep_surface one[LABELS], four[LABELS];
    sweep(voxels, NX, NY, NZ, 1, one);
    sweep(voxels, NX, NY, NZ, 4, four);
    for (int i = 0; i < LABELS; ++i) {
        assert_int_equal(one[i].point_count, four[i].point_count);
        assert_int_equal(one[i].triangle_count, four[i].triangle_count);
        assert_memory_equal(one[i].points, four[i].points, 12 * one[i].point_count);
        assert_memory_equal(one[i].triangles, four[i].triangles, 12 * one[i].triangle_count);
    }
    finish(one);
    finish(four);
}

/* A label that fills the volume is closed half a voxel outside of its last voxels. */
static void full_volume(void **state)
{
    (void)state;
    enum { NX = 5, NY = 4, NZ = 33 };
    static int16_t voxels[NX * NY * NZ];
    for (size_t i = 0; i < NX * NY * NZ; ++i) {
        voxels[i] = 3;
    }
    struct prep_surface surfaces[LABELS];
    sweep(voxels, NX, NY, NZ, 2, surfaces);
    const struct prep_surface_report report = expect_closed(&surfaces[2]);
    const double low[3] = {-0.5, -0.5, -0.5}, high[3] = {NX - 0.5, NY - 0.5, NZ - 0.5};
    for (int a = 0; a < 3; ++a) {
        assert_true(fabs(report.low[a] - low[a]) < 1e-6 && fabs(report.high[a] - high[a]) < 1e-6);
    }
    assert_int_equal(surfaces[0].triangle_count, 0);
    finish(surfaces);
}

/* Two labels side by side: both closed, with the same points where they touch. */
static void touching_labels(void **state)
{
    (void)state;
    enum { N = 6 };
    static int16_t voxels[N * N * N];
    for (size_t i = 0; i < N * N * N; ++i) {
        voxels[i] = i % N < N / 2 ? 1 : 2;
    }
    struct prep_surface surfaces[LABELS];
    sweep(voxels, N, N, N, 1, surfaces);
    size_t shared[2] = {0, 0};
    for (size_t label = 0; label < 2; ++label) {
        (void)expect_closed(&surfaces[label]);
        for (size_t i = 0; i < surfaces[label].point_count; ++i) {
            shared[label] += surfaces[label].points[3 * i] == (float)(N / 2) - 0.5F;
        }
    }
    assert_int_equal(shared[0], N * N);
    assert_int_equal(shared[1], N * N);
    finish(surfaces);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_cell),      cmocka_unit_test(diagonals),
        cmocka_unit_test(noise_is_closed), cmocka_unit_test(threads_change_nothing),
        cmocka_unit_test(full_volume),     cmocka_unit_test(touching_labels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
