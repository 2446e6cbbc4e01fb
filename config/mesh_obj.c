/* Wavefront OBJ: positions and triangles; normals, texture coordinates, groups and materials are
 * checked for their form and left out.
 *
 * The format states no counts. A file that ends within a line is refused; one that was cut between
 * two lines shows as an open surface or as vertices that no triangle uses. */
#include "mesh_internal.h"

#include <stdlib.h>
#include <string.h>

#include "text_cursor.h"

enum { CORNERS = 3 };

struct obj {
    const struct cfg_mesh_source *source;
    struct cfg_text_cursor line; /* the line in hand */
    struct cfg_mesh_raw raw;
    size_t vertex_capacity, triangle_capacity;
    int64_t texture_count, normal_count; /* declared */
    int64_t texture_max, normal_max;     /* used */
};

static enum nav_status refuse(const struct obj *obj, enum nav_status status, const char *what)
{
    return cfg_error_set(obj->source->error, status, "%s:%u: %s; export it again",
                         obj->source->name, obj->line.line, what);
}

/* Room for one more element of `size` bytes; doubles the memory. */
static bool reserve(void **memory, size_t *capacity, size_t count, size_t size)
{
    if (count < *capacity) {
        return true;
    }
    const size_t wanted = *capacity == 0 ? 1024 : 2 * *capacity;
    void *larger = realloc(*memory, wanted * size);
    if (larger == NULL) {
        return false;
    }
    *memory = larger;
    *capacity = wanted;
    return true;
}

/* `least` numbers, and up to `most` of which only the first `least` are kept. */
static enum nav_status take_numbers(struct obj *obj, int least, int most, float *out_values)
{
    for (int i = 0; i < most; ++i) {
        float value = 0.0f;
        const enum nav_status status = cfg_text_take_float(&obj->line, &value);
        if (status == NAV_END && i >= least) {
            return NAV_OK;
        }
        if (status == NAV_ERR_NOT_FINITE) {
            return refuse(obj, status, "a number is not finite");
        }
        if (status != NAV_OK) {
            return refuse(obj, NAV_ERR_SYNTAX, "a number expected");
        }
        if (i < least) {
            out_values[i] = value;
        }
    }
    return cfg_text_at_end(&obj->line) ? NAV_OK : refuse(obj, NAV_ERR_SYNTAX, "too many numbers");
}

static enum nav_status take_vertex(struct obj *obj)
{
    struct cfg_mesh_raw *raw = &obj->raw;
    if (raw->vertex_count >= obj->source->triangles_max * (uint64_t)CORNERS) {
        return refuse(obj, NAV_ERR_TOO_LARGE, "has more vertices than are accepted");
    }
    void *memory = raw->vertices;
    const bool good = reserve(&memory, &obj->vertex_capacity, raw->vertex_count, 3 * sizeof(float));
    raw->vertices = memory;
    if (!good) {
        return refuse(obj, NAV_ERR_MEMORY, "out of memory");
    }
    /* A weight or a colour may follow. */
    const enum nav_status status = take_numbers(obj, 3, 7, raw->vertices + 3 * raw->vertex_count);
    raw->vertex_count += status == NAV_OK;
    return status;
}

/* An index as it is written, from 1 or negative from the newest; made to count from 0. Positive
 * ones may point ahead, so their upper end is checked when all is read. */
static enum nav_status take_index(struct obj *obj, const char **at, const char *end, int64_t count,
                                  int64_t *out_index)
{
    char *stop = NULL;
    const long long written = strtoll(*at, &stop, 10);
    if (stop == *at || stop > end || written == 0 || written < -count ||
        written > (long long)UINT32_MAX) {
        return refuse(obj, NAV_ERR_RANGE, "a face names an element that does not exist");
    }
    *at = stop;
    *out_index = written > 0 ? written - 1 : count + written;
    return NAV_OK;
}

/* One corner: v, v/vt, v//vn or v/vt/vn. */
static enum nav_status take_corner(struct obj *obj, const char *word, size_t length,
                                   uint32_t *out_vertex)
{
    const char *at = word;
    const char *end = word + length;
    int64_t index = 0;
    enum nav_status status = take_index(obj, &at, end, obj->raw.vertex_count, &index);
    if (status == NAV_OK) {
        *out_vertex = (uint32_t)index;
    }
    if (status == NAV_OK && at < end && *at == '/') {
        ++at;
        if (at == end || *at != '/') {
            status = take_index(obj, &at, end, obj->texture_count, &index);
            obj->texture_max = index > obj->texture_max ? index : obj->texture_max;
        }
    }
    if (status == NAV_OK && at < end && *at == '/') {
        ++at;
        status = take_index(obj, &at, end, obj->normal_count, &index);
        obj->normal_max = index > obj->normal_max ? index : obj->normal_max;
    }
    return status != NAV_OK || at == end
               ? status
               : refuse(obj, NAV_ERR_SYNTAX, "a face's corner is malformed");
}

static enum nav_status take_face(struct obj *obj)
{
    struct cfg_mesh_raw *raw = &obj->raw;
    if (raw->triangle_count >= obj->source->triangles_max) {
        return refuse(obj, NAV_ERR_TOO_LARGE, "has more triangles than are accepted");
    }
    void *memory = raw->triangles;
    const bool good =
        reserve(&memory, &obj->triangle_capacity, raw->triangle_count, CORNERS * sizeof(uint32_t));
    raw->triangles = memory;
    if (!good) {
        return refuse(obj, NAV_ERR_MEMORY, "out of memory");
    }
    uint32_t *triangle = raw->triangles + (size_t)raw->triangle_count * CORNERS;
    size_t corners = 0;
    size_t length = 0;
    for (const char *word = cfg_text_take_any(&obj->line, &length); word != NULL;
         word = cfg_text_take_any(&obj->line, &length)) {
        if (corners == CORNERS) {
            return refuse(obj, NAV_ERR_UNSUPPORTED,
                          "a face has more than three corners: triangulate the surface");
        }
        const enum nav_status status = take_corner(obj, word, length, &triangle[corners++]);
        if (status != NAV_OK) {
            return status;
        }
    }
    if (corners != CORNERS) {
        return refuse(obj, NAV_ERR_SYNTAX, "a face has fewer than three corners");
    }
    raw->triangle_count++;
    return NAV_OK;
}

static bool is_word(const char *word, size_t length, const char *expected)
{
    return strlen(expected) == length && memcmp(word, expected, length) == 0;
}

static bool is_ignored(const char *word, size_t length)
{
    static const char *const words[] = {"g", "o", "s", "usemtl", "mtllib", "l", "p"};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); ++i) {
        if (is_word(word, length, words[i])) {
            return true;
        }
    }
    return false;
}

/* `text` is the whole line, `obj->line` stands at its beginning. */
static enum nav_status take_line(struct obj *obj, const char *text, size_t text_length)
{
    size_t length = 0;
    const char *word = cfg_text_take_any(&obj->line, &length);
    float unused[3];
    if (word == NULL || is_ignored(word, length)) {
        return NAV_OK;
    }
    if (word[0] == '#') {
        return cfg_mesh_take_tags(obj->source, text, text_length, &obj->raw);
    }
    if (is_word(word, length, "v")) {
        return take_vertex(obj);
    }
    if (is_word(word, length, "f")) {
        return take_face(obj);
    }
    if (is_word(word, length, "vn")) {
        obj->normal_count++;
        return take_numbers(obj, 3, 3, unused);
    }
    if (is_word(word, length, "vt")) {
        obj->texture_count++;
        return take_numbers(obj, 1, 3, unused);
    }
    return refuse(obj, NAV_ERR_SYNTAX, "a line of unknown kind");
}

static enum nav_status check_whole(const struct obj *obj)
{
    const struct cfg_mesh_raw *raw = &obj->raw;
    if (raw->triangle_count == 0) {
        return refuse(obj, NAV_ERR_REFUSED, "has no triangle");
    }
    bool good = obj->texture_max < obj->texture_count && obj->normal_max < obj->normal_count;
    for (size_t i = 0; i < (size_t)raw->triangle_count * CORNERS && good; ++i) {
        good = raw->triangles[i] < raw->vertex_count;
    }
    return good ? NAV_OK
                : refuse(obj, NAV_ERR_RANGE, "a face names an element that does not exist");
}

static enum nav_status take_all(struct obj *obj, struct cfg_text_cursor *file)
{
    if (file->end[-1] != '\n') {
        return cfg_error_set(obj->source->error, NAV_ERR_LENGTH,
                             "%s: ends within a line: truncated; export it again",
                             obj->source->name);
    }
    while (file->at < file->end) {
        const uint32_t number = file->line;
        size_t length = 0;
        const char *text = cfg_text_take_line(file, &length);
        obj->line = (struct cfg_text_cursor){
            .at = text, .end = text + length, .line = number, .c_locale = file->c_locale};
        const enum nav_status status = take_line(obj, text, length);
        if (status != NAV_OK) {
            return status;
        }
    }
    return check_whole(obj);
}

enum nav_status cfg_obj_read(const struct cfg_mesh_source *source, struct cfg_mesh_raw *out_raw)
{
    struct obj obj = {
        .source = source,
        .raw = {.format = CFG_MESH_OBJ},
        .texture_max = -1,
        .normal_max = -1,
    };
    struct cfg_text_cursor file;
    if (!cfg_text_init(&file, source->bytes, source->size)) {
        return cfg_error_set(source->error, NAV_ERR_MEMORY, "%s: out of memory", source->name);
    }
    const enum nav_status status = take_all(&obj, &file);
    cfg_text_finish(&file);
    if (status != NAV_OK) {
        free(obj.raw.vertices);
        free(obj.raw.triangles);
        return status;
    }
    *out_raw = obj.raw;
    return NAV_OK;
}
