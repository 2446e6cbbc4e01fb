/* `osteonav-camera publish`: pictures from standard input, offered to OpenIGTLink subscribers. Run
 * by the display: a subscriber that is slow or hostile meets this process. */
#include "camera.h"

#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "film_codec.h"
#include "film_frame.h"
#include "film_image.h"
#include "link_peer.h"
#include "nav/log.h"
#include "nav/time.h"
#include "wire_capability.h"
#include "wire_framer.h"
#include "wire_pack.h"
#include "wire_video.h"

static const char verb[] = "camera publish";

static const char help[] =
    "usage: osteonav-camera publish --at HOST:PORT [--device NAME] [--address-file FILE]\n\n"
    "Offers the pictures that the display gives it to OpenIGTLink subscribers: IMAGE unasked "
    "(RGB);\n"
    "after STT_VIDEO with the codec H264 or VP90, VIDEO instead; STP_VIDEO goes back, STT_IMAGE "
    "and\n"
    "STP_IMAGE turn IMAGE on and off; GET_CAPABIL is answered. Stamps are the pictures' own. Each\n"
    "subscriber gets the newest picture when the one before has left; one that takes nothing for\n"
    "5 s is closed.\n\n"
    "  --at HOST:PORT       where to listen; port 0: any\n"
    "  --device NAME        device name of the pictures, at most 20 bytes (default OsteonavView)\n"
    "  --address-file FILE  gets the address once it listens\n"
    "  --help               this text\n\n"
    "exit codes: 0 the pictures have ended, 1 failed, 2 usage\n";

enum {
    SUBSCRIBERS_MAX = 8,
    REQUEST_MAX = 4096,
    READ_SIZE = 4096,
    NICE = 5,
    METADATA_HEAD_SIZE = 2
};
static const int64_t stall_ns = 5 * NAV_NS_PER_S;

/* A whole message that several subscribers are being sent. */
struct shared {
    int users;
    bool key; /* VIDEO: stands alone; IMAGE always does */
    bool is_video;
    uint64_t serial; /* of its picture */
    size_t size, capacity;
    uint8_t *bytes;
};

struct subscriber {
    int fd; /* -1: free */
    struct wire_framer *framer;
    bool wants_image, wants_video;
    char codec[WIRE_CODEC_SIZE + 1];
    bool owes_capability;
    uint64_t video_serial; /* of the last coded picture it got: the next needs the one before */
    struct shared *sending;
    struct shared *next;
    size_t sent;
    int64_t moved_ns; /* it took something last, or had nothing to take */
};

struct publisher {
    const char *device;
    int listener;
    struct subscriber subscribers[SUBSCRIBERS_MAX];
    struct film_encoder *encoder;
    int coded_width_px, coded_height_px;
    uint64_t serial;
    int64_t first_ns;
    bool over;
};

static int64_t now_of(void)
{
    const struct nav_clock clock = nav_clock_monotonic();
    return nav_clock_now_ns(&clock);
}

/* ---- messages ------------------------------------------------------------------------------- */

static void release(struct shared **io_message)
{
    struct shared *message = *io_message;
    *io_message = NULL;
    if (message != NULL && --message->users == 0) {
        free(message->bytes);
        free(message);
    }
}

static struct shared *message_of(size_t content)
{
    struct shared *message = calloc(1, sizeof(*message));
    if (message != NULL) {
        message->users = 1;
        message->capacity =
            content + WIRE_HEADER_SIZE + WIRE_EXTENDED_HEADER_SIZE + METADATA_HEAD_SIZE;
        message->bytes = malloc(message->capacity);
        if (message->bytes == NULL) {
            free(message);
            message = NULL;
        }
    }
    return message;
}

static void finish(struct shared **io_message, const struct wire_pack *pack,
                   const struct wire_writer *writer)
{
    if (wire_pack_end(pack, NULL, 0) != NAV_OK) {
        release(io_message);
        return;
    }
    (*io_message)->size = writer->size;
}

static struct shared *image_of(const struct publisher *publisher, const struct film_head *head,
                               const uint8_t *rgb)
{
    struct shared *message = message_of(film_image_size(head));
    if (message == NULL) {
        return NULL;
    }
    struct wire_writer writer = wire_writer_of(message->bytes, message->capacity);
    const struct wire_pack pack =
        wire_pack_begin(&writer, &(struct wire_pack_head){.version = 1,
                                                          .kind = WIRE_KIND_IMAGE,
                                                          .device = publisher->device,
                                                          .utc_ns = head->utc_ns});
    film_image_encode(&writer, head, rgb);
    message->key = true;
    finish(&message, &pack, &writer);
    return message;
}

/* The picture coded: each in its turn, since one needs the one before. */
static struct shared *video_of(struct publisher *publisher, const struct film_head *head,
                               const uint8_t *rgb)
{
    struct film_packet packet;
    if (publisher->encoder == NULL ||
        film_encoder_add(publisher->encoder, head, rgb,
                         (head->time_ns - publisher->first_ns) / 1000, &packet) != NAV_OK) {
        return NULL;
    }
    struct shared *message = message_of(WIRE_VIDEO_HEADER_SIZE + packet.size);
    if (message == NULL) {
        return NULL;
    }
    struct wire_video video = {
        .version = 3,
        .endian = 2,
        .frame_kind = packet.key ? 1 : 2,
        .coordinates = 2,
        .size = {(uint16_t)(head->width_px & ~1), (uint16_t)(head->height_px & ~1), 1},
        .matrix = {1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0},
        .frame = packet.bytes,
        .frame_size = packet.size};
    memcpy(video.box_size, video.size, sizeof(video.box_size));
    memcpy(video.codec, film_encoder_codec(publisher->encoder), sizeof(video.codec));
    struct wire_writer writer = wire_writer_of(message->bytes, message->capacity);
    const struct wire_pack pack =
        wire_pack_begin(&writer, &(struct wire_pack_head){.version = 2,
                                                          .kind = WIRE_KIND_VIDEO,
                                                          .device = publisher->device,
                                                          .utc_ns = head->utc_ns});
    wire_video_encode(&writer, &video);
    message->is_video = true;
    message->key = packet.key;
    finish(&message, &pack, &writer);
    return message;
}

static struct shared *capability_of(const struct publisher *publisher)
{
    static const char *const types[] = {"IMAGE",     "VIDEO",     "CAPABILITY", "GET_CAPABIL",
                                        "STT_IMAGE", "STP_IMAGE", "STT_VIDEO",  "STP_VIDEO"};
    enum { TYPES = sizeof(types) / sizeof(types[0]) };
    struct shared *message = message_of(TYPES * WIRE_TYPE_SIZE);
    if (message == NULL) {
        return NULL;
    }
    struct wire_writer writer = wire_writer_of(message->bytes, message->capacity);
    const struct wire_pack pack =
        wire_pack_begin(&writer, &(struct wire_pack_head){.version = 1,
                                                          .kind = WIRE_KIND_CAPABILITY,
                                                          .device = publisher->device,
                                                          .utc_ns = nav_utc_now_ns()});
    for (int i = 0; i < TYPES; ++i) {
        wire_capability_encode(&writer, types[i]);
    }
    message->key = true;
    finish(&message, &pack, &writer);
    return message;
}

/* ---- subscribers ---------------------------------------------------------------------------- */

static void close_subscriber(struct subscriber *subscriber)
{
    (void)close(subscriber->fd);
    wire_framer_destroy(subscriber->framer);
    release(&subscriber->sending);
    release(&subscriber->next);
    *subscriber = (struct subscriber){.fd = -1};
}

static uint64_t body_cap(void *context, enum wire_kind kind, const char *type)
{
    (void)context;
    (void)type;
    return kind == WIRE_KIND_IMAGE || kind == WIRE_KIND_VIDEO ? 0 : REQUEST_MAX;
}

static enum nav_status on_request(void *context, const struct wire_message *message)
{
    struct subscriber *subscriber = context;
    struct wire_video_start start;
    switch (message->kind) {
    case WIRE_KIND_GET_CAPABILITY:
        subscriber->owes_capability = true;
        return NAV_OK;
    case WIRE_KIND_STT_IMAGE:
        subscriber->wants_image = true;
        return NAV_OK;
    case WIRE_KIND_STP_IMAGE:
        subscriber->wants_image = false;
        return NAV_OK;
    case WIRE_KIND_STT_VIDEO:
        if (wire_video_start_decode(message->content, message->content_size, &start) != NAV_OK) {
            return NAV_ERR_LENGTH;
        }
        subscriber->wants_video = true;
        subscriber->video_serial = 0;
        memcpy(subscriber->codec, start.codec, sizeof(subscriber->codec));
        return NAV_OK;
    case WIRE_KIND_STP_VIDEO:
        subscriber->wants_video = false;
        return NAV_OK;
    default:
        return NAV_OK;
    }
}

static void accept_one(struct publisher *publisher)
{
    const int fd = accept4(publisher->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    for (int i = 0; fd >= 0 && i < SUBSCRIBERS_MAX; ++i) {
        struct subscriber *subscriber = &publisher->subscribers[i];
        if (subscriber->fd >= 0) {
            continue;
        }
        const struct wire_framer_config config = {.body_cap = body_cap,
                                                  .on_message = on_request,
                                                  .context = subscriber,
                                                  .skip_max = REQUEST_MAX};
        *subscriber = (struct subscriber){.fd = fd, .wants_image = true, .moved_ns = now_of()};
        if (wire_framer_create(&config, &subscriber->framer) != NAV_OK) {
            close_subscriber(subscriber);
        }
        return;
    }
    if (fd >= 0) {
        (void)close(fd); /* as many as are served are there */
    }
}

/* What it asks. False: it is gone, or not speaking OpenIGTLink. */
static bool hear(struct subscriber *subscriber)
{
    uint8_t bytes[READ_SIZE];
    const ssize_t count = recv(subscriber->fd, bytes, sizeof(bytes), 0);
    if (count < 0) {
        return errno == EAGAIN || errno == EINTR;
    }
    return count > 0 && wire_framer_feed(subscriber->framer, bytes, (size_t)count) == NAV_OK;
}

/* Sends what the kernel takes. False: it is gone. */
static bool tell(struct subscriber *subscriber)
{
    while (subscriber->sending != NULL) {
        const struct shared *message = subscriber->sending;
        const ssize_t count = send(subscriber->fd, message->bytes + subscriber->sent,
                                   message->size - subscriber->sent, MSG_NOSIGNAL);
        if (count < 0) {
            return errno == EAGAIN || errno == EINTR;
        }
        subscriber->moved_ns = now_of();
        subscriber->sent += (size_t)count;
        if (subscriber->sent == message->size) {
            release(&subscriber->sending);
            subscriber->sending = subscriber->next;
            subscriber->next = NULL;
            subscriber->sent = 0;
        }
    }
    subscriber->moved_ns = now_of();
    return true;
}

/* Queues a message: in the place of one that has not begun to leave. */
static void give(struct subscriber *subscriber, struct shared *message)
{
    if (message == NULL) {
        return;
    }
    if (message->is_video) {
        const bool follows = subscriber->video_serial + 1 == message->serial;
        if (!message->key && (!follows || subscriber->next != NULL)) {
            return; /* a coded picture whose forerunner is missing: the next key begins anew */
        }
        subscriber->video_serial = message->serial;
    }
    struct shared **place = subscriber->sending == NULL ? &subscriber->sending : &subscriber->next;
    release(place);
    *place = message;
    ++message->users;
}

/* ---- the loop ------------------------------------------------------------------------------- */

static bool wants_coded(const struct publisher *publisher, const struct subscriber *subscriber)
{
    return subscriber->fd >= 0 && subscriber->wants_video && publisher->encoder != NULL &&
           strcmp(subscriber->codec, film_encoder_codec(publisher->encoder)) == 0;
}

/* An encoder for the codec that the first such subscriber asked for and this size. */
static void ready_encoder(struct publisher *publisher, const struct film_head *head)
{
    const char *codec = NULL;
    for (int i = 0; i < SUBSCRIBERS_MAX && codec == NULL; ++i) {
        const struct subscriber *subscriber = &publisher->subscribers[i];
        codec = subscriber->fd >= 0 && subscriber->wants_video ? subscriber->codec : NULL;
    }
    const bool fits = publisher->encoder != NULL && codec != NULL &&
                      strcmp(codec, film_encoder_codec(publisher->encoder)) == 0 &&
                      publisher->coded_width_px == head->width_px &&
                      publisher->coded_height_px == head->height_px;
    if (fits) {
        return;
    }
    film_encoder_destroy(publisher->encoder);
    publisher->encoder = NULL;
    if (codec != NULL && film_encoder_create(codec, head->width_px, head->height_px, false,
                                             &publisher->encoder) == NAV_OK) {
        publisher->coded_width_px = head->width_px;
        publisher->coded_height_px = head->height_px;
        publisher->first_ns = head->time_ns - 1000;
    }
}

static void offer(struct publisher *publisher, const struct film_head *head, const uint8_t *rgb)
{
    ++publisher->serial;
    ready_encoder(publisher, head);
    struct shared *image = NULL;
    struct shared *video = NULL;
    bool coded = false;
    for (int i = 0; i < SUBSCRIBERS_MAX; ++i) {
        struct subscriber *subscriber = &publisher->subscribers[i];
        if (wants_coded(publisher, subscriber)) {
            if (!coded) {
                coded = true;
                video = video_of(publisher, head, rgb);
                if (video != NULL) {
                    video->serial = publisher->serial;
                }
            }
            give(subscriber, video);
        } else if (subscriber->fd >= 0 && subscriber->wants_image) {
            image = image != NULL ? image : image_of(publisher, head, rgb);
            give(subscriber, image);
        }
    }
    release(&image);
    release(&video);
}

static void answer(struct publisher *publisher, struct subscriber *subscriber)
{
    if (subscriber->owes_capability && subscriber->sending == NULL) {
        struct shared *message = capability_of(publisher);
        give(subscriber, message);
        release(&message);
        subscriber->owes_capability = false;
    }
}

static void serve(struct publisher *publisher, const struct pollfd *items)
{
    const int64_t now_ns = now_of();
    for (int i = 0; i < SUBSCRIBERS_MAX; ++i) {
        struct subscriber *subscriber = &publisher->subscribers[i];
        if (subscriber->fd < 0 || items[i].fd != subscriber->fd) {
            continue;
        }
        bool good = (items[i].revents & (POLLERR | POLLNVAL)) == 0;
        if (good && (items[i].revents & (POLLIN | POLLHUP)) != 0) {
            good = hear(subscriber);
        }
        answer(publisher, subscriber);
        good = good && tell(subscriber) && now_ns - subscriber->moved_ns < stall_ns;
        if (!good) {
            close_subscriber(subscriber);
        }
    }
}

static void turn(struct publisher *publisher, struct film_buffer *buffer)
{
    enum { STDIN_ITEM = SUBSCRIBERS_MAX, LISTEN_ITEM, ITEMS };
    struct pollfd items[ITEMS];
    for (int i = 0; i < SUBSCRIBERS_MAX; ++i) {
        const struct subscriber *subscriber = &publisher->subscribers[i];
        const bool waits = subscriber->sending != NULL;
        items[i] = (struct pollfd){.fd = subscriber->fd,
                                   .events = (short)(POLLIN | (waits ? POLLOUT : 0))};
    }
    items[STDIN_ITEM] = (struct pollfd){.fd = STDIN_FILENO, .events = POLLIN};
    items[LISTEN_ITEM] = (struct pollfd){.fd = publisher->listener, .events = POLLIN};
    if (poll(items, ITEMS, 1000) < 0 && errno != EINTR) {
        publisher->over = true;
        return;
    }
    if (items[STDIN_ITEM].revents != 0) {
        struct film_head head;
        publisher->over = film_read(STDIN_FILENO, &head, buffer) != NAV_OK;
        if (!publisher->over) {
            offer(publisher, &head, buffer->bytes);
        }
    }
    serve(publisher, items);
    if (items[LISTEN_ITEM].revents != 0) {
        accept_one(publisher);
    }
}

static int publish(struct publisher *publisher, const char *at, const char *address_file)
{
    char address[LINK_ADDRESS_SIZE];
    char why[256] = "";
    publisher->listener = link_listen_at(at, address, why, sizeof(why));
    if (publisher->listener < 0) {
        return camera_fail(verb, "%s", why);
    }
    nav_log_info("film", "the view is offered at %s as '%s'", address, publisher->device);
    if (address_file != NULL) {
        FILE *file = fopen(address_file, "w");
        if (file == NULL || fprintf(file, "%s\n", address) < 0 || fclose(file) != 0) {
            return camera_fail(verb, "%s: cannot be written", address_file);
        }
    }
    struct film_buffer buffer = {0};
    for (int i = 0; i < SUBSCRIBERS_MAX; ++i) {
        publisher->subscribers[i].fd = -1;
    }
    while (!publisher->over) {
        turn(publisher, &buffer);
    }
    for (int i = 0; i < SUBSCRIBERS_MAX; ++i) {
        if (publisher->subscribers[i].fd >= 0) {
            close_subscriber(&publisher->subscribers[i]);
        }
    }
    film_encoder_destroy(publisher->encoder);
    film_buffer_finish(&buffer);
    (void)close(publisher->listener);
    return CAMERA_OK;
}

int camera_publish(int argc, char **argv)
{
    static const struct option known[] = {{"at", required_argument, NULL, 'a'},
                                          {"device", required_argument, NULL, 'd'},
                                          {"address-file", required_argument, NULL, 'f'},
                                          {"help", no_argument, NULL, 'h'},
                                          {NULL, 0, NULL, 0}};
    static struct publisher publisher = {.device = "OsteonavView"};
    const char *at = NULL;
    const char *address_file = NULL;
    opterr = 0;
    for (int option = 0; (option = getopt_long(argc, argv, ":h", known, NULL)) != -1;) {
        switch (option) {
        case 'h':
            fputs(help, stdout);
            return CAMERA_OK;
        case 'a':
            at = optarg;
            break;
        case 'd':
            publisher.device = optarg;
            break;
        case 'f':
            address_file = optarg;
            break;
        default:
            return camera_misuse(verb, "%s: %s", argv[optind - 1],
                                 option == ':' ? "a value must follow" : "no such option");
        }
    }
    if (at == NULL || optind != argc || strlen(publisher.device) > WIRE_DEVICE_SIZE) {
        return camera_misuse(verb,
                             "--at HOST:PORT is needed; a device's name has 20 bytes at most");
    }
    (void)signal(SIGPIPE, SIG_IGN);
    (void)signal(SIGINT, SIG_IGN); /* of a terminal: the display ends, and with it the pictures */
    if (nice(NICE) < 0) {
        nav_log_info("film", "runs as nice as the display");
    }
    return publish(&publisher, at, address_file);
}
