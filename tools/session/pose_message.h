/* A row of recorded tracking as the OpenIGTLink message that says the same, and back.
 *
 * A row becomes one TRANSFORM of header version 2 as PLUS sends it: TransformValid,
 * TransformStatus, IGTL_DEVICE_NAME. What the message's own fields cannot hold rides in metadata,
 * so that nothing of a recording is lost: "TransformMatrix" (the 12 numbers, where single precision
 * is not exact), "Timestamp" (s, where the header's stamp cannot hold it), "UnfilteredTimestamp"
 * (s), "TransformError" (mm). A row without a pose is a matrix of zeros that is not valid: no
 * receiver can take it for a pose.
 *
 * Back: TRANSFORM, POSITION with orientation, TDATA and QTDATA, from anybody. The added numbers are
 * believed only where they are what the message's own say, rounded. Thread: any. */
#ifndef SES_POSE_MESSAGE_H
#define SES_POSE_MESSAGE_H

#include <stddef.h>
#include <stdint.h>

#include "nav/status.h"
#include "pose_log.h"
#include "wire_message.h"

enum { SES_MESSAGE_MAX = 1024 /* bytes of a row as a message */ };

/* The thread's locale must be C's. NAV_ERR_ENCODING: the name or the status word is not ASCII. */
NAV_MUST_USE enum nav_status ses_pose_message_pack(const struct ses_pose_log *log,
                                                   const struct ses_pose *pose,
                                                   uint8_t out_bytes[SES_MESSAGE_MAX],
                                                   size_t *out_size);

/* Appends the message's poses. NAV_ERR_UNSUPPORTED: it carries none; otherwise the validator's or
 * the log's status. */
NAV_MUST_USE enum nav_status ses_pose_message_unpack(const struct wire_message *message,
                                                     int64_t arrival_ns, struct ses_pose_log *log);

#endif
