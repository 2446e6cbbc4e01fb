/* IMGMETA: what images a peer has.
 *
 * Content: any number (also 0) of entries of 260 bytes; texts NUL-padded, may use all their bytes.
 *   offset size field
 *        0   64  name or description
 *       64   20  id, asked for with GET_IMAGE
 *       84   32  modality
 *      116   64  patient's name
 *      180   64  patient's id
 *      244    8  time of the scan, 32.32 (wire_time.h)
 *      252    6  size i j k, uint16
 *      258    1  scalar type (wire_scalar.h)
 *      259    1  reserved
 * Patient data: never logged, never put in a file name.
 * Pure. Thread: any. */
#ifndef WIRE_IMGMETA_H
#define WIRE_IMGMETA_H

#include <stddef.h>
#include <stdint.h>

#include "nav/status.h"
#include "wire_cursor.h"

enum { WIRE_IMGMETA_ENTRY_SIZE = 260 };

struct wire_imgmeta_entry {
    char name[64 + 1];
    char id[20 + 1];
    char modality[32 + 1];
    char patient_name[64 + 1];
    char patient_id[64 + 1];
    uint64_t stamp;
    uint16_t size[3];
    uint8_t scalar;
    uint8_t reserved;
};

/* NAV_ERR_LENGTH unless a whole number of entries. */
NAV_MUST_USE enum nav_status wire_check_imgmeta(const uint8_t *content, size_t size);

/* Entry `index`, counted from 0; NAV_ERR_RANGE behind the last one; NAV_ERR_LENGTH
 * as the check. Texts are not judged. */
NAV_MUST_USE enum nav_status wire_imgmeta_at(const uint8_t *content, size_t size, size_t index,
                                             struct wire_imgmeta_entry *out_entry);

void wire_imgmeta_encode(struct wire_writer *writer, const struct wire_imgmeta_entry *entry);

#endif
