/* A real core for benchmarks: `osteonav run` of a small case, on a free port and an instance of its
 * own, without displays. Its tool "Probe" is the device "ProbeToTracker", measured against the
 * tracker alone, so that every pose by itself gives a new scene. */
#ifndef BENCH_CORE_H
#define BENCH_CORE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "nav/scene_channel.h"

#define BENCH_CORE_DEVICE "ProbeToTracker"

enum { BENCH_PATH_SIZE = 512 };

struct bench_core {
    pid_t pid;
    uint16_t port;
    char folder[BENCH_PATH_SIZE / 2];
    char instance[32];
    struct nav_scene_reader *reader;
};

/* Starts it and waits until it accepts connections. False with a line on stderr. */
bool bench_core_start(struct bench_core *core);

/* The same of a case that exists. */
bool bench_core_start_case(struct bench_core *core, const char *case_path);

/* Ends it and removes its folder. After a failed start it is harmless. */
void bench_core_stop(struct bench_core *core);

#endif
