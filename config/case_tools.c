/* Tools of a case: device, tip, axis, geometry. */
#include "case_loader.h"

#include <math.h>
#include <string.h>

static const double tip_max_mm = 1000.0;
static const double calibration_max_mm = 5.0;
static const double side_min_mm = 1.0;
static const double side_max_mm = 1000.0;
static const double default_pointer_length_mm = 150.0;
static const double default_pointer_diameter_mm = 3.0;

/* Some unit vector perpendicular to `axis`, always the same for the same axis. */
static void any_perpendicular(const double axis[3], double out_up[3])
{
    int least = 0;
    for (int i = 1; i < 3; ++i) {
        least = fabs(axis[i]) < fabs(axis[least]) ? i : least;
    }
    for (int i = 0; i < 3; ++i) {
        out_up[i] = (i == least ? 1.0 : 0.0) - axis[least] * axis[i];
    }
    cfg_normalise(out_up);
}

struct side {
    const char *key;
    const double *given;
    double *out;
    unsigned shapes; /* bit per shape that has it */
};

#define SHAPE_BIT(shape) (1u << (shape))

static enum nav_status take_sides(const struct cfg_loader *loader, const struct cfg_yaml_node *node,
                                  const struct cfg_doc_geometry *doc, struct cfg_tool *tool)
{
    const unsigned round = SHAPE_BIT(CFG_SHAPE_POINTER) | SHAPE_BIT(CFG_SHAPE_DRILL);
    const unsigned blade = SHAPE_BIT(CFG_SHAPE_BLADE);
    const struct side sides[] = {
        {"length_mm", doc->length_mm, &tool->length_mm, round | blade},
        {"width_mm", doc->width_mm, &tool->width_mm, blade},
        {"thickness_mm", doc->thickness_mm, &tool->thickness_mm, blade},
        {"diameter_mm", doc->diameter_mm, &tool->diameter_mm, round},
    };
    for (size_t i = 0; i < sizeof(sides) / sizeof(sides[0]); ++i) {
        const struct side *side = &sides[i];
        const bool wanted = (side->shapes & SHAPE_BIT(doc->shape)) != 0;
        if (wanted != (side->given != NULL)) {
            return cfg_refuse(loader, cfg_at_value(node, side->key), NAV_ERR_REFUSED,
                              wanted ? "the shape '%s' needs the key '%s'; add it"
                                     : "the shape '%s' has no '%s'; remove the key",
                              cfg_shape_name(doc->shape), side->key);
        }
        if (wanted) {
            const enum nav_status status =
                cfg_check_length(loader, cfg_at_value(node, side->key), *side->given, side_max_mm);
            if (status != NAV_OK) {
                return status;
            }
            *side->out = *side->given;
        }
    }
    return NAV_OK;
}

static enum nav_status take_tool_mesh(struct cfg_loader *loader, const struct cfg_yaml_node *node,
                                      const struct cfg_doc_geometry *doc, struct cfg_tool *tool)
{
    const bool wanted = doc->shape == CFG_SHAPE_MESH;
    if (wanted != (doc->file != NULL)) {
        return cfg_refuse(loader, cfg_at_value(node, "file"), NAV_ERR_REFUSED,
                          wanted ? "the shape 'mesh' needs the key 'file'; add it"
                                 : "only the shape 'mesh' has a file; remove the key");
    }
    if (!wanted) {
        return doc->unit == CFG_UNIT_UNSTATED
                   ? NAV_OK
                   : cfg_refuse(loader, cfg_at_value(node, "unit"), NAV_ERR_REFUSED,
                                "only the shape 'mesh' has a unit; remove the key");
    }
    const struct cfg_yaml_node *file = cfg_at_value(node, "file");
    tool->mesh_options = (struct cfg_mesh_options){.unit = doc->unit, .tool_frame = true};
    enum nav_status status = NAV_OK;
    tool->mesh_file = cfg_resolve(loader, file, doc->file, &status);
    if (tool->mesh_file == NULL) {
        return status;
    }
    status = cfg_load_mesh(loader, file, tool->mesh_file, &tool->mesh_options, &tool->mesh);
    if (status != NAV_OK) {
        return status;
    }
    tool->mesh_report = tool->mesh->report;
    memcpy(tool->mesh_sha256, tool->mesh->sha256, sizeof(tool->mesh_sha256));
    if (!loader->keep_meshes) {
        cfg_mesh_destroy(tool->mesh);
        tool->mesh = NULL;
    }
    const double extent = tool->mesh_report.extent_mm;
    if (!(extent >= side_min_mm && extent <= side_max_mm)) {
        return cfg_refuse(loader, file, NAV_ERR_REFUSED,
                          "its longest side is %g mm, a tool has %g to %g mm; check the unit",
                          extent, side_min_mm, side_max_mm);
    }
    return NAV_OK;
}

static enum nav_status take_geometry(struct cfg_loader *loader,
                                     const struct cfg_yaml_node *tool_node,
                                     const struct cfg_doc_geometry *doc, struct cfg_tool *tool)
{
    any_perpendicular(tool->axis, tool->up);
    if (doc == NULL) {
        tool->shape = CFG_SHAPE_POINTER;
        tool->length_mm = default_pointer_length_mm;
        tool->diameter_mm = default_pointer_diameter_mm;
        return NAV_OK;
    }
    const struct cfg_yaml_node *node = cfg_at_value(tool_node, "geometry");
    tool->shape = doc->shape;
    enum nav_status status = take_sides(loader, node, doc, tool);
    if (status == NAV_OK) {
        status = take_tool_mesh(loader, node, doc, tool);
    }
    if (status != NAV_OK) {
        return status;
    }
    if (doc->up == NULL) {
        return doc->shape != CFG_SHAPE_BLADE
                   ? NAV_OK
                   : cfg_refuse(loader, node, NAV_ERR_REFUSED,
                                "the shape 'blade' needs the key 'up', its normal; add it");
    }
    const struct cfg_yaml_node *up = cfg_at_value(node, "up");
    status = cfg_take_direction(loader, up, doc->up, tool->up);
    return status == NAV_OK ? cfg_square_to(loader, up, "the tool's axis", tool->axis, tool->up)
                            : status;
}

static enum nav_status take_tool(struct cfg_loader *loader, size_t index)
{
    const struct cfg_doc_tool *doc = &loader->doc->tools[index];
    const struct cfg_yaml_node *node = cfg_at_entry(loader, "tools", index);
    struct cfg_case *loaded = loader->loaded;
    struct cfg_tool *tool = &loaded->tools[index];
    enum nav_status status = cfg_take_name(loader, "tools", index, doc->name, tool->name,
                                           loaded->tools[0].name, sizeof(*tool));
    const struct cfg_yaml_node *device = cfg_at_value(node, "device");
    if (status == NAV_OK) {
        status = cfg_check_device(loader, device, doc->device);
    }
    if (status != NAV_OK) {
        return status;
    }
    memcpy(tool->device, doc->device, sizeof(tool->device));
    status =
        cfg_check_unique(loader, "tools", "device", loaded->tools[0].device, sizeof(*tool), index);
    if (status != NAV_OK) {
        return status;
    }
    if (loaded->has_reference && strcmp(tool->device, loaded->reference_device) == 0) {
        return cfg_refuse(loader, device, NAV_ERR_EXISTS,
                          "'%s' is the patient reference (frames: reference); a tool needs its own",
                          tool->device);
    }
    tool->relative_to_reference = doc->relative_to == CFG_DOC_REFERENCE;
    if (tool->relative_to_reference && !loaded->has_reference) {
        return cfg_refuse(loader, cfg_at_value(node, "relative_to"), NAV_ERR_REFUSED,
                          "the case has no reference (frames: reference: none); use `tracker`");
    }
    status = cfg_check_position(loader, cfg_at_value(node, "tip_mm"), doc->tip_mm, tip_max_mm);
    if (status == NAV_OK) {
        memcpy(tool->tip_mm, doc->tip_mm, sizeof(tool->tip_mm));
        status = cfg_take_direction(loader, cfg_at_value(node, "axis"), doc->axis, tool->axis);
    }
    tool->calibration_mm = doc->calibration_mm != NULL ? *doc->calibration_mm : NAN;
    if (status == NAV_OK && doc->calibration_mm != NULL &&
        !(tool->calibration_mm >= 0.0 && tool->calibration_mm <= calibration_max_mm)) {
        return cfg_refuse(loader, cfg_at_value(node, "calibration_mm"), NAV_ERR_RANGE,
                          "%g is out of range; 0 to %g mm", tool->calibration_mm,
                          calibration_max_mm);
    }
    if (status == NAV_OK) {
        status = take_geometry(loader, node, doc->geometry, tool);
    }
    return status == NAV_OK ? cfg_take_calibration(loader, node, doc, tool) : status;
}

enum nav_status cfg_take_tools(struct cfg_loader *loader)
{
    for (size_t i = 0; i < loader->doc->tools_count; ++i) {
        loader->loaded->tool_count = i + 1;
        const enum nav_status status = take_tool(loader, i);
        if (status != NAV_OK) {
            return status;
        }
    }
    return NAV_OK;
}
