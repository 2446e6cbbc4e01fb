#include "frame_ages.h"

#include <stdlib.h>

void rnd_frame_ages_add(struct rnd_frame_ages *ages, int64_t shown_ns, int64_t arrival_ns)
{
    if (arrival_ns <= 0 || arrival_ns == ages->last_arrival_ns) {
        return;
    }
    const size_t slot = ages->count++ % RND_FRAME_AGES_MAX;
    ages->last_arrival_ns = arrival_ns;
    ages->shown_ns[slot] = shown_ns;
    ages->age_ns[slot] = shown_ns - arrival_ns;
}

static int compare_ages(const void *a, const void *b)
{
    const int64_t left = *(const int64_t *)a;
    const int64_t right = *(const int64_t *)b;
    return (left > right) - (left < right);
}

/* The smallest entry that at least `percent` of a hundred entries do not exceed. */
static int64_t nearest_rank(const int64_t *sorted, size_t count, size_t percent)
{
    const size_t rank = (count * percent + 99) / 100;
    return sorted[rank > 0 ? rank - 1 : 0];
}

struct rnd_frame_age_summary rnd_frame_ages_summary(const struct rnd_frame_ages *ages,
                                                    int64_t now_ns, int64_t window_ns)
{
    int64_t sorted[RND_FRAME_AGES_MAX];
    const size_t kept = ages->count < RND_FRAME_AGES_MAX ? (size_t)ages->count : RND_FRAME_AGES_MAX;
    struct rnd_frame_age_summary summary = {.p50_ns = -1, .p99_ns = -1};
    for (size_t i = 0; i < kept; ++i) {
        if (now_ns - ages->shown_ns[i] < window_ns) {
            sorted[summary.count++] = ages->age_ns[i];
        }
    }
    if (summary.count > 0) {
        qsort(sorted, summary.count, sizeof(sorted[0]), compare_ages);
        summary.p50_ns = nearest_rank(sorted, summary.count, 50);
        summary.p99_ns = nearest_rank(sorted, summary.count, 99);
    }
    return summary;
}
