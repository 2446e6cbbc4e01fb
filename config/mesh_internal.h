/* Between the mesh readers and the code that joins, checks and reports.
 * Thread: any. */
#ifndef CFG_MESH_INTERNAL_H
#define CFG_MESH_INTERNAL_H

#include "mesh.h"

/* A file being read. `bytes[size]` is a NUL. */
struct cfg_mesh_source {
    const uint8_t *bytes;
    size_t size;
    const char *name;
    uint32_t triangles_max;
    struct cfg_error *error;
};

/* What a reader gives: corners in file order, or vertices with indices. Owned by the caller. */
struct cfg_mesh_raw {
    enum cfg_mesh_format format;
    enum cfg_space space;
    enum cfg_unit unit;
    float *vertices; /* 3 a vertex, in the file's axes and unit, finite */
    uint32_t vertex_count;
    uint32_t *triangles; /* 3 a triangle, all below vertex_count; NULL: every 3 vertices are one */
    uint32_t triangle_count;
};

bool cfg_stl_is_binary(const struct cfg_mesh_source *source);
NAV_MUST_USE enum nav_status cfg_stl_read_binary(const struct cfg_mesh_source *source,
                                                 struct cfg_mesh_raw *out_raw);
NAV_MUST_USE enum nav_status cfg_stl_read_ascii(const struct cfg_mesh_source *source,
                                                struct cfg_mesh_raw *out_raw);
NAV_MUST_USE enum nav_status cfg_ply_read(const struct cfg_mesh_source *source,
                                          struct cfg_mesh_raw *out_raw);

NAV_MUST_USE enum nav_status cfg_obj_read(const struct cfg_mesh_source *source,
                                          struct cfg_mesh_raw *out_raw);

/* Takes the tags out of a header or comment: SPACE=LPS|RAS, UNIT=mm|m, `unit=MM`,
 * `1 unit = 1000.0 mm`. Adds to what was
 * tagged before; NAV_ERR_REFUSED when it contradicts it or names another axis order or unit. */
NAV_MUST_USE enum nav_status cfg_mesh_take_tags(const struct cfg_mesh_source *source,
                                                const char *text, size_t length,
                                                struct cfg_mesh_raw *raw);

/* Joins equal vertices of `raw` (in mm and final axes) into `mesh`: arrays and counts. */
NAV_MUST_USE enum nav_status cfg_mesh_join(const struct cfg_mesh_raw *raw, struct cfg_mesh *mesh);

/* Fills edges, components, extent and volume of `mesh->report`. */
NAV_MUST_USE enum nav_status cfg_mesh_examine(struct cfg_mesh *mesh);

#endif
