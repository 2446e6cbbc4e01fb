/* Mesh files: only exact ones load, and what is reported about them is true. */
#include <float.h>
#include <math.h>

#include "mesh.h"
#include "mesh_maker.h"

static const double low[3] = {-10, 20, 30};
static const double size[3] = {100, 50, 25};

/* Parses with the NUL behind that a file has. Returns the mesh or NULL. */
static struct cfg_mesh *parse(const void *bytes, size_t length, const char *name,
                              const struct cfg_mesh_options *options, enum nav_status *out_status,
                              struct cfg_error *out_error)
{
    uint8_t *copy = malloc(length + 1); /* exactly sized: the sanitizer sees a step too far */
    assert_non_null(copy);
    memcpy(copy, bytes, length);
    copy[length] = 0;
    struct cfg_mesh *mesh = NULL;
    *out_status = cfg_mesh_parse(copy, length, name, options, &mesh, out_error);
    assert_true((*out_status == NAV_OK) == (mesh != NULL));
    free(copy);
    return mesh;
}

static struct cfg_mesh *parse_good(const void *bytes, size_t length, const char *name,
                                   const struct cfg_mesh_options *options)
{
    struct cfg_error error = {.text = ""};
    enum nav_status status;
    struct cfg_mesh *mesh = parse(bytes, length, name, options, &status, &error);
    if (mesh == NULL) {
        fail_msg("refused: %s", error.text);
    }
    return mesh;
}

static void expect(const void *bytes, size_t length, const char *name,
                   const struct cfg_mesh_options *options, enum nav_status expected,
                   const char *words)
{
    struct cfg_error error = {.text = ""};
    enum nav_status status;
    struct cfg_mesh *mesh = parse(bytes, length, name, options, &status, &error);
    if (status != expected || strstr(error.text, words) == NULL) {
        fail_msg("%s instead of %s, or no '%s' in: %s", nav_status_name(status),
                 nav_status_name(expected), words, error.text);
    }
    assert_non_null(strstr(error.text, name));
    cfg_mesh_destroy(mesh);
}

static void expect_stl(const void *bytes, size_t length, enum nav_status expected,
                       const char *words)
{
    expect(bytes, length, "m.stl", NULL, expected, words);
}

static void expect_text(const char *text, enum nav_status expected, const char *words)
{
    const char *name = strncmp(text, "ply", 3) == 0 ? "m.ply" : "m.stl";
    expect(text, strlen(text), name, NULL, expected, words);
}

static void check_box(const struct cfg_mesh *mesh, enum cfg_mesh_format format)
{
    const struct cfg_mesh_report *report = &mesh->report;
    assert_int_equal(report->format, format);
    assert_int_equal(mesh->triangle_count, BOX_TRIANGLES);
    assert_int_equal(mesh->vertex_count, 8);
    assert_int_equal(report->triangles, BOX_TRIANGLES);
    assert_int_equal(report->vertices, 8);
    assert_int_equal(report->open_edges + report->forked_edges + report->twisted_edges, 0);
    assert_int_equal(report->components, 1);
    assert_int_equal(report->degenerate, 0);
    assert_true(report->closed);
    assert_false(report->inward);
    assert_true(fabs(report->volume_mm3 - 125000.0) < 1e-6);
    assert_true(report->extent_mm == 100.0);
    for (int k = 0; k < 3; ++k) {
        assert_true(report->min_mm[k] == low[k] && report->max_mm[k] == low[k] + size[k]);
    }
}

/* --- binary STL ------------------------------------------------------------------------------ */

static void test_stl_binary_box(void **state)
{
    (void)state;
    uint8_t bytes[BOX_STL_SIZE];
    box_stl("any header", low, size, bytes);
    struct cfg_mesh *mesh = parse_good(bytes, sizeof(bytes), "m.stl", NULL);
    check_box(mesh, CFG_MESH_STL_BINARY);
    for (int i = 0; i < BOX_TRIANGLES; ++i) {
        for (int c = 0; c < 3; ++c) {
            const float *vertex = mesh->vertices_mm + 3 * mesh->triangles[3 * i + c];
            for (int k = 0; k < 3; ++k) {
                assert_true(vertex[k] == box_coordinate(box_faces[i][c], k, low, size));
            }
        }
    }
    cfg_mesh_destroy(mesh);
}

static void test_stl_digest_is_of_the_bytes(void **state)
{
    (void)state;
    static const uint8_t abc[CFG_SHA256_SIZE] = {/* FIPS 180-2, appendix B.1 */
                                                 0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea,
                                                 0x41, 0x41, 0x40, 0xde, 0x5d, 0xae, 0x22, 0x23,
                                                 0xb0, 0x03, 0x61, 0xa3, 0x96, 0x17, 0x7a, 0x9c,
                                                 0xb4, 0x10, 0xff, 0x61, 0xf2, 0x00, 0x15, 0xad};
    uint8_t digest[CFG_SHA256_SIZE];
    assert_int_equal(cfg_sha256("abc", 3, digest), NAV_OK);
    assert_memory_equal(digest, abc, sizeof(abc));
    uint8_t bytes[BOX_STL_SIZE];
    box_stl("", low, size, bytes);
    assert_int_equal(cfg_sha256(bytes, sizeof(bytes), digest), NAV_OK);
    struct cfg_mesh *mesh = parse_good(bytes, sizeof(bytes), "m.stl", NULL);
    assert_memory_equal(mesh->sha256, digest, sizeof(digest));
    cfg_mesh_destroy(mesh);
}

static void test_stl_of_0_60_84_bytes(void **state)
{
    (void)state;
    const uint8_t zeros[84] = {0};
    expect_stl(zeros, 0, NAV_ERR_LENGTH, "is empty");
    expect_stl(zeros, 60, NAV_ERR_LENGTH, "at least 84");
    expect_stl(zeros, 83, NAV_ERR_LENGTH, "at least 84");
    expect_stl(zeros, 84, NAV_ERR_REFUSED, "no triangle");
}

static void test_stl_count_lies(void **state)
{
    (void)state;
    uint8_t bytes[BOX_STL_SIZE];
    box_stl("", low, size, bytes);
    put_u32(bytes + 80, UINT32_MAX);
    expect_stl(bytes, sizeof(bytes), NAV_ERR_LENGTH, "announces 4294967295 triangles");
    put_u32(bytes + 80, BOX_TRIANGLES + 1);
    expect_stl(bytes, sizeof(bytes), NAV_ERR_LENGTH, "truncated");
    put_u32(bytes + 80, BOX_TRIANGLES - 1);
    expect_stl(bytes, sizeof(bytes), NAV_ERR_LENGTH, "trailing data");
    put_u32(bytes + 80, 0);
    expect_stl(bytes, sizeof(bytes), NAV_ERR_LENGTH, "trailing data");
}

static void test_stl_truncated_anywhere(void **state)
{
    (void)state;
    uint8_t bytes[BOX_STL_SIZE];
    box_stl("", low, size, bytes);
    for (size_t length = 0; length < sizeof(bytes); ++length) {
        expect_stl(bytes, length, NAV_ERR_LENGTH, length == 0 ? "is empty" : "has");
    }
}

static void test_stl_trailing_byte(void **state)
{
    (void)state;
    uint8_t bytes[BOX_STL_SIZE + 1] = {0};
    box_stl("", low, size, bytes);
    expect_stl(bytes, sizeof(bytes), NAV_ERR_LENGTH, "trailing data");
}

static void test_stl_vertex_not_finite(void **state)
{
    (void)state;
    const float bad[] = {NAN, INFINITY, -INFINITY};
    uint8_t bytes[BOX_STL_SIZE];
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); ++i) {
        box_stl("", low, size, bytes);
        put_f32(bytes + 84 + 50 * 11 + 12 + 32, bad[i]);
        expect_stl(bytes, sizeof(bytes), NAV_ERR_NOT_FINITE, "offset 678: triangle 11");
    }
    box_stl("", low, size, bytes);
    put_f32(bytes + 84, NAN); /* a normal, which nobody reads */
    cfg_mesh_destroy(parse_good(bytes, sizeof(bytes), "m.stl", NULL));
}

static void test_stl_vertex_absurdly_far(void **state)
{
    (void)state;
    uint8_t bytes[BOX_STL_SIZE];
    box_stl("", low, size, bytes);
    put_f32(bytes + 84 + 12, 100000.0f);
    cfg_mesh_destroy(parse_good(bytes, sizeof(bytes), "m.stl", NULL));
    put_f32(bytes + 84 + 12, 100001.0f);
    expect_stl(bytes, sizeof(bytes), NAV_ERR_RANGE, "check the unit");
    put_f32(bytes + 84 + 12, FLT_MAX);
    expect_stl(bytes, sizeof(bytes), NAV_ERR_RANGE, "check the unit");
}

static void test_stl_binary_that_begins_with_solid(void **state)
{
    (void)state;
    uint8_t bytes[BOX_STL_SIZE];
    box_stl("solid binary STL of a program that does not know better", low, size, bytes);
    struct cfg_mesh *mesh = parse_good(bytes, sizeof(bytes), "m.stl", NULL);
    check_box(mesh, CFG_MESH_STL_BINARY);
    cfg_mesh_destroy(mesh);
    expect_stl(bytes, sizeof(bytes) - 1, NAV_ERR_LENGTH, "truncated");
}

static void test_stl_triangle_cap(void **state)
{
    (void)state;
    uint8_t bytes[BOX_STL_SIZE];
    box_stl("", low, size, bytes);
    struct cfg_mesh_options options = {.triangles_max = BOX_TRIANGLES};
    cfg_mesh_destroy(parse_good(bytes, sizeof(bytes), "m.stl", &options));
    options.triangles_max = BOX_TRIANGLES - 1;
    expect(bytes, sizeof(bytes), "m.stl", &options, NAV_ERR_TOO_LARGE, "at most 11");
    options = (struct cfg_mesh_options){.bytes_max = BOX_STL_SIZE};
    cfg_mesh_destroy(parse_good(bytes, sizeof(bytes), "m.stl", &options));
    options.bytes_max = BOX_STL_SIZE - 1;
    expect(bytes, sizeof(bytes), "m.stl", &options, NAV_ERR_TOO_LARGE, "at most 683");
}

/* --- ASCII STL ------------------------------------------------------------------------------- */

/* Text of the box; `line_end` between the lines. The caller frees. */
static char *box_text(const char *first_line, const char *line_end)
{
    char *text = malloc(16384);
    assert_non_null(text);
    int used = snprintf(text, 16384, "%s%s", first_line, line_end);
    for (int i = 0; i < BOX_TRIANGLES; ++i) {
        used += snprintf(text + used, 16384 - (size_t)used, "  facet normal 0 0 0%s outer loop%s",
                         line_end, line_end);
        for (int c = 0; c < 3; ++c) {
            const int corner = box_faces[i][c];
            used += snprintf(text + used, 16384 - (size_t)used, "    vertex %.6e %.6e %.6e%s",
                             (double)box_coordinate(corner, 0, low, size),
                             (double)box_coordinate(corner, 1, low, size),
                             (double)box_coordinate(corner, 2, low, size), line_end);
        }
        used += snprintf(text + used, 16384 - (size_t)used, "  endloop%s endfacet%s", line_end,
                         line_end);
    }
    (void)snprintf(text + used, 16384 - (size_t)used, "endsolid%s", line_end);
    return text;
}

static void test_stl_ascii_box(void **state)
{
    (void)state;
    const char *const line_ends[] = {"\n", "\r\n", " \t\n\n"};
    for (size_t i = 0; i < sizeof(line_ends) / sizeof(line_ends[0]); ++i) {
        char *text = box_text("solid a name", line_ends[i]);
        struct cfg_mesh *mesh = parse_good(text, strlen(text), "M.STL", NULL);
        check_box(mesh, CFG_MESH_STL_ASCII);
        cfg_mesh_destroy(mesh);
        free(text);
    }
}

static void test_stl_ascii_truncated(void **state)
{
    (void)state;
    char *text = box_text("solid", "\n");
    const size_t length = strlen(text);
    for (size_t cut = 6; cut < length - strlen("endsolid\n"); cut += 7) {
        struct cfg_error error = {.text = ""};
        enum nav_status status;
        struct cfg_mesh *mesh = parse(text, cut, "m.stl", NULL, &status, &error);
        assert_null(mesh);
        assert_true(status == NAV_ERR_LENGTH || status == NAV_ERR_SYNTAX);
    }
    text[length - strlen("endsolid\n")] = '\0';
    expect_text(text, NAV_ERR_LENGTH, "truncated");
    free(text);
}

static void test_stl_ascii_garbage(void **state)
{
    (void)state;
    expect_text("solid\nendsolid\n", NAV_ERR_REFUSED, "no triangle");
    expect_text("solid", NAV_ERR_LENGTH, "truncated");
    expect_text("solid a\n facet normal 0 0 0\n outer loop\n vertex 0 0 zero\n", NAV_ERR_SYNTAX,
                "m.stl:4: a number expected");
    expect_text("solid a\n facet normal 0 0 0\n outer loop\n vertex 0 0,5 1\n", NAV_ERR_SYNTAX,
                "m.stl:4: a number expected");
    expect_text("solid a\n facet normal 0 0 0\n outer loop\n vertex 0 0x10 1\n", NAV_ERR_SYNTAX,
                "m.stl:4: a number expected");
    expect_text("solid a\n facet normal 0 0 0\n outer loop\n vertex 0 0 nan\n", NAV_ERR_NOT_FINITE,
                "m.stl:4: ");
    expect_text("solid a\n facet normal 0 0 0\n outer loop\n vertex 0 0 -Inf\n", NAV_ERR_NOT_FINITE,
                "m.stl:4: ");
    expect_text("solid a\n facet normal 0 0 0\n outer loop\n vertex 0 0 1e39\n", NAV_ERR_NOT_FINITE,
                "m.stl:4: ");
    expect_text("solid a\n facet normal nan nan nan\n outer loop\n vertex 0 0\n vertex",
                NAV_ERR_SYNTAX, "m.stl:5: a number expected");
    expect_text("solid a\n facet normal 0 0 0\n outer loop\n vertex 0 0\n", NAV_ERR_LENGTH,
                "truncated");
    expect_text("solid a\n garbage\n", NAV_ERR_SYNTAX, "'facet' expected");
    char *text = box_text("solid", "\n");
    char *more = NULL;
    assert_true(asprintf(&more, "%sgarbage", text) > 0);
    expect_text(more, NAV_ERR_SYNTAX, "'solid' expected");
    free(more);
    assert_true(asprintf(&more, "%s%s", text, text) > 0); /* two solids: 24 triangles */
    struct cfg_mesh *mesh = parse_good(more, strlen(more), "m.stl", NULL);
    assert_int_equal(mesh->triangle_count, 2 * BOX_TRIANGLES);
    assert_int_equal(mesh->report.forked_edges, 18);
    cfg_mesh_destroy(mesh);
    const struct cfg_mesh_options options = {.triangles_max = BOX_TRIANGLES};
    expect(more, strlen(more), "m.stl", &options, NAV_ERR_TOO_LARGE, "more than 12");
    free(more);
    free(text);
}

/* --- PLY ------------------------------------------------------------------------------------- */

#define PLY_HEAD(format, vertices, faces)                                                          \
    "ply\nformat " format " 1.0\ncomment made by a test\nelement vertex " vertices                 \
    "\nproperty float x\nproperty float y\nproperty float z\nelement face " faces                  \
    "\nproperty list uchar int vertex_indices\nend_header\n"

static size_t box_ply(uint8_t *out_bytes)
{
    static const char head[] = PLY_HEAD("binary_little_endian", "8", "12");
    memcpy(out_bytes, head, sizeof(head) - 1);
    uint8_t *at = out_bytes + sizeof(head) - 1;
    for (int v = 0; v < 8; ++v) {
        for (int k = 0; k < 3; ++k, at += 4) {
            put_f32(at, box_coordinate(v, k, low, size));
        }
    }
    for (int i = 0; i < BOX_TRIANGLES; ++i) {
        *at++ = 3;
        for (int c = 0; c < 3; ++c, at += 4) {
            put_u32(at, box_faces[i][c]);
        }
    }
    return (size_t)(at - out_bytes);
}

static void test_ply_binary_box(void **state)
{
    (void)state;
    uint8_t bytes[1024];
    const size_t length = box_ply(bytes);
    struct cfg_mesh *mesh = parse_good(bytes, length, "m.ply", NULL);
    check_box(mesh, CFG_MESH_PLY_BINARY);
    cfg_mesh_destroy(mesh);
}

static void test_ply_binary_truncated_anywhere(void **state)
{
    (void)state;
    uint8_t bytes[1024];
    const size_t length = box_ply(bytes);
    for (size_t cut = 4; cut < length; ++cut) {
        struct cfg_error error = {.text = ""};
        enum nav_status status;
        assert_null(parse(bytes, cut, "m.ply", NULL, &status, &error));
        /* a header cut within a line may still be a line, of less */
        assert_true(status == NAV_ERR_LENGTH || status == NAV_ERR_SYNTAX ||
                    status == NAV_ERR_UNSUPPORTED || status == NAV_ERR_REFUSED);
    }
    bytes[length] = 0;
    expect(bytes, length + 1, "m.ply", NULL, NAV_ERR_LENGTH, "trailing data");
}

static void test_ply_binary_index_out_of_range(void **state)
{
    (void)state;
    uint8_t bytes[1024];
    const size_t length = box_ply(bytes);
    put_u32(bytes + length - 4, 8);
    expect(bytes, length, "m.ply", NULL, NAV_ERR_RANGE, "face 11 names vertex 8, there are 8");
    put_u32(bytes + length - 4, UINT32_MAX); /* -1 of an int */
    expect(bytes, length, "m.ply", NULL, NAV_ERR_RANGE, "out of range");
    (void)box_ply(bytes);
    bytes[length - 13] = 4;
    expect(bytes, length, "m.ply", NULL, NAV_ERR_UNSUPPORTED, "triangulate");
    (void)box_ply(bytes);
    put_f32(bytes + length - 12 * 13 - 4, NAN);
    expect(bytes, length, "m.ply", NULL, NAV_ERR_NOT_FINITE, "not finite");
}

static void test_ply_ascii_with_more_than_needed(void **state)
{
    (void)state;
    static const char text[] = "ply\r\nformat ascii 1.0\r\nobj_info tetrahedron\r\n"
                               "element material 1\r\nproperty uchar red\r\n"
                               "element vertex 5\r\nproperty float nx\r\nproperty double z\r\n"
                               "property float32 y\r\nproperty float x\r\n"
                               "property list uchar float extra\r\n"
                               "element face 4\r\nproperty uchar quality\r\n"
                               "property list uint8 uint32 vertex_index\r\nend_header\r\n"
                               "200\r\n"
                               "nan 0 0 0 0\r\n0 0 0 10 2 0.5 inf\r\n0 0 10 0 0\r\n0 10 0 0 0\r\n"
                               "0 99 99 99 0\r\n"
                               "1 3 0 2 1\r\n1 3 0 1 3\r\n1 3 0 3 2\r\n1 3 1 2 3";
    struct cfg_mesh *mesh = parse_good(text, strlen(text), "m.ply", NULL);
    assert_int_equal(mesh->report.format, CFG_MESH_PLY_ASCII);
    assert_int_equal(mesh->vertex_count, 4); /* the unused one is dropped */
    assert_int_equal(mesh->report.unused_vertices, 1);
    assert_true(mesh->report.closed && !mesh->report.inward);
    assert_true(fabs(mesh->report.volume_mm3 - 1000.0 / 6.0) < 1e-9);
    assert_true(mesh->report.max_mm[0] == 10.0);
    cfg_mesh_destroy(mesh);
}

static void test_ply_header_is_strict(void **state)
{
    (void)state;
    expect_text("ply\n", NAV_ERR_LENGTH, "does not end");
    expect_text("ply\nformat ascii 1.0\nend_header\n", NAV_ERR_REFUSED, "is missing");
    expect_text("ply\nend_header\n", NAV_ERR_SYNTAX, "'format' line is missing");
    expect_text("ply\nformat binary_big_endian 1.0\n", NAV_ERR_UNSUPPORTED, "m.ply:2: ");
    expect_text("ply\nformat ascii 2.0\n", NAV_ERR_UNSUPPORTED, "1.0");
    expect_text("ply\nformat ascii 1.0\nformat ascii 1.0\n", NAV_ERR_SYNTAX, "m.ply:3: second");
    expect_text("ply\nformat ascii 1.0\nproperty float x\n", NAV_ERR_SYNTAX, "before any");
    expect_text("ply\nformat ascii 1.0\nelement vertex -1\n", NAV_ERR_SYNTAX, "0 or more");
    expect_text("ply\nformat ascii 1.0\nelement vertex\n", NAV_ERR_SYNTAX, "0 or more");
    expect_text("ply\nformat ascii 1.0\nelement vertex 3 \nelement vertex 3\n", NAV_ERR_SYNTAX,
                "m.ply:4: an element is declared twice");
    expect_text("ply\nformat ascii 1.0\nelement vertex 1000000000000\n", NAV_ERR_TOO_LARGE,
                "announces 1000000000000");
    expect_text("ply\nformat ascii 1.0\nelement face 20000001\n", NAV_ERR_TOO_LARGE,
                "at most 20000000");
    expect_text("ply\nformat ascii 1.0\nelement vertex 3\nproperty int x\n", NAV_ERR_UNSUPPORTED,
                "float or double");
    expect_text("ply\nformat ascii 1.0\nelement vertex 3\nproperty number x\n", NAV_ERR_SYNTAX,
                "unknown type");
    expect_text("ply\nformat ascii 1.0\nelement vertex 3\nproperty float x\nproperty float x\n",
                NAV_ERR_SYNTAX, "m.ply:5: a property is declared twice");
    expect_text("ply\nformat ascii 1.0\nelement face 3\nproperty int vertex_indices\n",
                NAV_ERR_UNSUPPORTED, "list of whole numbers");
    expect_text("ply\nformat ascii 1.0\nelement face 3\nproperty list float int vertex_indices\n",
                NAV_ERR_SYNTAX, "whole-number");
    expect_text("ply\nformat ascii 1.0\nsurprise\n", NAV_ERR_SYNTAX, "unknown line");
    expect_text("ply\nformat ascii 1.0\nelement vertex 3\nproperty float x\nproperty float y\n"
                "element face 1\nproperty list uchar int vertex_indices\nend_header\n",
                NAV_ERR_SYNTAX, "lack x, y or z");
    expect_text("ply\nformat ascii 1.0\nelement vertex 3\nproperty float x\nproperty float y\n"
                "property float z\nelement face 1\nproperty float x\nend_header\n",
                NAV_ERR_SYNTAX, "lack vertex_indices");
    expect_text(PLY_HEAD("ascii", "0", "0"), NAV_ERR_REFUSED, "no vertices");
    expect_text("plx\n", NAV_ERR_LENGTH, "at least 84");
    expect("plx\n", 4, "m.ply", NULL, NAV_ERR_SYNTAX, "does not begin with 'ply'");
}

static void test_ply_ascii_body_is_exact(void **state)
{
    (void)state;
#define HEAD PLY_HEAD("ascii", "3", "1")
    cfg_mesh_destroy(
        parse_good(HEAD "0 0 0 9 0 0 0 9 0 3 0 1 2", strlen(HEAD) + 25, "m.ply", NULL));
    expect_text(HEAD "0 0 0 9 0 0 0 9 0 3 0 1", NAV_ERR_LENGTH, "truncated");
    expect_text(HEAD "0 0 0 9.00 0 0 0 9.00 0 3 0 1", NAV_ERR_LENGTH, "truncated");
    expect_text(HEAD "0 0 0 9 0 0 0 9 0 3 0 1 2 3", NAV_ERR_LENGTH, "trailing data");
    expect_text(HEAD "0 0 0 9 0 0 0 9 0 3 0 1 3", NAV_ERR_RANGE, "names vertex 3");
    expect_text(HEAD "0 0 0 9 0 0 0 9 0 3 0 1 -1", NAV_ERR_RANGE, "out of range");
    expect_text(HEAD "0 0 0 9 0 0 0 9 0 3 0 1 4294967298", NAV_ERR_RANGE, "out of range");
    expect_text(HEAD "0 0 0 9 0 0 0 9 0 3 0 1 1.5", NAV_ERR_SYNTAX, "a number expected");
    expect_text(HEAD "0 0 0 9 0 0 0 9 0 -3 0 1 2", NAV_ERR_RANGE, "negative count");
    expect_text(HEAD "0 0 0 9 0 0 0 9 0 2 0 1 2", NAV_ERR_UNSUPPORTED, "triangulate");
    expect_text(HEAD "0 0 0 9 nan 0 0 9 0 3 0 1 2", NAV_ERR_NOT_FINITE, "m.ply:11: ");
    expect_text(HEAD "0 0 0 9 zero 0 0 9 0 3 0 1 2", NAV_ERR_SYNTAX, "m.ply:11: ");
    expect_text(HEAD "0 0 0 9 0 0 0 9 0 3 0 1 1", NAV_ERR_REFUSED, "without area");
#undef HEAD
}

static void test_ply_other_elements_are_exact_too(void **state)
{
    (void)state;
    char text[8192] = "ply\nformat ascii 1.0\n";
    size_t used = strlen(text);
    for (int i = 0; i < 17; ++i) {
        used += (size_t)snprintf(text + used, sizeof(text) - used, "element other%d 1\n", i);
    }
    expect_text(text, NAV_ERR_TOO_LARGE, "m.ply:19: too many elements");
    used = (size_t)snprintf(text, sizeof(text), "ply\nformat ascii 1.0\nelement a 1\n");
    for (int i = 0; i < 65; ++i) {
        used += (size_t)snprintf(text + used, sizeof(text) - used, "property float p%d\n", i);
    }
    expect_text(text, NAV_ERR_TOO_LARGE, "m.ply:68: too many properties");

#define HEAD                                                                                       \
    "ply\nformat ascii 1.0\nelement other 1\nproperty list uchar float a\nelement vertex 3\n"      \
    "property double x\nproperty double y\nproperty double z\nelement face 1\n"                    \
    "property list uchar int vertex_indices\nend_header\n"
    cfg_mesh_destroy(
        parse_good(HEAD "2 5 nan\n0 0 0 9 0 0 0 9 0\n3 0 1 2\n", strlen(HEAD) + 34, "m.ply", NULL));
    expect_text(HEAD "x 5 6\n0 0 0 9 0 0 0 9 0\n3 0 1 2\n", NAV_ERR_SYNTAX, "m.ply:12: ");
    expect_text(HEAD "2 5 x\n0 0 0 9 0 0 0 9 0\n3 0 1 2\n", NAV_ERR_SYNTAX, "m.ply:12: ");
    expect_text(HEAD "255 5 6\n0 0 0 9 0 0 0 9 0\n3 0 1 2\n", NAV_ERR_LENGTH, "truncated");
    expect_text(HEAD "2 5 6\n0 0 0 9 1e300 0 0 9 0\n3 0 1 2\n", NAV_ERR_NOT_FINITE, "m.ply:13: ");
#undef HEAD

    /* In a binary file the double itself is finite: it is the float that it must fit. */
    uint8_t bytes[512];
    static const char head[] =
        "ply\nformat binary_little_endian 1.0\nelement vertex 3\nproperty double x\n"
        "property float y\nproperty float z\nelement face 1\n"
        "property list uchar int vertex_indices\nend_header\n";
    memset(bytes, 0, sizeof(bytes));
    memcpy(bytes, head, sizeof(head) - 1);
    const double large = 1e300;
    memcpy(bytes + sizeof(head) - 1, &large, sizeof(large));
    expect(bytes, sizeof(head) - 1 + 48 + 13, "m.ply", NULL, NAV_ERR_NOT_FINITE, "fit a float");
}

static void test_ply_huge_count_takes_no_memory(void **state)
{
    (void)state;
    expect_text(PLY_HEAD("ascii", "60000000", "20000000") "0 0 0\n", NAV_ERR_LENGTH,
                "announces 60000000 rows");
    expect_text(PLY_HEAD("binary_little_endian", "60000000", "20000000") "0 0 0\n", NAV_ERR_LENGTH,
                "announces 60000000 rows");
}

/* --- OBJ ------------------------------------------------------------------------------------- */

static void expect_obj(const char *text, enum nav_status expected, const char *words)
{
    expect(text, strlen(text), "m.obj", NULL, expected, words);
}

#define OBJ_VERTICES "v 0 0 0\nv 10 0 0\nv 0 10 0\nv 0 0 10\n"

static void test_obj_tetrahedron_in_all_spellings(void **state)
{
    (void)state;
    static const char *const texts[] = {
        OBJ_VERTICES "f 1 3 2\nf 1 2 4\nf 1 4 3\nf 2 3 4\n",
        ("# a comment\nmtllib a.mtl\r\no part\r\ng\r\nusemtl none\ns off\n\nvn 0 0 1\nvt 0.5\n"
         "v 0 0 0 1\nv 10 0 0 1 0.5 0.5 0.5\nv 0 10 0 0.5 0.5 0.5\nv 0 0 1e1\n"
         "f 1//1 3//1 2//1\nf -4/1 -3/1 -1/1\n  f  1/1/1\t4/1/1 3/1/-1\nf 2 3 4\n"),
        "f 1 3 2\nf 1 2 4\nf 1 4 3\nf 2 3 4\n" OBJ_VERTICES,
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); ++i) {
        struct cfg_mesh *mesh = parse_good(texts[i], strlen(texts[i]), "m.OBJ", NULL);
        assert_int_equal(mesh->report.format, CFG_MESH_OBJ);
        assert_int_equal(mesh->report.triangles, 4);
        assert_int_equal(mesh->report.vertices, 4);
        assert_int_equal(mesh->report.unused_vertices, 0);
        assert_true(mesh->report.closed && !mesh->report.inward);
        assert_true(fabs(mesh->report.volume_mm3 - 1000.0 / 6.0) < 1e-9);
        cfg_mesh_destroy(mesh);
    }
}

static void test_obj_is_strict(void **state)
{
    (void)state;
    expect_obj("", NAV_ERR_LENGTH, "is empty");
    expect_obj("# nothing\n", NAV_ERR_REFUSED, "no triangle");
    expect_obj(OBJ_VERTICES "f 1 2 3", NAV_ERR_LENGTH, "ends within a line");
    expect_obj(OBJ_VERTICES "f 1 2 5\n", NAV_ERR_RANGE, "does not exist");
    expect_obj(OBJ_VERTICES "f 1 2 0\n", NAV_ERR_RANGE, "m.obj:5: ");
    expect_obj(OBJ_VERTICES "f 1 2 -5\n", NAV_ERR_RANGE, "m.obj:5: ");
    expect_obj(OBJ_VERTICES "f 1 2 4294967297\n", NAV_ERR_RANGE, "m.obj:5: ");
    expect_obj(OBJ_VERTICES "f 1 2 99999999999999999999\n", NAV_ERR_RANGE, "m.obj:5: ");
    expect_obj(OBJ_VERTICES "f 1 2 x\n", NAV_ERR_RANGE, "m.obj:5: ");
    expect_obj(OBJ_VERTICES "f 1 2 3x\n", NAV_ERR_SYNTAX, "malformed");
    expect_obj(OBJ_VERTICES "f 1 2 3/\n", NAV_ERR_RANGE, "does not exist");
    expect_obj(OBJ_VERTICES "f 1 2/ 3\n", NAV_ERR_RANGE, "does not exist");
    expect_obj(OBJ_VERTICES "f 1 2 3//1\n", NAV_ERR_RANGE, "does not exist");
    expect_obj(OBJ_VERTICES "f 1 2 3/1\n", NAV_ERR_RANGE, "does not exist");
    expect_obj(OBJ_VERTICES "vn 0 0 1\nf 1 2 3//-2\n", NAV_ERR_RANGE, "m.obj:6: ");
    expect_obj(OBJ_VERTICES "f 1 2\n", NAV_ERR_SYNTAX, "fewer than three");
    expect_obj(OBJ_VERTICES "f 1 2 3 4\n", NAV_ERR_UNSUPPORTED, "triangulate");
    expect_obj("v 0 0\n", NAV_ERR_SYNTAX, "m.obj:1: a number expected");
    expect_obj("v 0 0 nan\n", NAV_ERR_NOT_FINITE, "m.obj:1: ");
    expect_obj("v 0 0 0 0 0 0 0 0\n", NAV_ERR_SYNTAX, "too many numbers");
    expect_obj("vn 0 0 up\n", NAV_ERR_SYNTAX, "a number expected");
    expect_obj("curv 1 2\n", NAV_ERR_SYNTAX, "unknown kind");
    struct cfg_mesh_options options = {.triangles_max = 1};
    static const char two[] = OBJ_VERTICES "f 1 2 3\nf 1 2 4\n";
    expect(two, strlen(two), "m.obj", &options, NAV_ERR_TOO_LARGE, "more vertices");
    static const char few[] = "v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\nf 1 3 2\n";
    expect(few, strlen(few), "m.obj", &options, NAV_ERR_TOO_LARGE, "more triangles");
}

static void test_obj_cut_between_lines_shows(void **state)
{
    (void)state;
    static const char text[] = OBJ_VERTICES "f 1 3 2\n";
    struct cfg_mesh *mesh = parse_good(text, strlen(text), "m.obj", NULL);
    assert_int_equal(mesh->report.unused_vertices, 1);
    assert_false(mesh->report.closed);
    cfg_mesh_destroy(mesh);
}

static void test_obj_tags_are_honoured(void **state)
{
    (void)state;
    static const char text[] = "# SPACE=RAS\n# 1 unit = 1000.000000 mm\n"
                               "v 0.01 0 0\nv 0 0.02 0\nv 0 0 0.03\nf 1 2 3\n";
    struct cfg_mesh *mesh = parse_good(text, strlen(text), "m.obj", NULL);
    assert_true(fabs(mesh->report.min_mm[0] + 10.0) < 1e-5);
    assert_true(fabs(mesh->report.min_mm[1] + 20.0) < 1e-5);
    assert_true(fabs(mesh->report.max_mm[2] - 30.0) < 1e-5);
    cfg_mesh_destroy(mesh);
    expect_obj("# 1 unit = 25.4 mm\n", NAV_ERR_REFUSED, "1 unit = 25");
    expect_obj("# 1 unit = 1000 inch\n", NAV_ERR_REFUSED, "not known");
    expect_obj("# unit=m\n# 1 unit = 1 mm\n", NAV_ERR_REFUSED, "contradicted");
}

/* Models of the Visible Human in metres: of a pelvis' size once the unit is said. */
static void test_obj_real_models(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        unsigned triangles;
    } files[] = {{"Pelvis.obj", 27432}, {"S1_Schrumpfverpacken.obj", 26550}};
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); ++i) {
        char relative[128];
        char path[512];
        (void)snprintf(relative, sizeof(relative), "anatomy/remus_lumbosacral/%s", files[i].name);
        test_data_path(relative, path, sizeof(path));
        const struct cfg_mesh_options options = {.unit = CFG_UNIT_M};
        struct cfg_mesh *mesh = NULL;
        struct cfg_error error = {.text = ""};
        if (cfg_mesh_load(path, &options, &mesh, &error) != NAV_OK) {
            fail_msg("%s", error.text);
        }
        assert_int_equal(mesh->report.triangles, files[i].triangles);
        assert_int_equal(mesh->report.unused_vertices, 0);
        assert_true(mesh->report.extent_mm > 90.0 && mesh->report.extent_mm < 300.0);
        cfg_mesh_destroy(mesh);
    }
}

/* --- frames and units ------------------------------------------------------------------------ */

static void test_space_tags_are_honoured(void **state)
{
    (void)state;
    uint8_t bytes[BOX_STL_SIZE];
    box_stl("Visualization Toolkit generated SLA File SPACE=RAS", low, size, bytes);
    struct cfg_mesh *mesh = parse_good(bytes, sizeof(bytes), "m.stl", NULL);
    assert_int_equal(mesh->report.tagged_space, CFG_SPACE_RAS);
    assert_true(mesh->report.min_mm[0] == -90.0 && mesh->report.max_mm[0] == 10.0);
    assert_true(mesh->report.min_mm[1] == -70.0 && mesh->report.min_mm[2] == 30.0);
    assert_true(mesh->report.closed && !mesh->report.inward); /* a rotation keeps the outside */
    cfg_mesh_destroy(mesh);

    struct cfg_mesh_options options = {.space = CFG_SPACE_LPS};
    expect(bytes, sizeof(bytes), "m.stl", &options, NAV_ERR_REFUSED, "tagged SPACE=RAS but");
    options.space = CFG_SPACE_RAS;
    cfg_mesh_destroy(parse_good(bytes, sizeof(bytes), "m.stl", &options));

    box_stl("SPACE=LPS", low, size, bytes);
    mesh = parse_good(bytes, sizeof(bytes), "m.stl", NULL);
    check_box(mesh, CFG_MESH_STL_BINARY);
    cfg_mesh_destroy(mesh);

    box_stl("no tag", low, size, bytes);
    mesh = parse_good(bytes, sizeof(bytes), "m.stl", &options);
    assert_true(mesh->report.min_mm[0] == -90.0);
    cfg_mesh_destroy(mesh);

    box_stl("SPACE=LPS SPACE=RAS", low, size, bytes);
    expect_stl(bytes, sizeof(bytes), NAV_ERR_REFUSED, "contradicted");
    box_stl("SPACE=LAS", low, size, bytes);
    expect_stl(bytes, sizeof(bytes), NAV_ERR_REFUSED, "SPACE=LAS is not known; LPS or RAS");
    box_stl("AEROSPACE=LAS", low, size, bytes); /* another word */
    cfg_mesh_destroy(parse_good(bytes, sizeof(bytes), "m.stl", NULL));

    char *text = box_text("solid bone SPACE=RAS", "\n");
    mesh = parse_good(text, strlen(text), "m.stl", NULL);
    assert_true(mesh->report.min_mm[0] == -90.0);
    cfg_mesh_destroy(mesh);
    free(text);

    static const char ply[] = "ply\nformat ascii 1.0\ncomment SPACE=RAS\nelement vertex 3\n"
                              "property float x\nproperty float y\nproperty float z\n"
                              "element face 1\nproperty list uchar int vertex_indices\n"
                              "end_header\n0 0 0\n9 0 0\n0 8 1\n3 0 1 2\n";
    mesh = parse_good(ply, strlen(ply), "m.ply", NULL);
    assert_true(mesh->report.min_mm[0] == -9.0 && mesh->report.min_mm[1] == -8.0);
    cfg_mesh_destroy(mesh);
}

static void test_unit_tags_are_honoured(void **state)
{
    (void)state;
    uint8_t bytes[BOX_STL_SIZE];
    box_stl("UNIT=m", low, (const double[]){0.1, 0.1, 0.1}, bytes);
    struct cfg_mesh *mesh = parse_good(bytes, sizeof(bytes), "m.stl", NULL);
    assert_true(fabs(mesh->report.extent_mm - 100.0) < 0.01 && mesh->report.max_mm[1] > 20000.0);
    cfg_mesh_destroy(mesh);
    struct cfg_mesh_options options = {.unit = CFG_UNIT_MM};
    expect(bytes, sizeof(bytes), "m.stl", &options, NAV_ERR_REFUSED, "tagged in m but");
    box_stl("solid \"probe<stl unit=MM>\"", low, size, bytes);
    mesh = parse_good(bytes, sizeof(bytes), "m.stl", NULL);
    assert_int_equal(mesh->report.tagged_unit, CFG_UNIT_MM);
    cfg_mesh_destroy(mesh);
    box_stl("unit=inch", low, size, bytes);
    expect_stl(bytes, sizeof(bytes), NAV_ERR_REFUSED, "not known; mm or m");
}

static void test_tool_meshes_keep_their_axes(void **state)
{
    (void)state;
    uint8_t bytes[BOX_STL_SIZE];
    const struct cfg_mesh_options options = {.tool_frame = true};
    box_stl("SPACE=RAS", low, size, bytes);
    struct cfg_mesh *mesh = parse_good(bytes, sizeof(bytes), "m.stl", &options);
    check_box(mesh, CFG_MESH_STL_BINARY);
    cfg_mesh_destroy(mesh);
    box_stl("SPACE=LPS", low, size, bytes);
    expect(bytes, sizeof(bytes), "m.stl", &options, NAV_ERR_REFUSED, "tool's own frame");
}

/* --- what is reported ------------------------------------------------------------------------ */

static void test_inward_normals_are_noticed(void **state)
{
    (void)state;
    uint8_t bytes[BOX_STL_SIZE];
    box_stl("", low, size, bytes);
    for (int i = 0; i < BOX_TRIANGLES; ++i) {
        uint8_t corner[12];
        uint8_t *triangle = bytes + 84 + 50 * i + 12;
        memcpy(corner, triangle, 12);
        memcpy(triangle, triangle + 12, 12);
        memcpy(triangle + 12, corner, 12);
    }
    struct cfg_mesh *mesh = parse_good(bytes, sizeof(bytes), "m.stl", NULL);
    assert_true(mesh->report.closed && mesh->report.inward);
    assert_true(fabs(mesh->report.volume_mm3 + 125000.0) < 1e-6);
    cfg_mesh_destroy(mesh);
}

static void test_open_and_twisted_edges_are_counted(void **state)
{
    (void)state;
    uint8_t bytes[BOX_STL_SIZE];
    box_stl("", low, size, bytes);
    put_u32(bytes + 80, BOX_TRIANGLES - 1);
    struct cfg_mesh *mesh = parse_good(bytes, sizeof(bytes) - 50, "m.stl", NULL);
    assert_int_equal(mesh->report.open_edges, 3);
    assert_false(mesh->report.closed);
    cfg_mesh_destroy(mesh);

    box_stl("", low, size, bytes);
    uint8_t corner[12];
    memcpy(corner, bytes + 96, 12);
    memcpy(bytes + 96, bytes + 108, 12);
    memcpy(bytes + 108, corner, 12);
    mesh = parse_good(bytes, sizeof(bytes), "m.stl", NULL);
    assert_int_equal(mesh->report.open_edges, 0);
    assert_int_equal(mesh->report.twisted_edges, 3);
    assert_false(mesh->report.closed);
    cfg_mesh_destroy(mesh);
}

static void test_degenerate_triangles_do_not_open_a_surface(void **state)
{
    (void)state;
    uint8_t bytes[BOX_STL_SIZE + 50];
    box_stl("", low, size, bytes);
    put_u32(bytes + 80, BOX_TRIANGLES + 1);
    memcpy(bytes + BOX_STL_SIZE, bytes + 84, 50);
    memcpy(bytes + BOX_STL_SIZE + 12 + 24, bytes + BOX_STL_SIZE + 12, 12); /* a b a */
    struct cfg_mesh *mesh = parse_good(bytes, sizeof(bytes), "m.stl", NULL);
    assert_int_equal(mesh->report.degenerate, 1);
    assert_true(mesh->report.closed);
    cfg_mesh_destroy(mesh);
}

static void test_components_are_counted(void **state)
{
    (void)state;
    uint8_t bytes[BOX_STL_SIZE * 2];
    box_stl("", low, size, bytes);
    uint8_t other[BOX_STL_SIZE];
    box_stl("", (const double[]){200, 200, 200}, size, other);
    memcpy(bytes + BOX_STL_SIZE, other + 84, sizeof(other) - 84);
    put_u32(bytes + 80, 2 * BOX_TRIANGLES);
    struct cfg_mesh *mesh = parse_good(bytes, 2 * BOX_STL_SIZE - 84, "m.stl", NULL);
    assert_int_equal(mesh->report.components, 2);
    assert_true(mesh->report.closed && fabs(mesh->report.volume_mm3 - 250000.0) < 1e-5);
    cfg_mesh_destroy(mesh);
}

static void test_negative_zero_is_zero(void **state)
{
    (void)state;
    uint8_t bytes[BOX_STL_SIZE];
    box_stl("", (const double[]){0, 0, 0}, size, bytes);
    for (int at = 84 + 12; at < BOX_STL_SIZE; at += 50) {
        if (memcmp(bytes + at, "\0\0\0\0", 4) == 0) {
            put_f32(bytes + at, -0.0f);
        }
    }
    struct cfg_mesh *mesh = parse_good(bytes, sizeof(bytes), "m.stl", NULL);
    assert_int_equal(mesh->vertex_count, 8);
    assert_true(mesh->report.closed);
    cfg_mesh_destroy(mesh);
}

static void test_a_fan_of_many_edges(void **state)
{
    (void)state;
    /* 100 triangles around one vertex: its bucket of edges is longer than the short sort takes. */
    enum { FAN = 100 };
    uint8_t bytes[84 + 50 * FAN] = {0};
    put_u32(bytes + 80, FAN);
    for (int i = 0; i < FAN; ++i) {
        for (int c = 1; c < 3; ++c) {
            const int spoke = (i + c - 1) % FAN;
            put_f32(bytes + 84 + 50 * i + 12 + 12 * c, (float)cos(spoke * 0.0628318));
            put_f32(bytes + 84 + 50 * i + 12 + 12 * c + 4, (float)sin(spoke * 0.0628318));
        }
    }
    struct cfg_mesh *mesh = parse_good(bytes, sizeof(bytes), "m.stl", NULL);
    assert_int_equal(mesh->vertex_count, FAN + 1);
    assert_int_equal(mesh->report.open_edges, FAN);
    assert_int_equal(mesh->report.forked_edges, 0);
    cfg_mesh_destroy(mesh);
}

/* --- files ----------------------------------------------------------------------------------- */

static void test_other_formats_are_named(void **state)
{
    (void)state;
    expect("<VTKFile>\n", 10, "m.vtp", NULL, NAV_ERR_UNSUPPORTED, "convert");
    expect("solid", 5, "m", NULL, NAV_ERR_UNSUPPORTED, "convert");
}

static void test_load_reads_what_parse_reads(void **state)
{
    (void)state;
    char folder[64];
    char path[128];
    make_folder(folder);
    write_box(folder, "box.stl", "", low, size);
    (void)snprintf(path, sizeof(path), "%s/box.stl", folder);
    struct cfg_mesh *mesh = NULL;
    struct cfg_error error = {.text = ""};
    assert_int_equal(cfg_mesh_load(path, NULL, &mesh, &error), NAV_OK);
    check_box(mesh, CFG_MESH_STL_BINARY);
    uint8_t bytes[BOX_STL_SIZE];
    uint8_t digest[CFG_SHA256_SIZE];
    box_stl("", low, size, bytes);
    assert_int_equal(cfg_sha256(bytes, sizeof(bytes), digest), NAV_OK);
    assert_memory_equal(mesh->sha256, digest, sizeof(digest));
    cfg_mesh_destroy(mesh);
    mesh = NULL;
    const struct cfg_mesh_options options = {.bytes_max = BOX_STL_SIZE - 1};
    assert_int_equal(cfg_mesh_load(path, &options, &mesh, &error), NAV_ERR_TOO_LARGE);
    assert_int_equal(cfg_mesh_load(folder, NULL, &mesh, &error), NAV_ERR_IO);
    assert_int_equal(cfg_mesh_load("/nowhere/box.stl", NULL, &mesh, &error), NAV_ERR_NOT_FOUND);
    assert_null(mesh);
    remove_folder(folder);
}

/* The real patient's meshes against the table that came with them. */
static void test_real_meshes_match_their_table(void **state)
{
    (void)state;
    char table[512];
    test_data_path("anatomy/totalsegmentator_pelvis_case_LPS_mm/index.csv", table, sizeof(table));
    FILE *file = fopen(table, "r");
    assert_non_null(file);
    char line[512];
    assert_non_null(fgets(line, sizeof(line), file));
    int rows = 0;
    while (fgets(line, sizeof(line), file) != NULL) {
        char name[64];
        unsigned points, triangles, open;
        double ml, bounds[6];
        assert_int_equal(sscanf(line, "%*d,%63[^,],%*d,%*f,%u,%u,%lf,%u,%lf,%lf,%lf,%lf,%lf,%lf",
                                name, &points, &triangles, &ml, &open, &bounds[0], &bounds[1],
                                &bounds[2], &bounds[3], &bounds[4], &bounds[5]),
                         11);
        char path[700];
        (void)snprintf(path, sizeof(path), "%.*s/%s.stl", (int)(strrchr(table, '/') - table), table,
                       name);
        struct cfg_mesh *mesh = NULL;
        assert_int_equal(cfg_mesh_load(path, NULL, &mesh, NULL), NAV_OK);
        assert_int_equal(mesh->report.triangles, triangles);
        assert_int_equal(mesh->report.vertices, points);
        assert_int_equal(mesh->report.open_edges, open);
        assert_true(mesh->report.closed && !mesh->report.inward);
        assert_true(fabs(mesh->report.volume_mm3 / 1000.0 - ml) <= 0.0501);
        for (int k = 0; k < 3; ++k) {
            assert_true(fabs(mesh->report.min_mm[k] - bounds[2 * k]) <= 0.0501);
            assert_true(fabs(mesh->report.max_mm[k] - bounds[2 * k + 1]) <= 0.0501);
        }
        cfg_mesh_destroy(mesh);
        ++rows;
    }
    assert_int_equal(fclose(file), 0);
    assert_int_equal(rows, 21);
}

static void test_format_names(void **state)
{
    (void)state;
    assert_string_equal(cfg_mesh_format_name(CFG_MESH_PLY_ASCII), "ply-ascii");
    assert_string_equal(cfg_mesh_format_name((enum cfg_mesh_format)99), "?");
    cfg_mesh_destroy(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stl_binary_box),
        cmocka_unit_test(test_stl_digest_is_of_the_bytes),
        cmocka_unit_test(test_stl_of_0_60_84_bytes),
        cmocka_unit_test(test_stl_count_lies),
        cmocka_unit_test(test_stl_truncated_anywhere),
        cmocka_unit_test(test_stl_trailing_byte),
        cmocka_unit_test(test_stl_vertex_not_finite),
        cmocka_unit_test(test_stl_vertex_absurdly_far),
        cmocka_unit_test(test_stl_binary_that_begins_with_solid),
        cmocka_unit_test(test_stl_triangle_cap),
        cmocka_unit_test(test_stl_ascii_box),
        cmocka_unit_test(test_stl_ascii_truncated),
        cmocka_unit_test(test_stl_ascii_garbage),
        cmocka_unit_test(test_ply_binary_box),
        cmocka_unit_test(test_ply_binary_truncated_anywhere),
        cmocka_unit_test(test_ply_binary_index_out_of_range),
        cmocka_unit_test(test_ply_ascii_with_more_than_needed),
        cmocka_unit_test(test_ply_header_is_strict),
        cmocka_unit_test(test_ply_ascii_body_is_exact),
        cmocka_unit_test(test_ply_other_elements_are_exact_too),
        cmocka_unit_test(test_ply_huge_count_takes_no_memory),
        cmocka_unit_test(test_obj_tetrahedron_in_all_spellings),
        cmocka_unit_test(test_obj_is_strict),
        cmocka_unit_test(test_obj_cut_between_lines_shows),
        cmocka_unit_test(test_obj_tags_are_honoured),
        cmocka_unit_test(test_obj_real_models),
        cmocka_unit_test(test_space_tags_are_honoured),
        cmocka_unit_test(test_unit_tags_are_honoured),
        cmocka_unit_test(test_tool_meshes_keep_their_axes),
        cmocka_unit_test(test_inward_normals_are_noticed),
        cmocka_unit_test(test_open_and_twisted_edges_are_counted),
        cmocka_unit_test(test_degenerate_triangles_do_not_open_a_surface),
        cmocka_unit_test(test_components_are_counted),
        cmocka_unit_test(test_negative_zero_is_zero),
        cmocka_unit_test(test_a_fan_of_many_edges),
        cmocka_unit_test(test_other_formats_are_named),
        cmocka_unit_test(test_load_reads_what_parse_reads),
        cmocka_unit_test(test_real_meshes_match_their_table),
        cmocka_unit_test(test_format_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
