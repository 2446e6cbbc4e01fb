#include "guide_out.h"

#include <stdlib.h>

#include "nav/cut_map.h"
#include "nav/time.h"

static const int64_t maps_every_ns = 100 * NAV_NS_PER_MS;

struct srv_guide_out {
    struct trk_guide *guide;
    struct srv_event_log *log;
    struct nav_cut_map_writer *writer;
    int64_t maps_ns; /* when maps were last looked at */
    struct nav_cut_map map;
};

enum nav_status srv_guide_out_create(const char *instance, struct trk_guide *guide,
                                     struct srv_event_log *log,
                                     struct srv_guide_out **out_guide_out)
{
    struct srv_guide_out *out = calloc(1, sizeof(*out));
    if (out == NULL) {
        return NAV_ERR_MEMORY;
    }
    out->guide = guide;
    out->log = log;
    const enum nav_status status = nav_cut_map_writer_create(instance, &out->writer);
    if (status != NAV_OK) {
        free(out);
        return status;
    }
    *out_guide_out = out;
    return NAV_OK;
}

void srv_guide_out_destroy(struct srv_guide_out *out)
{
    if (out != NULL) {
        nav_cut_map_writer_destroy(out->writer);
        free(out);
    }
}

static void log_alarms(struct srv_guide_out *out)
{
    static const char *const words[] = {
        [TRK_ALARM_BEGAN] = "alarm",
        [TRK_ALARM_ENDED] = "over",
        [TRK_ALARM_ACKNOWLEDGED] = "acknowledged",
    };
    struct trk_alarm_event event;
    while (trk_guide_next_event(out->guide, &event)) {
        const bool begins = event.change == TRK_ALARM_BEGAN;
        srv_event_log_write(out->log, event.at_ns, begins ? NAV_LOG_WARNING : NAV_LOG_INFO, "alarm",
                            "%s: %s (%s, %s)", words[event.change], event.alarm.text,
                            nav_alarm_name(event.alarm.code),
                            nav_alarm_priority_name(event.alarm.priority));
    }
}

void srv_guide_out_tell(struct srv_guide_out *out, int64_t now_ns)
{
    log_alarms(out);
    if (now_ns - out->maps_ns < maps_every_ns) {
        return;
    }
    out->maps_ns = now_ns;
    for (uint32_t cut = 0; cut < NAV_CUTS_MAX; ++cut) {
        if (trk_guide_take_map(out->guide, cut, &out->map)) {
            (void)!nav_cut_map_writer_publish(out->writer, &out->map); /* its sizes were checked */
        }
    }
}
