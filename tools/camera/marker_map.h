/* Marker bodies of a file as the finder of markers wants them. Thread: any; pure. */
#ifndef TOOLS_MARKER_MAP_H
#define TOOLS_MARKER_MAP_H

#include "marker_bodies.h"
#include "markers.h"

struct cam_bodies marker_map(const struct cfg_marker_bodies *given);

#endif
