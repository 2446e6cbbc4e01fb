/* Meshes and shapes of a case as the views take them. Thread: any; pure. */
#ifndef TOOLS_CASE_MESH_H
#define TOOLS_CASE_MESH_H

#include "case.h"
#include "surface.h"

/* The mesh stays the case's. */
struct rnd_mesh case_mesh_view(const struct cfg_mesh *mesh);

/* Of a tool that is no mesh. */
struct rnd_tool_shape case_mesh_tool(const struct cfg_tool *tool);

struct rnd_cut_shape case_mesh_cut(const struct cfg_cut *cut);

#endif
