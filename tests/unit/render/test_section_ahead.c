/* Sections begun on the second thread: whatever happens meanwhile, the same pictures as without it;
 * and the fast strokes are the plain ones, pixel by pixel. */
#include <math.h>
#include <pthread.h> /* it has a thread of its own: run under ThreadSanitizer, too */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "section_parts.h"

enum { SIDE = 33, WIDTH = 151, HEIGHT = 97, ROUNDS = 120 };

static int16_t voxels[SIDE * SIDE * SIDE];

static double uniform(unsigned *seed)
{
    *seed = *seed * 1664525U + 1013904223U;
    return (double)(*seed >> 8) / (double)(1U << 24) * 2.0 - 1.0;
}

static struct rnd_sections *make(void)
{
    struct rnd_sections *sections = NULL;
    assert_int_equal(rnd_sections_create(&sections), NAV_OK);
    const struct rnd_tool_shape saw = {.shape = RND_SHAPE_BLADE,
                                       .axis = {0.0, 0.0, -1.0},
                                       .up = {0.0, 1.0, 0.0},
                                       .length_mm = 40.0,
                                       .width_mm = 10.0,
                                       .thickness_mm = 1.0};
    assert_int_equal(rnd_sections_add_tool(sections, &saw), NAV_OK);
    const struct rnd_cut_shape cut = {
        .point_mm = {0, 0, 15}, .normal = {0, 1, 0}, .u = {1, 0, 0}, .size_mm = {40, 30}};
    assert_int_equal(rnd_sections_add_cut(sections, &cut), NAV_OK);
    static const float positions[] = {-20, -15, -10, 20, -15, 5, 0, 25, -5, 0, 0, 20};
    static const uint32_t triangles[] = {0, 2, 1, 0, 1, 3, 1, 2, 3, 2, 0, 3};
    const struct rnd_mesh mesh = {4, 4, positions, NULL, triangles};
    const float red[3] = {1.0F, 0.0F, 0.0F};
    assert_int_equal(rnd_sections_add_model(sections, &mesh, red, true), NAV_OK);
    unsigned seed = 3;
    for (size_t i = 0; i < sizeof(voxels) / sizeof(voxels[0]); ++i) {
        voxels[i] = (int16_t)(900.0 * uniform(&seed) + 400.0);
    }
    struct rnd_volume volume = {.voxels = voxels, .size = {SIDE, SIDE, SIDE}};
    for (int i = 0; i < 3; ++i) {
        volume.T_image_voxel[5 * i] = 2.0;
        volume.T_image_voxel[4 * i + 3] = -32.0;
    }
    const struct rnd_window_level window = RND_WINDOW_BONE;
    rnd_sections_set_volume(sections, &volume, &window);
    for (int kind = 0; kind < RND_SECTION_COUNT; ++kind) {
        assert_int_equal(
            rnd_sections_resize(sections, (enum rnd_section_kind)kind, WIDTH, HEIGHT, 50.0, 1.0),
            NAV_OK);
    }
    return sections;
}

static void move(struct rnd_overlay *overlay, unsigned *seed)
{
    struct rnd_overlay_tool *tool = &overlay->tools[0];
    overlay->tool_count = 1;
    overlay->review = uniform(seed) > 0.8;
    tool->look = uniform(seed) > -0.5 ? RND_LOOK_LIVE : RND_LOOK_LATE;
    tool->T_image_tool = nav_pose_identity();
    const double half = 0.4 * uniform(seed);
    tool->T_image_tool.q[0] = sin(half);
    tool->T_image_tool.q[3] = cos(half);
    for (int i = 0; i < 3; ++i) {
        tool->tip_mm[i] = tool->T_image_tool.t_mm[i] = 15.0 * uniform(seed);
    }
}

static void expect_same(const struct rnd_sections *a, const struct rnd_sections *b)
{
    for (int kind = 0; kind < RND_SECTION_COUNT; ++kind) {
        const struct rnd_section *first = rnd_sections_get(a, (enum rnd_section_kind)kind);
        const struct rnd_section *second = rnd_sections_get(b, (enum rnd_section_kind)kind);
        assert_int_equal(first->live, second->live);
        assert_string_equal(first->tool, second->tool);
        assert_int_equal(first->label_count, second->label_count);
        assert_memory_equal(first->pixels, second->pixels, sizeof(*first->pixels) * WIDTH * HEIGHT);
    }
}

static void test_same_pictures(void **state)
{
    (void)state;
    struct rnd_sections *ahead = make();
    struct rnd_sections *plain = make();
    static struct rnd_overlay before;
    static struct rnd_overlay after;
    unsigned seed = 11;
    for (int round = 0; round < ROUNDS; ++round) {
        move(&before, &seed);
        after = before;
        if (round % 3 == 1) { /* it grew old while the view was drawn */
            after.tools[0].look = RND_LOOK_LATE;
        } else if (round % 3 == 2) {
            move(&after, &seed);
        }
        rnd_sections_set_active_cut(plain, 0, NULL);
        rnd_sections_update(plain, &before);
        rnd_sections_set_active_cut(ahead, 0, NULL);
        rnd_sections_begin(ahead, &before);
        memset(&before, 0xee, sizeof(before)); /* nobody looks at it any more */
        if (round % 5 == 0) {                  /* something else changes meanwhile */
            assert_int_equal(
                rnd_sections_resize(ahead, RND_SECTION_AXIAL, WIDTH, HEIGHT, 50.0, 1.0), NAV_OK);
        }
        rnd_sections_set_active_cut(ahead, 0, NULL);
        rnd_sections_update(ahead, &after);
        rnd_sections_set_active_cut(plain, 0, NULL);
        rnd_sections_update(plain, &after);
        expect_same(ahead, plain);
    }
    rnd_sections_begin(ahead, &after);
    rnd_sections_destroy(ahead); /* in the middle of it */
    rnd_sections_destroy(plain);
}

static void test_fast_strokes_are_the_plain_ones(void **state)
{
    (void)state;
    struct rnd_sections *sections = make();
    struct section_picture *fast = &sections->pictures[RND_SECTION_AXIAL];
    struct section_picture *plain = &sections->pictures[RND_SECTION_CORONAL];
    unsigned seed = 5;
    for (int round = 0; round < 400; ++round) {
        float at[4];
        const double reach = round % 2 == 0 ? 3.0 : 400.0; /* of an outline, and of a cut */
        at[0] = (float)(WIDTH * (0.5 + 0.6 * uniform(&seed)));
        at[1] = (float)(HEIGHT * (0.5 + 0.6 * uniform(&seed)));
        at[2] = at[0] + (float)(reach * uniform(&seed));
        at[3] = round % 7 == 0 ? at[1] : at[1] + (float)(reach * uniform(&seed));
        if (round % 11 == 0) {
            memcpy(&at[2], &at[0], 2 * sizeof(at[0])); /* a point */
        }
        struct section_pen pen = {.half_px = (float)(1.7 + 1.2 * uniform(&seed)),
                                  .ink = (uint8_t)round};
        pen.picture = fast;
        section_stroke(&pen, at[0], at[1], at[2], at[3]);
        pen.picture = plain;
        section_stroke_ref(&pen, at[0], at[1], at[2], at[3]);
        const size_t size = (size_t)WIDTH * HEIGHT;
        assert_memory_equal(fast->cover, plain->cover, size);
        assert_memory_equal(fast->ink, plain->ink, size);
        assert_memory_equal(fast->shade, plain->shade, size);
        assert_memory_equal(fast->grey, plain->grey, size);
    }
    rnd_sections_destroy(sections);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_pictures),
        cmocka_unit_test(test_fast_strokes_are_the_plain_ones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
