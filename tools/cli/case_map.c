#include "case_map.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "case_limits.h"
#include "nav/time.h"

/* The case check accepts a registration that is rigid to this; see config/case.h. */
#define REGISTRATION_TOLERANCE 1e-6

#define MS_A_MINUTE 60e3
#define RAD_A_DEGREE (3.14159265358979323846 / 180.0)

int64_t case_map_ns(double milliseconds)
{
    return llround(milliseconds * (double)NAV_NS_PER_MS);
}

static struct trk_limits map_limits(const struct cfg_limits *limits)
{
    return (struct trk_limits){
        .caution_age_ns = case_map_ns(limits->caution_age_ms),
        .withhold_age_ns = case_map_ns(limits->withhold_age_ms),
        .repeat_warn_ns = case_map_ns(limits->repeat_warn_ms),
        .join_max_ns = case_map_ns(limits->join_max_ms),
        .interpolate_max_ns = case_map_ns(limits->interpolate_max_ms),
        .clock_jump_ns = case_map_ns(limits->clock_jump_ms),
        .smoothing_ns = case_map_ns(limits->smoothing_ms),
        .notice_ns = case_map_ns(limits->notice_ms),
        .return_frames = (uint32_t)limits->return_frames,
        .return_ns = case_map_ns(limits->return_ms),
        .rigid_tolerance = limits->rigid_tolerance,
        .translation_max_mm = limits->translation_max_mm,
        .fit_error_caution_mm = limits->fit_error_caution_mm,
        .fit_error_withhold_mm = limits->fit_error_withhold_mm,
        .check_caution_mm = limits->check_caution_mm,
        .check_withhold_mm = limits->check_withhold_mm,
        .registration_check_ns = case_map_ns(limits->registration_check_min * MS_A_MINUTE),
        .reference_jump_mm = limits->reference_jump_mm,
        .reference_jump_rad = limits->reference_jump_deg * RAD_A_DEGREE,
        .require_status = limits->require_status != 0,
    };
}

static struct trk_tool_config map_tool(const struct cfg_tool *tool)
{
    struct trk_tool_config mapped = {
        .relative_to =
            tool->relative_to_reference ? TRK_RELATIVE_TO_REFERENCE : TRK_RELATIVE_TO_TRACKER,
    };
    memcpy(mapped.name, tool->name, sizeof(mapped.name));
    memcpy(mapped.device, tool->device, sizeof(mapped.device));
    memcpy(mapped.tip_mm, tool->tip_mm, sizeof(mapped.tip_mm));
    memcpy(mapped.axis, tool->axis, sizeof(mapped.axis));
    return mapped;
}

static enum nav_status map_registration(const struct cfg_case *loaded, struct trk_config *config)
{
    const double *m = loaded->registration_matrix;
    const double R[9] = {m[0], m[1], m[2], m[4], m[5], m[6], m[8], m[9], m[10]};
    const double t_mm[3] = {m[3], m[7], m[11]};
    config->has_registration = true;
    config->registration_fre_mm = loaded->registration_fre_mm;
    memcpy(config->registration_source, loaded->registration_source,
           sizeof(config->registration_source));
    return nav_pose_from_matrix(R, t_mm, REGISTRATION_TOLERANCE, &config->T_image_reference);
}

enum nav_status case_map_navigation(const struct cfg_case *loaded, enum nav_mode mode,
                                    struct trk_config *out_config)
{
    struct trk_config config = {
        .limits = map_limits(&loaded->limits),
        .case_id = loaded->case_id,
        .mode = mode,
        .has_reference = loaded->has_reference,
        .registration_fre_mm = NAN,
        .T_image_reference = nav_pose_identity(),
        .tool_count = (uint32_t)loaded->tool_count,
    };
    memcpy(config.pseudonym, loaded->pseudonym, sizeof(config.pseudonym));
    memcpy(config.case_name, loaded->name, sizeof(config.case_name));
    memcpy(config.reference_device, loaded->reference_device, sizeof(config.reference_device));
    for (size_t i = 0; i < loaded->tool_count; ++i) {
        config.tools[i] = map_tool(&loaded->tools[i]);
    }
    if (loaded->has_registration) {
        const enum nav_status status = map_registration(loaded, &config);
        if (status != NAV_OK) {
            return status;
        }
    }
    *out_config = config;
    return NAV_OK;
}

struct trk_registrar_config case_map_registrar(const struct cfg_case *loaded)
{
    _Static_assert((int)CFG_LANDMARKS_MAX <= (int)TRK_LANDMARKS_MAX, "case landmarks fit");
    _Static_assert((int)CFG_CUTS_MAX <= (int)TRK_TARGETS_MAX, "case cuts fit");
    struct trk_registrar_config config = {
        .hold = case_limits_dwell(&loaded->limits),
        .limits = case_limits_registration(&loaded->limits),
        .check_limit_mm = loaded->limits.check_caution_mm,
        .tool_count = (uint32_t)loaded->tool_count,
        .landmark_count = (uint32_t)loaded->landmark_count,
        .target_count = (uint32_t)loaded->cut_count,
    };
    config.hold.gap_max_ns = case_map_ns(loaded->limits.caution_age_ms);
    for (size_t i = loaded->tool_count; i-- > 0;) {
        memcpy(config.tools[i], loaded->tools[i].name, sizeof(config.tools[i]));
        if (loaded->tools[i].shape == CFG_SHAPE_POINTER) {
            config.default_tool = (uint32_t)i;
        }
    }
    for (size_t i = 0; i < loaded->landmark_count; ++i) {
        struct trk_landmark *landmark = &config.landmarks[i];
        memcpy(landmark->name, loaded->landmarks[i].name, sizeof(landmark->name));
        memcpy(landmark->image_mm, loaded->landmarks[i].position_mm, sizeof(landmark->image_mm));
    }
    for (size_t i = 0; i < loaded->cut_count; ++i) {
        struct trk_target *target = &config.targets[i];
        memcpy(target->name, loaded->cuts[i].name, sizeof(target->name));
        memcpy(target->image_mm, loaded->cuts[i].point_mm, sizeof(target->image_mm));
    }
    return config;
}

void case_map_facts(const struct cfg_case *loaded, enum nav_mode mode,
                    struct session_facts *out_facts)
{
    (void)snprintf(out_facts->case_name, sizeof(out_facts->case_name), "%s", loaded->name);
    (void)snprintf(out_facts->pseudonym, sizeof(out_facts->pseudonym), "%s", loaded->pseudonym);
    /* A path that is too long is left out: half of one leads nowhere. */
    if (strlen(loaded->path) < sizeof(out_facts->case_path)) {
        (void)snprintf(out_facts->case_path, sizeof(out_facts->case_path), "%s", loaded->path);
    }
    for (size_t i = 0; i < CFG_SHA256_SIZE; ++i) {
        (void)snprintf(out_facts->case_hash + 2 * i, 3, "%02x", loaded->sha256[i]);
    }
    out_facts->case_id = loaded->case_id;
    out_facts->mode = mode;
}

struct srv_peer_limits case_map_peer_limits(const struct cfg_limits *limits)
{
    return (struct srv_peer_limits){
        .connections_max = (uint32_t)limits->connections_max,
        .connections_per_address = (uint32_t)limits->connections_per_address,
        .header_timeout_ns = case_map_ns(limits->header_timeout_ms),
        .body_rate_min = (uint64_t)limits->body_rate_min,
        .body_max_tracking = (uint64_t)limits->body_max_tracking,
        .body_max_skip = (uint64_t)limits->body_max_skip,
        .unproven_bytes_max = (uint64_t)limits->unproven_bytes_max,
        .crc_errors_max = (uint32_t)limits->crc_errors_max,
        .crc_window_ns = case_map_ns(limits->crc_window_ms),
        .peer_dead_ns = case_map_ns(limits->peer_dead_ms),
        .accept_pause_ns = case_map_ns(limits->accept_pause_ms),
    };
}
