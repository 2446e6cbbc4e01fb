#include "soft_tools.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

/* Steps of a pixel that corners are rounded to, as OpenGL's rasterisers do. */
enum { STEPS = 256 };
/* Rows that a thread draws before it takes the next ones: what it works on stays in its cache. */
enum { BAND = 32 };
static const double near_w = 1e-3;

/* A vertex as the rasteriser takes it. */
struct corner {
    double x, y;      /* pixels */
    double z;         /* 0 near, 1 far */
    double normal[3]; /* camera space, of any length, divided by w: linear in the picture */
};

/* What a frame is made of. */
struct frame {
    struct rnd_soft_canvas *canvas;
    struct rnd_soft_still still;
    const struct rnd_soft_shape *shapes;
    size_t count;
    bool afresh;
};

struct rnd_soft_canvas {
    int width, height;
    int block_px; /* columns that a bit of a row's mask stands for */
    uint32_t *colour;
    float *depth;
    bool fast;
    uint64_t *covered;      /* a mask for each row */
    uint64_t *listed;       /* likewise: where the still picture has fragments */
    struct corner *corners; /* of all shapes of a frame, one after the other */
    size_t corner_room;
    bool drawn; /* there is a frame in it */

    struct frame frame;
    atomic_int next_band; /* of the frame that nobody has taken yet */
    bool begun;           /* a frame that is not finished */

    pthread_t helper;
    bool has_helper;
    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t changed;
    bool helping; /* the helper has been asked and is not through */
    bool end;
};

void rnd_soft_plain(struct rnd_soft_canvas *canvas)
{
    canvas->fast = false;
}

static void copy_row(struct rnd_soft_canvas *canvas, const struct rnd_soft_still *still, int row,
                     int from, int to)
{
    const size_t at = (size_t)row * (size_t)canvas->width + (size_t)from;
    const size_t count = (size_t)(to - from);
    memcpy(canvas->colour + at, still->colour + at, count * sizeof(*canvas->colour));
    memcpy(canvas->depth + at, still->depth + at, count * sizeof(*canvas->depth));
}

/* The blocks of a row in which there are fragments. */
static uint64_t listed_blocks(const struct rnd_soft_canvas *canvas, const uint32_t *heads)
{
    uint64_t mask = 0;
    for (int block = 0; block * canvas->block_px < canvas->width; ++block) {
        const int end = (block + 1) * canvas->block_px;
        uint32_t any = 0;
        for (int x = block * canvas->block_px; x < end && x < canvas->width; ++x) {
            any |= heads[x];
        }
        mask |= (uint64_t)(any != 0) << block;
    }
    return mask;
}

static void begin_row(struct rnd_soft_canvas *canvas, const struct rnd_soft_still *still, int row)
{
    copy_row(canvas, still, row, 0, canvas->width);
    canvas->listed[row] = listed_blocks(canvas, still->heads + (size_t)row * (size_t)canvas->width);
}

/* Takes the tools of the last frame out again. */
static void restore_row(struct rnd_soft_canvas *canvas, const struct rnd_soft_still *still, int row)
{
    uint64_t mask = canvas->covered[row];
    for (int block = 0; mask != 0; ++block, mask >>= 1) {
        const int first = block;
        while ((mask & 3) == 3) {
            mask >>= 1; /* neighbours in one go */
            ++block;
        }
        if ((mask & 1) != 0) {
            const int end = (block + 1) * canvas->block_px;
            copy_row(canvas, still, row, first * canvas->block_px,
                     end < canvas->width ? end : canvas->width);
        }
    }
}

const uint32_t *rnd_soft_pixels(const struct rnd_soft_canvas *canvas)
{
    return canvas->colour;
}

uint64_t rnd_soft_covered(const struct rnd_soft_canvas *canvas, int row)
{
    return canvas->covered[row];
}

int rnd_soft_block_px(const struct rnd_soft_canvas *canvas)
{
    return canvas->block_px;
}

/* ---- corners -------------------------------------------------------------------------------- */

static void multiply(const double m[16], const double v[4], double out[4])
{
    for (int row = 0; row < 4; ++row) {
        out[row] = m[4 * row] * v[0] + m[4 * row + 1] * v[1] + m[4 * row + 2] * v[2] +
                   m[4 * row + 3] * v[3];
    }
}

/* Normals go by the inverse transposed matrix: its cofactors, up to a factor. */
static void normal_matrix(const double m[16], double out[9])
{
    for (int i = 0; i < 3; ++i) {
        const int a = (i + 1) % 3;
        const int b = (i + 2) % 3;
        for (int k = 0; k < 3; ++k) {
            const int c = (k + 1) % 3;
            const int d = (k + 2) % 3;
            out[3 * i + k] = m[4 * a + c] * m[4 * b + d] - m[4 * a + d] * m[4 * b + c];
        }
    }
}

/* False: one lies behind the eye. */
static bool place_corners(const struct rnd_soft_canvas *canvas, const struct rnd_soft_shape *shape,
                          struct corner *corners)
{
    double N[9];
    normal_matrix(shape->view_from_model, N);
    for (size_t i = 0; i < shape->vertex_count; ++i) {
        const float *p = &shape->positions[3 * i];
        const float *n = &shape->normals[3 * i];
        const double model[4] = {(double)p[0], (double)p[1], (double)p[2], 1.0};
        double view[4];
        double clip[4];
        multiply(shape->view_from_model, model, view);
        multiply(shape->clip_from_view, view, clip);
        if (!(clip[3] > near_w)) {
            return false;
        }
        struct corner *corner = &corners[i];
        corner->x = (clip[0] / clip[3] * 0.5 + 0.5) * canvas->width;
        corner->y = (clip[1] / clip[3] * 0.5 + 0.5) * canvas->height;
        corner->z = clip[2] / clip[3] * 0.5 + 0.5;
        /* Far outside: rounding to steps would overflow. */
        if (fabs(corner->x) > 1e6 || fabs(corner->y) > 1e6) {
            return false;
        }
        for (int k = 0; k < 3; ++k) {
            corner->normal[k] = (N[3 * k] * (double)n[0] + N[3 * k + 1] * (double)n[1] +
                                 N[3 * k + 2] * (double)n[2]) /
                                clip[3];
        }
    }
    return true;
}

/* ---- one row of one triangle ---------------------------------------------------------------- */

/* A value over the picture: at the middle of pixel (0, 0), and its slopes. */
struct plane {
    double at, dx, dy;
};

/* What a surface makes of the lamps. */
struct look {
    float ambient[3];
    float towards[RND_SOFT_LAMPS][3];
    float diffuse[RND_SOFT_LAMPS][3], specular[RND_SOFT_LAMPS][3]; /* times the lamp's colour */
    unsigned power;
};

struct filler {
    struct rnd_soft_canvas *canvas;
    const struct rnd_soft_still *still;
    int64_t first_row, end_row; /* of the band that is drawn */
    bool one_sided;
    struct look look;
    /* The way from the eye through a pixel is (ray_x, ray_y, -1), linear in the pixel. */
    struct plane ray_x, ray_y;
    struct plane depth, normal[3];
};

/* Some pixels of a row, with their values at the first one and the steps to the next. */
struct run {
    const struct look *look;
    const struct rnd_soft_still *still;
    const uint32_t *heads;
    uint32_t *colour;
    float *depth;
    int count;
    bool listed; /* some of them may have fragments */
    float z, dz;
    float n[3], dn[3];
    float ray_x, dray_x, ray_y;
};

static float first_of(const struct plane *plane, int x, int y)
{
    return (float)(plane->at + plane->dx * x + plane->dy * y);
}

/* A pixel's colour behind the fragments in front of it. */
static uint32_t behind(const struct rnd_soft_still *still, uint32_t node, float z,
                       const float colour[3])
{
    float front[3] = {0.0F, 0.0F, 0.0F};
    float through = 1.0F;
    for (int step = 0; step < RND_SOFT_LIST_MAX && node != 0 && node < still->node_count; ++step) {
        const uint32_t *item = &still->nodes[4 * (size_t)node];
        float deep;
        memcpy(&deep, &item[2], sizeof(deep));
        if (deep >= z) {
            break;
        }
        for (int c = 0; c < 3; ++c) {
            front[c] += through * (float)(item[1] >> (8 * c) & 0xFFU) * (1.0F / 255.0F);
        }
        through *= 1.0F - (float)(item[1] >> 24) * (1.0F / 255.0F);
        node = item[0];
    }
    uint32_t word = 0xFF000000U;
    for (int c = 0; c < 3; ++c) {
        const float sum = front[c] + through * colour[c];
        word |= (uint32_t)((sum < 1.0F ? sum : 1.0F) * 255.0F + 0.5F) << (8 * c);
    }
    return word;
}

/* The colour of pixel i, 0 to 1: Phong, as lamps.hpp has it. */
static void shade(const struct run *run, int i, float out[3])
{
    const struct look *look = run->look;
    const float step = (float)i;
    float n[3];
    for (int k = 0; k < 3; ++k) {
        n[k] = run->n[k] + step * run->dn[k];
    }
    const float unit = 1.0F / sqrtf(n[0] * n[0] + n[1] * n[1] + n[2] * n[2]);
    const float ray_x = run->ray_x + step * run->dray_x;
    const float towards = 1.0F / sqrtf(ray_x * ray_x + run->ray_y * run->ray_y + 1.0F);
    const float eye[3] = {-ray_x * towards, -run->ray_y * towards, towards};
    const float facing = unit * (n[0] * eye[0] + n[1] * eye[1] + n[2] * eye[2]);
    memcpy(out, look->ambient, sizeof(look->ambient));
    for (int lamp = 0; lamp < RND_SOFT_LAMPS; ++lamp) {
        const float *l = look->towards[lamp];
        const float lit = unit * (n[0] * l[0] + n[1] * l[1] + n[2] * l[2]);
        if (lit <= 0.0F) {
            continue;
        }
        float base = 2.0F * lit * facing - (l[0] * eye[0] + l[1] * eye[1] + l[2] * eye[2]);
        base = base > 0.0F ? base : 0.0F;
        float shine = 1.0F;
        for (unsigned rest = look->power; rest != 0; rest >>= 1) {
            shine = (rest & 1) != 0 ? shine * base : shine;
            base *= base;
        }
        for (int c = 0; c < 3; ++c) {
            out[c] += lit * look->diffuse[lamp][c] + shine * look->specular[lamp][c];
        }
    }
    for (int c = 0; c < 3; ++c) {
        out[c] = out[c] < 1.0F ? out[c] : 1.0F;
    }
}

/* True where a pixel was drawn. */
static bool fill_plain(const struct run *run)
{
    bool any = false;
    for (int i = 0; i < run->count; ++i) {
        const float z = run->z + (float)i * run->dz;
        if (z >= 0.0F && z <= run->depth[i]) {
            float colour[3];
            shade(run, i, colour);
            run->colour[i] = behind(run->still, run->heads[i], z, colour);
            run->depth[i] = z;
            any = true;
        }
    }
    return any;
}

#if defined(__x86_64__)
#define FAST __attribute__((target("avx2,fma")))

/* 1 / sqrt(x) to 22 bits. */
FAST static inline __m256 inverse_root(__m256 x)
{
    const __m256 y = _mm256_rsqrt_ps(x);
    const __m256 half = _mm256_mul_ps(_mm256_set1_ps(-0.5F), _mm256_mul_ps(x, y));
    return _mm256_mul_ps(y, _mm256_fmadd_ps(half, y, _mm256_set1_ps(1.5F)));
}

FAST static inline __m256 dot3(const __m256 a[3], __m256 x, __m256 y, __m256 z)
{
    return _mm256_fmadd_ps(a[0], x, _mm256_fmadd_ps(a[1], y, _mm256_mul_ps(a[2], z)));
}

/* Eight pixels of shade(), from `step` on. */
FAST static inline void shade8(const struct run *run, __m256 step, __m256 out[3])
{
    const struct look *look = run->look;
    const __m256 zero = _mm256_setzero_ps();
    __m256 n[3];
    __m256 eye[3];
    for (int k = 0; k < 3; ++k) {
        n[k] = _mm256_fmadd_ps(step, _mm256_set1_ps(run->dn[k]), _mm256_set1_ps(run->n[k]));
        out[k] = _mm256_set1_ps(look->ambient[k]);
    }
    const __m256 unit = inverse_root(dot3(n, n[0], n[1], n[2]));
    const __m256 ray_x =
        _mm256_fmadd_ps(step, _mm256_set1_ps(run->dray_x), _mm256_set1_ps(run->ray_x));
    const __m256 beside = _mm256_set1_ps(run->ray_y * run->ray_y + 1.0F);
    eye[2] = inverse_root(_mm256_fmadd_ps(ray_x, ray_x, beside));
    eye[0] = _mm256_sub_ps(zero, _mm256_mul_ps(ray_x, eye[2]));
    eye[1] = _mm256_mul_ps(_mm256_set1_ps(-run->ray_y), eye[2]);
    const __m256 facing = _mm256_mul_ps(unit, dot3(n, eye[0], eye[1], eye[2]));
    /* All lamps side by side: each power is a chain of multiplications that wait for each other. */
    __m256 base[RND_SOFT_LAMPS];
    __m256 shine[RND_SOFT_LAMPS];
    for (int lamp = 0; lamp < RND_SOFT_LAMPS; ++lamp) {
        const __m256 lx = _mm256_set1_ps(look->towards[lamp][0]);
        const __m256 ly = _mm256_set1_ps(look->towards[lamp][1]);
        const __m256 lz = _mm256_set1_ps(look->towards[lamp][2]);
        const __m256 lit = _mm256_max_ps(zero, _mm256_mul_ps(unit, dot3(n, lx, ly, lz)));
        for (int c = 0; c < 3; ++c) {
            out[c] = _mm256_fmadd_ps(lit, _mm256_set1_ps(look->diffuse[lamp][c]), out[c]);
        }
        base[lamp] = _mm256_fmsub_ps(_mm256_add_ps(lit, lit), facing, dot3(eye, lx, ly, lz));
        base[lamp] = _mm256_max_ps(zero, base[lamp]);
        shine[lamp] = _mm256_and_ps(_mm256_set1_ps(1.0F), _mm256_cmp_ps(lit, zero, _CMP_GT_OQ));
    }
    for (unsigned rest = look->power; rest != 0; rest >>= 1) {
        for (int lamp = 0; lamp < RND_SOFT_LAMPS; ++lamp) {
            shine[lamp] = (rest & 1) != 0 ? _mm256_mul_ps(shine[lamp], base[lamp]) : shine[lamp];
            base[lamp] = _mm256_mul_ps(base[lamp], base[lamp]);
        }
    }
    for (int lamp = 0; lamp < RND_SOFT_LAMPS && look->power > 0; ++lamp) {
        for (int c = 0; c < 3; ++c) {
            out[c] = _mm256_fmadd_ps(shine[lamp], _mm256_set1_ps(look->specular[lamp][c]), out[c]);
        }
    }
}

/* behind() with a pixel's channels side by side; `own` with 1 in the place of its opacity. */
FAST static uint32_t behind_fast(const struct rnd_soft_still *still, uint32_t node, float z,
                                 __m128 own)
{
    const __m128 part = _mm_set1_ps(1.0F / 255.0F);
    const __m128 one = _mm_set1_ps(1.0F);
    __m128 front = _mm_setzero_ps();
    __m128 through = one;
    for (int step = 0; step < RND_SOFT_LIST_MAX && node != 0 && node < still->node_count; ++step) {
        const uint32_t *item = &still->nodes[4 * (size_t)node];
        float deep;
        memcpy(&deep, &item[2], sizeof(deep));
        if (deep >= z) {
            break;
        }
        const __m128i bytes = _mm_cvtepu8_epi32(_mm_cvtsi32_si128((int)item[1]));
        const __m128 layer = _mm_mul_ps(_mm_cvtepi32_ps(bytes), part);
        front = _mm_fmadd_ps(through, layer, front);
        through = _mm_mul_ps(through, _mm_sub_ps(one, _mm_permute_ps(layer, 0xFF)));
        node = item[0];
    }
    const __m128 sum = _mm_min_ps(_mm_fmadd_ps(through, own, front), one);
    const __m128i words = _mm_cvtps_epi32(_mm_mul_ps(sum, _mm_set1_ps(255.0F)));
    const __m128i packed = _mm_packus_epi16(_mm_packs_epi32(words, words), words);
    return (uint32_t)_mm_cvtsi128_si32(packed) | 0xFF000000U;
}

/* The pixels of eight that lie behind fragments, one by one. */
FAST static void put_behind(const struct run *run, int at, __m256i listed, __m256 z,
                            const __m256 colours[3])
{
    float depth[8];
    float colour[3][8];
    _mm256_storeu_ps(depth, z);
    for (int c = 0; c < 3; ++c) {
        _mm256_storeu_ps(colour[c], colours[c]);
    }
    const unsigned bits = (unsigned)_mm256_movemask_ps(_mm256_castsi256_ps(listed));
    for (int i = 0; i < 8; ++i) {
        if ((bits >> i & 1) != 0) {
            const __m128 own = _mm_setr_ps(colour[0][i], colour[1][i], colour[2][i], 1.0F);
            run->colour[at + i] = behind_fast(run->still, run->heads[at + i], depth[i], own);
        }
    }
}

/* fill_plain, eight at a time. */
FAST static bool fill_fast(const struct run *run)
{
    const __m256i lanes = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    const __m256 zero = _mm256_setzero_ps();
    const __m256 one = _mm256_set1_ps(1.0F);
    bool any = false;
    for (int i = 0; i < run->count; i += 8) {
        const __m256i index = _mm256_add_epi32(lanes, _mm256_set1_epi32(i));
        const __m256i mine = _mm256_cmpgt_epi32(_mm256_set1_epi32(run->count), index);
        const __m256 step = _mm256_cvtepi32_ps(index);
        const __m256 z = _mm256_fmadd_ps(step, _mm256_set1_ps(run->dz), _mm256_set1_ps(run->z));
        const __m256 there = _mm256_maskload_ps(run->depth + i, mine);
        const __m256 near =
            _mm256_and_ps(_mm256_cmp_ps(z, there, _CMP_LE_OQ), _mm256_cmp_ps(z, zero, _CMP_GE_OQ));
        const __m256i passed = _mm256_and_si256(mine, _mm256_castps_si256(near));
        if (_mm256_testz_si256(passed, passed) != 0) {
            continue;
        }
        any = true;
        __m256 colours[3];
        __m256i word = _mm256_set1_epi32((int)0xFF000000U);
        shade8(run, step, colours);
        for (int c = 0; c < 3; ++c) {
            colours[c] = _mm256_min_ps(colours[c], one);
            const __m256 level = _mm256_mul_ps(colours[c], _mm256_set1_ps(255.0F));
            word = _mm256_or_si256(word, _mm256_slli_epi32(_mm256_cvtps_epi32(level), 8 * c));
        }
        _mm256_maskstore_epi32((int *)run->colour + i, passed, word);
        _mm256_maskstore_ps(run->depth + i, passed, z);
        if (!run->listed) {
            continue;
        }
        const __m256i heads = _mm256_maskload_epi32((const int *)run->heads + i, passed);
        const __m256i listed =
            _mm256_andnot_si256(_mm256_cmpeq_epi32(heads, _mm256_setzero_si256()), passed);
        if (_mm256_testz_si256(listed, listed) == 0) {
            put_behind(run, i, listed, z, colours);
        }
    }
    return any;
}

bool rnd_soft_is_fast(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}
#else
static bool fill_fast(const struct run *run)
{
    return fill_plain(run);
}

bool rnd_soft_is_fast(void)
{
    return false;
}
#endif

static uint64_t blocks(const struct rnd_soft_canvas *canvas, int from, int to)
{
    const int first = from / canvas->block_px;
    const int last = (to - 1) / canvas->block_px;
    return (~UINT64_C(0) >> (63 - (last - first))) << first;
}

/* A triangle's rows lie under each other, each in another page of memory, and fragments lie
 * wherever they were captured: what the next rows need is asked for now. */
static void fetch_ahead(const struct filler *filler, int y, int from, int to)
{
    enum { PIXELS = 8, FRAGMENTS = 3, LINE = 16 };
    const struct rnd_soft_canvas *canvas = filler->canvas;
    const uint64_t mask = blocks(canvas, from, to);
    if (y + PIXELS < filler->end_row) {
        const size_t row = (size_t)(y + PIXELS) * (size_t)canvas->width;
        const bool listed = (canvas->listed[y + PIXELS] & mask) != 0;
        for (int x = from; x < to; x += LINE) {
            __builtin_prefetch(canvas->depth + row + x, 1);
            __builtin_prefetch(canvas->colour + row + x, 1);
            if (listed) {
                __builtin_prefetch(filler->still->heads + row + x);
            }
        }
    }
    if (y + FRAGMENTS < filler->end_row && (canvas->listed[y + FRAGMENTS] & mask) != 0) {
        const uint32_t *heads =
            filler->still->heads + (size_t)(y + FRAGMENTS) * (size_t)canvas->width;
        for (int x = from; x < to; ++x) {
            __builtin_prefetch(&filler->still->nodes[4 * (size_t)heads[x]]);
        }
    }
}

static void fill_row(const struct filler *filler, int y, int from, int to)
{
    struct rnd_soft_canvas *canvas = filler->canvas;
    const size_t at = (size_t)y * (size_t)canvas->width + (size_t)from;
    const uint64_t mask = blocks(canvas, from, to);
    fetch_ahead(filler, y, from, to);
    struct run run = {
        .look = &filler->look,
        .still = filler->still,
        .heads = filler->still->heads + at,
        .colour = canvas->colour + at,
        .depth = canvas->depth + at,
        .count = to - from,
        .listed = (canvas->listed[y] & mask) != 0,
        .z = first_of(&filler->depth, from, y),
        .dz = (float)filler->depth.dx,
        .ray_x = first_of(&filler->ray_x, from, y),
        .dray_x = (float)filler->ray_x.dx,
        .ray_y = first_of(&filler->ray_y, from, y),
    };
    for (int k = 0; k < 3; ++k) {
        run.n[k] = first_of(&filler->normal[k], from, y);
        run.dn[k] = (float)filler->normal[k].dx;
    }
    if (canvas->fast ? fill_fast(&run) : fill_plain(&run)) {
        canvas->covered[y] |= mask;
    }
}

/* ---- triangles ------------------------------------------------------------------------------ */

/* Inside: a x + b y + c >= 0 at the middle of a pixel, in steps; one of two triangles that share
 * an edge has its pixels. */
struct edge {
    int64_t a, b, c;
};

static struct edge edge_of(const int64_t from[2], const int64_t to[2])
{
    const int64_t dx = to[0] - from[0];
    const int64_t dy = to[1] - from[1];
    const int64_t half = STEPS / 2;
    const bool own = dy < 0 || (dy == 0 && dx < 0);
    return (struct edge){.a = -dy * STEPS,
                         .b = dx * STEPS,
                         .c = -dy * (half - from[0]) + dx * (half - from[1]) - (own ? 0 : 1)};
}

/* Both are whole numbers below 2^53 and their quotient is far from where doubles end: it is exact,
 * or on the right side of every whole number. */
static int64_t floor_divided(int64_t value, int64_t by)
{
    const double quotient = (double)value / (double)by;
    const int64_t cut = (int64_t)quotient;
    return cut - ((double)cut > quotient ? 1 : 0);
}

/* Narrows the columns of a row to those inside the edge. */
static void narrow(const struct edge *edge, int64_t y, int64_t *from, int64_t *to)
{
    const int64_t rest = edge->b * y + edge->c;
    if (edge->a > 0) {
        const int64_t first = -floor_divided(rest, edge->a);
        *from = first > *from ? first : *from;
    } else if (edge->a < 0) {
        const int64_t end = floor_divided(rest, -edge->a) + 1;
        *to = end < *to ? end : *to;
    } else if (rest < 0) {
        *to = *from;
    }
}

/* The plane through three values at three corners. */
static struct plane plane_of(const struct corner *const c[3], const double value[3], double area)
{
    const double x1 = c[1]->x - c[0]->x;
    const double y1 = c[1]->y - c[0]->y;
    const double x2 = c[2]->x - c[0]->x;
    const double y2 = c[2]->y - c[0]->y;
    const double v1 = value[1] - value[0];
    const double v2 = value[2] - value[0];
    struct plane plane = {.dx = (v1 * y2 - v2 * y1) / area, .dy = (v2 * x1 - v1 * x2) / area};
    plane.at = value[0] + plane.dx * (0.5 - c[0]->x) + plane.dy * (0.5 - c[0]->y);
    return plane;
}

static void set_planes(struct filler *filler, const struct corner *const c[3], double area,
                       double side)
{
    const double depth[3] = {c[0]->z, c[1]->z, c[2]->z};
    filler->depth = plane_of(c, depth, area);
    for (int k = 0; k < 3; ++k) {
        const double value[3] = {side * c[0]->normal[k], side * c[1]->normal[k],
                                 side * c[2]->normal[k]};
        filler->normal[k] = plane_of(c, value, area);
    }
}

static void fill_triangle(struct filler *filler, const struct corner *const given[3])
{
    const struct corner *c[3] = {given[0], given[1], given[2]};
    int64_t at[3][2];
    for (int i = 0; i < 3; ++i) {
        at[i][0] = llround(c[i]->x * STEPS);
        at[i][1] = llround(c[i]->y * STEPS);
    }
    int64_t low = at[0][1];
    int64_t high = at[0][1];
    for (int i = 1; i < 3; ++i) {
        low = at[i][1] < low ? at[i][1] : low;
        high = at[i][1] > high ? at[i][1] : high;
    }
    low = floor_divided(low, STEPS);
    high = floor_divided(high, STEPS) + 1;
    low = low > filler->first_row ? low : filler->first_row;
    high = high < filler->end_row ? high : filler->end_row;
    if (low >= high) {
        return;
    }
    const int64_t area = (at[1][0] - at[0][0]) * (at[2][1] - at[0][1]) -
                         (at[2][0] - at[0][0]) * (at[1][1] - at[0][1]);
    const bool back = area < 0;
    if (area == 0 || (back && filler->one_sided)) {
        return;
    }
    const double exact =
        (c[1]->x - c[0]->x) * (c[2]->y - c[0]->y) - (c[2]->x - c[0]->x) * (c[1]->y - c[0]->y);
    if (fabs(exact) < 1e-4) {
        return; /* a splinter, which has no slopes */
    }
    set_planes(filler, c, exact, back ? -1.0 : 1.0);
    const int b = back ? 2 : 1;
    const struct edge edges[3] = {edge_of(at[0], at[b]), edge_of(at[b], at[3 - b]),
                                  edge_of(at[3 - b], at[0])};
    for (int64_t y = low; y < high; ++y) {
        int64_t from = 0;
        int64_t to = filler->canvas->width;
        for (int i = 0; i < 3; ++i) {
            narrow(&edges[i], y, &from, &to);
        }
        if (to > from) {
            fill_row(filler, (int)y, (int)from, (int)to);
        }
    }
}

static struct look look_of(const struct rnd_soft_shape *shape)
{
    struct look look = {.power = shape->power};
    memcpy(look.ambient, shape->ambient, sizeof(look.ambient));
    for (int lamp = 0; lamp < RND_SOFT_LAMPS; ++lamp) {
        for (int c = 0; c < 3; ++c) {
            look.towards[lamp][c] = shape->lamps[lamp].towards[c];
            look.diffuse[lamp][c] = shape->lamps[lamp].colour[c] * shape->diffuse[c];
            look.specular[lamp][c] =
                shape->power > 0 ? shape->lamps[lamp].colour[c] * shape->specular[c] : 0.0F;
        }
    }
    return look;
}

static void draw_shape(const struct frame *frame, const struct rnd_soft_shape *shape,
                       const struct corner *corners, int64_t first_row, int64_t end_row)
{
    const struct rnd_soft_canvas *canvas = frame->canvas;
    /* clip x = P00 x + P02 z and w = -z: the way through a pixel follows from its place alone. */
    const double *P = shape->clip_from_view;
    const double across = 2.0 / canvas->width;
    const double up = 2.0 / canvas->height;
    struct filler filler = {
        .canvas = frame->canvas,
        .still = &frame->still,
        .first_row = first_row,
        .end_row = end_row,
        .one_sided = shape->one_sided,
        .look = look_of(shape),
        .ray_x = {.at = (0.5 * across - 1.0 + P[2]) / P[0], .dx = across / P[0]},
        .ray_y = {.at = (0.5 * up - 1.0 + P[6]) / P[5], .dy = up / P[5]},
    };
    for (size_t i = 0; i < shape->triangle_count; ++i) {
        const int32_t *t = &shape->triangles[3 * i];
        const struct corner *const c[3] = {&corners[t[0]], &corners[t[1]], &corners[t[2]]};
        fill_triangle(&filler, c);
    }
}

/* A band: without the last frame's tools, then with this one's. */
static void draw_band(const struct frame *frame, int band)
{
    struct rnd_soft_canvas *canvas = frame->canvas;
    const int first_row = band * BAND;
    const int end_row = first_row + BAND < canvas->height ? first_row + BAND : canvas->height;
    for (int row = first_row; row < end_row; ++row) {
        (frame->afresh ? begin_row : restore_row)(canvas, &frame->still, row);
        canvas->covered[row] = 0;
    }
    const struct corner *corners = canvas->corners;
    for (size_t i = 0; i < frame->count; ++i) {
        draw_shape(frame, &frame->shapes[i], corners, first_row, end_row);
        corners += frame->shapes[i].vertex_count;
    }
}

/* Bands that nobody has taken yet, until there are none. */
static void draw_bands(struct rnd_soft_canvas *canvas)
{
    for (;;) {
        const int band = atomic_fetch_add(&canvas->next_band, 1);
        if (band * BAND >= canvas->height) {
            break;
        }
        draw_band(&canvas->frame, band);
    }
}

/* ---- the helper ----------------------------------------------------------------------------- */

static void *help(void *context)
{
    struct rnd_soft_canvas *canvas = context;
    (void)pthread_mutex_lock(&canvas->lock);
    for (;;) {
        while (!canvas->helping && !canvas->end) {
            (void)pthread_cond_wait(&canvas->changed, &canvas->lock);
        }
        if (canvas->end) {
            break;
        }
        (void)pthread_mutex_unlock(&canvas->lock);
        draw_bands(canvas);
        (void)pthread_mutex_lock(&canvas->lock);
        canvas->helping = false;
        (void)pthread_cond_broadcast(&canvas->changed);
    }
    (void)pthread_mutex_unlock(&canvas->lock);
    return NULL;
}

static void start_helper(struct rnd_soft_canvas *canvas)
{
    (void)pthread_mutex_init(&canvas->lock, NULL);
    (void)pthread_cond_init(&canvas->changed, NULL);
    canvas->has_helper = pthread_create(&canvas->helper, NULL, help, canvas) == 0;
}

static void end_helper(struct rnd_soft_canvas *canvas)
{
    if (canvas->has_helper) {
        (void)pthread_mutex_lock(&canvas->lock);
        canvas->end = true;
        (void)pthread_cond_broadcast(&canvas->changed);
        (void)pthread_mutex_unlock(&canvas->lock);
        (void)pthread_join(canvas->helper, NULL);
    }
    (void)pthread_cond_destroy(&canvas->changed);
    (void)pthread_mutex_destroy(&canvas->lock);
}

/* ---- frames --------------------------------------------------------------------------------- */

static enum nav_status reserve_corners(struct rnd_soft_canvas *canvas,
                                       const struct rnd_soft_shape *shapes, size_t count)
{
    size_t needed = 0;
    for (size_t i = 0; i < count; ++i) {
        needed += shapes[i].vertex_count;
    }
    if (needed > canvas->corner_room) {
        struct corner *grown = realloc(canvas->corners, needed * sizeof(*canvas->corners));
        if (grown == NULL) {
            return NAV_ERR_MEMORY;
        }
        canvas->corners = grown;
        canvas->corner_room = needed;
    }
    return NAV_OK;
}

enum nav_status rnd_soft_begin(struct rnd_soft_canvas *canvas, const struct rnd_soft_still *still,
                               const struct rnd_soft_shape *shapes, size_t count, bool afresh)
{
    rnd_soft_finish(canvas);
    if (still->width != canvas->width || still->height != canvas->height) {
        return NAV_ERR_ARGUMENT;
    }
    const enum nav_status status = reserve_corners(canvas, shapes, count);
    if (status != NAV_OK) {
        return status;
    }
    struct corner *corners = canvas->corners;
    for (size_t i = 0; i < count; ++i) {
        if (shapes[i].power > RND_SOFT_POWER_MAX || !place_corners(canvas, &shapes[i], corners)) {
            return NAV_ERR_UNSUPPORTED;
        }
        corners += shapes[i].vertex_count;
    }
    canvas->frame = (struct frame){canvas, *still, shapes, count, afresh || !canvas->drawn};
    canvas->begun = canvas->drawn = true;
    atomic_store(&canvas->next_band, 0);
    if (canvas->has_helper) {
        (void)pthread_mutex_lock(&canvas->lock);
        canvas->helping = true;
        (void)pthread_cond_broadcast(&canvas->changed);
        (void)pthread_mutex_unlock(&canvas->lock);
    }
    return NAV_OK;
}

void rnd_soft_finish(struct rnd_soft_canvas *canvas)
{
    if (!canvas->begun) {
        return;
    }
    draw_bands(canvas);
    (void)pthread_mutex_lock(&canvas->lock);
    while (canvas->helping) {
        (void)pthread_cond_wait(&canvas->changed, &canvas->lock);
    }
    (void)pthread_mutex_unlock(&canvas->lock);
    canvas->begun = false;
}

/* ---- a canvas ------------------------------------------------------------------------------- */

static void release(struct rnd_soft_canvas *canvas)
{
    free(canvas->colour);
    free(canvas->depth);
    free(canvas->covered);
    free(canvas->listed);
    free(canvas->corners);
    free(canvas);
}

enum nav_status rnd_soft_canvas_create(int width, int height, struct rnd_soft_canvas **out_canvas)
{
    if (width < 1 || height < 1) {
        return NAV_ERR_ARGUMENT;
    }
    struct rnd_soft_canvas *canvas = calloc(1, sizeof(*canvas));
    if (canvas == NULL) {
        return NAV_ERR_MEMORY;
    }
    const size_t pixels = (size_t)width * (size_t)height;
    canvas->width = width;
    canvas->height = height;
    canvas->fast = rnd_soft_is_fast();
    canvas->colour = calloc(pixels, sizeof(*canvas->colour));
    canvas->depth = calloc(pixels, sizeof(*canvas->depth));
    canvas->covered = calloc((size_t)height, sizeof(*canvas->covered));
    canvas->block_px = (width + 63) / 64;
    canvas->listed = calloc((size_t)height, sizeof(*canvas->listed));
    if (canvas->colour == NULL || canvas->depth == NULL || canvas->covered == NULL ||
        canvas->listed == NULL) {
        release(canvas);
        return NAV_ERR_MEMORY;
    }
    start_helper(canvas);
    *out_canvas = canvas;
    return NAV_OK;
}

void rnd_soft_canvas_destroy(struct rnd_soft_canvas *canvas)
{
    if (canvas == NULL) {
        return;
    }
    rnd_soft_finish(canvas);
    end_helper(canvas);
    release(canvas);
}
