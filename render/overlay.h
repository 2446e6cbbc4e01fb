/* The overlay: from a scene to what may be shown of it, in words, numbers and looks.
 *
 * The display's safety rule lives here, as one pure function without OpenGL. It decides nothing
 * medical; it may only take trust away. Freshness is judged again at the display's own time, so
 * that a scene which is old because the core hangs, died, or the display itself was held up, never
 * looks live:
 *
 *   no core, no scene, another case or layout, impossible times or limits   -> withheld
 *   scene older than the withhold limit (CORE NOT RESPONDING, or
 *     DISPLAY TOO SLOW where the display's own drawing took so long)        -> withheld
 *   the scene's verdict is withheld                                         -> no tool is drawn
 *   tool age = display now - arrival, not younger than the scene said, and
 *     age <= caution limit and state tracked                                -> live
 *     age <= withhold limit and state tracked or stale                      -> late: amber, dashed,
 *                                                                              numbers are dashes
 *     else, or no usable pose                                               -> not drawn, words
 *   at equality with a limit the better state holds
 *
 * Thread: any. All text is UTF-8; numbers as in text.h. */
#ifndef RND_OVERLAY_H
#define RND_OVERLAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cues.h"
#include "look.h"
#include "nav/scene.h"
#include "text.h"
#include "words.h"

enum {
    RND_WORDS_SIZE = 192,
    /* tracker, reference, registration, monitor, display, tools */
    RND_ENTRIES_MAX = NAV_TOOLS_MAX + 5,
    RND_HEARTBEAT_STEPS = 120 /* one turn in RND_HEARTBEAT_TURN_NS of pose time */
};
#define RND_HEARTBEAT_TURN_NS INT64_C(2000000000)

/* Facts of the loaded case. */
struct rnd_case {
    uint64_t case_id;
    char case_name[NAV_NAME_SIZE];
    char pseudonym[NAV_NAME_SIZE];
    size_t tool_count;
    char tool_names[NAV_TOOLS_MAX][NAV_NAME_SIZE];
};

/* What the display knows about its own pictures. */
struct rnd_frame_stats {
    double fps; /* pictures in the last second; NaN = not known yet */
    /* A pose's arrival to its picture shown, over the last minute; -1 = not known. */
    int64_t frame_p50_ns, frame_p99_ns;
    const char *not_shown; /* names of structures missing in the picture: at best caution; NULL */
    const char *missing_monitor; /* it is meant for this one, which is not there; NULL */
    enum rnd_words warning;      /* a fault of the display itself; RND_SAY_NOTHING = none */
};

struct rnd_overlay_input {
    int64_t now_ns;                /* the display's monotonic clock */
    int64_t held_ns;               /* of that, since the display took the scene: its own delay */
    int64_t utc_ns;                /* wall clock, for the clock on screen only */
    bool core_alive;               /* a core holds the channel now */
    const struct nav_scene *scene; /* newest scene taken, or NULL */
    const struct rnd_case *facts;
    struct rnd_frame_stats stats;
    enum rnd_language language;
    bool review; /* nothing is navigated by: no tool is shown, whatever the scene says */
};

struct rnd_overlay_tool {
    char name[NAV_NAME_SIZE];
    enum rnd_look look;
    enum rnd_level level;
    struct nav_pose T_image_tool; /* with look LATE or LIVE */
    double tip_mm[3];             /* likewise */
    double axis[3];               /* likewise: where it points; zero where it is not known */
    double path_mm;               /* with look LIVE: to the first structure where it points; 0: no
                                   * structure is measured from it */
    char state[RND_WORDS_SIZE];   /* "LIVE", "LATE", "LOST", ... */
    char age[RND_AGE_SIZE];
    char tip[3][RND_NUMBER_SIZE]; /* x y z of the tip, LPS mm; dashes unless LIVE */
};

struct rnd_overlay_entry {
    char label[NAV_NAME_SIZE];
    char value[RND_WORDS_SIZE];
    char age[NAV_NAME_SIZE]; /* or another remark; empty where there is none */
    enum rnd_level level;
    bool wide; /* it needs the room of two */
};

struct rnd_overlay {
    enum nav_trust trust;
    char headline[NAV_NAME_SIZE];
    char reason[RND_WORDS_SIZE];
    uint32_t more_reasons; /* how many beside the one in `reason` */
    enum nav_mode mode;
    uint32_t heartbeat_step; /* stands still when no pose arrives; < RND_HEARTBEAT_STEPS */
    bool heartbeat_alive;    /* a pose has arrived within the withhold limit */
    bool review;
    char clock[RND_NUMBER_SIZE];
    char case_name[NAV_NAME_SIZE];
    char pseudonym[NAV_NAME_SIZE];
    uint32_t entry_count;
    uint32_t tool_count;
    struct rnd_overlay_entry entries[RND_ENTRIES_MAX];
    struct rnd_overlay_tool tools[NAV_TOOLS_MAX];
    struct rnd_cues cues;
};

void rnd_overlay_build(const struct rnd_overlay_input *input, struct rnd_overlay *out_overlay);

#endif
