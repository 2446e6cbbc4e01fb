/* The real label map: what its surfaces enclose, and how far they are from the meshes that the same
 * data's makers provide. */
#include <math.h>

#include "label_files.h"
#include "mesh.h"
#include "mesh_query.h"

enum { PATH_SIZE = 1024 };

static const char *const structures[] = {
    "sacrum",          "hip_left",         "hip_right", "iliac_artery_left",  "iliac_artery_right",
    "iliac_vena_left", "iliac_vena_right", "aorta",     "inferior_vena_cava", "spinal_cord",
    "vertebrae_L5",
};
enum { STRUCTURES = sizeof(structures) / sizeof(structures[0]) };

static const double voxel_mm = 3.0;

static int compare_doubles(const void *left, const void *right)
{
    const double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

struct distances {
    const struct trk_mesh *mesh;
    double values[200000];
    size_t count;
};

static bool add_distance(void *context, const double p[3])
{
    struct distances *distances = context;
    struct trk_mesh_nearest nearest;
    assert_int_equal(trk_mesh_nearest(distances->mesh, p, INFINITY, &nearest), NAV_OK);
    assert_true(distances->count < sizeof(distances->values) / sizeof(distances->values[0]));
    distances->values[distances->count++] = nearest.distance_mm;
    return true;
}

/* 95 % of the distances from one surface to the other. */
static double p95(const struct prep_surface *from, const struct prep_surface *to)
{
    static struct distances distances;
    struct trk_mesh *mesh = NULL;
    assert_int_equal(trk_mesh_create(to->points, (uint32_t)to->point_count, to->triangles,
                                     (uint32_t)to->triangle_count, &mesh),
                     NAV_OK);
    distances.mesh = mesh;
    distances.count = 0;
    assert_true(prep_surface_spread(from, 2.0, add_distance, &distances));
    trk_mesh_destroy(mesh);
    qsort(distances.values, distances.count, sizeof(distances.values[0]), compare_doubles);
    return distances.values[(size_t)(0.95 * (double)(distances.count - 1))];
}

static void expect_near(const struct prep_segment_surface *item)
{
    char relative[256], path[PATH_SIZE];
    (void)snprintf(relative, sizeof(relative), "anatomy/totalsegmentator_pelvis_case_LPS_mm/%s.stl",
                   item->segment->name);
    test_data_path(relative, path, sizeof(path));
    struct cfg_mesh *mesh = NULL;
    struct cfg_error error = {.text = ""};
    assert_int_equal(cfg_mesh_load(path, NULL, &mesh, &error), NAV_OK);
    const struct prep_surface provided = {mesh->vertex_count, mesh->triangle_count,
                                          mesh->vertices_mm, mesh->triangles};
    const double there = p95(&item->surface, &provided), back = p95(&provided, &item->surface);
    print_message(
        "%-20s %7.1f ml %+.3f %%, 95%% of it within %.2f mm of the provided mesh, of that "
        "within %.2f mm\n",
        item->segment->name, item->voxel_ml, item->difference_percent, there, back);
    assert_true(there <= voxel_mm && back <= voxel_mm);
    cfg_mesh_destroy(mesh);
}

static void real_label_map(void **state)
{
    (void)state;
    char labels[PATH_SIZE], names[PATH_SIZE];
    test_data_path("volumes/totalsegmentator_pelvis_ct/seg_total_117labels.nii.gz", labels,
                   sizeof(labels));
    test_data_path("volumes/totalsegmentator_pelvis_ct/labels_total.csv", names, sizeof(names));
    struct prep_segmentation segmentation = {0};
    struct cfg_error error = {.text = ""};
    if (prep_segmentation_load(labels, names, &segmentation, &error) != NAV_OK) {
        fail_msg("refused: %s", error.text);
    }
    const struct prep_segment *chosen[STRUCTURES];
    for (size_t i = 0; i < STRUCTURES; ++i) {
        chosen[i] = prep_segmentation_find(&segmentation, structures[i]);
        assert_non_null(chosen[i]);
    }
    assert_int_equal(chosen[0]->value, 25);
    assert_int_equal(chosen[0]->voxels, 5884); /* as the data's index.csv counts them */
    const struct prep_segment_options options = prep_segment_options_default();
    struct prep_segment_surfaces surfaces = {0};
    assert_int_equal(
        prep_segment_run(&segmentation, chosen, STRUCTURES, &options, &surfaces, &error), NAV_OK);
    for (size_t i = 0; i < STRUCTURES; ++i) {
        const struct prep_segment_surface *item = &surfaces.items[i];
        assert_ptr_equal(item->segment, chosen[i]);
        assert_true(item->closed && item->voxel_ml > 5.0);
        assert_true(fabs(item->difference_percent) < 3.0);
        assert_true(item->error.mean_mm < 0.6 && item->error.p95_mm < 1.5);
        expect_near(item);
    }
    prep_segment_surfaces_finish(&surfaces);
    /* A name without voxels is known as such. */
    const struct prep_segment *empty = prep_segmentation_find(&segmentation, "skull");
    assert_true(empty != NULL && empty->voxels == 0);
    prep_segmentation_finish(&segmentation);
}

/* The CT's own bone: it is most of what the label map calls sacrum and hips. */
static void real_threshold(void **state)
{
    (void)state;
    char path[PATH_SIZE];
    test_data_path("volumes/totalsegmentator_pelvis_ct/ct_3mm.nii.gz", path, sizeof(path));
    struct cfg_volume *ct = NULL;
    struct cfg_error error = {.text = ""};
    assert_int_equal(cfg_volume_load(path, NULL, &ct, &error), NAV_OK);
    struct prep_segmentation bone = {0};
    assert_int_equal(prep_segmentation_threshold(ct, path, 150, &bone, &error), NAV_OK);
    const struct prep_segment_options options = prep_segment_options_default();
    struct prep_segment_surfaces surfaces = label_surfaces(&bone, &options);
    assert_int_equal(surfaces.count, 1);
    const struct prep_segment_surface *item = &surfaces.items[0];
    print_message("bone above 150 HU: %.0f ml %+.3f %%\n", item->voxel_ml,
                  item->difference_percent);
    assert_true(item->closed && item->voxel_ml > 500.0 && item->voxel_ml < 2500.0);
    assert_true(fabs(item->difference_percent) < 0.5);
    prep_segment_surfaces_finish(&surfaces);
    prep_segmentation_finish(&bone);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(real_label_map),
        cmocka_unit_test(real_threshold),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
