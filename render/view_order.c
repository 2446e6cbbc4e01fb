#include "view_order.h"

#include <stdlib.h>
#include <string.h>

#include "text.h"

const char *rnd_view_order_help(void)
{
    return "  layout NAME         bedside, assistant, slices, cut, tool-eye, review, ar\n"
           "  view NAME           posterior, oblique, left, right, head, anterior, cut\n"
           "  cut NUMBER          the face of that cut\n"
           "  opacity NAME=0..100 how strongly a structure is drawn, percent; 0 hides it\n"
           "  hide NAME           a structure\n"
           "  show [NAME]         a structure, or all, as the case has them\n"
           "  overlay 0..100      the model on a live picture, percent; or outlines, filled,\n"
           "                      landmarks, bare\n"
           "  keyhole on|off|MM   fades bone around the live tip, 5 to 60 mm\n"
           "  measure WHAT        distance, angle: of two, three points that are clicked; off; "
           "clear\n"
           "  measure POINTS      shows what lies between points, \"10.5,-20,30 12,-18,30\" "
           "(LPS mm)\n"
           "  scan WHAT           ct, mr, blend (both), squares (by turns): in the sections\n"
           "  reset, undo, help\n";
}

/* A whole number in [least, most], the whole text. */
static bool read_number(const char *text, long least, long most, long *out_number)
{
    char *end = NULL;
    if (text[0] < '0' || text[0] > '9') {
        return false;
    }
    const long number = strtol(text, &end, 10);
    if (*end != '\0' || number < least || number > most) {
        return false;
    }
    *out_number = number;
    return true;
}

static bool read_opacity(const char *argument, struct rnd_view_order *order)
{
    const char *equals = strrchr(argument, '=');
    long percent = 0;
    if (equals == NULL || equals == argument || equals - argument >= NAV_NAME_SIZE ||
        !read_number(equals + 1, 0, 100, &percent)) {
        return false;
    }
    memcpy(order->name, argument, (size_t)(equals - argument));
    order->opacity = (double)percent / 100.0;
    return true;
}

static bool take_name(const char *argument, double opacity, struct rnd_view_order *order)
{
    rnd_text_append(order->name, sizeof(order->name), argument);
    order->opacity = opacity;
    return argument[0] != '\0';
}

static bool read_view(const char *argument, struct rnd_view_order *order)
{
    if (strcmp(argument, "cut") == 0) {
        order->kind = RND_ORDER_CUT;
        return true;
    }
    return rnd_preset_find(argument, &order->view);
}

static bool read_cut(const char *argument, struct rnd_view_order *order)
{
    long number = 0;
    if (!read_number(argument, 1, NAV_CUTS_MAX, &number)) {
        return false;
    }
    order->cut = (unsigned)number;
    return true;
}

static bool read_measure(const char *argument, struct rnd_view_order *order)
{
    static const struct {
        const char *word;
        size_t points;
    } words[] = {{"off", 0}, {"distance", 2}, {"angle", 3}};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); ++i) {
        if (strcmp(argument, words[i].word) == 0) {
            order->measure_points = words[i].points;
            return true;
        }
    }
    order->kind =
        strcmp(argument, "clear") == 0 ? RND_ORDER_MEASURE_CLEAR : RND_ORDER_MEASURE_POINTS;
    return order->kind == RND_ORDER_MEASURE_CLEAR || nav_measure_read(argument, &order->measure);
}

static bool read_overlay(const char *argument, struct rnd_view_order *order)
{
    static const struct {
        const char *word;
        enum rnd_order_kind kind;
        bool on;
    } words[] = {{"outlines", RND_ORDER_OVERLAY_OUTLINES, true},
                 {"filled", RND_ORDER_OVERLAY_OUTLINES, false},
                 {"landmarks", RND_ORDER_OVERLAY_LANDMARKS, true},
                 {"bare", RND_ORDER_OVERLAY_LANDMARKS, false}};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); ++i) {
        if (strcmp(argument, words[i].word) == 0) {
            order->kind = words[i].kind;
            order->on = words[i].on;
            return true;
        }
    }
    long percent = 0;
    if (!read_number(argument, 0, 100, &percent)) {
        return false;
    }
    order->opacity = (double)percent / 100.0;
    return true;
}

static bool read_keyhole(const char *argument, struct rnd_view_order *order)
{
    long mm = 0;
    if (strcmp(argument, "on") == 0) {
        mm = -1;
    } else if (strcmp(argument, "off") != 0 && !read_number(argument, 5, 60, &mm)) {
        return false;
    }
    order->keyhole_mm = (double)mm;
    return true;
}

static bool read_argument(const char *argument, struct rnd_view_order *order)
{
    switch (order->kind) {
    case RND_ORDER_LAYOUT:
        return rnd_layout_find(argument, &order->layout);
    case RND_ORDER_VIEW:
        return read_view(argument, order);
    case RND_ORDER_FUSION:
        return rnd_fusion_find(argument, &order->fusion);
    case RND_ORDER_CUT:
        return read_cut(argument, order);
    case RND_ORDER_KEYHOLE:
        return read_keyhole(argument, order);
    case RND_ORDER_MEASURE:
        return read_measure(argument, order);
    case RND_ORDER_OVERLAY:
        return read_overlay(argument, order);
    case RND_ORDER_OPACITY:
        return read_opacity(argument, order);
    default:
        return argument[0] == '\0';
    }
}

bool rnd_view_order_read(const char *action, const char *argument, struct rnd_view_order *out_order)
{
    static const struct {
        const char *word;
        enum rnd_order_kind kind;
    } words[] = {
        {"layout", RND_ORDER_LAYOUT},   {"view", RND_ORDER_VIEW},
        {"cut", RND_ORDER_CUT},         {"opacity", RND_ORDER_OPACITY},
        {"reset", RND_ORDER_RESET},     {"undo", RND_ORDER_UNDO},
        {"help", RND_ORDER_HELP},       {"measure", RND_ORDER_MEASURE},
        {"keyhole", RND_ORDER_KEYHOLE}, {"scan", RND_ORDER_FUSION},
        {"overlay", RND_ORDER_OVERLAY},
    };
    struct rnd_view_order order;
    memset(&order, 0, sizeof(order));
    bool good = false;
    if (strcmp(action, "hide") == 0) {
        order.kind = RND_ORDER_OPACITY;
        good = take_name(argument, 0.0, &order);
    } else if (strcmp(action, "show") == 0) {
        const bool one = take_name(argument, 1.0, &order);
        order.kind = one ? RND_ORDER_OPACITY : RND_ORDER_SHOW_ALL;
        good = true;
    }
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); ++i) {
        if (strcmp(action, words[i].word) == 0) {
            order.kind = words[i].kind;
            good = read_argument(argument, &order);
        }
    }
    if (good) {
        *out_order = order;
    }
    return good;
}

bool rnd_view_order_is_for(const struct nav_scene_view_order *order, const char *display)
{
    const size_t length = strnlen(order->display, sizeof(order->display));
    return length == 0 ||
           (length == strlen(display) && memcmp(order->display, display, length) == 0);
}
