#include "sim_recording.h"

#include <string.h>

static bool is_picked(const struct sim_recording *recording, size_t index)
{
    for (size_t i = 0; i < recording->pick_count; ++i) {
        if (recording->picks[i] == index) {
            return true;
        }
    }
    return false;
}

static enum nav_status pick_names(struct sim_recording *recording, const char *names,
                                  char out_missing[NAV_NAME_SIZE])
{
    const char *rest = names;
    for (;;) {
        const size_t n = strcspn(rest, ",");
        const size_t kept = n < NAV_NAME_SIZE ? n : NAV_NAME_SIZE - 1;
        char name[NAV_NAME_SIZE];
        memcpy(name, rest, kept);
        name[kept] = '\0';
        const ptrdiff_t index = srv_sequence_find(recording->sequence, name);
        const bool repeated = index >= 0 && is_picked(recording, (size_t)index);
        if (n != kept || index < 0 || repeated) {
            memcpy(out_missing, name, sizeof(name));
            return n == 0 || repeated ? NAV_ERR_ARGUMENT : NAV_ERR_NOT_FOUND;
        }
        recording->picks[recording->pick_count] = (size_t)index;
        ++recording->pick_count;
        if (rest[n] == '\0') {
            return NAV_OK;
        }
        rest += n + 1;
    }
}

enum nav_status sim_recording_init(struct sim_recording *recording,
                                   const struct srv_sequence *sequence, const char *names,
                                   bool loop, char out_missing[NAV_NAME_SIZE])
{
    *recording = (struct sim_recording){.sequence = sequence, .loop = loop};
    if (names != NULL) {
        const enum nav_status status = pick_names(recording, names, out_missing);
        if (status != NAV_OK) {
            return status;
        }
    } else {
        for (size_t i = 0; i < sequence->transform_count; ++i) {
            recording->picks[i] = i;
        }
        recording->pick_count = sequence->transform_count;
    }
    if (recording->pick_count == 0) {
        out_missing[0] = '\0';
        return NAV_ERR_ARGUMENT;
    }
    const size_t last = sequence->frame_count - 1;
    const int64_t span_ns = sequence->time_ns[last] - sequence->time_ns[0];
    /* A single frame repeats once a second. */
    const int64_t pause_ns = last > 0 ? span_ns / (int64_t)last : INT64_C(1000000000);
    recording->round_ns = span_ns + (pause_ns > 0 ? pause_ns : 1);
    return NAV_OK;
}

static enum nav_status next_frame(void *context, struct sim_frame *out_frame)
{
    struct sim_recording *recording = context;
    const struct srv_sequence *sequence = recording->sequence;
    if (recording->next == sequence->frame_count) {
        if (!recording->loop) {
            return NAV_END;
        }
        recording->next = 0;
        recording->base_ns += recording->round_ns;
    }
    const size_t frame = recording->next;
    ++recording->next;
    out_frame->offset_ns = recording->base_ns + sequence->time_ns[frame] - sequence->time_ns[0];
    out_frame->stamp_error_ns = 0;
    out_frame->pose_count = recording->pick_count;
    for (size_t i = 0; i < recording->pick_count; ++i) {
        const size_t index = recording->picks[i];
        const struct srv_sequence_pose *from = srv_sequence_at(sequence, frame, index);
        struct sim_pose *to = &out_frame->poses[i];
        to->device = sequence->names[index];
        to->status = from->word != SRV_SEQUENCE_NO_WORD ? sequence->words[from->word] : NULL;
        to->has_matrix = from->present;
        to->valid =
            from->present && (from->status == NAV_SENDER_OK || from->status == NAV_SENDER_UNSTATED);
        for (int row = 0; row < 3; ++row) {
            memcpy(&to->R[3 * row], &from->matrix[4 * row], 3 * sizeof(double));
            to->t_mm[row] = from->matrix[4 * row + 3];
        }
    }
    return NAV_OK;
}

struct sim_source sim_recording_source(struct sim_recording *recording)
{
    return (struct sim_source){.next = next_frame, .context = recording};
}
