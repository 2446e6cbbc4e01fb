/* Every cause of an alarm: one row each, the single table of codes, words and remedies.
 *
 * X(name, key, priority, hazard, text, remedy). `key` is the stable name for JSON and logs; `text`
 * is the cause as shown, the subject's name is put before it; `remedy` is what to do now; `hazard`
 * is the row of docs/safety.md. Within a priority the order is the order of urgency. Thread: any.
 */
#ifndef NAV_ALARM_H
#define NAV_ALARM_H

#include <stdint.h>

/* After IEC 60601-1-8: high demands an immediate answer, low demands awareness. */
enum nav_alarm_priority { NAV_PRIORITY_LOW = 0, NAV_PRIORITY_MEDIUM, NAV_PRIORITY_HIGH };

#define NAV_ALARM_LIST(X)                                                                          \
    X(NAV_ALARM_STOP_DISTANCE, "stop-distance", NAV_PRIORITY_HIGH, "H29",                          \
      "nearer than its stop distance", "Stop cutting, draw the blade back")                        \
    X(NAV_ALARM_OVER_DEPTH, "over-depth", NAV_PRIORITY_HIGH, "H30", "deeper than planned",         \
      "Stop cutting, draw the blade back")                                                         \
    X(NAV_ALARM_OFF_PLANE, "off-plane", NAV_PRIORITY_HIGH, "H31", "blade off the planned plane",   \
      "Move the blade back to the plane")                                                          \
    X(NAV_ALARM_REFERENCE_MOVED, "reference-moved", NAV_PRIORITY_HIGH, "H9",                       \
      "patient reference was moved", "Check a landmark, or register again")                        \
    X(NAV_ALARM_REGISTRATION_DRIFT, "registration-drift", NAV_PRIORITY_HIGH, "H9",                 \
      "registration is off at a landmark", "Register again")                                       \
    X(NAV_ALARM_REFERENCE_LOST, "reference-lost", NAV_PRIORITY_HIGH, "H10",                        \
      "patient reference not seen", "Free the camera's view of the reference")                     \
    X(NAV_ALARM_TOOL_LOST, "tool-lost", NAV_PRIORITY_HIGH, "H1", "not seen while cutting",         \
      "Stop cutting until the tool is seen")                                                       \
    X(NAV_ALARM_FRAGMENT, "fragment", NAV_PRIORITY_HIGH, "H28", "cut through: fragment may move",  \
      "Say whether the fragment is still rigid with the reference")                                \
    X(NAV_ALARM_CAUTION_DISTANCE, "caution-distance", NAV_PRIORITY_MEDIUM, "H29",                  \
      "within its caution distance", "Go on slowly")                                               \
    X(NAV_ALARM_OFF_ANGLE, "off-angle", NAV_PRIORITY_MEDIUM, "H31", "blade tilted off the plane",  \
      "Turn the blade back to the plane")                                                          \
    X(NAV_ALARM_DISPLAY, "display", NAV_PRIORITY_MEDIUM, "H3", "display does not answer",          \
      "Look at another display; it is being started again")                                        \
    X(NAV_ALARM_DUPLICATE_SENDER, "duplicate-sender", NAV_PRIORITY_MEDIUM, "H21",                  \
      "a second sender gives this device", "Disconnect one of the two senders")                    \
    X(NAV_ALARM_NOT_RECORDING, "not-recording", NAV_PRIORITY_MEDIUM, "H26", "NOT RECORDING",       \
      "Free disk space or give another folder")                                                    \
    X(NAV_ALARM_REGISTRATION_UNCHECKED, "registration-unchecked", NAV_PRIORITY_LOW, "H9",          \
      "registration not checked for long", "Touch a landmark to check it")                         \
    X(NAV_ALARM_TOOL_STALE, "tool-stale", NAV_PRIORITY_LOW, "H1", "pose late",                     \
      "Free the camera's view")

enum nav_alarm {
#define NAV_ALARM_ENUM(name, key, priority, hazard, text, remedy) name,
    NAV_ALARM_LIST(NAV_ALARM_ENUM)
#undef NAV_ALARM_ENUM
        NAV_ALARM_COUNT
};

/* Values outside the list give "?", and the lowest priority. Never NULL. */
const char *nav_alarm_name(uint32_t code);
const char *nav_alarm_text(uint32_t code);
const char *nav_alarm_remedy(uint32_t code);
const char *nav_alarm_hazard(uint32_t code);
enum nav_alarm_priority nav_alarm_priority_of(uint32_t code);
const char *nav_alarm_priority_name(uint32_t priority); /* "low" "medium" "high" */

#endif
