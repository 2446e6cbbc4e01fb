/* One climb to a maximum of mutual information by ITK 5, behind a plain C interface. No exception
 * leaves it.
 *
 * Mattes mutual information over given points, a versor about the middle of the reference, gradient
 * descent of regular steps. One thread, so that sums come in one order and results are repeatable.
 * Thread: one at a time. */
#ifndef ALIGN_ITK_H
#define ALIGN_ITK_H

#include "joint.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One level of both scans, as ITK has it. */
struct align_itk;

/* Values are copied. `points` must outlive it. NAV_ERR_MEMORY, NAV_ERR_CONDITION. */
NAV_MUST_USE enum nav_status align_itk_create(const struct align_image *reference,
                                              const struct align_image *other,
                                              const struct align_points *points,
                                              struct align_itk **out_itk);
void align_itk_destroy(struct align_itk *itk); /* NULL is legal */

/* Steps in mm of movement at 100 mm from the middle; a climb ends when they are below the least. */
struct align_climb {
    double step_mm, step_min_mm;
    int iterations_max;
};

/* Climbs from a pose, about a middle. NAV_ERR_NOT_FOUND: the scans came to overlap too little;
 * `inout` is then untouched. */
NAV_MUST_USE enum nav_status align_itk_climb(struct align_itk *itk, const struct align_climb *climb,
                                             const double middle_mm[3],
                                             struct nav_pose *inout_T_other_reference,
                                             int *out_iterations, double *out_information);

#ifdef __cplusplus
}
#endif

#endif
