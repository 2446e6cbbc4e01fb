#include "surface.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "vector.h"

enum { ROUND_SIDES = 32 };

static enum nav_status reserve(struct rnd_mesh_buffer *buffer, size_t vertices, size_t triangles)
{
    const size_t need_vertices = buffer->vertex_count + vertices;
    if (need_vertices > buffer->vertex_capacity) {
        const size_t capacity = need_vertices * 2;
        float *positions = realloc(buffer->positions, capacity * 3 * sizeof(*positions));
        if (positions == NULL) {
            return NAV_ERR_MEMORY;
        }
        buffer->positions = positions;
        float *normals = realloc(buffer->normals, capacity * 3 * sizeof(*normals));
        if (normals == NULL) {
            return NAV_ERR_MEMORY;
        }
        buffer->normals = normals;
        buffer->vertex_capacity = capacity;
    }
    const size_t need_triangles = buffer->triangle_count + triangles;
    if (need_triangles > buffer->triangle_capacity) {
        const size_t capacity = need_triangles * 2;
        uint32_t *grown = realloc(buffer->triangles, capacity * 3 * sizeof(*grown));
        if (grown == NULL) {
            return NAV_ERR_MEMORY;
        }
        buffer->triangles = grown;
        buffer->triangle_capacity = capacity;
    }
    return NAV_OK;
}

void rnd_mesh_buffer_finish(struct rnd_mesh_buffer *buffer)
{
    free(buffer->positions);
    free(buffer->normals);
    free(buffer->triangles);
    *buffer = (struct rnd_mesh_buffer){0};
}

struct rnd_mesh rnd_mesh_of(const struct rnd_mesh_buffer *buffer)
{
    return (struct rnd_mesh){
        .vertex_count = buffer->vertex_count,
        .triangle_count = buffer->triangle_count,
        .positions = buffer->positions,
        .normals = buffer->normals,
        .triangles = buffer->triangles,
    };
}

void rnd_mesh_normals(const struct rnd_mesh *mesh, float *out_normals)
{
    memset(out_normals, 0, mesh->vertex_count * 3 * sizeof(*out_normals));
    for (size_t i = 0; i < mesh->triangle_count; ++i) {
        const uint32_t *corner = &mesh->triangles[3 * i];
        const float *a = &mesh->positions[(size_t)corner[0] * 3];
        const float *b = &mesh->positions[(size_t)corner[1] * 3];
        const float *c = &mesh->positions[(size_t)corner[2] * 3];
        const float ab[3] = {b[0] - a[0], b[1] - a[1], b[2] - a[2]};
        const float ac[3] = {c[0] - a[0], c[1] - a[1], c[2] - a[2]};
        const float area[3] = {ab[1] * ac[2] - ab[2] * ac[1], ab[2] * ac[0] - ab[0] * ac[2],
                               ab[0] * ac[1] - ab[1] * ac[0]};
        for (size_t k = 0; k < 3; ++k) {
            float *normal = &out_normals[(size_t)corner[k] * 3];
            for (size_t axis = 0; axis < 3; ++axis) {
                normal[axis] += area[axis];
            }
        }
    }
    for (size_t i = 0; i < mesh->vertex_count; ++i) {
        float *normal = &out_normals[3 * i];
        const float length =
            sqrtf(normal[0] * normal[0] + normal[1] * normal[1] + normal[2] * normal[2]);
        if (length > 0.0F) {
            for (size_t axis = 0; axis < 3; ++axis) {
                normal[axis] /= length;
            }
        } else {
            normal[2] = 1.0F;
        }
    }
}

struct rnd_bounds rnd_bounds_empty(void)
{
    return (struct rnd_bounds){
        .min_mm = {INFINITY, INFINITY, INFINITY},
        .max_mm = {-INFINITY, -INFINITY, -INFINITY},
    };
}

bool rnd_bounds_is_empty(const struct rnd_bounds *bounds)
{
    return !(bounds->min_mm[0] <= bounds->max_mm[0]);
}

void rnd_bounds_add_point(struct rnd_bounds *bounds, const double point_mm[3])
{
    for (size_t axis = 0; axis < 3; ++axis) {
        bounds->min_mm[axis] = fmin(bounds->min_mm[axis], point_mm[axis]);
        bounds->max_mm[axis] = fmax(bounds->max_mm[axis], point_mm[axis]);
    }
}

void rnd_bounds_add_mesh(struct rnd_bounds *bounds, const struct rnd_mesh *mesh)
{
    for (size_t i = 0; i < mesh->vertex_count; ++i) {
        const float *p = &mesh->positions[3 * i];
        const double point_mm[3] = {p[0], p[1], p[2]};
        rnd_bounds_add_point(bounds, point_mm);
    }
}

size_t rnd_bounds_corners(const struct rnd_bounds *bounds, double out_corners_mm[8][3])
{
    if (rnd_bounds_is_empty(bounds)) {
        return 0;
    }
    for (unsigned corner = 0; corner < 8; ++corner) {
        for (unsigned axis = 0; axis < 3; ++axis) {
            out_corners_mm[corner][axis] =
                (corner >> axis) & 1U ? bounds->max_mm[axis] : bounds->min_mm[axis];
        }
    }
    return 8;
}

/* Position and outward normal of one vertex. */
static uint32_t add_vertex(struct rnd_mesh_buffer *buffer, const double position[3],
                           const double normal[3])
{
    const size_t index = buffer->vertex_count++;
    for (size_t axis = 0; axis < 3; ++axis) {
        buffer->positions[3 * index + axis] = (float)position[axis];
        buffer->normals[3 * index + axis] = (float)normal[axis];
    }
    return (uint32_t)index;
}

static void add_triangle(struct rnd_mesh_buffer *buffer, uint32_t a, uint32_t b, uint32_t c)
{
    uint32_t *corner = &buffer->triangles[3 * buffer->triangle_count++];
    corner[0] = a;
    corner[1] = b;
    corner[2] = c;
}

/* A flat quadrilateral a b c d, counter-clockwise seen from outside. */
static enum nav_status add_quad(struct rnd_mesh_buffer *buffer, const double corners[4][3])
{
    const enum nav_status status = reserve(buffer, 4, 2);
    if (status != NAV_OK) {
        return status;
    }
    double ac[3];
    double bd[3];
    double normal[3];
    rnd_sub(corners[2], corners[0], ac);
    rnd_sub(corners[3], corners[1], bd);
    rnd_cross(ac, bd, normal);
    rnd_normalize(normal);
    uint32_t index[4];
    for (size_t i = 0; i < 4; ++i) {
        index[i] = add_vertex(buffer, corners[i], normal);
    }
    add_triangle(buffer, index[0], index[1], index[2]);
    add_triangle(buffer, index[0], index[2], index[3]);
    return NAV_OK;
}

/* A cross-section at a distance behind the tip. */
struct station {
    double behind_mm;
    double half_width_mm;     /* along `side` */
    double half_thickness_mm; /* along `up` */
};

/* The frame in which a tool is lofted: back = -axis, side = up x back. */
struct loft {
    double tip_mm[3];
    double back[3], side[3], up[3];
    bool round; /* elliptic sections, else rectangular ones */
};

static void loft_point(const struct loft *loft, double behind, double along_side, double along_up,
                       double out_point[3])
{
    for (size_t axis = 0; axis < 3; ++axis) {
        out_point[axis] = loft->tip_mm[axis] + behind * loft->back[axis] +
                          along_side * loft->side[axis] + along_up * loft->up[axis];
    }
}

static enum nav_status loft_round(const struct loft *loft, const struct station *from,
                                  const struct station *to, struct rnd_mesh_buffer *buffer)
{
    const size_t ring = ROUND_SIDES + 1;
    const enum nav_status status = reserve(buffer, 2 * ring, 2 * (size_t)ROUND_SIDES);
    if (status != NAV_OK) {
        return status;
    }
    const double run = to->behind_mm - from->behind_mm;
    const double rise = to->half_width_mm - from->half_width_mm;
    const uint32_t first = (uint32_t)buffer->vertex_count;
    for (size_t i = 0; i < ring; ++i) {
        const double angle = 2.0 * M_PI * (double)i / ROUND_SIDES;
        const double c = cos(angle);
        const double s = sin(angle);
        double normal[3];
        for (size_t axis = 0; axis < 3; ++axis) {
            normal[axis] =
                run * (c * loft->side[axis] + s * loft->up[axis]) - rise * loft->back[axis];
        }
        rnd_normalize(normal);
        const struct station *const ends[2] = {from, to};
        for (size_t end = 0; end < 2; ++end) {
            double point[3];
            loft_point(loft, ends[end]->behind_mm, c * ends[end]->half_width_mm,
                       s * ends[end]->half_thickness_mm, point);
            (void)add_vertex(buffer, point, normal);
        }
    }
    for (uint32_t i = 0; i < ROUND_SIDES; ++i) {
        const uint32_t a = first + 2 * i;
        add_triangle(buffer, a, a + 2, a + 1);
        add_triangle(buffer, a + 1, a + 2, a + 3);
    }
    return NAV_OK;
}

/* The corners of a rectangular section, counter-clockwise seen from behind the tool. */
static void loft_corners(const struct loft *loft, const struct station *at, double out[4][3])
{
    static const double sign[4][2] = {{-1, -1}, {1, -1}, {1, 1}, {-1, 1}};
    for (size_t i = 0; i < 4; ++i) {
        loft_point(loft, at->behind_mm, sign[i][0] * at->half_width_mm,
                   sign[i][1] * at->half_thickness_mm, out[i]);
    }
}

static enum nav_status loft_box(const struct loft *loft, const struct station *from,
                                const struct station *to, struct rnd_mesh_buffer *buffer)
{
    double near[4][3];
    double far[4][3];
    loft_corners(loft, from, near);
    loft_corners(loft, to, far);
    for (size_t i = 0; i < 4; ++i) {
        const size_t j = (i + 1) % 4;
        double quad[4][3];
        memcpy(quad[0], near[i], sizeof(quad[0]));
        memcpy(quad[1], near[j], sizeof(quad[1]));
        memcpy(quad[2], far[j], sizeof(quad[2]));
        memcpy(quad[3], far[i], sizeof(quad[3]));
        const enum nav_status status = add_quad(buffer, (const double(*)[3])quad);
        if (status != NAV_OK) {
            return status;
        }
    }
    return NAV_OK;
}

/* Closes a section: `facing_back` on the grip's side, else towards the tip. */
static enum nav_status loft_cap(const struct loft *loft, const struct station *at, bool facing_back,
                                struct rnd_mesh_buffer *buffer)
{
    if (!loft->round) {
        double corners[4][3];
        loft_corners(loft, at, corners);
        if (!facing_back) {
            double swapped[3];
            memcpy(swapped, corners[1], sizeof(swapped));
            memcpy(corners[1], corners[3], sizeof(swapped));
            memcpy(corners[3], swapped, sizeof(swapped));
        }
        return add_quad(buffer, (const double(*)[3])corners);
    }
    const enum nav_status status = reserve(buffer, ROUND_SIDES + 1, ROUND_SIDES);
    if (status != NAV_OK) {
        return status;
    }
    double normal[3];
    for (size_t axis = 0; axis < 3; ++axis) {
        normal[axis] = facing_back ? loft->back[axis] : -loft->back[axis];
    }
    double point[3];
    loft_point(loft, at->behind_mm, 0.0, 0.0, point);
    const uint32_t centre = add_vertex(buffer, point, normal);
    for (uint32_t i = 0; i < ROUND_SIDES; ++i) {
        const double angle = 2.0 * M_PI * (double)i / ROUND_SIDES;
        loft_point(loft, at->behind_mm, cos(angle) * at->half_width_mm,
                   sin(angle) * at->half_thickness_mm, point);
        (void)add_vertex(buffer, point, normal);
    }
    for (uint32_t i = 0; i < ROUND_SIDES; ++i) {
        const uint32_t a = centre + 1 + i;
        const uint32_t b = centre + 1 + (i + 1) % ROUND_SIDES;
        add_triangle(buffer, centre, facing_back ? a : b, facing_back ? b : a);
    }
    return NAV_OK;
}

static struct station station_between(const struct station *a, const struct station *b,
                                      double behind_mm)
{
    const double s = (behind_mm - a->behind_mm) / (b->behind_mm - a->behind_mm);
    return (struct station){
        .behind_mm = behind_mm,
        .half_width_mm = a->half_width_mm + s * (b->half_width_mm - a->half_width_mm),
        .half_thickness_mm =
            a->half_thickness_mm + s * (b->half_thickness_mm - a->half_thickness_mm),
    };
}

/* One stretch of the tool, closed at both ends. */
static enum nav_status loft_piece(const struct loft *loft, const struct station *from,
                                  const struct station *to, struct rnd_mesh_buffer *buffer)
{
    enum nav_status status =
        loft->round ? loft_round(loft, from, to, buffer) : loft_box(loft, from, to, buffer);
    if (status == NAV_OK) {
        status = loft_cap(loft, from, false, buffer);
    }
    if (status == NAV_OK) {
        status = loft_cap(loft, to, true, buffer);
    }
    return status;
}

static const double dash_mm = 7.0;
static const double gap_mm = 5.0;

static enum nav_status loft_stations(const struct loft *loft, const struct station *stations,
                                     size_t count, bool dashed, struct rnd_mesh_buffer *buffer)
{
    for (size_t i = 0; i + 1 < count; ++i) {
        const struct station *a = &stations[i];
        const struct station *b = &stations[i + 1];
        if (!dashed) {
            const enum nav_status status = loft_piece(loft, a, b, buffer);
            if (status != NAV_OK) {
                return status;
            }
            continue;
        }
        const double period = dash_mm + gap_mm;
        for (double start = floor(a->behind_mm / period) * period; start < b->behind_mm;
             start += period) {
            const double from_mm = fmax(start, a->behind_mm);
            const double to_mm = fmin(start + dash_mm, b->behind_mm);
            if (to_mm - from_mm < 1e-6) {
                continue;
            }
            const struct station from = station_between(a, b, from_mm);
            const struct station to = station_between(a, b, to_mm);
            const enum nav_status status = loft_piece(loft, &from, &to, buffer);
            if (status != NAV_OK) {
                return status;
            }
        }
    }
    return NAV_OK;
}

/* A unit vector perpendicular to `axis`: `wanted` made perpendicular, or any where that fails. */
static void perpendicular(const double axis[3], const double wanted[3], double out[3])
{
    const double along = rnd_dot(wanted, axis);
    for (size_t i = 0; i < 3; ++i) {
        out[i] = wanted[i] - along * axis[i];
    }
    if (rnd_normalize(out)) {
        return;
    }
    const double other[3] = {fabs(axis[0]) < 0.9 ? 1.0 : 0.0, fabs(axis[0]) < 0.9 ? 0.0 : 1.0, 0.0};
    rnd_cross(axis, other, out);
    (void)rnd_normalize(out);
}

static bool positive(double value)
{
    return isfinite(value) && value > 0.0;
}

enum nav_status rnd_tool_mesh(const struct rnd_tool_shape *shape, bool dashed,
                              struct rnd_mesh_buffer *body, struct rnd_mesh_buffer *accent)
{
    const bool blade = shape->shape == RND_SHAPE_BLADE;
    if (!positive(shape->length_mm) ||
        (blade && (!positive(shape->width_mm) || !positive(shape->thickness_mm))) ||
        (!blade && !positive(shape->diameter_mm))) {
        return NAV_ERR_ARGUMENT;
    }
    struct loft loft = {.round = !blade};
    for (size_t axis = 0; axis < 3; ++axis) {
        loft.tip_mm[axis] = shape->tip_mm[axis];
        loft.back[axis] = -shape->axis[axis];
    }
    if (!rnd_normalize(loft.back)) {
        return NAV_ERR_ARGUMENT;
    }
    perpendicular(loft.back, shape->up, loft.up);
    rnd_cross(loft.up, loft.back, loft.side);

    const double length = shape->length_mm;
    const double radius = shape->diameter_mm / 2.0;
    enum nav_status status = NAV_OK;
    if (shape->shape == RND_SHAPE_BLADE) {
        const double half_width = shape->width_mm / 2.0;
        const double half_thickness = shape->thickness_mm / 2.0;
        const double bevel = fmin(length / 4.0, 4.0 * shape->thickness_mm);
        const struct station steel[] = {
            {0.0, half_width, half_thickness * 0.1},
            {bevel, half_width, half_thickness},
            {length, half_width, half_thickness},
        };
        status = loft_stations(&loft, steel, 2, dashed, accent);
        if (status == NAV_OK) {
            status = loft_stations(&loft, &steel[1], 2, dashed, body);
        }
        const struct station handle[] = {
            {length, half_width * 0.6, 4.0},
            {length + 8.0, half_width * 0.75, 6.0},
            {length + 70.0, half_width * 0.75, 6.0},
        };
        if (status == NAV_OK) {
            status = loft_stations(&loft, handle, 3, dashed, accent);
        }
        return status;
    }
    const double taper =
        fmin(length / 2.0, shape->shape == RND_SHAPE_DRILL ? 1.2 * radius : 6.0 * radius);
    const double point = shape->shape == RND_SHAPE_DRILL ? radius * 0.05 : radius * 0.25;
    const struct station steel[] = {
        {0.0, point, point},
        {taper, radius, radius},
        {length, radius, radius},
    };
    status = loft_stations(&loft, steel, 2, dashed, accent);
    if (status == NAV_OK) {
        status = loft_stations(&loft, &steel[1], 2, dashed, body);
    }
    const double thick = fmax(2.2 * radius, 5.0);
    const struct station handle[] = {
        {length, thick * 0.6, thick * 0.6},
        {length + 10.0, thick, thick},
        {length + 55.0, thick, thick},
        {length + 65.0, thick * 0.8, thick * 0.8},
    };
    if (status == NAV_OK) {
        status = loft_stations(&loft, handle, 4, dashed, accent);
    }
    return status;
}

void rnd_cut_corners(const struct rnd_cut_shape *cut, double out_corners_mm[4][3])
{
    double v[3];
    rnd_cross(cut->normal, cut->u, v);
    static const double along_u[4] = {-0.5, 0.5, 0.5, -0.5};
    static const double along_v[4] = {0.0, 0.0, 1.0, 1.0};
    for (size_t i = 0; i < 4; ++i) {
        for (size_t axis = 0; axis < 3; ++axis) {
            out_corners_mm[i][axis] = cut->point_mm[axis] +
                                      along_u[i] * cut->size_mm[0] * cut->u[axis] +
                                      along_v[i] * cut->size_mm[1] * v[axis];
        }
    }
}

enum nav_status rnd_cut_mesh(const struct rnd_cut_shape *cut, double bar_mm,
                             struct rnd_mesh_buffer *rim, struct rnd_mesh_buffer *face)
{
    double corners[4][3];
    rnd_cut_corners(cut, corners);
    for (size_t i = 0; i < 4; ++i) {
        const double *a = corners[i];
        const double *b = corners[(i + 1) % 4];
        struct loft loft = {.round = true};
        rnd_sub(b, a, loft.back);
        const double length = rnd_length(loft.back);
        if (!rnd_normalize(loft.back)) {
            return NAV_ERR_ARGUMENT;
        }
        memcpy(loft.tip_mm, a, sizeof(loft.tip_mm));
        memcpy(loft.up, cut->normal, sizeof(loft.up));
        rnd_cross(loft.up, loft.back, loft.side);
        /* The entry edge is twice as thick: where the blade starts must be found first. */
        const double half = i == 0 ? bar_mm : bar_mm / 2.0;
        const struct station ends[] = {{-half, half, half}, {length + half, half, half}};
        const enum nav_status status = loft_stations(&loft, ends, 2, false, rim);
        if (status != NAV_OK) {
            return status;
        }
    }
    return add_quad(face, (const double(*)[3])corners);
}
