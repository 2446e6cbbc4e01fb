#include "case_loader.h"

#include <ctype.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { DEVICE_BYTES_MAX = 20 }; /* an OpenIGTLink device name */

static const double unit_tolerance = 1e-3;          /* of directions, before they are made exact */
static const double perpendicular_tolerance = 1e-3; /* cosine, likewise */

/* --- where things are in the file ------------------------------------------------------------ */

const struct cfg_yaml_node *cfg_at_section(const struct cfg_loader *loader, const char *key)
{
    const struct cfg_yaml_node *root = cfg_yaml_root(loader->tree);
    const struct cfg_yaml_node *node = cfg_yaml_child(root, key);
    return node != NULL ? node : root;
}

const struct cfg_yaml_node *cfg_at_entry(const struct cfg_loader *loader, const char *key,
                                         size_t index)
{
    const struct cfg_yaml_node *node = cfg_yaml_item(cfg_at_section(loader, key), (uint32_t)index);
    return node != NULL ? node : cfg_at_section(loader, key);
}

/* The value of `key` in `node`, or `node` itself where the key is left to its default. */
const struct cfg_yaml_node *cfg_at_value(const struct cfg_yaml_node *node, const char *key)
{
    const struct cfg_yaml_node *child = cfg_yaml_child(node, key);
    return child != NULL ? child : node;
}

#define cfg_refuse(loader, node, status, ...)                                                      \
    cfg_yaml_refuse((loader)->tree, (node), (status), (loader)->error, __VA_ARGS__)

enum nav_status cfg_refuse_memory(const struct cfg_loader *loader)
{
    return cfg_error_set(loader->error, NAV_ERR_MEMORY, "%s: out of memory",
                         cfg_yaml_file(loader->tree));
}

/* --- vectors --------------------------------------------------------------------------------- */

/* Takes a direction that is unit within the tolerance and makes it exactly unit. */
enum nav_status cfg_take_direction(const struct cfg_loader *loader,
                                   const struct cfg_yaml_node *node, const double given[3],
                                   double out_direction[3])
{
    const double length = sqrt(cfg_dot(given, given));
    if (!(fabs(length - 1.0) <= unit_tolerance)) {
        return cfg_refuse(loader, node, NAV_ERR_RANGE,
                          "is a direction of length %g; give a unit vector (length 1 within %g)",
                          length, unit_tolerance);
    }
    memcpy(out_direction, given, 3 * sizeof(double));
    cfg_normalise(out_direction);
    return NAV_OK;
}

/* Makes `direction` exactly perpendicular to the unit vector `fixed`, when it nearly is. */
enum nav_status cfg_square_to(const struct cfg_loader *loader, const struct cfg_yaml_node *node,
                              const char *fixed_name, const double fixed[3], double direction[3])
{
    const double cosine = cfg_dot(fixed, direction);
    if (!(fabs(cosine) <= perpendicular_tolerance)) {
        return cfg_refuse(loader, node, NAV_ERR_REFUSED,
                          "is %.2f degrees off the perpendicular of %s; correct one of them",
                          fabs(asin(cosine > 1.0    ? 1.0
                                    : cosine < -1.0 ? -1.0
                                                    : cosine)) *
                              180.0 / M_PI,
                          fixed_name);
    }
    for (int i = 0; i < 3; ++i) {
        direction[i] -= cosine * fixed[i];
    }
    cfg_normalise(direction);
    return NAV_OK;
}

enum nav_status cfg_check_position(const struct cfg_loader *loader,
                                   const struct cfg_yaml_node *node, const double position[3],
                                   double max_mm)
{
    for (int i = 0; i < 3; ++i) {
        if (!(fabs(position[i]) <= max_mm)) {
            return cfg_refuse(loader, node, NAV_ERR_RANGE,
                              "%g mm is out of range; at most %g mm from the origin", position[i],
                              max_mm);
        }
    }
    return NAV_OK;
}

/* More than `min` (not equal) and at most `max`. */
enum nav_status cfg_check_length(const struct cfg_loader *loader, const struct cfg_yaml_node *node,
                                 double value, double max)
{
    if (value > 0.0 && value <= max) {
        return NAV_OK;
    }
    return cfg_refuse(loader, node, NAV_ERR_RANGE, "%g is out of range; more than 0, at most %g mm",
                      value, max);
}

/* --- names ----------------------------------------------------------------------------------- */

enum nav_status cfg_check_name(const struct cfg_loader *loader, const struct cfg_yaml_node *node,
                               const char *name)
{
    const size_t length = strlen(name);
    for (size_t i = 0; i < length; ++i) {
        const unsigned char byte = (unsigned char)name[i];
        if (byte < 0x20 || byte == 0x7f) {
            return cfg_refuse(loader, node, NAV_ERR_REFUSED,
                              "contains a control character; use letters, digits and blanks");
        }
    }
    if (length == 0 || name[0] == ' ' || name[length - 1] == ' ') {
        return cfg_refuse(loader, node, NAV_ERR_REFUSED, "begins or ends with a blank; remove it");
    }
    return NAV_OK;
}

/* `names` are `count` names `stride` bytes apart: whether number `index` is like an earlier one. */
enum nav_status cfg_check_unique(const struct cfg_loader *loader, const char *list, const char *key,
                                 const char *names, size_t stride, size_t index)
{
    const char *name = names + stride * index;
    const struct cfg_yaml_node *node = cfg_at_value(cfg_at_entry(loader, list, index), key);
    for (size_t i = 0; i < index; ++i) {
        if (strcasecmp(name, names + stride * i) == 0) {
            const struct cfg_yaml_node *twin = cfg_at_value(cfg_at_entry(loader, list, i), key);
            return cfg_refuse(loader, node, NAV_ERR_EXISTS,
                              "'%s' is used before in line %u; give another %s", name, twin->line,
                              key);
        }
    }
    return NAV_OK;
}

enum nav_status cfg_take_name(const struct cfg_loader *loader, const char *list, size_t index,
                              const char *given, char out_name[NAV_NAME_SIZE], const char *names,
                              size_t stride)
{
    const enum nav_status status =
        cfg_check_name(loader, cfg_at_value(cfg_at_entry(loader, list, index), "name"), given);
    if (status != NAV_OK) {
        return status;
    }
    memcpy(out_name, given, NAV_NAME_SIZE);
    return cfg_check_unique(loader, list, "name", names, stride, index);
}

enum nav_status cfg_check_device(const struct cfg_loader *loader, const struct cfg_yaml_node *node,
                                 const char *device)
{
    for (const char *c = device; *c != '\0'; ++c) {
        if (!isgraph((unsigned char)*c) || (unsigned char)*c > 0x7e) {
            return cfg_refuse(loader, node, NAV_ERR_REFUSED,
                              "a device name has printable ASCII characters and no blank, such as "
                              "StylusToTracker");
        }
    }
    if (strlen(device) > DEVICE_BYTES_MAX) {
        return cfg_refuse(loader, node, NAV_ERR_RANGE,
                          "'%s' has %zu bytes; OpenIGTLink device names have at most %d", device,
                          strlen(device), DEVICE_BYTES_MAX);
    }
    return NAV_OK;
}

/* --- files ----------------------------------------------------------------------------------- */

/* Absolute path of a file named in the case; NULL with the error told. */
char *cfg_resolve(const struct cfg_loader *loader, const struct cfg_yaml_node *node,
                  const char *given, enum nav_status *out_status)
{
    char *path = NULL;
    const int length = given[0] == '/' ? asprintf(&path, "%s", given)
                                       : asprintf(&path, "%s/%s", loader->loaded->folder, given);
    if (length < 0) {
        *out_status = cfg_refuse_memory(loader);
        return NULL;
    }
    char resolved[PATH_MAX];
    char *real = NULL;
    if (realpath(path, resolved) == NULL) {
        *out_status =
            cfg_refuse(loader, node, NAV_ERR_NOT_FOUND,
                       "no such file: %s; paths are relative to the case file's folder", path);
    } else {
        real = strdup(resolved);
        *out_status = real != NULL ? NAV_OK : cfg_refuse_memory(loader);
    }
    free(path);
    return real;
}

void cfg_add_digest(struct cfg_loader *loader, const uint8_t digest[CFG_SHA256_SIZE])
{
    memcpy(loader->digests + CFG_SHA256_SIZE * loader->digest_count++, digest, CFG_SHA256_SIZE);
}

enum nav_status cfg_load_mesh(struct cfg_loader *loader, const struct cfg_yaml_node *node,
                              const char *path, const struct cfg_mesh_options *options,
                              struct cfg_mesh **out_mesh)
{
    struct cfg_error why = {.text = ""};
    const enum nav_status status = cfg_mesh_load(path, options, out_mesh, &why);
    if (status != NAV_OK) {
        return cfg_refuse(loader, node, status, "%s", why.text);
    }
    cfg_add_digest(loader, (*out_mesh)->sha256);
    return NAV_OK;
}
