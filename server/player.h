/* The player: records of a session into an engine, one after another.
 *
 * Messages go through the framer again, so that nothing reaches the engine that the theatre would
 * have refused. A session that was imported has no scenes of its own: the caller asks for them by
 * srv_player_scene. No I/O. Thread: one at a time. */
#ifndef SRV_PLAYER_H
#define SRV_PLAYER_H

#include <stdbool.h>
#include <stdint.h>

#include "engine.h"
#include "nav/scene.h"
#include "nav/status.h"
#include "store_record.h"

struct srv_player;

/* What came of a record. */
struct srv_played {
    bool scene;        /* a scene was built: `hash` and `at_ns` are its */
    bool has_recorded; /* ... and `recorded` is what it was when it was recorded */
    int64_t at_ns;
    uint64_t hash;
    uint64_t recorded;
};

/* The engine must outlive the player. NAV_ERR_MEMORY. */
NAV_MUST_USE enum nav_status srv_player_create(struct srv_engine *engine,
                                               struct srv_player **out_player);
void srv_player_destroy(struct srv_player *player); /* NULL is legal */

/* Takes a record; a scene goes to `out_scene`, which is else untouched. NAV_ERR_SYNTAX: a message
 * that the framer does not take, or a scene's record that lies; it is left out. NAV_ERR_MEMORY. */
NAV_MUST_USE enum nav_status srv_player_take(struct srv_player *player,
                                             const struct store_record *record,
                                             struct nav_scene *out_scene,
                                             struct srv_played *out_played);

/* A scene of now, without a record of one: where a replay of an imported session shows one. */
void srv_player_scene(struct srv_player *player, int64_t now_ns, int64_t utc_ns,
                      struct nav_scene *out_scene, struct srv_played *out_played);

#endif
