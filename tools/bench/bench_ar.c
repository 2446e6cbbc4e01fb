/* The model on a live picture, on software OpenGL: ms of each stage and pictures a second with a
 * camera and a tool that move, against the whole scene drawn by VTK over the picture in the same
 * run. */
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "view3d.h" /* brings render's surface.h before another room's */

#include "ar_view.h"
#include "ar_vtk.h"
#include "bench.h"
#include "board.h"
#include "frame_source.h"
#include "offscreen.h"
#include "pelvis.h"
#include "rectify.h"
#include "verbs.h"
#include "video_file.h"
#include "worker.h"

enum {
    WIDTH = 1280,
    HEIGHT = 720,
    TRIANGLES = 342000,
    FILM = 60,
    FRAMES = 60,
    USUAL_RUNS = 5,
    PEELS = 8,
    CELL_PX = 14 /* of a marker's cell in the film */
};

static const double CAMERA_FPS = 120; /* faster than can be shown: what is shown is the limit */
static const double PIPED_S = 4;

static const struct rnd_lens film_lens = {.width_px = WIDTH,
                                          .height_px = HEIGHT,
                                          .fx_px = 1012,
                                          .fy_px = 1009,
                                          .cx_px = 645,
                                          .cy_px = 356,
                                          .k = {-0.21, 0.07, 0.0008, -0.0005, 0.0}};

/* The stages of a picture, in their order. */
enum stage { GRAB, UNDISTORT, DETECT, POSE, MODEL, TOOLS, COMPOSITE, UPLOAD, READBACK, STAGES };
static const char *const stage_names[STAGES] = {"grab",  "undistort", "detect", "pose",    "model",
                                                "tools", "composite", "upload", "readback"};

struct subject {
    char film[64];
    struct cam_bodies bodies;
    struct rnd_offscreen *offscreen;
    struct cam_rectifier *rectifier;
    struct cam_markers *markers;
    struct rnd_ar_view *ours;
    struct ar_vtk *plain;
    struct cam_reader *reader;
    uint8_t *bgra;
    uint8_t *rgb;
    float *scratch;
    unsigned step;
    double stage_ms[STAGES]; /* a picture, in the last round */
};

/* ---- the film ------------------------------------------------------------------------------- */

/* Four markers of a plate, lying in the picture's plane 300 mm away. */
static struct cam_bodies plate(void)
{
    struct cam_bodies bodies = {.dictionary = "DICT_5X5_100", .count = 1};
    struct cam_body *body = &bodies.bodies[0];
    (void)snprintf(body->name, sizeof(body->name), "ReferenceToTracker");
    const double mm = 300.0 / 1012.0;
    for (int i = 0; i < 4; ++i) {
        const double side = 7.0 * CELL_PX * mm;
        const double left = (i % 2) * 10.0 * CELL_PX * mm;
        const double top = (double)(i / 2) * 10.0 * CELL_PX * mm;
        struct cam_marker *marker = &body->markers[body->marker_count++];
        const double corners[4][2] = {
            {left, top}, {left + side, top}, {left + side, top + side}, {left, top + side}};
        marker->id = i;
        for (int corner = 0; corner < 4; ++corner) {
            marker->corners_mm[corner][0] = corners[corner][0];
            marker->corners_mm[corner][1] = corners[corner][1];
        }
    }
    return bodies;
}

/* Reddish tissue with noise and the plate on it, shifted from picture to picture. */
static bool paint(unsigned step, uint8_t *bgr)
{
    uint32_t random = 77 + step;
    for (int y = 0; y < HEIGHT; ++y) {
        for (int x = 0; x < WIDTH; ++x) {
            random = random * 1664525U + 1013904223U;
            const int noise = (int)(random >> 29);
            const int base = 90 + (int)(30.0 * sin(0.013 * (x + (int)step)) * cos(0.017 * y));
            uint8_t *pixel = bgr + 3 * ((size_t)y * WIDTH + (size_t)x);
            pixel[0] = (uint8_t)(base / 2 + noise);
            pixel[1] = (uint8_t)(base / 2 + 10 + noise);
            pixel[2] = (uint8_t)(base + 60 + noise);
        }
    }
    enum { SIDE = 7 * CELL_PX };
    uint8_t marker[SIDE * SIDE];
    for (int i = 0; i < 4; ++i) {
        if (cam_marker_draw("DICT_5X5_100", i, SIDE, marker, NULL) != NAV_OK) {
            return false;
        }
        const int left = 700 + (i % 2) * 10 * CELL_PX + (int)(step % 30);
        const int top = 300 + (i / 2) * 10 * CELL_PX;
        for (int y = -CELL_PX; y < SIDE + CELL_PX; ++y) {
            for (int x = -CELL_PX; x < SIDE + CELL_PX; ++x) {
                const bool inside = x >= 0 && y >= 0 && x < SIDE && y < SIDE;
                const uint8_t grey = inside && marker[y * SIDE + x] == 0 ? 20 : 225;
                memset(bgr + 3 * ((size_t)(top + y) * WIDTH + (size_t)(left + x)), grey, 3);
            }
        }
    }
    return true;
}

static bool make_film(struct subject *subject)
{
    struct cam_error error = {""};
    struct cam_video *video = NULL;
    uint8_t *bgr = malloc((size_t)3 * WIDTH * HEIGHT);
    (void)snprintf(subject->film, sizeof(subject->film), "/tmp/osteonav-bench-%d.avi",
                   (int)getpid());
    bool good =
        bgr != NULL && cam_video_create(subject->film, WIDTH, HEIGHT, 30, &video, &error) == NAV_OK;
    for (unsigned i = 0; good && i < FILM; ++i) {
        const struct cam_picture picture = {WIDTH, HEIGHT, 3, 3 * (size_t)WIDTH, bgr};
        good = paint(i, bgr) && cam_video_add(video, &picture, &error) == NAV_OK;
    }
    cam_video_close(video);
    free(bgr);
    if (!good) {
        fprintf(stderr, "osteonav bench: no film: %s\n", error.text);
    }
    return good;
}

/* ---- the scene ------------------------------------------------------------------------------ */

static bool add_tool(struct subject *subject)
{
    static const struct rnd_tool_shape blade = {.shape = RND_SHAPE_BLADE,
                                                .axis = {0, 0, -1},
                                                .up = {0, 1, 0},
                                                .length_mm = 150,
                                                .width_mm = 20,
                                                .thickness_mm = 1};
    struct rnd_mesh_buffer body = {0};
    bool good = rnd_tool_mesh(&blade, false, &body, &body) == NAV_OK;
    if (good) {
        const struct rnd_mesh mesh = rnd_mesh_of(&body);
        good = rnd_ar_view_add_tool(subject->ours, &mesh) == NAV_OK &&
               ar_vtk_add_tool(subject->plain, &mesh);
    }
    rnd_mesh_buffer_finish(&body);
    return good;
}

static bool make_scene(struct subject *subject)
{
    const struct rnd_lens *flat = cam_rectifier_lens(subject->rectifier);
    bool good = rnd_offscreen_create(&subject->offscreen) == NAV_OK &&
                rnd_ar_view_create(flat, &subject->ours) == NAV_OK;
    subject->plain = good ? ar_vtk_create(flat, PEELS) : NULL;
    good = subject->plain != NULL;
    for (size_t i = 0; good && i < PELVIS_SURFACES; ++i) {
        struct pelvis_part part = {0};
        good = pelvis_make(i, TRIANGLES, &part) &&
               rnd_ar_view_add_model(subject->ours, &part.mesh, part.material.colour,
                                     i < PELVIS_BONES) == NAV_OK &&
               ar_vtk_add_model(subject->plain, &part.mesh, &part.material);
        pelvis_finish(&part);
    }
    good = good && add_tool(subject);
    if (!good) {
        fputs("osteonav bench: the scene cannot be made; is there an OpenGL 3.2?\n", stderr);
    }
    return good;
}

static bool make(struct subject *subject)
{
    struct cam_error error = {""};
    const struct cam_marker_limits limits = {2.0, 0.6};
    subject->bodies = plate();
    subject->bgra = malloc((size_t)4 * WIDTH * HEIGHT);
    subject->rgb = malloc((size_t)4 * WIDTH * HEIGHT);
    subject->scratch = malloc(sizeof(float) * 3 * WIDTH);
    const bool good = subject->bgra != NULL && subject->rgb != NULL && subject->scratch != NULL &&
                      cam_rectifier_create(&film_lens, &subject->rectifier, &error) == NAV_OK &&
                      cam_markers_create(&subject->bodies, &film_lens, &limits, &subject->markers,
                                         &error) == NAV_OK;
    if (!good) {
        fprintf(stderr, "osteonav bench: %s\n", error.text);
    }
    return good && make_film(subject) && make_scene(subject);
}

static void finish(struct subject *subject)
{
    cam_reader_close(subject->reader);
    ar_vtk_destroy(subject->plain);
    rnd_ar_view_destroy(subject->ours);
    rnd_offscreen_destroy(subject->offscreen);
    cam_markers_destroy(subject->markers);
    cam_rectifier_destroy(subject->rectifier);
    free(subject->bgra);
    free(subject->rgb);
    free(subject->scratch);
    if (subject->film[0] != '\0') {
        (void)unlink(subject->film);
    }
}

/* A camera behind the patient that swings, looking at the sacrum. */
static struct nav_pose camera_at(unsigned step)
{
    const double swing = 0.2 * sin(0.07 * step);
    const struct nav_pose turn = {.q = {0, 0, sin(swing / 2), cos(swing / 2)}};
    const double s = sqrt(0.5); /* z ahead is -y, y down is -z: seen from behind the back */
    const struct nav_pose at = {.q = {s, 0, 0, s}, .t_mm = {0, 420, 0}};
    return nav_pose_compose(&turn, &at);
}

static struct nav_pose tool_at(unsigned step)
{
    struct nav_pose pose = nav_pose_identity();
    pose.q[0] = sin(-0.6);
    pose.q[3] = cos(-0.6);
    pose.t_mm[0] = 30.0 * sin(0.11 * step);
    pose.t_mm[1] = 60.0;
    pose.t_mm[2] = 20.0 * cos(0.13 * step);
    return pose;
}

/* ---- contenders ----------------------------------------------------------------------------- */

static double ms_since(int64_t *io_at_ns)
{
    const int64_t before_ns = *io_at_ns;
    *io_at_ns = bench_now_ns();
    return (double)(*io_at_ns - before_ns) / 1e6;
}

/* The next picture, undistorted, with its markers found: the same for both. */
static bool take(struct subject *subject, double stages[STAGES])
{
    struct cam_error error = {""};
    struct cam_frame frame;
    struct cam_body_pose found[CAM_BODIES_MAX];
    if (subject->reader == NULL) {
        const struct cam_source_config config = {.address = subject->film, .loop = true};
        if (cam_reader_open(&config, &subject->reader, &error) != NAV_OK) {
            fprintf(stderr, "osteonav bench: %s\n", error.text);
            return false;
        }
    }
    int64_t at_ns = bench_now_ns();
    bool good = cam_reader_next(subject->reader, &frame, &error) == NAV_OK;
    stages[GRAB] += ms_since(&at_ns);
    good = good && cam_rectify(subject->rectifier, &frame.picture, subject->bgra, 4 * (size_t)WIDTH,
                               &error) == NAV_OK;
    stages[UNDISTORT] += ms_since(&at_ns);
    good = good && cam_markers_find(subject->markers, &frame.picture, found, &error) == NAV_OK &&
           found[0].markers == 4;
    int64_t detect_ns = 0;
    int64_t pose_ns = 0;
    cam_markers_times(subject->markers, &detect_ns, &pose_ns);
    stages[DETECT] += (double)detect_ns / 1e6;
    stages[POSE] += (double)pose_ns / 1e6;
    if (!good) {
        fprintf(stderr, "osteonav bench: picture or markers missing: %s\n", error.text);
    }
    return good;
}

static bool draw_ours(struct subject *subject, unsigned step, uint8_t *bgra, double stages[STAGES])
{
    const struct nav_pose camera = camera_at(step);
    const struct nav_pose tool = tool_at(step);
    struct rnd_ar_times times = {0};
    struct rnd_ar_layers layers;
    rnd_ar_view_set_tool(subject->ours, 0, &tool);
    bool good = rnd_ar_view_draw(subject->ours, &camera, &layers) == NAV_OK;
    rnd_ar_view_times(subject->ours, &times);
    int64_t at_ns = bench_now_ns();
    const struct rnd_ar_style style = rnd_ar_style_default();
    rnd_ar_blend(&layers, &style, WIDTH, HEIGHT, subject->scratch, bgra);
    stages[COMPOSITE] += ms_since(&at_ns);
    good = good && rnd_ar_view_show(subject->ours, bgra, WIDTH, HEIGHT) != 0;
    stages[UPLOAD] += ms_since(&at_ns);
    good = good && rnd_ar_view_read(subject->ours, subject->rgb);
    stages[READBACK] += ms_since(&at_ns) + (double)times.read_ns / 1e6;
    stages[MODEL] += (double)times.model_ns / 1e6;
    stages[TOOLS] += (double)times.tools_ns / 1e6;
    return good;
}

/* One value: ms a picture, one stage after the other. */
static bool run_ours(void *context, double *out_values)
{
    struct subject *subject = context;
    double stages[STAGES] = {0};
    const int64_t start_ns = bench_now_ns();
    for (unsigned i = 0; i < FRAMES; ++i) {
        if (!take(subject, stages) || !draw_ours(subject, subject->step++, subject->bgra, stages)) {
            return false;
        }
    }
    out_values[0] = (double)(bench_now_ns() - start_ns) / 1e6 / FRAMES;
    for (int stage = 0; stage < STAGES; ++stage) {
        out_values[1 + stage] = stages[stage] / FRAMES;
    }
    return true;
}

static bool run_plain(void *context, double *out_values)
{
    struct subject *subject = context;
    enum { FEW = 3 };
    double stages[STAGES] = {0};
    double redraw_ms = 0;
    const int64_t start_ns = bench_now_ns();
    for (unsigned i = 0; i < FEW; ++i) {
        if (!take(subject, stages)) {
            return false;
        }
        const struct nav_pose camera = camera_at(subject->step);
        const struct nav_pose tool = tool_at(subject->step++);
        int64_t at_ns = bench_now_ns();
        if (!ar_vtk_draw(subject->plain, subject->bgra, &camera, &tool, subject->rgb)) {
            return false;
        }
        redraw_ms += ms_since(&at_ns);
    }
    for (int value = 0; value <= STAGES; ++value) {
        out_values[value] = 0;
    }
    out_values[0] = (double)(bench_now_ns() - start_ns) / 1e6 / FEW;
    out_values[1] = redraw_ms / FEW;
    return true;
}

/* Pictures a second as the display works: the source and the worker beside the drawing. */
static bool piped_fps(struct subject *subject, double seconds, double *out_fps)
{
    const struct cam_worker_config config = {.source = {.address = subject->film,
                                                        .fps = CAMERA_FPS,
                                                        .paced = true,
                                                        .loop = true,
                                                        .silence_ns = 1000000000},
                                             .lens = &film_lens,
                                             .bodies = &subject->bodies,
                                             .limits = {2.0, 0.6}};
    struct cam_worker *worker = NULL;
    struct cam_error error = {""};
    if (cam_worker_create(&config, &worker, &error) != NAV_OK) {
        fprintf(stderr, "osteonav bench: %s\n", error.text);
        return false;
    }
    double stages[STAGES] = {0};
    bool good = true;
    unsigned shown = 0;
    int64_t start_ns = 0; /* the first picture starts the clock */
    int64_t end_ns = bench_now_ns() + 10 * (int64_t)1e9;
    while (good && bench_now_ns() < end_ns) {
        struct cam_ready *ready = cam_worker_take(worker);
        if (ready == NULL) {
            bench_sleep_until_ns(bench_now_ns() + 500000);
            continue;
        }
        if (start_ns == 0) {
            start_ns = bench_now_ns();
            end_ns = start_ns + (int64_t)(seconds * 1e9);
            continue;
        }
        good = ready->fits && draw_ours(subject, subject->step++, ready->bgra, stages);
        ++shown;
    }
    *out_fps = (double)shown / ((double)(bench_now_ns() - start_ns) / 1e9);
    cam_worker_destroy(worker);
    return good && start_ns != 0;
}

/* ---- the benchmark -------------------------------------------------------------------------- */

static json_t *stages_json(const double ms[STAGES])
{
    json_t *extra = json_object();
    json_t *stages = json_object();
    for (int stage = 0; stage < STAGES; ++stage) {
        (void)json_object_set_new(stages, stage_names[stage], json_real(ms[stage]));
    }
    (void)json_object_set_new(extra, "stages_ms", stages);
    (void)json_object_set_new(extra, "triangles", json_integer(TRIANGLES));
    (void)json_object_set_new(extra, "width", json_integer(WIDTH));
    (void)json_object_set_new(extra, "height", json_integer(HEIGHT));
    (void)json_object_set_new(extra, "renderer", json_string(rnd_view3d_renderer()));
    return extra;
}

static void print_stages(const double ms[STAGES])
{
    for (int stage = 0; stage < STAGES; ++stage) {
        printf("           %-12s %8.2f ms\n", stage_names[stage], ms[stage]);
    }
}

static bool measure(const struct bench_options *options, struct subject *subject)
{
    enum { VALUES = 1 + STAGES };
    const unsigned runs = bench_runs(options, USUAL_RUNS);
    const struct bench_contender contenders[2] = {{"ours", run_ours, subject},
                                                  {"vtk", run_plain, subject}};
    double medians[2 * VALUES];
    double fps[BENCH_RUNS_MAX];
    double warm[VALUES]; /* shaders are compiled in the first picture */
    if (!run_plain(subject, warm) || !run_ours(subject, warm) ||
        !bench_interleave("ar", contenders, 2, VALUES, runs, medians)) {
        return false;
    }
    for (unsigned i = 0; i < runs; ++i) {
        if (!piped_fps(subject, options->quick ? 1 : PIPED_S, &fps[i])) {
            return false;
        }
    }
    struct bench_result result = {.bench = "ar",
                                  .what = "a picture of 1280x720, stage after stage",
                                  .unit = "ms",
                                  .ours = medians[0],
                                  .reference = medians[VALUES],
                                  .reference_name = "vtk-background-peeling",
                                  .runs = runs,
                                  .extra = stages_json(medians + 1)};
    (void)json_object_set_new(result.extra, "reference_redraw_ms", json_real(medians[VALUES + 1]));
    bench_print(options, &result);
    if (!options->json) {
        print_stages(medians + 1);
    }
    result.what = "pictures a second";
    result.unit = "1/s";
    result.ours = bench_quantile(fps, runs, 0.5);
    result.reference = 1000.0 / medians[VALUES];
    result.more_is_better = true;
    result.extra = json_pack("{s:f}", "camera_fps", CAMERA_FPS);
    bench_print(options, &result);
    return true;
}

int bench_ar(const struct bench_options *options)
{
    struct subject *subject = calloc(1, sizeof(*subject));
    if (subject == NULL) {
        return VERB_FAILED;
    }
    const bool good = make(subject) && measure(options, subject);
    finish(subject);
    free(subject);
    return good ? VERB_OK : VERB_FAILED;
}
