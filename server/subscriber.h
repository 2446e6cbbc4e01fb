/* The outgoing half of a link: what a peer is sent, and what it has asked for.
 *
 * Unasked, TRANSFORMs from the moment it connects, the current state first, then every change,
 * until it sends poses itself: a tracker that never reads must not be filled up. When asked:
 *
 * - STT_TDATA: TDATA at the wanted resolution, 1 ms at least, answered with RTS_TDATA; the frame
 *   asked for must be ours ("", Image, Patient or LPS in any case), else RTS_TDATA says failure.
 * - STT_TRANS: TRANSFORMs again. STP_TDATA and STP_TRANS: nothing more.
 * - GET_TRANS, GET_TDATA, GET_STATUS, GET_CAPABIL, and the documents GET_POLYDATA, GET_POINT and
 *   GET_TRAJ by device name, all of them with an empty name.
 * - COMMAND: its name is a word of `osteonav command` that the listener allows, its text nothing or
 *   one JSON object of arguments; executed at once and answered by RTS_COMMAND with the answer's
 *   JSON; one at a time; what is not allowed is refused in words.
 * - Any other GET_ or STT_: refused with a STATUS. RTS_ goes only to who has asked.
 *
 * What is owed is kept as bits, not as bytes: a flood of requests is answered once. Newest wins: a
 * peer that was not ready gets the state when it is. Poses are sent without allocation.
 * Thread: loop. */
#ifndef SRV_SUBSCRIBER_H
#define SRV_SUBSCRIBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nav/scene.h"
#include "nav/status.h"
#include "outbox.h"
#include "publisher.h"
#include "wire_kind.h"
#include "wire_message.h"

enum {
    SRV_DOCUMENTS_MAX = 128,
    SRV_SUBSCRIBER_WORD_SIZE = 32,
    SRV_SUBSCRIBER_ANSWER_MAX = 1024 /* bytes of an answer to a COMMAND; more leaves `result` out */
};

/* A message that never changes: a model, the landmarks, the plan. */
struct srv_document {
    enum wire_kind request; /* the GET_ that asks for it */
    char name[WIRE_DEVICE_SIZE + 1];
    const uint8_t *bytes; /* whole message, outlives the core */
    size_t size;
};

/* What all subscribers of a core share. */
struct srv_service {
    struct srv_publisher publisher;
    const struct nav_scene *scene; /* the newest */
    const struct srv_document *documents;
    size_t document_count;
    int64_t stall_ns; /* a peer that takes nothing for so long is closed */
    /* Executes a request line as `osteonav command` sends it and writes the answer line into
     * `out_answer` (SRV_ANSWER_MAX bytes); its length. */
    size_t (*execute)(void *context, const char *line, size_t length, char *out_answer);
    void *context;
    char *answer; /* SRV_ANSWER_MAX bytes, used within one command only */
};

enum srv_subscription { SRV_SUBSCRIBED_NOT = 0, SRV_SUBSCRIBED_TRANSFORMS, SRV_SUBSCRIBED_TDATA };

struct srv_subscriber {
    struct srv_outbox outbox;
    const struct srv_service *service;
    bool allowed;      /* to be sent anything but refusals */
    uint32_t commands; /* it may order these: bits, in the order of srv_command_words */
    bool asked;        /* it wants poses although it may send some */
    bool behind;       /* it missed something: the whole state is due */
    uint16_t version;  /* the highest it has sent; 1 before that */
    enum srv_subscription subscription;
    int64_t resolution_ns;
    int64_t next_ns; /* when the next TDATA is due */
    uint32_t due;    /* answers, one bit each */
    uint64_t due_documents[SRV_DOCUMENTS_MAX / 64];
    uint32_t command_id; /* of the command to be answered */
    char command_name[SRV_SUBSCRIBER_WORD_SIZE];
    uint16_t command_length;
    char command_answer[SRV_SUBSCRIBER_ANSWER_MAX];
    uint64_t missed; /* times that poses found the peer not ready */
};

void srv_subscriber_init(struct srv_subscriber *subscriber, const struct srv_service *service,
                         uv_stream_t *stream, int fd, bool allowed, uint32_t commands);

/* Whether messages of this kind are requests to us. */
bool srv_subscriber_wants(enum wire_kind kind);

/* Takes a request whose content has been checked. NAV_ERR_UNSUPPORTED: it is none. */
NAV_MUST_USE enum nav_status srv_subscriber_request(struct srv_subscriber *subscriber,
                                                    const struct wire_message *message);

/* The peer has sent a message of this version, or a pose. */
void srv_subscriber_saw_version(struct srv_subscriber *subscriber, uint16_t version);
void srv_subscriber_saw_pose(struct srv_subscriber *subscriber);

/* Sends what is due, if the peer takes it; call it once a loop iteration. */
void srv_subscriber_flush(struct srv_subscriber *subscriber, int64_t now_ns);

/* Whether the peer takes nothing any more and is to be closed. */
bool srv_subscriber_is_stalled(struct srv_subscriber *subscriber, int64_t now_ns);

#endif
