#include "wire_time.h"

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
