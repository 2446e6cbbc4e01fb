/* LBMETA: what labelled structures a peer has.
 *
 * Content: any number (also 0) of entries of 116 bytes; texts NUL-padded, may use all their bytes.
 *   offset size field
 *        0   64  name or description
 *       64   20  id, asked for with GET_IMAGE
 *       84    1  label in the image, 0 = unused
 *       85    1  reserved
 *       86    4  colour R G B A; all 0 = none
 *       90    6  size i j k, uint16
 *       96   20  id of the image it belongs to
 * Pure. Thread: any. */
#ifndef WIRE_LBMETA_H
#define WIRE_LBMETA_H

#include <stddef.h>
#include <stdint.h>

#include "nav/status.h"
#include "wire_cursor.h"

enum { WIRE_LBMETA_ENTRY_SIZE = 116 };

struct wire_lbmeta_entry {
    char name[64 + 1];
    char id[20 + 1];
    uint8_t label;
    uint8_t reserved;
    uint8_t rgba[4];
    uint16_t size[3];
    char owner[20 + 1];
};

/* NAV_ERR_LENGTH unless a whole number of entries. */
NAV_MUST_USE enum nav_status wire_check_lbmeta(const uint8_t *content, size_t size);

/* Entry `index`, counted from 0; NAV_ERR_RANGE behind the last one; NAV_ERR_LENGTH
 * as the check. Texts are not judged. */
NAV_MUST_USE enum nav_status wire_lbmeta_at(const uint8_t *content, size_t size, size_t index,
                                            struct wire_lbmeta_entry *out_entry);

void wire_lbmeta_encode(struct wire_writer *writer, const struct wire_lbmeta_entry *entry);

#endif
