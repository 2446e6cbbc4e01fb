#include "wire_sample.h"

#include <math.h>
#include <string.h>

#include "wire_sender_status.h"

/* For every pose: four numbers at a time, in the compiler's own vectors. */
typedef float floats __attribute__((vector_size(16)));
typedef double doubles __attribute__((vector_size(32)));

static inline void widen(const float *from, double *to)
{
    floats narrow;
    memcpy(&narrow, from, sizeof(narrow));
    const doubles wide = __builtin_convertvector(narrow, doubles);
    memcpy(to, &wide, sizeof(wide));
}

void wire_sample_numbers(const struct wire_transform *pose, struct nav_pose_sample *out_sample)
{
    widen(pose->R, out_sample->R);
    widen(pose->R + 4, out_sample->R + 4);
    out_sample->R[8] = (double)pose->R[8];
    out_sample->t_mm[0] = (double)pose->t_mm[0];
    out_sample->t_mm[1] = (double)pose->t_mm[1];
    out_sample->t_mm[2] = (double)pose->t_mm[2];
}

void wire_sample_words(const struct wire_message *message, const char *tool,
                       struct nav_pose_sample *out_sample)
{
    out_sample->device_ns = message->device_ns;
    out_sample->status = NAV_SENDER_UNSTATED;
    out_sample->error_mm = (float)NAN;
    if (message->metadata_count != 0) {
        out_sample->status = tool != NULL ? wire_sender_status_of_tool(message, tool)
                                          : wire_sender_status_of_message(message);
        out_sample->error_mm = wire_sender_error_mm(message, tool);
    }
}
