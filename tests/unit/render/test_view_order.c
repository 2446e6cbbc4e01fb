#include "test_data.h"

#include "view_order.h"
#include "view_state.h"

static void test_every_action(void **state)
{
    (void)state;
    static const struct {
        const char *action, *argument;
        enum rnd_order_kind kind;
    } rows[] = {
        {"layout", "tool-eye", RND_ORDER_LAYOUT},
        {"view", "head", RND_ORDER_VIEW},
        {"view", "cut", RND_ORDER_CUT},
        {"cut", "3", RND_ORDER_CUT},
        {"opacity", "Bone=40", RND_ORDER_OPACITY},
        {"hide", "Bone", RND_ORDER_OPACITY},
        {"show", "Bone", RND_ORDER_OPACITY},
        {"show", "", RND_ORDER_SHOW_ALL},
        {"reset", "", RND_ORDER_RESET},
        {"undo", "", RND_ORDER_UNDO},
        {"help", "", RND_ORDER_HELP},
        {"overlay", "0", RND_ORDER_OVERLAY},
        {"overlay", "100", RND_ORDER_OVERLAY},
        {"overlay", "outlines", RND_ORDER_OVERLAY_OUTLINES},
        {"overlay", "filled", RND_ORDER_OVERLAY_OUTLINES},
        {"overlay", "landmarks", RND_ORDER_OVERLAY_LANDMARKS},
        {"overlay", "bare", RND_ORDER_OVERLAY_LANDMARKS},
        {"layout", "ar", RND_ORDER_LAYOUT},
        {"keyhole", "on", RND_ORDER_KEYHOLE},
        {"keyhole", "off", RND_ORDER_KEYHOLE},
        {"keyhole", "60", RND_ORDER_KEYHOLE},
        {"scan", "blend", RND_ORDER_FUSION},
        {"measure", "distance", RND_ORDER_MEASURE},
        {"measure", "angle", RND_ORDER_MEASURE},
        {"measure", "off", RND_ORDER_MEASURE},
        {"measure", "clear", RND_ORDER_MEASURE_CLEAR},
        {"measure", "1,2,3 4,5,6", RND_ORDER_MEASURE_POINTS},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); ++i) {
        struct rnd_view_order order;
        assert_true(rnd_view_order_read(rows[i].action, rows[i].argument, &order));
        assert_int_equal(order.kind, rows[i].kind);
    }
    struct rnd_view_order order;
    assert_true(rnd_view_order_read("opacity", "Root = S1=5", &order));
    assert_string_equal(order.name, "Root = S1");
    assert_true(order.opacity > 0.049 && order.opacity < 0.051);
    assert_true(rnd_view_order_read("hide", "Bone", &order));
    assert_true(order.opacity <= 0.0);
    assert_true(rnd_view_order_read("cut", "16", &order));
    assert_int_equal(order.cut, 16);
    assert_true(rnd_view_order_read("layout", "review", &order));
    assert_int_equal(order.layout, RND_LAYOUT_REVIEW);
}

static void test_what_is_no_order(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"", ""},
        {"jump", ""},
        {"layout", ""},
        {"layout", "roof"},
        {"view", "below"},
        {"cut", ""},
        {"cut", "0"},
        {"cut", "17"},
        {"cut", "1x"},
        {"cut", "-1"},
        {"opacity", "Bone"},
        {"opacity", "=40"},
        {"opacity", "B=101"},
        {"opacity", "B=-1"},
        {"opacity", "B="},
        {"opacity", "B=nan"},
        {"hide", ""},
        {"reset", "now"},
        {"undo", "1"},
        {"Layout", "cut"},
        {"overlay", ""},
        {"overlay", "101"},
        {"overlay", "-1"},
        {"overlay", "outline"},
        {"keyhole", ""},
        {"keyhole", "4"},
        {"keyhole", "61"},
        {"keyhole", "25.5"},
        {"scan", ""},
        {"scan", "pet"},
        {"measure", ""},
        {"measure", "far"},
        {"measure", "1,2,3"},
        {"cut", "99999999999999999999"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); ++i) {
        struct rnd_view_order order = {.kind = RND_ORDER_HELP, .cut = 77};
        if (rnd_view_order_read(rows[i][0], rows[i][1], &order)) {
            fail_msg("taken: %s %s", rows[i][0], rows[i][1]);
        }
        assert_int_equal(order.cut, 77); /* untouched */
    }
    char longest[NAV_NAME_SIZE + 8];
    memset(longest, 'x', sizeof(longest));
    (void)snprintf(&longest[NAV_NAME_SIZE], 8, "=50");
    struct rnd_view_order order;
    assert_false(rnd_view_order_read("opacity", longest, &order));
}

static void test_whom_an_order_is_for(void **state)
{
    (void)state;
    struct nav_scene_view_order order = {.serial = 1};
    assert_true(rnd_view_order_is_for(&order, "bedside"));
    (void)snprintf(order.display, sizeof(order.display), "assistant");
    assert_false(rnd_view_order_is_for(&order, "bedside"));
    assert_true(rnd_view_order_is_for(&order, "assistant"));
    memset(order.display, 'x', sizeof(order.display)); /* without an end */
    assert_false(rnd_view_order_is_for(&order, "x"));
}

static void test_the_way_back(void **state)
{
    (void)state;
    static struct rnd_view_history history;
    struct rnd_view_state view = {.at_cut = -1};
    struct rnd_view_state back;
    assert_false(rnd_view_history_undo(&history, &back));
    for (int i = 0; i < RND_VIEW_STATES_MAX + 5; ++i) {
        view.at_cut = i;
        rnd_view_history_keep(&history, &view);
    }
    for (int i = RND_VIEW_STATES_MAX + 4; i >= 5; --i) {
        assert_true(rnd_view_history_undo(&history, &back));
        assert_int_equal(back.at_cut, i);
    }
    assert_false(rnd_view_history_undo(&history, &back));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_action),
        cmocka_unit_test(test_what_is_no_order),
        cmocka_unit_test(test_whom_an_order_is_for),
        cmocka_unit_test(test_the_way_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
