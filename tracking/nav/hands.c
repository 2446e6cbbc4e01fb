#include "hands.h"

const char *nav_act_name(enum nav_act act)
{
    static const char *const names[NAV_ACT_COUNT] = {[NAV_ACT_NONE] = "none",
#define ACT_ROW(id, word) [id] = word,
                                                     NAV_ACT_LIST(ACT_ROW)
#undef ACT_ROW
    };
    return names[(unsigned)act < NAV_ACT_COUNT ? act : NAV_ACT_NONE];
}

const char *nav_key_name(enum nav_key key)
{
    static const char *const names[NAV_KEY_COUNT] = {[NAV_KEY_NONE] = "none",
#define KEY_ROW(id, word) [id] = word,
                                                     NAV_KEY_LIST(KEY_ROW)
#undef KEY_ROW
    };
    return names[(unsigned)key < NAV_KEY_COUNT ? key : NAV_KEY_NONE];
}

struct nav_key_map nav_key_map_default(void)
{
    return (struct nav_key_map){.act = {
                                    [NAV_KEY_1] = NAV_ACT_BEDSIDE,
                                    [NAV_KEY_2] = NAV_ACT_ASSISTANT,
                                    [NAV_KEY_3] = NAV_ACT_SLICES,
                                    [NAV_KEY_4] = NAV_ACT_CUT,
                                    [NAV_KEY_5] = NAV_ACT_TOOL_EYE,
                                    [NAV_KEY_6] = NAV_ACT_REVIEW,
                                    [NAV_KEY_7] = NAV_ACT_AR,
                                    [NAV_KEY_SPACE] = NAV_ACT_NEXT_VIEW,
                                    [NAV_KEY_PAGE_DOWN] = NAV_ACT_NEXT_VIEW,
                                    [NAV_KEY_PAGE_UP] = NAV_ACT_NEXT_LAYOUT,
                                    [NAV_KEY_C] = NAV_ACT_NEXT_CUT,
                                    [NAV_KEY_S] = NAV_ACT_SECTIONS,
                                    [NAV_KEY_TAB] = NAV_ACT_NEXT_STRUCTURE,
                                    [NAV_KEY_O] = NAV_ACT_SCANS,
                                    [NAV_KEY_COMMA] = NAV_ACT_FADE,
                                    [NAV_KEY_PERIOD] = NAV_ACT_UNFADE,
                                    [NAV_KEY_K] = NAV_ACT_KEYHOLE,
                                    [NAV_KEY_V] = NAV_ACT_OVERLAY,
                                    [NAV_KEY_L] = NAV_ACT_LANDMARKS,
                                    [NAV_KEY_M] = NAV_ACT_MEASURE,
                                    [NAV_KEY_DELETE] = NAV_ACT_CLEAR,
                                    [NAV_KEY_U] = NAV_ACT_UNDO,
                                    [NAV_KEY_BACKSPACE] = NAV_ACT_UNDO,
                                    [NAV_KEY_R] = NAV_ACT_RESET,
                                    [NAV_KEY_HOME] = NAV_ACT_RESET,
                                    [NAV_KEY_PLUS] = NAV_ACT_ZOOM_IN,
                                    [NAV_KEY_PAD_PLUS] = NAV_ACT_ZOOM_IN,
                                    [NAV_KEY_MINUS] = NAV_ACT_ZOOM_OUT,
                                    [NAV_KEY_PAD_MINUS] = NAV_ACT_ZOOM_OUT,
                                    [NAV_KEY_LEFT] = NAV_ACT_TURN_LEFT,
                                    [NAV_KEY_RIGHT] = NAV_ACT_TURN_RIGHT,
                                    [NAV_KEY_UP] = NAV_ACT_TURN_UP,
                                    [NAV_KEY_DOWN] = NAV_ACT_TURN_DOWN,
                                    [NAV_KEY_A] = NAV_ACT_ACKNOWLEDGE,
                                    [NAV_KEY_P] = NAV_ACT_SCREENSHOT,
                                    [NAV_KEY_F] = NAV_ACT_FULL_SCREEN,
                                    [NAV_KEY_F11] = NAV_ACT_FULL_SCREEN,
                                    [NAV_KEY_H] = NAV_ACT_HELP,
                                    [NAV_KEY_F1] = NAV_ACT_HELP,
                                    [NAV_KEY_SLASH] = NAV_ACT_HELP,
                                }};
}
