#include "cues.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "camera.h"
#include "nav/time.h"

_Static_assert(NAV_TOOLS_MAX <= 32, "one bit a tool");

/* Below this nothing is to be corrected: the least step that the numbers show. */
static const double least_step = 0.05;

/* Names cross a process boundary: their termination is not trusted. */
static void take_text(char *out, size_t size, const char *text, size_t text_size)
{
    char bounded[NAV_TEXT_SIZE];
    const size_t length =
        strnlen(text, text_size < sizeof(bounded) ? text_size : sizeof(bounded) - 1);
    memcpy(bounded, text, length);
    bounded[length] = '\0';
    rnd_text_append(out, size, bounded);
}

static uint32_t at_most(uint32_t count, uint32_t most)
{
    return count < most ? count : most;
}

static bool is_live(uint32_t live_tools, int32_t tool)
{
    return tool >= 0 && tool < NAV_TOOLS_MAX && ((live_tools >> tool) & 1U) != 0;
}

static enum rnd_level level_of(uint32_t limit_state)
{
    switch (limit_state) {
    case NAV_LIMIT_CLEAR:
        return RND_LEVEL_OK;
    case NAV_LIMIT_CAUTION:
        return RND_LEVEL_CAUTION;
    case NAV_LIMIT_STOP:
        return RND_LEVEL_ALARM;
    default:
        return RND_LEVEL_NEUTRAL;
    }
}

static struct rnd_cue_number number_of(double value, unsigned width, unsigned decimals, bool shown,
                                       uint32_t limit_state)
{
    struct rnd_cue_number number;
    memset(&number, 0, sizeof(number));
    rnd_text_number(shown ? value : (double)NAN, width, decimals, number.text);
    number.level = shown && isfinite(value) ? level_of(limit_state) : RND_LEVEL_NEUTRAL;
    return number;
}

/* A number whose zero is where the blade should be. */
static struct rnd_cue_number deviation_of(double value, unsigned width, bool shown,
                                          uint32_t limit_state)
{
    struct rnd_cue_number number = number_of(value, width, 1, shown, limit_state);
    if (shown && fabs(value) >= least_step) {
        number.correct = value > 0.0 ? -1 : 1;
    }
    return number;
}

/* In whole steps, kept where a drawing can still use it. */
static int32_t steps_of(double value, double step, double most)
{
    if (!isfinite(value)) {
        return 0;
    }
    return (int32_t)lround(fmin(fmax(value, -most), most) / step);
}

/* The corner that ends farther from the plane if the blade goes on as it is held. */
static double farther(const double offsets_mm[2])
{
    return fabs(offsets_mm[0]) > fabs(offsets_mm[1]) ? offsets_mm[0] : offsets_mm[1];
}

static void build_guide(const struct nav_scene *scene, uint32_t live_tools,
                        struct rnd_cue_guide *out)
{
    const uint32_t count = at_most(scene->cut_count, NAV_CUTS_MAX);
    uint32_t active = 0;
    while (active < count && scene->cuts[active].state != NAV_CUT_ACTIVE) {
        ++active;
    }
    if (active == count) {
        return;
    }
    const struct nav_scene_cut *cut = &scene->cuts[active];
    const bool guided = cut->guided != 0 && is_live(live_tools, cut->tool);
    const bool has_edge = guided && cut->guide != NAV_GUIDE_AXIS;
    out->number = active + 1;
    out->guided = guided;
    out->cutting = guided && cut->cutting != 0;
    out->guide = cut->guide;
    out->tumour_side = cut->margin_side > 0 ? 1 : cut->margin_side < 0 ? -1 : 0;
    take_text(out->name, sizeof(out->name), cut->name, NAV_NAME_SIZE);
    const double opposite[3] = {-cut->normal[0], -cut->normal[1], -cut->normal[2]};
    rnd_direction_letters(opposite, out->letters[0]);
    rnd_direction_letters(cut->normal, out->letters[1]);
    out->offset = deviation_of(cut->offset_mm, 5, guided, cut->offset_state);
    out->pitch = deviation_of(cut->pitch_deg, 5, guided, cut->angle_state);
    if (cut->guide == NAV_GUIDE_AXIS && isfinite(cut->line_mm)) {
        /* A drill follows a line, not a plane: how far off, without a side. */
        out->on_line = true;
        out->offset = number_of(cut->line_mm, 5, 1, guided, cut->offset_state);
        out->pitch = number_of(cut->line_deg, 5, 1, guided, cut->angle_state);
    }
    out->roll = deviation_of(cut->roll_deg, 5, has_edge, cut->angle_state);
    out->depth = number_of(cut->depth_mm, 5, 1, guided, cut->depth_state);
    out->cortex = number_of(cut->remaining_mm, 5, 1, guided, NAV_LIMIT_NONE);
    out->at_depth = number_of(farther(cut->predicted_mm), 5, 1, has_edge, NAV_LIMIT_NONE);
    rnd_text_number(guided ? cut->uncertainty_mm : (double)NAN, 3, 1, out->uncertainty);
    rnd_text_number(cut->planned_depth_mm, 4, 1, out->planned_depth);
    if (guided) {
        out->offset_um50 = steps_of(cut->offset_mm, 0.05, 20.0);
        out->pitch_deg10 = steps_of(cut->pitch_deg, 0.1, 60.0);
        out->roll_deg10 = has_edge ? steps_of(cut->roll_deg, 0.1, 60.0) : 0;
        out->depth_permille = steps_of(cut->depth_mm / cut->planned_depth_mm, 0.001, 2.0);
    }
}

/* ---- distances ------------------------------------------------------------------------------ */

/* Smaller is more urgent. Distances count in whole steps, so that lines do not change places with
 * the last digit's noise. */
struct urgency {
    uint32_t index;
    int32_t state;
    bool unlimited;
    int64_t room;
};

static struct urgency urgency_of(const struct nav_scene_structure *structure, uint32_t index,
                                 bool known)
{
    static const double step_mm = 2.0;
    static const int64_t far_away = INT64_C(1) << 40;
    struct urgency urgency = {
        .index = index, .unlimited = structure->limited == 0, .room = far_away};
    if (known && isfinite(structure->distance_mm)) {
        const double limit = isfinite(structure->caution_mm) ? structure->caution_mm : 0.0;
        urgency.room = (int64_t)floor((structure->distance_mm - limit) / step_mm);
        urgency.state = -(int32_t)(structure->limit_state > NAV_LIMIT_CLEAR &&
                                           structure->limit_state <= NAV_LIMIT_STOP
                                       ? structure->limit_state
                                       : 0);
    }
    return urgency;
}

static bool comes_before(const struct urgency *a, const struct urgency *b)
{
    if (a->state != b->state) {
        return a->state < b->state;
    }
    if (a->unlimited != b->unlimited) {
        return b->unlimited;
    }
    return a->room != b->room ? a->room < b->room : a->index < b->index;
}

static void take_structure(const struct nav_scene_structure *structure, uint32_t index, bool known,
                           struct rnd_cue_structure *out)
{
    out->index = index;
    out->role = structure->role;
    out->limited = structure->limited != 0;
    take_text(out->name, sizeof(out->name), structure->name, NAV_NAME_SIZE);
    const struct rnd_cue_number distance =
        number_of(structure->distance_mm, 5, 1, known, structure->limit_state);
    memcpy(out->distance, distance.text, sizeof(out->distance));
    out->level = distance.level;
    out->inside = known && structure->is_signed != 0 && structure->distance_mm < 0.0;
    out->state = out->level == RND_LEVEL_ALARM     ? RND_SAY_STOP
                 : out->level == RND_LEVEL_CAUTION ? RND_SAY_NEAR
                                                   : RND_SAY_NOTHING;
    rnd_text_number(known ? structure->uncertainty_mm : (double)NAN, 3, 1, out->uncertainty);
    rnd_text_number(structure->stop_mm, 4, 1, out->stop);
    rnd_text_number(structure->caution_mm, 4, 1, out->caution);
    if (known && isfinite(structure->ahead_mm)) {
        rnd_text_number(structure->ahead_mm, 5, 1, out->ahead);
    }
}

static void build_structures(const struct nav_scene *scene, uint32_t live_tools,
                             struct rnd_cue_structures *out)
{
    struct urgency order[NAV_STRUCTURES_MAX];
    const uint32_t count = at_most(scene->structure_count, NAV_STRUCTURES_MAX);
    for (uint32_t i = 0; i < count; ++i) {
        const struct nav_scene_structure *structure = &scene->structures[i];
        const bool known = structure->has_distance != 0 && is_live(live_tools, structure->tool);
        const struct urgency urgency = urgency_of(structure, i, known);
        uint32_t slot = i;
        for (; slot > 0 && comes_before(&urgency, &order[slot - 1]); --slot) {
            order[slot] = order[slot - 1];
        }
        order[slot] = urgency;
    }
    out->total = count;
    out->listed = at_most(count, RND_CUE_STRUCTURES_MAX);
    for (uint32_t i = 0; i < count; ++i) {
        const struct nav_scene_structure *structure = &scene->structures[order[i].index];
        const bool known = structure->has_distance != 0 && is_live(live_tools, structure->tool);
        if (i < out->listed) {
            take_structure(structure, order[i].index, known, &out->list[i]);
        } else {
            out->unlisted_urgent += order[i].state < 0;
        }
    }
}

/* ---- cuts, alarms, recording ---------------------------------------------------------------- */

static void build_cuts(const struct nav_scene *scene, struct rnd_cue_cuts *out)
{
    out->count = at_most(scene->cut_count, NAV_CUTS_MAX);
    out->fragment = scene->fragment;
    for (uint32_t i = 0; i < out->count; ++i) {
        const struct nav_scene_cut *cut = &scene->cuts[i];
        out->list[i].state = cut->state;
        out->list[i].suggested = cut->suggested != 0 && cut->state != NAV_CUT_ACTIVE;
        const double covered = isfinite(cut->coverage) ? cut->coverage : 0.0;
        out->list[i].coverage_percent = (uint32_t)lround(fmin(fmax(covered, 0.0), 1.0) * 100.0);
        out->done += cut->state == NAV_CUT_DONE;
    }
}

/* What an alarm is about, by name; empty: the system as a whole. */
static void subject_name(const struct nav_scene *scene, const struct nav_scene_alarm *alarm,
                         char out[NAV_NAME_SIZE])
{
    const int32_t subject = alarm->subject;
    const char *name = NULL;
    switch (alarm->code) {
    case NAV_ALARM_STOP_DISTANCE:
    case NAV_ALARM_CAUTION_DISTANCE:
        name =
            subject >= 0 && subject < NAV_STRUCTURES_MAX ? scene->structures[subject].name : NULL;
        break;
    case NAV_ALARM_OVER_DEPTH:
    case NAV_ALARM_OFF_PLANE:
    case NAV_ALARM_OFF_ANGLE:
    case NAV_ALARM_FRAGMENT:
        name = subject >= 0 && subject < NAV_CUTS_MAX ? scene->cuts[subject].name : NULL;
        break;
    case NAV_ALARM_TOOL_LOST:
    case NAV_ALARM_TOOL_STALE:
    case NAV_ALARM_DUPLICATE_SENDER:
        name = subject >= 0 && subject < NAV_TOOLS_MAX ? scene->tools[subject].name : NULL;
        break;
    default:
        break;
    }
    if (name != NULL) {
        take_text(out, NAV_NAME_SIZE, name, NAV_NAME_SIZE);
    }
}

/* The core's own words where it is English; else the code's, after the subject's name. */
static void name_cause(const struct nav_scene *scene, const struct nav_scene_alarm *alarm,
                       enum rnd_language language, char out[NAV_TEXT_SIZE])
{
    if (language == RND_ENGLISH && alarm->text[0] != '\0') {
        take_text(out, NAV_TEXT_SIZE, alarm->text, NAV_TEXT_SIZE);
        return;
    }
    char name[NAV_NAME_SIZE] = "";
    subject_name(scene, alarm, name);
    if (name[0] != '\0') {
        rnd_text_append(out, NAV_TEXT_SIZE, name);
        rnd_text_append(out, NAV_TEXT_SIZE, ": ");
    }
    rnd_text_append(out, NAV_TEXT_SIZE, rnd_say_alarm(language, alarm->code));
}

static void build_alarm(const struct nav_scene *scene, enum rnd_language language,
                        struct rnd_cue_alarm *out)
{
    const uint32_t count = at_most(scene->alarm_count, NAV_ALARMS_MAX);
    out->known = true;
    out->present = count > 0;
    if (count == 0) {
        return;
    }
    const struct nav_scene_alarm *highest = &scene->alarms[0];
    out->acknowledged = highest->acknowledged != 0;
    out->priority = highest->priority;
    out->others = (scene->alarms_total > count ? scene->alarms_total : count) - 1;
    name_cause(scene, highest, language, out->cause);
    if (highest->active != 0) {
        rnd_text_append(out->remedy, sizeof(out->remedy), rnd_say_remedy(language, highest->code));
    } else {
        rnd_text_append(out->remedy, sizeof(out->remedy), rnd_say(language, RND_SAY_LATCHED));
    }
}

static void build_status(const struct nav_scene *scene, struct rnd_cue_status *out)
{
    const bool on = scene->recording.state == NAV_RECORDING_ON;
    out->recording = scene->mode == NAV_MODE_REPLAY ? RND_SAY_NOTHING /* that was then */
                     : on                           ? RND_SAY_RECORDING
                                                    : RND_SAY_NOT_RECORDING;
    out->recording_level = on                                            ? RND_LEVEL_OK
                           : scene->recording.state == NAV_RECORDING_OFF ? RND_LEVEL_NEUTRAL
                                                                         : RND_LEVEL_ALARM;
    out->muted = scene->muted != 0;
}

static void append_time(char *out, size_t size, int64_t time_ns)
{
    char text[32];
    const int64_t seconds = time_ns > 0 ? time_ns / NAV_NS_PER_S : 0;
    const int64_t hours = seconds / 3600 < 99 ? seconds / 3600 : 99;
    (void)snprintf(text, sizeof(text), "%02d:%02d:%02d", (int)hours, (int)(seconds / 60 % 60),
                   (int)(seconds % 60));
    rnd_text_append(out, size, text);
}

static uint32_t permille_of(int64_t at_ns, int64_t length_ns)
{
    const double done = (double)at_ns / (double)length_ns;
    return (uint32_t)lround(fmin(fmax(done, 0.0), 1.0) * 1000.0);
}

static void build_replay(const struct nav_scene *scene, struct rnd_cue_replay *out)
{
    const struct nav_scene_replay *replay = &scene->replay;
    if (scene->mode != NAV_MODE_REPLAY || replay->length_ns <= 0) {
        return;
    }
    out->present = true;
    out->paused = replay->paused != 0;
    out->permille = permille_of(replay->at_ns, replay->length_ns);
    out->mark_count =
        replay->mark_count < NAV_REPLAY_MARKS_MAX ? replay->mark_count : NAV_REPLAY_MARKS_MAX;
    for (uint32_t i = 0; i < out->mark_count; ++i) {
        out->marks[i].permille = permille_of(replay->marks[i].at_ns, replay->length_ns);
        out->marks[i].kind = replay->marks[i].kind;
    }
    if (replay->event[0] != '\0') {
        out->event_kind = replay->event_kind;
        append_time(out->event, sizeof(out->event), replay->event_ns);
        rnd_text_append(out->event, sizeof(out->event), "  ");
        rnd_text_append(out->event, sizeof(out->event), replay->event);
    }
    append_time(out->words, sizeof(out->words), replay->at_ns);
    rnd_text_append(out->words, sizeof(out->words), " / ");
    append_time(out->words, sizeof(out->words), replay->length_ns);
    if (replay->speed > 0.0) {
        char number[RND_NUMBER_SIZE];
        rnd_text_number(replay->speed, 5, 1, number);
        rnd_text_append(out->words, sizeof(out->words), "  x");
        rnd_text_append(out->words, sizeof(out->words), number + strspn(number, " "));
    }
}

static void build_collection(const struct nav_scene *scene, struct rnd_cue_collection *out)
{
    const struct nav_scene_collection *from = &scene->collection;
    const bool touching = from->kind != NAV_COLLECTION_NONE;
    /* Between two landmarks, too, as long as there is nothing to navigate by. */
    const bool registering = scene->registration.present == 0 && from->collected > 0;
    out->present = touching || registering;
    if (!out->present) {
        return;
    }
    out->what = from->kind == NAV_COLLECTION_CHECK      ? RND_SAY_TOUCH_CHECK
                : from->kind == NAV_COLLECTION_PARALLEL ? RND_SAY_TOUCH_PARALLEL
                : touching                              ? RND_SAY_TOUCH
                                                        : RND_SAY_TOUCH_NEXT;
    out->level = touching ? RND_LEVEL_CAUTION : from->good != 0 ? RND_LEVEL_OK : RND_LEVEL_ALARM;
    const double done = isfinite(from->progress) ? fmin(fmax(from->progress, 0.0), 1.0) : 0.0;
    out->permille = touching ? (uint32_t)lround(done * 1000.0) : 0;
    out->collected = from->collected;
    out->wanted = from->wanted;
    take_text(out->landmark, sizeof(out->landmark), from->landmark, NAV_NAME_SIZE);
    take_text(out->outcome, sizeof(out->outcome), from->outcome, NAV_TEXT_SIZE);
}

void rnd_cues_build(const struct nav_scene *scene, uint32_t live_tools, enum rnd_language language,
                    struct rnd_cues *out_cues)
{
    memset(out_cues, 0, sizeof(*out_cues));
    out_cues->language = language;
    if (scene == NULL) {
        return;
    }
    build_guide(scene, live_tools, &out_cues->guide);
    build_structures(scene, live_tools, &out_cues->structures);
    build_cuts(scene, &out_cues->cuts);
    build_alarm(scene, language, &out_cues->alarm);
    build_status(scene, &out_cues->status);
    build_replay(scene, &out_cues->replay);
    build_collection(scene, &out_cues->collection);
}
