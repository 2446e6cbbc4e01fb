#include "bench_scan.h"

#include <stddef.h>

#include "volume.h"

int16_t *bench_scan_voxels(void)
{
    enum { NX = BENCH_SCAN_X, NY = BENCH_SCAN_Y, NZ = BENCH_SCAN_Z };
    int16_t *voxels = cfg_voxels_alloc((size_t)NX * NY * NZ);
    if (voxels == NULL) {
        return NULL;
    }
    uint32_t random = 1;
    for (int k = 0; k < NZ; ++k) {
        for (int j = 0; j < NY; ++j) {
            for (int i = 0; i < NX; ++i) {
                const double x = (i - NX / 2) / 240.0;
                const double y = (j - NY / 2) / 170.0;
                const double z = (k - NZ / 2) / 60.0;
                random = random * 1664525U + 1013904223U;
                const int noise = (int)(random >> 27) - 16;
                const double bone = x * x * 9.0 + (y - 0.4) * (y - 0.4) * 9.0 + z * z;
                const int value = x * x + y * y > 1.0 ? -1000 : bone < 1.0 ? 900 : 40;
                voxels[((size_t)k * NY + (size_t)j) * NX + (size_t)i] = (int16_t)(value + noise);
            }
        }
    }
    return voxels;
}

struct rnd_volume bench_scan(const int16_t *voxels)
{
    static const double spacing_mm[3] = {0.7, 0.7, 1.0};
    struct rnd_volume volume = {.voxels = voxels,
                                .size = {BENCH_SCAN_X, BENCH_SCAN_Y, BENCH_SCAN_Z}};
    for (int i = 0; i < 3; ++i) {
        volume.T_image_voxel[5 * i] = spacing_mm[i];
        volume.T_image_voxel[4 * i + 3] = -0.5 * spacing_mm[i] * volume.size[i];
    }
    return volume;
}
