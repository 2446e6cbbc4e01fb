/* What is on top: the verdict, the heartbeat, the highest alarm, recording and sound. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "panel_parts.h"

struct verdict_key {
    enum rnd_pair pair;
    enum rnd_level level;
    uint32_t more;
    char headline[NAV_NAME_SIZE];
    char reason[RND_WORDS_SIZE];
    char case_name[NAV_NAME_SIZE];
    char pseudonym[NAV_NAME_SIZE];
    char clock[RND_NUMBER_SIZE];
};

static void draw_verdict(const struct rnd_canvas *canvas, struct rnd_rect rect,
                         const struct verdict_key *key)
{
    const struct rnd_pair_colours *colours = &rnd_pairs[key->pair];
    rnd_fill(canvas, rect, colours->ground, 1.0);
    const double middle = rect.y + rect.h / 2.0;
    const double left = rect.x + rnd_px(canvas, 36);
    rnd_icon(canvas, key->level, left + rnd_px(canvas, 34), middle, rnd_px(canvas, 36),
             colours->text);

    const double words_x = left + rnd_px(canvas, 92);
    const double right = rect.x + rect.w - rnd_px(canvas, 8);
    rnd_write(canvas, key->clock, right, middle, RND_ALIGN_RIGHT, 0.0, RND_TYPE_NUMBER + 4, false,
              colours->text);
    const double patient_right = right - rnd_px(canvas, 208);
    const double patient_most = rnd_px(canvas, 360);
    const int name_width = rnd_width_of(canvas, key->pseudonym, RND_TYPE_BODY, true);
    const int case_width = rnd_width_of(canvas, key->case_name, RND_TYPE_SMALL, false);
    const double patient_width =
        fmin(name_width > case_width ? name_width : case_width, patient_most);
    rnd_write(canvas, key->pseudonym, patient_right, middle - rnd_px(canvas, 20), RND_ALIGN_RIGHT,
              patient_most, RND_TYPE_BODY, true, colours->text);
    rnd_write(canvas, key->case_name, patient_right, middle + rnd_px(canvas, 20), RND_ALIGN_RIGHT,
              patient_most, RND_TYPE_SMALL, false, colours->text);

    const double room = patient_right - patient_width - rnd_px(canvas, 32) - words_x;
    if (key->reason[0] == '\0') {
        rnd_write_fitting(canvas, key->headline, words_x, middle, RND_ALIGN_LEFT, room,
                          RND_TYPE_HEADLINE, true, colours->text);
        return;
    }
    char reason[RND_WORDS_SIZE + 32];
    (void)snprintf(reason, sizeof(reason), "%s", key->reason);
    if (key->more > 0) {
        (void)snprintf(reason + strlen(reason), sizeof(reason) - strlen(reason), "  (+%u)",
                       (unsigned)key->more);
    }
    rnd_write_fitting(canvas, key->headline, words_x, rect.y + rect.h * 0.35, RND_ALIGN_LEFT, room,
                      RND_TYPE_HEADLINE - 4, true, colours->text);
    rnd_write_fitting(canvas, reason, words_x, rect.y + rect.h * 0.77, RND_ALIGN_LEFT, room,
                      RND_TYPE_BODY, false, colours->text);
}

struct heartbeat_key {
    enum rnd_pair pair;
    bool alive;
    uint32_t step;
};

/* A hand that turns with the poses' own clock: what stands still is not live. */
static void draw_heartbeat(const struct rnd_canvas *canvas, struct rnd_rect rect,
                           const struct heartbeat_key *key)
{
    const struct rnd_pair_colours *colours = &rnd_pairs[key->pair];
    rnd_fill(canvas, rect, colours->ground, 1.0);
    const double x = rect.x + rect.w / 2.0 - rnd_px(canvas, 6);
    const double y = rect.y + rect.h / 2.0;
    const double radius = rnd_px(canvas, 32);
    cairo_set_line_width(canvas->cr, radius * 0.18);
    rnd_ink(canvas, colours->text, 0.35);
    cairo_new_path(canvas->cr);
    cairo_arc(canvas->cr, x, y, radius, 0.0, 2.0 * M_PI);
    cairo_stroke(canvas->cr);
    const double angle = 2.0 * M_PI * key->step / RND_HEARTBEAT_STEPS - M_PI_2;
    rnd_ink(canvas, colours->text, key->alive ? 1.0 : 0.35);
    cairo_set_line_cap(canvas->cr, CAIRO_LINE_CAP_ROUND);
    cairo_arc(canvas->cr, x, y, radius, angle - 0.9, angle);
    cairo_stroke(canvas->cr);
    cairo_arc(canvas->cr, x + radius * cos(angle), y + radius * sin(angle), radius * 0.24, 0.0,
              2.0 * M_PI);
    cairo_fill(canvas->cr);
    if (!key->alive) {
        cairo_move_to(canvas->cr, x - radius * 0.4, y - radius * 0.4);
        cairo_line_to(canvas->cr, x + radius * 0.4, y + radius * 0.4);
        cairo_move_to(canvas->cr, x + radius * 0.4, y - radius * 0.4);
        cairo_line_to(canvas->cr, x - radius * 0.4, y + radius * 0.4);
        rnd_ink(canvas, colours->text, 1.0);
        cairo_stroke(canvas->cr);
    }
}

/* ---- the highest alarm ---------------------------------------------------------------------- */

struct alarm_key {
    struct rnd_cue_alarm alarm;
    bool review; /* nobody navigates: that nothing is known is no matter */
    enum rnd_language language;
};

/* Colours by priority. An acknowledged alarm stays, without its coloured ground. */
static const struct rnd_pair_colours *alarm_colours(const struct rnd_cue_alarm *alarm)
{
    if (!alarm->known) {
        return &rnd_pairs[RND_PAIR_CAUTION];
    }
    if (!alarm->present) {
        return &rnd_pairs[RND_PAIR_QUIET];
    }
    if (alarm->priority == NAV_PRIORITY_LOW) {
        return &rnd_pairs[RND_PAIR_CUT];
    }
    const bool high = alarm->priority == NAV_PRIORITY_HIGH;
    if (alarm->acknowledged) {
        return &rnd_pairs[high ? RND_PAIR_ALARM : RND_PAIR_CAUTION];
    }
    return &rnd_pairs[high ? RND_PAIR_BAR_WITHHELD : RND_PAIR_BAR_CAUTION];
}

static enum rnd_level alarm_level(const struct rnd_cue_alarm *alarm)
{
    if (!alarm->known) {
        return RND_LEVEL_CAUTION;
    }
    if (!alarm->present || alarm->priority == NAV_PRIORITY_LOW) {
        return RND_LEVEL_NEUTRAL;
    }
    return alarm->priority == NAV_PRIORITY_HIGH ? RND_LEVEL_ALARM : RND_LEVEL_CAUTION;
}

static void draw_alarm(const struct rnd_canvas *canvas, struct rnd_rect rect,
                       const struct alarm_key *key)
{
    const struct rnd_cue_alarm *alarm = &key->alarm;
    const bool quiet = key->review && !alarm->known;
    const struct rnd_pair_colours *colours =
        quiet ? &rnd_pairs[RND_PAIR_QUIET] : alarm_colours(alarm);
    rnd_fill(canvas, rect, colours->ground, 1.0);
    const double middle = rect.y + rect.h / 2.0;
    const double radius = rnd_px(canvas, 18);
    const double left = rect.x + rnd_px(canvas, 52);
    rnd_icon(canvas, quiet ? RND_LEVEL_NEUTRAL : alarm_level(alarm), left + radius, middle, radius,
             colours->text);
    const double words_x = rect.x + rnd_px(canvas, 128);
    double right = rect.x + rect.w - rnd_px(canvas, 24);
    if (!alarm->present) {
        rnd_write(canvas,
                  rnd_say(key->language, alarm->known ? RND_SAY_NO_ALARMS : RND_SAY_ALARMS_UNKNOWN),
                  words_x, middle, RND_ALIGN_LEFT, right - words_x, RND_TYPE_BODY, false,
                  colours->text);
        return;
    }
    if (alarm->others > 0) {
        char more[16];
        (void)snprintf(more, sizeof(more), "+%u", (unsigned)alarm->others);
        rnd_write(canvas, more, right, middle, RND_ALIGN_RIGHT, 0.0, RND_TYPE_BODY, true,
                  colours->text);
        right -= rnd_width_of(canvas, more, RND_TYPE_BODY, true) + rnd_px(canvas, 28);
    }
    /* Side by side where there is room, else one below the other. */
    const double room = right - words_x;
    const double gap = rnd_px(canvas, 34);
    const double cause = rnd_width_of(canvas, alarm->cause, RND_TYPE_BODY, true);
    const double remedy = rnd_width_of(canvas, alarm->remedy, RND_TYPE_BODY - 2, false);
    if (cause + gap + remedy <= room) {
        rnd_write(canvas, alarm->cause, words_x, middle, RND_ALIGN_LEFT, 0.0, RND_TYPE_BODY, true,
                  colours->text);
        rnd_write(canvas, alarm->remedy, words_x + cause + gap, middle, RND_ALIGN_LEFT, 0.0,
                  RND_TYPE_BODY - 2, false, colours->text);
        return;
    }
    rnd_write_fitting(canvas, alarm->cause, words_x, rect.y + rect.h * 0.28, RND_ALIGN_LEFT, room,
                      RND_TYPE_SMALL + 2, true, colours->text);
    rnd_write(canvas, alarm->remedy, words_x, rect.y + rect.h * 0.73, RND_ALIGN_LEFT, room,
              RND_TYPE_SMALL, false, colours->text);
}

/* ---- recording and sound -------------------------------------------------------------------- */

struct status_key {
    struct rnd_cue_status status;
    enum rnd_language language;
};

static void draw_status(const struct rnd_canvas *canvas, struct rnd_rect rect,
                        const struct status_key *key)
{
    const struct rnd_cue_status *status = &key->status;
    const struct rnd_pair_colours *text = &rnd_pairs[RND_PAIR_TEXT];
    rnd_fill(canvas, rect, text->ground, 1.0);
    const double middle = rect.y + rect.h / 2.0;
    double right = rect.x + rect.w - rnd_px(canvas, 28);
    if (status->recording != RND_SAY_NOTHING) {
        const bool on = status->recording == RND_SAY_RECORDING;
        const struct rnd_colour colour = on ? text->text
                                         : status->recording_level == RND_LEVEL_ALARM
                                             ? rnd_pairs[RND_PAIR_ALARM].text
                                             : rnd_pairs[RND_PAIR_CAUTION].text;
        const char *words = rnd_say(key->language, status->recording);
        rnd_write(canvas, words, right, middle, RND_ALIGN_RIGHT, 0.0, RND_TYPE_SMALL + 2, true,
                  colour);
        right -= rnd_width_of(canvas, words, RND_TYPE_SMALL + 2, true) + rnd_px(canvas, 26);
        const double radius = rnd_px(canvas, 11);
        cairo_new_path(canvas->cr);
        cairo_arc(canvas->cr, right, middle, radius, 0.0, 2.0 * M_PI);
        rnd_ink(canvas, colour, 1.0);
        if (on) {
            cairo_fill(canvas->cr);
        } else {
            cairo_set_line_width(canvas->cr, rnd_px(canvas, 4));
            cairo_stroke(canvas->cr);
        }
        right -= radius + rnd_px(canvas, 30);
    }
    if (status->muted) {
        rnd_write(canvas, rnd_say(key->language, RND_SAY_SOUND_OFF), right, middle, RND_ALIGN_RIGHT,
                  right - rect.x, RND_TYPE_SMALL + 2, true, rnd_pairs[RND_PAIR_CAUTION].text);
    }
}

void panel_update_bar(struct rnd_panel *panel, const struct rnd_panel_input *input)
{
    const struct rnd_overlay *overlay = input->overlay;
    const struct rnd_places *places = &panel->places;
    struct verdict_key verdict;
    memset(&verdict, 0, sizeof(verdict));
    verdict.pair = rnd_bar_pair(overlay);
    verdict.level = rnd_bar_level(overlay);
    verdict.more = overlay->more_reasons;
    rnd_text_append(verdict.headline, sizeof(verdict.headline), overlay->headline);
    rnd_text_append(verdict.reason, sizeof(verdict.reason), overlay->reason);
    rnd_text_append(verdict.case_name, sizeof(verdict.case_name), overlay->case_name);
    rnd_text_append(verdict.pseudonym, sizeof(verdict.pseudonym), overlay->pseudonym);
    rnd_text_append(verdict.clock, sizeof(verdict.clock), overlay->clock);
    if (panel_begin(panel, WIDGET_VERDICT, places->verdict, &verdict, sizeof(verdict))) {
        draw_verdict(&panel->canvas, places->verdict, &verdict);
        panel_end(panel);
    }
    struct heartbeat_key heartbeat;
    memset(&heartbeat, 0, sizeof(heartbeat));
    heartbeat.pair = verdict.pair;
    heartbeat.step = overlay->heartbeat_step;
    heartbeat.alive = overlay->heartbeat_alive;
    if (panel_begin(panel, WIDGET_HEARTBEAT, places->heartbeat, &heartbeat, sizeof(heartbeat))) {
        draw_heartbeat(&panel->canvas, places->heartbeat, &heartbeat);
        panel_end(panel);
    }
    struct alarm_key alarm;
    memset(&alarm, 0, sizeof(alarm));
    alarm.alarm = overlay->cues.alarm;
    alarm.review = overlay->review;
    alarm.language = overlay->cues.language;
    if (panel_begin(panel, WIDGET_ALARM, places->alarm, &alarm, sizeof(alarm))) {
        draw_alarm(&panel->canvas, places->alarm, &alarm);
        panel_end(panel);
    }
    struct status_key status;
    memset(&status, 0, sizeof(status));
    status.status = overlay->cues.status;
    status.language = overlay->cues.language;
    if (panel_begin(panel, WIDGET_STATUS, places->status, &status, sizeof(status))) {
        draw_status(&panel->canvas, places->status, &status);
        panel_end(panel);
    }
}
