/* A decoded pose as the sample that the navigator takes: numbers in double precision, the sender's
 * time, and what the sender itself says of the pose (wire_sender_status.h). `device`, `source` and
 * `arrival_ns` are the receiver's and are set by neither function.
 *
 * Pure. Thread: any. */
#ifndef WIRE_SAMPLE_H
#define WIRE_SAMPLE_H

#include "nav/sample.h"
#include "wire_message.h"
#include "wire_transform.h"

/* The numbers: `R` and `t_mm`. */
void wire_sample_numbers(const struct wire_transform *pose, struct nav_pose_sample *out_sample);

/* The sender's time and words: `device_ns`, `status`, `error_mm`. `tool`: name of the TDATA entry
 * that the pose is of, NULL when the message is of one pose. */
void wire_sample_words(const struct wire_message *message, const char *tool,
                       struct nav_pose_sample *out_sample);

#endif
