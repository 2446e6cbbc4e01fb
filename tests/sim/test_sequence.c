/* The sequence reader: every recorded session of the data folder against an independent reading,
 * the known quirks of other writers, and what must be refused. */
#include "test_data.h"

#include <locale.h>
#include <math.h>
#include <time.h>

#include "sequence.h"

struct expected_file {
    const char *path;
    size_t frames;
    size_t transforms;
    size_t invalid; /* poses whose status is not OK */
};

static const struct expected_file data_files[] = {
    {"sessions/plus/Agilent_Scope_Recording_DP310.igs.nrrd", 150, 1, 0},
    {"sessions/plus/BoneUltrasound_L14.igs.mha", 21, 3, 0},
    {"sessions/plus/NwirePhantomFreehand.igs.mha", 97, 3, 97},
    {"sessions/plus/NwirePhantomFreehand.igs.nrrd", 97, 3, 97},
    {"sessions/plus/Prostate10_tracker.igs.mha", 10, 1, 0},
    {"sessions/plus/ReferenceToRASCalibration.igs.mha", 93, 2, 0},
    {"sessions/plus/SlidingProbeTrackingData.igs.mha", 85, 3, 0},
    {"sessions/plus/SpinePhantomFreehand.igs.mha", 21, 3, 0},
    {"sessions/plus/SyntheticTrackerBuffer20.igs.mha", 20, 1, 0},
    {"sessions/plus/TimestampFilteringTest.igs.mha", 500, 1, 0},
    {"sessions/plus/USTC_3NWires_RandomStepperMotionValidation.igs.mha", 106, 3, 0},
    {"sessions/plus/UsSimulatorOutputSpinePhantom2CurvilinearBaselineNoUS.igs.mha", 15, 3, 0},
    {"sessions/plus/UsSimulatorOutputSpinePhantom2CurvilinearBaselineNoUSCompressed.igs.mha", 15, 3,
     0},
    {"sessions/plus/WaterTankBottomTranslationTrackerBuffer-trimmed.igs.mha", 801, 3, 0},
    {"sessions/plus/WaterTankBottomTranslationTrackerBuffer.igs.mha", 5000, 3, 0},
    {"sessions/plus/fCal_Test_Validation_3NWires.igs.mha", 94, 3, 0},
};

static char *read_file(const char *path, size_t *out_size)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    const long size = ftell(file);
    assert_true(size > 0);
    rewind(file);
    char *bytes = malloc((size_t)size + 1);
    assert_non_null(bytes);
    assert_int_equal(fread(bytes, 1, (size_t)size, file), (size_t)size);
    bytes[size] = '\0';
    (void)fclose(file);
    *out_size = (size_t)size;
    return bytes;
}

static struct srv_sequence *read_sequence(const char *path)
{
    struct srv_sequence_error error = {{0}};
    struct srv_sequence *sequence = NULL;
    const enum nav_status status = srv_sequence_read(path, &sequence, &error);
    if (status != NAV_OK) {
        fail_msg("%s: %s", nav_status_name(status), error.text);
    }
    return sequence;
}

/* Reads the file a second time in the plainest way, line by line with sscanf, and compares. */
static void compare_with_plain_reading(const char *path, const struct srv_sequence *sequence)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    char *line = NULL;
    size_t capacity = 0;
    size_t times = 0;
    size_t matrices = 0;
    size_t statuses = 0;
    while (getline(&line, &capacity, file) > 0 && strstr(line, "ElementDataFile") == NULL &&
           strcmp(line, "\n") != 0) {
        unsigned frame = 0;
        char name[128];
        if (sscanf(line, "Seq_Frame%u_%127[A-Za-z]", &frame, name) != 2) {
            continue;
        }
        const char *value = strchr(line, '=') + 1;
        const size_t length = strlen(name);
        if (strcmp(name, "Timestamp") == 0) {
            const double seconds = atof(value);
            assert_true(fabs((double)sequence->time_ns[frame] - seconds * 1e9) <= 1.0);
            ++times;
        } else if (length > 15 && strcmp(name + length - 15, "TransformStatus") == 0) {
            name[length - 15] = '\0';
            const ptrdiff_t index = srv_sequence_find(sequence, name);
            assert_true(index >= 0);
            const struct srv_sequence_pose *pose = srv_sequence_at(sequence, frame, (size_t)index);
            char word[64];
            assert_int_equal(sscanf(value, "%63s", word), 1);
            assert_string_equal(sequence->words[pose->word], word);
            assert_int_equal(pose->status == NAV_SENDER_OK, strcmp(word, "OK") == 0);
            ++statuses;
        } else if (length > 9 && strcmp(name + length - 9, "Transform") == 0) {
            name[length - 9] = '\0';
            const ptrdiff_t index = srv_sequence_find(sequence, name);
            assert_true(index >= 0);
            const struct srv_sequence_pose *pose = srv_sequence_at(sequence, frame, (size_t)index);
            assert_true(pose->present);
            char *rest = (char *)(uintptr_t)value;
            for (int i = 0; i < 16; ++i) {
                assert_true(strtod(rest, &rest) == pose->matrix[i]);
            }
            ++matrices;
        }
    }
    free(line);
    (void)fclose(file);
    assert_int_equal(times, sequence->frame_count);
    assert_int_equal(matrices, sequence->frame_count * sequence->transform_count);
    assert_int_equal(statuses, matrices);
}

static void reads_every_recorded_session(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(data_files) / sizeof(data_files[0]); ++i) {
        const struct expected_file *expected = &data_files[i];
        char path[1024];
        test_data_path(expected->path, path, sizeof(path));
        struct srv_sequence *sequence = read_sequence(path);
        assert_int_equal(sequence->frame_count, expected->frames);
        assert_int_equal(sequence->transform_count, expected->transforms);
        size_t invalid = 0;
        for (size_t k = 0; k < expected->frames * expected->transforms; ++k) {
            assert_true(sequence->poses[k].present);
            invalid += sequence->poses[k].status != NAV_SENDER_OK;
        }
        assert_int_equal(invalid, expected->invalid);
        compare_with_plain_reading(path, sequence);
        srv_sequence_destroy(sequence);
    }
}

/* One recording in two containers: equal but for the words around the numbers. */
static void both_containers_hold_the_same(void **state)
{
    (void)state;
    char path[1024];
    test_data_path("sessions/plus/NwirePhantomFreehand.igs.mha", path, sizeof(path));
    struct srv_sequence *mha = read_sequence(path);
    test_data_path("sessions/plus/NwirePhantomFreehand.igs.nrrd", path, sizeof(path));
    struct srv_sequence *nrrd = read_sequence(path);
    assert_int_equal(mha->frame_count, nrrd->frame_count);
    assert_memory_equal(mha->time_ns, nrrd->time_ns, mha->frame_count * sizeof(*mha->time_ns));
    for (size_t i = 0; i < mha->frame_count * mha->transform_count; ++i) {
        assert_memory_equal(mha->poses[i].matrix, nrrd->poses[i].matrix,
                            sizeof(mha->poses[i].matrix));
        assert_int_equal(mha->poses[i].status, nrrd->poses[i].status);
    }
    srv_sequence_destroy(mha);
    srv_sequence_destroy(nrrd);
}

static void long_session_reads_fast(void **state)
{
    (void)state;
    char path[1024];
    test_data_path("sessions/plus/WaterTankBottomTranslationTrackerBuffer.igs.mha", path,
                   sizeof(path));
    struct timespec start;
    struct timespec end;
    assert_int_equal(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &start), 0);
    struct srv_sequence *sequence = read_sequence(path);
    assert_int_equal(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end), 0);
    const double seconds =
        (double)(end.tv_sec - start.tv_sec) + 1e-9 * (double)(end.tv_nsec - start.tv_nsec);
    print_message("5000 frames, 3 transforms: %.3f s of processor time\n", seconds);
    assert_true(seconds < 1.0);
    assert_non_null(sequence->unfiltered_ns);
    assert_string_equal(sequence->names[0], "ProbeToTracker");
    srv_sequence_destroy(sequence);
}

static enum nav_status parse(const char *text, struct srv_sequence **out_sequence,
                             struct srv_sequence_error *out_error)
{
    /* A copy of the exact size: reading past the end is then seen by the sanitizers. */
    const size_t size = strlen(text);
    char *copy = malloc(size > 0 ? size : 1);
    assert_non_null(copy);
    memcpy(copy, text, size);
    const enum nav_status status =
        srv_sequence_parse(copy, size, "made.igs.mha", out_sequence, out_error);
    free(copy);
    return status;
}

#define HEAD "ObjectType = Image\nNDims = 3\nDimSize = 0 0 1\n"
#define POSE "Seq_Frame0000_AToBTransform = 1 0 0 1 0 1 0 2 0 0 1 3 0 0 0 1\n"
#define TIME "Seq_Frame0000_Timestamp = 1.5\n"
#define TAIL "ElementDataFile = LOCAL\n"

struct accepted {
    const char *what;
    const char *text;
    enum nav_sender_status status;
};

static void quirks_of_other_writers_are_read(void **state)
{
    (void)state;
    static const struct accepted table[] = {
        {"plain", HEAD POSE TIME TAIL, NAV_SENDER_UNSTATED},
        {"no space after the sign, as 3D Slicer writes",
         HEAD "Seq_Frame0000_AToBTransform =1 0 0 1 0 1 0 2 0 0 1 3 0 0 0 1 \n" TIME TAIL,
         NAV_SENDER_UNSTATED},
        {"CRLF line ends",
         "ObjectType = Image\r\nDimSize = 0 0 1\r\n"
         "Seq_Frame0000_AToBTransform = 1 0 0 1 0 1 0 2 0 0 1 3 0 0 0 1\r\n"
         "Seq_Frame0000_AToBTransformStatus = OK\r\nSeq_Frame0000_Timestamp = 1.5\r\n"
         "ElementDataFile = LOCAL\r\n",
         NAV_SENDER_OK},
        {"three-digit exponents and minus zero",
         HEAD "Seq_Frame0000_AToBTransform = 1 9.1e-015 -0 1 0 1 -1e-019 2 0 0 1 3 -0 0 -0 1\n"
              "Seq_Frame0000_AToBTransformStatus = OUT_OF_VIEW\n" TIME TAIL,
         NAV_SENDER_OUT_OF_VIEW},
        {"sizes after the frames, status before the pose, older and own fields",
         "NDims = 3\nObjectType = Image\nCustomFrameFieldNames = AToBTransform Timestamp\n"
         "DefaultFrameTransformName = AToBTransform\nSeq_Frame0000_AToBTransformStatus = "
         "OUTOFVIEW\n" TIME POSE
         "Seq_Frame0000_ProbeRotation = 12.5\nSeq_Frame0000_ToolTransform = left alone\n"
         "DimSize = 0 0 1   \n" TAIL,
         NAV_SENDER_OUT_OF_VIEW},
        {"pixels after the header", HEAD POSE TIME TAIL "\x01\x02\n\n\xff = \x7f", 0},
        {"detached data", HEAD POSE TIME "ElementDataFile = made.zraw\n", 0},
        {"NRRD",
         "NRRD0004\n# a remark\ndimension: 3\nkinds: domain domain list\nsizes: 4 4 1\n"
         "Seq_Frame0000_AToBTransform:=1 0 0 1 0 1 0 2 0 0 1 3 0 0 0 1\n"
         "Seq_Frame0000_AToBTransformStatus:=MISSING\nSeq_Frame0000_Timestamp:=1.5\n"
         "Seq_Frame0000_Status:=OK\n\n\x01pixels",
         NAV_SENDER_MISSING},
        {"NRRD with the list on its first axis and detached data",
         "NRRD0005\r\nkinds: list domain domain\r\nsizes: 1 4 4\r\ndata file: made.raw\r\n"
         "Seq_Frame0000_AToBTransform:=1 0 0 1 0 1 0 2 0 0 1 3 0 0 0 1\r\n"
         "Seq_Frame0000_Timestamp:=1.5\r\n",
         NAV_SENDER_UNSTATED},
    };
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); ++i) {
        struct srv_sequence *sequence = NULL;
        struct srv_sequence_error error = {{0}};
        const enum nav_status status = parse(table[i].text, &sequence, &error);
        if (status != NAV_OK) {
            fail_msg("%s: %s: %s", table[i].what, nav_status_name(status), error.text);
        }
        assert_int_equal(sequence->frame_count, 1);
        assert_int_equal(sequence->transform_count, 1);
        assert_string_equal(sequence->names[0], "AToB");
        assert_int_equal(sequence->time_ns[0], 1500000000);
        assert_null(sequence->unfiltered_ns);
        const struct srv_sequence_pose *pose = srv_sequence_at(sequence, 0, 0);
        assert_true(pose->present);
        assert_int_equal(pose->status, table[i].status);
        assert_int_equal(pose->word == SRV_SEQUENCE_NO_WORD,
                         table[i].status == NAV_SENDER_UNSTATED);
        assert_true(pose->matrix[3] == 1 && pose->matrix[7] == 2 && pose->matrix[11] == 3);
        srv_sequence_destroy(sequence);
    }
}

/* A frame may lack a transform that others have; it is then not present rather than zero. */
static void an_absent_transform_is_marked(void **state)
{
    (void)state;
    struct srv_sequence *sequence = NULL;
    struct srv_sequence_error error = {{0}};
    assert_int_equal(parse("ObjectType = Image\nDimSize = 0 0 2\n" POSE TIME
                           "Seq_Frame0001_Timestamp = 1.5\n"
                           "Seq_Frame0001_AToBTransformStatus = INVALID\n" TAIL,
                           &sequence, &error),
                     NAV_OK);
    assert_true(srv_sequence_at(sequence, 0, 0)->present);
    assert_false(srv_sequence_at(sequence, 1, 0)->present);
    assert_int_equal(srv_sequence_at(sequence, 1, 0)->status, NAV_SENDER_INVALID);
    srv_sequence_destroy(sequence);
}

struct refused {
    const char *text;
    enum nav_status status;
    const char *says; /* must be part of the message */
};

static void damaged_files_are_refused(void **state)
{
    (void)state;
    static const struct refused table[] = {
        {"", NAV_ERR_UNSUPPORTED, "not a sequence file"},
        {"\x89PNG\r\n", NAV_ERR_UNSUPPORTED, "not a sequence file"},
        {"NRRD000", NAV_ERR_UNSUPPORTED, "not a sequence file"},
        {"ObjectType = Mesh\n" TAIL, NAV_ERR_UNSUPPORTED, ":1: ObjectType"},
        {HEAD POSE TIME, NAV_ERR_LENGTH, "ends inside the header"},
        {HEAD POSE TIME "ElementDataFile =\n", NAV_ERR_SYNTAX, ":6: ElementDataFile is empty"},
        {"NRRD0004\nsizes: 1 1 1\nSeq_Frame0000_Timestamp:=1\n", NAV_ERR_LENGTH, "blank line"},
        {HEAD "no sign here\n" TAIL, NAV_ERR_SYNTAX, ":4: 'no sign here'"},
        {HEAD POSE "Seq_Frame0000_Timestamp = 1.5x\n" TAIL, NAV_ERR_SYNTAX, ":5: '1.5x'"},
        {HEAD POSE "Seq_Frame0000_Timestamp = 1,5\n" TAIL, NAV_ERR_SYNTAX, ":5: '1,5'"},
        {HEAD POSE "Seq_Frame0000_Timestamp = 0x10\n" TAIL, NAV_ERR_SYNTAX, ":5: '0x10'"},
        {HEAD POSE "Seq_Frame0000_Timestamp = 1e\n" TAIL, NAV_ERR_SYNTAX, ":5: '1e'"},
        {HEAD POSE "Seq_Frame0000_Timestamp =\n" TAIL, NAV_ERR_SYNTAX, ":5: ''"},
        {HEAD POSE "Seq_Frame0000_Timestamp = nan\n" TAIL, NAV_ERR_NOT_FINITE, ":5: 'nan'"},
        {HEAD POSE "Seq_Frame0000_Timestamp = -1.#IND\n" TAIL, NAV_ERR_NOT_FINITE, ":5:"},
        {HEAD POSE "Seq_Frame0000_Timestamp = 1e999\n" TAIL, NAV_ERR_NOT_FINITE, ":5: '1e999'"},
        {HEAD POSE "Seq_Frame0000_Timestamp = 1e10\n" TAIL, NAV_ERR_RANGE, ":5: time stamp"},
        {HEAD POSE "Seq_Frame0000_Timestamp = "
                   "1.0000000000000000000000000000000000000000000000000000000000000000\n" TAIL,
         NAV_ERR_SYNTAX, ":5:"},
        {HEAD TIME "Seq_Frame0000_AToBTransform = 1 0 0 1 0 1 0 2 0 0 1 3 0 0 0\n" TAIL,
         NAV_ERR_SYNTAX, ":5: a transform has 16 numbers, row by row; here are fewer"},
        {HEAD TIME "Seq_Frame0000_AToBTransform = 1 0 0 1 0 1 0 2 0 0 1 3 0 0 0 1 1\n" TAIL,
         NAV_ERR_SYNTAX, "here are more"},
        {HEAD TIME "Seq_Frame0000_AToBTransform = 1 0 0 1 0 1 0 2 0 0 inf 3 0 0 0 1\n" TAIL,
         NAV_ERR_NOT_FINITE, ":5: 'inf'"},
        {HEAD TIME "Seq_Frame0000_AToBTransform = 1 0 0 1 0 1 0 2 0 0 1 3 0 0 0 2\n" TAIL,
         NAV_ERR_RANGE, "0 0 0 1"},
        {HEAD POSE TIME POSE TAIL, NAV_ERR_SYNTAX, ":6: a second 'AToB'"},
        {HEAD POSE TIME TIME TAIL, NAV_ERR_LENGTH, "announces 1 frames but 2"},
        {"ObjectType = Image\nDimSize = 0 0 2\n" POSE TIME TIME TAIL, NAV_ERR_SYNTAX,
         ":5: a second 'Timestamp'"},
        {HEAD POSE TIME "Seq_Frame0000_AToBTransformStatus = OK\n"
                        "Seq_Frame0000_AToBTransformStatus = OK\n" TAIL,
         NAV_ERR_SYNTAX, ":7: a second"},
        {HEAD POSE TIME "Seq_Frame0000_AToBTransformStatus =\n" TAIL, NAV_ERR_SYNTAX,
         ":6: '' is not a status word"},
        {HEAD POSE TIME "DimSize = 0 0 1\n" TAIL, NAV_ERR_SYNTAX, ":6: a second DimSize"},
        {HEAD POSE TAIL, NAV_ERR_LENGTH, "no frames"},
        {HEAD TAIL, NAV_ERR_LENGTH, "no frames"},
        {"ObjectType = Image\nDimSize = 0 0 0\n" TAIL, NAV_ERR_LENGTH, "no frames"},
        {"ObjectType = Image\n" POSE TIME TAIL, NAV_ERR_SYNTAX, "no DimSize"},
        {"ObjectType = Image\nDimSize = 0 0 -1\n" TAIL, NAV_ERR_SYNTAX, ":2: DimSize"},
        {"ObjectType = Image\nDimSize = 0 0 99999999999999999999\n" TAIL, NAV_ERR_SYNTAX,
         ":2: DimSize"},
        {"ObjectType = Image\nDimSize = 0 0 999999999999\n" POSE TIME TAIL, NAV_ERR_LENGTH,
         "announces 999999999999 frames but 1"},
        {"ObjectType = Image\nNDims = 2\nDimSize = 0 0 1\n" POSE TIME TAIL, NAV_ERR_LENGTH,
         "2 dimensions"},
        {"ObjectType = Image\nNDims = 0\n" TAIL, NAV_ERR_RANGE, ":2: NDims"},
        {HEAD POSE "Seq_Frame0001_Timestamp = 1.5\n" TAIL, NAV_ERR_LENGTH, ":5: frame 1"},
        {HEAD POSE "Seq_Frame_Timestamp = 1.5\n" TAIL, NAV_ERR_SYNTAX, ":5:"},
        {HEAD POSE "Seq_Frame9999999999_Timestamp = 1.5\n" TAIL, NAV_ERR_SYNTAX, ":5:"},
        {HEAD POSE "Seq_Frame0000_ = 1.5\n" TAIL, NAV_ERR_SYNTAX, ":5:"},
        {"ObjectType = Image\nDimSize = 0 0 2\n" POSE TIME "Seq_Frame0001_Timestamp = 1.4\n" TAIL,
         NAV_ERR_RANGE, "frame 1 is before that of frame 0"},
        {HEAD "Comment = a\001b\n" POSE TIME TAIL, NAV_ERR_SYNTAX, ":4: control character"},
        {HEAD
         "Seq_Frame0000_"
         "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAToBTransform = 1\n" TAIL,
         NAV_ERR_RANGE, "name longer than"},
    };
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); ++i) {
        struct srv_sequence *sequence = NULL;
        struct srv_sequence_error error = {{0}};
        const enum nav_status status = parse(table[i].text, &sequence, &error);
        assert_null(sequence);
        if (status != table[i].status || strstr(error.text, table[i].says) == NULL) {
            fail_msg("case %zu: %s: '%s', expected %s: '%s'", i, nav_status_name(status),
                     error.text, nav_status_name(table[i].status), table[i].says);
        }
    }
}

static void capacities_are_limits_not_crashes(void **state)
{
    (void)state;
    enum { SIZE = 1 << 21 };
    struct srv_sequence_error error = {{0}};
    struct srv_sequence *sequence = NULL;
    char *text = malloc(SIZE);
    assert_non_null(text);
    size_t n = (size_t)snprintf(text, SIZE, HEAD TIME);
    for (int i = 0; i <= SRV_SEQUENCE_TRANSFORMS_MAX; ++i) {
        n += (size_t)snprintf(text + n, SIZE - n,
                              "Seq_Frame0000_T%dToBTransform = 1 0 0 1 0 1 0 2 0 0 1 3 0 0 0 1\n",
                              i);
    }
    (void)snprintf(text + n, SIZE - n, TAIL);
    assert_int_equal(parse(text, &sequence, &error), NAV_ERR_TOO_LARGE);

    n = (size_t)snprintf(text, SIZE, HEAD TIME);
    for (int i = 0; i <= SRV_SEQUENCE_WORDS_MAX; ++i) {
        n += (size_t)snprintf(text + n, SIZE - n, "Seq_Frame0000_T%dToBTransformStatus = W%d\n", i,
                              i);
    }
    (void)snprintf(text + n, SIZE - n, TAIL);
    assert_int_equal(parse(text, &sequence, &error), NAV_ERR_TOO_LARGE);

    n = (size_t)snprintf(text, SIZE, HEAD "Comment = ");
    memset(text + n, 'a', SRV_SEQUENCE_LINE_MAX);
    (void)snprintf(text + n + SRV_SEQUENCE_LINE_MAX, SIZE - n - SRV_SEQUENCE_LINE_MAX,
                   "\n" POSE TIME TAIL);
    assert_int_equal(parse(text, &sequence, &error), NAV_ERR_TOO_LARGE);
    assert_non_null(strstr(error.text, ":4: line longer"));
    assert_null(sequence);
    free(text);
}

/* A header cut off anywhere never passes for a whole one. */
static void every_truncation_is_refused(void **state)
{
    (void)state;
    char path[1024];
    test_data_path("sessions/plus/SyntheticTrackerBuffer20.igs.mha", path, sizeof(path));
    size_t size = 0;
    char *bytes = read_file(path, &size);
    const char *end = strstr(bytes, "ElementDataFile");
    assert_non_null(end);
    const size_t needed = (size_t)(end - bytes) + strlen("ElementDataFile = L");
    for (size_t cut = 0; cut < needed; ++cut) {
        struct srv_sequence_error error = {{0}};
        struct srv_sequence *sequence = NULL;
        char *copy = malloc(cut > 0 ? cut : 1);
        assert_non_null(copy);
        memcpy(copy, bytes, cut);
        if (srv_sequence_parse(copy, cut, "cut", &sequence, &error) == NAV_OK) {
            fail_msg("accepted with %zu of %zu bytes", cut, needed);
        }
        free(copy);
    }
    free(bytes);
}

static void missing_files_and_folders_are_named(void **state)
{
    (void)state;
    struct srv_sequence_error error = {{0}};
    struct srv_sequence *sequence = NULL;
    assert_int_equal(srv_sequence_read("no/such.igs.mha", &sequence, &error), NAV_ERR_NOT_FOUND);
    assert_non_null(strstr(error.text, "no/such.igs.mha"));
    assert_int_equal(srv_sequence_read(".", &sequence, &error), NAV_ERR_UNSUPPORTED);
    assert_null(sequence);
}

static void locale_does_not_matter(void **state)
{
    (void)state;
    static const char *const comma[] = {"de_DE.UTF-8", "fr_FR.UTF-8", "de_DE"};
    const char *set = NULL;
    for (size_t i = 0; set == NULL && i < sizeof(comma) / sizeof(comma[0]); ++i) {
        set = setlocale(LC_NUMERIC, comma[i]);
    }
    if (set == NULL) {
        skip();
    }
    struct srv_sequence_error error = {{0}};
    struct srv_sequence *sequence = NULL;
    const enum nav_status status = parse(HEAD POSE TIME TAIL, &sequence, &error);
    (void)setlocale(LC_NUMERIC, "C");
    assert_int_equal(status, NAV_OK);
    assert_int_equal(sequence->time_ns[0], 1500000000);
    srv_sequence_destroy(sequence);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_every_recorded_session),
        cmocka_unit_test(both_containers_hold_the_same),
        cmocka_unit_test(long_session_reads_fast),
        cmocka_unit_test(quirks_of_other_writers_are_read),
        cmocka_unit_test(an_absent_transform_is_marked),
        cmocka_unit_test(damaged_files_are_refused),
        cmocka_unit_test(capacities_are_limits_not_crashes),
        cmocka_unit_test(every_truncation_is_refused),
        cmocka_unit_test(missing_files_and_folders_are_named),
        cmocka_unit_test(locale_does_not_matter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
