/* What a DICOM segmentation says, whatever it says: refused with a message, or structures that lie
 * within their grid. make_seeds tells how the bytes are read. */
#include <stdlib.h>
#include <string.h>

#include "dicom_seg.h"
#include "fuzz.h"
#include "import.h"
#include "read_dicom_seg.h"

enum { HEAD = 6, SEGMENT = 9, FRAME = 6, SEGMENTS = 15, FRAMES = 31 };

static const double ways[4][6] = {
    {1, 0, 0, 0, 1, 0}, {0, 1, 0, 0, 0, -1}, {1, 0, 0, 0, 0.8, 0.6}, {1, 0, 0, 1, 0, 0}};

static void take_segment(const uint8_t *bytes, struct dcm_segment *out)
{
    out->number = bytes[0];
    memcpy(out->label, bytes + 1, SEGMENT - 1);
    out->has_colour = bytes[0] % 2 == 1;
    out->lab[0] = out->lab[1] = out->lab[2] = (uint16_t)(bytes[1] * 257);
    memcpy(out->code, bytes + 3, 4);
}

static void take_frame(const uint8_t *bytes, uint8_t between, struct dcm_frame *out)
{
    out->segment = bytes[0];
    out->has_position = (bytes[1] & 1) == 0;
    out->has_orientation = (bytes[1] & 2) == 0;
    out->has_spacing = (bytes[1] & 4) == 0;
    memcpy(out->orientation, ways[bytes[2] % 4], sizeof(out->orientation));
    for (int k = 0; k < 3; ++k) {
        out->position[k] = 0.5 * bytes[3 + k];
    }
    out->spacing[0] = out->spacing[1] = bytes[1] < 128 ? 1.0 : 0.0;
    out->between_mm = 0.5 * between;
}

static void check(const struct imp_source *source)
{
    for (size_t i = 0; i < source->item_count; ++i) {
        const struct imp_item *item = &source->items[i];
        const struct cfg_volume_report *report = &item->segmentation->volume->report;
        FUZZ_PROMISE(memchr(item->name, '\0', sizeof(item->name)) != NULL);
        FUZZ_PROMISE(item->segment->voxels > 0);
        for (int k = 0; k < 3; ++k) {
            FUZZ_PROMISE(item->segment->low[k] >= 0);
            FUZZ_PROMISE(item->segment->high[k] < report->size[k]);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dcm_segment segments[SEGMENTS];
    struct dcm_frame frames[FRAMES];
    memset(segments, 0, sizeof(segments));
    memset(frames, 0, sizeof(frames));
    const size_t segment_count = size >= HEAD ? data[2] % (SEGMENTS + 1) : 0;
    const size_t frame_count = size >= HEAD ? data[3] % (FRAMES + 1) : 0;
    const size_t told = HEAD + SEGMENT * segment_count + FRAME * frame_count;
    if (size < told) {
        return 0;
    }
    for (size_t i = 0; i < segment_count; ++i) {
        take_segment(data + HEAD + SEGMENT * i, &segments[i]);
    }
    for (size_t i = 0; i < frame_count; ++i) {
        take_frame(data + HEAD + SEGMENT * segment_count + FRAME * i, data[4], &frames[i]);
    }
    struct dcm_seg seg = {.type = "BINARY",
                          .rows = data[0] % 64,
                          .columns = data[1] % 64,
                          .samples = 1,
                          .bits_allocated = 1,
                          .bits_stored = 1,
                          .frames_stated = data[5],
                          .segment_count = segment_count,
                          .frame_count = frame_count,
                          .segments = segments,
                          .frames = frames,
                          .pixel_bytes = size - told};
    seg.pixels = malloc(seg.pixel_bytes + 1);
    struct imp_source *source = calloc(1, sizeof(*source));
    struct cfg_error error = {.text = ""};
    const struct imp_request request = {.path = "seg"};
    FUZZ_PROMISE(seg.pixels != NULL && source != NULL);
    memcpy(seg.pixels, data + told, seg.pixel_bytes);
    const enum nav_status status =
        imp_take_dicom_seg(&request, "seg", &seg, NULL, 0, source, &error);
    FUZZ_PROMISE(status == NAV_OK || error.text[0] != '\0');
    if (status == NAV_OK) {
        check(source);
    }
    imp_source_finish(source);
    free(source);
    free(seg.pixels);
    return 0;
}
