#include "screen.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nav/log.h"
#include "nav/scene_age.h"
#include "nav/time.h"
#include "screen_parts.h"

static const int64_t age_window_ns = 60 * NAV_NS_PER_S;

enum nav_status rnd_screen_create(const struct rnd_screen_options *options,
                                  const struct rnd_case *facts, struct rnd_screen **out_screen)
{
    struct rnd_screen *screen = calloc(1, sizeof(*screen));
    if (screen == NULL) {
        return NAV_ERR_MEMORY;
    }
    screen->options = *options;
    screen->facts = *facts;
    screen->eye_tool = -1;
    for (size_t i = 0; i < RND_VIEW_STRUCTURES_MAX; ++i) {
        screen->state.opacity[i] = 1.0F;
    }
    screen->state.preset = options->view;
    screen->state.at_cut = options->at_cut ? 0 : -1;
    screen->age_summary = rnd_frame_ages_summary(&screen->ages, 0, 1);
    screen->state.layout = options->layout;
    screen->state.keyhole_mm = options->keyhole_mm;
    screen->state.fusion = options->fusion;
    screen->state.overlay = 1.0F;
    const struct rnd_view3d_options view = {.full_redraw = options->full_redraw};
    enum nav_status status = rnd_panel_create(
        options->layout, options->layout == RND_LAYOUT_ASSISTANT, options->touch, &screen->panel);
    if (status == NAV_OK && !options->flat) {
        status = rnd_view3d_create(&view, &screen->view);
    }
    if (status == NAV_OK) {
        status = rnd_sections_create(&screen->sections);
    }
    if (status == NAV_OK && !options->flat) {
        status = rnd_compositor_create(&screen->compositor);
    }
    if (status != NAV_OK) {
        rnd_screen_destroy(screen);
        return status;
    }
    *out_screen = screen;
    return NAV_OK;
}

void rnd_screen_destroy(struct rnd_screen *screen)
{
    if (screen == NULL) {
        return;
    }
    rnd_compositor_destroy(screen->compositor);
    rnd_sections_destroy(screen->sections);
    rnd_panel_destroy(screen->panel);
    rnd_view3d_destroy(screen->view);
    free(screen);
}

static void add_name(struct rnd_screen *screen, const char *name)
{
    rnd_text_append(screen->names[screen->name_count++], NAV_NAME_SIZE, name);
    screen->view_drawn = false;
}

static struct rnd_colour colour_of(const float colour[3])
{
    return (struct rnd_colour){(double)colour[0], (double)colour[1], (double)colour[2]};
}

enum nav_status rnd_screen_add_model(struct rnd_screen *screen, const char *name,
                                     const struct rnd_mesh *mesh,
                                     const struct rnd_material *material, bool framed)
{
    if (screen->name_count == NAMES_MAX || screen->model_count == RND_PANEL_STRUCTURES_MAX) {
        return NAV_ERR_FULL;
    }
    screen->camera_fitted = false;
    enum nav_status status =
        screen->options.flat ? NAV_OK : rnd_view3d_add_model(screen->view, mesh, material, framed);
    if (status == NAV_OK) {
        status = rnd_sections_add_model(screen->sections, mesh, material->colour, framed);
    }
    if (status == NAV_OK) {
        screen->model_places[screen->model_count] = (uint32_t)screen->name_count;
        struct rnd_panel_structure *model = &screen->models[screen->model_count++];
        rnd_text_append(model->name, sizeof(model->name), name);
        model->colour = colour_of(material->colour);
        add_name(screen, name);
    }
    return status;
}

enum nav_status rnd_screen_add_structure(struct rnd_screen *screen, const char *name,
                                         const float colour[3])
{
    if (screen->structure_count == RND_PANEL_STRUCTURES_MAX) {
        return NAV_ERR_FULL;
    }
    struct rnd_panel_structure *structure = &screen->structures[screen->structure_count++];
    rnd_text_append(structure->name, sizeof(structure->name), name);
    structure->colour = colour_of(colour);
    return NAV_OK;
}

enum rnd_language rnd_screen_language(const struct rnd_screen *screen)
{
    return screen->options.language;
}

enum nav_status rnd_screen_add_tool(struct rnd_screen *screen, const struct rnd_tool_shape *shape)
{
    const enum nav_status status =
        screen->options.flat ? NAV_OK : rnd_view3d_add_tool(screen->view, shape);
    return status == NAV_OK ? rnd_sections_add_tool(screen->sections, shape) : status;
}

enum nav_status rnd_screen_add_tool_mesh(struct rnd_screen *screen, const struct rnd_mesh *mesh)
{
    const enum nav_status status =
        screen->options.flat ? NAV_OK : rnd_view3d_add_tool_mesh(screen->view, mesh);
    return status == NAV_OK ? rnd_sections_add_tool(screen->sections, NULL) : status;
}

enum nav_status rnd_screen_add_cut(struct rnd_screen *screen, const char *name,
                                   const struct rnd_cut_shape *cut)
{
    if (screen->cut_count == RND_PANEL_CUTS_MAX || screen->name_count == NAMES_MAX) {
        return NAV_ERR_FULL;
    }
    enum nav_status status = screen->options.flat ? NAV_OK : rnd_view3d_add_cut(screen->view, cut);
    if (status == NAV_OK) {
        status = rnd_sections_add_cut(screen->sections, cut);
    }
    if (status != NAV_OK) {
        return status;
    }
    add_name(screen, name);
    rnd_text_append(screen->cut_labels[screen->cut_count].name, sizeof(screen->cut_labels[0].name),
                    name);
    screen->cuts[screen->cut_count++] = *cut;
    screen->camera_fitted = false;
    return NAV_OK;
}

void rnd_screen_set_volume(struct rnd_screen *screen, const struct rnd_volume *volume,
                           const struct rnd_window_level *window)
{
    rnd_sections_set_volume(screen->sections, volume, window);
}

void rnd_screen_set_second(struct rnd_screen *screen, const struct rnd_volume *volume,
                           const struct rnd_window_level *window, bool unjudged)
{
    rnd_sections_set_second(screen->sections, volume, window, unjudged);
    rnd_sections_set_fusion(screen->sections, screen->state.fusion);
}

enum nav_status rnd_screen_resize(struct rnd_screen *screen, int width_px, int height_px)
{
    if (width_px == screen->width_px && height_px == screen->height_px) {
        return NAV_OK;
    }
    enum nav_status status = rnd_panel_resize(screen->panel, width_px, height_px);
    if (status == NAV_OK && !screen->options.flat) {
        status = rnd_compositor_resize(screen->compositor, width_px, height_px);
    }
    if (status != NAV_OK) {
        return status;
    }
    screen->width_px = width_px;
    screen->height_px = height_px;
    screen->whole = (struct rnd_rect){0, 0, width_px, height_px};
    status = screen_place_sections(screen);
    if (status != NAV_OK) {
        return status;
    }
    screen->view_drawn = false;
    screen->composed = false;
    if (!screen->state.camera_moved) {
        screen->camera_fitted = false;
    }
    return NAV_OK;
}

void rnd_screen_set_missing_monitor(struct rnd_screen *screen, const char *name)
{
    screen->missing_monitor[0] = '\0';
    rnd_text_append(screen->missing_monitor, sizeof(screen->missing_monitor),
                    name != NULL ? name : "");
}

void rnd_screen_invalidate(struct rnd_screen *screen)
{
    screen->composed = false;
}

/* Pictures shown in the second before `now_ns`. */
static double frame_rate(const struct rnd_screen *screen, int64_t now_ns)
{
    if (screen->frames < 2) {
        return (double)NAN;
    }
    const uint64_t kept = screen->frames < FRAME_TIMES ? screen->frames : FRAME_TIMES;
    unsigned count = 0;
    for (uint64_t i = 0; i < kept; ++i) {
        count += now_ns - screen->frame_ns[i] < NAV_NS_PER_S;
    }
    return count;
}

static void place_cut_numbers(struct rnd_screen *screen, const struct rnd_camera *camera)
{
    const double aspect = screen_view_aspect(screen);
    for (size_t i = 0; i < screen->cut_count; ++i) {
        double corners[4][3];
        rnd_cut_corners(&screen->cuts[i], corners);
        struct rnd_panel_cut *label = &screen->cut_labels[i];
        double at[2] = {0.0, 0.0};
        label->placed = rnd_camera_project(camera, aspect, corners[1], at) && at[0] >= 0.0 &&
                        at[0] <= 1.0 && at[1] >= 0.0 && at[1] <= 1.0;
        label->at[0] = label->placed ? at[0] : 0.0;
        label->at[1] = label->placed ? at[1] : 0.0;
    }
}

/* Of the first tool that is live; NULL: none is. */
static const double *live_tip(const struct rnd_overlay *overlay)
{
    for (uint32_t i = 0; i < overlay->tool_count; ++i) {
        if (overlay->tools[i].look == RND_LOOK_LIVE) {
            return overlay->tools[i].tip_mm;
        }
    }
    return NULL;
}

/* Hands tools and camera to the view and draws it where that changes it; sets `*out_drawn` then. */
static enum nav_status draw_view(struct rnd_screen *screen, int64_t budget_ns, bool *out_drawn)
{
    rnd_view3d_set_active_cut(screen->view, (int)screen->overlay.cues.guide.number - 1);
    bool changed =
        !screen->view_drawn || rnd_view3d_is_behind(screen->view) ||
        memcmp(&screen->drawn_camera, &screen->state.camera, sizeof(screen->state.camera)) != 0;
    for (uint32_t i = 0; i < screen->overlay.tool_count; ++i) {
        const struct rnd_overlay_tool *tool = &screen->overlay.tools[i];
        /* A tool from whose tip one looks would hide what it points at. */
        const enum rnd_look look = (int)i == screen->eye_tool ? RND_LOOK_HIDDEN : tool->look;
        const bool same =
            screen->drawn_tools[i].look == look &&
            (look == RND_LOOK_HIDDEN || memcmp(&screen->drawn_tools[i].pose, &tool->T_image_tool,
                                               sizeof(tool->T_image_tool)) == 0);
        if (same && screen->view_drawn) {
            continue;
        }
        changed = true;
        screen->drawn_tools[i].look = look;
        screen->drawn_tools[i].pose = tool->T_image_tool;
        rnd_view3d_set_path(screen->view, i, tool->path_mm);
        rnd_view3d_set_tool(screen->view, i, look,
                            look == RND_LOOK_HIDDEN ? NULL : &tool->T_image_tool);
    }
    if (!changed) {
        return NAV_OK;
    }
    rnd_view3d_set_keyhole(screen->view, live_tip(&screen->overlay), screen->state.keyhole_mm);
    rnd_view3d_set_camera(screen->view, &screen->state.camera);
    const struct rnd_rect rect = rnd_panel_view_rect(screen->panel);
    const enum nav_status status = rnd_view3d_draw(screen->view, rect.w, rect.h, budget_ns);
    if (status == NAV_OK) {
        *out_drawn = true;
        screen->drawn_camera = screen->state.camera;
        screen->view_drawn = true;
    }
    return status;
}

static void build_overlay(struct rnd_screen *screen, const struct rnd_moment *moment,
                          int64_t now_ns)
{
    const struct rnd_overlay_input input = {
        .now_ns = now_ns,
        .held_ns = now_ns - moment->now_ns,
        .utc_ns = moment->utc_ns,
        .core_alive = moment->core_alive,
        .scene = moment->scene,
        .facts = &screen->facts,
        .stats = {.fps = frame_rate(screen, moment->now_ns),
                  .frame_p50_ns = screen->age_summary.p50_ns,
                  .frame_p99_ns = screen->age_summary.p99_ns,
                  .not_shown = screen->options.flat
                                   ? rnd_say(screen->options.language, RND_SAY_THE_3D_VIEW)
                               : screen->not_shown[0] != '\0' ? screen->not_shown
                                                              : NULL,
                  .missing_monitor =
                      screen->missing_monitor[0] != '\0' ? screen->missing_monitor : NULL,
                  .warning =
                      screen->options.flat ? RND_SAY_NOTHING : rnd_view3d_warning(screen->view)},
        .language = screen->options.language,
        .review = screen->state.layout == RND_LAYOUT_REVIEW,
    };
    rnd_overlay_build(&input, &screen->overlay);
}

/* Takes over what the view misses; true when that is news. */
static bool name_what_is_missing(struct rnd_screen *screen)
{
    size_t count = 0;
    const uint32_t *missing = rnd_view3d_not_shown(screen->view, &count);
    char words[RND_WORDS_SIZE] = "";
    for (size_t i = 0; i < count; ++i) {
        rnd_text_append(words, sizeof(words), i > 0 ? ", " : "");
        rnd_text_append(words, sizeof(words), screen->names[missing[i]]);
    }
    const bool news = strcmp(words, screen->not_shown) != 0;
    memcpy(screen->not_shown, words, sizeof(words));
    if (news && count > 0) {
        nav_log_error("display", "in the view and yet not shown: %s", words);
    }
    return news;
}

/* In the plane of a cut: the active one, else the one that is looked at, else the first. */
static void choose_section_cut(struct rnd_screen *screen, const struct rnd_moment *moment)
{
    const int active = (int)screen->overlay.cues.guide.number - 1;
    const int looked_at = screen->state.at_cut >= 0 ? screen->state.at_cut : 0;
    rnd_sections_set_active_cut(screen->sections, active >= 0 ? active : looked_at,
                                moment->cut_map);
}

/* Draws the view for the overlay, and sections beside it; and again where drawing took so long that
 * what it shows may not be shown any more. The second time only takes away. */
static enum nav_status draw_what_may_be_shown(struct rnd_screen *screen,
                                              const struct rnd_moment *moment, bool *out_drawn)
{
    build_overlay(screen, moment, moment->now_ns);
    screen_follow(screen, moment);
    choose_section_cut(screen, moment);
    rnd_sections_begin(screen->sections, &screen->overlay);
    const enum nav_status status = draw_view(screen, moment->budget_ns, out_drawn);
    if (status != NAV_OK || !*out_drawn) {
        return status;
    }
    if (name_what_is_missing(screen)) {
        build_overlay(screen, moment, moment->now_ns);
    }
    if (moment->clock == NULL) {
        return NAV_OK;
    }
    build_overlay(screen, moment, nav_clock_now_ns(moment->clock));
    return draw_view(screen, 0, out_drawn);
}

static void update_sections(struct rnd_screen *screen, const struct rnd_moment *moment)
{
    choose_section_cut(screen, moment);
    rnd_sections_update(screen->sections, &screen->overlay);
}

/* The frame without a 3D view: all of it is the panel's. */
static enum nav_status draw_flat(struct rnd_screen *screen, const struct rnd_moment *moment)
{
    build_overlay(screen, moment,
                  moment->clock != NULL ? nav_clock_now_ns(moment->clock) : moment->now_ns);
    screen_follow(screen, moment);
    screen->shown_arrival_ns = moment->scene != NULL ? moment->scene->pose_arrival_ns : 0;
    update_sections(screen, moment);
    struct rnd_panel_measure measures[RND_MEASURES_MAX];
    const struct rnd_panel_input panel = {
        .measuring = screen->state.measuring,
        .moves = screen->moves,
        .keyhole = screen->state.keyhole_mm > 0.0,
        .keys = &screen->options.keys,
        .measure_count = screen_place_measures(screen, NULL, measures),
        .measures = measures,
        .overlay = &screen->overlay,
        .sections = screen->sections,
        .no_3d = true,
        .help = screen->help,
        .cut_count = screen->cut_count,
        .cuts = screen->cut_labels,
        .structure_count = screen->structure_count,
        .structures = screen->structures,
        .model_count = screen->model_count,
        .models = screen->models,
    };
    rnd_panel_update(screen->panel, &panel);
    size_t dirty = 0;
    (void)rnd_panel_dirty(screen->panel, &dirty);
    const bool again = screen->composed && dirty == 0;
    screen->whole_damage = !screen->composed;
    screen->composed = true;
    return again ? NAV_AGAIN : NAV_OK;
}

void rnd_screen_set_live_picture(struct rnd_screen *screen, const struct rnd_live_picture *live)
{
    screen->live = live != NULL ? *live : (struct rnd_live_picture){0};
}

/* What stands in the place of the 3D view in this frame; no framebuffer: that itself. */
struct live {
    uint32_t framebuffer;
    struct rnd_live_answer answer;
};

static struct live draw_live(struct rnd_screen *screen, const struct rnd_moment *moment)
{
    struct live live = {0};
    const struct rnd_view_state *state = &screen->state;
    if (screen->live.draw == NULL) {
        live.answer.words = rnd_say(screen->options.language, RND_SAY_AR_NO_CAMERA);
        return live;
    }
    const struct rnd_rect rect = rnd_panel_view_rect(screen->panel);
    struct nav_scene aged;
    if (moment->scene != NULL) {
        aged = *moment->scene;
        nav_scene_age_to(&aged, moment->now_ns);
    }
    const struct rnd_live_ask ask = {
        .scene = moment->scene != NULL ? &aged : NULL,
        .now_ns = moment->now_ns,
        .width_px = rect.w,
        .height_px = rect.h,
        .unit = fmin(screen->width_px / 1920.0, screen->height_px / 1080.0),
        .language = screen->options.language,
        .opacity = state->overlay,
        .outlines = state->overlay_outlines,
        .landmarks = !state->overlay_bare,
        .keyhole_mm = state->keyhole_mm};
    live.framebuffer = screen->live.draw(screen->live.context, &ask, &live.answer);
    return live;
}

/* Before what is said anyway of what is not shown. */
static void warn_of_missing_picture(const char *words, char faded[RND_WORDS_SIZE])
{
    char after[RND_WORDS_SIZE];
    memcpy(after, faded, sizeof(after));
    faded[0] = '\0';
    rnd_text_append(faded, RND_WORDS_SIZE, words);
    rnd_text_append(faded, RND_WORDS_SIZE, after[0] != '\0' ? "; " : "");
    rnd_text_append(faded, RND_WORDS_SIZE, after);
}

/* Whether two cameras see the same: the view gives its own back with other roundings. */
static bool is_same_view(const struct rnd_camera *a, const struct rnd_camera *b)
{
    static const double near_mm = 1e-6;
    for (int i = 0; i < 3; ++i) {
        if (!(fabs(a->eye_mm[i] - b->eye_mm[i]) < near_mm &&
              fabs(a->target_mm[i] - b->target_mm[i]) < near_mm &&
              fabs(a->up[i] - b->up[i]) < near_mm)) {
            return false;
        }
    }
    return true;
}

enum nav_status rnd_screen_draw(struct rnd_screen *screen, const struct rnd_moment *moment)
{
    if (screen->width_px < 1 || screen->height_px < 1) {
        return NAV_ERR_ARGUMENT;
    }
    if (screen->options.flat) {
        return draw_flat(screen, moment);
    }
    struct live live = {0};
    if (screen->state.layout == RND_LAYOUT_AR) {
        build_overlay(screen, moment, moment->now_ns);
        screen_follow(screen, moment); /* an order may end this layout */
    }
    if (screen->state.layout == RND_LAYOUT_AR) {
        live = draw_live(screen, moment);
    }
    bool drawn = false;
    if (live.framebuffer == 0) {
        const enum nav_status status = draw_what_may_be_shown(screen, moment, &drawn);
        if (status != NAV_OK) {
            return status;
        }
    }
    screen->shown_arrival_ns = moment->scene != NULL ? moment->scene->pose_arrival_ns : 0;
    /* Letters, numbers and name belong to the picture that is shown, not to the one on its way. */
    const struct rnd_camera *shown =
        live.framebuffer != 0 ? &live.answer.camera : rnd_view3d_shown_camera(screen->view);
    if (live.framebuffer == 0) {
        place_cut_numbers(screen, shown);
    } else {
        for (size_t i = 0; i < screen->cut_count; ++i) {
            screen->cut_labels[i].placed = false; /* the lens is another one than the view's */
        }
    }
    const bool missed = live.framebuffer == 0 && live.answer.words != NULL;
    if (live.framebuffer != 0 || screen->live_shown) {
        screen->view_name[0] = '\0'; /* the camera's is none of the 3D view's */
    }
    if (live.framebuffer != 0 && live.answer.words != NULL) {
        rnd_text_append(screen->view_name, sizeof(screen->view_name), live.answer.words);
    } else if (live.framebuffer == 0 && is_same_view(shown, &screen->state.camera)) {
        screen_name_view(screen, screen->view_name);
    }
    update_sections(screen, moment);
    static const struct rnd_letters no_letters;
    struct rnd_panel_measure measures[RND_MEASURES_MAX];
    struct rnd_panel_input panel = {
        .measuring = screen->state.measuring,
        .moves = screen->moves,
        .keyhole = screen->state.keyhole_mm > 0.0,
        .keys = &screen->options.keys,
        .measure_count = live.framebuffer == 0 ? screen_place_measures(screen, shown, measures) : 0,
        .measures = measures,
        .overlay = &screen->overlay,
        .letters = live.framebuffer == 0 || live.answer.has_camera ? rnd_camera_letters(shown)
                                                                   : no_letters,
        .help = screen->help,
        .cut_count = screen->cut_count,
        .cuts = screen->cut_labels,
        .structure_count = screen->structure_count,
        .structures = screen->structures,
        .model_count = screen->model_count,
        .models = screen->models,
        .sections = screen->sections,
    };
    rnd_text_append(panel.view_name, sizeof(panel.view_name), screen->view_name);
    screen_name_hidden(screen, panel.faded);
    if (missed) {
        warn_of_missing_picture(live.answer.words, panel.faded);
    }
    panel.refining = live.framebuffer == 0 && rnd_view3d_is_behind(screen->view);
    panel.aimed = screen->eye_tool >= 0 && !screen->state.camera_moved;
    rnd_panel_update(screen->panel, &panel);
    size_t panel_dirty = 0;
    (void)rnd_panel_dirty(screen->panel, &panel_dirty);
    size_t view_dirty = 0;
    const struct rnd_rect *dirty = rnd_view3d_dirty(screen->view, &view_dirty);
    const struct rnd_rect view = rnd_panel_view_rect(screen->panel);
    const struct rnd_rect all = {.w = view.w, .h = view.h};
    uint32_t framebuffer = live.framebuffer;
    if (framebuffer != 0) {
        dirty = &all;
        view_dirty = live.answer.is_new || !screen->live_shown ? 1 : 0;
    } else {
        framebuffer = rnd_view3d_framebuffer(screen->view);
        screen->composed = screen->composed && !screen->live_shown;
    }
    screen->live_shown = live.framebuffer != 0;
    if (screen->composed && view_dirty == 0 && panel_dirty == 0) {
        return NAV_AGAIN;
    }
    rnd_compositor_upload(screen->compositor, screen->panel);
    rnd_compositor_compose(screen->compositor, framebuffer, dirty, view_dirty, screen->panel,
                           !screen->composed);
    if (live.framebuffer == 0) {
        rnd_view3d_taken_over(screen->view);
    }
    screen->composed = true;
    return NAV_OK;
}

static void log_ages(const struct rnd_screen *screen, int64_t now_ns)
{
    const struct rnd_frame_age_summary summary =
        rnd_frame_ages_summary(&screen->ages, now_ns, age_window_ns);
    if (summary.count > 0) {
        nav_log_info("display", "pose arrival to picture: p50 %.1f ms, p99 %.1f ms of %zu poses",
                     (double)summary.p50_ns / (double)NAV_NS_PER_MS,
                     (double)summary.p99_ns / (double)NAV_NS_PER_MS, summary.count);
    }
}

void rnd_screen_finished(const struct rnd_screen *screen, int64_t now_ns)
{
    log_ages(screen, now_ns);
}

int64_t rnd_screen_arrival_ns(const struct rnd_screen *screen)
{
    return screen->shown_arrival_ns;
}

void rnd_screen_set_tap(struct rnd_screen *screen, const struct rnd_screen_tap *tap)
{
    screen->tap = tap != NULL ? *tap : (struct rnd_screen_tap){0};
}

/* What was just shown, for those who asked for it. */
static void give_to_tap(struct rnd_screen *screen, int64_t now_ns)
{
    const struct rnd_screen_tap *tap = &screen->tap;
    if (tap->room == NULL || now_ns - screen->tapped_ns < tap->interval_ns) {
        return;
    }
    uint8_t *rgb = tap->room(tap->context, screen->width_px, screen->height_px, now_ns);
    if (rgb != NULL) {
        rnd_screen_read(screen, rgb);
        tap->done(tap->context);
        screen->tapped_ns = now_ns;
    }
}

void rnd_screen_presented(struct rnd_screen *screen, int64_t now_ns)
{
    give_to_tap(screen, now_ns);
    screen->frame_ns[screen->frames++ % FRAME_TIMES] = now_ns;
    rnd_frame_ages_add(&screen->ages, now_ns, screen->shown_arrival_ns);
    if (screen->frames == 1) {
        screen->logged_ns = now_ns;
    }
    if (now_ns - screen->summed_up_ns >= NAV_NS_PER_S) {
        screen->summed_up_ns = now_ns;
        screen->age_summary = rnd_frame_ages_summary(&screen->ages, now_ns, age_window_ns);
    }
    if (now_ns - screen->logged_ns >= age_window_ns) {
        screen->logged_ns = now_ns;
        log_ages(screen, now_ns);
    }
}

const struct rnd_rect *rnd_screen_damage(const struct rnd_screen *screen, size_t *out_count)
{
    if (!screen->options.flat) {
        return rnd_compositor_damage(screen->compositor, out_count);
    }
    if (screen->whole_damage) {
        *out_count = 1;
        return &screen->whole;
    }
    return rnd_panel_dirty(screen->panel, out_count);
}

const uint8_t *rnd_screen_pixels(const struct rnd_screen *screen, int *out_stride)
{
    return screen->options.flat && screen->composed ? rnd_panel_pixels(screen->panel, out_stride)
                                                    : NULL;
}

void rnd_screen_present(const struct rnd_screen *screen, uint32_t framebuffer,
                        const struct rnd_rect *rects, size_t count)
{
    rnd_compositor_present(screen->compositor, framebuffer, rects, count);
}

void rnd_screen_wait(const struct rnd_screen *screen)
{
    if (!screen->options.flat) {
        rnd_compositor_wait(screen->compositor);
    }
}

bool rnd_screen_is_behind(const struct rnd_screen *screen)
{
    /* Under a live picture the 3D view is not drawn, and so never comes to its rest. */
    return !screen->options.flat && !screen->live_shown && rnd_view3d_is_behind(screen->view);
}

int64_t rnd_screen_patience_ns(const struct rnd_screen *screen)
{
    static const int64_t patience_ns = 500 * NAV_NS_PER_MS;
    static const int64_t whole_patience_ns = 20 * NAV_NS_PER_S;
    const bool whole =
        !screen->options.flat && (!screen->view_drawn || rnd_view3d_is_slow(screen->view));
    return whole ? whole_patience_ns : patience_ns;
}

void rnd_screen_read(const struct rnd_screen *screen, uint8_t *out_rgb)
{
    if (!screen->options.flat) {
        rnd_compositor_read(screen->compositor, out_rgb);
        return;
    }
    int stride = 0;
    const uint8_t *pixels = rnd_panel_pixels(screen->panel, &stride);
    for (int y = 0; y < screen->height_px; ++y) {
        for (int x = 0; x < screen->width_px; ++x) {
            uint32_t word;
            memcpy(&word, pixels + (ptrdiff_t)y * stride + 4 * (ptrdiff_t)x, sizeof(word));
            *out_rgb++ = (uint8_t)(word >> 16);
            *out_rgb++ = (uint8_t)(word >> 8);
            *out_rgb++ = (uint8_t)word;
        }
    }
}

const struct rnd_overlay *rnd_screen_overlay(const struct rnd_screen *screen)
{
    return &screen->overlay;
}

const struct rnd_camera *rnd_screen_camera(const struct rnd_screen *screen)
{
    return rnd_view3d_shown_camera(screen->view);
}

struct rnd_rect rnd_screen_view_rect(const struct rnd_screen *screen)
{
    return rnd_panel_view_rect(screen->panel);
}

const struct rnd_section *rnd_screen_section(const struct rnd_screen *screen,
                                             enum rnd_section_kind kind)
{
    return rnd_sections_get(screen->sections, kind);
}

struct rnd_rect rnd_screen_section_rect(const struct rnd_screen *screen, enum rnd_section_kind kind)
{
    return rnd_panel_section_rect(screen->panel, kind);
}
