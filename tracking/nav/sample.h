/* One tracked pose as it came from a peer: decoded, not yet judged.
 *
 * Made by `server/ingest` (live), by replay and by tests; taken by `trk_navigator_push`.
 * A sample is never "valid" by itself: the gate in `tracking` decides. The zero struct has no
 * rotation and is rejected. */
#ifndef NAV_SAMPLE_H
#define NAV_SAMPLE_H

#include <stdint.h>

/* What the sender itself says about the pose (OpenIGTLink metadata, TDATA has none). */
enum nav_sender_status {
    NAV_SENDER_UNSTATED = 0, /* nothing said: shown as unverified where config asks for it */
    NAV_SENDER_OK,
    NAV_SENDER_MISSING,       /* tool not seen */
    NAV_SENDER_OUT_OF_VIEW,   /* PLUS OUT_OF_VIEW, also OUTOFVIEW */
    NAV_SENDER_OUT_OF_VOLUME, /* PLUS OUT_OF_VOLUME, also OUTOFVOLUME */
    NAV_SENDER_INVALID,       /* said to be invalid, or TransformValid = 0 */
    NAV_SENDER_UNKNOWN_WORD   /* a word we do not know: treated as invalid */
};

struct nav_pose_sample {
    uint32_t device;    /* id from trk_navigator_find_device */
    uint32_t source;    /* peer slot, also the clock domain of device_ns */
    int64_t arrival_ns; /* receiver's monotonic clock when the bytes were read */
    int64_t device_ns;  /* sender's time stamp, ns of its UTC-like clock; 0 = none */
    enum nav_sender_status status;
    float error_mm; /* sender's marker fit error, mm; NaN = not stated */
    double R[9];    /* row-major T_tracker_device rotation as received */
    double t_mm[3]; /* its translation, mm */
};

#endif
