#include "nav/status.h"

const char *nav_status_text(enum nav_status status)
{
    switch (status) {
#define NAV_STATUS_CASE(name, value, text)                                                         \
    case name:                                                                                     \
        return text;
        NAV_STATUS_LIST(NAV_STATUS_CASE)
#undef NAV_STATUS_CASE
    }
    return "unknown status";
}

const char *nav_status_name(enum nav_status status)
{
    switch (status) {
#define NAV_STATUS_CASE(name, value, text)                                                         \
    case name:                                                                                     \
        return #name;
        NAV_STATUS_LIST(NAV_STATUS_CASE)
#undef NAV_STATUS_CASE
    }
    return "?";
}
