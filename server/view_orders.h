/* Orders to displays, handed on in the scene: what a command asks of the picture, such as another
 * view. The core knows no words of displays; it passes on what is short and plain, and each display
 * acts once on each serial (struct nav_scene_view_order). The newest NAV_VIEW_ORDERS_MAX are
 * carried. Plain data: a copy is a copy. Thread: loop. */
#ifndef SRV_VIEW_ORDERS_H
#define SRV_VIEW_ORDERS_H

#include <stdbool.h>
#include <stdint.h>

#include "nav/scene.h"

/* The zero struct has none. */
struct srv_view_orders {
    uint64_t count; /* since start */
    struct nav_scene_view_order orders[NAV_VIEW_ORDERS_MAX];
};

/* `argument` and `display` may be NULL: none, every display. False, and nothing is ordered: an
 * action that is not 1 to 63 lower case letters, digits and hyphens; an argument or display with
 * more than 63 bytes or a control character. */
bool srv_view_orders_add(struct srv_view_orders *orders, const char *action, const char *argument,
                         const char *display);

void srv_view_orders_fill(const struct srv_view_orders *orders, struct nav_scene *scene);

#endif
