/* Binds a tool's numbers to the calibration that found them: another tool's file, another marker's
 * or an older one than the numbers is refused. */
#include "case_loader.h"

#include <math.h>
#include <string.h>

#include "nav/time.h"
#include "tool_calibration.h"

enum { MARKER_BYTES_MAX = 1 << 20 };
static const double TIP_TOLERANCE_MM = 0.01; /* rounding by hand */
static const double DIRECTION_TOLERANCE = 1e-3;
static const double DAY_S = 86400;

static enum nav_status take_marker(struct cfg_loader *loader, const struct cfg_yaml_node *node,
                                   const char *given, struct cfg_tool *tool)
{
    enum nav_status status = NAV_OK;
    tool->marker.path = cfg_resolve(loader, node, given, &status);
    if (tool->marker.path == NULL) {
        return status;
    }
    struct cfg_file_bytes file;
    struct cfg_error why = {.text = ""};
    status = cfg_file_bytes_read(tool->marker.path, MARKER_BYTES_MAX, &file, &why);
    if (status != NAV_OK) {
        return cfg_refuse(loader, node, status, "%s", why.text);
    }
    memcpy(tool->marker.sha256, file.sha256, CFG_SHA256_SIZE);
    cfg_add_digest(loader, file.sha256);
    cfg_file_bytes_finish(&file);
    return NAV_OK;
}

static double apart(const double a[3], const double b[3])
{
    const double d[3] = {a[0] - b[0], a[1] - b[1], a[2] - b[2]};
    return sqrt(cfg_dot(d, d));
}

static enum nav_status compare(const struct cfg_loader *loader, const struct cfg_yaml_node *node,
                               const struct cfg_tool_calibration *calibration,
                               const struct cfg_tool *tool)
{
    if (!cfg_same_tool(calibration->tool, tool->device)) {
        return cfg_refuse(loader, node, NAV_ERR_REFUSED,
                          "is the calibration of '%s', not of '%s'; name this tool's own",
                          calibration->tool, tool->device);
    }
    if (calibration->has_marker != (tool->marker.path != NULL)) {
        return cfg_refuse(loader, node, NAV_ERR_REFUSED,
                          calibration->has_marker
                              ? "was made for one marker only; name that marker's geometry file in "
                                "'marker'"
                              : "does not say for which marker it was made; calibrate with "
                                "--geometry, or remove 'marker'");
    }
    if (calibration->has_marker &&
        memcmp(calibration->marker_sha256, tool->marker.sha256, CFG_SHA256_SIZE) != 0) {
        return cfg_refuse(loader, node, NAV_ERR_REFUSED,
                          "was made for another marker than 'marker' describes; calibrate the tool "
                          "with the marker that it carries now");
    }
    const struct {
        const char *key;
        bool has;
        const double *calibrated, *stated;
        double tolerance;
    } vectors[] = {
        {"tip_mm", calibration->has_tip, calibration->tip_mm, tool->tip_mm, TIP_TOLERANCE_MM},
        {"axis", calibration->has_axis, calibration->axis, tool->axis, DIRECTION_TOLERANCE},
        {"up", calibration->has_up, calibration->up, tool->up, DIRECTION_TOLERANCE},
    };
    for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); ++i) {
        const double *v = vectors[i].calibrated;
        if (vectors[i].has && !(apart(v, vectors[i].stated) <= vectors[i].tolerance)) {
            return cfg_refuse(loader, node, NAV_ERR_REFUSED,
                              "its %s is [%.4f, %.4f, %.4f], the case says otherwise; copy it from "
                              "the calibration that counts",
                              vectors[i].key, v[0], v[1], v[2]);
        }
    }
    return NAV_OK;
}

static enum nav_status take_file(struct cfg_loader *loader, const struct cfg_yaml_node *node,
                                 const char *given, struct cfg_tool *tool, bool *io_has_tip)
{
    struct cfg_case_file *file = &tool->calibrations[tool->calibration_count];
    enum nav_status status = NAV_OK;
    file->path = cfg_resolve(loader, node, given, &status);
    if (file->path == NULL) {
        return status;
    }
    tool->calibration_count++;
    struct cfg_tool_calibration calibration;
    struct cfg_error why = {.text = ""};
    status = cfg_tool_calibration_load(file->path, &calibration, file->sha256, &why);
    if (status != NAV_OK) {
        return cfg_refuse(loader, node, status, "%s", why.text);
    }
    cfg_add_digest(loader, file->sha256);
    *io_has_tip = *io_has_tip || calibration.has_tip;
    if (tool->calibrated_utc_ns == 0 || calibration.utc_ns < tool->calibrated_utc_ns) {
        tool->calibrated_utc_ns = calibration.utc_ns;
    }
    return compare(loader, node, &calibration, tool);
}

enum nav_status cfg_take_calibration(struct cfg_loader *loader, const struct cfg_yaml_node *node,
                                     const struct cfg_doc_tool *doc, struct cfg_tool *tool)
{
    enum nav_status status = NAV_OK;
    if (doc->marker != NULL) {
        status = take_marker(loader, cfg_at_value(node, "marker"), doc->marker, tool);
    }
    const struct cfg_yaml_node *list = cfg_at_value(node, "calibration");
    bool has_tip = false;
    for (uint32_t i = 0; i < doc->calibration_count && status == NAV_OK; ++i) {
        status = take_file(loader, list, doc->calibration[i], tool, &has_tip);
    }
    if (status != NAV_OK) {
        return status;
    }
    if (doc->marker != NULL && doc->calibration_count == 0) {
        return cfg_refuse(loader, cfg_at_value(node, "marker"), NAV_ERR_REFUSED,
                          "no calibration goes with this marker; name its files in 'calibration'");
    }
    if (doc->calibration_count > 0 && !has_tip) {
        return cfg_refuse(loader, list, NAV_ERR_REFUSED,
                          "none of these files found the tip; add that of the pivot or the blade");
    }
    return NAV_OK;
}

enum nav_status cfg_case_check_dates(const struct cfg_case *loaded, int64_t utc_ns,
                                     struct cfg_error *out_error)
{
    const double most_days = loaded->limits.calibration_days;
    for (size_t i = 0; i < loaded->tool_count; ++i) {
        const struct cfg_tool *tool = &loaded->tools[i];
        const double days =
            (double)(utc_ns - tool->calibrated_utc_ns) / (double)NAV_NS_PER_S / DAY_S;
        if (tool->calibration_count == 0 || !(most_days > 0) || (days >= -1 && days <= most_days)) {
            continue;
        }
        return days < 0 ? cfg_error_set(out_error, NAV_ERR_REFUSED,
                                        "%s: %s was calibrated %.0f days from now; set the clock",
                                        loaded->path, tool->name, -days)
                        : cfg_error_set(out_error, NAV_ERR_REFUSED,
                                        "%s: %s was calibrated %.0f days ago, at most %g are "
                                        "accepted; calibrate it again (limits: calibration_days)",
                                        loaded->path, tool->name, days, most_days);
    }
    return NAV_OK;
}
