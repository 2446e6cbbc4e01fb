#include "nav/scene.h"

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
    static const char *const names[] = {"none", "landmark", "check"};
    return NAME_OF(names, kind);
}
