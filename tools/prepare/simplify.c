#include "simplify.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Sum of weight * (n.p + d)^2 over planes: upper triangle of the symmetric 4x4 matrix. */
struct quadric {
    double xx, xy, xz, xw, yy, yz, yw, zz, zw, ww;
    double weight;
};

struct edge {
    uint32_t a, b;
};

struct mesh {
    struct prep_surface *surface;
    struct quadric *quadrics; /* per point */
    double reach;             /* 0: no limit */
    float *departures;        /* per point, where there is a reach: how far off first points are */
    uint32_t *first, *around; /* triangles around point i: around[first[i] .. first[i + 1]) */
    uint32_t *mark;           /* per point: number of the last question that met it */
    uint32_t question;
    unsigned char *used; /* per point: took part in a collapse of this pass, or must stay */
    unsigned char *dead; /* per triangle */
    struct edge *edges;
    uint32_t *order, *spare, *keys, *spare_keys;
    size_t edge_count, alive;
};

static void point_of(const struct mesh *mesh, uint32_t index, double out_p[3])
{
    for (size_t i = 0; i < 3; ++i) {
        out_p[i] = (double)mesh->surface->points[3 * (size_t)index + i];
    }
}

static void quadric_add(struct quadric *sum, const struct quadric *other)
{
    sum->xx += other->xx;
    sum->xy += other->xy;
    sum->xz += other->xz;
    sum->xw += other->xw;
    sum->yy += other->yy;
    sum->yz += other->yz;
    sum->yw += other->yw;
    sum->zz += other->zz;
    sum->zw += other->zw;
    sum->ww += other->ww;
    sum->weight += other->weight;
}

static double quadric_at(const struct quadric *q, const double p[3])
{
    const double value = p[0] * (q->xx * p[0] + 2.0 * (q->xy * p[1] + q->xz * p[2] + q->xw)) +
                         p[1] * (q->yy * p[1] + 2.0 * (q->yz * p[2] + q->yw)) +
                         p[2] * (q->zz * p[2] + 2.0 * q->zw) + q->ww;
    return value > 0.0 ? value : 0.0;
}

static void face_normal(const double a[3], const double b[3], const double c[3], double out[3])
{
    const double u[3] = {b[0] - a[0], b[1] - a[1], b[2] - a[2]};
    const double v[3] = {c[0] - a[0], c[1] - a[1], c[2] - a[2]};
    out[0] = u[1] * v[2] - u[2] * v[1];
    out[1] = u[2] * v[0] - u[0] * v[2];
    out[2] = u[0] * v[1] - u[1] * v[0];
}

static double dot(const double a[3], const double b[3])
{
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

/* Planes of all triangles onto their corners. */
static void make_quadrics(struct mesh *mesh)
{
    const struct prep_surface *surface = mesh->surface;
    memset(mesh->quadrics, 0, surface->point_count * sizeof(*mesh->quadrics));
    for (size_t t = 0; t < surface->triangle_count; ++t) {
        const uint32_t *corner = &surface->triangles[3 * t];
        double p[3][3], n[3];
        for (int k = 0; k < 3; ++k) {
            point_of(mesh, corner[k], p[k]);
        }
        face_normal(p[0], p[1], p[2], n);
        const double length = sqrt(dot(n, n));
        if (length < 1e-12) {
            continue;
        }
        for (int i = 0; i < 3; ++i) {
            n[i] /= length;
        }
        const double d = -dot(n, p[0]), w = length / 6.0; /* a third of the area each */
        const struct quadric q = {w * n[0] * n[0],
                                  w * n[0] * n[1],
                                  w * n[0] * n[2],
                                  w * n[0] * d,
                                  w * n[1] * n[1],
                                  w * n[1] * n[2],
                                  w * n[1] * d,
                                  w * n[2] * n[2],
                                  w * n[2] * d,
                                  w * d * d,
                                  w};
        for (int k = 0; k < 3; ++k) {
            quadric_add(&mesh->quadrics[corner[k]], &q);
        }
    }
}

/* The place with the least error for the joined point, held near the middle of the edge where the
 * planes leave it undetermined. */
static double best_place(const struct mesh *mesh, const struct edge *edge, double out_p[3])
{
    struct quadric q = mesh->quadrics[edge->a];
    quadric_add(&q, &mesh->quadrics[edge->b]);
    double a[3], b[3], middle[3];
    point_of(mesh, edge->a, a);
    point_of(mesh, edge->b, b);
    for (int i = 0; i < 3; ++i) {
        middle[i] = 0.5 * (a[i] + b[i]);
    }
    const double hold = 1e-2 * q.weight + 1e-12;
    const double xx = q.xx + hold, yy = q.yy + hold, zz = q.zz + hold;
    /* Solved for the offset from the middle: keeps the numbers small. */
    const double r[3] = {-(q.xx * middle[0] + q.xy * middle[1] + q.xz * middle[2] + q.xw),
                         -(q.xy * middle[0] + q.yy * middle[1] + q.yz * middle[2] + q.yw),
                         -(q.xz * middle[0] + q.yz * middle[1] + q.zz * middle[2] + q.zw)};
    const double c00 = yy * zz - q.yz * q.yz;
    const double c01 = q.xz * q.yz - q.xy * zz;
    const double c02 = q.xy * q.yz - q.xz * yy;
    const double determinant = xx * c00 + q.xy * c01 + q.xz * c02;
    const double c11 = xx * zz - q.xz * q.xz;
    const double c12 = q.xy * q.xz - xx * q.yz;
    const double c22 = xx * yy - q.xy * q.xy;
    const double offset[3] = {(c00 * r[0] + c01 * r[1] + c02 * r[2]) / determinant,
                              (c01 * r[0] + c11 * r[1] + c12 * r[2]) / determinant,
                              (c02 * r[0] + c12 * r[1] + c22 * r[2]) / determinant};
    const double ab[3] = {b[0] - a[0], b[1] - a[1], b[2] - a[2]};
    const bool near = dot(offset, offset) <= dot(ab, ab); /* false for NaN too */
    for (int i = 0; i < 3; ++i) {
        out_p[i] = middle[i] + (near ? offset[i] : 0.0);
    }
    return quadric_at(&q, out_p) / (q.weight > 0.0 ? q.weight : 1.0);
}

/* Lists the triangles around each point and each edge once. */
static void make_adjacency(struct mesh *mesh)
{
    const struct prep_surface *surface = mesh->surface;
    memset(mesh->first, 0, (surface->point_count + 1) * sizeof(*mesh->first));
    for (size_t i = 0; i < 3 * surface->triangle_count; ++i) {
        ++mesh->first[surface->triangles[i] + 1];
    }
    for (size_t i = 0; i < surface->point_count; ++i) {
        mesh->first[i + 1] += mesh->first[i];
    }
    mesh->edge_count = 0;
    for (size_t t = 0; t < surface->triangle_count; ++t) {
        for (size_t k = 0; k < 3; ++k) {
            const uint32_t from = surface->triangles[3 * t + k];
            const uint32_t to = surface->triangles[3 * t + (k + 1) % 3];
            /* `first` serves as the writing position and is put back below. */
            mesh->around[mesh->first[from]++] = (uint32_t)t;
            if (from < to) {
                mesh->edges[mesh->edge_count++] = (struct edge){from, to};
            }
        }
    }
    for (size_t i = surface->point_count; i > 0; --i) {
        mesh->first[i] = mesh->first[i - 1];
    }
    mesh->first[0] = 0;
}

/* Points on open or forked edges have another number of neighbours than of triangles: they stay. */
static void fix_irregular_points(struct mesh *mesh)
{
    for (uint32_t i = 0; i < mesh->surface->point_count; ++i) {
        const uint32_t question = ++mesh->question;
        uint32_t neighbours = 0;
        for (uint32_t j = mesh->first[i]; j < mesh->first[i + 1]; ++j) {
            const uint32_t *corner = &mesh->surface->triangles[3 * (size_t)mesh->around[j]];
            for (int k = 0; k < 3; ++k) {
                if (corner[k] != i && mesh->mark[corner[k]] != question) {
                    mesh->mark[corner[k]] = question;
                    ++neighbours;
                }
            }
        }
        mesh->used[i] = neighbours != mesh->first[i + 1] - mesh->first[i];
    }
}

/* Sorts the edges by their costs' float bits (not negative, so bits order like values). */
static void sort_edges(struct mesh *mesh)
{
    enum { BITS = 11, BUCKETS = 1 << BITS, ROUNDS = 3 };
    const size_t count = mesh->edge_count;
    for (int round = 0; round < ROUNDS; ++round) {
        size_t starts[BUCKETS + 1] = {0};
        const int shift = round * BITS;
        for (size_t i = 0; i < count; ++i) {
            ++starts[((mesh->keys[i] >> shift) & (BUCKETS - 1)) + 1];
        }
        for (int i = 0; i < BUCKETS; ++i) {
            starts[i + 1] += starts[i];
        }
        for (size_t i = 0; i < count; ++i) {
            const size_t to = starts[(mesh->keys[i] >> shift) & (BUCKETS - 1)]++;
            mesh->spare_keys[to] = mesh->keys[i];
            mesh->spare[to] = mesh->order[i];
        }
        uint32_t *swap = mesh->keys;
        mesh->keys = mesh->spare_keys;
        mesh->spare_keys = swap;
        swap = mesh->order;
        mesh->order = mesh->spare;
        mesh->spare = swap;
    }
}

static void rank_edges(struct mesh *mesh)
{
    for (size_t i = 0; i < mesh->edge_count; ++i) {
        double place[3];
        const float cost = (float)best_place(mesh, &mesh->edges[i], place);
        memcpy(&mesh->keys[i], &cost, sizeof(cost));
        mesh->order[i] = (uint32_t)i;
    }
    sort_edges(mesh);
}

/* Two common neighbours exactly: the link condition for a closed surface. */
static bool stays_manifold(struct mesh *mesh, const struct edge *edge)
{
    const uint32_t question = ++mesh->question;
    const uint32_t *triangles = mesh->surface->triangles;
    int around_a = 0;
    for (uint32_t j = mesh->first[edge->a]; j < mesh->first[edge->a + 1]; ++j) {
        const uint32_t t = mesh->around[j];
        around_a += !mesh->dead[t];
        for (size_t k = 0; k < 3 && !mesh->dead[t]; ++k) {
            mesh->mark[triangles[3 * (size_t)t + k]] = question;
        }
    }
    const uint32_t counted = ++mesh->question;
    int common = 0, shared_triangles = 0, around_b = 0;
    for (uint32_t j = mesh->first[edge->b]; j < mesh->first[edge->b + 1]; ++j) {
        const uint32_t t = mesh->around[j];
        bool has_a = false;
        around_b += !mesh->dead[t];
        for (size_t k = 0; k < 3 && !mesh->dead[t]; ++k) {
            const uint32_t corner = triangles[3 * (size_t)t + k];
            has_a = has_a || corner == edge->a;
            if (corner != edge->a && corner != edge->b && mesh->mark[corner] == question) {
                mesh->mark[corner] = counted;
                ++common;
            }
        }
        shared_triangles += has_a;
    }
    /* Three triangles on either side with the same two neighbours: a tetrahedron. */
    return common == 2 && shared_triangles == 2 && around_a + around_b > 6;
}

/* Shape of a triangle from its corners and normal (twice the area long): 0 sliver, 0.87 even. */
static double evenness(double p[3][3], const double normal[3])
{
    double longest = 0.0;
    for (int k = 0; k < 3; ++k) {
        const double *from = p[k], *to = p[(k + 1) % 3];
        const double e[3] = {to[0] - from[0], to[1] - from[1], to[2] - from[2]};
        longest = fmax(longest, dot(e, e));
    }
    return longest > 0.0 ? sqrt(dot(normal, normal)) / longest : 0.0;
}

/* Moving `point` to `place` makes no triangle around it turn by more than about 75 degrees, and no
 * sliver worse; triangles that contain `other` vanish and do not count. Slivers, of which
 * contouring makes many, have no trustworthy normal: they need not keep theirs, only not turn over.
 */
static bool stays_upright(const struct mesh *mesh, uint32_t point, uint32_t other,
                          const double place[3])
{
    const double sliver = 0.08, turn = 0.25;
    for (uint32_t j = mesh->first[point]; j < mesh->first[point + 1]; ++j) {
        const uint32_t t = mesh->around[j];
        if (mesh->dead[t]) {
            continue;
        }
        double before[3][3], after[3][3], n0[3], n1[3];
        bool shared = false;
        for (size_t k = 0; k < 3; ++k) {
            const uint32_t corner = mesh->surface->triangles[3 * (size_t)t + k];
            shared = shared || corner == other;
            point_of(mesh, corner, before[k]);
            memcpy(after[k], corner == point ? place : before[k], sizeof(after[k]));
        }
        if (shared) {
            continue;
        }
        face_normal(before[0], before[1], before[2], n0);
        face_normal(after[0], after[1], after[2], n1);
        const double was = evenness(before, n0), is = evenness(after, n1);
        const double along = dot(n0, n1);
        if (along <= (was < sliver ? 0.0 : turn * sqrt(dot(n0, n0) * dot(n1, n1))) ||
            (is < sliver && is < was)) {
            return false;
        }
    }
    return true;
}

/* The squared distance of p from a triangle with normal n (not unit), if it is below `least`. */
static double nearer(const double p[3], double corner[3][3], const double n[3], double least)
{
    const double square = dot(n, n);
    const double to[3] = {p[0] - corner[0][0], p[1] - corner[0][1], p[2] - corner[0][2]};
    const double height = dot(n, to);
    if (height * height >= least * square) {
        return least; /* its plane is no nearer */
    }
    bool above = true;
    double nearest = INFINITY;
    for (int k = 0; k < 3; ++k) {
        const double *a = corner[k], *b = corner[(k + 1) % 3];
        const double side[3] = {b[0] - a[0], b[1] - a[1], b[2] - a[2]};
        const double from[3] = {p[0] - a[0], p[1] - a[1], p[2] - a[2]};
        const double inward[3] = {n[1] * side[2] - n[2] * side[1], n[2] * side[0] - n[0] * side[2],
                                  n[0] * side[1] - n[1] * side[0]};
        if (dot(inward, from) >= 0.0) {
            continue;
        }
        above = false;
        const double length2 = dot(side, side), along = dot(side, from) / length2;
        const double part = along > 0.0 ? (along < 1.0 ? along : 1.0) : 0.0; /* 0 for NaN too */
        const double off[3] = {from[0] - part * side[0], from[1] - part * side[1],
                               from[2] - part * side[2]};
        const double square_off = dot(off, off);
        nearest = square_off < nearest ? square_off : nearest;
    }
    if (above) {
        nearest = height * height / square;
    }
    return nearest < least ? nearest : least;
}

/* Squared distances of p and q from the triangles of `point` once it is at `place`, lowered where
 * they are nearer; those that contain `other` vanish. */
static void approach(const struct mesh *mesh, uint32_t point, uint32_t other, const double place[3],
                     const double p[3], const double q[3], double square[2])
{
    for (uint32_t j = mesh->first[point]; j < mesh->first[point + 1]; ++j) {
        const uint32_t t = mesh->around[j];
        double corner[3][3];
        bool shared = mesh->dead[t] != 0;
        for (size_t k = 0; k < 3 && !shared; ++k) {
            const uint32_t index = mesh->surface->triangles[3 * (size_t)t + k];
            shared = index == other;
            if (index == point) {
                memcpy(corner[k], place, sizeof(corner[k]));
            } else {
                point_of(mesh, index, corner[k]);
            }
        }
        if (!shared) {
            double n[3];
            face_normal(corner[0], corner[1], corner[2], n);
            square[0] = nearer(p, corner, n, square[0]);
            square[1] = nearer(q, corner, n, square[1]);
        }
    }
}

/* How far off the first points of both ends would be with the edge drawn together at `place`. */
static double departure(const struct mesh *mesh, const struct edge *edge, const double place[3])
{
    double a[3], b[3], square[2] = {INFINITY, INFINITY};
    point_of(mesh, edge->a, a);
    point_of(mesh, edge->b, b);
    approach(mesh, edge->a, edge->b, place, a, b, square);
    approach(mesh, edge->b, edge->a, place, a, b, square);
    return fmax((double)mesh->departures[edge->a] + sqrt(square[0]),
                (double)mesh->departures[edge->b] + sqrt(square[1]));
}

/* Whether the reach allows `place`; then also how far off the first points are with it. */
static bool stays_in_reach(const struct mesh *mesh, const struct edge *edge, const double place[3],
                           float *out_departure)
{
    if (mesh->departures == NULL) {
        return true;
    }
    const double off = departure(mesh, edge, place);
    *out_departure = (float)off;
    return off <= mesh->reach;
}

/* The best place, else the middle or an end of the edge, if that keeps the triangles upright and
 * costs at most `limit`. */
static bool find_place(const struct mesh *mesh, const struct edge *edge, double limit,
                       double out_p[3], float *out_departure)
{
    double candidates[4][3];
    (void)best_place(mesh, edge, candidates[0]);
    point_of(mesh, edge->a, candidates[2]);
    point_of(mesh, edge->b, candidates[3]);
    struct quadric q = mesh->quadrics[edge->a];
    quadric_add(&q, &mesh->quadrics[edge->b]);
    for (int i = 0; i < 3; ++i) {
        candidates[1][i] = 0.5 * (candidates[2][i] + candidates[3][i]);
    }
    for (int i = 0; i < 4; ++i) {
        if (quadric_at(&q, candidates[i]) <= limit * q.weight &&
            stays_upright(mesh, edge->a, edge->b, candidates[i]) &&
            stays_upright(mesh, edge->b, edge->a, candidates[i]) &&
            stays_in_reach(mesh, edge, candidates[i], out_departure)) {
            memcpy(out_p, candidates[i], 3 * sizeof(double));
            return true;
        }
    }
    return false;
}

static bool collapse(struct mesh *mesh, const struct edge *edge, double limit)
{
    double place[3];
    float off = 0.0F;
    if (!stays_manifold(mesh, edge) || !find_place(mesh, edge, limit, place, &off)) {
        return false;
    }
    for (uint32_t j = mesh->first[edge->b]; j < mesh->first[edge->b + 1]; ++j) {
        const uint32_t t = mesh->around[j];
        uint32_t *corner = &mesh->surface->triangles[3 * (size_t)t];
        if (mesh->dead[t]) {
            continue;
        }
        if (corner[0] == edge->a || corner[1] == edge->a || corner[2] == edge->a) {
            mesh->dead[t] = 1;
            --mesh->alive;
            continue;
        }
        for (int k = 0; k < 3; ++k) {
            corner[k] = corner[k] == edge->b ? edge->a : corner[k];
        }
    }
    quadric_add(&mesh->quadrics[edge->a], &mesh->quadrics[edge->b]);
    if (mesh->departures != NULL) {
        mesh->departures[edge->a] = off;
    }
    for (size_t i = 0; i < 3; ++i) {
        mesh->surface->points[3 * (size_t)edge->a + i] = (float)place[i];
    }
    return true;
}

/* Drops dead triangles. Points without triangles stay until the end. */
static void sweep(struct mesh *mesh)
{
    struct prep_surface *surface = mesh->surface;
    size_t kept = 0;
    for (size_t t = 0; t < surface->triangle_count; ++t) {
        if (!mesh->dead[t]) {
            memmove(&surface->triangles[3 * kept], &surface->triangles[3 * t],
                    3 * sizeof(*surface->triangles));
            ++kept;
        }
    }
    surface->triangle_count = kept;
    memset(mesh->dead, 0, kept);
}

/* One pass over the cheapest edges; returns how many collapsed. A collapse changes no list of a
 * point that has not itself been joined, so the lists of the pass's start serve the whole pass. */
static size_t pass(struct mesh *mesh, const struct prep_simplify *limits, double reach)
{
    make_adjacency(mesh);
    fix_irregular_points(mesh);
    rank_edges(mesh);
    const float limit = (float)(limits->error_max_mm * limits->error_max_mm);
    const size_t last = (size_t)(reach * (double)mesh->edge_count);
    float dearest = limit;
    if (last < mesh->edge_count) {
        memcpy(&dearest, &mesh->keys[last], sizeof(dearest));
        dearest = dearest < limit ? dearest : limit;
    }
    size_t collapsed = 0;
    for (size_t i = 0; i < last && mesh->alive > limits->triangles_max; ++i) {
        const struct edge *edge = &mesh->edges[mesh->order[i]];
        float cost;
        memcpy(&cost, &mesh->keys[i], sizeof(cost));
        if (cost > limit) {
            break;
        }
        if (mesh->used[edge->a] || mesh->used[edge->b] || !collapse(mesh, edge, (double)dearest)) {
            continue;
        }
        mesh->used[edge->a] = mesh->used[edge->b] = 1;
        ++collapsed;
    }
    sweep(mesh);
    return collapsed;
}

static void finish(struct mesh *mesh)
{
    free(mesh->quadrics);
    free(mesh->departures);
    free(mesh->first);
    free(mesh->around);
    free(mesh->mark);
    free(mesh->used);
    free(mesh->dead);
    free(mesh->edges);
    free(mesh->order);
    free(mesh->spare);
    free(mesh->keys);
    free(mesh->spare_keys);
}

static bool init(struct mesh *mesh, struct prep_surface *surface, double reach)
{
    const size_t points = surface->point_count + 1, corners = 3 * surface->triangle_count + 1;
    *mesh = (struct mesh){.surface = surface, .reach = reach, .alive = surface->triangle_count};
    mesh->departures = reach > 0.0 ? calloc(points, sizeof(*mesh->departures)) : NULL;
    mesh->quadrics = malloc(points * sizeof(*mesh->quadrics));
    mesh->first = malloc((points + 1) * sizeof(*mesh->first));
    mesh->around = malloc(corners * sizeof(*mesh->around));
    mesh->mark = calloc(points, sizeof(*mesh->mark));
    mesh->used = calloc(points, 1);
    mesh->dead = calloc(corners, 1);
    mesh->edges = malloc(corners * sizeof(*mesh->edges));
    mesh->order = malloc(corners * sizeof(*mesh->order));
    mesh->spare = malloc(corners * sizeof(*mesh->spare));
    mesh->keys = malloc(corners * sizeof(*mesh->keys));
    mesh->spare_keys = malloc(corners * sizeof(*mesh->spare_keys));
    return (mesh->departures != NULL || !(reach > 0.0)) && mesh->quadrics != NULL &&
           mesh->first != NULL && mesh->around != NULL && mesh->mark != NULL &&
           mesh->used != NULL && mesh->dead != NULL && mesh->edges != NULL && mesh->order != NULL &&
           mesh->spare != NULL && mesh->keys != NULL && mesh->spare_keys != NULL;
}

/* Renumbers the points that triangles use. */
static void drop_unused_points(struct mesh *mesh)
{
    struct prep_surface *surface = mesh->surface;
    memset(mesh->mark, 0xff, surface->point_count * sizeof(*mesh->mark));
    for (size_t i = 0; i < 3 * surface->triangle_count; ++i) {
        mesh->mark[surface->triangles[i]] = 0;
    }
    uint32_t kept = 0;
    for (size_t i = 0; i < surface->point_count; ++i) {
        if (mesh->mark[i] == 0) {
            memmove(&surface->points[3 * (size_t)kept], &surface->points[3 * i],
                    3 * sizeof(*surface->points));
            mesh->mark[i] = kept++;
        }
    }
    for (size_t i = 0; i < 3 * surface->triangle_count; ++i) {
        surface->triangles[i] = mesh->mark[surface->triangles[i]];
    }
    surface->point_count = kept;
}

enum nav_status prep_surface_simplify(struct prep_surface *surface,
                                      const struct prep_simplify *limits)
{
    if (limits->triangles_max == 0 && !(limits->error_max_mm < (double)INFINITY)) {
        return NAV_ERR_ARGUMENT;
    }
    struct mesh mesh;
    if (!init(&mesh, surface, limits->reach_max_mm)) {
        finish(&mesh);
        return NAV_ERR_MEMORY;
    }
    make_quadrics(&mesh);
    /* Only the cheaper part of the edges in a pass: what is dear may become cheap beside a collapse
     * and the other way round. Without progress the part grows. */
    double patience = 1.0;
    while (mesh.alive > limits->triangles_max) {
        const double wanted = 0.5 * (double)(mesh.alive - limits->triangles_max);
        const double edges = 1.5 * (double)mesh.alive;
        const double part = fmin(1.0, fmax(0.02, patience * fmin(0.4, 2.0 * wanted / edges)));
        const size_t collapsed = pass(&mesh, limits, part);
        if ((double)collapsed < 0.1 * wanted) {
            if (part >= 1.0 && (double)collapsed < 0.001 * wanted + 1.0) {
                break;
            }
            patience *= 2.0;
        }
    }
    drop_unused_points(&mesh);
    finish(&mesh);
    return NAV_OK;
}
