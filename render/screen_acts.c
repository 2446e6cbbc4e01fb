/* What keys, pedals and buttons do to a screen. */
#include "buttons.h"
#include "screen_parts.h"

static void next_layout(struct rnd_screen *screen)
{
    rnd_screen_set_layout(
        screen, (enum rnd_layout)((screen->state.layout + 1U) % (unsigned)RND_LAYOUT_COUNT));
}

/* A turn or zoom by steps, held down one change for undo. */
static void step(struct rnd_screen *screen, bool again, double right, double down, double zoom)
{
    static const double turn_px = 24.0; /* at 1080 lines */
    const double px = turn_px * screen->height_px / 1080.0;
    if (!again) {
        rnd_screen_keep(screen);
    }
    if (zoom != 0.0) {
        rnd_screen_zoom(screen, zoom);
    } else {
        rnd_screen_orbit(screen, right * px, down * px);
    }
}

static bool act_on_camera(struct rnd_screen *screen, enum nav_act act, bool again)
{
    switch (act) {
    case NAV_ACT_ZOOM_IN:
        step(screen, again, 0.0, 0.0, 1.0);
        return true;
    case NAV_ACT_ZOOM_OUT:
        step(screen, again, 0.0, 0.0, -1.0);
        return true;
    case NAV_ACT_TURN_LEFT:
        step(screen, again, -1.0, 0.0, 0.0);
        return true;
    case NAV_ACT_TURN_RIGHT:
        step(screen, again, 1.0, 0.0, 0.0);
        return true;
    case NAV_ACT_TURN_UP:
        step(screen, again, 0.0, -1.0, 0.0);
        return true;
    case NAV_ACT_TURN_DOWN:
        step(screen, again, 0.0, 1.0, 0.0);
        return true;
    case NAV_ACT_NEXT_VIEW:
        rnd_screen_next_view(screen);
        return true;
    case NAV_ACT_NEXT_CUT:
        rnd_screen_next_cut(screen);
        return true;
    default:
        return false;
    }
}

bool rnd_screen_act(struct rnd_screen *screen, enum nav_act act, bool again)
{
    static const double fade_step = 0.2;
    if (act_on_camera(screen, act, again)) {
        return true;
    }
    if (act >= NAV_ACT_BEDSIDE && act <= NAV_ACT_AR) {
        rnd_screen_set_layout(screen, (enum rnd_layout)(act - NAV_ACT_BEDSIDE));
        return true;
    }
    switch (act) {
    case NAV_ACT_NEXT_LAYOUT:
        next_layout(screen);
        break;
    case NAV_ACT_SECTIONS:
        rnd_screen_toggle_sections(screen);
        break;
    case NAV_ACT_SCANS:
        rnd_screen_next_fusion(screen);
        break;
    case NAV_ACT_NEXT_STRUCTURE:
        rnd_screen_select_next(screen);
        break;
    case NAV_ACT_FADE:
        rnd_screen_fade(screen, -fade_step);
        break;
    case NAV_ACT_UNFADE:
        rnd_screen_fade(screen, fade_step);
        break;
    case NAV_ACT_KEYHOLE:
        rnd_screen_toggle_keyhole(screen);
        break;
    case NAV_ACT_OVERLAY:
        rnd_screen_next_overlay(screen);
        break;
    case NAV_ACT_LANDMARKS:
        rnd_screen_toggle_landmarks(screen);
        break;
    case NAV_ACT_MEASURE:
        rnd_screen_next_measuring(screen);
        break;
    case NAV_ACT_CLEAR:
        rnd_screen_clear_measures(screen);
        break;
    case NAV_ACT_UNDO:
        rnd_screen_undo(screen);
        break;
    case NAV_ACT_RESET:
        rnd_screen_reset_view(screen);
        break;
    case NAV_ACT_MOVE:
        screen->moves = !screen->moves;
        break;
    case NAV_ACT_HELP:
        rnd_screen_toggle_help(screen);
        break;
    default:
        return false;
    }
    return true;
}

void rnd_screen_drag(struct rnd_screen *screen, double right_px, double down_px)
{
    if (screen->moves) {
        rnd_screen_pan(screen, right_px, down_px);
    } else {
        rnd_screen_orbit(screen, right_px, down_px);
    }
}

enum nav_act rnd_screen_button_at(const struct rnd_screen *screen, double x, double y)
{
    return rnd_button_at(rnd_panel_buttons_rect(screen->panel), x, y);
}
