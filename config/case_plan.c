/* Planned cuts and landmarks of a case. */
#include "case_loader.h"

#include <string.h>

static const double position_max_mm = 10000.0;
static const double cut_side_max_mm = 500.0;
static const double kerf_max_mm = 10.0;
static const double margin_least_mm = 1.0;     /* a tumour whose middle is nearer to the plane is on
                                                  neither side */
static const double cut_reach_mm = 100.0;      /* a cut farther than this from every model */
static const double landmark_reach_mm = 300.0; /* likewise; skin landmarks lie off the models */

/* The side of the plane on which the middles of all tumours lie; 0: there are none, or on both. */
static int side_of_tumours(const struct cfg_case *loaded, const struct cfg_cut *cut)
{
    int side = 0;
    for (size_t i = 0; i < loaded->model_count; ++i) {
        const struct cfg_model *model = &loaded->models[i];
        if (model->role != CFG_ROLE_TUMOUR) {
            continue;
        }
        double offset_mm = 0.0;
        for (int k = 0; k < 3; ++k) {
            const double middle = 0.5 * (model->report.min_mm[k] + model->report.max_mm[k]);
            offset_mm += (middle - cut->point_mm[k]) * cut->normal[k];
        }
        const int its_side = offset_mm >= margin_least_mm    ? 1
                             : offset_mm <= -margin_least_mm ? -1
                                                             : 0;
        if (its_side == 0 || (side != 0 && side != its_side)) {
            return 0;
        }
        side = its_side;
    }
    return side;
}

/* What the blade takes away, and what it must leave. */
static enum nav_status take_kerf(const struct cfg_loader *loader, const struct cfg_yaml_node *node,
                                 const struct cfg_doc_cut *doc, struct cfg_cut *cut)
{
    cut->kerf_mm = NAN;
    if (doc->kerf_mm != NULL) {
        const enum nav_status status =
            cfg_check_length(loader, cfg_at_value(node, "kerf_mm"), *doc->kerf_mm, kerf_max_mm);
        if (status != NAV_OK) {
            return status;
        }
        cut->kerf_mm = *doc->kerf_mm;
    }
    const int shown = side_of_tumours(loader->loaded, cut);
    cut->margin_side = shown;
    if (doc->margin_side != CFG_DOC_MARGIN_DEFAULT) {
        cut->margin_side = doc->margin_side == CFG_DOC_MARGIN_POSITIVE ? 1 : -1;
        if (shown != 0 && shown != cut->margin_side) {
            return cfg_refuse(loader, cfg_at_value(node, "margin_side"), NAV_ERR_REFUSED,
                              "the tumour lies on the %s side of the plane; turn the normal or the "
                              "side",
                              shown > 0 ? "positive" : "negative");
        }
    }
    return NAV_OK;
}

static enum nav_status take_cut(const struct cfg_loader *loader, size_t index)
{
    const struct cfg_doc_cut *doc = &loader->doc->cuts[index];
    const struct cfg_yaml_node *node = cfg_at_entry(loader, "cuts", index);
    struct cfg_cut *cut = &loader->loaded->cuts[index];
    enum nav_status status = cfg_take_name(loader, "cuts", index, doc->name, cut->name,
                                           loader->loaded->cuts[0].name, sizeof(*cut));
    if (status == NAV_OK) {
        status = cfg_check_position(loader, cfg_at_value(node, "point_mm"), doc->point_mm,
                                    position_max_mm);
    }
    if (status == NAV_OK) {
        status =
            cfg_check_reach(loader, cfg_at_value(node, "point_mm"), doc->point_mm, cut_reach_mm);
    }
    if (status == NAV_OK) {
        status = cfg_take_direction(loader, cfg_at_value(node, "normal"), doc->normal, cut->normal);
    }
    if (status == NAV_OK) {
        status = cfg_take_direction(loader, cfg_at_value(node, "u"), doc->u, cut->u);
    }
    if (status == NAV_OK) {
        status = cfg_square_to(loader, cfg_at_value(node, "u"), "the normal", cut->normal, cut->u);
    }
    for (int i = 0; i < 2 && status == NAV_OK; ++i) {
        status = cfg_check_length(loader, cfg_at_value(node, "size_mm"), doc->size_mm[i],
                                  cut_side_max_mm);
    }
    if (status == NAV_OK) {
        status = cfg_check_length(loader, cfg_at_value(node, "depth_mm"), doc->depth_mm,
                                  cut_side_max_mm);
    }
    if (status != NAV_OK) {
        return status;
    }
    if (doc->depth_mm > doc->size_mm[1]) {
        return cfg_refuse(loader, cfg_at_value(node, "depth_mm"), NAV_ERR_REFUSED,
                          "%g mm is deeper than the plane reaches (%g mm along v); enlarge size_mm",
                          doc->depth_mm, doc->size_mm[1]);
    }
    memcpy(cut->point_mm, doc->point_mm, sizeof(cut->point_mm));
    memcpy(cut->size_mm, doc->size_mm, sizeof(cut->size_mm));
    cut->depth_mm = doc->depth_mm;
    return take_kerf(loader, node, doc, cut);
}

enum nav_status cfg_take_plan(struct cfg_loader *loader)
{
    struct cfg_case *loaded = loader->loaded;
    for (size_t i = 0; i < loader->doc->cuts_count; ++i) {
        loaded->cut_count = i + 1;
        const enum nav_status status = take_cut(loader, i);
        if (status != NAV_OK) {
            return status;
        }
    }
    for (size_t i = 0; i < loader->doc->landmarks_count; ++i) {
        const struct cfg_doc_landmark *doc = &loader->doc->landmarks[i];
        struct cfg_landmark *landmark = &loaded->landmarks[i];
        const struct cfg_yaml_node *position =
            cfg_at_value(cfg_at_entry(loader, "landmarks", i), "position_mm");
        loaded->landmark_count = i + 1;
        enum nav_status status = cfg_take_name(loader, "landmarks", i, doc->name, landmark->name,
                                               loaded->landmarks[0].name, sizeof(*landmark));
        if (status == NAV_OK) {
            status = cfg_check_position(loader, position, doc->position_mm, position_max_mm);
        }
        if (status == NAV_OK) {
            status = cfg_check_reach(loader, position, doc->position_mm, landmark_reach_mm);
        }
        if (status != NAV_OK) {
            return status;
        }
        memcpy(landmark->position_mm, doc->position_mm, sizeof(landmark->position_mm));
    }
    return NAV_OK;
}
