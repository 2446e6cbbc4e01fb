#include "guide.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "guide_internal.h"

/* ---- life ---- */

static bool is_frame(const struct trk_cut_plan *plan)
{
    static const double tolerance = 1e-6;
    double nn = 0.0;
    double uu = 0.0;
    double nu = 0.0;
    for (int i = 0; i < 3; ++i) {
        nn += plan->normal[i] * plan->normal[i];
        uu += plan->u[i] * plan->u[i];
        nu += plan->normal[i] * plan->u[i];
    }
    return fabs(nn - 1.0) <= tolerance && fabs(uu - 1.0) <= tolerance && fabs(nu) <= tolerance;
}

static bool config_is_good(const struct trk_guide_config *config)
{
    const struct trk_guide_limits *limits = &config->limits;
    if (config->tool_count > NAV_TOOLS_MAX || config->cut_count > NAV_CUTS_MAX ||
        config->structure_count > NAV_STRUCTURES_MAX) {
        return false;
    }
    for (uint32_t i = 0; i < config->cut_count; ++i) {
        if (!is_frame(&config->cuts[i].plan)) {
            return false;
        }
    }
    const double positive[] = {limits->depth_caution_mm,
                               limits->over_depth_mm,
                               limits->hysteresis_mm,
                               limits->uncertainty_factor,
                               limits->tre_default_mm,
                               limits->calibration_default_mm,
                               limits->tracker_default_mm,
                               limits->contact_mm,
                               limits->suggest_mm,
                               limits->suggest_deg,
                               (double)limits->suggest_hold_ns,
                               (double)limits->alarm_hold_ns};
    for (size_t i = 0; i < sizeof(positive) / sizeof(positive[0]); ++i) {
        if (!(positive[i] >= 0.0)) {
            return false;
        }
    }
    return true;
}

/* Of all structures, and of the bones that have an inside. */
static enum nav_status create_measures(struct trk_guide *guide)
{
    const struct trk_guide_config *config = &guide->config;
    const struct trk_mesh *meshes[NAV_STRUCTURES_MAX];
    const struct trk_mesh *bones[NAV_STRUCTURES_MAX];
    size_t bone_count = 0;
    for (uint32_t i = 0; i < config->structure_count; ++i) {
        meshes[i] = config->structures[i].mesh;
        if (config->structures[i].role == NAV_ROLE_BONE && trk_mesh_is_closed(meshes[i])) {
            bones[bone_count++] = meshes[i];
        }
    }
    struct trk_bone_depth_options depth = trk_bone_depth_options_default();
    depth.contact_mm = config->limits.contact_mm;
    enum nav_status status = trk_bone_depth_create(bones, bone_count, &depth, &guide->bone);
    if (status == NAV_OK && config->structure_count > 0) {
        const struct trk_blade_distance_options options = trk_blade_distance_options_default();
        status =
            trk_blade_distance_create(meshes, config->structure_count, &options, &guide->distance);
    }
    return status;
}

/* The smallest over the tumours of what `margin` finds; NaN: no tumour, or nothing to measure. */
static double planned_margin_mm(const struct trk_guide *guide, const struct trk_cut_record *record)
{
    double least = NAN;
    for (uint32_t i = 0; i < guide->config.structure_count; ++i) {
        double margin;
        if (guide->config.structures[i].role == NAV_ROLE_TUMOUR &&
            trk_cut_record_planned_margin(record, guide->config.structures[i].mesh, &margin) ==
                NAV_OK) {
            least = fmin(least, margin);
        }
    }
    return least;
}

static enum nav_status create_cuts(struct trk_guide *guide)
{
    struct trk_cut_record_options options = trk_cut_record_options_default();
    options.contact_mm = guide->config.limits.contact_mm;
    for (uint32_t i = 0; i < guide->config.cut_count; ++i) {
        struct guide_cut *cut = &guide->cuts[i];
        const struct trk_cut_plan plan = guide_plan(guide, i);
        const enum nav_status status =
            trk_cut_record_create(&plan, guide->bone, &options, &cut->record);
        if (status != NAV_OK) {
            return status;
        }
        cut->planned_margin_mm = planned_margin_mm(guide, cut->record);
        cut->margin_mm = NAN;
        cut->result = trk_cut_record_measure(cut->record);
    }
    return NAV_OK;
}

enum nav_status trk_guide_create(const struct trk_guide_config *config,
                                 struct trk_guide **out_guide)
{
    if (!config_is_good(config)) {
        return NAV_ERR_ARGUMENT;
    }
    struct trk_guide *guide = calloc(1, sizeof(*guide));
    if (guide == NULL) {
        return NAV_ERR_MEMORY;
    }
    guide->config = *config;
    guide->active = NAV_SUBJECT_NONE;
    guide->suggested = NAV_SUBJECT_NONE;
    guide->candidate = NAV_SUBJECT_NONE;
    trk_alarms_init(&guide->alarms, config->limits.alarm_hold_ns);
    guide_choose_tool(guide);
    enum nav_status status = trk_dwell_init(&guide->parallel.dwell, &config->limits.hold);
    if (status == NAV_OK) {
        status = create_measures(guide);
    }
    if (status == NAV_OK) {
        status = create_cuts(guide);
    }
    if (status != NAV_OK) {
        trk_guide_destroy(guide);
        return status;
    }
    *out_guide = guide;
    return NAV_OK;
}

void trk_guide_destroy(struct trk_guide *guide)
{
    if (guide == NULL) {
        return;
    }
    for (uint32_t i = 0; i < NAV_CUTS_MAX; ++i) {
        trk_cut_record_destroy(guide->cuts[i].record);
    }
    trk_blade_distance_destroy(guide->distance);
    trk_bone_depth_destroy(guide->bone);
    free(guide);
}

void trk_guide_copy(struct trk_guide *to, const struct trk_guide *from)
{
    struct trk_blade_distance *distance = to->distance;
    struct trk_bone_depth *bone = to->bone;
    struct trk_cut_record *records[NAV_CUTS_MAX];
    for (uint32_t i = 0; i < NAV_CUTS_MAX; ++i) {
        records[i] = to->cuts[i].record;
        if (records[i] != NULL) {
            trk_cut_record_copy(records[i], from->cuts[i].record);
        }
    }
    *to = *from;
    to->distance = distance;
    to->bone = bone;
    for (uint32_t i = 0; i < NAV_CUTS_MAX; ++i) {
        to->cuts[i].record = records[i];
    }
    if (distance != NULL) {
        trk_blade_distance_forget(distance);
    }
}

enum nav_status trk_guide_clone(const struct trk_guide *from, struct trk_guide **out_guide)
{
    struct trk_guide *guide = malloc(sizeof(*guide));
    if (guide == NULL) {
        return NAV_ERR_MEMORY;
    }
    *guide = *from;
    guide->distance = NULL;
    guide->bone = NULL;
    enum nav_status status = NAV_OK;
    for (uint32_t i = 0; i < NAV_CUTS_MAX; ++i) {
        guide->cuts[i].record = NULL;
    }
    for (uint32_t i = 0; i < NAV_CUTS_MAX && status == NAV_OK; ++i) {
        if (from->cuts[i].record != NULL) {
            status = trk_cut_record_clone(from->cuts[i].record, &guide->cuts[i].record);
        }
    }
    if (status != NAV_OK) {
        trk_guide_destroy(guide);
        return status;
    }
    *out_guide = guide;
    return NAV_OK;
}

size_t trk_guide_memory(struct trk_guide *guide, struct trk_memory out_parts[TRK_GUIDE_PARTS_MAX])
{
    size_t count = 0;
    out_parts[count++] = (struct trk_memory){.start = guide, .size = sizeof(*guide)};
    for (uint32_t i = 0; i < NAV_CUTS_MAX; ++i) {
        if (guide->cuts[i].record != NULL) {
            trk_cut_record_memory(guide->cuts[i].record, &out_parts[count]);
            count += TRK_CUT_RECORD_PARTS;
        }
    }
    return count;
}

/* ---- measuring ---- */

static bool is_same_pose(const struct nav_pose *a, const struct nav_pose *b)
{
    return memcmp(a->t_mm, b->t_mm, sizeof(a->t_mm)) == 0 && memcmp(a->q, b->q, sizeof(a->q)) == 0;
}

/* From a new pose of the guided tool; the sweep is from the last scene's, when that was live. */
static void measure(struct trk_guide *guide, const struct nav_scene_tool *tool)
{
    struct guide_measured *measured = &guide->measured;
    const struct nav_pose *T_image_tool = &tool->T_image_tool;
    const bool swept = measured->valid && measured->tool == (uint32_t)guide->tool;
    const bool is_newer = tool->arrival_ns != measured->arrival_ns;
    measured->arrival_ns = tool->arrival_ns;
    if (swept && is_same_pose(&measured->T_image_tool, T_image_tool)) {
        if (is_newer) {
            measured->before = measured->blade; /* two poses that say the same */
        }
        return;
    }
    const struct trk_blade_pose before = measured->blade;
    const struct trk_bone_depth_answer before_bone = measured->bone;
    const struct trk_blade_pose now = trk_blade_pose_at(guide_shape(guide), T_image_tool);
    measured->valid = (guide->distance == NULL ||
                       trk_blade_distance_measure(guide->distance, swept ? &before : NULL, &now,
                                                  measured->distances) == NAV_OK) &&
                      trk_bone_depth_measure(guide->bone, &now, &measured->bone) == NAV_OK;
    if (!measured->valid) {
        return;
    }
    measured->before = swept ? before : now;
    measured->blade = now;
    measured->tool = (uint32_t)guide->tool;
    measured->T_image_tool = *T_image_tool;
    measured->cutting = measured->bone.cutting;
    if (swept && guide->active >= 0) {
        (void)trk_cut_record_sweep(guide->cuts[guide->active].record, &before, before_bone.depth_mm,
                                   &now, measured->bone.depth_mm);
    }
}

/* One standard deviation of where the guided tool is in the image. */
static double uncertainty_mm(const struct trk_guide *guide, const struct nav_scene *scene)
{
    const struct trk_guide_limits *limits = &guide->config.limits;
    const double tre = scene->registration.tre_mm;
    const double tracker = scene->tools[guide->tool].error_mm;
    const double calibration = guide_calibration_mm(guide);
    const double parts[] = {
        isfinite(tre) ? tre : limits->tre_default_mm,
        isfinite(calibration) ? calibration : limits->calibration_default_mm,
        isfinite(tracker) ? tracker : limits->tracker_default_mm,
    };
    return sqrt(parts[0] * parts[0] + parts[1] * parts[1] + parts[2] * parts[2]);
}

static void fill_structure(struct trk_guide *guide, uint32_t index, double uncertainty,
                           struct nav_scene_structure *out)
{
    const struct trk_guide_structure *known = &guide->config.structures[index];
    const struct trk_structure_distance *distance = &guide->measured.distances[index];
    const struct trk_bone_depth_answer *bone = &guide->measured.bone;
    const struct trk_limit limit = {.caution = out->caution_mm,
                                    .stop = out->stop_mm,
                                    .hysteresis = guide->config.limits.hysteresis_mm};
    double surely_mm = INFINITY; /* out of reach: further than any limit */
    if (distance->in_reach) {
        out->has_distance = 1;
        out->tool = guide->tool;
        out->is_signed = distance->is_signed ? 1 : 0;
        out->distance_mm = distance->distance_mm;
        out->uncertainty_mm = uncertainty;
        memcpy(out->nearest_mm, distance->structure_mm, sizeof(out->nearest_mm));
        memcpy(out->from_mm, distance->blade_mm, sizeof(out->from_mm));
        surely_mm = distance->distance_mm - distance->twist_mm - distance->error_mm -
                    guide->config.limits.uncertainty_factor * uncertainty;
    }
    if (distance->in_reach && distance->ahead) {
        out->ahead_mm = distance->ahead_mm;
        if (known->role != NAV_ROLE_BONE && bone->bone_ahead &&
            distance->ahead_mm >= bone->remaining_mm) {
            out->behind_mm = distance->ahead_mm - bone->remaining_mm;
        }
    }
    guide->structure_states[index] =
        trk_limit_below(&limit, guide->structure_states[index], surely_mm);
    out->limit_state = guide->structure_states[index];
}

static void fill_structures(struct trk_guide *guide, double uncertainty, struct nav_scene *scene)
{
    scene->structure_count = guide->config.structure_count;
    for (uint32_t i = 0; i < scene->structure_count; ++i) {
        const struct trk_guide_structure *known = &guide->config.structures[i];
        struct nav_scene_structure *out = &scene->structures[i];
        memcpy(out->name, known->name, sizeof(out->name));
        out->role = known->role;
        out->is_signed = trk_mesh_is_closed(known->mesh) ? 1 : 0;
        out->tool = NAV_SUBJECT_NONE;
        nav_scene_withhold_distance(out);
        out->limited = known->caution_mm > 0.0 || known->stop_mm > 0.0 ? 1 : 0;
        out->caution_mm = known->caution_mm > 0.0 ? known->caution_mm : (double)NAN;
        out->stop_mm = known->stop_mm > 0.0 ? known->stop_mm : (double)NAN;
        if (guide->measured.valid) {
            fill_structure(guide, i, uncertainty, out);
        } else {
            guide->structure_states[i] = NAV_LIMIT_NONE;
        }
    }
}

static double furthest_mm(const struct trk_guidance *guidance)
{
    return fmax(fabs(guidance->corner_offset_mm[0]), fabs(guidance->corner_offset_mm[1]));
}

static double steepest_deg(const struct trk_guidance *guidance)
{
    return fmax(fabs(guidance->pitch_deg), fabs(guidance->roll_deg));
}

/* Limits of the active cut's numbers, by two poses in a row: at the edge, 200 mm from its marker,
 * the noise of a single one reaches further than what limits are about. */
static void judge(struct trk_guide *guide, struct guide_cut *cut, const struct trk_cut_plan *plan,
                  const struct trk_guidance *now)
{
    const struct trk_guide_limits *limits = &guide->config.limits;
    const struct trk_limit depth = {.caution = plan->depth_mm - limits->depth_caution_mm,
                                    .stop = plan->depth_mm + limits->over_depth_mm,
                                    .hysteresis = limits->hysteresis_mm};
    const struct trk_guidance before =
        trk_guidance_of(plan, &guide->measured.before, guide_has_edge(guide));
    const bool cutting = guide->measured.bone.cutting;
    const bool at_the_cut = guide_is_at_the_cut(guide, now);
    cut->offset_state = trk_limit_above_twice(&limits->offset_mm, cut->offset_state,
                                              furthest_mm(&before), furthest_mm(now));
    cut->angle_state = trk_limit_above_twice(&limits->angle_deg, cut->angle_state,
                                             steepest_deg(&before), steepest_deg(now));
    cut->depth_state =
        at_the_cut ? trk_limit_above_twice(&depth, cut->depth_state, before.depth_mm, now->depth_mm)
                   : NAV_LIMIT_NONE;
    guide->measured.engaged = cutting || (at_the_cut && now->depth_mm > 0.0);
}

/* The live numbers of the active cut. */
static void guide_active(struct trk_guide *guide, double uncertainty, struct nav_scene_cut *out)
{
    const struct guide_measured *measured = &guide->measured;
    struct guide_cut *cut = &guide->cuts[guide->active];
    const struct trk_cut_plan plan = guide_plan(guide, (uint32_t)guide->active);
    const struct trk_guidance guidance =
        trk_guidance_of(&plan, &measured->blade, guide_has_edge(guide));
    judge(guide, cut, &plan, &guidance);
    out->guided = 1;
    out->tool = guide->tool;
    out->guide = guide->guide;
    out->cutting = measured->bone.cutting ? 1 : 0;
    out->offset_state = cut->offset_state;
    out->angle_state = cut->angle_state;
    out->depth_state = cut->depth_state;
    out->offset_mm = guidance.offset_mm;
    memcpy(out->corner_offset_mm, guidance.corner_offset_mm, sizeof(out->corner_offset_mm));
    out->pitch_deg = guidance.pitch_deg;
    out->roll_deg = guidance.roll_deg;
    out->depth_mm = guidance.depth_mm;
    out->remaining_mm = measured->bone.remaining_mm;
    out->along_mm = guidance.along_mm;
    memcpy(out->predicted_mm, guidance.predicted_mm, sizeof(out->predicted_mm));
    out->uncertainty_mm = uncertainty;
    out->line_mm = guidance.line_mm;
    out->line_deg = guidance.line_deg;
}

static void fill_cuts(struct trk_guide *guide, double uncertainty, struct nav_scene *scene)
{
    scene->cut_count = guide->config.cut_count;
    for (uint32_t i = 0; i < scene->cut_count; ++i) {
        guide_fill_cut(guide, i, &scene->cuts[i]);
        if ((int32_t)i == guide->active && guide->measured.valid) {
            guide_active(guide, uncertainty, &scene->cuts[i]);
        } else {
            guide->cuts[i].offset_state = NAV_LIMIT_NONE;
            guide->cuts[i].angle_state = NAV_LIMIT_NONE;
            guide->cuts[i].depth_state = NAV_LIMIT_NONE;
        }
    }
}

/* ---- one scene ---- */

/* Time with the edge in the bone, and checks of the registration, of the active cut. */
static void count_for_active(struct trk_guide *guide, const struct nav_scene *scene,
                             int64_t elapsed_ns, bool was_cutting)
{
    const int64_t check_ns = scene->registration.last_check_ns;
    const bool checked = check_ns != 0 && check_ns != guide->last_check_ns;
    guide->last_check_ns = check_ns;
    guide->registration_overridden = scene->registration.overridden != 0;
    if (guide->active < 0) {
        return;
    }
    struct guide_cut *cut = &guide->cuts[guide->active];
    cut->checks += checked ? 1 : 0;
    if (was_cutting && guide->measured.valid && guide->measured.cutting) {
        cut->cutting_ns += elapsed_ns;
    }
}

void trk_guide_advance(struct trk_guide *guide, struct nav_scene *scene)
{
    const int64_t elapsed_ns =
        guide->now_ns != 0 && scene->time_ns > guide->now_ns ? scene->time_ns - guide->now_ns : 0;
    guide->now_ns = scene->time_ns;
    guide->case_id = scene->case_id;
    guide_parallel_advance(guide, scene);

    if (!is_same_pose(&guide->T_image_reference, &scene->registration.T_image_reference)) {
        guide->measured.valid = false; /* the image has moved, not the blade: nothing was swept */
        guide->T_image_reference = scene->registration.T_image_reference;
    }
    const bool was_cutting = guide->measured.valid && guide->measured.cutting;
    const bool live = guide->tool >= 0 && (uint32_t)guide->tool < scene->tool_count &&
                      scene->tools[guide->tool].has_pose != 0;
    double uncertainty = NAN;
    if (live) {
        measure(guide, &scene->tools[guide->tool]);
        uncertainty = uncertainty_mm(guide, scene);
    } else {
        guide->measured.valid = false;
    }
    count_for_active(guide, scene, elapsed_ns, was_cutting);
    guide_suggest(guide);
    guide_measure_results(guide, false);

    scene->guided_tool = guide->tool;
    scene->muted = guide->muted ? 1 : 0;
    scene->fragment = guide->fragment;
    fill_cuts(guide, uncertainty, scene);
    fill_structures(guide, uncertainty, scene);
    guide_withhold_fragment(guide, scene);
    guide_alarm(guide, scene);
}

/* ---- what others need ---- */

bool trk_guide_next_event(struct trk_guide *guide, struct trk_alarm_event *out_event)
{
    return trk_alarms_next_event(&guide->alarms, out_event);
}

const struct trk_cut_record *trk_guide_record(const struct trk_guide *guide, uint32_t cut)
{
    return cut < guide->config.cut_count ? guide->cuts[cut].record : NULL;
}

bool trk_guide_take_map(struct trk_guide *guide, uint32_t cut, struct nav_cut_map *out_map)
{
    if (cut >= guide->config.cut_count) {
        return false;
    }
    struct guide_cut *known = &guide->cuts[cut];
    const uint32_t revision = trk_cut_record_revision(known->record);
    if (revision == known->taken_revision) {
        return false;
    }
    trk_cut_record_map(known->record, out_map);
    out_map->cut = cut;
    out_map->case_id = guide->case_id;
    known->taken_revision = revision;
    return true;
}
