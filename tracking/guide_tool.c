/* The guided tool: a blade, a drill, or a pointer held beside a cutter that carries no tracker. */
#include <math.h>
#include <string.h>

#include "guide_internal.h"
#include "nav/time.h"

/* The pointer must stand off from the cutter's edge by so much: else its side is not known. */
static const double beside_min_mm = 3.0;

static bool is_parallel(const struct trk_guide *guide)
{
    return guide->guide == NAV_GUIDE_PARALLEL;
}

const struct trk_blade_shape *guide_shape(const struct trk_guide *guide)
{
    return is_parallel(guide) ? &guide->parallel.shape : &guide->config.tools[guide->tool].shape;
}

double guide_thickness_mm(const struct trk_guide *guide)
{
    if (guide->tool < 0) {
        return 0.0;
    }
    return is_parallel(guide) ? guide->parallel.thickness_mm
                              : guide->config.tools[guide->tool].thickness_mm;
}

double guide_calibration_mm(const struct trk_guide *guide)
{
    return is_parallel(guide) ? guide->parallel.calibration_mm
                              : guide->config.tools[guide->tool].calibration_mm;
}

bool guide_has_edge(const struct trk_guide *guide)
{
    return guide->guide != NAV_GUIDE_AXIS;
}

static bool find_kind(const struct trk_guide *guide, enum nav_guide kind, int32_t *out_tool)
{
    for (uint32_t i = 0; i < guide->config.tool_count; ++i) {
        if (guide->config.tools[i].guide == kind) {
            *out_tool = (int32_t)i;
            return true;
        }
    }
    return false;
}

static void use(struct trk_guide *guide, int32_t tool, enum nav_guide kind)
{
    guide->tool = tool;
    guide->guide = kind;
    guide->measured.valid = false;
    guide->measured.cutting = false;
    guide->measured.engaged = false;
    for (uint32_t i = 0; i < guide->config.cut_count; ++i) {
        if (guide->cuts[i].record != NULL) {
            const struct trk_cut_plan plan = guide_plan(guide, i);
            trk_cut_record_set_kerf(guide->cuts[i].record, plan.kerf_mm);
        }
    }
}

void guide_choose_tool(struct trk_guide *guide)
{
    int32_t tool = NAV_SUBJECT_NONE;
    enum nav_guide kind = NAV_GUIDE_NONE;
    if (find_kind(guide, NAV_GUIDE_BLADE, &tool)) {
        kind = NAV_GUIDE_BLADE;
    } else if (find_kind(guide, NAV_GUIDE_AXIS, &tool)) {
        kind = NAV_GUIDE_AXIS;
    }
    use(guide, tool, kind);
}

static int32_t find_tool(const struct trk_guide *guide, const char *name, struct trk_reply *reply)
{
    for (uint32_t i = 0; i < guide->config.tool_count; ++i) {
        if (strncmp(guide->config.tools[i].name, name, NAV_NAME_SIZE) == 0) {
            return (int32_t)i;
        }
    }
    trk_reply_set(reply, false, "the case has no tool '%.63s'", name);
    return NAV_SUBJECT_NONE;
}

void trk_guide_use_tool(struct trk_guide *guide, const char *tool, struct trk_reply *out_reply)
{
    const int32_t index = find_tool(guide, tool, out_reply);
    if (index < 0) {
        return;
    }
    const enum nav_guide kind = guide->config.tools[index].guide;
    if (kind != NAV_GUIDE_NONE) {
        use(guide, index, kind);
        trk_reply_set(out_reply, true, "cuts are guided by %s", tool);
    } else if (guide->parallel.known && guide->parallel.tool == (uint32_t)index) {
        use(guide, index, NAV_GUIDE_PARALLEL);
        trk_reply_set(out_reply, true, "cuts are guided by %s, held parallel beside the cutter",
                      tool);
    } else {
        trk_reply_set(out_reply, false,
                      "%s is neither blade nor drill; hold it beside a cutter and use `guide "
                      "parallel start`",
                      tool);
    }
}

/* ---- parallel ---- */

/* What the scene says, from its beginning: nothing is left of what was said before. */
static struct nav_scene_collection collection_of(uint32_t kind, double progress, const char *name)
{
    struct nav_scene_collection collection = {.kind = kind, .progress = progress};
    (void)snprintf(collection.landmark, sizeof(collection.landmark), "%s", name);
    return collection;
}

void trk_guide_parallel_start(struct trk_guide *guide, const char *tool, const char *name,
                              const double point_mm[3], const struct trk_guide_cutter *cutter,
                              int64_t now_ns, struct trk_reply *out_reply)
{
    struct guide_parallel *parallel = &guide->parallel;
    int32_t index = NAV_SUBJECT_NONE;
    if (tool != NULL) {
        index = find_tool(guide, tool, out_reply);
        if (index < 0) {
            return;
        }
    } else if (!find_kind(guide, NAV_GUIDE_NONE, &index)) {
        trk_reply_set(out_reply, false, "the case has no pointer to hold beside the cutter");
        return;
    }
    const char *pointer = guide->config.tools[index].name;
    if (guide->config.tools[index].guide != NAV_GUIDE_NONE) {
        trk_reply_set(out_reply, false, "%s guides by itself; hold a pointer beside the cutter",
                      pointer);
        return;
    }
    if (!(cutter->width_mm > 0.0) || !(cutter->thickness_mm > 0.0)) {
        trk_reply_set(out_reply, false, "width and thickness of the cutter are lengths above 0 mm");
        return;
    }
    (void)!trk_dwell_init(&parallel->dwell, &guide->config.limits.hold); /* good in create */
    parallel->holding = true;
    parallel->holding_tool = (uint32_t)index;
    parallel->cutter = *cutter;
    parallel->samples = 0;
    parallel->last_ns = now_ns;
    memset(&parallel->last_pose, 0, sizeof(parallel->last_pose));
    memset(parallel->sum_mm, 0, sizeof(parallel->sum_mm));
    memcpy(parallel->point_mm, point_mm, sizeof(parallel->point_mm));
    parallel->collection = collection_of(NAV_COLLECTION_PARALLEL, 0.0, name);
    trk_reply_set(out_reply, true,
                  "hold the middle of the cutter's edge on %s and %s flat beside it for %.1f s",
                  name, pointer, (double)guide->config.limits.hold.hold_ns / (double)NAV_NS_PER_S);
}

void trk_guide_parallel_cancel(struct trk_guide *guide, struct trk_reply *out_reply)
{
    if (!guide->parallel.holding) {
        trk_reply_set(out_reply, false, "nothing is held beside a cutter");
        return;
    }
    guide->parallel.holding = false;
    trk_reply_set(out_reply, true, "cancelled");
}

static void end_hold(struct trk_guide *guide, bool good, const char *outcome)
{
    struct nav_scene_collection *collection = &guide->parallel.collection;
    guide->parallel.holding = false;
    collection->kind = NAV_COLLECTION_NONE;
    collection->good = good ? 1 : 0;
    (void)snprintf(collection->outcome, sizeof(collection->outcome), "%s", outcome);
}

/* The cutter in the pointer's frame: its edge where it was held, its axis the pointer's, its flat
 * side towards the pointer. */
static void take_cutter(struct trk_guide *guide, const struct trk_pause *pause)
{
    struct guide_parallel *parallel = &guide->parallel;
    const struct trk_guide_tool *pointer = &guide->config.tools[parallel->holding_tool];
    struct trk_blade_shape shape = pointer->shape;
    double up[3];
    double along = 0.0;
    double square = 0.0;
    for (int i = 0; i < 3; ++i) {
        shape.tip_mm[i] = parallel->sum_mm[i] / parallel->samples;
        up[i] = pointer->shape.tip_mm[i] - shape.tip_mm[i];
        along += up[i] * shape.axis[i];
    }
    for (int i = 0; i < 3; ++i) {
        up[i] -= along * shape.axis[i];
        square += up[i] * up[i];
    }
    if (!(sqrt(square) >= beside_min_mm)) {
        end_hold(guide, false, "refused: the pointer is not beside the cutter but on its line");
        return;
    }
    for (int i = 0; i < 3; ++i) {
        shape.up[i] = up[i] / sqrt(square);
    }
    shape.width_mm = parallel->cutter.width_mm;
    shape.edge_radius_mm = 0.0;
    shape.shaft_radius_mm = 0.5 * parallel->cutter.thickness_mm;
    const double own_mm = isfinite(pointer->calibration_mm)
                              ? pointer->calibration_mm
                              : guide->config.limits.calibration_default_mm;
    parallel->known = true;
    parallel->tool = parallel->holding_tool;
    parallel->shape = shape;
    parallel->thickness_mm = parallel->cutter.thickness_mm;
    parallel->calibration_mm = hypot(own_mm, pause->rms_mm);
    use(guide, (int32_t)parallel->tool, NAV_GUIDE_PARALLEL);
    end_hold(guide, true, "the cutter is known: hold the pointer beside it as now");
}

static void hold(struct trk_guide *guide, const struct nav_scene *scene,
                 const struct nav_scene_tool *tool)
{
    struct guide_parallel *parallel = &guide->parallel;
    const struct trk_guide_tool *pointer = &guide->config.tools[parallel->holding_tool];
    const struct nav_pose T_reference_image =
        nav_pose_inverse(&scene->registration.T_image_reference);
    const struct nav_pose T_reference_tool =
        nav_pose_compose(&T_reference_image, &tool->T_image_tool);
    const struct nav_pose T_tool_reference = nav_pose_inverse(&T_reference_tool);
    double tip_mm[3];
    double edge_mm[3];
    struct trk_pause pause;
    nav_pose_apply(&T_reference_tool, pointer->shape.tip_mm, tip_mm);
    nav_pose_apply(&T_tool_reference, parallel->point_mm, edge_mm);
    (void)trk_dwell_push(&parallel->dwell, tool->arrival_ns, true, tip_mm, &pause);
    ++parallel->samples;
    parallel->last_ns = scene->time_ns;
    if (parallel->dwell.count != parallel->samples && parallel->samples < TRK_DWELL_SAMPLES_MAX) {
        end_hold(guide, false, "refused: the pointer moved; hold still and ask again");
        return;
    }
    for (int i = 0; i < 3; ++i) {
        parallel->sum_mm[i] += edge_mm[i];
    }
    parallel->collection.progress = trk_dwell_progress(&parallel->dwell);
    if (trk_dwell_current(&parallel->dwell, &pause)) {
        take_cutter(guide, &pause);
    }
}

void guide_parallel_advance(struct trk_guide *guide, struct nav_scene *scene)
{
    struct guide_parallel *parallel = &guide->parallel;
    if (parallel->holding) {
        const struct nav_scene_tool *tool = &scene->tools[parallel->holding_tool];
        if (scene->registration.present == 0 || tool->has_pose == 0) {
            end_hold(guide, false, "refused: a marker was hidden; ask again");
        } else if (memcmp(&parallel->last_pose, &tool->T_image_tool, sizeof(parallel->last_pose)) !=
                   0) {
            parallel->last_pose = tool->T_image_tool;
            hold(guide, scene, tool);
        } else if (scene->time_ns - parallel->last_ns > guide->config.limits.hold.gap_max_ns) {
            end_hold(guide, false, "refused: poses are missing; ask again");
        }
    }
    /* A touch of the registrar that goes on comes first; what both said before, the later one. */
    if (scene->collection.kind == NAV_COLLECTION_NONE &&
        (parallel->holding || parallel->collection.outcome[0] != '\0')) {
        const uint32_t collected = scene->collection.collected;
        const uint32_t wanted = scene->collection.wanted;
        scene->collection = parallel->collection;
        scene->collection.collected = collected;
        scene->collection.wanted = wanted;
    } else if (scene->collection.kind != NAV_COLLECTION_NONE && !parallel->holding) {
        parallel->collection.outcome[0] = '\0';
    }
}
