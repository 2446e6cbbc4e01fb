/* VTK's XML PolyData: text, base64 or raw appended data, plain or zlib-compressed, one piece.
 *
 * Format: VTK's "File Formats" (XML). Frame: string array SPACE in FieldData, as 3D Slicer writes
 * it. Raw appended data is no XML: it is cut off before the parser sees the text. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "import.h"
#include "xml.h"

enum { VALUES_MAX = 1 << 28 };

struct reader {
    const struct imp_bytes *file;
    struct cfg_error *error;
    bool big_endian, compressed;
    size_t header_bytes; /* of each length in front of binary data */
    const uint8_t *appended;
    size_t appended_size;
    bool appended_base64;
};

static enum nav_status refuse(const struct reader *reader, enum nav_status status,
                              const char *field, const char *what)
{
    return cfg_error_set(reader->error, status, "%s: field %s: %s; export it again",
                         reader->file->name, field, what);
}

static bool attribute_count(const xmlNode *node, const char *name, uint64_t *out)
{
    xmlChar *text = xmlGetProp(node, (const xmlChar *)name);
    char *end = NULL;
    errno = 0;
    const unsigned long long value = text != NULL ? strtoull((char *)text, &end, 10) : 0;
    const bool good = text != NULL && errno == 0 && text[0] != '-' && end != (char *)text &&
                      *end == '\0' && value <= VALUES_MAX;
    xmlFree(text);
    *out = value;
    return good;
}

/* --- bytes of an array ----------------------------------------------------------------------- */

/* A run of bytes that was decoded, owned. */
struct run {
    uint8_t *bytes;
    size_t size;
};

static int base64_digit(char c)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = c != '\0' ? strchr(digits, c) : NULL;
    return at != NULL ? (int)(at - digits) : -1;
}

/* Decodes groups of four until `size` bytes are there; `*at` goes on behind the last group. */
static bool base64_take(const char **at, const char *end, size_t size, uint8_t *out)
{
    size_t done = 0;
    while (done < size) {
        int group[4];
        int count = 0;
        int pad = 0;
        while (count < 4 && *at < end) {
            const char c = *(*at)++;
            if (strchr(" \t\r\n", c) != NULL) {
                continue;
            }
            group[count] = c == '=' ? 0 : base64_digit(c);
            pad += c == '=';
            if (group[count++] < 0) {
                return false;
            }
        }
        if (count < 4) {
            return false;
        }
        const uint8_t bytes[3] = {(uint8_t)(group[0] << 2 | group[1] >> 4),
                                  (uint8_t)(group[1] << 4 | group[2] >> 2),
                                  (uint8_t)(group[2] << 6 | group[3])};
        for (int i = 0; i < 3 - pad && done < size; ++i) {
            out[done++] = bytes[i];
        }
        if (pad > 0 && done < size) {
            return false;
        }
    }
    return true;
}

/* Where encoded bytes come from: base64 text or bytes as they are. */
struct feed {
    bool base64;
    const char *at, *end;
};

static bool feed_take(struct feed *feed, size_t size, uint8_t *out)
{
    if (feed->base64) {
        return base64_take(&feed->at, feed->end, size, out);
    }
    if ((size_t)(feed->end - feed->at) < size) {
        return false;
    }
    memcpy(out, feed->at, size);
    feed->at += size;
    return true;
}

static uint64_t number(const struct reader *reader, const uint8_t *at, size_t size)
{
    uint64_t word = 0;
    for (size_t i = 0; i < size; ++i) {
        word = word << 8 | at[reader->big_endian ? i : size - 1 - i];
    }
    return word;
}

/* Blocks: how many, how large, how large the last, then the compressed size of each. */
static bool inflate_blocks(const struct reader *reader, struct feed *feed, size_t wanted,
                           struct run *out)
{
    const size_t h = reader->header_bytes;
    uint8_t head[24];
    /* In base64 the three numbers and the sizes are one run: read them twice. */
    const struct feed start = *feed;
    if (!feed_take(feed, 3 * h, head)) {
        return false;
    }
    const uint64_t blocks = number(reader, head, h);
    const uint64_t block = number(reader, head + h, h);
    const uint64_t last = number(reader, head + 2 * h, h);
    if (blocks == 0 || blocks > 1 << 20 || block == 0 || block > VALUES_MAX || last > block ||
        (blocks - (last > 0)) * block + last != wanted) {
        return false;
    }
    uint8_t *sizes = malloc((3 + blocks) * h);
    *feed = start;
    bool good = sizes != NULL && feed_take(feed, (3 + blocks) * h, sizes);
    size_t packed_size = 0;
    for (uint64_t i = 0; good && i < blocks; ++i) {
        const uint64_t size = number(reader, sizes + (3 + i) * h, h);
        good = size <= VALUES_MAX && packed_size <= VALUES_MAX;
        packed_size += size;
    }
    good = good && packed_size <= (size_t)(feed->end - feed->at);
    uint8_t *packed = good ? malloc(packed_size + 1) : NULL;
    good = packed != NULL && feed_take(feed, packed_size, packed);
    size_t from = 0;
    size_t to = 0;
    for (uint64_t i = 0; good && i < blocks; ++i) {
        const size_t size = number(reader, sizes + (3 + i) * h, h);
        const size_t full = i + 1 < blocks || last == 0 ? block : last;
        uLongf length = (uLongf)full;
        good = uncompress(out->bytes + to, &length, packed + from, (uLong)size) == Z_OK &&
               length == full;
        from += size;
        to += full;
    }
    free(packed);
    free(sizes);
    return good;
}

static enum nav_status open_feed(const struct reader *reader, const xmlNode *array,
                                 const xmlChar *content, struct feed *out)
{
    if (imp_xml_is(array, "format", "binary")) {
        *out = (struct feed){true, (const char *)content,
                             (const char *)content + strlen((const char *)content)};
        return NAV_OK;
    }
    uint64_t offset = 0;
    if (reader->appended == NULL || !attribute_count(array, "offset", &offset) ||
        offset > reader->appended_size) {
        return refuse(reader, NAV_ERR_RANGE, "DataArray", "its offset is beyond the data");
    }
    *out = (struct feed){reader->appended_base64, (const char *)reader->appended + offset,
                         (const char *)reader->appended + reader->appended_size};
    return NAV_OK;
}

/* --- numbers of an array --------------------------------------------------------------------- */

enum kind { KIND_FLOAT32, KIND_FLOAT64, KIND_INT32, KIND_INT64 };

static bool kind_of(const xmlNode *array, enum kind *out, size_t *out_size)
{
    static const struct {
        const char *name;
        enum kind kind;
        size_t size;
    } kinds[] = {{"Float32", KIND_FLOAT32, 4}, {"Float64", KIND_FLOAT64, 8},
                 {"Int32", KIND_INT32, 4},     {"UInt32", KIND_INT32, 4},
                 {"Int64", KIND_INT64, 8},     {"UInt64", KIND_INT64, 8}};
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); ++i) {
        if (imp_xml_is(array, "type", kinds[i].name)) {
            *out = kinds[i].kind;
            *out_size = kinds[i].size;
            return true;
        }
    }
    return false;
}

static double value_of(const struct reader *reader, const uint8_t *at, enum kind kind)
{
    const uint64_t word = number(reader, at, kind == KIND_FLOAT32 || kind == KIND_INT32 ? 4 : 8);
    if (kind == KIND_FLOAT32) {
        const uint32_t bits = (uint32_t)word;
        float value;
        memcpy(&value, &bits, sizeof(value));
        return (double)value;
    }
    if (kind == KIND_FLOAT64) {
        double value;
        memcpy(&value, &word, sizeof(value));
        return value;
    }
    return kind == KIND_INT32 ? (double)(int32_t)word : (double)(int64_t)word;
}

static enum nav_status read_text(const struct reader *reader, const char *text, size_t count,
                                 double *out)
{
    for (size_t i = 0; i < count; ++i) {
        char *end = NULL;
        out[i] = strtod(text, &end);
        if (end == text) {
            return refuse(reader, NAV_ERR_LENGTH, "DataArray", "has fewer numbers than it says");
        }
        text = end;
    }
    return text[strspn(text, " \t\r\n")] == '\0'
               ? NAV_OK
               : refuse(reader, NAV_ERR_LENGTH, "DataArray", "has more numbers than it says");
}

static enum nav_status read_binary(const struct reader *reader, const xmlNode *array,
                                   const xmlChar *content, size_t count, double *out)
{
    enum kind kind;
    size_t size;
    struct feed feed;
    if (!kind_of(array, &kind, &size)) {
        return refuse(reader, NAV_ERR_UNSUPPORTED, "DataArray.type", "is not read");
    }
    enum nav_status status = open_feed(reader, array, content, &feed);
    if (status != NAV_OK) {
        return status;
    }
    const size_t wanted = count * size;
    if (!reader->compressed && wanted > (size_t)(feed.end - feed.at)) {
        return refuse(reader, NAV_ERR_LENGTH, "DataArray", "the file ends before its numbers");
    }
    struct run run = {malloc(wanted + 32), wanted};
    if (run.bytes == NULL) {
        return refuse(reader, NAV_ERR_MEMORY, "DataArray", "out of memory");
    }
    const size_t h = reader->header_bytes;
    bool good;
    if (reader->compressed) {
        good = inflate_blocks(reader, &feed, wanted, &run);
    } else {
        /* The length and the numbers are one run of base64. */
        uint8_t *whole = malloc(wanted + h);
        good = whole != NULL && feed_take(&feed, wanted + h, whole) &&
               number(reader, whole, h) == wanted;
        if (good) {
            memcpy(run.bytes, whole + h, wanted);
        }
        free(whole);
    }
    for (size_t i = 0; good && i < count; ++i) {
        out[i] = value_of(reader, run.bytes + i * size, kind);
    }
    free(run.bytes);
    return good ? NAV_OK
                : refuse(reader, NAV_ERR_LENGTH, "DataArray",
                         "its data are damaged or of another length");
}

/* `count` numbers of an array, malloc'ed. */
static enum nav_status read_array(const struct reader *reader, const xmlNode *array, size_t count,
                                  double **out)
{
    if (array == NULL) {
        return refuse(reader, NAV_ERR_SYNTAX, "DataArray", "is missing");
    }
    double *values = malloc((count + 1) * sizeof(*values));
    xmlChar *content = xmlNodeGetContent(array);
    enum nav_status status = values != NULL && content != NULL
                                 ? NAV_OK
                                 : refuse(reader, NAV_ERR_MEMORY, "DataArray", "out of memory");
    if (status == NAV_OK) {
        status = imp_xml_is(array, "format", "ascii")
                     ? read_text(reader, (const char *)content, count, values)
                     : read_binary(reader, array, content, count, values);
    }
    xmlFree(content);
    if (status != NAV_OK) {
        free(values);
        return status;
    }
    *out = values;
    return NAV_OK;
}

static xmlNode *named_array(const xmlNode *parent, const char *name)
{
    for (xmlNode *node = parent != NULL ? parent->children : NULL; node != NULL;
         node = node->next) {
        if (node->type == XML_ELEMENT_NODE && imp_xml_is(node, "Name", name)) {
            return node;
        }
    }
    return NULL;
}

/* --- the surface ----------------------------------------------------------------------------- */

static enum nav_status read_points(const struct reader *reader, const xmlNode *piece,
                                   uint64_t count, struct cfg_mesh_arrays *arrays)
{
    double *values = NULL;
    const xmlNode *array = imp_xml_child(imp_xml_child(piece, "Points"), "DataArray");
    if (array != NULL && !imp_xml_is(array, "NumberOfComponents", "3")) {
        return refuse(reader, NAV_ERR_SYNTAX, "Points", "must have 3 components");
    }
    enum nav_status status = read_array(reader, array, 3 * count, &values);
    if (status != NAV_OK) {
        return status;
    }
    arrays->vertices = malloc(3 * count * sizeof(float));
    if (arrays->vertices == NULL) {
        status = refuse(reader, NAV_ERR_MEMORY, "Points", "out of memory");
    }
    for (size_t i = 0; status == NAV_OK && i < 3 * count; ++i) {
        if (!isfinite(values[i]) || fabs(values[i]) > 1e30) {
            status = refuse(reader, NAV_ERR_NOT_FINITE, "Points", "a number is not finite");
            break;
        }
        arrays->vertices[i] = (float)values[i];
    }
    arrays->vertex_count = (uint32_t)count;
    free(values);
    return status;
}

static enum nav_status read_polygons(const struct reader *reader, const xmlNode *piece,
                                     uint64_t count, struct cfg_mesh_arrays *arrays)
{
    const xmlNode *polys = imp_xml_child(piece, "Polys");
    double *offsets = NULL;
    double *corners = NULL;
    enum nav_status status = read_array(reader, named_array(polys, "offsets"), count, &offsets);
    for (size_t i = 0; status == NAV_OK && i < count; ++i) {
        if (offsets[i] != 3.0 * (double)(i + 1)) {
            status = refuse(reader, NAV_ERR_UNSUPPORTED, "Polys",
                            "a polygon is no triangle; triangulate the surface");
        }
    }
    if (status == NAV_OK) {
        status = read_array(reader, named_array(polys, "connectivity"), 3 * count, &corners);
    }
    if (status == NAV_OK) {
        arrays->triangles = malloc(3 * count * sizeof(*arrays->triangles));
        status = arrays->triangles != NULL
                     ? NAV_OK
                     : refuse(reader, NAV_ERR_MEMORY, "Polys", "out of memory");
    }
    for (size_t i = 0; status == NAV_OK && i < 3 * count; ++i) {
        if (!(corners[i] >= 0.0 && corners[i] < (double)arrays->vertex_count)) {
            status = refuse(reader, NAV_ERR_RANGE, "Polys", "names a point that does not exist");
            break;
        }
        arrays->triangles[i] = (uint32_t)corners[i];
    }
    arrays->triangle_count = (uint32_t)count;
    free(offsets);
    free(corners);
    return status;
}

/* Numbers of characters "82 65 83 0" in FieldData/Array SPACE. */
static enum nav_status take_space(const struct reader *reader, const xmlNode *data,
                                  enum cfg_space *out)
{
    const xmlNode *array = named_array(imp_xml_child(data, "FieldData"), "SPACE");
    double *codes = NULL;
    if (array == NULL) {
        return NAV_OK;
    }
    if (!imp_xml_is(array, "format", "ascii")) {
        return refuse(reader, NAV_ERR_UNSUPPORTED, "SPACE",
                      "is not text; state --space after saving it as text");
    }
    const enum nav_status status = read_array(reader, array, 4, &codes);
    if (status != NAV_OK) {
        return status;
    }
    const bool ras = codes[0] == 'R' && codes[1] == 'A' && codes[2] == 'S';
    const bool lps = codes[0] == 'L' && codes[1] == 'P' && codes[2] == 'S';
    free(codes);
    if (!ras && !lps) {
        return refuse(reader, NAV_ERR_REFUSED, "SPACE", "is neither LPS nor RAS");
    }
    *out = ras ? CFG_SPACE_RAS : CFG_SPACE_LPS;
    return NAV_OK;
}

static enum nav_status read_document(struct reader *reader, const xmlNode *root,
                                     struct cfg_mesh_arrays *arrays)
{
    const xmlNode *data = imp_xml_child(root, "PolyData");
    const xmlNode *piece = imp_xml_child(data, "Piece");
    uint64_t points = 0;
    uint64_t polygons = 0;
    uint64_t strips = 0;
    if (root == NULL || data == NULL || piece == NULL) {
        return refuse(reader, NAV_ERR_SYNTAX, "VTKFile", "has no PolyData with a Piece");
    }
    for (const xmlNode *other = piece->next; other != NULL; other = other->next) {
        if (other->type == XML_ELEMENT_NODE && strcmp((const char *)other->name, "Piece") == 0) {
            return refuse(reader, NAV_ERR_UNSUPPORTED, "Piece", "only one is read");
        }
    }
    if (!attribute_count(piece, "NumberOfPoints", &points) ||
        !attribute_count(piece, "NumberOfPolys", &polygons) || points == 0 || polygons == 0 ||
        polygons > CFG_MESH_TRIANGLES_MAX) {
        return refuse(reader, NAV_ERR_RANGE, "Piece", "its counts are no counts of a surface");
    }
    if (attribute_count(piece, "NumberOfStrips", &strips) && strips > 0) {
        return refuse(reader, NAV_ERR_UNSUPPORTED, "Piece", "strips are not read");
    }
    reader->big_endian = imp_xml_is(root, "byte_order", "BigEndian");
    reader->header_bytes = imp_xml_is(root, "header_type", "UInt64") ? 8 : 4;
    reader->compressed = imp_xml_is(root, "compressor", "vtkZLibDataCompressor");
    if (!reader->compressed && xmlHasProp(root, (const xmlChar *)"compressor") != NULL) {
        return refuse(reader, NAV_ERR_UNSUPPORTED, "compressor", "only zlib is read");
    }
    enum nav_status status = take_space(reader, data, &arrays->space);
    if (status == NAV_OK) {
        status = read_points(reader, piece, points, arrays);
    }
    return status == NAV_OK ? read_polygons(reader, piece, polygons, arrays) : status;
}

/* Finds appended data, and how much of the file is XML without them. */
static size_t cut_appended(struct reader *reader)
{
    static const char tag[] = "<AppendedData";
    const char *text = (const char *)reader->file->bytes;
    const char *end = text + reader->file->size;
    const char *begin = memmem(text, reader->file->size, tag, sizeof(tag) - 1);
    if (begin == NULL) {
        return reader->file->size;
    }
    const char *close = memchr(begin, '>', (size_t)(end - begin));
    const char *mark = close != NULL ? memchr(close, '_', (size_t)(end - close)) : NULL;
    if (mark == NULL) {
        return reader->file->size;
    }
    reader->appended_base64 = memmem(begin, (size_t)(close - begin), "base64", 6) != NULL;
    reader->appended = (const uint8_t *)mark + 1;
    reader->appended_size = (size_t)(end - mark - 1);
    return (size_t)(begin - text);
}

enum nav_status imp_vtp_read(const struct imp_bytes *file, struct cfg_mesh_arrays *out_arrays,
                             struct cfg_error *error)
{
    static const char closing[] = "</VTKFile>";
    struct reader reader = {.file = file, .error = error};
    struct cfg_mesh_arrays arrays = {.vertices = NULL};
    const size_t size = cut_appended(&reader);
    const bool cut = size < file->size;
    char *text = malloc(size + sizeof(closing));
    if (text == NULL || size > INT32_MAX / 2) {
        free(text);
        return refuse(&reader, NAV_ERR_MEMORY, "VTKFile", "out of memory");
    }
    memcpy(text, file->bytes, size);
    memcpy(text + size, closing, sizeof(closing));
    xmlDoc *document = NULL;
    enum nav_status status =
        imp_xml_parse(text, size + (cut ? sizeof(closing) - 1 : 0), file->name, &document, error);
    if (status == NAV_OK) {
        status = read_document(&reader, xmlDocGetRootElement(document), &arrays);
    }
    xmlFreeDoc(document);
    free(text);
    if (status != NAV_OK) {
        free(arrays.vertices);
        free(arrays.triangles);
        return status;
    }
    *out_arrays = arrays;
    return NAV_OK;
}
