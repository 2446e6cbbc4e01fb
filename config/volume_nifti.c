#include <math.h>
#include <string.h>
#include <strings.h>

#include "volume_internal.h"

/* Offsets in the NIfTI-1.1 header (nifti1.h, Data Format Working Group). */
enum {
    HEADER_BYTES = 348,
    DATA_OFFSET_MIN = 352, /* the header and four bytes that announce extensions */
    EXTENSIONS_MAX = 1 << 20,
    AT_DIM = 40,
    AT_DATATYPE = 70,
    AT_BITPIX = 72,
    AT_PIXDIM = 76,
    AT_VOX_OFFSET = 108,
    AT_SLOPE = 112,
    AT_INTERCEPT = 116,
    AT_UNITS = 123,
    AT_QFORM_CODE = 252,
    AT_SFORM_CODE = 254,
    AT_QUATERNION = 256,
    AT_QOFFSET = 268,
    AT_SROW = 280,
    AT_MAGIC = 344
};
enum { TYPE_UINT8 = 2, TYPE_INT16 = 4, TYPE_INT32 = 8, TYPE_FLOAT = 16, TYPE_UINT16 = 512 };
enum { UNIT_UNKNOWN = 0, UNIT_MM = 2, UNIT_SPACE_MASK = 7, FORM_CODE_MAX = 5 };

static const double agreement_mm = 0.1;        /* of sform and qform, at any corner */
static const double spacing_agreement = 0.001; /* of pixdim and sform, relative */

struct reader {
    const struct cfg_volume_source *source;
    const uint8_t *bytes;
    bool big_endian;
};

static uint32_t word_at(const struct reader *reader, size_t at, size_t count)
{
    uint32_t word = 0;
    for (size_t i = 0; i < count; ++i) {
        word = word << 8 | reader->bytes[at + (reader->big_endian ? i : count - 1 - i)];
    }
    return word;
}

static int16_t short_at(const struct reader *reader, size_t at)
{
    return (int16_t)(uint16_t)word_at(reader, at, 2);
}

static double float_at(const struct reader *reader, size_t at)
{
    const uint32_t word = word_at(reader, at, 4);
    float value;
    memcpy(&value, &word, sizeof(value));
    return (double)value;
}

#define refuse(reader, status, ...) cfg_error_set((reader)->source->error, (status), __VA_ARGS__)

static enum nav_status take_kind(struct reader *reader)
{
    const char *name = reader->source->name;
    if (word_at(reader, 0, 4) != HEADER_BYTES) {
        reader->big_endian = true;
    }
    if (word_at(reader, 0, 4) != HEADER_BYTES) {
        return refuse(reader, NAV_ERR_SYNTAX,
                      "%s: does not begin with a NIfTI-1 header; convert it to NIfTI-1", name);
    }
    const uint8_t *magic = reader->bytes + AT_MAGIC;
    if (memcmp(magic, "ni1", 4) == 0) {
        return refuse(reader, NAV_ERR_REFUSED,
                      "%s: its voxels are in another file; save it as one .nii file", name);
    }
    if (memcmp(magic, "n+1", 4) != 0) {
        return refuse(reader, NAV_ERR_SYNTAX, "%s: is not NIfTI-1; convert it to NIfTI-1", name);
    }
    const unsigned unit = reader->bytes[AT_UNITS] & UNIT_SPACE_MASK;
    if (unit != UNIT_MM && unit != UNIT_UNKNOWN) {
        return refuse(reader, NAV_ERR_UNSUPPORTED,
                      "%s: xyzt_units says that it is not in millimetres; convert it", name);
    }
    return NAV_OK;
}

static enum nav_status take_type(const struct reader *reader, struct cfg_volume_header *header)
{
    const char *name = reader->source->name;
    const int type = short_at(reader, AT_DATATYPE);
    switch (type) {
    case TYPE_UINT8:
        header->type = CFG_VOXEL_UINT8;
        break;
    case TYPE_INT16:
        header->type = CFG_VOXEL_INT16;
        break;
    case TYPE_UINT16:
        header->type = CFG_VOXEL_UINT16;
        break;
    case TYPE_INT32:
        header->type = CFG_VOXEL_INT32;
        break;
    case TYPE_FLOAT:
        header->type = CFG_VOXEL_FLOAT;
        break;
    default:
        return refuse(reader, NAV_ERR_UNSUPPORTED, "%s: datatype %d is not read; save it as int16",
                      name, type);
    }
    const int bits = short_at(reader, AT_BITPIX);
    if (bits != 8 * (int)cfg_voxel_bytes(header->type)) {
        return refuse(reader, NAV_ERR_SYNTAX,
                      "%s: bitpix %d contradicts datatype %d; export it again", name, bits, type);
    }
    header->big_endian = reader->big_endian;
    header->slope = float_at(reader, AT_SLOPE);
    header->intercept = float_at(reader, AT_INTERCEPT);
    if (!isfinite(header->slope) || !isfinite(header->intercept)) {
        return refuse(reader, NAV_ERR_NOT_FINITE,
                      "%s: scl_slope or scl_inter is not finite; export it again", name);
    }
    if (header->slope == 0.0) { /* the standard's word for "not scaled" */
        header->slope = 1.0;
        header->intercept = 0.0;
    }
    return NAV_OK;
}

static enum nav_status take_sizes(const struct reader *reader, struct cfg_volume_header *header)
{
    const int rank = short_at(reader, AT_DIM);
    bool one_volume = rank >= 3 && rank <= 7;
    for (int i = 4; one_volume && i <= rank; ++i) {
        one_volume = short_at(reader, AT_DIM + 2 * (size_t)i) == 1;
    }
    if (!one_volume) {
        return refuse(reader, NAV_ERR_UNSUPPORTED,
                      "%s: dim does not describe one three-dimensional volume; extract one",
                      reader->source->name);
    }
    for (int axis = 0; axis < 3; ++axis) {
        header->size[axis] = short_at(reader, AT_DIM + 2 + 2 * (size_t)axis);
    }
    return NAV_OK;
}

static void read_sform(const struct reader *reader, double T[12])
{
    for (size_t i = 0; i < 12; ++i) {
        T[i] = float_at(reader, AT_SROW + 4 * i);
    }
}

/* "METHOD 2" of the standard. False: not a rotation. */
static bool read_qform(const struct reader *reader, double T[12])
{
    const double b = float_at(reader, AT_QUATERNION);
    const double c = float_at(reader, AT_QUATERNION + 4);
    const double d = float_at(reader, AT_QUATERNION + 8);
    const double square = b * b + c * c + d * d;
    const double qfac = float_at(reader, AT_PIXDIM);
    if (!(square <= 1.0 + 1e-5) || !(qfac == 1.0 || qfac == -1.0 || qfac == 0.0)) {
        return false;
    }
    const double a = square < 1.0 ? sqrt(1.0 - square) : 0.0;
    const double R[9] = {
        a * a + b * b - c * c - d * d, 2.0 * (b * c - a * d),         2.0 * (b * d + a * c),
        2.0 * (b * c + a * d),         a * a + c * c - b * b - d * d, 2.0 * (c * d - a * b),
        2.0 * (b * d - a * c),         2.0 * (c * d + a * b),         a * a + d * d - b * b - c * c,
    };
    for (size_t row = 0; row < 3; ++row) {
        for (size_t axis = 0; axis < 3; ++axis) {
            const double sign = axis == 2 && qfac == -1.0 ? -1.0 : 1.0;
            T[4 * row + axis] =
                sign * R[3 * row + axis] * float_at(reader, AT_PIXDIM + 4 + 4 * axis);
        }
        T[4 * row + 3] = float_at(reader, AT_QOFFSET + 4 * row);
    }
    return true;
}

/* Largest distance between the corners that two transforms give. */
static double disagreement_mm(const struct cfg_volume_header *header, const double a[12],
                              const double b[12])
{
    double largest = 0.0;
    for (unsigned corner = 0; corner < 8; ++corner) {
        double square = 0.0;
        for (int row = 0; row < 3; ++row) {
            double off = a[4 * row + 3] - b[4 * row + 3];
            for (int axis = 0; axis < 3; ++axis) {
                if ((corner >> axis & 1U) != 0) {
                    off +=
                        (a[4 * row + axis] - b[4 * row + axis]) * (double)(header->size[axis] - 1);
                }
            }
            square += off * off;
        }
        if (!(square <= largest)) { /* also keeps NaN */
            largest = square;
        }
    }
    return sqrt(largest);
}

static enum nav_status check_spacing(const struct reader *reader, const double T[12])
{
    for (size_t axis = 0; axis < 3; ++axis) {
        const double stated = float_at(reader, AT_PIXDIM + 4 + 4 * axis);
        const double found =
            sqrt(T[axis] * T[axis] + T[4 + axis] * T[4 + axis] + T[8 + axis] * T[8 + axis]);
        if (!(fabs(stated - found) <= spacing_agreement * found)) {
            return refuse(reader, NAV_ERR_REFUSED,
                          "%s: pixdim says that voxels are %g mm apart along axis %zu, sform %g "
                          "mm; export it again",
                          reader->source->name, stated, axis + 1, found);
        }
    }
    return NAV_OK;
}

static enum nav_status take_orientation(const struct reader *reader,
                                        struct cfg_volume_header *header)
{
    const char *name = reader->source->name;
    const int qform_code = short_at(reader, AT_QFORM_CODE);
    const int sform_code = short_at(reader, AT_SFORM_CODE);
    if (qform_code < 0 || qform_code > FORM_CODE_MAX || sform_code < 0 ||
        sform_code > FORM_CODE_MAX) {
        return refuse(reader, NAV_ERR_SYNTAX, "%s: qform_code %d or sform_code %d is not known",
                      name, qform_code, sform_code);
    }
    if (qform_code == 0 && sform_code == 0) {
        return refuse(reader, NAV_ERR_REFUSED,
                      "%s: does not say how it lies in the patient (no sform, no qform); export it "
                      "with its orientation",
                      name);
    }
    double sform[12];
    double qform[12];
    read_sform(reader, sform);
    if (qform_code > 0 && !read_qform(reader, qform)) {
        return refuse(reader, NAV_ERR_REFUSED, "%s: its qform is not a rotation; export it again",
                      name);
    }
    if (qform_code > 0 && sform_code > 0) {
        const double off = disagreement_mm(header, sform, qform);
        if (!(off <= agreement_mm)) {
            return refuse(reader, NAV_ERR_REFUSED,
                          "%s: sform and qform disagree by %g mm; keep the one that is right", name,
                          off);
        }
    }
    memcpy(header->T_image_voxel, sform_code > 0 ? sform : qform, sizeof(sform));
    if (sform_code > 0) {
        const enum nav_status status = check_spacing(reader, sform);
        if (status != NAV_OK) {
            return status;
        }
    }
    cfg_volume_turn(header->T_image_voxel);
    return NAV_OK;
}

/* Where the voxels begin; what lies between (extensions) is passed over. */
static enum nav_status take_offset(const struct reader *reader, size_t *out_offset)
{
    const double offset = float_at(reader, AT_VOX_OFFSET);
    if (!(offset >= DATA_OFFSET_MIN && offset <= DATA_OFFSET_MIN + EXTENSIONS_MAX) ||
        offset != floor(offset)) {
        return refuse(
            reader, NAV_ERR_RANGE, "%s: vox_offset is %g; a whole number from %d to %d is accepted",
            reader->source->name, offset, DATA_OFFSET_MIN, DATA_OFFSET_MIN + EXTENSIONS_MAX);
    }
    *out_offset = (size_t)offset;
    return NAV_OK;
}

static enum nav_status read_header(struct reader *reader, struct cfg_volume_header *header,
                                   size_t *out_offset)
{
    enum nav_status status = take_kind(reader);
    if (status == NAV_OK) {
        status = take_type(reader, header);
    }
    if (status == NAV_OK) {
        status = take_sizes(reader, header);
    }
    if (status == NAV_OK) {
        status = take_orientation(reader, header);
    }
    return status == NAV_OK ? take_offset(reader, out_offset) : status;
}

static enum nav_status skip(struct cfg_stream *stream, size_t size)
{
    uint8_t piece[4096];
    enum nav_status status = NAV_OK;
    while (status == NAV_OK && size > 0) {
        const size_t part = size < sizeof(piece) ? size : sizeof(piece);
        status = cfg_stream_read(stream, piece, part);
        size -= part;
    }
    return status;
}

enum nav_status cfg_nifti_read(const struct cfg_volume_source *source, struct cfg_volume *volume)
{
    const bool gzip = source->size >= 2 && source->bytes[0] == 0x1f && source->bytes[1] == 0x8b;
    struct cfg_stream *stream = NULL;
    enum nav_status status = cfg_stream_create(source, 0, gzip, &stream);
    if (status != NAV_OK) {
        return status;
    }
    uint8_t bytes[HEADER_BYTES];
    struct reader reader = {.source = source, .bytes = bytes};
    struct cfg_volume_header header = {.format = CFG_VOLUME_NIFTI, .layers = 1};
    size_t offset = 0;
    status = cfg_stream_read(stream, bytes, sizeof(bytes));
    if (status == NAV_OK) {
        status = read_header(&reader, &header, &offset);
    }
    if (status == NAV_OK) {
        status = skip(stream, offset - HEADER_BYTES);
    }
    if (status == NAV_OK) {
        status = cfg_volume_fill(source, &header, stream, volume);
    }
    cfg_stream_destroy(stream);
    return status;
}
