/* The scene as OpenIGTLink: the registered poses, packed once for all subscribers.
 *
 *   TRANSFORM "<tool>TipToImage"  rotation of the tool and position of its tip in image space,
 *                                 LPS mm, stamped with the time of acquisition (the sender's own
 *                                 stamp where there was one)
 *   TDATA                         the same for all tools that are shown; who is not shown is left
 *                                 out, as the protocol has it
 * Version 2 says more in metadata: TransformStatus (OK, MISSING, INVALID), TransformValid (1, 0),
 * Space (LPS), Trust (ok, caution, withheld), Reason, TransformError (mm), Mode unless live, and
 * IGTL_DEVICE_NAME for a name over 20 bytes. A tool that is withheld is sent once to version 2 with
 * an identity pose, TransformValid 0 and the reason; version 1 cannot say it and hears nothing. Nor
 * can it say that a pose is a recorded one: of a replay it hears none.
 * Two tools whose names are equal in their first 20 bytes: only the first is sent to version 1.
 * No I/O, no clock. Thread: loop. */
#ifndef SRV_PUBLISHER_H
#define SRV_PUBLISHER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nav/limits.h"
#include "nav/scene.h"
#include "wire_message.h"

enum {
    SRV_PUBLISHER_VERSIONS = 2,
    SRV_PUBLISHER_BATCH_MAX = 32 * 1024,
    SRV_PUBLISHER_STATE_MAX = 8 * 1024, /* all tools once; also one TDATA */
    SRV_PUBLISHER_NAME_SIZE = NAV_NAME_SIZE + 16
};

/* What was last said of a tool. */
struct srv_published {
    bool shown;
    int64_t arrival_ns;
    int64_t device_ns;
    uint32_t state;
    uint32_t reason;
};

struct srv_publisher_batch {
    size_t size;
    uint8_t bytes[SRV_PUBLISHER_BATCH_MAX];
};

struct srv_publisher {
    uint32_t tool_count;
    char names[NAV_TOOLS_MAX][SRV_PUBLISHER_NAME_SIZE]; /* whole */
    char devices[NAV_TOOLS_MAX][WIRE_DEVICE_SIZE + 1];  /* the first 20 bytes, whole characters */
    bool ambiguous[NAV_TOOLS_MAX];                      /* `devices` is another tool's, too */
    struct srv_published last[NAV_TOOLS_MAX];
    uint64_t left_out; /* messages that a full batch lost; newer ones followed */
    struct srv_publisher_batch batches[SRV_PUBLISHER_VERSIONS]; /* [0] version 1, [1] version 2 */
};

/* Names come from the scene's tools. */
void srv_publisher_init(struct srv_publisher *publisher, const struct nav_scene *scene);

/* Adds what is new in `scene` to the batch: a pose not sent yet; to version 2 also that a pose sent
 * before has become stale, or that a tool is withheld, or why. */
void srv_publisher_collect(struct srv_publisher *publisher, const struct nav_scene *scene);

/* The messages collected since the batch was ended last; empty is legal. */
const struct srv_publisher_batch *srv_publisher_batch(const struct srv_publisher *publisher,
                                                      uint16_t version);
void srv_publisher_end_batch(struct srv_publisher *publisher);

/* Packs every tool's state as TRANSFORMs. Returns the size; 0 when there is nothing to say. */
size_t srv_publisher_state(const struct srv_publisher *publisher, const struct nav_scene *scene,
                           uint16_t version, uint8_t out_bytes[SRV_PUBLISHER_STATE_MAX]);

/* Packs one TDATA, which may be empty. */
size_t srv_publisher_tdata(const struct srv_publisher *publisher, const struct nav_scene *scene,
                           uint16_t version, uint8_t out_bytes[SRV_PUBLISHER_STATE_MAX]);

#endif
