/* The navigator: the state machine that decides what is true.
 *
 * Owns the gate, the histories, the frame graph, the registration in force, the doubts about it and
 * the verdict. Input: samples, peer events, what commands decide and the time; output: a scene. No
 * I/O, no clock of its own, no threads, no allocation after create: the same inputs in the same
 * order give the same scene byte for byte.
 *
 * Frames: image (LPS mm, root) <- reference <- tracker <- tool <- tip. A tool pose is joined with
 * the reference of the same instant (docs/timing.md). Thread: loop. */
#ifndef TRK_NAVIGATOR_H
#define TRK_NAVIGATOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "memory.h"
#include "nav/limits.h"
#include "nav/pose.h"
#include "nav/sample.h"
#include "nav/scene.h"
#include "nav/status.h"
#include "trk_limits.h"

enum { TRK_NO_DEVICE = 0xffff };

/* What a tool's pose is measured against. */
enum trk_relative_to { TRK_RELATIVE_TO_TRACKER = 0, TRK_RELATIVE_TO_REFERENCE };

struct trk_tool_config {
    char name[NAV_NAME_SIZE];
    char device[NAV_NAME_SIZE]; /* e.g. "StylusToTracker" */
    enum trk_relative_to relative_to;
    double tip_mm[3]; /* tip in the tool's frame */
    double axis[3];   /* unit, in the tool's frame: where the tool points */
};

struct trk_config {
    struct trk_limits limits;
    uint64_t case_id;
    char pseudonym[NAV_NAME_SIZE];
    char case_name[NAV_NAME_SIZE];
    enum nav_mode mode;
    bool has_reference;
    char reference_device[NAV_NAME_SIZE]; /* e.g. "ReferenceToTracker" */
    bool has_registration;
    char registration_source[NAV_TEXT_SIZE];
    double registration_fre_mm;        /* NaN = not stated */
    struct nav_pose T_image_reference; /* image <- tracker where there is no reference */
    uint32_t tool_count;
    struct trk_tool_config tools[NAV_TOOLS_MAX];
};

struct trk_navigator;

/* NAV_ERR_ARGUMENT: no tool or too many, a device without a name, two devices of the same name, a
 * tip that is not finite, an axis that is not unit to 1e-6, a registration that is not a pose, a
 * limit that is not positive (smoothing: negative), withhold < caution; NAV_ERR_MEMORY. Copies the
 * config. */
NAV_MUST_USE enum nav_status trk_navigator_create(const struct trk_config *config,
                                                  struct trk_navigator **out_navigator);
void trk_navigator_destroy(struct trk_navigator *navigator); /* NULL is legal */

/* Makes `to` what `from` is: the same inputs give the same scenes from here on. Both of one config.
 * For keyframes of a replay; copies little more than the devices in use. */
void trk_navigator_copy(struct trk_navigator *to, const struct trk_navigator *from);

/* All of it, for packing a keyframe. */
struct trk_memory trk_navigator_memory(struct trk_navigator *navigator);

/* Id of a device by its exact name (bytes, `length` of them), or TRK_NO_DEVICE. */
uint32_t trk_navigator_find_device(const struct trk_navigator *navigator, const char *name,
                                   size_t length);

/* Takes one sample. NAV_OK: accepted into the history, or a status "not visible" noted.
 * Rejections, counted and remembered as the device's reason: NAV_ERR_NOT_FINITE,
 * NAV_ERR_NOT_RIGID, NAV_ERR_RANGE; NAV_ERR_STALE: not newer than the device's newest pose on the
 * sender's clock, or by arrival (recorded upstream, not shown); NAV_ERR_REFUSED: marker fit error
 * above its limit (withholds at once), or the device belongs to another source, which is there and
 * not silent (not counted; the sample changes nothing but that it is noticed). NAV_ERR_ARGUMENT:
 * no such device. */
NAV_MUST_USE enum nav_status trk_navigator_push(struct trk_navigator *navigator,
                                                const struct nav_pose_sample *sample);

/* A second sender gave this device at `arrival_ns` and was refused upstream: duplicate-sender is
 * said for the notice time. A device out of range is ignored. */
void trk_navigator_note_duplicate(struct trk_navigator *navigator, uint32_t device,
                                  int64_t arrival_ns);

/* The peers as they are now (copied into the next scene); `total` may exceed `count`. When a peer
 * that had delivered a device's newest pose is gone, that device's reason becomes link-down; its
 * pose goes on to age as any other. Call it whenever a peer comes or goes. While `total` exceeds
 * `count` an unlisted peer is taken to be there. Never called: nothing is known of peers. */
void trk_navigator_set_peers(struct trk_navigator *navigator, const struct nav_scene_peer *peers,
                             uint32_t count, uint32_t total);

/* ---- registration and landmarks, by command ----------------------------------------------------
 */

/* Where the tip of a tool was at one instant, in the frame of the patient reference. */
struct trk_tip_sample {
    int64_t arrival_ns;
    bool visible;        /* false: hidden, late, badly fitted or apart from the reference ... */
    double tip_mm[3];    /* ... and this is meaningless */
    int64_t repeated_ns; /* for how long the tool's pose has been bit-equal */
};

/* How far a reader of tip samples has come. Zero: begin with trk_navigator_tip_start. */
struct trk_tip_cursor {
    uint32_t tool;
    uint64_t seen; /* poses of the tool looked at, of those accepted since start */
};

/* From now on: what the tool has done before does not count. NAV_ERR_ARGUMENT: no such tool;
 * NAV_ERR_UNSUPPORTED: the case has no patient reference. */
NAV_MUST_USE enum nav_status trk_navigator_tip_start(const struct trk_navigator *navigator,
                                                     uint32_t tool,
                                                     struct trk_tip_cursor *out_cursor);

/* Takes the next sample, oldest first; every pose of the tool gives one. False: none yet. A pose
 * whose reference may still be on its way (join_max_ns) is waited for. Only poses that would be
 * shown as live, joined as in the scene, are visible; poses that were lost meanwhile give one
 * sample that is not; so does every call while the tool is not live. */
bool trk_navigator_tip_next(const struct trk_navigator *navigator, struct trk_tip_cursor *cursor,
                            int64_t now_ns, struct trk_tip_sample *out_sample);

/* A registration that was computed elsewhere and is to be used from now on. */
struct trk_registration_in_force {
    struct nav_pose T_image_reference;
    char source[NAV_TEXT_SIZE]; /* for people */
    double fre_mm;              /* NaN = not stated */
    double tre_mm;              /* predicted at the worst target; NaN = not known */
    bool accepted;              /* within its limits */
    bool overridden;            /* put in force by a person although it is not */
    int64_t at_ns;
};

/* Replaces the registration at once; ends every doubt about the one before, whose checks are
 * forgotten. NAV_ERR_ARGUMENT: not a pose; NAV_ERR_REFUSED: neither accepted nor overridden. What
 * was in force stays in force on failure. */
NAV_MUST_USE enum nav_status
trk_navigator_set_registration(struct trk_navigator *navigator,
                               const struct trk_registration_in_force *registration);

/* The registration in force. False: none. */
bool trk_navigator_registration(const struct trk_navigator *navigator, struct nav_pose *out_pose);

/* Whether the newest attempt to register was refused: said while no registration is in force. */
void trk_navigator_note_refused(struct trk_navigator *navigator, bool refused);

/* A landmark was touched and appeared `deviation_mm` from its place: tracking/drift.h. A good check
 * also ends `reference-moved`. NAV_ERR_REFUSED: no registration is in force; NAV_ERR_NOT_FINITE,
 * NAV_ERR_RANGE. */
NAV_MUST_USE enum nav_status trk_navigator_note_check(struct trk_navigator *navigator,
                                                      int64_t at_ns, double deviation_mm);

/* Whether the reference may have moved on the bone, and since when that is known. Landmarks touched
 * before may not be used to register. */
bool trk_navigator_in_doubt(const struct trk_navigator *navigator, int64_t *out_since_ns);

/* What a tip is being held for, as the scenes say it from now on. */
void trk_navigator_set_collection(struct trk_navigator *navigator,
                                  const struct nav_scene_collection *collection);

/* The scene at `now_ns` (not before the last sample's arrival; earlier is clamped to it).
 * Sets every field but seq; `utc_ns` is copied in. */
void trk_navigator_scene(struct trk_navigator *navigator, int64_t now_ns, int64_t utc_ns,
                         struct nav_scene *out_scene);

#endif
