/* Messages to JSON. One function a family; the table at the end says which type is whose. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "link_json.h"
#include "link_json_values.h"
#include "wire_bind.h"
#include "wire_capability.h"
#include "wire_colortable.h"
#include "wire_command.h"
#include "wire_image.h"
#include "wire_imgmeta.h"
#include "wire_lbmeta.h"
#include "wire_metadata.h"
#include "wire_ndarray.h"
#include "wire_point.h"
#include "wire_polydata.h"
#include "wire_position.h"
#include "wire_qtdata.h"
#include "wire_sensor.h"
#include "wire_status.h"
#include "wire_stream.h"
#include "wire_string.h"
#include "wire_table.h"
#include "wire_tdata.h"
#include "wire_trajectory.h"
#include "wire_transform.h"
#include "wire_video.h"

enum { STAMP_SIZE = 17 };

typedef enum nav_status (*write_fn)(const uint8_t *content, size_t size, json_t *out);

static void put(json_t *object, const char *key, json_t *value)
{
    (void)json_object_set_new(object, key, value);
}

static void put_text(json_t *object, const char *key, const char *text)
{
    put(object, key, link_json_text(text, strlen(text)));
}

static void put_integer(json_t *object, const char *key, uint64_t value)
{
    put(object, key, json_integer((json_int_t)value));
}

static json_t *sizes_of(const uint16_t *values, size_t count)
{
    json_t *array = json_array();
    for (size_t i = 0; i < count; ++i) {
        (void)json_array_append_new(array, json_integer(values[i]));
    }
    return array;
}

static json_t *colour_of(const uint8_t rgba[4])
{
    json_t *array = json_array();
    for (size_t i = 0; i < 4; ++i) {
        (void)json_array_append_new(array, json_integer(rgba[i]));
    }
    return array;
}

/* Row-major 4x4. */
static json_t *matrix_of(const struct wire_transform *transform)
{
    float m[16] = {[15] = 1};
    for (int row = 0; row < 3; ++row) {
        memcpy(&m[4 * row], &transform->R[3 * row], 3 * sizeof(float));
        m[4 * row + 3] = transform->t_mm[row];
    }
    return link_json_floats(m, 16);
}

static enum nav_status write_transform(const uint8_t *content, size_t size, json_t *out)
{
    struct wire_transform transform;
    const enum nav_status status = wire_transform_decode(content, size, &transform);
    if (status == NAV_OK) {
        put(out, "matrix", matrix_of(&transform));
    }
    return status;
}

static enum nav_status write_position(const uint8_t *content, size_t size, json_t *out)
{
    struct wire_position position;
    const enum nav_status status = wire_position_decode(content, size, &position);
    if (status != NAV_OK) {
        return status;
    }
    put(out, "position_mm", link_json_floats(position.t_mm, 3));
    if (position.form != WIRE_POSITION_ONLY) {
        put(out, "quaternion", link_json_floats(position.q, 4));
    }
    put_integer(out, "bytes", (uint64_t)position.form);
    return NAV_OK;
}

static enum nav_status write_tdata(const uint8_t *content, size_t size, json_t *out)
{
    json_t *tools = json_array();
    put(out, "tools", tools);
    for (size_t i = 0; i < wire_tdata_count(size); ++i) {
        struct wire_tdata_tool tool;
        json_t *entry = json_object();
        if (wire_tdata_tool_at(content, size, i, &tool) == NAV_OK) {
            put_text(entry, "name", tool.name);
            put_integer(entry, "instrument", tool.instrument);
            put(entry, "matrix", matrix_of(&tool.pose));
        } else {
            put(entry, "refused", json_string("the name is not text"));
        }
        (void)json_array_append_new(tools, entry);
    }
    return NAV_OK;
}

static enum nav_status write_qtdata(const uint8_t *content, size_t size, json_t *out)
{
    json_t *tools = json_array();
    put(out, "tools", tools);
    for (size_t i = 0; i < wire_qtdata_count(size); ++i) {
        struct wire_qtdata_tool tool;
        json_t *entry = json_object();
        if (wire_qtdata_tool_at(content, size, i, &tool) == NAV_OK) {
            put_text(entry, "name", tool.name);
            put_integer(entry, "instrument", tool.instrument);
            put(entry, "position_mm", link_json_floats(tool.t_mm, 3));
            put(entry, "quaternion", link_json_floats(tool.q, 4));
        } else {
            put(entry, "refused", json_string("the name is not text"));
        }
        (void)json_array_append_new(tools, entry);
    }
    return NAV_OK;
}

static enum nav_status write_status(const uint8_t *content, size_t size, json_t *out)
{
    struct wire_status value;
    const enum nav_status status = wire_status_decode(content, size, &value);
    if (status != NAV_OK) {
        return status;
    }
    put_integer(out, "code", value.code);
    put(out, "subcode", json_integer(value.subcode));
    put_text(out, "error_name", value.error_name);
    put(out, "message", link_json_text(value.message, value.message_length));
    return NAV_OK;
}

static enum nav_status write_string(const uint8_t *content, size_t size, json_t *out)
{
    struct wire_string value;
    const enum nav_status status = wire_string_decode(content, size, &value);
    if (status == NAV_OK) {
        put_integer(out, "encoding", value.encoding);
        put(out, "text", link_json_text(value.text, value.length));
    }
    return status;
}

static enum nav_status write_command(const uint8_t *content, size_t size, json_t *out)
{
    struct wire_command value;
    const enum nav_status status = wire_command_decode(content, size, &value);
    if (status == NAV_OK) {
        put_integer(out, "id", value.id);
        put_text(out, "name", value.name);
        put_integer(out, "encoding", value.encoding);
        put(out, "text", link_json_text(value.text, value.length));
    }
    return status;
}

static enum nav_status write_capability(const uint8_t *content, size_t size, json_t *out)
{
    json_t *types = json_array();
    put(out, "types", types);
    for (size_t i = 0; i < size / WIRE_TYPE_SIZE; ++i) {
        char type[WIRE_TYPE_SIZE + 1] = "";
        if (wire_capability_at(content, size, i, type) == NAV_OK) {
            (void)json_array_append_new(types, link_json_text(type, strlen(type)));
        }
    }
    return wire_check_capability(content, size);
}

static enum nav_status write_point(const uint8_t *content, size_t size, json_t *out)
{
    json_t *points = json_array();
    put(out, "points", points);
    struct wire_point_entry entry;
    for (size_t i = 0; wire_point_at(content, size, i, &entry) == NAV_OK; ++i) {
        json_t *point = json_object();
        put_text(point, "name", entry.name);
        put_text(point, "group", entry.group);
        put(point, "rgba", colour_of(entry.rgba));
        put(point, "position_mm", link_json_floats(entry.position_mm, 3));
        put(point, "diameter_mm", link_json_number((double)entry.diameter_mm));
        put_text(point, "owner", entry.owner);
        (void)json_array_append_new(points, point);
    }
    return wire_check_point(content, size);
}

static enum nav_status write_trajectory(const uint8_t *content, size_t size, json_t *out)
{
    json_t *trajectories = json_array();
    put(out, "trajectories", trajectories);
    struct wire_trajectory_entry entry;
    for (size_t i = 0; wire_trajectory_at(content, size, i, &entry) == NAV_OK; ++i) {
        json_t *one = json_object();
        put_text(one, "name", entry.name);
        put_text(one, "group", entry.group);
        put_integer(one, "points", entry.points);
        put(one, "rgba", colour_of(entry.rgba));
        put(one, "entry_mm", link_json_floats(entry.entry_mm, 3));
        put(one, "target_mm", link_json_floats(entry.target_mm, 3));
        put(one, "diameter_mm", link_json_number((double)entry.diameter_mm));
        put_text(one, "owner", entry.owner);
        (void)json_array_append_new(trajectories, one);
    }
    return wire_check_trajectory(content, size);
}

static enum nav_status write_sensor(const uint8_t *content, size_t size, json_t *out)
{
    struct wire_sensor value;
    const enum nav_status status = wire_sensor_decode(content, size, &value);
    if (status != NAV_OK) {
        return status;
    }
    put_integer(out, "status", value.status);
    put_integer(out, "unit", value.unit);
    json_t *values = json_array();
    for (size_t i = 0; i < value.count; ++i) {
        (void)json_array_append_new(values, link_json_number(value.values[i]));
    }
    put(out, "values", values);
    return NAV_OK;
}

static enum nav_status write_stream_start(const uint8_t *content, size_t size, json_t *out)
{
    struct wire_stream_start value;
    const enum nav_status status = wire_stream_start_decode(content, size, &value);
    if (status == NAV_OK) {
        put_integer(out, "resolution_ms", value.resolution_ms);
        put_text(out, "coordinate_name", value.coordinate_name);
    }
    return status;
}

static enum nav_status write_stream_status(const uint8_t *content, size_t size, json_t *out)
{
    uint8_t value = 0;
    const enum nav_status status = wire_stream_status_decode(content, size, &value);
    if (status == NAV_OK) {
        put_integer(out, "status", value);
    }
    return status;
}

static enum nav_status write_empty(const uint8_t *content, size_t size, json_t *out)
{
    (void)out;
    return wire_check_empty(content, size);
}

static enum nav_status write_imgmeta(const uint8_t *content, size_t size, json_t *out)
{
    json_t *images = json_array();
    put(out, "images", images);
    struct wire_imgmeta_entry entry;
    for (size_t i = 0; wire_imgmeta_at(content, size, i, &entry) == NAV_OK; ++i) {
        json_t *one = json_object();
        put_text(one, "name", entry.name);
        put_text(one, "id", entry.id);
        put_text(one, "modality", entry.modality);
        put(one, "size", sizes_of(entry.size, 3));
        put_integer(one, "scalar", entry.scalar);
        (void)json_array_append_new(images, one);
    }
    return wire_check_imgmeta(content, size);
}

static enum nav_status write_lbmeta(const uint8_t *content, size_t size, json_t *out)
{
    json_t *labels = json_array();
    put(out, "labels", labels);
    struct wire_lbmeta_entry entry;
    for (size_t i = 0; wire_lbmeta_at(content, size, i, &entry) == NAV_OK; ++i) {
        json_t *one = json_object();
        put_text(one, "name", entry.name);
        put_text(one, "id", entry.id);
        put_integer(one, "label", entry.label);
        put(one, "rgba", colour_of(entry.rgba));
        put(one, "size", sizes_of(entry.size, 3));
        put_text(one, "owner", entry.owner);
        (void)json_array_append_new(labels, one);
    }
    return wire_check_lbmeta(content, size);
}

static enum nav_status write_image(const uint8_t *content, size_t size, json_t *out)
{
    struct wire_image value;
    const enum nav_status status = wire_image_decode(content, size, &value);
    if (status != NAV_OK) {
        return status;
    }
    put(out, "size", sizes_of(value.size, 3));
    put_integer(out, "components", value.components);
    put_integer(out, "scalar", value.scalar);
    put_integer(out, "endian", value.endian);
    put_integer(out, "coordinates", value.coordinates);
    put(out, "matrix_as_sent", link_json_floats(value.matrix, 12));
    put(out, "box_first", sizes_of(value.box_first, 3));
    put(out, "box_size", sizes_of(value.box_size, 3));
    return NAV_OK;
}

static enum nav_status write_video(const uint8_t *content, size_t size, json_t *out)
{
    struct wire_video value;
    const enum nav_status status = wire_video_decode(content, size, &value);
    if (status == NAV_OK) {
        put_text(out, "codec", value.codec);
        put_integer(out, "frame_kind", value.frame_kind);
        put(out, "size", sizes_of(value.size, 3));
        put_integer(out, "frame_bytes", value.frame_size);
    }
    return status;
}

static enum nav_status write_video_start(const uint8_t *content, size_t size, json_t *out)
{
    struct wire_video_start value;
    const enum nav_status status = wire_video_start_decode(content, size, &value);
    if (status == NAV_OK) {
        put_text(out, "codec", value.codec);
        put_integer(out, "interval_ms", value.interval_ms);
    }
    return status;
}

static enum nav_status write_videometa(const uint8_t *content, size_t size, json_t *out)
{
    json_t *videos = json_array();
    put(out, "videos", videos);
    struct wire_videometa_entry entry;
    for (size_t i = 0; wire_videometa_at(content, size, i, &entry) == NAV_OK; ++i) {
        json_t *one = json_object();
        put_text(one, "name", entry.name);
        put_text(one, "device", entry.device);
        put(one, "size", sizes_of(entry.size, 3));
        (void)json_array_append_new(videos, one);
    }
    return wire_check_videometa(content, size);
}

static enum nav_status write_colortable(const uint8_t *content, size_t size, json_t *out)
{
    struct wire_colortable value;
    const enum nav_status status = wire_colortable_decode(content, size, &value);
    if (status == NAV_OK) {
        put_integer(out, "index_type", value.index_type);
        put_integer(out, "row_type", value.row_type);
        put_integer(out, "row_bytes", value.rows_size);
    }
    return status;
}

static enum nav_status write_polydata(const uint8_t *content, size_t size, json_t *out)
{
    static const char *const lists[WIRE_POLYDATA_LISTS] = {"vertices", "lines", "polygons",
                                                           "strips"};
    struct wire_polydata value;
    const enum nav_status status = wire_polydata_decode(content, size, &value);
    if (status != NAV_OK) {
        return status;
    }
    put_integer(out, "points", value.point_count);
    for (size_t i = 0; i < WIRE_POLYDATA_LISTS; ++i) {
        put_integer(out, lists[i], value.lists[i].count);
    }
    json_t *attributes = json_array();
    struct wire_polydata_attributes walk = wire_polydata_attributes_begin(&value);
    struct wire_polydata_attribute attribute;
    while (wire_polydata_next_attribute(&walk, &attribute)) {
        (void)json_array_append_new(attributes,
                                    link_json_text(attribute.name, strlen(attribute.name)));
    }
    put(out, "attributes", attributes);
    return NAV_OK;
}

static enum nav_status write_ndarray(const uint8_t *content, size_t size, json_t *out)
{
    struct wire_ndarray value;
    const enum nav_status status = wire_ndarray_decode(content, size, &value);
    if (status == NAV_OK) {
        put_integer(out, "scalar", value.scalar);
        put(out, "size", sizes_of(value.size, value.dimensions));
    }
    return status;
}

static enum nav_status write_bind(const uint8_t *content, size_t size, json_t *out)
{
    struct wire_bind value;
    const enum nav_status status = wire_bind_decode(content, size, &value);
    if (status != NAV_OK) {
        return status;
    }
    json_t *children = json_array();
    struct wire_bind_child child;
    while (wire_bind_next(&value, &child)) {
        json_t *one = json_object();
        put_text(one, "type", child.type);
        put_text(one, "name", child.name);
        put_integer(one, "bytes", child.content_size);
        (void)json_array_append_new(children, one);
    }
    put(out, "children", children);
    return NAV_OK;
}

/* Families by the name of their check in the list of kinds. */
#define write_resolution NULL
#define write_bind_get NULL
#define write_bind_start NULL

static const write_fn writers[WIRE_KINDS] = {
#define WRITER(kind, type, cap, named, check) [WIRE_KIND_##kind] = write_##check,
    WIRE_KIND_LIST(WRITER)
#undef WRITER
};

json_t *link_json_of_content(const struct wire_message *message)
{
    const write_fn writer = writers[message->kind];
    if (writer == NULL) {
        return NULL;
    }
    json_t *out = json_object();
    const enum nav_status status = writer(message->content, message->content_size, out);
    if (status != NAV_OK) {
        (void)json_object_clear(out);
        put(out, "refused", json_string(nav_status_text(status)));
    }
    return out;
}

static json_t *metadata_of(const struct wire_message *message)
{
    json_t *object = json_object();
    struct wire_metadata_walk walk = wire_metadata_begin(message);
    struct wire_metadata_entry entry;
    while (wire_metadata_next(&walk, &entry)) {
        json_t *key = link_json_text(entry.key, entry.key_size);
        put(object, json_string_value(key) != NULL ? json_string_value(key) : "?",
            link_json_text(entry.value, entry.value_size));
        json_decref(key);
    }
    return object;
}

json_t *link_json_of_message(const struct wire_message *message, bool with_data)
{
    json_t *object = json_object();
    put_text(object, "type", message->type);
    put_text(object, "device", message->device);
    put_integer(object, "version", message->version);
    char stamp[STAMP_SIZE];
    (void)snprintf(stamp, sizeof(stamp), "%016llx", (unsigned long long)message->stamp);
    put(object, "stamp_ns", json_integer(message->device_ns));
    put(object, "stamp", json_string(stamp));
    if (message->version == 2) {
        put_integer(object, "message_id", message->message_id);
        put(object, "metadata", metadata_of(message));
    }
    put_integer(object, "size", message->raw_size);
    json_t *content = link_json_of_content(message);
    const bool is_whole = content != NULL && wire_kind_cap(message->kind) != WIRE_CAP_BULK &&
                          json_object_get(content, "refused") == NULL;
    if (content != NULL) {
        put(object, "content", content);
    }
    if (with_data || (!is_whole && wire_kind_cap(message->kind) != WIRE_CAP_BULK)) {
        char *hex = link_hex(message->content, message->content_size);
        put(object, "content_hex", json_string(hex != NULL ? hex : ""));
        free(hex);
    }
    return object;
}
