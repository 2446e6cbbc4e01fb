/* Measures of a cut surface with known answers, and a blade driven through a block of bone. */
#include "shapes.h"
#include "test_data.h"

#include "bone_depth.h"
#include "cut_record.h"

enum { PATCH_POINTS = 81 * 61 };

static double patch[3 * PATCH_POINTS];

/* A 40 x 30 mm patch of a plane turned by `tilt` about u, its middle `offset` off. */
static void make_patch(double tilt, double offset)
{
    size_t n = 0;
    for (int i = 0; i < 81; ++i) {
        for (int j = 0; j < 61; ++j) {
            const double along = -15.0 + 0.5 * j;
            patch[n++] = -20.0 + 0.5 * i;
            patch[n++] = along * cos(tilt);
            patch[n++] = offset + along * sin(tilt);
        }
    }
}

static void a_tilted_patch_has_its_known_measures(void **state)
{
    (void)state;
    make_patch(3.0 * M_PI / 180.0, 1.0);
    const struct trk_cut_measures measures = trk_cut_measure_points(patch, PATCH_POINTS);
    assert_true(measures.fitted);
    assert_true(fabs(measures.angle_deg - 3.0) < 1e-9);
    assert_true(fabs(measures.location_mm - 1.7850) < 5e-5);
    assert_true(fabs(measures.mean_mm - 1.0) < 1e-9);
    assert_true(fabs(measures.parallelism_mm - 1.5701) < 5e-5);
    assert_true(measures.flatness_mm < 1e-4);
}

static void few_points_say_little(void **state)
{
    (void)state;
    struct trk_cut_measures measures = trk_cut_measure_points(NULL, 0);
    assert_true(!measures.fitted && isnan(measures.mean_mm) && isnan(measures.location_mm));
    const double line[9] = {0, 0, 1, 1, 1, 2, 2, 2, 3};
    measures = trk_cut_measure_points(line, 3);
    assert_true(!measures.fitted && isnan(measures.angle_deg) && isnan(measures.flatness_mm));
    assert_true(fabs(measures.mean_mm - 2.0) < 1e-12 && fabs(measures.location_mm - 3.0) < 1e-12);
    const double three[9] = {0, 0, 1, 1, 0, 1, 0, 1, 2};
    measures = trk_cut_measure_points(three, 3);
    assert_true(measures.fitted && fabs(measures.angle_deg - 45.0) < 1e-9);
    assert_true(measures.flatness_mm < 1e-4);
}

/* Narrowest zone along d by trying slopes ever finer about the best. */
static double narrowest(const double *uvd, size_t count, double *out_lean)
{
    double at[2] = {0.0, 0.0}, span = 0.4, best = INFINITY;
    for (int level = 0; level < 30; ++level) {
        const double middle[2] = {at[0], at[1]};
        for (int i = -10; i <= 10; ++i) {
            for (int j = -10; j <= 10; ++j) {
                const double slope[2] = {middle[0] + span * i / 10, middle[1] + span * j / 10};
                double low = INFINITY, high = -INFINITY;
                for (size_t k = 0; k < count; ++k) {
                    const double r =
                        uvd[3 * k + 2] - slope[0] * uvd[3 * k] - slope[1] * uvd[3 * k + 1];
                    low = fmin(low, r);
                    high = fmax(high, r);
                }
                if (high - low < best) {
                    best = high - low;
                    at[0] = slope[0];
                    at[1] = slope[1];
                }
            }
        }
        span *= 0.6;
    }
    *out_lean = sqrt(1.0 + at[0] * at[0] + at[1] * at[1]);
    return best;
}

static void flatness_is_the_narrowest_zone(void **state)
{
    (void)state;
    uint64_t random = 9;
    for (int trial = 0; trial < 6; ++trial) {
        double uvd[3 * 300];
        for (size_t i = 0; i < 300; ++i) {
            uvd[3 * i] = 40.0 * shape_random(&random);
            uvd[3 * i + 1] = 30.0 * shape_random(&random) + 100.0;
            /* curved and noisy, so that the least squares plane is not the narrowest zone's */
            uvd[3 * i + 2] = 0.03 * uvd[3 * i] + 0.002 * uvd[3 * i] * uvd[3 * i] * trial +
                             (shape_random(&random) < 0.02 ? 1.5 : 0.1) * shape_normal(&random);
        }
        double lean = 1.0;
        const double expected = narrowest(uvd, 300, &lean);
        const struct trk_cut_measures measures = trk_cut_measure_points(uvd, 300);
        assert_true(fabs(measures.flatness_mm - expected / lean) < 1e-3);
        assert_true(measures.flatness_mm <= measures.parallelism_mm);
    }
}

/* ---- a blade through a block -------------------------------------------------------------------
 */

static struct trk_mesh *make(const struct shape *shape)
{
    struct trk_mesh *mesh = NULL;
    assert_int_equal(trk_mesh_create(shape->vertices, shape->vertex_count, shape->triangles,
                                     shape->triangle_count, &mesh),
                     NAV_OK);
    return mesh;
}

/* The block is shape_box: +-10, +-20, +-30. Cut down along -z at y = 0, from x -10 to 10. */
static const struct trk_cut_plan plan = {.point_mm = {0, 0, 30},
                                         .normal = {0, 1, 0},
                                         .u = {1, 0, 0},
                                         .size_mm = {30, 70},
                                         .depth_mm = 60,
                                         .kerf_mm = 1.0,
                                         .margin_side = 1};

struct block {
    struct shape shape;
    struct trk_mesh *mesh;
    struct trk_bone_depth *bone;
    struct trk_cut_record *record;
};

static struct block block_create(void)
{
    struct block block = {.shape = shape_box()};
    block.mesh = make(&block.shape);
    const struct trk_mesh *bones[1] = {block.mesh};
    const struct trk_bone_depth_options depth = trk_bone_depth_options_default();
    const struct trk_cut_record_options options = trk_cut_record_options_default();
    assert_int_equal(trk_bone_depth_create(bones, 1, &depth, &block.bone), NAV_OK);
    assert_int_equal(trk_cut_record_create(&plan, block.bone, &options, &block.record), NAV_OK);
    return block;
}

static void block_destroy(struct block *block)
{
    trk_cut_record_destroy(block->record);
    trk_bone_depth_destroy(block->bone);
    trk_mesh_destroy(block->mesh);
    shape_free(&block->shape);
}

/* A blade of 24 mm whose middle plane runs `offset` beside the plan and leaves it by `pitch` going
 * down; its edge `depth` below the top. */
static struct trk_blade_pose blade(double offset, double pitch, double depth)
{
    const struct trk_blade_shape shape = {
        .axis = {0, 0, -1}, .up = {0, 1, 0}, .width_mm = 24, .length_mm = 100};
    /* about x: -z goes to (0, sin, -cos) */
    const struct nav_pose pose = {.q = {sin(0.5 * pitch), 0, 0, cos(0.5 * pitch)},
                                  .t_mm = {0, offset + depth * tan(pitch), 30.0 - depth}};
    return trk_blade_pose_at(&shape, &pose);
}

/* From `from` to `to` below the top in steps of 0.3 mm; returns how often the map changed. */
static int drive(struct block *block, double offset, double pitch, double from, double to)
{
    struct trk_blade_pose before = blade(offset, pitch, from);
    struct trk_bone_depth_answer was, is;
    assert_int_equal(trk_bone_depth_measure(block->bone, &before, &was), NAV_OK);
    int changes = 0;
    for (double depth = from; depth < to; depth += 0.3) {
        const struct trk_blade_pose now = blade(offset, pitch, depth);
        assert_int_equal(trk_bone_depth_measure(block->bone, &now, &is), NAV_OK);
        changes += trk_cut_record_sweep(block->record, &before, was.depth_mm, &now, is.depth_mm);
        before = now;
        was = is;
    }
    return changes;
}

static void depths_in_a_block_are_known(void **state)
{
    (void)state;
    struct block block = block_create();
    struct trk_bone_depth_answer answer;
    struct trk_blade_pose now = blade(0, 0, 12);
    assert_int_equal(trk_bone_depth_measure(block.bone, &now, &answer), NAV_OK);
    assert_true(answer.cutting && answer.bone_ahead);
    assert_true(fabs(answer.deepest_mm - 10.0) < 1e-9); /* the middle: 10 from both sides */
    assert_true(fabs(answer.depth_mm[0] + 2.0) < 1e-9); /* the corners are beside the block */
    assert_true(fabs(answer.remaining_mm - 48.0) < 1e-4 && fabs(answer.middle_mm - 48.0) < 1e-4);
    assert_true(isnan(answer.corner_mm[0]) && isnan(answer.corner_mm[1]));
    assert_true(fabs(answer.entry_mm - 12.0) < 1e-4);

    now = blade(0, 0, -5); /* before it: through the whole block */
    assert_int_equal(trk_bone_depth_measure(block.bone, &now, &answer), NAV_OK);
    assert_true(!answer.cutting && isnan(answer.entry_mm));
    assert_true(fabs(answer.remaining_mm - 65.0) < 1e-4);

    now = blade(0, 0, 61); /* through */
    assert_int_equal(trk_bone_depth_measure(block.bone, &now, &answer), NAV_OK);
    assert_true(!answer.cutting && !answer.bone_ahead && isnan(answer.remaining_mm));

    now = blade(0, 30.0 * M_PI / 180.0, 0); /* leaning: leaves by the side y = 20 */
    assert_int_equal(trk_bone_depth_measure(block.bone, &now, &answer), NAV_OK);
    assert_true(fabs(answer.remaining_mm - 40.0) < 1e-4);

    now.corner_mm[0][0] = NAN;
    assert_int_equal(trk_bone_depth_measure(block.bone, &now, &answer), NAV_ERR_NOT_FINITE);
    block_destroy(&block);
}

static void the_nearest_exit_counts_and_bones_that_touch_are_one(void **state)
{
    (void)state;
    struct shape upper = shape_box(), lower = shape_box(), step = shape_box();
    for (uint32_t i = 0; i < upper.vertex_count; ++i) {
        lower.vertices[3 * i + 2] -= 60.1f; /* 0.1 mm below the upper block */
        step.vertices[3 * i] -= 14.0f;      /* beside: x -24 to -4, and less deep */
        step.vertices[3 * i + 2] = (i & 4u) != 0 ? 30.0f : 0.0f;
    }
    struct trk_mesh *meshes[3] = {make(&upper), make(&lower), make(&step)};
    const struct trk_mesh *bones[3] = {meshes[0], meshes[1], meshes[2]};
    const struct trk_bone_depth_options options = trk_bone_depth_options_default();
    struct trk_bone_depth *bone = NULL;
    struct trk_bone_depth_answer answer;
    const struct trk_blade_pose now = blade(0, 0, 10);
    assert_int_equal(trk_bone_depth_create(bones, 2, &options, &bone), NAV_OK);
    assert_int_equal(trk_bone_depth_measure(bone, &now, &answer), NAV_OK);
    assert_true(fabs(answer.remaining_mm - 110.1) < 1e-3); /* through both */
    trk_bone_depth_destroy(bone);
    assert_int_equal(trk_bone_depth_create(bones, 3, &options, &bone), NAV_OK);
    assert_int_equal(trk_bone_depth_measure(bone, &now, &answer), NAV_OK);
    assert_true(fabs(answer.remaining_mm - 20.0) < 1e-3); /* the corner over the step: z = 0 */
    assert_true(fabs(answer.corner_mm[0] - 20.0) < 1e-3);
    assert_true(fabs(answer.middle_mm - 110.1) < 1e-3);
    trk_bone_depth_destroy(bone);

    upper.triangle_count -= 1;
    struct trk_mesh *open = make(&upper);
    bones[0] = open;
    assert_int_equal(trk_bone_depth_create(bones, 1, &options, &bone), NAV_ERR_ARGUMENT);
    trk_mesh_destroy(open);
    for (int i = 0; i < 3; ++i) {
        trk_mesh_destroy(meshes[i]);
    }
    shape_free(&upper);
    shape_free(&lower);
    shape_free(&step);
}

static void a_cut_as_planned_covers_the_plan(void **state)
{
    (void)state;
    struct block block = block_create();
    struct trk_cut_result result = trk_cut_record_measure(block.record);
    assert_int_equal(trk_cut_record_revision(block.record), 0);
    /* in the bone by 0.5 mm: x +-9.5, z +-29.5 */
    assert_true(fabs(result.planned_mm2 - 19.0 * 59.0) < 0.05 * 19.0 * 59.0);
    assert_true(result.coverage == 0.0 && isnan(result.surface.mean_mm) && isnan(result.entry_mm));

    /* the middle plane half a kerf on the other side, so that the margin-side face is on the plan
     */
    assert_true(drive(&block, -0.5, 0, -3, 63) > 0);
    result = trk_cut_record_measure(block.record);
    assert_true(result.coverage > 0.999);
    assert_true(fabs(result.surface.mean_mm) < 1e-9 && result.surface.location_mm < 1e-9);
    assert_true(fabs(result.cut_mm2 - result.planned_mm2) < 1e-9);
    assert_true(result.surface.angle_deg < 1e-6 && fabs(result.entry_mm) < 1e-9);
    for (int i = 0; i < 3; ++i) {
        assert_true(fabs(result.executed_point_mm[i] - plan.point_mm[i]) < 1e-6);
        assert_true(fabs(result.executed_normal[i] - plan.normal[i]) < 1e-6);
    }
    assert_int_equal(result.revision, trk_cut_record_revision(block.record));
    block_destroy(&block);
}

static void a_cut_off_the_plan_is_measured(void **state)
{
    (void)state;
    struct block block = block_create();
    const double pitch = 2.0 * M_PI / 180.0;
    (void)drive(&block, 0.3, pitch, -3, 70);
    const struct trk_cut_result result = trk_cut_record_measure(block.record);
    assert_true(fabs(result.surface.angle_deg - 2.0) < 1e-6 && fabs(result.pitch_deg - 2.0) < 1e-6);
    assert_true(fabs(result.roll_deg) < 1e-6);
    /* the face: 0.3 and half the kerf across the blade, and further off with depth */
    const double face = 0.3 + 0.5 / cos(pitch);
    assert_true(fabs(result.surface.plane[0] - face) < 1e-6);
    assert_true(fabs(result.entry_mm - (face + 0.75 * tan(pitch))) < 0.3 * tan(pitch));
    assert_true(fabs(result.exit_mm - (face + 59.25 * tan(pitch))) < 0.3 * tan(pitch));
    assert_true(fabs(result.surface.location_mm - (face + 59.5 * tan(pitch))) < 0.3 * tan(pitch));
    assert_true(result.surface.flatness_mm < 1e-4);
    assert_true(fabs(result.executed_normal[1] - cos(pitch)) < 1e-6);
    assert_true(fabs(result.executed_normal[2] - sin(pitch)) < 1e-6);
    assert_true(result.coverage > 0.999);
    block_destroy(&block);
}

static void half_a_cut_is_half_covered_and_can_be_forgotten(void **state)
{
    (void)state;
    struct block block = block_create();
    const int changes = drive(&block, -0.5, 0, -3, 30);
    struct trk_cut_result result = trk_cut_record_measure(block.record);
    assert_true(fabs(result.coverage - 0.5) < 0.02);
    assert_true(isfinite(result.entry_mm) && isnan(result.exit_mm));
    assert_int_equal(trk_cut_record_revision(block.record), changes);
    trk_cut_record_clear(block.record);
    result = trk_cut_record_measure(block.record);
    assert_true(result.coverage == 0.0);
    assert_int_equal(trk_cut_record_revision(block.record), changes + 1);
    block_destroy(&block);
}

static void what_is_not_this_cut_is_not_recorded(void **state)
{
    (void)state;
    struct block block = block_create();
    assert_int_equal(drive(&block, 12.0, 0, 5, 20), 0);                /* beside the band */
    assert_int_equal(drive(&block, 0, 35.0 * M_PI / 180.0, 3, 10), 0); /* tilted too far */
    assert_int_equal(drive(&block, 0, 0, -20, -1), 0);                 /* in the air */
    assert_int_equal(drive(&block, 0, 0, 62, 80), 0);                  /* behind the bone */
    struct trk_bone_depth_answer was, is;
    const struct trk_blade_pose here = blade(0, 0, 5), there = blade(0, 0, 25);
    assert_int_equal(trk_bone_depth_measure(block.bone, &here, &was), NAV_OK);
    assert_int_equal(trk_bone_depth_measure(block.bone, &there, &is), NAV_OK);
    assert_false(trk_cut_record_sweep(block.record, &here, was.depth_mm, &there, is.depth_mm));
    assert_int_equal(trk_cut_record_revision(block.record), 0);
    block_destroy(&block);
}

static void margins_are_of_the_cut_surface(void **state)
{
    (void)state;
    struct block block = block_create();
    struct shape tumour = shape_box(); /* a block of 10 x 20 x 30 halves, 12 mm along the normal */
    for (uint32_t i = 0; i < tumour.vertex_count; ++i) {
        tumour.vertices[3 * i + 1] += 32.0f;
    }
    struct trk_mesh *mesh = make(&tumour);
    struct trk_cut_margin margin;
    double planned = NAN;
    assert_int_equal(trk_cut_record_margin(block.record, mesh, &margin), NAV_ERR_NOT_FOUND);
    assert_int_equal(trk_cut_record_planned_margin(block.record, mesh, &planned), NAV_OK);
    assert_true(fabs(planned - 12.0) < 1e-6);
    const double pitch = 2.0 * M_PI / 180.0;
    (void)drive(&block, 0.3, pitch, -3, 70);
    assert_int_equal(trk_cut_record_margin(block.record, mesh, &margin), NAV_OK);
    /* nearest where the cut is deepest */
    assert_true(fabs(margin.mm - (12.0 - 0.8 - 59.5 * tan(pitch))) < 0.3 * tan(pitch));
    assert_true(margin.cut_mm[2] < -29.0);
    /* the best of every cell, asked one by one */
    struct nav_cut_map *map = calloc(1, sizeof(*map));
    trk_cut_record_map(block.record, map);
    double least = INFINITY;
    uint32_t cut = 0;
    for (uint32_t row = 0; row < map->rows; ++row) {
        for (uint32_t column = 0; column < map->columns; ++column) {
            const double d = nav_cut_cell_mm(map->cells[column + row * map->columns]);
            if (isnan(d)) {
                continue;
            }
            ++cut;
            double p[3];
            for (int i = 0; i < 3; ++i) {
                p[i] = map->origin_mm[i] + map->cell_mm * (column + 0.5) * map->u[i] +
                       map->cell_mm * (row + 0.5) * map->v[i] + d * map->normal[i];
            }
            struct trk_mesh_nearest nearest;
            assert_int_equal(trk_mesh_nearest(mesh, p, INFINITY, &nearest), NAV_OK);
            least = fmin(least, nearest.signed_mm);
        }
    }
    assert_true(fabs(least - margin.mm) < 0.01); /* the map keeps hundredths */
    const struct trk_cut_result result = trk_cut_record_measure(block.record);
    assert_true(fabs(cut * map->cell_mm * map->cell_mm - result.cut_mm2) < 1e-6);
    assert_int_equal(map->revision, result.revision);
    free(map);
    trk_mesh_destroy(mesh);
    shape_free(&tumour);
    block_destroy(&block);
}

/* A mesh like the block, 20 mm below its end. */
static struct trk_mesh *block_below(struct shape *shape)
{
    *shape = shape_box();
    for (uint32_t i = 0; i < shape->vertex_count; ++i) {
        shape->vertices[3 * i + 2] -= 80.0f;
    }
    return make(shape);
}

/* The noise of a pose says bone where there is none: cells are counted, but no margin is theirs. */
static void no_margin_is_taken_where_there_is_no_bone(void **state)
{
    (void)state;
    struct block block = block_create();
    struct shape shape;
    struct trk_mesh *mesh = block_below(&shape);
    struct trk_cut_margin margin;
    double inside[TRK_EDGE_SAMPLES];
    for (int i = 0; i < TRK_EDGE_SAMPLES; ++i) {
        inside[i] = 5.0;
    }
    (void)drive(&block, -0.5, 0, -3, 59.0);
    for (double depth = 59.0; depth < 63.0; depth += 0.3) {
        const struct trk_blade_pose before = blade(-0.5, 0, depth);
        const struct trk_blade_pose now = blade(-0.5, 0, depth + 0.3);
        (void)trk_cut_record_sweep(block.record, &before, inside, &now, inside);
    }
    const struct trk_cut_result result = trk_cut_record_measure(block.record);
    assert_true(result.cut_mm2 > result.planned_mm2 + 19.0 * 2.0);
    assert_int_equal(trk_cut_record_margin(block.record, mesh, &margin), NAV_OK);
    assert_true(fabs(margin.mm - 20.75) < 1e-3); /* the last cell that is 0.5 mm in the bone */
    trk_mesh_destroy(mesh);
    shape_free(&shape);
    block_destroy(&block);
}

/* A touch is no cut of which anything is known. */
static void a_touch_says_nothing_yet(void **state)
{
    (void)state;
    struct block block = block_create();
    struct shape shape;
    struct trk_mesh *mesh = block_below(&shape);
    struct trk_cut_margin margin;
    assert_true(drive(&block, -0.5, 0, 1.0, 1.8) > 0);
    struct trk_cut_result result = trk_cut_record_measure(block.record);
    assert_true(result.surface.points > 0 && !trk_cut_plane_is_known(&result));
    assert_int_equal(trk_cut_record_margin(block.record, mesh, &margin), NAV_OK);
    assert_false(trk_cut_margin_is_known(&margin));
    (void)drive(&block, -0.5, 0, 1.8, 8.0);
    result = trk_cut_record_measure(block.record);
    assert_true(trk_cut_place_is_known(&result) && trk_cut_plane_is_known(&result));
    assert_int_equal(trk_cut_record_margin(block.record, mesh, &margin), NAV_OK);
    assert_true(trk_cut_margin_is_known(&margin));
    trk_mesh_destroy(mesh);
    shape_free(&shape);
    block_destroy(&block);
}

/* Drives with the noise of a tracker, across the plane and along the way. */
static void drive_noisily(struct block *block, double to, uint64_t *random)
{
    struct trk_blade_pose before = blade(-0.5, 0, -3);
    struct trk_bone_depth_answer was, is;
    assert_int_equal(trk_bone_depth_measure(block->bone, &before, &was), NAV_OK);
    for (double depth = -3.0; depth < to; depth += 0.06) {
        const struct trk_blade_pose now =
            blade(-0.5 + 0.35 * shape_normal(random), 0, depth + 0.35 * shape_normal(random));
        assert_int_equal(trk_bone_depth_measure(block->bone, &now, &is), NAV_OK);
        (void)trk_cut_record_sweep(block->record, &before, was.depth_mm, &now, is.depth_mm);
        before = now;
        was = is;
    }
}

/* In the middle of the bone nothing but the edge says where the cut ends: towards what is ahead of
 * it the margin hangs on that, to the side it does not. */
static void a_margin_knows_that_the_end_of_the_cut_is_uncertain(void **state)
{
    (void)state;
    struct shape ahead_shape, beside_shape = shape_box();
    for (uint32_t i = 0; i < beside_shape.vertex_count; ++i) {
        beside_shape.vertices[3 * i + 1] += 32.0f;
    }
    struct trk_mesh *ahead = block_below(&ahead_shape), *beside = make(&beside_shape);
    for (uint64_t seed = 1; seed <= 5; ++seed) {
        struct block block = block_create();
        struct trk_cut_margin to_ahead, to_beside;
        uint64_t random = seed;
        drive_noisily(&block, 30.0, &random);
        assert_int_equal(trk_cut_record_margin(block.record, ahead, &to_ahead), NAV_OK);
        assert_int_equal(trk_cut_record_margin(block.record, beside, &to_beside), NAV_OK);
        assert_true(to_ahead.sd_mm > 0.25 && !trk_cut_margin_is_known(&to_ahead));
        assert_true(to_beside.sd_mm < 0.2 && trk_cut_margin_is_known(&to_beside));
        assert_true(fabs(to_ahead.mm - 50.0) < 3.0 * to_ahead.sd_mm);
        assert_true(fabs(to_beside.mm - 12.0) < 3.0 * to_beside.sd_mm);
        block_destroy(&block);
    }
    trk_mesh_destroy(ahead);
    trk_mesh_destroy(beside);
    shape_free(&ahead_shape);
    shape_free(&beside_shape);
}

/* Who has but the map of a running core finds the same margins in it. */
static void a_map_says_what_the_record_said(void **state)
{
    (void)state;
    struct block block = block_create();
    struct block other = block_create();
    struct nav_cut_map *map = calloc(1, sizeof(*map));
    struct trk_cut_margin margin, again;
    (void)drive(&block, 0.3, 2.0 * M_PI / 180.0, -3, 50);
    trk_cut_record_map(block.record, map);
    assert_int_equal(trk_cut_record_restore(other.record, map), NAV_OK);
    const struct trk_cut_result said = trk_cut_record_measure(block.record);
    const struct trk_cut_result found = trk_cut_record_measure(other.record);
    assert_true(fabs(said.surface.mean_mm - found.surface.mean_mm) < 0.005);
    assert_true(fabs(said.angle_deg - found.angle_deg) < 0.01);
    assert_true(said.coverage == found.coverage && said.revision == found.revision);
    assert_int_equal(trk_cut_record_margin(block.record, block.mesh, &margin), NAV_OK);
    assert_int_equal(trk_cut_record_margin(other.record, block.mesh, &again), NAV_OK);
    assert_true(fabs(margin.mm - again.mm) < 0.01);
    map->cell_mm *= 1.1;
    assert_int_equal(trk_cut_record_restore(other.record, map), NAV_ERR_ARGUMENT);
    map->cell_mm = 0.5;
    map->columns -= 1;
    assert_int_equal(trk_cut_record_restore(other.record, map), NAV_ERR_ARGUMENT);
    free(map);
    block_destroy(&other);
    block_destroy(&block);
}

static void plans_that_are_none_are_refused_and_large_ones_fit(void **state)
{
    (void)state;
    const struct trk_cut_record_options options = trk_cut_record_options_default();
    struct trk_cut_record *record = NULL;
    struct trk_cut_plan bad = plan;
    bad.u[1] = 0.1;
    assert_int_equal(trk_cut_record_create(&bad, NULL, &options, &record), NAV_ERR_ARGUMENT);
    bad = plan;
    bad.size_mm[0] = 0.0;
    assert_int_equal(trk_cut_record_create(&bad, NULL, &options, &record), NAV_ERR_ARGUMENT);
    bad = plan;
    bad.size_mm[0] = NAN;
    assert_int_equal(trk_cut_record_create(&bad, NULL, &options, &record), NAV_ERR_ARGUMENT);
    struct trk_cut_plan large = plan;
    large.size_mm[0] = 300.0;
    large.depth_mm = 200.0;
    assert_int_equal(trk_cut_record_create(&large, NULL, &options, &record), NAV_OK);
    const struct trk_cut_result result = trk_cut_record_measure(record);
    assert_true(fabs(result.planned_mm2 - 300.0 * 200.0) < 0.02 * 300.0 * 200.0);
    trk_cut_record_destroy(record);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_tilted_patch_has_its_known_measures),
        cmocka_unit_test(few_points_say_little),
        cmocka_unit_test(flatness_is_the_narrowest_zone),
        cmocka_unit_test(depths_in_a_block_are_known),
        cmocka_unit_test(the_nearest_exit_counts_and_bones_that_touch_are_one),
        cmocka_unit_test(a_cut_as_planned_covers_the_plan),
        cmocka_unit_test(a_cut_off_the_plan_is_measured),
        cmocka_unit_test(half_a_cut_is_half_covered_and_can_be_forgotten),
        cmocka_unit_test(what_is_not_this_cut_is_not_recorded),
        cmocka_unit_test(margins_are_of_the_cut_surface),
        cmocka_unit_test(no_margin_is_taken_where_there_is_no_bone),
        cmocka_unit_test(a_touch_says_nothing_yet),
        cmocka_unit_test(a_margin_knows_that_the_end_of_the_cut_is_uncertain),
        cmocka_unit_test(a_map_says_what_the_record_said),
        cmocka_unit_test(plans_that_are_none_are_refused_and_large_ones_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
