#include "posterior.h"

#include <math.h>
#include <stdlib.h>

#include "phantom_sdf.h"

/* The least cosine of a triangle's normal with the way backwards (LPS: +y). */
static const double backwards_min = 0.5;
static const double patch_mm = 30.0;

static double uniform(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (double)(*state >> 11) * 0x1.0p-53;
}

static double normal(uint64_t *state)
{
    const double u = uniform(state), v = uniform(state);
    return sqrt(-2.0 * log(1.0 - u)) * cos(2.0 * M_PI * v);
}

static void direction(uint64_t *state, double out[3])
{
    const double z = 2.0 * uniform(state) - 1.0, angle = 2.0 * M_PI * uniform(state);
    out[0] = sqrt(1.0 - z * z) * cos(angle);
    out[1] = sqrt(1.0 - z * z) * sin(angle);
    out[2] = z;
}

static struct nav_pose turned(const double axis[3], double angle_rad)
{
    const double s = sin(0.5 * angle_rad);
    return (struct nav_pose){.q = {s * axis[0], s * axis[1], s * axis[2], cos(0.5 * angle_rad)}};
}

static double sacrum(const void *context, const double p[3])
{
    return phantom_distance(context, PHANTOM_SACRUM, p);
}

void posterior_finish(struct posterior *posterior)
{
    trk_mesh_destroy(posterior->mesh);
    prep_surface_finish(&posterior->surface);
    free(posterior->areas);
}

/* Cumulated area of the triangles that a stylus reaches from behind (LPS: +y), without the coccyx
 * and the sides. */
static bool weigh_triangles(struct posterior *posterior)
{
    posterior->areas = calloc(posterior->surface.triangle_count, sizeof(*posterior->areas));
    if (posterior->areas == NULL) {
        return false;
    }
    double sum = 0.0;
    for (size_t t = 0; t < posterior->surface.triangle_count; ++t) {
        const uint32_t *index = posterior->surface.triangles + 3 * t;
        const float *a = posterior->surface.points + 3 * (size_t)index[0];
        const float *b = posterior->surface.points + 3 * (size_t)index[1];
        const float *c = posterior->surface.points + 3 * (size_t)index[2];
        double u[3], v[3];
        for (int k = 0; k < 3; ++k) {
            u[k] = (double)b[k] - (double)a[k];
            v[k] = (double)c[k] - (double)a[k];
        }
        const double n[3] = {u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2],
                             u[0] * v[1] - u[1] * v[0]};
        const double length = sqrt(n[0] * n[0] + n[1] * n[1] + n[2] * n[2]);
        if (n[1] > backwards_min * length) {
            sum += 0.5 * length;
            for (int k = 0; k < 3; ++k) {
                const double corners = (double)a[k] + (double)b[k] + (double)c[k];
                posterior->middle_mm[k] += 0.5 * length * corners / 3.0;
            }
        }
        posterior->areas[t] = sum;
    }
    for (int k = 0; k < 3; ++k) {
        posterior->middle_mm[k] /= sum;
    }
    return sum > 0.0;
}

bool posterior_make(double grid_mm, struct posterior *out_posterior)
{
    struct posterior *posterior = out_posterior;
    *posterior = (struct posterior){0};
    struct phantom *phantom = NULL;
    struct prep_field field = {0};
    if (phantom_create(1, &phantom) != NAV_OK) {
        return false;
    }
    const struct phantom_box box = phantom_bounds(phantom, PHANTOM_SACRUM);
    enum nav_status status =
        prep_field_sample(sacrum, phantom, box.low, box.high, grid_mm, PHANTOM_SLOPE_MAX, &field);
    if (status == NAV_OK) {
        status = prep_surface_extract(&field, &posterior->surface);
    }
    prep_field_finish(&field);
    size_t dropped = 0;
    if (status == NAV_OK) {
        status = prep_surface_keep_largest(&posterior->surface, &dropped);
    }
    /* the anterior foramina of S4, in the middle: where a tumour margin would be */
    double right[3], left[3];
    phantom_foramen_centre(phantom, 3, -1, right);
    phantom_foramen_centre(phantom, 3, 1, left);
    for (int k = 0; k < 3; ++k) {
        posterior->target_mm[k] = 0.5 * (right[k] + left[k]);
    }
    phantom_destroy(phantom);
    const uint32_t points = (uint32_t)posterior->surface.point_count;
    const uint32_t triangles = (uint32_t)posterior->surface.triangle_count;
    if (status == NAV_OK) {
        status = trk_mesh_create(posterior->surface.points, points, posterior->surface.triangles,
                                 triangles, &posterior->mesh);
    }
    return status == NAV_OK && weigh_triangles(posterior);
}

static void touch(const struct posterior *posterior, double noise_mm, uint64_t *random,
                  double out[3])
{
    const double wanted = uniform(random) * posterior->areas[posterior->surface.triangle_count - 1];
    size_t low = 0, high = posterior->surface.triangle_count - 1;
    while (low < high) {
        const size_t middle = (low + high) / 2;
        if (posterior->areas[middle] < wanted) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    double u = uniform(random), v = uniform(random);
    if (u + v > 1.0) {
        u = 1.0 - u;
        v = 1.0 - v;
    }
    const uint32_t *index = posterior->surface.triangles + 3 * low;
    for (int k = 0; k < 3; ++k) {
        const double a = (double)posterior->surface.points[3 * (size_t)index[0] + (size_t)k];
        const double b = (double)posterior->surface.points[3 * (size_t)index[1] + (size_t)k];
        const double c = (double)posterior->surface.points[3 * (size_t)index[2] + (size_t)k];
        out[k] = (1.0 - u - v) * a + u * b + v * c + noise_mm / sqrt(3.0) * normal(random);
    }
}

static bool is_in(const struct posterior *posterior, enum posterior_region region,
                  const double p[3])
{
    return region == POSTERIOR_FACE || (fabs(p[0] - posterior->middle_mm[0]) <= 0.5 * patch_mm &&
                                        fabs(p[2] - posterior->middle_mm[2]) <= 0.5 * patch_mm);
}

void posterior_begin(const struct posterior *posterior, enum posterior_region region,
                     double noise_mm, double start_rad, double start_mm, uint64_t *random,
                     struct posterior_trial *out_trial)
{
    struct posterior_trial *trial = out_trial;
    double axis[3], off[3], centre[3] = {0.0, 0.0, 0.0};
    direction(random, axis);
    trial->T_reference_image = turned(axis, 2.0 * uniform(random));
    trial->T_reference_image.t_mm[2] = 800.0;
    for (int i = 0; i < POSTERIOR_POINTS; ++i) {
        double p[3];
        do {
            touch(posterior, noise_mm, random, p);
        } while (!is_in(posterior, region, p));
        for (int k = 0; k < 3; ++k) {
            centre[k] += p[k] / POSTERIOR_POINTS;
        }
        nav_pose_apply(&trial->T_reference_image, p, trial->points + 3 * (size_t)i);
    }
    direction(random, axis);
    direction(random, off);
    struct nav_pose perturbed = turned(axis, start_rad);
    double moved[3];
    nav_pose_rotate(&perturbed, centre, moved);
    for (int k = 0; k < 3; ++k) {
        perturbed.t_mm[k] = centre[k] - moved[k] + start_mm * off[k];
    }
    const struct nav_pose truth = nav_pose_inverse(&trial->T_reference_image);
    trial->start = nav_pose_compose(&perturbed, &truth);
}

double posterior_error(const struct posterior *posterior, const struct posterior_trial *trial,
                       const struct nav_pose *T_image_reference)
{
    double p[3], back[3], sum = 0.0;
    nav_pose_apply(&trial->T_reference_image, posterior->target_mm, p);
    nav_pose_apply(T_image_reference, p, back);
    for (int k = 0; k < 3; ++k) {
        sum += (back[k] - posterior->target_mm[k]) * (back[k] - posterior->target_mm[k]);
    }
    return sqrt(sum);
}
