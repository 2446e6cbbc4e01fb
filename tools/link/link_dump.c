/* `osteonav igtl dump`: the messages in files, as one peer would send them. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "link.h"
#include "link_peer.h"
#include "link_show.h"
#include "verbs.h"

static const uint64_t body_max = UINT64_C(1) << 31;

struct dumping {
    struct link_show show;
    uint64_t rejected;
};

static void print_help(void)
{
    fputs("usage: osteonav igtl dump FILE... [--json] [--data]\n\n"
          "Prints the OpenIGTLink messages in files of raw bytes (of `igtl listen --save`, of a\n"
          "packet capture's payload), one line each with its place in the file. - is the\n"
          "standard input.\n\n"
          "  --json   one JSON object a line, which `osteonav igtl send` takes\n"
          "  --data   contents as hexadecimal text too\n\n"
          "Exit code 1 when a message is broken or cut off.\n",
          stdout);
}

static void on_message(void *context, const struct link_arrival *arrival,
                       const struct wire_message *message)
{
    const struct dumping *dumping = context;
    link_show_message(&dumping->show, arrival, message);
}

static void on_rejected(void *context, const struct link_arrival *arrival, enum nav_status why,
                        const uint8_t *raw, size_t size)
{
    struct dumping *dumping = context;
    ++dumping->rejected;
    link_show_rejected(&dumping->show, arrival, why, raw, size);
}

static int dump_file(struct dumping *dumping, const char *path)
{
    const struct link_handler handler = {.on_message = on_message,
                                         .on_rejected = on_rejected,
                                         .context = dumping,
                                         .body_max = body_max};
    const int fd = strcmp(path, "-") == 0 ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC);
    struct link_peer *peer = NULL;
    if (fd < 0) {
        fprintf(stderr, "osteonav igtl dump: %s: %s\n", path, strerror(errno));
        return VERB_FAILED;
    }
    if (link_peer_create(fd, path, &handler, &peer) != NAV_OK) {
        fputs("osteonav igtl dump: out of memory\n", stderr);
        return VERB_FAILED;
    }
    enum nav_status status = NAV_OK;
    while (status == NAV_OK) {
        status = link_peer_read(peer);
    }
    if (status != NAV_END) {
        fprintf(stderr, "osteonav igtl dump: %s: %s after %llu whole messages\n", path,
                status == NAV_ERR_LENGTH ? "ends inside a message" : nav_status_text(status),
                (unsigned long long)link_peer_stats(peer)->messages);
    }
    link_peer_destroy(peer);
    return status == NAV_END ? VERB_OK : VERB_FAILED;
}

int link_dump(int argc, char **argv)
{
    enum { JSON = 256, DATA, HELP };
    static const struct option known[] = {{"json", no_argument, NULL, JSON},
                                          {"data", no_argument, NULL, DATA},
                                          {"help", no_argument, NULL, HELP},
                                          {NULL, 0, NULL, 0}};
    struct dumping dumping = {.show = {.out = stdout, .offsets = true}};
    opterr = 0;
    optind = 1;
    for (;;) {
        const int code = getopt_long(argc, argv, ":", known, NULL);
        if (code == -1) {
            break;
        }
        if (code == HELP) {
            print_help();
            return VERB_OK;
        }
        if (code != JSON && code != DATA) {
            return link_usage_error("dump", "no option", argv[optind - 1]);
        }
        dumping.show.json = dumping.show.json || code == JSON;
        dumping.show.data = dumping.show.data || code == DATA;
    }
    if (optind == argc) {
        return link_usage_error("dump", "needs a", "FILE");
    }
    int worst = VERB_OK;
    for (int i = optind; i < argc; ++i) {
        const int code = dump_file(&dumping, argv[i]);
        worst = code > worst ? code : worst;
    }
    return dumping.rejected > 0 ? VERB_FAILED : worst;
}
