/* Sections through the live tip: scan, outlines of the models, planned cuts and the tool.
 *
 * A section follows the tip of the tool that is live, the first in the case's order; it stays with
 * that tool as long as it is live. Without a live tool sections stay where they were, darker,
 * without any mark of a tool, and say so: `live` is false. Before a tool was ever live they go
 * through the middle of the framed models. Without a scan the ground is plain.
 *
 * Axial, sagittal and coronal are shown as radiologists do: the patient's left is on the viewer's
 * right, anterior is up or left. The two sections along the tool contain its axis, which points
 * down: across the blade's face, or towards the patient's left, and at right angles to that.
 * Image space, LPS mm. No OpenGL. Thread: main. */
#ifndef RND_SECTIONS_H
#define RND_SECTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "camera.h"
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
    RND_SECTION_COUNT
};

enum { RND_SECTION_CUTS_MAX = 16 };

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
    bool scan; /* a scan lies under the outlines */
    struct rnd_letters letters;
    char title[NAV_NAME_SIZE];
    char tool[NAV_NAME_SIZE]; /* whose tip it goes through; empty unless live */
    size_t label_count;
    struct rnd_section_label labels[RND_SECTION_CUTS_MAX];
};

struct rnd_sections;

NAV_MUST_USE enum nav_status rnd_sections_create(struct rnd_sections **out_sections);
void rnd_sections_destroy(struct rnd_sections *sections); /* NULL is legal */

/* The scan, which must outlive the sections. */
void rnd_sections_set_volume(struct rnd_sections *sections, const struct rnd_volume *volume,
                             const struct rnd_window_level *window);

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

/* Draws what has changed: a section is cut again when the tip moved more than a quarter of a pixel
 * of it. */
void rnd_sections_update(struct rnd_sections *sections, const struct rnd_overlay *overlay);

const struct rnd_section *rnd_sections_get(const struct rnd_sections *sections,
                                           enum rnd_section_kind kind);

#endif
