/* `osteonav igtl listen`: what a peer sends, message by message. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "address.h"
#include "link.h"
#include "link_hello.h"
#include "link_peer.h"
#include "link_show.h"
#include "nav/time.h"
#include "verbs.h"

enum { PEERS_MAX = 64, WHY_SIZE = 256, CONNECT_MS = 5000 };

static const uint64_t body_max_default = UINT64_C(64) << 20;
static const uint64_t body_max_most = UINT64_C(1) << 31;

struct listen_options {
    const char *at;
    const char *from; /* connect there instead */
    const char *save_path;
    double seconds;     /* 0 = no limit */
    uint64_t count;     /* 0 = no limit */
    uint64_t stream_ms; /* UINT64_MAX = do not ask */
    uint64_t body_max;
    bool no_hello;
    bool json;
    bool data;
};

struct listening {
    struct listen_options options;
    struct link_show show;
    struct link_handler handler;
    FILE *save;
    uint64_t shown;
    uint64_t rejected;
    size_t peer_count;
    struct link_peer *peers[PEERS_MAX];
};

static void print_help(void)
{
    fputs("usage: osteonav igtl listen [--at HOST:PORT | --from HOST:PORT] [OPTIONS]\n\n"
          "Prints every OpenIGTLink message that arrives, one line each: time of arrival, peer,\n"
          "header version, type, device, size, age by its own stamp, validity and content. Broken\n"
          "messages are printed with the reason and their bytes.\n\n"
          "  --at HOST:PORT    be a server there (default 127.0.0.1:18944; port 0: any free one)\n"
          "  --from HOST:PORT  be a client of that server instead\n"
          "  --no-hello        as a client, do not send a version-2 STATUS first; without it\n"
          "                    PlusServer sends no validity, but very old servers dislike it\n"
          "  --stream MS       as a client, ask for TDATA every MS milliseconds (STT_TDATA)\n"
          "  --json            one JSON object a line, which `osteonav igtl send` takes\n"
          "  --data            pixels, meshes and other bulk as hexadecimal text too\n"
          "  --save FILE       also write the good messages as they came, for `igtl dump`\n"
          "  --count N         end after N messages\n"
          "  --seconds S       end after S seconds\n"
          "  --max-body BYTES  larger bodies end the connection (default 67108864)\n\n"
          "Exit code 1 when a message was broken or nothing came.\n",
          stdout);
}

static void on_message(void *context, const struct link_arrival *arrival,
                       const struct wire_message *message)
{
    struct listening *listening = context;
    if (listening->options.count > 0 && listening->shown >= listening->options.count) {
        return;
    }
    ++listening->shown;
    link_show_message(&listening->show, arrival, message);
    if (listening->save != NULL) {
        (void)fwrite(message->raw, 1, message->raw_size, listening->save);
    }
}

static void on_rejected(void *context, const struct link_arrival *arrival, enum nav_status why,
                        const uint8_t *raw, size_t size)
{
    struct listening *listening = context;
    ++listening->rejected;
    link_show_rejected(&listening->show, arrival, why, raw, size);
}

static bool is_over(const struct listening *listening)
{
    return link_stop_requested != 0 ||
           (listening->options.count > 0 && listening->shown >= listening->options.count);
}

static void add_peer(struct listening *listening, int fd, const char *address)
{
    struct link_peer *peer = NULL;
    if (listening->peer_count == PEERS_MAX) {
        fprintf(stderr, "%s: refused, %d peers are connected\n", address, PEERS_MAX);
        (void)close(fd);
        return;
    }
    if (link_peer_create(fd, address, &listening->handler, &peer) != NAV_OK) {
        fprintf(stderr, "%s: out of memory\n", address);
        return;
    }
    fprintf(stderr, "%s: connected\n", address);
    listening->peers[listening->peer_count] = peer;
    ++listening->peer_count;
}

static void accept_peer(struct listening *listening, int listener)
{
    struct sockaddr_storage address = {0};
    socklen_t size = sizeof(address);
    char text[LINK_ADDRESS_SIZE];
    const int fd = accept4(listener, (struct sockaddr *)&address, &size, SOCK_CLOEXEC);
    if (fd >= 0) {
        srv_address_text(&address, text, sizeof(text));
        add_peer(listening, fd, text);
    }
}

static void drop_peer(struct listening *listening, size_t index, enum nav_status why)
{
    struct link_peer *peer = listening->peers[index];
    fprintf(stderr, "%s: %s\n", link_peer_address(peer),
            why == NAV_END          ? "closed"
            : why == NAV_ERR_LENGTH ? "closed inside a message"
                                    : nav_status_text(why));
    listening->rejected += why == NAV_ERR_LENGTH ? 1 : 0;
    link_peer_destroy(peer);
    --listening->peer_count;
    listening->peers[index] = listening->peers[listening->peer_count];
}

/* `listener` is -1 for a client. */
static void take_all(struct listening *listening, int listener, int64_t until_ns)
{
    while (!is_over(listening) && (listener >= 0 || listening->peer_count > 0)) {
        struct pollfd items[PEERS_MAX + 1];
        const size_t count = listening->peer_count;
        for (size_t i = 0; i < count; ++i) {
            items[i] = (struct pollfd){.fd = link_peer_fd(listening->peers[i]), .events = POLLIN};
        }
        items[count] = (struct pollfd){.fd = listener, .events = POLLIN};
        const int wait_ms = link_ms_until(until_ns);
        if (wait_ms == 0 || poll(items, count + 1, wait_ms) < 0) {
            if (wait_ms == 0 || errno != EINTR) {
                return;
            }
            continue;
        }
        /* From the last: dropping one moves the last into its place. */
        for (size_t i = count; i > 0; --i) {
            if (items[i - 1].revents != 0) {
                const enum nav_status status = link_peer_read(listening->peers[i - 1]);
                if (status != NAV_OK) {
                    drop_peer(listening, i - 1, status);
                }
            }
        }
        if (items[count].revents != 0) {
            accept_peer(listening, listener);
        }
    }
}

static bool greet(const struct listening *listening)
{
    const struct listen_options *options = &listening->options;
    const struct link_peer *peer = listening->peers[0];
    const uint16_t version = options->no_hello ? 1 : 2;
    if (!options->no_hello && link_send_hello(peer) != NAV_OK) {
        return false;
    }
    return options->stream_ms == UINT64_MAX ||
           link_send_stream_start(peer, (uint32_t)options->stream_ms, version) == NAV_OK;
}

static int run(struct listening *listening)
{
    const struct listen_options *options = &listening->options;
    const struct nav_clock clock = nav_clock_monotonic();
    const int64_t until_ns =
        options->seconds > 0
            ? nav_clock_now_ns(&clock) + llround(options->seconds * (double)NAV_NS_PER_S)
            : INT64_MAX;
    char address[LINK_ADDRESS_SIZE];
    char why[WHY_SIZE];
    int listener = -1;
    if (options->from != NULL) {
        const int fd = link_connect(options->from, CONNECT_MS, address, why, sizeof(why));
        if (fd >= 0) {
            add_peer(listening, fd, address);
        }
        if (fd < 0 || listening->peer_count == 0 || !greet(listening)) {
            fprintf(stderr, "osteonav igtl listen: %s\n",
                    fd < 0 ? why : "the server closed the connection");
            return VERB_FAILED;
        }
    } else {
        listener = link_listen_at(options->at, address, why, sizeof(why));
        if (listener < 0) {
            fprintf(stderr, "osteonav igtl listen: %s\n", why);
            return VERB_FAILED;
        }
        fprintf(stderr, "listening at %s\n", address);
    }
    take_all(listening, listener, until_ns);
    if (listener >= 0) {
        (void)close(listener);
    }
    while (listening->peer_count > 0) {
        --listening->peer_count;
        link_peer_destroy(listening->peers[listening->peer_count]);
    }
    return listening->rejected == 0 && listening->shown > 0 ? VERB_OK : VERB_FAILED;
}

/* -1 to go on, else the exit code. */
static int parse_options(int argc, char **argv, struct listen_options *options)
{
    enum { AT = 256, FROM, NO_HELLO, STREAM, JSON, DATA, SAVE, COUNT, SECONDS, MAX_BODY, HELP };
    static const struct option known[] = {
        {"at", required_argument, NULL, AT},
        {"from", required_argument, NULL, FROM},
        {"no-hello", no_argument, NULL, NO_HELLO},
        {"stream", required_argument, NULL, STREAM},
        {"json", no_argument, NULL, JSON},
        {"data", no_argument, NULL, DATA},
        {"save", required_argument, NULL, SAVE},
        {"count", required_argument, NULL, COUNT},
        {"seconds", required_argument, NULL, SECONDS},
        {"max-body", required_argument, NULL, MAX_BODY},
        {"help", no_argument, NULL, HELP},
        {NULL, 0, NULL, 0},
    };
    *options = (struct listen_options){.stream_ms = UINT64_MAX, .body_max = body_max_default};
    opterr = 0;
    optind = 1;
    for (;;) {
        const int code = getopt_long(argc, argv, ":", known, NULL);
        bool good = true;
        if (code == -1) {
            break;
        }
        switch (code) {
        case AT:
            options->at = optarg;
            break;
        case FROM:
            options->from = optarg;
            break;
        case NO_HELLO:
            options->no_hello = true;
            break;
        case STREAM:
            good = link_parse_u64(optarg, UINT32_MAX, &options->stream_ms);
            break;
        case JSON:
            options->json = true;
            break;
        case DATA:
            options->data = true;
            break;
        case SAVE:
            options->save_path = optarg;
            break;
        case COUNT:
            good = link_parse_u64(optarg, UINT64_MAX, &options->count) && options->count > 0;
            break;
        case SECONDS:
            good = link_parse_double(optarg, 1e-3, 1e9, &options->seconds);
            break;
        case MAX_BODY:
            good =
                link_parse_u64(optarg, body_max_most, &options->body_max) && options->body_max > 0;
            break;
        case HELP:
            print_help();
            return VERB_OK;
        default:
            return link_usage_error("listen", code == ':' ? "a value must follow" : "no option",
                                    argv[optind - 1]);
        }
        if (!good) {
            return link_usage_error("listen", "not a value for this option:", optarg);
        }
    }
    if (optind < argc) {
        return link_usage_error("listen", "what is", argv[optind]);
    }
    if (options->at != NULL && options->from != NULL) {
        return link_usage_error("listen", "--at and --from exclude each other:", options->from);
    }
    if (options->from == NULL && (options->no_hello || options->stream_ms != UINT64_MAX)) {
        return link_usage_error("listen", "only a client has this option; give", "--from");
    }
    options->at = options->at != NULL ? options->at : "127.0.0.1:18944";
    return -1;
}

int link_listen(int argc, char **argv)
{
    struct listening listening = {.shown = 0};
    const int done = parse_options(argc, argv, &listening.options);
    if (done >= 0) {
        return done;
    }
    listening.show = (struct link_show){
        .out = stdout, .json = listening.options.json, .data = listening.options.data};
    listening.handler = (struct link_handler){.on_message = on_message,
                                              .on_rejected = on_rejected,
                                              .context = &listening,
                                              .body_max = listening.options.body_max};
    if (listening.options.save_path != NULL) {
        listening.save = fopen(listening.options.save_path, "wbe");
        if (listening.save == NULL) {
            fprintf(stderr, "osteonav igtl listen: cannot write %s: %s\n",
                    listening.options.save_path, strerror(errno));
            return VERB_FAILED;
        }
    }
    link_catch_signals();
    int code = run(&listening);
    if (listening.save != NULL && fclose(listening.save) != 0) {
        fprintf(stderr, "osteonav igtl listen: could not write all of %s\n",
                listening.options.save_path);
        code = VERB_FAILED;
    }
    return code;
}
