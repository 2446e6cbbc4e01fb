/* A page of pictures, lines and words for paper: PNG, or PDF with real text.
 *
 * Sizes in pixels of the page from the top left; a PDF has 150 of them an inch. Thread: main. */
#ifndef RND_SHEET_H
#define RND_SHEET_H

#include <stdbool.h>
#include <stdint.h>

#include "nav/status.h"
#include "rect.h"
#include "theme.h"

struct rnd_sheet;

/* White paper. NAV_ERR_MEMORY. */
NAV_MUST_USE enum nav_status rnd_sheet_create(int width_px, int height_px,
                                              struct rnd_sheet **out_sheet);
void rnd_sheet_destroy(struct rnd_sheet *sheet); /* NULL is legal */

void rnd_sheet_fill(struct rnd_sheet *sheet, struct rnd_rect rect, struct rnd_colour colour);

/* RGB bytes, top row first, scaled into the rectangle. NAV_ERR_MEMORY. */
NAV_MUST_USE enum nav_status rnd_sheet_picture(struct rnd_sheet *sheet, struct rnd_rect rect,
                                               const uint8_t *rgb, int width_px, int height_px);

/* Lines are drawn only within this rectangle until the next call; an empty one: everywhere. */
void rnd_sheet_clip(struct rnd_sheet *sheet, struct rnd_rect rect);
void rnd_sheet_line(struct rnd_sheet *sheet, double x0, double y0, double x1, double y1,
                    double width_px, struct rnd_colour colour);

/* Words from the left at `y`, their top; cut with an ellipsis, or on several lines, beyond
 * `max_width_px`. Returns how high they are. */
int rnd_sheet_words(struct rnd_sheet *sheet, const char *words, double x, double y,
                    double max_width_px, double size_px, bool bold, bool several_lines,
                    struct rnd_colour colour);

/* By the path's ending .png or .pdf: a whole file or none. NAV_ERR_ARGUMENT (another ending),
 * NAV_ERR_IO, NAV_ERR_MEMORY. */
NAV_MUST_USE enum nav_status rnd_sheet_write(const struct rnd_sheet *sheet, const char *path);

#endif
