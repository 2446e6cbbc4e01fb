/* Brings a scan into the frame of another: an MR to the CT of the same patient, rigidly.
 *
 * The other modality's values mean something else, so that agreement is told by mutual information
 * (Mattes et al., IEEE Trans. Med. Imaging 22, 2003), maximised by ITK (align_itk.h) from coarse to
 * fine and from several starts. What comes of it is judged by a measure of its own (joint.h) and
 * refused where it cannot be vouched for; a person still has to look at the two scans together.
 *
 * The reference is the scan that stays (CT); T_reference_other places the other one's frame in the
 * reference's frame. LPS mm on both sides. The same scans give the same numbers on every run.
 * Thread: one at a time. */
#ifndef ALIGN_H
#define ALIGN_H

#include <stdbool.h>
#include <stddef.h>

#include "cfg_error.h"
#include "nav/pose.h"
#include "volume.h"

enum { PREP_ALIGN_RESTARTS = 6 };

/* A scan and whether its values are HU. */
struct prep_align_scan {
    const struct cfg_volume *volume;
    bool hounsfield;
};

/* What was found, of an estimate or a transform that was given. Information is in nats, over the
 * patient's body in the reference as far as the other scan reaches. */
struct prep_align_report {
    struct nav_pose T_reference_other;
    double information;       /* with the transform */
    double information_start; /* as the files lie */
    double information_aside; /* the most of what is left 20 mm or 12 degrees beside it */
    double overlap;           /* share of the smaller scan's body that the other scan has, 0..1 */
    double rotation_deg;
    double shift_mm[3]; /* of the overlap's middle */
    /* Of an estimate. */
    int starts;             /* coarse ones that were followed */
    int iterations;         /* of the winner, all levels */
    int restarts, agreeing; /* from beside the result, and how many came back to it */
    double spread_mm;       /* farthest any of those left a corner of the overlap's box */
    /* Of a given one: how far the nearest maximum lies from it, at the corners; an eye must judge
     * which is right. */
    double refined_mm;
};

/* How the work goes on, 0 to 1; may be NULL. */
typedef void (*prep_align_progress_fn)(void *context, double share, const char *what);

/* Estimates the transform. NAV_ERR_REFUSED, with what is wrong and what to do: too little overlap,
 * no clear maximum, no better than as the files lie, or restarts that end elsewhere;
 * NAV_ERR_RANGE: a scan too small to be registered; NAV_ERR_MEMORY, NAV_ERR_CONDITION (ITK gave
 * up). */
NAV_MUST_USE enum nav_status prep_align_estimate(const struct prep_align_scan *reference,
                                                 const struct prep_align_scan *other,
                                                 prep_align_progress_fn progress, void *context,
                                                 struct prep_align_report *out_report,
                                                 struct cfg_error *error);

/* Judges a transform that was given: refused where the scans do not overlap, or where it fits
 * clearly better inverted or with x and y negated, which is then named, or a little beside. */
NAV_MUST_USE enum nav_status prep_align_judge(const struct prep_align_scan *reference,
                                              const struct prep_align_scan *other,
                                              const struct nav_pose *T_reference_other,
                                              struct prep_align_report *out_report,
                                              struct cfg_error *error);

/* Moves a scan: its voxels stay, their places become T p. */
void prep_align_move(struct cfg_volume *volume, const struct nav_pose *T);

#endif
