/* How a trainee did: measured from scenes, judged by an exercise's rules.
 *
 * It sees what a display sees and nothing else, so that it judges what the trainee was shown:
 *
 *   struct train_score *score;
 *   train_score_create(exercise, &settings, &score);
 *   for each scene: train_score_take(score, &scene);
 *   train_score_finish(score, expert or NULL, &result);
 *
 * An attempt begins with the first pose of the tool and ends with the last cut, or with the last
 * scene. Image space LPS, mm. Thread: one. */
#ifndef TRAIN_SCORE_H
#define TRAIN_SCORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "exercise.h"
#include "nav/scene.h"
#include "nav/status.h"

enum { TRAIN_DROP_OUTS_MAX = 256, TRAIN_NEAR_MAX = 256 };

/* How scenes are measured; rows train_* of config/limits_table.h. */
struct train_settings {
    double step_mm;       /* shorter movements of the tip are noise and no way */
    double hold_mm;       /* deeper than this over a drop-out: it was cut on */
    double withdraw_mm;   /* drawn back by this: a reaction */
    int64_t sample_ns;    /* of the tracks that are kept */
    int64_t reaction_ns;  /* later than this is no reaction */
    int64_t drop_out_ns;  /* shorter ones are not counted */
    int64_t near_join_ns; /* near-misses of a structure that are closer in time are one */
};

struct train_cut {
    char name[NAV_NAME_SIZE];
    bool wanted;
    bool made;            /* the blade was in it to at least half its planned depth */
    uint64_t samples;     /* scenes with the blade cutting */
    double offset_rms_mm; /* NaN without */
    double offset_max_mm;
    double angle_rms_deg; /* of the larger of pitch and roll */
    double depth_max_mm;
    double planned_depth_mm;
    double over_depth_mm;
    double cutting_s;
    uint32_t overrides;
    bool fitted; /* the executed plane is known */
    double mean_deviation_mm, location_mm, executed_angle_deg, margin_mm, coverage;
};

/* A time in which the tool could not be shown, or the picture was not to be trusted. */
struct train_drop_out {
    double at_s, seconds;
    char reason[NAV_NAME_SIZE]; /* key of the worst reason */
    double blind_mm;   /* how far the tip was from where it was lost, when seen again; NaN */
    double deeper_mm;  /* ... along the cut; NaN without one */
    double reaction_s; /* until a pause, an acknowledgement or a withdrawal; NaN = none */
    bool missed;       /* it was cut on, and nothing was done about it */
    bool in_air;       /* no bone was in reach: nothing to answer */
};

/* A time within a structure's limits. */
struct train_near {
    double at_s, seconds;
    char structure[NAV_NAME_SIZE];
    double distance_mm; /* smallest */
    bool stop;          /* within the stop distance */
    bool expected;      /* the expert came as near: not held against the trainee */
};

/* One kept instant. */
struct train_sample {
    double at_s;
    double tip_mm[3]; /* NaN while not shown */
    int32_t cut;      /* active one, -1 = none */
    bool cutting;
    double offset_mm, depth_mm;
    double nearest_mm; /* to the nearest structure with limits; NaN */
    int32_t nearest;   /* which */
};

struct train_verdict {
    bool judged;
    double value;
    double goal, limit, weight;
    double points; /* 0 to 1 */
};

struct train_result {
    double seconds;
    double path_mm;
    double points; /* 0 to 100 */
    bool passed;
    uint32_t checks;
    uint64_t scenes;
    size_t cut_count;
    struct train_cut cuts[NAV_CUTS_MAX];
    size_t drop_out_count;
    struct train_drop_out drop_outs[TRAIN_DROP_OUTS_MAX];
    size_t near_count;
    struct train_near nears[TRAIN_NEAR_MAX];
    size_t overflow; /* drop-outs and near-misses for which there was no room */
    struct train_verdict verdicts[TRAIN_CRITERION_COUNT];
    size_t sample_count;
    struct train_sample *samples; /* caller frees with train_result_finish */
    char structures[NAV_STRUCTURES_MAX][NAV_NAME_SIZE];
    double stop_mm[NAV_STRUCTURES_MAX], caution_mm[NAV_STRUCTURES_MAX];
};

struct train_score;

/* Copies what it needs. NAV_ERR_MEMORY. */
NAV_MUST_USE enum nav_status train_score_create(const struct train_exercise *exercise,
                                                const struct train_settings *settings,
                                                struct train_score **out_score);
void train_score_destroy(struct train_score *score); /* NULL is legal */

/* Scenes in order of time; ghosts are not looked at. NAV_ERR_MEMORY. */
NAV_MUST_USE enum nav_status train_score_take(struct train_score *score,
                                              const struct nav_scene *scene);

/* Ends and judges. `expert` is a result of the same exercise, or NULL. NAV_ERR_NOT_FOUND: the tool
 * was never seen; NAV_ERR_MEMORY. */
NAV_MUST_USE enum nav_status train_score_finish(struct train_score *score,
                                                const struct train_result *expert,
                                                struct train_result **out_result);
void train_result_destroy(struct train_result *result); /* NULL is legal */

/* "cut on blindly", "answered", "in the air", "held still". */
const char *train_drop_out_word(const struct train_drop_out *drop);

/* Mean and largest distance of the cutting samples from the expert's cutting samples of the same
 * cut, mm. False: there is nothing to compare. */
bool train_path_distance(const struct train_result *result, const struct train_result *expert,
                         double *out_mean_mm, double *out_max_mm);

#endif
