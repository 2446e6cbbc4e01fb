/* A TRANSFORM with the metadata that recordings ride in: what is unpacked is sound, and packing it
 * and unpacking it again changes nothing.
 *
 * Input: 48 bytes of content, then entries: which key, length, value. */
#include <math.h>
#include <string.h>

#include "fuzz.h"
#include "pose_message.h"
#include "wire_framer.h"
#include "wire_pack.h"

enum { CONTENT = 48, ENTRIES_MAX = 10, MESSAGE_MAX = 4096 };

static const char *const keys[] = {
    "TransformValid", "TransformStatus",     "IGTL_DEVICE_NAME", "TransformMatrix",
    "Timestamp",      "UnfilteredTimestamp", "TransformError",   "Other"};

static uint64_t any_body(void *context, enum wire_kind kind, const char *type)
{
    (void)context;
    (void)kind;
    (void)type;
    return MESSAGE_MAX;
}

static enum nav_status take(void *context, const struct wire_message *message)
{
    return ses_pose_message_unpack(message, 5, context);
}

static void unpack(const uint8_t *bytes, size_t size, struct ses_pose_log *log)
{
    const struct wire_framer_config config = {
        .body_cap = any_body, .on_message = take, .context = log, .skip_max = MESSAGE_MAX};
    struct wire_framer *framer = NULL;
    FUZZ_PROMISE(wire_framer_create(&config, &framer) == NAV_OK);
    const enum nav_status status = wire_framer_feed(framer, bytes, size);
    FUZZ_PROMISE(status == NAV_OK);
    wire_framer_destroy(framer);
}

static size_t build(const uint8_t *data, size_t size, uint8_t bytes[MESSAGE_MAX])
{
    struct wire_metadata_entry entries[ENTRIES_MAX];
    size_t count = 0;
    size_t at = CONTENT;
    while (at + 2 <= size && count < ENTRIES_MAX) {
        const char *key = keys[data[at] % (sizeof(keys) / sizeof(keys[0]))];
        size_t length = data[at + 1];
        at += 2;
        length = length < size - at ? length : size - at;
        entries[count++] = (struct wire_metadata_entry){.key = key,
                                                        .key_size = (uint16_t)strlen(key),
                                                        .encoding = 3,
                                                        .value_size = (uint32_t)length,
                                                        .value = (const char *)data + at};
        at += length;
    }
    struct wire_writer writer = wire_writer_of(bytes, MESSAGE_MAX);
    const struct wire_pack_head head = {
        .version = 2, .kind = WIRE_KIND_TRANSFORM, .device = "StylusToTracker", .utc_ns = 7};
    const struct wire_pack pack = wire_pack_begin(&writer, &head);
    for (size_t i = 0; i < CONTENT; ++i) {
        wire_write_u8(&writer, data[i]);
    }
    return wire_pack_end(&pack, entries, count) == NAV_OK ? writer.size : 0;
}

static bool same(const struct ses_pose_log *a, const struct ses_pose_log *b)
{
    const struct ses_pose *p = &a->poses[0];
    const struct ses_pose *q = &b->poses[0];
    const char *words[2] = {p->word != SES_NO_WORD ? a->words[p->word] : "",
                            q->word != SES_NO_WORD ? b->words[q->word] : ""};
    return strcmp(a->devices[p->device], b->devices[q->device]) == 0 &&
           strcmp(words[0], words[1]) == 0 && p->status == q->status &&
           p->stamp_ns == q->stamp_ns && p->unfiltered_ns == q->unfiltered_ns &&
           p->has_matrix == q->has_matrix && memcmp(p->matrix, q->matrix, sizeof(p->matrix)) == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t bytes[MESSAGE_MAX];
    const size_t length = size >= CONTENT ? build(data, size, bytes) : 0;
    if (length == 0) {
        return 0;
    }
    struct ses_pose_log log = {0};
    struct ses_pose_log again = {0};
    unpack(bytes, length, &log);
    if (log.count == 1) {
        const struct ses_pose *pose = &log.poses[0];
        uint8_t packed[SES_MESSAGE_MAX];
        size_t packed_size = 0;
        FUZZ_PROMISE(pose->arrival_ns == 5 && pose->device < log.device_count);
        FUZZ_PROMISE(pose->word == SES_NO_WORD || pose->word < log.word_count);
        for (int i = 0; i < 12; ++i) {
            FUZZ_PROMISE(isfinite(pose->matrix[i]));
        }
        if (ses_pose_message_pack(&log, pose, packed, &packed_size) == NAV_OK) {
            unpack(packed, packed_size, &again);
            FUZZ_PROMISE(again.count == 1 && same(&log, &again));
        }
    }
    FUZZ_PROMISE(log.count <= 1);
    ses_pose_log_finish(&log);
    ses_pose_log_finish(&again);
    return 0;
}
