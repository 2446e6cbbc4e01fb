#include "wire_crc64.h"

#include "wire_cursor.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#define POLYNOMIAL UINT64_C(0x42F0E1EBA9EA3693) /* without the leading x^64 */

enum { SLICES = 16, FOLDS = 33 };

/* slice_table[k][b]: the checksum of byte b followed by k zero bytes. */
static uint64_t slice_table[SLICES][256];

/* fold_table[j] = {x^(128 j), x^(128 j + 64)} mod P: moves a block j blocks ahead. */
static uint64_t fold_table[FOLDS][2] __attribute__((aligned(16)));

/* floor(x^128 / P) without its leading x^64, for the Barrett reduction. */
static uint64_t barrett_mu;

static uint64_t times_x(uint64_t value)
{
    return (value << 1) ^ ((value >> 63) != 0 ? POLYNOMIAL : 0);
}

uint64_t wire_crc64_ref(uint64_t initial, const void *bytes, size_t size)
{
    const uint8_t *at = bytes;
    uint64_t crc = initial;
    for (size_t i = 0; i < size; i++) {
        crc ^= (uint64_t)at[i] << 56;
        for (int bit = 0; bit < 8; bit++) {
            crc = times_x(crc);
        }
    }
    return crc;
}

/* The checksum of 8 bytes with `zeros` (0 or 8) zero bytes behind them. */
static inline uint64_t slice_word(uint64_t word, unsigned zeros)
{
    const uint64_t(*table)[256] = (const uint64_t(*)[256])(slice_table + zeros);
    return table[7][word >> 56] ^ table[6][word >> 48 & 0xff] ^ table[5][word >> 40 & 0xff] ^
           table[4][word >> 32 & 0xff] ^ table[3][word >> 24 & 0xff] ^ table[2][word >> 16 & 0xff] ^
           table[1][word >> 8 & 0xff] ^ table[0][word & 0xff];
}

static uint64_t crc64_slice16(uint64_t initial, const void *bytes, size_t size)
{
    const uint8_t *at = bytes;
    uint64_t crc = initial;
    while (size >= 16) {
        const uint64_t high = wire_load_u64(at) ^ crc;
        const uint64_t low = wire_load_u64(at + 8);
        crc = slice_word(high, 8) ^ slice_word(low, 0);
        at += 16;
        size -= 16;
    }
    if (size >= 8) {
        crc = slice_word(wire_load_u64(at) ^ crc, 0);
        at += 8;
        size -= 8;
    }
    for (; size != 0; size--) {
        crc = (crc << 8) ^ slice_table[0][(crc >> 56) ^ *at++];
    }
    return crc;
}

#if defined(__x86_64__)

#define TARGET_CLMUL __attribute__((target("pclmul,ssse3,sse4.1")))
#define TARGET_VCLMUL                                                                              \
    __attribute__((target("vpclmulqdq,pclmul,avx512f,avx512bw,avx512vl,ssse3,sse4.1")))

/* Windows into these give byte shifts by a variable count and masks of the low bytes. */
static const uint8_t shift_window[48] = {
    0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
    0,    1,    2,    3,    4,    5,    6,    7,    8,    9,    10,   11,   12,   13,   14,   15,
    0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80};
static const uint8_t mask_window[32] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

/* 16 bytes as one polynomial: the first byte of the message is the highest. */
TARGET_CLMUL static inline __m128i load_block(const uint8_t *bytes)
{
    const __m128i reverse = _mm_set_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    return _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)bytes), reverse);
}

TARGET_CLMUL static inline __m128i fold_constants(size_t blocks)
{
    return _mm_load_si128((const __m128i *)fold_table[blocks]);
}

/* block * x^(128 j) mod P, not fully reduced, with the constants of j. */
TARGET_CLMUL static inline __m128i fold(__m128i block, __m128i constants)
{
    return _mm_xor_si128(_mm_clmulepi64_si128(block, constants, 0x00),
                         _mm_clmulepi64_si128(block, constants, 0x11));
}

/* Appends the last `count` (1..15) bytes before `end` to the polynomial; 16 bytes are readable
 * before `end`. */
TARGET_CLMUL static inline __m128i append_tail(__m128i block, const uint8_t *end, size_t count)
{
    const __m128i left = _mm_loadu_si128((const __m128i *)(shift_window + 16 - count));
    const __m128i right = _mm_loadu_si128((const __m128i *)(shift_window + 32 - count));
    const __m128i mask = _mm_loadu_si128((const __m128i *)(mask_window + 16 - count));
    const __m128i high = _mm_shuffle_epi8(block, right);
    const __m128i low = _mm_shuffle_epi8(block, left);
    const __m128i tail = _mm_and_si128(load_block(end - 16), mask);
    return _mm_xor_si128(fold(high, fold_constants(1)), _mm_xor_si128(low, tail));
}

/* block * x^64 mod P: one more fold by 64 bits, then Barrett. */
TARGET_CLMUL static inline uint64_t reduce(__m128i block)
{
    const __m128i folded = _mm_xor_si128(_mm_clmulepi64_si128(block, fold_constants(1), 0x01),
                                         _mm_slli_si128(block, 8));
    const __m128i constants = _mm_set_epi64x((long long)POLYNOMIAL, (long long)barrett_mu);
    const __m128i estimate =
        _mm_xor_si128(_mm_clmulepi64_si128(folded, constants, 0x01), folded); /* high half counts */
    const __m128i product = _mm_clmulepi64_si128(estimate, constants, 0x11);
    return (uint64_t)_mm_cvtsi128_si64(_mm_xor_si128(folded, product));
}

/* 16 bytes up to FOLDS blocks: every block goes straight to its place, no chain at all. */
TARGET_CLMUL static inline uint64_t crc64_short(uint64_t initial, const uint8_t *at, size_t size)
{
    const uint8_t *end = at + size;
    const size_t tail = size & 15;
    size_t blocks = size >> 4;
    __m128i sum = _mm_xor_si128(load_block(at), _mm_set_epi64x((long long)initial, 0));
    if (blocks > 1) {
        sum = fold(sum, fold_constants(blocks - 1));
        for (blocks -= 2; blocks != 0; blocks--) {
            at += 16;
            sum = _mm_xor_si128(sum, fold(load_block(at), fold_constants(blocks)));
        }
        sum = _mm_xor_si128(sum, load_block(at + 16));
    }
    if (tail != 0) {
        sum = append_tail(sum, end, tail);
    }
    return reduce(sum);
}

TARGET_CLMUL static uint64_t crc64_clmul(uint64_t initial, const void *bytes, size_t size)
{
    if (size < 16) {
        return crc64_slice16(initial, bytes, size);
    }
    const uint8_t *at = bytes;
    const uint8_t *end = at + size;
    if (size < FOLDS * 16) {
        return crc64_short(initial, at, size);
    }
    /* Four independent chains, each 64 bytes ahead, hide the multiplier's latency. */
    const __m128i four = fold_constants(4);
    __m128i a = _mm_xor_si128(load_block(at), _mm_set_epi64x((long long)initial, 0));
    __m128i b = load_block(at + 16);
    __m128i c = load_block(at + 32);
    __m128i d = load_block(at + 48);
    for (at += 64; end - at >= 64; at += 64) {
        a = _mm_xor_si128(fold(a, four), load_block(at));
        b = _mm_xor_si128(fold(b, four), load_block(at + 16));
        c = _mm_xor_si128(fold(c, four), load_block(at + 32));
        d = _mm_xor_si128(fold(d, four), load_block(at + 48));
    }
    __m128i sum =
        _mm_xor_si128(_mm_xor_si128(fold(a, fold_constants(3)), fold(b, fold_constants(2))),
                      _mm_xor_si128(fold(c, fold_constants(1)), d));
    for (; end - at >= 16; at += 16) {
        sum = _mm_xor_si128(fold(sum, fold_constants(1)), load_block(at));
    }
    if (at != end) {
        sum = append_tail(sum, end, (size_t)(end - at));
    }
    return reduce(sum);
}

TARGET_VCLMUL static inline __m512i load_blocks(const uint8_t *bytes)
{
    const __m512i reverse =
        _mm512_broadcast_i32x4(_mm_set_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15));
    return _mm512_shuffle_epi8(_mm512_loadu_si512(bytes), reverse);
}

TARGET_VCLMUL static inline __m512i fold_add(__m512i blocks, __m512i constants, __m512i add)
{
    enum { XOR_OF_THREE = 0x96 };
    return _mm512_ternarylogic_epi64(_mm512_clmulepi64_epi128(blocks, constants, 0x00),
                                     _mm512_clmulepi64_epi128(blocks, constants, 0x11), add,
                                     XOR_OF_THREE);
}

TARGET_VCLMUL static uint64_t crc64_vclmul(uint64_t initial, const void *bytes, size_t size)
{
    enum { STRIDE = 256, LEAST = STRIDE };
    if (size < 16) {
        return crc64_slice16(initial, bytes, size);
    }
    const uint8_t *at = bytes;
    const uint8_t *end = at + size;
    if (size < LEAST) {
        return crc64_short(initial, at, size);
    }
    const __m512i sixteen = _mm512_broadcast_i32x4(fold_constants(16));
    const __m512i four = _mm512_broadcast_i32x4(fold_constants(4));
    const __m512i first = _mm512_zextsi128_si512(_mm_set_epi64x((long long)initial, 0));
    __m512i a = _mm512_xor_si512(load_blocks(at), first);
    __m512i b = load_blocks(at + 64);
    __m512i c = load_blocks(at + 128);
    __m512i d = load_blocks(at + 192);
    at += STRIDE;
    for (; end - at >= STRIDE; at += STRIDE) {
        a = fold_add(a, sixteen, load_blocks(at));
        b = fold_add(b, sixteen, load_blocks(at + 64));
        c = fold_add(c, sixteen, load_blocks(at + 128));
        d = fold_add(d, sixteen, load_blocks(at + 192));
    }
    a = fold_add(a, four, b);
    a = fold_add(a, four, c);
    a = fold_add(a, four, d);
    for (; end - at >= 64; at += 64) {
        a = fold_add(a, four, load_blocks(at));
    }
    __m128i carry =
        _mm_xor_si128(_mm_xor_si128(fold(_mm512_castsi512_si128(a), fold_constants(3)),
                                    fold(_mm512_extracti32x4_epi32(a, 1), fold_constants(2))),
                      _mm_xor_si128(fold(_mm512_extracti32x4_epi32(a, 2), fold_constants(1)),
                                    _mm512_extracti32x4_epi32(a, 3)));
    for (; end - at >= 16; at += 16) {
        carry = _mm_xor_si128(fold(carry, fold_constants(1)), load_block(at));
    }
    if (end != at) {
        carry = append_tail(carry, end, (size_t)(end - at));
    }
    return reduce(carry);
}

#endif

static struct wire_crc64_variant variants[] = {
    {"bitwise", wire_crc64_ref, true},
    {"slice16", crc64_slice16, true},
#if defined(__x86_64__)
    {"pclmulqdq", crc64_clmul, false},
    {"vpclmulqdq", crc64_vclmul, false},
#endif
};

enum { VARIANTS = sizeof variants / sizeof variants[0] };

static uint64_t (*fastest)(uint64_t, const void *, size_t) = wire_crc64_ref;

static void make_tables(void)
{
    for (unsigned byte = 0; byte < 256; byte++) {
        const uint8_t value = (uint8_t)byte;
        slice_table[0][byte] = wire_crc64_ref(0, &value, 1);
    }
    for (unsigned k = 1; k < SLICES; k++) {
        for (unsigned byte = 0; byte < 256; byte++) {
            const uint64_t before = slice_table[k - 1][byte];
            slice_table[k][byte] = (before << 8) ^ slice_table[0][before >> 56];
        }
    }
    /* The powers start at x^64 mod P; row 0 of the fold table is never used. */
    uint64_t power = POLYNOMIAL;
    for (unsigned exponent = 64; exponent < FOLDS * 128; exponent += 64) {
        if (exponent >= 128) {
            fold_table[exponent / 128][exponent / 64 % 2] = power;
        }
        for (int i = 0; i < 64; i++) {
            power = times_x(power);
        }
    }
    /* Long division of x^128 by x^64 + P. The first quotient bit is x^64, which leaves P x^64; from
     * there on only the upper half decides. */
    uint64_t high = POLYNOMIAL;
    for (int bit = 63; bit >= 0; bit--) {
        if ((high >> bit & 1) != 0) {
            barrett_mu |= UINT64_C(1) << bit;
            high ^= UINT64_C(1) << bit; /* the leading term of the divisor, shifted */
            high ^= bit != 0 ? POLYNOMIAL >> (64 - bit) : 0;
        }
    }
}

__attribute__((constructor)) static void choose_fastest(void)
{
    make_tables();
#if defined(__x86_64__)
    __builtin_cpu_init();
    const bool clmul = __builtin_cpu_supports("pclmul") != 0 &&
                       __builtin_cpu_supports("ssse3") != 0 &&
                       __builtin_cpu_supports("sse4.1") != 0;
    variants[2].supported = clmul;
    variants[3].supported = clmul && __builtin_cpu_supports("vpclmulqdq") != 0 &&
                            __builtin_cpu_supports("avx512f") != 0 &&
                            __builtin_cpu_supports("avx512bw") != 0 &&
                            __builtin_cpu_supports("avx512vl") != 0;
#endif
    for (size_t i = 0; i < VARIANTS; i++) {
        if (variants[i].supported) {
            fastest = variants[i].function;
        }
    }
}

uint64_t wire_crc64(uint64_t initial, const void *bytes, size_t size)
{
    return fastest(initial, bytes, size);
}

const struct wire_crc64_variant *wire_crc64_variants(size_t *out_count)
{
    *out_count = VARIANTS;
    return variants;
}
