/* The faults of a script, done to poses: the simulated hand's own, or those of a real tracker that
 * pass by. Thread: one at a time. */
#ifndef SIM_FAULTS_H
#define SIM_FAULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "case.h"
#include "sim_frame.h"
#include "sim_script.h"

enum { SIM_FAULT_DEVICES = 2 }; /* SIM_ON_TOOL, SIM_ON_REFERENCE */

struct sim_faults {
    const struct sim_script *script; /* not owned */
    const char *other_device;        /* under whose name SIM_FAULT_WRONG_TOOL gives the tool */
    bool has_last[SIM_FAULT_DEVICES];
    struct sim_pose last[SIM_FAULT_DEVICES]; /* given last: what SIM_FAULT_FREEZE repeats */
};

/* `tool`: the tool of `planned` that SIM_ON_TOOL means. Script and case must outlive the faults,
 * and so must the texts of poses. */
void sim_faults_init(struct sim_faults *faults, const struct sim_script *script,
                     const struct cfg_case *planned, const struct cfg_tool *tool);

/* The fault in force for a device at `t_s`, or NULL; of several the last listed. SIM_FAULT_CLOCK is
 * of no device: see sim_faults_clock_ns. */
const struct sim_fault *sim_faults_find(const struct sim_faults *faults, double t_s,
                                        enum sim_fault_device device);

/* Does to the pose what is in force at `t_s`. The kind of the fault, or -1. */
ptrdiff_t sim_faults_apply(struct sim_faults *faults, double t_s, enum sim_fault_device device,
                           struct sim_pose *pose);

/* By how much the tracker's clock is wrong at `t_s`. */
int64_t sim_faults_clock_ns(const struct sim_faults *faults, double t_s);

#endif
