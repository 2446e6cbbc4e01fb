#include "yaml_schema.h"

#include <errno.h>
#include <locale.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORDS_SIZE = 512, WORD_SIZE = 64 };

struct check {
    const struct cfg_yaml_tree *tree;
    struct cfg_error *error;
    locale_t c_locale;
};

static enum nav_status refuse_v(const struct cfg_yaml_tree *tree, const struct cfg_yaml_node *node,
                                enum nav_status status, struct cfg_error *out_error,
                                const char *format, va_list arguments)
    __attribute__((format(printf, 5, 0)));

static enum nav_status refuse_v(const struct cfg_yaml_tree *tree, const struct cfg_yaml_node *node,
                                enum nav_status status, struct cfg_error *out_error,
                                const char *format, va_list arguments)
{
    char text[sizeof(out_error->text)];
    char path[CFG_YAML_PATH_SIZE];
    (void)vsnprintf(text, sizeof(text), format, arguments);
    cfg_yaml_path(node, path);
    return cfg_error_set(out_error, status, "%s:%u: %s: %s", cfg_yaml_file(tree), node->line, path,
                         text);
}

enum nav_status cfg_yaml_refuse(const struct cfg_yaml_tree *tree, const struct cfg_yaml_node *node,
                                enum nav_status status, struct cfg_error *out_error,
                                const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)refuse_v(tree, node, status, out_error, format, arguments);
    va_end(arguments);
    return status;
}

static enum nav_status refuse(const struct check *check, const struct cfg_yaml_node *node,
                              enum nav_status status, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

static enum nav_status refuse(const struct check *check, const struct cfg_yaml_node *node,
                              enum nav_status status, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)refuse_v(check->tree, node, status, check->error, format, arguments);
    va_end(arguments);
    return status;
}

/* Levenshtein distance of two words, cut at WORD_SIZE. */
static size_t edit_distance(const char *a, const char *b)
{
    size_t row[WORD_SIZE + 1];
    const size_t width = strnlen(b, WORD_SIZE);
    const size_t height = strnlen(a, WORD_SIZE);
    for (size_t j = 0; j <= width; ++j) {
        row[j] = j;
    }
    for (size_t i = 1; i <= height; ++i) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= width; ++j) {
            const size_t swap = diagonal + (a[i - 1] != b[j - 1]);
            const size_t above = row[j] + 1;
            const size_t left = row[j - 1] + 1;
            diagonal = row[j];
            row[j] = swap < above ? swap : above;
            row[j] = row[j] < left ? row[j] : left;
        }
    }
    return row[width];
}

/* A list of the words that are accepted, and the one that was probably meant. */
struct words {
    char list[WORDS_SIZE];
    size_t used;
    const char *nearest;
    size_t distance;
};

static void words_add(struct words *words, const char *word, const char *given)
{
    if (words->used < sizeof(words->list)) {
        const int length = snprintf(words->list + words->used, sizeof(words->list) - words->used,
                                    "%s%s", words->used > 0 ? ", " : "", word);
        words->used += length > 0 ? (size_t)length : 0;
    }
    const size_t distance = edit_distance(given, word);
    if (words->nearest == NULL || distance < words->distance) {
        words->nearest = word;
        words->distance = distance;
    }
}

/* "did you mean X?" when a word is near, else the whole list. */
static void words_remedy(const struct words *words, char *out_text, size_t size)
{
    if (words->nearest != NULL && words->distance <= 2) {
        (void)snprintf(out_text, size, "did you mean '%s'?", words->nearest);
    } else {
        (void)snprintf(out_text, size, "accepted: %s", words->list);
    }
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static const char *skip_digits(const char *c)
{
    while (is_digit(*c)) {
        ++c;
    }
    return c;
}

static bool is_integer(const char *text)
{
    const char *c = text + (*text == '-' || *text == '+');
    return is_digit(*c) && *skip_digits(c) == '\0' && !(c[0] == '0' && c[1] != '\0');
}

/* Decimal: digits, at most one point with digits around it, an exponent. */
static bool is_decimal(const char *text)
{
    const char *c = text + (*text == '-' || *text == '+');
    if (!is_digit(*c)) {
        return false;
    }
    c = skip_digits(c);
    if (*c == '.') {
        if (!is_digit(c[1])) {
            return false;
        }
        c = skip_digits(c + 1);
    }
    if (*c == 'e' || *c == 'E') {
        c += c[1] == '-' || c[1] == '+' ? 2 : 1;
        if (!is_digit(*c)) {
            return false;
        }
        c = skip_digits(c);
    }
    return *c == '\0';
}

static enum nav_status check_float(const struct check *check, const struct cfg_yaml_node *node)
{
    if (node->quoted || !is_decimal(node->text)) {
        return refuse(check, node, NAV_ERR_SYNTAX,
                      "'%s' is not a number; write it with digits and a point, such as -12.5",
                      node->text);
    }
    if (!isfinite(strtod_l(node->text, NULL, check->c_locale))) {
        return refuse(check, node, NAV_ERR_RANGE, "%s is too large for a number", node->text);
    }
    return NAV_OK;
}

static enum nav_status check_integer(const struct check *check, const struct cfg_yaml_node *node,
                                     const cyaml_schema_value_t *schema)
{
    if (node->quoted || !is_integer(node->text)) {
        return refuse(check, node, NAV_ERR_SYNTAX,
                      "'%s' is not a whole number; write it with digits only", node->text);
    }
    const bool is_signed = schema->type == CYAML_INT;
    const unsigned bits = 8 * schema->data_size - (is_signed ? 1 : 0);
    const long long largest = bits >= 63 ? INT64_MAX : (1LL << bits) - 1;
    const long long smallest = is_signed ? -largest - 1 : 0;
    errno = 0;
    const long long value = strtoll(node->text, NULL, 10);
    if (errno == ERANGE || value < smallest || value > largest) {
        return refuse(check, node, NAV_ERR_RANGE, "%s is out of range; give %lld to %lld",
                      node->text, smallest, largest);
    }
    return NAV_OK;
}

static enum nav_status check_enum(const struct check *check, const struct cfg_yaml_node *node,
                                  const cyaml_schema_value_t *schema)
{
    struct words words = {.used = 0};
    for (uint32_t i = 0; i < schema->enumeration.count; ++i) {
        const char *word = schema->enumeration.strings[i].str;
        if (strcmp(word, node->text) == 0) {
            return NAV_OK;
        }
        words_add(&words, word, node->text);
    }
    char remedy[WORDS_SIZE + 32];
    words_remedy(&words, remedy, sizeof(remedy));
    return refuse(check, node, NAV_ERR_SYNTAX, "'%s' is not known; %s", node->text, remedy);
}

static enum nav_status check_string(const struct check *check, const struct cfg_yaml_node *node,
                                    const cyaml_schema_value_t *schema)
{
    const size_t length = strlen(node->text);
    if (length < schema->string.min) {
        return refuse(check, node, NAV_ERR_RANGE, "is empty; give a text");
    }
    if (length > schema->string.max) {
        return refuse(check, node, NAV_ERR_RANGE, "has %zu bytes; at most %u are accepted", length,
                      schema->string.max);
    }
    return NAV_OK;
}

static enum nav_status check_scalar(const struct check *check, const struct cfg_yaml_node *node,
                                    const cyaml_schema_value_t *schema)
{
    if (node->kind != CFG_YAML_SCALAR) {
        return refuse(check, node, NAV_ERR_SYNTAX, "is a %s; give a single value",
                      node->kind == CFG_YAML_MAPPING ? "mapping" : "list");
    }
    if (!node->quoted && node->text[0] == '\0') {
        return refuse(check, node, NAV_ERR_SYNTAX, "has no value; give one or remove the key");
    }
    switch (schema->type) {
    case CYAML_FLOAT:
        return check_float(check, node);
    case CYAML_INT:
    case CYAML_UINT:
        return check_integer(check, node, schema);
    case CYAML_BOOL:
        if (node->quoted || (strcmp(node->text, "true") != 0 && strcmp(node->text, "false") != 0)) {
            return refuse(check, node, NAV_ERR_SYNTAX, "'%s' is neither true nor false",
                          node->text);
        }
        return NAV_OK;
    case CYAML_ENUM:
        return check_enum(check, node, schema);
    default:
        return check_string(check, node, schema);
    }
}

static enum nav_status refuse_key(const struct check *check, const struct cfg_yaml_node *node,
                                  const cyaml_schema_value_t *schema)
{
    struct words words = {.used = 0};
    for (const cyaml_schema_field_t *field = schema->mapping.fields; field->key != NULL; ++field) {
        words_add(&words, field->key, node->key);
    }
    char remedy[WORDS_SIZE + 32];
    words_remedy(&words, remedy, sizeof(remedy));
    return refuse(check, node, NAV_ERR_SYNTAX, "unknown key; %s", remedy);
}

static const cyaml_schema_value_t *field_value(const cyaml_schema_value_t *schema, const char *key)
{
    for (const cyaml_schema_field_t *field = schema->mapping.fields; field->key != NULL; ++field) {
        if (strcmp(field->key, key) == 0) {
            return &field->value;
        }
    }
    return NULL;
}

static enum nav_status enter_container(const struct check *check, const struct cfg_yaml_node *node,
                                       const cyaml_schema_value_t *schema)
{
    if (schema->type == CYAML_MAPPING) {
        return node->kind == CFG_YAML_MAPPING
                   ? NAV_OK
                   : refuse(check, node, NAV_ERR_SYNTAX, "must be a mapping (key: value)");
    }
    if (node->kind != CFG_YAML_SEQUENCE) {
        return refuse(check, node, NAV_ERR_SYNTAX, "must be a list");
    }
    const uint32_t min = schema->sequence.min;
    const uint32_t max = schema->sequence.max;
    if (node->children < min || node->children > max) {
        return min == max ? refuse(check, node, NAV_ERR_RANGE, "has %u entries; give exactly %u",
                                   node->children, min)
                          : refuse(check, node, NAV_ERR_RANGE, "has %u entries; give %u to %u",
                                   node->children, min, max);
    }
    return NAV_OK;
}

static enum nav_status check_missing(const struct check *check, const struct cfg_yaml_node *node,
                                     const cyaml_schema_value_t *schema)
{
    for (const cyaml_schema_field_t *field = schema->mapping.fields; field->key != NULL; ++field) {
        if ((field->value.flags & CYAML_FLAG_OPTIONAL) == 0 &&
            cfg_yaml_child(node, field->key) == NULL) {
            return refuse(check, node, NAV_ERR_SYNTAX, "the key '%s' is missing; add it",
                          field->key);
        }
    }
    return NAV_OK;
}

/* One level of the walk: what is being looked at, by which schema, and the child that is next. */
struct level {
    const struct cfg_yaml_node *node;
    const cyaml_schema_value_t *schema;
    const struct cfg_yaml_node *next;
};

static enum nav_status walk(const struct check *check, const cyaml_schema_value_t *schema)
{
    struct level stack[CFG_YAML_DEPTH_MAX + 1];
    size_t depth = 0;
    const struct cfg_yaml_node *node = cfg_yaml_root(check->tree);
    while (true) {
        const bool container = schema->type == CYAML_MAPPING || schema->type == CYAML_SEQUENCE ||
                               schema->type == CYAML_SEQUENCE_FIXED;
        enum nav_status status =
            container ? enter_container(check, node, schema) : check_scalar(check, node, schema);
        if (status != NAV_OK) {
            return status;
        }
        if (container) {
            stack[depth++] = (struct level){.node = node, .schema = schema, .next = node->first};
        }
        while (depth > 0 && stack[depth - 1].next == NULL) {
            const struct level *done = &stack[--depth];
            if (done->schema->type == CYAML_MAPPING) {
                status = check_missing(check, done->node, done->schema);
                if (status != NAV_OK) {
                    return status;
                }
            }
        }
        if (depth == 0) {
            return NAV_OK;
        }
        struct level *top = &stack[depth - 1];
        node = top->next;
        top->next = node->next;
        schema = top->schema->type == CYAML_MAPPING ? field_value(top->schema, node->key)
                                                    : top->schema->sequence.entry;
        if (schema == NULL) {
            return refuse_key(check, node, top->schema);
        }
    }
}

enum nav_status cfg_yaml_check(const struct cfg_yaml_tree *tree, const cyaml_schema_value_t *schema,
                               struct cfg_error *out_error)
{
    struct check check = {.tree = tree, .error = out_error};
    check.c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (check.c_locale == (locale_t)0) {
        return cfg_error_set(out_error, NAV_ERR_MEMORY, "%s: out of memory", cfg_yaml_file(tree));
    }
    const enum nav_status status = walk(&check, schema);
    freelocale(check.c_locale);
    return status;
}

/* libcyaml says what it dislikes in its log, one call a line: keeps the first. */
static void keep_first_error(cyaml_log_t level, void *context, const char *format,
                             va_list arguments) __attribute__((format(printf, 3, 0)));

static void keep_first_error(cyaml_log_t level, void *context, const char *format,
                             va_list arguments)
{
    char *text = context;
    if (level == CYAML_LOG_ERROR && text[0] == '\0') {
        (void)vsnprintf(text, WORDS_SIZE, format, arguments);
        text[strcspn(text, "\n")] = '\0';
    }
}

static cyaml_config_t cyaml_config(char *text)
{
    return (cyaml_config_t){
        .log_fn = text != NULL ? keep_first_error : NULL,
        .log_ctx = text,
        .mem_fn = cyaml_mem,
        .log_level = CYAML_LOG_ERROR,
        .flags = CYAML_CFG_NO_ALIAS,
    };
}

enum nav_status cfg_yaml_convert(const struct cfg_yaml_tree *tree, const uint8_t *bytes,
                                 size_t size, const cyaml_schema_value_t *schema,
                                 void **out_document, struct cfg_error *out_error)
{
    char text[WORDS_SIZE] = "";
    const cyaml_config_t config = cyaml_config(text);
    const locale_t c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (c_locale == (locale_t)0) {
        return cfg_error_set(out_error, NAV_ERR_MEMORY, "%s: out of memory", cfg_yaml_file(tree));
    }
    const locale_t before = uselocale(c_locale); /* of this thread only */
    cyaml_data_t *document = NULL;
    const cyaml_err_t error = cyaml_load_data(bytes, size, &config, schema, &document, NULL);
    (void)uselocale(before);
    freelocale(c_locale);
    /* The same bytes were parsed before: only a lack of memory can make libyaml fail now. */
    if (error == CYAML_ERR_OOM || error == CYAML_ERR_LIBYAML_PARSER_INIT ||
        error == CYAML_ERR_LIBYAML_PARSER) {
        return cfg_error_set(out_error, NAV_ERR_MEMORY, "%s: out of memory", cfg_yaml_file(tree));
    }
    if (error != CYAML_OK || document == NULL) {
        return cfg_error_set(out_error, NAV_ERR_SYNTAX, "%s: %s (%s); compare with the example",
                             cfg_yaml_file(tree), text, cyaml_strerror(error));
    }
    *out_document = document;
    return NAV_OK;
}

void cfg_yaml_release(const cyaml_schema_value_t *schema, void *document)
{
    const cyaml_config_t config = cyaml_config(NULL);
    if (document != NULL) {
        (void)cyaml_free(&config, schema, document, 0);
    }
}

enum nav_status cfg_yaml_source_read(const char *path, size_t size_max,
                                     const cyaml_schema_value_t *schema, uint32_t version,
                                     struct cfg_yaml_source *out_source,
                                     struct cfg_error *out_error)
{
    struct cfg_yaml_source source = {.schema = schema};
    enum nav_status status = cfg_file_bytes_read(path, size_max, &source.file, out_error);
    if (status != NAV_OK) {
        return status;
    }
    status = cfg_yaml_parse(source.file.bytes, source.file.size, path, &source.tree, out_error);
    if (status == NAV_OK) {
        status = cfg_yaml_check(source.tree, schema, out_error);
    }
    if (status == NAV_OK) {
        status = cfg_yaml_convert(source.tree, source.file.bytes, source.file.size, schema,
                                  &source.document, out_error);
    }
    if (status == NAV_OK && *(const uint32_t *)source.document != version) {
        status = cfg_yaml_refuse(source.tree, cfg_yaml_child(cfg_yaml_root(source.tree), "version"),
                                 NAV_ERR_VERSION, out_error, "must be %u", (unsigned)version);
    }
    if (status != NAV_OK) {
        cfg_yaml_source_finish(&source);
        return status;
    }
    *out_source = source;
    return NAV_OK;
}

void cfg_yaml_source_finish(struct cfg_yaml_source *source)
{
    cfg_yaml_release(source->schema, source->document);
    cfg_yaml_destroy(source->tree);
    cfg_file_bytes_finish(&source->file);
}
