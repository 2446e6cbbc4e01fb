#include "mesh_internal.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const double mm_per_m = 1000.0;

const char *cfg_mesh_format_name(enum cfg_mesh_format format)
{
    switch (format) {
    case CFG_MESH_STL_BINARY:
        return "stl-binary";
    case CFG_MESH_STL_ASCII:
        return "stl-ascii";
    case CFG_MESH_PLY_BINARY:
        return "ply-binary";
    case CFG_MESH_PLY_ASCII:
        return "ply-ascii";
    case CFG_MESH_OBJ:
        return "obj";
    case CFG_MESH_ARRAYS:
        return "arrays";
    }
    return "?";
}

static bool is_word_char(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

/* Value of `key=` (any letter case, not within a longer word) from `*at` on; NULL: none left. */
static const char *find_tag(const char *text, size_t length, const char *key, size_t *at,
                            size_t *out_value_length)
{
    const size_t key_length = strlen(key);
    for (; *at + key_length <= length; ++*at) {
        if ((*at > 0 && is_word_char(text[*at - 1])) ||
            strncasecmp(text + *at, key, key_length) != 0) {
            continue;
        }
        const size_t start = *at + key_length;
        size_t end = start;
        while (end < length && is_word_char(text[end])) {
            ++end;
        }
        *at = end;
        *out_value_length = end - start;
        return text + start;
    }
    return NULL;
}

struct tag_word {
    const char *word;
    int value;
};

static int tag_value(const struct tag_word *words, const char *value, size_t length)
{
    for (; words->word != NULL; ++words) {
        if (strlen(words->word) == length && strncasecmp(words->word, value, length) == 0) {
            return words->value;
        }
    }
    return 0;
}

/* One tag that was found: adds it to what is known, refuses what contradicts or is unknown. */
static enum nav_status take_tag(const struct cfg_mesh_source *source, const char *key,
                                const char *value, size_t value_length, int found,
                                const char *accepted, int *known)
{
    if (found != 0 && (*known == 0 || *known == found)) {
        *known = found;
        return NAV_OK;
    }
    return cfg_error_set(source->error, NAV_ERR_REFUSED, "%s: the tag %s%.*s is %s; %s is accepted",
                         source->name, key, (int)value_length, value,
                         found == 0 ? "not known" : "contradicted by another tag", accepted);
}

/* The rest of "1 unit = 1000.000000 mm", as some design programs write it. */
static int scale_value(const char *value, size_t length, const char *end)
{
    const char *at = value + length;
    if (at < end && *at == '.') {
        for (++at; at < end && *at == '0'; ++at) {
        }
    }
    if (end - at < 3 || strncasecmp(at, " mm", 3) != 0) {
        return CFG_UNIT_UNSTATED;
    }
    if (length == 1 && value[0] == '1') {
        return CFG_UNIT_MM;
    }
    return length == 4 && memcmp(value, "1000", 4) == 0 ? CFG_UNIT_M : CFG_UNIT_UNSTATED;
}

enum nav_status cfg_mesh_take_tags(const struct cfg_mesh_source *source, const char *text,
                                   size_t length, struct cfg_mesh_raw *raw)
{
    static const struct tag_word spaces[] = {
        {"LPS", CFG_SPACE_LPS}, {"RAS", CFG_SPACE_RAS}, {NULL, 0}};
    static const struct tag_word units[] = {{"mm", CFG_UNIT_MM},
                                            {"millimeter", CFG_UNIT_MM},
                                            {"millimetre", CFG_UNIT_MM},
                                            {"m", CFG_UNIT_M},
                                            {"meter", CFG_UNIT_M},
                                            {"metre", CFG_UNIT_M},
                                            {NULL, 0}};
    static const char *const keys[] = {"SPACE=", "UNIT=", "1 unit = "};
    int space = (int)raw->space;
    int unit = (int)raw->unit;
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); ++i) {
        size_t at = 0;
        size_t size = 0;
        for (const char *value = find_tag(text, length, keys[i], &at, &size); value != NULL;
             value = find_tag(text, length, keys[i], &at, &size)) {
            enum nav_status status;
            if (i == 0) {
                status = take_tag(source, keys[i], value, size, tag_value(spaces, value, size),
                                  "LPS or RAS", &space);
            } else {
                const int found = i == 1 ? tag_value(units, value, size)
                                         : scale_value(value, size, text + length);
                status = take_tag(source, keys[i], value, size, found, "mm or m", &unit);
            }
            if (status != NAV_OK) {
                return status;
            }
        }
    }
    raw->space = (enum cfg_space)space;
    raw->unit = (enum cfg_unit)unit;
    return NAV_OK;
}

/* Whether `name` ends in a dot and `ending`, in any letter case. */
static bool ends_in(const char *name, const char *ending)
{
    const char *dot = strrchr(name, '.');
    return dot != NULL && strcasecmp(dot + 1, ending) == 0;
}

static bool is_ply(const struct cfg_mesh_source *source)
{
    const char *text = (const char *)source->bytes;
    return (source->size >= 4 && memcmp(text, "ply\n", 4) == 0) ||
           (source->size >= 5 && memcmp(text, "ply\r\n", 5) == 0);
}

static enum nav_status read_raw(const struct cfg_mesh_source *source, struct cfg_mesh_raw *out_raw)
{
    if (source->size == 0) {
        return cfg_error_set(source->error, NAV_ERR_LENGTH, "%s: is empty; export it again",
                             source->name);
    }
    if (is_ply(source)) {
        return cfg_ply_read(source, out_raw);
    }
    if (ends_in(source->name, "ply")) {
        return cfg_error_set(source->error, NAV_ERR_SYNTAX,
                             "%s: does not begin with 'ply'; export it again", source->name);
    }
    if (ends_in(source->name, "obj")) {
        return cfg_obj_read(source, out_raw);
    }
    if (!ends_in(source->name, "stl")) {
        return cfg_error_set(source->error, NAV_ERR_UNSUPPORTED,
                             "%s: is not an .stl, .ply or .obj file; convert it to one of them",
                             source->name);
    }
    return cfg_stl_is_binary(source) ? cfg_stl_read_binary(source, out_raw)
                                     : cfg_stl_read_ascii(source, out_raw);
}

static const char *space_name(enum cfg_space space)
{
    return space == CFG_SPACE_RAS ? "RAS" : "LPS";
}

static const char *unit_name(enum cfg_unit unit)
{
    return unit == CFG_UNIT_M ? "m" : "mm";
}

/* Brings the vertices to millimetres and LPS, after comparing what is stated with the tags. */
static enum nav_status convert(const struct cfg_mesh_source *source,
                               const struct cfg_mesh_options *options, struct cfg_mesh_raw *raw)
{
    if (options->tool_frame && raw->space == CFG_SPACE_LPS) {
        return cfg_error_set(source->error, NAV_ERR_REFUSED,
                             "%s: is tagged SPACE=LPS, but a tool's mesh is in the tool's own "
                             "frame; export it with SPACE=RAS, which keeps its numbers",
                             source->name);
    }
    if (options->space != CFG_SPACE_UNSTATED && raw->space != CFG_SPACE_UNSTATED &&
        options->space != raw->space) {
        return cfg_error_set(source->error, NAV_ERR_REFUSED,
                             "%s: is tagged SPACE=%s but stated as %s; correct the one that is "
                             "wrong",
                             source->name, space_name(raw->space), space_name(options->space));
    }
    if (options->unit != CFG_UNIT_UNSTATED && raw->unit != CFG_UNIT_UNSTATED &&
        options->unit != raw->unit) {
        return cfg_error_set(source->error, NAV_ERR_REFUSED,
                             "%s: is tagged in %s but stated in %s; correct the one that is wrong",
                             source->name, unit_name(raw->unit), unit_name(options->unit));
    }
    const enum cfg_space space = options->space != CFG_SPACE_UNSTATED ? options->space : raw->space;
    const enum cfg_unit unit = options->unit != CFG_UNIT_UNSTATED ? options->unit : raw->unit;
    const bool flip = space == CFG_SPACE_RAS && !options->tool_frame;
    const double scale = unit == CFG_UNIT_M ? mm_per_m : 1.0;
    for (size_t i = 0; i < (size_t)raw->vertex_count * 3; ++i) {
        const double sign = flip && i % 3 != 2 ? -1.0 : 1.0;
        const double value = sign * scale * (double)raw->vertices[i];
        if (!(value >= -CFG_MESH_COORDINATE_MAX_MM && value <= CFG_MESH_COORDINATE_MAX_MM)) {
            return cfg_error_set(source->error, NAV_ERR_RANGE,
                                 "%s: vertex %zu is %g mm from the origin, at most %d is accepted; "
                                 "check the unit",
                                 source->name, i / 3, value, CFG_MESH_COORDINATE_MAX_MM);
        }
        raw->vertices[i] = (float)value + 0.0f; /* -0 becomes 0: equal vertices are bit-equal */
    }
    return NAV_OK;
}

static enum nav_status build_mesh(const struct cfg_mesh_source *source,
                                  const struct cfg_mesh_raw *raw, struct cfg_mesh **out_mesh)
{
    struct cfg_mesh *mesh = calloc(1, sizeof(*mesh));
    enum nav_status status = mesh != NULL ? cfg_mesh_join(raw, mesh) : NAV_ERR_MEMORY;
    if (status == NAV_OK) {
        mesh->report.format = raw->format;
        mesh->report.tagged_space = raw->space;
        mesh->report.tagged_unit = raw->unit;
        status = cfg_mesh_examine(mesh);
    }
    if (status != NAV_OK) {
        cfg_mesh_destroy(mesh);
        return cfg_error_set(source->error, status, "%s: out of memory", source->name);
    }
    if (mesh->report.degenerate == mesh->report.triangles) {
        cfg_mesh_destroy(mesh);
        return cfg_error_set(source->error, NAV_ERR_REFUSED,
                             "%s: all triangles are without area; export the surface again",
                             source->name);
    }
    *out_mesh = mesh;
    return NAV_OK;
}

/* As cfg_mesh_parse; the digest is of no concern here. */
static enum nav_status parse(const struct cfg_mesh_source *source,
                             const struct cfg_mesh_options *options, struct cfg_mesh **out_mesh)
{
    struct cfg_mesh_raw raw = {.vertices = NULL};
    enum nav_status status = read_raw(source, &raw);
    if (status == NAV_OK) {
        status = convert(source, options, &raw);
    }
    if (status == NAV_OK) {
        status = build_mesh(source, &raw, out_mesh);
    }
    free(raw.vertices);
    free(raw.triangles);
    return status;
}

static uint32_t triangles_max(const struct cfg_mesh_options *options)
{
    const bool lower =
        options->triangles_max > 0 && options->triangles_max < CFG_MESH_TRIANGLES_MAX;
    return lower ? options->triangles_max : CFG_MESH_TRIANGLES_MAX;
}

static size_t bytes_max(const struct cfg_mesh_options *options)
{
    const bool lower = options->bytes_max > 0 && options->bytes_max < CFG_MESH_BYTES_MAX;
    return lower ? options->bytes_max : CFG_MESH_BYTES_MAX;
}

/* Every number finite, every index a vertex. */
static enum nav_status check_arrays(const struct cfg_mesh_source *source,
                                    const struct cfg_mesh_raw *raw)
{
    if (raw->vertex_count == 0 || raw->triangle_count == 0) {
        return cfg_error_set(source->error, NAV_ERR_REFUSED,
                             "%s: has no surface in it; export the surface again", source->name);
    }
    if (raw->triangle_count > source->triangles_max) {
        return cfg_error_set(source->error, NAV_ERR_TOO_LARGE,
                             "%s: has %u triangles, at most %u are read; reduce it", source->name,
                             raw->triangle_count, source->triangles_max);
    }
    for (size_t i = 0; i < 3 * (size_t)raw->vertex_count; ++i) {
        if (!isfinite(raw->vertices[i])) {
            return cfg_error_set(source->error, NAV_ERR_NOT_FINITE,
                                 "%s: vertex %zu has a coordinate that is not a finite number; "
                                 "export it again",
                                 source->name, i / 3);
        }
    }
    for (size_t i = 0; i < 3 * (size_t)raw->triangle_count; ++i) {
        if (raw->triangles[i] >= raw->vertex_count) {
            return cfg_error_set(source->error, NAV_ERR_RANGE,
                                 "%s: triangle %zu names vertex %u of %u; export it again",
                                 source->name, i / 3, raw->triangles[i], raw->vertex_count);
        }
    }
    return NAV_OK;
}

enum nav_status cfg_mesh_from_arrays(struct cfg_mesh_arrays *arrays, const char *name,
                                     const struct cfg_mesh_options *options,
                                     struct cfg_mesh **out_mesh, struct cfg_error *out_error)
{
    const struct cfg_mesh_options none = {.space = CFG_SPACE_UNSTATED};
    const struct cfg_mesh_options *asked = options != NULL ? options : &none;
    const struct cfg_mesh_source source = {
        .name = name, .triangles_max = triangles_max(asked), .error = out_error};
    struct cfg_mesh_raw raw = {.format = CFG_MESH_ARRAYS,
                               .space = arrays->space,
                               .unit = arrays->unit,
                               .vertices = arrays->vertices,
                               .vertex_count = arrays->vertex_count,
                               .triangles = arrays->triangles,
                               .triangle_count = arrays->triangle_count};
    enum nav_status status = check_arrays(&source, &raw);
    if (status == NAV_OK) {
        status = convert(&source, asked, &raw);
    }
    if (status == NAV_OK) {
        status = build_mesh(&source, &raw, out_mesh);
    }
    free(raw.vertices);
    free(raw.triangles);
    *arrays = (struct cfg_mesh_arrays){.vertices = NULL};
    return status;
}

enum nav_status cfg_mesh_parse(const uint8_t *bytes, size_t size, const char *name,
                               const struct cfg_mesh_options *options, struct cfg_mesh **out_mesh,
                               struct cfg_error *out_error)
{
    const struct cfg_mesh_options none = {.space = CFG_SPACE_UNSTATED};
    const struct cfg_mesh_options *asked = options != NULL ? options : &none;
    if (size > bytes_max(asked)) {
        return cfg_error_set(out_error, NAV_ERR_TOO_LARGE,
                             "%s: has %zu bytes, at most %zu are read; reduce it", name, size,
                             bytes_max(asked));
    }
    const struct cfg_mesh_source source = {
        .bytes = bytes,
        .size = size,
        .name = name,
        .triangles_max = triangles_max(asked),
        .error = out_error,
    };
    struct cfg_mesh *mesh = NULL;
    enum nav_status status = parse(&source, asked, &mesh);
    if (status == NAV_OK) {
        status = cfg_sha256(bytes, size, mesh->sha256);
        if (status != NAV_OK) {
            cfg_mesh_destroy(mesh);
            return cfg_error_set(out_error, status, "%s: no memory to hash it", name);
        }
        *out_mesh = mesh;
    }
    return status;
}

enum nav_status cfg_mesh_load(const char *path, const struct cfg_mesh_options *options,
                              struct cfg_mesh **out_mesh, struct cfg_error *out_error)
{
    const struct cfg_mesh_options none = {.space = CFG_SPACE_UNSTATED};
    const struct cfg_mesh_options *asked = options != NULL ? options : &none;
    struct cfg_file_bytes file;
    enum nav_status status = cfg_file_bytes_read(path, bytes_max(asked), &file, out_error);
    if (status != NAV_OK) {
        return status;
    }
    const struct cfg_mesh_source source = {
        .bytes = file.bytes,
        .size = file.size,
        .name = path,
        .triangles_max = triangles_max(asked),
        .error = out_error,
    };
    struct cfg_mesh *mesh = NULL;
    status = parse(&source, asked, &mesh);
    if (status == NAV_OK) {
        memcpy(mesh->sha256, file.sha256, sizeof(mesh->sha256));
        *out_mesh = mesh;
    }
    cfg_file_bytes_finish(&file);
    return status;
}

void cfg_mesh_write_ply(const struct cfg_mesh *mesh, FILE *file)
{
    enum { RECORD = 13 };
    fprintf(file,
            "ply\nformat binary_little_endian 1.0\ncomment SPACE=LPS\ncomment UNIT=mm\n"
            "element vertex %u\nproperty float x\nproperty float y\nproperty float z\n"
            "element face %u\nproperty list uchar int vertex_indices\nend_header\n",
            mesh->vertex_count, mesh->triangle_count);
    (void)fwrite(mesh->vertices_mm, sizeof(*mesh->vertices_mm), 3 * (size_t)mesh->vertex_count,
                 file);
    for (size_t t = 0; t < mesh->triangle_count; ++t) {
        uint8_t record[RECORD] = {3};
        memcpy(record + 1, mesh->triangles + 3 * t, RECORD - 1);
        (void)fwrite(record, sizeof(record), 1, file);
    }
}

void cfg_mesh_destroy(struct cfg_mesh *mesh)
{
    if (mesh == NULL) {
        return;
    }
    free(mesh->vertices_mm);
    free(mesh->triangles);
    free(mesh);
}
