/* `osteonav track-aruco`: a camera and printed markers as a tracker, an ordinary OpenIGTLink peer.
 */
#include "camera.h"

#include <getopt.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json_out.h"
#include "marker_bodies.h"
#include "marker_map.h"
#include "markers.h"
#include "nav/time.h"
#include "sim_sender.h"

static const char verb[] = "track-aruco";

static const char help[] =
    "usage: osteonav track-aruco --camera SOURCE --lens FILE --markers FILE [--to HOST:PORT]\n"
    "                            [OPTIONS]\n\n"
    "Tracks bodies that carry printed ArUco markers and sends their poses in the camera as\n"
    "OpenIGTLink TRANSFORMs, with their reprojection error in mm (TransformError) and their "
    "status\n"
    "(OK, OUT_OF_VIEW, INVALID when a single marker's tilt is ambiguous or the corners do not\n"
    "fit). A laptop, a printed sheet and a pointer with a marker make a working demonstration;\n"
    "this is no tracker to operate with.\n\n"
    "  --camera SOURCE   v4l2:/dev/video0, a video, a folder or pattern of images\n"
    "  --lens FILE       what `osteonav calibrate camera` wrote\n"
    "  --rescale         the lens was calibrated at another resolution of the same sensor\n"
    "  --markers FILE    which markers sit where on which body, see docs/camera.md\n"
    "  --to HOST:PORT    the core to send to (default 127.0.0.1:18944)\n"
    "  --loop            begin a file again at its end\n"
    "  --fps N           of images (default 30)\n"
    "  --retry           connect again for ever\n"
    "  --print           one line a picture on stdout instead of sending; with --json as JSON\n"
    "  --case CASE       use this case's limits (marker_*)\n"
    "  --json            with --print\n"
    "  --help            this text\n\n"
    "exit codes: 0 good, 1 failed, 2 usage\n";

struct options {
    const char *camera, *lens, *markers, *to, *case_path;
    double fps;
    bool rescale, loop, retry, print, json;
};

/* Pictures to frames of poses. */
struct tracking {
    const struct options *options;
    struct cfg_limits limits;
    struct cam_bodies bodies;
    struct cam_reader *reader;
    struct cam_markers *markers; /* made with the first picture, when the resolution is known */
    struct cam_body_pose found[CAM_BODIES_MAX];
    bool failed;
    uint64_t pictures;
};

static volatile sig_atomic_t stopped;

static void stop(int signal_number)
{
    (void)signal_number;
    stopped = 1;
}

static const char *status_word(enum cam_body_state state)
{
    switch (state) {
    case CAM_BODY_VALID:
        return "OK";
    case CAM_BODY_HIDDEN:
        return "OUT_OF_VIEW";
    default:
        return "INVALID";
    }
}

static const char *state_word(enum cam_body_state state)
{
    static const char *const words[] = {"hidden", "valid", "ambiguous", "poor"};
    return words[state];
}

/* The next picture's poses in `found`. NAV_END; or a failure, told. */
static enum nav_status advance(struct tracking *tracking, struct cam_frame *frame)
{
    const struct options *options = tracking->options;
    struct cam_error error = {""};
    enum nav_status status = cam_reader_next(tracking->reader, frame, &error);
    if (status == NAV_END) {
        return status;
    }
    if (status == NAV_OK && tracking->markers == NULL) {
        const int size_px[2] = {frame->picture.width_px, frame->picture.height_px};
        const struct cam_marker_limits limits = {tracking->limits.marker_error_max_px,
                                                 tracking->limits.marker_ambiguity_max};
        struct rnd_lens lens;
        if (!camera_lens_for(verb, options->lens, size_px, options->rescale, &lens)) {
            tracking->failed = true;
            return NAV_ERR_REFUSED;
        }
        status = cam_markers_create(&tracking->bodies, &lens, &limits, &tracking->markers, &error);
    }
    if (status == NAV_OK) {
        status = cam_markers_find(tracking->markers, &frame->picture, tracking->found, &error);
    }
    if (status != NAV_OK) {
        tracking->failed = true;
        (void)camera_fail(verb, "%s", error.text);
        return status;
    }
    ++tracking->pictures;
    return NAV_OK;
}

static enum nav_status next_frame(void *context, struct sim_frame *out_frame)
{
    struct tracking *tracking = context;
    struct cam_frame frame;
    if (advance(tracking, &frame) != NAV_OK) {
        return NAV_END;
    }
    memset(out_frame, 0, sizeof(*out_frame));
    out_frame->offset_ns = frame.time_ns;
    out_frame->pose_count = tracking->bodies.count;
    for (size_t i = 0; i < tracking->bodies.count; ++i) {
        const struct cam_body_pose *found = &tracking->found[i];
        struct sim_pose *pose = &out_frame->poses[i];
        const struct nav_pose nowhere = nav_pose_identity();
        const struct nav_pose *at =
            found->state == CAM_BODY_HIDDEN ? &nowhere : &found->T_camera_body;
        pose->device = tracking->bodies.bodies[i].name;
        pose->status = status_word(found->state);
        pose->valid = found->state == CAM_BODY_VALID;
        pose->has_matrix = true;
        nav_pose_rotation(at, pose->R);
        memcpy(pose->t_mm, at->t_mm, sizeof(pose->t_mm));
        pose->has_error = pose->valid;
        pose->error_mm = found->error_mm;
    }
    return NAV_OK;
}

/* ---- printing ------------------------------------------------------------------------------- */

static int print_picture_json(const struct tracking *tracking, const struct cam_frame *frame)
{
    json_t *list = json_array();
    for (size_t i = 0; i < tracking->bodies.count; ++i) {
        const struct cam_body_pose *found = &tracking->found[i];
        const bool seen = found->state != CAM_BODY_HIDDEN;
        (void)json_array_append_new(
            list,
            json_pack("{s:s, s:s, s:i, s:o, s:o, s:o}", "name", tracking->bodies.bodies[i].name,
                      "state", state_word(found->state), "markers", found->markers, "error_px",
                      json_number_or_null(found->error_px), "error_mm",
                      json_number_or_null(found->error_mm), "T_camera_body",
                      seen ? json_matrix(&found->T_camera_body) : json_null()));
    }
    return json_print(
        verb, json_pack("{s:I, s:o, s:o}", "picture", (json_int_t)frame->serial, "time_s",
                        json_real((double)frame->time_ns / (double)NAV_NS_PER_S), "bodies", list));
}

static int print_all(struct tracking *tracking)
{
    struct cam_frame frame;
    int code = CAMERA_OK;
    while (code == CAMERA_OK && stopped == 0 && advance(tracking, &frame) == NAV_OK) {
        if (tracking->options->json) {
            code = print_picture_json(tracking, &frame);
            continue;
        }
        printf("%6llu %8.3f s", (unsigned long long)frame.serial,
               (double)frame.time_ns / (double)NAV_NS_PER_S);
        for (size_t i = 0; i < tracking->bodies.count; ++i) {
            const struct cam_body_pose *found = &tracking->found[i];
            const double *t = found->T_camera_body.t_mm;
            printf("  %s: %s", tracking->bodies.bodies[i].name, state_word(found->state));
            if (found->state != CAM_BODY_HIDDEN) {
                printf(" %.1f %.1f %.1f mm, error %.2f px %.2f mm", t[0], t[1], t[2],
                       found->error_px, found->error_mm);
            }
        }
        code = putchar('\n') == EOF || fflush(stdout) != 0 ? CAMERA_FAILED : CAMERA_OK;
    }
    return code;
}

/* ---- sending -------------------------------------------------------------------------------- */

static void tell(void *context, const char *text)
{
    (void)context;
    fprintf(stderr, "osteonav %s: %s\n", verb, text);
}

static int send_all(struct tracking *tracking)
{
    const struct options *options = tracking->options;
    char host[128];
    const char *colon = strrchr(options->to, ':');
    if (colon == NULL || colon == options->to || colon[1] == '\0' ||
        (size_t)(colon - options->to) >= sizeof(host)) {
        return camera_misuse(verb, "--to: '%s' is not HOST:PORT", options->to);
    }
    (void)snprintf(host, sizeof(host), "%.*s", (int)(colon - options->to), options->to);
    const struct sim_sender_config config = {
        .host = host,
        .port = colon + 1,
        .retry = options->retry,
        .speed = 1,
        .pack = {.header_version = 2, .send_invalid = true},
        .stop = &stopped,
        .on_event = tell,
    };
    const struct sim_source source = {next_frame, tracking};
    struct sim_sender_stats stats = {0};
    char why[160] = "";
    if (sim_sender_run(&config, &source, &stats, why, sizeof(why)) != NAV_OK) {
        return camera_fail(verb, "%s", why);
    }
    fprintf(stderr,
            "osteonav %s: %llu pictures, %llu poses sent, %llu of them stated as not valid\n", verb,
            (unsigned long long)tracking->pictures, (unsigned long long)stats.packed.poses,
            (unsigned long long)stats.packed.poses_invalid);
    return CAMERA_OK;
}

/* A negative number to go on, else the exit code. */
static int parse(int argc, char **argv, struct options *options)
{
    enum { CAMERA = 1, LENS, RESCALE, MARKERS, TO, LOOP, FPS, RETRY, PRINT, CASE, JSON, HELP };
    static const struct option known[] = {{"camera", required_argument, NULL, CAMERA},
                                          {"lens", required_argument, NULL, LENS},
                                          {"rescale", no_argument, NULL, RESCALE},
                                          {"markers", required_argument, NULL, MARKERS},
                                          {"to", required_argument, NULL, TO},
                                          {"loop", no_argument, NULL, LOOP},
                                          {"fps", required_argument, NULL, FPS},
                                          {"retry", no_argument, NULL, RETRY},
                                          {"print", no_argument, NULL, PRINT},
                                          {"case", required_argument, NULL, CASE},
                                          {"json", no_argument, NULL, JSON},
                                          {"help", no_argument, NULL, HELP},
                                          {NULL, 0, NULL, 0}};
    int code;
    opterr = 0;
    while ((code = getopt_long(argc, argv, "+:", known, NULL)) != -1) {
        switch (code) {
        case CAMERA:
            options->camera = optarg;
            break;
        case LENS:
            options->lens = optarg;
            break;
        case RESCALE:
            options->rescale = true;
            break;
        case MARKERS:
            options->markers = optarg;
            break;
        case TO:
            options->to = optarg;
            break;
        case LOOP:
            options->loop = true;
            break;
        case FPS:
            if (!camera_parse_number(optarg, 0.1, 1000, &options->fps)) {
                return camera_misuse(verb, "--fps: 0.1 to 1000, not '%s'", optarg);
            }
            break;
        case RETRY:
            options->retry = true;
            break;
        case PRINT:
            options->print = true;
            break;
        case CASE:
            options->case_path = optarg;
            break;
        case JSON:
            options->json = true;
            break;
        case HELP:
            fputs(help, stdout);
            return CAMERA_OK;
        default:
            return camera_misuse(verb, "no option '%s', or it lacks its value", argv[optind - 1]);
        }
    }
    if (optind < argc) {
        return camera_surplus(verb, argv[optind]);
    }
    if (options->camera == NULL || options->lens == NULL || options->markers == NULL) {
        return camera_misuse(verb, "--camera, --lens and --markers are needed");
    }
    return -1;
}

int camera_track(int argc, char **argv)
{
    struct options options = {.to = "127.0.0.1:18944"};
    const int usage = parse(argc, argv, &options);
    if (usage >= 0) {
        return usage;
    }
    struct cfg_marker_bodies given;
    struct cfg_error why = {""};
    struct tracking tracking = {.options = &options};
    if (cfg_marker_bodies_load(options.markers, &given, &why) != NAV_OK) {
        return camera_fail(verb, "%s", why.text);
    }
    if (!camera_limits(verb, options.case_path, &tracking.limits)) {
        return CAMERA_FAILED;
    }
    tracking.bodies = marker_map(&given);
    const struct cam_source_config config = {
        .address = options.camera, .fps = options.fps, .loop = options.loop};
    struct cam_error error = {""};
    if (cam_reader_open(&config, &tracking.reader, &error) != NAV_OK) {
        return camera_fail(verb, "--camera: %s", error.text);
    }
    (void)signal(SIGINT, stop);
    (void)signal(SIGTERM, stop);
    const int code = options.print ? print_all(&tracking) : send_all(&tracking);
    cam_markers_destroy(tracking.markers);
    cam_reader_close(tracking.reader);
    return tracking.failed ? CAMERA_FAILED : code;
}
