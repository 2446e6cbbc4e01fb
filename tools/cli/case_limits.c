#include "case_limits.h"

#include <math.h>

#include "case.h"
#include "nav/time.h"

enum nav_status case_limits_load(const char *path, struct cfg_limits *out_limits,
                                 struct cfg_error *out_error)
{
    if (path == NULL) {
        *out_limits = cfg_limits_default();
        return NAV_OK;
    }
    struct cfg_case *loaded = NULL;
    const enum nav_status status = cfg_case_load(path, &loaded, out_error);
    if (status == NAV_OK) {
        *out_limits = loaded->limits;
        cfg_case_destroy(loaded);
    }
    return status;
}

struct trk_registration_limits case_limits_registration(const struct cfg_limits *limits)
{
    return (struct trk_registration_limits){
        .landmarks_min = (uint32_t)limits->landmarks_min,
        .fle_mm = limits->fle_mm,
        .confidence = limits->fre_confidence,
        .tre95_max_mm = limits->tre95_max_mm,
        .scale_tolerance = limits->scale_tolerance,
        .flat_min = limits->landmarks_flat_min,
        .thin_min = limits->landmarks_thin_min,
        .mirror_factor = limits->mirror_factor,
    };
}

struct trk_surface_options case_limits_surface(const struct cfg_limits *limits)
{
    struct trk_surface_options options = trk_surface_options_default();
    options.noise_mm = limits->surface_noise_mm;
    options.agree_mm = limits->surface_agree_mm;
    options.condition_min = limits->surface_condition_min;
    options.spread_min_mm = limits->surface_spread_min_mm;
    options.exposed_mm = limits->surface_exposed_mm;
    options.tre95_max_mm = limits->tre95_max_mm;
    return options;
}

struct trk_pivot_limits case_limits_pivot(const struct cfg_limits *limits)
{
    return (struct trk_pivot_limits){
        .poses_min = (uint32_t)limits->pivot_poses_min,
        .inliers_min = limits->pivot_inliers_min,
        .condition_max = limits->pivot_condition_max,
        .residual_max_mm = limits->pivot_residual_max_mm,
        .inlier_max_mm = limits->pivot_inlier_max_mm,
    };
}

struct trk_dwell_limits case_limits_dwell(const struct cfg_limits *limits)
{
    return (struct trk_dwell_limits){
        .hold_ns = llround(limits->landmark_hold_ms * (double)NAV_NS_PER_MS),
        .gap_max_ns = llround(limits->landmark_gap_max_ms * (double)NAV_NS_PER_MS),
        .radius_mm = limits->landmark_radius_mm,
        .samples_min = (uint32_t)limits->landmark_samples_min,
    };
}
