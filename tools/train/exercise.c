#include "exercise.h"

#include <libgen.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "file_bytes.h"
#include "yaml_schema.h"

#define OPTIONAL CYAML_FLAG_OPTIONAL
#define REQUIRED CYAML_FLAG_DEFAULT
#define STRICT CYAML_FLAG_STRICT
#define OPTIONAL_LIST (CYAML_FLAG_OPTIONAL | CYAML_FLAG_POINTER)

enum { EXERCISE_BYTES_MAX = 1 << 20, TEXT_MAX = 4095, EXERCISE_VERSION = 1, PATH_SIZE = 4096 };

static const double default_pass = 70.0;
static const double default_expert_reaction_s = 0.8;
static const double seconds_max = 86400.0;
static const double number_max = 1e6;

static const struct {
    const char *word, *unit, *text;
    struct train_rule rule;
} criteria[] = {
#define TRAIN_ROW(name, word, unit, goal, limit, weight, text)                                     \
    {word, unit, text, {goal, limit, weight}},
    TRAIN_CRITERIA(TRAIN_ROW)
#undef TRAIN_ROW
};

const char *train_criterion_word(enum train_criterion criterion)
{
    return (size_t)criterion < TRAIN_CRITERION_COUNT ? criteria[criterion].word : "?";
}

const char *train_criterion_unit(enum train_criterion criterion)
{
    return (size_t)criterion < TRAIN_CRITERION_COUNT ? criteria[criterion].unit : "?";
}

const char *train_criterion_text(enum train_criterion criterion)
{
    return (size_t)criterion < TRAIN_CRITERION_COUNT ? criteria[criterion].text : "?";
}

/* ---- built in ------------------------------------------------------------------------------- */

static const char *const built_in_words[] = {"all-cuts", "drop-outs", NULL};

const char *const *train_exercise_built_in(void)
{
    return built_in_words;
}

static void set_defaults(const struct cfg_case *planned, struct train_exercise *exercise)
{
    for (size_t i = 0; i < TRAIN_CRITERION_COUNT; ++i) {
        exercise->rules[i] = criteria[i].rule;
    }
    for (size_t i = 0; i < planned->cut_count && i < NAV_CUTS_MAX; ++i) {
        exercise->cuts[i] = true;
        ++exercise->cuts_wanted;
    }
    size_t tool = 0; /* the first blade, else the first tool */
    while (tool < planned->tool_count && planned->tools[tool].shape != CFG_SHAPE_BLADE) {
        ++tool;
    }
    (void)snprintf(exercise->tool, sizeof(exercise->tool), "%s",
                   planned->tools[tool < planned->tool_count ? tool : 0].name);
    exercise->seconds = NAN;
    exercise->pass = default_pass;
    exercise->reaction_s = NAN;
    exercise->expert_reaction_s = default_expert_reaction_s;
}

static bool take_built_in(const char *name, struct train_exercise *exercise)
{
    if (strcmp(name, "all-cuts") == 0) {
        (void)snprintf(exercise->title, sizeof(exercise->title), "Every cut of the plan");
        return true;
    }
    if (strcmp(name, "drop-outs") == 0) {
        (void)snprintf(exercise->title, sizeof(exercise->title),
                       "Every cut of the plan, with occlusions");
        exercise->occlusions = true;
        return true;
    }
    return false;
}

/* ---- files ---------------------------------------------------------------------------------- */

struct document_rule {
    enum train_criterion what;
    double *goal, *limit, *weight;
};

struct document {
    uint32_t version;
    char *title, *tool, *ghost, *script, *expert;
    char **cuts;
    unsigned cuts_count;
    double *seconds, *pass, *reaction_s, *expert_reaction_s;
    bool *occlusions;
    uint32_t *checks;
    struct document_rule *criteria;
    unsigned criteria_count;
};

static const cyaml_strval_t criterion_words[] = {
#define TRAIN_WORD(name, word, unit, goal, limit, weight, text) {word, name},
    TRAIN_CRITERIA(TRAIN_WORD)
#undef TRAIN_WORD
};

static const cyaml_schema_field_t rule_fields[] = {
    CYAML_FIELD_ENUM("what", STRICT, struct document_rule, what, criterion_words,
                     CYAML_ARRAY_LEN(criterion_words)),
    CYAML_FIELD_FLOAT_PTR("goal", OPTIONAL, struct document_rule, goal),
    CYAML_FIELD_FLOAT_PTR("limit", OPTIONAL, struct document_rule, limit),
    CYAML_FIELD_FLOAT_PTR("weight", OPTIONAL, struct document_rule, weight),
    CYAML_FIELD_END,
};

static const cyaml_schema_value_t rule_schema = {
    CYAML_VALUE_MAPPING(REQUIRED, struct document_rule, rule_fields)};

static const cyaml_schema_value_t name_schema = {
    CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 1, NAV_NAME_SIZE - 1)};

static const cyaml_schema_field_t document_fields[] = {
    CYAML_FIELD_UINT("version", REQUIRED, struct document, version),
    CYAML_FIELD_STRING_PTR("title", REQUIRED, struct document, title, 1, NAV_TEXT_SIZE - 1),
    CYAML_FIELD_STRING_PTR("tool", OPTIONAL, struct document, tool, 1, NAV_NAME_SIZE - 1),
    CYAML_FIELD_STRING_PTR("ghost", OPTIONAL, struct document, ghost, 1, NAV_NAME_SIZE - 1),
    CYAML_FIELD_STRING_PTR("script", OPTIONAL, struct document, script, 1, TEXT_MAX),
    CYAML_FIELD_STRING_PTR("expert", OPTIONAL, struct document, expert, 1, TEXT_MAX),
    CYAML_FIELD_SEQUENCE("cuts", OPTIONAL_LIST, struct document, cuts, &name_schema, 1,
                         NAV_CUTS_MAX),
    CYAML_FIELD_FLOAT_PTR("seconds", OPTIONAL, struct document, seconds),
    CYAML_FIELD_FLOAT_PTR("pass", OPTIONAL, struct document, pass),
    CYAML_FIELD_FLOAT_PTR("reaction_s", OPTIONAL, struct document, reaction_s),
    CYAML_FIELD_FLOAT_PTR("expert_reaction_s", OPTIONAL, struct document, expert_reaction_s),
    CYAML_FIELD_BOOL_PTR("occlusions", OPTIONAL, struct document, occlusions),
    CYAML_FIELD_UINT_PTR("checks", OPTIONAL, struct document, checks),
    CYAML_FIELD_SEQUENCE("criteria", OPTIONAL_LIST, struct document, criteria, &rule_schema, 0,
                         TRAIN_CRITERION_COUNT),
    CYAML_FIELD_END,
};

static const cyaml_schema_value_t document_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct document, document_fields)};

/* As read, with its tree for messages. */
struct source {
    struct cfg_yaml_source yaml;
    const struct document *document;
};

static enum nav_status source_read(const char *path, struct source *out_source,
                                   struct cfg_error *out_error)
{
    const enum nav_status status = cfg_yaml_source_read(
        path, EXERCISE_BYTES_MAX, &document_schema, EXERCISE_VERSION, &out_source->yaml, out_error);
    out_source->document = status == NAV_OK ? out_source->yaml.document : NULL;
    return status;
}

static enum nav_status refuse_key(const struct source *source, const char *key,
                                  enum nav_status status, struct cfg_error *out_error,
                                  const char *text, const char *word)
{
    return cfg_yaml_refuse(source->yaml.tree, cfg_yaml_child(cfg_yaml_root(source->yaml.tree), key),
                           status, out_error, "%s%s", text, word);
}

static enum nav_status take_cuts(const struct source *source, const struct cfg_case *planned,
                                 struct train_exercise *exercise, struct cfg_error *out_error)
{
    const struct document *document = source->document;
    if (document->cuts_count == 0) {
        return NAV_OK;
    }
    memset(exercise->cuts, 0, sizeof(exercise->cuts));
    exercise->cuts_wanted = 0;
    for (size_t i = 0; i < document->cuts_count; ++i) {
        size_t index = 0;
        while (index < planned->cut_count &&
               strcmp(planned->cuts[index].name, document->cuts[i]) != 0) {
            ++index;
        }
        if (index == planned->cut_count || index >= NAV_CUTS_MAX) {
            return refuse_key(source, "cuts", NAV_ERR_NOT_FOUND, out_error, "the case has no cut ",
                              document->cuts[i]);
        }
        exercise->cuts_wanted += exercise->cuts[index] ? 0 : 1;
        exercise->cuts[index] = true;
    }
    return NAV_OK;
}

/* The name of a tool of the case; nothing is taken where none is given. */
static enum nav_status take_tool(const struct source *source, const struct cfg_case *planned,
                                 const char *key, const char *tool, char out_tool[NAV_NAME_SIZE],
                                 struct cfg_error *out_error)
{
    if (tool == NULL) {
        return NAV_OK;
    }
    for (size_t i = 0; i < planned->tool_count; ++i) {
        if (strcmp(planned->tools[i].name, tool) == 0) {
            (void)snprintf(out_tool, NAV_NAME_SIZE, "%s", tool);
            return NAV_OK;
        }
    }
    return refuse_key(source, key, NAV_ERR_NOT_FOUND, out_error, "the case has no tool ", tool);
}

static enum nav_status take_numbers(const struct source *source, struct train_exercise *exercise,
                                    struct cfg_error *out_error)
{
    const struct document *document = source->document;
    const struct {
        const char *key;
        const double *value;
        double max;
        double *out_value;
    } numbers[] = {
        {"seconds", document->seconds, seconds_max, &exercise->seconds},
        {"pass", document->pass, 100.0, &exercise->pass},
        {"reaction_s", document->reaction_s, seconds_max, &exercise->reaction_s},
        {"expert_reaction_s", document->expert_reaction_s, seconds_max,
         &exercise->expert_reaction_s},
    };
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); ++i) {
        if (numbers[i].value == NULL) {
            continue;
        }
        if (!(*numbers[i].value > 0.0 && *numbers[i].value <= numbers[i].max)) {
            char range[64];
            (void)snprintf(range, sizeof(range), "%g", numbers[i].max);
            return refuse_key(source, numbers[i].key, NAV_ERR_RANGE, out_error,
                              "must be above 0 and at most ", range);
        }
        *numbers[i].out_value = *numbers[i].value;
    }
    exercise->checks = document->checks != NULL ? *document->checks : 0;
    exercise->occlusions = document->occlusions != NULL && *document->occlusions;
    return NAV_OK;
}

static enum nav_status take_rules(const struct source *source, struct train_exercise *exercise,
                                  struct cfg_error *out_error)
{
    for (size_t i = 0; i < source->document->criteria_count; ++i) {
        const struct document_rule *from = &source->document->criteria[i];
        const struct cfg_yaml_node *node = cfg_yaml_item(
            cfg_yaml_child(cfg_yaml_root(source->yaml.tree), "criteria"), (uint32_t)i);
        struct train_rule rule = exercise->rules[from->what];
        rule.goal = from->goal != NULL ? *from->goal : rule.goal;
        rule.limit = from->limit != NULL ? *from->limit : rule.limit;
        rule.weight = from->weight != NULL ? *from->weight : rule.weight;
        const bool good = (isnan(rule.goal) || (rule.goal >= 0.0 && rule.goal < rule.limit)) &&
                          rule.limit > 0.0 && rule.limit <= number_max && rule.weight >= 0.0 &&
                          rule.weight <= number_max;
        if (!good) {
            return cfg_yaml_refuse(source->yaml.tree, node, NAV_ERR_RANGE, out_error,
                                   "needs 0 <= goal < limit, and a weight from 0 on");
        }
        exercise->rules[from->what] = rule;
    }
    return NAV_OK;
}

/* A path in the file, from the folder that the program runs in. NULL: no memory. */
static char *beside(const char *file, const char *path)
{
    if (path[0] == '/') {
        return strdup(path);
    }
    char *copy = strdup(file);
    char *out = NULL;
    if (copy != NULL && asprintf(&out, "%s/%s", dirname(copy), path) < 0) {
        out = NULL;
    }
    free(copy);
    return out;
}

static enum nav_status take_path(const struct source *source, const char *file, const char *key,
                                 const char *path, char **out_path, struct cfg_error *out_error)
{
    if (path == NULL) {
        return NAV_OK;
    }
    *out_path = beside(file, path);
    if (*out_path == NULL) {
        return cfg_error_set(out_error, NAV_ERR_MEMORY, "%s: out of memory", file);
    }
    return access(*out_path, R_OK) == 0 ? NAV_OK
                                        : refuse_key(source, key, NAV_ERR_NOT_FOUND, out_error,
                                                     "cannot be read: ", *out_path);
}

static enum nav_status take_document(const struct source *source, const char *file,
                                     const struct cfg_case *planned,
                                     struct train_exercise *exercise, struct cfg_error *out_error)
{
    const struct document *document = source->document;
    (void)snprintf(exercise->title, sizeof(exercise->title), "%s", document->title);
    enum nav_status status = take_cuts(source, planned, exercise, out_error);
    if (status == NAV_OK) {
        status = take_tool(source, planned, "tool", document->tool, exercise->tool, out_error);
    }
    if (status == NAV_OK) {
        status = take_tool(source, planned, "ghost", document->ghost, exercise->ghost, out_error);
    }
    if (status == NAV_OK && strcmp(exercise->ghost, exercise->tool) == 0) {
        status = refuse_key(source, "ghost", NAV_ERR_REFUSED, out_error,
                            "must be another tool than the trainee's, ", exercise->tool);
    }
    if (status == NAV_OK) {
        status = take_numbers(source, exercise, out_error);
    }
    if (status == NAV_OK) {
        status = take_rules(source, exercise, out_error);
    }
    if (status == NAV_OK) {
        status = take_path(source, file, "script", document->script, &exercise->script, out_error);
    }
    if (status == NAV_OK) {
        status = take_path(source, file, "expert", document->expert, &exercise->expert, out_error);
    }
    return status;
}

static bool is_path(const char *name)
{
    const size_t length = strlen(name);
    return strchr(name, '/') != NULL || (length > 5 && strcmp(name + length - 5, ".yaml") == 0);
}

static bool find_file(const char *name, const struct cfg_case *planned, char out_path[PATH_SIZE])
{
    if (is_path(name)) {
        return snprintf(out_path, PATH_SIZE, "%s", name) < PATH_SIZE;
    }
    char folder[PATH_SIZE];
    (void)snprintf(folder, sizeof(folder), "%s", planned->path);
    return snprintf(out_path, PATH_SIZE, "%s/exercises/%s.yaml", dirname(folder), name) <
               PATH_SIZE &&
           access(out_path, F_OK) == 0;
}

static enum nav_status fill(const char *name, const struct cfg_case *planned,
                            struct train_exercise *exercise, struct cfg_error *out_error)
{
    char path[PATH_SIZE];
    set_defaults(planned, exercise);
    if (exercise->cuts_wanted == 0) {
        return cfg_error_set(out_error, NAV_ERR_NOT_FOUND, "%s: the case has no cuts to train",
                             planned->path);
    }
    if (snprintf(exercise->name, sizeof(exercise->name), "%s", name) >=
        (int)sizeof(exercise->name)) { /* a long path: its end tells it from others */
        (void)snprintf(exercise->name, sizeof(exercise->name), "%s",
                       name + strlen(name) - sizeof(exercise->name) + 1);
    }
    if (!find_file(name, planned, path)) {
        return take_built_in(name, exercise)
                   ? NAV_OK
                   : cfg_error_set(out_error, NAV_ERR_NOT_FOUND,
                                   "no exercise '%s': neither exercises/%s.yaml beside the case "
                                   "nor one of all-cuts, drop-outs; a file is named with its path",
                                   name, name);
    }
    struct source source;
    enum nav_status status = source_read(path, &source, out_error);
    if (status == NAV_OK) {
        status = take_document(&source, path, planned, exercise, out_error);
        cfg_yaml_source_finish(&source.yaml);
    }
    return status;
}

enum nav_status train_exercise_load(const char *name, const struct cfg_case *planned,
                                    struct train_exercise **out_exercise,
                                    struct cfg_error *out_error)
{
    struct train_exercise *exercise = calloc(1, sizeof(*exercise));
    if (exercise == NULL) {
        return cfg_error_set(out_error, NAV_ERR_MEMORY, "out of memory");
    }
    const enum nav_status status = fill(name, planned, exercise, out_error);
    if (status != NAV_OK) {
        train_exercise_destroy(exercise);
        return status;
    }
    *out_exercise = exercise;
    return NAV_OK;
}

void train_exercise_destroy(struct train_exercise *exercise)
{
    if (exercise != NULL) {
        free(exercise->script);
        free(exercise->expert);
        free(exercise);
    }
}
