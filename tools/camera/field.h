/* A synthetic operating field: what a camera above the wound would see of a case's bones.
 *
 * Drapes with an opening, bone in it, and a plate with printed markers fixed to the patient
 * reference, through a lens with its distortion. Drawn by a plain rasteriser of its own, so that
 * the overlay has something to be compared with that is not drawn by the same code. Image space,
 * LPS mm. Thread: one at a time. */
#ifndef TOOLS_FIELD_H
#define TOOLS_FIELD_H

#include <stdint.h>

#include "case.h"
#include "lens.h"
#include "markers.h"
#include "nav/pose.h"

struct field;

/* `loaded` has its meshes and must outlive the field; `bodies` holds the reference's body, whose
 * corners are in the reference frame. NAV_ERR_ARGUMENT: no bone, no registration, no body;
 * NAV_ERR_MEMORY. */
NAV_MUST_USE enum nav_status field_create(const struct cfg_case *loaded,
                                          const struct cam_bodies *bodies,
                                          const struct rnd_lens *lens, struct field **out_field);
void field_destroy(struct field *field); /* NULL is legal */

/* A plate of four markers on the reference, as it would be put: facing a camera behind the patient.
 * Corners in the reference frame. */
struct cam_bodies field_plate(const struct cfg_case *loaded);

/* T_image_camera at `share` (0 to 1) of a slow swing above the sacrum; the same at both ends. */
struct nav_pose field_camera(const struct field *field, double share);

/* Blue, green, red bytes, top row first; noise of `noise` grey levels (rms). */
void field_draw(struct field *field, const struct nav_pose *T_image_camera, double noise,
                uint64_t seed, uint8_t *out_bgr);

#endif
