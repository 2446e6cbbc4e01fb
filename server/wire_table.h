/* Dispatch by type: which family a message belongs to, which cap rules it, and whether its content
 * has exactly the length that its fields demand.
 *
 * The one place that the session asks; it replaces every ladder of comparisons. All functions are
 * pure. Thread: any. */
#ifndef WIRE_TABLE_H
#define WIRE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nav/status.h"
#include "wire_kind.h"
#include "wire_message.h"

/* Kind of a type field of 12 bytes, NUL-padded. */
enum wire_kind wire_kind_of_field(const uint8_t field[WIRE_TYPE_SIZE]);

/* Kind of a NUL-terminated type name. */
enum wire_kind wire_kind_of(const char *type);

/* Type name of a kind on the wire; "" for UNKNOWN and values outside the list. Never NULL. */
const char *wire_kind_type(enum wire_kind kind);

/* WIRE_CAP_NONE for UNKNOWN and values outside the list. */
enum wire_cap_class wire_kind_cap(enum wire_kind kind);

/* Judges a whole message before anyone decodes it: the type is known (else NAV_ERR_UNSUPPORTED), a
 * device name stands where the kind demands one (else NAV_ERR_NOT_FOUND), and the content is
 * exactly as long as its own fields say (else NAV_ERR_LENGTH; NAV_ERR_RANGE for a field outside its
 * legal values). After NAV_OK the family's decoder cannot fail for lack of bytes. */
NAV_MUST_USE enum nav_status wire_table_check(const struct wire_message *message);

#endif
