/* Noise that depends on nothing but a seed and a position: the same frame always gets the same
 * noise, in any order, on any machine.
 *
 * Bits by SplitMix64 (Steele, Lea, Flood 2014), normal deviates by Box and Muller (1958). */
#ifndef SIM_RANDOM_H
#define SIM_RANDOM_H

#include <stdint.h>

/* Uniform in [0, 1) for (seed, index, channel). */
double sim_random_uniform(uint64_t seed, uint64_t index, uint64_t channel);

/* Standard normal for (seed, index, channel). */
double sim_random_normal(uint64_t seed, uint64_t index, uint64_t channel);

#endif
