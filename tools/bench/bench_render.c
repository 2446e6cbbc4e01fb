/* One frame of the 3D view on software OpenGL: tools moving in a still view, and the rebuild after
 * a change of the camera, against VTK's own redraw of the same scene in the same run. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "nav/pose.h"
#include "offscreen.h"
#include "pelvis.h"
#include "verbs.h"
#include "view3d.h"

enum { WIDTH = 1920, HEIGHT = 1080, USUAL_RUNS = 9, POSES = 6, TOOLS_MAX = 3, PEELS = 8 };
static const int64_t slice_ns = 8000000;

/* ---- the scene ------------------------------------------------------------------------------ */

/* Adds one surface; returns its triangles, 0 on failure. */
static size_t add_surface(struct rnd_view3d *view, size_t which, size_t triangles, bool opaque)
{
    struct pelvis_part part = {0};
    bool good = pelvis_make(which, triangles, &part);
    if (good) {
        if (opaque) {
            part.material.opacity = 1.0F;
        }
        good = rnd_view3d_add_model(view, &part.mesh, &part.material, true) == NAV_OK;
    }
    const size_t added = good ? part.mesh.triangle_count : 0;
    pelvis_finish(&part);
    return added;
}

static const struct rnd_tool_shape shapes[TOOLS_MAX] = {
    {.shape = RND_SHAPE_POINTER, .axis = {0, 0, -1}, .length_mm = 120, .diameter_mm = 6},
    {.shape = RND_SHAPE_BLADE,
     .axis = {0, 0, -1},
     .up = {0, 1, 0},
     .length_mm = 150,
     .width_mm = 60,
     .thickness_mm = 3},
    {.shape = RND_SHAPE_DRILL, .axis = {0, 0, -1}, .length_mm = 150, .diameter_mm = 24},
};

/* A view with the scene in it; NULL with a line on stderr when it cannot be made. */
static struct rnd_view3d *make_view(const struct rnd_view3d_options *options, size_t triangles,
                                    bool opaque, size_t *out_triangles)
{
    struct rnd_view3d *view = NULL;
    if (rnd_view3d_create(options, &view) != NAV_OK) {
        fputs("osteonav bench: no OpenGL 3.2 here\n", stderr);
        return NULL;
    }
    bool good = true;
    *out_triangles = 0;
    for (size_t i = 0; i < PELVIS_SURFACES && good; ++i) {
        const size_t added = add_surface(view, i, triangles, opaque);
        *out_triangles += added;
        good = added > 0;
    }
    for (int i = 0; i < 4 && good; ++i) {
        const struct rnd_cut_shape cut = {.point_mm = {0, 70, 40.0 - 26.0 * i},
                                          .normal = {0, 0, 1},
                                          .u = {1, 0, 0},
                                          .size_mm = {110, 80}};
        good = rnd_view3d_add_cut(view, &cut) == NAV_OK;
    }
    for (int i = 0; i < TOOLS_MAX && good; ++i) {
        good = rnd_view3d_add_tool(view, &shapes[i]) == NAV_OK;
    }
    if (!good) {
        fputs("osteonav bench: no memory for the scene\n", stderr);
        rnd_view3d_destroy(view);
        return NULL;
    }
    return view;
}

/* ---- contenders ----------------------------------------------------------------------------- */

struct subject {
    struct rnd_view3d *view;
    unsigned tools; /* shown */
    unsigned frames;
    unsigned frame; /* counts on, so that every frame is another one */
    bool rebuild;
    bool orbit; /* the camera moves with each frame */
    struct rnd_camera from;
};

static void place_tools(struct rnd_view3d *view, unsigned tools, unsigned frame)
{
    for (unsigned i = 0; i < TOOLS_MAX; ++i) {
        const double phase = 0.37 * frame + 2.0 * i;
        const double angle = 0.5 * sin(0.6 * phase);
        struct nav_pose pose = nav_pose_identity();
        /* Leaning away from the eye; one tool stays near the roots, three cover the screen. */
        pose.q[1] = sin((angle + (i == 0 ? 0.4 : 1.2 * (double)i - 1.8)) / 2.0);
        pose.q[3] = cos((angle + (i == 0 ? 0.4 : 1.2 * (double)i - 1.8)) / 2.0);
        pose.t_mm[0] = 30.0 * sin(phase) + (i == 0 ? 0.0 : i == 1 ? 60.0 : -60.0);
        pose.t_mm[1] = 45.0 + 15.0 * cos(phase);
        pose.t_mm[2] = 20.0 * cos(1.3 * phase) - 20.0;
        rnd_view3d_set_tool(view, i, i < tools ? RND_LOOK_LIVE : RND_LOOK_HIDDEN, &pose);
    }
}

static bool draw(struct rnd_view3d *view)
{
    const bool good = rnd_view3d_draw(view, WIDTH, HEIGHT, slice_ns) == NAV_OK;
    rnd_view3d_wait(view);
    rnd_view3d_taken_over(view);
    return good;
}

/* Draws until nothing of the picture is left to do. */
static bool settle(struct rnd_view3d *view)
{
    bool good = true;
    do {
        good = draw(view);
    } while (good && rnd_view3d_is_behind(view));
    return good;
}

/* To and fro around where it came from. */
static void move_camera(struct rnd_view3d *view, const struct rnd_camera *from, unsigned frame)
{
    struct rnd_camera camera = *from;
    rnd_camera_orbit(&camera, 0.3 * sin(0.11 * (frame + 1)), 0.2 * sin(0.07 * (frame + 1)));
    rnd_view3d_set_camera(view, &camera);
}

/* One value: ms a frame. */
static bool run(void *context, double *out_values)
{
    struct subject *subject = context;
    int64_t sum_ns = 0;
    for (unsigned i = 0; i < subject->frames; ++i) {
        place_tools(subject->view, subject->tools, subject->frame++);
        if (subject->orbit) {
            move_camera(subject->view, &subject->from, subject->frame);
        }
        if (subject->rebuild) {
            rnd_view3d_invalidate(subject->view);
        }
        const int64_t start_ns = bench_now_ns();
        if (!draw(subject->view)) {
            fputs("osteonav bench: the view cannot be drawn\n", stderr);
            return false;
        }
        sum_ns += bench_now_ns() - start_ns;
    }
    out_values[0] = (double)sum_ns / 1e6 / subject->frames;
    return true;
}

struct difference {
    double mean;        /* of 255, over all channels */
    double over_8_part; /* of the pixels */
    int most;
    double tool_part; /* of the pixels, covered by tools */
};

/* Pictures that are compared, and what is found in them. */
struct comparison {
    uint8_t *ours, *full, *bare; /* bare: the full one without tools */
    uint64_t sum, over, covered, pixels;
    int most;
};

static void comparison_finish(struct comparison *comparison)
{
    free(comparison->ours);
    free(comparison->full);
    free(comparison->bare);
}

static bool comparison_start(struct comparison *comparison)
{
    const size_t size = (size_t)3 * WIDTH * HEIGHT;
    *comparison = (struct comparison){malloc(size), malloc(size), calloc(1, size), 0, 0, 0, 0, 0};
    return comparison->ours != NULL && comparison->full != NULL && comparison->bare != NULL;
}

static bool comparison_add(struct comparison *comparison, struct rnd_view3d *ours,
                           struct rnd_view3d *full)
{
    if (rnd_view3d_read(ours, comparison->ours) != NAV_OK ||
        rnd_view3d_read(full, comparison->full) != NAV_OK) {
        return false;
    }
    for (size_t i = 0; i < (size_t)3 * WIDTH * HEIGHT; i += 3) {
        int worst = 0;
        for (size_t channel = i; channel < i + 3; ++channel) {
            const int off = abs((int)comparison->ours[channel] - (int)comparison->full[channel]);
            comparison->sum += (uint64_t)off;
            worst = off > worst ? off : worst;
        }
        comparison->over += worst > 8;
        comparison->most = worst > comparison->most ? worst : comparison->most;
        comparison->covered += memcmp(&comparison->full[i], &comparison->bare[i], 3) != 0;
    }
    comparison->pixels += (uint64_t)WIDTH * HEIGHT;
    return true;
}

static struct difference comparison_result(const struct comparison *comparison)
{
    const double all = (double)comparison->pixels;
    return (struct difference){(double)comparison->sum / (3.0 * all),
                               (double)comparison->over / all, comparison->most,
                               (double)comparison->covered / all};
}

/* Ours against the full redraw over several poses. */
static bool compare(struct rnd_view3d *ours, struct rnd_view3d *full, unsigned tools,
                    struct difference *out)
{
    struct comparison comparison;
    bool good = comparison_start(&comparison);
    place_tools(full, 0, 0);
    good = good && settle(ours) && draw(full) && rnd_view3d_read(full, comparison.bare) == NAV_OK;
    for (unsigned pose = 0; pose < POSES && good; ++pose) {
        place_tools(ours, tools, 7 * pose);
        place_tools(full, tools, 7 * pose);
        good = draw(ours) && draw(full) && comparison_add(&comparison, ours, full);
    }
    *out = comparison_result(&comparison);
    comparison_finish(&comparison);
    return good;
}

/* The same while the camera moves, which is drawn from reduced meshes. */
static bool compare_moving(struct rnd_view3d *ours, struct rnd_view3d *full,
                           const struct rnd_camera *from, struct difference *out)
{
    struct comparison comparison;
    bool good = comparison_start(&comparison);
    for (unsigned frame = 0; frame < POSES && good; ++frame) {
        move_camera(ours, from, frame);
        good = draw(ours);
        if (good && rnd_view3d_is_reduced(ours)) {
            move_camera(full, from, frame);
            place_tools(ours, 1, frame);
            place_tools(full, 1, frame);
            good = draw(ours) && draw(full) && comparison_add(&comparison, ours, full);
        }
    }
    good = good && comparison.pixels > 0;
    *out = comparison_result(&comparison);
    comparison_finish(&comparison);
    return good;
}

/* ---- the benchmark -------------------------------------------------------------------------- */

static void print_row(const struct bench_options *options, const char *what, double ours,
                      double reference, const char *reference_name, unsigned runs, json_t *extra)
{
    bench_print(options, &(struct bench_result){.bench = "render",
                                                .what = what,
                                                .unit = "ms",
                                                .ours = ours,
                                                .reference = reference,
                                                .reference_name = reference_name,
                                                .more_is_better = false,
                                                .runs = runs,
                                                .extra = extra});
}

static json_t *extras(size_t triangles, const struct difference *difference)
{
    json_t *extra = json_object();
    (void)json_object_set_new(extra, "triangles", json_integer((json_int_t)triangles));
    (void)json_object_set_new(extra, "width", json_integer(WIDTH));
    (void)json_object_set_new(extra, "height", json_integer(HEIGHT));
    (void)json_object_set_new(extra, "renderer", json_string(rnd_view3d_renderer()));
    if (difference != NULL) {
        (void)json_object_set_new(extra, "mean_difference", json_real(difference->mean));
        (void)json_object_set_new(extra, "over_8_percent",
                                  json_real(100.0 * difference->over_8_part));
        (void)json_object_set_new(extra, "max_difference", json_integer(difference->most));
    }
    return extra;
}

struct views {
    struct rnd_view3d *ours, *full, *opaque;
    size_t triangles;
};

static bool make_views(size_t triangles, struct views *out)
{
    const struct rnd_view3d_options ours = {.rough = true};
    const struct rnd_view3d_options full = {.full_redraw = true, .rough = true, .peels = PEELS};
    size_t same = 0;
    out->ours = make_view(&ours, triangles, false, &out->triangles);
    out->full = out->ours != NULL ? make_view(&full, triangles, false, &same) : NULL;
    out->opaque = out->full != NULL ? make_view(&full, triangles, true, &same) : NULL;
    if (out->opaque == NULL) {
        return false;
    }
    struct rnd_view3d *const all[3] = {out->ours, out->full, out->opaque};
    for (int i = 0; i < 3; ++i) {
        const struct rnd_camera camera =
            rnd_view3d_fit(all[i], RND_PRESET_POSTERIOR, RND_SIDE_FOOT, (double)WIDTH / HEIGHT);
        rnd_view3d_set_camera(all[i], &camera);
    }
    return true;
}

static bool bench_tools(const struct bench_options *options, const struct views *views,
                        const char *size, unsigned tools, unsigned runs)
{
    struct difference difference;
    if (!compare(views->ours, views->full, tools, &difference)) {
        fputs("osteonav bench: the pictures cannot be compared\n", stderr);
        return false;
    }
    struct subject subjects[3] = {
        {.view = views->ours, .tools = tools, .frames = options->quick ? 10 : 30},
        {.view = views->full, .tools = tools, .frames = 1},
        {.view = views->opaque, .tools = tools, .frames = 1}};
    const struct bench_contender contenders[3] = {{"osteonav", run, &subjects[0]},
                                                  {"vtk-ddp", run, &subjects[1]},
                                                  {"vtk-opaque", run, &subjects[2]}};
    double ms[3];
    char what[64];
    (void)snprintf(what, sizeof(what), "%s triangles, %u tool%s moving", size, tools,
                   tools > 1 ? "s" : "");
    if (!bench_interleave(what, contenders, 3, 1, runs, ms)) {
        return false;
    }
    json_t *extra = extras(views->triangles, &difference);
    (void)json_object_set_new(extra, "tools_cover_percent",
                              json_real(100.0 * difference.tool_part));
    print_row(options, what, ms[0], ms[1], "vtk-ddp", runs, extra);
    print_row(options, what, ms[0], ms[2], "vtk-opaque", runs, extras(views->triangles, NULL));
    return true;
}

static bool bench_rebuild(const struct bench_options *options, const struct views *views,
                          const char *size, unsigned runs)
{
    struct subject subjects[2] = {{.view = views->ours, .tools = 1, .frames = 1, .rebuild = true},
                                  {.view = views->full, .tools = 1, .frames = 1}};
    const struct bench_contender contenders[2] = {{"osteonav", run, &subjects[0]},
                                                  {"vtk-ddp", run, &subjects[1]}};
    double ms[2];
    char what[64];
    (void)snprintf(what, sizeof(what), "%s triangles, new view at once", size);
    if (!bench_interleave(what, contenders, 2, 1, runs, ms)) {
        return false;
    }
    print_row(options, what, ms[0], ms[1], "vtk-ddp", runs, extras(views->triangles, NULL));
    return true;
}

/* The camera moves with each frame: ours from reduced meshes. */
static bool bench_moving(const struct bench_options *options, const struct views *views,
                         const char *size, unsigned runs)
{
    const struct rnd_camera from = *rnd_view3d_shown_camera(views->ours);
    struct difference difference;
    if (!compare_moving(views->ours, views->full, &from, &difference)) {
        fputs("osteonav bench: the pictures in motion cannot be compared\n", stderr);
        return false;
    }
    struct subject subjects[2] = {
        {.view = views->ours, .tools = 1, .frames = 4, .orbit = true, .from = from},
        {.view = views->full, .tools = 1, .frames = 1, .orbit = true, .from = from}};
    const struct bench_contender contenders[2] = {{"osteonav", run, &subjects[0]},
                                                  {"vtk-ddp", run, &subjects[1]}};
    double ms[2];
    char what[64];
    (void)snprintf(what, sizeof(what), "%s triangles, camera moving", size);
    const bool good = bench_interleave(what, contenders, 2, 1, runs, ms);
    if (good) {
        print_row(options, what, ms[0], ms[1], "vtk-ddp", runs,
                  extras(views->triangles, &difference));
    }
    rnd_view3d_set_camera(views->ours, &from);
    rnd_view3d_set_camera(views->full, &from);
    return good && settle(views->ours) && draw(views->full);
}

/* Tool frames while a new view is built in slices; the reference is one full redraw. */
static bool bench_slices(const struct bench_options *options, const struct views *views,
                         const char *size, unsigned runs)
{
    enum { FRAMES_MAX = 4096 };
    double *frames_ms = malloc(FRAMES_MAX * sizeof(*frames_ms));
    double full_ms[BENCH_RUNS_MAX];
    double until_ms[BENCH_RUNS_MAX];
    size_t frames = 0;
    bool good = frames_ms != NULL;
    struct rnd_camera camera = *rnd_view3d_shown_camera(views->ours);
    for (unsigned round = 0; round < runs && good; ++round) {
        rnd_camera_orbit(&camera, 0.05, 0.02);
        rnd_view3d_set_camera(views->ours, &camera);
        rnd_view3d_set_camera(views->full, &camera);
        const int64_t begin_ns = bench_now_ns();
        do {
            place_tools(views->ours, 1, (unsigned)frames);
            const int64_t start_ns = bench_now_ns();
            good = draw(views->ours);
            if (frames < FRAMES_MAX) {
                frames_ms[frames++] = (double)(bench_now_ns() - start_ns) / 1e6;
            }
        } while (good && rnd_view3d_is_behind(views->ours));
        until_ms[round] = (double)(bench_now_ns() - begin_ns) / 1e6;
        struct subject full = {.view = views->full, .tools = 1, .frames = 1, .frame = round};
        good = good && run(&full, &full_ms[round]);
    }
    if (good) {
        char what[64];
        (void)snprintf(what, sizeof(what), "%s triangles, tool frame in slices", size);
        const double reference = bench_quantile(full_ms, runs, 0.5);
        json_t *extra = extras(views->triangles, NULL);
        (void)json_object_set_new(extra, "frame_p99_ms",
                                  json_real(bench_quantile(frames_ms, frames, 0.99)));
        (void)json_object_set_new(extra, "new_view_after_ms",
                                  json_real(bench_quantile(until_ms, runs, 0.5)));
        print_row(options, what, bench_quantile(frames_ms, frames, 0.5), reference, "vtk-ddp", runs,
                  extra);
    }
    free(frames_ms);
    return good;
}

int bench_render(const struct bench_options *options)
{
    static const struct {
        const char *name;
        size_t triangles;
    } sizes[] = {{"300k", 300000}, {"1M", 1000000}};
    const unsigned runs = bench_runs(options, USUAL_RUNS);
    struct rnd_offscreen *offscreen = NULL;
    if (rnd_offscreen_create(&offscreen) != NAV_OK) {
        fputs("osteonav bench: no OpenGL without a screen here; install Mesa's EGL\n", stderr);
        return VERB_FAILED;
    }
    bool good = true;
    const size_t count = options->quick ? 1 : sizeof(sizes) / sizeof(sizes[0]);
    for (size_t i = 0; i < count && good; ++i) {
        struct views views = {0};
        good = make_views(sizes[i].triangles, &views) &&
               bench_tools(options, &views, sizes[i].name, 1, runs) &&
               bench_tools(options, &views, sizes[i].name, 3, runs) &&
               bench_rebuild(options, &views, sizes[i].name, runs) &&
               bench_moving(options, &views, sizes[i].name, runs) &&
               bench_slices(options, &views, sizes[i].name, runs);
        rnd_view3d_destroy(views.ours);
        rnd_view3d_destroy(views.full);
        rnd_view3d_destroy(views.opaque);
    }
    rnd_offscreen_destroy(offscreen);
    return good ? VERB_OK : VERB_FAILED;
}
