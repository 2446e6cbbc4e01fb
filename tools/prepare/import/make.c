#include "make.h"

#include <stdlib.h>

static enum nav_status write_mesh(const struct cfg_mesh *mesh, const struct cfg_volume *volume,
                                  const char *name, struct imp_made *out_made,
                                  struct cfg_error *error)
{
    struct imp_made made = {.bytes = NULL};
    FILE *stream = open_memstream(&made.bytes, &made.size);
    if (stream != NULL && mesh != NULL) {
        cfg_mesh_write_ply(mesh, stream);
    } else if (stream != NULL) {
        cfg_volume_write_nrrd(volume, stream);
    }
    const bool failed = stream == NULL || ferror(stream) != 0;
    if (stream == NULL || fclose(stream) != 0 || failed) {
        imp_made_finish(&made);
        return cfg_error_set(error, NAV_ERR_MEMORY, "%s: out of memory", name);
    }
    *out_made = made;
    return NAV_OK;
}

enum nav_status imp_make(const struct imp_item *item, struct imp_made *out_made,
                         struct cfg_error *error)
{
    if (item->mesh == NULL && item->volume == NULL) {
        *out_made = (struct imp_made){.bytes = NULL};
        return NAV_OK;
    }
    return write_mesh(item->mesh, item->volume, item->name, out_made, error);
}

enum nav_status imp_make_surface(const struct prep_segment_surface *surface,
                                 struct imp_made *out_made, struct cfg_error *error)
{
    const struct prep_surface *made = &surface->surface;
    const struct cfg_mesh mesh = {.vertices_mm = made->points,
                                  .triangles = made->triangles,
                                  .vertex_count = (uint32_t)made->point_count,
                                  .triangle_count = (uint32_t)made->triangle_count};
    return write_mesh(&mesh, NULL, surface->segment->name, out_made, error);
}

void imp_made_finish(struct imp_made *made)
{
    free(made->bytes);
    made->bytes = NULL;
}
