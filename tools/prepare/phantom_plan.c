#include "phantom_plan.h"

#include "sdf.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

struct cloud {
    size_t count, capacity;
    double (*points)[3];
};

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

static void normalise(double a[3])
{
    const double length = sqrt(dot(a, a));
    for (int i = 0; i < 3; ++i) {
        a[i] /= length;
    }
}

static void along(const double from[3], const double direction[3], double by, double out[3])
{
    for (int i = 0; i < 3; ++i) {
        out[i] = from[i] + by * direction[i];
    }
}

/* One step of Newton's method along the gradient onto the surface. */
static double project(const struct phantom *phantom, enum phantom_structure structure, double p[3])
{
    const double h = 0.05;
    const double d = phantom_distance(phantom, structure, p);
    double gradient[3];
    for (int i = 0; i < 3; ++i) {
        double q[3] = {p[0], p[1], p[2]};
        q[i] += h;
        const double above = phantom_distance(phantom, structure, q);
        q[i] -= 2.0 * h;
        gradient[i] = (above - phantom_distance(phantom, structure, q)) / (2.0 * h);
    }
    const double square = dot(gradient, gradient);
    if (square > 1e-6) {
        along(p, gradient, -d / square, p);
    }
    return d;
}

/* Surface points of a structure within a box, about `step` apart. */
static enum nav_status collect_surface(const struct phantom *phantom,
                                       enum phantom_structure structure,
                                       const struct phantom_box *box, double step,
                                       struct cloud *cloud)
{
    double p[3];
    for (p[2] = box->low[2]; p[2] <= box->high[2]; p[2] += step) {
        for (p[1] = box->low[1]; p[1] <= box->high[1]; p[1] += step) {
            for (p[0] = box->low[0]; p[0] <= box->high[0]; p[0] += step) {
                const double d = phantom_distance(phantom, structure, p);
                if (fabs(d) > 0.75 * step) {
                    continue;
                }
                if (cloud->count == cloud->capacity) {
                    const size_t capacity = cloud->capacity == 0 ? 4096 : 2 * cloud->capacity;
                    void *grown = realloc(cloud->points, capacity * sizeof(*cloud->points));
                    if (grown == NULL) {
                        return NAV_ERR_MEMORY;
                    }
                    cloud->points = grown;
                    cloud->capacity = capacity;
                }
                double q[3] = {p[0], p[1], p[2]};
                for (int i = 0; i < 3; ++i) {
                    (void)project(phantom, structure, q);
                }
                if (fabs(phantom_distance(phantom, structure, q)) < 0.02) {
                    memcpy(cloud->points[cloud->count++], q, sizeof(q));
                }
            }
        }
    }
    return cloud->count > 0 ? NAV_OK : NAV_ERR_NOT_FOUND;
}

/* Largest coordinate of the cloud along a direction. */
static double support(const struct cloud *cloud, const double direction[3], double out_p[3])
{
    double best = -1e30;
    for (size_t i = 0; i < cloud->count; ++i) {
        const double value = dot(cloud->points[i], direction);
        if (value > best) {
            best = value;
            if (out_p != NULL) {
                memcpy(out_p, cloud->points[i], 3 * sizeof(double));
            }
        }
    }
    return best;
}

/* First entry into bone (sacrum, or the iliac bone behind it) on a ray of length `reach`, and the
 * far cortex of the sacrum. False when the ray misses the sacrum. */
static bool cross_bone(const struct phantom *phantom, const double from[3],
                       const double direction[3], double reach, double *out_entry, double *out_exit)
{
    double at = 0.0, before = 1e9, before_at = 0.0, p[3];
    bool in_bone = false, in_sacrum = false;
    while (at < reach) {
        along(from, direction, at, p);
        const double sacrum = phantom_distance(phantom, PHANTOM_SACRUM, p);
        const double right = phantom_distance(phantom, PHANTOM_HIP_RIGHT, p);
        const double left = phantom_distance(phantom, PHANTOM_HIP_LEFT, p);
        const double bone = sdf_min(sacrum, sdf_min(right, left));
        if (!in_bone && bone < 0.0) {
            in_bone = true;
            *out_entry = at;
        }
        if (sacrum < 0.0) {
            in_sacrum = true;
            *out_exit = at;
        } else if (before < 0.0) {
            *out_exit = before_at + (at - before_at) * before / (before - sacrum);
        }
        before = sacrum;
        before_at = at;
        at += sdf_max(0.1, fabs(in_bone ? sacrum : bone) / PHANTOM_SLOPE_MAX);
    }
    return in_sacrum;
}

/* Places the entry edge on the first bone that the rectangle meets and finds its depth. */
static enum nav_status fit_depth(const struct phantom *phantom, struct phantom_cut *cut)
{
    const double before = 45.0, reach = 130.0;
    double entry = 1e9, deepest = -1e9, middle = -1e9;
    const int rays = (int)(cut->size[0] / 1.0) | 1;
    for (int i = 0; i < rays; ++i) {
        const double across = cut->size[0] * ((double)i / (rays - 1) - 0.5);
        double start[3], first = 0.0, last = 0.0;
        along(cut->point, cut->u, across, start);
        along(start, cut->v, -before, start);
        if (cross_bone(phantom, start, cut->v, reach, &first, &last)) {
            entry = sdf_min(entry, first - before);
            deepest = sdf_max(deepest, last - before);
            if (2 * i == rays - 1) {
                middle = last - before;
            }
        }
    }
    if (deepest < entry) {
        return NAV_ERR_NOT_FOUND;
    }
    along(cut->point, cut->v, entry, cut->point);
    cut->depth = deepest - entry;
    cut->depth_middle = middle > entry ? middle - entry : 0.0;
    cut->size[1] = ceil(cut->depth + 3.0);
    return NAV_OK;
}

static void measure_roots(const struct phantom *phantom, struct phantom_cut *cut)
{
    double line[PHANTOM_LINE_MAX][3], radii[PHANTOM_LINE_MAX];
    enum { FINE = 16 };
    for (int root = 0; root < PHANTOM_ROOTS; ++root) {
        const int count = phantom_root_line(
            phantom, (enum phantom_structure)(PHANTOM_ROOT_L5_RIGHT + root), line, radii);
        double best = 1e9;
        for (int i = 0; i + 1 < count; ++i) {
            for (int j = 0; j <= FINE; ++j) {
                const double t = (double)j / FINE;
                double offset[3];
                for (int k = 0; k < 3; ++k) {
                    offset[k] = sdf_mix(line[i][k], line[i + 1][k], t) - cut->point[k];
                }
                const double across = sdf_max(fabs(dot(offset, cut->u)) - 0.5 * cut->size[0], 0.0);
                const double deep = dot(offset, cut->v);
                const double beyond = sdf_max(sdf_max(-deep, deep - cut->size[1]), 0.0);
                const double d = sdf_length3(across, beyond, dot(offset, cut->normal)) -
                                 sdf_mix(radii[i], radii[i + 1], t);
                best = sdf_min(best, d);
            }
        }
        cut->root_crossed[root] = best <= 0.0;
        cut->root_distance[root] = sdf_max(best, 0.0);
    }
}

static enum nav_status finish_cut(const struct phantom *phantom, const struct cloud *tumour,
                                  struct phantom_cut *cut)
{
    cross(cut->u, cut->v, cut->normal);
    normalise(cut->normal);
    const enum nav_status status = fit_depth(phantom, cut);
    if (status != NAV_OK) {
        return status;
    }
    const double opposite[3] = {-cut->normal[0], -cut->normal[1], -cut->normal[2]};
    const double plane = dot(cut->point, cut->normal);
    const double beyond = support(tumour, cut->normal, NULL) - plane;
    const double short_of = support(tumour, opposite, NULL) + plane;
    /* One of the two is negative for a plane that leaves the tumour on one side. */
    cut->tumour_margin = -sdf_min(beyond, short_of);
    measure_roots(phantom, cut);
    return NAV_OK;
}

static enum nav_status make_cuts(const struct phantom *phantom, struct phantom_plan *plan)
{
    const double margin = 8.0, margin_left = 12.0;
    struct cloud tumour = {0};
    const struct phantom_box box = phantom_bounds(phantom, PHANTOM_TUMOUR);
    enum nav_status status = collect_surface(phantom, PHANTOM_TUMOUR, &box, 0.8, &tumour);
    if (status != NAV_OK) {
        free(tumour.points);
        return status;
    }
    /* Lateral planes first: they bound the transverse ones. All in the frame in the middle of the
     * resection, v leaning outwards so that the specimen is wider in front, where the tumour is. */
    double caudal[3], dorsal[3], centre[3];
    phantom_bend_axes(phantom, 52.0, caudal, dorsal);
    phantom_bend(phantom, 0.0, 55.0, 0.0, centre);
    struct phantom_cut *upper = &plan->cuts[0], *right = &plan->cuts[1];
    struct phantom_cut *left = &plan->cuts[2], *lower = &plan->cuts[3];
    upper->name = "Upper transverse S1/S2";
    right->name = "Right lateral";
    left->name = "Left lateral";
    lower->name = "Lower transverse S4";
    for (int side = -1; side <= 1; side += 2) {
        struct phantom_cut *cut = side < 0 ? right : left;
        /* Inwards going down, along the tapering lateral mass; outwards going in. */
        const double taper = 0.14, lean = 0.10;
        const double u[3] = {-side * taper, caudal[1], caudal[2]};
        const double v[3] = {side * lean, -dorsal[1], -dorsal[2]};
        memcpy(cut->u, u, sizeof(u));
        normalise(cut->u);
        memcpy(cut->v, v, sizeof(v));
        along(cut->v, cut->u, -dot(cut->v, cut->u), cut->v);
        normalise(cut->v);
        double outwards[3];
        cross(cut->u, cut->v, outwards);
        if (outwards[0] * side < 0.0) {
            for (int i = 0; i < 3; ++i) {
                outwards[i] = -outwards[i];
            }
        }
        normalise(outwards);
        const double wanted = support(&tumour, outwards, NULL) + (side < 0 ? margin : margin_left);
        /* Not nearer to the midline than the lateral masses, through bone that can be sawn. */
        const double least = dot(centre, outwards) + 27.0;
        along(centre, outwards, sdf_max(wanted, least) - dot(centre, outwards), cut->point);
    }
    /* Transverse planes: perpendicular to the curve, at the level that gives the margin. */
    for (int i = 0; i < 2; ++i) {
        struct phantom_cut *cut = i == 0 ? upper : lower;
        const double step = i == 0 ? -0.25 : 0.25;
        double s = i == 0 ? 34.0 : 78.0;
        for (int tries = 0; tries < 120; ++tries, s += step) {
            phantom_bend_axes(phantom, s, caudal, dorsal);
            phantom_bend(phantom, 0.0, s, 0.0, cut->point);
            const double sign = i == 0 ? -1.0 : 1.0;
            const double towards[3] = {sign * caudal[0], sign * caudal[1], sign * caudal[2]};
            if (dot(cut->point, towards) - support(&tumour, towards, NULL) >= margin) {
                break;
            }
        }
        const double span = left->point[0] - right->point[0];
        cut->size[0] = ceil(span + (i == 0 ? 12.0 : 2.0));
        cut->point[0] = 0.5 * (left->point[0] + right->point[0]);
        const double u[3] = {1.0, 0.0, 0.0};
        memcpy(cut->u, u, sizeof(u));
        for (int k = 0; k < 3; ++k) {
            cut->v[k] = -dorsal[k];
        }
    }
    for (int side = 0; side < 2; ++side) {
        struct phantom_cut *cut = side == 0 ? right : left;
        const double from = dot(upper->point, cut->u), to = dot(lower->point, cut->u);
        along(cut->point, cut->u, 0.5 * (from + to) - dot(cut->point, cut->u), cut->point);
        cut->size[0] = ceil(to - from + 4.0);
    }
    for (int i = 0; i < PHANTOM_CUTS && status == NAV_OK; ++i) {
        status = finish_cut(phantom, &tumour, &plan->cuts[i]);
    }
    free(tumour.points);
    return status;
}

/* Where a needle from behind, at (x, s) of the curved frame, meets a bone. */
static enum nav_status touch(const struct phantom *phantom, enum phantom_structure bone, double x,
                             double s, double out_p[3])
{
    double caudal[3], dorsal[3];
    phantom_bend_axes(phantom, s, caudal, dorsal);
    phantom_bend(phantom, x, s, 75.0, out_p);
    for (int i = 0; i < 2000; ++i) {
        const double d = phantom_distance(phantom, bone, out_p);
        if (d < 0.3) {
            for (int k = 0; k < 4; ++k) {
                (void)project(phantom, bone, out_p);
            }
            return NAV_OK;
        }
        along(out_p, dorsal, -sdf_max(0.1, d / PHANTOM_SLOPE_MAX), out_p);
    }
    return NAV_ERR_NOT_FOUND;
}

static enum nav_status make_landmarks(const struct phantom *phantom, struct phantom_plan *plan)
{
    int count = 0;
    for (int side = -1; side <= 1; side += 2) {
        const enum phantom_structure hip = side < 0 ? PHANTOM_HIP_RIGHT : PHANTOM_HIP_LEFT;
        struct phantom_box box = phantom_bounds(phantom, hip);
        box.low[1] = 20.0; /* the dorsal end of the iliac crest */
        box.low[2] = -40.0;
        struct cloud crest = {0};
        const enum nav_status status = collect_surface(phantom, hip, &box, 1.5, &crest);
        const double dorsal[3] = {0.0, 1.0, 0.0};
        struct phantom_landmark *landmark = &plan->landmarks[count++];
        landmark->name = side < 0 ? "PSIS right" : "PSIS left";
        if (status == NAV_OK) {
            (void)support(&crest, dorsal, landmark->position);
        }
        free(crest.points);
        if (status != NAV_OK) {
            return status;
        }
    }
    static const struct {
        const char *name;
        enum phantom_structure bone;
        double x, s;
    } points[] = {
        {"L5 spinous process", PHANTOM_L5, 0.0, -17.0},
        {"S1 spinous tubercle", PHANTOM_SACRUM, 0.0, 17.0},
        {"S2 spinous tubercle", PHANTOM_SACRUM, 0.0, 40.0},
        {"S3 lateral crest right", PHANTOM_SACRUM, -30.0, 66.0},
        {"S3 lateral crest left", PHANTOM_SACRUM, 30.0, 66.0},
        {"Sacral cornu right", PHANTOM_SACRUM, -9.0, 98.0},
        {"Sacral cornu left", PHANTOM_SACRUM, 9.0, 98.0},
    };
    for (size_t i = 0; i < sizeof(points) / sizeof(points[0]); ++i) {
        struct phantom_landmark *landmark = &plan->landmarks[count++];
        landmark->name = points[i].name;
        const enum nav_status status =
            touch(phantom, points[i].bone, points[i].x, points[i].s, landmark->position);
        if (status != NAV_OK) {
            return status;
        }
    }
    return NAV_OK;
}

/* The reference array is clamped to the left iliac crest, turned by the seed. */
static void make_registration(const struct phantom *phantom, struct phantom_plan *plan)
{
    const uint64_t seed = sdf_hash(phantom_parameters(phantom)->seed + 71);
    double q[4], norm = 0.0;
    for (int i = 0; i < 4; ++i) {
        q[i] = sdf_mix(-0.6, 0.6, sdf_hash_unit(seed + (uint64_t)i)) + (i == 3 ? 0.9 : 0.0);
        norm += q[i] * q[i];
    }
    norm = sqrt(norm);
    const double x = q[0] / norm, y = q[1] / norm, z = q[2] / norm, w = q[3] / norm;
    const double matrix[16] = {
        1.0 - 2.0 * (y * y + z * z),
        2.0 * (x * y - z * w),
        2.0 * (x * z + y * w),
        62.5,
        2.0 * (x * y + z * w),
        1.0 - 2.0 * (x * x + z * z),
        2.0 * (y * z - x * w),
        96.25,
        2.0 * (x * z - y * w),
        2.0 * (y * z + x * w),
        1.0 - 2.0 * (x * x + y * y),
        41.75,
        0.0,
        0.0,
        0.0,
        1.0,
    };
    memcpy(plan->T_image_reference, matrix, sizeof(matrix));
}

enum nav_status phantom_plan_make(const struct phantom *phantom, struct phantom_plan *out_plan)
{
    struct phantom_plan plan = {0};
    make_registration(phantom, &plan);
    enum nav_status status = make_landmarks(phantom, &plan);
    if (status == NAV_OK) {
        status = make_cuts(phantom, &plan);
    }
    if (status == NAV_OK) {
        *out_plan = plan;
    }
    return status;
}
