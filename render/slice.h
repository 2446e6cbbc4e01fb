/* Sections of a scan: an arbitrary plane through a volume as an 8-bit picture.
 *
 * Trilinear between the middles of voxels, then window and level. Where the plane leaves the box
 * around the middles of all voxels the picture is black. Places are found in single precision: a
 * value is within one unit of what double precision gives, for scans of up to 512 voxels along an
 * axis and neighbours that differ by up to 2000. Image space, LPS mm. Pure.
 * Thread: any. */
#ifndef RND_SLICE_H
#define RND_SLICE_H

#include <stdbool.h>
#include <stdint.h>

#include "nav/status.h"

/* A scan that somebody else owns; at least 2 and at most 4096 voxels along an axis, fewer than 2^30
 * in all. */
struct rnd_volume {
    const int16_t *voxels; /* the first axis varies fastest */
    int size[3];
    double T_image_voxel[12]; /* row-major 3x4: where the middle of voxel (i, j, k) is */
};

/* A picture's plane: where the middle of its first pixel is, and the way to the next pixel. */
struct rnd_plane {
    double origin_mm[3]; /* top left */
    double right_mm[3];  /* to the neighbour on the right */
    double down_mm[3];   /* to the neighbour below */
};

/* Values from level - width / 2 (black) to level + width / 2 (white). */
struct rnd_window_level {
    double level;
    double width; /* positive */
};

#define RND_WINDOW_BONE ((struct rnd_window_level){.level = 400.0, .width = 1800.0})

/* A window from the 1st to the 99.5th percentile of the values: for scans without HU. */
struct rnd_window_level rnd_window_of(const struct rnd_volume *volume);

/* Fills `width` x `height` bytes in rows `stride` bytes apart. Chooses the fastest way that this
 * machine has. NAV_ERR_ARGUMENT: a size, plane, volume or window out of contract; the picture is
 * untouched. */
NAV_MUST_USE enum nav_status rnd_slice(const struct rnd_volume *volume,
                                       const struct rnd_plane *plane,
                                       const struct rnd_window_level *window, int width, int height,
                                       int stride, uint8_t *out_grey);

/* The same, plainly; the fast one gives at most one grey level else. */
NAV_MUST_USE enum nav_status rnd_slice_ref(const struct rnd_volume *volume,
                                           const struct rnd_plane *plane,
                                           const struct rnd_window_level *window, int width,
                                           int height, int stride, uint8_t *out_grey);

/* Whether rnd_slice has a faster way than rnd_slice_ref here. */
bool rnd_slice_is_fast(void);

#endif
