/* Points, planes and transforms of other programs. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "import.h"
#include "transform_file.h"

static bool ends_in(const char *name, const char *ending)
{
    const size_t length = strlen(name);
    const size_t tail = strlen(ending);
    return length >= tail && strcasecmp(name + length - tail, ending) == 0;
}

/* A direction in the plane: across the patient where the plane allows it. */
static void make_x(const double normal[3], double out_x[3])
{
    const double up[3] = {0.0, 0.0, 1.0};
    const double front[3] = {0.0, 1.0, 0.0};
    const double *other = fabs(normal[2]) < 0.9 ? up : front;
    out_x[0] = other[1] * normal[2] - other[2] * normal[1];
    out_x[1] = other[2] * normal[0] - other[0] * normal[2];
    out_x[2] = other[0] * normal[1] - other[1] * normal[0];
    const double length = sqrt(out_x[0] * out_x[0] + out_x[1] * out_x[1] + out_x[2] * out_x[2]);
    for (int i = 0; i < 3; ++i) {
        out_x[i] /= length;
    }
}

static enum nav_status add_planes(const struct cfg_markups *markups, struct imp_source *source,
                                  struct cfg_error *error)
{
    for (size_t i = 0; i < markups->plane_count; ++i) {
        const struct cfg_markup_plane *plane = &markups->planes[i];
        struct imp_item *item = imp_add_item(source, error);
        if (item == NULL) {
            return NAV_ERR_MEMORY;
        }
        item->becomes = IMP_CUT;
        (void)snprintf(item->part, sizeof(item->part), "plane %zu", i + 1);
        memcpy(item->name, plane->name, sizeof(item->name));
        memcpy(item->plane.center_mm, plane->center_mm, sizeof(item->plane.center_mm));
        memcpy(item->plane.normal, plane->normal, sizeof(item->plane.normal));
        memcpy(item->plane.size_mm, plane->size_mm, sizeof(item->plane.size_mm));
        if (plane->has_x) {
            memcpy(item->plane.x, plane->x, sizeof(item->plane.x));
        } else {
            make_x(plane->normal, item->plane.x);
            (void)snprintf(item->note, sizeof(item->note),
                           "its in-plane axes are not stated: taken across the patient");
        }
    }
    return NAV_OK;
}

static enum nav_status add_points(const struct imp_bytes *file, struct cfg_markups *markups,
                                  struct imp_source *source, struct cfg_error *error)
{
    struct imp_item *item = imp_add_item(source, error);
    if (item == NULL) {
        return NAV_ERR_MEMORY;
    }
    const bool list =
        strcmp(markups->kind, "Fiducial") == 0 || strcmp(markups->kind, "PointSet") == 0;
    item->becomes = list ? IMP_LANDMARKS : IMP_NOTHING;
    (void)snprintf(item->part, sizeof(item->part), "points");
    imp_name_of(file->name, item->name);
    item->points = markups->points;
    item->point_count = markups->point_count;
    markups->points = NULL;
    if (!list) {
        (void)snprintf(item->note, sizeof(item->note),
                       strcmp(markups->kind, "Line") == 0 && item->point_count == 2
                           ? "a %s may be a ruler; `becomes: cut` makes it a drill's path, "
                             "`becomes: landmarks` keeps its points"
                           : "a case has no %s; `becomes: landmarks` keeps its points",
                       markups->kind);
    }
    return NAV_OK;
}

/* A plain table is the one plan that may leave its frame open; mirrored left to right and front to
 * back its points would still look like landmarks. */
static enum nav_status settle_space(const struct imp_request *request, const char *name,
                                    struct cfg_markups *markups, struct imp_source *source,
                                    struct cfg_error *error)
{
    const bool says = markups->says_space;
    if (!says && request->space == CFG_SPACE_UNSTATED) {
        return cfg_error_set(error, NAV_ERR_REFUSED,
                             "%s: does not say its frame: begin it with the line '# space = LPS' "
                             "(x to the left, y to the back) or '# space = RAS', or state --space",
                             name);
    }
    const bool turn = !says && request->space == CFG_SPACE_RAS;
    for (size_t i = 0; turn && i < markups->point_count; ++i) {
        markups->points[i].position_mm[0] = -markups->points[i].position_mm[0];
        markups->points[i].position_mm[1] = -markups->points[i].position_mm[1];
    }
    (void)snprintf(source->space, sizeof(source->space), "%s (%s)",
                   turn || markups->was_ras ? "RAS" : "LPS", says ? "file" : "stated");
    return NAV_OK;
}

enum nav_status imp_read_plan(const struct imp_request *request, const struct imp_bytes *file,
                              struct imp_source *source, struct cfg_error *error)
{
    struct cfg_markups markups;
    enum nav_status status = cfg_markups_parse(file->bytes, file->size, file->name,
                                               CFG_MARKUPS_PATIENT, &markups, error);
    if (status == NAV_ERR_SYNTAX && ends_in(file->name, ".csv")) {
        return NAV_END; /* a table of something else */
    }
    if (status != NAV_OK) {
        return status;
    }
    (void)snprintf(source->kind, sizeof(source->kind), "plan");
    const char *dot = strrchr(file->name, '.');
    (void)snprintf(source->format, sizeof(source->format), "%.40s",
                   ends_in(file->name, ".mrk.json") ? "mrk.json"
                   : dot != NULL                    ? dot + 1
                                                    : "points");
    (void)snprintf(source->unit, sizeof(source->unit), "mm (file)");
    if (markups.undefined_count > 0) {
        imp_note(source, "%zu points have no position and are left out", markups.undefined_count);
    }
    /* The points of a plane are its handles. */
    status = settle_space(request, file->name, &markups, source, error);
    if (status == NAV_OK) {
        status = markups.plane_count > 0 ? add_planes(&markups, source, error)
                                         : add_points(file, &markups, source, error);
    }
    cfg_markups_finish(&markups);
    return status;
}

enum nav_status imp_read_transform(const struct imp_bytes *file, struct imp_source *source,
                                   struct cfg_error *error)
{
    double matrix[16];
    const bool h5 = file->size > 4 && memcmp(file->bytes, "\x89HDF", 4) == 0;
    const enum nav_status status =
        h5 ? imp_h5_read(file, matrix, error)
           : cfg_transform_parse(file->bytes, file->size, file->name, matrix, error);
    struct imp_item *item = status == NAV_OK ? imp_add_item(source, error) : NULL;
    if (item == NULL) {
        return status == NAV_OK ? NAV_ERR_MEMORY : status;
    }
    (void)snprintf(source->kind, sizeof(source->kind), "transform");
    (void)snprintf(source->format, sizeof(source->format), "%s", h5 ? "itk-hdf5" : "itk");
    (void)snprintf(source->space, sizeof(source->space), "LPS (format)");
    (void)snprintf(source->unit, sizeof(source->unit), "mm (format)");
    item->becomes = IMP_TRANSFORM;
    imp_name_of(file->name, item->name);
    memcpy(item->T, matrix, sizeof(item->T));
    (void)snprintf(item->note, sizeof(item->note),
                   "for `registration.slicer_transform` or --transform");
    return NAV_OK;
}
