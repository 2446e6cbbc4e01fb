#include "phantom_volume.h"

#include "sdf.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum {
    BLOCK = 4, /* voxels an edge; structures are listed per block */
    THREADS_MAX = 16,
    TISSUE_STEP = 5 /* voxels between samples of the fat map */
};

static const double ct_spacing[3] = {0.9, 0.9, 1.0};

/* Later ones are painted over earlier ones. */
static const enum phantom_structure paint_order[] = {
    PHANTOM_VEINS,         PHANTOM_ARTERIES,     PHANTOM_DISC,          PHANTOM_HIP_RIGHT,
    PHANTOM_HIP_LEFT,      PHANTOM_L5,           PHANTOM_SACRUM,        PHANTOM_TUMOUR,
    PHANTOM_ROOT_L5_RIGHT, PHANTOM_ROOT_L5_LEFT, PHANTOM_ROOT_S1_RIGHT, PHANTOM_ROOT_S1_LEFT,
    PHANTOM_ROOT_S2_RIGHT, PHANTOM_ROOT_S2_LEFT, PHANTOM_ROOT_S3_RIGHT, PHANTOM_ROOT_S3_LEFT,
    PHANTOM_ROOT_S4_RIGHT, PHANTOM_ROOT_S4_LEFT, PHANTOM_ROOT_S5_RIGHT, PHANTOM_ROOT_S5_LEFT,
    PHANTOM_DURA,
};

struct job {
    const struct phantom *phantom;
    struct progress *progress;
    struct prep_volume *ct, *labels;
    float *tissue; /* 0 fat .. 1 muscle, coarse grid */
    int tissue_size[3];
    atomic_int next_slab;
};

static struct prep_volume grid_of(const struct phantom *phantom, enum prep_voxel type)
{
    struct phantom_box box = phantom_bounds(phantom, PHANTOM_SACRUM);
    for (int s = 0; s < PHANTOM_STRUCTURES; ++s) {
        const struct phantom_box one = phantom_bounds(phantom, (enum phantom_structure)s);
        for (int a = 0; a < 3; ++a) {
            box.low[a] = sdf_min(box.low[a], one.low[a]);
            box.high[a] = sdf_max(box.high[a], one.high[a]);
        }
    }
    box.high[1] += 30.0; /* up to the skin of the back */
    struct prep_volume volume = {.type = type};
    for (int a = 0; a < 3; ++a) {
        volume.spacing[a] = ct_spacing[a];
        const double first = floor((box.low[a] - 2.0) / ct_spacing[a]);
        volume.origin[a] = first * ct_spacing[a];
        volume.size[a] = (int)(ceil((box.high[a] + 2.0) / ct_spacing[a]) - first) + 1;
    }
    return volume;
}

static int slabs_of(const struct prep_volume *volume)
{
    return (volume->size[2] + BLOCK - 1) / BLOCK;
}

int phantom_volume_steps(const struct phantom *phantom)
{
    const struct prep_volume grid = grid_of(phantom, PREP_VOXEL_U8);
    return slabs_of(&grid);
}

/* Distance to the skin, negative inside the body: a wide oval, flattened at the back. */
static double skin(const double p[3])
{
    const double x = p[0] / 185.0, y = (p[1] + 30.0) / 118.0;
    const double cleft = 9.0 * sdf_bell(p[0], 9.0) * sdf_smoothstep(-40.0, -90.0, p[2]);
    return (pow(pow(fabs(x), 2.6) + pow(fabs(y), 2.6), 1.0 / 2.6) - 1.0) * 118.0 + cleft;
}

/* Muscle against fat: subcutaneous fat, fat in the pelvis, muscle bellies with fatty septa. */
static double muscle_at(const struct phantom *phantom, const double p[3])
{
    const uint64_t seed = sdf_hash(phantom_parameters(phantom)->seed + 91);
    const double swell = sdf_noise(seed, p[0] / 22.0, p[1] / 22.0, p[2] / 30.0);
    const double below_skin = -skin(p) - 14.0 - 5.0 * swell;
    const double pelvis = sdf_length3(p[0] / 62.0, (p[1] + 45.0) / 58.0, (p[2] + 75.0) / 95.0);
    /* Turned out of the lattice of the noise, which would show as squares. */
    const double u = (0.80 * p[0] + 0.60 * p[1]) / 15.0, v = (0.80 * p[1] - 0.60 * p[0]) / 15.0;
    const double w = (p[2] + 0.35 * p[0]) / 34.0;
    const double septa = 0.65 * sdf_noise(seed + 1, u, v, w) +
                         0.35 * sdf_noise(seed + 2, 2.3 * v + 0.4 * w, 2.3 * u, 2.3 * w);
    const double muscle =
        sdf_smoothstep(-3.0, 3.0, below_skin) * sdf_smoothstep(0.92, 1.06, pelvis + 0.12 * swell);
    return muscle * (0.3 + 0.7 * sdf_smoothstep(-0.62, -0.30, septa));
}

static float *make_tissue(const struct job *job, int out_size[3])
{
    for (int a = 0; a < 3; ++a) {
        out_size[a] = job->ct->size[a] / TISSUE_STEP + 2;
    }
    float *tissue =
        malloc((size_t)out_size[0] * (size_t)out_size[1] * (size_t)out_size[2] * sizeof(*tissue));
    if (tissue == NULL) {
        return NULL;
    }
    size_t at = 0;
    for (int k = 0; k < out_size[2]; ++k) {
        for (int j = 0; j < out_size[1]; ++j) {
            for (int i = 0; i < out_size[0]; ++i) {
                const int index[3] = {i, j, k};
                double p[3];
                for (int a = 0; a < 3; ++a) {
                    p[a] = job->ct->origin[a] + job->ct->spacing[a] * TISSUE_STEP * index[a];
                }
                tissue[at++] = (float)muscle_at(job->phantom, p);
            }
        }
    }
    return tissue;
}

static double tissue_at(const struct job *job, const int voxel[3])
{
    size_t cell[3];
    double t[3];
    for (int a = 0; a < 3; ++a) {
        cell[a] = (size_t)(voxel[a] / TISSUE_STEP);
        t[a] = (double)(voxel[a] % TISSUE_STEP) / TISSUE_STEP;
    }
    const size_t row = (size_t)job->tissue_size[0], plane = row * (size_t)job->tissue_size[1];
    const float *base = job->tissue + cell[2] * plane + cell[1] * row + cell[0];
    double level[2];
    for (size_t k = 0; k < 2; ++k) {
        const float *q = base + k * plane;
        level[k] = sdf_mix(sdf_mix((double)q[0], (double)q[1], t[0]),
                           sdf_mix((double)q[row], (double)q[row + 1], t[0]), t[1]);
    }
    return sdf_mix(level[0], level[1], t[2]);
}

/* HU inside a structure at signed distance d (negative). */
static double structure_hu(const struct phantom *phantom, enum phantom_structure structure,
                           const double p[3], double d)
{
    if (phantom_info(structure)->bone) {
        const uint64_t seed = sdf_hash(phantom_parameters(phantom)->seed + 103);
        const double trabecula = sdf_noise(seed, p[0] / 2.6, p[1] / 2.6, p[2] / 2.6);
        return sdf_mix(1050.0, 230.0 + 110.0 * trabecula, sdf_smoothstep(1.0, 2.6, -d));
    }
    switch (structure) {
    case PHANTOM_TUMOUR: {
        const uint64_t seed = sdf_hash(phantom_parameters(phantom)->seed + 107);
        return 65.0 + 30.0 * sdf_noise(seed, p[0] / 6.0, p[1] / 6.0, p[2] / 6.0) -
               25.0 * sdf_smoothstep(6.0, 12.0, -d);
    }
    case PHANTOM_DURA:
        return 14.0;
    case PHANTOM_ARTERIES:
        return 175.0;
    case PHANTOM_VEINS:
        return 150.0;
    case PHANTOM_DISC:
        return 85.0;
    default:
        return 38.0; /* nerve */
    }
}

/* Near-normal noise from one hash: sum of four uniform parts, unit deviation. */
static double voxel_noise(uint64_t seed, size_t index)
{
    const uint64_t bits = sdf_hash(seed ^ (uint64_t)index);
    double sum = 0.0;
    for (int i = 0; i < 4; ++i) {
        sum += (double)((bits >> (16 * i)) & 0xffffU) * (1.0 / 65536.0);
    }
    return (sum - 2.0) * 1.7320508075688772;
}

static void paint_voxel(const struct job *job, const int voxel[3],
                        const enum phantom_structure *present, int count)
{
    const struct prep_volume *ct = job->ct;
    double p[3];
    for (int a = 0; a < 3; ++a) {
        p[a] = ct->origin[a] + ct->spacing[a] * voxel[a];
    }
    const size_t index =
        ((size_t)voxel[2] * (size_t)ct->size[1] + (size_t)voxel[1]) * (size_t)ct->size[0] +
        (size_t)voxel[0];
    double hu = sdf_mix(-105.0, 58.0, tissue_at(job, voxel));
    const double outside = skin(p);
    if (outside > -3.0) {
        hu = sdf_mix(25.0, hu, sdf_clamp(-outside / 1.6 - 0.4, 0.0, 1.0)); /* skin itself */
        hu = sdf_mix(hu, -1000.0, sdf_clamp(0.5 + outside / ct->spacing[1], 0.0, 1.0));
    }
    unsigned char label = 0;
    for (int i = 0; i < count; ++i) {
        const double d = phantom_distance(job->phantom, present[i], p);
        const double cover = sdf_clamp(0.5 - d / ct->spacing[0], 0.0, 1.0);
        if (cover > 0.0) {
            hu = sdf_mix(hu, structure_hu(job->phantom, present[i], p, d), cover);
        }
        if (d < 0.0) {
            label = (unsigned char)(present[i] + 1);
        }
    }
    hu += 11.0 * voxel_noise(phantom_parameters(job->phantom)->seed * 0x9e3779b9ULL, index);
    ((short *)ct->voxels)[index] = (short)lrint(sdf_clamp(hu, -1024.0, 3071.0));
    ((unsigned char *)job->labels->voxels)[index] = label;
}

static void paint_block(const struct job *job, const int first[3])
{
    int last[3];
    double middle[3], square = 0.0;
    for (int a = 0; a < 3; ++a) {
        last[a] = first[a] + BLOCK < job->ct->size[a] ? first[a] + BLOCK : job->ct->size[a];
        middle[a] = job->ct->origin[a] + job->ct->spacing[a] * 0.5 * (first[a] + last[a] - 1);
        const double half = job->ct->spacing[a] * 0.5 * (last[a] - first[a]);
        square += half * half;
    }
    const double reach = PHANTOM_SLOPE_MAX * (sqrt(square) + 1.0);
    enum phantom_structure present[PHANTOM_STRUCTURES];
    int count = 0;
    for (size_t i = 0; i < sizeof(paint_order) / sizeof(paint_order[0]); ++i) {
        const struct phantom_box box = phantom_bounds(job->phantom, paint_order[i]);
        if (sdf_outside_box(middle, box.low, box.high) > sqrt(square) + 1.0) {
            continue;
        }
        if (phantom_distance(job->phantom, paint_order[i], middle) < reach) {
            present[count++] = paint_order[i];
        }
    }
    int voxel[3];
    for (voxel[2] = first[2]; voxel[2] < last[2]; ++voxel[2]) {
        for (voxel[1] = first[1]; voxel[1] < last[1]; ++voxel[1]) {
            for (voxel[0] = first[0]; voxel[0] < last[0]; ++voxel[0]) {
                paint_voxel(job, voxel, present, count);
            }
        }
    }
}

static void *paint_slabs(void *argument)
{
    struct job *job = argument;
    const int slabs = slabs_of(job->ct);
    int first[3];
    for (;;) {
        const int slab = atomic_fetch_add(&job->next_slab, 1);
        if (slab >= slabs) {
            return NULL;
        }
        first[2] = slab * BLOCK;
        for (first[1] = 0; first[1] < job->ct->size[1]; first[1] += BLOCK) {
            for (first[0] = 0; first[0] < job->ct->size[0]; first[0] += BLOCK) {
                paint_block(job, first);
            }
        }
        progress_step(job->progress, "CT and label map");
    }
}

enum nav_status phantom_volume_make(const struct phantom *phantom, int threads,
                                    struct progress *progress, struct prep_volume *out_ct,
                                    struct prep_volume *out_labels)
{
    struct prep_volume ct = grid_of(phantom, PREP_VOXEL_I16);
    struct prep_volume labels = grid_of(phantom, PREP_VOXEL_U8);
    struct job job = {.phantom = phantom, .progress = progress, .ct = &ct, .labels = &labels};
    ct.voxels = malloc(prep_volume_count(&ct) * sizeof(short));
    labels.voxels = malloc(prep_volume_count(&labels));
    job.tissue = make_tissue(&job, job.tissue_size);
    if (ct.voxels == NULL || labels.voxels == NULL || job.tissue == NULL) {
        prep_volume_finish(&ct);
        prep_volume_finish(&labels);
        free(job.tissue);
        return NAV_ERR_MEMORY;
    }
    pthread_t workers[THREADS_MAX];
    int started = 0;
    while (started < threads - 1 && started < THREADS_MAX &&
           pthread_create(&workers[started], NULL, paint_slabs, &job) == 0) {
        ++started;
    }
    (void)paint_slabs(&job); /* this thread works too, alone if need be */
    for (int i = 0; i < started; ++i) {
        (void)pthread_join(workers[i], NULL);
    }
    free(job.tissue);
    *out_ct = ct;
    *out_labels = labels;
    return NAV_OK;
}
