/* The display's picture for others: offered to OpenIGTLink subscribers, and recorded as a film.
 *
 * It is the picture that was shown, with its verdict, its mode and its time in it. Off unless asked
 * for. Sockets, coding and disks are the work of children of their own (tools/film/film_child.h):
 * nothing there holds the display up. Thread: main. */
#ifndef TOOLS_VIEW_OUTLETS_H
#define TOOLS_VIEW_OUTLETS_H

#include "screen.h"

struct view_outlets;

struct view_outlets_options {
    const char *publish;      /* HOST:PORT; NULL = not */
    const char *address_file; /* gets the address that is listened at; NULL = none */
    const char *device;       /* name of the pictures; NULL = the program's own */
    const char *record;       /* folder; NULL = not */
    const char *name;         /* of the display, for the film's file */
    double fps;
};

/* NAV_ERR_NOT_FOUND: osteonav-camera is not beside this program; NAV_ERR_MEMORY. */
NAV_MUST_USE enum nav_status view_outlets_create(const struct view_outlets_options *options,
                                                 struct view_outlets **out_outlets);
/* After the screen's last frame; NULL is legal. */
void view_outlets_destroy(struct view_outlets *outlets);

/* To be given to a screen. */
struct rnd_screen_tap view_outlets_tap(struct view_outlets *outlets);

#endif
