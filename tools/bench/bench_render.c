/* One frame of the 3D view on software OpenGL: tools moving in a still view, and the rebuild after
 * a change of the camera, against VTK's own redraw of the same scene in the same run. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "nav/pose.h"
#include "offscreen.h"
#include "verbs.h"
#include "view3d.h"

enum { WIDTH = 1920, HEIGHT = 1080, USUAL_RUNS = 9, POSES = 6, TOOLS_MAX = 3, PEELS = 8 };
static const int64_t slice_ns = 8000000;

/* ---- the scene: a pelvis of simple surfaces ------------------------------------------------- */

/* A closed surface over (u, v) in [0, 1]^2, v going round. */
struct surface {
    double centre[3];
    double radius[3];
    double bumps; /* share of the radius */
    double to[3]; /* with tube: from centre to here, bent */
    double bend_mm;
    bool tube;
    double share; /* of all triangles */
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

static const struct surface pelvis[] = {
    {.centre = {0, 20, 0},
     .radius = {48, 22, 58},
     .bumps = 0.12,
     .share = 0.30,
     .material = OPAQUE(0.91F, 0.86F, 0.75F)},
    {.centre = {92, 0, 10},
     .radius = {40, 34, 76},
     .bumps = 0.15,
     .share = 0.21,
     .material = OPAQUE(0.91F, 0.86F, 0.75F)},
    {.centre = {-92, 0, 10},
     .radius = {40, 34, 76},
     .bumps = 0.15,
     .share = 0.21,
     .material = OPAQUE(0.91F, 0.86F, 0.75F)},
    {.centre = {-20, 52, -12},
     .radius = {22, 18, 20},
     .bumps = 0.10,
     .share = 0.07,
     .material = TRANSLUCENT(0.25F, 0.69F, 0.29F)},
    {.centre = {0, 58, 70},
     .to = {0, 58, -30},
     .radius = {9},
     .bend_mm = 12,
     .tube = true,
     .share = 0.05,
     .material = TRANSLUCENT(0.25F, 0.50F, 0.82F)},
    {.centre = {6, 58, 30},
     .to = {60, 60, -40},
     .radius = {3.5},
     .bend_mm = 14,
     .tube = true,
     .share = 0.015,
     .material = TRANSLUCENT(0.56F, 0.27F, 0.78F)},
    {.centre = {-6, 58, 30},
     .to = {-60, 60, -40},
     .radius = {3.5},
     .bend_mm = 14,
     .tube = true,
     .share = 0.015,
     .material = TRANSLUCENT(0.56F, 0.27F, 0.78F)},
    {.centre = {6, 58, 12},
     .to = {54, 60, -56},
     .radius = {3.2},
     .bend_mm = 12,
     .tube = true,
     .share = 0.015,
     .material = TRANSLUCENT(0.56F, 0.27F, 0.78F)},
    {.centre = {-6, 58, 12},
     .to = {-54, 60, -56},
     .radius = {3.2},
     .bend_mm = 12,
     .tube = true,
     .share = 0.015,
     .material = TRANSLUCENT(0.56F, 0.27F, 0.78F)},
    {.centre = {30, 66, 75},
     .to = {70, 66, -20},
     .radius = {7},
     .bend_mm = 18,
     .tube = true,
     .share = 0.05,
     .material = TRANSLUCENT(0.78F, 0.20F, 0.18F)},
    {.centre = {-30, 66, 75},
     .to = {-70, 66, -20},
     .radius = {7},
     .bend_mm = 18,
     .tube = true,
     .share = 0.05,
     .material = TRANSLUCENT(0.44F, 0.55F, 0.66F)},
};
enum { SURFACES = sizeof(pelvis) / sizeof(pelvis[0]) };

static void surface_at(const struct surface *surface, double u, double v, double out[3])
{
    const double phi = 2.0 * M_PI * v;
    if (surface->tube) {
        /* Closed at its ends by a radius that goes to zero. */
        const double radius = surface->radius[0] * sqrt(fmin(1.0, 40.0 * u * (1.0 - u)));
        for (int axis = 0; axis < 3; ++axis) {
            out[axis] = surface->centre[axis] + u * (surface->to[axis] - surface->centre[axis]);
        }
        out[1] -= surface->bend_mm * sin(M_PI * u);
        out[0] += radius * cos(phi);
        out[1] += radius * sin(phi);
        return;
    }
    const double theta = M_PI * u;
    const double unit[3] = {sin(theta) * cos(phi), sin(theta) * sin(phi), cos(theta)};
    const double bump =
        1.0 + surface->bumps * sin(5.0 * unit[0] + 1.0) * sin(6.0 * unit[1]) * cos(7.0 * unit[2]);
    for (int axis = 0; axis < 3; ++axis) {
        out[axis] = surface->centre[axis] + surface->radius[axis] * bump * unit[axis];
    }
}

/* Adds one surface of about `triangles` triangles; returns how many, 0 on failure. */
static size_t add_surface(struct rnd_view3d *view, const struct surface *surface, size_t triangles,
                          bool opaque)
{
    const size_t rings = (size_t)fmax(8.0, sqrt((double)triangles / 2.0));
    const size_t sides = (size_t)fmax(8.0, (double)triangles / (2.0 * (double)rings));
    const size_t vertices = (rings + 1) * sides;
    float *positions = malloc(vertices * 3 * sizeof(*positions));
    uint32_t *corners = malloc(rings * sides * 6 * sizeof(*corners));
    bool good = positions != NULL && corners != NULL;
    if (good) {
        size_t next = 0;
        for (size_t ring = 0; ring <= rings; ++ring) {
            for (size_t side = 0; side < sides; ++side) {
                double point[3];
                surface_at(surface, (double)ring / (double)rings, (double)side / (double)sides,
                           point);
                for (int axis = 0; axis < 3; ++axis) {
                    positions[next++] = (float)point[axis];
                }
            }
        }
        next = 0;
        for (size_t ring = 0; ring < rings; ++ring) {
            for (size_t side = 0; side < sides; ++side) {
                const uint32_t a = (uint32_t)(ring * sides + side);
                const uint32_t b = (uint32_t)(ring * sides + (side + 1) % sides);
                const uint32_t below = (uint32_t)sides;
                const uint32_t quad[6] = {a, a + below, b, b, a + below, b + below};
                /* A tube runs the other way round. */
                for (size_t i = 0; i < 6; ++i) {
                    const size_t flipped = i % 3 == 0 ? i : i % 3 == 1 ? i + 1 : i - 1;
                    corners[next + i] = quad[surface->tube ? flipped : i];
                }
                next += 6;
            }
        }
        const struct rnd_mesh mesh = {vertices, rings * sides * 2, positions, NULL, corners};
        struct rnd_material material = surface->material;
        if (opaque) {
            material.opacity = 1.0F;
        }
        good = rnd_view3d_add_model(view, &mesh, &material, true) == NAV_OK;
    }
    free(positions);
    free(corners);
    return good ? rings * sides * 2 : 0;
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
    for (size_t i = 0; i < SURFACES && good; ++i) {
        const size_t added =
            add_surface(view, &pelvis[i], (size_t)(pelvis[i].share * (double)triangles), opaque);
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

/* One value: ms a frame. */
static bool run(void *context, double *out_values)
{
    struct subject *subject = context;
    int64_t sum_ns = 0;
    for (unsigned i = 0; i < subject->frames; ++i) {
        place_tools(subject->view, subject->tools, subject->frame++);
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

/* Ours against the full redraw over several poses. */
static bool compare(struct rnd_view3d *ours, struct rnd_view3d *full, unsigned tools,
                    struct difference *out)
{
    const size_t pixels = (size_t)WIDTH * HEIGHT;
    uint8_t *a = malloc(3 * pixels);
    uint8_t *b = malloc(3 * pixels);
    uint8_t *bare = malloc(3 * pixels);
    bool good = a != NULL && b != NULL && bare != NULL;
    uint64_t sum = 0;
    uint64_t over = 0;
    uint64_t covered = 0;
    int most = 0;
    place_tools(full, 0, 0);
    good = good && draw(full) && rnd_view3d_read(full, bare) == NAV_OK;
    for (unsigned pose = 0; pose < POSES && good; ++pose) {
        place_tools(ours, tools, 7 * pose);
        place_tools(full, tools, 7 * pose);
        good = draw(ours) && draw(full) && rnd_view3d_read(ours, a) == NAV_OK &&
               rnd_view3d_read(full, b) == NAV_OK;
        for (size_t i = 0; i < pixels && good; ++i) {
            int worst = 0;
            for (size_t channel = 0; channel < 3; ++channel) {
                const int off = abs((int)a[3 * i + channel] - (int)b[3 * i + channel]);
                sum += (uint64_t)off;
                worst = off > worst ? off : worst;
            }
            over += worst > 8;
            most = worst > most ? worst : most;
            covered += memcmp(&b[3 * i], &bare[3 * i], 3) != 0;
        }
    }
    const double all = (double)pixels * POSES;
    *out = (struct difference){(double)sum / (3.0 * all), (double)over / all, most,
                               (double)covered / all};
    free(a);
    free(b);
    free(bare);
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
        (void)json_object_set_new(extra, "tools_cover_percent",
                                  json_real(100.0 * difference->tool_part));
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
    struct subject subjects[3] = {{views->ours, tools, options->quick ? 10 : 30, 0, false},
                                  {views->full, tools, 1, 0, false},
                                  {views->opaque, tools, 1, 0, false}};
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
    print_row(options, what, ms[0], ms[1], "vtk-ddp", runs, extras(views->triangles, &difference));
    print_row(options, what, ms[0], ms[2], "vtk-opaque", runs, extras(views->triangles, NULL));
    return true;
}

static bool bench_rebuild(const struct bench_options *options, const struct views *views,
                          const char *size, unsigned runs)
{
    struct subject subjects[2] = {{views->ours, 1, 1, 0, true}, {views->full, 1, 1, 0, false}};
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
        struct subject full = {views->full, 1, 1, round, false};
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
               bench_slices(options, &views, sizes[i].name, runs);
        rnd_view3d_destroy(views.ours);
        rnd_view3d_destroy(views.full);
        rnd_view3d_destroy(views.opaque);
    }
    rnd_offscreen_destroy(offscreen);
    return good ? VERB_OK : VERB_FAILED;
}
