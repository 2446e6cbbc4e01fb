/* `osteonav-display CASE`: the picture for one screen. Reads the scene, decides nothing. */
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "acknowledge.h"
#include "case.h"
#include "case_screen.h"
#include "feed.h"
#include "headless.h"
#include "live_camera.h"
#include "nav/log.h"
#include "nav/scene_channel.h"
#include "nav/time.h"
#include "offscreen.h"
#include "screen.h"
#include "view_order.h"
#include "view_outlets.h"
#include "window.h"

enum { EXIT_GOOD = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

enum { VIEW_DEVICE_MAX = 20 };

struct options {
    const char *case_path;
    const char *instance;
    const char *display;
    const char *layout;
    const char *language;
    const char *view;
    const char *scan;
    const char *side;
    const char *camera;
    const char *frame_log;
    struct view_outlets_options outlets;
    const char *screenshot;
    const char *video;
    double after_s;
    double duration_s;
    int video_fps;
    bool offscreen;
    bool no_3d;
    bool touch;
    int width_px, height_px;
};

static volatile sig_atomic_t stop_requested;

static void on_signal(int number)
{
    (void)number;
    stop_requested = 1;
}

static void print_usage(FILE *out)
{
    fputs(
        "usage: osteonav display CASE.yaml [OPTIONS]\n\n"
        "Shows the case's model with the live tools, following the core that runs the case. Works\n"
        "without a core, too: the model is shown and the verdict says that nothing is navigated.\n"
        "If the core ends, tools disappear at once; the next core is found by itself.\n\n"
        "  --instance NAME     follow the core of this name (default: default)\n"
        "  --display NAME      size, monitor and layout of this display of the case\n"
        "  --layout NAME       bedside, assistant, slices, cut, tool-eye, review or ar, instead\n"
        "                      of the display's own\n"
        "  --side NAME         where the viewer stands about the patient: foot, head, left, right\n"
        "  --language NAME     en or de\n"
        "  --view NAME         view to begin with: ",
        out);
    for (unsigned i = 0; i < RND_PRESET_COUNT; ++i) {
        fprintf(out, "%s%s", i > 0 ? ", " : "", rnd_preset_name((enum rnd_preset)i));
    }
    fputs(
        ",\n"
        "                      or cut: the first planned cut's face\n"
        "  --scan NAME         what the sections show: ct, mr, blend (both) or squares (by turns)\n"
        "  --camera NAME       for the layout ar, which it begins with: the live picture of this\n"
        "                      camera of the case, with the model on it while that may be trusted\n"
        "                      (default with the layout ar: the case's first)\n"
        "  --frame-log FILE    a line for every picture shown in the window: begun, shown, arrival "
        "of\n"
        "                      its newest pose (CLOCK_MONOTONIC, ns), 1 if in its whole detail, "
        "scene\n"
        "  --publish-view HOST:PORT  offer the picture as it is shown to OpenIGTLink subscribers\n"
        "  --view-device NAME  its device name, at most 20 bytes (default OsteonavView)\n"
        "  --view-address FILE  gets the address that is listened at (port 0: any)\n"
        "  --record-view DIR   record the picture as it is shown, as a film in this folder\n"
        "  --view-fps N        pictures a second for both, at most (default 10)\n"
        "  --touch             a bar of buttons for fingers, as `touch:` of the display\n"
        "  --no-3d             verdict and numbers only, as where there is no OpenGL 3.2\n"
        "\nwithout a screen (no X server needed):\n"
        "  --offscreen WxH     draw into memory\n"
        "  --screenshot FILE   write a PNG and end; with --offscreen\n"
        "  --after SECONDS     before the screenshot is taken (default 1)\n"
        "  --video FILE        write a video with ffmpeg and end; with --offscreen\n"
        "  --duration SECONDS  of the video (default 5)\n"
        "  --fps N             of the video (default 30)\n\n"
        "  --help              this text\n\n"
        "Exit codes: 0 ended as asked, 1 could not show it, 2 usage, 75 no frame came through in\n"
        "500 ms, to be started again, as `osteonav run` does.\n\n"
        "Keys stand in the help on the screen (H); a case may give its own, for foot pedals. Drag "
        "to\n"
        "turn, right drag to move, wheel to zoom.\n\n"
        "orders (`osteonav command view ACTION [ARGUMENT] [DISPLAY]`):\n",
        out);
    fputs(rnd_view_order_help(), out);
}

static int usage_error(const char *text, const char *what)
{
    fprintf(stderr, "osteonav display: %s: %s; see `osteonav display --help`\n", text, what);
    return EXIT_USAGE;
}

/* A decimal number in the C locale, the whole text, within [minimum, maximum]. */
static bool parse_number(const char *text, double minimum, double maximum, double *out_value)
{
    char *end = NULL;
    errno = 0;
    const double value = strtod(text, &end);
    if (errno != 0 || end == text || *end != '\0' || !(value >= minimum && value <= maximum)) {
        return false;
    }
    *out_value = value;
    return true;
}

static bool parse_size(const char *text, int *out_width, int *out_height)
{
    char *end = NULL;
    const long width = strtol(text, &end, 10);
    if (end == text || *end != 'x') {
        return false;
    }
    const char *second = end + 1;
    const long height = strtol(second, &end, 10);
    if (end == second || *end != '\0' || width < 16 || width > 7680 || height < 16 ||
        height > 4320) {
        return false;
    }
    *out_width = (int)width;
    *out_height = (int)height;
    return true;
}

/* Returns -1 to go on, else the exit code. */
static int parse_options(int argc, char **argv, struct options *options)
{
    enum {
        OPT_HELP = 256,
        OPT_INSTANCE,
        OPT_DISPLAY,
        OPT_LAYOUT,
        OPT_SCAN,
        OPT_VIEW,
        OPT_SIDE,
        OPT_LANGUAGE,
        OPT_NO_3D,
        OPT_OFFSCREEN,
        OPT_SCREENSHOT,
        OPT_AFTER,
        OPT_VIDEO,
        OPT_DURATION,
        OPT_FPS,
        OPT_CAMERA,
        OPT_FRAME_LOG,
        OPT_PUBLISH_VIEW,
        OPT_VIEW_DEVICE,
        OPT_VIEW_ADDRESS,
        OPT_RECORD_VIEW,
        OPT_VIEW_FPS,
        OPT_TOUCH
    };
    static const struct option known[] = {
        {"help", no_argument, NULL, OPT_HELP},
        {"instance", required_argument, NULL, OPT_INSTANCE},
        {"display", required_argument, NULL, OPT_DISPLAY},
        {"layout", required_argument, NULL, OPT_LAYOUT},
        {"side", required_argument, NULL, OPT_SIDE},
        {"language", required_argument, NULL, OPT_LANGUAGE},
        {"view", required_argument, NULL, OPT_VIEW},
        {"scan", required_argument, NULL, OPT_SCAN},
        {"no-3d", no_argument, NULL, OPT_NO_3D},
        {"offscreen", required_argument, NULL, OPT_OFFSCREEN},
        {"screenshot", required_argument, NULL, OPT_SCREENSHOT},
        {"after", required_argument, NULL, OPT_AFTER},
        {"video", required_argument, NULL, OPT_VIDEO},
        {"duration", required_argument, NULL, OPT_DURATION},
        {"fps", required_argument, NULL, OPT_FPS},
        {"touch", no_argument, NULL, OPT_TOUCH},
        {"camera", required_argument, NULL, OPT_CAMERA},
        {"frame-log", required_argument, NULL, OPT_FRAME_LOG},
        {"publish-view", required_argument, NULL, OPT_PUBLISH_VIEW},
        {"view-device", required_argument, NULL, OPT_VIEW_DEVICE},
        {"view-address", required_argument, NULL, OPT_VIEW_ADDRESS},
        {"record-view", required_argument, NULL, OPT_RECORD_VIEW},
        {"view-fps", required_argument, NULL, OPT_VIEW_FPS},
        {NULL, 0, NULL, 0},
    };
    double number = 0.0;
    opterr = 0;
    for (int option = 0; (option = getopt_long(argc, argv, ":h", known, NULL)) != -1;) {
        switch (option) {
        case 'h':
        case OPT_HELP:
            print_usage(stdout);
            return EXIT_GOOD;
        case OPT_INSTANCE:
            if (!nav_scene_instance_is_valid(optarg)) {
                return usage_error(
                    "--instance wants 1 to 32 letters, digits, underscores or hyphens", optarg);
            }
            options->instance = optarg;
            break;
        case OPT_DISPLAY:
            options->display = optarg;
            break;
        case OPT_LAYOUT:
            options->layout = optarg;
            break;
        case OPT_LANGUAGE:
            options->language = optarg;
            break;
        case OPT_VIEW:
            options->view = optarg;
            break;
        case OPT_SCAN:
            options->scan = optarg;
            break;
        case OPT_NO_3D:
            options->no_3d = true;
            break;
        case OPT_CAMERA:
            options->camera = optarg;
            break;
        case OPT_FRAME_LOG:
            options->frame_log = optarg;
            break;
        case OPT_PUBLISH_VIEW:
            options->outlets.publish = optarg;
            break;
        case OPT_VIEW_DEVICE:
            options->outlets.device = optarg;
            if (strlen(optarg) > VIEW_DEVICE_MAX) {
                return usage_error("--view-device wants at most 20 bytes", optarg);
            }
            break;
        case OPT_VIEW_ADDRESS:
            options->outlets.address_file = optarg;
            break;
        case OPT_RECORD_VIEW:
            options->outlets.record = optarg;
            break;
        case OPT_VIEW_FPS:
            if (!parse_number(optarg, 0.1, 60.0, &options->outlets.fps)) {
                return usage_error("--view-fps wants 0.1 to 60", optarg);
            }
            break;
        case OPT_TOUCH:
            options->touch = true;
            break;
        case OPT_SIDE:
            options->side = optarg;
            break;
        case OPT_OFFSCREEN:
            options->offscreen = true;
            if (!parse_size(optarg, &options->width_px, &options->height_px)) {
                return usage_error("--offscreen wants WxH, 16x16 to 7680x4320", optarg);
            }
            break;
        case OPT_SCREENSHOT:
            options->screenshot = optarg;
            break;
        case OPT_AFTER:
            if (!parse_number(optarg, 0.0, 86400.0, &options->after_s)) {
                return usage_error("--after wants seconds", optarg);
            }
            break;
        case OPT_VIDEO:
            options->video = optarg;
            break;
        case OPT_DURATION:
            if (!parse_number(optarg, 0.1, 3600.0, &options->duration_s)) {
                return usage_error("--duration wants seconds, 0.1 to 3600", optarg);
            }
            break;
        case OPT_FPS:
            if (!parse_number(optarg, 1.0, 120.0, &number)) {
                return usage_error("--fps wants 1 to 120", optarg);
            }
            options->video_fps = (int)number;
            break;
        default:
            return usage_error(option == ':' ? "a value must follow" : "no such option",
                               argv[optind - 1]);
        }
    }
    if (optind + 1 != argc) {
        return optind < argc ? usage_error("one case only, not also", argv[optind + 1])
                             : usage_error("which case?", "one CASE.yaml is needed");
    }
    options->case_path = argv[optind];
    if (!options->offscreen && (options->screenshot != NULL || options->video != NULL)) {
        return usage_error("needs --offscreen WxH",
                           options->screenshot != NULL ? "--screenshot" : "--video");
    }
    if (options->offscreen && options->frame_log != NULL) {
        return usage_error("of a window only, not with --offscreen", "--frame-log");
    }
    if (options->screenshot != NULL && options->video != NULL) {
        return usage_error("one of them at a time", "--screenshot, --video");
    }
    return -1;
}

/* The display of the case that was asked for; its first one where none was; NULL: no such. */
static const struct cfg_display *find_display(const struct cfg_case *loaded, const char *name)
{
    static struct cfg_display standard = {
        .name = "default", .layout = CFG_LAYOUT_BEDSIDE, .width_px = 1920, .height_px = 1080};
    standard.keys = nav_key_map_default();
    for (size_t i = 0; i < loaded->display_count; ++i) {
        if (name == NULL || strcmp(loaded->displays[i].name, name) == 0) {
            return &loaded->displays[i];
        }
    }
    return name == NULL ? &standard : NULL;
}

static int choose(const struct options *options, const struct cfg_display *display,
                  struct rnd_screen_options *out_screen)
{
    if (!rnd_layout_find(cfg_layout_name(display->layout), &out_screen->layout)) {
        out_screen->layout = RND_LAYOUT_BEDSIDE;
    }
    if (options->camera != NULL) {
        out_screen->layout = RND_LAYOUT_AR;
    }
    if (options->layout != NULL && !rnd_layout_find(options->layout, &out_screen->layout)) {
        return usage_error(
            "--layout knows bedside, assistant, slices, cut, tool-eye, review and ar",
            options->layout);
    }
    const char *language =
        options->language != NULL ? options->language : cfg_language_name(display->language);
    if (!rnd_language_find(language, &out_screen->language)) {
        return usage_error("--language knows en and de", language);
    }
    /* A layout other than the display's own brings that layout's own side. */
    const bool own_layout =
        (display->layout == CFG_LAYOUT_ASSISTANT) == (out_screen->layout == RND_LAYOUT_ASSISTANT);
    if (!own_layout) {
        out_screen->side =
            out_screen->layout == RND_LAYOUT_ASSISTANT ? RND_SIDE_HEAD : RND_SIDE_FOOT;
    } else if (!rnd_side_find(cfg_side_name(display->side), &out_screen->side)) {
        out_screen->side = RND_SIDE_FOOT;
    }
    if (options->side != NULL && !rnd_side_find(options->side, &out_screen->side)) {
        return usage_error("--side knows foot, head, left and right", options->side);
    }
    out_screen->touch = options->touch || display->touch;
    out_screen->keys = display->keys;
    out_screen->keyhole_mm = display->keyhole_mm;
    rnd_text_append(out_screen->name, sizeof(out_screen->name), display->name);
    out_screen->view = RND_PRESET_POSTERIOR;
    out_screen->at_cut = options->view != NULL && strcmp(options->view, "cut") == 0;
    if (options->scan != NULL && !rnd_fusion_find(options->scan, &out_screen->fusion)) {
        return usage_error("--scan knows ct, mr, blend and squares", options->scan);
    }
    if (options->view != NULL && !out_screen->at_cut &&
        !rnd_preset_find(options->view, &out_screen->view)) {
        return usage_error("--view: no such view", options->view);
    }
    return -1;
}

/* What the display owns, released in reverse order. */
struct parts {
    struct rnd_offscreen *offscreen;
    struct rnd_window *window;
    struct rnd_screen *screen;
    struct rnd_feed *feed;
    struct live_camera *live;
    struct view_outlets *outlets;
};

static void release(struct parts *parts)
{
    rnd_feed_destroy(parts->feed);
    view_outlets_destroy(parts->outlets);
    live_camera_destroy(parts->live);
    rnd_screen_destroy(parts->screen);
    rnd_window_destroy(parts->window);
    rnd_offscreen_destroy(parts->offscreen);
}

static int fail(const char *what, enum nav_status status, const char *remedy)
{
    fprintf(stderr, "osteonav display: %s: %s; %s\n", what, nav_status_text(status), remedy);
    return EXIT_FAILED;
}

static enum nav_status open_output(const struct options *options, const struct cfg_display *display,
                                   bool flat, struct parts *parts)
{
    if (options->offscreen) {
        return flat ? NAV_OK : rnd_offscreen_create(&parts->offscreen);
    }
    const struct rnd_window_options window = {
        .monitor = display->monitor,
        .width_px = display->width_px > 0 ? display->width_px : 1920,
        .height_px = display->height_px > 0 ? display->height_px : 1080,
        .fullscreen = display->fullscreen,
        .flat = flat,
        .screenshot_folder = ".",
        .frame_log = options->frame_log,
        .keys = display->keys,
        .acknowledge = acknowledge_alarms,
        .acknowledge_context = (void *)(uintptr_t)options->instance,
    };
    return rnd_window_create(&window, &parts->window);
}

/* Where to draw, and the screen for it. Without a usable OpenGL the screen is a flat one. Returns
 * -1 to go on, else the exit code. */
static int open_screen(const struct options *options, const struct cfg_case *loaded,
                       const struct cfg_display *display, struct rnd_screen_options *chosen,
                       struct parts *parts)
{
    struct rnd_case facts;
    case_screen_facts(loaded, &facts);
    chosen->flat = options->no_3d;
    for (;;) {
        enum nav_status status = open_output(options, display, chosen->flat, parts);
        if (status == NAV_OK) {
            status = rnd_screen_create(chosen, &facts, &parts->screen);
        }
        if (status == NAV_OK) {
            return -1;
        }
        if (status == NAV_ERR_UNSUPPORTED && !chosen->flat) {
            nav_log_error("display", "3D NOT AVAILABLE: no usable OpenGL 3.2; verdict and numbers "
                                     "are shown without it");
            release(parts);
            *parts = (struct parts){0};
            chosen->flat = true;
            continue;
        }
        if (status == NAV_ERR_IO) {
            return fail("--frame-log", status, "check that the folder exists and may be written");
        }
        return fail("cannot open a window", status, "check DISPLAY, or use --offscreen WxH");
    }
}

/* Puts the live picture that was asked for on the screen. Returns -1 to go on, else the exit code.
 */
static int add_camera(const struct options *options, const struct cfg_case *loaded,
                      const struct rnd_screen_options *chosen, struct parts *parts)
{
    const bool wanted =
        options->camera != NULL || (chosen->layout == RND_LAYOUT_AR && loaded->camera_count > 0);
    if (!wanted || chosen->flat) {
        return -1;
    }
    for (size_t i = 0; i < loaded->camera_count; ++i) {
        if (options->camera == NULL || strcmp(loaded->cameras[i].name, options->camera) == 0) {
            char why[512];
            if (!live_camera_create(loaded, &loaded->cameras[i],
                                    parts->window != NULL ? rnd_window_wake : NULL, parts->window,
                                    &parts->live, why)) {
                fprintf(stderr, "osteonav display: --camera: %s\n", why);
                return EXIT_FAILED;
            }
            const struct rnd_live_picture picture = live_camera_picture(parts->live);
            rnd_screen_set_live_picture(parts->screen, &picture);
            return -1;
        }
    }
    return usage_error("--camera: the case has no camera of this name", options->camera);
}

/* Offers and records what is shown, where that was asked for. Returns -1 to go on. */
static int add_outlets(const struct options *options, const struct cfg_display *display,
                       const struct rnd_screen_options *chosen, struct parts *parts)
{
    struct view_outlets_options outlets = options->outlets;
    char name[NAV_NAME_SIZE] = "view";
    for (size_t i = 0; chosen->name[i] != '\0' && i + 1 < sizeof(name); ++i) {
        const char c = chosen->name[i];
        name[i] = c == '/' || c == ' ' ? '_' : c;
        name[i + 1] = '\0';
    }
    outlets.name = name;
    if (outlets.publish == NULL && display->publish_view[0] != '\0') {
        outlets.publish = display->publish_view;
    }
    if (outlets.record == NULL && display->record_view[0] != '\0') {
        outlets.record = display->record_view;
    }
    if (outlets.publish == NULL && outlets.record == NULL) {
        return -1;
    }
    if (view_outlets_create(&outlets, &parts->outlets) != NAV_OK) {
        return fail("the view cannot be offered or recorded", NAV_ERR_NOT_FOUND,
                    "osteonav-camera must be beside this program");
    }
    const struct rnd_screen_tap tap = view_outlets_tap(parts->outlets);
    rnd_screen_set_tap(parts->screen, &tap);
    return -1;
}

static int show(const struct options *options, const struct cfg_case *loaded,
                const struct cfg_display *display, struct parts *parts)
{
    struct rnd_screen_options screen_options = {.layout = RND_LAYOUT_BEDSIDE};
    int code = choose(options, display, &screen_options);
    if (code >= 0) {
        return code;
    }
    code = open_screen(options, loaded, display, &screen_options, parts);
    if (code >= 0) {
        return code;
    }
    const char *what = "";
    enum nav_status status = case_screen_fill(loaded, parts->screen, &what);
    if (status != NAV_OK) {
        return fail(what, status, "this part of the case cannot be shown");
    }
    code = add_camera(options, loaded, &screen_options, parts);
    if (code < 0) {
        code = add_outlets(options, display, &screen_options, parts);
    }
    if (code >= 0) {
        return code;
    }
    status = rnd_feed_create(options->instance, parts->window != NULL ? rnd_window_wake : NULL,
                             parts->window, &parts->feed);
    if (status != NAV_OK) {
        return fail("cannot follow the core", status, "check --instance");
    }
    if (parts->live != NULL) {
        rnd_feed_listen(parts->feed, live_camera_note, parts->live);
    }
    if (parts->window != NULL) {
        status = rnd_window_run(parts->window, parts->screen, parts->feed, &stop_requested);
        return status == NAV_OK ? EXIT_GOOD
                                : fail("the picture cannot be drawn", status,
                                       "see the lines above; the core goes on without it");
    }
    const struct rnd_headless_options headless = {
        .width_px = options->width_px,
        .height_px = options->height_px,
        .screenshot = options->screenshot,
        .after_ns = (int64_t)llround(options->after_s * (double)NAV_NS_PER_S),
        .video = options->video,
        .duration_ns = (int64_t)llround(options->duration_s * (double)NAV_NS_PER_S),
        .video_fps = options->video_fps,
    };
    status = rnd_headless_run(&headless, parts->screen, parts->feed, &stop_requested);
    return status == NAV_OK ? EXIT_GOOD
                            : fail(options->video != NULL        ? options->video
                                   : options->screenshot != NULL ? options->screenshot
                                                                 : "the picture",
                                   status,
                                   options->video != NULL
                                       ? "check that the folder exists and ffmpeg is installed"
                                       : "check that the folder exists and may be written");
}

int main(int argc, char **argv)
{
    struct options options = {
        .after_s = 1.0, .duration_s = 5.0, .video_fps = 30, .outlets = {.fps = 10.0}};
    int code = parse_options(argc, argv, &options);
    if (code >= 0) {
        return code;
    }
    const struct sigaction action = {.sa_handler = on_signal};
    (void)sigaction(SIGTERM, &action, NULL);
    (void)sigaction(SIGINT, &action, NULL);
    (void)signal(SIGPIPE, SIG_IGN);

    struct cfg_case *loaded = NULL;
    struct cfg_error error;
    if (cfg_case_load_meshes(options.case_path, &loaded, &error) != NAV_OK) {
        fprintf(stderr, "osteonav display: %s\n", error.text);
        return EXIT_FAILED;
    }
    const struct cfg_display *display = find_display(loaded, options.display);
    if (display == NULL) {
        cfg_case_destroy(loaded);
        return usage_error("--display: the case has no display of this name", options.display);
    }
    struct parts parts = {0};
    code = show(&options, loaded, display, &parts);
    release(&parts);
    cfg_case_destroy(loaded);
    return code;
}
