/* What was cut: the surface that the blade's edge has left, as deviations from the planned plane.
 *
 * A grid of cells lies on the planned cut: u along the entry edge, v = normal x u the cutting
 * direction, deviations along the normal, mm. While the edge is in the bone, the area that it
 * sweeps from pose to pose is drawn into the grid: every cell that the sweep covers, where the edge
 * is in the bone, takes the offset there of the blade's margin-side face (half the kerf from its
 * middle plane). A cell passed several times keeps the mean;
 * at the bone's rim it is cut when more passes were in the bone than out of it. A cell is planned
 * when the plane is in the bone there, above the planned depth. In the bone means contact_mm below
 * its surface or more, for both: the rim in which registration decides between bone and air counts
 * for neither.
 *
 * The executed plane joins where the blade was with how its face was held (cut_plane.h). Measures
 * and margins are of the surface smoothed over two cells to each side: the mean of what its passes
 * were off that plane, as far as so few poses can say it (cut_surface_of). It takes the tracker's
 * noise off, at the surface's rim as well, and leaves planes as they are; the map shows every
 * cell's own mean.
 *
 * Of the plane, its place and every margin it is said how well they are known, one standard
 * deviation each: of what the tracker and the blade's calibration leave open, not of the
 * registration. Beyond a limit they are not to be stated (trk_cut_..._is_known): too little is cut
 * to say.
 *
 * Measures follow the literature on resections (docs/report.md) in the sense of ISO 1101: location
 * (largest distance of the cut surface from the planned plane), flatness (width of the narrowest
 * zone of two parallel planes that holds it), parallelism (width of the zone parallel to the
 * planned plane that does), angle between the planes; entry and exit deviation (mean along the
 * first and last planned cells of each column).
 *
 * Memory is fixed after create; a sweep costs at most as much as the grid has cells. The same calls
 * give the same numbers. Thread: one at a time. */
#ifndef TRK_CUT_RECORD_H
#define TRK_CUT_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "blade_distance.h"
#include "bone_depth.h"
#include "memory.h"
#include "mesh_query.h"
#include "nav/cut_map.h"
#include "nav/status.h"

struct trk_cut_plan {
    double point_mm[3]; /* middle of the entry edge, image space */
    double normal[3];   /* unit */
    double u[3];        /* unit, along the entry edge, perpendicular to normal */
    double size_mm[2];  /* along u and v */
    double depth_mm;    /* planned, along v */
    double kerf_mm;     /* thickness of what the blade takes away */
    int margin_side;    /* of the plane that stays with the tumour: +1, -1; 0 = middle plane */
};

struct trk_cut_record_options {
    double cell_mm;    /* larger when the cut does not fit NAV_CUT_CELLS_MAX */
    double contact_mm; /* depth below the bone's surface that counts as cutting */
    double rim_mm;     /* the grid goes on so far beyond the planned cut */
    double band_mm;    /* a sweep further from the plane belongs to something else ... */
    double angle_rad;  /* ... as does one of a blade tilted more ... */
    double step_mm;    /* ... and a longer one is no motion of a cutting hand */
    double bend_mm;    /* a flat blade's surface bends so much, one standard deviation, where the
                          sweeps do not show that it bends more */
    double face_rad;   /* how well the direction of the blade's face is known, one standard
                          deviation; 0 = only its places count */
};

/* 0.5 mm, 0.5 mm, 5 mm, 10 mm, 30 deg, 10 mm, 0.2 mm, 0.3 deg */
struct trk_cut_record_options trk_cut_record_options_default(void);

/* Measures of a cut surface given as points in the cut's frame (u, v, deviation). */
struct trk_cut_measures {
    size_t points;
    bool fitted;     /* three points or more, not on a line: the plane below is known */
    double plane[3]; /* deviation = plane[0] + plane[1] u + plane[2] v, least squares */
    double mean_mm;  /* NaN without points, as all below */
    double location_mm;
    double parallelism_mm;
    double flatness_mm; /* NaN unless fitted */
    double angle_deg;   /* NaN unless fitted */
};

/* `uvd` holds `count` triples. */
struct trk_cut_measures trk_cut_measure_points(const double *uvd, size_t count);

struct trk_cut_result {
    struct trk_cut_measures surface; /* of all cut cells */
    double coverage;                 /* share of the planned cells that are cut, 0 to 1 */
    double planned_mm2, cut_mm2;     /* areas; cut beyond the plan counts in the second only */
    double plane[3];                 /* executed: deviation = plane[0] + plane[1] u + plane[2] v;
                                        NaN unless fitted, as all that follows from it */
    double executed_point_mm[3];     /* image space: that plane below the entry edge's middle */
    double executed_normal[3];       /* unit, to the planned normal's side */
    double angle_deg;                /* between executed and planned plane */
    double pitch_deg;                /* of the executed plane about u, positive when it leaves along
                                        the normal with depth */
    double roll_deg;                 /* about v, positive when it leaves along the normal with u */
    double angle_sd_deg;             /* standard deviation of the executed plane's direction, the
                                        way in which it is known worst; INFINITY: not known */
    double mean_sd_mm;               /* of its place, so of the mean deviation; as above */
    double entry_mm, exit_mm;        /* deviations; NaN where nothing is cut there */
    uint32_t revision;               /* of the map this was measured from */
};

/* Whether place and deviations are known well enough to be stated: to 0.15 mm. */
bool trk_cut_place_is_known(const struct trk_cut_result *result);

/* Whether executed plane and angle are: to 0.3 degrees, what the calibration of the blade's face
 * alone would give, and its place too. */
bool trk_cut_plane_is_known(const struct trk_cut_result *result);

struct trk_cut_record;

/* `bone` is borrowed: it tells where the plane, and what was cut, is in the bone. NULL: everywhere
 * above the planned depth. NAV_ERR_ARGUMENT: a plan that is no frame, or without size;
 * NAV_ERR_MEMORY. */
NAV_MUST_USE enum nav_status trk_cut_record_create(const struct trk_cut_plan *plan,
                                                   const struct trk_bone_depth *bone,
                                                   const struct trk_cut_record_options *options,
                                                   struct trk_cut_record **out_record);
void trk_cut_record_destroy(struct trk_cut_record *record); /* NULL is legal */

/* The edge went from `before` to `now`; `depth_before` and `depth_now` are what
 * trk_bone_depth_measure said of them (their depth_mm). Returns whether the map has changed. */
bool trk_cut_record_sweep(struct trk_cut_record *record, const struct trk_blade_pose *before,
                          const double depth_before[TRK_EDGE_SAMPLES],
                          const struct trk_blade_pose *now,
                          const double depth_now[TRK_EDGE_SAMPLES]);

/* Forgets what was cut. The revision goes on counting. */
void trk_cut_record_clear(struct trk_cut_record *record);

/* Makes `to` what `from` is. Both of one plan. For keyframes of a replay. */
void trk_cut_record_copy(struct trk_cut_record *to, const struct trk_cut_record *from);

/* A new record that can only be copied from and destroyed: a keyframe. NAV_ERR_MEMORY. */
NAV_MUST_USE enum nav_status trk_cut_record_clone(const struct trk_cut_record *from,
                                                  struct trk_cut_record **out_record);

/* The cells and all the rest, for packing a keyframe. */
enum { TRK_CUT_RECORD_PARTS = 2 };
void trk_cut_record_memory(struct trk_cut_record *record,
                           struct trk_memory out_parts[TRK_CUT_RECORD_PARTS]);

/* Another blade goes on, which takes away so much. What was cut stays as it was. */
void trk_cut_record_set_kerf(struct trk_cut_record *record, double kerf_mm);

uint32_t trk_cut_record_revision(const struct trk_cut_record *record); /* 0 = nothing cut yet */

/* Everything anew from the cells: as long as the grid is large, not for every pose. */
struct trk_cut_result trk_cut_record_measure(const struct trk_cut_record *record);

struct trk_cut_margin {
    double mm;        /* signed, to the mesh */
    double cut_mm[3]; /* from there, image space */
    double sd_mm;     /* standard deviation: of the surface there, and of where it ends; INFINITY:
                         not known */
};

/* To 0.25 mm. */
bool trk_cut_margin_is_known(const struct trk_cut_margin *margin);

/* Signed distance from the cut surface to a mesh, such as the tumour: the smallest over the middles
 * of all cells that the edge has passed, where the surface is in the bone and no cell sticks out
 * alone. Takes longer than a pose may: for
 * the end of a cut, or now and then. NAV_ERR_NOT_FOUND: nothing is cut. */
NAV_MUST_USE enum nav_status trk_cut_record_margin(const struct trk_cut_record *record,
                                                   const struct trk_mesh *mesh,
                                                   struct trk_cut_margin *out_margin);

/* The planned surface's own: what trk_cut_record_margin would give if everything were cut as
 * planned. NAV_ERR_NOT_FOUND: no cell is planned. */
NAV_MUST_USE enum nav_status trk_cut_record_planned_margin(const struct trk_cut_record *record,
                                                           const struct trk_mesh *mesh,
                                                           double *out_mm);

/* Makes the record what a map says of it, to a hundredth of a millimetre: one pass a cell that is
 * cut. NAV_ERR_ARGUMENT: the map is of another grid. For who has the map of a running core only. */
NAV_MUST_USE enum nav_status trk_cut_record_restore(struct trk_cut_record *record,
                                                    const struct nav_cut_map *map);

/* For displays and the report: fills all but cut, case_id, version, size and seq. */
void trk_cut_record_map(const struct trk_cut_record *record, struct nav_cut_map *out_map);

#endif
