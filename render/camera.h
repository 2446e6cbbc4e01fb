/* The camera of a view: where it stands in image space, and which way the letters point.
 *
 * Image space is LPS mm: +x is the patient's left, +y posterior, +z head. All functions are pure.
 * Thread: any. */
#ifndef RND_CAMERA_H
#define RND_CAMERA_H

#include <stdbool.h>
#include <stddef.h>

#include "surface.h"

/* The named views, in the order in which the key steps through them. */
#define RND_PRESET_LIST(X)                                                                         \
    X(RND_PRESET_POSTERIOR, "posterior")                                                           \
    X(RND_PRESET_OBLIQUE, "oblique")                                                               \
    X(RND_PRESET_LEFT, "left")                                                                     \
    X(RND_PRESET_RIGHT, "right")                                                                   \
    X(RND_PRESET_HEAD, "head")                                                                     \
    X(RND_PRESET_ANTERIOR, "anterior")

enum rnd_preset {
#define RND_PRESET_ENUM(id, name) id,
    RND_PRESET_LIST(RND_PRESET_ENUM)
#undef RND_PRESET_ENUM
        RND_PRESET_COUNT
};

const char *rnd_preset_name(enum rnd_preset preset);

/* False where no preset has this name. */
bool rnd_preset_find(const char *name, enum rnd_preset *out_preset);

/* Where the viewer stands about the patient: away from there is up in every named view, so that the
 * picture lies as the patient does. Where that direction runs along the line of sight, posterior is
 * up, as it is of a patient who lies prone. Standing at the foot end the head is up, which is how
 * pictures of the pelvis are usually drawn. */
#define RND_SIDE_LIST(X)                                                                           \
    X(RND_SIDE_FOOT, "foot")                                                                       \
    X(RND_SIDE_HEAD, "head")                                                                       \
    X(RND_SIDE_LEFT, "left")                                                                       \
    X(RND_SIDE_RIGHT, "right")

enum rnd_side {
#define RND_SIDE_ENUM(id, name) id,
    RND_SIDE_LIST(RND_SIDE_ENUM)
#undef RND_SIDE_ENUM
        RND_SIDE_COUNT
};

const char *rnd_side_name(enum rnd_side side);

/* False where no side has this name. */
bool rnd_side_find(const char *name, enum rnd_side *out_side);

struct rnd_camera {
    double eye_mm[3];
    double target_mm[3];   /* centre of the view and of orbiting */
    double up[3];          /* unit, perpendicular to the line of sight */
    double view_angle_rad; /* vertical opening angle */
};

/* Unit axes of the picture: right, up, forward (from the eye into the scene). */
struct rnd_axes {
    double right[3];
    double up[3];
    double forward[3];
};

struct rnd_axes rnd_camera_axes(const struct rnd_camera *camera);

/* The preset's direction as seen by who stands at `side`, centred and at the distance where all
 * points (3 coordinates each, mm) are in the picture of the given aspect (width / height) with a
 * small margin. Without points: a view of the origin. */
struct rnd_camera rnd_camera_fit(enum rnd_preset preset, enum rnd_side side,
                                 const double *points_mm, size_t count, double aspect);

/* Looks at a planned cut's face from the side to which its normal points: the entry edge on top, so
 * that the blade goes down, and half the cut's size around it. */
struct rnd_camera rnd_camera_cut(const struct rnd_cut_shape *cut, double aspect);

/* Turns about the target: `yaw_rad` about the picture's up, then `pitch_rad` about its right. */
void rnd_camera_orbit(struct rnd_camera *camera, double yaw_rad, double pitch_rad);

/* Moves eye and target so that the target's plane shifts by a fraction of the view's height. */
void rnd_camera_pan(struct rnd_camera *camera, double right_fraction, double up_fraction);

/* Divides the distance to the target; clamped to 10 mm to 5000 mm. */
void rnd_camera_zoom(struct rnd_camera *camera, double factor);

/* Near and far plane that hold the box; both positive, far > near. */
void rnd_camera_clip(const struct rnd_camera *camera, const struct rnd_bounds *bounds,
                     double *out_near_mm, double *out_far_mm);

/* Where a point appears: x and y in [0, 1] from the top left of the picture, outside it beyond
 * that range. False when the point is behind the eye; `out` is then untouched. */
bool rnd_camera_project(const struct rnd_camera *camera, double aspect, const double point_mm[3],
                        double out[2]);

/* The edges of the picture. */
enum rnd_edge { RND_EDGE_LEFT = 0, RND_EDGE_RIGHT, RND_EDGE_TOP, RND_EDGE_BOTTOM, RND_EDGE_COUNT };

/* Letters that name the patient's direction towards each edge of the picture, the most important
 * first: L R A P H F, e.g. "H" or "LP". A direction counts when it runs at least 22.5 degrees out
 * of the line that it is not on; an edge always has one letter. */
struct rnd_letters {
    char edge[RND_EDGE_COUNT][4];
};

/* Letters of one unit direction in LPS, the most important first. */
void rnd_direction_letters(const double direction[3], char out[4]);

struct rnd_letters rnd_camera_letters(const struct rnd_camera *camera);

#endif
