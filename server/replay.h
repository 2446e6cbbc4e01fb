/* A recorded session as a film: the theatre's own code under the recording's clock.
 *
 * Opening runs through the whole session once, as fast as it goes: that gives its length, its
 * events and keyframes of the engine's state, so that any instant is reached by going back to a
 * keyframe and running on. What is shown is always what the engine makes of the recorded inputs;
 * the scenes' hashes that were recorded are compared with it on the way.
 *
 * Times are ns since the session's first record. No clock, no sockets. Thread: one at a time. */
#ifndef SRV_REPLAY_H
#define SRV_REPLAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine.h"
#include "nav/scene.h"
#include "nav/status.h"
#include "session_store.h"

enum { SRV_REPLAY_EVENT_TEXT = 160 };

struct srv_replay_event {
    int64_t at_ns;
    enum store_event kind; /* STORE_EVENT_NONE: an annotation */
    char text[SRV_REPLAY_EVENT_TEXT];
};

struct srv_replay;

struct srv_replay_config {
    const char *path;
    struct srv_engine_config engine; /* of the case; its hooks are not used */
    int64_t tick_ns;                 /* between scenes where the session has none of its own */
    int64_t keyframe_ns;             /* of film, between keyframes; 0: as it is good */
    /* Only what opening finds is wanted: it stands at its end then, and is not moved. */
    bool once;
    /* Of each scene while it is opened, in order; false ends that. NULL is legal. */
    bool (*on_scene)(void *context, const struct srv_replay *replay);
    /* How far opening is, 0 to 1. NULL is legal. */
    void (*on_progress)(void *context, double share);
    void *context;
};

/* What running through the session found. */
struct srv_replay_findings {
    uint64_t records;
    uint64_t messages;
    uint64_t commands;
    uint64_t scenes;
    uint64_t compared;        /* scenes whose recorded hash was looked at */
    uint64_t differing;       /* ... and is not the one that came out now */
    uint64_t first_differing; /* number of the first one, from 1 */
    int64_t first_differing_ns;
    uint64_t first_recorded, first_now; /* its hashes */
    uint64_t damaged;                   /* blocks or records that could not be used */
    uint64_t gaps;                      /* places where the recorder lost something: ... */
    uint64_t lost;                      /* ... so many records; scenes behind are not compared */
    uint64_t digest;                    /* of all hashes in order */
};

/* NAV_ERR_VERSION: its scenes are of another version of the program, which `verify` must know.
 * Else as session_reader_open and srv_engine_create. */
NAV_MUST_USE enum nav_status srv_replay_open(const struct srv_replay_config *config,
                                             struct srv_replay **out_replay,
                                             struct session_error *out_error);
void srv_replay_close(struct srv_replay *replay); /* NULL is legal */

const struct session_facts *srv_replay_facts(const struct srv_replay *replay);
int64_t srv_replay_length_ns(const struct srv_replay *replay);
const struct srv_replay_findings *srv_replay_findings(const struct srv_replay *replay);

/* In the order of time. */
const struct srv_replay_event *srv_replay_events(const struct srv_replay *replay,
                                                 size_t *out_count);

/* Where the film stands: time of the newest scene. */
int64_t srv_replay_at_ns(const struct srv_replay *replay);

/* Scenes since the film was last moved to a keyframe or its start, and their digest: playing all of
 * it from the start at any speed gives the digest of the findings. */
void srv_replay_played(const struct srv_replay *replay, uint64_t *out_scenes, uint64_t *out_digest);

/* The newest scene, as it was: times on the recording's clock, mode REPLAY. */
const struct nav_scene *srv_replay_scene(const struct srv_replay *replay);

/* What the film's engine guides, as far as the newest scene; NULL: nothing is guided. */
const struct trk_guide *srv_replay_guide(const struct srv_replay *replay);

/* On to the next scene. NAV_END: there is none; NAV_ERR_MEMORY. */
NAV_MUST_USE enum nav_status srv_replay_step(struct srv_replay *replay);

/* On to the newest scene at or before `at_ns`; nothing when that has been passed. NAV_END. */
NAV_MUST_USE enum nav_status srv_replay_run_to(struct srv_replay *replay, int64_t at_ns);

/* To the newest scene at or before `at_ns`, forward or back; clamped to the session. */
NAV_MUST_USE enum nav_status srv_replay_seek(struct srv_replay *replay, int64_t at_ns);

/* So many scenes back, at most to the first. NAV_END: that is the one that is shown. */
NAV_MUST_USE enum nav_status srv_replay_step_back(struct srv_replay *replay, uint64_t scenes);

/* A copy of a recorded scene as if it were of `now_ns`: every monotonic time in it is moved, so
 * that viewers judge its age as in the theatre. */
void srv_replay_move_scene(const struct nav_scene *recorded, int64_t now_ns,
                           struct nav_scene *out_scene);

#endif
