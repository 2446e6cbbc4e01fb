/* 3D Slicer's scenes: .mrml with its files beside it, .mrb with them inside.
 *
 * Read are models, label maps and segmentations, scans, markups and linear transforms, each placed
 * by the transforms above it. A scene's matrices map node to parent in RAS; a transform's file runs
 * the other way in LPS (config/transform_file.h). With F = diag(-1, -1, 1, 1) a RAS matrix M is
 * F M F in LPS. Frame and unit of a scene are declared: RAS or LPS by each file's storage, mm. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "import.h"
#include "transform_file.h"
#include "xml.h"

enum { ID_SIZE = 128, DEPTH_MAX = 32 };

static const double rigid_tolerance = 1e-4; /* of a transform above a scan or a cut */

struct scene {
    const struct imp_request *request;
    const struct imp_bytes *file;
    struct imp_files *files;
    struct imp_source *source;
    struct cfg_error *error;
    const xmlNode *root;
};

static enum nav_status refuse(const struct scene *scene, enum nav_status status,
                              const xmlNode *node, const char *what)
{
    char id[ID_SIZE];
    (void)imp_xml_text(node, "id", id, sizeof(id));
    return cfg_error_set(scene->error, status, "%s:%ld: %s %s: %s; save the scene again",
                         scene->file->name, xmlGetLineNo(node), (const char *)node->name, id, what);
}

/* --- references ------------------------------------------------------------------------------ */

/* The first id of a role: "references" holds "role:id id;role:id;"; older scenes have an attribute
 * roleNodeRef. */
static bool reference(const xmlNode *node, const char *role, char out_id[ID_SIZE])
{
    char all[4096];
    char key[32];
    (void)snprintf(key, sizeof(key), "%sNodeRef", role);
    if (imp_xml_text(node, key, out_id, ID_SIZE) && out_id[0] != '\0') {
        out_id[strcspn(out_id, " ")] = '\0';
        return true;
    }
    if (!imp_xml_text(node, "references", all, sizeof(all))) {
        return false;
    }
    const size_t length = strlen(role);
    for (const char *part = all; *part != '\0';) {
        const size_t size = strcspn(part, ";");
        if (size > length && strncmp(part, role, length) == 0 && part[length] == ':') {
            const char *id = part + length + 1;
            const size_t id_size = strcspn(id, " ;");
            if (id_size > 0 && id_size < ID_SIZE) {
                (void)snprintf(out_id, ID_SIZE, "%.*s", (int)id_size, id);
                return true;
            }
        }
        part += size + (part[size] != '\0');
    }
    return false;
}

static const xmlNode *find_node(const struct scene *scene, const char *id)
{
    for (const xmlNode *node = imp_xml_child(scene->root, NULL); node != NULL; node = node->next) {
        if (node->type == XML_ELEMENT_NODE && imp_xml_is(node, "id", id)) {
            return node;
        }
    }
    return NULL;
}

static const xmlNode *find_reference(const struct scene *scene, const xmlNode *node,
                                     const char *role)
{
    char id[ID_SIZE];
    return reference(node, role, id) ? find_node(scene, id) : NULL;
}

/* --- transforms ------------------------------------------------------------------------------ */

static void multiply(const double A[16], const double B[16], double out[16])
{
    double result[16];
    for (int row = 0; row < 4; ++row) {
        for (int column = 0; column < 4; ++column) {
            result[4 * row + column] = 0.0;
            for (int k = 0; k < 4; ++k) {
                result[4 * row + column] += A[4 * row + k] * B[4 * k + column];
            }
        }
    }
    memcpy(out, result, sizeof(result));
}

static void flip(double M[16])
{
    for (int row = 0; row < 4; ++row) {
        for (int column = 0; column < 4; ++column) {
            if ((row < 2) != (column < 2)) {
                M[4 * row + column] = 0.0 - M[4 * row + column];
            }
        }
    }
}

static double determinant(const double M[16])
{
    return M[0] * (M[5] * M[10] - M[6] * M[9]) - M[1] * (M[4] * M[10] - M[6] * M[8]) +
           M[2] * (M[4] * M[9] - M[5] * M[8]);
}

/* Inverse of an affine matrix whose determinant is not 0. */
static void invert(const double M[16], double out[16])
{
    const double det = determinant(M);
    const double inverse[9] = {
        (M[5] * M[10] - M[6] * M[9]) / det, (M[2] * M[9] - M[1] * M[10]) / det,
        (M[1] * M[6] - M[2] * M[5]) / det,  (M[6] * M[8] - M[4] * M[10]) / det,
        (M[0] * M[10] - M[2] * M[8]) / det, (M[2] * M[4] - M[0] * M[6]) / det,
        (M[4] * M[9] - M[5] * M[8]) / det,  (M[1] * M[8] - M[0] * M[9]) / det,
        (M[0] * M[5] - M[1] * M[4]) / det};
    double result[16] = {[15] = 1.0};
    for (int row = 0; row < 3; ++row) {
        for (int k = 0; k < 3; ++k) {
            result[4 * row + k] = inverse[3 * row + k];
            result[4 * row + 3] -= inverse[3 * row + k] * M[4 * k + 3];
        }
    }
    memcpy(out, result, sizeof(result));
}

/* Node to parent in LPS mm, from the scene itself or from the transform's file. */
static enum nav_status read_transform(const struct scene *scene, const xmlNode *node,
                                      double out[16])
{
    double M[16];
    char name[CFG_PATH_SIZE];
    if (imp_xml_numbers(node, "matrixTransformToParent", 16, M)) {
        flip(M);
    } else {
        const xmlNode *storage = find_reference(scene, node, "storage");
        struct imp_bytes file;
        if (storage == NULL || !imp_xml_text(storage, "fileName", name, sizeof(name))) {
            return refuse(scene, NAV_ERR_UNSUPPORTED, node,
                          "is no linear transform with a matrix or a file (harden it)");
        }
        enum nav_status status = imp_files_get(scene->files, name, &file, scene->error);
        if (status == NAV_OK) {
            status = file.size > 4 && memcmp(file.bytes, "\x89HDF", 4) == 0
                         ? imp_h5_read(&file, M, scene->error)
                         : cfg_transform_parse(file.bytes, file.size, file.name, M, scene->error);
        }
        if (status != NAV_OK) {
            return status;
        }
        if (!(fabs(determinant(M)) > 1e-9)) {
            return refuse(scene, NAV_ERR_RANGE, node, "its matrix has no inverse");
        }
        invert(M, M); /* a file runs from parent to node */
    }
    if (M[12] != 0.0 || M[13] != 0.0 || M[14] != 0.0 || M[15] != 1.0) {
        return refuse(scene, NAV_ERR_RANGE, node, "its last row is not 0 0 0 1");
    }
    if (!(determinant(M) > 1e-9)) {
        return refuse(scene, NAV_ERR_REFUSED, node, "it mirrors or flattens the anatomy");
    }
    memcpy(out, M, sizeof(M));
    return NAV_OK;
}

/* Node's own coordinates to the world, LPS mm. */
static enum nav_status world_of(const struct scene *scene, const xmlNode *node, double out[16],
                                bool *out_moved)
{
    static const double identity[16] = {1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1};
    const xmlNode *at = node;
    memcpy(out, identity, sizeof(identity));
    *out_moved = false;
    for (int depth = 0; depth < DEPTH_MAX; ++depth) {
        char id[ID_SIZE];
        if (!reference(at, "transform", id)) {
            return NAV_OK;
        }
        at = find_node(scene, id);
        if (at == NULL) {
            return refuse(scene, NAV_ERR_SYNTAX, node, "its transform is not in the scene");
        }
        double M[16];
        const enum nav_status status = read_transform(scene, at, M);
        if (status != NAV_OK) {
            return status;
        }
        multiply(M, out, out);
        *out_moved = true;
    }
    return refuse(scene, NAV_ERR_SYNTAX, node, "its transforms run in a circle");
}

static void apply(const double M[16], const double p[3], double out[3])
{
    double result[3];
    for (int row = 0; row < 3; ++row) {
        result[row] =
            M[4 * row] * p[0] + M[4 * row + 1] * p[1] + M[4 * row + 2] * p[2] + M[4 * row + 3];
    }
    memcpy(out, result, sizeof(result));
}

static void turn(const double M[16], double v[3])
{
    double result[3];
    for (int row = 0; row < 3; ++row) {
        result[row] = M[4 * row] * v[0] + M[4 * row + 1] * v[1] + M[4 * row + 2] * v[2];
    }
    memcpy(v, result, sizeof(result));
}

static bool is_rigid(const double M[16])
{
    for (int a = 0; a < 3; ++a) {
        for (int b = 0; b < 3; ++b) {
            const double dot = M[a] * M[b] + M[4 + a] * M[4 + b] + M[8 + a] * M[8 + b];
            if (fabs(dot - (a == b ? 1.0 : 0.0)) > rigid_tolerance) {
                return false;
            }
        }
    }
    return true;
}

/* --- placing what was read ------------------------------------------------------------------- */

static enum nav_status move_mesh(const struct scene *scene, const xmlNode *node, const double M[16],
                                 struct imp_item *item)
{
    const struct cfg_mesh *old = item->mesh;
    struct cfg_mesh_arrays arrays = {.space = CFG_SPACE_LPS,
                                     .unit = CFG_UNIT_MM,
                                     .vertices = malloc(3 * (size_t)old->vertex_count * 4),
                                     .vertex_count = old->vertex_count,
                                     .triangles = malloc(3 * (size_t)old->triangle_count * 4),
                                     .triangle_count = old->triangle_count};
    if (arrays.vertices == NULL || arrays.triangles == NULL) {
        free(arrays.vertices);
        free(arrays.triangles);
        return refuse(scene, NAV_ERR_MEMORY, node, "out of memory");
    }
    memcpy(arrays.triangles, old->triangles, 3 * (size_t)old->triangle_count * 4);
    for (size_t i = 0; i < old->vertex_count; ++i) {
        const float *v = old->vertices_mm + 3 * i;
        double p[3] = {(double)v[0], (double)v[1], (double)v[2]};
        apply(M, p, p);
        for (size_t k = 0; k < 3; ++k) {
            arrays.vertices[3 * i + k] = (float)p[k];
        }
    }
    struct cfg_mesh *moved = NULL;
    const enum nav_status status =
        cfg_mesh_from_arrays(&arrays, scene->file->name, NULL, &moved, scene->error);
    if (status == NAV_OK) {
        cfg_mesh_destroy(item->mesh);
        item->mesh = moved;
    }
    return status;
}

/* Its grid moves along; resampling is not needed while the transform is rigid. */
static void move_grid(const double M[16], struct cfg_volume *volume)
{
    struct cfg_volume_report *report = &volume->report;
    double grid[16] = {[15] = 1.0};
    memcpy(grid, report->T_image_voxel, sizeof(report->T_image_voxel));
    multiply(M, grid, grid);
    memcpy(report->T_image_voxel, grid, sizeof(report->T_image_voxel));
    for (int row = 0; row < 3; ++row) {
        report->min_mm[row] = report->max_mm[row] = grid[4 * row + 3];
        for (int axis = 0; axis < 3; ++axis) {
            const double reach = grid[4 * row + axis] * (double)(report->size[axis] - 1);
            report->min_mm[row] += fmin(reach, 0.0);
            report->max_mm[row] += fmax(reach, 0.0);
        }
    }
}

static void move_box(const double M[16], struct imp_item *item)
{
    const double low[3] = {item->min_mm[0], item->min_mm[1], item->min_mm[2]};
    const double high[3] = {item->max_mm[0], item->max_mm[1], item->max_mm[2]};
    for (int corner = 0; corner < 8; ++corner) {
        double p[3];
        for (int i = 0; i < 3; ++i) {
            p[i] = (corner >> i & 1) != 0 ? high[i] : low[i];
        }
        apply(M, p, p);
        for (int i = 0; i < 3; ++i) {
            item->min_mm[i] = corner == 0 ? p[i] : fmin(item->min_mm[i], p[i]);
            item->max_mm[i] = corner == 0 ? p[i] : fmax(item->max_mm[i], p[i]);
        }
    }
}

static enum nav_status move_item(const struct scene *scene, const xmlNode *node, const double M[16],
                                 struct imp_item *item)
{
    if (item->mesh != NULL) {
        return move_mesh(scene, node, M, item);
    }
    for (size_t i = 0; i < item->point_count; ++i) {
        apply(M, item->points[i].position_mm, item->points[i].position_mm);
    }
    if (item->point_count > 0) {
        return NAV_OK;
    }
    if (!is_rigid(M)) {
        return refuse(scene, NAV_ERR_REFUSED, node,
                      "lies under a transform that scales or shears it; harden the transform");
    }
    if (item->volume != NULL) {
        move_grid(M, item->volume);
    } else if (item->segmentation != NULL) {
        move_box(M, item);
    } else if (item->becomes == IMP_CUT) {
        apply(M, item->plane.center_mm, item->plane.center_mm);
        turn(M, item->plane.normal);
        turn(M, item->plane.x);
    }
    return NAV_OK;
}

/* --- nodes ----------------------------------------------------------------------------------- */

/* What a scene calls the things that a case can use, and where their frame is stated. */
static bool is_wanted(const char *element)
{
    static const char *const wanted[] = {
        "Model",        "Segmentation", "Volume",       "LabelMapVolume",     "MarkupsFiducial",
        "MarkupsPlane", "MarkupsLine",  "MarkupsCurve", "MarkupsClosedCurve", "MarkupsAngle"};
    for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); ++i) {
        if (strcmp(element, wanted[i]) == 0) {
            return true;
        }
    }
    return false;
}

static void take_display(const struct scene *scene, const xmlNode *node, struct imp_item *item)
{
    const xmlNode *display = find_reference(scene, node, "display");
    double rgb[3];
    if (display == NULL || !imp_xml_numbers(display, "color", 3, rgb)) {
        return;
    }
    item->has_colour = true;
    for (int i = 0; i < 3; ++i) {
        item->colour[i] = (float)fmin(fmax(rgb[i], 0.0), 1.0);
    }
}

/* The storage's word about the frame, where it has one. */
static void storage_frame(const xmlNode *storage, struct imp_request *request)
{
    char text[16];
    if (imp_xml_text(storage, "coordinateSystem", text, sizeof(text))) {
        if (strcmp(text, "LPS") == 0 || strcmp(text, "1") == 0) {
            request->space = CFG_SPACE_LPS;
        } else if (strcmp(text, "RAS") == 0 || strcmp(text, "0") == 0) {
            request->space = CFG_SPACE_RAS;
        }
    }
}

/* Reads the file of one node and places what it holds. */
static enum nav_status read_node(const struct scene *scene, const xmlNode *node)
{
    char name[CFG_PATH_SIZE];
    char id[ID_SIZE];
    const xmlNode *storage = find_reference(scene, node, "storage");
    (void)imp_xml_text(node, "id", id, sizeof(id));
    if (storage == NULL || !imp_xml_text(storage, "fileName", name, sizeof(name)) ||
        name[0] == '\0') {
        return NAV_OK; /* the program's own helpers, slices and the like */
    }
    struct imp_source *source = scene->source;
    struct imp_bytes file;
    enum nav_status status = imp_files_get(scene->files, name, &file, scene->error);
    if (status != NAV_OK) {
        struct cfg_error why = *scene->error;
        return cfg_error_set(scene->error, status, "%s:%ld: %s: %s", scene->file->name,
                             xmlGetLineNo(node), id, why.text);
    }
    struct imp_request request = *scene->request;
    request.path = file.name;
    if (strcmp((const char *)node->name, "Model") == 0) {
        request.space = CFG_SPACE_UNSTATED;
        request.unit = CFG_UNIT_MM; /* a scene's unit */
        storage_frame(storage, &request);
    }
    if (strcmp((const char *)node->name, "LabelMapVolume") == 0 ||
        strcmp((const char *)node->name, "Segmentation") == 0) {
        request.as = "labels";
    } else if (strcmp((const char *)node->name, "Volume") == 0) {
        request.as = "volume";
    }
    const size_t first = source->item_count;
    status = imp_read_bytes(&request, &file, scene->files, source, scene->error);
    if (status == NAV_END) {
        return refuse(scene, NAV_ERR_UNSUPPORTED, node, "its file is of no known kind");
    }
    double M[16];
    bool moved = false;
    if (status == NAV_OK) {
        status = world_of(scene, node, M, &moved);
    }
    if (status == NAV_OK && moved && source->item_count > first &&
        source->items[first].segmentation != NULL && is_rigid(M)) {
        move_grid(M, source->segmentations[source->segmentation_count - 1]->volume);
    }
    char node_name[NAV_NAME_SIZE];
    const bool named = imp_xml_text(node, "name", node_name, sizeof(node_name));
    for (size_t i = first; status == NAV_OK && i < source->item_count; ++i) {
        struct imp_item *item = &source->items[i];
        char part[IMP_PART_SIZE];
        (void)snprintf(part, sizeof(part), "%.90s%s%.60s", id, item->part[0] != '\0' ? " " : "",
                       item->part);
        memcpy(item->part, part, sizeof(part));
        if (named && item->segmentation == NULL) {
            memcpy(item->name, node_name, sizeof(item->name));
        }
        if (item->mesh != NULL) {
            take_display(scene, node, item);
        }
        if (moved) {
            status = move_item(scene, node, M, item);
        }
    }
    return status;
}

static enum nav_status read_nodes(const struct scene *scene)
{
    enum nav_status status = NAV_OK;
    for (const xmlNode *node = imp_xml_child(scene->root, NULL); status == NAV_OK && node != NULL;
         node = node->next) {
        if (node->type == XML_ELEMENT_NODE && is_wanted((const char *)node->name)) {
            status = read_node(scene, node);
        }
    }
    if (status == NAV_OK && scene->source->item_count == 0) {
        status = cfg_error_set(scene->error, NAV_ERR_REFUSED,
                               "%s: the scene holds no model, scan, segmentation or markup",
                               scene->file->name);
    }
    return status;
}

static enum nav_status read_mrml(struct scene *scene)
{
    xmlDoc *document = NULL;
    enum nav_status status = imp_xml_parse((const char *)scene->file->bytes, scene->file->size,
                                           scene->file->name, &document, scene->error);
    if (status != NAV_OK) {
        return status;
    }
    scene->root = xmlDocGetRootElement(document);
    if (strcmp((const char *)scene->root->name, "MRML") != 0) {
        status = cfg_error_set(scene->error, NAV_ERR_SYNTAX, "%s: its root is not MRML",
                               scene->file->name);
    } else {
        status = read_nodes(scene);
    }
    xmlFreeDoc(document);
    struct imp_source *source = scene->source;
    (void)snprintf(source->kind, sizeof(source->kind), "scene");
    (void)snprintf(source->space, sizeof(source->space), "RAS and LPS (files)");
    (void)snprintf(source->unit, sizeof(source->unit), "mm (format)");
    return status;
}

enum nav_status imp_read_scene(const struct imp_request *request, const struct imp_bytes *file,
                               struct imp_files *files, struct imp_source *source,
                               struct cfg_error *error)
{
    struct scene scene = {
        .request = request, .file = file, .files = files, .source = source, .error = error};
    if (file->size < 2 || memcmp(file->bytes, "PK", 2) != 0) {
        const enum nav_status status = read_mrml(&scene);
        (void)snprintf(source->format, sizeof(source->format), "mrml");
        return status;
    }
    struct imp_files *archive = NULL;
    enum nav_status status = imp_archive_open(file, &archive, error);
    if (status != NAV_OK) {
        return status;
    }
    const char *name = imp_files_only(archive, ".mrml");
    struct imp_bytes inside = {.bytes = NULL};
    if (name == NULL) {
        status = cfg_error_set(error, NAV_ERR_UNSUPPORTED,
                               "%s: holds no or several .mrml scenes; save one scene as .mrb",
                               file->name);
    } else {
        status = imp_files_get(archive, name, &inside, error);
    }
    if (status == NAV_OK) {
        scene.file = &inside;
        scene.files = archive;
        status = read_mrml(&scene);
        (void)snprintf(source->format, sizeof(source->format), "mrb");
    }
    imp_files_close(archive);
    return status;
}
