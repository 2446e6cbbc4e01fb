#include "case_align.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "case_sources.h"

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = case_sources_text(object, key);
    return text != NULL ? text : "";
}

static bool is_volume(const json_t *item, const char *modality)
{
    return strcmp(text_of(item, "becomes"), "volume") == 0 &&
           strcmp(text_of(item, "modality"), modality) == 0;
}

enum case_align_round case_align_round(const json_t *item)
{
    if (strcmp(text_of(item, "becomes"), "volume") == 0) {
        return case_sources_text(item, "transform") != NULL ? CASE_ALIGN_SCAN : CASE_ALIGN_PLAIN;
    }
    return case_sources_text(item, "with") != NULL ? CASE_ALIGN_ALONG : CASE_ALIGN_PLAIN;
}

/* --- the list -------------------------------------------------------------------------------- */

/* The first CT among the items of a source; NULL: none. */
static const json_t *ct_of(const json_t *source)
{
    size_t i;
    json_t *item;
    json_array_foreach(json_object_get(source, "items"), i, item)
    {
        if (is_volume(item, "CT")) {
            return item;
        }
    }
    return NULL;
}

static void enter_item(const json_t *sources, const json_t *source, json_t *item)
{
    const json_t *ct = ct_of(source);
    const bool placed = ct != NULL; /* one scene has both */
    size_t count = ct != NULL;
    size_t i;
    json_t *other;
    json_array_foreach(json_object_get(sources, "sources"), i, other)
    {
        const json_t *found = ct == NULL || !placed ? ct_of(other) : NULL;
        if (found != NULL) {
            ct = found;
            ++count;
        }
    }
    if (count == 0) {
        return;
    }
    if (case_sources_text(item, "transform") == NULL) {
        (void)json_object_set_new(item, "transform",
                                  json_string(placed ? "same-frame" : "estimate"));
    }
    if (case_sources_text(item, "to") == NULL && count == 1) {
        (void)json_object_set_new(item, "to", json_string(text_of(ct, "name")));
    }
}

void case_align_enter(json_t *sources)
{
    size_t i, k;
    json_t *source, *item;
    json_array_foreach(json_object_get(sources, "sources"), i, source)
    {
        json_array_foreach(json_object_get(source, "items"), k, item)
        {
            if (is_volume(item, "MR")) {
                enter_item(sources, source, item);
            }
        }
    }
}

/* --- building -------------------------------------------------------------------------------- */

enum nav_status case_align_keep(json_t *scans, const char *name, const char *listed,
                                const char *file, const char *modality, const json_t *told)
{
    json_t *scan = json_pack("{s:s, s:s, s:s, s:s}", "name", name, "listed", listed, "file", file,
                             "modality", modality);
    if (scan == NULL) {
        return NAV_ERR_MEMORY;
    }
    if (told != NULL) {
        (void)json_object_set(scan, "matrix", json_object_get(told, "matrix"));
    }
    return json_array_append_new(scans, scan) == 0 ? NAV_OK : NAV_ERR_MEMORY;
}

/* The only scan of that name; NULL: none or several. */
static const json_t *find_scan(const json_t *scans, const char *listed)
{
    const json_t *found = NULL;
    size_t i;
    json_t *scan;
    json_array_foreach(scans, i, scan)
    {
        if (strcasecmp(text_of(scan, "listed"), listed) == 0) {
            if (found != NULL) {
                return NULL;
            }
            found = scan;
        }
    }
    return found;
}

enum nav_status case_align_wish(const struct case_folder *folder, const json_t *scans,
                                const json_t *item, json_t **out_wish, struct cfg_error *error)
{
    const char *to = case_sources_text(item, "to");
    if (to == NULL) {
        return cfg_error_set(error, NAV_ERR_NOT_FOUND,
                             "%s: '%s' has no `to`: state the scan that it is brought to "
                             "(--to NAME), there is none or more than one CT",
                             folder->sources, text_of(item, "name"));
    }
    const json_t *scan = find_scan(scans, to);
    if (scan == NULL || json_object_get(scan, "matrix") != NULL) {
        return cfg_error_set(error, NAV_ERR_NOT_FOUND,
                             "%s: '%s' is to be brought to '%s': no scan, or several, of that "
                             "name stay where they are",
                             folder->sources, text_of(item, "name"), to);
    }
    char path[2 * CASE_PATH_SIZE];
    (void)snprintf(path, sizeof(path), "%s/%s", folder->path, text_of(scan, "file"));
    char *whole = realpath(path, NULL);
    *out_wish = json_pack("{s:s, s:s, s:b, s:s, s:s}", "to", whole != NULL ? whole : path, "name",
                          text_of(scan, "name"), "hounsfield",
                          (int)(strcmp(text_of(scan, "modality"), "CT") == 0), "transform",
                          text_of(item, "transform"), "maps", text_of(item, "maps"));
    free(whole);
    return *out_wish != NULL ? NAV_OK : NAV_ERR_MEMORY;
}

enum nav_status case_align_matrix(const struct case_folder *folder, const json_t *scans,
                                  const json_t *item, json_t **out_matrix, struct cfg_error *error)
{
    const json_t *scan = find_scan(scans, text_of(item, "with"));
    if (scan == NULL) {
        return cfg_error_set(error, NAV_ERR_NOT_FOUND,
                             "%s: '%s' goes with '%s': there is no scan, or more than one, of that "
                             "name",
                             folder->sources, text_of(item, "name"), text_of(item, "with"));
    }
    *out_matrix = json_incref(json_object_get(scan, "matrix"));
    return NAV_OK;
}

/* --- what is told ---------------------------------------------------------------------------- */

void case_align_write(FILE *file, const json_t *wish, const json_t *told, const char *by)
{
    static const char *const measures[] = {"information", "information_start", "overlap",
                                           "spread_mm", "refined_mm"};
    const json_t *matrix = json_object_get(told, "matrix");
    fputs(",\n     alignment: {to: ", file);
    case_yaml_text(file, text_of(wish, "name"));
    fprintf(file, ", origin: %s, by: ", text_of(told, "origin"));
    case_yaml_text(file, by);
    fputs(",\n                 matrix: [", file);
    for (size_t i = 0; i < 16; ++i) {
        fprintf(file, "%s%.17g", i == 0 ? "" : ", ", json_number_value(json_array_get(matrix, i)));
    }
    fprintf(file, "],\n                 source_sha256: \"%s\"", text_of(told, "source_sha256"));
    for (size_t i = 0; i < sizeof(measures) / sizeof(measures[0]); ++i) {
        const json_t *value = json_object_get(told, measures[i]);
        if (json_is_number(value)) {
            fprintf(file, ", %s: %.6g", measures[i], json_number_value(value));
        }
    }
    fputs("}", file);
}

void case_align_print(const char *name, const json_t *wish, const json_t *told)
{
    const json_t *shift = json_object_get(told, "shift_mm");
    const char *origin = text_of(told, "origin");
    const bool estimated = strcmp(origin, "estimated") == 0;
    double way[3];
    for (size_t k = 0; k < 3; ++k) {
        way[k] = json_number_value(json_array_get(shift, k));
    }
    printf("  %s: in the frame of %s, %s\n", name, text_of(wish, "name"),
           estimated                           ? "estimated by mutual information"
           : strcmp(origin, "same-frame") == 0 ? "as the files lie, because you say so"
                                               : "by the transform given");
    printf("    moved %.1f mm (%s %.1f, %s %.1f, %s %.1f), turned %.1f degrees\n",
           hypot(hypot(way[0], way[1]), way[2]), way[0] < 0.0 ? "right" : "left", fabs(way[0]),
           way[1] < 0.0 ? "front" : "back", fabs(way[1]), way[2] < 0.0 ? "feet" : "head",
           fabs(way[2]), json_number_value(json_object_get(told, "rotation_deg")));
    printf("    fit %.3f nats (as the files lie %.3f, 20 mm or 12 degrees beside at most %.3f); "
           "overlap %.0f %%\n",
           json_number_value(json_object_get(told, "information")),
           json_number_value(json_object_get(told, "information_start")),
           json_number_value(json_object_get(told, "information_aside")),
           100.0 * json_number_value(json_object_get(told, "overlap")));
    if (estimated) {
        printf("    converged after %lld steps; %lld of %lld searches from beside it came back "
               "within %.2f mm\n",
               json_integer_value(json_object_get(told, "iterations")),
               json_integer_value(json_object_get(told, "agreeing")),
               json_integer_value(json_object_get(told, "restarts")),
               json_number_value(json_object_get(told, "spread_mm")));
    } else {
        printf("    the nearest best fit is %.2f mm from it\n",
               json_number_value(json_object_get(told, "refined_mm")));
    }
    puts("    an eye must judge it: `osteonav case check --sheet`, or key O in `case show`");
}
