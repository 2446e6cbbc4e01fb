#include "cut_record.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cut_record_internal.h"

enum { SMOOTH_CELLS = 2 /* to each side: a surface is smooth over 2.5 mm */ };

/* What more passes say than deny. */
static bool cell_is_cut(const struct cell *cell)
{
    return cell->passes > cell->misses;
}

/* A point of the blade's edge in the cut's frame. */
struct edge_point {
    double u, v, d;
    double part; /* along the edge, 0 to 1 */
    double time; /* 0 before, 1 now */
};

static double dot(const double a[3], const double b[3])
{
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

struct trk_cut_record_options trk_cut_record_options_default(void)
{
    return (struct trk_cut_record_options){.cell_mm = 0.5,
                                           .contact_mm = 0.5,
                                           .rim_mm = 5.0,
                                           .band_mm = 10.0,
                                           .angle_rad = 30.0 * M_PI / 180.0,
                                           .step_mm = 10.0,
                                           .bend_mm = 0.2,
                                           .face_rad = 0.3 * M_PI / 180.0};
}

static bool is_frame(const struct trk_cut_plan *plan)
{
    const double tolerance = 1e-6;
    return fabs(dot(plan->normal, plan->normal) - 1.0) <= tolerance &&
           fabs(dot(plan->u, plan->u) - 1.0) <= tolerance &&
           fabs(dot(plan->u, plan->normal)) <= tolerance && isfinite(dot(plan->point_mm, plan->u));
}

/* Deepest v that is planned: the depth where one is stated, else the cut's own size. */
static double planned_v(const struct trk_cut_plan *plan)
{
    return plan->depth_mm > 0.0 ? plan->depth_mm : plan->size_mm[1];
}

static struct cell *cell_at(const struct trk_cut_record *record, uint32_t column, uint32_t row)
{
    return &record->cells[column + (size_t)row * record->columns];
}

const struct cell *cut_cell(const struct trk_cut_record *record, int64_t column, int64_t row)
{
    return column >= 0 && row >= 0 && column < record->columns && row < record->rows
               ? &record->cells[column + row * record->columns]
               : NULL;
}

void cut_to_image(const struct trk_cut_record *record, double u, double v, double d,
                  double out_mm[3])
{
    const struct trk_cut_plan *plan = &record->plan;
    for (int i = 0; i < 3; ++i) {
        out_mm[i] = plan->point_mm[i] + u * plan->u[i] + v * record->v[i] + d * plan->normal[i];
    }
}

/* The grid's place and size; cells grow until they fit. */
static void lay_grid(struct trk_cut_record *record)
{
    const double rim = record->options.rim_mm;
    const double wide = record->plan.size_mm[0] + 2.0 * rim;
    const double high = planned_v(&record->plan) + 2.0 * rim;
    record->cell_mm = record->options.cell_mm;
    for (;;) {
        const double columns = ceil(wide / record->cell_mm), rows = ceil(high / record->cell_mm);
        if (columns * rows <= NAV_CUT_CELLS_MAX) {
            record->columns = (uint32_t)columns;
            record->rows = (uint32_t)rows;
            break;
        }
        record->cell_mm *= 1.1;
    }
    record->low_u = -0.5 * record->columns * record->cell_mm;
    record->low_v = -rim;
}

/* A depth changes no faster than the place: a point deep inside or far outside answers for its
 * neighbours in the row. */
static void find_planned(struct trk_cut_record *record, const struct trk_bone_depth *bone)
{
    const double contact = record->options.contact_mm;
    for (uint32_t row = 0; row < record->rows; ++row) {
        const double v = cut_middle_v(record, row);
        if (v < 0.0 || v > planned_v(&record->plan)) {
            continue;
        }
        double known_at = -INFINITY, above = 0.0; /* depth less contact at a place of this row */
        for (uint32_t column = 0; column < record->columns; ++column) {
            const double u = cut_middle_u(record, column);
            if (fabs(u) > 0.5 * record->plan.size_mm[0]) {
                continue;
            }
            if (bone != NULL && !(u - known_at < fabs(above))) {
                double point[3];
                cut_to_image(record, u, v, 0.0, point);
                above = trk_bone_depth_at(bone, point) - contact;
                known_at = u;
            }
            const bool planned = bone == NULL || above >= 0.0;
            cell_at(record, column, row)->planned = planned;
            record->planned_count += planned;
        }
    }
}

enum nav_status trk_cut_record_create(const struct trk_cut_plan *plan,
                                      const struct trk_bone_depth *bone,
                                      const struct trk_cut_record_options *options,
                                      struct trk_cut_record **out_record)
{
    if (!is_frame(plan) || !(plan->size_mm[0] > 0.0) || !(planned_v(plan) > 0.0) ||
        !isfinite(plan->size_mm[0]) || !isfinite(planned_v(plan)) || !(options->cell_mm > 0.0)) {
        return NAV_ERR_ARGUMENT;
    }
    struct trk_cut_record *record = calloc(1, sizeof(*record));
    if (record == NULL) {
        return NAV_ERR_MEMORY;
    }
    record->plan = *plan;
    record->options = *options;
    record->bone = bone;
    for (int i = 0; i < 3; ++i) {
        const int j = (i + 1) % 3, k = (i + 2) % 3;
        record->v[i] = plan->normal[j] * plan->u[k] - plan->normal[k] * plan->u[j];
    }
    lay_grid(record);
    const size_t count = (size_t)record->columns * record->rows;
    record->cells = calloc(count, sizeof(*record->cells));
    record->points = calloc(count, 3 * sizeof(*record->points));
    if (record->cells == NULL || record->points == NULL) {
        trk_cut_record_destroy(record);
        return NAV_ERR_MEMORY;
    }
    find_planned(record, bone);
    *out_record = record;
    return NAV_OK;
}

void trk_cut_record_destroy(struct trk_cut_record *record)
{
    if (record == NULL) {
        return;
    }
    free(record->cells);
    free(record->points);
    free(record);
}

void trk_cut_record_clear(struct trk_cut_record *record)
{
    bool changed = false;
    for (size_t i = 0; i < (size_t)record->columns * record->rows; ++i) {
        changed = changed || cell_is_cut(&record->cells[i]);
        record->cells[i].sum = 0.0;
        record->cells[i].passes = 0;
        record->cells[i].misses = 0;
    }
    record->evidence = (struct trk_plane_evidence){.sweeps = {.count = 0.0}};
    record->last.cut = false;
    record->revision += changed;
}

void trk_cut_record_copy(struct trk_cut_record *to, const struct trk_cut_record *from)
{
    to->plan = from->plan;
    to->revision = from->revision;
    to->evidence = from->evidence;
    to->last = from->last;
    memcpy(to->cells, from->cells, (size_t)to->columns * to->rows * sizeof(to->cells[0]));
}

enum nav_status trk_cut_record_clone(const struct trk_cut_record *from,
                                     struct trk_cut_record **out_record)
{
    const size_t size = (size_t)from->columns * from->rows * sizeof(from->cells[0]);
    struct trk_cut_record *record = malloc(sizeof(*record));
    struct cell *cells = malloc(size);
    if (record == NULL || cells == NULL) {
        free(record);
        free(cells);
        return NAV_ERR_MEMORY;
    }
    *record = *from;
    record->cells = cells;
    record->points = NULL;
    memcpy(cells, from->cells, size);
    *out_record = record;
    return NAV_OK;
}

void trk_cut_record_memory(struct trk_cut_record *record,
                           struct trk_memory out_parts[TRK_CUT_RECORD_PARTS])
{
    out_parts[0] = (struct trk_memory){.start = record, .size = sizeof(*record)};
    out_parts[1] = (struct trk_memory){.start = record->cells,
                                       .size = (size_t)record->columns * record->rows *
                                               sizeof(record->cells[0])};
}

void trk_cut_record_set_kerf(struct trk_cut_record *record, double kerf_mm)
{
    record->plan.kerf_mm = kerf_mm;
}

uint32_t trk_cut_record_revision(const struct trk_cut_record *record)
{
    return record->revision;
}

/* ---- drawing the sweep ------------------------------------------------------------------------
 */

struct sweep {
    struct trk_cut_record *record;
    const double *depth[2]; /* along the edge: before, now */
    double shift;           /* from the blade's middle plane to its margin-side face, along the
                               planned normal */
    bool changed;
    double passes, u, v, d; /* in the bone: how many, and sums over them */
};

static double depth_along(const double depth[TRK_EDGE_SAMPLES], double part)
{
    const double at = fmin(fmax(part, 0.0), 1.0) * (TRK_EDGE_SAMPLES - 1);
    const int below = (int)fmin(at, TRK_EDGE_SAMPLES - 2);
    return depth[below] + (at - below) * (depth[below + 1] - depth[below]);
}

static void pass_cell(struct sweep *sweep, uint32_t column, uint32_t row, double deviation,
                      double part, double time)
{
    const double before = depth_along(sweep->depth[0], part);
    const double now = depth_along(sweep->depth[1], part);
    const bool in_bone = before + time * (now - before) >= sweep->record->options.contact_mm;
    struct cell *cell = cell_at(sweep->record, column, row);
    if (cell->passes == UINT32_MAX || cell->misses == UINT32_MAX) {
        return;
    }
    if (!in_bone) {
        sweep->changed = sweep->changed || cell_is_cut(cell);
        ++cell->misses;
        return;
    }
    const double face = deviation + sweep->shift;
    cell->sum += face;
    ++cell->passes;
    sweep->passes += 1.0;
    sweep->u += cut_middle_u(sweep->record, column);
    sweep->v += cut_middle_v(sweep->record, row);
    sweep->d += face;
    sweep->changed = true;
}

/* Whether the edge was there when the last sweep ended. */
static bool goes_on(const struct last_sweep *last, const struct trk_blade_pose *before)
{
    return last->cut && memcmp(last->corner_mm, before->corner_mm, sizeof(last->corner_mm)) == 0;
}

/* What the whole sweep says of the plane that is being cut. */
static void count_sweep(const struct sweep *sweep, const struct trk_blade_pose *before,
                        const struct trk_blade_pose *now)
{
    struct trk_cut_record *record = sweep->record;
    const double *faces[2] = {before->up, now->up};
    double slope_u = 0.0, slope_v = 0.0;
    struct last_sweep last = {.cut = sweep->passes > 0.0};
    memcpy(last.corner_mm, now->corner_mm, sizeof(last.corner_mm));
    if (last.cut) {
        for (int i = 0; i < 2; ++i) {
            const double across = 2.0 * dot(faces[i], record->plan.normal);
            slope_u -= dot(faces[i], record->plan.u) / across;
            slope_v -= dot(faces[i], record->v) / across;
        }
        last.u = sweep->u / sweep->passes;
        last.v = sweep->v / sweep->passes;
        last.d = sweep->d / sweep->passes;
        trk_plane_add(&record->evidence.sweeps, last.u, last.v, last.d);
        trk_face_add(&record->evidence.faces, slope_u, slope_v);
        if (goes_on(&record->last, before)) {
            trk_plane_add(&record->evidence.steps, last.u - record->last.u, last.v - record->last.v,
                          last.d - record->last.d);
        }
    }
    record->last = last;
}

/* First and one after the last cell whose middles are in [low, high]. */
static void cells_between(double low, double high, double origin, double cell_mm, uint32_t count,
                          uint32_t *out_begin, uint32_t *out_end)
{
    const double begin = ceil((low - origin) / cell_mm - 0.5);
    const double end = floor((high - origin) / cell_mm - 0.5) + 1.0;
    *out_begin = begin > 0.0 ? (uint32_t)fmin(begin, count) : 0;
    *out_end = end > 0.0 ? (uint32_t)fmin(end, count) : 0;
}

/* Every cell whose middle lies in the triangle, its rim included. */
static void draw_triangle(struct sweep *sweep, const struct edge_point *a,
                          const struct edge_point *b, const struct edge_point *c)
{
    const struct trk_cut_record *record = sweep->record;
    const double area = (b->u - a->u) * (c->v - a->v) - (b->v - a->v) * (c->u - a->u);
    if (!(fabs(area) > 1e-12)) {
        return;
    }
    uint32_t columns[2], rows[2];
    cells_between(fmin(a->u, fmin(b->u, c->u)), fmax(a->u, fmax(b->u, c->u)), record->low_u,
                  record->cell_mm, record->columns, &columns[0], &columns[1]);
    cells_between(fmin(a->v, fmin(b->v, c->v)), fmax(a->v, fmax(b->v, c->v)), record->low_v,
                  record->cell_mm, record->rows, &rows[0], &rows[1]);
    for (uint32_t row = rows[0]; row < rows[1]; ++row) {
        const double v = cut_middle_v(record, row) - a->v;
        for (uint32_t column = columns[0]; column < columns[1]; ++column) {
            const double u = cut_middle_u(record, column) - a->u;
            const double at_b = (u * (c->v - a->v) - v * (c->u - a->u)) / area;
            const double at_c = (v * (b->u - a->u) - u * (b->v - a->v)) / area;
            const double at_a = 1.0 - at_b - at_c;
            if (at_a >= 0.0 && at_b >= 0.0 && at_c >= 0.0) {
                pass_cell(sweep, column, row, at_a * a->d + at_b * b->d + at_c * c->d,
                          at_a * a->part + at_b * b->part + at_c * c->part,
                          at_a * a->time + at_b * b->time + at_c * c->time);
            }
        }
    }
}

static struct edge_point in_cut_frame(const struct trk_cut_record *record, const double mm[3],
                                      double part, double time)
{
    double from[3];
    for (int i = 0; i < 3; ++i) {
        from[i] = mm[i] - record->plan.point_mm[i];
    }
    return (struct edge_point){.u = dot(from, record->plan.u),
                               .v = dot(from, record->v),
                               .d = dot(from, record->plan.normal),
                               .part = part,
                               .time = time};
}

/* Whether the blade is where this cut is, as it is held for it. */
static bool belongs(const struct trk_cut_record *record, const struct trk_blade_pose *before,
                    const struct trk_blade_pose *now, const struct edge_point corner[4])
{
    for (int i = 0; i < 4; ++i) {
        if (!(fabs(corner[i].d) <= record->options.band_mm)) {
            return false;
        }
    }
    for (int c = 0; c < 2; ++c) {
        const double du = corner[2 + c].u - corner[c].u, dv = corner[2 + c].v - corner[c].v;
        if (!(sqrt(du * du + dv * dv) <= record->options.step_mm)) {
            return false;
        }
    }
    const double least = cos(record->options.angle_rad);
    return fabs(dot(before->up, record->plan.normal)) >= least &&
           fabs(dot(now->up, record->plan.normal)) >= least;
}

bool trk_cut_record_sweep(struct trk_cut_record *record, const struct trk_blade_pose *before,
                          const double depth_before[TRK_EDGE_SAMPLES],
                          const struct trk_blade_pose *now,
                          const double depth_now[TRK_EDGE_SAMPLES])
{
    struct edge_point corner[4];
    for (int c = 0; c < 2; ++c) {
        corner[c] = in_cut_frame(record, before->corner_mm[c], c, 0.0);
        corner[2 + c] = in_cut_frame(record, now->corner_mm[c], c, 1.0);
    }
    if (!belongs(record, before, now, corner)) {
        return false;
    }
    struct sweep sweep = {.record = record,
                          .depth = {depth_before, depth_now},
                          .shift = 0.5 * record->plan.kerf_mm * record->plan.margin_side /
                                   fabs(dot(now->up, record->plan.normal))};
    draw_triangle(&sweep, &corner[0], &corner[1], &corner[3]);
    draw_triangle(&sweep, &corner[0], &corner[3], &corner[2]);
    count_sweep(&sweep, before, now);
    record->revision += sweep.changed;
    return sweep.changed;
}

/* ---- what became of it ------------------------------------------------------------------------
 */

static double deviation_of(const struct cell *cell)
{
    return cell->sum / (double)cell->passes;
}

bool cut_is_cut(const struct trk_cut_record *record, int64_t column, int64_t row)
{
    const struct cell *cell = cut_cell(record, column, row);
    return cell != NULL && cell_is_cut(cell);
}

bool cut_executed_plane(const struct trk_cut_record *record, struct trk_plane_fit *out_fit)
{
    struct trk_plane_sums surface = {.count = 0.0};
    for (uint32_t row = 0; row < record->rows; ++row) {
        for (uint32_t column = 0; column < record->columns; ++column) {
            const struct cell *cell = cell_at(record, column, row);
            if (cell_is_cut(cell)) {
                trk_plane_add(&surface, cut_middle_u(record, column), cut_middle_v(record, row),
                              deviation_of(cell));
            }
        }
    }
    return trk_cut_plane_fit(&surface, &record->evidence, record->options.face_rad, out_fit);
}

static double plane_at(const double plane[3], double u, double v)
{
    return plane[0] + plane[1] * u + plane[2] * v;
}

double cut_surface_of(const struct trk_cut_record *record, const struct trk_plane_fit *fit,
                      uint32_t column, uint32_t row, double *out_var)
{
    const double least_var = record->options.bend_mm * record->options.bend_mm;
    const double bend_var = fmax(fit->bend_var, least_var);
    double sum = 0.0, passes = 0.0;
    for (int64_t r = (int64_t)row - SMOOTH_CELLS; r <= (int64_t)row + SMOOTH_CELLS; ++r) {
        for (int64_t c = (int64_t)column - SMOOTH_CELLS; c <= (int64_t)column + SMOOTH_CELLS; ++c) {
            if (cut_is_cut(record, c, r)) {
                const struct cell *cell = cell_at(record, (uint32_t)c, (uint32_t)r);
                const double at = plane_at(fit->plane, cut_middle_u(record, (uint32_t)c),
                                           cut_middle_v(record, (uint32_t)r));
                sum += cell->sum - at * cell->passes;
                passes += cell->passes;
            }
        }
    }
    /* an edge passes a row of these cells at once; of so many sweeps there is one pose more */
    const double poses = passes / (2 * SMOOTH_CELLS + 1) + 1.0;
    const double share = bend_var > 0.0 ? bend_var / (bend_var + fit->noise_var / poses) : 1.0;
    if (out_var != NULL) {
        *out_var = (1.0 - share) * bend_var;
    }
    return plane_at(fit->plane, cut_middle_u(record, column), cut_middle_v(record, row)) +
           (passes > 0.0 ? share * sum / passes : 0.0);
}

/* Mean deviation of the first (or last) planned cell of each column, where that is cut. */
static double rim_deviation(const struct trk_cut_record *record, const struct trk_plane_fit *fit,
                            bool first)
{
    double sum = 0.0;
    uint32_t count = 0;
    for (uint32_t column = 0; column < record->columns; ++column) {
        for (uint32_t i = 0; i < record->rows; ++i) {
            const struct cell *cell = cell_at(record, column, first ? i : record->rows - 1 - i);
            if (cell->planned) {
                if (cell_is_cut(cell)) {
                    sum +=
                        cut_surface_of(record, fit, column, first ? i : record->rows - 1 - i, NULL);
                    ++count;
                }
                break;
            }
        }
    }
    return count > 0 ? sum / count : (double)NAN;
}

static void place_executed(const struct trk_cut_record *record, struct trk_cut_result *result)
{
    const double *plane = result->plane;
    const double steepness = sqrt(plane[1] * plane[1] + plane[2] * plane[2]);
    const double lean = sqrt(1.0 + steepness * steepness);
    cut_to_image(record, 0.0, 0.0, plane[0], result->executed_point_mm);
    for (int i = 0; i < 3; ++i) {
        result->executed_normal[i] =
            (record->plan.normal[i] - plane[1] * record->plan.u[i] - plane[2] * record->v[i]) /
            lean;
    }
    result->angle_deg = atan(steepness) * (180.0 / M_PI);
    result->pitch_deg = atan(plane[2]) * (180.0 / M_PI);
    result->roll_deg = atan(plane[1]) * (180.0 / M_PI);
}

bool trk_cut_place_is_known(const struct trk_cut_result *result)
{
    return result->mean_sd_mm <= 0.15;
}

bool trk_cut_plane_is_known(const struct trk_cut_result *result)
{
    return result->angle_sd_deg <= 0.3 && trk_cut_place_is_known(result);
}

/* The surface as points; returns how many, and how many of them are planned. */
static size_t take_surface(const struct trk_cut_record *record, const struct trk_plane_fit *fit,
                           size_t *out_planned)
{
    size_t cut = 0;
    *out_planned = 0;
    for (uint32_t row = 0; row < record->rows; ++row) {
        for (uint32_t column = 0; column < record->columns; ++column) {
            const struct cell *cell = cell_at(record, column, row);
            if (cell_is_cut(cell)) {
                double *point = record->points + 3 * cut++;
                point[0] = cut_middle_u(record, column);
                point[1] = cut_middle_v(record, row);
                point[2] = cut_surface_of(record, fit, column, row, NULL);
                *out_planned += cell->planned;
            }
        }
    }
    return cut;
}

struct trk_cut_result trk_cut_record_measure(const struct trk_cut_record *record)
{
    struct trk_cut_result result = {.plane = {NAN, NAN, NAN},
                                    .angle_deg = NAN,
                                    .pitch_deg = NAN,
                                    .roll_deg = NAN,
                                    .angle_sd_deg = NAN,
                                    .mean_sd_mm = NAN};
    struct trk_plane_fit fit = {.middle_var = INFINITY};
    (void)cut_executed_plane(record, &fit); /* used for cut cells only */
    size_t cut_as_planned;
    const size_t cut = take_surface(record, &fit, &cut_as_planned);
    const double cell_mm2 = record->cell_mm * record->cell_mm;
    result.surface = trk_cut_measure_points(record->points, cut);
    result.coverage =
        record->planned_count > 0 ? (double)cut_as_planned / record->planned_count : 0.0;
    result.planned_mm2 = cell_mm2 * record->planned_count;
    result.cut_mm2 = cell_mm2 * (double)cut;
    for (int i = 0; i < 3; ++i) {
        result.executed_point_mm[i] = result.executed_normal[i] = NAN;
    }
    if (result.surface.fitted) {
        memcpy(result.plane, fit.plane, sizeof(fit.plane));
        place_executed(record, &result);
    }
    if (cut > 0) {
        result.angle_sd_deg = trk_plane_fit_angle_sd_rad(&fit) * (180.0 / M_PI);
        result.mean_sd_mm = sqrt(fit.middle_var);
    }
    result.entry_mm = rim_deviation(record, &fit, true);
    result.exit_mm = rim_deviation(record, &fit, false);
    result.revision = record->revision;
    return result;
}

/* ---- maps --------------------------------------------------------------------------------------
 */

void trk_cut_record_map(const struct trk_cut_record *record, struct nav_cut_map *out_map)
{
    out_map->revision = record->revision;
    out_map->columns = record->columns;
    out_map->rows = record->rows;
    out_map->cell_mm = record->cell_mm;
    cut_to_image(record, record->low_u, record->low_v, 0.0, out_map->origin_mm);
    memcpy(out_map->u, record->plan.u, sizeof(out_map->u));
    memcpy(out_map->v, record->v, sizeof(out_map->v));
    memcpy(out_map->normal, record->plan.normal, sizeof(out_map->normal));
    const size_t count = (size_t)record->columns * record->rows;
    for (size_t i = 0; i < NAV_CUT_CELLS_MAX; ++i) {
        const struct cell *cell = i < count ? &record->cells[i] : NULL;
        out_map->cells[i] = cell == NULL || (!cell_is_cut(cell) && !cell->planned)
                                ? NAV_CUT_CELL_NONE
                            : !cell_is_cut(cell) ? NAV_CUT_CELL_UNCUT
                                                 : nav_cut_cell_of_mm(deviation_of(cell));
    }
}

enum nav_status trk_cut_record_restore(struct trk_cut_record *record, const struct nav_cut_map *map)
{
    double origin_mm[3];
    cut_to_image(record, record->low_u, record->low_v, 0.0, origin_mm);
    if (map->columns != record->columns || map->rows != record->rows ||
        !(fabs(map->cell_mm - record->cell_mm) < 1e-9) ||
        !(fabs(map->origin_mm[0] - origin_mm[0]) + fabs(map->origin_mm[1] - origin_mm[1]) +
              fabs(map->origin_mm[2] - origin_mm[2]) <
          1e-6) ||
        !(dot(map->normal, record->plan.normal) > 1.0 - 1e-9)) {
        return NAV_ERR_ARGUMENT;
    }
    trk_cut_record_clear(record);
    for (size_t i = 0; i < (size_t)record->columns * record->rows; ++i) {
        const double mm = nav_cut_cell_mm(map->cells[i]);
        if (isfinite(mm)) {
            record->cells[i].sum = mm;
            record->cells[i].passes = 1;
        }
    }
    record->revision = map->revision;
    return NAV_OK;
}
