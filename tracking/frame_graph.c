#include "frame_graph.h"

#include <math.h>
#include <string.h>

_Static_assert(TRK_FRAMES_MAX <= UINT8_MAX, "paths hold frames in bytes");

void trk_frame_graph_init(struct trk_frame_graph *graph, const char *root_name)
{
    memset(graph, 0, sizeof(*graph));
    memcpy(graph->frames[0].name, root_name, strnlen(root_name, NAV_NAME_SIZE - 1));
    graph->count = 1;
}

enum nav_status trk_frame_graph_find(const struct trk_frame_graph *graph, const char *name,
                                     uint32_t *out_frame)
{
    for (uint32_t i = 0; i < graph->count; ++i) {
        if (strncmp(graph->frames[i].name, name, NAV_NAME_SIZE) == 0) {
            *out_frame = i;
            return NAV_OK;
        }
    }
    return NAV_ERR_NOT_FOUND;
}

static enum nav_status add(struct trk_frame_graph *graph, const char *name, uint32_t parent,
                           uint32_t *out_frame)
{
    const size_t length = strnlen(name, NAV_NAME_SIZE);
    if (length == 0 || length == NAV_NAME_SIZE || parent >= graph->count) {
        return NAV_ERR_ARGUMENT;
    }
    uint32_t existing;
    if (trk_frame_graph_find(graph, name, &existing) == NAV_OK) {
        return NAV_ERR_EXISTS;
    }
    if (graph->count == TRK_FRAMES_MAX) {
        return NAV_ERR_FULL;
    }
    struct trk_frame *frame = &graph->frames[graph->count];
    memset(frame, 0, sizeof(*frame));
    memcpy(frame->name, name, length);
    frame->parent = parent;
    frame->depth = graph->frames[parent].depth + 1;
    *out_frame = graph->count++;
    return NAV_OK;
}

enum nav_status trk_frame_graph_add_static(struct trk_frame_graph *graph, const char *name,
                                           uint32_t parent, const struct nav_pose *T_parent_this,
                                           double error_mm, bool valid, uint32_t *out_frame)
{
    uint32_t frame;
    const enum nav_status status = add(graph, name, parent, &frame);
    if (status != NAV_OK) {
        return status;
    }
    trk_frame_graph_set_static(graph, frame, T_parent_this, error_mm, valid);
    *out_frame = frame;
    return NAV_OK;
}

enum nav_status trk_frame_graph_add_live(struct trk_frame_graph *graph, const char *name,
                                         uint32_t parent, const struct trk_history *history,
                                         bool inverse, uint32_t *out_frame)
{
    uint32_t frame;
    const enum nav_status status = add(graph, name, parent, &frame);
    if (status != NAV_OK) {
        return status;
    }
    graph->frames[frame].live = history;
    graph->frames[frame].inverse = inverse;
    *out_frame = frame;
    return NAV_OK;
}

void trk_frame_graph_set_static(struct trk_frame_graph *graph, uint32_t frame,
                                const struct nav_pose *T_parent_this, double error_mm, bool valid)
{
    graph->frames[frame].T_parent_this = *T_parent_this;
    graph->frames[frame].error_mm = error_mm;
    graph->frames[frame].valid = valid;
}

struct trk_path trk_frame_graph_path(const struct trk_frame_graph *graph, uint32_t base,
                                     uint32_t target)
{
    struct trk_path path = {0};
    uint8_t from_base[TRK_PATH_MAX];
    uint32_t base_steps = 0;
    while (base != target) {
        if (graph->frames[target].depth >= graph->frames[base].depth) {
            path.up[path.up_count++] = (uint8_t)target;
            target = graph->frames[target].parent;
        } else {
            from_base[base_steps++] = (uint8_t)base;
            base = graph->frames[base].parent;
        }
    }
    while (base_steps > 0) {
        path.down[path.down_count++] = from_base[--base_steps];
    }
    return path;
}

/* The edge of a frame: T_parent_frame at the instant. */
static struct trk_located edge_at(const struct trk_frame *frame, const struct trk_history *of,
                                  const struct trk_entry *at, const struct trk_limits *limits)
{
    if (frame->live == NULL) {
        return (struct trk_located){
            .answer = TRK_ANSWER_EXACT,
            .T_base_target = frame->T_parent_this,
            .flags = TRK_FLAG_VERIFIED | (frame->valid ? TRK_FLAG_VALID : 0),
            .arrival_ns = INT64_MAX,
            .error_mm = frame->error_mm,
        };
    }
    struct trk_lookup lookup = {
        .answer = TRK_ANSWER_EXACT,
        .pose = at->pose,
        .arrival_ns = at->arrival_ns,
        .flags = at->flags,
        .error_mm = at->error_mm,
    };
    if (frame->live != of) {
        lookup = trk_history_at(frame->live, at, limits);
    }
    if (lookup.answer == TRK_ANSWER_NONE) {
        return (struct trk_located){.answer = TRK_ANSWER_NONE, .error_mm = (double)NAN};
    }
    return (struct trk_located){
        .answer = lookup.answer,
        .T_base_target = frame->inverse ? nav_pose_inverse(&lookup.pose) : lookup.pose,
        .flags = lookup.flags,
        .arrival_ns = lookup.arrival_ns,
        .error_mm = lookup.error_mm,
    };
}

/* Everything but the pose. */
static void combine(struct trk_located *sum, const struct trk_located *edge)
{
    const uint32_t faults = TRK_FLAG_LATE;
    sum->flags = (sum->flags & edge->flags & ~faults) | ((sum->flags | edge->flags) & faults);
    if (edge->answer < sum->answer) {
        sum->answer = edge->answer;
    }
    if (edge->arrival_ns < sum->arrival_ns) {
        sum->arrival_ns = edge->arrival_ns;
    }
    sum->error_mm = sqrt(sum->error_mm * sum->error_mm + edge->error_mm * edge->error_mm);
}

struct trk_located trk_frame_graph_locate(const struct trk_frame_graph *graph,
                                          const struct trk_path *path, const struct trk_history *of,
                                          const struct trk_entry *at,
                                          const struct trk_limits *limits)
{
    struct trk_located located = {
        .answer = TRK_ANSWER_EXACT,
        .T_base_target = nav_pose_identity(),
        .flags = TRK_FLAG_VALID | TRK_FLAG_VERIFIED,
        .arrival_ns = INT64_MAX,
        .error_mm = 0.0,
    };
    for (uint32_t i = 0; i < path->up_count; ++i) {
        const struct trk_located edge = edge_at(&graph->frames[path->up[i]], of, at, limits);
        if (edge.answer == TRK_ANSWER_NONE) {
            return edge;
        }
        combine(&located, &edge);
        located.T_base_target = nav_pose_compose(&edge.T_base_target, &located.T_base_target);
    }
    for (uint32_t i = 0; i < path->down_count; ++i) {
        const struct trk_located edge = edge_at(&graph->frames[path->down[i]], of, at, limits);
        if (edge.answer == TRK_ANSWER_NONE) {
            return edge;
        }
        combine(&located, &edge);
        const struct nav_pose down = nav_pose_inverse(&edge.T_base_target);
        located.T_base_target = nav_pose_compose(&down, &located.T_base_target);
    }
    return located;
}
