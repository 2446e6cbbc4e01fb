/* Figures of the report, as SVG elements: they print sharply and need no other file. */
#include <math.h>

#include "report.h"

/* Colours of deviations, from -3 to +3 mm in steps of 0.5: blue, white, red, told apart by everyone
 * (ColorBrewer RdBu). */
enum { STEPS = 12 };
static const double colour_step_mm = 0.5;
static const char *const colours[STEPS] = {"#053061", "#2166ac", "#4393c3", "#92c5de",
                                           "#d1e5f0", "#eef4f8", "#fbeee6", "#fddbc7",
                                           "#f4a582", "#d6604d", "#b2182b", "#67001f"};
static const char uncut_colour[] = "#c9ced6";

void report_escape(FILE *out, const char *text)
{
    for (const char *c = text; *c != '\0'; ++c) {
        switch (*c) {
        case '<':
            fputs("&lt;", out);
            break;
        case '>':
            fputs("&gt;", out);
            break;
        case '&':
            fputs("&amp;", out);
            break;
        case '"':
            fputs("&quot;", out);
            break;
        default:
            (void)fputc((unsigned char)*c < ' ' ? ' ' : *c, out);
        }
    }
}

void report_number(FILE *out, double value, int decimals)
{
    if (isfinite(value)) {
        /* a rounded zero has no sign, and the minus is a minus */
        const double scale = pow(10.0, decimals);
        const double rounded = round(value * scale) / scale;
        fprintf(out, "%s%.*f", rounded < 0.0 ? "\u2212" : "", decimals, fabs(rounded));
    } else {
        fputs("\u2013", out);
    }
}

/* ---- the map -----------------------------------------------------------------------------------
 */

/* Index of a cell's colour: STEPS = planned and not cut, -1 = nothing. */
static int colour_of(int16_t cell)
{
    if (cell == NAV_CUT_CELL_NONE) {
        return -1;
    }
    if (cell == NAV_CUT_CELL_UNCUT) {
        return STEPS;
    }
    const double step = floor(nav_cut_cell_mm(cell) / colour_step_mm) + STEPS / 2;
    return (int)fmin(fmax(step, 0.0), STEPS - 1);
}

static void map_rows(const struct nav_cut_map *map, FILE *out)
{
    for (uint32_t row = 0; row < map->rows; ++row) {
        for (uint32_t column = 0; column < map->columns;) {
            const int colour = colour_of(map->cells[column + row * map->columns]);
            uint32_t end = column + 1;
            while (end < map->columns &&
                   colour_of(map->cells[end + row * map->columns]) == colour) {
                ++end;
            }
            if (colour >= 0) {
                fprintf(out, "<path fill='%s' d='M%u %uh%uv1h-%uz'/>",
                        colour == STEPS ? uncut_colour : colours[colour], column, row, end - column,
                        end - column);
            }
            column = end;
        }
    }
}

static void map_key(double left, double top, FILE *out)
{
    fprintf(out, "<g transform='translate(%.1f %.1f)' font-size='11'>", left, top);
    fputs("<text y='-14' fill='#33404d'>deviation, mm</text>", out);
    for (int i = 0; i < STEPS; ++i) {
        fprintf(out, "<rect y='%d' width='16' height='13' fill='%s'/>", 13 * (STEPS - 1 - i),
                colours[i]);
    }
    for (int i = 0; i <= STEPS; i += 2) {
        fprintf(out, "<text x='22' y='%d'>", 13 * (STEPS - i) + 4);
        const double value = colour_step_mm * (i - STEPS / 2);
        fputs(value > 0.0 ? "+" : "", out);
        report_number(out, value, 0);
        fputs("</text>", out);
    }
    fprintf(out,
            "<rect y='%d' width='16' height='13' fill='%s'/><text x='22' y='%d'>not cut</text>",
            13 * STEPS + 14, uncut_colour, 13 * STEPS + 25);
    fputs("</g>", out);
}

void report_map_svg(const struct nav_scene_cut *cut, const struct nav_cut_map *map, FILE *out)
{
    enum { WIDTH = 420, LEFT = 30, TOP = 34, KEY = 110 };
    const double scale =
        fmin((double)WIDTH / map->columns, 300.0 / (map->rows > 0 ? map->rows : 1));
    const double wide = scale * map->columns, high = scale * map->rows;
    const double total = fmax(high + TOP + 34, 260.0);
    fprintf(out,
            "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 %.0f %.0f' width='%.0f' "
            "height='%.0f' role='img' aria-label='Deviation map of ",
            wide + LEFT + KEY + 20, total, wide + LEFT + KEY + 20, total);
    report_escape(out, cut->name);
    fputs("' font-family='Roboto, sans-serif'>", out);
    fprintf(out,
            "<text x='%d' y='14' font-size='12' fill='#33404d'>entry edge, along u \u2192</text>"
            "<text transform='translate(18 %d) rotate(90)' font-size='12' fill='#33404d'>"
            "depth, along v \u2192</text>",
            LEFT, TOP);
    fprintf(out, "<g transform='translate(%d %d) scale(%.4f)' shape-rendering='crispEdges'>", LEFT,
            TOP, scale);
    map_rows(map, out);
    fputs("</g>", out);
    fprintf(out, "<rect x='%d' y='%d' width='%.1f' height='%.1f' fill='none' stroke='#98a2ad'/>",
            LEFT, TOP, wide, high);
    const double ten = 10.0 / map->cell_mm * scale;
    fprintf(out,
            "<path d='M%d %.1fh%.1f' stroke='#1b2530' stroke-width='3'/><text x='%.1f' y='%.1f' "
            "font-size='11'>10 mm</text>",
            LEFT, TOP + high + 14, ten, LEFT + ten + 6, TOP + high + 18);
    map_key(LEFT + wide + 24, TOP + 12, out);
    fputs("</svg>", out);
}

/* ---- plots over time ---------------------------------------------------------------------------
 */

struct axes {
    double left, top, width, height;
    double from_s, to_s, low, high;
};

static double x_of(const struct axes *axes, double at_s)
{
    const double span = axes->to_s - axes->from_s;
    return axes->left + axes->width * (span > 0.0 ? (at_s - axes->from_s) / span : 0.0);
}

static double y_of(const struct axes *axes, double value)
{
    return axes->top + axes->height * (axes->high - value) / (axes->high - axes->low);
}

/* A step of 1, 2 or 5 times a power of ten that divides `span` in about `parts`. */
static double round_step(double span, int parts)
{
    const double raw = span / parts, power = pow(10.0, floor(log10(raw)));
    const double times = raw / power;
    return power * (times <= 1.0 ? 1.0 : times <= 2.0 ? 2.0 : times <= 5.0 ? 5.0 : 10.0);
}

static void widen(struct axes *axes, double value)
{
    if (isfinite(value)) {
        axes->low = fmin(axes->low, value);
        axes->high = fmax(axes->high, value);
    }
}

static void draw_axes(const struct axes *axes, const char *title, bool with_time, FILE *out)
{
    fprintf(out, "<text x='%.1f' y='%.1f' font-size='12' fill='#33404d'>%s</text>", axes->left,
            axes->top - 6, title);
    const double step = round_step(axes->high - axes->low, 4);
    const int decimals = step < 1.0 ? 1 : 0;
    for (double v = ceil(axes->low / step) * step; v <= axes->high + 1e-9; v += step) {
        fprintf(out,
                "<path d='M%.1f %.1fh%.1f' stroke='%s'/><text x='%.1f' y='%.1f' "
                "font-size='11' text-anchor='end'>",
                axes->left, y_of(axes, v), axes->width, fabs(v) < 1e-9 ? "#5b6673" : "#dde2e8",
                axes->left - 6, y_of(axes, v) + 4);
        report_number(out, v, decimals);
        fputs("</text>", out);
    }
    if (with_time) {
        const double time = round_step(fmax(axes->to_s - axes->from_s, 1.0), 6);
        for (double t = ceil(axes->from_s / time) * time; t <= axes->to_s; t += time) {
            fprintf(out,
                    "<text x='%.1f' y='%.1f' font-size='11' text-anchor='middle'>%.0f s</text>",
                    x_of(axes, t), axes->top + axes->height + 16, t);
        }
    }
}

static bool is_within(double value, double low, double high)
{
    return value >= low && value <= high; /* not with NaN */
}

/* One curve; it breaks where a number is missing or nothing was guided for a second. */
static void draw_curve(const struct axes *axes, const struct report_cut *series, size_t offset,
                       const char *colour, FILE *out)
{
    bool down = false;
    double last_s = -INFINITY;
    fprintf(out, "<path fill='none' stroke='%s' stroke-width='1.5' d='", colour);
    for (size_t i = 0; i < series->sample_count; ++i) {
        const struct report_sample *sample = &series->samples[i];
        const double value = *(const double *)((const char *)sample + offset);
        const bool seen = is_within(sample->at_s, axes->from_s, axes->to_s) &&
                          is_within(value, axes->low, axes->high);
        down = down && seen && sample->at_s - last_s < 1.0;
        if (seen) {
            fprintf(out, "%c%.1f %.1f", down ? 'L' : 'M', x_of(axes, sample->at_s),
                    y_of(axes, value));
            down = true;
        }
        last_s = sample->at_s;
    }
    fputs("'/>", out);
}

/* The edge in the bone, and near this cut: not on the way to another one. */
static bool is_at_work(const struct report_sample *sample)
{
    static const double near_mm = 10.0;
    return sample->cutting && fabs(sample->offset_mm) <= near_mm;
}

static void draw_cutting(const struct axes *axes, const struct report_cut *series, FILE *out)
{
    for (size_t i = 0; i < series->sample_count;) {
        size_t end = i + 1;
        while (end < series->sample_count &&
               is_at_work(&series->samples[end]) == is_at_work(&series->samples[i]) &&
               series->samples[end].at_s - series->samples[end - 1].at_s < 1.0) {
            ++end;
        }
        if (is_at_work(&series->samples[i])) {
            fprintf(out, "<rect x='%.1f' y='%.1f' width='%.1f' height='%.1f' fill='#eef3ea'/>",
                    x_of(axes, series->samples[i].at_s), axes->top,
                    fmax(x_of(axes, series->samples[end - 1].at_s) -
                             x_of(axes, series->samples[i].at_s),
                         0.5),
                    axes->height);
        }
        i = end;
    }
}

/* From a moment before the edge was in the bone first to a moment after it was last; all of it when
 * it never was. */
static void span_of_cutting(const struct report_cut *series, struct axes *axes)
{
    static const double moment_s = 2.0;
    const struct report_sample *first = NULL, *last = NULL;
    for (size_t i = 0; i < series->sample_count; ++i) {
        if (is_at_work(&series->samples[i])) {
            first = first == NULL ? &series->samples[i] : first;
            last = &series->samples[i];
        }
    }
    axes->from_s = series->samples[0].at_s;
    axes->to_s = series->samples[series->sample_count - 1].at_s;
    if (first != NULL) {
        axes->from_s = fmax(axes->from_s, first->at_s - moment_s);
        axes->to_s = fmin(axes->to_s, last->at_s + moment_s);
    }
}

void report_series_svg(const struct nav_scene_cut *cut, const struct report_cut *series, FILE *out)
{
    struct panel {
        const char *title;
        size_t offsets[2];
        const char *colours[2];
        double least; /* half the range that is shown at least */
    };
    static const struct panel panels[] = {
        {"offset from the plan, mm",
         {offsetof(struct report_sample, offset_mm), 0},
         {"#1f5fa8", NULL},
         2.0},
        {"pitch (blue) and roll (orange), deg",
         {offsetof(struct report_sample, pitch_deg), offsetof(struct report_sample, roll_deg)},
         {"#1f5fa8", "#d0701c"},
         4.0},
        {"depth (blue) and bone left ahead (orange), mm",
         {offsetof(struct report_sample, depth_mm), offsetof(struct report_sample, remaining_mm)},
         {"#1f5fa8", "#d0701c"},
         10.0},
    };
    enum { PANELS = sizeof(panels) / sizeof(panels[0]), HEIGHT = 84, GAP = 40 };
    if (series->sample_count < 2) {
        return;
    }
    fprintf(out,
            "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 640 %d' width='640' "
            "height='%d' role='img' aria-label='Blade over time, ",
            PANELS * (HEIGHT + GAP), PANELS * (HEIGHT + GAP));
    report_escape(out, cut->name);
    fputs("' font-family='Roboto, sans-serif'>", out);
    for (int p = 0; p < PANELS; ++p) {
        struct axes axes = {.left = 46,
                            .top = 20.0 + p * (HEIGHT + GAP),
                            .width = 580,
                            .height = HEIGHT,
                            .low = p == 2 ? 0.0 : -panels[p].least,
                            .high = panels[p].least};
        span_of_cutting(series, &axes);
        for (size_t i = 0; i < series->sample_count; ++i) {
            if (!is_at_work(&series->samples[i])) {
                continue; /* what the blade does in the air must not set the scale */
            }
            for (int k = 0; k < 2 && panels[p].colours[k] != NULL; ++k) {
                widen(&axes,
                      *(const double *)((const char *)&series->samples[i] + panels[p].offsets[k]));
            }
        }
        draw_cutting(&axes, series, out);
        draw_axes(&axes, panels[p].title, p == PANELS - 1, out);
        for (int k = 0; k < 2 && panels[p].colours[k] != NULL; ++k) {
            draw_curve(&axes, series, panels[p].offsets[k], panels[p].colours[k], out);
        }
    }
    fputs("</svg>", out);
}

void report_timeline_svg(const struct report *report, FILE *out)
{
    static const char *const trust[3] = {"#b3261e", "#e0a100", "#2e7d32"};
    static const char *const priority[3] = {"#7a8691", "#e0a100", "#b3261e"};
    const struct axes axes = {
        .left = 86, .width = 540, .from_s = 0.0, .to_s = fmax(report->length_s, 1.0)};
    const struct report_verdict *verdicts = report->verdicts.items;
    const struct report_alarm *alarms = report->alarms.items;
    fputs("<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 640 96' width='640' height='96' "
          "role='img' aria-label='Verdict and alarms over time' font-family='Roboto, sans-serif' "
          "font-size='12'><text x='78' y='24' text-anchor='end'>verdict</text>"
          "<text x='78' y='54' text-anchor='end'>alarms</text>",
          out);
    for (size_t i = 0; i < report->verdicts.count; ++i) {
        const double end = i + 1 < report->verdicts.count ? verdicts[i + 1].at_s : report->length_s;
        fprintf(out, "<rect x='%.2f' y='10' width='%.2f' height='20' fill='%s'/>",
                x_of(&axes, verdicts[i].at_s),
                fmax(x_of(&axes, end) - x_of(&axes, verdicts[i].at_s), 0.3),
                trust[verdicts[i].trust <= NAV_TRUST_OK ? verdicts[i].trust : 0]);
    }
    for (size_t i = 0; i < report->alarms.count; ++i) {
        const double end = isfinite(alarms[i].until_s) ? alarms[i].until_s : report->length_s;
        const uint32_t level = alarms[i].priority <= NAV_PRIORITY_HIGH ? alarms[i].priority : 0;
        fprintf(out, "<rect x='%.2f' y='%d' width='%.2f' height='6' fill='%s'/>",
                x_of(&axes, fmax(alarms[i].since_s, 0.0)), 40 + 8 * (2 - (int)level),
                fmax(x_of(&axes, end) - x_of(&axes, fmax(alarms[i].since_s, 0.0)), 1.0),
                priority[level]);
    }
    const double step = round_step(axes.to_s, 6);
    for (double t = 0.0; t <= axes.to_s; t += step) {
        fprintf(out,
                "<path d='M%.1f 66v5' stroke='#5b6673'/><text x='%.1f' y='86' "
                "text-anchor='middle' font-size='11'>%.0f s</text>",
                x_of(&axes, t), x_of(&axes, t), t);
    }
    fputs("</svg>", out);
}
