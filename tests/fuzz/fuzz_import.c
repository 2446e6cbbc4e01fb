/* A file of another program (FUZZ_NAME tells its format by the ending), by the import's readers in
 * the process itself: refused with a message, or items that keep their word. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "import.h"

static void check_item(const struct imp_item *item)
{
    FUZZ_PROMISE(memchr(item->name, '\0', sizeof(item->name)) != NULL);
    FUZZ_PROMISE(memchr(item->part, '\0', sizeof(item->part)) != NULL);
    if (item->mesh != NULL) {
        for (size_t i = 0; i < 3 * (size_t)item->mesh->triangle_count; ++i) {
            FUZZ_PROMISE(item->mesh->triangles[i] < item->mesh->vertex_count);
        }
        for (size_t i = 0; i < 3 * (size_t)item->mesh->vertex_count; ++i) {
            FUZZ_PROMISE(isfinite(item->mesh->vertices_mm[i]));
        }
    }
    for (size_t i = 0; i < item->point_count; ++i) {
        for (int k = 0; k < 3; ++k) {
            FUZZ_PROMISE(isfinite(item->points[i].position_mm[k]));
        }
    }
    if (item->becomes == IMP_CUT) {
        const double *n = item->plane.normal;
        const double *x = item->plane.x;
        FUZZ_PROMISE(fabs(n[0] * n[0] + n[1] * n[1] + n[2] * n[2] - 1.0) < 1e-3);
        FUZZ_PROMISE(fabs(n[0] * x[0] + n[1] * x[1] + n[2] * x[2]) < 1e-3);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *bytes = malloc(size + 1);
    struct imp_source *source = calloc(1, sizeof(*source));
    struct imp_files *files = NULL;
    struct cfg_error error = {.text = ""};
    FUZZ_PROMISE(bytes != NULL && source != NULL);
    if (size > 0) {
        memcpy(bytes, data, size);
    }
    bytes[size] = 0;
    /* What it refers to is looked for where nothing is. */
    FUZZ_PROMISE(imp_folder_open("/nonexistent/" FUZZ_NAME, &files, &error) == NAV_OK);
    const struct imp_request request = {
        .path = FUZZ_NAME, .space = CFG_SPACE_LPS, .unit = CFG_UNIT_MM};
    const struct imp_bytes file = {bytes, size, FUZZ_NAME};
    const enum nav_status status = imp_read_bytes(&request, &file, files, source, &error);
    FUZZ_PROMISE(status == NAV_OK || status == NAV_END || error.text[0] != '\0');
    for (size_t i = 0; status == NAV_OK && i < source->item_count; ++i) {
        check_item(&source->items[i]);
    }
    imp_source_finish(source);
    imp_files_close(files);
    free(source);
    free(bytes);
    return 0;
}
