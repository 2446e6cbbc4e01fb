/* `osteonav-camera receive`: a camera that sends OpenIGTLink IMAGE or VIDEO, as pictures on
 * standard output. Run by the display, so that the peer's bytes and coded pictures meet a process
 * without graphics. */
#include "camera.h"

#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "film_clock.h"
#include "film_codec.h"
#include "film_frame.h"
#include "film_image.h"
#include "link_hello.h"
#include "link_peer.h"
#include "nav/log.h"
#include "nav/time.h"
#include "wire_video.h"

static const char verb[] = "camera receive";

static const char help[] =
    "usage: osteonav-camera receive --from HOST:PORT [--device NAME]\n\n"
    "Connects to a peer that sends a camera's pictures as OpenIGTLink IMAGE (unsigned bytes, grey\n"
    "or RGB) or VIDEO (H264, VP90, X265, AV10, as the distribution decodes them), and writes them\n"
    "to standard output in the form that the display reads. Connects again for ever.\n\n"
    "  --from HOST:PORT  the peer\n"
    "  --device NAME     pictures of this device only; otherwise the first that comes\n"
    "  --help            this text\n\n"
    "exit codes: 0 nobody reads any more, 1 failed, 2 usage\n";

enum {
    CONNECT_MS = 1000,
    AGAIN_MS = 300,
    SILENCE_MS = 3000, /* without a byte: connected anew */
    BODY_MAX = 64 << 20
};
static const int64_t late_ns = NAV_NS_PER_S;         /* pictures later than this ... */
static const int64_t late_for_ns = 2 * NAV_NS_PER_S; /* ... for so long: connected anew */

struct receiver {
    const char *device; /* wanted; NULL = the first that comes */
    char first[WIRE_DEVICE_SIZE + 1];
    struct film_clock clock;
    struct film_decoder *decoder;
    char codec[WIRE_CODEC_SIZE + 1];
    struct film_buffer buffer;
    int64_t in_time_ns; /* arrival of the last picture that was not late */
    char told[160];     /* what was complained about last */
    bool over;          /* nobody reads any more */
};

/* Once, until something else is wrong. */
static void complain(struct receiver *receiver, const char *what, const char *why)
{
    char text[sizeof(receiver->told)];
    (void)snprintf(text, sizeof(text), "%.40s: %.110s", what, why);
    if (strcmp(text, receiver->told) != 0) {
        memcpy(receiver->told, text, sizeof(text));
        nav_log_error("camera", "%s", text);
    }
}

static bool is_wanted(struct receiver *receiver, const char *device)
{
    if (receiver->device != NULL) {
        return strcmp(device, receiver->device) == 0;
    }
    if (receiver->first[0] == '\0') {
        (void)snprintf(receiver->first, sizeof(receiver->first), "%s", device);
        nav_log_info("camera", "pictures of '%s' are taken", device);
    }
    return strcmp(device, receiver->first) == 0;
}

static enum nav_status take_video(struct receiver *receiver, const struct wire_message *message,
                                  struct film_head *head, char why[128])
{
    struct wire_video video;
    enum nav_status status = wire_video_decode(message->content, message->content_size, &video);
    if (status != NAV_OK) {
        (void)snprintf(why, 128, "its fields contradict its size");
        return status;
    }
    if (receiver->decoder == NULL || strcmp(receiver->codec, video.codec) != 0) {
        film_decoder_destroy(receiver->decoder);
        receiver->decoder = NULL;
        status = film_decoder_create(video.codec, &receiver->decoder);
        if (status != NAV_OK) {
            (void)snprintf(why, 128, "codec '%s' is not decoded here; H264, VP90, X265, AV10 are",
                           video.codec);
            return status;
        }
        memcpy(receiver->codec, video.codec, sizeof(receiver->codec));
    }
    status = film_decoder_take(receiver->decoder, video.frame, video.frame_size, head,
                               &receiver->buffer);
    if (status == NAV_OK && (head->width_px != video.size[0] || head->height_px != video.size[1])) {
        (void)snprintf(why, 128, "the coded picture has another size than its message says");
        return NAV_ERR_RANGE;
    }
    (void)snprintf(why, 128, "a coded picture is broken: %s", nav_status_text(status));
    return status;
}

static void on_message(void *context, const struct link_arrival *arrival,
                       const struct wire_message *message)
{
    struct receiver *receiver = context;
    const bool image = message->kind == WIRE_KIND_IMAGE;
    if ((!image && message->kind != WIRE_KIND_VIDEO) || receiver->over ||
        !is_wanted(receiver, message->device)) {
        return;
    }
    struct film_head head = {.utc_ns = message->device_ns};
    head.time_ns = film_clock_time(&receiver->clock, message->device_ns, arrival->monotonic_ns);
    char why[128] = "";
    const enum nav_status status = image ? film_image_take(message->content, message->content_size,
                                                           &head, &receiver->buffer, why)
                                         : take_video(receiver, message, &head, why);
    if (status == NAV_AGAIN) {
        return;
    }
    if (status != NAV_OK) {
        complain(receiver, message->type, why);
        return;
    }
    if (arrival->monotonic_ns - head.time_ns < late_ns) {
        receiver->in_time_ns = arrival->monotonic_ns;
    }
    receiver->over = film_write(STDOUT_FILENO, &head, receiver->buffer.bytes) != NAV_OK;
}

static void on_rejected(void *context, const struct link_arrival *arrival, enum nav_status why,
                        const uint8_t *raw, size_t size)
{
    (void)arrival;
    (void)raw;
    (void)size;
    complain(context, "a message is dropped", nav_status_text(why));
}

/* One connection, until it ends or brings nothing of use any more. */
static void serve(struct receiver *receiver, int fd, const char *address)
{
    const struct link_handler handler = {.on_message = on_message,
                                         .on_rejected = on_rejected,
                                         .context = receiver,
                                         .body_max = BODY_MAX};
    struct link_peer *peer = NULL;
    if (link_peer_create(fd, address, &handler, &peer) != NAV_OK) {
        return;
    }
    receiver->clock = (struct film_clock){0};
    receiver->in_time_ns = INT64_MAX;
    enum nav_status status = link_send_hello(peer);
    const struct nav_clock clock = nav_clock_monotonic();
    while (status == NAV_OK && !receiver->over) {
        struct pollfd item = {.fd = fd, .events = POLLIN};
        const int ready = poll(&item, 1, SILENCE_MS);
        if (ready == 0) {
            complain(receiver, address, "nothing comes; connecting anew");
            break;
        }
        status = ready > 0 ? link_peer_read(peer) : NAV_OK;
        if (receiver->in_time_ns != INT64_MAX &&
            nav_clock_now_ns(&clock) - receiver->in_time_ns > late_for_ns) {
            complain(receiver, address, "pictures are late; connecting anew drops what waits");
            break;
        }
    }
    if (status != NAV_OK) {
        complain(receiver, address,
                 status == NAV_END ? "the peer has closed" : nav_status_text(status));
    }
    link_peer_destroy(peer);
}

static int receive(struct receiver *receiver, const char *from)
{
    while (!receiver->over) {
        char address[LINK_ADDRESS_SIZE];
        char why[256] = "";
        const int fd = link_connect(from, CONNECT_MS, address, why, sizeof(why));
        if (fd >= 0) {
            receiver->told[0] = '\0';
            serve(receiver, fd, address);
        } else {
            complain(receiver, "no camera", why);
        }
        /* The reader may have gone meanwhile. */
        struct pollfd item = {.fd = STDOUT_FILENO};
        if (poll(&item, 1, AGAIN_MS) > 0 && (item.revents & POLLERR) != 0) {
            receiver->over = true;
        }
    }
    film_decoder_destroy(receiver->decoder);
    film_buffer_finish(&receiver->buffer);
    return CAMERA_OK;
}

int camera_receive(int argc, char **argv)
{
    static const struct option known[] = {{"from", required_argument, NULL, 'f'},
                                          {"device", required_argument, NULL, 'd'},
                                          {"help", no_argument, NULL, 'h'},
                                          {NULL, 0, NULL, 0}};
    struct receiver receiver = {0};
    const char *from = NULL;
    opterr = 0;
    for (int option = 0; (option = getopt_long(argc, argv, ":h", known, NULL)) != -1;) {
        switch (option) {
        case 'h':
            fputs(help, stdout);
            return CAMERA_OK;
        case 'f':
            from = optarg;
            break;
        case 'd':
            receiver.device = optarg;
            break;
        default:
            return camera_misuse(verb, "%s: %s", argv[optind - 1],
                                 option == ':' ? "a value must follow" : "no such option");
        }
    }
    if (from == NULL || optind != argc) {
        return camera_misuse(verb, "--from HOST:PORT is needed, and nothing else");
    }
    if (isatty(STDOUT_FILENO) != 0) {
        return camera_misuse(verb, "pictures go to standard output, which is a terminal here");
    }
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    (void)signal(SIGPIPE, SIG_IGN);
    (void)signal(SIGINT, SIG_IGN); /* of a terminal: the display ends, and with it this */
    return receive(&receiver, from);
}
