/* The list of cuts, the guided tool and the numbers of a scene. */
#include "guide_fixture.h"

/* Half the thickness: the middle plane lies below the face that touches the planned plane. */
static const double flush_z = -1.0;

static void numbers_of_the_active_cut(void **state)
{
    (void)state;
    hold_at(OSTEOTOME, 3, 12, flush_z);
    const struct nav_scene_cut *cut = &bench.scene.cuts[CUT_A];
    assert_int_equal(bench.scene.cut_count, CUTS);
    assert_string_equal(cut->name, "A");
    assert_int_equal(cut->state, NAV_CUT_PLANNED);
    assert_int_equal(cut->guided, 0);
    assert_true(isnan(cut->offset_mm) && isnan(cut->remaining_mm) && isnan(cut->margin_mm));
    assert_near_mm(cut->kerf_mm, 2.0);
    assert_near_mm(cut->planned_margin_mm, 12.0);
    assert_int_equal(bench.scene.guided_tool, OSTEOTOME);

    activate("A");
    hold_at(OSTEOTOME, 3, 12, flush_z);
    assert_int_equal(cut->state, NAV_CUT_ACTIVE);
    assert_int_equal(cut->guided, 1);
    assert_int_equal(cut->guide, NAV_GUIDE_BLADE);
    assert_int_equal(cut->tool, OSTEOTOME);
    assert_int_equal(cut->cutting, 1);
    assert_near_mm(cut->offset_mm, 0.0);
    assert_near_mm(cut->along_mm, 3.0);
    assert_near_mm(cut->depth_mm, 12.0);
    assert_near_mm(cut->remaining_mm, 48.0);  /* to the far cortex */
    assert_near_mm(cut->uncertainty_mm, 0.7); /* 0.6, 0.3, 0.2 */
    assert_int_equal(cut->offset_state, NAV_LIMIT_CLEAR);
    assert_int_equal(cut->angle_state, NAV_LIMIT_CLEAR);
    assert_int_equal(cut->depth_state, NAV_LIMIT_CLEAR);
    assert_int_equal(bench.scene.cuts[CUT_B].guided, 0);
    assert_true(isnan(cut->line_mm));

    bench.live[OSTEOTOME] = false;
    make_scene();
    advance();
    assert_int_equal(cut->guided, 0);
    assert_true(isnan(cut->offset_mm));
    assert_int_equal(cut->state, NAV_CUT_ACTIVE);
}

static void what_is_known_of_errors_counts(void **state)
{
    (void)state;
    bench.config.tools[OSTEOTOME].calibration_mm = 0.4;
    start_guide();
    bench.live[OSTEOTOME] = true;
    bench.poses[OSTEOTOME] = nav_pose_identity();
    bench.poses[OSTEOTOME].t_mm[1] = 30;
    make_scene();
    bench.scene.registration.tre_mm = 1.2;
    bench.scene.tools[OSTEOTOME].error_mm = 0.3;
    advance();
    assert_near_mm(bench.scene.structures[NERVE].uncertainty_mm, 1.3);
}

static void distances_to_all_structures(void **state)
{
    (void)state;
    hold_at(OSTEOTOME, 0, 30, 0);
    assert_int_equal(bench.scene.structure_count, STRUCTURES);
    const struct nav_scene_structure *nerve = &bench.scene.structures[NERVE];
    assert_string_equal(nerve->name, "S2");
    assert_int_equal(nerve->has_distance, 1);
    assert_int_equal(nerve->is_signed, 1);
    assert_int_equal(nerve->limited, 1);
    assert_int_equal(nerve->tool, OSTEOTOME);
    assert_near_mm(nerve->distance_mm, 36.0);
    assert_near_mm(nerve->ahead_mm, 36.0);
    assert_near_mm(nerve->behind_mm, 6.0); /* behind the far cortex at y = 60 */
    assert_near_mm(nerve->nearest_mm[1], 66.0);
    assert_near_mm(nerve->from_mm[1], 30.0);
    assert_int_equal(nerve->limit_state, NAV_LIMIT_CLEAR);
    assert_true(bench.scene.structures[BONE].distance_mm < 0.0);
    assert_int_equal(bench.scene.structures[BONE].limit_state, NAV_LIMIT_NONE);
    assert_true(isnan(bench.scene.structures[VESSEL].ahead_mm));
    bench.live[OSTEOTOME] = false;
    make_scene();
    advance();
    assert_int_equal(nerve->has_distance, 0);
    assert_true(isnan(nerve->distance_mm) && isnan(nerve->nearest_mm[0]));
    assert_int_equal(nerve->limit_state, NAV_LIMIT_NONE);
    assert_near_mm(nerve->caution_mm, 5.0);
}

static void the_list_goes_on_by_command(void **state)
{
    (void)state;
    const struct nav_scene_cut *a = &bench.scene.cuts[CUT_A];
    const struct nav_scene_cut *b = &bench.scene.cuts[CUT_B];
    assert_refused(trk_guide_cut_activate(bench.guide, "C", 0, &bench.reply), "no cut 'C'");
    assert_refused(trk_guide_cut_pause(bench.guide, NULL, &bench.reply), "no cut is active");
    assert_refused(trk_guide_cut_done(bench.guide, "A", 0, &bench.reply), "is planned");
    const int64_t first_ns = bench.now_ns;
    activate("A");
    assert_refused(trk_guide_cut_activate(bench.guide, "A", 0, &bench.reply), "already");
    wait_ms(40);
    activate("B");
    assert_non_null(strstr(bench.reply.text, "A pauses"));
    wait_ms(20);
    assert_int_equal(a->state, NAV_CUT_PAUSED);
    assert_int_equal(b->state, NAV_CUT_ACTIVE);
    assert_int_equal(a->started_ns, first_ns);
    assert_refused(trk_guide_cut_pause(bench.guide, "A", &bench.reply), "not active");
    assert_done(trk_guide_cut_pause(bench.guide, NULL, &bench.reply));
    assert_done(trk_guide_cut_skip(bench.guide, "B", bench.now_ns, &bench.reply));
    assert_refused(trk_guide_cut_skip(bench.guide, "B", 0, &bench.reply), "already");
    activate("A");
    assert_done(trk_guide_cut_done(bench.guide, NULL, bench.now_ns, &bench.reply));
    const int64_t end_ns = bench.now_ns;
    wait_ms(20);
    assert_int_equal(a->state, NAV_CUT_DONE);
    assert_int_equal(b->state, NAV_CUT_SKIPPED);
    assert_int_equal(a->started_ns, first_ns);
    assert_int_equal(a->ended_ns, end_ns);
    assert_int_equal(a->overrides, 0);
    activate("A"); /* closed by mistake: somebody decided against the list */
    wait_ms(20);
    assert_int_equal(a->state, NAV_CUT_ACTIVE);
    assert_int_equal(a->overrides, 1);
    assert_int_equal(a->ended_ns, 0);
}

static void the_pose_suggests_a_cut(void **state)
{
    (void)state;
    assert_refused(trk_guide_cut_accept(bench.guide, 0, &bench.reply), "no cut is suggested");
    hold_at(OSTEOTOME, 0, -5, -19); /* flush with B */
    wait_ms(480);
    assert_int_equal(bench.scene.cuts[CUT_B].suggested, 0);
    wait_ms(40);
    assert_int_equal(bench.scene.cuts[CUT_B].suggested, 1);
    assert_int_equal(bench.scene.cuts[CUT_A].suggested, 0);
    assert_done(trk_guide_cut_accept(bench.guide, bench.now_ns, &bench.reply));
    wait_ms(20);
    assert_int_equal(bench.scene.cuts[CUT_B].state, NAV_CUT_ACTIVE);
    assert_int_equal(bench.scene.cuts[CUT_B].suggested, 0);
    hold_at(OSTEOTOME, 0, -5, -1);
    wait_ms(540);
    assert_int_equal(bench.scene.cuts[CUT_A].suggested, 1);
    hold_at(OSTEOTOME, 0, -5, 60); /* far from every cut */
    assert_int_equal(bench.scene.cuts[CUT_A].suggested, 0);
    assert_done(trk_guide_cut_skip(bench.guide, "A", bench.now_ns, &bench.reply));
    hold_at(OSTEOTOME, 0, -5, -1);
    wait_ms(540);
    assert_int_equal(bench.scene.cuts[CUT_A].suggested, 0); /* nobody wants it any more */
}

static void another_tool_guides(void **state)
{
    (void)state;
    activate("A");
    assert_refused(trk_guide_use_tool(bench.guide, "Saw", &bench.reply), "no tool 'Saw'");
    assert_refused(trk_guide_use_tool(bench.guide, "Pointer", &bench.reply), "neither blade nor");
    assert_done(trk_guide_use_tool(bench.guide, "Burr", &bench.reply));
    hold_at(BURR, 3, 10, -4);
    const struct nav_scene_cut *cut = &bench.scene.cuts[CUT_A];
    assert_int_equal(cut->guide, NAV_GUIDE_AXIS);
    assert_int_equal(cut->tool, BURR);
    assert_near_mm(cut->kerf_mm, 4.0);
    assert_near_mm(cut->offset_mm, -2.0); /* the ball's side */
    assert_near_mm(cut->line_mm, 5.0);
    assert_near_mm(cut->line_deg, 0.0);
    assert_true(isnan(cut->roll_deg));
}

/* The cutter's edge rests on (0, 0, 0); the pointer is 12 mm above it and 5 mm behind its edge. */
static void a_pointer_beside_a_cutter(void **state)
{
    (void)state;
    const double point[3] = {0, 0, 0};
    const struct trk_guide_cutter cutter = {.width_mm = 16, .thickness_mm = 1.5};
    assert_refused(trk_guide_parallel_cancel(bench.guide, &bench.reply), "nothing is held");
    assert_refused(
        trk_guide_parallel_start(bench.guide, "Osteotome", "x", point, &cutter, 0, &bench.reply),
        "guides by itself");
    assert_refused(trk_guide_parallel_start(bench.guide, NULL, "x", point,
                                            &(struct trk_guide_cutter){.width_mm = 16}, 0,
                                            &bench.reply),
                   "lengths above 0");
    hold_at(POINTER, 0, -5, 12);
    assert_done(trk_guide_parallel_start(bench.guide, NULL, "promontory", point, &cutter,
                                         bench.now_ns, &bench.reply));
    uint64_t noise = 1;
    int64_t held_ms = 0;
    while (bench.guide != NULL && held_ms < 2000) {
        noise = noise * UINT64_C(6364136223846793005) + 1;
        hold_at(POINTER, 1e-4 * (double)(noise >> 60), -5, 12);
        held_ms += 20;
        if (bench.scene.collection.kind == NAV_COLLECTION_NONE) {
            break;
        }
        assert_int_equal(bench.scene.collection.kind, NAV_COLLECTION_PARALLEL);
        assert_string_equal(bench.scene.collection.landmark, "promontory");
    }
    assert_true(held_ms >= 1000 && held_ms < 1200);
    assert_int_equal(bench.scene.collection.good, 1);
    assert_int_equal(bench.scene.guided_tool, POINTER);
    activate("A");
    hold_at(POINTER, 0, 5, 11.25);
    const struct nav_scene_cut *cut = &bench.scene.cuts[CUT_A];
    assert_int_equal(cut->guide, NAV_GUIDE_PARALLEL);
    assert_true(fabs(cut->depth_mm - 10.0) < 0.01);
    assert_true(fabs(cut->offset_mm) < 0.01); /* 0.75 below, half of 1.5 mm thick */
    assert_true(fabs(cut->roll_deg) < 0.1 && fabs(cut->pitch_deg) < 0.1);
    assert_near_mm(cut->kerf_mm, 1.5);
    assert_done(trk_guide_use_tool(bench.guide, "Osteotome", &bench.reply));
    assert_done(trk_guide_use_tool(bench.guide, "Pointer", &bench.reply)); /* known by now */
}

static void what_spoils_a_hold(void **state)
{
    (void)state;
    const double point[3] = {0, 0, 0};
    const struct trk_guide_cutter cutter = {.width_mm = 16, .thickness_mm = 1.5};
    for (int kind = 0; kind < 4; ++kind) {
        start_guide();
        hold_at(POINTER, 0, -5, kind == 3 ? 1 : 12); /* 3: on the cutter's line, no side */
        assert_done(trk_guide_parallel_start(bench.guide, "Pointer", "x", point, &cutter,
                                             bench.now_ns, &bench.reply));
        for (int i = 0; i < 60; ++i) {
            hold_at(POINTER, 1e-4 * i, -5, kind == 3 ? 1 : 12);
            if (i == 10 && kind == 0) {
                bench.live[POINTER] = false;
                make_scene();
                advance();
            } else if (i == 10 && kind == 1) {
                hold_at(POINTER, 4, -5, 12);
            } else if (i == 10 && kind == 2) {
                wait_ms(200); /* the same pose: none is new */
            }
        }
        assert_int_equal(bench.scene.collection.kind, NAV_COLLECTION_NONE);
        assert_int_equal(bench.scene.collection.good, 0);
        assert_non_null(strstr(bench.scene.collection.outcome, "refused"));
        assert_int_equal(bench.scene.guided_tool, OSTEOTOME);
    }
}

/* The blade goes 30 mm into the bone along cut A, 0.4 mm above it: what was cut says so. */
static void what_was_cut_is_kept(void **state)
{
    (void)state;
    activate("A");
    for (int i = 0; i <= 110; ++i) {
        hold_at(OSTEOTOME, 0, -3 + 0.3 * i, flush_z + 0.4);
    }
    const int64_t cutting_ns = bench.scene.cuts[CUT_A].cutting_ns;
    assert_true(cutting_ns > 1900 * MS && cutting_ns < 2100 * MS);
    wait_ms(400);
    const struct nav_scene_cut *cut = &bench.scene.cuts[CUT_A];
    assert_true(cut->map_revision > 0);
    assert_true(cut->coverage > 0.1 && cut->coverage < 0.9);
    assert_true(fabs(cut->mean_deviation_mm - 0.4) < 0.02);
    assert_int_equal(cut->fitted, 1);
    assert_true(fabs(cut->angle_deg) < 0.1);
    static struct nav_cut_map map;
    assert_true(trk_guide_take_map(bench.guide, CUT_A, &map));
    assert_false(trk_guide_take_map(bench.guide, CUT_A, &map)); /* nothing is new */
    assert_int_equal(map.cut, CUT_A);
    assert_int_equal(map.case_id, 7);
    assert_int_equal(map.revision, cut->map_revision);
    assert_false(trk_guide_take_map(bench.guide, CUT_B, &map));
    assert_false(trk_guide_take_map(bench.guide, CUTS, &map));
    assert_null(trk_guide_record(bench.guide, CUTS));
    assert_done(trk_guide_cut_done(bench.guide, NULL, bench.now_ns, &bench.reply));
    wait_ms(20);
    assert_true(fabs(cut->margin_mm - 11.6) < 0.02);
}

/* A touch of the bone is on the map; what plane and what margin it leaves nobody knows. */
static void what_is_not_known_is_not_stated(void **state)
{
    (void)state;
    activate("A");
    for (int i = 0; i <= 3; ++i) {
        hold_at(OSTEOTOME, 0, -3 + 2.0 * i, flush_z + 0.4);
    }
    wait_ms(400);
    const struct nav_scene_cut *cut = &bench.scene.cuts[CUT_A];
    assert_true(cut->map_revision > 0 && cut->coverage > 0.0);
    assert_int_equal(cut->fitted, 0);
    assert_true(isnan(cut->mean_deviation_mm) && isnan(cut->location_mm));
    assert_true(isnan(cut->angle_deg));
    assert_true(isnan(cut->flatness_mm) && isnan(cut->parallelism_mm));
    assert_true(isnan(cut->entry_deviation_mm) && isnan(cut->margin_mm));
    assert_true(isnan(cut->executed_normal[0]) && isnan(cut->executed_point_mm[0]));
}

/* The image moves under a blade that stands still: nothing was swept. */
static void another_registration_cuts_nothing(void **state)
{
    (void)state;
    activate("A");
    hold_at(OSTEOTOME, 0, 20, flush_z);
    make_scene();
    bench.scene.registration.T_image_reference.t_mm[1] = 4;
    bench.scene.tools[OSTEOTOME].T_image_tool.t_mm[1] = 24;
    advance();
    assert_int_equal(bench.scene.cuts[CUT_A].map_revision, 0);
    assert_int_equal(bench.scene.cuts[CUT_A].guided, 1);
}

static void a_gap_cuts_nothing(void **state)
{
    (void)state;
    activate("A");
    hold_at(OSTEOTOME, 0, 20, flush_z);
    bench.live[OSTEOTOME] = false;
    make_scene();
    advance();
    hold_at(OSTEOTOME, 0, 24, flush_z);
    assert_int_equal(bench.scene.cuts[CUT_A].map_revision, 0);
    hold_at(OSTEOTOME, 0, 28, flush_z); /* without one it does */
    assert_true(bench.scene.cuts[CUT_A].map_revision > 0);
}

/* The same scenes and commands give the same bytes; a copy goes on as its origin. */
static void a_run(uint64_t *out_hashes, size_t count, bool copied)
{
    start_guide();
    for (size_t i = 0; i < count; ++i) {
        if (i == 20) {
            activate("A");
        }
        if (i == 60) {
            (void)trk_guide_cut_done(bench.guide, NULL, bench.now_ns, &bench.reply);
        }
        if (copied && i == 45) {
            struct trk_guide *other = NULL;
            assert_int_equal(trk_guide_create(&bench.config, &other), NAV_OK);
            trk_guide_copy(other, bench.guide);
            trk_guide_destroy(bench.guide);
            bench.guide = other;
        }
        bench.live[OSTEOTOME] = i % 37 != 36;
        bench.poses[OSTEOTOME] = nav_pose_identity();
        bench.poses[OSTEOTOME].t_mm[0] = 0.01 * (double)i;
        bench.poses[OSTEOTOME].t_mm[1] = -5 + 0.5 * (double)i;
        bench.poses[OSTEOTOME].t_mm[2] = -1 + 0.02 * (double)i;
        make_scene();
        advance();
        uint64_t hash = UINT64_C(14695981039346656037);
        const unsigned char *bytes = (const unsigned char *)&bench.scene;
        for (size_t k = 0; k < sizeof(bench.scene); ++k) {
            hash = (hash ^ bytes[k]) * UINT64_C(1099511628211);
        }
        out_hashes[i] = hash;
    }
}

static void the_same_inputs_give_the_same_bytes(void **state)
{
    (void)state;
    enum { COUNT = 130 };
    static uint64_t once[COUNT], again[COUNT], copied[COUNT];
    a_run(once, COUNT, false);
    a_run(again, COUNT, false);
    a_run(copied, COUNT, true);
    for (size_t i = 0; i < COUNT; ++i) {
        assert_true(once[i] == again[i]);
        assert_true(once[i] == copied[i]);
    }
}

static void what_is_no_config(void **state)
{
    (void)state;
    struct trk_guide *guide = NULL;
    struct trk_guide_config config = bench.config;
    config.cuts[0].plan.u[0] = 0.9;
    assert_int_equal(trk_guide_create(&config, &guide), NAV_ERR_ARGUMENT);
    config = bench.config;
    config.structure_count = NAV_STRUCTURES_MAX + 1;
    assert_int_equal(trk_guide_create(&config, &guide), NAV_ERR_ARGUMENT);
    config = bench.config;
    config.limits.over_depth_mm = -1;
    assert_int_equal(trk_guide_create(&config, &guide), NAV_ERR_ARGUMENT);
    config = (struct trk_guide_config){.limits = bench.config.limits};
    assert_int_equal(trk_guide_create(&config, &guide), NAV_OK); /* nothing to guide is legal */
    make_scene();
    trk_guide_advance(guide, &bench.scene);
    assert_int_equal(bench.scene.cut_count, 0);
    assert_int_equal(bench.scene.guided_tool, NAV_SUBJECT_NONE);
    trk_guide_destroy(guide);
    trk_guide_destroy(NULL);
}

#define GUIDE_TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        GUIDE_TEST(numbers_of_the_active_cut),
        GUIDE_TEST(what_is_known_of_errors_counts),
        GUIDE_TEST(distances_to_all_structures),
        GUIDE_TEST(the_list_goes_on_by_command),
        GUIDE_TEST(the_pose_suggests_a_cut),
        GUIDE_TEST(another_tool_guides),
        GUIDE_TEST(a_pointer_beside_a_cutter),
        GUIDE_TEST(what_spoils_a_hold),
        GUIDE_TEST(what_was_cut_is_kept),
        GUIDE_TEST(what_is_not_known_is_not_stated),
        GUIDE_TEST(another_registration_cuts_nothing),
        GUIDE_TEST(a_gap_cuts_nothing),
        GUIDE_TEST(the_same_inputs_give_the_same_bytes),
        GUIDE_TEST(what_is_no_config),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
