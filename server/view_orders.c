#include "view_orders.h"

#include <string.h>

static bool is_word(const char *text)
{
    const size_t length = strlen(text);
    return length > 0 && length < NAV_NAME_SIZE &&
           strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-") == length;
}

static bool is_plain(const char *text)
{
    for (const char *c = text; *c != '\0'; ++c) {
        if ((unsigned char)*c < ' ' || *c == 0x7f) {
            return false;
        }
    }
    return strlen(text) < NAV_NAME_SIZE;
}

bool srv_view_orders_add(struct srv_view_orders *orders, const char *action, const char *argument,
                         const char *display)
{
    const char *what = argument != NULL ? argument : "";
    const char *where = display != NULL ? display : "";
    if (!is_word(action) || !is_plain(what) || !is_plain(where)) {
        return false;
    }
    const uint64_t serial = ++orders->count;
    struct nav_scene_view_order *order = &orders->orders[serial % NAV_VIEW_ORDERS_MAX];
    memset(order, 0, sizeof(*order));
    order->serial = serial;
    memcpy(order->action, action, strlen(action));
    memcpy(order->argument, what, strlen(what));
    memcpy(order->display, where, strlen(where));
    return true;
}

void srv_view_orders_fill(const struct srv_view_orders *orders, struct nav_scene *scene)
{
    scene->view_order_count = orders->count;
    memcpy(scene->view_orders, orders->orders, sizeof(scene->view_orders));
}
