#include "sections.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "section_parts.h"
#include "vector.h"

static const double moved_px = 0.25;   /* a section is cut again beyond this */
static const double lever_mm = 60.0;   /* a tool's turn is judged by what it moves so far up */
static const double along_sine = 0.17; /* a tool this little out of the plane lies in it */

enum nav_status rnd_sections_create(struct rnd_sections **out_sections)
{
    struct rnd_sections *sections = calloc(1, sizeof(*sections));
    if (sections == NULL) {
        return NAV_ERR_MEMORY;
    }
    sections->framed = rnd_bounds_empty();
    sections->followed = -1;
    sections->active = -1;
    sections->pose = nav_pose_identity();
    sections->ahead_or_null = section_ahead_create(sections);
    *out_sections = sections;
    return NAV_OK;
}

static void release_picture(struct section_picture *picture)
{
    free(picture->pixels);
    free(picture->grey);
    *picture = (struct section_picture){.drawn = false};
}

void rnd_sections_destroy(struct rnd_sections *sections)
{
    if (sections == NULL) {
        return;
    }
    section_ahead_destroy(sections->ahead_or_null);
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
    section_ahead_wait(sections->ahead_or_null);
    sections->volume = *volume;
    sections->volume_or_null = &sections->volume;
    sections->window = *window;
    draw_all_again(sections);
}

void rnd_sections_set_second(struct rnd_sections *sections, const struct rnd_volume *volume,
                             const struct rnd_window_level *window, bool unjudged)
{
    sections->has_second = true;
    sections->second = *volume;
    sections->second_window = *window;
    sections->unjudged = unjudged;
    draw_all_again(sections);
}

bool rnd_sections_have_second(const struct rnd_sections *sections)
{
    return sections->has_second && sections->volume_or_null != NULL;
}

void rnd_sections_set_fusion(struct rnd_sections *sections, enum rnd_fusion fusion)
{
    const enum rnd_fusion shown = rnd_sections_have_second(sections) ? fusion : RND_FUSION_FIRST;
    if (sections->fusion != shown) {
        sections->fusion = shown;
        draw_all_again(sections);
    }
}

enum nav_status rnd_sections_add_model(struct rnd_sections *sections, const struct rnd_mesh *mesh,
                                       const float colour[3], bool framed)
{
    section_ahead_wait(sections->ahead_or_null);
    if (sections->model_count == MODELS_MAX) {
        return NAV_ERR_FULL;
    }
    struct section_model *model = &sections->models[sections->model_count];
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
    section_ahead_wait(sections->ahead_or_null);
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
    section_ahead_wait(sections->ahead_or_null);
    if (sections->tool_count == NAV_TOOLS_MAX) {
        return NAV_ERR_FULL;
    }
    struct section_tool *tool = &sections->tools[sections->tool_count++];
    tool->known = shape != NULL;
    if (shape != NULL) {
        tool->shape = *shape;
    }
    return NAV_OK;
}

enum nav_status rnd_sections_resize(struct rnd_sections *sections, enum rnd_section_kind kind,
                                    int width, int height, double height_mm, double unit_px)
{
    section_ahead_wait(sections->ahead_or_null);
    struct section_picture *picture = &sections->pictures[kind];
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
    const size_t plane = size + SECTION_SPARE;
    picture->pixels = malloc(size * sizeof(*picture->pixels));
    picture->grey = calloc(5, plane);
    if (picture->pixels == NULL || picture->grey == NULL) {
        release_picture(picture);
        return NAV_ERR_MEMORY;
    }
    picture->second = picture->grey + plane;
    picture->cover = picture->second + plane;
    picture->ink = picture->cover + plane;
    picture->shade = picture->ink + plane;
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

void rnd_section_point(const struct rnd_section *section, double x, double y, double out_mm[3])
{
    const double right_mm = (x - 0.5 * (section->width - 1)) / section->px_per_mm;
    const double down_mm = (y - 0.5 * (section->height - 1)) / section->px_per_mm;
    for (int i = 0; i < 3; ++i) {
        out_mm[i] =
            section->centre_mm[i] + right_mm * section->right[i] + down_mm * section->down[i];
    }
}

double rnd_section_place(const struct rnd_section *section, const double point_mm[3],
                         double out_px[2])
{
    double off[3];
    double normal[3];
    rnd_sub(point_mm, section->centre_mm, off);
    rnd_cross(section->right, section->down, normal);
    out_px[0] = 0.5 * (section->width - 1) + section->px_per_mm * rnd_dot(off, section->right);
    out_px[1] = 0.5 * (section->height - 1) + section->px_per_mm * rnd_dot(off, section->down);
    return rnd_dot(off, normal);
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
        memcpy(sections->tool_name, overlay->tools[chosen].name, sizeof(sections->tool_name));
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

static const enum rnd_words titles[RND_SECTION_COUNT] = {
    [RND_SECTION_AXIAL] = RND_SAY_AXIAL,     [RND_SECTION_SAGITTAL] = RND_SAY_SAGITTAL,
    [RND_SECTION_CORONAL] = RND_SAY_CORONAL, [RND_SECTION_TOOL_A] = RND_SAY_TOOL_A,
    [RND_SECTION_TOOL_B] = RND_SAY_TOOL_B,   [RND_SECTION_CUT] = RND_SAY_CUT_FACE,
};

/* The active cut's plane, and its middle: u to the right, the cutting direction down. */
static bool cut_axes(const struct rnd_sections *sections, double right[3], double down[3],
                     double centre_mm[3])
{
    if (sections->active < 0 || (size_t)sections->active >= sections->cut_count) {
        return false;
    }
    const struct rnd_cut_shape *cut = &sections->cuts[sections->active];
    memcpy(right, cut->u, sizeof(cut->u));
    rnd_cross(cut->normal, cut->u, down);
    for (int i = 0; i < 3; ++i) {
        centre_mm[i] = cut->point_mm[i] + 0.5 * cut->size_mm[1] * down[i];
    }
    return true;
}

/* False: this section has no plane now. */
static bool find_axes(const struct rnd_sections *sections, enum rnd_section_kind kind,
                      double right[3], double down[3], double centre_mm[3])
{
    static const double rights[3][3] = {{1, 0, 0}, {0, 1, 0}, {1, 0, 0}};
    static const double downs[3][3] = {{0, 1, 0}, {0, 0, -1}, {0, 0, -1}};
    if (kind == RND_SECTION_CUT) {
        return cut_axes(sections, right, down, centre_mm);
    }
    memcpy(centre_mm, sections->tip_mm, sizeof(sections->tip_mm));
    if (kind >= RND_SECTION_TOOL_A) {
        return tool_axes(sections, kind == RND_SECTION_TOOL_B, right, down);
    }
    memcpy(right, rights[kind], sizeof(rights[kind]));
    memcpy(down, downs[kind], sizeof(downs[kind]));
    return true;
}

/* ---- what is drawn into it ------------------------------------------------------------------ */

static void draw_outline(void *context, const float a_mm[3], const float b_mm[3])
{
    const double a[3] = {(double)a_mm[0], (double)a_mm[1], (double)a_mm[2]};
    const double b[3] = {(double)b_mm[0], (double)b_mm[1], (double)b_mm[2]};
    section_line(context, a, b);
}

/* The line in which the section cuts a rectangle. False: it does not, or lies in it. */
static bool cut_rectangle(const struct section_pen *pen, double corners[4][3], double ends[2][3])
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

static void label_cut(struct rnd_section *shown, const struct section_pen *pen, size_t index,
                      double ends[2][3])
{
    double a[2];
    double b[2];
    section_place(pen, ends[0], a);
    section_place(pen, ends[1], b);
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

static void draw_cuts(const struct rnd_sections *sections, struct section_pen *pen, int except)
{
    struct rnd_section *shown = &pen->picture->shown;
    shown->label_count = 0;
    pen->ink = INK_CUT;
    pen->half_px = (float)(1.6 * pen->picture->unit_px);
    for (size_t i = 0; i < sections->cut_count; ++i) {
        double corners[4][3];
        double ends[2][3];
        rnd_cut_corners(&sections->cuts[i], corners);
        if ((int)i != except && cut_rectangle(pen, corners, ends)) {
            section_line(pen, ends[0], ends[1]);
            label_cut(shown, pen, i, ends);
        }
    }
}

static void draw_dashes(const struct section_pen *pen, const double from_mm[3], const double way[3],
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
        section_line(pen, a, b);
    }
}

/* The blade's own section, or the shaft: dashed where it is only below or above the section. */
static void draw_shape(const struct rnd_sections *sections, const struct section_pen *pen)
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
            section_line(pen, ends[0], ends[1]);
        }
        return;
    }
    draw_dashes(pen, sections->tip_mm, axis, shape->length_mm,
                fabs(rnd_dot(axis, normal)) > along_sine);
}

/* The planned rectangle in its own plane, its entry edge strong. */
static void draw_planned(const struct rnd_sections *sections, struct section_pen *pen)
{
    double corners[4][3];
    rnd_cut_corners(&sections->cuts[sections->active], corners);
    pen->ink = INK_CUT;
    for (int i = 0; i < 4; ++i) {
        pen->half_px = (float)((i == 0 ? 3.2 : 1.6) * pen->picture->unit_px);
        section_line(pen, corners[i], corners[(i + 1) % 4]);
    }
}

/* The blade on the plane that it should be in: its edge strong; all of it in dashes where the edge
 * is so far off the plane that it is not in this cut. */
static void draw_blade_face(const struct rnd_sections *sections, struct section_pen *pen)
{
    static const double far_off_mm = 10.0;
    const struct rnd_tool_shape *shape = followed_shape(sections);
    const struct rnd_cut_shape *cut = &sections->cuts[sections->active];
    if (shape == NULL) {
        return;
    }
    double axis[3];
    double up[3];
    double side[3];
    double off[3];
    rotate(&sections->pose, shape->axis, axis);
    if (shape->shape == RND_SHAPE_BLADE) {
        rotate(&sections->pose, shape->up, up);
        rnd_cross(axis, up, side);
    } else {
        memcpy(side, cut->u, sizeof(side)); /* round: as wide from every side */
    }
    rnd_sub(sections->tip_mm, cut->point_mm, off);
    const bool far = fabs(rnd_dot(off, cut->normal)) > far_off_mm;
    const double half =
        0.5 * (shape->shape == RND_SHAPE_BLADE ? shape->width_mm : shape->diameter_mm);
    double ends[2][3];
    for (int k = 0; k < 3; ++k) {
        ends[0][k] = sections->tip_mm[k] - half * side[k];
        ends[1][k] = sections->tip_mm[k] + half * side[k];
    }
    pen->ink = INK_TOOL;
    pen->half_px = (float)fmax(1.2 * pen->picture->unit_px, 0.6);
    draw_dashes(pen, ends[0], axis, shape->length_mm, far);
    draw_dashes(pen, ends[1], axis, shape->length_mm, far);
    pen->half_px = (float)((far ? 1.2 : 3.2) * pen->picture->unit_px);
    section_line(pen, ends[0], ends[1]);
}

/* Four arms around the tip, which itself stays free. */
static void draw_tip(const struct section_pen *pen)
{
    const struct rnd_section *shown = &pen->picture->shown;
    const float x = 0.5F * (float)(shown->width - 1);
    const float y = 0.5F * (float)(shown->height - 1);
    const float near = (float)(9.0 * pen->picture->unit_px);
    const float far = (float)(30.0 * pen->picture->unit_px);
    section_stroke(pen, x - far, y, x - near, y);
    section_stroke(pen, x + near, y, x + far, y);
    section_stroke(pen, x, y - far, x, y - near);
    section_stroke(pen, x, y + near, x, y + far);
    section_stroke(pen, x, y, x, y);
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

static double largest_turn(const struct section_picture *picture, const double right[3],
                           const double down[3])
{
    return lever_mm * fmax(distance(picture->cut_right, right), distance(picture->cut_down, down));
}

/* Cuts the scan where the place has changed enough to be seen; whether it did. */
static bool cut_scan(const struct rnd_sections *sections, struct section_picture *picture,
                     const double right[3], const double down[3], const double centre_mm[3],
                     double px_per_mm)
{
    const double enough_mm = moved_px / px_per_mm;
    if (picture->cut && distance(picture->cut_tip, centre_mm) <= enough_mm &&
        largest_turn(picture, right, down) <= enough_mm) {
        return false;
    }
    struct rnd_section *shown = &picture->shown;
    memcpy(picture->right, right, sizeof(picture->right));
    memcpy(picture->down, down, sizeof(picture->down));
    memcpy(picture->cut_right, right, sizeof(picture->cut_right));
    memcpy(picture->cut_down, down, sizeof(picture->cut_down));
    memcpy(picture->cut_tip, centre_mm, sizeof(picture->cut_tip));
    picture->cut = true;
    shown->scan = false;
    if (sections->volume_or_null != NULL) {
        struct rnd_plane plane;
        for (int i = 0; i < 3; ++i) {
            plane.right_mm[i] = right[i] / px_per_mm;
            plane.down_mm[i] = down[i] / px_per_mm;
            plane.origin_mm[i] = centre_mm[i] - 0.5 * (shown->width - 1) * plane.right_mm[i] -
                                 0.5 * (shown->height - 1) * plane.down_mm[i];
        }
        shown->scan = rnd_slice(sections->volume_or_null, &plane, &sections->window, shown->width,
                                shown->height, shown->width, picture->grey) == NAV_OK;
        if (sections->fusion != RND_FUSION_FIRST) {
            shown->scan =
                shown->scan &&
                rnd_slice(&sections->second, &plane, &sections->second_window, shown->width,
                          shown->height, shown->width, picture->second) == NAV_OK;
        }
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

/* How large the section is drawn: through the tip as asked for, in a cut's plane so that the cut
 * fills it. */
static double scale_of(const struct rnd_sections *sections, enum rnd_section_kind kind,
                       const struct section_picture *picture)
{
    static const double margin_mm = 30.0;
    if (kind != RND_SECTION_CUT) {
        return picture->shown.height / picture->height_mm;
    }
    const double *size_mm = sections->cuts[sections->active].size_mm;
    return fmin(picture->shown.width / (size_mm[0] + margin_mm),
                picture->shown.height / (size_mm[1] + margin_mm));
}

/* Lines and marks, after the scan was cut. */
static void draw_lines(const struct rnd_sections *sections, enum rnd_section_kind kind,
                       struct section_picture *picture, double px_per_mm)
{
    struct rnd_section *shown = &picture->shown;
    const bool in_cut = kind == RND_SECTION_CUT;
    shown->letters = letters_of(picture->right, picture->down);
    struct section_pen pen = {.picture = picture,
                              .tip_mm = picture->cut_tip,
                              .px_per_mm = px_per_mm,
                              .half_px = (float)fmax(1.1 * picture->unit_px, 0.5)};
    double normal[3];
    rnd_cross(picture->right, picture->down, normal);
    const double offset = rnd_dot(normal, picture->cut_tip);
    for (size_t i = 0; i < sections->model_count; ++i) {
        pen.ink = (uint8_t)i;
        rnd_outline_cut(sections->models[i].outline, normal, offset, draw_outline, &pen);
    }
    draw_cuts(sections, &pen, in_cut ? sections->active : -1);
    if (in_cut) {
        (void)snprintf(shown->title_number, sizeof(shown->title_number), " %d",
                       sections->active + 1);
        draw_planned(sections, &pen);
    }
    if (!sections->live) {
        return;
    }
    rnd_text_append(shown->tool, sizeof(shown->tool), sections->tool_name);
    if (in_cut) {
        draw_blade_face(sections, &pen);
        return;
    }
    pen.ink = INK_TOOL;
    pen.half_px = (float)fmax(1.8 * picture->unit_px, 0.6);
    draw_shape(sections, &pen);
    draw_tip(&pen);
}

static void draw_picture(const struct rnd_sections *sections, enum rnd_section_kind kind,
                         struct section_picture *picture)
{
    struct rnd_section *shown = &picture->shown;
    if (picture->pixels == NULL) {
        return;
    }
    double right[3];
    double down[3];
    double centre_mm[3];
    const bool in_cut = kind == RND_SECTION_CUT;
    const bool placed = find_axes(sections, kind, right, down, centre_mm);
    const double px_per_mm = placed ? scale_of(sections, kind, picture) : 1.0;
    const bool moved = placed && cut_scan(sections, picture, right, down, centre_mm, px_per_mm);
    const double enough_mm = moved_px / px_per_mm;
    const bool tool_moved =
        sections->live &&
        (turn_mm(&picture->drawn_pose, &sections->pose) > enough_mm ||
         (in_cut && distance(picture->drawn_pose.t_mm, sections->pose.t_mm) > enough_mm));
    const uint32_t map =
        in_cut && sections->map_or_null != NULL ? sections->map_or_null->revision : 0;
    if (picture->drawn && !moved && !tool_moved && picture->drawn_live == sections->live &&
        picture->drawn_tool == sections->followed &&
        (!in_cut || (picture->drawn_active == sections->active && picture->drawn_map == map))) {
        return;
    }
    picture->drawn = true;
    picture->drawn_live = sections->live;
    picture->drawn_tool = sections->followed;
    picture->drawn_pose = sections->pose;
    picture->drawn_active = sections->active;
    picture->drawn_map = map;
    const size_t size = (size_t)shown->width * (size_t)shown->height;
    memset(picture->cover, 0, size);
    memset(picture->shade, 0, size);
    shown->label_count = 0;
    shown->live = sections->live && placed;
    shown->tool[0] = '\0';
    shown->title = titles[kind];
    shown->placed = placed;
    shown->fusion = placed ? sections->fusion : RND_FUSION_FIRST;
    shown->unjudged = shown->fusion != RND_FUSION_FIRST && sections->unjudged;
    shown->title_number[0] = '\0';
    if (placed) {
        memcpy(shown->centre_mm, picture->cut_tip, sizeof(shown->centre_mm));
        memcpy(shown->right, picture->right, sizeof(shown->right));
        memcpy(shown->down, picture->down, sizeof(shown->down));
        shown->px_per_mm = px_per_mm;
        draw_lines(sections, kind, picture, px_per_mm);
    } else {
        memset(&shown->letters, 0, sizeof(shown->letters));
        memset(picture->grey, 0, size);
        picture->cut = false;
        shown->scan = sections->volume_or_null != NULL;
    }
    section_compose(sections, picture);
    if (in_cut && placed) {
        section_wash_cut(sections, picture, px_per_mm);
    }
    ++shown->revision;
}

void section_draw(struct rnd_sections *sections, enum rnd_section_kind kind)
{
    draw_picture(sections, kind, &sections->pictures[kind]);
}

void rnd_sections_set_active_cut(struct rnd_sections *sections, int cut,
                                 const struct nav_cut_map *map)
{
    section_ahead_wait(sections->ahead_or_null);
    sections->active = cut;
    sections->map_or_null = map != NULL && cut >= 0 && map->cut == (uint32_t)cut ? map : NULL;
}

static void take_over(struct rnd_sections *sections, const struct rnd_overlay *overlay)
{
    section_ahead_wait(sections->ahead_or_null);
    follow(sections, overlay);
    if (sections->review != overlay->review) {
        sections->review = overlay->review;
        draw_all_again(sections);
    }
}

void rnd_sections_begin(struct rnd_sections *sections, const struct rnd_overlay *overlay)
{
    if (sections->ahead_or_null != NULL) {
        take_over(sections, overlay);
        section_ahead_begin(sections->ahead_or_null);
    }
}

void rnd_sections_update(struct rnd_sections *sections, const struct rnd_overlay *overlay)
{
    take_over(sections, overlay);
    for (int kind = 0; kind < RND_SECTION_COUNT; ++kind) {
        section_draw(sections, (enum rnd_section_kind)kind);
    }
    sections->map_or_null = NULL;
}
