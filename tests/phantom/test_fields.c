/* The phantom's distance fields: what must be separate is, sizes are a human's, one seed one body.
 */
#include "field.h"
#include "phantom_sdf.h"
#include "test_data.h"

#include <math.h>

static struct phantom *make(uint64_t seed)
{
    struct phantom *phantom = NULL;
    assert_int_equal(phantom_create(seed, &phantom), NAV_OK);
    return phantom;
}

struct source {
    const struct phantom *phantom;
    enum phantom_structure structure;
};

static double source_distance(const void *context, const double p[3])
{
    const struct source *source = context;
    return phantom_distance(source->phantom, source->structure, p);
}

static struct prep_field sample(const struct phantom *phantom, enum phantom_structure structure,
                                double step)
{
    const struct source source = {phantom, structure};
    const struct phantom_box box = phantom_bounds(phantom, structure);
    struct prep_field field = {0};
    assert_int_equal(prep_field_sample(source_distance, &source, box.low, box.high, step,
                                       PHANTOM_SLOPE_MAX, &field),
                     NAV_OK);
    return field;
}

typedef void visit_fn(void *context, const double p[3]);

/* Calls for every grid point inside. */
static void visit_inside(const struct prep_field *field, visit_fn *visit, void *context)
{
    size_t at = 0;
    for (int k = 0; k < field->size[2]; ++k) {
        for (int j = 0; j < field->size[1]; ++j) {
            for (int i = 0; i < field->size[0]; ++i, ++at) {
                if (field->values[at] < 0.0F) {
                    const double p[3] = {field->origin[0] + field->step * i,
                                         field->origin[1] + field->step * j,
                                         field->origin[2] + field->step * k};
                    visit(context, p);
                }
            }
        }
    }
}

struct extent {
    double low[3], high[3];
};

static void grow(void *context, const double p[3])
{
    struct extent *extent = context;
    for (int a = 0; a < 3; ++a) {
        extent->low[a] = fmin(extent->low[a], p[a]);
        extent->high[a] = fmax(extent->high[a], p[a]);
    }
}

static struct extent extent_of(const struct phantom *phantom, enum phantom_structure structure)
{
    struct extent extent = {{1e9, 1e9, 1e9}, {-1e9, -1e9, -1e9}};
    struct prep_field field = sample(phantom, structure, 1.5);
    visit_inside(&field, grow, &extent);
    prep_field_finish(&field);
    return extent;
}

static void assert_between(double value, double low, double high)
{
    if (!(value >= low && value <= high)) {
        fail_msg("%g is not within %g to %g", value, low, high);
    }
}

static void sizes_are_human(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 4; ++seed) {
        struct phantom *phantom = make(seed);
        const struct extent sacrum = extent_of(phantom, PHANTOM_SACRUM);
        assert_between(sacrum.high[0] - sacrum.low[0], 95.0, 125.0);
        assert_between(sacrum.high[1] - sacrum.low[1], 50.0, 90.0);
        assert_between(sacrum.high[2] - sacrum.low[2], 95.0, 130.0);
        const struct extent hip = extent_of(phantom, PHANTOM_HIP_LEFT);
        assert_between(hip.high[0], 120.0, 160.0);
        assert_between(hip.high[2] - hip.low[2], 180.0, 230.0);
        const struct extent tumour = extent_of(phantom, PHANTOM_TUMOUR);
        for (int a = 0; a < 3; ++a) {
            assert_between(tumour.high[a] - tumour.low[a], 30.0, 60.0);
        }
        phantom_destroy(phantom);
    }
}

static void boxes_contain_their_structures(void **state)
{
    (void)state;
    struct phantom *phantom = make(4);
    for (int s = 0; s < PHANTOM_STRUCTURES; ++s) {
        struct prep_field field = sample(phantom, (enum phantom_structure)s, 1.0);
        /* The outermost two layers of the grid are outside the structure. */
        size_t at = 0;
        for (int k = 0; k < field.size[2]; ++k) {
            for (int j = 0; j < field.size[1]; ++j) {
                for (int i = 0; i < field.size[0]; ++i, ++at) {
                    const bool rim = i < 2 || j < 2 || k < 2 || i >= field.size[0] - 2 ||
                                     j >= field.size[1] - 2 || k >= field.size[2] - 2;
                    if (rim && field.values[at] <= 0.0F) {
                        fail_msg("%s reaches the rim of its box at %d %d %d of %d %d %d",
                                 phantom_info((enum phantom_structure)s)->name, i, j, k,
                                 field.size[0], field.size[1], field.size[2]);
                    }
                }
            }
        }
        prep_field_finish(&field);
    }
    phantom_destroy(phantom);
}

/* The sampler skips blocks by this bound: between a point and the surface the value may not exceed
 * the bound times the distance. */
static void slope_bound_holds(void **state)
{
    (void)state;
    struct phantom *phantom = make(2);
    uint64_t random = 12345;
    for (int s = 0; s < PHANTOM_ROOT_L5_RIGHT + 2; ++s) {
        const enum phantom_structure structure = (enum phantom_structure)s;
        const struct phantom_box box = phantom_bounds(phantom, structure);
        int crossings = 0;
        for (int n = 0; n < 60000; ++n) {
            double p[3], q[3], square = 0.0;
            for (int a = 0; a < 3; ++a) {
                random = random * 6364136223846793005ULL + 1442695040888963407ULL;
                p[a] = box.low[a] +
                       (box.high[a] - box.low[a]) * (double)(random >> 40) / (double)(1 << 24);
                random = random * 6364136223846793005ULL + 1442695040888963407ULL;
                q[a] = p[a] + 6.0 * ((double)(random >> 40) / (double)(1 << 24) - 0.5);
                square += (q[a] - p[a]) * (q[a] - p[a]);
            }
            const double dp = phantom_distance(phantom, structure, p);
            const double dq = phantom_distance(phantom, structure, q);
            if ((dp < 0.0) != (dq < 0.0)) {
                ++crossings;
                assert_true(fabs(dp) <= PHANTOM_SLOPE_MAX * sqrt(square));
                assert_true(fabs(dq) <= PHANTOM_SLOPE_MAX * sqrt(square));
            }
        }
        assert_true(crossings > 20);
    }
    phantom_destroy(phantom);
}

static bool may_touch(enum phantom_structure a, enum phantom_structure b)
{
    const bool root_a = a >= PHANTOM_ROOT_L5_RIGHT, root_b = b >= PHANTOM_ROOT_L5_RIGHT;
    return (root_a && root_b) || (root_a && b == PHANTOM_DURA) || (root_b && a == PHANTOM_DURA) ||
           (a == PHANTOM_TUMOUR && root_b && phantom_root_encased(b)) ||
           (b == PHANTOM_TUMOUR && root_a && phantom_root_encased(a));
}

struct overlap {
    const struct phantom *phantom;
    enum phantom_structure inside;
};

static void assert_alone(void *context, const double p[3])
{
    const struct overlap *overlap = context;
    for (int s = 0; s < PHANTOM_STRUCTURES; ++s) {
        const enum phantom_structure other = (enum phantom_structure)s;
        if (other == overlap->inside || may_touch(overlap->inside, other)) {
            continue;
        }
        if (phantom_distance(overlap->phantom, other, p) <= 0.0) {
            fail_msg("%s and %s share the point %.1f %.1f %.1f",
                     phantom_info(overlap->inside)->name, phantom_info(other)->name, p[0], p[1],
                     p[2]);
        }
    }
}

static void structures_do_not_intersect(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 2; ++seed) {
        struct phantom *phantom = make(seed);
        for (int s = PHANTOM_L5; s < PHANTOM_STRUCTURES; ++s) {
            struct overlap overlap = {phantom, (enum phantom_structure)s};
            struct prep_field field = sample(phantom, overlap.inside, 1.2);
            visit_inside(&field, assert_alone, &overlap);
            prep_field_finish(&field);
        }
        struct overlap overlap = {phantom, PHANTOM_SACRUM};
        struct prep_field field = sample(phantom, PHANTOM_SACRUM, 2.0);
        visit_inside(&field, assert_alone, &overlap);
        prep_field_finish(&field);
        phantom_destroy(phantom);
    }
}

/* Points around a root's line, on its surface. */
static int root_surface(const struct phantom *phantom, enum phantom_structure root, double out[][3],
                        int max)
{
    double line[PHANTOM_LINE_MAX][3], radii[PHANTOM_LINE_MAX];
    const int count = phantom_root_line(phantom, root, line, radii);
    int made = 0;
    for (int i = 0; i < count && made + 6 <= max; ++i) {
        for (int k = 0; k < 6; ++k) {
            memcpy(out[made], line[i], sizeof(out[made]));
            out[made++][k / 2] += k % 2 == 0 ? radii[i] : -radii[i];
        }
    }
    return made;
}

static void roots_keep_clear_of_bone(void **state)
{
    (void)state;
    static double points[6 * PHANTOM_LINE_MAX][3];
    for (uint64_t seed = 1; seed <= 4; ++seed) {
        struct phantom *phantom = make(seed);
        for (int root = PHANTOM_ROOT_L5_RIGHT; root < PHANTOM_STRUCTURES; ++root) {
            const int count =
                root_surface(phantom, (enum phantom_structure)root, points, 6 * PHANTOM_LINE_MAX);
            assert_true(count > 100);
            for (int i = 0; i < count; ++i) {
                assert_true(phantom_bone_distance(phantom, points[i]) > 1.0);
            }
        }
        phantom_destroy(phantom);
    }
}

/* Around the mouth of each foramen, bone is met in nearly every direction across the root: a hole,
 * not a notch. The tumour has eaten the bone around S2 and S3 of the right side. */
static void foramina_are_holes(void **state)
{
    (void)state;
    enum { DIRECTIONS = 16 };
    for (uint64_t seed = 1; seed <= 3; ++seed) {
        struct phantom *phantom = make(seed);
        for (int pair = 0; pair < PHANTOM_FORAMEN_PAIRS; ++pair) {
            for (int side = -1; side <= 1; side += 2) {
                const enum phantom_structure root =
                    (enum phantom_structure)(PHANTOM_ROOT_S1_RIGHT + 2 * pair + (side > 0));
                double line[PHANTOM_LINE_MAX][3], radii[PHANTOM_LINE_MAX], mouth[3];
                const int count = phantom_root_line(phantom, root, line, radii);
                phantom_foramen_centre(phantom, pair, side, mouth);
                assert_true(phantom_distance(phantom, PHANTOM_SACRUM, mouth) > 1.0);
                assert_true(phantom_distance(phantom, root, mouth) < 0.0);
                int at = 0;
                while (at < count && memcmp(line[at], mouth, sizeof(mouth)) != 0) {
                    ++at;
                }
                assert_true(at > 6 && at + 1 < count);
                /* Inside the bone, a little before the mouth. */
                const double *p = line[at - 4];
                double axis[3], u[3] = {0}, v[3], length = 0.0;
                for (int a = 0; a < 3; ++a) {
                    axis[a] = line[at - 3][a] - line[at - 5][a];
                    length += axis[a] * axis[a];
                }
                for (int a = 0; a < 3; ++a) {
                    axis[a] /= sqrt(length);
                }
                u[0] = axis[1];
                u[1] = -axis[0];
                const double lu = hypot(u[0], u[1]);
                u[0] /= lu;
                u[1] /= lu;
                v[0] = axis[1] * u[2] - axis[2] * u[1];
                v[1] = axis[2] * u[0] - axis[0] * u[2];
                v[2] = axis[0] * u[1] - axis[1] * u[0];
                int hits = 0;
                for (int d = 0; d < DIRECTIONS; ++d) {
                    const double angle = 6.283185307179586 * d / DIRECTIONS;
                    bool hit = false;
                    for (double r = 1.0; r < 14.0 && !hit; r += 0.25) {
                        double q[3];
                        for (int a = 0; a < 3; ++a) {
                            q[a] = p[a] + r * (cos(angle) * u[a] + sin(angle) * v[a]);
                        }
                        hit = phantom_distance(phantom, PHANTOM_SACRUM, q) < 0.0;
                    }
                    hits += hit;
                }
                const bool eaten = side < 0 && (pair == 1 || pair == 2);
                if (!eaten && hits < 12) {
                    fail_msg("seed %d: foramen S%d %s is open in %d of 16 directions", (int)seed,
                             pair + 1, side < 0 ? "right" : "left", DIRECTIONS - hits);
                }
            }
        }
        phantom_destroy(phantom);
    }
}

static void tumour_is_on_the_right(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 20; ++seed) {
        struct phantom *phantom = make(seed);
        const struct phantom_parameters *parameters = phantom_parameters(phantom);
        double centre[3];
        memcpy(centre, parameters->tumour_centre, sizeof(centre));
        assert_true(centre[0] < -8.0); /* LPS: negative x is the patient's right */
        centre[0] = -centre[0];
        assert_true(phantom_distance(phantom, PHANTOM_TUMOUR, centre) > 0.0);
        phantom_destroy(phantom);
    }
}

static void one_seed_one_body(void **state)
{
    (void)state;
    struct phantom *a = make(9), *b = make(9), *c = make(10);
    int differing = 0;
    for (int s = 0; s < PHANTOM_STRUCTURES; ++s) {
        const struct phantom_box box = phantom_bounds(a, (enum phantom_structure)s);
        for (int i = 0; i < 500; ++i) {
            const double t = (double)i / 499.0;
            double p[3];
            for (int k = 0; k < 3; ++k) {
                p[k] = box.low[k] + (box.high[k] - box.low[k]) * fmod(t * (k + 1.7), 1.0);
            }
            const double da = phantom_distance(a, (enum phantom_structure)s, p);
            const double db = phantom_distance(b, (enum phantom_structure)s, p);
            assert_memory_equal(&da, &db, sizeof(da));
            differing += da != phantom_distance(c, (enum phantom_structure)s, p);
        }
    }
    assert_true(differing > 1000);
    phantom_destroy(a);
    phantom_destroy(b);
    phantom_destroy(c);
    phantom_destroy(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_are_human),
        cmocka_unit_test(boxes_contain_their_structures),
        cmocka_unit_test(slope_bound_holds),
        cmocka_unit_test(structures_do_not_intersect),
        cmocka_unit_test(roots_keep_clear_of_bone),
        cmocka_unit_test(foramina_are_holes),
        cmocka_unit_test(tumour_is_on_the_right),
        cmocka_unit_test(one_seed_one_body),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
