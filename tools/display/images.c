/* `osteonav-display-images CASE DIR`: the pictures of the documentation, one for each state.
 *
 * Not for the theatre and not installed: it makes up scenes, as a core in that state would publish
 * them, and draws them with the display's own code. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "case.h"
#include "case_screen.h"
#include "image.h"
#include "image_scenes.h"
#include "nav/time.h"
#include "offscreen.h"
#include "screen.h"

/* The page shows them small, 1280 x 720; what matters must still be legible. */
struct picture {
    int width, height;
    bool full; /* without the cache */
    uint8_t *rgb;
};

static const int64_t utc_ns = INT64_C(1700000000) * NAV_NS_PER_S; /* a fixed moment */

struct shot {
    const char *name;
    enum rnd_layout layout;
    enum rnd_preset view;
    image_arrange *arrange; /* NULL: no core */
    int64_t delay_ns;       /* between scene and picture */
    bool help;
    bool flat;
    bool at_cut;
    bool fade;
    bool measure;
    bool touch;
    double keyhole_mm;
    bool turning; /* a hand turns the view: the picture is a reduced one */
    enum rnd_language language;
};

static const struct shot shots[] = {
    {.name = "live", .arrange = image_live},
    {.name = "caution", .arrange = image_caution},
    {.name = "alarm", .arrange = image_alarm},
    {.name = "acknowledged", .arrange = image_acknowledged},
    {.name = "late", .arrange = image_live, .delay_ns = 160 * NAV_NS_PER_MS},
    {.name = "idle", .arrange = image_idle},
    {.name = "tool-not-visible", .arrange = image_tool_invalid},
    {.name = "reference-lost", .arrange = image_reference_lost},
    {.name = "unregistered", .arrange = image_unregistered},
    {.name = "registering", .arrange = image_collecting},
    {.name = "last-cut", .arrange = image_last_cut},
    {.name = "core-hangs", .arrange = image_live, .delay_ns = 900 * NAV_NS_PER_MS},
    {.name = "no-core"},
    {.name = "simulation", .view = RND_PRESET_OBLIQUE, .arrange = image_simulation},
    {.name = "replay", .arrange = image_replay},
    {.name = "german", .arrange = image_alarm, .language = RND_GERMAN},
    {.name = "assistant", .layout = RND_LAYOUT_ASSISTANT, .arrange = image_live},
    {.name = "slices", .layout = RND_LAYOUT_SLICES, .arrange = image_live},
    {.name = "slices-not-live", .layout = RND_LAYOUT_SLICES, .arrange = image_tool_invalid},
    {.name = "cut", .layout = RND_LAYOUT_CUT, .arrange = image_live},
    {.name = "cut-face", .at_cut = true, .arrange = image_live},
    {.name = "tool-eye", .layout = RND_LAYOUT_TOOL_EYE, .arrange = image_live},
    {.name = "review", .layout = RND_LAYOUT_REVIEW, .view = RND_PRESET_OBLIQUE, .fade = true},
    {.name = "keyhole", .view = RND_PRESET_RIGHT, .arrange = image_live, .keyhole_mm = 30.0},
    {.name = "touch", .arrange = image_alarm, .touch = true},
    {.name = "measure", .layout = RND_LAYOUT_REVIEW, .measure = true},
    {.name = "refining", .arrange = image_live, .turning = true},
    {.name = "ghost", .arrange = image_ghost},
    {.name = "no-3d", .flat = true, .arrange = image_live},
    {.name = "help", .help = true, .arrange = image_live},
};

/* A distance on the surfaces of the view, and an angle in the first section, as by hand. */
static void measure(struct rnd_screen *screen)
{
    static const double on_view[2][2] = {{0.20, 0.30}, {0.80, 0.30}};
    static const double in_section[3][2] = {{0.30, 0.30}, {0.40, 0.70}, {0.75, 0.60}};
    const struct rnd_rect view = rnd_screen_view_rect(screen);
    const struct rnd_rect section = rnd_screen_section_rect(screen, RND_SECTION_AXIAL);
    rnd_screen_set_measuring(screen, 2);
    for (int i = 0; i < 2; ++i) {
        (void)rnd_screen_measure_at(screen, view.x + on_view[i][0] * view.w,
                                    view.y + on_view[i][1] * view.h);
    }
    rnd_screen_set_measuring(screen, 3);
    for (int i = 0; i < 3; ++i) {
        (void)rnd_screen_measure_at(screen, section.x + in_section[i][0] * section.w,
                                    section.y + in_section[i][1] * section.h);
    }
}

static enum nav_status draw_shot(const struct cfg_case *loaded, const struct shot *shot,
                                 const char *folder, struct nav_cut_map *map,
                                 const struct picture *picture)
{
    const struct rnd_screen_options options = {
        .layout = shot->layout,
        .view = shot->view,
        .flat = shot->flat,
        .at_cut = shot->at_cut,
        .keyhole_mm = shot->keyhole_mm,
        .touch = shot->touch,
        .keys = nav_key_map_default(),
        .language = shot->language,
        .full_redraw = picture->full,
        .side = shot->layout == RND_LAYOUT_ASSISTANT ? RND_SIDE_HEAD : RND_SIDE_FOOT};
    struct rnd_case facts;
    case_screen_facts(loaded, &facts);
    struct rnd_screen *screen = NULL;
    const char *what = "";
    struct nav_scene scene;
    enum nav_status status = rnd_screen_create(&options, &facts, &screen);
    if (status == NAV_OK) {
        status = case_screen_fill(loaded, screen, &what);
    }
    if (status == NAV_OK) {
        status = rnd_screen_resize(screen, picture->width, picture->height);
    }
    if (status == NAV_OK) {
        if (shot->help) {
            rnd_screen_toggle_help(screen);
        }
        image_scene(loaded, &scene);
        if (shot->fade) {
            rnd_screen_select_next(screen);
            rnd_screen_fade(screen, -0.6);
        }
        image_cut_map(&scene, map);
        if (shot->arrange != NULL) {
            shot->arrange(&scene);
        }
        const struct rnd_moment moment = {
            .now_ns = image_now_ns + shot->delay_ns,
            .utc_ns = utc_ns,
            .core_alive = shot->arrange != NULL,
            .scene = shot->arrange != NULL ? &scene : NULL,
            .cut_map = shot->arrange != NULL ? map : NULL,
        };
        do {
            status = rnd_screen_draw(screen, &moment);
            status = status == NAV_AGAIN ? NAV_OK : status;
        } while (status == NAV_OK && rnd_screen_is_behind(screen));
        /* Sixty pictures have been shown in the last second: rate and age are known. */
        for (int i = 0; i < 60; ++i) {
            rnd_screen_presented(screen, image_now_ns + shot->delay_ns - i * NAV_NS_PER_S / 60);
        }
        if (status == NAV_OK && shot->measure) {
            measure(screen);
        }
        for (int step = 0; step < 3 && shot->turning && status == NAV_OK; ++step) {
            rnd_screen_orbit(screen, 0.05 * picture->width, 0.0);
            status = rnd_screen_draw(screen, &moment);
        }
        if (status == NAV_OK && !shot->turning) {
            status = rnd_screen_draw(screen, &moment);
        }
        status = status == NAV_AGAIN ? NAV_OK : status;
    }
    if (status == NAV_OK) {
        char path[4096];
        rnd_screen_read(screen, picture->rgb);
        (void)snprintf(path, sizeof(path), "%s/display-%s.png", folder, shot->name);
        status = rnd_image_write_png(path, picture->rgb, picture->width, picture->height);
        puts(path);
    }
    rnd_screen_destroy(screen);
    return status;
}

/* By one of the names; by none, all are. */
static bool is_wanted(const char *name, char *const *names)
{
    if (names[0] == NULL) {
        return true;
    }
    for (size_t i = 0; names[i] != NULL; ++i) {
        if (strcmp(names[i], name) == 0) {
            return true;
        }
    }
    return false;
}

/* WxH, 16 to 8192 a side. */
static bool parse_size(const char *text, struct picture *out)
{
    char end = 0;
    return sscanf(text, "%5dx%5d%c", &out->width, &out->height, &end) == 2 && out->width >= 16 &&
           out->height >= 16 && out->width <= 8192 && out->height <= 8192;
}

static int usage(int code)
{
    fputs("usage: osteonav-display-images [--size WxH] [--full] CASE.yaml DIR [NAME ...]\n\n"
          "Writes DIR/display-STATE.png for each state of the display, or for those of the\n"
          "NAMEs, from made-up scenes.\n\n"
          "  --size WxH  of the pictures (default 1280x720)\n"
          "  --full      everything drawn anew each time, as without OpenGL 4.3\n",
          code == 0 ? stdout : stderr);
    return code;
}

int main(int argc, char **argv)
{
    struct picture picture = {.width = 1280, .height = 720};
    int at = 1;
    for (; at < argc && strncmp(argv[at], "--", 2) == 0; ++at) {
        if (strcmp(argv[at], "--help") == 0) {
            return usage(0);
        }
        if (strcmp(argv[at], "--full") == 0) {
            picture.full = true;
        } else if (strcmp(argv[at], "--size") != 0 || at + 1 == argc ||
                   !parse_size(argv[++at], &picture)) {
            return usage(2);
        }
    }
    if (argc - at < 2) {
        return usage(2);
    }
    struct cfg_case *loaded = NULL;
    struct cfg_error error;
    if (cfg_case_load_meshes(argv[at], &loaded, &error) != NAV_OK) {
        fprintf(stderr, "osteonav-display-images: %s\n", error.text);
        return 1;
    }
    struct rnd_offscreen *offscreen = NULL;
    picture.rgb = malloc((size_t)picture.width * (size_t)picture.height * 3);
    struct nav_cut_map *map = calloc(1, sizeof(*map));
    enum nav_status status =
        picture.rgb != NULL && map != NULL ? rnd_offscreen_create(&offscreen) : NAV_ERR_MEMORY;
    for (size_t i = 0; status == NAV_OK && i < sizeof(shots) / sizeof(shots[0]); ++i) {
        if (is_wanted(shots[i].name, argv + at + 2)) {
            status = draw_shot(loaded, &shots[i], argv[at + 1], map, &picture);
        }
    }
    if (status != NAV_OK) {
        fprintf(stderr, "osteonav-display-images: %s; check that %s exists\n",
                nav_status_text(status), argv[at + 1]);
    }
    rnd_offscreen_destroy(offscreen);
    free(map);
    free(picture.rgb);
    cfg_case_destroy(loaded);
    return status == NAV_OK ? 0 : 1;
}
