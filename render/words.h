/* Every string of the screen, in every language: one table.
 *
 * X(id, field, English, German). A field says where the string stands: its type and the width that
 * it must not exceed there (theme.h's units); a test measures every string of every language. What
 * the core says comes as a code and is translated by it; names of tools, cuts and structures are
 * the case's own. Numbers are the same in every language. Thread: any. */
#ifndef RND_WORDS_H
#define RND_WORDS_H

#include <stdbool.h>
#include <stdint.h>

#include "theme.h"

#define RND_LANGUAGE_LIST(X)                                                                       \
    X(RND_ENGLISH, "en")                                                                           \
    X(RND_GERMAN, "de")

enum rnd_language {
#define RND_LANGUAGE_ENUM(id, name) id,
    RND_LANGUAGE_LIST(RND_LANGUAGE_ENUM)
#undef RND_LANGUAGE_ENUM
        RND_LANGUAGE_COUNT
};

const char *rnd_language_name(enum rnd_language language);

/* False where there is no such language. */
bool rnd_language_find(const char *name, enum rnd_language *out_language);

/* X(id, width, type, bold) */
#define RND_FIELD_LIST(X)                                                                          \
    X(RND_FIELD_HEADLINE, 900, RND_TYPE_HEADLINE, true)                                            \
    X(RND_FIELD_REASON, 1040, RND_TYPE_BODY, false)                                                \
    X(RND_FIELD_CAUSE, 640, RND_TYPE_BODY, true)                                                   \
    X(RND_FIELD_REMEDY, 1150, RND_TYPE_SMALL, false)                                               \
    X(RND_FIELD_STATUS, 270, RND_TYPE_SMALL + 2, true)                                             \
    X(RND_FIELD_STRIP_LABEL, 196, RND_TYPE_SMALL, false)                                           \
    X(RND_FIELD_STRIP_VALUE, 186, RND_TYPE_SMALL, true)                                            \
    X(RND_FIELD_STRIP_WIDE, 400, RND_TYPE_BODY, true)                                              \
    X(RND_FIELD_STATE, 186, RND_TYPE_SMALL, true)                                                  \
    X(RND_FIELD_CARD, 250, RND_TYPE_SMALL, false)                                                  \
    X(RND_FIELD_CARD_WIDE, 452, RND_TYPE_SMALL, false)                                             \
    X(RND_FIELD_CARD_HEAD, 260, RND_TYPE_BODY, true)                                               \
    X(RND_FIELD_LINE, 150, RND_TYPE_SMALL, false)                                                  \
    X(RND_FIELD_SECTION, 250, RND_TYPE_SMALL, true)                                                \
    X(RND_FIELD_PLATE, 330, RND_TYPE_BODY, true)                                                   \
    X(RND_FIELD_VIEW, 620, RND_TYPE_BODY, true)                                                    \
    X(RND_FIELD_MODE, 300, RND_TYPE_BODY + 4, true)                                                \
    X(RND_FIELD_KEY, 300, RND_TYPE_SMALL + 2, true)                                                \
    X(RND_FIELD_BUTTON, 124, RND_TYPE_SMALL, true)                                                 \
    X(RND_FIELD_BUTTON_WIDE, 260, RND_TYPE_SMALL, true)                                            \
    X(RND_FIELD_HELP, 560, RND_TYPE_SMALL + 2, false)                                              \
    X(RND_FIELD_PAGE, 880, RND_TYPE_BODY, false)

enum rnd_field {
#define RND_FIELD_ENUM(id, width, type, bold) id,
    RND_FIELD_LIST(RND_FIELD_ENUM)
#undef RND_FIELD_ENUM
        RND_FIELD_COUNT
};

struct rnd_field_size {
    int width;
    int type;
    bool bold;
};

extern const struct rnd_field_size rnd_fields[RND_FIELD_COUNT];

#define RND_WORDS_LIST(X)                                                                          \
    /* the verdict */                                                                              \
    X(LIVE_HEADLINE, HEADLINE, "NAVIGATION LIVE", "NAVIGATION LIVE")                               \
    X(CAUTION_HEADLINE, HEADLINE, "CAUTION", "VORSICHT")                                           \
    X(WITHHELD_HEADLINE, HEADLINE, "DO NOT NAVIGATE", "NICHT NAVIGIEREN")                          \
    X(SIMULATION_HEADLINE, HEADLINE, "SIMULATION RUNNING", "SIMULATION LÄUFT")                     \
    X(REPLAY_HEADLINE, HEADLINE, "REPLAY RUNNING", "WIEDERGABE LÄUFT")                             \
    X(REPLAY_STANDS_HEADLINE, HEADLINE, "REPLAY PAUSED", "WIEDERGABE STEHT")                       \
    X(REVIEW_HEADLINE, HEADLINE, "PLAN ONLY", "NUR DER PLAN")                                      \
    X(REVIEW_REASON, REASON, "Review: no tool is shown", "Durchsicht: kein Werkzeug wird gezeigt") \
    X(WAITING, REASON, "Waiting for the navigation core", "Warten auf den Navigationskern")        \
    X(NO_CORE, REASON, "No navigation core running", "Kein Navigationskern läuft")                 \
    X(CORE_STOPPED, REASON, "Navigation core stopped", "Navigationskern ist beendet")              \
    X(OTHER_VERSION, REASON, "Navigation core is of another version",                              \
      "Navigationskern hat eine andere Version")                                                   \
    X(OTHER_CASE, REASON, "Navigation core runs another case",                                     \
      "Navigationskern arbeitet an einem anderen Fall")                                            \
    X(NO_AGE_LIMITS, REASON, "Navigation core states no usable age limits",                        \
      "Navigationskern nennt keine brauchbaren Altersgrenzen")                                     \
    X(CLOCKS_DISAGREE, REASON, "Clocks of core and display disagree",                              \
      "Uhren von Kern und Anzeige widersprechen sich")                                             \
    X(CORE_SILENT, REASON, "CORE NOT RESPONDING", "KERN ANTWORTET NICHT")                          \
    X(DISPLAY_SLOW, REASON, "DISPLAY TOO SLOW", "ANZEIGE ZU LANGSAM")                              \
    X(NO_TOOL_VISIBLE, REASON, "No tool visible", "Kein Werkzeug sichtbar")                        \
    X(POSE_LATE, REASON, "Pose late", "Lage verspätet")                                            \
    X(TOOL_LOST, REASON, "Tool lost", "Werkzeug verloren")                                         \
    X(NOT_SHOWN, REASON, "NOT SHOWN: ", "NICHT GEZEIGT: ")                                         \
    X(THE_3D_VIEW, REASON, "3D VIEW", "3D-BILD")                                                   \
    /* states */                                                                                   \
    X(NOT_SEEN_YET, STATE, "NOT SEEN YET", "NIE GESEHEN")                                          \
    X(NOT_VISIBLE, STATE, "NOT VISIBLE", "UNSICHTBAR")                                             \
    X(LOST, STATE, "LOST", "VERLOREN")                                                             \
    X(WITHHELD, STATE, "WITHHELD", "GESPERRT")                                                     \
    X(LATE, STATE, "LATE", "VERSPÄTET")                                                            \
    X(LIVE, STATE, "LIVE", "LIVE")                                                                 \
    X(LIVE_CHECK, STATE, "LIVE, CHECK", "LIVE, PRÜFEN")                                            \
    X(GHOST, STATE, "RECORDED", "AUFNAHME")                                                        \
    /* the strip */                                                                                \
    X(TRACKER, STRIP_LABEL, "TRACKER", "TRACKER")                                                  \
    X(REFERENCE, STRIP_LABEL, "REFERENCE", "REFERENZ")                                             \
    X(REGISTRATION, STRIP_LABEL, "REGISTRATION", "REGISTRIERUNG")                                  \
    X(DISPLAY, STRIP_LABEL, "DISPLAY", "ANZEIGE")                                                  \
    X(MONITOR, STRIP_LABEL, "MONITOR", "MONITOR")                                                  \
    X(MONITOR_MISSING, STRIP_VALUE, "NOT FOUND", "FEHLT")                                          \
    X(MORE, STRIP_LABEL, "MORE", "WEITERE")                                                        \
    X(NO_TRACKER, STRIP_VALUE, "NO TRACKER", "KEIN TRACKER")                                       \
    X(RECEIVING, STRIP_VALUE, "RECEIVING", "EMPFÄNGT")                                             \
    X(SILENT, STRIP_VALUE, "SILENT", "STUMM")                                                      \
    X(NOT_USED, STRIP_VALUE, "NOT USED", "NICHT BENUTZT")                                          \
    X(VISIBLE, STRIP_VALUE, "VISIBLE", "SICHTBAR")                                                 \
    X(NONE, STRIP_VALUE, "NONE", "KEINE")                                                          \
    X(UNKNOWN, STRIP_VALUE, "UNKNOWN", "UNBEKANNT")                                                \
    X(TRE_UNKNOWN, STRIP_WIDE, "TRE UNKNOWN", "TRE UNBEKANNT")                                     \
    X(REFUSED, STRIP_VALUE, "REFUSED", "ABGELEHNT")                                                \
    X(OVERRIDDEN, STRIP_VALUE, "OVERRIDDEN", "ÜBERSTIMMT")                                         \
    X(INCOMPLETE, STRIP_VALUE, "INCOMPLETE", "LÜCKENHAFT")                                         \
    X(CHECK, STRIP_VALUE, "CHECK", "PRÜFEN")                                                       \
    X(OK, STRIP_VALUE, "OK", "OK")                                                                 \
    X(CHECKED, STRIP_VALUE, "checked", "geprüft")                                                  \
    X(NEVER_CHECKED, STRIP_VALUE, "not checked", "ungeprüft")                                      \
    X(PICTURE_INCOMPLETE, STRIP_VALUE, "INCOMPLETE", "LÜCKENHAFT")                                 \
    X(PICTURE_SLOW, STRIP_VALUE, "NO OPENGL 4.3", "KEIN GL 4.3")                                   \
    /* alarms and recording */                                                                     \
    X(NO_ALARMS, CAUSE, "No alarm", "Kein Alarm")                                                  \
    X(ALARMS_UNKNOWN, CAUSE, "Alarms are not known", "Alarme sind nicht bekannt")                  \
    X(LATCHED, REMEDY, "over, not acknowledged yet", "vorbei, noch nicht quittiert")               \
    X(RECORDING, STATUS, "REC", "REC")                                                             \
    X(NOT_RECORDING, STATUS, "NOT RECORDING", "KEINE AUFNAHME")                                    \
    X(SOUND_OFF, STATUS, "SOUND OFF", "TON AUS")                                                   \
    X(SIMULATION, MODE, "SIMULATION", "SIMULATION")                                                \
    X(REPLAY, MODE, "REPLAY", "WIEDERGABE")                                                        \
    X(PAUSED, MODE, "PAUSED", "PAUSE")                                                             \
    X(REVIEW, MODE, "REVIEW", "DURCHSICHT")                                                        \
    /* the active cut */                                                                           \
    X(OFFSET, LINE, "OFFSET", "ABSTAND")                                                           \
    X(PITCH, LINE, "PITCH", "NEIGUNG")                                                             \
    X(OFF_LINE, LINE, "OFF LINE", "ACHSE")                                                         \
    X(ANGLE, LINE, "ANGLE", "WINKEL")                                                              \
    X(ROLL, LINE, "ROLL", "ROLLEN")                                                                \
    X(DEPTH, LINE, "DEPTH", "TIEFE")                                                               \
    X(TO_CORTEX, CARD, "to far cortex", "bis Gegenkortex")                                         \
    X(AT_DEPTH, CARD, "offset at depth", "Abstand am Ende")                                        \
    X(NO_ACTIVE_CUT, CARD_WIDE, "No active cut", "Kein aktiver Schnitt")                           \
    X(ACTIVE, STATE, "ACTIVE", "AKTIV")                                                            \
    X(CUTTING, STATE, "CUTTING", "SÄGT")                                                           \
    X(NOT_LIVE, STATE, "NOT LIVE", "NICHT LIVE")                                                   \
    X(PARALLEL_TOOL, CARD_WIDE, "Pointer held parallel, not the blade",                            \
      "Parallel geführt, nicht die Klinge")                                                        \
    X(AXIS_TOOL, CARD_WIDE, "Tip and axis only, no edge", "Nur Spitze und Achse")                  \
    X(TUMOUR_SIDE, LINE, "tumour", "Tumor")                                                        \
    /* lists */                                                                                    \
    X(STRUCTURES, CARD_WIDE, "STRUCTURES", "STRUKTUREN")                                           \
    X(KIND_TUMOUR, CARD_WIDE, "Tumour", "Tumor")                                                   \
    X(KIND_NERVE, CARD_WIDE, "Nerve roots", "Nervenwurzeln")                                       \
    X(KIND_DURA, CARD_WIDE, "Dural sac", "Durasack")                                               \
    X(KIND_VESSEL, CARD_WIDE, "Vessels", "Gefäße")                                                 \
    X(KIND_ORGAN, CARD_WIDE, "Organs", "Organe")                                                   \
    X(KIND_BONE, CARD_WIDE, "Bone", "Knochen")                                                     \
    X(KIND_OTHER, CARD_WIDE, "Other structures", "Weitere Strukturen")                             \
    X(DISTANCES, CARD_WIDE, "DISTANCES", "ABSTÄNDE")                                               \
    X(PLANNED_CUTS, CARD_WIDE, "PLANNED CUTS", "GEPLANTE SCHNITTE")                                \
    X(CUTS_DONE, CARD_WIDE, "CUTS DONE", "SCHNITTE FERTIG")                                        \
    X(STOP, LINE, "STOP", "STOPP")                                                                 \
    X(NEAR, LINE, "NEAR", "NAH")                                                                   \
    X(STOP_AT, LINE, "stop", "Stopp")                                                              \
    X(CAUTION_AT, LINE, "caution", "Vorsicht")                                                     \
    X(NO_LIMIT, LINE, "no limit", "ohne Grenze")                                                   \
    X(AHEAD, LINE, "ahead", "voraus")                                                              \
    X(INSIDE, LINE, "INSIDE", "INNEN")                                                             \
    X(FRAGMENT_ASKED, CARD_WIDE, "Is the fragment still rigid?", "Ist das Fragment noch fest?")    \
    X(FRAGMENT_LOOSE, CARD_WIDE, "FRAGMENT LOOSE: NOT NAVIGATED",                                  \
      "FRAGMENT LOSE: NICHT NAVIGIERT")                                                            \
    /* touching landmarks */                                                                       \
    X(TOUCH, CARD_HEAD, "HOLD STILL", "STILL HALTEN")                                              \
    X(TOUCH_NEXT, CARD_HEAD, "REGISTER", "REGISTRIEREN")                                           \
    X(TOUCH_PARALLEL, CARD_HEAD, "HOLD PARALLEL", "PARALLEL HALTEN")                               \
    X(TOUCH_CHECK, CARD_HEAD, "CHECK", "PRÜFEN")                                                   \
    X(LANDMARKS, CARD, "landmarks", "Landmarken")                                                  \
    X(KEYHOLE, VIEW, "Keyhole", "Knochenfenster")                                                  \
    X(HELP_KEYHOLE, HELP, "keyhole: fade bone around the tip", "Fenster im Knochen um die Spitze") \
    /* a camera's live picture */                                                                  \
    X(AR_OVERLAY, VIEW, "OVERLAY", "MODELL IM BILD")                                               \
    X(AR_NO_OVERLAY, VIEW, "NO OVERLAY", "KEIN MODELL IM BILD")                                    \
    X(AR_NO_LIVE_PICTURE, VIEW, "NO LIVE PICTURE", "KEIN LIVEBILD")                                \
    X(AR_HIDDEN, VIEW, "hidden by hand", "von Hand ausgeblendet")                                  \
    X(AR_NO_CAMERA, VIEW, "This display has no camera", "Keine Kamera an dieser Anzeige")          \
    X(AR_NO_PICTURE, VIEW, "No picture from the camera", "Kein Bild der Kamera")                   \
    X(AR_CAMERA_LOST, VIEW, "Camera lost", "Kamera verloren")                                      \
    X(AR_CAMERA_FROZEN, VIEW, "Camera picture is frozen", "Kamerabild steht still")                \
    X(AR_PICTURE_OLD, VIEW, "Camera picture late", "Kamerabild verspätet")                         \
    X(AR_NO_LENS, VIEW, "Camera lens not calibrated", "Objektiv nicht kalibriert")                 \
    X(AR_RESOLUTION, VIEW, "Lens is for another resolution", "Objektiv für andere Auflösung")      \
    X(AR_NO_HANDEYE, VIEW, "Camera not calibrated to marker",                                      \
      "Kamera nicht zum Marker kalibriert")                                                        \
    X(AR_NO_DELAY, VIEW, "Camera delay not calibrated", "Verzögerung nicht kalibriert")            \
    X(AR_NOT_TRUSTED, VIEW, "Navigation withheld", "Navigation zurückgehalten")                    \
    X(AR_NO_POSE, VIEW, "Camera not tracked", "Kamera nicht verfolgt")                             \
    X(AR_UNCHECKED, VIEW, "Reference markers not in picture", "Referenzmarker nicht im Bild")      \
    X(AR_OFF, VIEW, "Overlay does not fit the picture", "Modell passt nicht zum Bild")             \
    X(AR_PROVING, VIEW, "Overlay fits again: proving", "Modell passt wieder: Prüfung")             \
    X(HELP_OVERLAY, HELP, "model on the picture, landmarks", "Modell im Bild, Landmarken")         \
    /* measuring */                                                                                \
    X(MEASUREMENTS, CARD_WIDE, "MEASUREMENTS", "MESSUNGEN")                                        \
    X(MEASURE_DISTANCE, CARD_WIDE, "Distance: click two points", "Abstand: zwei Punkte wählen")    \
    X(MEASURE_ANGLE, CARD_WIDE, "Angle: click three points", "Winkel: drei Punkte wählen")         \
    X(MEASURE_OFF, CARD_WIDE, "M: distance, then angle", "M: Abstand, dann Winkel")                \
    X(FUSION_BLEND, SECTION, "CT grey, MR orange", "CT grau, MR orange")                           \
    X(FUSION_SQUARES, SECTION, "CT grey, MR orange", "CT grau, MR orange")                         \
    X(FUSION_SECOND, SECTION, "MR alone", "nur MR")                                                \
    X(FUSION_UNJUDGED, SECTION, "MR: judge the fit", "MR: Lage prüfen")                            \
    X(HELP_FUSION, HELP, "sections: CT, with MR, by squares, MR",                                  \
      "Schnitte: CT, mit MR, im Wechsel, MR")                                                      \
    X(HELP_MEASURE, HELP, "measure: distance, angle, off; clear",                                  \
      "messen: Abstand, Winkel, aus; löschen")                                                     \
    /* sections and views */                                                                       \
    X(AXIAL, SECTION, "AXIAL", "AXIAL")                                                            \
    X(SAGITTAL, SECTION, "SAGITTAL", "SAGITTAL")                                                   \
    X(CORONAL, SECTION, "CORONAL", "KORONAR")                                                      \
    X(TOOL_A, SECTION, "ACROSS BLADE", "QUER ZUR KLINGE")                                          \
    X(TOOL_B, SECTION, "ALONG BLADE", "LÄNGS DER KLINGE")                                          \
    X(CUT_FACE, SECTION, "IN CUT", "IM SCHNITT")                                                   \
    X(NO_SCAN, SECTION, "no scan", "kein Scan")                                                    \
    X(SECTION_NOT_LIVE, PLATE, "NOT LIVE", "NICHT LIVE")                                           \
    X(FREE_VIEW, VIEW, "FREE VIEW", "FREIE ANSICHT")                                               \
    X(FACE_OF_CUT, VIEW, "FACE OF CUT", "FLÄCHE VON SCHNITT")                                      \
    X(FROM_THE_TIP, VIEW, "FROM THE TIP", "VON DER SPITZE")                                        \
    X(VIEWER_AT_HEAD, VIEW, ", VIEWER AT HEAD", ", BLICK VOM KOPF")                                \
    X(VIEWER_AT_LEFT, VIEW, ", VIEWER AT LEFT", ", BLICK VON LINKS")                               \
    X(VIEWER_AT_RIGHT, VIEW, ", VIEWER AT RIGHT", ", BLICK VON RECHTS")                            \
    X(POSTERIOR, VIEW, "POSTERIOR", "VON HINTEN")                                                  \
    X(OBLIQUE, VIEW, "OBLIQUE", "SCHRÄG")                                                          \
    X(LEFT, VIEW, "LEFT", "VON LINKS")                                                             \
    X(RIGHT, VIEW, "RIGHT", "VON RECHTS")                                                          \
    X(HEAD, VIEW, "HEAD", "VOM KOPF")                                                              \
    X(ANTERIOR, VIEW, "ANTERIOR", "VON VORN")                                                      \
    X(REFINING, VIEW, "REFINING ...", "WIRD FEINER ...")                                           \
    X(NO_3D, PLATE, "3D NOT AVAILABLE", "KEIN 3D-BILD")                                            \
    X(NO_3D_NOTE, PAGE, "No anatomy is drawn; verdict and numbers are the core's.",                \
      "Keine Anatomie; Urteil und Zahlen sind die des Kerns.")                                     \
    /* help */                                                                                     \
    X(HELP_RESET, HELP, "back to the default view", "zurück zur Grundansicht")                     \
    X(HELP_VIEW, HELP, "next view", "nächste Ansicht")                                             \
    X(HELP_CUT, HELP, "next cut, looking at its face", "nächster Schnitt, auf seine Fläche")       \
    X(HELP_SECTIONS, HELP, "large sections, and back", "große Schnittbilder, und zurück")          \
    X(HELP_LAYOUT, HELP, "layout: bedside, assistant, slices, cut ...",                            \
      "Aufteilung: Bett, Assistenz, Schnitte, Ebene ...")                                          \
    X(HELP_FADE, HELP, "choose a structure, fade it, bring it back",                               \
      "Struktur wählen, ausblenden, einblenden")                                                   \
    X(HELP_UNDO, HELP, "undo", "rückgängig")                                                       \
    X(HELP_TURN_KEY, KEY, "Left drag", "Links ziehen")                                             \
    X(HELP_TURN, HELP, "turn", "drehen")                                                           \
    X(HELP_MOVE_KEY, KEY, "Right drag", "Rechts ziehen")                                           \
    X(HELP_MOVE, HELP, "move", "schieben")                                                         \
    X(HELP_ZOOM_KEY, KEY, "Wheel", "Rad")                                                          \
    X(HELP_ZOOM, HELP, "zoom", "zoomen")                                                           \
    X(HELP_SHOT, HELP, "save a screenshot", "Bild speichern")                                      \
    X(HELP_FULL, HELP, "full screen", "ganzer Bildschirm")                                         \
    X(HELP_HELP, HELP, "this help", "diese Hilfe")                                                 \
    X(HELP_ACKNOWLEDGE, HELP, "acknowledge the alarms", "Alarme quittieren")                       \
    X(KEY_SPACE, KEY, "Space", "Leertaste")                                                        \
    X(KEY_ENTER, KEY, "Enter", "Eingabe")                                                          \
    X(KEY_TAB, KEY, "Tab", "Tab")                                                                  \
    X(KEY_BACKSPACE, KEY, "Backspace", "Rück")                                                     \
    X(KEY_INSERT, KEY, "Insert", "Einfg")                                                          \
    X(KEY_DELETE, KEY, "Delete", "Entf")                                                           \
    X(KEY_HOME, KEY, "Home", "Pos1")                                                               \
    X(KEY_END, KEY, "End", "Ende")                                                                 \
    X(KEY_PAGE_UP, KEY, "Page up", "Bild auf")                                                     \
    X(KEY_PAGE_DOWN, KEY, "Page down", "Bild ab")                                                  \
    X(KEY_LEFT, KEY, "←", "←")                                                                     \
    X(KEY_RIGHT, KEY, "→", "→")                                                                    \
    X(KEY_UP, KEY, "↑", "↑")                                                                       \
    X(KEY_DOWN, KEY, "↓", "↓")                                                                     \
    X(KEY_MINUS, KEY, "-", "-")                                                                    \
    X(KEY_PLUS, KEY, "+", "+")                                                                     \
    X(KEY_COMMA, KEY, "Comma", "Komma")                                                            \
    X(KEY_PERIOD, KEY, "Period", "Punkt")                                                          \
    X(KEY_SLASH, KEY, "?", "?")                                                                    \
    /* buttons */                                                                                  \
    X(BUTTON_LAYOUT, BUTTON, "LAYOUT", "LAYOUT")                                                   \
    X(BUTTON_VIEW, BUTTON, "VIEW", "ANSICHT")                                                      \
    X(BUTTON_CUT, BUTTON, "CUT", "SCHNITT")                                                        \
    X(BUTTON_ZOOM_OUT, BUTTON, "-", "-")                                                           \
    X(BUTTON_ZOOM_IN, BUTTON, "+", "+")                                                            \
    X(BUTTON_MOVE, BUTTON, "MOVE", "SCHIEBEN")                                                     \
    X(BUTTON_MEASURE, BUTTON, "MEASURE", "MESSEN")                                                 \
    X(BUTTON_KEYHOLE, BUTTON, "KEYHOLE", "FENSTER")                                                \
    X(BUTTON_UNDO, BUTTON, "UNDO", "ZURÜCK")                                                       \
    X(BUTTON_RESET, BUTTON, "RESET", "ANFANG")                                                     \
    X(BUTTON_PICTURE, BUTTON, "PICTURE", "BILD")                                                   \
    X(BUTTON_HELP, BUTTON, "HELP", "HILFE")                                                        \
    X(BUTTON_ACKNOWLEDGE, BUTTON_WIDE, "ACKNOWLEDGE", "QUITTIEREN")

enum rnd_words {
    RND_SAY_NOTHING = 0,
#define RND_WORDS_ENUM(id, field, english, german) RND_SAY_##id,
    RND_WORDS_LIST(RND_WORDS_ENUM)
#undef RND_WORDS_ENUM
        RND_WORDS_COUNT
};

/* The string; "" for RND_SAY_NOTHING. Never NULL. */
const char *rnd_say(enum rnd_language language, enum rnd_words words);

/* Where it stands. */
enum rnd_field rnd_field_of(enum rnd_words words);

/* What the core's codes say (nav/scene.h's reasons, nav/alarm.h). Never NULL. */
const char *rnd_say_reason(enum rnd_language language, uint32_t reason);
const char *rnd_say_alarm(enum rnd_language language, uint32_t alarm);
const char *rnd_say_remedy(enum rnd_language language, uint32_t alarm);

#endif
