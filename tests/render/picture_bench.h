/* A bench for pictures: a small asymmetric patient, a core's channel, and the screen under test.
 *
 * The patient is made of ellipsoids in LPS mm, each in a colour of its own:
 *   bone (ivory, translucent) around the origin; tumour (green) inside it; nerve (purple) to the
 *   LEFT (+x); vessel (red) to the HEAD (+z); dura (blue) on the POSTERIOR side (+y).
 * Its one tool is a pointer, its one cut lies across the middle. */
#ifndef PICTURE_BENCH_H
#define PICTURE_BENCH_H

#include "test_data.h"

#include <math.h>
#include <time.h>

#include "feed.h"
#include "nav/scene_channel.h"
#include "nav/time.h"
#include "offscreen.h"
#include "screen.h"

enum { BENCH_WIDTH = 800, BENCH_HEIGHT = 450, BENCH_TOOLS = 2 };

/* Set by main: as where the context has no OpenGL 4.3. */
static bool bench_full_redraw;

struct picture {
    int width, height;
    uint8_t *rgb;
};

struct bench {
    char instance[NAV_NAME_SIZE];
    struct rnd_offscreen *offscreen;
    struct rnd_screen *screen;
    struct nav_scene_writer *writer;
    struct rnd_feed *feed;
    struct nav_scene scene; /* what the test's core publishes */
    struct nav_scene taken;
    struct picture picture;
    int64_t now_ns; /* the display's clock in this test */
};

static inline void bench_ellipsoid(struct rnd_screen *screen, const char *name,
                                   const double centre[3], const double radius[3],
                                   const float colour[3], float opacity)
{
    enum { RINGS = 24, SIDES = 32 };
    static float positions[(RINGS + 1) * SIDES * 3];
    static uint32_t triangles[RINGS * SIDES * 6];
    size_t vertex = 0;
    for (int ring = 0; ring <= RINGS; ++ring) {
        const double theta = M_PI * ring / RINGS;
        for (int side = 0; side < SIDES; ++side) {
            const double phi = 2.0 * M_PI * side / SIDES;
            const double unit[3] = {sin(theta) * cos(phi), sin(theta) * sin(phi), cos(theta)};
            for (int axis = 0; axis < 3; ++axis) {
                positions[vertex++] = (float)(centre[axis] + radius[axis] * unit[axis]);
            }
        }
    }
    size_t corner = 0;
    for (uint32_t ring = 0; ring < RINGS; ++ring) {
        for (uint32_t side = 0; side < SIDES; ++side) {
            const uint32_t a = ring * SIDES + side;
            const uint32_t b = ring * SIDES + (side + 1) % SIDES;
            const uint32_t quad[6] = {a, a + SIDES, b, b, a + SIDES, b + SIDES};
            memcpy(&triangles[corner], quad, sizeof(quad));
            corner += 6;
        }
    }
    const struct rnd_mesh mesh = {vertex / 3, corner / 3, positions, NULL, triangles};
    const struct rnd_material material = {.colour = {colour[0], colour[1], colour[2]},
                                          .opacity = opacity,
                                          .rim = 0.3F,
                                          .fades = opacity < 1.0F};
    assert_int_equal(rnd_screen_add_model(screen, name, &mesh, &material, true), NAV_OK);
}

static inline void bench_patient(struct rnd_screen *screen)
{
    static const float ivory[3] = {0.91F, 0.86F, 0.75F};
    static const float green[3] = {0.20F, 0.75F, 0.25F};
    static const float purple[3] = {0.60F, 0.25F, 0.85F};
    static const float red[3] = {0.85F, 0.15F, 0.12F};
    static const float blue[3] = {0.15F, 0.35F, 0.95F};
    bench_ellipsoid(screen, "Bone", (double[]){0, 0, 0}, (double[]){60, 40, 60}, ivory, 0.35F);
    bench_ellipsoid(screen, "Tumour", (double[]){-12, 8, -15}, (double[]){16, 16, 16}, green, 1.0F);
    bench_ellipsoid(screen, "Nerve", (double[]){85, 0, 0}, (double[]){12, 12, 12}, purple, 1.0F);
    bench_ellipsoid(screen, "Vessel", (double[]){0, 0, 85}, (double[]){12, 12, 12}, red, 1.0F);
    bench_ellipsoid(screen, "Dura", (double[]){0, 75, -60}, (double[]){10, 10, 10}, blue, 1.0F);
}

static inline void bench_live_tool(struct bench *bench, int64_t arrival_ns)
{
    struct nav_scene_tool *tool = &bench->scene.tools[0];
    (void)snprintf(tool->name, sizeof(tool->name), "Pointer");
    tool->state = NAV_TOOL_TRACKED;
    tool->reason = NAV_REASON_NONE;
    tool->has_pose = 1;
    tool->arrival_ns = arrival_ns;
    tool->age_ns = bench->scene.time_ns - arrival_ns;
    tool->T_image_tool = nav_pose_identity();
    tool->T_image_tool.t_mm[0] = -75.0;
    tool->T_image_tool.t_mm[2] = -20.0;
    memcpy(tool->tip_image_mm, tool->T_image_tool.t_mm, sizeof(tool->tip_image_mm));
}

/* A scene in good order at bench->now_ns. */
static inline void bench_good_scene(struct bench *bench)
{
    struct nav_scene *scene = &bench->scene;
    memset(scene, 0, sizeof(*scene));
    scene->time_ns = bench->now_ns;
    scene->case_id = 42;
    scene->trust = NAV_TRUST_OK;
    scene->caution_ns = 100 * NAV_NS_PER_MS;
    scene->withhold_ns = 250 * NAV_NS_PER_MS;
    scene->pose_count = 100;
    scene->pose_arrival_ns = bench->now_ns - 5 * NAV_NS_PER_MS;
    scene->peers_total = scene->peer_count = 1;
    scene->registration.present = 1;
    scene->registration.fre_mm = 0.4;
    scene->tool_count = 1;
    bench_live_tool(bench, scene->pose_arrival_ns);
}

/* Publishes the bench's scene and lets the feed bring it. */
static inline void bench_publish(struct bench *bench)
{
    const uint64_t seq = nav_scene_writer_publish(bench->writer, &bench->scene);
    const struct timespec pause = {.tv_nsec = 2000000};
    for (int i = 0; i < 2000; ++i) {
        bool alive = false;
        if (rnd_feed_take(bench->feed, &bench->taken, &alive) == NAV_OK && alive &&
            bench->taken.seq == seq) {
            return;
        }
        (void)nanosleep(&pause, NULL);
    }
    fail_msg("the feed did not bring scene %llu", (unsigned long long)seq);
}

/* Draws at bench->now_ns what the feed has, and reads the picture. */
static inline void bench_draw(struct bench *bench)
{
    struct rnd_moment moment = {.now_ns = bench->now_ns, .utc_ns = NAV_NS_PER_S};
    moment.scene = rnd_feed_take(bench->feed, &bench->taken, &moment.core_alive) == NAV_OK
                       ? &bench->taken
                       : NULL;
    do {
        const enum nav_status status = rnd_screen_draw(bench->screen, &moment);
        assert_true(status == NAV_OK || status == NAV_AGAIN);
    } while (rnd_screen_is_behind(bench->screen)); /* a new view comes in slices */
    rnd_screen_read(bench->screen, bench->picture.rgb);
}

static inline void bench_show(struct bench *bench)
{
    bench_publish(bench);
    bench_draw(bench);
}

/* A screen with the patient, as the one under test. */
static inline void bench_screen(struct bench *bench, enum rnd_layout layout, enum rnd_side side)
{
    const struct rnd_screen_options options = {.layout = layout,
                                               .view = RND_PRESET_POSTERIOR,
                                               .side = side,
                                               .full_redraw = bench_full_redraw};
    struct rnd_case facts = {.case_id = 42, .tool_count = 1};
    (void)snprintf(facts.tool_names[0], NAV_NAME_SIZE, "Pointer");
    (void)snprintf(facts.case_name, NAV_NAME_SIZE, "Bench");
    (void)snprintf(facts.pseudonym, NAV_NAME_SIZE, "BENCH-01");
    assert_int_equal(rnd_screen_create(&options, &facts, &bench->screen), NAV_OK);
    bench_patient(bench->screen);
    const struct rnd_tool_shape pointer = {
        .shape = RND_SHAPE_POINTER, .axis = {0, 0, -1}, .length_mm = 50, .diameter_mm = 8};
    assert_int_equal(rnd_screen_add_tool(bench->screen, &pointer), NAV_OK);
    const struct rnd_cut_shape cut = {
        .point_mm = {0, 45, 20}, .normal = {0, 0, 1}, .u = {-1, 0, 0}, .size_mm = {100, 80}};
    assert_int_equal(rnd_screen_add_cut(bench->screen, "Across", &cut), NAV_OK);
    assert_int_equal(rnd_screen_resize(bench->screen, BENCH_WIDTH, BENCH_HEIGHT), NAV_OK);
}

static inline int bench_set_up(void **state)
{
    struct bench *bench = calloc(1, sizeof(*bench));
    assert_non_null(bench);
    (void)snprintf(bench->instance, sizeof(bench->instance), "test-pictures-%ld", (long)getpid());
    bench->now_ns = INT64_C(500) * NAV_NS_PER_S;
    assert_int_equal(rnd_offscreen_create(&bench->offscreen), NAV_OK);
    bench_screen(bench, RND_LAYOUT_BEDSIDE, RND_SIDE_FOOT);
    bench->picture =
        (struct picture){BENCH_WIDTH, BENCH_HEIGHT, malloc((size_t)BENCH_WIDTH * BENCH_HEIGHT * 3)};
    assert_non_null(bench->picture.rgb);
    assert_int_equal(nav_scene_writer_create(bench->instance, &bench->writer), NAV_OK);
    assert_int_equal(rnd_feed_create(bench->instance, NULL, NULL, &bench->feed), NAV_OK);
    *state = bench;
    return 0;
}

static inline int bench_tear_down(void **state)
{
    struct bench *bench = *state;
    rnd_feed_destroy(bench->feed);
    nav_scene_writer_destroy(bench->writer);
    rnd_screen_destroy(bench->screen);
    rnd_offscreen_destroy(bench->offscreen);
    free(bench->picture.rgb);
    free(bench);
    return 0;
}

/* ---- judging pixels ------------------------------------------------------------------------- */

static inline const uint8_t *pixel(const struct picture *picture, int x, int y)
{
    return &picture->rgb[3 * ((size_t)y * (size_t)picture->width + (size_t)x)];
}

/* Hue families, wide enough for light and shade. */
static inline bool is_green(const uint8_t *p)
{
    return p[1] > 70 && p[1] > p[0] * 3 / 2 && p[1] > p[2] * 3 / 2;
}
static inline bool is_purple(const uint8_t *p)
{
    return p[2] > 70 && p[0] > p[1] * 3 / 2 && p[2] > p[1] * 3 / 2 && p[0] < p[2];
}
static inline bool is_red(const uint8_t *p)
{
    return p[0] > 90 && p[0] > p[1] * 5 / 2 && p[0] > p[2] * 5 / 2;
}
static inline bool is_blue(const uint8_t *p)
{
    return p[2] > 90 && p[2] > p[0] * 5 / 2 && p[2] > p[1] * 3 / 2;
}
static inline bool is_amber(const uint8_t *p)
{
    return p[0] > 110 && p[1] > p[0] / 2 && p[1] < p[0] * 9 / 10 && p[2] < p[0] / 3;
}
/* The live tool's grip. */
static inline bool is_cyan(const uint8_t *p)
{
    return p[2] > 90 && p[1] > p[2] * 3 / 5 && p[0] < p[2] / 3;
}
static inline bool is_magenta(const uint8_t *p)
{
    return p[0] > 200 && p[2] > 180 && p[1] < 160;
}

/* The ink of quiet words. */
static inline bool is_bright(const uint8_t *p)
{
    return p[0] > 120 && p[1] > 120 && p[2] > 120;
}

struct blob {
    long count;
    double x, y; /* centre */
};

static inline struct blob find_blob(const struct picture *picture, struct rnd_rect rect,
                                    bool (*is)(const uint8_t *))
{
    struct blob blob = {0, 0.0, 0.0};
    for (int y = rect.y; y < rect.y + rect.h; ++y) {
        for (int x = rect.x; x < rect.x + rect.w; ++x) {
            if (is(pixel(picture, x, y))) {
                ++blob.count;
                blob.x += x;
                blob.y += y;
            }
        }
    }
    if (blob.count > 0) {
        blob.x /= (double)blob.count;
        blob.y /= (double)blob.count;
    }
    return blob;
}

/* The part of the view that no frame around it covers. */
static inline struct rnd_rect bench_view(const struct bench *bench)
{
    const struct rnd_rect view = rnd_screen_view_rect(bench->screen);
    return (struct rnd_rect){view.x + 12, view.y + 24, view.w - 24, view.h - 48};
}

#endif
