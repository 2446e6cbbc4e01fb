/* Planned cuts and landmarks of a case. */
#include "case_loader.h"

#include <string.h>

static const double position_max_mm = 10000.0;
static const double cut_side_max_mm = 500.0;
static const double cut_reach_mm = 100.0;      /* a cut farther than this from every model */
static const double landmark_reach_mm = 300.0; /* likewise; skin landmarks lie off the models */

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
    return NAV_OK;
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
