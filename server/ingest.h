/* Whole messages to pose samples: the last place that knows OpenIGTLink, the first that knows the
 * case's devices.
 *
 *   TRANSFORM, POSITION, QTRANS
 *              device = metadata IGTL_DEVICE_NAME where stated (names over 20 bytes), else the
 *              header's device name; a POSITION without orientation places no tool and is dropped
 *   TDATA, QTDATA
 *              each element is a device: its name in the case is the element's exact name; else
 *              the case's "<element>ToTracker", because they measure in the tracker's frame by
 *              definition. A device that the case measures against anything else never matches
 *              by that rule.
 *
 * One peer owns a device: the first that sends it, until it disconnects. Samples of any other peer
 * are refused and counted, so that two trackers never alternate in one picture.
 * Nothing is judged here (the navigator's gate does that) and nothing is kept: a message becomes
 * samples or counters. No I/O, no allocation, no clock. Thread: loop. */
#ifndef SRV_INGEST_H
#define SRV_INGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nav/limits.h"
#include "nav/status.h"
#include "navigator.h"
#include "wire_message.h"

enum {
    SRV_INGEST_NAMES_MAX = 16, /* unknown device names remembered for each peer */
    SRV_INGEST_SEATS = 16      /* places in TDATA remembered for each peer */
};

/* Things worth a line in the log or a word to the peer; each once for a peer and name. */
enum srv_ingest_event {
    SRV_INGEST_DEVICE_OWNED,  /* the peer is now the owner of this device */
    SRV_INGEST_DEVICE_TAKEN,  /* refused: another peer owns this device */
    SRV_INGEST_DEVICE_UNKNOWN /* not in the case */
};

struct srv_ingest_peer;

typedef void (*srv_ingest_event_fn)(void *context, struct srv_ingest_peer *peer,
                                    enum srv_ingest_event event, const char *device);

/* Who stood last at a place of the peer's TDATA or QTDATA: mostly the same tool stands there again,
 * whose name and device then need no second look. */
struct srv_ingest_seat {
    char name[WIRE_DEVICE_SIZE + 1]; /* as wire_text_retake_name keeps it; zeroes at first */
    uint8_t name_length;
    uint32_t device; /* or TRK_NO_DEVICE */
};

/* A peer as ingest sees it; embedded in its session. Zero it, then set `id` and `context`. */
struct srv_ingest_peer {
    uint32_t id;         /* unique among all peers since start, never 0 */
    void *context;       /* handed to the event function */
    uint64_t accepted;   /* samples taken by the navigator */
    uint64_t rejected;   /* samples refused by its gate */
    uint64_t refused;    /* samples refused because another peer owns the device */
    uint64_t unknown;    /* samples of devices that are not in the case */
    uint64_t taken_bits; /* devices whose refusal has been told to this peer */
    struct srv_ingest_seat seats[SRV_INGEST_SEATS];
    uint32_t unknown_name_count;
    char unknown_names[SRV_INGEST_NAMES_MAX][NAV_NAME_SIZE];
};

struct srv_ingest {
    struct trk_navigator *navigator;  /* not owned */
    srv_ingest_event_fn on_event;     /* NULL is legal */
    uint64_t changes;                 /* samples pushed: when it moves, a new scene is due */
    uint32_t owners[NAV_DEVICES_MAX]; /* peer id, 0 = nobody */
};

void srv_ingest_init(struct srv_ingest *ingest, struct trk_navigator *navigator,
                     srv_ingest_event_fn on_event);

/* Whether messages of this kind carry poses for us. */
bool srv_ingest_wants(enum wire_kind kind);

/* Takes one message whose bytes arrived at `arrival_ns` on the monotonic clock.
 * NAV_OK; NAV_ERR_UNSUPPORTED: a type it does not want; else the validator's error: the content
 * does not have the shape its type demands, nothing of it was used. */
NAV_MUST_USE enum nav_status srv_ingest_message(struct srv_ingest *ingest,
                                                struct srv_ingest_peer *peer,
                                                const struct wire_message *message,
                                                int64_t arrival_ns);

/* The peer is gone: its devices are free for others. */
void srv_ingest_peer_gone(struct srv_ingest *ingest, const struct srv_ingest_peer *peer);

/* Whether the peer owns at least one device. */
bool srv_ingest_peer_owns(const struct srv_ingest *ingest, const struct srv_ingest_peer *peer);

#endif
