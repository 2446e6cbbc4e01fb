/* Numbers here are millimetres and degrees of an average adult pelvis, chosen by eye against
 * anatomical atlases and CT; they are shapes, not limits, and have no meaning outside this file. */
#include "phantom_sdf.h"

#include "sdf.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define RADIANS(degrees) ((degrees) * (3.14159265358979323846 / 180.0))
#define COUNT(array) ((int)(sizeof(array) / sizeof((array)[0])))

/* --- curves and tables ------------------------------------------------------------------- */

struct knot {
    double at, value;
};

/* Cubic through knots with ascending `at`, slopes limited so that it never overshoots; constant
 * outside. */
static double curve(const struct knot *knots, int count, double at)
{
    if (at <= knots[0].at) {
        return knots[0].value;
    }
    if (at >= knots[count - 1].at) {
        return knots[count - 1].value;
    }
    int i = 0;
    while (at > knots[i + 1].at) {
        ++i;
    }
    const double h = knots[i + 1].at - knots[i].at;
    const double slope = (knots[i + 1].value - knots[i].value) / h;
    double m0 = 0.0, m1 = 0.0;
    if (i > 0) {
        const double before =
            (knots[i].value - knots[i - 1].value) / (knots[i].at - knots[i - 1].at);
        m0 = before * slope > 0.0 ? 2.0 * before * slope / (before + slope) : 0.0;
    }
    if (i + 2 < count) {
        const double after =
            (knots[i + 2].value - knots[i + 1].value) / (knots[i + 2].at - knots[i + 1].at);
        m1 = after * slope > 0.0 ? 2.0 * after * slope / (after + slope) : 0.0;
    }
    const double t = (at - knots[i].at) / h;
    const double t2 = t * t, t3 = t2 * t;
    return (2.0 * t3 - 3.0 * t2 + 1.0) * knots[i].value + (t3 - 2.0 * t2 + t) * h * m0 +
           (3.0 * t2 - 2.0 * t3) * knots[i + 1].value + (t3 - t2) * h * m1;
}

/* A function of two variables on a regular grid, read bilinearly, clamped at its rim. */
struct table {
    double u0, v0, step;
    int nu, nv;
    double *values; /* [v][u] */
};

static bool table_init(struct table *table, double u0, double u1, double v0, double v1, double step)
{
    table->u0 = u0;
    table->v0 = v0;
    table->step = step;
    table->nu = (int)((u1 - u0) / step + 0.5) + 1;
    table->nv = (int)((v1 - v0) / step + 0.5) + 1;
    table->values = calloc((size_t)table->nu * (size_t)table->nv, sizeof(*table->values));
    return table->values != NULL;
}

static double *table_cell(const struct table *table, int iu, int iv)
{
    return &table->values[(size_t)iv * (size_t)table->nu + (size_t)iu];
}

static double table_at(const struct table *table, double u, double v)
{
    const double gu = sdf_clamp((u - table->u0) / table->step, 0.0, (double)table->nu - 1.001);
    const double gv = sdf_clamp((v - table->v0) / table->step, 0.0, (double)table->nv - 1.001);
    const int iu = (int)gu, iv = (int)gv;
    const double tu = gu - iu, tv = gv - iv;
    const double *low = table_cell(table, iu, iv);
    const double *high = low + table->nu;
    return sdf_mix(sdf_mix(low[0], low[1], tu), sdf_mix(high[0], high[1], tu), tv);
}

/* Rounds what the table holds: `passes` box filters of half-width `radius` cells. */
static bool table_blur(struct table *table, int radius, int passes)
{
    const int longest = table->nu > table->nv ? table->nu : table->nv;
    double *line = malloc((size_t)longest * sizeof(*line));
    if (line == NULL) {
        return false;
    }
    for (int pass = 0; pass < passes; ++pass) {
        for (int direction = 0; direction < 2; ++direction) {
            const int lines = direction == 0 ? table->nv : table->nu;
            const int length = direction == 0 ? table->nu : table->nv;
            for (int l = 0; l < lines; ++l) {
                for (int i = 0; i < length; ++i) {
                    line[i] = direction == 0 ? *table_cell(table, i, l) : *table_cell(table, l, i);
                }
                for (int i = 0; i < length; ++i) {
                    double sum = 0.0;
                    for (int j = i - radius; j <= i + radius; ++j) {
                        sum += line[j < 0 ? 0 : (j >= length ? length - 1 : j)];
                    }
                    *(direction == 0 ? table_cell(table, i, l) : table_cell(table, l, i)) =
                        sum / (2 * radius + 1);
                }
            }
        }
    }
    free(line);
    return true;
}

/* Signed distance to a closed polygon, even-odd inside. */
static double polygon_distance(const double (*corners)[2], int count, double u, double v)
{
    double square = 1e30;
    bool inside = false;
    for (int i = 0, j = count - 1; i < count; j = i++) {
        const double eu = corners[j][0] - corners[i][0], ev = corners[j][1] - corners[i][1];
        const double wu = u - corners[i][0], wv = v - corners[i][1];
        const double t = sdf_clamp((wu * eu + wv * ev) / (eu * eu + ev * ev), 0.0, 1.0);
        const double du = wu - eu * t, dv = wv - ev * t;
        square = sdf_min(square, du * du + dv * dv);
        if ((corners[i][1] > v) != (corners[j][1] > v) &&
            u < (corners[j][0] - corners[i][0]) * (v - corners[i][1]) /
                        (corners[j][1] - corners[i][1]) +
                    corners[i][0]) {
            inside = !inside;
        }
    }
    return inside ? -sqrt(square) : sqrt(square);
}

/* --- tubes: nerve roots and vessels --------------------------------------------------------- */

enum { TUBE_POINTS_MAX = PHANTOM_LINE_MAX, TUBE_STEPS = 6, TUBE_GROUP = 8 };

struct tube {
    int count;
    double points[TUBE_POINTS_MAX][3];
    double radii[TUBE_POINTS_MAX];
    struct phantom_box box;                                      /* with radii */
    struct phantom_box groups[TUBE_POINTS_MAX / TUBE_GROUP + 1]; /* likewise */
};

static void box_reset(struct phantom_box *box)
{
    for (int i = 0; i < 3; ++i) {
        box->low[i] = 1e9;
        box->high[i] = -1e9;
    }
}

static void box_add(struct phantom_box *box, const double p[3], double radius)
{
    for (int i = 0; i < 3; ++i) {
        box->low[i] = sdf_min(box->low[i], p[i] - radius);
        box->high[i] = sdf_max(box->high[i], p[i] + radius);
    }
}

static struct phantom_box box_join(struct phantom_box a, struct phantom_box b)
{
    box_add(&a, b.low, 0.0);
    box_add(&a, b.high, 0.0);
    return a;
}

/* Smooth curve through `count` control points {x, y, z, radius}. */
static void tube_from(struct tube *tube, const double (*controls)[4], int count)
{
    tube->count = 0;
    for (int i = 0; i + 1 < count; ++i) {
        const double *before = controls[i > 0 ? i - 1 : 0];
        const double *from = controls[i];
        const double *to = controls[i + 1];
        const double *after = controls[i + 2 < count ? i + 2 : count - 1];
        const int steps = i + 2 < count ? TUBE_STEPS : TUBE_STEPS + 1;
        for (int j = 0; j < steps && tube->count < TUBE_POINTS_MAX; ++j) {
            const double t = (double)j / TUBE_STEPS, t2 = t * t, t3 = t2 * t;
            double value[4];
            for (int k = 0; k < 4; ++k) {
                value[k] = 0.5 * (2.0 * from[k] + (to[k] - before[k]) * t +
                                  (2.0 * before[k] - 5.0 * from[k] + 4.0 * to[k] - after[k]) * t2 +
                                  (3.0 * from[k] - before[k] - 3.0 * to[k] + after[k]) * t3);
            }
            memcpy(tube->points[tube->count], value, sizeof(tube->points[0]));
            tube->radii[tube->count] = value[3];
            ++tube->count;
        }
    }
    box_reset(&tube->box);
    for (int i = 0; i < tube->count; ++i) {
        box_add(&tube->box, tube->points[i], tube->radii[i]);
    }
    for (int g = 0; g * TUBE_GROUP < tube->count; ++g) {
        box_reset(&tube->groups[g]);
        for (int i = g * TUBE_GROUP; i <= (g + 1) * TUBE_GROUP && i < tube->count; ++i) {
            box_add(&tube->groups[g], tube->points[i], tube->radii[i]);
        }
    }
}

/* The same with x mirrored for side -1. */
static void tube_mirrored(struct tube *tube, const double (*controls)[4], int count, double side)
{
    double mirrored[16][4];
    for (int i = 0; i < count; ++i) {
        memcpy(mirrored[i], controls[i], sizeof(mirrored[i]));
        mirrored[i][0] *= side;
    }
    tube_from(tube, (const double(*)[4])mirrored, count);
}

/* Exact below `reach`; farther away a lower bound that is at least `reach`. */
static double tube_distance(const struct tube *tube, const double p[3], double reach)
{
    const double far = sdf_outside_box(p, tube->box.low, tube->box.high);
    if (far > 0.0 && far >= reach) {
        return far;
    }
    double best = 1e9;
    for (int g = 0; g * TUBE_GROUP < tube->count; ++g) {
        const double bound = sdf_outside_box(p, tube->groups[g].low, tube->groups[g].high);
        if (bound > 0.0 && (bound >= best || bound >= reach)) {
            best = sdf_min(best, sdf_max(bound, reach));
            continue;
        }
        for (int i = g * TUBE_GROUP; i < (g + 1) * TUBE_GROUP && i + 1 < tube->count; ++i) {
            best = sdf_min(best, sdf_capsule(p, tube->points[i], tube->points[i + 1],
                                             tube->radii[i], tube->radii[i + 1]));
        }
    }
    return best;
}

/* --- the phantom ------------------------------------------------------------------------------ */

enum { SPINE_POINTS = 480, TUMOUR_LOBES = 9, ARTERY_TUBES = 7, VEIN_TUBES = 7 };

/* Of one side, in (|x|, s, n). */
struct foramen {
    double inside[3], dorsal[3], hole;
    double deep[3], ventral[3], mouth;
};

struct phantom {
    struct phantom_parameters parameters;
    /* The curve: points, heading, every half millimetre of s. */
    double spine_y[SPINE_POINTS], spine_z[SPINE_POINTS], spine_heading[SPINE_POINTS];
    struct table unbend_s, unbend_n; /* over (y, z) */
    /* Sacrum over (|x|, s): outline of the plate and its two faces. */
    struct table outline, dorsal, ventral;
    /* Hip over (y, z): outline of the iliac blade, its middle surface x and half thickness. */
    struct table wing_outline, wing_middle, wing_half;
    struct foramen foramina[PHANTOM_FORAMEN_PAIRS];
    struct tube roots[PHANTOM_ROOTS];
    struct tube arteries[ARTERY_TUBES], veins[VEIN_TUBES];
    double lobe_centre[TUMOUR_LOBES][3], lobe_radius[TUMOUR_LOBES];
    struct phantom_box boxes[PHANTOM_STRUCTURES]; /* before scale */
};

static const double spine_first_s = -95.0, spine_step = 0.5;

#define BONE "#e8dcc0"
static const struct phantom_info infos[PHANTOM_STRUCTURES] = {
    [PHANTOM_SACRUM] = {"Sacrum", "sacrum", "bone", BONE, 0.5, 0.65, 130000, true},
    [PHANTOM_HIP_RIGHT] = {"Hip right", "hip_right", "bone", BONE, 1.0, 1.1, 45000, true},
    [PHANTOM_HIP_LEFT] = {"Hip left", "hip_left", "bone", BONE, 1.0, 1.1, 45000, true},
    [PHANTOM_L5] = {"L5", "l5", "bone", BONE, 1.0, 0.8, 24000, true},
    [PHANTOM_DISC] = {"Disc L5-S1", "disc_l5_s1", "other", "#b8c4c8", 1.0, 0.8, 6000, false},
    [PHANTOM_TUMOUR] = {"Tumour", "tumour", "tumour", "#3fae49", 1.0, 0.7, 16000, false},
    [PHANTOM_DURA] = {"Dural sac", "dural_sac", "dura", "#3f7fd0", 1.0, 0.7, 8000, false},
    [PHANTOM_ARTERIES] = {"Arteries", "arteries", "vessel", "#c8322d", 1.0, 0.8, 16000, false},
    [PHANTOM_VEINS] = {"Veins", "veins", "vessel", "#6f8ba8", 1.0, 0.8, 16000, false},
#define ROOT_INFO(level, side, suffix, voxel)                                                      \
    {                                                                                              \
        "Root " level " " side, "root_" suffix, "nerve", "#8e44c8", 1.0, (voxel), 3000, false      \
    }
    [PHANTOM_ROOT_L5_RIGHT] = ROOT_INFO("L5", "right", "l5_right", 0.5),
    [PHANTOM_ROOT_L5_LEFT] = ROOT_INFO("L5", "left", "l5_left", 0.5),
    [PHANTOM_ROOT_S1_RIGHT] = ROOT_INFO("S1", "right", "s1_right", 0.5),
    [PHANTOM_ROOT_S1_LEFT] = ROOT_INFO("S1", "left", "s1_left", 0.5),
    [PHANTOM_ROOT_S2_RIGHT] = ROOT_INFO("S2", "right", "s2_right", 0.45),
    [PHANTOM_ROOT_S2_LEFT] = ROOT_INFO("S2", "left", "s2_left", 0.45),
    [PHANTOM_ROOT_S3_RIGHT] = ROOT_INFO("S3", "right", "s3_right", 0.4),
    [PHANTOM_ROOT_S3_LEFT] = ROOT_INFO("S3", "left", "s3_left", 0.4),
    [PHANTOM_ROOT_S4_RIGHT] = ROOT_INFO("S4", "right", "s4_right", 0.32),
    [PHANTOM_ROOT_S4_LEFT] = ROOT_INFO("S4", "left", "s4_left", 0.32),
    [PHANTOM_ROOT_S5_RIGHT] = ROOT_INFO("S5", "right", "s5_right", 0.25),
    [PHANTOM_ROOT_S5_LEFT] = ROOT_INFO("S5", "left", "s5_left", 0.25),
#undef ROOT_INFO
};

const struct phantom_info *phantom_info(enum phantom_structure structure)
{
    return &infos[structure];
}

/* --- the curved frame --------------------------------------------------------------------- */

/* Heading of the curve against straight down, positive towards dorsal, degrees. */
static const struct knot heading_knots[] = {
    {-95, 6}, {-60, 13}, {-38, 19}, {-11, 31}, {0, 37},  {15, 44},   {30, 46},
    {42, 42}, {55, 32},  {65, 21},  {76, 9},   {94, -7}, {109, -18}, {130, -38},
};

static void make_spine(struct phantom *phantom)
{
    const double pivot = 25.0; /* the heading about which kyphosis scales */
    for (int i = 0; i < SPINE_POINTS; ++i) {
        const double s = spine_first_s + spine_step * i;
        const double heading = curve(heading_knots, COUNT(heading_knots), s);
        phantom->spine_heading[i] =
            RADIANS(pivot + (heading - pivot) * phantom->parameters.kyphosis);
    }
    phantom->spine_y[0] = phantom->spine_z[0] = 0.0;
    for (int i = 1; i < SPINE_POINTS; ++i) {
        const double heading = 0.5 * (phantom->spine_heading[i - 1] + phantom->spine_heading[i]);
        phantom->spine_y[i] = phantom->spine_y[i - 1] + spine_step * sin(heading);
        phantom->spine_z[i] = phantom->spine_z[i - 1] - spine_step * cos(heading);
    }
    const int origin = (int)(-spine_first_s / spine_step);
    const double y0 = phantom->spine_y[origin], z0 = phantom->spine_z[origin];
    for (int i = 0; i < SPINE_POINTS; ++i) {
        phantom->spine_y[i] -= y0;
        phantom->spine_z[i] -= z0;
    }
}

static void spine_at(const struct phantom *phantom, double s, double *out_y, double *out_z,
                     double *out_heading)
{
    const double at = sdf_clamp((s - spine_first_s) / spine_step, 0.0, SPINE_POINTS - 1.001);
    const int i = (int)at;
    const double t = at - i;
    *out_heading = sdf_mix(phantom->spine_heading[i], phantom->spine_heading[i + 1], t);
    /* Beyond the ends the curve goes on straight. */
    const double rest = s - (spine_first_s + at * spine_step);
    *out_y = sdf_mix(phantom->spine_y[i], phantom->spine_y[i + 1], t) + rest * sin(*out_heading);
    *out_z = sdf_mix(phantom->spine_z[i], phantom->spine_z[i + 1], t) - rest * cos(*out_heading);
}

/* Unscaled. */
static void bend(const struct phantom *phantom, double x, double s, double n, double out_p[3])
{
    double y, z, heading;
    spine_at(phantom, s, &y, &z, &heading);
    out_p[0] = x;
    out_p[1] = y + n * cos(heading);
    out_p[2] = z + n * sin(heading);
}

static bool make_unbend(struct phantom *phantom)
{
    if (!table_init(&phantom->unbend_s, -75.0, 115.0, -135.0, 80.0, 1.0) ||
        !table_init(&phantom->unbend_n, -75.0, 115.0, -135.0, 80.0, 1.0)) {
        return false;
    }
    for (int iv = 0; iv < phantom->unbend_s.nv; ++iv) {
        for (int iu = 0; iu < phantom->unbend_s.nu; ++iu) {
            const double y = phantom->unbend_s.u0 + iu, z = phantom->unbend_s.v0 + iv;
            int nearest = 0;
            double square = 1e30;
            for (int i = 0; i < SPINE_POINTS; i += 2) {
                const double dy = y - phantom->spine_y[i], dz = z - phantom->spine_z[i];
                if (dy * dy + dz * dz < square) {
                    square = dy * dy + dz * dz;
                    nearest = i;
                }
            }
            double s = spine_first_s + nearest * spine_step, n = 0.0;
            for (int step = 0; step < 4; ++step) { /* Newton on the foot point */
                double cy, cz, heading;
                spine_at(phantom, s, &cy, &cz, &heading);
                const double dy = y - cy, dz = z - cz;
                n = dy * cos(heading) + dz * sin(heading);
                s += sdf_clamp(dy * sin(heading) - dz * cos(heading), -2.0, 2.0);
            }
            *table_cell(&phantom->unbend_s, iu, iv) = s;
            *table_cell(&phantom->unbend_n, iu, iv) = n;
        }
    }
    return true;
}

/* Image space to (x, s, n), unscaled. */
static void unbend(const struct phantom *phantom, const double p[3], double out_c[3])
{
    out_c[0] = p[0];
    out_c[1] = table_at(&phantom->unbend_s, p[1], p[2]);
    out_c[2] = table_at(&phantom->unbend_n, p[1], p[2]);
}

/* --- sacrum --------------------------------------------------------------------------------- */

static const struct knot body_width[] = {
    {-60, 25},   {-40, 26},  {-30, 23.5}, {-22, 23},  {-12, 25.5}, {0, 26},    {5, 25},
    {15, 21.5},  {30, 18.5}, {42, 16.5},  {55, 15.5}, {65, 14.5},  {76, 13.5}, {94, 12},
    {109, 10.5}, {113, 8},   {117, 9},    {123, 6},   {130, 3.5},
};
static const struct knot body_depth[] = {
    {-60, 17}, {-40, 17}, {-30, 15.5}, {-22, 15.5}, {-12, 16.5}, {0, 16.5},
    {6, 15.5}, {18, 13},  {30, 11.8},  {42, 9.3},   {55, 8.2},   {65, 7},
    {76, 6.4}, {94, 5.2}, {109, 4.2},  {113, 3.3},  {117, 3.6},  {130, 2.4},
};
static const struct knot canal_depth_middle[] = {
    {-90, 24},  {-40, 25},  {-12, 24.5}, {0, 23.5}, {18, 20},   {30, 17.8}, {42, 14.6},
    {55, 12.2}, {65, 10.4}, {76, 9.4},   {94, 7.8}, {109, 6.2}, {120, 5.5},
};
static const struct knot canal_half_depth[] = {
    {-90, 8.5}, {-12, 8},  {0, 7.5}, {18, 6.6}, {30, 5.9}, {42, 5},
    {55, 3.9},  {65, 3.4}, {76, 3},  {94, 2.5}, {104, 2},  {116, 0.4},
};
static const struct knot canal_half_width[] = {
    {-90, 12}, {-20, 13}, {0, 15.5}, {18, 14}, {30, 13}, {55, 10.5}, {76, 9}, {94, 7.5}, {120, 5},
};
static const struct knot lamina_top[] = {
    {0, 35},  {8, 34},    {18, 32}, {30, 28.5}, {42, 24.5}, {55, 20.5},
    {65, 18}, {76, 16.2}, {94, 13}, {109, 9},   {130, 5},
};
static const struct knot groove_top[] = {
    {0, 28}, {15, 25.5}, {30, 21.5}, {42, 17.5}, {55, 13.5}, {65, 11}, {76, 9.5}, {94, 7}, {130, 3},
};
static const struct knot crest_top[] = {
    {-5, 19},   {8, 24},    {20, 26}, {32, 23.5}, {42, 19.5},
    {55, 14.5}, {65, 11.5}, {76, 9},  {94, 6},    {130, 3},
};
static const struct knot edge_top[] = {
    {-5, 11}, {10, 15},  {20, 15.5}, {30, 14}, {42, 10},
    {55, 6},  {65, 4.5}, {76, 3.8},  {94, 3},  {130, 2},
};
static const struct knot foramen_ventral[] = {
    {-5, -2},   {5, -8},    {15, -10.5}, {30, -10},   {42, -8.5}, {55, -7.2},
    {65, -6.4}, {76, -5.6}, {94, -4.4},  {109, -3.4}, {130, -2},
};
static const struct knot edge_ventral[] = {
    {-5, 6},  {8, 2},     {20, -2.5}, {30, -4.5},  {42, -4.5},
    {55, -4}, {76, -3.4}, {94, -3},   {130, -1.5},
};
static const struct knot plate_width[] = {
    {-6, 42}, {0, 46},  {7, 54},  {15, 57.5}, {28, 57.5}, {38, 55},  {46, 49},    {53, 44},
    {62, 41}, {72, 38}, {82, 36}, {91, 31},   {97, 24},   {101, 17}, {109, 13.5}, {113, 12},
};

#define AT(knots, s) curve((knots), COUNT(knots), (s))

static const double foramen_s[PHANTOM_FORAMEN_PAIRS] = {31.0, 55.5, 75.0, 91.5};
static const double foramen_x[PHANTOM_FORAMEN_PAIRS] = {21.0, 19.5, 18.0, 16.5};
static const double root_radius[6] = {2.9, 2.7, 2.4, 1.8, 1.4, 1.0}; /* L5, S1 .. S5 */

/* Column of the dorsal foramina: a groove beside the laminae. */
static double groove_x(double s)
{
    static const struct knot knots[] = {{0, 24}, {31, 23}, {55, 21}, {75, 19}, {92, 17}, {110, 11}};
    return AT(knots, s);
}

static double dorsal_height(double ax, double s)
{
    const double width = sdf_max(AT(plate_width, s), groove_x(s) + 6.0);
    const double xs[5] = {0.0, 9.0, groove_x(s), sdf_min(groove_x(s) + 11.0, width - 3.0), width};
    const double hs[5] = {AT(lamina_top, s), AT(lamina_top, s) - 1.5, AT(groove_top, s),
                          AT(crest_top, s), AT(edge_top, s)};
    double height = hs[4] - 0.35 * sdf_max(ax - width, 0.0);
    for (int i = 0; i < 4; ++i) {
        if (ax < xs[i + 1]) {
            height = sdf_mix(hs[i], hs[i + 1], sdf_smoothstep(xs[i] - 1.0, xs[i + 1] + 1.0, ax));
            break;
        }
    }
    /* Median crest: a low ridge with a tubercle for each spinous process. */
    static const double spinous[4][3] = {
        {17, 9.0, 5}, {40, 9.5, 5.5}, {61, 7.0, 4.5}, {77, 4, 3.5}};
    const double ridge = sdf_smoothstep(8, 14, s) * (1.0 - sdf_smoothstep(76, 86, s));
    height += 1.6 * ridge * sdf_bell(ax, 3.5);
    for (int i = 0; i < 4; ++i) {
        height += spinous[i][1] * sdf_bell(s - spinous[i][0], spinous[i][2]) * sdf_bell(ax, 3.2);
    }
    /* Intermediate crest (fused facets) and lateral crest (fused transverse processes). */
    for (int i = 0; i < PHANTOM_FORAMEN_PAIRS; ++i) {
        const double fade_down = 1.0 - 0.18 * i;
        height += 2.4 * fade_down * sdf_bell(ax - 15.0 + 1.5 * i, 3.0) *
                  sdf_bell(s - (foramen_s[i] - 9.0), 4.5);
        height += 3.4 * fade_down * sdf_bell(ax - groove_x(s) - 11.0, 4.0) *
                  sdf_bell(s - (foramen_s[i] + 8.0), 5.0);
        height -=
            1.6 * fade_down * sdf_bell(ax - groove_x(s), 4.0) * sdf_bell(s - foramen_s[i], 4.5);
    }
    height += 4.0 * sdf_bell(ax - 40.0, 6.0) * sdf_bell(s - 6.0, 8.0);  /* transverse tubercle */
    height -= 4.0 * sdf_bell(ax - 47.0, 5.0) * sdf_bell(s - 26.0, 7.0); /* sacral tuberosity pit */
    height += 2.0 * sdf_bell(ax - 44.0, 4.0) * sdf_bell(s - 40.0, 5.0);
    return height;
}

static double ventral_height(double ax, double s)
{
    const double width = AT(plate_width, s);
    const double inner = AT(body_width, s) - 3.0;
    const double near = AT(foramen_ventral, s), rim = AT(edge_ventral, s);
    double height = sdf_mix(near, rim, sdf_smoothstep(inner, width + 4.0, ax));
    for (int i = 0; i < PHANTOM_FORAMEN_PAIRS; ++i) { /* the grooves in which the roots run */
        const double along = ax - foramen_x[i];
        const double reach = sdf_smoothstep(-6.0, 2.0, along) * sdf_bell(sdf_max(along - 6, 0), 9);
        height +=
            (3.2 - 0.5 * i) * reach * sdf_bell(s - foramen_s[i] - 0.30 * along, 5.0 - 0.4 * i);
    }
    return height;
}

/* Dorsal foramina are round holes, ventral ones funnels around the roots. */
static void make_foramina(struct phantom *phantom)
{
    for (int i = 0; i < PHANTOM_FORAMEN_PAIRS; ++i) {
        const double s = foramen_s[i], x = foramen_x[i];
        const double middle = AT(canal_depth_middle, s);
        const struct foramen foramen = {
            .inside = {x - 5.0, s - 1.0, middle - 1.0},
            .dorsal = {groove_x(s) + 0.5, s + 0.5, AT(groove_top, s) + 6.0},
            .hole = 3.4 - 0.3 * i,
            .deep = {x - 2.0, s - 2.0, middle - 2.0},
            .ventral = {x + 4.0, s + 3.0, AT(foramen_ventral, s) - 2.0},
            .mouth = 5.2 - 0.55 * i,
        };
        phantom->foramina[i] = foramen;
    }
}

static bool make_sacrum(struct phantom *phantom)
{
    static const double corners[][2] = {
        {-30, 3}, {22, 3},    {31, -1},  {38, -4.5},  {46, -2},  {53, 5},  {57, 14},
        {58, 28}, {55.5, 38}, {49, 46},  {44.5, 53},  {42, 62},  {39, 72}, {37, 82},
        {33, 90}, {26, 96},   {18, 100}, {14.5, 107}, {15, 111}, {9, 113}, {-30, 113},
    };
    make_foramina(phantom);
    if (!table_init(&phantom->outline, 0.0, 80.0, -25.0, 140.0, 0.5) ||
        !table_init(&phantom->dorsal, 0.0, 80.0, -25.0, 140.0, 0.5) ||
        !table_init(&phantom->ventral, 0.0, 80.0, -25.0, 140.0, 0.5)) {
        return false;
    }
    for (int iv = 0; iv < phantom->outline.nv; ++iv) {
        for (int iu = 0; iu < phantom->outline.nu; ++iu) {
            const double ax = 0.5 * iu, s = phantom->outline.v0 + 0.5 * iv;
            const double widen = ax / phantom->parameters.ala_scale;
            *table_cell(&phantom->outline, iu, iv) =
                polygon_distance(corners, COUNT(corners), widen, s);
            *table_cell(&phantom->dorsal, iu, iv) = dorsal_height(widen, s);
            *table_cell(&phantom->ventral, iu, iv) = ventral_height(widen, s);
        }
    }
    return table_blur(&phantom->outline, 4, 2) && table_blur(&phantom->dorsal, 2, 1) &&
           table_blur(&phantom->ventral, 2, 1);
}

/* Elliptic column of the vertebral bodies, without ends. */
static double body_column(const double c[3])
{
    double depth = AT(body_depth, c[1]);
    for (int i = 0; i < PHANTOM_FORAMEN_PAIRS; ++i) { /* transverse lines: where bodies fused */
        depth += 1.1 * sdf_bell(c[1] - foramen_s[i] + 0.5, 1.8);
    }
    const double width = AT(body_width, c[1]);
    const double x = fabs(c[0]) / width;
    /* Ventrally round, dorsally squarer and a little hollow. */
    double level;
    if (c[2] > 0.0) {
        const double n = c[2] / (depth * (1.0 - 0.12 * sdf_bell(c[0], 9.0)));
        level = cbrt(x * x * x + n * n * n);
    } else {
        const double n = c[2] / depth;
        level = sqrt(x * x + n * n);
    }
    return (level - 1.0) * sdf_min(depth, width);
}

static double canal(const double c[3])
{
    const double middle = AT(canal_depth_middle, c[1]);
    const double half = AT(canal_half_depth, c[1]);
    const double n = (c[2] - middle) / half;
    const double width =
        AT(canal_half_width, c[1]) * (1.0 - 0.22 * sdf_clamp(n, -1.5, 1.5)); /* triangular */
    return (sqrt(c[0] * c[0] / (width * width) + n * n) - 1.0) * half;
}

static double root_distance(const struct phantom *phantom, int root, const double p[3],
                            double reach)
{
    return tube_distance(&phantom->roots[root], p, reach);
}

static double nearest_root(const struct phantom *phantom, const double p[3], double reach)
{
    double best = reach;
    for (int root = 0; root < PHANTOM_ROOTS; ++root) {
        best = sdf_min(best, root_distance(phantom, root, p, best));
    }
    return best;
}

static double tumour(const struct phantom *phantom, const double p[3]);

/* Two octaves of roughness, and a slow swell that breaks the symmetry. */
static double roughness(const struct phantom *phantom, const double p[3])
{
    const uint64_t seed = sdf_hash(phantom->parameters.seed + 17);
    return 0.8 * sdf_noise(seed, p[0] / 19.0, p[1] / 19.0, p[2] / 19.0) +
           0.30 * sdf_noise(seed + 1, p[0] / 8.0, p[1] / 8.0, p[2] / 8.0) +
           0.09 * sdf_noise(seed + 2, p[0] / 3.2, p[1] / 3.2, p[2] / 3.2);
}

/* Beyond this from its box the sacrum answers with a mere bound. */
static const double sacrum_near = 6.0;

static double sacrum(const struct phantom *phantom, const double p[3])
{
    const struct phantom_box *box = &phantom->boxes[PHANTOM_SACRUM];
    const double far = sdf_outside_box(p, box->low, box->high);
    if (far > sacrum_near) {
        return far;
    }
    double c[3];
    unbend(phantom, p, c);
    const double ax = sqrt(c[0] * c[0] + 0.25);
    const double s = c[1], n = c[2];
    const double cm[3] = {ax, s, n};

    /* The column ends in a hollow S1 endplate and the tip of the coccyx. */
    const double dish = 1.6 * sdf_bell(sdf_length3(c[0] / 1.5, n, 0.0), 8.0);
    const double column = sdf_intersect(sdf_intersect(body_column(c), dish - s, 3.0),
                                        s - 121.0 + 0.05 * n * n + 0.06 * c[0] * c[0], 3.0);

    /* The plate: alae and lateral masses. Its edge leans, so that the sacrum is a wedge between
     * the hips: wider ventrally. */
    const double lean = ax + 0.20 * (n - 4.0) * sdf_smoothstep(24.0, 44.0, ax);
    const double faces =
        sdf_max(n - table_at(&phantom->dorsal, ax, s), table_at(&phantom->ventral, ax, s) - n);
    double d = sdf_intersect(0.85 * faces, table_at(&phantom->outline, lean, s), 5.0);
    /* Cranially the plate steps back from the interlaminar window. */
    const double window = sdf_max(sdf_max(s - 9.0 + 0.22 * ax, 15.5 - n), ax - 16.5);
    d = sdf_subtract(d, window, 3.0);
    d = sdf_union(d, column, 6.0);

    /* Superior articular processes, facing back and inwards. */
    static const double process_low[3] = {24.0, 9.0, 21.0}, process_high[3] = {23.5, -3.5, 27.5};
    d = sdf_union(d, sdf_capsule(cm, process_low, process_high, 8.5, 6.2), 7.0);
    const double facet = sdf_length3(ax - 11.0, 0.6 * (s + 4.0), n - 37.0) - 13.0;
    d = sdf_subtract(d, facet, 1.5);
    /* Cornua beside the hiatus and the horns of S5. */
    static const double cornu_high[3] = {10.5, 86.0, 12.0}, cornu_low[3] = {9.2, 105.0, 8.6};
    d = sdf_union(d, sdf_capsule(cm, cornu_high, cornu_low, 3.0, 2.8), 5.0);

    /* Canal, open below S4 and into the interlaminar window. */
    d = sdf_subtract(d, sdf_intersect(canal(c), s - 112.0, 6.0), 2.0);
    const double arch = 83.0 + 0.45 * ax * ax; /* the hiatus begins in a pointed arch */
    const double hiatus = sdf_intersect(
        sdf_intersect(ax - sdf_mix(4.5, 6.5, sdf_smoothstep(90.0, 104.0, s)), arch - s, 2.0),
        AT(canal_depth_middle, s) - n, 2.0);
    d = sdf_subtract(d, sdf_intersect(hiatus, s - 113.0, 8.0), 2.5);

    for (int i = 0; i < PHANTOM_FORAMEN_PAIRS; ++i) {
        const struct foramen *foramen = &phantom->foramina[i];
        if (fabs(s - foramen_s[i]) < 18.0 && ax < 45.0) {
            d = sdf_subtract(d,
                             sdf_capsule(cm, foramen->inside, foramen->dorsal, foramen->hole,
                                         foramen->hole + 0.4),
                             2.0);
            d = sdf_subtract(d,
                             sdf_capsule(cm, foramen->deep, foramen->ventral, foramen->mouth - 0.4,
                                         foramen->mouth + 1.2),
                             3.0);
        }
    }

    d += roughness(phantom, p);
    if (d < 6.0) { /* farther out none of these can reach the surface */
        d = sdf_subtract(d, nearest_root(phantom, p, 8.0) - 1.6, 1.0);
        d = sdf_max(d, 0.5 - tumour(phantom, p));
    }
    return d;
}

/* d without a gap around the sacrum. Where that knows only a bound it is left alone, lest the bound
 * show up as a depth inside the neighbour. */
static double without_sacrum(const struct phantom *phantom, const double p[3], double d, double gap)
{
    const double distance = sacrum(phantom, p);
    return distance < sacrum_near ? sdf_subtract(d, distance - gap, 1.2) : d;
}

/* --- tumour, dura --------------------------------------------------------------------------- */

static double dura(const struct phantom *phantom, const double p[3])
{
    const struct phantom_box *box = &phantom->boxes[PHANTOM_DURA];
    const double far = sdf_outside_box(p, box->low, box->high);
    if (far > 6.0) {
        return far;
    }
    double c[3];
    unbend(phantom, p, c);
    static const struct knot wide[] = {{-70, 8.4}, {-12, 8.2}, {5, 8},
                                       {20, 7},    {34, 5.4},  {46, 3.2}};
    static const struct knot deep[] = {{-70, 6},  {-12, 5.6}, {5, 5.2},
                                       {20, 4.6}, {34, 3.6},  {46, 2.2}};
    const double half_width = AT(wide, c[1]), half_depth = AT(deep, c[1]);
    const double n = c[2] - AT(canal_depth_middle, c[1]);
    const double level =
        sqrt(c[0] * c[0] / (half_width * half_width) + n * n / (half_depth * half_depth));
    const double tube = (level - 1.0) * half_depth;
    return sdf_intersect(sdf_intersect(tube, c[1] - 47.0, 5.0), -66.0 - c[1], 1.0);
}

static double tumour(const struct phantom *phantom, const double p[3])
{
    const struct phantom_box *box = &phantom->boxes[PHANTOM_TUMOUR];
    const double far = sdf_outside_box(p, box->low, box->high);
    if (far > 4.0) {
        return far;
    }
    double d = sdf_sphere(p, phantom->lobe_centre[0], phantom->lobe_radius[0]);
    for (int i = 1; i < TUMOUR_LOBES; ++i) {
        d = sdf_union(d, sdf_sphere(p, phantom->lobe_centre[i], phantom->lobe_radius[i]), 4.0);
    }
    const uint64_t seed = sdf_hash(phantom->parameters.seed + 29);
    d += 0.9 * sdf_noise(seed, p[0] / 9.0, p[1] / 9.0, p[2] / 9.0) +
         0.35 * sdf_noise(seed + 1, p[0] / 4.0, p[1] / 4.0, p[2] / 4.0);
    if (d > 6.0) {
        return d;
    }
    d = sdf_subtract(d, dura(phantom, p) - 1.5, 1.0);
    for (int root = 0; root < PHANTOM_ROOTS; ++root) {
        if (!phantom_root_encased(PHANTOM_ROOT_L5_RIGHT + (enum phantom_structure)root)) {
            d = sdf_subtract(d, root_distance(phantom, root, p, 8.0) - 1.5, 1.0);
        }
    }
    return d;
}

bool phantom_root_encased(enum phantom_structure root)
{
    return root == PHANTOM_ROOT_S2_RIGHT;
}

static void make_tumour(struct phantom *phantom)
{
    const struct phantom_parameters *parameters = &phantom->parameters;
    double centre[3];
    bend(phantom, parameters->tumour_curved[0], parameters->tumour_curved[1],
         parameters->tumour_curved[2], centre);
    memcpy(phantom->lobe_centre[0], centre, sizeof(centre));
    phantom->lobe_radius[0] = parameters->tumour_radius_mm;
    struct phantom_box *box = &phantom->boxes[PHANTOM_TUMOUR];
    box_reset(box);
    const uint64_t seed = sdf_hash(parameters->seed + 43);
    for (int i = 0; i < TUMOUR_LOBES; ++i) {
        if (i > 0) {
            /* Lobes spread evenly over the sphere (golden angle), each pushed by the seed. */
            const double turn = 2.39996322972865332 * i + 6.28 * sdf_hash_unit(seed);
            const double height = 1.0 - 2.0 * (i - 0.5) / (TUMOUR_LOBES - 1);
            const double ring = sqrt(1.0 - height * height);
            const uint64_t key = seed + 8 * (uint64_t)i;
            const double reach =
                parameters->tumour_radius_mm * sdf_mix(0.74, 0.94, sdf_hash_unit(key + 1));
            const double lobe[3] = {
                parameters->tumour_curved[0] + 0.95 * reach * ring * cos(turn),
                parameters->tumour_curved[1] + 1.00 * reach * ring * sin(turn),
                parameters->tumour_curved[2] + 0.85 * reach * height,
            };
            bend(phantom, lobe[0], lobe[1], lobe[2], phantom->lobe_centre[i]);
            phantom->lobe_radius[i] =
                parameters->tumour_radius_mm * sdf_mix(0.42, 0.60, sdf_hash_unit(key + 2));
        }
        box_add(box, phantom->lobe_centre[i], phantom->lobe_radius[i] + 2.0);
    }
}

/* --- L5 and disc ---------------------------------------------------------------------------- */

static double l5(const struct phantom *phantom, const double p[3])
{
    const struct phantom_box *box = &phantom->boxes[PHANTOM_L5];
    const double far = sdf_outside_box(p, box->low, box->high);
    if (far > 4.0) {
        return far;
    }
    double c[3];
    unbend(phantom, p, c);
    const double ax = sqrt(c[0] * c[0] + 0.25);
    const double cm[3] = {ax, c[1], c[2]};
    const double dish = 1.4 * sdf_bell(sdf_length3(c[0] / 1.5, c[2], 0.0), 8.0);
    /* The body is a wedge: higher in front. */
    const double bottom = -11.0 - 0.10 * c[2] - dish, top = -38.5 + dish;
    double d = sdf_intersect(sdf_intersect(body_column(c), c[1] - bottom, 3.0), top - c[1], 3.0);

    static const double pedicle_front[3] = {17.5, -31.0, 10.0},
                        pedicle_back[3] = {18.5, -30.0, 26.0};
    d = sdf_union(d, sdf_capsule(cm, pedicle_front, pedicle_back, 6.2, 5.6), 4.0);
    static const double transverse_in[3] = {19.0, -31.0, 21.0},
                        transverse_out[3] = {45.0, -35.0, 27.0};
    d = sdf_union(d, sdf_capsule(cm, transverse_in, transverse_out, 7.5, 4.6), 6.0);
    static const double lamina_out[3] = {16.0, -26.0, 33.0}, lamina_in[3] = {2.5, -20.0, 40.0};
    d = sdf_union(d, sdf_capsule(cm, lamina_out, lamina_in, 6.2, 5.2), 5.0);
    d = sdf_union(d, sdf_ellipsoid(c, 0.0, -17.0, 51.0, 4.4, 10.0, 15.0), 5.0);
    static const double inferior_high[3] = {14.0, -20.0, 34.0},
                        inferior_low[3] = {14.5, -4.0, 36.0};
    d = sdf_union(d, sdf_capsule(cm, inferior_high, inferior_low, 6.6, 6.0), 5.0);
    static const double superior_low[3] = {19.0, -32.0, 28.0},
                        superior_high[3] = {20.0, -44.0, 32.0};
    d = sdf_union(d, sdf_capsule(cm, superior_low, superior_high, 6.2, 5.2), 5.0);

    d = sdf_subtract(d, canal(c), 2.0);
    d += 0.8 * roughness(phantom, p);
    if (d < 8.0) {
        d = sdf_subtract(d, nearest_root(phantom, p, 8.0) - 1.6, 1.0);
        d = without_sacrum(phantom, p, d, 1.5);
    }
    return d;
}

static double disc(const struct phantom *phantom, const double p[3])
{
    const struct phantom_box *box = &phantom->boxes[PHANTOM_DISC];
    const double far = sdf_outside_box(p, box->low, box->high);
    if (far > 4.0) {
        return far;
    }
    double c[3];
    unbend(phantom, p, c);
    double d = sdf_intersect(body_column(c) + 0.8, fabs(c[1] + 6.0) - 8.0, 2.0);
    d = sdf_subtract(d, canal(c) - 0.5, 1.0);
    d = sdf_max(d, 0.4 - sacrum(phantom, p));
    d = sdf_max(d, 0.4 - l5(phantom, p));
    return sdf_max(d, 0.8 - nearest_root(phantom, p, 6.0));
}

/* --- hips ----------------------------------------------------------------------------------- */

static bool make_hips(struct phantom *phantom)
{
    /* Outline of the iliac blade as seen from the side, (y, z): crest from PSIS to ASIS, down to
     * AIIS, across the roof of the acetabulum, up the greater sciatic notch to PIIS. */
    static const double corners[][2] = {
        {47, -45},  {53, -32},  {52, -20},  {56, -7},   {54, 5},     {44, 18},
        {32, 29},   {18, 37},   {2, 42},    {-12, 44},  {-28, 39},   {-44, 30},
        {-60, 17},  {-75, 2},   {-88, -12}, {-95, -22}, {-94, -30},  {-86, -38},
        {-81, -48}, {-84, -57}, {-80, -66}, {-70, -80}, {-60, -100}, {-10, -104},
        {-2, -88},  {4, -72},   {8, -60},   {14, -50},  {24, -45},
    };
    static const double middle[7][6] = {
        /* y: -90  -60  -30    0   30   60 */
        {108, 100, 84, 76, 70, 66},  /* z -75 */
        {114, 105, 89, 74, 66, 60},  /* -55 */
        {121, 115, 99, 71, 58, 50},  /* -35 */
        {125, 125, 109, 72, 54, 46}, /* -15 */
        {133, 134, 122, 73, 54, 47}, /* 5 */
        {140, 137, 121, 84, 60, 52}, /* 25 */
        {146, 141, 118, 92, 68, 58}, /* 45 */
    };
    if (!table_init(&phantom->wing_outline, -115.0, 75.0, -120.0, 65.0, 1.0) ||
        !table_init(&phantom->wing_middle, -115.0, 75.0, -120.0, 65.0, 1.0) ||
        !table_init(&phantom->wing_half, -115.0, 75.0, -120.0, 65.0, 1.0)) {
        return false;
    }
    for (int iv = 0; iv < phantom->wing_outline.nv; ++iv) {
        for (int iu = 0; iu < phantom->wing_outline.nu; ++iu) {
            const double y = phantom->wing_outline.u0 + iu, z = phantom->wing_outline.v0 + iv;
            const double outline = polygon_distance(corners, COUNT(corners), y, z);
            *table_cell(&phantom->wing_outline, iu, iv) = outline;
            struct knot column[6], row[7];
            for (int r = 0; r < 7; ++r) {
                for (int k = 0; k < 6; ++k) {
                    column[k] = (struct knot){-90.0 + 30.0 * k, middle[r][k]};
                }
                row[r] = (struct knot){-75.0 + 20.0 * r, curve(column, 6, y)};
            }
            *table_cell(&phantom->wing_middle, iu, iv) = curve(row, 7, z);
            const double rim = sdf_bell(outline + 4.0, 6.5);
            double half = 2.6 + 3.6 * rim * sdf_smoothstep(-50.0, -20.0, z);
            half += 8.5 * sdf_bell(y - 12.0, 24.0) * sdf_bell(z + 18.0, 22.0);  /* SI joint */
            half += 4.5 * sdf_bell(y - 45.0, 14.0) * sdf_bell(z + 15.0, 26.0);  /* PSIS */
            half += 11.0 * sdf_bell(y + 36.0, 24.0) * sdf_bell(z + 80.0, 24.0); /* roof */
            half += 3.0 * sdf_bell(y + 52.0, 10.0) * sdf_bell(z - 18.0, 14.0);  /* iliac tubercle */
            half += 4.0 * sdf_bell(y + 10.0, 16.0) * sdf_bell(z + 50.0, 16.0);  /* arcuate line */
            *table_cell(&phantom->wing_half, iu, iv) = half;
        }
    }
    return table_blur(&phantom->wing_outline, 2, 2) && table_blur(&phantom->wing_middle, 5, 2) &&
           table_blur(&phantom->wing_half, 2, 1);
}

/* `side` is -1 right, +1 left. */
static double hip(const struct phantom *phantom, const double p[3], int side)
{
    const struct phantom_box *box =
        &phantom->boxes[side < 0 ? PHANTOM_HIP_RIGHT : PHANTOM_HIP_LEFT];
    const double far = sdf_outside_box(p, box->low, box->high);
    if (far > 5.0) {
        return far;
    }
    const double q[3] = {p[0] * side, p[1], p[2]};
    const double y = q[1], z = q[2];

    const double slope_y = 0.5 * (table_at(&phantom->wing_middle, y + 1.0, z) -
                                  table_at(&phantom->wing_middle, y - 1.0, z));
    const double slope_z = 0.5 * (table_at(&phantom->wing_middle, y, z + 1.0) -
                                  table_at(&phantom->wing_middle, y, z - 1.0));
    const double steep = sqrt(1.0 + slope_y * slope_y + slope_z * slope_z);
    const double sheet = fabs(q[0] - table_at(&phantom->wing_middle, y, z)) / steep -
                         table_at(&phantom->wing_half, y, z);
    double d = sdf_intersect(sheet, table_at(&phantom->wing_outline, y, z), 7.0);

    /* Around the acetabulum, ischium, pubis. */
    d = sdf_union(d, sdf_ellipsoid(q, 79.0, -37.0, -103.0, 30.0, 36.0, 36.0), 10.0);
    static const double ischium[4][3] = {
        {70, -14, -104}, {63, 4, -122}, {59, 14, -142}, {56, 4, -156}};
    static const double ischium_radius[4] = {18.0, 15.0, 13.5, 10.5};
    for (int i = 0; i < 3; ++i) {
        d = sdf_union(
            d, sdf_capsule(q, ischium[i], ischium[i + 1], ischium_radius[i], ischium_radius[i + 1]),
            6.0);
    }
    static const double spine_base[3] = {60, 4, -92}, spine_tip[3] = {50, 20, -100};
    d = sdf_union(d, sdf_capsule(q, spine_base, spine_tip, 8.0, 2.6), 6.0);
    static const double lower[4][3] = {
        {56, 4, -156}, {42, -18, -158}, {25, -46, -151}, {13, -66, -142}};
    static const double lower_radius[4] = {10.5, 8.0, 7.2, 9.0};
    static const double upper[4][3] = {
        {72, -60, -97}, {50, -78, -108}, {28, -85, -117}, {14, -84, -126}};
    static const double upper_radius[4] = {13.0, 8.5, 7.2, 8.5};
    for (int i = 0; i < 3; ++i) {
        d = sdf_union(
            d, sdf_capsule(q, lower[i], lower[i + 1], lower_radius[i], lower_radius[i + 1]), 5.0);
        d = sdf_union(
            d, sdf_capsule(q, upper[i], upper[i + 1], upper_radius[i], upper_radius[i + 1]), 5.0);
    }
    d = sdf_union(d, sdf_ellipsoid(q, 9.5, -74.0, -132.0, 12.0, 12.0, 23.0), 6.0);
    d = sdf_intersect(d, 3.0 - q[0], 3.0); /* symphysis */
    static const double cup[3] = {91.0, -40.0, -108.0};
    d = sdf_subtract(d, sdf_sphere(q, cup, 26.5), 2.5);
    static const double notch_in[3] = {88, -42, -120}, notch_out[3] = {94, -52, -142};
    d = sdf_subtract(d, sdf_capsule(q, notch_in, notch_out, 9.0, 8.0), 4.0);

    d += roughness(phantom, p);
    if (d < 10.0) {
        d = without_sacrum(phantom, p, d, 2.4);
        d = sdf_subtract(d, nearest_root(phantom, p, 8.0) - 2.0, 1.0);
    }
    return d;
}

/* --- roots ---------------------------------------------------------------------------------- */

static void make_roots(struct phantom *phantom)
{
    /* {x, s, n, radius factor}: from inside the dural sac, through lateral recess and foramen (with
     * the thicker ganglion), in front of the bone to the greater sciatic foramen. */
    static const double l5_line[][4] = {
        {4, -42, 24, 0.6},  {9, -33, 23, 0.8}, {14, -22, 20, 1.1}, {20, -17, 14, 1.35},
        {27, -10, 2, 1},    {33, -2, -12, 1},  {38, 16, -21, 1},   {43, 40, -19, 1.1},
        {49, 62, -12, 1.2}, {56, 80, -4, 1.3}, {62, 92, 8, 1.3},
    };
    enum { SACRAL_POINTS = 9 };
    double line[16][4];
    for (int root = 0; root < PHANTOM_ROOTS; ++root) {
        const int level = root / 2; /* 0 is L5 */
        const double side = root % 2 == 0 ? -1.0 : 1.0;
        int count = 0;
        if (level == 0) {
            count = COUNT(l5_line);
            memcpy(line, l5_line, sizeof(l5_line));
        } else if (level <= PHANTOM_FORAMEN_PAIRS) {
            const int i = level - 1;
            const double fs = foramen_s[i], fx = foramen_x[i];
            const double leave = sdf_min(fs - 24.0, 38.0);
            const double fv = AT(foramen_ventral, fs);
            const double recess = AT(canal_depth_middle, fs - 7.0);
            const double points[5][4] = {
                {2.0, leave, AT(canal_depth_middle, leave), 0.7},
                {sdf_mix(5.0, fx * 0.45, 0.5), 0.5 * (leave + fs - 7.0),
                 AT(canal_depth_middle, 0.5 * (leave + fs - 7.0)), 0.8},
                {fx * 0.62, fs - 7.0, recess - 0.5, 0.95},
                {fx - 1.0, fs - 1.0, 0.5 * (recess + fv) + 1.0, 1.35},
                {fx + 4.0, fs + 4.0, fv - 1.0, 1.1},
            };
            static const double tails[4][4][4] = {
                {{33, 47, -14, 1}, {43, 66, -13, 1.1}, {52, 83, -5, 1.15}, {59, 94, 8, 1.2}},
                {{33, 68, -13, 1}, {42, 80, -11, 1.05}, {50, 89, -4, 1.1}, {56, 97, 8, 1.1}},
                {{29, 86, -11, 1}, {38, 93, -8, 1}, {46, 98, -1, 1}, {52, 102, 8, 1}},
                {{24, 100, -9, 1}, {29, 106, -8, 0.9}, {34, 112, -5, 0.8}, {38, 118, -1, 0.7}},
            };
            memcpy(line, points, sizeof(points));
            memcpy(line + 5, tails[i], sizeof(tails[i]));
            count = SACRAL_POINTS;
        } else {
            static const double s5_line[][4] = {
                {1.5, 42, 14, 0.8}, {3.5, 62, 11, 0.9}, {5, 82, 8.8, 1},    {6, 100, 7.2, 1},
                {10, 111, 6, 1.1},  {15, 116, 2, 1},    {19, 121, -3, 0.9}, {22, 127, -5, 0.7},
            };
            count = COUNT(s5_line);
            memcpy(line, s5_line, sizeof(s5_line));
        }
        for (int i = 0; i < count; ++i) {
            double p[3];
            bend(phantom, side * line[i][0], line[i][1], line[i][2], p);
            memcpy(line[i], p, sizeof(p));
            line[i][3] *= root_radius[level];
        }
        tube_from(&phantom->roots[root], (const double(*)[4])line, count);
    }
}

/* --- vessels -------------------------------------------------------------------------------- */

static void make_vessels(struct phantom *phantom)
{
    /* Image space, {x, y, z, radius}. The aorta divides in front of L4/L5, left of the midline;
     * the caval confluence lies lower, on the right and behind. */
    static const double aorta[][4] = {
        {8, -50, 72, 8},
        {7, -51, 62, 8},
        {6, -53, 54, 7.4},
        {5, -54, 47, 6.8},
    };
    static const double common[2][6][4] = {
        {{5, -54, 51, 6.2},
         {-4, -57, 38, 5.2},
         {-15, -54, 24, 5},
         {-26, -46, 9, 5},
         {-35, -35, -5, 5},
         {-40, -33, -14, 4.8}},
        {{5, -54, 51, 6.2},
         {14, -55, 38, 5.2},
         {23, -51, 24, 5},
         {32, -43, 9, 5},
         {39, -34, -4, 5},
         {42, -33, -13, 4.8}},
    };
    static const double external[6][4] = {
        {39, -34, -10, 4.6}, {47, -42, -24, 4.4}, {55, -53, -40, 4.3},
        {61, -67, -58, 4.3}, {67, -81, -76, 4.2}, {73, -94, -90, 4.1},
    };
    static const double internal[5][4] = {
        {39, -32, -11, 4.2}, {37, -25, -22, 3.5}, {38, -15, -36, 3.2},
        {42, -3, -50, 2.8},  {45, 6, -62, 2.2},
    };
    static const double cava[][4] = {
        {-13, -43, 72, 9.2},
        {-12, -43, 58, 9.2},
        {-11, -43, 44, 8.8},
        {-10, -43, 35, 8},
    };
    static const double common_vein[2][5][4] = {
        {{-10, -43, 37, 7.4},
         {-20, -38, 22, 6},
         {-29, -30, 8, 5.8},
         {-38, -22, -5, 5.6},
         {-44, -17, -14, 5.4}},
        {{-10, -43, 37, 7.4},
         {1, -41, 25, 5.8},
         {15, -37, 14, 5.6},
         {30, -28, 2, 5.6},
         {42, -18, -11, 5.4}},
    };
    static const double external_vein[6][4] = {
        {42, -18, -11, 5},   {51, -27, -27, 4.9}, {56, -39, -44, 4.9},
        {58, -55, -62, 4.8}, {61, -72, -79, 4.7}, {65, -87, -93, 4.6},
    };
    static const double internal_vein[4][4] = {
        {42, -18, -11, 4.6},
        {47, -9, -24, 3.8},
        {48, 0, -38, 3.2},
        {50, 8, -52, 2.4},
    };
    tube_from(&phantom->arteries[0], aorta, COUNT(aorta));
    tube_from(&phantom->veins[0], cava, COUNT(cava));
    for (int i = 0; i < 2; ++i) {
        const double side = i == 0 ? -1.0 : 1.0;
        tube_from(&phantom->arteries[1 + i], common[i], COUNT(common[i]));
        tube_from(&phantom->veins[1 + i], common_vein[i], COUNT(common_vein[i]));
        tube_mirrored(&phantom->arteries[3 + i], external, COUNT(external), side);
        tube_mirrored(&phantom->arteries[5 + i], internal, COUNT(internal), side);
        tube_mirrored(&phantom->veins[3 + i], external_vein, COUNT(external_vein), side);
        tube_mirrored(&phantom->veins[5 + i], internal_vein, COUNT(internal_vein), side);
    }
}

static double vessels(const struct tube *tubes, int count, const double p[3])
{
    double d = 1e9;
    for (int i = 0; i < count; ++i) {
        d = sdf_union(d, tube_distance(&tubes[i], p, 12.0), 3.0);
    }
    return d;
}

/* --- the whole ------------------------------------------------------------------------------ */

static void box_grow(struct phantom_box *box, double margin)
{
    for (int i = 0; i < 3; ++i) {
        box->low[i] -= margin;
        box->high[i] += margin;
    }
}

/* Box of the curved region |x| <= x1, s0 <= s <= s1, n0 <= n <= n1. */
static struct phantom_box curved_box(const struct phantom *phantom, double x1, double s0, double s1,
                                     double n0, double n1)
{
    struct phantom_box box;
    box_reset(&box);
    for (double s = s0; s <= s1; s += 1.0) {
        for (int i = 0; i < 4; ++i) {
            double p[3];
            bend(phantom, i % 2 == 0 ? -x1 : x1, s, i < 2 ? n0 : n1, p);
            box_add(&box, p, 1.0);
        }
    }
    return box;
}

static void make_boxes(struct phantom *phantom)
{
    struct phantom_box *boxes = phantom->boxes;
    const double ala = 60.0 * phantom->parameters.ala_scale;
    /* Thick above, thin below: two regions fit closer than one. */
    boxes[PHANTOM_SACRUM] = box_join(curved_box(phantom, ala, -15.0, 60.0, -20.0, 44.0),
                                     curved_box(phantom, 46.0, 60.0, 130.0, -10.0, 26.0));
    boxes[PHANTOM_L5] = curved_box(phantom, 52.0, -52.0, 3.0, -20.0, 68.0);
    boxes[PHANTOM_DISC] = curved_box(phantom, 30.0, -16.0, 4.0, -20.0, 20.0);
    boxes[PHANTOM_DURA] = curved_box(phantom, 10.0, -68.0, 49.0, 6.0, 34.0);
    static const struct phantom_box hip_left = {{0.0, -104.0, -174.0}, {152.0, 64.0, 52.0}};
    boxes[PHANTOM_HIP_LEFT] = hip_left;
    boxes[PHANTOM_HIP_RIGHT] = hip_left;
    boxes[PHANTOM_HIP_RIGHT].low[0] = -hip_left.high[0];
    boxes[PHANTOM_HIP_RIGHT].high[0] = -hip_left.low[0];
    for (int root = 0; root < PHANTOM_ROOTS; ++root) {
        boxes[PHANTOM_ROOT_L5_RIGHT + root] = phantom->roots[root].box;
    }
    boxes[PHANTOM_ARTERIES] = phantom->arteries[0].box;
    for (int i = 1; i < ARTERY_TUBES; ++i) {
        boxes[PHANTOM_ARTERIES] = box_join(boxes[PHANTOM_ARTERIES], phantom->arteries[i].box);
    }
    boxes[PHANTOM_VEINS] = phantom->veins[0].box;
    for (int i = 1; i < VEIN_TUBES; ++i) {
        boxes[PHANTOM_VEINS] = box_join(boxes[PHANTOM_VEINS], phantom->veins[i].box);
    }
    for (int i = 0; i < PHANTOM_STRUCTURES; ++i) {
        box_grow(&boxes[i], 2.5);
    }
}

/* Seeded value in [low, high]. */
static double draw(uint64_t seed, uint64_t what, double low, double high)
{
    return sdf_mix(low, high, sdf_hash_unit(sdf_hash(seed) + 1000 * what));
}

enum nav_status phantom_create(uint64_t seed, struct phantom **out_phantom)
{
    struct phantom *phantom = calloc(1, sizeof(*phantom));
    if (phantom == NULL) {
        return NAV_ERR_MEMORY;
    }
    struct phantom_parameters *parameters = &phantom->parameters;
    parameters->seed = seed;
    parameters->scale = draw(seed, 1, 0.97, 1.03);
    parameters->kyphosis = draw(seed, 2, 0.92, 1.08);
    parameters->ala_scale = draw(seed, 3, 0.97, 1.03);
    parameters->tumour_curved[0] = draw(seed, 4, -15.0, -12.5);
    parameters->tumour_curved[1] = draw(seed, 5, 54.0, 58.0);
    parameters->tumour_curved[2] = draw(seed, 6, -13.0, -11.0);
    parameters->tumour_radius_mm = draw(seed, 7, 17.0, 18.5);
    make_spine(phantom);
    if (!make_unbend(phantom) || !make_sacrum(phantom) || !make_hips(phantom)) {
        phantom_destroy(phantom);
        return NAV_ERR_MEMORY;
    }
    make_roots(phantom);
    make_vessels(phantom);
    make_tumour(phantom);
    make_boxes(phantom);
    for (int i = 0; i < 3; ++i) {
        parameters->tumour_centre[i] = phantom->lobe_centre[0][i] * parameters->scale;
    }
    *out_phantom = phantom;
    return NAV_OK;
}

void phantom_destroy(struct phantom *phantom)
{
    if (phantom == NULL) {
        return;
    }
    struct table *tables[] = {&phantom->unbend_s,    &phantom->unbend_n, &phantom->outline,
                              &phantom->dorsal,      &phantom->ventral,  &phantom->wing_outline,
                              &phantom->wing_middle, &phantom->wing_half};
    for (int i = 0; i < COUNT(tables); ++i) {
        free(tables[i]->values);
    }
    free(phantom);
}

static double unscaled_distance(const struct phantom *phantom, enum phantom_structure structure,
                                const double p[3])
{
    switch (structure) {
    case PHANTOM_SACRUM:
        return sacrum(phantom, p);
    case PHANTOM_HIP_RIGHT:
        return hip(phantom, p, -1);
    case PHANTOM_HIP_LEFT:
        return hip(phantom, p, 1);
    case PHANTOM_L5:
        return l5(phantom, p);
    case PHANTOM_DISC:
        return disc(phantom, p);
    case PHANTOM_TUMOUR:
        return tumour(phantom, p);
    case PHANTOM_DURA:
        return dura(phantom, p);
    case PHANTOM_ARTERIES:
        return vessels(phantom->arteries, ARTERY_TUBES, p);
    case PHANTOM_VEINS:
        return vessels(phantom->veins, VEIN_TUBES, p);
    default:
        return root_distance(phantom, (int)structure - PHANTOM_ROOT_L5_RIGHT, p, 30.0);
    }
}

double phantom_distance(const struct phantom *phantom, enum phantom_structure structure,
                        const double p[3])
{
    const double scale = phantom->parameters.scale;
    const double q[3] = {p[0] / scale, p[1] / scale, p[2] / scale};
    return scale * unscaled_distance(phantom, structure, q);
}

double phantom_bone_distance(const struct phantom *phantom, const double p[3])
{
    double d = 1e9;
    for (int i = 0; i < PHANTOM_STRUCTURES; ++i) {
        if (infos[i].bone) {
            d = sdf_min(d, phantom_distance(phantom, (enum phantom_structure)i, p));
        }
    }
    return d;
}

struct phantom_box phantom_bounds(const struct phantom *phantom, enum phantom_structure structure)
{
    struct phantom_box box = phantom->boxes[structure];
    for (int i = 0; i < 3; ++i) {
        box.low[i] *= phantom->parameters.scale;
        box.high[i] *= phantom->parameters.scale;
    }
    return box;
}

void phantom_bend(const struct phantom *phantom, double x, double s, double n, double out_p[3])
{
    bend(phantom, x, s, n, out_p);
    for (int i = 0; i < 3; ++i) {
        out_p[i] *= phantom->parameters.scale;
    }
}

void phantom_bend_axes(const struct phantom *phantom, double s, double out_caudal[3],
                       double out_dorsal[3])
{
    double y, z, heading;
    spine_at(phantom, s, &y, &z, &heading);
    out_caudal[0] = out_dorsal[0] = 0.0;
    out_caudal[1] = sin(heading);
    out_caudal[2] = -cos(heading);
    out_dorsal[1] = cos(heading);
    out_dorsal[2] = sin(heading);
}

int phantom_root_line(const struct phantom *phantom, enum phantom_structure root,
                      double (*out_points)[3], double *out_radii)
{
    const struct tube *tube = &phantom->roots[(int)root - PHANTOM_ROOT_L5_RIGHT];
    for (int i = 0; i < tube->count; ++i) {
        for (int k = 0; k < 3; ++k) {
            out_points[i][k] = tube->points[i][k] * phantom->parameters.scale;
        }
        out_radii[i] = tube->radii[i] * phantom->parameters.scale;
    }
    return tube->count;
}

void phantom_foramen_centre(const struct phantom *phantom, int pair, int side, double out_p[3])
{
    /* The fifth control point of the root's line lies in the mouth of the ventral foramen. */
    const int root = 2 * (pair + 1) + (side < 0 ? 0 : 1);
    const double *p = phantom->roots[root].points[4 * TUBE_STEPS];
    for (int i = 0; i < 3; ++i) {
        out_p[i] = p[i] * phantom->parameters.scale;
    }
}

const struct phantom_parameters *phantom_parameters(const struct phantom *phantom)
{
    return &phantom->parameters;
}
