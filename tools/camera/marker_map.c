#include "marker_map.h"

#include <stdio.h>
#include <string.h>

struct cam_bodies marker_map(const struct cfg_marker_bodies *given)
{
    struct cam_bodies bodies = {.count = given->count};
    (void)snprintf(bodies.dictionary, sizeof(bodies.dictionary), "%s", given->dictionary);
    for (size_t i = 0; i < given->count; ++i) {
        const struct cfg_marker_body *from = &given->bodies[i];
        struct cam_body *to = &bodies.bodies[i];
        (void)snprintf(to->name, sizeof(to->name), "%s", from->name);
        to->marker_count = from->marker_count;
        for (size_t j = 0; j < from->marker_count; ++j) {
            to->markers[j].id = from->markers[j].id;
            memcpy(to->markers[j].corners_mm, from->markers[j].corners_mm,
                   sizeof(to->markers[j].corners_mm));
        }
    }
    return bodies;
}
