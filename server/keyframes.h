/* States of a film's engine, many of them, so that any instant is near one.
 *
 * A state is megabytes, mostly the same as before or zero: each is packed to a small part of that.
 * When there is no room for more, every second one is dropped and they come half as often from then
 * on. Thread: one at a time. */
#ifndef SRV_KEYFRAMES_H
#define SRV_KEYFRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine.h"
#include "nav/scene.h"
#include "nav/status.h"

enum { SRV_KEYFRAMES_MAX = 1024 };

/* Where in the session a state belongs. */
struct srv_keyframe {
    uint64_t place;    /* of the record that comes next */
    int64_t at_ns;     /* of its scene, on the session's clock */
    int64_t newest_ns; /* of the newest record used */
    uint64_t number;   /* of its scene */
};

struct srv_keyframes;

/* At least `every_ns` of film between two. NAV_ERR_MEMORY. */
NAV_MUST_USE enum nav_status srv_keyframes_create(int64_t every_ns,
                                                  struct srv_keyframes **out_keyframes);
void srv_keyframes_destroy(struct srv_keyframes *keyframes); /* NULL is legal */

/* Whether there is none near enough before this time. */
bool srv_keyframes_is_due(const struct srv_keyframes *keyframes, int64_t at_ns);

/* Keyframes come in the order of time, all of one engine. NAV_ERR_MEMORY. */
NAV_MUST_USE enum nav_status srv_keyframes_add(struct srv_keyframes *keyframes,
                                               const struct srv_keyframe *keyframe,
                                               const struct srv_engine *engine,
                                               const struct nav_scene *scene);

size_t srv_keyframes_count(const struct srv_keyframes *keyframes);

/* The newest at or before this time, or this scene, or the first. There must be one. */
size_t srv_keyframes_find_time(const struct srv_keyframes *keyframes, int64_t at_ns);
size_t srv_keyframes_find_number(const struct srv_keyframes *keyframes, uint64_t number);

const struct srv_keyframe *srv_keyframes_get(const struct srv_keyframes *keyframes, size_t index);

/* Makes engine and scene what they were. NAV_ERR_MEMORY: they are as before. */
NAV_MUST_USE enum nav_status srv_keyframes_restore(struct srv_keyframes *keyframes, size_t index,
                                                   struct srv_engine *engine,
                                                   struct nav_scene *out_scene);

#endif
