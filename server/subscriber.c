#include "subscriber.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <jansson.h>

#include "command.h"

#include "nav/time.h"
#include "wire_capability.h"
#include "wire_command.h"
#include "wire_header.h"
#include "wire_pack.h"
#include "wire_status.h"
#include "wire_stream.h"
#include "wire_string.h"
#include "wire_table.h"

#define OUR_DEVICE "osteonav"

enum {
    DUE_STATUS = 1 << 0,
    DUE_CAPABILITY = 1 << 1,
    DUE_STATE = 1 << 2,
    DUE_TDATA = 1 << 3,
    DUE_STREAM_GOOD = 1 << 4,
    DUE_STREAM_REFUSED = 1 << 5,
    DUE_QTDATA_REFUSED = 1 << 6,
    DUE_NOT_PRESENT = 1 << 7, /* no document of that name */
    DUE_UNKNOWN = 1 << 8,     /* a request we do not serve */
    DUE_DENIED = 1 << 9,      /* this link is not published to */
    DUE_COMMAND = 1 << 10,
    DUE_BUSY = 1 << 11, /* a command came before the last one's answer was taken */
    ANSWERS_SIZE = 4096,
    TDATA_BEAT_MIN_MS = 1 /* also where 0, as fast as possible, was asked for */
};

_Static_assert((int)ANSWERS_SIZE <= (int)SRV_OUTBOX_REST_MAX, "answers fit the outbox");
_Static_assert((int)SRV_PUBLISHER_STATE_MAX <= (int)SRV_OUTBOX_REST_MAX, "a state fits the outbox");

void srv_subscriber_init(struct srv_subscriber *subscriber, const struct srv_service *service,
                         uv_stream_t *stream, int fd, bool allowed, uint32_t commands)
{
    srv_outbox_init(&subscriber->outbox, stream, fd);
    subscriber->service = service;
    subscriber->allowed = allowed;
    subscriber->commands = commands;
    subscriber->version = WIRE_VERSION_PLAIN;
    subscriber->subscription = allowed ? SRV_SUBSCRIBED_TRANSFORMS : SRV_SUBSCRIBED_NOT;
    subscriber->behind = allowed;
}

/* ---- requests ---- */

static bool starts_with(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

bool srv_subscriber_wants(enum wire_kind kind)
{
    const char *type = wire_kind_type(kind);
    return kind == WIRE_KIND_COMMAND || starts_with(type, "GET_") || starts_with(type, "STT_") ||
           starts_with(type, "STP_");
}

static bool is_our_frame(const char *name)
{
    return name[0] == '\0' || strcasecmp(name, "Image") == 0 || strcasecmp(name, "Patient") == 0 ||
           strcasecmp(name, "LPS") == 0;
}

static void start_tdata(struct srv_subscriber *subscriber, const struct wire_message *message)
{
    struct wire_stream_start start;
    if (wire_stream_start_decode(message->content, message->content_size, &start) != NAV_OK ||
        !is_our_frame(start.coordinate_name)) {
        subscriber->due |= DUE_STREAM_REFUSED;
        return;
    }
    subscriber->subscription = SRV_SUBSCRIBED_TDATA;
    subscriber->asked = true;
    subscriber->resolution_ns =
        (start.resolution_ms > TDATA_BEAT_MIN_MS ? start.resolution_ms : TDATA_BEAT_MIN_MS) *
        NAV_NS_PER_MS;
    subscriber->next_ns = 0;
    subscriber->due |= DUE_STREAM_GOOD;
}

static void ask_for_document(struct srv_subscriber *subscriber, const struct wire_message *message)
{
    const struct srv_service *service = subscriber->service;
    bool found = false;
    for (size_t i = 0; i < service->document_count; ++i) {
        const struct srv_document *document = &service->documents[i];
        if (document->request == message->kind &&
            (message->device_length == 0 || strcmp(document->name, message->device) == 0)) {
            subscriber->due_documents[i / 64] |= UINT64_C(1) << (i % 64);
            found = true;
        }
    }
    subscriber->due |= found ? 0 : DUE_NOT_PRESENT;
}

/* ---- commands ---- */

static bool may_order(const struct srv_subscriber *subscriber, const char *name)
{
    size_t count = 0;
    const struct srv_command_word *words = srv_command_words(&count);
    for (size_t i = 0; i < count; ++i) {
        if (strcmp(words[i].word, name) == 0) {
            return (subscriber->commands >> i & 1u) != 0;
        }
    }
    return false;
}

static void answer_command(struct srv_subscriber *subscriber, const char *name,
                           const json_t *answer)
{
    (void)snprintf(subscriber->command_name, sizeof(subscriber->command_name), "%s", name);
    const size_t length = json_dumpb(answer, subscriber->command_answer,
                                     sizeof(subscriber->command_answer), JSON_COMPACT);
    subscriber->command_length =
        length <= sizeof(subscriber->command_answer) ? (uint16_t)length : 0;
}

/* `arguments` is one JSON object; what it holds is judged like a line of the command link. */
static void execute_command(struct srv_subscriber *subscriber, const char *name, json_t *arguments)
{
    const struct srv_service *service = subscriber->service;
    json_t *request = json_pack("{s:s, s:O}", "command", name, "arguments", arguments);
    char line[SRV_REQUEST_MAX];
    const size_t length =
        request != NULL ? json_dumpb(request, line, sizeof(line), JSON_COMPACT) : 0;
    json_decref(request);
    json_t *answer = NULL;
    if (length > 0 && length <= sizeof(line)) {
        const size_t answered = service->execute(service->context, line, length, service->answer);
        answer = json_loadb(service->answer, answered, 0, NULL);
    }
    if (answer == NULL) {
        answer = json_pack("{s:b, s:s}", "done", 0, "text", "the request is too long");
    }
    if (json_dumpb(answer, NULL, 0, JSON_COMPACT) > SRV_SUBSCRIBER_ANSWER_MAX) {
        (void)json_object_del(answer, "result"); /* what is too long is had by osteonav command */
    }
    answer_command(subscriber, name, answer);
    json_decref(answer);
}

static void take_command(struct srv_subscriber *subscriber, const struct wire_message *message)
{
    struct wire_command command;
    if (wire_command_decode(message->content, message->content_size, &command) != NAV_OK) {
        return;
    }
    if ((subscriber->due & DUE_COMMAND) != 0) {
        subscriber->due |= DUE_BUSY;
        return;
    }
    subscriber->command_id = command.id;
    subscriber->due |= DUE_COMMAND;
    json_t *refusal = NULL;
    json_t *arguments = command.length == 0 ? json_object()
                                            : json_loadb(command.text, command.length,
                                                         JSON_REJECT_DUPLICATES, NULL);
    if (subscriber->commands == 0) {
        refusal = json_pack("{s:b, s:s}", "done", 0, "text", "commands are off");
    } else if (!may_order(subscriber, command.name)) {
        refusal = json_pack("{s:b, s:s}", "done", 0, "text", "this command is not allowed here");
    } else if (!json_is_object(arguments)) {
        refusal = json_pack("{s:b, s:s}", "done", 0, "text",
                            "the text of a command is nothing or one JSON object of arguments");
    }
    if (refusal != NULL) {
        answer_command(subscriber, "refused", refusal);
    } else {
        execute_command(subscriber, command.name, arguments);
    }
    json_decref(refusal);
    json_decref(arguments);
}

enum nav_status srv_subscriber_request(struct srv_subscriber *subscriber,
                                       const struct wire_message *message)
{
    if (!srv_subscriber_wants(message->kind)) {
        return NAV_ERR_UNSUPPORTED;
    }
    if (!subscriber->allowed) {
        subscriber->due |= DUE_DENIED;
        return NAV_OK;
    }
    switch (message->kind) {
    case WIRE_KIND_GET_STATUS:
        subscriber->due |= DUE_STATUS;
        break;
    case WIRE_KIND_GET_CAPABILITY:
        subscriber->due |= DUE_CAPABILITY;
        break;
    case WIRE_KIND_GET_TRANSFORM:
    case WIRE_KIND_GET_TRANSFORM_LONG:
        subscriber->due |= DUE_STATE;
        break;
    case WIRE_KIND_GET_TDATA:
        subscriber->due |= DUE_TDATA;
        break;
    case WIRE_KIND_STT_TDATA:
        start_tdata(subscriber, message);
        break;
    case WIRE_KIND_STP_TDATA:
        subscriber->subscription = SRV_SUBSCRIBED_NOT;
        subscriber->due |= DUE_STREAM_GOOD;
        break;
    case WIRE_KIND_STT_TRANSFORM:
        subscriber->subscription = SRV_SUBSCRIBED_TRANSFORMS;
        subscriber->asked = true;
        subscriber->behind = true;
        break;
    case WIRE_KIND_STP_TRANSFORM:
        subscriber->subscription = SRV_SUBSCRIBED_NOT;
        break;
    case WIRE_KIND_STT_QTDATA:
        subscriber->due |= DUE_QTDATA_REFUSED;
        break;
    case WIRE_KIND_GET_POLYDATA:
    case WIRE_KIND_GET_POINT:
    case WIRE_KIND_GET_TRAJECTORY:
        ask_for_document(subscriber, message);
        break;
    case WIRE_KIND_COMMAND:
        take_command(subscriber, message);
        break;
    default:
        subscriber->due |= starts_with(message->type, "STP_") ? 0 : DUE_UNKNOWN;
        break;
    }
    return NAV_OK;
}

void srv_subscriber_saw_version(struct srv_subscriber *subscriber, uint16_t version)
{
    if (version > subscriber->version) {
        subscriber->version = version;
        subscriber->behind = true; /* the state again, now with what only this version can say */
    }
}

void srv_subscriber_saw_pose(struct srv_subscriber *subscriber)
{
    if (!subscriber->asked) {
        subscriber->subscription = SRV_SUBSCRIBED_NOT;
    }
}

/* ---- answers ---- */

static void pack_status(struct wire_writer *writer, uint16_t version, uint16_t code,
                        const char *name, const char *text)
{
    const struct wire_pack pack =
        wire_pack_begin(writer, &(struct wire_pack_head){.version = version,
                                                         .kind = WIRE_KIND_STATUS,
                                                         .device = OUR_DEVICE,
                                                         .utc_ns = nav_utc_now_ns()});
    struct wire_status status = {.code = code, .message = text, .message_size = strlen(text) + 1};
    (void)snprintf(status.error_name, sizeof(status.error_name), "%s", name);
    wire_status_encode(writer, &status);
    (void)!wire_pack_end(&pack, NULL, 0);
}

/* How the core is, in the words of the scene. */
static void pack_own_status(const struct srv_subscriber *subscriber, struct wire_writer *writer)
{
    const struct nav_scene *scene = subscriber->service->scene;
    const uint32_t reason = scene->reason_count > 0 ? scene->reasons[0].reason : NAV_REASON_NONE;
    const uint16_t code =
        scene->trust == NAV_TRUST_WITHHELD ? WIRE_STATUS_NOT_READY : WIRE_STATUS_OK;
    char text[NAV_TEXT_SIZE];
    (void)snprintf(text, sizeof(text), "%s%s%s", nav_trust_name(scene->trust),
                   reason != NAV_REASON_NONE ? ": " : "", nav_reason_text(reason));
    pack_status(writer, subscriber->version, code, nav_reason_name(reason), text);
}

static void pack_capability(const struct srv_subscriber *subscriber, struct wire_writer *writer)
{
    static const enum wire_kind kinds[] = {
        WIRE_KIND_TRANSFORM,     WIRE_KIND_TDATA,          WIRE_KIND_STATUS,
        WIRE_KIND_CAPABILITY,    WIRE_KIND_POLYDATA,       WIRE_KIND_POINT,
        WIRE_KIND_TRAJECTORY,    WIRE_KIND_RTS_TDATA,      WIRE_KIND_RTS_COMMAND,
        WIRE_KIND_GET_TRANSFORM, WIRE_KIND_GET_TDATA,      WIRE_KIND_STT_TDATA,
        WIRE_KIND_STP_TDATA,     WIRE_KIND_STT_TRANSFORM,  WIRE_KIND_STP_TRANSFORM,
        WIRE_KIND_GET_STATUS,    WIRE_KIND_GET_CAPABILITY, WIRE_KIND_GET_POLYDATA,
        WIRE_KIND_GET_POINT,     WIRE_KIND_GET_TRAJECTORY,
    };
    const struct wire_pack pack =
        wire_pack_begin(writer, &(struct wire_pack_head){.version = subscriber->version,
                                                         .kind = WIRE_KIND_CAPABILITY,
                                                         .device = OUR_DEVICE,
                                                         .utc_ns = nav_utc_now_ns()});
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); ++i) {
        wire_capability_encode(writer, wire_kind_type(kinds[i]));
    }
    (void)!wire_pack_end(&pack, NULL, 0);
}

static void pack_stream_answer(const struct srv_subscriber *subscriber, enum wire_kind kind,
                               uint8_t result, struct wire_writer *writer)
{
    const struct wire_pack pack =
        wire_pack_begin(writer, &(struct wire_pack_head){.version = subscriber->version,
                                                         .kind = kind,
                                                         .device = OUR_DEVICE,
                                                         .utc_ns = nav_utc_now_ns()});
    wire_stream_status_encode(writer, result);
    (void)!wire_pack_end(&pack, NULL, 0);
}

static void pack_command_answer(const struct srv_subscriber *subscriber, struct wire_writer *writer)
{
    const struct wire_pack pack =
        wire_pack_begin(writer, &(struct wire_pack_head){.version = subscriber->version,
                                                         .kind = WIRE_KIND_RTS_COMMAND,
                                                         .device = OUR_DEVICE,
                                                         .utc_ns = nav_utc_now_ns()});
    struct wire_command answer = {.id = subscriber->command_id,
                                  .encoding = WIRE_ENCODING_UTF8,
                                  .length = subscriber->command_length,
                                  .text = subscriber->command_answer};
    (void)snprintf(answer.name, sizeof(answer.name), "%s", subscriber->command_name);
    wire_command_encode(writer, &answer);
    (void)!wire_pack_end(&pack, NULL, 0);
}

static void send_answers(struct srv_subscriber *subscriber)
{
    uint8_t bytes[ANSWERS_SIZE];
    struct wire_writer writer = wire_writer_of(bytes, sizeof(bytes));
    const uint16_t version = subscriber->version;
    const uint32_t due = subscriber->due;
    if ((due & DUE_DENIED) != 0) {
        pack_status(&writer, version, WIRE_STATUS_ACCESS_DENIED, "Denied",
                    "this link is not published to");
    }
    if ((due & DUE_STREAM_GOOD) != 0) {
        pack_stream_answer(subscriber, WIRE_KIND_RTS_TDATA, 0, &writer);
    }
    if ((due & DUE_STREAM_REFUSED) != 0) {
        pack_stream_answer(subscriber, WIRE_KIND_RTS_TDATA, 1, &writer);
    }
    if ((due & DUE_QTDATA_REFUSED) != 0) {
        pack_stream_answer(subscriber, WIRE_KIND_RTS_QTDATA, 1, &writer);
    }
    if ((due & DUE_STATUS) != 0) {
        pack_own_status(subscriber, &writer);
    }
    if ((due & DUE_CAPABILITY) != 0) {
        pack_capability(subscriber, &writer);
    }
    if ((due & DUE_NOT_PRESENT) != 0) {
        pack_status(&writer, version, WIRE_STATUS_NOT_PRESENT, "NotPresent",
                    "there is nothing of that name");
    }
    if ((due & DUE_UNKNOWN) != 0) {
        pack_status(&writer, version, WIRE_STATUS_UNKNOWN_INSTRUCTION, "NotServed",
                    "this request is not served; GET_CAPABIL lists what is");
    }
    if ((due & DUE_BUSY) != 0) {
        pack_status(&writer, version, WIRE_STATUS_BUSY, "Busy",
                    "a command was not executed: the answer to the last one was not taken yet");
    }
    if ((due & DUE_COMMAND) != 0) {
        pack_command_answer(subscriber, &writer);
    }
    if (writer.size == 0 || srv_outbox_send(&subscriber->outbox, bytes, writer.size)) {
        subscriber->due &= (uint32_t)(DUE_STATE | DUE_TDATA);
    }
}

static void send_documents(struct srv_subscriber *subscriber)
{
    const struct srv_service *service = subscriber->service;
    for (size_t i = 0; i < service->document_count; ++i) {
        const uint64_t bit = UINT64_C(1) << (i % 64);
        if ((subscriber->due_documents[i / 64] & bit) != 0) {
            if (srv_outbox_send_document(&subscriber->outbox, service->documents[i].bytes,
                                         service->documents[i].size)) {
                subscriber->due_documents[i / 64] &= ~bit;
            }
            return; /* one at a time: poses come in between */
        }
    }
}

/* ---- poses ---- */

static bool send_state(struct srv_subscriber *subscriber)
{
    const struct srv_service *service = subscriber->service;
    uint8_t bytes[SRV_PUBLISHER_STATE_MAX];
    const size_t size =
        srv_publisher_state(&service->publisher, service->scene, subscriber->version, bytes);
    return size == 0 || srv_outbox_send(&subscriber->outbox, bytes, size);
}

/* Who asks is answered also when there is nothing to show. */
static bool answer_with_state(struct srv_subscriber *subscriber)
{
    const struct srv_service *service = subscriber->service;
    uint8_t bytes[SRV_PUBLISHER_STATE_MAX];
    struct wire_writer writer = wire_writer_of(bytes, sizeof(bytes));
    writer.size =
        srv_publisher_state(&service->publisher, service->scene, subscriber->version, bytes);
    if (writer.size == 0) {
        pack_own_status(subscriber, &writer);
    }
    return srv_outbox_send(&subscriber->outbox, bytes, writer.size);
}

static bool send_tdata(struct srv_subscriber *subscriber)
{
    const struct srv_service *service = subscriber->service;
    uint8_t bytes[SRV_PUBLISHER_STATE_MAX];
    const size_t size =
        srv_publisher_tdata(&service->publisher, service->scene, subscriber->version, bytes);
    return size == 0 || srv_outbox_send(&subscriber->outbox, bytes, size);
}

static void send_poses(struct srv_subscriber *subscriber, int64_t now_ns)
{
    if (subscriber->subscription == SRV_SUBSCRIBED_TDATA && now_ns >= subscriber->next_ns) {
        if (send_tdata(subscriber)) {
            /* On the beat that was asked for, but never faster to catch up. */
            const int64_t beat_ns = subscriber->next_ns + subscriber->resolution_ns;
            subscriber->next_ns = beat_ns > now_ns ? beat_ns : now_ns + subscriber->resolution_ns;
        } else {
            ++subscriber->missed;
        }
    }
    if (subscriber->subscription != SRV_SUBSCRIBED_TRANSFORMS) {
        return;
    }
    const struct srv_publisher_batch *batch =
        srv_publisher_batch(&subscriber->service->publisher, subscriber->version);
    if (subscriber->behind) {
        subscriber->behind = !send_state(subscriber);
    } else if (batch->size > 0 &&
               !srv_outbox_send(&subscriber->outbox, batch->bytes, batch->size)) {
        subscriber->behind = true;
        ++subscriber->missed;
    }
}

void srv_subscriber_flush(struct srv_subscriber *subscriber, int64_t now_ns)
{
    if ((subscriber->due & ~(uint32_t)(DUE_STATE | DUE_TDATA)) != 0) {
        send_answers(subscriber);
    }
    if ((subscriber->due & DUE_STATE) != 0 && answer_with_state(subscriber)) {
        subscriber->due &= ~(uint32_t)DUE_STATE;
    }
    if ((subscriber->due & DUE_TDATA) != 0 && send_tdata(subscriber)) {
        subscriber->due &= ~(uint32_t)DUE_TDATA;
    }
    send_poses(subscriber, now_ns);
    if ((subscriber->due_documents[0] | subscriber->due_documents[1]) != 0) {
        send_documents(subscriber);
    }
}

bool srv_subscriber_is_stalled(struct srv_subscriber *subscriber, int64_t now_ns)
{
    return srv_outbox_is_stalled(&subscriber->outbox, now_ns, subscriber->service->stall_ns);
}
