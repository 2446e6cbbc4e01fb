/* Sections: the right place, the right way round, and never live when no tool is. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sections.h"

enum { SIDE = 41, WIDTH = 201, HEIGHT = 161, MIDDLE_X = WIDTH / 2, MIDDLE_Y = HEIGHT / 2 };

static const double height_mm = 80.5;         /* two pixels a millimetre */
static const uint32_t tool_word = 0xffffe45c; /* the ink of tools */

struct bench {
    struct rnd_sections *sections;
    struct rnd_overlay overlay;
    int16_t *voxels;
};

/* 2 mm voxels around the origin: air, and a bright block to the patient's left, behind, head. */
static void give_volume(struct bench *bench)
{
    bench->voxels = malloc(sizeof(*bench->voxels) * SIDE * SIDE * SIDE);
    assert_non_null(bench->voxels);
    for (int k = 0; k < SIDE; ++k) {
        for (int j = 0; j < SIDE; ++j) {
            for (int i = 0; i < SIDE; ++i) {
                const bool block = i > 22 && i < 30 && j > 22 && j < 30 && k > 22 && k < 30;
                const bool plus = (i == 20) + (j == 20) + (k == 20) >= 1;
                bench->voxels[(k * SIDE + j) * SIDE + i] =
                    (int16_t)(block || (plus && i + j + k > 66) ? 2000 : 100);
            }
        }
    }
    struct rnd_volume volume = {.voxels = bench->voxels, .size = {SIDE, SIDE, SIDE}};
    for (int i = 0; i < 3; ++i) {
        volume.T_image_voxel[5 * i] = 2.0;
        volume.T_image_voxel[4 * i + 3] = -40.0;
    }
    const struct rnd_window_level window = RND_WINDOW_BONE;
    rnd_sections_set_volume(bench->sections, &volume, &window);
}

static int set_up(void **state)
{
    struct bench *bench = calloc(1, sizeof(*bench));
    assert_non_null(bench);
    assert_int_equal(rnd_sections_create(&bench->sections), NAV_OK);
    const struct rnd_tool_shape shape = {.shape = RND_SHAPE_POINTER,
                                         .axis = {0.0, 0.0, -1.0},
                                         .up = {0.0, 1.0, 0.0},
                                         .length_mm = 100.0,
                                         .diameter_mm = 3.0};
    assert_int_equal(rnd_sections_add_tool(bench->sections, &shape), NAV_OK);
    assert_int_equal(rnd_sections_add_tool(bench->sections, NULL), NAV_OK);
    for (int kind = 0; kind < RND_SECTION_AT_TIP_COUNT; ++kind) {
        assert_int_equal(rnd_sections_resize(bench->sections, (enum rnd_section_kind)kind, WIDTH,
                                             HEIGHT, height_mm, 1.0),
                         NAV_OK);
    }
    bench->overlay.tool_count = 2;
    for (int i = 0; i < 2; ++i) {
        bench->overlay.tools[i].T_image_tool = nav_pose_identity();
        rnd_text_append(bench->overlay.tools[i].name, sizeof(bench->overlay.tools[i].name),
                        i == 0 ? "Pointer" : "Saw");
    }
    *state = bench;
    return 0;
}

static int tear_down(void **state)
{
    struct bench *bench = *state;
    rnd_sections_destroy(bench->sections);
    free(bench->voxels);
    free(bench);
    return 0;
}

static void place(struct bench *bench, int tool, enum rnd_look look, double x, double y, double z)
{
    struct rnd_overlay_tool *shown = &bench->overlay.tools[tool];
    const double tip[3] = {x, y, z};
    shown->look = look;
    memcpy(shown->tip_mm, tip, sizeof(tip));
    memcpy(shown->T_image_tool.t_mm, tip, sizeof(tip));
    rnd_sections_update(bench->sections, &bench->overlay);
}

static const struct rnd_section *get(const struct bench *bench, enum rnd_section_kind kind)
{
    return rnd_sections_get(bench->sections, kind);
}

static unsigned grey_at(const struct rnd_section *section, int x, int y)
{
    return section->pixels[y * WIDTH + x] & 0xff;
}

static size_t count_word(const struct rnd_section *section, uint32_t word)
{
    size_t count = 0;
    for (size_t i = 0; i < (size_t)WIDTH * HEIGHT; ++i) {
        count += section->pixels[i] == word;
    }
    return count;
}

/* A place 20 mm to the right and 20 mm down of the middle is 40 pixels away either way. */
static void test_the_right_way_round(void **state)
{
    struct bench *bench = *state;
    give_volume(bench);
    place(bench, 0, RND_LOOK_LIVE, 12.0, 12.0, 12.0); /* in the block */
    static const char *const edges[3][RND_EDGE_COUNT] = {
        {"R", "L", "A", "P"}, {"A", "P", "H", "F"}, {"R", "L", "H", "F"}};
    for (int kind = 0; kind < 3; ++kind) {
        const struct rnd_section *section = get(bench, (enum rnd_section_kind)kind);
        for (int edge = 0; edge < RND_EDGE_COUNT; ++edge) {
            assert_string_equal(section->letters.edge[edge], edges[kind][edge]);
        }
        assert_true(section->live && section->scan);
        assert_string_equal(section->tool, "Pointer");
    }
    /* From a tip at the origin the block lies left, posterior, head. */
    place(bench, 0, RND_LOOK_LIVE, 12.0, 0.0, 0.0);
    const struct rnd_section *sagittal = get(bench, RND_SECTION_SAGITTAL);
    assert_true(grey_at(sagittal, MIDDLE_X + 24, MIDDLE_Y - 24) > 200);
    assert_true(grey_at(sagittal, MIDDLE_X - 24, MIDDLE_Y - 24) < 120);
    assert_true(grey_at(sagittal, MIDDLE_X - 24, MIDDLE_Y + 24) < 120);
    place(bench, 0, RND_LOOK_LIVE, 0.0, 0.0, 12.0);
    const struct rnd_section *axial = get(bench, RND_SECTION_AXIAL);
    assert_true(grey_at(axial, MIDDLE_X + 24, MIDDLE_Y + 24) > 200);
    assert_true(grey_at(axial, MIDDLE_X - 24, MIDDLE_Y + 24) < 120);
    place(bench, 0, RND_LOOK_LIVE, 0.0, 12.0, 0.0);
    const struct rnd_section *coronal = get(bench, RND_SECTION_CORONAL);
    assert_true(grey_at(coronal, MIDDLE_X + 24, MIDDLE_Y - 24) > 200);
    assert_true(grey_at(coronal, MIDDLE_X - 24, MIDDLE_Y - 24) < 120);
}

static void test_not_live_never_looks_live(void **state)
{
    struct bench *bench = *state;
    give_volume(bench);
    for (int i = 0; i < 2; ++i) { /* before a tool was ever live, and after one */
        for (int look = 0; look < 2; ++look) {
            place(bench, 0, look == 0 ? RND_LOOK_HIDDEN : RND_LOOK_LATE, 5.0, 5.0, 5.0);
            for (int kind = 0; kind < RND_SECTION_AT_TIP_COUNT; ++kind) {
                const struct rnd_section *section = get(bench, (enum rnd_section_kind)kind);
                assert_false(section->live);
                assert_int_equal(count_word(section, tool_word), 0);
                assert_string_equal(section->tool, "");
            }
        }
        place(bench, 0, RND_LOOK_LIVE, 12.0, 12.0, 12.0);
        for (int kind = 0; kind < RND_SECTION_AT_TIP_COUNT; ++kind) {
            const struct rnd_section *section = get(bench, (enum rnd_section_kind)kind);
            assert_true(section->live);
            assert_true(count_word(section, tool_word) > 20);
        }
        assert_true(grey_at(get(bench, RND_SECTION_AXIAL), MIDDLE_X + 5, MIDDLE_Y + 5) > 200);
    }
    /* It stays where it was, darker. */
    place(bench, 0, RND_LOOK_HIDDEN, -30.0, -30.0, -30.0);
    const unsigned dark = grey_at(get(bench, RND_SECTION_AXIAL), MIDDLE_X + 5, MIDDLE_Y + 5);
    assert_true(dark > 90 && dark < 130);
}

static void test_a_quarter_of_a_pixel(void **state)
{
    struct bench *bench = *state;
    give_volume(bench);
    place(bench, 0, RND_LOOK_LIVE, 0.0, 0.0, 0.0);
    const uint32_t before = get(bench, RND_SECTION_AXIAL)->revision;
    place(bench, 0, RND_LOOK_LIVE, 0.12, 0.0, 0.0); /* a pixel is 0.5 mm */
    assert_int_equal(get(bench, RND_SECTION_AXIAL)->revision, before);
    place(bench, 0, RND_LOOK_LIVE, 0.13, 0.0, 0.0);
    assert_int_equal(get(bench, RND_SECTION_AXIAL)->revision, before + 1);
    place(bench, 0, RND_LOOK_LATE, 0.13, 0.0, 0.0); /* at once */
    assert_int_equal(get(bench, RND_SECTION_AXIAL)->revision, before + 2);
}

static void test_it_stays_with_its_tool(void **state)
{
    struct bench *bench = *state;
    place(bench, 1, RND_LOOK_LIVE, 10.0, 0.0, 0.0);
    assert_string_equal(get(bench, RND_SECTION_AXIAL)->tool, "Saw");
    assert_false(get(bench, RND_SECTION_TOOL_A)->live); /* its axis is not known */
    place(bench, 0, RND_LOOK_LIVE, 0.0, 0.0, 0.0);
    assert_string_equal(get(bench, RND_SECTION_AXIAL)->tool, "Saw");
    place(bench, 1, RND_LOOK_LATE, 10.0, 0.0, 0.0);
    assert_string_equal(get(bench, RND_SECTION_AXIAL)->tool, "Pointer");
    assert_true(get(bench, RND_SECTION_TOOL_A)->live);
    assert_string_equal(get(bench, RND_SECTION_TOOL_A)->letters.edge[RND_EDGE_BOTTOM], "F");
}

/* A box of 20 mm around the tip: its outline is 20 pixels off the middle on every side. */
static void test_outlines_and_cuts(void **state)
{
    struct bench *bench = *state;
    static const uint32_t triangles[12][3] = {{0, 2, 3}, {0, 3, 1}, {4, 5, 7}, {4, 7, 6},
                                              {0, 1, 5}, {0, 5, 4}, {2, 6, 7}, {2, 7, 3},
                                              {0, 4, 6}, {0, 6, 2}, {1, 3, 7}, {1, 7, 5}};
    float positions[8][3];
    for (int i = 0; i < 8; ++i) {
        for (int k = 0; k < 3; ++k) {
            positions[i][k] = (i >> k & 1) != 0 ? 10.0F : -10.0F;
        }
    }
    const struct rnd_mesh box = {.vertex_count = 8,
                                 .triangle_count = 12,
                                 .positions = positions[0],
                                 .triangles = triangles[0]};
    const float red[3] = {1.0F, 0.0F, 0.0F};
    assert_int_equal(rnd_sections_add_model(bench->sections, &box, red, true), NAV_OK);
    const struct rnd_cut_shape cut = {
        .point_mm = {0, 0, 25}, .normal = {0, 1, 0}, .u = {1, 0, 0}, .size_mm = {60, 50}};
    assert_int_equal(rnd_sections_add_cut(bench->sections, &cut), NAV_OK);
    place(bench, 0, RND_LOOK_LIVE, 0.0, 0.0, 3.0);
    const struct rnd_section *axial = get(bench, RND_SECTION_AXIAL);
    const uint32_t red_word = 0xffff0000;
    for (int along = -15; along <= 15; along += 5) { /* the tip and the cut cross in the middle */
        if (along == 0) {
            continue;
        }
        assert_int_equal(axial->pixels[(MIDDLE_Y + along) * WIDTH + MIDDLE_X + 20], red_word);
        assert_int_equal(axial->pixels[(MIDDLE_Y + along) * WIDTH + MIDDLE_X - 20], red_word);
        assert_int_equal(axial->pixels[(MIDDLE_Y + 20) * WIDTH + MIDDLE_X + along], red_word);
        assert_int_equal(axial->pixels[(MIDDLE_Y - 20) * WIDTH + MIDDLE_X + along], red_word);
    }
    assert_int_equal(axial->pixels[(MIDDLE_Y + 12) * WIDTH + MIDDLE_X + 12], 0xff0a1017);
    /* The cut is a line from 30 mm right to 30 mm left of it, with its number at an end. */
    assert_int_equal(axial->pixels[MIDDLE_Y * WIDTH + MIDDLE_X + 55], 0xff9eeeff);
    assert_int_equal(axial->pixels[MIDDLE_Y * WIDTH + MIDDLE_X + 70], 0xff0a1017);
    assert_int_equal(axial->label_count, 1);
    assert_int_equal(axial->labels[0].number, 1);
    assert_true(fabs(fabs(axial->labels[0].x - MIDDLE_X) - 60.0) < 1.0);
    place(bench, 0, RND_LOOK_LIVE, 0.0, 0.0, 30.0); /* above both */
    assert_int_equal(count_word(get(bench, RND_SECTION_AXIAL), red_word), 0);
    assert_int_equal(get(bench, RND_SECTION_AXIAL)->label_count, 0);
}

static void test_any_size(void **state)
{
    struct bench *bench = *state;
    give_volume(bench);
    static const int sizes[][2] = {{1, 1}, {0, 7}, {3, 200}, {700, 2}};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); ++i) {
        for (int kind = 0; kind < RND_SECTION_AT_TIP_COUNT; ++kind) {
            assert_int_equal(rnd_sections_resize(bench->sections, (enum rnd_section_kind)kind,
                                                 sizes[i][0], sizes[i][1], height_mm, 1.0),
                             NAV_OK);
        }
        place(bench, 0, RND_LOOK_LIVE, 1.0, 2.0, 3.0);
        assert_true((get(bench, RND_SECTION_AXIAL)->pixels != NULL) == (sizes[i][0] > 0));
    }
}

/* A second scan: bright where the first has its block, on a grid that is moved by whole voxels. */
static void test_a_second_scan_lies_on_the_first(void **state)
{
    struct bench *bench = *state;
    give_volume(bench);
    int16_t *voxels = calloc(sizeof(*voxels), (size_t)SIDE * SIDE * SIDE);
    assert_non_null(voxels);
    for (int k = 23; k < 30; ++k) {
        for (int j = 23; j < 30; ++j) {
            for (int i = 23; i < 30; ++i) {
                voxels[(k * SIDE + j) * SIDE + i - 5] = 1000; /* five voxels nearer the first */
            }
        }
    }
    struct rnd_volume second = {.voxels = voxels, .size = {SIDE, SIDE, SIDE}};
    for (int i = 0; i < 3; ++i) {
        second.T_image_voxel[5 * i] = 2.0;
        second.T_image_voxel[4 * i + 3] = i == 0 ? -30.0 : -40.0;
    }
    const struct rnd_window_level window = {.level = 500.0, .width = 1000.0};
    rnd_sections_set_fusion(bench->sections, RND_FUSION_SECOND); /* there is none yet */
    place(bench, 0, RND_LOOK_LIVE, 12.0, 12.0, 12.0);
    assert_int_equal(get(bench, RND_SECTION_AXIAL)->fusion, RND_FUSION_FIRST);
    assert_false(rnd_sections_have_second(bench->sections));
    rnd_sections_set_second(bench->sections, &second, &window, true);
    assert_true(rnd_sections_have_second(bench->sections));
    for (int fusion = 0; fusion < RND_FUSION_COUNT; ++fusion) {
        rnd_sections_set_fusion(bench->sections, (enum rnd_fusion)fusion);
        place(bench, 0, RND_LOOK_LIVE, 12.0, 12.0, 12.0);
        const struct rnd_section *section = get(bench, RND_SECTION_AXIAL);
        assert_int_equal(section->fusion, fusion);
        assert_int_equal(section->unjudged, fusion != RND_FUSION_FIRST);
        /* 9 mm beside the tip the block goes on, 15 mm beside it neither scan has it. */
        const int inside = fusion == RND_FUSION_SQUARES ? MIDDLE_X + 9 : MIDDLE_X - 9;
        assert_true((section->pixels[(MIDDLE_Y - 8) * WIDTH + inside] >> 16 & 0xff) > 130);
        assert_true((section->pixels[(MIDDLE_Y - 8) * WIDTH + MIDDLE_X - 40] >> 16 & 0xff) < 110);
    }
    free(voxels);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_the_right_way_round, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_not_live_never_looks_live, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_quarter_of_a_pixel, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_it_stays_with_its_tool, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_outlines_and_cuts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_any_size, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_second_scan_lies_on_the_first, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
