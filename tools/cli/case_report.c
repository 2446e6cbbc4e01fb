/* `osteonav case check` as text. */
#include "case_report.h"

#include <math.h>
#include <stdio.h>
#include <time.h>

#include "case_warnings.h"
#include "column.h"
#include "cut_facts.h"
#include "nav/time.h"
#include "verbs.h"

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
        printf("%-*s %-7s %9u %6.1f mm %10s %6u  %s\n", column_width(model->name, 28), model->name,
               cfg_role_name(model->role), model->report.triangles, model->report.extent_mm, volume,
               model->report.components, surface_words(&model->report));
    }
}

void case_calibrated_on(const struct cfg_tool *tool, char *out_date, size_t size)
{
    const time_t seconds = (time_t)(tool->calibrated_utc_ns / NAV_NS_PER_S);
    struct tm utc;
    if (tool->calibration_count == 0 || gmtime_r(&seconds, &utc) == NULL ||
        strftime(out_date, size, "%Y-%m-%d", &utc) == 0) {
        (void)snprintf(out_date, size, "no file");
    }
}

static void show_tools(const struct cfg_case *loaded)
{
    printf("\n%-28s %-20s %-8s %-26s %-11s %s\n", "tool", "device", "shape", "tip in the tool, mm",
           "relative to", "calibrated");
    for (size_t i = 0; i < loaded->tool_count; ++i) {
        const struct cfg_tool *tool = &loaded->tools[i];
        char tip[64];
        char date[sizeof("2026-01-31")];
        case_calibrated_on(tool, date, sizeof(date));
        (void)snprintf(tip, sizeof(tip), "%.3f %.3f %.3f", tool->tip_mm[0], tool->tip_mm[1],
                       tool->tip_mm[2]);
        printf("%-*s %-20s %-8s %-26s %-11s %s\n", column_width(tool->name, 28), tool->name,
               tool->device, cfg_shape_name(tool->shape), tip,
               tool->relative_to_reference ? "reference" : "tracker", date);
    }
}

static void show_alignment(const struct cfg_case *loaded, const struct cfg_alignment *alignment)
{
    if (!alignment->stated) {
        return;
    }
    printf("  in the frame of %s: %s, by %s", loaded->volumes[alignment->to].name,
           cfg_alignment_name(alignment->origin), alignment->by);
    if (!isnan(alignment->information)) {
        printf("; fit %.3f nats (as the files lay %.3f), overlap %.0f %%", alignment->information,
               alignment->information_start, 100.0 * alignment->overlap);
    }
    if (!isnan(alignment->spread_mm)) {
        printf(", searches agree within %.2f mm", alignment->spread_mm);
    }
    if (!isnan(alignment->refined_mm)) {
        printf(", nearest best fit %.2f mm from it", alignment->refined_mm);
    }
    putchar('\n');
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
        printf("%-*s %-8s %-8s %-17s %-21s %d to %d\n", column_width(volume->name, 28),
               volume->name, cfg_modality_name(volume->modality),
               cfg_volume_format_name(report->format), voxels, spacing, report->lowest,
               report->highest);
        show_alignment(loaded, &volume->alignment);
    }
}

static void show_cuts(const struct cfg_case *loaded)
{
    if (loaded->cut_count == 0) {
        return;
    }
    printf("\n%2s  %-28s %-26s %-23s %-12s %s\n", "", "cut", "point, mm", "normal", "size, mm",
           "depth");
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
        printf("%2zu  %-*s %-26s %-23s %-12s %.1f mm\n", i + 1, column_width(cut->name, 28),
               cut->name, point, normal, size, cut->depth_mm);
    }
}

/* How near a structure is: what the display would say of a blade there. */
const char *case_passing_word(const struct cfg_model *model, const struct cfg_cut_passing *passing)
{
    return passing->crossed ? "cut" : passing->distance_mm < model->stop_mm ? "stop" : "caution";
}

static void show_passing(const struct cfg_case *loaded, const struct cfg_cut_facts *facts)
{
    for (size_t i = 0; i < facts->passing_count; ++i) {
        const struct cfg_cut_passing *passing = &facts->passing[i];
        const struct cfg_model *model = &loaded->models[passing->model];
        printf("%s%s ", i > 0 ? ", " : "", model->name);
        if (passing->crossed) {
            printf("CUT");
        } else {
            printf("%.1f mm (%s)", passing->distance_mm, case_passing_word(model, passing));
        }
    }
    puts(facts->passing_count == 0 ? "nothing" : "");
}

/* What follows from the plan and the anatomy. */
static void show_cut_facts(const struct cfg_case *loaded)
{
    if (loaded->cut_count == 0) {
        return;
    }
    printf("\n%2s  %-28s %-9s %-14s %-24s %-8s %s\n", "", "cut, computed", "depth", "far cortex",
           "margin to tumour", "kerf", "passes");
    for (size_t i = 0; i < loaded->cut_count; ++i) {
        struct cfg_cut_facts facts;
        char far[32] = "no bone";
        char margin[NAV_NAME_SIZE + 32] = "no tumour";
        const char *name = loaded->cuts[i].name;
        char depth[16], kerf[16] = "unknown";
        if (cfg_cut_facts(loaded, i, &facts) != NAV_OK) {
            continue;
        }
        if (facts.has_bone) {
            (void)snprintf(far, sizeof(far), "%s%.1f mm", facts.far_beyond ? "beyond " : "",
                           facts.far_beyond ? loaded->cuts[i].size_mm[1] : facts.far_cortex_mm);
        }
        if (facts.has_tumour) {
            (void)snprintf(margin, sizeof(margin), "%.1f mm%s%.14s", facts.margin_mm,
                           facts.tumour_cut   ? " CUTS "
                           : facts.plane_cuts ? " (face) "
                                              : " ",
                           loaded->models[facts.tumour].name);
        }
        (void)snprintf(depth, sizeof(depth), "%.1f mm", loaded->cuts[i].depth_mm);
        if (facts.kerf_known) {
            (void)snprintf(kerf, sizeof(kerf), "%.2f mm", facts.kerf_mm);
        }
        printf("%2zu  %-*s %-9s %-14s %-*s %-8s ", i + 1, column_width(name, 28), name, depth, far,
               column_width(margin, 24), margin, kerf);
        show_passing(loaded, &facts);
        if (facts.plane_cuts) {
            printf("    its plane, carried on beyond the planned face, goes through the tumour\n");
        }
    }
}

static void show_changed_limits(const struct cfg_case *loaded)
{
    size_t count = 0;
    const struct case_limit_row *limit_rows = case_limit_rows(&count);
    double values[sizeof(loaded->limits) / sizeof(double)];
    case_limit_values(&loaded->limits, values);
    bool heading = false;
    for (size_t i = 0; i < count; ++i) {
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

void case_print_warning(void *context, const char *where, const char *text)
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

int case_report_text(const struct cfg_case *loaded)
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
    show_cut_facts(loaded);
    if (loaded->landmark_count > 0) {
        printf("\n%zu landmark%s\n", loaded->landmark_count, plural(loaded->landmark_count));
    }
    show_changed_limits(loaded);
    putchar('\n');
    const size_t warnings = cfg_case_warnings(loaded, case_print_warning, NULL);
    printf("good: %zu model%s, %zu tool%s, %zu cut%s, %zu warning%s\n", loaded->model_count,
           plural(loaded->model_count), loaded->tool_count, plural(loaded->tool_count),
           loaded->cut_count, plural(loaded->cut_count), warnings, plural(warnings));
    return VERB_OK;
}
