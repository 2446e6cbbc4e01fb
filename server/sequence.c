#include "sequence.h"

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "decimal.h"
#include "wire_sender_status.h"

enum {
    AXES_MAX = 8,         /* image axes of a header */
    NUMBER_SIZE = 64,     /* longest number as text */
    FRAME_DIGITS_MAX = 9, /* of a frame number */
    SHOWN_MAX = 48        /* bytes of file content quoted in a message */
};

static const double time_max_s = 9e9;             /* fits int64 nanoseconds */
static const double homogeneous_tolerance = 1e-6; /* of the last matrix row */
static const int64_t no_time = INT64_MIN;

struct text {
    const char *p;
    size_t n;
};

enum container { CONTAINER_META_IMAGE, CONTAINER_NRRD };

enum field_kind {
    FIELD_HEADER,
    FIELD_TRANSFORM,
    FIELD_TRANSFORM_STATUS,
    FIELD_TIMESTAMP,
    FIELD_UNFILTERED_TIMESTAMP,
    FIELD_OTHER_OF_FRAME
};

struct field {
    enum field_kind kind;
    struct text key;   /* header key, or the transform's name */
    struct text value; /* trimmed */
    size_t frame;
};

struct parser {
    const char *file_name;
    struct srv_sequence_error *error;
    const char *bytes;
    size_t size;
    enum container container;
    locale_t locale;

    size_t offset; /* of the next line */
    size_t line;   /* number of the line last taken, from 1 */

    bool has_sizes;
    size_t size_count;
    uint64_t sizes[AXES_MAX];
    size_t dimensions; /* 0 = not stated */
    ptrdiff_t list_axis;
    bool names_data_file;
    size_t time_lines; /* Timestamp lines: no more frames than these can be whole */
    size_t name_hint;

    struct srv_sequence *sequence;
};

static enum nav_status fail(struct parser *parser, enum nav_status status, size_t line,
                            const char *format, ...) __attribute__((format(printf, 4, 5)));

static enum nav_status fail(struct parser *parser, enum nav_status status, size_t line,
                            const char *format, ...)
{
    char what[320];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(what, sizeof(what), format, arguments);
    va_end(arguments);
    if (line > 0) {
        (void)snprintf(parser->error->text, sizeof(parser->error->text), "%.160s:%zu: %s",
                       parser->file_name, line, what);
    } else {
        (void)snprintf(parser->error->text, sizeof(parser->error->text), "%.160s: %s",
                       parser->file_name, what);
    }
    return status;
}

static enum nav_status out_of_memory(struct parser *parser)
{
    return fail(parser, NAV_ERR_MEMORY, 0, "not enough memory for the recording");
}

/* Length of a piece of file content that is quoted in a message. */
static int shown(struct text text)
{
    return (int)(text.n < SHOWN_MAX ? text.n : SHOWN_MAX);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static struct text trimmed(struct text text)
{
    while (text.n > 0 && is_blank(text.p[0])) {
        ++text.p;
        --text.n;
    }
    while (text.n > 0 && is_blank(text.p[text.n - 1])) {
        --text.n;
    }
    return text;
}

static bool equals(struct text text, const char *literal)
{
    return text.n == strlen(literal) && memcmp(text.p, literal, text.n) == 0;
}

static bool cut_suffix(struct text *text, const char *suffix)
{
    const size_t n = strlen(suffix);
    if (text->n < n || memcmp(text->p + text->n - n, suffix, n) != 0) {
        return false;
    }
    text->n -= n;
    return true;
}

static bool cut_prefix(struct text *text, const char *prefix)
{
    const size_t n = strlen(prefix);
    if (text->n < n || memcmp(text->p, prefix, n) != 0) {
        return false;
    }
    text->p += n;
    text->n -= n;
    return true;
}

/* Cuts the next word off the front. False when there is none. */
static bool next_word(struct text *rest, struct text *out_word)
{
    *rest = trimmed(*rest);
    size_t n = 0;
    while (n < rest->n && !is_blank(rest->p[n])) {
        ++n;
    }
    *out_word = (struct text){rest->p, n};
    rest->p += n;
    rest->n -= n;
    return n > 0;
}

static bool parse_unsigned(struct text word, uint64_t *out_value)
{
    uint64_t value = 0;
    if (word.n == 0 || word.n > 18) {
        return false;
    }
    for (size_t i = 0; i < word.n; ++i) {
        if (word.p[i] < '0' || word.p[i] > '9') {
            return false;
        }
        value = value * 10 + (uint64_t)(word.p[i] - '0');
    }
    *out_value = value;
    return true;
}

/* "nan", "inf", "-1.#IND" and their relatives: what printf makes of numbers that are none. */
static bool says_not_finite(struct text word)
{
    if (word.n > 0 && (word.p[0] == '-' || word.p[0] == '+')) {
        ++word.p;
        --word.n;
    }
    return memchr(word.p, '#', word.n) != NULL ||
           (word.n >= 3 &&
            (strncasecmp(word.p, "nan", 3) == 0 || strncasecmp(word.p, "inf", 3) == 0));
}

static enum nav_status parse_number(struct parser *parser, struct text word, double *out_value)
{
    char copy[NUMBER_SIZE];
    bool plausible = word.n > 0 && word.n < sizeof(copy);
    for (size_t i = 0; plausible && i < word.n; ++i) {
        plausible = memchr("0123456789+-.eE", word.p[i], 15) != NULL;
    }
    if (!plausible) {
        if (word.n > 0 && says_not_finite(word)) {
            return fail(parser, NAV_ERR_NOT_FINITE, parser->line, "'%.*s' is not a finite number",
                        shown(word), word.p);
        }
        return fail(parser, NAV_ERR_SYNTAX, parser->line, "'%.*s' is not a number", shown(word),
                    word.p);
    }
    memcpy(copy, word.p, word.n);
    copy[word.n] = '\0';
    char *end = NULL;
    const double value = strtod_l(copy, &end, parser->locale);
    if (end != copy + word.n) {
        return fail(parser, NAV_ERR_SYNTAX, parser->line, "'%s' is not a number", copy);
    }
    if (!isfinite(value)) {
        return fail(parser, NAV_ERR_NOT_FINITE, parser->line, "'%s' is too large a number", copy);
    }
    *out_value = value;
    return NAV_OK;
}

/* Takes the next line without its end. NAV_END: no more bytes. */
static enum nav_status next_line(struct parser *parser, struct text *out_line)
{
    if (parser->offset >= parser->size) {
        return NAV_END;
    }
    const char *start = parser->bytes + parser->offset;
    const size_t left = parser->size - parser->offset;
    const size_t window = left < SRV_SEQUENCE_LINE_MAX ? left : SRV_SEQUENCE_LINE_MAX;
    const char *end = memchr(start, '\n', window);
    ++parser->line;
    if (end == NULL && window < left) {
        return fail(parser, NAV_ERR_TOO_LARGE, parser->line, "line longer than %d bytes",
                    SRV_SEQUENCE_LINE_MAX);
    }
    size_t n = end != NULL ? (size_t)(end - start) : left;
    parser->offset += end != NULL ? n + 1 : left;
    if (n > 0 && start[n - 1] == '\r') {
        --n;
    }
    for (size_t i = 0; i < n; ++i) {
        if ((unsigned char)start[i] < ' ' && start[i] != '\t') {
            return fail(parser, NAV_ERR_SYNTAX, parser->line,
                        "control character in the header; is the file complete?");
        }
    }
    *out_line = (struct text){start, n};
    return NAV_OK;
}

/* Splits "key = value", or "key: value" and "key:=value". */
static bool split_line(enum container container, struct text line, struct text *out_key,
                       struct text *out_value)
{
    const char *sign = memchr(line.p, container == CONTAINER_NRRD ? ':' : '=', line.n);
    if (sign == NULL) {
        return false;
    }
    const size_t key_size = (size_t)(sign - line.p);
    *out_key = trimmed((struct text){line.p, key_size});
    *out_value = (struct text){sign + 1, line.n - key_size - 1};
    if (container == CONTAINER_NRRD) {
        (void)cut_prefix(out_value, "=");
    }
    *out_value = trimmed(*out_value);
    return out_key->n > 0;
}

/* "<From>To<To>" with both parts there. */
static bool is_transform_name(struct text name)
{
    for (size_t i = 1; i + 2 < name.n; ++i) {
        if (name.p[i] == 'T' && name.p[i + 1] == 'o') {
            return true;
        }
    }
    return false;
}

static enum nav_status classify(struct parser *parser, struct text key, struct text value,
                                struct field *out_field)
{
    *out_field = (struct field){.kind = FIELD_HEADER, .key = key, .value = value, .frame = 0};
    struct text name = key;
    if (!cut_prefix(&name, "Seq_Frame")) {
        return NAV_OK;
    }
    size_t digits = 0;
    while (digits < name.n && name.p[digits] >= '0' && name.p[digits] <= '9') {
        ++digits;
    }
    uint64_t frame = 0;
    if (digits > FRAME_DIGITS_MAX || !parse_unsigned((struct text){name.p, digits}, &frame) ||
        digits + 1 >= name.n || name.p[digits] != '_') {
        return fail(parser, NAV_ERR_SYNTAX, parser->line,
                    "'%.*s' is not of the form Seq_Frame<number>_<field>", shown(key), key.p);
    }
    name.p += digits + 1;
    name.n -= digits + 1;
    out_field->frame = (size_t)frame;
    out_field->key = name;
    out_field->kind = FIELD_OTHER_OF_FRAME;
    if (equals(name, "Timestamp")) {
        out_field->kind = FIELD_TIMESTAMP;
    } else if (equals(name, "UnfilteredTimestamp")) {
        out_field->kind = FIELD_UNFILTERED_TIMESTAMP;
    } else {
        const bool status = cut_suffix(&name, "TransformStatus");
        if ((status || cut_suffix(&name, "Transform")) && is_transform_name(name)) {
            out_field->kind = status ? FIELD_TRANSFORM_STATUS : FIELD_TRANSFORM;
            out_field->key = name;
        }
    }
    return NAV_OK;
}

/* Takes the next field of the header. NAV_END: the header is complete. */
static enum nav_status next_field(struct parser *parser, struct field *out_field)
{
    for (;;) {
        struct text line = {NULL, 0};
        const enum nav_status status = next_line(parser, &line);
        if (status < NAV_OK) {
            return status;
        }
        const bool nrrd = parser->container == CONTAINER_NRRD;
        if (status == NAV_END) {
            if (nrrd && parser->names_data_file) {
                return NAV_END;
            }
            return fail(parser, NAV_ERR_LENGTH, parser->line,
                        "the file ends inside the header (no %s); it was cut off",
                        nrrd ? "blank line" : "ElementDataFile line");
        }
        if (trimmed(line).n == 0) {
            if (nrrd) {
                return NAV_END;
            }
            continue;
        }
        if (nrrd && (line.p[0] == '#' || parser->line == 1)) {
            continue;
        }
        struct text key;
        struct text value;
        if (!split_line(parser->container, line, &key, &value)) {
            return fail(parser, NAV_ERR_SYNTAX, parser->line, "'%.*s' is not of the form %s",
                        shown(line), line.p, nrrd ? "key: value" : "Key = value");
        }
        if (!nrrd && equals(key, "ElementDataFile")) {
            if (value.n == 0) {
                return fail(parser, NAV_ERR_SYNTAX, parser->line,
                            "ElementDataFile is empty; LOCAL or a file name is needed");
            }
            return NAV_END;
        }
        return classify(parser, key, value, out_field);
    }
}

static enum nav_status take_sizes(struct parser *parser, const struct field *field)
{
    if (parser->has_sizes) {
        return fail(parser, NAV_ERR_SYNTAX, parser->line, "a second %.*s", shown(field->key),
                    field->key.p);
    }
    struct text rest = field->value;
    struct text word;
    while (next_word(&rest, &word)) {
        if (parser->size_count == AXES_MAX ||
            !parse_unsigned(word, &parser->sizes[parser->size_count])) {
            return fail(parser, NAV_ERR_SYNTAX, parser->line, "%.*s must be up to %d whole numbers",
                        shown(field->key), field->key.p, AXES_MAX);
        }
        ++parser->size_count;
    }
    if (parser->size_count == 0) {
        return fail(parser, NAV_ERR_SYNTAX, parser->line, "%.*s is empty", shown(field->key),
                    field->key.p);
    }
    parser->has_sizes = true;
    return NAV_OK;
}

static enum nav_status take_header(struct parser *parser, const struct field *field)
{
    const bool nrrd = parser->container == CONTAINER_NRRD;
    if (equals(field->key, nrrd ? "sizes" : "DimSize")) {
        return take_sizes(parser, field);
    }
    if (equals(field->key, nrrd ? "dimension" : "NDims")) {
        uint64_t count = 0;
        if (!parse_unsigned(field->value, &count) || count == 0 || count > AXES_MAX) {
            return fail(parser, NAV_ERR_RANGE, parser->line, "%.*s must be 1 to %d",
                        shown(field->key), field->key.p, AXES_MAX);
        }
        parser->dimensions = (size_t)count;
    } else if (equals(field->key, nrrd ? "kinds" : "Kinds")) {
        struct text rest = field->value;
        struct text word;
        for (ptrdiff_t axis = 0; next_word(&rest, &word); ++axis) {
            if (equals(word, "list")) {
                parser->list_axis = axis;
            }
        }
    } else if (!nrrd && equals(field->key, "ObjectType") && !equals(field->value, "Image")) {
        return fail(parser, NAV_ERR_UNSUPPORTED, parser->line,
                    "ObjectType is '%.*s'; a sequence file has Image", shown(field->value),
                    field->value.p);
    } else if (nrrd && (equals(field->key, "data file") || equals(field->key, "datafile"))) {
        parser->names_data_file = true;
    }
    return NAV_OK;
}

/* Index of a transform's name; new names are added. */
static enum nav_status intern_name(struct parser *parser, struct text name, size_t *out_index)
{
    struct srv_sequence *sequence = parser->sequence;
    if (name.n >= NAV_NAME_SIZE) {
        return fail(parser, NAV_ERR_RANGE, parser->line, "transform name longer than %d bytes",
                    NAV_NAME_SIZE - 1);
    }
    /* Frames repeat their fields in one order: the next name is the likely one. */
    const size_t count = sequence->transform_count;
    for (size_t i = 0; i < count; ++i) {
        const size_t index = (parser->name_hint + i) % count;
        if (equals(name, sequence->names[index])) {
            parser->name_hint = index + 1;
            *out_index = index;
            return NAV_OK;
        }
    }
    if (count == SRV_SEQUENCE_TRANSFORMS_MAX) {
        return fail(parser, NAV_ERR_TOO_LARGE, parser->line, "more than %d different transforms",
                    SRV_SEQUENCE_TRANSFORMS_MAX);
    }
    memcpy(sequence->names[count], name.p, name.n);
    sequence->names[count][name.n] = '\0';
    sequence->transform_count = count + 1;
    *out_index = count;
    return NAV_OK;
}

/* First pass: the size of everything. */
static enum nav_status survey(struct parser *parser)
{
    for (;;) {
        struct field field;
        enum nav_status status = next_field(parser, &field);
        if (status == NAV_END) {
            return NAV_OK;
        }
        size_t index = 0;
        if (status == NAV_OK) {
            switch (field.kind) {
            case FIELD_HEADER:
                status = take_header(parser, &field);
                break;
            case FIELD_TRANSFORM:
            case FIELD_TRANSFORM_STATUS:
                status = intern_name(parser, field.key, &index);
                break;
            case FIELD_TIMESTAMP:
                ++parser->time_lines;
                break;
            case FIELD_UNFILTERED_TIMESTAMP:
                break;
            case FIELD_OTHER_OF_FRAME:
                ++parser->sequence->ignored_fields;
                break;
            }
        }
        if (status < NAV_OK) {
            return status;
        }
    }
}

static enum nav_status allocate(struct parser *parser)
{
    struct srv_sequence *sequence = parser->sequence;
    const char *key = parser->container == CONTAINER_NRRD ? "sizes" : "DimSize";
    if (!parser->has_sizes) {
        return fail(parser, NAV_ERR_SYNTAX, 0, "no %s: not a sequence file", key);
    }
    if (parser->dimensions != 0 && parser->dimensions != parser->size_count) {
        return fail(parser, NAV_ERR_LENGTH, 0, "%s has %zu numbers but %zu dimensions are stated",
                    key, parser->size_count, parser->dimensions);
    }
    const size_t axis = parser->list_axis >= 0 ? (size_t)parser->list_axis : parser->size_count - 1;
    if (axis >= parser->size_count) {
        return fail(parser, NAV_ERR_LENGTH, 0, "kinds has more entries than %s", key);
    }
    const uint64_t frames = parser->sizes[axis];
    if (frames == 0 || parser->time_lines == 0) {
        return fail(parser, NAV_ERR_LENGTH, 0, "no frames in the recording");
    }
    if (frames != parser->time_lines) {
        return fail(parser, NAV_ERR_LENGTH, 0,
                    "%s announces %llu frames but %zu have a Timestamp; the file is damaged", key,
                    (unsigned long long)frames, parser->time_lines);
    }
    const size_t transforms = sequence->transform_count;
    if (frames > SRV_SEQUENCE_POSES_MAX ||
        frames * (transforms > 0 ? transforms : 1) > SRV_SEQUENCE_POSES_MAX) {
        return fail(parser, NAV_ERR_TOO_LARGE, 0, "more than %d poses; split the recording",
                    SRV_SEQUENCE_POSES_MAX);
    }
    sequence->frame_count = (size_t)frames;
    sequence->time_ns = malloc(sequence->frame_count * sizeof(*sequence->time_ns));
    sequence->unfiltered_ns = malloc(sequence->frame_count * sizeof(*sequence->unfiltered_ns));
    sequence->poses =
        calloc(sequence->frame_count * (transforms > 0 ? transforms : 1), sizeof(*sequence->poses));
    if (sequence->time_ns == NULL || sequence->unfiltered_ns == NULL || sequence->poses == NULL) {
        return out_of_memory(parser);
    }
    for (size_t i = 0; i < sequence->frame_count; ++i) {
        sequence->time_ns[i] = no_time;
        sequence->unfiltered_ns[i] = no_time;
    }
    for (size_t i = 0; i < sequence->frame_count * transforms; ++i) {
        sequence->poses[i].word = SRV_SEQUENCE_NO_WORD;
    }
    return NAV_OK;
}

static enum nav_status second_value(struct parser *parser, const struct field *field)
{
    return fail(parser, NAV_ERR_SYNTAX, parser->line, "a second '%.*s' for frame %zu",
                shown(field->key), field->key.p, field->frame);
}

static enum nav_status take_time(struct parser *parser, const struct field *field, int64_t *slot)
{
    if (*slot != no_time) {
        return second_value(parser, field);
    }
    double seconds = 0;
    const enum nav_status status = parse_number(parser, field->value, &seconds);
    if (status != NAV_OK) {
        return status;
    }
    if (fabs(seconds) > time_max_s) {
        return fail(parser, NAV_ERR_RANGE, parser->line, "time stamp %g s is out of range",
                    seconds);
    }
    /* Exactly where it is written as digits; with an exponent as exactly as a double is. */
    if (!srv_decimal_parse(field->value.p, field->value.n, SRV_DECIMAL_PLACES_MAX, slot)) {
        *slot = llround(seconds * (double)1000000000);
    }
    return NAV_OK;
}

static enum nav_status take_matrix(struct parser *parser, const struct field *field,
                                   struct srv_sequence_pose *pose)
{
    if (pose->present) {
        return second_value(parser, field);
    }
    struct text rest = field->value;
    struct text word;
    size_t count = 0;
    while (next_word(&rest, &word)) {
        if (count == 16) {
            count = 17;
            break;
        }
        const enum nav_status status = parse_number(parser, word, &pose->matrix[count]);
        if (status != NAV_OK) {
            return status;
        }
        ++count;
    }
    if (count != 16) {
        return fail(parser, NAV_ERR_SYNTAX, parser->line,
                    "a transform has 16 numbers, row by row; here are %s",
                    count < 16 ? "fewer" : "more");
    }
    static const double last_row[4] = {0, 0, 0, 1};
    for (size_t i = 0; i < 4; ++i) {
        if (fabs(pose->matrix[12 + i] - last_row[i]) > homogeneous_tolerance) {
            return fail(parser, NAV_ERR_RANGE, parser->line,
                        "the last four numbers of a transform must be 0 0 0 1");
        }
    }
    pose->present = true;
    return NAV_OK;
}

static enum nav_status take_status(struct parser *parser, const struct field *field,
                                   struct srv_sequence_pose *pose)
{
    struct srv_sequence *sequence = parser->sequence;
    const struct text word = field->value;
    if (pose->word != SRV_SEQUENCE_NO_WORD) {
        return second_value(parser, field);
    }
    if (word.n == 0 || word.n >= SRV_SEQUENCE_WORD_SIZE) {
        return fail(parser, NAV_ERR_SYNTAX, parser->line, "'%.*s' is not a status word",
                    shown(word), word.p);
    }
    size_t index = 0;
    while (index < sequence->word_count && !equals(word, sequence->words[index])) {
        ++index;
    }
    if (index == sequence->word_count) {
        if (index == SRV_SEQUENCE_WORDS_MAX) {
            return fail(parser, NAV_ERR_TOO_LARGE, parser->line,
                        "more than %d different status words", SRV_SEQUENCE_WORDS_MAX);
        }
        memcpy(sequence->words[index], word.p, word.n);
        sequence->words[index][word.n] = '\0';
        ++sequence->word_count;
    }
    pose->word = (uint8_t)index;
    pose->status = (uint8_t)wire_sender_status_of_word(word.p, word.n);
    return NAV_OK;
}

static enum nav_status take_frame_field(struct parser *parser, const struct field *field)
{
    struct srv_sequence *sequence = parser->sequence;
    if (field->frame >= sequence->frame_count) {
        return fail(parser, NAV_ERR_LENGTH, parser->line,
                    "frame %zu, but the header announces %zu frames", field->frame,
                    sequence->frame_count);
    }
    struct srv_sequence_pose *pose = NULL;
    if (field->kind == FIELD_TRANSFORM || field->kind == FIELD_TRANSFORM_STATUS) {
        size_t index = 0;
        const enum nav_status status = intern_name(parser, field->key, &index);
        if (status != NAV_OK) {
            return status;
        }
        pose = &sequence->poses[field->frame * sequence->transform_count + index];
    }
    switch (field->kind) {
    case FIELD_TRANSFORM:
        return take_matrix(parser, field, pose);
    case FIELD_TRANSFORM_STATUS:
        return take_status(parser, field, pose);
    case FIELD_TIMESTAMP:
        return take_time(parser, field, &sequence->time_ns[field->frame]);
    case FIELD_UNFILTERED_TIMESTAMP:
        return take_time(parser, field, &sequence->unfiltered_ns[field->frame]);
    case FIELD_HEADER:
    case FIELD_OTHER_OF_FRAME:
        break;
    }
    return NAV_OK;
}

/* Second pass: the values. */
static enum nav_status fill(struct parser *parser)
{
    for (;;) {
        struct field field;
        enum nav_status status = next_field(parser, &field);
        if (status == NAV_END) {
            return NAV_OK;
        }
        if (status == NAV_OK && field.kind != FIELD_HEADER) {
            status = take_frame_field(parser, &field);
        }
        if (status < NAV_OK) {
            return status;
        }
    }
}

static enum nav_status check_times(struct parser *parser)
{
    struct srv_sequence *sequence = parser->sequence;
    bool has_unfiltered = false;
    for (size_t i = 0; i < sequence->frame_count; ++i) {
        if (sequence->time_ns[i] == no_time) {
            return fail(parser, NAV_ERR_LENGTH, 0, "frame %zu is missing", i);
        }
        if (i > 0 && sequence->time_ns[i] < sequence->time_ns[i - 1]) {
            return fail(parser, NAV_ERR_RANGE, 0,
                        "the Timestamp of frame %zu is before that of frame %zu", i, i - 1);
        }
        if (sequence->unfiltered_ns[i] == no_time) {
            sequence->unfiltered_ns[i] = sequence->time_ns[i];
        } else {
            has_unfiltered = true;
        }
    }
    if (!has_unfiltered) {
        free(sequence->unfiltered_ns);
        sequence->unfiltered_ns = NULL;
    }
    return NAV_OK;
}

static enum nav_status recognise(struct parser *parser)
{
    const struct text head = {parser->bytes, parser->size};
    struct text first = head;
    if (cut_prefix(&first, "NRRD000") && first.n > 0 && first.p[0] >= '1' && first.p[0] <= '5') {
        parser->container = CONTAINER_NRRD;
        return NAV_OK;
    }
    first = head;
    if (cut_prefix(&first, "ObjectType") || cut_prefix(&first, "NDims")) {
        parser->container = CONTAINER_META_IMAGE;
        return NAV_OK;
    }
    return fail(parser, NAV_ERR_UNSUPPORTED, 0,
                "not a sequence file; .igs.mha (MetaImage) and .igs.nrrd are read");
}

static enum nav_status parse(struct parser *parser)
{
    enum nav_status status = recognise(parser);
    if (status != NAV_OK) {
        return status;
    }
    parser->sequence = calloc(1, sizeof(*parser->sequence));
    if (parser->sequence == NULL) {
        return out_of_memory(parser);
    }
    parser->sequence->names = calloc(SRV_SEQUENCE_TRANSFORMS_MAX, sizeof(*parser->sequence->names));
    if (parser->sequence->names == NULL) {
        return out_of_memory(parser);
    }
    status = survey(parser);
    if (status != NAV_OK) {
        return status;
    }
    status = allocate(parser);
    if (status != NAV_OK) {
        return status;
    }
    parser->offset = 0;
    parser->line = 0;
    parser->name_hint = 0;
    status = fill(parser);
    if (status != NAV_OK) {
        return status;
    }
    return check_times(parser);
}

enum nav_status srv_sequence_parse(const char *bytes, size_t size, const char *name,
                                   struct srv_sequence **out_sequence,
                                   struct srv_sequence_error *out_error)
{
    struct parser parser = {
        .file_name = name, .error = out_error, .bytes = bytes, .size = size, .list_axis = -1};
    parser.locale = newlocale(LC_NUMERIC_MASK, "C", (locale_t)0);
    if (parser.locale == (locale_t)0) {
        return out_of_memory(&parser);
    }
    const enum nav_status status = parse(&parser);
    freelocale(parser.locale);
    if (status != NAV_OK) {
        srv_sequence_destroy(parser.sequence);
        return status;
    }
    *out_sequence = parser.sequence;
    return NAV_OK;
}

enum nav_status srv_sequence_read(const char *path, struct srv_sequence **out_sequence,
                                  struct srv_sequence_error *out_error)
{
    struct parser reporter = {.file_name = path, .error = out_error};
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return fail(&reporter, errno == ENOENT ? NAV_ERR_NOT_FOUND : NAV_ERR_IO, 0,
                    "cannot open: %s", strerror(errno));
    }
    struct stat info;
    if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode) || info.st_size <= 0) {
        (void)close(fd);
        return fail(&reporter, NAV_ERR_UNSUPPORTED, 0, "not a regular file with content");
    }
    const size_t size = (size_t)info.st_size;
    void *bytes = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
    const int map_error = errno;
    (void)close(fd);
    if (bytes == MAP_FAILED) {
        return fail(&reporter, NAV_ERR_IO, 0, "cannot map: %s", strerror(map_error));
    }
    (void)madvise(bytes, size, MADV_SEQUENTIAL);
    const enum nav_status status = srv_sequence_parse(bytes, size, path, out_sequence, out_error);
    (void)munmap(bytes, size);
    return status;
}

void srv_sequence_destroy(struct srv_sequence *sequence)
{
    if (sequence == NULL) {
        return;
    }
    free(sequence->names);
    free(sequence->time_ns);
    free(sequence->unfiltered_ns);
    free(sequence->poses);
    free(sequence);
}

ptrdiff_t srv_sequence_find(const struct srv_sequence *sequence, const char *name)
{
    for (size_t i = 0; i < sequence->transform_count; ++i) {
        if (strcmp(sequence->names[i], name) == 0) {
            return (ptrdiff_t)i;
        }
    }
    return -1;
}
