/* Registration of touched surface points to the bone's surface mesh.
 *
 * Point-to-plane iterative closest point (Chen and Medioni 1992) with Tukey's biweight on the
 * distances, started from a landmark registration and from many perturbations of it. The residual
 * never decides: a small residual on a small patch goes with errors of centimetres at the tumour.
 * What decides is
 *   - condition: how well the touched shape ties down all six degrees of freedom, as the ratio of
 *     the smallest to the largest eigenvalue of the constraint matrix, lengths scaled by the mean
 *     distance from the centroid (Gelfand et al. 2003);
 *   - agreement: perturbed starts must end at the same place at the targets;
 *   - spread: the points must cover enough of the exposed bone;
 *   - uncertainty at the targets, sigma^2 (J'J)^-1 carried to each target.
 *
 * Frames: points in the reference frame, mesh and targets in image space; result T_image_reference.
 * Units: whatever mesh and points share, mm in the theatre. Deterministic: the perturbations come
 * from a fixed seed. Allocates while it works. Thread: any. */
#ifndef TRK_SURFACE_REGISTRATION_H
#define TRK_SURFACE_REGISTRATION_H

#include <stdbool.h>
#include <stdint.h>

#include "mesh_query.h"
#include "nav/pose.h"
#include "nav/status.h"

enum { TRK_SURFACE_TARGETS_MAX = 32, TRK_SURFACE_POINTS_MIN = 20 };

struct trk_surface_options {
    double trim;             /* largest share of points that may get no weight, [0, 0.5] */
    uint32_t iterations_max; /* of one start */
    uint32_t starts;         /* perturbed starts besides the given one */
    double start_angle_rad;  /* largest rotation of a perturbation */
    double start_mm;         /* largest translation of one */
    double agree_mm;         /* starts agree when all targets are within this */
    double condition_min;    /* smallest / largest eigenvalue */
    double spread_min_mm;    /* longest extent of the points */
    double exposed_mm;       /* length of the exposed bone; the points must cover 60 % of it; 0 =
                                not stated */
    double noise_mm;         /* assumed error of one touched point, for the uncertainty */
    double tre95_max_mm;     /* largest accepted uncertainty (95 %) at a target */
    uint64_t seed;
};

/* Why a result is not accepted; bits. */
enum trk_surface_refusal {
    TRK_SURFACE_SLIDING = 1u << 0, /* condition below its limit: the surface can slide on itself */
    TRK_SURFACE_AMBIGUOUS = 1u << 1, /* another place fits as well */
    TRK_SURFACE_UNSTABLE = 1u << 2,  /* fewer than half of the starts come back to this place */
    TRK_SURFACE_SPREAD = 1u << 3,    /* points too close together */
    TRK_SURFACE_TRE = 1u << 4,       /* uncertainty at a target above its limit */
    TRK_SURFACE_RESIDUAL = 1u << 5   /* points do not lie on the surface: rms above 3 x noise */
};

struct trk_surface_result {
    struct nav_pose T_image_reference;
    double rms_mm;      /* of the distances from the surface, without the `trim` furthest */
    double rms_all_mm;  /* of all points */
    uint32_t kept;      /* points with any weight */
    double condition;   /* smallest / largest eigenvalue, 0..1 */
    double spread_mm;   /* longest extent of the points */
    uint32_t starts;    /* starts made, the given one included */
    uint32_t agreeing;  /* of them, ended at this place */
    uint32_t ambiguous; /* ended elsewhere with as good a fit */
    double scatter_mm;  /* largest distance at a target between agreeing starts */
    uint32_t target_count;
    double tre_mm[TRK_SURFACE_TARGETS_MAX]; /* rms uncertainty at each target */
    /* 95 of 100 are within: of all errors of that rms the one along a single line reaches furthest
     */
    double tre95_mm[TRK_SURFACE_TARGETS_MAX];
    uint32_t refusals; /* bits of enum trk_surface_refusal; 0 = accepted */
};

/* Defaults: trim 0.1, 60 iterations, 24 starts within 10 deg and 5 mm, agreement 1 mm, condition
 * 0.01, spread 50 mm (more than a patch of 30 x 30 mm has), noise 0.5 mm, uncertainty (95 %) 2 mm.
 */
struct trk_surface_options trk_surface_options_default(void);

/* Registers `count` points (x y z, reference frame). `targets` (x y z each, image space) may be
 * NULL with `target_count` 0; then the centroid of the points stands for them.
 * NAV_ERR_ARGUMENT: fewer than TRK_SURFACE_POINTS_MIN points, too many targets, an option out of
 * range, coordinates that are not finite; NAV_ERR_CONDITION: the equations are singular at every
 * start; NAV_ERR_MEMORY. NAV_OK does not mean accepted: look at `refusals`. */
NAV_MUST_USE enum nav_status trk_surface_register(const struct trk_mesh *mesh,
                                                  const double *points_mm, uint32_t count,
                                                  const struct nav_pose *T_image_reference_start,
                                                  const double *targets_mm, uint32_t target_count,
                                                  const struct trk_surface_options *options,
                                                  struct trk_surface_result *out_result);

/* One sentence of what a refusal means and what to do; `refusal` is a single bit. Never NULL. */
const char *trk_surface_refusal_text(enum trk_surface_refusal refusal);
/* Its stable name for JSON, e.g. "surface-sliding". Never NULL. */
const char *trk_surface_refusal_name(enum trk_surface_refusal refusal);

#endif
