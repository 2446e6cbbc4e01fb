/* Attempts of an exercise as sessions: the simulator makes one, anybody's is measured.
 *
 * A simulated trainee goes through the engine that the theatre runs, on a clock of its own and as
 * fast as it goes, and is recorded like an operation: `osteonav replay` shows it, `--verify` proves
 * it. Measuring plays a session through the same engine again. Thread: main. */
#ifndef TOOLS_TRAIN_ATTEMPT_H
#define TOOLS_TRAIN_ATTEMPT_H

#include <stdbool.h>
#include <stdint.h>

#include "case.h"
#include "cfg_error.h"
#include "engine.h"
#include "exercise.h"
#include "nav/status.h"
#include "progress.h"
#include "score.h"
#include "sim_script.h"

/* What a case gives to all attempts. */
struct train_world;

/* `loaded` must hold its meshes and outlive the world. */
NAV_MUST_USE enum nav_status train_world_create(const struct cfg_case *loaded,
                                                struct train_world **out_world,
                                                struct cfg_error *out_error);
void train_world_destroy(struct train_world *world); /* NULL is legal */

/* For srv_replay_open. */
struct srv_engine_config train_world_engine(const struct train_world *world);

/* How scenes are measured, from the case's limits. */
struct train_settings train_world_settings(const struct train_world *world);

struct train_simulation {
    const struct sim_script *script;
    double rate_hz;
    uint64_t seed;
    double reaction_s;    /* after which it pauses in a drop-out; NaN: never */
    int64_t start_utc_ns; /* wall clock at its beginning */
    const char *origin;   /* for the session's facts */
};

/* Records a simulated attempt into the new session `path` and measures it on the way; `expert`
 * NULL: compared with nobody. NAV_ERR_EXISTS; what sim_hand_create and the session's writer give.
 */
NAV_MUST_USE enum nav_status
train_simulate(const struct train_world *world, const struct train_exercise *exercise,
               const struct train_simulation *simulation, const char *path,
               const struct train_result *expert, struct progress *progress,
               struct train_result **out_result, struct cfg_error *out_error);

/* Measures a session: it runs through the engine again. Where it has no scenes of its own (it was
 * imported) they are made, and cuts that the guide suggests are taken up. `expert` as above.
 * NAV_ERR_REFUSED: it is of another case; NAV_ERR_NOT_FOUND: the tool was never seen. */
NAV_MUST_USE enum nav_status
train_measure(const struct train_world *world, const struct train_exercise *exercise,
              const char *path, const struct train_result *expert, struct progress *progress,
              struct train_result **out_result, struct cfg_error *out_error);

#endif
