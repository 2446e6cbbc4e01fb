/* The files that `osteonav phantom` writes, read back by code that shares nothing with the writer.
 */
#include "phantom_plan.h"
#include "phantom_sdf.h"
#include "test_data.h"

#include <dirent.h>
#include <jansson.h>
#include <math.h>
#include <stdbool.h>
#include <sys/wait.h>
#include <zlib.h>

static const char *folder(void)
{
    const char *path = getenv("OSTEONAV_PHANTOM");
    assert_non_null(path);
    return path;
}

static unsigned char *read_file(const char *path, size_t *out_size)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        fail_msg("cannot open %s", path);
        return NULL;
    }
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    const long size = ftell(file);
    assert_true(size >= 0);
    rewind(file);
    unsigned char *bytes = malloc((size_t)size + 1);
    assert_non_null(bytes);
    assert_int_equal(fread(bytes, 1, (size_t)size, file), (size_t)size);
    bytes[size] = 0;
    (void)fclose(file);
    *out_size = (size_t)size;
    return bytes;
}

/* --- surfaces -------------------------------------------------------------------------------- */

struct ply {
    unsigned char *bytes;
    size_t points, triangles;
    const unsigned char *first_point, *first_triangle;
};

static struct ply read_ply(enum phantom_structure structure)
{
    char path[4096];
    (void)snprintf(path, sizeof(path), "%s/models/%s.ply", folder(), phantom_info(structure)->file);
    struct ply ply = {0};
    size_t size = 0;
    ply.bytes = read_file(path, &size);
    char *text = (char *)ply.bytes;
    char *end = strstr(text, "end_header\n");
    assert_non_null(end);
    *end = '\0';
    assert_ptr_equal(strstr(text, "ply\nformat binary_little_endian 1.0\n"), text);
    assert_non_null(strstr(text, "comment SPACE=LPS\n"));
    assert_non_null(strstr(text, "comment UNIT=mm\n"));
    assert_int_equal(sscanf(strstr(text, "element vertex"), "element vertex %zu", &ply.points), 1);
    assert_int_equal(sscanf(strstr(text, "element face"), "element face %zu", &ply.triangles), 1);
    ply.first_point = (unsigned char *)end + 11;
    ply.first_triangle = ply.first_point + 12 * ply.points;
    assert_int_equal((size_t)(ply.first_triangle - ply.bytes) + 13 * ply.triangles, size);
    return ply;
}

static void ply_corner(const struct ply *ply, size_t triangle, int corner, uint32_t *out_index,
                       double out_p[3])
{
    const unsigned char *record = ply->first_triangle + 13 * triangle;
    float p[3];
    assert_int_equal(record[0], 3);
    memcpy(out_index, record + 1 + 4 * corner, 4);
    assert_true(*out_index < ply->points);
    memcpy(p, ply->first_point + 12 * (size_t)*out_index, 12);
    for (int a = 0; a < 3; ++a) {
        out_p[a] = (double)p[a];
    }
}

static int compare_u64(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

/* Every directed edge occurs once and so does its reverse. */
static void assert_closed(const struct ply *ply)
{
    const size_t count = 3 * ply->triangles;
    uint64_t *forward = malloc(count * sizeof(*forward)), *back = malloc(count * sizeof(*back));
    assert_true(forward != NULL && back != NULL);
    for (size_t t = 0; t < ply->triangles; ++t) {
        uint32_t index[3];
        double p[3];
        for (int k = 0; k < 3; ++k) {
            ply_corner(ply, t, k, &index[k], p);
        }
        for (size_t k = 0; k < 3; ++k) {
            const uint64_t from = index[k], to = index[(k + 1) % 3];
            assert_true(from != to);
            forward[3 * t + k] = from << 32 | to;
            back[3 * t + k] = to << 32 | from;
        }
    }
    qsort(forward, count, sizeof(*forward), compare_u64);
    qsort(back, count, sizeof(*back), compare_u64);
    for (size_t i = 1; i < count; ++i) {
        assert_true(forward[i] != forward[i - 1]);
    }
    assert_memory_equal(forward, back, count * sizeof(*forward));
    free(forward);
    free(back);
}

static double ply_volume_ml(const struct ply *ply, double out_centroid[3])
{
    double volume = 0.0, moment[3] = {0};
    for (size_t t = 0; t < ply->triangles; ++t) {
        double p[3][3];
        uint32_t index;
        for (int k = 0; k < 3; ++k) {
            ply_corner(ply, t, k, &index, p[k]);
        }
        const double six = p[0][0] * (p[1][1] * p[2][2] - p[1][2] * p[2][1]) -
                           p[0][1] * (p[1][0] * p[2][2] - p[1][2] * p[2][0]) +
                           p[0][2] * (p[1][0] * p[2][1] - p[1][1] * p[2][0]);
        volume += six / 6.0;
        for (int a = 0; a < 3; ++a) {
            moment[a] += six / 24.0 * (p[0][a] + p[1][a] + p[2][a]);
        }
    }
    for (int a = 0; a < 3; ++a) {
        out_centroid[a] = moment[a] / volume;
    }
    return volume / 1000.0;
}

static json_t *read_truth(void)
{
    char path[4096];
    (void)snprintf(path, sizeof(path), "%s/truth.json", folder());
    json_error_t error;
    json_t *truth = json_load_file(path, 0, &error);
    if (truth == NULL) {
        fail_msg("%s: %s", path, error.text);
    }
    return truth;
}

static double number(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    assert_true(json_is_number(value));
    return json_number_value(value);
}

static void surfaces_are_closed_and_true(void **state)
{
    (void)state;
    json_t *truth = read_truth();
    struct phantom *phantom = NULL;
    assert_int_equal(phantom_create(1, &phantom), NAV_OK);
    size_t triangles = 0;
    for (int s = 0; s < PHANTOM_STRUCTURES; ++s) {
        const enum phantom_structure structure = (enum phantom_structure)s;
        const json_t *entry = json_array_get(json_object_get(truth, "structures"), (size_t)s);
        assert_string_equal(json_string_value(json_object_get(entry, "name")),
                            phantom_info(structure)->name);
        struct ply ply = read_ply(structure);
        triangles += ply.triangles;
        assert_closed(&ply);
        double centroid[3];
        const double volume = ply_volume_ml(&ply, centroid);
        const double expected = number(entry, "volume_ml");
        if (fabs(volume / expected - 1.0) >= 0.03) {
            fail_msg("%s: %g ml of %g", phantom_info(structure)->name, volume, expected);
        }
        /* Points lie on the zero of the field: within 0.1 mm for 97 %, none beyond 0.6 mm. */
        size_t far = 0, looked = 0;
        for (size_t i = 0; i < ply.points; i += 7, ++looked) {
            float p[3];
            memcpy(p, ply.first_point + 12 * i, 12);
            const double q[3] = {(double)p[0], (double)p[1], (double)p[2]};
            const double d = fabs(phantom_distance(phantom, structure, q));
            far += d > 0.1;
            assert_true(d < 0.6);
        }
        if (far * 100 > 3 * looked) {
            fail_msg("%s: %zu of %zu points are off the surface", phantom_info(structure)->name,
                     far, looked);
        }
        if (structure == PHANTOM_TUMOUR) {
            assert_true(centroid[0] < -5.0);
        }
        free(ply.bytes);
    }
    assert_true(triangles >= 250000 && triangles <= 360000);
    phantom_destroy(phantom);
    json_decref(truth);
}

/* --- volumes --------------------------------------------------------------------------------- */

struct nrrd {
    int size[3];
    double spacing[3], origin[3];
    unsigned char *voxels;
};

static struct nrrd read_nrrd(const char *name, const char *type, size_t voxel_bytes)
{
    char path[4096], wanted[64];
    (void)snprintf(path, sizeof(path), "%s/%s", folder(), name);
    size_t size = 0;
    unsigned char *bytes = read_file(path, &size);
    char *text = (char *)bytes;
    char *end = strstr(text, "\n\n");
    assert_non_null(end);
    end[1] = '\0';
    assert_ptr_equal(strstr(text, "NRRD000"), text);
    (void)snprintf(wanted, sizeof(wanted), "type: %s\n", type);
    assert_non_null(strstr(text, wanted));
    assert_non_null(strstr(text, "space: left-posterior-superior\n"));
    assert_non_null(strstr(text, "encoding: gzip\n"));
    struct nrrd nrrd = {0};
    assert_int_equal(sscanf(strstr(text, "sizes:"), "sizes: %d %d %d", &nrrd.size[0], &nrrd.size[1],
                            &nrrd.size[2]),
                     3);
    assert_int_equal(sscanf(strstr(text, "space directions:"),
                            "space directions: (%lf,0,0) (0,%lf,0) (0,0,%lf)", &nrrd.spacing[0],
                            &nrrd.spacing[1], &nrrd.spacing[2]),
                     3);
    assert_int_equal(sscanf(strstr(text, "space origin:"), "space origin: (%lf,%lf,%lf)",
                            &nrrd.origin[0], &nrrd.origin[1], &nrrd.origin[2]),
                     3);
    const size_t count =
        (size_t)nrrd.size[0] * (size_t)nrrd.size[1] * (size_t)nrrd.size[2] * voxel_bytes;
    nrrd.voxels = malloc(count);
    assert_non_null(nrrd.voxels);
    z_stream stream = {0};
    stream.next_in = (unsigned char *)end + 2;
    stream.avail_in = (unsigned)(size - (size_t)(stream.next_in - bytes));
    stream.next_out = nrrd.voxels;
    stream.avail_out = (unsigned)count;
    assert_int_equal(inflateInit2(&stream, 15 + 16), Z_OK);
    assert_int_equal(inflate(&stream, Z_FINISH), Z_STREAM_END);
    assert_int_equal(stream.avail_out, 0);
    assert_int_equal(stream.avail_in, 0);
    (void)inflateEnd(&stream);
    free(bytes);
    return nrrd;
}

static bool voxel_is_in_tumour(const struct phantom *phantom, const struct nrrd *grid, int i, int j,
                               int k)
{
    const double p[3] = {grid->origin[0] + grid->spacing[0] * i,
                         grid->origin[1] + grid->spacing[1] * j,
                         grid->origin[2] + grid->spacing[2] * k};
    return phantom_distance(phantom, PHANTOM_TUMOUR, p) < 0.0;
}

static void volumes_match_the_fields(void **state)
{
    (void)state;
    struct phantom *phantom = NULL;
    assert_int_equal(phantom_create(1, &phantom), NAV_OK);
    json_t *truth = read_truth();
    struct nrrd labels = read_nrrd("labels.nrrd", "uint8", 1);
    struct nrrd ct = read_nrrd("ct.nrrd", "int16", 2);
    assert_memory_equal(labels.size, ct.size, sizeof(ct.size));
    assert_memory_equal(labels.origin, ct.origin, sizeof(ct.origin));
    for (int a = 0; a < 3; ++a) {
        assert_true(ct.spacing[a] >= 0.8 && ct.spacing[a] <= 1.0);
    }
    double hu_sum[256] = {0};
    size_t voxels[256] = {0}, at = 0, checked = 0, inside_tumour = 0;
    const short *hu = (const short *)(const void *)ct.voxels;
    for (int k = 0; k < labels.size[2]; ++k) {
        for (int j = 0; j < labels.size[1]; ++j) {
            for (int i = 0; i < labels.size[0]; ++i, ++at) {
                const unsigned char label = labels.voxels[at];
                assert_true(label <= PHANTOM_STRUCTURES);
                ++voxels[label];
                hu_sum[label] += hu[at];
                inside_tumour += label > PHANTOM_TUMOUR + 1 && label != PHANTOM_DURA + 1 &&
                                 phantom_root_encased((enum phantom_structure)(label - 1)) &&
                                 voxel_is_in_tumour(phantom, &labels, i, j, k);
                if (at % 37 != 0) {
                    continue;
                }
                const double p[3] = {labels.origin[0] + labels.spacing[0] * i,
                                     labels.origin[1] + labels.spacing[1] * j,
                                     labels.origin[2] + labels.spacing[2] * k};
                if (label > 0) {
                    ++checked;
                    assert_true(phantom_distance(phantom, (enum phantom_structure)(label - 1), p) <
                                0.0);
                } else if (at % (37 * 11) == 0) {
                    for (int s = 0; s < PHANTOM_STRUCTURES; ++s) {
                        assert_true(phantom_distance(phantom, (enum phantom_structure)s, p) >= 0.0);
                    }
                }
            }
        }
    }
    assert_true(checked > 10000);
    const double voxel_ml = ct.spacing[0] * ct.spacing[1] * ct.spacing[2] / 1000.0;
    for (int s = 0; s < PHANTOM_ROOT_L5_RIGHT; ++s) {
        const json_t *entry = json_array_get(json_object_get(truth, "structures"), (size_t)s);
        /* A root keeps its label where the tumour grows around it. */
        const size_t inside = voxels[s + 1] + (s == PHANTOM_TUMOUR ? inside_tumour : 0);
        const double ml = voxel_ml * (double)inside;
        assert_true(fabs(ml / number(entry, "volume_ml") - 1.0) < 0.03);
    }
    const double tumour_hu = hu_sum[PHANTOM_TUMOUR + 1] / (double)voxels[PHANTOM_TUMOUR + 1];
    const double bone_hu = hu_sum[PHANTOM_SACRUM + 1] / (double)voxels[PHANTOM_SACRUM + 1];
    const double artery_hu = hu_sum[PHANTOM_ARTERIES + 1] / (double)voxels[PHANTOM_ARTERIES + 1];
    assert_true(tumour_hu > 20.0 && tumour_hu < 110.0);
    assert_true(bone_hu > 300.0 && bone_hu < 800.0);
    assert_true(artery_hu > 120.0 && artery_hu < 200.0);
    free(labels.voxels);
    free(ct.voxels);
    phantom_destroy(phantom);
    json_decref(truth);
}

/* --- truth and case -------------------------------------------------------------------------- */

static void assert_numbers(const json_t *array, const double *expected, size_t count)
{
    assert_int_equal(json_array_size(array), count);
    for (size_t i = 0; i < count; ++i) {
        const double value = json_number_value(json_array_get(array, i));
        assert_memory_equal(&value, &expected[i], sizeof(value));
    }
}

static void truth_is_exact(void **state)
{
    (void)state;
    struct phantom *phantom = NULL;
    struct phantom_plan plan;
    assert_int_equal(phantom_create(1, &phantom), NAV_OK);
    assert_int_equal(phantom_plan_make(phantom, &plan), NAV_OK);
    json_t *truth = read_truth();
    assert_string_equal(json_string_value(json_object_get(truth, "space")), "LPS");
    assert_numbers(json_object_get(json_object_get(truth, "registration"), "matrix"),
                   plan.T_image_reference, 16);
    for (int i = 0; i < PHANTOM_CUTS; ++i) {
        const json_t *cut = json_array_get(json_object_get(truth, "cuts"), (size_t)i);
        assert_numbers(json_object_get(cut, "point_mm"), plan.cuts[i].point, 3);
        assert_numbers(json_object_get(cut, "normal"), plan.cuts[i].normal, 3);
        assert_true(number(cut, "tumour_margin_mm") == plan.cuts[i].tumour_margin);
        assert_true(number(cut, "depth_mm") == plan.cuts[i].depth);
        assert_int_equal(json_array_size(json_object_get(cut, "roots")), PHANTOM_ROOTS);
    }
    for (int i = 0; i < PHANTOM_LANDMARKS; ++i) {
        const json_t *landmark = json_array_get(json_object_get(truth, "landmarks"), (size_t)i);
        assert_numbers(json_object_get(landmark, "position_mm"), plan.landmarks[i].position, 3);
    }
    const json_t *roots = json_object_get(truth, "roots");
    assert_int_equal(json_array_size(roots), PHANTOM_ROOTS);
    for (size_t i = 0; i < json_array_size(roots); ++i) {
        assert_true(number(json_array_get(roots, i), "bone_clearance_mm") > 1.0);
    }
    assert_int_equal(json_array_size(json_object_get(truth, "foramina")),
                     2 * PHANTOM_FORAMEN_PAIRS);
    json_decref(truth);
    phantom_destroy(phantom);
}

static int run(const char *arguments)
{
    char command[4096];
    (void)snprintf(command, sizeof(command), "%s/osteonav %s >/dev/null 2>&1",
                   getenv("OSTEONAV_BIN"), arguments);
    const int status = system(command);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void case_is_accepted(void **state)
{
    (void)state;
    char arguments[3000];
    (void)snprintf(arguments, sizeof(arguments), "case check %s/case.yaml", folder());
    assert_int_equal(run(arguments), 0);
}

static void usage_is_checked(void **state)
{
    (void)state;
    assert_int_equal(run("phantom --help"), 0);
    assert_int_equal(run("phantom"), 2);
    assert_int_equal(run("phantom --out"), 2);
    assert_int_equal(run("phantom --out x --seed -1"), 2);
    assert_int_equal(run("phantom --out x --seed 1x"), 2);
    assert_int_equal(run("phantom --out x extra"), 2);
    assert_int_equal(run("phantom --out /dev/null/x"), 1);
}

static int by_name(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static void assert_same_files(const char *a, const char *b)
{
    struct dirent **names = NULL;
    const int count = scandir(a, &names, by_name, alphasort);
    assert_true(count > 0);
    for (int i = 0; i < count; ++i) {
        char path_a[4096], path_b[4096];
        (void)snprintf(path_a, sizeof(path_a), "%s/%s", a, names[i]->d_name);
        (void)snprintf(path_b, sizeof(path_b), "%s/%s", b, names[i]->d_name);
        if (names[i]->d_type == DT_DIR) {
            assert_same_files(path_a, path_b);
        } else {
            size_t size_a = 0, size_b = 0;
            unsigned char *bytes_a = read_file(path_a, &size_a);
            unsigned char *bytes_b = read_file(path_b, &size_b);
            if (size_a != size_b || memcmp(bytes_a, bytes_b, size_a) != 0) {
                fail_msg("%s and %s differ", path_a, path_b);
            }
            free(bytes_a);
            free(bytes_b);
        }
        free(names[i]);
    }
    free(names);
}

static void same_seed_same_bytes(void **state)
{
    (void)state;
    char again[3000], arguments[3100];
    (void)snprintf(again, sizeof(again), "%s-again", folder());
    (void)snprintf(arguments, sizeof(arguments), "phantom --out %s --seed 1", again);
    assert_int_equal(run(arguments), 0);
    assert_same_files(folder(), again);
    assert_same_files(again, folder());
    (void)snprintf(arguments, sizeof(arguments), "rm -r '%s'", again);
    assert_int_equal(system(arguments), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(surfaces_are_closed_and_true),
        cmocka_unit_test(volumes_match_the_fields),
        cmocka_unit_test(truth_is_exact),
        cmocka_unit_test(case_is_accepted),
        cmocka_unit_test(usage_is_checked),
        cmocka_unit_test(same_seed_same_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
