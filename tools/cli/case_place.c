#include "case_place.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "case.h"
#include "case_sources.h"
#include "column.h"
#include "cut_facts.h"

static const double face_mm = 100.0; /* of a plan without a size */
static const double cut_max_mm = 500.0;
static const double path_min_mm = 1.0;
static const double path_width_mm = 10.0; /* of the outline on the screen */

void case_take_vector(const json_t *object, const char *key, size_t count, double *out)
{
    const json_t *array = json_object_get(object, key);
    for (size_t i = 0; i < count; ++i) {
        out[i] = json_number_value(json_array_get(array, i));
    }
}

void case_write_vector(FILE *file, const double *values, size_t count)
{
    for (size_t i = 0; i < count; ++i) {
        fprintf(file, "%s%.9g", i == 0 ? "[" : ", ", values[i]);
    }
    fputc(']', file);
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = case_sources_text(object, key);
    return text != NULL ? text : "";
}

/* The direction from an entry side into the patient, LPS; false: no such side. */
static bool entry_direction(const char *side, double out[3])
{
    static const struct {
        const char *side;
        double into[3];
    } sides[] = {{"posterior", {0, -1, 0}}, {"anterior", {0, 1, 0}},  {"left", {-1, 0, 0}},
                 {"right", {1, 0, 0}},      {"superior", {0, 0, -1}}, {"inferior", {0, 0, 1}}};
    for (size_t i = 0; i < sizeof(sides) / sizeof(sides[0]); ++i) {
        if (strcasecmp(side, sides[i].side) == 0) {
            memcpy(out, sides[i].into, sizeof(sides[i].into));
            return true;
        }
    }
    return false;
}

static double dot(const double a[3], const double b[3])
{
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

static void cross(const double a[3], const double b[3], double out[3])
{
    out[0] = a[1] * b[2] - a[2] * b[1];
    out[1] = a[2] * b[0] - a[0] * b[2];
    out[2] = a[0] * b[1] - a[1] * b[0];
}

/* Nearest and farthest bone along v within the face. False: no bone in it. */
static enum nav_status find_bone(const struct case_place *place, const struct cfg_cut *cut,
                                 const double v[3], double *out_near, double *out_far,
                                 bool *out_found)
{
    size_t i;
    json_t *file;
    *out_found = false;
    json_array_foreach(place->bones, i, file)
    {
        char path[2 * CASE_PATH_SIZE];
        struct cfg_mesh *mesh = NULL;
        double near, far;
        (void)snprintf(path, sizeof(path), "%s/%s", place->folder->path, json_string_value(file));
        const enum nav_status status = cfg_mesh_load(path, NULL, &mesh, place->error);
        if (status != NAV_OK) {
            return status;
        }
        if (cfg_cut_section(mesh, cut->point_mm, cut->u, v, 0.5 * cut->size_mm[0], cut->size_mm[1],
                            &near, &far) &&
            far > 0.0 && near < cut->size_mm[1]) {
            *out_near = *out_found ? fmin(*out_near, near) : near;
            *out_far = *out_found ? fmax(*out_far, far) : far;
            *out_found = true;
        }
        cfg_mesh_destroy(mesh);
    }
    return NAV_OK;
}

static void write_cut(const json_t *item, const struct cfg_cut *cut, FILE *out)
{
    fputs("  - name: ", out);
    case_yaml_text(out, text_of(item, "name"));
    fputs("\n    point_mm: ", out);
    case_write_vector(out, cut->point_mm, 3);
    fputs("\n    normal: ", out);
    case_write_vector(out, cut->normal, 3);
    fputs("\n    u: ", out);
    case_write_vector(out, cut->u, 3);
    fputs("\n    size_mm: ", out);
    case_write_vector(out, cut->size_mm, 2);
    fprintf(out, "\n    depth_mm: %.9g\n", cut->depth_mm);
    if (case_sources_text(item, "kerf_mm") != NULL) {
        fprintf(out, "    kerf_mm: %s\n", text_of(item, "kerf_mm"));
    }
}

/* A drill's path from the first point to the second, as it was drawn. The plane that a cut needs
 * is any one through it: a drill is guided against the line. */
enum nav_status case_place_line(const struct case_place *place, const json_t *plan, FILE *out)
{
    const json_t *item = json_object_get(plan, "item");
    const json_t *points = json_object_get(json_object_get(plan, "plane"), "points");
    struct cfg_cut cut = {.size_mm = {path_width_mm, 0.0}};
    double to[3], v[3];
    case_take_vector(json_array_get(points, 0), "position_mm", 3, cut.point_mm);
    case_take_vector(json_array_get(points, 1), "position_mm", 3, to);
    for (int i = 0; i < 3; ++i) {
        v[i] = to[i] - cut.point_mm[i];
    }
    const double length = sqrt(dot(v, v));
    if (!(length >= path_min_mm && length <= cut_max_mm)) {
        return cfg_error_set(
            place->error, NAV_ERR_RANGE, "%s: line '%s' is %.1f mm long; %g to %g mm are a path",
            place->folder->sources, text_of(item, "name"), length, path_min_mm, cut_max_mm);
    }
    /* Across the path, as far from it as an axis of the patient can be. */
    int least = 0;
    for (int i = 1; i < 3; ++i) {
        least = fabs(v[i]) < fabs(v[least]) ? i : least;
    }
    double across[3] = {0.0, 0.0, 0.0};
    across[least] = 1.0;
    for (int i = 0; i < 3; ++i) {
        v[i] /= length;
    }
    cross(across, v, cut.normal);
    const double side = sqrt(dot(cut.normal, cut.normal));
    for (int i = 0; i < 3; ++i) {
        cut.normal[i] /= side;
    }
    cross(v, cut.normal, cut.u);
    cut.size_mm[1] = length;
    cut.depth_mm = length;
    write_cut(item, &cut, out);
    if (!place->quiet) {
        const char *name = text_of(item, "name");
        printf("  %-*s a path of %.1f mm, from its first point to its second\n",
               column_width(name, 28), name, length);
    }
    return NAV_OK;
}

enum nav_status case_place_cut(const struct case_place *place, const json_t *plan, FILE *out)
{
    const json_t *item = json_object_get(plan, "item");
    const json_t *plane = json_object_get(plan, "plane");
    struct cfg_cut cut = {.depth_mm = 0.0};
    double center[3], x[3], y[3], v[3], into[3], size[2];
    const char *entry = case_sources_text(item, "entry");
    if (!entry_direction(entry != NULL ? entry : "posterior", into)) {
        return cfg_error_set(place->error, NAV_ERR_SYNTAX,
                             "%s: cut '%s': entry '%s'; posterior, anterior, left, right, superior "
                             "or inferior",
                             place->folder->sources, text_of(item, "name"), entry);
    }
    case_take_vector(plane, "center_mm", 3, center);
    case_take_vector(plane, "normal", 3, cut.normal);
    case_take_vector(plane, "x", 3, x);
    case_take_vector(plane, "size_mm", 2, size);
    cross(cut.normal, x, y);
    const bool along_y = fabs(dot(y, into)) >= fabs(dot(x, into));
    const double *axis = along_y ? y : x;
    const double sign = dot(axis, into) < 0.0 ? -1.0 : 1.0;
    for (int i = 0; i < 2; ++i) {
        const double drawn = size[(i == 0) == along_y ? 0 : 1];
        cut.size_mm[i] = drawn > 0.0 ? fmin(drawn, cut_max_mm) : face_mm;
    }
    for (int i = 0; i < 3; ++i) {
        v[i] = sign * axis[i];
        cut.point_mm[i] = center[i] - 0.5 * cut.size_mm[1] * v[i];
    }
    cross(v, cut.normal, cut.u);
    double near = 0.0, far = 0.0;
    bool found = false;
    const enum nav_status status = find_bone(place, &cut, v, &near, &far, &found);
    if (status != NAV_OK) {
        return status;
    }
    double moved = 0.0;
    cut.depth_mm = cut.size_mm[1];
    if (found) {
        moved = fmax(near, 0.0);
        cut.size_mm[1] -= moved;
        cut.depth_mm = fmin(fmax(far - moved, 1.0), cut.size_mm[1]);
        for (int i = 0; i < 3; ++i) {
            cut.point_mm[i] += moved * v[i];
        }
    }
    const char *depth = case_sources_text(item, "depth_mm");
    if (depth != NULL) {
        cut.depth_mm = strtod(depth, NULL);
    }
    write_cut(item, &cut, out);
    if (!place->quiet) {
        const char *name = text_of(item, "name");
        if (found) {
            printf("  %-*s entry %s, edge moved %.1f mm to the bone, far cortex %.1f mm deep\n",
                   column_width(name, 28), name, entry != NULL ? entry : "posterior", moved,
                   far - moved);
        } else {
            printf("  %-*s entry %s; it meets no bone: look at it\n", column_width(name, 28), name,
                   entry != NULL ? entry : "posterior");
        }
    }
    return NAV_OK;
}
