/* A whole frame of the display while a tool moves: view, panel and sections, against the same
 * screen with its view drawn anew by VTK. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "bench_scan.h"
#include "nav/pose.h"
#include "nav/time.h"
#include "offscreen.h"
#include "screen.h"
#include "verbs.h"

enum {
    WIDTH = 1920,
    HEIGHT = 1080,
    USUAL_RUNS = 5,
    FRAMES = 60,
    QUICK_FRAMES = 15,
    FRAMES_MAX = FRAMES * BENCH_RUNS_MAX,
    RINGS = 128,
    SIDES = 128
};

/* Closed surfaces of 32,768 triangles each. */
struct body {
    const char *name;
    double centre_mm[3], radius_mm[3];
    struct rnd_material material;
};

#define OPAQUE(r, g, b)                                                                            \
    {                                                                                              \
        .colour = {r, g, b}, .opacity = 1.0F, .specular = 0.2F                                     \
    }
#define TRANSLUCENT(r, g, b)                                                                       \
    {                                                                                              \
        .colour = {r, g, b}, .opacity = 0.45F, .rim = 0.3F, .specular = 0.3F                       \
    }

static const struct body bodies[] = {
    {"Sacrum", {0, 20, 0}, {48, 22, 58}, OPAQUE(0.91F, 0.86F, 0.75F)},
    {"Hip left", {92, 0, 10}, {40, 34, 76}, OPAQUE(0.91F, 0.86F, 0.75F)},
    {"Hip right", {-92, 0, 10}, {40, 34, 76}, OPAQUE(0.91F, 0.86F, 0.75F)},
    {"Tumour", {-20, 46, -12}, {22, 18, 20}, TRANSLUCENT(0.25F, 0.69F, 0.29F)},
    {"Dura", {0, 50, 30}, {9, 9, 50}, TRANSLUCENT(0.25F, 0.50F, 0.82F)},
    {"Root S1 left", {30, 55, 0}, {4, 4, 40}, TRANSLUCENT(0.56F, 0.27F, 0.78F)},
    {"Root S1 right", {-30, 55, 0}, {4, 4, 40}, TRANSLUCENT(0.56F, 0.27F, 0.78F)},
    {"Vessel left", {50, -30, 30}, {8, 8, 60}, TRANSLUCENT(0.78F, 0.20F, 0.18F)},
    {"Vessel right", {-50, -30, 30}, {8, 8, 60}, TRANSLUCENT(0.44F, 0.55F, 0.66F)},
};
enum { BODIES = sizeof(bodies) / sizeof(bodies[0]) };

static const struct rnd_cut_shape cut = {
    .point_mm = {0, 45, 20}, .normal = {0, 0, 1}, .u = {-1, 0, 0}, .size_mm = {100, 80}};

struct subject {
    struct rnd_screen *screen;
    unsigned frames; /* a round */
    unsigned frame;
    bool patient;   /* what takes long is shown all the same */
    double *all_ms; /* of every frame; NULL: not kept */
    size_t kept;
};

static void place_vertices(const struct body *body, float *positions)
{
    for (int ring = 0; ring <= RINGS; ++ring) {
        const double theta = M_PI * ring / RINGS;
        for (int side = 0; side < SIDES; ++side) {
            const double phi = 2.0 * M_PI * side / SIDES;
            const double unit[3] = {sin(theta) * cos(phi), sin(theta) * sin(phi), cos(theta)};
            for (int axis = 0; axis < 3; ++axis) {
                *positions++ = (float)(body->centre_mm[axis] + body->radius_mm[axis] * unit[axis]);
            }
        }
    }
}

static void join_vertices(uint32_t *triangles)
{
    for (uint32_t ring = 0; ring < RINGS; ++ring) {
        for (uint32_t side = 0; side < SIDES; ++side) {
            const uint32_t a = ring * SIDES + side;
            const uint32_t b = ring * SIDES + (side + 1) % SIDES;
            const uint32_t quad[6] = {a, a + SIDES, b, b, a + SIDES, b + SIDES};
            memcpy(triangles, quad, sizeof(quad));
            triangles += 6;
        }
    }
}

static enum nav_status add_bodies(struct rnd_screen *screen)
{
    enum { VERTICES = (RINGS + 1) * SIDES, TRIANGLES = 2 * RINGS * SIDES };
    float *positions = malloc(sizeof(float) * 3 * VERTICES);
    uint32_t *triangles = malloc(sizeof(uint32_t) * 3 * TRIANGLES);
    enum nav_status status = positions != NULL && triangles != NULL ? NAV_OK : NAV_ERR_MEMORY;
    for (size_t i = 0; i < BODIES && status == NAV_OK; ++i) {
        place_vertices(&bodies[i], positions);
        join_vertices(triangles);
        const struct rnd_mesh mesh = {VERTICES, TRIANGLES, positions, NULL, triangles};
        status = rnd_screen_add_model(screen, bodies[i].name, &mesh, &bodies[i].material, true);
    }
    free(positions);
    free(triangles);
    return status;
}

static enum nav_status make_screen(enum rnd_layout layout, bool full, const int16_t *voxels,
                                   struct rnd_screen **out)
{
    const struct rnd_screen_options options = {.layout = layout, .full_redraw = full};
    struct rnd_case facts = {.case_id = 42, .tool_count = 1};
    (void)snprintf(facts.tool_names[0], NAV_NAME_SIZE, "Saw");
    (void)snprintf(facts.case_name, NAV_NAME_SIZE, "Benchmark");
    const struct rnd_tool_shape saw = {.shape = RND_SHAPE_BLADE,
                                       .axis = {0, -1, 0},
                                       .up = {0, 0, 1},
                                       .length_mm = 60,
                                       .width_mm = 20,
                                       .thickness_mm = 1.2};
    const struct rnd_volume volume = bench_scan(voxels);
    const struct rnd_window_level window = RND_WINDOW_BONE;
    enum nav_status status = rnd_screen_create(&options, &facts, out);
    status = status == NAV_OK ? add_bodies(*out) : status;
    status = status == NAV_OK ? rnd_screen_add_tool(*out, &saw) : status;
    status = status == NAV_OK ? rnd_screen_add_cut(*out, "Across", &cut) : status;
    if (status == NAV_OK) {
        rnd_screen_set_volume(*out, &volume, &window);
        status = rnd_screen_resize(*out, WIDTH, HEIGHT);
    }
    return status;
}

/* Saws across the sacrum and turns: every section and every number changes with each frame. */
static void make_scene(struct nav_scene *scene, unsigned frame)
{
    const double angle = 0.11 * frame;
    memset(scene, 0, sizeof(*scene));
    scene->version = NAV_SCENE_VERSION;
    scene->size = sizeof(*scene);
    scene->case_id = 42;
    scene->trust = NAV_TRUST_OK;
    scene->time_ns = bench_now_ns();
    scene->caution_ns = scene->withhold_ns = 2 * NAV_NS_PER_S; /* on a slow machine, too */
    scene->pose_count = frame;
    scene->pose_arrival_ns = scene->time_ns;
    scene->peers_total = scene->peer_count = 1;
    scene->registration.present = scene->registration.accepted = 1;
    scene->registration.fre_mm = 0.4;
    scene->tool_count = 1;
    struct nav_scene_tool *tool = &scene->tools[0];
    (void)snprintf(tool->name, sizeof(tool->name), "Saw");
    tool->state = NAV_TOOL_TRACKED;
    tool->has_pose = 1;
    tool->arrival_ns = scene->time_ns;
    tool->T_image_tool = nav_pose_identity();
    tool->T_image_tool.q[0] = sin(0.15 * sin(angle));
    tool->T_image_tool.q[3] = cos(0.15 * sin(angle));
    tool->T_image_tool.t_mm[0] = 40.0 * sin(angle);
    tool->T_image_tool.t_mm[1] = 35.0 + 8.0 * cos(1.3 * angle);
    tool->T_image_tool.t_mm[2] = 20.0 + 3.0 * sin(0.7 * angle);
    memcpy(tool->tip_image_mm, tool->T_image_tool.t_mm, sizeof(tool->tip_image_mm));
    tool->axis_image[1] = -1.0;
    scene->structure_count = BODIES - 3;
    for (uint32_t i = 0; i < scene->structure_count; ++i) {
        struct nav_scene_structure *structure = &scene->structures[i];
        (void)snprintf(structure->name, sizeof(structure->name), "%s", bodies[i + 3].name);
        structure->has_distance = structure->limited = 1;
        structure->limit_state = NAV_LIMIT_CLEAR;
        structure->distance_mm = 12.0 + 3.0 * i + 4.0 * sin(angle);
        structure->uncertainty_mm = 0.9;
        structure->caution_mm = 5.0;
        structure->stop_mm = 2.0;
        structure->ahead_mm = structure->behind_mm = (double)NAN;
    }
}

static bool draw(struct subject *subject)
{
    const struct nav_clock clock = nav_clock_monotonic();
    struct nav_scene scene;
    make_scene(&scene, subject->frame++);
    const struct rnd_moment moment = {.now_ns = nav_clock_now_ns(&clock),
                                      .utc_ns = scene.time_ns,
                                      .core_alive = true,
                                      .scene = &scene,
                                      .clock = subject->patient ? NULL : &clock,
                                      .budget_ns = 8 * NAV_NS_PER_MS};
    const enum nav_status status = rnd_screen_draw(subject->screen, &moment);
    rnd_screen_wait(subject->screen);
    rnd_screen_presented(subject->screen, nav_clock_now_ns(&clock));
    if (rnd_screen_overlay(subject->screen)->tools[0].look != RND_LOOK_LIVE) {
        fprintf(stderr, "osteonav bench: the tool is not shown as live: %s\n",
                rnd_screen_overlay(subject->screen)->reason);
        return false;
    }
    return status == NAV_OK;
}

enum { VALUES = 2 }; /* of a frame: time on the wall, processor time of all threads */

static bool run(void *context, double *out_values)
{
    struct subject *subject = context;
    const int64_t begin_ns = bench_now_ns();
    const int64_t cpu_ns = bench_cpu_ns();
    for (unsigned i = 0; i < subject->frames; ++i) {
        const int64_t start_ns = bench_now_ns();
        if (!draw(subject)) {
            return false;
        }
        if (subject->all_ms != NULL && subject->kept < FRAMES_MAX) {
            subject->all_ms[subject->kept++] = (double)(bench_now_ns() - start_ns) / 1e6;
        }
    }
    out_values[0] = (double)(bench_now_ns() - begin_ns) / 1e6 / subject->frames;
    out_values[1] = (double)(bench_cpu_ns() - cpu_ns) / 1e6 / subject->frames;
    return true;
}

static bool settle(struct subject *subject)
{
    const bool patient = subject->patient;
    subject->patient = true;
    do {
        if (!draw(subject)) {
            return false;
        }
    } while (rnd_screen_is_behind(subject->screen));
    subject->patient = patient;
    return true;
}

static bool measure(const struct bench_options *options, enum rnd_layout layout, const char *what,
                    const int16_t *voxels)
{
    const unsigned runs = bench_runs(options, USUAL_RUNS);
    struct subject ours = {.frames = options->quick ? QUICK_FRAMES : FRAMES,
                           .all_ms = malloc(FRAMES_MAX * sizeof(double))};
    struct subject full = {.frames = 2, .patient = true};
    const struct bench_contender contenders[2] = {{"osteonav", run, &ours},
                                                  {"vtk-redraw", run, &full}};
    double medians[2 * VALUES];
    const bool good = ours.all_ms != NULL &&
                      make_screen(layout, false, voxels, &ours.screen) == NAV_OK &&
                      make_screen(layout, true, voxels, &full.screen) == NAV_OK && settle(&ours) &&
                      settle(&full) && bench_interleave(what, contenders, 2, VALUES, runs, medians);
    if (good) {
        const double p99 = bench_quantile(ours.all_ms, ours.kept, 0.99);
        json_t *extra =
            json_pack("{s:f, s:f, s:f, s:f, s:i, s:i, s:s, s:b}", "frame_p50_ms",
                      bench_quantile(ours.all_ms, ours.kept, 0.5), "frame_p99_ms", p99, "cpu_ms",
                      medians[1], "reference_cpu_ms", medians[VALUES + 1], "width", WIDTH, "height",
                      HEIGHT, "renderer", rnd_view3d_renderer(), "holds", p99 <= 1000.0 / 60.0);
        bench_print(options, &(struct bench_result){.bench = "screen",
                                                    .what = what,
                                                    .unit = "ms",
                                                    .ours = medians[0],
                                                    .reference = medians[VALUES],
                                                    .reference_name = "vtk-redraw",
                                                    .more_is_better = false,
                                                    .runs = runs,
                                                    .extra = extra});
    }
    rnd_screen_destroy(ours.screen);
    rnd_screen_destroy(full.screen);
    free(ours.all_ms);
    return good;
}

int bench_screen(const struct bench_options *options)
{
    struct rnd_offscreen *offscreen = NULL;
    if (rnd_offscreen_create(&offscreen) != NAV_OK) {
        fputs("osteonav bench: no OpenGL without a screen here; install Mesa's EGL\n", stderr);
        return VERB_FAILED;
    }
    int16_t *voxels = bench_scan_voxels();
    const bool good =
        voxels != NULL &&
        measure(options, RND_LAYOUT_BEDSIDE, "layout bedside, a tool moving", voxels) &&
        measure(options, RND_LAYOUT_SLICES, "layout slices, a tool moving", voxels);
    if (!good) {
        fputs("osteonav bench: the screen cannot be drawn; is there memory for 500 MB?\n", stderr);
    }
    free(voxels);
    rnd_offscreen_destroy(offscreen);
    return good ? VERB_OK : VERB_FAILED;
}
