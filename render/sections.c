#include "sections.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "outline.h"
#include "theme.h"
#include "vector.h"

enum { MODELS_MAX = 253, INK_CUT = 254, INK_TOOL = 255 };

static const double moved_px = 0.25;   /* a section is cut again beyond this */
static const double lever_mm = 60.0;   /* a tool's turn is judged by what it moves so far up */
static const double along_sine = 0.17; /* a tool this little out of the plane lies in it */

static const struct rnd_colour ground = RND_RGB(0x0a1017);
static const struct rnd_colour tool_ink = RND_RGB(0xffe45c);

struct model {
    struct rnd_outline *outline;
    struct rnd_colour colour;
};

struct tool {
    bool known;
    struct rnd_tool_shape shape;
};

/* A section and what it was drawn for. */
struct picture {
    struct rnd_section shown;
    double height_mm;
    double unit_px;
    uint32_t *pixels;
    uint8_t *grey, *cover, *ink, *shade;
    double right[3], down[3]; /* unit */
    bool cut;                 /* `grey` is of the place below */
    double cut_tip[3], cut_right[3], cut_down[3];
    bool drawn;
    bool drawn_live;
    struct nav_pose drawn_pose;
    int drawn_tool;
};

struct rnd_sections {
    const struct rnd_volume *volume_or_null;
    struct rnd_volume volume;
    struct rnd_window_level window;
    size_t model_count, cut_count, tool_count;
    struct model models[MODELS_MAX];
    struct rnd_cut_shape cuts[RND_SECTION_CUTS_MAX];
    struct tool tools[NAV_TOOLS_MAX];
    struct rnd_bounds framed;
    int followed; /* tool; -1: none yet */
    double tip_mm[3];
    struct nav_pose pose; /* of the followed tool, where it was live last */
    bool live;
    struct picture pictures[RND_SECTION_COUNT];
};

enum nav_status rnd_sections_create(struct rnd_sections **out_sections)
{
    struct rnd_sections *sections = calloc(1, sizeof(*sections));
    if (sections == NULL) {
        return NAV_ERR_MEMORY;
    }
    sections->framed = rnd_bounds_empty();
    sections->followed = -1;
    sections->pose = nav_pose_identity();
    *out_sections = sections;
    return NAV_OK;
}

static void release_picture(struct picture *picture)
{
    free(picture->pixels);
    free(picture->grey);
    *picture = (struct picture){.drawn = false};
}

void rnd_sections_destroy(struct rnd_sections *sections)
{
    if (sections == NULL) {
        return;
    }
    for (size_t i = 0; i < sections->model_count; ++i) {
        rnd_outline_destroy(sections->models[i].outline);
    }
    for (size_t i = 0; i < RND_SECTION_COUNT; ++i) {
        release_picture(&sections->pictures[i]);
    }
    free(sections);
}

static void draw_all_again(struct rnd_sections *sections)
{
    for (size_t i = 0; i < RND_SECTION_COUNT; ++i) {
        sections->pictures[i].drawn = false;
        sections->pictures[i].cut = false;
    }
}

void rnd_sections_set_volume(struct rnd_sections *sections, const struct rnd_volume *volume,
                             const struct rnd_window_level *window)
{
    sections->volume = *volume;
    sections->volume_or_null = &sections->volume;
    sections->window = *window;
    draw_all_again(sections);
}

enum nav_status rnd_sections_add_model(struct rnd_sections *sections, const struct rnd_mesh *mesh,
                                       const float colour[3], bool framed)
{
    if (sections->model_count == MODELS_MAX) {
        return NAV_ERR_FULL;
    }
    struct model *model = &sections->models[sections->model_count];
    const enum nav_status status = rnd_outline_create(mesh, &model->outline);
    if (status != NAV_OK) {
        return status;
    }
    model->colour = (struct rnd_colour){(double)colour[0], (double)colour[1], (double)colour[2]};
    ++sections->model_count;
    if (framed) {
        rnd_bounds_add_mesh(&sections->framed, mesh);
    }
    draw_all_again(sections);
    return NAV_OK;
}

enum nav_status rnd_sections_add_cut(struct rnd_sections *sections, const struct rnd_cut_shape *cut)
{
    if (sections->cut_count == RND_SECTION_CUTS_MAX) {
        return NAV_ERR_FULL;
    }
    sections->cuts[sections->cut_count++] = *cut;
    draw_all_again(sections);
    return NAV_OK;
}

enum nav_status rnd_sections_add_tool(struct rnd_sections *sections,
                                      const struct rnd_tool_shape *shape)
{
    if (sections->tool_count == NAV_TOOLS_MAX) {
        return NAV_ERR_FULL;
    }
    struct tool *tool = &sections->tools[sections->tool_count++];
    tool->known = shape != NULL;
    if (shape != NULL) {
        tool->shape = *shape;
    }
    return NAV_OK;
}

enum nav_status rnd_sections_resize(struct rnd_sections *sections, enum rnd_section_kind kind,
                                    int width, int height, double height_mm, double unit_px)
{
    struct picture *picture = &sections->pictures[kind];
    struct rnd_section *shown = &picture->shown;
    const bool none = width < 1 || height < 1;
    if (picture->pixels != NULL && !none && shown->width == width && shown->height == height &&
        picture->height_mm == height_mm) {
        return NAV_OK;
    }
    const uint32_t revision = shown->revision + 1;
    release_picture(picture);
    shown->revision = revision;
    if (none) {
        return NAV_OK;
    }
    const size_t size = (size_t)width * (size_t)height;
    picture->pixels = malloc(size * sizeof(*picture->pixels));
    picture->grey = calloc(4, size);
    if (picture->pixels == NULL || picture->grey == NULL) {
        release_picture(picture);
        return NAV_ERR_MEMORY;
    }
    picture->cover = picture->grey + size;
    picture->ink = picture->cover + size;
    picture->shade = picture->ink + size;
    picture->height_mm = height_mm;
    picture->unit_px = unit_px;
    shown->pixels = picture->pixels;
    shown->width = width;
    shown->height = height;
    return NAV_OK;
}

const struct rnd_section *rnd_sections_get(const struct rnd_sections *sections,
                                           enum rnd_section_kind kind)
{
    return &sections->pictures[kind].shown;
}

/* ---- where ---------------------------------------------------------------------------------- */

static void rotate(const struct nav_pose *pose, const double v[3], double out[3])
{
    static const double zero[3] = {0.0, 0.0, 0.0};
    double from[3];
    double to[3];
    nav_pose_apply(pose, zero, from);
    nav_pose_apply(pose, v, to);
    rnd_sub(to, from, out);
}

static void follow(struct rnd_sections *sections, const struct rnd_overlay *overlay)
{
    const int count = (int)overlay->tool_count;
    int chosen = sections->followed;
    if (chosen < 0 || chosen >= count || overlay->tools[chosen].look != RND_LOOK_LIVE) {
        chosen = -1;
        for (int i = 0; i < count && chosen < 0; ++i) {
            chosen = overlay->tools[i].look == RND_LOOK_LIVE ? i : -1;
        }
    }
    sections->live = chosen >= 0;
    if (sections->live) {
        sections->followed = chosen;
        sections->pose = overlay->tools[chosen].T_image_tool;
        memcpy(sections->tip_mm, overlay->tools[chosen].tip_mm, sizeof(sections->tip_mm));
    } else if (sections->followed < 0 && !rnd_bounds_is_empty(&sections->framed)) {
        for (int i = 0; i < 3; ++i) {
            sections->tip_mm[i] = 0.5 * (sections->framed.min_mm[i] + sections->framed.max_mm[i]);
        }
    }
}

static const struct rnd_tool_shape *followed_shape(const struct rnd_sections *sections)
{
    const int tool = sections->followed;
    return tool >= 0 && (size_t)tool < sections->tool_count && sections->tools[tool].known
               ? &sections->tools[tool].shape
               : NULL;
}

/* The sections along the tool. False: no tool, or none whose axis is known. */
static bool tool_axes(const struct rnd_sections *sections, bool second, double right[3],
                      double down[3])
{
    static const double to_left[3] = {1.0, 0.0, 0.0};
    static const double to_head[3] = {0.0, 0.0, 1.0};
    const struct rnd_tool_shape *shape = followed_shape(sections);
    if (shape == NULL) {
        return false;
    }
    rotate(&sections->pose, shape->axis, down);
    if (!rnd_normalize(down)) {
        return false;
    }
    double across[3];
    if (shape->shape == RND_SHAPE_BLADE) {
        rotate(&sections->pose, shape->up, across);
    } else {
        memcpy(across, fabs(down[0]) < 0.9 ? to_left : to_head, sizeof(across));
    }
    const double along = rnd_dot(across, down);
    for (int i = 0; i < 3; ++i) {
        across[i] -= along * down[i];
    }
    if (!rnd_normalize(across)) {
        return false;
    }
    if (second) {
        rnd_cross(down, across, right);
    } else {
        memcpy(right, across, sizeof(across));
    }
    return true;
}

static const char *const titles[RND_SECTION_COUNT] = {
    [RND_SECTION_AXIAL] = "AXIAL",         [RND_SECTION_SAGITTAL] = "SAGITTAL",
    [RND_SECTION_CORONAL] = "CORONAL",     [RND_SECTION_TOOL_A] = "ALONG TOOL 1",
    [RND_SECTION_TOOL_B] = "ALONG TOOL 2",
};

/* False: this section has no plane now. */
static bool find_axes(const struct rnd_sections *sections, enum rnd_section_kind kind,
                      double right[3], double down[3])
{
    static const double rights[3][3] = {{1, 0, 0}, {0, 1, 0}, {1, 0, 0}};
    static const double downs[3][3] = {{0, 1, 0}, {0, 0, -1}, {0, 0, -1}};
    if (kind >= RND_SECTION_TOOL_A) {
        return tool_axes(sections, kind == RND_SECTION_TOOL_B, right, down);
    }
    memcpy(right, rights[kind], sizeof(rights[kind]));
    memcpy(down, downs[kind], sizeof(downs[kind]));
    return true;
}

/* ---- ink ------------------------------------------------------------------------------------ */

/* Where lines are drawn to: coverage and colour of the strongest, and a dark rim around all. */
struct pen {
    struct picture *picture;
    const double *tip_mm;
    double px_per_mm;
    float half_px; /* of the line's width */
    uint8_t ink;
};

static void stroke(const struct pen *pen, float x0, float y0, float x1, float y1)
{
    const float rim = 1.2F;
    const struct picture *picture = pen->picture;
    const int width = picture->shown.width;
    const int height = picture->shown.height;
    const float reach = pen->half_px + 0.5F + rim;
    const float low_x = fmaxf(fminf(x0, x1) - reach, 0.0F);
    const float low_y = fmaxf(fminf(y0, y1) - reach, 0.0F);
    const float high_x = fminf(fmaxf(x0, x1) + reach, (float)(width - 1));
    const float high_y = fminf(fmaxf(y0, y1) + reach, (float)(height - 1));
    if (!(low_x <= high_x && low_y <= high_y)) {
        return;
    }
    const float dx = x1 - x0;
    const float dy = y1 - y0;
    const float square = dx * dx + dy * dy;
    const float inverse = square > 1e-12F ? 1.0F / square : 0.0F;
    for (int y = (int)low_y; y <= (int)high_y; ++y) {
        const size_t row = (size_t)y * (size_t)width;
        for (int x = (int)low_x; x <= (int)high_x; ++x) {
            const float px = (float)x - x0;
            const float py = (float)y - y0;
            const float part = fminf(fmaxf((px * dx + py * dy) * inverse, 0.0F), 1.0F);
            const float ox = px - part * dx;
            const float oy = py - part * dy;
            const float off = ox * ox + oy * oy;
            if (off >= reach * reach) {
                continue;
            }
            const float from_edge = pen->half_px + 0.5F - sqrtf(off);
            const float cover = 255.0F * fminf(fmaxf(from_edge, 0.0F), 1.0F);
            const float shade = 150.0F * fminf(fmaxf(from_edge + rim, 0.0F), 1.0F);
            const size_t at = row + (size_t)x;
            if (cover > 0.0F && cover >= (float)picture->cover[at]) { /* later ink on top */
                picture->cover[at] = (uint8_t)cover;
                picture->ink[at] = pen->ink;
            }
            if (shade > (float)picture->shade[at]) {
                picture->shade[at] = (uint8_t)shade;
            }
        }
    }
}

static void to_picture(const struct pen *pen, const double point_mm[3], double out[2])
{
    double off[3];
    rnd_sub(point_mm, pen->tip_mm, off);
    const struct rnd_section *shown = &pen->picture->shown;
    out[0] = 0.5 * (shown->width - 1) + pen->px_per_mm * rnd_dot(off, pen->picture->right);
    out[1] = 0.5 * (shown->height - 1) + pen->px_per_mm * rnd_dot(off, pen->picture->down);
}

/* Cuts a line to the picture and its surroundings, so that no pixel far out is looked at. */
static bool clip(const struct rnd_section *shown, double a[2], double b[2])
{
    const double reach = 16.0;
    const double high[2] = {shown->width + reach, shown->height + reach};
    double from = 0.0;
    double to = 1.0;
    const double way[2] = {b[0] - a[0], b[1] - a[1]};
    for (int k = 0; k < 2; ++k) {
        if (fabs(way[k]) < 1e-9) {
            if (a[k] < -reach || a[k] > high[k]) {
                return false;
            }
            continue;
        }
        const double first = (-reach - a[k]) / way[k];
        const double second = (high[k] - a[k]) / way[k];
        from = fmax(from, fmin(first, second));
        to = fmin(to, fmax(first, second));
    }
    if (!(from <= to)) {
        return false;
    }
    for (int k = 0; k < 2; ++k) {
        const double start = a[k];
        a[k] = start + from * way[k];
        b[k] = start + to * way[k];
    }
    return true;
}

static void draw_line(const struct pen *pen, const double a_mm[3], const double b_mm[3])
{
    double a[2];
    double b[2];
    to_picture(pen, a_mm, a);
    to_picture(pen, b_mm, b);
    if (clip(&pen->picture->shown, a, b)) {
        stroke(pen, (float)a[0], (float)a[1], (float)b[0], (float)b[1]);
    }
}

static void draw_outline(void *context, const float a_mm[3], const float b_mm[3])
{
    const double a[3] = {(double)a_mm[0], (double)a_mm[1], (double)a_mm[2]};
    const double b[3] = {(double)b_mm[0], (double)b_mm[1], (double)b_mm[2]};
    draw_line(context, a, b);
}

/* The line in which the section cuts a rectangle. False: it does not, or lies in it. */
static bool cut_rectangle(const struct pen *pen, double corners[4][3], double ends[2][3])
{
    double normal[3];
    rnd_cross(pen->picture->right, pen->picture->down, normal);
    const double offset = rnd_dot(normal, pen->tip_mm);
    int found = 0;
    for (int i = 0; i < 4 && found < 2; ++i) {
        const double *from = corners[i];
        const double *to = corners[(i + 1) % 4];
        const double a = rnd_dot(normal, from) - offset;
        const double b = rnd_dot(normal, to) - offset;
        if ((a >= 0.0) == (b >= 0.0)) {
            continue;
        }
        for (int k = 0; k < 3; ++k) {
            ends[found][k] = from[k] + a / (a - b) * (to[k] - from[k]);
        }
        ++found;
    }
    return found == 2;
}

static void label_cut(struct rnd_section *shown, const struct pen *pen, size_t index,
                      double ends[2][3])
{
    double a[2];
    double b[2];
    to_picture(pen, ends[0], a);
    to_picture(pen, ends[1], b);
    const double margin = 20.0 * pen->picture->unit_px;
    for (int end = 0; end < 2; ++end) {
        const double *at = end == 0 ? a : b;
        if (at[0] >= margin && at[1] >= margin && at[0] <= shown->width - margin &&
            at[1] <= shown->height - margin) {
            shown->labels[shown->label_count++] =
                (struct rnd_section_label){.number = (unsigned)index + 1, .x = at[0], .y = at[1]};
            return;
        }
    }
}

static void draw_cuts(const struct rnd_sections *sections, struct pen *pen)
{
    struct rnd_section *shown = &pen->picture->shown;
    shown->label_count = 0;
    pen->ink = INK_CUT;
    pen->half_px = (float)(1.6 * pen->picture->unit_px);
    for (size_t i = 0; i < sections->cut_count; ++i) {
        double corners[4][3];
        double ends[2][3];
        rnd_cut_corners(&sections->cuts[i], corners);
        if (cut_rectangle(pen, corners, ends)) {
            draw_line(pen, ends[0], ends[1]);
            label_cut(shown, pen, i, ends);
        }
    }
}

static void draw_dashes(const struct pen *pen, const double from_mm[3], const double way[3],
                        double length_mm, bool dashed)
{
    const double step_mm = dashed ? 7.0 * pen->picture->unit_px / pen->px_per_mm : length_mm;
    for (double done = 0.0; done < length_mm; done += 2.0 * step_mm) {
        double a[3];
        double b[3];
        const double end = fmin(done + step_mm, length_mm);
        for (int k = 0; k < 3; ++k) {
            a[k] = from_mm[k] - done * way[k];
            b[k] = from_mm[k] - end * way[k];
        }
        draw_line(pen, a, b);
    }
}

/* The blade's own section, or the shaft: dashed where it is only below or above the section. */
static void draw_shape(const struct rnd_sections *sections, const struct pen *pen)
{
    const struct rnd_tool_shape *shape = followed_shape(sections);
    if (shape == NULL) {
        return;
    }
    double axis[3];
    double normal[3];
    rotate(&sections->pose, shape->axis, axis);
    rnd_cross(pen->picture->right, pen->picture->down, normal);
    if (shape->shape == RND_SHAPE_BLADE) {
        double up[3];
        double side[3];
        double corners[4][3];
        double ends[2][3];
        rotate(&sections->pose, shape->up, up);
        rnd_cross(axis, up, side);
        for (int k = 0; k < 3; ++k) {
            const double half = 0.5 * shape->width_mm * side[k];
            /* A hair ahead of the edge: the tip itself is on the plane of every section. */
            const double edge = sections->tip_mm[k] + 0.01 * axis[k];
            const double back = sections->tip_mm[k] - shape->length_mm * axis[k];
            corners[0][k] = edge - half;
            corners[1][k] = edge + half;
            corners[2][k] = back + half;
            corners[3][k] = back - half;
        }
        if (cut_rectangle(pen, corners, ends)) {
            draw_line(pen, ends[0], ends[1]);
        }
        return;
    }
    draw_dashes(pen, sections->tip_mm, axis, shape->length_mm,
                fabs(rnd_dot(axis, normal)) > along_sine);
}

/* Four arms around the tip, which itself stays free. */
static void draw_tip(const struct pen *pen)
{
    const struct rnd_section *shown = &pen->picture->shown;
    const float x = 0.5F * (float)(shown->width - 1);
    const float y = 0.5F * (float)(shown->height - 1);
    const float near = (float)(9.0 * pen->picture->unit_px);
    const float far = (float)(30.0 * pen->picture->unit_px);
    stroke(pen, x - far, y, x - near, y);
    stroke(pen, x + near, y, x + far, y);
    stroke(pen, x, y - far, x, y - near);
    stroke(pen, x, y + near, x, y + far);
    stroke(pen, x, y, x, y);
}

static uint32_t byte_of(double value)
{
    return (uint32_t)lround(255.0 * fmin(fmax(value, 0.0), 1.0));
}

/* Scan, rim and ink into the picture; darker where it is not live. */
static void compose(const struct rnd_sections *sections, struct picture *picture)
{
    uint32_t inks[256][3];
    memset(inks, 0, sizeof(inks));
    for (size_t i = 0; i < 256; ++i) {
        struct rnd_colour colour = ground;
        if (i < sections->model_count) {
            colour = sections->models[i].colour;
        } else if (i == INK_CUT) {
            colour = rnd_pairs[RND_PAIR_CUT].text;
        } else if (i == INK_TOOL) {
            colour = tool_ink;
        }
        inks[i][0] = byte_of(colour.r);
        inks[i][1] = byte_of(colour.g);
        inks[i][2] = byte_of(colour.b);
    }
    const uint32_t plain[3] = {byte_of(ground.r), byte_of(ground.g), byte_of(ground.b)};
    const uint32_t strength = sections->live ? 256 : 120;
    const size_t size = (size_t)picture->shown.width * (size_t)picture->shown.height;
    const bool scan = picture->shown.scan;
    uint32_t bare[256]; /* most pixels have no line near them */
    for (uint32_t grey = 0; grey < 256; ++grey) {
        bare[grey] = 0xff;
        for (int k = 0; k < 3; ++k) {
            bare[grey] = bare[grey] << 8 | (scan ? grey : plain[k]) * strength >> 8;
        }
    }
    for (size_t i = 0; i < size; ++i) {
        if (picture->shade[i] == 0) {
            picture->pixels[i] = bare[picture->grey[i]];
            continue;
        }
        const uint32_t keep = 255U - picture->shade[i];
        const uint32_t cover = picture->cover[i];
        const uint32_t *ink = inks[picture->ink[i]];
        uint32_t word = 0xff;
        for (int k = 0; k < 3; ++k) {
            const uint32_t base = (scan ? picture->grey[i] : plain[k]) * keep / 255U;
            const uint32_t mixed = (base * (255U - cover) + ink[k] * cover) / 255U;
            word = word << 8 | mixed * strength >> 8;
        }
        picture->pixels[i] = word;
    }
}

/* ---- update --------------------------------------------------------------------------------- */

static double distance(const double a[3], const double b[3])
{
    double off[3];
    rnd_sub(a, b, off);
    return rnd_length(off);
}

/* What a turn from one pose to the other moves at the lever's end. */
static double turn_mm(const struct nav_pose *from, const struct nav_pose *to)
{
    static const double ends[2][3] = {{1.0, 0.0, 0.0}, {0.0, 1.0, 0.0}};
    double largest = 0.0;
    for (int i = 0; i < 2; ++i) {
        double before[3];
        double after[3];
        rotate(from, ends[i], before);
        rotate(to, ends[i], after);
        largest = fmax(largest, lever_mm * distance(before, after));
    }
    return largest;
}

static double largest_turn(const struct picture *picture, const double right[3],
                           const double down[3])
{
    return lever_mm * fmax(distance(picture->cut_right, right), distance(picture->cut_down, down));
}

/* Cuts the scan where the place has changed enough to be seen; whether it did. */
static bool cut_scan(const struct rnd_sections *sections, struct picture *picture,
                     const double right[3], const double down[3], double px_per_mm)
{
    const double enough_mm = moved_px / px_per_mm;
    if (picture->cut && distance(picture->cut_tip, sections->tip_mm) <= enough_mm &&
        largest_turn(picture, right, down) <= enough_mm) {
        return false;
    }
    struct rnd_section *shown = &picture->shown;
    memcpy(picture->right, right, sizeof(picture->right));
    memcpy(picture->down, down, sizeof(picture->down));
    memcpy(picture->cut_right, right, sizeof(picture->cut_right));
    memcpy(picture->cut_down, down, sizeof(picture->cut_down));
    memcpy(picture->cut_tip, sections->tip_mm, sizeof(picture->cut_tip));
    picture->cut = true;
    shown->scan = false;
    if (sections->volume_or_null != NULL) {
        struct rnd_plane plane;
        for (int i = 0; i < 3; ++i) {
            plane.right_mm[i] = right[i] / px_per_mm;
            plane.down_mm[i] = down[i] / px_per_mm;
            plane.origin_mm[i] = sections->tip_mm[i] -
                                 0.5 * (shown->width - 1) * plane.right_mm[i] -
                                 0.5 * (shown->height - 1) * plane.down_mm[i];
        }
        shown->scan = rnd_slice(sections->volume_or_null, &plane, &sections->window, shown->width,
                                shown->height, shown->width, picture->grey) == NAV_OK;
    }
    return true;
}

static struct rnd_letters letters_of(const double right[3], const double down[3])
{
    struct rnd_camera camera = {.view_angle_rad = 0.5};
    double forward[3];
    for (int i = 0; i < 3; ++i) {
        camera.up[i] = -down[i];
    }
    rnd_cross(camera.up, right, forward);
    for (int i = 0; i < 3; ++i) {
        camera.eye_mm[i] = -forward[i];
    }
    return rnd_camera_letters(&camera);
}

static void draw_picture(struct rnd_sections *sections, enum rnd_section_kind kind,
                         const struct rnd_overlay *overlay)
{
    struct picture *picture = &sections->pictures[kind];
    struct rnd_section *shown = &picture->shown;
    if (picture->pixels == NULL) {
        return;
    }
    double right[3];
    double down[3];
    const bool placed = find_axes(sections, kind, right, down);
    const double px_per_mm = shown->height / picture->height_mm;
    const bool moved = placed && cut_scan(sections, picture, right, down, px_per_mm);
    const bool turned =
        sections->live && turn_mm(&picture->drawn_pose, &sections->pose) > moved_px / px_per_mm;
    if (picture->drawn && !moved && !turned && picture->drawn_live == sections->live &&
        picture->drawn_tool == sections->followed) {
        return;
    }
    picture->drawn = true;
    picture->drawn_live = sections->live;
    picture->drawn_tool = sections->followed;
    picture->drawn_pose = sections->pose;
    const size_t size = (size_t)shown->width * (size_t)shown->height;
    memset(picture->cover, 0, size);
    memset(picture->shade, 0, size);
    shown->label_count = 0;
    shown->live = sections->live && placed;
    shown->title[0] = '\0';
    shown->tool[0] = '\0';
    rnd_text_append(shown->title, sizeof(shown->title), titles[kind]);
    if (!placed) {
        memset(&shown->letters, 0, sizeof(shown->letters));
        shown->scan = sections->volume_or_null != NULL;
    } else {
        shown->letters = letters_of(right, down);
        struct pen pen = {.picture = picture,
                          .tip_mm = picture->cut_tip,
                          .px_per_mm = px_per_mm,
                          .half_px = (float)fmax(1.1 * picture->unit_px, 0.5)};
        double normal[3];
        rnd_cross(right, down, normal);
        const double offset = rnd_dot(normal, picture->cut_tip);
        for (size_t i = 0; i < sections->model_count; ++i) {
            pen.ink = (uint8_t)i;
            rnd_outline_cut(sections->models[i].outline, normal, offset, draw_outline, &pen);
        }
        draw_cuts(sections, &pen);
        if (sections->live) {
            rnd_text_append(shown->tool, sizeof(shown->tool),
                            overlay->tools[sections->followed].name);
            pen.ink = INK_TOOL;
            pen.half_px = (float)fmax(1.8 * picture->unit_px, 0.6);
            draw_shape(sections, &pen);
            draw_tip(&pen);
        }
    }
    compose(sections, picture);
    ++shown->revision;
}

void rnd_sections_update(struct rnd_sections *sections, const struct rnd_overlay *overlay)
{
    follow(sections, overlay);
    for (int kind = 0; kind < RND_SECTION_COUNT; ++kind) {
        draw_picture(sections, (enum rnd_section_kind)kind, overlay);
    }
}
