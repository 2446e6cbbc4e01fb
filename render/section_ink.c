#include <math.h>
#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "section_parts.h"
#include "vector.h"

/* Without what fminf and fmaxf do about NAN, which would be a call each. */
static float lower(float a, float b)
{
    return a < b ? a : b;
}

static float higher(float a, float b)
{
    return a > b ? a : b;
}

static const float rim_px = 1.2F;

/* A line in pixels, and what is needed for each pixel near it. */
struct stroke {
    float x0, y0, dx, dy;
    float inverse; /* of its length squared; 0: a point */
    float edge;    /* how far from it the ink goes */
    float reach;   /* how far the rim goes */
};

/* The pixels of a row that the rim of a long line may reach; all between low and high otherwise. */
static void row_part(const struct stroke *stroke, float y, float *low, float *high)
{
    if (fabsf(stroke->dy) * 8.0F < stroke->reach || stroke->inverse == 0.0F) {
        return;
    }
    const float slope = stroke->dx / stroke->dy;
    const float middle = stroke->x0 + (y - stroke->y0) * slope;
    const float half = stroke->reach * sqrtf(1.0F + slope * slope) + 1.0F;
    *low = higher(*low, middle - half);
    *high = lower(*high, middle + half);
}

static void stroke_row_ref(const struct section_pen *pen, const struct stroke *stroke, int y,
                           int from, int to)
{
    const struct section_picture *picture = pen->picture;
    const size_t row = (size_t)y * (size_t)picture->shown.width;
    uint8_t *cover_row = picture->cover + row;
    uint8_t *ink_row = picture->ink + row;
    uint8_t *shade_row = picture->shade + row;
    const float py = (float)y - stroke->y0;
    const float reach2 = stroke->reach * stroke->reach;
    for (int x = from; x <= to; ++x) {
        const float px = (float)x - stroke->x0;
        const float part = (px * stroke->dx + py * stroke->dy) * stroke->inverse;
        const float on = lower(higher(part, 0.0F), 1.0F);
        const float ox = px - on * stroke->dx;
        const float oy = py - on * stroke->dy;
        const float off = ox * ox + oy * oy;
        if (off >= reach2) {
            continue;
        }
        const float from_edge = stroke->edge - sqrtf(off);
        const float cover = 255.0F * lower(higher(from_edge, 0.0F), 1.0F);
        const float shade = 150.0F * lower(higher(from_edge + rim_px, 0.0F), 1.0F);
        if (cover > 0.0F && cover >= (float)cover_row[x]) { /* later ink on top */
            cover_row[x] = (uint8_t)cover;
            ink_row[x] = pen->ink;
        }
        if (shade > (float)shade_row[x]) {
            shade_row[x] = (uint8_t)shade;
        }
    }
}

#if defined(__x86_64__)

__attribute__((target("avx2"))) static inline __m256 of_bytes(const uint8_t *bytes)
{
    return _mm256_cvtepi32_ps(
        _mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)(const void *)bytes)));
}

/* Eight words below 256 as bytes. */
__attribute__((target("avx2"))) static inline void put_bytes(__m256i words, uint8_t *out)
{
    const __m128i halves =
        _mm_packus_epi32(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1));
    _mm_storel_epi64((__m128i *)(void *)out, _mm_packus_epi16(halves, halves));
}

/* The same, eight pixels at a time and in the same order of operations. What lies beyond the last
 * is written back as it was: SECTION_SPARE bytes follow each plane. */
__attribute__((target("avx2"))) static void
stroke_row_avx2(const struct section_pen *pen, const struct stroke *stroke, int y, int from, int to)
{
    const struct section_picture *picture = pen->picture;
    const size_t row = (size_t)y * (size_t)picture->shown.width;
    const __m256 zero = _mm256_setzero_ps();
    const __m256 one = _mm256_set1_ps(1.0F);
    const __m256 dx = _mm256_set1_ps(stroke->dx);
    const __m256 dy = _mm256_set1_ps(stroke->dy);
    const __m256 py = _mm256_set1_ps((float)y - stroke->y0);
    const __m256 reach2 = _mm256_set1_ps(stroke->reach * stroke->reach);
    const __m256i steps = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    for (int x = from; x <= to; x += 8) {
        const __m256i at = _mm256_add_epi32(_mm256_set1_epi32(x), steps);
        const __m256 px = _mm256_sub_ps(_mm256_cvtepi32_ps(at), _mm256_set1_ps(stroke->x0));
        const __m256 part =
            _mm256_mul_ps(_mm256_add_ps(_mm256_mul_ps(px, dx), _mm256_mul_ps(py, dy)),
                          _mm256_set1_ps(stroke->inverse));
        const __m256 on = _mm256_min_ps(_mm256_max_ps(part, zero), one);
        const __m256 ox = _mm256_sub_ps(px, _mm256_mul_ps(on, dx));
        const __m256 oy = _mm256_sub_ps(py, _mm256_mul_ps(on, dy));
        const __m256 off = _mm256_add_ps(_mm256_mul_ps(ox, ox), _mm256_mul_ps(oy, oy));
        const __m256 near =
            _mm256_andnot_ps(_mm256_castsi256_ps(_mm256_cmpgt_epi32(at, _mm256_set1_epi32(to))),
                             _mm256_cmp_ps(off, reach2, _CMP_LT_OQ));
        if (_mm256_movemask_ps(near) == 0) {
            continue;
        }
        uint8_t *covers = picture->cover + row + x;
        uint8_t *inks = picture->ink + row + x;
        uint8_t *shades = picture->shade + row + x;
        const __m256 from_edge = _mm256_sub_ps(_mm256_set1_ps(stroke->edge), _mm256_sqrt_ps(off));
        const __m256 cover = _mm256_mul_ps(_mm256_set1_ps(255.0F),
                                           _mm256_min_ps(_mm256_max_ps(from_edge, zero), one));
        const __m256 had = of_bytes(covers);
        const __m256 inked =
            _mm256_and_ps(near, _mm256_and_ps(_mm256_cmp_ps(cover, zero, _CMP_GT_OQ),
                                              _mm256_cmp_ps(cover, had, _CMP_GE_OQ)));
        if (_mm256_movemask_ps(inked) != 0) {
            put_bytes(_mm256_cvttps_epi32(_mm256_blendv_ps(had, cover, inked)), covers);
            const __m256 ink =
                _mm256_blendv_ps(of_bytes(inks), _mm256_set1_ps((float)pen->ink), inked);
            put_bytes(_mm256_cvttps_epi32(ink), inks);
        }
        const __m256 rim = _mm256_add_ps(from_edge, _mm256_set1_ps(rim_px));
        const __m256 shade =
            _mm256_mul_ps(_mm256_set1_ps(150.0F), _mm256_min_ps(_mm256_max_ps(rim, zero), one));
        const __m256 dark = of_bytes(shades);
        const __m256 darker = _mm256_and_ps(near, _mm256_cmp_ps(shade, dark, _CMP_GT_OQ));
        put_bytes(_mm256_cvttps_epi32(_mm256_blendv_ps(dark, shade, darker)), shades);
    }
}

#else

static void stroke_row_avx2(const struct section_pen *pen, const struct stroke *stroke, int y,
                            int from, int to)
{
    stroke_row_ref(pen, stroke, y, from, to);
}

#endif

static void stroke_with(const struct section_pen *pen, float x0, float y0, float x1, float y1,
                        bool fast)
{
    const struct rnd_section *shown = &pen->picture->shown;
    struct stroke stroke = {.x0 = x0,
                            .y0 = y0,
                            .dx = x1 - x0,
                            .dy = y1 - y0,
                            .edge = pen->half_px + 0.5F,
                            .reach = pen->half_px + 0.5F + rim_px};
    const float low_x = higher(lower(x0, x1) - stroke.reach, 0.0F);
    const float low_y = higher(lower(y0, y1) - stroke.reach, 0.0F);
    const float high_x = lower(higher(x0, x1) + stroke.reach, (float)(shown->width - 1));
    const float high_y = lower(higher(y0, y1) + stroke.reach, (float)(shown->height - 1));
    if (!(low_x <= high_x && low_y <= high_y)) {
        return;
    }
    const float square = stroke.dx * stroke.dx + stroke.dy * stroke.dy;
    stroke.inverse = square > 1e-12F ? 1.0F / square : 0.0F;
    for (int y = (int)low_y; y <= (int)high_y; ++y) {
        float low = low_x;
        float high = high_x;
        row_part(&stroke, (float)y, &low, &high);
        if (low <= high) {
            (fast ? stroke_row_avx2 : stroke_row_ref)(pen, &stroke, y, (int)low, (int)high);
        }
    }
}

void section_stroke(const struct section_pen *pen, float x0, float y0, float x1, float y1)
{
    stroke_with(pen, x0, y0, x1, y1, rnd_slice_is_fast());
}

void section_stroke_ref(const struct section_pen *pen, float x0, float y0, float x1, float y1)
{
    stroke_with(pen, x0, y0, x1, y1, false);
}

void section_place(const struct section_pen *pen, const double point_mm[3], double out[2])
{
    double off[3];
    rnd_sub(point_mm, pen->tip_mm, off);
    const struct rnd_section *shown = &pen->picture->shown;
    out[0] = 0.5 * (shown->width - 1) + pen->px_per_mm * rnd_dot(off, pen->picture->right);
    out[1] = 0.5 * (shown->height - 1) + pen->px_per_mm * rnd_dot(off, pen->picture->down);
}

/* Cuts a line to the picture and its surroundings, so that no pixel far out is looked at. */
static bool clip(const struct rnd_section *shown, double a[2], double b[2])
{
    const double reach = 16.0;
    const double high[2] = {shown->width + reach, shown->height + reach};
    double from = 0.0;
    double to = 1.0;
    const double way[2] = {b[0] - a[0], b[1] - a[1]};
    for (int k = 0; k < 2; ++k) {
        if (fabs(way[k]) < 1e-9) {
            if (a[k] < -reach || a[k] > high[k]) {
                return false;
            }
            continue;
        }
        const double first = (-reach - a[k]) / way[k];
        const double second = (high[k] - a[k]) / way[k];
        from = fmax(from, fmin(first, second));
        to = fmin(to, fmax(first, second));
    }
    if (!(from <= to)) {
        return false;
    }
    for (int k = 0; k < 2; ++k) {
        const double start = a[k];
        a[k] = start + from * way[k];
        b[k] = start + to * way[k];
    }
    return true;
}

void section_line(const struct section_pen *pen, const double a_mm[3], const double b_mm[3])
{
    double a[2];
    double b[2];
    section_place(pen, a_mm, a);
    section_place(pen, b_mm, b);
    if (clip(&pen->picture->shown, a, b)) {
        section_stroke(pen, (float)a[0], (float)a[1], (float)b[0], (float)b[1]);
    }
}
