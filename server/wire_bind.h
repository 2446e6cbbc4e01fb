/* BIND: several messages of other types in one, and the requests for it.
 *
 * BIND:
 *   offset size field
 *        0    2  number of children n, 1 and more
 *        2 20*n  per child: type (12, NUL-padded), size of its content (8)
 *        .    2  size of the name table, even
 *        .    .  names, each ended by NUL; one NUL more where that makes the size even
 *        .    .  contents; behind one of odd size a byte of padding
 * GET_BIND: nothing (all), or: 2 number n, 12*n types, 2 size of the name table, names.
 * STT_BIND: 8 least time between two messages, then as GET_BIND. In requests the name table may
 * have an odd size: the distribution's library sends it so.
 * Children are views; each is judged by its own family. Children are not opened in turn: a BIND in
 * a BIND stays bytes, so nothing here recurses. Pure. Views point into the content. Thread: any. */
#ifndef WIRE_BIND_H
#define WIRE_BIND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nav/status.h"
#include "wire_cursor.h"
#include "wire_message.h"

struct wire_bind_child {
    char type[WIRE_TYPE_SIZE + 1];
    char name[WIRE_DEVICE_SIZE + 1];
    const uint8_t *content; /* NULL when empty or in a request */
    size_t content_size;
};

/* A checked BIND or request. */
struct wire_bind {
    uint16_t count;      /* 0: a request for all */
    uint64_t resolution; /* STT_BIND only, as sent: peers write ns or 32.32 seconds */
    bool request;
    struct wire_reader types; /* cursors at the next child */
    struct wire_reader names;
    struct wire_reader contents;
};

/* NAV_ERR_LENGTH when sizes do not add up to exactly the content; NAV_ERR_RANGE without children;
 * NAV_ERR_ENCODING for a name that has no end or over 20 bytes, or a type that is not one. */
NAV_MUST_USE enum nav_status wire_check_bind(const uint8_t *content, size_t size);
NAV_MUST_USE enum nav_status wire_check_bind_get(const uint8_t *content, size_t size);
NAV_MUST_USE enum nav_status wire_check_bind_start(const uint8_t *content, size_t size);

/* Same errors as the checks. */
NAV_MUST_USE enum nav_status wire_bind_decode(const uint8_t *content, size_t size,
                                              struct wire_bind *out_bind);
NAV_MUST_USE enum nav_status wire_bind_get_decode(const uint8_t *content, size_t size,
                                                  struct wire_bind *out_bind);
NAV_MUST_USE enum nav_status wire_bind_start_decode(const uint8_t *content, size_t size,
                                                    struct wire_bind *out_bind);

/* The next child of a decoded value, in order; false behind the last one. */
bool wire_bind_next(struct wire_bind *bind, struct wire_bind_child *out_child);

/* Writes a BIND; of the children type, name and content count. */
void wire_bind_encode(struct wire_writer *writer, const struct wire_bind_child *children,
                      size_t count);

/* Writes a request; no children = all. For STT_BIND write the resolution (8 bytes) first. */
void wire_bind_request_encode(struct wire_writer *writer, const struct wire_bind_child *children,
                              size_t count);

#endif
