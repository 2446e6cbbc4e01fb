/* Points and planes of other programs: same place whatever the frame, refused when it is not told.
 */
#include "test_data.h"

#include <locale.h>
#include <math.h>

#include "markups.h"

static char folder[] = "/tmp/osteonav-markups-XXXXXX";

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) == NULL;
}

static int remove_folder(void **state)
{
    (void)state;
    return rmdir(folder);
}

static enum nav_status load(const char *name, const char *text, enum cfg_markups_frame frame,
                            struct cfg_markups *out, struct cfg_error *error)
{
    char path[256];
    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    (void)fputs(text, file);
    (void)fclose(file);
    error->text[0] = '\0';
    const enum nav_status status = cfg_markups_load(path, frame, out, error);
    (void)unlink(path);
    if (status != NAV_OK) {
        assert_true(error->text[0] != '\0');
    }
    return status;
}

static void expect_points(const struct cfg_markups *markups, const double (*expected)[3], size_t n)
{
    assert_int_equal(markups->point_count, n);
    for (size_t i = 0; i < n; ++i) {
        for (int k = 0; k < 3; ++k) {
            assert_true(fabs(markups->points[i].position_mm[k] - expected[i][k]) < 1e-9);
        }
    }
}

static const double two_points[2][3] = {{1.5, -2.0, 3.0}, {-40.0, 5.25, 1e2}};

static void the_same_points_in_every_dialect(void **state)
{
    (void)state;
    static const struct {
        const char *name, *text;
    } dialects[] = {
        {"a.csv", "PSIS left,1.5,-2,3\nPSIS right,-40,5.25,1e2\n"},
        {"b.csv", "label,x,y,z\r\nPSIS left,1.5,-2,3\r\n\r\nPSIS right,-40,5.25,1e2\r\n"},
        {"c.csv", "z_mm;y_mm;x_mm;name\n3;-2;1.5;PSIS left\n1e2;5.25;-40;PSIS right"},
        {"d.csv", "# space = RAS\n\"PSIS left\",-1.5,2,3\nPSIS right,40,-5.25,100\n"},
        {"e.csv", "# unit = m\nPSIS left,0.0015,-0.002,0.003\nPSIS right,-0.04,0.00525,0.1\n"},
        {"f.fcsv",
         "# Markups fiducial file version = 4.11\n# CoordinateSystem = LPS\n"
         "# columns = id,x,y,z,ow,ox,oy,oz,vis,sel,lock,label,desc,associatedNodeID\n"
         "1,1.5,-2,3,0,0,0,1,1,1,0,PSIS left,,\n2,-40,5.25,100,0,0,0,1,1,1,0,PSIS right,,\n"},
        {"g.fcsv",
         "# Markups fiducial file version = 4.4\n# CoordinateSystem = 0\n"
         "# columns = id,x,y,z,ow,ox,oy,oz,vis,sel,lock,label,desc,associatedNodeID\n"
         "1,-1.5,2,3,0,0,0,1,1,1,0,PSIS left,,\n2,40,-5.25,100,0,0,0,1,1,1,0,PSIS right,,\n"},
        {"h.fcsv", "# version = 2\n# columns = label,x,y,z,sel,vis\n"
                   "PSIS left,-1.5,2,3,1,1\nPSIS right,40,-5.25,100,1,1\n"},
        {"i.mrk.json",
         "{\"markups\":[{\"type\":\"Fiducial\",\"coordinateSystem\":\"LPS\",\"controlPoints\":["
         "{\"label\":\"PSIS left\",\"position\":[1.5,-2,3],\"positionStatus\":\"defined\"},"
         "{\"label\":\"never placed\",\"position\":\"\",\"positionStatus\":\"undefined\"},"
         "{\"label\":\"PSIS right\",\"position\":[-40,5.25,100]}]}]}"},
        {"j.mrk.json",
         "{\"markups\":[{\"type\":\"Fiducial\",\"coordinateSystem\":\"RAS\",\"coordinateUnits\":"
         "[\"um\",\"UCUM\",\"micrometer\"],\"controlPoints\":["
         "{\"label\":\"PSIS left\",\"position\":[-1500,2000,3000]},"
         "{\"label\":\"PSIS right\",\"position\":[40000,-5250,100000]}]}]}"},
    };
    for (size_t i = 0; i < sizeof(dialects) / sizeof(dialects[0]); ++i) {
        struct cfg_markups markups;
        struct cfg_error error;
        if (load(dialects[i].name, dialects[i].text, CFG_MARKUPS_PATIENT, &markups, &error) !=
            NAV_OK) {
            fail_msg("%s: %s", dialects[i].name, error.text);
        }
        assert_int_equal(markups.was_ras, strchr("dghj", dialects[i].name[0]) != NULL);
        assert_int_equal(markups.says_space, strchr("abce", dialects[i].name[0]) == NULL);
        expect_points(&markups, two_points, 2);
        assert_string_equal(markups.points[0].label, "PSIS left");
        assert_string_equal(markups.points[1].label, "PSIS right");
        cfg_markups_finish(&markups);
    }
}

static void a_plane_is_read_by_centre_and_normal_and_named_by_its_file(void **state)
{
    (void)state;
    struct cfg_markups markups;
    struct cfg_error error;
    const char *text =
        "{\"markups\":[{\"type\":\"Plane\",\"coordinateSystem\":\"RAS\",\"center\":[1,2,3],"
        "\"normal\":[0,2,0],\"size\":[80,60],\"objectToBase\":[1,0,0,9,0,1,0,9,0,0,1,9,0,0,0,1],"
        "\"controlPoints\":[]}]}";
    assert_int_equal(load("Cut S2.mrk.json", text, CFG_MARKUPS_PATIENT, &markups, &error), NAV_OK);
    assert_int_equal(markups.plane_count, 1);
    assert_string_equal(markups.planes[0].name, "Cut S2");
    assert_true(markups.planes[0].center_mm[0] == -1.0 && markups.planes[0].center_mm[1] == -2.0 &&
                markups.planes[0].center_mm[2] == 3.0);
    assert_true(markups.planes[0].normal[1] == -1.0);
    assert_true(markups.planes[0].size_mm[0] == 80.0 && markups.planes[0].size_mm[1] == 60.0);
    cfg_markups_finish(&markups);
}

/* As 3D Slicer writes it: three numbers of size, and bounds along the axes from `center`, which is
 * not the middle of a plane that was drawn out to one side. */
static void a_drawn_plane_keeps_its_boundary(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "{\"markups\":[{\"type\":\"Plane\",\"coordinateSystem\":\"LPS\",\"center\":[1,2,3],"
        "\"normal\":[0,0,1],\"orientation\":[0,-1,0,1,0,0,0,0,1],\"size\":[66,39,0],"
        "\"planeBounds\":[-30,36,-20,19],\"controlPoints\":[]}]}",
        "{\"markups\":[{\"type\":\"Plane\",\"coordinateSystem\":\"RAS\",\"center\":[-1,-2,3],"
        "\"normal\":[0,0,1],\"orientation\":[0,1,0,-1,0,0,0,0,1],\"size\":[66,39,0],"
        "\"planeBounds\":[-30,36,-20,19],\"controlPoints\":[]}]}"};
    for (size_t i = 0; i < 2; ++i) {
        struct cfg_markups markups;
        struct cfg_error error;
        assert_int_equal(load("Cut.mrk.json", texts[i], CFG_MARKUPS_PATIENT, &markups, &error),
                         NAV_OK);
        const struct cfg_markup_plane *plane = &markups.planes[0];
        assert_true(plane->has_x && plane->x[1] == 1.0);
        assert_true(plane->size_mm[0] == 66.0 && plane->size_mm[1] == 39.0);
        /* 3 mm along x, which is image y; half a millimetre against y, which is image -x */
        assert_true(fabs(plane->center_mm[0] - 1.5) < 1e-12);
        assert_true(fabs(plane->center_mm[1] - 5.0) < 1e-12 && plane->center_mm[2] == 3.0);
        cfg_markups_finish(&markups);
    }
    struct cfg_markups markups;
    struct cfg_error error;
    assert_int_equal(load("Cut.mrk.json",
                          "{\"markups\":[{\"type\":\"Plane\",\"coordinateSystem\":\"LPS\","
                          "\"center\":[1,2,3],\"normal\":[0,0,1],\"size\":[66,39,0]}]}",
                          CFG_MARKUPS_PATIENT, &markups, &error),
                     NAV_OK);
    assert_true(markups.planes[0].size_mm[0] == 66.0 && markups.planes[0].size_mm[1] == 39.0);
    cfg_markups_finish(&markups);
}

static void what_cannot_be_trusted_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *name, *text;
        enum nav_status status;
    } cases[] = {
        {"a.txt", "x", NAV_ERR_UNSUPPORTED},
        {"a.csv", "", NAV_ERR_REFUSED},
        {"b.csv", "L,1,2\n", NAV_ERR_SYNTAX},
        {"c.csv", "L,1,2,nan\n", NAV_ERR_SYNTAX},
        {"d.csv", "L,1,2,1e9\n", NAV_ERR_RANGE},
        {"e.csv", "L,1,2,3x\n", NAV_ERR_SYNTAX},
        {"f.csv", "# space = IJK\nL,1,2,3\n", NAV_ERR_UNSUPPORTED},
        {"g.csv", "# unit = inch\nL,1,2,3\n", NAV_ERR_UNSUPPORTED},
        {"h.fcsv", "# CoordinateSystem = 2\nL,1,2,3\n", NAV_ERR_UNSUPPORTED},
        {"i.fcsv", "# columns = id,a,b,c\nL,1,2,3\n", NAV_ERR_SYNTAX},
        {"j.mrk.json", "{", NAV_ERR_SYNTAX},
        {"k.mrk.json", "{}", NAV_ERR_SYNTAX},
        {"l.mrk.json", "{\"markups\":[{}]}", NAV_ERR_SYNTAX},
        {"m.mrk.json", "{\"markups\":[{\"type\":\"Fiducial\",\"coordinateSystem\":\"XYZ\"}]}",
         NAV_ERR_UNSUPPORTED},
        {"n.mrk.json", "{\"markups\":[{\"type\":\"Fiducial\",\"coordinateUnits\":\"inch\"}]}",
         NAV_ERR_UNSUPPORTED},
        {"o.mrk.json",
         "{\"markups\":[{\"type\":\"Fiducial\",\"controlPoints\":[{\"position\":[1,2]}]}]}",
         NAV_ERR_SYNTAX},
        {"p.mrk.json", "{\"markups\":[{\"type\":\"Plane\",\"center\":[1,2,3]}]}", NAV_ERR_SYNTAX},
        {"q.mrk.json", "{\"markups\":[{\"type\":\"Plane\",\"center\":[1,2,3],\"normal\":[0,0,0]}]}",
         NAV_ERR_RANGE},
        {"s.mrk.json",
         "{\"markups\":[{\"type\":\"Plane\",\"center\":[1,2,3],\"normal\":[0,0,1],\"size\":[9]}]}",
         NAV_ERR_SYNTAX},
        {"t.mrk.json",
         "{\"markups\":[{\"type\":\"Plane\",\"center\":[1,2,3],\"normal\":[0,0,1],"
         "\"planeBounds\":[9,-9,-9,9]}]}",
         NAV_ERR_SYNTAX},
        {"u.mrk.json", /* which way is off? */
         "{\"markups\":[{\"type\":\"Plane\",\"center\":[1,2,3],\"normal\":[0,0,1],"
         "\"planeBounds\":[-9,19,-9,9]}]}",
         NAV_ERR_SYNTAX},
        {"r.mrk.json", "{\"markups\":[],\"markups\":[]}", NAV_ERR_SYNTAX},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); ++i) {
        struct cfg_markups markups;
        struct cfg_error error;
        const enum nav_status status =
            load(cases[i].name, cases[i].text, CFG_MARKUPS_PATIENT, &markups, &error);
        if (status != cases[i].status) {
            fail_msg("%s: %s (%s)", cases[i].name, nav_status_name(status), error.text);
        }
    }
}

static void ras_outside_a_patient_is_refused(void **state)
{
    (void)state;
    struct cfg_markups markups;
    struct cfg_error error;
    assert_int_equal(load("a.csv", "# space = RAS\nL,1,2,3\n", CFG_MARKUPS_OTHER, &markups, &error),
                     NAV_ERR_REFUSED);
    assert_int_equal(load("b.csv", "L,1,2,3\n", CFG_MARKUPS_OTHER, &markups, &error), NAV_OK);
    cfg_markups_finish(&markups);
}

static void the_locale_changes_no_number(void **state)
{
    (void)state;
    if (setlocale(LC_NUMERIC, "de_DE.UTF-8") == NULL) {
        print_message(
            "no German locale on this machine; the parser asks for the C locale anyway\n");
    }
    struct cfg_markups markups;
    struct cfg_error error;
    assert_int_equal(load("a.csv", "L,1.5,2.25,3\n", CFG_MARKUPS_PATIENT, &markups, &error),
                     NAV_OK);
    assert_true(markups.points[0].position_mm[0] == 1.5);
    cfg_markups_finish(&markups);
    (void)setlocale(LC_NUMERIC, "C");
}

static void real_lists_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        size_t count;
        double first[3];
    } files[] = {
        {"registration/fcsv/L1.fcsv", 2, {-43.3769, -23.1343, 0.0}},
        {"registration/fcsv/FcsvReaderTest1.fcsv", 18, {209.934, 223.544, 77.0}},
        {"registration/fcsv/slicer3.fcsv", 56, {-12.5, 93.5, 7.5}},
    };
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); ++i) {
        char path[4096];
        test_data_path(files[i].name, path, sizeof(path));
        struct cfg_markups markups;
        struct cfg_error error;
        assert_int_equal(cfg_markups_load(path, CFG_MARKUPS_PATIENT, &markups, &error), NAV_OK);
        assert_int_equal(markups.point_count, files[i].count);
        assert_true(markups.was_ras);
        for (int k = 0; k < 3; ++k) {
            assert_true(fabs(markups.points[0].position_mm[k] - files[i].first[k]) < 1e-9);
        }
        cfg_markups_finish(&markups);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_points_in_every_dialect),
        cmocka_unit_test(a_plane_is_read_by_centre_and_normal_and_named_by_its_file),
        cmocka_unit_test(a_drawn_plane_keeps_its_boundary),
        cmocka_unit_test(what_cannot_be_trusted_is_refused),
        cmocka_unit_test(ras_outside_a_patient_is_refused),
        cmocka_unit_test(the_locale_changes_no_number),
        cmocka_unit_test(real_lists_are_read),
    };
    return cmocka_run_group_tests_name("markups", tests, make_folder, remove_folder);
}
