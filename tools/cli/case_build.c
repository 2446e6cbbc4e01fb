/* `osteonav case build`: case.yaml and the canonical files that it names. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "case.h"
#include "case_align.h"
#include "case_import.h"
#include "case_place.h"
#include "case_sources.h"
#include "column.h"
#include "file_bytes.h"
#include "folder.h"
#include "prepare_child.h"
#include "verbs.h"

enum { CASE_TEXT_MAX = 1 << 20, NAMES_MAX = 256 };

/* --- what is being made ---------------------------------------------------------------------- */

struct name_list {
    char names[NAMES_MAX][NAV_NAME_SIZE];
    size_t count;
};

struct file_list {
    char files[NAMES_MAX][CASE_PATH_SIZE];
    size_t count;
};

struct build {
    const struct case_folder *folder;
    const json_t *source; /* of the list, whose parts come now */
    json_t *plans;        /* cuts to be placed when all bone is there */
    FILE *models, *volumes, *landmarks, *tools;
    char *models_text, *volumes_text, *landmarks_text, *tools_text;
    size_t models_size, volumes_size, landmarks_size, tools_size;
    struct name_list model_names, volume_names, tool_names;
    struct file_list files; /* kept; others in models/ and volumes/ are of an earlier build */
    json_t *bones;          /* paths of canonical files */
    json_t *scans;          /* that are in the case already: case_align.h */
    const json_t *wish;     /* how the scan that comes now is to be moved; NULL: not */
    const char *by;         /* who builds */
    char reference[NAV_NAME_SIZE];
    size_t model_count, volume_count, landmark_count, tool_count;
    double worst_p95_mm;
    bool quiet;
    struct cfg_error *error;
};

/* A name that the list does not have yet: "Sacrum", "Sacrum (2)". */
static bool take_name(struct name_list *list, const char *wanted, char out[NAV_NAME_SIZE])
{
    if (list->count == NAMES_MAX) {
        return false;
    }
    for (int number = 1; number < 100; ++number) {
        char suffix[8] = "";
        if (number > 1) {
            (void)snprintf(suffix, sizeof(suffix), " (%d)", number);
        }
        (void)snprintf(out, NAV_NAME_SIZE, "%.*s%s", (int)(NAV_NAME_SIZE - 8), wanted, suffix);
        bool taken = false;
        for (size_t i = 0; i < list->count; ++i) {
            taken = taken || strcasecmp(list->names[i], out) == 0;
        }
        if (!taken) {
            (void)snprintf(list->names[list->count++], NAV_NAME_SIZE, "%s", out);
            return true;
        }
    }
    return false;
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = case_sources_text(object, key);
    return text != NULL ? text : "";
}

/* The item of the list that a part belongs to; NULL: not asked for. */
static const json_t *item_of(const struct build *build, const char *part)
{
    size_t i;
    json_t *item;
    json_array_foreach(json_object_get(build->source, "items"), i, item)
    {
        if (strcmp(text_of(item, "part"), part) == 0) {
            return item;
        }
    }
    return NULL;
}

/* Writes a canonical file; `out_name` is its path in the folder. */
static enum nav_status keep_file(struct build *build, const char *kind, const char *name,
                                 const char *ending, const uint8_t *bytes, size_t size,
                                 char out_name[CASE_PATH_SIZE])
{
    char slug[CASE_SLUG_SIZE];
    char path[2 * CASE_PATH_SIZE];
    case_slug(name, slug);
    (void)snprintf(out_name, CASE_PATH_SIZE, "%s/%s%s", kind, slug, ending);
    for (size_t i = 0; i < build->files.count; ++i) {
        if (strcmp(build->files.files[i], out_name) == 0) {
            (void)snprintf(out_name, CASE_PATH_SIZE, "%s/%s_%zu%s", kind, slug, build->files.count,
                           ending);
        }
    }
    (void)snprintf(path, sizeof(path), "%s/%s", build->folder->path, kind);
    enum nav_status status = cfg_folder_make(path, build->error);
    (void)snprintf(path, sizeof(path), "%s/%s", build->folder->path, out_name);
    if (status == NAV_OK) {
        status = case_file_write(path, bytes, size, build->error);
    }
    if (status == NAV_OK && build->files.count < NAMES_MAX) {
        (void)snprintf(build->files.files[build->files.count++], CASE_PATH_SIZE, "%s", out_name);
    }
    return status;
}

static enum nav_status too_many(const struct build *build, const char *what)
{
    return cfg_error_set(build->error, NAV_ERR_TOO_LARGE,
                         "%s: too many %s for a case; set `becomes: nothing` for some",
                         build->folder->sources, what);
}

static enum nav_status add_model(struct build *build, const json_t *item, const json_t *event,
                                 const uint8_t *bytes, size_t size)
{
    static const char *const numbers[] = {"opacity", "caution_mm", "stop_mm"};
    char name[NAV_NAME_SIZE];
    char file[CASE_PATH_SIZE];
    if (size == 0) {
        return cfg_error_set(build->error, NAV_ERR_REFUSED,
                             "%s: '%s' has no surface to become a model", build->folder->sources,
                             text_of(item, "name"));
    }
    if (build->model_count == CFG_MODELS_MAX ||
        !take_name(&build->model_names, text_of(item, "name"), name)) {
        return too_many(build, "models");
    }
    enum nav_status status = keep_file(build, "models", name, ".ply", bytes, size, file);
    if (status != NAV_OK) {
        return status;
    }
    fputs("  - {file: ", build->models);
    case_yaml_text(build->models, file);
    fputs(", name: ", build->models);
    case_yaml_text(build->models, name);
    fprintf(build->models, ", role: %s", text_of(item, "role"));
    if (case_sources_text(item, "colour") != NULL) {
        fputs(", colour: ", build->models);
        case_yaml_text(build->models, text_of(item, "colour"));
    }
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); ++i) {
        if (case_sources_text(item, numbers[i]) != NULL) {
            fprintf(build->models, ", %s: %s", numbers[i], text_of(item, numbers[i]));
        }
    }
    if (json_is_true(json_object_get(event, "frame_assumed"))) {
        fputs(", frame_assumed: true", build->models);
    }
    fputs("}\n", build->models);
    ++build->model_count;
    if (strcmp(text_of(item, "role"), "bone") == 0) {
        (void)json_array_append_new(build->bones, json_string(file));
    }
    const json_t *error = json_object_get(event, "surface_error_p95_mm");
    if (!build->quiet && error != NULL) {
        const double voxels = json_number_value(json_object_get(event, "volume_ml"));
        const double surface = json_number_value(json_object_get(event, "surface_ml"));
        printf("  %-*s %8.1f ml of voxels, surface %+.2f %%, %.2f mm off in 95 %%, %lld "
               "triangles\n",
               column_width(name, 28), name, voxels,
               voxels > 0.0 ? 100.0 * (surface / voxels - 1.0) : 0.0, json_number_value(error),
               json_integer_value(json_object_get(event, "triangles")));
    }
    return NAV_OK;
}

static enum nav_status add_volume(struct build *build, const json_t *item, const json_t *event,
                                  const uint8_t *bytes, size_t size)
{
    char name[NAV_NAME_SIZE];
    char file[CASE_PATH_SIZE];
    const json_t *told = json_object_get(event, "alignment");
    const char *modality = case_sources_text(item, "modality");
    if (modality == NULL) {
        modality = text_of(event, "modality");
    }
    if (size == 0 || build->volume_count == CFG_VOLUMES_MAX ||
        !take_name(&build->volume_names, text_of(item, "name"), name)) {
        return too_many(build, "volumes");
    }
    const enum nav_status status = keep_file(build, "volumes", name, ".nrrd", bytes, size, file);
    if (status != NAV_OK) {
        return status;
    }
    fputs("  - {name: ", build->volumes);
    case_yaml_text(build->volumes, name);
    fputs(", file: ", build->volumes);
    case_yaml_text(build->volumes, file);
    fprintf(build->volumes, ", modality: %s", modality);
    if (told != NULL) {
        case_align_write(build->volumes, build->wish, told, build->by);
    }
    fputs("}\n", build->volumes);
    ++build->volume_count;
    if (told != NULL && !build->quiet) {
        case_align_print(name, build->wish, told);
    }
    return case_align_keep(build->scans, name, text_of(item, "name"), file, modality, told);
}

static enum nav_status add_landmarks(struct build *build, const json_t *event)
{
    size_t i;
    json_t *point;
    json_array_foreach(json_object_get(event, "points"), i, point)
    {
        double position[3];
        if (build->landmark_count++ == CFG_LANDMARKS_MAX) {
            return too_many(build, "landmarks");
        }
        case_take_vector(point, "position_mm", 3, position);
        fputs("  - {name: ", build->landmarks);
        case_yaml_text(build->landmarks, text_of(point, "name"));
        fputs(", position_mm: ", build->landmarks);
        case_write_vector(build->landmarks, position, 3);
        fputs("}\n", build->landmarks);
    }
    return NAV_OK;
}

static enum nav_status add_tool(struct build *build, const json_t *item, const json_t *event)
{
    char name[NAV_NAME_SIZE];
    double tip[3], axis[3];
    if (json_object_get(event, "tip_mm") == NULL) {
        return cfg_error_set(build->error, NAV_ERR_REFUSED,
                             "%s: the tip of '%s' is not calibrated in its source; calibrate it "
                             "with `osteonav calibrate` and write it into case.yaml",
                             build->folder->sources, text_of(item, "name"));
    }
    if (build->tool_count == NAV_TOOLS_MAX ||
        !take_name(&build->tool_names, text_of(item, "name"), name)) {
        return too_many(build, "tools");
    }
    case_take_vector(event, "tip_mm", 3, tip);
    case_take_vector(event, "axis", 3, axis);
    fputs("  - {name: ", build->tools);
    case_yaml_text(build->tools, name);
    fputs(", device: ", build->tools);
    case_yaml_text(build->tools, text_of(event, "device"));
    fputs(", tip_mm: ", build->tools);
    case_write_vector(build->tools, tip, 3);
    fputs(", axis: ", build->tools);
    case_write_vector(build->tools, axis, 3);
    const char *to = strstr(text_of(event, "device"), "ToReference");
    const bool relative = to != NULL && strcmp(to, "ToReference") == 0;
    fputs(relative ? ", relative_to: reference}\n" : "}\n", build->tools);
    ++build->tool_count;
    return NAV_OK;
}

static enum nav_status on_event(void *context, const json_t *event, const uint8_t *bytes,
                                size_t size)
{
    struct build *build = context;
    const char *word = case_sources_text(event, "event");
    if (strcmp(word, "refused") == 0) {
        return cfg_error_set(build->error, NAV_ERR_REFUSED, "%s", text_of(event, "why"));
    }
    const json_t *item = strcmp(word, "made") == 0 ? item_of(build, text_of(event, "part")) : NULL;
    if (item == NULL) {
        return NAV_OK;
    }
    const char *becomes = text_of(item, "becomes");
    (void)json_object_set_new((json_t *)item, "seen", json_true());
    if (strcmp(becomes, "model") == 0) {
        return add_model(build, item, event, bytes, size);
    }
    if (strcmp(becomes, "volume") == 0) {
        return add_volume(build, item, event, bytes, size);
    }
    if (strcmp(becomes, "landmarks") == 0) {
        return add_landmarks(build, event);
    }
    if (strcmp(becomes, "tool") == 0) {
        return add_tool(build, item, event);
    }
    if (strcmp(becomes, "reference") == 0) {
        (void)snprintf(build->reference, sizeof(build->reference), "%s", text_of(event, "device"));
        return NAV_OK;
    }
    if (strcmp(becomes, "cut") == 0 && json_object_get(event, "center_mm") == NULL &&
        json_array_size(json_object_get(event, "points")) != 2) {
        return cfg_error_set(build->error, NAV_ERR_REFUSED,
                             "%s: '%s' becomes a cut, but is neither a plane nor a line of two "
                             "points",
                             build->folder->sources, text_of(item, "name"));
    }
    if (strcmp(becomes, "cut") == 0) {
        (void)json_array_append_new(build->plans,
                                    json_pack("{s:O, s:O}", "item", item, "plane", event));
        return NAV_OK;
    }
    return cfg_error_set(build->error, NAV_ERR_SYNTAX,
                         "%s: '%s' becomes '%s'; model, volume, cut, landmarks, tool, reference "
                         "or nothing",
                         build->folder->sources, text_of(item, "name"), becomes);
}

/* --- the whole ------------------------------------------------------------------------------- */

static bool is_taken(const json_t *item)
{
    return strcmp(text_of(item, "becomes"), "nothing") != 0;
}

/* One reading of a source: the parts of `round`. What is to be moved is read once for each way. */
static enum nav_status read_parts(struct build *build, const json_t *source, json_t *parts,
                                  json_t *wish, json_t *moved)
{
    static const char *const keys[] = {"space", "unit",      "as",      "series",
                                       "names", "threshold", "modality"};
    json_t *request = json_pack("{s:s, s:o}", "path", text_of(source, "file"), "parts", parts);
    for (size_t k = 0; k < sizeof(keys) / sizeof(keys[0]); ++k) {
        if (case_sources_text(source, keys[k]) != NULL) {
            (void)json_object_set_new(request, keys[k], json_string(text_of(source, keys[k])));
        }
    }
    if (case_sources_text(source, "error_mm") != NULL) {
        (void)json_object_set_new(request, "error_mm",
                                  json_real(strtod(text_of(source, "error_mm"), NULL)));
    }
    if (wish != NULL) {
        (void)json_object_set(request, "align", wish);
    }
    if (moved != NULL) {
        (void)json_object_set(request, "moved", moved);
    }
    build->source = source;
    build->wish = wish;
    return prepare_child_run(request, on_event, build, build->error);
}

/* What lies in the case's frame by itself. */
static enum nav_status read_plain(struct build *build, const json_t *source)
{
    json_t *parts = json_array();
    size_t i;
    json_t *item;
    json_array_foreach(json_object_get(source, "items"), i, item)
    {
        if (is_taken(item) && case_align_round(item) == CASE_ALIGN_PLAIN) {
            (void)json_array_append_new(parts, json_string(text_of(item, "part")));
        }
    }
    if (json_array_size(parts) == 0) {
        json_decref(parts);
        return NAV_OK;
    }
    return read_parts(build, source, parts, NULL, NULL);
}

/* Scans that are brought to another one, then what goes with them; each by itself. */
static enum nav_status read_moved(struct build *build, const json_t *source,
                                  enum case_align_round round)
{
    enum nav_status status = NAV_OK;
    size_t i;
    json_t *item;
    json_array_foreach(json_object_get(source, "items"), i, item)
    {
        json_t *wish = NULL;
        json_t *moved = NULL;
        if (status != NAV_OK || !is_taken(item) || case_align_round(item) != round) {
            continue;
        }
        status = round == CASE_ALIGN_SCAN
                     ? case_align_wish(build->folder, build->scans, item, &wish, build->error)
                     : case_align_matrix(build->folder, build->scans, item, &moved, build->error);
        if (status == NAV_OK) {
            status =
                read_parts(build, source, json_pack("[s]", text_of(item, "part")), wish, moved);
        }
        json_decref(wish);
        json_decref(moved);
    }
    return status;
}

/* Whether all that the list names was still there. */
static enum nav_status check_seen(const struct build *build, const json_t *source)
{
    size_t i;
    json_t *item;
    json_array_foreach(json_object_get(source, "items"), i, item)
    {
        if (is_taken(item) && json_object_get(item, "seen") == NULL) {
            return cfg_error_set(build->error, NAV_ERR_NOT_FOUND,
                                 "%s: '%s' (part '%s') is no longer in %s; import it again",
                                 build->folder->sources, text_of(item, "name"),
                                 text_of(item, "part"), text_of(source, "file"));
        }
    }
    return NAV_OK;
}

static enum nav_status read_all(struct build *build, const json_t *sources)
{
    enum nav_status status = NAV_OK;
    for (int round = CASE_ALIGN_PLAIN; round <= CASE_ALIGN_ALONG; ++round) {
        size_t i;
        json_t *source;
        json_array_foreach(json_object_get(sources, "sources"), i, source)
        {
            if (status == NAV_OK) {
                status = round == CASE_ALIGN_PLAIN
                             ? read_plain(build, source)
                             : read_moved(build, source, (enum case_align_round)round);
            }
        }
    }
    size_t i;
    json_t *source;
    json_array_foreach(json_object_get(sources, "sources"), i, source)
    {
        if (status == NAV_OK) {
            status = check_seen(build, source);
        }
    }
    return status;
}

/* Replaces one section of the text; `lines` are the list's. */
static enum nav_status put_section(char **text, const char *key, const char *lines,
                                   struct cfg_error *error)
{
    char *section = NULL;
    if (lines == NULL || lines[0] == '\0') {
        return NAV_OK; /* what was not imported is left as it is */
    }
    if (asprintf(&section, CASE_MADE_BY_BUILD "%s:\n%s", key, lines) < 0) {
        return cfg_error_set(error, NAV_ERR_MEMORY, "out of memory");
    }
    char *made = case_text_with_section(*text, key, section);
    free(section);
    if (made == NULL) {
        return cfg_error_set(error, NAV_ERR_MEMORY, "out of memory");
    }
    free(*text);
    *text = made;
    return NAV_OK;
}

static enum nav_status put_reference(char **text, const char *device, struct cfg_error *error)
{
    char *section = NULL;
    if (device[0] == '\0') {
        return NAV_OK;
    }
    if (asprintf(&section,
                 CASE_MADE_BY_BUILD "frames:\n  image: LPS\n  unit: mm\n  reference: %s\n",
                 device) < 0) {
        return cfg_error_set(error, NAV_ERR_MEMORY, "out of memory");
    }
    char *made = case_text_with_section(*text, "frames", section);
    free(section);
    if (made == NULL) {
        return cfg_error_set(error, NAV_ERR_MEMORY, "out of memory");
    }
    free(*text);
    *text = made;
    return NAV_OK;
}

/* Files of an earlier build that the case no longer names. */
static void remove_stale(const struct build *build, const char *kind)
{
    char path[2 * CASE_PATH_SIZE];
    (void)snprintf(path, sizeof(path), "%s/%s", build->folder->path, kind);
    DIR *directory = opendir(path);
    for (struct dirent *entry = directory != NULL ? readdir(directory) : NULL; entry != NULL;
         entry = readdir(directory)) {
        char name[CASE_PATH_SIZE];
        bool kept = entry->d_name[0] == '.';
        (void)snprintf(name, sizeof(name), "%s/%s", kind, entry->d_name);
        for (size_t i = 0; i < build->files.count && !kept; ++i) {
            kept = strcmp(build->files.files[i], name) == 0;
        }
        if (!kept) {
            (void)snprintf(path, sizeof(path), "%s/%s", build->folder->path, name);
            (void)unlink(path);
        }
    }
    if (directory != NULL) {
        (void)closedir(directory);
    }
}

static enum nav_status write_cuts(struct build *build, char **out_text)
{
    const struct case_place place = {build->folder, build->bones, build->quiet, build->error};
    size_t size = 0;
    size_t i;
    json_t *plan;
    FILE *file = open_memstream(out_text, &size);
    enum nav_status status =
        file != NULL ? NAV_OK : cfg_error_set(build->error, NAV_ERR_MEMORY, "out of memory");
    json_array_foreach(build->plans, i, plan)
    {
        if (status == NAV_OK) {
            const bool plane = json_object_get(json_object_get(plan, "plane"), "center_mm") != NULL;
            status =
                plane ? case_place_cut(&place, plan, file) : case_place_line(&place, plan, file);
        }
    }
    if (file != NULL && fclose(file) != 0 && status == NAV_OK) {
        status = cfg_error_set(build->error, NAV_ERR_MEMORY, "out of memory");
    }
    return status;
}

static enum nav_status write_yaml(struct build *build, const char *cuts)
{
    struct cfg_file_bytes file;
    enum nav_status status =
        cfg_file_bytes_read(build->folder->yaml, CASE_TEXT_MAX, &file, build->error);
    if (status != NAV_OK) {
        return status;
    }
    char *text = strdup((const char *)file.bytes);
    cfg_file_bytes_finish(&file);
    if (text == NULL) {
        return cfg_error_set(build->error, NAV_ERR_MEMORY, "out of memory");
    }
    const struct {
        const char *key, *lines;
    } sections[] = {{"models", build->models_text},
                    {"volumes", build->volumes_text},
                    {"cuts", cuts},
                    {"landmarks", build->landmarks_text},
                    {"tools", build->tools_text}};
    for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]) && status == NAV_OK; ++i) {
        status = put_section(&text, sections[i].key, sections[i].lines, build->error);
    }
    if (status == NAV_OK) {
        status = put_reference(&text, build->reference, build->error);
    }
    if (status == NAV_OK) {
        status = case_file_write(build->folder->built, text, strlen(text), build->error);
    }
    free(text);
    return status;
}

static bool open_texts(struct build *build)
{
    build->models = open_memstream(&build->models_text, &build->models_size);
    build->volumes = open_memstream(&build->volumes_text, &build->volumes_size);
    build->landmarks = open_memstream(&build->landmarks_text, &build->landmarks_size);
    build->tools = open_memstream(&build->tools_text, &build->tools_size);
    build->bones = json_array();
    build->scans = json_array();
    build->plans = json_array();
    return build->models != NULL && build->volumes != NULL && build->landmarks != NULL &&
           build->tools != NULL;
}

static void close_texts(struct build *build)
{
    FILE *const files[] = {build->models, build->volumes, build->landmarks, build->tools};
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); ++i) {
        if (files[i] != NULL) {
            (void)fclose(files[i]); /* in memory: its text is complete now */
        }
    }
}

static enum nav_status build_all(struct build *build, json_t *sources)
{
    case_align_enter(sources);
    enum nav_status status = read_all(build, sources);
    close_texts(build);
    char *cuts = NULL;
    if (status == NAV_OK && build->model_count == 0) {
        status = cfg_error_set(build->error, NAV_ERR_REFUSED,
                               "%s: nothing in it becomes a model; import surfaces or a label map",
                               build->folder->sources);
    }
    if (status == NAV_OK) {
        status = write_cuts(build, &cuts);
    }
    if (status == NAV_OK) {
        status = write_yaml(build, cuts);
    }
    free(cuts);
    return status;
}

/* What was built takes the case's place once it loads: a good case is never lost to a bad one. The
 * old lock goes last, so that a build that ends halfway leaves nothing that loads as locked. */
static enum nav_status take_place(struct build *build, struct cfg_case **out_loaded)
{
    const struct case_folder *folder = build->folder;
    const enum nav_status status = cfg_case_load(folder->built, out_loaded, build->error);
    if (status != NAV_OK) {
        return status;
    }
    if ((unlink(folder->lock) != 0 && errno != ENOENT) ||
        rename(folder->built, folder->yaml) != 0) {
        return cfg_error_set(build->error, NAV_ERR_IO, "%s: cannot be written: %s", folder->yaml,
                             strerror(errno));
    }
    remove_stale(build, "models");
    remove_stale(build, "volumes");
    return NAV_OK;
}

enum nav_status case_build(const struct case_folder *folder, const char *by, bool replace,
                           bool quiet, struct cfg_error *error)
{
    json_t *sources = NULL;
    struct cfg_case *loaded = NULL;
    if (access(folder->lock, F_OK) == 0 && !replace) {
        return cfg_error_set(error, NAV_ERR_EXISTS,
                             "%s: is locked; --replace takes the lock away and builds it anew",
                             folder->path);
    }
    enum nav_status status = case_sources_load(folder->sources, &sources, error);
    if (status != NAV_OK) {
        return status;
    }
    struct build *build = calloc(1, sizeof(*build));
    if (build != NULL && open_texts(build)) {
        build->folder = folder;
        build->by = by != NULL ? by : case_login_name();
        build->quiet = quiet;
        build->error = error;
        status = build_all(build, sources);
        if (status == NAV_OK) {
            status = take_place(build, &loaded);
        }
    } else {
        status = cfg_error_set(error, NAV_ERR_MEMORY, "out of memory");
    }
    if (build != NULL) {
        free(build->models_text);
        free(build->volumes_text);
        free(build->landmarks_text);
        free(build->tools_text);
        json_decref(build->bones);
        json_decref(build->scans);
        json_decref(build->plans);
    }
    free(build);
    json_decref(sources);
    if (status == NAV_OK && !quiet) {
        const bool no_tool = strcmp(loaded->tools[0].device, CFG_NO_TOOL_DEVICE) == 0;
        const size_t counts[] = {loaded->model_count, loaded->volume_count, loaded->cut_count,
                                 loaded->landmark_count, no_tool ? 0 : loaded->tool_count};
        static const char *const words[] = {"model", "volume", "cut", "landmark", "tool"};
        printf("%s: built and checked:", folder->yaml);
        for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); ++i) {
            printf("%s %zu %s%s", i > 0 ? "," : "", counts[i], words[i], counts[i] == 1 ? "" : "s");
        }
        putchar('\n');
        if (no_tool) {
            printf("no tool is known yet: import a PLUS device set, or write the tools of the "
                   "operation into %s\n",
                   folder->yaml);
        }
    }
    cfg_case_destroy(loaded);
    return status;
}

int case_build_action(const struct case_order *order)
{
    struct case_folder folder;
    struct cfg_error error = {.text = ""};
    if (!case_folder_set(order->folder, &folder)) {
        fputs("osteonav case: the path of the case is too long\n", stderr);
        return VERB_USAGE;
    }
    if (case_build(&folder, order->by, order->replace, order->json, &error) != NAV_OK) {
        fprintf(stderr, "osteonav case: %s\n", error.text);
        return VERB_FAILED;
    }
    return order->lock ? case_lock_action(folder.yaml, order->by, true) : VERB_OK;
}
