#include "command_link.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOG_MODULE "command"

enum {
    BACKLOG = 8,
    INSTANCE_MAX = 32,
    PRIVATE_FOLDER = 0700,
    PRIVATE_SOCKET = 0600,
    OTHERS = 0077
};

struct client {
    uv_pipe_t pipe;
    uv_write_t write;
    struct srv_command_link *link;
    bool open;
    bool answering;                 /* an answer is under way */
    bool leaving;                   /* closed after it */
    int64_t waiting_ns;             /* since when it is stuck in a line or in an answer */
    size_t size;                    /* bytes in `line` */
    char line[SRV_REQUEST_MAX + 1]; /* a request and its end */
    char answer[SRV_ANSWER_MAX];
};

struct srv_command_link {
    uv_pipe_t pipe;
    struct srv_command_link_config config;
    char path[SRV_COMMAND_PATH_SIZE];
    bool closing;
    unsigned open_handles;
    struct client *clients[SRV_COMMAND_CLIENTS_MAX];
};

/* ---- where ---- */

/* A folder of ours that nobody else may enter. */
static bool is_ours(const char *path)
{
    struct stat found;
    return lstat(path, &found) == 0 && S_ISDIR(found.st_mode) && found.st_uid == geteuid() &&
           (found.st_mode & OTHERS) == 0;
}

static bool is_instance(const char *name)
{
    const size_t good = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                     "0123456789_-");
    return good > 0 && good <= INSTANCE_MAX && name[good] == '\0';
}

static bool choose_folder(char out_folder[SRV_COMMAND_PATH_SIZE])
{
    const char *given = getenv("XDG_RUNTIME_DIR");
    int length = -1;
    if (given != NULL && given[0] == '/' && is_ours(given)) {
        length = snprintf(out_folder, SRV_COMMAND_PATH_SIZE, "%s/osteonav", given);
    } else {
        char system[SRV_COMMAND_PATH_SIZE];
        (void)snprintf(system, sizeof(system), "/run/user/%u", (unsigned)geteuid());
        length = is_ours(system)
                     ? snprintf(out_folder, SRV_COMMAND_PATH_SIZE, "%.90s/osteonav", system)
                     : snprintf(out_folder, SRV_COMMAND_PATH_SIZE, "%s/osteonav-%u", P_tmpdir,
                                (unsigned)geteuid());
    }
    return length >= 0 && length < SRV_COMMAND_PATH_SIZE;
}

enum nav_status srv_command_path(const char *instance, bool make_folder,
                                 char out_path[SRV_COMMAND_PATH_SIZE], char *out_error,
                                 size_t error_size)
{
    char folder[SRV_COMMAND_PATH_SIZE];
    char path[2 * SRV_COMMAND_PATH_SIZE];
    if (instance != NULL && !is_instance(instance)) {
        (void)snprintf(out_error, error_size,
                       "an instance is 1 to 32 letters, digits, underscores or hyphens");
        return NAV_ERR_ARGUMENT;
    }
    const bool chosen = choose_folder(folder);
    const int length = chosen ? snprintf(path, sizeof(path), "%s/%.40s.sock", folder,
                                         instance != NULL ? instance : "default")
                              : SRV_COMMAND_PATH_SIZE;
    if (length < 0 || length >= SRV_COMMAND_PATH_SIZE) {
        (void)snprintf(out_error, error_size,
                       "the path in XDG_RUNTIME_DIR is too long for a socket; set a shorter one");
        return NAV_ERR_ARGUMENT;
    }
    if (make_folder && mkdir(folder, PRIVATE_FOLDER) != 0 && errno != EEXIST) {
        (void)snprintf(out_error, error_size, "cannot make the folder %s: %s; set XDG_RUNTIME_DIR",
                       folder, strerror(errno));
        return NAV_ERR_IO;
    }
    if (!make_folder && access(folder, F_OK) != 0) {
        (void)snprintf(out_error, error_size, "there is no folder %s", folder);
        return NAV_ERR_NOT_FOUND;
    }
    if (!is_ours(folder)) {
        (void)snprintf(out_error, error_size,
                       "the folder %s is not only ours; remove it, or set XDG_RUNTIME_DIR", folder);
        return NAV_ERR_REFUSED;
    }
    memcpy(out_path, path, (size_t)length + 1);
    return NAV_OK;
}

/* ---- clients ---- */

static void read_more(struct client *client);

static int64_t now_of(const struct srv_command_link *link)
{
    return nav_clock_now_ns(&link->config.clock);
}

static void warn(struct srv_command_link *link, const char *what)
{
    srv_event_log_write(link->config.log, now_of(link), NAV_LOG_WARNING, LOG_MODULE, "%s", what);
}

static void release(struct srv_command_link *link)
{
    if (--link->open_handles == 0) {
        free(link);
    }
}

static void on_client_closed(uv_handle_t *handle)
{
    struct client *client = handle->data;
    struct srv_command_link *link = client->link;
    for (size_t i = 0; i < SRV_COMMAND_CLIENTS_MAX; ++i) {
        if (link->clients[i] == client) {
            link->clients[i] = NULL;
        }
    }
    free(client);
    release(link);
}

static void drop(struct client *client)
{
    if (client->open) {
        client->open = false;
        uv_close((uv_handle_t *)&client->pipe, on_client_closed);
    }
}

static void on_written(uv_write_t *write, int status)
{
    struct client *client = write->data;
    client->answering = false;
    if (status != 0 || client->leaving) {
        drop(client);
    } else if (client->open) {
        read_more(client);
    }
}

static void send_answer(struct client *client, size_t length)
{
    const uv_buf_t bytes = uv_buf_init(client->answer, (unsigned)length);
    client->answering = true;
    client->waiting_ns = now_of(client->link);
    client->write.data = client;
    (void)uv_read_stop((uv_stream_t *)&client->pipe);
    if (uv_write(&client->write, (uv_stream_t *)&client->pipe, &bytes, 1, on_written) != 0) {
        client->answering = false;
        drop(client);
    }
}

static void refuse_and_leave(struct client *client, const char *words)
{
    client->leaving = true;
    send_answer(client, srv_command_refuse(words, client->answer));
}

/* Answers the first whole line, if there is one. */
static bool answer_line(struct client *client)
{
    char *end = memchr(client->line, '\n', client->size);
    if (end == NULL) {
        return false;
    }
    const struct srv_command_link_config *config = &client->link->config;
    const size_t length = (size_t)(end - client->line);
    const size_t answered = config->answer(config->context, client->line, length, client->answer);
    client->size -= length + 1;
    memmove(client->line, end + 1, client->size);
    send_answer(client, answered);
    return true;
}

static void on_room(uv_handle_t *handle, size_t suggested, uv_buf_t *out_room)
{
    (void)suggested;
    struct client *client = handle->data;
    *out_room =
        uv_buf_init(client->line + client->size, (unsigned)(sizeof(client->line) - client->size));
}

static void on_bytes(uv_stream_t *stream, ssize_t count, const uv_buf_t *bytes)
{
    (void)bytes;
    struct client *client = stream->data;
    if (count < 0) {
        drop(client);
        return;
    }
    if (client->size == 0 && count > 0) {
        client->waiting_ns = now_of(client->link);
    }
    client->size += (size_t)count;
    if (!answer_line(client) && client->size == sizeof(client->line)) {
        refuse_and_leave(client, "a request is one line of at most 4096 bytes");
    }
}

/* What has come with the last request first. */
static void read_more(struct client *client)
{
    if (!answer_line(client) &&
        uv_read_start((uv_stream_t *)&client->pipe, on_room, on_bytes) != 0) {
        drop(client);
    }
}

/* Whether the kernel says that the peer is of our user. */
static bool is_our_user(const uv_pipe_t *pipe)
{
    struct ucred peer;
    socklen_t length = sizeof(peer);
    uv_os_fd_t fd;
    return uv_fileno((const uv_handle_t *)pipe, &fd) == 0 &&
           getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) == 0 && peer.uid == geteuid();
}

static struct client **free_place(struct srv_command_link *link)
{
    for (size_t i = 0; i < SRV_COMMAND_CLIENTS_MAX; ++i) {
        if (link->clients[i] == NULL) {
            return &link->clients[i];
        }
    }
    return NULL;
}

static void on_connection(uv_stream_t *stream, int status)
{
    struct srv_command_link *link = stream->data;
    struct client *client = status == 0 ? calloc(1, sizeof(*client)) : NULL;
    if (client == NULL) {
        return;
    }
    client->link = link;
    client->pipe.data = client;
    (void)uv_pipe_init(link->config.loop, &client->pipe, 0);
    ++link->open_handles;
    client->open = true;
    if (uv_accept(stream, (uv_stream_t *)&client->pipe) != 0) {
        drop(client);
        return;
    }
    if (!is_our_user(&client->pipe)) {
        warn(link, "a client of another user is refused");
        drop(client);
        return;
    }
    struct client **place = free_place(link);
    if (place == NULL) {
        warn(link, "a client is refused: there are as many as may be");
        /* it has no place, so it is not watched: what the kernel's buffer does not take is not
         * waited for */
        const size_t length = srv_command_refuse("too many clients; try again", client->answer);
        const uv_buf_t bytes = uv_buf_init(client->answer, (unsigned)length);
        (void)uv_try_write((uv_stream_t *)&client->pipe, &bytes, 1);
        drop(client);
        return;
    }
    *place = client;
    read_more(client);
}

void srv_command_link_check(struct srv_command_link *link, int64_t now_ns)
{
    for (size_t i = 0; i < SRV_COMMAND_CLIENTS_MAX; ++i) {
        struct client *client = link->clients[i];
        const bool waiting =
            client != NULL && client->open && (client->answering || client->size > 0);
        if (waiting && now_ns - client->waiting_ns > SRV_COMMAND_STUCK_NS) {
            warn(link, client->answering ? "a client that takes no answer is dropped"
                                         : "a client that does not end its line is dropped");
            drop(client);
        }
    }
}

/* ---- life ---- */

static void on_link_closed(uv_handle_t *handle)
{
    release(handle->data);
}

static int listen_at(struct srv_command_link *link)
{
    (void)unlink(link->path);
    int result = uv_pipe_bind(&link->pipe, link->path);
    if (result == 0 && chmod(link->path, PRIVATE_SOCKET) != 0) {
        result = -errno;
    }
    return result == 0 ? uv_listen((uv_stream_t *)&link->pipe, BACKLOG, on_connection) : result;
}

enum nav_status srv_command_link_create(const struct srv_command_link_config *config,
                                        struct srv_command_link **out_link, char *out_error,
                                        size_t error_size)
{
    struct srv_command_link *link = calloc(1, sizeof(*link));
    if (link == NULL) {
        (void)snprintf(out_error, error_size, "%s", nav_status_text(NAV_ERR_MEMORY));
        return NAV_ERR_MEMORY;
    }
    link->config = *config;
    const enum nav_status status =
        srv_command_path(config->instance, true, link->path, out_error, error_size);
    if (status != NAV_OK) {
        free(link);
        return status;
    }
    (void)uv_pipe_init(config->loop, &link->pipe, 0);
    link->pipe.data = link;
    link->open_handles = 1;
    const int result = listen_at(link);
    if (result != 0) {
        (void)snprintf(out_error, error_size, "%s: %s", link->path, uv_strerror(result));
        srv_command_link_destroy(link);
        return NAV_ERR_IO;
    }
    *out_link = link;
    return NAV_OK;
}

void srv_command_link_destroy(struct srv_command_link *link)
{
    if (link == NULL || link->closing) {
        return;
    }
    link->closing = true;
    for (size_t i = 0; i < SRV_COMMAND_CLIENTS_MAX; ++i) {
        if (link->clients[i] != NULL) {
            drop(link->clients[i]);
        }
    }
    uv_close((uv_handle_t *)&link->pipe, on_link_closed); /* removes the socket's name */
}
