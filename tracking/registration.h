/* Registration by landmarks, and everything that may be wrong with it.
 *
 * A landmark was measured with the tracked stylus (in the reference frame) and has its place in the
 * image. The fit is rigid, weighted by 1 / FLE^2. What a small error cannot be told from is looked
 * for actively: exchanged labels, mirrored or wrongly scaled data, one bad landmark, too flat or
 * too thin an arrangement. FRE is reported as what it is (a check of the landmarks); the error to
 * be expected is the TRE at the targets.
 *
 * Works on plain numbers; allocates through LAPACK; not on the way of a live pose. Thread: any. */
#ifndef TRK_REGISTRATION_H
#define TRK_REGISTRATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nav/limits.h"
#include "nav/pose.h"
#include "nav/status.h"

enum {
    TRK_LANDMARKS_MAX = 64,
    TRK_TARGETS_MAX = 32,
    TRK_FINDINGS_MAX = 16 + TRK_TARGETS_MAX,
    TRK_MESSAGE_SIZE = 256
};

struct trk_landmark {
    char name[NAV_NAME_SIZE];
    double measured_mm[3]; /* in the reference frame */
    double image_mm[3];
    double fle_mm; /* expected localisation error, rms of the distance; 0 = the limits' */
};

struct trk_target {
    char name[NAV_NAME_SIZE];
    double image_mm[3];
};

struct trk_registration_limits {
    uint32_t landmarks_min; /* fewer are refused */
    double fle_mm;          /* expected localisation error of a landmark, rms of the distance */
    double confidence;      /* a good registration is refused with 1 - this probability */
    double tre95_max_mm;    /* largest predicted error (95 %) at a target */
    double scale_tolerance; /* |estimated scale - 1| above this is refused */
    double flat_min;        /* smallest / largest spread below this: a mirror cannot be detected */
    double thin_min;        /* middle / largest spread below this is refused */
    double mirror_factor;   /* a reflection that fits better by this is refused */
};

struct trk_registration_limits trk_registration_limits_default(void);

/* X(name, key, refuses) */
#define TRK_FINDING_LIST(X)                                                                        \
    X(TRK_FINDING_TOO_FEW, "too-few", true)                                                        \
    X(TRK_FINDING_THIN, "collinear", true)                                                         \
    X(TRK_FINDING_UNITS, "units", true)                                                            \
    X(TRK_FINDING_SCALE, "scale", true)                                                            \
    X(TRK_FINDING_MIRRORED, "mirrored", true)                                                      \
    X(TRK_FINDING_SWAPPED, "swapped-labels", true)                                                 \
    X(TRK_FINDING_BAD_LANDMARK, "bad-landmark", true)                                              \
    X(TRK_FINDING_FRE, "fre", true)                                                                \
    X(TRK_FINDING_TRE, "tre", true)                                                                \
    X(TRK_FINDING_FLAT, "near-planar", false)                                                      \
    X(TRK_FINDING_AMBIGUOUS, "ambiguous-labels", false)                                            \
    X(TRK_FINDING_UNSEARCHED, "labels-unsearched", false)

enum trk_finding_code {
#define TRK_FINDING_ENUM(name, key, refuses) name,
    TRK_FINDING_LIST(TRK_FINDING_ENUM)
#undef TRK_FINDING_ENUM
        TRK_FINDING_COUNT
};

struct trk_finding {
    enum trk_finding_code code;
    bool refuses;    /* the registration must not be used without an explicit override */
    int32_t subject; /* index of the landmark or target, -1 = none */
    double value;    /* what was found ... */
    double limit;    /* ... and what is allowed; NaN where there is no number */
    char text[TRK_MESSAGE_SIZE];
    char suggestion[TRK_MESSAGE_SIZE];
};

struct trk_registration {
    struct nav_pose T_image_reference;
    uint32_t count;
    double fre_mm;          /* root mean square of the residuals */
    double fre_limit_mm;    /* exceeded by good landmarks with probability 1 - confidence */
    double fre_mirrored_mm; /* of the best reflection */
    double scale;           /* image / measured, estimated; not applied */
    double spread_mm[3];    /* of the measured landmarks, largest first */
    double residuals_mm[TRK_LANDMARKS_MAX];
    /* each landmark against the fit of the others: its distance, and the others' FRE; NaN where
     * the others do not determine a fit */
    double left_out_mm[TRK_LANDMARKS_MAX];
    double left_out_fre_mm[TRK_LANDMARKS_MAX];
    uint32_t target_count;
    double tre_mm[TRK_TARGETS_MAX];   /* predicted root mean square error */
    double tre95_mm[TRK_TARGETS_MAX]; /* predicted: 95 of 100 are within */
    bool pairing_suggested;           /* pairing[i]: the image landmark that measured i fits */
    uint32_t pairing[TRK_LANDMARKS_MAX];
    bool accepted; /* no finding that refuses */
    uint32_t finding_count;
    struct trk_finding findings[TRK_FINDINGS_MAX];
};

/* Registers and judges. NAV_OK: `out_registration` is complete, accepted or not.
 * NAV_ERR_ARGUMENT: fewer than 3 or more than TRK_LANDMARKS_MAX landmarks, too many targets, an
 * FLE or a limit out of range; NAV_ERR_NOT_FINITE; NAV_ERR_CONDITION: the landmarks lie on a line,
 * no transform can be given at all; NAV_ERR_MEMORY. */
NAV_MUST_USE enum nav_status trk_register(const struct trk_landmark *landmarks, size_t count,
                                          const struct trk_target *targets, size_t target_count,
                                          const struct trk_registration_limits *limits,
                                          struct trk_registration *out_registration);

/* FRE that good landmarks of localisation error `fle_mm` exceed with probability 1 - p. */
double trk_fre_limit(size_t count, double fle_mm, double p);

const char *trk_finding_name(enum trk_finding_code code); /* "swapped-labels" ...; never NULL */

/* A named landmark was touched: how far it appears from its place, and what would explain it. */
enum trk_touch_verdict {
    TRK_TOUCH_GOOD = 0,
    TRK_TOUCH_OFF,           /* further than `limit_mm` */
    TRK_TOUCH_RAS_LPS,       /* off, but right with x and y negated */
    TRK_TOUCH_MIRRORED,      /* off, but right with one axis negated */
    TRK_TOUCH_OTHER_LANDMARK /* off, but right for another landmark: `out_other` */
};

struct trk_touch {
    enum trk_touch_verdict verdict;
    double deviation_mm;
    double point_image_mm[3];
    int32_t other; /* index, or -1 */
};

/* `touched_mm` is in the reference frame. Landmark `index` of `landmarks` was meant. */
NAV_MUST_USE enum nav_status trk_touch_check(const struct nav_pose *T_image_reference,
                                             const struct trk_landmark *landmarks, size_t count,
                                             size_t index, const double touched_mm[3],
                                             double limit_mm, struct trk_touch *out_touch);

#endif
