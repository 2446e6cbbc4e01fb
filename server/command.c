#include "command.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "command_internal.h"
#include "nav/time.h"

enum { DEPTH_MAX = 2, SIGNIFICANT_DIGITS = 17 };

static void refuse(struct trk_reply *reply, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void refuse(struct trk_reply *reply, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    reply->done = false;
    (void)vsnprintf(reply->text, sizeof(reply->text), format, arguments);
    va_end(arguments);
}

/* ---- results ---- */

static json_t *number_or_null(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static json_t *text(const char *value)
{
    json_t *string = json_string(value);
    return string != NULL ? string : json_null();
}

static json_t *numbers(const double *values, size_t count)
{
    json_t *array = json_array();
    for (size_t i = 0; i < count; ++i) {
        (void)json_array_append_new(array, number_or_null(values[i]));
    }
    return array;
}

static json_t *age_s(int64_t now_ns, int64_t at_ns)
{
    return json_real((double)(now_ns - at_ns) / (double)NAV_NS_PER_S);
}

static json_t *matrix(const struct nav_pose *pose)
{
    double R[9];
    nav_pose_rotation(pose, R);
    const double *t = pose->t_mm;
    const double rows[16] = {R[0], R[1], R[2], t[0], R[3], R[4], R[5], t[1],
                             R[6], R[7], R[8], t[2], 0.0,  0.0,  0.0,  1.0};
    return numbers(rows, 16);
}

/* The keys of `osteonav register --json`. */
static json_t *describe_registration(const struct trk_registrar *registrar)
{
    const struct trk_landmark *landmarks;
    const struct trk_registration *result = trk_registrar_result(registrar, &landmarks);
    if (result == NULL) {
        return NULL;
    }
    json_t *residuals = json_object();
    for (uint32_t i = 0; i < result->count; ++i) {
        (void)json_object_set_new(residuals, landmarks[i].name,
                                  number_or_null(result->residuals_mm[i]));
    }
    json_t *tre = json_object();
    for (uint32_t i = 0; i < result->target_count; ++i) {
        (void)json_object_set_new(tre, trk_registrar_config(registrar)->targets[i].name,
                                  number_or_null(result->tre_mm[i]));
    }
    json_t *refusals = json_array();
    json_t *notes = json_array();
    for (uint32_t i = 0; i < result->finding_count; ++i) {
        const struct trk_finding *finding = &result->findings[i];
        (void)json_array_append_new(
            finding->refuses ? refusals : notes,
            json_pack("{s:s, s:o, s:o}", "code", trk_finding_name(finding->code), "text",
                      text(finding->text), "suggestion", text(finding->suggestion)));
    }
    return json_pack("{s:b, s:o, s:o, s:o, s:o, s:o, s:o}", "accepted", (int)result->accepted,
                     "fre_mm", number_or_null(result->fre_mm), "residuals_mm", residuals, "tre_mm",
                     tre, "T_image_reference", matrix(&result->T_image_reference), "refusals",
                     refusals, "notes", notes);
}

static json_t *describe_landmarks(const struct call *call)
{
    const struct trk_registrar_config *config = trk_registrar_config(call->registrar);
    json_t *array = json_array();
    for (uint32_t i = 0; i < config->landmark_count; ++i) {
        const struct trk_touched *touched = trk_registrar_touched(call->registrar, i);
        json_t *entry = json_pack("{s:o, s:b}", "name", text(config->landmarks[i].name),
                                  "collected", (int)touched->collected);
        if (touched->collected) {
            (void)json_object_set_new(entry, "measured_mm", numbers(touched->measured_mm, 3));
            (void)json_object_set_new(entry, "rms_mm", number_or_null(touched->rms_mm));
            (void)json_object_set_new(entry, "age_s", age_s(call->now_ns, touched->at_ns));
        }
        (void)json_array_append_new(array, entry);
    }
    return array;
}

static json_t *describe_check(const struct call *call)
{
    const struct trk_check_result *check = trk_registrar_last_check(call->registrar);
    if (check->at_ns == 0) {
        return json_null();
    }
    const struct trk_registrar_config *config = trk_registrar_config(call->registrar);
    return json_pack(
        "{s:o, s:o, s:o, s:o}", "landmark", text(config->landmarks[check->landmark].name),
        "deviation_mm", number_or_null(check->touch.deviation_mm), "age_s",
        age_s(call->now_ns, check->at_ns), "other",
        check->touch.other < 0 ? json_null() : text(config->landmarks[check->touch.other].name));
}

/* ---- the words ---- */

static void landmark_start(struct call *call)
{
    trk_registrar_start(call->registrar, call->arguments[0], call->arguments[1], call->now_ns,
                        call->reply);
}

static void landmark_cancel(struct call *call)
{
    trk_registrar_cancel(call->registrar, call->reply);
}

static void landmark_clear(struct call *call)
{
    trk_registrar_clear(call->registrar, call->arguments[0], call->reply);
}

static void do_register(struct call *call)
{
    const char *override = call->arguments[0];
    const char *reason = call->arguments[1];
    const bool forced = override != NULL && strcmp(override, "1") == 0;
    if (override != NULL && !forced && strcmp(override, "0") != 0) {
        refuse(call->reply, "register: override is 0 or 1");
    } else if (forced && reason == NULL) {
        refuse(call->reply, "register: override=1 needs its reason, for the record");
    } else if (!forced && reason != NULL) {
        refuse(call->reply, "register: a reason belongs to override=1");
    } else {
        trk_registrar_register(call->registrar, forced ? reason : NULL, call->now_ns, call->reply);
        call->result = describe_registration(call->registrar);
    }
}

static void check(struct call *call)
{
    trk_registrar_check(call->registrar, call->arguments[0], call->arguments[1], call->now_ns,
                        call->reply);
}

static void status(struct call *call)
{
    const struct nav_scene_collection *collection = trk_registrar_collection(call->registrar);
    json_t *registration = describe_registration(call->registrar);
    call->reply->done = true;
    if (collection->kind != NAV_COLLECTION_NONE) {
        (void)snprintf(call->reply->text, sizeof(call->reply->text),
                       "%s: hold still, %.0f %%; %u of %u landmarks touched", collection->landmark,
                       100.0 * collection->progress, collection->collected, collection->wanted);
    } else {
        (void)snprintf(call->reply->text, sizeof(call->reply->text),
                       "%u of %u landmarks touched%s%s", collection->collected, collection->wanted,
                       collection->outcome[0] != '\0' ? "; " : "", collection->outcome);
    }
    call->result = json_pack(
        "{s:{s:s, s:o, s:o, s:b, s:o}, s:o, s:o, s:o}", "collection", "active",
        nav_collection_name(collection->kind), "landmark", text(collection->landmark), "progress",
        number_or_null(collection->progress), "good", (int)(collection->good != 0), "outcome",
        text(collection->outcome), "landmarks", describe_landmarks(call), "last_check",
        describe_check(call), "registration", registration != NULL ? registration : json_null());
}

/* In the order of words[]. */
static void (*const handlers[])(struct call *call) = {
    landmark_start,
    landmark_cancel,
    landmark_clear,
    do_register,
    check,
    status,
    srv_command_cut_activate,
    srv_command_cut_pause,
    srv_command_cut_done,
    srv_command_cut_skip,
    srv_command_cut_accept,
    srv_command_alarm_acknowledge,
    srv_command_alarm_mute,
    srv_command_fragment_rigid,
    srv_command_fragment_loose,
    srv_command_guide_tool,
    srv_command_guide_parallel_start,
    srv_command_guide_parallel_cancel,
    srv_command_view,
    srv_command_display_gone,
    srv_command_display_back,
};

static const struct srv_command_word words[] = {
    {"landmark start",
     "begin to touch a landmark of the case: the tip rests on it until it is taken",
     {{"name", true, "the landmark"}, {"tool", false, "the tool (default: the first pointer)"}}},
    {"landmark cancel", "end the touch that is going on", {{NULL, false, NULL}}},
    {"landmark clear",
     "forget a touched landmark",
     {{"name", true, "the landmark, or all"}, {NULL, false, NULL}}},
    {"register",
     "register with the landmarks touched; what its limits refuse stays out",
     {{"override", false, "1: put it in force although its limits refuse it"},
      {"reason", false, "why; needed with override=1, kept and shown"}}},
    {"check",
     "touch a landmark again and see how far it appears from its place",
     {{"landmark", true, "the landmark"},
      {"tool", false, "the tool (default: the first pointer)"}}},
    {"status", "what has been touched, found and checked", {{NULL, false, NULL}}},
    {"cut activate",
     "take up a cut of the plan; the one that is active pauses",
     {{"name", true, "the cut"}}},
    {"cut pause", "leave the active cut for now", {{"name", false, "the cut (default: active)"}}},
    {"cut done",
     "the cut is complete; asks for the fragment",
     {{"name", false, "the cut (default: active)"}}},
    {"cut skip", "the cut is not made", {{"name", false, "the cut (default: active)"}}},
    {"cut suggest-accept", "take up the cut along which the blade is held", {{NULL, false, NULL}}},
    {"alarm acknowledge",
     "somebody has seen it; what still holds stays listed",
     {{"code", false, "such as stop-distance (default: all)"}}},
    {"alarm mute", "alarms sound or do not", {{"state", true, "on: no sound; off: sound"}}},
    {"fragment rigid",
     "what was cut off still moves with the patient reference",
     {{NULL, false, NULL}}},
    {"fragment loose",
     "what was cut off moves by itself: it is no longer navigated",
     {{NULL, false, NULL}}},
    {"guide tool", "measure from another blade or drill", {{"name", true, "the tool"}}},
    {"guide parallel start",
     "learn how a pointer is held beside a cutter without a tracker",
     {{"landmark", true, "touched before; the middle of the cutter's edge rests on it"},
      {"width", true, "of the cutter's edge, mm"},
      {"thickness", true, "of the cutter, mm"},
      {"tool", false, "the pointer (default: the first)"}}},
    {"guide parallel cancel", "end the hold that is going on", {{NULL, false, NULL}}},
    {"view",
     "order the displays to show something else",
     {{"action", true, "what; `osteonav display --help` lists it"},
      {"argument", false, "of the action"},
      {"display", false, "its name in the case (default: every one)"}}},
    {"display gone",
     "a display has ended: alarms; the core says it of those that it starts",
     {{"name", true, "of the display"}}},
    {"display back", "it runs again", {{"name", true, "of the display"}}},
};

enum { WORDS = sizeof(words) / sizeof(words[0]) };
_Static_assert(sizeof(handlers) / sizeof(handlers[0]) == WORDS, "each word has its handler");

const struct srv_command_word *srv_command_words(size_t *out_count)
{
    *out_count = WORDS;
    return words;
}

/* ---- parsing ---- */

/* Objects in objects deeper than a request has them; brackets in strings do not count. */
static bool is_too_deep(const char *line, size_t length)
{
    size_t depth = 0;
    bool quoted = false;
    for (size_t i = 0; i < length; ++i) {
        const char c = line[i];
        if (quoted) {
            i += c == '\\';
            quoted = c != '"';
        } else if (c == '"') {
            quoted = true;
        } else if (c == '{' || c == '[') {
            if (++depth > DEPTH_MAX) {
                return true;
            }
        } else if ((c == '}' || c == ']') && depth > 0) {
            --depth;
        }
    }
    return false;
}

static bool is_plain(const char *value)
{
    for (const char *c = value; *c != '\0'; ++c) {
        if ((unsigned char)*c < ' ' || *c == 0x7f) {
            return false;
        }
    }
    return strlen(value) < SRV_ARGUMENT_MAX;
}

static const struct srv_command_word *find_word(const char *name)
{
    for (size_t i = 0; i < WORDS; ++i) {
        if (strcmp(words[i].word, name) == 0) {
            return &words[i];
        }
    }
    return NULL;
}

static bool take_argument(const struct srv_command_word *word, const char *key, const json_t *value,
                          struct call *call)
{
    for (size_t i = 0; i < SRV_COMMAND_KEYS_MAX && word->keys[i].name != NULL; ++i) {
        if (strcmp(word->keys[i].name, key) != 0) {
            continue;
        }
        if (!json_is_string(value) || !is_plain(json_string_value(value))) {
            refuse(call->reply, "%s: %s is a string of at most %d bytes without control characters",
                   word->word, key, SRV_ARGUMENT_MAX - 1);
            return false;
        }
        call->arguments[i] = json_string_value(value);
        return true;
    }
    refuse(call->reply, "%s: unknown argument '%.40s'; see `osteonav command --help`", word->word,
           key);
    return false;
}

static bool take_arguments(const struct srv_command_word *word, const json_t *arguments,
                           struct call *call)
{
    if (arguments != NULL && !json_is_object(arguments)) {
        refuse(call->reply, "arguments must be an object of strings");
        return false;
    }
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)arguments, key, value)
    {
        if (!take_argument(word, key, value, call)) {
            return false;
        }
    }
    for (size_t i = 0; i < SRV_COMMAND_KEYS_MAX && word->keys[i].name != NULL; ++i) {
        if (word->keys[i].required && call->arguments[i] == NULL) {
            refuse(call->reply, "%s needs %s=...: %s", word->word, word->keys[i].name,
                   word->keys[i].help);
            return false;
        }
    }
    return true;
}

/* The word of a request, its arguments taken; NULL: refused, and said why. */
static const struct srv_command_word *understand(const json_t *request, struct call *call)
{
    const json_t *name = json_object_get(request, "command");
    const json_t *arguments = json_object_get(request, "arguments");
    const size_t known = (name != NULL) + (size_t)(arguments != NULL);
    if (!json_is_string(name) || json_object_size(request) != known) {
        refuse(call->reply,
               "a request is {\"command\": WORD, \"arguments\": {KEY: TEXT}} and nothing else");
        return NULL;
    }
    const struct srv_command_word *word = find_word(json_string_value(name));
    if (word == NULL) {
        refuse(call->reply, "unknown command '%.40s'; see `osteonav command --help`",
               is_plain(json_string_value(name)) ? json_string_value(name) : "?");
        return NULL;
    }
    return take_arguments(word, arguments, call) ? word : NULL;
}

/* ---- answering ---- */

static size_t dump(json_t *answer, char *out_answer)
{
    const size_t length = answer == NULL
                              ? 0
                              : json_dumpb(answer, out_answer, SRV_ANSWER_MAX - 1,
                                           JSON_COMPACT | JSON_REAL_PRECISION(SIGNIFICANT_DIGITS));
    if (length == 0 || length > SRV_ANSWER_MAX - 1) {
        return 0;
    }
    out_answer[length] = '\n';
    return length + 1;
}

static size_t write_answer(const struct trk_reply *reply, json_t *result, char *out_answer)
{
    json_t *answer = json_pack("{s:b, s:o}", "done", (int)reply->done, "text", text(reply->text));
    if (result != NULL) {
        (void)json_object_set_new(answer, "result", result);
    }
    size_t length = dump(answer, out_answer);
    if (length == 0 && result != NULL) {
        (void)json_object_del(answer, "result");
        length = dump(answer, out_answer);
    }
    json_decref(answer);
    if (length == 0) {
        static const char last_words[] = "{\"done\":false,\"text\":\"out of memory\"}\n";
        length = sizeof(last_words) - 1;
        memcpy(out_answer, last_words, length);
    }
    return length;
}

/* A refusal may quote what was sent: it becomes one line of text that is UTF-8, for the answer and
 * for the log. */
static void make_plain(char *words_said)
{
    json_t *string = json_string(words_said);
    for (char *c = words_said; *c != '\0'; ++c) {
        const unsigned char byte = (unsigned char)*c;
        if (byte < ' ' || byte == 0x7f || (string == NULL && byte > 0x7f)) {
            *c = '?';
        }
    }
    json_decref(string);
}

size_t srv_command_request(const char *word, const char *key, const char *value, char *out_line)
{
    json_t *request = json_pack("{s:s, s:{s:s}}", "command", word, "arguments", key, value);
    const size_t length =
        request == NULL ? 0 : json_dumpb(request, out_line, SRV_REQUEST_MAX, JSON_COMPACT);
    json_decref(request);
    return length <= SRV_REQUEST_MAX ? length : 0;
}

size_t srv_command_refuse(const char *words_of_refusal, char *out_answer)
{
    struct trk_reply reply;
    refuse(&reply, "%s", words_of_refusal);
    return write_answer(&reply, NULL, out_answer);
}

size_t srv_command_execute(const struct srv_command_host *host, const char *line, size_t length,
                           int64_t now_ns, struct srv_command_outcome *out_outcome,
                           char *out_answer)
{
    *out_outcome = (struct srv_command_outcome){.word = NULL};
    struct call call = {
        .host = host, .registrar = host->registrar, .now_ns = now_ns, .reply = &out_outcome->reply};
    json_error_t error;
    json_t *request = NULL;
    if (length > SRV_REQUEST_MAX) {
        refuse(call.reply, "a request has at most %d bytes", SRV_REQUEST_MAX);
    } else if (is_too_deep(line, length)) {
        refuse(call.reply, "a request is not nested as deeply");
    } else if ((request = json_loadb(line, length, JSON_REJECT_DUPLICATES, &error)) == NULL) {
        refuse(call.reply, "not one JSON object a line: %.120s (column %d)", error.text,
               error.column);
    } else {
        const struct srv_command_word *word = understand(request, &call);
        if (word != NULL) {
            out_outcome->word = word->word;
            out_outcome->asks = handlers[word - words] == status;
            handlers[word - words](&call);
        }
    }
    make_plain(call.reply->text);
    const size_t written = write_answer(call.reply, call.result, out_answer);
    json_decref(request); /* the arguments lived in it */
    return written;
}
