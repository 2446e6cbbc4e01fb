/* Models of a case: files, looks, plausible sizes. */
#include "case_loader.h"

#include <math.h>
#include <string.h>

static const double bone_extent_min_mm = 50.0;
static const double extent_min_mm = 1.0;
static const double extent_max_mm = 400.0;
static const double distance_max_mm = 50.0; /* of the blade that alarms */

struct look {
    uint8_t rgb[3];
    float opacity;
};

/* Bone lets the structures behind it shine through; what must not be cut is opaque. */
static const struct look role_looks[] = {
    [CFG_ROLE_BONE] = {{238, 226, 198}, 0.45f},  [CFG_ROLE_TUMOUR] = {{72, 178, 80}, 0.85f},
    [CFG_ROLE_NERVE] = {{154, 78, 201}, 1.0f},   [CFG_ROLE_DURA] = {{74, 134, 232}, 0.8f},
    [CFG_ROLE_VESSEL] = {{208, 52, 44}, 1.0f},   [CFG_ROLE_ORGAN] = {{205, 150, 122}, 0.25f},
    [CFG_ROLE_OTHER] = {{160, 160, 160}, 0.35f},
};
static const uint8_t vein_rgb[3] = {88, 120, 160};

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool parse_colour(const char *text, float out_colour[3])
{
    if (text[0] != '#' || strlen(text) != 7) {
        return false;
    }
    float colour[3];
    for (int i = 0; i < 3; ++i) {
        const int high = hex_digit(text[1 + 2 * i]);
        const int low = hex_digit(text[2 + 2 * i]);
        if (high < 0 || low < 0) {
            return false;
        }
        colour[i] = (float)(16 * high + low) / 255.0f;
    }
    memcpy(out_colour, colour, sizeof(colour));
    return true;
}

static bool is_vein(const char *name)
{
    static const char *const words[] = {"vein", "vena", "venous", "cava", "ivc"};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); ++i) {
        if (strcasestr(name, words[i]) != NULL) {
            return true;
        }
    }
    return false;
}

static void default_look(struct cfg_model *model)
{
    const struct look *look = &role_looks[model->role];
    const bool vein = model->role == CFG_ROLE_VESSEL && is_vein(model->name);
    const uint8_t *rgb = vein ? vein_rgb : look->rgb;
    for (int i = 0; i < 3; ++i) {
        model->colour[i] = (float)rgb[i] / 255.0f;
    }
    model->opacity = look->opacity;
}

/* Bone is what the blade is in, and nothing is known of what has no role: no distance alarms. */
static void default_distances(const struct cfg_limits *limits, struct cfg_model *model)
{
    const double distances[][2] = {
        [CFG_ROLE_BONE] = {0.0, 0.0},
        [CFG_ROLE_TUMOUR] = {limits->tumour_caution_mm, limits->tumour_stop_mm},
        [CFG_ROLE_NERVE] = {limits->nerve_caution_mm, limits->nerve_stop_mm},
        [CFG_ROLE_DURA] = {limits->dura_caution_mm, limits->dura_stop_mm},
        [CFG_ROLE_VESSEL] = {limits->vessel_caution_mm, limits->vessel_stop_mm},
        [CFG_ROLE_ORGAN] = {limits->organ_caution_mm, limits->organ_stop_mm},
        [CFG_ROLE_OTHER] = {0.0, 0.0},
    };
    model->caution_mm = distances[model->role][0];
    model->stop_mm = distances[model->role][1];
}

static enum nav_status take_distances(const struct cfg_loader *loader,
                                      const struct cfg_yaml_node *node,
                                      const struct cfg_doc_model *doc, struct cfg_model *model)
{
    const struct {
        const char *key;
        const double *given;
        double *out;
    } distances[] = {
        {"caution_mm", doc->caution_mm, &model->caution_mm},
        {"stop_mm", doc->stop_mm, &model->stop_mm},
    };
    default_distances(&loader->loaded->limits, model);
    for (size_t i = 0; i < sizeof(distances) / sizeof(distances[0]); ++i) {
        if (distances[i].given == NULL) {
            continue;
        }
        if (!(*distances[i].given >= 0.0 && *distances[i].given <= distance_max_mm)) {
            return cfg_refuse(loader, cfg_at_value(node, distances[i].key), NAV_ERR_RANGE,
                              "%g is out of range; 0 (never alarms) to %g mm", *distances[i].given,
                              distance_max_mm);
        }
        *distances[i].out = *distances[i].given;
    }
    if (model->caution_mm < model->stop_mm) {
        return cfg_refuse(
            loader, cfg_at_value(node, doc->caution_mm != NULL ? "caution_mm" : "stop_mm"),
            NAV_ERR_REFUSED, "caution_mm (%g) must be at least stop_mm (%g); state both",
            model->caution_mm, model->stop_mm);
    }
    return NAV_OK;
}

static enum nav_status check_extent(const struct cfg_loader *loader,
                                    const struct cfg_yaml_node *node, const struct cfg_model *model)
{
    const double extent = model->report.extent_mm;
    const double min = model->role == CFG_ROLE_BONE ? bone_extent_min_mm : extent_min_mm;
    if (extent >= min && extent <= extent_max_mm) {
        return NAV_OK;
    }
    const bool metres = extent * 1000.0 >= min && extent * 1000.0 <= extent_max_mm;
    return cfg_refuse(loader, node, NAV_ERR_REFUSED,
                      "its longest side is %g mm, a %s has %g to %g mm; %s", extent,
                      cfg_role_name(model->role), min, extent_max_mm,
                      metres ? "if the file is in metres, state `unit: m`"
                             : "check the unit and that it is one structure");
}

static enum nav_status take_model(struct cfg_loader *loader, size_t index)
{
    const struct cfg_doc_model *doc = &loader->doc->models[index];
    const struct cfg_yaml_node *node = cfg_at_entry(loader, "models", index);
    struct cfg_model *model = &loader->loaded->models[index];
    enum nav_status status = cfg_take_name(loader, "models", index, doc->name, model->name,
                                           loader->loaded->models[0].name, sizeof(*model));
    if (status != NAV_OK) {
        return status;
    }
    model->role = doc->role;
    model->frame_assumed = doc->frame_assumed;
    default_look(model);
    if (doc->colour != NULL && !parse_colour(doc->colour, model->colour)) {
        return cfg_refuse(loader, cfg_at_value(node, "colour"), NAV_ERR_SYNTAX,
                          "'%s' is not a colour; write \"#rrggbb\" in quotes", doc->colour);
    }
    if (doc->opacity != NULL) {
        if (!(*doc->opacity > 0.0 && *doc->opacity <= 1.0)) {
            return cfg_refuse(loader, cfg_at_value(node, "opacity"), NAV_ERR_RANGE,
                              "%g is out of range; more than 0 (invisible), at most 1",
                              *doc->opacity);
        }
        model->opacity = (float)*doc->opacity;
    }
    status = take_distances(loader, node, doc, model);
    if (status != NAV_OK) {
        return status;
    }
    const struct cfg_yaml_node *file = cfg_at_value(node, "file");
    model->options = (struct cfg_mesh_options){.space = doc->space, .unit = doc->unit};
    model->file = cfg_resolve(loader, file, doc->file, &status);
    if (model->file == NULL) {
        return status;
    }
    status = cfg_load_mesh(loader, file, model->file, &model->options, &model->mesh);
    if (status != NAV_OK) {
        return status;
    }
    model->report = model->mesh->report;
    memcpy(model->sha256, model->mesh->sha256, sizeof(model->sha256));
    status = check_extent(loader, file, model);
    if (!loader->keep_meshes) {
        cfg_mesh_destroy(model->mesh);
        model->mesh = NULL;
    }
    return status;
}

enum nav_status cfg_take_models(struct cfg_loader *loader)
{
    for (size_t i = 0; i < loader->doc->models_count; ++i) {
        loader->loaded->model_count = i + 1;
        const enum nav_status status = take_model(loader, i);
        if (status != NAV_OK) {
            return status;
        }
    }
    return NAV_OK;
}

/* Distance of a point from the bounding box of all models, mm. */
static double distance_from_models(const struct cfg_case *loaded, const double point[3])
{
    double square = 0.0;
    for (int k = 0; k < 3; ++k) {
        double min = loaded->models[0].report.min_mm[k];
        double max = loaded->models[0].report.max_mm[k];
        for (size_t i = 1; i < loaded->model_count; ++i) {
            min = fmin(min, loaded->models[i].report.min_mm[k]);
            max = fmax(max, loaded->models[i].report.max_mm[k]);
        }
        const double off = fmax(fmax(min - point[k], point[k] - max), 0.0);
        square += off * off;
    }
    return sqrt(square);
}

enum nav_status cfg_check_reach(const struct cfg_loader *loader, const struct cfg_yaml_node *node,
                                const double point[3], double reach_mm)
{
    const double distance = distance_from_models(loader->loaded, point);
    if (distance <= reach_mm) {
        return NAV_OK;
    }
    const double flipped[3] = {-point[0], -point[1], point[2]};
    return cfg_refuse(loader, node, NAV_ERR_REFUSED, "lies %.0f mm off all models; %s", distance,
                      distance_from_models(loader->loaded, flipped) <= reach_mm
                          ? "with x and y negated it does not: RAS numbers in an LPS case?"
                          : "is it from another case, frame or unit?");
}
