/* What the guide tells beside the scene: alarms go to the log, maps of what was cut to their own
 * channel (nav/cut_map.h), the changed ones every 100 ms. Allocates in create only. Thread: loop.
 */
#ifndef SRV_GUIDE_OUT_H
#define SRV_GUIDE_OUT_H

#include <stdint.h>

#include "event_log.h"
#include "guide.h"
#include "nav/status.h"

struct srv_guide_out;

/* `guide` and `log` must outlive it. As nav_cut_map_writer_create. */
NAV_MUST_USE enum nav_status srv_guide_out_create(const char *instance, struct trk_guide *guide,
                                                  struct srv_event_log *log,
                                                  struct srv_guide_out **out_guide_out);
void srv_guide_out_destroy(struct srv_guide_out *out); /* NULL is legal */

/* After every scene. */
void srv_guide_out_tell(struct srv_guide_out *out, int64_t now_ns);

#endif
