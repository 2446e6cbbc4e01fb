#include "slice.h"

#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

enum { SIDE_MAX = 4096, PICTURE_MAX = 16384 };

static const size_t voxels_max = (size_t)1 << 30;

/* A plane in voxel coordinates, and what turns values into grey. */
struct job {
    const int16_t *voxels;
    int size[3];
    float origin[3], right[3], down[3];
    float scale, offset; /* grey = value * scale + offset */
    int width, height;
    ptrdiff_t stride;
    uint8_t *out;
};

static bool invert3(const double T[12], double out[9])
{
    const double a = T[5] * T[10] - T[6] * T[9];
    const double b = T[6] * T[8] - T[4] * T[10];
    const double c = T[4] * T[9] - T[5] * T[8];
    const double determinant = T[0] * a + T[1] * b + T[2] * c;
    if (!isfinite(determinant) || fabs(determinant) < 1e-12) {
        return false;
    }
    const double inverse[9] = {
        a, T[2] * T[9] - T[1] * T[10], T[1] * T[6] - T[2] * T[5],
        b, T[0] * T[10] - T[2] * T[8], T[2] * T[4] - T[0] * T[6],
        c, T[1] * T[8] - T[0] * T[9],  T[0] * T[5] - T[1] * T[4],
    };
    for (int i = 0; i < 9; ++i) {
        out[i] = inverse[i] / determinant;
    }
    return true;
}

static bool turn(const double inverse[9], const double v[3], float out[3])
{
    bool finite = true;
    for (int i = 0; i < 3; ++i) {
        out[i] =
            (float)(inverse[3 * i] * v[0] + inverse[3 * i + 1] * v[1] + inverse[3 * i + 2] * v[2]);
        finite = finite && isfinite(out[i]);
    }
    return finite;
}

static bool prepare(const struct rnd_volume *volume, const struct rnd_plane *plane,
                    const struct rnd_window_level *window, int width, int height, int stride,
                    uint8_t *out_grey, struct job *job)
{
    if (volume->voxels == NULL || width < 1 || height < 1 || width > PICTURE_MAX ||
        height > PICTURE_MAX || stride < width || !(window->width > 0.0) ||
        !isfinite(window->width) || !isfinite(window->level)) {
        return false;
    }
    size_t count = 1;
    for (int i = 0; i < 3; ++i) {
        if (volume->size[i] < 2 || volume->size[i] > SIDE_MAX) {
            return false;
        }
        count *= (size_t)volume->size[i];
        job->size[i] = volume->size[i];
    }
    double inverse[9];
    if (count >= voxels_max || !invert3(volume->T_image_voxel, inverse)) {
        return false;
    }
    double from_first[3];
    for (int i = 0; i < 3; ++i) {
        from_first[i] = plane->origin_mm[i] - volume->T_image_voxel[4 * i + 3];
    }
    job->voxels = volume->voxels;
    job->scale = (float)(255.0 / window->width);
    job->offset = (float)(255.0 * (0.5 - window->level / window->width));
    job->width = width;
    job->height = height;
    job->stride = stride;
    job->out = out_grey;
    return turn(inverse, from_first, job->origin) && turn(inverse, plane->right_mm, job->right) &&
           turn(inverse, plane->down_mm, job->down);
}

/* Both ways do the same arithmetic in the same order, so that they agree about the last pixel
 * inside; hence no contraction into multiply-add. */
static void draw_ref(const struct job *job)
{
    const ptrdiff_t row = job->size[0];
    const ptrdiff_t sheet = row * job->size[1];
    for (int j = 0; j < job->height; ++j) {
        uint8_t *out = job->out + j * job->stride;
        float first[3];
        for (int k = 0; k < 3; ++k) {
            first[k] = job->origin[k] + (float)j * job->down[k];
        }
        for (int i = 0; i < job->width; ++i) {
            float part[3];
            ptrdiff_t cell[3];
            bool inside = true;
            for (int k = 0; k < 3; ++k) {
                const float at = first[k] + (float)i * job->right[k];
                const float last = (float)(job->size[k] - 1);
                inside = inside && at >= 0.0F && at <= last;
                if (inside) {
                    const float low = fminf(floorf(at), last - 1.0F); /* the last one belongs */
                    cell[k] = (ptrdiff_t)low;
                    part[k] = at - low;
                }
            }
            if (!inside) {
                out[i] = 0;
                continue;
            }
            const int16_t *v = job->voxels + cell[2] * sheet + cell[1] * row + cell[0];
            float line[4];
            for (int k = 0; k < 4; ++k) {
                const int16_t *pair = v + (k & 1) * row + (k >> 1) * sheet;
                line[k] = (float)pair[0] + part[0] * ((float)pair[1] - (float)pair[0]);
            }
            const float low = line[0] + part[1] * (line[1] - line[0]);
            const float high = line[2] + part[1] * (line[3] - line[2]);
            const float value = low + part[2] * (high - low);
            const float grey = value * job->scale + job->offset;
            out[i] = (uint8_t)fminf(fmaxf(grey, 0.0F), 255.0F);
        }
    }
}

#if defined(__x86_64__)

/* The stretch of a row in which all three coordinates may be inside; a pixel more at either end,
 * the test of each pixel decides. */
static void clip_row(const struct job *job, const float first[3], int *out_from, int *out_to)
{
    double from = 0.0;
    double to = job->width;
    for (int k = 0; k < 3; ++k) {
        const double last = (double)(job->size[k] - 1);
        const double step = (double)job->right[k];
        const double at = (double)first[k];
        if (fabs(step) < 1e-9) {
            if (at < -1e-3 || at > last + 1e-3) {
                to = -1.0;
            }
            continue;
        }
        const double a = (0.0 - at) / step;
        const double b = (last - at) / step;
        from = fmax(from, fmin(a, b) - 1.0);
        to = fmin(to, fmax(a, b) + 2.0);
    }
    *out_from = to <= from ? job->width : (int)from;
    *out_to = to <= from ? job->width : (int)ceil(to);
}

/* Eight pixels: the first voxel of each one's cell, its place in the cell, and whether it is in the
 * scan at all. */
struct pixels8 {
    int32_t index[8];
    __m256 part[3];
    __m256 inside;
};

/* An oblique row meets a new line of the cache with nearly every pixel, and no predictor foresees
 * which: so places are found this many times eight pixels ahead, and their voxels asked for. */
enum { AHEAD = 6, RING = 8 /* a power of two above it */ };

__attribute__((target("avx2"))) static void find_voxels(const struct job *job, const float first[3],
                                                        int i, struct pixels8 *out)
{
    const __m256 zero = _mm256_setzero_ps();
    const __m256 t =
        _mm256_add_ps(_mm256_setr_ps(0, 1, 2, 3, 4, 5, 6, 7), _mm256_set1_ps((float)i));
    __m256i cell[3];
    __m256 inside = _mm256_castsi256_ps(_mm256_set1_epi32(-1));
    for (int k = 0; k < 3; ++k) {
        const __m256 last = _mm256_set1_ps((float)(job->size[k] - 1));
        const __m256 at = _mm256_add_ps(_mm256_set1_ps(first[k]),
                                        _mm256_mul_ps(t, _mm256_set1_ps(job->right[k])));
        inside = _mm256_and_ps(inside, _mm256_and_ps(_mm256_cmp_ps(at, zero, _CMP_GE_OQ),
                                                     _mm256_cmp_ps(at, last, _CMP_LE_OQ)));
        /* What is outside, or no number, reads a voxel of the edge, and is black all the same. */
        const __m256 low = _mm256_max_ps(
            _mm256_min_ps(_mm256_floor_ps(at), _mm256_sub_ps(last, _mm256_set1_ps(1.0F))), zero);
        cell[k] = _mm256_cvttps_epi32(low);
        out->part[k] = _mm256_sub_ps(at, low);
    }
    out->inside = inside;
    const int row = job->size[0];
    const int sheet = job->size[0] * job->size[1];
    _mm256_storeu_si256(
        (__m256i *)(void *)out->index,
        _mm256_add_epi32(_mm256_add_epi32(_mm256_mullo_epi32(cell[2], _mm256_set1_epi32(sheet)),
                                          _mm256_mullo_epi32(cell[1], _mm256_set1_epi32(row))),
                         cell[0]));
    for (int k = 0; k < 8; ++k) {
        const int16_t *v = job->voxels + out->index[k];
        _mm_prefetch((const char *)v, _MM_HINT_T0);
        _mm_prefetch((const char *)(v + row), _MM_HINT_T0);
        _mm_prefetch((const char *)(v + sheet), _MM_HINT_T0);
        _mm_prefetch((const char *)(v + sheet + row), _MM_HINT_T0);
    }
}

static inline int two_voxels(const int16_t *voxels)
{
    int both;
    memcpy(&both, voxels, sizeof(both));
    return both;
}

/* Two neighbours along the first axis for each pixel, interpolated. Eight loads: the
 * gather that does the same took twice as long where it was measured (Zen 4). */
__attribute__((target("avx2"))) static inline __m256 lerp_pair(const int16_t *voxels,
                                                               const int32_t index[8], __m256 part)
{
    const __m256i pair = _mm256_setr_epi32(
        two_voxels(voxels + index[0]), two_voxels(voxels + index[1]), two_voxels(voxels + index[2]),
        two_voxels(voxels + index[3]), two_voxels(voxels + index[4]), two_voxels(voxels + index[5]),
        two_voxels(voxels + index[6]), two_voxels(voxels + index[7]));
    const __m256 low = _mm256_cvtepi32_ps(_mm256_srai_epi32(_mm256_slli_epi32(pair, 16), 16));
    const __m256 high = _mm256_cvtepi32_ps(_mm256_srai_epi32(pair, 16));
    return _mm256_add_ps(low, _mm256_mul_ps(part, _mm256_sub_ps(high, low)));
}

__attribute__((target("avx2"))) static inline __m256 lerp(__m256 a, __m256 b, __m256 part)
{
    return _mm256_add_ps(a, _mm256_mul_ps(part, _mm256_sub_ps(b, a)));
}

/* The grey of eight pixels, in the low half. */
__attribute__((target("avx2"))) static inline __m128i grey_of(const struct job *job,
                                                              const struct pixels8 *at)
{
    const int row = job->size[0];
    const int sheet = job->size[0] * job->size[1];
    const int16_t *v = job->voxels;
    const __m256 a = lerp_pair(v, at->index, at->part[0]);
    const __m256 b = lerp_pair(v + row, at->index, at->part[0]);
    const __m256 c = lerp_pair(v + sheet, at->index, at->part[0]);
    const __m256 d = lerp_pair(v + sheet + row, at->index, at->part[0]);
    const __m256 value = lerp(lerp(a, b, at->part[1]), lerp(c, d, at->part[1]), at->part[2]);
    __m256 grey = _mm256_add_ps(_mm256_mul_ps(value, _mm256_set1_ps(job->scale)),
                                _mm256_set1_ps(job->offset));
    grey = _mm256_min_ps(_mm256_max_ps(grey, _mm256_setzero_ps()), _mm256_set1_ps(255.0F));
    const __m256i whole = _mm256_cvttps_epi32(_mm256_and_ps(grey, at->inside));
    const __m128i words =
        _mm_packus_epi32(_mm256_castsi256_si128(whole), _mm256_extracti128_si256(whole, 1));
    return _mm_packus_epi16(words, words);
}

__attribute__((target("avx2"))) static void
draw_row_avx2(const struct job *job, const float first[3], int from, int to, uint8_t *out)
{
    struct pixels8 ring[RING];
    for (int ahead = 0; ahead < AHEAD; ++ahead) {
        find_voxels(job, first, from + 8 * ahead, &ring[ahead]);
    }
    unsigned turn = 0;
    for (int i = from; i < to; i += 8, ++turn) {
        find_voxels(job, first, i + 8 * AHEAD, &ring[(turn + AHEAD) % RING]);
        const __m128i bytes = grey_of(job, &ring[turn % RING]);
        if (i + 8 <= job->width) {
            _mm_storel_epi64((__m128i *)(void *)(out + i), bytes);
        } else {
            uint8_t tail[16];
            _mm_storeu_si128((__m128i *)(void *)tail, bytes);
            memcpy(out + i, tail, (size_t)(job->width - i));
        }
    }
}

static void draw_avx2(const struct job *job)
{
    for (int j = 0; j < job->height; ++j) {
        uint8_t *out = job->out + j * job->stride;
        float first[3];
        for (int k = 0; k < 3; ++k) {
            first[k] = job->origin[k] + (float)j * job->down[k];
        }
        int from = 0;
        int to = 0;
        clip_row(job, first, &from, &to);
        memset(out, 0, (size_t)job->width);
        draw_row_avx2(job, first, from, to, out);
    }
}

bool rnd_slice_is_fast(void)
{
    return __builtin_cpu_supports("avx2") != 0;
}

#else

static void draw_avx2(const struct job *job)
{
    draw_ref(job);
}

bool rnd_slice_is_fast(void)
{
    return false;
}

#endif

enum nav_status rnd_slice(const struct rnd_volume *volume, const struct rnd_plane *plane,
                          const struct rnd_window_level *window, int width, int height, int stride,
                          uint8_t *out_grey)
{
    struct job job;
    if (!prepare(volume, plane, window, width, height, stride, out_grey, &job)) {
        return NAV_ERR_ARGUMENT;
    }
    if (rnd_slice_is_fast()) {
        draw_avx2(&job);
    } else {
        draw_ref(&job);
    }
    return NAV_OK;
}

enum nav_status rnd_slice_ref(const struct rnd_volume *volume, const struct rnd_plane *plane,
                              const struct rnd_window_level *window, int width, int height,
                              int stride, uint8_t *out_grey)
{
    struct job job;
    if (!prepare(volume, plane, window, width, height, stride, out_grey, &job)) {
        return NAV_ERR_ARGUMENT;
    }
    draw_ref(&job);
    return NAV_OK;
}

struct rnd_window_level rnd_window_of(const struct rnd_volume *volume)
{
    enum { VALUES = 1 << 16 };
    const size_t count =
        (size_t)volume->size[0] * (size_t)volume->size[1] * (size_t)volume->size[2];
    size_t *histogram = calloc(VALUES, sizeof(*histogram));
    if (histogram == NULL) {
        return RND_WINDOW_BONE;
    }
    for (size_t i = 0; i < count; ++i) {
        ++histogram[volume->voxels[i] - INT16_MIN];
    }
    const size_t dark = count / 100;
    const size_t bright = count - count / 200;
    double low = INT16_MIN;
    double high = INT16_MAX;
    size_t below = 0;
    bool found = false;
    for (int value = 0; value < VALUES; ++value) {
        below += histogram[value];
        if (!found && below > dark) {
            found = true;
            low = value + INT16_MIN;
        }
        if (below >= bright) {
            high = value + INT16_MIN;
            break;
        }
    }
    free(histogram);
    return (struct rnd_window_level){.level = 0.5 * (low + high), .width = fmax(high - low, 1.0)};
}
