/* Poses as somebody recorded them, one row a pose: what every format of recorded tracking is read
 * into and written from. Nothing is judged here; a row says what the recorder said, validity
 * included.
 *
 * Frames: device "StylusToTracker" gives T_tracker_stylus, mm. Times are nanoseconds of the clock
 * that the field names. Thread: one. Owner: the caller, ses_pose_log_finish. */
#ifndef SES_POSE_LOG_H
#define SES_POSE_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nav/limits.h"
#include "nav/pose.h"
#include "nav/sample.h"
#include "nav/status.h"
#include "sequence.h"

enum {
    SES_DEVICES_MAX = SRV_SEQUENCE_TRANSFORMS_MAX,
    SES_WORDS_MAX = SRV_SEQUENCE_WORDS_MAX,
    SES_WORD_SIZE = SRV_SEQUENCE_WORD_SIZE,
    SES_NO_WORD = SRV_SEQUENCE_NO_WORD,
    SES_POSES_MAX = SRV_SEQUENCE_POSES_MAX
};

#define SES_NO_TIME INT64_MIN

struct ses_pose {
    int64_t arrival_ns;    /* recorder's clock */
    int64_t stamp_ns;      /* sender's clock; SES_NO_TIME = none */
    int64_t unfiltered_ns; /* IGSIO's UnfilteredTimestamp; SES_NO_TIME = none */
    double matrix[12];     /* 3x4 row-major T_tracker_device; all zero without `has_matrix` */
    float error_mm;        /* marker fit error; NaN = not stated */
    uint16_t device;       /* index in devices */
    uint8_t status;        /* enum nav_sender_status */
    uint8_t word;          /* the status as written, index in words; SES_NO_WORD */
    bool has_matrix;
};

struct ses_pose_log {
    struct ses_pose *poses;
    size_t count, capacity;
    size_t device_count;
    char devices[SES_DEVICES_MAX][NAV_NAME_SIZE]; /* in order of first appearance */
    size_t word_count;
    char words[SES_WORDS_MAX][SES_WORD_SIZE];
    size_t ignored_fields; /* of the file, not taken over */
};

/* How a log became frames. */
struct ses_framing {
    bool by_arrival; /* the senders' stamps are missing or go back: frame times are arrivals */
};

/* Index of a device; a new name is added. NAV_ERR_TOO_LARGE: too long, or too many devices;
 * NAV_ERR_ENCODING: empty or with control characters. */
NAV_MUST_USE enum nav_status ses_pose_log_device(struct ses_pose_log *log, const char *name,
                                                 size_t length, uint16_t *out_device);

/* Index of a status word, and what it means (`out_status`). Statuses likewise. */
NAV_MUST_USE enum nav_status ses_pose_log_word(struct ses_pose_log *log, const char *word,
                                               size_t length, uint8_t *out_word,
                                               uint8_t *out_status);

/* Appends a row; its device and word are this log's. NAV_ERR_MEMORY; NAV_ERR_TOO_LARGE: more than
 * SES_POSES_MAX. */
NAV_MUST_USE enum nav_status ses_pose_log_add(struct ses_pose_log *log,
                                              const struct ses_pose *pose);

void ses_pose_log_finish(struct ses_pose_log *log);

/* Whether the row may be taken for a live pose: a matrix, and the sender says nothing against it.
 */
bool ses_pose_is_valid(const struct ses_pose *pose);

/* The pose as rotation and translation. NAV_ERR_NOT_RIGID, NAV_ERR_NOT_FINITE; NAV_ERR_NOT_FOUND
 * without a matrix. */
NAV_MUST_USE enum nav_status ses_pose_rigid(const struct ses_pose *pose, struct nav_pose *out_pose);

/* Sorts rows by arrival; rows of one instant keep their order. NAV_ERR_MEMORY. */
NAV_MUST_USE enum nav_status ses_pose_log_sort(struct ses_pose_log *log);

/* Whether every row has a stamp and none is before that of the row above. */
bool ses_pose_log_stamps_advance(const struct ses_pose_log *log);

/* Appends every row of a sequence: arrival and stamp are the frame's Timestamp. Statuses as
 * ses_pose_log_device and _add. */
NAV_MUST_USE enum nav_status ses_pose_log_from_sequence(const struct srv_sequence *sequence,
                                                        struct ses_pose_log *log);

/* Frames of a log: rows with one stamp that follow each other and are of different devices. The
 * frame's Timestamp is that stamp, its UnfilteredTimestamp that of its first row. Times of a
 * sequence do not go back: where the stamps do, or are missing, all frames are made of arrivals,
 * which `out_framing` tells. NAV_ERR_NOT_FOUND: no rows; NAV_ERR_TOO_LARGE: more than a sequence
 * holds; NAV_ERR_MEMORY. The caller destroys it. */
NAV_MUST_USE enum nav_status ses_pose_log_to_sequence(const struct ses_pose_log *log,
                                                      struct srv_sequence **out_sequence,
                                                      struct ses_framing *out_framing);

#endif
