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

#include "nav/alarm.h"
#include "nav/limits.h"
#include "nav/pose.h"

/* Raised when the layout changes, or what the same inputs make of it: recorded scenes of another
 * version are not compared. */
#define NAV_SCENE_VERSION 8u

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
    X(NAV_REASON_FRAGMENT_LOOSE, "fragment-loose", "What was cut off is loose and not navigated")  \
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
    char name[NAV_NAME_SIZE];   /* from the case, UTF-8 */
    char device[NAV_NAME_SIZE]; /* OpenIGTLink device name */
    uint32_t state;             /* enum nav_tool_state */
    uint32_t reason;            /* enum nav_reason; NONE while tracked without reservation */
    uint32_t has_pose;          /* 1: the numbers below may be shown */
    uint32_t unverified;        /* 1: the sender states no validity for its poses */
    uint32_t ghost; /* 1: a recorded tool beside a trainee's: never live, never judged */
    uint32_t pad_;
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
    NAV_COLLECTION_CHECK,    /* to check the registration in force */
    NAV_COLLECTION_PARALLEL  /* to learn how a cutter is held beside it */
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

/* Role of a structure, in the order of the case's roles. */
enum nav_role {
    NAV_ROLE_BONE = 0,
    NAV_ROLE_TUMOUR,
    NAV_ROLE_NERVE,
    NAV_ROLE_DURA,
    NAV_ROLE_VESSEL,
    NAV_ROLE_ORGAN,
    NAV_ROLE_OTHER
};

/* How a number stands to its limits. Ordered by urgency. */
enum nav_limit_state {
    NAV_LIMIT_NONE = 0, /* there is no limit, or no number */
    NAV_LIMIT_CLEAR,
    NAV_LIMIT_CAUTION,
    NAV_LIMIT_STOP
};

enum nav_cut_state {
    NAV_CUT_PLANNED = 0,
    NAV_CUT_ACTIVE, /* at most one */
    NAV_CUT_PAUSED,
    NAV_CUT_DONE,
    NAV_CUT_SKIPPED
};

/* How the guided tool stands for the blade that cuts. */
enum nav_guide {
    NAV_GUIDE_NONE = 0,
    NAV_GUIDE_BLADE,    /* a calibrated flat blade itself */
    NAV_GUIDE_PARALLEL, /* a tracked pointer held parallel beside an untracked cutter */
    NAV_GUIDE_AXIS      /* a drill or burr: tip and axis, no edge and no roll */
};

/* A planned cut, the blade against it, and what was cut so far. The cut's frame: normal n, u along
 * the entry edge, v = n x u the cutting direction; offsets are along n. A number that is not known
 * is NaN. The live numbers hold only with `guided`, which needs a live tool. */
struct nav_scene_cut {
    char name[NAV_NAME_SIZE];
    uint32_t state;      /* enum nav_cut_state */
    uint32_t suggested;  /* 1: the tool is held as if this cut were meant */
    uint32_t guided;     /* 1: the live numbers may be shown; the active cut only */
    uint32_t guide;      /* enum nav_guide */
    int32_t tool;        /* index of the guided tool, or NAV_SUBJECT_NONE */
    int32_t margin_side; /* side of the plane that stays with the tumour: +1 along n, -1, 0 = not
                            stated */

    /* live */
    uint32_t offset_state;      /* enum nav_limit_state of offset, ... */
    uint32_t angle_state;       /* ... of pitch and roll ... */
    uint32_t depth_state;       /* ... and of depth */
    uint32_t cutting;           /* 1: the edge is in the bone, below its surface */
    double offset_mm;           /* of the margin-side face at the middle of the edge, along n */
    double corner_offset_mm[2]; /* at the edge's ends, towards -u and +u */
    double pitch_deg;           /* asin(axis . n): the blade leans out of the plane */
    double roll_deg;            /* asin(edge . n): one corner ahead out of the plane */
    double depth_mm;            /* of the deepest edge point along v below the entry edge */
    double remaining_mm;        /* along the blade from the edge to the far cortex */
    double along_mm;            /* of the edge's middle along u from the middle of the entry edge */
    double predicted_mm[2]; /* offsets of both corners at planned depth if the blade goes on as it
                               is held */
    double uncertainty_mm;  /* of the offset, one standard deviation */
    double line_mm;  /* of a drill's tip from the line through point_mm along v; NaN for a blade */
    double line_deg; /* between its axis and that line */

    /* plan */
    double point_mm[3]; /* middle of the entry edge, image space */
    double normal[3];
    double u[3];
    double size_mm[2];
    double planned_depth_mm;
    double kerf_mm;
    double planned_margin_mm; /* from the plane to the tumour */

    /* what was cut, from the blade's sweep; the map itself: nav/cut_map.h */
    uint32_t map_revision; /* counts changes of the map; 0 = nothing cut */
    uint32_t fitted;       /* 1: the executed plane is known */
    double coverage;       /* share of the planned area that is cut, 0 to 1 */
    double executed_point_mm[3];
    double executed_normal[3];
    double mean_deviation_mm; /* signed, positive along n */
    double location_mm;       /* largest distance of the cut surface from the planned plane */
    double flatness_mm;       /* width of the narrowest zone that holds the cut surface */
    double parallelism_mm;    /* width of the zone parallel to the planned plane that does */
    double angle_deg;         /* between executed and planned plane */
    double entry_deviation_mm;
    double exit_deviation_mm;
    double margin_mm;   /* achieved, to the tumour */
    int64_t started_ns; /* monotonic, first time active; 0 = never */
    int64_t ended_ns;   /* done or skipped; 0 = not yet */
    int64_t cutting_ns; /* time with the edge in the bone */
    uint32_t checks;    /* registration checks while it was active */
    uint32_t overrides; /* decisions of a person against a limit */
};

/* A named structure against the guided tool: where both are nearest. */
struct nav_scene_structure {
    char name[NAV_NAME_SIZE];
    uint32_t role;         /* enum nav_role */
    uint32_t limit_state;  /* enum nav_limit_state, with hysteresis */
    uint32_t has_distance; /* 1: the numbers may be shown; needs a live tool */
    uint32_t is_signed;    /* 1: closed surface, negative is inside; 0: open, never negative */
    int32_t tool;          /* index of the tool measured from, or NAV_SUBJECT_NONE */
    uint32_t limited;      /* 1: it has limits */
    double distance_mm;    /* from the swept edge or the shaft, whichever is nearer */
    double uncertainty_mm; /* one standard deviation: registration, calibration, tracker */
    double caution_mm;     /* its limits; NaN = none */
    double stop_mm;
    double ahead_mm;      /* to its surface along the predicted path; NaN = not on it */
    double behind_mm;     /* its distance behind the far cortex on that path; NaN = not on it */
    double nearest_mm[3]; /* point of the structure, image space */
    double from_mm[3];    /* point of the tool */
};

/* Whether what was cut loose still moves with the reference (after the first complete cut). */
enum nav_fragment {
    NAV_FRAGMENT_WHOLE = 0, /* nothing is cut through yet */
    NAV_FRAGMENT_ASKED,     /* somebody has to say */
    NAV_FRAGMENT_RIGID,     /* confirmed: still rigid with the reference */
    NAV_FRAGMENT_LOOSE      /* no longer navigated */
};

/* An alarm. Order: highest priority first, then those whose cause holds, then by urgency (the order
 * of nav/alarm.h), then the newest. */
struct nav_scene_alarm {
    uint32_t code;            /* enum nav_alarm */
    uint32_t priority;        /* enum nav_alarm_priority */
    uint32_t active;          /* 1: its cause holds now */
    uint32_t latched;         /* 1: its cause is over and nobody has acknowledged it yet */
    uint32_t acknowledged;    /* 1: somebody has; it stays listed while its cause holds */
    int32_t subject;          /* index of the tool, cut or structure it is about, a number for each
                                 display, or NAV_SUBJECT_NONE */
    int64_t since_ns;         /* monotonic: when the cause began last */
    double value;             /* the number over its limit; NaN = none */
    char text[NAV_TEXT_SIZE]; /* the cause, with its subject, for people */
};

enum nav_recording_state {
    NAV_RECORDING_OFF = 0, /* not wanted */
    NAV_RECORDING_ON,
    NAV_RECORDING_FAILED /* wanted, and something is lost: NOT RECORDING */
};

struct nav_scene_recording {
    uint32_t state; /* enum nav_recording_state */
    uint32_t pad_;
    uint64_t messages; /* recorded */
    uint64_t bytes;    /* written */
    uint64_t dropped;  /* lost for want of room */
    char session[NAV_NAME_SIZE];
    char reason[NAV_TEXT_SIZE]; /* why it failed, for people */
};

/* What a mark on a replay's timeline stands for; the higher counts more. */
#define NAV_REPLAY_MARK_LIST(X)                                                                    \
    X(NAV_REPLAY_MARK_NOTE, "annotation")                                                          \
    X(NAV_REPLAY_MARK_CHECK, "check") /* of the registration, or another registration */           \
    X(NAV_REPLAY_MARK_CUT, "cut")                                                                  \
    X(NAV_REPLAY_MARK_ALARM, "alarm")

enum nav_replay_mark_kind {
#define NAV_REPLAY_MARK_ENUM(name, key) name,
    NAV_REPLAY_MARK_LIST(NAV_REPLAY_MARK_ENUM)
#undef NAV_REPLAY_MARK_ENUM
        NAV_REPLAY_MARK_COUNT
};

struct nav_scene_replay_mark {
    int64_t at_ns; /* since the recording's beginning */
    uint32_t kind; /* enum nav_replay_mark_kind */
    uint32_t pad_;
};

/* Where a replay stands; meaningless unless the mode is NAV_MODE_REPLAY. */
struct nav_scene_replay {
    char session[NAV_NAME_SIZE];
    int64_t at_ns; /* since the recording's beginning */
    int64_t length_ns;
    double speed; /* 1 = as it was; 0 = as fast as possible */
    uint32_t paused;
    uint32_t mark_count;
    struct nav_scene_replay_mark
        marks[NAV_REPLAY_MARKS_MAX]; /* by time; of those that are close to
                                         each other the one that counts most */
    int64_t event_ns;                /* of the newest event up to now; meaningless without a text */
    uint32_t event_kind;             /* enum nav_replay_mark_kind */
    uint32_t pad_;
    char event[NAV_TEXT_SIZE]; /* what happened, as it was recorded; empty: nothing yet */
};

/* Stable word of a kind, as in --json. Never NULL. */
const char *nav_replay_mark_name(uint32_t kind);

/* An order to displays: they act once on each serial that they have not seen yet. */
struct nav_scene_view_order {
    uint64_t serial;             /* counts from 1 */
    char display[NAV_NAME_SIZE]; /* empty = every one */
    char action[NAV_NAME_SIZE];  /* words of render/view_order.h */
    char argument[NAV_NAME_SIZE];
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

    uint32_t cut_count;
    uint32_t structure_count;
    uint32_t alarm_count;  /* entries in alarms */
    uint32_t alarms_total; /* may exceed alarm_count */
    uint32_t muted;        /* 1: alarms make no sound */
    uint32_t fragment;     /* enum nav_fragment */
    int32_t guided_tool;   /* index of the tool that cuts are guided by, or NAV_SUBJECT_NONE */
    uint32_t pad_;
    struct nav_scene_cut cuts[NAV_CUTS_MAX];                   /* in the order of the operation */
    struct nav_scene_structure structures[NAV_STRUCTURES_MAX]; /* in the case's order */
    struct nav_scene_alarm alarms[NAV_ALARMS_MAX];
    struct nav_scene_recording recording;
    struct nav_scene_replay replay;
    uint64_t view_order_count; /* given since start: the newest serial */
    struct nav_scene_view_order view_orders[NAV_VIEW_ORDERS_MAX]; /* serial s at s % the size */
};

/* Nothing is shown of what a tool gave: the numbers become NaN, their flags and states none. */
void nav_scene_withhold_guidance(struct nav_scene_cut *cut);
void nav_scene_withhold_distance(struct nav_scene_structure *structure);

/* Stable names for JSON, logs and tests. Values outside the list give "?". Never NULL. */
const char *nav_trust_name(uint32_t trust);       /* "withheld" "caution" "ok" */
const char *nav_tool_state_name(uint32_t state);  /* "never" "tracked" "stale" ... */
const char *nav_reason_name(uint32_t reason);     /* "reference-lost" ... */
const char *nav_reason_text(uint32_t reason);     /* "Patient reference lost" ... */
const char *nav_mode_name(uint32_t mode);         /* "live" "simulation" "replay" */
const char *nav_collection_name(uint32_t kind);   /* "none" "landmark" "check" "parallel" */
const char *nav_role_name(uint32_t role);         /* "bone" "tumour" "nerve" "dura" "vessel" ... */
const char *nav_limit_state_name(uint32_t state); /* "none" "clear" "caution" "stop" */
const char *nav_cut_state_name(uint32_t state);   /* "planned" "active" "paused" "done" "skipped" */
const char *nav_guide_name(uint32_t guide);       /* "none" "blade" "parallel" "axis" */
const char *nav_fragment_name(uint32_t fragment); /* "whole" "asked" "rigid" "loose" */
const char *nav_recording_name(uint32_t state);   /* "off" "recording" "failed" */

#endif
