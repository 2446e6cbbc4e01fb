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
                "s:o, s:o}",
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
                json_real((double)tool->smoothing_delay_ns / (double)NAV_NS_PER_MS)));
    }
    return array;
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
    if (object == NULL) {
        return false;
    }
    const bool written =
        json_dumpf(object, out, JSON_COMPACT | JSON_REAL_PRECISION(SIGNIFICANT_DIGITS)) == 0 &&
        fputc('\n', out) != EOF;
    json_decref(object);
    return written;
}
