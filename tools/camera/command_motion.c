/* `osteonav calibrate handeye --images` and `osteonav calibrate delay`: a camera against a tracker,
 * from pictures of a board and the recorded poses of what the tracker saw move. */
#include "camera.h"

#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "delay.h"
#include "handeye.h"
#include "handeye_fit.h"
#include "json_out.h"
#include "mount_file.h"
#include "nav/time.h"
#include "recording.h"
#include "shots.h"

static const double DEG_PER_RAD = 180 / 3.14159265358979323846;

static const char handeye_help[] =
    "usage: osteonav calibrate handeye --images SOURCE --lens FILE --board SPEC\n"
    "           --session FILE --tool T [--reference R] [OPTIONS]\n\n"
    "Where a camera sits in the marker that carries it, from pictures of a board that stands\n"
    "still. Two methods must agree, the motion must be rich enough, then both are refined on the\n"
    "reprojection error; the residual is that of pictures which were held out.\n\n"
    "From two recordings of poses instead, without pictures: see `osteonav calibrate --help`.\n\n";

static const char delay_help[] =
    "usage: osteonav calibrate delay --images SOURCE --lens FILE --board SPEC\n"
    "           --session FILE --tool T [--reference R] [OPTIONS]\n\n"
    "How much later the camera's pictures are than the tracker's poses, from one motion that both\n"
    "have seen: turn the camera (or the tracked board before a fixed camera) quickly to and fro,\n"
    "without rhythm, for ten seconds.\n\n";

static const char options_help[] =
    "  --images SOURCE  a video, or a folder or pattern of images\n"
    "  --times FILE     of images: a table \"file name,seconds\" in the recording's clock\n"
    "  --start S        of a video: when it begins in the recording's clock (default 0)\n"
    "  --every N        of a video: look at each Nth picture\n"
    "  --lens FILE      what `osteonav calibrate camera` wrote\n"
    "  --rescale        the lens was calibrated at another resolution of the same sensor\n"
    "  --board SPEC     as in `osteonav calibrate camera`\n"
    "  --session FILE   recorded poses, as in `osteonav calibrate pivot`\n"
    "  --tool T         the marker that carries the camera, or is fixed to the board\n"
    "  --reference R    take its poses relative to this one\n"
    "  --delay-ms X     hand-eye: how much later the pictures are (default 0)\n"
    "  --out FILE.yml   hand-eye: written when it is accepted, for `cameras[].handeye` of a case\n"
    "  --case CASE      use this case's limits (handeye_*, ar_delay_sd_max_ms)\n"
    "  --json           one JSON object\n"
    "  --help           this text\n\n"
    "exit codes: 0 accepted, 1 refused or failed, 2 usage\n";

struct options {
    struct shots_request shots;
    const char *board, *session, *tool, *reference, *case_path, *out;
    double delay_ms;
    bool json;
};

/* A negative number to go on, else the exit code. */
static int parse(int argc, char **argv, const char *help, struct options *options)
{
    enum {
        IMAGES = 1,
        TIMES,
        START,
        EVERY,
        LENS,
        RESCALE,
        BOARD,
        SESSION,
        TOOL,
        REFERENCE,
        DELAY,
        OUT,
        CASE,
        JSON,
        HELP
    };
    static const struct option known[] = {{"images", required_argument, NULL, IMAGES},
                                          {"times", required_argument, NULL, TIMES},
                                          {"start", required_argument, NULL, START},
                                          {"every", required_argument, NULL, EVERY},
                                          {"lens", required_argument, NULL, LENS},
                                          {"rescale", no_argument, NULL, RESCALE},
                                          {"board", required_argument, NULL, BOARD},
                                          {"session", required_argument, NULL, SESSION},
                                          {"tool", required_argument, NULL, TOOL},
                                          {"reference", required_argument, NULL, REFERENCE},
                                          {"delay-ms", required_argument, NULL, DELAY},
                                          {"out", required_argument, NULL, OUT},
                                          {"case", required_argument, NULL, CASE},
                                          {"json", no_argument, NULL, JSON},
                                          {"help", no_argument, NULL, HELP},
                                          {NULL, 0, NULL, 0}};
    const char *verb = options->shots.verb;
    int code;
    opterr = 0;
    while ((code = getopt_long(argc, argv, "+:", known, NULL)) != -1) {
        bool good = true;
        switch (code) {
        case IMAGES:
            options->shots.images = optarg;
            break;
        case TIMES:
            options->shots.times = optarg;
            break;
        case START:
            good = camera_parse_number(optarg, -1e10, 1e10, &options->shots.start_s);
            break;
        case EVERY:
            good = camera_parse_number(optarg, 1, 100000, &options->shots.every);
            break;
        case LENS:
            options->shots.lens = optarg;
            break;
        case RESCALE:
            options->shots.rescale = true;
            break;
        case BOARD:
            options->board = optarg;
            break;
        case SESSION:
            options->session = optarg;
            break;
        case TOOL:
            options->tool = optarg;
            break;
        case REFERENCE:
            options->reference = optarg;
            break;
        case DELAY:
            good = camera_parse_number(optarg, -10000, 10000, &options->delay_ms);
            break;
        case OUT:
            options->out = optarg;
            break;
        case CASE:
            options->case_path = optarg;
            break;
        case JSON:
            options->json = true;
            break;
        case HELP:
            fputs(help, stdout);
            fputs(options_help, stdout);
            return CAMERA_OK;
        default:
            return camera_misuse(verb, "no option '%s', or it lacks its value", argv[optind - 1]);
        }
        if (!good) {
            return camera_misuse(verb, "%s: not a number that fits", argv[optind - 2]);
        }
    }
    if (optind < argc) {
        return camera_surplus(verb, argv[optind]);
    }
    if (options->shots.images == NULL || options->shots.lens == NULL || options->board == NULL ||
        options->session == NULL || options->tool == NULL) {
        return camera_misuse(verb, "--images, --lens, --board, --session and --tool are needed");
    }
    return camera_parse_board(verb, options->board, &options->shots.board) ? -1 : CAMERA_USAGE;
}

static bool load(const struct options *options, struct cfg_limits *limits, struct rnd_lens *lens,
                 struct shots *shots, struct recording *recording)
{
    const char *verb = options->shots.verb;
    struct recording_error error;
    if (!camera_limits(verb, options->case_path, limits)) {
        return false;
    }
    if (recording_load(options->session, options->tool, options->reference, recording, &error) !=
        NAV_OK) {
        (void)camera_fail(verb, "%s", error.text);
        return false;
    }
    if (!shots_take(&options->shots, lens, shots)) {
        recording_finish(recording);
        return false;
    }
    return true;
}

static void add_refusals(json_t *list, const struct trk_refusals *refusals)
{
    for (uint32_t i = 0; i < refusals->count; ++i) {
        const struct trk_refusal *refusal = &refusals->list[i];
        (void)json_array_append_new(list,
                                    json_pack("{s:s, s:s, s:s}", "code", refusal->code, "text",
                                              refusal->text, "suggestion", refusal->suggestion));
    }
}

static void print_refusals(const struct trk_refusals *refusals)
{
    for (uint32_t i = 0; i < refusals->count; ++i) {
        printf("REFUSED: %s; %s\n", refusals->list[i].text, refusals->list[i].suggestion);
    }
}

/* ---- delay ---------------------------------------------------------------------------------- */

static int report_delay(const struct options *options, const struct trk_delay *found,
                        const struct shots *shots)
{
    const double ms = (double)NAV_NS_PER_MS;
    const bool accepted = found->refusals.count == 0;
    if (options->json) {
        json_t *refusals = json_array();
        add_refusals(refusals, &found->refusals);
        const int code =
            json_print(options->shots.verb,
                       json_pack("{s:o, s:o, s:o, s:o, s:i, s:i, s:b, s:o}", "delay_ms",
                                 json_number_or_null((double)found->delay_ns / ms), "sd_ms",
                                 json_number_or_null(found->sd_ns / ms), "residual_deg",
                                 json_number_or_null(found->residual_rad * DEG_PER_RAD), "turn_deg",
                                 json_number_or_null(found->turn_rad * DEG_PER_RAD), "intervals",
                                 (int)found->intervals, "pictures", (int)shots->count, "accepted",
                                 (int)accepted, "refusals", refusals));
        return code == CAMERA_OK && !accepted ? CAMERA_FAILED : code;
    }
    printf("delay: the pictures are %.1f ms later than the poses (sd %.2f ms), from %u intervals\n",
           (double)found->delay_ns / ms, found->sd_ns / ms, found->intervals);
    print_refusals(&found->refusals);
    return accepted ? CAMERA_OK : CAMERA_FAILED;
}

int camera_delay(int argc, char **argv)
{
    struct options options = {.shots = {.verb = "calibrate delay", .every = 1}};
    const int usage = parse(argc, argv, delay_help, &options);
    if (usage >= 0) {
        return usage;
    }
    if (options.out != NULL) {
        return camera_misuse(options.shots.verb, "--out: delay_ms and delay_sd_ms are numbers of "
                                                 "the case's camera");
    }
    struct cfg_limits rows;
    struct rnd_lens lens;
    struct shots shots;
    struct recording recording;
    if (!load(&options, &rows, &lens, &shots, &recording)) {
        return CAMERA_FAILED;
    }
    struct trk_delay_limits limits = trk_delay_limits_default();
    struct trk_delay found;
    const enum nav_status status =
        trk_delay_estimate(shots.T_camera_board, shots.time_ns, shots.count, recording.poses,
                           recording.time_ns, recording.count, &limits, &found);
    int code;
    if (status == NAV_OK) {
        code = report_delay(&options, &found, &shots);
    } else {
        code = camera_fail(options.shots.verb,
                           status == NAV_ERR_NOT_FOUND
                               ? "the %zu pictures with a board and the %zu poses are not of the "
                                 "same time; --start or --times say when the pictures were taken"
                               : "%zu pictures with a board and %zu poses are too few, or their "
                                 "times go back",
                           shots.count, recording.count);
    }
    shots_finish(&shots);
    recording_finish(&recording);
    return code;
}

/* ---- hand-eye ------------------------------------------------------------------------------- */

/* The recording's pose at a time, between two that are near enough. */
static bool pose_at(const struct recording *recording, int64_t time_ns, int64_t gap_ns,
                    struct nav_pose *out)
{
    size_t low = 0;
    size_t high = recording->count;
    while (high - low > 1) {
        const size_t middle = (low + high) / 2;
        if (recording->time_ns[middle] <= time_ns) {
            low = middle;
        } else {
            high = middle;
        }
    }
    if (recording->count == 0 || recording->time_ns[low] > time_ns) {
        return false;
    }
    if (low + 1 == recording->count || recording->time_ns[low] == time_ns) {
        *out = recording->poses[low];
        return recording->time_ns[low] == time_ns;
    }
    const int64_t span_ns = recording->time_ns[low + 1] - recording->time_ns[low];
    if (span_ns > gap_ns || span_ns <= 0) {
        return false;
    }
    *out = nav_pose_interpolate(&recording->poses[low], &recording->poses[low + 1],
                                (double)(time_ns - recording->time_ns[low]) / (double)span_ns);
    return true;
}

/* Keeps the shots for which the body's pose is known, moved together; their number. */
static size_t pair(const struct recording *recording, const struct cfg_limits *rows,
                   double delay_ms, struct shots *shots, struct nav_pose *T_tracker_body)
{
    const int64_t delay_ns = (int64_t)(delay_ms * (double)NAV_NS_PER_MS);
    const int64_t gap_ns = (int64_t)(rows->interpolate_max_ms * (double)NAV_NS_PER_MS);
    size_t kept = 0;
    for (size_t i = 0; i < shots->count; ++i) {
        struct nav_pose body;
        if (pose_at(recording, shots->time_ns[i] - delay_ns, gap_ns, &body)) {
            T_tracker_body[kept] = body;
            shots->T_camera_board[kept] = shots->T_camera_board[i];
            struct cam_view *view = shots->views[kept];
            shots->views[kept++] = shots->views[i];
            shots->views[i] = view;
        }
    }
    return kept;
}

static void judge_handeye(const struct cfg_limits *rows, const struct cam_handeye_fit *fit,
                          struct trk_refusals *refusals)
{
    if (!(fit->held_out_px <= rows->handeye_held_out_max_px)) {
        trk_refuse(refusals, "held-out-px",
                   "hold the camera still for each picture, or give its delay",
                   "pictures held out are %.2f px off, %.2f are allowed", fit->held_out_px,
                   rows->handeye_held_out_max_px);
    }
    if (!(fit->held_out_mm <= rows->handeye_held_out_max_mm)) {
        trk_refuse(refusals, "held-out-mm",
                   "hold the camera still for each picture, or give its delay",
                   "pictures held out are %.2f mm off at the board, %.2f are allowed",
                   fit->held_out_mm, rows->handeye_held_out_max_mm);
    }
}

static json_t *handeye_json(const struct trk_handeye *start, const struct cam_handeye_fit *fit,
                            const struct trk_refusals *refusals)
{
    json_t *list = json_array();
    add_refusals(list, refusals);
    /* A motion that leaves it open gives no place, not a wrong one. */
    const bool known = fit->used > 0;
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:i, s:i, s:o, s:b, s:o}",
                     "T_marker_camera", known ? json_matrix(&fit->T_body_camera) : json_null(),
                     "agree_deg", json_number_or_null(start->agree_rad * DEG_PER_RAD), "agree_mm",
                     json_number_or_null(start->agree_mm), "rms_px",
                     json_number_or_null(fit->rms_px), "held_out_px",
                     json_number_or_null(fit->held_out_px), "held_out_mean_px",
                     json_number_or_null(fit->held_out_mean_px), "held_out_mm",
                     json_number_or_null(fit->held_out_mm), "used", (int)fit->used, "held_out",
                     (int)fit->held_out, "T_tracker_board",
                     known ? json_matrix(&fit->T_tracker_board) : json_null(), "accepted",
                     (int)(refusals->count == 0), "refusals", list);
}

static void print_handeye(const struct trk_handeye *start, const struct cam_handeye_fit *fit,
                          const struct trk_refusals *refusals)
{
    if (fit->used > 0) {
        const double *t = fit->T_body_camera.t_mm;
        printf("camera in its marker: %.2f %.2f %.2f mm; both methods within %.2f deg, %.2f mm\n",
               t[0], t[1], t[2], start->agree_rad * DEG_PER_RAD, start->agree_mm);
        printf("error: %.2f px on %zu pictures, %.2f px (%.2f mm at the board) on %zu held out\n",
               fit->rms_px, fit->used, fit->held_out_px, fit->held_out_mm, fit->held_out);
    } else {
        puts("camera in its marker: not determined by this motion");
    }
    print_refusals(refusals);
}

static int save_handeye(const struct options *options, const struct rnd_lens *lens,
                        const struct trk_handeye *start, const struct cam_handeye_fit *fit)
{
    struct cam_mount mount = {.T_marker_camera = fit->T_body_camera,
                              .held_out_px = fit->held_out_px,
                              .held_out_mm = fit->held_out_mm,
                              .agree_deg = start->agree_rad * DEG_PER_RAD,
                              .agree_mm = start->agree_mm,
                              .width_px = lens->width_px,
                              .height_px = lens->height_px};
    (void)snprintf(mount.camera, sizeof(mount.camera), "%s", lens->camera);
    (void)snprintf(mount.lens_date, sizeof(mount.lens_date), "%s", lens->date);
    camera_date(mount.date);
    struct cam_error error = {""};
    if (cam_mount_write(options->out, &mount, &error) != NAV_OK) {
        return camera_fail(options->shots.verb, "--out: %s", error.text);
    }
    return CAMERA_OK;
}

static int report_handeye(const struct options *options, const struct cfg_limits *rows,
                          const struct rnd_lens *lens, const struct trk_handeye *start,
                          const struct cam_handeye_fit *fit)
{
    struct trk_refusals refusals = start->refusals;
    if (fit->used > 0) {
        judge_handeye(rows, fit, &refusals);
    }
    int code = CAMERA_OK;
    if (options->json) {
        code = json_print(options->shots.verb, handeye_json(start, fit, &refusals));
    } else {
        print_handeye(start, fit, &refusals);
    }
    if (refusals.count > 0) {
        return CAMERA_FAILED; /* and no file that could be taken for a good one */
    }
    if (code == CAMERA_OK && options->out != NULL) {
        code = save_handeye(options, lens, start, fit);
    }
    return code;
}

static int handeye_of(const struct options *options, const struct cfg_limits *rows,
                      const struct rnd_lens *lens, struct shots *shots,
                      const struct recording *recording, struct nav_pose *T_tracker_body)
{
    const char *verb = options->shots.verb;
    const size_t count = pair(recording, rows, options->delay_ms, shots, T_tracker_body);
    const struct trk_handeye_limits limits = trk_handeye_limits_default();
    struct trk_handeye start;
    const enum nav_status status =
        trk_handeye_calibrate(T_tracker_body, shots->T_camera_board, count, &limits, &start);
    if (status == NAV_ERR_CONDITION) {
        return camera_fail(verb, "the motion is about one axis, or hardly any; turn the camera "
                                 "about all three by 20 to 60 degrees between pictures");
    }
    if (status != NAV_OK) {
        return camera_fail(
            verb,
            "%zu pictures with a board and a pose at their time (of %zu with a board, "
            "%zu looked at): %s",
            count, shots->count, shots->looked_at, nav_status_text(status));
    }
    struct cam_handeye_fit fit = {
        .rms_px = NAN, .held_out_px = NAN, .held_out_mean_px = NAN, .held_out_mm = NAN};
    struct cam_error error = {""};
    if (start.refusals.count == 0 &&
        cam_handeye_refine(lens, (const struct cam_view *const *)shots->views, T_tracker_body,
                           count, &start.T_marker_camera, &fit, &error) != NAV_OK) {
        return camera_fail(verb, "%s", error.text);
    }
    return report_handeye(options, rows, lens, &start, &fit);
}

int camera_handeye(int argc, char **argv)
{
    struct options options = {
        .shots = {.verb = "calibrate handeye", .every = 1, .keep_views = true}};
    const int usage = parse(argc, argv, handeye_help, &options);
    if (usage >= 0) {
        return usage;
    }
    struct cfg_limits rows;
    struct rnd_lens lens;
    struct shots shots;
    struct recording recording;
    if (!load(&options, &rows, &lens, &shots, &recording)) {
        return CAMERA_FAILED;
    }
    struct nav_pose *T_tracker_body = calloc(SHOTS_MAX, sizeof(*T_tracker_body));
    const int code = T_tracker_body != NULL
                         ? handeye_of(&options, &rows, &lens, &shots, &recording, T_tracker_body)
                         : camera_fail(options.shots.verb, "out of memory");
    free(T_tracker_body);
    shots_finish(&shots);
    recording_finish(&recording);
    return code;
}
