/* Scans of a case: files, and that they lie where the models lie. */
#include "case_loader.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

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

static double known(const double *number)
{
    return number != NULL ? *number : NAN;
}

static enum nav_status take_matrix(struct cfg_loader *loader, const struct cfg_yaml_node *at,
                                   const struct cfg_doc_alignment *doc, double out[16])
{
    static const double last[4] = {0.0, 0.0, 0.0, 1.0};
    double R[9];
    double t_mm[3];
    struct nav_pose pose;
    const struct cfg_yaml_node *matrix = cfg_at_value(at, "matrix");
    if (doc->matrix == NULL) {
        return cfg_refuse(loader, at, NAV_ERR_SYNTAX, "key 'matrix' is missing");
    }
    for (int row = 0; row < 3; ++row) {
        memcpy(R + 3 * row, doc->matrix + 4 * row, 3 * sizeof(double));
        t_mm[row] = doc->matrix[4 * row + 3];
    }
    if (memcmp(doc->matrix + 12, last, sizeof(last)) != 0 ||
        nav_pose_from_matrix(R, t_mm, 1e-6, &pose) != NAV_OK) {
        return cfg_refuse(loader, matrix, NAV_ERR_NOT_RIGID,
                          "is no rigid transform by rows with 0 0 0 1 at its end");
    }
    memcpy(out, doc->matrix, 16 * sizeof(double));
    return NAV_OK;
}

/* The volume it was brought to is another one that stayed where it was. */
static enum nav_status take_alignment(struct cfg_loader *loader, size_t index,
                                      const struct cfg_yaml_node *at)
{
    const struct cfg_doc_alignment *doc = loader->doc->volumes[index].alignment;
    struct cfg_alignment *taken = &loader->loaded->volumes[index].alignment;
    if (doc == NULL) {
        return NAV_OK;
    }
    at = cfg_at_value(at, "alignment");
    taken->to = -1;
    for (size_t i = 0; i < loader->doc->volumes_count; ++i) {
        const struct cfg_doc_volume *other = &loader->doc->volumes[i];
        if (i != index && other->alignment == NULL && strcasecmp(other->name, doc->to) == 0) {
            taken->to = (int)i;
        }
    }
    if (taken->to < 0) {
        return cfg_refuse(loader, cfg_at_value(at, "to"), NAV_ERR_NOT_FOUND,
                          "no other volume of that name stays where it was");
    }
    const size_t digits = strspn(doc->source_sha256, "0123456789abcdef");
    if (digits != sizeof(taken->source_sha256) - 1 || doc->source_sha256[digits] != '\0') {
        return cfg_refuse(loader, cfg_at_value(at, "source_sha256"), NAV_ERR_SYNTAX,
                          "is no SHA-256 in 64 hexadecimal digits");
    }
    taken->stated = true;
    taken->origin = doc->origin;
    (void)snprintf(taken->by, sizeof(taken->by), "%s", doc->by);
    (void)snprintf(taken->source_sha256, sizeof(taken->source_sha256), "%s", doc->source_sha256);
    taken->information = known(doc->information);
    taken->information_start = known(doc->information_start);
    taken->overlap = known(doc->overlap);
    taken->spread_mm = known(doc->spread_mm);
    taken->refined_mm = known(doc->refined_mm);
    return take_matrix(loader, at, doc, taken->T_image_scan);
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
    status = take_alignment(loader, index, cfg_at_entry(loader, "volumes", index));
    if (status != NAV_OK) {
        return status;
    }
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
