#include "wire_framer.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "wire_crc64.h"
#include "wire_cursor.h"
#include "wire_header.h"
#include "wire_table.h"
#include "wire_text.h"
#include "wire_time.h"

enum {
    AT_TYPE = 2,
    AT_DEVICE = 14,
    AT_STAMP = 34,
    AT_BODY_SIZE = 42,
    AT_CRC = 50,
    METADATA_COUNT_SIZE = 2,
    METADATA_ENTRY_SIZE = 8,
    CAPACITY_LEAST = 4096,
    ROOM_LEAST = 16384, /* a smaller rest is not worth a read of its own */
    READ_LITTLE = 8192
};

enum state { AT_HEADER = 0, IN_BODY, IN_SKIPPED_BODY };

struct wire_framer {
    /* Handed on, and kept from message to message, since the next one is mostly like it: version,
     * type and kind are those of the last whole header, the device is the last that was judged. */
    struct wire_message message;
    uint64_t cap;             /* the largest body of that type; 0 = not wanted, or no header yet */
    uint8_t front[AT_DEVICE]; /* version and type as they stand in the last whole header */
    struct wire_framer_config config;
    struct wire_framer_stats stats;
    enum nav_status broken; /* NAV_OK while the framing can be trusted */
    enum state state;
    bool gave_room;     /* to the message in work, or else to the one before */
    size_t have;        /* bytes of the started message, of its header or in `buffer` */
    size_t total;       /* IN_BODY: header and body */
    uint64_t skip_left; /* IN_SKIPPED_BODY: bytes of the body still to come */
    uint64_t crc;       /* of the body so far */
    uint8_t *buffer;
    size_t capacity;
    uint8_t header[WIRE_HEADER_SIZE];
};

enum nav_status wire_framer_create(const struct wire_framer_config *config,
                                   struct wire_framer **out_framer)
{
    if (config->body_cap == NULL || config->on_message == NULL) {
        return NAV_ERR_ARGUMENT;
    }
    struct wire_framer *framer = calloc(1, sizeof *framer);
    if (framer == NULL) {
        return NAV_ERR_MEMORY;
    }
    framer->config = *config;
    *out_framer = framer;
    return NAV_OK;
}

void wire_framer_destroy(struct wire_framer *framer)
{
    if (framer == NULL) {
        return;
    }
    free(framer->buffer);
    free(framer);
}

const struct wire_framer_stats *wire_framer_stats(const struct wire_framer *framer)
{
    return &framer->stats;
}

enum wire_framer_phase wire_framer_phase(const struct wire_framer *framer)
{
    if (framer->broken != NAV_OK) {
        return WIRE_PHASE_BROKEN;
    }
    if (framer->state != AT_HEADER) {
        return WIRE_PHASE_BODY;
    }
    return framer->have != 0 ? WIRE_PHASE_HEADER : WIRE_PHASE_BOUNDARY;
}

int wire_framer_at_boundary(const struct wire_framer *framer)
{
    return wire_framer_phase(framer) == WIRE_PHASE_BOUNDARY;
}

size_t wire_framer_capacity(const struct wire_framer *framer)
{
    return framer->capacity;
}

/* What version 1 says besides its content. */
static void say_nothing_extended(struct wire_message *message)
{
    message->message_id = 0;
    message->metadata_header = NULL;
    message->metadata = NULL;
    message->metadata_size = 0;
    message->metadata_count = 0;
}

/* Splits a version-2 body; false when its sizes lie. */
static bool take_extended(struct wire_message *message)
{
    const uint8_t *body = message->content;
    const size_t size = message->content_size;
    if (size < WIRE_EXTENDED_HEADER_SIZE) {
        return false;
    }
    const uint64_t extended = wire_load_u16(body);
    const uint64_t header_size = wire_load_u16(body + 2);
    const uint64_t data_size = wire_load_u32(body + 4);
    if (extended < WIRE_EXTENDED_HEADER_SIZE || extended + header_size + data_size > size) {
        return false;
    }
    say_nothing_extended(message);
    message->message_id = wire_load_u32(body + 8);
    message->content = body + extended;
    message->content_size = size - (size_t)(extended + header_size + data_size);
    if (header_size == 0) {
        return data_size == 0;
    }
    const uint8_t *header = message->content + message->content_size;
    if (header_size < METADATA_COUNT_SIZE) {
        return false;
    }
    const uint64_t count = wire_load_u16(header);
    if (header_size != METADATA_COUNT_SIZE + METADATA_ENTRY_SIZE * count) {
        return false;
    }
    uint64_t sum = 0;
    for (uint64_t i = 0; i < count; i++) {
        const uint8_t *entry = header + METADATA_COUNT_SIZE + METADATA_ENTRY_SIZE * i;
        sum += (uint64_t)wire_load_u16(entry) + wire_load_u32(entry + 4);
    }
    if (sum != data_size) {
        return false;
    }
    message->metadata_header = header;
    message->metadata = header + header_size;
    message->metadata_size = (size_t)data_size;
    message->metadata_count = (uint16_t)count;
    return true;
}

static void show_rejected(const struct wire_framer *framer, enum nav_status why, const uint8_t *raw,
                          size_t size)
{
    if (framer->config.on_rejected != NULL) {
        framer->config.on_rejected(framer->config.context, why, raw, size);
    }
}

/* A whole message with its checksum formed. In line, since most of them come through one place. */
__attribute__((always_inline)) static inline void
deliver(struct wire_framer *framer, const uint8_t *raw, size_t size, uint64_t crc)
{
    if (crc != wire_load_u64(raw + AT_CRC)) {
        framer->stats.crc_errors++;
        show_rejected(framer, NAV_ERR_CHECKSUM, raw, size);
        return;
    }
    struct wire_message *message = &framer->message;
    message->stamp = wire_load_u64(raw + AT_STAMP);
    message->device_ns = wire_time_to_ns(message->stamp);
    message->content = raw + WIRE_HEADER_SIZE;
    message->content_size = size - WIRE_HEADER_SIZE;
    message->raw = raw;
    message->raw_size = size;
    if (!wire_text_retake_name(raw + AT_DEVICE, message->device, &message->device_length)) {
        framer->stats.malformed++;
        show_rejected(framer, NAV_ERR_ENCODING, raw, size);
        return;
    }
    if (message->version == WIRE_VERSION_EXTENDED && !take_extended(message)) {
        framer->stats.malformed++;
        show_rejected(framer, NAV_ERR_LENGTH, raw, size);
        return;
    }
    framer->stats.messages++;
    if (framer->config.on_message(framer->config.context, message) < 0) {
        framer->stats.malformed++;
    }
}

static inline bool has_last_front(const struct wire_framer *framer, const uint8_t *header)
{
    return memcmp(header, framer->front, sizeof(framer->front)) == 0;
}

/* Another version or type than the last header's: is it legal, and what may its body have? */
static enum nav_status take_front(struct wire_framer *framer, const uint8_t *header)
{
    struct wire_message *message = &framer->message;
    const uint16_t version = wire_load_u16(header);
    const uint8_t *type = header + AT_TYPE;
    if (version != WIRE_VERSION_PLAIN && version != WIRE_VERSION_EXTENDED) {
        return NAV_ERR_VERSION;
    }
    const enum wire_kind kind = wire_kind_of_field(type);
    if (kind == WIRE_KIND_UNKNOWN && !wire_header_type_is_legal(type)) {
        return NAV_ERR_ENCODING;
    }
    memcpy(framer->front, header, sizeof(framer->front));
    message->version = version;
    memcpy(message->type, type, WIRE_TYPE_SIZE);
    message->kind = kind;
    say_nothing_extended(message); /* version 2 fills it in, each time anew */
    framer->cap = framer->config.body_cap(framer->config.context, kind, message->type);
    return NAV_OK;
}

/* Judges a whole header: what is to be done with its body, or a final error. */
static enum nav_status judge(struct wire_framer *framer, const uint8_t *header, bool *out_wanted,
                             uint64_t *out_body_size)
{
    if (framer->message.kind == WIRE_KIND_UNKNOWN || !has_last_front(framer, header)) {
        const enum nav_status status = take_front(framer, header);
        if (status != NAV_OK) {
            return status;
        }
    }
    const uint64_t body_size = wire_load_u64(header + AT_BODY_SIZE);
    const uint64_t limit = framer->cap != 0 ? framer->cap : framer->config.skip_max;
    if (body_size > limit || body_size > SIZE_MAX - WIRE_HEADER_SIZE) {
        return NAV_ERR_TOO_LARGE;
    }
    *out_wanted = framer->cap != 0;
    *out_body_size = body_size;
    return NAV_OK;
}

/* Makes the buffer hold `need` bytes, which is at most the message's total. */
static enum nav_status reserve(struct wire_framer *framer, size_t need)
{
    if (need <= framer->capacity) {
        return NAV_OK;
    }
    size_t capacity = framer->total;
    if (need <= capacity / 2) {
        capacity = 2 * need > CAPACITY_LEAST ? 2 * need : CAPACITY_LEAST;
        capacity = capacity < framer->total ? capacity : framer->total;
    }
    uint8_t *buffer = realloc(framer->buffer, capacity);
    if (buffer == NULL) {
        return NAV_ERR_MEMORY;
    }
    framer->buffer = buffer;
    framer->capacity = capacity;
    return NAV_OK;
}

static void end_message(struct wire_framer *framer)
{
    framer->state = AT_HEADER;
    framer->have = 0;
    framer->total = 0;
    if (framer->capacity > WIRE_FRAMER_KEEP) {
        free(framer->buffer);
        framer->buffer = NULL;
        framer->capacity = 0;
    }
}

static void end_body(struct wire_framer *framer)
{
    deliver(framer, framer->buffer, framer->total, framer->crc);
    end_message(framer);
}

static void end_skipped(struct wire_framer *framer)
{
    if (framer->crc == wire_load_u64(framer->header + AT_CRC)) {
        framer->stats.skipped++;
    } else {
        framer->stats.crc_errors++;
    }
    end_message(framer);
}

/* A header whose body is still to come, at least in part, or is not wanted. */
static enum nav_status begin_body(struct wire_framer *framer, const uint8_t *header, bool wanted,
                                  uint64_t body_size)
{
    framer->crc = 0;
    if (!wanted) {
        memmove(framer->header, header, WIRE_HEADER_SIZE);
        framer->state = IN_SKIPPED_BODY;
        framer->skip_left = body_size;
        if (body_size == 0) {
            end_skipped(framer);
        }
        return NAV_OK;
    }
    framer->state = IN_BODY;
    framer->total = WIRE_HEADER_SIZE + (size_t)body_size;
    const enum nav_status status = reserve(framer, WIRE_HEADER_SIZE);
    if (status != NAV_OK) {
        return status;
    }
    memcpy(framer->buffer, header, WIRE_HEADER_SIZE);
    framer->have = WIRE_HEADER_SIZE;
    if (body_size == 0) {
        end_body(framer);
    }
    return NAV_OK;
}

/* Takes a header, and its body too when that lies whole behind it. `*out_used` of the `size` bytes
 * are consumed. */
static enum nav_status feed_header(struct wire_framer *framer, const uint8_t *bytes, size_t size,
                                   size_t *out_used)
{
    const uint8_t *header = bytes;
    size_t used = WIRE_HEADER_SIZE;
    if (framer->have != 0 || size < WIRE_HEADER_SIZE) {
        used = WIRE_HEADER_SIZE - framer->have;
        used = used < size ? used : size;
        memcpy(framer->header + framer->have, bytes, used);
        framer->have += used;
        *out_used = used;
        if (framer->have < WIRE_HEADER_SIZE) {
            return NAV_OK;
        }
        header = framer->header;
    }
    bool wanted = false;
    uint64_t body_size = 0;
    const enum nav_status status = judge(framer, header, &wanted, &body_size);
    if (status != NAV_OK) {
        show_rejected(framer, status, header, WIRE_HEADER_SIZE);
        return status;
    }
    const size_t total = WIRE_HEADER_SIZE + (size_t)body_size;
    framer->gave_room = false;
    if (wanted && header == bytes && total <= size) {
        deliver(framer, bytes, total, wire_crc64(0, bytes + WIRE_HEADER_SIZE, (size_t)body_size));
        *out_used = total;
        return NAV_OK;
    }
    *out_used = used;
    return begin_body(framer, header, wanted, body_size);
}

static enum nav_status feed_body(struct wire_framer *framer, const uint8_t *bytes, size_t size,
                                 size_t *out_used)
{
    const size_t left = framer->total - framer->have;
    const size_t used = size < left ? size : left;
    /* Bytes that were read into our own room are there already. */
    if (framer->buffer + framer->have != bytes) {
        const enum nav_status status = reserve(framer, framer->have + used);
        if (status != NAV_OK) {
            return status;
        }
        memcpy(framer->buffer + framer->have, bytes, used);
    }
    framer->crc = wire_crc64(framer->crc, framer->buffer + framer->have, used);
    framer->have += used;
    *out_used = used;
    if (framer->have == framer->total) {
        end_body(framer);
    }
    return NAV_OK;
}

static void feed_skipped(struct wire_framer *framer, const uint8_t *bytes, size_t size,
                         size_t *out_used)
{
    const size_t used = size < framer->skip_left ? size : (size_t)framer->skip_left;
    framer->crc = wire_crc64(framer->crc, bytes, used);
    framer->skip_left -= used;
    *out_used = used;
    if (framer->skip_left == 0) {
        end_skipped(framer);
    }
}

/* The usual way: whole messages of the last one's version and type, each behind the other. Returns
 * the bytes consumed; the first message that is anything else is left to be judged. */
static size_t feed_alike(struct wire_framer *framer, const uint8_t *bytes, size_t size)
{
    const uint8_t *header = bytes;
    const uint8_t *end = bytes + size;
    while (end - header >= WIRE_HEADER_SIZE) {
        const uint64_t body_size = wire_load_u64(header + AT_BODY_SIZE);
        const uint8_t *body = header + WIRE_HEADER_SIZE;
        /* An empty body is none of these, so that a cap of 0 admits nothing. */
        if (body_size > (size_t)(end - body) || body_size - 1 >= framer->cap ||
            !has_last_front(framer, header)) {
            break;
        }
        deliver(framer, header, WIRE_HEADER_SIZE + (size_t)body_size,
                wire_crc64(0, body, (size_t)body_size));
        header = body + body_size;
    }
    framer->stats.bytes += (size_t)(header - bytes);
    return (size_t)(header - bytes);
}

enum nav_status wire_framer_feed(struct wire_framer *framer, const uint8_t *bytes, size_t size)
{
    if (framer->state == AT_HEADER && framer->have == 0 && framer->broken == NAV_OK) {
        const size_t used = feed_alike(framer, bytes, size);
        framer->gave_room = framer->gave_room && used == 0;
        bytes += used;
        size -= used;
    }
    while (size != 0 && framer->broken == NAV_OK) {
        size_t used = 0;
        switch (framer->state) {
        case AT_HEADER:
            framer->broken = feed_header(framer, bytes, size, &used);
            break;
        case IN_BODY:
            framer->broken = feed_body(framer, bytes, size, &used);
            break;
        case IN_SKIPPED_BODY:
            feed_skipped(framer, bytes, size, &used);
            break;
        }
        framer->stats.bytes += used;
        bytes += used;
        size -= used;
    }
    return framer->broken;
}

uint8_t *wire_framer_room(struct wire_framer *framer, size_t *out_size)
{
    if (framer->broken != NAV_OK || framer->state != IN_BODY ||
        framer->total - framer->have < ROOM_LEAST) {
        return NULL;
    }
    if (framer->capacity - framer->have < ROOM_LEAST &&
        reserve(framer, framer->have + ROOM_LEAST) != NAV_OK) {
        return NULL;
    }
    const size_t left = framer->total - framer->have;
    const size_t room = framer->capacity - framer->have;
    *out_size = room < left ? room : left;
    framer->gave_room = true;
    return framer->buffer + framer->have;
}

size_t wire_framer_read_size(const struct wire_framer *framer, size_t size)
{
    return framer->gave_room && size > READ_LITTLE ? READ_LITTLE : size;
}
