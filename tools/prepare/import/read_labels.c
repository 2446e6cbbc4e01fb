/* Label maps: which structures occur, what they are called, where they lie. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "import.h"
#include "role_names.h"

/* "TerminologyEntry:context~category~type~..." with triplets "scheme^code^meaning": the type's
 * code. */
static void take_terminology(const char *tags, char out_code[IMP_CODE_SIZE])
{
    const char *entry = strstr(tags, "TerminologyEntry:");
    char text[PREP_SEGMENT_TAGS_SIZE];
    if (entry == NULL) {
        return;
    }
    (void)snprintf(text, sizeof(text), "%s", entry + strlen("TerminologyEntry:"));
    text[strcspn(text, "|")] = '\0';
    char *rest = text;
    const char *part = NULL;
    for (int i = 0; i < 3 && rest != NULL; ++i) {
        part = strsep(&rest, "~");
    }
    const char *code = part != NULL ? strchr(part, '^') : NULL;
    if (code != NULL) {
        (void)snprintf(out_code, IMP_CODE_SIZE, "%.*s", (int)strcspn(code + 1, "^"), code + 1);
    }
}

/* Box of the voxels' outer faces in image space. */
static void place_box(const struct cfg_volume_report *report, const struct prep_segment *segment,
                      struct imp_item *item)
{
    for (int row = 0; row < 3; ++row) {
        const double *T = report->T_image_voxel + 4 * (ptrdiff_t)row;
        item->min_mm[row] = item->max_mm[row] = T[3];
        for (int axis = 0; axis < 3; ++axis) {
            const double low = T[axis] * (segment->low[axis] - 0.5);
            const double high = T[axis] * (segment->high[axis] + 0.5);
            item->min_mm[row] += fmin(low, high);
            item->max_mm[row] += fmax(low, high);
        }
    }
}

static bool at_border(const struct cfg_volume_report *report, const struct prep_segment *segment)
{
    for (int axis = 0; axis < 3; ++axis) {
        if (segment->low[axis] == 0 || segment->high[axis] == report->size[axis] - 1) {
            return true;
        }
    }
    return false;
}

static enum nav_status add_segment(const struct prep_segmentation *segmentation,
                                   const struct prep_segment *segment, const char *name,
                                   struct imp_source *source, struct cfg_error *error)
{
    const struct cfg_volume_report *report = &segmentation->volume->report;
    struct imp_item *item = imp_add_item(source, error);
    if (item == NULL) {
        return NAV_ERR_TOO_LARGE;
    }
    if (segment->id[0] != '\0') {
        (void)snprintf(item->part, sizeof(item->part), "%s", segment->id);
    } else if (report->layers > 1) {
        (void)snprintf(item->part, sizeof(item->part), "%d/%d", segment->layer, segment->value);
    } else {
        (void)snprintf(item->part, sizeof(item->part), "%d", segment->value);
    }
    (void)snprintf(item->original, sizeof(item->original), "%s", name);
    cfg_role_plain_name(name, item->name);
    take_terminology(segment->tags, item->code);
    item->has_colour = segment->coloured;
    for (int i = 0; i < 3; ++i) {
        item->colour[i] = (float)segment->colour[i] / 255.0f;
    }
    item->becomes = IMP_MODEL;
    item->segmentation = segmentation;
    item->segment = segment;
    place_box(report, segment, item);
    if (at_border(report, segment)) {
        (void)snprintf(item->note, sizeof(item->note), "reaches the edge of the scan");
    }
    return NAV_OK;
}

static const char *name_of(const struct prep_names *names, const struct prep_segment *segment)
{
    for (size_t i = 0; i < names->count; ++i) {
        if (names->rows[i].value == segment->value) {
            return names->rows[i].name;
        }
    }
    return segment->name;
}

/* A label map, which leaves the meaning of its values to a table. */
static bool has_no_names(const struct prep_segmentation *segmentation)
{
    for (size_t i = 0; i < segmentation->count; ++i) {
        if (segmentation->segments[i].id[0] != '\0') {
            return false;
        }
    }
    return true;
}

/* Makes room first: what the source owns must not be lost. */
static struct prep_segmentation *add_segmentation(struct imp_source *source)
{
    struct prep_segmentation **grown = (struct prep_segmentation **)realloc(
        (void *)source->segmentations, (source->segmentation_count + 1) * sizeof(*grown));
    if (grown == NULL) {
        return NULL;
    }
    source->segmentations = grown;
    grown[source->segmentation_count] = calloc(1, sizeof(**grown));
    return grown[source->segmentation_count] != NULL ? grown[source->segmentation_count++] : NULL;
}

enum nav_status imp_read_labels(const struct imp_request *request, const struct imp_bytes *file,
                                struct imp_source *source, struct cfg_error *error)
{
    struct prep_names names = {.rows = NULL};
    struct prep_segmentation *segmentation = add_segmentation(source);
    if (segmentation == NULL) {
        return cfg_error_set(error, NAV_ERR_MEMORY, "%s: out of memory", file->name);
    }
    enum nav_status status =
        prep_segmentation_parse(file->bytes, file->size, file->name, 0, segmentation, error);
    if (status == NAV_OK && request->names_path != NULL &&
        segmentation->segments[0].id[0] == '\0') {
        status = prep_names_load(request->names_path, &names, error);
    }
    const size_t before = source->item_count;
    for (size_t i = 0; status == NAV_OK && i < segmentation->count; ++i) {
        const struct prep_segment *segment = &segmentation->segments[i];
        if (segment->voxels > 0) {
            status = add_segment(segmentation, segment, name_of(&names, segment), source, error);
        }
    }
    prep_names_finish(&names);
    if (status == NAV_OK && request->names_path == NULL && has_no_names(segmentation)) {
        imp_note(source, "its values have no names: give their table with --names");
    }
    if (status == NAV_OK && source->item_count == before) {
        status = cfg_error_set(error, NAV_ERR_REFUSED, "%s: no voxel has a label", file->name);
    }
    (void)snprintf(source->kind, sizeof(source->kind), "labels");
    if (status == NAV_OK && segmentation->volume->report.mirrored) {
        imp_note(source, "its first axis is stored mirrored; put right, as its orientation says");
    }
    return status;
}

/* The threshold turns a scan into its label map, so it gets one of its own. */
static struct cfg_volume *copy_of(const struct cfg_volume *volume)
{
    const int *size = volume->report.size;
    const size_t count = (size_t)size[0] * (size_t)size[1] * (size_t)size[2];
    struct cfg_volume *copy = calloc(1, sizeof(*copy));
    int16_t *voxels = malloc(count * sizeof(*voxels));
    if (copy == NULL || voxels == NULL) {
        free(copy);
        free(voxels);
        return NULL;
    }
    memcpy(voxels, volume->voxels, count * sizeof(*voxels));
    *copy = *volume;
    copy->voxels = voxels;
    copy->notes = NULL;
    return copy;
}

enum nav_status imp_add_bone(const struct imp_request *request, const struct cfg_volume *ct,
                             struct imp_source *source, struct cfg_error *error)
{
    char *end = NULL;
    const long hu = strtol(request->threshold, &end, 10);
    if (end == request->threshold || *end != '\0' || hu < INT16_MIN || hu >= INT16_MAX) {
        return cfg_error_set(error, NAV_ERR_SYNTAX,
                             "%s: threshold '%s' is no whole number of HU, such as 200",
                             request->path, request->threshold);
    }
    struct prep_segmentation *segmentation = add_segmentation(source);
    struct cfg_volume *copy = segmentation != NULL ? copy_of(ct) : NULL;
    if (copy == NULL) {
        return cfg_error_set(error, NAV_ERR_MEMORY, "%s: out of memory", request->path);
    }
    enum nav_status status =
        prep_segmentation_threshold(copy, request->path, (int16_t)hu, segmentation, error);
    if (status == NAV_OK) {
        status = add_segment(segmentation, &segmentation->segments[0], "bone", source, error);
    }
    if (status == NAV_OK) {
        struct imp_item *bone = &source->items[source->item_count - 1];
        (void)snprintf(bone->part, sizeof(bone->part), "threshold");
        (void)snprintf(bone->note, sizeof(bone->note),
                       "all that is denser than %ld HU, its largest piece: look at it", hu);
    }
    return status;
}
