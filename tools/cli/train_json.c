#include "train_json.h"

#include "json_out.h"
#include "session_info.h"

static json_t *verdicts_json(const struct train_result *result)
{
    json_t *list = json_array();
    for (size_t i = 0; i < TRAIN_CRITERION_COUNT; ++i) {
        const struct train_verdict *verdict = &result->verdicts[i];
        (void)json_array_append_new(
            list,
            json_pack("{s:s, s:s, s:s, s:b, s:o, s:o, s:o, s:f, s:o}", "what",
                      train_criterion_word((enum train_criterion)i), "unit",
                      train_criterion_unit((enum train_criterion)i), "text",
                      train_criterion_text((enum train_criterion)i), "judged", verdict->judged,
                      "value", json_number_or_null(verdict->value), "goal",
                      json_number_or_null(verdict->goal), "limit",
                      json_number_or_null(verdict->limit), "weight", verdict->weight, "points",
                      verdict->judged ? json_real(100.0 * verdict->points) : json_null()));
    }
    return list;
}

static json_t *cut_json(const struct train_cut *cut)
{
    json_t *object = json_pack("{s:s, s:b, s:b, s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:f, s:i, s:b}",
                               "name", cut->name, "wanted", cut->wanted, "made", cut->made,
                               "samples", (json_int_t)cut->samples, "offset_rms_mm",
                               json_number_or_null(cut->offset_rms_mm), "offset_max_mm",
                               json_number_or_null(cut->offset_max_mm), "angle_rms_deg",
                               json_number_or_null(cut->angle_rms_deg), "depth_max_mm",
                               json_number_or_null(cut->depth_max_mm), "planned_depth_mm",
                               json_number_or_null(cut->planned_depth_mm), "over_depth_mm",
                               json_number_or_null(cut->over_depth_mm), "cutting_s", cut->cutting_s,
                               "overrides", (int)cut->overrides, "fitted", cut->fitted);
    if (object != NULL && cut->fitted) {
        (void)json_object_set_new(object, "executed",
                                  json_pack("{s:o, s:o, s:o, s:o, s:o}", "mean_deviation_mm",
                                            json_number_or_null(cut->mean_deviation_mm),
                                            "location_mm", json_number_or_null(cut->location_mm),
                                            "angle_deg",
                                            json_number_or_null(cut->executed_angle_deg),
                                            "margin_mm", json_number_or_null(cut->margin_mm),
                                            "coverage", json_number_or_null(cut->coverage)));
    }
    return object;
}

static json_t *drop_outs_json(const struct train_result *result)
{
    json_t *list = json_array();
    for (size_t i = 0; i < result->drop_out_count; ++i) {
        const struct train_drop_out *drop = &result->drop_outs[i];
        (void)json_array_append_new(
            list, json_pack("{s:f, s:f, s:s, s:o, s:o, s:o, s:b, s:b}", "at_s", drop->at_s,
                            "seconds", drop->seconds, "reason", drop->reason, "blind_mm",
                            json_number_or_null(drop->blind_mm), "deeper_mm",
                            json_number_or_null(drop->deeper_mm), "reaction_s",
                            json_number_or_null(drop->reaction_s), "missed", drop->missed, "in_air",
                            drop->in_air));
    }
    return list;
}

static json_t *nears_json(const struct train_result *result)
{
    json_t *list = json_array();
    for (size_t i = 0; i < result->near_count; ++i) {
        const struct train_near *near = &result->nears[i];
        (void)json_array_append_new(
            list, json_pack("{s:f, s:f, s:s, s:f, s:b}", "at_s", near->at_s, "seconds",
                            near->seconds, "structure", near->structure, "distance_mm",
                            near->distance_mm, "stop", near->stop, "expected", near->expected));
    }
    return list;
}

json_t *train_result_json(const struct train_exercise *exercise, const struct train_result *result)
{
    json_t *cuts = json_array();
    for (size_t i = 0; i < result->cut_count; ++i) {
        (void)json_array_append_new(cuts, cut_json(&result->cuts[i]));
    }
    return json_pack("{s:s, s:s, s:s, s:f, s:b, s:f, s:f, s:f, s:i, s:i, s:I, s:o, s:o, s:o, s:o, "
                     "s:I}",
                     "exercise", exercise->name, "title", exercise->title, "tool", exercise->tool,
                     "points", result->points, "passed", result->passed, "pass", exercise->pass,
                     "seconds", result->seconds, "path_mm", result->path_mm, "checks",
                     (int)result->checks, "checks_wanted", (int)exercise->checks, "scenes",
                     (json_int_t)result->scenes, "criteria", verdicts_json(result), "cuts", cuts,
                     "drop_outs", drop_outs_json(result), "near_misses", nears_json(result),
                     "not_listed", (json_int_t)result->overflow);
}

json_t *train_attempt_json(const struct train_attempt *attempt)
{
    char made[SESSION_UTC_SIZE];
    session_utc_text(attempt->made_utc_ns, made);
    return json_pack("{s:I, s:s, s:s, s:s, s:s, s:s, s:f, s:b, s:f}", "attempt",
                     (json_int_t)attempt->id, "made_utc", made, "trainee", attempt->trainee,
                     "exercise", attempt->exercise, "case", attempt->case_name, "source",
                     attempt->source, "points", attempt->points, "passed", attempt->passed,
                     "seconds", attempt->seconds);
}
