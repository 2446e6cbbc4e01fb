#include "clock_map.h"

#include <stddef.h>
#include <string.h>

#include "history.h"

/* The offset falls to a smaller one at once (less delay is nearer the truth) and rises by this part
 * of the difference with every stamp: fast enough for 500 ppm of drift at 10 Hz (rest lag 3 ms). */
enum { OFFSET_RISE = 64 };

void trk_clock_map_init(struct trk_clock_map *map)
{
    memset(map, 0, sizeof(*map));
}

static const struct trk_clock *find(const struct trk_clock_map *map, uint32_t source)
{
    for (size_t i = 0; i < NAV_DEVICES_MAX; ++i) {
        if (map->clocks[i].id != 0 && map->clocks[i].source == source) {
            return &map->clocks[i];
        }
    }
    return NULL;
}

static struct trk_clock *find_or_add(struct trk_clock_map *map, uint32_t source)
{
    struct trk_clock *place = &map->clocks[0];
    for (size_t i = 0; i < NAV_DEVICES_MAX; ++i) {
        struct trk_clock *clock = &map->clocks[i];
        if (clock->id != 0 && clock->source == source) {
            clock->used = ++map->uses;
            return clock;
        }
        const uint64_t used = clock->id == 0 ? 0 : clock->used;
        if (used < (place->id == 0 ? 0 : place->used)) {
            place = clock;
        }
    }
    *place = (struct trk_clock){.source = source, .used = ++map->uses};
    return place;
}

static void start(struct trk_clock_map *map, struct trk_clock *clock, int64_t offset_ns)
{
    if (++map->next_id == 0) {
        map->next_id = 1; /* 0 means "no clock" */
    }
    clock->id = map->next_id;
    clock->offset_ns = offset_ns;
    clock->late = false;
}

uint32_t trk_clock_map_id(const struct trk_clock_map *map, uint32_t source)
{
    const struct trk_clock *clock = find(map, source);
    return clock != NULL ? clock->id : 0;
}

struct trk_clock_reading trk_clock_map_read(struct trk_clock_map *map, uint32_t source,
                                            int64_t device_ns, int64_t arrival_ns,
                                            const struct trk_limits *limits)
{
    struct trk_clock *clock = find_or_add(map, source);
    const int64_t offset_ns = trk_time_difference(arrival_ns, device_ns);
    if (clock->id == 0) {
        start(map, clock, offset_ns);
        return (struct trk_clock_reading){.id = clock->id};
    }
    const int64_t lag_ns = trk_time_difference(offset_ns, clock->offset_ns);
    if (lag_ns < -limits->clock_jump_ns) {
        start(map, clock, offset_ns);
        clock->jumped = true;
        clock->jumped_ns = arrival_ns;
        return (struct trk_clock_reading){.id = clock->id};
    }
    if (lag_ns <= limits->clock_jump_ns) {
        clock->late = false;
        clock->offset_ns += lag_ns < 0 ? lag_ns : lag_ns / OFFSET_RISE;
        return (struct trk_clock_reading){.id = clock->id};
    }
    if (!clock->late) {
        clock->late = true;
        clock->late_ns = arrival_ns;
        clock->late_offset_ns = offset_ns;
    }
    if (offset_ns < clock->late_offset_ns) {
        clock->late_offset_ns = offset_ns;
    }
    if (trk_time_difference(arrival_ns, clock->late_ns) > limits->notice_ns) {
        clock->late = false;
        clock->offset_ns = clock->late_offset_ns;
        return (struct trk_clock_reading){.id = clock->id};
    }
    return (struct trk_clock_reading){.id = clock->id, .late = true};
}

void trk_clock_map_rebase(struct trk_clock_map *map, uint32_t source, int64_t device_ns,
                          int64_t arrival_ns)
{
    struct trk_clock *clock = find_or_add(map, source);
    start(map, clock, trk_time_difference(arrival_ns, device_ns));
    clock->jumped = true;
    clock->jumped_ns = arrival_ns;
}

void trk_clock_map_forget(struct trk_clock_map *map, uint32_t source)
{
    for (size_t i = 0; i < NAV_DEVICES_MAX; ++i) {
        if (map->clocks[i].id != 0 && map->clocks[i].source == source) {
            map->clocks[i] = (struct trk_clock){0};
        }
    }
}

bool trk_clock_map_jumped(const struct trk_clock_map *map, uint32_t source, int64_t now_ns,
                          const struct trk_limits *limits)
{
    const struct trk_clock *clock = find(map, source);
    return clock != NULL && clock->jumped &&
           trk_time_difference(now_ns, clock->jumped_ns) <= limits->notice_ns;
}
