/* A bounded YAML document in which every value knows its line.
 *
 * Used to say where a file is wrong, before libcyaml converts it. Stricter than YAML: one document
 * in UTF-8 without byte order mark, no anchors, aliases or tags, no key twice, scalar keys only,
 * at most CFG_YAML_DEPTH_MAX levels and CFG_YAML_NODES_MAX values. Thread: any. */
#ifndef CFG_YAML_TREE_H
#define CFG_YAML_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cfg_error.h"
#include "nav/status.h"

enum {
    CFG_YAML_DEPTH_MAX = 12,
    CFG_YAML_NODES_MAX = 20000,
    CFG_YAML_KEYS_MAX = 256,
    CFG_YAML_PATH_SIZE = 256
};

enum cfg_yaml_kind { CFG_YAML_SCALAR = 0, CFG_YAML_MAPPING, CFG_YAML_SEQUENCE };

struct cfg_yaml_node {
    enum cfg_yaml_kind kind;
    uint32_t line;     /* from 1: of the key where there is one */
    uint32_t index;    /* position among the parent's children */
    uint32_t children; /* how many */
    bool quoted;       /* scalar in quotes or as a block */
    const char *key;   /* NULL in a sequence and for the root */
    const char *text;  /* scalar's value, NUL-terminated; NULL otherwise */
    const struct cfg_yaml_node *parent, *first, *next;
};

struct cfg_yaml_tree;

/* Parses `size` bytes; `file` names them in messages. NAV_ERR_SYNTAX, NAV_ERR_ENCODING,
 * NAV_ERR_TOO_LARGE, NAV_ERR_MEMORY. The tree keeps copies, not the bytes. */
NAV_MUST_USE enum nav_status cfg_yaml_parse(const uint8_t *bytes, size_t size, const char *file,
                                            struct cfg_yaml_tree **out_tree,
                                            struct cfg_error *out_error);
void cfg_yaml_destroy(struct cfg_yaml_tree *tree); /* NULL is legal */

const char *cfg_yaml_file(const struct cfg_yaml_tree *tree);
const struct cfg_yaml_node *cfg_yaml_root(const struct cfg_yaml_tree *tree);

/* Child of a mapping by key, or NULL; NULL `node` gives NULL. */
const struct cfg_yaml_node *cfg_yaml_child(const struct cfg_yaml_node *node, const char *key);

/* Child of a sequence by position, or NULL; NULL `node` gives NULL. */
const struct cfg_yaml_node *cfg_yaml_item(const struct cfg_yaml_node *node, uint32_t index);

/* Path from the root, e.g. "models[2].colour"; "the file" for the root. Cut when too long. */
void cfg_yaml_path(const struct cfg_yaml_node *node, char out_path[CFG_YAML_PATH_SIZE]);

#endif
