/* An MR beside a CT: found where it is known to be, and refused where it cannot be known. */
#include "synthetic_mr.h"

#include "align.h"

static struct cfg_volume *ct;

static const double middle_mm[3] = {-4.0, -150.0, 240.0}; /* of the real pelvis, near the sacrum */

/* Corners of a box around the bone of the pelvis. */
static double corner_error_mm(const struct nav_pose *found, const struct nav_pose *truth)
{
    double farthest = 0.0;
    for (int i = 0; i < 8; ++i) {
        const double p[3] = {middle_mm[0] + (i & 1 ? 140.0 : -140.0),
                             middle_mm[1] + (i & 2 ? 80.0 : -80.0),
                             middle_mm[2] + (i & 4 ? 110.0 : -110.0)};
        double a[3];
        double b[3];
        nav_pose_apply(truth, p, a); /* to the MR, and back by what was found */
        nav_pose_apply(found, a, b);
        farthest = fmax(farthest, hypot(hypot(b[0] - p[0], b[1] - p[1]), b[2] - p[2]));
    }
    return farthest;
}

static struct synthetic_mr usual(void)
{
    const double shift[3] = {18.0, -14.0, 20.0}; /* 30 mm */
    struct synthetic_mr mr = {
        .size = {128, 120, 64}, .spacing_mm = {2.2, 2.2, 4.0}, .tilt_deg = 9.0, .noise = 40.0};
    memcpy(mr.middle_mm, middle_mm, sizeof(middle_mm));
    mr.T_mr_ct = pose_about(9.0, -8.0, 9.0, middle_mm, shift); /* 15 degrees */
    return mr;
}

static int open_ct(void **state)
{
    char path[512];
    struct cfg_error error;
    (void)state;
    test_data_path("volumes/totalsegmentator_pelvis_ct/ct_3mm.nii.gz", path, sizeof(path));
    return cfg_volume_load(path, NULL, &ct, &error) == NAV_OK ? 0 : -1;
}

static enum nav_status estimate(const struct synthetic_mr *mr, struct prep_align_report *out,
                                struct cfg_error *error)
{
    struct cfg_volume *other = synthetic_mr_make(ct, mr);
    const struct prep_align_scan scans[2] = {{ct, true}, {other, false}};
    const enum nav_status status =
        prep_align_estimate(&scans[0], &scans[1], NULL, NULL, out, error);
    cfg_volume_destroy(other);
    return status;
}

static void a_known_motion_is_found(void **state)
{
    struct prep_align_report report;
    struct cfg_error error = {.text = ""};
    (void)state;
    static const double motions[][6] = {{-9.0, 8.0, -9.0, -18.0, 14.0, 20.0},
                                        {0.0, 0.0, 0.0, 0.0, 0.0, 0.0}};
    for (size_t i = 0; i < sizeof(motions) / sizeof(motions[0]); ++i) {
        struct synthetic_mr mr = usual();
        mr.T_mr_ct =
            pose_about(motions[i][0], motions[i][1], motions[i][2], middle_mm, motions[i] + 3);
        if (estimate(&mr, &report, &error) != NAV_OK) {
            fail_msg("motion %zu: %s", i, error.text);
        }
        const struct nav_pose T_mr_found = nav_pose_inverse(&report.T_reference_other);
        assert_true(corner_error_mm(&report.T_reference_other, &mr.T_mr_ct) < 0.5);
        assert_true(nav_pose_angle_rad(&T_mr_found, &mr.T_mr_ct) * 180.0 / M_PI < 0.5);
        assert_int_equal(report.agreeing, PREP_ALIGN_RESTARTS);
    }
}

static void what_cannot_be_known_is_refused(void **state)
{
    struct prep_align_report report;
    struct cfg_error error = {.text = ""};
    (void)state;
    struct synthetic_mr mr = usual();
    mr.nothing = true;
    assert_int_equal(estimate(&mr, &report, &error), NAV_ERR_REFUSED);
    assert_non_null(strstr(error.text, "tell nothing of each other"));
    mr = usual();
    mr.upside_down = true;
    assert_int_equal(estimate(&mr, &report, &error), NAV_ERR_REFUSED);
    assert_non_null(strstr(error.text, "clearly better than its surroundings"));
}

/* The CT ends where the MR begins. */
static void another_part_of_the_body_is_refused(void **state)
{
    struct prep_align_report report;
    struct cfg_error error = {.text = ""};
    (void)state;
    struct cfg_volume below = *ct;
    below.report.size[2] = 45;
    struct synthetic_mr mr = usual();
    mr.middle_mm[2] = 350.0;
    mr.size[2] = 36;
    struct cfg_volume *other = synthetic_mr_make(ct, &mr);
    const struct prep_align_scan scans[2] = {{&below, true}, {other, false}};
    assert_int_equal(prep_align_estimate(&scans[0], &scans[1], NULL, NULL, &report, &error),
                     NAV_ERR_REFUSED);
    cfg_volume_destroy(other);
}

/* Of a given transform every other reading is tried. */
static void a_transform_the_other_way_round_is_named(void **state)
{
    (void)state;
    struct synthetic_mr mr = usual();
    struct cfg_volume *other = synthetic_mr_make(ct, &mr);
    const struct prep_align_scan scans[2] = {{ct, true}, {other, false}};
    const struct nav_pose T_ct_mr = nav_pose_inverse(&mr.T_mr_ct);
    struct nav_pose ras = T_ct_mr;
    ras.q[0] = -ras.q[0];
    ras.q[1] = -ras.q[1];
    ras.t_mm[0] = -ras.t_mm[0];
    ras.t_mm[1] = -ras.t_mm[1];
    const struct nav_pose far_off = {{0.0, 0.0, 0.0, 1.0}, {900.0, 0.0, 0.0}};
    const struct {
        struct nav_pose T;
        const char *word; /* NULL: it is right */
    } rows[] = {{T_ct_mr, NULL},
                {mr.T_mr_ct, "other way round"},
                {ras, "RAS"},
                {far_off, "lies in the other one"}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); ++i) {
        struct prep_align_report report;
        struct cfg_error error = {.text = ""};
        const enum nav_status status =
            prep_align_judge(&scans[0], &scans[1], &rows[i].T, &report, &error);
        if (rows[i].word == NULL) {
            assert_int_equal(status, NAV_OK);
            assert_true(report.refined_mm < 0.5);
        } else {
            assert_int_equal(status, NAV_ERR_REFUSED);
            assert_non_null(strstr(error.text, rows[i].word));
        }
    }
    cfg_volume_destroy(other);
}

/* The place of a voxel is the only thing that moves. */
static void a_scan_is_moved_without_a_new_voxel(void **state)
{
    (void)state;
    struct synthetic_mr mr = usual();
    mr.size[0] = mr.size[1] = mr.size[2] = 20;
    struct cfg_volume *other = synthetic_mr_make(ct, &mr);
    const struct nav_pose T = nav_pose_inverse(&mr.T_mr_ct);
    const struct cfg_volume_report before = other->report;
    prep_align_move(other, &T);
    const double voxel[4] = {3.0, 17.0, 9.0, 1.0};
    double p[3];
    double q[3];
    for (int k = 0; k < 3; ++k) {
        p[k] = q[k] = 0.0;
        for (int j = 0; j < 4; ++j) {
            p[k] += before.T_image_voxel[4 * k + j] * voxel[j];
            q[k] += other->report.T_image_voxel[4 * k + j] * voxel[j];
        }
    }
    nav_pose_apply(&T, p, p);
    for (int k = 0; k < 3; ++k) {
        assert_true(fabs(p[k] - q[k]) < 1e-9);
        assert_true(q[k] >= other->report.min_mm[k] && q[k] <= other->report.max_mm[k]);
    }
    cfg_volume_destroy(other);
}

static int close_ct(void **state)
{
    (void)state;
    cfg_volume_destroy(ct);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_known_motion_is_found),
        cmocka_unit_test(what_cannot_be_known_is_refused),
        cmocka_unit_test(another_part_of_the_body_is_refused),
        cmocka_unit_test(a_transform_the_other_way_round_is_named),
        cmocka_unit_test(a_scan_is_moved_without_a_new_voxel),
    };
    return cmocka_run_group_tests(tests, open_ct, close_ct);
}
