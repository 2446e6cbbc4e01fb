/* A table of poses, of any of the kinds that are read: refused with a message, or rows that a
 * sequence can be made of. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "pose_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *bytes = malloc(size + 1);
    FUZZ_PROMISE(bytes != NULL);
    if (size > 0) {
        memcpy(bytes, data, size);
    }
    bytes[size] = 0;
    const struct ses_read_options options = {.device = "Pen", .rate_hz = 60.0};
    struct ses_pose_log log = {0};
    struct cfg_error error = {.text = ""};
    const enum nav_status status =
        ses_pose_bytes_read("poses", bytes, size, &options, &log, &error);
    free(bytes);
    FUZZ_PROMISE((status == NAV_OK) == (error.text[0] == '\0'));
    for (size_t i = 0; i < log.count; ++i) {
        const struct ses_pose *pose = &log.poses[i];
        FUZZ_PROMISE(pose->device < log.device_count);
        FUZZ_PROMISE(pose->word == SES_NO_WORD || pose->word < log.word_count);
        FUZZ_PROMISE(i == 0 || pose->arrival_ns >= log.poses[i - 1].arrival_ns || status != NAV_OK);
        for (int k = 0; k < 12; ++k) {
            FUZZ_PROMISE(isfinite(pose->matrix[k]));
        }
    }
    struct srv_sequence *sequence = NULL;
    struct ses_framing framing;
    if (status == NAV_OK && log.count > 0 &&
        ses_pose_log_to_sequence(&log, &sequence, &framing) == NAV_OK) {
        FUZZ_PROMISE(sequence->frame_count > 0 && sequence->frame_count <= log.count);
        srv_sequence_destroy(sequence);
    }
    ses_pose_log_finish(&log);
    return 0;
}
