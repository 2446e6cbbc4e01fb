/* `osteonav case check --json`. */
#include <math.h>
#include <stdio.h>

#include "case_report.h"
#include "case_warnings.h"
#include "verbs.h"

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

static json_t *stated_json(double value)
{
    return isnan(value) ? json_null() : json_real(value);
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
            models,
            json_pack("{s:s, s:s, s:s, s:s, s:f, s:f, s:f, s:o}", "name", model->name, "role",
                      cfg_role_name(model->role), "file", model->file, "colour", colour, "opacity",
                      (double)model->opacity, "caution_mm", model->caution_mm, "stop_mm",
                      model->stop_mm, "surface", surface_json(&model->report, model->sha256)));
    }
    return models;
}

static json_t *tools_json(const struct cfg_case *loaded)
{
    json_t *tools = json_array();
    for (size_t i = 0; i < loaded->tool_count; ++i) {
        const struct cfg_tool *tool = &loaded->tools[i];
        json_t *object = json_pack(
            "{s:s, s:s, s:s, s:o, s:o, s:s, s:o}", "name", tool->name, "device", tool->device,
            "relative_to", tool->relative_to_reference ? "reference" : "tracker", "tip_mm",
            vector_json(tool->tip_mm, 3), "axis", vector_json(tool->axis, 3), "shape",
            cfg_shape_name(tool->shape), "calibration_mm", stated_json(tool->calibration_mm));
        json_t *files = json_array();
        for (size_t k = 0; k < tool->calibration_count; ++k) {
            (void)json_array_append_new(files, json_string(tool->calibrations[k].path));
        }
        char date[sizeof("2026-01-31")];
        case_calibrated_on(tool, date, sizeof(date));
        (void)json_object_set_new(object, "calibration", files);
        (void)json_object_set_new(object, "calibrated",
                                  tool->calibration_count > 0 ? json_string(date) : json_null());
        if (tool->mesh_file != NULL) {
            (void)json_object_set_new(object, "surface",
                                      surface_json(&tool->mesh_report, tool->mesh_sha256));
        }
        (void)json_array_append_new(tools, object);
    }
    return tools;
}

static json_t *known_json(double value)
{
    return isnan(value) ? json_null() : json_real(value);
}

static json_t *alignment_json(const struct cfg_case *loaded, const struct cfg_alignment *alignment)
{
    if (!alignment->stated) {
        return json_null();
    }
    return json_pack("{s:s, s:s, s:s, s:o, s:s, s:o, s:o, s:o, s:o, s:o}", "to",
                     loaded->volumes[alignment->to].name, "origin",
                     cfg_alignment_name(alignment->origin), "by", alignment->by, "T_image_scan",
                     vector_json(alignment->T_image_scan, 16), "source_sha256",
                     alignment->source_sha256, "information", known_json(alignment->information),
                     "information_start", known_json(alignment->information_start), "overlap",
                     known_json(alignment->overlap), "spread_mm", known_json(alignment->spread_mm),
                     "refined_mm", known_json(alignment->refined_mm));
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
            json_pack("{s:s, s:s, s:s, s:s, s:s, s:[i, i, i], s:o, s:o, s:o, s:o, s:[i, i], s:o}",
                      "name", volume->name, "modality", cfg_modality_name(volume->modality), "file",
                      volume->file, "format", cfg_volume_format_name(report->format), "sha256",
                      digest, "size", (int)report->size[0], (int)report->size[1],
                      (int)report->size[2], "spacing_mm", vector_json(report->spacing_mm, 3),
                      "T_image_voxel", vector_json(report->T_image_voxel, 12), "min_mm",
                      vector_json(report->min_mm, 3), "max_mm", vector_json(report->max_mm, 3),
                      "values", (int)report->lowest, (int)report->highest, "alignment",
                      alignment_json(loaded, &volume->alignment)));
    }
    return volumes;
}

/* What follows from a cut and the anatomy; null where there is none of it. */
static json_t *computed_json(const struct cfg_case *loaded, size_t index)
{
    struct cfg_cut_facts facts;
    if (cfg_cut_facts(loaded, index, &facts) != NAV_OK) {
        return json_null();
    }
    json_t *passing = json_array();
    for (size_t i = 0; i < facts.passing_count; ++i) {
        const struct cfg_model *model = &loaded->models[facts.passing[i].model];
        (void)json_array_append_new(passing,
                                    json_pack("{s:s, s:f, s:s}", "model", model->name,
                                              "distance_mm", facts.passing[i].distance_mm, "level",
                                              case_passing_word(model, &facts.passing[i])));
    }
    return json_pack(
        "{s:o, s:o, s:o, s:b, s:o, s:o, s:o, s:b, s:b, s:o}", "kerf_mm",
        stated_json(facts.kerf_known ? facts.kerf_mm : NAN), "near_cortex_mm",
        stated_json(facts.has_bone ? facts.near_cortex_mm : NAN), "far_cortex_mm",
        stated_json(facts.has_bone ? facts.far_cortex_mm : NAN), "far_beyond",
        (int)facts.far_beyond, "tumour",
        facts.has_tumour ? json_string(loaded->models[facts.tumour].name) : json_null(),
        "margin_mm", stated_json(facts.has_tumour ? facts.margin_mm : NAN), "face_margin_mm",
        stated_json(facts.has_tumour ? facts.face_margin_mm : NAN), "tumour_cut",
        (int)facts.tumour_cut, "plane_cuts_tumour", (int)facts.plane_cuts, "passes", passing);
}

static json_t *cuts_json(const struct cfg_case *loaded)
{
    json_t *cuts = json_array();
    for (size_t i = 0; i < loaded->cut_count; ++i) {
        const struct cfg_cut *cut = &loaded->cuts[i];
        (void)json_array_append_new(
            cuts,
            json_pack("{s:s, s:o, s:o, s:o, s:o, s:f, s:o, s:s, s:o}", "name", cut->name,
                      "point_mm", vector_json(cut->point_mm, 3), "normal",
                      vector_json(cut->normal, 3), "u", vector_json(cut->u, 3), "size_mm",
                      vector_json(cut->size_mm, 2), "depth_mm", cut->depth_mm, "kerf_mm",
                      stated_json(cut->kerf_mm), "margin_side", cfg_margin_name(cut->margin_side),
                      "computed", computed_json(loaded, i)));
    }
    return cuts;
}

static json_t *limits_json(const struct cfg_case *loaded)
{
    size_t count = 0;
    const struct case_limit_row *rows = case_limit_rows(&count);
    double values[sizeof(loaded->limits) / sizeof(double)];
    case_limit_values(&loaded->limits, values);
    json_t *limits = json_object();
    for (size_t i = 0; i < count; ++i) {
        (void)json_object_set_new(limits, rows[i].name, json_real(values[i]));
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

int case_report_json(const struct cfg_case *loaded)
{
    char case_id[17];
    (void)snprintf(case_id, sizeof(case_id), "%016llx", (unsigned long long)loaded->case_id);
    json_t *warnings = json_array();
    (void)cfg_case_warnings(loaded, add_json_warning, warnings);
    return case_print_json(json_pack(
        "{s:b, s:s, s:s, s:s, s:s, s:b, s:s?, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
        "ok", 1, "case", loaded->path, "name", loaded->name, "pseudonym", loaded->pseudonym,
        "case_id", case_id, "locked", (int)loaded->locked, "reference",
        loaded->has_reference ? loaded->reference_device : NULL, "registration",
        registration_json(loaded), "models", models_json(loaded), "tools", tools_json(loaded),
        "volumes", volumes_json(loaded), "cuts", cuts_json(loaded), "listeners",
        listeners_json(loaded), "connectors", connectors_json(loaded), "displays",
        displays_json(loaded), "limits", limits_json(loaded), "warnings", warnings));
}
