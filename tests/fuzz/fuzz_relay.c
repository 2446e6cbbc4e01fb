/* Messages of poses through the relay, with one fault after the other in force: what leaves it is a
 * stream of whole messages with good checksums, one at most for each that came.
 *
 * Input: for each message a byte that chooses kind, version, device and status, a length, content.
 */
#include <stdio.h>
#include <string.h>

#include "case.h"
#include "fuzz.h"
#include "nav/time.h"
#include "sim_relay.h"
#include "wire_framer.h"
#include "wire_pack.h"

enum { BODY_MAX = 1 << 20, MESSAGE_MAX = 1024 };

struct stream {
    struct sim_relay *relay;
    struct wire_framer *after;
    int64_t now_ns;
    uint64_t in;
};

static uint64_t body_cap(void *context, enum wire_kind kind, const char *type)
{
    (void)context;
    (void)kind;
    (void)type;
    return BODY_MAX;
}

static enum nav_status count(void *context, const struct wire_message *message)
{
    (void)context;
    (void)message;
    return NAV_OK;
}

static enum nav_status relay(void *context, const struct wire_message *message)
{
    struct stream *stream = context;
    const uint8_t *bytes = NULL;
    size_t size = 0;
    stream->now_ns += NAV_NS_PER_S / 4;
    ++stream->in;
    sim_relay_take(stream->relay, message, stream->now_ns, &bytes, &size);
    FUZZ_PROMISE(size == 0 || bytes != NULL);
    FUZZ_PROMISE(wire_framer_feed(stream->after, bytes, size) == NAV_OK);
    return NAV_OK;
}

/* One message from the input; how much of it was used. */
static size_t build(const uint8_t *data, size_t size, struct wire_writer *writer)
{
    static const enum wire_kind kinds[] = {WIRE_KIND_TRANSFORM, WIRE_KIND_POSITION, WIRE_KIND_TDATA,
                                           WIRE_KIND_QTDATA};
    static const char *const devices[] = {"StylusToTracker", "Probe", "ReferenceToTracker", ""};
    static const char *const words[] = {"OK", "OUT_OF_VIEW", "nonsense", "INVALID"};
    const uint8_t choice = data[0];
    const size_t length = data[1] < size - 2 ? data[1] : size - 2;
    const struct wire_pack_head head = {.version = (choice & 64) != 0 ? 1 : 2,
                                        .kind = kinds[choice & 3],
                                        .device = devices[choice >> 2 & 3],
                                        .utc_ns = INT64_C(1700000000) * NAV_NS_PER_S};
    const struct wire_metadata_entry entries[] = {
        wire_metadata_text("TransformStatus", words[choice >> 4 & 3]),
        wire_metadata_text("StylusToTrackerStatus", words[choice >> 4 & 3])};
    const struct wire_pack pack = wire_pack_begin(writer, &head);
    wire_write_bytes(writer, data + 2, length);
    FUZZ_PROMISE(wire_pack_end(&pack, entries, head.version == 2 ? 2 : 0) == NAV_OK);
    return length + 2;
}

static void set_up(struct cfg_case *planned, struct sim_script *script)
{
    (void)snprintf(planned->tools[0].device, sizeof(planned->tools[0].device), "StylusToTracker");
    (void)snprintf(planned->tools[1].device, sizeof(planned->tools[1].device), "Probe");
    planned->tool_count = 2;
    planned->has_reference = true;
    (void)snprintf(planned->reference_device, sizeof(planned->reference_device),
                   "ReferenceToTracker");
    for (int kind = SIM_FAULT_HIDE; kind <= SIM_FAULT_WRONG_TOOL; ++kind) {
        script->faults[script->fault_count++] =
            (struct sim_fault){.from_s = kind,
                               .to_s = kind + 0.9,
                               .kind = (enum sim_fault_kind)kind,
                               .device = kind == SIM_FAULT_WRONG_TOOL ? SIM_ON_TOOL : SIM_ON_BOTH,
                               .amount = 3};
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct cfg_case planned;
    static struct sim_script script;
    if (planned.tool_count == 0) {
        set_up(&planned, &script);
    }
    struct stream stream = {0};
    struct wire_framer *before = NULL;
    const struct wire_framer_config in = {
        .body_cap = body_cap, .on_message = relay, .context = &stream, .skip_max = BODY_MAX};
    const struct wire_framer_config out = {
        .body_cap = body_cap, .on_message = count, .skip_max = BODY_MAX};
    FUZZ_PROMISE(sim_relay_create(&script, &planned, &stream.relay) == NAV_OK);
    FUZZ_PROMISE(wire_framer_create(&in, &before) == NAV_OK);
    FUZZ_PROMISE(wire_framer_create(&out, &stream.after) == NAV_OK);
    for (size_t at = 0; at + 2 <= size;) {
        uint8_t bytes[MESSAGE_MAX];
        struct wire_writer writer = wire_writer_of(bytes, sizeof(bytes));
        at += build(data + at, size - at, &writer);
        FUZZ_PROMISE(wire_framer_feed(before, bytes, writer.size) == NAV_OK);
    }
    const struct wire_framer_stats *left = wire_framer_stats(stream.after);
    FUZZ_PROMISE(left->crc_errors == 0 && left->malformed == 0 && left->messages <= stream.in);
    FUZZ_PROMISE(wire_framer_at_boundary(stream.after) != 0);
    wire_framer_destroy(before);
    wire_framer_destroy(stream.after);
    sim_relay_destroy(stream.relay);
    return 0;
}
