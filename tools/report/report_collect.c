/* Scenes in the order of time become a report. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "nav/time.h"
#include "report.h"

/* Series are drawn, not navigated by: ten a second. */
static const double series_step_s = 0.1;

void *report_add(struct report_list *list, size_t size)
{
    if (list->count == list->capacity) {
        const size_t capacity = list->capacity == 0 ? 64 : 2 * list->capacity;
        void *items = realloc(list->items, capacity * size);
        if (items == NULL) {
            return NULL;
        }
        list->items = items;
        list->capacity = capacity;
    }
    void *item = (char *)list->items + list->count++ * size;
    memset(item, 0, size);
    return item;
}

void report_finish(struct report *report)
{
    for (size_t i = 0; i < NAV_CUTS_MAX; ++i) {
        free(report->cuts[i].samples);
    }
    for (size_t i = 0; i < report->picture_count; ++i) {
        free(report->pictures[i].title);
        free(report->pictures[i].png);
    }
    free(report->alarms.items);
    free(report->verdicts.items);
    free(report->checks.items);
    free(report->events.items);
    free(report->ages.items);
}

static double seconds_since(const struct report *report, int64_t time_ns)
{
    return (double)(time_ns - report->origin_ns) / (double)NAV_NS_PER_S;
}

static bool take_cut(struct report_cut *cut, const struct nav_scene_cut *scene, double at_s)
{
    const struct report_sample *last =
        cut->sample_count > 0 ? &cut->samples[cut->sample_count - 1] : NULL;
    if (scene->state != NAV_CUT_ACTIVE || scene->guided == 0 ||
        (last != NULL && at_s - last->at_s < series_step_s)) {
        return true;
    }
    if (cut->sample_count == cut->sample_capacity) {
        const size_t capacity = cut->sample_capacity == 0 ? 256 : 2 * cut->sample_capacity;
        struct report_sample *samples = realloc(cut->samples, capacity * sizeof(*samples));
        if (samples == NULL) {
            return false;
        }
        cut->samples = samples;
        cut->sample_capacity = capacity;
    }
    cut->samples[cut->sample_count++] = (struct report_sample){
        .at_s = at_s,
        .offset_mm = scene->offset_mm,
        .pitch_deg = scene->pitch_deg,
        .roll_deg = scene->roll_deg,
        .depth_mm = scene->depth_mm,
        .remaining_mm = scene->remaining_mm,
        .cutting = scene->cutting != 0,
    };
    return true;
}

static void take_structure(struct report_structure *structure,
                           const struct nav_scene_structure *scene, double at_s, double since_s)
{
    if (scene->has_distance == 0) {
        return;
    }
    if (!(structure->least_mm <= scene->distance_mm)) {
        structure->least_mm = scene->distance_mm;
        structure->least_at_s = at_s;
        structure->least_uncertainty_mm = scene->uncertainty_mm;
    }
    structure->caution_s += scene->limit_state == NAV_LIMIT_CAUTION ? since_s : 0.0;
    structure->stop_s += scene->limit_state == NAV_LIMIT_STOP ? since_s : 0.0;
}

static struct report_alarm *open_alarm(struct report *report, const struct nav_scene_alarm *alarm)
{
    struct report_alarm *alarms = report->alarms.items;
    for (size_t i = report->alarms.count; i-- > 0;) {
        if (alarms[i].code == alarm->code && isnan(alarms[i].until_s) &&
            strcmp(alarms[i].text, alarm->text) == 0) {
            return &alarms[i];
        }
    }
    return NULL;
}

static bool take_alarm(struct report *report, const struct nav_scene_alarm *alarm, double at_s)
{
    struct report_alarm *known = open_alarm(report, alarm);
    if (known == NULL && alarm->active != 0) {
        known = report_add(&report->alarms, sizeof(*known));
        if (known == NULL) {
            return false;
        }
        known->code = alarm->code;
        known->priority = alarm->priority;
        memcpy(known->text, alarm->text, sizeof(known->text));
        known->since_s = seconds_since(report, alarm->since_ns);
        known->until_s = NAN;
        known->acknowledged_s = NAN;
    }
    if (known != NULL && alarm->acknowledged != 0 && isnan(known->acknowledged_s)) {
        known->acknowledged_s = at_s;
    }
    return true;
}

/* Alarms whose cause no longer holds end now. */
static void end_alarms(struct report *report, const struct nav_scene *scene, double at_s)
{
    struct report_alarm *alarms = report->alarms.items;
    for (size_t i = 0; i < report->alarms.count; ++i) {
        bool holds = !isnan(alarms[i].until_s);
        for (uint32_t k = 0; k < scene->alarm_count && !holds; ++k) {
            holds = scene->alarms[k].active != 0 && scene->alarms[k].code == alarms[i].code &&
                    strcmp(scene->alarms[k].text, alarms[i].text) == 0;
        }
        if (!holds) {
            alarms[i].until_s = at_s;
        }
    }
}

static bool take_verdict(struct report *report, const struct nav_scene *scene, double at_s)
{
    const struct nav_scene_reason *worst = scene->reason_count > 0 ? &scene->reasons[0] : NULL;
    const uint32_t reason =
        scene->trust == NAV_TRUST_OK || worst == NULL ? NAV_REASON_NONE : worst->reason;
    const char *subject =
        reason != NAV_REASON_NONE && worst->tool >= 0 && (uint32_t)worst->tool < scene->tool_count
            ? scene->tools[worst->tool].name
            : "";
    const struct report_verdict *last =
        report->verdicts.count > 0
            ? (struct report_verdict *)report->verdicts.items + report->verdicts.count - 1
            : NULL;
    if (last != NULL && last->trust == scene->trust && last->reason == reason &&
        strcmp(last->subject, subject) == 0) {
        return true;
    }
    struct report_verdict *verdict = report_add(&report->verdicts, sizeof(*verdict));
    if (verdict == NULL) {
        return false;
    }
    verdict->at_s = at_s;
    verdict->trust = scene->trust;
    verdict->reason = reason;
    memccpy(verdict->subject, subject, '\0', sizeof(verdict->subject) - 1);
    return true;
}

static bool take_check(struct report *report, const struct nav_scene *scene)
{
    const struct nav_scene_registration *registration = &scene->registration;
    if (registration->last_check_ns == 0 ||
        registration->last_check_ns == report->scene.registration.last_check_ns) {
        return true;
    }
    struct report_check *check = report_add(&report->checks, sizeof(*check));
    if (check != NULL) {
        check->at_s = seconds_since(report, registration->last_check_ns);
        check->error_mm = registration->last_check_mm;
    }
    return check != NULL;
}

/* Age of the guided tool's pose in this scene: what the theatre's displays were given. */
static bool take_age(struct report *report, const struct nav_scene *scene)
{
    for (uint32_t c = 0; c < scene->cut_count; ++c) {
        const int32_t tool = scene->cuts[c].tool;
        if (scene->cuts[c].guided != 0 && tool >= 0 && (uint32_t)tool < scene->tool_count) {
            double *age = report_add(&report->ages, sizeof(*age));
            if (age == NULL) {
                return false;
            }
            *age = (double)scene->tools[tool].age_ns / (double)NAV_NS_PER_MS;
            break;
        }
    }
    return true;
}

static bool is_at_work(const struct nav_scene *scene)
{
    bool cutting = false;
    for (uint32_t c = 0; c < scene->cut_count; ++c) {
        cutting = cutting || scene->cuts[c].cutting != 0;
    }
    return cutting && scene->trust >= NAV_TRUST_CAUTION;
}

bool report_take_scene(struct report *report, const struct nav_scene *scene)
{
    if (report->latency.scenes == 0) {
        for (size_t i = 0; i < NAV_STRUCTURES_MAX; ++i) {
            report->structures[i].least_mm = NAN;
            report->structures[i].least_at_s = NAN;
            report->structures[i].least_uncertainty_mm = NAN;
        }
        report->last_ns = scene->time_ns;
    }
    const double at_s = seconds_since(report, scene->time_ns);
    const double since_s = (double)(scene->time_ns - report->last_ns) / (double)NAV_NS_PER_S;
    ++report->latency.scenes;
    if (scene->trust <= NAV_TRUST_OK) {
        report->trust_s[scene->trust] += since_s;
    }
    bool good =
        take_verdict(report, scene, at_s) && take_check(report, scene) && take_age(report, scene);
    for (uint32_t c = 0; good && c < scene->cut_count; ++c) {
        good = take_cut(&report->cuts[c], &scene->cuts[c], at_s);
    }
    for (uint32_t s = 0; s < scene->structure_count; ++s) {
        take_structure(&report->structures[s], &scene->structures[s], at_s, since_s);
    }
    for (uint32_t a = 0; good && a < scene->alarm_count; ++a) {
        good = take_alarm(report, &scene->alarms[a], at_s);
    }
    end_alarms(report, scene, at_s);
    if (report->latency.scenes == 1 || is_at_work(scene)) {
        report->shown = *scene;
        report->shown_s = at_s;
    }
    report->scene = *scene;
    report->last_ns = scene->time_ns;
    return good;
}

static int compare_doubles(const void *left, const void *right)
{
    const double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

void report_close(struct report *report)
{
    double *ages = report->ages.items;
    const size_t count = report->ages.count;
    report->latency.count = count;
    report->latency.p50_ms = report->latency.p95_ms = NAN;
    report->latency.p99_ms = report->latency.max_ms = NAN;
    if (count > 0) {
        qsort(ages, count, sizeof(*ages), compare_doubles);
        report->latency.p50_ms = ages[count / 2];
        report->latency.p95_ms = ages[(count - 1) * 95 / 100];
        report->latency.p99_ms = ages[(count - 1) * 99 / 100];
        report->latency.max_ms = ages[count - 1];
    }
}
