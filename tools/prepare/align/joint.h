/* How much one scan tells of the other where they overlap: mutual information of a joint histogram.
 *
 * A second opinion beside ITK's: it takes no part in the search, and judges its result.
 * I = sum p(a,b) ln(p(a,b) / p(a) p(b)), Shannon; with the bias of a finite number of points,
 * (cells(a) - 1)(cells(b) - 1) / 2N over cells in use, taken off (Miller 1955).
 * Thread: any. */
#ifndef ALIGN_JOINT_H
#define ALIGN_JOINT_H

#include "pyramid.h"

/* Places of the reference, in its frame, and its values there. */
struct align_points {
    size_t count;
    double (*p_mm)[3];
    float *values;
};

/* In about `wanted` of the image's voxels, evenly, each a little off its middle; `body_min`: those
 * above it alone, 0: all. What is taken is the same on every run. NAV_ERR_MEMORY. */
NAV_MUST_USE enum nav_status align_points_create(const struct align_image *image, size_t wanted,
                                                 float body_min, struct align_points *out_points);
void align_points_finish(struct align_points *points);

struct align_joint {
    double information; /* nats; 0 where no point is within */
    double within;      /* share of the points that lie in the other scan */
};

struct align_joint align_joint_of(const struct align_points *points,
                                  const struct align_image *other,
                                  const struct nav_pose *T_other_reference);

#endif
