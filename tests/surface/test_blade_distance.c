/* A blade against structures: analytic answers, every triangle in double precision, a search over
 * sampled points that shares nothing with ours, and the same answer whatever was asked before. */
#include "shapes.h"
#include "test_data.h"

#include "blade_distance.h"
#include "bone_depth.h"
#include "mesh.h"
#include "mesh_tree.h"

static struct trk_mesh *make(const struct shape *shape)
{
    struct trk_mesh *mesh = NULL;
    assert_int_equal(trk_mesh_create(shape->vertices, shape->vertex_count, shape->triangles,
                                     shape->triangle_count, &mesh),
                     NAV_OK);
    return mesh;
}

static struct trk_mesh *load(const char *relative)
{
    char path[4096];
    test_data_path(relative, path, sizeof(path));
    struct cfg_mesh *file = NULL;
    struct cfg_error error;
    assert_int_equal(cfg_mesh_load(path, NULL, &file, &error), NAV_OK);
    struct trk_mesh *mesh = NULL;
    assert_int_equal(trk_mesh_create(file->vertices_mm, file->vertex_count, file->triangles,
                                     file->triangle_count, &mesh),
                     NAV_OK);
    cfg_mesh_destroy(file);
    return mesh;
}

static double random_between(uint64_t *random, double low, double high)
{
    return low + shape_random(random) * (high - low);
}

static void random_direction(uint64_t *random, double out[3])
{
    double length = 0.0;
    while (length < 1e-3) {
        for (int i = 0; i < 3; ++i) {
            out[i] = shape_normal(random);
        }
        length = sqrt(out[0] * out[0] + out[1] * out[1] + out[2] * out[2]);
    }
    for (int i = 0; i < 3; ++i) {
        out[i] /= length;
    }
}

/* A blade whose edge's middle is at `at`, looking along `axis` with its face to about `up`. */
static struct trk_blade_pose blade_at(const double at[3], const double axis[3], const double up[3],
                                      double width, double length)
{
    struct trk_blade_pose pose = {.length_mm = length};
    double along = 0.0, size = 0.0;
    for (int i = 0; i < 3; ++i) {
        along += axis[i] * up[i];
    }
    for (int i = 0; i < 3; ++i) {
        pose.axis[i] = axis[i];
        pose.up[i] = up[i] - along * axis[i];
        size += pose.up[i] * pose.up[i];
    }
    for (int i = 0; i < 3; ++i) {
        pose.up[i] /= sqrt(size);
    }
    for (int i = 0; i < 3; ++i) {
        const int j = (i + 1) % 3, k = (i + 2) % 3;
        pose.edge[i] = axis[j] * pose.up[k] - axis[k] * pose.up[j];
    }
    for (int i = 0; i < 3; ++i) {
        pose.corner_mm[0][i] = at[i] - 0.5 * width * pose.edge[i];
        pose.corner_mm[1][i] = at[i] + 0.5 * width * pose.edge[i];
    }
    return pose;
}

static struct trk_blade_distance *one(const struct trk_mesh *mesh)
{
    const struct trk_blade_distance_options options = trk_blade_distance_options_default();
    struct trk_blade_distance *distance = NULL;
    assert_int_equal(trk_blade_distance_create(&mesh, 1, &options, &distance), NAV_OK);
    return distance;
}

static struct trk_structure_distance ask(const struct trk_mesh *mesh,
                                         const struct trk_blade_pose *before,
                                         const struct trk_blade_pose *now)
{
    struct trk_blade_distance *distance = one(mesh);
    struct trk_structure_distance answer;
    assert_int_equal(trk_blade_distance_measure(distance, before, now, &answer), NAV_OK);
    trk_blade_distance_destroy(distance);
    return answer;
}

static void the_pose_of_a_blade_follows_its_tool(void **state)
{
    (void)state;
    const struct trk_blade_shape shape = {.tip_mm = {0, 0, -100},
                                          .axis = {0, 0, -1},
                                          .up = {0, 1, 0},
                                          .width_mm = 20,
                                          .length_mm = 80};
    const double half = sqrt(0.5);
    const struct nav_pose turned = {.q = {half, 0, 0, half},
                                    .t_mm = {5, 6, 7}}; /* 90 deg about x */
    const struct trk_blade_pose pose = trk_blade_pose_at(&shape, &turned);
    /* axis x up = (0,0,-1) x (0,1,0) = (1,0,0); z goes to -y: the tip to (5, 6 + 100, 7) */
    const double expected[2][3] = {{-5, 106, 7}, {15, 106, 7}};
    for (int c = 0; c < 2; ++c) {
        for (int i = 0; i < 3; ++i) {
            assert_true(fabs(pose.corner_mm[c][i] - expected[c][i]) < 1e-9);
        }
    }
    assert_true(fabs(pose.axis[1] - 1.0) < 1e-12 && fabs(pose.up[2] - 1.0) < 1e-12);
}

static void distances_from_a_box_are_known(void **state)
{
    (void)state;
    struct shape shape = shape_box(); /* +-10, +-20, +-30 */
    struct trk_mesh *box = make(&shape);
    const double down[3] = {0, 0, -1}, face[3] = {0, 1, 0};

    /* 7 mm over the top face: edge nearest, met after 7 mm */
    struct trk_blade_pose now = blade_at((double[3]){1, 2, 37}, down, face, 12, 50);
    struct trk_structure_distance answer = ask(box, NULL, &now);
    assert_true(answer.in_reach && answer.is_signed && !answer.on_shaft && answer.ahead);
    assert_true(fabs(answer.distance_mm - 7.0) < 1e-9 && answer.error_mm == 0.0);
    assert_true(fabs(answer.ahead_mm - 7.0) < 1e-9 && fabs(answer.ahead_point_mm[2] - 30.0) < 1e-9);

    /* one corner over the vertical edge x = 10: the other half of the edge is beside the box */
    now = blade_at((double[3]){14, 0, 37}, down, face, 12, 50);
    answer = ask(box, NULL, &now);
    assert_true(fabs(answer.distance_mm - 7.0) < 1e-9 && fabs(answer.ahead_mm - 7.0) < 1e-9);

    /* passes beside: 3 mm from the face x = 10, the body nearest all along, nothing ahead */
    now = blade_at((double[3]){19, 0, -60}, down, face, 12, 200);
    answer = ask(box, NULL, &now);
    assert_true(answer.on_shaft && !answer.ahead && isnan(answer.ahead_mm));
    assert_true(fabs(answer.distance_mm - 3.0) < 1e-9);

    /* what the edge has swept counts, not where it ends: from above down past the corner */
    const struct trk_blade_pose before = blade_at((double[3]){0, 0, 32}, down, face, 12, 1);
    now = blade_at((double[3]){60, 0, 32}, down, face, 12, 1);
    answer = ask(box, &before, &now);
    assert_true(fabs(answer.distance_mm - 2.0) < 1e-9 && answer.twist_mm < 1e-12);
    answer = ask(box, NULL, &now);
    assert_true(fabs(answer.distance_mm - sqrt(44.0 * 44.0 + 2.0 * 2.0)) < 1e-9);

    /* thickness comes off */
    now.edge_radius_mm = 1.5;
    answer = ask(box, NULL, &now);
    assert_true(fabs(answer.distance_mm - (sqrt(44.0 * 44.0 + 2.0 * 2.0) - 1.5)) < 1e-9);

    trk_mesh_destroy(box);
    shape_free(&shape);
}

static void a_blade_inside_is_negative_by_its_deepest_point(void **state)
{
    (void)state;
    struct shape shape = shape_box();
    struct trk_mesh *box = make(&shape);
    const double down[3] = {0, 0, -1}, face[3] = {0, 1, 0};

    /* 4 mm into the top face */
    struct trk_blade_pose now = blade_at((double[3]){0, 0, 26}, down, face, 8, 60);
    struct trk_structure_distance answer = ask(box, NULL, &now);
    assert_true(answer.error_mm <= 0.5);
    assert_true(answer.distance_mm <= -4.0 + 0.05 && answer.distance_mm >= -4.0 - 1e-9);
    assert_true(fabs(answer.blade_mm[2] - 26.0) < 0.1);

    /* wholly inside, touching nothing: deepest is the middle of the edge, 10 from x = +-10 */
    now = blade_at((double[3]){0, 0, 0}, down, face, 8, 10);
    answer = ask(box, NULL, &now);
    assert_true(answer.distance_mm <= -10.0 + 0.05 && answer.distance_mm >= -10.0 - 1e-9);

    /* through and out again: the edge is outside, the body is not */
    now = blade_at((double[3]){0, 0, -40}, down, face, 8, 200);
    answer = ask(box, NULL, &now);
    assert_true(answer.distance_mm <= -9.5 && answer.distance_mm >= -10.0 - 1e-9);
    assert_true(answer.distance_mm - answer.error_mm <= -10.0); /* what it admits to covers it */

    /* the same in an open box: it has no inside */
    shape.triangle_count -= 2;
    struct trk_mesh *open = make(&shape);
    assert_false(trk_mesh_is_closed(open));
    now = blade_at((double[3]){0, 0, 0}, down, face, 8, 10);
    answer = ask(open, NULL, &now);
    assert_true(!answer.is_signed && fabs(answer.distance_mm - 6.0) < 1e-9);
    trk_mesh_destroy(open);
    trk_mesh_destroy(box);
    shape_free(&shape);
}

static struct trk_quad random_quad(uint64_t *random, const double low[3], const double high[3])
{
    double at[3], direction[3], way[3];
    for (int i = 0; i < 3; ++i) {
        at[i] = random_between(random, low[i] - 30.0, high[i] + 30.0);
    }
    random_direction(random, direction);
    random_direction(random, way);
    const double width = random_between(random, 0.0, 40.0);
    const double step = random_between(random, 0.0, 2.0);
    struct trk_quad quad;
    for (int c = 0; c < 4; ++c) {
        for (int i = 0; i < 3; ++i) {
            quad.corner[c][i] = at[i] + ((c & 1) != 0 ? 0.5 : -0.5) * width * direction[i] +
                                ((c & 2) != 0 ? step * way[i] : 0.0) +
                                (c == 3 ? random_between(random, 0.0, 0.2) : 0.0);
        }
    }
    return quad;
}

static void expect_same_nearest(const struct trk_mesh_nearest *a, const struct trk_mesh_nearest *b)
{
    assert_int_equal(a->triangle, b->triangle);
    assert_true(a->distance_mm == b->distance_mm && a->signed_mm == b->signed_mm);
    assert_memory_equal(a->point_mm, b->point_mm, sizeof(a->point_mm));
    assert_memory_equal(a->normal, b->normal, sizeof(a->normal));
    assert_memory_equal(a->face_normal, b->face_normal, sizeof(a->face_normal));
}

/* Points about the mesh and on it: as by every triangle, whatever the hint and the radius. */
static void expect_points_as_every_triangle(const struct trk_mesh *mesh, int questions,
                                            uint64_t random)
{
    struct trk_mesh_tree *tree = NULL;
    assert_int_equal(trk_mesh_tree_create(mesh, &tree), NAV_OK);
    double low[3], high[3];
    trk_mesh_bounds(mesh, low, high);
    uint32_t hint = TRK_NO_TRIANGLE;
    for (int i = 0; i < questions; ++i) {
        double point[3], corner[3][3];
        const uint32_t t = (uint32_t)(shape_random(&random) * trk_mesh_triangle_count(mesh));
        trk_mesh_corners(mesh, t, corner);
        for (int k = 0; k < 3; ++k) {
            point[k] = random_between(&random, low[k] - 30.0, high[k] + 30.0);
            point[k] = i % 4 == 0 ? corner[0][k] : point[k]; /* many triangles are equally near */
        }
        struct trk_mesh_nearest slow, fast;
        assert_int_equal(trk_mesh_nearest_ref(mesh, point, &slow), NAV_OK);
        assert_int_equal(trk_mesh_tree_point(tree, point, INFINITY, &hint, &fast), NAV_OK);
        expect_same_nearest(&fast, &slow);
        uint32_t none = TRK_NO_TRIANGLE;
        assert_int_equal(
            trk_mesh_tree_point(tree, point, slow.distance_mm * (1.0 + 1e-12), &none, &fast),
            NAV_OK);
        expect_same_nearest(&fast, &slow);
        assert_int_equal(none, hint);
        if (slow.distance_mm > 0.0) {
            assert_int_equal(
                trk_mesh_tree_point(tree, point, 0.999 * slow.distance_mm, &none, &fast),
                NAV_ERR_NOT_FOUND);
        }
    }
    const double nowhere[3] = {0.0, NAN, 0.0};
    struct trk_mesh_nearest nearest;
    assert_int_equal(trk_mesh_tree_point(tree, nowhere, 1.0, &hint, &nearest), NAV_ERR_NOT_FINITE);
    assert_int_equal(trk_mesh_tree_point(tree, low, -1.0, &hint, &nearest), NAV_ERR_NOT_FINITE);
    trk_mesh_tree_destroy(tree);
}

static void expect_as_every_triangle(const struct trk_mesh *mesh, int questions, uint64_t random)
{
    struct trk_mesh_tree *tree = NULL;
    assert_int_equal(trk_mesh_tree_create(mesh, &tree), NAV_OK);
    double low[3], high[3];
    trk_mesh_bounds(mesh, low, high);
    uint32_t hint = TRK_NO_TRIANGLE;
    int met = 0, touched = 0;
    for (int i = 0; i < questions; ++i) {
        const struct trk_quad quad = random_quad(&random, low, high);
        struct trk_quad_nearest fast, slow;
        assert_int_equal(trk_mesh_tree_nearest_ref(tree, &quad, &slow), NAV_OK);
        assert_int_equal(trk_mesh_tree_nearest(tree, &quad, INFINITY, hint, &fast), NAV_OK);
        assert_true(fast.distance_mm == slow.distance_mm);
        if (slow.distance_mm > 0.0) {
            assert_int_equal(fast.triangle, slow.triangle);
            assert_memory_equal(fast.mesh_mm, slow.mesh_mm, sizeof(fast.mesh_mm));
            assert_memory_equal(fast.quad_mm, slow.quad_mm, sizeof(fast.quad_mm));
        }
        hint = fast.triangle;
        /* a radius of exactly the distance finds it, a smaller one does not; without a hint and
         * with one that is touched it is the same */
        struct trk_quad_nearest again;
        assert_int_equal(trk_mesh_tree_nearest(tree, &quad, slow.distance_mm * (1.0 + 1e-12),
                                               i % 2 == 0 ? slow.triangle : TRK_NO_TRIANGLE,
                                               &again),
                         NAV_OK);
        assert_int_equal(again.triangle, fast.triangle);
        assert_memory_equal(again.mesh_mm, fast.mesh_mm, sizeof(fast.mesh_mm));
        touched += slow.distance_mm <= 0.0;
        if (slow.distance_mm > 0.0) {
            assert_int_equal(
                trk_mesh_tree_nearest(tree, &quad, 0.999 * slow.distance_mm, hint, &fast),
                NAV_ERR_NOT_FOUND);
        }

        struct trk_edge_cast cast = {.half_mm = random_between(&random, 0.0, 20.0),
                                     .reach_mm = random_between(&random, 5.0, 200.0)};
        double up[3];
        random_direction(&random, cast.direction);
        random_direction(&random, up);
        const struct trk_blade_pose blade = blade_at(quad.corner[0], cast.direction, up, 1, 1);
        memcpy(cast.edge, blade.edge, sizeof(cast.edge));
        memcpy(cast.middle_mm, quad.corner[0], sizeof(cast.middle_mm));
        struct trk_edge_hit hit, expected;
        const enum nav_status status = trk_mesh_tree_cast_ref(tree, &cast, &expected);
        assert_int_equal(trk_mesh_tree_cast(tree, &cast, hint, &hit), status);
        if (status == NAV_OK) {
            assert_true(hit.distance_mm == expected.distance_mm);
            assert_int_equal(hit.triangle, expected.triangle);
            ++met;
            /* the point is on the surface */
            struct trk_mesh_nearest nearest;
            assert_int_equal(trk_mesh_nearest(mesh, hit.point_mm, INFINITY, &nearest), NAV_OK);
            assert_true(nearest.distance_mm < 1e-6);
        }
    }
    assert_true(met > questions / 20 && touched > questions / 40);
    trk_mesh_tree_destroy(tree);
}

enum { CRUMBS = 512 };

/* Crumbs all about a point far from the middle of the mesh, as far from it as single precision can
 * tell: which is the nearest only double precision knows. */
static void rounding_excludes_nothing(void **state)
{
    (void)state;
    uint64_t random = 51;
    float vertices[3 * 3 * CRUMBS];
    uint32_t triangles[3 * CRUMBS];
    const double about[3] = {900.01, -800.02, 700.03};
    for (uint32_t t = 0; t < CRUMBS; ++t) {
        double away[3];
        random_direction(&random, away);
        for (uint32_t c = 0; c < 3; ++c) {
            triangles[3 * t + c] = 3 * t + c;
            for (uint32_t k = 0; k < 3; ++k) {
                /* the last one on the other side: the middle is far from all */
                const double middle = t + 1 == CRUMBS ? -about[k] : about[k] + 5.0 * away[k];
                vertices[9 * t + 3 * c + k] = (float)(middle + (c == k ? 1e-3 : 0.0));
            }
        }
    }
    struct trk_mesh *mesh = NULL;
    struct trk_mesh_tree *tree = NULL;
    assert_int_equal(trk_mesh_create(vertices, 3 * CRUMBS, triangles, CRUMBS, &mesh), NAV_OK);
    assert_int_equal(trk_mesh_tree_create(mesh, &tree), NAV_OK);
    for (int i = 0; i < 300; ++i) {
        struct trk_quad quad;
        for (int k = 0; k < 3; ++k) {
            const double at = about[k] + 1e-4 * shape_normal(&random);
            for (int c = 0; c < 4; ++c) {
                quad.corner[c][k] = at;
            }
        }
        struct trk_quad_nearest slow, fast;
        assert_int_equal(trk_mesh_tree_nearest_ref(tree, &quad, &slow), NAV_OK);
        assert_int_equal(trk_mesh_tree_nearest(tree, &quad, INFINITY, TRK_NO_TRIANGLE, &fast),
                         NAV_OK);
        assert_int_equal(fast.triangle, slow.triangle);
        assert_true(fast.distance_mm == slow.distance_mm);
        struct trk_mesh_nearest expected, nearest;
        uint32_t hint = TRK_NO_TRIANGLE;
        assert_int_equal(trk_mesh_nearest_ref(mesh, quad.corner[0], &expected), NAV_OK);
        assert_int_equal(trk_mesh_tree_point(tree, quad.corner[0], INFINITY, &hint, &nearest),
                         NAV_OK);
        expect_same_nearest(&nearest, &expected);
    }
    trk_mesh_tree_destroy(tree);
    trk_mesh_destroy(mesh);
}

static void the_tree_answers_as_every_triangle(void **state)
{
    (void)state;
    struct shape shape = shape_lathe(96, 64, position_bone);
    struct trk_mesh *mesh = make(&shape);
    expect_as_every_triangle(mesh, 300, 11);
    expect_points_as_every_triangle(mesh, 1000, 13);
    trk_mesh_destroy(mesh);
    shape_free(&shape);
    shape = shape_box(); /* fewer triangles than two leaves */
    mesh = make(&shape);
    expect_as_every_triangle(mesh, 200, 12);
    expect_points_as_every_triangle(mesh, 400, 14);
    trk_mesh_destroy(mesh);
    shape.triangle_count = 1; /* a root with one leaf */
    mesh = make(&shape);
    struct trk_mesh_tree *tree = NULL;
    assert_int_equal(trk_mesh_tree_create(mesh, &tree), NAV_OK);
    struct trk_quad_nearest nearest;
    const struct trk_quad quad = {.corner = {{0, 0, 0}, {1, 0, 0}, {0, 1, 0}, {1, 1, 0}}};
    assert_int_equal(trk_mesh_tree_nearest(tree, &quad, INFINITY, TRK_NO_TRIANGLE, &nearest),
                     NAV_OK);
    assert_true(fabs(nearest.distance_mm - 30.0) < 1e-9);
    trk_mesh_tree_destroy(tree);
    trk_mesh_destroy(mesh);
    shape_free(&shape);
}

/* Nearest distance of a parallelogram's points, by sampling them ever finer about the best. */
static double by_sampling(const struct trk_mesh *mesh, const struct trk_quad *quad)
{
    double at[2] = {0.5, 0.5}, span = 0.5, best = INFINITY;
    for (int level = 0; level < 6; ++level) {
        const int steps = level == 0 ? 64 : 8;
        const double middle[2] = {at[0], at[1]};
        for (int i = -steps; i <= steps; ++i) {
            for (int j = -4; j <= 4; ++j) {
                const double s = fmin(fmax(middle[0] + span * i / steps, 0.0), 1.0);
                const double t = fmin(fmax(middle[1] + span * j / 4, 0.0), 1.0);
                double p[3];
                for (int k = 0; k < 3; ++k) {
                    p[k] = quad->corner[0][k] + s * (quad->corner[1][k] - quad->corner[0][k]) +
                           t * (quad->corner[2][k] - quad->corner[0][k]);
                }
                struct trk_mesh_nearest nearest;
                assert_int_equal(trk_mesh_nearest_ref(mesh, p, &nearest), NAV_OK);
                if (nearest.distance_mm < best) {
                    best = nearest.distance_mm;
                    at[0] = s;
                    at[1] = t;
                }
            }
        }
        span *= level == 0 ? 3.0 / steps : 0.25;
    }
    return best;
}

static void a_real_sacrum_measured_point_by_point_agrees(void **state)
{
    (void)state;
    struct trk_mesh *sacrum = load("anatomy/totalsegmentator_pelvis_case_LPS_mm/sacrum.stl");
    expect_as_every_triangle(sacrum, 60, 3);
    expect_points_as_every_triangle(sacrum, 200, 4);
    double low[3], high[3];
    trk_mesh_bounds(sacrum, low, high);
    struct trk_mesh_tree *tree = NULL;
    assert_int_equal(trk_mesh_tree_create(sacrum, &tree), NAV_OK);
    uint64_t random = 21;
    for (int outside = 0; outside < 4;) {
        struct trk_quad quad = random_quad(&random, low, high);
        for (int i = 0; i < 3; ++i) {
            quad.corner[3][i] = quad.corner[1][i] + quad.corner[2][i] - quad.corner[0][i];
        }
        struct trk_quad_nearest nearest;
        assert_int_equal(trk_mesh_tree_nearest(tree, &quad, INFINITY, TRK_NO_TRIANGLE, &nearest),
                         NAV_OK);
        if (nearest.distance_mm <= 0.0) {
            continue;
        }
        ++outside;
        const double expected = by_sampling(sacrum, &quad);
        assert_true(nearest.distance_mm <= expected + 1e-9);
        assert_true(nearest.distance_mm >= expected - 1e-3);
    }
    trk_mesh_tree_destroy(tree);
    trk_mesh_destroy(sacrum);
}

static void the_sign_is_right_on_the_real_sacrum(void **state)
{
    (void)state;
    struct trk_mesh *sacrum = load("anatomy/totalsegmentator_pelvis_case_LPS_mm/sacrum.stl");
    double low[3], high[3];
    trk_mesh_bounds(sacrum, low, high);
    uint64_t random = 5;
    int inside = 0, outside = 0;
    for (int i = 0; i < 120; ++i) {
        double at[3], axis[3], up[3];
        for (int k = 0; k < 3; ++k) {
            at[k] = random_between(&random, low[k], high[k]);
        }
        random_direction(&random, axis);
        random_direction(&random, up);
        const struct trk_blade_pose now = blade_at(at, axis, up, 4, 6);
        const struct trk_structure_distance answer = ask(sacrum, NULL, &now);
        /* as deep as the deepest of many points of the blade, or as far as the nearest */
        double least = INFINITY;
        for (int u = 0; u <= 8; ++u) {
            for (int v = 0; v <= 12; ++v) {
                double p[3];
                for (int k = 0; k < 3; ++k) {
                    p[k] = at[k] + 0.5 * (u - 4) * now.edge[k] - 0.5 * v * axis[k];
                }
                struct trk_mesh_nearest nearest;
                assert_int_equal(trk_mesh_nearest(sacrum, p, INFINITY, &nearest), NAV_OK);
                least = fmin(least, nearest.signed_mm);
            }
        }
        assert_true(answer.error_mm <= 1.0);
        assert_true(answer.distance_mm - answer.error_mm <= least + 1e-9);
        assert_true(answer.distance_mm >= least - 0.5 * sqrt(0.5) - 1e-9); /* half a sample's way */
        if (least < -0.5) {
            assert_true(answer.distance_mm < 0.0);
            ++inside;
        } else if (least > 0.5) {
            assert_true(answer.distance_mm > 0.0);
            ++outside;
        }
    }
    assert_true(inside > 20 && outside > 20);
    trk_mesh_destroy(sacrum);
}

static void expect_same(const struct trk_structure_distance *a,
                        const struct trk_structure_distance *b)
{
    assert_int_equal(a->in_reach, b->in_reach);
    assert_int_equal(a->on_shaft, b->on_shaft);
    assert_int_equal(a->ahead, b->ahead);
    assert_memory_equal(&a->distance_mm, &b->distance_mm, sizeof(a->distance_mm));
    assert_memory_equal(&a->error_mm, &b->error_mm, sizeof(a->error_mm));
    assert_memory_equal(&a->twist_mm, &b->twist_mm, sizeof(a->twist_mm));
    assert_memory_equal(a->structure_mm, b->structure_mm, sizeof(a->structure_mm));
    assert_memory_equal(a->blade_mm, b->blade_mm, sizeof(a->blade_mm));
    assert_memory_equal(&a->ahead_mm, &b->ahead_mm, sizeof(a->ahead_mm));
    assert_memory_equal(a->ahead_point_mm, b->ahead_point_mm, sizeof(a->ahead_point_mm));
}

static void answers_do_not_depend_on_what_was_asked_before(void **state)
{
    (void)state;
    struct shape shape = shape_lathe(96, 64, position_bone);
    struct trk_mesh *bone = make(&shape);
    struct shape far = shape_box();
    for (uint32_t i = 0; i < far.vertex_count; ++i) {
        far.vertices[3 * i] += 190.0f;
    }
    struct trk_mesh *box = make(&far);
    const struct trk_mesh *meshes[2] = {bone, box};
    const struct trk_blade_distance_options options = trk_blade_distance_options_default();
    struct trk_blade_distance *warm = NULL, *cold = NULL;
    assert_int_equal(trk_blade_distance_create(meshes, 2, &options, &warm), NAV_OK);
    assert_int_equal(trk_blade_distance_create(meshes, 2, &options, &cold), NAV_OK);
    uint64_t random = 77;
    struct trk_blade_pose before;
    int reached = 0, beyond = 0;
    for (int i = 0; i < 3000; ++i) {
        /* wanders through the bone and to the box and back, with a jump now and then */
        const double s = 0.003 * i;
        double at[3] = {60.0 * sin(s) + 60.0 * sin(0.37 * s), 40.0 * cos(1.3 * s),
                        50.0 * sin(2.1 * s)};
        if (i % 97 == 0) {
            at[0] += random_between(&random, -150.0, 150.0);
        }
        const double axis[3] = {0.6 * sin(s), 0.6 * cos(s), -0.8}, up[3] = {cos(s), -sin(s), 0.1};
        const struct trk_blade_pose now = blade_at(at, axis, up, 16, 60);
        const struct trk_blade_pose *from = i % 11 == 0 ? NULL : &before;
        struct trk_structure_distance by_warm[2], by_cold[2];
        assert_int_equal(trk_blade_distance_measure(warm, from, &now, by_warm), NAV_OK);
        trk_blade_distance_forget(cold);
        assert_int_equal(trk_blade_distance_measure(cold, from, &now, by_cold), NAV_OK);
        for (int k = 0; k < 2; ++k) {
            expect_same(&by_warm[k], &by_cold[k]);
        }
        reached += by_warm[1].in_reach;
        beyond += !by_warm[1].in_reach;
        before = now;
    }
    assert_true(reached > 100 && beyond > 100);
    trk_blade_distance_destroy(warm);
    trk_blade_distance_destroy(cold);
    trk_mesh_destroy(bone);
    trk_mesh_destroy(box);
    shape_free(&shape);
    shape_free(&far);
}

/* The nearer area by looking at every triangle for both, built here from what the header says. */
static double by_every_triangle(const struct trk_mesh_tree *tree,
                                const struct trk_blade_pose *before,
                                const struct trk_blade_pose *now, bool *out_on_shaft)
{
    struct trk_quad area[2];
    for (int c = 0; c < 2; ++c) {
        for (int i = 0; i < 3; ++i) {
            const double corner = now->corner_mm[c][i];
            const double front = fmin(now->shaft_radius_mm, now->length_mm);
            area[0].corner[c][i] = before->corner_mm[c][i];
            area[0].corner[2 + c][i] = corner;
            area[1].corner[c][i] = corner - now->length_mm * now->axis[i];
            area[1].corner[2 + c][i] = corner - front * now->axis[i];
        }
    }
    double clear[2];
    for (int a = 0; a < 2; ++a) {
        struct trk_quad_nearest nearest;
        assert_int_equal(trk_mesh_tree_nearest_ref(tree, &area[a], &nearest), NAV_OK);
        const double thick = a == 0 ? now->edge_radius_mm : now->shaft_radius_mm;
        clear[a] = fmax(nearest.distance_mm - thick, 0.0);
    }
    *out_on_shaft = clear[1] < clear[0];
    return fmin(clear[0], clear[1]);
}

/* A hand on its way: it trembles, wanders, rests, jumps, takes another tool. */
struct hand {
    double at[3], axis[3], up[3];
    double width, length, edge_radius, shaft_radius;
};

static void move_hand(struct hand *hand, int step, uint64_t *random)
{
    static const double paces_mm[] = {0.0, 1e-4, 0.02, 0.3, 2.0};
    const double pace = step % 61 == 0 ? 120.0 : paces_mm[step / 40 % 5];
    double length = 0.0;
    for (int i = 0; i < 3; ++i) {
        hand->at[i] += pace * shape_normal(random) - 0.002 * pace * hand->at[i];
        hand->axis[i] += 0.01 * pace * shape_normal(random);
        length += hand->axis[i] * hand->axis[i];
    }
    for (int i = 0; i < 3; ++i) {
        hand->axis[i] /= sqrt(length);
        hand->at[i] = step % 61 == 30 ? 0.3 * hand->at[i] : hand->at[i]; /* back to the bone */
    }
    random_direction(random, hand->up);
    if (pace < 1.0) {
        memcpy(hand->up, (double[3]){0.1, 0.9, 0.3}, sizeof(hand->up));
    }
    if (step % 83 == 0) {
        hand->width = random_between(random, 0.0, 25.0);
        hand->length = random_between(random, 0.5, 120.0);
        hand->edge_radius = random_between(random, 0.0, 3.0);
        hand->shaft_radius = random_between(random, 0.0, 4.0);
    }
}

static void expect_every_triangle_along(double reach_mm, uint64_t random)
{
    struct shape shape = shape_lathe(24, 16, position_bone);
    struct trk_mesh *bone = make(&shape);
    struct trk_mesh_tree *tree = NULL;
    assert_int_equal(trk_mesh_tree_create(bone, &tree), NAV_OK);
    struct trk_blade_distance_options options = trk_blade_distance_options_default();
    options.reach_mm = reach_mm;
    struct trk_blade_distance *distance = NULL;
    assert_int_equal(
        trk_blade_distance_create((const struct trk_mesh *const *)&bone, 1, &options, &distance),
        NAV_OK);
    struct hand hand = {.at = {30, 0, 60}, .axis = {0, 0, -1}};
    struct trk_blade_pose before = {0};
    int on_edge = 0, on_shaft = 0, beyond = 0;
    for (int step = 0; step < 4000; ++step) {
        move_hand(&hand, step, &random);
        struct trk_blade_pose now = blade_at(hand.at, hand.axis, hand.up, hand.width, hand.length);
        now.edge_radius_mm = hand.edge_radius;
        now.shaft_radius_mm = hand.shaft_radius;
        const struct trk_blade_pose *from = step % 13 == 0 ? NULL : &before;
        struct trk_structure_distance answer;
        if (step % 47 == 0) { /* what is refused leaves no trace */
            struct trk_blade_pose broken = now;
            broken.corner_mm[0][1] = NAN;
            assert_int_equal(trk_blade_distance_measure(distance, from, &broken, &answer),
                             NAV_ERR_NOT_FINITE);
        }
        assert_int_equal(trk_blade_distance_measure(distance, from, &now, &answer), NAV_OK);
        bool shaft = false;
        const double expected = by_every_triangle(tree, from == NULL ? &now : from, &now, &shaft);
        assert_int_equal(answer.in_reach, expected <= reach_mm);
        if (answer.in_reach && answer.distance_mm > 0.0) {
            assert_true(fabs(answer.distance_mm - expected) < 1e-12);
            assert_int_equal(answer.on_shaft, shaft);
            *(shaft ? &on_shaft : &on_edge) += 1;
        } else {
            assert_true(!answer.in_reach || expected < 1e-12 || answer.error_mm >= 0.0);
        }
        beyond += !answer.in_reach;
        before = now;
    }
    assert_true(on_edge > 200 && on_shaft > 200);
    assert_true(beyond > 200 || reach_mm == (double)INFINITY);
    trk_blade_distance_destroy(distance);
    trk_mesh_tree_destroy(tree);
    trk_mesh_destroy(bone);
    shape_free(&shape);
}

static void a_wandering_blade_is_as_far_as_every_triangle_says(void **state)
{
    (void)state;
    expect_every_triangle_along(INFINITY, 31);
    expect_every_triangle_along(25.0, 32);
}

enum { BONES = 3 };

/* The first bone that holds the point counts, else the nearest. */
static double depth_by_every_triangle(const struct trk_mesh *const bones[BONES],
                                      const double point[3])
{
    double depth = -INFINITY;
    for (int b = 0; b < BONES; ++b) {
        struct trk_mesh_nearest nearest;
        assert_int_equal(trk_mesh_nearest_ref(bones[b], point, &nearest), NAV_OK);
        if (nearest.signed_mm < 0.0) {
            return -nearest.signed_mm;
        }
        depth = fmax(depth, -nearest.signed_mm);
    }
    return depth;
}

/* Two bones that overlap and one apart; a hand that wanders and jumps. */
static void depths_in_bone_are_as_every_triangle_says(void **state)
{
    (void)state;
    struct shape shapes[BONES] = {shape_lathe(24, 16, position_bone), shape_box(), shape_box()};
    struct trk_mesh *bones[BONES];
    for (int b = 0; b < BONES; ++b) {
        for (uint32_t i = 0; i < shapes[b].vertex_count; ++i) {
            shapes[b].vertices[3 * i] += b == 1 ? 15.0f : b == 2 ? 90.0f : 0.0f;
        }
        bones[b] = make(&shapes[b]);
    }
    const struct trk_mesh *const *const known = (const struct trk_mesh *const *)bones;
    const struct trk_bone_depth_options options = trk_bone_depth_options_default();
    struct trk_bone_depth *warm = NULL;
    assert_int_equal(trk_bone_depth_create(known, BONES, &options, &warm), NAV_OK);
    uint64_t random = 61;
    struct hand hand = {.at = {30, 0, 60}, .axis = {0, 0, -1}};
    int inside = 0, outside = 0, through = 0;
    for (int step = 0; step < 1200; ++step) {
        move_hand(&hand, step, &random);
        const struct trk_blade_pose now =
            blade_at(hand.at, hand.axis, hand.up, hand.width, hand.length);
        struct trk_bone_depth_answer answer, fresh;
        assert_int_equal(trk_bone_depth_measure(warm, &now, &answer), NAV_OK);
        for (int s = 0; s < TRK_EDGE_SAMPLES; ++s) {
            double point[3];
            for (int i = 0; i < 3; ++i) {
                point[i] = now.corner_mm[0][i] + (double)s / (TRK_EDGE_SAMPLES - 1) *
                                                     (now.corner_mm[1][i] - now.corner_mm[0][i]);
            }
            assert_true(answer.depth_mm[s] == depth_by_every_triangle(known, point));
            assert_true(answer.depth_mm[s] == trk_bone_depth_at(warm, point));
            *(answer.depth_mm[s] > 0.0 ? &inside : &outside) += 1;
        }
        if (step % 10 == 0) { /* as by one that remembers nothing */
            struct trk_bone_depth *cold = NULL;
            assert_int_equal(trk_bone_depth_create(known, BONES, &options, &cold), NAV_OK);
            assert_int_equal(trk_bone_depth_measure(cold, &now, &fresh), NAV_OK);
            assert_memory_equal(&fresh.remaining_mm, &answer.remaining_mm, sizeof(double));
            assert_memory_equal(&fresh.entry_mm, &answer.entry_mm, sizeof(double));
            through += answer.bone_ahead;
            trk_bone_depth_destroy(cold);
        }
    }
    assert_true(inside > 1000 && outside > 1000 && through > 10);
    trk_bone_depth_destroy(warm);
    for (int b = 0; b < BONES; ++b) {
        trk_mesh_destroy(bones[b]);
        shape_free(&shapes[b]);
    }
}

static void what_is_not_found_is_no_nearer_than_told(void **state)
{
    (void)state;
    struct shape shape = shape_lathe(96, 64, position_bone);
    struct trk_mesh *mesh = make(&shape);
    struct trk_mesh_tree *tree = NULL;
    assert_int_equal(trk_mesh_tree_create(mesh, &tree), NAV_OK);
    double low[3], high[3];
    trk_mesh_bounds(mesh, low, high);
    uint64_t random = 41;
    int useful = 0;
    for (int i = 0; i < 300; ++i) {
        const struct trk_quad quad = random_quad(&random, low, high);
        struct trk_quad_nearest slow, told = {0};
        assert_int_equal(trk_mesh_tree_nearest_ref(tree, &quad, &slow), NAV_OK);
        const double radius = random_between(&random, 0.0, 1.0) * slow.distance_mm;
        if (trk_mesh_tree_nearest(tree, &quad, radius, i % 2 == 0 ? slow.triangle : TRK_NO_TRIANGLE,
                                  &told) == NAV_OK) {
            assert_true(slow.distance_mm <= radius);
            continue;
        }
        assert_true(told.distance_mm >= radius && told.distance_mm <= slow.distance_mm);
        useful += told.distance_mm > radius + 0.1 * (slow.distance_mm - radius);
    }
    assert_true(useful > 100);
    trk_mesh_tree_destroy(tree);
    trk_mesh_destroy(mesh);
    shape_free(&shape);
}

static void what_is_not_a_number_is_refused(void **state)
{
    (void)state;
    struct shape shape = shape_box();
    struct trk_mesh *box = make(&shape);
    struct trk_blade_distance *distance = one(box);
    struct trk_blade_pose now =
        blade_at((double[3]){0, 0, 50}, (double[3]){0, 0, -1}, (double[3]){0, 1, 0}, 8, 60);
    struct trk_structure_distance answer;
    now.corner_mm[1][2] = NAN;
    assert_int_equal(trk_blade_distance_measure(distance, NULL, &now, &answer), NAV_ERR_NOT_FINITE);
    now.corner_mm[1][2] = 50.0;
    now.axis[0] = INFINITY;
    assert_int_equal(trk_blade_distance_measure(distance, NULL, &now, &answer), NAV_ERR_NOT_FINITE);
    trk_blade_distance_destroy(distance);
    const struct trk_blade_distance_options options = trk_blade_distance_options_default();
    assert_int_equal(trk_blade_distance_create(NULL, 0, &options, &distance), NAV_ERR_ARGUMENT);
    trk_mesh_destroy(box);
    shape_free(&shape);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_pose_of_a_blade_follows_its_tool),
        cmocka_unit_test(distances_from_a_box_are_known),
        cmocka_unit_test(a_blade_inside_is_negative_by_its_deepest_point),
        cmocka_unit_test(the_tree_answers_as_every_triangle),
        cmocka_unit_test(rounding_excludes_nothing),
        cmocka_unit_test(a_real_sacrum_measured_point_by_point_agrees),
        cmocka_unit_test(the_sign_is_right_on_the_real_sacrum),
        cmocka_unit_test(answers_do_not_depend_on_what_was_asked_before),
        cmocka_unit_test(a_wandering_blade_is_as_far_as_every_triangle_says),
        cmocka_unit_test(depths_in_bone_are_as_every_triangle_says),
        cmocka_unit_test(what_is_not_found_is_no_nearer_than_told),
        cmocka_unit_test(what_is_not_a_number_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
