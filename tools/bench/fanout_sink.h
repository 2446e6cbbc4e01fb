/* Subscribers for the fan-out benchmark: any number of connections read by one process, which
 * notes when each message arrived on each of them. Memory is shared with the process that started
 * it. */
#ifndef FANOUT_SINK_H
#define FANOUT_SINK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { FANOUT_MESSAGES_MAX = 4096, FANOUT_DELIVERIES_MAX = 1100000 };

struct fanout_shared {
    atomic_bool ready;     /* all are connected */
    int64_t connect_ns;    /* how long that took */
    int64_t base_stamp_ns; /* message i is stamped base + i * step */
    int64_t step_ns;
    uint32_t first;                                    /* messages before this one only warm up */
    uint32_t count;                                    /* messages after the warming up */
    atomic_int_least64_t sent_ns[FANOUT_MESSAGES_MAX]; /* of message `first` + i */
    atomic_uint arrived[FANOUT_MESSAGES_MAX];          /* on so many connections */
    atomic_uint total;                                 /* deliveries of any message */
    atomic_uint deliveries;                            /* of those after the warming up */
    float latency_us[FANOUT_DELIVERIES_MAX]; /* of every delivery; the first `deliveries` */
};

struct fanout_shared *fanout_shared_create(void); /* NULL without memory */
void fanout_shared_destroy(struct fanout_shared *shared);

/* Starts the process: `count` subscribers of 127.0.0.1:port, and one that never reads when
 * `stalled`. Waits until they are connected. -1 with a line on stderr. */
pid_t fanout_sink_start(struct fanout_shared *shared, uint16_t port, size_t count, bool stalled);

#endif
