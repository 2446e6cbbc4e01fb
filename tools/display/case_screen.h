/* A checked case as a screen wants it. Thread: main. */
#ifndef TOOLS_CASE_SCREEN_H
#define TOOLS_CASE_SCREEN_H

#include "case.h"
#include "nav/status.h"
#include "screen.h"

void case_screen_facts(const struct cfg_case *loaded, struct rnd_case *out_facts);

/* Hands models, tools, cuts and the list of structures to the screen. The case was loaded with its
 * meshes. On failure `out_what` names what could not be taken. */
NAV_MUST_USE enum nav_status case_screen_fill(const struct cfg_case *loaded,
                                              struct rnd_screen *screen, const char **out_what);

/* The scan for the sections: the first CT, else the first of all; NULL: none. And an MR that lies
 * beside it; NULL: none. */
const struct cfg_case_volume *case_screen_first(const struct cfg_case *loaded);
const struct cfg_case_volume *case_screen_second(const struct cfg_case *loaded);

/* Whether only an eye vouches for where the second lies. */
bool case_screen_is_unjudged(const struct cfg_case_volume *volume);

/* A scan as sections take it; its voxels stay the case's. */
void case_screen_volume(const struct cfg_case_volume *from, struct rnd_volume *out_volume,
                        struct rnd_window_level *out_window);

#endif
