/* The scene: everything a viewer may know about one instant, in one pointer-free struct.
 *
 * The core builds it (tracking/scene_builder) and publishes it (nav/scene_channel); displays, the
 * recorder, gateways and tests read it and decide nothing. Image space is LPS, millimetres.
 * A number that must not be used is NaN and its `has_*` flag is false; the zero struct means
 * "withheld, nothing known". Fixed layout: any change of a field raises NAV_SCENE_VERSION.
 * Thread: any; a scene belongs to whoever holds the copy. */
#ifndef NAV_SCENE_H
#define NAV_SCENE_H

#include <stdbool.h>
#include <stdint.h>

#include "nav/limits.h"
#include "nav/pose.h"

#define NAV_SCENE_VERSION 4u

/* One honest verdict on the picture. Ordered: the worst contribution wins. */
enum nav_trust {
    NAV_TRUST_WITHHELD = 0, /* do not use: no tool is shown as live */
    NAV_TRUST_CAUTION = 1,  /* usable with a stated reservation */
    NAV_TRUST_OK = 2
};

/* State of a tool or of the patient reference. */
enum nav_tool_state {
    NAV_TOOL_NEVER = 0, /* no pose since start */
    NAV_TOOL_TRACKED,   /* live, age <= caution limit */
    NAV_TOOL_STALE,     /* caution limit < age <= withhold limit: shown, marked */
    NAV_TOOL_LOST,      /* older than the withhold limit, or its reference is: withheld */
    NAV_TOOL_INVALID    /* the sender says invalid, or its poses are being rejected: withheld */
};

/* Why: code, stable name (JSON and logs), text for people. The order is the order of urgency. */
#define NAV_REASON_LIST(X)                                                                         \
    X(NAV_REASON_NONE, "", "")                                                                     \
    X(NAV_REASON_CORE_SILENT, "core-silent", "Navigation core does not answer")                    \
    X(NAV_REASON_NO_REGISTRATION, "no-registration", "Patient not registered")                     \
    X(NAV_REASON_REGISTRATION_REFUSED, "registration-refused", "Registration outside its limits")  \
    X(NAV_REASON_REGISTRATION_DRIFT, "registration-drift", "Registration is off at a landmark")    \
    X(NAV_REASON_REFERENCE_MOVED, "reference-moved", "Patient reference was moved: check it")      \
    X(NAV_REASON_NO_PEER, "no-peer", "No tracker connected")                                       \
    X(NAV_REASON_LINK_DOWN, "link-down", "Tracker link lost")                                      \
    X(NAV_REASON_REFERENCE_NEVER, "reference-never", "Patient reference not seen yet")             \
    X(NAV_REASON_REFERENCE_LOST, "reference-lost", "Patient reference lost")                       \
    X(NAV_REASON_REFERENCE_INVALID, "reference-invalid", "Patient reference not visible")          \
    X(NAV_REASON_REFERENCE_STALE, "reference-stale", "Patient reference late")                     \
    X(NAV_REASON_REFERENCE_APART, "reference-apart",                                               \
      "Tool and reference not from the same instant")                                              \
    X(NAV_REASON_TOOL_NEVER, "tool-never", "Tool not seen yet")                                    \
    X(NAV_REASON_TOOL_LOST, "tool-lost", "Tool lost")                                              \
    X(NAV_REASON_TOOL_INVALID, "tool-invalid", "Tool not visible to the tracker")                  \
    X(NAV_REASON_TOOL_STALE, "tool-stale", "Tool pose late")                                       \
    X(NAV_REASON_POSE_NOT_FINITE, "pose-not-finite", "Poses rejected: not a number")               \
    X(NAV_REASON_POSE_NOT_RIGID, "pose-not-rigid", "Poses rejected: not rigid")                    \
    X(NAV_REASON_POSE_OUT_OF_RANGE, "pose-out-of-range", "Poses rejected: too far away")           \
    X(NAV_REASON_POSE_OLD, "pose-old", "Poses rejected: time stamps do not advance")               \
    X(NAV_REASON_POSE_IDENTITY, "pose-identity", "Tracker sends the identity pose")                \
    X(NAV_REASON_POSE_REPEATED, "pose-repeated", "Pose repeats bit for bit")                       \
    X(NAV_REASON_CLOCK_JUMP, "clock-jump", "Sender clock jumped")                                  \
    X(NAV_REASON_DUPLICATE_SENDER, "duplicate-sender", "A second sender gives the same device")    \
    X(NAV_REASON_SENDER_UNVERIFIED, "sender-unverified", "Sender states no validity")              \
    X(NAV_REASON_FIT_ERROR, "fit-error", "Marker fit error high")                                  \
    X(NAV_REASON_REGISTRATION_OVERRIDE, "registration-override",                                   \
      "Registration used against its limits")                                                      \
    X(NAV_REASON_REGISTRATION_UNCHECKED, "registration-unchecked",                                 \
      "Registration not checked for long")                                                         \
    X(NAV_REASON_OVERFLOW, "overflow", "Capacity exceeded, something is not shown")

enum nav_reason {
#define NAV_REASON_ENUM(name, key, text) name,
    NAV_REASON_LIST(NAV_REASON_ENUM)
#undef NAV_REASON_ENUM
        NAV_REASON_COUNT
};

/* Where the poses come from; anything but LIVE is framed visibly on every display. */
enum nav_mode { NAV_MODE_LIVE = 0, NAV_MODE_SIMULATION, NAV_MODE_REPLAY };

enum { NAV_SUBJECT_NONE = -1 }; /* a verdict reason about no tool in particular */

struct nav_scene_reason {
    uint32_t reason; /* enum nav_reason */
    int32_t tool;    /* index in tools, or NAV_SUBJECT_NONE */
    uint32_t trust;  /* enum nav_trust this reason alone would give */
    uint32_t pad_;
};

struct nav_scene_tool {
    char name[NAV_NAME_SIZE];     /* from the case, UTF-8 */
    char device[NAV_NAME_SIZE];   /* OpenIGTLink device name */
    uint32_t state;               /* enum nav_tool_state */
    uint32_t reason;              /* enum nav_reason; NONE while tracked without reservation */
    uint32_t has_pose;            /* 1: the numbers below may be shown */
    uint32_t unverified;          /* 1: the sender states no validity for its poses */
    int64_t arrival_ns;           /* monotonic arrival of the pose shown or last known; 0 = never */
    int64_t device_ns;            /* its sender's time stamp; 0 = none */
    int64_t age_ns;               /* scene time - arrival, oldest of tool and reference, and the
                                     smoothing's delay; -1 = never */
    int64_t smoothing_delay_ns;   /* by how much smoothing makes the pose shown older; 0 = none */
    struct nav_pose T_image_tool; /* valid only with has_pose */
    double tip_image_mm[3];       /* NaN unless has_pose */
    double axis_image[3];         /* unit vector from tip towards the handle's opposite: the
                                     direction in which the tool points; NaN unless has_pose */
    double R_image[9];            /* row-major rotation of T_image_tool; NaN unless has_pose */
    double error_mm;              /* sender's marker fit error; NaN = not stated */
    uint64_t accepted;            /* poses accepted since start */
    uint64_t rejected;            /* poses rejected by the gate since start */
    int64_t repeated_ns;          /* for how long the pose has been bit-equal; 0 = moving */
};

struct nav_scene_reference {
    char device[NAV_NAME_SIZE];
    uint32_t required; /* 0: the case navigates without a patient reference (phantom on a bench) */
    uint32_t state;    /* enum nav_tool_state */
    uint32_t reason;   /* enum nav_reason */
    uint32_t pad_;
    int64_t arrival_ns;
    int64_t age_ns; /* -1 = never */
    uint64_t accepted;
    uint64_t rejected;
    int64_t repeated_ns;
};

struct nav_scene_registration {
    uint32_t present;
    uint32_t accepted;          /* 1: within its limits when it was made */
    uint32_t overridden;        /* 1: a person put it in force against its limits */
    uint32_t checks;            /* checks at landmarks that are remembered */
    char source[NAV_TEXT_SIZE]; /* where it comes from, for people */
    double fre_mm;              /* NaN = not stated */
    double tre_mm;              /* predicted rms error at the worst target; NaN = not known */
    int64_t last_check_ns;      /* monotonic; 0 = never */
    double last_check_mm;       /* how far the landmark appeared from its place; NaN = never */
    double trend_mm_per_min;    /* slope over the checks; NaN with fewer than two */
    struct nav_pose T_image_reference;
};

/* What a tip is being held still for. */
enum nav_collection_kind {
    NAV_COLLECTION_NONE = 0,
    NAV_COLLECTION_LANDMARK, /* to register */
    NAV_COLLECTION_CHECK     /* to check the registration in force */
};

struct nav_scene_collection {
    uint32_t kind;                /* enum nav_collection_kind */
    uint32_t collected;           /* landmarks touched so far ... */
    uint32_t wanted;              /* ... of those that the case has */
    uint32_t good;                /* 1: the last one that ended was taken */
    double progress;              /* of the hold, 0 to 1 */
    char landmark[NAV_NAME_SIZE]; /* being touched, or touched last; empty = none yet */
    char outcome[NAV_TEXT_SIZE];  /* how the last one ended, for people; empty while it goes on */
};

struct nav_scene_peer {
    char address[NAV_NAME_SIZE]; /* "127.0.0.1:50312" */
    uint32_t header_version;     /* highest OpenIGTLink header version it has sent; 0 = none */
    uint32_t slot;               /* stable while connected */
    int64_t last_message_ns;     /* monotonic; 0 = none */
    uint64_t messages;           /* whole messages with a good CRC */
    uint64_t bytes;
    uint64_t crc_errors;
    uint64_t malformed; /* dropped: wrong length or content for the type */
    uint64_t skipped;   /* types we do not take */
    uint64_t refused;   /* poses refused because another peer owns the device */
};

struct nav_scene {
    uint32_t version; /* NAV_SCENE_VERSION */
    uint32_t size;    /* sizeof(struct nav_scene) */
    uint64_t seq;     /* counts published scenes from 1 */
    int64_t time_ns;  /* monotonic instant that this scene describes */
    int64_t utc_ns;   /* wall clock at that instant, for the clock on screen and for logs */
    uint64_t case_id; /* first 8 bytes of the case's hash: a viewer refuses another case's scene */
    uint32_t mode;    /* enum nav_mode */
    uint32_t trust;   /* enum nav_trust */
    char pseudonym[NAV_NAME_SIZE];
    char case_name[NAV_NAME_SIZE];

    int64_t caution_ns; /* age limits in force, so that a viewer applies the same */
    int64_t withhold_ns;

    uint64_t pose_count;     /* accepted poses of all devices: the heartbeat's clock */
    int64_t pose_arrival_ns; /* arrival of the newest accepted pose; 0 = none */

    uint32_t reason_count;
    uint32_t tool_count;
    uint32_t peer_count;                              /* entries in peers */
    uint32_t peers_total;                             /* connected peers, may exceed peer_count */
    struct nav_scene_reason reasons[NAV_REASONS_MAX]; /* worst first */
    struct nav_scene_registration registration;
    struct nav_scene_collection collection;
    struct nav_scene_reference reference;
    struct nav_scene_tool tools[NAV_TOOLS_MAX];
    struct nav_scene_peer peers[NAV_PEERS_MAX];
};

/* Stable names for JSON, logs and tests. Values outside the list give "?". Never NULL. */
const char *nav_trust_name(uint32_t trust);      /* "withheld" "caution" "ok" */
const char *nav_tool_state_name(uint32_t state); /* "never" "tracked" "stale" ... */
const char *nav_reason_name(uint32_t reason);    /* "reference-lost" ... */
const char *nav_reason_text(uint32_t reason);    /* "Patient reference lost" ... */
const char *nav_mode_name(uint32_t mode);        /* "live" "simulation" "replay" */
const char *nav_collection_name(uint32_t kind);  /* "none" "landmark" "check" */

#endif
