/* The guide: the list of cuts, the blade against the active one, distances, limits and alarms.
 *
 * Stands beside the navigator: the navigator says where everything is, the guide adds to that scene
 * what it means for the plan - cuts, structures, alarms, fragment - and the reasons that follow
 * from it. It reads nothing but the scene it is given, commands and the time in that scene; the
 * same scenes and commands in the same order give the same bytes. Call it once for every scene that
 * is published, after trk_navigator_scene: what the blade swept is taken from scene to scene.
 *
 * One tool is guided: the first blade of the case, else its first drill, until a command names
 * another; a pointer guides a cutter that carries no tracker once it has been held beside it
 * (parallel). Without a live pose of that tool nothing is measured; what was measured is withheld.
 *
 * Uncertainty of a distance: sqrt(TRE^2 + calibration^2 + tracker^2), one standard deviation; where
 * one is not known its default counts. It is taken off (times a factor) before limits apply.
 *
 * Allocates in create only. Image space, mm. Thread: loop. */
#ifndef TRK_GUIDE_H
#define TRK_GUIDE_H

#include <stdbool.h>
#include <stdint.h>

#include "alarms.h"
#include "blade_distance.h"
#include "cut_record.h"
#include "dwell.h"
#include "guidance.h"
#include "memory.h"
#include "nav/cut_map.h"
#include "nav/scene.h"
#include "reply.h"

struct trk_guide_tool {
    char name[NAV_NAME_SIZE];
    enum nav_guide guide;         /* NONE: guides only held parallel beside a cutter */
    struct trk_blade_shape shape; /* of a pointer: its tip and axis */
    double thickness_mm;          /* of a blade; diameter of a drill */
    double calibration_mm;        /* error (rms) of its calibration; NaN = not stated */
};

struct trk_guide_cut {
    char name[NAV_NAME_SIZE];
    struct trk_cut_plan plan; /* kerf_mm NaN: as thick as the guided blade */
};

struct trk_guide_structure {
    char name[NAV_NAME_SIZE];
    enum nav_role role;
    double caution_mm, stop_mm;  /* 0 = no such limit */
    const struct trk_mesh *mesh; /* borrowed */
};

struct trk_guide_limits {
    struct trk_limit offset_mm; /* of its size */
    struct trk_limit angle_deg; /* of the larger of pitch and roll */
    double depth_caution_mm;    /* before the planned depth */
    double over_depth_mm;       /* beyond it */
    double hysteresis_mm;       /* of distances and depth */
    double uncertainty_factor;
    double tre_default_mm, calibration_default_mm, tracker_default_mm;
    double contact_mm; /* an edge this deep in the bone is cutting */
    double suggest_mm, suggest_deg;
    int64_t suggest_hold_ns;
    int64_t alarm_hold_ns;
    struct trk_dwell_limits hold; /* of a pointer held beside a cutter */
};

struct trk_guide_config {
    struct trk_guide_limits limits;
    uint32_t tool_count, cut_count, structure_count;
    struct trk_guide_tool tools[NAV_TOOLS_MAX]; /* in the scene's order */
    struct trk_guide_cut cuts[NAV_CUTS_MAX];
    struct trk_guide_structure structures[NAV_STRUCTURES_MAX];
};

struct trk_guide;

/* NAV_ERR_ARGUMENT: counts out of range, a plan that is no frame, a limit that is negative;
 * NAV_ERR_MEMORY. Copies the config; the meshes must outlive the guide. Open bones tell no depth:
 * nothing is cut in them. Takes the time of the planned margins, some 0.1 s a cut. */
NAV_MUST_USE enum nav_status trk_guide_create(const struct trk_guide_config *config,
                                              struct trk_guide **out_guide);
void trk_guide_destroy(struct trk_guide *guide); /* NULL is legal */

/* Makes `to` what `from` is, with what was cut and what alarms. Both of one config. For keyframes
 * of a replay. */
void trk_guide_copy(struct trk_guide *to, const struct trk_guide *from);

/* A new guide that can only be copied from and destroyed: a keyframe, made in no time and without
 * what measures. NAV_ERR_MEMORY. */
NAV_MUST_USE enum nav_status trk_guide_clone(const struct trk_guide *from,
                                             struct trk_guide **out_guide);

/* All of one that was cloned, for packing a keyframe. Returns how many parts. */
enum { TRK_GUIDE_PARTS_MAX = 1 + NAV_CUTS_MAX * TRK_CUT_RECORD_PARTS };
size_t trk_guide_memory(struct trk_guide *guide, struct trk_memory out_parts[TRK_GUIDE_PARTS_MAX]);

/* Completes a scene of the navigator. Its time does not go back; one that does is taken as it is,
 * as if no time had passed. */
void trk_guide_advance(struct trk_guide *guide, struct nav_scene *scene);

/* ---- commands; each replies in one line ---- */

/* Takes up a cut: planned, paused, or closed by mistake. The one that is active pauses. */
void trk_guide_cut_activate(struct trk_guide *guide, const char *cut, int64_t now_ns,
                            struct trk_reply *out_reply);

/* The cut that is suggested now. Refused: none is. */
void trk_guide_cut_accept(struct trk_guide *guide, int64_t now_ns, struct trk_reply *out_reply);

/* `cut` NULL: the active one. Refused where the list does not allow it. A done cut is complete: the
 * guide asks for the fragment. */
void trk_guide_cut_pause(struct trk_guide *guide, const char *cut, struct trk_reply *out_reply);
void trk_guide_cut_done(struct trk_guide *guide, const char *cut, int64_t now_ns,
                        struct trk_reply *out_reply);
void trk_guide_cut_skip(struct trk_guide *guide, const char *cut, int64_t now_ns,
                        struct trk_reply *out_reply);

/* Guides by another tool: a blade, a drill, or a pointer that was held beside a cutter. */
void trk_guide_use_tool(struct trk_guide *guide, const char *tool, struct trk_reply *out_reply);

/* A cutter without a tracker: the middle of its edge is held on a point whose place in the
 * reference frame is known (`point_mm`, called `name`), and the pointer `tool` (NULL: the first
 * one) beside its flat side, as it will be held. Taken when both have been still for the hold time;
 * then the pointer guides the cutter. */
struct trk_guide_cutter {
    double width_mm, thickness_mm;
};
void trk_guide_parallel_start(struct trk_guide *guide, const char *tool, const char *name,
                              const double point_mm[3], const struct trk_guide_cutter *cutter,
                              int64_t now_ns, struct trk_reply *out_reply);
void trk_guide_parallel_cancel(struct trk_guide *guide, struct trk_reply *out_reply);

/* What the team says of the fragment. Refused unless it is asked or was answered before. */
void trk_guide_fragment(struct trk_guide *guide, bool rigid, struct trk_reply *out_reply);

/* `code`: a key of nav/alarm.h, or NULL: all. */
void trk_guide_acknowledge(struct trk_guide *guide, const char *code, int64_t now_ns,
                           struct trk_reply *out_reply);
void trk_guide_mute(struct trk_guide *guide, bool muted, struct trk_reply *out_reply);

/* A display has ended, or runs again: as long as it does not, that alarms. */
void trk_guide_display(struct trk_guide *guide, const char *display, bool runs,
                       struct trk_reply *out_reply);

/* ---- what others need of it ---- */

/* Alarms that began, ended or were acknowledged, for the log: see trk_alarms_next_event. */
bool trk_guide_next_event(struct trk_guide *guide, struct trk_alarm_event *out_event);

/* The record of a cut, for reports; NULL: no such cut. Lives as long as the guide. */
const struct trk_cut_record *trk_guide_record(const struct trk_guide *guide, uint32_t cut);

/* Whether the map of a cut has changed since it was last taken; then it is filled, with cut and
 * case_id, for nav/cut_map.h. */
bool trk_guide_take_map(struct trk_guide *guide, uint32_t cut, struct nav_cut_map *out_map);

#endif
