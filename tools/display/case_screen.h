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

#endif
