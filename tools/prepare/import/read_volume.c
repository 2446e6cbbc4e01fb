/* Scans and label maps: NRRD and NIfTI by the case's own readers; NHDR and MetaImage are put into
 * the words of NRRD first, so that the same checks hold for them. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <zlib.h>

#include "import.h"

enum { HEADER_MAX = 1 << 16, LINE_SIZE = 1024 };

static const int ct_lowest = -200; /* HU of air and fat: no MR has it */

static bool begins(const struct imp_bytes *file, const char *text)
{
    const size_t length = strlen(text);
    return file->size >= length && memcmp(file->bytes, text, length) == 0;
}

static bool ends_in(const char *name, const char *ending)
{
    const size_t length = strlen(name);
    const size_t tail = strlen(ending);
    return length >= tail && strcasecmp(name + length - tail, ending) == 0;
}

/* --- a file in the words of NRRD ------------------------------------------------------------- */

/* A growing text with bytes behind it. */
struct made {
    char *bytes;
    size_t size;
    FILE *stream;
};

static bool made_open(struct made *made)
{
    *made = (struct made){.bytes = NULL};
    made->stream = open_memstream(&made->bytes, &made->size);
    return made->stream != NULL;
}

static enum nav_status made_close(struct made *made, const char *name, struct cfg_error *error)
{
    const int failed = ferror(made->stream);
    if (fclose(made->stream) != 0 || failed) {
        free(made->bytes);
        made->bytes = NULL;
        return cfg_error_set(error, NAV_ERR_MEMORY, "%s: out of memory", name);
    }
    return NAV_OK; /* open_memstream keeps a NUL behind the bytes */
}

/* The data that a header names, with the header's name in front of what is wrong. */
static enum nav_status get_data(const struct imp_bytes *header, struct imp_files *files,
                                const char *name, struct imp_bytes *out, struct cfg_error *error)
{
    struct cfg_error why = {.text = ""};
    const enum nav_status status = imp_files_get(files, name, out, &why);
    return status == NAV_OK ? NAV_OK
                            : cfg_error_set(error, status, "%s: %s", header->name, why.text);
}

/* NHDR: the same header with the data in another file of the same folder. */
static enum nav_status attach(const struct imp_bytes *file, struct imp_files *files,
                              struct made *made, struct cfg_error *error)
{
    char data[LINE_SIZE] = "";
    const char *at = (const char *)file->bytes;
    const char *end = at + file->size;
    if (file->size > HEADER_MAX) {
        return cfg_error_set(error, NAV_ERR_TOO_LARGE, "%s: is no header: it has %zu bytes",
                             file->name, file->size);
    }
    if (!made_open(made)) {
        return cfg_error_set(error, NAV_ERR_MEMORY, "%s: out of memory", file->name);
    }
    while (at < end && *at != '\n' && *at != '\r') {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        size_t length = newline != NULL ? (size_t)(newline - at) : (size_t)(end - at);
        const char *next = newline != NULL ? newline + 1 : end;
        while (length > 0 && at[length - 1] == '\r') {
            --length;
        }
        const bool named = (length > 10 && strncasecmp(at, "data file:", 10) == 0) ||
                           (length > 9 && strncasecmp(at, "datafile:", 9) == 0);
        if (named) {
            const char *value = memchr(at, ':', length);
            const size_t skip = 1 + strspn(value + 1, " ");
            const size_t size = length - (size_t)(value - at) - skip;
            (void)snprintf(data, sizeof(data), "%.*s", (int)(size < LINE_SIZE ? size : 0),
                           value + skip);
        } else {
            fprintf(made->stream, "%.*s\n", (int)length, at);
        }
        at = next;
    }
    fputc('\n', made->stream);
    enum nav_status status = NAV_OK;
    struct imp_bytes content = {.bytes = NULL};
    if (data[0] == '\0') {
        status = cfg_error_set(error, NAV_ERR_SYNTAX,
                               "%s: field 'data file' is missing; export it again", file->name);
    } else {
        status = get_data(file, files, data, &content, error);
    }
    if (status == NAV_OK) {
        (void)fwrite(content.bytes, 1, content.size, made->stream);
    }
    const enum nav_status closed = made_close(made, file->name, error);
    if (status != NAV_OK && closed == NAV_OK) {
        free(made->bytes);
        made->bytes = NULL;
    }
    return status != NAV_OK ? status : closed;
}

/* What a MetaImage header says. */
struct meta {
    const struct imp_bytes *file;
    struct cfg_error *error;
    long long size[3];
    double spacing[3], matrix[9], offset[3];
    bool has_size, has_spacing, has_matrix, has_offset, big_endian, compressed, sequence;
    long dimensions, channels;
    char type[32];
    char data[LINE_SIZE];
    size_t data_at; /* behind the header */
};

static bool take_numbers(const char *text, int count, double *out)
{
    for (int i = 0; i < count; ++i) {
        char *end = NULL;
        out[i] = strtod(text, &end);
        if (end == text || !isfinite(out[i])) {
            return false;
        }
        text = end;
    }
    return text[strspn(text, " \t")] == '\0';
}

static enum nav_status refuse_field(const struct meta *meta, const char *key, const char *why)
{
    return cfg_error_set(meta->error, NAV_ERR_SYNTAX, "%s: field %s: %s; export it again",
                         meta->file->name, key, why);
}

static enum nav_status take_field(struct meta *meta, const char *key, const char *value)
{
    double numbers[9];
    if (strcmp(key, "NDims") == 0) {
        meta->dimensions = strtol(value, NULL, 10);
    } else if (strcmp(key, "DimSize") == 0) {
        if (!take_numbers(value, 3, numbers)) {
            return refuse_field(meta, key, "three whole numbers are needed");
        }
        for (int i = 0; i < 3; ++i) {
            if (!(numbers[i] >= 1.0 && numbers[i] <= CFG_VOLUME_SIDE_MAX &&
                  numbers[i] == floor(numbers[i]))) {
                return refuse_field(meta, key, "a size is out of range");
            }
            meta->size[i] = (long long)numbers[i];
        }
        meta->has_size = true;
    } else if (strcmp(key, "ElementSpacing") == 0) {
        meta->has_spacing = take_numbers(value, 3, meta->spacing);
    } else if (strcmp(key, "TransformMatrix") == 0 || strcmp(key, "Orientation") == 0 ||
               strcmp(key, "Rotation") == 0) {
        meta->has_matrix = take_numbers(value, 9, meta->matrix);
    } else if (strcmp(key, "Offset") == 0 || strcmp(key, "Origin") == 0 ||
               strcmp(key, "Position") == 0) {
        meta->has_offset = take_numbers(value, 3, meta->offset);
    } else if (strcmp(key, "ElementNumberOfChannels") == 0) {
        meta->channels = strtol(value, NULL, 10);
    } else if (strcmp(key, "BinaryDataByteOrderMSB") == 0 ||
               strcmp(key, "ElementByteOrderMSB") == 0) {
        meta->big_endian = strcasecmp(value, "True") == 0;
    } else if (strcmp(key, "CompressedData") == 0) {
        meta->compressed = strcasecmp(value, "True") == 0;
    } else if (strcmp(key, "HeaderSize") == 0 && strcmp(value, "0") != 0) {
        return refuse_field(meta, key, "only 0 is read");
    } else if (strcmp(key, "ElementType") == 0) {
        (void)snprintf(meta->type, sizeof(meta->type), "%.31s", value);
    } else if (strcmp(key, "ElementDataFile") == 0) {
        (void)snprintf(meta->data, sizeof(meta->data), "%s", value);
    }
    meta->sequence = meta->sequence || strncmp(key, "Seq_Frame", 9) == 0;
    return NAV_OK;
}

/* Lines "Key = Value" up to and with ElementDataFile. */
static enum nav_status read_meta_header(struct meta *meta)
{
    const char *at = (const char *)meta->file->bytes;
    const char *end = at + meta->file->size;
    enum nav_status status = NAV_OK;
    while (status == NAV_OK && at < end && meta->data[0] == '\0') {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        const size_t length = newline != NULL ? (size_t)(newline - at) : (size_t)(end - at);
        char line[LINE_SIZE];
        if (length >= sizeof(line) || memchr(at, '\0', length) != NULL) {
            return cfg_error_set(meta->error, NAV_ERR_SYNTAX,
                                 "%s: offset %td: no line of a MetaImage header; export it again",
                                 meta->file->name, at - (const char *)meta->file->bytes);
        }
        memcpy(line, at, length);
        line[length] = '\0';
        at = newline != NULL ? newline + 1 : end;
        char *equals = strchr(line, '=');
        if (equals == NULL) {
            continue;
        }
        char *value = equals + 1 + strspn(equals + 1, " \t");
        for (size_t last = strlen(value); last > 0 && strchr(" \t\r", value[last - 1]) != NULL;) {
            value[--last] = '\0';
        }
        while (equals > line && strchr(" \t", equals[-1]) != NULL) {
            --equals;
        }
        *equals = '\0';
        status = take_field(meta, line, value);
    }
    meta->data_at = (size_t)(at - (const char *)meta->file->bytes);
    return status;
}

static const char *nrrd_type(const char *meta_type, size_t *out_bytes)
{
    static const struct {
        const char *meta, *nrrd;
        size_t bytes;
    } types[] = {{"MET_UCHAR", "uint8", 1},
                 {"MET_SHORT", "int16", 2},
                 {"MET_USHORT", "uint16", 2},
                 {"MET_INT", "int32", 4},
                 {"MET_FLOAT", "float", 4}};
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); ++i) {
        if (strcmp(meta_type, types[i].meta) == 0) {
            *out_bytes = types[i].bytes;
            return types[i].nrrd;
        }
    }
    return NULL;
}

static enum nav_status check_meta(const struct meta *meta)
{
    if (meta->sequence) {
        return cfg_error_set(meta->error, NAV_ERR_UNSUPPORTED,
                             "%s: is a recorded tracking session, not a scan; `osteonav simulate` "
                             "plays it",
                             meta->file->name);
    }
    if (meta->data[0] == '\0') {
        return refuse_field(meta, "ElementDataFile", "is missing: the file is cut");
    }
    if (meta->dimensions != 3) {
        return refuse_field(meta, "NDims", "only 3 dimensions are read");
    }
    if (meta->channels > 1) {
        return refuse_field(meta, "ElementNumberOfChannels", "colours are not read");
    }
    if (!meta->has_size || !meta->has_spacing || !meta->has_matrix || !meta->has_offset) {
        return refuse_field(meta,
                            !meta->has_size      ? "DimSize"
                            : !meta->has_spacing ? "ElementSpacing"
                            : !meta->has_matrix  ? "TransformMatrix"
                                                 : "Offset",
                            "is missing or has no numbers");
    }
    return NAV_OK;
}

/* Exactly `size` bytes out of a zlib stream that is used up. */
static enum nav_status inflate_exact(const struct meta *meta, const struct imp_bytes *data,
                                     size_t size, uint8_t *out)
{
    z_stream stream = {.next_in = (Bytef *)data->bytes,
                       .avail_in = (unsigned)data->size,
                       .next_out = out,
                       .avail_out = (unsigned)size};
    if (inflateInit(&stream) != Z_OK) {
        return cfg_error_set(meta->error, NAV_ERR_MEMORY, "%s: out of memory", meta->file->name);
    }
    const int result = inflate(&stream, Z_FINISH);
    const bool whole = result == Z_STREAM_END && stream.avail_out == 0 && stream.avail_in == 0;
    const unsigned long used = stream.total_in;
    (void)inflateEnd(&stream);
    return whole ? NAV_OK
                 : cfg_error_set(meta->error, NAV_ERR_LENGTH,
                                 "%s: its compressed voxels are damaged or of another size than "
                                 "the header says (after %lu bytes); copy it again",
                                 meta->file->name, used);
}

static enum nav_status write_meta_voxels(const struct meta *meta, const struct imp_bytes *data,
                                         size_t size, FILE *out)
{
    const size_t ratio_max = 1032; /* deflate cannot pack more tightly (zlib, FAQ) */
    if (!meta->compressed) {
        (void)fwrite(data->bytes, 1, data->size, out);
        return NAV_OK;
    }
    uint8_t *voxels = size / ratio_max <= data->size ? malloc(size) : NULL;
    if (voxels == NULL) {
        return cfg_error_set(meta->error, NAV_ERR_LENGTH,
                             "%s: %zu bytes cannot hold %zu of voxels; the file is cut",
                             meta->file->name, data->size, size);
    }
    const enum nav_status status = inflate_exact(meta, data, size, voxels);
    if (status == NAV_OK) {
        (void)fwrite(voxels, 1, size, out);
    }
    free(voxels);
    return status;
}

static enum nav_status rewrite_meta(const struct imp_bytes *file, struct imp_files *files,
                                    struct made *made, struct cfg_error *error)
{
    struct meta meta = {.file = file, .error = error, .dimensions = 3, .channels = 1};
    enum nav_status status = read_meta_header(&meta);
    if (status == NAV_OK) {
        status = check_meta(&meta);
    }
    size_t voxel_bytes = 0;
    const char *type = nrrd_type(meta.type, &voxel_bytes);
    if (status == NAV_OK && type == NULL) {
        status = refuse_field(&meta, "ElementType", "only UCHAR, SHORT, USHORT, INT and FLOAT");
    }
    struct imp_bytes data = {file->bytes + meta.data_at, file->size - meta.data_at, file->name};
    if (status == NAV_OK && strcmp(meta.data, "LOCAL") != 0) {
        status = get_data(file, files, meta.data, &data, error);
    }
    const size_t count = (size_t)meta.size[0] * (size_t)meta.size[1] * (size_t)meta.size[2];
    if (status == NAV_OK && count > CFG_VOLUME_VOXELS_MAX) {
        status = cfg_error_set(error, NAV_ERR_TOO_LARGE, "%s: has %zu voxels, at most %d are read",
                               file->name, count, CFG_VOLUME_VOXELS_MAX);
    }
    if (status != NAV_OK) {
        return status;
    }
    if (!made_open(made)) {
        return cfg_error_set(error, NAV_ERR_MEMORY, "%s: out of memory", file->name);
    }
    fprintf(made->stream,
            "NRRD0004\ntype: %s\ndimension: 3\nspace: left-posterior-superior\n"
            "sizes: %lld %lld %lld\nspace directions:",
            type, meta.size[0], meta.size[1], meta.size[2]);
    for (size_t axis = 0; axis < 3; ++axis) {
        const double *cosines = meta.matrix + 3 * axis;
        fprintf(made->stream, " (%.17g,%.17g,%.17g)", meta.spacing[axis] * cosines[0],
                meta.spacing[axis] * cosines[1], meta.spacing[axis] * cosines[2]);
    }
    fprintf(made->stream, "\nencoding: raw\nendian: %s\nspace origin: (%.17g,%.17g,%.17g)\n\n",
            meta.big_endian ? "big" : "little", meta.offset[0], meta.offset[1], meta.offset[2]);
    status = write_meta_voxels(&meta, &data, count * voxel_bytes, made->stream);
    const enum nav_status closed = made_close(made, file->name, error);
    if (status != NAV_OK && closed == NAV_OK) {
        free(made->bytes);
        made->bytes = NULL;
    }
    return status != NAV_OK ? status : closed;
}

/* --- scan or label map ----------------------------------------------------------------------- */

/* Structures are the same from voxel to voxel; a picture is not. */
static bool looks_like_labels(const struct cfg_volume *volume)
{
    const struct cfg_volume_report *report = &volume->report;
    const int distinct_max = 2048;
    if (report->lowest < 0 || report->highest > distinct_max) {
        return false;
    }
    const size_t row = (size_t)report->size[0];
    const size_t count = row * (size_t)report->size[1] * (size_t)report->size[2];
    size_t pairs = 0;
    size_t equal = 0;
    for (size_t i = 1; i < count; ++i) {
        if (i % row != 0 && volume->voxels[i] != 0 && volume->voxels[i - 1] != 0) {
            ++pairs;
            equal += volume->voxels[i] == volume->voxels[i - 1];
        }
    }
    return pairs == 0 || (double)equal > 0.85 * (double)pairs;
}

/* Whether a NIfTI header states no unit at all. */
static bool unit_unstated(const struct imp_bytes *file)
{
    enum { HEADER = 348, UNITS_AT = 123, SPACE_MASK = 7, GZIP_WINDOW = 15 + 16 };
    uint8_t header[HEADER];
    if (file->size > 2 && file->bytes[0] == 0x1f && file->bytes[1] == 0x8b) {
        z_stream stream = {.next_in = (Bytef *)file->bytes,
                           .avail_in = file->size < UINT32_MAX ? (unsigned)file->size : UINT32_MAX,
                           .next_out = header,
                           .avail_out = HEADER};
        if (inflateInit2(&stream, GZIP_WINDOW) != Z_OK) {
            return false;
        }
        const int result = inflate(&stream, Z_SYNC_FLUSH);
        (void)inflateEnd(&stream);
        if ((result != Z_OK && result != Z_STREAM_END) || stream.avail_out != 0) {
            return false; /* the reader says what is wrong */
        }
    } else if (file->size >= HEADER) {
        memcpy(header, file->bytes, HEADER);
    } else {
        return false;
    }
    return (header[UNITS_AT] & SPACE_MASK) == 0;
}

static enum nav_status parse(const struct imp_request *request, const struct imp_bytes *file,
                             const char *name, struct imp_source *source, struct cfg_error *error)
{
    const struct cfg_volume_options as_labels = {.labels = true};
    struct cfg_volume *volume = NULL;
    const bool wants_labels = request->as != NULL && strcmp(request->as, "labels") == 0;
    const bool wants_volume = request->as != NULL && strcmp(request->as, "volume") == 0;
    const bool segments = begins(file, "NRRD") &&
                          memmem(file->bytes, file->size < HEADER_MAX ? file->size : HEADER_MAX,
                                 "Segment0_", 9) != NULL;
    if (wants_labels || segments) {
        return imp_read_labels(request, file, source, error);
    }
    const enum nav_status status =
        cfg_volume_parse(file->bytes, file->size, file->name, NULL, &volume, error);
    if (status == NAV_OK && (wants_volume || !looks_like_labels(volume))) {
        return imp_take_volume(request, volume, name, NULL, source, error);
    }
    cfg_volume_destroy(volume);
    volume = NULL;
    /* What is no scan may be a label map that is stored mirrored, or is one voxel thin. */
    struct cfg_error other = {.text = ""};
    const bool labels =
        !wants_volume &&
        (status == NAV_OK || (cfg_volume_parse(file->bytes, file->size, file->name, &as_labels,
                                               &volume, &other) == NAV_OK &&
                              looks_like_labels(volume)));
    cfg_volume_destroy(volume);
    return labels ? imp_read_labels(request, file, source, error) : status;
}

enum nav_status imp_take_volume(const struct imp_request *request, struct cfg_volume *volume,
                                const char *name, const enum cfg_modality *stated,
                                struct imp_source *source, struct cfg_error *error)
{
    struct imp_item *item = imp_add_item(source, error);
    if (item == NULL) {
        cfg_volume_destroy(volume);
        return NAV_ERR_MEMORY;
    }
    (void)snprintf(source->kind, sizeof(source->kind), "volume");
    (void)snprintf(item->name, sizeof(item->name), "%s", name);
    item->volume = volume;
    item->becomes = IMP_VOLUME;
    if (request->has_modality) {
        item->modality = request->modality;
    } else if (stated != NULL) {
        item->modality = *stated;
    } else if (volume->report.lowest <= ct_lowest) {
        item->modality = CFG_MODALITY_CT;
        (void)snprintf(item->note, sizeof(item->note), "values from %d: taken as CT, in HU",
                       volume->report.lowest);
    } else {
        item->becomes = IMP_NOTHING;
        (void)snprintf(item->note, sizeof(item->note),
                       "does not say what it is: state --modality CT or --modality MR");
    }
    const bool ct = item->becomes == IMP_VOLUME && item->modality == CFG_MODALITY_CT;
    return ct && request->threshold != NULL ? imp_add_bone(request, volume, source, error) : NAV_OK;
}

enum nav_status imp_read_volume(const struct imp_request *request, const struct imp_bytes *file,
                                struct imp_files *files, struct imp_source *source,
                                struct cfg_error *error)
{
    char said[CFG_PATH_SIZE + 32];
    char name[NAV_NAME_SIZE];
    struct made made = {.bytes = NULL};
    struct imp_bytes content = *file;
    imp_name_of(file->name, name);
    enum nav_status status = NAV_OK;
    const bool nrrd = begins(file, "NRRD000");
    const bool nifti = !nrrd && (ends_in(file->name, ".nii") || ends_in(file->name, ".nii.gz"));
    const char *format = nifti ? "nifti" : nrrd ? "nrrd" : "metaimage";
    if (nrrd && ends_in(file->name, ".nhdr")) {
        format = "nhdr";
        status = attach(file, files, &made, error);
    } else if (!nrrd && !nifti) {
        if (ends_in(file->name, ".nrrd") || ends_in(file->name, ".nhdr")) {
            return cfg_error_set(error, NAV_ERR_SYNTAX,
                                 "%s: offset 0: does not begin with 'NRRD'; export it again",
                                 file->name);
        }
        status = rewrite_meta(file, files, &made, error);
    }
    if (status != NAV_OK) {
        return status;
    }
    if (made.bytes != NULL) {
        /* The reader knows its format by the name's end, and says the name in its messages. */
        (void)snprintf(said, sizeof(said), "%s, read as .nrrd", file->name);
        content = (struct imp_bytes){(const uint8_t *)made.bytes, made.size, said};
    }
    if (nifti && request->unit == CFG_UNIT_UNSTATED && unit_unstated(file)) {
        /* The reader takes spacings of 0.05 to 20 only: no scanner has these in another unit. */
        imp_note(source, "field xyzt_units states no unit; its spacing fits millimetres alone");
    }
    (void)snprintf(source->format, sizeof(source->format), "%s", format);
    (void)snprintf(source->space, sizeof(source->space), "%s (format)", nifti ? "RAS" : "LPS");
    (void)snprintf(source->unit, sizeof(source->unit), "mm (%s)",
                   nifti && unit_unstated(file) ? "by its spacing" : "format");
    status = parse(request, &content, name, source, error);
    free(made.bytes);
    return status;
}
