#include "blade_path.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sequence.h"

static const double rate_hz = 60.0, feed_mm_s = 3.0;
static const double saw_mm = 8.0, saw_hz = 0.8;
static const double noise_mm = 0.25, noise_deg = 0.1;

const struct trk_blade_shape blade_path_shape = {
    .axis = {0, 0, -1},
    .up = {0, 1, 0},
    .width_mm = 20.0,
    .length_mm = 120.0,
    .shaft_radius_mm = 0.75,
};

static double normal_deviate(uint64_t *state)
{
    double u[2];
    for (int i = 0; i < 2; ++i) {
        *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        u[i] = (double)(*state >> 11) * 0x1.0p-53;
    }
    return sqrt(-2.0 * log(1.0 - u[0])) * cos(2.0 * M_PI * u[1]);
}

/* T_image_tool of the blade in the cut's plane, its edge's middle at (u, v). */
static bool pose_in_cut(const struct phantom_cut *cut, double u, double v,
                        struct nav_pose *out_pose)
{
    double R[9], t[3];
    for (int i = 0; i < 3; ++i) {
        /* columns: the edge, the face's normal, against the axis */
        R[3 * i] = cut->u[i];
        R[3 * i + 1] = cut->normal[i];
        R[3 * i + 2] = -cut->v[i];
        t[i] = cut->point[i] + u * cut->u[i] + v * cut->v[i];
    }
    return nav_pose_from_matrix(R, t, 1e-6, out_pose) == NAV_OK;
}

static void add_noise(struct nav_pose *pose, uint64_t *random)
{
    struct nav_pose turn = nav_pose_identity();
    for (int i = 0; i < 3; ++i) {
        turn.q[i] = 0.5 * noise_deg * (M_PI / 180.0) / sqrt(3.0) * normal_deviate(random);
        pose->t_mm[i] += noise_mm / sqrt(3.0) * normal_deviate(random);
    }
    *pose = nav_pose_compose(pose, &turn);
}

bool blade_path_simulated(const struct phantom_plan *plan, struct blade_path *out_path)
{
    *out_path = (struct blade_path){0};
    size_t capacity = 0;
    for (int c = 0; c < PHANTOM_CUTS; ++c) {
        capacity += (size_t)(plan->cuts[c].depth / feed_mm_s * rate_hz) + 1;
    }
    out_path->poses = calloc(capacity, sizeof(*out_path->poses));
    if (out_path->poses == NULL) {
        return false;
    }
    uint64_t random = 5;
    for (int c = 0; c < PHANTOM_CUTS; ++c) {
        const struct phantom_cut *cut = &plan->cuts[c];
        const size_t steps = (size_t)(cut->depth / feed_mm_s * rate_hz) + 1;
        for (size_t i = 0; i < steps; ++i) {
            const double time = (double)i / rate_hz;
            struct nav_pose pose;
            if (!pose_in_cut(cut, saw_mm * sin(2.0 * M_PI * saw_hz * time), feed_mm_s * time,
                             &pose)) {
                return false;
            }
            add_noise(&pose, &random);
            out_path->poses[out_path->count++] = trk_blade_pose_at(&blade_path_shape, &pose);
        }
    }
    return true;
}

static bool read_motion(const char *path, struct srv_sequence **out_sequence)
{
    struct srv_sequence_error error;
    return srv_sequence_read(path, out_sequence, &error) == NAV_OK;
}

bool blade_path_recorded(const struct phantom_plan *plan, struct blade_path *out_path)
{
    *out_path = (struct blade_path){0};
    const char *folder = getenv("OSTEONAV_DATA");
    char path[4096];
    (void)snprintf(path, sizeof(path),
                   "%s/sessions/plus/WaterTankBottomTranslationTrackerBuffer.igs.mha",
                   folder != NULL ? folder : "../shared/data");
    struct srv_sequence *sequence = NULL;
    if (!read_motion(path, &sequence)) {
        return false;
    }
    const ptrdiff_t probe = srv_sequence_find(sequence, "ProbeToTracker");
    struct nav_pose first = nav_pose_identity(), placed = nav_pose_identity();
    double mean[3] = {0.0, 0.0, 0.0};
    struct nav_pose *moves = probe >= 0 ? calloc(sequence->frame_count, sizeof(*moves)) : NULL;
    out_path->poses = calloc(sequence->frame_count, sizeof(*out_path->poses));
    bool good = moves != NULL && out_path->poses != NULL &&
                pose_in_cut(&plan->cuts[1], 0.0, 0.5 * plan->cuts[1].depth, &placed);
    size_t count = 0;
    for (size_t f = 0; good && f < sequence->frame_count; ++f) {
        const struct srv_sequence_pose *pose = srv_sequence_at(sequence, f, (size_t)probe);
        const double *m = pose->matrix;
        const double R[9] = {m[0], m[1], m[2], m[4], m[5], m[6], m[8], m[9], m[10]};
        const double t[3] = {m[3], m[7], m[11]};
        struct nav_pose now;
        if (!pose->present || nav_pose_from_matrix(R, t, 0.01, &now) != NAV_OK) {
            continue;
        }
        if (count == 0) {
            first = nav_pose_inverse(&now);
        }
        moves[count] = nav_pose_compose(&first, &now);
        for (int i = 0; i < 3; ++i) {
            mean[i] += moves[count].t_mm[i];
        }
        ++count;
    }
    for (size_t i = 0; i < count; ++i) {
        for (int k = 0; k < 3; ++k) {
            moves[i].t_mm[k] -= mean[k] / (double)count;
        }
        const struct nav_pose pose = nav_pose_compose(&placed, &moves[i]);
        out_path->poses[i] = trk_blade_pose_at(&blade_path_shape, &pose);
    }
    out_path->count = count;
    free(moves);
    srv_sequence_destroy(sequence);
    return good && count > 0;
}

void blade_path_finish(struct blade_path *path)
{
    free(path->poses);
}
