/* Which reader a file gets, by its content; and the walk over a folder. */
#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "import.h"
#include "role_names.h"

enum { DEPTH_MAX = 8, PATHS_MAX = 20000, HEAD_SIZE = 1024 };

/* --- sources --------------------------------------------------------------------------------- */

struct imp_item *imp_add_item(struct imp_source *source, struct cfg_error *error)
{
    if (source->item_count == IMP_ITEMS_MAX) {
        (void)cfg_error_set(error, NAV_ERR_TOO_LARGE, "%s: holds more than %d things; split it",
                            source->path, IMP_ITEMS_MAX);
        return NULL;
    }
    if (source->item_count == source->item_capacity) {
        const size_t capacity = source->item_capacity == 0 ? 16 : 2 * source->item_capacity;
        struct imp_item *grown = realloc(source->items, capacity * sizeof(*grown));
        if (grown == NULL) {
            (void)cfg_error_set(error, NAV_ERR_MEMORY, "%s: out of memory", source->path);
            return NULL;
        }
        source->items = grown;
        source->item_capacity = capacity;
    }
    struct imp_item *item = &source->items[source->item_count++];
    memset(item, 0, sizeof(*item));
    return item;
}

void imp_note(struct imp_source *source, const char *format, ...)
{
    if (source->note_count == IMP_NOTES_MAX) {
        return;
    }
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(source->notes[source->note_count++], IMP_NOTE_SIZE, format, arguments);
    va_end(arguments);
}

void imp_source_finish(struct imp_source *source)
{
    for (size_t i = 0; i < source->item_count; ++i) {
        cfg_mesh_destroy(source->items[i].mesh);
        cfg_volume_destroy(source->items[i].volume);
        free(source->items[i].points);
    }
    for (size_t i = 0; i < source->segmentation_count; ++i) {
        prep_segmentation_finish(source->segmentations[i]);
        free(source->segmentations[i]);
    }
    free(source->items);
    free((void *)source->segmentations);
}

void imp_name_of(const char *path, char out_name[NAV_NAME_SIZE])
{
    static const char *const endings[] = {
        ".gz",   ".nii", ".nrrd", ".nhdr", ".seg",  ".mha", ".mhd",  ".stl",  ".ply",
        ".obj",  ".vtk", ".vtp",  ".glb",  ".json", ".mrk", ".fcsv", ".acsv", ".csv",
        ".mrml", ".mrb", ".xml",  ".tfm",  ".txt",  ".mat", ".h5"};
    const char *slash = strrchr(path, '/');
    char name[CFG_PATH_SIZE];
    (void)snprintf(name, sizeof(name), "%s", slash != NULL ? slash + 1 : path);
    for (bool cut = true; cut;) {
        cut = false;
        for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); ++i) {
            const size_t length = strlen(name);
            const size_t tail = strlen(endings[i]);
            if (length > tail && strcasecmp(name + length - tail, endings[i]) == 0) {
                name[length - tail] = '\0';
                cut = true;
            }
        }
    }
    for (char *c = name; *c != '\0'; ++c) {
        if ((unsigned char)*c < ' ' || *c == '\x7f') {
            *c = ' '; /* a name is one line on the screen */
        }
    }
    cfg_role_plain_name(name, out_name);
}

/* --- content --------------------------------------------------------------------------------- */

static bool begins(const struct imp_bytes *file, const char *text)
{
    const size_t length = strlen(text);
    return file->size >= length && memcmp(file->bytes, text, length) == 0;
}

static bool ends_in(const char *name, const char *ending)
{
    const size_t length = strlen(name);
    const size_t tail = strlen(ending);
    return length >= tail && strcasecmp(name + length - tail, ending) == 0;
}

/* Whether `text` stands in the first HEAD_SIZE bytes. */
static bool head_holds(const struct imp_bytes *file, const char *text)
{
    const size_t size = file->size < HEAD_SIZE ? file->size : HEAD_SIZE;
    return memmem(file->bytes, size, text, strlen(text)) != NULL;
}

static bool is_nifti(const struct imp_bytes *file)
{
    enum { MAGIC_AT = 344 };
    return file->size > MAGIC_AT + 4 && (memcmp(file->bytes + MAGIC_AT, "n+1", 4) == 0 ||
                                         memcmp(file->bytes + MAGIC_AT, "ni1", 4) == 0);
}

static bool is_gzip(const struct imp_bytes *file)
{
    return file->size > 2 && file->bytes[0] == 0x1f && file->bytes[1] == 0x8b;
}

/* A binary STL has no word to know it by: its size must fit its count. */
static bool is_mesh(const struct imp_bytes *file)
{
    return begins(file, "ply\n") || begins(file, "ply\r\n") || begins(file, "# vtk DataFile") ||
           begins(file, "glTF") || (head_holds(file, "<VTKFile") && head_holds(file, "PolyData")) ||
           ends_in(file->name, ".stl") || ends_in(file->name, ".ply") ||
           ends_in(file->name, ".obj") || ends_in(file->name, ".vtk") ||
           ends_in(file->name, ".vtp") || ends_in(file->name, ".glb");
}

static bool is_volume(const struct imp_bytes *file)
{
    return begins(file, "NRRD000") || is_nifti(file) ||
           (is_gzip(file) && ends_in(file->name, ".nii.gz")) ||
           (head_holds(file, "NDims") && head_holds(file, "DimSize")) ||
           ends_in(file->name, ".nrrd") || ends_in(file->name, ".nhdr") ||
           ends_in(file->name, ".nii") || ends_in(file->name, ".nii.gz") ||
           ends_in(file->name, ".mha") || ends_in(file->name, ".mhd");
}

static bool is_plan(const struct imp_bytes *file)
{
    return (ends_in(file->name, ".json") && head_holds(file, "markups-schema")) ||
           ends_in(file->name, ".mrk.json") || ends_in(file->name, ".fcsv") ||
           ends_in(file->name, ".acsv") || ends_in(file->name, ".csv");
}

static bool is_transform(const struct imp_bytes *file)
{
    return begins(file, "#Insight Transform File") || ends_in(file->name, ".tfm") ||
           (ends_in(file->name, ".mat") && file->size > 20) || begins(file, "\x89HDF\r\n");
}

enum nav_status imp_read_bytes(const struct imp_request *request, const struct imp_bytes *file,
                               struct imp_files *files, struct imp_source *source,
                               struct cfg_error *error)
{
    if (file->size == 0) {
        return cfg_error_set(error, NAV_ERR_LENGTH, "%s: is empty; export it again", file->name);
    }
    if (head_holds(file, "<MRML") || begins(file, "PK\x03\x04")) {
        return imp_read_scene(request, file, files, source, error);
    }
    if (head_holds(file, "<PlusConfiguration")) {
        return imp_read_tools(file, source, error);
    }
    if (is_transform(file)) {
        return imp_read_transform(file, source, error);
    }
    if (is_volume(file)) {
        return imp_read_volume(request, file, files, source, error);
    }
    if (is_plan(file)) {
        return imp_read_plan(request, file, source, error);
    }
    return is_mesh(file) ? imp_read_mesh(request, file, source, error) : NAV_END;
}

/* --- paths ----------------------------------------------------------------------------------- */

struct paths {
    char **paths; /* an empty one is done with */
    size_t count;
    bool too_many;
};

/* Files of a folder that another one has brought with it are not things of their own: what lies
 * under a scene's transforms would come a second time, where nobody has put it. */
static void leave_to(const char *owner, const struct imp_files *files, struct paths *list,
                     const struct imp_sink *sink)
{
    for (size_t i = 0; i < list->count; ++i) {
        if (list->paths[i][0] != '\0' && strcmp(list->paths[i], owner) != 0 &&
            imp_files_gave(files, list->paths[i])) {
            char why[CFG_PATH_SIZE + 32];
            (void)snprintf(why, sizeof(why), "read with %s", owner);
            sink->ignored(sink->context, list->paths[i], why);
            list->paths[i][0] = '\0';
        }
    }
}

/* `list`: the others of its folder; NULL: it stands alone. */
static void read_file(const struct imp_request *request, const char *path, struct paths *list,
                      const struct imp_sink *sink)
{
    struct cfg_error error = {.text = ""};
    struct cfg_file_bytes file;
    sink->reading(sink->context, path);
    if (cfg_file_bytes_read(path, IMP_FILE_BYTES_MAX, &file, &error) != NAV_OK) {
        sink->refused(sink->context, path, error.text);
        return;
    }
    struct imp_source *source = calloc(1, sizeof(*source));
    struct imp_files *files = NULL;
    enum nav_status status = source != NULL
                                 ? imp_folder_open(path, &files, &error)
                                 : cfg_error_set(&error, NAV_ERR_MEMORY, "%s: out of memory", path);
    if (status == NAV_OK) {
        const struct imp_bytes content = {file.bytes, file.size, path};
        (void)snprintf(source->path, sizeof(source->path), "%s", path);
        status = imp_read_bytes(request, &content, files, source, &error);
    }
    if (status == NAV_OK) {
        sink->found(sink->context, source);
    } else if (status == NAV_END && list != NULL) {
        sink->ignored(sink->context, path, "of no known kind");
    } else if (status == NAV_END) {
        (void)cfg_error_set(&error, NAV_ERR_UNSUPPORTED,
                            "%s: is of no kind that is known here; `osteonav case import --help` "
                            "lists them",
                            path);
        sink->refused(sink->context, path, error.text);
    } else {
        sink->refused(sink->context, path, error.text);
    }
    if (source != NULL) {
        imp_source_finish(source);
        free(source);
    }
    if (files != NULL && list != NULL) {
        leave_to(path, files, list, sink);
    }
    imp_files_close(files);
    cfg_file_bytes_finish(&file);
}

static int compare_paths(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Regular files below a folder; links are not followed out of it. */
static void collect(const char *folder, int depth, struct paths *list)
{
    DIR *directory = depth < DEPTH_MAX ? opendir(folder) : NULL;
    if (directory == NULL) {
        return;
    }
    for (struct dirent *entry = readdir(directory); entry != NULL; entry = readdir(directory)) {
        char path[CFG_PATH_SIZE];
        struct stat info;
        if (entry->d_name[0] == '.' ||
            snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name) >= (int)sizeof(path) ||
            lstat(path, &info) != 0) {
            continue;
        }
        if (S_ISDIR(info.st_mode)) {
            collect(path, depth + 1, list);
            continue;
        }
        if (!S_ISREG(info.st_mode)) {
            continue;
        }
        char *copy = list->count < PATHS_MAX ? strdup(path) : NULL;
        if (copy == NULL) {
            list->too_many = true;
            break;
        }
        list->paths[list->count++] = copy;
    }
    (void)closedir(directory);
}

static void read_folder(const struct imp_request *request, const struct imp_sink *sink)
{
    struct paths list = {.paths = calloc(PATHS_MAX, sizeof(char *))};
    if (list.paths == NULL) {
        sink->refused(sink->context, request->path, "out of memory");
        return;
    }
    collect(request->path, 0, &list);
    if (list.too_many) {
        sink->refused(sink->context, request->path, "holds too many files; name a folder in it");
    } else {
        qsort((void *)list.paths, list.count, sizeof(*list.paths), compare_paths);
        const size_t dicom = imp_read_dicom(request, list.paths, list.count, sink);
        const bool only_dicom = request->as != NULL && strcmp(request->as, "dicom") == 0;
        for (int scenes = 1; scenes >= 0 && !only_dicom; --scenes) {
            for (size_t i = 0; i < list.count; ++i) {
                if (list.paths[i][0] != '\0' && ends_in(list.paths[i], ".mrml") == (scenes == 1)) {
                    read_file(request, list.paths[i], &list, sink);
                    list.paths[i][0] = '\0';
                }
            }
        }
        if (list.count == 0 && dicom == 0) {
            char text[CFG_PATH_SIZE + 64];
            (void)snprintf(text, sizeof(text), "%s: is an empty folder", request->path);
            sink->refused(sink->context, request->path, text);
        }
    }
    for (size_t i = 0; i < list.count; ++i) {
        free(list.paths[i]);
    }
    free((void *)list.paths);
}

void imp_read_path(const struct imp_request *request, const struct imp_sink *sink)
{
    struct stat info;
    if (stat(request->path, &info) != 0) {
        char text[CFG_PATH_SIZE + 64];
        (void)snprintf(text, sizeof(text), "%s: %s", request->path, strerror(errno));
        sink->refused(sink->context, request->path, text);
        return;
    }
    if (S_ISDIR(info.st_mode)) {
        read_folder(request, sink);
        return;
    }
    if (!S_ISREG(info.st_mode)) { /* a pipe would be waited for */
        char text[CFG_PATH_SIZE + 64];
        (void)snprintf(text, sizeof(text), "%s: is not a regular file; copy its content into one",
                       request->path);
        sink->refused(sink->context, request->path, text);
        return;
    }
    char *path = strdup(request->path);
    char *paths[1] = {path};
    if (path == NULL || imp_read_dicom(request, paths, 1, sink) == 0) {
        read_file(request, request->path, NULL, sink);
    }
    free(path);
}
