/* Alarms: which causes hold, since when, and what nobody has acknowledged yet.
 *
 * A cause (nav/alarm.h, with its subject) is raised anew for every scene in which it holds. It
 * alarms at once; it is over only after it has not been raised for the hold time, so that what
 * flickers stays one alarm. An alarm whose cause is over stays latched until it is acknowledged.
 * Acknowledging does not hide one whose cause holds: it is marked and stays listed; a cause that
 * comes back alarms anew.
 *
 * Fixed size: there is room for every cause with every subject that a case can have; what were
 * more is counted. No clock, no I/O, no allocation. Thread: loop. */
#ifndef TRK_ALARMS_H
#define TRK_ALARMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nav/alarm.h"
#include "nav/limits.h"
#include "nav/scene.h"

enum { TRK_ALARMS_MAX = 256, TRK_ALARM_EVENTS_MAX = 64 };

enum trk_alarm_change { TRK_ALARM_BEGAN = 0, TRK_ALARM_ENDED, TRK_ALARM_ACKNOWLEDGED };

/* For the log. */
struct trk_alarm_event {
    int64_t at_ns;
    uint32_t change; /* enum trk_alarm_change */
    struct nav_scene_alarm alarm;
};

struct trk_alarm {
    struct nav_scene_alarm shown;
    int64_t raised_ns; /* last time its cause held */
};

struct trk_alarms {
    int64_t hold_ns;
    uint32_t count;
    struct trk_alarm alarms[TRK_ALARMS_MAX]; /* in no order */
    uint64_t left_out;                       /* causes for which there was no room */
    uint32_t event_head, event_count;
    struct trk_alarm_event events[TRK_ALARM_EVENTS_MAX]; /* a ring */
    uint64_t events_lost;
};

void trk_alarms_init(struct trk_alarms *alarms, int64_t hold_ns);

/* The cause holds at `now_ns`. `subject` and `name` tell about what (NAV_SUBJECT_NONE, NULL: about
 * nothing in particular); `value` is the number over its limit, NaN without. A code that is none is
 * ignored. */
void trk_alarms_raise(struct trk_alarms *alarms, enum nav_alarm code, int32_t subject,
                      const char *name, double value, int64_t now_ns);

/* Whether the alarm is there and its cause holds, or did within the hold time. */
bool trk_alarms_holds(const struct trk_alarms *alarms, enum nav_alarm code, int32_t subject);

/* The cause has become a worse one, which was raised: ends without a trace but in the log. */
void trk_alarms_replace(struct trk_alarms *alarms, enum nav_alarm code, int32_t subject,
                        int64_t now_ns);

/* After all causes of one instant were raised: ends those that were not for the hold time. */
void trk_alarms_settle(struct trk_alarms *alarms, int64_t now_ns);

/* Acknowledges all alarms of a code, or with NAV_ALARM_COUNT every one. Returns how many were not
 * acknowledged before. */
uint32_t trk_alarms_acknowledge(struct trk_alarms *alarms, uint32_t code, int64_t now_ns);

/* Fills the scene's list, its count and its total. */
void trk_alarms_list(const struct trk_alarms *alarms, struct nav_scene *scene);

/* The next change for the log, oldest first. False: none. When nobody asks, the oldest make room
 * and are counted in events_lost. */
bool trk_alarms_next_event(struct trk_alarms *alarms, struct trk_alarm_event *out_event);

#endif
