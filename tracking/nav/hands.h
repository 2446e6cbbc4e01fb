/* What hands may do to a display, and the keys that say so: words of case files and of the screen.
 *
 * A foot pedal is a keyboard: it sends one or two of these keys. Pure. Thread: any. */
#ifndef NAV_HANDS_H
#define NAV_HANDS_H

#include <stdbool.h>
#include <stdint.h>

/* X(id, word) */
#define NAV_ACT_LIST(X)                                                                            \
    X(NAV_ACT_BEDSIDE, "bedside")                                                                  \
    X(NAV_ACT_ASSISTANT, "assistant")                                                              \
    X(NAV_ACT_SLICES, "slices")                                                                    \
    X(NAV_ACT_CUT, "cut")                                                                          \
    X(NAV_ACT_TOOL_EYE, "tool-eye")                                                                \
    X(NAV_ACT_REVIEW, "review")                                                                    \
    X(NAV_ACT_AR, "ar")                                                                            \
    X(NAV_ACT_NEXT_LAYOUT, "next-layout")                                                          \
    X(NAV_ACT_NEXT_VIEW, "next-view")                                                              \
    X(NAV_ACT_NEXT_CUT, "next-cut")                                                                \
    X(NAV_ACT_SECTIONS, "sections")                                                                \
    X(NAV_ACT_SCANS, "scans") /* what the sections show: one scan, the other, both */              \
    X(NAV_ACT_NEXT_STRUCTURE, "next-structure")                                                    \
    X(NAV_ACT_FADE, "fade")                                                                        \
    X(NAV_ACT_UNFADE, "unfade")                                                                    \
    X(NAV_ACT_KEYHOLE, "keyhole")                                                                  \
    X(NAV_ACT_OVERLAY, "overlay")     /* the model on a live picture: weaker, outlines, none */    \
    X(NAV_ACT_LANDMARKS, "landmarks") /* crosses on them there, and none */                        \
    X(NAV_ACT_MEASURE, "measure")                                                                  \
    X(NAV_ACT_CLEAR, "clear")                                                                      \
    X(NAV_ACT_UNDO, "undo")                                                                        \
    X(NAV_ACT_RESET, "reset")                                                                      \
    X(NAV_ACT_ZOOM_IN, "zoom-in")                                                                  \
    X(NAV_ACT_ZOOM_OUT, "zoom-out")                                                                \
    X(NAV_ACT_TURN_LEFT, "turn-left")                                                              \
    X(NAV_ACT_TURN_RIGHT, "turn-right")                                                            \
    X(NAV_ACT_TURN_UP, "turn-up")                                                                  \
    X(NAV_ACT_TURN_DOWN, "turn-down")                                                              \
    X(NAV_ACT_MOVE, "move")               /* a drag moves instead of turning, and back */          \
    X(NAV_ACT_ACKNOWLEDGE, "acknowledge") /* the alarms */                                         \
    X(NAV_ACT_SCREENSHOT, "screenshot")                                                            \
    X(NAV_ACT_FULL_SCREEN, "full-screen")                                                          \
    X(NAV_ACT_HELP, "help")

/* By what is printed on a US keyboard. X(id, word) */
#define NAV_KEY_LIST(X)                                                                            \
    X(NAV_KEY_A, "a")                                                                              \
    X(NAV_KEY_B, "b")                                                                              \
    X(NAV_KEY_C, "c")                                                                              \
    X(NAV_KEY_D, "d")                                                                              \
    X(NAV_KEY_E, "e")                                                                              \
    X(NAV_KEY_F, "f")                                                                              \
    X(NAV_KEY_G, "g")                                                                              \
    X(NAV_KEY_H, "h")                                                                              \
    X(NAV_KEY_I, "i")                                                                              \
    X(NAV_KEY_J, "j")                                                                              \
    X(NAV_KEY_K, "k")                                                                              \
    X(NAV_KEY_L, "l")                                                                              \
    X(NAV_KEY_M, "m")                                                                              \
    X(NAV_KEY_N, "n")                                                                              \
    X(NAV_KEY_O, "o")                                                                              \
    X(NAV_KEY_P, "p")                                                                              \
    X(NAV_KEY_Q, "q")                                                                              \
    X(NAV_KEY_R, "r")                                                                              \
    X(NAV_KEY_S, "s")                                                                              \
    X(NAV_KEY_T, "t")                                                                              \
    X(NAV_KEY_U, "u")                                                                              \
    X(NAV_KEY_V, "v")                                                                              \
    X(NAV_KEY_W, "w")                                                                              \
    X(NAV_KEY_X, "x")                                                                              \
    X(NAV_KEY_Y, "y")                                                                              \
    X(NAV_KEY_Z, "z")                                                                              \
    X(NAV_KEY_0, "0")                                                                              \
    X(NAV_KEY_1, "1")                                                                              \
    X(NAV_KEY_2, "2")                                                                              \
    X(NAV_KEY_3, "3")                                                                              \
    X(NAV_KEY_4, "4")                                                                              \
    X(NAV_KEY_5, "5")                                                                              \
    X(NAV_KEY_6, "6")                                                                              \
    X(NAV_KEY_7, "7")                                                                              \
    X(NAV_KEY_8, "8")                                                                              \
    X(NAV_KEY_9, "9")                                                                              \
    X(NAV_KEY_F1, "f1")                                                                            \
    X(NAV_KEY_F2, "f2")                                                                            \
    X(NAV_KEY_F3, "f3")                                                                            \
    X(NAV_KEY_F4, "f4")                                                                            \
    X(NAV_KEY_F5, "f5")                                                                            \
    X(NAV_KEY_F6, "f6")                                                                            \
    X(NAV_KEY_F7, "f7")                                                                            \
    X(NAV_KEY_F8, "f8")                                                                            \
    X(NAV_KEY_F9, "f9")                                                                            \
    X(NAV_KEY_F10, "f10")                                                                          \
    X(NAV_KEY_F11, "f11")                                                                          \
    X(NAV_KEY_F12, "f12")                                                                          \
    X(NAV_KEY_F13, "f13")                                                                          \
    X(NAV_KEY_F14, "f14")                                                                          \
    X(NAV_KEY_F15, "f15")                                                                          \
    X(NAV_KEY_F16, "f16")                                                                          \
    X(NAV_KEY_F17, "f17")                                                                          \
    X(NAV_KEY_F18, "f18")                                                                          \
    X(NAV_KEY_F19, "f19")                                                                          \
    X(NAV_KEY_F20, "f20")                                                                          \
    X(NAV_KEY_F21, "f21")                                                                          \
    X(NAV_KEY_F22, "f22")                                                                          \
    X(NAV_KEY_F23, "f23")                                                                          \
    X(NAV_KEY_F24, "f24")                                                                          \
    X(NAV_KEY_SPACE, "space")                                                                      \
    X(NAV_KEY_ENTER, "enter")                                                                      \
    X(NAV_KEY_TAB, "tab")                                                                          \
    X(NAV_KEY_BACKSPACE, "backspace")                                                              \
    X(NAV_KEY_INSERT, "insert")                                                                    \
    X(NAV_KEY_DELETE, "delete")                                                                    \
    X(NAV_KEY_HOME, "home")                                                                        \
    X(NAV_KEY_END, "end")                                                                          \
    X(NAV_KEY_PAGE_UP, "page-up")                                                                  \
    X(NAV_KEY_PAGE_DOWN, "page-down")                                                              \
    X(NAV_KEY_LEFT, "left")                                                                        \
    X(NAV_KEY_RIGHT, "right")                                                                      \
    X(NAV_KEY_UP, "up")                                                                            \
    X(NAV_KEY_DOWN, "down")                                                                        \
    X(NAV_KEY_MINUS, "minus")                                                                      \
    X(NAV_KEY_PLUS, "plus")                                                                        \
    X(NAV_KEY_COMMA, "comma")                                                                      \
    X(NAV_KEY_PERIOD, "period")                                                                    \
    X(NAV_KEY_SLASH, "slash")                                                                      \
    X(NAV_KEY_PAD_0, "pad-0")                                                                      \
    X(NAV_KEY_PAD_1, "pad-1")                                                                      \
    X(NAV_KEY_PAD_2, "pad-2")                                                                      \
    X(NAV_KEY_PAD_3, "pad-3")                                                                      \
    X(NAV_KEY_PAD_4, "pad-4")                                                                      \
    X(NAV_KEY_PAD_5, "pad-5")                                                                      \
    X(NAV_KEY_PAD_6, "pad-6")                                                                      \
    X(NAV_KEY_PAD_7, "pad-7")                                                                      \
    X(NAV_KEY_PAD_8, "pad-8")                                                                      \
    X(NAV_KEY_PAD_9, "pad-9")                                                                      \
    X(NAV_KEY_PAD_PLUS, "pad-plus")                                                                \
    X(NAV_KEY_PAD_MINUS, "pad-minus")                                                              \
    X(NAV_KEY_PAD_ENTER, "pad-enter")

enum nav_act {
    NAV_ACT_NONE = 0,
#define NAV_ACT_ENUM(id, word) id,
    NAV_ACT_LIST(NAV_ACT_ENUM)
#undef NAV_ACT_ENUM
        NAV_ACT_COUNT
};

enum nav_key {
    NAV_KEY_NONE = 0,
#define NAV_KEY_ENUM(id, word) id,
    NAV_KEY_LIST(NAV_KEY_ENUM)
#undef NAV_KEY_ENUM
        NAV_KEY_COUNT
};

/* "none" beyond the lists. Never NULL. */
const char *nav_act_name(enum nav_act act);
const char *nav_key_name(enum nav_key key);

/* What each key does. */
struct nav_key_map {
    uint8_t act[NAV_KEY_COUNT]; /* enum nav_act */
    bool own[NAV_KEY_COUNT];    /* the case says so */
};

/* Without a case's own. */
struct nav_key_map nav_key_map_default(void);

#endif
