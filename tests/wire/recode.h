/* Takes a message apart by its family and puts it together again. What comes out must be what went
 * in: used on golden messages and on everything that the fuzzers find. */
#ifndef RECODE_H
#define RECODE_H

#include "wire_bind.h"
#include "wire_capability.h"
#include "wire_colortable.h"
#include "wire_command.h"
#include "wire_image.h"
#include "wire_imgmeta.h"
#include "wire_lbmeta.h"
#include "wire_message.h"
#include "wire_metadata.h"
#include "wire_ndarray.h"
#include "wire_pack.h"
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

enum { RECODE_CHILDREN_MAX = 4096, RECODE_ENTRIES_MAX = 8192 };

/* Entries of a list, one after the other, until the reader says that there is none. */
#define RECODE_LIST(at, encode, type)                                                              \
    do {                                                                                           \
        struct type entry;                                                                         \
        enum nav_status status = NAV_OK;                                                           \
        for (size_t i = 0; (status = at(content, size, i, &entry)) == NAV_OK; i++) {               \
            encode(writer, &entry);                                                                \
        }                                                                                          \
        return status == NAV_ERR_RANGE ? NAV_OK : status;                                          \
    } while (0)

#define RECODE_ONE(decode, encode, type)                                                           \
    do {                                                                                           \
        struct type value;                                                                         \
        const enum nav_status status = decode(content, size, &value);                              \
        if (status == NAV_OK) {                                                                    \
            encode(writer, &value);                                                                \
        }                                                                                          \
        return status;                                                                             \
    } while (0)

static inline enum nav_status recode_transform(const uint8_t *content, size_t size,
                                               struct wire_writer *writer)
{
    RECODE_ONE(wire_transform_decode, wire_transform_encode, wire_transform);
}

static inline enum nav_status recode_position(const uint8_t *content, size_t size,
                                              struct wire_writer *writer)
{
    RECODE_ONE(wire_position_decode, wire_position_encode, wire_position);
}

static inline enum nav_status recode_tdata(const uint8_t *content, size_t size,
                                           struct wire_writer *writer)
{
    RECODE_LIST(wire_tdata_tool_at, wire_tdata_tool_encode, wire_tdata_tool);
}

static inline enum nav_status recode_qtdata(const uint8_t *content, size_t size,
                                            struct wire_writer *writer)
{
    RECODE_LIST(wire_qtdata_tool_at, wire_qtdata_tool_encode, wire_qtdata_tool);
}

static inline enum nav_status recode_stream_start(const uint8_t *content, size_t size,
                                                  struct wire_writer *writer)
{
    RECODE_ONE(wire_stream_start_decode, wire_stream_start_encode, wire_stream_start);
}

static inline enum nav_status recode_stream_status(const uint8_t *content, size_t size,
                                                   struct wire_writer *writer)
{
    uint8_t value = 0;
    const enum nav_status status = wire_stream_status_decode(content, size, &value);
    if (status == NAV_OK) {
        wire_stream_status_encode(writer, value);
    }
    return status;
}

static inline enum nav_status recode_status(const uint8_t *content, size_t size,
                                            struct wire_writer *writer)
{
    RECODE_ONE(wire_status_decode, wire_status_encode, wire_status);
}

static inline enum nav_status recode_string(const uint8_t *content, size_t size,
                                            struct wire_writer *writer)
{
    RECODE_ONE(wire_string_decode, wire_string_encode, wire_string);
}

static inline enum nav_status recode_capability(const uint8_t *content, size_t size,
                                                struct wire_writer *writer)
{
    char type[WIRE_TYPE_SIZE + 1];
    enum nav_status status = NAV_OK;
    for (size_t i = 0; (status = wire_capability_at(content, size, i, type)) == NAV_OK; i++) {
        wire_capability_encode(writer, type);
    }
    return status == NAV_ERR_RANGE ? NAV_OK : status;
}

static inline enum nav_status recode_command(const uint8_t *content, size_t size,
                                             struct wire_writer *writer)
{
    RECODE_ONE(wire_command_decode, wire_command_encode, wire_command);
}

static inline enum nav_status recode_point(const uint8_t *content, size_t size,
                                           struct wire_writer *writer)
{
    RECODE_LIST(wire_point_at, wire_point_encode, wire_point_entry);
}

static inline enum nav_status recode_trajectory(const uint8_t *content, size_t size,
                                                struct wire_writer *writer)
{
    RECODE_LIST(wire_trajectory_at, wire_trajectory_encode, wire_trajectory_entry);
}

static inline enum nav_status recode_sensor(const uint8_t *content, size_t size,
                                            struct wire_writer *writer)
{
    RECODE_ONE(wire_sensor_decode, wire_sensor_encode, wire_sensor);
}

static inline enum nav_status recode_imgmeta(const uint8_t *content, size_t size,
                                             struct wire_writer *writer)
{
    RECODE_LIST(wire_imgmeta_at, wire_imgmeta_encode, wire_imgmeta_entry);
}

static inline enum nav_status recode_lbmeta(const uint8_t *content, size_t size,
                                            struct wire_writer *writer)
{
    RECODE_LIST(wire_lbmeta_at, wire_lbmeta_encode, wire_lbmeta_entry);
}

static inline enum nav_status recode_videometa(const uint8_t *content, size_t size,
                                               struct wire_writer *writer)
{
    RECODE_LIST(wire_videometa_at, wire_videometa_encode, wire_videometa_entry);
}

static inline enum nav_status recode_image(const uint8_t *content, size_t size,
                                           struct wire_writer *writer)
{
    RECODE_ONE(wire_image_decode, wire_image_encode, wire_image);
}

static inline enum nav_status recode_video(const uint8_t *content, size_t size,
                                           struct wire_writer *writer)
{
    RECODE_ONE(wire_video_decode, wire_video_encode, wire_video);
}

static inline enum nav_status recode_video_start(const uint8_t *content, size_t size,
                                                 struct wire_writer *writer)
{
    RECODE_ONE(wire_video_start_decode, wire_video_start_encode, wire_video_start);
}

static inline enum nav_status recode_colortable(const uint8_t *content, size_t size,
                                                struct wire_writer *writer)
{
    RECODE_ONE(wire_colortable_decode, wire_colortable_encode, wire_colortable);
}

static inline enum nav_status recode_polydata(const uint8_t *content, size_t size,
                                              struct wire_writer *writer)
{
    RECODE_ONE(wire_polydata_decode, wire_polydata_encode, wire_polydata);
}

static inline enum nav_status recode_ndarray(const uint8_t *content, size_t size,
                                             struct wire_writer *writer)
{
    RECODE_ONE(wire_ndarray_decode, wire_ndarray_encode, wire_ndarray);
}

static inline enum nav_status recode_children(struct wire_bind *bind, struct wire_writer *writer)
{
    static struct wire_bind_child children[RECODE_CHILDREN_MAX];
    if (bind->count > RECODE_CHILDREN_MAX) {
        return NAV_ERR_FULL;
    }
    size_t count = 0;
    while (wire_bind_next(bind, &children[count])) {
        if (++count == bind->count) {
            break;
        }
    }
    if (count != bind->count) {
        return NAV_ERR_LENGTH;
    }
    if (bind->request) {
        wire_bind_request_encode(writer, children, count);
    } else {
        wire_bind_encode(writer, children, count);
    }
    return NAV_OK;
}

static inline enum nav_status recode_bind(const uint8_t *content, size_t size,
                                          struct wire_writer *writer)
{
    struct wire_bind bind;
    const enum nav_status status = wire_bind_decode(content, size, &bind);
    return status == NAV_OK ? recode_children(&bind, writer) : status;
}

static inline enum nav_status recode_bind_get(const uint8_t *content, size_t size,
                                              struct wire_writer *writer)
{
    struct wire_bind bind;
    const enum nav_status status = wire_bind_get_decode(content, size, &bind);
    return status == NAV_OK ? recode_children(&bind, writer) : status;
}

static inline enum nav_status recode_bind_start(const uint8_t *content, size_t size,
                                                struct wire_writer *writer)
{
    struct wire_bind bind;
    const enum nav_status status = wire_bind_start_decode(content, size, &bind);
    if (status != NAV_OK) {
        return status;
    }
    wire_write_u64(writer, bind.resolution);
    return recode_children(&bind, writer);
}

/* Contents without fields of their own. */
static inline enum nav_status recode_empty(const uint8_t *content, size_t size,
                                           struct wire_writer *writer)
{
    wire_write_bytes(writer, content, size);
    return wire_check_empty(content, size);
}

static inline enum nav_status recode_resolution(const uint8_t *content, size_t size,
                                                struct wire_writer *writer)
{
    wire_write_bytes(writer, content, size);
    return wire_check_resolution(content, size);
}

typedef enum nav_status (*recode_fn)(const uint8_t *content, size_t size,
                                     struct wire_writer *writer);

static inline recode_fn recode_of(enum wire_kind kind)
{
    static const recode_fn table[WIRE_KINDS] = {
#define RECODE_ROW(kind, type, cap, named, check) [WIRE_KIND_##kind] = recode_##check,
        WIRE_KIND_LIST(RECODE_ROW)
#undef RECODE_ROW
    };
    return table[kind];
}

/* The whole message again: header, content, metadata. */
static inline enum nav_status recode_message(const struct wire_message *message,
                                             struct wire_writer *writer)
{
    static struct wire_metadata_entry entries[RECODE_ENTRIES_MAX];
    size_t count = 0;
    struct wire_metadata_walk walk = wire_metadata_begin(message);
    while (wire_metadata_next(&walk, &entries[count])) {
        count++;
    }
    const struct wire_pack pack =
        wire_pack_begin(writer, &(struct wire_pack_head){.version = message->version,
                                                         .kind = message->kind,
                                                         .device = message->device,
                                                         .stamp = message->stamp,
                                                         .message_id = message->message_id});
    const enum nav_status status =
        recode_of(message->kind)(message->content, message->content_size, writer);
    const enum nav_status packed = wire_pack_end(&pack, entries, count);
    return status != NAV_OK ? status : packed;
}

#endif
