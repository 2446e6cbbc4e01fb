#include "nav/alarm.h"

#include <stddef.h>

struct row {
    const char *key;
    enum nav_alarm_priority priority;
    const char *hazard;
    const char *text;
    const char *remedy;
};

static const struct row rows[] = {
#define ALARM_ROW(name, key, priority, hazard, text, remedy) {key, priority, hazard, text, remedy},
    NAV_ALARM_LIST(ALARM_ROW)
#undef ALARM_ROW
};

static const struct row *row_of(uint32_t code)
{
    static const struct row unknown = {"?", NAV_PRIORITY_LOW, "?", "?", "?"};
    return code < sizeof(rows) / sizeof(rows[0]) ? &rows[code] : &unknown;
}

const char *nav_alarm_name(uint32_t code)
{
    return row_of(code)->key;
}

const char *nav_alarm_text(uint32_t code)
{
    return row_of(code)->text;
}

const char *nav_alarm_remedy(uint32_t code)
{
    return row_of(code)->remedy;
}

const char *nav_alarm_hazard(uint32_t code)
{
    return row_of(code)->hazard;
}

enum nav_alarm_priority nav_alarm_priority_of(uint32_t code)
{
    return row_of(code)->priority;
}

const char *nav_alarm_priority_name(uint32_t priority)
{
    static const char *const names[] = {"low", "medium", "high"};
    return priority < sizeof(names) / sizeof(names[0]) ? names[priority] : "?";
}
