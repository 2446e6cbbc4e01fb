#include "train_report.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "plot.h"
#include "session_info.h"

enum { PATH_SIZE = 4096, DECIMALS = 2 };

static const mode_t report_mode = 0600; /* how people did is nobody else's business */

static const char style[] =
    "<style>\n"
    "body{font:16px/1.45 Roboto,'Segoe UI',Helvetica,Arial,sans-serif;color:#1d2733;"
    "background:#f4f6f8;margin:0}\n"
    "main{max-width:1080px;margin:0 auto;padding:32px 24px 64px}\n"
    "h1{font-size:28px;margin:0 0 4px}h2{font-size:20px;margin:40px 0 12px}\n"
    ".sub{color:#5b6673;margin:0 0 24px}\n"
    ".cards{display:flex;gap:16px;flex-wrap:wrap}\n"
    ".card{background:#fff;border:1px solid #d8dde3;border-radius:8px;padding:14px 20px;"
    "min-width:130px}\n"
    ".card b{display:block;font-size:28px;font-weight:500}\n"
    ".good{color:#1b7f3b}.bad{color:#b3261e}.mid{color:#8a5a00}\n"
    "table{border-collapse:collapse;background:#fff;width:100%;border:1px solid #d8dde3}\n"
    "th,td{padding:7px 12px;border-bottom:1px solid #e6eaee;text-align:left;"
    "font-variant-numeric:tabular-nums}\n"
    "th{background:#e9edf1;font-weight:500}td.n,th.n{text-align:right;white-space:nowrap}\n"
    ".bar{background:#e6eaee;height:10px;width:120px;border-radius:5px;display:inline-block;"
    "vertical-align:middle}.bar i{display:block;height:10px;border-radius:5px;background:#2f6fb0}\n"
    "img{width:100%;background:#fff;border:1px solid #d8dde3;border-radius:8px}\n"
    "footer{margin-top:48px;color:#5b6673;font-size:14px}\n"
    "@page{size:A4 landscape;margin:14mm}\n"
    "@media print{body{background:#fff;font-size:13px}main{max-width:none;padding:0}"
    "tr,img{page-break-inside:avoid}h2{page-break-after:avoid}}\n"
    "</style>\n";

static void put_text(FILE *file, const char *text)
{
    for (; *text != '\0'; ++text) {
        switch (*text) {
        case '&':
            fputs("&amp;", file);
            break;
        case '<':
            fputs("&lt;", file);
            break;
        case '>':
            fputs("&gt;", file);
            break;
        case '"':
            fputs("&quot;", file);
            break;
        default:
            (void)fputc((unsigned char)*text < ' ' ? ' ' : *text, file);
        }
    }
}

static void put_number(FILE *file, double value, int decimals, const char *unit)
{
    if (isfinite(value)) {
        fprintf(file, "<td class=n>%.*f%s%s</td>", decimals, value, unit[0] != '\0' ? " " : "",
                unit);
    } else {
        fputs("<td class=n>&ndash;</td>", file);
    }
}

/* ---- plots ---------------------------------------------------------------------------------- */

static void put_base64(FILE *file, const uint8_t *bytes, size_t size)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < size; i += 3) {
        const size_t left = size - i;
        const uint32_t bits = (uint32_t)bytes[i] << 16 |
                              (left > 1 ? (uint32_t)bytes[i + 1] << 8 : 0) |
                              (left > 2 ? bytes[i + 2] : 0);
        (void)fputc(digits[bits >> 18], file);
        (void)fputc(digits[bits >> 12 & 63], file);
        (void)fputc(left > 1 ? digits[bits >> 6 & 63] : '=', file);
        (void)fputc(left > 2 ? digits[bits & 63] : '=', file);
    }
}

/* Puts a drawing into the page: as an image, so that the names in one do not meet those of another.
 */
static enum nav_status embed(FILE *file, const char *svg, const char *words)
{
    FILE *drawing = fopen(svg, "rb");
    if (drawing == NULL) {
        return NAV_ERR_IO;
    }
    uint8_t *bytes = NULL;
    size_t size = 0;
    enum nav_status status = NAV_ERR_IO;
    if (fseek(drawing, 0, SEEK_END) == 0) {
        const long end = ftell(drawing);
        rewind(drawing);
        size = end > 0 ? (size_t)end : 0;
        bytes = malloc(size + 1);
        if (bytes != NULL && size > 0 && fread(bytes, 1, size, drawing) == size) {
            fputs("<img alt=\"", file);
            put_text(file, words);
            fputs("\" src=\"data:image/svg+xml;base64,", file);
            put_base64(file, bytes, size);
            fputs("\">\n", file);
            status = NAV_OK;
        }
    }
    free(bytes);
    (void)fclose(drawing);
    return status;
}

typedef void (*draw_fn)(FILE *script, const struct train_report *report);

static enum nav_status put_plot(FILE *file, const char *scratch, const struct train_report *report,
                                draw_fn draw, const char *words)
{
    struct plot plot;
    enum nav_status status = plot_begin(scratch, &plot);
    if (status != NAV_OK) {
        return status;
    }
    draw(plot.script, report);
    status = plot_end(&plot);
    return status == NAV_OK ? embed(file, scratch, words) : status;
}

/* Columns `x y`; an empty line where there is nothing, so that the line is broken. */
static void put_points(FILE *script, const struct train_result *result,
                       bool (*take)(const struct train_sample *sample, double *x, double *y))
{
    bool open = false;
    fputs("NaN NaN\n", script); /* never empty */
    for (size_t i = 0; i < result->sample_count; ++i) {
        double x, y;
        if (take(&result->samples[i], &x, &y) && isfinite(x) && isfinite(y)) {
            fprintf(script, "%.6g %.6g\n", x, y);
            open = true;
        } else if (open) {
            fputc('\n', script);
            open = false;
        }
    }
    fputs("e\n", script);
}

static bool offset_over_depth(const struct train_sample *sample, double *x, double *y)
{
    *x = sample->depth_mm;
    *y = sample->offset_mm;
    return sample->cutting;
}

static bool depth_over_time(const struct train_sample *sample, double *x, double *y)
{
    *x = sample->at_s;
    *y = sample->depth_mm;
    return sample->cut >= 0;
}

static bool distance_over_time(const struct train_sample *sample, double *x, double *y)
{
    *x = sample->at_s;
    *y = sample->nearest_mm;
    return true;
}

/* The longer of both attempts. */
static double longest_s(const struct train_report *report)
{
    double longest = 1.0;
    const struct train_result *const results[] = {report->result, report->expert};
    for (size_t i = 0; i < 2; ++i) {
        if (results[i] != NULL && results[i]->sample_count > 0) {
            longest = fmax(longest, results[i]->samples[results[i]->sample_count - 1].at_s);
        }
    }
    return longest;
}

static double deepest_mm(const struct train_result *result)
{
    double deepest = 1.0;
    for (size_t i = 0; i < result->cut_count; ++i) {
        deepest =
            fmax(deepest, fmax(result->cuts[i].planned_depth_mm, result->cuts[i].depth_max_mm));
    }
    return deepest;
}

static bool has_distances(const struct train_result *result)
{
    for (size_t i = 0; i < result->sample_count; ++i) {
        if (isfinite(result->samples[i].nearest_mm)) {
            return true;
        }
    }
    return false;
}

static void draw_offset(FILE *script, const struct train_report *report)
{
    const struct train_rule *rule = &report->exercise->rules[TRAIN_OFFSET];
    fprintf(script,
            "set xlabel 'depth of the blade, mm'\nset ylabel 'beside the planned plane, mm'\n"
            "set key top left\nset yrange [-%g:%g]\nset xrange [0:%g]\n"
            "set object 1 rectangle from graph 0, first -%g to graph 1, first %g "
            "fc rgb '#1b7f3b' fs solid 0.10 noborder behind\n"
            "plot '-' with points pt 7 ps 0.5 lc rgb '#9aa3ad' title '%s', "
            "'-' with points pt 7 ps 0.5 lc rgb '#2f6fb0' title 'trainee', 0 lc rgb '#5b6673' "
            "notitle\n",
            1.5 * rule->limit, 1.5 * rule->limit, 1.1 * deepest_mm(report->result), rule->goal,
            rule->goal, report->expert != NULL ? "expert" : "");
    if (report->expert != NULL) {
        put_points(script, report->expert, offset_over_depth);
    } else {
        fputs("NaN NaN\ne\n", script);
    }
    put_points(script, report->result, offset_over_depth);
}

/* Times in which nothing was shown, as bands behind the curves. */
static void shade_drop_outs(FILE *script, const struct train_result *result)
{
    for (size_t i = 0; i < result->drop_out_count; ++i) {
        const struct train_drop_out *drop = &result->drop_outs[i];
        fprintf(script,
                "set object %zu rectangle from first %.6g, graph 0 to first %.6g, graph 1 "
                "fc rgb '%s' fs solid 0.25 noborder behind\n",
                i + 10, drop->at_s, drop->at_s + drop->seconds,
                drop->missed ? "#b3261e" : "#8a5a00");
    }
}

static void draw_depth(FILE *script, const struct train_report *report)
{
    shade_drop_outs(script, report->result);
    fprintf(script,
            "set xlabel 'time, s'\nset ylabel 'depth of the blade, mm'\nset key top left\n"
            "set xrange [0:%g]\nset yrange [-20:%g]\n"
            "plot '-' with lines lw 2 lc rgb '#b0b7c0' title '%s', "
            "'-' with lines lw 2 lc rgb '#2f6fb0' title 'trainee'\n",
            longest_s(report), 1.1 * deepest_mm(report->result),
            report->expert != NULL ? "expert" : "");
    if (report->expert != NULL) {
        put_points(script, report->expert, depth_over_time);
    } else {
        fputs("NaN NaN\ne\n", script);
    }
    put_points(script, report->result, depth_over_time);
}

static void draw_distance(FILE *script, const struct train_report *report)
{
    const struct train_result *result = report->result;
    double stop = NAN;
    double caution = NAN;
    for (size_t i = 0; i < NAV_STRUCTURES_MAX; ++i) {
        if (result->structures[i][0] != '\0' && result->stop_mm[i] > 0.0) {
            stop = fmax(stop, result->stop_mm[i]);
            caution = fmax(caution, result->caution_mm[i]);
        }
    }
    shade_drop_outs(script, result);
    fprintf(script,
            "set xlabel 'time, s'\nset ylabel 'distance to the nearest structure, mm'\n"
            "set key top right\nset xrange [0:%g]\nset yrange [-10:40]\n",
            longest_s(report));
    fputs("plot '-' with lines lw 2 lc rgb '#2f6fb0' title 'nearest'", script);
    if (isfinite(stop) && isfinite(caution)) {
        fprintf(script,
                ", %g lw 2 lc rgb '#b3261e' title 'stop', %g lw 2 lc rgb '#8a5a00' title "
                "'caution'",
                stop, caution);
    }
    fputc('\n', script);
    put_points(script, result, distance_over_time);
}

static void draw_progress(FILE *script, const struct train_report *report)
{
    fprintf(
        script,
        "set xlabel 'attempt'\nset ylabel 'points'\nset yrange [0:100]\nset xrange [0.5:%zu.5]\n"
        "set xtics 1\nset key bottom right\n"
        "plot %g lw 2 dt 2 lc rgb '#1b7f3b' title 'passed from here', "
        "'-' with linespoints lw 2 pt 7 ps 1 lc rgb '#2f6fb0' title 'points'\n",
        report->attempt_count > 9 ? report->attempt_count : (size_t)9, report->exercise->pass);
    for (size_t i = 0; i < report->attempt_count; ++i) {
        fprintf(script, "%zu %.6g\n", i + 1, report->attempts[i].points);
    }
    fputs("e\n", script);
}

/* ---- the page ------------------------------------------------------------------------------- */

static void put_cards(FILE *file, const struct train_result *result)
{
    fprintf(file,
            "<div class=cards><div class=card>points<b class=%s>%.0f</b>%s</div>"
            "<div class=card>time<b>%.0f s</b></div><div class=card>way of the tip<b>%.0f mm</b>"
            "</div><div class=card>near-misses<b>%zu</b></div>"
            "<div class=card>drop-outs<b>%zu</b></div></div>\n",
            result->passed ? "good" : "bad", result->points,
            result->passed ? "passed" : "not passed", result->seconds, result->path_mm,
            result->near_count, result->drop_out_count);
}

/* Things that are counted have no decimals. */
static int decimals_of(const char *unit)
{
    return strcmp(unit, "times") == 0 || strcmp(unit, "cuts") == 0 ? 0 : DECIMALS;
}

static void put_criteria(FILE *file, const struct train_result *result)
{
    fputs(
        "<h2>How the points came about</h2>\n<table><tr><th>what<th class=n>value<th class=n>full "
        "marks at<th class=n>none from<th class=n>weight<th>points</tr>\n",
        file);
    for (size_t i = 0; i < TRAIN_CRITERION_COUNT; ++i) {
        const struct train_verdict *verdict = &result->verdicts[i];
        const char *unit = train_criterion_unit((enum train_criterion)i);
        fputs("<tr><td>", file);
        put_text(file, train_criterion_text((enum train_criterion)i));
        fputs("</td>", file);
        put_number(file, verdict->value, decimals_of(unit), unit);
        if (!verdict->judged) {
            fputs("<td class=n>&ndash;</td><td class=n>&ndash;</td><td class=n>&ndash;</td>"
                  "<td>not judged</td></tr>\n",
                  file);
            continue;
        }
        put_number(file, verdict->goal, decimals_of(unit), unit);
        put_number(file, verdict->limit, decimals_of(unit), unit);
        put_number(file, verdict->weight, 0, "");
        fprintf(file, "<td><span class=bar><i style=\"width:%.0f%%\"></i></span> %.0f</td></tr>\n",
                100.0 * verdict->points, 100.0 * verdict->points);
    }
    fputs("</table>\n", file);
}

static void put_cuts(FILE *file, const struct train_result *result)
{
    fputs("<h2>Cuts</h2>\n<table><tr><th>cut<th>made<th class=n>offset, rms<th class=n>offset, "
          "max<th class=n>tilt, rms<th class=n>depth<th class=n>planned<th class=n>too deep"
          "<th class=n>executed plane<th class=n>cutting</tr>\n",
          file);
    for (size_t i = 0; i < result->cut_count; ++i) {
        const struct train_cut *cut = &result->cuts[i];
        if (!cut->wanted && cut->samples == 0) {
            continue;
        }
        fputs("<tr><td>", file);
        put_text(file, cut->name);
        fprintf(file, "</td><td class=%s>%s</td>", cut->made ? "good" : "bad",
                cut->made ? "yes" : "no");
        put_number(file, cut->offset_rms_mm, DECIMALS, "mm");
        put_number(file, cut->samples > 0 ? cut->offset_max_mm : NAN, DECIMALS, "mm");
        put_number(file, cut->angle_rms_deg, DECIMALS, "&deg;");
        put_number(file, cut->samples > 0 ? cut->depth_max_mm : NAN, 1, "mm");
        put_number(file, cut->planned_depth_mm, 1, "mm");
        put_number(file, cut->samples > 0 ? cut->over_depth_mm : NAN, DECIMALS, "mm");
        if (cut->fitted) {
            fprintf(file, "<td class=n>%+.2f mm, %.1f&deg;</td>", cut->mean_deviation_mm,
                    cut->executed_angle_deg);
        } else {
            fputs("<td class=n>&ndash;</td>", file);
        }
        put_number(file, cut->cutting_s, 1, "s");
        fputs("</tr>\n", file);
    }
    fputs("</table>\n", file);
}

static void put_drop_outs(FILE *file, const struct train_result *result)
{
    fputs("<h2>Drop-outs</h2>\n", file);
    if (result->drop_out_count == 0) {
        fputs("<p>The picture was there all the time.</p>\n", file);
        return;
    }
    fputs("<table><tr><th class=n>at<th class=n>for<th>why<th class=n>deeper when seen again"
          "<th class=n>answered after<th>verdict</tr>\n",
          file);
    for (size_t i = 0; i < result->drop_out_count; ++i) {
        const struct train_drop_out *drop = &result->drop_outs[i];
        fputs("<tr>", file);
        put_number(file, drop->at_s, 1, "s");
        put_number(file, drop->seconds, DECIMALS, "s");
        fputs("<td>", file);
        put_text(file, drop->reason);
        fputs("</td>", file);
        put_number(file, drop->deeper_mm, 1, "mm");
        put_number(file, drop->reaction_s, DECIMALS, "s");
        fprintf(file, "<td class=%s>%s</td></tr>\n", drop->missed ? "bad" : "good",
                train_drop_out_word(drop));
    }
    fputs("</table>\n", file);
}

static void put_nears(FILE *file, const struct train_result *result)
{
    fputs("<h2>Near-misses</h2>\n", file);
    if (result->near_count == 0) {
        fputs("<p>No structure came within its limits.</p>\n", file);
        return;
    }
    fputs(
        "<table><tr><th class=n>at<th class=n>for<th>structure<th class=n>nearest<th>limit</tr>\n",
        file);
    for (size_t i = 0; i < result->near_count; ++i) {
        const struct train_near *near = &result->nears[i];
        fputs("<tr>", file);
        put_number(file, near->at_s, 1, "s");
        put_number(file, near->seconds, 1, "s");
        fputs("<td>", file);
        put_text(file, near->structure);
        fputs("</td>", file);
        put_number(file, near->distance_mm, 1, "mm");
        fprintf(file, "<td class=%s>%s%s</td></tr>\n",
                near->expected ? "good"
                : near->stop   ? "bad"
                               : "mid",
                near->stop ? "stop" : "caution", near->expected ? ", as near as the expert" : "");
    }
    fputs("</table>\n", file);
    if (result->overflow > 0) {
        fprintf(file, "<p>%zu more drop-outs and near-misses are not listed and not counted.</p>\n",
                result->overflow);
    }
}

static enum nav_status put_plots(FILE *file, const char *scratch, const struct train_report *report)
{
    const struct {
        const char *title;
        draw_fn draw;
    } plots[] = {
        {"Beside the plane", draw_offset},
        {"Depth over time (bands: nothing was shown)", draw_depth},
        {"Distance to the nearest structure", draw_distance},
        {"Progress", draw_progress},
    };
    for (size_t i = 0; i < sizeof(plots) / sizeof(plots[0]); ++i) {
        if (plots[i].draw == draw_distance && !has_distances(report->result)) {
            continue;
        }
        fprintf(file, "<h2>%s</h2>\n", plots[i].title);
        const enum nav_status status =
            put_plot(file, scratch, report, plots[i].draw, plots[i].title);
        if (status != NAV_OK) {
            return status;
        }
    }
    return NAV_OK;
}

static enum nav_status put_page(FILE *file, const char *scratch, const struct train_report *report)
{
    char made[SESSION_UTC_SIZE];
    session_utc_text(
        report->attempt_count > 0 ? report->attempts[report->attempt_count - 1].made_utc_ns : 0,
        made);
    fputs("<!DOCTYPE html>\n<html lang=en><head><meta charset=utf-8>\n<title>", file);
    put_text(file, report->trainee);
    fputs(": ", file);
    put_text(file, report->exercise->title);
    fprintf(file, "</title>\n%s</head><body><main>\n<h1>", style);
    put_text(file, report->exercise->title);
    fputs("</h1>\n<p class=sub>", file);
    put_text(file, report->trainee);
    fputs(" &middot; ", file);
    put_text(file, report->case_name);
    fputs(" &middot; ", file);
    put_text(file, report->source);
    fprintf(file, " &middot; %s &middot; attempt %zu</p>\n", made, report->attempt_count);
    put_cards(file, report->result);
    put_criteria(file, report->result);
    put_cuts(file, report->result);
    put_drop_outs(file, report->result);
    put_nears(file, report->result);
    const enum nav_status status = put_plots(file, scratch, report);
    fputs("<footer>Made by osteonav " OSTEONAV_VERSION
          ". For training only: nothing here says how a patient would have fared.</footer>\n"
          "</main></body></html>\n",
          file);
    return status;
}

enum nav_status train_report_write(const char *path, const struct train_report *report,
                                   struct cfg_error *out_error)
{
    char page[PATH_SIZE];
    char scratch[PATH_SIZE];
    if (snprintf(page, sizeof(page), "%s.part", path) >= (int)sizeof(page) ||
        snprintf(scratch, sizeof(scratch), "%s.part.svg", path) >= (int)sizeof(scratch)) {
        return cfg_error_set(out_error, NAV_ERR_RANGE, "%s: the path is too long", path);
    }
    const int fd = open(page, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, report_mode);
    FILE *file = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (file == NULL) {
        return cfg_error_set(out_error, NAV_ERR_IO, "%s: cannot be written: %s", path,
                             strerror(errno));
    }
    enum nav_status status = put_page(file, scratch, report);
    const bool failed = ferror(file) != 0;
    const bool closed = fclose(file) == 0;
    (void)unlink(scratch);
    if (status == NAV_OK && !failed && closed && rename(page, path) == 0) {
        return NAV_OK;
    }
    (void)unlink(page);
    if (status == NAV_ERR_NOT_FOUND) {
        return cfg_error_set(out_error, status,
                             "%s: no plots: install gnuplot (package gnuplot-nox)", path);
    }
    return cfg_error_set(out_error, NAV_ERR_IO, "%s: the report cannot be written", path);
}
