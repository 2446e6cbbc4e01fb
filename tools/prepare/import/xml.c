#include "xml.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <libxml/parser.h>

enum nav_status imp_xml_parse(const char *text, size_t size, const char *name,
                              xmlDoc **out_document, struct cfg_error *error)
{
    if (size > INT_MAX) {
        return cfg_error_set(error, NAV_ERR_TOO_LARGE, "%s: has %zu bytes of XML", name, size);
    }
    if (memmem(text, size, "<!DOCTYPE", 9) != NULL || memmem(text, size, "<!ENTITY", 8) != NULL) {
        return cfg_error_set(error, NAV_ERR_REFUSED,
                             "%s: declares its own entities, which no such program does; export "
                             "it again",
                             name);
    }
    xmlResetLastError();
    xmlDoc *document =
        xmlReadMemory(text, (int)size, NULL, NULL,
                      XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_HUGE);
    if (document == NULL || xmlDocGetRootElement(document) == NULL) {
        const xmlError *problem = xmlGetLastError();
        xmlFreeDoc(document);
        return cfg_error_set(error, NAV_ERR_SYNTAX,
                             "%s:%d: is no whole XML; it is cut or damaged, export it again", name,
                             problem != NULL ? problem->line : 1);
    }
    *out_document = document;
    return NAV_OK;
}

xmlNode *imp_xml_child(const xmlNode *parent, const char *name)
{
    for (xmlNode *node = parent != NULL ? parent->children : NULL; node != NULL;
         node = node->next) {
        if (node->type == XML_ELEMENT_NODE &&
            (name == NULL || strcmp((const char *)node->name, name) == 0)) {
            return node;
        }
    }
    return NULL;
}

bool imp_xml_is(const xmlNode *node, const char *attribute, const char *value)
{
    xmlChar *text = xmlGetProp(node, (const xmlChar *)attribute);
    const bool same = text != NULL && strcmp((const char *)text, value) == 0;
    xmlFree(text);
    return same;
}

bool imp_xml_text(const xmlNode *node, const char *attribute, char *out, size_t size)
{
    xmlChar *text = xmlGetProp(node, (const xmlChar *)attribute);
    const size_t length = text != NULL ? strlen((const char *)text) : 0;
    const bool good = text != NULL && length < size;
    memcpy(out, good ? (const char *)text : "", good ? length + 1 : 1);
    xmlFree(text);
    return good;
}

bool imp_xml_numbers(const xmlNode *node, const char *attribute, size_t count, double *out)
{
    xmlChar *text = xmlGetProp(node, (const xmlChar *)attribute);
    const char *at = (const char *)text;
    bool good = at != NULL;
    for (size_t i = 0; good && i < count; ++i) {
        char *end = NULL;
        out[i] = strtod(at, &end);
        good = end != at && isfinite(out[i]);
        at = end;
    }
    good = good && at[strspn(at, " \t\r\n")] == '\0';
    xmlFree(text);
    return good;
}
