#include "sim_random.h"

#include <math.h>

static const double pi = 3.14159265358979323846;

static uint64_t mix(uint64_t x)
{
    x += UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

static uint64_t bits(uint64_t seed, uint64_t index, uint64_t channel)
{
    return mix(mix(mix(seed) ^ index) ^ channel);
}

double sim_random_uniform(uint64_t seed, uint64_t index, uint64_t channel)
{
    return (double)(bits(seed, index, channel) >> 11) * 0x1.0p-53;
}

double sim_random_normal(uint64_t seed, uint64_t index, uint64_t channel)
{
    /* 1 - u is in (0, 1]: the logarithm stays finite. */
    const double u = 1.0 - sim_random_uniform(seed, index, 2 * channel);
    const double v = sim_random_uniform(seed, index, 2 * channel + 1);
    return sqrt(-2.0 * log(u)) * cos(2.0 * pi * v);
}
