/* PLUS device sets: which tools are tracked, under which names they arrive, where their tips are.
 *
 * A tool `Id` of a device with `ToolReferenceFrame` R is sent as "IdToR". Its tip is the origin of
 * the frame "IdTip" in the coordinate definitions, and it points along that frame's z axis, as PLUS
 * has it of its stylus. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "import.h"
#include "role_names.h"
#include "xml.h"

enum { FRAME_SIZE = 48, DEPTH_MAX = 16 };

struct reader {
    const struct imp_bytes *file;
    const xmlNode *root;
    struct imp_source *source;
    struct cfg_error *error;
};

/* The transform from "ToolTip" to "Tool"; false: there is none. */
static bool find_tip(const struct reader *reader, const char *tool, double out_matrix[16])
{
    char tip[FRAME_SIZE + 4];
    (void)snprintf(tip, sizeof(tip), "%sTip", tool);
    const xmlNode *definitions = imp_xml_child(reader->root, "CoordinateDefinitions");
    for (const xmlNode *node = imp_xml_child(definitions, "Transform"); node != NULL;
         node = node->next) {
        if (node->type == XML_ELEMENT_NODE && imp_xml_is(node, "From", tip) &&
            imp_xml_is(node, "To", tool)) {
            return imp_xml_numbers(node, "Matrix", 16, out_matrix);
        }
    }
    return false;
}

static enum nav_status add_tool(const struct reader *reader, const xmlNode *device,
                                const xmlNode *tool)
{
    char id[FRAME_SIZE];
    char frame[FRAME_SIZE];
    if (!imp_xml_text(tool, "Id", id, sizeof(id)) || id[0] == '\0') {
        return cfg_error_set(reader->error, NAV_ERR_SYNTAX,
                             "%s:%ld: DataSource without an Id; correct the device set",
                             reader->file->name, xmlGetLineNo(tool));
    }
    if (!imp_xml_text(device, "ToolReferenceFrame", frame, sizeof(frame))) {
        (void)snprintf(frame, sizeof(frame), "Tracker");
    }
    for (size_t i = 0; i < reader->source->item_count; ++i) {
        if (strcmp(reader->source->items[i].part, id) == 0) {
            return NAV_OK; /* named again by a virtual device */
        }
    }
    struct imp_item *item = imp_add_item(reader->source, reader->error);
    if (item == NULL) {
        return NAV_ERR_MEMORY;
    }
    (void)snprintf(item->part, sizeof(item->part), "%s", id);
    cfg_role_plain_name(id, item->name);
    (void)snprintf(item->tool.device, sizeof(item->tool.device), "%.30sTo%.30s", id, frame);
    if (strcasecmp(id, "Reference") == 0 || strcasecmp(id, "PatientReference") == 0) {
        item->becomes = IMP_REFERENCE;
        (void)snprintf(item->note, sizeof(item->note), "the marker on the patient");
        return NAV_OK;
    }
    double matrix[16];
    item->becomes = IMP_TOOL;
    item->tool.axis[2] = 1.0;
    if (!find_tip(reader, id, matrix)) {
        item->becomes = IMP_NOTHING;
        (void)snprintf(item->note, sizeof(item->note), "its tip is not calibrated");
        return NAV_OK;
    }
    item->tool.has_tip = true;
    double length = 0.0;
    for (int i = 0; i < 3; ++i) {
        item->tool.tip_mm[i] = matrix[4 * i + 3];
        item->tool.axis[i] = matrix[4 * i + 2];
        length += matrix[4 * i + 2] * matrix[4 * i + 2];
    }
    if (!(fabs(length - 1.0) < 1e-2)) {
        return cfg_error_set(reader->error, NAV_ERR_RANGE,
                             "%s: CoordinateDefinitions: the transform from %sTip is not rigid; "
                             "calibrate the tool again",
                             reader->file->name, id);
    }
    for (int i = 0; i < 3; ++i) {
        item->tool.axis[i] /= sqrt(length);
    }
    return NAV_OK;
}

static enum nav_status read_devices(const struct reader *reader)
{
    enum nav_status status = NAV_OK;
    const xmlNode *collection = imp_xml_child(reader->root, "DataCollection");
    for (const xmlNode *device = imp_xml_child(collection, "Device");
         status == NAV_OK && device != NULL; device = device->next) {
        if (device->type != XML_ELEMENT_NODE || strcmp((const char *)device->name, "Device") != 0) {
            continue;
        }
        const xmlNode *sources = imp_xml_child(device, "DataSources");
        for (const xmlNode *tool = imp_xml_child(sources, "DataSource");
             status == NAV_OK && tool != NULL; tool = tool->next) {
            if (tool->type == XML_ELEMENT_NODE && imp_xml_is(tool, "Type", "Tool")) {
                status = add_tool(reader, device, tool);
            }
        }
    }
    if (status == NAV_OK && reader->source->item_count == 0) {
        status = cfg_error_set(reader->error, NAV_ERR_REFUSED,
                               "%s: no DataSource of type Tool in it", reader->file->name);
    }
    return status;
}

enum nav_status imp_read_tools(const struct imp_bytes *file, struct imp_source *source,
                               struct cfg_error *error)
{
    xmlDoc *document = NULL;
    enum nav_status status =
        imp_xml_parse((const char *)file->bytes, file->size, file->name, &document, error);
    if (status != NAV_OK) {
        return status;
    }
    const struct reader reader = {file, xmlDocGetRootElement(document), source, error};
    (void)snprintf(source->kind, sizeof(source->kind), "tools");
    (void)snprintf(source->format, sizeof(source->format), "plus");
    (void)snprintf(source->space, sizeof(source->space), "tool");
    (void)snprintf(source->unit, sizeof(source->unit), "mm (format)");
    status = read_devices(&reader);
    xmlFreeDoc(document);
    return status;
}
