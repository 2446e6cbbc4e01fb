/* Where a state lies in memory: for a replay, which keeps many states and packs them.
 *
 * What was there may be put back later into the same places, byte by byte; nowhere else, because of
 * the pointers in it. */
#ifndef TRK_MEMORY_H
#define TRK_MEMORY_H

#include <stddef.h>

struct trk_memory {
    void *start;
    size_t size;
};

#endif
