/* Simulated surgery without sockets: the scripted hand of the simulator, its tracker's noise, the
 * navigator and the guide, scene by scene, and what is really so beside it. */
#ifndef TEST_SURGERY_H
#define TEST_SURGERY_H

#include "case_guide.h"
#include "navigator.h"
#include "sim_hand.h"

struct surgery {
    double rate_hz; /* of the tracker; 60 */
    struct cfg_case *planned;
    struct case_guide *map; /* its limits may be changed before a run */
    struct trk_config navigation;
    struct trk_guide *fresh; /* with the limits of `map` when surgery_ready was called */
    struct trk_guide *guide;
    bool wants_truth; /* the smallest true distances are looked for: takes as long as the guide */
    struct trk_blade_distance *truth;
};

/* What a whole run came to. */
struct surgery_outcome {
    uint32_t began[NAV_ALARM_COUNT];          /* alarms by code */
    uint32_t stopped_at[NAV_STRUCTURES_MAX];  /* stop-distance by structure */
    struct nav_scene_cut cut;                 /* as the last scene says of it, done */
    double true_least_mm[NAV_STRUCTURES_MAX]; /* smallest true distance; INFINITY: far */
    size_t scenes;
};

/* Opens a case with its meshes; fails the test when it is none. */
void surgery_open(struct surgery *surgery, const char *case_path);
void surgery_close(struct surgery *surgery);

/* The limits of `map` are as they shall be: from now on surgery_run may be called. */
void surgery_ready(struct surgery *surgery);

/* One cut of the case by the script's defaults, to be changed. */
struct sim_script surgery_script(const struct surgery *surgery, size_t cut);

/* Runs a script whose first action is a cut, which is taken up before and done at the end. Called
 * for every scene when `look` is not NULL. */
void surgery_run(struct surgery *surgery, const struct sim_script *script, uint64_t seed,
                 void (*look)(void *context, const struct nav_scene *scene,
                              const struct sim_truth *truth),
                 void *context, struct surgery_outcome *out_outcome);

#endif
