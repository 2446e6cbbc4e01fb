#include "import_align.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "align.h"
#include "file_bytes.h"
#include "import/make.h"
#include "progress.h"

static const double rigid_within = 1e-4; /* of transforms that were written with few digits */

static const char *word_of(const json_t *wish, const char *key)
{
    const char *word = json_string_value(json_object_get(wish, key));
    return word != NULL ? word : "";
}

static json_t *numbers(const double *values, size_t count)
{
    json_t *array = json_array();
    for (size_t i = 0; i < count; ++i) {
        (void)json_array_append_new(array,
                                    isfinite(values[i]) ? json_real(values[i]) : json_null());
    }
    return array;
}

static json_t *number(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static void matrix_of(const struct nav_pose *pose, double out[16])
{
    static const double last[4] = {0.0, 0.0, 0.0, 1.0};
    double R[9];
    nav_pose_rotation(pose, R);
    for (int row = 0; row < 3; ++row) {
        memcpy(out + 4 * row, R + 3 * row, 3 * sizeof(double));
        out[4 * row + 3] = pose->t_mm[row];
    }
    memcpy(out + 12, last, sizeof(last));
}

static bool pose_of(const double matrix[16], double tolerance, struct nav_pose *out_pose)
{
    double R[9];
    double t_mm[3];
    for (int row = 0; row < 3; ++row) {
        memcpy(R + 3 * row, matrix + 4 * row, 3 * sizeof(double));
        t_mm[row] = matrix[4 * row + 3];
    }
    return nav_pose_from_matrix(R, t_mm, tolerance, out_pose) == NAV_OK;
}

/* A transform's file, in the direction that is stated. */
static enum nav_status load_transform(const char *path, const char *maps,
                                      struct nav_pose *out_T_reference_other,
                                      struct cfg_error *error)
{
    struct cfg_file_bytes bytes;
    enum nav_status status = cfg_file_bytes_read(path, IMP_FILE_BYTES_MAX, &bytes, error);
    if (status != NAV_OK) {
        return status;
    }
    struct imp_source *source = calloc(1, sizeof(*source));
    const struct imp_bytes file = {bytes.bytes, bytes.size, path};
    status = source != NULL ? imp_read_transform(&file, source, error)
                            : cfg_error_set(error, NAV_ERR_MEMORY, "%s: out of memory", path);
    struct nav_pose pose = nav_pose_identity();
    if (status == NAV_OK && !pose_of(source->items[0].T, rigid_within, &pose)) {
        status = cfg_error_set(error, NAV_ERR_NOT_RIGID,
                               "%s: is not rigid: it scales, shears or mirrors; bones do not. "
                               "Register the scans rigidly",
                               path);
    }
    if (source != NULL) {
        imp_source_finish(source);
        free(source);
    }
    cfg_file_bytes_finish(&bytes);
    if (status == NAV_OK) {
        const bool back = strcmp(maps, "mr-to-ct") == 0;
        *out_T_reference_other = back ? pose : nav_pose_inverse(&pose);
    }
    return status;
}

static void show_progress(void *context, double share, const char *what)
{
    progress_at(context, share, what);
}

static enum nav_status find(const char *transform, const json_t *wish,
                            const struct prep_align_scan *reference,
                            const struct prep_align_scan *other, struct prep_align_report *report,
                            struct cfg_error *error)
{
    if (strcmp(transform, "same-frame") == 0) {
        const struct nav_pose same = nav_pose_identity();
        return prep_align_judge(reference, other, &same, report, error);
    }
    if (strcmp(transform, "estimate") != 0) {
        struct nav_pose given;
        const enum nav_status status =
            load_transform(transform, word_of(wish, "maps"), &given, error);
        return status == NAV_OK ? prep_align_judge(reference, other, &given, report, error)
                                : status;
    }
    struct progress progress;
    progress_init(&progress, 1);
    const enum nav_status status =
        prep_align_estimate(reference, other, show_progress, &progress, report, error);
    progress_finish(&progress);
    return status;
}

static json_t *told_of(const char *transform, const struct prep_align_report *report,
                       const char *digest)
{
    double matrix[16];
    const bool estimated = strcmp(transform, "estimate") == 0;
    matrix_of(&report->T_reference_other, matrix);
    return json_pack(
        "{s:s, s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:i, s:i, s:i, s:i, s:o, s:o}", "origin",
        estimated                              ? "estimated"
        : strcmp(transform, "same-frame") == 0 ? "same-frame"
                                               : "given",
        "matrix", numbers(matrix, 16), "source_sha256", digest, "information",
        number(report->information), "information_start", number(report->information_start),
        "information_aside", number(report->information_aside), "overlap", number(report->overlap),
        "rotation_deg", number(report->rotation_deg), "shift_mm", numbers(report->shift_mm, 3),
        "starts", report->starts, "iterations", report->iterations, "restarts", report->restarts,
        "agreeing", report->agreeing, "spread_mm",
        estimated ? number(report->spread_mm) : json_null(), "refined_mm",
        estimated ? json_null() : number(report->refined_mm));
}

/* Of the voxels and the grid as they came. */
static enum nav_status digest_of(const struct imp_item *item, char out[2 * CFG_SHA256_SIZE + 1],
                                 struct cfg_error *error)
{
    struct imp_made made;
    uint8_t digest[CFG_SHA256_SIZE];
    enum nav_status status = imp_make(item, &made, error);
    if (status != NAV_OK) {
        return status;
    }
    status = cfg_sha256(made.bytes, made.size, digest);
    imp_made_finish(&made);
    for (size_t i = 0; i < CFG_SHA256_SIZE && status == NAV_OK; ++i) {
        (void)snprintf(out + 2 * i, 3, "%02x", digest[i]);
    }
    return status;
}

enum nav_status import_align_scan(const json_t *wish, struct imp_item *item, json_t **out_told,
                                  struct cfg_error *error)
{
    struct cfg_volume *stays = NULL;
    struct prep_align_report report = {.starts = 0};
    char digest[2 * CFG_SHA256_SIZE + 1] = "";
    const char *transform = word_of(wish, "transform");
    enum nav_status status = cfg_volume_load(word_of(wish, "to"), NULL, &stays, error);
    if (status != NAV_OK) {
        return status;
    }
    const struct prep_align_scan reference = {stays,
                                              json_is_true(json_object_get(wish, "hounsfield"))};
    const struct prep_align_scan other = {item->volume, item->modality == CFG_MODALITY_CT};
    status = digest_of(item, digest, error);
    if (status == NAV_OK) {
        status = find(transform, wish, &reference, &other, &report, error);
    }
    if (status == NAV_OK) {
        prep_align_move(item->volume, &report.T_reference_other);
        *out_told = told_of(transform, &report, digest);
    }
    cfg_volume_destroy(stays);
    return status;
}

enum nav_status import_align_surface(const json_t *matrix, float *vertices_mm, size_t vertex_count,
                                     struct cfg_error *error)
{
    double T[16];
    struct nav_pose pose;
    for (size_t i = 0; i < 16; ++i) {
        T[i] = json_number_value(json_array_get(matrix, i));
    }
    if (!pose_of(T, rigid_within, &pose)) {
        return cfg_error_set(error, NAV_ERR_NOT_RIGID, "the scan's transform is not rigid");
    }
    for (size_t i = 0; i < vertex_count; ++i) {
        double p[3] = {(double)vertices_mm[3 * i], (double)vertices_mm[3 * i + 1],
                       (double)vertices_mm[3 * i + 2]};
        nav_pose_apply(&pose, p, p);
        for (size_t k = 0; k < 3; ++k) {
            vertices_mm[3 * i + k] = (float)p[k];
        }
    }
    return NAV_OK;
}
