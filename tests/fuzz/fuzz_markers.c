/* A file of marker bodies: refused with a message, or bodies that keep their word. */
#include <math.h>
#include <string.h>

#include "fuzz.h"
#include "marker_bodies.h"

static void check_marker(const struct cfg_body_marker *marker)
{
    FUZZ_PROMISE(marker->id >= 0);
    double sides[4];
    for (int i = 0; i < 4; ++i) {
        const double *a = marker->corners_mm[i];
        const double *b = marker->corners_mm[(i + 1) % 4];
        sides[i] = hypot(hypot(b[0] - a[0], b[1] - a[1]), b[2] - a[2]);
        FUZZ_PROMISE(isfinite(sides[i]) && sides[i] > 0);
    }
    FUZZ_PROMISE(fabs(sides[0] - sides[1]) < 0.01 * sides[0]); /* square, as they are printed */
    FUZZ_PROMISE(fabs(sides[0] - sides[2]) < 0.01 * sides[0]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct cfg_marker_bodies bodies;
    struct cfg_error error = {.text = ""};
    const enum nav_status status = cfg_marker_bodies_parse(data, size, "m.yaml", &bodies, &error);
    FUZZ_PROMISE((status == NAV_OK) == (error.text[0] == '\0'));
    if (status != NAV_OK) {
        return 0;
    }
    FUZZ_PROMISE(bodies.count >= 1 && bodies.count <= CFG_BODIES_MAX);
    for (size_t i = 0; i < bodies.count; ++i) {
        const struct cfg_marker_body *body = &bodies.bodies[i];
        FUZZ_PROMISE(body->name[0] != '\0' && memchr(body->name, 0, sizeof(body->name)) != NULL);
        FUZZ_PROMISE(body->marker_count >= 1 && body->marker_count <= CFG_BODY_MARKERS_MAX);
        for (size_t j = 0; j < body->marker_count; ++j) {
            check_marker(&body->markers[j]);
        }
    }
    return 0;
}
