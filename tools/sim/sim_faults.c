#include "sim_faults.h"

#include <math.h>
#include <string.h>

#include "nav/time.h"

/* Device of the first tool of the case that is another one. */
static const char *other_device(const struct cfg_case *planned, const struct cfg_tool *tool)
{
    size_t i = 0;
    while (i + 1 < planned->tool_count && &planned->tools[i] == tool) {
        ++i;
    }
    return planned->tools[i].device;
}

void sim_faults_init(struct sim_faults *faults, const struct sim_script *script,
                     const struct cfg_case *planned, const struct cfg_tool *tool)
{
    *faults = (struct sim_faults){.script = script, .other_device = other_device(planned, tool)};
}

const struct sim_fault *sim_faults_find(const struct sim_faults *faults, double t_s,
                                        enum sim_fault_device device)
{
    const struct sim_fault *found = NULL;
    for (size_t i = 0; i < faults->script->fault_count; ++i) {
        const struct sim_fault *fault = &faults->script->faults[i];
        if (fault->kind != SIM_FAULT_CLOCK && t_s >= fault->from_s && t_s < fault->to_s &&
            (fault->device == device || fault->device == SIM_ON_BOTH)) {
            found = fault;
        }
    }
    return found;
}

int64_t sim_faults_clock_ns(const struct sim_faults *faults, double t_s)
{
    double error_ms = 0;
    for (size_t i = 0; i < faults->script->fault_count; ++i) {
        const struct sim_fault *fault = &faults->script->faults[i];
        if (fault->kind == SIM_FAULT_CLOCK && t_s >= fault->from_s && t_s < fault->to_s) {
            error_ms += fault->amount;
        }
    }
    return llround(error_ms * (double)NAV_NS_PER_MS);
}

static void apply(const struct sim_faults *faults, const struct sim_fault *fault,
                  enum sim_fault_device device, struct sim_pose *pose)
{
    static const double identity[9] = {1, 0, 0, 0, 1, 0, 0, 0, 1};
    switch (fault->kind) {
    case SIM_FAULT_HIDE:
        pose->valid = false;
        pose->status = "OUT_OF_VIEW";
        break;
    case SIM_FAULT_SILENCE:
        pose->valid = false;
        pose->has_matrix = false;
        break;
    case SIM_FAULT_FREEZE:
        if (faults->has_last[device]) {
            const char *name = pose->device;
            *pose = faults->last[device];
            pose->device = name;
        }
        break;
    case SIM_FAULT_JUMP:
        pose->t_mm[0] += fault->amount;
        break;
    case SIM_FAULT_IDENTITY:
        memcpy(pose->R, identity, sizeof(identity));
        memset(pose->t_mm, 0, sizeof(pose->t_mm));
        break;
    case SIM_FAULT_MIRROR:
        for (int row = 0; row < 3; ++row) {
            pose->R[3 * row] = -pose->R[3 * row];
        }
        break;
    case SIM_FAULT_SCALE:
        for (int i = 0; i < 9; ++i) {
            pose->R[i] *= fault->amount;
        }
        break;
    case SIM_FAULT_NAN:
        for (int i = 0; i < 3; ++i) {
            pose->t_mm[i] = NAN;
        }
        break;
    case SIM_FAULT_WRONG_TOOL:
        pose->device = faults->other_device;
        break;
    case SIM_FAULT_CLOCK:
        break;
    }
}

ptrdiff_t sim_faults_apply(struct sim_faults *faults, double t_s, enum sim_fault_device device,
                           struct sim_pose *pose)
{
    const struct sim_fault *fault = sim_faults_find(faults, t_s, device);
    if (fault != NULL) {
        apply(faults, fault, device, pose);
    }
    if (fault == NULL || fault->kind == SIM_FAULT_FREEZE) {
        faults->last[device] = *pose;
        faults->has_last[device] = true;
    }
    return fault != NULL ? (ptrdiff_t)fault->kind : -1;
}
