/* What a file refers to: beside it in its folder, or in the archive it came in. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <archive.h>
#include <archive_entry.h>

#include "import.h"

enum { MEMBERS_MAX = 4096, OPEN_MAX = 4096 };

static const size_t total_max = (size_t)2 << 30;

struct member {
    char *name;
    uint8_t *bytes; /* a folder's: NULL until it is read */
    size_t size;
};

struct imp_files {
    char *folder; /* NULL: an archive */
    struct member *members;
    size_t count;
};

/* Relative, and never upwards. */
static bool stays_inside(const char *name)
{
    if (name[0] == '\0' || name[0] == '/' || name[0] == '\\' || strchr(name, ':') != NULL) {
        return false;
    }
    for (const char *part = name; *part != '\0';) {
        const size_t length = strcspn(part, "/\\");
        if (length == 2 && part[0] == '.' && part[1] == '.') {
            return false;
        }
        part += length + (part[length] != '\0');
    }
    return true;
}

static enum nav_status add_member(struct imp_files *files, const char *name, uint8_t *bytes,
                                  size_t size)
{
    struct member *grown = realloc(files->members, (files->count + 1) * sizeof(*grown));
    if (grown != NULL) {
        files->members = grown;
    }
    char *copy = grown != NULL ? strdup(name) : NULL;
    if (copy == NULL) {
        free(bytes);
        return NAV_ERR_MEMORY;
    }
    files->members[files->count++] = (struct member){copy, bytes, size};
    return NAV_OK;
}

enum nav_status imp_folder_open(const char *path_of_a_file, struct imp_files **out,
                                struct cfg_error *error)
{
    const char *slash = strrchr(path_of_a_file, '/');
    struct imp_files *files = calloc(1, sizeof(*files));
    if (files != NULL) {
        files->folder = slash != NULL
                            ? strndup(path_of_a_file, (size_t)(slash - path_of_a_file) + 1)
                            : strdup("./");
    }
    if (files == NULL || files->folder == NULL) {
        free(files);
        return cfg_error_set(error, NAV_ERR_MEMORY, "%s: out of memory", path_of_a_file);
    }
    *out = files;
    return NAV_OK;
}

/* The bytes of the archive's current entry and one NUL. */
static enum nav_status read_entry(struct archive *reader, const char *name, size_t *total,
                                  struct imp_files *files, struct cfg_error *error)
{
    enum { PIECE = 1 << 16 };
    uint8_t *bytes = NULL;
    size_t size = 0;
    size_t capacity = 0;
    for (;;) {
        if (size + PIECE + 1 > capacity) {
            capacity = 2 * capacity + PIECE + 1;
            uint8_t *grown = realloc(bytes, capacity);
            if (grown == NULL) {
                free(bytes);
                return cfg_error_set(error, NAV_ERR_MEMORY, "%s: out of memory", name);
            }
            bytes = grown;
        }
        const ssize_t count = archive_read_data(reader, bytes + size, PIECE);
        if (count < 0) {
            free(bytes);
            return cfg_error_set(error, NAV_ERR_CHECKSUM,
                                 "%s: is damaged inside the archive; save the scene again", name);
        }
        if (count == 0) {
            break;
        }
        size += (size_t)count;
        *total += (size_t)count;
        if (size > IMP_FILE_BYTES_MAX || *total > total_max) {
            free(bytes);
            return cfg_error_set(error, NAV_ERR_TOO_LARGE,
                                 "%s: grows beyond %zu bytes when unpacked; leave out what the "
                                 "case does not need",
                                 name, total_max);
        }
    }
    bytes[size] = 0;
    return add_member(files, name, bytes, size) == NAV_OK
               ? NAV_OK
               : cfg_error_set(error, NAV_ERR_MEMORY, "%s: out of memory", name);
}

static enum nav_status read_entries(struct archive *reader, const char *archive_name,
                                    struct imp_files *files, struct cfg_error *error)
{
    size_t total = 0;
    for (;;) {
        struct archive_entry *entry = NULL;
        const int result = archive_read_next_header(reader, &entry);
        if (result == ARCHIVE_EOF) {
            return NAV_OK;
        }
        if (result != ARCHIVE_OK) {
            return cfg_error_set(error, NAV_ERR_CHECKSUM,
                                 "%s: is a damaged archive: %s; save the scene again", archive_name,
                                 archive_error_string(reader));
        }
        const char *name = archive_entry_pathname(entry);
        if (name == NULL || !stays_inside(name)) {
            return cfg_error_set(error, NAV_ERR_REFUSED,
                                 "%s: its member '%s' would lie outside of it; the archive is "
                                 "hostile or damaged",
                                 archive_name, name != NULL ? name : "");
        }
        if (archive_entry_filetype(entry) == AE_IFDIR) {
            continue;
        }
        if (archive_entry_filetype(entry) != AE_IFREG || files->count == MEMBERS_MAX) {
            return cfg_error_set(error, NAV_ERR_REFUSED,
                                 "%s: its member '%s' is no plain file, or there are too many",
                                 archive_name, name);
        }
        const enum nav_status status = read_entry(reader, name, &total, files, error);
        if (status != NAV_OK) {
            return status;
        }
    }
}

enum nav_status imp_archive_open(const struct imp_bytes *archive, struct imp_files **out,
                                 struct cfg_error *error)
{
    struct imp_files *files = calloc(1, sizeof(*files));
    struct archive *reader = archive_read_new();
    enum nav_status status = NAV_OK;
    if (files == NULL || reader == NULL || archive_read_support_format_zip(reader) != ARCHIVE_OK ||
        archive_read_open_memory(reader, archive->bytes, archive->size) != ARCHIVE_OK) {
        status = cfg_error_set(error, NAV_ERR_SYNTAX, "%s: is no archive that can be opened",
                               archive->name);
    } else {
        status = read_entries(reader, archive->name, files, error);
    }
    (void)archive_read_free(reader);
    if (status != NAV_OK) {
        imp_files_close(files);
        return status;
    }
    *out = files;
    return NAV_OK;
}

/* "%20" becomes a blank, as in addresses. */
static bool decode(const char *name, char *out, size_t size)
{
    size_t length = 0;
    for (const char *c = name; *c != '\0'; ++c) {
        char digits[3] = "";
        char value = *c;
        if (*c == '%' && c[1] != '\0' && c[2] != '\0') {
            memcpy(digits, c + 1, 2);
            char *end = NULL;
            const long code = strtol(digits, &end, 16);
            if (*end == '\0' && code > 0) {
                value = (char)code;
                c += 2;
            }
        }
        if (length + 1 >= size) {
            return false;
        }
        out[length++] = value;
    }
    out[length] = '\0';
    return true;
}

static const struct member *find(const struct imp_files *files, const char *name)
{
    for (size_t i = 0; i < files->count; ++i) {
        const char *member = files->members[i].name;
        const size_t length = strlen(member);
        const size_t wanted = strlen(name);
        /* an archive has one folder at its top, from which its scene counts */
        if (length >= wanted && strcmp(member + length - wanted, name) == 0 &&
            (length == wanted || member[length - wanted - 1] == '/')) {
            return &files->members[i];
        }
    }
    return NULL;
}

static enum nav_status read_beside(struct imp_files *files, const char *name,
                                   struct cfg_error *error)
{
    char path[CFG_PATH_SIZE];
    struct cfg_file_bytes file;
    if (files->count == OPEN_MAX ||
        snprintf(path, sizeof(path), "%s%s", files->folder, name) >= (int)sizeof(path)) {
        return cfg_error_set(error, NAV_ERR_TOO_LARGE, "%s: too many files or too long a path",
                             name);
    }
    const enum nav_status status = cfg_file_bytes_read(path, IMP_FILE_BYTES_MAX, &file, error);
    if (status != NAV_OK) {
        return status;
    }
    return add_member(files, name, file.bytes, file.size) == NAV_OK
               ? NAV_OK
               : cfg_error_set(error, NAV_ERR_MEMORY, "%s: out of memory", path);
}

enum nav_status imp_files_get(struct imp_files *files, const char *name,
                              struct imp_bytes *out_bytes, struct cfg_error *error)
{
    char plain[CFG_PATH_SIZE];
    if (!decode(name, plain, sizeof(plain)) || !stays_inside(plain)) {
        return cfg_error_set(error, NAV_ERR_REFUSED,
                             "refers to '%s', which is not inside its own folder; keep the files "
                             "together",
                             name);
    }
    const struct member *member = find(files, plain);
    if (member == NULL && files->folder != NULL) {
        const enum nav_status status = read_beside(files, plain, error);
        if (status != NAV_OK) {
            return status;
        }
        member = &files->members[files->count - 1];
    }
    if (member == NULL) {
        return cfg_error_set(error, NAV_ERR_NOT_FOUND,
                             "refers to '%s', which is not in the archive; save the scene again",
                             name);
    }
    *out_bytes = (struct imp_bytes){member->bytes, member->size, member->name};
    return NAV_OK;
}

bool imp_files_gave(const struct imp_files *files, const char *path)
{
    const size_t folder = files->folder != NULL ? strlen(files->folder) : 0;
    for (size_t i = 0; folder > 0 && i < files->count; ++i) {
        const char *name = files->members[i].name;
        name += strncmp(name, "./", 2) == 0 ? 2 : 0;
        if (strncmp(path, files->folder, folder) == 0 && strcmp(path + folder, name) == 0) {
            return true;
        }
    }
    return false;
}

const char *imp_files_only(const struct imp_files *files, const char *ending)
{
    const char *only = NULL;
    for (size_t i = 0; i < files->count; ++i) {
        const char *name = files->members[i].name;
        const size_t length = strlen(name);
        const size_t tail = strlen(ending);
        if (length >= tail && strcmp(name + length - tail, ending) == 0) {
            if (only != NULL) {
                return NULL;
            }
            only = name;
        }
    }
    return only;
}

void imp_files_close(struct imp_files *files)
{
    if (files == NULL) {
        return;
    }
    for (size_t i = 0; i < files->count; ++i) {
        free(files->members[i].name);
        free(files->members[i].bytes);
    }
    free(files->members);
    free(files->folder);
    free(files);
}
