#include "gate.h"

#include <math.h>

static bool says_visible(enum nav_sender_status status)
{
    return status == NAV_SENDER_UNSTATED || status == NAV_SENDER_OK;
}

static bool is_identity(const struct nav_pose_sample *sample)
{
    for (int i = 0; i < 9; ++i) {
        if (sample->R[i] != (i % 4 == 0 ? 1.0 : 0.0)) {
            return false;
        }
    }
    return sample->t_mm[0] == 0.0 && sample->t_mm[1] == 0.0 && sample->t_mm[2] == 0.0;
}

enum nav_status trk_gate_check(const struct trk_limits *limits,
                               const struct nav_pose_sample *sample,
                               struct trk_gate_verdict *out_verdict)
{
    struct trk_gate_verdict *verdict = out_verdict;
    *verdict = (struct trk_gate_verdict){.reason = NAV_REASON_NONE};
    if (!says_visible(sample->status)) {
        verdict->reason = NAV_REASON_TOOL_INVALID;
        verdict->not_visible = true;
        return NAV_OK;
    }
    const enum nav_status status =
        nav_pose_from_matrix(sample->R, sample->t_mm, limits->rigid_tolerance, &verdict->pose);
    if (status != NAV_OK) {
        verdict->reason =
            status == NAV_ERR_NOT_FINITE ? NAV_REASON_POSE_NOT_FINITE : NAV_REASON_POSE_NOT_RIGID;
        return status;
    }
    const double *t = sample->t_mm;
    const double distance = sqrt(t[0] * t[0] + t[1] * t[1] + t[2] * t[2]);
    if (!(distance <= limits->translation_max_mm)) {
        verdict->reason = NAV_REASON_POSE_OUT_OF_RANGE;
        return NAV_ERR_RANGE;
    }
    if ((double)sample->error_mm > limits->fit_error_withhold_mm) {
        verdict->reason = NAV_REASON_FIT_ERROR;
        verdict->not_visible = true;
        return NAV_ERR_REFUSED;
    }
    verdict->identity = is_identity(sample);
    return NAV_OK;
}
