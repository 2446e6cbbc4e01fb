/* What is known of the senders' clocks.
 *
 * Every source that stamps its samples has a clock here: an id that changes whenever its stamps
 * stop being comparable with the earlier ones, and the offset arrival - stamp as last estimated.
 * Ages never come from these stamps; they order the samples of one sender and pair the samples of
 * one instant. docs/timing.md has the rules in words. Pure, no allocation; capacity
 * NAV_DEVICES_MAX sources, the one unused for longest makes room (no more sources than devices can
 * matter at a time). Thread: loop. */
#ifndef TRK_CLOCK_MAP_H
#define TRK_CLOCK_MAP_H

#include <stdbool.h>
#include <stdint.h>

#include "nav/limits.h"
#include "trk_limits.h"

struct trk_clock {
    uint32_t id; /* 0: this place is free */
    uint32_t source;
    int64_t offset_ns; /* smallest arrival - stamp, followed slowly upwards */
    uint64_t used;     /* order of last use */
    bool late;         /* stamps lag by more than clock_jump_ns ... */
    int64_t late_ns;   /* ... since this arrival */
    int64_t late_offset_ns;
    bool jumped;       /* the clock was set, last noticed ... */
    int64_t jumped_ns; /* ... at this arrival */
};

struct trk_clock_map {
    uint32_t next_id;
    uint64_t uses;
    struct trk_clock clocks[NAV_DEVICES_MAX];
};

/* What one stamp says. */
struct trk_clock_reading {
    uint32_t id; /* clock of the stamp */
    bool late;   /* lags by more than clock_jump_ns: held up on its way, or the clock was put back
                    by less than the time between two samples */
};

void trk_clock_map_init(struct trk_clock_map *map);

/* Id of the source's clock as it stands, 0 = not known yet. */
uint32_t trk_clock_map_id(const struct trk_clock_map *map, uint32_t source);

/* Takes a stamp. A stamp that leads the known offset by more than clock_jump_ns was made by a clock
 * that was put forward: a new id. One that lags by more is late; when every stamp has been late for
 * notice_ns the offset is taken over. */
struct trk_clock_reading trk_clock_map_read(struct trk_clock_map *map, uint32_t source,
                                            int64_t device_ns, int64_t arrival_ns,
                                            const struct trk_limits *limits);

/* The source's clock was put back: starts a new id at this stamp. */
void trk_clock_map_rebase(struct trk_clock_map *map, uint32_t source, int64_t device_ns,
                          int64_t arrival_ns);

/* Forgets a source (it is gone; its number may be given to another sender). */
void trk_clock_map_forget(struct trk_clock_map *map, uint32_t source);

/* Whether the clock was seen to jump at most notice_ns before `now_ns`. */
bool trk_clock_map_jumped(const struct trk_clock_map *map, uint32_t source, int64_t now_ns,
                          const struct trk_limits *limits);

#endif
