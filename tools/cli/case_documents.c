#include "case_documents.h"

#include <stdlib.h>
#include <string.h>

#include "nav/time.h"
#include "wire_header.h"
#include "wire_pack.h"
#include "wire_point.h"
#include "wire_polydata.h"
#include "wire_trajectory.h"

static const uint8_t landmark_rgba[4] = {255, 220, 0, 255};
static const uint8_t cut_rgba[4] = {0, 160, 255, 255};

_Static_assert(CFG_MODELS_MAX + 2 <= SRV_DOCUMENTS_MAX, "models, landmarks and cuts fit");

/* At most `size` - 1 bytes, never a part of a UTF-8 character. */
static void copy_cut(char *to, size_t size, const char *from)
{
    size_t length = strnlen(from, size);
    if (length == size) {
        --length;
        while (length > 0 && ((unsigned char)from[length] & 0xc0u) == 0x80u) {
            --length;
        }
    }
    memcpy(to, from, length);
    to[length] = '\0';
}

/* Room for one message with `content_size` bytes of content; the device is the document's name. */
static enum nav_status begin(struct case_documents *documents, enum wire_kind request,
                             enum wire_kind kind, const char *name, size_t content_size,
                             struct wire_writer *out_writer, struct wire_pack *out_pack)
{
    struct srv_document *document = &documents->items[documents->count];
    const size_t size = WIRE_HEADER_SIZE + content_size;
    uint8_t *bytes = malloc(size);
    if (bytes == NULL) {
        return NAV_ERR_MEMORY;
    }
    document->request = request;
    copy_cut(document->name, sizeof(document->name), name);
    document->bytes = bytes;
    ++documents->count;
    *out_writer = wire_writer_of(bytes, size);
    *out_pack = wire_pack_begin(out_writer, &(struct wire_pack_head){.version = WIRE_VERSION_PLAIN,
                                                                     .kind = kind,
                                                                     .device = document->name,
                                                                     .utc_ns = nav_utc_now_ns()});
    return NAV_OK;
}

static enum nav_status end(struct case_documents *documents, const struct wire_writer *writer,
                           const struct wire_pack *pack)
{
    const enum nav_status status = wire_pack_end(pack, NULL, 0);
    documents->items[documents->count - 1].size = writer->size;
    return status;
}

static enum nav_status add_model(struct case_documents *documents, const struct cfg_model *model)
{
    const struct cfg_mesh *mesh = model->mesh;
    uint64_t size = 0;
    struct wire_writer writer;
    struct wire_pack pack;
    enum nav_status status =
        wire_polydata_triangles_size(mesh->vertex_count, mesh->triangle_count, &size)
            ? begin(documents, WIRE_KIND_GET_POLYDATA, WIRE_KIND_POLYDATA, model->name,
                    (size_t)size, &writer, &pack)
            : NAV_ERR_TOO_LARGE;
    if (status == NAV_OK) {
        wire_polydata_triangles_encode(&writer, mesh->vertices_mm, mesh->vertex_count,
                                       mesh->triangles, mesh->triangle_count);
        status = end(documents, &writer, &pack);
    }
    return status;
}

static void copy_point(const double from[3], float to[3])
{
    for (int i = 0; i < 3; ++i) {
        to[i] = (float)from[i];
    }
}

static enum nav_status add_landmarks(struct case_documents *documents,
                                     const struct cfg_case *loaded)
{
    struct wire_writer writer;
    struct wire_pack pack;
    const enum nav_status status =
        begin(documents, WIRE_KIND_GET_POINT, WIRE_KIND_POINT, "Landmarks",
              loaded->landmark_count * WIRE_POINT_ENTRY_SIZE, &writer, &pack);
    if (status != NAV_OK) {
        return status;
    }
    for (size_t i = 0; i < loaded->landmark_count; ++i) {
        struct wire_point_entry entry = {.group = "Landmark"};
        copy_cut(entry.name, sizeof(entry.name), loaded->landmarks[i].name);
        memcpy(entry.rgba, landmark_rgba, sizeof(entry.rgba));
        copy_point(loaded->landmarks[i].position_mm, entry.position_mm);
        wire_point_encode(&writer, &entry);
    }
    return end(documents, &writer, &pack);
}

static enum nav_status add_cuts(struct case_documents *documents, const struct cfg_case *loaded)
{
    struct wire_writer writer;
    struct wire_pack pack;
    const enum nav_status status =
        begin(documents, WIRE_KIND_GET_TRAJECTORY, WIRE_KIND_TRAJECTORY, "Cuts",
              loaded->cut_count * WIRE_TRAJECTORY_ENTRY_SIZE, &writer, &pack);
    if (status != NAV_OK) {
        return status;
    }
    for (size_t i = 0; i < loaded->cut_count; ++i) {
        const struct cfg_cut *cut = &loaded->cuts[i];
        const double *n = cut->normal;
        const double *u = cut->u;
        const double v[3] = {n[1] * u[2] - n[2] * u[1], n[2] * u[0] - n[0] * u[2],
                             n[0] * u[1] - n[1] * u[0]};
        double deep[3];
        for (int k = 0; k < 3; ++k) {
            deep[k] = cut->point_mm[k] + cut->depth_mm * v[k];
        }
        struct wire_trajectory_entry entry = {.group = "Cut", .points = WIRE_TRAJECTORY_BOTH};
        copy_cut(entry.name, sizeof(entry.name), cut->name);
        memcpy(entry.rgba, cut_rgba, sizeof(entry.rgba));
        copy_point(cut->point_mm, entry.entry_mm);
        copy_point(deep, entry.target_mm);
        wire_trajectory_encode(&writer, &entry);
    }
    return end(documents, &writer, &pack);
}

enum nav_status case_documents_create(const struct cfg_case *loaded,
                                      struct case_documents **out_documents)
{
    struct case_documents *documents = calloc(1, sizeof(*documents));
    enum nav_status status = NAV_ERR_MEMORY;
    if (documents == NULL) {
        return status;
    }
    status = add_landmarks(documents, loaded);
    if (status == NAV_OK) {
        status = add_cuts(documents, loaded);
    }
    for (size_t i = 0; i < loaded->model_count && status == NAV_OK; ++i) {
        status = add_model(documents, &loaded->models[i]);
    }
    if (status != NAV_OK) {
        case_documents_destroy(documents);
        return status;
    }
    *out_documents = documents;
    return NAV_OK;
}

void case_documents_destroy(struct case_documents *documents)
{
    if (documents == NULL) {
        return;
    }
    for (size_t i = 0; i < documents->count; ++i) {
        free((void *)(uintptr_t)documents->items[i].bytes);
    }
    free(documents);
}
