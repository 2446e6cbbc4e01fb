#include "nav/scene.h"

#include <math.h>
#include <stddef.h>

_Static_assert(sizeof(struct nav_scene) % sizeof(uint64_t) == 0,
               "the scene is copied in 64-bit words");

#define NAME_OF(table, value)                                                                      \
    ((value) < sizeof(table) / sizeof((table)[0]) ? (table)[(value)] : "?")

const char *nav_trust_name(uint32_t trust)
{
    static const char *const names[] = {"withheld", "caution", "ok"};
    return NAME_OF(names, trust);
}

const char *nav_tool_state_name(uint32_t state)
{
    static const char *const names[] = {"never", "tracked", "stale", "lost", "invalid"};
    return NAME_OF(names, state);
}

const char *nav_reason_name(uint32_t reason)
{
    static const char *const names[] = {
#define REASON_NAME(name, key, text) key,
        NAV_REASON_LIST(REASON_NAME)
#undef REASON_NAME
    };
    return NAME_OF(names, reason);
}

const char *nav_reason_text(uint32_t reason)
{
    static const char *const texts[] = {
#define REASON_TEXT(name, key, text) text,
        NAV_REASON_LIST(REASON_TEXT)
#undef REASON_TEXT
    };
    return NAME_OF(texts, reason);
}

const char *nav_mode_name(uint32_t mode)
{
    static const char *const names[] = {"live", "simulation", "replay"};
    return NAME_OF(names, mode);
}

const char *nav_collection_name(uint32_t kind)
{
    static const char *const names[] = {"none", "landmark", "check", "parallel"};
    return NAME_OF(names, kind);
}

const char *nav_role_name(uint32_t role)
{
    static const char *const names[] = {"bone",   "tumour", "nerve", "dura",
                                        "vessel", "organ",  "other"};
    return NAME_OF(names, role);
}

const char *nav_limit_state_name(uint32_t state)
{
    static const char *const names[] = {"none", "clear", "caution", "stop"};
    return NAME_OF(names, state);
}

const char *nav_cut_state_name(uint32_t state)
{
    static const char *const names[] = {"planned", "active", "paused", "done", "skipped"};
    return NAME_OF(names, state);
}

const char *nav_guide_name(uint32_t guide)
{
    static const char *const names[] = {"none", "blade", "parallel", "axis"};
    return NAME_OF(names, guide);
}

const char *nav_fragment_name(uint32_t fragment)
{
    static const char *const names[] = {"whole", "asked", "rigid", "loose"};
    return NAME_OF(names, fragment);
}

const char *nav_recording_name(uint32_t state)
{
    static const char *const names[] = {"off", "recording", "failed"};
    return NAME_OF(names, state);
}

const char *nav_replay_mark_name(uint32_t kind)
{
    static const char *const names[] = {
#define MARK_NAME(name, key) [name] = (key),
        NAV_REPLAY_MARK_LIST(MARK_NAME)
#undef MARK_NAME
    };
    return NAME_OF(names, kind);
}

void nav_scene_withhold_guidance(struct nav_scene_cut *cut)
{
    cut->guided = 0;
    cut->cutting = 0;
    cut->offset_state = NAV_LIMIT_NONE;
    cut->angle_state = NAV_LIMIT_NONE;
    cut->depth_state = NAV_LIMIT_NONE;
    double *const live[] = {&cut->offset_mm,
                            &cut->corner_offset_mm[0],
                            &cut->corner_offset_mm[1],
                            &cut->pitch_deg,
                            &cut->roll_deg,
                            &cut->depth_mm,
                            &cut->remaining_mm,
                            &cut->along_mm,
                            &cut->predicted_mm[0],
                            &cut->predicted_mm[1],
                            &cut->uncertainty_mm,
                            &cut->line_mm,
                            &cut->line_deg};
    for (size_t i = 0; i < sizeof(live) / sizeof(live[0]); ++i) {
        *live[i] = NAN;
    }
}

void nav_scene_withhold_distance(struct nav_scene_structure *structure)
{
    structure->has_distance = 0;
    structure->limit_state = NAV_LIMIT_NONE;
    structure->distance_mm = NAN;
    structure->uncertainty_mm = NAN;
    structure->ahead_mm = NAN;
    structure->behind_mm = NAN;
    for (int i = 0; i < 3; ++i) {
        structure->nearest_mm[i] = NAN;
        structure->from_mm[i] = NAN;
    }
}
