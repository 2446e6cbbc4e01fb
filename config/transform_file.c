#include "transform_file.h"

#include <math.h>
#include <string.h>
#include <strings.h>

#include "text_cursor.h"

enum {
    TRANSFORM_BYTES_MAX = 1 << 20,
    PARAMETERS = 12, /* matrix by rows, translation */
    CENTRE = 3,
    MAT_HEADER_SIZE = 20,
    MAT_NAME_MAX = 64
};

struct parameters {
    double values[PARAMETERS];
    double centre[CENTRE];
};

static bool is_linear_kind(const char *word, size_t length)
{
    static const char *const kinds[] = {
        "AffineTransform_double_3_3",
        "AffineTransform_float_3_3",
        "MatrixOffsetTransformBase_double_3_3",
        "MatrixOffsetTransformBase_float_3_3",
    };
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); ++i) {
        if (strlen(kinds[i]) == length && memcmp(word, kinds[i], length) == 0) {
            return true;
        }
    }
    return false;
}

/* y = A (x - c) + c + t as one matrix. */
static void compose(const struct parameters *given, double out_matrix[16])
{
    static const double last_row[4] = {0.0, 0.0, 0.0, 1.0};
    for (int row = 0; row < 3; ++row) {
        const double *a = given->values + 3 * row;
        double offset = given->values[9 + row] + given->centre[row];
        for (int k = 0; k < 3; ++k) {
            out_matrix[4 * row + k] = a[k];
            offset -= a[k] * given->centre[k];
        }
        out_matrix[4 * row + 3] = offset;
    }
    memcpy(out_matrix + 12, last_row, sizeof(last_row));
}

/* --- text ------------------------------------------------------------------------------------ */

struct text {
    const char *name;
    struct cfg_text_cursor cursor;
    struct cfg_error *error;
};

static enum nav_status refuse(const struct text *text, enum nav_status status, const char *what)
{
    return cfg_error_set(text->error, status, "%s:%u: %s; save the transform again", text->name,
                         text->cursor.line, what);
}

static enum nav_status take_numbers(struct text *text, int count, double *out_values)
{
    for (int i = 0; i < count; ++i) {
        const enum nav_status status = cfg_text_take_double(&text->cursor, &out_values[i]);
        if (status == NAV_END) {
            return refuse(text, NAV_ERR_LENGTH, "a number expected but the file ends: truncated");
        }
        if (status == NAV_ERR_NOT_FINITE) {
            return refuse(text, status, "a number is not finite");
        }
        if (status != NAV_OK) {
            return refuse(text, NAV_ERR_SYNTAX, "a number expected");
        }
    }
    return NAV_OK;
}

static enum nav_status expect(struct text *text, const char *word)
{
    if (cfg_text_take_word(&text->cursor, word)) {
        return NAV_OK;
    }
    return cfg_error_set(text->error, NAV_ERR_SYNTAX, "%s:%u: '%s' expected; save it again",
                         text->name, text->cursor.line, word);
}

static enum nav_status take_text(struct text *text, struct parameters *out)
{
    size_t length = 0;
    const char *line = cfg_text_take_line(&text->cursor, &length);
    static const char magic[] = "#Insight Transform File V1.0";
    if (length < sizeof(magic) - 1 || memcmp(line, magic, sizeof(magic) - 1) != 0) {
        text->cursor.line = 1;
        return refuse(text, NAV_ERR_UNSUPPORTED, "is not an ITK transform file");
    }
    while (!cfg_text_at_end(&text->cursor) && *text->cursor.at == '#') {
        (void)cfg_text_take_line(&text->cursor, &length);
    }
    enum nav_status status = expect(text, "Transform:");
    if (status != NAV_OK) {
        return status;
    }
    const char *kind = cfg_text_take_any(&text->cursor, &length);
    if (kind == NULL || !is_linear_kind(kind, length)) {
        return refuse(text, NAV_ERR_UNSUPPORTED,
                      "only one AffineTransform or MatrixOffsetTransformBase is read");
    }
    status = expect(text, "Parameters:");
    if (status == NAV_OK) {
        status = take_numbers(text, PARAMETERS, out->values);
    }
    if (status == NAV_OK) {
        status = expect(text, "FixedParameters:");
    }
    if (status == NAV_OK) {
        status = take_numbers(text, CENTRE, out->centre);
    }
    if (status == NAV_OK && !cfg_text_at_end(&text->cursor)) {
        status = refuse(text, NAV_ERR_UNSUPPORTED, "more than one transform in the file");
    }
    return status;
}

/* --- Matlab level 4 -------------------------------------------------------------------------- */

struct mat {
    const uint8_t *bytes;
    size_t size, at;
    const char *name;
    struct cfg_error *error;
};

static uint32_t read_u32(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
           (uint32_t)bytes[3] << 24;
}

static enum nav_status refuse_mat(const struct mat *mat, enum nav_status status, const char *what)
{
    return cfg_error_set(mat->error, status, "%s: offset %zu: %s; save the transform again",
                         mat->name, mat->at, what);
}

static double read_real(const uint8_t *bytes, bool single)
{
    uint64_t bits = read_u32(bytes);
    if (single) {
        const uint32_t low = (uint32_t)bits;
        float value;
        memcpy(&value, &low, sizeof(value));
        return (double)value;
    }
    bits |= (uint64_t)read_u32(bytes + 4) << 32;
    double value;
    memcpy(&value, &bits, sizeof(value));
    return value;
}

/* One matrix of `count` real numbers, little endian, float or double. `out_name` gets its name. */
static enum nav_status take_array(struct mat *mat, uint32_t count, double *out_values,
                                  char out_name[MAT_NAME_MAX])
{
    enum { REAL_DOUBLE = 0, REAL_SINGLE = 10 };
    if (mat->size - mat->at < MAT_HEADER_SIZE) {
        return refuse_mat(mat, NAV_ERR_LENGTH, "truncated");
    }
    const uint8_t *head = mat->bytes + mat->at;
    const uint32_t kind = read_u32(head);
    const uint64_t rows = read_u32(head + 4);
    const uint64_t columns = read_u32(head + 8);
    const uint32_t imaginary = read_u32(head + 12);
    const uint32_t name_size = read_u32(head + 16);
    if ((kind != REAL_DOUBLE && kind != REAL_SINGLE) || imaginary != 0 || name_size == 0 ||
        name_size > MAT_NAME_MAX || rows * columns != count) {
        return refuse_mat(mat, NAV_ERR_UNSUPPORTED,
                          "is not a linear transform in three dimensions");
    }
    const size_t each = kind == REAL_SINGLE ? 4 : 8;
    const size_t body = name_size + count * each;
    if (mat->size - mat->at - MAT_HEADER_SIZE < body) {
        return refuse_mat(mat, NAV_ERR_LENGTH, "truncated");
    }
    const uint8_t *name = head + MAT_HEADER_SIZE;
    if (name[name_size - 1] != 0) {
        return refuse_mat(mat, NAV_ERR_SYNTAX, "a name has no end");
    }
    memcpy(out_name, name, name_size);
    for (uint32_t i = 0; i < count; ++i) {
        out_values[i] = read_real(name + name_size + i * each, kind == REAL_SINGLE);
        if (!isfinite(out_values[i])) {
            return refuse_mat(mat, NAV_ERR_NOT_FINITE, "a number is not finite");
        }
    }
    mat->at += MAT_HEADER_SIZE + body;
    return NAV_OK;
}

static enum nav_status take_mat(struct mat *mat, struct parameters *out)
{
    char name[MAT_NAME_MAX];
    enum nav_status status = take_array(mat, PARAMETERS, out->values, name);
    if (status == NAV_OK && !is_linear_kind(name, strlen(name))) {
        return refuse_mat(mat, NAV_ERR_UNSUPPORTED,
                          "only AffineTransform and MatrixOffsetTransformBase are read");
    }
    if (status == NAV_OK) {
        status = take_array(mat, CENTRE, out->centre, name);
    }
    if (status == NAV_OK && strcmp(name, "fixed") != 0) {
        return refuse_mat(mat, NAV_ERR_SYNTAX, "the centre ('fixed') is missing");
    }
    if (status == NAV_OK && mat->at != mat->size) {
        return refuse_mat(mat, NAV_ERR_LENGTH, "trailing data");
    }
    return status;
}

/* --- the whole ------------------------------------------------------------------------------- */

static bool ends_in(const char *name, const char *ending)
{
    const char *dot = strrchr(name, '.');
    return dot != NULL && strcasecmp(dot, ending) == 0;
}

enum nav_status cfg_transform_parse(const uint8_t *bytes, size_t size, const char *name,
                                    double out_matrix[16], struct cfg_error *out_error)
{
    struct parameters found;
    enum nav_status status;
    if (ends_in(name, ".mat")) {
        struct mat mat = {.bytes = bytes, .size = size, .name = name, .error = out_error};
        status = take_mat(&mat, &found);
    } else if (ends_in(name, ".tfm") || ends_in(name, ".txt")) {
        struct text text = {.name = name, .error = out_error};
        if (!cfg_text_init(&text.cursor, bytes, size)) {
            return cfg_error_set(out_error, NAV_ERR_MEMORY, "%s: out of memory", name);
        }
        status = take_text(&text, &found);
        cfg_text_finish(&text.cursor);
    } else {
        return cfg_error_set(out_error, NAV_ERR_UNSUPPORTED,
                             "%s: is not a .tfm, .txt or .mat file; save the transform as .tfm",
                             name);
    }
    if (status != NAV_OK) {
        return status;
    }
    double matrix[16];
    compose(&found, matrix);
    for (int i = 0; i < 16; ++i) {
        if (!isfinite(matrix[i])) {
            return cfg_error_set(out_error, NAV_ERR_NOT_FINITE,
                                 "%s: its numbers are too large; save the transform again", name);
        }
    }
    memcpy(out_matrix, matrix, sizeof(matrix));
    return NAV_OK;
}

enum nav_status cfg_transform_load(const char *path, double out_matrix[16],
                                   uint8_t out_sha256[CFG_SHA256_SIZE], struct cfg_error *out_error)
{
    struct cfg_file_bytes file;
    enum nav_status status = cfg_file_bytes_read(path, TRANSFORM_BYTES_MAX, &file, out_error);
    if (status != NAV_OK) {
        return status;
    }
    status = cfg_transform_parse(file.bytes, file.size, path, out_matrix, out_error);
    if (status == NAV_OK) {
        memcpy(out_sha256, file.sha256, sizeof(file.sha256));
    }
    cfg_file_bytes_finish(&file);
    return status;
}

struct nav_pose cfg_transform_from_slicer(const struct nav_pose *saved)
{
    /* F is half a turn about z. */
    const struct nav_pose half_turn = {.q = {0.0, 0.0, 1.0, 0.0}, .t_mm = {0.0, 0.0, 0.0}};
    const struct nav_pose inverse = nav_pose_inverse(saved);
    return nav_pose_compose(&inverse, &half_turn);
}
