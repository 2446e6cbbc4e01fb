/* CAPABILITY: the message types that a peer understands, answer to GET_CAPABIL.
 *
 * Content: any number (also 0) of type names of 12 bytes, NUL-padded, may use all 12.
 * Pure. Thread: any. */
#ifndef WIRE_CAPABILITY_H
#define WIRE_CAPABILITY_H

#include <stddef.h>
#include <stdint.h>

#include "nav/status.h"
#include "wire_cursor.h"
#include "wire_message.h"

/* NAV_ERR_LENGTH unless a whole number of names. */
NAV_MUST_USE enum nav_status wire_check_capability(const uint8_t *content, size_t size);

/* Name `index`, counted from 0. NAV_ERR_LENGTH as the check; NAV_ERR_RANGE behind the last one;
 * NAV_ERR_ENCODING when it is empty or not text. */
NAV_MUST_USE enum nav_status wire_capability_at(const uint8_t *content, size_t size, size_t index,
                                                char out_type[WIRE_TYPE_SIZE + 1]);

/* Appends one name; over 12 bytes fails the writer. */
void wire_capability_encode(struct wire_writer *writer, const char *type);

#endif
