/* The last poses of one device, and the answer to "where was it at that instant?".
 *
 * A ring of NAV_HISTORY_MAX accepted poses in the order of their arrival; when full the oldest is
 * overwritten. An instant is the instant of a sample: it has an arrival time on the receiver's
 * monotonic clock and, when the sender stamps its messages, a time on the sender's clock. Stamps
 * are compared only within one `clock` (clock_map.h): other senders, and the same sender after its
 * clock was set, are other clocks. docs/timing.md has the rule in words. Pure, no allocation.
 * Thread: loop. */
#ifndef TRK_HISTORY_H
#define TRK_HISTORY_H

#include <stdint.h>

#include "nav/limits.h"
#include "nav/pose.h"
#include "trk_limits.h"

/* Facts about a pose that are kept with it; along a chain of frames they are combined by AND
 * where they are virtues (VALID, VERIFIED) and by OR where they are faults (LATE). */
enum trk_flags {
    TRK_FLAG_VALID = 1u << 0,    /* may be used */
    TRK_FLAG_VERIFIED = 1u << 1, /* the sender stated that it is good */
    TRK_FLAG_LATE = 1u << 2      /* its stamp lags behind the sender's clock as known so far */
};

struct trk_entry {
    struct nav_pose pose;
    int64_t arrival_ns;
    int64_t device_ns; /* sender's stamp; 0 = none */
    uint32_t source;   /* peer slot */
    uint32_t clock;    /* id of the clock of device_ns; 0 = no stamp */
    uint32_t flags;    /* enum trk_flags */
    double error_mm;   /* marker fit error; NaN = not stated */
};

struct trk_history {
    uint32_t count;
    uint32_t head; /* index at which the next entry is written */
    struct trk_entry entries[NAV_HISTORY_MAX];
};

/* How an answer was made, worst first. */
enum trk_answer {
    TRK_ANSWER_NONE = 0,     /* nothing near enough: no pose */
    TRK_ANSWER_HELD,         /* the nearest pose, within join_max_ns */
    TRK_ANSWER_INTERPOLATED, /* between two poses at most interpolate_max_ns apart */
    TRK_ANSWER_EXACT         /* a pose of this very instant */
};

struct trk_lookup {
    enum trk_answer answer;
    struct nav_pose pose;
    int64_t arrival_ns; /* of the pose used; of the later of two */
    uint32_t flags;
    double error_mm; /* the larger of two; NaN = not stated by every pose used */
};

void trk_history_clear(struct trk_history *history);
void trk_history_push(struct trk_history *history, const struct trk_entry *entry);

/* The entry pushed `back` pushes before the newest (0 = newest), or NULL. */
const struct trk_entry *trk_history_entry(const struct trk_history *history, uint32_t back);

/* The pose at the instant of `at`, a sample of another device. `at` and this device stamped by the
 * same source: on the sender's clock, exact, else interpolated (gap <= interpolate_max_ns), else
 * the nearest within join_max_ns. Otherwise by arrival: the nearest within join_max_ns, never
 * interpolated, because arrival times carry the jitter of transport; EXACT does not occur. Limits
 * include their ends. Of two equally near the later arrival is taken. */
struct trk_lookup trk_history_at(const struct trk_history *history, const struct trk_entry *at,
                                 const struct trk_limits *limits);

/* a - b without overflow: saturates. */
int64_t trk_time_difference(int64_t a, int64_t b);

#endif
