#include "quad_distance.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

enum { LANES = 4 };

/* Edges shorter than this, squared, are points. */
static const double point2 = 1e-30;

typedef int64_t four_bits __attribute__((vector_size(4 * sizeof(int64_t)), aligned(8)));

struct nearest {
    double distance2;
    double on_quad[3], on_triangle[3];
};

/* A triangle with its sides, and its plane where it has one. */
struct face {
    const double (*corner)[3];
    const double (*side)[3];
    const double (*inward)[3]; /* in the plane, perpendicular to the sides */
    const double *normal;
    double normal2;
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

static void sides_of(const double corner[3][3], double out_side[3][3])
{
    for (int i = 0; i < 3; ++i) {
        subtract(corner[(i + 1) % 3], corner[i], out_side[i]);
    }
}

/* Squared length of the normal; 0 for a sliver, whose normal is noise. */
static double normal_of(const double side[3][3], double out_normal[3])
{
    cross(side[0], side[1], out_normal);
    const double normal2 = dot(out_normal, out_normal);
    return normal2 > 1e-24 * dot(side[0], side[0]) * dot(side[1], side[1]) ? normal2 : 0.0;
}

static void inward_of(const double side[3][3], const double normal[3], double out_inward[3][3])
{
    for (int i = 0; i < 3; ++i) {
        cross(normal, side[i], out_inward[i]);
    }
}

static void set_edge(struct trk_quad_edges *edges, int lane, const double from[3],
                     const double to[3])
{
    double length2 = 0.0;
    for (int i = 0; i < 3; ++i) {
        const double way = to[i] - from[i];
        edges->from[i][lane] = from[i];
        edges->way[i][lane] = way;
        length2 += way * way;
    }
    edges->length2[lane] = length2;
    edges->inverse2[lane] = length2 > point2 ? 1.0 / length2 : 0.0;
}

void trk_quad_prepare(const struct trk_quad *quad, struct trk_quad_parts *out_parts)
{
    static const int corners[2][3] = {{0, 1, 3}, {0, 3, 2}};
    static const int rim[LANES][2] = {{0, 1}, {1, 3}, {3, 2}, {2, 0}};
    for (int i = 0; i < 2; ++i) {
        for (int c = 0; c < 3; ++c) {
            memcpy(out_parts->triangle[i][c], quad->corner[corners[i][c]],
                   sizeof(out_parts->triangle[i][c]));
        }
        sides_of((const double(*)[3])out_parts->triangle[i], out_parts->side[i]);
        out_parts->normal2[i] =
            normal_of((const double(*)[3])out_parts->side[i], out_parts->normal[i]);
        inward_of((const double(*)[3])out_parts->side[i], out_parts->normal[i],
                  out_parts->inward[i]);
    }
    for (int lane = 0; lane < LANES; ++lane) {
        set_edge(&out_parts->rim, lane, quad->corner[rim[lane][0]], quad->corner[rim[lane][1]]);
        set_edge(&out_parts->diagonal, lane, quad->corner[0], quad->corner[3]);
    }
}

/* ---- edges, four at a time --------------------------------------------------------------------
 */

/* Straight-line code on vectors; written once and compiled twice, for AVX2 and for what every
 * processor has. Neither contracts: both give the same bits. */
#define FOUR static inline __attribute__((always_inline))

FOUR void spread(double value, trk_four *out)
{
    *out = (trk_four){value, value, value, value};
}

FOUR void choose(const four_bits *condition, const trk_four *yes, const trk_four *no, trk_four *out)
{
    *out = (trk_four)(((four_bits)*yes & *condition) | ((four_bits)*no & ~*condition));
}

FOUR void clamp01(trk_four *value)
{
    const trk_four zero = {0.0, 0.0, 0.0, 0.0}, one = {1.0, 1.0, 1.0, 1.0};
    const four_bits above = *value > zero, below = *value < one;
    choose(&above, value, &zero, value);
    choose(&below, value, &one, value);
}

/* Nearest points p + s d of four edges of the quad and q + t e of four of the triangle, squared
 * distances; s and t in [0, 1]. */
FOUR void edges_inline(const struct trk_quad_edges *quad, const struct trk_quad_edges *triangle,
                       trk_four *out_s, trk_four *out_t, trk_four *out_distance2)
{
    const trk_four zero = {0.0, 0.0, 0.0, 0.0};
    trk_four r[3], b = zero, c = zero, f = zero;
    for (int i = 0; i < 3; ++i) {
        r[i] = quad->from[i] - triangle->from[i];
        b += quad->way[i] * triangle->way[i];
        c += quad->way[i] * r[i];
        f += triangle->way[i] * r[i];
    }
    const trk_four denominator = quad->length2 * triangle->length2 - b * b;
    trk_four s = (b * f - c * triangle->length2) / denominator;
    const four_bits crossing = denominator > zero;
    choose(&crossing, &s, &zero, &s); /* parallel: any */
    clamp01(&s);
    trk_four t = (b * s + f) * triangle->inverse2;
    clamp01(&t);
    s = (b * t - c) * quad->inverse2;
    clamp01(&s);
    trk_four distance2 = zero;
    for (int i = 0; i < 3; ++i) {
        const trk_four away = r[i] + s * quad->way[i] - t * triangle->way[i];
        distance2 += away * away;
    }
    *out_s = s;
    *out_t = t;
    *out_distance2 = distance2;
}

typedef void edges_fn(const struct trk_quad_edges *quad, const struct trk_quad_edges *triangle,
                      trk_four *out_s, trk_four *out_t, trk_four *out_distance2);

static void edges_plain(const struct trk_quad_edges *quad, const struct trk_quad_edges *triangle,
                        trk_four *out_s, trk_four *out_t, trk_four *out_distance2)
{
    edges_inline(quad, triangle, out_s, out_t, out_distance2);
}

#if defined(__x86_64__)
__attribute__((target("avx2"))) static void edges_avx2(const struct trk_quad_edges *quad,
                                                       const struct trk_quad_edges *triangle,
                                                       trk_four *out_s, trk_four *out_t,
                                                       trk_four *out_distance2)
{
    edges_inline(quad, triangle, out_s, out_t, out_distance2);
}
#endif

static edges_fn *edges_fast(void)
{
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2")) {
        return edges_avx2;
    }
#endif
    return edges_plain;
}

static void keep_edges(edges_fn *edges, const struct trk_quad_edges *quad,
                       const struct trk_quad_edges *triangle, struct nearest *best)
{
    trk_four s, t, distance2;
    edges(quad, triangle, &s, &t, &distance2);
    for (int lane = 0; lane < LANES; ++lane) {
        if (distance2[lane] < best->distance2) {
            best->distance2 = distance2[lane];
            for (int i = 0; i < 3; ++i) {
                best->on_quad[i] = quad->from[i][lane] + s[lane] * quad->way[i][lane];
                best->on_triangle[i] = triangle->from[i][lane] + t[lane] * triangle->way[i][lane];
            }
        }
    }
}

/* ---- corners over faces, and edges through them ------------------------------------------------
 */

/* Whether a point of the plane lies in the triangle. */
static bool is_inside(const struct face *face, const double point[3])
{
    for (int i = 0; i < 3; ++i) {
        double from[3];
        subtract(point, face->corner[i], from);
        if (dot(from, face->inward[i]) < 0.0) {
            return false;
        }
    }
    return true;
}

/* The corners of `other` over the face, and its edges through it. */
static void face_and_other(const struct face *face, const struct face *other, bool face_is_quad,
                           struct nearest *best)
{
    double height[3]; /* times |normal| */
    bool above = false, below = false, near = false;
    for (int i = 0; i < 3; ++i) {
        double from[3];
        subtract(other->corner[i], face->corner[0], from);
        height[i] = dot(from, face->normal);
        above = above || height[i] > 0.0;
        below = below || height[i] < 0.0;
        near = near || height[i] * height[i] < best->distance2 * face->normal2;
    }
    if (!(face->normal2 > 0.0) || !(near || (above && below))) {
        return;
    }
    for (int i = 0; i < 3; ++i) {
        double on_face[3];
        const double height2 = height[i] * height[i];
        if (height2 < best->distance2 * face->normal2) {
            const double step = height[i] / face->normal2;
            for (int k = 0; k < 3; ++k) {
                on_face[k] = other->corner[i][k] - step * face->normal[k];
            }
            if (is_inside(face, on_face)) {
                best->distance2 = height2 / face->normal2;
                memcpy(best->on_quad, face_is_quad ? on_face : other->corner[i], sizeof(on_face));
                memcpy(best->on_triangle, face_is_quad ? other->corner[i] : on_face,
                       sizeof(on_face));
            }
        }
        const int next = (i + 1) % 3;
        if ((height[i] < 0.0 && height[next] > 0.0) || (height[i] > 0.0 && height[next] < 0.0)) {
            const double s = height[i] / (height[i] - height[next]);
            for (int k = 0; k < 3; ++k) {
                on_face[k] = other->corner[i][k] + s * other->side[i][k];
            }
            if (best->distance2 > 0.0 && is_inside(face, on_face)) {
                best->distance2 = 0.0;
                memcpy(best->on_quad, on_face, sizeof(on_face));
                memcpy(best->on_triangle, on_face, sizeof(on_face));
            }
        }
    }
}

double trk_quad_distance2(const struct trk_quad_parts *quad, const double triangle[3][3],
                          double limit2, double out_on_quad[3], double out_on_triangle[3])
{
    edges_fn *const edges = edges_fast();
    const double beyond = nextafter(limit2, INFINITY); /* the limit itself is found */
    struct nearest best = {.distance2 = beyond};
    double side[3][3], normal[3], inward[3][3];
    sides_of(triangle, side);
    const double normal2 = normal_of((const double(*)[3])side, normal);
    inward_of((const double(*)[3])side, normal, inward);
    const struct face face = {.corner = triangle,
                              .side = (const double(*)[3])side,
                              .inward = (const double(*)[3])inward,
                              .normal = normal,
                              .normal2 = normal2};
    struct trk_quad_edges all; /* the triangle's sides, and the first again */
    for (int lane = 0; lane < LANES; ++lane) {
        set_edge(&all, lane, triangle[lane % 3], triangle[(lane + 1) % 3]);
    }
    for (int i = 0; i < 3; ++i) {
        struct trk_quad_edges one;
        for (int k = 0; k < 3; ++k) {
            spread(all.from[k][i], &one.from[k]);
            spread(all.way[k][i], &one.way[k]);
        }
        spread(all.length2[i], &one.length2);
        spread(all.inverse2[i], &one.inverse2);
        keep_edges(edges, &quad->rim, &one, &best);
    }
    keep_edges(edges, &quad->diagonal, &all, &best);
    for (int i = 0; i < 2; ++i) {
        const struct face part = {.corner = (const double(*)[3])quad->triangle[i],
                                  .side = (const double(*)[3])quad->side[i],
                                  .inward = (const double(*)[3])quad->inward[i],
                                  .normal = quad->normal[i],
                                  .normal2 = quad->normal2[i]};
        face_and_other(&part, &face, true, &best);
        face_and_other(&face, &part, false, &best);
    }
    if (!(best.distance2 < beyond)) {
        return INFINITY;
    }
    memcpy(out_on_quad, best.on_quad, sizeof(best.on_quad));
    memcpy(out_on_triangle, best.on_triangle, sizeof(best.on_triangle));
    return best.distance2;
}
