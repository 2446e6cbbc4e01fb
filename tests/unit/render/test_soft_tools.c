/* Tools drawn by the processor: in front, behind, and gone again without a trace. */
#include "test_data.h"

#include <math.h>

#include "soft_tools.h"

enum { WIDTH = 200, HEIGHT = 150, RINGS = 16, SIDES = 24, PIXELS = WIDTH * HEIGHT };

static const struct rnd_soft_lamp lamps[RND_SOFT_LAMPS] = {
    {{-0.4F, 0.5F, 0.768F}, {0.8F, 0.8F, 0.8F}},
    {{0.0F, 0.0F, 1.0F}, {0.3F, 0.3F, 0.3F}},
    {{0.9F, -0.3F, 0.316F}, {0.3F, 0.33F, 0.38F}},
};

/* The still picture: opaque and near in its upper quarter; in its right half every pixel has two
 * fragments of half opacity, one nearer and one farther than what is drawn here. */
static uint32_t colour[PIXELS];
static float depth[PIXELS];
static uint32_t heads[PIXELS];
static uint32_t nodes[4 * (2 * PIXELS + 1)];
static const uint32_t near_layer = 0x80000040U; /* premultiplied: red 64, opacity 128 */
static const uint32_t far_layer = 0x80400000U;

static void set_node(uint32_t node, uint32_t next, uint32_t layer, float deep)
{
    nodes[4 * node] = next;
    nodes[4 * node + 1] = layer;
    memcpy(&nodes[4 * node + 2], &deep, sizeof(deep));
}

static struct rnd_soft_still make_still(void)
{
    uint32_t count = 1;
    for (int y = 0; y < HEIGHT; ++y) {
        for (int x = 0; x < WIDTH; ++x) {
            const int i = y * WIDTH + x;
            colour[i] = 0xFF000000U | (uint32_t)(x * 251 + y * 83) % 0xFFFFFFU;
            depth[i] = y >= HEIGHT * 3 / 4 ? 0.1F : 1.0F;
            heads[i] = x >= WIDTH / 2 ? count : 0;
            if (heads[i] != 0) {
                set_node(count, count + 1, near_layer, 0.2F);
                set_node(count + 1, 0, far_layer, 0.99F);
                count += 2;
            }
        }
    }
    return (struct rnd_soft_still){WIDTH, HEIGHT, colour, depth, heads, nodes, count};
}

/* A ball of radius 60 mm, or all of the picture's plane, 300 mm in front of the eye. */
static float positions[(RINGS + 1) * SIDES * 3], normals[(RINGS + 1) * SIDES * 3];
static int32_t triangles[RINGS * SIDES * 6];

static struct rnd_soft_shape base_shape(void)
{
    const double near_mm = 10.0;
    const double far_mm = 1000.0;
    struct rnd_soft_shape shape = {
        .positions = positions,
        .normals = normals,
        .triangles = triangles,
        .view_from_model = {1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, -300, 0, 0, 0, 1},
        .clip_from_view = {2.25, 0, 0, 0, 0, 3, 0, 0, 0, 0,
                           -(far_mm + near_mm) / (far_mm - near_mm),
                           -2 * far_mm * near_mm / (far_mm - near_mm), 0, 0, -1, 0},
        .one_sided = true,
        .lamps = lamps,
    };
    return shape;
}

static struct rnd_soft_shape ball(void)
{
    struct rnd_soft_shape shape = base_shape();
    for (int ring = 0; ring <= RINGS; ++ring) {
        for (int side = 0; side < SIDES; ++side) {
            const double theta = M_PI * ring / RINGS;
            const double phi = 2.0 * M_PI * side / SIDES;
            float *n = &normals[3 * shape.vertex_count];
            n[0] = (float)(sin(theta) * cos(phi));
            n[1] = (float)(sin(theta) * sin(phi));
            n[2] = (float)cos(theta);
            for (int k = 0; k < 3; ++k) {
                positions[3 * shape.vertex_count + (size_t)k] = 60.0F * n[k];
            }
            ++shape.vertex_count;
        }
    }
    int32_t *t = triangles;
    for (int ring = 0; ring < RINGS; ++ring) {
        for (int side = 0; side < SIDES; ++side) {
            const int32_t a = ring * SIDES + side;
            const int32_t b = ring * SIDES + (side + 1) % SIDES;
            const int32_t quad[6] = {a, a + SIDES, b, b, a + SIDES, b + SIDES};
            memcpy(t, quad, sizeof(quad));
            t += 6;
        }
    }
    shape.triangle_count = RINGS * SIDES * 2;
    shape.power = 30;
    for (int c = 0; c < 3; ++c) {
        shape.ambient[c] = 0.2F;
        shape.diffuse[c] = 0.5F;
        shape.specular[c] = 0.3F;
    }
    return shape;
}

static struct rnd_soft_shape sheet(void)
{
    static const float corners[] = {-500, -500, 0, 500, -500, 0, 500, 500, 0, -500, 500, 0};
    static const int32_t two[] = {0, 1, 2, 0, 2, 3};
    struct rnd_soft_shape shape = base_shape();
    memcpy(positions, corners, sizeof(corners));
    memcpy(triangles, two, sizeof(two));
    for (int i = 0; i < 12; ++i) {
        normals[i] = i % 3 == 2 ? 1.0F : 0.0F;
    }
    shape.vertex_count = 4;
    shape.triangle_count = 2;
    for (int c = 0; c < 3; ++c) {
        shape.ambient[c] = 0.6F;
    }
    return shape;
}

static struct rnd_soft_canvas *draw(const struct rnd_soft_still *still,
                                    const struct rnd_soft_shape *shape, bool plain)
{
    struct rnd_soft_canvas *canvas = NULL;
    assert_int_equal(rnd_soft_canvas_create(WIDTH, HEIGHT, &canvas), NAV_OK);
    if (plain) {
        rnd_soft_plain(canvas);
    }
    assert_int_equal(rnd_soft_begin(canvas, still, shape, 1, true), NAV_OK);
    rnd_soft_finish(canvas);
    return canvas;
}

static int channel(uint32_t word, int c)
{
    return (int)(word >> (8 * c) & 0xFF);
}

static void test_eight_at_once_are_as_one_by_one(void **state)
{
    (void)state;
    const struct rnd_soft_still still = make_still();
    const struct rnd_soft_shape shape = ball();
    struct rnd_soft_canvas *fast = draw(&still, &shape, false);
    struct rnd_soft_canvas *plain = draw(&still, &shape, true);
    int changed = 0;
    for (int i = 0; i < PIXELS; ++i) {
        const uint32_t a = rnd_soft_pixels(fast)[i];
        const uint32_t b = rnd_soft_pixels(plain)[i];
        changed += b != colour[i];
        for (int c = 0; c < 4; ++c) {
            assert_true(abs(channel(a, c) - channel(b, c)) <= 1);
        }
    }
    assert_true(changed > 3000);
    rnd_soft_canvas_destroy(fast);
    rnd_soft_canvas_destroy(plain);
}

/* Lit from the front: the middle of the ball is the brightest of its own row and round about. */
static void test_a_ball_is_round(void **state)
{
    (void)state;
    struct rnd_soft_still still = make_still();
    memset(heads, 0, sizeof(heads));
    const struct rnd_soft_shape shape = ball();
    struct rnd_soft_canvas *canvas = draw(&still, &shape, false);
    const uint32_t *pixels = rnd_soft_pixels(canvas);
    /* 60 mm at 300 mm: seen under asin(0.2), 0.204 of the distance; 3 of it is half the height. */
    const int radius = (int)(0.204 * 3.0 * HEIGHT / 2);
    const int middle = HEIGHT / 2 * WIDTH + WIDTH / 2;
    assert_int_not_equal(pixels[middle + radius - 3], colour[middle + radius - 3]);
    assert_int_equal(pixels[middle + radius + 3], colour[middle + radius + 3]);
    assert_int_not_equal(pixels[middle - radius + 3], colour[middle - radius + 3]);
    assert_int_equal(pixels[middle - radius - 3], colour[middle - radius - 3]);
    assert_true(channel(pixels[middle], 0) > channel(pixels[middle + radius - 3], 0) + 20);
    rnd_soft_canvas_destroy(canvas);
}

static void test_in_front_and_behind(void **state)
{
    (void)state;
    for (int plain = 0; plain < 2; ++plain) {
        const struct rnd_soft_still still = make_still();
        const struct rnd_soft_shape shape = sheet();
        struct rnd_soft_canvas *canvas = draw(&still, &shape, plain == 1);
        const int own = 153; /* 0.6 of 255 */
        const int red = 64 + (int)(own * (1.0 - 128.0 / 255.0) + 0.5);
        for (int y = 0; y < HEIGHT; ++y) {
            for (int x = 0; x < WIDTH; ++x) {
                const int i = y * WIDTH + x;
                const uint32_t word = rnd_soft_pixels(canvas)[i];
                if (y >= HEIGHT * 3 / 4) {
                    assert_int_equal(word, colour[i]); /* something opaque is nearer */
                } else if (x < WIDTH / 2) {
                    assert_int_equal(word, 0xFF999999U); /* every pixel: no gap in the diagonal */
                } else {
                    assert_true(abs(channel(word, 0) - red) <= 1);
                    assert_true(abs(channel(word, 2) - (red - 64)) <= 1); /* not the far one's */
                }
            }
        }
        rnd_soft_canvas_destroy(canvas);
    }
}

static void test_gone_without_a_trace(void **state)
{
    (void)state;
    const struct rnd_soft_still still = make_still();
    struct rnd_soft_shape shape = ball();
    struct rnd_soft_canvas *canvas = draw(&still, &shape, false);
    for (int i = 0; i < 20; ++i) {
        shape.view_from_model[3] =
            20.0 * i - 200.0; /* from the left out of the picture to the right */
        assert_int_equal(rnd_soft_begin(canvas, &still, &shape, 1, false), NAV_OK);
        rnd_soft_finish(canvas);
    }
    assert_int_equal(rnd_soft_begin(canvas, &still, NULL, 0, false), NAV_OK);
    rnd_soft_finish(canvas);
    assert_memory_equal(rnd_soft_pixels(canvas), colour, sizeof(colour));
    for (int row = 0; row < HEIGHT; ++row) {
        assert_int_equal(rnd_soft_covered(canvas, row), 0);
    }
    rnd_soft_canvas_destroy(canvas);
}

/* Whoever brings only what is covered to the screen must miss nothing. */
static void test_what_changed_is_covered(void **state)
{
    (void)state;
    const struct rnd_soft_still still = make_still();
    const struct rnd_soft_shape shape = ball();
    struct rnd_soft_canvas *canvas = draw(&still, &shape, false);
    const int block_px = rnd_soft_block_px(canvas);
    for (int i = 0; i < PIXELS; ++i) {
        if (rnd_soft_pixels(canvas)[i] != colour[i]) {
            assert_true((rnd_soft_covered(canvas, i / WIDTH) >> (i % WIDTH / block_px) & 1) == 1);
        }
    }
    assert_int_equal(rnd_soft_covered(canvas, 0), 0);
    rnd_soft_canvas_destroy(canvas);
}

static void test_refused(void **state)
{
    (void)state;
    struct rnd_soft_still still = make_still();
    struct rnd_soft_shape shape = ball();
    struct rnd_soft_canvas *canvas = draw(&still, &shape, false);
    static uint32_t before[PIXELS];
    memcpy(before, rnd_soft_pixels(canvas), sizeof(before));
    shape.view_from_model[11] = 20.0; /* around the eye */
    assert_int_equal(rnd_soft_begin(canvas, &still, &shape, 1, false), NAV_ERR_UNSUPPORTED);
    shape = ball();
    shape.power = RND_SOFT_POWER_MAX + 1;
    assert_int_equal(rnd_soft_begin(canvas, &still, &shape, 1, false), NAV_ERR_UNSUPPORTED);
    still.width -= 1;
    shape = ball();
    assert_int_equal(rnd_soft_begin(canvas, &still, &shape, 1, false), NAV_ERR_ARGUMENT);
    rnd_soft_finish(canvas);
    assert_memory_equal(rnd_soft_pixels(canvas), before, sizeof(before));
    rnd_soft_canvas_destroy(canvas);
    assert_int_equal(rnd_soft_canvas_create(0, 5, &canvas), NAV_ERR_ARGUMENT);
    rnd_soft_canvas_destroy(NULL);
}

/* A list that leads back into itself, or out of the buffer, ends all the same. */
static void test_broken_lists_end(void **state)
{
    (void)state;
    const struct rnd_soft_still still = make_still();
    const struct rnd_soft_shape shape = sheet();
    set_node(1, 1, near_layer, 0.2F);
    set_node(3, 0xFFFFFFFFU, near_layer, 0.2F);
    struct rnd_soft_canvas *canvas = draw(&still, &shape, false);
    assert_int_equal(channel(rnd_soft_pixels(canvas)[WIDTH / 2], 3), 255);
    rnd_soft_canvas_destroy(canvas);
    canvas = draw(&still, &shape, true);
    rnd_soft_canvas_destroy(canvas);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_eight_at_once_are_as_one_by_one),
        cmocka_unit_test(test_a_ball_is_round),
        cmocka_unit_test(test_in_front_and_behind),
        cmocka_unit_test(test_gone_without_a_trace),
        cmocka_unit_test(test_what_changed_is_covered),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_broken_lists_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
