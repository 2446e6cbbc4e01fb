/* Whether the model may be drawn on the live picture: one decision a frame, with its reason.
 *
 * The overlay is withheld, never the 3D view or the numbers, as soon as one of these is not so:
 * the camera gives new pictures; its lens is calibrated for their resolution; the camera's place is
 * calibrated; the delay between camera and tracker is known; tool, reference and camera had a pose
 * at the picture's own instant; the picture is not old; the scene itself is trusted; and the
 * markers of the reference appear in the picture where the model of the camera puts them. After
 * markers were off, they must agree for some frames in a row before the overlay comes back. Pure;
 * the same inputs give the same decision. Thread: one at a time. */
#ifndef RND_AR_GATE_H
#define RND_AR_GATE_H

#include <stdbool.h>
#include <stdint.h>

#include "nav/scene.h"

/* Why not, in the order in which they are asked. X(name, key, text). */
#define RND_AR_LIST(X)                                                                             \
    X(RND_AR_SHOWN, "shown", "")                                                                   \
    X(RND_AR_NO_PICTURE, "no-picture", "No picture from the camera")                               \
    X(RND_AR_CAMERA_LOST, "camera-lost", "Camera lost")                                            \
    X(RND_AR_CAMERA_FROZEN, "camera-frozen", "Camera picture is frozen")                           \
    X(RND_AR_PICTURE_OLD, "picture-old", "Camera picture late")                                    \
    X(RND_AR_NO_LENS, "no-lens", "Camera lens not calibrated")                                     \
    X(RND_AR_RESOLUTION, "resolution", "Lens calibrated for another resolution")                   \
    X(RND_AR_NO_HANDEYE, "no-handeye", "Camera not calibrated to its marker")                      \
    X(RND_AR_NO_DELAY, "no-delay", "Delay of the camera not calibrated")                           \
    X(RND_AR_NOT_TRUSTED, "not-trusted", "Navigation withheld")                                    \
    X(RND_AR_NO_POSE, "no-pose", "Camera not tracked at the picture's time")                       \
    X(RND_AR_UNCHECKED, "unchecked", "Reference markers not in the picture")                       \
    X(RND_AR_OFF, "off", "Overlay does not fit the picture")                                       \
    X(RND_AR_PROVING, "proving", "Overlay fits again: proving")

enum rnd_ar_reason {
#define RND_AR_ENUM(name, key, text) name,
    RND_AR_LIST(RND_AR_ENUM)
#undef RND_AR_ENUM
        RND_AR_COUNT
};

enum rnd_ar_camera {
    RND_AR_CAMERA_WAITING = 0,
    RND_AR_CAMERA_GOOD,
    RND_AR_CAMERA_IS_FROZEN,
    RND_AR_CAMERA_IS_LOST
};

struct rnd_ar_limits {
    double off_max_px;       /* reprojection of the reference's markers; equality is good ... */
    double off_max_mm;       /* ... and the same at their depth */
    int64_t delay_sd_max_ns; /* uncertainty of the delay; more is as good as unknown */
    int64_t picture_max_ns;  /* age of the picture */
    int64_t unchecked_ns;    /* since markers were last seen to agree */
    int proving_frames;      /* in a row that must agree after they were off */
};

/* 3 px, 2 mm, 20 ms, 250 ms, 2 s, 5. */
struct rnd_ar_limits rnd_ar_limits_default(void);

struct rnd_ar_inputs {
    int64_t now_ns;
    int64_t picture_ns; /* instant of the picture */
    enum rnd_ar_camera camera;
    bool has_lens, lens_fits;
    bool has_handeye; /* accepted */
    bool has_delay;
    int64_t delay_sd_ns;
    uint32_t trust; /* enum nav_trust of the scene, aged to now */
    bool has_pose;  /* of the camera at the picture's instant */
    bool checked;   /* markers of the reference are in this picture */
    double off_px;  /* NaN: not known */
    double off_mm;
};

struct rnd_ar_gate {
    struct rnd_ar_limits limits;
    int64_t agreed_ns; /* last picture whose markers agreed; 0 = none yet */
    int proven;        /* frames in a row */
    bool was_off;
};

struct rnd_ar_gate rnd_ar_gate_of(const struct rnd_ar_limits *limits);

/* RND_AR_SHOWN: draw it. */
enum rnd_ar_reason rnd_ar_judge(struct rnd_ar_gate *gate, const struct rnd_ar_inputs *inputs);

const char *rnd_ar_key(enum rnd_ar_reason reason);  /* "camera-lost" ... */
const char *rnd_ar_text(enum rnd_ar_reason reason); /* for people; empty while shown */

#endif
