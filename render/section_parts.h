/* Inside of the sections: what their files share. Nothing else but their tests includes it.
 *
 * Lines are kept as coverage and colour of the strongest, with a dark rim around all; they and the
 * scan are put together at the end. Thread: main, and the one of section_ahead between its begin
 * and wait; a section is drawn by one of them. */
#ifndef RND_SECTION_PARTS_H
#define RND_SECTION_PARTS_H

#include "outline.h"
#include "sections.h"
#include "theme.h"

/* Bytes after each plane of a picture: who writes eight at a time may read and write back these. */
enum { SECTION_SPARE = 8 };

enum { MODELS_MAX = 253, INK_CUT = 254, INK_TOOL = 255 };

/* A section and what it was drawn for. */
struct section_picture {
    struct rnd_section shown;
    double height_mm;
    double unit_px;
    uint32_t *pixels;
    uint8_t *grey, *second, *cover, *ink, *shade;
    double right[3], down[3]; /* unit */
    bool cut;                 /* `grey` is of the place below */
    double cut_tip[3], cut_right[3], cut_down[3];
    bool drawn;
    bool drawn_live;
    struct nav_pose drawn_pose;
    int drawn_tool;
    int drawn_active;   /* RND_SECTION_CUT: the cut, ... */
    uint32_t drawn_map; /* ... and the revision of its map */
};

struct section_model {
    struct rnd_outline *outline;
    struct rnd_colour colour;
};

struct section_tool {
    bool known;
    struct rnd_tool_shape shape;
};

struct section_ahead;

struct rnd_sections {
    struct section_ahead *ahead_or_null; /* none: all is drawn by the caller */
    const struct rnd_volume *volume_or_null;
    struct rnd_volume volume;
    struct rnd_window_level window;
    bool has_second, unjudged;
    struct rnd_volume second;
    struct rnd_window_level second_window;
    enum rnd_fusion fusion; /* the first alone without a second */
    size_t model_count, cut_count, tool_count;
    struct section_model models[MODELS_MAX];
    struct rnd_cut_shape cuts[RND_SECTION_CUTS_MAX];
    struct section_tool tools[NAV_TOOLS_MAX];
    struct rnd_bounds framed;
    int followed; /* tool; -1: none yet */
    double tip_mm[3];
    struct nav_pose pose; /* of the followed tool, where it was live last */
    bool live;
    char tool_name[NAV_NAME_SIZE]; /* of the followed tool */
    bool review;                   /* of the plan alone: as bright as a live one */
    int active;                    /* cut; -1: none */
    const struct nav_cut_map *map_or_null;
    struct section_picture pictures[RND_SECTION_COUNT];
};

/* Draws one section anew where it has to be; touches nothing but that one's picture. */
void section_draw(struct rnd_sections *sections, enum rnd_section_kind kind);

/* A thread that draws all sections once after each begin; it takes one after the other, and who
 * waits takes from the rest. Whoever changes anything of the sections waits first. NULL: there is
 * no such thread. Destroying waits; NULL is legal there and in waiting. Thread: main. */
struct section_ahead *section_ahead_create(struct rnd_sections *sections);
void section_ahead_destroy(struct section_ahead *ahead);
void section_ahead_begin(struct section_ahead *ahead);
void section_ahead_wait(struct section_ahead *ahead);

/* Where lines are drawn to: coverage and colour of the strongest, and a dark rim around all. */
struct section_pen {
    struct section_picture *picture;
    const double *tip_mm;
    double px_per_mm;
    float half_px; /* of the line's width */
    uint8_t ink;
};

/* A line between two places of the picture, in its pixels. */
void section_stroke(const struct section_pen *pen, float x0, float y0, float x1, float y1);

/* The same pixels, plainly. */
void section_stroke_ref(const struct section_pen *pen, float x0, float y0, float x1, float y1);

/* Where a point of the image lies in the picture. */
void section_place(const struct section_pen *pen, const double point_mm[3], double out[2]);

/* A line between two points of the image, seen at right angles to the section. */
void section_line(const struct section_pen *pen, const double a_mm[3], const double b_mm[3]);

/* Scan, rim and ink into the picture; darker where it is not live. */
void section_compose(const struct rnd_sections *sections, struct section_picture *picture);

/* Lays a wash over what was cut of the active cut, where no line is. */
void section_wash_cut(const struct rnd_sections *sections, struct section_picture *picture,
                      double px_per_mm);

#endif
