/* JSON to messages. One function a family; the table at the end says which type is whose. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "link_json.h"
#include "link_json_values.h"
#include "nav/limits.h"
#include "wire_capability.h"
#include "wire_command.h"
#include "wire_crc64.h"
#include "wire_metadata.h"
#include "wire_pack.h"
#include "wire_point.h"
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

enum { PACK_ROOM = 1 << 20, METADATA_MAX = 256, AT_TYPE = 2, AT_BODY_SIZE = 42, AT_CRC = 50 };

/* What is wrong, for people. */
struct complaint {
    char *text;
    size_t size;
};

typedef enum nav_status (*read_fn)(const json_t *content, struct wire_writer *writer,
                                   struct complaint *why);

static enum nav_status refuse(struct complaint *why, enum nav_status status, const char *format,
                              ...) __attribute__((format(printf, 3, 4)));

static enum nav_status refuse(struct complaint *why, enum nav_status status, const char *format,
                              ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(why->text, why->size, format, arguments);
    va_end(arguments);
    return status;
}

static enum nav_status take_numbers(const json_t *object, const char *key, double *out,
                                    size_t least, size_t most, size_t *out_count,
                                    struct complaint *why)
{
    const json_t *array = json_object_get(object, key);
    const size_t count = json_array_size(array);
    if (count < least || count > most) {
        return refuse(why, NAV_ERR_SYNTAX, "'%s' must be a list of %zu%s numbers", key, least,
                      most > least ? " or more" : "");
    }
    for (size_t i = 0; i < count; ++i) {
        if (!link_json_take_number(json_array_get(array, i), &out[i])) {
            return refuse(why, NAV_ERR_SYNTAX, "'%s': item %zu is not a number", key, i);
        }
    }
    if (out_count != NULL) {
        *out_count = count;
    }
    return NAV_OK;
}

static enum nav_status take_floats(const json_t *object, const char *key, float *out, size_t count,
                                   struct complaint *why)
{
    double values[16];
    const enum nav_status status = take_numbers(object, key, values, count, count, NULL, why);
    for (size_t i = 0; status == NAV_OK && i < count; ++i) {
        out[i] = (float)values[i];
    }
    return status;
}

/* A whole number; `fallback` when the key is missing. */
static enum nav_status take_integer(const json_t *object, const char *key, int64_t min, int64_t max,
                                    int64_t fallback, int64_t *out, struct complaint *why)
{
    const json_t *value = json_object_get(object, key);
    if (value == NULL) {
        *out = fallback;
        return NAV_OK;
    }
    if (!json_is_integer(value) || json_integer_value(value) < min ||
        json_integer_value(value) > max) {
        return refuse(why, NAV_ERR_RANGE, "'%s' must be a whole number, %lld to %lld", key,
                      (long long)min, (long long)max);
    }
    *out = json_integer_value(value);
    return NAV_OK;
}

/* A text; empty when the key is missing. */
static enum nav_status take_text(const json_t *object, const char *key, size_t size_max,
                                 const char **out, struct complaint *why)
{
    const json_t *value = json_object_get(object, key);
    *out = value != NULL ? json_string_value(value) : "";
    if (*out == NULL) {
        return refuse(why, NAV_ERR_SYNTAX, "'%s' must be a text", key);
    }
    if (strlen(*out) > size_max) {
        return refuse(why, NAV_ERR_RANGE, "'%s' has more than %zu bytes", key, size_max);
    }
    return NAV_OK;
}

/* As take_text, into a field of `size` bytes with its NUL. */
static enum nav_status copy_text(const json_t *object, const char *key, char *out, size_t size,
                                 struct complaint *why)
{
    const char *text = NULL;
    const enum nav_status status = take_text(object, key, size - 1, &text, why);
    if (status == NAV_OK) {
        (void)snprintf(out, size, "%s", text);
    }
    return status;
}

static enum nav_status take_colour(const json_t *object, uint8_t out_rgba[4], struct complaint *why)
{
    double rgba[4] = {255, 255, 255, 255};
    if (json_object_get(object, "rgba") != NULL) {
        const enum nav_status status = take_numbers(object, "rgba", rgba, 4, 4, NULL, why);
        if (status != NAV_OK) {
            return status;
        }
    }
    for (size_t i = 0; i < 4; ++i) {
        if (!(rgba[i] >= 0 && rgba[i] <= 255)) {
            return refuse(why, NAV_ERR_RANGE, "'rgba' must be 0 to 255");
        }
        out_rgba[i] = (uint8_t)rgba[i];
    }
    return NAV_OK;
}

/* 12 or 16 numbers row by row. */
static enum nav_status take_matrix(const json_t *object, struct wire_transform *out,
                                   struct complaint *why)
{
    double m[16];
    size_t count = 0;
    const enum nav_status status = take_numbers(object, "matrix", m, 12, 16, &count, why);
    if (status != NAV_OK) {
        return status;
    }
    if (count != 12 && count != 16) {
        return refuse(why, NAV_ERR_SYNTAX, "'matrix' must be 12 or 16 numbers, row by row");
    }
    for (size_t row = 0; row < 3; ++row) {
        for (size_t column = 0; column < 3; ++column) {
            out->R[3 * row + column] = (float)m[4 * row + column];
        }
        out->t_mm[row] = (float)m[4 * row + 3];
    }
    return NAV_OK;
}

static enum nav_status read_transform(const json_t *content, struct wire_writer *writer,
                                      struct complaint *why)
{
    struct wire_transform transform;
    const enum nav_status status = take_matrix(content, &transform, why);
    if (status == NAV_OK) {
        wire_transform_encode(writer, &transform);
    }
    return status;
}

static enum nav_status read_position(const json_t *content, struct wire_writer *writer,
                                     struct complaint *why)
{
    struct wire_position position = {.form = WIRE_POSITION_FULL};
    enum nav_status status = take_floats(content, "position_mm", position.t_mm, 3, why);
    int64_t bytes = WIRE_POSITION_ONLY;
    if (status == NAV_OK && json_object_get(content, "quaternion") != NULL) {
        bytes = WIRE_POSITION_FULL;
        status = take_floats(content, "quaternion", position.q, 4, why);
    }
    if (status == NAV_OK) {
        status = take_integer(content, "bytes", WIRE_POSITION_ONLY, WIRE_POSITION_FULL, bytes,
                              &bytes, why);
    }
    if (status == NAV_OK && bytes != WIRE_POSITION_ONLY && bytes != WIRE_POSITION_WITHOUT_W &&
        bytes != WIRE_POSITION_FULL) {
        return refuse(why, NAV_ERR_RANGE, "'bytes' must be 12, 24 or 28");
    }
    if (status == NAV_OK) {
        position.form = (enum wire_position_form)bytes;
        wire_position_encode(writer, &position);
    }
    return status;
}

/* Walks the list `key` of objects. */
typedef enum nav_status (*entry_fn)(const json_t *entry, struct wire_writer *writer,
                                    struct complaint *why);

static enum nav_status read_list(const json_t *content, const char *key, entry_fn read_entry,
                                 struct wire_writer *writer, struct complaint *why)
{
    const json_t *list = json_object_get(content, key);
    if (!json_is_array(list)) {
        return refuse(why, NAV_ERR_SYNTAX, "'%s' must be a list", key);
    }
    for (size_t i = 0; i < json_array_size(list); ++i) {
        const enum nav_status status = read_entry(json_array_get(list, i), writer, why);
        if (status != NAV_OK) {
            return status;
        }
    }
    return NAV_OK;
}

static enum nav_status read_tdata_tool(const json_t *entry, struct wire_writer *writer,
                                       struct complaint *why)
{
    struct wire_tdata_tool tool = {.instrument = 0};
    int64_t instrument = 0;
    enum nav_status status = copy_text(entry, "name", tool.name, sizeof(tool.name), why);
    if (status == NAV_OK) {
        status = take_integer(entry, "instrument", 0, 255, 2, &instrument, why);
    }
    if (status == NAV_OK) {
        status = take_matrix(entry, &tool.pose, why);
    }
    if (status == NAV_OK) {
        tool.name_length = (uint8_t)strlen(tool.name);
        tool.instrument = (uint8_t)instrument;
        wire_tdata_tool_encode(writer, &tool);
    }
    return status;
}

static enum nav_status read_tdata(const json_t *content, struct wire_writer *writer,
                                  struct complaint *why)
{
    return read_list(content, "tools", read_tdata_tool, writer, why);
}

static enum nav_status read_qtdata_tool(const json_t *entry, struct wire_writer *writer,
                                        struct complaint *why)
{
    struct wire_qtdata_tool tool = {.instrument = 0};
    int64_t instrument = 0;
    enum nav_status status = copy_text(entry, "name", tool.name, sizeof(tool.name), why);
    if (status == NAV_OK) {
        status = take_integer(entry, "instrument", 0, 255, 2, &instrument, why);
    }
    if (status == NAV_OK) {
        status = take_floats(entry, "position_mm", tool.t_mm, 3, why);
    }
    if (status == NAV_OK) {
        status = take_floats(entry, "quaternion", tool.q, 4, why);
    }
    if (status == NAV_OK) {
        tool.name_length = (uint8_t)strlen(tool.name);
        tool.instrument = (uint8_t)instrument;
        wire_qtdata_tool_encode(writer, &tool);
    }
    return status;
}

static enum nav_status read_qtdata(const json_t *content, struct wire_writer *writer,
                                   struct complaint *why)
{
    return read_list(content, "tools", read_qtdata_tool, writer, why);
}

static enum nav_status read_status(const json_t *content, struct wire_writer *writer,
                                   struct complaint *why)
{
    struct wire_status value = {.code = 0};
    int64_t code = 0;
    enum nav_status status = take_integer(content, "code", 0, UINT16_MAX, 1, &code, why);
    if (status == NAV_OK) {
        status = take_integer(content, "subcode", INT64_MIN, INT64_MAX, 0, &value.subcode, why);
    }
    if (status == NAV_OK) {
        status = copy_text(content, "error_name", value.error_name, sizeof(value.error_name), why);
    }
    if (status == NAV_OK) {
        status = take_text(content, "message", PACK_ROOM / 2, &value.message, why);
    }
    if (status == NAV_OK) {
        value.code = (uint16_t)code;
        value.message_length = strlen(value.message);
        value.message_size = value.message_length + 1;
        wire_status_encode(writer, &value);
    }
    return status;
}

static enum nav_status read_string(const json_t *content, struct wire_writer *writer,
                                   struct complaint *why)
{
    struct wire_string value = {.encoding = 0};
    int64_t encoding = 0;
    enum nav_status status =
        take_integer(content, "encoding", 0, UINT16_MAX, WIRE_ENCODING_ASCII, &encoding, why);
    if (status == NAV_OK) {
        status = take_text(content, "text", UINT16_MAX, &value.text, why);
    }
    if (status == NAV_OK) {
        value.encoding = (uint16_t)encoding;
        value.length = (uint16_t)strlen(value.text);
        wire_string_encode(writer, &value);
    }
    return status;
}

static enum nav_status read_command(const json_t *content, struct wire_writer *writer,
                                    struct complaint *why)
{
    struct wire_command value = {.id = 0};
    int64_t id = 0;
    int64_t encoding = 0;
    enum nav_status status = take_integer(content, "id", 0, UINT32_MAX, 1, &id, why);
    if (status == NAV_OK) {
        status =
            take_integer(content, "encoding", 0, UINT16_MAX, WIRE_ENCODING_ASCII, &encoding, why);
    }
    if (status == NAV_OK) {
        status = copy_text(content, "name", value.name, sizeof(value.name), why);
    }
    if (status == NAV_OK) {
        status = take_text(content, "text", PACK_ROOM / 2, &value.text, why);
    }
    if (status == NAV_OK) {
        value.id = (uint32_t)id;
        value.encoding = (uint16_t)encoding;
        value.length = (uint32_t)strlen(value.text);
        wire_command_encode(writer, &value);
    }
    return status;
}

static enum nav_status read_capability(const json_t *content, struct wire_writer *writer,
                                       struct complaint *why)
{
    const json_t *types = json_object_get(content, "types");
    if (!json_is_array(types)) {
        return refuse(why, NAV_ERR_SYNTAX, "'types' must be a list");
    }
    for (size_t i = 0; i < json_array_size(types); ++i) {
        const char *type = json_string_value(json_array_get(types, i));
        if (type == NULL || type[0] == '\0' || strlen(type) > WIRE_TYPE_SIZE) {
            return refuse(why, NAV_ERR_RANGE, "'types': item %zu must have 1 to %d bytes", i,
                          WIRE_TYPE_SIZE);
        }
        wire_capability_encode(writer, type);
    }
    return NAV_OK;
}

static enum nav_status take_diameter(const json_t *entry, float *out, struct complaint *why)
{
    double diameter = 0;
    const json_t *value = json_object_get(entry, "diameter_mm");
    if (value != NULL && !link_json_take_number(value, &diameter)) {
        return refuse(why, NAV_ERR_SYNTAX, "'diameter_mm' must be a number");
    }
    *out = (float)diameter;
    return NAV_OK;
}

static enum nav_status read_one_point(const json_t *entry, struct wire_writer *writer,
                                      struct complaint *why)
{
    struct wire_point_entry point = {.diameter_mm = 0};
    enum nav_status status = copy_text(entry, "name", point.name, sizeof(point.name), why);
    if (status == NAV_OK) {
        status = copy_text(entry, "group", point.group, sizeof(point.group), why);
    }
    if (status == NAV_OK) {
        status = copy_text(entry, "owner", point.owner, sizeof(point.owner), why);
    }
    if (status == NAV_OK) {
        status = take_colour(entry, point.rgba, why);
    }
    if (status == NAV_OK) {
        status = take_floats(entry, "position_mm", point.position_mm, 3, why);
    }
    if (status == NAV_OK) {
        status = take_diameter(entry, &point.diameter_mm, why);
    }
    if (status == NAV_OK) {
        wire_point_encode(writer, &point);
    }
    return status;
}

static enum nav_status read_point(const json_t *content, struct wire_writer *writer,
                                  struct complaint *why)
{
    return read_list(content, "points", read_one_point, writer, why);
}

static enum nav_status read_one_trajectory(const json_t *entry, struct wire_writer *writer,
                                           struct complaint *why)
{
    struct wire_trajectory_entry value = {.points = 0};
    int64_t points = 0;
    enum nav_status status = copy_text(entry, "name", value.name, sizeof(value.name), why);
    if (status == NAV_OK) {
        status = copy_text(entry, "group", value.group, sizeof(value.group), why);
    }
    if (status == NAV_OK) {
        status = copy_text(entry, "owner", value.owner, sizeof(value.owner), why);
    }
    if (status == NAV_OK) {
        status = take_integer(entry, "points", 0, 255, WIRE_TRAJECTORY_BOTH, &points, why);
    }
    if (status == NAV_OK) {
        status = take_colour(entry, value.rgba, why);
    }
    if (status == NAV_OK) {
        status = take_floats(entry, "entry_mm", value.entry_mm, 3, why);
    }
    if (status == NAV_OK) {
        status = take_floats(entry, "target_mm", value.target_mm, 3, why);
    }
    if (status == NAV_OK) {
        status = take_diameter(entry, &value.diameter_mm, why);
    }
    if (status == NAV_OK) {
        value.points = (uint8_t)points;
        wire_trajectory_encode(writer, &value);
    }
    return status;
}

static enum nav_status read_trajectory(const json_t *content, struct wire_writer *writer,
                                       struct complaint *why)
{
    return read_list(content, "trajectories", read_one_trajectory, writer, why);
}

static enum nav_status read_sensor(const json_t *content, struct wire_writer *writer,
                                   struct complaint *why)
{
    struct wire_sensor value = {.count = 0};
    size_t count = 0;
    int64_t state = 0;
    int64_t unit = 0;
    enum nav_status status =
        take_numbers(content, "values", value.values, 0, WIRE_SENSOR_VALUES_MAX, &count, why);
    if (status == NAV_OK) {
        status = take_integer(content, "status", 0, 255, 0, &state, why);
    }
    if (status == NAV_OK) {
        status = take_integer(content, "unit", INT64_MIN, INT64_MAX, 0, &unit, why);
    }
    if (status == NAV_OK) {
        value.count = (uint8_t)count;
        value.status = (uint8_t)state;
        value.unit = (uint64_t)unit;
        wire_sensor_encode(writer, &value);
    }
    return status;
}

static enum nav_status read_stream_start(const json_t *content, struct wire_writer *writer,
                                         struct complaint *why)
{
    struct wire_stream_start value = {.resolution_ms = 0};
    int64_t resolution_ms = 0;
    enum nav_status status =
        take_integer(content, "resolution_ms", 0, UINT32_MAX, 0, &resolution_ms, why);
    if (status == NAV_OK) {
        status = copy_text(content, "coordinate_name", value.coordinate_name,
                           sizeof(value.coordinate_name), why);
    }
    if (status == NAV_OK) {
        value.resolution_ms = (uint32_t)resolution_ms;
        wire_stream_start_encode(writer, &value);
    }
    return status;
}

static enum nav_status read_stream_status(const json_t *content, struct wire_writer *writer,
                                          struct complaint *why)
{
    int64_t value = 0;
    const enum nav_status status = take_integer(content, "status", 0, 255, 0, &value, why);
    if (status == NAV_OK) {
        wire_stream_status_encode(writer, (uint8_t)value);
    }
    return status;
}

static enum nav_status read_empty(const json_t *content, struct wire_writer *writer,
                                  struct complaint *why)
{
    (void)content;
    (void)writer;
    (void)why;
    return NAV_OK;
}

/* Families by the name of their check in the list of kinds; the others need content_hex. */
#define read_resolution NULL
#define read_bind NULL
#define read_bind_get NULL
#define read_bind_start NULL
#define read_imgmeta NULL
#define read_lbmeta NULL
#define read_image NULL
#define read_video NULL
#define read_video_start NULL
#define read_videometa NULL
#define read_colortable NULL
#define read_polydata NULL
#define read_ndarray NULL

static const read_fn readers[WIRE_KINDS] = {
#define READER(kind, type, cap, named, check) [WIRE_KIND_##kind] = read_##check,
    WIRE_KIND_LIST(READER)
#undef READER
};

static enum nav_status pack_content(const json_t *object, enum wire_kind kind,
                                    struct wire_writer *writer, struct complaint *why)
{
    const json_t *hex = json_object_get(object, "content_hex");
    if (hex != NULL) {
        size_t size = 0;
        uint8_t *bytes = link_json_take_hex(hex, &size);
        if (bytes == NULL) {
            return refuse(why, NAV_ERR_SYNTAX, "'content_hex' must be pairs of hexadecimal digits");
        }
        wire_write_bytes(writer, bytes, size);
        free(bytes);
        return NAV_OK;
    }
    if (readers[kind] == NULL) {
        return refuse(why, NAV_ERR_UNSUPPORTED, "this type needs 'content_hex'");
    }
    return readers[kind](json_object_get(object, "content"), writer, why);
}

static enum nav_status take_metadata(const json_t *object, struct wire_metadata_entry *entries,
                                     size_t *out_count, struct complaint *why)
{
    json_t *metadata = json_object_get(object, "metadata");
    *out_count = 0;
    if (metadata == NULL) {
        return NAV_OK;
    }
    if (!json_is_object(metadata) || json_object_size(metadata) > METADATA_MAX) {
        return refuse(why, NAV_ERR_SYNTAX, "'metadata' must be an object of at most %d texts",
                      METADATA_MAX);
    }
    const char *key = NULL;
    json_t *value = NULL;
    json_object_foreach(metadata, key, value)
    {
        if (!json_is_string(value)) {
            return refuse(why, NAV_ERR_SYNTAX, "'metadata': '%s' must be a text", key);
        }
        entries[*out_count] = wire_metadata_text(key, json_string_value(value));
        ++*out_count;
    }
    return NAV_OK;
}

/* Eight bytes as 16 hexadecimal digits; untouched when the key is missing. */
static enum nav_status take_u64_hex(const json_t *object, const char *key, uint64_t *out,
                                    struct complaint *why)
{
    const json_t *value = json_object_get(object, key);
    if (value == NULL) {
        return NAV_OK;
    }
    size_t size = 0;
    uint8_t *bytes = link_json_take_hex(value, &size);
    const bool fits = bytes != NULL && size == sizeof(*out);
    if (fits) {
        *out = wire_load_u64(bytes);
    }
    free(bytes);
    return fits ? NAV_OK : refuse(why, NAV_ERR_SYNTAX, "'%s' must be 16 hexadecimal digits", key);
}

/* Wrong on purpose: what "crc", "body_size" and an unknown "type" ask for. */
static enum nav_status apply_overrides(const json_t *object, const char *type, uint8_t *bytes,
                                       size_t size, struct complaint *why)
{
    char field[WIRE_TYPE_SIZE + 1] = {0};
    (void)snprintf(field, sizeof(field), "%s", type);
    memcpy(bytes + AT_TYPE, field, WIRE_TYPE_SIZE);
    uint64_t crc = wire_load_u64(bytes + AT_CRC);
    enum nav_status status = take_u64_hex(object, "crc", &crc, why);
    if (status != NAV_OK) {
        return status;
    }
    wire_store_u64(bytes + AT_CRC, crc);
    int64_t body_size = 0;
    status = take_integer(object, "body_size", 0, INT64_MAX, (int64_t)(size - WIRE_HEADER_SIZE),
                          &body_size, why);
    if (status == NAV_OK) {
        wire_store_u64(bytes + AT_BODY_SIZE, (uint64_t)body_size);
    }
    return status;
}

static enum nav_status pack(const json_t *object, int64_t default_stamp_ns,
                            struct wire_writer *writer, struct complaint *why)
{
    const char *type = NULL;
    const char *device = NULL;
    int64_t version = 0;
    int64_t stamp_ns = 0;
    int64_t message_id = 0;
    uint64_t stamp = 0;
    struct wire_metadata_entry entries[METADATA_MAX];
    size_t entry_count = 0;
    if (!json_is_object(object)) {
        return refuse(why, NAV_ERR_SYNTAX, "a message must be an object");
    }
    enum nav_status status = take_text(object, "type", WIRE_TYPE_SIZE, &type, why);
    if (status == NAV_OK) {
        status = take_text(object, "device", WIRE_DEVICE_SIZE, &device, why);
    }
    if (status == NAV_OK) {
        status = take_integer(object, "version", 1, 2,
                              json_object_get(object, "metadata") != NULL ? 2 : 1, &version, why);
    }
    if (status == NAV_OK) {
        status = take_integer(object, "stamp_ns", 0, INT64_MAX, default_stamp_ns, &stamp_ns, why);
    }
    if (status == NAV_OK) {
        status = take_u64_hex(object, "stamp", &stamp, why);
    }
    if (status == NAV_OK) {
        status = take_integer(object, "message_id", 0, UINT32_MAX, 0, &message_id, why);
    }
    if (status == NAV_OK) {
        status = take_metadata(object, entries, &entry_count, why);
    }
    if (status != NAV_OK) {
        return status;
    }
    if (type[0] == '\0') {
        return refuse(why, NAV_ERR_SYNTAX, "a message needs a 'type'");
    }
    const enum wire_kind kind = wire_kind_of(type);
    const struct wire_pack_head head = {.version = (uint16_t)version,
                                        .kind = kind,
                                        .device = device,
                                        .utc_ns = stamp_ns,
                                        .stamp = stamp,
                                        .message_id = (uint32_t)message_id};
    const struct wire_pack message = wire_pack_begin(writer, &head);
    status = pack_content(object, kind, writer, why);
    if (status != NAV_OK) {
        return status;
    }
    status = wire_pack_end(&message, entries, entry_count);
    if (status != NAV_OK) {
        return refuse(why, status, "cannot pack it: %s", nav_status_text(status));
    }
    return apply_overrides(object, type, writer->bytes, writer->size, why);
}

enum nav_status link_json_pack(const json_t *object, int64_t default_stamp_ns, uint8_t **out_bytes,
                               size_t *out_size, char *why, size_t why_size)
{
    struct complaint complaint = {.text = why, .size = why_size};
    const char *hex = json_string_value(json_object_get(object, "content_hex"));
    const size_t room = PACK_ROOM + (hex != NULL ? strlen(hex) / 2 : 0);
    uint8_t *bytes = malloc(room);
    if (bytes == NULL) {
        return refuse(&complaint, NAV_ERR_MEMORY, "out of memory");
    }
    struct wire_writer writer = wire_writer_of(bytes, room);
    const enum nav_status status = pack(object, default_stamp_ns, &writer, &complaint);
    if (status != NAV_OK) {
        free(bytes);
        return status;
    }
    *out_bytes = bytes;
    *out_size = writer.size;
    return NAV_OK;
}
