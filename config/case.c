#include "case.h"

#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "case_loader.h"
#include "case_lock.h"

enum { CASE_VERSION = 1, CASE_BYTES_MAX = 1 << 20 };

const char *cfg_role_name(enum cfg_role role)
{
    static const char *const names[] = {"bone",   "tumour", "nerve", "dura",
                                        "vessel", "organ",  "other"};
    return (unsigned)role < sizeof(names) / sizeof(names[0]) ? names[role] : "?";
}

const char *cfg_shape_name(enum cfg_shape shape)
{
    static const char *const names[] = {"pointer", "blade", "drill", "mesh"};
    return (unsigned)shape < sizeof(names) / sizeof(names[0]) ? names[shape] : "?";
}

const char *cfg_modality_name(enum cfg_modality modality)
{
    static const char *const names[] = {"CT", "MR"};
    return (unsigned)modality < sizeof(names) / sizeof(names[0]) ? names[modality] : "?";
}

const char *cfg_alignment_name(enum cfg_alignment_origin origin)
{
    static const char *const names[] = {"estimated", "given", "same-frame"};
    return (unsigned)origin < sizeof(names) / sizeof(names[0]) ? names[origin] : "?";
}

const char *cfg_layout_name(enum cfg_layout layout)
{
    static const char *const names[] = {"bedside", "assistant", "slices",
                                        "cut",     "tool-eye",  "review"};
    return (unsigned)layout < sizeof(names) / sizeof(names[0]) ? names[layout] : "?";
}

const char *cfg_side_name(enum cfg_side side)
{
    static const char *const names[] = {"foot", "head", "left", "right"};
    return (unsigned)side < sizeof(names) / sizeof(names[0]) ? names[side] : "?";
}

const char *cfg_margin_name(int margin_side)
{
    return margin_side > 0 ? "positive" : margin_side < 0 ? "negative" : "none";
}

const char *cfg_language_name(enum cfg_language language)
{
    static const char *const names[] = {"en", "de"};
    return (unsigned)language < sizeof(names) / sizeof(names[0]) ? names[language] : "?";
}

static enum nav_status take_head(const struct cfg_loader *loader)
{
    const struct cfg_doc *doc = loader->doc;
    struct cfg_case *loaded = loader->loaded;
    if (doc->version != CASE_VERSION) {
        return cfg_refuse(loader, cfg_at_section(loader, "version"), NAV_ERR_VERSION,
                          "%u is not known to this program; write the case for version %d",
                          doc->version, CASE_VERSION);
    }
    enum nav_status status = cfg_check_name(loader, cfg_at_section(loader, "name"), doc->name);
    if (status != NAV_OK) {
        return status;
    }
    memcpy(loaded->name, doc->name, sizeof(loaded->name));

    const struct cfg_yaml_node *pseudonym =
        cfg_at_value(cfg_at_section(loader, "patient"), "pseudonym");
    bool digit = false;
    bool good = true;
    for (const char *c = doc->patient.pseudonym; *c != '\0'; ++c) {
        const unsigned char byte = (unsigned char)*c;
        digit = digit || (byte >= '0' && byte <= '9');
        good = good && byte < 0x80 && (isalnum(byte) || strchr("._-", byte) != NULL);
    }
    if (!good || !digit) {
        return cfg_refuse(
            loader, pseudonym, NAV_ERR_REFUSED,
            "must be a code of letters, digits and . _ - with at least one digit, such "
            "as PHANTOM-01; never a patient's name");
    }
    memcpy(loaded->pseudonym, doc->patient.pseudonym, sizeof(loaded->pseudonym));
    return NAV_OK;
}

static enum nav_status take_all(struct cfg_loader *loader)
{
    enum nav_status status = take_head(loader);
    if (status == NAV_OK) {
        status = cfg_take_limits(loader); /* before the registration, which one limit bounds */
    }
    if (status == NAV_OK) {
        status = cfg_take_frames(loader);
    }
    if (status == NAV_OK) {
        status = cfg_take_registration(loader);
    }
    if (status == NAV_OK) {
        status = cfg_take_displays(loader);
    }
    if (status == NAV_OK) {
        status = cfg_take_listeners(loader);
    }
    if (status == NAV_OK) {
        status = cfg_take_connectors(loader);
    }
    if (status == NAV_OK) {
        status = cfg_take_recording(loader);
    }
    if (status == NAV_OK) {
        status = cfg_take_models(loader); /* the slow part after all that is quick to refuse */
    }
    if (status == NAV_OK) {
        status = cfg_take_tools(loader);
    }
    if (status == NAV_OK) {
        status = cfg_take_volumes(loader);
    }
    if (status == NAV_OK) {
        status = cfg_take_cameras(loader);
    }
    if (status == NAV_OK) {
        status = cfg_take_plan(loader);
    }
    return status;
}

static enum nav_status set_case_id(const struct cfg_loader *loader)
{
    uint8_t digest[CFG_SHA256_SIZE];
    if (cfg_sha256(loader->digests, loader->digest_count * CFG_SHA256_SIZE, digest) != NAV_OK) {
        return cfg_refuse_memory(loader);
    }
    uint64_t id = 0;
    for (size_t i = 0; i < sizeof(id); ++i) {
        id = id << 8 | digest[i];
    }
    loader->loaded->case_id = id != 0 ? id : 1;
    return NAV_OK;
}

/* Schema, rules, files: fills `loader->loaded` from the bytes of the case file. */
static enum nav_status load_from_bytes(struct cfg_loader *loader, const struct cfg_file_bytes *file,
                                       const char *path)
{
    enum nav_status status =
        cfg_yaml_parse(file->bytes, file->size, path, &loader->tree, loader->error);
    if (status == NAV_OK) {
        status = cfg_yaml_check(loader->tree, &cfg_doc_schema, loader->error);
    }
    void *document = NULL;
    if (status == NAV_OK) {
        status = cfg_yaml_convert(loader->tree, file->bytes, file->size, &cfg_doc_schema, &document,
                                  loader->error);
    }
    if (status == NAV_OK) {
        loader->doc = document;
        memcpy(loader->loaded->sha256, file->sha256, sizeof(file->sha256));
        cfg_add_digest(loader, file->sha256);
        status = take_all(loader);
    }
    if (status == NAV_OK) {
        status = set_case_id(loader);
    }
    cfg_yaml_release(&cfg_doc_schema, document);
    cfg_yaml_destroy(loader->tree);
    return status;
}

/* A folder means the case file in it, as `osteonav case build` makes it. */
static const char *file_meant(const char *given, char inside[PATH_MAX])
{
    struct stat info;
    const int length = stat(given, &info) == 0 && S_ISDIR(info.st_mode)
                           ? snprintf(inside, PATH_MAX, "%s%scase.yaml", given,
                                      given[strlen(given) - 1] == '/' ? "" : "/")
                           : 0;
    return length > 0 && length < PATH_MAX ? inside : given;
}

static enum nav_status load(const char *given, bool keep_meshes, struct cfg_case **out_case,
                            struct cfg_error *out_error)
{
    char inside[PATH_MAX];
    const char *path = file_meant(given, inside);
    struct cfg_file_bytes file = {.bytes = NULL};
    enum nav_status status = cfg_file_bytes_read(path, CASE_BYTES_MAX, &file, out_error);
    if (status != NAV_OK) {
        return status;
    }
    struct cfg_loader loader = {.keep_meshes = keep_meshes, .error = out_error};
    const size_t files_max =
        2 + CFG_MODELS_MAX + NAV_TOOLS_MAX + CFG_VOLUMES_MAX + 3 * CFG_CAMERAS_MAX;
    loader.digests = calloc(files_max, CFG_SHA256_SIZE);
    loader.loaded = calloc(1, sizeof(*loader.loaded));
    if (loader.loaded != NULL) {
        char resolved[PATH_MAX];
        loader.loaded->path = realpath(path, resolved) != NULL ? strdup(resolved) : NULL;
        loader.loaded->folder = loader.loaded->path != NULL ? strdup(loader.loaded->path) : NULL;
    }
    if (loader.digests == NULL || loader.loaded == NULL || loader.loaded->folder == NULL) {
        status = cfg_error_set(out_error, NAV_ERR_MEMORY, "%s: out of memory", path);
    } else {
        char *slash = strrchr(loader.loaded->folder, '/');
        slash[slash == loader.loaded->folder] = '\0';
        status = load_from_bytes(&loader, &file, path);
    }
    cfg_file_bytes_finish(&file);
    free(loader.digests);
    if (status != NAV_OK) {
        cfg_case_destroy(loader.loaded);
        return status;
    }
    *out_case = loader.loaded;
    return NAV_OK;
}

static enum nav_status load_locked(const char *path, bool keep_meshes, struct cfg_case **out_case,
                                   struct cfg_error *out_error)
{
    struct cfg_case *loaded = NULL;
    struct cfg_lock lock = {.present = false};
    enum nav_status status = load(path, keep_meshes, &loaded, out_error);
    if (status == NAV_OK) {
        status = cfg_lock_check(loaded, &lock, out_error);
    }
    if (status != NAV_OK) {
        cfg_case_destroy(loaded);
        return status;
    }
    loaded->locked = lock.present;
    *out_case = loaded;
    return NAV_OK;
}

enum nav_status cfg_case_load(const char *path, struct cfg_case **out_case,
                              struct cfg_error *out_error)
{
    return load_locked(path, false, out_case, out_error);
}

enum nav_status cfg_case_load_meshes(const char *path, struct cfg_case **out_case,
                                     struct cfg_error *out_error)
{
    return load_locked(path, true, out_case, out_error);
}

enum nav_status cfg_case_load_unlocked(const char *path, struct cfg_case **out_case,
                                       struct cfg_error *out_error)
{
    return load(path, false, out_case, out_error);
}

void cfg_case_destroy(struct cfg_case *loaded)
{
    if (loaded == NULL) {
        return;
    }
    for (size_t i = 0; i < loaded->model_count; ++i) {
        free(loaded->models[i].file);
        cfg_mesh_destroy(loaded->models[i].mesh);
    }
    for (size_t i = 0; i < loaded->tool_count; ++i) {
        free(loaded->tools[i].mesh_file);
        free(loaded->tools[i].marker.path);
        for (size_t k = 0; k < loaded->tools[i].calibration_count; ++k) {
            free(loaded->tools[i].calibrations[k].path);
        }
        cfg_mesh_destroy(loaded->tools[i].mesh);
    }
    for (size_t i = 0; i < loaded->volume_count; ++i) {
        free(loaded->volumes[i].file);
        cfg_volume_destroy(loaded->volumes[i].volume);
    }
    for (size_t i = 0; i < loaded->camera_count; ++i) {
        free(loaded->cameras[i].lens_file);
        free(loaded->cameras[i].markers_file);
        free(loaded->cameras[i].handeye_file);
    }
    free(loaded->recording.folder);
    free(loaded->registration_file);
    free(loaded->path);
    free(loaded->folder);
    free(loaded);
}
