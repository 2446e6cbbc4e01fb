#include "case_sources.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "case_folder.h"
#include "file_bytes.h"
#include "yaml_schema.h"
#include "yaml_tree.h"

enum { SOURCES_BYTES_MAX = 4 << 20 };

static const char *const source_keys[] = {"file",  "series",    "space",    "unit",     "as",
                                          "names", "threshold", "modality", "error_mm", NULL};
static const char *const item_keys[] = {
    "part",  "becomes",    "name",    "role",    "colour",   "opacity",
    "entry", "caution_mm", "stop_mm", "kerf_mm", "depth_mm", "modality",
    "to",    "transform",  "maps",    "with",    NULL};

json_t *case_sources_new(void)
{
    return json_pack("{s:s, s:[]}", "version", "1", "sources");
}

const char *case_sources_text(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

/* --- reading --------------------------------------------------------------------------------- */

static bool is_known(const char *const *keys, const char *key)
{
    for (; *keys != NULL; ++keys) {
        if (strcmp(*keys, key) == 0) {
            return true;
        }
    }
    return false;
}

/* The scalars of a mapping; `skip` is a key that the caller reads. */
static enum nav_status take_mapping(const struct cfg_yaml_tree *tree,
                                    const struct cfg_yaml_node *node, const char *const *keys,
                                    const char *skip, json_t *out, struct cfg_error *error)
{
    if (node->kind != CFG_YAML_MAPPING) {
        return cfg_yaml_refuse(tree, node, NAV_ERR_SYNTAX, error, "must have keys and values");
    }
    for (const struct cfg_yaml_node *value = node->first; value != NULL; value = value->next) {
        if (skip != NULL && strcmp(value->key, skip) == 0) {
            continue;
        }
        if (!is_known(keys, value->key) || value->kind != CFG_YAML_SCALAR) {
            return cfg_yaml_refuse(tree, value, NAV_ERR_SYNTAX, error,
                                   "is no key of this list; docs/prepare.md names them");
        }
        (void)json_object_set_new(out, value->key, json_string(value->text));
    }
    return NAV_OK;
}

static enum nav_status take_source(const struct cfg_yaml_tree *tree,
                                   const struct cfg_yaml_node *node, json_t *out,
                                   struct cfg_error *error)
{
    json_t *source = json_object();
    json_t *items = json_array();
    (void)json_array_append_new(out, source);
    enum nav_status status = take_mapping(tree, node, source_keys, "items", source, error);
    (void)json_object_set_new(source, "items", items);
    if (status == NAV_OK && case_sources_text(source, "file") == NULL) {
        status = cfg_yaml_refuse(tree, node, NAV_ERR_SYNTAX, error, "key 'file' is missing");
    }
    const struct cfg_yaml_node *list = cfg_yaml_child(node, "items");
    for (const struct cfg_yaml_node *item = list != NULL ? list->first : NULL;
         status == NAV_OK && item != NULL; item = item->next) {
        json_t *object = json_object();
        (void)json_array_append_new(items, object);
        status = take_mapping(tree, item, item_keys, NULL, object, error);
        if (status == NAV_OK && (case_sources_text(object, "part") == NULL ||
                                 case_sources_text(object, "becomes") == NULL)) {
            status = cfg_yaml_refuse(tree, item, NAV_ERR_SYNTAX, error,
                                     "keys 'part' and 'becomes' are needed");
        }
    }
    return status;
}

static enum nav_status take_tree(const struct cfg_yaml_tree *tree, json_t *out,
                                 struct cfg_error *error)
{
    const struct cfg_yaml_node *root = cfg_yaml_root(tree);
    const struct cfg_yaml_node *version = cfg_yaml_child(root, "version");
    const struct cfg_yaml_node *list = cfg_yaml_child(root, "sources");
    if (version == NULL || version->text == NULL || strcmp(version->text, "1") != 0) {
        return cfg_yaml_refuse(tree, version != NULL ? version : root, NAV_ERR_VERSION, error,
                               "version 1 is read");
    }
    if (list == NULL || list->kind != CFG_YAML_SEQUENCE) {
        return cfg_yaml_refuse(tree, root, NAV_ERR_SYNTAX, error, "a list 'sources' is needed");
    }
    enum nav_status status = NAV_OK;
    json_t *sources = json_object_get(out, "sources");
    for (const struct cfg_yaml_node *node = list->first; status == NAV_OK && node != NULL;
         node = node->next) {
        status = take_source(tree, node, sources, error);
    }
    return status;
}

enum nav_status case_sources_load(const char *path, json_t **out_sources, struct cfg_error *error)
{
    struct cfg_file_bytes file;
    struct cfg_yaml_tree *tree = NULL;
    enum nav_status status = cfg_file_bytes_read(path, SOURCES_BYTES_MAX, &file, error);
    if (status != NAV_OK) {
        return status;
    }
    json_t *sources = case_sources_new();
    status = sources != NULL ? cfg_yaml_parse(file.bytes, file.size, path, &tree, error)
                             : cfg_error_set(error, NAV_ERR_MEMORY, "%s: out of memory", path);
    if (status == NAV_OK) {
        status = take_tree(tree, sources, error);
    }
    cfg_yaml_destroy(tree);
    cfg_file_bytes_finish(&file);
    if (status != NAV_OK) {
        json_decref(sources);
        return status;
    }
    *out_sources = sources;
    return NAV_OK;
}

/* --- writing --------------------------------------------------------------------------------- */

static void write_pairs(FILE *file, const json_t *object, const char *const *keys,
                        const char *between)
{
    const char *before = "";
    for (; *keys != NULL; ++keys) {
        const char *value = case_sources_text(object, *keys);
        if (value != NULL) {
            fprintf(file, "%s%s: ", before, *keys);
            case_yaml_text(file, value);
            before = between;
        }
    }
}

enum nav_status case_sources_save(const char *path, const json_t *sources, struct cfg_error *error)
{
    char *bytes = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&bytes, &size);
    if (file == NULL) {
        return cfg_error_set(error, NAV_ERR_MEMORY, "%s: out of memory", path);
    }
    fputs("# What the case beside this file is made of: `osteonav case build` reads it. Correct\n"
          "# names, roles and limits here. Paths may hold a patient's name: this file stays\n"
          "# where it is when the case goes to the theatre. Keys: docs/prepare.md.\n"
          "version: 1\n",
          file);
    const bool none = json_array_size(json_object_get(sources, "sources")) == 0;
    fputs(none ? "sources: []\n" : "sources:\n", file);
    size_t i;
    json_t *source;
    json_array_foreach(json_object_get(sources, "sources"), i, source)
    {
        fputs("  - ", file);
        write_pairs(file, source, source_keys, "\n    ");
        fputs("\n    items:\n", file);
        size_t k;
        json_t *item;
        json_array_foreach(json_object_get(source, "items"), k, item)
        {
            fputs("      - {", file);
            write_pairs(file, item, item_keys, ", ");
            fputs("}\n", file);
        }
    }
    const bool failed = ferror(file) != 0;
    enum nav_status status = fclose(file) == 0 && !failed
                                 ? case_file_write(path, bytes, size, error)
                                 : cfg_error_set(error, NAV_ERR_MEMORY, "%s: out of memory", path);
    free(bytes);
    return status;
}

static bool is_same(const json_t *a, const json_t *b, const char *key)
{
    const char *x = case_sources_text(a, key);
    const char *y = case_sources_text(b, key);
    return strcmp(x != NULL ? x : "", y != NULL ? y : "") == 0;
}

void case_sources_put(json_t *sources, json_t *source)
{
    json_t *list = json_object_get(sources, "sources");
    size_t i;
    json_t *other;
    json_array_foreach(list, i, other)
    {
        if (is_same(other, source, "file") && is_same(other, source, "series")) {
            (void)json_array_set_new(list, i, source);
            return;
        }
    }
    (void)json_array_append_new(list, source);
}
