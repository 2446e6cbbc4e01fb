/* Two plain designs of a server that sends every pose that comes in to everybody else, as
 * references: our own shortest programs, with our own framer and checksum, so that only the design
 * differs. Each is a process of its own. */
#ifndef FANOUT_SERVER_H
#define FANOUT_SERVER_H

#include <stdint.h>
#include <sys/types.h>

enum fanout_design {
    FANOUT_WRITE_EACH, /* libuv: a message is written to each subscriber as it comes; up to 256 kB
                          wait for one, then it misses messages */
    FANOUT_SEND_LOOP /* as servers on libOpenIGTLink do: for each subscriber in turn the message is
                        packed, with its checksum, and sent; a send may block half a second, ten
                        times, then the subscriber is dropped */
};

/* Starts it on a free port. -1 with a line on stderr. */
pid_t fanout_server_start(enum fanout_design design, uint16_t *out_port);

#endif
