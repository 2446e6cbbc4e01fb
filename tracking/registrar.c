#include "registrar.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "history.h"
#include "nav/time.h"

enum { LANDMARKS_MIN = 3 /* fewer determine no transform */ };

struct trk_registrar {
    struct trk_registrar_config config;
    struct trk_navigator *navigator;
    struct trk_touched touched[TRK_LANDMARKS_MAX];

    struct nav_scene_collection collection;
    uint32_t landmark; /* being taken */
    struct trk_tip_cursor cursor;
    struct trk_dwell dwell;
    uint32_t pushed; /* samples in the dwell: every one must still be in its stretch */
    int64_t last_ns; /* of the newest sample, or of the command */

    bool has_result;
    struct trk_registration result;
    struct trk_landmark result_landmarks[TRK_LANDMARKS_MAX];
    struct trk_check_result check;
};

/* ---- words ---- */

static void say(struct trk_reply *reply, bool done, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void say(struct trk_reply *reply, bool done, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    reply->done = done;
    (void)vsnprintf(reply->text, sizeof(reply->text), format, arguments);
    va_end(arguments);
}

static void set_text(char *to, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* What follows the text is zero, so that scenes are equal byte for byte; no character is cut. */
static void set_text(char *to, size_t size, const char *format, ...)
{
    va_list arguments;
    memset(to, 0, size);
    va_start(arguments, format);
    const int wanted = vsnprintf(to, size, format, arguments);
    va_end(arguments);
    if (wanted < 0 || (size_t)wanted < size) {
        return;
    }
    size_t end = size - 1;
    while (end > 0 && ((unsigned char)to[end - 1] & 0xc0) == 0x80) {
        --end;
    }
    if (end > 0 && (unsigned char)to[end - 1] >= 0xc0) {
        const unsigned char first = (unsigned char)to[end - 1];
        const size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
        end = end - 1 + length <= size - 1 ? end - 1 + length : end - 1;
    }
    memset(to + end, 0, size - end);
}

static bool find_name(const char *name, uint32_t count, const char *first, size_t stride,
                      uint32_t *out_index)
{
    for (uint32_t i = 0; i < count; ++i) {
        if (strncmp(first + i * stride, name, NAV_NAME_SIZE) == 0) {
            *out_index = i;
            return true;
        }
    }
    return false;
}

static bool find_landmark(const struct trk_registrar *registrar, const char *name,
                          uint32_t *out_index)
{
    return find_name(name, registrar->config.landmark_count, registrar->config.landmarks[0].name,
                     sizeof(registrar->config.landmarks[0]), out_index);
}

/* ---- life ---- */

static bool config_is_good(const struct trk_registrar_config *config)
{
    if (config->landmark_count > TRK_LANDMARKS_MAX || config->target_count > TRK_TARGETS_MAX ||
        config->tool_count > NAV_TOOLS_MAX || config->default_tool >= config->tool_count ||
        !(config->check_limit_mm > 0.0)) {
        return false;
    }
    for (uint32_t i = 0; i < config->landmark_count; ++i) {
        for (uint32_t j = 0; j < i; ++j) {
            if (strncmp(config->landmarks[i].name, config->landmarks[j].name, NAV_NAME_SIZE) == 0) {
                return false;
            }
        }
    }
    return true;
}

/* What the scenes say of the collection. */
static void tell(struct trk_registrar *registrar)
{
    struct nav_scene_collection *collection = &registrar->collection;
    collection->wanted = registrar->config.landmark_count;
    collection->collected = 0;
    for (uint32_t i = 0; i < registrar->config.landmark_count; ++i) {
        collection->collected += registrar->touched[i].collected ? 1 : 0;
    }
    trk_navigator_set_collection(registrar->navigator, collection);
}

enum nav_status trk_registrar_create(const struct trk_registrar_config *config,
                                     struct trk_navigator *navigator,
                                     struct trk_registrar **out_registrar)
{
    if (!config_is_good(config)) {
        return NAV_ERR_ARGUMENT;
    }
    struct trk_registrar *registrar = calloc(1, sizeof(*registrar));
    if (registrar == NULL) {
        return NAV_ERR_MEMORY;
    }
    registrar->config = *config;
    registrar->navigator = navigator;
    const enum nav_status status = trk_dwell_init(&registrar->dwell, &config->hold);
    if (status != NAV_OK) {
        free(registrar);
        return status;
    }
    tell(registrar);
    *out_registrar = registrar;
    return NAV_OK;
}

void trk_registrar_destroy(struct trk_registrar *registrar)
{
    free(registrar);
}

struct trk_memory trk_registrar_memory(struct trk_registrar *registrar)
{
    return (struct trk_memory){.start = registrar, .size = sizeof(*registrar)};
}

void trk_registrar_copy(struct trk_registrar *to, const struct trk_registrar *from)
{
    struct trk_navigator *navigator = to->navigator;
    *to = *from;
    to->navigator = navigator;
}

/* ---- holding still ---- */

/* The hold is over, well or badly. */
static void end_hold(struct trk_registrar *registrar, bool good)
{
    registrar->collection.kind = NAV_COLLECTION_NONE;
    registrar->collection.good = good;
    tell(registrar);
}

#define OUTCOME(registrar, ...)                                                                    \
    set_text((registrar)->collection.outcome, sizeof((registrar)->collection.outcome), __VA_ARGS__)

static void refuse_hold(struct trk_registrar *registrar, const char *why)
{
    OUTCOME(registrar, "%s refused: %s; hold still and ask again", registrar->collection.landmark,
            why);
    end_hold(registrar, false);
}

static void take_landmark(struct trk_registrar *registrar, const struct trk_pause *pause)
{
    struct trk_touched *touched = &registrar->touched[registrar->landmark];
    *touched = (struct trk_touched){
        .collected = true,
        .rms_mm = pause->rms_mm,
        .at_ns = pause->end_ns,
    };
    memcpy(touched->measured_mm, pause->mean_mm, sizeof(touched->measured_mm));
    OUTCOME(registrar, "%s taken, spread %.2f mm", registrar->collection.landmark, pause->rms_mm);
    end_hold(registrar, true);
}

static void take_check(struct trk_registrar *registrar, const struct trk_pause *pause)
{
    struct nav_pose T_image_reference;
    const struct trk_registrar_config *config = &registrar->config;
    struct trk_touch touch;
    if (!trk_navigator_registration(registrar->navigator, &T_image_reference) ||
        trk_touch_check(&T_image_reference, config->landmarks, config->landmark_count,
                        registrar->landmark, pause->mean_mm, config->check_limit_mm,
                        &touch) != NAV_OK ||
        trk_navigator_note_check(registrar->navigator, pause->end_ns, touch.deviation_mm) !=
            NAV_OK) {
        refuse_hold(registrar, "the check could not be computed");
        return;
    }
    registrar->check = (struct trk_check_result){
        .at_ns = pause->end_ns, .landmark = registrar->landmark, .touch = touch};
    static const char *const explanations[] = {
        [TRK_TOUCH_GOOD] = "",
        [TRK_TOUCH_OFF] = "",
        [TRK_TOUCH_RAS_LPS] = "; right with x and y negated: RAS taken for LPS?",
        [TRK_TOUCH_MIRRORED] = "; right when mirrored",
        [TRK_TOUCH_OTHER_LANDMARK] = "; this is where another landmark is",
    };
    OUTCOME(registrar, "%s is %.2f mm off%s", registrar->collection.landmark, touch.deviation_mm,
            explanations[touch.verdict]);
    end_hold(registrar, touch.verdict == TRK_TOUCH_GOOD);
}

static void finish_hold(struct trk_registrar *registrar, const struct trk_tip_sample *last)
{
    struct trk_pause pause;
    if (!trk_dwell_current(&registrar->dwell, &pause)) {
        return;
    }
    registrar->collection.progress = 1.0;
    if (last->repeated_ns >= registrar->config.hold.hold_ns) {
        refuse_hold(registrar, "the tracker repeats one pose bit for bit");
    } else if (registrar->collection.kind == NAV_COLLECTION_LANDMARK) {
        take_landmark(registrar, &pause);
    } else {
        take_check(registrar, &pause);
    }
}

/* One sample of the tip. Every sample since the command must be in the stretch that becomes the
 * pause: one that falls out of it means that the tip moved. */
static void hold(struct trk_registrar *registrar, const struct trk_tip_sample *sample)
{
    struct trk_pause ended;
    struct trk_dwell *dwell = &registrar->dwell;
    registrar->last_ns = sample->arrival_ns;
    if (!sample->visible) {
        refuse_hold(registrar, "a marker was hidden, badly seen or late");
        return;
    }
    (void)trk_dwell_push(dwell, sample->arrival_ns, true, sample->tip_mm, &ended);
    ++registrar->pushed;
    const uint32_t expected =
        registrar->pushed < TRK_DWELL_SAMPLES_MAX ? registrar->pushed : TRK_DWELL_SAMPLES_MAX;
    if (dwell->count != expected) {
        refuse_hold(registrar,
                    dwell->last_end == TRK_DWELL_GAP ? "poses are missing" : "the tool moved");
        return;
    }
    registrar->collection.progress = trk_dwell_progress(dwell);
    if (dwell->resting) {
        finish_hold(registrar, sample);
    }
}

void trk_registrar_advance(struct trk_registrar *registrar, int64_t now_ns)
{
    if (registrar->collection.kind == NAV_COLLECTION_NONE) {
        return;
    }
    struct trk_tip_sample sample;
    while (registrar->collection.kind != NAV_COLLECTION_NONE &&
           trk_navigator_tip_next(registrar->navigator, &registrar->cursor, now_ns, &sample)) {
        hold(registrar, &sample);
    }
    if (registrar->collection.kind != NAV_COLLECTION_NONE &&
        trk_time_difference(now_ns, registrar->last_ns) > registrar->config.hold.gap_max_ns) {
        refuse_hold(registrar, "poses are missing");
    }
    tell(registrar);
}

/* ---- commands ---- */

static bool nothing_is_taken(const struct trk_registrar *registrar, struct trk_reply *reply)
{
    if (registrar->collection.kind == NAV_COLLECTION_NONE) {
        return true;
    }
    say(reply, false, "%s is being touched; wait for it or cancel it first",
        registrar->collection.landmark);
    return false;
}

static bool known_landmark(const struct trk_registrar *registrar, const char *name,
                           uint32_t *out_index, struct trk_reply *reply)
{
    if (find_landmark(registrar, name, out_index)) {
        return true;
    }
    say(reply, false, "the case has no landmark '%.63s'; it has %u, `status` lists them", name,
        registrar->config.landmark_count);
    return false;
}

static void begin_hold(struct trk_registrar *registrar, enum nav_collection_kind kind,
                       const char *landmark, const char *tool, int64_t now_ns,
                       struct trk_reply *reply)
{
    const struct trk_registrar_config *config = &registrar->config;
    uint32_t index;
    uint32_t by = config->default_tool;
    if (!nothing_is_taken(registrar, reply) ||
        !known_landmark(registrar, landmark, &index, reply)) {
        return;
    }
    if (tool != NULL &&
        !find_name(tool, config->tool_count, config->tools[0], sizeof(config->tools[0]), &by)) {
        say(reply, false, "the case has no tool '%.63s'", tool);
        return;
    }
    struct trk_tip_cursor cursor;
    if (trk_navigator_tip_start(registrar->navigator, by, &cursor) != NAV_OK) {
        say(reply, false,
            "the case has no patient reference, and a landmark is touched relative to it");
        return;
    }
    struct trk_tip_sample now;
    struct trk_tip_cursor look = cursor;
    if (trk_navigator_tip_next(registrar->navigator, &look, now_ns, &now) && !now.visible) {
        say(reply, false, "%s or the patient reference is not visible; show both and ask again",
            config->tools[by]);
        return;
    }
    registrar->cursor = cursor;
    registrar->landmark = index;
    registrar->pushed = 0;
    registrar->last_ns = now_ns;
    (void)!trk_dwell_init(&registrar->dwell, &config->hold); /* it was good in create */
    registrar->collection = (struct nav_scene_collection){.kind = kind};
    set_text(registrar->collection.landmark, sizeof(registrar->collection.landmark), "%s",
             config->landmarks[index].name);
    tell(registrar);
    say(reply, true, "hold the tip of %s still on %s for %.1f s", config->tools[by],
        config->landmarks[index].name, (double)config->hold.hold_ns / (double)NAV_NS_PER_S);
}

void trk_registrar_start(struct trk_registrar *registrar, const char *landmark, const char *tool,
                         int64_t now_ns, struct trk_reply *out_reply)
{
    begin_hold(registrar, NAV_COLLECTION_LANDMARK, landmark, tool, now_ns, out_reply);
}

void trk_registrar_check(struct trk_registrar *registrar, const char *landmark, const char *tool,
                         int64_t now_ns, struct trk_reply *out_reply)
{
    struct nav_pose T_image_reference;
    if (!trk_navigator_registration(registrar->navigator, &T_image_reference)) {
        say(out_reply, false, "no registration is in force: nothing to check; register first");
        return;
    }
    begin_hold(registrar, NAV_COLLECTION_CHECK, landmark, tool, now_ns, out_reply);
}

void trk_registrar_cancel(struct trk_registrar *registrar, struct trk_reply *out_reply)
{
    if (registrar->collection.kind == NAV_COLLECTION_NONE) {
        say(out_reply, false, "nothing is being touched");
        return;
    }
    say(out_reply, true, "%s cancelled", registrar->collection.landmark);
    OUTCOME(registrar, "cancelled");
    end_hold(registrar, false);
}

void trk_registrar_clear(struct trk_registrar *registrar, const char *landmark,
                         struct trk_reply *out_reply)
{
    uint32_t index;
    if (!nothing_is_taken(registrar, out_reply)) {
        return;
    }
    if (strcmp(landmark, "all") == 0) {
        memset(registrar->touched, 0, sizeof(registrar->touched));
        say(out_reply, true, "every touched landmark is forgotten");
    } else if (known_landmark(registrar, landmark, &index, out_reply)) {
        registrar->touched[index] = (struct trk_touched){0};
        say(out_reply, true, "%s is forgotten", registrar->config.landmarks[index].name);
    }
    tell(registrar);
}

/* ---- registering ---- */

/* Landmarks from before the reference was found to have moved do not belong to where it is. */
static bool landmarks_are_current(const struct trk_registrar *registrar, struct trk_reply *reply)
{
    int64_t since_ns;
    if (!trk_navigator_in_doubt(registrar->navigator, &since_ns)) {
        return true;
    }
    for (uint32_t i = 0; i < registrar->config.landmark_count; ++i) {
        const struct trk_touched *touched = &registrar->touched[i];
        if (touched->collected && touched->at_ns <= since_ns) {
            say(reply, false,
                "%s was touched before the reference was found to be off; clear it and touch it "
                "again",
                registrar->config.landmarks[i].name);
            return false;
        }
    }
    return true;
}

static uint32_t gather(struct trk_registrar *registrar)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < registrar->config.landmark_count; ++i) {
        if (registrar->touched[i].collected) {
            struct trk_landmark *landmark = &registrar->result_landmarks[count++];
            *landmark = registrar->config.landmarks[i];
            memcpy(landmark->measured_mm, registrar->touched[i].measured_mm,
                   sizeof(landmark->measured_mm));
        }
    }
    return count;
}

static double worst_tre_mm(const struct trk_registration *result)
{
    double worst_mm = (double)NAN;
    for (uint32_t i = 0; i < result->target_count; ++i) {
        worst_mm = fmax(worst_mm, result->tre_mm[i]);
    }
    return worst_mm;
}

static const struct trk_finding *first_refusal(const struct trk_registration *result)
{
    for (uint32_t i = 0; i < result->finding_count; ++i) {
        if (result->findings[i].refuses) {
            return &result->findings[i];
        }
    }
    return NULL;
}

static void put_in_force(struct trk_registrar *registrar, const char *override_reason,
                         int64_t now_ns, struct trk_reply *reply)
{
    const struct trk_registration *result = &registrar->result;
    struct trk_registration_in_force in_force = {
        .T_image_reference = result->T_image_reference,
        .fre_mm = result->fre_mm,
        .tre_mm = worst_tre_mm(result),
        .accepted = result->accepted,
        .overridden = !result->accepted,
        .at_ns = now_ns,
    };
    if (result->accepted) {
        set_text(in_force.source, sizeof(in_force.source), "%u landmarks, live", result->count);
    } else {
        set_text(in_force.source, sizeof(in_force.source), "%u landmarks, live, override: %s",
                 result->count, override_reason);
    }
    const enum nav_status status = trk_navigator_set_registration(registrar->navigator, &in_force);
    if (status != NAV_OK) {
        say(reply, false, "the registration cannot be used: %s", nav_status_text(status));
        return;
    }
    trk_navigator_note_refused(registrar->navigator, false);
    if (result->accepted) {
        say(reply, true, "registered with %u landmarks, FRE %.2f mm; check it at a landmark",
            result->count, result->fre_mm);
    } else {
        say(reply, true, "registered against its limits (%s), FRE %.2f mm; reason given: %.128s",
            trk_finding_name(first_refusal(result)->code), result->fre_mm, override_reason);
    }
}

void trk_registrar_register(struct trk_registrar *registrar, const char *override_reason,
                            int64_t now_ns, struct trk_reply *out_reply)
{
    if (override_reason != NULL && override_reason[strspn(override_reason, " \t")] == '\0') {
        say(out_reply, false, "an override needs its reason, for the record");
        return;
    }
    if (!nothing_is_taken(registrar, out_reply) || !landmarks_are_current(registrar, out_reply)) {
        return;
    }
    const uint32_t count = gather(registrar);
    if (count < LANDMARKS_MIN) {
        say(out_reply, false, "%u landmarks touched; at least %d are needed", count, LANDMARKS_MIN);
        registrar->has_result = false;
        return;
    }
    const enum nav_status status =
        trk_register(registrar->result_landmarks, count, registrar->config.targets,
                     registrar->config.target_count, &registrar->config.limits, &registrar->result);
    registrar->has_result = status == NAV_OK;
    if (status != NAV_OK) {
        trk_navigator_note_refused(registrar->navigator, true);
        say(out_reply, false, "no registration can be computed: %s%s", nav_status_text(status),
            status == NAV_ERR_CONDITION ? "; touch landmarks that do not lie on one line" : "");
        return;
    }
    if (!registrar->result.accepted && override_reason == NULL) {
        const struct trk_finding *refusal = first_refusal(&registrar->result);
        trk_navigator_note_refused(registrar->navigator, true);
        say(out_reply, false, "refused, %s: %s; %s", trk_finding_name(refusal->code), refusal->text,
            refusal->suggestion);
        return;
    }
    put_in_force(registrar, override_reason, now_ns, out_reply);
}

/* ---- what it knows ---- */

const struct trk_registrar_config *trk_registrar_config(const struct trk_registrar *registrar)
{
    return &registrar->config;
}

const struct trk_touched *trk_registrar_touched(const struct trk_registrar *registrar,
                                                uint32_t landmark)
{
    return landmark < registrar->config.landmark_count ? &registrar->touched[landmark] : NULL;
}

const struct nav_scene_collection *trk_registrar_collection(const struct trk_registrar *registrar)
{
    return &registrar->collection;
}

const struct trk_registration *trk_registrar_result(const struct trk_registrar *registrar,
                                                    const struct trk_landmark **out_landmarks)
{
    *out_landmarks = registrar->result_landmarks;
    return registrar->has_result ? &registrar->result : NULL;
}

const struct trk_check_result *trk_registrar_last_check(const struct trk_registrar *registrar)
{
    return &registrar->check;
}
