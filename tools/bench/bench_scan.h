/* A made-up scan for benchmarks: a body with bone in it, and noise; what matters is that neighbours
 * differ as in a scan. 512 x 512 x 300 voxels around the origin, LPS mm. Thread: any. */
#ifndef BENCH_SCAN_H
#define BENCH_SCAN_H

#include <stdint.h>

#include "slice.h"

enum { BENCH_SCAN_X = 512, BENCH_SCAN_Y = 512, BENCH_SCAN_Z = 300 };

/* 150 MB in large pages, as a case's scan is held; free() the voxels. NULL: no memory. */
int16_t *bench_scan_voxels(void);

/* The scan of these voxels. */
struct rnd_volume bench_scan(const int16_t *voxels);

#endif
