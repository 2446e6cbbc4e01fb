/* `osteonav igtl probe`: is there a server, what does it send, and can one navigate by that. */
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "link.h"
#include "link_hello.h"
#include "link_json.h"
#include "link_peer.h"
#include "link_survey.h"
#include "nav/time.h"
#include "verbs.h"

enum { WHY_SIZE = 256, CONNECT_MS = 5000 };

static const double default_seconds = 3.0;
static const uint64_t body_max = UINT64_C(64) << 20;

struct probe_options {
    const char *server;
    double seconds;
    uint64_t version;
    uint64_t stream_ms; /* UINT64_MAX = do not ask */
    bool json;
};

struct probing {
    struct probe_options options;
    struct link_survey survey;
    json_t *status;       /* content of its STATUS, or NULL */
    json_t *capabilities; /* content of its CAPABILITY, or NULL */
    json_t *stream_answer;
    double connect_ms;
    char address[LINK_ADDRESS_SIZE];
};

static void print_help(void)
{
    fputs("usage: osteonav igtl probe HOST:PORT [OPTIONS]\n\n"
          "Connects to an OpenIGTLink server, asks for its state and capabilities, listens, and\n"
          "says what it sends: each pose with its rate, gaps, validity and clock, and what is\n"
          "suspicious about it.\n\n"
          "  --seconds S          how long to listen (default 3)\n"
          "  --stream MS          ask for TDATA every MS milliseconds\n"
          "  --header-version V   1 or 2 (default 2: PlusServer then states validity)\n"
          "  --json               one JSON object\n\n"
          "Exit code 1 when there is no server, nothing came, or a message was broken.\n",
          stdout);
}

static void keep(json_t **slot, const struct wire_message *message)
{
    json_t *content = link_json_of_content(message);
    json_decref(*slot);
    *slot = content;
}

static void on_message(void *context, const struct link_arrival *arrival,
                       const struct wire_message *message)
{
    struct probing *probing = context;
    if (message->kind == WIRE_KIND_STATUS) {
        keep(&probing->status, message);
    } else if (message->kind == WIRE_KIND_CAPABILITY) {
        keep(&probing->capabilities, message);
    } else if (message->kind == WIRE_KIND_RTS_TDATA) {
        keep(&probing->stream_answer, message);
    }
    link_survey_note(&probing->survey, arrival, message);
}

static void on_rejected(void *context, const struct link_arrival *arrival, enum nav_status why,
                        const uint8_t *raw, size_t size)
{
    (void)arrival;
    (void)why;
    (void)raw;
    (void)size;
    struct probing *probing = context;
    ++probing->survey.rejected;
}

static enum nav_status ask(const struct probing *probing, const struct link_peer *peer)
{
    const uint16_t version = (uint16_t)probing->options.version;
    enum nav_status status = version == 2 ? link_send_hello(peer) : NAV_OK;
    if (status == NAV_OK) {
        status = link_send_request(peer, WIRE_KIND_GET_STATUS, version);
    }
    if (status == NAV_OK) {
        status = link_send_request(peer, WIRE_KIND_GET_CAPABILITY, version);
    }
    if (status == NAV_OK && probing->options.stream_ms != UINT64_MAX) {
        status = link_send_stream_start(peer, (uint32_t)probing->options.stream_ms, version);
    }
    return status;
}

static enum nav_status listen_for(const struct probing *probing, struct link_peer *peer)
{
    const struct nav_clock clock = nav_clock_monotonic();
    const int64_t until_ns =
        nav_clock_now_ns(&clock) + llround(probing->options.seconds * (double)NAV_NS_PER_S);
    enum nav_status status = NAV_OK;
    while (status == NAV_OK && link_stop_requested == 0) {
        struct pollfd item = {.fd = link_peer_fd(peer), .events = POLLIN};
        const int wait_ms = link_ms_until(until_ns);
        if (wait_ms == 0) {
            break;
        }
        if (poll(&item, 1, wait_ms) > 0) {
            status = link_peer_read(peer);
        }
    }
    return status;
}

static void print_report(const struct probing *probing, const json_t *findings)
{
    printf("%s: connected in %.1f ms\n", probing->address, probing->connect_ms);
    char *status = probing->status != NULL ? json_dumps(probing->status, JSON_COMPACT) : NULL;
    char *types =
        probing->capabilities != NULL ? json_dumps(probing->capabilities, JSON_COMPACT) : NULL;
    printf("STATUS      %s\nCAPABILITY  %s\n", status != NULL ? status : "no answer",
           types != NULL ? types : "no answer");
    free(status);
    free(types);
    if (probing->options.stream_ms != UINT64_MAX) {
        printf("STT_TDATA   %s\n", probing->stream_answer != NULL ? "answered" : "no answer");
    }
    if (probing->survey.stream_count > 0) {
        printf("\n%-12s %-24s %2s %8s %9s %9s %10s %10s\n", "type", "name", "v", "count", "Hz",
               "gap ms", "valid", "age ms");
    }
    for (size_t i = 0; i < probing->survey.stream_count; ++i) {
        const struct link_stream *stream = &probing->survey.streams[i];
        char valid[32] = "-";
        char age[32] = "-";
        if (stream->stated > 0) {
            (void)snprintf(valid, sizeof(valid), "%.0f %%",
                           100.0 * (double)stream->ok / (double)stream->count);
        }
        if (stream->unstamped < stream->count) {
            (void)snprintf(age, sizeof(age), "%.2f",
                           (double)stream->age_min_ns / (double)NAV_NS_PER_MS);
        }
        printf("%-12s %-24s %2u %8llu %9.1f %9.1f %10s %10s\n", stream->type,
               stream->name[0] != '\0' ? stream->name : "-", (unsigned)stream->version,
               (unsigned long long)stream->count, link_stream_rate_hz(stream),
               (double)stream->gap_max_ns / (double)NAV_NS_PER_MS, valid, age);
    }
    (void)fputc('\n', stdout);
    for (size_t i = 0; i < json_array_size(findings); ++i) {
        printf("- %s\n", json_string_value(json_array_get(findings, i)));
    }
    if (json_array_size(findings) == 0) {
        puts("- nothing suspicious");
    }
}

static json_t *or_null(json_t *value)
{
    return value != NULL ? json_incref(value) : json_null();
}

static void print_json(const struct probing *probing, json_t *findings)
{
    json_t *report = json_object();
    (void)json_object_set_new(report, "server", json_string(probing->address));
    (void)json_object_set_new(report, "connect_ms", json_real(probing->connect_ms));
    (void)json_object_set_new(report, "status", or_null(probing->status));
    (void)json_object_set_new(report, "capability", or_null(probing->capabilities));
    (void)json_object_set_new(report, "messages",
                              json_integer((json_int_t)probing->survey.messages));
    (void)json_object_set_new(report, "rejected",
                              json_integer((json_int_t)probing->survey.rejected));
    (void)json_object_set_new(report, "streams", link_survey_json(&probing->survey));
    (void)json_object_set(report, "findings", findings);
    (void)json_dumpf(report, stdout, JSON_REAL_PRECISION(6));
    (void)fputc('\n', stdout);
    json_decref(report);
}

static int run(struct probing *probing)
{
    char why[WHY_SIZE];
    const struct nav_clock clock = nav_clock_monotonic();
    const struct link_handler handler = {.on_message = on_message,
                                         .on_rejected = on_rejected,
                                         .context = probing,
                                         .body_max = body_max};
    const int64_t before_ns = nav_clock_now_ns(&clock);
    const int fd =
        link_connect(probing->options.server, CONNECT_MS, probing->address, why, sizeof(why));
    probing->connect_ms = (double)(nav_clock_now_ns(&clock) - before_ns) / (double)NAV_NS_PER_MS;
    if (fd < 0) {
        fprintf(stderr, "osteonav igtl probe: %s; is the server running and the port right?\n",
                why);
        return VERB_FAILED;
    }
    struct link_peer *peer = NULL;
    if (link_peer_create(fd, probing->address, &handler, &peer) != NAV_OK) {
        fputs("osteonav igtl probe: out of memory\n", stderr);
        return VERB_FAILED;
    }
    enum nav_status status = ask(probing, peer);
    if (status == NAV_OK) {
        status = listen_for(probing, peer);
    }
    if (probing->options.stream_ms != UINT64_MAX && status == NAV_OK) {
        status = link_send_request(peer, WIRE_KIND_STP_TDATA, (uint16_t)probing->options.version);
    }
    link_peer_destroy(peer);
    json_t *findings = link_survey_findings(&probing->survey);
    if (status != NAV_OK) {
        char text[WHY_SIZE];
        (void)snprintf(text, sizeof(text), "the connection ended: %s",
                       status == NAV_END          ? "closed by the server"
                       : status == NAV_ERR_LENGTH ? "closed by the server inside a message"
                                                  : nav_status_text(status));
        (void)json_array_append_new(findings, json_string(text));
    }
    if (probing->options.json) {
        print_json(probing, findings);
    } else {
        print_report(probing, findings);
    }
    json_decref(findings);
    return status == NAV_OK && probing->survey.messages > 0 && probing->survey.rejected == 0
               ? VERB_OK
               : VERB_FAILED;
}

int link_probe(int argc, char **argv)
{
    enum { SECONDS = 256, STREAM, HEADER_VERSION, JSON, HELP };
    static const struct option known[] = {
        {"seconds", required_argument, NULL, SECONDS},
        {"stream", required_argument, NULL, STREAM},
        {"header-version", required_argument, NULL, HEADER_VERSION},
        {"json", no_argument, NULL, JSON},
        {"help", no_argument, NULL, HELP},
        {NULL, 0, NULL, 0},
    };
    static struct probing probing; /* the survey is too large for the stack */
    struct probe_options *options = &probing.options;
    *options =
        (struct probe_options){.seconds = default_seconds, .version = 2, .stream_ms = UINT64_MAX};
    opterr = 0;
    optind = 1;
    for (;;) {
        const int code = getopt_long(argc, argv, ":", known, NULL);
        bool good = true;
        if (code == -1) {
            break;
        }
        switch (code) {
        case SECONDS:
            good = link_parse_double(optarg, 1e-3, 86400, &options->seconds);
            break;
        case STREAM:
            good = link_parse_u64(optarg, UINT32_MAX, &options->stream_ms);
            break;
        case HEADER_VERSION:
            good = link_parse_u64(optarg, 2, &options->version) && options->version > 0;
            break;
        case JSON:
            options->json = true;
            break;
        case HELP:
            print_help();
            return VERB_OK;
        default:
            return link_usage_error("probe", code == ':' ? "a value must follow" : "no option",
                                    argv[optind - 1]);
        }
        if (!good) {
            return link_usage_error("probe", "not a value for this option:", optarg);
        }
    }
    if (optind + 1 != argc) {
        return link_usage_error("probe", "needs one", "HOST:PORT");
    }
    options->server = argv[optind];
    link_catch_signals();
    const int code = run(&probing);
    json_decref(probing.status);
    json_decref(probing.capabilities);
    json_decref(probing.stream_answer);
    return code;
}
