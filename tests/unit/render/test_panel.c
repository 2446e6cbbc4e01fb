#include "test_data.h"

#include <math.h>

#include "panel.h"

/* A panel with something to say in every place. */
struct bench {
    struct rnd_panel *panel;
    struct rnd_overlay overlay;
    struct rnd_panel_cut cuts[2];
    struct rnd_panel_structure structures[2];
    struct rnd_panel_input input;
};

static void put(char *out, size_t size, const char *text)
{
    out[0] = '\0';
    rnd_text_append(out, size, text);
}

static int set_up(void **state)
{
    struct bench *bench = calloc(1, sizeof(*bench));
    assert_non_null(bench);
    assert_int_equal(rnd_panel_create(RND_LAYOUT_BEDSIDE, false, false, &bench->panel), NAV_OK);
    struct rnd_overlay *overlay = &bench->overlay;
    overlay->trust = NAV_TRUST_OK;
    put(overlay->headline, sizeof(overlay->headline), "NAVIGATION LIVE");
    put(overlay->clock, sizeof(overlay->clock), "12:34:56");
    put(overlay->pseudonym, sizeof(overlay->pseudonym), "BENCH-01");
    overlay->heartbeat_alive = true;
    overlay->entry_count = 5;
    for (uint32_t i = 0; i < overlay->entry_count; ++i) {
        put(overlay->entries[i].label, sizeof(overlay->entries[i].label), "TRACKER");
        put(overlay->entries[i].value, sizeof(overlay->entries[i].value), "RECEIVING");
        overlay->entries[i].level = RND_LEVEL_OK;
    }
    overlay->tool_count = 1;
    overlay->tools[0].look = RND_LOOK_LIVE;
    put(overlay->tools[0].name, sizeof(overlay->tools[0].name), "Pointer");
    put(overlay->tools[0].tip[0], sizeof(overlay->tools[0].tip[0]), "   12.3");
    put(bench->cuts[0].name, sizeof(bench->cuts[0].name), "Upper");
    put(bench->structures[0].name, sizeof(bench->structures[0].name), "Tumour");
    bench->cuts[0].placed = true;
    bench->cuts[0].at[0] = bench->cuts[0].at[1] = 0.5;
    bench->input = (struct rnd_panel_input){
        .overlay = overlay,
        .view_name = "POSTERIOR",
        .cut_count = 2,
        .cuts = bench->cuts,
        .structure_count = 2,
        .structures = bench->structures,
    };
    put(bench->input.letters.edge[RND_EDGE_TOP], 4, "H");
    put(bench->input.letters.edge[RND_EDGE_LEFT], 4, "LP");
    assert_int_equal(rnd_panel_resize(bench->panel, 1280, 720), NAV_OK);
    *state = bench;
    return 0;
}

static int tear_down(void **state)
{
    struct bench *bench = *state;
    rnd_panel_destroy(bench->panel);
    free(bench);
    return 0;
}

static size_t update(struct bench *bench)
{
    size_t count = 0;
    rnd_panel_update(bench->panel, &bench->input);
    (void)rnd_panel_dirty(bench->panel, &count);
    return count;
}

static const uint8_t *pixel(const struct bench *bench, int x, int y)
{
    int stride = 0;
    const uint8_t *pixels = rnd_panel_pixels(bench->panel, &stride);
    return pixels + (size_t)y * (size_t)stride + (size_t)x * 4;
}

static void test_only_changes_are_drawn(void **state)
{
    struct bench *bench = *state;
    assert_true(update(bench) > 5);
    assert_int_equal(update(bench), 0);

    bench->overlay.heartbeat_step = 7;
    assert_int_equal(update(bench), 1);
    size_t count = 0;
    const struct rnd_rect *dirty = rnd_panel_dirty(bench->panel, &count);
    assert_true(dirty[0].x > 1280 * 3 / 4 && dirty[0].y == 0);

    put(bench->overlay.tools[0].tip[0], sizeof(bench->overlay.tools[0].tip[0]), "   12.4");
    assert_int_equal(update(bench), 1);
    put(bench->overlay.entries[2].age, sizeof(bench->overlay.entries[2].age), "20 ms");
    assert_int_equal(update(bench), 1);
    put(bench->overlay.clock, sizeof(bench->overlay.clock), "12:34:57");
    assert_int_equal(update(bench), 1);
}

/* Nothing but the view is left to others, and nothing lies over it but what is said. */
static void test_every_pixel_has_an_owner(void **state)
{
    struct bench *bench = *state;
    (void)update(bench);
    const struct rnd_rect view = rnd_panel_view_rect(bench->panel);
    size_t count = 0;
    const struct rnd_rect *over = rnd_panel_over_view(bench->panel, &count);
    assert_true(count >= 4);
    for (int y = 0; y < 720; ++y) {
        for (int x = 0; x < 1280; ++x) {
            const struct rnd_rect here = {x, y, 1, 1};
            const uint8_t alpha = pixel(bench, x, y)[3];
            if (rnd_rect_is_empty(rnd_rect_both(here, view))) {
                assert_int_equal(alpha, 255);
                continue;
            }
            if (alpha == 0) {
                continue;
            }
            bool listed = false;
            for (size_t i = 0; i < count && !listed; ++i) {
                listed = !rnd_rect_is_empty(rnd_rect_both(here, over[i]));
            }
            assert_true(listed);
        }
    }
}

static void test_layouts_are_mirrored(void **state)
{
    struct bench *bench = *state;
    const struct rnd_rect bedside = rnd_panel_view_rect(bench->panel);
    struct rnd_panel *assistant = NULL;
    assert_int_equal(rnd_panel_create(RND_LAYOUT_ASSISTANT, true, false, &assistant), NAV_OK);
    assert_int_equal(rnd_panel_resize(assistant, 1280, 720), NAV_OK);
    const struct rnd_rect other = rnd_panel_view_rect(assistant);
    assert_int_equal(bedside.x, 0);
    assert_int_equal(other.x + other.w, 1280);
    assert_int_equal(bedside.w, other.w);
    assert_true(bedside.w * 100 / 1280 > 50);
    for (int kind = 0; kind < RND_SECTION_COUNT; ++kind) {
        const enum rnd_section_kind section = (enum rnd_section_kind)kind;
        const struct rnd_rect one = rnd_panel_section_rect(bench->panel, section);
        const struct rnd_rect two = rnd_panel_section_rect(assistant, section);
        assert_int_equal(one.w, two.w);
        assert_int_equal(rnd_rect_is_empty(one), kind > RND_SECTION_CORONAL);
        assert_true(rnd_rect_is_empty(one) || one.x == bedside.w);
        assert_true(rnd_rect_is_empty(two) || two.x + two.w == other.x);
    }
    rnd_panel_destroy(assistant);
}

/* The large sections and the view share their room without a gap or an overlap. */
static void test_large_sections(void **state)
{
    struct bench *bench = *state;
    (void)update(bench);
    const struct rnd_rect before = rnd_panel_view_rect(bench->panel);
    const struct rnd_rect strip = rnd_panel_section_rect(bench->panel, RND_SECTION_AXIAL);
    rnd_panel_set_layout(bench->panel, RND_LAYOUT_SLICES);
    assert_true(update(bench) > 5); /* everything anew */
    struct rnd_rect rects[RND_SECTION_AT_TIP_COUNT + 1];
    int area = 0;
    for (int i = 0; i <= RND_SECTION_AT_TIP_COUNT; ++i) {
        rects[i] = i < RND_SECTION_AT_TIP_COUNT
                       ? rnd_panel_section_rect(bench->panel, (enum rnd_section_kind)i)
                       : rnd_panel_view_rect(bench->panel);
        area += rects[i].w * rects[i].h;
        for (int k = 0; k < i; ++k) {
            assert_true(rnd_rect_is_empty(rnd_rect_both(rects[i], rects[k])));
        }
    }
    assert_int_equal(area, (before.w + strip.w) * before.h);
    assert_true(rects[0].w * rects[0].h > strip.w * strip.h * 3 / 2);
}

static void test_any_size(void **state)
{
    struct bench *bench = *state;
    static const int sizes[][2] = {{1, 1},     {1, 2000},    {2000, 1},   {17, 13},
                                   {640, 360}, {3840, 2160}, {1080, 1920}};
    bench->overlay.trust = NAV_TRUST_WITHHELD;
    bench->overlay.mode = NAV_MODE_REPLAY;
    bench->input.help = true;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); ++i) {
        assert_int_equal(rnd_panel_resize(bench->panel, sizes[i][0], sizes[i][1]), NAV_OK);
        (void)update(bench);
        const struct rnd_rect view = rnd_panel_view_rect(bench->panel);
        assert_true(view.w >= 1 && view.h >= 1);
    }
    assert_int_equal(rnd_panel_resize(bench->panel, 0, 10), NAV_ERR_ARGUMENT);
    assert_int_equal(rnd_panel_resize(bench->panel, 10, 100000), NAV_ERR_ARGUMENT);
    assert_int_equal(update(bench), 0);
}

/* What has no room is counted, not dropped: the last column shows the worst of the rest. */
static void test_more_entries_than_columns(void **state)
{
    struct bench *bench = *state;
    bench->overlay.entry_count = RND_ENTRIES_MAX;
    for (uint32_t i = 0; i < RND_ENTRIES_MAX; ++i) {
        bench->overlay.entries[i].level = RND_LEVEL_OK;
    }
    (void)update(bench);
    bench->overlay.entries[RND_ENTRIES_MAX - 1].level = RND_LEVEL_ALARM;
    assert_int_equal(update(bench), 1);
    size_t count = 0;
    const struct rnd_rect *dirty = rnd_panel_dirty(bench->panel, &count);
    assert_int_equal(dirty[0].x + dirty[0].w, 1280);
}

static void test_long_words(void **state)
{
    struct bench *bench = *state;
    memset(bench->overlay.reason, 'W', sizeof(bench->overlay.reason) - 1);
    memset(bench->overlay.pseudonym, 'W', sizeof(bench->overlay.pseudonym) - 1);
    memset(bench->overlay.tools[0].name, 'W', sizeof(bench->overlay.tools[0].name) - 1);
    memset(bench->cuts[1].name, 'W', sizeof(bench->cuts[1].name) - 1);
    bench->overlay.trust = NAV_TRUST_WITHHELD;
    assert_true(update(bench) > 0);
}

int main(void)
{
#define CASE(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(test_only_changes_are_drawn),
        CASE(test_every_pixel_has_an_owner),
        CASE(test_layouts_are_mirrored),
        CASE(test_large_sections),
        CASE(test_any_size),
        CASE(test_more_entries_than_columns),
        CASE(test_long_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
