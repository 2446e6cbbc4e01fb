#include "hold_up.h"

void srv_hold_up_init(struct srv_hold_up *hold_up, int64_t limit_ns, int64_t now_ns)
{
    *hold_up = (struct srv_hold_up){.limit_ns = limit_ns, .looked_ns = now_ns};
}

int64_t srv_hold_up_arrival(const struct srv_hold_up *hold_up, int64_t now_ns)
{
    return now_ns - hold_up->looked_ns > hold_up->limit_ns ? hold_up->looked_ns : now_ns;
}

void srv_hold_up_looked(struct srv_hold_up *hold_up, int64_t now_ns)
{
    const bool held_up = now_ns - hold_up->looked_ns > hold_up->limit_ns;
    if (!held_up || hold_up->doubtful) {
        hold_up->looked_ns = now_ns;
        hold_up->doubtful = false;
    } else {
        hold_up->doubtful = true;
    }
}
