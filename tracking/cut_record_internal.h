/* Between the parts of the cut record: grid and sweeps, margins. Thread: one at a time. */
#ifndef TRK_CUT_RECORD_INTERNAL_H
#define TRK_CUT_RECORD_INTERNAL_H

#include "cut_plane.h"
#include "cut_record.h"

struct cell {
    double sum;      /* of the deviations of all passes */
    uint32_t passes; /* with the edge in the bone there ... */
    uint32_t misses; /* ... and out of it: at the bone's rim noise decides between them */
    bool planned;
};

/* The sweep that was drawn last: whether the next one goes on from it. */
struct last_sweep {
    bool cut;               /* it was in the bone, ... */
    double u, v, d;         /* ... there in the middle */
    double corner_mm[2][3]; /* where the edge was then */
};

struct trk_cut_record {
    struct trk_cut_plan plan;
    struct trk_cut_record_options options;
    double v[3];
    double cell_mm;
    double low_u, low_v; /* outer corner of cell (0, 0) */
    uint32_t columns, rows;
    uint32_t planned_count;
    uint32_t revision;
    struct trk_plane_evidence evidence;
    struct last_sweep last;
    const struct trk_bone_depth *bone; /* NULL: everywhere is bone */
    struct cell *cells;
    double *points; /* room for the measures: three numbers a cell */
};

static inline double cut_middle_u(const struct trk_cut_record *record, uint32_t column)
{
    return record->low_u + ((double)column + 0.5) * record->cell_mm;
}

static inline double cut_middle_v(const struct trk_cut_record *record, uint32_t row)
{
    return record->low_v + ((double)row + 0.5) * record->cell_mm;
}

/* The cell, or NULL beside the grid. */
const struct cell *cut_cell(const struct trk_cut_record *record, int64_t column, int64_t row);

/* From the cut's frame. */
void cut_to_image(const struct trk_cut_record *record, double u, double v, double d,
                  double out_mm[3]);

/* The plane of what was cut. False: nothing was. */
bool cut_executed_plane(const struct trk_cut_record *record, struct trk_plane_fit *out_fit);

/* Deviation of the surface at a cell, and its variance beside that of the plane (`out_var`, may be
 * NULL). A flat blade leaves no spikes: what the sweeps about the cell were off the executed plane,
 * in the mean, counts by what it is worth. Few sweeps are mostly the tracker's noise, and the
 * plane's own bends, as large as they are seen to be but not less than bend_mm, tell how much of it
 * may be surface (the mean of a normal distribution of which a noisy sample is known). */
double cut_surface_of(const struct trk_cut_record *record, const struct trk_plane_fit *fit,
                      uint32_t column, uint32_t row, double *out_var);

bool cut_is_cut(const struct trk_cut_record *record, int64_t column, int64_t row);

#endif
