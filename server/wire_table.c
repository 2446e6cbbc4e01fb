#include "wire_table.h"

#include <endian.h>
#include <string.h>

#include "wire_bind.h"
#include "wire_capability.h"
#include "wire_colortable.h"
#include "wire_command.h"
#include "wire_image.h"
#include "wire_imgmeta.h"
#include "wire_lbmeta.h"
#include "wire_ndarray.h"
#include "wire_point.h"
#include "wire_polydata.h"
#include "wire_position.h"
#include "wire_qtdata.h"
#include "wire_sensor.h"
#include "wire_status.h"
#include "wire_stream.h"
#include "wire_string.h"
#include "wire_tdata.h"
#include "wire_trajectory.h"
#include "wire_transform.h"
#include "wire_video.h"

struct row {
    char type[WIRE_TYPE_SIZE + 1];
    enum wire_cap_class cap;
    bool named;
    enum nav_status (*check)(const uint8_t *content, size_t size);
};

static const struct row rows[WIRE_KINDS] = {
#define ROW(kind, type, cap, named, check)                                                         \
    [WIRE_KIND_##kind] = {type, WIRE_CAP_##cap, named, wire_check_##check},
    WIRE_KIND_LIST(ROW)
#undef ROW
};

/* Open addressing over the 12 bytes of the type; twice as many slots as kinds at least. */
enum { SLOT_BITS = 8, SLOTS = 1 << SLOT_BITS };
_Static_assert(SLOTS >= 2 * WIRE_KINDS, "the type table needs free slots to end a search");

static uint8_t slots[SLOTS];

struct key {
    uint64_t front;
    uint32_t back;
};

static inline struct key key_of(const void *field)
{
    struct key key;
    memcpy(&key.front, field, sizeof key.front);
    memcpy(&key.back, (const uint8_t *)field + sizeof key.front, sizeof key.back);
    return (struct key){.front = le64toh(key.front), .back = le32toh(key.back)};
}

static inline unsigned slot_of(struct key key)
{
    const uint64_t mixed = (key.front ^ (uint64_t)key.back << 21) * UINT64_C(0x9E3779B97F4A7C15);
    return (unsigned)(mixed >> (64 - SLOT_BITS));
}

__attribute__((constructor)) static void fill_slots(void)
{
    for (unsigned kind = 1; kind < WIRE_KINDS; kind++) {
        unsigned slot = slot_of(key_of(rows[kind].type));
        while (slots[slot] != WIRE_KIND_UNKNOWN) {
            slot = (slot + 1) % SLOTS;
        }
        slots[slot] = (uint8_t)kind;
    }
}

static inline enum wire_kind find(struct key key)
{
    for (unsigned slot = slot_of(key); slots[slot] != WIRE_KIND_UNKNOWN;
         slot = (slot + 1) % SLOTS) {
        const struct key known = key_of(rows[slots[slot]].type);
        if (known.front == key.front && known.back == key.back) {
            return (enum wire_kind)slots[slot];
        }
    }
    return WIRE_KIND_UNKNOWN;
}

enum wire_kind wire_kind_of_field(const uint8_t field[WIRE_TYPE_SIZE])
{
    return find(key_of(field));
}

/* Asked for every message: the key is formed in registers, since bytes that have just been copied
 * one by one cannot be loaded at once without a stall. */
enum wire_kind wire_kind_of(const char *type)
{
    struct key key = {0};
    size_t length = 0;
    for (; length < sizeof key.front && type[length] != '\0'; length++) {
        key.front |= (uint64_t)(uint8_t)type[length] << (8 * length);
    }
    if (length == sizeof key.front) {
        for (; length < WIRE_TYPE_SIZE && type[length] != '\0'; length++) {
            key.back |= (uint32_t)(uint8_t)type[length] << (8 * (length - sizeof key.front));
        }
        if (length == WIRE_TYPE_SIZE && type[length] != '\0') {
            return WIRE_KIND_UNKNOWN;
        }
    }
    return find(key);
}

static const struct row *row_of(enum wire_kind kind)
{
    return (unsigned)kind < WIRE_KINDS ? &rows[kind] : &rows[WIRE_KIND_UNKNOWN];
}

const char *wire_kind_type(enum wire_kind kind)
{
    return row_of(kind)->type;
}

enum wire_cap_class wire_kind_cap(enum wire_kind kind)
{
    return row_of(kind)->cap;
}

enum nav_status wire_table_check(const struct wire_message *message)
{
    const struct row *row = row_of(message->kind);
    if (row->check == NULL) {
        return NAV_ERR_UNSUPPORTED;
    }
    if (row->named && message->device_length == 0) {
        return NAV_ERR_NOT_FOUND;
    }
    return row->check(message->content, message->content_size);
}
