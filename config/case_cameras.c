/* Cameras of a case: the files that calibrate them are read as bytes only, to be hashed; who shows
 * their pictures parses them (render/cv). */
#include "case_loader.h"

#include <stdio.h>
#include <string.h>

enum { CAMERA_FILE_MAX = 4 << 20 };
static const double DELAY_MAX_MS = 2000;
static const double OPACITY = 0.85;
static const double OPACITY_MIN = 0.1;

static enum nav_status take_file(struct cfg_loader *loader, const struct cfg_yaml_node *node,
                                 const char *given, char **out_file,
                                 uint8_t out_sha256[CFG_SHA256_SIZE])
{
    enum nav_status status = NAV_OK;
    *out_file = cfg_resolve(loader, node, given, &status);
    if (*out_file == NULL) {
        return status;
    }
    struct cfg_file_bytes file;
    struct cfg_error why = {.text = ""};
    status = cfg_file_bytes_read(*out_file, CAMERA_FILE_MAX, &file, &why);
    if (status != NAV_OK) {
        return cfg_refuse(loader, node, status, "%s", why.text);
    }
    memcpy(out_sha256, file.sha256, CFG_SHA256_SIZE);
    cfg_add_digest(loader, out_sha256);
    cfg_file_bytes_finish(&file);
    return NAV_OK;
}

static enum nav_status take_tool(const struct cfg_loader *loader, const struct cfg_yaml_node *node,
                                 const char *name, struct cfg_camera *camera)
{
    for (size_t i = 0; i < loader->loaded->tool_count; ++i) {
        if (strcmp(loader->loaded->tools[i].name, name) == 0) {
            camera->tool = (int)i;
            return NAV_OK;
        }
    }
    return cfg_refuse(loader, node, NAV_ERR_REFUSED,
                      "no tool is named '%s'; the marker that carries a camera is listed in tools",
                      name);
}

/* How the camera's place is known. */
static enum nav_status take_place(struct cfg_loader *loader, const struct cfg_yaml_node *node,
                                  const struct cfg_doc_camera *doc, struct cfg_camera *camera)
{
    if (doc->tool == NULL) {
        const char *surplus = doc->mount != NULL      ? "mount"
                              : doc->handeye != NULL  ? "handeye"
                              : doc->delay_ms != NULL ? "delay_ms"
                                                      : NULL;
        if (surplus != NULL) {
            return cfg_refuse(loader, cfg_at_value(node, surplus), NAV_ERR_REFUSED,
                              "belongs to a camera on a tracked marker; name it with tool");
        }
        return NAV_OK;
    }
    if ((doc->mount != NULL) == (doc->handeye != NULL)) {
        return cfg_refuse(loader, node, NAV_ERR_REFUSED,
                          "one of handeye and mount is needed: the file that `osteonav calibrate "
                          "handeye --images` writes, or T_tool_camera by rows");
    }
    enum nav_status status = take_tool(loader, cfg_at_value(node, "tool"), doc->tool, camera);
    if (status == NAV_OK && doc->mount != NULL) {
        status = cfg_take_matrix(loader, cfg_at_value(node, "mount"), doc->mount,
                                 &camera->T_tool_camera);
    }
    return status;
}

static enum nav_status take_look(const struct cfg_loader *loader, const struct cfg_yaml_node *node,
                                 const struct cfg_doc_camera *doc, struct cfg_camera *camera)
{
    const double opacity = doc->opacity != NULL ? *doc->opacity : OPACITY;
    if (!(opacity >= OPACITY_MIN && opacity <= 1)) {
        return cfg_refuse(loader, cfg_at_value(node, "opacity"), NAV_ERR_RANGE,
                          "from %g to 1; `outlines: true` shows the least", OPACITY_MIN);
    }
    camera->opacity = (float)opacity;
    camera->outlines = doc->outlines != NULL && *doc->outlines;
    return NAV_OK;
}

static enum nav_status take_delay(const struct cfg_loader *loader, const struct cfg_yaml_node *node,
                                  const struct cfg_doc_camera *doc, struct cfg_camera *camera)
{
    camera->delay_ms = doc->delay_ms != NULL ? *doc->delay_ms : NAN;
    camera->delay_sd_ms = doc->delay_sd_ms != NULL ? *doc->delay_sd_ms : NAN;
    if ((doc->delay_ms != NULL) != (doc->delay_sd_ms != NULL)) {
        return cfg_refuse(loader, node, NAV_ERR_REFUSED,
                          "delay_ms and delay_sd_ms belong together, as `osteonav calibrate "
                          "delay` gives them");
    }
    if (doc->delay_ms != NULL &&
        !(fabs(camera->delay_ms) <= DELAY_MAX_MS && camera->delay_sd_ms >= 0 &&
          camera->delay_sd_ms <= DELAY_MAX_MS)) {
        return cfg_refuse(loader, cfg_at_value(node, "delay_ms"), NAV_ERR_RANGE,
                          "within %g ms, with delay_sd_ms from 0", DELAY_MAX_MS);
    }
    return NAV_OK;
}

/* Files lie relative to the case; devices are named as they are. */
static enum nav_status take_source(const struct cfg_loader *loader,
                                   const struct cfg_yaml_node *node,
                                   const struct cfg_doc_camera *doc, struct cfg_camera *camera)
{
    const bool file = doc->source[0] != '/' && strncmp(doc->source, "v4l2:", 5) != 0 &&
                      strncmp(doc->source, "push:", 5) != 0 &&
                      strncmp(doc->source, "igtl:", 5) != 0;
    const int length = snprintf(camera->source, sizeof(camera->source), "%s%s%s",
                                file ? loader->loaded->folder : "", file ? "/" : "", doc->source);
    if (length < 0 || (size_t)length >= sizeof(camera->source)) {
        return cfg_refuse(loader, node, NAV_ERR_RANGE, "the address is too long");
    }
    return NAV_OK;
}

static enum nav_status take_camera(struct cfg_loader *loader, size_t index)
{
    const struct cfg_doc_camera *doc = &loader->doc->cameras[index];
    const struct cfg_yaml_node *node = cfg_at_entry(loader, "cameras", index);
    struct cfg_camera *camera = &loader->loaded->cameras[index];
    camera->tool = CFG_NO_TOOL;
    enum nav_status status = cfg_take_name(loader, "cameras", index, doc->name, camera->name,
                                           loader->loaded->cameras[0].name, sizeof(*camera));
    if (status == NAV_OK) {
        status = take_place(loader, node, doc, camera);
    }
    if (status == NAV_OK) {
        status = take_delay(loader, node, doc, camera);
    }
    if (status == NAV_OK) {
        status = take_look(loader, node, doc, camera);
    }
    if (status == NAV_OK) {
        status = take_file(loader, cfg_at_value(node, "lens"), doc->lens, &camera->lens_file,
                           camera->lens_sha256);
    }
    if (status == NAV_OK) {
        status = take_file(loader, cfg_at_value(node, "markers"), doc->markers,
                           &camera->markers_file, camera->markers_sha256);
    }
    if (status == NAV_OK && doc->handeye != NULL) {
        status = take_file(loader, cfg_at_value(node, "handeye"), doc->handeye,
                           &camera->handeye_file, camera->handeye_sha256);
    }
    return status == NAV_OK ? take_source(loader, cfg_at_value(node, "source"), doc, camera)
                            : status;
}

enum nav_status cfg_take_cameras(struct cfg_loader *loader)
{
    for (size_t i = 0; i < loader->doc->cameras_count; ++i) {
        loader->loaded->camera_count = i + 1;
        const enum nav_status status = take_camera(loader, i);
        if (status != NAV_OK) {
            return status;
        }
    }
    return NAV_OK;
}
