#include "wire_sender_status.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "wire_metadata.h"
#include "wire_text.h"

static const struct {
    const char *word;
    enum nav_sender_status status;
} words[] = {
    {"OK", NAV_SENDER_OK},
    {"MISSING", NAV_SENDER_MISSING},
    {"OUT_OF_VIEW", NAV_SENDER_OUT_OF_VIEW},
    {"OUTOFVIEW", NAV_SENDER_OUT_OF_VIEW},
    {"OUT_OF_VOLUME", NAV_SENDER_OUT_OF_VOLUME},
    {"OUTOFVOLUME", NAV_SENDER_OUT_OF_VOLUME},
    {"SWITCH1_IS_ON", NAV_SENDER_OK},
    {"SWITCH2_IS_ON", NAV_SENDER_OK},
    {"SWITCH3_IS_ON", NAV_SENDER_OK},
    {"INVALID", NAV_SENDER_INVALID},
    {"REQ_TIMEOUT", NAV_SENDER_INVALID},
    {"PATH_NOT_FOUND", NAV_SENDER_INVALID},
    {"UNKNOWN", NAV_SENDER_INVALID},
    {"HIGHERROR", NAV_SENDER_INVALID},
    {"DISABLED", NAV_SENDER_INVALID},
};

/* Cuts a terminating NUL with what follows, and blanks on both sides. */
static void trim(const char **text, size_t *length)
{
    if (*length == 0) {
        return; /* the text may then be NULL, which strnlen must not see */
    }
    *length = strnlen(*text, *length);
    while (*length != 0 && strchr(" \t\r\n", (*text)[*length - 1]) != NULL) {
        --*length;
    }
    while (*length != 0 && strchr(" \t\r\n", (*text)[0]) != NULL) {
        ++*text;
        --*length;
    }
}

static bool is_word(const char *text, size_t length, const char *word)
{
    return strlen(word) == length && strncasecmp(text, word, length) == 0;
}

enum nav_sender_status wire_sender_status_of_word(const char *word, size_t length)
{
    trim(&word, &length);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (is_word(word, length, words[i].word)) {
            return words[i].status;
        }
    }
    return NAV_SENDER_UNKNOWN_WORD;
}

static enum nav_sender_status status_of_flag(const char *text, size_t length)
{
    trim(&text, &length);
    if (is_word(text, length, "1") || is_word(text, length, "true")) {
        return NAV_SENDER_OK;
    }
    if (is_word(text, length, "0") || is_word(text, length, "false")) {
        return NAV_SENDER_INVALID;
    }
    return NAV_SENDER_UNKNOWN_WORD;
}

static unsigned badness(enum nav_sender_status status)
{
    switch (status) {
    case NAV_SENDER_UNSTATED:
        return 0;
    case NAV_SENDER_OK:
        return 1;
    case NAV_SENDER_UNKNOWN_WORD:
    case NAV_SENDER_INVALID:
        return 2;
    case NAV_SENDER_MISSING:
    case NAV_SENDER_OUT_OF_VIEW:
    case NAV_SENDER_OUT_OF_VOLUME:
        return 3;
    }
    return 2;
}

enum nav_sender_status wire_sender_status_worse(enum nav_sender_status a, enum nav_sender_status b)
{
    return badness(b) > badness(a) ? b : a;
}

static bool key_is(const struct wire_metadata_entry *entry, const char *front, const char *back)
{
    const size_t length = strlen(front);
    const size_t rest = strlen(back);
    return entry->key_size == length + rest && memcmp(entry->key, front, length) == 0 &&
           memcmp(entry->key + length, back, rest) == 0;
}

enum nav_sender_status wire_sender_status_of_message(const struct wire_message *message)
{
    enum nav_sender_status status = NAV_SENDER_UNSTATED;
    if (message->metadata_count == 0) {
        return status;
    }
    struct wire_metadata_entry entry;
    struct wire_metadata_walk walk = wire_metadata_begin(message);
    while (wire_metadata_next(&walk, &entry)) {
        if (key_is(&entry, "Transform", "Status")) {
            status = wire_sender_status_worse(
                status, wire_sender_status_of_word(entry.value, entry.value_size));
        } else if (key_is(&entry, "Transform", "Valid")) {
            status =
                wire_sender_status_worse(status, status_of_flag(entry.value, entry.value_size));
        }
    }
    return status;
}

enum nav_sender_status wire_sender_status_of_tool(const struct wire_message *message,
                                                  const char *tool)
{
    enum nav_sender_status status = NAV_SENDER_UNSTATED;
    if (message->metadata_count == 0) {
        return status;
    }
    struct wire_metadata_entry entry;
    struct wire_metadata_walk walk = wire_metadata_begin(message);
    while (wire_metadata_next(&walk, &entry)) {
        if (key_is(&entry, tool, "Status")) {
            status = wire_sender_status_worse(
                status, wire_sender_status_of_word(entry.value, entry.value_size));
        }
    }
    return status;
}

float wire_sender_error_mm(const struct wire_message *message, const char *tool)
{
    double worst = NAN;
    if (message->metadata_count == 0) {
        return NAN;
    }
    struct wire_metadata_entry entry;
    struct wire_metadata_walk walk = wire_metadata_begin(message);
    while (wire_metadata_next(&walk, &entry)) {
        const bool stated =
            tool != NULL ? key_is(&entry, tool, "Error")
                         : key_is(&entry, "Transform", "Error") || key_is(&entry, "", "Error") ||
                               key_is(&entry, "", "RMSE") || key_is(&entry, "MarkerFit", "Error");
        if (!stated) {
            continue;
        }
        double error = 0.0;
        if (wire_metadata_number(&entry, &error) != NAV_OK || error < 0.0) {
            error = INFINITY;
        }
        worst = isnan(worst) || error > worst ? error : worst;
    }
    return (float)worst;
}

enum nav_status wire_device_name(const struct wire_message *message, char *out_name, size_t size)
{
    const char *name = message->device;
    size_t length = message->device_length;
    bool is_text = true; /* the framer has looked at the header's */
    struct wire_metadata_entry entry;
    if (message->metadata_count != 0 &&
        wire_metadata_find(message, "IGTL_DEVICE_NAME", &entry, NULL) == NAV_OK) {
        name = entry.value;
        length = strnlen(entry.value, entry.value_size);
        if (length < message->device_length ||
            memcmp(name, message->device, message->device_length) != 0) {
            return NAV_ERR_REFUSED;
        }
        is_text = wire_text_is_printable(name, length);
    }
    if (length == 0 || !is_text) {
        return NAV_ERR_ENCODING;
    }
    if (length >= size) {
        return NAV_ERR_TOO_LARGE;
    }
    memcpy(out_name, name, length);
    out_name[length] = '\0';
    return NAV_OK;
}
