/* MITK's navigation data as CSV: one row a time step, for each tool N the columns
 *   TimeStamp_ToolN;Valid_ToolN;X_ToolN;Y_ToolN;Z_ToolN;QX_ToolN;QY_ToolN;QZ_ToolN;QR_ToolN;
 * in ms and mm, every cell followed by a semicolon.
 *
 * The format holds neither names nor status words nor more than a rigid pose: tools come back as
 * Tool0, Tool1, ..., statuses as OK and INVALID; a tool that a step does not have is written as
 * not valid at the origin. Thread: any. */
#ifndef SES_POSE_MITK_H
#define SES_POSE_MITK_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "cfg_error.h"
#include "nav/status.h"
#include "pose_log.h"

/* Appends the rows, sorted by time. Refused, with the line: another heading, a row of another
 * length, a number that is none, a valid pose whose quaternion is not of unit length. */
NAV_MUST_USE enum nav_status ses_pose_mitk_read(const char *name, const uint8_t *bytes, size_t size,
                                                struct ses_pose_log *log,
                                                struct cfg_error *out_error);

/* The thread's locale must be C's; the caller looks at ferror. Returns the number of poses that are
 * not rigid and were written as not valid. */
size_t ses_pose_mitk_write(FILE *file, const struct srv_sequence *sequence,
                           void (*on_frame)(void *context, size_t done), void *context);

#endif
