/* Action and argument of an order to displays, apart by the first newline: refused and untouched,
 * or of the table with numbers in their ranges; a measurement is the same when the core reads it.
 */
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "view_order.h"

static void expect_measure(const struct nav_measure *measure)
{
    FUZZ_PROMISE(measure->count == 2 || measure->count == NAV_MEASURE_POINTS_MAX);
    for (size_t i = 0; i < measure->count; ++i) {
        for (int axis = 0; axis < 3; ++axis) {
            FUZZ_PROMISE(fabs(measure->points_mm[i][axis]) <= 10000.0);
        }
    }
    const double value = nav_measure_value(measure);
    FUZZ_PROMISE(measure->count == 2 ? value >= 0.0 && value < 35000.0
                                     : isnan(value) || (value >= 0.0 && value <= 180.0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 2);
    FUZZ_PROMISE(text != NULL);
    if (size > 0) {
        memcpy(text, data, size);
    }
    text[size] = text[size + 1] = '\0';
    char *argument = strchr(text, '\n');
    if (argument != NULL) {
        *argument++ = '\0';
    } else {
        argument = &text[size];
    }
    struct rnd_view_order order;
    struct rnd_view_order before;
    memset(&order, 0x5a, sizeof(order));
    before = order;
    if (!rnd_view_order_read(text, argument, &order)) {
        FUZZ_PROMISE(memcmp(&order, &before, sizeof(order)) == 0);
    } else {
        FUZZ_PROMISE(order.kind <= RND_ORDER_HELP && order.layout < RND_LAYOUT_COUNT &&
                     order.view < RND_PRESET_COUNT && order.cut <= NAV_CUTS_MAX);
        FUZZ_PROMISE(order.keyhole_mm >= -1.0 && order.keyhole_mm <= 60.0);
        FUZZ_PROMISE(order.opacity >= 0.0 && order.opacity <= 1.0);
        FUZZ_PROMISE(strnlen(order.name, sizeof(order.name)) < sizeof(order.name));
        FUZZ_PROMISE(order.measure_points == 0 || order.measure_points == 2 ||
                     order.measure_points == 3);
        if (order.kind == RND_ORDER_MEASURE_POINTS) {
            expect_measure(&order.measure);
        }
    }
    free(text);
    return 0;
}
