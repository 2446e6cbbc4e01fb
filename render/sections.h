/* Sections through the live tip: scan, outlines of the models, planned cuts and the tool.
 *
 * A section follows the tip of the tool that is live, the first in the case's order; it stays with
 * that tool as long as it is live. Without a live tool sections stay where they were, darker,
 * without any mark of a tool, and say so: `live` is false. Before a tool was ever live they go
 * through the middle of the framed models. Without a scan the ground is plain.
 *
 * Axial, sagittal and coronal are shown as radiologists do: the patient's left is on the viewer's
 * right, anterior is up or left. The two sections along the tool contain its axis, which points
 * down: across the blade's face, or towards the patient's left, and at right angles to that. The
 * section in the active cut's plane stands still: the planned outline, what was cut, the blade.
 * Image space, LPS mm. No OpenGL. Thread: main; a second one of their own helps. */
#ifndef RND_SECTIONS_H
#define RND_SECTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "camera.h"
#include "fusion.h"
#include "nav/cut_map.h"
#include "nav/status.h"
#include "overlay.h"
#include "rect.h"
#include "slice.h"
#include "surface.h"

enum rnd_section_kind {
    RND_SECTION_AXIAL = 0,
    RND_SECTION_SAGITTAL,
    RND_SECTION_CORONAL,
    RND_SECTION_TOOL_A,
    RND_SECTION_TOOL_B,
    RND_SECTION_CUT, /* the plane of the active cut */
    RND_SECTION_COUNT
};

enum {
    RND_SECTION_CUTS_MAX = 16,
    RND_SECTION_AT_TIP_COUNT =
        RND_SECTION_CUT /* those that go through the tip, before the others */
};

/* The number of a cut, where its line leaves the section. Pixels of the section. */
struct rnd_section_label {
    unsigned number; /* from 1 */
    double x, y;
};

/* One picture, ready to be shown. */
struct rnd_section {
    const uint32_t *pixels; /* opaque ARGB words, `width` a row, top row first; NULL: none */
    int width, height;
    uint32_t revision; /* changes with the picture */
    bool live;
    bool scan;                              /* a scan lies under the outlines */
    bool placed;                            /* it has a plane, as follows */
    double centre_mm[3], right[3], down[3]; /* middle of the picture; unit */
    double px_per_mm;
    enum rnd_fusion fusion; /* which scans it shows; the first where there is one */
    bool unjudged;          /* it shows a scan that was placed by an estimate */
    struct rnd_letters letters;
    enum rnd_words title;
    char title_number[16];    /* of the cut whose plane it is; else empty */
    char tool[NAV_NAME_SIZE]; /* whose tip it goes through; empty unless live */
    size_t label_count;
    struct rnd_section_label labels[RND_SECTION_CUTS_MAX];
};

/* The place in the patient of a place in the picture, and back: pixels from its top left. The
 * distance from the plane is signed. Of a section that is placed. */
void rnd_section_point(const struct rnd_section *section, double x, double y, double out_mm[3]);
double rnd_section_place(const struct rnd_section *section, const double point_mm[3],
                         double out_px[2]);

struct rnd_sections;

NAV_MUST_USE enum nav_status rnd_sections_create(struct rnd_sections **out_sections);
void rnd_sections_destroy(struct rnd_sections *sections); /* NULL is legal */

/* The scan, which must outlive the sections. */
void rnd_sections_set_volume(struct rnd_sections *sections, const struct rnd_volume *volume,
                             const struct rnd_window_level *window);

/* A second scan, which must outlive the sections; `unjudged`: nobody vouches for where it lies but
 * an eye. Shown when the fusion says so. */
void rnd_sections_set_second(struct rnd_sections *sections, const struct rnd_volume *volume,
                             const struct rnd_window_level *window, bool unjudged);
bool rnd_sections_have_second(const struct rnd_sections *sections);
void rnd_sections_set_fusion(struct rnd_sections *sections, enum rnd_fusion fusion);

/* Meshes are copied. `framed` as of the view. NAV_ERR_MEMORY. */
NAV_MUST_USE enum nav_status rnd_sections_add_model(struct rnd_sections *sections,
                                                    const struct rnd_mesh *mesh,
                                                    const float colour[3], bool framed);

/* NAV_ERR_FULL. */
NAV_MUST_USE enum nav_status rnd_sections_add_cut(struct rnd_sections *sections,
                                                  const struct rnd_cut_shape *cut);

/* In the case's order; NULL: its shape is not known, only its tip is marked. NAV_ERR_FULL. */
NAV_MUST_USE enum nav_status rnd_sections_add_tool(struct rnd_sections *sections,
                                                   const struct rnd_tool_shape *shape);

/* Size of a section's picture and how much of the patient it shows from top to bottom; an empty
 * size: not shown. NAV_ERR_MEMORY. */
NAV_MUST_USE enum nav_status rnd_sections_resize(struct rnd_sections *sections,
                                                 enum rnd_section_kind kind, int width, int height,
                                                 double height_mm, double unit_px);

/* The cut whose plane the section of that kind shows, -1: none; and what was cut of it so far,
 * NULL: not known. The map is looked at until the next update and no longer. */
void rnd_sections_set_active_cut(struct rnd_sections *sections, int cut,
                                 const struct nav_cut_map *map);

/* Begins to draw for this overlay on the second thread; it ends with the update, which draws what
 * the overlay of then differs in. In between nobody looks at a section; all that changes
 * something waits. */
void rnd_sections_begin(struct rnd_sections *sections, const struct rnd_overlay *overlay);

/* Draws what has changed: a section is cut again when the tip moved more than a quarter of a pixel
 * of it. */
void rnd_sections_update(struct rnd_sections *sections, const struct rnd_overlay *overlay);

const struct rnd_section *rnd_sections_get(const struct rnd_sections *sections,
                                           enum rnd_section_kind kind);

#endif
