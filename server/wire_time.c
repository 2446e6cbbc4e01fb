#include "wire_time.h"

#include "nav/time.h"

int64_t wire_time_to_ns(uint64_t stamp)
{
    const uint64_t seconds = stamp >> 32;
    const uint64_t fraction = stamp & UINT32_MAX;
    const uint64_t ns = (fraction * (uint64_t)NAV_NS_PER_S + (UINT64_C(1) << 31)) >> 32;
    return (int64_t)(seconds * (uint64_t)NAV_NS_PER_S + ns);
}

uint64_t wire_time_from_ns(int64_t utc_ns)
{
    if (utc_ns <= 0) {
        return 0;
    }
    const uint64_t seconds = (uint64_t)utc_ns / (uint64_t)NAV_NS_PER_S;
    const uint64_t ns = (uint64_t)utc_ns % (uint64_t)NAV_NS_PER_S;
    if (seconds > UINT32_MAX) {
        return 0;
    }
    return seconds << 32 | (ns << 32) / (uint64_t)NAV_NS_PER_S;
}
