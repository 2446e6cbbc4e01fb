/* A volume file of one format (FUZZ_NAME), read as a picture and as a label map: refused with a
 * message, or a volume that keeps its word. */
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "volume.h"

enum { VOXELS_MAX = 1 << 16 };

static void check_volume(const struct cfg_volume *volume, bool labels)
{
    const struct cfg_volume_report *report = &volume->report;
    size_t count = 1;
    for (int axis = 0; axis < 3; ++axis) {
        FUZZ_PROMISE(report->size[axis] >= (labels ? 1 : CFG_VOLUME_SIDE_MIN));
        FUZZ_PROMISE(report->spacing_mm[axis] > 0.0 && isfinite(report->spacing_mm[axis]));
        FUZZ_PROMISE(report->min_mm[axis] < report->max_mm[axis] || labels);
        count *= (size_t)report->size[axis];
    }
    FUZZ_PROMISE(report->layers == 1 || (labels && report->layers > 1));
    count *= (size_t)report->layers;
    FUZZ_PROMISE(count <= VOXELS_MAX);
    FUZZ_PROMISE(labels ? report->lowest <= report->highest : report->lowest < report->highest);
    FUZZ_PROMISE(labels || (volume->notes == NULL && !report->mirrored));
    for (size_t i = 0; i < count; ++i) {
        FUZZ_PROMISE(volume->voxels[i] >= report->lowest && volume->voxels[i] <= report->highest);
    }
    const double *T = report->T_image_voxel;
    FUZZ_PROMISE(T[0] * (T[5] * T[10] - T[6] * T[9]) - T[1] * (T[4] * T[10] - T[6] * T[8]) +
                     T[2] * (T[4] * T[9] - T[5] * T[8]) >
                 0.0);
}

static void read_as(const uint8_t *bytes, size_t size, bool labels)
{
    struct cfg_volume *volume = NULL;
    struct cfg_error error = {.text = ""};
    const struct cfg_volume_options options = {.voxels_max = VOXELS_MAX, .labels = labels};
    const enum nav_status status =
        cfg_volume_parse(bytes, size, FUZZ_NAME, &options, &volume, &error);
    FUZZ_PROMISE((status == NAV_OK) == (volume != NULL));
    FUZZ_PROMISE((status == NAV_OK) == (error.text[0] == '\0'));
    if (volume != NULL) {
        check_volume(volume, labels);
        cfg_volume_destroy(volume);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *bytes = malloc(size + 1);
    FUZZ_PROMISE(bytes != NULL);
    if (size > 0) {
        memcpy(bytes, data, size);
    }
    bytes[size] = 0;
    read_as(bytes, size, false);
    read_as(bytes, size, true);
    free(bytes);
    return 0;
}
