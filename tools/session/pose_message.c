#include "pose_message.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "decimal.h"
#include "number_print.h"
#include "wire_pack.h"
#include "wire_position.h"
#include "wire_qtdata.h"
#include "wire_sample.h"
#include "wire_sender_status.h"
#include "wire_table.h"
#include "wire_tdata.h"
#include "wire_time.h"
#include "wire_transform.h"

enum { NUMBERS = 12, NUMBERS_SIZE = NUMBERS * SRV_NUMBER_SIZE, ENTRIES_MAX = 8 };

static const char valid_key[] = "TransformValid";
static const char status_key[] = "TransformStatus";
static const char name_key[] = "IGTL_DEVICE_NAME";
static const char matrix_key[] = "TransformMatrix";
static const char time_key[] = "Timestamp";
static const char unfiltered_key[] = "UnfilteredTimestamp";
static const char error_key[] = "TransformError";

/* Texts and entries of one message. */
struct extras {
    struct wire_metadata_entry entries[ENTRIES_MAX];
    size_t count;
    char matrix[NUMBERS_SIZE];
    char stamp[SRV_DECIMAL_SIZE];
    char unfiltered[SRV_DECIMAL_SIZE];
    char error[SRV_NUMBER_SIZE];
};

static void add(struct extras *extras, const char *key, const char *value)
{
    extras->entries[extras->count++] = wire_metadata_text(key, value);
}

static struct wire_transform rounded(const double matrix[NUMBERS])
{
    struct wire_transform out;
    for (size_t i = 0; i < 9; ++i) {
        out.R[i] = (float)matrix[i / 3 * 4 + i % 3];
    }
    for (size_t i = 0; i < 3; ++i) {
        out.t_mm[i] = (float)matrix[4 * i + 3];
    }
    return out;
}

static void widened(const struct wire_transform *transform, double out_matrix[NUMBERS])
{
    for (size_t i = 0; i < 9; ++i) {
        out_matrix[i / 3 * 4 + i % 3] = (double)transform->R[i];
    }
    for (size_t i = 0; i < 3; ++i) {
        out_matrix[4 * i + 3] = (double)transform->t_mm[i];
    }
}

static bool is_exact(const double matrix[NUMBERS])
{
    for (size_t i = 0; i < NUMBERS; ++i) {
        if ((double)(float)matrix[i] != matrix[i]) {
            return false;
        }
    }
    return true;
}

static void add_matrix(struct extras *extras, const double matrix[NUMBERS])
{
    size_t used = 0;
    for (size_t i = 0; i < NUMBERS; ++i) {
        char text[SRV_NUMBER_SIZE];
        srv_number_print(matrix[i], text);
        used += (size_t)snprintf(extras->matrix + used, sizeof(extras->matrix) - used, "%s%s",
                                 i > 0 ? " " : "", text);
    }
    add(extras, matrix_key, extras->matrix);
}

static void add_words(struct extras *extras, const struct ses_pose_log *log,
                      const struct ses_pose *pose)
{
    if (pose->word != SES_NO_WORD || !pose->has_matrix) {
        add(extras, valid_key, ses_pose_is_valid(pose) ? "1" : "0");
    }
    if (pose->word != SES_NO_WORD) {
        add(extras, status_key, log->words[pose->word]);
    }
    if (strlen(log->devices[pose->device]) > WIRE_DEVICE_SIZE) {
        add(extras, name_key, log->devices[pose->device]);
    }
}

static void add_times(struct extras *extras, const struct ses_pose *pose)
{
    if (pose->stamp_ns != SES_NO_TIME && wire_time_from_ns(pose->stamp_ns) == 0) {
        srv_decimal_print(pose->stamp_ns, SRV_DECIMAL_PLACES_MAX, extras->stamp);
        add(extras, time_key, extras->stamp);
    }
    if (pose->unfiltered_ns != SES_NO_TIME) {
        srv_decimal_print(pose->unfiltered_ns, SRV_DECIMAL_PLACES_MAX, extras->unfiltered);
        add(extras, unfiltered_key, extras->unfiltered);
    }
}

/* The beginning of a name that fits the header, never half a UTF-8 character. */
static void cut_name(const char *name, char out_device[WIRE_DEVICE_SIZE + 1])
{
    size_t size = strlen(name);
    if (size > WIRE_DEVICE_SIZE) {
        for (size = WIRE_DEVICE_SIZE; size > 0 && ((unsigned char)name[size] & 0xc0) == 0x80;) {
            --size;
        }
    }
    memcpy(out_device, name, size);
    out_device[size] = '\0';
}

enum nav_status ses_pose_message_pack(const struct ses_pose_log *log, const struct ses_pose *pose,
                                      uint8_t out_bytes[SES_MESSAGE_MAX], size_t *out_size)
{
    struct extras extras;
    extras.count = 0;
    add_words(&extras, log, pose);
    add_times(&extras, pose);
    if (pose->has_matrix && !is_exact(pose->matrix)) {
        add_matrix(&extras, pose->matrix);
    }
    if (isfinite(pose->error_mm)) {
        srv_number_print((double)pose->error_mm, extras.error);
        add(&extras, error_key, extras.error);
    }
    char device[WIRE_DEVICE_SIZE + 1];
    cut_name(log->devices[pose->device], device);
    struct wire_writer writer = wire_writer_of(out_bytes, SES_MESSAGE_MAX);
    const struct wire_pack_head head = {
        .version = 2,
        .kind = WIRE_KIND_TRANSFORM,
        .device = device,
        .utc_ns = pose->stamp_ns != SES_NO_TIME ? pose->stamp_ns : 0,
    };
    const struct wire_pack pack = wire_pack_begin(&writer, &head);
    const struct wire_transform transform = rounded(pose->matrix);
    wire_transform_encode(&writer, &transform);
    const enum nav_status status = wire_pack_end(&pack, extras.entries, extras.count);
    if (status == NAV_OK) {
        *out_size = writer.size;
    }
    return status;
}

/* ---- back ----------------------------------------------------------------------------------- */

static bool find_text(const struct wire_message *message, const char *key, const char **out_text,
                      size_t *out_size)
{
    struct wire_metadata_entry entry;
    if (message->metadata_count == 0 || wire_metadata_find(message, key, &entry, NULL) != NAV_OK) {
        return false;
    }
    *out_text = (const char *)entry.value;
    *out_size = entry.value_size;
    while (*out_size > 0 && (*out_text)[*out_size - 1] == '\0') {
        --*out_size;
    }
    return true;
}

static void take_time(const struct wire_message *message, const char *key, int64_t *time_ns)
{
    const char *text;
    size_t size;
    if (find_text(message, key, &text, &size)) {
        (void)srv_decimal_parse(text, size, SRV_DECIMAL_PLACES_MAX, time_ns);
    }
}

/* The exact numbers, when they round to those of the message. */
static void take_exact(const struct wire_message *message, struct ses_pose *pose)
{
    const char *text;
    size_t size;
    char copy[NUMBERS_SIZE];
    if (!find_text(message, matrix_key, &text, &size) || size >= sizeof(copy)) {
        return;
    }
    memcpy(copy, text, size);
    copy[size] = '\0';
    double exact[NUMBERS];
    char *at = copy;
    for (size_t i = 0; i < NUMBERS; ++i) {
        char *end = NULL;
        exact[i] = strtod(at, &end);
        if (end == at || (double)(float)exact[i] != pose->matrix[i]) {
            return;
        }
        at = end;
    }
    memcpy(pose->matrix, exact, sizeof(exact));
}

/* Whether there is a pose: not all zeros, which stands for none, and no number that is none. */
static bool holds_pose(const double matrix[NUMBERS])
{
    bool any = false;
    for (size_t i = 0; i < NUMBERS; ++i) {
        if (!isfinite(matrix[i])) {
            return false;
        }
        any = any || matrix[i] != 0.0;
    }
    return any;
}

/* The word as it was said; `tool` is NULL for a message of one pose. */
static enum nav_status take_word(const struct wire_message *message, const char *tool,
                                 struct ses_pose_log *log, struct ses_pose *pose)
{
    struct wire_metadata_entry entry;
    const char *text = NULL;
    size_t size = 0;
    bool said = false;
    if (tool == NULL) {
        said = find_text(message, status_key, &text, &size);
    } else if (message->metadata_count > 0 &&
               wire_metadata_find_joined(message, tool, "Status", &entry, NULL) == NAV_OK) {
        text = (const char *)entry.value;
        size = entry.value_size;
        said = true;
    }
    if (!said || size == 0) {
        if (pose->status == NAV_SENDER_UNSTATED || !pose->has_matrix) {
            pose->status = NAV_SENDER_UNSTATED;
            return NAV_OK;
        }
        text = pose->status == NAV_SENDER_OK ? "OK" : "INVALID"; /* TransformValid alone */
        size = strlen(text);
    }
    const bool good = pose->status == NAV_SENDER_OK && pose->has_matrix;
    const enum nav_status status = ses_pose_log_word(log, text, size, &pose->word, &pose->status);
    if (status == NAV_OK && pose->status == NAV_SENDER_OK && !good) {
        /* "OK" beside TransformValid 0, or with numbers that are none: kept as what it means */
        return ses_pose_log_word(log, "INVALID", strlen("INVALID"), &pose->word, &pose->status);
    }
    return status;
}

static enum nav_status finish(const struct wire_message *message, const char *tool,
                              const char *name, int64_t arrival_ns, struct ses_pose *pose,
                              struct ses_pose_log *log)
{
    struct nav_pose_sample words;
    wire_sample_words(message, tool, &words);
    pose->arrival_ns = arrival_ns;
    pose->stamp_ns = words.device_ns != 0 ? words.device_ns : SES_NO_TIME;
    pose->unfiltered_ns = SES_NO_TIME;
    pose->status = (uint8_t)words.status;
    pose->word = SES_NO_WORD;
    pose->error_mm = isfinite(words.error_mm) ? words.error_mm : NAN;
    pose->has_matrix = holds_pose(pose->matrix);
    if (!pose->has_matrix) {
        memset(pose->matrix, 0, sizeof(pose->matrix));
    }
    if (tool == NULL) {
        take_time(message, time_key, &pose->stamp_ns);
        take_time(message, unfiltered_key, &pose->unfiltered_ns);
        take_exact(message, pose);
    }
    enum nav_status status = ses_pose_log_device(log, name, strlen(name), &pose->device);
    if (status == NAV_OK) {
        status = take_word(message, tool, log, pose);
    }
    return status == NAV_OK ? ses_pose_log_add(log, pose) : status;
}

static void of_quaternion(const float q[4], const float t_mm[3], double out_matrix[NUMBERS])
{
    const struct nav_pose pose = {
        .q = {(double)q[0], (double)q[1], (double)q[2], (double)q[3]},
    };
    double R[9];
    nav_pose_rotation(&pose, R);
    for (size_t i = 0; i < 9; ++i) {
        out_matrix[i / 3 * 4 + i % 3] = R[i];
    }
    for (size_t i = 0; i < 3; ++i) {
        out_matrix[4 * i + 3] = (double)t_mm[i];
    }
}

static enum nav_status unpack_single(const struct wire_message *message, int64_t arrival_ns,
                                     struct ses_pose_log *log)
{
    struct ses_pose pose = {0};
    enum nav_status status;
    if (message->kind == WIRE_KIND_TRANSFORM) {
        struct wire_transform transform;
        status = wire_transform_decode(message->content, message->content_size, &transform);
        if (status == NAV_OK) {
            widened(&transform, pose.matrix);
        }
    } else {
        struct wire_position position;
        status = wire_position_decode(message->content, message->content_size, &position);
        if (status == NAV_OK && position.form == WIRE_POSITION_ONLY) {
            return NAV_ERR_UNSUPPORTED;
        }
        if (status == NAV_OK) {
            of_quaternion(position.q, position.t_mm, pose.matrix);
        }
    }
    char name[NAV_NAME_SIZE];
    if (status == NAV_OK) {
        status = wire_device_name(message, name, sizeof(name));
    }
    return status == NAV_OK ? finish(message, NULL, name, arrival_ns, &pose, log) : status;
}

static enum nav_status unpack_tools(const struct wire_message *message, int64_t arrival_ns,
                                    struct ses_pose_log *log)
{
    const bool tdata = message->kind == WIRE_KIND_TDATA;
    const size_t count =
        tdata ? wire_tdata_count(message->content_size) : wire_qtdata_count(message->content_size);
    enum nav_status status = NAV_OK;
    for (size_t i = 0; i < count && status == NAV_OK; ++i) {
        struct ses_pose pose = {0};
        struct wire_tdata_tool entry;
        struct wire_qtdata_tool quaternion;
        if (tdata) {
            status = wire_tdata_tool_at(message->content, message->content_size, i, &entry);
        } else {
            status = wire_qtdata_tool_at(message->content, message->content_size, i, &quaternion);
        }
        if (status != NAV_OK) {
            return status;
        }
        if (tdata) {
            widened(&entry.pose, pose.matrix);
        } else {
            of_quaternion(quaternion.q, quaternion.t_mm, pose.matrix);
        }
        const char *const name = tdata ? entry.name : quaternion.name;
        status = finish(message, name, name, arrival_ns, &pose, log);
    }
    return status;
}

enum nav_status ses_pose_message_unpack(const struct wire_message *message, int64_t arrival_ns,
                                        struct ses_pose_log *log)
{
    switch (message->kind) {
    case WIRE_KIND_TRANSFORM:
    case WIRE_KIND_POSITION:
    case WIRE_KIND_QTRANS:
    case WIRE_KIND_TDATA:
    case WIRE_KIND_QTDATA:
        break;
    default:
        return NAV_ERR_UNSUPPORTED;
    }
    const enum nav_status status = wire_table_check(message);
    if (status != NAV_OK) {
        return status;
    }
    return message->kind == WIRE_KIND_TDATA || message->kind == WIRE_KIND_QTDATA
               ? unpack_tools(message, arrival_ns, log)
               : unpack_single(message, arrival_ns, log);
}
