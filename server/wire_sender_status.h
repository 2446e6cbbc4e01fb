/* What the sender itself says about a pose, read from the metadata of a message.
 *
 * Keys, matched to the letter; words, matched without regard to case:
 *   TransformStatus     a word (TRANSFORM, POSITION; PLUS, IGSIO)
 *   TransformValid      1, 0, true, false (TRANSFORM; PLUS)
 *   <Tool>Status        a word (TDATA, QTDATA; PLUS)
 *   IGTL_DEVICE_NAME    the whole device name when it has over 20 characters (PLUS)
 *   TransformError, <Tool>Error   marker fit error, mm (our own senders)
 *   Error, RMSE, MarkerFitError   the same, read for others
 * No peer that we know of sends a fit error: the last two lines are our reading.
 *
 * Words: OK, SWITCH1_IS_ON (2, 3) -> OK; MISSING -> MISSING; OUT_OF_VIEW, OUTOFVIEW -> OUT_OF_VIEW;
 * OUT_OF_VOLUME, OUTOFVOLUME -> OUT_OF_VOLUME; INVALID, REQ_TIMEOUT, PATH_NOT_FOUND, UNKNOWN,
 * HIGHERROR, DISABLED -> INVALID; any other -> UNKNOWN_WORD, which counts as invalid. "OK" must be
 * said as a word: an empty value is unknown. A key that is repeated with another value is a
 * contradiction: the worse one holds.
 * Pure. Thread: any. */
#ifndef WIRE_SENDER_STATUS_H
#define WIRE_SENDER_STATUS_H

#include <stddef.h>

#include "nav/sample.h"
#include "nav/status.h"
#include "wire_message.h"

/* The status that a word names; surrounding blanks and a terminating NUL are ignored. */
enum nav_sender_status wire_sender_status_of_word(const char *word, size_t length);

/* The worse of two statements: anything that is not OK wins over OK, OK over nothing said. Of two
 * that are not OK, the one that names a reason (missing, view, volume) wins, else the first. */
enum nav_sender_status wire_sender_status_worse(enum nav_sender_status a, enum nav_sender_status b);

/* Of a TRANSFORM or POSITION: TransformStatus and TransformValid together. NAV_SENDER_UNSTATED when
 * neither is there. */
enum nav_sender_status wire_sender_status_of_message(const struct wire_message *message);

/* Of one tool of a TDATA or QTDATA message. */
enum nav_sender_status wire_sender_status_of_tool(const struct wire_message *message,
                                                  const char *tool);

/* The sender's marker fit error in mm; NaN = not stated. `tool` is NULL for TRANSFORM and POSITION.
 * A value that is not a number, or negative, gives infinity: it was stated but cannot be trusted to
 * be small. */
float wire_sender_error_mm(const struct wire_message *message, const char *tool);

/* The device name, whole: of IGTL_DEVICE_NAME where that is given, else of the header.
 * NAV_ERR_TOO_LARGE when it does not fit `size`; NAV_ERR_ENCODING when it is empty or not text;
 * NAV_ERR_REFUSED when the header's name is not its beginning: one message, two names. */
NAV_MUST_USE enum nav_status wire_device_name(const struct wire_message *message, char *out_name,
                                              size_t size);

#endif
