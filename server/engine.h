/* The engine: everything that decides, behind one door.
 *
 * Owns navigator, registrar, guide and ingest. Whatever can change what is true comes in here, in
 * order: messages and peers, commands, and the instants at which scenes are built. The core feeds
 * it from sockets, the replayer from a recording; both get the same scenes, byte for byte
 * (store_scene_hash). No I/O, no clock of its own, nothing allocated after create but by a
 * registration.
 *
 * A tap sees every input as a record (store_record.h) before it is used; recording is nothing else.
 * Thread: one at a time; in the core the loop. */
#ifndef SRV_ENGINE_H
#define SRV_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "command.h"
#include "guide.h"
#include "ingest.h"
#include "nav/scene.h"
#include "nav/status.h"
#include "navigator.h"
#include "registrar.h"
#include "store_record.h"
#include "wire_message.h"

struct srv_engine_config {
    struct trk_config navigation;
    struct trk_registrar_config registrar;
    const struct trk_guide_config *guide; /* copied, its meshes must outlive the engine; NULL:
                                             nothing is guided */
    srv_ingest_event_fn on_ingest;        /* NULL is legal */
    /* How a touch ended, which was asked for earlier. NULL is legal. */
    void (*on_touch)(void *context, int64_t now_ns, bool good, const char *outcome);
    /* The tap. The content is a view. NULL: nobody records. */
    void (*on_record)(void *context, const struct store_record *record);
    void *context;
};

/* Parts of memory that an engine lies in: its own, navigator, registrar, guide. */
enum { SRV_ENGINE_PARTS_MAX = 3 + TRK_GUIDE_PARTS_MAX };

struct srv_engine_error {
    char text[256]; /* what cannot be, why, what to check */
};

/* What a scene is built of beside the inputs so far. */
struct srv_moment {
    int64_t now_ns; /* monotonic */
    int64_t utc_ns;
    const struct nav_scene_peer *peers; /* the listed ones */
    uint32_t peer_count;
    uint32_t peers_total;
    const struct nav_scene_recording *recording; /* NULL: off */
};

struct srv_engine;

/* NAV_ERR_ARGUMENT: as trk_navigator_create, trk_registrar_create and trk_guide_create;
 * NAV_ERR_MEMORY. */
NAV_MUST_USE enum nav_status srv_engine_create(const struct srv_engine_config *config,
                                               struct srv_engine **out_engine,
                                               struct srv_engine_error *out_error);
void srv_engine_destroy(struct srv_engine *engine); /* NULL is legal */

/* Makes `to` what `from` is, for keyframes. Both of one config; hooks and counters of peers stay.
 */
void srv_engine_copy(struct srv_engine *to, const struct srv_engine *from);

/* A new engine that can only be copied from and destroyed: a keyframe. NAV_ERR_MEMORY. */
NAV_MUST_USE enum nav_status srv_engine_keep(const struct srv_engine *from,
                                             struct srv_engine **out_engine);

/* Where all of a kept engine lies, for packing it and putting it back. Returns how many parts. */
size_t srv_engine_memory(struct srv_engine *kept,
                         struct trk_memory out_parts[SRV_ENGINE_PARTS_MAX]);

/* ---- inputs, in the order in which they happen ---- */

void srv_engine_peer_opened(struct srv_engine *engine, uint32_t id, int64_t now_ns,
                            const char *address);
void srv_engine_peer_closed(struct srv_engine *engine, const struct srv_ingest_peer *peer,
                            int64_t now_ns, const char *why);
void srv_engine_peer_refused(struct srv_engine *engine, int64_t now_ns, const char *words);

/* Any whole message of a peer. Poses go to the navigator; what it returns is srv_ingest_message's,
 * or NAV_ERR_UNSUPPORTED for all others, which are only recorded. */
NAV_MUST_USE enum nav_status srv_engine_message(struct srv_engine *engine,
                                                struct srv_ingest_peer *peer,
                                                const struct wire_message *message,
                                                int64_t arrival_ns);

/* As srv_command_execute; what came before is looked at before it. */
size_t srv_engine_command(struct srv_engine *engine, const char *line, size_t length,
                          int64_t now_ns, struct srv_command_outcome *out_outcome,
                          char *out_answer);

/* Builds a scene: the registrar looks at the newest poses, the peers become known, everything is
 * judged, the guide says what it means for the plan. Returns the scene's hash. */
uint64_t srv_engine_scene(struct srv_engine *engine, const struct srv_moment *moment,
                          struct nav_scene *out_scene);

/* ---- questions ---- */

/* The poses as they are between two scenes, for who is sent every one: changes and records
 * nothing. */
void srv_engine_peek(struct srv_engine *engine, int64_t now_ns, int64_t utc_ns,
                     struct nav_scene *out_scene);

/* Counts samples that reached the navigator: when it moves, a new scene is due. */
uint64_t srv_engine_changes(const struct srv_engine *engine);

/* For the log and for maps on their own channel. NULL: nothing is guided. */
struct trk_guide *srv_engine_guide(const struct srv_engine *engine);

bool srv_engine_peer_owns(const struct srv_engine *engine, const struct srv_ingest_peer *peer);

#endif
