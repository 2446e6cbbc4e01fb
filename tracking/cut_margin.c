/* How far the cut surface stays away from a mesh, and how well that is known. */
#include <math.h>
#include <string.h>

#include "cut_record_internal.h"

enum { MARGIN_BLOCK = 16 /* cells a side of the blocks that a margin is bounded by */ };

/* The surface is known to a standard deviation: where the bone ends if all of it were so much less
 * deep in the bone, if it is as found, if it were so much deeper. */
enum { LESS_DEEP = 0, AS_FOUND, DEEPER, SURFACES };

struct best {
    double mm; /* INFINITY: none yet */
    double at_mm[3];
    uint32_t column, row; /* of the cell there */
};

/* A cell's surface. */
struct candidate {
    double mm[3];
    double sd_mm; /* of its deviation; 0 where that is not known */
    uint32_t column, row;
};

struct margin_search {
    const struct trk_cut_record *record;
    const struct trk_mesh *mesh;
    struct trk_plane_fit fit; /* executed */
    bool as_planned; /* of the planned cells where they were planned, not of the cut ones */
    bool with_rim;   /* of cells that stick out as well */
    double air_at_mm[3], air_mm; /* a place, and how far about it there is no bone */
    struct best best[SURFACES];
};

static double dot(const double a[3], const double b[3])
{
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

static double way_between(const double a[3], const double b[3])
{
    const double d[3] = {a[0] - b[0], a[1] - b[1], a[2] - b[2]};
    return sqrt(dot(d, d));
}

/* Whether the edge has been there, in the bone or not; of the plan: whether it is to be. */
static bool was_passed(const struct margin_search *search, int64_t column, int64_t row)
{
    const struct cell *cell = cut_cell(search->record, column, row);
    return cell != NULL &&
           (search->as_planned ? cell->planned : cell->passes > 0 || cell->misses > 0);
}

/* How many of the eight cells about one are of a kind. */
static int count_about(const struct margin_search *search, int64_t column, int64_t row,
                       bool (*is)(const struct margin_search *, int64_t, int64_t))
{
    int count = 0;
    for (int64_t down = -1; down <= 1; ++down) {
        for (int64_t right = -1; right <= 1; ++right) {
            count += (down != 0 || right != 0) && is(search, column + right, row + down);
        }
    }
    return count;
}

static bool is_cut(const struct margin_search *search, int64_t column, int64_t row)
{
    return cut_is_cut(search->record, column, row);
}

static struct candidate place_of(const struct margin_search *search, uint32_t column, uint32_t row)
{
    const struct trk_cut_record *record = search->record;
    const double u = cut_middle_u(record, column), v = cut_middle_v(record, row);
    struct candidate candidate = {.column = column, .row = row};
    double deviation = 0.0;
    if (!search->as_planned) {
        double var;
        deviation = cut_surface_of(record, &search->fit, column, row, &var);
        var += trk_plane_fit_var(&search->fit, u, v);
        candidate.sd_mm = isfinite(var) ? sqrt(var) : 0.0;
    }
    cut_to_image(record, u, v, deviation, candidate.mm);
    return candidate;
}

/* A cell that may be part of the surface: the edge has passed it, and it does not stick out of what
 * was passed. Along a straight rim, however it lies, five of the eight about a cell were passed as
 * well; one that sticks out is there by noise. Whether it is in the bone is asked of the few that
 * count (take_best). */
static bool find_candidate(const struct margin_search *search, uint32_t column, uint32_t row,
                           struct candidate *out)
{
    if (!was_passed(search, column, row) ||
        !(search->with_rim || count_about(search, column, row, was_passed) >= 5)) {
        return false;
    }
    *out = place_of(search, column, row);
    return !(way_between(out->mm, search->air_at_mm) + out->sd_mm < search->air_mm);
}

/* How deep a place is in the bone beyond what counts as contact. */
static double depth_of(struct margin_search *search, const double mm[3])
{
    const struct trk_cut_record *record = search->record;
    if (search->as_planned || record->bone == NULL) {
        return INFINITY;
    }
    const double depth = trk_bone_depth_at(record->bone, mm) - record->options.contact_mm;
    if (depth < 0.0) {
        memcpy(search->air_at_mm, mm, sizeof(search->air_at_mm));
        search->air_mm = -depth;
    }
    return depth;
}

/* At the bone's rim the noise of single poses decides whether a cell counts as cut. What of the
 * passed cells is surface is asked anew, of where the surface turned out to be. */
static void take_best(struct margin_search *search, double margin_mm,
                      const struct candidate *candidate)
{
    if (!(margin_mm < search->best[DEEPER].mm)) {
        return; /* nor than the others: less has to be in the bone for them */
    }
    const double depth = depth_of(search, candidate->mm);
    for (int i = 0; i < SURFACES; ++i) {
        struct best *best = &search->best[i];
        if (depth >= (i - AS_FOUND) * candidate->sd_mm && margin_mm < best->mm) {
            best->mm = margin_mm;
            memcpy(best->at_mm, candidate->mm, sizeof(best->at_mm));
            best->column = candidate->column;
            best->row = candidate->row;
        }
    }
}

static bool ask(const struct margin_search *search, const double mm[3], double *out_mm)
{
    struct trk_mesh_nearest nearest;
    const bool known = trk_mesh_nearest(search->mesh, mm, INFINITY, &nearest) == NAV_OK;
    *out_mm = known ? nearest.signed_mm : (double)NAN;
    return known;
}

/* Looks at the cells of a block; one that was asked answers for those nearby that cannot be nearer
 * than the best. */
static void search_block(struct margin_search *search, uint32_t first_column, uint32_t first_row)
{
    const struct trk_cut_record *record = search->record;
    double asked_mm[3] = {0.0, 0.0, 0.0}, asked = NAN;
    for (uint32_t row = first_row; row < first_row + MARGIN_BLOCK && row < record->rows; ++row) {
        for (uint32_t column = first_column;
             column < first_column + MARGIN_BLOCK && column < record->columns; ++column) {
            struct candidate candidate;
            if (!find_candidate(search, column, row, &candidate) ||
                asked - way_between(candidate.mm, asked_mm) >= search->best[DEEPER].mm ||
                !ask(search, candidate.mm, &asked)) {
                continue;
            }
            memcpy(asked_mm, candidate.mm, sizeof(asked_mm));
            take_best(search, asked, &candidate);
        }
    }
}

/* First the blocks' first cells, so that the best is near from the start; then all. */
static enum nav_status search_cells(struct margin_search *search)
{
    const struct trk_cut_record *record = search->record;
    for (int i = 0; i < SURFACES; ++i) {
        search->best[i].mm = INFINITY;
    }
    for (uint32_t row = 0; row < record->rows; row += MARGIN_BLOCK / 2) {
        for (uint32_t column = 0; column < record->columns; column += MARGIN_BLOCK / 2) {
            struct candidate candidate;
            double margin_mm;
            if (find_candidate(search, column, row, &candidate) &&
                ask(search, candidate.mm, &margin_mm)) {
                take_best(search, margin_mm, &candidate);
            }
        }
    }
    for (uint32_t row = 0; row < record->rows; row += MARGIN_BLOCK) {
        for (uint32_t column = 0; column < record->columns; column += MARGIN_BLOCK) {
            search_block(search, column, row);
        }
    }
    return isfinite(search->best[AS_FOUND].mm) ? NAV_OK : NAV_ERR_NOT_FOUND;
}

static enum nav_status search_margin(struct margin_search *search)
{
    if (search_cells(search) == NAV_OK) {
        return NAV_OK;
    }
    search->with_rim = true; /* a surface so small that all of it is rim */
    return search_cells(search);
}

/* ---- how well it is known ----------------------------------------------------------------------
 */

/* How much the margin hangs on where the bone ends. */
static double rim_sd_mm(const struct margin_search *search)
{
    const double *deeper = &search->best[DEEPER].mm, *found = &search->best[AS_FOUND].mm;
    return 0.5 * ((isfinite(*deeper) ? *deeper : *found) - search->best[LESS_DEEP].mm);
}

/* How much smaller the margin would be if the edge had come as much further as a pose is uncertain:
 * the noise that moves it across the plane moves it along the plane too, and so the end of what it
 * has passed. */
static double end_sd_mm(struct margin_search *search)
{
    const struct trk_cut_record *record = search->record;
    const double found = search->best[AS_FOUND].mm;
    double asked_mm[3] = {0.0, 0.0, 0.0}, asked = NAN, least = found;
    for (uint32_t row = 0; row < record->rows; ++row) {
        for (uint32_t column = 0; column < record->columns; ++column) {
            if (was_passed(search, column, row) || count_about(search, column, row, is_cut) == 0) {
                continue;
            }
            const struct candidate beside = place_of(search, column, row);
            if (asked - way_between(beside.mm, asked_mm) >= least ||
                !ask(search, beside.mm, &asked)) {
                continue;
            }
            memcpy(asked_mm, beside.mm, sizeof(asked_mm));
            least = asked < least && depth_of(search, beside.mm) >= 0.0 ? asked : least;
        }
    }
    return (found - least) * sqrt(search->fit.noise_var) / record->cell_mm;
}

/* Cosine between the way from a mesh to the surface and the surface's normal. */
static double across_the_plane(const struct margin_search *search, const double mesh_mm[3])
{
    const struct trk_cut_plan *plan = &search->record->plan;
    const double *plane = search->fit.plane, *at_mm = search->best[AS_FOUND].at_mm;
    const double way = way_between(at_mm, mesh_mm);
    double towards[3];
    if (!(way > 1e-6)) {
        return 1.0;
    }
    for (int i = 0; i < 3; ++i) {
        towards[i] = (at_mm[i] - mesh_mm[i]) / way;
    }
    return (dot(towards, plan->normal) - plane[1] * dot(towards, plan->u) -
            plane[2] * dot(towards, search->record->v)) /
           sqrt(1.0 + plane[1] * plane[1] + plane[2] * plane[2]);
}

/* Across the surface, and along it where it ends: at the bone's rim or where the edge stopped. */
static double margin_sd_mm(struct margin_search *search)
{
    const struct best *best = &search->best[AS_FOUND];
    struct trk_mesh_nearest nearest;
    if (!isfinite(search->fit.middle_var) ||
        trk_mesh_nearest(search->mesh, best->at_mm, INFINITY, &nearest) != NAV_OK) {
        return INFINITY;
    }
    const double surface = place_of(search, best->column, best->row).sd_mm;
    const double across = across_the_plane(search, nearest.point_mm) * surface;
    const double rim = rim_sd_mm(search), end = end_sd_mm(search);
    return sqrt(across * across + rim * rim + end * end);
}

bool trk_cut_margin_is_known(const struct trk_cut_margin *margin)
{
    return margin->sd_mm <= 0.25;
}

enum nav_status trk_cut_record_margin(const struct trk_cut_record *record,
                                      const struct trk_mesh *mesh,
                                      struct trk_cut_margin *out_margin)
{
    struct margin_search search = {.record = record, .mesh = mesh};
    const enum nav_status status =
        cut_executed_plane(record, &search.fit) ? search_margin(&search) : NAV_ERR_NOT_FOUND;
    if (status == NAV_OK) {
        const struct best *best = &search.best[AS_FOUND];
        out_margin->mm = best->mm;
        memcpy(out_margin->cut_mm, best->at_mm, sizeof(out_margin->cut_mm));
        out_margin->sd_mm = margin_sd_mm(&search);
    }
    return status;
}

enum nav_status trk_cut_record_planned_margin(const struct trk_cut_record *record,
                                              const struct trk_mesh *mesh, double *out_mm)
{
    struct margin_search search = {.record = record, .mesh = mesh, .as_planned = true};
    const enum nav_status status = search_margin(&search);
    if (status == NAV_OK) {
        *out_mm = search.best[AS_FOUND].mm;
    }
    return status;
}
