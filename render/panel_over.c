/* What lies over the 3D view: letters, cut numbers, frames, messages, help. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buttons.h"
#include "panel_parts.h"

/* The timeline of a replay: a strip along the view's lower edge, in theme units from its top. */
enum { TIMELINE_EVENT = 24, TIMELINE_MARKS = 54, TIMELINE_BAR = 70, TIMELINE_HEIGHT = 88 };

static void add_over(struct rnd_panel *panel, struct rnd_rect rect)
{
    const struct rnd_rect view = panel->places.view;
    const int x0 = rect.x > view.x ? rect.x : view.x;
    const int y0 = rect.y > view.y ? rect.y : view.y;
    const int x1 = rect.x + rect.w < view.x + view.w ? rect.x + rect.w : view.x + view.w;
    const int y1 = rect.y + rect.h < view.y + view.h ? rect.y + rect.h : view.y + view.h;
    if (x1 > x0 && y1 > y0 && panel->over_count < RND_PANEL_RECTS_MAX) {
        panel->over[panel->over_count++] = (struct rnd_rect){x0, y0, x1 - x0, y1 - y0};
    }
}

static void draw_frame(struct rnd_panel *panel, int from_edge, int thickness,
                       struct rnd_colour colour)
{
    const struct rnd_rect view = rnd_rect_inset(panel->places.view, from_edge);
    const struct rnd_rect sides[4] = {
        {view.x, view.y, view.w, thickness},
        {view.x, view.y + view.h - thickness, view.w, thickness},
        {view.x, view.y + thickness, thickness, view.h - 2 * thickness},
        {view.x + view.w - thickness, view.y + thickness, thickness, view.h - 2 * thickness},
    };
    for (size_t i = 0; i < 4; ++i) {
        rnd_fill(&panel->canvas, sides[i], colour, 1.0);
        add_over(panel, sides[i]);
    }
}

enum { MODE_TAG = 58, MODE_TAG_REPLAY = 66 };

/* How much of the view's lower edge a timeline takes. */
static int timeline_px(const struct rnd_panel *panel, const struct rnd_overlay *overlay)
{
    const struct rnd_cue_replay *replay = &overlay->cues.replay;
    return replay->present && replay->mark_count > 0 ? rnd_px(&panel->canvas, TIMELINE_HEIGHT) : 0;
}

/* `top_px`, `bottom_px`: how much of the view is taken there. */
static void draw_letters(struct rnd_panel *panel, const struct rnd_letters *letters, int top_px,
                         int bottom_px)
{
    const struct rnd_rect view = panel->places.view;
    /* In a small view they are smaller, too. */
    const double size = fmin(fmax(0.068 * view.h / panel->canvas.unit, 32.0), 54.0);
    const double margin = rnd_px(&panel->canvas, size + 4.0);
    const double cx = view.x + view.w / 2.0;
    const double cy = view.y + view.h / 2.0;
    const double at[RND_EDGE_COUNT][2] = {
        [RND_EDGE_LEFT] = {view.x + margin, cy},
        [RND_EDGE_RIGHT] = {view.x + view.w - margin, cy},
        [RND_EDGE_TOP] = {cx, view.y + fmax(margin, top_px + 0.8 * margin)},
        [RND_EDGE_BOTTOM] = {cx, view.y + view.h - bottom_px - margin},
    };
    for (unsigned edge = 0; edge < RND_EDGE_COUNT; ++edge) {
        add_over(panel, rnd_write_haloed(&panel->canvas, letters->edge[edge], at[edge][0],
                                         at[edge][1], size, rnd_pairs[RND_PAIR_TEXT].text));
    }
}

static void draw_cut_numbers(struct rnd_panel *panel, const struct rnd_panel_input *input)
{
    const struct rnd_rect view = panel->places.view;
    const struct rnd_canvas *canvas = &panel->canvas;
    const uint32_t active = input->overlay->cues.guide.number;
    for (size_t i = 0; i < input->cut_count; ++i) {
        const struct rnd_panel_cut *shown = &input->cuts[i];
        if (!shown->placed) {
            continue;
        }
        const double x = view.x + shown->at[0] * view.w;
        const double y = view.y + shown->at[1] * view.h;
        const double radius = rnd_px(canvas, i + 1 == active ? 24 : 19);
        const double rim = rnd_px(canvas, 4);
        cairo_new_path(canvas->cr);
        cairo_arc(canvas->cr, x, y, radius + rim / 2.0, 0.0, 2.0 * M_PI);
        rnd_ink(canvas,
                i + 1 == active ? rnd_pairs[RND_PAIR_TEXT].text : rnd_pairs[RND_PAIR_CUT].ground,
                1.0);
        cairo_fill(canvas->cr);
        rnd_cut_disc(canvas, (unsigned)i + 1, x, y, radius, 1.0);
        const int reach = (int)ceil(radius + rim);
        add_over(panel,
                 (struct rnd_rect){(int)x - reach, (int)y - reach, 2 * reach + 2, 2 * reach + 2});
    }
}

/* A message in the picture itself: a withheld picture must not be taken for a quiet one. */
static void draw_withheld_plate(struct rnd_panel *panel, const struct rnd_overlay *overlay)
{
    const struct rnd_rect view = panel->places.view;
    const struct rnd_pair_colours *colours = &rnd_pairs[RND_PAIR_BAR_WITHHELD];
    int headline_width = 0;
    int reason_width = 0;
    int height = 0;
    rnd_measure(&panel->canvas, overlay->headline, RND_TYPE_PLATE, true, 0.0, &headline_width,
                &height);
    rnd_measure(&panel->canvas, overlay->reason, RND_TYPE_BODY + 2, false, 0.0, &reason_width,
                &height);
    int width = (headline_width > reason_width ? headline_width : reason_width) +
                rnd_px(&panel->canvas, 120);
    width =
        width < view.w - rnd_px(&panel->canvas, 80) ? width : view.w - rnd_px(&panel->canvas, 80);
    const int tall = rnd_px(&panel->canvas, 128);
    const struct rnd_rect plate = {view.x + (view.w - width) / 2,
                                   view.y + view.h - tall - rnd_px(&panel->canvas, 104) -
                                       timeline_px(panel, overlay),
                                   width, tall};
    rnd_rounded(&panel->canvas, plate, rnd_px(&panel->canvas, 16));
    rnd_ink(&panel->canvas, colours->ground, 0.94);
    cairo_fill(panel->canvas.cr);
    const double cx = plate.x + plate.w / 2.0;
    rnd_write(&panel->canvas, overlay->headline, cx, plate.y + rnd_px(&panel->canvas, 44),
              RND_ALIGN_CENTRE, 0.0, RND_TYPE_PLATE, true, colours->text);
    rnd_write_fitting(&panel->canvas, overlay->reason, cx, plate.y + rnd_px(&panel->canvas, 94),
                      RND_ALIGN_CENTRE, plate.w - rnd_px(&panel->canvas, 40), RND_TYPE_BODY + 2,
                      false, colours->text);
    add_over(panel, plate);
}

/* What a mark of the timeline stands for is its shape: an alarm a triangle, a cut a bar, a check a
 * ring, an annotation a rhomb. */
static void draw_mark(const struct rnd_canvas *canvas, uint32_t kind, double x, double y,
                      double radius, struct rnd_colour colour)
{
    rnd_ink(canvas, colour, 1.0);
    cairo_new_path(canvas->cr);
    switch (kind) {
    case NAV_REPLAY_MARK_ALARM:
        cairo_move_to(canvas->cr, x, y - radius);
        cairo_line_to(canvas->cr, x + radius, y + radius);
        cairo_line_to(canvas->cr, x - radius, y + radius);
        break;
    case NAV_REPLAY_MARK_CUT:
        cairo_rectangle(canvas->cr, x - 0.35 * radius, y - radius, 0.7 * radius, 2.0 * radius);
        break;
    case NAV_REPLAY_MARK_CHECK:
        cairo_set_line_width(canvas->cr, 0.4 * radius);
        cairo_arc(canvas->cr, x, y, 0.7 * radius, 0.0, 2.0 * M_PI);
        cairo_stroke(canvas->cr);
        return;
    default:
        cairo_move_to(canvas->cr, x, y - radius);
        cairo_line_to(canvas->cr, x + 0.7 * radius, y);
        cairo_line_to(canvas->cr, x, y + radius);
        cairo_line_to(canvas->cr, x - 0.7 * radius, y);
        break;
    }
    cairo_close_path(canvas->cr);
    cairo_fill(canvas->cr);
}

/* How far the replay is: the bar, of which the left part is full. */
static void draw_progress(const struct rnd_canvas *canvas, const struct rnd_cue_replay *replay,
                          struct rnd_rect bar)
{
    rnd_fill(canvas, bar, rnd_pairs[RND_PAIR_MODE].text, 0.30);
    bar.w = (int)((int64_t)bar.w * replay->permille / 1000);
    rnd_fill(canvas, bar, rnd_pairs[RND_PAIR_MODE].text, 1.0);
}

/* What happens when, and what happened last. */
static void draw_timeline(struct rnd_panel *panel, const struct rnd_overlay *overlay)
{
    const struct rnd_canvas *canvas = &panel->canvas;
    const struct rnd_cue_replay *replay = &overlay->cues.replay;
    const struct rnd_rect view = panel->places.view;
    const struct rnd_colour ink = rnd_pairs[RND_PAIR_MODE].text;
    const int tall = timeline_px(panel, overlay);
    const struct rnd_rect strip = {view.x, view.y + view.h - tall, view.w, tall};
    const struct rnd_rect bar = {
        strip.x + rnd_px(canvas, 36), strip.y + rnd_px(canvas, TIMELINE_BAR),
        strip.w - 2 * rnd_px(canvas, 36), rnd_at_least_1(rnd_px(canvas, 6))};
    rnd_fill(canvas, strip, rnd_pairs[RND_PAIR_MODE].ground, 1.0);
    for (uint32_t i = 0; i < replay->mark_count; ++i) {
        draw_mark(canvas, replay->marks[i].kind,
                  bar.x + (double)bar.w * replay->marks[i].permille / 1000.0,
                  strip.y + rnd_px(canvas, TIMELINE_MARKS), rnd_px(canvas, 10), ink);
    }
    if (replay->event[0] != '\0') {
        const int middle = strip.y + rnd_px(canvas, TIMELINE_EVENT);
        draw_mark(canvas, replay->event_kind, bar.x + rnd_px(canvas, 10), middle,
                  rnd_px(canvas, 12), ink);
        rnd_write_fitting(canvas, replay->event, bar.x + rnd_px(canvas, 34), middle, RND_ALIGN_LEFT,
                          bar.w - rnd_px(canvas, 34), RND_TYPE_SMALL + 2, true, ink);
    }
    draw_progress(canvas, replay, bar);
    add_over(panel, strip);
}

/* Where a replay stands. */
static void replay_words(const struct rnd_overlay *overlay, char words[NAV_TEXT_SIZE])
{
    const struct rnd_cue_replay *replay = &overlay->cues.replay;
    if (replay->present) {
        rnd_text_append(words, NAV_TEXT_SIZE, replay->words);
        if (replay->paused) {
            rnd_text_append(words, NAV_TEXT_SIZE, "   ");
            rnd_text_append(words, NAV_TEXT_SIZE, rnd_say(overlay->cues.language, RND_SAY_PAUSED));
        }
    }
}

/* The mode's name, and of a replay where it stands. In a small view without the name, which the
 * verdict's place says as well, and in smaller type. */
static void draw_mode_tag(struct rnd_panel *panel, const struct rnd_overlay *overlay)
{
    static const int types[] = {RND_TYPE_BODY + 4, RND_TYPE_BODY, RND_TYPE_BODY - 4};
    const struct rnd_rect view = panel->places.view;
    const struct rnd_canvas *canvas = &panel->canvas;
    const struct rnd_pair_colours *colours = &rnd_pairs[RND_PAIR_MODE];
    const struct rnd_cue_replay *replay = &overlay->cues.replay;
    char words[NAV_TEXT_SIZE] = "";
    int type = types[0];
    rnd_text_append(words, sizeof(words),
                    rnd_say(overlay->cues.language, overlay->mode == NAV_MODE_SIMULATION
                                                        ? RND_SAY_SIMULATION
                                                        : RND_SAY_REPLAY));
    if (replay->present) {
        rnd_text_append(words, sizeof(words), "   ");
        replay_words(overlay, words);
    }
    int width = rnd_width_of(canvas, words, type, true) + rnd_px(canvas, 56);
    for (size_t i = 0; replay->present && width > view.w && i < sizeof(types) / sizeof(types[0]);
         ++i) {
        words[0] = '\0';
        replay_words(overlay, words);
        type = types[i];
        width = rnd_width_of(canvas, words, type, true) + rnd_px(canvas, 28);
    }
    const int height = rnd_px(canvas, replay->present ? MODE_TAG_REPLAY : MODE_TAG);
    const struct rnd_rect tag = {view.x + view.w - width, view.y, width, height};
    rnd_fill(canvas, tag, colours->ground, 1.0);
    rnd_write(canvas, words, tag.x + tag.w / 2.0, view.y + rnd_px(canvas, 29), RND_ALIGN_CENTRE,
              0.0, type, true, colours->text);
    if (replay->present && replay->mark_count == 0) {
        draw_progress(canvas, replay,
                      (struct rnd_rect){tag.x + rnd_px(canvas, 28), tag.y + rnd_px(canvas, 54),
                                        tag.w - rnd_px(canvas, 56),
                                        rnd_at_least_1(rnd_px(canvas, 5))});
    }
    add_over(panel, tag);
}

/* One line of the help: what the mouse does, and what keys do. */
struct help_line {
    enum nav_act acts[7];
    enum rnd_words mouse, words;
};

static const struct help_line help_lines[] = {
    {{NAV_ACT_RESET}, RND_SAY_NOTHING, RND_SAY_HELP_RESET},
    {{NAV_ACT_NEXT_VIEW}, RND_SAY_NOTHING, RND_SAY_HELP_VIEW},
    {{NAV_ACT_NEXT_CUT}, RND_SAY_NOTHING, RND_SAY_HELP_CUT},
    {{NAV_ACT_SECTIONS}, RND_SAY_NOTHING, RND_SAY_HELP_SECTIONS},
    {{NAV_ACT_SCANS}, RND_SAY_NOTHING, RND_SAY_HELP_FUSION},
    {{NAV_ACT_BEDSIDE, NAV_ACT_ASSISTANT, NAV_ACT_SLICES, NAV_ACT_CUT, NAV_ACT_TOOL_EYE,
      NAV_ACT_REVIEW, NAV_ACT_AR},
     RND_SAY_NOTHING,
     RND_SAY_HELP_LAYOUT},
    {{NAV_ACT_NEXT_STRUCTURE, NAV_ACT_FADE, NAV_ACT_UNFADE}, RND_SAY_NOTHING, RND_SAY_HELP_FADE},
    {{NAV_ACT_KEYHOLE}, RND_SAY_NOTHING, RND_SAY_HELP_KEYHOLE},
    {{NAV_ACT_OVERLAY, NAV_ACT_LANDMARKS}, RND_SAY_NOTHING, RND_SAY_HELP_OVERLAY},
    {{NAV_ACT_MEASURE, NAV_ACT_CLEAR}, RND_SAY_NOTHING, RND_SAY_HELP_MEASURE},
    {{NAV_ACT_UNDO}, RND_SAY_NOTHING, RND_SAY_HELP_UNDO},
    {{NAV_ACT_TURN_LEFT, NAV_ACT_TURN_RIGHT}, RND_SAY_HELP_TURN_KEY, RND_SAY_HELP_TURN},
    {{NAV_ACT_NONE}, RND_SAY_HELP_MOVE_KEY, RND_SAY_HELP_MOVE},
    {{NAV_ACT_ZOOM_IN, NAV_ACT_ZOOM_OUT}, RND_SAY_HELP_ZOOM_KEY, RND_SAY_HELP_ZOOM},
    {{NAV_ACT_ACKNOWLEDGE}, RND_SAY_NOTHING, RND_SAY_HELP_ACKNOWLEDGE},
    {{NAV_ACT_SCREENSHOT}, RND_SAY_NOTHING, RND_SAY_HELP_SHOT},
    {{NAV_ACT_FULL_SCREEN}, RND_SAY_NOTHING, RND_SAY_HELP_FULL},
    {{NAV_ACT_HELP}, RND_SAY_NOTHING, RND_SAY_HELP_HELP},
};

/* Two keys of a single action, one of each of several. */
static void name_keys(const struct help_line *line, const struct nav_key_map *keys,
                      enum rnd_language language, char out[NAV_NAME_SIZE])
{
    out[0] = '\0';
    rnd_text_append(out, NAV_NAME_SIZE, rnd_say(language, line->mouse));
    for (size_t i = 0; i < sizeof(line->acts) / sizeof(line->acts[0]); ++i) {
        if (line->acts[i] != NAV_ACT_NONE) {
            rnd_keys_of(keys, language, line->acts[i], line->acts[1] == NAV_ACT_NONE ? 2 : 1, out,
                        NAV_NAME_SIZE);
        }
    }
}

static void draw_help(struct rnd_panel *panel, const struct rnd_panel_input *input)
{
    enum { LINES = sizeof(help_lines) / sizeof(help_lines[0]), LINE = 42, EDGE = 14 };
    const enum rnd_language language = input->overlay->cues.language;
    const struct nav_key_map usual = nav_key_map_default();
    const struct rnd_rect view = panel->places.view;
    const struct rnd_canvas *canvas = &panel->canvas;
    const int width = rnd_px(canvas, 960);
    const int tall = rnd_px(canvas, 2 * EDGE + LINE * LINES);
    /* In a small view lines are nearer to each other, never cut off. */
    const double squeeze = tall > view.h ? (double)view.h / tall : 1.0;
    const int height = (int)(tall * squeeze);
    const struct rnd_rect plate = {view.x + (view.w - width) / 2, view.y + (view.h - height) / 2,
                                   width, height};
    const struct rnd_pair_colours *text = &rnd_pairs[RND_PAIR_TEXT];
    rnd_rounded(canvas, plate, rnd_px(canvas, 16));
    rnd_ink(canvas, text->ground, 0.96);
    cairo_fill(canvas->cr);
    for (size_t i = 0; i < LINES; ++i) {
        char keys[NAV_NAME_SIZE];
        const double y = plate.y + squeeze * rnd_px(canvas, EDGE + LINE * ((double)i + 0.5));
        name_keys(&help_lines[i], input->keys != NULL ? input->keys : &usual, language, keys);
        rnd_write(canvas, keys, plate.x + rnd_px(canvas, 330), y, RND_ALIGN_RIGHT,
                  rnd_px(canvas, 310), RND_TYPE_SMALL + 2, true, rnd_pairs[RND_PAIR_CUT].text);
        rnd_write(canvas, rnd_say(language, help_lines[i].words), plate.x + rnd_px(canvas, 370), y,
                  RND_ALIGN_LEFT, 0.0, RND_TYPE_SMALL + 2, false, text->text);
    }
    add_over(panel, plate);
}

/* In place of the 3D view: that there is none, and every tool with its numbers. */
static void draw_plain_page(struct rnd_panel *panel, const struct rnd_overlay *overlay)
{
    static const char *const axes[] = {"L mm", "P mm", "H mm"};
    const struct rnd_rect view = panel->places.view;
    const struct rnd_pair_colours *text = &rnd_pairs[RND_PAIR_TEXT];
    const struct rnd_colour quiet = rnd_pairs[RND_PAIR_QUIET].text;
    rnd_fill(&panel->canvas, view, text->ground, 1.0);
    const double cx = view.x + view.w / 2.0;
    const double most = view.w - rnd_px(&panel->canvas, 80);
    rnd_write(&panel->canvas, rnd_say(overlay->cues.language, RND_SAY_NO_3D), cx,
              view.y + rnd_px(&panel->canvas, 90), RND_ALIGN_CENTRE, most, RND_TYPE_HEADLINE, true,
              rnd_pairs[RND_PAIR_CAUTION].text);
    rnd_write(&panel->canvas, rnd_say(overlay->cues.language, RND_SAY_NO_3D_NOTE), cx,
              view.y + rnd_px(&panel->canvas, 152), RND_ALIGN_CENTRE, most, RND_TYPE_BODY, false,
              text->text);
    const double left = view.x + rnd_px(&panel->canvas, 60);
    const double right = view.x + view.w - rnd_px(&panel->canvas, 60);
    for (int axis = 0; axis < 3; ++axis) {
        rnd_write(&panel->canvas, axes[axis], right - rnd_px(&panel->canvas, 230.0 * (2 - axis)),
                  view.y + rnd_px(&panel->canvas, 230), RND_ALIGN_RIGHT, 0.0, RND_TYPE_BODY, false,
                  quiet);
    }
    for (uint32_t i = 0; i < overlay->tool_count; ++i) {
        const struct rnd_overlay_tool *tool = &overlay->tools[i];
        const struct rnd_colour colour = rnd_level_colours(tool->level)->text;
        /* The name above, the numbers below: neither is short of room. */
        const double y = view.y + rnd_px(&panel->canvas, 300 + 160.0 * i);
        rnd_icon(&panel->canvas, tool->level, left + rnd_px(&panel->canvas, 24), y,
                 rnd_px(&panel->canvas, 24), colour);
        rnd_write(&panel->canvas, tool->name, left + rnd_px(&panel->canvas, 72), y, RND_ALIGN_LEFT,
                  right - left - rnd_px(&panel->canvas, 420), RND_TYPE_NUMBER, true, text->text);
        rnd_write(&panel->canvas, tool->state, right, y, RND_ALIGN_RIGHT,
                  rnd_px(&panel->canvas, 320), RND_TYPE_BODY, true, colour);
        for (int axis = 0; axis < 3; ++axis) {
            rnd_write(&panel->canvas, tool->tip[axis],
                      right - rnd_px(&panel->canvas, 230.0 * (2 - axis)),
                      y + rnd_px(&panel->canvas, 66), RND_ALIGN_RIGHT, 0.0, RND_TYPE_HEADLINE, true,
                      text->text);
        }
    }
    add_over(panel, view);
}

/* Where the shaft points: four arms, the middle stays free. */
static void draw_aim(struct rnd_panel *panel)
{
    const struct rnd_rect view = panel->places.view;
    const struct rnd_canvas *canvas = &panel->canvas;
    const double x = view.x + view.w / 2.0;
    const double y = view.y + view.h / 2.0;
    const double near = rnd_px(canvas, 14);
    const double far = rnd_px(canvas, 54);
    static const int ways[4][2] = {{-1, 0}, {1, 0}, {0, -1}, {0, 1}};
    for (int pass = 0; pass < 2; ++pass) { /* a dark rim, then the arms */
        cairo_set_line_width(canvas->cr, rnd_px(canvas, pass == 0 ? 12 : 6));
        rnd_ink(canvas, pass == 0 ? rnd_gap : rnd_pairs[RND_PAIR_TEXT].text, pass == 0 ? 0.8 : 1.0);
        cairo_new_path(canvas->cr);
        for (int i = 0; i < 4; ++i) {
            cairo_move_to(canvas->cr, x + ways[i][0] * near, y + ways[i][1] * near);
            cairo_line_to(canvas->cr, x + ways[i][0] * far, y + ways[i][1] * far);
        }
        cairo_stroke(canvas->cr);
    }
    const int reach = (int)far + rnd_px(canvas, 8);
    add_over(panel, (struct rnd_rect){(int)x - reach, (int)y - reach, 2 * reach, 2 * reach});
}

/* At the upper left; in a small view, whose letter is near, at the lower left, above what stands
 * there. */
static void draw_view_name(struct rnd_panel *panel, const struct rnd_panel_input *input)
{
    enum { SMALL_VIEW = 640, FADED = 60 };
    const struct rnd_rect view = panel->places.view;
    const struct rnd_canvas *canvas = &panel->canvas;
    const bool small = view.w < rnd_px(canvas, SMALL_VIEW);
    const double lower = view.h - rnd_px(canvas, input->faded[0] != '\0' ? 36 + FADED : 36);
    const double size = small ? RND_TYPE_SMALL : RND_TYPE_BODY;
    const double width = rnd_width_of(canvas, input->view_name, size, true);
    add_over(panel, rnd_write_haloed(canvas, input->view_name,
                                     view.x + width / 2.0 + rnd_px(canvas, small ? 18 : 34),
                                     view.y + (small ? lower : rnd_px(canvas, 46)), size,
                                     rnd_pairs[RND_PAIR_QUIET].text));
}

/* What lies over the anatomy and belongs to it. */
static void draw_marks(struct rnd_panel *panel, const struct rnd_panel_input *input)
{
    const struct rnd_rect view = panel->places.view;
    if (input->aimed) {
        draw_aim(panel);
    }
    draw_cut_numbers(panel, input);
    const struct rnd_overlay *overlay = input->overlay;
    draw_letters(panel, &input->letters,
                 overlay->mode == NAV_MODE_LIVE ? 0
                 : overlay->cues.replay.present ? rnd_px(&panel->canvas, MODE_TAG_REPLAY)
                                                : rnd_px(&panel->canvas, MODE_TAG),
                 timeline_px(panel, overlay));
    draw_view_name(panel, input);
    if (input->refining) {
        add_over(panel, rnd_write_haloed_from(&panel->canvas,
                                              rnd_say(overlay->cues.language, RND_SAY_REFINING),
                                              view.x + rnd_px(&panel->canvas, 34),
                                              view.y + rnd_px(&panel->canvas, 88), RND_TYPE_SMALL,
                                              rnd_pairs[RND_PAIR_QUIET].text));
    }
}

/* What is not drawn as the case has it must not be forgotten. */
static void draw_faded(struct rnd_panel *panel, const struct rnd_panel_input *input)
{
    enum { LETTER_ROOM = 92 };
    if (input->faded[0] == '\0') {
        return;
    }
    const struct rnd_rect view = panel->places.view;
    const struct rnd_canvas *canvas = &panel->canvas;
    const struct rnd_pair_colours *colours = &rnd_pairs[RND_PAIR_CAUTION];
    const int height = rnd_px(canvas, 48);
    const int most = view.w - rnd_px(canvas, 40);
    int width = rnd_width_of(canvas, input->faded, RND_TYPE_SMALL, true) + rnd_px(canvas, 36);
    width = width < most ? width : most;
    /* Long ones go above the lower edge's letter, unless the verdict's plate is there. */
    const bool reaches = rnd_px(canvas, 20 + LETTER_ROOM / 2) + width > view.w / 2;
    const bool lifted = reaches && input->overlay->trust != NAV_TRUST_WITHHELD;
    const struct rnd_rect plate = {view.x + rnd_px(canvas, 20),
                                   view.y + view.h - height -
                                       rnd_px(canvas, lifted ? LETTER_ROOM : 16) -
                                       timeline_px(panel, input->overlay),
                                   width, height};
    rnd_rounded(canvas, plate, rnd_px(canvas, 10));
    rnd_ink(canvas, colours->ground, 0.92);
    cairo_fill(canvas->cr);
    rnd_write(canvas, input->faded, plate.x + rnd_px(canvas, 18), plate.y + plate.h / 2.0,
              RND_ALIGN_LEFT, plate.w - rnd_px(canvas, 36), RND_TYPE_SMALL, true, colours->text);
    add_over(panel, plate);
}

/* Measurements in the view, and beside them what the next click makes. */
static void draw_measures(struct rnd_panel *panel, const struct rnd_panel_input *input)
{
    const struct rnd_rect view = panel->places.view;
    for (size_t i = 0; i < input->measure_count; ++i) {
        const struct rnd_panel_measure *measure = &input->measures[i];
        double at[NAV_MEASURE_POINTS_MAX][2];
        if (!measure->in_view) {
            continue;
        }
        for (size_t k = 0; k < measure->points.count; ++k) {
            at[k][0] = view.x + measure->at[k][0] * view.w;
            at[k][1] = view.y + measure->at[k][1] * view.h;
        }
        add_over(panel, panel_draw_measure(&panel->canvas, view, measure, at));
    }
}

static void draw_over_view(struct rnd_panel *panel, const struct rnd_panel_input *input)
{
    const struct rnd_overlay *overlay = input->overlay;
    if (input->no_3d) {
        draw_plain_page(panel, overlay);
    } else {
        draw_marks(panel, input);
        draw_measures(panel, input);
        draw_faded(panel, input);
    }
    int edge = 0;
    if (overlay->mode != NAV_MODE_LIVE) {
        edge = rnd_at_least_1(rnd_px(&panel->canvas, 10));
        draw_frame(panel, 0, edge, rnd_pairs[RND_PAIR_MODE].ground);
    }
    if (overlay->trust != NAV_TRUST_OK) {
        draw_frame(panel, edge, rnd_at_least_1(rnd_px(&panel->canvas, 8)),
                   rnd_pairs[rnd_bar_pair(overlay)].ground);
    }
    if (overlay->mode != NAV_MODE_LIVE) {
        draw_mode_tag(panel, overlay);
        if (timeline_px(panel, overlay) > 0) {
            draw_timeline(panel, overlay);
        }
    }
    if (overlay->trust == NAV_TRUST_WITHHELD && !overlay->review) {
        draw_withheld_plate(panel, overlay);
    }
    if (input->help) {
        draw_help(panel, input);
    }
}

static uint64_t digest_tools(const struct rnd_overlay *overlay)
{
    uint64_t digest = PANEL_DIGEST_START;
    for (uint32_t i = 0; i < overlay->tool_count; ++i) {
        const struct rnd_overlay_tool *tool = &overlay->tools[i];
        digest = panel_digest(digest, &tool->level, sizeof(tool->level));
        digest = panel_digest(digest, tool->state, strlen(tool->state));
        for (int axis = 0; axis < 3; ++axis) {
            digest = panel_digest(digest, tool->tip[axis], strlen(tool->tip[axis]));
        }
    }
    return digest;
}

/* Everything that decides what lies over the view, as bytes. Caller frees. */
static unsigned char *over_view_key(const struct rnd_panel_input *input, size_t *out_size)
{
    const struct rnd_overlay *overlay = input->overlay;
    struct fixed {
        enum nav_trust trust;
        enum nav_mode mode;
        enum rnd_language language;
        bool review;
        bool help;
        bool no_3d;
        bool aimed;
        bool refining;
        uint32_t active;
        struct rnd_cue_replay replay;
        uint64_t numbers; /* digest of the plain page's */
        struct rnd_letters letters;
        char view_name[NAV_NAME_SIZE];
        char faded[RND_WORDS_SIZE];
        char headline[NAV_NAME_SIZE];
        char reason[RND_WORDS_SIZE];
    } fixed;
    memset(&fixed, 0, sizeof(fixed));
    fixed.trust = overlay->trust;
    fixed.mode = overlay->mode;
    fixed.language = overlay->cues.language;
    fixed.review = overlay->review;
    fixed.active = overlay->cues.guide.number;
    fixed.replay = overlay->cues.replay;
    fixed.aimed = input->aimed;
    fixed.refining = input->refining;
    fixed.help = input->help;
    fixed.no_3d = input->no_3d;
    if (input->no_3d) {
        fixed.numbers = digest_tools(overlay);
    }
    for (unsigned edge = 0; edge < RND_EDGE_COUNT; ++edge) {
        rnd_text_append(fixed.letters.edge[edge], sizeof(fixed.letters.edge[edge]),
                        input->letters.edge[edge]);
    }
    rnd_text_append(fixed.faded, sizeof(fixed.faded), input->faded);
    rnd_text_append(fixed.view_name, sizeof(fixed.view_name), input->view_name);
    rnd_text_append(fixed.headline, sizeof(fixed.headline), overlay->headline);
    rnd_text_append(fixed.reason, sizeof(fixed.reason), overlay->reason);
    const size_t cuts_size = input->cut_count * sizeof(*input->cuts);
    const size_t measures_size = input->measure_count * sizeof(*input->measures);
    const size_t size = sizeof(fixed) + cuts_size + measures_size;
    unsigned char *key = malloc(size);
    if (key != NULL) {
        memcpy(key, &fixed, sizeof(fixed));
        if (input->cut_count > 0) {
            memcpy(key + sizeof(fixed), input->cuts, cuts_size);
        }
        if (input->measure_count > 0) {
            memcpy(key + sizeof(fixed) + cuts_size, input->measures, measures_size);
        }
        *out_size = size;
    }
    return key;
}
void panel_update_over_view(struct rnd_panel *panel, const struct rnd_panel_input *input)
{
    size_t size = 0;
    unsigned char *key = over_view_key(input, &size);
    if (key != NULL && panel->over_drawn && panel->over_key_size == size &&
        memcmp(panel->over_key, key, size) == 0) {
        free(key);
        return;
    }
    free(panel->over_key);
    panel->over_key = key;
    panel->over_key_size = size;
    panel->over_drawn = key != NULL;
    const struct rnd_rect view = panel->places.view;
    rnd_clear(&panel->canvas, view);
    for (size_t i = 0; i < panel->over_count; ++i) {
        panel_add_dirty(panel, panel->over[i]);
    }
    panel->over_count = 0;
    cairo_save(panel->canvas.cr);
    cairo_rectangle(panel->canvas.cr, view.x, view.y, view.w, view.h);
    cairo_clip(panel->canvas.cr);
    draw_over_view(panel, input);
    cairo_restore(panel->canvas.cr);
    for (size_t i = 0; i < panel->over_count; ++i) {
        panel_add_dirty(panel, panel->over[i]);
    }
}
