#include "case_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cyaml/cyaml.h>
#include <jansson.h>
#include <openssl/crypto.h>

#include "case_warnings.h"
#include "nav/time.h"

#define LOCK_FORMAT "osteonav case lock"

enum {
    LOCK_VERSION = 1,
    LOCK_BYTES_MAX = 1 << 20,
    FILES_MAX = 2 + CFG_MODELS_MAX + (2 + CFG_CALIBRATIONS_MAX) * NAV_TOOLS_MAX +
                CFG_VOLUMES_MAX + /* the case file, a registration */
                3 * CFG_CAMERAS_MAX,
    DIGEST_TEXT_SIZE = 2 * CFG_SHA256_SIZE + 1,
    LOCK_MODE = 0444
};

/* A file that belongs to the case, in the order of its case_id. */
struct entry {
    const char *path;
    const uint8_t *sha256;
};

static size_t list_files(const struct cfg_case *loaded, struct entry out_entries[FILES_MAX])
{
    size_t count = 0;
    out_entries[count++] = (struct entry){loaded->path, loaded->sha256};
    if (loaded->registration_file != NULL) {
        out_entries[count++] =
            (struct entry){loaded->registration_file, loaded->registration_sha256};
    }
    for (size_t i = 0; i < loaded->model_count; ++i) {
        out_entries[count++] = (struct entry){loaded->models[i].file, loaded->models[i].sha256};
    }
    for (size_t i = 0; i < loaded->tool_count; ++i) {
        if (loaded->tools[i].mesh_file != NULL) {
            out_entries[count++] =
                (struct entry){loaded->tools[i].mesh_file, loaded->tools[i].mesh_sha256};
        }
        for (size_t k = 0; k < loaded->tools[i].calibration_count; ++k) {
            out_entries[count++] = (struct entry){loaded->tools[i].calibrations[k].path,
                                                  loaded->tools[i].calibrations[k].sha256};
        }
        if (loaded->tools[i].marker.path != NULL) {
            out_entries[count++] =
                (struct entry){loaded->tools[i].marker.path, loaded->tools[i].marker.sha256};
        }
    }
    for (size_t i = 0; i < loaded->volume_count; ++i) {
        out_entries[count++] = (struct entry){loaded->volumes[i].file, loaded->volumes[i].sha256};
    }
    for (size_t i = 0; i < loaded->camera_count; ++i) {
        const struct cfg_camera *camera = &loaded->cameras[i];
        out_entries[count++] = (struct entry){camera->lens_file, camera->lens_sha256};
        out_entries[count++] = (struct entry){camera->markers_file, camera->markers_sha256};
        if (camera->handeye_file != NULL) {
            out_entries[count++] = (struct entry){camera->handeye_file, camera->handeye_sha256};
        }
    }
    return count;
}

/* Path as the lock states it: relative inside the case's folder, so that the folder may move. */
static const char *stated_path(const struct cfg_case *loaded, const char *path)
{
    const size_t length = strlen(loaded->folder);
    const bool inside = strncmp(path, loaded->folder, length) == 0 && path[length] == '/';
    return inside ? path + length + 1 : path;
}

static void digest_text(const uint8_t sha256[CFG_SHA256_SIZE], char out_text[DIGEST_TEXT_SIZE])
{
    for (size_t i = 0; i < CFG_SHA256_SIZE; ++i) {
        (void)snprintf(out_text + 2 * i, 3, "%02x", sha256[i]);
    }
}

/* case.yaml -> case.lock; another ending stays and `.lock` is added. */
static enum nav_status lock_path(const struct cfg_case *loaded, char out_path[CFG_PATH_SIZE])
{
    size_t length = strlen(loaded->path);
    if (length > 5 && strcmp(loaded->path + length - 5, ".yaml") == 0) {
        length -= 5;
    }
    const int written = snprintf(out_path, CFG_PATH_SIZE, "%.*s.lock", (int)length, loaded->path);
    return written > 0 && written < CFG_PATH_SIZE ? NAV_OK : NAV_ERR_TOO_LARGE;
}

/* --- reading --------------------------------------------------------------------------------- */

static bool take_text(const json_t *root, const char *key, char *out_text, size_t size)
{
    const char *text = json_string_value(json_object_get(root, key));
    if (text == NULL || strlen(text) >= size) {
        return false;
    }
    (void)snprintf(out_text, size, "%s", text);
    return true;
}

static enum nav_status refuse_changed(const struct cfg_lock *lock, const char *path,
                                      const char *what, struct cfg_error *out_error)
{
    return cfg_error_set(out_error, NAV_ERR_CHECKSUM,
                         "%s: %s since the case was locked by %s at %s; put the locked files back, "
                         "or check the case and lock it again (`osteonav case lock --replace`)",
                         path, what, lock->by, lock->utc);
}

static enum nav_status compare_files(const struct cfg_case *loaded, const struct cfg_lock *lock,
                                     const json_t *files, struct cfg_error *out_error)
{
    struct entry entries[FILES_MAX];
    const size_t count = list_files(loaded, entries);
    for (size_t i = 0; i < count; ++i) {
        const json_t *file = json_array_get(files, i);
        const char *path = json_string_value(json_object_get(file, "path"));
        const char *sha256 = json_string_value(json_object_get(file, "sha256"));
        char now[DIGEST_TEXT_SIZE];
        digest_text(entries[i].sha256, now);
        if (path == NULL || sha256 == NULL || strcmp(sha256, now) != 0) {
            return refuse_changed(lock, entries[i].path, "has changed", out_error);
        }
        if (strcmp(path, stated_path(loaded, entries[i].path)) != 0) {
            return refuse_changed(lock, entries[i].path, "has taken another file's place",
                                  out_error);
        }
    }
    return json_array_size(files) == count
               ? NAV_OK
               : refuse_changed(lock, loaded->path, "names fewer files than", out_error);
}

static enum nav_status read_lock(const struct cfg_case *loaded, const json_t *root,
                                 struct cfg_lock *lock, struct cfg_error *out_error)
{
    const char *format = json_string_value(json_object_get(root, "format"));
    const json_t *version = json_object_get(root, "version");
    const json_t *files = json_object_get(root, "files");
    if (format == NULL || strcmp(format, LOCK_FORMAT) != 0 || !json_is_integer(version)) {
        return cfg_error_set(out_error, NAV_ERR_SYNTAX,
                             "%s: is not a lock of a case; remove it and lock the case again",
                             lock->path);
    }
    if (json_integer_value(version) != LOCK_VERSION) {
        return cfg_error_set(out_error, NAV_ERR_VERSION,
                             "%s: its version %lld is not known to this program; lock the case "
                             "again",
                             lock->path, (long long)json_integer_value(version));
    }
    if (!take_text(root, "by", lock->by, sizeof(lock->by)) ||
        !take_text(root, "utc", lock->utc, sizeof(lock->utc)) ||
        !take_text(root, "software", lock->software, sizeof(lock->software)) ||
        !json_is_array(files)) {
        return cfg_error_set(out_error, NAV_ERR_SYNTAX,
                             "%s: a key of the lock is missing; lock the case again", lock->path);
    }
    lock->warning_count = json_array_size(json_object_get(root, "warnings"));
    return compare_files(loaded, lock, files, out_error);
}

enum nav_status cfg_lock_check(const struct cfg_case *loaded, struct cfg_lock *out_lock,
                               struct cfg_error *out_error)
{
    struct cfg_lock lock = {.present = false};
    enum nav_status status = lock_path(loaded, lock.path);
    if (status != NAV_OK) {
        return cfg_error_set(out_error, status, "%s: the path is too long; move the case",
                             loaded->path);
    }
    struct cfg_file_bytes file;
    struct cfg_error why_unread = {.text = ""};
    status = cfg_file_bytes_read(lock.path, LOCK_BYTES_MAX, &file, &why_unread);
    if (status == NAV_ERR_NOT_FOUND) {
        *out_lock = lock;
        return NAV_OK;
    }
    if (status != NAV_OK) {
        return cfg_error_set(out_error, status, "%s", why_unread.text);
    }
    json_error_t why;
    json_t *root = json_loadb((const char *)file.bytes, file.size, JSON_REJECT_DUPLICATES, &why);
    cfg_file_bytes_finish(&file);
    if (root == NULL && json_error_code(&why) == json_error_out_of_memory) {
        return cfg_error_set(out_error, NAV_ERR_MEMORY, "%s: out of memory", lock.path);
    }
    if (root == NULL) {
        return cfg_error_set(out_error, NAV_ERR_SYNTAX,
                             "%s:%d: not valid JSON: %s; remove it and lock the case again",
                             lock.path, why.line, why.text);
    }
    lock.present = true;
    status = read_lock(loaded, root, &lock, out_error);
    json_decref(root);
    if (status == NAV_OK) {
        *out_lock = lock;
    }
    return status;
}

/* --- writing --------------------------------------------------------------------------------- */

static void add_warning(void *context, const char *where, const char *text)
{
    (void)json_array_append_new(context, json_pack("{s:s, s:s}", "where", where, "text", text));
}

static json_t *files_json(const struct cfg_case *loaded)
{
    struct entry entries[FILES_MAX];
    const size_t count = list_files(loaded, entries);
    json_t *files = json_array();
    for (size_t i = 0; i < count; ++i) {
        char digest[DIGEST_TEXT_SIZE];
        digest_text(entries[i].sha256, digest);
        if (json_array_append_new(files, json_pack("{s:s, s:s}", "path",
                                                   stated_path(loaded, entries[i].path), "sha256",
                                                   digest)) != 0) {
            json_decref(files);
            return NULL;
        }
    }
    return files;
}

/* One check that the case has passed; `count` things did, none: it was not needed. */
static void add_check(json_t *checks, const char *what, size_t count, const char *passed)
{
    if (count > 0) {
        (void)json_array_append_new(checks, json_pack("{s:s, s:I, s:s}", "what", what, "count",
                                                      (json_int_t)count, "passed", passed));
    }
}

/* What cfg_case_load has held a case to before there is anything to lock. */
static json_t *checks_json(const struct cfg_case *loaded)
{
    size_t closed = 0;
    for (size_t i = 0; i < loaded->model_count; ++i) {
        closed += loaded->models[i].report.closed && !loaded->models[i].report.inward;
    }
    json_t *checks = json_array();
    add_check(checks, "case file", 1,
              "no unknown key, none twice, each value within its range; LPS, mm; a pseudonym");
    add_check(checks, "registration", loaded->has_registration ? 1 : 0,
              "rigid, no mirror, no scale");
    add_check(checks, "models", loaded->model_count,
              "whole and exact: size, counts, indices, finite numbers; frame, unit and extent of "
              "their role");
    add_check(checks, "closed models", closed, "closed and oriented outward");
    add_check(checks, "volumes", loaded->volume_count,
              "whole and exact: size, orientation, spacing, no mirror; a model lies in each");
    add_check(checks, "tools", loaded->tool_count, "own devices, directions, tips within limits");
    add_check(checks, "cuts", loaded->cut_count,
              "near the models, exact axes, depth within the face, tumours on the margin side");
    add_check(checks, "landmarks", loaded->landmark_count, "near the models");
    return checks;
}

/* The lock's text, or NULL without memory. The caller frees. */
static char *lock_text(const struct cfg_case *loaded, const char *by, int64_t utc_ns)
{
    char utc[CFG_LOCK_TIME_SIZE];
    char case_id[17];
    struct tm parts;
    const time_t seconds = (time_t)(utc_ns / NAV_NS_PER_S);
    if (gmtime_r(&seconds, &parts) == NULL ||
        strftime(utc, sizeof(utc), "%Y-%m-%dT%H:%M:%SZ", &parts) == 0) {
        return NULL;
    }
    (void)snprintf(case_id, sizeof(case_id), "%016llx", (unsigned long long)loaded->case_id);
    json_t *warnings = json_array();
    const size_t expected = cfg_case_warnings(loaded, add_warning, warnings);
    char *text = NULL;
    if (json_array_size(warnings) == expected) {
        json_t *root = json_pack(
            "{s:s, s:i, s:s, s:s, s:s, s:s, s:{s:s, s:s, s:s}, s:o, s:o, s:O}", "format",
            LOCK_FORMAT, "version", LOCK_VERSION, "case_id", case_id, "by", by, "utc", utc,
            "software", "osteonav " OSTEONAV_VERSION, "libraries", "libcyaml", cyaml_version_str,
            "jansson", jansson_version_str(), "openssl", OpenSSL_version(OPENSSL_VERSION_STRING),
            "files", files_json(loaded), "checks", checks_json(loaded), "warnings", warnings);
        text = root != NULL ? json_dumps(root, JSON_INDENT(2)) : NULL;
        json_decref(root);
    }
    json_decref(warnings);
    return text;
}

static bool write_all(int fd, const char *text, size_t length)
{
    while (length > 0) {
        const ssize_t count = write(fd, text, length);
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count <= 0) {
            return false;
        }
        text += count;
        length -= (size_t)count;
    }
    return true;
}

/* Puts `text` beside `path` under another name, then in its place; 0 or errno. */
static int put_file(const char *path, const char *text, bool replace)
{
    char part[CFG_PATH_SIZE + 8];
    (void)snprintf(part, sizeof(part), "%s.XXXXXX", path);
    const int fd = mkostemp(part, O_CLOEXEC);
    if (fd < 0) {
        return errno;
    }
    errno = 0;
    const bool written = write_all(fd, text, strlen(text)) && write_all(fd, "\n", 1) &&
                         fchmod(fd, LOCK_MODE) == 0 && fsync(fd) == 0;
    int error = written ? 0 : errno;
    if (close(fd) != 0 && error == 0) {
        error = errno;
    }
    /* link() refuses an existing name, so that nothing is replaced unasked even in a race. */
    if (error == 0 && (replace ? rename(part, path) : link(part, path)) != 0) {
        error = errno;
    }
    if (error != 0 || !replace) {
        (void)unlink(part);
    }
    return error;
}

enum nav_status cfg_lock_write(const struct cfg_case *loaded, const char *by, int64_t utc_ns,
                               bool replace, struct cfg_error *out_error)
{
    if (by[0] == '\0' || strlen(by) >= NAV_TEXT_SIZE) {
        return cfg_error_set(out_error, NAV_ERR_ARGUMENT,
                             "who locks the case must be said in 1 to %d bytes", NAV_TEXT_SIZE - 1);
    }
    for (size_t i = 0; i < loaded->model_count; ++i) {
        if (loaded->models[i].frame_assumed) {
            return cfg_error_set(out_error, NAV_ERR_REFUSED,
                                 "%s: models[%zu]: nobody has said in which frame %s is, LPS is "
                                 "assumed; look where it lies (`osteonav case show`), import it "
                                 "again with --space LPS or --space RAS, and build",
                                 loaded->path, i, loaded->models[i].name);
        }
    }
    json_t *name = json_string(by);
    if (name == NULL) {
        return cfg_error_set(out_error, NAV_ERR_ARGUMENT, "who locks the case must be UTF-8 text");
    }
    json_decref(name);
    char path[CFG_PATH_SIZE];
    if (lock_path(loaded, path) != NAV_OK) {
        return cfg_error_set(out_error, NAV_ERR_TOO_LARGE, "%s: the path is too long",
                             loaded->path);
    }
    char *text = lock_text(loaded, by, utc_ns);
    if (text == NULL) {
        return cfg_error_set(out_error, NAV_ERR_MEMORY, "%s: out of memory", path);
    }
    const int error = put_file(path, text, replace);
    free(text);
    if (error == EEXIST) {
        return cfg_error_set(out_error, NAV_ERR_EXISTS,
                             "%s: the case is locked; add --replace to lock it again", path);
    }
    if (error != 0) {
        return cfg_error_set(out_error, NAV_ERR_IO, "%s: cannot be written: %s", path,
                             strerror(error));
    }
    return NAV_OK;
}
