/* Between the parts that fill a case from its document. Every step refuses with the place in the
 * file; a step that succeeds has checked all it took. Thread: any. */
#ifndef CFG_CASE_LOADER_H
#define CFG_CASE_LOADER_H

#include <math.h>

#include "case.h"
#include "case_document.h"
#include "yaml_schema.h"

struct cfg_loader {
    struct cfg_case *loaded;
    const struct cfg_doc *doc;
    struct cfg_yaml_tree *tree;
    bool keep_meshes;
    uint8_t *digests; /* of the YAML file and every named file, in order */
    size_t digest_count;
    struct cfg_error *error;
};

#define cfg_refuse(loader, node, status, ...)                                                      \
    cfg_yaml_refuse((loader)->tree, (node), (status), (loader)->error, __VA_ARGS__)

enum nav_status cfg_refuse_memory(const struct cfg_loader *loader);

/* Where a section, an entry of a list or a value is; the nearest thing around it when it is left
 * to its default. */
const struct cfg_yaml_node *cfg_at_section(const struct cfg_loader *loader, const char *key);
const struct cfg_yaml_node *cfg_at_entry(const struct cfg_loader *loader, const char *key,
                                         size_t index);
const struct cfg_yaml_node *cfg_at_value(const struct cfg_yaml_node *node, const char *key);

static inline double cfg_dot(const double a[3], const double b[3])
{
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

static inline void cfg_normalise(double v[3])
{
    const double length = sqrt(cfg_dot(v, v));
    for (int i = 0; i < 3; ++i) {
        v[i] /= length;
    }
}

/* Takes a direction that is unit within 1e-3 and makes it exactly unit. */
NAV_MUST_USE enum nav_status cfg_take_direction(const struct cfg_loader *loader,
                                                const struct cfg_yaml_node *node,
                                                const double given[3], double out_direction[3]);

/* Makes `direction` exactly perpendicular to the unit vector `fixed`, when it nearly is. */
NAV_MUST_USE enum nav_status cfg_square_to(const struct cfg_loader *loader,
                                           const struct cfg_yaml_node *node, const char *fixed_name,
                                           const double fixed[3], double direction[3]);

/* Each component at most `max_mm` from 0. */
NAV_MUST_USE enum nav_status cfg_check_position(const struct cfg_loader *loader,
                                                const struct cfg_yaml_node *node,
                                                const double position[3], double max_mm);

/* More than 0 (not equal) and at most `max`. */
NAV_MUST_USE enum nav_status cfg_check_length(const struct cfg_loader *loader,
                                              const struct cfg_yaml_node *node, double value,
                                              double max);

/* No control character, no blank at the ends. */
NAV_MUST_USE enum nav_status cfg_check_name(const struct cfg_loader *loader,
                                            const struct cfg_yaml_node *node, const char *name);

/* `names` are `stride` bytes apart: number `index` must differ from the earlier ones, in more than
 * letter case. */
NAV_MUST_USE enum nav_status cfg_check_unique(const struct cfg_loader *loader, const char *list,
                                              const char *key, const char *names, size_t stride,
                                              size_t index);

/* Copies and checks the name of entry `index` of a list. */
NAV_MUST_USE enum nav_status cfg_take_name(const struct cfg_loader *loader, const char *list,
                                           size_t index, const char *given,
                                           char out_name[NAV_NAME_SIZE], const char *names,
                                           size_t stride);

/* Printable ASCII without blanks, as long as OpenIGTLink can carry. */
NAV_MUST_USE enum nav_status cfg_check_device(const struct cfg_loader *loader,
                                              const struct cfg_yaml_node *node, const char *device);

/* Absolute path of a file named in the case; NULL with the error told. The caller frees. */
char *cfg_resolve(const struct cfg_loader *loader, const struct cfg_yaml_node *node,
                  const char *given, enum nav_status *out_status);

/* Adds a file of the case to what its case_id is made of. */
void cfg_add_digest(struct cfg_loader *loader, const uint8_t digest[CFG_SHA256_SIZE]);

NAV_MUST_USE enum nav_status cfg_load_mesh(struct cfg_loader *loader,
                                           const struct cfg_yaml_node *node, const char *path,
                                           const struct cfg_mesh_options *options,
                                           struct cfg_mesh **out_mesh);

/* Within `reach_mm` of the bounding box of all models, which must be loaded before. */
NAV_MUST_USE enum nav_status cfg_check_reach(const struct cfg_loader *loader,
                                             const struct cfg_yaml_node *node,
                                             const double point[3], double reach_mm);

/* The sections, in an order in which each finds what it needs. */
NAV_MUST_USE enum nav_status cfg_take_limits(const struct cfg_loader *loader);
NAV_MUST_USE enum nav_status cfg_take_frames(const struct cfg_loader *loader);
NAV_MUST_USE enum nav_status cfg_take_registration(struct cfg_loader *loader);
NAV_MUST_USE enum nav_status cfg_take_displays(struct cfg_loader *loader);
NAV_MUST_USE enum nav_status cfg_take_listeners(struct cfg_loader *loader);
NAV_MUST_USE enum nav_status cfg_take_connectors(struct cfg_loader *loader);
NAV_MUST_USE enum nav_status cfg_take_recording(struct cfg_loader *loader);
NAV_MUST_USE enum nav_status cfg_take_models(struct cfg_loader *loader);
NAV_MUST_USE enum nav_status cfg_take_tools(struct cfg_loader *loader);
NAV_MUST_USE enum nav_status cfg_take_volumes(struct cfg_loader *loader);
NAV_MUST_USE enum nav_status cfg_take_cameras(struct cfg_loader *loader);

/* The files that a tool was calibrated by: they must be of this tool and say what the case says. */
NAV_MUST_USE enum nav_status cfg_take_calibration(struct cfg_loader *loader,
                                                  const struct cfg_yaml_node *node,
                                                  const struct cfg_doc_tool *doc,
                                                  struct cfg_tool *tool);

/* A rigid transform by rows, 16 numbers; columns, mirrors and scales are named as such. */
NAV_MUST_USE enum nav_status cfg_take_matrix(const struct cfg_loader *loader,
                                             const struct cfg_yaml_node *node, const double m[16],
                                             struct nav_pose *out_pose);
NAV_MUST_USE enum nav_status cfg_take_plan(struct cfg_loader *loader);

#endif
