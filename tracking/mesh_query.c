#include "mesh_query.h"

#include <embree3/rtcore.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "mesh_point.h"

/* Which part of a triangle the nearest point lies on. */
enum feature {
    FEATURE_FACE,
    FEATURE_VERTEX_0,
    FEATURE_VERTEX_1,
    FEATURE_VERTEX_2,
    FEATURE_EDGE_01,
    FEATURE_EDGE_12,
    FEATURE_EDGE_20
};

struct trk_mesh {
    RTCDevice device;
    RTCScene scene;
    uint32_t vertex_count;
    uint32_t triangle_count; /* of those in the search */
    double *vertices;        /* 3 each */
    uint32_t *triangles;     /* 3 each */
    uint32_t *original;      /* index in the caller's array */
    double *face_normals;    /* 3 each, unit */
    double *edge_normals;    /* 9 a triangle: edges 01, 12, 20; not normalised */
    double *vertex_normals;  /* 3 each, angle-weighted, not normalised */
    double min_mm[3], max_mm[3];
    bool closed;
};

struct edge {
    uint32_t low, high;
    uint32_t triangle;
    uint8_t side;    /* 0: edge 01, 1: edge 12, 2: edge 20 */
    uint8_t forward; /* runs from low to high */
};

static double dot(const double a[3], const double b[3])
{
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

static void subtract(const double a[3], const double b[3], double out[3])
{
    for (int i = 0; i < 3; ++i) {
        out[i] = a[i] - b[i];
    }
}

static void cross(const double a[3], const double b[3], double out[3])
{
    out[0] = a[1] * b[2] - a[2] * b[1];
    out[1] = a[2] * b[0] - a[0] * b[2];
    out[2] = a[0] * b[1] - a[1] * b[0];
}

static bool normalise(double v[3])
{
    const double length = sqrt(dot(v, v));
    if (!(length > 0.0)) {
        return false;
    }
    for (int i = 0; i < 3; ++i) {
        v[i] /= length;
    }
    return true;
}

static const double *corner(const struct trk_mesh *mesh, uint32_t triangle, int which)
{
    return mesh->vertices + 3 * (size_t)mesh->triangles[3 * (size_t)triangle + (size_t)which];
}

/* Nearest point of a triangle, by the Voronoi region of the point (Ericson 2005, section 5.1.5). */
static enum feature nearest_on_triangle(const double p[3], const double a[3], const double b[3],
                                        const double c[3], double out[3])
{
    double ab[3], ac[3], ap[3], bp[3], cp[3];
    subtract(b, a, ab);
    subtract(c, a, ac);
    subtract(p, a, ap);
    const double d1 = dot(ab, ap), d2 = dot(ac, ap);
    if (d1 <= 0.0 && d2 <= 0.0) {
        memcpy(out, a, 3 * sizeof(double));
        return FEATURE_VERTEX_0;
    }
    subtract(p, b, bp);
    const double d3 = dot(ab, bp), d4 = dot(ac, bp);
    if (d3 >= 0.0 && d4 <= d3) {
        memcpy(out, b, 3 * sizeof(double));
        return FEATURE_VERTEX_1;
    }
    const double vc = d1 * d4 - d3 * d2;
    if (vc <= 0.0 && d1 >= 0.0 && d3 <= 0.0) {
        const double s = d1 / (d1 - d3);
        for (int i = 0; i < 3; ++i) {
            out[i] = a[i] + s * ab[i];
        }
        return FEATURE_EDGE_01;
    }
    subtract(p, c, cp);
    const double d5 = dot(ab, cp), d6 = dot(ac, cp);
    if (d6 >= 0.0 && d5 <= d6) {
        memcpy(out, c, 3 * sizeof(double));
        return FEATURE_VERTEX_2;
    }
    const double vb = d5 * d2 - d1 * d6;
    if (vb <= 0.0 && d2 >= 0.0 && d6 <= 0.0) {
        const double s = d2 / (d2 - d6);
        for (int i = 0; i < 3; ++i) {
            out[i] = a[i] + s * ac[i];
        }
        return FEATURE_EDGE_20;
    }
    const double va = d3 * d6 - d5 * d4;
    if (va <= 0.0 && d4 - d3 >= 0.0 && d5 - d6 >= 0.0) {
        const double s = (d4 - d3) / ((d4 - d3) + (d5 - d6));
        for (int i = 0; i < 3; ++i) {
            out[i] = b[i] + s * (c[i] - b[i]);
        }
        return FEATURE_EDGE_12;
    }
    const double scale = 1.0 / (va + vb + vc);
    for (int i = 0; i < 3; ++i) {
        out[i] = a[i] + ab[i] * (vb * scale) + ac[i] * (vc * scale);
    }
    return FEATURE_FACE;
}

static int compare_edges(const void *left, const void *right)
{
    const struct edge *a = left;
    const struct edge *b = right;
    if (a->low != b->low) {
        return a->low < b->low ? -1 : 1;
    }
    if (a->high != b->high) {
        return a->high < b->high ? -1 : 1;
    }
    return a->triangle < b->triangle ? -1 : (a->triangle > b->triangle ? 1 : 0);
}

/* Pseudo-normals of edges (sum of the adjacent faces') and whether the mesh is closed. */
static enum nav_status build_edges(struct trk_mesh *mesh)
{
    const size_t count = 3 * (size_t)mesh->triangle_count;
    struct edge *edges = malloc(count * sizeof(*edges));
    if (edges == NULL) {
        return NAV_ERR_MEMORY;
    }
    for (uint32_t t = 0; t < mesh->triangle_count; ++t) {
        for (uint8_t side = 0; side < 3; ++side) {
            const uint32_t from = mesh->triangles[3 * (size_t)t + side];
            const uint32_t to = mesh->triangles[3 * (size_t)t + (side + 1u) % 3u];
            edges[3 * (size_t)t + side] = (struct edge){
                .low = from < to ? from : to,
                .high = from < to ? to : from,
                .triangle = t,
                .side = side,
                .forward = from < to,
            };
        }
    }
    qsort(edges, count, sizeof(*edges), compare_edges);

    mesh->closed = true;
    for (size_t begin = 0; begin < count;) {
        size_t end = begin;
        double sum[3] = {0.0, 0.0, 0.0};
        while (end < count && edges[end].low == edges[begin].low &&
               edges[end].high == edges[begin].high) {
            for (int i = 0; i < 3; ++i) {
                sum[i] += mesh->face_normals[3 * (size_t)edges[end].triangle + (size_t)i];
            }
            ++end;
        }
        if (end - begin != 2 || edges[begin].forward == edges[begin + 1].forward) {
            mesh->closed = false;
        }
        for (size_t e = begin; e < end; ++e) {
            memcpy(mesh->edge_normals + 9 * (size_t)edges[e].triangle + 3 * (size_t)edges[e].side,
                   sum, sizeof(sum));
        }
        begin = end;
    }
    free(edges);
    return NAV_OK;
}

static void build_vertex_normals(struct trk_mesh *mesh)
{
    for (uint32_t t = 0; t < mesh->triangle_count; ++t) {
        const double *p[3] = {corner(mesh, t, 0), corner(mesh, t, 1), corner(mesh, t, 2)};
        for (int v = 0; v < 3; ++v) {
            double to_next[3], to_previous[3];
            subtract(p[(v + 1) % 3], p[v], to_next);
            subtract(p[(v + 2) % 3], p[v], to_previous);
            double across[3];
            cross(to_next, to_previous, across);
            const double angle = atan2(sqrt(dot(across, across)), dot(to_next, to_previous));
            double *normal =
                mesh->vertex_normals + 3 * (size_t)mesh->triangles[3 * (size_t)t + (size_t)v];
            for (int i = 0; i < 3; ++i) {
                normal[i] += angle * mesh->face_normals[3 * (size_t)t + (size_t)i];
            }
        }
    }
}

/* Copies the mesh, leaving out triangles that name a vertex twice. */
static enum nav_status copy_mesh(struct trk_mesh *mesh, const float *vertices,
                                 const uint32_t *triangles, uint32_t triangle_count)
{
    for (int i = 0; i < 3; ++i) {
        mesh->min_mm[i] = INFINITY;
        mesh->max_mm[i] = -INFINITY;
    }
    for (size_t i = 0; i < 3 * (size_t)mesh->vertex_count; ++i) {
        if (!isfinite(vertices[i])) {
            return NAV_ERR_ARGUMENT;
        }
        mesh->vertices[i] = (double)vertices[i];
    }
    for (uint32_t t = 0; t < triangle_count; ++t) {
        const uint32_t *from = triangles + 3 * (size_t)t;
        if (from[0] >= mesh->vertex_count || from[1] >= mesh->vertex_count ||
            from[2] >= mesh->vertex_count) {
            return NAV_ERR_ARGUMENT;
        }
        if (from[0] == from[1] || from[1] == from[2] || from[2] == from[0]) {
            continue; /* no triangle at all; its neighbours meet without it */
        }
        uint32_t *to = mesh->triangles + 3 * (size_t)mesh->triangle_count;
        memcpy(to, from, 3 * sizeof(*to));
        double ab[3], ac[3];
        double *normal = mesh->face_normals + 3 * (size_t)mesh->triangle_count;
        subtract(mesh->vertices + 3 * (size_t)to[1], mesh->vertices + 3 * (size_t)to[0], ab);
        subtract(mesh->vertices + 3 * (size_t)to[2], mesh->vertices + 3 * (size_t)to[0], ac);
        cross(ab, ac, normal);
        (void)normalise(normal); /* without area it stays zero and says nothing about sides */
        for (int v = 0; v < 3; ++v) {
            for (int i = 0; i < 3; ++i) {
                const double x = mesh->vertices[3 * (size_t)to[v] + (size_t)i];
                mesh->min_mm[i] = fmin(mesh->min_mm[i], x);
                mesh->max_mm[i] = fmax(mesh->max_mm[i], x);
            }
        }
        mesh->original[mesh->triangle_count++] = t;
    }
    return mesh->triangle_count > 0 ? NAV_OK : NAV_ERR_ARGUMENT;
}

static enum nav_status build_search(struct trk_mesh *mesh, const float *vertices)
{
    /* One thread: the core has its own, and a build is done before the case. */
    mesh->device = rtcNewDevice("threads=1,set_affinity=0");
    if (mesh->device == NULL) {
        return NAV_ERR_MEMORY;
    }
    mesh->scene = rtcNewScene(mesh->device);
    RTCGeometry geometry = rtcNewGeometry(mesh->device, RTC_GEOMETRY_TYPE_TRIANGLE);
    if (mesh->scene == NULL || geometry == NULL) {
        return NAV_ERR_MEMORY;
    }
    rtcSetSceneFlags(mesh->scene, RTC_SCENE_FLAG_ROBUST);
    rtcSetSceneBuildQuality(mesh->scene, RTC_BUILD_QUALITY_HIGH);
    float *points = rtcSetNewGeometryBuffer(geometry, RTC_BUFFER_TYPE_VERTEX, 0, RTC_FORMAT_FLOAT3,
                                            3 * sizeof(float), mesh->vertex_count);
    uint32_t *indices =
        rtcSetNewGeometryBuffer(geometry, RTC_BUFFER_TYPE_INDEX, 0, RTC_FORMAT_UINT3,
                                3 * sizeof(uint32_t), mesh->triangle_count);
    if (points == NULL || indices == NULL) {
        rtcReleaseGeometry(geometry);
        return NAV_ERR_MEMORY;
    }
    memcpy(points, vertices, 3 * sizeof(float) * mesh->vertex_count);
    memcpy(indices, mesh->triangles, 3 * sizeof(uint32_t) * mesh->triangle_count);
    rtcCommitGeometry(geometry);
    (void)rtcAttachGeometry(mesh->scene, geometry);
    rtcReleaseGeometry(geometry);
    rtcCommitScene(mesh->scene);
    return rtcGetDeviceError(mesh->device) == RTC_ERROR_NONE ? NAV_OK : NAV_ERR_MEMORY;
}

enum nav_status trk_mesh_create(const float *vertices_mm, uint32_t vertex_count,
                                const uint32_t *triangles, uint32_t triangle_count,
                                struct trk_mesh **out_mesh)
{
    if (vertex_count == 0 || triangle_count == 0) {
        return NAV_ERR_ARGUMENT;
    }
    struct trk_mesh *mesh = calloc(1, sizeof(*mesh));
    if (mesh == NULL) {
        return NAV_ERR_MEMORY;
    }
    mesh->vertex_count = vertex_count;
    mesh->vertices = calloc(vertex_count, 3 * sizeof(double));
    mesh->vertex_normals = calloc(vertex_count, 3 * sizeof(double));
    mesh->triangles = calloc(triangle_count, 3 * sizeof(uint32_t));
    mesh->original = calloc(triangle_count, sizeof(uint32_t));
    mesh->face_normals = calloc(triangle_count, 3 * sizeof(double));
    mesh->edge_normals = calloc(triangle_count, 9 * sizeof(double));
    enum nav_status status = NAV_ERR_MEMORY;
    if (mesh->vertices != NULL && mesh->vertex_normals != NULL && mesh->triangles != NULL &&
        mesh->original != NULL && mesh->face_normals != NULL && mesh->edge_normals != NULL) {
        status = copy_mesh(mesh, vertices_mm, triangles, triangle_count);
    }
    if (status == NAV_OK) {
        status = build_edges(mesh);
    }
    if (status == NAV_OK) {
        build_vertex_normals(mesh);
        status = build_search(mesh, vertices_mm);
    }
    if (status != NAV_OK) {
        trk_mesh_destroy(mesh);
        return status;
    }
    *out_mesh = mesh;
    return NAV_OK;
}

void trk_mesh_destroy(struct trk_mesh *mesh)
{
    if (mesh == NULL) {
        return;
    }
    if (mesh->scene != NULL) {
        rtcReleaseScene(mesh->scene);
    }
    if (mesh->device != NULL) {
        rtcReleaseDevice(mesh->device);
    }
    free(mesh->vertices);
    free(mesh->vertex_normals);
    free(mesh->triangles);
    free(mesh->original);
    free(mesh->face_normals);
    free(mesh->edge_normals);
    free(mesh);
}

bool trk_mesh_is_closed(const struct trk_mesh *mesh)
{
    return mesh->closed;
}

uint32_t trk_mesh_triangle_count(const struct trk_mesh *mesh)
{
    return mesh->triangle_count;
}

void trk_mesh_corners(const struct trk_mesh *mesh, uint32_t index, double out_corner_mm[3][3])
{
    for (int c = 0; c < 3; ++c) {
        memcpy(out_corner_mm[c], corner(mesh, index, c), 3 * sizeof(double));
    }
}

void trk_mesh_bounds(const struct trk_mesh *mesh, double out_min_mm[3], double out_max_mm[3])
{
    memcpy(out_min_mm, mesh->min_mm, sizeof(mesh->min_mm));
    memcpy(out_max_mm, mesh->max_mm, sizeof(mesh->max_mm));
}

struct mesh_point mesh_point_begin(const struct trk_mesh *mesh, const double point_mm[3],
                                   double radius_mm)
{
    return (struct mesh_point){
        .mesh = mesh,
        .point = {point_mm[0], point_mm[1], point_mm[2]},
        .best2 = radius_mm * radius_mm,
    };
}

bool mesh_point_consider(struct mesh_point *search, uint32_t triangle)
{
    double on[3], away[3];
    const enum feature feature = nearest_on_triangle(
        search->point, corner(search->mesh, triangle, 0), corner(search->mesh, triangle, 1),
        corner(search->mesh, triangle, 2), on);
    subtract(search->point, on, away);
    const double distance2 = dot(away, away);
    const bool better = search->found ? distance2 < search->best2 || (distance2 == search->best2 &&
                                                                      triangle < search->triangle)
                                      : distance2 <= search->best2;
    if (!better) {
        return false;
    }
    search->found = true;
    search->best2 = distance2;
    search->triangle = triangle;
    search->feature = (int)feature;
    memcpy(search->nearest, on, sizeof(on));
    return true;
}

/* A single-precision radius that is not below the double: Embree must not cull the answer. */
static float radius_above(double radius)
{
    if (!(radius < (double)INFINITY)) {
        return INFINITY;
    }
    return (float)(radius * (1.0 + 1e-6) + 1e-4);
}

static bool on_candidate(struct RTCPointQueryFunctionArguments *arguments)
{
    struct mesh_point *search = arguments->userPtr;
    if (!mesh_point_consider(search, arguments->primID)) {
        return false;
    }
    arguments->query->radius = radius_above(sqrt(search->best2));
    return true;
}

void mesh_point_finish(const struct mesh_point *search, struct trk_mesh_nearest *out_nearest)
{
    const struct trk_mesh *mesh = search->mesh;
    const size_t t = search->triangle;
    const double *pseudo = mesh->face_normals + 3 * t;
    switch ((enum feature)search->feature) {
    case FEATURE_VERTEX_0:
    case FEATURE_VERTEX_1:
    case FEATURE_VERTEX_2:
        pseudo =
            mesh->vertex_normals +
            3 * (size_t)mesh->triangles[3 * t + (size_t)(search->feature - (int)FEATURE_VERTEX_0)];
        break;
    case FEATURE_EDGE_01:
    case FEATURE_EDGE_12:
    case FEATURE_EDGE_20:
        pseudo = mesh->edge_normals + 9 * t + 3 * (size_t)(search->feature - (int)FEATURE_EDGE_01);
        break;
    case FEATURE_FACE:
        break;
    }
    struct trk_mesh_nearest nearest = {.triangle = mesh->original[t]};
    memcpy(nearest.point_mm, search->nearest, sizeof(nearest.point_mm));
    memcpy(nearest.face_normal, mesh->face_normals + 3 * t, sizeof(nearest.face_normal));
    memcpy(nearest.normal, pseudo, sizeof(nearest.normal));
    if (!normalise(nearest.normal)) { /* two faces back to back */
        memcpy(nearest.normal, nearest.face_normal, sizeof(nearest.normal));
    }
    double away[3];
    subtract(search->point, search->nearest, away);
    nearest.distance_mm = sqrt(search->best2);
    nearest.signed_mm =
        mesh->closed && dot(away, pseudo) < 0.0 ? -nearest.distance_mm : nearest.distance_mm;
    *out_nearest = nearest;
}

static bool is_finite_vector(const double v[3])
{
    return isfinite(v[0]) && isfinite(v[1]) && isfinite(v[2]);
}

enum nav_status trk_mesh_nearest(const struct trk_mesh *mesh, const double point_mm[3],
                                 double radius_mm, struct trk_mesh_nearest *out_nearest)
{
    if (!is_finite_vector(point_mm) || !(radius_mm >= 0.0)) {
        return NAV_ERR_ARGUMENT;
    }
    struct mesh_point search = mesh_point_begin(mesh, point_mm, radius_mm);
    struct RTCPointQuery query = {
        .x = (float)point_mm[0],
        .y = (float)point_mm[1],
        .z = (float)point_mm[2],
        .time = 0.0f,
        .radius = radius_above(radius_mm),
    };
    struct RTCPointQueryContext context;
    rtcInitPointQueryContext(&context);
    (void)rtcPointQuery(mesh->scene, &query, &context, on_candidate, &search);
    if (!search.found) {
        return NAV_ERR_NOT_FOUND;
    }
    mesh_point_finish(&search, out_nearest);
    return NAV_OK;
}

enum nav_status trk_mesh_nearest_on(const struct trk_mesh *mesh, uint32_t index,
                                    const double point_mm[3], struct trk_mesh_nearest *out_nearest)
{
    if (!is_finite_vector(point_mm) || index >= mesh->triangle_count) {
        return NAV_ERR_ARGUMENT;
    }
    struct mesh_point search = mesh_point_begin(mesh, point_mm, INFINITY);
    (void)mesh_point_consider(&search, index);
    mesh_point_finish(&search, out_nearest);
    return NAV_OK;
}

enum nav_status trk_mesh_nearest_ref(const struct trk_mesh *mesh, const double point_mm[3],
                                     struct trk_mesh_nearest *out_nearest)
{
    if (!is_finite_vector(point_mm)) {
        return NAV_ERR_ARGUMENT;
    }
    struct mesh_point search = mesh_point_begin(mesh, point_mm, INFINITY);
    for (uint32_t t = 0; t < mesh->triangle_count; ++t) {
        (void)mesh_point_consider(&search, t);
    }
    mesh_point_finish(&search, out_nearest);
    return NAV_OK;
}

enum nav_status trk_mesh_cast(const struct trk_mesh *mesh, const double origin_mm[3],
                              const double direction[3], double reach_mm,
                              struct trk_mesh_hit *out_hit)
{
    if (!is_finite_vector(origin_mm) || !is_finite_vector(direction) || !(reach_mm >= 0.0)) {
        return NAV_ERR_ARGUMENT;
    }
    struct RTCRayHit ray = {
        .ray = {.org_x = (float)origin_mm[0],
                .org_y = (float)origin_mm[1],
                .org_z = (float)origin_mm[2],
                .tnear = 0.0f,
                .dir_x = (float)direction[0],
                .dir_y = (float)direction[1],
                .dir_z = (float)direction[2],
                .tfar = radius_above(reach_mm),
                .mask = UINT32_MAX},
        .hit = {.geomID = RTC_INVALID_GEOMETRY_ID, .instID = {RTC_INVALID_GEOMETRY_ID}},
    };
    struct RTCIntersectContext context;
    rtcInitIntersectContext(&context);
    rtcIntersect1(mesh->scene, &context, &ray);
    if (ray.hit.geomID == RTC_INVALID_GEOMETRY_ID) {
        return NAV_ERR_NOT_FOUND;
    }
    /* The distance again in double, on the plane of the triangle that was hit. */
    const uint32_t t = ray.hit.primID;
    const double *normal = mesh->face_normals + 3 * (size_t)t;
    double to_plane[3];
    subtract(corner(mesh, t, 0), origin_mm, to_plane);
    const double slope = dot(direction, normal);
    const double distance =
        fabs(slope) > 1e-9 ? dot(to_plane, normal) / slope : (double)ray.ray.tfar;
    if (!(distance <= reach_mm)) {
        return NAV_ERR_NOT_FOUND;
    }
    struct trk_mesh_hit hit = {
        .distance_mm = distance > 0.0 ? distance : 0.0,
        .entering = slope < 0.0,
        .triangle = mesh->original[t],
    };
    for (int i = 0; i < 3; ++i) {
        hit.point_mm[i] = origin_mm[i] + hit.distance_mm * direction[i];
    }
    memcpy(hit.face_normal, normal, sizeof(hit.face_normal));
    *out_hit = hit;
    return NAV_OK;
}
