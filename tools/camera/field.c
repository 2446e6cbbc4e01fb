#include "field.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim_random.h"

enum { MARKER_PX = 70, PLATE_MARKERS = 4, NOISE_TABLE = 1 << 16 };
static const double PLATE_SIDE_MM = 72;
static const double MARKER_SIDE_MM = 28;
static const double MARKER_STEP_MM = 34;
static const double ABOVE_MM = 420; /* camera over the middle of the bone */
static const double DRAPE_ABOVE_MM = 6;
static const double OPENING_MM[2] = {62, 92}; /* half axes of the wound */
static const double PI = 3.14159265358979323846;

struct vertex {
    double px[2];
    double depth_mm;
    bool seen;
};

struct field {
    const struct cfg_case *loaded;
    struct rnd_lens lens;
    struct nav_pose T_image_reference;
    struct cam_body plate; /* corners in image space */
    uint8_t marker_bits[PLATE_MARKERS][MARKER_PX * MARKER_PX];
    double middle_mm[3]; /* of the sacrum, or of all bone */
    double drape_mm;     /* y of the drapes' plane */
    double (*rays)[2];   /* of each pixel */
    float *depth_mm;
    struct vertex *vertices;
};

static bool is_bone(const struct cfg_model *model)
{
    return model->role == CFG_ROLE_BONE && model->mesh != NULL;
}

static struct nav_pose registration_of(const struct cfg_case *loaded)
{
    const double *m = loaded->registration_matrix;
    const double R[9] = {m[0], m[1], m[2], m[4], m[5], m[6], m[8], m[9], m[10]};
    const double t_mm[3] = {m[3], m[7], m[11]};
    struct nav_pose pose;
    if (nav_pose_from_matrix(R, t_mm, 1e-3, &pose) != NAV_OK) {
        pose = nav_pose_identity();
    }
    return pose;
}

struct cam_bodies field_plate(const struct cfg_case *loaded)
{
    struct cam_bodies bodies = {.dictionary = "DICT_5X5_100", .count = 1};
    struct cam_body *body = &bodies.bodies[0];
    (void)snprintf(body->name, sizeof(body->name), "%s", loaded->reference_device);
    const struct nav_pose T_image_reference = registration_of(loaded);
    const struct nav_pose T_reference_image = nav_pose_inverse(&T_image_reference);
    /* Seen from behind the patient with the head up, right is the patient's right. */
    const double right[3] = {-1, 0, 0};
    const double down[3] = {0, 0, -1};
    static const double corners[4][2] = {{-1, -1}, {1, -1}, {1, 1}, {-1, 1}};
    for (int i = 0; i < PLATE_MARKERS; ++i) {
        struct cam_marker *marker = &body->markers[body->marker_count++];
        marker->id = i;
        const double middle[2] = {(i % 2 - 0.5) * MARKER_STEP_MM, (i / 2 - 0.5) * MARKER_STEP_MM};
        for (int corner = 0; corner < 4; ++corner) {
            double at[3];
            for (int k = 0; k < 3; ++k) {
                at[k] = T_image_reference.t_mm[k] +
                        (middle[0] + corners[corner][0] * MARKER_SIDE_MM / 2) * right[k] +
                        (middle[1] + corners[corner][1] * MARKER_SIDE_MM / 2) * down[k];
            }
            nav_pose_apply(&T_reference_image, at, marker->corners_mm[corner]);
        }
    }
    return bodies;
}

static uint32_t most_vertices(const struct cfg_case *loaded)
{
    uint32_t most = 0;
    for (size_t i = 0; i < loaded->model_count; ++i) {
        if (is_bone(&loaded->models[i]) && loaded->models[i].mesh->vertex_count > most) {
            most = loaded->models[i].mesh->vertex_count;
        }
    }
    return most;
}

/* The middle of the first bone, which is what is operated on, and where its back is. */
static void find_middle(struct field *field)
{
    for (size_t i = 0; i < field->loaded->model_count; ++i) {
        const struct cfg_model *model = &field->loaded->models[i];
        if (is_bone(model)) {
            for (int k = 0; k < 3; ++k) {
                field->middle_mm[k] = 0.5 * (model->report.min_mm[k] + model->report.max_mm[k]);
            }
            field->drape_mm = model->report.max_mm[1] + DRAPE_ABOVE_MM;
            return;
        }
    }
}

static void trace_rays(struct field *field)
{
    for (int v = 0; v < field->lens.height_px; ++v) {
        for (int u = 0; u < field->lens.width_px; ++u) {
            double *ray = field->rays[(size_t)v * (size_t)field->lens.width_px + (size_t)u];
            if (!rnd_lens_undistort(&field->lens, (const double[2]){u, v}, ray)) {
                ray[0] = ray[1] = 0;
            }
        }
    }
}

enum nav_status field_create(const struct cfg_case *loaded, const struct cam_bodies *bodies,
                             const struct rnd_lens *lens, struct field **out_field)
{
    const uint32_t vertices = most_vertices(loaded);
    if (vertices == 0 || !loaded->has_registration || bodies->count == 0 ||
        bodies->bodies[0].marker_count != PLATE_MARKERS) {
        return NAV_ERR_ARGUMENT;
    }
    const size_t pixels = (size_t)lens->width_px * (size_t)lens->height_px;
    struct field *field = calloc(1, sizeof(*field));
    if (field == NULL) {
        return NAV_ERR_MEMORY;
    }
    field->loaded = loaded;
    field->lens = *lens;
    field->T_image_reference = registration_of(loaded);
    field->rays = calloc(pixels, sizeof(*field->rays));
    field->depth_mm = calloc(pixels, sizeof(*field->depth_mm));
    field->vertices = calloc(vertices, sizeof(*field->vertices));
    if (field->rays == NULL || field->depth_mm == NULL || field->vertices == NULL) {
        field_destroy(field);
        return NAV_ERR_MEMORY;
    }
    field->plate = bodies->bodies[0];
    for (size_t i = 0; i < PLATE_MARKERS; ++i) {
        struct cam_error error;
        if (cam_marker_draw(bodies->dictionary, field->plate.markers[i].id, MARKER_PX,
                            field->marker_bits[i], &error) != NAV_OK) {
            field_destroy(field);
            return NAV_ERR_ARGUMENT;
        }
        for (int corner = 0; corner < 4; ++corner) {
            double *at = field->plate.markers[i].corners_mm[corner];
            nav_pose_apply(&field->T_image_reference, at, at);
        }
    }
    find_middle(field);
    trace_rays(field);
    *out_field = field;
    return NAV_OK;
}

void field_destroy(struct field *field)
{
    if (field != NULL) {
        free(field->rays);
        free(field->depth_mm);
        free(field->vertices);
        free(field);
    }
}

static void cross(const double a[3], const double b[3], double out[3])
{
    out[0] = a[1] * b[2] - a[2] * b[1];
    out[1] = a[2] * b[0] - a[0] * b[2];
    out[2] = a[0] * b[1] - a[1] * b[0];
}

static double normalise(double v[3])
{
    const double length = sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]);
    for (int k = 0; k < 3; ++k) {
        v[k] /= length;
    }
    return length;
}

struct nav_pose field_camera(const struct field *field, double share)
{
    const double turn = 2 * PI * share;
    const double eye[3] = {field->middle_mm[0] + 70 * sin(turn),
                           field->middle_mm[1] + ABOVE_MM + 25 * sin(2 * turn),
                           field->middle_mm[2] + 60 * cos(turn)};
    double forward[3];
    for (int k = 0; k < 3; ++k) {
        forward[k] = field->middle_mm[k] - eye[k];
    }
    (void)normalise(forward);
    const double head[3] = {0, 0, 1};
    double right[3];
    double down[3];
    cross(forward, head, right);
    (void)normalise(right);
    cross(forward, right, down);
    const double R[9] = {right[0],   down[0],  forward[0], right[1],  down[1],
                         forward[1], right[2], down[2],    forward[2]};
    struct nav_pose pose;
    if (nav_pose_from_matrix(R, eye, 1e-6, &pose) != NAV_OK) {
        pose = nav_pose_identity();
    }
    return pose;
}

/* ---- drawing -------------------------------------------------------------------------------- */

static double hash(double x, double y)
{
    const double value = sin(x * 12.9898 + y * 78.233) * 43758.5453;
    return value - floor(value);
}

/* Smooth noise of about one grain a unit, 0 to 1. */
static double grain(double x, double y)
{
    const double fx = floor(x);
    const double fy = floor(y);
    const double sx = (x - fx) * (x - fx) * (3 - 2 * (x - fx));
    const double sy = (y - fy) * (y - fy) * (3 - 2 * (y - fy));
    const double top = hash(fx, fy) * (1 - sx) + hash(fx + 1, fy) * sx;
    const double bottom = hash(fx, fy + 1) * (1 - sx) + hash(fx + 1, fy + 1) * sx;
    return top * (1 - sy) + bottom * sy;
}

static void set_bgr(uint8_t *pixel, double red, double green, double blue)
{
    const double colour[3] = {blue, green, red};
    for (int k = 0; k < 3; ++k) {
        pixel[k] = (uint8_t)fmax(0, fmin(255, colour[k]));
    }
}

/* Drapes, the wound's edge and what lies deep in it. The depth is that of what is drawn. */
static void draw_ground(const struct field *field, const struct nav_pose *T_image_camera, size_t at,
                        uint8_t *pixel, float *depth_mm)
{
    const double ray[3] = {field->rays[at][0], field->rays[at][1], 1};
    double way[3];
    nav_pose_rotate(T_image_camera, ray, way);
    const double to_drape = (field->drape_mm - T_image_camera->t_mm[1]) / way[1];
    const double x = T_image_camera->t_mm[0] + to_drape * way[0] - field->middle_mm[0];
    const double z = T_image_camera->t_mm[2] + to_drape * way[2] - field->middle_mm[2];
    const double edge =
        hypot(x / OPENING_MM[0], z / OPENING_MM[1]) + 0.05 * (grain(x / 9, z / 9) - 0.5);
    if (edge > 1.12) {
        const double weave =
            0.88 + 0.12 * grain(x / 1.5, z / 1.5) + 0.1 * (grain(x / 60 + 7, z / 60) - 0.5);
        set_bgr(pixel, 28 * weave, 96 * weave, 104 * weave);
        *depth_mm = (float)to_drape;
    } else if (edge > 1.0) { /* skin and fat, cut */
        const double tone = 0.8 + 0.3 * grain(x / 2, z / 2);
        set_bgr(pixel, 176 * tone, 112 * tone, 82 * tone);
        *depth_mm = (float)to_drape;
    } else { /* muscle and blood, deeper than the bone's back */
        const double tone = 0.55 + 0.5 * grain(x / 5, z / 5) + 0.2 * grain(x, z);
        set_bgr(pixel, 118 * tone, 26 * tone, 24 * tone);
        *depth_mm = INFINITY;
    }
}

static double edge_of(const double a[2], const double b[2], double x, double y)
{
    return (b[0] - a[0]) * (y - a[1]) - (b[1] - a[1]) * (x - a[0]);
}

static void draw_triangle(struct field *field, const struct vertex *const corners[3], double light,
                          uint8_t *bgr)
{
    const double *a = corners[0]->px;
    const double *b = corners[1]->px;
    const double *c = corners[2]->px;
    const double area = edge_of(a, b, c[0], c[1]);
    if (area <= 0) {
        return; /* seen from inside, or a line */
    }
    const int width = field->lens.width_px;
    const int x0 = (int)fmax(0, ceil(fmin(a[0], fmin(b[0], c[0]))));
    const int x1 = (int)fmin(width - 1, floor(fmax(a[0], fmax(b[0], c[0]))));
    const int y0 = (int)fmax(0, ceil(fmin(a[1], fmin(b[1], c[1]))));
    const int y1 = (int)fmin(field->lens.height_px - 1, floor(fmax(a[1], fmax(b[1], c[1]))));
    for (int y = y0; y <= y1; ++y) {
        for (int x = x0; x <= x1; ++x) {
            const double wa = edge_of(b, c, x, y);
            const double wb = edge_of(c, a, x, y);
            const double wc = edge_of(a, b, x, y);
            if (wa < 0 || wb < 0 || wc < 0) {
                continue;
            }
            /* Inverse depth is linear in the picture. */
            const double depth = area / (wa / corners[0]->depth_mm + wb / corners[1]->depth_mm +
                                         wc / corners[2]->depth_mm);
            const size_t at = (size_t)y * (size_t)width + (size_t)x;
            if (depth < field->depth_mm[at]) {
                field->depth_mm[at] = (float)depth;
                set_bgr(&bgr[3 * at], 226 * light, 206 * light, 172 * light);
            }
        }
    }
}

static void draw_bone(struct field *field, const struct cfg_mesh *mesh,
                      const struct nav_pose *T_camera_image, uint8_t *bgr)
{
    for (uint32_t i = 0; i < mesh->vertex_count; ++i) {
        const float *v = &mesh->vertices_mm[3 * (size_t)i];
        const double at[3] = {v[0], v[1], v[2]};
        double point[3];
        nav_pose_apply(T_camera_image, at, point);
        field->vertices[i].depth_mm = point[2];
        field->vertices[i].seen = rnd_lens_project(&field->lens, point, field->vertices[i].px);
    }
    for (uint32_t i = 0; i < mesh->triangle_count; ++i) {
        const uint32_t *t = &mesh->triangles[3 * (size_t)i];
        /* The picture's y points down, which turns every triangle round. */
        const struct vertex *const corners[3] = {&field->vertices[t[0]], &field->vertices[t[2]],
                                                 &field->vertices[t[1]]};
        if (!corners[0]->seen || !corners[1]->seen || !corners[2]->seen) {
            continue;
        }
        double sides[2][3];
        double normal[3];
        for (int k = 0; k < 3; ++k) {
            const float from = mesh->vertices_mm[3 * (size_t)t[0] + (size_t)k];
            sides[0][k] = mesh->vertices_mm[3 * (size_t)t[1] + (size_t)k] - from;
            sides[1][k] = mesh->vertices_mm[3 * (size_t)t[2] + (size_t)k] - from;
        }
        cross(sides[0], sides[1], normal);
        double seen[3];
        nav_pose_rotate(T_camera_image, normal, seen);
        if (normalise(seen) > 0) {
            draw_triangle(field, corners, 0.25 + 0.75 * fmax(0, -seen[2]), bgr);
        }
    }
}

/* Grey of the plate at a place on it, from its middle, mm. Negative: beside it. */
static double plate_grey(const struct field *field, double right_mm, double down_mm)
{
    if (fabs(right_mm) > PLATE_SIDE_MM / 2 || fabs(down_mm) > PLATE_SIDE_MM / 2) {
        return -1;
    }
    for (int i = 0; i < PLATE_MARKERS; ++i) {
        const double x = right_mm - (i % 2 - 0.5) * MARKER_STEP_MM + MARKER_SIDE_MM / 2;
        const double y = down_mm - (i / 2 - 0.5) * MARKER_STEP_MM + MARKER_SIDE_MM / 2;
        if (x >= 0 && x < MARKER_SIDE_MM && y >= 0 && y < MARKER_SIDE_MM) {
            const int column = (int)(x / MARKER_SIDE_MM * MARKER_PX);
            const int row = (int)(y / MARKER_SIDE_MM * MARKER_PX);
            return field->marker_bits[i][row * MARKER_PX + column] > 127 ? 232 : 18;
        }
    }
    return 232;
}

static void draw_plate(struct field *field, const struct nav_pose *T_image_camera, uint8_t *bgr)
{
    enum { PARTS = 4 }; /* of a pixel, each way */
    const double *middle = field->T_image_reference.t_mm;
    const int width = field->lens.width_px;
    for (int v = 1; v + 1 < field->lens.height_px; ++v) {
        for (int u = 1; u + 1 < width; ++u) {
            const size_t at = (size_t)v * (size_t)width + (size_t)u;
            double sum = 0;
            int hits = 0;
            double depth = INFINITY;
            for (int part = 0; part < PARTS * PARTS; ++part) {
                const double du = ((part % PARTS) + 0.5) / PARTS - 0.5;
                const double dv = ((part / PARTS) + 0.5) / PARTS - 0.5;
                /* Within a pixel the ray is linear to far below a thousandth of it. */
                const double *here = field->rays[at];
                const double *beside = field->rays[at + (du > 0 ? 1 : (size_t)-1)];
                const double *below = field->rays[dv > 0 ? at + (size_t)width : at - (size_t)width];
                const double ray[3] = {
                    here[0] + fabs(du) * (beside[0] - here[0]) + fabs(dv) * (below[0] - here[0]),
                    here[1] + fabs(du) * (beside[1] - here[1]) + fabs(dv) * (below[1] - here[1]),
                    1};
                double way[3];
                nav_pose_rotate(T_image_camera, ray, way);
                const double reach = (middle[1] - T_image_camera->t_mm[1]) / way[1];
                const double x = T_image_camera->t_mm[0] + reach * way[0];
                const double z = T_image_camera->t_mm[2] + reach * way[2];
                const double grey =
                    reach > 0 ? plate_grey(field, middle[0] - x, middle[2] - z) : -1;
                if (part == 0 && grey < 0 && fabs(middle[0] - x) > PLATE_SIDE_MM) {
                    break; /* far beside it */
                }
                if (grey >= 0) {
                    sum += grey;
                    ++hits;
                    depth = reach;
                }
            }
            if (hits > 0 && depth < field->depth_mm[at]) {
                const double share = (double)hits / (PARTS * PARTS);
                uint8_t *pixel = &bgr[3 * at];
                for (int k = 0; k < 3; ++k) {
                    pixel[k] = (uint8_t)(share * sum / hits + (1 - share) * pixel[k]);
                }
            }
        }
    }
}

static void add_noise(size_t bytes, double noise, uint64_t seed, uint8_t *bgr)
{
    static float table[NOISE_TABLE]; /* drawn at random from: millions of deviates would be slow */
    for (size_t i = 0; table[0] == 0 && i < NOISE_TABLE; ++i) {
        table[i] = (float)sim_random_normal(0, i, 1);
    }
    uint64_t state = seed * 2 + 1;
    for (size_t i = 0; i < bytes; ++i) {
        state = state * 6364136223846793005ULL + 1442695040888963407ULL;
        const double value = bgr[i] + noise * table[(state >> 40) % NOISE_TABLE];
        bgr[i] = (uint8_t)fmax(0, fmin(255, round(value)));
    }
}

void field_draw(struct field *field, const struct nav_pose *T_image_camera, double noise,
                uint64_t seed, uint8_t *out_bgr)
{
    const size_t pixels = (size_t)field->lens.width_px * (size_t)field->lens.height_px;
    for (size_t i = 0; i < pixels; ++i) {
        draw_ground(field, T_image_camera, i, &out_bgr[3 * i], &field->depth_mm[i]);
    }
    const struct nav_pose T_camera_image = nav_pose_inverse(T_image_camera);
    for (size_t i = 0; i < field->loaded->model_count; ++i) {
        if (is_bone(&field->loaded->models[i])) {
            draw_bone(field, field->loaded->models[i].mesh, &T_camera_image, out_bgr);
        }
    }
    draw_plate(field, T_image_camera, out_bgr);
    if (noise > 0) {
        add_noise(3 * pixels, noise, seed, out_bgr);
    }
}
