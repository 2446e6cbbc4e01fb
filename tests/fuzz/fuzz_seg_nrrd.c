/* A .seg.nrrd: refused with a message, or segments whose surfaces are all closed. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "segment.h"

enum { VOXELS_MAX = 1 << 12 };

static void check_surfaces(const struct prep_segmentation *segmentation)
{
    struct prep_segment_options options = prep_segment_options_default();
    options.threads = 1;
    options.smoothing = 2;
    struct prep_segment_surfaces surfaces = {0};
    struct cfg_error error = {.text = ""};
    FUZZ_PROMISE(prep_segment_run(segmentation, NULL, 0, &options, &surfaces, &error) == NAV_OK);
    for (size_t i = 0; i < surfaces.count; ++i) {
        const struct prep_segment_surface *item = &surfaces.items[i];
        FUZZ_PROMISE(item->closed == (item->segment->voxels > 0));
    }
    prep_segment_surfaces_finish(&surfaces);
}

static void check(const struct prep_segmentation *segmentation)
{
    const struct cfg_volume_report *report = &segmentation->volume->report;
    size_t voxels = 0;
    for (size_t i = 0; i < segmentation->count; ++i) {
        const struct prep_segment *segment = &segmentation->segments[i];
        FUZZ_PROMISE(prep_name_is_good(segment->name, strlen(segment->name)));
        FUZZ_PROMISE(segment->value >= 1 && segment->value <= PREP_LABEL_VALUE_MAX);
        FUZZ_PROMISE(segment->layer >= 0 && segment->layer < report->layers);
        for (int a = 0; a < 3 && segment->voxels > 0; ++a) {
            FUZZ_PROMISE(0 <= segment->low[a] && segment->low[a] <= segment->high[a] &&
                         segment->high[a] < report->size[a]);
        }
        voxels += segment->voxels;
    }
    FUZZ_PROMISE(voxels > 0 && voxels <= VOXELS_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *bytes = malloc(size + 1);
    FUZZ_PROMISE(bytes != NULL);
    if (size > 0) {
        memcpy(bytes, data, size);
    }
    bytes[size] = 0;
    struct prep_segmentation segmentation = {0};
    struct cfg_error error = {.text = ""};
    const enum nav_status status =
        prep_segmentation_parse(bytes, size, "m.seg.nrrd", VOXELS_MAX, &segmentation, &error);
    free(bytes);
    FUZZ_PROMISE((status == NAV_OK) == (segmentation.volume != NULL));
    FUZZ_PROMISE((status == NAV_OK) == (error.text[0] == '\0'));
    if (status == NAV_OK) {
        check(&segmentation);
        check_surfaces(&segmentation);
        prep_segmentation_finish(&segmentation);
    }
    return 0;
}
