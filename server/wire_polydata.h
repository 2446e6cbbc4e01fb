/* POLYDATA: a mesh of points, vertices, lines, polygons and triangle strips with attributes.
 *
 * Content; all numbers big-endian:
 *   offset size field
 *        0    4  number of points np
 *        4    8  vertices: number of cells, size of their list in bytes
 *       12    8  lines: the same
 *       20    8  polygons: the same
 *       28    8  triangle strips: the same
 *       36    4  number of attributes na
 *       40 12*np points x y z, float32, mm
 *        .    .  the four lists of cells; a cell is a uint32 count and as many uint32 point indices
 *        . 6*na  per attribute: type (1), components (1), number of tuples (4)
 *        .    .  names of the attributes, each ended by NUL, at most 255 bytes; one NUL more where
 *                that makes the names' total size even
 *        .    .  tuples of the attributes, float32: tuples * components each
 * Attribute types: low four bits 0 scalars, 1 vectors, 2 normals, 3 tensors, 4 RGBA; high four bits
 * 0 per point, 1 per cell. Components: 3 for vectors and normals, 9 for tensors, 4 for RGBA, 1 and
 * more for scalars. There is a tuple for every point or every cell.
 * The frame of the coordinates is not in the message; numbers are not judged here.
 * Pure. Views point into the content. Thread: any. */
#ifndef WIRE_POLYDATA_H
#define WIRE_POLYDATA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nav/status.h"
#include "wire_cursor.h"

enum { WIRE_POLYDATA_HEADER_SIZE = 40, WIRE_ATTRIBUTE_NAME_MAX = 255 };

enum wire_polydata_list {
    WIRE_POLYDATA_VERTICES = 0,
    WIRE_POLYDATA_LINES,
    WIRE_POLYDATA_POLYGONS,
    WIRE_POLYDATA_STRIPS,
    WIRE_POLYDATA_LISTS
};

enum wire_attribute {
    WIRE_ATTRIBUTE_SCALARS = 0,
    WIRE_ATTRIBUTE_VECTORS = 1,
    WIRE_ATTRIBUTE_NORMALS = 2,
    WIRE_ATTRIBUTE_TENSORS = 3,
    WIRE_ATTRIBUTE_RGBA = 4,
    WIRE_ATTRIBUTE_OF_CELLS = 0x10 /* added to one of the above */
};

struct wire_polydata_cells {
    uint32_t count;
    uint32_t size;        /* bytes */
    const uint8_t *bytes; /* NULL when empty */
};

/* A checked mesh. */
struct wire_polydata {
    uint32_t point_count;
    const uint8_t *points;
    struct wire_polydata_cells lists[WIRE_POLYDATA_LISTS];
    uint32_t attribute_count;
    const uint8_t *attributes; /* everything behind the cells */
    size_t attributes_size;
};

struct wire_polydata_attribute {
    uint8_t type;
    uint8_t components;
    uint32_t tuples;
    const char *name; /* terminated */
    const uint8_t *values;
};

/* A walk over the attributes. */
struct wire_polydata_attributes {
    struct wire_reader heads;
    struct wire_reader names;
    struct wire_reader values;
};

/* Looks at every cell and every index. NAV_ERR_LENGTH when sizes do not add up to exactly the
 * content; NAV_ERR_RANGE for an index behind the last point, a list with another number of cells
 * than it says, or an attribute whose type, components or number of tuples is none;
 * NAV_ERR_ENCODING for an attribute name without end or over 255 bytes. */
NAV_MUST_USE enum nav_status wire_check_polydata(const uint8_t *content, size_t size);

/* Same errors as the check. */
NAV_MUST_USE enum nav_status wire_polydata_decode(const uint8_t *content, size_t size,
                                                  struct wire_polydata *out_polydata);

/* Point `index` < point_count. */
void wire_polydata_point(const struct wire_polydata *polydata, uint32_t index, float out_mm[3]);

/* The next cell of a list: start with a reader over its bytes. `out_indices` are `out_count`
 * big-endian uint32. False at the end. */
bool wire_polydata_next_cell(struct wire_reader *list, uint32_t *out_count,
                             const uint8_t **out_indices);

struct wire_polydata_attributes
wire_polydata_attributes_begin(const struct wire_polydata *polydata);

/* The next attribute; false at the end. */
bool wire_polydata_next_attribute(struct wire_polydata_attributes *walk,
                                  struct wire_polydata_attribute *out_attribute);

/* Writes a mesh from views, as it was decoded. */
void wire_polydata_encode(struct wire_writer *writer, const struct wire_polydata *polydata);

/* Bytes of a mesh of triangles without attributes; false when the format cannot hold it. */
bool wire_polydata_triangles_size(uint32_t point_count, uint32_t triangle_count,
                                  uint64_t *out_size);

/* Writes a mesh of triangles: 3 coordinates a point (mm), 3 indices a triangle. An index behind the
 * last point fails the writer. */
void wire_polydata_triangles_encode(struct wire_writer *writer, const float *points_mm,
                                    uint32_t point_count, const uint32_t *triangles,
                                    uint32_t triangle_count);

#endif
