#include "label_names.h"

#include <ctype.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "file_bytes.h"
#include "label_colour.h"
#include "text_cursor.h"

enum { FIELDS_MAX = 16 };

enum column { COLUMN_VALUE, COLUMN_NAME, COLUMN_COLOUR, COLUMN_R, COLUMN_G, COLUMN_B, COLUMNS };

struct field {
    const char *at;
    size_t length;
};

struct reader {
    const char *file;
    struct cfg_text_cursor text;
    uint32_t line;        /* that is looked at; 0 in JSON */
    int columns[COLUMNS]; /* of a .csv or .tsv: which field, -1 = none */
    bool seen[PREP_LABEL_VALUE_MAX + 1];
    struct prep_names names;
    struct cfg_error *error;
};

#define refuse(reader, status, format, ...)                                                        \
    cfg_error_set((reader)->error, (status), "%s:%u: " format, (reader)->file,                     \
                  (unsigned)(reader)->line, __VA_ARGS__)

bool prep_name_is_good(const char *name, size_t length)
{
    if (length == 0 || length >= NAV_NAME_SIZE) {
        return false;
    }
    for (size_t i = 0; i < length;) {
        const unsigned char c = (unsigned char)name[i];
        const size_t more = c < 0x80                ? 0
                            : c >= 0xc2 && c < 0xe0 ? 1
                            : c >= 0xe0 && c < 0xf0 ? 2
                            : c >= 0xf0 && c < 0xf5 ? 3
                                                    : SIZE_MAX;
        if (c < 0x20 || c == 0x7f || more >= length - i) {
            return false;
        }
        for (size_t k = 1; k <= more; ++k) {
            if (((unsigned char)name[i + k] & 0xc0) != 0x80) {
                return false;
            }
        }
        i += more + 1;
    }
    return true;
}

/* --- rows ------------------------------------------------------------------------------------ */

static enum nav_status add(struct reader *reader, int64_t value, struct field name,
                           const uint8_t *colour)
{
    if (value == 0) {
        return NAV_OK;
    }
    if (value < 0 || value > PREP_LABEL_VALUE_MAX) {
        return refuse(reader, NAV_ERR_RANGE, "value %lld; 0 to %d are accepted", (long long)value,
                      PREP_LABEL_VALUE_MAX);
    }
    if (!prep_name_is_good(name.at, name.length)) {
        return refuse(reader, name.length < NAV_NAME_SIZE ? NAV_ERR_SYNTAX : NAV_ERR_LENGTH,
                      "the name of value %lld is empty, longer than %d bytes or not plain UTF-8; "
                      "rename it",
                      (long long)value, NAV_NAME_SIZE - 1);
    }
    if (reader->seen[value]) {
        return refuse(reader, NAV_ERR_REFUSED, "value %lld is named twice; keep one",
                      (long long)value);
    }
    for (size_t i = 0; i < reader->names.count; ++i) {
        const struct prep_name *other = &reader->names.rows[i];
        if (strlen(other->name) == name.length &&
            strncasecmp(other->name, name.at, name.length) == 0) {
            return refuse(reader, NAV_ERR_REFUSED,
                          "'%s' is the name of value %d and of value %lld; rename one", other->name,
                          (int)other->value, (long long)value);
        }
    }
    if (reader->names.count == PREP_NAMES_MAX) {
        return refuse(reader, NAV_ERR_TOO_LARGE, "has more than %d names", PREP_NAMES_MAX);
    }
    struct prep_name *row = &reader->names.rows[reader->names.count++];
    *row = (struct prep_name){.value = (int32_t)value, .coloured = colour != NULL};
    memcpy(row->name, name.at, name.length);
    if (colour != NULL) {
        memcpy(row->colour, colour, sizeof(row->colour));
    }
    reader->seen[value] = true;
    return NAV_OK;
}

/* A whole number of at most nine digits. */
static bool take_whole(struct field field, int64_t *out_value)
{
    if (field.length == 0 || field.length > 9) {
        return false;
    }
    int64_t value = 0;
    for (size_t i = 0; i < field.length; ++i) {
        if (field.at[i] < '0' || field.at[i] > '9') {
            return false;
        }
        value = 10 * value + (field.at[i] - '0');
    }
    *out_value = value;
    return true;
}

static bool take_byte(struct field field, uint8_t *out_byte)
{
    int64_t value = 0;
    if (!take_whole(field, &value) || value > UINT8_MAX) {
        return false;
    }
    *out_byte = (uint8_t)value;
    return true;
}

static bool is_word(struct field field, const char *word)
{
    return field.length == strlen(word) && strncasecmp(field.at, word, field.length) == 0;
}

/* --- .csv and .tsv --------------------------------------------------------------------------- */

static struct field trimmed(struct field field)
{
    while (field.length > 0 && isspace((unsigned char)field.at[0])) {
        ++field.at;
        --field.length;
    }
    while (field.length > 0 && isspace((unsigned char)field.at[field.length - 1])) {
        --field.length;
    }
    if (field.length >= 2 && field.at[0] == '"' && field.at[field.length - 1] == '"') {
        ++field.at;
        field.length -= 2;
    }
    return field;
}

/* Fields of a line; what stands in quotation marks is one. 0: too many, or a mark without its
 * other. */
static size_t split(const char *line, size_t length, char separator, struct field *out_fields)
{
    size_t count = 0, from = 0;
    bool quoted = false;
    for (size_t i = 0; i <= length; ++i) {
        if (i < length && line[i] == '"') {
            quoted = !quoted;
        }
        if (i == length || (line[i] == separator && !quoted)) {
            if (count == FIELDS_MAX) {
                return 0;
            }
            out_fields[count++] = trimmed((struct field){line + from, i - from});
            from = i + 1;
        }
    }
    return quoted ? 0 : count;
}

/* The first row, when it has words where numbers would be. */
static bool take_columns(struct reader *reader, const struct field *fields, size_t count)
{
    static const struct {
        const char *word;
        enum column column;
    } words[] = {
        {"value", COLUMN_VALUE},
        {"label", COLUMN_VALUE},
        {"labelvalue", COLUMN_VALUE},
        {"index", COLUMN_VALUE},
        {"id", COLUMN_VALUE},
        {"name", COLUMN_NAME},
        {"structure", COLUMN_NAME},
        {"colour", COLUMN_COLOUR},
        {"color", COLUMN_COLOUR},
        {"r", COLUMN_R},
        {"red", COLUMN_R},
        {"color_r", COLUMN_R},
        {"g", COLUMN_G},
        {"green", COLUMN_G},
        {"color_g", COLUMN_G},
        {"b", COLUMN_B},
        {"blue", COLUMN_B},
        {"color_b", COLUMN_B},
    };
    int64_t number = 0;
    if (take_whole(fields[0], &number)) {
        return false;
    }
    for (int c = 0; c < COLUMNS; ++c) {
        reader->columns[c] = -1;
    }
    for (size_t i = 0; i < count; ++i) {
        for (size_t w = 0; w < sizeof(words) / sizeof(words[0]); ++w) {
            int *column = &reader->columns[words[w].column];
            if (is_word(fields[i], words[w].word) && *column < 0) {
                *column = (int)i;
            }
        }
    }
    return true;
}

static enum nav_status take_row(struct reader *reader, const struct field *fields, size_t count)
{
    struct field row[COLUMNS] = {{NULL, 0}};
    for (int c = 0; c < COLUMNS; ++c) {
        const int at = reader->columns[c];
        if (at >= 0 && (size_t)at < count) {
            row[c] = fields[at];
        }
    }
    int64_t value = 0;
    if (!take_whole(row[COLUMN_VALUE], &value)) {
        return refuse(reader, NAV_ERR_SYNTAX,
                      "'%.*s' is not the value of a label; a row is a value and a name",
                      (int)row[COLUMN_VALUE].length,
                      row[COLUMN_VALUE].at != NULL ? row[COLUMN_VALUE].at : "");
    }
    uint8_t colour[3];
    bool coloured = false;
    const struct field *word = &row[COLUMN_COLOUR];
    if (word->length > 0) {
        coloured = true;
        if (!prep_colour_from_hex(word->at, word->length, colour)) {
            return refuse(reader, NAV_ERR_SYNTAX, "colour '%.*s' is not #rrggbb", (int)word->length,
                          word->at);
        }
    } else if (row[COLUMN_R].length > 0) {
        coloured = true;
        for (int c = 0; c < 3; ++c) {
            if (!take_byte(row[COLUMN_R + c], &colour[c])) {
                return refuse(reader, NAV_ERR_SYNTAX, "%s", "r, g, b are not three of 0 to 255");
            }
        }
    }
    return add(reader, value, row[COLUMN_NAME], coloured ? colour : NULL);
}

static enum nav_status take_separated(struct reader *reader, const char *line, size_t length,
                                      char separator, bool first)
{
    struct field fields[FIELDS_MAX];
    const size_t count = split(line, length, separator, fields);
    if (count == 0) {
        return refuse(reader, NAV_ERR_SYNTAX,
                      "a quotation mark without its other, or more than %d columns", FIELDS_MAX);
    }
    if (!first) {
        return take_row(reader, fields, count);
    }
    if (take_columns(reader, fields, count)) {
        return reader->columns[COLUMN_VALUE] >= 0 && reader->columns[COLUMN_NAME] >= 0
                   ? NAV_OK
                   : refuse(reader, NAV_ERR_SYNTAX, "%s",
                            "names no columns 'value' and 'name'; write them into the first row");
    }
    /* No names of columns: value, name, and what a third can be. */
    int64_t number = 0;
    reader->columns[COLUMN_VALUE] = 0;
    reader->columns[COLUMN_NAME] = 1;
    reader->columns[COLUMN_COLOUR] = count > 2 && !take_whole(fields[2], &number) ? 2 : -1;
    for (int c = 0; c < 3; ++c) {
        reader->columns[COLUMN_R + c] =
            reader->columns[COLUMN_COLOUR] < 0 && count > 4 ? 2 + c : -1;
    }
    return take_row(reader, fields, count);
}

/* --- tables with blanks between -------------------------------------------------------------- */

/* ITK-SNAP: number r g b alpha visible mesh "name"; else: number name r g b a. */
static enum nav_status take_blanks(struct reader *reader, const char *line, size_t length)
{
    struct field fields[FIELDS_MAX];
    size_t count = 0;
    bool quoted = false;
    for (size_t i = 0; i < length;) {
        if (isspace((unsigned char)line[i])) {
            ++i;
            continue;
        }
        size_t end = i;
        for (bool inside = false; end < length; ++end) {
            inside = inside != (line[end] == '"');
            if (!inside && isspace((unsigned char)line[end])) {
                break;
            }
        }
        if (count == FIELDS_MAX) {
            return refuse(reader, NAV_ERR_SYNTAX, "has more than %d columns", FIELDS_MAX);
        }
        quoted = line[i] == '"' && line[end - 1] == '"' && end - i >= 2;
        fields[count++] = trimmed((struct field){line + i, end - i});
        i = end;
    }
    int64_t value = 0;
    uint8_t colour[3];
    const bool snap = quoted && count == 8;
    bool good = (snap || count == 5 || count == 6) && take_whole(fields[0], &value);
    for (size_t c = 0; good && c < 3; ++c) {
        good = take_byte(fields[(snap ? 1 : 2) + c], &colour[c]);
    }
    if (!good) {
        return refuse(
            reader, NAV_ERR_SYNTAX, "%s",
            "is neither 'number name r g b a' nor ITK-SNAP's 'number r g b a v m \"name\"'");
    }
    return add(reader, value, fields[snap ? 7 : 1], colour);
}

/* --- JSON ------------------------------------------------------------------------------------ */

static enum nav_status take_member(struct reader *reader, const char *key, json_t *member)
{
    const struct field word = {key, strlen(key)};
    int64_t value = 0;
    if (json_is_string(member) && take_whole(word, &value)) {
        return add(reader, value,
                   (struct field){json_string_value(member), json_string_length(member)}, NULL);
    }
    if (json_is_integer(member)) {
        return add(reader, json_integer_value(member), word, NULL);
    }
    return refuse(reader, NAV_ERR_SYNTAX,
                  "'%.60s' is neither \"value\": \"name\" nor \"name\": value", key);
}

static enum nav_status take_item(struct reader *reader, size_t index, json_t *item)
{
    json_t *value = json_object_get(item, "value");
    if (value == NULL) {
        value = json_object_get(item, "label");
    }
    const json_t *name = json_object_get(item, "name");
    json_t *hex = json_object_get(item, "colour");
    if (hex == NULL) {
        hex = json_object_get(item, "color");
    }
    uint8_t colour[3];
    if (!json_is_integer(value) || !json_is_string(name)) {
        return refuse(reader, NAV_ERR_SYNTAX, "item %zu has no whole \"value\" or no \"name\"",
                      index);
    }
    if (hex != NULL &&
        !(json_is_string(hex) &&
          prep_colour_from_hex(json_string_value(hex), json_string_length(hex), colour))) {
        return refuse(reader, NAV_ERR_SYNTAX, "the colour of item %zu is not \"#rrggbb\"", index);
    }
    return add(reader, json_integer_value(value),
               (struct field){json_string_value(name), json_string_length(name)},
               hex != NULL ? colour : NULL);
}

static enum nav_status take_json(struct reader *reader, const uint8_t *bytes, size_t size)
{
    json_error_t where;
    json_t *root = json_loadb((const char *)bytes, size, JSON_REJECT_DUPLICATES, &where);
    if (root == NULL) {
        reader->line = where.line > 0 ? (uint32_t)where.line : 1;
        return refuse(reader, NAV_ERR_SYNTAX, "is not JSON: %s", where.text);
    }
    reader->line = 1;
    json_t *labels = json_object_get(root, "labels");
    labels = labels != NULL ? labels : root;
    enum nav_status status = NAV_OK;
    if (json_is_object(labels)) {
        const char *key;
        json_t *member;
        json_object_foreach(labels, key, member)
        {
            if (status == NAV_OK) {
                status = take_member(reader, key, member);
            }
        }
    } else if (json_is_array(labels)) {
        for (size_t i = 0; status == NAV_OK && i < json_array_size(labels); ++i) {
            status = take_item(reader, i, json_array_get(labels, i));
        }
    } else {
        status = refuse(reader, NAV_ERR_SYNTAX, "%s",
                        "holds neither an object nor an array of values and names");
    }
    json_decref(root);
    return status;
}

/* --- a file ---------------------------------------------------------------------------------- */

enum kind { KIND_CSV, KIND_TSV, KIND_JSON, KIND_BLANKS, KIND_NONE };

static enum kind kind_of(const char *name)
{
    static const struct {
        const char *ending;
        enum kind kind;
    } endings[] = {
        {".csv", KIND_CSV},     {".tsv", KIND_TSV},    {".json", KIND_JSON},
        {".ctbl", KIND_BLANKS}, {".txt", KIND_BLANKS}, {".label", KIND_BLANKS},
        {".lut", KIND_BLANKS},
    };
    const size_t length = strlen(name);
    for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); ++i) {
        const size_t tail = strlen(endings[i].ending);
        if (length >= tail && strcasecmp(name + length - tail, endings[i].ending) == 0) {
            return endings[i].kind;
        }
    }
    return KIND_NONE;
}

static enum nav_status take_lines(struct reader *reader, enum kind kind, const uint8_t *bytes,
                                  size_t size)
{
    static const char mark[] = "\xef\xbb\xbf"; /* that some spreadsheets begin with */
    if (size >= 3 && memcmp(bytes, mark, 3) == 0) {
        bytes += 3;
        size -= 3;
    }
    if (!cfg_text_init(&reader->text, bytes, size)) {
        return refuse(reader, NAV_ERR_MEMORY, "%s", "out of memory");
    }
    enum nav_status status = NAV_OK;
    bool first = true;
    while (status == NAV_OK && reader->text.at < reader->text.end) {
        reader->line = reader->text.line;
        size_t length = 0;
        const char *line = cfg_text_take_line(&reader->text, &length);
        size_t blank = 0;
        while (blank < length && isspace((unsigned char)line[blank])) {
            ++blank;
        }
        if (blank == length || line[blank] == '#') {
            continue;
        }
        status = kind == KIND_BLANKS
                     ? take_blanks(reader, line, length)
                     : take_separated(reader, line, length, kind == KIND_TSV ? '\t' : ',', first);
        first = false;
    }
    cfg_text_finish(&reader->text);
    return status;
}

enum nav_status prep_names_parse(const uint8_t *bytes, size_t size, const char *name,
                                 struct prep_names *out_names, struct cfg_error *out_error)
{
    const enum kind kind = kind_of(name);
    if (kind == KIND_NONE) {
        return cfg_error_set(out_error, NAV_ERR_UNSUPPORTED,
                             "%s: is no table of names; .csv, .tsv, .json, .ctbl and .txt are read",
                             name);
    }
    if (size > PREP_NAMES_BYTES_MAX) {
        return cfg_error_set(out_error, NAV_ERR_TOO_LARGE,
                             "%s: has %zu bytes, at most %d are read; is it a table of names?",
                             name, size, PREP_NAMES_BYTES_MAX);
    }
    struct reader *reader = calloc(1, sizeof(*reader));
    struct prep_name *rows = malloc(PREP_NAMES_MAX * sizeof(*rows));
    if (reader == NULL || rows == NULL) {
        free(reader);
        free(rows);
        return cfg_error_set(out_error, NAV_ERR_MEMORY, "%s: out of memory", name);
    }
    *reader = (struct reader){.file = name, .error = out_error, .names = {.rows = rows}};
    enum nav_status status =
        kind == KIND_JSON ? take_json(reader, bytes, size) : take_lines(reader, kind, bytes, size);
    if (status == NAV_OK && reader->names.count == 0) {
        status =
            cfg_error_set(out_error, NAV_ERR_REFUSED,
                          "%s: names no value but the background; is it the right table?", name);
    }
    if (status == NAV_OK) {
        *out_names = reader->names;
    } else {
        free(rows);
    }
    free(reader);
    return status;
}

enum nav_status prep_names_load(const char *path, struct prep_names *out_names,
                                struct cfg_error *out_error)
{
    struct cfg_file_bytes file;
    enum nav_status status = cfg_file_bytes_read(path, PREP_NAMES_BYTES_MAX, &file, out_error);
    if (status == NAV_OK) {
        status = prep_names_parse(file.bytes, file.size, path, out_names, out_error);
        cfg_file_bytes_finish(&file);
    }
    return status;
}

void prep_names_finish(struct prep_names *names)
{
    free(names->rows);
    *names = (struct prep_names){0};
}
