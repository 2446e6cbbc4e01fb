#include "marker_bodies.h"

#include <cyaml/cyaml.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "file_bytes.h"
#include "yaml_schema.h"

#define OPTIONAL_LIST (CYAML_FLAG_OPTIONAL | CYAML_FLAG_POINTER)

enum { FILE_VERSION = 1, FILE_BYTES_MAX = 1 << 20, DEVICE_MAX = 20 };
static const double SIDE_MAX_MM = 1000;
static const double PLACE_MAX_MM = 2000;
static const double UNIT_TOLERANCE = 1e-3;

/* OpenCV's, with how many markers each has. */
static const struct dictionary {
    const char *name;
    int markers;
} dictionaries[] = {
    {"DICT_4X4_50", 50},        {"DICT_4X4_100", 100},         {"DICT_4X4_250", 250},
    {"DICT_4X4_1000", 1000},    {"DICT_5X5_50", 50},           {"DICT_5X5_100", 100},
    {"DICT_5X5_250", 250},      {"DICT_5X5_1000", 1000},       {"DICT_6X6_50", 50},
    {"DICT_6X6_100", 100},      {"DICT_6X6_250", 250},         {"DICT_6X6_1000", 1000},
    {"DICT_7X7_50", 50},        {"DICT_7X7_100", 100},         {"DICT_7X7_250", 250},
    {"DICT_7X7_1000", 1000},    {"DICT_ARUCO_ORIGINAL", 1024}, {"DICT_APRILTAG_16h5", 30},
    {"DICT_APRILTAG_25h9", 35}, {"DICT_APRILTAG_36h10", 2320}, {"DICT_APRILTAG_36h11", 587},
};

struct doc_marker {
    int32_t id;
    double side_mm;
    double *middle_mm, *right, *down;
};

struct doc_body {
    char name[DEVICE_MAX + 1];
    struct doc_marker *markers;
    uint32_t markers_count;
};

struct doc {
    int32_t version;
    char dictionary[CFG_DICTIONARY_SIZE];
    struct doc_body *bodies;
    uint32_t bodies_count;
};

static const cyaml_schema_value_t number = {CYAML_VALUE_FLOAT(CYAML_FLAG_DEFAULT, double)};

static const cyaml_schema_field_t marker_fields[] = {
    CYAML_FIELD_INT("id", CYAML_FLAG_DEFAULT, struct doc_marker, id),
    CYAML_FIELD_FLOAT("side_mm", CYAML_FLAG_DEFAULT, struct doc_marker, side_mm),
    CYAML_FIELD_SEQUENCE_FIXED("middle_mm", OPTIONAL_LIST, struct doc_marker, middle_mm, &number,
                               3),
    CYAML_FIELD_SEQUENCE_FIXED("right", OPTIONAL_LIST, struct doc_marker, right, &number, 3),
    CYAML_FIELD_SEQUENCE_FIXED("down", OPTIONAL_LIST, struct doc_marker, down, &number, 3),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t marker_value = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct doc_marker, marker_fields)};

static const cyaml_schema_field_t body_fields[] = {
    CYAML_FIELD_STRING("name", CYAML_FLAG_DEFAULT, struct doc_body, name, 1),
    CYAML_FIELD_SEQUENCE("markers", CYAML_FLAG_POINTER, struct doc_body, markers, &marker_value, 1,
                         CFG_BODY_MARKERS_MAX),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t body_value = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct doc_body, body_fields)};

static const cyaml_schema_field_t doc_fields[] = {
    CYAML_FIELD_INT("version", CYAML_FLAG_DEFAULT, struct doc, version),
    CYAML_FIELD_STRING("dictionary", CYAML_FLAG_DEFAULT, struct doc, dictionary, 1),
    CYAML_FIELD_SEQUENCE("bodies", CYAML_FLAG_POINTER, struct doc, bodies, &body_value, 1,
                         CFG_BODIES_MAX),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t doc_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct doc, doc_fields)};

struct reading {
    const struct cfg_yaml_tree *tree;
    struct cfg_error *error;
    const struct dictionary *dictionary;
};

static double dot(const double a[3], const double b[3])
{
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

static enum nav_status take_direction(const struct reading *reading,
                                      const struct cfg_yaml_node *marker, const char *key,
                                      const double *given, double out[3])
{
    const double length = given != NULL ? sqrt(dot(given, given)) : 1.0;
    if (!(fabs(length - 1.0) <= UNIT_TOLERANCE)) {
        return cfg_yaml_refuse(reading->tree, cfg_yaml_child(marker, key), NAV_ERR_RANGE,
                               reading->error, "a direction has length 1, not %g", length);
    }
    for (int i = 0; given != NULL && i < 3; ++i) {
        out[i] = given[i] / length;
    }
    return NAV_OK;
}

static enum nav_status take_marker(const struct reading *reading, const struct cfg_yaml_node *node,
                                   const struct doc_marker *doc, struct cfg_body_marker *out)
{
    if (doc->id < 0 || doc->id >= reading->dictionary->markers) {
        return cfg_yaml_refuse(reading->tree, cfg_yaml_child(node, "id"), NAV_ERR_RANGE,
                               reading->error, "a marker of %s has an id from 0 to %d",
                               reading->dictionary->name, reading->dictionary->markers - 1);
    }
    if (!(doc->side_mm > 0) || doc->side_mm > SIDE_MAX_MM) {
        return cfg_yaml_refuse(reading->tree, cfg_yaml_child(node, "side_mm"), NAV_ERR_RANGE,
                               reading->error,
                               "the black square's side in mm, above 0 and up to %g", SIDE_MAX_MM);
    }
    double middle[3] = {0, 0, 0};
    double right[3] = {1, 0, 0};
    double down[3] = {0, 1, 0};
    for (int i = 0; doc->middle_mm != NULL && i < 3; ++i) {
        middle[i] = doc->middle_mm[i];
        if (fabs(middle[i]) > PLACE_MAX_MM) {
            return cfg_yaml_refuse(reading->tree, cfg_yaml_child(node, "middle_mm"), NAV_ERR_RANGE,
                                   reading->error, "further than %g mm from the body's origin",
                                   PLACE_MAX_MM);
        }
    }
    enum nav_status status = take_direction(reading, node, "right", doc->right, right);
    if (status == NAV_OK) {
        status = take_direction(reading, node, "down", doc->down, down);
    }
    if (status != NAV_OK) {
        return status;
    }
    const double along = dot(right, down);
    if (fabs(along) > UNIT_TOLERANCE) {
        return cfg_yaml_refuse(reading->tree, node, NAV_ERR_REFUSED, reading->error,
                               "right and down are not perpendicular");
    }
    for (int i = 0; i < 3; ++i) {
        down[i] -= along * right[i];
    }
    const double length = sqrt(dot(down, down));
    static const double signs[4][2] = {{-1, -1}, {1, -1}, {1, 1}, {-1, 1}};
    out->id = doc->id;
    for (int corner = 0; corner < 4; ++corner) {
        for (int i = 0; i < 3; ++i) {
            out->corners_mm[corner][i] =
                middle[i] + 0.5 * doc->side_mm *
                                (signs[corner][0] * right[i] + signs[corner][1] * down[i] / length);
        }
    }
    return NAV_OK;
}

static bool is_known(const struct cfg_marker_bodies *bodies, int id)
{
    for (size_t i = 0; i < bodies->count; ++i) {
        for (size_t j = 0; j < bodies->bodies[i].marker_count; ++j) {
            if (bodies->bodies[i].markers[j].id == id) {
                return true;
            }
        }
    }
    return false;
}

/* `out->count` already counts this body. */
static enum nav_status take_body(const struct reading *reading, const struct cfg_yaml_node *node,
                                 const struct doc_body *doc, struct cfg_marker_bodies *out)
{
    struct cfg_marker_body *body = &out->bodies[out->count - 1];
    (void)snprintf(body->name, sizeof(body->name), "%s", doc->name);
    for (const char *at = doc->name; *at != '\0'; ++at) {
        if (*at <= ' ' || *at > '~') {
            return cfg_yaml_refuse(reading->tree, cfg_yaml_child(node, "name"), NAV_ERR_RANGE,
                                   reading->error, "a device has printable characters, no blank");
        }
    }
    for (size_t i = 0; i + 1 < out->count; ++i) {
        if (strcasecmp(out->bodies[i].name, body->name) == 0) {
            return cfg_yaml_refuse(reading->tree, cfg_yaml_child(node, "name"), NAV_ERR_REFUSED,
                                   reading->error, "the name is there twice");
        }
    }
    const struct cfg_yaml_node *list = cfg_yaml_child(node, "markers");
    for (uint32_t i = 0; i < doc->markers_count; ++i) {
        const struct cfg_yaml_node *at = cfg_yaml_item(list, i);
        if (is_known(out, doc->markers[i].id)) {
            return cfg_yaml_refuse(reading->tree, cfg_yaml_child(at, "id"), NAV_ERR_REFUSED,
                                   reading->error, "marker %d is there twice",
                                   (int)doc->markers[i].id);
        }
        const enum nav_status status =
            take_marker(reading, at, &doc->markers[i], &body->markers[i]);
        if (status != NAV_OK) {
            return status;
        }
        body->marker_count = i + 1;
    }
    return NAV_OK;
}

/* NULL: there is none of this name. */
static const struct dictionary *find_dictionary(const char *name)
{
    for (size_t i = 0; i < sizeof(dictionaries) / sizeof(dictionaries[0]); ++i) {
        if (strcmp(dictionaries[i].name, name) == 0) {
            return &dictionaries[i];
        }
    }
    return NULL;
}

static enum nav_status take_document(struct reading *reading, const struct doc *doc,
                                     struct cfg_marker_bodies *out)
{
    const struct cfg_yaml_node *root = cfg_yaml_root(reading->tree);
    if (doc->version != FILE_VERSION) {
        return cfg_yaml_refuse(reading->tree, cfg_yaml_child(root, "version"), NAV_ERR_VERSION,
                               reading->error, "version %d is not known; it is %d",
                               (int)doc->version, FILE_VERSION);
    }
    reading->dictionary = find_dictionary(doc->dictionary);
    if (reading->dictionary == NULL) {
        return cfg_yaml_refuse(reading->tree, cfg_yaml_child(root, "dictionary"), NAV_ERR_RANGE,
                               reading->error,
                               "no dictionary of OpenCV has this name; such as DICT_5X5_100");
    }
    (void)snprintf(out->dictionary, sizeof(out->dictionary), "%s", doc->dictionary);
    const struct cfg_yaml_node *list = cfg_yaml_child(root, "bodies");
    for (uint32_t i = 0; i < doc->bodies_count; ++i) {
        out->count = i + 1;
        const enum nav_status status =
            take_body(reading, cfg_yaml_item(list, i), &doc->bodies[i], out);
        if (status != NAV_OK) {
            return status;
        }
    }
    return NAV_OK;
}

enum nav_status cfg_marker_bodies_parse(const uint8_t *bytes, size_t size, const char *name,
                                        struct cfg_marker_bodies *out_bodies,
                                        struct cfg_error *out_error)
{
    struct cfg_yaml_tree *tree = NULL;
    void *document = NULL;
    enum nav_status status = cfg_yaml_parse(bytes, size, name, &tree, out_error);
    if (status == NAV_OK) {
        status = cfg_yaml_check(tree, &doc_schema, out_error);
    }
    if (status == NAV_OK) {
        status = cfg_yaml_convert(tree, bytes, size, &doc_schema, &document, out_error);
    }
    if (status == NAV_OK) {
        struct reading reading = {tree, out_error, NULL};
        struct cfg_marker_bodies bodies = {.count = 0};
        status = take_document(&reading, document, &bodies);
        if (status == NAV_OK) {
            *out_bodies = bodies;
        }
    }
    cfg_yaml_release(&doc_schema, document);
    cfg_yaml_destroy(tree);
    return status;
}

enum nav_status cfg_marker_bodies_load(const char *path, struct cfg_marker_bodies *out_bodies,
                                       struct cfg_error *out_error)
{
    struct cfg_file_bytes file;
    enum nav_status status = cfg_file_bytes_read(path, FILE_BYTES_MAX, &file, out_error);
    if (status == NAV_OK) {
        status = cfg_marker_bodies_parse(file.bytes, file.size, path, out_bodies, out_error);
        cfg_file_bytes_finish(&file);
    }
    return status;
}
