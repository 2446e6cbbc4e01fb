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

/* Why the display itself refuses a scene; nothing: it may be shown. */
static enum rnd_words refusal(const struct rnd_overlay_input *input)
{
    const struct nav_scene *scene = input->scene;
    if (scene == NULL) {
        return input->core_alive ? RND_SAY_WAITING : RND_SAY_NO_CORE;
    }
    if (!input->core_alive) {
        return RND_SAY_CORE_STOPPED;
    }
    if (scene->version != NAV_SCENE_VERSION || scene->size != sizeof(*scene)) {
        return RND_SAY_OTHER_VERSION;
    }
    if (scene->case_id != input->facts->case_id || scene->tool_count != input->facts->tool_count ||
        scene->tool_count > NAV_TOOLS_MAX) {
        return RND_SAY_OTHER_CASE;
    }
    if (scene->caution_ns <= 0 || scene->withhold_ns < scene->caution_ns ||
        scene->withhold_ns > withhold_ceiling_ns) {
        return RND_SAY_NO_AGE_LIMITS;
    }
    if (scene->time_ns > input->now_ns + ahead_max_ns) {
        return RND_SAY_CLOCKS_DISAGREE;
    }
    const int64_t age_ns = input->now_ns - scene->time_ns;
    if (age_ns > scene->withhold_ns) {
        return age_ns - input->held_ns > scene->withhold_ns ? RND_SAY_CORE_SILENT
                                                            : RND_SAY_DISPLAY_SLOW;
    }
    return RND_SAY_NOTHING;
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
    if (tool->ghost != 0) {
        return RND_LOOK_GHOST;
    }
    if (tool->state == NAV_TOOL_TRACKED && age_ns <= scene->caution_ns) {
        return RND_LOOK_LIVE;
    }
    if (tool->state == NAV_TOOL_TRACKED || tool->state == NAV_TOOL_STALE) {
        return RND_LOOK_LATE;
    }
    return RND_LOOK_HIDDEN;
}

static enum rnd_words state_words(uint32_t state)
{
    switch (state) {
    case NAV_TOOL_NEVER:
        return RND_SAY_NOT_SEEN_YET;
    case NAV_TOOL_INVALID:
        return RND_SAY_NOT_VISIBLE;
    default:
        return RND_SAY_LOST;
    }
}

static void blank_tool(struct rnd_overlay_tool *tool, const char *name, enum rnd_language language)
{
    copy(tool->name, sizeof(tool->name), name, NAV_NAME_SIZE);
    tool->look = RND_LOOK_HIDDEN;
    tool->level = RND_LEVEL_ALARM;
    words(tool->state, sizeof(tool->state), rnd_say(language, RND_SAY_WITHHELD));
    rnd_text_age(-1, tool->age);
    for (int axis = 0; axis < 3; ++axis) {
        rnd_text_number((double)NAN, 7, 1, tool->tip[axis]);
    }
}

/* How far to the first structure on the tool's predicted path, as far as a path is drawn. */
static double path_of(const struct nav_scene *scene, int32_t tool)
{
    static const double longest_mm = 60.0;
    double path_mm = 0.0;
    const uint32_t count =
        scene->structure_count < NAV_STRUCTURES_MAX ? scene->structure_count : NAV_STRUCTURES_MAX;
    for (uint32_t i = 0; i < count; ++i) {
        const struct nav_scene_structure *structure = &scene->structures[i];
        if (structure->tool != tool || structure->has_distance == 0) {
            continue;
        }
        const double ahead_mm = structure->ahead_mm;
        const bool hit = ahead_mm >= 0.0 && ahead_mm < longest_mm;
        path_mm = path_mm <= 0.0 ? longest_mm : path_mm;
        path_mm = hit && ahead_mm < path_mm ? ahead_mm : path_mm;
    }
    return path_mm;
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
        words(out->state, sizeof(out->state),
              rnd_say(input->language, aged ? RND_SAY_LOST : state_words(tool->state)));
        return;
    }
    if (!may_draw) {
        /* Seen, but the picture as a whole is withheld: the bar says why. */
        words(out->state, sizeof(out->state), rnd_say(input->language, RND_SAY_WITHHELD));
        return;
    }
    out->look = look;
    out->T_image_tool = tool->T_image_tool;
    memcpy(out->tip_mm, tool->tip_image_mm, sizeof(out->tip_mm));
    if (finite3(tool->axis_image)) {
        memcpy(out->axis, tool->axis_image, sizeof(out->axis));
    }
    if (look == RND_LOOK_GHOST) {
        out->level = RND_LEVEL_NEUTRAL;
        words(out->state, sizeof(out->state), rnd_say(input->language, RND_SAY_GHOST));
        return;
    }
    if (look == RND_LOOK_LATE) {
        out->level = RND_LEVEL_CAUTION;
        words(out->state, sizeof(out->state), rnd_say(input->language, RND_SAY_LATE));
        return;
    }
    out->path_mm = path_of(scene, (int32_t)index);
    const bool reserved = tool->unverified != 0 || tool->reason != NAV_REASON_NONE;
    out->level = reserved ? RND_LEVEL_CAUTION : RND_LEVEL_OK;
    words(out->state, sizeof(out->state),
          rnd_say(input->language, reserved ? RND_SAY_LIVE_CHECK : RND_SAY_LIVE));
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

static struct rnd_overlay_entry *add_said(struct rnd_overlay *overlay, enum rnd_language language,
                                          enum rnd_words label, enum rnd_level level,
                                          enum rnd_words value)
{
    return add_entry(overlay, rnd_say(language, label), level, rnd_say(language, value));
}

static void put_age(struct rnd_overlay_entry *entry, int64_t age_ns)
{
    char text[RND_AGE_SIZE];
    rnd_text_age(age_ns, text);
    words(entry->age, sizeof(entry->age), text);
}

static void add_tracker_entry(struct rnd_overlay *overlay, const struct rnd_overlay_input *input)
{
    const struct nav_scene *scene = input->scene;
    if (scene->peers_total == 0) {
        (void)add_said(overlay, input->language, RND_SAY_TRACKER, RND_LEVEL_ALARM,
                       RND_SAY_NO_TRACKER);
        return;
    }
    const int64_t age_ns = scene->pose_arrival_ns > 0 ? input->now_ns - scene->pose_arrival_ns : -1;
    const bool fresh = age_ns >= 0 && age_ns <= scene->caution_ns;
    const bool usable = age_ns >= 0 && age_ns <= scene->withhold_ns;
    put_age(add_said(overlay, input->language, RND_SAY_TRACKER,
                     fresh    ? RND_LEVEL_OK
                     : usable ? RND_LEVEL_CAUTION
                              : RND_LEVEL_ALARM,
                     fresh    ? RND_SAY_RECEIVING
                     : usable ? RND_SAY_LATE
                              : RND_SAY_SILENT),
            age_ns);
}

static void add_reference_entry(struct rnd_overlay *overlay, const struct rnd_overlay_input *input)
{
    const struct nav_scene *scene = input->scene;
    const struct nav_scene_reference *reference = &scene->reference;
    if (reference->required == 0) {
        (void)add_said(overlay, input->language, RND_SAY_REFERENCE, RND_LEVEL_NEUTRAL,
                       RND_SAY_NOT_USED);
        return;
    }
    const int64_t age_ns =
        age_now_ns(input->now_ns, scene->time_ns, reference->age_ns, reference->arrival_ns);
    const bool seen = reference->state == NAV_TOOL_TRACKED || reference->state == NAV_TOOL_STALE;
    enum rnd_level level = RND_LEVEL_ALARM;
    enum rnd_words value = state_words(reference->state);
    if (seen && age_ns >= 0 && age_ns <= scene->caution_ns &&
        reference->state == NAV_TOOL_TRACKED) {
        level = RND_LEVEL_OK;
        value = RND_SAY_VISIBLE;
    } else if (seen && age_ns >= 0 && age_ns <= scene->withhold_ns) {
        level = RND_LEVEL_CAUTION;
        value = RND_SAY_LATE;
    }
    put_age(add_said(overlay, input->language, RND_SAY_REFERENCE, level, value), age_ns);
}

/* "checked 12 min", or that it never was. */
static void remark_on_checks(const struct nav_scene_registration *registration, int64_t now_ns,
                             enum rnd_language language, char out[NAV_NAME_SIZE])
{
    if (registration->last_check_ns <= 0 || registration->last_check_ns > now_ns) {
        words(out, NAV_NAME_SIZE, rnd_say(language, RND_SAY_NEVER_CHECKED));
        return;
    }
    const int64_t minutes = (now_ns - registration->last_check_ns) / (60 * NAV_NS_PER_S);
    char text[32];
    (void)snprintf(text, sizeof(text), " %d min", (int)(minutes < 999 ? minutes : 999));
    words(out, NAV_NAME_SIZE, rnd_say(language, RND_SAY_CHECKED));
    rnd_text_append(out, NAV_NAME_SIZE, text);
}

/* Over the checks: ", +0.02/min". */
static void append_trend(double mm_per_min, char value[RND_WORDS_SIZE])
{
    if (!isfinite(mm_per_min)) {
        return;
    }
    char number[RND_NUMBER_SIZE];
    rnd_text_number(mm_per_min, 5, 2, number);
    rnd_text_append(value, RND_WORDS_SIZE, mm_per_min >= 0.005 ? ", +" : ", ");
    rnd_text_append(value, RND_WORDS_SIZE, number + strspn(number, " "));
    rnd_text_append(value, RND_WORDS_SIZE, "/min");
}

/* The error at the worst target, not the fit's residual, which says nothing about accuracy. */
static void add_registration_entry(struct rnd_overlay *overlay,
                                   const struct rnd_overlay_input *input)
{
    const struct nav_scene_registration *registration = &input->scene->registration;
    const enum rnd_language language = input->language;
    struct rnd_overlay_entry *entry = NULL;
    if (registration->present == 0) {
        entry = add_said(overlay, language, RND_SAY_REGISTRATION, RND_LEVEL_ALARM, RND_SAY_NONE);
        entry->wide = true;
        return;
    }
    const bool bad = registration->overridden != 0;
    if (!isfinite(registration->tre_mm)) {
        entry = add_said(overlay, language, RND_SAY_REGISTRATION,
                         bad ? RND_LEVEL_CAUTION : RND_LEVEL_NEUTRAL, RND_SAY_TRE_UNKNOWN);
    } else {
        char number[RND_NUMBER_SIZE];
        char value[RND_WORDS_SIZE] = "TRE ";
        rnd_text_number(registration->tre_mm, 5, 1, number);
        rnd_text_append(value, sizeof(value), number + strspn(number, " "));
        rnd_text_append(value, sizeof(value), " mm");
        append_trend(registration->trend_mm_per_min, value);
        entry = add_entry(overlay, rnd_say(language, RND_SAY_REGISTRATION),
                          bad ? RND_LEVEL_CAUTION : RND_LEVEL_OK, value);
    }
    if (bad) {
        rnd_text_append(entry->value, sizeof(entry->value), ", ");
        rnd_text_append(entry->value, sizeof(entry->value), rnd_say(language, RND_SAY_OVERRIDDEN));
    }
    entry->wide = true;
    remark_on_checks(registration, input->now_ns, language, entry->age);
}

/* Before the tools, so that it has a place whatever their number. */
static void add_monitor_entry(struct rnd_overlay *overlay, const struct rnd_overlay_input *input)
{
    if (input->stats.missing_monitor != NULL) {
        struct rnd_overlay_entry *entry = add_said(overlay, input->language, RND_SAY_MONITOR,
                                                   RND_LEVEL_CAUTION, RND_SAY_MONITOR_MISSING);
        rnd_text_append(entry->label, sizeof(entry->label), " ");
        rnd_text_append(entry->label, sizeof(entry->label), input->stats.missing_monitor);
    }
}

static void add_display_entry(struct rnd_overlay *overlay, const struct rnd_overlay_input *input)
{
    const enum rnd_language language = input->language;
    if (input->stats.not_shown != NULL) {
        (void)add_said(overlay, language, RND_SAY_DISPLAY, RND_LEVEL_CAUTION, RND_SAY_INCOMPLETE);
        return;
    }
    if (input->stats.warning != RND_SAY_NOTHING) {
        (void)add_said(overlay, language, RND_SAY_DISPLAY, RND_LEVEL_CAUTION, input->stats.warning);
        return;
    }
    char number[RND_NUMBER_SIZE];
    char value[RND_WORDS_SIZE] = "";
    rnd_text_number(input->stats.fps, 3, 0, number);
    rnd_text_append(value, sizeof(value), number + strspn(number, " "));
    rnd_text_append(value, sizeof(value), " fps");
    struct rnd_overlay_entry *entry =
        add_entry(overlay, rnd_say(language, RND_SAY_DISPLAY), RND_LEVEL_NEUTRAL, value);
    char p99[RND_AGE_SIZE];
    put_age(entry, input->stats.frame_p50_ns);
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

static void set_verdict(struct rnd_overlay *overlay, enum nav_trust trust, enum rnd_words headline,
                        enum rnd_language language, const char *reason)
{
    overlay->trust = trust;
    words(overlay->reason, sizeof(overlay->reason), reason);
    words(overlay->headline, sizeof(overlay->headline), rnd_say(language, headline));
}

static enum rnd_words headline_of(enum nav_trust trust, enum nav_mode mode, bool paused)
{
    if (trust != NAV_TRUST_OK) {
        return trust == NAV_TRUST_CAUTION ? RND_SAY_CAUTION_HEADLINE : RND_SAY_WITHHELD_HEADLINE;
    }
    return mode == NAV_MODE_SIMULATION ? RND_SAY_SIMULATION_HEADLINE
           : mode == NAV_MODE_REPLAY
               ? (paused ? RND_SAY_REPLAY_STANDS_HEADLINE : RND_SAY_REPLAY_HEADLINE)
               : RND_SAY_LIVE_HEADLINE;
}

/* The scene's worst reason, with the name of the tool that it is about. */
static void scene_reason(const struct nav_scene *scene, enum rnd_language language,
                         char out[RND_WORDS_SIZE])
{
    out[0] = '\0';
    if (scene->reason_count == 0) {
        return;
    }
    const struct nav_scene_reason *worst = &scene->reasons[0];
    rnd_text_append(out, RND_WORDS_SIZE, rnd_say_reason(language, worst->reason));
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
    const enum rnd_language language = input->language;
    scene_reason(scene, language, reason);
    overlay->more_reasons = scene->reason_count > 1 ? scene->reason_count - 1 : 0;

    enum nav_trust trust = (enum nav_trust)scene->trust;
    enum rnd_words instead = RND_SAY_NOTHING; /* where the scene gives no reason */
    if (scene->trust == NAV_TRUST_WITHHELD || scene->trust > NAV_TRUST_OK) {
        trust = NAV_TRUST_WITHHELD;
    } else if (live + late == 0) {
        trust = NAV_TRUST_WITHHELD;
        instead = RND_SAY_NO_TOOL_VISIBLE;
    } else if (late > 0 || input->now_ns - scene->time_ns > scene->caution_ns) {
        trust = NAV_TRUST_CAUTION;
        instead = RND_SAY_POSE_LATE;
    } else {
        /* A tool that vanished since the scene was made is caught here: the scene still counts
         * it as seen. */
        bool vanished = false;
        for (uint32_t i = 0; i < overlay->tool_count; ++i) {
            vanished = vanished || (overlay->tools[i].look == RND_LOOK_HIDDEN &&
                                    scene->tools[i].has_pose != 0 && scene->tools[i].ghost == 0);
        }
        if (vanished) {
            trust = trust == NAV_TRUST_OK ? NAV_TRUST_CAUTION : trust;
            instead = RND_SAY_TOOL_LOST;
        }
    }
    set_verdict(overlay, trust, headline_of(trust, overlay->mode, scene->replay.paused != 0),
                language, reason[0] != '\0' ? reason : rnd_say(language, instead));
}

/* A picture in which something is missing is never a good one. */
static void judge_picture(const struct rnd_overlay_input *input, struct rnd_overlay *overlay)
{
    if (input->stats.not_shown == NULL) {
        return;
    }
    char reason[RND_WORDS_SIZE] = "";
    rnd_text_append(reason, sizeof(reason), rnd_say(input->language, RND_SAY_NOT_SHOWN));
    rnd_text_append(reason, sizeof(reason), input->stats.not_shown);
    if (overlay->trust == NAV_TRUST_OK || overlay->reason[0] == '\0') {
        const enum nav_trust trust =
            overlay->trust == NAV_TRUST_OK ? NAV_TRUST_CAUTION : overlay->trust;
        set_verdict(overlay, trust, headline_of(trust, overlay->mode, false), input->language,
                    reason);
    } else {
        ++overlay->more_reasons;
    }
}

/* Nothing is known of what a scene would say. */
static void build_refused(const struct rnd_overlay_input *input, enum rnd_words refused,
                          struct rnd_overlay *overlay)
{
    set_verdict(overlay, NAV_TRUST_WITHHELD, RND_SAY_WITHHELD_HEADLINE, input->language,
                rnd_say(input->language, refused));
    static const enum rnd_words labels[] = {RND_SAY_TRACKER, RND_SAY_REFERENCE,
                                            RND_SAY_REGISTRATION};
    for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); ++i) {
        add_said(overlay, input->language, labels[i], RND_LEVEL_ALARM, RND_SAY_UNKNOWN)->wide =
            labels[i] == RND_SAY_REGISTRATION;
    }
    rnd_cues_build(NULL, 0, input->language, &overlay->cues);
}

static void build_from_scene(const struct rnd_overlay_input *input, struct rnd_overlay *overlay)
{
    const struct nav_scene *scene = input->scene;
    overlay->mode = scene->mode <= NAV_MODE_REPLAY ? (enum nav_mode)scene->mode : NAV_MODE_REPLAY;
    const bool may_draw =
        !input->review && (scene->trust == NAV_TRUST_CAUTION || scene->trust == NAV_TRUST_OK);
    uint32_t live_tools = 0;
    for (uint32_t i = 0; i < overlay->tool_count; ++i) {
        build_tool(input, i, may_draw, &overlay->tools[i]);
        if (overlay->tools[i].look == RND_LOOK_LIVE) {
            live_tools |= UINT32_C(1) << i;
        }
    }
    judge(input, overlay);
    judge_picture(input, overlay);
    rnd_cues_build(scene, overlay->trust == NAV_TRUST_WITHHELD ? 0 : live_tools, input->language,
                   &overlay->cues);

    const int64_t step_ns = RND_HEARTBEAT_TURN_NS / RND_HEARTBEAT_STEPS;
    const int64_t arrival_ns = scene->pose_arrival_ns > 0 ? scene->pose_arrival_ns : 0;
    overlay->heartbeat_step = (uint32_t)(arrival_ns / step_ns % RND_HEARTBEAT_STEPS);
    overlay->heartbeat_alive = arrival_ns > 0 && input->now_ns - arrival_ns <= scene->withhold_ns;
    add_tracker_entry(overlay, input);
    add_reference_entry(overlay, input);
    add_registration_entry(overlay, input);
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
        blank_tool(&out_overlay->tools[i], facts->tool_names[i], input->language);
    }
    const enum rnd_words refused = refusal(input);
    if (refused != RND_SAY_NOTHING) {
        build_refused(input, refused, out_overlay);
    } else {
        build_from_scene(input, out_overlay);
    }
    if (input->review) {
        /* Not a fault: nobody navigates by this screen, and it says so. */
        out_overlay->review = true;
        set_verdict(out_overlay, NAV_TRUST_WITHHELD, RND_SAY_REVIEW_HEADLINE, input->language,
                    rnd_say(input->language, RND_SAY_REVIEW_REASON));
        out_overlay->more_reasons = 0;
    }
    add_monitor_entry(out_overlay, input);
    add_tool_entries(out_overlay);
    add_display_entry(out_overlay, input);
    for (uint32_t i = 0; input->review && i < out_overlay->entry_count; ++i) {
        /* Likewise: what is not there is said, and alarms nobody. */
        if (out_overlay->entries[i].level == RND_LEVEL_ALARM) {
            out_overlay->entries[i].level = RND_LEVEL_NEUTRAL;
        }
    }
}
