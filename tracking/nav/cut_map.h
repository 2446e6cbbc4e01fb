/* The maps of what was cut, on their own way between processes: one writer, any number of readers,
 * the newest of every cut. The same discipline as nav/scene_channel, in a shared memory object of
 * its own, "/osteonav.<uid>.<instance>.cuts", because maps are large and change seldom.
 *
 * A reader looks when scene.cuts[i].map_revision has changed. Fixed layout: any change of a field
 * raises NAV_CUT_MAP_VERSION. Thread: a writer or a reader belongs to one thread at a time. */
#ifndef NAV_CUT_MAP_H
#define NAV_CUT_MAP_H

#include <stdbool.h>
#include <stdint.h>

#include "nav/limits.h"
#include "nav/status.h"

#define NAV_CUT_MAP_VERSION 1u

enum { NAV_CUT_CELLS_MAX = 65536 }; /* 256 x 256: 128 mm of 0.5 mm cells each way */

/* A cell: deviation along the planned normal in steps of NAV_CUT_STEP_MM, or one of these. */
enum {
    NAV_CUT_CELL_NONE = INT16_MIN,      /* neither planned nor cut */
    NAV_CUT_CELL_UNCUT = INT16_MIN + 1, /* planned, in the bone, and not cut yet */
    NAV_CUT_CELL_FIRST = INT16_MIN + 2  /* the smallest deviation */
};
#define NAV_CUT_STEP_MM 0.01

struct nav_cut_map {
    uint32_t version;  /* NAV_CUT_MAP_VERSION */
    uint32_t size;     /* sizeof(struct nav_cut_map) */
    uint64_t seq;      /* counts published maps of this cut from 1 */
    uint64_t case_id;  /* as in the scene */
    uint32_t cut;      /* index in the scene's cuts */
    uint32_t revision; /* as scene.cuts[cut].map_revision */
    uint32_t columns;  /* along u */
    uint32_t rows;     /* along v, the cutting direction */
    double cell_mm;
    double origin_mm[3]; /* outer corner of cell (0, 0), on the planned plane, image space */
    double u[3], v[3], normal[3];
    int16_t cells[NAV_CUT_CELLS_MAX]; /* row by row: column + row * columns */
};

/* Deviation of a cell that is cut, mm; NaN of one that is not. */
double nav_cut_cell_mm(int16_t cell);

/* The cell of a deviation; beyond what fits the last one that does. */
int16_t nav_cut_cell_of_mm(double deviation_mm);

struct nav_cut_map_writer;
struct nav_cut_map_reader;

/* As nav_scene_writer_create. */
NAV_MUST_USE enum nav_status nav_cut_map_writer_create(const char *instance,
                                                       struct nav_cut_map_writer **out_writer);
void nav_cut_map_writer_destroy(struct nav_cut_map_writer *writer); /* NULL is legal */

/* Publishes a copy as the newest map of `map->cut`; sets version, size and seq in `map`. No
 * allocation, no lock, no wait. NAV_ERR_ARGUMENT: no such cut, or more cells than fit. */
NAV_MUST_USE enum nav_status nav_cut_map_writer_publish(struct nav_cut_map_writer *writer,
                                                        struct nav_cut_map *map);

/* As nav_scene_reader_create. */
NAV_MUST_USE enum nav_status nav_cut_map_reader_create(const char *instance,
                                                       struct nav_cut_map_reader **out_reader);
void nav_cut_map_reader_destroy(struct nav_cut_map_reader *reader); /* NULL is legal */

/* Copies the newest map of a cut. NAV_AGAIN: none yet; `out_map` is untouched.
 * NAV_ERR_ARGUMENT: no such cut. */
NAV_MUST_USE enum nav_status nav_cut_map_reader_take(struct nav_cut_map_reader *reader,
                                                     uint32_t cut, struct nav_cut_map *out_map);

bool nav_cut_map_reader_core_alive(const struct nav_cut_map_reader *reader);

#endif
