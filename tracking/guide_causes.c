/* Which causes of alarms hold in a scene, and what a loose fragment means. */
#include <math.h>
#include <string.h>

#include "guide_internal.h"

static void raise(struct trk_guide *guide, enum nav_alarm code, int32_t subject, const char *name,
                  double value)
{
    trk_alarms_raise(&guide->alarms, code, subject, name, value, guide->now_ns);
}

/* One line a structure: the worse state stands for both. */
static void raise_distances(struct trk_guide *guide, const struct nav_scene *scene)
{
    for (uint32_t i = 0; i < scene->structure_count; ++i) {
        const struct nav_scene_structure *structure = &scene->structures[i];
        if (structure->limit_state == NAV_LIMIT_STOP) {
            raise(guide, NAV_ALARM_STOP_DISTANCE, (int32_t)i, structure->name,
                  structure->distance_mm);
            trk_alarms_replace(&guide->alarms, NAV_ALARM_CAUTION_DISTANCE, (int32_t)i,
                               guide->now_ns);
        } else if (structure->limit_state == NAV_LIMIT_CAUTION &&
                   !trk_alarms_holds(&guide->alarms, NAV_ALARM_STOP_DISTANCE, (int32_t)i)) {
            raise(guide, NAV_ALARM_CAUTION_DISTANCE, (int32_t)i, structure->name,
                  structure->distance_mm);
        }
    }
}

/* Off the plane or tilted matters while the edge is in the bone; too deep also behind it. */
static void raise_guidance(struct trk_guide *guide, const struct nav_scene_cut *cut)
{
    const int32_t subject = guide->active;
    const double angle_deg = fmax(fabs(cut->pitch_deg), fabs(cut->roll_deg));
    const double *offsets = cut->corner_offset_mm;
    if (cut->cutting != 0 && cut->offset_state == NAV_LIMIT_STOP) {
        raise(guide, NAV_ALARM_OFF_PLANE, subject, cut->name,
              fabs(offsets[0]) > fabs(offsets[1]) ? offsets[0] : offsets[1]);
    }
    if (cut->cutting != 0 && cut->angle_state == NAV_LIMIT_STOP) {
        raise(guide, NAV_ALARM_OFF_ANGLE, subject, cut->name, angle_deg);
    }
    if (cut->depth_state == NAV_LIMIT_STOP) {
        raise(guide, NAV_ALARM_OVER_DEPTH, subject, cut->name, cut->depth_mm);
    }
}

/* What is only of interest while somebody is at a cut. */
static void raise_sight(struct trk_guide *guide, const struct nav_scene *scene)
{
    const struct nav_scene_reference *reference = &scene->reference;
    if (reference->required != 0 &&
        (reference->state == NAV_TOOL_LOST || reference->state == NAV_TOOL_INVALID)) {
        raise(guide, NAV_ALARM_REFERENCE_LOST, NAV_SUBJECT_NONE, NULL, NAN);
    }
    if (guide->tool < 0 || (uint32_t)guide->tool >= scene->tool_count) {
        return;
    }
    const struct nav_scene_tool *tool = &scene->tools[guide->tool];
    if (tool->has_pose == 0 && guide->measured.engaged) {
        raise(guide, NAV_ALARM_TOOL_LOST, guide->tool, tool->name, NAN);
    } else if (tool->state == NAV_TOOL_STALE) {
        raise(guide, NAV_ALARM_TOOL_STALE, guide->tool, tool->name, NAN);
    }
}

/* What the verdict says of the registration and the senders. */
static void raise_reasons(struct trk_guide *guide, const struct nav_scene *scene)
{
    for (uint32_t i = 0; i < scene->reason_count; ++i) {
        const struct nav_scene_reason *reason = &scene->reasons[i];
        const bool of_tool = reason->tool >= 0 && (uint32_t)reason->tool < scene->tool_count;
        switch ((enum nav_reason)reason->reason) {
        case NAV_REASON_REFERENCE_MOVED:
            raise(guide, NAV_ALARM_REFERENCE_MOVED, NAV_SUBJECT_NONE, NULL, NAN);
            break;
        case NAV_REASON_REGISTRATION_DRIFT:
            raise(guide, NAV_ALARM_REGISTRATION_DRIFT, NAV_SUBJECT_NONE, NULL,
                  scene->registration.last_check_mm);
            break;
        case NAV_REASON_REGISTRATION_UNCHECKED:
            raise(guide, NAV_ALARM_REGISTRATION_UNCHECKED, NAV_SUBJECT_NONE, NULL, NAN);
            break;
        case NAV_REASON_DUPLICATE_SENDER:
            raise(guide, NAV_ALARM_DUPLICATE_SENDER, reason->tool,
                  of_tool ? scene->tools[reason->tool].name : NULL, NAN);
            break;
        default:
            break;
        }
    }
}

void guide_alarm(struct trk_guide *guide, struct nav_scene *scene)
{
    raise_distances(guide, scene);
    raise_reasons(guide, scene);
    if (guide->active >= 0) {
        raise_guidance(guide, &scene->cuts[guide->active]);
        raise_sight(guide, scene);
    }
    if (guide->fragment == NAV_FRAGMENT_ASKED) {
        raise(guide, NAV_ALARM_FRAGMENT, NAV_SUBJECT_NONE, NULL, NAN);
    }
    if (scene->recording.state == NAV_RECORDING_FAILED) {
        raise(guide, NAV_ALARM_NOT_RECORDING, NAV_SUBJECT_NONE, NULL, NAN);
    }
    for (int32_t i = 0; i < GUIDE_DISPLAYS_MAX; ++i) {
        if (guide->displays_gone[i][0] != '\0') {
            raise(guide, NAV_ALARM_DISPLAY, i, guide->displays_gone[i], NAN);
        }
    }
    trk_alarms_settle(&guide->alarms, guide->now_ns);
    trk_alarms_list(&guide->alarms, scene);
}

/* ---- the fragment ---- */

/* Behind the worse ones; where the list is full the last one makes room. */
static void add_reason(struct nav_scene *scene, uint32_t reason, uint32_t trust)
{
    uint32_t at = 0;
    while (at < scene->reason_count &&
           (scene->reasons[at].trust < trust ||
            (scene->reasons[at].trust == trust && scene->reasons[at].reason < reason))) {
        ++at;
    }
    if (at < NAV_REASONS_MAX) {
        scene->reason_count += scene->reason_count < NAV_REASONS_MAX ? 1 : 0;
        memmove(&scene->reasons[at + 1], &scene->reasons[at],
                (scene->reason_count - at - 1) * sizeof(scene->reasons[0]));
        scene->reasons[at] =
            (struct nav_scene_reason){.reason = reason, .tool = NAV_SUBJECT_NONE, .trust = trust};
    }
    scene->trust = scene->trust < trust ? scene->trust : trust;
}

/* The tumour went with the fragment: where it is now nobody knows. */
void guide_withhold_fragment(const struct trk_guide *guide, struct nav_scene *scene)
{
    if (guide->fragment != NAV_FRAGMENT_LOOSE) {
        return;
    }
    add_reason(scene, NAV_REASON_FRAGMENT_LOOSE, NAV_TRUST_CAUTION);
    for (uint32_t i = 0; i < scene->structure_count; ++i) {
        struct nav_scene_structure *structure = &scene->structures[i];
        if (structure->role == NAV_ROLE_TUMOUR) {
            nav_scene_withhold_distance(structure);
            structure->tool = NAV_SUBJECT_NONE;
        }
    }
}

/* ---- commands ---- */

static bool find_code(const char *key, uint32_t *out_code)
{
    for (uint32_t i = 0; i < NAV_ALARM_COUNT; ++i) {
        if (strcmp(nav_alarm_name(i), key) == 0) {
            *out_code = i;
            return true;
        }
    }
    return false;
}

/* Going on although a high one holds is a decision against a limit. */
static bool holds(const struct trk_guide *guide, uint32_t code)
{
    for (uint32_t i = 0; i < guide->alarms.count; ++i) {
        const struct nav_scene_alarm *alarm = &guide->alarms.alarms[i].shown;
        if (alarm->active != 0 && alarm->acknowledged == 0 &&
            alarm->priority == NAV_PRIORITY_HIGH &&
            (code == NAV_ALARM_COUNT || alarm->code == code)) {
            return true;
        }
    }
    return false;
}

void trk_guide_acknowledge(struct trk_guide *guide, const char *code, int64_t now_ns,
                           struct trk_reply *out_reply)
{
    uint32_t wanted = NAV_ALARM_COUNT;
    if (code != NULL && !find_code(code, &wanted)) {
        trk_reply_set(out_reply, false, "'%.40s' is no alarm; `osteonav scene` lists them by code",
                      code);
        return;
    }
    const bool against = guide->active >= 0 && holds(guide, wanted);
    const uint32_t count = trk_alarms_acknowledge(&guide->alarms, wanted, now_ns);
    if (count == 0) {
        trk_reply_set(out_reply, false, "there is nothing to acknowledge");
        return;
    }
    if (against) {
        ++guide->cuts[guide->active].overrides;
    }
    trk_reply_set(out_reply, true, "%u alarm%s acknowledged%s", count, count == 1 ? "" : "s",
                  against ? "; the cause still holds" : "");
}

void trk_guide_mute(struct trk_guide *guide, bool muted, struct trk_reply *out_reply)
{
    guide->muted = muted;
    trk_reply_set(out_reply, true, "%s",
                  muted ? "alarms make no sound until it is switched on again" : "alarms sound");
}

/* Each name keeps its place, so that its alarm does. */
void trk_guide_display(struct trk_guide *guide, const char *display, bool runs,
                       struct trk_reply *out_reply)
{
    int32_t place = -1;
    for (int32_t i = GUIDE_DISPLAYS_MAX; i-- > 0;) {
        if (strncmp(guide->displays_gone[i], display, NAV_NAME_SIZE) == 0) {
            place = i;
            break;
        }
        place = guide->displays_gone[i][0] == '\0' ? i : place;
    }
    const bool known = place >= 0 && guide->displays_gone[place][0] != '\0';
    if (display[0] == '\0' || (!runs && place < 0) || (runs && !known)) {
        trk_reply_set(out_reply, false, "%.63s: %s", display,
                      runs ? "was not gone" : "too many displays are gone");
        return;
    }
    memset(guide->displays_gone[place], 0, NAV_NAME_SIZE);
    if (!runs) {
        (void)snprintf(guide->displays_gone[place], NAV_NAME_SIZE, "%s", display);
    }
    trk_reply_set(out_reply, true, "%.63s %s", display, runs ? "runs again" : "is gone");
}
