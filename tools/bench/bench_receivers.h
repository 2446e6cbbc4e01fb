/* The receive loops that our core is compared with. Each serves a listening port in a process of
 * its own, one connection after the other, and notes when it holds the matrix of each TRANSFORM.
 *
 *   libOpenIGTLink  the C++ library's documented loop: blocking socket, header, Unpack with CRC,
 *                   message object, body, Unpack with CRC, GetMatrix
 *   libuv+crc       libuv, our framer with its checksum, the matrix decoded: the practical limit
 *   5ms-poll        looks at the socket every 5 ms, as viewers do that import on a timer
 */
#ifndef BENCH_RECEIVERS_H
#define BENCH_RECEIVERS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum { BENCH_LOG_MAX = 65536 };

/* Shared with the receiving process: messages are told apart by their stamp. */
struct bench_log {
    _Atomic int64_t base_ns; /* stamp of message 0, ns since 1970 */
    _Atomic int64_t step_ns; /* between two stamps */
    _Atomic uint32_t handled;
    _Atomic int64_t handled_ns[BENCH_LOG_MAX]; /* monotonic, 0 = not yet */
};

enum bench_receiver_kind {
    BENCH_RECEIVER_LIBOPENIGTLINK = 0,
    BENCH_RECEIVER_LIBUV,
    BENCH_RECEIVER_POLL,
    BENCH_RECEIVER_COUNT
};

struct bench_receiver {
    pid_t pid;
    uint16_t port;
    struct bench_log *log;
};

const char *bench_receiver_name(enum bench_receiver_kind kind);

/* Starts a receiver's process; call it before any thread is made. False with a line on stderr. */
bool bench_receiver_start(struct bench_receiver *receiver, enum bench_receiver_kind kind);
void bench_receiver_stop(struct bench_receiver *receiver); /* harmless when not started */

/* A log in shared memory, or NULL. */
struct bench_log *bench_log_create(void);
void bench_log_destroy(struct bench_log *log); /* NULL is legal */

/* Forgets what was handled and says how the next messages are stamped. */
void bench_log_reset(struct bench_log *log, int64_t base_ns, int64_t step_ns);

/* Notes that the message with this stamp is in the handler's hands at `now_ns`; the first time
 * counts. */
void bench_log_note(struct bench_log *log, int64_t stamp_ns, int64_t now_ns);

#endif
