#include "alarms.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void trk_alarms_init(struct trk_alarms *alarms, int64_t hold_ns)
{
    memset(alarms, 0, sizeof(*alarms));
    alarms->hold_ns = hold_ns;
}

static void note(struct trk_alarms *alarms, enum trk_alarm_change change,
                 const struct nav_scene_alarm *alarm, int64_t at_ns)
{
    if (alarms->event_count == TRK_ALARM_EVENTS_MAX) {
        alarms->event_head = (alarms->event_head + 1) % TRK_ALARM_EVENTS_MAX;
        --alarms->event_count;
        ++alarms->events_lost;
    }
    const uint32_t at = (alarms->event_head + alarms->event_count++) % TRK_ALARM_EVENTS_MAX;
    alarms->events[at] =
        (struct trk_alarm_event){.at_ns = at_ns, .change = change, .alarm = *alarm};
}

/* Its index, or the count: there is none. */
static uint32_t find(const struct trk_alarms *alarms, uint32_t code, int32_t subject)
{
    uint32_t at = 0;
    while (at < alarms->count &&
           (alarms->alarms[at].shown.code != code || alarms->alarms[at].shown.subject != subject)) {
        ++at;
    }
    return at;
}

/* "Left S2: nearer than its stop distance"; without a subject the text begins with a capital. */
static void describe(struct nav_scene_alarm *alarm, const char *name)
{
    const char *text = nav_alarm_text(alarm->code);
    if (name != NULL) {
        (void)snprintf(alarm->text, sizeof(alarm->text), "%s: %s", name, text);
        return;
    }
    (void)snprintf(alarm->text, sizeof(alarm->text), "%s", text);
    if (alarm->text[0] >= 'a' && alarm->text[0] <= 'z') {
        alarm->text[0] = (char)(alarm->text[0] - 'a' + 'A');
    }
}

void trk_alarms_raise(struct trk_alarms *alarms, enum nav_alarm code, int32_t subject,
                      const char *name, double value, int64_t now_ns)
{
    if ((unsigned)code >= NAV_ALARM_COUNT) {
        return;
    }
    const uint32_t at = find(alarms, code, subject);
    struct trk_alarm *alarm = &alarms->alarms[at];
    if (at == TRK_ALARMS_MAX) {
        ++alarms->left_out;
        return;
    }
    if (at == alarms->count) {
        ++alarms->count;
        memset(alarm, 0, sizeof(*alarm));
        alarm->shown.code = code;
        alarm->shown.priority = nav_alarm_priority_of(code);
        alarm->shown.subject = subject;
        describe(&alarm->shown, name);
    }
    alarm->raised_ns = now_ns;
    alarm->shown.value = value;
    if (alarm->shown.active == 0) {
        alarm->shown.active = 1;
        alarm->shown.latched = 0;
        alarm->shown.since_ns = now_ns;
        note(alarms, TRK_ALARM_BEGAN, &alarm->shown, now_ns);
    }
}

static void drop(struct trk_alarms *alarms, uint32_t index)
{
    alarms->alarms[index] = alarms->alarms[--alarms->count];
}

bool trk_alarms_holds(const struct trk_alarms *alarms, enum nav_alarm code, int32_t subject)
{
    const uint32_t at = find(alarms, code, subject);
    return at < alarms->count && alarms->alarms[at].shown.active != 0;
}

void trk_alarms_replace(struct trk_alarms *alarms, enum nav_alarm code, int32_t subject,
                        int64_t now_ns)
{
    const uint32_t at = find(alarms, code, subject);
    if (at < alarms->count) {
        note(alarms, TRK_ALARM_ENDED, &alarms->alarms[at].shown, now_ns);
        drop(alarms, at);
    }
}

void trk_alarms_settle(struct trk_alarms *alarms, int64_t now_ns)
{
    for (uint32_t i = alarms->count; i-- > 0;) {
        struct trk_alarm *alarm = &alarms->alarms[i];
        if (alarm->shown.active == 0 || alarm->raised_ns == now_ns ||
            now_ns - alarm->raised_ns < alarms->hold_ns) {
            continue;
        }
        alarm->shown.active = 0;
        alarm->shown.latched = alarm->shown.acknowledged == 0 ? 1 : 0;
        note(alarms, TRK_ALARM_ENDED, &alarm->shown, now_ns);
        if (alarm->shown.latched == 0) {
            drop(alarms, i);
        }
    }
}

uint32_t trk_alarms_acknowledge(struct trk_alarms *alarms, uint32_t code, int64_t now_ns)
{
    uint32_t count = 0;
    for (uint32_t i = alarms->count; i-- > 0;) {
        struct nav_scene_alarm *alarm = &alarms->alarms[i].shown;
        if ((code != NAV_ALARM_COUNT && alarm->code != code) || alarm->acknowledged != 0) {
            continue;
        }
        alarm->acknowledged = 1;
        alarm->latched = 0;
        ++count;
        note(alarms, TRK_ALARM_ACKNOWLEDGED, alarm, now_ns);
        if (alarm->active == 0) {
            drop(alarms, i);
        }
    }
    return count;
}

/* Which of two stands higher: negative, the first. No two are equal. */
static int compare(const struct nav_scene_alarm *a, const struct nav_scene_alarm *b)
{
    if (a->priority != b->priority) {
        return a->priority > b->priority ? -1 : 1;
    }
    if (a->active != b->active) {
        return a->active != 0 ? -1 : 1;
    }
    if (a->code != b->code) {
        return a->code < b->code ? -1 : 1;
    }
    if (a->since_ns != b->since_ns) {
        return a->since_ns > b->since_ns ? -1 : 1;
    }
    return a->subject < b->subject ? -1 : 1;
}

void trk_alarms_list(const struct trk_alarms *alarms, struct nav_scene *scene)
{
    /* By insertion: alarms are few, and the order hardly changes. */
    uint32_t listed = 0;
    for (uint32_t i = 0; i < alarms->count; ++i) {
        const struct nav_scene_alarm *alarm = &alarms->alarms[i].shown;
        uint32_t at = listed;
        while (at > 0 && compare(alarm, &scene->alarms[at - 1]) < 0) {
            --at;
        }
        if (at == NAV_ALARMS_MAX) {
            continue;
        }
        listed += listed < NAV_ALARMS_MAX ? 1 : 0;
        memmove(&scene->alarms[at + 1], &scene->alarms[at],
                (listed - at - 1) * sizeof(scene->alarms[0]));
        scene->alarms[at] = *alarm;
    }
    scene->alarm_count = listed;
    scene->alarms_total = alarms->count;
}

bool trk_alarms_next_event(struct trk_alarms *alarms, struct trk_alarm_event *out_event)
{
    if (alarms->event_count == 0) {
        return false;
    }
    *out_event = alarms->events[alarms->event_head];
    alarms->event_head = (alarms->event_head + 1) % TRK_ALARM_EVENTS_MAX;
    --alarms->event_count;
    return true;
}
