#include "wire_polydata.h"

enum {
    POINT_SIZE = 12,
    INDEX_SIZE = 4,
    ATTRIBUTE_HEAD_SIZE = 6,
    VALUE_SIZE = 4,
    TRIANGLE_SIZE = 16, /* the count and three indices */
    TYPE_MASK = 0x0f
};

bool wire_polydata_next_cell(struct wire_reader *list, uint32_t *out_count,
                             const uint8_t **out_indices)
{
    if (list->left == 0) {
        return false;
    }
    const uint32_t count = wire_read_u32(list);
    const uint8_t *indices = wire_read_view(list, (uint64_t)count * INDEX_SIZE);
    if (list->failed) {
        return false;
    }
    *out_count = count;
    *out_indices = indices;
    return true;
}

static enum nav_status check_cells(const struct wire_polydata_cells *cells, uint32_t point_count)
{
    struct wire_reader list = wire_reader_of(cells->bytes, cells->size);
    uint64_t seen = 0;
    uint32_t count = 0;
    const uint8_t *indices = NULL;
    while (wire_polydata_next_cell(&list, &count, &indices)) {
        seen++;
        for (uint32_t i = 0; i < count; i++) {
            if (wire_load_u32(indices + (size_t)i * INDEX_SIZE) >= point_count) {
                return NAV_ERR_RANGE;
            }
        }
    }
    if (list.failed) {
        return NAV_ERR_LENGTH;
    }
    return seen == cells->count ? NAV_OK : NAV_ERR_RANGE;
}

static bool components_are_legal(uint8_t type, uint8_t components)
{
    switch (type & TYPE_MASK) {
    case WIRE_ATTRIBUTE_SCALARS:
        return components != 0;
    case WIRE_ATTRIBUTE_VECTORS:
    case WIRE_ATTRIBUTE_NORMALS:
        return components == 3;
    case WIRE_ATTRIBUTE_TENSORS:
        return components == 9;
    case WIRE_ATTRIBUTE_RGBA:
        return components == 4;
    default:
        return false;
    }
}

/* Judges the attributes; `reader` stands behind the cells and ends with the content. */
static enum nav_status check_attributes(const struct wire_polydata *polydata,
                                        struct wire_reader reader)
{
    uint64_t cells = 0;
    for (size_t i = 0; i < WIRE_POLYDATA_LISTS; i++) {
        cells += polydata->lists[i].count;
    }
    const uint8_t *heads =
        wire_read_view(&reader, (uint64_t)polydata->attribute_count * ATTRIBUTE_HEAD_SIZE);
    if (heads == NULL && polydata->attribute_count != 0) {
        return NAV_ERR_LENGTH;
    }
    uint64_t values = 0;
    for (size_t i = 0; i < polydata->attribute_count; i++) {
        const uint8_t type = heads[i * ATTRIBUTE_HEAD_SIZE];
        const uint8_t components = heads[i * ATTRIBUTE_HEAD_SIZE + 1];
        const uint32_t tuples = wire_load_u32(heads + i * ATTRIBUTE_HEAD_SIZE + 2);
        const bool of_cells = (type & ~TYPE_MASK) == WIRE_ATTRIBUTE_OF_CELLS;
        if ((type & ~TYPE_MASK) != 0 && !of_cells) {
            return NAV_ERR_RANGE;
        }
        if (!components_are_legal(type, components) ||
            tuples != (of_cells ? cells : polydata->point_count)) {
            return NAV_ERR_RANGE;
        }
        if (!wire_add_u64(values, (uint64_t)tuples * components * VALUE_SIZE, &values)) {
            return NAV_ERR_LENGTH;
        }
    }
    uint64_t names = 0;
    for (size_t i = 0; i < polydata->attribute_count; i++) {
        const size_t length =
            reader.left != 0 ? strnlen((const char *)reader.at, reader.left) : reader.left;
        if (length == reader.left || length > WIRE_ATTRIBUTE_NAME_MAX) {
            return NAV_ERR_ENCODING;
        }
        (void)wire_read_view(&reader, (uint64_t)length + 1);
        names += (uint64_t)length + 1;
    }
    (void)wire_read_view(&reader, names % 2);
    (void)wire_read_view(&reader, values);
    return wire_reader_end(&reader);
}

enum nav_status wire_polydata_decode(const uint8_t *content, size_t size,
                                     struct wire_polydata *out_polydata)
{
    struct wire_polydata polydata = {0};
    struct wire_reader reader = wire_reader_of(content, size);
    polydata.point_count = wire_read_u32(&reader);
    for (size_t i = 0; i < WIRE_POLYDATA_LISTS; i++) {
        polydata.lists[i].count = wire_read_u32(&reader);
        polydata.lists[i].size = wire_read_u32(&reader);
    }
    polydata.attribute_count = wire_read_u32(&reader);
    polydata.points = wire_read_view(&reader, (uint64_t)polydata.point_count * POINT_SIZE);
    for (size_t i = 0; i < WIRE_POLYDATA_LISTS; i++) {
        if (polydata.lists[i].size != 0) {
            polydata.lists[i].bytes = wire_read_view(&reader, polydata.lists[i].size);
        }
    }
    if (reader.failed) {
        return NAV_ERR_LENGTH;
    }
    for (size_t i = 0; i < WIRE_POLYDATA_LISTS; i++) {
        const enum nav_status status = check_cells(&polydata.lists[i], polydata.point_count);
        if (status != NAV_OK) {
            return status;
        }
    }
    const enum nav_status status = check_attributes(&polydata, reader);
    if (status != NAV_OK) {
        return status;
    }
    polydata.attributes = reader.at;
    polydata.attributes_size = reader.left;
    *out_polydata = polydata;
    return NAV_OK;
}

enum nav_status wire_check_polydata(const uint8_t *content, size_t size)
{
    struct wire_polydata polydata;
    return wire_polydata_decode(content, size, &polydata);
}

void wire_polydata_point(const struct wire_polydata *polydata, uint32_t index, float out_mm[3])
{
    const uint8_t *at = polydata->points + (size_t)index * POINT_SIZE;
    for (size_t i = 0; i < 3; i++) {
        out_mm[i] = wire_load_f32(at + i * VALUE_SIZE);
    }
}

struct wire_polydata_attributes wire_polydata_attributes_begin(const struct wire_polydata *polydata)
{
    struct wire_reader reader = wire_reader_of(polydata->attributes, polydata->attributes_size);
    const size_t heads_size = (size_t)polydata->attribute_count * ATTRIBUTE_HEAD_SIZE;
    struct wire_polydata_attributes walk = {
        .heads = wire_reader_of(wire_read_view(&reader, heads_size), heads_size)};
    const uint8_t *names = reader.at;
    size_t names_size = 0;
    for (uint32_t i = 0; i < polydata->attribute_count; i++) {
        const size_t length = strlen((const char *)reader.at) + 1;
        (void)wire_read_view(&reader, length);
        names_size += length;
    }
    walk.names = wire_reader_of(names, names_size);
    (void)wire_read_view(&reader, names_size % 2);
    walk.values = reader;
    return walk;
}

bool wire_polydata_next_attribute(struct wire_polydata_attributes *walk,
                                  struct wire_polydata_attribute *out_attribute)
{
    if (walk->heads.left == 0) {
        return false;
    }
    struct wire_polydata_attribute attribute = {0};
    attribute.type = wire_read_u8(&walk->heads);
    attribute.components = wire_read_u8(&walk->heads);
    attribute.tuples = wire_read_u32(&walk->heads);
    attribute.name = (const char *)walk->names.at;
    (void)wire_read_view(&walk->names, strlen(attribute.name) + 1);
    attribute.values = wire_read_view(&walk->values, (uint64_t)attribute.tuples *
                                                         attribute.components * VALUE_SIZE);
    *out_attribute = attribute;
    return !walk->heads.failed && !walk->names.failed && !walk->values.failed;
}

void wire_polydata_encode(struct wire_writer *writer, const struct wire_polydata *polydata)
{
    wire_write_u32(writer, polydata->point_count);
    for (size_t i = 0; i < WIRE_POLYDATA_LISTS; i++) {
        wire_write_u32(writer, polydata->lists[i].count);
        wire_write_u32(writer, polydata->lists[i].size);
    }
    wire_write_u32(writer, polydata->attribute_count);
    wire_write_bytes(writer, polydata->points, (size_t)polydata->point_count * POINT_SIZE);
    for (size_t i = 0; i < WIRE_POLYDATA_LISTS; i++) {
        wire_write_bytes(writer, polydata->lists[i].bytes, polydata->lists[i].size);
    }
    wire_write_bytes(writer, polydata->attributes, polydata->attributes_size);
}

bool wire_polydata_triangles_size(uint32_t point_count, uint32_t triangle_count, uint64_t *out_size)
{
    const uint64_t cells = (uint64_t)triangle_count * TRIANGLE_SIZE;
    *out_size = WIRE_POLYDATA_HEADER_SIZE + (uint64_t)point_count * POINT_SIZE + cells;
    return cells <= UINT32_MAX;
}

void wire_polydata_triangles_encode(struct wire_writer *writer, const float *points_mm,
                                    uint32_t point_count, const uint32_t *triangles,
                                    uint32_t triangle_count)
{
    uint64_t size = 0;
    if (!wire_polydata_triangles_size(point_count, triangle_count, &size)) {
        writer->failed = true;
        return;
    }
    wire_write_u32(writer, point_count);
    for (size_t i = 0; i < WIRE_POLYDATA_LISTS; i++) {
        const bool polygons = i == WIRE_POLYDATA_POLYGONS;
        wire_write_u32(writer, polygons ? triangle_count : 0);
        wire_write_u32(writer, polygons ? triangle_count * (uint32_t)TRIANGLE_SIZE : 0);
    }
    wire_write_u32(writer, 0);
    wire_write_f32s(writer, points_mm, (size_t)point_count * 3);
    for (size_t i = 0; i < triangle_count; i++) {
        wire_write_u32(writer, 3);
        for (size_t corner = 0; corner < 3; corner++) {
            const uint32_t index = triangles[3 * i + corner];
            if (index >= point_count) {
                writer->failed = true;
                return;
            }
            wire_write_u32(writer, index);
        }
    }
}
