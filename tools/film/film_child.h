/* A child process at the other end of a pipe of pictures: `osteonav-camera receive` that gives
 * them, `publish` and `record` that take them. Sockets, coded bytes and disks stay in the child;
 * what hangs or dies there holds nobody up here.
 *
 * Each has a thread of its own, which starts the child again FILM_AGAIN_MS after its end. */
#ifndef FILM_CHILD_H
#define FILM_CHILD_H

#include <stdint.h>

#include "film_frame.h"

enum { FILM_AGAIN_MS = 500, FILM_ARGUMENTS_MAX = 8 };

/* ---- pictures from a child ------------------------------------------------------------------ */
struct film_intake;

typedef void (*film_picture_fn)(void *context, const struct film_head *head, const uint8_t *bytes);

/* Runs the program beside this one, or at a path, with these arguments (NULL at the end; copied,
 * texts are not). `on_picture` is called from the thread. NAV_ERR_NOT_FOUND: no such program;
 * NAV_ERR_MEMORY. */
NAV_MUST_USE enum nav_status film_intake_start(const char *program, const char *const *arguments,
                                               film_picture_fn on_picture, void *context,
                                               struct film_intake **out_intake);
void film_intake_stop(struct film_intake *intake); /* ends the child; NULL is legal */

/* ---- pictures to a child -------------------------------------------------------------------- */
struct film_outlet;

NAV_MUST_USE enum nav_status film_outlet_start(const char *program, const char *const *arguments,
                                               struct film_outlet **out_outlet);
void film_outlet_stop(struct film_outlet *outlet); /* lets the child end first; NULL is legal */

/* Room for the next picture; NULL: no memory. Then film_outlet_give hands it over: never waits; a
 * picture that the child has not taken by then is left out. Thread: the owner's. */
uint8_t *film_outlet_room(struct film_outlet *outlet, const struct film_head *head);
void film_outlet_give(struct film_outlet *outlet);

/* Pictures left out so far. */
uint64_t film_outlet_left_out(struct film_outlet *outlet);

#endif
