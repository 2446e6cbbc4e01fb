#include "score.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nav/time.h"

static const double made_share = 0.5; /* of the planned depth: the cut counts as made */

struct cut_sums {
    double offset2, angle2;
    int64_t last_cutting_ns;
    int64_t cutting_ns;
};

/* A drop-out that goes on. */
struct blind {
    bool open;
    int64_t since_ns;
    double tip_mm[3]; /* last shown; NaN */
    double depth_mm;  /* along the active cut; NaN */
    int32_t cut;
    uint32_t cut_state;
    uint32_t acknowledged;
    double reaction_s;
    char reason[NAV_NAME_SIZE];
};

struct near_open {
    bool open;
    struct train_near near;
    int64_t since_ns;
};

struct train_score {
    struct train_exercise exercise; /* its texts are not used */
    struct train_settings settings;
    struct train_result *result;
    struct cut_sums sums[NAV_CUTS_MAX];
    struct blind blind;
    struct near_open nears[NAV_STRUCTURES_MAX];
    bool begun;
    int64_t start_ns, last_ns, end_ns, sampled_ns;
    bool has_tip;
    double way_from_mm[3];
    double last_tip_mm[3];
    double last_depth_mm;
    int32_t last_cut;
    uint32_t first_checks;
    size_t sample_capacity;
};

static double seconds(int64_t ns)
{
    return (double)ns / (double)NAV_NS_PER_S;
}

static double distance(const double a[3], const double b[3])
{
    return sqrt((a[0] - b[0]) * (a[0] - b[0]) + (a[1] - b[1]) * (a[1] - b[1]) +
                (a[2] - b[2]) * (a[2] - b[2]));
}

enum nav_status train_score_create(const struct train_exercise *exercise,
                                   const struct train_settings *settings,
                                   struct train_score **out_score)
{
    struct train_score *score = calloc(1, sizeof(*score));
    struct train_result *result = calloc(1, sizeof(*result));
    if (score == NULL || result == NULL) {
        free(score);
        free(result);
        return NAV_ERR_MEMORY;
    }
    score->exercise = *exercise;
    score->exercise.script = score->exercise.expert = NULL;
    score->settings = *settings;
    score->result = result;
    score->last_cut = -1;
    *out_score = score;
    return NAV_OK;
}

void train_score_destroy(struct train_score *score)
{
    if (score != NULL) {
        train_result_destroy(score->result);
        free(score);
    }
}

void train_result_destroy(struct train_result *result)
{
    if (result != NULL) {
        free(result->samples);
        free(result);
    }
}

/* ---- what a scene says ---------------------------------------------------------------------- */

static int32_t active_cut(const struct nav_scene *scene)
{
    for (uint32_t i = 0; i < scene->cut_count; ++i) {
        if (scene->cuts[i].state == NAV_CUT_ACTIVE) {
            return (int32_t)i;
        }
    }
    return -1;
}

static const struct nav_scene_tool *find_tool(const struct train_score *score,
                                              const struct nav_scene *scene)
{
    for (uint32_t i = 0; i < scene->tool_count; ++i) {
        const struct nav_scene_tool *tool = &scene->tools[i];
        if (tool->ghost == 0 && strcmp(tool->name, score->exercise.tool) == 0) {
            return tool;
        }
    }
    return NULL;
}

/* Of a point along the cutting direction below the entry edge. */
static double depth_of(const struct nav_scene_cut *cut, const double tip_mm[3])
{
    const double *n = cut->normal;
    const double *u = cut->u;
    const double v[3] = {n[1] * u[2] - n[2] * u[1], n[2] * u[0] - n[0] * u[2],
                         n[0] * u[1] - n[1] * u[0]};
    return (tip_mm[0] - cut->point_mm[0]) * v[0] + (tip_mm[1] - cut->point_mm[1]) * v[1] +
           (tip_mm[2] - cut->point_mm[2]) * v[2];
}

static uint32_t acknowledged_alarms(const struct nav_scene *scene)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < scene->alarm_count; ++i) {
        count += scene->alarms[i].acknowledged != 0 ? 1 : 0;
    }
    return count;
}

/* The reason that makes the picture untrustworthy though a tool may still be shown; else NONE. */
static uint32_t doubt_of(const struct nav_scene *scene)
{
    for (uint32_t i = 0; i < scene->reason_count; ++i) {
        const uint32_t reason = scene->reasons[i].reason;
        if (reason == NAV_REASON_REFERENCE_MOVED || reason == NAV_REASON_REGISTRATION_DRIFT) {
            return reason;
        }
    }
    return NAV_REASON_NONE;
}

/* ---- cuts ----------------------------------------------------------------------------------- */

static void take_cut(struct train_score *score, const struct nav_scene_cut *cut, size_t index,
                     int64_t time_ns)
{
    struct train_cut *out = &score->result->cuts[index];
    struct cut_sums *sums = &score->sums[index];
    if (out->name[0] == '\0') {
        memcpy(out->name, cut->name, sizeof(out->name));
        out->wanted = score->exercise.cuts[index];
        out->planned_depth_mm = cut->planned_depth_mm;
        out->depth_max_mm = 0.0;
    }
    out->overrides = cut->overrides;
    out->fitted = cut->fitted != 0;
    out->mean_deviation_mm = cut->mean_deviation_mm;
    out->location_mm = cut->location_mm;
    out->executed_angle_deg = cut->angle_deg;
    out->margin_mm = cut->margin_mm;
    out->coverage = cut->coverage;
    if (cut->guided == 0 || cut->cutting == 0 || !isfinite(cut->offset_mm)) {
        sums->last_cutting_ns = 0;
        return;
    }
    const double angle = fmax(fabs(cut->pitch_deg), fabs(cut->roll_deg));
    ++out->samples;
    sums->offset2 += cut->offset_mm * cut->offset_mm;
    sums->angle2 += isfinite(angle) ? angle * angle : 0.0;
    out->offset_max_mm = fmax(out->offset_max_mm, fabs(cut->offset_mm));
    if (isfinite(cut->depth_mm)) {
        out->depth_max_mm = fmax(out->depth_max_mm, cut->depth_mm);
    }
    if (sums->last_cutting_ns != 0) {
        sums->cutting_ns += time_ns - sums->last_cutting_ns;
    }
    sums->last_cutting_ns = time_ns;
}

/* The attempt is over when every cut that is asked for is; a cut taken up again goes on. */
static void note_end(struct train_score *score, const struct nav_scene *scene)
{
    score->end_ns = 0;
    for (uint32_t i = 0; i < scene->cut_count; ++i) {
        const struct nav_scene_cut *cut = &scene->cuts[i];
        if (!score->exercise.cuts[i]) {
            continue;
        }
        if (cut->state != NAV_CUT_DONE && cut->state != NAV_CUT_SKIPPED) {
            score->end_ns = 0;
            return;
        }
        score->end_ns = cut->ended_ns > score->end_ns ? cut->ended_ns : score->end_ns;
    }
}

/* ---- structures ----------------------------------------------------------------------------- */

/* The last near-miss of this structure, when it ended a short while before `since_ns`: sawing goes
 * in and out. */
static struct train_near *continued(struct train_score *score, const struct near_open *open)
{
    struct train_result *result = score->result;
    const double since_s = seconds(open->since_ns - score->start_ns);
    for (size_t i = result->near_count; i > 0; --i) {
        struct train_near *near = &result->nears[i - 1];
        if (strcmp(near->structure, open->near.structure) == 0) {
            const double gap_s = since_s - (near->at_s + near->seconds);
            return gap_s <= seconds(score->settings.near_join_ns) ? near : NULL;
        }
    }
    return NULL;
}

static void close_near(struct train_score *score, struct near_open *open, int64_t time_ns)
{
    struct train_result *result = score->result;
    if (!open->open) {
        return;
    }
    open->open = false;
    open->near.seconds = seconds(time_ns - open->since_ns);
    struct train_near *before = continued(score, open);
    if (before != NULL) {
        before->seconds = seconds(time_ns - score->start_ns) - before->at_s;
        before->distance_mm = fmin(before->distance_mm, open->near.distance_mm);
        before->stop = before->stop || open->near.stop;
        return;
    }
    if (result->near_count == TRAIN_NEAR_MAX) {
        ++result->overflow;
        return;
    }
    result->nears[result->near_count++] = open->near;
}

static void take_structure(struct train_score *score, const struct nav_scene_structure *structure,
                           size_t index, int64_t time_ns)
{
    struct near_open *open = &score->nears[index];
    memcpy(score->result->structures[index], structure->name, NAV_NAME_SIZE);
    score->result->stop_mm[index] = structure->stop_mm;
    score->result->caution_mm[index] = structure->caution_mm;
    if (structure->has_distance == 0 || structure->limited == 0 ||
        structure->limit_state < NAV_LIMIT_CAUTION) {
        close_near(score, open, time_ns);
        return;
    }
    if (!open->open) {
        *open = (struct near_open){.open = true, .since_ns = time_ns};
        open->near.at_s = seconds(time_ns - score->start_ns);
        open->near.distance_mm = structure->distance_mm;
        memcpy(open->near.structure, structure->name, NAV_NAME_SIZE);
    }
    open->near.distance_mm = fmin(open->near.distance_mm, structure->distance_mm);
    open->near.stop = open->near.stop || structure->limit_state == NAV_LIMIT_STOP;
}

/* ---- drop-outs ------------------------------------------------------------------------------ */

static void open_blind(struct train_score *score, const struct nav_scene *scene, int32_t cut,
                       const char *reason)
{
    struct blind *blind = &score->blind;
    *blind = (struct blind){.open = true,
                            .since_ns = scene->time_ns,
                            .cut = cut,
                            .depth_mm = cut == score->last_cut ? score->last_depth_mm : NAN,
                            .acknowledged = acknowledged_alarms(scene),
                            .reaction_s = NAN};
    memcpy(blind->tip_mm, score->last_tip_mm, sizeof(blind->tip_mm));
    (void)snprintf(blind->reason, sizeof(blind->reason), "%s", reason);
    blind->cut_state = cut >= 0 ? scene->cuts[cut].state : NAV_CUT_PLANNED;
}

/* Whether the trainee has answered by now. */
static void look_for_reaction(struct train_score *score, const struct nav_scene *scene,
                              const double *tip_mm)
{
    struct blind *blind = &score->blind;
    if (isfinite(blind->reaction_s)) {
        return;
    }
    const bool paused = blind->cut >= 0 && blind->cut_state == NAV_CUT_ACTIVE &&
                        (uint32_t)blind->cut < scene->cut_count &&
                        scene->cuts[blind->cut].state != NAV_CUT_ACTIVE;
    const bool acknowledged = acknowledged_alarms(scene) > blind->acknowledged;
    bool withdrawn = false;
    if (tip_mm != NULL && blind->cut >= 0 && isfinite(blind->depth_mm)) {
        withdrawn = depth_of(&scene->cuts[blind->cut], tip_mm) <=
                    blind->depth_mm - score->settings.withdraw_mm;
    }
    const int64_t after_ns = scene->time_ns - blind->since_ns;
    if ((paused || acknowledged || withdrawn) && after_ns <= score->settings.reaction_ns) {
        blind->reaction_s = seconds(after_ns);
    }
}

static void close_blind(struct train_score *score, const struct nav_scene *scene,
                        const double *tip_mm)
{
    struct train_result *result = score->result;
    struct blind *blind = &score->blind;
    blind->open = false;
    if (scene->time_ns - blind->since_ns < score->settings.drop_out_ns) {
        return;
    }
    struct train_drop_out drop = {
        .at_s = seconds(blind->since_ns - score->start_ns),
        .seconds = seconds(scene->time_ns - blind->since_ns),
        .blind_mm = NAN,
        .deeper_mm = NAN,
        .reaction_s = blind->reaction_s,
    };
    memcpy(drop.reason, blind->reason, sizeof(drop.reason));
    if (tip_mm != NULL) {
        drop.blind_mm = distance(tip_mm, blind->tip_mm);
        if (blind->cut >= 0 && isfinite(blind->depth_mm)) {
            drop.deeper_mm = depth_of(&scene->cuts[blind->cut], tip_mm) - blind->depth_mm;
        }
    }
    const double after_mm = blind->depth_mm + drop.deeper_mm;
    drop.in_air = !(fmax(blind->depth_mm, after_mm) > 0.0); /* also without a cut */
    drop.missed = !drop.in_air && isfinite(drop.deeper_mm) &&
                  drop.deeper_mm > score->settings.hold_mm && !isfinite(drop.reaction_s);
    if (result->drop_out_count == TRAIN_DROP_OUTS_MAX) {
        ++result->overflow;
        return;
    }
    result->drop_outs[result->drop_out_count++] = drop;
}

/* `tip_mm` is NULL while the tool is not shown. */
static void take_blindness(struct train_score *score, const struct nav_scene *scene,
                           const struct nav_scene_tool *tool, const double *tip_mm, int32_t cut)
{
    const uint32_t doubt = doubt_of(scene);
    const bool blind = tip_mm == NULL || doubt != NAV_REASON_NONE;
    if (blind && !score->blind.open) {
        const uint32_t why = doubt != NAV_REASON_NONE                          ? doubt
                             : tool != NULL && tool->reason != NAV_REASON_NONE ? tool->reason
                             : scene->reason_count > 0 ? scene->reasons[0].reason
                                                       : (uint32_t)NAV_REASON_TOOL_LOST;
        open_blind(score, scene, cut, nav_reason_name(why));
    }
    if (score->blind.open) {
        look_for_reaction(score, scene, tip_mm);
    }
    if (!blind && score->blind.open) {
        close_blind(score, scene, tip_mm);
    }
}

/* ---- way and samples ------------------------------------------------------------------------ */

static void take_way(struct train_score *score, const double *tip_mm)
{
    if (tip_mm == NULL) {
        return;
    }
    if (!score->has_tip) {
        score->has_tip = true;
        memcpy(score->way_from_mm, tip_mm, sizeof(score->way_from_mm));
    }
    const double step_mm = distance(tip_mm, score->way_from_mm);
    if (step_mm >= score->settings.step_mm) {
        score->result->path_mm += step_mm;
        memcpy(score->way_from_mm, tip_mm, sizeof(score->way_from_mm));
    }
}

static enum nav_status keep_sample(struct train_score *score, const struct nav_scene *scene,
                                   const double *tip_mm, int32_t cut)
{
    struct train_result *result = score->result;
    if (result->sample_count > 0 &&
        scene->time_ns - score->sampled_ns < score->settings.sample_ns) {
        return NAV_OK;
    }
    if (result->sample_count == score->sample_capacity) {
        const size_t capacity = score->sample_capacity == 0 ? 1024 : 2 * score->sample_capacity;
        struct train_sample *grown = realloc(result->samples, capacity * sizeof(*grown));
        if (grown == NULL) {
            return NAV_ERR_MEMORY;
        }
        result->samples = grown;
        score->sample_capacity = capacity;
    }
    struct train_sample sample = {.at_s = seconds(scene->time_ns - score->start_ns),
                                  .tip_mm = {NAN, NAN, NAN},
                                  .cut = cut,
                                  .offset_mm = NAN,
                                  .depth_mm = NAN,
                                  .nearest_mm = NAN,
                                  .nearest = -1};
    if (tip_mm != NULL) {
        memcpy(sample.tip_mm, tip_mm, sizeof(sample.tip_mm));
    }
    if (cut >= 0 && scene->cuts[cut].guided != 0) {
        sample.cutting = scene->cuts[cut].cutting != 0;
        sample.offset_mm = scene->cuts[cut].offset_mm;
        sample.depth_mm = scene->cuts[cut].depth_mm;
    }
    for (uint32_t i = 0; i < scene->structure_count; ++i) {
        const struct nav_scene_structure *structure = &scene->structures[i];
        if (structure->has_distance != 0 && structure->limited != 0 &&
            !(structure->distance_mm >= sample.nearest_mm)) {
            sample.nearest_mm = structure->distance_mm;
            sample.nearest = (int32_t)i;
        }
    }
    score->sampled_ns = scene->time_ns;
    result->samples[result->sample_count++] = sample;
    return NAV_OK;
}

enum nav_status train_score_take(struct train_score *score, const struct nav_scene *scene)
{
    const struct nav_scene_tool *tool = find_tool(score, scene);
    const double *tip_mm = tool != NULL && tool->has_pose != 0 ? tool->tip_image_mm : NULL;
    const int32_t cut = active_cut(scene);
    if (!score->begun) {
        if (tip_mm == NULL) {
            return NAV_OK;
        }
        score->begun = true;
        score->start_ns = scene->time_ns;
        score->first_checks = scene->registration.checks;
        memcpy(score->last_tip_mm, tip_mm, sizeof(score->last_tip_mm));
        score->last_depth_mm = NAN;
    }
    struct train_result *result = score->result;
    ++result->scenes;
    score->last_ns = scene->time_ns;
    result->cut_count = scene->cut_count;
    if (scene->registration.checks < score->first_checks) { /* registered again */
        score->first_checks = 0;
    }
    const uint32_t checks = scene->registration.checks - score->first_checks;
    result->checks = checks > result->checks ? checks : result->checks;
    for (uint32_t i = 0; i < scene->cut_count; ++i) {
        take_cut(score, &scene->cuts[i], i, scene->time_ns);
    }
    note_end(score, scene);
    for (uint32_t i = 0; i < scene->structure_count; ++i) {
        take_structure(score, &scene->structures[i], i, scene->time_ns);
    }
    take_blindness(score, scene, tool, tip_mm, cut);
    take_way(score, tip_mm);
    if (tip_mm != NULL) {
        memcpy(score->last_tip_mm, tip_mm, sizeof(score->last_tip_mm));
        score->last_depth_mm = cut >= 0 ? depth_of(&scene->cuts[cut], tip_mm) : NAN;
        score->last_cut = cut;
    }
    return keep_sample(score, scene, tip_mm, cut);
}

/* ---- the verdict ---------------------------------------------------------------------------- */

static double worst_of(const struct train_result *result, size_t offset)
{
    double worst = NAN;
    for (size_t i = 0; i < result->cut_count; ++i) {
        const struct train_cut *cut = &result->cuts[i];
        double value;
        memcpy(&value, (const char *)cut + offset, sizeof(value));
        if (cut->wanted && cut->samples > 0) {
            worst = fmax(worst, value);
        }
    }
    return worst;
}

static size_t missing_cuts(const struct train_exercise *exercise, const struct train_result *result)
{
    size_t made = 0;
    for (size_t i = 0; i < result->cut_count; ++i) {
        made += exercise->cuts[i] && result->cuts[i].made ? 1 : 0;
    }
    return exercise->cuts_wanted - made;
}

static double mean_reaction(const struct train_result *result)
{
    double sum = 0.0;
    size_t count = 0;
    for (size_t i = 0; i < result->drop_out_count; ++i) {
        if (isfinite(result->drop_outs[i].reaction_s)) {
            sum += result->drop_outs[i].reaction_s;
            ++count;
        }
    }
    return count > 0 ? sum / (double)count : NAN;
}

static size_t nears_of(const struct train_result *result, bool stop)
{
    size_t count = 0;
    for (size_t i = 0; i < result->near_count; ++i) {
        count += result->nears[i].stop == stop && !result->nears[i].expected ? 1 : 0;
    }
    return count;
}

static size_t missed_drop_outs(const struct train_result *result)
{
    size_t count = 0;
    for (size_t i = 0; i < result->drop_out_count; ++i) {
        count += result->drop_outs[i].missed ? 1 : 0;
    }
    return count;
}

/* Where the plan itself leads past a structure the expert is as near to it. */
static void forgive(const struct train_settings *settings, const struct train_result *expert,
                    struct train_result *result)
{
    for (size_t i = 0; i < result->near_count; ++i) {
        struct train_near *near = &result->nears[i];
        for (size_t k = 0; k < expert->near_count; ++k) {
            const struct train_near *other = &expert->nears[k];
            if (strcmp(near->structure, other->structure) == 0 && (other->stop || !near->stop) &&
                other->distance_mm <= near->distance_mm + settings->hold_mm) {
                near->expected = true;
            }
        }
    }
}

/* Full marks at the goal, none at the limit. */
static void judge(struct train_verdict *verdict)
{
    verdict->judged = isfinite(verdict->value) && isfinite(verdict->goal) && verdict->weight > 0.0;
    if (verdict->judged) {
        const double share = (verdict->limit - verdict->value) / (verdict->limit - verdict->goal);
        verdict->points = fmin(1.0, fmax(0.0, share));
    }
}

static void judge_all(const struct train_exercise *exercise, const struct train_result *expert,
                      struct train_result *result)
{
    double values[TRAIN_CRITERION_COUNT];
    double mean_mm = NAN;
    double max_mm = NAN;
    if (expert != NULL) {
        (void)train_path_distance(result, expert, &mean_mm, &max_mm);
    }
    const uint32_t checks = result->checks < exercise->checks ? result->checks : exercise->checks;
    values[TRAIN_OFFSET] = worst_of(result, offsetof(struct train_cut, offset_rms_mm));
    values[TRAIN_ANGLE] = worst_of(result, offsetof(struct train_cut, angle_rms_deg));
    values[TRAIN_OVER_DEPTH] = worst_of(result, offsetof(struct train_cut, over_depth_mm));
    values[TRAIN_MISSING_CUTS] = (double)missing_cuts(exercise, result);
    values[TRAIN_STOPS] = (double)nears_of(result, true);
    values[TRAIN_CAUTIONS] = (double)nears_of(result, false);
    values[TRAIN_MISSED] = result->drop_out_count > 0 ? (double)missed_drop_outs(result) : NAN;
    values[TRAIN_REACTION] = mean_reaction(result);
    values[TRAIN_MISSING_CHECKS] = exercise->checks > 0 ? (double)(exercise->checks - checks) : NAN;
    values[TRAIN_TIME] = result->seconds;
    values[TRAIN_PATH] = result->path_mm;
    values[TRAIN_EXPERT] = mean_mm;
    double sum = 0.0;
    double weights = 0.0;
    for (size_t i = 0; i < TRAIN_CRITERION_COUNT; ++i) {
        const struct train_rule *rule = &exercise->rules[i];
        struct train_verdict *verdict = &result->verdicts[i];
        *verdict = (struct train_verdict){
            .value = values[i], .goal = rule->goal, .limit = rule->limit, .weight = rule->weight};
        if (isnan(rule->goal)) { /* the expert's own, and a multiple of it */
            const double own = i == TRAIN_TIME && isfinite(exercise->seconds) ? exercise->seconds
                               : expert == NULL                               ? NAN
                               : i == TRAIN_TIME                              ? expert->seconds
                                                                              : expert->path_mm;
            verdict->goal = own;
            verdict->limit = own * rule->limit;
        }
        judge(verdict);
        sum += verdict->judged ? verdict->weight * verdict->points : 0.0;
        weights += verdict->judged ? verdict->weight : 0.0;
    }
    result->points = weights > 0.0 ? 100.0 * sum / weights : 0.0;
    result->passed = result->points >= exercise->pass && missing_cuts(exercise, result) == 0;
}

static void finish_cuts(struct train_score *score)
{
    struct train_result *result = score->result;
    for (size_t i = 0; i < result->cut_count; ++i) {
        struct train_cut *cut = &result->cuts[i];
        const double count = (double)cut->samples;
        cut->cutting_s = seconds(score->sums[i].cutting_ns);
        cut->offset_rms_mm = cut->samples > 0 ? sqrt(score->sums[i].offset2 / count) : NAN;
        cut->angle_rms_deg = cut->samples > 0 ? sqrt(score->sums[i].angle2 / count) : NAN;
        cut->over_depth_mm = fmax(0.0, cut->depth_max_mm - cut->planned_depth_mm);
        cut->made = cut->samples > 0 && cut->depth_max_mm >= made_share * cut->planned_depth_mm;
    }
}

static int by_time(const void *a, const void *b)
{
    const struct train_near *first = a;
    const struct train_near *second = b;
    return (first->at_s > second->at_s) - (first->at_s < second->at_s);
}

enum nav_status train_score_finish(struct train_score *score, const struct train_result *expert,
                                   struct train_result **out_result)
{
    struct train_result *result = score->result;
    if (!score->begun) {
        return NAV_ERR_NOT_FOUND;
    }
    for (size_t i = 0; i < NAV_STRUCTURES_MAX; ++i) {
        close_near(score, &score->nears[i], score->last_ns);
    }
    qsort(result->nears, result->near_count, sizeof(result->nears[0]), by_time);
    if (score->blind.open) { /* it never came back */
        const struct nav_scene last = {.time_ns = score->last_ns};
        close_blind(score, &last, NULL);
    }
    const int64_t end_ns = score->end_ns > score->start_ns ? score->end_ns : score->last_ns;
    result->seconds = seconds(end_ns - score->start_ns);
    finish_cuts(score);
    if (expert != NULL) {
        forgive(&score->settings, expert, result);
    }
    judge_all(&score->exercise, expert, result);
    score->result = NULL;
    *out_result = result;
    return NAV_OK;
}

const char *train_drop_out_word(const struct train_drop_out *drop)
{
    return drop->missed                 ? "cut on blindly"
           : isfinite(drop->reaction_s) ? "answered"
           : drop->in_air               ? "in the air"
                                        : "held still";
}

bool train_path_distance(const struct train_result *result, const struct train_result *expert,
                         double *out_mean_mm, double *out_max_mm)
{
    double sum = 0.0;
    double largest = 0.0;
    size_t count = 0;
    for (size_t i = 0; i < result->sample_count; ++i) {
        const struct train_sample *sample = &result->samples[i];
        double nearest = INFINITY;
        if (!sample->cutting || !isfinite(sample->tip_mm[0])) {
            continue;
        }
        for (size_t k = 0; k < expert->sample_count; ++k) {
            const struct train_sample *other = &expert->samples[k];
            if (other->cutting && other->cut == sample->cut && isfinite(other->tip_mm[0])) {
                nearest = fmin(nearest, distance(sample->tip_mm, other->tip_mm));
            }
        }
        if (isfinite(nearest)) {
            sum += nearest;
            largest = fmax(largest, nearest);
            ++count;
        }
    }
    if (count == 0) {
        return false;
    }
    *out_mean_mm = sum / (double)count;
    *out_max_mm = largest;
    return true;
}
