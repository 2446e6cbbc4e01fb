/* Surfaces of a segmentation against what is known: the synthetic patient's distance fields, shapes
 * of known volume, and the voxels themselves. */
#include <math.h>

#include "label_files.h"
#include "phantom_sdf.h"

/* --- the synthetic patient ------------------------------------------------------------------- */

struct truth {
    const struct phantom *phantom;
    enum phantom_structure structure;
    double sum, largest;
    size_t count;
};

static bool add_truth(void *context, const double p[3])
{
    struct truth *truth = context;
    const double off = fabs(phantom_distance(truth->phantom, truth->structure, p));
    truth->sum += off;
    truth->largest = fmax(truth->largest, off);
    ++truth->count;
    return true;
}

/* A grid around the structure: spacing in mm, turned about an oblique axis. */
static struct label_grid grid_around(const struct phantom_box *box, const double spacing[3],
                                     double angle)
{
    const double n[3] = {1 / 3.0, 2 / 3.0, -2 / 3.0}, c = cos(angle), s = sin(angle);
    struct label_grid grid = {.size = {0}};
    double half[3], middle[3], reach = 0.0;
    for (int a = 0; a < 3; ++a) {
        middle[a] = 0.5 * (box->low[a] + box->high[a]);
        half[a] = 0.5 * (box->high[a] - box->low[a]);
        reach += half[a] * half[a];
    }
    for (int axis = 0; axis < 3; ++axis) {
        const double extent = angle == 0.0 ? half[axis] : sqrt(reach);
        grid.size[axis] = (int32_t)(2.0 * extent / spacing[axis]) + 2;
        for (int a = 0; a < 3; ++a) {
            const double unit = a == axis ? 1.0 : 0.0;
            const double cross = n[(a + 1) % 3] * ((a + 2) % 3 == axis ? 1.0 : 0.0) -
                                 n[(a + 2) % 3] * ((a + 1) % 3 == axis ? 1.0 : 0.0);
            grid.columns[axis][a] =
                spacing[axis] * (c * unit + s * cross + (1.0 - c) * n[a] * n[axis]);
        }
    }
    for (int a = 0; a < 3; ++a) {
        grid.origin[a] = middle[a];
        for (int axis = 0; axis < 3; ++axis) {
            grid.origin[a] -= 0.5 * (grid.size[axis] - 1) * grid.columns[axis][a];
        }
    }
    return grid;
}

static void expect_truth(enum phantom_structure structure, const double spacing[3], double angle,
                         double mean_max, double largest_max)
{
    struct phantom *phantom = NULL;
    assert_int_equal(phantom_create(1, &phantom), NAV_OK);
    const struct phantom_box box = phantom_bounds(phantom, structure);
    const struct label_grid grid = grid_around(&box, spacing, angle);
    uint8_t *voxels = calloc(label_grid_count(&grid), 1);
    assert_non_null(voxels);
    uint8_t *at = voxels;
    for (int32_t k = 0; k < grid.size[2]; ++k) {
        for (int32_t j = 0; j < grid.size[1]; ++j) {
            for (int32_t i = 0; i < grid.size[0]; ++i) {
                double p[3];
                label_grid_point(&grid, i, j, k, p);
                *at++ = phantom_distance(phantom, structure, p) < 0.0;
            }
        }
    }
    struct prep_segmentation segmentation = label_file_good(&grid, voxels);
    free(voxels);
    const struct prep_segment_options options = prep_segment_options_default();
    struct prep_segment_surfaces surfaces = label_surfaces(&segmentation, &options);
    assert_int_equal(surfaces.count, 1);
    const struct prep_segment_surface *item = &surfaces.items[0];
    struct truth truth = {.phantom = phantom, .structure = structure};
    assert_true(prep_surface_spread(&item->surface, 0.5, add_truth, &truth));
    const double mean = truth.sum / (double)truth.count;
    print_message(
        "%s, %.1f x %.1f x %.1f mm, turned by %.1f: %.1f ml %+.3f %%, from the truth mean "
        "%.3f max %.2f mm, from the voxels mean %.3f 95%% %.2f max %.2f mm\n",
        phantom_info(structure)->name, spacing[0], spacing[1], spacing[2], angle, item->voxel_ml,
        item->difference_percent, mean, truth.largest, item->error.mean_mm, item->error.p95_mm,
        item->error.max_mm);
    assert_true(item->closed && item->report.volume_ml > 0.0);
    assert_true(fabs(item->difference_percent) < 0.1);
    assert_true(mean < mean_max && truth.largest < largest_max);
    const double longest = fmax(spacing[0], fmax(spacing[1], spacing[2]));
    assert_true(item->error.mean_mm < 0.25 * longest && item->error.p95_mm < 0.6 * longest);
    assert_true(item->error.max_mm < 1.3 * longest);
    assert_true(item->surface.triangle_count < item->triangles_before / 2);
    prep_segment_surfaces_finish(&surfaces);
    prep_segmentation_finish(&segmentation);
    phantom_destroy(phantom);
}

static void patient_isotropic(void **state)
{
    (void)state;
    expect_truth(PHANTOM_SACRUM, (const double[3]){1.2, 1.2, 1.2}, 0.0, 0.12, 1.2);
    expect_truth(PHANTOM_ARTERIES, (const double[3]){1, 1, 1}, 0.0, 0.1, 0.6);
    expect_truth(PHANTOM_ROOT_S2_RIGHT, (const double[3]){0.8, 0.8, 0.8}, 0.0, 0.09, 0.5);
}

static void patient_anisotropic(void **state)
{
    (void)state;
    expect_truth(PHANTOM_SACRUM, (const double[3]){1, 1, 3}, 0.0, 0.22, 2.5);
    expect_truth(PHANTOM_VEINS, (const double[3]){0.8, 0.8, 2}, 0.0, 0.13, 0.9);
}

static void patient_oblique(void **state)
{
    (void)state;
    expect_truth(PHANTOM_TUMOUR, (const double[3]){1, 1, 1}, 0.7, 0.1, 0.6);
    expect_truth(PHANTOM_DURA, (const double[3]){0.9, 1.1, 1.5}, -1.3, 0.12, 0.8);
}

/* --- shapes ---------------------------------------------------------------------------------- */

static void one_voxel(void **state)
{
    (void)state;
    const struct label_grid grid = label_grid_make(5, 5, 5, 1, 1, 2);
    uint8_t voxels[125] = {0};
    voxels[62] = 9;
    struct prep_segmentation segmentation = label_file_good(&grid, voxels);
    const struct prep_segment_options options = prep_segment_options_default();
    struct prep_segment_surfaces surfaces = label_surfaces(&segmentation, &options);
    assert_int_equal(surfaces.count, 1);
    const struct prep_segment_surface *item = &surfaces.items[0];
    assert_string_equal(item->segment->name, "label_9");
    assert_int_equal(item->segment->voxels, 1);
    assert_true(item->closed && item->report.components == 1);
    print_message("one voxel: %zu triangles, %+.2f %%\n", item->surface.triangle_count,
                  item->difference_percent);
    assert_true(fabs(item->voxel_ml - 0.002) < 1e-9 && fabs(item->difference_percent) < 1.0);
    for (int a = 0; a < 3; ++a) {
        const double middle = a == 2 ? 4.0 : 2.0;
        assert_true(fabs(0.5 * (item->report.low[a] + item->report.high[a]) - middle) < 1e-3);
    }
    prep_segment_surfaces_finish(&surfaces);
    prep_segmentation_finish(&segmentation);
}

/* Two boxes that touch, one of them at the volume's border. */
static void touching_boxes(void **state)
{
    (void)state;
    enum { N = 20 };
    const struct label_grid grid = label_grid_make(N, N, N, 1, 1, 1);
    static uint8_t voxels[N * N * N];
    for (size_t i = 0; i < sizeof(voxels); ++i) {
        const size_t x = i % N, y = i / N % N, z = i / (N * N);
        voxels[i] = y < 12 && z > 3 ? (x < 10 ? 1 : 2) : 0;
    }
    struct prep_segmentation segmentation = label_file_good(&grid, voxels);
    const struct prep_segment_options options = prep_segment_options_default();
    struct prep_segment_surfaces surfaces = label_surfaces(&segmentation, &options);
    assert_int_equal(surfaces.count, 2);
    for (size_t i = 0; i < 2; ++i) {
        const struct prep_segment_surface *item = &surfaces.items[i];
        assert_true(item->closed && item->report.components == 1);
        assert_true(fabs(item->voxel_ml - 1.92) < 1e-9 && fabs(item->difference_percent) < 0.1);
        /* Faces stay where they are; edges of the box are what is rounded. */
        assert_true(item->error.mean_mm < 0.2 && item->error.max_mm < 1.0);
        assert_true(fabs(item->report.low[0] - (i == 0 ? -0.5 : 9.5)) < 0.25);
        assert_true(fabs(item->report.high[0] - (i == 0 ? 9.5 : 19.5)) < 0.25);
        assert_true(fabs(item->report.high[2] - 19.5) < 0.25);
    }
    prep_segment_surfaces_finish(&surfaces);
    prep_segmentation_finish(&segmentation);
}

/* A thin wall with a spike: neither rounds away. */
static void thin_things_stay(void **state)
{
    (void)state;
    enum { N = 24 };
    const struct label_grid grid = label_grid_make(N, N, N, 2, 2, 2);
    static uint8_t voxels[N * N * N];
    for (size_t i = 0; i < sizeof(voxels); ++i) {
        const size_t x = i % N, y = i / N % N, z = i / (N * N);
        const bool wall = z == 8 && x > 2 && x < 21 && y > 2 && y < 21;
        const bool spike = x == 12 && y == 12 && z >= 8 && z < 20;
        voxels[i] = wall || spike;
    }
    struct prep_segmentation segmentation = label_file_good(&grid, voxels);
    const struct prep_segment_options options = prep_segment_options_default();
    struct prep_segment_surfaces surfaces = label_surfaces(&segmentation, &options);
    const struct prep_segment_surface *item = &surfaces.items[0];
    assert_true(item->closed && item->report.components == 1);
    assert_true(fabs(item->difference_percent) < 0.5);
    assert_true(item->error.max_mm < 2.0); /* a voxel; the spike is eleven long */
    assert_true(item->report.high[2] > 2.0 * 19.5 - 2.0);
    prep_segment_surfaces_finish(&surfaces);
    prep_segmentation_finish(&segmentation);
}

/* --- the pipeline itself --------------------------------------------------------------------- */

static struct prep_segmentation make_balls(void)
{
    enum { N = 40 };
    const struct label_grid grid = label_grid_make(N, N, N, 1, 1, 1);
    static uint8_t voxels[N * N * N];
    for (size_t i = 0; i < sizeof(voxels); ++i) {
        const double x = (double)(i % N), y = (double)(i / N % N), z = (double)(i / (N * N));
        voxels[i] = 0;
        for (uint8_t ball = 0; ball < 4; ++ball) {
            const double dx = x - (ball % 2 == 0 ? 10 : 29), dy = y - (ball < 2 ? 10 : 29);
            if (dx * dx + dy * dy + (z - 20) * (z - 20) < 80.0) {
                voxels[i] = (uint8_t)(ball + 1);
            }
        }
    }
    return label_file_good(&grid, voxels);
}

static void threads_change_nothing(void **state)
{
    (void)state;
    struct prep_segmentation segmentation = make_balls();
    struct prep_segment_options options = prep_segment_options_default();
    options.threads = 1;
    struct prep_segment_surfaces one = label_surfaces(&segmentation, &options);
    options.threads = 4;
    struct prep_segment_surfaces four = label_surfaces(&segmentation, &options);
    for (size_t i = 0; i < 4; ++i) {
        const struct prep_surface *a = &one.items[i].surface, *b = &four.items[i].surface;
        assert_int_equal(a->point_count, b->point_count);
        assert_int_equal(a->triangle_count, b->triangle_count);
        assert_memory_equal(a->points, b->points, 12 * a->point_count);
        assert_memory_equal(a->triangles, b->triangles, 12 * a->triangle_count);
        assert_memory_equal(&one.items[i].error, &four.items[i].error, sizeof(one.items[i].error));
    }
    prep_segment_surfaces_finish(&one);
    prep_segment_surfaces_finish(&four);
    prep_segmentation_finish(&segmentation);
}

/* A ball's surface gets rounder, not smaller. */
static void smoothing_and_decimation_do_what_they_say(void **state)
{
    (void)state;
    struct prep_segmentation segmentation = make_balls();
    double mean[2];
    for (int smooth = 0; smooth < 2; ++smooth) {
        struct prep_segment_options options = prep_segment_options_default();
        options.smoothing = smooth == 0 ? 0 : options.smoothing;
        options.error_max_mm = 0.0;
        struct prep_segment_surfaces surfaces = label_surfaces(&segmentation, &options);
        const struct prep_segment_surface *item = &surfaces.items[0];
        assert_int_equal(item->surface.triangle_count, item->triangles_before);
        assert_true(fabs(item->difference_percent) < 0.05);
        double sum = 0.0;
        for (size_t i = 0; i < item->surface.point_count; ++i) {
            const float *p = item->surface.points + 3 * i;
            sum += fabs(hypot(hypot((double)p[0] - 10, (double)p[1] - 10), (double)p[2] - 20) -
                        cbrt(0.75 / 3.14159265 * 1000.0 * item->voxel_ml));
        }
        mean[smooth] = sum / (double)item->surface.point_count;
        prep_segment_surfaces_finish(&surfaces);
    }
    assert_true(mean[1] < 0.4 * mean[0]);
    size_t triangles[2];
    for (int tight = 0; tight < 2; ++tight) {
        struct prep_segment_options options = prep_segment_options_default();
        options.error_max_mm = tight != 0 ? 0.02 : 0.3;
        struct prep_segment_surfaces surfaces = label_surfaces(&segmentation, &options);
        triangles[tight] = surfaces.items[0].surface.triangle_count;
        prep_segment_surfaces_finish(&surfaces);
    }
    assert_true(triangles[0] < triangles[1] / 3);
    prep_segmentation_finish(&segmentation);
}

static void note_share(void *context, double share, const char *what)
{
    double *last = context;
    assert_non_null(what);
    assert_true(share >= *last && share <= 1.0 + 1e-9);
    *last = share;
}

static void progress_goes_up(void **state)
{
    (void)state;
    struct prep_segmentation segmentation = make_balls();
    struct prep_segment_options options = prep_segment_options_default();
    double last = 0.0;
    options.threads = 1; /* the order of two threads' words is theirs */
    options.progress = note_share;
    options.context = &last;
    struct prep_segment_surfaces surfaces = label_surfaces(&segmentation, &options);
    assert_true(last > 0.999);
    prep_segment_surfaces_finish(&surfaces);
    prep_segmentation_finish(&segmentation);
}

/* --- the error itself ------------------------------------------------------------------------ */

/* Every boundary face of every voxel, one after the other. */
static double distance_ref(const struct prep_voxel_set *set, const double u[3])
{
    double best = INFINITY;
    for (int32_t i = 0; i < set->size[0] * set->size[1] * set->size[2]; ++i) {
        const int32_t v[3] = {i % set->size[0], i / set->size[0] % set->size[1],
                              i / (set->size[0] * set->size[1])};
        if (set->voxels[i] != set->value) {
            continue;
        }
        for (int face = 0; face < 6; ++face) {
            const int axis = face / 2, side = face % 2 == 0 ? -1 : 1;
            int32_t next[3] = {v[0], v[1], v[2]};
            next[axis] += side;
            const bool outside = next[axis] < 0 || next[axis] >= set->size[axis];
            const int32_t at = (next[2] * set->size[1] + next[1]) * set->size[0] + next[0];
            if (!outside && set->voxels[at] == set->value) {
                continue;
            }
            double square = 0.0;
            for (int a = 0; a < 3; ++a) {
                const double off =
                    a == axis ? u[a] - v[a] - 0.5 * side : fmax(0.0, fabs(u[a] - v[a]) - 0.5);
                square += off * off * set->spacing_mm[a] * set->spacing_mm[a];
            }
            best = fmin(best, square);
        }
    }
    return sqrt(best);
}

static void distance_to_voxels(void **state)
{
    (void)state;
    enum { N = 7 };
    struct label_grid grid = label_grid_make(N, N, N, 0.7, 1.1, 2.3);
    grid.origin[0] = 100.0;
    uint8_t voxels[N * N * N];
    uint32_t random = 5;
    for (size_t i = 0; i < sizeof(voxels); ++i) {
        random = random * 1664525U + 1013904223U;
        voxels[i] = (random >> 28) < 3;
    }
    struct prep_segmentation segmentation = label_file_good(&grid, voxels);
    const struct prep_voxel_set set = prep_segment_voxels(&segmentation, &segmentation.segments[0]);
    for (int n = 0; n < 2000; ++n) {
        double u[3], p[3];
        for (int a = 0; a < 3; ++a) {
            random = random * 1664525U + 1013904223U;
            u[a] = (double)(random >> 8) * 0x1.0p-24 * (N + 3) - 2.0;
            p[a] = grid.origin[a] + grid.columns[a][a] * u[a];
        }
        assert_true(fabs(prep_voxel_set_distance(&set, p) - distance_ref(&set, u)) < 1e-9);
    }
    assert_true(isinf(prep_voxel_set_distance(&set, (const double[3]){1000, 0, 0})));
    prep_segmentation_finish(&segmentation);
}

/* A box as a surface: exact where it is the voxels' own, off by as much as it is moved. */
static void error_of_a_box(void **state)
{
    (void)state;
    enum { N = 12 };
    const struct label_grid grid = label_grid_make(N, N, N, 1, 1, 1);
    static uint8_t voxels[N * N * N];
    for (size_t i = 0; i < sizeof(voxels); ++i) {
        const size_t x = i % N, y = i / N % N, z = i / (N * N);
        voxels[i] = x >= 2 && x < 10 && y >= 2 && y < 10 && z >= 2 && z < 10;
    }
    struct prep_segmentation segmentation = label_file_good(&grid, voxels);
    const struct prep_voxel_set set = prep_segment_voxels(&segmentation, &segmentation.segments[0]);
    float points[24];
    uint32_t triangles[] = {0, 4, 6, 0, 6, 2, 1, 3, 7, 1, 7, 5, 0, 1, 5, 0, 5, 4,
                            2, 6, 7, 2, 7, 3, 0, 2, 3, 0, 3, 1, 4, 5, 7, 4, 7, 6};
    const struct prep_surface box = {8, 12, points, triangles};
    for (int step = 0; step < 2; ++step) {
        const double moved = 0.3 * step;
        for (unsigned c = 0; c < 8; ++c) {
            for (unsigned a = 0; a < 3; ++a) {
                points[3 * c + a] =
                    (float)(((c >> a & 1U) != 0 ? 9.5 : 1.5) + (a == 0 ? moved : 0));
            }
        }
        struct prep_surface_error error;
        assert_int_equal(prep_surface_error_measure(&set, &box, &error), NAV_OK);
        assert_true(fabs(error.max_mm - moved) < 1e-5 && fabs(error.p95_mm - moved) < 1e-5);
        /* Two of six sides have moved; the others only at their rims. */
        assert_true(error.mean_mm >= 0.3 * moved - 1e-6 && error.mean_mm < 0.4 * moved + 1e-6);
    }
    const struct prep_surface nothing = {0};
    struct prep_surface_error error;
    assert_int_equal(prep_surface_error_measure(&set, &nothing, &error), NAV_ERR_ARGUMENT);
    prep_segmentation_finish(&segmentation);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(patient_isotropic),
        cmocka_unit_test(patient_anisotropic),
        cmocka_unit_test(patient_oblique),
        cmocka_unit_test(one_voxel),
        cmocka_unit_test(touching_boxes),
        cmocka_unit_test(thin_things_stay),
        cmocka_unit_test(threads_change_nothing),
        cmocka_unit_test(smoothing_and_decimation_do_what_they_say),
        cmocka_unit_test(progress_goes_up),
        cmocka_unit_test(distance_to_voxels),
        cmocka_unit_test(error_of_a_box),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
