/* The client side of a link: connects to a tracker's server and keeps doing so.
 *
 * An attempt that does not succeed within the connect timeout is given up. Between attempts the
 * wait doubles from wait_min_ns to wait_max_ns, each time shifted by up to a quarter at random so
 * that many clients of a restarted server do not come at once; a link that lived for
 * SRV_CONNECTOR_GOOD_LIFE_NS starts again from the shortest wait. Without `reconnect` a lost link
 * stays lost: some servers ask a person to confirm every connection. The first connection is tried
 * until it succeeds in both cases. Thread: loop. */
#ifndef SRV_CONNECTOR_H
#define SRV_CONNECTOR_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include <uv.h>

#include "event_log.h"
#include "nav/limits.h"
#include "nav/status.h"
#include "nav/time.h"

#define SRV_CONNECTOR_GOOD_LIFE_NS INT64_C(5000000000)

struct srv_connector;

struct srv_connector_config {
    uv_loop_t *loop;
    struct nav_clock clock;
    struct srv_event_log *log;
    const char *address; /* numeric */
    uint16_t port;
    bool reconnect;
    int64_t timeout_ns; /* of one attempt */
    int64_t wait_min_ns, wait_max_ns;
    /* Owns `fd` from now on; non-blocking, close-on-exec. The connector rests until
     * srv_connector_lost is called. */
    void (*on_connected)(void *context, struct srv_connector *connector, int fd,
                         const struct sockaddr_storage *address);
    void *context;
};

/* Starts the first attempt at once. NAV_ERR_ARGUMENT: not a numeric address; NAV_ERR_MEMORY. */
NAV_MUST_USE enum nav_status srv_connector_create(const struct srv_connector_config *config,
                                                  struct srv_connector **out_connector);

/* Stops; memory is freed when the loop has closed the handles. NULL is legal. */
void srv_connector_destroy(struct srv_connector *connector);

/* The link that on_connected handed out has ended. */
void srv_connector_lost(struct srv_connector *connector);

#endif
