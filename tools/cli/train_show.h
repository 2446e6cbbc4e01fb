/* An attempt on the displays, with the expert's tool beside it as a ghost, or the expert's own
 * scene beside it on a second channel: one clock for both. Thread: main. */
#ifndef TOOLS_TRAIN_SHOW_H
#define TOOLS_TRAIN_SHOW_H

#include <signal.h>

#include "cfg_error.h"
#include "nav/scene.h"
#include "nav/status.h"
#include "replay.h"
#include "train_attempt.h"

struct train_show {
    const char *instance;        /* of the channel that shows the attempt */
    const char *expert_instance; /* of the one that shows the expert; NULL: none */
    const char *attempt;         /* sessions */
    const char *expert;          /* NULL: no ghost */
    const char *tool;            /* whose ghost */
    const char *ghost;           /* tool of the case in whose place it is shown */
    double speed;                /* > 0 */
    const volatile sig_atomic_t *stop;
};

/* Shows the whole attempt once. Both begin with the first pose of the tool. NAV_ERR_BUSY: an
 * instance is taken; what srv_replay_open gives. */
NAV_MUST_USE enum nav_status train_show(const struct train_world *world,
                                        const struct train_show *show, struct cfg_error *out_error);

/* The same beside an attempt that is being done: its scenes go to `show->instance` as they come,
 * with the ghost, marked SIMULATION whatever the core's own mode is: nobody navigates by a picture
 * with somebody else's tool in it. `show->attempt`, `speed` and `stop` are not used. */
struct train_beside;

/* Errors as train_show. `show` must outlive it. */
NAV_MUST_USE enum nav_status train_beside_open(const struct train_world *world,
                                               const struct train_show *show,
                                               struct train_beside **out_beside,
                                               struct cfg_error *out_error);
void train_beside_close(struct train_beside *beside); /* NULL is legal */

/* Shows a live scene. The expert begins with the first pose of the tool. */
NAV_MUST_USE enum nav_status train_beside_take(struct train_beside *beside,
                                               const struct nav_scene *scene);

/* Shows the tool `name` of `from` as a ghost in the place of the tool `as` of `scene`: displays
 * have a body for every tool of the case and for no other. False, and the scene as it was: it has
 * no pose there, or that place is not free, since the trainee's own scene shows that tool. */
bool train_add_ghost(const struct nav_scene *from, const char *name, const char *as,
                     struct nav_scene *scene);

#endif
