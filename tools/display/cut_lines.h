/* A planned cut as a line on the bone's surface: where its rectangle meets the bone.
 *
 * A thin bar along each piece of the line, half of it outside of the bone, so that the near side
 * is seen on the surface and the far side through it. Image space, LPS mm. Thread: any. */
#ifndef TOOLS_CUT_LINES_H
#define TOOLS_CUT_LINES_H

#include "surface.h"

/* Appends the line on one bone. `io_end_mm`: the place furthest along the cut's entry edge, kept
 * where the line has none further; NaN to begin with. NAV_ERR_MEMORY. */
NAV_MUST_USE enum nav_status cut_line_add(const struct rnd_cut_shape *cut,
                                          const struct rnd_mesh *bone, double bar_mm,
                                          struct rnd_mesh_buffer *io_line, double io_end_mm[3]);

#endif
