/* A camera of the case on the screen: its live picture, undistorted, with the model on it while
 * that may be trusted.
 *
 * Owns the worker that makes the camera's pictures ready, and the view that draws on them. While
 * the picture itself cannot be trusted (no picture, lost, frozen, late) there is none and the 3D
 * view stands in its place; while only the overlay cannot, the plain picture is shown and says why.
 * Thread: main (the context's). */
#ifndef TOOLS_LIVE_CAMERA_H
#define TOOLS_LIVE_CAMERA_H

#include "case.h"
#include "screen.h"

struct live_camera;

/* `loaded` has its meshes and must outlive it; an OpenGL context is current. `wake` is called from
 * another thread when a picture is ready; NULL: it is asked for in time. False with one line for
 * people in `out_why`. */
bool live_camera_create(const struct cfg_case *loaded, const struct cfg_camera *camera,
                        void (*wake)(void *context), void *wake_context,
                        struct live_camera **out_live, char out_why[512]);
void live_camera_destroy(struct live_camera *live); /* NULL is legal */

/* Takes the poses of a scene; of every one that comes, or the model stands still between pictures.
 * Thread: any one. */
void live_camera_note(void *live, const struct nav_scene *scene);

/* To be given to a screen. */
struct rnd_live_picture live_camera_picture(struct live_camera *live);

#endif
