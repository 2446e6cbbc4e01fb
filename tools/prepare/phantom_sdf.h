/* A synthetic pelvis as signed distance fields: the demo patient and the tests' oracle.
 *
 * The sacrum, L5, the dural sac and the roots are described in a curved frame (x, s, n): s runs
 * down the sacral curve from the middle of the S1 endplate, n points dorsally, perpendicular to the
 * curve in the midsagittal plane, x to the patient's left. `phantom_bend` maps it to image space:
 * LPS mm, origin in the middle of the S1 endplate, z cranial. Hips and vessels are described in
 * image space directly.
 *
 * One number, the seed, determines everything, bit for bit: sizes, curvature, surface roughness,
 * tumour. The same functions give the surfaces, the volumes and the truth of plan and registration.
 *
 * Design rules that the fields obey (tested):
 * - bone keeps a clearance around every nerve root: the foramina are where the roots pass;
 * - hips and L5 keep a joint gap to the sacrum; the tumour replaces bone, with a thin gap;
 * - the tumour lies on the right (x < 0), encases the root S2 of that side and keeps off the dural
 *   sac and every other root.
 * Thread: any; a phantom is constant after create. */
#ifndef PREPARE_PHANTOM_SDF_H
#define PREPARE_PHANTOM_SDF_H

#include <stdbool.h>
#include <stdint.h>

#include "nav/status.h"

enum phantom_structure {
    PHANTOM_SACRUM = 0,
    PHANTOM_HIP_RIGHT,
    PHANTOM_HIP_LEFT,
    PHANTOM_L5,
    PHANTOM_DISC,
    PHANTOM_TUMOUR,
    PHANTOM_DURA,
    PHANTOM_ARTERIES,
    PHANTOM_VEINS,
    PHANTOM_ROOT_L5_RIGHT, /* roots: right before left, L5 then S1 to S5 */
    PHANTOM_ROOT_L5_LEFT,
    PHANTOM_ROOT_S1_RIGHT,
    PHANTOM_ROOT_S1_LEFT,
    PHANTOM_ROOT_S2_RIGHT,
    PHANTOM_ROOT_S2_LEFT,
    PHANTOM_ROOT_S3_RIGHT,
    PHANTOM_ROOT_S3_LEFT,
    PHANTOM_ROOT_S4_RIGHT,
    PHANTOM_ROOT_S4_LEFT,
    PHANTOM_ROOT_S5_RIGHT,
    PHANTOM_ROOT_S5_LEFT,
    PHANTOM_STRUCTURES
};

enum {
    PHANTOM_ROOTS = PHANTOM_STRUCTURES - PHANTOM_ROOT_L5_RIGHT,
    PHANTOM_FORAMEN_PAIRS = 4 /* S1 to S4 */
};

/* What the files say about a structure. */
struct phantom_info {
    const char *name;   /* for people, "Root S2 right" */
    const char *file;   /* surface file name without extension, "root_s2_right" */
    const char *role;   /* role of the case file */
    const char *colour; /* "#rrggbb" */
    double opacity;     /* 0..1 */
    double voxel_mm;    /* sampling step of its surface */
    unsigned triangles; /* upper bound for its surface */
    bool bone;
};

struct phantom_box {
    double low[3], high[3];
};

struct phantom;

NAV_MUST_USE enum nav_status phantom_create(uint64_t seed, struct phantom **out_phantom);
void phantom_destroy(struct phantom *phantom); /* NULL is legal */

/* Constant table; `structure` must be below PHANTOM_STRUCTURES. */
const struct phantom_info *phantom_info(enum phantom_structure structure);

/* Signed distance, mm, of an LPS point. Accurate to about 10 % within 5 mm of the surface; farther
 * out it keeps its sign and |value| <= PHANTOM_SLOPE_MAX times the true distance. */
double phantom_distance(const struct phantom *phantom, enum phantom_structure structure,
                        const double p[3]);
#define PHANTOM_SLOPE_MAX 2.0

/* Smallest distance to any bone (sacrum, hips, L5). */
double phantom_bone_distance(const struct phantom *phantom, const double p[3]);

/* A box that contains the structure with at least 2 mm to spare. */
struct phantom_box phantom_bounds(const struct phantom *phantom, enum phantom_structure structure);

/* Maps the curved frame to LPS, mm, and its local axes there: along s (caudal) and n (dorsal). */
void phantom_bend(const struct phantom *phantom, double x, double s, double n, double out_p[3]);
void phantom_bend_axes(const struct phantom *phantom, double s, double out_caudal[3],
                       double out_dorsal[3]);

/* Middle line of a root as LPS points with radii; returns the number of points.
 * `root` is one of the PHANTOM_ROOT_ values; both arrays hold PHANTOM_LINE_MAX. */
enum { PHANTOM_LINE_MAX = 96 };
int phantom_root_line(const struct phantom *phantom, enum phantom_structure root,
                      double (*out_points)[3], double *out_radii);

/* Where the root of level S1 + pair passes the anterior foramen of a side (-1 right, +1 left). */
void phantom_foramen_centre(const struct phantom *phantom, int pair, int side, double out_p[3]);

/* True for the root that runs through the tumour by design. */
bool phantom_root_encased(enum phantom_structure root);

/* The seeded parameters, for the record. */
struct phantom_parameters {
    uint64_t seed;
    double scale;            /* of everything */
    double kyphosis;         /* factor on the turning of the sacral curve */
    double ala_scale;        /* factor on the width of the alae */
    double tumour_curved[3]; /* centre in (x, s, n), before scale */
    double tumour_radius_mm; /* of its main lobe, before scale */
    double tumour_centre[3]; /* LPS mm */
};
const struct phantom_parameters *phantom_parameters(const struct phantom *phantom);

#endif
