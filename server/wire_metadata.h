/* Metadata of version-2 messages: keys with typed values.
 *
 * Metadata header, behind the content:
 *   offset size field
 *        0    2  number of entries
 *        2  8*n  per entry: u16 key size, u16 encoding of the value (wire_string.h), u32 value size
 * Metadata, behind the header: per entry the key, then its value.
 * The framer has checked that all sizes add up; walking cannot leave the message.
 * A key that occurs twice: the first wins, and the finder says so.
 * Pure. Views point into the message. Thread: any. */
#ifndef WIRE_METADATA_H
#define WIRE_METADATA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nav/status.h"
#include "wire_cursor.h"
#include "wire_message.h"

struct wire_metadata_entry {
    const char *key; /* not terminated */
    uint16_t key_size;
    uint16_t encoding;
    uint32_t value_size;
    const char *value; /* not terminated */
};

/* A walk over the entries. */
struct wire_metadata_walk {
    struct wire_reader header;
    struct wire_reader data;
    unsigned left;
};

struct wire_metadata_walk wire_metadata_begin(const struct wire_message *message);

/* The next entry, or false at the end. */
bool wire_metadata_next(struct wire_metadata_walk *walk, struct wire_metadata_entry *out_entry);

/* The first entry with exactly this key. `out_repeated` (may be NULL) tells whether the key occurs
 * again. NAV_ERR_NOT_FOUND. */
NAV_MUST_USE enum nav_status wire_metadata_find(const struct wire_message *message, const char *key,
                                                struct wire_metadata_entry *out_entry,
                                                bool *out_repeated);

/* As find, with a key in two parts: "Stylus" and "Status" finds "StylusStatus". */
NAV_MUST_USE enum nav_status wire_metadata_find_joined(const struct wire_message *message,
                                                       const char *front, const char *back,
                                                       struct wire_metadata_entry *out_entry,
                                                       bool *out_repeated);

/* Bytes of the metadata header of `count` entries, and of their keys and values.
 * NAV_ERR_TOO_LARGE when the fields of the extended header cannot hold them (8191 entries). */
NAV_MUST_USE enum nav_status wire_metadata_sizes(const struct wire_metadata_entry *entries,
                                                 size_t count, uint16_t *out_header_size,
                                                 uint32_t *out_data_size);

/* Writes header and data. */
void wire_metadata_encode(struct wire_writer *writer, const struct wire_metadata_entry *entries,
                          size_t count);

/* An entry from two terminated texts, US-ASCII. Views: the texts must outlive it. */
struct wire_metadata_entry wire_metadata_text(const char *key, const char *value);

/* The value as a decimal number in the C locale, surrounding blanks allowed, whatever the process's
 * locale. NAV_ERR_SYNTAX when it is not one or is longer than 63 bytes; NaN and infinities spelled
 * out are syntax errors too. */
NAV_MUST_USE enum nav_status wire_metadata_number(const struct wire_metadata_entry *entry,
                                                  double *out_number);

#endif
