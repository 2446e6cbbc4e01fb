#include "tool_calibration.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <jansson.h>

#include "nav/time.h"

enum { FILE_BYTES_MAX = 1 << 20, YEAR_MIN = 1970, YEAR_MAX = 2200 }; /* fit in ns since 1970 */
static const double UNIT_TOLERANCE = 1e-3;

#define REMEDY "make it again with `osteonav calibrate ... --out`"

/* What is being read, for the messages. */
struct source {
    const char *name;
    const json_t *root;
    struct cfg_error *error;
};

static enum nav_status refuse_key(const struct source *source, const char *key,
                                  enum nav_status status, const char *what)
{
    return cfg_error_set(source->error, status, "%s: %s: %s; " REMEDY, source->name, key, what);
}

/* Three finite numbers, where there are any. */
static enum nav_status take_vector(const struct source *source, const char *key, bool *out_has,
                                   double out[3])
{
    const json_t *list = json_object_get(source->root, key);
    *out_has = list != NULL && !json_is_null(list);
    if (!*out_has) {
        return NAV_OK;
    }
    if (json_array_size(list) != 3) {
        return refuse_key(source, key, NAV_ERR_SYNTAX, "three numbers are needed");
    }
    for (size_t i = 0; i < 3; ++i) {
        const json_t *number = json_array_get(list, i);
        if (!json_is_number(number)) {
            return refuse_key(source, key, NAV_ERR_SYNTAX, "three numbers are needed");
        }
        out[i] = json_number_value(number);
        if (!isfinite(out[i])) {
            return refuse_key(source, key, NAV_ERR_NOT_FINITE, "a number is not finite");
        }
    }
    return NAV_OK;
}

static enum nav_status take_direction(const struct source *source, const char *key, bool *out_has,
                                      double out[3])
{
    const enum nav_status status = take_vector(source, key, out_has, out);
    if (status != NAV_OK || !*out_has) {
        return status;
    }
    const double length = sqrt(out[0] * out[0] + out[1] * out[1] + out[2] * out[2]);
    return fabs(length - 1) <= UNIT_TOLERANCE
               ? NAV_OK
               : refuse_key(source, key, NAV_ERR_SYNTAX, "is no direction of length 1");
}

static enum nav_status take_date(const struct source *source, int64_t *out_utc_ns)
{
    const char *text = json_string_value(json_object_get(source->root, "date_utc"));
    struct tm utc = {.tm_isdst = 0};
    const char *end = text != NULL ? strptime(text, "%Y-%m-%dT%H:%M:%SZ", &utc) : NULL;
    const int year = utc.tm_year + 1900;
    if (end == NULL || *end != '\0' || year < YEAR_MIN || year > YEAR_MAX) {
        return refuse_key(source, "date_utc", NAV_ERR_SYNTAX,
                          "a time as in 2026-01-31T12:00:00Z is needed");
    }
    *out_utc_ns = (int64_t)timegm(&utc) * NAV_NS_PER_S;
    return NAV_OK;
}

static enum nav_status take_marker(const struct source *source,
                                   struct cfg_tool_calibration *calibration)
{
    const json_t *value = json_object_get(source->root, "geometry_sha256");
    const char *text = json_string_value(value);
    calibration->has_marker = text != NULL;
    if (text == NULL) {
        return value == NULL || json_is_null(value)
                   ? NAV_OK
                   : refuse_key(source, "geometry_sha256", NAV_ERR_SYNTAX, "text is needed");
    }
    bool good = strlen(text) == (size_t)2 * CFG_SHA256_SIZE;
    for (size_t i = 0; good && i < CFG_SHA256_SIZE; ++i) {
        const char digits[3] = {text[2 * i], text[2 * i + 1], '\0'};
        good = isxdigit((unsigned char)digits[0]) != 0 && isxdigit((unsigned char)digits[1]) != 0;
        calibration->marker_sha256[i] = (uint8_t)strtoul(digits, NULL, 16);
    }
    return good ? NAV_OK
                : refuse_key(source, "geometry_sha256", NAV_ERR_SYNTAX, "64 digits are needed");
}

static enum nav_status take_kind(const struct source *source)
{
    static const char *const kinds[] = {"pivot", "spin", "blade"};
    const char *kind = json_string_value(json_object_get(source->root, "kind"));
    for (size_t i = 0; kind != NULL && i < sizeof(kinds) / sizeof(kinds[0]); ++i) {
        if (strcmp(kind, kinds[i]) == 0) {
            return json_is_true(json_object_get(source->root, "accepted"))
                       ? NAV_OK
                       : refuse_key(source, "accepted", NAV_ERR_REFUSED,
                                    "the calibration was not accepted");
        }
    }
    return refuse_key(source, "kind", kind != NULL ? NAV_ERR_REFUSED : NAV_ERR_SYNTAX,
                      "a tool is calibrated by pivot, spin or blade");
}

static enum nav_status take(const struct source *source, struct cfg_tool_calibration *calibration)
{
    enum nav_status status = take_kind(source);
    if (status != NAV_OK) {
        return status;
    }
    const char *tool = json_string_value(json_object_get(source->root, "tool"));
    if (tool == NULL || tool[0] == '\0' || strlen(tool) >= sizeof(calibration->tool)) {
        return refuse_key(source, "tool", NAV_ERR_SYNTAX, "it does not say of which tool it is");
    }
    (void)snprintf(calibration->tool, sizeof(calibration->tool), "%s", tool);
    status = take_date(source, &calibration->utc_ns);
    if (status == NAV_OK) {
        status = take_marker(source, calibration);
    }
    if (status == NAV_OK) {
        status = take_vector(source, "tip_mm", &calibration->has_tip, calibration->tip_mm);
    }
    if (status == NAV_OK) {
        status = take_direction(source, "axis", &calibration->has_axis, calibration->axis);
    }
    if (status == NAV_OK) {
        status = take_direction(source, "up", &calibration->has_up, calibration->up);
    }
    if (status == NAV_OK && !calibration->has_tip && !calibration->has_axis) {
        return refuse_key(source, "tip_mm", NAV_ERR_SYNTAX, "neither a tip nor an axis is there");
    }
    return status;
}

enum nav_status cfg_tool_calibration_parse(const uint8_t *bytes, size_t size, const char *name,
                                           struct cfg_tool_calibration *out_calibration,
                                           struct cfg_error *out_error)
{
    json_error_t why;
    json_t *root = json_loadb((const char *)bytes, size, JSON_REJECT_DUPLICATES, &why);
    if (root == NULL) {
        return cfg_error_set(out_error, NAV_ERR_SYNTAX, "%s: line %d: %s; " REMEDY, name, why.line,
                             why.text);
    }
    struct cfg_tool_calibration calibration = {.tool = ""};
    const struct source source = {name, root, out_error};
    const enum nav_status status = take(&source, &calibration);
    if (status == NAV_OK) {
        *out_calibration = calibration;
    }
    json_decref(root);
    return status;
}

enum nav_status cfg_tool_calibration_load(const char *path,
                                          struct cfg_tool_calibration *out_calibration,
                                          uint8_t out_sha256[CFG_SHA256_SIZE],
                                          struct cfg_error *out_error)
{
    struct cfg_file_bytes file;
    enum nav_status status = cfg_file_bytes_read(path, FILE_BYTES_MAX, &file, out_error);
    if (status != NAV_OK) {
        return status;
    }
    status = cfg_tool_calibration_parse(file.bytes, file.size, path, out_calibration, out_error);
    memcpy(out_sha256, file.sha256, CFG_SHA256_SIZE);
    cfg_file_bytes_finish(&file);
    return status;
}

/* Length of the name without the frame that it is given in. */
static size_t tool_length(const char *name)
{
    size_t length = strlen(name);
    for (size_t i = 1; name[i] != '\0'; ++i) {
        if (name[i] == 'T' && name[i + 1] == 'o' && isupper((unsigned char)name[i + 2]) != 0) {
            length = i;
        }
    }
    return length;
}

bool cfg_same_tool(const char *a, const char *b)
{
    const size_t length = tool_length(a);
    return length == tool_length(b) && strncmp(a, b, length) == 0;
}
