/* CRC-64 of OpenIGTLink bodies: ECMA-182, polynomial 0x42F0E1EBA9EA3693, most significant bit
 * first, initial value 0, no final inversion. Check value of "123456789": 6c40df5f0b497347.
 *
 * It finds accidents on the line and nothing else: with the initial value 0 a body of zeros has the
 * checksum 0, and the header is not covered. What a message says is judged elsewhere.
 *
 * One obvious implementation and faster ones; wire_crc64 takes the fastest that the processor has,
 * chosen once before main. Incremental: the result of one piece is the initial value of the next.
 * Any alignment, any length. Thread: any. */
#ifndef WIRE_CRC64_H
#define WIRE_CRC64_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* `bytes` may be NULL when `size` is 0. */
uint64_t wire_crc64(uint64_t initial, const void *bytes, size_t size);

/* Bit by bit, as the definition reads. For tests. */
uint64_t wire_crc64_ref(uint64_t initial, const void *bytes, size_t size);

/* The implementations by name, for tests and benchmarks. */
struct wire_crc64_variant {
    const char *name;
    uint64_t (*function)(uint64_t initial, const void *bytes, size_t size);
    bool supported; /* by this processor */
};

/* All variants of this build, slowest first; their count in `out_count`. */
const struct wire_crc64_variant *wire_crc64_variants(size_t *out_count);

#endif
