/* What is computed of a cut, on boxes where it can be told by hand. */
#include "test_data.h"

#include <math.h>

#include "cut_facts.h"
#include "mesh_maker.h"

static struct cfg_mesh *box(double x0, double y0, double z0, double x1, double y1, double z1)
{
    const double low[3] = {x0, y0, z0};
    const double size[3] = {x1 - x0, y1 - y0, z1 - z0};
    struct cfg_mesh_arrays arrays = {.vertices = malloc(24 * sizeof(float)),
                                     .vertex_count = 8,
                                     .triangles = malloc(36 * sizeof(uint32_t)),
                                     .triangle_count = BOX_TRIANGLES};
    assert_non_null(arrays.vertices);
    assert_non_null(arrays.triangles);
    for (int corner = 0; corner < 8; ++corner) {
        for (int axis = 0; axis < 3; ++axis) {
            arrays.vertices[3 * corner + axis] = box_coordinate(corner, axis, low, size);
        }
    }
    for (int i = 0; i < 3 * BOX_TRIANGLES; ++i) {
        arrays.triangles[i] = box_faces[i / 3][i % 3];
    }
    struct cfg_mesh *mesh = NULL;
    assert_int_equal(cfg_mesh_from_arrays(&arrays, "box", NULL, &mesh, NULL), NAV_OK);
    return mesh;
}

static void add(struct cfg_case *loaded, enum cfg_role role, struct cfg_mesh *mesh)
{
    struct cfg_model *model = &loaded->models[loaded->model_count++];
    model->role = role;
    model->mesh = mesh;
    model->caution_mm = role == CFG_ROLE_BONE ? 0.0 : 5.0;
}

/* A bone of 100 x 60 x 40 mm; cut at z = 5, from the back (y = 30) to the front, 80 mm wide. */
static struct cfg_case *make_case(void)
{
    struct cfg_case *loaded = calloc(1, sizeof(*loaded));
    assert_non_null(loaded);
    add(loaded, CFG_ROLE_BONE, box(-50, -30, -20, 50, 30, 20));
    loaded->cut_count = 1;
    struct cfg_cut *cut = &loaded->cuts[0];
    *cut = (struct cfg_cut){.point_mm = {0, 35, 5},
                            .normal = {0, 0, 1},
                            .u = {-1, 0, 0},
                            .size_mm = {80, 90},
                            .depth_mm = 65,
                            .kerf_mm = 1.0};
    return loaded;
}

static void expect(double value, double expected)
{
    if (!(fabs(value - expected) < 1e-4)) {
        fail_msg("%.6f, not %.6f", value, expected);
    }
}

static void depth_of_the_bone(void **state)
{
    (void)state;
    struct cfg_case *loaded = make_case();
    struct cfg_cut_facts facts;
    assert_int_equal(cfg_cut_facts(loaded, 0, &facts), NAV_OK);
    assert_true(facts.has_bone && !facts.far_beyond && !facts.has_tumour);
    expect(facts.near_cortex_mm, 5.0);
    expect(facts.far_cortex_mm, 65.0);
    expect(facts.kerf_mm, 1.0);
    assert_true(facts.kerf_known);
    loaded->cuts[0].kerf_mm = NAN;
    assert_int_equal(cfg_cut_facts(loaded, 0, &facts), NAV_OK);
    assert_false(facts.kerf_known);
    loaded->tool_count = 1;
    loaded->tools[0].shape = CFG_SHAPE_BLADE;
    loaded->tools[0].thickness_mm = 0.9;
    assert_int_equal(cfg_cut_facts(loaded, 0, &facts), NAV_OK);
    assert_true(facts.kerf_known);
    expect(facts.kerf_mm, 0.9);
    /* Bone beside the face's width does not count; bone beyond its length is told. */
    add(loaded, CFG_ROLE_BONE, box(45, -200, -20, 90, 30, 20));
    assert_int_equal(cfg_cut_facts(loaded, 0, &facts), NAV_OK);
    expect(facts.far_cortex_mm, 65.0);
    loaded->cuts[0].size_mm[1] = 50.0;
    assert_int_equal(cfg_cut_facts(loaded, 0, &facts), NAV_OK);
    assert_true(facts.far_beyond);
    loaded->cuts[0].point_mm[2] = 100.0;
    assert_int_equal(cfg_cut_facts(loaded, 0, &facts), NAV_OK);
    assert_false(facts.has_bone);
    assert_int_equal(cfg_cut_facts(loaded, 1, &facts), NAV_ERR_ARGUMENT);
    cfg_case_destroy(loaded);
}

static void margin_is_from_the_face_on_the_tumours_side(void **state)
{
    (void)state;
    struct cfg_case *loaded = make_case();
    struct cfg_cut *cut = &loaded->cuts[0];
    struct cfg_cut_facts facts;
    add(loaded, CFG_ROLE_TUMOUR, box(-10, -10, 12, 10, 10, 30)); /* 7 mm above the plane */
    cut->margin_side = 1;
    assert_int_equal(cfg_cut_facts(loaded, 0, &facts), NAV_OK);
    expect(facts.margin_mm, 7.0);
    assert_int_equal(facts.tumour, 1);
    assert_int_equal(facts.passing_count, 0);
    cut->margin_side = 0; /* the plane is the slot's middle: half of it is lost */
    assert_int_equal(cfg_cut_facts(loaded, 0, &facts), NAV_OK);
    expect(facts.margin_mm, 6.5);
    cut->margin_side = 1;
    /* Beyond the far end of the face the tumour comes nearer: a cut is carried on there, too. */
    add(loaded, CFG_ROLE_TUMOUR, box(-10, -200, 8, 10, -180, 30));
    assert_int_equal(cfg_cut_facts(loaded, 0, &facts), NAV_OK);
    expect(facts.margin_mm, 3.0);
    assert_int_equal(facts.tumour, 2);
    assert_true(facts.face_margin_mm > 100.0 && !facts.plane_cuts);
    /* Where the plane goes through it there, the margin is the face's, and that is told. */
    cut->point_mm[2] = 10.0;
    assert_int_equal(cfg_cut_facts(loaded, 0, &facts), NAV_OK);
    expect(facts.margin_mm, 2.0);
    assert_int_equal(facts.tumour, 1);
    add(loaded, CFG_ROLE_TUMOUR, box(-10, -40, 0, 10, -31, 30));
    assert_int_equal(cfg_cut_facts(loaded, 0, &facts), NAV_OK);
    assert_int_equal(facts.tumour, 3);
    assert_true(facts.margin_mm > 0.0 && facts.margin_mm < 1.0 && facts.plane_cuts);
    assert_false(facts.tumour_cut);
    cut->point_mm[2] = 15.0;
    assert_int_equal(cfg_cut_facts(loaded, 0, &facts), NAV_OK);
    assert_true(facts.tumour_cut);
    expect(facts.margin_mm, 0.0);
    cfg_case_destroy(loaded);
}

static void structures_nearby_nearest_first(void **state)
{
    (void)state;
    struct cfg_case *loaded = make_case();
    struct cfg_cut_facts facts;
    add(loaded, CFG_ROLE_NERVE, box(-5, -45, 0, 5, -34, 10)); /* 4 mm beyond the end of the cut */
    add(loaded, CFG_ROLE_VESSEL, box(-5, 0, -20, 5, 10, 2));  /* 3 mm below the plane */
    add(loaded, CFG_ROLE_DURA, box(42, 0, 0, 60, 10, 10));    /* 2 mm beside the face */
    add(loaded, CFG_ROLE_ORGAN, box(-60, -60, -60, 60, 60, 60)); /* all around: the cut is inside */
    add(loaded, CFG_ROLE_NERVE, box(60, 60, 60, 70, 70, 70));    /* far off */
    loaded->cuts[0].margin_side = 1;                             /* the slot lies below the plane */
    assert_int_equal(cfg_cut_facts(loaded, 0, &facts), NAV_OK);
    assert_int_equal(facts.passing_count, 4);
    static const size_t order[4] = {4, 3, 2, 1};
    for (size_t i = 0; i < 4; ++i) {
        assert_int_equal(facts.passing[i].model, order[i]);
    }
    assert_true(facts.passing[0].crossed && !facts.passing[1].crossed);
    expect(facts.passing[0].distance_mm, 0.0);
    expect(facts.passing[1].distance_mm, 1.5); /* half of the slot, in every direction */
    expect(facts.passing[2].distance_mm, 2.0); /* the whole slot */
    expect(facts.passing[3].distance_mm, 3.5);
    loaded->cuts[0].margin_side = -1; /* the slot lies above */
    assert_int_equal(cfg_cut_facts(loaded, 0, &facts), NAV_OK);
    expect(facts.passing[2].distance_mm, 3.0);
    cfg_case_destroy(loaded);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(depth_of_the_bone),
        cmocka_unit_test(margin_is_from_the_face_on_the_tumours_side),
        cmocka_unit_test(structures_nearby_nearest_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
