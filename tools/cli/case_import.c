/* `osteonav case import` and `add`: shows what was understood, and enters it into the list. */
#include "case_import.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "case_align.h"
#include "case_place.h"
#include "case_sources.h"
#include "column.h"
#include "nav/limits.h"
#include "verbs.h"

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = case_sources_text(object, key);
    return text != NULL ? text : "";
}

static double number_of(const json_t *object, const char *key)
{
    return json_number_value(json_object_get(object, key));
}

/* --- what was understood --------------------------------------------------------------------- */

/* Longest side and content: "126 mm  158.9 ml". */
static void describe_size(const json_t *item, char *out, size_t size)
{
    const json_t *spacing = json_object_get(item, "spacing_mm");
    const json_t *voxels = json_object_get(item, "size");
    const json_t *points = json_object_get(item, "points");
    out[0] = '\0';
    if (spacing != NULL && voxels != NULL) {
        (void)snprintf(out, size, "%lldx%lldx%lld at %.3gx%.3gx%.3g mm",
                       json_integer_value(json_array_get(voxels, 0)),
                       json_integer_value(json_array_get(voxels, 1)),
                       json_integer_value(json_array_get(voxels, 2)),
                       json_number_value(json_array_get(spacing, 0)),
                       json_number_value(json_array_get(spacing, 1)),
                       json_number_value(json_array_get(spacing, 2)));
    } else if (json_object_get(item, "volume_ml") != NULL) {
        (void)snprintf(out, size, "%5.1f mm %8.1f ml", number_of(item, "extent_mm"),
                       number_of(item, "volume_ml"));
    } else if (points != NULL) {
        (void)snprintf(out, size, "%zu point%s", json_array_size(points),
                       json_array_size(points) == 1 ? "" : "s");
    } else if (json_object_get(item, "center_mm") != NULL) {
        double center[3], drawn[2];
        case_take_vector(item, "center_mm", 3, center);
        case_take_vector(item, "size_mm", 2, drawn);
        const int length = drawn[0] > 0.0 && drawn[1] > 0.0
                               ? snprintf(out, size, "%.0f x %.0f mm at ", drawn[0], drawn[1])
                               : 0;
        (void)snprintf(out + length, size - (size_t)length, "%.1f %.1f %.1f", center[0], center[1],
                       center[2]);
    } else if (json_object_get(item, "device") != NULL) {
        (void)snprintf(out, size, "%s", text_of(item, "device"));
    }
}

/* What a person must know of a mesh. */
static void describe_surface(const json_t *item, char *out, size_t size)
{
    out[0] = '\0';
    if (json_object_get(item, "triangles") == NULL) {
        return;
    }
    const json_int_t crossings = json_integer_value(json_object_get(item, "crossings"));
    char crossed[64] = "";
    if (crossings > 0) {
        (void)snprintf(crossed, sizeof(crossed), ", %lld self-intersections", crossings);
    }
    const json_int_t parts = json_integer_value(json_object_get(item, "components"));
    (void)snprintf(out, size, "%lld triangles, %lld part%s, %s%s%s",
                   json_integer_value(json_object_get(item, "triangles")), parts,
                   parts == 1 ? "" : "s",
                   json_is_true(json_object_get(item, "closed")) ? "watertight" : "open",
                   json_is_true(json_object_get(item, "inward")) ? ", inside out" : "", crossed);
}

static void print_item(const json_t *item)
{
    char size[96];
    char surface[160];
    char limits[32] = "";
    describe_size(item, size, sizeof(size));
    describe_surface(item, surface, sizeof(surface));
    if (case_sources_text(item, "caution_mm") != NULL) {
        (void)snprintf(limits, sizeof(limits), "%s/%s mm", text_of(item, "caution_mm"),
                       text_of(item, "stop_mm"));
    }
    const char *note = text_of(item, "why");
    note = note[0] != '\0' ? note : text_of(item, "note");
    const char *role = text_of(item, "role");
    const char *name = text_of(item, "name");
    printf("  %-9s %-*s %-7s %-8s %-30s %s%s%s\n", text_of(item, "becomes"), column_width(name, 26),
           name, role, limits, size, surface, surface[0] != '\0' && note[0] != '\0' ? "; " : "",
           note);
}

/* What is not taken, one line a reason. */
static void print_left_out(const json_t *items)
{
    json_t *reasons = json_object();
    size_t i;
    json_t *item;
    json_array_foreach(items, i, item)
    {
        if (strcmp(text_of(item, "becomes"), "nothing") != 0) {
            continue;
        }
        const char *why = text_of(item, "why");
        why = why[0] != '\0' ? why : text_of(item, "note");
        if (json_object_get(reasons, why) == NULL) {
            (void)json_object_set_new(reasons, why, json_array());
        }
        (void)json_array_append(json_object_get(reasons, why), json_object_get(item, "name"));
    }
    const char *why;
    json_t *names;
    json_object_foreach(reasons, why, names)
    {
        printf("  not taken, %s:", why);
        size_t k;
        json_t *name;
        json_array_foreach(names, k, name)
        {
            printf("%s %s", k > 0 ? "," : "", json_string_value(name));
        }
        putchar('\n');
    }
    json_decref(reasons);
}

static void print_source(const json_t *source)
{
    const json_t *items = json_object_get(source, "items");
    size_t i;
    json_t *item, *note;
    printf("%s\n  %s, %s; frame %s; unit %s\n", text_of(source, "file"), text_of(source, "kind"),
           text_of(source, "format"), text_of(source, "space"), text_of(source, "unit"));
    json_array_foreach(json_object_get(source, "notes"), i, note)
    {
        printf("  note: %s\n", json_string_value(note));
    }
    size_t left_out = 0;
    printf("  %-9s %-26s %-7s %-8s %-30s %s\n", "becomes", "name", "role", "alarms",
           "longest side, content", "remarks");
    json_array_foreach(items, i, item)
    {
        const bool nothing = strcmp(text_of(item, "becomes"), "nothing") == 0;
        left_out += nothing;
        if (!nothing || json_array_size(items) <= 4) {
            print_item(item);
        }
    }
    if (left_out > 0 && json_array_size(items) > 4) {
        print_left_out(items);
    }
}

static void print_all(const json_t *sources, const json_t *refused, const json_t *ignored)
{
    size_t i;
    json_t *entry;
    json_array_foreach(sources, i, entry)
    {
        print_source(entry);
        putchar('\n');
    }
    json_array_foreach(ignored, i, entry)
    {
        printf("ignored: %s: %s\n", text_of(entry, "file"), text_of(entry, "why"));
    }
    json_array_foreach(refused, i, entry)
    {
        fflush(stdout);
        fprintf(stderr, "refused: %s\n", text_of(entry, "why"));
    }
}

/* --- the list -------------------------------------------------------------------------------- */

static void copy_text(json_t *to, const char *to_key, const json_t *from, const char *key)
{
    const char *text = case_sources_text(from, key);
    if (text != NULL && text[0] != '\0') {
        (void)json_object_set_new(to, to_key, json_string(text));
    }
}

/* What the list keeps of a source. */
static json_t *entry_of(const json_t *source)
{
    static const char *const keys[] = {"part",       "becomes",   "name",  "role",    "colour",
                                       "caution_mm", "stop_mm",   "entry", "kerf_mm", "modality",
                                       "to",         "transform", "maps",  "with"};
    json_t *entry = json_object();
    json_t *items = json_array();
    size_t i;
    json_t *item;
    copy_text(entry, "file", source, "file");
    copy_text(entry, "series", source, "series");
    copy_text(entry, "space", source, "stated_space");
    copy_text(entry, "unit", source, "stated_unit");
    copy_text(entry, "as", source, "as");
    copy_text(entry, "names", source, "names");
    copy_text(entry, "modality", source, "stated_modality");
    copy_text(entry, "threshold", source, "threshold");
    copy_text(entry, "error_mm", source, "error_mm");
    json_array_foreach(json_object_get(source, "items"), i, item)
    {
        json_t *kept = json_object();
        (void)json_object_set_new(kept, "part", json_string(text_of(item, "part")));
        for (size_t k = 1; k < sizeof(keys) / sizeof(keys[0]); ++k) {
            copy_text(kept, keys[k], item, keys[k]);
        }
        if (strcmp(text_of(item, "becomes"), "volume") != 0) {
            (void)json_object_del(kept, "modality");
        }
        (void)json_array_append_new(items, kept);
    }
    (void)json_object_set_new(entry, "items", items);
    return entry;
}

static enum nav_status enter(const struct case_order *order, const struct case_folder *folder,
                             const json_t *found, struct cfg_error *error)
{
    json_t *sources = NULL;
    enum nav_status status = NAV_OK;
    if (access(folder->yaml, F_OK) != 0) {
        if (order->pseudonym == NULL) {
            return cfg_error_set(error, NAV_ERR_NOT_FOUND,
                                 "%s: is no case; make it with `osteonav case new`, or state "
                                 "--pseudonym CODE and it is made now",
                                 folder->path);
        }
        status = case_new(order, folder, error);
    } else if (order->pseudonym != NULL) {
        return cfg_error_set(error, NAV_ERR_EXISTS,
                             "%s: there is a case already; without --pseudonym its list is added "
                             "to",
                             folder->path);
    }
    if (status == NAV_OK) {
        status = case_sources_load(folder->sources, &sources, error);
        if (status == NAV_ERR_NOT_FOUND) {
            sources = case_sources_new();
            status = sources != NULL ? NAV_OK : NAV_ERR_MEMORY;
        }
    }
    if (status != NAV_OK) {
        return status;
    }
    size_t i;
    json_t *source;
    json_array_foreach(found, i, source)
    {
        case_sources_put(sources, entry_of(source));
    }
    case_align_enter(sources);
    status = case_sources_save(folder->sources, sources, error);
    json_decref(sources);
    return status;
}

/* Asked at a terminal only; elsewhere the written case is what is confirmed. */
static bool confirmed(const struct case_order *order)
{
    if (order->yes || isatty(STDIN_FILENO) == 0) {
        return true;
    }
    fputs("Build the case of this? [y/N] ", stdout);
    (void)fflush(stdout);
    char answer[16];
    return fgets(answer, sizeof(answer), stdin) != NULL && (answer[0] == 'y' || answer[0] == 'Y');
}

static int fail(const struct cfg_error *error)
{
    fprintf(stderr, "osteonav case: %s\n", error->text);
    return VERB_FAILED;
}

/* Enters what was found, and goes on to build and lock where that was ordered. */
static int take(const struct case_order *order, const json_t *found)
{
    struct case_folder folder;
    struct cfg_error error = {.text = ""};
    if (!case_folder_set(order->folder, &folder)) {
        fputs("osteonav case: the path of the case is too long\n", stderr);
        return VERB_USAGE;
    }
    if (enter(order, &folder, found, &error) != NAV_OK) {
        return fail(&error);
    }
    if (!order->build) {
        if (!order->json) {
            printf("entered into %s; correct names, roles and alarms there, then\n"
                   "  osteonav case build %s\n",
                   folder.sources, folder.path);
        }
        return VERB_OK;
    }
    if (!confirmed(order)) {
        printf("not built; %s is kept\n", folder.sources);
        return VERB_FAILED;
    }
    if (case_build(&folder, order->by, order->replace, order->json, &error) != NAV_OK) {
        return fail(&error);
    }
    return order->lock ? case_lock_action(folder.yaml, order->by, true) : VERB_OK;
}

int case_import_action(const struct case_order *order)
{
    json_t *sources = NULL, *refused = NULL, *ignored = NULL;
    struct cfg_error error = {.text = ""};
    if (case_look(order, &sources, &refused, &ignored, &error) != NAV_OK) {
        return fail(&error);
    }
    const bool good = json_array_size(refused) == 0 && json_array_size(sources) > 0;
    int result = good ? VERB_OK : VERB_FAILED;
    if (order->json) {
        (void)case_print_json(json_pack("{s:b, s:O, s:O, s:O}", "ok", (int)good, "sources", sources,
                                        "refused", refused, "ignored", ignored));
    } else {
        print_all(sources, refused, ignored);
    }
    if (json_array_size(sources) == 0 && json_array_size(refused) == 0) {
        fputs("osteonav case: nothing in it is of a kind that a case can use\n", stderr);
    }
    if (good && order->folder != NULL) {
        result = take(order, sources);
    } else if (!good && order->folder != NULL) {
        fputs("osteonav case: nothing was entered into the case\n", stderr);
    }
    json_decref(sources);
    json_decref(refused);
    json_decref(ignored);
    return result;
}
