/* Segmentation files made in memory. */
#ifndef TESTS_LABEL_FILES_H
#define TESTS_LABEL_FILES_H

#include <math.h>

#include "segment.h"
#include "test_data.h"

enum { LABEL_FILE_HEAD = 4096 };

/* Where and how a label map lies; voxel (i, j, k) is at origin + columns * (i, j, k). */
struct label_grid {
    int32_t size[3];
    double columns[3][3]; /* LPS mm along each axis */
    double origin[3];
};

static inline struct label_grid label_grid_make(int32_t nx, int32_t ny, int32_t nz, double sx,
                                                double sy, double sz)
{
    return (struct label_grid){.size = {nx, ny, nz},
                               .columns = {{sx, 0, 0}, {0, sy, 0}, {0, 0, sz}}};
}

static inline size_t label_grid_count(const struct label_grid *grid)
{
    return (size_t)grid->size[0] * (size_t)grid->size[1] * (size_t)grid->size[2];
}

static inline void label_grid_point(const struct label_grid *grid, int32_t i, int32_t j, int32_t k,
                                    double out_p[3])
{
    for (int a = 0; a < 3; ++a) {
        out_p[a] = grid->origin[a] + grid->columns[0][a] * i + grid->columns[1][a] * j +
                   grid->columns[2][a] * k;
    }
}

/* An NRRD of bytes: `notes` are further header lines; `layers` > 1 interleaved. The caller frees.
 */
static inline uint8_t *label_file_make(const struct label_grid *grid, const uint8_t *voxels,
                                       int layers, const char *notes, size_t *out_size)
{
    const size_t count = label_grid_count(grid) * (size_t)layers;
    char *file = malloc(LABEL_FILE_HEAD + count + 1);
    assert_non_null(file);
    char list[3][24] = {"", "", ""};
    if (layers > 1) {
        (void)snprintf(list[0], sizeof(list[0]), "%d ", layers);
        (void)snprintf(list[1], sizeof(list[1]), "none ");
        (void)snprintf(list[2], sizeof(list[2]), "list ");
    }
    const double(*c)[3] = grid->columns;
    const int head = snprintf(
        file, LABEL_FILE_HEAD,
        "NRRD0004\ntype: uchar\ndimension: %d\nspace: left-posterior-superior\nsizes: %s%d %d %d\n"
        "space directions: %s(%.17g,%.17g,%.17g) (%.17g,%.17g,%.17g) (%.17g,%.17g,%.17g)\n"
        "kinds: %sdomain domain domain\nencoding: raw\nspace origin: (%.17g,%.17g,%.17g)\n%s\n",
        layers > 1 ? 4 : 3, list[0], (int)grid->size[0], (int)grid->size[1], (int)grid->size[2],
        list[1], c[0][0], c[0][1], c[0][2], c[1][0], c[1][1], c[1][2], c[2][0], c[2][1], c[2][2],
        list[2], grid->origin[0], grid->origin[1], grid->origin[2], notes);
    assert_true(head > 0 && head < LABEL_FILE_HEAD);
    memcpy(file + head, voxels, count);
    file[(size_t)head + count] = '\0';
    *out_size = (size_t)head + count;
    return (uint8_t *)file;
}

/* A plain label map, or with `notes` a .seg.nrrd. */
static inline enum nav_status label_file_load(const struct label_grid *grid, const uint8_t *voxels,
                                              int layers, const char *notes,
                                              struct prep_segmentation *out,
                                              struct cfg_error *error)
{
    size_t size = 0;
    uint8_t *file = label_file_make(grid, voxels, layers, notes, &size);
    /* Exactly sized, so that the sanitizer sees a step too far. */
    uint8_t *exact = malloc(size + 1);
    assert_non_null(exact);
    memcpy(exact, file, size + 1);
    free(file);
    const enum nav_status status = prep_segmentation_parse(
        exact, size, notes[0] != '\0' ? "t.seg.nrrd" : "t.nrrd", 0, out, error);
    free(exact);
    return status;
}

static inline struct prep_segmentation label_file_good(const struct label_grid *grid,
                                                       const uint8_t *voxels)
{
    struct prep_segmentation segmentation = {0};
    struct cfg_error error = {.text = ""};
    if (label_file_load(grid, voxels, 1, "", &segmentation, &error) != NAV_OK) {
        fail_msg("refused: %s", error.text);
    }
    return segmentation;
}

static inline struct prep_segment_surfaces
label_surfaces(const struct prep_segmentation *from, const struct prep_segment_options *options)
{
    struct prep_segment_surfaces surfaces = {0};
    struct cfg_error error = {.text = ""};
    if (prep_segment_run(from, NULL, 0, options, &surfaces, &error) != NAV_OK) {
        fail_msg("no surfaces: %s", error.text);
    }
    return surfaces;
}

#endif
