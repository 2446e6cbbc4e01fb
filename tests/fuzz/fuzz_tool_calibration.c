/* A file that binds a tool to its calibration: refused with a message, or numbers that hold. */
#include <math.h>
#include <string.h>

#include "fuzz.h"
#include "tool_calibration.h"

static void check_vector(const double v[3], bool unit)
{
    const double length = hypot(hypot(v[0], v[1]), v[2]);
    FUZZ_PROMISE(isfinite(v[0]) && isfinite(v[1]) && isfinite(v[2]));
    FUZZ_PROMISE(!unit || fabs(length - 1) < 2e-3);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cfg_tool_calibration calibration;
    struct cfg_error error = {.text = ""};
    const enum nav_status status =
        cfg_tool_calibration_parse(data, size, "t.json", &calibration, &error);
    FUZZ_PROMISE((status == NAV_OK) == (error.text[0] == '\0'));
    if (status != NAV_OK) {
        return 0;
    }
    FUZZ_PROMISE(calibration.tool[0] != '\0' &&
                 memchr(calibration.tool, '\0', sizeof(calibration.tool)) != NULL);
    FUZZ_PROMISE(cfg_same_tool(calibration.tool, calibration.tool));
    FUZZ_PROMISE(calibration.has_tip || calibration.has_axis);
    if (calibration.has_tip) {
        check_vector(calibration.tip_mm, false);
    }
    if (calibration.has_axis) {
        check_vector(calibration.axis, true);
    }
    if (calibration.has_up) {
        check_vector(calibration.up, true);
    }
    return 0;
}
