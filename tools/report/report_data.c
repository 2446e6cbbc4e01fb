/* The report as JSON and CSV. */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "json_out.h"
#include "nav/alarm.h"
#include "report.h"

/* ", what \u00b1sd unit", without the comma when it is the first. */
static void add_withheld(char *text, size_t size, const char *what, double sd, const char *unit)
{
    const size_t length = strlen(text);
    char known[32] = "";
    if (isfinite(sd)) {
        (void)snprintf(known, sizeof(known), " (\u00b1 %.2f %s)", sd, unit);
    }
    (void)snprintf(text + length, size - length, "%s %s%s", text[length - 1] == ':' ? "" : ",",
                   what, known);
}

bool report_withheld(const struct report_doubt *doubt, char *out_text, size_t size)
{
    (void)snprintf(out_text, size, "too little is cut to say:");
    if (doubt->plane_withheld) {
        add_withheld(out_text, size, "angle", doubt->angle_sd_deg, "\u00b0");
    }
    if (doubt->place_withheld) {
        add_withheld(out_text, size, "deviations", doubt->mean_sd_mm, "mm");
    }
    if (doubt->margin_withheld) {
        add_withheld(out_text, size, "margin", doubt->margin_sd_mm, "mm");
    }
    return doubt->plane_withheld || doubt->place_withheld || doubt->margin_withheld;
}

/* Adds a number or null. */
static void put(json_t *object, const char *key, double value)
{
    (void)json_object_set_new(object, key, json_number_or_null(value));
}

static json_t *margins_json(const struct report *report, const struct report_cut *cut)
{
    json_t *list = json_array();
    for (size_t m = 0; m < cut->margin_count; ++m) {
        const struct report_margin *margin = &cut->margins[m];
        json_t *entry =
            json_pack("{s:s, s:s}", "structure", report->scene.structures[margin->structure].name,
                      "role", nav_role_name(report->scene.structures[margin->structure].role));
        put(entry, "planned_mm", margin->planned_mm);
        put(entry, "achieved_mm", margin->achieved_mm);
        put(entry, "error_mm", margin->achieved_mm - margin->planned_mm);
        put(entry, "sd_mm", margin->sd_mm);
        (void)json_array_append_new(list, entry);
    }
    return list;
}

static json_t *map_json(const struct nav_cut_map *map)
{
    json_t *cells = json_array();
    for (uint32_t i = 0; i < map->columns * map->rows; ++i) {
        (void)json_array_append_new(cells, json_integer(map->cells[i]));
    }
    json_t *object =
        json_pack("{s:i, s:i, s:f, s:f, s:i, s:i, s:o}", "columns", map->columns, "rows", map->rows,
                  "cell_mm", map->cell_mm, "step_mm", NAV_CUT_STEP_MM, "none", NAV_CUT_CELL_NONE,
                  "uncut", NAV_CUT_CELL_UNCUT, "cells", cells);
    (void)json_object_set_new(object, "origin_mm", json_numbers(map->origin_mm, 3));
    (void)json_object_set_new(object, "u", json_numbers(map->u, 3));
    (void)json_object_set_new(object, "v", json_numbers(map->v, 3));
    (void)json_object_set_new(object, "normal", json_numbers(map->normal, 3));
    return object;
}

static json_t *cut_json(const struct report *report, size_t index)
{
    const struct nav_scene_cut *cut = &report->scene.cuts[index];
    const struct report_doubt *doubt = &report->cuts[index].doubt;
    char withheld[NAV_TEXT_SIZE];
    json_t *object = json_pack("{s:s, s:s, s:i, s:i}", "name", cut->name, "state",
                               nav_cut_state_name(cut->state), "checks", cut->checks, "overrides",
                               cut->overrides);
    put(object, "coverage", cut->coverage);
    put(object, "location_mm", cut->location_mm);
    put(object, "mean_deviation_mm", cut->mean_deviation_mm);
    put(object, "flatness_mm", cut->flatness_mm);
    put(object, "parallelism_mm", cut->parallelism_mm);
    put(object, "angle_deg", cut->angle_deg);
    put(object, "entry_deviation_mm", cut->entry_deviation_mm);
    put(object, "exit_deviation_mm", cut->exit_deviation_mm);
    put(object, "planned_margin_mm", cut->planned_margin_mm);
    put(object, "margin_mm", cut->margin_mm);
    put(object, "margin_error_mm", cut->margin_mm - cut->planned_margin_mm);
    put(object, "mean_deviation_sd_mm", doubt->mean_sd_mm);
    put(object, "angle_sd_deg", doubt->angle_sd_deg);
    put(object, "margin_sd_mm", doubt->margin_sd_mm);
    (void)json_object_set_new(
        object, "withheld",
        report_withheld(doubt, withheld, sizeof(withheld)) ? json_string(withheld) : json_null());
    put(object, "cutting_s", (double)cut->cutting_ns / 1e9);
    (void)json_object_set_new(object, "executed_point_mm", json_numbers(cut->executed_point_mm, 3));
    (void)json_object_set_new(object, "executed_normal", json_numbers(cut->executed_normal, 3));
    (void)json_object_set_new(object, "margins", margins_json(report, &report->cuts[index]));
    (void)json_object_set_new(object, "map",
                              report->cuts[index].has_map ? map_json(&report->cuts[index].map)
                                                          : json_null());
    return object;
}

static json_t *structures_json(const struct report *report)
{
    json_t *list = json_array();
    for (uint32_t s = 0; s < report->scene.structure_count; ++s) {
        const struct nav_scene_structure *scene = &report->scene.structures[s];
        const struct report_structure *structure = &report->structures[s];
        json_t *entry = json_pack("{s:s, s:s, s:b}", "name", scene->name, "role",
                                  nav_role_name(scene->role), "signed", (int)scene->is_signed);
        put(entry, "least_mm", structure->least_mm);
        put(entry, "least_at_s", structure->least_at_s);
        put(entry, "uncertainty_mm", structure->least_uncertainty_mm);
        put(entry, "caution_mm", scene->caution_mm);
        put(entry, "stop_mm", scene->stop_mm);
        put(entry, "caution_s", structure->caution_s);
        put(entry, "stop_s", structure->stop_s);
        (void)json_array_append_new(list, entry);
    }
    return list;
}

static json_t *alarms_json(const struct report *report)
{
    json_t *list = json_array();
    const struct report_alarm *alarms = report->alarms.items;
    for (size_t i = 0; i < report->alarms.count; ++i) {
        json_t *entry =
            json_pack("{s:s, s:s, s:s}", "code", nav_alarm_name(alarms[i].code), "priority",
                      nav_alarm_priority_name(alarms[i].priority), "text", alarms[i].text);
        put(entry, "since_s", alarms[i].since_s);
        put(entry, "until_s", alarms[i].until_s);
        put(entry, "acknowledged_s", alarms[i].acknowledged_s);
        (void)json_array_append_new(list, entry);
    }
    return list;
}

static json_t *history_json(const struct report *report)
{
    json_t *list = json_array();
    const struct report_verdict *verdicts = report->verdicts.items;
    for (size_t i = 0; i < report->verdicts.count; ++i) {
        (void)json_array_append_new(
            list, json_pack("{s:f, s:s, s:s, s:s}", "at_s", verdicts[i].at_s, "trust",
                            nav_trust_name(verdicts[i].trust), "reason",
                            nav_reason_name(verdicts[i].reason), "tool", verdicts[i].subject));
    }
    return list;
}

static json_t *checks_json(const struct report *report)
{
    json_t *list = json_array();
    const struct report_check *checks = report->checks.items;
    for (size_t i = 0; i < report->checks.count; ++i) {
        json_t *entry = json_object();
        put(entry, "at_s", checks[i].at_s);
        put(entry, "error_mm", checks[i].error_mm);
        (void)json_array_append_new(list, entry);
    }
    return list;
}

json_t *report_json(const struct report *report)
{
    json_t *cuts = json_array();
    for (uint32_t c = 0; c < report->scene.cut_count; ++c) {
        (void)json_array_append_new(cuts, cut_json(report, c));
    }
    json_t *latency = json_pack("{s:I, s:I}", "scenes", (json_int_t)report->latency.scenes,
                                "measured", (json_int_t)report->latency.count);
    put(latency, "p50_ms", report->latency.p50_ms);
    put(latency, "p95_ms", report->latency.p95_ms);
    put(latency, "p99_ms", report->latency.p99_ms);
    put(latency, "max_ms", report->latency.max_ms);
    return json_pack("{s:i, s:b, s:b, s:s, s:s, s:s, s:s, s:s, s:f, s:b, s:I, s:I, s:o, s:o, s:o, "
                     "s:o, s:o, s:o, "
                     "s:{s:f, s:f, s:f}}",
                     "version", 1, "live", (int)report->live, "recorded", (int)report->recorded,
                     "session", report->session, "software", report->software, "case",
                     report->scene.case_name, "pseudonym", report->scene.pseudonym, "mode",
                     nav_mode_name(report->scene.mode), "length_s", report->length_s, "verified",
                     (int)report->verified, "scenes_compared", (json_int_t)report->scenes_compared,
                     "scenes_differing", (json_int_t)report->scenes_differing, "cuts", cuts,
                     "structures", structures_json(report), "alarms", alarms_json(report),
                     "verdicts", history_json(report), "checks", checks_json(report), "latency",
                     latency, "verdict_s", "withheld", report->trust_s[NAV_TRUST_WITHHELD],
                     "caution", report->trust_s[NAV_TRUST_CAUTION], "ok",
                     report->trust_s[NAV_TRUST_OK]);
}

/* ---- CSV: RFC 4180, a number that is not known is empty ----------------------------------------
 */

static void field(FILE *out, const char *text)
{
    (void)fputc('"', out);
    for (const char *c = text; *c != '\0'; ++c) {
        if (*c == '"') {
            (void)fputc('"', out);
        }
        (void)fputc(*c, out);
    }
    (void)fputc('"', out);
}

static void number(FILE *out, double value)
{
    if (isfinite(value)) {
        fprintf(out, ",%.6g", value);
    } else {
        (void)fputc(',', out);
    }
}

static void cuts_csv(const struct report *report, FILE *out)
{
    fputs("cut,state,coverage,location_mm,mean_deviation_mm,flatness_mm,parallelism_mm,angle_deg,"
          "entry_deviation_mm,exit_deviation_mm,planned_margin_mm,margin_mm,margin_error_mm,"
          "cutting_s,mean_deviation_sd_mm,angle_sd_deg,margin_sd_mm,withheld\n",
          out);
    for (uint32_t c = 0; c < report->scene.cut_count; ++c) {
        const struct nav_scene_cut *cut = &report->scene.cuts[c];
        const struct report_doubt *doubt = &report->cuts[c].doubt;
        char withheld[NAV_TEXT_SIZE];
        const double values[] = {cut->coverage,
                                 cut->location_mm,
                                 cut->mean_deviation_mm,
                                 cut->flatness_mm,
                                 cut->parallelism_mm,
                                 cut->angle_deg,
                                 cut->entry_deviation_mm,
                                 cut->exit_deviation_mm,
                                 cut->planned_margin_mm,
                                 cut->margin_mm,
                                 cut->margin_mm - cut->planned_margin_mm,
                                 (double)cut->cutting_ns / 1e9,
                                 doubt->mean_sd_mm,
                                 doubt->angle_sd_deg,
                                 doubt->margin_sd_mm};
        field(out, cut->name);
        fprintf(out, ",%s", nav_cut_state_name(cut->state));
        for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); ++i) {
            number(out, values[i]);
        }
        (void)fputc(',', out);
        if (report_withheld(doubt, withheld, sizeof(withheld))) {
            field(out, withheld);
        }
        (void)fputc('\n', out);
    }
}

static void margins_csv(const struct report *report, FILE *out)
{
    fputs("cut,structure,role,planned_mm,achieved_mm,error_mm,sd_mm\n", out);
    for (uint32_t c = 0; c < report->scene.cut_count; ++c) {
        for (size_t m = 0; m < report->cuts[c].margin_count; ++m) {
            const struct report_margin *margin = &report->cuts[c].margins[m];
            const struct nav_scene_structure *structure =
                &report->scene.structures[margin->structure];
            field(out, report->scene.cuts[c].name);
            (void)fputc(',', out);
            field(out, structure->name);
            fprintf(out, ",%s", nav_role_name(structure->role));
            number(out, margin->planned_mm);
            number(out, margin->achieved_mm);
            number(out, margin->achieved_mm - margin->planned_mm);
            number(out, margin->sd_mm);
            (void)fputc('\n', out);
        }
    }
}

static void structures_csv(const struct report *report, FILE *out)
{
    fputs("structure,role,least_mm,least_at_s,uncertainty_mm,caution_mm,stop_mm,caution_s,stop_s\n",
          out);
    for (uint32_t s = 0; s < report->scene.structure_count; ++s) {
        const struct nav_scene_structure *scene = &report->scene.structures[s];
        const struct report_structure *structure = &report->structures[s];
        field(out, scene->name);
        fprintf(out, ",%s", nav_role_name(scene->role));
        number(out, structure->least_mm);
        number(out, structure->least_at_s);
        number(out, structure->least_uncertainty_mm);
        number(out, scene->caution_mm);
        number(out, scene->stop_mm);
        number(out, structure->caution_s);
        number(out, structure->stop_s);
        (void)fputc('\n', out);
    }
}

static void alarms_csv(const struct report *report, FILE *out)
{
    fputs("code,priority,text,since_s,until_s,acknowledged_s\n", out);
    const struct report_alarm *alarms = report->alarms.items;
    for (size_t i = 0; i < report->alarms.count; ++i) {
        fprintf(out, "%s,%s,", nav_alarm_name(alarms[i].code),
                nav_alarm_priority_name(alarms[i].priority));
        field(out, alarms[i].text);
        number(out, alarms[i].since_s);
        number(out, alarms[i].until_s);
        number(out, alarms[i].acknowledged_s);
        (void)fputc('\n', out);
    }
}

static void verdicts_csv(const struct report *report, FILE *out)
{
    fputs("at_s,trust,reason,tool\n", out);
    const struct report_verdict *verdicts = report->verdicts.items;
    for (size_t i = 0; i < report->verdicts.count; ++i) {
        fprintf(out, "%.6f,%s,%s,", verdicts[i].at_s, nav_trust_name(verdicts[i].trust),
                nav_reason_name(verdicts[i].reason));
        field(out, verdicts[i].subject);
        (void)fputc('\n', out);
    }
}

static void series_csv(const struct report *report, FILE *out)
{
    fputs("cut,at_s,offset_mm,pitch_deg,roll_deg,depth_mm,remaining_mm,cutting\n", out);
    for (uint32_t c = 0; c < report->scene.cut_count; ++c) {
        for (size_t i = 0; i < report->cuts[c].sample_count; ++i) {
            const struct report_sample *sample = &report->cuts[c].samples[i];
            field(out, report->scene.cuts[c].name);
            number(out, sample->at_s);
            number(out, sample->offset_mm);
            number(out, sample->pitch_deg);
            number(out, sample->roll_deg);
            number(out, sample->depth_mm);
            number(out, sample->remaining_mm);
            fprintf(out, ",%d\n", sample->cutting ? 1 : 0);
        }
    }
}

bool report_csv(const struct report *report, const char *folder)
{
    static const struct {
        const char *name;
        void (*write)(const struct report *report, FILE *out);
    } tables[] = {
        {"cuts", cuts_csv},     {"margins", margins_csv},   {"structures", structures_csv},
        {"alarms", alarms_csv}, {"verdicts", verdicts_csv}, {"series", series_csv}};
    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); ++i) {
        char path[4200];
        (void)snprintf(path, sizeof(path), "%s/%s.csv", folder, tables[i].name);
        FILE *out = fopen(path, "w");
        if (out != NULL) {
            tables[i].write(report, out);
        }
        if (out == NULL || ferror(out) != 0 || fclose(out) != 0) {
            fprintf(stderr, "osteonav report: %s cannot be written: %s\n", path, strerror(errno));
            return false;
        }
    }
    return true;
}
