#include "engine_events.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "nav/alarm.h"

enum { WORDS_SIZE = 320 };

struct teller {
    srv_event_fn on_event;
    void *context;
    int64_t at_ns;
};

static void tell(const struct teller *teller, enum store_event event, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void tell(const struct teller *teller, enum store_event event, const char *format, ...)
{
    char words[WORDS_SIZE];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(words, sizeof(words), format, arguments);
    va_end(arguments);
    teller->on_event(teller->context, event, teller->at_ns, words);
}

static void watch_trust(struct srv_engine_events *events, const struct nav_scene *scene,
                        const struct teller *teller)
{
    const uint32_t reason = scene->reason_count > 0 ? scene->reasons[0].reason : NAV_REASON_NONE;
    if (events->begun && scene->trust == events->trust && reason == events->reason) {
        return;
    }
    events->trust = scene->trust;
    events->reason = reason;
    const int32_t tool = scene->reason_count > 0 ? scene->reasons[0].tool : NAV_SUBJECT_NONE;
    tell(teller, STORE_EVENT_TRUST, "%s%s%s%s%s", nav_trust_name(scene->trust),
         reason != NAV_REASON_NONE ? ": " : "", tool >= 0 ? scene->tools[tool].name : "",
         tool >= 0 ? ": " : "", nav_reason_text(reason));
}

static void watch_tools(struct srv_engine_events *events, const struct nav_scene *scene,
                        const struct teller *teller)
{
    for (uint32_t i = 0; i < scene->tool_count; ++i) {
        const struct nav_scene_tool *tool = &scene->tools[i];
        if (tool->state != events->tools[i]) {
            events->tools[i] = tool->state;
            tell(teller, STORE_EVENT_TOOL, "%s: %s", tool->name, nav_tool_state_name(tool->state));
        }
    }
}

static void watch_cuts(struct srv_engine_events *events, const struct nav_scene *scene,
                       const struct teller *teller)
{
    for (uint32_t i = 0; i < scene->cut_count; ++i) {
        const struct nav_scene_cut *cut = &scene->cuts[i];
        if (cut->state != events->cuts[i]) {
            events->cuts[i] = cut->state;
            tell(teller, STORE_EVENT_CUT, "%s: %s", cut->name, nav_cut_state_name(cut->state));
        }
    }
}

static void watch_registration(struct srv_engine_events *events, const struct nav_scene *scene,
                               const struct teller *teller)
{
    const struct nav_scene_registration *registration = &scene->registration;
    if (registration->present != events->registered ||
        memcmp(registration->source, events->source, sizeof(events->source)) != 0) {
        events->registered = registration->present;
        memcpy(events->source, registration->source, sizeof(events->source));
        tell(teller, STORE_EVENT_REGISTRATION, "%s",
             registration->present != 0 ? registration->source : "none");
    }
    if (registration->last_check_ns != events->checked_ns) {
        events->checked_ns = registration->last_check_ns;
        if (registration->last_check_ns != 0) {
            tell(teller, STORE_EVENT_CHECK, "%.2f mm off", registration->last_check_mm);
        }
    }
}

static bool is_active(const struct srv_event_alarm *alarms, uint32_t count, uint32_t code,
                      int32_t subject)
{
    for (uint32_t i = 0; i < count; ++i) {
        if (alarms[i].code == code && alarms[i].subject == subject) {
            return alarms[i].active;
        }
    }
    return false;
}

static void watch_alarms(struct srv_engine_events *events, const struct nav_scene *scene,
                         const struct teller *teller)
{
    struct srv_event_alarm now[NAV_ALARMS_MAX];
    for (uint32_t i = 0; i < scene->alarm_count; ++i) {
        const struct nav_scene_alarm *alarm = &scene->alarms[i];
        now[i] = (struct srv_event_alarm){
            .code = alarm->code, .subject = alarm->subject, .active = alarm->active != 0};
        memcpy(now[i].text, alarm->text, sizeof(now[i].text));
        if (now[i].active &&
            !is_active(events->alarms, events->alarm_count, alarm->code, alarm->subject)) {
            tell(teller, STORE_EVENT_ALARM, "%s (%s): %s", nav_alarm_name(alarm->code),
                 nav_alarm_priority_name(alarm->priority), alarm->text);
        }
    }
    for (uint32_t i = 0; i < events->alarm_count; ++i) {
        const struct srv_event_alarm *was = &events->alarms[i];
        if (was->active && !is_active(now, scene->alarm_count, was->code, was->subject)) {
            tell(teller, STORE_EVENT_ALARM, "%s: over: %s", nav_alarm_name(was->code), was->text);
        }
    }
    memcpy(events->alarms, now, scene->alarm_count * sizeof(now[0]));
    events->alarm_count = scene->alarm_count;
}

static void watch_recording(struct srv_engine_events *events, const struct nav_scene *scene,
                            const struct teller *teller)
{
    if (scene->recording.state != events->recording) {
        events->recording = scene->recording.state;
        tell(teller, STORE_EVENT_RECORDING, "%s%s%s", nav_recording_name(scene->recording.state),
             scene->recording.reason[0] != '\0' ? ": " : "", scene->recording.reason);
    }
}

void srv_engine_events_watch(struct srv_engine_events *events, const struct nav_scene *scene,
                             srv_event_fn on_event, void *context)
{
    const struct teller teller = {
        .on_event = on_event, .context = context, .at_ns = scene->time_ns};
    watch_trust(events, scene, &teller);
    watch_tools(events, scene, &teller);
    watch_cuts(events, scene, &teller);
    watch_registration(events, scene, &teller);
    watch_alarms(events, scene, &teller);
    watch_recording(events, scene, &teller);
    events->begun = true;
}
