/* Small meshes for the tests, written by independent means. */
#ifndef MESH_MAKER_H
#define MESH_MAKER_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ftw.h>
#include <sys/stat.h>

#include "test_data.h"

enum { BOX_TRIANGLES = 12, BOX_STL_SIZE = 84 + 50 * BOX_TRIANGLES };

/* Corners of a unit cube by bits x y z; faces counter-clockwise from outside. */
static const uint8_t box_faces[BOX_TRIANGLES][3] = {
    {0, 2, 1}, {1, 2, 3}, {4, 5, 6}, {5, 7, 6}, {0, 1, 4}, {1, 5, 4},
    {2, 6, 3}, {3, 6, 7}, {0, 4, 2}, {2, 4, 6}, {1, 3, 5}, {3, 7, 5},
};

static inline float box_coordinate(int corner, int axis, const double low[3], const double size[3])
{
    return (float)(low[axis] + ((corner >> axis & 1) != 0 ? size[axis] : 0.0));
}

static inline void put_u32(uint8_t *bytes, uint32_t value)
{
    for (int i = 0; i < 4; ++i) {
        bytes[i] = (uint8_t)(value >> (8 * i));
    }
}

static inline void put_f32(uint8_t *bytes, float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof(bits));
    put_u32(bytes, bits);
}

/* Binary STL of a box; `header` is cut to 80 bytes. */
static inline void box_stl(const char *header, const double low[3], const double size[3],
                           uint8_t out_bytes[BOX_STL_SIZE])
{
    memset(out_bytes, 0, BOX_STL_SIZE);
    memcpy(out_bytes, header, strnlen(header, 80));
    put_u32(out_bytes + 80, BOX_TRIANGLES);
    for (int i = 0; i < BOX_TRIANGLES; ++i) {
        for (int c = 0; c < 3; ++c) {
            for (int k = 0; k < 3; ++k) {
                put_f32(out_bytes + 84 + 50 * i + 12 + 12 * c + 4 * k,
                        box_coordinate(box_faces[i][c], k, low, size));
            }
        }
    }
}

static inline void write_file(const char *folder, const char *name, const void *bytes, size_t size)
{
    char path[4200];
    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

static inline void write_box(const char *folder, const char *name, const char *header,
                             const double low[3], const double size[3])
{
    uint8_t bytes[BOX_STL_SIZE];
    box_stl(header, low, size, bytes);
    write_file(folder, name, bytes, sizeof(bytes));
}

/* A new folder under TMPDIR; the caller removes it with remove_folder. */
static inline void make_folder(char out_folder[64])
{
    (void)snprintf(out_folder, 64, "/tmp/osteonav-config-XXXXXX");
    assert_non_null(mkdtemp(out_folder));
}

static inline int remove_one(const char *path, const struct stat *info, int kind, struct FTW *walk)
{
    (void)info;
    (void)kind;
    (void)walk;
    return remove(path);
}

/* Removes the folder and all in it. */
static inline void remove_folder(const char *folder)
{
    assert_int_equal(nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

#endif
