/* Frames to OpenIGTLink messages, the way trackers' servers send them.
 *
 * One TRANSFORM for each pose, or one TDATA for the frame; all carry the frame's one stamp. With
 * header version 2 every pose states its validity as PLUS does: metadata TransformValid ("1", "0")
 * and TransformStatus for TRANSFORM, <Name>Status for TDATA; a name of more than 20 bytes is sent
 * whole as metadata IGTL_DEVICE_NAME with its first 20 bytes as device. A pose that is not valid is
 * left out, or, with `send_invalid`, sent with its status. Thread: any. */
#ifndef SIM_PACK_H
#define SIM_PACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nav/status.h"
#include "sim_frame.h"

enum { SIM_PACK_SIZE = SIM_POSES_MAX * 512 }; /* bytes that the largest frame needs */

struct sim_pack_config {
    uint16_t header_version; /* 1 or 2 */
    bool tdata;              /* one TDATA a frame instead of TRANSFORMs */
    bool send_invalid;       /* needs header version 2 */
};

struct sim_pack_count {
    uint64_t messages;
    uint64_t poses;         /* sent */
    uint64_t poses_invalid; /* of these, stated as not valid */
    uint64_t poses_omitted; /* not valid and therefore left out */
};

/* Whether a device can be sent so: NAV_ERR_RANGE when its name has more than 20 bytes and TDATA or
 * the header version cannot carry it. */
NAV_MUST_USE enum nav_status sim_pack_check_name(const struct sim_pack_config *config,
                                                 const char *device);

/* Writes the messages of a frame; none when no pose is to be sent (then `out_size` is 0).
 * `stamp_ns`: UTC. `count` is added to. NAV_ERR_RANGE: a name that cannot be sent. */
NAV_MUST_USE enum nav_status sim_pack_frame(const struct sim_pack_config *config,
                                            const struct sim_frame *frame, int64_t stamp_ns,
                                            uint8_t bytes[SIM_PACK_SIZE],
                                            struct sim_pack_count *count, size_t *out_size);

#endif
