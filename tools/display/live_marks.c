#include "live_marks.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "text.h"

static bool place(const struct live_marks_ask *ask, const double at_mm[3],
                  struct rnd_ar_mark *out_mark)
{
    double point_mm[3];
    nav_pose_apply(ask->T_camera_image, at_mm, point_mm);
    return rnd_lens_project(ask->lens, point_mm, out_mark->at_px);
}

/* The structure that matters most to the guided tool: the worst state, then the nearest. */
static const struct nav_scene_structure *foremost(const struct nav_scene *scene)
{
    const struct nav_scene_structure *found = NULL;
    for (uint32_t i = 0; i < scene->structure_count && i < NAV_STRUCTURES_MAX; ++i) {
        const struct nav_scene_structure *here = &scene->structures[i];
        if (here->has_distance == 0 || here->role == NAV_ROLE_BONE) {
            continue;
        }
        if (found == NULL || here->limit_state > found->limit_state ||
            (here->limit_state == found->limit_state && here->distance_mm < found->distance_mm)) {
            found = here;
        }
    }
    return found;
}

static bool mark_distance(const struct live_marks_ask *ask, struct rnd_ar_mark *mark)
{
    const struct nav_scene_structure *nearest = foremost(ask->scene);
    if (ask->tip_mm == NULL || nearest == NULL || !place(ask, ask->tip_mm, mark)) {
        return false;
    }
    char number[RND_NUMBER_SIZE];
    rnd_text_number(nearest->distance_mm, 4, 1, number);
    mark->kind = RND_AR_MARK_DISTANCE;
    mark->level = nearest->limit_state == NAV_LIMIT_STOP      ? RND_LEVEL_ALARM
                  : nearest->limit_state == NAV_LIMIT_CAUTION ? RND_LEVEL_CAUTION
                                                              : RND_LEVEL_OK;
    (void)snprintf(mark->text, sizeof(mark->text), "%s %s mm", nearest->name,
                   number + strspn(number, " "));
    return true;
}

size_t live_marks(const struct live_marks_ask *ask, struct rnd_ar_mark out[LIVE_MARKS_MAX])
{
    size_t count = 0;
    memset(out, 0, LIVE_MARKS_MAX * sizeof(*out));
    for (size_t i = 0; ask->landmarks && i < ask->loaded->landmark_count; ++i) {
        if (place(ask, ask->loaded->landmarks[i].position_mm, &out[count])) {
            out[count++].kind = RND_AR_MARK_LANDMARK; /* names would cover each other */
        }
    }
    for (size_t i = 0; i < ask->loaded->cut_count; ++i) {
        if (place(ask, ask->cut_mm[i], &out[count])) {
            out[count].kind = RND_AR_MARK_CUT;
            out[count++].number = (unsigned)i + 1;
        }
    }
    return count + (mark_distance(ask, &out[count]) ? 1 : 0);
}

const char *live_reason(enum rnd_ar_reason reason, enum rnd_language language)
{
    static const enum rnd_words words[RND_AR_COUNT] = {
        [RND_AR_NO_PICTURE] = RND_SAY_AR_NO_PICTURE,
        [RND_AR_CAMERA_LOST] = RND_SAY_AR_CAMERA_LOST,
        [RND_AR_CAMERA_FROZEN] = RND_SAY_AR_CAMERA_FROZEN,
        [RND_AR_PICTURE_OLD] = RND_SAY_AR_PICTURE_OLD,
        [RND_AR_NO_LENS] = RND_SAY_AR_NO_LENS,
        [RND_AR_RESOLUTION] = RND_SAY_AR_RESOLUTION,
        [RND_AR_NO_HANDEYE] = RND_SAY_AR_NO_HANDEYE,
        [RND_AR_NO_DELAY] = RND_SAY_AR_NO_DELAY,
        [RND_AR_NOT_TRUSTED] = RND_SAY_AR_NOT_TRUSTED,
        [RND_AR_NO_POSE] = RND_SAY_AR_NO_POSE,
        [RND_AR_UNCHECKED] = RND_SAY_AR_UNCHECKED,
        [RND_AR_OFF] = RND_SAY_AR_OFF,
        [RND_AR_PROVING] = RND_SAY_AR_PROVING,
    };
    return reason != RND_AR_SHOWN && (unsigned)reason < RND_AR_COUNT
               ? rnd_say(language, words[reason])
               : "";
}

struct rnd_ar_state live_state(enum rnd_ar_reason reason, double px, double mm, float opacity,
                               enum rnd_language language)
{
    struct rnd_ar_state state = {.level = RND_LEVEL_CAUTION};
    const bool shown = reason == RND_AR_SHOWN;
    rnd_text_append(state.head, sizeof(state.head),
                    rnd_say(language, shown ? RND_SAY_AR_OVERLAY : RND_SAY_AR_NO_OVERLAY));
    if (!shown) {
        rnd_text_append(state.detail, sizeof(state.detail), live_reason(reason, language));
    } else if (!(opacity > 0.0F)) {
        rnd_text_append(state.detail, sizeof(state.detail), rnd_say(language, RND_SAY_AR_HIDDEN));
    } else {
        state.level = RND_LEVEL_OK;
    }
    if (isfinite(px) && isfinite(mm)) {
        char error[48];
        (void)snprintf(error, sizeof(error), "  %.1f px  %.1f mm", px, mm);
        rnd_text_append(state.head, sizeof(state.head), error);
    }
    return state;
}
