/* The poses of one tool out of a recorded file, for offline calibration and registration.
 *
 * Files: our own sessions, IGSIO sequences (.mha, .nrrd: server/sequence.h) and plain pose tables
 * (.txt, .csv): each
 * line an optional "index:", then time in s, x, y, z in mm and the quaternion w, x, y, z; a heading
 * naming the columns t x y z qw qx qy qz in any order is honoured, '#' begins a comment. A table
 * holds one tool and no reference.
 *
 * A pose is kept when tool and reference were both valid in that frame and rigid to 2e-3; what was
 * left out is counted. Thread: any. Owner: the caller, recording_finish. */
#ifndef TOOLS_RECORDING_H
#define TOOLS_RECORDING_H

#include <stddef.h>
#include <stdint.h>

#include "nav/pose.h"
#include "nav/status.h"

struct recording {
    size_t count;
    struct nav_pose *poses; /* T_reference_tool; T_tracker_tool without a reference */
    int64_t *time_ns;       /* recorder's clock, not decreasing */
    int64_t *hidden_ns;     /* times of the frames that were left out */
    size_t hidden_count;
    size_t frames;    /* in the file */
    size_t invalid;   /* left out: said to be invalid, or tool or reference missing */
    size_t not_rigid; /* left out: not a rigid transform */
};

struct recording_error {
    char text[640];
};

/* `tool` and `reference` are names of transforms ("StylusToTracker") or of frames ("Stylus":
 * completed with "ToTracker" when the file has that). `reference` may be NULL. For a pose table
 * `tool` may be NULL and `reference` must be. NAV_ERR_NOT_FOUND also when the file has no such
 * transform: the message lists those it has. Other statuses as srv_sequence_read. */
NAV_MUST_USE enum nav_status recording_load(const char *path, const char *tool,
                                            const char *reference, struct recording *out_recording,
                                            struct recording_error *out_error);
void recording_finish(struct recording *recording);

#endif
