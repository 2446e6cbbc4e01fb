/* Holding still: when a tip rests on a point, and where that is.
 *
 * Landmarks are collected as in the theatre: the tip is held on the point, and what is taken is the
 * mean of a second or more during which it stayed within a millimetre and was seen without a gap.
 * The same code runs live, sample by sample, and over a recording, where it finds all pauses.
 *
 * A pause begins when the last `hold_ns` of samples lie within `radius_mm` of their mean. It goes
 * on while every sample stays within `radius_mm` of the mean of that first stretch (a slow drift
 * ends it), and ends with the first that does not, with a gap, or with a sample that is not
 * visible.
 *
 * Points in any one frame (the reference's), mm; times on any one clock that does not go back. No
 * allocation. Thread: one at a time. */
#ifndef TRK_DWELL_H
#define TRK_DWELL_H

#include <stdbool.h>
#include <stdint.h>

#include "nav/status.h"

enum { TRK_DWELL_SAMPLES_MAX = 4096 /* of the first stretch: 1 s at 4 kHz */ };

struct trk_dwell_limits {
    int64_t hold_ns;      /* shortest pause */
    int64_t gap_max_ns;   /* largest time between two of its samples */
    double radius_mm;     /* largest distance from the mean */
    uint32_t samples_min; /* fewest samples of a pause */
};

/* 1 s, 100 ms, 1 mm, 10 samples. */
struct trk_dwell_limits trk_dwell_limits_default(void);

/* Why a stretch ended, or why none has begun. */
enum trk_dwell_end {
    TRK_DWELL_OPEN = 0, /* it goes on */
    TRK_DWELL_MOVED,    /* the tip left the point */
    TRK_DWELL_HIDDEN,   /* a sample was not visible or not finite */
    TRK_DWELL_GAP,      /* samples are missing */
    TRK_DWELL_FINISHED  /* trk_dwell_finish was called */
};

struct trk_pause {
    int64_t start_ns;
    int64_t end_ns; /* of its last sample */
    uint32_t samples;
    double mean_mm[3];
    double rms_mm; /* of the distances from the mean: the spread */
    double max_mm; /* largest distance from the mean of the first stretch */
    enum trk_dwell_end end;
};

struct trk_dwell_sample {
    int64_t time_ns;
    double point_mm[3];
};

/* Zeroed and started by trk_dwell_init; large, not for the stack. */
struct trk_dwell {
    struct trk_dwell_limits limits;
    enum trk_dwell_end last_end;
    bool resting;
    /* the stretch that may become a pause: a ring of samples */
    uint32_t head, count;
    struct trk_dwell_sample ring[TRK_DWELL_SAMPLES_MAX];
    /* the pause */
    double anchor_mm[3];
    int64_t start_ns, last_ns;
    uint32_t samples;
    double sum_mm[3]; /* of the differences from the anchor */
    double squares;
    double max_mm;
};

/* NAV_ERR_ARGUMENT: a limit that is not positive. */
NAV_MUST_USE enum nav_status trk_dwell_init(struct trk_dwell *dwell,
                                            const struct trk_dwell_limits *limits);

/* Takes a sample. True: a pause has ended before it, and `out_pause` tells it. A time that goes
 * back counts as a gap. */
bool trk_dwell_push(struct trk_dwell *dwell, int64_t time_ns, bool visible,
                    const double point_mm[3], struct trk_pause *out_pause);

/* Ends the stream. True: a pause was going on. */
bool trk_dwell_finish(struct trk_dwell *dwell, struct trk_pause *out_pause);

/* The pause that is going on. False: none, not long enough yet. */
bool trk_dwell_current(const struct trk_dwell *dwell, struct trk_pause *out_pause);

/* How much of `hold_ns` has passed, 0 to 1: for a progress ring on the screen. */
double trk_dwell_progress(const struct trk_dwell *dwell);

const char *trk_dwell_end_name(enum trk_dwell_end end); /* "moved" ...; never NULL */

#endif
