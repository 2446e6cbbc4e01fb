/* Transforms in HDF5, as ITK writes them: same matrix as the text form; damaged ones refused. */
#include "test_data.h"

#include <math.h>

#include <hdf5.h>

#include "file_bytes.h"
#include "import.h"
#include "transform_file.h"

static const double parameters[12] = {0.8, -0.6, 0, 0.6, 0.8, 0, 0, 0, 1, 10, -20, 30};
static const double centre[3] = {3, -4, 5};

static char path[64];

static void write_numbers(hid_t group, const char *name, hsize_t count, const double *values)
{
    const hid_t space = H5Screate_simple(1, &count, NULL);
    const hid_t set =
        H5Dcreate2(group, name, H5T_NATIVE_DOUBLE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    assert_true(H5Dwrite(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0);
    (void)H5Dclose(set);
    (void)H5Sclose(space);
}

/* Writes a file with a transform of `type` and `count` parameters, and reads it back as bytes. */
static struct cfg_file_bytes make_file(const char *type, hsize_t count, bool free_length)
{
    (void)snprintf(path, sizeof(path), "/tmp/osteonav-h5-%d", (int)getpid());
    const hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    const hid_t outer = H5Gcreate2(file, "TransformGroup", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    const hid_t group = H5Gcreate2(outer, "0", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    const hid_t text = H5Tcopy(H5T_C_S1);
    assert_true(H5Tset_size(text, free_length ? H5T_VARIABLE : strlen(type) + 1) >= 0);
    const hsize_t one = 1;
    const hid_t space = H5Screate_simple(1, &one, NULL);
    const hid_t set =
        H5Dcreate2(group, "TransformType", text, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    assert_true(H5Dwrite(set, text, H5S_ALL, H5S_ALL, H5P_DEFAULT,
                         free_length ? (const void *)&type : (const void *)type) >= 0);
    (void)H5Dclose(set);
    (void)H5Sclose(space);
    (void)H5Tclose(text);
    write_numbers(group, "TransformParameters", count, parameters);
    write_numbers(group, "TransformFixedParameters", 3, centre);
    (void)H5Gclose(group);
    (void)H5Gclose(outer);
    (void)H5Fclose(file);
    struct cfg_file_bytes bytes;
    assert_int_equal(cfg_file_bytes_read(path, 1 << 20, &bytes, NULL), NAV_OK);
    (void)unlink(path);
    return bytes;
}

static void same_matrix_as_the_text_form(void **state)
{
    (void)state;
    static const char text[] = "#Insight Transform File V1.0\n#Transform 0\n"
                               "Transform: AffineTransform_double_3_3\n"
                               "Parameters: 0.8 -0.6 0 0.6 0.8 0 0 0 1 10 -20 30\n"
                               "FixedParameters: 3 -4 5\n";
    double expected[16];
    assert_int_equal(
        cfg_transform_parse((const uint8_t *)text, sizeof(text) - 1, "a.tfm", expected, NULL),
        NAV_OK);
    for (int variant = 0; variant < 2; ++variant) {
        struct cfg_file_bytes bytes = make_file("AffineTransform_double_3_3", 12, variant == 1);
        const struct imp_bytes file = {bytes.bytes, bytes.size, "a.h5"};
        double matrix[16];
        struct cfg_error error = {.text = ""};
        assert_int_equal(imp_h5_read(&file, matrix, &error), NAV_OK);
        for (int i = 0; i < 16; ++i) {
            assert_true(fabs(matrix[i] - expected[i]) < 1e-12);
        }
        cfg_file_bytes_finish(&bytes);
    }
}

static void expect_refusal(const uint8_t *bytes, size_t size, enum nav_status status,
                           const char *words)
{
    const struct imp_bytes file = {bytes, size, "a.h5"};
    double matrix[16] = {[0] = 42.0};
    struct cfg_error error = {.text = ""};
    const enum nav_status got = imp_h5_read(&file, matrix, &error);
    if (got != status || strstr(error.text, words) == NULL) {
        fail_msg("%s: %s", nav_status_name(got), error.text);
    }
    assert_true(matrix[0] == 42.0);
}

static void other_transforms_and_damage_are_refused(void **state)
{
    (void)state;
    struct cfg_file_bytes bytes = make_file("BSplineTransform_double_3_3", 12, false);
    expect_refusal(bytes.bytes, bytes.size, NAV_ERR_UNSUPPORTED, "TransformType");
    cfg_file_bytes_finish(&bytes);
    bytes = make_file("AffineTransform_double_3_3", 9, false);
    expect_refusal(bytes.bytes, bytes.size, NAV_ERR_LENGTH, "TransformParameters");
    cfg_file_bytes_finish(&bytes);
    bytes = make_file("AffineTransform_double_3_3", 12, false);
    for (size_t size = 8; size < bytes.size; size += 37) {
        const struct imp_bytes file = {bytes.bytes, size, "a.h5"};
        double matrix[16];
        struct cfg_error error = {.text = ""};
        const enum nav_status status = imp_h5_read(&file, matrix, &error);
        assert_true(status == NAV_OK || error.text[0] != '\0');
    }
    expect_refusal(bytes.bytes, 64, NAV_ERR_SYNTAX, "HDF5");
    cfg_file_bytes_finish(&bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_matrix_as_the_text_form),
        cmocka_unit_test(other_transforms_and_damage_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
