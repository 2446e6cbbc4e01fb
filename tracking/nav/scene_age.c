#include "nav/scene_age.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

static void worsen_trust(struct nav_scene *scene, uint32_t trust)
{
    if (scene->trust > trust) {
        scene->trust = trust;
    }
}

/* Puts a reason in front of all others; the last one makes room when the list is full. */
static void add_first_reason(struct nav_scene *scene, uint32_t reason, int32_t tool, uint32_t trust)
{
    if (scene->reason_count < NAV_REASONS_MAX) {
        ++scene->reason_count;
    }
    memmove(&scene->reasons[1], &scene->reasons[0],
            (scene->reason_count - 1) * sizeof(scene->reasons[0]));
    scene->reasons[0] = (struct nav_scene_reason){.reason = reason, .tool = tool, .trust = trust};
    worsen_trust(scene, trust);
}

static void withhold_tool(struct nav_scene_tool *tool)
{
    tool->has_pose = 0;
    for (int i = 0; i < 3; ++i) {
        tool->tip_image_mm[i] = NAN;
        tool->axis_image[i] = NAN;
    }
    for (int i = 0; i < 9; ++i) {
        tool->R_image[i] = NAN;
    }
}

static void age_tool(struct nav_scene *scene, uint32_t index, int64_t elapsed_ns)
{
    struct nav_scene_tool *tool = &scene->tools[index];
    if (tool->age_ns >= 0) {
        tool->age_ns += elapsed_ns;
    }
    if (tool->state != NAV_TOOL_TRACKED && tool->state != NAV_TOOL_STALE) {
        return;
    }
    if (tool->age_ns > scene->withhold_ns) {
        tool->state = NAV_TOOL_LOST;
        tool->reason = NAV_REASON_TOOL_LOST;
        withhold_tool(tool);
        add_first_reason(scene, NAV_REASON_TOOL_LOST, (int32_t)index, NAV_TRUST_WITHHELD);
    } else if (tool->age_ns > scene->caution_ns && tool->state == NAV_TOOL_TRACKED) {
        tool->state = NAV_TOOL_STALE;
        tool->reason = NAV_REASON_TOOL_STALE;
        add_first_reason(scene, NAV_REASON_TOOL_STALE, (int32_t)index, NAV_TRUST_CAUTION);
    }
}

static void age_reference(struct nav_scene *scene, int64_t elapsed_ns)
{
    struct nav_scene_reference *reference = &scene->reference;
    if (reference->age_ns >= 0) {
        reference->age_ns += elapsed_ns;
    }
    if (reference->state != NAV_TOOL_TRACKED && reference->state != NAV_TOOL_STALE) {
        return;
    }
    if (reference->age_ns > scene->withhold_ns) {
        reference->state = NAV_TOOL_LOST;
        reference->reason = NAV_REASON_REFERENCE_LOST;
    } else if (reference->age_ns > scene->caution_ns) {
        reference->state = NAV_TOOL_STALE;
        reference->reason = NAV_REASON_REFERENCE_STALE;
    }
}

static bool tool_is_shown(const struct nav_scene *scene, int32_t tool)
{
    return tool >= 0 && (uint32_t)tool < scene->tool_count && scene->tools[tool].has_pose != 0;
}

/* What was measured from a tool that is not shown is not shown either. */
static void withhold_what_was_measured(struct nav_scene *scene)
{
    for (uint32_t i = 0; i < scene->cut_count; ++i) {
        if (scene->cuts[i].guided != 0 && !tool_is_shown(scene, scene->cuts[i].tool)) {
            nav_scene_withhold_guidance(&scene->cuts[i]);
        }
    }
    for (uint32_t i = 0; i < scene->structure_count; ++i) {
        struct nav_scene_structure *structure = &scene->structures[i];
        if (structure->has_distance != 0 && !tool_is_shown(scene, structure->tool)) {
            nav_scene_withhold_distance(structure);
        }
    }
}

static uint32_t at_most(uint32_t count, uint32_t capacity)
{
    return count < capacity ? count : capacity;
}

void nav_scene_age_to(struct nav_scene *scene, int64_t now_ns)
{
    const int64_t elapsed_ns = now_ns - scene->time_ns;
    if (elapsed_ns <= 0) {
        return;
    }
    scene->tool_count = at_most(scene->tool_count, NAV_TOOLS_MAX);
    scene->reason_count = at_most(scene->reason_count, NAV_REASONS_MAX);
    scene->cut_count = at_most(scene->cut_count, NAV_CUTS_MAX);
    scene->structure_count = at_most(scene->structure_count, NAV_STRUCTURES_MAX);
    age_reference(scene, elapsed_ns);
    for (uint32_t i = 0; i < scene->tool_count; ++i) {
        age_tool(scene, i, elapsed_ns);
    }
    if (elapsed_ns > scene->withhold_ns) {
        for (uint32_t i = 0; i < scene->tool_count; ++i) {
            struct nav_scene_tool *tool = &scene->tools[i];
            if (tool->has_pose != 0 || tool->state == NAV_TOOL_TRACKED ||
                tool->state == NAV_TOOL_STALE) {
                tool->state = NAV_TOOL_LOST;
                withhold_tool(tool);
            }
            tool->reason = NAV_REASON_CORE_SILENT;
        }
        add_first_reason(scene, NAV_REASON_CORE_SILENT, NAV_SUBJECT_NONE, NAV_TRUST_WITHHELD);
    } else if (elapsed_ns > scene->caution_ns) {
        add_first_reason(scene, NAV_REASON_CORE_SILENT, NAV_SUBJECT_NONE, NAV_TRUST_CAUTION);
    }
    withhold_what_was_measured(scene);
}
