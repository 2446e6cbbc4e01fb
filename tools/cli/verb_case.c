/* `osteonav case`: looks at a case without running it. */
#include "verbs.h"

#include <getopt.h>
#include <math.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "case.h"
#include "case_lock.h"
#include "case_warnings.h"
#include "nav/time.h"

static const char usage[] =
    "usage: osteonav case check CASE.yaml [--json]\n"
    "       osteonav case lock CASE.yaml [--by NAME] [--replace]\n"
    "       osteonav case info CASE.yaml [--json]\n"
    "       osteonav case limits [--json]\n"
    "\n"
    "check   reads the case and every file it names, as `osteonav run` would, and prints what\n"
    "        was understood. The first error ends it: file, line, key, what to do.\n"
    "        Warnings do not fail the check; read them before the operation.\n"
    "lock    checks the case and writes case.lock beside it: the digest of every file, who\n"
    "        locked it and when. From then on the case loads only while no byte changes.\n"
    "info    who locked the case and when, and whether it is still as it was locked.\n"
    "limits  prints every row of the case's `limits:` section: default, range, unit, meaning.\n"
    "\n"
    "  --by NAME   who answers for the lock (default: the user's login name)\n"
    "  --replace   lock again where there is a lock\n"
    "  --json      one JSON object on standard output\n"
    "  --help      this text\n"
    "\n"
    "Exit codes: 0 the case is good (info: locked and unchanged), 1 it is not, 2 usage.\n"
    "The keys of a case file are explained in docs/case-file.md.\n";

/* --- limits ---------------------------------------------------------------------------------- */

struct limit_row {
    const char *name;
    double standard, minimum, maximum;
    const char *unit;
    const char *help;
};

static const struct limit_row limit_rows[] = {
#define LIMIT_ROW(name, def, min, max, unit, help) {#name, (def), (min), (max), unit, help},
    CFG_LIMITS_LIST(LIMIT_ROW)
#undef LIMIT_ROW
};

enum { LIMIT_COUNT = sizeof(limit_rows) / sizeof(limit_rows[0]) };

static void limit_values(const struct cfg_limits *limits, double out_values[LIMIT_COUNT])
{
    size_t i = 0;
#define LIMIT_VALUE(name, def, min, max, unit, help) out_values[i++] = limits->name;
    CFG_LIMITS_LIST(LIMIT_VALUE)
#undef LIMIT_VALUE
}

static int print_json(json_t *object)
{
    const int failed = object == NULL || json_dumpf(object, stdout, JSON_INDENT(2)) != 0;
    json_decref(object);
    if (failed || putchar('\n') == EOF || fflush(stdout) != 0) {
        fputs("osteonav case: cannot write the JSON\n", stderr);
        return VERB_FAILED;
    }
    return VERB_OK;
}

static int show_limits(bool json)
{
    if (json) {
        json_t *rows = json_array();
        for (size_t i = 0; i < LIMIT_COUNT; ++i) {
            const struct limit_row *row = &limit_rows[i];
            (void)json_array_append_new(rows, json_pack("{s:s, s:f, s:f, s:f, s:s, s:s}", "name",
                                                        row->name, "default", row->standard, "min",
                                                        row->minimum, "max", row->maximum, "unit",
                                                        row->unit, "help", row->help));
        }
        return print_json(json_pack("{s:o}", "limits", rows));
    }
    printf("%-24s %10s %22s %-5s %s\n", "limit", "default", "range", "unit", "meaning");
    for (size_t i = 0; i < LIMIT_COUNT; ++i) {
        const struct limit_row *row = &limit_rows[i];
        char range[48];
        (void)snprintf(range, sizeof(range), "%.10g .. %.10g", row->minimum, row->maximum);
        printf("%-24s %10.10g %22s %-5s %s\n", row->name, row->standard, range, row->unit,
               row->help);
    }
    return VERB_OK;
}

/* --- check, as JSON -------------------------------------------------------------------------- */

static void add_json_warning(void *context, const char *where, const char *text)
{
    (void)json_array_append_new(context, json_pack("{s:s, s:s}", "where", where, "text", text));
}

static json_t *vector_json(const double *values, size_t count)
{
    json_t *array = json_array();
    for (size_t i = 0; i < count; ++i) {
        (void)json_array_append_new(array, json_real(values[i]));
    }
    return array;
}

static json_t *surface_json(const struct cfg_mesh_report *report,
                            const uint8_t sha256[CFG_SHA256_SIZE])
{
    char digest[2 * CFG_SHA256_SIZE + 1];
    for (size_t i = 0; i < CFG_SHA256_SIZE; ++i) {
        (void)snprintf(digest + 2 * i, 3, "%02x", sha256[i]);
    }
    return json_pack(
        "{s:s, s:s, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:b, s:b, s:f, s:f, s:o, s:o}",
        "format", cfg_mesh_format_name(report->format), "sha256", digest, "triangles",
        (int)report->triangles, "vertices", (int)report->vertices, "unused_vertices",
        (int)report->unused_vertices, "degenerate", (int)report->degenerate, "open_edges",
        (int)report->open_edges, "forked_edges", (int)report->forked_edges, "twisted_edges",
        (int)report->twisted_edges, "components", (int)report->components, "closed",
        (int)report->closed, "inward", (int)report->inward, "volume_mm3", report->volume_mm3,
        "extent_mm", report->extent_mm, "min_mm", vector_json(report->min_mm, 3), "max_mm",
        vector_json(report->max_mm, 3));
}

static json_t *models_json(const struct cfg_case *loaded)
{
    json_t *models = json_array();
    for (size_t i = 0; i < loaded->model_count; ++i) {
        const struct cfg_model *model = &loaded->models[i];
        char colour[8];
        (void)snprintf(colour, sizeof(colour), "#%02x%02x%02x",
                       (unsigned)lroundf(model->colour[0] * 255.0f) & 0xffu,
                       (unsigned)lroundf(model->colour[1] * 255.0f) & 0xffu,
                       (unsigned)lroundf(model->colour[2] * 255.0f) & 0xffu);
        (void)json_array_append_new(
            models, json_pack("{s:s, s:s, s:s, s:s, s:f, s:o}", "name", model->name, "role",
                              cfg_role_name(model->role), "file", model->file, "colour", colour,
                              "opacity", (double)model->opacity, "surface",
                              surface_json(&model->report, model->sha256)));
    }
    return models;
}

static json_t *tools_json(const struct cfg_case *loaded)
{
    json_t *tools = json_array();
    for (size_t i = 0; i < loaded->tool_count; ++i) {
        const struct cfg_tool *tool = &loaded->tools[i];
        json_t *object =
            json_pack("{s:s, s:s, s:s, s:o, s:o, s:s}", "name", tool->name, "device", tool->device,
                      "relative_to", tool->relative_to_reference ? "reference" : "tracker",
                      "tip_mm", vector_json(tool->tip_mm, 3), "axis", vector_json(tool->axis, 3),
                      "shape", cfg_shape_name(tool->shape));
        if (tool->mesh_file != NULL) {
            (void)json_object_set_new(object, "surface",
                                      surface_json(&tool->mesh_report, tool->mesh_sha256));
        }
        (void)json_array_append_new(tools, object);
    }
    return tools;
}

static json_t *volumes_json(const struct cfg_case *loaded)
{
    json_t *volumes = json_array();
    for (size_t i = 0; i < loaded->volume_count; ++i) {
        const struct cfg_case_volume *volume = &loaded->volumes[i];
        const struct cfg_volume_report *report = &volume->report;
        char digest[2 * CFG_SHA256_SIZE + 1];
        for (size_t k = 0; k < CFG_SHA256_SIZE; ++k) {
            (void)snprintf(digest + 2 * k, 3, "%02x", volume->sha256[k]);
        }
        (void)json_array_append_new(
            volumes,
            json_pack("{s:s, s:s, s:s, s:s, s:s, s:[i, i, i], s:o, s:o, s:o, s:o, s:[i, i]}",
                      "name", volume->name, "modality", cfg_modality_name(volume->modality), "file",
                      volume->file, "format", cfg_volume_format_name(report->format), "sha256",
                      digest, "size", (int)report->size[0], (int)report->size[1],
                      (int)report->size[2], "spacing_mm", vector_json(report->spacing_mm, 3),
                      "T_image_voxel", vector_json(report->T_image_voxel, 12), "min_mm",
                      vector_json(report->min_mm, 3), "max_mm", vector_json(report->max_mm, 3),
                      "values", (int)report->lowest, (int)report->highest));
    }
    return volumes;
}

static json_t *cuts_json(const struct cfg_case *loaded)
{
    json_t *cuts = json_array();
    for (size_t i = 0; i < loaded->cut_count; ++i) {
        const struct cfg_cut *cut = &loaded->cuts[i];
        (void)json_array_append_new(
            cuts, json_pack("{s:s, s:o, s:o, s:o, s:o, s:f}", "name", cut->name, "point_mm",
                            vector_json(cut->point_mm, 3), "normal", vector_json(cut->normal, 3),
                            "u", vector_json(cut->u, 3), "size_mm", vector_json(cut->size_mm, 2),
                            "depth_mm", cut->depth_mm));
    }
    return cuts;
}

static json_t *limits_json(const struct cfg_case *loaded)
{
    double values[LIMIT_COUNT];
    limit_values(&loaded->limits, values);
    json_t *limits = json_object();
    for (size_t i = 0; i < LIMIT_COUNT; ++i) {
        (void)json_object_set_new(limits, limit_rows[i].name, json_real(values[i]));
    }
    return limits;
}

static json_t *registration_json(const struct cfg_case *loaded)
{
    if (!loaded->has_registration) {
        return json_pack("{s:b}", "present", 0);
    }
    const double fre_mm = loaded->registration_fre_mm;
    return json_pack("{s:b, s:s, s:o, s:o}", "present", 1, "source", loaded->registration_source,
                     "fre_mm", isnan(fre_mm) ? json_null() : json_real(fre_mm), "matrix",
                     vector_json(loaded->registration_matrix, 16));
}

static json_t *listeners_json(const struct cfg_case *loaded)
{
    json_t *listeners = json_array();
    for (size_t i = 0; i < loaded->listener_count; ++i) {
        const struct cfg_listener *listener = &loaded->listeners[i];
        (void)json_array_append_new(
            listeners, json_pack("{s:s, s:i, s:b}", "address", listener->address, "port",
                                 (int)listener->port, "publish", (int)listener->publish));
    }
    return listeners;
}

static json_t *connectors_json(const struct cfg_case *loaded)
{
    json_t *connectors = json_array();
    for (size_t i = 0; i < loaded->connector_count; ++i) {
        const struct cfg_connector *connector = &loaded->connectors[i];
        json_t *stream_ms =
            connector->stream ? json_integer((json_int_t)connector->stream_ms) : json_null();
        (void)json_array_append_new(connectors,
                                    json_pack("{s:s, s:i, s:b, s:b, s:o}", "address",
                                              connector->address, "port", (int)connector->port,
                                              "reconnect", (int)connector->reconnect, "hello",
                                              (int)connector->hello, "stream_ms", stream_ms));
    }
    return connectors;
}

static json_t *displays_json(const struct cfg_case *loaded)
{
    json_t *displays = json_array();
    for (size_t i = 0; i < loaded->display_count; ++i) {
        const struct cfg_display *display = &loaded->displays[i];
        (void)json_array_append_new(
            displays, json_pack("{s:s, s:s, s:s, s:[i,i], s:b}", "name", display->name, "layout",
                                cfg_layout_name(display->layout), "monitor", display->monitor,
                                "size", display->width_px, display->height_px, "fullscreen",
                                (int)display->fullscreen));
    }
    return displays;
}

static int show_json(const struct cfg_case *loaded)
{
    char case_id[17];
    (void)snprintf(case_id, sizeof(case_id), "%016llx", (unsigned long long)loaded->case_id);
    json_t *warnings = json_array();
    (void)cfg_case_warnings(loaded, add_json_warning, warnings);
    return print_json(json_pack(
        "{s:b, s:s, s:s, s:s, s:s, s:b, s:s?, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
        "ok", 1, "case", loaded->path, "name", loaded->name, "pseudonym", loaded->pseudonym,
        "case_id", case_id, "locked", (int)loaded->locked, "reference",
        loaded->has_reference ? loaded->reference_device : NULL, "registration",
        registration_json(loaded), "models", models_json(loaded), "tools", tools_json(loaded),
        "volumes", volumes_json(loaded), "cuts", cuts_json(loaded), "listeners",
        listeners_json(loaded), "connectors", connectors_json(loaded), "displays",
        displays_json(loaded), "limits", limits_json(loaded), "warnings", warnings));
}

/* --- check, as text -------------------------------------------------------------------------- */

static const char *surface_words(const struct cfg_mesh_report *report)
{
    if (!report->closed) {
        return "open";
    }
    return report->inward ? "inside out" : "closed";
}

static void show_models(const struct cfg_case *loaded)
{
    printf("\n%-28s %-7s %9s %9s %10s %6s  %s\n", "model", "role", "triangles", "extent", "volume",
           "parts", "surface");
    for (size_t i = 0; i < loaded->model_count; ++i) {
        const struct cfg_model *model = &loaded->models[i];
        char volume[32] = "-";
        if (model->report.closed) {
            (void)snprintf(volume, sizeof(volume), "%.1f ml",
                           fabs(model->report.volume_mm3) / 1000.0);
        }
        printf("%-28s %-7s %9u %6.1f mm %10s %6u  %s\n", model->name, cfg_role_name(model->role),
               model->report.triangles, model->report.extent_mm, volume, model->report.components,
               surface_words(&model->report));
    }
}

static void show_tools(const struct cfg_case *loaded)
{
    printf("\n%-28s %-20s %-8s %-26s %s\n", "tool", "device", "shape", "tip in the tool, mm",
           "relative to");
    for (size_t i = 0; i < loaded->tool_count; ++i) {
        const struct cfg_tool *tool = &loaded->tools[i];
        char tip[64];
        (void)snprintf(tip, sizeof(tip), "%.3f %.3f %.3f", tool->tip_mm[0], tool->tip_mm[1],
                       tool->tip_mm[2]);
        printf("%-28s %-20s %-8s %-26s %s\n", tool->name, tool->device, cfg_shape_name(tool->shape),
               tip, tool->relative_to_reference ? "reference" : "tracker");
    }
}

static void show_volumes(const struct cfg_case *loaded)
{
    if (loaded->volume_count == 0) {
        return;
    }
    printf("\n%-28s %-8s %-8s %-17s %-21s %s\n", "volume", "modality", "format", "voxels",
           "spacing, mm", "values");
    for (size_t i = 0; i < loaded->volume_count; ++i) {
        const struct cfg_case_volume *volume = &loaded->volumes[i];
        const struct cfg_volume_report *report = &volume->report;
        char voxels[48];
        char spacing[64];
        (void)snprintf(voxels, sizeof(voxels), "%d x %d x %d", report->size[0], report->size[1],
                       report->size[2]);
        (void)snprintf(spacing, sizeof(spacing), "%.3f %.3f %.3f", report->spacing_mm[0],
                       report->spacing_mm[1], report->spacing_mm[2]);
        printf("%-28s %-8s %-8s %-17s %-21s %d to %d\n", volume->name,
               cfg_modality_name(volume->modality), cfg_volume_format_name(report->format), voxels,
               spacing, report->lowest, report->highest);
    }
}

static void show_cuts(const struct cfg_case *loaded)
{
    if (loaded->cut_count == 0) {
        return;
    }
    printf("\n%-28s %-26s %-23s %-12s %s\n", "cut", "point, mm", "normal", "size, mm", "depth");
    for (size_t i = 0; i < loaded->cut_count; ++i) {
        const struct cfg_cut *cut = &loaded->cuts[i];
        char point[64];
        char normal[64];
        char size[32];
        (void)snprintf(point, sizeof(point), "%.1f %.1f %.1f", cut->point_mm[0], cut->point_mm[1],
                       cut->point_mm[2]);
        (void)snprintf(normal, sizeof(normal), "%.3f %.3f %.3f", cut->normal[0], cut->normal[1],
                       cut->normal[2]);
        (void)snprintf(size, sizeof(size), "%.0f x %.0f", cut->size_mm[0], cut->size_mm[1]);
        printf("%-28s %-26s %-23s %-12s %.1f mm\n", cut->name, point, normal, size, cut->depth_mm);
    }
}

static void show_changed_limits(const struct cfg_case *loaded)
{
    double values[LIMIT_COUNT];
    limit_values(&loaded->limits, values);
    bool heading = false;
    for (size_t i = 0; i < LIMIT_COUNT; ++i) {
        if (values[i] == limit_rows[i].standard) {
            continue;
        }
        if (!heading) {
            printf("\n%-28s %10s %10s  %s\n", "changed limit", "value", "default", "unit");
            heading = true;
        }
        printf("%-28s %10.10g %10.10g  %s\n", limit_rows[i].name, values[i], limit_rows[i].standard,
               limit_rows[i].unit);
    }
}

static void print_warning(void *context, const char *where, const char *text)
{
    (void)context;
    printf("warning: %s: %s\n", where, text);
}

static const char *plural(size_t count)
{
    return count == 1 ? "" : "s";
}

static void show_connectors(const struct cfg_case *loaded)
{
    for (size_t i = 0; i < loaded->connector_count; ++i) {
        const struct cfg_connector *connector = &loaded->connectors[i];
        printf("connector     %s port %u%s%s", connector->address, connector->port,
               connector->reconnect ? "" : ", no reconnection",
               connector->hello ? "" : ", no hello");
        if (connector->stream) {
            printf(", asks for poses every %u ms", connector->stream_ms);
        }
        putchar('\n');
    }
}

static void show_text(const struct cfg_case *loaded)
{
    printf("case          %s\n", loaded->name);
    printf("file          %s\n", loaded->path);
    printf("case id       %016llx\n", (unsigned long long)loaded->case_id);
    printf("lock          %s\n", loaded->locked ? "unchanged since it was locked" : "none");
    printf("patient       %s\n", loaded->pseudonym);
    printf("image space   LPS, mm\n");
    printf("reference     %s\n", loaded->has_reference ? loaded->reference_device : "none");
    if (!loaded->has_registration) {
        printf("registration  none\n");
    } else if (isnan(loaded->registration_fre_mm)) {
        printf("registration  %s\n", loaded->registration_source);
    } else {
        printf("registration  %s, FRE %.2f mm\n", loaded->registration_source,
               loaded->registration_fre_mm);
    }
    for (size_t i = 0; i < loaded->listener_count; ++i) {
        printf("listener      %s port %u\n", loaded->listeners[i].address,
               loaded->listeners[i].port);
    }
    for (size_t i = 0; i < loaded->display_count; ++i) {
        const struct cfg_display *display = &loaded->displays[i];
        printf("display       %s: %s, viewer at %s, %d x %d%s%s%s\n", display->name,
               cfg_layout_name(display->layout), cfg_side_name(display->side), display->width_px,
               display->height_px, display->fullscreen ? ", full screen" : "",
               display->monitor[0] != '\0' ? ", monitor " : "", display->monitor);
    }
    show_connectors(loaded);
    show_models(loaded);
    show_tools(loaded);
    show_volumes(loaded);
    show_cuts(loaded);
    if (loaded->landmark_count > 0) {
        printf("\n%zu landmark%s\n", loaded->landmark_count, plural(loaded->landmark_count));
    }
    show_changed_limits(loaded);
    putchar('\n');
    const size_t warnings = cfg_case_warnings(loaded, print_warning, NULL);
    printf("good: %zu model%s, %zu tool%s, %zu cut%s, %zu warning%s\n", loaded->model_count,
           plural(loaded->model_count), loaded->tool_count, plural(loaded->tool_count),
           loaded->cut_count, plural(loaded->cut_count), warnings, plural(warnings));
}

static int check_case(const char *path, bool json)
{
    struct cfg_case *loaded = NULL;
    struct cfg_error error = {.text = ""};
    const enum nav_status status = cfg_case_load(path, &loaded, &error);
    if (status != NAV_OK) {
        if (json) {
            (void)print_json(json_pack("{s:b, s:s, s:s}", "ok", 0, "status",
                                       nav_status_name(status), "error", error.text));
        } else {
            fprintf(stderr, "%s\n", error.text);
        }
        return VERB_FAILED;
    }
    int result = VERB_OK;
    if (json) {
        result = show_json(loaded);
    } else {
        show_text(loaded);
    }
    cfg_case_destroy(loaded);
    return result;
}

/* --- lock and info --------------------------------------------------------------------------- */

static const char *login_name(void)
{
    const struct passwd *user = getpwuid(geteuid());
    return user != NULL ? user->pw_name : "unknown";
}

static int lock_case(const char *path, const char *by, bool replace)
{
    struct cfg_case *loaded = NULL;
    struct cfg_error error = {.text = ""};
    struct cfg_lock lock = {.present = false};
    enum nav_status status = cfg_case_load_unlocked(path, &loaded, &error);
    if (status == NAV_OK) {
        status = cfg_lock_write(loaded, by != NULL ? by : login_name(), nav_utc_now_ns(), replace,
                                &error);
    }
    if (status == NAV_OK) {
        /* What was written is read back: a lock that does not open is no lock. */
        status = cfg_lock_check(loaded, &lock, &error);
    }
    if (status != NAV_OK) {
        fprintf(stderr, "%s\n", error.text);
        cfg_case_destroy(loaded);
        return VERB_FAILED;
    }
    const size_t warnings = cfg_case_warnings(loaded, print_warning, NULL);
    printf("%s: locked by %s at %s, case id %016llx, %zu warning%s\n", lock.path, lock.by, lock.utc,
           (unsigned long long)loaded->case_id, warnings, warnings == 1 ? "" : "s");
    cfg_case_destroy(loaded);
    return VERB_OK;
}

static int show_info(const char *path, bool json)
{
    struct cfg_case *loaded = NULL;
    struct cfg_error error = {.text = ""};
    struct cfg_lock lock = {.present = false};
    enum nav_status status = cfg_case_load_unlocked(path, &loaded, &error);
    if (status == NAV_OK) {
        status = cfg_lock_check(loaded, &lock, &error);
    }
    cfg_case_destroy(loaded);
    const bool good = status == NAV_OK && lock.present;
    if (status == NAV_OK && !lock.present) {
        (void)cfg_error_set(&error, status, "%s: is not locked; `osteonav case lock` locks it",
                            path);
    }
    if (json) {
        const int printed =
            print_json(good ? json_pack("{s:b, s:s, s:s, s:s, s:s, s:i}", "locked", 1, "lock",
                                        lock.path, "by", lock.by, "utc", lock.utc, "software",
                                        lock.software, "warnings", (int)lock.warning_count)
                            : json_pack("{s:b, s:s, s:s}", "locked", 0, "status",
                                        nav_status_name(status), "error", error.text));
        return good ? printed : VERB_FAILED;
    }
    if (!good) {
        fprintf(stderr, "%s\n", error.text);
        return VERB_FAILED;
    }
    printf("lock        %s\nlocked by   %s\nlocked at   %s\nsoftware    %s\nwarnings    %zu\n"
           "unchanged since\n",
           lock.path, lock.by, lock.utc, lock.software, lock.warning_count);
    return VERB_OK;
}

/* --- the verb -------------------------------------------------------------------------------- */

struct request {
    const char *by;
    bool json, replace;
};

static int wrong_usage(const char *what)
{
    fprintf(stderr, "osteonav case: %s; `osteonav case --help` explains it\n", what);
    return VERB_USAGE;
}

/* `path` is NULL where no file is given. */
static int act(const char *action, const char *path, const struct request *request)
{
    const bool lock = strcmp(action, "lock") == 0;
    if (!lock && (request->by != NULL || request->replace)) {
        return wrong_usage("--by and --replace belong to `lock`");
    }
    if (strcmp(action, "limits") == 0) {
        return path == NULL ? show_limits(request->json) : wrong_usage("`limits` takes no file");
    }
    if (lock && request->json) {
        return wrong_usage("`lock` has no --json; `info` has");
    }
    const bool check = strcmp(action, "check") == 0;
    if (!lock && !check && strcmp(action, "info") != 0) {
        return wrong_usage("unknown action");
    }
    if (path == NULL) {
        return wrong_usage("name one case file");
    }
    if (lock) {
        return lock_case(path, request->by, request->replace);
    }
    return check ? check_case(path, request->json) : show_info(path, request->json);
}

int verb_case(int argc, char **argv)
{
    static const struct option options[] = {
        {"json", no_argument, NULL, 'j'},
        {"by", required_argument, NULL, 'b'},
        {"replace", no_argument, NULL, 'r'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    struct request request = {.by = NULL};
    int option;
    opterr = 0;
    while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
        switch (option) {
        case 'h':
            fputs(usage, stdout);
            return VERB_OK;
        case 'j':
            request.json = true;
            break;
        case 'b':
            request.by = optarg;
            break;
        case 'r':
            request.replace = true;
            break;
        default:
            return wrong_usage("unknown or incomplete option");
        }
    }
    const int words = argc - optind;
    if (words == 0) {
        return wrong_usage("say what to do: check, lock, info or limits");
    }
    if (words > 2) {
        return wrong_usage("one case file only");
    }
    return act(argv[optind], words == 2 ? argv[optind + 1] : NULL, &request);
}
