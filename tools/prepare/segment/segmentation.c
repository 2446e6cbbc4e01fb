#include "segmentation.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool ends_in(const char *name, const char *ending)
{
    const size_t length = strlen(name), tail = strlen(ending);
    return length >= tail && strcasecmp(name + length - tail, ending) == 0;
}

static double voxel_volume(const struct cfg_volume *volume)
{
    const double *spacing = volume->report.spacing_mm;
    return spacing[0] * spacing[1] * spacing[2];
}

static size_t layer_size(const struct cfg_volume *volume)
{
    const int32_t *size = volume->report.size;
    return (size_t)size[0] * (size_t)size[1] * (size_t)size[2];
}

/* --- which voxels ---------------------------------------------------------------------------- */

/* What one value has in one layer. */
struct extent {
    size_t voxels;
    int32_t low[3], high[3];
};

/* Counts the values of a layer; a run of equal voxels at a time. */
static void survey(const struct cfg_volume *volume, int32_t layer, struct extent *extents)
{
    const int32_t *size = volume->report.size;
    const int16_t *row = volume->voxels + (size_t)layer * layer_size(volume);
    for (int32_t k = 0; k < size[2]; ++k) {
        for (int32_t j = 0; j < size[1]; ++j, row += size[0]) {
            for (int32_t i = 0; i < size[0];) {
                const int32_t from = i;
                const int16_t value = row[i];
                while (i < size[0] && row[i] == value) {
                    ++i;
                }
                if (value == 0) {
                    continue;
                }
                struct extent *extent = &extents[value];
                const int32_t low[3] = {from, j, k}, high[3] = {i - 1, j, k};
                for (int a = 0; a < 3; ++a) {
                    const bool first = extent->voxels == 0;
                    extent->low[a] = first || low[a] < extent->low[a] ? low[a] : extent->low[a];
                    extent->high[a] =
                        first || high[a] > extent->high[a] ? high[a] : extent->high[a];
                }
                extent->voxels += (size_t)(i - from);
            }
        }
    }
}

static void take_extent(const struct extent *extent, struct prep_segment *segment)
{
    segment->voxels = extent->voxels;
    memcpy(segment->low, extent->low, sizeof(segment->low));
    memcpy(segment->high, extent->high, sizeof(segment->high));
}

static int compare_segments(const void *left, const void *right)
{
    const struct prep_segment *a = left, *b = right;
    return a->layer != b->layer ? (a->layer < b->layer ? -1 : 1)
                                : (a->value > b->value) - (a->value < b->value);
}

static enum nav_status refuse_value(const struct prep_segmentation *made, const char *file,
                                    struct cfg_error *error)
{
    return cfg_error_set(
        error, NAV_ERR_RANGE,
        "%s: has the value %d; the labels of a label map are 0 to %d, is this one?", file,
        made->volume->report.lowest, PREP_LABEL_VALUE_MAX);
}

/* Segments of a plain label map: of the table's rows, and of values that it does not name. */
static enum nav_status name_values(const struct prep_segmentation *made, const char *file,
                                   const struct prep_names *names, const struct extent *extents,
                                   struct prep_segment *segments, size_t *out_count,
                                   struct cfg_error *error)
{
    size_t count = 0;
    for (size_t i = 0; i < names->count; ++i) { /* at most PREP_NAMES_MAX = PREP_SEGMENTS_MAX */
        const struct prep_name *row = &names->rows[i];
        struct prep_segment *segment = &segments[count++];
        *segment = (struct prep_segment){.value = row->value, .coloured = row->coloured};
        memcpy(segment->name, row->name, sizeof(segment->name));
        memcpy(segment->colour, row->colour, sizeof(segment->colour));
        take_extent(&extents[row->value], segment);
    }
    qsort(segments, count, sizeof(*segments), compare_segments);
    const size_t named = count;
    size_t at = 0;
    for (int32_t value = 1; value <= made->volume->report.highest; ++value) {
        while (at < named && segments[at].value < value) {
            ++at;
        }
        if (extents[value].voxels == 0 || (at < named && segments[at].value == value)) {
            continue;
        }
        if (count == PREP_SEGMENTS_MAX) {
            return cfg_error_set(error, NAV_ERR_TOO_LARGE,
                                 "%s: has more than %d different values; is it a label map?", file,
                                 PREP_SEGMENTS_MAX);
        }
        struct prep_segment *segment = &segments[count++];
        *segment = (struct prep_segment){.value = value};
        (void)snprintf(segment->name, sizeof(segment->name), "label_%d", (int)value);
        take_extent(&extents[value], segment);
    }
    *out_count = count;
    return NAV_OK;
}

static enum nav_status refuse_twins(const struct prep_segment *a, const struct prep_segment *b,
                                    const char *file, struct cfg_error *error)
{
    if (a->layer == b->layer && a->value == b->value) {
        return cfg_error_set(
            error, NAV_ERR_REFUSED,
            "%s: '%s' and '%s' are the same voxels (layer %d, value %d); export it "
            "again",
            file, a->name, b->name, (int)a->layer, (int)a->value);
    }
    if (strcasecmp(a->name, b->name) == 0) {
        return cfg_error_set(error, NAV_ERR_REFUSED, "%s: two segments are named '%s'; rename one",
                             file, a->name);
    }
    return NAV_OK;
}

static enum nav_status check_segments(const struct prep_segment *segments, size_t count,
                                      const char *file, struct cfg_error *error)
{
    bool any = false;
    for (size_t i = 0; i < count; ++i) {
        any = any || segments[i].voxels > 0;
        for (size_t k = 0; k < i; ++k) {
            const enum nav_status status = refuse_twins(&segments[k], &segments[i], file, error);
            if (status != NAV_OK) {
                return status;
            }
        }
    }
    return any ? NAV_OK
               : cfg_error_set(error, NAV_ERR_REFUSED,
                               "%s: no voxel belongs to a structure; there is nothing in it", file);
}

/* Fills the segments of a loaded volume; `names` NULL: a .seg.nrrd. */
static enum nav_status make_segments(struct prep_segmentation *made, const char *file,
                                     const struct prep_names *names, struct cfg_error *error)
{
    if (made->volume->report.lowest < 0) {
        return refuse_value(made, file, error);
    }
    const int32_t layers = made->volume->report.layers;
    const size_t values = (size_t)PREP_LABEL_VALUE_MAX + 1;
    struct extent *extents = calloc(values, sizeof(*extents));
    struct prep_segment *segments = calloc(PREP_SEGMENTS_MAX, sizeof(*segments));
    enum nav_status status = NAV_OK;
    if (extents == NULL || segments == NULL) {
        status = cfg_error_set(error, NAV_ERR_MEMORY, "%s: out of memory", file);
    } else if (names != NULL && layers > 1) {
        status =
            cfg_error_set(error, NAV_ERR_REFUSED,
                          "%s: has %d layers but names no segments in its header; export it as "
                          ".seg.nrrd",
                          file, (int)layers);
    } else if (names != NULL) {
        survey(made->volume, 0, extents);
        status = name_values(made, file, names, extents, segments, &made->count, error);
    } else {
        status = prep_seg_notes_read(made->volume, file, segments, &made->count, error);
        for (int32_t layer = 0; status == NAV_OK && layer < layers; ++layer) {
            memset(extents, 0, values * sizeof(*extents));
            survey(made->volume, layer, extents);
            for (size_t i = 0; i < made->count; ++i) {
                if (segments[i].layer == layer) {
                    take_extent(&extents[segments[i].value], &segments[i]);
                }
            }
        }
    }
    free(extents);
    if (status == NAV_OK) {
        qsort(segments, made->count, sizeof(*segments), compare_segments);
        status = check_segments(segments, made->count, file, error);
    }
    if (status != NAV_OK) {
        free(segments);
        return status;
    }
    /* Only what is used stays taken. */
    struct prep_segment *fitting = realloc(segments, made->count * sizeof(*segments));
    made->segments = fitting != NULL ? fitting : segments;
    made->voxel_mm3 = voxel_volume(made->volume);
    return NAV_OK;
}

/* --- files ----------------------------------------------------------------------------------- */

/* Takes over the volume. */
static enum nav_status build(struct cfg_volume *volume, const char *name,
                             const struct prep_names *names, struct prep_segmentation *out,
                             struct cfg_error *error)
{
    struct prep_segmentation made = {.volume = volume};
    static const struct prep_names none = {0};
    const bool names_itself =
        volume->notes != NULL && (strncmp(volume->notes, "Segment0_", 9) == 0 ||
                                  strstr(volume->notes, "\nSegment0_") != NULL);
    enum nav_status status = NAV_OK;
    if (names_itself && names != NULL) {
        status =
            cfg_error_set(error, NAV_ERR_REFUSED,
                          "%s: names its segments itself; leave the table of names away", name);
    } else if (!names_itself && ends_in(name, ".seg.nrrd")) {
        status = cfg_error_set(
            error, NAV_ERR_REFUSED,
            "%s: its header names no segment (Segment0_ID); an empty segmentation?", name);
    } else {
        status = make_segments(&made, name,
                               names_itself    ? NULL
                               : names != NULL ? names
                                               : &none,
                               error);
    }
    if (status != NAV_OK) {
        cfg_volume_destroy(volume);
        return status;
    }
    *out = made;
    return NAV_OK;
}

enum nav_status prep_segmentation_load(const char *path, const char *names_path,
                                       struct prep_segmentation *out_segmentation,
                                       struct cfg_error *out_error)
{
    const struct cfg_volume_options options = {.labels = true};
    struct prep_names names = {0};
    struct cfg_volume *volume = NULL;
    enum nav_status status =
        names_path != NULL ? prep_names_load(names_path, &names, out_error) : NAV_OK;
    if (status == NAV_OK) {
        status = cfg_volume_load(path, &options, &volume, out_error);
    }
    if (status == NAV_OK) {
        status =
            build(volume, path, names_path != NULL ? &names : NULL, out_segmentation, out_error);
    }
    prep_names_finish(&names);
    return status;
}

enum nav_status prep_segmentation_parse(const uint8_t *bytes, size_t size, const char *name,
                                        size_t voxels_max,
                                        struct prep_segmentation *out_segmentation,
                                        struct cfg_error *out_error)
{
    const struct cfg_volume_options options = {.labels = true, .voxels_max = voxels_max};
    struct cfg_volume *volume = NULL;
    const enum nav_status status =
        cfg_volume_parse(bytes, size, name, &options, &volume, out_error);
    return status == NAV_OK ? build(volume, name, NULL, out_segmentation, out_error) : status;
}

void prep_segmentation_finish(struct prep_segmentation *segmentation)
{
    cfg_volume_destroy(segmentation->volume);
    free(segmentation->segments);
    *segmentation = (struct prep_segmentation){0};
}

const struct prep_segment *prep_segmentation_find(const struct prep_segmentation *segmentation,
                                                  const char *name)
{
    for (size_t i = 0; i < segmentation->count; ++i) {
        const struct prep_segment *segment = &segmentation->segments[i];
        if (strcasecmp(segment->name, name) == 0 ||
            (segment->id[0] != '\0' && strcmp(segment->id, name) == 0)) {
            return segment;
        }
    }
    return NULL;
}
