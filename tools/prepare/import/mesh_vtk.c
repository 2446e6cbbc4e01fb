/* VTK's legacy files with DATASET POLYDATA, text or big-endian binary, versions 1 to 5.1.
 *
 * Format: VTK's "File Formats" (legacy); frame tag in the title line, as 3D Slicer writes it.
 * Polygons must be triangles; strips are opened. What stands behind the geometry (normals, scalars)
 * is not read. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "import.h"

enum { LINE_SIZE = 512, WORDS_MAX = 4, WORD_SIZE = 32 };

struct reader {
    const struct imp_bytes *file;
    const char *at, *end;
    bool binary;
    bool offsets; /* version 5: cells as offsets and connectivity */
    struct cfg_mesh_arrays *arrays;
    uint32_t triangle_capacity;
    struct cfg_error *error;
};

static size_t offset_of(const struct reader *reader)
{
    return (size_t)(reader->at - (const char *)reader->file->bytes);
}

static enum nav_status refuse(const struct reader *reader, enum nav_status status, const char *what)
{
    return cfg_error_set(reader->error, status, "%s: offset %zu: %s; export it again",
                         reader->file->name, offset_of(reader), what);
}

static bool take_line(struct reader *reader, char out_line[LINE_SIZE])
{
    const char *newline = memchr(reader->at, '\n', (size_t)(reader->end - reader->at));
    const size_t length =
        newline != NULL ? (size_t)(newline - reader->at) : (size_t)(reader->end - reader->at);
    if (length >= LINE_SIZE || length == 0 || memchr(reader->at, '\0', length) != NULL) {
        return false;
    }
    memcpy(out_line, reader->at, length);
    out_line[length] = '\0';
    reader->at = newline != NULL ? newline + 1 : reader->end;
    return true;
}

static int words_of(const char *line, char words[WORDS_MAX][WORD_SIZE])
{
    int count = 0;
    for (const char *at = line; count < WORDS_MAX; ++count) {
        at += strspn(at, " \t\r");
        const size_t length = strcspn(at, " \t\r");
        if (length == 0) {
            break;
        }
        (void)snprintf(words[count], WORD_SIZE, "%.*s", (int)(length < WORD_SIZE ? length : 0), at);
        at += length;
    }
    return count;
}

static bool take_count(const char *text, uint64_t max, uint64_t *out)
{
    char *end = NULL;
    errno = 0;
    const unsigned long long value = strtoull(text, &end, 10);
    if (errno != 0 || text[0] == '-' || end == text || *end != '\0' || value > max) {
        return false;
    }
    *out = value;
    return true;
}

static uint64_t big_endian(const char *at, size_t size)
{
    uint64_t word = 0;
    for (size_t i = 0; i < size; ++i) {
        word = word << 8 | (uint8_t)at[i];
    }
    return word;
}

/* The next number: text, or `size` bytes that are floating or whole. */
static bool take_number(struct reader *reader, size_t size, bool floating, double *out)
{
    if (!reader->binary) {
        while (reader->at < reader->end && strchr(" \t\r\n", *reader->at) != NULL) {
            ++reader->at;
        }
        char *end = NULL;
        *out = strtod(reader->at, &end); /* a NUL follows the file */
        const bool good = end != reader->at && end <= reader->end;
        reader->at = good ? end : reader->at;
        return good;
    }
    if ((size_t)(reader->end - reader->at) < size) {
        return false;
    }
    const uint64_t word = big_endian(reader->at, size);
    reader->at += size;
    if (!floating) {
        *out = size == 4 ? (double)(int32_t)word : (double)(int64_t)word;
        return true;
    }
    if (size == 4) {
        const uint32_t bits = (uint32_t)word;
        float value;
        memcpy(&value, &bits, sizeof(value));
        *out = (double)value;
    } else {
        memcpy(out, &word, sizeof(*out));
    }
    return true;
}

static bool room_for(const struct reader *reader, uint64_t count, size_t size)
{
    return count <= (uint64_t)(reader->end - reader->at) / (reader->binary ? size : 2) + 1;
}

static enum nav_status read_points(struct reader *reader, const char *count_text, const char *type)
{
    uint64_t count = 0;
    const bool is_double = strcmp(type, "double") == 0;
    const size_t size = is_double ? 8 : 4;
    if (!is_double && strcmp(type, "float") != 0) {
        return refuse(reader, NAV_ERR_UNSUPPORTED, "field POINTS: only float and double are read");
    }
    if (reader->arrays->vertices != NULL || !take_count(count_text, CFG_MESH_BYTES_MAX, &count) ||
        count == 0) {
        return refuse(reader, NAV_ERR_RANGE, "field POINTS: its count is no count or given twice");
    }
    if (!room_for(reader, 3 * count, size)) {
        return refuse(reader, NAV_ERR_LENGTH, "field POINTS: the file ends before its points");
    }
    reader->arrays->vertices = malloc(3 * count * sizeof(float));
    if (reader->arrays->vertices == NULL) {
        return refuse(reader, NAV_ERR_MEMORY, "out of memory");
    }
    for (uint64_t i = 0; i < 3 * count; ++i) {
        double value;
        if (!take_number(reader, size, true, &value)) {
            return refuse(reader, NAV_ERR_LENGTH, "field POINTS: the file ends before its points");
        }
        if (!isfinite(value) || fabs(value) > 1e30) {
            return refuse(reader, NAV_ERR_NOT_FINITE, "field POINTS: not a finite number");
        }
        reader->arrays->vertices[i] = (float)value;
    }
    reader->arrays->vertex_count = (uint32_t)count;
    return NAV_OK;
}

static enum nav_status add_triangle(struct reader *reader, const uint32_t corners[3])
{
    struct cfg_mesh_arrays *arrays = reader->arrays;
    if (arrays->triangle_count == reader->triangle_capacity) {
        const uint32_t capacity =
            reader->triangle_capacity == 0 ? 4096 : 2 * reader->triangle_capacity;
        uint32_t *grown = arrays->triangle_count < CFG_MESH_TRIANGLES_MAX
                              ? realloc(arrays->triangles, 3 * (size_t)capacity * sizeof(*grown))
                              : NULL;
        if (grown == NULL) {
            return refuse(reader, NAV_ERR_TOO_LARGE, "too many triangles");
        }
        arrays->triangles = grown;
        reader->triangle_capacity = capacity;
    }
    memcpy(arrays->triangles + 3 * (size_t)arrays->triangle_count, corners, 3 * sizeof(*corners));
    ++arrays->triangle_count;
    return NAV_OK;
}

/* One polygon or strip of `count` vertices. */
static enum nav_status add_cell(struct reader *reader, const uint32_t *corners, uint64_t count,
                                bool strip)
{
    if (count < 3 || (!strip && count != 3)) {
        return refuse(reader, NAV_ERR_UNSUPPORTED,
                      "field POLYGONS: a polygon is no triangle; triangulate the surface");
    }
    enum nav_status status = NAV_OK;
    for (uint64_t i = 0; status == NAV_OK && i + 2 < count; ++i) {
        const uint32_t triangle[3] = {corners[i], corners[i + (i % 2 == 0 ? 1 : 2)],
                                      corners[i + (i % 2 == 0 ? 2 : 1)]};
        status = add_triangle(reader, triangle);
    }
    return status;
}

static enum nav_status take_index(struct reader *reader, size_t size, uint32_t *out)
{
    double value;
    if (!take_number(reader, size, false, &value)) {
        return refuse(reader, NAV_ERR_LENGTH, "the file ends before its polygons");
    }
    if (!(value >= 0.0 && value < (double)reader->arrays->vertex_count && value == floor(value))) {
        return refuse(reader, NAV_ERR_RANGE, "a polygon names a point that does not exist");
    }
    *out = (uint32_t)value;
    return NAV_OK;
}

/* "n i j k ..", as before version 5. */
static enum nav_status read_cells(struct reader *reader, uint64_t cells, uint64_t numbers,
                                  bool strip)
{
    const size_t size = 4;
    if (!room_for(reader, numbers, size) || numbers < cells) {
        return refuse(reader, NAV_ERR_LENGTH, "the file ends before its polygons");
    }
    uint32_t *corners = malloc((numbers + 1) * sizeof(*corners));
    if (corners == NULL) {
        return refuse(reader, NAV_ERR_MEMORY, "out of memory");
    }
    enum nav_status status = NAV_OK;
    uint64_t left = numbers;
    for (uint64_t cell = 0; status == NAV_OK && cell < cells; ++cell) {
        double count = 0.0;
        if (left == 0 || !take_number(reader, size, false, &count) || !(count >= 1.0) ||
            count > (double)(left - 1) || count != floor(count)) {
            status = refuse(reader, NAV_ERR_RANGE, "a polygon's count does not fit the list");
            break;
        }
        left -= 1 + (uint64_t)count;
        for (uint64_t i = 0; status == NAV_OK && i < (uint64_t)count; ++i) {
            status = take_index(reader, size, &corners[i]);
        }
        if (status == NAV_OK) {
            status = add_cell(reader, corners, (uint64_t)count, strip);
        }
    }
    free(corners);
    if (status == NAV_OK && left != 0) {
        status = refuse(reader, NAV_ERR_LENGTH, "the list of polygons is longer than its polygons");
    }
    return status;
}

/* "OFFSETS type" then "CONNECTIVITY type"; `offsets` of them, one more than cells. */
static enum nav_status read_offsets(struct reader *reader, uint64_t offsets, uint64_t connections,
                                    bool strip)
{
    char line[LINE_SIZE];
    char words[WORDS_MAX][WORD_SIZE];
    if (!take_line(reader, line) || words_of(line, words) != 2 ||
        strcmp(words[0], "OFFSETS") != 0) {
        return refuse(reader, NAV_ERR_SYNTAX, "'OFFSETS type' is expected");
    }
    const size_t size = strcmp(words[1], "vtktypeint64") == 0 ? 8 : 4;
    if (offsets == 0 || !room_for(reader, offsets, size) || !room_for(reader, connections, size)) {
        return refuse(reader, NAV_ERR_LENGTH, "the file ends before its polygons");
    }
    uint64_t *ends = malloc(offsets * sizeof(*ends));
    uint32_t *corners = malloc((connections + 1) * sizeof(*corners));
    enum nav_status status =
        ends != NULL && corners != NULL ? NAV_OK : refuse(reader, NAV_ERR_MEMORY, "out of memory");
    for (uint64_t i = 0; status == NAV_OK && i < offsets; ++i) {
        double value;
        if (!take_number(reader, size, false, &value) || !(value >= 0.0) ||
            value > (double)connections || value != floor(value) ||
            (i > 0 && value < (double)ends[i - 1])) {
            status = refuse(reader, NAV_ERR_RANGE, "an offset of a polygon is out of order");
        } else {
            ends[i] = (uint64_t)value;
        }
    }
    while (status == NAV_OK && reader->at < reader->end && strchr(" \t\r\n", *reader->at) != NULL) {
        ++reader->at;
    }
    if (status == NAV_OK && (!take_line(reader, line) || words_of(line, words) != 2 ||
                             strcmp(words[0], "CONNECTIVITY") != 0)) {
        status = refuse(reader, NAV_ERR_SYNTAX, "'CONNECTIVITY type' is expected");
    }
    const size_t index_size = status == NAV_OK && strcmp(words[1], "vtktypeint64") == 0 ? 8 : 4;
    for (uint64_t i = 0; status == NAV_OK && i < connections; ++i) {
        status = take_index(reader, index_size, &corners[i]);
    }
    if (status == NAV_OK && (ends[0] != 0 || ends[offsets - 1] != connections)) {
        status = refuse(reader, NAV_ERR_RANGE, "the offsets do not cover the connectivity");
    }
    for (uint64_t i = 1; status == NAV_OK && i < offsets; ++i) {
        status = add_cell(reader, corners + ends[i - 1], ends[i] - ends[i - 1], strip);
    }
    free(ends);
    free(corners);
    return status;
}

static enum nav_status read_polygons(struct reader *reader, const char *first, const char *second,
                                     bool strip)
{
    uint64_t cells = 0;
    uint64_t numbers = 0;
    if (reader->arrays->vertices == NULL) {
        return refuse(reader, NAV_ERR_SYNTAX, "polygons before points");
    }
    if (!take_count(first, CFG_MESH_BYTES_MAX, &cells) ||
        !take_count(second, CFG_MESH_BYTES_MAX, &numbers)) {
        return refuse(reader, NAV_ERR_RANGE, "field POLYGONS: a count is no count");
    }
    return reader->offsets ? read_offsets(reader, cells, numbers, strip)
                           : read_cells(reader, cells, numbers, strip);
}

/* Metadata goes on to the next empty line. */
static void skip_metadata(struct reader *reader)
{
    while (reader->at < reader->end && *reader->at != '\n' && *reader->at != '\r') {
        const char *newline = memchr(reader->at, '\n', (size_t)(reader->end - reader->at));
        reader->at = newline != NULL ? newline + 1 : reader->end;
    }
}

static enum nav_status read_sections(struct reader *reader)
{
    while (reader->at < reader->end) {
        if (strchr(" \t\r\n", *reader->at) != NULL) {
            ++reader->at;
            continue;
        }
        char line[LINE_SIZE];
        char words[WORDS_MAX][WORD_SIZE];
        if (!take_line(reader, line)) {
            return refuse(reader, NAV_ERR_SYNTAX, "not a section of a VTK file");
        }
        const int count = words_of(line, words);
        enum nav_status status = NAV_OK;
        if (count == 3 && strcmp(words[0], "POINTS") == 0) {
            status = read_points(reader, words[1], words[2]);
        } else if (count == 3 && strcmp(words[0], "POLYGONS") == 0) {
            status = read_polygons(reader, words[1], words[2], false);
        } else if (count == 3 && strcmp(words[0], "TRIANGLE_STRIPS") == 0) {
            status = read_polygons(reader, words[1], words[2], true);
        } else if (strcmp(words[0], "METADATA") == 0) {
            skip_metadata(reader);
        } else if (strcmp(words[0], "POINT_DATA") == 0 || strcmp(words[0], "CELL_DATA") == 0) {
            return NAV_OK;
        } else {
            return cfg_error_set(reader->error, NAV_ERR_UNSUPPORTED,
                                 "%s: offset %zu: section '%.24s' is not read; save points and "
                                 "triangles only",
                                 reader->file->name, offset_of(reader), words[0]);
        }
        if (status != NAV_OK) {
            return status;
        }
    }
    return NAV_OK;
}

/* "SPACE=RAS" in the title. */
static enum nav_status take_space(const struct reader *reader, const char *title,
                                  enum cfg_space *out_space)
{
    const char *tag = strstr(title, "SPACE=");
    if (tag == NULL) {
        return NAV_OK;
    }
    if (strncmp(tag + 6, "RAS", 3) != 0 && strncmp(tag + 6, "LPS", 3) != 0) {
        return refuse(reader, NAV_ERR_REFUSED, "the tag SPACE= is neither LPS nor RAS");
    }
    *out_space = tag[6] == 'R' ? CFG_SPACE_RAS : CFG_SPACE_LPS;
    return NAV_OK;
}

static enum nav_status read_head(struct reader *reader)
{
    char line[LINE_SIZE];
    char words[WORDS_MAX][WORD_SIZE];
    if (!take_line(reader, line) || strncmp(line, "# vtk DataFile Version ", 23) != 0) {
        return refuse(reader, NAV_ERR_SYNTAX, "does not begin with '# vtk DataFile Version'");
    }
    const double version = strtod(line + 23, NULL);
    if (!(version >= 1.0 && version < 6.0)) {
        return refuse(reader, NAV_ERR_VERSION, "versions 1 to 5.1 are read");
    }
    reader->offsets = version >= 5.0;
    enum nav_status status = take_line(reader, line)
                                 ? take_space(reader, line, &reader->arrays->space)
                                 : refuse(reader, NAV_ERR_SYNTAX, "no title line");
    if (status != NAV_OK) {
        return status;
    }
    if (!take_line(reader, line) || words_of(line, words) != 1 ||
        (strcmp(words[0], "ASCII") != 0 && strcmp(words[0], "BINARY") != 0)) {
        return refuse(reader, NAV_ERR_SYNTAX, "ASCII or BINARY is expected in line 3");
    }
    reader->binary = words[0][0] == 'B';
    if (!take_line(reader, line) || words_of(line, words) != 2 ||
        strcmp(words[0], "DATASET") != 0 || strcmp(words[1], "POLYDATA") != 0) {
        return refuse(reader, NAV_ERR_UNSUPPORTED, "only DATASET POLYDATA is read");
    }
    return NAV_OK;
}

enum nav_status imp_vtk_read(const struct imp_bytes *file, struct cfg_mesh_arrays *out_arrays,
                             struct cfg_error *error)
{
    struct cfg_mesh_arrays arrays = {.vertices = NULL};
    struct reader reader = {.file = file,
                            .at = (const char *)file->bytes,
                            .end = (const char *)file->bytes + file->size,
                            .arrays = &arrays,
                            .error = error};
    enum nav_status status = read_head(&reader);
    if (status == NAV_OK) {
        status = read_sections(&reader);
    }
    if (status == NAV_OK && arrays.triangle_count == 0) {
        status = refuse(&reader, NAV_ERR_REFUSED, "has no triangle in it");
    }
    if (status != NAV_OK) {
        free(arrays.vertices);
        free(arrays.triangles);
        return status;
    }
    *out_arrays = arrays;
    return NAV_OK;
}
