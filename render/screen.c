#include "screen.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compositor.h"
#include "frame_ages.h"
#include "nav/log.h"
#include "nav/time.h"

enum { FRAME_TIMES = 128, NAMES_MAX = RND_PANEL_STRUCTURES_MAX + RND_PANEL_CUTS_MAX };

static const int64_t age_window_ns = 60 * NAV_NS_PER_S;

struct rnd_screen {
    struct rnd_screen_options options;
    struct rnd_case facts;
    struct rnd_view3d *view;
    struct rnd_panel *panel;
    struct rnd_sections *sections;
    enum rnd_layout layout;
    struct rnd_compositor *compositor;

    int width_px, height_px;
    struct rnd_rect whole;
    struct rnd_camera camera;
    enum rnd_preset preset;
    int at_cut;        /* the cut that is looked at, -1: the preset's view */
    bool camera_moved; /* by hand, since the preset was set */
    bool camera_fitted;
    bool help;
    char view_name[NAV_NAME_SIZE]; /* of the view that is shown */

    size_t cut_count;
    struct rnd_cut_shape cuts[RND_PANEL_CUTS_MAX];
    struct rnd_panel_cut cut_labels[RND_PANEL_CUTS_MAX];
    size_t structure_count;
    struct rnd_panel_structure structures[RND_PANEL_STRUCTURES_MAX];

    size_t name_count; /* of models and cuts, as the view counts them */
    char names[NAMES_MAX][NAV_NAME_SIZE];
    char not_shown[RND_WORDS_SIZE]; /* names of those missing in the picture; empty: none */

    struct rnd_overlay overlay;
    /* What the 3D picture shows, to draw it again only when that changes. */
    bool view_drawn;
    bool composed;
    bool whole_damage; /* flat: all of the picture is new */
    struct rnd_camera drawn_camera;
    struct {
        enum rnd_look look;
        struct nav_pose pose;
    } drawn_tools[NAV_TOOLS_MAX];

    int64_t shown_arrival_ns; /* newest pose in the frame drawn last */
    struct rnd_frame_ages ages;
    struct rnd_frame_age_summary age_summary; /* of the last minute, once a second */
    int64_t summed_up_ns, logged_ns;
    uint64_t frames;
    int64_t frame_ns[FRAME_TIMES];
};

enum nav_status rnd_screen_create(const struct rnd_screen_options *options,
                                  const struct rnd_case *facts, struct rnd_screen **out_screen)
{
    struct rnd_screen *screen = calloc(1, sizeof(*screen));
    if (screen == NULL) {
        return NAV_ERR_MEMORY;
    }
    screen->options = *options;
    screen->facts = *facts;
    screen->preset = options->view;
    screen->at_cut = options->at_cut ? 0 : -1;
    screen->age_summary = rnd_frame_ages_summary(&screen->ages, 0, 1);
    screen->layout = options->layout;
    const struct rnd_view3d_options view = {.full_redraw = options->full_redraw};
    enum nav_status status = rnd_panel_create(options->layout, &screen->panel);
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

enum nav_status rnd_screen_add_model(struct rnd_screen *screen, const char *name,
                                     const struct rnd_mesh *mesh,
                                     const struct rnd_material *material, bool framed)
{
    if (screen->name_count == NAMES_MAX) {
        return NAV_ERR_FULL;
    }
    screen->camera_fitted = false;
    enum nav_status status =
        screen->options.flat ? NAV_OK : rnd_view3d_add_model(screen->view, mesh, material, framed);
    if (status == NAV_OK) {
        status = rnd_sections_add_model(screen->sections, mesh, material->colour, framed);
    }
    if (status == NAV_OK) {
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
    structure->colour = (struct rnd_colour){colour[0], colour[1], colour[2]};
    return NAV_OK;
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

/* Gives every section the size of its place. */
static enum nav_status place_sections(struct rnd_screen *screen)
{
    static const double strip_mm = 130.0; /* of the patient, from top to bottom */
    static const double large_mm = 180.0;
    const double height_mm = screen->layout == RND_LAYOUT_SLICES ? large_mm : strip_mm;
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

static double view_aspect(const struct rnd_screen *screen)
{
    const struct rnd_rect view = rnd_panel_view_rect(screen->panel);
    return (double)view.w / view.h;
}

static void fit_camera(struct rnd_screen *screen)
{
    const bool at_cut = screen->at_cut >= 0 && (size_t)screen->at_cut < screen->cut_count;
    screen->camera = at_cut ? rnd_camera_cut(&screen->cuts[screen->at_cut], view_aspect(screen))
                            : rnd_view3d_fit(screen->view, screen->preset, screen->options.side,
                                             view_aspect(screen));
    screen->camera_fitted = true;
    screen->camera_moved = false;
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
    status = place_sections(screen);
    if (status != NAV_OK) {
        return status;
    }
    screen->view_drawn = false;
    screen->composed = false;
    if (!screen->camera_moved) {
        screen->camera_fitted = false;
    }
    return NAV_OK;
}

void rnd_screen_orbit(struct rnd_screen *screen, double right_px, double down_px)
{
    const double turn_rad = M_PI / rnd_panel_view_rect(screen->panel).h;
    rnd_camera_orbit(&screen->camera, -right_px * turn_rad, -down_px * turn_rad);
    screen->camera_moved = true;
}

void rnd_screen_pan(struct rnd_screen *screen, double right_px, double down_px)
{
    const double height = rnd_panel_view_rect(screen->panel).h;
    rnd_camera_pan(&screen->camera, -right_px / height, down_px / height);
    screen->camera_moved = true;
}

void rnd_screen_zoom(struct rnd_screen *screen, double steps)
{
    rnd_camera_zoom(&screen->camera, pow(1.15, steps));
    screen->camera_moved = true;
}

void rnd_screen_set_view(struct rnd_screen *screen, enum rnd_preset view)
{
    screen->preset = view;
    screen->at_cut = -1;
    screen->camera_fitted = false;
}

void rnd_screen_next_view(struct rnd_screen *screen)
{
    rnd_screen_set_view(screen, (enum rnd_preset)((screen->preset + 1U) % RND_PRESET_COUNT));
}

void rnd_screen_reset_view(struct rnd_screen *screen)
{
    rnd_screen_set_view(screen, screen->options.view);
    screen->at_cut = screen->options.at_cut ? 0 : -1;
}

void rnd_screen_next_cut(struct rnd_screen *screen)
{
    if (screen->cut_count == 0) {
        return;
    }
    screen->at_cut = (screen->at_cut + 1) % (int)screen->cut_count;
    screen->camera_fitted = false;
}

void rnd_screen_invalidate(struct rnd_screen *screen)
{
    screen->composed = false;
}

void rnd_screen_toggle_sections(struct rnd_screen *screen)
{
    const enum rnd_layout own =
        screen->options.layout == RND_LAYOUT_SLICES ? RND_LAYOUT_BEDSIDE : screen->options.layout;
    screen->layout = screen->layout == RND_LAYOUT_SLICES ? own : RND_LAYOUT_SLICES;
    rnd_panel_set_layout(screen->panel, screen->layout);
    screen->view_drawn = false;
    screen->composed = false;
    if (!screen->camera_moved) {
        screen->camera_fitted = false;
    }
    if (screen->width_px > 0) {
        /* Without memory a section stays empty, which is seen. */
        (void)place_sections(screen);
    }
}

void rnd_screen_toggle_help(struct rnd_screen *screen)
{
    screen->help = !screen->help;
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
    const double aspect = view_aspect(screen);
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

/* Hands tools and camera to the view and draws it where that changes it; sets `*out_drawn` then. */
static enum nav_status draw_view(struct rnd_screen *screen, int64_t budget_ns, bool *out_drawn)
{
    bool changed = !screen->view_drawn || rnd_view3d_is_behind(screen->view) ||
                   memcmp(&screen->drawn_camera, &screen->camera, sizeof(screen->camera)) != 0;
    for (uint32_t i = 0; i < screen->overlay.tool_count; ++i) {
        const struct rnd_overlay_tool *tool = &screen->overlay.tools[i];
        const bool same = screen->drawn_tools[i].look == tool->look &&
                          (tool->look == RND_LOOK_HIDDEN ||
                           memcmp(&screen->drawn_tools[i].pose, &tool->T_image_tool,
                                  sizeof(tool->T_image_tool)) == 0);
        if (same && screen->view_drawn) {
            continue;
        }
        changed = true;
        screen->drawn_tools[i].look = tool->look;
        screen->drawn_tools[i].pose = tool->T_image_tool;
        rnd_view3d_set_tool(screen->view, i, tool->look,
                            tool->look == RND_LOOK_HIDDEN ? NULL : &tool->T_image_tool);
    }
    if (!changed) {
        return NAV_OK;
    }
    rnd_view3d_set_camera(screen->view, &screen->camera);
    const struct rnd_rect rect = rnd_panel_view_rect(screen->panel);
    const enum nav_status status = rnd_view3d_draw(screen->view, rect.w, rect.h, budget_ns);
    if (status == NAV_OK) {
        *out_drawn = true;
        screen->drawn_camera = screen->camera;
        screen->view_drawn = true;
    }
    return status;
}

static void append_capitals(const char *name, char out[NAV_NAME_SIZE])
{
    size_t length = strlen(out);
    for (; *name != '\0' && length + 1 < NAV_NAME_SIZE; ++name) {
        out[length++] = (char)(*name >= 'a' && *name <= 'z' ? *name - 'a' + 'A' : *name);
    }
    out[length] = '\0';
}

static void name_view(const struct rnd_screen *screen, char out[NAV_NAME_SIZE])
{
    out[0] = '\0';
    if (screen->camera_moved) {
        rnd_text_append(out, NAV_NAME_SIZE, "FREE VIEW");
        return;
    }
    if (screen->at_cut >= 0 && (size_t)screen->at_cut < screen->cut_count) {
        (void)snprintf(out, NAV_NAME_SIZE, "FACE OF CUT %d", screen->at_cut + 1);
        return;
    }
    append_capitals(rnd_preset_name(screen->preset), out);
    if (screen->options.side != RND_SIDE_FOOT) {
        rnd_text_append(out, NAV_NAME_SIZE, ", VIEWER AT ");
        append_capitals(rnd_side_name(screen->options.side), out);
    }
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
                  .not_shown = screen->options.flat           ? "3D VIEW"
                               : screen->not_shown[0] != '\0' ? screen->not_shown
                                                              : NULL,
                  .warning = screen->options.flat ? NULL : rnd_view3d_warning(screen->view)},
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

/* Draws the view for the overlay; and again where drawing took so long that what it shows may not
 * be shown any more. The second time only takes away. */
static enum nav_status draw_what_may_be_shown(struct rnd_screen *screen,
                                              const struct rnd_moment *moment, bool *out_drawn)
{
    build_overlay(screen, moment, moment->now_ns);
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

/* The frame without a 3D view: all of it is the panel's. */
static enum nav_status draw_flat(struct rnd_screen *screen, const struct rnd_moment *moment)
{
    build_overlay(screen, moment,
                  moment->clock != NULL ? nav_clock_now_ns(moment->clock) : moment->now_ns);
    screen->shown_arrival_ns = moment->scene != NULL ? moment->scene->pose_arrival_ns : 0;
    rnd_sections_update(screen->sections, &screen->overlay);
    const struct rnd_panel_input panel = {
        .overlay = &screen->overlay,
        .sections = screen->sections,
        .no_3d = true,
        .help = screen->help,
        .cut_count = screen->cut_count,
        .cuts = screen->cut_labels,
        .structure_count = screen->structure_count,
        .structures = screen->structures,
    };
    rnd_panel_update(screen->panel, &panel);
    size_t dirty = 0;
    (void)rnd_panel_dirty(screen->panel, &dirty);
    const bool again = screen->composed && dirty == 0;
    screen->whole_damage = !screen->composed;
    screen->composed = true;
    return again ? NAV_AGAIN : NAV_OK;
}

enum nav_status rnd_screen_draw(struct rnd_screen *screen, const struct rnd_moment *moment)
{
    if (screen->width_px < 1 || screen->height_px < 1) {
        return NAV_ERR_ARGUMENT;
    }
    if (screen->options.flat) {
        return draw_flat(screen, moment);
    }
    if (!screen->camera_fitted) {
        fit_camera(screen);
    }
    bool drawn = false;
    const enum nav_status status = draw_what_may_be_shown(screen, moment, &drawn);
    if (status != NAV_OK) {
        return status;
    }
    screen->shown_arrival_ns = moment->scene != NULL ? moment->scene->pose_arrival_ns : 0;
    /* Letters, numbers and name belong to the picture that is shown, not to the one on its way. */
    const struct rnd_camera *shown = rnd_view3d_shown_camera(screen->view);
    place_cut_numbers(screen, shown);
    if (!rnd_view3d_is_behind(screen->view)) {
        name_view(screen, screen->view_name);
    }
    rnd_sections_update(screen->sections, &screen->overlay);
    struct rnd_panel_input panel = {
        .overlay = &screen->overlay,
        .letters = rnd_camera_letters(shown),
        .help = screen->help,
        .cut_count = screen->cut_count,
        .cuts = screen->cut_labels,
        .structure_count = screen->structure_count,
        .structures = screen->structures,
        .sections = screen->sections,
    };
    rnd_text_append(panel.view_name, sizeof(panel.view_name), screen->view_name);
    rnd_panel_update(screen->panel, &panel);
    size_t panel_dirty = 0;
    (void)rnd_panel_dirty(screen->panel, &panel_dirty);
    size_t view_dirty = 0;
    const struct rnd_rect *dirty = rnd_view3d_dirty(screen->view, &view_dirty);
    if (screen->composed && view_dirty == 0 && panel_dirty == 0) {
        return NAV_AGAIN;
    }
    rnd_compositor_upload(screen->compositor, screen->panel);
    rnd_compositor_compose(screen->compositor, rnd_view3d_framebuffer(screen->view), dirty,
                           view_dirty, screen->panel, !screen->composed);
    rnd_view3d_taken_over(screen->view);
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

void rnd_screen_presented(struct rnd_screen *screen, int64_t now_ns)
{
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

bool rnd_screen_is_behind(const struct rnd_screen *screen)
{
    return !screen->options.flat && rnd_view3d_is_behind(screen->view);
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
