#include "tone.h"

#include <math.h>
#include <stddef.h>

enum { PULSES_MAX = 10, HARMONICS = 5 };

static const double two_pi = 6.283185307179586;
static const double edge_s = 0.02; /* rise and fall of a pulse */
static const double loudness = 0.3;

struct burst {
    size_t pulses;
    double begins_s[PULSES_MAX];
    double pulse_s;
    double again_s;
    double pitch_hz;
};

static const struct burst bursts[] = {
    [NAV_PRIORITY_LOW] = {1, {0.0}, 0.2, 20.0, 523.25},
    [NAV_PRIORITY_MEDIUM] = {3, {0.0, 0.35, 0.7}, 0.2, 10.0, 659.26},
    [NAV_PRIORITY_HIGH] =
        {10, {0.0, 0.2, 0.4, 0.75, 0.95, 1.5, 1.7, 1.9, 2.25, 2.45}, 0.14, 5.0, 880.0},
};

bool tone_wanted(const struct nav_scene *scene, int64_t now_ns,
                 enum nav_alarm_priority *out_priority)
{
    if (scene->muted != 0) {
        return false;
    }
    bool wanted = false;
    enum nav_alarm_priority highest = NAV_PRIORITY_LOW;
    if (now_ns - scene->time_ns > scene->withhold_ns) {
        wanted = true;
        highest = NAV_PRIORITY_MEDIUM;
    }
    for (uint32_t i = 0; i < scene->alarm_count && i < NAV_ALARMS_MAX; ++i) {
        const struct nav_scene_alarm *alarm = &scene->alarms[i];
        if (alarm->active != 0 && alarm->acknowledged == 0) {
            const enum nav_alarm_priority its = nav_alarm_priority_of(alarm->code);
            highest = !wanted || its > highest ? its : highest;
            wanted = true;
        }
    }
    if (wanted) {
        *out_priority = highest;
    }
    return wanted;
}

double tone_sample(enum nav_alarm_priority priority, double at_s)
{
    const struct burst *burst = &bursts[priority];
    const double within_s = fmod(at_s, burst->again_s);
    for (size_t i = 0; i < burst->pulses; ++i) {
        const double t = within_s - burst->begins_s[i];
        if (t < 0.0 || t >= burst->pulse_s) {
            continue;
        }
        const double envelope = fmin(1.0, fmin(t, burst->pulse_s - t) / edge_s);
        double sum = 0.0;
        for (int k = 1; k <= HARMONICS; ++k) {
            sum += sin(two_pi * burst->pitch_hz * k * t) / k;
        }
        return loudness * envelope * sum / 2.0; /* the sum stays below 2 */
    }
    return 0.0;
}
