#include "layout.h"

#include <math.h>
#include <string.h>

#include "theme.h"

const char *rnd_layout_name(enum rnd_layout layout)
{
    static const char *const names[RND_LAYOUT_COUNT] = {
#define LAYOUT_ROW(id, name) [id] = name,
        RND_LAYOUT_LIST(LAYOUT_ROW)
#undef LAYOUT_ROW
    };
    return (unsigned)layout < RND_LAYOUT_COUNT ? names[layout] : "?";
}

bool rnd_layout_find(const char *name, enum rnd_layout *out_layout)
{
    for (unsigned i = 0; i < RND_LAYOUT_COUNT; ++i) {
        if (strcmp(name, rnd_layout_name((enum rnd_layout)i)) == 0) {
            *out_layout = (enum rnd_layout)i;
            return true;
        }
    }
    return false;
}

static int at_least(int value, int least)
{
    return value > least ? value : least;
}

/* Takes a piece of a rectangle away: from its top, bottom, left or right. */
static struct rnd_rect take_top(struct rnd_rect *from, int height)
{
    height = height < from->h ? height : from->h;
    const struct rnd_rect taken = {from->x, from->y, from->w, height};
    from->y += height;
    from->h -= height;
    return taken;
}

static struct rnd_rect take_bottom(struct rnd_rect *from, int height)
{
    height = height < from->h ? height : from->h;
    from->h -= height;
    return (struct rnd_rect){from->x, from->y + from->h, from->w, height};
}

static struct rnd_rect take_side(struct rnd_rect *from, int width, bool left)
{
    width = width < from->w ? width : from->w;
    from->w -= width;
    if (!left) {
        return (struct rnd_rect){from->x + from->w, from->y, width, from->h};
    }
    const struct rnd_rect taken = {from->x, from->y, width, from->h};
    from->x += width;
    return taken;
}

/* Cell of a grid over a rectangle, without gaps or overlaps. */
static struct rnd_rect cell_of(struct rnd_rect rect, int columns, int rows, int column, int row)
{
    const int x0 = rect.w * column / columns;
    const int x1 = rect.w * (column + 1) / columns;
    const int y0 = rect.h * row / rows;
    const int y1 = rect.h * (row + 1) / rows;
    return (struct rnd_rect){rect.x + x0, rect.y + y0, x1 - x0, y1 - y0};
}

/* The view, and beside it towards the numbers a column of three sections. */
static void place_column(struct rnd_places *places, struct rnd_rect middle, int width,
                         bool mirrored)
{
    const struct rnd_rect column = take_side(&middle, width, mirrored);
    for (int kind = RND_SECTION_AXIAL; kind <= RND_SECTION_CORONAL; ++kind) {
        places->sections[kind] = cell_of(column, 1, 3, 0, kind);
    }
    places->view = middle;
}

static void place_grid(struct rnd_places *places, struct rnd_rect middle)
{
    enum { COLUMNS = 3, ROWS = 2, VIEW = 5 };
    for (int kind = RND_SECTION_AXIAL; kind <= RND_SECTION_TOOL_B; ++kind) {
        places->sections[kind] = cell_of(middle, COLUMNS, ROWS, kind % COLUMNS, kind / COLUMNS);
    }
    places->view = cell_of(middle, COLUMNS, ROWS, VIEW % COLUMNS, VIEW / COLUMNS);
}

/* The cut's plane, and beside it the view over the section across the blade. */
static void place_cut(struct rnd_places *places, struct rnd_rect middle, bool mirrored)
{
    struct rnd_rect column = take_side(&middle, middle.w * 36 / 100, mirrored);
    places->sections[RND_SECTION_CUT] = middle;
    places->sections[RND_SECTION_TOOL_A] = take_bottom(&column, column.h / 2);
    places->view = column;
}

struct rnd_places rnd_layout_places(enum rnd_layout layout, bool mirrored, bool touch, int width_px,
                                    int height_px)
{
    const double unit = fmin(width_px / 1920.0, height_px / 1080.0);
    const int bar = (int)lround(RND_BAR_HEIGHT * unit);
    struct rnd_places places;
    memset(&places, 0, sizeof(places));
    struct rnd_rect rest = {0, 0, width_px, height_px};
    places.bar = take_top(&rest, bar);
    places.verdict = places.bar;
    places.heartbeat = take_side(&places.verdict, bar, false);
    places.alarm = take_top(&rest, (int)lround(RND_ALARM_HEIGHT * unit));
    places.status = take_side(&places.alarm, (int)lround(RND_SIDE_WIDTH * unit), false);
    places.strip = take_bottom(&rest, (int)lround(RND_STRIP_HEIGHT * unit));
    if (touch) {
        places.buttons = take_bottom(&rest, (int)lround(RND_BUTTONS_HEIGHT * unit));
    }
    struct rnd_rect side = take_side(&rest, (int)lround(RND_SIDE_WIDTH * unit), mirrored);
    places.guide = take_top(&side, (int)lround(RND_GUIDE_HEIGHT * unit));
    places.cuts = take_bottom(&side, (int)lround(RND_CUTS_HEIGHT * unit));
    places.structures = side;
    if (layout == RND_LAYOUT_SLICES) {
        place_grid(&places, rest);
    } else if (layout == RND_LAYOUT_CUT) {
        place_cut(&places, rest, mirrored);
    } else if (layout == RND_LAYOUT_AR) {
        place_column(&places, rest, (int)lround(RND_SECTIONS_BESIDE_WIDTH * unit), mirrored);
    } else {
        place_column(&places, rest, (int)lround(RND_SECTIONS_WIDTH * unit), mirrored);
    }
    places.view.w = at_least(places.view.w, 1);
    places.view.h = at_least(places.view.h, 1);
    return places;
}
