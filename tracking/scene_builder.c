#include "scene_builder.h"

#include <math.h>
#include <string.h>

#include "smoothing.h"

/* The verdict's reasons as sets: one for no tool in particular, then one for each tool. */
enum { SUBJECTS = 1 + NAV_TOOLS_MAX };

struct findings {
    uint64_t withheld[SUBJECTS];
    uint64_t caution[SUBJECTS];
};

static void copy_text(char *to, size_t size, const char *from)
{
    /* `to` is zero already: what follows the text must not depend on what was there before */
    memcpy(to, from, strnlen(from, size - 1));
}

static void fill_nan(double *values, size_t count)
{
    for (size_t i = 0; i < count; ++i) {
        values[i] = (double)NAN;
    }
}

static enum nav_reason worst_of(uint64_t reasons)
{
    return reasons == 0 ? NAV_REASON_NONE : (enum nav_reason)__builtin_ctzll(reasons);
}

/* What the reference's own reason is called. */
static enum nav_reason reference_reason(enum nav_reason reason)
{
    switch (reason) {
    case NAV_REASON_TOOL_NEVER:
        return NAV_REASON_REFERENCE_NEVER;
    case NAV_REASON_TOOL_LOST:
        return NAV_REASON_REFERENCE_LOST;
    case NAV_REASON_TOOL_INVALID:
        return NAV_REASON_REFERENCE_INVALID;
    default:
        return reason;
    }
}

/* Why a tool is withheld when its reference is not live. */
static enum nav_reason reason_through_reference(const struct trk_device_view *reference)
{
    switch (reference->state) {
    case NAV_TOOL_NEVER:
        return NAV_REASON_REFERENCE_NEVER;
    case NAV_TOOL_INVALID:
        return NAV_REASON_REFERENCE_INVALID;
    default:
        return reference->reason == NAV_REASON_LINK_DOWN ? NAV_REASON_LINK_DOWN
                                                         : NAV_REASON_REFERENCE_LOST;
    }
}

static bool needs_reference(const struct trk_config *config)
{
    bool needed = false;
    for (uint32_t i = 0; i < config->tool_count; ++i) {
        needed = needed || config->tools[i].relative_to == TRK_RELATIVE_TO_TRACKER;
    }
    return needed && config->has_reference;
}

/* The newest pose of a tool that can be joined with its reference and is not too old. A pair of one
 * instant (exact or interpolated) is preferred to a held one that is newer by join_max_ns or less:
 * it is what remains while the reference's message of the newest instant is still on its way. */
static const struct trk_entry *join(const struct trk_scene_inputs *inputs, uint32_t tool,
                                    int64_t now_ns, struct trk_located *out_located)
{
    const struct trk_limits *limits = &inputs->config->limits;
    const struct trk_history *history = &inputs->devices[tool].history;
    const struct trk_entry *held = NULL;
    for (uint32_t back = 0; back < history->count; ++back) {
        const struct trk_entry *entry = trk_history_entry(history, back);
        if (trk_time_difference(now_ns, entry->arrival_ns) > limits->withhold_age_ns) {
            break;
        }
        if (held != NULL &&
            (entry->clock != held->clock ||
             trk_time_difference(held->device_ns, entry->device_ns) > limits->join_max_ns)) {
            break;
        }
        const struct trk_located located = trk_frame_graph_locate(
            inputs->graph, &inputs->tool_paths[tool], history, entry, limits);
        if (located.answer == TRK_ANSWER_NONE ||
            trk_time_difference(now_ns, located.arrival_ns) > limits->withhold_age_ns) {
            continue;
        }
        if (located.answer > TRK_ANSWER_HELD) {
            *out_located = located;
            return entry;
        }
        if (held == NULL) {
            held = entry;
            *out_located = located;
            if (entry->clock == 0) {
                break; /* without stamps there is no better pair */
            }
        }
    }
    return held;
}

static void give_pose(const struct trk_scene_inputs *inputs, uint32_t index,
                      const struct trk_entry *entry, const struct trk_smoothed *smoothed,
                      struct nav_scene_tool *tool)
{
    tool->has_pose = 1;
    tool->T_image_tool = smoothed->T_image_tool;
    memcpy(tool->tip_image_mm, smoothed->tip_image_mm, sizeof(tool->tip_image_mm));
    if (smoothed->poses == 1) {
        const struct trk_located tip =
            trk_frame_graph_locate(inputs->graph, &inputs->tip_paths[index],
                                   &inputs->devices[index].history, entry, &inputs->config->limits);
        memcpy(tool->tip_image_mm, tip.T_base_target.t_mm, sizeof(tool->tip_image_mm));
    }
    nav_pose_rotate(&tool->T_image_tool, inputs->config->tools[index].axis, tool->axis_image);
    nav_pose_rotation(&tool->T_image_tool, tool->R_image);
}

/* The instant at or before which a message of this device was last rejected. */
static int64_t rejection_of(const struct trk_device *device)
{
    return device->rejected > 0 ? device->rejected_ns : INT64_MIN;
}

static struct trk_smoothed smooth(const struct trk_scene_inputs *inputs, uint32_t index,
                                  const struct trk_entry *entry, const struct trk_located *located,
                                  int64_t now_ns)
{
    const struct trk_config *config = inputs->config;
    int64_t barrier_ns = rejection_of(&inputs->devices[index]);
    if (config->has_reference && config->tools[index].relative_to == TRK_RELATIVE_TO_TRACKER) {
        const int64_t reference_ns = rejection_of(&inputs->devices[config->tool_count]);
        barrier_ns = reference_ns > barrier_ns ? reference_ns : barrier_ns;
    }
    const struct trk_smoothing_inputs smoothing = {
        .graph = inputs->graph,
        .path = &inputs->tool_paths[index],
        .history = &inputs->devices[index].history,
        .newest = entry,
        .located = located,
        .tip_mm = config->tools[index].tip_mm,
        .barrier_ns = barrier_ns,
        .now_ns = now_ns,
    };
    struct trk_smoothed smoothed;
    trk_smooth(&smoothing, &config->limits, &smoothed);
    return smoothed;
}

/* Reservations about a tool that is shown. */
static uint64_t live_tool(const struct trk_scene_inputs *inputs, uint32_t index,
                          const struct trk_device_view *view, const struct trk_entry *entry,
                          const struct trk_located *located, int64_t now_ns,
                          struct nav_scene_tool *tool)
{
    const struct trk_limits *limits = &inputs->config->limits;
    uint64_t reservations =
        trk_device_reservations(&inputs->devices[index], inputs->clocks, now_ns, limits);
    const struct trk_smoothed smoothed = smooth(inputs, index, entry, located, now_ns);
    const int64_t located_age_ns = trk_time_difference(now_ns, located->arrival_ns);
    tool->age_ns = located_age_ns + smoothed.delay_ns;
    tool->smoothing_delay_ns = smoothed.delay_ns;
    tool->state = tool->age_ns > limits->caution_age_ns ? NAV_TOOL_STALE : NAV_TOOL_TRACKED;
    tool->arrival_ns = entry->arrival_ns;
    tool->device_ns = entry->device_ns;
    tool->error_mm = smoothed.error_mm;
    if (tool->state == NAV_TOOL_STALE) {
        const bool by_reference =
            view->state != NAV_TOOL_STALE && located_age_ns > limits->caution_age_ns;
        reservations |=
            trk_reason_bit(by_reference ? NAV_REASON_REFERENCE_STALE : NAV_REASON_TOOL_STALE);
    }
    if ((located->flags & TRK_FLAG_LATE) != 0) {
        reservations |= trk_reason_bit(NAV_REASON_CLOCK_JUMP);
    }
    if (smoothed.error_mm > limits->fit_error_caution_mm) {
        reservations |= trk_reason_bit(NAV_REASON_FIT_ERROR);
    }
    if ((located->flags & TRK_FLAG_VALID) == 0) {
        tool->reason = NAV_REASON_NO_REGISTRATION;
    } else if (inputs->drift->trust == NAV_TRUST_WITHHELD) {
        tool->reason = NAV_REASON_REGISTRATION_DRIFT;
    } else {
        give_pose(inputs, index, entry, &smoothed, tool);
        tool->reason = worst_of(reservations);
    }
    return reservations;
}

static void build_tool(const struct trk_scene_inputs *inputs, uint32_t index,
                       const struct trk_device_view *reference, int64_t now_ns,
                       struct nav_scene_tool *tool, struct findings *findings)
{
    const struct trk_tool_config *config = &inputs->config->tools[index];
    const struct trk_device *device = &inputs->devices[index];
    const struct trk_device_view view = trk_device_view(device, now_ns, &inputs->config->limits);
    const bool joined =
        inputs->config->has_reference && config->relative_to == TRK_RELATIVE_TO_TRACKER;

    copy_text(tool->name, sizeof(tool->name), config->name);
    copy_text(tool->device, sizeof(tool->device), config->device);
    tool->accepted = device->accepted;
    tool->rejected = device->rejected;
    tool->unverified = device->unverified;
    tool->repeated_ns = view.repeated_ns;
    tool->age_ns = view.age_ns;
    tool->arrival_ns = device->last.arrival_ns;
    tool->device_ns = device->last.device_ns;
    tool->error_mm = device->accepted > 0 ? device->last.error_mm : (double)NAN;
    fill_nan(tool->T_image_tool.q, 4);
    fill_nan(tool->T_image_tool.t_mm, 3);
    fill_nan(tool->tip_image_mm, 3);
    fill_nan(tool->axis_image, 3);
    fill_nan(tool->R_image, 9);

    if (!view.live) {
        tool->state = view.state;
        tool->reason = view.reason;
        findings->withheld[1 + index] |= trk_reason_bit(view.reason);
        return;
    }
    if (joined && !reference->live) {
        tool->state = NAV_TOOL_LOST;
        tool->reason = reason_through_reference(reference);
        if (reference->age_ns > tool->age_ns) {
            tool->age_ns = reference->age_ns;
        }
        return; /* one cause, one line: it is the reference's */
    }
    struct trk_located located;
    const struct trk_entry *entry = join(inputs, index, now_ns, &located);
    if (entry == NULL) {
        tool->state = NAV_TOOL_LOST;
        tool->reason = NAV_REASON_REFERENCE_APART;
        findings->withheld[1 + index] |= trk_reason_bit(NAV_REASON_REFERENCE_APART);
        return;
    }
    findings->caution[1 + index] |= live_tool(inputs, index, &view, entry, &located, now_ns, tool);
}

static void build_reference(const struct trk_scene_inputs *inputs,
                            const struct trk_device_view *view, int64_t now_ns,
                            struct nav_scene_reference *reference, struct findings *findings)
{
    if (!inputs->config->has_reference) {
        reference->age_ns = -1;
        return;
    }
    const struct trk_limits *limits = &inputs->config->limits;
    const struct trk_device *device = &inputs->devices[inputs->config->tool_count];
    copy_text(reference->device, sizeof(reference->device), device->name);
    reference->required = needs_reference(inputs->config);
    reference->state = view->state;
    reference->reason = reference_reason(view->reason);
    reference->arrival_ns = device->last.arrival_ns;
    reference->age_ns = view->age_ns;
    reference->accepted = device->accepted;
    reference->rejected = device->rejected;
    reference->repeated_ns = view->repeated_ns;
    if (!view->live) {
        if (reference->required) {
            findings->withheld[0] |= trk_reason_bit((enum nav_reason)reference->reason);
        }
        return;
    }
    uint64_t reservations = trk_device_reservations(device, inputs->clocks, now_ns, limits);
    if (view->state == NAV_TOOL_STALE) {
        reservations |= trk_reason_bit(NAV_REASON_REFERENCE_STALE);
    }
    reference->reason = worst_of(reservations);
    if (reference->required) {
        findings->caution[0] |= reservations;
    }
}

static bool no_link_is_down(const struct trk_scene_inputs *inputs)
{
    for (uint32_t i = 0; i < inputs->config->tool_count + inputs->config->has_reference; ++i) {
        if (inputs->devices[i].link_down) {
            return false;
        }
    }
    return true;
}

/* A tool that is not shown matters in full while none is shown and is a reservation while another
 * one is. One that has never been seen matters only while none has. */
static void weigh_missing_tools(const struct trk_scene_inputs *inputs,
                                const struct nav_scene *scene, struct findings *findings)
{
    bool any_shown = false;
    bool any_seen = false;
    for (uint32_t i = 0; i < scene->tool_count; ++i) {
        any_shown = any_shown || scene->tools[i].has_pose != 0;
        any_seen = any_seen || scene->tools[i].accepted > 0;
    }
    for (uint32_t i = 0; i < scene->tool_count; ++i) {
        uint64_t *missing = &findings->withheld[1 + i];
        if (any_seen && scene->tools[i].accepted == 0) {
            *missing = 0;
        }
        if (any_shown) {
            findings->caution[1 + i] |= *missing;
            *missing = 0;
        }
    }
    if (!any_shown && inputs->peers_known && inputs->peers_total == 0 && no_link_is_down(inputs)) {
        findings->withheld[0] |= trk_reason_bit(NAV_REASON_NO_PEER);
    }
}

/* One cause, one line: what is true of a sender is said once, with the reference, and not again of
 * the tools that come from the same sender. What is true of a marker is said of each. */
static void say_once(const struct trk_scene_inputs *inputs, struct findings *findings)
{
    const uint64_t of_the_sender = trk_reason_bit(NAV_REASON_LINK_DOWN) |
                                   trk_reason_bit(NAV_REASON_CLOCK_JUMP) |
                                   trk_reason_bit(NAV_REASON_SENDER_UNVERIFIED);
    const uint64_t withheld = findings->withheld[0] & of_the_sender;
    const uint64_t caution = withheld | (findings->caution[0] & of_the_sender);
    if (caution == 0) {
        return;
    }
    const struct trk_device *reference = &inputs->devices[inputs->config->tool_count];
    for (uint32_t i = 0; i < inputs->config->tool_count; ++i) {
        if (inputs->devices[i].last.source == reference->last.source) {
            findings->withheld[1 + i] &= ~withheld;
            findings->caution[1 + i] &= ~caution;
        }
    }
}

static void list_reason(struct nav_scene *scene, enum nav_reason reason, uint32_t subject,
                        enum nav_trust trust)
{
    struct nav_scene_reason *place = &scene->reasons[scene->reason_count];
    if (scene->reason_count == NAV_REASONS_MAX) {
        place = &scene->reasons[NAV_REASONS_MAX - 1];
        if (place->reason != NAV_REASON_OVERFLOW) { /* worst first: its trust is the worst left */
            place->reason = NAV_REASON_OVERFLOW;
            place->tool = NAV_SUBJECT_NONE;
        }
        return;
    }
    place->reason = reason;
    place->tool = subject == 0 ? NAV_SUBJECT_NONE : (int32_t)subject - 1;
    place->trust = trust;
    ++scene->reason_count;
}

static void list_reasons(struct nav_scene *scene, const uint64_t sets[SUBJECTS],
                         enum nav_trust trust)
{
    for (uint32_t reason = NAV_REASON_NONE + 1; reason < NAV_REASON_COUNT; ++reason) {
        for (uint32_t subject = 0; subject < SUBJECTS; ++subject) {
            if ((sets[subject] & trk_reason_bit((enum nav_reason)reason)) != 0) {
                list_reason(scene, (enum nav_reason)reason, subject, trust);
                if (trust < (enum nav_trust)scene->trust) {
                    scene->trust = trust;
                }
            }
        }
    }
}

static void build_registration(const struct trk_scene_inputs *inputs,
                               struct nav_scene_registration *registration)
{
    const struct trk_config *config = inputs->config;
    registration->present = config->has_registration;
    registration->fre_mm = (double)NAN;
    registration->tre_mm = (double)NAN;
    registration->last_check_mm = (double)NAN;
    registration->trend_mm_per_min = (double)NAN;
    if (!config->has_registration) {
        return;
    }
    copy_text(registration->source, sizeof(registration->source), config->registration_source);
    registration->fre_mm = config->registration_fre_mm;
    registration->T_image_reference = config->T_image_reference;
    registration->accepted = inputs->registration->accepted;
    registration->overridden = inputs->registration->overridden;
    registration->tre_mm = inputs->registration->tre_mm;
    const struct trk_check *check = trk_drift_check(inputs->drift, 0);
    if (check != NULL) {
        registration->checks = inputs->drift->count;
        registration->last_check_ns = check->at_ns;
        registration->last_check_mm = check->deviation_mm;
        registration->trend_mm_per_min = trk_drift_trend(inputs->drift);
    }
}

/* What is to be said of the registration. */
static void weigh_registration(const struct trk_scene_inputs *inputs, int64_t now_ns,
                               struct findings *findings)
{
    const struct trk_limits *limits = &inputs->config->limits;
    if (!inputs->config->has_registration) {
        findings->withheld[0] |= trk_reason_bit(NAV_REASON_NO_REGISTRATION);
        if (inputs->registration->refused) {
            findings->withheld[0] |= trk_reason_bit(NAV_REASON_REGISTRATION_REFUSED);
        }
        return;
    }
    if (inputs->drift->trust == NAV_TRUST_WITHHELD) {
        findings->withheld[0] |= trk_reason_bit(NAV_REASON_REGISTRATION_DRIFT);
    } else if (inputs->drift->trust == NAV_TRUST_CAUTION) {
        findings->caution[0] |= trk_reason_bit(NAV_REASON_REGISTRATION_DRIFT);
    }
    if (inputs->watch->moved) {
        findings->caution[0] |= trk_reason_bit(NAV_REASON_REFERENCE_MOVED);
    }
    if (inputs->registration->overridden) {
        findings->caution[0] |= trk_reason_bit(NAV_REASON_REGISTRATION_OVERRIDE);
    }
    const struct trk_check *check = trk_drift_check(inputs->drift, 0);
    const int64_t known_ns = check != NULL ? check->at_ns : inputs->registration->at_ns;
    if (limits->registration_check_ns > 0 &&
        trk_time_difference(now_ns, known_ns) > limits->registration_check_ns) {
        findings->caution[0] |= trk_reason_bit(NAV_REASON_REGISTRATION_UNCHECKED);
    }
}

static void build_head(const struct trk_scene_inputs *inputs, int64_t now_ns, int64_t utc_ns,
                       struct nav_scene *scene)
{
    const struct trk_config *config = inputs->config;
    scene->version = NAV_SCENE_VERSION;
    scene->guided_tool = NAV_SUBJECT_NONE;
    scene->size = sizeof(*scene);
    scene->time_ns = now_ns;
    scene->utc_ns = utc_ns;
    scene->case_id = config->case_id;
    scene->mode = config->mode;
    copy_text(scene->pseudonym, sizeof(scene->pseudonym), config->pseudonym);
    copy_text(scene->case_name, sizeof(scene->case_name), config->case_name);
    scene->caution_ns = config->limits.caution_age_ns;
    scene->withhold_ns = config->limits.withhold_age_ns;
    scene->pose_count = inputs->pose_count;
    scene->pose_arrival_ns = inputs->pose_arrival_ns;
    scene->tool_count = config->tool_count;
    scene->peer_count = inputs->peer_count;
    scene->peers_total = inputs->peers_total;
    memcpy(scene->peers, inputs->peers, inputs->peer_count * sizeof(scene->peers[0]));

    build_registration(inputs, &scene->registration);
    scene->collection = *inputs->collection;
}

void trk_scene_build(const struct trk_scene_inputs *inputs, int64_t now_ns, int64_t utc_ns,
                     struct nav_scene *out_scene)
{
    struct nav_scene *scene = out_scene;
    const struct trk_config *config = inputs->config;
    memset(scene, 0, sizeof(*scene));
    build_head(inputs, now_ns, utc_ns, scene);

    struct findings findings = {0};
    weigh_registration(inputs, now_ns, &findings);
    struct trk_device_view reference = {.live = true};
    if (config->has_reference) {
        reference = trk_device_view(&inputs->devices[config->tool_count], now_ns, &config->limits);
    }
    build_reference(inputs, &reference, now_ns, &scene->reference, &findings);
    for (uint32_t i = 0; i < config->tool_count; ++i) {
        build_tool(inputs, i, &reference, now_ns, &scene->tools[i], &findings);
    }
    weigh_missing_tools(inputs, scene, &findings);
    say_once(inputs, &findings);

    scene->trust = NAV_TRUST_OK;
    list_reasons(scene, findings.withheld, NAV_TRUST_WITHHELD);
    list_reasons(scene, findings.caution, NAV_TRUST_CAUTION);
}
