/* Binary glTF 2.0: triangles of all meshes of the scene, with the transforms of their nodes.
 *
 * Format: Khronos glTF 2.0, chapters 3 and 4. Data must be in the file itself; no extension that
 * the file requires, no sparse accessors. glTF says metres with y up; exporters of anatomy do not
 * keep to either, so that frame and unit count as not declared. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "import.h"

enum { HEADER = 12, CHUNK_HEADER = 8, DEPTH_MAX = 32, NODES_MAX = 10000 };
enum { GL_UNSIGNED_BYTE = 5121, GL_UNSIGNED_SHORT = 5123, GL_UNSIGNED_INT = 5125, GL_FLOAT = 5126 };
enum { MODE_TRIANGLES = 4 };

static const uint32_t json_chunk = 0x4e4f534a;
static const uint32_t bin_chunk = 0x004e4942;

struct reader {
    const struct imp_bytes *file;
    struct cfg_error *error;
    json_t *root;
    const uint8_t *bin;
    size_t bin_size;
    size_t nodes_seen;
    struct cfg_mesh_arrays arrays;
};

static uint32_t little_endian(const uint8_t *at, size_t size)
{
    uint32_t word = 0;
    for (size_t i = size; i-- > 0;) {
        word = word << 8 | at[i];
    }
    return word;
}

static enum nav_status refuse(const struct reader *reader, enum nav_status status, const char *what)
{
    return cfg_error_set(reader->error, status, "%s: %s; export it again", reader->file->name,
                         what);
}

static bool take_index(const json_t *object, const char *key, size_t *out)
{
    const json_t *value = json_object_get(object, key);
    if (!json_is_integer(value) || json_integer_value(value) < 0) {
        return false;
    }
    *out = (size_t)json_integer_value(value);
    return true;
}

/* A checked accessor: `count` elements of `size` bytes, `stride` apart. */
struct view {
    const uint8_t *at;
    size_t count, stride;
    int type;
};

static enum nav_status open_accessor(const struct reader *reader, size_t index, const char *shape,
                                     size_t components, struct view *out)
{
    const json_t *accessor = json_array_get(json_object_get(reader->root, "accessors"), index);
    size_t view_index, count, type;
    size_t offset = 0;
    size_t view_offset = 0;
    size_t view_size;
    if (!take_index(accessor, "bufferView", &view_index) ||
        !take_index(accessor, "count", &count) || !take_index(accessor, "componentType", &type) ||
        json_object_get(accessor, "sparse") != NULL ||
        strcmp(json_string_value(json_object_get(accessor, "type")) != NULL
                   ? json_string_value(json_object_get(accessor, "type"))
                   : "",
               shape) != 0) {
        return refuse(reader, NAV_ERR_SYNTAX, "field accessors: one is not as it must be");
    }
    (void)take_index(accessor, "byteOffset", &offset);
    const json_t *view = json_array_get(json_object_get(reader->root, "bufferViews"), view_index);
    size_t buffer = 1;
    if (!take_index(view, "byteLength", &view_size) || !take_index(view, "buffer", &buffer) ||
        buffer != 0) {
        return refuse(reader, NAV_ERR_SYNTAX, "field bufferViews: one is not as it must be");
    }
    (void)take_index(view, "byteOffset", &view_offset);
    const size_t component = type == GL_UNSIGNED_BYTE ? 1 : type == GL_UNSIGNED_SHORT ? 2 : 4;
    size_t stride = component * components;
    const size_t element = stride;
    (void)take_index(view, "byteStride", &stride);
    if (view_offset > reader->bin_size || view_size > reader->bin_size - view_offset ||
        offset > view_size || stride < element || stride > 256 || count == 0 ||
        count > view_size / stride + 1 || (count - 1) * stride + element > view_size - offset) {
        return refuse(reader, NAV_ERR_RANGE, "field accessors: one reaches beyond the file's data");
    }
    *out = (struct view){reader->bin + view_offset + offset, count, stride, (int)type};
    return NAV_OK;
}

/* Room for more vertices and triangles. */
static bool grow(struct cfg_mesh_arrays *arrays, size_t vertices, size_t triangles)
{
    const size_t vertex_count = arrays->vertex_count + vertices;
    const size_t triangle_count = arrays->triangle_count + triangles;
    if (vertex_count > UINT32_MAX / 8 || triangle_count > CFG_MESH_TRIANGLES_MAX) {
        return false;
    }
    float *grown = realloc(arrays->vertices, 3 * vertex_count * sizeof(*grown));
    if (grown == NULL) {
        return false;
    }
    arrays->vertices = grown;
    uint32_t *more = realloc(arrays->triangles, 3 * triangle_count * sizeof(*more));
    if (more == NULL) {
        return false;
    }
    arrays->triangles = more;
    return true;
}

static enum nav_status add_primitive(struct reader *reader, const json_t *primitive,
                                     const double M[16])
{
    size_t position, indices;
    size_t mode = MODE_TRIANGLES;
    (void)take_index(primitive, "mode", &mode);
    if (mode != MODE_TRIANGLES) {
        return refuse(reader, NAV_ERR_UNSUPPORTED, "field mode: only triangles are read");
    }
    struct view points;
    if (!take_index(json_object_get(primitive, "attributes"), "POSITION", &position)) {
        return refuse(reader, NAV_ERR_SYNTAX, "field attributes.POSITION is missing");
    }
    enum nav_status status = open_accessor(reader, position, "VEC3", 3, &points);
    if (status == NAV_OK && points.type != GL_FLOAT) {
        status = refuse(reader, NAV_ERR_UNSUPPORTED, "field POSITION: only float is read");
    }
    const bool indexed = take_index(primitive, "indices", &indices);
    struct view corners = {.count = points.count};
    if (status == NAV_OK && indexed) {
        status = open_accessor(reader, indices, "SCALAR", 1, &corners);
    }
    if (status != NAV_OK) {
        return status;
    }
    if (corners.count % 3 != 0) {
        return refuse(reader, NAV_ERR_RANGE, "its indices are no whole triangles");
    }
    struct cfg_mesh_arrays *arrays = &reader->arrays;
    if (!grow(arrays, points.count, corners.count / 3)) {
        return refuse(reader, NAV_ERR_TOO_LARGE, "too many triangles");
    }
    const uint32_t first = arrays->vertex_count;
    for (size_t i = 0; i < points.count; ++i) {
        double p[3];
        for (size_t k = 0; k < 3; ++k) {
            const uint32_t bits = little_endian(points.at + i * points.stride + 4 * k, 4);
            float value;
            memcpy(&value, &bits, sizeof(value));
            p[k] = (double)value;
        }
        for (size_t k = 0; k < 3; ++k) { /* M by columns, as glTF has it */
            arrays->vertices[3 * ((size_t)first + i) + k] =
                (float)(M[k] * p[0] + M[4 + k] * p[1] + M[8 + k] * p[2] + M[12 + k]);
        }
    }
    arrays->vertex_count += (uint32_t)points.count;
    const size_t size = corners.type == GL_UNSIGNED_BYTE    ? 1
                        : corners.type == GL_UNSIGNED_SHORT ? 2
                                                            : 4;
    for (size_t i = 0; i < corners.count; ++i) {
        const uint32_t index =
            indexed ? little_endian(corners.at + i * corners.stride, size) : (uint32_t)i;
        if (index >= points.count) {
            return refuse(reader, NAV_ERR_RANGE, "an index names a vertex that does not exist");
        }
        arrays->triangles[3 * (size_t)arrays->triangle_count + i] = first + index;
    }
    arrays->triangle_count += (uint32_t)(corners.count / 3);
    return NAV_OK;
}

static void multiply(const double A[16], const double B[16], double out[16])
{
    for (int column = 0; column < 4; ++column) {
        for (int row = 0; row < 4; ++row) {
            out[4 * column + row] = 0.0;
            for (int k = 0; k < 4; ++k) {
                out[4 * column + row] += A[4 * k + row] * B[4 * column + k];
            }
        }
    }
}

static bool take_vector(const json_t *node, const char *key, size_t count, double *out)
{
    const json_t *array = json_object_get(node, key);
    if (array == NULL) {
        return true;
    }
    for (size_t i = 0; i < count; ++i) {
        const json_t *number = json_array_get(array, i);
        if (!json_is_number(number)) {
            return false;
        }
        out[i] = json_number_value(number);
    }
    return json_array_size(array) == count;
}

/* Matrix of a node, by columns: given, or translation, rotation (x y z w) and scale. */
static bool node_matrix(const json_t *node, double out[16])
{
    double t[3] = {0, 0, 0}, q[4] = {0, 0, 0, 1}, s[3] = {1, 1, 1};
    if (!take_vector(node, "translation", 3, t) || !take_vector(node, "rotation", 4, q) ||
        !take_vector(node, "scale", 3, s)) {
        return false;
    }
    const double x = q[0], y = q[1], z = q[2], w = q[3];
    const double R[9] = {1 - 2 * (y * y + z * z), 2 * (x * y + z * w),     2 * (x * z - y * w),
                         2 * (x * y - z * w),     1 - 2 * (x * x + z * z), 2 * (y * z + x * w),
                         2 * (x * z + y * w),     2 * (y * z - x * w),     1 - 2 * (x * x + y * y)};
    for (int column = 0; column < 3; ++column) {
        for (int row = 0; row < 3; ++row) {
            out[4 * column + row] = s[column] * R[3 * column + row];
        }
        out[4 * column + 3] = 0.0;
        out[12 + column] = t[column];
    }
    out[15] = 1.0;
    return take_vector(node, "matrix", 16, out);
}

static enum nav_status add_node(struct reader *reader, size_t index, const double parent[16],
                                int depth)
{
    const json_t *node = json_array_get(json_object_get(reader->root, "nodes"), index);
    double own[16], M[16];
    if (!json_is_object(node) || depth > DEPTH_MAX || ++reader->nodes_seen > NODES_MAX ||
        !node_matrix(node, own)) {
        return refuse(reader, NAV_ERR_SYNTAX,
                      "field nodes: one is missing, damaged or in a circle");
    }
    multiply(parent, own, M);
    const double det = M[0] * (M[5] * M[10] - M[6] * M[9]) - M[4] * (M[1] * M[10] - M[2] * M[9]) +
                       M[8] * (M[1] * M[6] - M[2] * M[5]);
    if (!(det > 0.0)) {
        return refuse(reader, NAV_ERR_REFUSED, "field nodes: one mirrors its mesh");
    }
    enum nav_status status = NAV_OK;
    size_t mesh;
    if (take_index(node, "mesh", &mesh)) {
        const json_t *primitives = json_object_get(
            json_array_get(json_object_get(reader->root, "meshes"), mesh), "primitives");
        for (size_t i = 0; status == NAV_OK && i < json_array_size(primitives); ++i) {
            status = add_primitive(reader, json_array_get(primitives, i), M);
        }
    }
    const json_t *children = json_object_get(node, "children");
    for (size_t i = 0; status == NAV_OK && i < json_array_size(children); ++i) {
        const json_t *child = json_array_get(children, i);
        status = json_is_integer(child)
                     ? add_node(reader, (size_t)json_integer_value(child), M, depth + 1)
                     : refuse(reader, NAV_ERR_SYNTAX, "field children: not a number");
    }
    return status;
}

static enum nav_status open_chunks(struct reader *reader)
{
    const struct imp_bytes *file = reader->file;
    const uint8_t *bytes = file->bytes;
    if (file->size < HEADER + CHUNK_HEADER || little_endian(bytes + 4, 4) != 2 ||
        little_endian(bytes + 8, 4) != file->size) {
        return refuse(reader, NAV_ERR_LENGTH,
                      "offset 4: its version is not 2 or its length not the file's");
    }
    const size_t json_size = little_endian(bytes + HEADER, 4);
    if (little_endian(bytes + HEADER + 4, 4) != json_chunk ||
        json_size > file->size - HEADER - CHUNK_HEADER) {
        return refuse(reader, NAV_ERR_LENGTH, "offset 12: its first chunk is cut or not JSON");
    }
    json_error_t problem;
    reader->root = json_loadb((const char *)bytes + HEADER + CHUNK_HEADER, json_size,
                              JSON_REJECT_DUPLICATES, &problem);
    if (reader->root == NULL) {
        return refuse(reader, NAV_ERR_SYNTAX, "offset 20: its JSON is damaged");
    }
    size_t at = HEADER + CHUNK_HEADER + json_size;
    if (file->size - at < CHUNK_HEADER || little_endian(bytes + at + 4, 4) != bin_chunk ||
        little_endian(bytes + at, 4) != file->size - at - CHUNK_HEADER) {
        return refuse(reader, NAV_ERR_LENGTH, "its data chunk is missing or of another length");
    }
    reader->bin = bytes + at + CHUNK_HEADER;
    reader->bin_size = file->size - at - CHUNK_HEADER;
    if (json_array_size(json_object_get(reader->root, "extensionsRequired")) > 0) {
        return refuse(reader, NAV_ERR_UNSUPPORTED,
                      "field extensionsRequired: none is read; export without compression");
    }
    return NAV_OK;
}

enum nav_status imp_glb_read(const struct imp_bytes *file, struct cfg_mesh_arrays *out_arrays,
                             struct cfg_error *error)
{
    static const double identity[16] = {1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1};
    struct reader reader = {.file = file, .error = error};
    enum nav_status status = open_chunks(&reader);
    if (status == NAV_OK) {
        size_t scene = 0;
        (void)take_index(reader.root, "scene", &scene);
        const json_t *nodes =
            json_object_get(json_array_get(json_object_get(reader.root, "scenes"), scene), "nodes");
        for (size_t i = 0; status == NAV_OK && i < json_array_size(nodes); ++i) {
            const json_t *node = json_array_get(nodes, i);
            status = json_is_integer(node)
                         ? add_node(&reader, (size_t)json_integer_value(node), identity, 0)
                         : refuse(&reader, NAV_ERR_SYNTAX, "field scenes.nodes: not a number");
        }
    }
    if (status == NAV_OK && reader.arrays.triangle_count == 0) {
        status = refuse(&reader, NAV_ERR_REFUSED, "its scene has no triangle");
    }
    json_decref(reader.root);
    if (status != NAV_OK) {
        free(reader.arrays.vertices);
        free(reader.arrays.triangles);
        return status;
    }
    *out_arrays = reader.arrays;
    return NAV_OK;
}
