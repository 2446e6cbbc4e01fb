/* Scans of a case: files, and that they lie where the models lie. */
#include "case_loader.h"

#include <string.h>

/* Whether the middle of a model's box, its x and y multiplied by `sign`, is in the volume's box. */
static bool holds_a_model(const struct cfg_case *loaded, const struct cfg_volume_report *report,
                          double sign)
{
    for (size_t i = 0; i < loaded->model_count; ++i) {
        const struct cfg_mesh_report *model = &loaded->models[i].report;
        bool inside = true;
        for (int k = 0; k < 3; ++k) {
            const double middle =
                (k < 2 ? sign : 1.0) * 0.5 * (model->min_mm[k] + model->max_mm[k]);
            inside = inside && middle >= report->min_mm[k] && middle <= report->max_mm[k];
        }
        if (inside) {
            return true;
        }
    }
    return false;
}

static enum nav_status take_volume(struct cfg_loader *loader, size_t index)
{
    const struct cfg_doc_volume *doc = &loader->doc->volumes[index];
    const struct cfg_yaml_node *file = cfg_at_value(cfg_at_entry(loader, "volumes", index), "file");
    struct cfg_case_volume *taken = &loader->loaded->volumes[index];
    enum nav_status status = cfg_take_name(loader, "volumes", index, doc->name, taken->name,
                                           loader->loaded->volumes[0].name, sizeof(*taken));
    if (status != NAV_OK) {
        return status;
    }
    taken->modality = doc->modality;
    taken->file = cfg_resolve(loader, file, doc->file, &status);
    if (taken->file == NULL) {
        return status;
    }
    struct cfg_error why = {.text = ""};
    status = cfg_volume_load(taken->file, NULL, &taken->volume, &why);
    if (status != NAV_OK) {
        return cfg_refuse(loader, file, status, "%s", why.text);
    }
    taken->report = taken->volume->report;
    memcpy(taken->sha256, taken->volume->sha256, sizeof(taken->sha256));
    cfg_add_digest(loader, taken->sha256);
    if (!loader->keep_meshes) {
        cfg_volume_destroy(taken->volume);
        taken->volume = NULL;
    }
    if (!holds_a_model(loader->loaded, &taken->report, 1.0)) {
        return cfg_refuse(loader, file, NAV_ERR_REFUSED, "no model lies in this volume; %s",
                          holds_a_model(loader->loaded, &taken->report, -1.0)
                              ? "with x and y negated one does: RAS numbers in an LPS case?"
                              : "is it another scan, or are the models in another frame?");
    }
    return NAV_OK;
}

enum nav_status cfg_take_volumes(struct cfg_loader *loader)
{
    for (size_t i = 0; i < loader->doc->volumes_count; ++i) {
        loader->loaded->volume_count = i + 1;
        const enum nav_status status = take_volume(loader, i);
        if (status != NAV_OK) {
            return status;
        }
    }
    return NAV_OK;
}
