/* `osteonav-prepare import`: reads foreign files for `osteonav case`, inside a sandbox.
 *
 * Request: one JSON object on standard input. Answer on standard output: lines of JSON, each an
 * event; one with "bytes": N is followed by N bytes, a canonical file. The last line is
 * {"event": "end"}: without it the answer is worth nothing.
 *   request  {path, space, unit, as, series, names, modality, memory_mb, cpu_s, parts: [..],
 *             align: {to, hounsfield, transform, maps} of scans, moved: [16] of surfaces}
 *   events   reading {file}; source {..., items}; refused {file, why}; ignored {file, why};
 *            made {part, ...}: of the parts asked for; end */
#include "prepare.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "import/import.h"
#include "import/make.h"
#include "import/sandbox.h"
#include "import_align.h"
#include "progress.h"

static const char *const becomes_words[] = {
    [IMP_NOTHING] = "nothing",     [IMP_MODEL] = "model",
    [IMP_VOLUME] = "volume",       [IMP_CUT] = "cut",
    [IMP_LANDMARKS] = "landmarks", [IMP_TOOL] = "tool",
    [IMP_REFERENCE] = "reference", [IMP_TRANSFORM] = "transform"};

struct command {
    json_t *parts;       /* asked for; NULL: look only */
    const json_t *align; /* how scans come into the case's frame; NULL: they are in it */
    const json_t *moved; /* 16 numbers: what surfaces are moved by; NULL: nothing */
    double error_mm;     /* of surfaces made from label maps */
    int refusals;
};

static void emit(json_t *event)
{
    (void)json_dumpf(event, stdout, JSON_COMPACT | JSON_REAL_PRECISION(17));
    (void)putchar('\n');
    (void)fflush(stdout);
    json_decref(event);
}

static json_t *numbers(const double *values, size_t count)
{
    json_t *array = json_array();
    for (size_t i = 0; i < count; ++i) {
        (void)json_array_append_new(array,
                                    isfinite(values[i]) ? json_real(values[i]) : json_null());
    }
    return array;
}

/* Text of foreign files need not be UTF-8; what is not is left out. */
static json_t *text(const char *value)
{
    json_t *string = json_string(value);
    if (string != NULL) {
        return string;
    }
    char plain[CFG_PATH_SIZE + IMP_NOTE_SIZE];
    size_t length = 0;
    for (const char *c = value; *c != '\0' && length + 1 < sizeof(plain); ++c) {
        plain[length++] = (unsigned char)*c < 0x80 ? *c : '?';
    }
    plain[length] = '\0';
    return json_string(plain);
}

/* --- what an item is ------------------------------------------------------------------------- */

static void add_mesh(json_t *object, const struct imp_item *item)
{
    const struct cfg_mesh_report *report = &item->mesh->report;
    if (item->frame_assumed) {
        (void)json_object_set_new(object, "frame_assumed", json_true());
    }
    (void)json_object_update_new(
        object,
        json_pack("{s:I, s:I, s:I, s:b, s:b, s:I, s:f, s:f, s:o, s:o}", "triangles",
                  (json_int_t)report->triangles, "vertices", (json_int_t)report->vertices,
                  "components", (json_int_t)report->components, "closed", (int)report->closed,
                  "inward", (int)report->inward, "crossings", (json_int_t)item->crossings,
                  "volume_ml", fabs(report->volume_mm3) / 1000.0, "extent_mm", report->extent_mm,
                  "min_mm", numbers(report->min_mm, 3), "max_mm", numbers(report->max_mm, 3)));
}

static void add_volume(json_t *object, const struct imp_item *item)
{
    const struct cfg_volume_report *report = &item->volume->report;
    (void)json_object_update_new(
        object,
        json_pack("{s:s, s:[i,i,i], s:o, s:o, s:o, s:o, s:[i,i]}", "modality",
                  cfg_modality_name(item->modality), "size", report->size[0], report->size[1],
                  report->size[2], "spacing_mm", numbers(report->spacing_mm, 3), "T_image_voxel",
                  numbers(report->T_image_voxel, 12), "min_mm", numbers(report->min_mm, 3),
                  "max_mm", numbers(report->max_mm, 3), "values", (int)report->lowest,
                  (int)report->highest));
}

static void add_segment(json_t *object, const struct imp_item *item)
{
    const struct prep_segment *segment = item->segment;
    const double extent =
        fmax(item->max_mm[0] - item->min_mm[0],
             fmax(item->max_mm[1] - item->min_mm[1], item->max_mm[2] - item->min_mm[2]));
    (void)json_object_update_new(
        object,
        json_pack("{s:i, s:I, s:f, s:f, s:o, s:o}", "label", (int)segment->value, "voxels",
                  (json_int_t)segment->voxels, "volume_ml",
                  (double)segment->voxels * item->segmentation->voxel_mm3 / 1000.0, "extent_mm",
                  extent, "min_mm", numbers(item->min_mm, 3), "max_mm", numbers(item->max_mm, 3)));
}

static void add_plan(json_t *object, const struct imp_item *item)
{
    if (item->point_count > 0) {
        json_t *points = json_array();
        for (size_t i = 0; i < item->point_count; ++i) {
            (void)json_array_append_new(
                points, json_pack("{s:o, s:o}", "name", text(item->points[i].label), "position_mm",
                                  numbers(item->points[i].position_mm, 3)));
        }
        (void)json_object_set_new(object, "points", points);
    }
    if (item->becomes == IMP_CUT) {
        (void)json_object_update_new(object, json_pack("{s:o, s:o, s:o, s:o}", "center_mm",
                                                       numbers(item->plane.center_mm, 3), "normal",
                                                       numbers(item->plane.normal, 3), "x",
                                                       numbers(item->plane.x, 3), "size_mm",
                                                       numbers(item->plane.size_mm, 2)));
    }
    if (item->tool.device[0] != '\0') {
        (void)json_object_set_new(object, "device", text(item->tool.device));
        if (item->tool.has_tip) {
            (void)json_object_set_new(object, "tip_mm", numbers(item->tool.tip_mm, 3));
            (void)json_object_set_new(object, "axis", numbers(item->tool.axis, 3));
        }
    }
    if (item->becomes == IMP_TRANSFORM) {
        (void)json_object_set_new(object, "matrix", numbers(item->T, 16));
    }
}

static json_t *item_json(const struct imp_item *item)
{
    json_t *object =
        json_pack("{s:o, s:s, s:o, s:o}", "part", text(item->part), "becomes",
                  becomes_words[item->becomes], "name", text(item->name), "note", text(item->note));
    if (item->original[0] != '\0') {
        (void)json_object_set_new(object, "original", text(item->original));
    }
    if (item->code[0] != '\0') {
        (void)json_object_set_new(object, "code", text(item->code));
    }
    if (item->has_colour) {
        char colour[8];
        (void)snprintf(colour, sizeof(colour), "#%02x%02x%02x",
                       (unsigned)lroundf(item->colour[0] * 255.0f) & 0xffu,
                       (unsigned)lroundf(item->colour[1] * 255.0f) & 0xffu,
                       (unsigned)lroundf(item->colour[2] * 255.0f) & 0xffu);
        (void)json_object_set_new(object, "colour", json_string(colour));
    }
    if (item->mesh != NULL) {
        add_mesh(object, item);
    } else if (item->volume != NULL) {
        add_volume(object, item);
    } else if (item->segmentation != NULL) {
        add_segment(object, item);
    }
    add_plan(object, item);
    return object;
}

/* --- what happens ---------------------------------------------------------------------------- */

static void on_reading(void *context, const char *path)
{
    (void)context;
    emit(json_pack("{s:s, s:o}", "event", "reading", "file", text(path)));
}

static void on_refused(void *context, const char *path, const char *why)
{
    struct command *command = context;
    ++command->refusals;
    emit(json_pack("{s:s, s:o, s:o}", "event", "refused", "file", text(path), "why", text(why)));
}

static void on_ignored(void *context, const char *path, const char *why)
{
    (void)context;
    emit(json_pack("{s:s, s:o, s:o}", "event", "ignored", "file", text(path), "why", text(why)));
}

static bool is_wanted(const json_t *parts, const char *part)
{
    size_t i;
    json_t *wanted;
    json_array_foreach(parts, i, wanted)
    {
        if (json_is_string(wanted) && strcmp(json_string_value(wanted), part) == 0) {
            return true;
        }
    }
    return false;
}

/* Tells of a canonical file and sends it. */
static void emit_made(json_t *object, struct imp_made *made)
{
    (void)json_object_set_new(object, "event", json_string("made"));
    (void)json_object_set_new(object, "bytes", json_integer((json_int_t)made->size));
    emit(object);
    if (made->size > 0) {
        (void)fwrite(made->bytes, 1, made->size, stdout);
    }
    (void)fflush(stdout);
    imp_made_finish(made);
}

static void make_item(struct command *command, const struct imp_source *source,
                      struct imp_item *item)
{
    struct imp_made made = {.bytes = NULL};
    struct cfg_error error = {.text = ""};
    json_t *told = NULL;
    enum nav_status status = NAV_OK;
    if (command->align != NULL && item->volume != NULL) {
        status = import_align_scan(command->align, item, &told, &error);
    } else if (command->moved != NULL && item->mesh != NULL) {
        status = import_align_surface(command->moved, item->mesh->vertices_mm,
                                      item->mesh->vertex_count, &error);
    } else if (command->moved != NULL) {
        status = cfg_error_set(&error, NAV_ERR_UNSUPPORTED,
                               "only surfaces and label maps go with a scan, this is neither");
    }
    if (status == NAV_OK) {
        status = imp_make(item, &made, &error);
    }
    if (status != NAV_OK) {
        char why[CFG_PATH_SIZE + sizeof(error.text) + 4];
        (void)snprintf(why, sizeof(why), "%s: %s", source->path, error.text);
        on_refused(command, source->path, why);
        json_decref(told);
        return;
    }
    json_t *event = item_json(item);
    if (told != NULL) {
        (void)json_object_set_new(event, "alignment", told);
    }
    emit_made(event, &made);
}

static void show_progress(void *context, double share, const char *what)
{
    progress_at(context, share, what);
}

static void make_surface(struct command *command, const struct imp_source *source,
                         const struct imp_item *item, struct prep_segment_surface *surface)
{
    struct imp_made made = {.bytes = NULL};
    struct cfg_error error = {.text = ""};
    if (command->moved != NULL &&
        import_align_surface(command->moved, surface->surface.points, surface->surface.point_count,
                             &error) != NAV_OK) {
        on_refused(command, source->path, error.text);
        return;
    }
    if (imp_make_surface(surface, &made, &error) != NAV_OK) {
        on_refused(command, source->path, error.text);
        return;
    }
    json_t *object = item_json(item);
    (void)json_object_update_new(object, json_pack("{s:I, s:f, s:f, s:f, s:f}", "triangles",
                                                   (json_int_t)surface->surface.triangle_count,
                                                   "surface_ml", surface->mesh_ml,
                                                   "surface_error_mean_mm", surface->error.mean_mm,
                                                   "surface_error_p95_mm", surface->error.p95_mm,
                                                   "surface_error_max_mm", surface->error.max_mm));
    emit_made(object, &made);
}

/* The surfaces of the wanted structures of one segmentation, all in one sweep. */
static void make_surfaces(struct command *command, const struct imp_source *source,
                          const struct prep_segmentation *segmentation)
{
    const struct imp_item **items = calloc(source->item_count + 1, sizeof(*items));
    const struct prep_segment **segments = calloc(source->item_count + 1, sizeof(*segments));
    struct cfg_error error = {.text = "out of memory"};
    enum nav_status status = items != NULL && segments != NULL ? NAV_OK : NAV_ERR_MEMORY;
    size_t count = 0;
    for (size_t i = 0; status == NAV_OK && i < source->item_count; ++i) {
        const struct imp_item *item = &source->items[i];
        if (item->segmentation == segmentation && is_wanted(command->parts, item->part)) {
            items[count] = item;
            segments[count++] = item->segment;
        }
    }
    struct prep_segment_surfaces surfaces = {.items = NULL};
    if (status == NAV_OK && count > 0) {
        struct progress progress;
        progress_init(&progress, 1);
        struct prep_segment_options options = prep_segment_options_default();
        options.measure = true;
        options.progress = show_progress;
        options.context = &progress;
        if (command->error_mm > 0.0) {
            options.error_max_mm = command->error_mm;
        }
        status = prep_segment_run(segmentation, segments, count, &options, &surfaces, &error);
        progress_finish(&progress);
    }
    if (status != NAV_OK) {
        on_refused(command, source->path, error.text);
    }
    for (size_t i = 0; i < surfaces.count; ++i) {
        make_surface(command, source, items[i], &surfaces.items[i]);
    }
    prep_segment_surfaces_finish(&surfaces);
    free((void *)items);
    free((void *)segments);
}

static void on_found(void *context, struct imp_source *source)
{
    struct command *command = context;
    if (command->parts != NULL) {
        for (size_t i = 0; i < source->item_count; ++i) {
            struct imp_item *item = &source->items[i];
            if (item->segmentation == NULL && is_wanted(command->parts, item->part)) {
                make_item(command, source, item);
            }
        }
        for (size_t i = 0; i < source->segmentation_count; ++i) {
            make_surfaces(command, source, source->segmentations[i]);
        }
        return;
    }
    json_t *items = json_array();
    json_t *notes = json_array();
    json_t *identities = json_array();
    for (size_t i = 0; i < source->item_count; ++i) {
        (void)json_array_append_new(items, item_json(&source->items[i]));
    }
    for (size_t i = 0; i < source->note_count; ++i) {
        (void)json_array_append_new(notes, text(source->notes[i]));
    }
    for (size_t i = 0; i < 2; ++i) {
        if (source->identities[i][0] != '\0') {
            (void)json_array_append_new(identities, text(source->identities[i]));
        }
    }
    emit(json_pack("{s:s, s:o, s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:o}", "event", "source", "file",
                   text(source->path), "series", source->series, "kind", source->kind, "format",
                   source->format, "space", source->space, "unit", source->unit, "notes", notes,
                   "identities", identities, "items", items));
}

/* --- the command ----------------------------------------------------------------------------- */

static const char *member(const json_t *request, const char *key)
{
    return json_string_value(json_object_get(request, key));
}

static bool take_request(const json_t *json, struct imp_request *out)
{
    const char *space = member(json, "space");
    const char *unit = member(json, "unit");
    const char *modality = member(json, "modality");
    *out = (struct imp_request){.path = member(json, "path"),
                                .as = member(json, "as"),
                                .series = member(json, "series"),
                                .names_path = member(json, "names"),
                                .threshold = member(json, "threshold")};
    if (space != NULL) {
        out->space = strcmp(space, "RAS") == 0 ? CFG_SPACE_RAS : CFG_SPACE_LPS;
    }
    if (unit != NULL) {
        out->unit = strcmp(unit, "m") == 0 ? CFG_UNIT_M : CFG_UNIT_MM;
    }
    if (modality != NULL) {
        out->has_modality = true;
        out->modality = strcmp(modality, "MR") == 0 ? CFG_MODALITY_MR : CFG_MODALITY_CT;
    }
    return out->path != NULL;
}

static int refuse(const char *what)
{
    fprintf(stderr, "osteonav-prepare import: %s; it is run by `osteonav case`\n", what);
    return PREPARE_USAGE;
}

int prepare_import(int argc, char **argv)
{
    (void)argv;
    if (argc > 1) {
        return refuse("takes its request from standard input");
    }
    json_error_t problem;
    json_t *json = json_loadf(stdin, JSON_REJECT_DUPLICATES, &problem);
    struct imp_request request;
    if (json == NULL || !take_request(json, &request)) {
        json_decref(json);
        return refuse("the request is no JSON object with a path");
    }
    const json_int_t memory_mb = json_integer_value(json_object_get(json, "memory_mb"));
    const json_int_t cpu_s = json_integer_value(json_object_get(json, "cpu_s"));
    if (memory_mb <= 0 || cpu_s <= 0) {
        json_decref(json);
        return refuse("the request states no memory_mb and cpu_s");
    }
    struct command command = {
        .parts = json_object_get(json, "parts"),
        .align = json_object_get(json, "align"),
        .moved = json_object_get(json, "moved"),
        .error_mm = json_number_value(json_object_get(json, "error_mm")),
    };
    if (imp_sandbox_enter((size_t)memory_mb << 20, (unsigned)cpu_s) != NAV_OK) {
        json_decref(json);
        fputs("osteonav-prepare import: the kernel offers no seccomp filter; nothing is read "
              "without\n",
              stderr);
        return PREPARE_FAILED;
    }
    const struct imp_sink sink = {&command, on_reading, on_found, on_refused, on_ignored};
    imp_read_path(&request, &sink);
    emit(json_pack("{s:s}", "event", "end"));
    json_decref(json);
    return command.refusals == 0 ? PREPARE_OK : PREPARE_FAILED;
}
