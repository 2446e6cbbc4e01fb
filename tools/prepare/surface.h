/* Triangle surfaces: points in LPS mm, triangles counter-clockwise seen from outside.
 *
 * Owner: the caller, prep_surface_finish. Thread: any. */
#ifndef PREPARE_SURFACE_H
#define PREPARE_SURFACE_H

#include <stddef.h>
#include <stdint.h>

#include "field.h"
#include "nav/status.h"

struct prep_surface {
    size_t point_count, triangle_count;
    float *points;       /* 3 per point */
    uint32_t *triangles; /* 3 per triangle */
};

/* What a surface is like; a navigated structure wants both edge counts zero and one component. */
struct prep_surface_report {
    size_t open_edges; /* used by one triangle */
    size_t bad_edges;  /* used by three or more, or twice in the same direction */
    size_t degenerate; /* triangles with a repeated point */
    size_t components; /* connected over shared points */
    double volume_ml;  /* signed: negative when oriented inwards */
    double area_mm2;
    double low[3], high[3]; /* mm */
};

/* Zeroes a surface; the zero struct is an empty surface. */
void prep_surface_finish(struct prep_surface *surface);

NAV_MUST_USE enum nav_status prep_surface_inspect(const struct prep_surface *surface,
                                                  struct prep_surface_report *out_report);

/* Which component each point belongs to, numbered by their first points; `out_of_point` has room
 * for point_count. A point without triangles is a component of its own. */
NAV_MUST_USE enum nav_status prep_surface_components(const struct prep_surface *surface,
                                                     uint32_t *out_of_point, size_t *out_count);

/* Keeps the component with the most triangles, drops the others and all unused points; returns
 * the number of dropped components. */
NAV_MUST_USE enum nav_status prep_surface_keep_largest(struct prep_surface *surface,
                                                       size_t *out_dropped);

/* Surface value = 0 of a field, negative inside, closed where the field is positive on its rim. */
NAV_MUST_USE enum nav_status prep_surface_extract(const struct prep_field *field,
                                                  struct prep_surface *out_surface);

/* Binary little-endian PLY, float coordinates, with comments `SPACE=LPS` and `UNIT=mm` and `name`.
 * NAV_ERR_IO with errno set. */
NAV_MUST_USE enum nav_status prep_surface_write_ply(const struct prep_surface *surface,
                                                    const char *name, const char *path);

#endif
