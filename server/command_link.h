/* Commands from programs of the same machine and the same user: a Unix socket.
 *
 * Path: FOLDER/osteonav/INSTANCE.sock, mode 0600, in a folder of mode 0700, where FOLDER is
 * $XDG_RUNTIME_DIR or /run/user/UID when they are ours, else /tmp/osteonav-UID takes the place of
 * FOLDER/osteonav. The peer's user id is asked of the kernel; another user is refused.
 *
 * One request a line, one answer a line, in order. A client has at most one answer under way: while
 * it does not take it, nothing more is read from it, and after SRV_COMMAND_STUCK_NS it is dropped,
 * as is one that does not finish a line. A line that is too long is answered once, and the client
 * dropped. At most SRV_COMMAND_CLIENTS_MAX clients; one more is told so and dropped.
 * Thread: loop. */
#ifndef SRV_COMMAND_LINK_H
#define SRV_COMMAND_LINK_H

#include <stddef.h>
#include <stdint.h>

#include <uv.h>

#include "command.h"
#include "event_log.h"
#include "nav/status.h"
#include "nav/time.h"

enum { SRV_COMMAND_CLIENTS_MAX = 8, SRV_COMMAND_PATH_SIZE = 108 /* sun_path */ };

#define SRV_COMMAND_STUCK_NS (2 * NAV_NS_PER_S)

struct srv_command_link;

struct srv_command_link_config {
    uv_loop_t *loop;
    struct nav_clock clock;
    struct srv_event_log *log;
    const char *instance; /* NULL = "default" */
    /* Answers a line (without its end) into `out_answer` (SRV_ANSWER_MAX bytes); the length. */
    size_t (*answer)(void *context, const char *line, size_t length, char *out_answer);
    void *context;
};

/* Listens. The instance must be ours already: a socket of this name is taken to be left over and is
 * replaced. NAV_ERR_ARGUMENT: the path is too long; NAV_ERR_REFUSED: the folder is not only ours;
 * NAV_ERR_IO; NAV_ERR_MEMORY. On failure nothing is left behind. */
NAV_MUST_USE enum nav_status srv_command_link_create(const struct srv_command_link_config *config,
                                                     struct srv_command_link **out_link,
                                                     char *out_error, size_t error_size);

/* Closes and frees once the loop has run again; NULL is legal. */
void srv_command_link_destroy(struct srv_command_link *link);

/* Drops who is stuck. Once a tick. */
void srv_command_link_check(struct srv_command_link *link, int64_t now_ns);

/* Where an instance listens, the same for core and client. Makes the folder when `make_folder`.
 * Statuses as above; NAV_ERR_NOT_FOUND: there is no such folder. */
NAV_MUST_USE enum nav_status srv_command_path(const char *instance, bool make_folder,
                                              char out_path[SRV_COMMAND_PATH_SIZE], char *out_error,
                                              size_t error_size);

#endif
