/* A mesh file of one format (FUZZ_NAME): refused with a message, or a mesh that keeps its word. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "mesh.h"

enum { TRIANGLES_MAX = 10000 };

static void check_mesh(const struct cfg_mesh *mesh)
{
    const struct cfg_mesh_report *report = &mesh->report;
    FUZZ_PROMISE(mesh->triangle_count > 0 && mesh->triangle_count <= TRIANGLES_MAX);
    FUZZ_PROMISE(report->triangles == mesh->triangle_count);
    FUZZ_PROMISE(report->vertices == mesh->vertex_count && mesh->vertex_count > 1);
    FUZZ_PROMISE(report->degenerate < report->triangles);
    FUZZ_PROMISE(report->components >= 1 && report->components <= report->triangles);
    FUZZ_PROMISE(isfinite(report->volume_mm3) && report->extent_mm > 0.0);
    bool *used = calloc(mesh->vertex_count, sizeof(*used));
    FUZZ_PROMISE(used != NULL);
    for (size_t i = 0; i < 3 * (size_t)mesh->triangle_count; ++i) {
        FUZZ_PROMISE(mesh->triangles[i] < mesh->vertex_count);
        used[mesh->triangles[i]] = true;
    }
    for (size_t i = 0; i < mesh->vertex_count; ++i) {
        FUZZ_PROMISE(used[i]);
    }
    free(used);
    for (size_t i = 0; i < 3 * (size_t)mesh->vertex_count; ++i) {
        const double value = (double)mesh->vertices_mm[i];
        FUZZ_PROMISE(value >= report->min_mm[i % 3] && value <= report->max_mm[i % 3]);
        FUZZ_PROMISE(fabs(value) <= CFG_MESH_COORDINATE_MAX_MM);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *bytes = malloc(size + 1);
    FUZZ_PROMISE(bytes != NULL);
    if (size > 0) {
        memcpy(bytes, data, size);
    }
    bytes[size] = 0;
    struct cfg_mesh *mesh = NULL;
    struct cfg_error error = {.text = ""};
    const struct cfg_mesh_options options = {.triangles_max = TRIANGLES_MAX};
    const enum nav_status status = cfg_mesh_parse(bytes, size, FUZZ_NAME, &options, &mesh, &error);
    free(bytes);
    FUZZ_PROMISE((status == NAV_OK) == (mesh != NULL));
    FUZZ_PROMISE((status == NAV_OK) == (error.text[0] == '\0'));
    if (mesh != NULL) {
        check_mesh(mesh);
        cfg_mesh_destroy(mesh);
    }
    return 0;
}
