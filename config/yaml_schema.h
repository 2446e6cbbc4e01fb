/* Checks a YAML tree against a libcyaml schema, and says in one line what is wrong and where.
 *
 * libcyaml converts; this check runs first because it is stricter (decimal numbers in any locale,
 * true/false only, no value where a list belongs) and names file, line, key path and remedy.
 * Thread: any. */
#ifndef CFG_YAML_SCHEMA_H
#define CFG_YAML_SCHEMA_H

#include <cyaml/cyaml.h>

#include "file_bytes.h"
#include "yaml_tree.h"

/* Reports the first difference in document order; missing keys of a mapping come after its wrong
 * ones. NAV_ERR_SYNTAX: unknown or missing key, wrong type, wrong word. NAV_ERR_RANGE: a number
 * that is not finite or does not fit, a text or list too short or too long. */
NAV_MUST_USE enum nav_status cfg_yaml_check(const struct cfg_yaml_tree *tree,
                                            const cyaml_schema_value_t *schema,
                                            struct cfg_error *out_error);

/* Loads the bytes that gave `tree` by libcyaml into `*out_document`, to be freed by
 * cfg_yaml_release. Numbers are read in the C locale, whatever the program's is. NAV_ERR_SYNTAX
 * when libcyaml refuses what the check accepted, NAV_ERR_MEMORY. */
NAV_MUST_USE enum nav_status cfg_yaml_convert(const struct cfg_yaml_tree *tree,
                                              const uint8_t *bytes, size_t size,
                                              const cyaml_schema_value_t *schema,
                                              void **out_document, struct cfg_error *out_error);
void cfg_yaml_release(const cyaml_schema_value_t *schema, void *document); /* NULL is legal */

/* A document of its own kind, as read from a file, with what messages about it need. */
struct cfg_yaml_source {
    struct cfg_file_bytes file;
    struct cfg_yaml_tree *tree;
    const cyaml_schema_value_t *schema;
    void *document; /* begins with its `uint32_t version` */
};

/* Reads, checks and converts a file of this version, at most `size_max` bytes. On failure nothing
 * is left to be finished, and `out_error` names file, line and key. NAV_ERR_VERSION, and what
 * reading, parsing, checking and converting have. */
NAV_MUST_USE enum nav_status cfg_yaml_source_read(const char *path, size_t size_max,
                                                  const cyaml_schema_value_t *schema,
                                                  uint32_t version,
                                                  struct cfg_yaml_source *out_source,
                                                  struct cfg_error *out_error);
void cfg_yaml_source_finish(struct cfg_yaml_source *source);

/* Refuses the value at `node` for a reason found by the caller:
 * "file:line: key: TEXT". Returns `status`. */
enum nav_status cfg_yaml_refuse(const struct cfg_yaml_tree *tree, const struct cfg_yaml_node *node,
                                enum nav_status status, struct cfg_error *out_error,
                                const char *format, ...) __attribute__((format(printf, 5, 6)));

#endif
