/* Volume files: only exact ones load, and their voxels lie where the file says. */
#include <math.h>
#include <zlib.h>

#include "test_data.h"
#include "volume.h"

enum { NX = 4, NY = 3, NZ = 2, VOXELS = NX * NY * NZ, ROOM = 1 << 16 };

struct bytes {
    size_t size;
    uint8_t at[ROOM];
};

static void append(struct bytes *file, const void *more, size_t size)
{
    assert_true(file->size + size <= ROOM);
    memcpy(file->at + file->size, more, size);
    file->size += size;
}

static void append_text(struct bytes *file, const char *text)
{
    append(file, text, strlen(text));
}

/* Voxel i holds 10 * i - 100, little endian. */
static void append_voxels(struct bytes *file, int count)
{
    for (int i = 0; i < count; ++i) {
        const uint16_t value = (uint16_t)(int16_t)(10 * i - 100);
        const uint8_t pair[2] = {(uint8_t)value, (uint8_t)(value >> 8)};
        append(file, pair, 2);
    }
}

static void append_gzip(struct bytes *file, const uint8_t *plain, size_t size)
{
    z_stream stream = {.next_in = (uint8_t *)plain, .avail_in = (unsigned)size};
    assert_int_equal(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    stream.next_out = file->at + file->size;
    stream.avail_out = (unsigned)(ROOM - file->size);
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    file->size = ROOM - stream.avail_out;
    assert_int_equal(deflateEnd(&stream), Z_OK);
}

/* Parses an exactly sized copy with its NUL, so that the sanitizer sees a step too far. */
static struct cfg_volume *parse(const struct bytes *file, const char *name,
                                const struct cfg_volume_options *options,
                                enum nav_status *out_status, struct cfg_error *out_error)
{
    uint8_t *copy = malloc(file->size + 1);
    assert_non_null(copy);
    memcpy(copy, file->at, file->size);
    copy[file->size] = 0;
    struct cfg_volume *volume = NULL;
    *out_status = cfg_volume_parse(copy, file->size, name, options, &volume, out_error);
    assert_true((*out_status == NAV_OK) == (volume != NULL));
    free(copy);
    return volume;
}

static struct cfg_volume *parse_good(const struct bytes *file, const char *name)
{
    struct cfg_error error = {.text = ""};
    enum nav_status status;
    struct cfg_volume *volume = parse(file, name, NULL, &status, &error);
    if (volume == NULL) {
        fail_msg("refused: %s", error.text);
    }
    return volume;
}

static void expect(const struct bytes *file, const char *name,
                   const struct cfg_volume_options *options, enum nav_status expected,
                   const char *words)
{
    struct cfg_error error = {.text = ""};
    enum nav_status status;
    cfg_volume_destroy(parse(file, name, options, &status, &error));
    if (status != expected || strstr(error.text, words) == NULL) {
        fail_msg("%s instead of %s, or no '%s' in: %s", nav_status_name(status),
                 nav_status_name(expected), words, error.text);
    }
    assert_non_null(strstr(error.text, name));
}

static void check_voxels(const struct cfg_volume *volume)
{
    for (int i = 0; i < VOXELS; ++i) {
        assert_int_equal(volume->voxels[i], 10 * i - 100);
    }
    assert_int_equal(volume->report.lowest, -100);
    assert_int_equal(volume->report.highest, 10 * (VOXELS - 1) - 100);
}

static void check_transform(const struct cfg_volume *volume, const double expected[12])
{
    for (int i = 0; i < 12; ++i) {
        if (!(fabs(volume->report.T_image_voxel[i] - expected[i]) < 1e-5)) {
            fail_msg("element %d is %.9g instead of %.9g", i, volume->report.T_image_voxel[i],
                     expected[i]);
        }
    }
}

/* --- NRRD ------------------------------------------------------------------------------------ */

#define NRRD_HEAD                                                                                  \
    "NRRD0004\n"                                                                                   \
    "# a remark\n"                                                                                 \
    "type: int16\n"                                                                                \
    "dimension: 3\n"                                                                               \
    "space: left-posterior-superior\n"                                                             \
    "sizes: 4 3 2\n"                                                                               \
    "space directions: (0.5,0,0) (0,0.75,0) (0,0,2)\n"                                             \
    "kinds: domain domain domain\n"                                                                \
    "endian: little\n"                                                                             \
    "encoding: raw\n"                                                                              \
    "space origin: (-10,20,30)\n"

static const char nrrd_head[] = NRRD_HEAD;

static void make_nrrd(struct bytes *file)
{
    file->size = 0;
    append_text(file, NRRD_HEAD "\n");
    append_voxels(file, VOXELS);
}

/* The good file with the first `old` of its header replaced. */
static void change_nrrd(struct bytes *file, const char *old, const char *fresh)
{
    const char *at = strstr(nrrd_head, old);
    assert_non_null(at);
    file->size = 0;
    append(file, nrrd_head, (size_t)(at - nrrd_head));
    append_text(file, fresh);
    append_text(file, at + strlen(old));
    append_text(file, "\n");
    append_voxels(file, VOXELS);
}

static void test_nrrd_loads(void **state)
{
    (void)state;
    static const double lps[12] = {0.5, 0, 0, -10, 0, 0.75, 0, 20, 0, 0, 2, 30};
    static const double ras[12] = {-0.5, 0, 0, 10, 0, -0.75, 0, -20, 0, 0, 2, 30};
    static struct bytes file;
    make_nrrd(&file);
    struct cfg_volume *volume = parse_good(&file, "v.nrrd");
    check_voxels(volume);
    check_transform(volume, lps);
    assert_int_equal(volume->report.format, CFG_VOLUME_NRRD);
    assert_int_equal(volume->report.size[0], 4);
    assert_int_equal(volume->report.size[2], 2);
    assert_true(fabs(volume->report.spacing_mm[1] - 0.75) < 1e-12);
    assert_true(fabs(volume->report.min_mm[0] + 10.0) < 1e-12);
    assert_true(fabs(volume->report.max_mm[2] - 32.0) < 1e-12);
    cfg_volume_destroy(volume);

    change_nrrd(&file, "left-posterior-superior", "RAS");
    volume = parse_good(&file, "v.nrrd");
    check_transform(volume, ras);
    assert_true(fabs(volume->report.max_mm[0] - 10.0) < 1e-12);
    cfg_volume_destroy(volume);
}

static void test_nrrd_gzip(void **state)
{
    (void)state;
    static struct bytes plain;
    static struct bytes file;
    plain.size = 0;
    append_voxels(&plain, VOXELS);
    for (int members = 1; members <= 2; ++members) {
        change_nrrd(&file, "raw", "gzip");
        file.size -= (size_t)2 * VOXELS;
        const size_t first = members == 1 ? plain.size : 10;
        append_gzip(&file, plain.at, first);
        if (members == 2) {
            append_gzip(&file, plain.at + first, plain.size - first);
        }
        struct cfg_volume *volume = parse_good(&file, "v.nrrd");
        check_voxels(volume);
        cfg_volume_destroy(volume);
    }
    const size_t whole = file.size;
    file.size = whole - 1; /* the checksum's last byte */
    expect(&file, "v.nrrd", NULL, NAV_ERR_LENGTH, "truncated");
    file.size = whole;
    file.at[whole - 5] ^= 1; /* the checksum */
    expect(&file, "v.nrrd", NULL, NAV_ERR_CHECKSUM, "damaged");
    file.at[whole - 5] ^= 1;
    append_text(&file, "more");
    expect(&file, "v.nrrd", NULL, NAV_ERR_CHECKSUM, "damaged");
}

/* Far more data than the header promises are never inflated, nor is memory taken for far more
 * voxels than the data can hold. */
static void test_bomb(void **state)
{
    (void)state;
    static struct bytes file;
    uint8_t *zeros = calloc(1, 16 << 20);
    assert_non_null(zeros);
    change_nrrd(&file, "raw", "gzip");
    file.size -= (size_t)2 * VOXELS;
    append_gzip(&file, zeros, 16 << 20);
    free(zeros);
    expect(&file, "v.nrrd", NULL, NAV_ERR_LENGTH, "more data than its header promises");

    change_nrrd(&file, "sizes: 4 3 2", "sizes: 600 600 600");
    expect(&file, "v.nrrd", NULL, NAV_ERR_LENGTH, "too short");
}

static void test_nrrd_must_reject(void **state)
{
    (void)state;
    static const struct {
        const char *old, *fresh;
        enum nav_status status;
        const char *words;
    } cases[] = {
        {"NRRD0004", "NRRD0009", NAV_ERR_SYNTAX, "NRRD0001"},
        {"sizes: 4 3 2", "sizes: 60000 60000 60000", NAV_ERR_RANGE, "60000"},
        {"sizes: 4 3 2", "sizes: 4000 4000 4000", NAV_ERR_TOO_LARGE, "at most"},
        {"sizes: 4 3 2", "sizes: -4 3 2", NAV_ERR_RANGE, "-4"},
        {"sizes: 4 3 2", "sizes: 4 3 0", NAV_ERR_RANGE, "axis 3"},
        {"sizes: 4 3 2", "sizes: 24 1 1", NAV_ERR_RANGE, "axis 2"},
        {"sizes: 4 3 2", "sizes: 4 3 2 1", NAV_ERR_SYNTAX, "3 finite"},
        {"sizes: 4 3 2", "sizes: 4.5 3 2", NAV_ERR_RANGE, "4.5"},
        {"sizes: 4 3 2", "sizes: 4 3 3", NAV_ERR_LENGTH, "truncated"},
        {"sizes: 4 3 2", "sizes: 4 2 2", NAV_ERR_LENGTH, "follow"},
        {"sizes: 4 3 2\n", "", NAV_ERR_REFUSED, "no 'sizes'"},
        {"sizes: 4 3 2", "sizes: 4 3 2\nsizes: 4 3 2", NAV_ERR_SYNTAX, "twice"},
        {"dimension: 3", "dimension: 4", NAV_ERR_UNSUPPORTED, "dimension 4"},
        {"type: int16", "type: block", NAV_ERR_UNSUPPORTED, "block"},
        {"type: int16", "type: int64", NAV_ERR_UNSUPPORTED, "int64"},
        {"raw", "bzip2", NAV_ERR_UNSUPPORTED, "bzip2"},
        {"encoding: raw", "encoding: raw\ndata file: ../other.raw", NAV_ERR_REFUSED,
         "../other.raw"},
        {"encoding: raw", "encoding: raw\nbyte skip: -1", NAV_ERR_UNSUPPORTED, "byte skip"},
        {"encoding: raw", "encoding: raw\nspacings: 1 1 1", NAV_ERR_UNSUPPORTED, "spacings"},
        {"endian: little\n", "", NAV_ERR_REFUSED, "no 'endian'"},
        {"space: left-posterior-superior\n", "", NAV_ERR_REFUSED, "no 'space'"},
        {"left-posterior-superior", "scanner-xyz", NAV_ERR_REFUSED, "scanner-xyz"},
        {"(0,0.75,0)", "(0,nan,0)", NAV_ERR_NOT_FINITE, "nan"},
        {"(0,0.75,0)", "(0,inf,0)", NAV_ERR_NOT_FINITE, "inf"},
        {"(0,0.75,0)", "none", NAV_ERR_SYNTAX, "none"},
        {"(0,0.75,0)", "(0,0.75)", NAV_ERR_SYNTAX, "vectors"},
        {"(0,0.75,0)", "(0,-0.75,0)", NAV_ERR_REFUSED, "mirrored"},
        {"(0,0.75,0)", "(0,0.75,0.1)", NAV_ERR_REFUSED, "perpendicular"},
        {"(0,0.75,0)", "(0,0,0)", NAV_ERR_RANGE, "0 mm apart"},
        {"(0,0.75,0)", "(0,0.00075,0)", NAV_ERR_RANGE, "check the unit"},
        {"(0,0.75,0)", "(0,750,0)", NAV_ERR_RANGE, "check the unit"},
        {"(-10,20,30)", "(-10,20,nan)", NAV_ERR_NOT_FINITE, "nan"},
        {"(-10,20,30)", "(-10,20,1e9)", NAV_ERR_RANGE, "origin"},
        {"kinds: domain domain domain", "kinds: domain domain vector", NAV_ERR_UNSUPPORTED,
         "vector"},
        {"kinds: domain domain domain", "space units: \"m\" \"m\" \"m\"", NAV_ERR_UNSUPPORTED,
         "mm"},
        {"# a remark", "no colon here", NAV_ERR_SYNTAX, "no colon"},
    };
    static struct bytes file;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); ++i) {
        change_nrrd(&file, cases[i].old, cases[i].fresh);
        expect(&file, "v.nrrd", NULL, cases[i].status, cases[i].words);
    }
    make_nrrd(&file);
    file.at[7] = '5';
    cfg_volume_destroy(parse_good(&file, "v.nrrd"));
    expect(&file, "v.mha", NULL, NAV_ERR_UNSUPPORTED, ".nrrd");
    file.size -= 1;
    expect(&file, "v.nrrd", NULL, NAV_ERR_LENGTH, "truncated");
    file.size = strlen(nrrd_head); /* without the empty line */
    expect(&file, "v.nrrd", NULL, NAV_ERR_LENGTH, "detached");
    file.size = 0;
    expect(&file, "v.nrrd", NULL, NAV_ERR_LENGTH, "empty");
}

/* No prefix of a good file loads. */
static void test_every_prefix(void **state)
{
    (void)state;
    static struct bytes file;
    make_nrrd(&file);
    for (const size_t whole = file.size; file.size > 0;) {
        --file.size;
        struct cfg_error error = {.text = ""};
        enum nav_status status;
        assert_null(parse(&file, "v.nrrd", NULL, &status, &error));
        assert_true(file.size < whole && error.text[0] != '\0');
    }
}

static void test_values(void **state)
{
    (void)state;
    static struct bytes file;
    static const float floats[VOXELS] = {-1024.4F, 1.5F, 3071.0F};
    change_nrrd(&file, "type: int16", "type: float");
    file.size -= (size_t)2 * VOXELS;
    const size_t data = file.size;
    append(&file, floats, sizeof(floats)); /* of a little-endian machine */
    struct cfg_volume *volume = parse_good(&file, "v.nrrd");
    assert_int_equal(volume->voxels[0], -1024);
    assert_int_equal(volume->voxels[1], 2);
    assert_int_equal(volume->voxels[2], 3071);
    cfg_volume_destroy(volume);
    static const uint8_t nan_bytes[4] = {0, 0, 0xc0, 0x7f};
    memcpy(file.at + data + 20, nan_bytes, 4);
    expect(&file, "v.nrrd", NULL, NAV_ERR_NOT_FINITE, "voxel 5");
    static const uint8_t large_bytes[4] = {0, 0, 0x80, 0x47}; /* 65536 */
    memcpy(file.at + data + 20, large_bytes, 4);
    expect(&file, "v.nrrd", NULL, NAV_ERR_RANGE, "voxel 5");

    change_nrrd(&file, "type: int16", "type: uint16");
    expect(&file, "v.nrrd", NULL, NAV_ERR_RANGE, "voxel 0"); /* -100 is 65436 */

    change_nrrd(&file, "endian: little", "endian: big");
    volume = parse_good(&file, "v.nrrd");
    assert_int_equal((uint16_t)volume->voxels[11], 10 << 8); /* 10 */
    cfg_volume_destroy(volume);

    make_nrrd(&file);
    memset(file.at + file.size - (size_t)2 * VOXELS, 0, (size_t)2 * VOXELS);
    expect(&file, "v.nrrd", NULL, NAV_ERR_REFUSED, "no picture");
}

/* --- label maps ------------------------------------------------------------------------------- */

static const struct cfg_volume_options label_map = {.labels = true};

static struct cfg_volume *parse_labels(const struct bytes *file)
{
    struct cfg_error error = {.text = ""};
    enum nav_status status;
    struct cfg_volume *volume = parse(file, "l.seg.nrrd", &label_map, &status, &error);
    if (volume == NULL) {
        fail_msg("refused: %s", error.text);
    }
    return volume;
}

/* A header of 3D Slicer's kind with `change` put in for the first `old`, and its voxels. */
static void make_labels(struct bytes *file, const char *old, const char *fresh,
                        const uint8_t *voxels, size_t count)
{
    static const char head[] = "NRRD0004\n"
                               "type: unsigned char\n"
                               "dimension: 4\n"
                               "space: left-posterior-superior\n"
                               "sizes: 2 3 2 1\n"
                               "space directions: none (1,0,0) (0,1,0) (0,0,1)\n"
                               "kinds: list domain domain domain\n"
                               "encoding: raw\n"
                               "space origin: (5,6,7)\n"
                               "Segment0_ID:=Segment_1\n"
                               "Segment0_Name:=left: \"hip\"\n";
    const char *at = strstr(head, old);
    assert_non_null(at);
    file->size = 0;
    append(file, head, (size_t)(at - head));
    append_text(file, fresh);
    append_text(file, at + strlen(old));
    append_text(file, "\n");
    append(file, voxels, count);
}

static void test_labels_layers(void **state)
{
    (void)state;
    static const uint8_t voxels[12] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
    static struct bytes file;
    make_labels(&file, "list", "list", voxels, 12);
    struct cfg_volume *volume = parse_labels(&file);
    assert_int_equal(volume->report.layers, 2);
    assert_int_equal(volume->report.size[0], 3);
    assert_int_equal(volume->report.size[2], 1);
    for (int i = 0; i < 6; ++i) {
        assert_int_equal(volume->voxels[i], 2 * i);
        assert_int_equal(volume->voxels[6 + i], 2 * i + 1);
    }
    assert_string_equal(volume->notes, "Segment0_ID:=Segment_1\nSegment0_Name:=left: \"hip\"\n");
    assert_false(volume->report.mirrored);
    cfg_volume_destroy(volume);
    /* As a picture it is refused as before. */
    expect(&file, "l.seg.nrrd", NULL, NAV_ERR_UNSUPPORTED, "dimension 4");
}

/* What was mirrored in the file lies at the same place in the patient. */
static void test_labels_mirrored(void **state)
{
    (void)state;
    static const uint8_t voxels[12] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
    static const double expected[12] = {1, 0, 0, 5 - 2, 0, 1, 0, 6, 0, 0, 1, 7};
    static struct bytes file;
    make_labels(&file, "(1,0,0)", "(-1,0,0)", voxels, 12);
    struct cfg_volume *volume = parse_labels(&file);
    assert_true(volume->report.mirrored);
    check_transform(volume, expected);
    static const int16_t reversed[6] = {4, 2, 0, 10, 8, 6};
    for (int i = 0; i < 6; ++i) {
        assert_int_equal(volume->voxels[i], reversed[i]);
        assert_int_equal(volume->voxels[6 + i], reversed[i] + 1);
    }
    cfg_volume_destroy(volume);
}

static void test_labels_must_reject(void **state)
{
    (void)state;
    static const struct {
        const char *old, *fresh;
        enum nav_status status;
        const char *words;
    } cases[] = {
        {"none (1", "(0,0,0) (1", NAV_ERR_UNSUPPORTED, "'none'"},
        {"none (1,0,0) (0,1,0) (0,0,1)", "(1,0,0) (0,1,0) (0,0,1) none", NAV_ERR_UNSUPPORTED,
         "the first"},
        {"list domain", "vector domain", NAV_ERR_UNSUPPORTED, "'list'"},
        {"sizes: 2 3 2 1", "sizes: 3 2 2", NAV_ERR_SYNTAX, "4 finite"},
        {"sizes: 2 3 2 1", "sizes: 65 3 2 1", NAV_ERR_RANGE, "65 layers"},
        {"sizes: 2 3 2 1", "sizes: 3 3 2 1", NAV_ERR_LENGTH, "too short"},
        {"sizes: 2 3 2 1", "sizes: 1 3 2 1", NAV_ERR_LENGTH, "follow"},
        {"dimension: 4", "dimension: 5", NAV_ERR_UNSUPPORTED, "dimension 5"},
        {"(0,1,0)", "(0,0.5,0.1)", NAV_ERR_REFUSED, "perpendicular"},
    };
    static const uint8_t voxels[12] = {1};
    static struct bytes file;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); ++i) {
        make_labels(&file, cases[i].old, cases[i].fresh, voxels, 12);
        expect(&file, "l.seg.nrrd", &label_map, cases[i].status, cases[i].words);
    }
    /* A fraction is no label. */
    change_nrrd(&file, "int16", "float");
    file.size -= (size_t)2 * VOXELS;
    for (int i = 0; i < VOXELS; ++i) {
        const float value = i == 5 ? 1.5F : 1.0F;
        append(&file, &value, sizeof(value));
    }
    expect(&file, "l.nrrd", &label_map, NAV_ERR_REFUSED, "voxel 5 is 1.5");
}

/* --- NIfTI ----------------------------------------------------------------------------------- */

static void put_short(struct bytes *file, size_t at, int value)
{
    file->at[at] = (uint8_t)((unsigned)value & 0xff);
    file->at[at + 1] = (uint8_t)((unsigned)value >> 8 & 0xff);
}

static void put_float(struct bytes *file, size_t at, float value)
{
    memcpy(file->at + at, &value, 4); /* of a little-endian machine */
}

static void make_nifti(struct bytes *file)
{
    static const float srow[12] = {-0.5F, 0, 0, 10, 0, -0.75F, 0, -20, 0, 0, 2, 30};
    static const float pixdim[4] = {1, 0.5F, 0.75F, 2};
    memset(file->at, 0, 352);
    file->size = 352;
    put_short(file, 0, 348);
    static const int dim[8] = {3, NX, NY, NZ, 1, 1, 1, 1};
    for (size_t i = 0; i < 8; ++i) {
        put_short(file, 40 + 2 * i, dim[i]);
    }
    put_short(file, 70, 4); /* int16 */
    put_short(file, 72, 16);
    for (size_t i = 0; i < 4; ++i) {
        put_float(file, 76 + 4 * i, pixdim[i]);
    }
    put_float(file, 108, 352);
    put_float(file, 112, 1);
    file->at[123] = 2; /* mm */
    put_short(file, 254, 1);
    for (size_t i = 0; i < 12; ++i) {
        put_float(file, 280 + 4 * i, srow[i]);
    }
    memcpy(file->at + 344, "n+1", 4);
    append_voxels(file, VOXELS);
}

/* A qform that says the same: half a turn about z (quaternion 0 0 1, w 0). */
static void add_qform(struct bytes *file)
{
    put_short(file, 252, 1);
    put_float(file, 264, 1);
    put_float(file, 268, 10);
    put_float(file, 272, -20);
    put_float(file, 276, 30);
}

static void test_nifti_loads(void **state)
{
    (void)state;
    static const double lps[12] = {0.5, 0, 0, -10, 0, 0.75, 0, 20, 0, 0, 2, 30};
    static struct bytes file;
    static struct bytes packed;
    make_nifti(&file);
    for (int step = 0; step < 3; ++step) {
        if (step == 1) {
            add_qform(&file); /* both, and they agree */
        } else if (step == 2) {
            put_short(&file, 254, 0); /* qform alone */
        }
        struct cfg_volume *volume = parse_good(&file, "v.nii");
        check_voxels(volume);
        check_transform(volume, lps);
        assert_int_equal(volume->report.format, CFG_VOLUME_NIFTI);
        cfg_volume_destroy(volume);
    }
    packed.size = 0;
    append_gzip(&packed, file.at, file.size);
    struct cfg_volume *volume = parse_good(&packed, "v.nii.gz");
    check_voxels(volume);
    check_transform(volume, lps);
    cfg_volume_destroy(volume);

    put_float(&file, 112, 2.0F); /* value = 2 x + 5 */
    put_float(&file, 116, 5.0F);
    volume = parse_good(&file, "v.nii");
    assert_int_equal(volume->voxels[3], 2 * (30 - 100) + 5);
    cfg_volume_destroy(volume);
    put_float(&file, 112, 0.0F); /* not scaled */
    volume = parse_good(&file, "v.nii");
    check_voxels(volume);
    cfg_volume_destroy(volume);
}

static void test_nifti_must_reject(void **state)
{
    (void)state;
    static struct bytes file;
#define REJECT(change, status, words)                                                              \
    do {                                                                                           \
        make_nifti(&file);                                                                         \
        change;                                                                                    \
        expect(&file, "v.nii", NULL, (status), (words));                                           \
    } while (0)
    REJECT(put_short(&file, 0, 540), NAV_ERR_SYNTAX, "NIfTI-1");
    REJECT(memcpy(file.at + 344, "ni1", 4), NAV_ERR_REFUSED, "another file");
    REJECT(memcpy(file.at + 344, "n+2", 4), NAV_ERR_SYNTAX, "NIfTI-1");
    REJECT(put_short(&file, 42, -4), NAV_ERR_RANGE, "-4");
    REJECT((put_short(&file, 42, 30000), put_short(&file, 44, 30000)), NAV_ERR_RANGE, "30000");
    REJECT((put_short(&file, 42, 4096), put_short(&file, 44, 4096), put_short(&file, 46, 17)),
           NAV_ERR_TOO_LARGE, "at most");
    REJECT((put_short(&file, 42, 600), put_short(&file, 44, 600)), NAV_ERR_LENGTH, "too short");
    REJECT((put_short(&file, 40, 4), put_short(&file, 48, 2)), NAV_ERR_UNSUPPORTED, "dim");
    REJECT(put_short(&file, 40, 2), NAV_ERR_UNSUPPORTED, "dim");
    REJECT(put_short(&file, 70, 64), NAV_ERR_UNSUPPORTED, "datatype 64");
    REJECT(put_short(&file, 72, 8), NAV_ERR_SYNTAX, "bitpix");
    REJECT(put_float(&file, 112, (float)NAN), NAV_ERR_NOT_FINITE, "scl_slope");
    REJECT(put_float(&file, 116, (float)INFINITY), NAV_ERR_NOT_FINITE, "scl_inter");
    REJECT(put_float(&file, 112, 1e9F), NAV_ERR_RANGE, "voxel 0");
    REJECT(put_float(&file, 108, 340), NAV_ERR_RANGE, "vox_offset");
    REJECT(put_float(&file, 108, (float)NAN), NAV_ERR_RANGE, "vox_offset");
    REJECT(put_float(&file, 108, 354), NAV_ERR_LENGTH, "truncated");
    REJECT(file.at[123] = 1, NAV_ERR_UNSUPPORTED, "millimetres");
    REJECT(put_short(&file, 254, 0), NAV_ERR_REFUSED, "no sform, no qform");
    REJECT(put_float(&file, 80, 0.6F), NAV_ERR_REFUSED, "pixdim");
    REJECT(put_float(&file, 80, (float)NAN), NAV_ERR_REFUSED, "pixdim");
    REJECT(put_float(&file, 280, 0.5F), NAV_ERR_REFUSED, "mirrored");
    REJECT(put_float(&file, 292, (float)NAN), NAV_ERR_NOT_FINITE, "orientation");
    REJECT((add_qform(&file), put_float(&file, 268, 10.5F)), NAV_ERR_REFUSED, "disagree by 0.5 mm");
    REJECT((add_qform(&file), put_float(&file, 264, 0)), NAV_ERR_REFUSED, "disagree");
    REJECT((add_qform(&file), put_float(&file, 264, (float)NAN)), NAV_ERR_REFUSED, "rotation");
    REJECT((add_qform(&file), put_float(&file, 76, 7)), NAV_ERR_REFUSED, "rotation");
    REJECT(file.size -= 1, NAV_ERR_LENGTH, "truncated");
    REJECT(append_text(&file, "x"), NAV_ERR_LENGTH, "follow");
    REJECT(file.size = 300, NAV_ERR_LENGTH, "truncated");
#undef REJECT
    const struct cfg_volume_options few = {.voxels_max = VOXELS - 1};
    const struct cfg_volume_options enough = {.voxels_max = VOXELS};
    make_nifti(&file);
    expect(&file, "v.nii", &few, NAV_ERR_TOO_LARGE, "at most 23");
    struct cfg_error error = {.text = ""};
    enum nav_status status;
    cfg_volume_destroy(parse(&file, "v.nii", &enough, &status, &error));
    assert_int_equal(status, NAV_OK);
}

/* --- real data ------------------------------------------------------------------------------- */

static void test_real_ct(void **state)
{
    (void)state;
    char path[4096];
    test_data_path("volumes/totalsegmentator_pelvis_ct/ct_3mm.nii.gz", path, sizeof(path));
    struct cfg_volume *volume = NULL;
    struct cfg_error error = {.text = ""};
    if (cfg_volume_load(path, NULL, &volume, &error) != NAV_OK) {
        fail_msg("%s", error.text);
    }
    const struct cfg_volume_report *report = &volume->report;
    assert_int_equal(report->size[0], 122);
    assert_int_equal(report->size[1], 101);
    assert_int_equal(report->size[2], 112);
    /* sform: RAS, first voxel right, posterior, at the feet: in LPS x and y change sign. */
    assert_true(fabs(report->T_image_voxel[0] + 3.0) < 1e-6);
    assert_true(fabs(report->T_image_voxel[3] - 177.95633) < 1e-4);
    assert_true(fabs(report->T_image_voxel[7] + 11.319) < 1e-4);
    assert_true(fabs(report->T_image_voxel[11] - 94.30176) < 1e-4);
    assert_true(report->lowest >= -3024 && report->lowest <= -900 && report->highest > 800);
    cfg_volume_destroy(volume);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nrrd_loads),
        cmocka_unit_test(test_nrrd_gzip),
        cmocka_unit_test(test_bomb),
        cmocka_unit_test(test_nrrd_must_reject),
        cmocka_unit_test(test_every_prefix),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_nifti_loads),
        cmocka_unit_test(test_nifti_must_reject),
        cmocka_unit_test(test_labels_layers),
        cmocka_unit_test(test_labels_mirrored),
        cmocka_unit_test(test_labels_must_reject),
        cmocka_unit_test(test_real_ct),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
