/* DICOM series: which slices belong together, and whether they make one exact volume.
 *
 * Rules (PS3.3 C.7.6.2): position and orientation of each slice in LPS mm; the grid is built from
 * them alone, never from slice numbers or file names. A series in which a slice is missing, double,
 * shifted or turned is refused with the files named: a resampled guess would hide it. */
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dicom_gdcm.h"
#include "import.h"
#include "progress.h"
#include "read_dicom_seg.h"

static const double cosine_tolerance = 1e-4; /* between slices of one orientation */
static const double even_share = 0.02;       /* of the slice distance: uneven beyond it */
static const double same_place_mm = 1e-3;

struct slice {
    const char *path;
    struct dcm_header header;
    double along_mm; /* position along the normal of the slices */
};

struct series {
    struct slice *slices;
    size_t count;
    double normal[3];
    double step[3]; /* from slice to slice */
    struct cfg_error *error;
};

bool imp_is_dicom(const uint8_t *bytes, size_t size)
{
    enum { PREAMBLE = 128 };
    return size >= PREAMBLE + 4 && memcmp(bytes + PREAMBLE, "DICM", 4) == 0;
}

static bool is_dicom_file(const char *path)
{
    uint8_t head[132];
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return false;
    }
    const ssize_t size = read(fd, head, sizeof(head));
    (void)close(fd);
    return size == (ssize_t)sizeof(head) && imp_is_dicom(head, sizeof(head));
}

static const char *short_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

static double dot(const double a[3], const double b[3])
{
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

static void cross(const double a[3], const double b[3], double out[3])
{
    out[0] = a[1] * b[2] - a[2] * b[1];
    out[1] = a[2] * b[0] - a[0] * b[2];
    out[2] = a[0] * b[1] - a[1] * b[0];
}

static int by_series(const void *a, const void *b)
{
    return strcmp(((const struct slice *)a)->header.series,
                  ((const struct slice *)b)->header.series);
}

static int by_place(const void *a, const void *b)
{
    const double x = ((const struct slice *)a)->along_mm;
    const double y = ((const struct slice *)b)->along_mm;
    return (x > y) - (x < y);
}

/* --- one exact volume? ----------------------------------------------------------------------- */

/* Same matrix of pixels, same axes, in every slice. */
static enum nav_status check_alike(const struct series *series)
{
    const struct dcm_header *first = &series->slices[0].header;
    const double *row = first->orientation;
    const double *column = first->orientation + 3;
    if (!(fabs(dot(row, row) - 1.0) < 1e-3 && fabs(dot(column, column) - 1.0) < 1e-3 &&
          fabs(dot(row, column)) < 1e-3)) {
        return cfg_error_set(series->error, NAV_ERR_RANGE,
                             "%s: field ImageOrientationPatient: its axes are not unit and "
                             "perpendicular; export the series again",
                             series->slices[0].path);
    }
    for (size_t i = 0; i < series->count; ++i) {
        const struct slice *slice = &series->slices[i];
        const struct dcm_header *header = &slice->header;
        if (header->rows != first->rows || header->columns != first->columns ||
            fabs(header->spacing[0] - first->spacing[0]) > 1e-4 ||
            fabs(header->spacing[1] - first->spacing[1]) > 1e-4) {
            return cfg_error_set(series->error, NAV_ERR_REFUSED,
                                 "%s: has %ldx%ld pixels %g x %g mm apart, the others of its "
                                 "series %ldx%ld %g x %g; choose or export one series",
                                 slice->path, header->columns, header->rows, header->spacing[0],
                                 header->spacing[1], first->columns, first->rows, first->spacing[0],
                                 first->spacing[1]);
        }
        for (int k = 0; k < 6; ++k) {
            if (!(fabs(header->orientation[k] - first->orientation[k]) < cosine_tolerance)) {
                const double turn =
                    acos(fmax(-1.0, fmin(1.0, fmin(dot(row, header->orientation),
                                                   dot(column, header->orientation + 3)))));
                return cfg_error_set(series->error, NAV_ERR_REFUSED,
                                     "%s: mixed orientation: it is turned by %.1f deg against %s; "
                                     "a scout view? export the series without it",
                                     slice->path, turn * 57.29577951308232,
                                     short_name(series->slices[0].path));
            }
        }
    }
    return NAV_OK;
}

static double median_step(const struct series *series)
{
    /* The middle one of the distances: one gap does not move it. */
    double *steps = malloc(series->count * sizeof(*steps));
    if (steps == NULL) {
        return NAN;
    }
    size_t count = 0;
    for (size_t i = 1; i < series->count; ++i) {
        const double value = series->slices[i].along_mm - series->slices[i - 1].along_mm;
        size_t at = count++;
        for (; at > 0 && steps[at - 1] > value; --at) {
            steps[at] = steps[at - 1];
        }
        steps[at] = value;
    }
    const double middle = steps[count / 2];
    free(steps);
    return middle;
}

/* Evenly spaced, none twice, none missing. */
static enum nav_status check_spacing(const struct series *series, double step)
{
    for (size_t i = 1; i < series->count; ++i) {
        const struct slice *before = &series->slices[i - 1];
        const struct slice *slice = &series->slices[i];
        const double here = slice->along_mm - before->along_mm;
        if (here < same_place_mm) {
            return cfg_error_set(series->error, NAV_ERR_REFUSED,
                                 "%s: duplicate slice: lies where %s does (%.2f mm); remove one, "
                                 "or choose a series",
                                 slice->path, short_name(before->path), slice->along_mm);
        }
        if (fabs(here - step) > even_share * step) {
            const double missing = here / step - 1.0;
            const bool whole = missing > 0.5 && fabs(missing - round(missing)) < 2.0 * even_share;
            return cfg_error_set(series->error, NAV_ERR_REFUSED,
                                 "%s: %s between %s and it: %.3f mm instead of %.3f; export the "
                                 "whole series again",
                                 slice->path,
                                 whole ? missing > 1.5 ? "missing slices (gap)"
                                                       : "missing slice (gap)"
                                       : "uneven spacing",
                                 short_name(before->path), here, step);
        }
    }
    return NAV_OK;
}

/* Each slice lies straight above the one before. */
static enum nav_status check_straight(struct series *series)
{
    const double *first = series->slices[0].header.position;
    const double *last = series->slices[series->count - 1].header.position;
    for (int i = 0; i < 3; ++i) {
        series->step[i] = (last[i] - first[i]) / (double)(series->count - 1);
    }
    const double length = sqrt(dot(series->step, series->step));
    const double tilt = acos(fmin(1.0, dot(series->step, series->normal) / length));
    if (!(tilt < 1e-3)) {
        return cfg_error_set(series->error, NAV_ERR_REFUSED,
                             "%s: the gantry was tilted by %.2f deg: its slices do not lie "
                             "straight above each other; resample the series to a rectangular grid",
                             series->slices[0].path, tilt * 57.29577951308232);
    }
    for (size_t i = 0; i < series->count; ++i) {
        const struct slice *slice = &series->slices[i];
        double off[3];
        for (int k = 0; k < 3; ++k) {
            off[k] = slice->header.position[k] - first[k] - (double)i * series->step[k];
        }
        if (!(sqrt(dot(off, off)) < even_share * length + 0.05)) {
            return cfg_error_set(series->error, NAV_ERR_REFUSED,
                                 "%s: lies %.3f mm beside its place in the series; the patient's "
                                 "table moved? export the series again",
                                 slice->path, sqrt(dot(off, off)));
        }
    }
    return NAV_OK;
}

static enum nav_status arrange(struct series *series)
{
    if (series->count < 2) {
        return cfg_error_set(series->error, NAV_ERR_REFUSED,
                             "%s: is the only slice of its series; name the folder of the whole "
                             "series",
                             series->slices[0].path);
    }
    for (size_t i = 0; i < series->count; ++i) {
        if (series->slices[i].header.frames > 1) {
            return cfg_error_set(series->error, NAV_ERR_UNSUPPORTED,
                                 "%s: holds several frames (enhanced DICOM); export single-frame "
                                 "slices, NIfTI or NRRD",
                                 series->slices[i].path);
        }
        if (!series->slices[i].header.has_geometry) {
            return cfg_error_set(series->error, NAV_ERR_SYNTAX,
                                 "%s: fields ImagePositionPatient, ImageOrientationPatient, "
                                 "PixelSpacing: one is missing; export the original slices",
                                 series->slices[i].path);
        }
    }
    enum nav_status status = check_alike(series);
    if (status != NAV_OK) {
        return status;
    }
    const double *orientation = series->slices[0].header.orientation;
    cross(orientation, orientation + 3, series->normal);
    for (size_t i = 0; i < series->count; ++i) {
        series->slices[i].along_mm = dot(series->normal, series->slices[i].header.position);
    }
    qsort(series->slices, series->count, sizeof(*series->slices), by_place);
    const double step = median_step(series);
    if (isnan(step)) {
        return cfg_error_set(series->error, NAV_ERR_MEMORY, "out of memory");
    }
    if (step >= same_place_mm) {
        status = check_spacing(series, step);
    } else {
        status = cfg_error_set(series->error, NAV_ERR_REFUSED,
                               "%s: most slices of the series lie twice at the same place; "
                               "several phases in one series? export one of them",
                               series->slices[0].path);
    }
    return status == NAV_OK ? check_straight(series) : status;
}

/* --- the volume ------------------------------------------------------------------------------ */

static enum nav_status write_slice(const struct series *series, size_t index, int32_t *stored,
                                   int16_t *out)
{
    const struct slice *slice = &series->slices[index];
    const struct dcm_header *header = &slice->header;
    const size_t count = (size_t)header->rows * (size_t)header->columns;
    if (!dcm_read_pixels(slice->path, count, stored)) {
        return cfg_error_set(series->error, NAV_ERR_SYNTAX,
                             "%s: its pixels cannot be decoded; it is cut or damaged, copy it "
                             "again",
                             slice->path);
    }
    const double slope = header->has_rescale ? header->slope : 1.0;
    const double intercept = header->has_rescale ? header->intercept : 0.0;
    for (size_t i = 0; i < count; ++i) {
        const double value = nearbyint(slope * stored[i] + intercept);
        if (!(value >= INT16_MIN && value <= INT16_MAX)) {
            return cfg_error_set(series->error, NAV_ERR_RANGE,
                                 "%s: pixel %zu is %g; %d to %d are accepted", slice->path, i,
                                 value, INT16_MIN, INT16_MAX);
        }
        out[i] = (int16_t)value;
    }
    return NAV_OK;
}

/* The grid and its values in the words of NRRD, so that the case's own reader checks them. */
static enum nav_status build(const struct series *series, struct cfg_volume **out_volume)
{
    const struct dcm_header *header = &series->slices[0].header;
    const size_t plane = (size_t)header->rows * (size_t)header->columns;
    char *bytes = NULL;
    size_t size = 0;
    if (plane == 0 || plane > CFG_VOLUME_VOXELS_MAX / series->count) {
        return cfg_error_set(series->error, NAV_ERR_TOO_LARGE,
                             "%s: the series has too many or no pixels; crop it",
                             series->slices[0].path);
    }
    FILE *stream = open_memstream(&bytes, &size);
    int32_t *stored = malloc(plane * sizeof(*stored));
    int16_t *values = malloc(plane * sizeof(*values));
    enum nav_status status =
        stream != NULL && stored != NULL && values != NULL
            ? NAV_OK
            : cfg_error_set(series->error, NAV_ERR_MEMORY, "out of memory for the series");
    if (status == NAV_OK) {
        const double *row = header->orientation;
        const double *column = header->orientation + 3;
        fprintf(stream,
                "NRRD0004\ntype: int16\ndimension: 3\nspace: left-posterior-superior\n"
                "sizes: %ld %ld %zu\nspace directions: (%.17g,%.17g,%.17g) (%.17g,%.17g,%.17g) "
                "(%.17g,%.17g,%.17g)\nencoding: raw\nendian: %s\n"
                "space origin: (%.17g,%.17g,%.17g)\n\n",
                header->columns, header->rows, series->count, header->spacing[1] * row[0],
                header->spacing[1] * row[1], header->spacing[1] * row[2],
                header->spacing[0] * column[0], header->spacing[0] * column[1],
                header->spacing[0] * column[2], series->step[0], series->step[1], series->step[2],
                __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? "little" : "big", header->position[0],
                header->position[1], header->position[2]);
    }
    struct progress progress;
    progress_init(&progress, (int)series->count);
    for (size_t i = 0; status == NAV_OK && i < series->count; ++i) {
        status = write_slice(series, i, stored, values);
        if (status == NAV_OK) {
            (void)fwrite(values, sizeof(*values), plane, stream);
        }
        progress_step(&progress, "DICOM slices");
    }
    progress_finish(&progress);
    free(stored);
    free(values);
    const bool failed = stream == NULL || ferror(stream) != 0;
    if (stream != NULL && (fclose(stream) != 0 || failed) && status == NAV_OK) {
        status = cfg_error_set(series->error, NAV_ERR_MEMORY, "out of memory for the series");
    }
    if (status == NAV_OK) {
        /* The reader knows its format by the name's end, and says the name in its messages. */
        char said[CFG_PATH_SIZE + 64];
        (void)snprintf(said, sizeof(said), "%s and its series, read as .nrrd",
                       series->slices[0].path);
        status =
            cfg_volume_parse((const uint8_t *)bytes, size, said, NULL, out_volume, series->error);
    }
    free(bytes);
    return status;
}

/* --- series ---------------------------------------------------------------------------------- */

static const char no_uid[] = "none"; /* chooses the series without UID */

static bool is_chosen(const char *uid, const char *wanted)
{
    const size_t length = strlen(uid);
    const size_t tail = wanted != NULL ? strlen(wanted) : 0;
    if (wanted == NULL) {
        return true;
    }
    /* Some tools that strip names strip the UID, too. */
    return length == 0 ? strcmp(wanted, no_uid) == 0
                       : tail <= length && strcmp(uid + length - tail, wanted) == 0;
}

static void describe(const struct series *series, struct imp_source *source)
{
    const struct dcm_header *header = &series->slices[0].header;
    (void)snprintf(source->series, sizeof(source->series), "%.71s",
                   header->series[0] != '\0' ? header->series : no_uid);
    (void)snprintf(source->kind, sizeof(source->kind), "volume");
    (void)snprintf(source->format, sizeof(source->format), "dicom");
    (void)snprintf(source->space, sizeof(source->space), "LPS (format)");
    (void)snprintf(source->unit, sizeof(source->unit), "mm (format)");
    (void)snprintf(source->identities[0], sizeof(source->identities[0]), "%s",
                   header->patient_name);
    (void)snprintf(source->identities[1], sizeof(source->identities[1]), "%s", header->patient_id);
    /* Not its description: people write names there. */
    imp_note(source, "%s, %zu slices; series %s", header->modality, series->count,
             header->series[0] != '\0' ? header->series : "without UID");
}

static bool is_seg(const struct dcm_header *header)
{
    return strcmp(header->modality, "SEG") == 0;
}

static bool is_scan(const struct dcm_header *header)
{
    return !is_seg(header) && strcmp(header->modality, "RTSTRUCT") != 0 &&
           strcmp(header->modality, "SR") != 0;
}

/* One segmentation object; `all` are the files that came with it. */
static void tell_seg(const struct imp_request *request, const struct slice *file,
                     const struct slice *all, size_t count, const struct imp_sink *sink)
{
    struct cfg_error error = {.text = ""};
    struct imp_source *source = calloc(1, sizeof(*source));
    struct imp_dicom_slice *slices = calloc(count + 1, sizeof(*slices));
    enum nav_status status = NAV_ERR_MEMORY;
    size_t scans = 0;
    sink->reading(sink->context, file->path);
    (void)cfg_error_set(&error, status, "out of memory");
    if (source != NULL && slices != NULL) {
        for (size_t i = 0; i < count; ++i) {
            if (is_scan(&all[i].header)) {
                slices[scans++].header = &all[i].header;
            }
        }
        const struct series series = {.slices = (struct slice *)file, .count = 1};
        describe(&series, source);
        source->note_count = 0;
        (void)snprintf(source->path, sizeof(source->path), "%s", file->path);
        status = imp_read_dicom_seg(request, file->path, slices, scans, source, &error);
        (void)snprintf(source->format, sizeof(source->format), "dicom-seg");
    }
    if (status == NAV_OK) {
        sink->found(sink->context, source);
    } else {
        sink->refused(sink->context, file->path, error.text);
    }
    if (source != NULL) {
        imp_source_finish(source);
    }
    free(source);
    free(slices);
}

static void tell_series(const struct imp_request *request, struct slice *slices, size_t count,
                        size_t series_count, const struct imp_sink *sink)
{
    struct cfg_error error = {.text = ""};
    struct series series = {.slices = slices, .count = count, .error = &error};
    struct imp_source *source = calloc(1, sizeof(*source));
    sink->reading(sink->context, slices[0].path);
    if (source == NULL) {
        sink->refused(sink->context, slices[0].path, "out of memory");
        return;
    }
    (void)snprintf(source->path, sizeof(source->path), "%s", request->path);
    const char *modality = slices[0].header.modality;
    struct cfg_volume *volume = NULL;
    enum nav_status status = NAV_OK;
    if (!is_scan(&slices[0].header)) {
        status = cfg_error_set(&error, NAV_ERR_UNSUPPORTED,
                               "%s: is DICOM of kind %s; export segmentations as DICOM SEG, "
                               ".seg.nrrd or NIfTI label map, plans as .mrk.json",
                               slices[0].path, modality);
    }
    if (status == NAV_OK) {
        status = arrange(&series);
    }
    if (status == NAV_OK) {
        status = build(&series, &volume);
    }
    if (status == NAV_OK) {
        const bool ct = strcmp(modality, "CT") == 0;
        const bool mr = strcmp(modality, "MR") == 0;
        const enum cfg_modality stated = mr ? CFG_MODALITY_MR : CFG_MODALITY_CT;
        describe(&series, source);
        status = imp_take_volume(request, volume, ct || mr ? modality : "Scan",
                                 ct || mr ? &stated : NULL, source, &error);
    }
    if (status != NAV_OK) {
        sink->refused(sink->context, slices[0].path, error.text);
    } else {
        if (series_count > 1) {
            for (size_t i = 0; i < source->item_count; ++i) {
                source->items[i].becomes = IMP_NOTHING;
            }
            (void)snprintf(source->items[0].note, sizeof(source->items[0].note),
                           "one of %zu series here: choose it with --series %.64s", series_count,
                           slices[0].header.series[0] != '\0' ? slices[0].header.series : no_uid);
        }
        sink->found(sink->context, source);
    }
    imp_source_finish(source);
    free(source);
}

size_t imp_read_dicom(const struct imp_request *request, char *const *paths, size_t count,
                      const struct imp_sink *sink)
{
    struct slice *slices = calloc(count + 1, sizeof(*slices));
    bool *taken = calloc(count + 1, sizeof(*taken));
    size_t dicom = 0;
    size_t good = 0;
    for (size_t i = 0; slices != NULL && taken != NULL && i < count; ++i) {
        if (!is_dicom_file(paths[i])) {
            continue;
        }
        taken[i] = true;
        ++dicom;
        sink->reading(sink->context, paths[i]);
        slices[good].path = paths[i];
        if (dcm_read_header(paths[i], &slices[good].header)) {
            ++good;
            continue;
        }
        char text[CFG_PATH_SIZE + 80];
        (void)snprintf(text, sizeof(text),
                       "%s: begins as DICOM but cannot be read; it is cut or damaged, copy it "
                       "again",
                       paths[i]);
        sink->refused(sink->context, paths[i], text);
    }
    if (good > 0) {
        qsort(slices, good, sizeof(*slices), by_series);
    }
    size_t series_count = 0; /* of scans: of these one is to be chosen */
    size_t chosen_count = 0;
    for (size_t i = 0; i < good; ++i) {
        const bool first = i == 0 || by_series(&slices[i - 1], &slices[i]) != 0;
        const bool chosen = first && is_chosen(slices[i].header.series, request->series);
        series_count += chosen && is_scan(&slices[i].header);
        chosen_count += chosen;
    }
    if (good > 0 && chosen_count == 0) {
        char text[CFG_PATH_SIZE + 80];
        (void)snprintf(text, sizeof(text), "%s: no series ends in '%s'", request->path,
                       request->series);
        sink->refused(sink->context, request->path, text);
    }
    for (size_t i = 0; i < good;) {
        size_t end = i + 1;
        while (end < good && by_series(&slices[i], &slices[end]) == 0) {
            ++end;
        }
        const bool chosen = is_chosen(slices[i].header.series, request->series);
        for (size_t k = i; k < end && chosen && is_seg(&slices[i].header); ++k) {
            tell_seg(request, &slices[k], slices, good, sink);
        }
        if (chosen && !is_seg(&slices[i].header)) {
            tell_series(request, slices + i, end - i, series_count, sink);
        }
        i = end;
    }
    for (size_t i = 0; taken != NULL && i < count; ++i) {
        if (taken[i]) {
            paths[i][0] = '\0';
        }
    }
    free(taken);
    free(slices);
    return dicom;
}
