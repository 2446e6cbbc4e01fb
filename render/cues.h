/* What the panel says beside the picture: the active cut, distances, cuts, alarms, recording.
 *
 * Words and numbers out of a scene that may be shown; pure. A live number is shown only while the
 * tool that it is about is live in the display's own judgement (overlay.h): else it is dashes, and
 * what it would warn of is not said to be clear. Alarms and states are not taken back by a picture
 * that is withheld. Every struct is zeroed first: equal cues are equal byte for byte.
 * Thread: any. */
#ifndef RND_CUES_H
#define RND_CUES_H

#include <stdbool.h>
#include <stdint.h>

#include "look.h"
#include "nav/scene.h"
#include "text.h"
#include "words.h"

enum { RND_CUE_STRUCTURES_MAX = 8, RND_CUE_LETTERS_SIZE = 4 };

struct rnd_cue_number {
    char text[RND_NUMBER_SIZE]; /* dashes unless it may be shown */
    enum rnd_level level;
    int32_t correct; /* which way the blade has to go: -1, +1, 0 = nowhere or not known */
};

/* The active cut against the blade. */
struct rnd_cue_guide {
    uint32_t number; /* of the cut, from 1; 0: no cut is active */
    bool guided;     /* its numbers are live */
    bool cutting;
    bool on_line;   /* offset and pitch are a drill's from its planned line */
    uint32_t guide; /* enum nav_guide */
    char name[NAV_NAME_SIZE];
    char letters[2][RND_CUE_LETTERS_SIZE]; /* patient's direction towards -n and +n */
    int32_t tumour_side;                   /* -1, +1 along n; 0: not stated */
    struct rnd_cue_number offset, pitch, roll, depth, cortex, at_depth;
    char uncertainty[RND_NUMBER_SIZE]; /* of the offset */
    char planned_depth[RND_NUMBER_SIZE];
    /* For the drawing, in steps too small to see; meaningless unless guided. */
    int32_t offset_um50;    /* 1/20 mm */
    int32_t pitch_deg10;    /* 1/10 degree */
    int32_t roll_deg10;     /* 1/10 degree */
    int32_t depth_permille; /* of the planned depth */
};

struct rnd_cue_structure {
    uint32_t index; /* in the scene */
    uint32_t role;  /* enum nav_role */
    bool inside;
    enum rnd_level level;
    enum rnd_words state; /* STOP, NEAR or nothing */
    char name[NAV_NAME_SIZE];
    char distance[RND_NUMBER_SIZE];
    char uncertainty[RND_NUMBER_SIZE];
    char stop[RND_NUMBER_SIZE], caution[RND_NUMBER_SIZE]; /* dashes: no limit */
    bool limited;
    char ahead[RND_NUMBER_SIZE]; /* empty: not on the predicted path */
};

/* The most urgent first: beyond its stop distance, its caution distance, then the nearest. */
struct rnd_cue_structures {
    uint32_t total, listed;
    uint32_t unlisted_urgent; /* of those without a place here, at or beyond a limit */
    struct rnd_cue_structure list[RND_CUE_STRUCTURES_MAX];
};

struct rnd_cue_cut {
    uint32_t state; /* enum nav_cut_state */
    bool suggested;
    uint32_t coverage_percent;
};

struct rnd_cue_cuts {
    uint32_t count, done;
    uint32_t fragment; /* enum nav_fragment */
    struct rnd_cue_cut list[NAV_CUTS_MAX];
};

/* The highest alarm. */
struct rnd_cue_alarm {
    bool known;   /* false: nobody says whether there are any */
    bool present; /* false: there is none */
    bool acknowledged;
    uint32_t priority; /* enum nav_alarm_priority */
    uint32_t others;   /* how many more are listed or latched */
    char cause[NAV_TEXT_SIZE];
    char remedy[NAV_TEXT_SIZE];
};

struct rnd_cue_status {
    enum rnd_words recording; /* RECORDING, NOT_RECORDING or nothing: not known, a replay */
    enum rnd_level recording_level;
    bool muted;
};

struct rnd_cue_replay {
    bool present;
    bool paused;
    uint32_t permille;
    char words[NAV_NAME_SIZE]; /* "00:12:34 / 01:40:00  x1.0" */
    struct {
        uint32_t permille;
        uint32_t kind; /* enum nav_replay_mark_kind */
    } marks[NAV_REPLAY_MARKS_MAX];
    uint32_t mark_count;
    uint32_t event_kind;       /* of the newest event; meaningless without a text */
    char event[NAV_TEXT_SIZE]; /* "00:12:01 ...", what it was; empty: nothing yet */
};

/* A landmark being touched. */
struct rnd_cue_collection {
    bool present;
    enum rnd_words what; /* TOUCH, TOUCH_CHECK, TOUCH_NEXT */
    enum rnd_level level;
    uint32_t permille;
    uint32_t collected, wanted;
    char landmark[NAV_NAME_SIZE];
    char outcome[NAV_TEXT_SIZE];
};

struct rnd_cues {
    enum rnd_language language;
    struct rnd_cue_guide guide;
    struct rnd_cue_structures structures;
    struct rnd_cue_cuts cuts;
    struct rnd_cue_alarm alarm;
    struct rnd_cue_status status;
    struct rnd_cue_replay replay;
    struct rnd_cue_collection collection;
};

/* `live_tools`: bit i is set while the scene's tool i is shown as live. NULL scene: nothing is
 * known. */
void rnd_cues_build(const struct nav_scene *scene, uint32_t live_tools, enum rnd_language language,
                    struct rnd_cues *out_cues);

#endif
