/* Poses as tables of comma separated values, one row a pose, the columns named in the first line.
 *
 * Read, in any order and letter case; other columns are counted and left alone:
 *   arrival_ns, stamp_ns, unfiltered_ns           whole nanoseconds
 *   time_s, host_time_s, timestamp, time, t       seconds: arrival and stamp
 *   device, tool, handle, port                    the tool; without the column the option `device`
 *   valid (1, 0), status, state (a word)
 *   tx_mm ty_mm tz_mm, tx ty tz, x_mm y_mm z_mm, x y z        mm
 *   q0 qx qy qz, qw qx qy qz                      unit quaternion
 *   r00 r01 ... r22                               rotation, row by row; wins over the quaternion
 *   rms_error_mm, error_mm, error, rms            marker fit error
 *   device_frame, frame, reply                    counters, for tables without times
 * A row without numbers, or with only some of them empty, is a pose without a matrix. Refused, with
 * the line: a number that is none, part of a pose, "OK" without a pose or with valid 0, a
 * quaternion that is not of unit length, times that are not there.
 *
 * Written: the plain table (all of a row, numbers that read back to the last bit: lossless) and the
 * table that NDI's tools' users have (quaternion only: a pose that is not rigid is written as
 * INVALID without numbers, and counted). Thread: any. */
#ifndef SES_POSE_TABLE_H
#define SES_POSE_TABLE_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "cfg_error.h"
#include "nav/status.h"
#include "pose_log.h"

struct ses_read_options {
    const char *device; /* of the rows of a table without such a column; NULL = none */
    double rate_hz;     /* of the counters of a table without times; 0 = not known */
};

/* Appends the rows. `name` stands for the file in messages; `bytes` are followed by a NUL. Times
 * keep the table's order: those that go back are refused. */
NAV_MUST_USE enum nav_status ses_pose_table_read(const char *name, const uint8_t *bytes,
                                                 size_t size,
                                                 const struct ses_read_options *options,
                                                 struct ses_pose_log *log,
                                                 struct cfg_error *out_error);

/* The thread's locale must be C's. The caller looks at ferror. */
void ses_pose_table_write(FILE *file, const struct ses_pose_log *log,
                          void (*on_row)(void *context, size_t done), void *context);

/* As above; returns the number of poses that are not rigid and could not be written. */
size_t ses_pose_table_write_ndi(FILE *file, const struct ses_pose_log *log,
                                void (*on_row)(void *context, size_t done), void *context);

#endif
