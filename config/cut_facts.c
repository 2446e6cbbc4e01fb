#include "cut_facts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Geometry: C. Ericson, Real-Time Collision Detection, 2005, sections 5.1.5, 5.1.9. */

struct face {
    double point[3], u[3], v[3], normal[3];
    double half_width, depth;
    double corners[4][3]; /* around it */
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

static void subtract(const double a[3], const double b[3], double out[3])
{
    for (int i = 0; i < 3; ++i) {
        out[i] = a[i] - b[i];
    }
}

static double clamp(double value, double low, double high)
{
    return fmin(fmax(value, low), high);
}

static void corner(const struct cfg_mesh *mesh, size_t triangle, size_t k, double out[3])
{
    const float *v = mesh->vertices_mm + 3 * (size_t)mesh->triangles[3 * triangle + k];
    for (int i = 0; i < 3; ++i) {
        out[i] = (double)v[i];
    }
}

/* --- the section of a mesh ------------------------------------------------------------------- */

/* Narrows [from, to] to where p + t (q - p) is within [low, high]. */
static bool clip_axis(double p, double q, double low, double high, double *from, double *to)
{
    const double d = q - p;
    if (fabs(d) < 1e-12) {
        return p >= low && p <= high;
    }
    const double a = (low - p) / d;
    const double b = (high - p) / d;
    *from = fmax(*from, fmin(a, b));
    *to = fmin(*to, fmax(a, b));
    return *from <= *to;
}

/* Grows [near, far] by the part of the segment p-q (in u, v) within the strip. */
static bool clip_to_strip(const double p[2], const double q[2], double half_width, double v_max,
                          double *near, double *far)
{
    double from = 0.0;
    double to = 1.0;
    if (!clip_axis(p[0], q[0], -half_width, half_width, &from, &to) ||
        !clip_axis(p[1], q[1], -INFINITY, v_max, &from, &to)) {
        return false;
    }
    for (int end = 0; end < 2; ++end) {
        const double v = p[1] + (end == 0 ? from : to) * (q[1] - p[1]);
        *near = fmin(*near, v);
        *far = fmax(*far, v);
    }
    return true;
}

bool cfg_cut_section(const struct cfg_mesh *mesh, const double point[3], const double u[3],
                     const double v[3], double half_width_mm, double v_max_mm, double *out_near_mm,
                     double *out_far_mm)
{
    double normal[3];
    double near = INFINITY;
    double far = -INFINITY;
    bool met = false;
    cross(u, v, normal);
    for (size_t t = 0; t < mesh->triangle_count; ++t) {
        double at[3][2], height[3];
        for (size_t k = 0; k < 3; ++k) {
            double p[3];
            corner(mesh, t, k, p);
            subtract(p, point, p);
            at[k][0] = dot(p, u);
            at[k][1] = dot(p, v);
            height[k] = dot(p, normal);
        }
        double ends[2][2];
        int count = 0;
        for (int k = 0; k < 3 && count < 2; ++k) {
            const int next = (k + 1) % 3;
            if ((height[k] < 0.0) == (height[next] < 0.0)) {
                continue;
            }
            const double share = height[k] / (height[k] - height[next]);
            for (int i = 0; i < 2; ++i) {
                ends[count][i] = at[k][i] + share * (at[next][i] - at[k][i]);
            }
            ++count;
        }
        if (count == 2) {
            met = clip_to_strip(ends[0], ends[1], half_width_mm, v_max_mm, &near, &far) || met;
        }
    }
    if (met) {
        *out_near_mm = near;
        *out_far_mm = far;
    }
    return met;
}

/* --- distances ------------------------------------------------------------------------------- */

static double segment_segment(const double p1[3], const double q1[3], const double p2[3],
                              const double q2[3])
{
    double d1[3], d2[3], r[3];
    subtract(q1, p1, d1);
    subtract(q2, p2, d2);
    subtract(p1, p2, r);
    const double a = dot(d1, d1);
    const double e = dot(d2, d2);
    const double f = dot(d2, r);
    const double c = dot(d1, r);
    const double b = dot(d1, d2);
    const double denominator = a * e - b * b;
    double s = denominator > 1e-18 ? clamp((b * f - c * e) / denominator, 0.0, 1.0) : 0.0;
    double t = e > 1e-18 ? (b * s + f) / e : 0.0;
    if (t < 0.0 || t > 1.0) {
        t = clamp(t, 0.0, 1.0);
        s = a > 1e-18 ? clamp((b * t - c) / a, 0.0, 1.0) : 0.0;
    }
    double square = 0.0;
    for (int i = 0; i < 3; ++i) {
        const double off = p1[i] + s * d1[i] - p2[i] - t * d2[i];
        square += off * off;
    }
    return sqrt(square);
}

static double point_face(const double p[3], const struct face *face)
{
    double off[3];
    subtract(p, face->point, off);
    const double a = dot(off, face->u);
    const double b = dot(off, face->v);
    const double c = dot(off, face->normal);
    const double da = a - clamp(a, -face->half_width, face->half_width);
    const double db = b - clamp(b, 0.0, face->depth);
    return sqrt(da * da + db * db + c * c);
}

static double point_triangle(const double p[3], const double t[3][3])
{
    double ab[3], ac[3], n[3], ap[3];
    subtract(t[1], t[0], ab);
    subtract(t[2], t[0], ac);
    subtract(p, t[0], ap);
    cross(ab, ac, n);
    const double area = dot(n, n);
    bool inside = area > 1e-24;
    for (int k = 0; k < 3 && inside; ++k) {
        double edge[3], to[3], side[3];
        subtract(t[(k + 1) % 3], t[k], edge);
        subtract(p, t[k], to);
        cross(edge, to, side);
        inside = dot(side, n) >= 0.0;
    }
    if (inside) {
        return fabs(dot(ap, n)) / sqrt(area);
    }
    double best = INFINITY;
    for (int k = 0; k < 3; ++k) {
        best = fmin(best, segment_segment(p, p, t[k], t[(k + 1) % 3]));
    }
    return best;
}

/* Whether the segment goes through the face. */
static bool pierces_face(const double p[3], const double q[3], const struct face *face)
{
    double a[3], b[3];
    subtract(p, face->point, a);
    subtract(q, face->point, b);
    const double ha = dot(a, face->normal);
    const double hb = dot(b, face->normal);
    if ((ha < 0.0) == (hb < 0.0)) {
        return false;
    }
    double at[3];
    for (int i = 0; i < 3; ++i) {
        at[i] = a[i] + ha / (ha - hb) * (b[i] - a[i]);
    }
    const double v = dot(at, face->v);
    return fabs(dot(at, face->u)) <= face->half_width && v >= 0.0 && v <= face->depth;
}

static bool pierces_triangle(const double p[3], const double q[3], const double t[3][3])
{
    double d[3], e1[3], e2[3], s[3], h[3], r[3];
    subtract(q, p, d);
    subtract(t[1], t[0], e1);
    subtract(t[2], t[0], e2);
    subtract(p, t[0], s);
    cross(d, e2, h);
    const double det = dot(e1, h);
    if (fabs(det) < 1e-12) {
        return false;
    }
    cross(s, e1, r);
    const double a = dot(s, h) / det;
    const double b = dot(d, r) / det;
    const double along = dot(e2, r) / det;
    return a >= 0.0 && b >= 0.0 && a + b <= 1.0 && along >= 0.0 && along <= 1.0;
}

static double triangle_face(const double t[3][3], const struct face *face)
{
    double best = INFINITY;
    for (int k = 0; k < 3; ++k) {
        if (pierces_face(t[k], t[(k + 1) % 3], face)) {
            return 0.0;
        }
        best = fmin(best, point_face(t[k], face));
    }
    for (int i = 0; i < 4; ++i) {
        const double *p = face->corners[i];
        const double *q = face->corners[(i + 1) % 4];
        if (pierces_triangle(p, q, t)) {
            return 0.0;
        }
        best = fmin(best, point_triangle(p, t));
        for (int k = 0; k < 3; ++k) {
            best = fmin(best, segment_segment(p, q, t[k], t[(k + 1) % 3]));
        }
    }
    return best;
}

/* Whether a point is inside a closed mesh: crossings of a ray in an odd direction. */
static bool is_inside(const struct cfg_mesh *mesh, const double p[3])
{
    const double far[3] = {p[0] + 10007.0, p[1] + 331.7, p[2] + 127.3};
    bool inside = false;
    for (size_t i = 0; i < mesh->triangle_count; ++i) {
        double t[3][3];
        for (size_t k = 0; k < 3; ++k) {
            corner(mesh, i, k, t[k]);
        }
        if (pierces_triangle(p, far, (const double(*)[3])t)) {
            inside = !inside;
        }
    }
    return inside;
}

/* Between face and surface; 0 where they meet or the face lies inside. */
static double mesh_face(const struct cfg_mesh *mesh, const struct face *face)
{
    double best = INFINITY;
    for (size_t i = 0; i < mesh->triangle_count && best > 0.0; ++i) {
        double t[3][3];
        double reach = 0.0;
        for (size_t k = 0; k < 3; ++k) {
            corner(mesh, i, k, t[k]);
        }
        for (int k = 1; k < 3; ++k) {
            double edge[3];
            subtract(t[k], t[0], edge);
            reach = fmax(reach, sqrt(dot(edge, edge)));
        }
        if (point_face(t[0], face) - reach < best) {
            best = fmin(best, triangle_face((const double(*)[3])t, face));
        }
    }
    return best > 0.0 && mesh->report.closed && is_inside(mesh, face->corners[0]) ? 0.0 : best;
}

/* Between surface and the whole plane; 0 where it has points on both sides. */
static double mesh_plane(const struct cfg_mesh *mesh, const struct face *face)
{
    double low = INFINITY;
    double high = -INFINITY;
    for (size_t t = 0; t < mesh->triangle_count; ++t) {
        for (size_t k = 0; k < 3; ++k) {
            double p[3];
            corner(mesh, t, k, p);
            subtract(p, face->point, p);
            const double height = dot(p, face->normal);
            low = fmin(low, height);
            high = fmax(high, height);
        }
    }
    return low > 0.0 ? low : high < 0.0 ? -high : 0.0;
}

/* --- a cut ----------------------------------------------------------------------------------- */

/* The face, moved along the normal. */
static void make_face(const struct cfg_cut *cut, double moved_mm, struct face *out)
{
    for (int i = 0; i < 3; ++i) {
        out->point[i] = cut->point_mm[i] + moved_mm * cut->normal[i];
    }
    memcpy(out->u, cut->u, sizeof(out->u));
    memcpy(out->normal, cut->normal, sizeof(out->normal));
    cross(cut->normal, cut->u, out->v);
    out->half_width = 0.5 * cut->size_mm[0];
    out->depth = cut->depth_mm;
    for (int i = 0; i < 4; ++i) {
        const double a = i == 0 || i == 3 ? -out->half_width : out->half_width;
        const double b = i < 2 ? 0.0 : out->depth;
        for (int k = 0; k < 3; ++k) {
            out->corners[i][k] = out->point[k] + a * out->u[k] + b * out->v[k];
        }
    }
}

/* NaN: nobody states it. */
static double kerf_of(const struct cfg_case *loaded, const struct cfg_cut *cut)
{
    if (!isnan(cut->kerf_mm)) {
        return cut->kerf_mm;
    }
    for (size_t i = 0; i < loaded->tool_count; ++i) {
        if (loaded->tools[i].shape == CFG_SHAPE_BLADE) {
            return loaded->tools[i].thickness_mm;
        }
    }
    return NAN;
}

/* Whether the far end of the plan's face lies in the bone, somewhere along it. */
static bool ends_inside(const struct cfg_mesh *mesh, const struct cfg_cut *cut,
                        const struct face *face)
{
    enum { POINTS = 9 };
    for (int i = 0; i < POINTS && mesh->report.closed; ++i) {
        const double a = face->half_width * (2.0 * i / (POINTS - 1) - 1.0);
        double p[3];
        for (int k = 0; k < 3; ++k) {
            p[k] = face->point[k] + a * face->u[k] + cut->size_mm[1] * face->v[k];
        }
        if (is_inside(mesh, p)) {
            return true;
        }
    }
    return false;
}

static void take_bone(const struct cfg_mesh *mesh, const struct cfg_cut *cut,
                      const struct face *face, struct cfg_cut_facts *facts)
{
    double near, far;
    if (!cfg_cut_section(mesh, face->point, face->u, face->v, face->half_width, cut->size_mm[1],
                         &near, &far) ||
        far < 0.0) {
        return; /* other bone in the same plane, not in the face */
    }
    facts->far_beyond = facts->far_beyond || ends_inside(mesh, cut, face);
    facts->near_cortex_mm = facts->has_bone ? fmin(facts->near_cortex_mm, near) : near;
    facts->far_cortex_mm = facts->has_bone ? fmax(facts->far_cortex_mm, far) : far;
    facts->has_bone = true;
}

/* The tumour with the least margin counts. */
static void take_tumour(size_t model, double face_mm, double plane_mm, struct cfg_cut_facts *facts)
{
    const bool beyond = plane_mm <= 0.0 && face_mm > 0.0;
    const double margin_mm = beyond ? face_mm : plane_mm;
    if (!facts->has_tumour || margin_mm < facts->margin_mm) {
        facts->has_tumour = true;
        facts->tumour = model;
        facts->margin_mm = margin_mm;
        facts->face_margin_mm = face_mm;
        facts->tumour_cut = face_mm <= 0.0;
        facts->plane_cuts = beyond;
    }
}

static int by_distance(const void *a, const void *b)
{
    const double x = ((const struct cfg_cut_passing *)a)->distance_mm;
    const double y = ((const struct cfg_cut_passing *)b)->distance_mm;
    return (x > y) - (x < y);
}

enum nav_status cfg_cut_facts(const struct cfg_case *loaded, size_t index,
                              struct cfg_cut_facts *out_facts)
{
    if (index >= loaded->cut_count) {
        return NAV_ERR_ARGUMENT;
    }
    const struct cfg_cut *cut = &loaded->cuts[index];
    const double kerf_mm = kerf_of(loaded, cut);
    struct cfg_cut_facts facts = {.kerf_mm = isnan(kerf_mm) ? 0.0 : kerf_mm,
                                  .kerf_known = !isnan(kerf_mm)};
    struct face face, slot;
    make_face(cut, 0.0, &face);
    make_face(cut, -0.5 * cut->margin_side * facts.kerf_mm, &slot);
    for (size_t i = 0; i < loaded->model_count; ++i) {
        const struct cfg_model *model = &loaded->models[i];
        if (model->mesh == NULL) {
            return NAV_ERR_ARGUMENT;
        }
        if (model->role == CFG_ROLE_BONE) {
            take_bone(model->mesh, cut, &face, &facts);
            continue;
        }
        const double half = 0.5 * facts.kerf_mm;
        const double clear = fmax(0.0, mesh_face(model->mesh, &slot) - half);
        if (model->role == CFG_ROLE_TUMOUR) {
            take_tumour(i, clear, fmax(0.0, mesh_plane(model->mesh, &slot) - half), &facts);
        }
        if (clear < model->caution_mm || clear <= 0.0) {
            facts.passing[facts.passing_count++] = (struct cfg_cut_passing){i, clear, clear <= 0.0};
        }
    }
    qsort(facts.passing, facts.passing_count, sizeof(facts.passing[0]), by_distance);
    *out_facts = facts;
    return NAV_OK;
}
