#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "text_cursor.h"
#include "volume_internal.h"

enum { HEADER_BYTES_MAX = 1 << 20, VALUE_SIZE = 512 };

enum field {
    FIELD_TYPE,
    FIELD_DIMENSION,
    FIELD_SPACE,
    FIELD_SIZES,
    FIELD_DIRECTIONS,
    FIELD_ORIGIN,
    FIELD_ENCODING,
    FIELD_ENDIAN,
    FIELD_KINDS,
    FIELD_UNITS,
    FIELD_NO_SKIP, /* accepted with the value 0 only */
    FIELD_DETACHED,
    FIELD_REMARK, /* changes nothing about the voxels */
    FIELD_COUNT
};

static const struct {
    const char *name;
    enum field field;
} fields[] = {
    {"type", FIELD_TYPE},
    {"dimension", FIELD_DIMENSION},
    {"space", FIELD_SPACE},
    {"sizes", FIELD_SIZES},
    {"space directions", FIELD_DIRECTIONS},
    {"space origin", FIELD_ORIGIN},
    {"encoding", FIELD_ENCODING},
    {"endian", FIELD_ENDIAN},
    {"kinds", FIELD_KINDS},
    {"space units", FIELD_UNITS},
    {"line skip", FIELD_NO_SKIP},
    {"lineskip", FIELD_NO_SKIP},
    {"byte skip", FIELD_NO_SKIP},
    {"byteskip", FIELD_NO_SKIP},
    {"data file", FIELD_DETACHED},
    {"datafile", FIELD_DETACHED},
    {"content", FIELD_REMARK},
    {"number", FIELD_REMARK},
    {"labels", FIELD_REMARK},
    {"units", FIELD_REMARK},
    {"sample units", FIELD_REMARK},
    {"sampleunits", FIELD_REMARK},
    {"thicknesses", FIELD_REMARK},
    {"centers", FIELD_REMARK},
    {"centerings", FIELD_REMARK},
    {"measurement frame", FIELD_REMARK},
    {"min", FIELD_REMARK},
    {"max", FIELD_REMARK},
    {"old min", FIELD_REMARK},
    {"oldmin", FIELD_REMARK},
    {"old max", FIELD_REMARK},
    {"oldmax", FIELD_REMARK},
};
enum { FIELDS = sizeof(fields) / sizeof(fields[0]) };

struct word {
    const char *word;
    int value;
};

enum space { SPACE_LPS = 1, SPACE_RAS };
enum encoding { ENCODING_RAW = 1, ENCODING_GZIP };
enum endian { ENDIAN_LITTLE = 1, ENDIAN_BIG };

static const struct word type_words[] = {
    {"uint8", CFG_VOXEL_UINT8},
    {"uint8_t", CFG_VOXEL_UINT8},
    {"uchar", CFG_VOXEL_UINT8},
    {"unsigned char", CFG_VOXEL_UINT8},
    {"int16", CFG_VOXEL_INT16},
    {"int16_t", CFG_VOXEL_INT16},
    {"short", CFG_VOXEL_INT16},
    {"short int", CFG_VOXEL_INT16},
    {"signed short", CFG_VOXEL_INT16},
    {"signed short int", CFG_VOXEL_INT16},
    {"uint16", CFG_VOXEL_UINT16},
    {"uint16_t", CFG_VOXEL_UINT16},
    {"ushort", CFG_VOXEL_UINT16},
    {"unsigned short", CFG_VOXEL_UINT16},
    {"unsigned short int", CFG_VOXEL_UINT16},
    {"int", CFG_VOXEL_INT32},
    {"int32", CFG_VOXEL_INT32},
    {"int32_t", CFG_VOXEL_INT32},
    {"signed int", CFG_VOXEL_INT32},
    {"float", CFG_VOXEL_FLOAT},
    {NULL, 0},
};
static const struct word space_words[] = {
    {"left-posterior-superior", SPACE_LPS},
    {"LPS", SPACE_LPS},
    {"right-anterior-superior", SPACE_RAS},
    {"RAS", SPACE_RAS},
    {NULL, 0},
};
static const struct word encoding_words[] = {
    {"raw", ENCODING_RAW}, {"gzip", ENCODING_GZIP}, {"gz", ENCODING_GZIP}, {NULL, 0}};
static const struct word endian_words[] = {
    {"little", ENDIAN_LITTLE}, {"big", ENDIAN_BIG}, {NULL, 0}};

struct parser {
    const struct cfg_volume_source *source;
    struct cfg_text_cursor text;
    uint32_t line; /* that is looked at */
    uint32_t seen; /* a bit for every field */
    enum space space;
    enum encoding encoding;
    enum endian endian;
    size_t list_axes; /* before the three of space: 1 when the voxels have layers */
    struct cfg_volume_header header;
    char *notes; /* of a label map */
    size_t notes_size;
};

#define refuse(parser, status, format, ...)                                                        \
    cfg_error_set((parser)->source->error, (status), "%s:%u: " format, (parser)->source->name,     \
                  (unsigned)(parser)->line, __VA_ARGS__)

static enum nav_status take_choice(const struct parser *parser, const char *name, const char *value,
                                   const struct word *words, enum nav_status unknown,
                                   int *out_value)
{
    for (const struct word *word = words; word->word != NULL; ++word) {
        if (strcasecmp(word->word, value) == 0) {
            *out_value = word->value;
            return NAV_OK;
        }
    }
    return refuse(parser, unknown, "%s '%s' is not read; %s, for example, is", name, value,
                  words[0].word);
}

/* Exactly `count` numbers; in vectors of three, written (x,y,z), where `vectors`. */
static enum nav_status take_numbers(const struct parser *parser, const char *name,
                                    const char *value, bool vectors, size_t count,
                                    double *out_numbers)
{
    char plain[VALUE_SIZE];
    size_t marks = 0; /* of the pattern ( , , ) as far as it goes */
    bool pattern = true;
    for (size_t i = 0; i <= strlen(value); ++i) {
        const bool mark = value[i] != '\0' && strchr("(,)", value[i]) != NULL;
        pattern = pattern && (!mark || value[i] == "(,,)"[marks % 4]);
        marks += mark;
        plain[i] = mark ? ' ' : value[i];
    }
    pattern = pattern && marks == (vectors ? count / 3 * 4 : 0);
    struct cfg_text_cursor numbers;
    if (!cfg_text_init(&numbers, (const uint8_t *)plain, strlen(plain))) {
        return refuse(parser, NAV_ERR_MEMORY, "%s: out of memory", name);
    }
    enum nav_status status = pattern ? NAV_OK : NAV_ERR_SYNTAX;
    for (size_t i = 0; status == NAV_OK && i < count; ++i) {
        status = cfg_text_take_double(&numbers, &out_numbers[i]);
    }
    if (status == NAV_OK && !cfg_text_at_end(&numbers)) {
        status = NAV_ERR_SYNTAX;
    }
    cfg_text_finish(&numbers);
    if (status == NAV_OK) {
        return NAV_OK;
    }
    return refuse(parser, status == NAV_ERR_NOT_FINITE ? status : NAV_ERR_SYNTAX,
                  "%s '%s' is not %zu finite numbers%s; export it again", name, value, count,
                  vectors ? " in vectors such as (1,0,0)" : "");
}

static enum nav_status take_sizes(struct parser *parser, const char *value)
{
    double sizes[4];
    const size_t axes = parser->list_axes + 3;
    const enum nav_status status = take_numbers(parser, "sizes", value, false, axes, sizes);
    if (status != NAV_OK) {
        return status;
    }
    for (size_t axis = 0; axis < axes; ++axis) {
        if (!(sizes[axis] >= 1.0 && sizes[axis] <= 1e9) ||
            sizes[axis] != (double)(int64_t)sizes[axis]) {
            return refuse(parser, NAV_ERR_RANGE, "size %g of axis %zu is not a number of voxels",
                          sizes[axis], axis + 1);
        }
        if (axis < parser->list_axes) {
            parser->header.layers = (int64_t)sizes[axis];
        } else {
            parser->header.size[axis - parser->list_axes] = (int64_t)sizes[axis];
        }
    }
    return NAV_OK;
}

/* What a field says about the axes of space: behind the list axis' word, if there is one. */
static enum nav_status skip_list_axis(const struct parser *parser, const char *name,
                                      const char *word, const char **value)
{
    const size_t length = strlen(word);
    if (parser->list_axes == 0) {
        return NAV_OK;
    }
    if (strncasecmp(*value, word, length) != 0 || (*value)[length] != ' ') {
        return refuse(parser, NAV_ERR_UNSUPPORTED,
                      "%s '%s' does not begin with '%s': layers are read only where their axis is "
                      "the first",
                      name, *value, word);
    }
    *value += length + 1;
    return NAV_OK;
}

static enum nav_status take_directions(struct parser *parser, const char *value)
{
    double directions[9];
    enum nav_status status = skip_list_axis(parser, "space directions", "none", &value);
    if (status == NAV_OK) {
        status = take_numbers(parser, "space directions", value, true, 9, directions);
    }
    for (int axis = 0; status == NAV_OK && axis < 3; ++axis) {
        for (int row = 0; row < 3; ++row) {
            parser->header.T_image_voxel[4 * row + axis] = directions[3 * axis + row];
        }
    }
    return status;
}

static enum nav_status take_origin(struct parser *parser, const char *value)
{
    double origin[3];
    const enum nav_status status = take_numbers(parser, "space origin", value, true, 3, origin);
    for (int row = 0; status == NAV_OK && row < 3; ++row) {
        parser->header.T_image_voxel[4 * row + 3] = origin[row];
    }
    return status;
}

/* Three times the same word, of which each is `word` or `other`. */
static enum nav_status take_three(const struct parser *parser, const char *name, const char *value,
                                  const char *word, const char *other)
{
    struct cfg_text_cursor words;
    if (!cfg_text_init(&words, (const uint8_t *)value, strlen(value))) {
        return refuse(parser, NAV_ERR_MEMORY, "%s: out of memory", name);
    }
    bool good = true;
    for (int axis = 0; axis < 3; ++axis) {
        good = good && (cfg_text_take_word(&words, word) || cfg_text_take_word(&words, other));
    }
    good = good && cfg_text_at_end(&words);
    cfg_text_finish(&words);
    return good ? NAV_OK
                : refuse(parser, NAV_ERR_UNSUPPORTED, "%s: %s is read, three times; not '%s'", name,
                         word, value);
}

static enum nav_status take_field(struct parser *parser, enum field field, const char *name,
                                  const char *value)
{
    int found = 0;
    double number = 0.0;
    enum nav_status status = NAV_OK;
    switch (field) {
    case FIELD_TYPE:
        status = take_choice(parser, name, value, type_words, NAV_ERR_UNSUPPORTED, &found);
        parser->header.type = (enum cfg_voxel_type)found;
        return status;
    case FIELD_SPACE:
        status = take_choice(parser, name, value, space_words, NAV_ERR_REFUSED, &found);
        parser->space = (enum space)found;
        return status;
    case FIELD_ENCODING:
        status = take_choice(parser, name, value, encoding_words, NAV_ERR_UNSUPPORTED, &found);
        parser->encoding = (enum encoding)found;
        return status;
    case FIELD_ENDIAN:
        status = take_choice(parser, name, value, endian_words, NAV_ERR_SYNTAX, &found);
        parser->endian = (enum endian)found;
        return status;
    case FIELD_DIMENSION:
        status = take_numbers(parser, name, value, false, 1, &number);
        parser->list_axes = parser->source->labels && number == 4.0;
        return status != NAV_OK || number == 3.0 || parser->list_axes == 1
                   ? status
                   : refuse(parser, NAV_ERR_UNSUPPORTED,
                            "dimension %g: one three-dimensional volume is read; extract it",
                            number);
    case FIELD_NO_SKIP:
        status = take_numbers(parser, name, value, false, 1, &number);
        return status != NAV_OK || number == 0.0
                   ? status
                   : refuse(parser, NAV_ERR_UNSUPPORTED,
                            "%s %g: the data must follow the header at once; export it again", name,
                            number);
    case FIELD_SIZES:
        return take_sizes(parser, value);
    case FIELD_DIRECTIONS:
        return take_directions(parser, value);
    case FIELD_ORIGIN:
        return take_origin(parser, value);
    case FIELD_KINDS:
        status = skip_list_axis(parser, name, "list", &value);
        return status == NAV_OK ? take_three(parser, name, value, "domain", "space") : status;
    case FIELD_UNITS:
        return take_three(parser, name, value, "\"mm\"", "mm");
    case FIELD_DETACHED:
        return refuse(parser, NAV_ERR_REFUSED,
                      "the voxels are in another file (%s); save it as one .nrrd file", value);
    default:
        return NAV_OK;
    }
}

/* key:=value, a note of the program that wrote the file: a label map's names are among them. */
static enum nav_status take_note(struct parser *parser, const char *line, size_t length)
{
    if (!parser->source->labels) {
        return NAV_OK;
    }
    if (parser->notes == NULL) { /* room for all: together they are no longer than the header */
        const size_t most = 2 * (size_t)HEADER_BYTES_MAX; /* the last line may begin at half */
        const size_t size = parser->source->size;
        parser->notes = malloc((size < most ? size : most) + 1);
        if (parser->notes == NULL) {
            return refuse(parser, NAV_ERR_MEMORY, "%s", "out of memory");
        }
    }
    memcpy(parser->notes + parser->notes_size, line, length);
    parser->notes_size += length;
    parser->notes[parser->notes_size++] = '\n';
    return NAV_OK;
}

static enum nav_status take_line(struct parser *parser, const char *line, size_t length)
{
    if (line[0] == '#') {
        return NAV_OK;
    }
    const char *colon = memchr(line, ':', length);
    if (colon == NULL || memchr(line, '\0', length) != NULL ||
        (size_t)(colon - line) + 1 >= length || (colon[1] != ' ' && colon[1] != '=')) {
        return refuse(parser, NAV_ERR_SYNTAX, "'%.*s' is not 'field: value'",
                      (int)(length < 40 ? length : 40), line);
    }
    if (colon[1] == '=') {
        return take_note(parser, line, length);
    }
    const size_t name_length = (size_t)(colon - line);
    size_t from = name_length + 2;
    size_t to = length;
    while (from < to && isspace((unsigned char)line[from])) {
        ++from;
    }
    while (to > from && isspace((unsigned char)line[to - 1])) {
        --to;
    }
    for (size_t i = 0; i < FIELDS; ++i) {
        if (strlen(fields[i].name) != name_length ||
            strncasecmp(fields[i].name, line, name_length) != 0) {
            continue;
        }
        const uint32_t bit = 1U << fields[i].field;
        if (fields[i].field == FIELD_REMARK) {
            return NAV_OK;
        }
        if ((parser->seen & bit) != 0 && fields[i].field != FIELD_NO_SKIP) {
            return refuse(parser, NAV_ERR_SYNTAX, "%s is given twice; export it again",
                          fields[i].name);
        }
        if (to - from >= VALUE_SIZE) {
            return refuse(parser, NAV_ERR_SYNTAX, "%s is too long", fields[i].name);
        }
        char value[VALUE_SIZE];
        memcpy(value, line + from, to - from);
        value[to - from] = '\0';
        parser->seen |= bit;
        return take_field(parser, fields[i].field, fields[i].name, value);
    }
    return refuse(parser, NAV_ERR_UNSUPPORTED, "the field '%.*s' is not read; export it without",
                  (int)(name_length < 40 ? name_length : 40), line);
}

static enum nav_status check_complete(const struct parser *parser)
{
    static const enum field required[] = {FIELD_TYPE,    FIELD_DIMENSION,  FIELD_SPACE,
                                          FIELD_SIZES,   FIELD_DIRECTIONS, FIELD_ORIGIN,
                                          FIELD_ENCODING};
    for (size_t i = 0; i < sizeof(required) / sizeof(required[0]); ++i) {
        if ((parser->seen & 1U << required[i]) != 0) {
            continue;
        }
        for (size_t k = 0; k < FIELDS; ++k) {
            if (fields[k].field == required[i]) {
                return cfg_error_set(parser->source->error, NAV_ERR_REFUSED,
                                     "%s: its header has no '%s'; export it with one",
                                     parser->source->name, fields[k].name);
            }
        }
    }
    if (cfg_voxel_bytes(parser->header.type) > 1 && parser->endian == 0) {
        return cfg_error_set(parser->source->error, NAV_ERR_REFUSED,
                             "%s: its header has no 'endian'; export it with one",
                             parser->source->name);
    }
    return NAV_OK;
}

/* The header up to and with its empty line; the data begin at `*out_offset`. */
static enum nav_status read_header(struct parser *parser, size_t *out_offset)
{
    const struct cfg_volume_source *source = parser->source;
    const char *text = (const char *)source->bytes;
    size_t length = 0;
    parser->line = 1;
    const char *magic = cfg_text_take_line(&parser->text, &length);
    if (length != 8 || memcmp(magic, "NRRD000", 7) != 0 || magic[7] < '1' || magic[7] > '5') {
        return refuse(parser, NAV_ERR_SYNTAX, "%s", "does not begin with NRRD0001 to NRRD0005");
    }
    for (;;) {
        const size_t at = (size_t)(parser->text.at - text);
        parser->line = parser->text.line;
        const size_t left = source->size - at;
        if (memchr(text + at, '\n', left < HEADER_BYTES_MAX ? left : (size_t)HEADER_BYTES_MAX) ==
                NULL ||
            at > HEADER_BYTES_MAX) {
            return refuse(parser, NAV_ERR_LENGTH, "%s",
                          "the header does not end in an empty line; detached data are not read");
        }
        const char *line = cfg_text_take_line(&parser->text, &length);
        if (length == 0) {
            *out_offset = (size_t)(parser->text.at - text);
            return check_complete(parser);
        }
        const enum nav_status status = take_line(parser, line, length);
        if (status != NAV_OK) {
            return status;
        }
    }
}

enum nav_status cfg_nrrd_read(const struct cfg_volume_source *source, struct cfg_volume *volume)
{
    struct parser parser = {
        .source = source,
        .header = {.format = CFG_VOLUME_NRRD, .layers = 1, .slope = 1.0, .intercept = 0.0},
    };
    if (!cfg_text_init(&parser.text, source->bytes, source->size)) {
        return cfg_error_set(source->error, NAV_ERR_MEMORY, "%s: out of memory", source->name);
    }
    size_t offset = 0;
    enum nav_status status = read_header(&parser, &offset);
    cfg_text_finish(&parser.text);
    if (parser.notes != NULL) {
        parser.notes[parser.notes_size] = '\0';
        volume->notes = parser.notes;
    }
    if (status != NAV_OK) {
        return status;
    }
    parser.header.big_endian = parser.endian == ENDIAN_BIG;
    if (parser.space == SPACE_RAS) {
        cfg_volume_turn(parser.header.T_image_voxel);
    }
    struct cfg_stream *stream = NULL;
    status = cfg_stream_create(source, offset, parser.encoding == ENCODING_GZIP, &stream);
    if (status == NAV_OK) {
        status = cfg_volume_fill(source, &parser.header, stream, volume);
    }
    cfg_stream_destroy(stream);
    return status;
}
