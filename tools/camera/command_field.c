/* `osteonav-camera field`: a film of a synthetic operating field, for demonstrations and tests. */
#include "camera.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "case.h"
#include "field.h"
#include "folder.h"
#include "json_out.h"
#include "lens_file.h"
#include "nav/time.h"
#include "progress.h"
#include "video_file.h"

static const char verb[] = "field";

static const char help[] =
    "usage: osteonav-camera field --case CASE --out DIR [OPTIONS]\n\n"
    "Films what a camera above the wound would see of a case's bones, with a plate of printed\n"
    "markers on the patient reference, through a lens with distortion.\n\n"
    "  --case CASE     a case with a bone and a registration\n"
    "  --out DIR       folder to write into; created when missing\n"
    "  --seconds S     length of the film (default 6); it ends as it begins\n"
    "  --fps N         pictures a second (default 30)\n"
    "  --noise G       noise of the sensor in grey levels (default 2)\n"
    "  --size WxH      of the pictures, of the shape 16:9 (default 1280x720)\n"
    "  --still SHARE   the camera stands still where it is at this share (0 to 1) of its swing\n"
    "  --help          this text\n\n"
    "writes into DIR: field.avi, lens.yml, markers.yaml, truth.json (T_image_camera by rows of "
    "each\n"
    "picture) and cameras.yaml, the section to add to a case beside DIR\n\n"
    "exit codes: 0 good, 1 failed, 2 usage\n";

/* With the distortion of an ordinary camera. */
static const struct rnd_lens film_lens = {.width_px = 1280,
                                          .height_px = 720,
                                          .fx_px = 1012,
                                          .fy_px = 1009,
                                          .cx_px = 645,
                                          .cy_px = 356,
                                          .k = {-0.21, 0.07, 0.0008, -0.0005, 0.0},
                                          .rms_px = 0.0,
                                          .camera = "synthetic",
                                          .date = "2026-01-01T00:00:00Z"};

struct options {
    const char *case_path, *folder;
    double seconds, fps, noise, still; /* still: NaN where the camera swings */
    struct rnd_lens lens;
};

enum { PATH_SIZE = 4096 };

static const char *join(char path[PATH_SIZE], const struct options *options, const char *name)
{
    (void)snprintf(path, PATH_SIZE, "%s/%s", options->folder, name);
    return path;
}

static int write_markers(const struct options *options, const struct cam_bodies *bodies)
{
    char path[PATH_SIZE];
    FILE *file = fopen(join(path, options, "markers.yaml"), "w");
    if (file == NULL) {
        return camera_fail(verb, "%s: %s", path, strerror(errno));
    }
    fprintf(file,
            "# The plate of printed markers on the patient reference, in its frame, mm.\n"
            "version: 1\ndictionary: %s\nbodies:\n  - name: %s\n    markers:\n",
            bodies->dictionary, bodies->bodies[0].name);
    for (size_t i = 0; i < bodies->bodies[0].marker_count; ++i) {
        const struct cam_marker *marker = &bodies->bodies[0].markers[i];
        double middle[3];
        double right[3];
        double down[3];
        double side = 0;
        for (int k = 0; k < 3; ++k) {
            middle[k] = 0.5 * (marker->corners_mm[0][k] + marker->corners_mm[2][k]);
            right[k] = marker->corners_mm[1][k] - marker->corners_mm[0][k];
            down[k] = marker->corners_mm[3][k] - marker->corners_mm[0][k];
            side += right[k] * right[k];
        }
        side = sqrt(side);
        fprintf(file,
                "      - {id: %d, side_mm: %.6f, middle_mm: [%.6f, %.6f, %.6f],\n"
                "         right: [%.9f, %.9f, %.9f], down: [%.9f, %.9f, %.9f]}\n",
                marker->id, side, middle[0], middle[1], middle[2], right[0] / side, right[1] / side,
                right[2] / side, down[0] / side, down[1] / side, down[2] / side);
    }
    if (fclose(file) != 0) {
        return camera_fail(verb, "%s: %s", path, strerror(errno));
    }
    return CAMERA_OK;
}

static int write_section(const struct options *options)
{
    char path[PATH_SIZE];
    const char *slash = strrchr(options->folder, '/');
    const char *name = slash != NULL && slash[1] != '\0' ? slash + 1 : options->folder;
    FILE *file = fopen(join(path, options, "cameras.yaml"), "w");
    if (file == NULL) {
        return camera_fail(verb, "%s: %s", path, strerror(errno));
    }
    fprintf(file,
            "cameras:\n  - {name: Field camera, source: %s/field.avi, lens: %s/lens.yml, "
            "markers: %s/markers.yaml}\n",
            name, name, name);
    if (fclose(file) != 0) {
        return camera_fail(verb, "%s: %s", path, strerror(errno));
    }
    return CAMERA_OK;
}

static int film(const struct options *options, struct field *field, uint8_t *bgr, json_t *truth)
{
    char path[PATH_SIZE];
    struct cam_video *video = NULL;
    struct cam_error error = {""};
    if (cam_video_create(join(path, options, "field.avi"), options->lens.width_px,
                         options->lens.height_px, options->fps, &video, &error) != NAV_OK) {
        return camera_fail(verb, "%s", error.text);
    }
    struct progress progress;
    progress_begin(&progress, "filming", "pictures", false);
    const size_t count = (size_t)(options->seconds * options->fps + 0.5);
    int code = CAMERA_OK;
    for (size_t i = 0; code == CAMERA_OK && i < count; ++i) {
        const double share = isnan(options->still) ? (double)i / (double)count : options->still;
        const struct nav_pose camera = field_camera(field, share);
        field_draw(field, &camera, options->noise, i, bgr);
        const struct cam_picture picture = {options->lens.width_px, options->lens.height_px, 3,
                                            3 * (size_t)options->lens.width_px, bgr};
        if (cam_video_add(video, &picture, &error) != NAV_OK ||
            json_array_append_new(truth, json_matrix(&camera)) != 0) {
            code = camera_fail(verb, "%s", error.text);
        }
        progress_step(&progress, i + 1, count);
    }
    progress_end(&progress);
    cam_video_close(video);
    return code;
}

static int make(const struct options *options, const struct cfg_case *loaded)
{
    char path[PATH_SIZE];
    struct cam_error error = {""};
    const struct cam_bodies bodies = field_plate(loaded);
    struct field *field = NULL;
    struct cfg_error why;
    if (cfg_folder_make(options->folder, &why) != NAV_OK) {
        return camera_fail(verb, "%s", why.text);
    }
    if (field_create(loaded, &bodies, &options->lens, &field) != NAV_OK) {
        return camera_fail(verb, "%s: needs a bone and a registration", options->case_path);
    }
    json_t *truth = json_array();
    uint8_t *bgr = malloc(3 * (size_t)options->lens.width_px * (size_t)options->lens.height_px);
    int code = bgr != NULL ? film(options, field, bgr, truth) : CAMERA_FAILED;
    free(bgr);
    field_destroy(field);
    if (code == CAMERA_OK &&
        cam_lens_write(join(path, options, "lens.yml"), &options->lens, &error) != NAV_OK) {
        code = camera_fail(verb, "%s", error.text);
    }
    if (code == CAMERA_OK) {
        code = write_markers(options, &bodies);
    }
    if (code == CAMERA_OK) {
        code = write_section(options);
    }
    json_t *object = json_pack("{s:f, s:o}", "fps", options->fps, "T_image_camera", truth);
    if (code == CAMERA_OK &&
        json_dump_file(object, join(path, options, "truth.json"), JSON_REAL_PRECISION(17)) != 0) {
        code = camera_fail(verb, "%s: cannot be written", path);
    }
    json_decref(object);
    return code;
}

int camera_field(int argc, char **argv)
{
    enum { CASE = 1, OUT, SECONDS, FPS, NOISE, SIZE, STILL, HELP };
    static const struct option known[] = {{"case", required_argument, NULL, CASE},
                                          {"out", required_argument, NULL, OUT},
                                          {"seconds", required_argument, NULL, SECONDS},
                                          {"fps", required_argument, NULL, FPS},
                                          {"noise", required_argument, NULL, NOISE},
                                          {"size", required_argument, NULL, SIZE},
                                          {"still", required_argument, NULL, STILL},
                                          {"help", no_argument, NULL, HELP},
                                          {NULL, 0, NULL, 0}};
    struct options options = {.seconds = 6, .fps = 30, .noise = 2, .still = NAN, .lens = film_lens};
    int size_px[2];
    int code;
    opterr = 0;
    while ((code = getopt_long(argc, argv, "+:", known, NULL)) != -1) {
        bool good = true;
        switch (code) {
        case CASE:
            options.case_path = optarg;
            break;
        case OUT:
            options.folder = optarg;
            break;
        case SECONDS:
            good = camera_parse_number(optarg, 0.01, 600, &options.seconds);
            break;
        case FPS:
            good = camera_parse_number(optarg, 1, 240, &options.fps);
            break;
        case NOISE:
            good = camera_parse_number(optarg, 0, 50, &options.noise);
            break;
        case SIZE:
            good = camera_parse_size(optarg, size_px) &&
                   rnd_lens_scaled(&film_lens, size_px[0], size_px[1], &options.lens) == NAV_OK;
            break;
        case STILL:
            good = camera_parse_number(optarg, 0, 1, &options.still);
            break;
        case HELP:
            fputs(help, stdout);
            return CAMERA_OK;
        default:
            return camera_misuse(verb, "no option '%s', or it lacks its value", argv[optind - 1]);
        }
        if (!good) {
            return camera_misuse(verb, "%s: '%s' does not fit", argv[optind - 2], optarg);
        }
    }
    if (optind < argc) {
        return camera_surplus(verb, argv[optind]);
    }
    if (options.case_path == NULL || options.folder == NULL) {
        return camera_misuse(verb, "--case and --out are needed");
    }
    struct cfg_case *loaded = NULL;
    struct cfg_error error = {""};
    if (cfg_case_load_meshes(options.case_path, &loaded, &error) != NAV_OK) {
        return camera_fail(verb, "%s", error.text);
    }
    code = make(&options, loaded);
    cfg_case_destroy(loaded);
    return code;
}
