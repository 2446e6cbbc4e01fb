/* PLY, binary little endian and ASCII: any elements and properties, of which vertex x y z and the
 * faces' vertex indices are kept. */
#include "mesh_internal.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "text_cursor.h"

enum { ELEMENTS_MAX = 16, PROPERTIES_MAX = 64, CORNERS = 3, WORD_MAX = 32 };

enum type { T_NONE = 0, T_I8, T_U8, T_I16, T_U16, T_I32, T_U32, T_F32, T_F64 };

static const struct {
    const char *word;
    enum type type;
} type_words[] = {
    {"char", T_I8},   {"uchar", T_U8},   {"short", T_I16},   {"ushort", T_U16},
    {"int", T_I32},   {"uint", T_U32},   {"float", T_F32},   {"double", T_F64},
    {"int8", T_I8},   {"uint8", T_U8},   {"int16", T_I16},   {"uint16", T_U16},
    {"int32", T_I32}, {"uint32", T_U32}, {"float32", T_F32}, {"float64", T_F64},
};

static const size_t type_size[] = {
    [T_I8] = 1,  [T_U8] = 1,  [T_I16] = 2, [T_U16] = 2,
    [T_I32] = 4, [T_U32] = 4, [T_F32] = 4, [T_F64] = 8,
};

enum use { USE_SKIP = 0, USE_X, USE_Y, USE_Z, USE_INDICES };

struct property {
    enum type type;
    enum type count_type; /* T_NONE: a single value, else a list */
    enum use use;
};

enum element_kind { ELEMENT_OTHER = 0, ELEMENT_VERTEX, ELEMENT_FACE };

struct element {
    enum element_kind kind;
    uint64_t count;
    size_t property_count;
    struct property properties[PROPERTIES_MAX];
};

struct ply {
    const struct cfg_mesh_source *source;
    struct cfg_text_cursor cursor;
    bool ascii;
    bool format_seen;
    size_t element_count;
    struct element elements[ELEMENTS_MAX];
    struct cfg_mesh_raw raw;
};

/* In the header and in an ASCII body a place is a line, in a binary body an offset. */
static enum nav_status refuse(const struct ply *ply, enum nav_status status, const char *what)
{
    return cfg_error_set(ply->source->error, status, "%s:%u: %s", ply->source->name,
                         ply->cursor.line, what);
}

static enum nav_status refuse_body(const struct ply *ply, enum nav_status status, const char *what)
{
    if (ply->ascii) {
        return refuse(ply, status, what);
    }
    const size_t offset = (size_t)(ply->cursor.at - (const char *)ply->source->bytes);
    return cfg_error_set(ply->source->error, status, "%s: offset %zu: %s", ply->source->name,
                         offset, what);
}

/* The next word of a header line; an empty text at its end. */
static void header_word(const char **at, const char *end, char out_word[WORD_MAX])
{
    while (*at < end && (**at == ' ' || **at == '\t')) {
        ++*at;
    }
    size_t length = 0;
    while (*at < end && **at != ' ' && **at != '\t') {
        if (length < WORD_MAX - 1) {
            out_word[length++] = **at;
        }
        ++*at;
    }
    out_word[length] = '\0';
}

static enum type type_of(const char *word)
{
    for (size_t i = 0; i < sizeof(type_words) / sizeof(type_words[0]); ++i) {
        if (strcmp(word, type_words[i].word) == 0) {
            return type_words[i].type;
        }
    }
    return T_NONE;
}

static enum nav_status take_format(struct ply *ply, const char *at, const char *end)
{
    char word[WORD_MAX];
    char version[WORD_MAX];
    header_word(&at, end, word);
    header_word(&at, end, version);
    if (ply->format_seen) {
        return refuse(ply, NAV_ERR_SYNTAX, "second 'format' line; export it again");
    }
    if (strcmp(version, "1.0") != 0) {
        return refuse(ply, NAV_ERR_UNSUPPORTED, "only PLY format 1.0 is read; export it again");
    }
    if (strcmp(word, "ascii") == 0) {
        ply->ascii = true;
    } else if (strcmp(word, "binary_little_endian") != 0) {
        return refuse(ply, NAV_ERR_UNSUPPORTED,
                      "only ascii and binary_little_endian are read; export it as one of them");
    }
    ply->format_seen = true;
    return NAV_OK;
}

static bool has_kind(const struct ply *ply, enum element_kind kind)
{
    for (size_t i = 0; i < ply->element_count; ++i) {
        if (ply->elements[i].kind == kind) {
            return true;
        }
    }
    return false;
}

static enum nav_status take_element(struct ply *ply, const char *at, const char *end)
{
    char name[WORD_MAX];
    char count[WORD_MAX];
    header_word(&at, end, name);
    header_word(&at, end, count);
    if (ply->element_count >= ELEMENTS_MAX) {
        return refuse(ply, NAV_ERR_TOO_LARGE, "too many elements; export it again");
    }
    if (count[0] == '\0' || strspn(count, "0123456789") != strlen(count) || strlen(count) > 18) {
        return refuse(ply, NAV_ERR_SYNTAX,
                      "an element's count is not a whole number of 0 or more; export it again");
    }
    enum element_kind kind = ELEMENT_OTHER;
    if (strcmp(name, "vertex") == 0) {
        kind = ELEMENT_VERTEX;
    } else if (strcmp(name, "face") == 0) {
        kind = ELEMENT_FACE;
    }
    if (kind != ELEMENT_OTHER && has_kind(ply, kind)) {
        return refuse(ply, NAV_ERR_SYNTAX, "an element is declared twice; export it again");
    }
    const uint64_t number = strtoull(count, NULL, 10);
    const uint64_t most =
        (uint64_t)ply->source->triangles_max * (kind == ELEMENT_VERTEX ? CORNERS : 1);
    if (number > most) {
        return cfg_error_set(ply->source->error, NAV_ERR_TOO_LARGE,
                             "%s:%u: announces %" PRIu64 " of element '%s', at most %" PRIu64
                             " are accepted; reduce it",
                             ply->source->name, ply->cursor.line, number, name, most);
    }
    ply->elements[ply->element_count++] = (struct element){.kind = kind, .count = number};
    return NAV_OK;
}

/* What a property of this name is used for; refuses a use twice or with an unusable type. */
static enum nav_status assign_use(const struct ply *ply, const struct element *element,
                                  const char *name, struct property *property)
{
    static const char *const axes[] = {"x", "y", "z"};
    const bool list = property->count_type != T_NONE;
    const bool floating = property->type == T_F32 || property->type == T_F64;
    if (element->kind == ELEMENT_VERTEX) {
        for (size_t i = 0; i < 3; ++i) {
            if (strcmp(name, axes[i]) == 0) {
                property->use = (enum use)(USE_X + i);
            }
        }
        if (property->use != USE_SKIP && (list || !floating)) {
            return refuse(ply, NAV_ERR_UNSUPPORTED, "x, y and z must be float or double");
        }
    }
    if (element->kind == ELEMENT_FACE &&
        (strcmp(name, "vertex_indices") == 0 || strcmp(name, "vertex_index") == 0)) {
        property->use = USE_INDICES;
        if (!list || floating) {
            return refuse(ply, NAV_ERR_UNSUPPORTED,
                          "the faces' vertex indices must be a list of whole numbers");
        }
    }
    for (size_t i = 0; i < element->property_count; ++i) {
        if (property->use != USE_SKIP && element->properties[i].use == property->use) {
            return refuse(ply, NAV_ERR_SYNTAX, "a property is declared twice; export it again");
        }
    }
    return NAV_OK;
}

static enum nav_status take_property(struct ply *ply, const char *at, const char *end)
{
    if (ply->element_count == 0) {
        return refuse(ply, NAV_ERR_SYNTAX, "'property' before any 'element'; export it again");
    }
    struct element *element = &ply->elements[ply->element_count - 1];
    if (element->property_count >= PROPERTIES_MAX) {
        return refuse(ply, NAV_ERR_TOO_LARGE, "too many properties; export it with fewer");
    }
    char word[WORD_MAX];
    struct property property = {.count_type = T_NONE};
    header_word(&at, end, word);
    if (strcmp(word, "list") == 0) {
        header_word(&at, end, word);
        property.count_type = type_of(word);
        header_word(&at, end, word);
        if (property.count_type == T_NONE || property.count_type == T_F32 ||
            property.count_type == T_F64) {
            return refuse(ply, NAV_ERR_SYNTAX, "a list's count must be a whole-number type");
        }
    }
    property.type = type_of(word);
    header_word(&at, end, word);
    if (property.type == T_NONE || word[0] == '\0') {
        return refuse(ply, NAV_ERR_SYNTAX, "a property of unknown type; export it again");
    }
    const enum nav_status status = assign_use(ply, element, word, &property);
    if (status == NAV_OK) {
        element->properties[element->property_count++] = property;
    }
    return status;
}

static bool has_use(const struct element *element, enum use use)
{
    for (size_t i = 0; i < element->property_count; ++i) {
        if (element->properties[i].use == use) {
            return true;
        }
    }
    return false;
}

static enum nav_status check_header(const struct ply *ply)
{
    if (!ply->format_seen) {
        return refuse(ply, NAV_ERR_SYNTAX, "the 'format' line is missing; export it again");
    }
    if (!has_kind(ply, ELEMENT_VERTEX) || !has_kind(ply, ELEMENT_FACE)) {
        return refuse(ply, NAV_ERR_REFUSED,
                      "element 'vertex' or 'face' is missing; export a surface, not points");
    }
    for (size_t i = 0; i < ply->element_count; ++i) {
        const struct element *element = &ply->elements[i];
        if (element->kind == ELEMENT_VERTEX &&
            !(has_use(element, USE_X) && has_use(element, USE_Y) && has_use(element, USE_Z))) {
            return refuse(ply, NAV_ERR_SYNTAX, "vertices lack x, y or z; export it again");
        }
        if (element->kind == ELEMENT_FACE && !has_use(element, USE_INDICES)) {
            return refuse(ply, NAV_ERR_SYNTAX, "faces lack vertex_indices; export it again");
        }
        if (element->kind != ELEMENT_OTHER && element->count == 0) {
            return refuse(ply, NAV_ERR_REFUSED, "has no vertices or no faces; export it again");
        }
    }
    return NAV_OK;
}

static bool is_word(const char *line, size_t length, const char *word)
{
    return length == strlen(word) && memcmp(line, word, length) == 0;
}

static enum nav_status take_header_line(struct ply *ply, const char *line, size_t length)
{
    const char *at = line;
    const char *end = line + length;
    char word[WORD_MAX];
    header_word(&at, end, word);
    if (strcmp(word, "format") == 0) {
        return take_format(ply, at, end);
    }
    if (strcmp(word, "element") == 0) {
        return take_element(ply, at, end);
    }
    if (strcmp(word, "property") == 0) {
        return take_property(ply, at, end);
    }
    if (strcmp(word, "comment") == 0 || strcmp(word, "obj_info") == 0) {
        return cfg_mesh_take_tags(ply->source, at, (size_t)(end - at), &ply->raw);
    }
    return refuse(ply, NAV_ERR_SYNTAX, "unknown line in the header; export it again");
}

static enum nav_status take_header(struct ply *ply)
{
    size_t length = 0;
    (void)cfg_text_take_line(&ply->cursor, &length); /* "ply": seen by the caller */
    while (ply->cursor.at < ply->cursor.end) {
        const char *line = cfg_text_take_line(&ply->cursor, &length);
        if (is_word(line, length, "end_header")) {
            return check_header(ply);
        }
        const uint32_t next = ply->cursor.line;
        ply->cursor.line = next - 1; /* messages name the line in hand */
        const enum nav_status status = take_header_line(ply, line, length);
        ply->cursor.line = next;
        if (status != NAV_OK) {
            return status;
        }
    }
    return refuse(ply, NAV_ERR_LENGTH, "the header does not end: truncated; export it again");
}

/* A value of the body. Whole numbers up to 32 bits are exact in a double. */
static enum nav_status take_value(struct ply *ply, enum type type, double *out_value)
{
    struct cfg_text_cursor *cursor = &ply->cursor;
    const bool floating = type == T_F32 || type == T_F64;
    if (ply->ascii) {
        enum nav_status status;
        if (floating) {
            float value = 0.0f;
            status = cfg_text_take_float(cursor, &value);
            *out_value = (double)value;
        } else {
            int64_t value = 0;
            status = cfg_text_take_integer(cursor, &value);
            *out_value = (double)value;
        }
        return status;
    }
    const size_t size = type_size[type];
    if ((size_t)(cursor->end - cursor->at) < size) {
        return NAV_END;
    }
    uint8_t bytes[8] = {0};
    memcpy(bytes, cursor->at, size);
    cursor->at += size;
    uint64_t bits = 0;
    for (size_t i = 0; i < size; ++i) {
        bits |= (uint64_t)bytes[i] << (8 * i);
    }
    float single;
    const uint32_t low = (uint32_t)bits;
    switch (type) {
    case T_I8:
        *out_value = (int8_t)bits;
        break;
    case T_I16:
        *out_value = (int16_t)bits;
        break;
    case T_I32:
        *out_value = (int32_t)bits;
        break;
    case T_F32:
        memcpy(&single, &low, sizeof(single));
        *out_value = (double)single;
        break;
    case T_F64:
        memcpy(out_value, &bits, sizeof(*out_value));
        break;
    default:
        *out_value = (double)bits;
        break;
    }
    return floating && !isfinite(*out_value) ? NAV_ERR_NOT_FINITE : NAV_OK;
}

static enum nav_status refuse_value(const struct ply *ply, enum nav_status status)
{
    switch (status) {
    case NAV_END:
        return refuse_body(ply, NAV_ERR_LENGTH, "the data end early: truncated; export it again");
    case NAV_ERR_NOT_FINITE:
        return refuse_body(ply, status, "a number is not finite; export it again");
    default:
        return refuse_body(ply, status, "a number expected; export it again");
    }
}

/* The three indices of a face; they are checked against the vertices when both are there. */
static enum nav_status take_indices(struct ply *ply, const struct property *property,
                                    uint64_t count, uint32_t *out_indices)
{
    if (count != CORNERS) {
        return refuse_body(ply, NAV_ERR_UNSUPPORTED,
                           "a face has not three corners; triangulate the surface");
    }
    for (size_t k = 0; k < CORNERS; ++k) {
        double value = 0.0;
        const enum nav_status status = take_value(ply, property->type, &value);
        if (status != NAV_OK) {
            return refuse_value(ply, status);
        }
        if (value < 0.0 || value > (double)UINT32_MAX) {
            return refuse_body(ply, NAV_ERR_RANGE,
                               "a vertex index is out of range; export it again");
        }
        out_indices[k] = (uint32_t)value;
    }
    return NAV_OK;
}

static enum nav_status take_list(struct ply *ply, const struct property *property,
                                 uint32_t *out_indices)
{
    double count = 0.0;
    enum nav_status status = take_value(ply, property->count_type, &count);
    if (status != NAV_OK) {
        return refuse_value(ply, status);
    }
    if (count < 0.0) {
        return refuse_body(ply, NAV_ERR_RANGE, "a list has a negative count; export it again");
    }
    if (property->use == USE_INDICES) {
        return take_indices(ply, property, (uint64_t)count, out_indices);
    }
    for (uint64_t i = 0; i < (uint64_t)count; ++i) {
        double value;
        status = take_value(ply, property->type, &value);
        if (status != NAV_OK && status != NAV_ERR_NOT_FINITE) {
            return refuse_value(ply, status);
        }
    }
    return NAV_OK;
}

static enum nav_status take_row(struct ply *ply, const struct element *element, uint64_t row)
{
    for (size_t i = 0; i < element->property_count; ++i) {
        const struct property *property = &element->properties[i];
        if (property->count_type != T_NONE) {
            const enum nav_status status =
                take_list(ply, property,
                          property->use == USE_INDICES ? ply->raw.triangles + CORNERS * row : NULL);
            if (status != NAV_OK) {
                return status;
            }
            continue;
        }
        double value = 0.0;
        const enum nav_status status = take_value(ply, property->type, &value);
        const bool used = property->use != USE_SKIP;
        if (status != NAV_OK && (used || status != NAV_ERR_NOT_FINITE)) {
            return refuse_value(ply, status);
        }
        if (used) {
            const float single = (float)value;
            if (!isfinite(single)) {
                return refuse_body(ply, NAV_ERR_NOT_FINITE,
                                   "a coordinate does not fit a float; export it again");
            }
            ply->raw.vertices[3 * row + (size_t)(property->use - USE_X)] = single;
        }
    }
    return NAV_OK;
}

/* Fewest bytes that one row can have, to refuse absurd counts before memory is taken. */
static size_t row_size_min(const struct ply *ply, const struct element *element)
{
    size_t size = 0;
    for (size_t i = 0; i < element->property_count; ++i) {
        const struct property *property = &element->properties[i];
        const size_t corners = property->use == USE_INDICES ? CORNERS : 0;
        if (ply->ascii) {
            size += 2 * (1 + corners); /* a digit and a blank each */
        } else if (property->count_type != T_NONE) {
            size += type_size[property->count_type] + corners * type_size[property->type];
        } else {
            size += type_size[property->type];
        }
    }
    return size;
}

static enum nav_status take_element_rows(struct ply *ply, const struct element *element)
{
    const uint64_t left = (uint64_t)(ply->cursor.end - ply->cursor.at);
    const size_t row_min = row_size_min(ply, element);
    /* The last number of an ASCII file needs no blank behind it. */
    if (row_min > 0 && element->count > (left + 1) / row_min) {
        return cfg_error_set(ply->source->error, NAV_ERR_LENGTH,
                             "%s: announces %" PRIu64 " rows of at least %zu bytes but has %" PRIu64
                             " bytes left: truncated; export it again",
                             ply->source->name, element->count, row_min, left);
    }
    void *memory = NULL;
    if (element->kind == ELEMENT_VERTEX) {
        memory = ply->raw.vertices = malloc((size_t)element->count * 3 * sizeof(float));
        ply->raw.vertex_count = (uint32_t)element->count;
    } else if (element->kind == ELEMENT_FACE) {
        memory = ply->raw.triangles = malloc((size_t)element->count * CORNERS * sizeof(uint32_t));
        ply->raw.triangle_count = (uint32_t)element->count;
    }
    if (element->kind != ELEMENT_OTHER && memory == NULL) {
        return cfg_error_set(ply->source->error, NAV_ERR_MEMORY, "%s: out of memory",
                             ply->source->name);
    }
    for (uint64_t row = 0; row < element->count && element->property_count > 0; ++row) {
        const enum nav_status status = take_row(ply, element, row);
        if (status != NAV_OK) {
            return status;
        }
    }
    return NAV_OK;
}

static enum nav_status check_body(struct ply *ply)
{
    const bool at_end =
        ply->ascii ? cfg_text_at_end(&ply->cursor) : ply->cursor.at == ply->cursor.end;
    if (!at_end) {
        return refuse_body(ply, NAV_ERR_LENGTH, "trailing data; export it again");
    }
    const struct cfg_mesh_raw *raw = &ply->raw;
    for (size_t i = 0; i < (size_t)raw->triangle_count * CORNERS; ++i) {
        if (raw->triangles[i] >= raw->vertex_count) {
            return cfg_error_set(ply->source->error, NAV_ERR_RANGE,
                                 "%s: face %zu names vertex %u, there are %u; export it again",
                                 ply->source->name, i / CORNERS, raw->triangles[i],
                                 raw->vertex_count);
        }
    }
    return NAV_OK;
}

enum nav_status cfg_ply_read(const struct cfg_mesh_source *source, struct cfg_mesh_raw *out_raw)
{
    struct ply *ply = calloc(1, sizeof(*ply));
    if (ply == NULL || !cfg_text_init(&ply->cursor, source->bytes, source->size)) {
        free(ply);
        return cfg_error_set(source->error, NAV_ERR_MEMORY, "%s: out of memory", source->name);
    }
    ply->source = source;
    enum nav_status status = take_header(ply);
    for (size_t i = 0; i < ply->element_count && status == NAV_OK; ++i) {
        status = take_element_rows(ply, &ply->elements[i]);
    }
    if (status == NAV_OK) {
        status = check_body(ply);
    }
    if (status == NAV_OK) {
        ply->raw.format = ply->ascii ? CFG_MESH_PLY_ASCII : CFG_MESH_PLY_BINARY;
        *out_raw = ply->raw;
    } else {
        free(ply->raw.vertices);
        free(ply->raw.triangles);
    }
    cfg_text_finish(&ply->cursor);
    free(ply);
    return status;
}
