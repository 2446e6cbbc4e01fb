/* The registrar: landmarks touched live, the registration made of them, and its checks.
 *
 * Stands beside the navigator and acts on commands. To touch a landmark the tip rests on it: from
 * the command on every joined pose of tool and reference must stay within a radius of their mean
 * for the hold time (tracking/dwell.h); a marker that was hidden, a gap, a tip that moved, or a
 * tool pose that repeats bit for bit refuses it, and it has to be asked for again. Registering
 * computes (tracking/registration.h, well below a millisecond) and either puts the result in force
 * or leaves everything as it was and says why. Landmarks touched before the reference was found to
 * have moved are refused: they belong to where it was.
 *
 * Commands and time in, replies and calls to the navigator out: no clock, no I/O; the same inputs
 * give the same state. Allocates only in create, and through LAPACK when it registers. Frames:
 * touched points in the reference frame, landmarks and targets in the image, mm. Thread: loop. */
#ifndef TRK_REGISTRAR_H
#define TRK_REGISTRAR_H

#include <stdbool.h>
#include <stdint.h>

#include "drift.h"
#include "dwell.h"
#include "memory.h"
#include "navigator.h"
#include "registration.h"
#include "reply.h"

struct trk_registrar_config {
    struct trk_dwell_limits hold;
    struct trk_registration_limits limits;
    double check_limit_mm; /* a checked landmark further off is off: see trk_touch_check */
    uint32_t default_tool; /* touches when a command names none */
    uint32_t tool_count;
    char tools[NAV_TOOLS_MAX][NAV_NAME_SIZE];
    uint32_t landmark_count;
    struct trk_landmark landmarks[TRK_LANDMARKS_MAX]; /* names and places in the image */
    uint32_t target_count;
    struct trk_target targets[TRK_TARGETS_MAX];
};

/* A landmark as it was touched. */
struct trk_touched {
    bool collected;
    double measured_mm[3]; /* in the reference frame */
    double rms_mm;         /* spread while it was held */
    int64_t at_ns;
};

/* What the last check found; `at_ns` 0: none yet. */
struct trk_check_result {
    int64_t at_ns;
    uint32_t landmark;
    struct trk_touch touch;
};

struct trk_registrar;

/* NAV_ERR_ARGUMENT: counts out of range, two landmarks of one name, a default tool that is none,
 * limits of the hold; NAV_ERR_MEMORY. Copies the config; the navigator must outlive it. */
NAV_MUST_USE enum nav_status trk_registrar_create(const struct trk_registrar_config *config,
                                                  struct trk_navigator *navigator,
                                                  struct trk_registrar **out_registrar);
void trk_registrar_destroy(struct trk_registrar *registrar); /* NULL is legal */

/* Makes `to` what `from` is, on its own navigator. Both of one config. For keyframes of a replay.
 */
void trk_registrar_copy(struct trk_registrar *to, const struct trk_registrar *from);

/* All of it but the navigator, for packing a keyframe. */
struct trk_memory trk_registrar_memory(struct trk_registrar *registrar);

/* Looks at what the tool has done since the last call. Before every scene. */
void trk_registrar_advance(struct trk_registrar *registrar, int64_t now_ns);

/* Begins to take a landmark, by the tip of `tool` (NULL: the default). Refused: no such landmark or
 * tool, no patient reference, another one is being taken, the tool is not live. */
void trk_registrar_start(struct trk_registrar *registrar, const char *landmark, const char *tool,
                         int64_t now_ns, struct trk_reply *out_reply);

/* The same to check the registration in force; refused without one. */
void trk_registrar_check(struct trk_registrar *registrar, const char *landmark, const char *tool,
                         int64_t now_ns, struct trk_reply *out_reply);

/* Ends what is being taken. Refused: nothing is. */
void trk_registrar_cancel(struct trk_registrar *registrar, struct trk_reply *out_reply);

/* Forgets a touched landmark, or with "all" every one. Refused: no such landmark, or one is being
 * taken. */
void trk_registrar_clear(struct trk_registrar *registrar, const char *landmark,
                         struct trk_reply *out_reply);

/* Registers with the landmarks touched so far. `override_reason` not NULL: what would be refused by
 * a limit is put in force nevertheless, and says so in every scene; the reason must not be empty.
 * An arrangement that determines no transform, and landmarks from before the reference moved,
 * cannot be overridden. */
void trk_registrar_register(struct trk_registrar *registrar, const char *override_reason,
                            int64_t now_ns, struct trk_reply *out_reply);

/* ---- for replies and tests; pointers live as long as the registrar ---- */

const struct trk_registrar_config *trk_registrar_config(const struct trk_registrar *registrar);
const struct trk_touched *trk_registrar_touched(const struct trk_registrar *registrar,
                                                uint32_t landmark); /* NULL: out of range */
const struct nav_scene_collection *trk_registrar_collection(const struct trk_registrar *registrar);

/* The newest computed registration, in force or not, and the landmarks it was made of, in its
 * order. NULL: none was computed. */
const struct trk_registration *trk_registrar_result(const struct trk_registrar *registrar,
                                                    const struct trk_landmark **out_landmarks);
const struct trk_check_result *trk_registrar_last_check(const struct trk_registrar *registrar);

#endif
