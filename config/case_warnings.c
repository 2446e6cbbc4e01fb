#include "case_warnings.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const double lonely_mm = 150.0; /* a model this far from every other belongs elsewhere */

struct warnings {
    cfg_warning_fn warn;
    void *context;
    size_t count;
};

static void warn(struct warnings *warnings, const char *where, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void warn(struct warnings *warnings, const char *where, const char *format, ...)
{
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    warnings->count++;
    if (warnings->warn != NULL) {
        warnings->warn(warnings->context, where, text);
    }
}

/* Distance of two bounding boxes, 0 when they touch. */
static double box_distance(const struct cfg_mesh_report *a, const struct cfg_mesh_report *b)
{
    double square = 0.0;
    for (int k = 0; k < 3; ++k) {
        const double gap =
            fmax(fmax(a->min_mm[k] - b->max_mm[k], b->min_mm[k] - a->max_mm[k]), 0.0);
        square += gap * gap;
    }
    return sqrt(square);
}

static void check_surface(struct warnings *warnings, const char *where,
                          const struct cfg_mesh_report *report)
{
    if (!report->closed) {
        warn(warnings, where,
             "the surface is not closed (%u open, %u forked, %u twisted edges): distances to it "
             "have no inside; close it before the operation",
             report->open_edges, report->forked_edges, report->twisted_edges);
    }
    if (report->unused_vertices > 0) {
        warn(warnings, where,
             "%u vertices of its file belong to no triangle; was the file cut short?",
             report->unused_vertices);
    }
    if (report->inward) {
        warn(warnings, where, "the surface is inside out; flip its normals");
    }
}

static void check_model(struct warnings *warnings, const struct cfg_case *loaded, size_t index)
{
    const struct cfg_model *model = &loaded->models[index];
    char where[32];
    (void)snprintf(where, sizeof(where), "models[%zu]", index);
    check_surface(warnings, where, &model->report);
    double nearest = INFINITY;
    for (size_t i = 0; i < loaded->model_count; ++i) {
        if (i == index) {
            continue;
        }
        const struct cfg_model *other = &loaded->models[i];
        nearest = fmin(nearest, box_distance(&model->report, &other->report));
        if (i < index && memcmp(model->sha256, other->sha256, sizeof(model->sha256)) == 0) {
            warn(warnings, where,
                 "its file has the same content as models[%zu] (%s); is one of them a wrong file?",
                 i, other->name);
        }
    }
    if (loaded->model_count > 1 && nearest > lonely_mm) {
        warn(warnings, where, "it lies %.0f mm from every other model; check its frame and unit",
             nearest);
    }
}

static void check_tool(struct warnings *warnings, const struct cfg_case *loaded, size_t index)
{
    const struct cfg_tool *tool = &loaded->tools[index];
    char where[32];
    (void)snprintf(where, sizeof(where), "tools[%zu]", index);
    if (tool->shape == CFG_SHAPE_MESH) {
        check_surface(warnings, where, &tool->mesh_report);
    }
    if (!tool->relative_to_reference && !loaded->has_reference) {
        warn(warnings, where,
             "the case has no patient reference: a moved patient or tracker is not noticed");
    }
}

static void check_listeners(struct warnings *warnings, const struct cfg_case *loaded)
{
    for (size_t i = 0; i < loaded->listener_count; ++i) {
        const char *address = loaded->listeners[i].address;
        if (strncmp(address, "127.", 4) != 0 && strcmp(address, "::1") != 0) {
            char where[32];
            (void)snprintf(where, sizeof(where), "listeners[%zu]", i);
            warn(warnings, where,
                 "%s can be reached from the network: any program there can send poses; keep the "
                 "network closed",
                 address);
        }
    }
}

size_t cfg_case_warnings(const struct cfg_case *loaded, cfg_warning_fn callback, void *context)
{
    struct warnings warnings = {.warn = callback, .context = context};
    if (!loaded->has_registration) {
        warn(&warnings, "registration",
             "there is none: no tool is shown in the anatomy until the patient is registered");
    } else if (isnan(loaded->registration_fre_mm)) {
        warn(&warnings, "registration", "its fre_mm is not stated");
    }
    for (size_t i = 0; i < loaded->model_count; ++i) {
        check_model(&warnings, loaded, i);
    }
    for (size_t i = 0; i < loaded->tool_count; ++i) {
        check_tool(&warnings, loaded, i);
    }
    if (loaded->cut_count == 0) {
        warn(&warnings, "cuts", "there are none: nothing is compared with a plan");
    }
    check_listeners(&warnings, loaded);
    return warnings.count;
}
