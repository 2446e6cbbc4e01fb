/* STL, binary and ASCII. Normals and attribute words in the file are not used: the winding counts,
 * and some programs write nonsense there. */
#include "mesh_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "text_cursor.h"

enum { HEADER_SIZE = 80, COUNT_SIZE = 4, RECORD_SIZE = 50, NORMAL_SIZE = 12, CORNERS = 3 };

static uint32_t read_u32(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
           (uint32_t)bytes[3] << 24;
}

static float read_f32(const uint8_t *bytes)
{
    const uint32_t bits = read_u32(bytes);
    float value;
    memcpy(&value, &bits, sizeof(value));
    return value;
}

static bool starts_with_solid(const struct cfg_mesh_source *source)
{
    return source->size >= 5 && memcmp(source->bytes, "solid", 5) == 0;
}

/* The size decides: many binary files begin with "solid". When it does not fit, a file that begins
 * with "solid" and has no NUL in its first lines is meant as text. */
bool cfg_stl_is_binary(const struct cfg_mesh_source *source)
{
    const size_t head = HEADER_SIZE + COUNT_SIZE;
    if (source->size >= head) {
        const uint64_t count = read_u32(source->bytes + HEADER_SIZE);
        if (head + count * RECORD_SIZE == source->size) {
            return true;
        }
    }
    const size_t probe = source->size < 512 ? source->size : 512;
    return !starts_with_solid(source) || memchr(source->bytes, 0, probe) != NULL;
}

enum nav_status cfg_stl_read_binary(const struct cfg_mesh_source *source,
                                    struct cfg_mesh_raw *out_raw)
{
    const size_t head = HEADER_SIZE + COUNT_SIZE;
    if (source->size < head) {
        return cfg_error_set(source->error, NAV_ERR_LENGTH,
                             "%s: has %zu bytes, a binary STL has at least %zu; export it again",
                             source->name, source->size, head);
    }
    const uint32_t count = read_u32(source->bytes + HEADER_SIZE);
    const uint64_t expected = head + (uint64_t)count * RECORD_SIZE;
    if (expected != source->size) {
        return cfg_error_set(source->error, NAV_ERR_LENGTH,
                             "%s: offset %d: announces %u triangles, that is %llu bytes, but has "
                             "%zu: %s; export it again",
                             source->name, HEADER_SIZE, count, (unsigned long long)expected,
                             source->size, expected > source->size ? "truncated" : "trailing data");
    }
    if (count > source->triangles_max) {
        return cfg_error_set(source->error, NAV_ERR_TOO_LARGE,
                             "%s: has %u triangles, at most %u are accepted; reduce it",
                             source->name, count, source->triangles_max);
    }
    if (count == 0) {
        return cfg_error_set(source->error, NAV_ERR_REFUSED,
                             "%s: has no triangle; export the surface again", source->name);
    }
    struct cfg_mesh_raw raw = {.format = CFG_MESH_STL_BINARY};
    const enum nav_status tags =
        cfg_mesh_take_tags(source, (const char *)source->bytes, HEADER_SIZE, &raw);
    if (tags != NAV_OK) {
        return tags;
    }
    raw.vertices = malloc((size_t)count * CORNERS * 3 * sizeof(float));
    if (raw.vertices == NULL) {
        return cfg_error_set(source->error, NAV_ERR_MEMORY, "%s: no memory for %u triangles",
                             source->name, count);
    }
    float *out = raw.vertices;
    for (uint32_t i = 0; i < count; ++i) {
        const size_t record = head + (size_t)i * RECORD_SIZE;
        const uint8_t *corner = source->bytes + record + NORMAL_SIZE;
        for (int k = 0; k < CORNERS * 3; ++k) {
            const float value = read_f32(corner + 4 * k);
            if (!isfinite(value)) {
                free(raw.vertices);
                return cfg_error_set(source->error, NAV_ERR_NOT_FINITE,
                                     "%s: offset %zu: triangle %u has a coordinate that is not a "
                                     "finite number; export it again",
                                     source->name, record + NORMAL_SIZE + 4 * (size_t)k, i);
            }
            *out++ = value;
        }
    }
    raw.vertex_count = count * CORNERS;
    raw.triangle_count = count;
    *out_raw = raw;
    return NAV_OK;
}

struct ascii {
    const struct cfg_mesh_source *source;
    struct cfg_text_cursor cursor;
    struct cfg_mesh_raw raw;
    size_t capacity; /* in triangles */
};

static enum nav_status refuse(const struct ascii *ascii, enum nav_status status, const char *what)
{
    return cfg_error_set(ascii->source->error, status, "%s:%u: %s; export it again",
                         ascii->source->name, ascii->cursor.line, what);
}

static enum nav_status expect(struct ascii *ascii, const char *word)
{
    if (cfg_text_take_word(&ascii->cursor, word)) {
        return NAV_OK;
    }
    const bool at_end = cfg_text_at_end(&ascii->cursor);
    return cfg_error_set(ascii->source->error, at_end ? NAV_ERR_LENGTH : NAV_ERR_SYNTAX,
                         "%s:%u: '%s' expected%s; export it again", ascii->source->name,
                         ascii->cursor.line, word,
                         at_end ? " but the file ends here: truncated" : "");
}

static enum nav_status take_floats(struct ascii *ascii, float *out_values, bool finite)
{
    for (int i = 0; i < 3; ++i) {
        const enum nav_status status = cfg_text_take_float(&ascii->cursor, &out_values[i]);
        if (status == NAV_ERR_NOT_FINITE && !finite) {
            out_values[i] = 0.0f; /* a facet's normal is not used */
            continue;
        }
        if (status == NAV_ERR_NOT_FINITE) {
            return refuse(ascii, status, "a coordinate is not a finite number");
        }
        if (status == NAV_END) {
            return refuse(ascii, NAV_ERR_LENGTH, "a number expected but the file ends: truncated");
        }
        if (status != NAV_OK) {
            return refuse(ascii, NAV_ERR_SYNTAX, "a number expected");
        }
    }
    return NAV_OK;
}

static enum nav_status grow(struct ascii *ascii)
{
    struct cfg_mesh_raw *raw = &ascii->raw;
    if (raw->triangle_count >= ascii->source->triangles_max) {
        return cfg_error_set(ascii->source->error, NAV_ERR_TOO_LARGE,
                             "%s:%u: has more than %u triangles; reduce it", ascii->source->name,
                             ascii->cursor.line, ascii->source->triangles_max);
    }
    if (raw->triangle_count < ascii->capacity) {
        return NAV_OK;
    }
    const size_t capacity = ascii->capacity == 0 ? 1024 : 2 * ascii->capacity;
    float *larger = realloc(raw->vertices, capacity * CORNERS * 3 * sizeof(float));
    if (larger == NULL) {
        return cfg_error_set(ascii->source->error, NAV_ERR_MEMORY, "%s: out of memory",
                             ascii->source->name);
    }
    raw->vertices = larger;
    ascii->capacity = capacity;
    return NAV_OK;
}

/* After the word "facet". */
static enum nav_status take_facet(struct ascii *ascii)
{
    enum nav_status status = grow(ascii);
    float normal[3];
    if (status == NAV_OK) {
        status = expect(ascii, "normal");
    }
    if (status == NAV_OK) {
        status = take_floats(ascii, normal, false);
    }
    if (status == NAV_OK) {
        status = expect(ascii, "outer");
    }
    if (status == NAV_OK) {
        status = expect(ascii, "loop");
    }
    for (size_t k = 0; k < CORNERS && status == NAV_OK; ++k) {
        status = expect(ascii, "vertex");
        if (status == NAV_OK) {
            const size_t at = ((size_t)ascii->raw.triangle_count * CORNERS + k) * 3;
            status = take_floats(ascii, ascii->raw.vertices + at, true);
        }
    }
    if (status == NAV_OK) {
        status = expect(ascii, "endloop");
    }
    if (status == NAV_OK) {
        status = expect(ascii, "endfacet");
    }
    ascii->raw.triangle_count += status == NAV_OK;
    return status;
}

/* One `solid ... endsolid`; the caller has seen that something is left. */
static enum nav_status take_solid(struct ascii *ascii)
{
    enum nav_status status = expect(ascii, "solid");
    if (status != NAV_OK) {
        return status;
    }
    size_t length = 0;
    const char *name = cfg_text_take_line(&ascii->cursor, &length);
    status = cfg_mesh_take_tags(ascii->source, name, length, &ascii->raw);
    while (status == NAV_OK && !cfg_text_take_word(&ascii->cursor, "endsolid")) {
        status = expect(ascii, "facet");
        if (status == NAV_OK) {
            status = take_facet(ascii);
        }
    }
    if (status == NAV_OK) {
        (void)cfg_text_take_line(&ascii->cursor, &length);
    }
    return status;
}

enum nav_status cfg_stl_read_ascii(const struct cfg_mesh_source *source,
                                   struct cfg_mesh_raw *out_raw)
{
    struct ascii ascii = {.source = source, .raw = {.format = CFG_MESH_STL_ASCII}};
    if (!cfg_text_init(&ascii.cursor, source->bytes, source->size)) {
        return cfg_error_set(source->error, NAV_ERR_MEMORY, "%s: out of memory", source->name);
    }
    enum nav_status status = NAV_OK;
    do {
        status = take_solid(&ascii);
    } while (status == NAV_OK && !cfg_text_at_end(&ascii.cursor));
    if (status == NAV_OK && ascii.raw.triangle_count == 0) {
        status = refuse(&ascii, NAV_ERR_REFUSED, "has no triangle");
    }
    cfg_text_finish(&ascii.cursor);
    if (status != NAV_OK) {
        free(ascii.raw.vertices);
        return status;
    }
    ascii.raw.vertex_count = ascii.raw.triangle_count * CORNERS;
    *out_raw = ascii.raw;
    return NAV_OK;
}
