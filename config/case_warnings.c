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
    if (model->frame_assumed) {
        warn(
            warnings, where,
            "nobody has said in which frame %s is, LPS is assumed: look where it lies, then import "
            "it again with --space LPS or RAS; the case cannot be locked before",
            model->name);
    }
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

static void check_tip(struct warnings *warnings, const char *where, const struct cfg_tool *tool)
{
    if (strcmp(tool->device, CFG_NO_TOOL_DEVICE) == 0) {
        warn(warnings, where,
             "stands for a tool that nobody has named: import a PLUS device set, or write the "
             "tools of the operation into the case");
    } else if (tool->tip_mm[0] == 0.0 && tool->tip_mm[1] == 0.0 && tool->tip_mm[2] == 0.0) {
        warn(warnings, where,
             "tip_mm is 0 0 0: %s points from where its marker is, unless its frame was made at "
             "the tip; `osteonav calibrate pivot` finds the tip",
             tool->name);
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
    check_tip(warnings, where, tool);
}

/* A slot that nobody has stated is taken as a plane: it passes everything a little farther off. */
static void check_kerf(struct warnings *warnings, const struct cfg_case *loaded)
{
    for (size_t i = 0; i < loaded->tool_count; ++i) {
        if (loaded->tools[i].shape == CFG_SHAPE_BLADE) {
            return;
        }
    }
    for (size_t i = 0; i < loaded->cut_count; ++i) {
        if (isnan(loaded->cuts[i].kerf_mm)) {
            char where[32];
            (void)snprintf(where, sizeof(where), "cuts[%zu]", i);
            warn(warnings, where,
                 "kerf_mm is not stated and no tool is a blade: what the cuts pass is computed "
                 "for a slot without width");
            return; /* of all of them once */
        }
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

static void check_alignment(struct warnings *warnings, const struct cfg_case *loaded, size_t index)
{
    static const double off_mm = 3.0; /* what an eye sees at once */
    const struct cfg_case_volume *volume = &loaded->volumes[index];
    const struct cfg_alignment *alignment = &volume->alignment;
    char where[32];
    (void)snprintf(where, sizeof(where), "volumes[%zu]", index);
    if (!alignment->stated) {
        bool beside = false;
        for (size_t i = 0; i < loaded->volume_count; ++i) {
            beside = beside || (i != index && loaded->volumes[i].modality == CFG_MODALITY_CT);
        }
        if (beside && volume->modality == CFG_MODALITY_MR) {
            warn(warnings, where,
                 "%s lies beside a CT, and nothing tells how it came into its frame: import it "
                 "again, or look at the two together before the operation",
                 volume->name);
        }
        return;
    }
    const char *to = loaded->volumes[alignment->to].name;
    if (alignment->origin == CFG_ALIGNMENT_ESTIMATED) {
        warn(warnings, where,
             "%s was brought to %s by registration: an estimate, to be judged by eye; look at the "
             "two together (`osteonav case check --sheet`, key O in `case show`)",
             volume->name, to);
    } else if (alignment->origin == CFG_ALIGNMENT_SAME_FRAME) {
        warn(warnings, where,
             "%s is said to be in the frame of %s, nothing was computed; look at the two together",
             volume->name, to);
    } else if (!(alignment->refined_mm <= off_mm)) {
        warn(warnings, where,
             "the transform given for %s is %.1f mm from where %s and %s fit best: look at the "
             "two together",
             volume->name, alignment->refined_mm, volume->name, to);
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
    for (size_t i = 0; i < loaded->volume_count; ++i) {
        check_alignment(&warnings, loaded, i);
    }
    for (size_t i = 0; i < loaded->tool_count; ++i) {
        check_tool(&warnings, loaded, i);
    }
    if (loaded->cut_count == 0) {
        warn(&warnings, "cuts", "there are none: nothing is compared with a plan");
    }
    check_kerf(&warnings, loaded);
    check_listeners(&warnings, loaded);
    return warnings.count;
}
