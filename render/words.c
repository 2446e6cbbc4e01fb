#include "words.h"

#include <string.h>

#include "nav/alarm.h"
#include "nav/scene.h"

const struct rnd_field_size rnd_fields[RND_FIELD_COUNT] = {
#define FIELD_ROW(id, width, type, bold) [id] = {width, type, bold},
    RND_FIELD_LIST(FIELD_ROW)
#undef FIELD_ROW
};

static const struct {
    enum rnd_field field;
    const char *text[RND_LANGUAGE_COUNT];
} words_table[RND_WORDS_COUNT] = {[RND_SAY_NOTHING] = {RND_FIELD_REASON, {"", ""}},
#define WORDS_ROW(id, field, english, german)                                                      \
    [RND_SAY_##id] = {RND_FIELD_##field, {english, german}},
                                  RND_WORDS_LIST(WORDS_ROW)
#undef WORDS_ROW
};

/* The core's own words are English. */
static const char *const reasons_german[NAV_REASON_COUNT] = {
    [NAV_REASON_NONE] = "",
    [NAV_REASON_CORE_SILENT] = "Navigationskern antwortet nicht",
    [NAV_REASON_NO_REGISTRATION] = "Patient nicht registriert",
    [NAV_REASON_REGISTRATION_REFUSED] = "Registrierung außerhalb ihrer Grenzen",
    [NAV_REASON_REGISTRATION_DRIFT] = "Registrierung weicht an einer Landmarke ab",
    [NAV_REASON_REFERENCE_MOVED] = "Patientenreferenz wurde bewegt: prüfen",
    [NAV_REASON_NO_PEER] = "Kein Tracker verbunden",
    [NAV_REASON_LINK_DOWN] = "Verbindung zum Tracker verloren",
    [NAV_REASON_REFERENCE_NEVER] = "Patientenreferenz noch nicht gesehen",
    [NAV_REASON_REFERENCE_LOST] = "Patientenreferenz verloren",
    [NAV_REASON_REFERENCE_INVALID] = "Patientenreferenz nicht sichtbar",
    [NAV_REASON_REFERENCE_STALE] = "Patientenreferenz verspätet",
    [NAV_REASON_REFERENCE_APART] = "Werkzeug und Referenz nicht vom selben Augenblick",
    [NAV_REASON_TOOL_NEVER] = "Werkzeug noch nicht gesehen",
    [NAV_REASON_TOOL_LOST] = "Werkzeug verloren",
    [NAV_REASON_TOOL_INVALID] = "Werkzeug für den Tracker nicht sichtbar",
    [NAV_REASON_TOOL_STALE] = "Lage des Werkzeugs verspätet",
    [NAV_REASON_POSE_NOT_FINITE] = "Lagen verworfen: keine Zahl",
    [NAV_REASON_POSE_NOT_RIGID] = "Lagen verworfen: nicht starr",
    [NAV_REASON_POSE_OUT_OF_RANGE] = "Lagen verworfen: zu weit entfernt",
    [NAV_REASON_POSE_OLD] = "Lagen verworfen: Zeitstempel rücken nicht vor",
    [NAV_REASON_POSE_IDENTITY] = "Tracker sendet die Einheitslage",
    [NAV_REASON_POSE_REPEATED] = "Lage wiederholt sich Bit für Bit",
    [NAV_REASON_CLOCK_JUMP] = "Uhr des Senders ist gesprungen",
    [NAV_REASON_DUPLICATE_SENDER] = "Ein zweiter Sender nennt dasselbe Gerät",
    [NAV_REASON_FRAGMENT_LOOSE] = "Das Abgetrennte ist lose und nicht navigiert",
    [NAV_REASON_SENDER_UNVERIFIED] = "Sender nennt keine Gültigkeit",
    [NAV_REASON_FIT_ERROR] = "Markerfehler hoch",
    [NAV_REASON_REGISTRATION_OVERRIDE] = "Registrierung gegen ihre Grenzen benutzt",
    [NAV_REASON_REGISTRATION_UNCHECKED] = "Registrierung lange nicht geprüft",
    [NAV_REASON_OVERFLOW] = "Kapazität überschritten, etwas wird nicht gezeigt",
};

static const struct {
    const char *cause;
    const char *remedy;
} alarms_german[NAV_ALARM_COUNT] = {
    [NAV_ALARM_STOP_DISTANCE] = {"näher als der Stoppabstand",
                                 "Nicht weiter sägen, Klinge zurückziehen"},
    [NAV_ALARM_OVER_DEPTH] = {"tiefer als geplant", "Nicht weiter sägen, Klinge zurückziehen"},
    [NAV_ALARM_OFF_PLANE] = {"Klinge neben der Ebene", "Klinge in die Ebene zurückführen"},
    [NAV_ALARM_REFERENCE_MOVED] = {"Patientenreferenz wurde bewegt",
                                   "Landmarke prüfen oder neu registrieren"},
    [NAV_ALARM_REGISTRATION_DRIFT] = {"Registrierung weicht ab", "Neu registrieren"},
    [NAV_ALARM_REFERENCE_LOST] = {"Patientenreferenz nicht gesehen",
                                  "Sicht der Kamera auf die Referenz freimachen"},
    [NAV_ALARM_TOOL_LOST] = {"beim Sägen nicht gesehen", "Warten, bis das Werkzeug gesehen wird"},
    [NAV_ALARM_FRAGMENT] = {"durchtrennt: Fragment kann sich bewegen",
                            "Sagen, ob das Fragment noch fest ist"},
    [NAV_ALARM_CAUTION_DISTANCE] = {"im Vorsichtsabstand", "Langsam weiter"},
    [NAV_ALARM_OFF_ANGLE] = {"Klinge zur Ebene gekippt", "Klinge in die Ebene zurückdrehen"},
    [NAV_ALARM_DISPLAY] = {"Anzeige antwortet nicht", "Andere Anzeige benutzen; sie startet neu"},
    [NAV_ALARM_DUPLICATE_SENDER] = {"zweiter Sender für dieses Gerät", "Einen der Sender trennen"},
    [NAV_ALARM_NOT_RECORDING] = {"KEINE AUFNAHME", "Platz schaffen oder anderer Ordner"},
    [NAV_ALARM_REGISTRATION_UNCHECKED] = {"Registrierung lange nicht geprüft",
                                          "Zur Prüfung eine Landmarke berühren"},
    [NAV_ALARM_TOOL_STALE] = {"Lage verspätet", "Sicht der Kamera freimachen"},
};

const char *rnd_language_name(enum rnd_language language)
{
    static const char *const names[RND_LANGUAGE_COUNT] = {
#define LANGUAGE_ROW(id, name) [id] = name,
        RND_LANGUAGE_LIST(LANGUAGE_ROW)
#undef LANGUAGE_ROW
    };
    return (unsigned)language < RND_LANGUAGE_COUNT ? names[language] : "?";
}

bool rnd_language_find(const char *name, enum rnd_language *out_language)
{
    for (unsigned i = 0; i < RND_LANGUAGE_COUNT; ++i) {
        if (strcmp(name, rnd_language_name((enum rnd_language)i)) == 0) {
            *out_language = (enum rnd_language)i;
            return true;
        }
    }
    return false;
}

const char *rnd_say(enum rnd_language language, enum rnd_words words)
{
    return words_table[words].text[language];
}

enum rnd_field rnd_field_of(enum rnd_words words)
{
    return words_table[words].field;
}

/* What is not translated is said in the core's own words: a test holds that there is none. */
static const char *or_english(enum rnd_language language, const char *german, const char *english)
{
    return language == RND_GERMAN && german != NULL ? german : english;
}

const char *rnd_say_reason(enum rnd_language language, uint32_t reason)
{
    return or_english(language, reason < NAV_REASON_COUNT ? reasons_german[reason] : NULL,
                      nav_reason_text(reason));
}

const char *rnd_say_alarm(enum rnd_language language, uint32_t alarm)
{
    return or_english(language, alarm < NAV_ALARM_COUNT ? alarms_german[alarm].cause : NULL,
                      nav_alarm_text(alarm));
}

const char *rnd_say_remedy(enum rnd_language language, uint32_t alarm)
{
    return or_english(language, alarm < NAV_ALARM_COUNT ? alarms_german[alarm].remedy : NULL,
                      nav_alarm_remedy(alarm));
}
