/* Compile-time ceilings of everything that has a fixed capacity.
 * What reaches a ceiling is counted and reported, never dropped silently. */
#ifndef NAV_LIMITS_H
#define NAV_LIMITS_H

enum {
    NAV_NAME_SIZE = 64,       /* bytes of a name in UTF-8, with its terminating NUL */
    NAV_TEXT_SIZE = 128,      /* bytes of a one-line text, with its terminating NUL */
    NAV_TOOLS_MAX = 16,       /* tools of one case */
    NAV_DEVICES_MAX = 32,     /* tracked devices known to the navigator: tools and reference */
    NAV_HISTORY_MAX = 128,    /* poses kept of each device: 2 s at 60 Hz, 0.25 s at 500 Hz */
    NAV_PEERS_MAX = 16,       /* peers listed in a scene; more may be connected, they are counted */
    NAV_REASONS_MAX = 16,     /* reasons listed in a verdict */
    NAV_CUTS_MAX = 16,        /* planned cuts of one case */
    NAV_STRUCTURES_MAX = 64,  /* named structures of one case */
    NAV_ALARMS_MAX = 32,      /* alarms listed in a scene; the lower ones make room */
    NAV_VIEW_ORDERS_MAX = 8,  /* orders to displays that a scene still carries */
    NAV_REPLAY_MARKS_MAX = 64 /* marks on the timeline of a replay */
};

#endif
