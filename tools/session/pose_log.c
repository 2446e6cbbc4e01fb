#include "pose_log.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "wire_sender_status.h"

static const double rigid_tolerance = 2e-3; /* of rotation entries, as recordings are judged */

static bool is_plain(const char *text, size_t length)
{
    for (size_t i = 0; i < length; ++i) {
        if ((unsigned char)text[i] < ' ' || text[i] == 0x7f) {
            return false;
        }
    }
    return length > 0;
}

static bool is_text(const char *stored, const char *text, size_t length)
{
    return strlen(stored) == length && memcmp(stored, text, length) == 0;
}

enum nav_status ses_pose_log_device(struct ses_pose_log *log, const char *name, size_t length,
                                    uint16_t *out_device)
{
    for (size_t i = 0; i < log->device_count; ++i) {
        if (is_text(log->devices[i], name, length)) {
            *out_device = (uint16_t)i;
            return NAV_OK;
        }
    }
    if (length >= NAV_NAME_SIZE || log->device_count == SES_DEVICES_MAX) {
        return NAV_ERR_TOO_LARGE;
    }
    if (!is_plain(name, length)) {
        return NAV_ERR_ENCODING;
    }
    memcpy(log->devices[log->device_count], name, length);
    log->devices[log->device_count][length] = '\0';
    *out_device = (uint16_t)log->device_count++;
    return NAV_OK;
}

enum nav_status ses_pose_log_word(struct ses_pose_log *log, const char *word, size_t length,
                                  uint8_t *out_word, uint8_t *out_status)
{
    size_t index = 0;
    while (index < log->word_count && !is_text(log->words[index], word, length)) {
        ++index;
    }
    if (index == log->word_count) {
        if (length >= SES_WORD_SIZE || index == SES_WORDS_MAX) {
            return NAV_ERR_TOO_LARGE;
        }
        if (!is_plain(word, length)) {
            return NAV_ERR_ENCODING;
        }
        memcpy(log->words[index], word, length);
        log->words[index][length] = '\0';
        ++log->word_count;
    }
    *out_word = (uint8_t)index;
    *out_status = (uint8_t)wire_sender_status_of_word(word, length);
    return NAV_OK;
}

enum nav_status ses_pose_log_add(struct ses_pose_log *log, const struct ses_pose *pose)
{
    if (log->count == log->capacity) {
        const size_t capacity = log->capacity == 0 ? 1024 : 2 * log->capacity;
        if (capacity > SES_POSES_MAX) {
            return NAV_ERR_TOO_LARGE;
        }
        struct ses_pose *grown = realloc(log->poses, capacity * sizeof(*grown));
        if (grown == NULL) {
            return NAV_ERR_MEMORY;
        }
        log->poses = grown;
        log->capacity = capacity;
    }
    log->poses[log->count++] = *pose;
    return NAV_OK;
}

void ses_pose_log_finish(struct ses_pose_log *log)
{
    free(log->poses);
    *log = (struct ses_pose_log){0};
}

bool ses_pose_is_valid(const struct ses_pose *pose)
{
    return pose->has_matrix &&
           (pose->status == NAV_SENDER_OK || pose->status == NAV_SENDER_UNSTATED);
}

enum nav_status ses_pose_rigid(const struct ses_pose *pose, struct nav_pose *out_pose)
{
    if (!pose->has_matrix) {
        return NAV_ERR_NOT_FOUND;
    }
    const double *m = pose->matrix;
    const double R[9] = {m[0], m[1], m[2], m[4], m[5], m[6], m[8], m[9], m[10]};
    const double t[3] = {m[3], m[7], m[11]};
    return nav_pose_from_matrix(R, t, rigid_tolerance, out_pose);
}

/* Merges two sorted halves; the left one first where times are equal. */
static void merge_sort(struct ses_pose *poses, struct ses_pose *scratch, size_t count)
{
    if (count < 2) {
        return;
    }
    const size_t half = count / 2;
    merge_sort(poses, scratch, half);
    merge_sort(poses + half, scratch, count - half);
    if (poses[half - 1].arrival_ns <= poses[half].arrival_ns) {
        return;
    }
    memcpy(scratch, poses, half * sizeof(*scratch));
    size_t left = 0;
    size_t right = half;
    for (size_t at = 0; left < half; ++at) {
        const bool from_right = right < count && poses[right].arrival_ns < scratch[left].arrival_ns;
        poses[at] = from_right ? poses[right++] : scratch[left++];
    }
}

enum nav_status ses_pose_log_sort(struct ses_pose_log *log)
{
    struct ses_pose *scratch = malloc((log->count / 2 + 1) * sizeof(*scratch));
    if (scratch == NULL) {
        return NAV_ERR_MEMORY;
    }
    merge_sort(log->poses, scratch, log->count);
    free(scratch);
    return NAV_OK;
}

/* ---- sequences ------------------------------------------------------------------------------ */

static enum nav_status add_of_frame(const struct srv_sequence *sequence, size_t frame,
                                    size_t transform, struct ses_pose_log *log)
{
    const struct srv_sequence_pose *from = srv_sequence_at(sequence, frame, transform);
    if (!from->present && from->word == SRV_SEQUENCE_NO_WORD) {
        return NAV_OK;
    }
    const char *const name = sequence->names[transform];
    struct ses_pose pose = {
        .arrival_ns = sequence->time_ns[frame],
        .stamp_ns = sequence->time_ns[frame],
        .unfiltered_ns =
            sequence->unfiltered_ns != NULL ? sequence->unfiltered_ns[frame] : SES_NO_TIME,
        .error_mm = NAN,
        .word = SES_NO_WORD,
        .has_matrix = from->present,
    };
    memcpy(pose.matrix, from->matrix, sizeof(pose.matrix));
    enum nav_status status = ses_pose_log_device(log, name, strlen(name), &pose.device);
    if (status == NAV_OK && from->word != SRV_SEQUENCE_NO_WORD) {
        const char *const word = sequence->words[from->word];
        status = ses_pose_log_word(log, word, strlen(word), &pose.word, &pose.status);
    }
    return status == NAV_OK ? ses_pose_log_add(log, &pose) : status;
}

enum nav_status ses_pose_log_from_sequence(const struct srv_sequence *sequence,
                                           struct ses_pose_log *log)
{
    enum nav_status status = NAV_OK;
    for (size_t frame = 0; frame < sequence->frame_count && status == NAV_OK; ++frame) {
        for (size_t i = 0; i < sequence->transform_count && status == NAV_OK; ++i) {
            status = add_of_frame(sequence, frame, i, log);
        }
    }
    log->ignored_fields += sequence->ignored_fields;
    return status;
}

bool ses_pose_log_stamps_advance(const struct ses_pose_log *log)
{
    for (size_t i = 0; i < log->count; ++i) {
        const int64_t stamp_ns = log->poses[i].stamp_ns;
        if (stamp_ns == SES_NO_TIME || (i > 0 && stamp_ns < log->poses[i - 1].stamp_ns)) {
            return false;
        }
    }
    return true;
}

static bool has_unfiltered(const struct ses_pose_log *log)
{
    for (size_t i = 0; i < log->count; ++i) {
        if (log->poses[i].unfiltered_ns != SES_NO_TIME) {
            return true;
        }
    }
    return false;
}

_Static_assert(SES_DEVICES_MAX <= 64, "a frame's devices are bits of one word");

/* Which frame each row belongs to; returns their number. */
static size_t assign_frames(const struct ses_pose_log *log, bool by_arrival, uint32_t *out_frames)
{
    uint64_t seen = 0; /* devices of the frame so far */
    size_t frame = 0;
    for (size_t i = 0; i < log->count; ++i) {
        const struct ses_pose *pose = &log->poses[i];
        const uint64_t bit = UINT64_C(1) << pose->device;
        const struct ses_pose *last = i > 0 ? pose - 1 : pose;
        const bool same_time =
            by_arrival ? pose->arrival_ns == last->arrival_ns : pose->stamp_ns == last->stamp_ns;
        if (!same_time || (seen & bit) != 0) {
            ++frame;
            seen = 0;
        }
        seen |= bit;
        out_frames[i] = (uint32_t)frame;
    }
    return frame + 1;
}

static enum nav_status reserve(struct srv_sequence *sequence, const struct ses_pose_log *log,
                               size_t frames)
{
    const bool unfiltered = has_unfiltered(log);
    if (frames > SRV_SEQUENCE_POSES_MAX / log->device_count) {
        return NAV_ERR_TOO_LARGE;
    }
    sequence->frame_count = frames;
    sequence->transform_count = log->device_count;
    sequence->word_count = log->word_count;
    memcpy(sequence->words, log->words, sizeof(sequence->words));
    sequence->names = calloc(SRV_SEQUENCE_TRANSFORMS_MAX, sizeof(*sequence->names));
    sequence->time_ns = calloc(frames, sizeof(*sequence->time_ns));
    sequence->poses = calloc(frames * log->device_count, sizeof(*sequence->poses));
    sequence->unfiltered_ns = unfiltered ? calloc(frames, sizeof(int64_t)) : NULL;
    if (sequence->names == NULL || sequence->time_ns == NULL || sequence->poses == NULL ||
        (unfiltered && sequence->unfiltered_ns == NULL)) {
        return NAV_ERR_MEMORY;
    }
    memcpy(sequence->names, log->devices, log->device_count * sizeof(*sequence->names));
    for (size_t i = 0; i < frames * log->device_count; ++i) {
        sequence->poses[i].word = SRV_SEQUENCE_NO_WORD;
    }
    return NAV_OK;
}

static void fill(struct srv_sequence *sequence, const struct ses_pose_log *log, bool by_arrival,
                 const uint32_t *frames)
{
    for (size_t i = 0; i < log->count; ++i) {
        const struct ses_pose *from = &log->poses[i];
        const size_t frame = frames[i];
        struct srv_sequence_pose *to =
            &sequence->poses[frame * sequence->transform_count + from->device];
        to->present = from->has_matrix;
        to->status = from->status;
        to->word = from->word;
        if (from->has_matrix) {
            memcpy(to->matrix, from->matrix, sizeof(from->matrix));
            to->matrix[15] = 1.0;
        }
        if (i > 0 && frames[i - 1] == frames[i]) {
            continue;
        }
        sequence->time_ns[frame] = by_arrival ? from->arrival_ns : from->stamp_ns;
        if (sequence->unfiltered_ns != NULL) {
            sequence->unfiltered_ns[frame] =
                from->unfiltered_ns != SES_NO_TIME ? from->unfiltered_ns : sequence->time_ns[frame];
        }
    }
}

enum nav_status ses_pose_log_to_sequence(const struct ses_pose_log *log,
                                         struct srv_sequence **out_sequence,
                                         struct ses_framing *out_framing)
{
    if (log->count == 0) {
        return NAV_ERR_NOT_FOUND;
    }
    const bool by_arrival = !ses_pose_log_stamps_advance(log);
    struct srv_sequence *sequence = calloc(1, sizeof(*sequence));
    uint32_t *frames = malloc(log->count * sizeof(*frames));
    enum nav_status status = NAV_ERR_MEMORY;
    if (sequence != NULL && frames != NULL) {
        status = reserve(sequence, log, assign_frames(log, by_arrival, frames));
    }
    if (status == NAV_OK) {
        fill(sequence, log, by_arrival, frames);
    }
    free(frames);
    if (status != NAV_OK) {
        srv_sequence_destroy(sequence);
        return status;
    }
    *out_sequence = sequence;
    *out_framing = (struct ses_framing){.by_arrival = by_arrival};
    return NAV_OK;
}
