/* Between the parts of the guide: the list of cuts, the guided tool, the causes of alarms.
 * Thread: loop. */
#ifndef TRK_GUIDE_INTERNAL_H
#define TRK_GUIDE_INTERNAL_H

#include "bone_depth.h"
#include "guide.h"
#include "mesh_query.h"

enum { GUIDE_DISPLAYS_MAX = 8 };

/* One planned cut, as far as it got. */
struct guide_cut {
    enum nav_cut_state state;
    int64_t started_ns, ended_ns, cutting_ns;
    uint32_t checks, overrides;
    double planned_margin_mm;
    enum nav_limit_state offset_state, angle_state, depth_state;
    struct trk_cut_record *record;
    uint32_t measured_revision, taken_revision;
    struct trk_cut_result result;
    double margin_mm;
};

/* A pointer that is being held beside a cutter, or was. */
struct guide_parallel {
    bool known; /* the pointer can guide: shape and the rest below are there */
    uint32_t tool;
    struct trk_blade_shape shape;
    double thickness_mm;
    double calibration_mm;

    bool holding;
    uint32_t holding_tool;
    double point_mm[3]; /* where the middle of the cutter's edge is, in the reference frame */
    struct trk_guide_cutter cutter;
    struct trk_dwell dwell;
    struct nav_pose last_pose; /* image <- tool, to take each pose once */
    int64_t last_ns;
    double sum_mm[3]; /* of the edge's middle in the tool's frame */
    uint32_t samples;
    struct nav_scene_collection collection; /* what the scene says of it */
};

/* What was measured from the guided tool, and at which pose. */
struct guide_measured {
    bool valid;   /* the pose was live in the last scene */
    bool cutting; /* the edge was in the bone in the last scene in which it was live ... */
    bool engaged; /* ... or at the active cut, below its entry edge: in the patient */
    uint32_t tool;
    struct nav_pose T_image_tool;
    int64_t arrival_ns; /* of that pose; a newer one may be the same, bit for bit */
    struct trk_blade_pose blade;
    struct trk_blade_pose before; /* at the pose before, or the same where there was none */
    struct trk_bone_depth_answer bone;
    struct trk_structure_distance distances[NAV_STRUCTURES_MAX];
};

struct trk_guide {
    struct trk_guide_config config;
    struct trk_blade_distance *distance; /* NULL without structures */
    struct trk_bone_depth *bone;
    struct guide_cut cuts[NAV_CUTS_MAX];
    int32_t active;       /* index of the active cut, or NAV_SUBJECT_NONE */
    int32_t suggested;    /* what the pose suggests, or NAV_SUBJECT_NONE */
    int32_t candidate;    /* what it may soon, ... */
    int64_t candidate_ns; /* ... and since when */

    int32_t tool; /* guided, or NAV_SUBJECT_NONE */
    enum nav_guide guide;
    struct guide_parallel parallel;
    struct guide_measured measured;
    enum nav_limit_state structure_states[NAV_STRUCTURES_MAX];

    enum nav_fragment fragment;
    bool muted;
    char displays_gone[GUIDE_DISPLAYS_MAX][NAV_NAME_SIZE]; /* empty: no one */
    struct trk_alarms alarms;

    uint64_t case_id;      /* of the last scene */
    int64_t now_ns;        /* its time */
    int64_t results_ns;    /* when a cut was last measured */
    int64_t last_check_ns; /* of the registration */
    bool registration_overridden;
    struct nav_pose T_image_reference; /* of the last scene */
};

/* ---- guide_tool.c ---- */

/* The guided tool's cutting part, its thickness and calibration error as they are in force. */
const struct trk_blade_shape *guide_shape(const struct trk_guide *guide);
double guide_thickness_mm(const struct trk_guide *guide);
double guide_calibration_mm(const struct trk_guide *guide);
bool guide_has_edge(const struct trk_guide *guide);

/* Chooses the first blade, else the first drill. */
void guide_choose_tool(struct trk_guide *guide);

/* Looks at a pointer that is held beside a cutter; its progress goes into the scene. */
void guide_parallel_advance(struct trk_guide *guide, struct nav_scene *scene);

/* ---- guide_cuts.c ---- */

/* The plan of a cut with the kerf in force. */
struct trk_cut_plan guide_plan(const struct trk_guide *guide, uint32_t cut);

void guide_suggest(struct trk_guide *guide);

/* Whether the blade is where the active cut is, whatever its depth. */
bool guide_is_at_the_cut(const struct trk_guide *guide, const struct trk_guidance *guidance);

/* What becomes of a cut: measures of its map, at most every 0.2 s, and at its end. */
void guide_measure_results(struct trk_guide *guide, bool now);

void guide_fill_cut(const struct trk_guide *guide, uint32_t index, struct nav_scene_cut *out_cut);

/* ---- guide_causes.c ---- */

/* Raises what holds in a scene whose cuts and structures are filled, and lists all alarms. */
void guide_alarm(struct trk_guide *guide, struct nav_scene *scene);

/* What a loose fragment means for the scene. */
void guide_withhold_fragment(const struct trk_guide *guide, struct nav_scene *scene);

#endif
