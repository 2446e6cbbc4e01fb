#include "image_scenes.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "nav/time.h"

const int64_t image_now_ns = INT64_C(3600) * NAV_NS_PER_S;

static void lose(struct nav_scene_tool *tool, enum nav_tool_state state, int64_t age_ns)
{
    tool->state = state;
    tool->has_pose = 0;
    tool->age_ns = age_ns;
    tool->arrival_ns = age_ns < 0 ? 0 : image_now_ns - age_ns;
}

/* ---- a scene in good order ------------------------------------------------------------------ */

/* A tool on the first cut, halfway along its entry edge and a little deep, as in use; its tip
 * `beside_mm` towards the patient's left of that. */
static void place_tool(const struct cfg_case *loaded, const struct cfg_tool *shape,
                       double beside_mm, struct nav_scene_tool *tool)
{
    double direction[3] = {0.0, -1.0, 0.0};
    double across[3] = {1.0, 0.0, 0.0};
    double point[3] = {0.0, 0.0, 0.0};
    if (loaded->cut_count > 0) {
        const struct cfg_cut *cut = &loaded->cuts[0];
        for (int i = 0; i < 3; ++i) {
            const int j = (i + 1) % 3;
            const int k = (i + 2) % 3;
            direction[i] = cut->normal[j] * cut->u[k] - cut->normal[k] * cut->u[j];
        }
        for (int i = 0; i < 3; ++i) {
            across[i] = cut->u[i];
            point[i] = cut->point_mm[i] + 14.0 * direction[i] - 0.18 * cut->size_mm[0] * cut->u[i];
        }
    }
    /* Columns: the tool's axis, its face normal and their cross product, in the image and in the
     * tool; R takes the latter to the former. */
    double image[3][3];
    double local[3][3];
    for (int i = 0; i < 3; ++i) {
        const int j = (i + 1) % 3;
        const int k = (i + 2) % 3;
        image[i][0] = direction[i];
        image[i][1] = across[j] * direction[k] - across[k] * direction[j];
        image[i][2] = across[i];
        local[i][0] = shape->axis[i];
        local[i][1] = shape->up[i];
        local[i][2] = shape->axis[j] * shape->up[k] - shape->axis[k] * shape->up[j];
    }
    double R[9];
    for (int row = 0; row < 3; ++row) {
        for (int column = 0; column < 3; ++column) {
            R[3 * row + column] = 0.0;
            for (int k = 0; k < 3; ++k) {
                R[3 * row + column] += image[row][k] * local[column][k];
            }
        }
    }
    const double zero[3] = {0.0, 0.0, 0.0};
    if (nav_pose_from_matrix(R, zero, 1e-6, &tool->T_image_tool) != NAV_OK) {
        tool->T_image_tool = nav_pose_identity();
    }
    double tip[3];
    point[0] += beside_mm;
    nav_pose_apply(&tool->T_image_tool, shape->tip_mm, tip);
    for (int i = 0; i < 3; ++i) {
        tool->T_image_tool.t_mm[i] = point[i] - tip[i];
        tool->tip_image_mm[i] = point[i];
        tool->axis_image[i] = direction[i];
    }
}

static enum nav_role role_of(enum cfg_role role)
{
    switch (role) {
    case CFG_ROLE_BONE:
        return NAV_ROLE_BONE;
    case CFG_ROLE_TUMOUR:
        return NAV_ROLE_TUMOUR;
    case CFG_ROLE_NERVE:
        return NAV_ROLE_NERVE;
    case CFG_ROLE_DURA:
        return NAV_ROLE_DURA;
    case CFG_ROLE_VESSEL:
        return NAV_ROLE_VESSEL;
    case CFG_ROLE_ORGAN:
        return NAV_ROLE_ORGAN;
    default:
        return NAV_ROLE_OTHER;
    }
}

static void fill_cut(const struct cfg_cut *from, struct nav_scene_cut *cut)
{
    (void)snprintf(cut->name, sizeof(cut->name), "%s", from->name);
    memcpy(cut->point_mm, from->point_mm, sizeof(cut->point_mm));
    memcpy(cut->normal, from->normal, sizeof(cut->normal));
    memcpy(cut->u, from->u, sizeof(cut->u));
    memcpy(cut->size_mm, from->size_mm, sizeof(cut->size_mm));
    cut->planned_depth_mm = from->depth_mm;
    cut->kerf_mm = 1.2;
    cut->planned_margin_mm = 10.0;
    cut->margin_side = -1;
    cut->tool = NAV_SUBJECT_NONE;
    double *const unknown[] = {&cut->offset_mm,       &cut->pitch_deg,       &cut->roll_deg,
                               &cut->depth_mm,        &cut->remaining_mm,    &cut->along_mm,
                               &cut->predicted_mm[0], &cut->predicted_mm[1], &cut->uncertainty_mm};
    for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); ++i) {
        *unknown[i] = (double)NAN;
    }
}

/* Cuts and structures of the case, with numbers that a blade a little off could have. */
static void fill_plan(const struct cfg_case *loaded, struct nav_scene *scene)
{
    scene->cut_count = (uint32_t)loaded->cut_count;
    for (uint32_t i = 0; i < scene->cut_count; ++i) {
        fill_cut(&loaded->cuts[i], &scene->cuts[i]);
    }
    if (scene->cut_count > 0) {
        struct nav_scene_cut *cut = &scene->cuts[0];
        cut->state = NAV_CUT_ACTIVE;
        cut->guided = 1;
        cut->guide = NAV_GUIDE_BLADE;
        cut->tool = 0;
        cut->cutting = 1;
        cut->offset_state = cut->angle_state = cut->depth_state = NAV_LIMIT_CLEAR;
        cut->offset_mm = 0.4;
        cut->pitch_deg = -1.2;
        cut->roll_deg = 0.6;
        cut->depth_mm = 14.0;
        cut->remaining_mm = cut->planned_depth_mm - 12.5;
        cut->predicted_mm[0] = 0.2;
        cut->predicted_mm[1] = 0.7;
        cut->uncertainty_mm = 0.7;
        cut->coverage = 0.34;
    }
    for (size_t i = 0; i < loaded->model_count && scene->structure_count < NAV_STRUCTURES_MAX;
         ++i) {
        const struct cfg_model *model = &loaded->models[i];
        if (model->role == CFG_ROLE_BONE) {
            continue;
        }
        const uint32_t index = scene->structure_count++;
        struct nav_scene_structure *structure = &scene->structures[index];
        (void)snprintf(structure->name, sizeof(structure->name), "%s", model->name);
        structure->role = role_of(model->role);
        structure->has_distance = 1;
        structure->limited = model->role != CFG_ROLE_OTHER;
        structure->limit_state = NAV_LIMIT_CLEAR;
        structure->distance_mm = 8.3 + 3.1 * index;
        structure->uncertainty_mm = 0.9;
        structure->caution_mm = 5.0;
        structure->stop_mm = 2.0;
        structure->ahead_mm = structure->behind_mm = (double)NAN;
    }
}

void image_scene(const struct cfg_case *loaded, struct nav_scene *scene)
{
    memset(scene, 0, sizeof(*scene));
    scene->version = NAV_SCENE_VERSION;
    scene->size = sizeof(*scene);
    scene->seq = 1;
    scene->time_ns = image_now_ns;
    scene->case_id = loaded->case_id;
    scene->trust = NAV_TRUST_OK;
    scene->caution_ns = (int64_t)(loaded->limits.caution_age_ms * (double)NAV_NS_PER_MS);
    scene->withhold_ns = (int64_t)(loaded->limits.withhold_age_ms * (double)NAV_NS_PER_MS);
    scene->pose_count = 4711;
    scene->pose_arrival_ns = image_now_ns - 7 * NAV_NS_PER_MS;
    scene->peer_count = scene->peers_total = 1;
    scene->registration.present = loaded->has_registration;
    scene->registration.accepted = 1;
    scene->registration.fre_mm = loaded->registration_fre_mm;
    scene->registration.tre_mm = 1.12;
    scene->registration.checks = 3;
    scene->registration.last_check_ns = image_now_ns - INT64_C(12 * 60) * NAV_NS_PER_S;
    scene->registration.last_check_mm = 0.6;
    scene->registration.trend_mm_per_min = 0.01;
    scene->recording.state = NAV_RECORDING_ON;
    scene->reference.required = loaded->has_reference;
    scene->reference.state = NAV_TOOL_TRACKED;
    scene->reference.arrival_ns = scene->pose_arrival_ns;
    scene->reference.age_ns = 7 * NAV_NS_PER_MS;
    scene->tool_count = (uint32_t)loaded->tool_count;
    for (uint32_t i = 0; i < scene->tool_count; ++i) {
        struct nav_scene_tool *tool = &scene->tools[i];
        memcpy(tool->name, loaded->tools[i].name, sizeof(tool->name));
        lose(tool, NAV_TOOL_NEVER, -1);
    }
    struct nav_scene_tool *tool = &scene->tools[0];
    tool->state = NAV_TOOL_TRACKED;
    tool->has_pose = 1;
    tool->arrival_ns = scene->pose_arrival_ns;
    tool->age_ns = 7 * NAV_NS_PER_MS;
    place_tool(loaded, &loaded->tools[0], 0.0, tool);
    if (scene->tool_count > 1) {
        place_tool(loaded, &loaded->tools[1], -28.0, &scene->tools[1]);
    }
    fill_plan(loaded, scene);
}

/* ---- states ------------------------------------------------------------------------------- */

static void say(struct nav_scene *scene, enum nav_trust trust, enum nav_reason reason, int tool)
{
    scene->trust = trust;
    scene->reasons[scene->reason_count++] =
        (struct nav_scene_reason){.reason = reason, .tool = tool, .trust = trust};
}

void image_live(struct nav_scene *scene)
{
    (void)scene;
}

void image_simulation(struct nav_scene *scene)
{
    scene->mode = NAV_MODE_SIMULATION;
}

void image_replay(struct nav_scene *scene)
{
    scene->mode = NAV_MODE_REPLAY;
    scene->replay.at_ns = INT64_C(1234) * NAV_NS_PER_S;
    scene->replay.length_ns = INT64_C(5400) * NAV_NS_PER_S;
    scene->replay.speed = 1.0;
    static const struct nav_scene_replay_mark marks[] = {
        {.at_ns = INT64_C(130) * NAV_NS_PER_S, .kind = NAV_REPLAY_MARK_CHECK},
        {.at_ns = INT64_C(610) * NAV_NS_PER_S, .kind = NAV_REPLAY_MARK_CUT},
        {.at_ns = INT64_C(1190) * NAV_NS_PER_S, .kind = NAV_REPLAY_MARK_ALARM},
        {.at_ns = INT64_C(2050) * NAV_NS_PER_S, .kind = NAV_REPLAY_MARK_CUT},
        {.at_ns = INT64_C(2400) * NAV_NS_PER_S, .kind = NAV_REPLAY_MARK_NOTE},
        {.at_ns = INT64_C(3300) * NAV_NS_PER_S, .kind = NAV_REPLAY_MARK_CUT},
        {.at_ns = INT64_C(3700) * NAV_NS_PER_S, .kind = NAV_REPLAY_MARK_ALARM},
        {.at_ns = INT64_C(4600) * NAV_NS_PER_S, .kind = NAV_REPLAY_MARK_CUT},
    };
    memcpy(scene->replay.marks, marks, sizeof(marks));
    scene->replay.mark_count = sizeof(marks) / sizeof(marks[0]);
    scene->replay.event_kind = NAV_REPLAY_MARK_ALARM;
    scene->replay.event_ns = marks[2].at_ns;
    (void)snprintf(scene->replay.event, sizeof(scene->replay.event), "%s",
                   "caution-distance (caution): S1 root left");
    scene->recording.state = NAV_RECORDING_OFF;
}

void image_reference_lost(struct nav_scene *scene)
{
    const int64_t age_ns = 800 * NAV_NS_PER_MS;
    scene->reference.state = NAV_TOOL_LOST;
    scene->reference.arrival_ns = image_now_ns - age_ns;
    scene->reference.age_ns = age_ns;
    lose(&scene->tools[0], NAV_TOOL_LOST, age_ns);
    say(scene, NAV_TRUST_WITHHELD, NAV_REASON_REFERENCE_LOST, NAV_SUBJECT_NONE);
}

void image_unregistered(struct nav_scene *scene)
{
    scene->registration.present = 0;
    lose(&scene->tools[0], NAV_TOOL_LOST, 10 * NAV_NS_PER_MS);
    say(scene, NAV_TRUST_WITHHELD, NAV_REASON_NO_REGISTRATION, NAV_SUBJECT_NONE);
}

void image_tool_invalid(struct nav_scene *scene)
{
    lose(&scene->tools[0], NAV_TOOL_INVALID, 400 * NAV_NS_PER_MS);
    say(scene, NAV_TRUST_WITHHELD, NAV_REASON_TOOL_INVALID, 0);
}

void image_idle(struct nav_scene *scene)
{
    for (uint32_t i = 0; i < scene->cut_count; ++i) {
        scene->cuts[i].state = NAV_CUT_PLANNED;
        scene->cuts[i].suggested = i == 1;
    }
}

static void raise_alarm(struct nav_scene *scene, enum nav_alarm code, int32_t subject)
{
    struct nav_scene_alarm *alarm = &scene->alarms[scene->alarm_count++];
    scene->alarms_total = scene->alarm_count;
    alarm->code = code;
    alarm->priority = nav_alarm_priority_of(code);
    alarm->active = 1;
    alarm->subject = subject;
    alarm->since_ns = image_now_ns - 2 * NAV_NS_PER_S;
}

/* The structure of this role that is named first comes near. */
static uint32_t bring_near(struct nav_scene *scene, enum nav_role role, double distance_mm)
{
    uint32_t index = 0;
    while (index + 1 < scene->structure_count && scene->structures[index].role != role) {
        ++index;
    }
    struct nav_scene_structure *structure = &scene->structures[index];
    structure->distance_mm = distance_mm;
    structure->limit_state = distance_mm <= structure->stop_mm ? NAV_LIMIT_STOP : NAV_LIMIT_CAUTION;
    structure->ahead_mm = distance_mm + 0.8;
    return index;
}

void image_caution(struct nav_scene *scene)
{
    scene->cuts[0].offset_mm = -1.7;
    scene->cuts[0].offset_state = NAV_LIMIT_CAUTION;
    scene->cuts[0].pitch_deg = 6.4;
    scene->cuts[0].roll_deg = -3.1;
    scene->cuts[0].angle_state = NAV_LIMIT_CAUTION;
    const uint32_t nerve = bring_near(scene, NAV_ROLE_NERVE, 3.6);
    raise_alarm(scene, NAV_ALARM_CAUTION_DISTANCE, (int32_t)nerve);
    raise_alarm(scene, NAV_ALARM_OFF_ANGLE, 0);
}

void image_alarm(struct nav_scene *scene)
{
    image_caution(scene);
    scene->alarm_count = 0;
    const uint32_t nerve = bring_near(scene, NAV_ROLE_NERVE, 1.4);
    raise_alarm(scene, NAV_ALARM_STOP_DISTANCE, (int32_t)nerve);
    raise_alarm(scene, NAV_ALARM_OFF_ANGLE, 0);
    raise_alarm(scene, NAV_ALARM_REGISTRATION_UNCHECKED, NAV_SUBJECT_NONE);
}

void image_acknowledged(struct nav_scene *scene)
{
    image_alarm(scene);
    scene->alarms[0].acknowledged = 1;
    scene->muted = 1;
}

void image_collecting(struct nav_scene *scene)
{
    image_unregistered(scene);
    scene->collection.kind = NAV_COLLECTION_LANDMARK;
    scene->collection.collected = 2;
    scene->collection.wanted = 5;
    scene->collection.progress = 0.62;
    (void)snprintf(scene->collection.landmark, sizeof(scene->collection.landmark), "Promontory");
}

void image_last_cut(struct nav_scene *scene)
{
    for (uint32_t i = 0; i + 1 < scene->cut_count; ++i) {
        scene->cuts[i].state = i == 1 ? NAV_CUT_SKIPPED : NAV_CUT_DONE;
    }
    if (scene->cut_count > 1) {
        struct nav_scene_cut *last = &scene->cuts[scene->cut_count - 1];
        last->state = NAV_CUT_PAUSED;
    }
    scene->fragment = NAV_FRAGMENT_ASKED;
    raise_alarm(scene, NAV_ALARM_FRAGMENT, 0);
    raise_alarm(scene, NAV_ALARM_NOT_RECORDING, NAV_SUBJECT_NONE);
    scene->recording.state = NAV_RECORDING_FAILED;
}

void image_cut_map(const struct nav_scene *scene, struct nav_cut_map *out_map)
{
    const struct nav_scene_cut *cut = &scene->cuts[0];
    memset(out_map, 0, sizeof(*out_map));
    out_map->version = NAV_CUT_MAP_VERSION;
    out_map->case_id = scene->case_id;
    out_map->revision = 1;
    out_map->cell_mm = 0.5;
    out_map->columns = (uint32_t)fmin(cut->size_mm[0] / out_map->cell_mm, 255.0);
    out_map->rows = (uint32_t)fmin(cut->size_mm[1] / out_map->cell_mm, 255.0);
    memcpy(out_map->u, cut->u, sizeof(out_map->u));
    memcpy(out_map->normal, cut->normal, sizeof(out_map->normal));
    for (int i = 0; i < 3; ++i) {
        const int j = (i + 1) % 3;
        const int k = (i + 2) % 3;
        out_map->v[i] = cut->normal[j] * cut->u[k] - cut->normal[k] * cut->u[j];
        out_map->origin_mm[i] = cut->point_mm[i] - 0.5 * cut->size_mm[0] * cut->u[i];
    }
    /* From the middle towards -u, as the blade went. */
    for (uint32_t row = 0; row < out_map->rows; ++row) {
        for (uint32_t column = 0; column < out_map->columns; ++column) {
            const double along = (column + 0.5) / out_map->columns;
            const double deep = row * out_map->cell_mm;
            const bool swept =
                along > 0.22 && along < 0.55 && deep < 14.0 + 5.0 * sin(14.0 * along);
            out_map->cells[row * out_map->columns + column] =
                swept ? nav_cut_cell_of_mm(0.3) : NAV_CUT_CELL_UNCUT;
        }
    }
}

void image_ghost(struct nav_scene *scene)
{
    image_replay(scene);
    if (scene->tool_count < 2) {
        return;
    }
    struct nav_scene_tool *ghost = &scene->tools[1]; /* placed with the scene */
    ghost->state = NAV_TOOL_TRACKED;
    ghost->ghost = 1;
    ghost->has_pose = 1;
    ghost->arrival_ns = scene->tools[0].arrival_ns;
    ghost->age_ns = scene->tools[0].age_ns;
}
