/* How wrong a registration may be where it matters: the target registration error (TRE).
 *
 * The error at the landmarks (FRE) says nothing about the error at a target; the number, the places
 * and the localisation errors (FLE) of the landmarks do. General first order form for any weights
 * and any covariance of the localisation: A. Danilchenko, J. M. Fitzpatrick, IEEE TMI 30, 2011; it
 * becomes J. M. Fitzpatrick, J. West, C. Maurer, IEEE TMI 17, 1998 (eq. 46) for equal isotropic
 * errors. mm. Thread: any. */
#ifndef TRK_TRE_H
#define TRK_TRE_H

#include <stddef.h>

#include "nav/status.h"

/* What the landmarks say of the error anywhere: a small turn and shift about their centre. */
struct trk_tre_model {
    double centre_mm[3];
    double covariance[36]; /* of (turn in rad, shift in mm), row-major 6x6 */
};

/* From the landmarks in the space of the targets. `covariances`: of each localisation, row-major,
 * mm^2. `weights`: the 3x3 matrices that the fit multiplied its residuals with; NULL: identities.
 * NAV_ERR_ARGUMENT: fewer than 3; NAV_ERR_NOT_FINITE; NAV_ERR_CONDITION: on a line. */
NAV_MUST_USE enum nav_status trk_tre_model_init(size_t count, const double (*points)[3],
                                                const double (*covariances)[9],
                                                const double (*weights)[9],
                                                struct trk_tre_model *out_model);

/* The same for isotropic errors of `fle_mm` each (root mean square of the distance, > 0) and a fit
 * weighted by 1 / fle^2. */
NAV_MUST_USE enum nav_status trk_tre_model_isotropic(size_t count, const double (*points)[3],
                                                     const double *fle_mm,
                                                     struct trk_tre_model *out_model);

/* Covariance of the error at a target, row-major, mm^2. */
void trk_tre_covariance(const struct trk_tre_model *model, const double target_mm[3],
                        double out_covariance[9]);

/* Its root mean square, and the distance that 95 of 100 registrations stay within. */
double trk_tre_rms(const struct trk_tre_model *model, const double target_mm[3]);
double trk_tre_95(const struct trk_tre_model *model, const double target_mm[3]);

/* The closed form of 1998, as a check on the general one: rms at a target for one FLE. */
NAV_MUST_USE enum nav_status trk_tre_rms_ref(size_t count, const double (*points)[3], double fle_mm,
                                             const double target_mm[3], double *out_rms_mm);

#endif
