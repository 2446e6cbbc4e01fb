/* `osteonav igtl send`: any message, from JSON. */
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include <jansson.h>

#include "link.h"
#include "link_json.h"
#include "link_peer.h"
#include "link_show.h"
#include "nav/time.h"
#include "verbs.h"

enum { WHY_SIZE = 256, CONNECT_MS = 5000 };

static const double default_wait_s = 0.5;
static const uint64_t body_max = UINT64_C(64) << 20;

struct send_options {
    const char *path;
    const char *to;
    const char *out_path;
    double rate_hz; /* 0 = without a pause */
    double wait_s;
    uint64_t repeat;
    bool json;
};

struct sending {
    struct send_options options;
    struct link_show show;
    struct link_handler handler;
    struct link_peer *peer; /* NULL with --out */
    FILE *out;
    uint64_t sent;
    int64_t next_ns;
};

static void print_help(void)
{
    fputs(
        "usage: osteonav igtl send [FILE] [--to HOST:PORT | --out FILE] [OPTIONS]\n\n"
        "Packs messages from JSON and sends them. FILE holds objects, or lists of them, one after\n"
        "the other; - (the default) is the standard input. What comes back is printed.\n\n"
        "  --to HOST:PORT  receiver (default 127.0.0.1:18944)\n"
        "  --out FILE      write the bytes into a file instead\n"
        "  --repeat N      send everything N times (default 1)\n"
        "  --rate HZ       messages per second (default: without a pause)\n"
        "  --wait S        wait for answers afterwards (default 0.5)\n"
        "  --json          print answers as JSON\n\n"
        "Keys of a message: type, device, version (1 or 2), stamp_ns (default: now), message_id,\n"
        "metadata {key: text}, content {...} or content_hex. Wrong on purpose: crc (16 hex\n"
        "digits), body_size. docs/igtl.md has every content. Example:\n"
        "  {\"type\": \"TRANSFORM\", \"device\": \"StylusToTracker\",\n"
        "   \"content\": {\"matrix\": [1,0,0,10, 0,1,0,20, 0,0,1,30, 0,0,0,1]}}\n",
        stdout);
}

static void on_message(void *context, const struct link_arrival *arrival,
                       const struct wire_message *message)
{
    const struct sending *sending = context;
    link_show_message(&sending->show, arrival, message);
}

static void on_rejected(void *context, const struct link_arrival *arrival, enum nav_status why,
                        const uint8_t *raw, size_t size)
{
    const struct sending *sending = context;
    link_show_rejected(&sending->show, arrival, why, raw, size);
}

/* Prints what the peer sends until then. False when it has gone. */
static bool hear_until(struct sending *sending, int64_t until_ns)
{
    while (link_stop_requested == 0) {
        struct pollfd item = {.fd = link_peer_fd(sending->peer), .events = POLLIN};
        const int wait_ms = link_ms_until(until_ns);
        const int ready = poll(&item, 1, wait_ms);
        if (ready > 0 && link_peer_read(sending->peer) != NAV_OK) {
            return false;
        }
        if (wait_ms == 0) {
            return true;
        }
    }
    return true;
}

static int fail(const struct sending *sending, const char *what)
{
    fprintf(stderr, "osteonav igtl send: message %llu: %s\n", (unsigned long long)sending->sent + 1,
            what);
    return VERB_FAILED;
}

static int send_message(struct sending *sending, const json_t *object)
{
    uint8_t *bytes = NULL;
    size_t size = 0;
    char why[WHY_SIZE] = "";
    const enum nav_status status =
        link_json_pack(object, nav_utc_now_ns(), &bytes, &size, why, sizeof(why));
    if (status != NAV_OK) {
        return fail(sending, why);
    }
    bool good = true;
    if (sending->out != NULL) {
        good = fwrite(bytes, 1, size, sending->out) == size;
    } else {
        if (sending->options.rate_hz > 0) {
            good = hear_until(sending, sending->next_ns);
            sending->next_ns += llround((double)NAV_NS_PER_S / sending->options.rate_hz);
        }
        good = good && link_peer_write(sending->peer, bytes, size) == NAV_OK;
    }
    free(bytes);
    if (!good) {
        return fail(sending, sending->out != NULL ? "cannot write" : "the peer has gone");
    }
    ++sending->sent;
    return VERB_OK;
}

static int send_all(struct sending *sending, const json_t *messages)
{
    for (uint64_t round = 0; round < sending->options.repeat; ++round) {
        for (size_t i = 0; i < json_array_size(messages); ++i) {
            if (link_stop_requested != 0) {
                return VERB_OK;
            }
            const int code = send_message(sending, json_array_get(messages, i));
            if (code != VERB_OK) {
                return code;
            }
        }
    }
    return VERB_OK;
}

/* All objects of the file, lists opened, in one list. NULL with a message. */
static json_t *read_messages(const char *path)
{
    FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
    if (file == NULL) {
        fprintf(stderr, "osteonav igtl send: %s: %s\n", path, strerror(errno));
        return NULL;
    }
    json_t *messages = json_array();
    for (;;) {
        int c = fgetc(file);
        while (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
            c = fgetc(file);
        }
        if (c == EOF) {
            break;
        }
        (void)ungetc(c, file);
        json_error_t error;
        json_t *value = json_loadf(file, JSON_DISABLE_EOF_CHECK, &error);
        if (value == NULL) {
            fprintf(stderr, "osteonav igtl send: %s: message %zu, line %d: %s\n", path,
                    json_array_size(messages) + 1, error.line, error.text);
            json_decref(messages);
            messages = NULL;
            break;
        }
        if (json_is_array(value)) {
            (void)json_array_extend(messages, value);
            json_decref(value);
        } else {
            (void)json_array_append_new(messages, value);
        }
    }
    if (file != stdin) {
        (void)fclose(file);
    }
    return messages;
}

static bool open_target(struct sending *sending)
{
    const struct send_options *options = &sending->options;
    if (options->out_path != NULL) {
        sending->out = fopen(options->out_path, "wbe");
        if (sending->out == NULL) {
            fprintf(stderr, "osteonav igtl send: cannot write %s: %s\n", options->out_path,
                    strerror(errno));
        }
        return sending->out != NULL;
    }
    char address[LINK_ADDRESS_SIZE];
    char why[WHY_SIZE];
    const int fd = link_connect(options->to, CONNECT_MS, address, why, sizeof(why));
    if (fd < 0) {
        fprintf(stderr, "osteonav igtl send: %s\n", why);
        return false;
    }
    return link_peer_create(fd, address, &sending->handler, &sending->peer) == NAV_OK;
}

static int run(struct sending *sending, const json_t *messages)
{
    if (!open_target(sending)) {
        return VERB_FAILED;
    }
    const struct nav_clock clock = nav_clock_monotonic();
    sending->next_ns = nav_clock_now_ns(&clock);
    int code = send_all(sending, messages);
    if (sending->out != NULL) {
        if (fclose(sending->out) != 0) {
            code = fail(sending, "cannot write");
        }
    } else {
        (void)shutdown(link_peer_fd(sending->peer), SHUT_WR);
        (void)hear_until(sending, nav_clock_now_ns(&clock) +
                                      llround(sending->options.wait_s * (double)NAV_NS_PER_S));
        link_peer_destroy(sending->peer);
    }
    fprintf(stderr, "%llu messages sent\n", (unsigned long long)sending->sent);
    return code;
}

/* -1 to go on, else the exit code. */
static int parse_options(int argc, char **argv, struct send_options *options)
{
    enum { TO = 256, OUT, REPEAT, RATE, WAIT, JSON, HELP };
    static const struct option known[] = {
        {"to", required_argument, NULL, TO},         {"out", required_argument, NULL, OUT},
        {"repeat", required_argument, NULL, REPEAT}, {"rate", required_argument, NULL, RATE},
        {"wait", required_argument, NULL, WAIT},     {"json", no_argument, NULL, JSON},
        {"help", no_argument, NULL, HELP},           {NULL, 0, NULL, 0},
    };
    *options = (struct send_options){.path = "-", .repeat = 1, .wait_s = default_wait_s};
    opterr = 0;
    optind = 1;
    for (;;) {
        const int code = getopt_long(argc, argv, ":", known, NULL);
        bool good = true;
        if (code == -1) {
            break;
        }
        switch (code) {
        case TO:
            options->to = optarg;
            break;
        case OUT:
            options->out_path = optarg;
            break;
        case REPEAT:
            good = link_parse_u64(optarg, UINT64_MAX, &options->repeat) && options->repeat > 0;
            break;
        case RATE:
            good = link_parse_double(optarg, 1e-3, 1e6, &options->rate_hz);
            break;
        case WAIT:
            good = link_parse_double(optarg, 0, 86400, &options->wait_s);
            break;
        case JSON:
            options->json = true;
            break;
        case HELP:
            print_help();
            return VERB_OK;
        default:
            return link_usage_error("send", code == ':' ? "a value must follow" : "no option",
                                    argv[optind - 1]);
        }
        if (!good) {
            return link_usage_error("send", "not a value for this option:", optarg);
        }
    }
    if (optind < argc) {
        options->path = argv[optind];
        ++optind;
    }
    if (optind < argc) {
        return link_usage_error("send", "what is", argv[optind]);
    }
    if (options->to != NULL && options->out_path != NULL) {
        return link_usage_error("send", "--to and --out exclude each other:", options->to);
    }
    options->to = options->to != NULL ? options->to : "127.0.0.1:18944";
    return -1;
}

int link_send(int argc, char **argv)
{
    struct sending sending = {.sent = 0};
    const int done = parse_options(argc, argv, &sending.options);
    if (done >= 0) {
        return done;
    }
    sending.show = (struct link_show){.out = stdout, .json = sending.options.json};
    sending.handler = (struct link_handler){.on_message = on_message,
                                            .on_rejected = on_rejected,
                                            .context = &sending,
                                            .body_max = body_max};
    json_t *messages = read_messages(sending.options.path);
    if (messages == NULL) {
        return VERB_FAILED;
    }
    link_catch_signals();
    const int code = run(&sending, messages);
    json_decref(messages);
    return code;
}
