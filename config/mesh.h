/* Surface meshes from files: strict readers that load a whole, exact file or refuse it.
 *
 * Formats: STL (binary, ASCII), PLY (binary little endian, ASCII) and OBJ. A file is read once; the
 * same bytes are hashed, checked and parsed. Refused: sizes and counts that do not match the
 * content, trailing data, numbers that are not finite, indices out of range, nothing in it.
 *
 * Result: plain arrays in millimetres; image-space meshes are LPS (a file whose tag says RAS has x
 * and y negated). Vertices with bit-equal coordinates are one vertex, unused vertices are dropped,
 * triangles keep their order and winding. Numbers of ASCII files are read in the C locale.
 * Thread: any. Owner: the caller, cfg_mesh_destroy. */
#ifndef CFG_MESH_H
#define CFG_MESH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "cfg_error.h"
#include "file_bytes.h"
#include "nav/status.h"

enum cfg_mesh_format {
    CFG_MESH_STL_BINARY = 0,
    CFG_MESH_STL_ASCII,
    CFG_MESH_PLY_BINARY,
    CFG_MESH_PLY_ASCII,
    CFG_MESH_OBJ,
    CFG_MESH_ARRAYS /* made in memory, by cfg_mesh_from_arrays */
};

/* Which way the axes of a file's coordinates point. */
enum cfg_space { CFG_SPACE_UNSTATED = 0, CFG_SPACE_LPS, CFG_SPACE_RAS };

/* Length unit of a file's coordinates. */
enum cfg_unit { CFG_UNIT_UNSTATED = 0, CFG_UNIT_MM, CFG_UNIT_M };

enum {
    CFG_MESH_TRIANGLES_MAX = 20000000,
    CFG_MESH_BYTES_MAX = 1 << 30,
    CFG_MESH_COORDINATE_MAX_MM = 100000 /* of any component, after conversion */
};

/* What the caller states about a file and how much it accepts. The zero struct states nothing and
 * has the ceilings above. What is stated must agree with the file's own tags. */
struct cfg_mesh_options {
    enum cfg_space space; /* UNSTATED: the file's tag, else LPS */
    enum cfg_unit unit;   /* UNSTATED: the file's tag, else mm */
    bool tool_frame;      /* in a tool's own frame: no axes are flipped, tag SPACE=LPS is refused */
    uint32_t triangles_max; /* 0 = CFG_MESH_TRIANGLES_MAX */
    size_t bytes_max;       /* 0 = CFG_MESH_BYTES_MAX */
};

/* What was found. An edge is open with one triangle, forked with more than two. */
struct cfg_mesh_report {
    enum cfg_mesh_format format;
    enum cfg_space tagged_space; /* in the file itself */
    enum cfg_unit tagged_unit;
    uint32_t triangles;       /* as many as in the file */
    uint32_t vertices;        /* after joining equal ones */
    uint32_t unused_vertices; /* of the file, in no triangle; were left out */
    uint32_t degenerate;      /* triangles with two equal corners */
    uint32_t open_edges;
    uint32_t forked_edges;
    uint32_t twisted_edges; /* two triangles that disagree about which side is out */
    uint32_t components;    /* parts that share no vertex */
    bool closed;            /* no open, forked or twisted edge: a volume is inside */
    bool inward;            /* closed and the normals point into it */
    double volume_mm3;      /* signed, by the divergence theorem; meaningful when closed */
    double min_mm[3], max_mm[3];
    double extent_mm; /* longest side of the bounding box */
};

struct cfg_mesh {
    float *vertices_mm;  /* 3 a vertex: x y z */
    uint32_t *triangles; /* 3 a triangle: vertex indices, counter-clockwise from outside */
    uint32_t vertex_count;
    uint32_t triangle_count;
    uint8_t sha256[CFG_SHA256_SIZE]; /* of the file's bytes */
    struct cfg_mesh_report report;
};

/* Reads and checks one file. `options` may be NULL. On failure `out_mesh` is untouched and
 * `out_error` names file, line or offset, and remedy. NAV_ERR_NOT_FOUND, NAV_ERR_IO,
 * NAV_ERR_UNSUPPORTED (not one of the formats), NAV_ERR_SYNTAX, NAV_ERR_LENGTH (truncated or
 * trailing data), NAV_ERR_RANGE (index, size of the numbers), NAV_ERR_NOT_FINITE, NAV_ERR_REFUSED
 * (tags that contradict, no surface), NAV_ERR_TOO_LARGE (equality accepted), NAV_ERR_MEMORY. */
NAV_MUST_USE enum nav_status cfg_mesh_load(const char *path, const struct cfg_mesh_options *options,
                                           struct cfg_mesh **out_mesh, struct cfg_error *out_error);

/* The same for bytes in memory, followed by one NUL that is not counted in `size`; `name` stands
 * for the file in messages. */
NAV_MUST_USE enum nav_status cfg_mesh_parse(const uint8_t *bytes, size_t size, const char *name,
                                            const struct cfg_mesh_options *options,
                                            struct cfg_mesh **out_mesh,
                                            struct cfg_error *out_error);

/* Vertices and triangles that another reader took out of a file; both malloc'ed. */
struct cfg_mesh_arrays {
    enum cfg_space space; /* as the file is tagged */
    enum cfg_unit unit;
    float *vertices; /* 3 a vertex, in the file's axes and unit */
    uint32_t vertex_count;
    uint32_t *triangles; /* 3 a triangle */
    uint32_t triangle_count;
};

/* The same checks and conversions for arrays in memory, which are freed, also on failure; the
 * digest is of nothing and 0. */
NAV_MUST_USE enum nav_status cfg_mesh_from_arrays(struct cfg_mesh_arrays *arrays, const char *name,
                                                  const struct cfg_mesh_options *options,
                                                  struct cfg_mesh **out_mesh,
                                                  struct cfg_error *out_error);

/* Writes a mesh as binary little-endian PLY with the comments SPACE=LPS and UNIT=mm: what a case
 * keeps. The caller looks at ferror(). */
void cfg_mesh_write_ply(const struct cfg_mesh *mesh, FILE *file);

void cfg_mesh_destroy(struct cfg_mesh *mesh); /* NULL is legal */

const char *cfg_mesh_format_name(enum cfg_mesh_format format);

#endif
