/* What follows from a planned cut and the anatomy: how deep the bone is, how far the tumour stays,
 * what else the saw passes. Exact on the triangles of the models; nothing is sampled.
 *
 * Frame: image space, LPS mm. The face is the plan's rectangle, from its entry edge to the planned
 * depth; on the margin side it is the face that stays with the tumour, and the slot (`kerf`) lies
 * on its other side; without a margin side it is the slot's middle. Distances are from the slot.
 *
 * The margin is that of the whole plane: what the plan promises however far the cut is carried on,
 * behind the bone too. Where the plane, but not the face, goes through the tumour it is that of the
 * face, and `plane_cuts` says so. Thread: any. */
#ifndef CFG_CUT_FACTS_H
#define CFG_CUT_FACTS_H

#include "case.h"

struct cfg_cut_passing {
    size_t model;       /* index in the case */
    double distance_mm; /* between the slot and the surface; 0: the slot goes through it */
    bool crossed;
};

struct cfg_cut_facts {
    double kerf_mm;  /* of the plan, else the thickness of the case's first blade, else 0 */
    bool kerf_known; /* false: neither is there */
    bool has_bone;
    double near_cortex_mm, far_cortex_mm; /* along v: where bone begins and ends within the face's
                                           * width and size; it may begin above the entry edge */
    bool far_beyond;                      /* the face ends in bone: its far cortex is not reached */
    bool has_tumour;
    size_t tumour;         /* the nearest one: index in the case */
    double margin_mm;      /* as above; 0: the tumour is cut */
    double face_margin_mm; /* between the planned face and the tumour: never less */
    bool tumour_cut;       /* by the face */
    bool plane_cuts;       /* the plane goes through the tumour beyond the face */
    size_t passing_count;  /* structures nearer than their caution distance, nearest first */
    struct cfg_cut_passing passing[CFG_MODELS_MAX];
};

/* Of a case that was loaded with its meshes. NAV_ERR_ARGUMENT: no such cut, no meshes. */
NAV_MUST_USE enum nav_status cfg_cut_facts(const struct cfg_case *loaded, size_t cut,
                                           struct cfg_cut_facts *out_facts);

/* Where a mesh begins and ends along v, within |u| <= half_width_mm and v <= v_max_mm of the plane
 * through `point`. False: it does not meet that strip. */
bool cfg_cut_section(const struct cfg_mesh *mesh, const double point[3], const double u[3],
                     const double v[3], double half_width_mm, double v_max_mm, double *out_near_mm,
                     double *out_far_mm);

#endif
