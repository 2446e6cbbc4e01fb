/* ITK's transforms in HDF5: /TransformGroup/0 with TransformType, TransformParameters and
 * TransformFixedParameters. Meaning: config/transform_file.h. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hdf5.h>

#include "import.h"

enum { TYPE_SIZE = 128, PARAMETERS = 12, CENTRE = 3 };

static enum nav_status refuse(const struct imp_bytes *file, struct cfg_error *error,
                              enum nav_status status, const char *field, const char *what)
{
    return cfg_error_set(error, status, "%s: field %s: %s; save it as .tfm", file->name, field,
                         what);
}

/* Reads exactly `count` numbers of a data set. */
static bool read_numbers(hid_t file, const char *path, hsize_t count, double *out)
{
    const hid_t set = H5Dopen2(file, path, H5P_DEFAULT);
    if (set < 0) {
        return false;
    }
    const hid_t space = H5Dget_space(set);
    const bool good = space >= 0 && H5Sget_simple_extent_npoints(space) == (hssize_t)count &&
                      H5Dread(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, out) >= 0;
    (void)H5Sclose(space);
    (void)H5Dclose(set);
    return good;
}

/* The text of a data set of one string, of fixed or of free length. */
static bool read_text(hid_t file, const char *path, char out[TYPE_SIZE])
{
    const hid_t set = H5Dopen2(file, path, H5P_DEFAULT);
    if (set < 0) {
        return false;
    }
    const hid_t type = H5Dget_type(set);
    const hid_t space = H5Dget_space(set);
    bool good =
        type >= 0 && H5Tget_class(type) == H5T_STRING && H5Sget_simple_extent_npoints(space) == 1;
    if (good && H5Tis_variable_str(type) > 0) {
        char *text = NULL;
        good =
            H5Dread(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, (void *)&text) >= 0 && text != NULL;
        if (good) {
            (void)snprintf(out, TYPE_SIZE, "%s", text);
            (void)H5free_memory(text);
        }
    } else if (good) {
        memset(out, 0, TYPE_SIZE);
        good = H5Tget_size(type) < TYPE_SIZE &&
               H5Dread(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, out) >= 0;
    }
    (void)H5Sclose(space);
    (void)H5Tclose(type);
    (void)H5Dclose(set);
    return good;
}

static enum nav_status read_open(const struct imp_bytes *file, hid_t opened, double out[16],
                                 struct cfg_error *error)
{
    char type[TYPE_SIZE];
    double values[PARAMETERS];
    double centre[CENTRE];
    if (!read_text(opened, "/TransformGroup/0/TransformType", type)) {
        return refuse(file, error, NAV_ERR_SYNTAX, "TransformGroup/0/TransformType",
                      "is missing or damaged");
    }
    if (strncmp(type, "AffineTransform_", 16) != 0 &&
        strncmp(type, "MatrixOffsetTransformBase_", 26) != 0) {
        return refuse(file, error, NAV_ERR_UNSUPPORTED, "TransformType",
                      "only affine transforms are read");
    }
    if (!read_numbers(opened, "/TransformGroup/0/TransformParameters", PARAMETERS, values) ||
        !read_numbers(opened, "/TransformGroup/0/TransformFixedParameters", CENTRE, centre)) {
        return refuse(file, error, NAV_ERR_LENGTH, "TransformParameters",
                      "12 numbers and 3 of the centre are needed");
    }
    for (size_t row = 0; row < 3; ++row) {
        double offset = values[9 + row] + centre[row];
        for (size_t k = 0; k < 3; ++k) {
            out[4 * row + k] = values[3 * row + k];
            offset -= values[3 * row + k] * centre[k];
        }
        out[4 * row + 3] = offset;
        out[12 + row] = 0.0;
    }
    out[15] = 1.0;
    for (int i = 0; i < 16; ++i) {
        if (!isfinite(out[i])) {
            return refuse(file, error, NAV_ERR_NOT_FINITE, "TransformParameters",
                          "a number is not finite");
        }
    }
    return NAV_OK;
}

enum nav_status imp_h5_read(const struct imp_bytes *file, double out_matrix[16],
                            struct cfg_error *error)
{
    (void)H5Eset_auto2(H5E_DEFAULT, NULL, NULL); /* the library prints otherwise */
    const hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    if (access < 0 || H5Pset_fapl_core(access, 1 << 20, 0) < 0 ||
        H5Pset_file_image(access, (void *)file->bytes, file->size) < 0) {
        return refuse(file, error, NAV_ERR_MEMORY, "(file)", "cannot be opened");
    }
    const hid_t opened = H5Fopen("memory", H5F_ACC_RDONLY, access);
    (void)H5Pclose(access);
    if (opened < 0) {
        return refuse(file, error, NAV_ERR_SYNTAX, "(file)", "is no whole HDF5 file");
    }
    double matrix[16];
    const enum nav_status status = read_open(file, opened, matrix, error);
    (void)H5Fclose(opened);
    if (status == NAV_OK) {
        memcpy(out_matrix, matrix, sizeof(matrix));
    }
    return status;
}
