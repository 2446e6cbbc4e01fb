/* What a message says of a pose besides its numbers, as the sample that the navigator takes has it:
 * the sender's time, and what the sender itself says of the pose (wire_sender_status.h). The
 * numbers are wire_transform_widen's; `device`, `source` and `arrival_ns` are the receiver's.
 *
 * Pure. Thread: any. */
#ifndef WIRE_SAMPLE_H
#define WIRE_SAMPLE_H

#include <math.h>
#include <stddef.h>

#include "nav/sample.h"
#include "wire_message.h"
#include "wire_sender_status.h"

/* The sender's time and words: `device_ns`, `status`, `error_mm`. `tool`: name of the TDATA entry
 * that the pose is of, NULL when the message is of one pose. */
static inline void wire_sample_words(const struct wire_message *message, const char *tool,
                                     struct nav_pose_sample *out_sample)
{
    out_sample->device_ns = message->device_ns;
    out_sample->status = NAV_SENDER_UNSTATED;
    out_sample->error_mm = (float)NAN;
    if (message->metadata_count != 0) {
        out_sample->status = tool != NULL ? wire_sender_status_of_tool(message, tool)
                                          : wire_sender_status_of_message(message);
        out_sample->error_mm = wire_sender_error_mm(message, tool);
    }
}

#endif
