/* `osteonav calibrate camera`: a lens from pictures of a board. */
#include "camera.h"

#include <getopt.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json_out.h"
#include "lens_file.h"
#include "lens_fit.h"
#include "plot.h"
#include "progress.h"

static const char verb[] = "calibrate camera";
static const double OUTLIER_FACTOR = 3; /* of the median view: named and left out */

static const char help[] =
    "usage: osteonav calibrate camera --board SPEC --images SOURCE [OPTIONS]\n\n"
    "Finds the lens of a camera from pictures of a printed board: focal length, centre and\n"
    "distortion, with the error on pictures that the fit has not seen. Bad pictures are named and\n"
    "left out. Show the board in every corner of the picture, tilted this way and that.\n\n"
    "  --board SPEC    chess:COLUMNSxROWS:SQUARE_MM, counted in inner corners, or\n"
    "                  charuco:COLUMNSxROWS:SQUARE_MM:MARKER_MM:DICTIONARY, in squares;\n"
    "                  `osteonav calibrate board` draws one\n"
    "  --images SOURCE a folder, a pattern 'left*.jpg', a video, or v4l2:/dev/video0 live\n"
    "  --every N       of a video or camera: look at each Nth picture (default 15)\n"
    "  --count N       end after N pictures with a board (default: all; live 25)\n"
    "  --rational      a wide lens: six radial coefficients\n"
    "  --camera ID     written into the file: which camera it is\n"
    "  --out FILE.yml  the lens as OpenCV YAML, written when it is accepted\n"
    "  --plot FILE     coverage and errors (.svg or .png)\n"
    "  --case CASE     use this case's limits (camera_*)\n"
    "  --json          one JSON object\n"
    "  --help          this text\n\n"
    "exit codes: 0 accepted, 1 refused or failed, 2 usage\n";

struct options {
    const char *board, *images, *camera, *out, *plot, *case_path;
    double every, count;
    bool json, rational;
};

/* The pictures in which a board was found. */
struct views {
    size_t count, looked_at;
    struct cam_view *list[CAM_FIT_VIEWS_MAX];
    char names[CAM_FIT_VIEWS_MAX][64];
    int size_px[2];
};

static const struct {
    enum cam_fit_refusal bit;
    const char *code;
    const char *text;
    const char *suggestion;
} reasons[] = {
    {CAM_FIT_TOO_FEW, "too-few", "too few pictures of the board", "take more"},
    {CAM_FIT_RMS, "rms", "the points do not fit the lens",
     "is the board flat, the focus fixed and SPEC right? For a wide lens say --rational"},
    {CAM_FIT_HELD_OUT, "held-out", "pictures that were held out fit worse",
     "take more pictures, from more sides"},
    {CAM_FIT_COVERAGE, "coverage", "parts of the picture never showed the board",
     "show it in every corner"},
    {CAM_FIT_FLAT, "flat", "all boards were nearly parallel",
     "tilt the board by 30 degrees, in all directions"},
};

static void views_finish(struct views *views)
{
    for (size_t i = 0; i < views->count; ++i) {
        free(views->list[i]);
    }
    views->count = 0;
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

/* Takes one picture. False with an error told: it cannot belong to the others. */
static bool look(const struct cam_board *board, const struct cam_frame *frame, struct views *views)
{
    const struct cam_picture *picture = &frame->picture;
    ++views->looked_at;
    if (views->size_px[0] == 0) {
        views->size_px[0] = picture->width_px;
        views->size_px[1] = picture->height_px;
    } else if (views->size_px[0] != picture->width_px || views->size_px[1] != picture->height_px) {
        (void)camera_fail(verb,
                          "%s: %d x %d px, the pictures before had %d x %d; give the pictures of "
                          "one camera, by a pattern such as 'left*.jpg'",
                          frame->name, picture->width_px, picture->height_px, views->size_px[0],
                          views->size_px[1]);
        return false;
    }
    struct cam_view *view = malloc(sizeof(*view));
    struct cam_error error = {""};
    if (view == NULL) {
        (void)camera_fail(verb, "out of memory");
        return false;
    }
    if (cam_board_find(board, picture, view, &error) != NAV_OK) {
        free(view);
        return true;
    }
    if (frame->name[0] != '\0') {
        (void)snprintf(views->names[views->count], sizeof(views->names[0]), "%.63s",
                       base_name(frame->name));
    } else {
        (void)snprintf(views->names[views->count], sizeof(views->names[0]), "picture %llu",
                       (unsigned long long)frame->serial);
    }
    views->list[views->count++] = view;
    return true;
}

static bool collect(const struct options *options, const struct cam_board *board,
                    struct views *views)
{
    const struct cam_source_config config = {.address = options->images};
    struct cam_reader *reader = NULL;
    struct cam_error error = {""};
    if (cam_reader_open(&config, &reader, &error) != NAV_OK) {
        (void)camera_fail(verb, "--images: %s", error.text);
        return false;
    }
    struct progress progress;
    progress_begin(&progress, "looking for boards", "boards", false);
    struct cam_frame frame;
    enum nav_status status;
    bool good = true;
    while (good && views->count < (size_t)options->count &&
           (status = cam_reader_next(reader, &frame, &error)) != NAV_END) {
        if (status != NAV_OK) {
            (void)camera_fail(verb, "%s", error.text);
            good = false;
        } else if (frame.name[0] != '\0' || (frame.serial - 1) % (uint64_t)options->every == 0) {
            good = look(board, &frame, views);
            progress_step(&progress, views->count, 0);
        }
    }
    progress_end(&progress);
    cam_reader_close(reader);
    return good;
}

static json_t *refusals_json(uint32_t refusals)
{
    json_t *list = json_array();
    for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); ++i) {
        if ((refusals & (uint32_t)reasons[i].bit) != 0) {
            (void)json_array_append_new(list, json_pack("{s:s, s:s, s:s}", "code", reasons[i].code,
                                                        "text", reasons[i].text, "suggestion",
                                                        reasons[i].suggestion));
        }
    }
    return list;
}

static int print_json(const struct views *views, const struct cam_calibration *fit)
{
    const struct rnd_lens *lens = &fit->lens;
    const double matrix[9] = {lens->fx_px, 0, lens->cx_px, 0, lens->fy_px, lens->cy_px, 0, 0, 1};
    json_t *list = json_array();
    for (size_t i = 0; i < fit->views; ++i) {
        (void)json_array_append_new(
            list, json_pack("{s:s, s:o, s:b}", "name", views->names[i], "rms_px",
                            json_number_or_null(fit->view_rms_px[i]), "used", (int)!fit->bad[i]));
    }
    return json_print(
        verb,
        json_pack(
            "{s:[i,i], s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:i, s:i, s:o, s:b, s:o}",
            "image_size", lens->width_px, lens->height_px, "camera_matrix", json_numbers(matrix, 9),
            "distortion", json_numbers(lens->k, RND_LENS_COEFFICIENTS), "rms_px",
            json_number_or_null(fit->rms_px), "all_views_rms_px",
            json_number_or_null(fit->first_rms_px), "held_out_px",
            json_number_or_null(fit->held_out_px), "coverage", json_number_or_null(fit->coverage),
            "tilt_deg", json_number_or_null(fit->tilt_deg), "focal_sd_px",
            json_number_or_null(fit->focal_sd_px), "looked_at", (int)views->looked_at, "used",
            (int)fit->used, "views", list, "accepted", (int)(fit->refusals == 0), "refusals",
            refusals_json(fit->refusals)));
}

static int print_text(const struct views *views, const struct cam_calibration *fit)
{
    const struct rnd_lens *lens = &fit->lens;
    printf("lens: fx %.2f (sd %.2f), fy %.2f, centre %.2f %.2f px for %d x %d\n", lens->fx_px,
           fit->focal_sd_px, lens->fy_px, lens->cx_px, lens->cy_px, lens->width_px,
           lens->height_px);
    printf("error: %.3f px (rms of %zu pictures; %.3f with all %zu), held out ", fit->rms_px,
           fit->used, fit->first_rms_px, fit->views);
    if (isnan(fit->held_out_px)) {
        puts("not known");
    } else {
        printf("%.3f px\n", fit->held_out_px);
    }
    printf("boards in %zu of %zu pictures, in %.0f %% of the picture, tilted by up to %.0f deg\n",
           views->count, views->looked_at, 100 * fit->coverage, fit->tilt_deg);
    for (size_t i = 0; i < fit->views; ++i) {
        if (fit->bad[i]) {
            printf("left out: %s (%.3f px)\n", views->names[i], fit->view_rms_px[i]);
        }
    }
    for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); ++i) {
        if ((fit->refusals & (uint32_t)reasons[i].bit) != 0) {
            printf("REFUSED: %s; %s\n", reasons[i].text, reasons[i].suggestion);
        }
    }
    return fflush(stdout) == 0 ? CAMERA_OK : CAMERA_FAILED;
}

static int draw(const char *path, const struct views *views, const struct cam_calibration *fit)
{
    struct plot plot;
    enum nav_status status = plot_begin(path, &plot);
    if (status == NAV_OK) {
        FILE *script = plot.script;
        fprintf(
            script,
            "set multiplot layout 1,2\nset title 'Points seen in each part of the picture'\nset "
            "size ratio 0.75\n"
            "set xrange [-0.5:%d.5]\nset yrange [%d.5:-0.5]\nunset tics\n"
            "set palette defined (0 'white', 1 '#cfe8cf', 100 '#2c7a2c')\nset cblabel 'points'\n"
            "plot '-' matrix with image notitle\n",
            CAM_FIT_COVER_COLUMNS - 1, CAM_FIT_COVER_ROWS - 1);
        for (int row = 0; row < CAM_FIT_COVER_ROWS; ++row) {
            for (int column = 0; column < CAM_FIT_COVER_COLUMNS; ++column) {
                fprintf(script, "%d ", fit->cells[row][column]);
            }
            fputc('\n', script);
        }
        fputs("e\nset size noratio\nset title 'Error of each picture, px rms'\nset xrange "
              "[*:*]\nset yrange [0:*]\n"
              "set tics\nset xtics rotate by -60 font ',9'\nset boxwidth 0.7\n"
              "plot '-' using 0:2:($3 > 0 ? 0xb03030 : 0x2c7a2c):xtic(1) with boxes fill solid "
              "lc rgb variable notitle\n",
              script);
        for (size_t i = 0; i < fit->views; ++i) {
            plot_label(script, views->names[i]);
            fprintf(script, " %.6f %d\n", fit->view_rms_px[i], (int)fit->bad[i]);
        }
        fputs("e\nunset multiplot\n", script);
        status = plot_end(&plot);
    }
    if (status != NAV_OK) {
        plot_complain(verb, path, status);
        return CAMERA_FAILED;
    }
    return CAMERA_OK;
}

static int save(const struct options *options, struct rnd_lens *lens)
{
    camera_date(lens->date);
    if (options->camera != NULL) {
        (void)snprintf(lens->camera, sizeof(lens->camera), "%.63s", options->camera);
    }
    struct cam_error error = {""};
    if (cam_lens_write(options->out, lens, &error) != NAV_OK) {
        return camera_fail(verb, "--out: %s", error.text);
    }
    return CAMERA_OK;
}

static int calibrate(const struct options *options, const struct cam_board *board,
                     struct views *views)
{
    struct cfg_limits rows;
    if (!camera_limits(verb, options->case_path, &rows) || !collect(options, board, views)) {
        return CAMERA_FAILED;
    }
    if (views->count == 0) {
        return camera_fail(
            verb,
            "no board in any of %zu pictures; is SPEC right, and all of the board in "
            "view, sharp and evenly lit?",
            views->looked_at);
    }
    const struct cam_fit_limits limits = {.views_min = (int)rows.camera_views_min,
                                          .rms_max_px = rows.camera_rms_max_px,
                                          .held_out_max_px = rows.camera_held_out_max_px,
                                          .coverage_min = rows.camera_coverage_min,
                                          .tilt_min_deg = rows.camera_tilt_min_deg,
                                          .outlier_factor = OUTLIER_FACTOR,
                                          .rational = options->rational};
    struct cam_calibration fit;
    struct cam_error error = {""};
    if (cam_lens_calibrate((const struct cam_view *const *)views->list, views->count,
                           views->size_px[0], views->size_px[1], &limits, &fit, &error) != NAV_OK) {
        return camera_fail(verb, "%s", error.text);
    }
    int code = options->json ? print_json(views, &fit) : print_text(views, &fit);
    /* Refused: no file that could be taken for a good one. */
    if (code == CAMERA_OK && fit.refusals == 0 && options->out != NULL) {
        code = save(options, &fit.lens);
    }
    if (code == CAMERA_OK && options->plot != NULL) {
        code = draw(options->plot, views, &fit);
    }
    return fit.refusals != 0 ? CAMERA_FAILED : code;
}

/* A negative number to go on, else the exit code. */
static int parse(int argc, char **argv, struct options *options)
{
    enum { BOARD = 1, IMAGES, EVERY, COUNT, RATIONAL, CAMERA, OUT, PLOT, CASE, JSON, HELP };
    static const struct option known[] = {
        {"board", required_argument, NULL, BOARD}, {"images", required_argument, NULL, IMAGES},
        {"every", required_argument, NULL, EVERY}, {"count", required_argument, NULL, COUNT},
        {"rational", no_argument, NULL, RATIONAL}, {"camera", required_argument, NULL, CAMERA},
        {"out", required_argument, NULL, OUT},     {"plot", required_argument, NULL, PLOT},
        {"case", required_argument, NULL, CASE},   {"json", no_argument, NULL, JSON},
        {"help", no_argument, NULL, HELP},         {NULL, 0, NULL, 0}};
    int code;
    opterr = 0;
    while ((code = getopt_long(argc, argv, "+:", known, NULL)) != -1) {
        bool good = true;
        switch (code) {
        case BOARD:
            options->board = optarg;
            break;
        case IMAGES:
            options->images = optarg;
            break;
        case EVERY:
            good = camera_parse_number(optarg, 1, 100000, &options->every);
            break;
        case COUNT:
            good = camera_parse_number(optarg, 3, CAM_FIT_VIEWS_MAX, &options->count);
            break;
        case RATIONAL:
            options->rational = true;
            break;
        case CAMERA:
            options->camera = optarg;
            break;
        case OUT:
            options->out = optarg;
            break;
        case PLOT:
            options->plot = optarg;
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
        if (!good) {
            return camera_misuse(verb, "%s: not a number that fits", argv[optind - 2]);
        }
    }
    if (optind < argc) {
        return camera_surplus(verb, argv[optind]);
    }
    if (options->board == NULL || options->images == NULL) {
        return camera_misuse(verb, "--board and --images are needed");
    }
    return -1;
}

int camera_calibrate(int argc, char **argv)
{
    struct options options = {.every = 15, .count = CAM_FIT_VIEWS_MAX};
    int code = parse(argc, argv, &options);
    if (code >= 0) {
        return code;
    }
    enum { LIVE_COUNT = 25 };
    if (strncmp(options.images, "v4l2:", 5) == 0 && options.count >= CAM_FIT_VIEWS_MAX) {
        options.count = LIVE_COUNT;
    }
    struct cam_board board;
    if (!camera_parse_board(verb, options.board, &board)) {
        return CAMERA_USAGE;
    }
    struct views *views = calloc(1, sizeof(*views));
    if (views == NULL) {
        return camera_fail(verb, "out of memory");
    }
    code = calibrate(&options, &board, views);
    views_finish(views);
    free(views);
    return code;
}
