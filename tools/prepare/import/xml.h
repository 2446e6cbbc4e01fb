/* Small XML documents of other programs, without entities: one that declares any is refused, so
 * that none can grow. Thread: one at a time. */
#ifndef IMPORT_XML_H
#define IMPORT_XML_H

#include <libxml/tree.h>
#include <stdbool.h>
#include <stddef.h>

#include "cfg_error.h"

/* The caller frees with xmlFreeDoc. NAV_ERR_SYNTAX with the line, NAV_ERR_REFUSED, NAV_ERR_MEMORY.
 */
NAV_MUST_USE enum nav_status imp_xml_parse(const char *text, size_t size, const char *name,
                                           xmlDoc **out_document, struct cfg_error *error);

/* First child element of this name, any name when NULL; NULL: none. `parent` may be NULL. */
xmlNode *imp_xml_child(const xmlNode *parent, const char *name);

bool imp_xml_is(const xmlNode *node, const char *attribute, const char *value);

/* Copies an attribute's text; false: there is none (out empty) or it does not fit. */
bool imp_xml_text(const xmlNode *node, const char *attribute, char *out, size_t size);

/* Exactly `count` finite numbers in an attribute. */
bool imp_xml_numbers(const xmlNode *node, const char *attribute, size_t count, double *out);

#endif
