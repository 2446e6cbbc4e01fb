/* What hands, orders and the tool do to the view of a screen. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "nav/log.h"
#include "screen_parts.h"
#include "vector.h"
#include "view_order.h"

/* Gives every section the size of its place. */
enum nav_status screen_place_sections(struct rnd_screen *screen)
{
    static const double strip_mm = 130.0; /* of the patient, from top to bottom */
    static const double large_mm = 180.0;
    const double height_mm = screen->state.layout == RND_LAYOUT_SLICES ? large_mm : strip_mm;
    const double unit_px = fmin(screen->width_px / 1920.0, screen->height_px / 1080.0);
    enum nav_status status = NAV_OK;
    for (int kind = 0; status == NAV_OK && kind < RND_SECTION_COUNT; ++kind) {
        const struct rnd_rect rect =
            rnd_panel_section_rect(screen->panel, (enum rnd_section_kind)kind);
        status = rnd_sections_resize(screen->sections, (enum rnd_section_kind)kind, rect.w, rect.h,
                                     height_mm, unit_px);
    }
    return status;
}

double screen_view_aspect(const struct rnd_screen *screen)
{
    const struct rnd_rect view = rnd_panel_view_rect(screen->panel);
    return (double)view.w / view.h;
}

/* ---- state and the way back ----------------------------------------------------------------- */

void rnd_screen_keep(struct rnd_screen *screen)
{
    rnd_view_history_keep(&screen->history, &screen->state);
}

/* Arranges the screen for the state's layout. */
static void apply_layout(struct rnd_screen *screen)
{
    rnd_panel_set_layout(screen->panel, screen->state.layout);
    screen->view_drawn = false;
    screen->composed = false;
    screen->fitted_active = 0;
    screen->eye_tool = -1;
    if (!screen->state.camera_moved) {
        screen->camera_fitted = false;
    }
    if (screen->width_px > 0) {
        /* Without memory a section stays empty, which is seen. */
        (void)screen_place_sections(screen);
    }
}

static void apply_opacity(struct rnd_screen *screen, size_t structure)
{
    if (!screen->options.flat) {
        rnd_view3d_set_opacity(screen->view, screen->model_places[structure],
                               screen->state.opacity[structure]);
    }
    screen->view_drawn = false;
}

static void apply_state(struct rnd_screen *screen, const struct rnd_view_state *state)
{
    const struct rnd_view_state before = screen->state;
    screen->state = *state;
    screen->camera_fitted = state->camera_moved;
    rnd_sections_set_fusion(screen->sections, state->fusion);
    if (before.layout != state->layout) {
        apply_layout(screen);
    }
    if (before.keyhole_mm != state->keyhole_mm) {
        screen->view_drawn = false;
    }
    for (size_t i = 0; i < screen->model_count; ++i) {
        if (before.opacity[i] != state->opacity[i]) {
            apply_opacity(screen, i);
        }
    }
}

void rnd_screen_undo(struct rnd_screen *screen)
{
    struct rnd_view_state state;
    if (rnd_view_history_undo(&screen->history, &state)) {
        apply_state(screen, &state);
    }
}

/* ---- hands ---------------------------------------------------------------------------------- */

void rnd_screen_orbit(struct rnd_screen *screen, double right_px, double down_px)
{
    const double turn_rad = M_PI / rnd_panel_view_rect(screen->panel).h;
    rnd_camera_orbit(&screen->state.camera, -right_px * turn_rad, -down_px * turn_rad);
    screen->state.camera_moved = true;
}

void rnd_screen_pan(struct rnd_screen *screen, double right_px, double down_px)
{
    const double height = rnd_panel_view_rect(screen->panel).h;
    rnd_camera_pan(&screen->state.camera, -right_px / height, down_px / height);
    screen->state.camera_moved = true;
}

void rnd_screen_zoom(struct rnd_screen *screen, double steps)
{
    rnd_camera_zoom(&screen->state.camera, pow(1.15, steps));
    screen->state.camera_moved = true;
}

static void look(struct rnd_screen *screen, enum rnd_preset view, int at_cut)
{
    rnd_screen_keep(screen);
    screen->state.preset = view;
    screen->state.at_cut = at_cut;
    screen->state.camera_moved = false;
    screen->camera_fitted = false;
}

void rnd_screen_set_view(struct rnd_screen *screen, enum rnd_preset view)
{
    look(screen, view, -1);
}

void rnd_screen_next_view(struct rnd_screen *screen)
{
    look(screen, (enum rnd_preset)((screen->state.preset + 1U) % RND_PRESET_COUNT), -1);
}

void rnd_screen_next_cut(struct rnd_screen *screen)
{
    if (screen->cut_count > 0) {
        look(screen, screen->state.preset, (screen->state.at_cut + 1) % (int)screen->cut_count);
    }
}

void rnd_screen_set_layout(struct rnd_screen *screen, enum rnd_layout layout)
{
    if (layout != screen->state.layout) {
        rnd_screen_keep(screen);
        screen->state.layout = layout;
        apply_layout(screen);
    }
}

void rnd_screen_toggle_sections(struct rnd_screen *screen)
{
    const enum rnd_layout own =
        screen->options.layout == RND_LAYOUT_SLICES ? RND_LAYOUT_BEDSIDE : screen->options.layout;
    rnd_screen_set_layout(screen,
                          screen->state.layout == RND_LAYOUT_SLICES ? own : RND_LAYOUT_SLICES);
}

void rnd_screen_reset_view(struct rnd_screen *screen)
{
    rnd_screen_keep(screen);
    struct rnd_view_state state = screen->state;
    state.layout = screen->options.layout;
    state.preset = screen->options.view;
    state.at_cut = screen->options.at_cut ? 0 : -1;
    state.camera_moved = false;
    state.keyhole_mm = screen->options.keyhole_mm;
    state.fusion = screen->options.fusion;
    state.overlay = 1.0F;
    state.overlay_outlines = false;
    state.overlay_bare = false;
    state.measuring = 0;
    state.measure_count = 0;
    for (size_t i = 0; i < RND_VIEW_STRUCTURES_MAX; ++i) {
        state.opacity[i] = 1.0F;
    }
    apply_state(screen, &state);
}

void rnd_screen_set_fusion(struct rnd_screen *screen, enum rnd_fusion fusion)
{
    if (rnd_sections_have_second(screen->sections) && fusion != screen->state.fusion) {
        rnd_screen_keep(screen);
        screen->state.fusion = fusion;
        rnd_sections_set_fusion(screen->sections, fusion);
    }
}

void rnd_screen_next_fusion(struct rnd_screen *screen)
{
    rnd_screen_set_fusion(screen,
                          (enum rnd_fusion)((screen->state.fusion + 1U) % RND_FUSION_COUNT));
}

void rnd_screen_toggle_help(struct rnd_screen *screen)
{
    screen->help = !screen->help;
}

void rnd_screen_set_keyhole(struct rnd_screen *screen, double radius_mm)
{
    static const double largest_mm = 60.0;
    rnd_screen_keep(screen);
    screen->state.keyhole_mm = fmin(fmax(radius_mm, 0.0), largest_mm);
    screen->view_drawn = false;
}

void rnd_screen_toggle_keyhole(struct rnd_screen *screen)
{
    static const double usual_mm = 25.0;
    const double own_mm = screen->options.keyhole_mm > 0.0 ? screen->options.keyhole_mm : usual_mm;
    rnd_screen_set_keyhole(screen, screen->state.keyhole_mm > 0.0 ? 0.0 : own_mm);
}

static void set_overlay(struct rnd_screen *screen, double opacity, bool outlines)
{
    rnd_screen_keep(screen);
    screen->state.overlay = (float)fmin(fmax(opacity, 0.0), 1.0);
    screen->state.overlay_outlines = outlines;
}

void rnd_screen_next_overlay(struct rnd_screen *screen)
{
    const struct rnd_view_state *state = &screen->state;
    if (state->overlay <= 0.0F) {
        set_overlay(screen, 1.0, false);
    } else if (state->overlay_outlines) {
        set_overlay(screen, 0.0, false);
    } else if (state->overlay > 0.5F) {
        set_overlay(screen, 0.5, false);
    } else {
        set_overlay(screen, 1.0, true);
    }
}

static void set_landmarks(struct rnd_screen *screen, bool shown)
{
    rnd_screen_keep(screen);
    screen->state.overlay_bare = !shown;
}

void rnd_screen_toggle_landmarks(struct rnd_screen *screen)
{
    set_landmarks(screen, screen->state.overlay_bare);
}

/* ---- structures ----------------------------------------------------------------------------- */

static void set_opacity(struct rnd_screen *screen, size_t structure, double opacity)
{
    if (structure >= screen->model_count) {
        return;
    }
    rnd_screen_keep(screen);
    screen->state.opacity[structure] = (float)fmin(fmax(opacity, 0.0), 1.0);
    apply_opacity(screen, structure);
}

void rnd_screen_select_next(struct rnd_screen *screen)
{
    if (screen->model_count > 0) {
        screen->selected = (screen->selected + 1) % screen->model_count;
        screen->selecting = true;
    }
}

void rnd_screen_fade(struct rnd_screen *screen, double step)
{
    if (screen->selected < screen->model_count) {
        screen->selecting = true;
        set_opacity(screen, screen->selected,
                    (double)screen->state.opacity[screen->selected] + step);
    }
}

void screen_name_hidden(const struct rnd_screen *screen, char out[RND_WORDS_SIZE])
{
    out[0] = '\0';
    if (screen->state.keyhole_mm > 0.0) {
        (void)snprintf(out, RND_WORDS_SIZE, "%s %d mm",
                       rnd_say(screen->options.language, RND_SAY_KEYHOLE),
                       (int)lround(screen->state.keyhole_mm));
    }
    for (size_t i = 0; i < screen->model_count; ++i) {
        const bool selected = screen->selecting && i == screen->selected;
        if (screen->state.opacity[i] >= 1.0F && !selected) {
            continue;
        }
        char part[NAV_NAME_SIZE + 24];
        (void)snprintf(part, sizeof(part), "%s%s%s %d %%", out[0] != '\0' ? ", " : "",
                       selected ? "> " : "", screen->models[i].name,
                       (int)lround((double)screen->state.opacity[i] * 100.0));
        rnd_text_append(out, RND_WORDS_SIZE, part);
    }
}

/* ---- orders --------------------------------------------------------------------------------- */

static void show_all(struct rnd_screen *screen)
{
    rnd_screen_keep(screen);
    struct rnd_view_state state = screen->state;
    for (size_t i = 0; i < RND_VIEW_STRUCTURES_MAX; ++i) {
        state.opacity[i] = 1.0F;
    }
    apply_state(screen, &state);
}

static void obey(struct rnd_screen *screen, const struct rnd_view_order *order)
{
    switch (order->kind) {
    case RND_ORDER_LAYOUT:
        rnd_screen_set_layout(screen, order->layout);
        break;
    case RND_ORDER_VIEW:
        rnd_screen_set_view(screen, order->view);
        break;
    case RND_ORDER_CUT: {
        const uint32_t active = screen->overlay.cues.guide.number;
        const unsigned cut = order->cut > 0 ? order->cut : active > 0 ? active : 1;
        if (cut <= screen->cut_count) {
            look(screen, screen->state.preset, (int)cut - 1);
        }
        break;
    }
    case RND_ORDER_OPACITY:
        for (size_t i = 0; i < screen->model_count; ++i) {
            if (strcmp(screen->models[i].name, order->name) == 0) {
                set_opacity(screen, i, order->opacity);
            }
        }
        break;
    case RND_ORDER_OVERLAY:
        set_overlay(screen, order->opacity, screen->state.overlay_outlines);
        break;
    case RND_ORDER_OVERLAY_OUTLINES:
        set_overlay(screen, fmax((double)screen->state.overlay, order->on ? 0.1 : 1.0), order->on);
        break;
    case RND_ORDER_OVERLAY_LANDMARKS:
        set_landmarks(screen, order->on);
        break;
    case RND_ORDER_SHOW_ALL:
        show_all(screen);
        break;
    case RND_ORDER_KEYHOLE:
        if (order->keyhole_mm >= 0.0) {
            rnd_screen_set_keyhole(screen, order->keyhole_mm);
        } else if (screen->state.keyhole_mm <= 0.0) {
            rnd_screen_toggle_keyhole(screen);
        }
        break;
    case RND_ORDER_MEASURE:
        rnd_screen_set_measuring(screen, order->measure_points);
        break;
    case RND_ORDER_MEASURE_CLEAR:
        rnd_screen_clear_measures(screen);
        break;
    case RND_ORDER_MEASURE_POINTS:
        rnd_screen_add_measure(screen, &order->measure);
        break;
    case RND_ORDER_FUSION:
        rnd_screen_set_fusion(screen, order->fusion);
        break;
    case RND_ORDER_RESET:
        rnd_screen_reset_view(screen);
        break;
    case RND_ORDER_UNDO:
        rnd_screen_undo(screen);
        break;
    case RND_ORDER_HELP:
        rnd_screen_toggle_help(screen);
        break;
    }
}

static void take_order(struct rnd_screen *screen, const struct nav_scene_view_order *order)
{
    char action[NAV_NAME_SIZE] = "";
    char argument[NAV_NAME_SIZE] = "";
    struct rnd_view_order read;
    /* Their termination is not trusted: they come from another process. */
    memcpy(action, order->action, sizeof(action) - 1);
    memcpy(argument, order->argument, sizeof(argument) - 1);
    if (!rnd_view_order_is_for(order, screen->options.name)) {
        return;
    }
    if (rnd_view_order_read(action, argument, &read)) {
        obey(screen, &read);
    } else {
        nav_log_warning("display", "no such order: %s %s", action, argument);
    }
}

/* Acts once on each order; those from before this display came were for another. */
static void take_orders(struct rnd_screen *screen, const struct nav_scene *scene)
{
    const uint64_t given = scene->view_order_count;
    if (!screen->orders_known || given < screen->orders_done) {
        screen->orders_known = true;
        screen->orders_done = given;
        return;
    }
    uint64_t serial = screen->orders_done;
    if (given - serial > NAV_VIEW_ORDERS_MAX) {
        serial = given - NAV_VIEW_ORDERS_MAX; /* the scene does not carry the older ones any more */
    }
    while (serial < given) {
        ++serial;
        const struct nav_scene_view_order *order =
            &scene->view_orders[serial % NAV_VIEW_ORDERS_MAX];
        if (order->serial == serial) {
            take_order(screen, order);
        }
    }
    screen->orders_done = given;
}

/* ---- cameras that follow -------------------------------------------------------------------- */

static void fit_camera(struct rnd_screen *screen)
{
    const double aspect = screen_view_aspect(screen);
    const int at_cut = screen->state.layout == RND_LAYOUT_CUT && screen->fitted_active > 0
                           ? (int)screen->fitted_active - 1
                           : screen->state.at_cut;
    screen->state.camera =
        at_cut >= 0 && (size_t)at_cut < screen->cut_count
            ? rnd_camera_cut(&screen->cuts[at_cut], aspect)
            : rnd_view3d_fit(screen->view, screen->state.preset, screen->options.side, aspect);
    screen->camera_fitted = true;
    screen->state.camera_moved = false;
}

/* The layout `cut` looks at the active cut's face, and at the next one when that is active. */
static void follow_cut(struct rnd_screen *screen)
{
    const uint32_t active = screen->overlay.cues.guide.number;
    if (active > 0 && active != screen->fitted_active) {
        screen->fitted_active = active;
        screen->camera_fitted = false;
    }
}

static double distance(const double a[3], const double b[3])
{
    double off[3];
    rnd_sub(a, b, off);
    return rnd_length(off);
}

/* From behind the tip along the shaft, with every pose: the view shows a camera in motion by
 * reduced meshes and the whole picture once the tool is held still. */
static void follow_tool(struct rnd_screen *screen)
{
    static const double behind_mm = 45.0;
    static const double least_mm = 0.4;
    static const double view_angle_rad = 0.9;
    const struct rnd_overlay *overlay = &screen->overlay;
    int tool = screen->eye_tool;
    if (tool < 0 || tool >= (int)overlay->tool_count ||
        overlay->tools[tool].look != RND_LOOK_LIVE) {
        tool = -1;
        for (uint32_t i = 0; i < overlay->tool_count && tool < 0; ++i) {
            tool = overlay->tools[i].look == RND_LOOK_LIVE ? (int)i : -1;
        }
    }
    screen->eye_tool = tool;
    if (tool < 0) {
        return;
    }
    const double *axis = overlay->tools[tool].axis;
    if (rnd_length(axis) < 0.5) {
        return;
    }
    /* Away from the viewer stays up as far as it can: the named view's up, off the shaft. */
    const struct rnd_camera preset =
        rnd_view3d_fit(screen->view, RND_PRESET_POSTERIOR, screen->options.side, 1.0);
    struct rnd_camera camera = {.view_angle_rad = view_angle_rad};
    const struct rnd_axes away = rnd_camera_axes(&preset);
    const bool along = fabs(rnd_dot(away.up, axis)) > 0.9;
    const double *up = along ? away.forward : away.up;
    const double part = rnd_dot(up, axis);
    for (int i = 0; i < 3; ++i) {
        camera.eye_mm[i] = overlay->tools[tool].tip_mm[i] - behind_mm * axis[i];
        camera.target_mm[i] = overlay->tools[tool].tip_mm[i];
        camera.up[i] = up[i] - part * axis[i];
    }
    if (!rnd_normalize(camera.up)) {
        return;
    }
    const struct rnd_camera *now = &screen->state.camera;
    if (screen->camera_fitted && distance(now->eye_mm, camera.eye_mm) < least_mm &&
        distance(now->target_mm, camera.target_mm) < least_mm) {
        return;
    }
    screen->state.camera = camera;
    screen->camera_fitted = true;
}

void screen_follow(struct rnd_screen *screen, const struct rnd_moment *moment)
{
    if (moment->scene != NULL && moment->core_alive) {
        take_orders(screen, moment->scene);
    }
    screen->eye_tool = screen->state.layout == RND_LAYOUT_TOOL_EYE ? screen->eye_tool : -1;
    if (screen->options.flat) {
        return;
    }
    if (screen->state.layout == RND_LAYOUT_CUT && !screen->state.camera_moved) {
        follow_cut(screen);
    }
    if (!screen->camera_fitted) {
        fit_camera(screen);
    }
    if (screen->state.layout == RND_LAYOUT_TOOL_EYE && !screen->state.camera_moved) {
        follow_tool(screen);
    }
}

void screen_name_view(const struct rnd_screen *screen, char out[NAV_NAME_SIZE])
{
    static const enum rnd_words presets[RND_PRESET_COUNT] = {
        [RND_PRESET_POSTERIOR] = RND_SAY_POSTERIOR, [RND_PRESET_OBLIQUE] = RND_SAY_OBLIQUE,
        [RND_PRESET_LEFT] = RND_SAY_LEFT,           [RND_PRESET_RIGHT] = RND_SAY_RIGHT,
        [RND_PRESET_HEAD] = RND_SAY_HEAD,           [RND_PRESET_ANTERIOR] = RND_SAY_ANTERIOR,
    };
    static const enum rnd_words sides[RND_SIDE_COUNT] = {
        [RND_SIDE_FOOT] = RND_SAY_NOTHING,
        [RND_SIDE_HEAD] = RND_SAY_VIEWER_AT_HEAD,
        [RND_SIDE_LEFT] = RND_SAY_VIEWER_AT_LEFT,
        [RND_SIDE_RIGHT] = RND_SAY_VIEWER_AT_RIGHT,
    };
    const enum rnd_language language = screen->options.language;
    const bool follows_cut = screen->state.layout == RND_LAYOUT_CUT && screen->fitted_active > 0;
    const int at_cut = follows_cut ? (int)screen->fitted_active - 1 : screen->state.at_cut;
    out[0] = '\0';
    if (screen->state.layout == RND_LAYOUT_TOOL_EYE && screen->eye_tool >= 0) {
        rnd_text_append(out, NAV_NAME_SIZE, rnd_say(language, RND_SAY_FROM_THE_TIP));
    } else if (screen->state.camera_moved) {
        rnd_text_append(out, NAV_NAME_SIZE, rnd_say(language, RND_SAY_FREE_VIEW));
    } else if (at_cut >= 0 && (size_t)at_cut < screen->cut_count) {
        (void)snprintf(out, NAV_NAME_SIZE, "%s %d", rnd_say(language, RND_SAY_FACE_OF_CUT),
                       at_cut + 1);
    } else {
        rnd_text_append(out, NAV_NAME_SIZE, rnd_say(language, presets[screen->state.preset]));
        rnd_text_append(out, NAV_NAME_SIZE, rnd_say(language, sides[screen->options.side]));
    }
}
