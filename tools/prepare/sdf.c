#include "sdf.h"

static double lattice(uint64_t seed, int64_t x, int64_t y, int64_t z)
{
    const uint64_t key = seed ^ ((uint64_t)(x + 0x8000) << 40) ^ ((uint64_t)(y + 0x8000) << 20) ^
                         (uint64_t)(z + 0x8000);
    return 2.0 * sdf_hash_unit(key) - 1.0;
}

static double fade(double t)
{
    return t * t * t * (t * (t * 6.0 - 15.0) + 10.0);
}

double sdf_noise(uint64_t seed, double x, double y, double z)
{
    const double fx = floor(x), fy = floor(y), fz = floor(z);
    const int64_t ix = (int64_t)fx, iy = (int64_t)fy, iz = (int64_t)fz;
    const double u = fade(x - fx), v = fade(y - fy), w = fade(z - fz);
    double corner[2][2];
    for (int k = 0; k < 2; ++k) {
        for (int j = 0; j < 2; ++j) {
            corner[k][j] = sdf_mix(lattice(seed, ix, iy + j, iz + k),
                                   lattice(seed, ix + 1, iy + j, iz + k), u);
        }
    }
    return sdf_mix(sdf_mix(corner[0][0], corner[0][1], v), sdf_mix(corner[1][0], corner[1][1], v),
                   w);
}
