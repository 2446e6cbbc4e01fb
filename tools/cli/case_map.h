/* A checked case as the rooms want it: plain values for the navigator and the core.
 * Thread: any; pure. */
#ifndef TOOLS_CASE_MAP_H
#define TOOLS_CASE_MAP_H

#include "case.h"
#include "nav/scene.h"
#include "navigator.h"
#include "peer_limits.h"
#include "registrar.h"
#include "session_store.h"

/* NAV_ERR_NOT_RIGID and the like: the registration matrix is not a rigid transform. */
NAV_MUST_USE enum nav_status case_map_navigation(const struct cfg_case *loaded, enum nav_mode mode,
                                                 struct trk_config *out_config);

/* What may be touched by command: the case's landmarks, and its cuts as targets. The first pointer
 * touches when a command names no tool. */
struct trk_registrar_config case_map_registrar(const struct cfg_case *loaded);

/* What a session says of its case; the rest of the facts is left alone. */
void case_map_facts(const struct cfg_case *loaded, enum nav_mode mode,
                    struct session_facts *out_facts);

struct srv_peer_limits case_map_peer_limits(const struct cfg_limits *limits);

/* Milliseconds of a limits row in ns. */
int64_t case_map_ns(double milliseconds);

#endif
