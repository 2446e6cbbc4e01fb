#include "yaml_tree.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <yaml.h>

struct cfg_yaml_tree {
    char *file;
    struct cfg_yaml_node *nodes; /* CFG_YAML_NODES_MAX: never moves, so pointers stay good */
    uint32_t node_count;
    char *text; /* all keys and values, NUL-terminated */
    size_t text_size, text_used;
};

struct build {
    struct cfg_yaml_tree *tree;
    struct cfg_error *error;
    struct cfg_yaml_node *open[CFG_YAML_DEPTH_MAX]; /* containers from the root down */
    struct cfg_yaml_node *last[CFG_YAML_DEPTH_MAX]; /* newest child of each */
    uint32_t depth;
    const char *key; /* of the value that comes next in a mapping */
    uint32_t key_line;
    bool root_seen;
};

const char *cfg_yaml_file(const struct cfg_yaml_tree *tree)
{
    return tree->file;
}

const struct cfg_yaml_node *cfg_yaml_root(const struct cfg_yaml_tree *tree)
{
    return &tree->nodes[0];
}

const struct cfg_yaml_node *cfg_yaml_child(const struct cfg_yaml_node *node, const char *key)
{
    if (node == NULL || node->kind != CFG_YAML_MAPPING) {
        return NULL;
    }
    for (const struct cfg_yaml_node *child = node->first; child != NULL; child = child->next) {
        if (strcmp(child->key, key) == 0) {
            return child;
        }
    }
    return NULL;
}

const struct cfg_yaml_node *cfg_yaml_item(const struct cfg_yaml_node *node, uint32_t index)
{
    if (node == NULL || node->kind != CFG_YAML_SEQUENCE) {
        return NULL;
    }
    const struct cfg_yaml_node *child = node->first;
    for (uint32_t i = 0; child != NULL && i < index; ++i) {
        child = child->next;
    }
    return child;
}

void cfg_yaml_path(const struct cfg_yaml_node *node, char out_path[CFG_YAML_PATH_SIZE])
{
    const struct cfg_yaml_node *chain[CFG_YAML_DEPTH_MAX + 1];
    size_t depth = 0;
    for (; node != NULL && node->parent != NULL && depth <= CFG_YAML_DEPTH_MAX;
         node = node->parent) {
        chain[depth++] = node;
    }
    if (depth == 0) {
        (void)snprintf(out_path, CFG_YAML_PATH_SIZE, "the file");
        return;
    }
    size_t used = 0;
    out_path[0] = '\0';
    while (depth > 0 && used < CFG_YAML_PATH_SIZE) {
        const struct cfg_yaml_node *step = chain[--depth];
        char *end = out_path + used;
        const size_t room = CFG_YAML_PATH_SIZE - used;
        const int length = step->key != NULL
                               ? snprintf(end, room, "%s%s", used > 0 ? "." : "", step->key)
                               : snprintf(end, room, "[%u]", step->index);
        used += length > 0 ? (size_t)length : 0;
    }
}

static const char *store(struct build *build, const yaml_char_t *bytes, size_t length)
{
    struct cfg_yaml_tree *tree = build->tree;
    if (length >= tree->text_size - tree->text_used) {
        return NULL;
    }
    char *copy = tree->text + tree->text_used;
    if (length > 0) {
        memcpy(copy, bytes, length);
    }
    copy[length] = '\0';
    tree->text_used += length + 1;
    return copy;
}

static enum nav_status refuse(struct build *build, enum nav_status status, uint32_t line,
                              const char *what)
{
    return cfg_error_set(build->error, status, "%s:%u: %s", build->tree->file, line, what);
}

/* Puts a new value under the open container. */
static enum nav_status add_node(struct build *build, enum cfg_yaml_kind kind, uint32_t line,
                                struct cfg_yaml_node **out_node)
{
    struct cfg_yaml_tree *tree = build->tree;
    if (tree->node_count >= CFG_YAML_NODES_MAX) {
        return refuse(build, NAV_ERR_TOO_LARGE, line,
                      "more values than a case has; is it the right file?");
    }
    struct cfg_yaml_node *node = &tree->nodes[tree->node_count++];
    *node = (struct cfg_yaml_node){.kind = kind, .line = line};
    if (build->depth > 0) {
        struct cfg_yaml_node *parent = build->open[build->depth - 1];
        struct cfg_yaml_node *last = build->last[build->depth - 1];
        if (parent->kind == CFG_YAML_MAPPING) {
            node->key = build->key;
            node->line = build->key_line;
            build->key = NULL;
        }
        node->parent = parent;
        node->index = parent->children++;
        if (last == NULL) {
            parent->first = node;
        } else {
            last->next = node;
        }
        build->last[build->depth - 1] = node;
    }
    build->root_seen = true;
    *out_node = node;
    return NAV_OK;
}

static bool awaits_key(const struct build *build)
{
    return build->depth > 0 && build->open[build->depth - 1]->kind == CFG_YAML_MAPPING &&
           build->key == NULL;
}

static enum nav_status take_key(struct build *build, const yaml_event_t *event, uint32_t line)
{
    const struct cfg_yaml_node *parent = build->open[build->depth - 1];
    const char *key = store(build, event->data.scalar.value, event->data.scalar.length);
    if (key == NULL || parent->children >= CFG_YAML_KEYS_MAX) {
        return refuse(build, NAV_ERR_TOO_LARGE, line,
                      "more keys than a case has; is it the right file?");
    }
    if (strlen(key) != event->data.scalar.length) {
        return refuse(build, NAV_ERR_SYNTAX, line, "a key contains a NUL character; remove it");
    }
    const struct cfg_yaml_node *twin = cfg_yaml_child(parent, key);
    if (twin != NULL) {
        char path[CFG_YAML_PATH_SIZE];
        cfg_yaml_path(twin, path);
        return cfg_error_set(build->error, NAV_ERR_SYNTAX,
                             "%s:%u: %s: given twice, first in line %u; keep one",
                             build->tree->file, line, path, twin->line);
    }
    build->key = key;
    build->key_line = line;
    return NAV_OK;
}

static enum nav_status take_scalar(struct build *build, const yaml_event_t *event, uint32_t line)
{
    if (event->data.scalar.anchor != NULL || event->data.scalar.tag != NULL) {
        return refuse(build, NAV_ERR_SYNTAX, line,
                      "anchors (&) and tags (!) are not accepted; write the value out");
    }
    if (awaits_key(build)) {
        return take_key(build, event, line);
    }
    struct cfg_yaml_node *node = NULL;
    const enum nav_status status = add_node(build, CFG_YAML_SCALAR, line, &node);
    if (status != NAV_OK) {
        return status;
    }
    node->quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    node->text = store(build, event->data.scalar.value, event->data.scalar.length);
    if (node->text == NULL) {
        return refuse(build, NAV_ERR_TOO_LARGE, line, "too much text; is it the right file?");
    }
    if (strlen(node->text) != event->data.scalar.length) {
        return refuse(build, NAV_ERR_SYNTAX, line, "a value contains a NUL character; remove it");
    }
    return NAV_OK;
}

static enum nav_status open_container(struct build *build, enum cfg_yaml_kind kind,
                                      const yaml_char_t *anchor, const yaml_char_t *tag,
                                      uint32_t line)
{
    if (anchor != NULL || tag != NULL) {
        return refuse(build, NAV_ERR_SYNTAX, line,
                      "anchors (&) and tags (!) are not accepted; write the values out");
    }
    if (awaits_key(build)) {
        return refuse(build, NAV_ERR_SYNTAX, line, "a key must be a plain word");
    }
    if (build->depth >= CFG_YAML_DEPTH_MAX) {
        return refuse(build, NAV_ERR_TOO_LARGE, line,
                      "nested deeper than a case is; is it the right file?");
    }
    struct cfg_yaml_node *node = NULL;
    const enum nav_status status = add_node(build, kind, line, &node);
    if (status != NAV_OK) {
        return status;
    }
    build->open[build->depth] = node;
    build->last[build->depth] = NULL;
    build->depth++;
    build->key = NULL;
    return NAV_OK;
}

static enum nav_status take_event(struct build *build, const yaml_event_t *event)
{
    const uint32_t line = (uint32_t)event->start_mark.line + 1;
    switch (event->type) {
    case YAML_DOCUMENT_START_EVENT:
        if (build->root_seen) {
            return refuse(build, NAV_ERR_SYNTAX, line,
                          "a second document begins; a case is one document: remove the `---`");
        }
        return NAV_OK;
    case YAML_ALIAS_EVENT:
        return refuse(build, NAV_ERR_SYNTAX, line,
                      "aliases (*) are not accepted; write the value out");
    case YAML_SCALAR_EVENT:
        return take_scalar(build, event, line);
    case YAML_MAPPING_START_EVENT:
        return open_container(build, CFG_YAML_MAPPING, event->data.mapping_start.anchor,
                              event->data.mapping_start.tag, line);
    case YAML_SEQUENCE_START_EVENT:
        return open_container(build, CFG_YAML_SEQUENCE, event->data.sequence_start.anchor,
                              event->data.sequence_start.tag, line);
    case YAML_MAPPING_END_EVENT:
    case YAML_SEQUENCE_END_EVENT:
        build->depth--;
        return NAV_OK;
    default:
        return NAV_OK;
    }
}

static enum nav_status refuse_syntax(struct build *build, const yaml_parser_t *parser)
{
    if (parser->error == YAML_MEMORY_ERROR) {
        return cfg_error_set(build->error, NAV_ERR_MEMORY, "%s: out of memory", build->tree->file);
    }
    return cfg_error_set(build->error, NAV_ERR_SYNTAX,
                         "%s:%zu: not valid YAML: %s%s%s; check indentation, quotes and brackets",
                         build->tree->file, parser->problem_mark.line + 1,
                         parser->context != NULL ? parser->context : "",
                         parser->context != NULL ? ", " : "",
                         parser->problem != NULL ? parser->problem : "unreadable");
}

static enum nav_status build_tree(struct build *build, const uint8_t *bytes, size_t size)
{
    yaml_parser_t parser;
    if (yaml_parser_initialize(&parser) == 0) {
        return cfg_error_set(build->error, NAV_ERR_MEMORY, "%s: out of memory", build->tree->file);
    }
    yaml_parser_set_input_string(&parser, bytes, size);
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    enum nav_status status = NAV_OK;
    for (bool more = true; more && status == NAV_OK;) {
        yaml_event_t event;
        if (yaml_parser_parse(&parser, &event) == 0) {
            status = refuse_syntax(build, &parser);
            break;
        }
        status = take_event(build, &event);
        more = event.type != YAML_STREAM_END_EVENT;
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&parser);
    if (status == NAV_OK && !build->root_seen) {
        return refuse(build, NAV_ERR_SYNTAX, 1, "is empty; a case begins with `version: 1`");
    }
    return status;
}

/* Length of the UTF-8 sequence at `bytes`, 0 when it is not one (RFC 3629). */
static size_t utf8_length(const uint8_t *bytes, size_t size)
{
    const uint8_t lead = bytes[0];
    if (lead < 0x80) {
        return 1;
    }
    const size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    if (lead < 0xc2 || lead > 0xf4 || size < length) {
        return 0;
    }
    for (size_t i = 1; i < length; ++i) {
        if ((bytes[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    const bool overlong = (lead == 0xe0 && bytes[1] < 0xa0) || (lead == 0xf0 && bytes[1] < 0x90);
    const bool surrogate = lead == 0xed && bytes[1] > 0x9f;
    const bool beyond = lead == 0xf4 && bytes[1] > 0x8f;
    return overlong || surrogate || beyond ? 0 : length;
}

static enum nav_status check_text(struct build *build, const uint8_t *bytes, size_t size)
{
    if (size >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0) {
        return refuse(build, NAV_ERR_ENCODING, 1,
                      "begins with a byte order mark; save it as UTF-8 without BOM");
    }
    uint32_t line = 1;
    bool indentation = true;
    for (size_t i = 0; i < size;) {
        if (bytes[i] == 0) {
            return refuse(build, NAV_ERR_ENCODING, line,
                          "contains a NUL byte; save it as UTF-8 text");
        }
        if (indentation && bytes[i] == '\t') {
            return refuse(build, NAV_ERR_SYNTAX, line, "is indented by a tab; use spaces");
        }
        indentation = bytes[i] == '\n' || (indentation && bytes[i] == ' ');
        const size_t length = utf8_length(bytes + i, size - i);
        if (length == 0) {
            return refuse(build, NAV_ERR_ENCODING, line, "is not UTF-8 text; save it as UTF-8");
        }
        line += bytes[i] == '\n';
        i += length;
    }
    return NAV_OK;
}

enum nav_status cfg_yaml_parse(const uint8_t *bytes, size_t size, const char *file,
                               struct cfg_yaml_tree **out_tree, struct cfg_error *out_error)
{
    struct cfg_yaml_tree *tree = calloc(1, sizeof(*tree));
    if (tree != NULL) {
        /* An escape such as \L makes at most 3 bytes of 2; every value adds its NUL. */
        tree->text_size = 2 * size + 2 * CFG_YAML_NODES_MAX + 1;
        tree->text = malloc(tree->text_size);
        tree->nodes = calloc(CFG_YAML_NODES_MAX, sizeof(*tree->nodes));
        tree->file = strdup(file);
    }
    if (tree == NULL || tree->text == NULL || tree->nodes == NULL || tree->file == NULL) {
        cfg_yaml_destroy(tree);
        return cfg_error_set(out_error, NAV_ERR_MEMORY, "%s: out of memory", file);
    }
    struct build build = {.tree = tree, .error = out_error};
    enum nav_status status = check_text(&build, bytes, size);
    if (status == NAV_OK) {
        status = build_tree(&build, bytes, size);
    }
    if (status != NAV_OK) {
        cfg_yaml_destroy(tree);
        return status;
    }
    *out_tree = tree;
    return NAV_OK;
}

void cfg_yaml_destroy(struct cfg_yaml_tree *tree)
{
    if (tree == NULL) {
        return;
    }
    free(tree->file);
    free(tree->nodes);
    free(tree->text);
    free(tree);
}
