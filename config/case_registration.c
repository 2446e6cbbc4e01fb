/* Frames and registration of a case. */
#include "case_loader.h"

#include <math.h>
#include <string.h>

#include "nav/pose.h"
#include "transform_file.h"

static const double rigid_tolerance = 1e-6;
static const double fre_max_mm = 20.0;

enum nav_status cfg_take_frames(const struct cfg_loader *loader)
{
    const struct cfg_yaml_node *frames = cfg_at_section(loader, "frames");
    const struct cfg_doc_frames *doc = &loader->doc->frames;
    struct cfg_case *loaded = loader->loaded;
    if (doc->image != CFG_SPACE_LPS) {
        return cfg_refuse(
            loader, cfg_at_value(frames, "image"), NAV_ERR_REFUSED,
            "image space is LPS; convert cuts, landmarks and the registration (negate x "
            "and y), and state `space: RAS` at models that are not LPS");
    }
    if (doc->unit != CFG_UNIT_MM) {
        return cfg_refuse(loader, cfg_at_value(frames, "unit"), NAV_ERR_REFUSED,
                          "image space is in mm; convert, and state `unit: m` at models in metres");
    }
    loaded->has_reference = strcmp(doc->reference, "none") != 0;
    if (!loaded->has_reference) {
        return NAV_OK;
    }
    memcpy(loaded->reference_device, doc->reference, sizeof(loaded->reference_device));
    return cfg_check_device(loader, cfg_at_value(frames, "reference"), doc->reference);
}

/* Says what a matrix is that is no rotation. */
static enum nav_status refuse_matrix(const struct cfg_loader *loader,
                                     const struct cfg_yaml_node *node, const double R[9])
{
    const struct nav_rigidity rigidity = nav_rigidity_of(R);
    const double det = rigidity.determinant;
    if (rigidity.orthogonality <= rigid_tolerance && det < 0.0) {
        return cfg_refuse(
            loader, node, NAV_ERR_NOT_RIGID,
            "is a mirror image (determinant %.6f): left and right would be exchanged; "
            "check the landmark pairs and the axis signs",
            det);
    }
    const double scale = cbrt(det);
    double unscaled[9];
    for (int i = 0; i < 9; ++i) {
        unscaled[i] = R[i] / scale;
    }
    if (isfinite(scale) && scale > 0.0 &&
        nav_rigidity_of(unscaled).orthogonality <= rigid_tolerance) {
        return cfg_refuse(loader, node, NAV_ERR_NOT_RIGID,
                          "scales by %g; a registration is rigid: check the units on both sides",
                          scale);
    }
    return cfg_refuse(loader, node, NAV_ERR_NOT_RIGID,
                      "its rotation is off by %.3g, at most %g is accepted; write all digits of a "
                      "rigid transform",
                      rigidity.orthogonality, rigid_tolerance);
}

/* The rigid transform that a row-major matrix with the right last row is. */
static enum nav_status take_rigid(const struct cfg_loader *loader, const struct cfg_yaml_node *node,
                                  const double m[16], struct nav_pose *out_pose)
{
    const double R[9] = {m[0], m[1], m[2], m[4], m[5], m[6], m[8], m[9], m[10]};
    const double t_mm[3] = {m[3], m[7], m[11]};
    return nav_pose_from_matrix(R, t_mm, rigid_tolerance, out_pose) == NAV_OK
               ? NAV_OK
               : refuse_matrix(loader, node, R);
}

enum nav_status cfg_take_matrix(const struct cfg_loader *loader, const struct cfg_yaml_node *node,
                                const double m[16], struct nav_pose *out_pose)
{
    if (m[12] != 0.0 || m[13] != 0.0 || m[14] != 0.0 || m[15] != 1.0) {
        const bool columns = m[3] == 0.0 && m[7] == 0.0 && m[11] == 0.0 && m[15] == 1.0;
        return cfg_refuse(loader, node, NAV_ERR_REFUSED, "the last row must be 0, 0, 0, 1%s",
                          columns ? "; it is written by columns: write it by rows" : "");
    }
    return take_rigid(loader, node, m, out_pose);
}

static enum nav_status take_slicer_transform(struct cfg_loader *loader,
                                             const struct cfg_yaml_node *node, const char *given,
                                             struct nav_pose *out_pose)
{
    struct cfg_case *loaded = loader->loaded;
    enum nav_status status = NAV_OK;
    loaded->registration_file = cfg_resolve(loader, node, given, &status);
    if (loaded->registration_file == NULL) {
        return status;
    }
    double saved_matrix[16];
    struct cfg_error why = {.text = ""};
    status = cfg_transform_load(loaded->registration_file, saved_matrix,
                                loaded->registration_sha256, &why);
    if (status != NAV_OK) {
        return cfg_refuse(loader, node, status, "%s", why.text);
    }
    cfg_add_digest(loader, loaded->registration_sha256);
    struct nav_pose saved;
    status = take_rigid(loader, node, saved_matrix, &saved);
    if (status != NAV_OK) {
        return status;
    }
    *out_pose = cfg_transform_from_slicer(&saved);
    double R[9];
    nav_pose_rotation(out_pose, R);
    for (int row = 0; row < 3; ++row) {
        memcpy(loaded->registration_matrix + 4 * row, R + 3 * row, 3 * sizeof(double));
        loaded->registration_matrix[4 * row + 3] = out_pose->t_mm[row];
    }
    loaded->registration_matrix[15] = 1.0;
    return NAV_OK;
}

enum nav_status cfg_take_registration(struct cfg_loader *loader)
{
    const struct cfg_doc_registration *doc = loader->doc->registration;
    struct cfg_case *loaded = loader->loaded;
    loaded->registration_fre_mm = NAN;
    if (doc == NULL) {
        return NAV_OK;
    }
    const struct cfg_yaml_node *section = cfg_at_section(loader, "registration");
    enum nav_status status = cfg_check_name(loader, cfg_at_value(section, "source"), doc->source);
    if (status != NAV_OK) {
        return status;
    }
    if ((doc->matrix != NULL) == (doc->slicer_transform != NULL)) {
        return cfg_refuse(loader, section, NAV_ERR_REFUSED,
                          "give either 'matrix' or 'slicer_transform', and only one of them");
    }
    const struct cfg_yaml_node *node =
        cfg_at_value(section, doc->matrix != NULL ? "matrix" : "slicer_transform");
    struct nav_pose pose;
    status = doc->matrix != NULL
                 ? cfg_take_matrix(loader, node, doc->matrix, &pose)
                 : take_slicer_transform(loader, node, doc->slicer_transform, &pose);
    if (status != NAV_OK) {
        return status;
    }
    if (doc->matrix != NULL) {
        memcpy(loaded->registration_matrix, doc->matrix, sizeof(loaded->registration_matrix));
    }
    const double distance = sqrt(cfg_dot(pose.t_mm, pose.t_mm));
    if (!(distance <= loaded->limits.translation_max_mm)) {
        return cfg_refuse(loader, node, NAV_ERR_RANGE,
                          "moves by %g mm, at most %g mm (limits: translation_max_mm) is "
                          "plausible; check the unit",
                          distance, loaded->limits.translation_max_mm);
    }
    if (doc->fre_mm != NULL && !(*doc->fre_mm >= 0.0 && *doc->fre_mm <= fre_max_mm)) {
        return cfg_refuse(loader, cfg_at_value(section, "fre_mm"), NAV_ERR_RANGE,
                          "%g is out of range; 0 to %g mm", *doc->fre_mm, fre_max_mm);
    }
    loaded->has_registration = true;
    memcpy(loaded->registration_source, doc->source, sizeof(loaded->registration_source));
    loaded->registration_fre_mm = doc->fre_mm != NULL ? *doc->fre_mm : NAN;
    return NAV_OK;
}
