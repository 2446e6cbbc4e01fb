/* DICOM Segmentation objects: whether their frames make one exact grid, and put into the words of a
 * .seg.nrrd, so that the same strict reader takes them as every other segmentation.
 *
 * A frame is one slice of one segment; a slice that has no frame of it holds nothing of it. The
 * grid is built from positions and orientation alone. Segments may overlap: then they come to lie
 * in different layers. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dicom_seg.h"
#include "import.h"
#include "read_dicom_seg.h"

static const double cosine_tolerance = 1e-4;
static const double even_share = 0.02;
static const double same_place_mm = 1e-3;

struct seg {
    const char *path;
    struct dcm_seg dicom;
    struct cfg_error *error;
    double normal[3];
    double origin_mm[3]; /* of the first slice */
    double step_mm;
    size_t slices;
    size_t *slice_of;                 /* of each frame */
    double scan_low_mm, scan_high_mm; /* ends of the scan along the normal; NaN: not known */
    uint16_t *voxels;                 /* layer after layer */
    size_t layers;
    size_t *layer_of; /* of each segment */
};

__attribute__((format(printf, 3, 4))) static enum nav_status
refuse(const struct seg *seg, enum nav_status status, const char *format, ...)
{
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    return cfg_error_set(seg->error, status, "%s: %s", seg->path, text);
}

static double dot(const double a[3], const double b[3])
{
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

/* --- what the file says ---------------------------------------------------------------------- */

static enum nav_status check_head(const struct seg *seg)
{
    const struct dcm_seg *dicom = &seg->dicom;
    if (strcmp(dicom->type, "BINARY") != 0) {
        return refuse(seg, NAV_ERR_UNSUPPORTED,
                      "field SegmentationType is '%s': a share or a probability is no structure; "
                      "export it as BINARY",
                      dicom->type);
    }
    if (dicom->encapsulated) {
        return refuse(seg, NAV_ERR_UNSUPPORTED,
                      "its pixels are compressed or big-endian; export it uncompressed");
    }
    if (dicom->bits_allocated != 1 || dicom->bits_stored != 1 || dicom->samples != 1) {
        return refuse(seg, NAV_ERR_SYNTAX,
                      "fields BitsAllocated, BitsStored, SamplesPerPixel are %ld, %ld, %ld; a "
                      "binary segmentation has 1, 1, 1; export it again",
                      dicom->bits_allocated, dicom->bits_stored, dicom->samples);
    }
    if (dicom->rows < 1 || dicom->columns < 1 || dicom->frame_count == 0 ||
        dicom->segment_count == 0) {
        return refuse(seg, NAV_ERR_SYNTAX,
                      "has %ldx%ld pixels, %zu frames, %zu segments: nothing is in it",
                      dicom->columns, dicom->rows, dicom->frame_count, dicom->segment_count);
    }
    if (dicom->frames_stated != (double)dicom->frame_count) {
        return refuse(seg, NAV_ERR_LENGTH,
                      "field NumberOfFrames says %g, places are given for %zu; export it again",
                      dicom->frames_stated, dicom->frame_count);
    }
    const size_t bits = dicom->frame_count * (size_t)dicom->rows * (size_t)dicom->columns;
    const size_t bytes = (bits + 7) / 8;
    if (dicom->pixel_bytes != bytes + bytes % 2 || dicom->pixels == NULL) {
        return refuse(seg, NAV_ERR_LENGTH,
                      "field PixelData has %zu bytes, %zu frames need %zu; it is cut or damaged, "
                      "copy it again",
                      dicom->pixel_bytes, dicom->frame_count, bytes + bytes % 2);
    }
    return NAV_OK;
}

static enum nav_status check_segments(const struct seg *seg)
{
    const struct dcm_seg *dicom = &seg->dicom;
    for (size_t i = 0; i < dicom->segment_count; ++i) {
        if (dicom->segments[i].number < 1) {
            return refuse(seg, NAV_ERR_SYNTAX, "SegmentSequence item %zu has no SegmentNumber",
                          i + 1);
        }
        for (size_t k = 0; k < i; ++k) {
            if (dicom->segments[k].number == dicom->segments[i].number) {
                return refuse(seg, NAV_ERR_REFUSED, "SegmentNumber %ld is given twice",
                              dicom->segments[i].number);
            }
        }
    }
    return NAV_OK;
}

static size_t segment_of(const struct seg *seg, size_t frame)
{
    for (size_t i = 0; i < seg->dicom.segment_count; ++i) {
        if (seg->dicom.segments[i].number == seg->dicom.frames[frame].segment) {
            return i;
        }
    }
    return seg->dicom.segment_count;
}

static enum nav_status check_frames(struct seg *seg)
{
    const struct dcm_frame *first = &seg->dicom.frames[0];
    for (size_t i = 0; i < seg->dicom.frame_count; ++i) {
        const struct dcm_frame *frame = &seg->dicom.frames[i];
        if (!frame->has_position || !frame->has_orientation || !frame->has_spacing) {
            return refuse(seg, NAV_ERR_SYNTAX, "frame %zu: field %s is missing; export it again",
                          i + 1,
                          !frame->has_position      ? "ImagePositionPatient"
                          : !frame->has_orientation ? "ImageOrientationPatient"
                                                    : "PixelSpacing");
        }
        if (segment_of(seg, i) == seg->dicom.segment_count) {
            return refuse(seg, NAV_ERR_SYNTAX,
                          "frame %zu: ReferencedSegmentNumber %ld is no segment of it", i + 1,
                          frame->segment);
        }
        for (int k = 0; k < 6; ++k) {
            if (!(fabs(frame->orientation[k] - first->orientation[k]) < cosine_tolerance)) {
                return refuse(seg, NAV_ERR_REFUSED,
                              "frame %zu: mixed orientation: it is turned against frame 1; "
                              "resample it to one grid",
                              i + 1);
            }
        }
        if (!(fabs(frame->spacing[0] - first->spacing[0]) < 1e-4 &&
              fabs(frame->spacing[1] - first->spacing[1]) < 1e-4)) {
            return refuse(seg, NAV_ERR_REFUSED,
                          "frame %zu: its pixels are %g x %g mm, those of frame 1 %g x %g", i + 1,
                          frame->spacing[0], frame->spacing[1], first->spacing[0],
                          first->spacing[1]);
        }
    }
    const double *row = first->orientation;
    const double *column = first->orientation + 3;
    if (!(fabs(dot(row, row) - 1.0) < 1e-3 && fabs(dot(column, column) - 1.0) < 1e-3 &&
          fabs(dot(row, column)) < 1e-3)) {
        return refuse(seg, NAV_ERR_RANGE,
                      "field ImageOrientationPatient: its axes are not unit and perpendicular");
    }
    for (int k = 0; k < 3; ++k) {
        const int a = (k + 1) % 3;
        const int b = (k + 2) % 3;
        seg->normal[k] = row[a] * column[b] - row[b] * column[a];
    }
    return NAV_OK;
}

/* --- the grid -------------------------------------------------------------------------------- */

static int by_number(const void *a, const void *b)
{
    const double x = *(const double *)a;
    const double y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The distance of slices: as stated, where the places are whole numbers of it; else the smallest
 * one between places. 0: they fit no distance. */
static double find_step(const double *along_mm, size_t count, const struct dcm_frame *frame)
{
    double smallest = INFINITY;
    for (size_t i = 1; i < count; ++i) {
        const double gap = along_mm[i] - along_mm[i - 1];
        smallest = gap > same_place_mm ? fmin(smallest, gap) : smallest;
    }
    const bool stated = frame->between_mm > 0.0; /* then nothing else will do */
    const double tried[] = {frame->between_mm, stated ? 0.0 : frame->thickness_mm,
                            stated ? 0.0 : smallest};
    for (size_t t = 0; t < sizeof(tried) / sizeof(tried[0]); ++t) {
        bool fits = tried[t] > same_place_mm && isfinite(tried[t]);
        for (size_t i = 1; i < count && fits; ++i) {
            const double gaps = (along_mm[i] - along_mm[i - 1]) / tried[t];
            fits = fabs(gaps - round(gaps)) <= even_share;
        }
        if (fits) {
            return tried[t];
        }
    }
    return 0.0;
}

static enum nav_status place_frames(struct seg *seg)
{
    const size_t count = seg->dicom.frame_count;
    double *along_mm = malloc(count * sizeof(*along_mm));
    seg->slice_of = calloc(count, sizeof(*seg->slice_of));
    if (along_mm == NULL || seg->slice_of == NULL) {
        free(along_mm);
        return refuse(seg, NAV_ERR_MEMORY, "out of memory");
    }
    for (size_t i = 0; i < count; ++i) {
        along_mm[i] = dot(seg->normal, seg->dicom.frames[i].position);
    }
    qsort(along_mm, count, sizeof(*along_mm), by_number);
    seg->step_mm = find_step(along_mm, count, &seg->dicom.frames[0]);
    const double low = along_mm[0];
    const double slices = seg->step_mm > 0.0 ? (along_mm[count - 1] - low) / seg->step_mm : 0.0;
    free(along_mm);
    if (!(seg->step_mm > 0.0)) {
        return refuse(seg, NAV_ERR_REFUSED,
                      "uneven spacing: its frames lie on no grid of even slices; resample it");
    }
    if (!(slices < CFG_VOLUME_SIDE_MAX)) {
        return refuse(seg, NAV_ERR_TOO_LARGE, "its frames span %.0f slices, %d are read", slices,
                      CFG_VOLUME_SIDE_MAX);
    }
    seg->slices = (size_t)lround(slices) + 1;
    const double *start = NULL;
    for (size_t i = 0; i < count; ++i) {
        const double *position = seg->dicom.frames[i].position;
        seg->slice_of[i] = (size_t)lround((dot(seg->normal, position) - low) / seg->step_mm);
        start = seg->slice_of[i] == 0 ? position : start;
    }
    memcpy(seg->origin_mm, start, sizeof(seg->origin_mm)); /* one lies at `low` */
    for (size_t i = 0; i < count; ++i) {
        double square = 0.0;
        for (int k = 0; k < 3; ++k) {
            const double off = seg->dicom.frames[i].position[k] - seg->origin_mm[k] -
                               (double)seg->slice_of[i] * seg->step_mm * seg->normal[k];
            square += off * off;
        }
        if (!(sqrt(square) < even_share * seg->step_mm + 0.05)) {
            return refuse(seg, NAV_ERR_REFUSED,
                          "frame %zu lies %.3f mm beside its place on the grid; a tilted or moved "
                          "scan? resample it",
                          i + 1, sqrt(square));
        }
    }
    return NAV_OK;
}

/* An empty slice at each end, unless the scan ends there: a structure that ends before the scan
 * does is whole. */
static void add_ends(struct seg *seg)
{
    const double low = dot(seg->normal, seg->origin_mm);
    const double high = low + (double)(seg->slices - 1) * seg->step_mm;
    const double half = 0.5 * seg->step_mm;
    if (!(seg->scan_low_mm > low - half)) {
        for (int k = 0; k < 3; ++k) {
            seg->origin_mm[k] -= seg->step_mm * seg->normal[k];
        }
        for (size_t i = 0; i < seg->dicom.frame_count; ++i) {
            ++seg->slice_of[i];
        }
        ++seg->slices;
    }
    seg->slices += !(seg->scan_high_mm < high + half);
}

/* --- the voxels ------------------------------------------------------------------------------ */

static bool bit_of(const struct seg *seg, size_t at)
{
    return seg->dicom.pixels[at / 8] >> at % 8 & 1; /* PS3.5 8.1.1: the first is the lowest */
}

/* Whether the segment is free to lie in a layer. */
static bool fits(const struct seg *seg, size_t segment, const uint16_t *layer, size_t plane)
{
    for (size_t frame = 0; frame < seg->dicom.frame_count; ++frame) {
        const uint16_t *slice = layer + seg->slice_of[frame] * plane;
        for (size_t i = 0; segment_of(seg, frame) == segment && i < plane; ++i) {
            if (slice[i] != 0 && bit_of(seg, frame * plane + i)) {
                return false;
            }
        }
    }
    return true;
}

static void lay(const struct seg *seg, size_t segment, uint16_t *layer, size_t plane)
{
    for (size_t frame = 0; frame < seg->dicom.frame_count; ++frame) {
        uint16_t *slice = layer + seg->slice_of[frame] * plane;
        for (size_t i = 0; segment_of(seg, frame) == segment && i < plane; ++i) {
            if (bit_of(seg, frame * plane + i)) {
                slice[i] = (uint16_t)(segment + 1);
            }
        }
    }
}

static enum nav_status fill(struct seg *seg)
{
    const size_t plane = (size_t)seg->dicom.rows * (size_t)seg->dicom.columns;
    const size_t count = plane * seg->slices;
    seg->layer_of = calloc(seg->dicom.segment_count, sizeof(*seg->layer_of));
    if (seg->layer_of == NULL) {
        return refuse(seg, NAV_ERR_MEMORY, "out of memory");
    }
    for (size_t segment = 0; segment < seg->dicom.segment_count; ++segment) {
        size_t layer = 0;
        while (layer < seg->layers && !fits(seg, segment, seg->voxels + layer * count, plane)) {
            ++layer;
        }
        if (layer == seg->layers) {
            if (layer == CFG_VOLUME_LAYERS_MAX || count > CFG_VOLUME_VOXELS_MAX / (layer + 1)) {
                return refuse(seg, NAV_ERR_TOO_LARGE,
                              "has too many voxels or structures that overlap; export fewer");
            }
            uint16_t *grown = realloc(seg->voxels, (layer + 1) * count * sizeof(*grown));
            if (grown == NULL) {
                return refuse(seg, NAV_ERR_MEMORY, "out of memory");
            }
            seg->voxels = grown;
            memset(seg->voxels + layer * count, 0, count * sizeof(*grown));
            ++seg->layers;
        }
        lay(seg, segment, seg->voxels + layer * count, plane);
        seg->layer_of[segment] = layer;
    }
    return NAV_OK;
}

/* --- in the words of a .seg.nrrd ------------------------------------------------------------- */

/* PCS values of CIE L*a*b* (PS3.3 C.10.7.1.1) to sRGB (IEC 61966-2-1), adapted from D50 by
 * Bradford. */
static void colour_of(const uint16_t lab[3], double out[3])
{
    static const double to_linear[9] = {3.1338561, -1.6168667, -0.4906146, -0.9787684, 1.9161415,
                                        0.0334540, 0.0719453,  -0.2289914, 1.4052427};
    static const double white[3] = {0.96422, 1.0, 0.82521};
    const double lightness = lab[0] * 100.0 / 65535.0;
    const double a = lab[1] * 255.0 / 65535.0 - 128.0;
    const double b = lab[2] * 255.0 / 65535.0 - 128.0;
    const double fy = (lightness + 16.0) / 116.0;
    const double f[3] = {fy + a / 500.0, fy, fy - b / 200.0};
    double xyz[3];
    for (int k = 0; k < 3; ++k) {
        const double cube = f[k] * f[k] * f[k];
        xyz[k] = white[k] * (cube > 0.008856 ? cube : (116.0 * f[k] - 16.0) / 903.3);
    }
    for (int k = 0; k < 3; ++k) {
        const double linear = fmin(fmax(dot(to_linear + 3 * (ptrdiff_t)k, xyz), 0.0), 1.0);
        out[k] = linear <= 0.0031308 ? 12.92 * linear : 1.055 * pow(linear, 1.0 / 2.4) - 0.055;
    }
}

/* Text of the file within one line of a header and one part of a tag. */
static void write_plain(FILE *stream, const char *text)
{
    for (; *text != '\0'; ++text) {
        const unsigned char c = (unsigned char)*text;
        (void)fputc(c < ' ' || strchr("|~^\\", c) != NULL ? ' ' : c, stream);
    }
}

static void write_segment(const struct seg *seg, size_t i, FILE *stream)
{
    const struct dcm_segment *segment = &seg->dicom.segments[i];
    fprintf(stream, "Segment%zu_ID:=Segment_%ld\nSegment%zu_Name:=", i, segment->number, i);
    if (segment->label[strspn(segment->label, " ")] != '\0') {
        write_plain(stream, segment->label);
    } else {
        fprintf(stream, "Segment %ld", segment->number);
    }
    fprintf(stream, "\nSegment%zu_LabelValue:=%zu\nSegment%zu_Layer:=%zu\n", i, i + 1, i,
            seg->layer_of[i]);
    if (segment->has_colour) {
        double rgb[3];
        colour_of(segment->lab, rgb);
        fprintf(stream, "Segment%zu_Color:=%.6f %.6f %.6f\n", i, rgb[0], rgb[1], rgb[2]);
    }
    if (segment->code[0] != '\0') {
        fprintf(stream, "Segment%zu_Tags:=TerminologyEntry:DICOM~^^~", i);
        write_plain(stream, segment->scheme);
        fputc('^', stream);
        write_plain(stream, segment->code);
        fputc('^', stream);
        write_plain(stream, segment->meaning);
        fputs("~^^~~^^~^^|\n", stream);
    }
}

static void write_all(const struct seg *seg, FILE *stream)
{
    const struct dcm_frame *frame = &seg->dicom.frames[0];
    const size_t count = (size_t)seg->dicom.rows * (size_t)seg->dicom.columns * seg->slices;
    const bool layered = seg->layers > 1;
    fprintf(stream, "NRRD0004\ntype: uint16\ndimension: %d\nspace: left-posterior-superior\n",
            layered ? 4 : 3);
    fputs("sizes:", stream);
    if (layered) {
        fprintf(stream, " %zu", seg->layers);
    }
    fprintf(stream, " %ld %ld %zu\nspace directions:%s", seg->dicom.columns, seg->dicom.rows,
            seg->slices, layered ? " none" : "");
    for (int axis = 0; axis < 3; ++axis) {
        const double *way = axis < 2 ? frame->orientation + 3 * (ptrdiff_t)axis : seg->normal;
        const double mm = axis < 2 ? frame->spacing[1 - axis] : seg->step_mm;
        fprintf(stream, " (%.17g,%.17g,%.17g)", mm * way[0], mm * way[1], mm * way[2]);
    }
    fprintf(stream, "\nkinds:%s domain domain domain\nencoding: raw\nendian: %s\n",
            layered ? " list" : "", __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? "little" : "big");
    fprintf(stream, "space origin: (%.17g,%.17g,%.17g)\n", seg->origin_mm[0], seg->origin_mm[1],
            seg->origin_mm[2]);
    for (size_t i = 0; i < seg->dicom.segment_count; ++i) {
        write_segment(seg, i, stream);
    }
    (void)fputc('\n', stream);
    for (size_t i = 0; i < count; ++i) {
        for (size_t layer = 0; layer < seg->layers; ++layer) {
            (void)fwrite(&seg->voxels[layer * count + i], sizeof(*seg->voxels), 1, stream);
        }
    }
}

static enum nav_status take(const struct seg *seg, const struct imp_request *request,
                            struct imp_source *source)
{
    char *bytes = NULL;
    size_t size = 0;
    char said[CFG_PATH_SIZE + 64];
    FILE *stream = open_memstream(&bytes, &size);
    if (stream == NULL) {
        return refuse(seg, NAV_ERR_MEMORY, "out of memory");
    }
    write_all(seg, stream);
    const bool failed = ferror(stream) != 0;
    enum nav_status status =
        fclose(stream) == 0 && !failed ? NAV_OK : refuse(seg, NAV_ERR_MEMORY, "out of memory");
    (void)snprintf(said, sizeof(said), "%s, read as .seg.nrrd", seg->path);
    const struct imp_bytes file = {(const uint8_t *)bytes, size, said};
    if (status == NAV_OK) {
        status = imp_read_labels(request, &file, source, seg->error);
    }
    free(bytes);
    return status;
}

/* --- against the scan that it was drawn on --------------------------------------------------- */

/* Same axes and pixels, and each frame on one of its slices. */
static enum nav_status compare(struct seg *seg, const struct imp_dicom_slice *slices, size_t count,
                               struct imp_source *source)
{
    const struct dcm_frame *first = &seg->dicom.frames[0];
    size_t known = 0;
    for (size_t i = 0; i < count; ++i) {
        const struct dcm_header *header = slices[i].header;
        if (strcmp(header->series, seg->dicom.referenced_series) != 0 || !header->has_geometry) {
            continue;
        }
        ++known;
        const double along = dot(seg->normal, header->position);
        seg->scan_low_mm = fmin(along, seg->scan_low_mm); /* of NaN and a number the number */
        seg->scan_high_mm = fmax(along, seg->scan_high_mm);
        bool same = header->rows == seg->dicom.rows && header->columns == seg->dicom.columns;
        for (int k = 0; k < 6; ++k) {
            same = same && fabs(header->orientation[k] - first->orientation[k]) < cosine_tolerance;
        }
        same = same && fabs(header->spacing[0] - first->spacing[0]) < 1e-3 &&
               fabs(header->spacing[1] - first->spacing[1]) < 1e-3;
        if (!same) {
            return refuse(seg, NAV_ERR_REFUSED,
                          "its grid is not that of the series that it says it was drawn on (%s): "
                          "pixels, spacing or orientation differ; export both again",
                          header->series);
        }
    }
    if (known == 0) {
        imp_note(source, "the series that it was drawn on (%.64s) is not here: not compared",
                 seg->dicom.referenced_series[0] != '\0' ? seg->dicom.referenced_series
                                                         : "not stated");
        return NAV_OK;
    }
    for (size_t f = 0; f < seg->dicom.frame_count; ++f) {
        double nearest = INFINITY;
        for (size_t i = 0; i < count; ++i) {
            const struct dcm_header *header = slices[i].header;
            if (strcmp(header->series, seg->dicom.referenced_series) == 0) {
                const double *a = header->position;
                const double *b = seg->dicom.frames[f].position;
                nearest = fmin(nearest, hypot(hypot(a[0] - b[0], a[1] - b[1]), a[2] - b[2]));
            }
        }
        if (!(nearest < 0.1)) {
            return refuse(seg, NAV_ERR_REFUSED,
                          "frame %zu lies %.2f mm from every slice of the series that it was "
                          "drawn on; is it of this scan?",
                          f + 1, nearest);
        }
    }
    imp_note(source, "lies on the %zu slices of the series that it was drawn on", known);
    return NAV_OK;
}

enum nav_status imp_take_dicom_seg(const struct imp_request *request, const char *path,
                                   const struct dcm_seg *dicom,
                                   const struct imp_dicom_slice *slices, size_t slice_count,
                                   struct imp_source *source, struct cfg_error *error)
{
    struct seg seg = {
        .path = path, .dicom = *dicom, .error = error, .scan_low_mm = NAN, .scan_high_mm = NAN};
    enum nav_status status = check_head(&seg);
    if (status == NAV_OK) {
        status = check_segments(&seg);
    }
    if (status == NAV_OK) {
        status = check_frames(&seg);
    }
    if (status == NAV_OK) {
        status = place_frames(&seg);
    }
    if (status == NAV_OK) {
        status = compare(&seg, slices, slice_count, source);
    }
    if (status == NAV_OK) {
        add_ends(&seg);
        status = fill(&seg);
    }
    if (status == NAV_OK) {
        status = take(&seg, request, source);
    }
    if (status == NAV_OK) {
        imp_note(source, "DICOM SEG, %zu segments in %zu frames", dicom->segment_count,
                 dicom->frame_count);
    }
    free(seg.slice_of);
    free(seg.layer_of);
    free(seg.voxels);
    return status;
}

enum nav_status imp_read_dicom_seg(const struct imp_request *request, const char *path,
                                   const struct imp_dicom_slice *slices, size_t slice_count,
                                   struct imp_source *source, struct cfg_error *error)
{
    struct dcm_seg dicom;
    if (!dcm_seg_read(path, &dicom)) {
        return cfg_error_set(error, NAV_ERR_SYNTAX,
                             "%s: begins as DICOM but cannot be read; it is cut or damaged, copy "
                             "it again",
                             path);
    }
    const enum nav_status status =
        dicom.encapsulated || dcm_holds_pixels(path, dicom.pixel_bytes)
            ? imp_take_dicom_seg(request, path, &dicom, slices, slice_count, source, error)
            : cfg_error_set(error, NAV_ERR_LENGTH,
                            "%s: field PixelData ends before its %zu bytes; it is cut, copy it "
                            "again",
                            path, dicom.pixel_bytes);
    dcm_seg_finish(&dicom);
    return status;
}
