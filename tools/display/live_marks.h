/* What is marked on a live picture: numbers at the planned cuts' lines, crosses on the landmarks,
 * the distance beside the tool. Places in pixels of the undistorted picture. Thread: any; pure. */
#ifndef TOOLS_LIVE_MARKS_H
#define TOOLS_LIVE_MARKS_H

#include "ar_gate.h"
#include "ar_ink.h"
#include "case.h"
#include "lens.h"
#include "nav/scene.h"
#include "words.h"

enum { LIVE_MARKS_MAX = CFG_CUTS_MAX + CFG_LANDMARKS_MAX + 1 };

struct live_marks_ask {
    const struct cfg_case *loaded;
    const struct rnd_lens *lens; /* of the undistorted picture */
    const struct nav_scene *scene;
    const struct nav_pose *T_camera_image;
    const double (*cut_mm)[3]; /* where each cut's number stands, image space */
    bool landmarks;
    const double *tip_mm; /* of the guided tool, image space; NULL: it is not drawn */
};

/* Their number. */
size_t live_marks(const struct live_marks_ask *ask, struct rnd_ar_mark out[LIVE_MARKS_MAX]);

/* The picture's headline. `px`, `mm`: how far the markers are off. `opacity` 0: hidden by hand. */
struct rnd_ar_state live_state(enum rnd_ar_reason reason, double px, double mm, float opacity,
                               enum rnd_language language);

/* A reason in the display's language. */
const char *live_reason(enum rnd_ar_reason reason, enum rnd_language language);

#endif
