#include "view_state.h"

#include <string.h>

static struct rnd_measure *begun(struct rnd_view_state *state)
{
    if (state->measure_count == 0) {
        return NULL;
    }
    struct rnd_measure *last = &state->measures[state->measure_count - 1];
    return last->points.count < last->wanted ? last : NULL;
}

static struct rnd_measure *begin(struct rnd_view_state *state, size_t wanted)
{
    if (state->measure_count == RND_MEASURES_MAX) {
        memmove(&state->measures[0], &state->measures[1],
                (RND_MEASURES_MAX - 1) * sizeof(state->measures[0]));
        --state->measure_count;
    }
    struct rnd_measure *measure = &state->measures[state->measure_count++];
    memset(measure, 0, sizeof(*measure));
    measure->wanted = wanted;
    return measure;
}

void rnd_view_measure(struct rnd_view_state *state, size_t points)
{
    if (begun(state) != NULL) {
        --state->measure_count;
    }
    state->measuring = points;
}

void rnd_view_add_point(struct rnd_view_state *state, const double point_mm[3], bool in_plane)
{
    struct rnd_measure *measure = begun(state);
    if (measure == NULL) {
        measure = begin(state, state->measuring);
    }
    measure->in_plane = in_plane && (measure->in_plane || measure->points.count == 0);
    if (measure->points.count < NAV_MEASURE_POINTS_MAX) {
        memcpy(measure->points.points_mm[measure->points.count++], point_mm, 3 * sizeof(*point_mm));
    }
}

void rnd_view_add_measure(struct rnd_view_state *state, const struct nav_measure *measure)
{
    if (begun(state) != NULL) {
        --state->measure_count;
    }
    begin(state, measure->count)->points = *measure;
}

void rnd_view_history_keep(struct rnd_view_history *history, const struct rnd_view_state *state)
{
    if (history->count == RND_VIEW_STATES_MAX) {
        memmove(&history->states[0], &history->states[1],
                (RND_VIEW_STATES_MAX - 1) * sizeof(history->states[0]));
        --history->count;
    }
    history->states[history->count++] = *state;
}

bool rnd_view_history_undo(struct rnd_view_history *history, struct rnd_view_state *out_state)
{
    if (history->count == 0) {
        return false;
    }
    *out_state = history->states[--history->count];
    return true;
}
