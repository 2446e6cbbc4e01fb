/* A replay being shown: where it stands at which time, and what people ask of it.
 *
 * Playing ties the film to the wall: `speed` film seconds a second, or as fast as it goes. Commands
 * come as lines of JSON like those of the core (server/command.h) with the words of srv_show_words.
 * No clock, no sockets. Thread: one at a time. */
#ifndef SRV_SHOW_H
#define SRV_SHOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "command.h"
#include "nav/scene.h"
#include "nav/status.h"
#include "replay.h"

#define SRV_SHOW_SPEED_MIN 0.1
#define SRV_SHOW_SPEED_MAX 50.0

struct srv_show {
    struct srv_replay *replay; /* not owned */
    char session[NAV_NAME_SIZE];
    double speed; /* 0 = as fast as it goes */
    bool paused;
    bool loop;
    bool ended; /* the last scene is shown and playing has stopped */
    struct nav_scene_replay_mark marks[NAV_REPLAY_MARKS_MAX]; /* of the timeline, see nav_scene */
    uint32_t mark_count;
    int64_t anchor_now_ns;
    int64_t anchor_at_ns; /* where the film stood at anchor_now_ns; playing counts from there */
};

/* Stands at the film's first scene. `session` is for the screen. */
void srv_show_init(struct srv_show *show, struct srv_replay *replay, const char *session,
                   double speed, bool loop, int64_t now_ns);

/* Plays on to `now_ns`. True: another scene is to be shown. */
bool srv_show_turn(struct srv_show *show, int64_t now_ns);

/* As fast as it goes: `scenes` on. True while there are more. */
bool srv_show_hurry(struct srv_show *show, uint32_t scenes);

NAV_MUST_USE enum nav_status srv_show_seek(struct srv_show *show, int64_t at_ns, int64_t now_ns);

/* The scene to be shown at `now_ns`, as replay, with where it stands. */
void srv_show_scene(const struct srv_show *show, int64_t now_ns, struct nav_scene *out_scene);

/* Reads a speed: 0.1 to 50, or "max" for 0. */
bool srv_show_read_speed(const char *text, double *out_speed);

/* The words, for parsing and for the help of `osteonav command`. */
const struct srv_command_word *srv_show_words(size_t *out_count);

/* Executes a request line and writes the answer with its newline into `out_answer`
 * (SRV_ANSWER_MAX bytes); its length. */
size_t srv_show_command(struct srv_show *show, const char *line, size_t length, int64_t now_ns,
                        char *out_answer);

#endif
