#include "show.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nav/time.h"

enum { STEPS_MAX = 100000, TEXT_SIZE = 256 };

static double seconds(int64_t ns)
{
    return (double)ns / (double)NAV_NS_PER_S;
}

/* ---- playing ---- */

static void anchor(struct srv_show *show, int64_t now_ns)
{
    show->anchor_now_ns = now_ns;
    show->anchor_at_ns = srv_replay_at_ns(show->replay);
}

/* ---- timeline ---- */

/* Whether an event is one of the timeline, and as what. What the screen shows anyway, verdicts and
 * tools that come and go, is not: there are too many of them. */
static bool mark_of(const struct srv_replay_event *event, enum nav_replay_mark_kind *out_kind)
{
    switch (event->kind) {
    case STORE_EVENT_NONE:
        *out_kind = NAV_REPLAY_MARK_NOTE;
        return true;
    case STORE_EVENT_CHECK:
    case STORE_EVENT_REGISTRATION:
        *out_kind = NAV_REPLAY_MARK_CHECK;
        return true;
    case STORE_EVENT_CUT:
        *out_kind = NAV_REPLAY_MARK_CUT;
        return true;
    case STORE_EVENT_ALARM:
        *out_kind = NAV_REPLAY_MARK_ALARM;
        return true;
    default:
        return false;
    }
}

/* One mark for each equal part of the recording in which anything happened: what counts most there.
 */
static void lay_timeline(struct srv_show *show)
{
    size_t count = 0;
    const struct srv_replay_event *events = srv_replay_events(show->replay, &count);
    const double length_ns = (double)srv_replay_length_ns(show->replay);
    int64_t part_before = -1;
    for (size_t i = 0; i < count; ++i) {
        enum nav_replay_mark_kind kind;
        if (length_ns <= 0 || !mark_of(&events[i], &kind)) {
            continue;
        }
        const double share = fmin(fmax((double)events[i].at_ns / length_ns, 0.0), 1.0);
        const int64_t part = llround(floor(share * (NAV_REPLAY_MARKS_MAX - 1)));
        const bool joins = part == part_before;
        struct nav_scene_replay_mark *mark = &show->marks[show->mark_count - (joins ? 1 : 0)];
        if (!joins || (uint32_t)kind > mark->kind) {
            *mark = (struct nav_scene_replay_mark){.at_ns = events[i].at_ns, .kind = kind};
        }
        show->mark_count += joins ? 0 : 1;
        part_before = part;
    }
}

/* The newest event of the timeline up to the shown instant. */
static void tell_newest(const struct srv_show *show, struct nav_scene_replay *replay)
{
    size_t count = 0;
    const struct srv_replay_event *events = srv_replay_events(show->replay, &count);
    for (size_t i = 0; i < count && events[i].at_ns <= replay->at_ns; ++i) {
        enum nav_replay_mark_kind kind;
        if (mark_of(&events[i], &kind)) {
            replay->event_ns = events[i].at_ns;
            replay->event_kind = kind;
            (void)snprintf(replay->event, sizeof(replay->event), "%.*s", NAV_TEXT_SIZE - 1,
                           events[i].text);
        }
    }
}

void srv_show_init(struct srv_show *show, struct srv_replay *replay, const char *session,
                   double speed, bool loop, int64_t now_ns)
{
    *show = (struct srv_show){.replay = replay, .speed = speed, .loop = loop};
    (void)snprintf(show->session, sizeof(show->session), "%s", session);
    lay_timeline(show);
    anchor(show, now_ns);
}

enum nav_status srv_show_seek(struct srv_show *show, int64_t at_ns, int64_t now_ns)
{
    const enum nav_status status = srv_replay_seek(show->replay, at_ns);
    show->ended = false;
    anchor(show, now_ns);
    return status;
}

/* What comes after the last scene: the first one again, or the end. */
static bool turn_at_end(struct srv_show *show, int64_t now_ns)
{
    if (show->loop) {
        return srv_show_seek(show, 0, now_ns) == NAV_OK;
    }
    show->ended = true;
    show->paused = true;
    return false;
}

bool srv_show_turn(struct srv_show *show, int64_t now_ns)
{
    if (show->paused || show->speed <= 0) {
        return false;
    }
    const int64_t before_ns = srv_replay_at_ns(show->replay);
    const double played_ns = (double)(now_ns - show->anchor_now_ns) * show->speed;
    const int64_t until_ns = show->anchor_at_ns + llround(played_ns);
    const enum nav_status status = srv_replay_run_to(show->replay, until_ns);
    if (status != NAV_OK) { /* the end, or a recording that cannot be read on */
        (void)turn_at_end(show, now_ns);
        return true;
    }
    return srv_replay_at_ns(show->replay) != before_ns;
}

bool srv_show_hurry(struct srv_show *show, uint32_t scenes)
{
    for (uint32_t i = 0; i < scenes; ++i) {
        if (srv_replay_step(show->replay) != NAV_OK) {
            return turn_at_end(show, show->anchor_now_ns);
        }
    }
    return true;
}

void srv_show_scene(const struct srv_show *show, int64_t now_ns, struct nav_scene *out_scene)
{
    srv_replay_move_scene(srv_replay_scene(show->replay), now_ns, out_scene);
    struct nav_scene_replay *replay = &out_scene->replay;
    memset(replay, 0, sizeof(*replay));
    memcpy(replay->session, show->session, sizeof(replay->session));
    replay->at_ns = srv_replay_at_ns(show->replay);
    replay->length_ns = srv_replay_length_ns(show->replay);
    replay->speed = show->speed;
    replay->paused = show->paused ? 1 : 0;
    replay->mark_count = show->mark_count;
    memcpy(replay->marks, show->marks, sizeof(replay->marks));
    tell_newest(show, replay);
}

/* ---- commands ---- */

struct call {
    struct srv_show *show;
    int64_t now_ns;
    const char *argument; /* of the word's first key; NULL = not given */
    bool done;
    char text[TEXT_SIZE];
    json_t *result; /* or NULL */
};

static void say(struct call *call, bool done, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void say(struct call *call, bool done, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    call->done = done;
    (void)vsnprintf(call->text, sizeof(call->text), format, arguments);
    va_end(arguments);
}

static void say_where(struct call *call)
{
    const struct srv_show *show = call->show;
    char speed[32];
    (void)snprintf(speed, sizeof(speed), show->speed > 0 ? "%g x" : "as fast as it goes",
                   show->speed);
    say(call, true, "%s at %.3f s of %.3f s, %s", show->paused ? "paused" : "playing",
        seconds(srv_replay_at_ns(show->replay)), seconds(srv_replay_length_ns(show->replay)),
        speed);
}

static void pause_show(struct call *call)
{
    call->show->paused = true;
    say_where(call);
}

static void play_show(struct call *call)
{
    struct srv_show *show = call->show;
    if (show->ended && srv_show_seek(show, 0, call->now_ns) != NAV_OK) {
        say(call, false, "the session cannot be read again; run `osteonav session check`");
        return;
    }
    show->paused = false;
    anchor(show, call->now_ns);
    say_where(call);
}

static bool read_number(const char *text, double *out_value)
{
    char *end = NULL;
    *out_value = strtod(text, &end);
    return end != text && *end == '\0' && isfinite(*out_value);
}

/* Seconds, or minutes:seconds, as "12.5", "-3" or "1:05". */
static bool read_time(const char *text, double *out_s)
{
    const char *colon = strchr(text, ':');
    char minutes[16];
    double whole = 0;
    if (colon == NULL) {
        return read_number(text, out_s);
    }
    const int length = (int)(colon - text);
    if (length <= 0 || (size_t)length >= sizeof(minutes) || text[0] == '+' || text[0] == '-') {
        return false;
    }
    (void)snprintf(minutes, sizeof(minutes), "%.*s", length, text);
    if (!read_number(minutes, &whole) || whole != trunc(whole) || !read_number(colon + 1, out_s) ||
        !(*out_s >= 0 && *out_s < 60)) {
        return false;
    }
    *out_s += 60 * whole;
    return true;
}

static void step_show(struct call *call)
{
    struct srv_show *show = call->show;
    double steps = 1;
    if (call->argument != NULL && (!read_number(call->argument, &steps) || steps != trunc(steps) ||
                                   fabs(steps) > STEPS_MAX || steps == 0)) {
        say(call, false, "by is a number of scenes, -%d to %d, not '%.40s'", STEPS_MAX, STEPS_MAX,
            call->argument);
        return;
    }
    show->paused = true;
    show->ended = false;
    enum nav_status status = NAV_OK;
    if (steps < 0) {
        status = srv_replay_step_back(show->replay, (uint64_t)-steps);
    }
    for (double i = 0; i < steps && status == NAV_OK; ++i) {
        status = srv_replay_step(show->replay);
    }
    say_where(call);
}

/* The event before or after the shown instant; -1: none. */
static int64_t neighbour_event(const struct srv_replay *replay, bool next)
{
    size_t count;
    const struct srv_replay_event *events = srv_replay_events(replay, &count);
    const int64_t at_ns = srv_replay_at_ns(replay);
    int64_t found_ns = -1;
    for (size_t i = 0; i < count; ++i) {
        if (next && events[i].at_ns > at_ns) {
            return events[i].at_ns;
        }
        found_ns = !next && events[i].at_ns < at_ns ? events[i].at_ns : found_ns;
    }
    return found_ns;
}

static void seek_show(struct call *call)
{
    const char *to = call->argument;
    struct srv_show *show = call->show;
    double value = 0;
    int64_t at_ns = -1;
    if (strcmp(to, "next") == 0 || strcmp(to, "previous") == 0) {
        at_ns = neighbour_event(show->replay, to[0] == 'n');
        if (at_ns < 0) {
            say(call, false, "there is no %s event", to);
            return;
        }
    } else if (read_time(to, &value) && fabs(value) < 1e9) {
        const bool relative = to[0] == '+' || to[0] == '-';
        at_ns =
            (relative ? srv_replay_at_ns(show->replay) : 0) + llround(value * (double)NAV_NS_PER_S);
    } else {
        say(call, false,
            "to is S or MIN:S from the start, +S or -S from here, next or previous, not '%.40s'",
            to);
        return;
    }
    if (srv_show_seek(show, at_ns, call->now_ns) != NAV_OK) {
        say(call, false, "the session cannot be read there; run `osteonav session check`");
        return;
    }
    say_where(call);
}

bool srv_show_read_speed(const char *text, double *out_speed)
{
    double value = 0;
    if (strcmp(text, "max") == 0) {
        *out_speed = 0;
        return true;
    }
    if (!read_number(text, &value) || value < SRV_SHOW_SPEED_MIN || value > SRV_SHOW_SPEED_MAX) {
        return false;
    }
    *out_speed = value;
    return true;
}

static void set_speed(struct call *call)
{
    if (!srv_show_read_speed(call->argument, &call->show->speed)) {
        say(call, false, "x is a speed from %g to %g, or max, not '%.40s'", SRV_SHOW_SPEED_MIN,
            SRV_SHOW_SPEED_MAX, call->argument);
        return;
    }
    anchor(call->show, call->now_ns);
    say_where(call);
}

static void tell_status(struct call *call)
{
    const struct srv_show *show = call->show;
    say_where(call);
    call->result = json_pack("{s:s, s:f, s:f, s:f, s:b}", "session", show->session, "at_s",
                             seconds(srv_replay_at_ns(show->replay)), "length_s",
                             seconds(srv_replay_length_ns(show->replay)), "speed", show->speed,
                             "paused", (int)show->paused);
}

static void tell_events(struct call *call)
{
    size_t count;
    const struct srv_replay_event *events = srv_replay_events(call->show->replay, &count);
    call->result = json_array();
    for (size_t i = 0; i < count; ++i) {
        const char *kind =
            events[i].kind == STORE_EVENT_NONE ? "annotation" : store_event_name(events[i].kind);
        (void)json_array_append_new(call->result,
                                    json_pack("{s:f, s:s, s:s}", "at_s", seconds(events[i].at_ns),
                                              "kind", kind, "text", events[i].text));
    }
    say(call, true, "%zu events", count);
}

static const struct srv_command_word words[] = {
    {"replay pause", "stand still", {{NULL, false, NULL}}},
    {"replay play", "go on; after the end, from the start", {{NULL, false, NULL}}},
    {"replay step", "pause, and go scenes on or back", {{"by", false, "scenes (default 1)"}}},
    {"replay seek",
     "go to an instant",
     {{"to", true, "S or MIN:S from the start, +S, -S, or next or previous event"}}},
    {"replay speed", "play slower or faster", {{"x", true, "0.1 to 50, or max"}}},
    {"replay status", "where it stands", {{NULL, false, NULL}}},
    {"replay events", "the timeline: cuts, alarms, checks, annotations", {{NULL, false, NULL}}},
};

enum { WORD_COUNT = sizeof(words) / sizeof(words[0]) };

static void (*const handlers[WORD_COUNT])(struct call *) = {
    pause_show, play_show, step_show, seek_show, set_speed, tell_status, tell_events};

const struct srv_command_word *srv_show_words(size_t *out_count)
{
    *out_count = WORD_COUNT;
    return words;
}

/* Index of the request's word with its argument taken; WORD_COUNT: refused, and said why. */
static size_t understand(const json_t *request, struct call *call)
{
    const json_t *name = json_object_get(request, "command");
    const json_t *arguments = json_object_get(request, "arguments");
    if (!json_is_string(name) || (arguments != NULL && !json_is_object(arguments))) {
        say(call, false, "a request is {\"command\": WORD, \"arguments\": {KEY: TEXT}}");
        return WORD_COUNT;
    }
    size_t index = 0;
    while (index < WORD_COUNT && strcmp(words[index].word, json_string_value(name)) != 0) {
        ++index;
    }
    if (index == WORD_COUNT) {
        say(call, false,
            "this is a replay: it takes `replay pause`, `play`, `step`, `seek`, "
            "`speed`, `status` and `events`, and nothing that decides");
        return WORD_COUNT;
    }
    const struct srv_command_key *key = &words[index].keys[0];
    const json_t *value = key->name != NULL ? json_object_get(arguments, key->name) : NULL;
    if (json_object_size(arguments) != (value != NULL ? 1U : 0U)) {
        say(call, false, "%s takes %s%s", words[index].word, key->name != NULL ? key->name : "no",
            key->name != NULL ? "=... and nothing else" : " arguments");
        return WORD_COUNT;
    }
    if (key->name != NULL && !json_is_string(value) && (key->required || value != NULL)) {
        say(call, false, "%s needs %s=...: %s", words[index].word, key->name, key->help);
        return WORD_COUNT;
    }
    call->argument = json_string_value(value);
    return index;
}

static size_t answer(struct call *call, char *out_answer)
{
    json_t *object = json_pack("{s:b, s:s}", "done", (int)call->done, "text", call->text);
    if (call->result != NULL) {
        (void)json_object_set_new(object, "result", call->result);
    }
    size_t length = json_dumpb(object, out_answer, SRV_ANSWER_MAX - 1, JSON_COMPACT);
    if (length > SRV_ANSWER_MAX - 1 && call->result != NULL) { /* too long a timeline */
        (void)json_object_del(object, "result");
        length = json_dumpb(object, out_answer, SRV_ANSWER_MAX - 1, JSON_COMPACT);
    }
    json_decref(object);
    if (length == 0 || length > SRV_ANSWER_MAX - 1) {
        return srv_command_refuse("out of memory", out_answer);
    }
    out_answer[length] = '\n';
    return length + 1;
}

size_t srv_show_command(struct srv_show *show, const char *line, size_t length, int64_t now_ns,
                        char *out_answer)
{
    struct call call = {.show = show, .now_ns = now_ns};
    json_error_t error;
    json_t *request =
        length <= SRV_REQUEST_MAX ? json_loadb(line, length, JSON_REJECT_DUPLICATES, &error) : NULL;
    if (request == NULL) {
        return srv_command_refuse("not one JSON object a line", out_answer);
    }
    const size_t index = understand(request, &call);
    if (index < WORD_COUNT) {
        handlers[index](&call);
    }
    const size_t written = answer(&call, out_answer);
    json_decref(request);
    return written;
}
