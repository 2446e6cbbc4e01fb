#include "case_mesh.h"

#include <string.h>

struct rnd_mesh case_mesh_view(const struct cfg_mesh *mesh)
{
    return (struct rnd_mesh){
        .vertex_count = mesh->vertex_count,
        .triangle_count = mesh->triangle_count,
        .positions = mesh->vertices_mm,
        .triangles = mesh->triangles,
    };
}

struct rnd_tool_shape case_mesh_tool(const struct cfg_tool *tool)
{
    struct rnd_tool_shape shape = {
        .shape = tool->shape == CFG_SHAPE_BLADE   ? RND_SHAPE_BLADE
                 : tool->shape == CFG_SHAPE_DRILL ? RND_SHAPE_DRILL
                                                  : RND_SHAPE_POINTER,
        .length_mm = tool->length_mm,
        .width_mm = tool->width_mm,
        .thickness_mm = tool->thickness_mm,
        .diameter_mm = tool->diameter_mm,
    };
    memcpy(shape.tip_mm, tool->tip_mm, sizeof(shape.tip_mm));
    memcpy(shape.axis, tool->axis, sizeof(shape.axis));
    memcpy(shape.up, tool->up, sizeof(shape.up));
    return shape;
}

struct rnd_cut_shape case_mesh_cut(const struct cfg_cut *cut)
{
    struct rnd_cut_shape shape;
    memcpy(shape.point_mm, cut->point_mm, sizeof(shape.point_mm));
    memcpy(shape.normal, cut->normal, sizeof(shape.normal));
    memcpy(shape.u, cut->u, sizeof(shape.u));
    memcpy(shape.size_mm, cut->size_mm, sizeof(shape.size_mm));
    return shape;
}
