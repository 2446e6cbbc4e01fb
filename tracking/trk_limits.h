/* The limits that decide what is shown: plain numbers, handed in by whoever read the configuration.
 *
 * One field for each row of the configuration that concerns poses; times in ns. All ages and
 * intervals are on the receiver's monotonic clock. "Above" means strictly greater: a value equal to
 * a limit is on the good side of it. Thread: any. */
#ifndef TRK_LIMITS_H
#define TRK_LIMITS_H

#include <stdbool.h>
#include <stdint.h>

struct trk_limits {
    int64_t caution_age_ns;     /* age above which a pose is marked */
    int64_t withhold_age_ns;    /* age above which it is withheld */
    int64_t repeat_warn_ns;     /* bit-equal or identity poses for longer than this give caution */
    int64_t join_max_ns;        /* largest |tool time - reference time| */
    int64_t interpolate_max_ns; /* largest gap that may be interpolated across */
    int64_t clock_jump_ns;      /* change of the sender's clock offset that is flagged */
    int64_t smoothing_ns;       /* window of the mean that is shown; 0 = off */
    int64_t notice_ns;          /* how long a momentary fault keeps giving caution */
    uint32_t return_frames;     /* good poses in a row that end a drop-out, or ... */
    int64_t return_ns;          /* ... good poses for this long, whichever comes first */
    double rigid_tolerance;     /* max |R'R - I| and |det R - 1| */
    double translation_max_mm;  /* |t| above this is rejected */
    double fit_error_caution_mm;
    double fit_error_withhold_mm;
    double check_caution_mm;       /* a checked landmark further off than this gives caution ... */
    double check_withhold_mm;      /* ... and than this withholds */
    int64_t registration_check_ns; /* unchecked for longer gives caution; 0 = never */
    double reference_jump_mm;      /* a sudden move of the reference above this ... */
    double reference_jump_rad;     /* ... or above this asks for a check */
    bool require_status;           /* a sender that states no validity gives caution */
};

#endif
