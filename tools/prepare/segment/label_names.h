/* Names of a label map's values, from a table beside it.
 *
 * Read are (by ending): .csv, .tsv: a value and a name a row, perhaps a colour "#rrggbb" or three
 * columns of 0..255; a first row with words names the columns (value or label, name, colour or
 * color, r, g, b, in any order). .json: {"1": "sacrum"}, {"sacrum": 1}, either of them under
 * "labels" (nnU-Net's dataset.json), or an array of {"value", "name", "colour"}. .ctbl (3D Slicer)
 * and .txt, .label, .lut: blanks between, number, name, r g b a, or ITK-SNAP's label file (number,
 * r g b, alpha, two flags, "name"); # begins a remark.
 *
 * Value 0 is the background: its row is passed over. Every other value and every name stands once.
 * Thread: any. Owner: the caller, prep_names_finish. */
#ifndef PREPARE_LABEL_NAMES_H
#define PREPARE_LABEL_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cfg_error.h"
#include "nav/limits.h"
#include "nav/status.h"

enum {
    PREP_LABEL_VALUE_MAX = 32767, /* of a label map's voxel */
    PREP_NAMES_MAX = 4096,
    PREP_NAMES_BYTES_MAX = 1 << 20
};

struct prep_name {
    int32_t value;            /* 1 .. PREP_LABEL_VALUE_MAX */
    char name[NAV_NAME_SIZE]; /* UTF-8, no control characters */
    bool coloured;
    uint8_t colour[3];
};

struct prep_names {
    struct prep_name *rows; /* in the file's order */
    size_t count;
};

/* On failure `out_names` is untouched and `out_error` names file, line, and remedy.
 * NAV_ERR_NOT_FOUND, NAV_ERR_IO, NAV_ERR_UNSUPPORTED (ending), NAV_ERR_SYNTAX, NAV_ERR_RANGE,
 * NAV_ERR_LENGTH (a name too long), NAV_ERR_REFUSED (twice the same, nothing in it),
 * NAV_ERR_TOO_LARGE, NAV_ERR_MEMORY. */
NAV_MUST_USE enum nav_status prep_names_load(const char *path, struct prep_names *out_names,
                                             struct cfg_error *out_error);

/* The same for bytes followed by one NUL that is not counted; `name` stands for the file. */
NAV_MUST_USE enum nav_status prep_names_parse(const uint8_t *bytes, size_t size, const char *name,
                                              struct prep_names *out_names,
                                              struct cfg_error *out_error);
void prep_names_finish(struct prep_names *names);

/* Whether `length` bytes can be a name: neither empty nor too long, UTF-8 without control
 * characters. */
bool prep_name_is_good(const char *name, size_t length);

#endif
