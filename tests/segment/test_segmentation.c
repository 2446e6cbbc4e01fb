/* Which voxels are which structure: tables of names, the header of a .seg.nrrd, bone by a
 * threshold. */
#include "label_files.h"

/* --- tables of names ------------------------------------------------------------------------- */

static enum nav_status parse_names(const char *text, const char *name, struct prep_names *out,
                                   struct cfg_error *error)
{
    const size_t size = strlen(text);
    uint8_t *exact = malloc(size + 1);
    assert_non_null(exact);
    memcpy(exact, text, size + 1);
    const enum nav_status status = prep_names_parse(exact, size, name, out, error);
    free(exact);
    return status;
}

static void names_load(void **state)
{
    (void)state;
    /* Each holds: 25 sacrum, 77 "hip left" or hip_left, perhaps in red. */
    static const struct {
        const char *file, *text;
        bool coloured;
    } cases[] = {
        {"t.csv", "label,name\n0,background\n25,sacrum\n77,hip left\n", false},
        {"t.csv", "25,sacrum\r\n77,\"hip left\"\r\n", false},
        {"t.csv", "\xef\xbb\xbfname,value,colour\nsacrum,25,#ff0000\n\"hip left\",77,#FF0000\n",
         true},
        {"t.csv", "25,sacrum,#ff0000\n77,hip left,#ff0000\n", true},
        {"t.csv", "25,sacrum,255,0,0\n77,hip left,255,0,0\n", true},
        {"t.csv",
         "LabelValue,Name,Color_R,Color_G,Color_B,Color_A\n25,sacrum,255,0,0,255\n"
         "77,hip left,255,0,0,255\n",
         true},
        {"t.tsv", "# made by hand\nvalue\tname\n\n25\tsacrum\n77\thip left\n", false},
        {"t.json", "{\"25\": \"sacrum\", \"77\": \"hip left\"}", false},
        {"t.json", "{\"labels\": {\"background\": 0, \"sacrum\": 25, \"hip left\": 77}}", false},
        {"t.json",
         "[{\"value\": 25, \"name\": \"sacrum\", \"color\": \"#ff0000\"},"
         "{\"label\": 77, \"name\": \"hip left\", \"colour\": \"#ff0000\"}]",
         true},
        {"t.ctbl",
         "# Color table file\n0 background 0 0 0 0\n25 sacrum 255 0 0 255\n"
         "77 hip_left 255 0 0 255\n",
         true},
        {"t.txt",
         "# ITK-SnAP Label Description File\n    0     0    0    0        0  0  0    \"Clear "
         "Label\"\n   25   255    0    0        1  1  1    \"sacrum\"\n   77   255    0    0       "
         " "
         "1  1  1    \"hip left\"\n",
         true},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); ++i) {
        struct prep_names names = {0};
        struct cfg_error error = {.text = ""};
        if (parse_names(cases[i].text, cases[i].file, &names, &error) != NAV_OK) {
            fail_msg("case %zu: %s", i, error.text);
        }
        assert_int_equal(names.count, 2);
        assert_int_equal(names.rows[0].value, 25);
        assert_string_equal(names.rows[0].name, "sacrum");
        assert_int_equal(names.rows[1].value, 77);
        assert_true(strcmp(names.rows[1].name, "hip left") == 0 ||
                    strcmp(names.rows[1].name, "hip_left") == 0);
        assert_int_equal(names.rows[0].coloured, cases[i].coloured);
        assert_int_equal(names.rows[0].colour[0], cases[i].coloured ? 255 : 0);
        assert_int_equal(names.rows[0].colour[1], 0);
        prep_names_finish(&names);
    }
}

static void names_must_reject(void **state)
{
    (void)state;
#define LONG "0123456789012345678901234567890123456789012345678901234567890123"
    static const struct {
        const char *file, *text;
        enum nav_status status;
        const char *words;
    } cases[] = {
        {"t.xlsx", "25,sacrum\n", NAV_ERR_UNSUPPORTED, ".csv"},
        {"t.csv", "", NAV_ERR_REFUSED, "names no value"},
        {"t.csv", "0,background\n", NAV_ERR_REFUSED, "names no value"},
        {"t.csv", "25,sacrum\n25,hip\n", NAV_ERR_REFUSED, "t.csv:2: value 25 is named twice"},
        {"t.csv", "25,sacrum\n26,Sacrum\n", NAV_ERR_REFUSED, "rename one"},
        {"t.csv", "25,\n", NAV_ERR_SYNTAX, "empty"},
        {"t.csv", "25,a\tb\n", NAV_ERR_SYNTAX, "plain UTF-8"},
        {"t.csv",
         "25,a\xff"
         "b\n",
         NAV_ERR_SYNTAX, "plain UTF-8"},
        {"t.csv", "25,\xc3\n", NAV_ERR_SYNTAX, "plain UTF-8"},
        {"t.csv", "25," LONG "\n", NAV_ERR_LENGTH, "longer than 63"},
        {"t.csv", "25,sacrum\nhip,26\n", NAV_ERR_SYNTAX, "t.csv:2: 'hip' is not the value"},
        {"t.csv", "25,sacrum\n-1,hip\n", NAV_ERR_SYNTAX, "'-1'"},
        {"t.csv", "25,sacrum\n32768,hip\n", NAV_ERR_RANGE, "value 32768"},
        {"t.csv", "25,sacrum\n99999999999,hip\n", NAV_ERR_SYNTAX, "99999999999"},
        {"t.csv", "structure,place\nsacrum,1\n", NAV_ERR_SYNTAX, "'value' and 'name'"},
        {"t.csv", "25,\"sacrum\n", NAV_ERR_SYNTAX, "quotation mark"},
        {"t.csv", "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17\n", NAV_ERR_SYNTAX, "columns"},
        {"t.csv", "25,sacrum,red\n", NAV_ERR_SYNTAX, "#rrggbb"},
        {"t.csv", "25,sacrum,#ff00gg\n", NAV_ERR_SYNTAX, "#rrggbb"},
        {"t.csv", "25,sacrum,256,0,0\n", NAV_ERR_SYNTAX, "0 to 255"},
        {"t.json", "", NAV_ERR_SYNTAX, "not JSON"},
        {"t.json", "{\"25\": \"a\",\n \"25\": \"b\"}", NAV_ERR_SYNTAX, "t.json:2: is not JSON"},
        {"t.json", "7", NAV_ERR_SYNTAX, "not JSON"},
        {"t.json", "{\"labels\": 7}", NAV_ERR_SYNTAX, "neither an object nor an array"},
        {"t.json", "{\"sacrum\": 1.5}", NAV_ERR_SYNTAX, "'sacrum'"},
        {"t.json", "{\"sacrum\": \"hip\"}", NAV_ERR_SYNTAX, "'sacrum'"},
        {"t.json", "{\"sacrum\": -4}", NAV_ERR_RANGE, "value -4"},
        {"t.json", "[{\"value\": 25}]", NAV_ERR_SYNTAX, "item 0"},
        {"t.json", "[{\"value\": 25, \"name\": \"a\", \"color\": 7}]", NAV_ERR_SYNTAX, "colour"},
        {"t.ctbl", "25 sacrum 255 0 0\n26 hip\n", NAV_ERR_SYNTAX, "t.ctbl:2: is neither"},
        {"t.ctbl", "25 sacrum 255 0 300 255\n", NAV_ERR_SYNTAX, "neither"},
        {"t.txt", "25 255 0 0 1 1 \"sacrum\"\n", NAV_ERR_SYNTAX, "ITK-SNAP"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); ++i) {
        struct prep_names names = {0};
        struct cfg_error error = {.text = ""};
        const enum nav_status status = parse_names(cases[i].text, cases[i].file, &names, &error);
        if (status != cases[i].status || strstr(error.text, cases[i].words) == NULL) {
            fail_msg("case %zu (%s): %s, '%s'", i, cases[i].text, nav_status_name(status),
                     error.text);
        }
        assert_ptr_equal(strstr(error.text, cases[i].file), error.text);
        assert_null(names.rows);
    }
}

static void too_many_names(void **state)
{
    (void)state;
    enum { ROOM = 1 << 17 };
    char *text = malloc(ROOM);
    assert_non_null(text);
    size_t length = 0;
    for (int i = 1; i <= PREP_NAMES_MAX + 1; ++i) {
        length += (size_t)snprintf(text + length, ROOM - length, "%d,n%d\n", i, i);
    }
    struct prep_names names = {0};
    struct cfg_error error = {.text = ""};
    assert_int_equal(parse_names(text, "t.csv", &names, &error), NAV_ERR_TOO_LARGE);
    *strrchr(text, 'n') = '\0'; /* the last row is without its name */
    *strrchr(text, '\n') = '\0';
    assert_int_equal(parse_names(text, "t.csv", &names, &error), NAV_OK);
    assert_int_equal(names.count, PREP_NAMES_MAX);
    prep_names_finish(&names);
    free(text);
}

/* --- .seg.nrrd ------------------------------------------------------------------------------- */

enum { NX = 4, NY = 3, NZ = 2, VOXELS = NX * NY * NZ };

#define SEGMENT_0                                                                                  \
    "Segment0_ID:=Segment_1\nSegment0_Name:=left hip\nSegment0_Color:=0.5 1 0\n"                   \
    "Segment0_ColorAutoGenerated:=0\nSegment0_NameAutoGenerated:=0\n"                              \
    "Segment0_LabelValue:=1\nSegment0_Layer:=0\nSegment0_Extent:=0 1 0 2 0 1\n"                    \
    "Segment0_Tags:=TerminologyEntry:Segmentation category~SCT^123037004^Anatomical|x:y|\n"
#define SEGMENT_1                                                                                  \
    "Segment1_ID:=Segment_2\nSegment1_Name:=tumour\nSegment1_Color:=1 0 0\n"                       \
    "Segment1_LabelValue:=1\nSegment1_Layer:=1\nSegment1_Extent:=0 3 0 2 0 1\n"
#define COMMON "Segmentation_MasterRepresentation:=Binary labelmap\nsomebody:=else\n"

static void make_layers(uint8_t voxels[2 * VOXELS])
{
    for (size_t i = 0; i < VOXELS; ++i) {
        voxels[2 * i] = i % NX < 2;     /* layer 0 */
        voxels[2 * i + 1] = i % NX > 0; /* layer 1 overlaps it */
    }
}

static void overlapping_layers(void **state)
{
    (void)state;
    const struct label_grid grid = label_grid_make(NX, NY, NZ, 1, 1, 1);
    uint8_t voxels[2 * VOXELS];
    make_layers(voxels);
    struct prep_segmentation segmentation = {0};
    struct cfg_error error = {.text = ""};
    if (label_file_load(&grid, voxels, 2, SEGMENT_1 COMMON SEGMENT_0, &segmentation, &error) !=
        NAV_OK) {
        fail_msg("refused: %s", error.text);
    }
    assert_int_equal(segmentation.count, 2);
    const struct prep_segment *hip = &segmentation.segments[0], *tumour = &segmentation.segments[1];
    assert_string_equal(hip->name, "left hip");
    assert_string_equal(hip->id, "Segment_1");
    assert_int_equal(hip->voxels, 12);
    assert_int_equal(hip->high[0], 1);
    assert_true(hip->coloured && hip->colour[0] == 128 && hip->colour[1] == 255);
    assert_non_null(strstr(hip->tags, "SCT^123037004"));
    assert_int_equal(tumour->voxels, 18);
    assert_int_equal(tumour->layer, 1);
    assert_int_equal(tumour->low[0], 1);
    assert_ptr_equal(prep_segmentation_find(&segmentation, "TUMOUR"), tumour);
    assert_ptr_equal(prep_segmentation_find(&segmentation, "Segment_1"), hip);
    assert_null(prep_segmentation_find(&segmentation, "liver"));
    const struct prep_segment_options options = prep_segment_options_default();
    struct prep_segment_surfaces surfaces = label_surfaces(&segmentation, &options);
    assert_true(fabs(surfaces.items[0].voxel_ml - 0.012) < 1e-9);
    assert_true(fabs(surfaces.items[1].voxel_ml - 0.018) < 1e-9);
    assert_true(surfaces.items[0].closed && surfaces.items[1].closed);
    assert_true(fabs(surfaces.items[1].report.high[0] - 3.5) < 0.5);
    prep_segment_surfaces_finish(&surfaces);
    prep_segmentation_finish(&segmentation);
}

/* From before layers and values: one segment a layer. */
static void old_layers(void **state)
{
    (void)state;
    const struct label_grid grid = label_grid_make(NX, NY, NZ, 1, 1, 1);
    uint8_t voxels[2 * VOXELS];
    make_layers(voxels);
    struct prep_segmentation segmentation = {0};
    struct cfg_error error = {.text = ""};
    assert_int_equal(label_file_load(&grid, voxels, 2,
                                     "Segment0_ID:=a\nSegment1_ID:=b\nSegment1_Name:=second\n",
                                     &segmentation, &error),
                     NAV_OK);
    assert_string_equal(segmentation.segments[0].name, "a");
    assert_int_equal(segmentation.segments[0].voxels, 12);
    assert_string_equal(segmentation.segments[1].name, "second");
    assert_int_equal(segmentation.segments[1].voxels, 18);
    prep_segmentation_finish(&segmentation);
}

static void seg_must_reject(void **state)
{
    (void)state;
    static const struct {
        int layers;
        const char *notes;
        enum nav_status status;
        const char *words;
    } cases[] = {
        {1, COMMON, NAV_ERR_REFUSED, "names no segment"},
        {2, SEGMENT_0 "Segment0_Layer:=1\n", NAV_ERR_SYNTAX, "Segment0_Layer is given twice"},
        {2, SEGMENT_0 "Segment1_ID:=b\nSegment1_LabelValue:=0\nSegment1_Layer:=1\n", NAV_ERR_RANGE,
         "Segment1_LabelValue is 0"},
        {2, SEGMENT_0 "Segment1_ID:=b\nSegment1_LabelValue:=1\nSegment1_Layer:=2\n", NAV_ERR_RANGE,
         "has 2 layers"},
        {2, SEGMENT_0 "Segment1_ID:=b\nSegment1_LabelValue:=1\nSegment1_Layer:=-1\n", NAV_ERR_RANGE,
         "Segment1_Layer is -1"},
        {2, SEGMENT_0 "Segment1_ID:=b\nSegment1_LabelValue:=1\n", NAV_ERR_REFUSED,
         "Segment1_Layer is missing"},
        {2, SEGMENT_0 "Segment1_ID:=b\nSegment1_Layer:=1\n", NAV_ERR_REFUSED,
         "Segment1_LabelValue is missing"},
        {2, SEGMENT_0 "Segment1_LabelValue:=1\nSegment1_Layer:=1\n", NAV_ERR_REFUSED,
         "Segment1_ID"},
        {2, SEGMENT_0 "Segment2_ID:=b\nSegment2_LabelValue:=1\nSegment2_Layer:=1\n",
         NAV_ERR_REFUSED, "Segment1_ID and Segment1_Name are missing"},
        {2, SEGMENT_0 "Segment1_ID:=b\nSegment1_LabelValue:=1\nSegment1_Layer:=0\n",
         NAV_ERR_REFUSED, "are the same voxels"},
        {2, SEGMENT_0 "Segment1_Name:=Left Hip\nSegment1_LabelValue:=1\nSegment1_Layer:=1\n",
         NAV_ERR_REFUSED, "two segments are named"},
        {2, SEGMENT_0 "Segment1_LabelValue:=one\n", NAV_ERR_SYNTAX, "Segment1_LabelValue 'one'"},
        {2, SEGMENT_0 "Segment1_Extent:=0 1 2 3 4\n", NAV_ERR_SYNTAX, "6 whole numbers"},
        {2, SEGMENT_0 "Segment1_Color:=1 0 1.1\n", NAV_ERR_SYNTAX, "from 0 to 1"},
        {2, SEGMENT_0 "Segment1_Color:=1 0 nan\n", NAV_ERR_SYNTAX, "from 0 to 1"},
        {2, SEGMENT_0 "Segment1_Name:=\n", NAV_ERR_SYNTAX, "Segment1_Name"},
        {2, SEGMENT_0 "Segment1_Name:=" LONG "\n", NAV_ERR_LENGTH, "Segment1_Name"},
        {2, SEGMENT_0 "Segment4096_ID:=b\n", NAV_ERR_TOO_LARGE, "beyond 4096"},
        {2, SEGMENT_0 "Segment99999999999999999999_ID:=b\n", NAV_ERR_TOO_LARGE, "beyond 4096"},
        {1, "Segment0_ID:=a\nSegment1_ID:=b\n", NAV_ERR_REFUSED, "only 1 layers"},
        {1, "Segment0_ID:=a\nSegment0_LabelValue:=9\n", NAV_ERR_REFUSED, "no voxel"},
    };
    const struct label_grid grid = label_grid_make(NX, NY, NZ, 1, 1, 1);
    uint8_t voxels[2 * VOXELS];
    make_layers(voxels);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); ++i) {
        struct prep_segmentation segmentation = {0};
        struct cfg_error error = {.text = ""};
        const enum nav_status status =
            label_file_load(&grid, voxels, cases[i].layers, cases[i].notes, &segmentation, &error);
        if (status != cases[i].status || strstr(error.text, cases[i].words) == NULL) {
            fail_msg("case %zu: %s, '%s'", i, nav_status_name(status), error.text);
        }
        assert_ptr_equal(strstr(error.text, "t.seg.nrrd"), error.text);
        assert_null(segmentation.volume);
    }
}

/* --- plain label maps ------------------------------------------------------------------------ */

static void write_text(const char *path, const void *bytes, size_t size)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

/* Values that have names, values that have none, names that have no voxels. */
static void table_and_voxels(void **state)
{
    (void)state;
    const struct label_grid grid = label_grid_make(NX, NY, NZ, 1, 1, 2);
    uint8_t voxels[VOXELS] = {0, 4, 4, 200, 7};
    char folder[] = "/tmp/osteonav-test-XXXXXX", labels[64], names[64], seg[64];
    assert_non_null(mkdtemp(folder));
    (void)snprintf(labels, sizeof(labels), "%s/l.nrrd", folder);
    (void)snprintf(names, sizeof(names), "%s/n.csv", folder);
    (void)snprintf(seg, sizeof(seg), "%s/l.seg.nrrd", folder);
    size_t size = 0;
    uint8_t *file = label_file_make(&grid, voxels, 1, "", &size);
    write_text(labels, file, size);
    free(file);
    static const char table[] = "value,name,colour\n9,nothing,\n7,seven,#010203\n4,four,\n";
    write_text(names, table, strlen(table));
    struct prep_segmentation segmentation = {0};
    struct cfg_error error = {.text = ""};
    assert_int_equal(prep_segmentation_load(labels, names, &segmentation, &error), NAV_OK);
    assert_int_equal(segmentation.count, 4);
    static const char *const expected[] = {"four", "seven", "nothing", "label_200"};
    static const size_t counts[] = {2, 1, 0, 1};
    for (size_t i = 0; i < 4; ++i) {
        assert_string_equal(segmentation.segments[i].name, expected[i]);
        assert_int_equal(segmentation.segments[i].voxels, counts[i]);
    }
    assert_true(segmentation.segments[1].coloured && segmentation.segments[1].colour[2] == 3);
    assert_true(fabs(segmentation.voxel_mm3 - 2.0) < 1e-12);
    const struct prep_segment_options options = prep_segment_options_default();
    struct prep_segment_surfaces surfaces = label_surfaces(&segmentation, &options);
    assert_int_equal(surfaces.count, 4);
    assert_string_equal(surfaces.items[2].segment->name, "nothing"); /* empty, but there */
    assert_int_equal(surfaces.items[2].surface.triangle_count, 0);
    assert_false(surfaces.items[2].closed);
    prep_segment_surfaces_finish(&surfaces);
    prep_segmentation_finish(&segmentation);

    /* What names itself takes no table. */
    file = label_file_make(&grid, voxels, 1, "Segment0_ID:=a\nSegment0_LabelValue:=4\n", &size);
    write_text(seg, file, size);
    free(file);
    assert_int_equal(prep_segmentation_load(seg, names, &segmentation, &error), NAV_ERR_REFUSED);
    assert_non_null(strstr(error.text, "names its segments itself"));
    assert_int_equal(prep_segmentation_load(seg, NULL, &segmentation, &error), NAV_OK);
    prep_segmentation_finish(&segmentation);
    assert_int_equal(unlink(labels) | unlink(names) | unlink(seg) | rmdir(folder), 0);
}

static void labels_must_reject(void **state)
{
    (void)state;
    const struct label_grid grid = label_grid_make(NX, NY, NZ, 1, 1, 1);
    uint8_t voxels[2 * VOXELS] = {0};
    struct prep_segmentation segmentation = {0};
    struct cfg_error error = {.text = ""};
    assert_int_equal(label_file_load(&grid, voxels, 1, "", &segmentation, &error), NAV_ERR_REFUSED);
    assert_non_null(strstr(error.text, "no voxel belongs to a structure"));
    voxels[3] = 1;
    assert_int_equal(label_file_load(&grid, voxels, 1, "", &segmentation, &error), NAV_OK);
    prep_segmentation_finish(&segmentation);
    size_t size = 0;
    uint8_t *file = label_file_make(&grid, voxels, 2, "", &size);
    assert_int_equal(prep_segmentation_parse(file, size, "t.nrrd", 0, &segmentation, &error),
                     NAV_ERR_REFUSED);
    assert_non_null(strstr(error.text, "has 2 layers but names no segments"));
    free(file);
}

/* --- bone by a threshold --------------------------------------------------------------------- */

/* A CT with a hollow ball, a tube through a block, and a lone dense voxel. */
static struct cfg_volume *make_ct(void)
{
    enum { N = 24 };
    struct cfg_volume *ct = calloc(1, sizeof(*ct));
    assert_non_null(ct);
    ct->voxels = malloc(N * N * N * sizeof(*ct->voxels));
    assert_non_null(ct->voxels);
    for (int i = 0; i < N * N * N; ++i) {
        const int x = i % N, y = i / N % N, z = i / (N * N);
        const bool block = x >= 2 && x < 20 && y >= 2 && y < 14 && z >= 2 && z < 14;
        const bool cavity = x >= 5 && x < 8 && y >= 5 && y < 8 && z >= 5 && z < 8;
        const bool canal = x >= 12 && x < 15 && y >= 6 && y < 9; /* along z, open at both ends */
        const bool island = x >= 20 && y >= 20 && z >= 20 && x < 22 && y < 22 && z < 22;
        ct->voxels[i] = (int16_t)((block && !cavity && !canal) || island ? 700 : 40);
    }
    ct->report = (struct cfg_volume_report){
        .size = {N, N, N},
        .spacing_mm = {1, 1, 1},
        .T_image_voxel = {1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0},
        .lowest = 40,
        .highest = 700,
        .layers = 1,
    };
    return ct;
}

static void threshold(void **state)
{
    (void)state;
    struct prep_segmentation bone = {0};
    struct cfg_error error = {.text = ""};
    assert_int_equal(prep_segmentation_threshold(make_ct(), "ct", 300, &bone, &error), NAV_OK);
    assert_int_equal(bone.count, 1);
    assert_string_equal(bone.segments[0].name, "bone");
    /* The cavity is filled, the canal is not, the island is gone. */
    assert_int_equal(bone.segments[0].voxels, 18 * 12 * 12 - 3 * 3 * 12);
    assert_int_equal(bone.segments[0].low[0], 2);
    assert_int_equal(bone.segments[0].high[0], 19);
    const struct prep_segment_options options = prep_segment_options_default();
    struct prep_segment_surfaces surfaces = label_surfaces(&bone, &options);
    assert_true(surfaces.items[0].closed && surfaces.items[0].report.components == 1);
    prep_segment_surfaces_finish(&surfaces);
    prep_segmentation_finish(&bone);
    assert_int_equal(prep_segmentation_threshold(make_ct(), "ct", 700, &bone, &error),
                     NAV_ERR_REFUSED);
    assert_non_null(strstr(error.text, "its highest value is 700"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_load),       cmocka_unit_test(names_must_reject),
        cmocka_unit_test(too_many_names),   cmocka_unit_test(overlapping_layers),
        cmocka_unit_test(old_layers),       cmocka_unit_test(seg_must_reject),
        cmocka_unit_test(table_and_voxels), cmocka_unit_test(labels_must_reject),
        cmocka_unit_test(threshold),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
