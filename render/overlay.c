#include "overlay.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "nav/time.h"

/* The core's tick is at most 50 ms and both read the same clock: a scene from further ahead means
 * that one of the two clocks cannot be trusted. */
static const int64_t ahead_max_ns = 50 * NAV_NS_PER_MS;
/* No configuration may call a pose older than this usable. */
static const int64_t withhold_ceiling_ns = 2000 * NAV_NS_PER_MS;

static void copy(char *out, size_t size, const char *text, size_t text_size)
{
    /* Names cross a process boundary: do not trust their termination. */
    char bounded[NAV_TEXT_SIZE] = "";
    const size_t length =
        strnlen(text, text_size < sizeof(bounded) ? text_size : sizeof(bounded) - 1);
    memcpy(bounded, text, length);
    bounded[length] = '\0';
    out[0] = '\0';
    rnd_text_append(out, size, bounded);
}

static void words(char *out, size_t size, const char *text)
{
    out[0] = '\0';
    rnd_text_append(out, size, text);
}

/* Why the display itself refuses a scene; NULL: it may be shown. */
static const char *refusal(const struct rnd_overlay_input *input)
{
    const struct nav_scene *scene = input->scene;
    if (scene == NULL) {
        return input->core_alive ? "Waiting for the navigation core" : "No navigation core running";
    }
    if (!input->core_alive) {
        return "Navigation core stopped";
    }
    if (scene->version != NAV_SCENE_VERSION || scene->size != sizeof(*scene)) {
        return "Navigation core is of another version";
    }
    if (scene->case_id != input->facts->case_id || scene->tool_count != input->facts->tool_count ||
        scene->tool_count > NAV_TOOLS_MAX) {
        return "Navigation core runs another case";
    }
    if (scene->caution_ns <= 0 || scene->withhold_ns < scene->caution_ns ||
        scene->withhold_ns > withhold_ceiling_ns) {
        return "Navigation core states no usable age limits";
    }
    if (scene->time_ns > input->now_ns + ahead_max_ns) {
        return "Clocks of core and display disagree";
    }
    const int64_t age_ns = input->now_ns - scene->time_ns;
    if (age_ns > scene->withhold_ns) {
        return age_ns - input->held_ns > scene->withhold_ns ? "CORE NOT RESPONDING"
                                                            : "DISPLAY TOO SLOW";
    }
    return NULL;
}

/* Age at display time: the receiver's clock at arrival, never younger than the scene said. */
static int64_t age_now_ns(int64_t now_ns, int64_t scene_time_ns, int64_t scene_age_ns,
                          int64_t arrival_ns)
{
    if (scene_age_ns < 0 || arrival_ns <= 0) {
        return -1;
    }
    const int64_t waited_ns = now_ns > scene_time_ns ? now_ns - scene_time_ns : 0;
    const int64_t by_scene = scene_age_ns + waited_ns;
    const int64_t by_arrival = now_ns - arrival_ns;
    return by_scene > by_arrival ? by_scene : by_arrival;
}

static bool finite3(const double v[3])
{
    return isfinite(v[0]) && isfinite(v[1]) && isfinite(v[2]);
}

static enum rnd_look look_of(const struct nav_scene *scene, const struct nav_scene_tool *tool,
                             int64_t age_ns)
{
    const bool usable = tool->has_pose != 0 && finite3(tool->tip_image_mm) &&
                        nav_pose_is_valid(&tool->T_image_tool);
    if (!usable || age_ns < 0 || age_ns > scene->withhold_ns) {
        return RND_LOOK_HIDDEN;
    }
    if (tool->state == NAV_TOOL_TRACKED && age_ns <= scene->caution_ns) {
        return RND_LOOK_LIVE;
    }
    if (tool->state == NAV_TOOL_TRACKED || tool->state == NAV_TOOL_STALE) {
        return RND_LOOK_LATE;
    }
    return RND_LOOK_HIDDEN;
}

static const char *state_words(uint32_t state)
{
    switch (state) {
    case NAV_TOOL_NEVER:
        return "NOT SEEN YET";
    case NAV_TOOL_INVALID:
        return "NOT VISIBLE";
    default:
        return "LOST";
    }
}

static void blank_tool(struct rnd_overlay_tool *tool, const char *name)
{
    copy(tool->name, sizeof(tool->name), name, NAV_NAME_SIZE);
    tool->look = RND_LOOK_HIDDEN;
    tool->level = RND_LEVEL_ALARM;
    words(tool->state, sizeof(tool->state), "WITHHELD");
    rnd_text_age(-1, tool->age);
    for (int axis = 0; axis < 3; ++axis) {
        rnd_text_number((double)NAN, 7, 1, tool->tip[axis]);
    }
}

static void build_tool(const struct rnd_overlay_input *input, size_t index, bool may_draw,
                       struct rnd_overlay_tool *out)
{
    const struct nav_scene *scene = input->scene;
    const struct nav_scene_tool *tool = &scene->tools[index];
    const int64_t age_ns =
        age_now_ns(input->now_ns, scene->time_ns, tool->age_ns, tool->arrival_ns);
    const enum rnd_look look = look_of(scene, tool, age_ns);
    rnd_text_age(age_ns, out->age);
    if (look == RND_LOOK_HIDDEN) {
        const bool aged = tool->state == NAV_TOOL_TRACKED || tool->state == NAV_TOOL_STALE;
        words(out->state, sizeof(out->state), aged ? "LOST" : state_words(tool->state));
        return;
    }
    if (!may_draw) {
        /* Seen, but the picture as a whole is withheld: the bar says why. */
        words(out->state, sizeof(out->state), "WITHHELD");
        return;
    }
    out->look = look;
    out->T_image_tool = tool->T_image_tool;
    memcpy(out->tip_mm, tool->tip_image_mm, sizeof(out->tip_mm));
    if (look == RND_LOOK_LATE) {
        out->level = RND_LEVEL_CAUTION;
        words(out->state, sizeof(out->state), "LATE");
        return;
    }
    const bool reserved = tool->unverified != 0 || tool->reason != NAV_REASON_NONE;
    out->level = reserved ? RND_LEVEL_CAUTION : RND_LEVEL_OK;
    words(out->state, sizeof(out->state), reserved ? "LIVE, CHECK" : "LIVE");
    for (int axis = 0; axis < 3; ++axis) {
        rnd_text_number(tool->tip_image_mm[axis], 7, 1, out->tip[axis]);
    }
}

static struct rnd_overlay_entry *add_entry(struct rnd_overlay *overlay, const char *label,
                                           enum rnd_level level, const char *value)
{
    struct rnd_overlay_entry *entry = &overlay->entries[overlay->entry_count++];
    words(entry->label, sizeof(entry->label), label);
    words(entry->value, sizeof(entry->value), value);
    entry->level = level;
    return entry;
}

static void add_tracker_entry(struct rnd_overlay *overlay, const struct rnd_overlay_input *input)
{
    const struct nav_scene *scene = input->scene;
    if (scene->peers_total == 0) {
        (void)add_entry(overlay, "TRACKER", RND_LEVEL_ALARM, "NO TRACKER");
        return;
    }
    const int64_t age_ns = scene->pose_arrival_ns > 0 ? input->now_ns - scene->pose_arrival_ns : -1;
    const bool fresh = age_ns >= 0 && age_ns <= scene->caution_ns;
    const bool usable = age_ns >= 0 && age_ns <= scene->withhold_ns;
    struct rnd_overlay_entry *entry = add_entry(overlay, "TRACKER",
                                                fresh    ? RND_LEVEL_OK
                                                : usable ? RND_LEVEL_CAUTION
                                                         : RND_LEVEL_ALARM,
                                                fresh    ? "RECEIVING"
                                                : usable ? "LATE"
                                                         : "SILENT");
    rnd_text_age(age_ns, entry->age);
}

static void add_reference_entry(struct rnd_overlay *overlay, const struct rnd_overlay_input *input)
{
    const struct nav_scene *scene = input->scene;
    const struct nav_scene_reference *reference = &scene->reference;
    if (reference->required == 0) {
        (void)add_entry(overlay, "REFERENCE", RND_LEVEL_NEUTRAL, "NOT USED");
        return;
    }
    const int64_t age_ns =
        age_now_ns(input->now_ns, scene->time_ns, reference->age_ns, reference->arrival_ns);
    const bool seen = reference->state == NAV_TOOL_TRACKED || reference->state == NAV_TOOL_STALE;
    enum rnd_level level = RND_LEVEL_ALARM;
    const char *value = state_words(reference->state);
    if (seen && age_ns >= 0 && age_ns <= scene->caution_ns &&
        reference->state == NAV_TOOL_TRACKED) {
        level = RND_LEVEL_OK;
        value = "VISIBLE";
    } else if (seen && age_ns >= 0 && age_ns <= scene->withhold_ns) {
        level = RND_LEVEL_CAUTION;
        value = "LATE";
    }
    rnd_text_age(age_ns, add_entry(overlay, "REFERENCE", level, value)->age);
}

static void add_registration_entry(struct rnd_overlay *overlay, const struct nav_scene *scene)
{
    if (scene->registration.present == 0) {
        (void)add_entry(overlay, "REGISTRATION", RND_LEVEL_ALARM, "NONE");
        return;
    }
    if (!isfinite(scene->registration.fre_mm)) {
        (void)add_entry(overlay, "REGISTRATION", RND_LEVEL_OK, "FRE UNKNOWN");
        return;
    }
    /* The fit's residual is shown under its own name: it says nothing about accuracy. */
    char number[RND_NUMBER_SIZE];
    char value[RND_WORDS_SIZE] = "FRE ";
    rnd_text_number(scene->registration.fre_mm, 5, 2, number);
    rnd_text_append(value, sizeof(value), number + strspn(number, " "));
    rnd_text_append(value, sizeof(value), " mm");
    (void)add_entry(overlay, "REGISTRATION", RND_LEVEL_OK, value);
}

static void add_display_entry(struct rnd_overlay *overlay, const struct rnd_overlay_input *input)
{
    if (input->stats.not_shown != NULL) {
        (void)add_entry(overlay, "DISPLAY", RND_LEVEL_CAUTION, "INCOMPLETE");
        return;
    }
    if (input->stats.warning != NULL) {
        (void)add_entry(overlay, "DISPLAY", RND_LEVEL_CAUTION, input->stats.warning);
        return;
    }
    char number[RND_NUMBER_SIZE];
    char value[RND_WORDS_SIZE] = "";
    rnd_text_number(input->stats.fps, 3, 0, number);
    rnd_text_append(value, sizeof(value), number + strspn(number, " "));
    rnd_text_append(value, sizeof(value), " fps");
    struct rnd_overlay_entry *entry = add_entry(overlay, "DISPLAY", RND_LEVEL_NEUTRAL, value);
    char p99[RND_AGE_SIZE];
    rnd_text_age(input->stats.frame_p50_ns, entry->age);
    rnd_text_age(input->stats.frame_p99_ns, p99);
    if (input->stats.frame_p50_ns >= 0) {
        /* "20/40 ms": the unit once where it is the same. */
        if (input->stats.frame_p99_ns < NAV_NS_PER_S) {
            entry->age[strcspn(entry->age, " ")] = '\0';
        }
        rnd_text_append(entry->age, sizeof(entry->age), "/");
        rnd_text_append(entry->age, sizeof(entry->age), p99);
    }
}

static void add_tool_entries(struct rnd_overlay *overlay)
{
    for (uint32_t i = 0; i < overlay->tool_count; ++i) {
        const struct rnd_overlay_tool *tool = &overlay->tools[i];
        struct rnd_overlay_entry *entry = add_entry(overlay, tool->name, tool->level, tool->state);
        words(entry->age, sizeof(entry->age), tool->age);
    }
}

static void clock_text(int64_t utc_ns, char out[RND_NUMBER_SIZE])
{
    const time_t seconds = (time_t)(utc_ns / NAV_NS_PER_S);
    struct tm local;
    words(out, RND_NUMBER_SIZE, "--:--:--");
    if (utc_ns > 0 && localtime_r(&seconds, &local) != NULL) {
        (void)snprintf(out, RND_NUMBER_SIZE, "%02u:%02u:%02u", (unsigned)local.tm_hour % 100U,
                       (unsigned)local.tm_min % 100U, (unsigned)local.tm_sec % 100U);
    }
}

static void set_verdict(struct rnd_overlay *overlay, enum nav_trust trust, const char *reason)
{
    overlay->trust = trust;
    words(overlay->reason, sizeof(overlay->reason), reason);
    const char *headline = "DO NOT NAVIGATE";
    if (trust == NAV_TRUST_CAUTION) {
        headline = "CAUTION";
    } else if (trust == NAV_TRUST_OK) {
        headline = overlay->mode == NAV_MODE_SIMULATION ? "SIMULATION RUNNING"
                   : overlay->mode == NAV_MODE_REPLAY   ? "REPLAY RUNNING"
                                                        : "NAVIGATION LIVE";
    }
    words(overlay->headline, sizeof(overlay->headline), headline);
}

/* The scene's worst reason, with the name of the tool that it is about. */
static void scene_reason(const struct nav_scene *scene, char out[RND_WORDS_SIZE])
{
    out[0] = '\0';
    if (scene->reason_count == 0) {
        return;
    }
    const struct nav_scene_reason *worst = &scene->reasons[0];
    rnd_text_append(out, RND_WORDS_SIZE, nav_reason_text(worst->reason));
    if (worst->tool >= 0 && (uint32_t)worst->tool < scene->tool_count) {
        char name[NAV_NAME_SIZE];
        copy(name, sizeof(name), scene->tools[worst->tool].name, NAV_NAME_SIZE);
        rnd_text_append(out, RND_WORDS_SIZE, ": ");
        rnd_text_append(out, RND_WORDS_SIZE, name);
    }
}

static void judge(const struct rnd_overlay_input *input, struct rnd_overlay *overlay)
{
    const struct nav_scene *scene = input->scene;
    uint32_t live = 0;
    uint32_t late = 0;
    for (uint32_t i = 0; i < overlay->tool_count; ++i) {
        live += overlay->tools[i].look == RND_LOOK_LIVE;
        late += overlay->tools[i].look == RND_LOOK_LATE;
    }
    char reason[RND_WORDS_SIZE];
    scene_reason(scene, reason);
    overlay->more_reasons = scene->reason_count > 1 ? scene->reason_count - 1 : 0;

    if (scene->trust == NAV_TRUST_WITHHELD || scene->trust > NAV_TRUST_OK) {
        set_verdict(overlay, NAV_TRUST_WITHHELD, reason);
    } else if (live + late == 0) {
        set_verdict(overlay, NAV_TRUST_WITHHELD, reason[0] != '\0' ? reason : "No tool visible");
    } else if (late > 0 || input->now_ns - scene->time_ns > scene->caution_ns) {
        set_verdict(overlay, NAV_TRUST_CAUTION, reason[0] != '\0' ? reason : "Pose late");
    } else {
        /* A tool that vanished since the scene was made is caught here: the scene still counts
         * it as seen. */
        bool vanished = false;
        for (uint32_t i = 0; i < overlay->tool_count; ++i) {
            vanished = vanished ||
                       (overlay->tools[i].look == RND_LOOK_HIDDEN && scene->tools[i].has_pose != 0);
        }
        const enum nav_trust trust =
            vanished && scene->trust == NAV_TRUST_OK ? NAV_TRUST_CAUTION : scene->trust;
        set_verdict(overlay, trust, vanished && reason[0] == '\0' ? "Tool lost" : reason);
    }
}

/* A picture in which something is missing is never a good one. */
static void judge_picture(const struct rnd_overlay_input *input, struct rnd_overlay *overlay)
{
    if (input->stats.not_shown == NULL) {
        return;
    }
    char reason[RND_WORDS_SIZE] = "NOT SHOWN: ";
    rnd_text_append(reason, sizeof(reason), input->stats.not_shown);
    if (overlay->trust == NAV_TRUST_OK || overlay->reason[0] == '\0') {
        set_verdict(overlay, overlay->trust == NAV_TRUST_OK ? NAV_TRUST_CAUTION : overlay->trust,
                    reason);
    } else {
        ++overlay->more_reasons;
    }
}

void rnd_overlay_build(const struct rnd_overlay_input *input, struct rnd_overlay *out_overlay)
{
    const struct rnd_case *facts = input->facts;
    memset(out_overlay, 0, sizeof(*out_overlay));
    copy(out_overlay->case_name, NAV_NAME_SIZE, facts->case_name, NAV_NAME_SIZE);
    copy(out_overlay->pseudonym, NAV_NAME_SIZE, facts->pseudonym, NAV_NAME_SIZE);
    clock_text(input->utc_ns, out_overlay->clock);
    out_overlay->tool_count =
        (uint32_t)(facts->tool_count < NAV_TOOLS_MAX ? facts->tool_count : NAV_TOOLS_MAX);
    for (uint32_t i = 0; i < out_overlay->tool_count; ++i) {
        blank_tool(&out_overlay->tools[i], facts->tool_names[i]);
    }

    const char *refused = refusal(input);
    if (refused != NULL) {
        set_verdict(out_overlay, NAV_TRUST_WITHHELD, refused);
        static const char *const labels[] = {"TRACKER", "REFERENCE", "REGISTRATION"};
        for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); ++i) {
            (void)add_entry(out_overlay, labels[i], RND_LEVEL_ALARM, "UNKNOWN");
        }
        add_tool_entries(out_overlay);
        add_display_entry(out_overlay, input);
        return;
    }

    const struct nav_scene *scene = input->scene;
    out_overlay->mode =
        scene->mode <= NAV_MODE_REPLAY ? (enum nav_mode)scene->mode : NAV_MODE_REPLAY;
    const bool may_draw = scene->trust == NAV_TRUST_CAUTION || scene->trust == NAV_TRUST_OK;
    for (uint32_t i = 0; i < out_overlay->tool_count; ++i) {
        build_tool(input, i, may_draw, &out_overlay->tools[i]);
    }
    judge(input, out_overlay);
    judge_picture(input, out_overlay);

    const int64_t step_ns = RND_HEARTBEAT_TURN_NS / RND_HEARTBEAT_STEPS;
    const int64_t arrival_ns = scene->pose_arrival_ns > 0 ? scene->pose_arrival_ns : 0;
    out_overlay->heartbeat_step = (uint32_t)(arrival_ns / step_ns % RND_HEARTBEAT_STEPS);
    out_overlay->heartbeat_alive =
        arrival_ns > 0 && input->now_ns - arrival_ns <= scene->withhold_ns;

    add_tracker_entry(out_overlay, input);
    add_reference_entry(out_overlay, input);
    add_registration_entry(out_overlay, scene);
    add_tool_entries(out_overlay);
    add_display_entry(out_overlay, input);
}
