#include "volume_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>

static const double spacing_min_mm = 0.05;
static const double spacing_max_mm = 20.0;
static const double extent_max_mm = 3000.0;    /* longer than a patient */
static const double position_max_mm = 10000.0; /* of the first voxel */
static const double cosine_max = 1e-3;         /* between axes: more is a sheared volume */

const char *cfg_volume_format_name(enum cfg_volume_format format)
{
    return format == CFG_VOLUME_NRRD ? "nrrd" : "nifti";
}

size_t cfg_voxel_bytes(enum cfg_voxel_type type)
{
    return type == CFG_VOXEL_UINT8 ? 1 : type == CFG_VOXEL_INT32 || type == CFG_VOXEL_FLOAT ? 4 : 2;
}

void cfg_volume_turn(double T[12])
{
    for (int i = 0; i < 8; ++i) {
        T[i] = 0.0 - T[i]; /* never -0 */
    }
}

static enum nav_status examine_sizes(const struct cfg_volume_source *source,
                                     const struct cfg_volume_header *header)
{
    const int least = source->labels ? 1 : CFG_VOLUME_SIDE_MIN;
    size_t count = 1;
    for (int axis = 0; axis < 3; ++axis) {
        const int64_t side = header->size[axis];
        if (side < least || side > CFG_VOLUME_SIDE_MAX) {
            return cfg_error_set(source->error, NAV_ERR_RANGE,
                                 "%s: axis %d has %lld voxels; %d to %d are accepted", source->name,
                                 axis + 1, (long long)side, least, CFG_VOLUME_SIDE_MAX);
        }
        count *= (size_t)side; /* at most 2^36 */
    }
    if (header->layers < 1 || header->layers > CFG_VOLUME_LAYERS_MAX) {
        return cfg_error_set(source->error, NAV_ERR_RANGE,
                             "%s: has %lld layers; 1 to %d are accepted", source->name,
                             (long long)header->layers, CFG_VOLUME_LAYERS_MAX);
    }
    count *= (size_t)header->layers;
    if (count > source->voxels_max) {
        return cfg_error_set(source->error, NAV_ERR_TOO_LARGE,
                             "%s: has %zu voxels, at most %zu are read; crop it", source->name,
                             count, source->voxels_max);
    }
    return NAV_OK;
}

static double column_dot(const double T[12], int a, int b)
{
    return T[a] * T[b] + T[4 + a] * T[4 + b] + T[8 + a] * T[8 + b];
}

static double determinant(const double T[12])
{
    return T[0] * (T[5] * T[10] - T[6] * T[9]) - T[1] * (T[4] * T[10] - T[6] * T[8]) +
           T[2] * (T[4] * T[9] - T[5] * T[8]);
}

static enum nav_status examine_axes(const struct cfg_volume_source *source,
                                    const struct cfg_volume_header *header,
                                    struct cfg_volume_report *report)
{
    const double *T = header->T_image_voxel;
    for (int i = 0; i < 12; ++i) {
        if (!isfinite(T[i])) {
            return cfg_error_set(source->error, NAV_ERR_NOT_FINITE,
                                 "%s: its orientation has a number that is not finite; export it "
                                 "again",
                                 source->name);
        }
    }
    for (int axis = 0; axis < 3; ++axis) {
        const double spacing = sqrt(column_dot(T, axis, axis));
        const double extent = spacing * (double)(header->size[axis] - 1);
        if (!(spacing >= spacing_min_mm && spacing <= spacing_max_mm && extent <= extent_max_mm)) {
            return cfg_error_set(source->error, NAV_ERR_RANGE,
                                 "%s: axis %d has %lld voxels %g mm apart; %g to %g mm and at most "
                                 "%g mm in all are accepted, check the unit",
                                 source->name, axis + 1, (long long)header->size[axis], spacing,
                                 spacing_min_mm, spacing_max_mm, extent_max_mm);
        }
        if (!(fabs(T[4 * axis + 3]) <= position_max_mm)) {
            return cfg_error_set(source->error, NAV_ERR_RANGE,
                                 "%s: its first voxel is %g mm from the origin; at most %g",
                                 source->name, T[4 * axis + 3], position_max_mm);
        }
        report->spacing_mm[axis] = spacing;
    }
    for (int axis = 0; axis < 3; ++axis) {
        const int next = (axis + 1) % 3;
        const double cosine =
            column_dot(T, axis, next) / (report->spacing_mm[axis] * report->spacing_mm[next]);
        if (!(fabs(cosine) <= cosine_max)) {
            return cfg_error_set(source->error, NAV_ERR_REFUSED,
                                 "%s: its axes %d and %d are not perpendicular (a tilted gantry?); "
                                 "resample it to a rectangular grid",
                                 source->name, axis + 1, next + 1);
        }
    }
    report->mirrored = determinant(T) < 0.0;
    if (!(determinant(T) > 0.0) && !(source->labels && report->mirrored)) {
        return cfg_error_set(source->error, NAV_ERR_REFUSED,
                             "%s: its axes are mirrored (negative determinant); export it with "
                             "right-handed axes",
                             source->name);
    }
    return NAV_OK;
}

static void find_box(struct cfg_volume_report *report)
{
    for (int row = 0; row < 3; ++row) {
        const double *T = report->T_image_voxel + 4 * (ptrdiff_t)row;
        report->min_mm[row] = report->max_mm[row] = T[3];
        for (int axis = 0; axis < 3; ++axis) {
            const double reach = T[axis] * (double)(report->size[axis] - 1);
            report->min_mm[row] += fmin(reach, 0.0);
            report->max_mm[row] += fmax(reach, 0.0);
        }
    }
}

enum nav_status cfg_volume_examine(const struct cfg_volume_source *source,
                                   const struct cfg_volume_header *header,
                                   struct cfg_volume_report *out_report)
{
    struct cfg_volume_report report = {.format = header->format};
    enum nav_status status = examine_sizes(source, header);
    if (status == NAV_OK) {
        status = examine_axes(source, header, &report);
    }
    if (status != NAV_OK) {
        return status;
    }
    for (int axis = 0; axis < 3; ++axis) {
        report.size[axis] = (int32_t)header->size[axis];
    }
    report.layers = (int32_t)header->layers;
    memcpy(report.T_image_voxel, header->T_image_voxel, sizeof(report.T_image_voxel));
    if (report.mirrored) {
        for (int row = 0; row < 3; ++row) {
            double *T = report.T_image_voxel + 4 * (ptrdiff_t)row;
            T[3] += T[0] * (double)(report.size[0] - 1);
            T[0] = 0.0 - T[0];
        }
    }
    find_box(&report);
    *out_report = report;
    return NAV_OK;
}

/* --- values ---------------------------------------------------------------------------------- */

static uint32_t take_word(const uint8_t *bytes, size_t count, bool big_endian)
{
    uint32_t word = 0;
    for (size_t i = 0; i < count; ++i) {
        word = word << 8 | bytes[big_endian ? i : count - 1 - i];
    }
    return word;
}

static double stored_value(const struct cfg_volume_header *header, const uint8_t *at)
{
    switch (header->type) {
    case CFG_VOXEL_UINT8:
        return at[0];
    case CFG_VOXEL_INT16:
        return (int16_t)(uint16_t)take_word(at, 2, header->big_endian);
    case CFG_VOXEL_UINT16:
        return take_word(at, 2, header->big_endian);
    case CFG_VOXEL_INT32:
        return (int32_t)take_word(at, 4, header->big_endian);
    case CFG_VOXEL_FLOAT:
        break;
    }
    const uint32_t word = take_word(at, 4, header->big_endian);
    float value;
    memcpy(&value, &word, sizeof(value));
    return (double)value;
}

static enum nav_status convert(const struct cfg_volume_source *source,
                               const struct cfg_volume_header *header, const uint8_t *bytes,
                               size_t first, size_t count, int16_t *out_voxels)
{
    const size_t step = cfg_voxel_bytes(header->type);
    for (size_t i = 0; i < count; ++i) {
        const double value =
            header->slope * stored_value(header, bytes + i * step) + header->intercept;
        if (!isfinite(value)) {
            return cfg_error_set(source->error, NAV_ERR_NOT_FINITE,
                                 "%s: voxel %zu is not a finite number; export it again",
                                 source->name, first + i);
        }
        const double rounded = nearbyint(value);
        if (source->labels && rounded != value) {
            return cfg_error_set(source->error, NAV_ERR_REFUSED,
                                 "%s: voxel %zu is %g; the values of a label map are whole "
                                 "numbers, is this one?",
                                 source->name, first + i, value);
        }
        if (rounded < INT16_MIN || rounded > INT16_MAX) {
            return cfg_error_set(source->error, NAV_ERR_RANGE,
                                 "%s: voxel %zu is %g; %d to %d are accepted, rescale it",
                                 source->name, first + i, value, INT16_MIN, INT16_MAX);
        }
        out_voxels[i] = (int16_t)rounded;
    }
    return NAV_OK;
}

/* Value i of the file is layer i % layers of voxel i / layers. */
static void spread(const int16_t *values, size_t first, size_t count, size_t layers,
                   size_t layer_size, int16_t *out_voxels)
{
    for (size_t i = first; i < first + count; ++i) {
        out_voxels[i % layers * layer_size + i / layers] = values[i - first];
    }
}

static enum nav_status read_voxels(const struct cfg_volume_source *source,
                                   const struct cfg_volume_header *header,
                                   struct cfg_stream *stream, size_t count, int16_t *voxels)
{
    enum { PIECE = 1 << 14 };
    uint8_t piece[4 * PIECE];
    int16_t values[PIECE];
    const size_t layers = (size_t)header->layers;
    const size_t step = cfg_voxel_bytes(header->type);
    const bool native = header->type == CFG_VOXEL_INT16 &&
                        header->big_endian == (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__) &&
                        header->slope == 1.0 && header->intercept == 0.0 && layers == 1;
    enum nav_status status = NAV_OK;
    if (native) {
        status = cfg_stream_read(stream, (uint8_t *)voxels, 2 * count);
    }
    for (size_t done = 0; !native && status == NAV_OK && done < count;) {
        const size_t part = count - done < PIECE ? count - done : PIECE;
        status = cfg_stream_read(stream, piece, part * step);
        if (status == NAV_OK) {
            status = convert(source, header, piece, done, part, values);
        }
        if (status == NAV_OK) {
            spread(values, done, part, layers, count / layers, voxels);
        }
        done += part;
    }
    return status == NAV_OK ? cfg_stream_end(stream) : status;
}

static void reverse_rows(int16_t *voxels, size_t count, size_t length)
{
    for (size_t row = 0; row < count; row += length) {
        for (size_t i = 0, k = length - 1; i < k; ++i, --k) {
            const int16_t value = voxels[row + i];
            voxels[row + i] = voxels[row + k];
            voxels[row + k] = value;
        }
    }
}

int16_t *cfg_voxels_alloc(size_t count)
{
    static const size_t huge_page = (size_t)2 << 20;
    if (count > SIZE_MAX / sizeof(int16_t) - huge_page) {
        return NULL;
    }
    const size_t size = count * sizeof(int16_t);
    if (size < huge_page) {
        return malloc(size);
    }
    const size_t whole = (size + huge_page - 1) / huge_page * huge_page;
    int16_t *voxels = aligned_alloc(huge_page, whole);
    if (voxels != NULL) {
        (void)madvise(voxels, whole, MADV_HUGEPAGE); /* without them it is only slower */
    }
    return voxels;
}

enum nav_status cfg_volume_fill(const struct cfg_volume_source *source,
                                const struct cfg_volume_header *header, struct cfg_stream *stream,
                                struct cfg_volume *volume)
{
    struct cfg_volume_report *report = &volume->report;
    enum nav_status status = cfg_volume_examine(source, header, report);
    if (status != NAV_OK) {
        return status;
    }
    const size_t count = (size_t)report->size[0] * (size_t)report->size[1] *
                         (size_t)report->size[2] * (size_t)report->layers;
    if (!cfg_stream_may_hold(stream, count * cfg_voxel_bytes(header->type))) {
        return cfg_error_set(source->error, NAV_ERR_LENGTH,
                             "%s: is too short for %zu voxels; it is truncated, copy it again",
                             source->name, count);
    }
    volume->voxels = cfg_voxels_alloc(count);
    if (volume->voxels == NULL) {
        return cfg_error_set(source->error, NAV_ERR_MEMORY, "%s: no memory for %zu voxels",
                             source->name, count);
    }
    status = read_voxels(source, header, stream, count, volume->voxels);
    if (status != NAV_OK) {
        return status;
    }
    if (report->mirrored) {
        reverse_rows(volume->voxels, count, (size_t)report->size[0]);
    }
    int16_t lowest = volume->voxels[0];
    int16_t highest = volume->voxels[0];
    for (size_t i = 1; i < count; ++i) {
        lowest = volume->voxels[i] < lowest ? volume->voxels[i] : lowest;
        highest = volume->voxels[i] > highest ? volume->voxels[i] : highest;
    }
    report->lowest = lowest;
    report->highest = highest;
    if (lowest == highest && !source->labels) {
        return cfg_error_set(source->error, NAV_ERR_REFUSED,
                             "%s: all voxels are %d; there is no picture in it", source->name,
                             lowest);
    }
    return NAV_OK;
}

/* --- a file ---------------------------------------------------------------------------------- */

static bool ends_in(const char *name, const char *ending)
{
    const size_t length = strlen(name);
    const size_t tail = strlen(ending);
    return length >= tail && strcasecmp(name + length - tail, ending) == 0;
}

static size_t bytes_max(const struct cfg_volume_options *options)
{
    return options != NULL && options->bytes_max != 0 ? options->bytes_max : CFG_VOLUME_BYTES_MAX;
}

/* As cfg_volume_parse; the digest is of no concern here. */
static enum nav_status parse(const uint8_t *bytes, size_t size, const char *name,
                             const struct cfg_volume_options *options,
                             struct cfg_volume **out_volume, struct cfg_error *out_error)
{
    const struct cfg_volume_source source = {
        .bytes = bytes,
        .size = size,
        .name = name,
        .voxels_max = options != NULL && options->voxels_max != 0 ? options->voxels_max
                                                                  : CFG_VOLUME_VOXELS_MAX,
        .labels = options != NULL && options->labels,
        .error = out_error,
    };
    if (size == 0) {
        return cfg_error_set(out_error, NAV_ERR_LENGTH, "%s: is empty; export it again", name);
    }
    struct cfg_volume *volume = calloc(1, sizeof(*volume));
    if (volume == NULL) {
        return cfg_error_set(out_error, NAV_ERR_MEMORY, "%s: out of memory", name);
    }
    enum nav_status status;
    if (ends_in(name, ".nrrd")) {
        status = cfg_nrrd_read(&source, volume);
    } else if (ends_in(name, ".nii") || ends_in(name, ".nii.gz")) {
        status = cfg_nifti_read(&source, volume);
    } else {
        status = cfg_error_set(out_error, NAV_ERR_UNSUPPORTED,
                               "%s: is not a .nrrd, .nii or .nii.gz file; convert it to one of "
                               "them",
                               name);
    }
    if (status != NAV_OK) {
        cfg_volume_destroy(volume);
        return status;
    }
    *out_volume = volume;
    return NAV_OK;
}

enum nav_status cfg_volume_parse(const uint8_t *bytes, size_t size, const char *name,
                                 const struct cfg_volume_options *options,
                                 struct cfg_volume **out_volume, struct cfg_error *out_error)
{
    if (size > bytes_max(options)) {
        return cfg_error_set(out_error, NAV_ERR_TOO_LARGE,
                             "%s: has %zu bytes, at most %zu are read; crop it", name, size,
                             bytes_max(options));
    }
    struct cfg_volume *volume = NULL;
    enum nav_status status = parse(bytes, size, name, options, &volume, out_error);
    if (status != NAV_OK) {
        return status;
    }
    if (cfg_sha256(bytes, size, volume->sha256) != NAV_OK) {
        cfg_volume_destroy(volume);
        return cfg_error_set(out_error, NAV_ERR_MEMORY, "%s: no memory to hash it", name);
    }
    *out_volume = volume;
    return NAV_OK;
}

enum nav_status cfg_volume_load(const char *path, const struct cfg_volume_options *options,
                                struct cfg_volume **out_volume, struct cfg_error *out_error)
{
    struct cfg_file_bytes file;
    enum nav_status status = cfg_file_bytes_read(path, bytes_max(options), &file, out_error);
    if (status != NAV_OK) {
        return status;
    }
    struct cfg_volume *volume = NULL;
    status = parse(file.bytes, file.size, path, options, &volume, out_error);
    if (status == NAV_OK) {
        memcpy(volume->sha256, file.sha256, sizeof(volume->sha256));
        *out_volume = volume;
    }
    cfg_file_bytes_finish(&file);
    return status;
}

void cfg_volume_write_nrrd(const struct cfg_volume *volume, FILE *file)
{
    const struct cfg_volume_report *report = &volume->report;
    const double *T = report->T_image_voxel;
    fprintf(file, "NRRD0004\ntype: int16\ndimension: 3\nspace: left-posterior-superior\n");
    fprintf(file, "sizes: %d %d %d\nspace directions:", report->size[0], report->size[1],
            report->size[2]);
    for (int axis = 0; axis < 3; ++axis) {
        fprintf(file, " (%.17g,%.17g,%.17g)", T[axis], T[4 + axis], T[8 + axis]);
    }
    fprintf(file,
            "\nkinds: domain domain domain\nendian: %s\nencoding: raw\n"
            "space origin: (%.17g,%.17g,%.17g)\nspace units: \"mm\" \"mm\" \"mm\"\n\n",
            __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? "little" : "big", T[3], T[7], T[11]);
    (void)fwrite(volume->voxels, sizeof(*volume->voxels),
                 (size_t)report->size[0] * (size_t)report->size[1] * (size_t)report->size[2], file);
}

void cfg_volume_destroy(struct cfg_volume *volume)
{
    if (volume == NULL) {
        return;
    }
    free(volume->voxels);
    free(volume->notes);
    free(volume);
}
