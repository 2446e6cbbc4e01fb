#include "scene_json.h"

#include <jansson.h>
#include <math.h>

#include "json_out.h"
#include "nav/time.h"

enum { SIGNIFICANT_DIGITS = 17 };

static json_t *number_or_null(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static json_t *count(uint64_t value)
{
    return json_integer((json_int_t)value);
}

static json_t *numbers_or_null(const double *values, size_t size, bool usable)
{
    if (!usable) {
        return json_null();
    }
    json_t *array = json_array();
    for (size_t i = 0; i < size; ++i) {
        (void)json_array_append_new(array, number_or_null(values[i]));
    }
    return array;
}

/* A name that is not valid UTF-8 cannot be JSON; it is then null. */
static json_t *text(const char *value)
{
    json_t *string = json_string(value);
    return string != NULL ? string : json_null();
}

static json_t *text_or_null(const char *value)
{
    return value[0] != '\0' ? text(value) : json_null();
}

static json_t *age_ms(int64_t age_ns)
{
    return age_ns < 0 ? json_null() : json_real((double)age_ns / (double)NAV_NS_PER_MS);
}

static json_t *verdict(const struct nav_scene *scene)
{
    json_t *reasons = json_array();
    json_t *texts = json_array();
    json_t *subjects = json_array();
    for (uint32_t i = 0; i < scene->reason_count && i < NAV_REASONS_MAX; ++i) {
        const struct nav_scene_reason *reason = &scene->reasons[i];
        const bool of_tool = reason->tool >= 0 && (uint32_t)reason->tool < scene->tool_count;
        (void)json_array_append_new(reasons, text(nav_reason_name(reason->reason)));
        (void)json_array_append_new(texts, text(nav_reason_text(reason->reason)));
        (void)json_array_append_new(subjects,
                                    of_tool ? text(scene->tools[reason->tool].name) : json_null());
    }
    return json_pack("{s:s, s:o, s:o, s:o}", "trust", nav_trust_name(scene->trust), "reasons",
                     reasons, "texts", texts, "tools", subjects);
}

static json_t *peers(const struct nav_scene *scene)
{
    json_t *array = json_array();
    for (uint32_t i = 0; i < scene->peer_count && i < NAV_PEERS_MAX; ++i) {
        const struct nav_scene_peer *peer = &scene->peers[i];
        (void)json_array_append_new(
            array, json_pack("{s:o, s:i, s:i, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "address",
                             text(peer->address), "slot", (int)peer->slot, "header_version",
                             (int)peer->header_version, "last_message_ns",
                             count((uint64_t)peer->last_message_ns), "messages",
                             count(peer->messages), "bytes", count(peer->bytes), "crc_errors",
                             count(peer->crc_errors), "malformed", count(peer->malformed),
                             "skipped", count(peer->skipped), "refused", count(peer->refused)));
    }
    return array;
}

static json_t *registration(const struct nav_scene *scene)
{
    const struct nav_scene_registration *known = &scene->registration;
    const bool present = known->present != 0;
    const bool checked = known->checks > 0;
    const double age_s = (double)(scene->time_ns - known->last_check_ns) / (double)NAV_NS_PER_S;
    return json_pack(
        "{s:b, s:o, s:o, s:b, s:b, s:o, s:i, s:o, s:o, s:o, s:o}", "present", present, "source",
        present ? text_or_null(known->source) : json_null(), "fre_mm",
        present ? number_or_null(known->fre_mm) : json_null(), "accepted",
        (int)(known->accepted != 0), "override", (int)(known->overridden != 0), "tre_mm",
        present ? number_or_null(known->tre_mm) : json_null(), "checks", (int)known->checks,
        "last_check_mm", checked ? number_or_null(known->last_check_mm) : json_null(),
        "last_check_age_s", checked ? number_or_null(age_s) : json_null(), "trend_mm_per_min",
        checked ? number_or_null(known->trend_mm_per_min) : json_null(), "T_image_reference",
        present ? json_matrix(&known->T_image_reference) : json_null());
}

static json_t *collection(const struct nav_scene *scene)
{
    const struct nav_scene_collection *known = &scene->collection;
    return json_pack("{s:s, s:o, s:o, s:i, s:i, s:b, s:o}", "active",
                     nav_collection_name(known->kind), "landmark", text_or_null(known->landmark),
                     "progress", number_or_null(known->progress), "collected",
                     (int)known->collected, "wanted", (int)known->wanted, "good",
                     (int)(known->good != 0), "outcome", text_or_null(known->outcome));
}

static json_t *reference(const struct nav_scene *scene)
{
    const struct nav_scene_reference *known = &scene->reference;
    return json_pack("{s:b, s:o, s:s, s:o, s:o, s:o, s:o, s:o}", "required",
                     (int)(known->required != 0), "device", text_or_null(known->device), "state",
                     nav_tool_state_name(known->state), "age_ms", age_ms(known->age_ns), "reason",
                     text_or_null(nav_reason_name(known->reason)), "accepted",
                     count(known->accepted), "rejected", count(known->rejected), "repeated_ms",
                     json_real((double)known->repeated_ns / (double)NAV_NS_PER_MS));
}

static json_t *tools(const struct nav_scene *scene)
{
    json_t *array = json_array();
    for (uint32_t i = 0; i < scene->tool_count && i < NAV_TOOLS_MAX; ++i) {
        const struct nav_scene_tool *tool = &scene->tools[i];
        const bool shown = tool->has_pose != 0;
        (void)json_array_append_new(
            array,
            json_pack(
                "{s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:o, s:o, s:o, s:o, s:o, "
                "s:o, s:o, s:b}",
                "name", text(tool->name), "state", nav_tool_state_name(tool->state), "age_ms",
                age_ms(tool->age_ns), "reason", text_or_null(nav_reason_name(tool->reason)),
                "tip_image_mm", numbers_or_null(tool->tip_image_mm, 3, shown), "axis_image",
                numbers_or_null(tool->axis_image, 3, shown), "R_image",
                numbers_or_null(tool->R_image, 9, shown), "device", text(tool->device),
                "unverified", (int)(tool->unverified != 0), "error_mm",
                number_or_null(tool->error_mm), "arrival_ns", count((uint64_t)tool->arrival_ns),
                "device_ns", count((uint64_t)tool->device_ns), "accepted", count(tool->accepted),
                "rejected", count(tool->rejected), "repeated_ms",
                json_real((double)tool->repeated_ns / (double)NAV_NS_PER_MS), "smoothing_delay_ms",
                json_real((double)tool->smoothing_delay_ns / (double)NAV_NS_PER_MS), "ghost",
                (int)(tool->ghost != 0)));
    }
    return array;
}

static json_t *margin_side(int32_t side)
{
    return side > 0 ? json_string("+") : side < 0 ? json_string("-") : json_null();
}

static json_t *tool_name_or_null(const struct nav_scene *scene, int32_t tool)
{
    const bool known = tool >= 0 && (uint32_t)tool < scene->tool_count;
    return known ? text(scene->tools[tool].name) : json_null();
}

/* Adds members to an object; the first one that cannot be made loses the whole. */
static json_t *joined(json_t *object, json_t *more)
{
    if (object == NULL || more == NULL || json_object_update(object, more) != 0) {
        json_decref(object);
        object = NULL;
    }
    json_decref(more);
    return object;
}

static json_t *guidance(const struct nav_scene *scene, const struct nav_scene_cut *cut)
{
    const bool guided = cut->guided != 0;
    return json_pack(
        "{s:b, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:s, s:s, "
        "s:s, s:o, s:o}",
        "guided", guided, "guide", nav_guide_name(cut->guide), "tool",
        tool_name_or_null(scene, cut->tool), "offset_mm", number_or_null(cut->offset_mm),
        "corner_offset_mm", numbers_or_null(cut->corner_offset_mm, 2, guided), "pitch_deg",
        number_or_null(cut->pitch_deg), "roll_deg", number_or_null(cut->roll_deg), "depth_mm",
        number_or_null(cut->depth_mm), "remaining_mm", number_or_null(cut->remaining_mm),
        "along_mm", number_or_null(cut->along_mm), "predicted_mm",
        numbers_or_null(cut->predicted_mm, 2, guided), "uncertainty_mm",
        number_or_null(cut->uncertainty_mm), "cutting", (int)(cut->cutting != 0), "offset_state",
        nav_limit_state_name(cut->offset_state), "angle_state",
        nav_limit_state_name(cut->angle_state), "depth_state",
        nav_limit_state_name(cut->depth_state), "line_mm", number_or_null(cut->line_mm), "line_deg",
        number_or_null(cut->line_deg));
}

static json_t *plan(const struct nav_scene_cut *cut)
{
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "point_mm",
                     numbers_or_null(cut->point_mm, 3, true), "normal",
                     numbers_or_null(cut->normal, 3, true), "u", numbers_or_null(cut->u, 3, true),
                     "size_mm", numbers_or_null(cut->size_mm, 2, true), "planned_depth_mm",
                     number_or_null(cut->planned_depth_mm), "kerf_mm", number_or_null(cut->kerf_mm),
                     "planned_margin_mm", number_or_null(cut->planned_margin_mm), "margin_side",
                     margin_side(cut->margin_side));
}

static json_t *executed(const struct nav_scene_cut *cut)
{
    const bool fitted = cut->fitted != 0;
    return json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:i, s:i}",
        "coverage", number_or_null(cut->coverage), "executed_point_mm",
        numbers_or_null(cut->executed_point_mm, 3, fitted), "executed_normal",
        numbers_or_null(cut->executed_normal, 3, fitted), "mean_deviation_mm",
        number_or_null(cut->mean_deviation_mm), "location_mm", number_or_null(cut->location_mm),
        "flatness_mm", number_or_null(cut->flatness_mm), "parallelism_mm",
        number_or_null(cut->parallelism_mm), "angle_deg", number_or_null(cut->angle_deg),
        "entry_deviation_mm", number_or_null(cut->entry_deviation_mm), "exit_deviation_mm",
        number_or_null(cut->exit_deviation_mm), "margin_mm", number_or_null(cut->margin_mm),
        "started_ns", count((uint64_t)cut->started_ns), "ended_ns", count((uint64_t)cut->ended_ns),
        "cutting_s", json_real((double)cut->cutting_ns / (double)NAV_NS_PER_S), "checks",
        (int)cut->checks, "overrides", (int)cut->overrides);
}

static json_t *cuts(const struct nav_scene *scene)
{
    json_t *array = json_array();
    for (uint32_t i = 0; i < scene->cut_count && i < NAV_CUTS_MAX; ++i) {
        const struct nav_scene_cut *cut = &scene->cuts[i];
        json_t *object =
            json_pack("{s:o, s:s, s:b, s:I}", "name", text(cut->name), "state",
                      nav_cut_state_name(cut->state), "suggested", (int)(cut->suggested != 0),
                      "map_revision", (json_int_t)cut->map_revision);
        object = joined(object, guidance(scene, cut));
        object = joined(object, plan(cut));
        (void)json_array_append_new(array, joined(object, executed(cut)));
    }
    return array;
}

static json_t *structures(const struct nav_scene *scene)
{
    json_t *array = json_array();
    for (uint32_t i = 0; i < scene->structure_count && i < NAV_STRUCTURES_MAX; ++i) {
        const struct nav_scene_structure *known = &scene->structures[i];
        const bool shown = known->has_distance != 0;
        (void)json_array_append_new(
            array,
            json_pack("{s:o, s:s, s:o, s:o, s:s, s:o, s:b, s:o, s:o, s:o, s:o, s:o, s:o}", "name",
                      text(known->name), "role", nav_role_name(known->role), "distance_mm",
                      number_or_null(known->distance_mm), "uncertainty_mm",
                      number_or_null(known->uncertainty_mm), "limit_state",
                      nav_limit_state_name(known->limit_state), "nearest_mm",
                      numbers_or_null(known->nearest_mm, 3, shown), "signed",
                      (int)(known->is_signed != 0), "tool", tool_name_or_null(scene, known->tool),
                      "caution_mm", number_or_null(known->caution_mm), "stop_mm",
                      number_or_null(known->stop_mm), "ahead_mm", number_or_null(known->ahead_mm),
                      "behind_mm", number_or_null(known->behind_mm), "from_mm",
                      numbers_or_null(known->from_mm, 3, shown)));
    }
    return array;
}

static json_t *alarms(const struct nav_scene *scene)
{
    json_t *array = json_array();
    for (uint32_t i = 0; i < scene->alarm_count && i < NAV_ALARMS_MAX; ++i) {
        const struct nav_scene_alarm *alarm = &scene->alarms[i];
        (void)json_array_append_new(
            array, json_pack("{s:s, s:s, s:o, s:I, s:b, s:b, s:b, s:s, s:o, s:s}", "code",
                             nav_alarm_name(alarm->code), "priority",
                             nav_alarm_priority_name(alarm->priority), "text", text(alarm->text),
                             "since_ns", (json_int_t)alarm->since_ns, "latched",
                             (int)(alarm->latched != 0), "active", (int)(alarm->active != 0),
                             "acknowledged", (int)(alarm->acknowledged != 0), "remedy",
                             nav_alarm_remedy(alarm->code), "value", number_or_null(alarm->value),
                             "hazard", nav_alarm_hazard(alarm->code)));
    }
    return array;
}

static json_t *recording(const struct nav_scene *scene)
{
    const struct nav_scene_recording *known = &scene->recording;
    return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o}", "state", nav_recording_name(known->state),
                     "session", text_or_null(known->session), "messages", count(known->messages),
                     "bytes", count(known->bytes), "dropped", count(known->dropped), "reason",
                     text_or_null(known->reason));
}

static json_t *replay(const struct nav_scene *scene)
{
    if (scene->mode != NAV_MODE_REPLAY) {
        return json_null();
    }
    const struct nav_scene_replay *known = &scene->replay;
    json_t *marks = json_array();
    for (uint32_t i = 0; i < known->mark_count; ++i) {
        (void)json_array_append_new(marks,
                                    json_pack("{s:f, s:s}", "at_s",
                                              (double)known->marks[i].at_ns / (double)NAV_NS_PER_S,
                                              "kind", nav_replay_mark_name(known->marks[i].kind)));
    }
    json_t *event = json_null();
    if (known->event[0] != '\0') {
        event =
            json_pack("{s:f, s:s, s:o}", "at_s", (double)known->event_ns / (double)NAV_NS_PER_S,
                      "kind", nav_replay_mark_name(known->event_kind), "text", text(known->event));
    }
    return json_pack("{s:o, s:o, s:o, s:o, s:b, s:o, s:o}", "session", text_or_null(known->session),
                     "at_s", json_real((double)known->at_ns / (double)NAV_NS_PER_S), "length_s",
                     json_real((double)known->length_ns / (double)NAV_NS_PER_S), "speed",
                     number_or_null(known->speed), "paused", (int)(known->paused != 0), "marks",
                     marks, "event", event);
}

bool scene_json_print(const struct nav_scene *scene, FILE *out)
{
    char case_id[17];
    (void)snprintf(case_id, sizeof(case_id), "%016llx", (unsigned long long)scene->case_id);
    json_t *object = json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:i, s:s, s:o, s:o, s:s, s:o, s:o, s:o, s:o}",
        "seq", count(scene->seq), "time_ns", count((uint64_t)scene->time_ns), "verdict",
        verdict(scene), "peers", peers(scene), "registration", registration(scene), "collection",
        collection(scene), "tools", tools(scene), "reference", reference(scene), "peers_total",
        (int)scene->peers_total, "mode", nav_mode_name(scene->mode), "patient",
        text(scene->pseudonym), "case", text(scene->case_name), "case_id", case_id, "utc_ns",
        count((uint64_t)scene->utc_ns), "limits",
        json_pack("{s:o, s:o}", "caution_age_ms", age_ms(scene->caution_ns), "withhold_age_ms",
                  age_ms(scene->withhold_ns)),
        "pose_count", count(scene->pose_count), "pose_arrival_ns",
        count((uint64_t)scene->pose_arrival_ns));
    object = joined(object, json_pack("{s:o, s:o, s:o, s:i, s:b, s:s, s:o, s:o, s:o}", "cuts",
                                      cuts(scene), "structures", structures(scene), "alarms",
                                      alarms(scene), "alarms_total", (int)scene->alarms_total,
                                      "muted", (int)(scene->muted != 0), "fragment",
                                      nav_fragment_name(scene->fragment), "recording",
                                      recording(scene), "replay", replay(scene), "guided_tool",
                                      tool_name_or_null(scene, scene->guided_tool)));
    if (object == NULL) {
        return false;
    }
    const bool written =
        json_dumpf(object, out, JSON_COMPACT | JSON_REAL_PRECISION(SIGNIFICANT_DIGITS)) == 0 &&
        fputc('\n', out) != EOF;
    json_decref(object);
    return written;
}
