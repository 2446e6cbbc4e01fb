/* JSON to messages. One function a family, which reads like its layout; the table behind them says
 * which type is whose. */
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

enum {
    PACK_ROOM = 1 << 20,
    METADATA_MAX = 256,
    INSTRUMENT_6D = 2,
    AT_TYPE = 2,
    AT_BODY_SIZE = 42,
    AT_CRC = 50
};

/* An object whose keys are read one after the other. Fails sticky: after the first error, which is
 * told in `why`, every key reads as nothing, and what is packed meanwhile is never handed out. */
struct source {
    const json_t *object;
    enum nav_status status;
    char *why;
    size_t why_size;
};

typedef void (*read_fn)(struct source *from, struct wire_writer *writer);

static void refuse(struct source *from, enum nav_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void refuse(struct source *from, enum nav_status status, const char *format, ...)
{
    if (from->status != NAV_OK) {
        return;
    }
    from->status = status;
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(from->why, from->why_size, format, arguments);
    va_end(arguments);
}

/* ---- values ---- */

/* A list of `least` to `most` numbers; returns their count. */
static size_t take_numbers(struct source *from, const char *key, double *out, size_t least,
                           size_t most)
{
    const json_t *array = json_object_get(from->object, key);
    const size_t count = json_array_size(array);
    if (count < least || count > most) {
        refuse(from, NAV_ERR_SYNTAX, "'%s' must be a list of %zu%s numbers", key, least,
               most > least ? " or more" : "");
        return 0;
    }
    for (size_t i = 0; i < count; ++i) {
        if (!link_json_take_number(json_array_get(array, i), &out[i])) {
            refuse(from, NAV_ERR_SYNTAX, "'%s': item %zu is not a number", key, i);
            return 0;
        }
    }
    return count;
}

static void take_floats(struct source *from, const char *key, float *out, size_t count)
{
    double values[16] = {0};
    (void)take_numbers(from, key, values, count, count);
    for (size_t i = 0; i < count; ++i) {
        out[i] = (float)values[i];
    }
}

/* A whole number; `fallback` when the key is missing. */
static int64_t take_integer(struct source *from, const char *key, int64_t min, int64_t max,
                            int64_t fallback)
{
    const json_t *value = json_object_get(from->object, key);
    if (value == NULL) {
        return fallback;
    }
    if (!json_is_integer(value) || json_integer_value(value) < min ||
        json_integer_value(value) > max) {
        refuse(from, NAV_ERR_RANGE, "'%s' must be a whole number, %lld to %lld", key,
               (long long)min, (long long)max);
        return fallback;
    }
    return json_integer_value(value);
}

static uint8_t take_u8(struct source *from, const char *key, uint8_t fallback)
{
    return (uint8_t)take_integer(from, key, 0, UINT8_MAX, fallback);
}

static uint16_t take_u16(struct source *from, const char *key, uint16_t fallback)
{
    return (uint16_t)take_integer(from, key, 0, UINT16_MAX, fallback);
}

static uint32_t take_u32(struct source *from, const char *key, uint32_t fallback)
{
    return (uint32_t)take_integer(from, key, 0, UINT32_MAX, fallback);
}

/* A text; empty when the key is missing. Never NULL. */
static const char *take_text(struct source *from, const char *key, size_t size_max)
{
    const json_t *value = json_object_get(from->object, key);
    const char *text = value != NULL ? json_string_value(value) : "";
    if (text == NULL) {
        refuse(from, NAV_ERR_SYNTAX, "'%s' must be a text", key);
        return "";
    }
    if (strlen(text) > size_max) {
        refuse(from, NAV_ERR_RANGE, "'%s' has more than %zu bytes", key, size_max);
        return "";
    }
    return text;
}

/* As take_text, into a field of `size` bytes with its NUL. Returns its length. */
static size_t copy_text(struct source *from, const char *key, char *out, size_t size)
{
    const char *text = take_text(from, key, size - 1);
    (void)snprintf(out, size, "%s", text);
    return strlen(out);
}

/* Eight bytes as 16 hexadecimal digits; `fallback` when the key is missing. */
static uint64_t take_u64_hex(struct source *from, const char *key, uint64_t fallback)
{
    const json_t *value = json_object_get(from->object, key);
    if (value == NULL) {
        return fallback;
    }
    size_t size = 0;
    uint8_t *bytes = link_json_take_hex(value, &size);
    uint64_t result = fallback;
    if (bytes != NULL && size == sizeof(result)) {
        result = wire_load_u64(bytes);
    } else {
        refuse(from, NAV_ERR_SYNTAX, "'%s' must be 16 hexadecimal digits", key);
    }
    free(bytes);
    return result;
}

static void take_colour(struct source *from, uint8_t out_rgba[4])
{
    double rgba[4] = {255, 255, 255, 255};
    if (json_object_get(from->object, "rgba") != NULL) {
        (void)take_numbers(from, "rgba", rgba, 4, 4);
    }
    for (size_t i = 0; i < 4; ++i) {
        if (!(rgba[i] >= 0 && rgba[i] <= 255)) {
            refuse(from, NAV_ERR_RANGE, "'rgba' must be 0 to 255");
            return;
        }
        out_rgba[i] = (uint8_t)rgba[i];
    }
}

static float take_diameter(struct source *from)
{
    double diameter = 0;
    const json_t *value = json_object_get(from->object, "diameter_mm");
    if (value != NULL && !link_json_take_number(value, &diameter)) {
        refuse(from, NAV_ERR_SYNTAX, "'diameter_mm' must be a number");
    }
    return (float)diameter;
}

/* 12 or 16 numbers row by row. */
static void take_matrix(struct source *from, struct wire_transform *out)
{
    double m[16] = {0};
    const size_t count = take_numbers(from, "matrix", m, 12, 16);
    if (count != 12 && count != 16) {
        refuse(from, NAV_ERR_SYNTAX, "'matrix' must be 12 or 16 numbers, row by row");
    }
    for (size_t row = 0; row < 3; ++row) {
        for (size_t column = 0; column < 3; ++column) {
            out->R[3 * row + column] = (float)m[4 * row + column];
        }
        out->t_mm[row] = (float)m[4 * row + 3];
    }
}

/* The list `key` of objects, each by `read_entry`. */
static void read_list(struct source *from, const char *key, read_fn read_entry,
                      struct wire_writer *writer)
{
    const json_t *object = from->object;
    const json_t *list = json_object_get(object, key);
    if (!json_is_array(list)) {
        refuse(from, NAV_ERR_SYNTAX, "'%s' must be a list", key);
        return;
    }
    for (size_t i = 0; i < json_array_size(list) && from->status == NAV_OK; ++i) {
        from->object = json_array_get(list, i);
        read_entry(from, writer);
    }
    from->object = object;
}

/* ---- families ---- */

static void read_transform(struct source *from, struct wire_writer *writer)
{
    struct wire_transform transform;
    take_matrix(from, &transform);
    wire_transform_encode(writer, &transform);
}

static void read_position(struct source *from, struct wire_writer *writer)
{
    struct wire_position position = {.form = WIRE_POSITION_ONLY};
    take_floats(from, "position_mm", position.t_mm, 3);
    if (json_object_get(from->object, "quaternion") != NULL) {
        position.form = WIRE_POSITION_FULL;
        take_floats(from, "quaternion", position.q, 4);
    }
    const int64_t bytes =
        take_integer(from, "bytes", WIRE_POSITION_ONLY, WIRE_POSITION_FULL, (int64_t)position.form);
    if (bytes != WIRE_POSITION_ONLY && bytes != WIRE_POSITION_WITHOUT_W &&
        bytes != WIRE_POSITION_FULL) {
        refuse(from, NAV_ERR_RANGE, "'bytes' must be 12, 24 or 28");
        return;
    }
    position.form = (enum wire_position_form)bytes;
    wire_position_encode(writer, &position);
}

static void read_tdata_tool(struct source *from, struct wire_writer *writer)
{
    struct wire_tdata_tool tool = {.instrument = take_u8(from, "instrument", INSTRUMENT_6D)};
    tool.name_length = (uint8_t)copy_text(from, "name", tool.name, sizeof(tool.name));
    take_matrix(from, &tool.pose);
    wire_tdata_tool_encode(writer, &tool);
}

static void read_tdata(struct source *from, struct wire_writer *writer)
{
    read_list(from, "tools", read_tdata_tool, writer);
}

static void read_qtdata_tool(struct source *from, struct wire_writer *writer)
{
    struct wire_qtdata_tool tool = {.instrument = take_u8(from, "instrument", INSTRUMENT_6D)};
    tool.name_length = (uint8_t)copy_text(from, "name", tool.name, sizeof(tool.name));
    take_floats(from, "position_mm", tool.t_mm, 3);
    take_floats(from, "quaternion", tool.q, 4);
    wire_qtdata_tool_encode(writer, &tool);
}

static void read_qtdata(struct source *from, struct wire_writer *writer)
{
    read_list(from, "tools", read_qtdata_tool, writer);
}

static void read_status(struct source *from, struct wire_writer *writer)
{
    struct wire_status value = {
        .code = take_u16(from, "code", WIRE_STATUS_OK),
        .subcode = take_integer(from, "subcode", INT64_MIN, INT64_MAX, 0),
        .message = take_text(from, "message", PACK_ROOM / 2),
    };
    (void)copy_text(from, "error_name", value.error_name, sizeof(value.error_name));
    value.message_length = strlen(value.message);
    value.message_size = value.message_length + 1;
    wire_status_encode(writer, &value);
}

static void read_string(struct source *from, struct wire_writer *writer)
{
    struct wire_string value = {
        .encoding = take_u16(from, "encoding", WIRE_ENCODING_ASCII),
        .text = take_text(from, "text", UINT16_MAX),
    };
    value.length = (uint16_t)strlen(value.text);
    wire_string_encode(writer, &value);
}

static void read_command(struct source *from, struct wire_writer *writer)
{
    struct wire_command value = {
        .id = take_u32(from, "id", 1),
        .encoding = take_u16(from, "encoding", WIRE_ENCODING_ASCII),
        .text = take_text(from, "text", PACK_ROOM / 2),
    };
    (void)copy_text(from, "name", value.name, sizeof(value.name));
    value.length = (uint32_t)strlen(value.text);
    wire_command_encode(writer, &value);
}

static void read_capability(struct source *from, struct wire_writer *writer)
{
    const json_t *types = json_object_get(from->object, "types");
    if (!json_is_array(types)) {
        refuse(from, NAV_ERR_SYNTAX, "'types' must be a list");
    }
    for (size_t i = 0; i < json_array_size(types); ++i) {
        const char *type = json_string_value(json_array_get(types, i));
        if (type == NULL || type[0] == '\0' || strlen(type) > WIRE_TYPE_SIZE) {
            refuse(from, NAV_ERR_RANGE, "'types': item %zu must have 1 to %d bytes", i,
                   WIRE_TYPE_SIZE);
            return;
        }
        wire_capability_encode(writer, type);
    }
}

static void read_one_point(struct source *from, struct wire_writer *writer)
{
    struct wire_point_entry point = {.diameter_mm = take_diameter(from)};
    (void)copy_text(from, "name", point.name, sizeof(point.name));
    (void)copy_text(from, "group", point.group, sizeof(point.group));
    (void)copy_text(from, "owner", point.owner, sizeof(point.owner));
    take_colour(from, point.rgba);
    take_floats(from, "position_mm", point.position_mm, 3);
    wire_point_encode(writer, &point);
}

static void read_point(struct source *from, struct wire_writer *writer)
{
    read_list(from, "points", read_one_point, writer);
}

static void read_one_trajectory(struct source *from, struct wire_writer *writer)
{
    struct wire_trajectory_entry value = {
        .points = take_u8(from, "points", WIRE_TRAJECTORY_BOTH),
        .diameter_mm = take_diameter(from),
    };
    (void)copy_text(from, "name", value.name, sizeof(value.name));
    (void)copy_text(from, "group", value.group, sizeof(value.group));
    (void)copy_text(from, "owner", value.owner, sizeof(value.owner));
    take_colour(from, value.rgba);
    take_floats(from, "entry_mm", value.entry_mm, 3);
    take_floats(from, "target_mm", value.target_mm, 3);
    wire_trajectory_encode(writer, &value);
}

static void read_trajectory(struct source *from, struct wire_writer *writer)
{
    read_list(from, "trajectories", read_one_trajectory, writer);
}

static void read_sensor(struct source *from, struct wire_writer *writer)
{
    struct wire_sensor value = {
        .status = take_u8(from, "status", 0),
        .unit = (uint64_t)take_integer(from, "unit", INT64_MIN, INT64_MAX, 0),
    };
    value.count = (uint8_t)take_numbers(from, "values", value.values, 0, WIRE_SENSOR_VALUES_MAX);
    wire_sensor_encode(writer, &value);
}

static void read_stream_start(struct source *from, struct wire_writer *writer)
{
    struct wire_stream_start value = {.resolution_ms = take_u32(from, "resolution_ms", 0)};
    (void)copy_text(from, "coordinate_name", value.coordinate_name, sizeof(value.coordinate_name));
    wire_stream_start_encode(writer, &value);
}

static void read_stream_status(struct source *from, struct wire_writer *writer)
{
    wire_stream_status_encode(writer, take_u8(from, "status", 0));
}

static void read_empty(struct source *from, struct wire_writer *writer)
{
    (void)from;
    (void)writer;
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

/* ---- messages ---- */

static void pack_content(struct source *from, enum wire_kind kind, struct wire_writer *writer)
{
    const json_t *hex = json_object_get(from->object, "content_hex");
    if (hex != NULL) {
        size_t size = 0;
        uint8_t *bytes = link_json_take_hex(hex, &size);
        if (bytes == NULL) {
            refuse(from, NAV_ERR_SYNTAX, "'content_hex' must be pairs of hexadecimal digits");
            return;
        }
        wire_write_bytes(writer, bytes, size);
        free(bytes);
        return;
    }
    if (readers[kind] == NULL) {
        refuse(from, NAV_ERR_UNSUPPORTED, "this type needs 'content_hex'");
        return;
    }
    const json_t *message = from->object;
    from->object = json_object_get(message, "content");
    readers[kind](from, writer);
    from->object = message;
}

/* Returns their count. */
static size_t take_metadata(struct source *from, struct wire_metadata_entry *entries)
{
    json_t *metadata = json_object_get(from->object, "metadata");
    if (metadata == NULL) {
        return 0;
    }
    if (!json_is_object(metadata) || json_object_size(metadata) > METADATA_MAX) {
        refuse(from, NAV_ERR_SYNTAX, "'metadata' must be an object of at most %d texts",
               METADATA_MAX);
        return 0;
    }
    size_t count = 0;
    const char *key = NULL;
    json_t *value = NULL;
    json_object_foreach(metadata, key, value)
    {
        if (!json_is_string(value)) {
            refuse(from, NAV_ERR_SYNTAX, "'metadata': '%s' must be a text", key);
            return 0;
        }
        entries[count++] = wire_metadata_text(key, json_string_value(value));
    }
    return count;
}

/* Wrong on purpose: what "crc", "body_size" and an unknown "type" ask for. */
static void apply_overrides(struct source *from, const char *type, uint8_t *bytes, size_t size)
{
    char field[WIRE_TYPE_SIZE + 1] = {0};
    (void)snprintf(field, sizeof(field), "%s", type);
    memcpy(bytes + AT_TYPE, field, WIRE_TYPE_SIZE);
    wire_store_u64(bytes + AT_CRC, take_u64_hex(from, "crc", wire_load_u64(bytes + AT_CRC)));
    const int64_t body_size = (int64_t)(size - WIRE_HEADER_SIZE);
    wire_store_u64(bytes + AT_BODY_SIZE,
                   (uint64_t)take_integer(from, "body_size", 0, INT64_MAX, body_size));
}

static void pack(struct source *from, int64_t default_stamp_ns, struct wire_writer *writer)
{
    if (!json_is_object(from->object)) {
        refuse(from, NAV_ERR_SYNTAX, "a message must be an object");
        return;
    }
    const bool has_metadata = json_object_get(from->object, "metadata") != NULL;
    const char *type = take_text(from, "type", WIRE_TYPE_SIZE);
    if (type[0] == '\0') {
        refuse(from, NAV_ERR_SYNTAX, "a message needs a 'type'");
    }
    const struct wire_pack_head head = {
        .version = (uint16_t)take_integer(from, "version", 1, 2, has_metadata ? 2 : 1),
        .kind = wire_kind_of(type),
        .device = take_text(from, "device", WIRE_DEVICE_SIZE),
        .utc_ns = take_integer(from, "stamp_ns", 0, INT64_MAX, default_stamp_ns),
        .stamp = take_u64_hex(from, "stamp", 0),
        .message_id = take_u32(from, "message_id", 0)};
    struct wire_metadata_entry entries[METADATA_MAX];
    const size_t entry_count = take_metadata(from, entries);
    const struct wire_pack message = wire_pack_begin(writer, &head);
    pack_content(from, head.kind, writer);
    if (from->status != NAV_OK) {
        return;
    }
    const enum nav_status status = wire_pack_end(&message, entries, entry_count);
    if (status != NAV_OK) {
        refuse(from, status, "cannot pack it: %s", nav_status_text(status));
        return;
    }
    apply_overrides(from, type, writer->bytes, writer->size);
}

enum nav_status link_json_pack(const json_t *object, int64_t default_stamp_ns, uint8_t **out_bytes,
                               size_t *out_size, char *why, size_t why_size)
{
    struct source from = {.object = object, .why = why, .why_size = why_size};
    const char *hex = json_string_value(json_object_get(object, "content_hex"));
    const size_t room = PACK_ROOM + (hex != NULL ? strlen(hex) / 2 : 0);
    uint8_t *bytes = malloc(room);
    if (bytes == NULL) {
        refuse(&from, NAV_ERR_MEMORY, "out of memory");
        return from.status;
    }
    struct wire_writer writer = wire_writer_of(bytes, room);
    pack(&from, default_stamp_ns, &writer);
    if (from.status != NAV_OK) {
        free(bytes);
        return from.status;
    }
    *out_bytes = bytes;
    *out_size = writer.size;
    return NAV_OK;
}
