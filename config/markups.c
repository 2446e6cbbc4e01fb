#include "markups.h"

#include <jansson.h>
#include <locale.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "file_bytes.h"

enum { BYTES_MAX = 16 << 20, COLUMNS_MAX = 32, LINE_MAX_BYTES = 4096 };

static const double far_mm = 1e5;

struct reader {
    const char *path;
    enum cfg_markups_frame frame;
    struct cfg_markups markups;
    size_t points_capacity;
    struct cfg_error *error;
    double scale; /* of the file's unit to mm */
    bool ras;
    locale_t c_locale;
};

#define REFUSE(reader, status, ...) cfg_error_set((reader)->error, (status), __VA_ARGS__)

static bool ends_with(const char *text, const char *end)
{
    const size_t length = strlen(text), end_length = strlen(end);
    return length >= end_length && strcasecmp(text + length - end_length, end) == 0;
}

static void copy_name(char out[NAV_NAME_SIZE], const char *from, size_t length)
{
    if (length > NAV_NAME_SIZE - 1) {
        length = NAV_NAME_SIZE - 1;
        while (length > 0 && ((unsigned char)from[length] & 0xc0) == 0x80) {
            --length; /* not in the middle of a UTF-8 character */
        }
    }
    memset(out, 0, NAV_NAME_SIZE);
    memcpy(out, from, length);
}

/* Into mm and LPS. `where` names the point in the message. */
static enum nav_status convert(struct reader *reader, const double in[3], const char *where,
                               double out_mm[3])
{
    for (int i = 0; i < 3; ++i) {
        const double sign = reader->ras && i < 2 ? -1.0 : 1.0;
        out_mm[i] = sign * reader->scale * in[i];
        if (!(fabs(out_mm[i]) <= far_mm)) {
            return REFUSE(reader, NAV_ERR_RANGE,
                          "%s: %s: coordinate %d is not a number within %g mm; check the file's "
                          "unit",
                          reader->path, where, i + 1, far_mm);
        }
    }
    return NAV_OK;
}

static enum nav_status add_point(struct reader *reader, const char *label, size_t label_length,
                                 const double in[3])
{
    struct cfg_markups *markups = &reader->markups;
    if (markups->point_count == CFG_MARKUPS_POINTS_MAX) {
        return REFUSE(reader, NAV_ERR_TOO_LARGE, "%s: more than %d points; split the file",
                      reader->path, CFG_MARKUPS_POINTS_MAX);
    }
    if (markups->point_count == reader->points_capacity) {
        const size_t capacity = reader->points_capacity == 0 ? 64 : 2 * reader->points_capacity;
        struct cfg_markup_point *grown =
            realloc(markups->points, capacity * sizeof(*markups->points));
        if (grown == NULL) {
            return REFUSE(reader, NAV_ERR_MEMORY, "%s: out of memory", reader->path);
        }
        markups->points = grown;
        reader->points_capacity = capacity;
    }
    struct cfg_markup_point *point = &markups->points[markups->point_count];
    copy_name(point->label, label, label_length);
    const enum nav_status status = convert(reader, in, point->label, point->position_mm);
    if (status == NAV_OK) {
        ++markups->point_count;
    }
    return status;
}

static enum nav_status set_space(struct reader *reader, bool ras)
{
    if (ras && reader->frame == CFG_MARKUPS_OTHER) {
        return REFUSE(reader, NAV_ERR_REFUSED,
                      "%s: says RAS, but these points are not in a patient frame; export them "
                      "without turning axes (LPS)",
                      reader->path);
    }
    reader->ras = ras;
    return NAV_OK;
}

static bool unit_scale(const char *unit, double *out_scale)
{
    static const struct {
        const char *name;
        double scale;
    } units[] = {{"mm", 1.0}, {"um", 1e-3}, {"m", 1e3}, {"cm", 10.0}};
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); ++i) {
        if (strcmp(unit, units[i].name) == 0) {
            *out_scale = units[i].scale;
            return true;
        }
    }
    return false;
}

/* ---- text formats ------------------------------------------------------------------------- */

enum dialect { DIALECT_CSV = 0, DIALECT_FCSV, DIALECT_ACSV };

/* Where the columns of a text file are; -1 = not there. */
struct columns {
    int label, x, y, z;
};

static char *trim(char *text)
{
    while (*text == ' ' || *text == '\t') {
        ++text;
    }
    size_t length = strlen(text);
    while (length > 0 && strchr(" \t\r", text[length - 1]) != NULL) {
        text[--length] = '\0';
    }
    if (length >= 2 && text[0] == '"' && text[length - 1] == '"') {
        text[length - 1] = '\0';
        ++text;
    }
    return text;
}

/* Splits at commas or semicolons outside of quotes; returns how many fields there are. */
static int split(char *line, char *fields[COLUMNS_MAX])
{
    int count = 0;
    bool quoted = false;
    char *begin = line;
    for (char *c = line;; ++c) {
        if (*c == '"') {
            quoted = !quoted;
        }
        const bool end = *c == '\0';
        if (end || (!quoted && (*c == ',' || *c == ';'))) {
            *c = '\0';
            if (count < COLUMNS_MAX) {
                fields[count++] = trim(begin);
            }
            begin = c + 1;
        }
        if (end) {
            return count;
        }
    }
}

static bool read_number(const struct reader *reader, const char *text, double *out)
{
    char *end = NULL;
    if (*text == '\0') {
        return false;
    }
    *out = strtod_l(text, &end, reader->c_locale);
    return *end == '\0' && isfinite(*out);
}

static int find_column(char *fields[COLUMNS_MAX], int count, const char *name,
                       const char *other_name)
{
    for (int i = 0; i < count; ++i) {
        if (strcasecmp(fields[i], name) == 0 || strcasecmp(fields[i], other_name) == 0) {
            return i;
        }
    }
    return -1;
}

static struct columns columns_of(char *fields[COLUMNS_MAX], int count)
{
    return (struct columns){
        .label = find_column(fields, count, "label", "name"),
        .x = find_column(fields, count, "x", "x_mm"),
        .y = find_column(fields, count, "y", "y_mm"),
        .z = find_column(fields, count, "z", "z_mm"),
    };
}

/* "# key = value": value of the key, or NULL. `line` begins behind the '#'. */
static char *comment_value(char *line, const char *key)
{
    char *equals = strchr(line, '=');
    if (equals == NULL) {
        return NULL;
    }
    const size_t length = strlen(key);
    while (*line == ' ' || *line == '\t') {
        ++line;
    }
    if (strncasecmp(line, key, length) != 0 ||
        strspn(line + length, " \t") != (size_t)(equals - line) - length) {
        return NULL;
    }
    return trim(equals + 1);
}

static enum nav_status read_comment(struct reader *reader, unsigned number, char *line,
                                    bool is_fcsv, struct columns *columns)
{
    char *value = comment_value(line, is_fcsv ? "CoordinateSystem" : "space");
    if (value != NULL) {
        const bool ras = strcasecmp(value, "RAS") == 0 || (is_fcsv && strcmp(value, "0") == 0);
        if (!ras && strcasecmp(value, "LPS") != 0 && !(is_fcsv && strcmp(value, "1") == 0)) {
            return REFUSE(reader, NAV_ERR_UNSUPPORTED,
                          "%s:%u: coordinate system '%s'; export as LPS or RAS", reader->path,
                          number, value);
        }
        reader->markups.says_space = true;
        return set_space(reader, ras);
    }
    value = comment_value(line, "unit");
    if (value != NULL && !is_fcsv && !unit_scale(value, &reader->scale)) {
        return REFUSE(reader, NAV_ERR_UNSUPPORTED, "%s:%u: unit '%s'; use mm, cm, m or um",
                      reader->path, number, value);
    }
    value = comment_value(line, "columns");
    if (value != NULL && is_fcsv) {
        char *fields[COLUMNS_MAX];
        const int count = split(value, fields);
        *columns = columns_of(fields, count);
        /* version 4 lists id first and label late; older ones begin with the label */
        if (columns->x < 0 || columns->y < 0 || columns->z < 0 || columns->label < 0) {
            return REFUSE(reader, NAV_ERR_SYNTAX,
                          "%s:%u: the columns lack label, x, y or z; export the list again",
                          reader->path, number);
        }
    }
    return NAV_OK;
}

static enum nav_status read_point_line(struct reader *reader, unsigned number, char *line,
                                       const struct columns *columns)
{
    char *fields[COLUMNS_MAX];
    const int count = split(line, fields);
    double position[3];
    const int at[3] = {columns->x, columns->y, columns->z};
    for (int i = 0; i < 3; ++i) {
        if (at[i] >= count || !read_number(reader, fields[at[i]], &position[i])) {
            return REFUSE(reader, NAV_ERR_SYNTAX,
                          "%s:%u: '%s' is not a coordinate; each line needs label,x,y,z with "
                          "decimal points",
                          reader->path, number, at[i] < count ? fields[at[i]] : "");
        }
    }
    char made_up[NAV_NAME_SIZE];
    const char *label = columns->label >= 0 && columns->label < count ? fields[columns->label] : "";
    if (*label == '\0') {
        (void)snprintf(made_up, sizeof(made_up), "P%zu", reader->markups.point_count + 1);
        label = made_up;
    }
    return add_point(reader, label, strlen(label), position);
}

/* Whether a line names columns rather than a point; then sets them. */
static bool read_heading(char *line, struct columns *columns)
{
    char copy[LINE_MAX_BYTES];
    char *fields[COLUMNS_MAX];
    (void)snprintf(copy, sizeof(copy), "%s", line);
    const struct columns found = columns_of(fields, split(copy, fields));
    if (found.x < 0 || found.y < 0 || found.z < 0) {
        return false;
    }
    *columns = found;
    return true;
}

/* "point|x|y|z|sel|vis"; the label is the file's, as that program gave it. */
static enum nav_status read_annotation_line(struct reader *reader, unsigned number, char *line)
{
    double position[3];
    char *rest = NULL;
    const char *word = strtok_r(line, "|", &rest);
    bool good = word != NULL && strcmp(word, "point") == 0;
    for (int i = 0; good && i < 3; ++i) {
        char *field = strtok_r(NULL, "|", &rest);
        good = field != NULL && read_number(reader, trim(field), &position[i]);
    }
    if (!good) {
        return REFUSE(reader, NAV_ERR_SYNTAX,
                      "%s:%u: expected point|x|y|z|..; export the list as .mrk.json", reader->path,
                      number);
    }
    char label[NAV_NAME_SIZE];
    (void)snprintf(label, sizeof(label), "P%zu", reader->markups.point_count + 1);
    return add_point(reader, label, strlen(label), position);
}

static enum nav_status read_text(struct reader *reader, const uint8_t *bytes, size_t size,
                                 enum dialect dialect)
{
    const bool is_fcsv = dialect == DIALECT_FCSV;
    struct columns columns = {.label = 0, .x = 1, .y = 2, .z = 3};
    enum nav_status status =
        dialect == DIALECT_CSV ? NAV_OK : set_space(reader, reader->frame == CFG_MARKUPS_PATIENT);
    size_t at = size >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    bool first = true;
    for (unsigned number = 1; status == NAV_OK && at < size; ++number) {
        const uint8_t *newline = memchr(bytes + at, '\n', size - at);
        const size_t length = newline != NULL ? (size_t)(newline - (bytes + at)) : size - at;
        char line[LINE_MAX_BYTES];
        if (length >= sizeof(line) || memchr(bytes + at, '\0', length) != NULL) {
            return REFUSE(reader, NAV_ERR_SYNTAX, "%s:%u: not a line of text of a point list",
                          reader->path, number);
        }
        memcpy(line, bytes + at, length);
        line[length] = '\0';
        at += length + 1;
        char *text = line + strspn(line, " \t");
        if (*text == '\0' || *text == '\r') {
            continue;
        }
        if (dialect == DIALECT_ACSV) {
            status = *text == '#' ? NAV_OK : read_annotation_line(reader, number, trim(text));
        } else if (*text == '#') {
            status = read_comment(reader, number, text + 1, is_fcsv, &columns);
        } else if (!is_fcsv && first && read_heading(text, &columns)) {
            first = false;
        } else {
            first = false;
            status = read_point_line(reader, number, text, &columns);
        }
    }
    return status;
}

/* ---- .mrk.json ------------------------------------------------------------------------------ */

static bool json_vector(const json_t *value, size_t count, double *out)
{
    if (!json_is_array(value) || json_array_size(value) != count) {
        return false;
    }
    for (size_t i = 0; i < count; ++i) {
        const json_t *number = json_array_get(value, i);
        if (!json_is_number(number)) {
            return false;
        }
        out[i] = json_number_value(number);
    }
    return true;
}

static enum nav_status read_json_frame(struct reader *reader, const json_t *markup, size_t index)
{
    const json_t *system = json_object_get(markup, "coordinateSystem");
    const char *space = system == NULL ? "LPS" : json_string_value(system);
    if (space == NULL || (strcmp(space, "LPS") != 0 && strcmp(space, "RAS") != 0)) {
        return REFUSE(reader, NAV_ERR_UNSUPPORTED,
                      "%s: markups[%zu].coordinateSystem: '%s'; export as LPS or RAS", reader->path,
                      index, space != NULL ? space : "(not text)");
    }
    const json_t *units = json_object_get(markup, "coordinateUnits");
    /* either a word or the triplet code, scheme, meaning */
    const char *unit = units == NULL          ? "mm"
                       : json_is_array(units) ? json_string_value(json_array_get(units, 0))
                                              : json_string_value(units);
    if (unit == NULL || !unit_scale(unit, &reader->scale)) {
        return REFUSE(reader, NAV_ERR_UNSUPPORTED,
                      "%s: markups[%zu].coordinateUnits: '%s'; use mm, um or m", reader->path,
                      index, unit != NULL ? unit : "(not text)");
    }
    return set_space(reader, strcmp(space, "RAS") == 0);
}

static enum nav_status read_json_point(struct reader *reader, const json_t *point, size_t markup,
                                       size_t index)
{
    const char *defined = json_string_value(json_object_get(point, "positionStatus"));
    const json_t *position = json_object_get(point, "position");
    if ((defined != NULL && strcmp(defined, "defined") != 0) || position == NULL ||
        json_is_string(position)) {
        ++reader->markups.undefined_count;
        return NAV_OK;
    }
    double in[3];
    if (!json_vector(position, 3, in)) {
        return REFUSE(reader, NAV_ERR_SYNTAX,
                      "%s: markups[%zu].controlPoints[%zu].position: three numbers are needed",
                      reader->path, markup, index);
    }
    char made_up[NAV_NAME_SIZE];
    const char *label = json_string_value(json_object_get(point, "label"));
    if (label == NULL || *label == '\0') {
        (void)snprintf(made_up, sizeof(made_up), "P%zu", index + 1);
        label = made_up;
    }
    return add_point(reader, label, strlen(label), in);
}

/* First column of the orientation, made perpendicular to the normal; none where it has no
 * direction. */
static void take_plane_axis(const struct reader *reader, const double axes[9],
                            struct cfg_markup_plane *plane)
{
    double x[3];
    double along = 0.0;
    for (int i = 0; i < 3; ++i) {
        x[i] = (reader->ras && i < 2 ? -1.0 : 1.0) * axes[3 * i];
        along += x[i] * plane->normal[i];
    }
    double square = 0.0;
    for (int i = 0; i < 3; ++i) {
        x[i] -= along * plane->normal[i];
        square += x[i] * x[i];
    }
    if (!(square > 0.25) || !isfinite(square)) {
        return;
    }
    for (int i = 0; i < 3; ++i) {
        plane->x[i] = x[i] / sqrt(square);
    }
    plane->has_x = true;
}

/* What is drawn of the plane: `planeBounds`, along its axes from `center`, which Slicer writes of
 * the plane's origin: it lies off the middle of a plane that was drawn out to one side. Else
 * `size`, about the center; Slicer writes a third number with it. */
static enum nav_status take_plane_face(const struct reader *reader, const json_t *markup,
                                       size_t index, struct cfg_markup_plane *plane)
{
    const json_t *stated = json_object_get(markup, "size");
    double size[3], bounds[4];
    if (stated != NULL) {
        if (!json_vector(stated, 2, size) && !json_vector(stated, 3, size)) {
            return REFUSE(reader, NAV_ERR_SYNTAX,
                          "%s: markups[%zu].size needs two or three numbers; export it again",
                          reader->path, index);
        }
        plane->size_mm[0] = fabs(size[0]) * reader->scale;
        plane->size_mm[1] = fabs(size[1]) * reader->scale;
    }
    stated = json_object_get(markup, "planeBounds");
    if (stated == NULL) {
        return NAV_OK;
    }
    if (!json_vector(stated, 4, bounds) || bounds[0] > bounds[1] || bounds[2] > bounds[3]) {
        return REFUSE(reader, NAV_ERR_SYNTAX,
                      "%s: markups[%zu].planeBounds needs four numbers, each lower one before its "
                      "upper one; export it again",
                      reader->path, index);
    }
    if (!(bounds[1] > bounds[0]) || !(bounds[3] > bounds[2])) {
        return NAV_OK; /* of a plane whose size nobody has set */
    }
    const double along[2] = {0.5 * (bounds[0] + bounds[1]) * reader->scale,
                             0.5 * (bounds[2] + bounds[3]) * reader->scale};
    if (!plane->has_x && hypot(along[0], along[1]) > 1e-6) {
        return REFUSE(reader, NAV_ERR_SYNTAX,
                      "%s: markups[%zu].planeBounds lie off its center, and orientation does not "
                      "say where; save it with a current version of the program that made it",
                      reader->path, index);
    }
    const double *n = plane->normal, *x = plane->x;
    const double y[3] = {n[1] * x[2] - n[2] * x[1], n[2] * x[0] - n[0] * x[2],
                         n[0] * x[1] - n[1] * x[0]};
    for (int i = 0; i < 3; ++i) {
        plane->center_mm[i] += along[0] * x[i] + along[1] * y[i];
    }
    plane->size_mm[0] = (bounds[1] - bounds[0]) * reader->scale;
    plane->size_mm[1] = (bounds[3] - bounds[2]) * reader->scale;
    return NAV_OK;
}

static enum nav_status read_json_plane(struct reader *reader, const json_t *markup, size_t index)
{
    struct cfg_markups *markups = &reader->markups;
    if (markups->plane_count == CFG_MARKUPS_PLANES_MAX) {
        return REFUSE(reader, NAV_ERR_TOO_LARGE, "%s: more than %d planes; split the file",
                      reader->path, CFG_MARKUPS_PLANES_MAX);
    }
    double center[3], normal[3];
    if (!json_vector(json_object_get(markup, "center"), 3, center) ||
        !json_vector(json_object_get(markup, "normal"), 3, normal)) {
        return REFUSE(reader, NAV_ERR_SYNTAX,
                      "%s: markups[%zu]: a plane needs center and normal; save it with a current "
                      "version of the program that made it",
                      reader->path, index);
    }
    const double length =
        sqrt(normal[0] * normal[0] + normal[1] * normal[1] + normal[2] * normal[2]);
    if (!(length > 1e-6) || !isfinite(length)) {
        return REFUSE(reader, NAV_ERR_RANGE, "%s: markups[%zu].normal has no direction",
                      reader->path, index);
    }
    struct cfg_markup_plane *grown =
        realloc(markups->planes, (markups->plane_count + 1) * sizeof(*grown));
    if (grown == NULL) {
        return REFUSE(reader, NAV_ERR_MEMORY, "%s: out of memory", reader->path);
    }
    markups->planes = grown;
    struct cfg_markup_plane *plane = &grown[markups->plane_count];
    memset(plane, 0, sizeof(*plane));
    enum nav_status status = convert(reader, center, "center", plane->center_mm);
    if (status != NAV_OK) {
        return status;
    }
    for (int i = 0; i < 3; ++i) {
        plane->normal[i] = (reader->ras && i < 2 ? -1.0 : 1.0) * normal[i] / length;
    }
    double axes[9];
    if (json_vector(json_object_get(markup, "orientation"), 9, axes)) {
        take_plane_axis(reader, axes, plane);
    }
    status = take_plane_face(reader, markup, index, plane);
    if (status != NAV_OK) {
        return status;
    }
    const char *name = strrchr(reader->path, '/');
    name = name != NULL ? name + 1 : reader->path;
    const size_t name_length = strlen(name);
    const size_t suffix = strlen(".mrk.json");
    copy_name(plane->name, name, name_length > suffix ? name_length - suffix : name_length);
    ++markups->plane_count;
    return NAV_OK;
}

static enum nav_status read_json_markup(struct reader *reader, const json_t *markup, size_t index)
{
    const char *type = json_string_value(json_object_get(markup, "type"));
    if (type == NULL) {
        return REFUSE(reader, NAV_ERR_SYNTAX, "%s: markups[%zu].type is missing", reader->path,
                      index);
    }
    if (index == 0) {
        copy_name(reader->markups.kind, type, strlen(type));
    }
    enum nav_status status = read_json_frame(reader, markup, index);
    reader->markups.was_ras = reader->markups.was_ras || reader->ras;
    if (status == NAV_OK && strcmp(type, "Plane") == 0) {
        status = read_json_plane(reader, markup, index);
    }
    const json_t *points = json_object_get(markup, "controlPoints");
    size_t i;
    json_t *point;
    json_array_foreach(points, i, point)
    {
        if (status == NAV_OK) {
            status = read_json_point(reader, point, index, i);
        }
    }
    return status;
}

static enum nav_status read_json(struct reader *reader, const uint8_t *bytes, size_t size)
{
    json_error_t problem;
    json_t *root = json_loadb((const char *)bytes, size, JSON_REJECT_DUPLICATES, &problem);
    if (root == NULL) {
        return REFUSE(reader, NAV_ERR_SYNTAX, "%s:%d: %s; export the markups again", reader->path,
                      problem.line, problem.text);
    }
    const json_t *list = json_object_get(root, "markups");
    enum nav_status status = NAV_OK;
    if (!json_is_array(list)) {
        status = REFUSE(reader, NAV_ERR_SYNTAX,
                        "%s: key 'markups' is missing; this is not a markups file", reader->path);
    }
    size_t i;
    json_t *markup;
    json_array_foreach(list, i, markup)
    {
        if (status == NAV_OK) {
            status = read_json_markup(reader, markup, i);
        }
    }
    json_decref(root);
    return status;
}

enum nav_status cfg_markups_parse(const uint8_t *bytes, size_t size, const char *name,
                                  enum cfg_markups_frame frame, struct cfg_markups *out_markups,
                                  struct cfg_error *out_error)
{
    struct reader reader = {.path = name, .frame = frame, .error = out_error, .scale = 1.0};
    const bool json = ends_with(name, ".json");
    const enum dialect dialect = ends_with(name, ".fcsv")   ? DIALECT_FCSV
                                 : ends_with(name, ".acsv") ? DIALECT_ACSV
                                                            : DIALECT_CSV;
    if (!json && dialect == DIALECT_CSV && !ends_with(name, ".csv")) {
        return REFUSE(&reader, NAV_ERR_UNSUPPORTED,
                      "%s: points are read from .mrk.json, .fcsv, .acsv or .csv files", name);
    }
    reader.c_locale = newlocale(LC_NUMERIC_MASK, "C", (locale_t)0);
    if (reader.c_locale == (locale_t)0) {
        return REFUSE(&reader, NAV_ERR_MEMORY, "%s: out of memory", name);
    }
    copy_name(reader.markups.kind, "Fiducial", strlen("Fiducial"));
    enum nav_status status =
        json ? read_json(&reader, bytes, size) : read_text(&reader, bytes, size, dialect);
    if (!json) {
        reader.markups.was_ras = reader.ras;
    }
    /* The other formats are one or the other where they do not say it. */
    reader.markups.says_space = reader.markups.says_space || json || dialect != DIALECT_CSV;
    if (status == NAV_OK && reader.markups.point_count == 0 && reader.markups.plane_count == 0) {
        status = REFUSE(&reader, NAV_ERR_REFUSED, "%s: no point with a position in it", name);
    }
    freelocale(reader.c_locale);
    if (status != NAV_OK) {
        cfg_markups_finish(&reader.markups);
        return status;
    }
    *out_markups = reader.markups;
    return NAV_OK;
}

enum nav_status cfg_markups_load(const char *path, enum cfg_markups_frame frame,
                                 struct cfg_markups *out_markups, struct cfg_error *out_error)
{
    struct cfg_file_bytes file;
    enum nav_status status = cfg_file_bytes_read(path, BYTES_MAX, &file, out_error);
    if (status == NAV_OK) {
        status = cfg_markups_parse(file.bytes, file.size, path, frame, out_markups, out_error);
        cfg_file_bytes_finish(&file);
    }
    return status;
}

void cfg_markups_finish(struct cfg_markups *markups)
{
    free(markups->points);
    free(markups->planes);
    *markups = (struct cfg_markups){0};
}
