/* The report as one page: style, figures and pictures are in it. The same page is printed as PDF.
 */
#include <math.h>
#include <string.h>
#include <time.h>

#include "nav/alarm.h"
#include "nav/time.h"
#include "report.h"

static const char style[] =
    "@page{size:A4;margin:16mm 15mm;@bottom-right{content:counter(page) ' / ' counter(pages);"
    "font:9px Roboto,sans-serif;color:#5b6673}}"
    "body{font:13px/1.45 Roboto,'Liberation Sans',sans-serif;color:#1b2530;max-width:900px;"
    "margin:24px auto;padding:0 16px}"
    "@media print{body{margin:0;padding:0;max-width:none;font-size:10px}h2{page-break-after:avoid}"
    "figure,tr{page-break-inside:avoid}}"
    "h1{font-size:1.8em;margin:0}h2{font-size:1.3em;margin:1.8em 0 .4em;border-bottom:2px solid "
    "#1f5fa8;padding-bottom:.15em}h3{margin:1.2em 0 .3em;font-size:1.08em}"
    "table{border-collapse:collapse;margin:.5em 0;width:100%}th,td{padding:.28em .4em;"
    "border-bottom:1px solid #dde2e8;text-align:left;vertical-align:top}"
    "th{background:#eef2f6;font-weight:600}td.n,th.n{text-align:right;white-space:nowrap;"
    "font-variant-numeric:tabular-nums}"
    ".note{color:#5b6673}.banner{background:#fff3d6;border-left:5px solid #e0a100;padding:.5em "
    ".8em;"
    "margin:.8em 0}.stop{color:#b3261e;font-weight:600}.caution{color:#8a5a00;font-weight:600}"
    ".ok{color:#2e7d32;font-weight:600}figure{margin:.6em 0}figcaption{color:#5b6673}"
    "svg{max-width:100%;height:auto}img{max-width:100%;border:1px solid #98a2ad}";

static void cell(FILE *out, double value, int decimals)
{
    fputs("<td class='n'>", out);
    report_number(out, value, decimals);
    fputs("</td>", out);
}

/* With its standard deviation, where that is known. */
static void cell_within(FILE *out, double value, double sd, int decimals)
{
    fputs("<td class='n'>", out);
    report_number(out, value, decimals);
    if (isfinite(value) && isfinite(sd)) {
        fputs(" \u00b1 ", out);
        report_number(out, sd, decimals);
    }
    fputs("</td>", out);
}

static void words(FILE *out, const char *text)
{
    fputs("<td>", out);
    report_escape(out, text);
    fputs("</td>", out);
}

static void row_of(FILE *out, const char *name, const char *text)
{
    fprintf(out, "<tr><th>%s</th>", name);
    words(out, text);
    fputs("</tr>", out);
}

static void banner(FILE *out, const char *what, const char *more)
{
    fprintf(out, "<p class='banner'><b>%s</b> %s</p>", what, more);
}

/* What nobody may overlook. */
static void banners(const struct report *report, FILE *out)
{
    if (report->scene.mode == NAV_MODE_SIMULATION) {
        banner(out, "Simulation.", "Nobody was operated on.");
    } else if (report->scene.mode == NAV_MODE_REPLAY) {
        banner(out, "Replay.", "What a core shows that plays a recording: nothing of it is now.");
    }
    if (report->live && report->recorded) {
        banner(out, "Not over.",
               "Taken from a running core: as far as its session is on the disk.");
    } else if (report->live) {
        banner(out, "One moment.",
               "Taken from a running core that does not record: without curves and history.");
    }
    if (report->recorded && !report->verified) {
        banner(out, "Not verified.",
               "The recorded scenes could not all be reproduced; <code>osteonav replay SESSION "
               "--verify</code> tells where.");
    }
}

static void head(const struct report *report, FILE *out)
{
    const struct nav_scene *scene = &report->scene;
    char text[256], when[64] = "not known";
    if (report->start_utc_ns > 0) {
        const time_t seconds = (time_t)(report->start_utc_ns / NAV_NS_PER_S);
        struct tm parts;
        if (gmtime_r(&seconds, &parts) != NULL) {
            (void)strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S UTC", &parts);
        }
    }
    fputs("<h1>Report of the operation</h1><p class='note'>", out);
    report_escape(out, scene->case_name);
    fputs(" \u00b7 ", out);
    report_escape(out, scene->pseudonym);
    fputs("</p>", out);
    banners(report, out);
    fputs("<table>", out);
    row_of(out, report->recorded ? "Session" : "Instance", report->session);
    row_of(out, "Started", when);
    (void)snprintf(text, sizeof(text), "%d min %02d s", (int)(report->length_s / 60.0),
                   (int)report->length_s % 60);
    row_of(out, "Length", report->recorded ? text : "\u2013");
    row_of(out, "Program", report->software);
    if (report->recorded) {
        (void)snprintf(text, sizeof(text),
                       "%llu scenes compared, %llu differing, %llu gaps, %llu damaged",
                       (unsigned long long)report->scenes_compared,
                       (unsigned long long)report->scenes_differing,
                       (unsigned long long)report->gaps, (unsigned long long)report->damaged);
        row_of(out, "Recording", text);
    }
    fputs("</table>", out);
}

/* ---- cuts --------------------------------------------------------------------------------------
 */

/* Whose numbers are missing, and why. */
static void withheld_notes(const struct report *report, FILE *out)
{
    char text[NAV_TEXT_SIZE];
    for (uint32_t c = 0; c < report->scene.cut_count; ++c) {
        if (report_withheld(&report->cuts[c].doubt, text, sizeof(text))) {
            fputs("<p class='caution'>", out);
            report_escape(out, report->scene.cuts[c].name);
            fputs(": ", out);
            report_escape(out, text);
            fputs("</p>", out);
        }
    }
}

static void cut_table(const struct report *report, FILE *out)
{
    fputs(
        "<h2>Cuts against the plan</h2><table><tr><th>cut</th><th>state</th><th class='n'>covered "
        "%</th><th class='n'>location mm</th><th class='n'>mean mm</th><th class='n'>flatness "
        "mm</th><th class='n'>parallelism mm</th><th class='n'>angle \u00b0</th><th "
        "class='n'>entry "
        "mm</th><th class='n'>exit mm</th><th class='n'>cutting s</th></tr>",
        out);
    for (uint32_t c = 0; c < report->scene.cut_count; ++c) {
        const struct nav_scene_cut *cut = &report->scene.cuts[c];
        const struct report_doubt *doubt = &report->cuts[c].doubt;
        fputs("<tr>", out);
        words(out, cut->name);
        words(out, nav_cut_state_name(cut->state));
        cell(out, 100.0 * cut->coverage, 0);
        cell(out, cut->location_mm, 2);
        cell_within(out, cut->mean_deviation_mm, doubt->mean_sd_mm, 2);
        cell(out, cut->flatness_mm, 2);
        cell(out, cut->parallelism_mm, 2);
        cell_within(out, cut->angle_deg, doubt->angle_sd_deg, 2);
        cell(out, cut->entry_deviation_mm, 2);
        cell(out, cut->exit_deviation_mm, 2);
        cell(out, (double)cut->cutting_ns / 1e9, 1);
        fputs("</tr>", out);
    }
    fputs("</table><p class='note'>After ISO 1101. Location: largest distance of the cut surface "
          "from "
          "the planned plane. Flatness: width of the narrowest zone that holds it; parallelism: of "
          "the zone parallel to the plan. Deviations are positive along the planned normal. "
          "\u00b1: one standard deviation, of what the tracker and the blade's calibration leave "
          "open.</p>",
          out);
    withheld_notes(report, out);
}

static void margin_table(const struct report *report, FILE *out)
{
    fputs("<h2>Margins</h2><table><tr><th>cut</th><th class='n'>planned mm</th><th "
          "class='n'>achieved "
          "mm</th><th class='n'>error in safe margin mm</th></tr>",
          out);
    for (uint32_t c = 0; c < report->scene.cut_count; ++c) {
        const struct nav_scene_cut *cut = &report->scene.cuts[c];
        fputs("<tr>", out);
        words(out, cut->name);
        cell(out, cut->planned_margin_mm, 2);
        cell_within(out, cut->margin_mm, report->cuts[c].doubt.margin_sd_mm, 2);
        cell(out, cut->margin_mm - cut->planned_margin_mm, 2);
        fputs("</tr>", out);
    }
    fputs("</table><p class='note'>From the cut surface to the tumour; the error is achieved less "
          "planned, negative where less was left. \u2013: too little is cut to say.</p>",
          out);
    for (uint32_t c = 0; c < report->scene.cut_count; ++c) {
        const struct report_cut *cut = &report->cuts[c];
        if (cut->margin_count == 0) {
            continue;
        }
        fputs("<h3>", out);
        report_escape(out, report->scene.cuts[c].name);
        fputs(" to every structure</h3><table><tr><th>structure</th><th>role</th><th "
              "class='n'>planned mm</th><th class='n'>achieved mm</th><th class='n'>error "
              "mm</th></tr>",
              out);
        for (size_t m = 0; m < cut->margin_count; ++m) {
            const struct nav_scene_structure *structure =
                &report->scene.structures[cut->margins[m].structure];
            fputs("<tr>", out);
            words(out, structure->name);
            words(out, nav_role_name(structure->role));
            cell(out, cut->margins[m].planned_mm, 2);
            cell_within(out, cut->margins[m].achieved_mm, cut->margins[m].sd_mm, 2);
            cell(out, cut->margins[m].achieved_mm - cut->margins[m].planned_mm, 2);
            fputs("</tr>", out);
        }
        fputs("</table>", out);
    }
}

/* Mean and standard deviation over the cuts that have the number. */
static size_t over_cuts(const struct report *report, double (*value)(const struct nav_scene_cut *),
                        double *out_mean, double *out_sd)
{
    double sum = 0.0, squares = 0.0;
    size_t count = 0;
    for (uint32_t c = 0; c < report->scene.cut_count; ++c) {
        const double x = value(&report->scene.cuts[c]);
        if (isfinite(x)) {
            sum += x;
            squares += x * x;
            ++count;
        }
    }
    *out_mean = count > 0 ? sum / (double)count : (double)NAN;
    *out_sd = count > 1 ? sqrt(fmax(squares - sum * sum / (double)count, 0.0) / (double)(count - 1))
                        : (double)NAN;
    return count;
}

static double location_of(const struct nav_scene_cut *cut)
{
    return cut->location_mm;
}

static double angle_of(const struct nav_scene_cut *cut)
{
    return cut->angle_deg;
}

static double entry_of(const struct nav_scene_cut *cut)
{
    return fabs(cut->entry_deviation_mm);
}

static double margin_error_of(const struct nav_scene_cut *cut)
{
    return cut->margin_mm - cut->planned_margin_mm;
}

static void comparison(const struct report *report, FILE *out)
{
    static const struct {
        const char *name;
        double (*value)(const struct nav_scene_cut *);
        const char *published;
    } rows[] = {
        {"Location, mm", location_of,
         "navigated 2.52 \u00b1 2.32 (61 planes, PMID 23823054); patient-specific guides 2.5 mean "
         "(PMC4101950); freehand 5.2, navigated 2.8, robot 1.7 mean (156 cuts, Cartiaux 2010)"},
        {"Angle, \u00b0", angle_of, "AR headset with guides 3.73 mean (Cancers 2025;17:2260)"},
        {"Entry, mm (size)", entry_of, "CBCT navigation 1.5 \u00b1 1.4 (18 surgeons on Sawbones)"},
        {"Error in safe margin, mm", margin_error_of,
         "patient-specific guides \u22120.8 mean (PMC4101950)"},
    };
    fputs("<h2>Beside published series</h2><table><tr><th></th><th class='n'>cuts</th><th "
          "class='n'>mean</th><th class='n'>SD</th><th>in print</th></tr>",
          out);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); ++i) {
        double mean, sd;
        const size_t count = over_cuts(report, rows[i].value, &mean, &sd);
        fprintf(out, "<tr><td>%s</td><td class='n'>%zu</td>", rows[i].name, count);
        cell(out, mean, 2);
        cell(out, sd, 2);
        fprintf(out, "<td>%s</td></tr>", rows[i].published);
    }
    fputs(
        "</table><p class='note'>Ours is what the tracker saw of the blade, registration error not "
        "included; most series measured the specimen.</p>",
        out);
}

static void cut_figures(const struct report *report, FILE *out)
{
    for (uint32_t c = 0; c < report->scene.cut_count; ++c) {
        const struct nav_scene_cut *cut = &report->scene.cuts[c];
        const struct report_cut *series = &report->cuts[c];
        if (!series->has_map && series->sample_count < 2) {
            continue;
        }
        fputs("<h3>", out);
        report_escape(out, cut->name);
        fputs("</h3>", out);
        if (series->has_map) {
            fputs("<figure>", out);
            report_map_svg(cut, &series->map, out);
            fputs("<figcaption>What was cut, in the planned plane: deviation of the margin-side "
                  "face.</figcaption></figure>",
                  out);
        }
        if (series->sample_count >= 2) {
            fputs("<figure>", out);
            report_series_svg(cut, series, out);
            fputs("<figcaption>The blade while the cut was active; shaded: the edge in the "
                  "bone.</figcaption></figure>",
                  out);
        }
    }
}

/* ---- structures, alarms, verdict ---------------------------------------------------------------
 */

static void structure_table(const struct report *report, FILE *out)
{
    fputs("<h2>Structures</h2><table><tr><th>structure</th><th>role</th><th class='n'>nearest "
          "mm</th><th class='n'>at s</th><th class='n'>uncertainty mm (1 SD)</th><th "
          "class='n'>caution / stop mm</th><th class='n'>within caution s</th><th class='n'>within "
          "stop s</th></tr>",
          out);
    for (uint32_t s = 0; s < report->scene.structure_count; ++s) {
        const struct nav_scene_structure *scene = &report->scene.structures[s];
        const struct report_structure *structure = &report->structures[s];
        fputs("<tr>", out);
        words(out, scene->name);
        words(out, nav_role_name(scene->role));
        cell(out, structure->least_mm, 2);
        cell(out, structure->least_at_s, 1);
        cell(out, structure->least_uncertainty_mm, 2);
        fputs("<td class='n'>", out);
        report_number(out, scene->caution_mm, 1);
        fputs(" / ", out);
        report_number(out, scene->stop_mm, 1);
        fputs("</td>", out);
        cell(out, structure->caution_s, 1);
        cell(out, structure->stop_s, 1);
        fputs("</tr>", out);
    }
    fputs("</table><p class='note'>Nearest of the blade's sweep and body in all the operation; "
          "negative is inside. The uncertainty is not taken off here.</p>",
          out);
}

static void alarm_table(const struct report *report, FILE *out)
{
    const struct report_alarm *alarms = report->alarms.items;
    fputs("<h2>Alarms</h2>", out);
    if (report->alarms.count == 0) {
        fputs("<p>None.</p>", out);
        return;
    }
    fputs(
        "<table><tr><th class='n'>from s</th><th class='n'>to s</th><th>priority</th><th>cause</th>"
        "<th>hazard</th><th class='n'>acknowledged s</th></tr>",
        out);
    for (size_t i = 0; i < report->alarms.count; ++i) {
        fputs("<tr>", out);
        cell(out, alarms[i].since_s, 1);
        cell(out, alarms[i].until_s, 1);
        fprintf(out, "<td class='%s'>%s</td>",
                alarms[i].priority == NAV_PRIORITY_HIGH     ? "stop"
                : alarms[i].priority == NAV_PRIORITY_MEDIUM ? "caution"
                                                            : "note",
                nav_alarm_priority_name(alarms[i].priority));
        words(out, alarms[i].text);
        words(out, nav_alarm_hazard(alarms[i].code));
        cell(out, alarms[i].acknowledged_s, 1);
        fputs("</tr>", out);
    }
    fputs("</table>", out);
}

static void verdict_table(const struct report *report, FILE *out)
{
    static const char *const classes[3] = {"stop", "caution", "ok"};
    const struct report_verdict *verdicts = report->verdicts.items;
    const double sum = report->trust_s[0] + report->trust_s[1] + report->trust_s[2];
    fputs("<h2>Verdict</h2>", out);
    if (report->recorded) {
        report_timeline_svg(report, out);
        fputs("<p>", out);
        for (int t = NAV_TRUST_OK; t >= 0; --t) {
            fprintf(out, "<span class='%s'>%s</span> ", classes[t], nav_trust_name((uint32_t)t));
            report_number(out, sum > 0.0 ? 100.0 * report->trust_s[t] / sum : (double)NAN, 1);
            fputs(" % &ensp; ", out);
        }
        fputs("of the time</p>", out);
    }
    fputs("<table><tr><th class='n'>from s</th><th>verdict</th><th>worst "
          "reason</th><th>tool</th></tr>",
          out);
    for (size_t i = 0; i < report->verdicts.count; ++i) {
        const uint32_t trust = verdicts[i].trust <= NAV_TRUST_OK ? verdicts[i].trust : 0;
        fputs("<tr>", out);
        cell(out, verdicts[i].at_s, 1);
        fprintf(out, "<td class='%s'>%s</td>", classes[trust], nav_trust_name(trust));
        words(out, nav_reason_text(verdicts[i].reason));
        words(out, verdicts[i].subject);
        fputs("</tr>", out);
    }
    fputs("</table>", out);
}

static void check_table(const struct report *report, FILE *out)
{
    const struct nav_scene_registration *registration = &report->scene.registration;
    const struct report_check *checks = report->checks.items;
    fputs("<h2>Registration and checks</h2><table><tr><th>source</th>", out);
    words(out, registration->present != 0 ? registration->source : "none");
    fputs("</tr><tr><th>fiducial registration error, mm</th>", out);
    cell(out, registration->fre_mm, 2);
    fputs("</tr><tr><th>predicted error at the worst target, mm rms</th>", out);
    cell(out, registration->tre_mm, 2);
    fputs("</tr></table>", out);
    if (report->checks.count == 0) {
        fputs("<p>No landmark was checked.</p>", out);
        return;
    }
    fputs("<table><tr><th class='n'>at s</th><th class='n'>landmark off by mm</th></tr>", out);
    for (size_t i = 0; i < report->checks.count; ++i) {
        fputs("<tr>", out);
        cell(out, checks[i].at_s, 1);
        cell(out, checks[i].error_mm, 2);
        fputs("</tr>", out);
    }
    fputs("</table>", out);
}

static void latency_table(const struct report *report, FILE *out)
{
    const struct report_latency *latency = &report->latency;
    fprintf(
        out,
        "<h2>Latency</h2><p class='note'>Age of the guided tool's pose in the scene, %zu of %zu "
        "scenes.</p><table><tr><th class='n'>median ms</th><th class='n'>95 %%</th><th "
        "class='n'>99 %%</th><th class='n'>largest</th></tr><tr>",
        latency->count, latency->scenes);
    cell(out, latency->p50_ms, 1);
    cell(out, latency->p95_ms, 1);
    cell(out, latency->p99_ms, 1);
    cell(out, latency->max_ms, 1);
    fputs("</tr></table>", out);
}

static void event_table(const struct report *report, FILE *out)
{
    const struct report_event *events = report->events.items;
    if (report->events.count == 0) {
        return;
    }
    fputs("<h2>Events</h2><table><tr><th class='n'>at s</th><th>kind</th><th>what</th></tr>", out);
    for (size_t i = 0; i < report->events.count; ++i) {
        fputs("<tr>", out);
        cell(out, events[i].at_s, 1);
        words(out, events[i].kind);
        words(out, events[i].text);
        fputs("</tr>", out);
    }
    fputs("</table>", out);
}

/* ---- pictures ----------------------------------------------------------------------------------
 */

static void base64(const unsigned char *bytes, size_t size, FILE *out)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < size; i += 3) {
        const size_t left = size - i;
        const unsigned b = (unsigned)bytes[i] << 16 |
                           (left > 1 ? (unsigned)bytes[i + 1] << 8 : 0u) |
                           (left > 2 ? (unsigned)bytes[i + 2] : 0u);
        (void)fputc(digits[b >> 18 & 63], out);
        (void)fputc(digits[b >> 12 & 63], out);
        (void)fputc(left > 1 ? digits[b >> 6 & 63] : '=', out);
        (void)fputc(left > 2 ? digits[b & 63] : '=', out);
    }
}

static void pictures(const struct report *report, FILE *out)
{
    if (report->picture_count == 0) {
        return;
    }
    fputs("<h2>Pictures</h2>", out);
    for (size_t i = 0; i < report->picture_count; ++i) {
        fputs("<figure><img alt='", out);
        report_escape(out, report->pictures[i].title);
        fputs("' src='data:image/png;base64,", out);
        base64(report->pictures[i].png, report->pictures[i].size, out);
        fputs("'><figcaption>", out);
        report_escape(out, report->pictures[i].title);
        fputs("</figcaption></figure>", out);
    }
}

bool report_html(const struct report *report, FILE *out)
{
    fputs("<!doctype html>\n<html lang='en'><head><meta charset='utf-8'><meta name='viewport' "
          "content='width=device-width'><title>",
          out);
    report_escape(out, report->scene.case_name);
    fprintf(out, ": report</title><style>%s</style></head><body>\n", style);
    head(report, out);
    cut_table(report, out);
    margin_table(report, out);
    comparison(report, out);
    pictures(report, out);
    fputs("<h2>Each cut</h2>", out);
    cut_figures(report, out);
    structure_table(report, out);
    alarm_table(report, out);
    verdict_table(report, out);
    check_table(report, out);
    latency_table(report, out);
    event_table(report, out);
    fputs("</body></html>\n", out);
    return ferror(out) == 0;
}
