/* Blending of the model into a live picture. */
#include "ar_blend.h"

#include <stdlib.h>
#include <string.h>

#include "test_data.h"

enum { W = 40, H = 30 };

struct bench {
    uint8_t picture[4 * W * H];
    uint8_t model[4 * W * H];
    float model_depth[W * H];
    float bone_depth[W * H];
};

static size_t from_top(int x, int y)
{
    return 4 * ((size_t)y * W + (size_t)x);
}

static size_t from_bottom(int x, int y)
{
    return (size_t)(H - 1 - y) * W + (size_t)x;
}

/* Grey picture; a green square of the model in columns and rows 10 to 19, bone before all of it. */
static struct bench *make(float model_depth)
{
    struct bench *bench = calloc(1, sizeof(*bench));
    assert_non_null(bench);
    memset(bench->picture, 100, sizeof(bench->picture));
    for (int y = 0; y < H; ++y) {
        for (int x = 0; x < W; ++x) {
            bench->model_depth[from_bottom(x, y)] = 1.0F;
            bench->bone_depth[from_bottom(x, y)] = 0.5F;
        }
    }
    for (int y = 10; y < 20; ++y) {
        for (int x = 10; x < 20; ++x) {
            uint8_t *pixel = &bench->model[4 * from_bottom(x, y)];
            pixel[1] = 200;
            pixel[3] = 255;
            bench->model_depth[from_bottom(x, y)] = model_depth;
        }
    }
    return bench;
}

static void blend(struct bench *bench, const struct rnd_ar_style *style)
{
    const struct rnd_ar_layers layers = {bench->model, bench->model_depth, bench->bone_depth};
    float scratch[3 * W];
    rnd_ar_blend(&layers, style, W, H, scratch, bench->picture);
}

static int green_at(const struct bench *bench, int x, int y)
{
    return bench->picture[from_top(x, y) + 1];
}

static void what_is_inside_looks_weaker_than_what_is_in_front(void **state)
{
    (void)state;
    const struct rnd_ar_style style = rnd_ar_style_default();
    struct bench *inside = make(0.8F);
    struct bench *front = make(0.2F);
    blend(inside, &style);
    blend(front, &style);
    assert_int_equal(green_at(front, 15, 15), 185);
    assert_int_equal(green_at(inside, 15, 15), 153);
    assert_int_equal(green_at(inside, 5, 5), 100); /* beside the model nothing changes */
    assert_int_equal(green_at(inside, 9, 15), 100);
    assert_int_equal(green_at(inside, 10, 15), 185); /* its outline is as clear as ever */
    assert_int_equal(green_at(front, 10, 15), 200);
    free(inside);
    free(front);
}

static void edges_of_the_picture_stay_before_what_is_inside(void **state)
{
    (void)state;
    const struct rnd_ar_style style = rnd_ar_style_default();
    struct bench *bench = make(0.8F);
    for (int y = 0; y < H; ++y) { /* a dark crack in the bone */
        memset(&bench->picture[from_top(15, y)], 20, 4);
    }
    blend(bench, &style);
    assert_true(green_at(bench, 12, 14) == 153);
    assert_true(green_at(bench, 16, 14) < 130); /* beside the crack the bone is kept */
    free(bench);
}

static void outlines_and_keyhole(void **state)
{
    (void)state;
    struct rnd_ar_style style = rnd_ar_style_default();
    style.outlines_only = true;
    struct bench *bench = make(0.8F);
    blend(bench, &style);
    assert_int_equal(green_at(bench, 15, 15), 100);
    assert_true(green_at(bench, 10, 15) > 150);
    free(bench);

    style = rnd_ar_style_default();
    style.keyhole_px = 3;
    style.keyhole_at[0] = 12;
    style.keyhole_at[1] = 12;
    bench = make(0.8F);
    blend(bench, &style);
    assert_int_equal(green_at(bench, 12, 12), 153);
    assert_int_equal(green_at(bench, 18, 18), 100);
    free(bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_inside_looks_weaker_than_what_is_in_front),
        cmocka_unit_test(edges_of_the_picture_stay_before_what_is_inside),
        cmocka_unit_test(outlines_and_keyhole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
