#include "navigator.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock_map.h"
#include "device.h"
#include "drift.h"
#include "frame_graph.h"
#include "reference_watch.h"
#include "scene_builder.h"

static const double unit_tolerance = 1e-6;

struct trk_navigator {
    struct trk_config config;
    uint32_t device_count;
    struct trk_device devices[NAV_TOOLS_MAX + 1]; /* the tools, then the reference */
    struct trk_clock_map clocks;
    struct trk_frame_graph graph;
    struct trk_path tool_paths[NAV_TOOLS_MAX];
    struct trk_path tip_paths[NAV_TOOLS_MAX];
    struct trk_path touch_paths[NAV_TOOLS_MAX]; /* reference <- tip */
    uint32_t reference_frame;
    struct trk_registration_view registration;
    struct trk_reference_watch watch;
    struct trk_drift drift;
    struct nav_scene_collection collection;
    struct nav_scene_peer peers[NAV_PEERS_MAX];
    uint32_t peer_count;
    uint32_t peers_total;
    bool peers_known;
    uint64_t pose_count;
    int64_t pose_arrival_ns;
    int64_t newest_ns; /* arrival of the newest sample of any kind */
};

_Static_assert(NAV_TOOLS_MAX + 1 <= NAV_DEVICES_MAX, "every tool and the reference are devices");

static bool is_positive(double value)
{
    return isfinite(value) && value > 0.0;
}

static bool limits_are_good(const struct trk_limits *limits)
{
    const int64_t times[] = {
        limits->caution_age_ns,     limits->withhold_age_ns, limits->repeat_warn_ns,
        limits->join_max_ns,        limits->clock_jump_ns,   limits->notice_ns,
        limits->interpolate_max_ns, limits->return_ns,       limits->return_frames,
    };
    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); ++i) {
        if (times[i] <= 0) {
            return false;
        }
    }
    return limits->withhold_age_ns >= limits->caution_age_ns && limits->smoothing_ns >= 0 &&
           limits->registration_check_ns >= 0 && is_positive(limits->check_caution_mm) &&
           is_positive(limits->check_withhold_mm) &&
           limits->check_withhold_mm >= limits->check_caution_mm &&
           is_positive(limits->reference_jump_mm) && is_positive(limits->reference_jump_rad) &&
           is_positive(limits->rigid_tolerance) && is_positive(limits->translation_max_mm) &&
           is_positive(limits->fit_error_caution_mm) && is_positive(limits->fit_error_withhold_mm);
}

static bool name_is_good(const char name[NAV_NAME_SIZE])
{
    const size_t length = strnlen(name, NAV_NAME_SIZE);
    return length > 0 && length < NAV_NAME_SIZE;
}

static bool tool_is_good(const struct trk_tool_config *tool)
{
    const double *axis = tool->axis;
    const double norm = sqrt(axis[0] * axis[0] + axis[1] * axis[1] + axis[2] * axis[2]);
    return name_is_good(tool->device) && isfinite(tool->tip_mm[0]) && isfinite(tool->tip_mm[1]) &&
           isfinite(tool->tip_mm[2]) && fabs(norm - 1.0) <= unit_tolerance;
}

static bool config_is_good(const struct trk_config *config)
{
    if (config->tool_count == 0 || config->tool_count > NAV_TOOLS_MAX ||
        !limits_are_good(&config->limits) ||
        (config->has_registration && !nav_pose_is_valid(&config->T_image_reference)) ||
        (config->has_reference && !name_is_good(config->reference_device))) {
        return false;
    }
    for (uint32_t i = 0; i < config->tool_count; ++i) {
        const struct trk_tool_config *tool = &config->tools[i];
        if (!tool_is_good(tool)) {
            return false;
        }
        for (uint32_t j = 0; j < i; ++j) {
            if (strcmp(tool->device, config->tools[j].device) == 0) {
                return false;
            }
        }
        if (config->has_reference && strcmp(tool->device, config->reference_device) == 0) {
            return false;
        }
    }
    return true;
}

/* image <- reference <- tracker <- tool <- tip. Without a patient reference the tracker itself
 * stands still in the image: an identity edge takes the reference's place. */
static enum nav_status build_graph(struct trk_navigator *navigator)
{
    const struct trk_config *config = &navigator->config;
    struct trk_frame_graph *graph = &navigator->graph;
    const struct nav_pose identity = nav_pose_identity();
    const struct nav_pose *registration =
        config->has_registration ? &config->T_image_reference : &identity;
    uint32_t reference = TRK_FRAME_ROOT;
    uint32_t tracker = TRK_FRAME_ROOT;

    trk_frame_graph_init(graph, "image");
    enum nav_status status =
        trk_frame_graph_add_static(graph, "reference", TRK_FRAME_ROOT, registration, (double)NAN,
                                   config->has_registration, &reference);
    if (status == NAV_OK) {
        status = config->has_reference
                     ? trk_frame_graph_add_live(graph, "tracker", reference,
                                                &navigator->devices[config->tool_count].history,
                                                true, &tracker)
                     : trk_frame_graph_add_static(graph, "tracker", reference, &identity, 0.0, true,
                                                  &tracker);
        navigator->reference_frame = reference;
    }
    for (uint32_t i = 0; status == NAV_OK && i < config->tool_count; ++i) {
        const struct trk_tool_config *tool = &config->tools[i];
        const bool to_reference = tool->relative_to == TRK_RELATIVE_TO_REFERENCE;
        struct nav_pose T_tool_tip = identity;
        memcpy(T_tool_tip.t_mm, tool->tip_mm, sizeof(T_tool_tip.t_mm));
        char name[NAV_NAME_SIZE];
        uint32_t tool_frame;
        uint32_t tip_frame;
        (void)snprintf(name, sizeof(name), "tool %u", i);
        status = trk_frame_graph_add_live(graph, name, to_reference ? reference : tracker,
                                          &navigator->devices[i].history, false, &tool_frame);
        if (status != NAV_OK) {
            return status;
        }
        (void)snprintf(name, sizeof(name), "tip %u", i);
        status = trk_frame_graph_add_static(graph, name, tool_frame, &T_tool_tip, (double)NAN, true,
                                            &tip_frame);
        if (status != NAV_OK) {
            return status;
        }
        navigator->tool_paths[i] = trk_frame_graph_path(graph, TRK_FRAME_ROOT, tool_frame);
        navigator->tip_paths[i] = trk_frame_graph_path(graph, TRK_FRAME_ROOT, tip_frame);
        navigator->touch_paths[i] = trk_frame_graph_path(graph, reference, tip_frame);
    }
    return status;
}

enum nav_status trk_navigator_create(const struct trk_config *config,
                                     struct trk_navigator **out_navigator)
{
    if (!config_is_good(config)) {
        return NAV_ERR_ARGUMENT;
    }
    struct trk_navigator *navigator = calloc(1, sizeof(*navigator));
    if (navigator == NULL) {
        return NAV_ERR_MEMORY;
    }
    navigator->config = *config;
    navigator->newest_ns = INT64_MIN;
    for (uint32_t i = 0; i < config->tool_count; ++i) {
        trk_device_init(&navigator->devices[i], config->tools[i].device);
    }
    navigator->device_count = config->tool_count;
    if (config->has_reference) {
        trk_device_init(&navigator->devices[navigator->device_count++], config->reference_device);
    }
    trk_clock_map_init(&navigator->clocks);
    trk_reference_watch_init(&navigator->watch, config->tool_count);
    trk_drift_clear(&navigator->drift);
    navigator->registration = (struct trk_registration_view){
        .accepted = config->has_registration,
        .tre_mm = (double)NAN,
        .at_ns = INT64_MIN,
    };
    const enum nav_status status = build_graph(navigator);
    if (status != NAV_OK) {
        free(navigator);
        return status;
    }
    *out_navigator = navigator;
    return NAV_OK;
}

void trk_navigator_destroy(struct trk_navigator *navigator)
{
    free(navigator);
}

struct trk_memory trk_navigator_memory(struct trk_navigator *navigator)
{
    return (struct trk_memory){.start = navigator, .size = sizeof(*navigator)};
}

void trk_navigator_copy(struct trk_navigator *to, const struct trk_navigator *from)
{
    const size_t devices_at = offsetof(struct trk_navigator, devices);
    const size_t behind_devices = offsetof(struct trk_navigator, clocks);
    memcpy(to, from, devices_at + from->device_count * sizeof(from->devices[0]));
    memcpy((char *)to + behind_devices, (const char *)from + behind_devices,
           sizeof(*to) - behind_devices);
    /* The graph's live edges look at histories, which are in this one now. */
    for (uint32_t i = 0; i < to->graph.count; ++i) {
        const struct trk_history **live = &to->graph.frames[i].live;
        if (*live != NULL) {
            const size_t at = (size_t)((const char *)*live - (const char *)from);
            *live = (const struct trk_history *)(const void *)((const char *)to + at);
        }
    }
}

uint32_t trk_navigator_find_device(const struct trk_navigator *navigator, const char *name,
                                   size_t length)
{
    for (uint32_t i = 0; i < navigator->device_count; ++i) {
        const struct trk_device *device = &navigator->devices[i];
        if (device->name_length == length && memcmp(device->name, name, length) == 0) {
            return i;
        }
    }
    return TRK_NO_DEVICE;
}

static void watch_reference(struct trk_navigator *navigator, uint32_t device)
{
    const struct trk_config *config = &navigator->config;
    const bool against_tracker = device >= config->tool_count ||
                                 config->tools[device].relative_to == TRK_RELATIVE_TO_TRACKER;
    if (config->has_reference && against_tracker) {
        const struct trk_entry *last = &navigator->devices[device].last;
        trk_reference_watch_push(&navigator->watch, device, &last->pose, last->arrival_ns,
                                 &config->limits);
    }
}

enum nav_status trk_navigator_push(struct trk_navigator *navigator,
                                   const struct nav_pose_sample *sample)
{
    if (sample->device >= navigator->device_count) {
        return NAV_ERR_ARGUMENT;
    }
    struct trk_device *device = &navigator->devices[sample->device];
    if (sample->arrival_ns > navigator->newest_ns) {
        navigator->newest_ns = sample->arrival_ns;
    }
    const uint64_t accepted = device->accepted;
    const enum nav_status status =
        trk_device_push(device, &navigator->clocks, sample, &navigator->config.limits);
    if (device->accepted != accepted) {
        watch_reference(navigator, sample->device);
        ++navigator->pose_count;
        if (navigator->pose_count == 1 || sample->arrival_ns > navigator->pose_arrival_ns) {
            navigator->pose_arrival_ns = sample->arrival_ns;
        }
    }
    return status;
}

void trk_navigator_note_duplicate(struct trk_navigator *navigator, uint32_t device,
                                  int64_t arrival_ns)
{
    if (device >= navigator->device_count) {
        return;
    }
    navigator->devices[device].contested = true;
    navigator->devices[device].contested_ns = arrival_ns;
}

static const struct nav_scene_peer *find_peer(const struct nav_scene_peer *peers, uint32_t count,
                                              uint32_t slot)
{
    for (uint32_t i = 0; i < count; ++i) {
        if (peers[i].slot == slot) {
            return &peers[i];
        }
    }
    return NULL;
}

/* Whether the peer in `slot` before is not the one that is there now. */
static bool peer_changed(const struct trk_navigator *navigator, uint32_t slot,
                         const struct nav_scene_peer *peers, uint32_t count)
{
    const struct nav_scene_peer *before = find_peer(navigator->peers, navigator->peer_count, slot);
    const struct nav_scene_peer *now = find_peer(peers, count, slot);
    return now == NULL ||
           (before != NULL && strncmp(before->address, now->address, NAV_NAME_SIZE) != 0);
}

void trk_navigator_set_peers(struct trk_navigator *navigator, const struct nav_scene_peer *peers,
                             uint32_t count, uint32_t total)
{
    if (count > NAV_PEERS_MAX) {
        count = NAV_PEERS_MAX;
    }
    const bool complete = total <= count;
    for (uint32_t i = 0; complete && i < navigator->device_count; ++i) {
        struct trk_device *device = &navigator->devices[i];
        if (device->accepted > 0 && peer_changed(navigator, device->last.source, peers, count)) {
            device->link_down = true;
        }
    }
    for (uint32_t i = 0; complete && i < NAV_DEVICES_MAX; ++i) {
        const struct trk_clock *clock = &navigator->clocks.clocks[i];
        if (clock->id != 0 && peer_changed(navigator, clock->source, peers, count)) {
            trk_clock_map_forget(&navigator->clocks, clock->source);
        }
    }
    memset(navigator->peers, 0, sizeof(navigator->peers));
    for (uint32_t i = 0; i < count; ++i) {
        navigator->peers[i] = peers[i];
        /* what follows the text must not depend on what the caller had there */
        char *address = navigator->peers[i].address;
        const size_t length = strnlen(address, NAV_NAME_SIZE - 1);
        memset(address + length, 0, NAV_NAME_SIZE - length);
    }
    navigator->peer_count = count;
    navigator->peers_total = total;
    navigator->peers_known = true;
}

/* ---- registration and landmarks ---- */

enum nav_status trk_navigator_tip_start(const struct trk_navigator *navigator, uint32_t tool,
                                        struct trk_tip_cursor *out_cursor)
{
    if (tool >= navigator->config.tool_count) {
        return NAV_ERR_ARGUMENT;
    }
    if (!navigator->config.has_reference) {
        return NAV_ERR_UNSUPPORTED;
    }
    *out_cursor = (struct trk_tip_cursor){.tool = tool, .seen = navigator->devices[tool].accepted};
    return NAV_OK;
}

/* Whether the tool, and the reference it is measured through, are live. */
static bool is_live(const struct trk_navigator *navigator, uint32_t tool, int64_t now_ns)
{
    const struct trk_config *config = &navigator->config;
    const bool joined = config->tools[tool].relative_to == TRK_RELATIVE_TO_TRACKER;
    return trk_device_view(&navigator->devices[tool], now_ns, &config->limits).live &&
           (!joined ||
            trk_device_view(&navigator->devices[config->tool_count], now_ns, &config->limits).live);
}

/* Whether no marker fit error is above its caution limit: markers that are partly hidden bend the
 * pose. What states no error is taken. */
static bool is_well_seen(const struct trk_navigator *navigator, uint32_t tool,
                         const struct trk_entry *entry)
{
    const struct trk_config *config = &navigator->config;
    const double limit_mm = config->limits.fit_error_caution_mm;
    const bool joined = config->tools[tool].relative_to == TRK_RELATIVE_TO_TRACKER;
    return !(entry->error_mm > limit_mm) &&
           !(joined && navigator->devices[config->tool_count].last.error_mm > limit_mm);
}

bool trk_navigator_tip_next(const struct trk_navigator *navigator, struct trk_tip_cursor *cursor,
                            int64_t now_ns, struct trk_tip_sample *out_sample)
{
    const struct trk_device *device = &navigator->devices[cursor->tool];
    const struct trk_limits *limits = &navigator->config.limits;
    const uint64_t unseen = device->accepted - cursor->seen;
    if (!is_live(navigator, cursor->tool, now_ns) || unseen > device->history.count) {
        cursor->seen = device->accepted;
        *out_sample = (struct trk_tip_sample){.arrival_ns = now_ns};
        return true;
    }
    if (unseen == 0) {
        return false;
    }
    const struct trk_entry *entry = trk_history_entry(&device->history, (uint32_t)unseen - 1);
    const struct trk_located located = trk_frame_graph_locate(
        &navigator->graph, &navigator->touch_paths[cursor->tool], &device->history, entry, limits);
    if (located.answer <= TRK_ANSWER_HELD &&
        trk_time_difference(now_ns, entry->arrival_ns) <= limits->join_max_ns) {
        return false; /* the reference of its instant may be on its way */
    }
    ++cursor->seen;
    *out_sample = (struct trk_tip_sample){
        .arrival_ns = entry->arrival_ns,
        .visible = located.answer != TRK_ANSWER_NONE && (located.flags & TRK_FLAG_VALID) != 0 &&
                   (located.flags & TRK_FLAG_LATE) == 0 &&
                   is_well_seen(navigator, cursor->tool, entry),
        .repeated_ns = trk_time_difference(entry->arrival_ns, device->same_since_ns),
    };
    if (out_sample->visible) {
        memcpy(out_sample->tip_mm, located.T_base_target.t_mm, sizeof(out_sample->tip_mm));
    }
    return true;
}

enum nav_status trk_navigator_set_registration(struct trk_navigator *navigator,
                                               const struct trk_registration_in_force *registration)
{
    if (!nav_pose_is_valid(&registration->T_image_reference)) {
        return NAV_ERR_ARGUMENT;
    }
    if (!registration->accepted && !registration->overridden) {
        return NAV_ERR_REFUSED;
    }
    struct trk_config *config = &navigator->config;
    config->has_registration = true;
    config->T_image_reference = registration->T_image_reference;
    config->registration_fre_mm = registration->fre_mm;
    memset(config->registration_source, 0, sizeof(config->registration_source));
    memcpy(config->registration_source, registration->source,
           strnlen(registration->source, sizeof(registration->source) - 1));
    trk_frame_graph_set_static(&navigator->graph, navigator->reference_frame,
                               &registration->T_image_reference, (double)NAN, true);
    navigator->registration = (struct trk_registration_view){
        .accepted = registration->accepted,
        .overridden = registration->overridden,
        .tre_mm = registration->tre_mm,
        .at_ns = registration->at_ns,
    };
    trk_drift_clear(&navigator->drift);
    trk_reference_watch_clear(&navigator->watch);
    return NAV_OK;
}

bool trk_navigator_registration(const struct trk_navigator *navigator, struct nav_pose *out_pose)
{
    if (navigator->config.has_registration) {
        *out_pose = navigator->config.T_image_reference;
    }
    return navigator->config.has_registration;
}

void trk_navigator_note_refused(struct trk_navigator *navigator, bool refused)
{
    navigator->registration.refused = refused;
}

enum nav_status trk_navigator_note_check(struct trk_navigator *navigator, int64_t at_ns,
                                         double deviation_mm)
{
    if (!navigator->config.has_registration) {
        return NAV_ERR_REFUSED;
    }
    const struct trk_check check = {.at_ns = at_ns, .deviation_mm = deviation_mm};
    const enum nav_status status =
        trk_drift_note(&navigator->drift, &check, &navigator->config.limits);
    if (status == NAV_OK && navigator->drift.trust == NAV_TRUST_OK) {
        trk_reference_watch_clear(&navigator->watch);
    }
    return status;
}

bool trk_navigator_in_doubt(const struct trk_navigator *navigator, int64_t *out_since_ns)
{
    const bool moved = navigator->watch.moved;
    const bool drifted = navigator->drift.trust != NAV_TRUST_OK;
    if (moved && (!drifted || navigator->watch.moved_ns > navigator->drift.doubted_ns)) {
        *out_since_ns = navigator->watch.moved_ns;
    } else if (drifted) {
        *out_since_ns = navigator->drift.doubted_ns;
    }
    return moved || drifted;
}

void trk_navigator_set_collection(struct trk_navigator *navigator,
                                  const struct nav_scene_collection *collection)
{
    navigator->collection = *collection;
}

void trk_navigator_scene(struct trk_navigator *navigator, int64_t now_ns, int64_t utc_ns,
                         struct nav_scene *out_scene)
{
    if (now_ns < navigator->newest_ns) {
        now_ns = navigator->newest_ns;
    }
    if (navigator->registration.at_ns == INT64_MIN) {
        navigator->registration.at_ns = now_ns; /* the case's own counts from the first scene */
    }
    const struct trk_scene_inputs inputs = {
        .config = &navigator->config,
        .devices = navigator->devices,
        .clocks = &navigator->clocks,
        .graph = &navigator->graph,
        .tool_paths = navigator->tool_paths,
        .tip_paths = navigator->tip_paths,
        .registration = &navigator->registration,
        .watch = &navigator->watch,
        .drift = &navigator->drift,
        .collection = &navigator->collection,
        .peers = navigator->peers,
        .peer_count = navigator->peer_count,
        .peers_total = navigator->peers_total,
        .peers_known = navigator->peers_known,
        .pose_count = navigator->pose_count,
        .pose_arrival_ns = navigator->pose_arrival_ns,
    };
    trk_scene_build(&inputs, now_ns, utc_ns, out_scene);
}
