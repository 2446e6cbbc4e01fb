/* What the states of the scene look like, in pixels, from a published scene to the picture. */
#include "picture_bench.h"

/* A place in the verdict bar without text. */
static const uint8_t *bar(const struct bench *bench)
{
    return pixel(&bench->picture, 4, 4);
}

static void expect_bar(const struct bench *bench, enum rnd_pair pair)
{
    const struct rnd_colour ground = rnd_pairs[pair].ground;
    const double wanted[3] = {ground.r * 255.0, ground.g * 255.0, ground.b * 255.0};
    for (int i = 0; i < 3; ++i) {
        if (fabs(bar(bench)[i] - wanted[i]) > 2.0) {
            fail_msg("verdict bar is %d %d %d", bar(bench)[0], bar(bench)[1], bar(bench)[2]);
        }
    }
}

static void expect_no_tool(const struct bench *bench)
{
    assert_int_equal(find_blob(&bench->picture, bench_view(bench), is_cyan).count, 0);
    assert_int_equal(find_blob(&bench->picture, bench_view(bench), is_amber).count, 0);
}

static void test_live(void **state)
{
    struct bench *bench = *state;
    bench_good_scene(bench);
    bench_show(bench);
    expect_bar(bench, RND_PAIR_BAR_OK);
    assert_true(find_blob(&bench->picture, bench_view(bench), is_cyan).count > 100);
    assert_int_equal(find_blob(&bench->picture, bench_view(bench), is_amber).count, 0);
}

/* Nothing vanishes silently: each structure of the patient shows in its colour, the translucent
 * one by brightening what is behind it. */
static void test_every_structure_shows(void **state)
{
    struct bench *bench = *state;
    bench_good_scene(bench);
    bench_show(bench);
    const struct rnd_rect view = bench_view(bench);
    assert_true(find_blob(&bench->picture, view, is_purple).count > 100);
    assert_true(find_blob(&bench->picture, view, is_red).count > 50);
    assert_true(find_blob(&bench->picture, view, is_blue).count > 50);
    const struct blob tumour = find_blob(&bench->picture, view, is_green);
    /* The tumour is inside the bone: seen through it. */
    assert_true(tumour.count > 50);
    const struct rnd_rect all = rnd_screen_view_rect(bench->screen);
    const uint8_t *inside = pixel(&bench->picture, all.x + all.w / 2, all.y + all.h / 2 + 10);
    const uint8_t *outside = pixel(&bench->picture, all.x + 30, all.y + all.h / 2 + 30);
    assert_true(inside[0] > outside[0] + 40);
}

/* A model of triangles without area: it lies in the picture and gives it no pixel, as one does
 * whose drawing fails. `shift_mm` to the patient's left. */
static void add_broken(struct rnd_screen *screen, const char *name, float shift_mm)
{
    enum { POINTS = 9 };
    float positions[POINTS * 3];
    for (int i = 0; i < POINTS; ++i) {
        const float at[3] = {shift_mm + 4.0F * (float)i, 30.0F, 5.0F * (float)i};
        memcpy(&positions[3 * i], at, sizeof(at));
    }
    static const uint32_t triangles[] = {0, 1, 1, 2, 3, 3, 4, 5, 5, 6, 7, 7, 8, 0, 0};
    const struct rnd_mesh mesh = {POINTS, 5, positions, NULL, triangles};
    const struct rnd_material material = {.colour = {1, 1, 0}, .opacity = 0.5F};
    assert_int_equal(rnd_screen_add_model(screen, name, &mesh, &material, false), NAV_OK);
}

static void test_what_is_not_shown_is_named(void **state)
{
    struct bench *bench = *state;
    struct rnd_screen *first = bench->screen;
    bench_good_scene(bench);
    bench_publish(bench);
    bench_screen(bench, RND_LAYOUT_BEDSIDE, RND_SIDE_FOOT);
    bench_draw(bench);
    assert_int_equal(rnd_screen_overlay(bench->screen)->trust, NAV_TRUST_OK);

    add_broken(bench->screen, "Root S1", -20.0F);
    add_broken(bench->screen, "Far away", 900.0F); /* not in the view: nothing is missing */
    bench_draw(bench);
    const struct rnd_overlay *overlay = rnd_screen_overlay(bench->screen);
    assert_int_equal(overlay->trust, NAV_TRUST_CAUTION);
    assert_string_equal(overlay->reason, "NOT SHOWN: Root S1");
    expect_bar(bench, RND_PAIR_BAR_CAUTION);

    /* Not asked for while it is out of the picture, and again when it is back. */
    rnd_screen_pan(bench->screen, 3000.0, 0.0);
    bench_draw(bench);
    assert_int_equal(rnd_screen_overlay(bench->screen)->trust, NAV_TRUST_OK);
    rnd_screen_reset_view(bench->screen);
    bench_draw(bench);
    assert_string_equal(rnd_screen_overlay(bench->screen)->reason, "NOT SHOWN: Root S1");
    rnd_screen_destroy(bench->screen);
    bench->screen = first;
}

/* What stands behind something opaque is hidden, which is no fault. */
static void test_hidden_is_not_missing(void **state)
{
    struct bench *bench = *state;
    struct rnd_screen *first = bench->screen;
    bench_good_scene(bench);
    bench_publish(bench);
    bench_screen(bench, RND_LAYOUT_BEDSIDE, RND_SIDE_FOOT);
    static const float grey[3] = {0.5F, 0.5F, 0.5F};
    bench_ellipsoid(bench->screen, "Plate", (double[]){0, 120, 0}, (double[]){40, 5, 40}, grey, 1);
    bench_ellipsoid(bench->screen, "Behind", (double[]){0, 100, 0}, (double[]){9, 9, 9}, grey,
                    0.5F);
    bench_draw(bench);
    assert_int_equal(rnd_screen_overlay(bench->screen)->trust, NAV_TRUST_OK);
    rnd_screen_destroy(bench->screen);
    bench->screen = first;
}

/* The letters must be true: the nerve lies to the patient's LEFT, the vessel to the HEAD, the dura
 * POSTERIOR, in each view where they can be told apart. */
static void test_structures_lie_where_the_letters_say(void **state)
{
    struct bench *bench = *state;
    static const struct {
        enum rnd_preset preset;
        int nerve, vessel, dura; /* edge towards which it lies, -1: in line */
    } rows[] = {
        {RND_PRESET_POSTERIOR, RND_EDGE_LEFT, RND_EDGE_TOP, -1},
        {RND_PRESET_ANTERIOR, RND_EDGE_RIGHT, RND_EDGE_TOP, -1},
        {RND_PRESET_LEFT, -1, RND_EDGE_TOP, RND_EDGE_RIGHT},
        {RND_PRESET_RIGHT, -1, RND_EDGE_TOP, RND_EDGE_LEFT},
        {RND_PRESET_HEAD, RND_EDGE_RIGHT, -1, RND_EDGE_TOP},
    };
    static const int outward[RND_EDGE_COUNT][2] = {[RND_EDGE_LEFT] = {-1, 0},
                                                   [RND_EDGE_RIGHT] = {1, 0},
                                                   [RND_EDGE_TOP] = {0, -1},
                                                   [RND_EDGE_BOTTOM] = {0, 1}};
    bench_good_scene(bench);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); ++i) {
        rnd_screen_set_view(bench->screen, rows[i].preset);
        bench_show(bench);
        const struct rnd_rect view = bench_view(bench);
        const struct {
            int edge;
            bool (*is)(const uint8_t *);
        } parts[] = {{rows[i].nerve, is_purple}, {rows[i].vessel, is_red}, {rows[i].dura, is_blue}};
        const struct blob tumour = find_blob(&bench->picture, view, is_green);
        for (size_t k = 0; k < 3; ++k) {
            if (parts[k].edge < 0) {
                continue;
            }
            const struct blob blob = find_blob(&bench->picture, view, parts[k].is);
            assert_true(blob.count > 20);
            const double moved = (blob.x - tumour.x) * outward[parts[k].edge][0] +
                                 (blob.y - tumour.y) * outward[parts[k].edge][1];
            assert_true(moved > 20.0);
        }
    }
}

/* The screen on the other side of the table, of the same scene. */
static void test_the_other_side_sees_the_same(void **state)
{
    struct bench *bench = *state;
    bench_good_scene(bench);
    /* On the patient's right, between the bone and the eye: in every picture. */
    bench->scene.tools[0].T_image_tool.t_mm[0] = -45.0;
    bench->scene.tools[0].T_image_tool.t_mm[1] = 70.0;
    rnd_screen_set_view(bench->screen, RND_PRESET_POSTERIOR);
    bench_show(bench);
    const struct rnd_overlay own = *rnd_screen_overlay(bench->screen);
    const struct blob tool = find_blob(&bench->picture, bench_view(bench), is_cyan);
    const struct blob tumour = find_blob(&bench->picture, bench_view(bench), is_green);
    assert_true(tool.x - tumour.x > 20.0);

    static const struct {
        enum rnd_side side;
        int nerve, vessel,
            tool; /* edge towards which the LEFT nerve, HEAD vessel, RIGHT tool lie */
    } rows[] = {
        {RND_SIDE_FOOT, RND_EDGE_LEFT, RND_EDGE_TOP, RND_EDGE_RIGHT},
        {RND_SIDE_HEAD, RND_EDGE_RIGHT, RND_EDGE_BOTTOM, RND_EDGE_LEFT},
        {RND_SIDE_LEFT, RND_EDGE_BOTTOM, RND_EDGE_LEFT, RND_EDGE_TOP},
        {RND_SIDE_RIGHT, RND_EDGE_TOP, RND_EDGE_RIGHT, RND_EDGE_BOTTOM},
    };
    static const int outward[RND_EDGE_COUNT][2] = {[RND_EDGE_LEFT] = {-1, 0},
                                                   [RND_EDGE_RIGHT] = {1, 0},
                                                   [RND_EDGE_TOP] = {0, -1},
                                                   [RND_EDGE_BOTTOM] = {0, 1}};
    struct rnd_screen *first = bench->screen;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); ++i) {
        /* Made anew, as after a restart: it comes up in the display's own view. */
        bench_screen(bench, RND_LAYOUT_ASSISTANT, rows[i].side);
        bench_draw(bench);
        const struct rnd_rect view = bench_view(bench);
        const struct blob middle = find_blob(&bench->picture, view, is_green);
        const struct {
            int edge;
            bool (*is)(const uint8_t *);
        } parts[] = {{rows[i].nerve, is_purple}, {rows[i].vessel, is_red}, {rows[i].tool, is_cyan}};
        for (size_t k = 0; k < 3; ++k) {
            const struct blob blob = find_blob(&bench->picture, view, parts[k].is);
            assert_true(blob.count > 20);
            const int *out = outward[parts[k].edge];
            assert_true((blob.x - middle.x) * out[0] + (blob.y - middle.y) * out[1] > 20.0);
        }
        const struct rnd_overlay *other = rnd_screen_overlay(bench->screen);
        assert_int_equal(other->trust, own.trust);
        assert_string_equal(other->headline, own.headline);
        assert_string_equal(other->tools[0].state, own.tools[0].state);
        assert_memory_equal(other->tools[0].tip, own.tools[0].tip, sizeof(own.tools[0].tip));
        /* Whatever hands did is gone after the way back. */
        rnd_screen_orbit(bench->screen, 200.0, 90.0);
        bench_draw(bench);
        rnd_screen_reset_view(bench->screen);
        bench_draw(bench);
        const struct blob nerve = find_blob(&bench->picture, view, is_purple);
        const int *out = outward[rows[i].nerve];
        assert_true((nerve.x - middle.x) * out[0] + (nerve.y - middle.y) * out[1] > 20.0);
        rnd_screen_destroy(bench->screen);
    }
    bench->screen = first;
}

/* The cut's face, from where its normal points (the head): the LEFT nerve is on the right, and the
 * way back leads to the posterior view. */
static void test_face_of_a_cut(void **state)
{
    struct bench *bench = *state;
    bench_good_scene(bench);
    rnd_screen_next_cut(bench->screen);
    bench_show(bench);
    const struct rnd_rect view = bench_view(bench);
    const struct blob seen = find_blob(&bench->picture, view, is_purple);
    assert_true(seen.count > 20);
    assert_true(seen.x > view.x + view.w * 0.6);
    rnd_screen_reset_view(bench->screen);
    bench_draw(bench);
    const struct blob back = find_blob(&bench->picture, view, is_purple);
    assert_true(back.x < view.x + view.w * 0.4);
}

static void test_late(void **state)
{
    struct bench *bench = *state;
    bench_good_scene(bench);
    bench_publish(bench);
    bench->now_ns = bench->scene.tools[0].arrival_ns + 150 * NAV_NS_PER_MS;
    bench_draw(bench);
    expect_bar(bench, RND_PAIR_BAR_CAUTION);
    assert_int_equal(find_blob(&bench->picture, bench_view(bench), is_cyan).count, 0);
    assert_true(find_blob(&bench->picture, bench_view(bench), is_amber).count > 60);
}

/* The core falls silent while the last scene said "live": one frame after the limit the picture is
 * withheld, by the display alone. */
static void test_silent_core_is_withheld(void **state)
{
    struct bench *bench = *state;
    bench_good_scene(bench);
    bench_show(bench);
    expect_bar(bench, RND_PAIR_BAR_OK);
    bench->now_ns += 251 * NAV_NS_PER_MS;
    bench_draw(bench);
    expect_bar(bench, RND_PAIR_BAR_WITHHELD);
    expect_no_tool(bench);
}

static void test_reference_lost(void **state)
{
    struct bench *bench = *state;
    bench_good_scene(bench);
    bench->scene.trust = NAV_TRUST_WITHHELD;
    bench->scene.reason_count = 1;
    bench->scene.reasons[0] = (struct nav_scene_reason){
        .reason = NAV_REASON_REFERENCE_LOST, .tool = NAV_SUBJECT_NONE, .trust = NAV_TRUST_WITHHELD};
    bench_show(bench);
    expect_bar(bench, RND_PAIR_BAR_WITHHELD);
    expect_no_tool(bench);
    assert_string_equal(rnd_screen_overlay(bench->screen)->reason, "Patient reference lost");
}

static void test_unregistered(void **state)
{
    struct bench *bench = *state;
    bench_good_scene(bench);
    bench->scene.registration.present = 0;
    bench->scene.tools[0].has_pose = 0;
    bench->scene.trust = NAV_TRUST_WITHHELD;
    bench->scene.reason_count = 1;
    bench->scene.reasons[0] = (struct nav_scene_reason){.reason = NAV_REASON_NO_REGISTRATION,
                                                        .tool = NAV_SUBJECT_NONE,
                                                        .trust = NAV_TRUST_WITHHELD};
    bench_show(bench);
    expect_bar(bench, RND_PAIR_BAR_WITHHELD);
    expect_no_tool(bench);
}

static void test_another_case_is_refused(void **state)
{
    struct bench *bench = *state;
    bench_good_scene(bench);
    bench->scene.case_id = 43;
    bench_show(bench);
    expect_bar(bench, RND_PAIR_BAR_WITHHELD);
    expect_no_tool(bench);
}

static void test_core_dies_and_comes_back(void **state)
{
    struct bench *bench = *state;
    bench_good_scene(bench);
    bench_show(bench);
    expect_bar(bench, RND_PAIR_BAR_OK);

    nav_scene_writer_destroy(bench->writer);
    bench->writer = NULL;
    const struct timespec pause = {.tv_nsec = 5000000};
    bool alive = true;
    for (int i = 0; i < 400 && alive; ++i) {
        assert_int_equal(rnd_feed_take(bench->feed, &bench->taken, &alive), NAV_OK);
        (void)nanosleep(&pause, NULL);
    }
    assert_false(alive);
    bench_draw(bench); /* the clock has not moved: only the core's death speaks */
    expect_bar(bench, RND_PAIR_BAR_WITHHELD);
    expect_no_tool(bench);

    assert_int_equal(nav_scene_writer_create(bench->instance, &bench->writer), NAV_OK);
    bench_good_scene(bench);
    bench_show(bench);
    expect_bar(bench, RND_PAIR_BAR_OK);
    assert_true(find_blob(&bench->picture, bench_view(bench), is_cyan).count > 100);
}

/* The heartbeat is in the bar's right end. */
static size_t heartbeat(const struct bench *bench, uint8_t *out_rgb)
{
    const int side = BENCH_HEIGHT * RND_BAR_HEIGHT / 1080;
    size_t size = 0;
    for (int y = 0; y < side; ++y) {
        const uint8_t *row = pixel(&bench->picture, BENCH_WIDTH - side, y);
        memcpy(out_rgb + size, row, (size_t)side * 3);
        size += (size_t)side * 3;
    }
    return size;
}

static void test_heartbeat_follows_the_poses(void **state)
{
    struct bench *bench = *state;
    uint8_t first[BENCH_HEIGHT * BENCH_HEIGHT];
    uint8_t second[BENCH_HEIGHT * BENCH_HEIGHT];
    bench_good_scene(bench);
    bench_show(bench);
    size_t size = heartbeat(bench, first);

    /* Frames and scenes go on, poses do not. */
    bench->now_ns += 40 * NAV_NS_PER_MS;
    bench->scene.time_ns = bench->now_ns;
    bench_show(bench);
    assert_int_equal(heartbeat(bench, second), size);
    assert_memory_equal(first, second, size);

    bench->scene.pose_count += 2;
    bench->scene.pose_arrival_ns += 40 * NAV_NS_PER_MS;
    bench_show(bench);
    size = heartbeat(bench, second);
    assert_memory_not_equal(first, second, size);
}

static void test_replay_and_simulation_are_framed(void **state)
{
    struct bench *bench = *state;
    const struct rnd_rect view = rnd_screen_view_rect(bench->screen);
    bench_good_scene(bench);
    bench_show(bench);
    assert_int_equal(find_blob(&bench->picture, view, is_magenta).count, 0);
    for (uint32_t mode = NAV_MODE_SIMULATION; mode <= NAV_MODE_REPLAY; ++mode) {
        bench->scene.mode = mode;
        bench_show(bench);
        const long around = 2L * (view.w + view.h);
        assert_true(find_blob(&bench->picture, view, is_magenta).count > 2 * around);
        expect_bar(bench, RND_PAIR_MODE); /* never a live operation's, also when all is well */
    }
}

static bool is_quiet_text(const uint8_t *p)
{
    return p[0] > 140 && p[1] > 150 && p[2] > 160 && p[2] > p[0] && p[2] - p[0] < 60;
}

/* Every named view says its name over the picture, and not the one before. */
static void test_every_view_is_named(void **state)
{
    struct bench *bench = *state;
    bench_good_scene(bench);
    const struct rnd_rect view = rnd_screen_view_rect(bench->screen);
    const struct rnd_rect corner = {view.x + 8, view.y + 8, 80, 22};
    double last = -1.0;
    for (unsigned preset = 0; preset < RND_PRESET_COUNT; ++preset) {
        rnd_screen_set_view(bench->screen, (enum rnd_preset)preset);
        bench_show(bench);
        const struct blob name = find_blob(&bench->picture, corner, is_quiet_text);
        assert_true(fabs(name.x - last) > 1e-6);
        last = name.x;
        assert_true(find_blob(&bench->picture, corner, is_quiet_text).count > 15);
    }
    rnd_screen_set_view(bench->screen, RND_PRESET_POSTERIOR);
}

/* A camera's picture, of nothing. */
static uint32_t draw_nothing(void *context, const struct rnd_live_ask *ask,
                             struct rnd_live_answer *out)
{
    struct rnd_view3d *empty = context;
    if (rnd_view3d_draw(empty, ask->width_px, ask->height_px, NAV_NS_PER_S) != NAV_OK) {
        return 0;
    }
    out->is_new = true;
    out->has_camera = true;
    out->camera = *rnd_view3d_shown_camera(empty);
    out->words = "CAMERA";
    return rnd_view3d_framebuffer(empty);
}

/* A live picture takes the place of the 3D view in its own layout and of nothing else: verdict,
 * sections and numbers beside it are the same to the pixel. */
static void test_a_live_picture_never_stands_alone(void **state)
{
    struct bench *bench = *state;
    bench_good_scene(bench);
    bench_show(bench);
    const size_t size = (size_t)BENCH_WIDTH * BENCH_HEIGHT * 3;
    uint8_t *before = malloc(size);
    assert_non_null(before);
    memcpy(before, bench->picture.rgb, size);
    const struct rnd_rect view = rnd_screen_view_rect(bench->screen);
    struct rnd_view3d *empty = NULL;
    const struct rnd_view3d_options options = {.full_redraw = bench_full_redraw};
    assert_int_equal(rnd_view3d_create(&options, &empty), NAV_OK);
    const struct rnd_live_picture live = {.context = empty, .draw = draw_nothing};
    for (unsigned layout = 0; layout < RND_LAYOUT_COUNT; ++layout) {
        rnd_screen_set_layout(bench->screen, (enum rnd_layout)layout);
        bench_draw(bench);
        memcpy(before, bench->picture.rgb, size);
        rnd_screen_set_live_picture(bench->screen, &live);
        bench_draw(bench);
        const struct rnd_rect now = rnd_screen_view_rect(bench->screen);
        long changed = 0;
        for (int y = 0; y < BENCH_HEIGHT; ++y) {
            for (int x = 0; x < BENCH_WIDTH; ++x) {
                const size_t at = 3 * ((size_t)y * BENCH_WIDTH + (size_t)x);
                const bool same = memcmp(&before[at], &bench->picture.rgb[at], 3) == 0;
                const bool inside =
                    x >= now.x && x < now.x + now.w && y >= now.y && y < now.y + now.h;
                assert_true(same || inside);
                changed += !same;
            }
        }
        assert_true(layout == RND_LAYOUT_AR ? changed > 1000 : changed == 0);
        rnd_screen_set_live_picture(bench->screen, NULL);
    }
    rnd_screen_set_layout(bench->screen, RND_LAYOUT_BEDSIDE);
    bench_draw(bench);
    const struct rnd_rect again = rnd_screen_view_rect(bench->screen);
    assert_memory_equal(&again, &view, sizeof(view));
    rnd_view3d_destroy(empty);
    free(before);
}

/* Under a live picture nobody waits for the 3D view: it is not drawn there, and whoever waited for
 * it (a screenshot, a window that would draw without rest meanwhile) would wait in vain. */
static void test_nobody_waits_for_a_view_under_a_live_picture(void **state)
{
    struct bench *bench = *state;
    bench_good_scene(bench);
    bench_show(bench);
    struct rnd_view3d *empty = NULL;
    const struct rnd_view3d_options options = {.full_redraw = bench_full_redraw};
    assert_int_equal(rnd_view3d_create(&options, &empty), NAV_OK);
    const struct rnd_live_picture live = {.context = empty, .draw = draw_nothing};
    const struct rnd_moment moment = {.now_ns = bench->now_ns,
                                      .utc_ns = NAV_NS_PER_S,
                                      .core_alive = true,
                                      .scene = &bench->taken};
    rnd_screen_set_layout(bench->screen, RND_LAYOUT_AR);
    rnd_screen_orbit(bench->screen, 12.0, 0.0);
    assert_int_equal(rnd_screen_draw(bench->screen, &moment), NAV_OK);
    assert_true(rnd_screen_is_behind(bench->screen) || bench_full_redraw);
    rnd_screen_set_live_picture(bench->screen, &live);
    assert_int_equal(rnd_screen_draw(bench->screen, &moment), NAV_OK);
    assert_false(rnd_screen_is_behind(bench->screen));
    rnd_screen_set_live_picture(bench->screen, NULL);
    assert_int_equal(rnd_screen_draw(bench->screen, &moment), NAV_OK);
    assert_true(rnd_screen_is_behind(bench->screen) || bench_full_redraw);
    rnd_screen_set_layout(bench->screen, RND_LAYOUT_BEDSIDE);
    rnd_screen_reset_view(bench->screen);
    bench_draw(bench);
    rnd_view3d_destroy(empty);
}

static uint32_t draw_missing(void *context, const struct rnd_live_ask *ask,
                             struct rnd_live_answer *out)
{
    (void)context;
    (void)ask;
    out->words = "NO LIVE PICTURE";
    return 0;
}

/* Why the live picture is missing is told on a plate, as what else is not shown is. */
static void test_a_missing_live_picture_is_told(void **state)
{
    struct bench *bench = *state;
    int context = 0;
    const struct rnd_live_picture live = {.context = &context, .draw = draw_missing};
    bench_good_scene(bench);
    rnd_screen_set_layout(bench->screen, RND_LAYOUT_AR);
    rnd_screen_set_live_picture(bench->screen, &live);
    bench_show(bench);
    const struct rnd_rect view = rnd_screen_view_rect(bench->screen);
    const struct rnd_rect corner = {view.x, view.y + view.h * 4 / 5, view.w / 2, view.h / 5};
    assert_true(find_blob(&bench->picture, corner, is_amber).count > 60);
    rnd_screen_set_live_picture(bench->screen, NULL);
    rnd_screen_set_layout(bench->screen, RND_LAYOUT_BEDSIDE);
    bench_draw(bench);
    const struct rnd_rect other = rnd_screen_view_rect(bench->screen);
    const struct rnd_rect same = {other.x, other.y + other.h * 4 / 5, other.w / 2, other.h / 5};
    assert_int_equal(find_blob(&bench->picture, same, is_amber).count, 0);
}

static void test_a_frame_like_the_last_is_not_drawn(void **state)
{
    struct bench *bench = *state;
    bench_good_scene(bench);
    bench_show(bench);
    struct rnd_moment moment = {.now_ns = bench->now_ns, .utc_ns = NAV_NS_PER_S};
    moment.scene = rnd_feed_take(bench->feed, &bench->taken, &moment.core_alive) == NAV_OK
                       ? &bench->taken
                       : NULL;
    assert_int_equal(rnd_screen_draw(bench->screen, &moment), NAV_AGAIN);
    rnd_screen_invalidate(bench->screen);
    assert_int_equal(rnd_screen_draw(bench->screen, &moment), NAV_OK);
}

/* The ink of the tool in a section. */
static bool is_tool_ink(const uint8_t *rgb)
{
    return rgb[0] > 120 && rgb[1] > rgb[0] * 4 / 5 && rgb[2] > rgb[0] / 3 && rgb[2] < rgb[0] / 2;
}

static bool is_cyan_line(const uint8_t *rgb)
{
    return rgb[2] > 180 && rgb[1] > 180 && rgb[0] < 200 && rgb[0] + 40 < rgb[2];
}

/* The wash over what was cut, on the plain ground of a section without a scan. */
static bool is_teal(const uint8_t *rgb)
{
    return rgb[1] > 70 && rgb[1] < 120 && rgb[2] > 60 && rgb[2] < 120 && rgb[0] < 40;
}

static void expect_sections(const struct bench *bench, bool live, int kinds)
{
    for (int kind = 0; kind < kinds; ++kind) {
        const enum rnd_section_kind section = (enum rnd_section_kind)kind;
        const struct rnd_rect rect = rnd_screen_section_rect(bench->screen, section);
        assert_false(rnd_rect_is_empty(rect));
        assert_int_equal(rnd_screen_section(bench->screen, section)->live, live);
        const long ink = find_blob(&bench->picture, rect, is_tool_ink).count;
        const long words = find_blob(&bench->picture, rect, is_amber).count;
        if (live != (ink > 4) || (!live && ink > 0) || (words > 10) == live) {
            fail_msg("section %d, %slive: %ld pixels of a tool, %ld of a warning", kind,
                     live ? "" : "not ", ink, words);
        }
    }
}

/* The view never stands alone; a section marks the tip while the tool is live, and only then. */
static void test_sections_follow_the_live_tool(void **state)
{
    struct bench *bench = *state;
    bench_good_scene(bench);
    bench_show(bench);
    expect_sections(bench, true, 3);
    bench->now_ns = bench->scene.tools[0].arrival_ns + 150 * NAV_NS_PER_MS;
    bench_draw(bench);
    expect_sections(bench, false, 3);
    bench_good_scene(bench);
    bench->scene.trust = NAV_TRUST_WITHHELD;
    bench_show(bench);
    expect_sections(bench, false, 3);

    rnd_screen_toggle_sections(bench->screen);
    bench_good_scene(bench);
    bench_show(bench);
    expect_sections(bench, true, RND_SECTION_AT_TIP_COUNT);
    bench->now_ns = bench->scene.tools[0].arrival_ns + 150 * NAV_NS_PER_MS;
    bench_draw(bench);
    expect_sections(bench, false, RND_SECTION_AT_TIP_COUNT);
    rnd_screen_toggle_sections(bench->screen);
    bench_good_scene(bench);
    bench_show(bench);
    expect_sections(bench, true, 3);
}

/* Whatever the layout: the same verdict, a view that shows something, sections beside it. */
static void test_every_layout(void **state)
{
    struct bench *bench = *state;
    bench_good_scene(bench);
    for (unsigned layout = 0; layout < RND_LAYOUT_COUNT; ++layout) {
        rnd_screen_set_layout(bench->screen, (enum rnd_layout)layout);
        bench_show(bench);
        const bool review = layout == RND_LAYOUT_REVIEW;
        expect_bar(bench, review ? RND_PAIR_BAR_REVIEW : RND_PAIR_BAR_OK);
        assert_int_equal(rnd_screen_overlay(bench->screen)->tools[0].look,
                         review ? RND_LOOK_HIDDEN : RND_LOOK_LIVE);
    }
    rnd_screen_set_layout(bench->screen, RND_LAYOUT_BEDSIDE);
    bench_show(bench);
    expect_bar(bench, RND_PAIR_BAR_OK);
}

/* Without a core, too, the plan can be looked at; it is never taken for navigation. */
static void test_review_shows_no_tool(void **state)
{
    struct bench *bench = *state;
    bench_good_scene(bench);
    rnd_screen_set_layout(bench->screen, RND_LAYOUT_REVIEW);
    bench_show(bench);
    const struct rnd_overlay *overlay = rnd_screen_overlay(bench->screen);
    assert_int_equal(overlay->trust, NAV_TRUST_WITHHELD);
    assert_string_equal(overlay->headline, "PLAN ONLY");
    assert_int_equal(find_blob(&bench->picture, bench_view(bench), is_cyan).count, 0);
    assert_true(find_blob(&bench->picture, bench_view(bench), is_green).count > 50);
    rnd_screen_undo(bench->screen);
    bench_show(bench);
    assert_string_equal(rnd_screen_overlay(bench->screen)->headline, "NAVIGATION LIVE");
}

static void order(struct bench *bench, const char *action, const char *argument,
                  const char *display)
{
    const uint64_t serial = ++bench->scene.view_order_count;
    struct nav_scene_view_order *given = &bench->scene.view_orders[serial % NAV_VIEW_ORDERS_MAX];
    memset(given, 0, sizeof(*given));
    given->serial = serial;
    (void)snprintf(given->action, sizeof(given->action), "%s", action);
    (void)snprintf(given->argument, sizeof(given->argument), "%s", argument);
    (void)snprintf(given->display, sizeof(given->display), "%s", display);
}

struct asked {
    struct rnd_view3d *empty;
    bool outlines;
    unsigned times;
};

static uint32_t draw_asked(void *context, const struct rnd_live_ask *ask,
                           struct rnd_live_answer *out)
{
    struct asked *asked = context;
    asked->outlines = ask->outlines;
    ++asked->times;
    return draw_nothing(asked->empty, ask, out);
}

/* The live picture holds no order up, least of all the one that ends it. */
static void test_orders_are_obeyed_under_a_live_picture(void **state)
{
    struct bench *bench = *state;
    struct asked asked = {0};
    const struct rnd_view3d_options options = {.full_redraw = bench_full_redraw};
    assert_int_equal(rnd_view3d_create(&options, &asked.empty), NAV_OK);
    const struct rnd_live_picture live = {.context = &asked, .draw = draw_asked};
    bench_good_scene(bench);
    rnd_screen_set_layout(bench->screen, RND_LAYOUT_AR);
    rnd_screen_set_live_picture(bench->screen, &live);
    bench_show(bench);
    assert_true(asked.times > 0);
    assert_false(asked.outlines);
    order(bench, "overlay", "outlines", "");
    bench_show(bench);
    assert_true(asked.outlines);
    order(bench, "overlay", "filled", "");
    bench_show(bench);
    assert_false(asked.outlines);
    const unsigned before = asked.times;
    order(bench, "layout", "bedside", "");
    bench_show(bench);
    assert_int_equal(asked.times, before);
    rnd_screen_set_live_picture(bench->screen, NULL);
    rnd_view3d_destroy(asked.empty);
}

/* Orders come with the scene: once each, and those from before this display are not its own. What
 * is hidden is gone from the picture, is named, and is no fault. */
static void test_orders_are_obeyed_once(void **state)
{
    struct bench *bench = *state;
    rnd_screen_destroy(bench->screen);
    bench_screen(bench, RND_LAYOUT_BEDSIDE, RND_SIDE_FOOT);
    bench_good_scene(bench);
    order(bench, "hide", "Tumour", "");
    bench_show(bench);
    const struct rnd_rect view = bench_view(bench);
    assert_true(find_blob(&bench->picture, view, is_green).count > 50);

    order(bench, "hide", "Tumour", "another");
    bench_show(bench);
    assert_true(find_blob(&bench->picture, view, is_green).count > 50);
    order(bench, "hide", "Tumour", "");
    bench_show(bench);
    assert_int_equal(find_blob(&bench->picture, view, is_green).count, 0);
    const struct rnd_rect all = rnd_screen_view_rect(bench->screen);
    assert_true(find_blob(&bench->picture, all, is_amber).count > 20); /* its name */
    expect_bar(bench, RND_PAIR_BAR_OK);

    rnd_screen_undo(bench->screen);
    bench_show(bench); /* the same scene again: the order was obeyed already */
    assert_true(find_blob(&bench->picture, view, is_green).count > 50);
    order(bench, "opacity", "Tumour=30", "");
    order(bench, "nonsense", "at all", "");
    bench_show(bench);
    assert_true(find_blob(&bench->picture, all, is_amber).count > 20);
    order(bench, "show", "", "");
    order(bench, "layout", "slices", "");
    bench_show(bench);
    assert_false(rnd_rect_is_empty(rnd_screen_section_rect(bench->screen, RND_SECTION_TOOL_B)));
    order(bench, "reset", "", "");
    bench_show(bench);
    assert_true(rnd_rect_is_empty(rnd_screen_section_rect(bench->screen, RND_SECTION_TOOL_B)));
    assert_int_equal(find_blob(&bench->picture, all, is_amber).count, 0);
}

/* A recorded tool beside the trainee's own is neither live nor drawn as one. */
static void test_a_ghost_is_never_live(void **state)
{
    struct bench *bench = *state;
    bench_good_scene(bench);
    bench->scene.tools[0].ghost = 1;
    bench_show(bench);
    const struct rnd_overlay *overlay = rnd_screen_overlay(bench->screen);
    assert_int_equal(overlay->tools[0].look, RND_LOOK_GHOST);
    assert_int_equal(overlay->trust, NAV_TRUST_WITHHELD); /* no tool of one's own */
    for (int axis = 0; axis < 3; ++axis) {
        assert_string_equal(overlay->tools[0].tip[axis], "   --.-");
    }
    assert_int_equal(find_blob(&bench->picture, bench_view(bench), is_cyan).count, 0);
    expect_sections(bench, false, 3);
}

/* The plane of the active cut: its outline, what was cut, and the blade while it is live. */
static void test_the_plane_of_the_active_cut(void **state)
{
    struct bench *bench = *state;
    static struct nav_cut_map map;
    bench_good_scene(bench);
    bench->scene.cut_count = 1;
    bench->scene.cuts[0].state = NAV_CUT_ACTIVE;
    /* The shaft in the plane, along the cutting direction. */
    bench->scene.tools[0].T_image_tool.q[0] = -M_SQRT1_2;
    bench->scene.tools[0].T_image_tool.q[3] = M_SQRT1_2;
    bench->scene.tools[0].T_image_tool.t_mm[0] = 0.0;
    bench->scene.tools[0].T_image_tool.t_mm[1] = 10.0;
    bench->scene.tools[0].T_image_tool.t_mm[2] = 20.0;
    memcpy(bench->scene.tools[0].tip_image_mm, bench->scene.tools[0].T_image_tool.t_mm,
           sizeof(bench->scene.tools[0].tip_image_mm));
    rnd_screen_set_layout(bench->screen, RND_LAYOUT_CUT);
    bench_show(bench);
    const struct rnd_rect place = rnd_screen_section_rect(bench->screen, RND_SECTION_CUT);
    const struct rnd_section *section = rnd_screen_section(bench->screen, RND_SECTION_CUT);
    assert_true(section->live);
    assert_string_equal(section->title_number, " 1");
    assert_true(find_blob(&bench->picture, place, is_tool_ink).count > 4);
    const long outline = find_blob(&bench->picture, place, is_cyan_line).count;
    assert_true(outline > 200);
    const long before = find_blob(&bench->picture, place, is_teal).count;

    /* A quarter of the plan is cut: 50 x 40 mm from its corner. */
    map = (struct nav_cut_map){.case_id = 42,
                               .revision = 1,
                               .columns = 100,
                               .rows = 80,
                               .cell_mm = 1.0,
                               .origin_mm = {50, 45, 20},
                               .u = {-1, 0, 0},
                               .v = {0, -1, 0},
                               .normal = {0, 0, 1}};
    for (uint32_t row = 0; row < map.rows; ++row) {
        for (uint32_t column = 0; column < map.columns; ++column) {
            map.cells[row * map.columns + column] =
                row < 40 && column < 50 ? nav_cut_cell_of_mm(0.1) : NAV_CUT_CELL_UNCUT;
        }
    }
    const struct rnd_moment moment = {.now_ns = bench->now_ns,
                                      .utc_ns = NAV_NS_PER_S,
                                      .core_alive = true,
                                      .scene = &bench->taken,
                                      .cut_map = &map};
    assert_int_equal(rnd_screen_draw(bench->screen, &moment), NAV_OK);
    rnd_screen_read(bench->screen, bench->picture.rgb);
    const struct blob cut = find_blob(&bench->picture, place, is_teal);
    assert_true(cut.count > before + 500);
    assert_true(cut.x < place.x + place.w / 2.0 && cut.y < place.y + place.h / 2.0);
    map.cut = 3; /* another cut's */
    map.revision = 2;
    assert_int_equal(rnd_screen_draw(bench->screen, &moment), NAV_OK);
    rnd_screen_read(bench->screen, bench->picture.rgb);
    assert_true(find_blob(&bench->picture, place, is_teal).count < before + 100);
    rnd_screen_set_layout(bench->screen, RND_LAYOUT_BEDSIDE);
}

static void test_any_size(void **state)
{
    struct bench *bench = *state;
    bench_good_scene(bench);
    bench_publish(bench);
    static const int sizes[][2] = {{1, 1},   {2, 700},   {900, 3},
                                   {64, 64}, {500, 900}, {BENCH_WIDTH, BENCH_HEIGHT}};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); ++i) {
        assert_int_equal(rnd_screen_resize(bench->screen, sizes[i][0], sizes[i][1]), NAV_OK);
        const struct rnd_moment moment = {.now_ns = bench->now_ns,
                                          .utc_ns = NAV_NS_PER_S,
                                          .core_alive = true,
                                          .scene = &bench->taken};
        assert_int_equal(rnd_screen_draw(bench->screen, &moment), NAV_OK);
        uint8_t *rgb = malloc((size_t)sizes[i][0] * (size_t)sizes[i][1] * 3);
        assert_non_null(rgb);
        rnd_screen_read(bench->screen, rgb);
        free(rgb);
    }
    assert_int_equal(rnd_screen_resize(bench->screen, 0, 0), NAV_ERR_ARGUMENT);
    rnd_screen_read(bench->screen, bench->picture.rgb);
    expect_bar(bench, RND_PAIR_BAR_OK);
}

/* A clock that jumps: drawing seems to take as long as it says. */
static int64_t jumping_now_ns(void *context)
{
    return *(const int64_t *)context;
}

/* The display itself is too slow: what was live when drawing began is not shown as live when it
 * ends. */
static void test_a_slow_picture_is_not_live(void **state)
{
    struct bench *bench = *state;
    bench_good_scene(bench);
    bench_show(bench);
    expect_bar(bench, RND_PAIR_BAR_OK);
    int64_t after_ns = bench->now_ns + 300 * NAV_NS_PER_MS;
    const struct nav_clock clock = {.now_ns = jumping_now_ns, .context = &after_ns};
    bench->scene.tools[0].T_image_tool.t_mm[0] += 5.0; /* something to draw */
    bench_publish(bench);
    const struct rnd_moment moment = {.now_ns = bench->now_ns,
                                      .utc_ns = NAV_NS_PER_S,
                                      .core_alive = true,
                                      .scene = &bench->taken,
                                      .clock = &clock};
    assert_int_equal(rnd_screen_draw(bench->screen, &moment), NAV_OK);
    rnd_screen_read(bench->screen, bench->picture.rgb);
    expect_bar(bench, RND_PAIR_BAR_WITHHELD);
    expect_no_tool(bench);
    assert_string_equal(rnd_screen_overlay(bench->screen)->reason, "DISPLAY TOO SLOW");
}

/* Bright pixels where the screen says that the view is not the whole picture yet: under its name,
 * on the plain ground of the view's corner. */
static long refining_mark(struct bench *bench)
{
    const struct rnd_rect view = rnd_screen_view_rect(bench->screen);
    rnd_screen_read(bench->screen, bench->picture.rgb);
    const double unit = fmin(BENCH_WIDTH / 1920.0, BENCH_HEIGHT / 1080.0);
    const struct rnd_rect place = {view.x + (int)(34 * unit), view.y + (int)(72 * unit),
                                   (int)(170 * unit), (int)(32 * unit)};
    return find_blob(&bench->picture, place, is_bright).count;
}

/* A picture from reduced meshes, or the former one while the next is on its way, is called so, and
 * only as long as it is one. */
static void test_a_reduced_picture_says_so(void **state)
{
    struct bench *bench = *state;
    bench_good_scene(bench);
    bench_show(bench);
    assert_int_equal(refining_mark(bench), 0);
    const struct rnd_moment moment = {.now_ns = bench->now_ns,
                                      .utc_ns = NAV_NS_PER_S,
                                      .core_alive = true,
                                      .scene = &bench->taken};
    for (int step = 0; step < 3; ++step) {
        rnd_screen_orbit(bench->screen, 12.0, 0.0);
        assert_int_equal(rnd_screen_draw(bench->screen, &moment), NAV_OK);
        const bool behind = rnd_screen_is_behind(bench->screen);
        assert_true(behind || bench_full_redraw);
        assert_true((refining_mark(bench) > 40) == behind);
    }
    bench_draw(bench);
    assert_int_equal(refining_mark(bench), 0);
    rnd_screen_reset_view(bench->screen);
    bench_draw(bench);
}

/* Tools are drawn into a finished picture: whatever they have passed over must be as if they had
 * never been there. */
static void test_tools_leave_no_trace(void **state)
{
    struct bench *bench = *state;
    bench_good_scene(bench);
    bench_show(bench);
    const size_t size = (size_t)BENCH_WIDTH * BENCH_HEIGHT * 3;
    uint8_t *first = malloc(size);
    assert_non_null(first);
    memcpy(first, bench->picture.rgb, size);
    const struct nav_pose home = bench->scene.tools[0].T_image_tool;
    for (int i = 0; i < 12; ++i) {
        struct nav_pose *pose = &bench->scene.tools[0].T_image_tool;
        const double angle = 0.5 * i;
        pose->t_mm[0] = 90.0 * cos(angle);
        pose->t_mm[1] = 60.0 * sin(2.0 * angle);
        pose->t_mm[2] = 70.0 * sin(angle);
        pose->q[0] = sin(angle / 2.0);
        pose->q[3] = cos(angle / 2.0);
        bench_show(bench);
    }
    bench->scene.tools[0].T_image_tool = home;
    bench_show(bench);
    const struct rnd_rect view = rnd_screen_view_rect(bench->screen);
    for (int y = view.y; y < view.y + view.h; ++y) {
        assert_memory_equal(pixel(&bench->picture, view.x, y),
                            first + 3 * ((size_t)y * BENCH_WIDTH + (size_t)view.x),
                            (size_t)view.w * 3);
    }
    free(first);
}

/* `full`: everything is drawn anew in each frame; what is seen must be the same. */
int main(int argc, char **argv)
{
    bench_full_redraw = argc > 1 && strcmp(argv[1], "full") == 0;
#define CASE(function) cmocka_unit_test(function)
    /* One screen for all: each test begins by publishing its own scene. */
    const struct CMUnitTest tests[] = {
        CASE(test_live),
        CASE(test_the_other_side_sees_the_same),
        CASE(test_late),
        CASE(test_silent_core_is_withheld),
        CASE(test_reference_lost),
        CASE(test_unregistered),
        CASE(test_another_case_is_refused),
        CASE(test_core_dies_and_comes_back),
        CASE(test_heartbeat_follows_the_poses),
        CASE(test_replay_and_simulation_are_framed),
        CASE(test_every_view_is_named),
        CASE(test_a_live_picture_never_stands_alone),
        CASE(test_a_missing_live_picture_is_told),
        CASE(test_nobody_waits_for_a_view_under_a_live_picture),
        CASE(test_a_frame_like_the_last_is_not_drawn),
        CASE(test_a_slow_picture_is_not_live),
        CASE(test_tools_leave_no_trace),
        CASE(test_a_reduced_picture_says_so),
        CASE(test_every_layout),
        CASE(test_review_shows_no_tool),
        CASE(test_orders_are_obeyed_once),
        CASE(test_orders_are_obeyed_under_a_live_picture),
        CASE(test_a_ghost_is_never_live),
        CASE(test_the_plane_of_the_active_cut),
        CASE(test_any_size),
        CASE(test_face_of_a_cut),
        CASE(test_sections_follow_the_live_tool),
        CASE(test_what_is_not_shown_is_named),
        CASE(test_hidden_is_not_missing),
        CASE(test_every_structure_shows),
        CASE(test_structures_lie_where_the_letters_say),
    };
    return cmocka_run_group_tests(tests, bench_set_up, bench_tear_down);
}
