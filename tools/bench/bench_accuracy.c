/* The whole chain on the simulated patient: pivot calibration, blade calibration, landmarks,
 * registration, navigation, every pose with the noise of a tracker. Where are tip and blade then
 * believed to be, and where are they? The reference of each figure is the limit to hold. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "blade.h"
#include "nav/pose.h"
#include "phantom_plan.h"
#include "phantom_sdf.h"
#include "pivot.h"
#include "registration.h"
#include "verbs.h"

enum {
    USUAL_TRIALS = 1000,
    QUICK_TRIALS = 40,
    PIVOT_POSES = 400,
    HELD_POSES = 60, /* a touch is the mean of a second */
    EDGE_TOUCHES = 2,
    FACE_TOUCHES = 8,
    NAVIGATED = 8 /* poses of the blade in a trial */
};

/* rms of the distance, and of the angle about each axis: a tracker's */
static const double noise_mm = 0.25;
static const double noise_deg = 0.1;
/* how well a hand finds a landmark on bone, rms of the distance */
static const double touch_mm = 0.5;

static const double stylus_tip_mm[3] = {3.0, -2.0, -160.0};
static const double blade_width_mm = 20.0;
static const double blade_thickness_mm = 2.0;
static const double blade_tip_mm[3] = {0.0, 5.0, -180.0};

static double uniform(uint64_t *state)
{
    *state += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t z = *state;
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (double)((z ^ (z >> 31)) >> 11) * 0x1.0p-53;
}

static double normal(uint64_t *state)
{
    const double u = uniform(state), v = uniform(state);
    return sqrt(-2.0 * log(1.0 - u)) * cos(2.0 * M_PI * v);
}

static struct nav_pose about(double x, double y, double z)
{
    const double angle = sqrt(x * x + y * y + z * z);
    const double s = angle > 0.0 ? sin(0.5 * angle) / angle : 0.0;
    return (struct nav_pose){.q = {s * x, s * y, s * z, cos(0.5 * angle)}};
}

static struct nav_pose random_pose(uint64_t *random, double angle_rad, double reach_mm)
{
    struct nav_pose pose =
        about(angle_rad * normal(random), angle_rad * normal(random), angle_rad * normal(random));
    for (int k = 0; k < 3; ++k) {
        pose.t_mm[k] = reach_mm * (2.0 * uniform(random) - 1.0);
    }
    return pose;
}

/* What the tracker says of a marker that is at `truth`. */
static struct nav_pose measured(uint64_t *random, const struct nav_pose *truth)
{
    const double rad = noise_deg * (M_PI / 180.0) / sqrt(3.0), mm = noise_mm / sqrt(3.0);
    const struct nav_pose turn =
        about(rad * normal(random), rad * normal(random), rad * normal(random));
    struct nav_pose pose = nav_pose_compose(truth, &turn);
    for (int k = 0; k < 3; ++k) {
        pose.t_mm[k] += mm * normal(random);
    }
    return pose;
}

struct trial {
    uint64_t random;
    const struct phantom_plan *plan;
    double target_mm[3]; /* between S3 and S4, image */
    struct nav_pose T_tracker_reference;
    struct nav_pose T_image_reference; /* the truth */
    double tip_mm[3];                  /* of the stylus, as calibrated */
    struct trk_blade blade;            /* as calibrated */
    struct nav_pose T_image_reference_found;
};

static bool calibrate_stylus(struct trial *trial)
{
    struct nav_pose poses[PIVOT_POSES];
    const double divot[3] = {40.0, -30.0, -1100.0};
    for (int i = 0; i < PIVOT_POSES; ++i) {
        const double tilt = 0.6 * sqrt(uniform(&trial->random));
        const double side = 2.0 * M_PI * uniform(&trial->random);
        struct nav_pose truth = about(tilt * cos(side), tilt * sin(side), 0.0);
        double arm[3];
        nav_pose_rotate(&truth, stylus_tip_mm, arm);
        for (int k = 0; k < 3; ++k) {
            truth.t_mm[k] = divot[k] - arm[k];
        }
        poses[i] = measured(&trial->random, &truth);
    }
    const struct trk_pivot_limits limits = trk_pivot_limits_default();
    struct trk_pivot pivot;
    if (trk_pivot_calibrate(poses, PIVOT_POSES, &limits, &pivot, NULL) != NAV_OK ||
        pivot.refusals.count > 0) {
        return false;
    }
    memcpy(trial->tip_mm, pivot.tip_mm, sizeof(trial->tip_mm));
    return true;
}

/* The place, in the frame of a marker at `T_tracker_marker`, that the calibrated stylus gives for a
 * point held for a second. */
static void touch(struct trial *trial, const struct nav_pose *T_tracker_marker,
                  const double point_marker[3], double out_marker[3])
{
    double point[3];
    nav_pose_apply(T_tracker_marker, point_marker, point);
    struct nav_pose stylus = random_pose(&trial->random, 0.4, 0.0);
    double arm[3];
    nav_pose_rotate(&stylus, stylus_tip_mm, arm);
    for (int k = 0; k < 3; ++k) {
        stylus.t_mm[k] = point[k] - arm[k];
        out_marker[k] = 0.0;
    }
    for (int i = 0; i < HELD_POSES; ++i) {
        const struct nav_pose marker = measured(&trial->random, T_tracker_marker);
        const struct nav_pose tool = measured(&trial->random, &stylus);
        const struct nav_pose T_marker_tracker = nav_pose_inverse(&marker);
        const struct nav_pose T_marker_tool = nav_pose_compose(&T_marker_tracker, &tool);
        double tip[3];
        nav_pose_apply(&T_marker_tool, trial->tip_mm, tip);
        for (int k = 0; k < 3; ++k) {
            out_marker[k] += tip[k] / HELD_POSES;
        }
    }
}

static bool calibrate_blade(struct trial *trial)
{
    const struct nav_pose marker = random_pose(&trial->random, 0.3, 100.0);
    double edge[EDGE_TOUCHES][3], face[FACE_TOUCHES][3], back[FACE_TOUCHES][3];
    for (int i = 0; i < EDGE_TOUCHES; ++i) {
        const double p[3] = {blade_tip_mm[0] + (i == 0 ? -0.5 : 0.5) * blade_width_mm,
                             blade_tip_mm[1], blade_tip_mm[2]};
        touch(trial, &marker, p, edge[i]);
    }
    for (int i = 0; i < FACE_TOUCHES; ++i) {
        const double x = (i % 2 == 0 ? -0.4 : 0.4) * blade_width_mm;
        const double z = blade_tip_mm[2] + 5.0 + 12.0 * (i / 2);
        const double up[3] = {x, blade_tip_mm[1] + 0.5 * blade_thickness_mm, z};
        const double down[3] = {x, blade_tip_mm[1] - 0.5 * blade_thickness_mm, z};
        touch(trial, &marker, up, face[i]);
        touch(trial, &marker, down, back[i]);
    }
    const struct trk_blade_touches touches = {
        .edge_mm = (const double(*)[3])edge,
        .edge_count = EDGE_TOUCHES,
        .face_mm = (const double(*)[3])face,
        .face_count = FACE_TOUCHES,
        .back_mm = (const double(*)[3])back,
        .back_count = FACE_TOUCHES,
        .outward = {0.0, 1.0, 0.0},
    };
    const struct trk_blade_limits limits = trk_blade_limits_default();
    return trk_blade_calibrate(&touches, &limits, &trial->blade) == NAV_OK &&
           trial->blade.refusals.count == 0;
}

static bool register_patient(struct trial *trial)
{
    const struct nav_pose T_reference_image = nav_pose_inverse(&trial->T_image_reference);
    struct trk_landmark landmarks[PHANTOM_LANDMARKS];
    memset(landmarks, 0, sizeof(landmarks));
    for (int i = 0; i < PHANTOM_LANDMARKS; ++i) {
        struct trk_landmark *landmark = &landmarks[i];
        double found[3], point[3];
        for (int k = 0; k < 3; ++k) {
            landmark->image_mm[k] = trial->plan->landmarks[i].position[k];
            found[k] = landmark->image_mm[k] + touch_mm / sqrt(3.0) * normal(&trial->random);
        }
        nav_pose_apply(&T_reference_image, found, point);
        touch(trial, &trial->T_tracker_reference, point, landmark->measured_mm);
    }
    const struct trk_registration_limits limits = trk_registration_limits_default();
    struct trk_registration *registration = malloc(sizeof(*registration));
    const bool good =
        registration != NULL &&
        trk_register(landmarks, PHANTOM_LANDMARKS, NULL, 0, &limits, registration) == NAV_OK &&
        registration->accepted;
    if (good) {
        trial->T_image_reference_found = registration->T_image_reference;
    }
    free(registration);
    return good;
}

static double distance(const double a[3], const double b[3])
{
    return sqrt((a[0] - b[0]) * (a[0] - b[0]) + (a[1] - b[1]) * (a[1] - b[1]) +
                (a[2] - b[2]) * (a[2] - b[2]));
}

/* The blade near S3-S4, as it is and as navigation gives it. */
static void navigate(struct trial *trial, double *out_tip_mm, double *out_plane_deg)
{
    struct nav_pose T_image_marker = random_pose(&trial->random, 0.5, 0.0);
    double arm[3], tip[3], found[3];
    nav_pose_rotate(&T_image_marker, blade_tip_mm, arm);
    for (int k = 0; k < 3; ++k) {
        tip[k] = trial->target_mm[k] + 10.0 * (2.0 * uniform(&trial->random) - 1.0);
        T_image_marker.t_mm[k] = tip[k] - arm[k];
    }
    const struct nav_pose T_reference_image = nav_pose_inverse(&trial->T_image_reference);
    const struct nav_pose in_reference = nav_pose_compose(&T_reference_image, &T_image_marker);
    const struct nav_pose in_tracker = nav_pose_compose(&trial->T_tracker_reference, &in_reference);

    const struct nav_pose reference = measured(&trial->random, &trial->T_tracker_reference);
    const struct nav_pose marker = measured(&trial->random, &in_tracker);
    const struct nav_pose from_tracker = nav_pose_inverse(&reference);
    const struct nav_pose seen = nav_pose_compose(&from_tracker, &marker);
    const struct nav_pose shown = nav_pose_compose(&trial->T_image_reference_found, &seen);
    nav_pose_apply(&shown, trial->blade.tip_mm, found);
    *out_tip_mm = distance(found, tip);

    const double up[3] = {0.0, 1.0, 0.0};
    double n_true[3], n_found[3];
    nav_pose_rotate(&T_image_marker, up, n_true);
    nav_pose_rotate(&shown, trial->blade.up, n_found);
    const double apart = 0.5 * distance(n_true, n_found);
    *out_plane_deg = 2.0 * asin(fmin(1.0, apart)) * (180.0 / M_PI);
}

static bool run_trial(struct trial *trial, double tips_mm[NAVIGATED], double planes_deg[NAVIGATED])
{
    trial->T_tracker_reference = random_pose(&trial->random, 0.5, 150.0);
    trial->T_tracker_reference.t_mm[2] -= 1200.0;
    trial->T_image_reference = random_pose(&trial->random, 1.0, 100.0);
    if (!calibrate_stylus(trial) || !calibrate_blade(trial) || !register_patient(trial)) {
        return false;
    }
    for (int i = 0; i < NAVIGATED; ++i) {
        navigate(trial, &tips_mm[i], &planes_deg[i]);
    }
    return true;
}

static double mean_of(const double *values, size_t count)
{
    double sum = 0.0;
    for (size_t i = 0; i < count; ++i) {
        sum += values[i];
    }
    return sum / (double)count;
}

static void print_errors(const struct bench_options *options, const char *what, const char *unit,
                         double *values, size_t count, double mean_max, double most_max,
                         unsigned trials, unsigned refused)
{
    const double mean = mean_of(values, count);
    const double most = bench_quantile(values, count, 0.95);
    const double worst = bench_quantile(values, count, 1.0);
    char named[96];
    for (int row = 0; row < 2; ++row) {
        (void)snprintf(named, sizeof(named), "%s, %s", what, row == 0 ? "mean" : "95 %");
        bench_print(options, &(struct bench_result){
                                 .bench = "accuracy",
                                 .what = named,
                                 .unit = unit,
                                 .ours = row == 0 ? mean : most,
                                 .reference = row == 0 ? mean_max : most_max,
                                 .reference_name = "limit",
                                 .runs = trials,
                                 .extra = json_pack("{s:f, s:i, s:i}", "worst", worst, "poses",
                                                    (int)count, "refused_trials", (int)refused),
                             });
    }
}

int bench_accuracy(const struct bench_options *options)
{
    struct phantom *phantom = NULL;
    struct phantom_plan plan;
    if (phantom_create(1, &phantom) != NAV_OK || phantom_plan_make(phantom, &plan) != NAV_OK) {
        phantom_destroy(phantom);
        fputs("osteonav bench accuracy: cannot build the patient\n", stderr);
        return VERB_FAILED;
    }
    double target[3];
    double foramina[4][3];
    for (int i = 0; i < 4; ++i) {
        phantom_foramen_centre(phantom, 2 + i / 2, i % 2 == 0 ? -1 : 1, foramina[i]);
    }
    for (int k = 0; k < 3; ++k) {
        target[k] = 0.25 * (foramina[0][k] + foramina[1][k] + foramina[2][k] + foramina[3][k]);
    }
    phantom_destroy(phantom);

    const unsigned trials = options->quick ? QUICK_TRIALS : USUAL_TRIALS;
    double *tips = calloc((size_t)trials * NAVIGATED, sizeof(*tips));
    double *planes = calloc((size_t)trials * NAVIGATED, sizeof(*planes));
    size_t count = 0;
    unsigned refused = 0;
    for (unsigned i = 0; tips != NULL && planes != NULL && i < trials; ++i) {
        struct trial trial = {.random = i + 1, .plan = &plan};
        memcpy(trial.target_mm, target, sizeof(target));
        if (run_trial(&trial, tips + count, planes + count)) {
            count += NAVIGATED;
        } else {
            ++refused; /* a gate stopped it: nothing would have been shown */
        }
    }
    if (count > 0) {
        print_errors(options, "tip at S3-S4", "mm", tips, count, 1.0, 2.0, trials, refused);
        print_errors(options, "blade plane", "deg", planes, count, 1.0, 2.0, trials, refused);
    } else {
        fputs("osteonav bench accuracy: every trial was refused\n", stderr);
    }
    free(tips);
    free(planes);
    return count > 0 ? VERB_OK : VERB_FAILED;
}
