/* A recorded tracking session as a file may say it.
 *
 * Promises: refused with a message and nothing handed out; or a session that keeps what its header
 * says: times that do not go back, transforms told apart by their names, numbers that are finite,
 * status words that exist. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "sequence.h"

static void check_pose(const struct srv_sequence *sequence, const struct srv_sequence_pose *pose)
{
    static const double last_row[4] = {0, 0, 0, 1};
    static const double zeroes[16] = {0};
    FUZZ_PROMISE(pose->status <= NAV_SENDER_UNKNOWN_WORD);
    FUZZ_PROMISE(pose->word == SRV_SEQUENCE_NO_WORD || pose->word < sequence->word_count);
    FUZZ_PROMISE((pose->word == SRV_SEQUENCE_NO_WORD) == (pose->status == NAV_SENDER_UNSTATED));
    for (size_t i = 0; i < 16; ++i) {
        FUZZ_PROMISE(isfinite(pose->matrix[i]));
        FUZZ_PROMISE(pose->present ? i < 12 || pose->matrix[i] == last_row[i - 12]
                                   : pose->matrix[i] == zeroes[i]);
    }
}

static void check(const struct srv_sequence *sequence)
{
    FUZZ_PROMISE(sequence->transform_count <= SRV_SEQUENCE_TRANSFORMS_MAX);
    FUZZ_PROMISE(sequence->frame_count * sequence->transform_count <= SRV_SEQUENCE_POSES_MAX);
    FUZZ_PROMISE(sequence->word_count <= SRV_SEQUENCE_WORDS_MAX);
    for (size_t i = 0; i < sequence->word_count; ++i) {
        FUZZ_PROMISE(memchr(sequence->words[i], '\0', SRV_SEQUENCE_WORD_SIZE) != NULL);
    }
    for (size_t i = 0; i < sequence->transform_count; ++i) {
        FUZZ_PROMISE(memchr(sequence->names[i], '\0', NAV_NAME_SIZE) != NULL);
        FUZZ_PROMISE(srv_sequence_find(sequence, sequence->names[i]) == (ptrdiff_t)i);
    }
    for (size_t frame = 0; frame < sequence->frame_count; ++frame) {
        FUZZ_PROMISE(frame == 0 || sequence->time_ns[frame] >= sequence->time_ns[frame - 1]);
        for (size_t i = 0; i < sequence->transform_count; ++i) {
            check_pose(sequence, srv_sequence_at(sequence, frame, i));
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    /* a copy of exactly this size, so that a byte read beyond it is seen */
    char *exact = malloc(size != 0 ? size : 1);
    FUZZ_PROMISE(exact != NULL);
    if (size != 0) {
        memcpy(exact, data, size);
    }
    struct srv_sequence *sequence = NULL;
    struct srv_sequence_error error = {{0}};
    const enum nav_status status = srv_sequence_parse(exact, size, "s.mha", &sequence, &error);
    free(exact);
    if (status == NAV_OK) {
        check(sequence);
    } else {
        FUZZ_PROMISE(sequence == NULL && error.text[0] != '\0');
    }
    srv_sequence_destroy(sequence);
    return 0;
}
