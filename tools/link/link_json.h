/* OpenIGTLink messages as JSON, both ways: what `osteonav igtl listen --json` prints is what
 * `osteonav igtl send` takes.
 *
 *   {"type", "device", "version", "stamp_ns", "stamp", "message_id", "metadata": {key: text},
 *    "content": {...}, "size"}
 *
 * "stamp" is the 32.32 value as 16 hex digits, exact; when sent it wins over "stamp_ns".
 * `content` by family: docs/igtl.md. A content without a form of its own, and any other on wish, is
 * "content_hex". Numbers that JSON does not know are the texts "nan", "inf" and "-inf". To be sent
 * broken on purpose: "crc" (16 hex digits) and "body_size" replace the right values.
 * Thread: any. Results are the caller's (json_decref). */
#ifndef LINK_JSON_H
#define LINK_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "nav/status.h"
#include "wire_message.h"

/* The whole message. `with_data`: bulk contents (pixels, meshes) as hexadecimal text too. NULL
 * without memory. */
json_t *link_json_of_message(const struct wire_message *message, bool with_data);

/* Content alone; NULL when its family has no form. A content that its family refuses is
 * {"refused": reason}. */
json_t *link_json_of_content(const struct wire_message *message);

/* Packs a message. `default_stamp_ns` stands for a missing "stamp_ns". `out_bytes` is malloc'd.
 * NAV_ERR_SYNTAX, NAV_ERR_RANGE, NAV_ERR_UNSUPPORTED (no such type and no content_hex),
 * NAV_ERR_FULL (a name that does not fit), NAV_ERR_MEMORY; `why` tells the key. */
NAV_MUST_USE enum nav_status link_json_pack(const json_t *object, int64_t default_stamp_ns,
                                            uint8_t **out_bytes, size_t *out_size, char *why,
                                            size_t why_size);

/* Two hexadecimal digits a byte, NUL-terminated, or NULL without memory. */
char *link_hex(const uint8_t *bytes, size_t size);

#endif
