/* `osteonav case limits`, and how its JSON is printed. */
#include <stdio.h>

#include "case_report.h"
#include "verbs.h"

static const struct case_limit_row limit_rows[] = {
#define LIMIT_ROW(name, def, min, max, unit, help) {#name, (def), (min), (max), unit, help},
    CFG_LIMITS_LIST(LIMIT_ROW)
#undef LIMIT_ROW
};

enum { LIMIT_COUNT = sizeof(limit_rows) / sizeof(limit_rows[0]) };

const struct case_limit_row *case_limit_rows(size_t *out_count)
{
    *out_count = LIMIT_COUNT;
    return limit_rows;
}

void case_limit_values(const struct cfg_limits *limits, double *out_values)
{
    size_t i = 0;
#define LIMIT_VALUE(name, def, min, max, unit, help) out_values[i++] = limits->name;
    CFG_LIMITS_LIST(LIMIT_VALUE)
#undef LIMIT_VALUE
}

int case_print_json(json_t *object)
{
    const int failed = object == NULL || json_dumpf(object, stdout, JSON_INDENT(2)) != 0;
    json_decref(object);
    if (failed || putchar('\n') == EOF || fflush(stdout) != 0) {
        fputs("osteonav case: cannot write the JSON\n", stderr);
        return VERB_FAILED;
    }
    return VERB_OK;
}

int case_report_limits(bool json)
{
    if (json) {
        json_t *rows = json_array();
        for (size_t i = 0; i < LIMIT_COUNT; ++i) {
            const struct case_limit_row *row = &limit_rows[i];
            (void)json_array_append_new(rows, json_pack("{s:s, s:f, s:f, s:f, s:s, s:s}", "name",
                                                        row->name, "default", row->standard, "min",
                                                        row->minimum, "max", row->maximum, "unit",
                                                        row->unit, "help", row->help));
        }
        return case_print_json(json_pack("{s:o}", "limits", rows));
    }
    printf("%-24s %10s %22s %-5s %s\n", "limit", "default", "range", "unit", "meaning");
    for (size_t i = 0; i < LIMIT_COUNT; ++i) {
        const struct case_limit_row *row = &limit_rows[i];
        char range[48];
        (void)snprintf(range, sizeof(range), "%.10g .. %.10g", row->minimum, row->maximum);
        printf("%-24s %10.10g %22s %-5s %s\n", row->name, row->standard, range, row->unit,
               row->help);
    }
    return VERB_OK;
}
