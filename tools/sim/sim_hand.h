/* A hand that moves a tool of the case along a script, and the tracker that looks at it.
 *
 * Truth: the pose of the tool in image space, tremor included. Measured: what an optical tracker
 * would send, seen from a camera that moves against a patient that breathes; measured = inverse
 * registration applied to the truth, with noise. Hence a receiver has to undo the reference's
 * motion and to apply the registration to find the truth again.
 *
 * Everything is a function of (case, script, seed, frame number): no state but the frozen pose of a
 * fault. Frames: T_a_b as in nav/pose.h, mm, image space LPS. Thread: one. */
#ifndef SIM_HAND_H
#define SIM_HAND_H

#include <stdint.h>

#include "case.h"
#include "nav/pose.h"
#include "sim_frame.h"
#include "sim_script.h"

enum sim_phase {
    SIM_PHASE_TRAVEL = 0, /* through the air to the next place */
    SIM_PHASE_APPROACH,   /* down to the entry edge */
    SIM_PHASE_CONTACT,    /* on the bone, not yet cutting */
    SIM_PHASE_CUT,
    SIM_PHASE_DWELL, /* at full depth */
    SIM_PHASE_RETREAT,
    SIM_PHASE_TOUCH,
    SIM_PHASE_REST
};

/* What is really so at one frame. */
struct sim_truth {
    uint64_t frame;
    int64_t offset_ns;
    enum sim_phase phase;
    ptrdiff_t cut;      /* index in the case, -1 = none */
    ptrdiff_t landmark; /* index in the case, -1 = none */
    struct nav_pose T_image_tool;
    double tip_image_mm[3];
    double axis_image[3]; /* where the tool points */
    double up_image[3];   /* blade's face normal */
    double depth_mm;      /* of the tip beyond the entry edge along the cut's v; 0 without
                             a cut */
    struct nav_pose T_tracker_reference;
    ptrdiff_t tool_fault; /* enum sim_fault_kind, -1 = none */
    ptrdiff_t reference_fault;
};

struct sim_hand;

/* `planned` must outlive the hand. `rate_hz` > 0. NAV_ERR_NOT_FOUND: no such tool;
 * NAV_ERR_REFUSED: the case has no registration, so there is nothing to invert, or its tool has
 * too skew an `up`; NAV_ERR_NOT_RIGID, NAV_ERR_MEMORY. `out_why` gets a line for people. */
NAV_MUST_USE enum nav_status sim_hand_create(const struct cfg_case *planned,
                                             const struct sim_script *script, double rate_hz,
                                             uint64_t seed, bool loop, struct sim_hand **out_hand,
                                             char *out_why, size_t why_size);
void sim_hand_destroy(struct sim_hand *hand); /* NULL is legal */

/* Length of the script once through. */
double sim_hand_seconds(const struct sim_hand *hand);

/* The tool that is moved. */
const struct cfg_tool *sim_hand_tool(const struct sim_hand *hand);

const struct cfg_case *sim_hand_case(const struct sim_hand *hand);

/* Frames: the reference first (where the case has one), then the tool. */
struct sim_source sim_hand_source(struct sim_hand *hand);

/* The truth of the frame last given by the source. */
const struct sim_truth *sim_hand_truth(const struct sim_hand *hand);

const char *sim_phase_name(enum sim_phase phase);

#endif
