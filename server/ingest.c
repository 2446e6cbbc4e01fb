#include "ingest.h"

#include <stdio.h>
#include <string.h>

#include "wire_position.h"
#include "wire_qtdata.h"
#include "wire_sample.h"
#include "wire_sender_status.h"
#include "wire_table.h"
#include "wire_tdata.h"
#include "wire_text.h"
#include "wire_transform.h"

#define TRACKER_SUFFIX "ToTracker"

_Static_assert(NAV_DEVICES_MAX <= 64, "one bit a device in a 64-bit word");

void srv_ingest_init(struct srv_ingest *ingest, struct trk_navigator *navigator,
                     srv_ingest_event_fn on_event)
{
    *ingest = (struct srv_ingest){.navigator = navigator, .on_event = on_event};
}

bool srv_ingest_wants(enum wire_kind kind)
{
    return kind == WIRE_KIND_TRANSFORM || kind == WIRE_KIND_TDATA || kind == WIRE_KIND_QTDATA ||
           kind == WIRE_KIND_POSITION || kind == WIRE_KIND_QTRANS;
}

/* The quaternion is not made unit here: a wrong length scales the matrix by its square, which the
 * gate measures and refuses like any other matrix that is not rigid. */
static void set_quaternion(const float q[4], const float t_mm[3],
                           struct nav_pose_sample *out_sample)
{
    const double x = q[0];
    const double y = q[1];
    const double z = q[2];
    const double w = q[3];
    const double R[9] = {w * w + x * x - y * y - z * z, 2 * (x * y - w * z),
                         2 * (x * z + w * y),           2 * (x * y + w * z),
                         w * w - x * x + y * y - z * z, 2 * (y * z - w * x),
                         2 * (x * z - w * y),           2 * (y * z + w * x),
                         w * w - x * x - y * y + z * z};
    memcpy(out_sample->R, R, sizeof(R));
    for (int i = 0; i < 3; ++i) {
        out_sample->t_mm[i] = t_mm[i];
    }
}

static void tell(struct srv_ingest *ingest, struct srv_ingest_peer *peer,
                 enum srv_ingest_event event, const char *name, size_t length)
{
    if (ingest->on_event == NULL) {
        return;
    }
    char text[NAV_NAME_SIZE];
    (void)snprintf(text, sizeof(text), "%.*s", (int)length, name);
    ingest->on_event(ingest, peer, event, text);
}

static void note_unknown(struct srv_ingest *ingest, struct srv_ingest_peer *peer, const char *name,
                         size_t length)
{
    ++peer->unknown;
    if (length >= NAV_NAME_SIZE) {
        length = NAV_NAME_SIZE - 1;
    }
    for (uint32_t i = 0; i < peer->unknown_name_count; ++i) {
        const char *known = peer->unknown_names[i];
        if (strlen(known) == length && memcmp(known, name, length) == 0) {
            return;
        }
    }
    if (peer->unknown_name_count == SRV_INGEST_NAMES_MAX) {
        return;
    }
    char *place = peer->unknown_names[peer->unknown_name_count++];
    memcpy(place, name, length);
    place[length] = '\0';
    tell(ingest, peer, SRV_INGEST_DEVICE_UNKNOWN, name, length);
}

/* Whether the peer is, or now becomes, the owner. */
static bool owns(struct srv_ingest *ingest, struct srv_ingest_peer *peer, uint32_t device,
                 const char *name, size_t length, int64_t arrival_ns)
{
    uint32_t *owner = &ingest->owners[device];
    if (*owner == peer->id) {
        return true;
    }
    if (*owner == 0) {
        *owner = peer->id;
        tell(ingest, peer, SRV_INGEST_DEVICE_OWNED, name, length);
        return true;
    }
    ++peer->refused;
    trk_navigator_note_duplicate(ingest->navigator, device, arrival_ns);
    ++ingest->changes;
    const uint64_t bit = UINT64_C(1) << device;
    if ((peer->taken_bits & bit) == 0) {
        peer->taken_bits |= bit;
        tell(ingest, peer, SRV_INGEST_DEVICE_TAKEN, name, length);
    }
    return false;
}

/* `sample` has its numbers. `tool`: name of the TDATA entry, NULL for a message of one pose. */
static void push(struct srv_ingest *ingest, struct srv_ingest_peer *peer, uint32_t device,
                 const struct wire_message *message, struct nav_pose_sample *sample,
                 const char *tool, int64_t arrival_ns)
{
    sample->device = device;
    sample->source = peer->id;
    sample->arrival_ns = arrival_ns;
    wire_sample_words(message, tool, sample);
    ++ingest->changes;
    if (trk_navigator_push(ingest->navigator, sample) == NAV_OK) {
        ++peer->accepted;
    } else {
        ++peer->rejected;
    }
}

/* Pose of a checked message that carries one. */
static enum nav_status decode_single(const struct wire_message *message,
                                     struct nav_pose_sample *out_sample)
{
    if (message->kind == WIRE_KIND_TRANSFORM) {
        wire_transform_widen(message->content, out_sample->R, out_sample->t_mm);
        return NAV_OK;
    }
    struct wire_position position;
    const enum nav_status status =
        wire_position_decode(message->content, message->content_size, &position);
    if (status != NAV_OK) {
        return status;
    }
    if (position.form == WIRE_POSITION_ONLY) {
        return NAV_ERR_UNSUPPORTED; /* without orientation it places no tool */
    }
    set_quaternion(position.q, position.t_mm, out_sample);
    return NAV_OK;
}

static enum nav_status take_single(struct srv_ingest *ingest, struct srv_ingest_peer *peer,
                                   const struct wire_message *message, int64_t arrival_ns)
{
    struct nav_pose_sample sample; /* push completes it */
    const enum nav_status status = decode_single(message, &sample);
    if (status != NAV_OK) {
        return status;
    }
    char name[NAV_NAME_SIZE];
    const enum nav_status named = wire_device_name(message, name, sizeof(name));
    if (named != NAV_OK) {
        return named;
    }
    const size_t length = strlen(name);
    const uint32_t device = trk_navigator_find_device(ingest->navigator, name, length);
    if (device == TRK_NO_DEVICE) {
        note_unknown(ingest, peer, name, length);
        return NAV_OK;
    }
    if (owns(ingest, peer, device, name, length, arrival_ns)) {
        push(ingest, peer, device, message, &sample, NULL, arrival_ns);
    }
    return NAV_OK;
}

static uint32_t find_tool_device(const struct srv_ingest *ingest,
                                 const struct srv_ingest_seat *seat)
{
    const uint32_t exact =
        trk_navigator_find_device(ingest->navigator, seat->name, seat->name_length);
    if (exact != TRK_NO_DEVICE) {
        return exact;
    }
    char joined[WIRE_TOOL_NAME_SIZE + sizeof(TRACKER_SUFFIX)];
    memcpy(joined, seat->name, seat->name_length);
    memcpy(joined + seat->name_length, TRACKER_SUFFIX, sizeof(TRACKER_SUFFIX));
    return trk_navigator_find_device(ingest->navigator, joined,
                                     seat->name_length + sizeof(TRACKER_SUFFIX) - 1);
}

/* The seat of entry `index`, with the entry's name. NAV_ERR_ENCODING: that is empty or not text. */
static enum nav_status take_seat(const struct srv_ingest *ingest, struct srv_ingest_peer *peer,
                                 size_t index, const void *name,
                                 const struct srv_ingest_seat **out_seat)
{
    struct srv_ingest_seat *seat = &peer->seats[index % SRV_INGEST_SEATS];
    if (memcmp(name, seat->name, WIRE_TOOL_NAME_SIZE) != 0) {
        if (!wire_text_take_name(name, seat->name, &seat->name_length)) {
            return NAV_ERR_ENCODING;
        }
        seat->device = find_tool_device(ingest, seat);
    }
    *out_seat = seat;
    return seat->name_length != 0 ? NAV_OK : NAV_ERR_ENCODING;
}

/* One entry of a checked TDATA or QTDATA: the numbers, and whose they are. */
static enum nav_status decode_tool(const struct srv_ingest *ingest, struct srv_ingest_peer *peer,
                                   const struct wire_message *message, size_t index,
                                   const struct srv_ingest_seat **out_seat,
                                   struct nav_pose_sample *out_sample)
{
    if (message->kind == WIRE_KIND_TDATA) {
        const uint8_t *entry = wire_tdata_entry(message->content, index);
        wire_transform_widen(entry + WIRE_TDATA_AT_POSE, out_sample->R, out_sample->t_mm);
        return take_seat(ingest, peer, index, entry, out_seat);
    }
    struct wire_qtdata_tool entry;
    const enum nav_status status =
        wire_qtdata_tool_at(message->content, message->content_size, index, &entry);
    if (status != NAV_OK) {
        return status;
    }
    set_quaternion(entry.q, entry.t_mm, out_sample);
    return take_seat(ingest, peer, index, entry.name, out_seat);
}

static enum nav_status take_tools(struct srv_ingest *ingest, struct srv_ingest_peer *peer,
                                  const struct wire_message *message, int64_t arrival_ns)
{
    enum nav_status first_error = NAV_OK;
    uint64_t seen = 0;
    const size_t count = message->kind == WIRE_KIND_TDATA
                             ? wire_tdata_count(message->content_size)
                             : wire_qtdata_count(message->content_size);
    for (size_t i = 0; i < count; ++i) {
        struct nav_pose_sample sample; /* push completes it */
        const struct srv_ingest_seat *seat = NULL;
        const enum nav_status status = decode_tool(ingest, peer, message, i, &seat, &sample);
        if (status != NAV_OK) {
            first_error = first_error == NAV_OK ? status : first_error;
            continue;
        }
        if (seat->device == TRK_NO_DEVICE) {
            note_unknown(ingest, peer, seat->name, seat->name_length);
            continue;
        }
        /* One instant has one pose of a device: a second entry of it is not believed. */
        const uint64_t bit = UINT64_C(1) << seat->device;
        if ((seen & bit) != 0) {
            first_error = first_error == NAV_OK ? NAV_ERR_EXISTS : first_error;
            continue;
        }
        seen |= bit;
        if (owns(ingest, peer, seat->device, seat->name, seat->name_length, arrival_ns)) {
            push(ingest, peer, seat->device, message, &sample, seat->name, arrival_ns);
        }
    }
    return first_error;
}

enum nav_status srv_ingest_message(struct srv_ingest *ingest, struct srv_ingest_peer *peer,
                                   const struct wire_message *message, int64_t arrival_ns)
{
    if (!srv_ingest_wants(message->kind)) {
        return NAV_ERR_UNSUPPORTED;
    }
    const enum nav_status status = wire_table_check(message);
    if (status != NAV_OK) {
        return status;
    }
    return message->kind == WIRE_KIND_TDATA || message->kind == WIRE_KIND_QTDATA
               ? take_tools(ingest, peer, message, arrival_ns)
               : take_single(ingest, peer, message, arrival_ns);
}

void srv_ingest_peer_gone(struct srv_ingest *ingest, const struct srv_ingest_peer *peer)
{
    for (uint32_t i = 0; i < NAV_DEVICES_MAX; ++i) {
        if (ingest->owners[i] == peer->id) {
            ingest->owners[i] = 0;
        }
    }
}

bool srv_ingest_peer_owns(const struct srv_ingest *ingest, const struct srv_ingest_peer *peer)
{
    for (uint32_t i = 0; i < NAV_DEVICES_MAX; ++i) {
        if (ingest->owners[i] == peer->id) {
            return true;
        }
    }
    return false;
}
