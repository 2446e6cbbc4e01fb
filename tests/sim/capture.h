/* A listening peer for tests: runs `osteonav ARGUMENTS`, takes one connection after the other and
 * keeps every whole message with its arrival time, decoded by the project's wire library. */
#ifndef TEST_CAPTURE_H
#define TEST_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire_message.h"

struct captured {
    int64_t arrival_ns; /* monotonic: when the bytes that completed it were read */
    int64_t utc_ns;     /* wall clock then */
    size_t read_index;  /* which read(2) completed it */
    uint16_t version;
    char type[WIRE_TYPE_SIZE + 1];
    char name[64];   /* device, whole */
    char status[32]; /* TransformStatus; empty = none */
    char valid[8];   /* TransformValid; empty = none */
    int64_t device_ns;
    size_t pose_count;
    struct {
        char name[64];
        char status[32]; /* <Name>Status of TDATA */
        double R[9];
        double t_mm[3];
    } poses[8];
};

struct capture {
    size_t count;
    struct captured *messages;
    size_t connections;
    uint64_t errors; /* bad checksums, malformed */
    int exit_code;   /* of the program; -1 = ended by a signal or not at all */
    char *output;    /* its stdout, NUL-terminated */
    char *complaint; /* its stderr */
};

struct capture_plan {
    int64_t timeout_ms;         /* the whole thing; then the program is killed */
    size_t close_after;         /* messages after which the connection is closed once; 0 = never */
    int64_t interrupt_after_ms; /* SIGINT to the program; 0 = never */
    bool refuse_first;          /* no listener during the first 300 ms */
};

/* Runs the program with "--to 127.0.0.1:PORT" appended. `arguments` ends with NULL. */
void capture_run(const char *const *arguments, const struct capture_plan *plan,
                 struct capture *out_capture);
void capture_finish(struct capture *capture);

#endif
