#include "case_guide.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "case_limits.h"
#include "case_map.h"

static struct trk_guide_limits map_limits(const struct cfg_limits *limits)
{
    return (struct trk_guide_limits){
        .offset_mm = {.caution = limits->off_plane_caution_mm,
                      .stop = limits->off_plane_stop_mm,
                      .hysteresis = limits->limit_hysteresis_mm},
        .angle_deg = {.caution = limits->off_angle_caution_deg,
                      .stop = limits->off_angle_stop_deg,
                      .hysteresis = limits->limit_hysteresis_deg},
        .depth_caution_mm = limits->depth_caution_mm,
        .over_depth_mm = limits->over_depth_mm,
        .hysteresis_mm = limits->limit_hysteresis_mm,
        .uncertainty_factor = limits->uncertainty_factor,
        .tre_default_mm = limits->tre_default_mm,
        .calibration_default_mm = limits->calibration_default_mm,
        .tracker_default_mm = limits->tracker_default_mm,
        .contact_mm = limits->cutting_depth_mm,
        .suggest_mm = limits->suggest_distance_mm,
        .suggest_deg = limits->suggest_angle_deg,
        .suggest_hold_ns = case_map_ns(limits->suggest_hold_ms),
        .alarm_hold_ns = case_map_ns(limits->alarm_hold_ms),
        .hold = case_limits_dwell(limits),
    };
}

static struct trk_guide_tool map_tool(const struct cfg_tool *tool)
{
    const bool blade = tool->shape == CFG_SHAPE_BLADE;
    struct trk_guide_tool mapped = {
        .guide = blade                            ? NAV_GUIDE_BLADE
                 : tool->shape == CFG_SHAPE_DRILL ? NAV_GUIDE_AXIS
                                                  : NAV_GUIDE_NONE,
        .shape = {.width_mm = blade ? tool->width_mm : 0.0,
                  .length_mm = tool->length_mm,
                  .shaft_radius_mm = 0.5 * (blade ? tool->thickness_mm : tool->diameter_mm)},
        .thickness_mm = blade ? tool->thickness_mm : tool->diameter_mm,
        .calibration_mm = tool->calibration_mm,
    };
    memcpy(mapped.name, tool->name, sizeof(mapped.name));
    memcpy(mapped.shape.tip_mm, tool->tip_mm, sizeof(mapped.shape.tip_mm));
    memcpy(mapped.shape.axis, tool->axis, sizeof(mapped.shape.axis));
    memcpy(mapped.shape.up, tool->up, sizeof(mapped.shape.up));
    return mapped;
}

static struct trk_guide_cut map_cut(const struct cfg_cut *cut)
{
    struct trk_guide_cut mapped = {.plan = {.depth_mm = cut->depth_mm,
                                            .kerf_mm = cut->kerf_mm,
                                            .margin_side = cut->margin_side}};
    memcpy(mapped.name, cut->name, sizeof(mapped.name));
    memcpy(mapped.plan.point_mm, cut->point_mm, sizeof(mapped.plan.point_mm));
    memcpy(mapped.plan.normal, cut->normal, sizeof(mapped.plan.normal));
    memcpy(mapped.plan.u, cut->u, sizeof(mapped.plan.u));
    memcpy(mapped.plan.size_mm, cut->size_mm, sizeof(mapped.plan.size_mm));
    return mapped;
}

static enum nav_role map_role(enum cfg_role role)
{
    static const enum nav_role roles[] = {
        [CFG_ROLE_BONE] = NAV_ROLE_BONE,     [CFG_ROLE_TUMOUR] = NAV_ROLE_TUMOUR,
        [CFG_ROLE_NERVE] = NAV_ROLE_NERVE,   [CFG_ROLE_DURA] = NAV_ROLE_DURA,
        [CFG_ROLE_VESSEL] = NAV_ROLE_VESSEL, [CFG_ROLE_ORGAN] = NAV_ROLE_ORGAN,
        [CFG_ROLE_OTHER] = NAV_ROLE_OTHER,
    };
    return roles[role];
}

static enum nav_status add_structure(struct case_guide *guide, const struct cfg_model *model)
{
    struct trk_guide_structure *structure =
        &guide->config.structures[guide->config.structure_count];
    struct trk_mesh *mesh = NULL;
    const enum nav_status status =
        trk_mesh_create(model->mesh->vertices_mm, model->mesh->vertex_count, model->mesh->triangles,
                        model->mesh->triangle_count, &mesh);
    if (status != NAV_OK) {
        return status;
    }
    guide->meshes[guide->mesh_count++] = mesh;
    *structure = (struct trk_guide_structure){.role = map_role(model->role),
                                              .caution_mm = model->caution_mm,
                                              .stop_mm = model->stop_mm,
                                              .mesh = mesh};
    memcpy(structure->name, model->name, sizeof(structure->name));
    ++guide->config.structure_count;
    return NAV_OK;
}

enum nav_status case_guide_create(const struct cfg_case *loaded, struct case_guide **out_guide)
{
    _Static_assert((int)CFG_MODELS_MAX <= (int)NAV_STRUCTURES_MAX, "case models fit");
    _Static_assert((int)CFG_CUTS_MAX <= (int)NAV_CUTS_MAX, "case cuts fit");
    struct case_guide *guide = calloc(1, sizeof(*guide));
    if (guide == NULL) {
        return NAV_ERR_MEMORY;
    }
    guide->config.limits = map_limits(&loaded->limits);
    guide->config.tool_count = (uint32_t)loaded->tool_count;
    for (size_t i = 0; i < loaded->tool_count; ++i) {
        guide->config.tools[i] = map_tool(&loaded->tools[i]);
    }
    guide->config.cut_count = (uint32_t)loaded->cut_count;
    for (size_t i = 0; i < loaded->cut_count; ++i) {
        guide->config.cuts[i] = map_cut(&loaded->cuts[i]);
    }
    for (size_t i = 0; i < loaded->model_count; ++i) {
        const enum nav_status status = add_structure(guide, &loaded->models[i]);
        if (status != NAV_OK) {
            case_guide_destroy(guide);
            return status;
        }
    }
    *out_guide = guide;
    return NAV_OK;
}

void case_guide_destroy(struct case_guide *guide)
{
    if (guide == NULL) {
        return;
    }
    for (size_t i = 0; i < guide->mesh_count; ++i) {
        trk_mesh_destroy(guide->meshes[i]);
    }
    free(guide);
}
