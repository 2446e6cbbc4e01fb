#include "sim_script.h"

#include <libgen.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file_bytes.h"
#include "sim_motion.h"
#include "sim_random.h"
#include "yaml_schema.h"

#define OPTIONAL CYAML_FLAG_OPTIONAL
#define REQUIRED CYAML_FLAG_DEFAULT
#define STRICT CYAML_FLAG_STRICT
#define OPTIONAL_LIST (CYAML_FLAG_OPTIONAL | CYAML_FLAG_POINTER)

enum { SCRIPT_BYTES_MAX = 1 << 20, TEXT_MAX = 4095, SCRIPT_VERSION = 1 };

/* What disturbs a real tracker by itself: occlusions, so many, so far apart and so long. */
static const uint64_t disturbances = 120;
static const double disturbance_min_s = 20.0;
static const double disturbance_max_s = 40.0;
static const double disturbance_s = 2.0;

/* Defaults of a hand and its tracker. */
static const double default_noise_mm = 0.25;
static const double default_noise_deg = 0.1;
static const double default_tremor_mm = 0.2;
static const double default_feed_mm_s = 4.0;

/* The built-in occlusions: somebody leans over the table on the way to each cut, and stands before
 * the reference once, in the middle of the second cut (of the first when there is one only). */
static const double cut_lead_s = SIM_TRAVEL_S + SIM_APPROACH_S + SIM_CONTACT_S;
static const double cut_tail_s = SIM_DWELL_S + SIM_RETREAT_S;
static const double occlusion_at_s = 0.6;
static const double occlusion_tool_s = 0.7;
static const double occlusion_reference_s = 0.9;

struct document_action {
    enum sim_action_kind kind;
    char *cut;
    char *landmark;
    double *seconds;
    double *depth_mm;
    double *feed_mm_s;
    double *offset_mm;
    double *pitch_deg;
    double *roll_deg;
};

struct document_fault {
    enum sim_fault_kind kind;
    enum sim_fault_device device;
    double from_s;
    double to_s;
    double *amount;
};

struct document {
    uint32_t version;
    char *case_path;
    char *tool;
    double *noise_mm;
    double *noise_deg;
    double *tremor_mm;
    bool *camera_moves;
    struct document_action *actions;
    unsigned actions_count;
    struct document_fault *faults;
    unsigned faults_count;
};

static const cyaml_strval_t action_words[] = {
    {"cut", SIM_ACTION_CUT}, {"touch", SIM_ACTION_TOUCH}, {"rest", SIM_ACTION_REST}};

static const cyaml_strval_t fault_words[] = {
    {"hide", SIM_FAULT_HIDE},         {"silence", SIM_FAULT_SILENCE},
    {"freeze", SIM_FAULT_FREEZE},     {"jump", SIM_FAULT_JUMP},
    {"identity", SIM_FAULT_IDENTITY}, {"mirror", SIM_FAULT_MIRROR},
    {"scale", SIM_FAULT_SCALE},       {"nan", SIM_FAULT_NAN},
    {"clock", SIM_FAULT_CLOCK},       {"wrong-tool", SIM_FAULT_WRONG_TOOL}};

static const cyaml_strval_t device_words[] = {
    {"tool", SIM_ON_TOOL}, {"reference", SIM_ON_REFERENCE}, {"both", SIM_ON_BOTH}};

static const cyaml_schema_field_t action_fields[] = {
    CYAML_FIELD_ENUM("do", STRICT, struct document_action, kind, action_words,
                     CYAML_ARRAY_LEN(action_words)),
    CYAML_FIELD_STRING_PTR("cut", OPTIONAL, struct document_action, cut, 1, TEXT_MAX),
    CYAML_FIELD_STRING_PTR("landmark", OPTIONAL, struct document_action, landmark, 1, TEXT_MAX),
    CYAML_FIELD_FLOAT_PTR("seconds", OPTIONAL, struct document_action, seconds),
    CYAML_FIELD_FLOAT_PTR("depth_mm", OPTIONAL, struct document_action, depth_mm),
    CYAML_FIELD_FLOAT_PTR("feed_mm_s", OPTIONAL, struct document_action, feed_mm_s),
    CYAML_FIELD_FLOAT_PTR("offset_mm", OPTIONAL, struct document_action, offset_mm),
    CYAML_FIELD_FLOAT_PTR("pitch_deg", OPTIONAL, struct document_action, pitch_deg),
    CYAML_FIELD_FLOAT_PTR("roll_deg", OPTIONAL, struct document_action, roll_deg),
    CYAML_FIELD_END,
};

static const cyaml_schema_value_t action_schema = {
    CYAML_VALUE_MAPPING(REQUIRED, struct document_action, action_fields)};

static const cyaml_schema_field_t fault_fields[] = {
    CYAML_FIELD_ENUM("what", STRICT, struct document_fault, kind, fault_words,
                     CYAML_ARRAY_LEN(fault_words)),
    CYAML_FIELD_ENUM("on", STRICT | OPTIONAL, struct document_fault, device, device_words,
                     CYAML_ARRAY_LEN(device_words)),
    CYAML_FIELD_FLOAT("from_s", REQUIRED, struct document_fault, from_s),
    CYAML_FIELD_FLOAT("to_s", REQUIRED, struct document_fault, to_s),
    CYAML_FIELD_FLOAT_PTR("amount", OPTIONAL, struct document_fault, amount),
    CYAML_FIELD_END,
};

static const cyaml_schema_value_t fault_schema = {
    CYAML_VALUE_MAPPING(REQUIRED, struct document_fault, fault_fields)};

static const cyaml_schema_field_t document_fields[] = {
    CYAML_FIELD_UINT("version", REQUIRED, struct document, version),
    CYAML_FIELD_STRING_PTR("case", OPTIONAL, struct document, case_path, 1, TEXT_MAX),
    CYAML_FIELD_STRING_PTR("tool", OPTIONAL, struct document, tool, 1, TEXT_MAX),
    CYAML_FIELD_FLOAT_PTR("noise_mm", OPTIONAL, struct document, noise_mm),
    CYAML_FIELD_FLOAT_PTR("noise_deg", OPTIONAL, struct document, noise_deg),
    CYAML_FIELD_FLOAT_PTR("tremor_mm", OPTIONAL, struct document, tremor_mm),
    CYAML_FIELD_BOOL_PTR("camera_moves", OPTIONAL, struct document, camera_moves),
    CYAML_FIELD_SEQUENCE("actions", OPTIONAL_LIST, struct document, actions, &action_schema, 1,
                         SIM_ACTIONS_MAX),
    CYAML_FIELD_SEQUENCE("faults", OPTIONAL_LIST, struct document, faults, &fault_schema, 0,
                         SIM_FAULTS_MAX),
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
        path, SCRIPT_BYTES_MAX, &document_schema, SCRIPT_VERSION, &out_source->yaml, out_error);
    out_source->document = status == NAV_OK ? out_source->yaml.document : NULL;
    return status;
}

static const struct cfg_yaml_node *item_of(const struct source *source, const char *list,
                                           size_t index)
{
    return cfg_yaml_item(cfg_yaml_child(cfg_yaml_root(source->yaml.tree), list), (uint32_t)index);
}

/* Takes an optional number that must lie within [min, max]. */
static enum nav_status take_number(const struct source *source, const struct cfg_yaml_node *parent,
                                   const char *key, const double *value, double min, double max,
                                   double *out_value, struct cfg_error *out_error)
{
    if (value == NULL) {
        return NAV_OK;
    }
    if (!(*value >= min && *value <= max)) {
        return cfg_yaml_refuse(source->yaml.tree, cfg_yaml_child(parent, key), NAV_ERR_RANGE,
                               out_error, "must be %g to %g", min, max);
    }
    *out_value = *value;
    return NAV_OK;
}

static struct sim_action planned_cut(const struct cfg_case *planned, size_t index)
{
    return (struct sim_action){.kind = SIM_ACTION_CUT,
                               .target = index,
                               .depth_mm = planned->cuts[index].depth_mm,
                               .feed_mm_s = default_feed_mm_s};
}

static enum nav_status refuse_key(const struct source *source, const struct cfg_yaml_node *node,
                                  const char *key, struct cfg_error *out_error, const char *text)
{
    const struct cfg_yaml_node *child = cfg_yaml_child(node, key);
    return cfg_yaml_refuse(source->yaml.tree, child != NULL ? child : node, NAV_ERR_REFUSED,
                           out_error, "%s", text);
}

static enum nav_status take_cut(const struct source *source, const struct cfg_yaml_node *node,
                                const struct document_action *from, const struct cfg_case *planned,
                                struct sim_action *out_action, struct cfg_error *out_error)
{
    if (from->cut == NULL) {
        return refuse_key(source, node, "do", out_error, "needs the name of a `cut:`");
    }
    if (from->landmark != NULL) {
        return refuse_key(source, node, "landmark", out_error, "belongs to `do: touch`");
    }
    if (from->seconds != NULL) {
        return refuse_key(source, node, "seconds", out_error,
                          "belongs to `do: touch` and `do: rest`; a cut has feed_mm_s");
    }
    size_t index = 0;
    while (index < planned->cut_count && strcmp(planned->cuts[index].name, from->cut) != 0) {
        ++index;
    }
    if (index == planned->cut_count) {
        return cfg_yaml_refuse(source->yaml.tree, cfg_yaml_child(node, "cut"), NAV_ERR_NOT_FOUND,
                               out_error, "the case has no cut '%s'", from->cut);
    }
    *out_action = planned_cut(planned, index);
    const struct {
        const char *key;
        const double *value;
        double min;
        double max;
        double *out_value;
    } numbers[] = {
        {"depth_mm", from->depth_mm, 0, 500, &out_action->depth_mm},
        {"feed_mm_s", from->feed_mm_s, 0.01, 1000, &out_action->feed_mm_s},
        {"offset_mm", from->offset_mm, -200, 200, &out_action->offset_mm},
        {"pitch_deg", from->pitch_deg, -90, 90, &out_action->pitch_deg},
        {"roll_deg", from->roll_deg, -180, 180, &out_action->roll_deg},
    };
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); ++i) {
        const enum nav_status status =
            take_number(source, node, numbers[i].key, numbers[i].value, numbers[i].min,
                        numbers[i].max, numbers[i].out_value, out_error);
        if (status != NAV_OK) {
            return status;
        }
    }
    return NAV_OK;
}

static enum nav_status take_stay(const struct source *source, const struct cfg_yaml_node *node,
                                 const struct document_action *from, const struct cfg_case *planned,
                                 struct sim_action *out_action, struct cfg_error *out_error)
{
    static const char *const of_a_cut[] = {"cut",       "depth_mm",  "feed_mm_s",
                                           "offset_mm", "pitch_deg", "roll_deg"};
    for (size_t i = 0; i < sizeof(of_a_cut) / sizeof(of_a_cut[0]); ++i) {
        if (cfg_yaml_child(node, of_a_cut[i]) != NULL) {
            return refuse_key(source, node, of_a_cut[i], out_error, "belongs to `do: cut`");
        }
    }
    *out_action = (struct sim_action){.kind = from->kind, .seconds = 1.0};
    if (from->kind == SIM_ACTION_REST && from->landmark != NULL) {
        return refuse_key(source, node, "landmark", out_error, "belongs to `do: touch`");
    }
    if (from->kind == SIM_ACTION_TOUCH) {
        if (from->landmark == NULL) {
            return refuse_key(source, node, "do", out_error, "needs the name of a `landmark:`");
        }
        size_t index = 0;
        while (index < planned->landmark_count &&
               strcmp(planned->landmarks[index].name, from->landmark) != 0) {
            ++index;
        }
        if (index == planned->landmark_count) {
            return cfg_yaml_refuse(source->yaml.tree, cfg_yaml_child(node, "landmark"),
                                   NAV_ERR_NOT_FOUND, out_error, "the case has no landmark '%s'",
                                   from->landmark);
        }
        out_action->target = index;
    }
    return take_number(source, node, "seconds", from->seconds, 0, 86400, &out_action->seconds,
                       out_error);
}

static double default_amount(enum sim_fault_kind kind)
{
    switch (kind) {
    case SIM_FAULT_JUMP:
        return 20.0; /* mm */
    case SIM_FAULT_SCALE:
        return 1.05;
    case SIM_FAULT_CLOCK:
        return 500.0; /* ms */
    case SIM_FAULT_HIDE:
    case SIM_FAULT_SILENCE:
    case SIM_FAULT_FREEZE:
    case SIM_FAULT_IDENTITY:
    case SIM_FAULT_MIRROR:
    case SIM_FAULT_NAN:
    case SIM_FAULT_WRONG_TOOL:
        break;
    }
    return 0;
}

static enum nav_status take_fault(const struct source *source, const struct cfg_yaml_node *node,
                                  const struct document_fault *from, const struct cfg_case *planned,
                                  struct sim_fault *out_fault, struct cfg_error *out_error)
{
    *out_fault = (struct sim_fault){.kind = from->kind,
                                    .device = from->device,
                                    .from_s = from->from_s,
                                    .to_s = from->to_s,
                                    .amount = default_amount(from->kind)};
    if (!(from->from_s >= 0)) {
        return refuse_key(source, node, "from_s", out_error, "must not be negative");
    }
    if (!(from->to_s > from->from_s)) {
        return refuse_key(source, node, "to_s", out_error, "must be after from_s");
    }
    if (from->kind == SIM_FAULT_WRONG_TOOL &&
        (planned->tool_count < 2 || from->device != SIM_ON_TOOL)) {
        return refuse_key(source, node, "what", out_error,
                          "is on the tool, and needs another tool in the case");
    }
    if (from->amount != NULL && default_amount(from->kind) == 0) {
        return refuse_key(source, node, "amount", out_error,
                          "belongs to jump (mm), scale (factor) and clock (ms)");
    }
    return take_number(source, node, "amount", from->amount, -1e7, 1e7, &out_fault->amount,
                       out_error);
}

static enum nav_status fill(const struct source *source, const struct cfg_case *planned,
                            struct sim_script *script, struct cfg_error *out_error)
{
    const struct document *document = source->document;
    const struct cfg_yaml_node *root = cfg_yaml_root(source->yaml.tree);
    const struct {
        const char *key;
        const double *value;
        double max;
        double *out_value;
    } numbers[] = {
        {"noise_mm", document->noise_mm, 1000, &script->noise_mm},
        {"noise_deg", document->noise_deg, 90, &script->noise_deg},
        {"tremor_mm", document->tremor_mm, 100, &script->tremor_mm},
    };
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); ++i) {
        const enum nav_status status =
            take_number(source, root, numbers[i].key, numbers[i].value, 0, numbers[i].max,
                        numbers[i].out_value, out_error);
        if (status != NAV_OK) {
            return status;
        }
    }
    if (document->camera_moves != NULL) {
        script->camera_moves = *document->camera_moves;
    }
    if (document->tool != NULL) {
        if (strlen(document->tool) >= sizeof(script->tool)) {
            return refuse_key(source, root, "tool", out_error, "is too long a name");
        }
        memcpy(script->tool, document->tool, strlen(document->tool) + 1);
    }
    for (size_t i = 0; i < document->actions_count; ++i) {
        const struct document_action *from = &document->actions[i];
        const struct cfg_yaml_node *node = item_of(source, "actions", i);
        const enum nav_status status =
            from->kind == SIM_ACTION_CUT
                ? take_cut(source, node, from, planned, &script->actions[i], out_error)
                : take_stay(source, node, from, planned, &script->actions[i], out_error);
        if (status != NAV_OK) {
            return status;
        }
    }
    if (document->actions_count > 0) {
        script->action_count = document->actions_count;
    } else if (script->action_count == 0) {
        return cfg_yaml_refuse(source->yaml.tree, root, NAV_ERR_NOT_FOUND, out_error,
                               "no actions, and the case has no cuts to follow");
    }
    for (size_t i = 0; i < document->faults_count; ++i) {
        const enum nav_status status =
            take_fault(source, item_of(source, "faults", i), &document->faults[i], planned,
                       &script->faults[i], out_error);
        if (status != NAV_OK) {
            return status;
        }
    }
    script->fault_count = document->faults_count;
    return NAV_OK;
}

/* Everything but faults: the hand's and tracker's defaults, all cuts. */
static void set_defaults(const struct cfg_case *planned, struct sim_script *script)
{
    memset(script, 0, sizeof(*script));
    script->noise_mm = default_noise_mm;
    script->noise_deg = default_noise_deg;
    script->tremor_mm = default_tremor_mm;
    script->camera_moves = true;
    for (size_t i = 0; i < planned->cut_count; ++i) {
        script->actions[i] = planned_cut(planned, i);
    }
    script->action_count = planned->cut_count;
}

enum nav_status sim_script_load(const char *path, const struct cfg_case *planned,
                                struct sim_script *out_script, struct cfg_error *out_error)
{
    struct source source;
    enum nav_status status = source_read(path, &source, out_error);
    if (status != NAV_OK) {
        return status;
    }
    struct sim_script *script = malloc(sizeof(*script));
    if (script == NULL) {
        cfg_yaml_source_finish(&source.yaml);
        return cfg_error_set(out_error, NAV_ERR_MEMORY, "%s: out of memory", path);
    }
    set_defaults(planned, script);
    status = fill(&source, planned, script, out_error);
    if (status == NAV_OK) {
        *out_script = *script;
    }
    free(script);
    cfg_yaml_source_finish(&source.yaml);
    return status;
}

static char *joined(const char *script_path, const char *case_path)
{
    if (case_path[0] == '/') {
        return strdup(case_path);
    }
    char *copy = strdup(script_path);
    char *out = NULL;
    if (copy != NULL && asprintf(&out, "%s/%s", dirname(copy), case_path) < 0) {
        out = NULL;
    }
    free(copy);
    return out;
}

enum nav_status sim_script_case_path(const char *path, char **out_case_path,
                                     struct cfg_error *out_error)
{
    struct source source;
    enum nav_status status = source_read(path, &source, out_error);
    if (status != NAV_OK) {
        return status;
    }
    if (source.document->case_path == NULL) {
        status = cfg_error_set(out_error, NAV_ERR_NOT_FOUND,
                               "%s: the script names no `case:`; give one with --case", path);
    } else {
        char *case_path = joined(path, source.document->case_path);
        if (case_path == NULL) {
            status = cfg_error_set(out_error, NAV_ERR_MEMORY, "%s: out of memory", path);
        } else {
            *out_case_path = case_path;
        }
    }
    cfg_yaml_source_finish(&source.yaml);
    return status;
}

static void append_fault(struct sim_script *script, enum sim_fault_device device, double from_s,
                         double seconds)
{
    script->faults[script->fault_count] = (struct sim_fault){
        .from_s = from_s, .to_s = from_s + seconds, .kind = SIM_FAULT_HIDE, .device = device};
    ++script->fault_count;
}

enum nav_status sim_script_built_in(const struct cfg_case *planned, bool occlusions,
                                    struct sim_script *out_script)
{
    if (planned->cut_count == 0) {
        return NAV_ERR_NOT_FOUND;
    }
    set_defaults(planned, out_script);
    const size_t reference_cut = planned->cut_count > 1 ? 1 : 0;
    double start_s = 0;
    for (size_t i = 0; occlusions && i < out_script->action_count; ++i) {
        const struct sim_action *action = &out_script->actions[i];
        const double cutting_s = action->depth_mm / action->feed_mm_s;
        append_fault(out_script, SIM_ON_TOOL, start_s + occlusion_at_s, occlusion_tool_s);
        if (i == reference_cut) {
            append_fault(out_script, SIM_ON_REFERENCE, start_s + cut_lead_s + 0.5 * cutting_s,
                         occlusion_reference_s);
        }
        start_s += cut_lead_s + cutting_s + cut_tail_s;
    }
    return NAV_OK;
}

const struct cfg_tool *sim_script_tool(const struct sim_script *script,
                                       const struct cfg_case *planned)
{
    if (script->tool[0] != '\0') {
        for (size_t i = 0; i < planned->tool_count; ++i) {
            if (strcmp(planned->tools[i].name, script->tool) == 0) {
                return &planned->tools[i];
            }
        }
        return NULL;
    }
    for (size_t i = 0; i < planned->tool_count; ++i) {
        if (planned->tools[i].shape == CFG_SHAPE_BLADE) {
            return &planned->tools[i];
        }
    }
    return planned->tool_count > 0 ? &planned->tools[0] : NULL;
}

void sim_script_disturbances(const struct cfg_case *planned, uint64_t seed,
                             struct sim_script *out_script)
{
    set_defaults(planned, out_script);
    out_script->action_count = 0;
    double at_s = 0;
    for (uint64_t i = 0; i < disturbances; ++i) {
        at_s += disturbance_min_s +
                (disturbance_max_s - disturbance_min_s) * sim_random_uniform(seed, i, 0);
        const bool reference = planned->has_reference && i % 3 == 2;
        append_fault(out_script, reference ? SIM_ON_REFERENCE : SIM_ON_TOOL, at_s, disturbance_s);
    }
}

const char *sim_fault_name(enum sim_fault_kind kind)
{
    for (size_t i = 0; i < sizeof(fault_words) / sizeof(fault_words[0]); ++i) {
        if (fault_words[i].val == (int64_t)kind) {
            return fault_words[i].str;
        }
    }
    return "?";
}
