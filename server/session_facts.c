#include "session_facts.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

uint64_t session_new_id(void)
{
    uint64_t id = 0;
    while (id == 0) {
        if (getrandom(&id, sizeof(id), 0) != (ssize_t)sizeof(id)) {
            id = (uint64_t)nav_utc_now_ns(); /* no random numbers: unique enough */
        }
    }
    return id;
}

unsigned session_mode_of(const char *name)
{
    for (unsigned mode = NAV_MODE_LIVE; mode <= NAV_MODE_REPLAY; ++mode) {
        if (strcmp(nav_mode_name(mode), name) == 0) {
            return mode;
        }
    }
    return NAV_MODE_LIVE;
}

struct text {
    char *bytes;
    size_t length;
};

static void put(struct text *text, const char *key, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void put(struct text *text, const char *key, const char *format, ...)
{
    char value[sizeof(((struct session_facts *)NULL)->case_path)];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(value, sizeof(value), format, arguments);
    va_end(arguments);
    for (char *c = value; *c != '\0'; ++c) {
        *c = *c == '\n' || *c == '\r' ? ' ' : *c;
    }
    const size_t room = SESSION_FACTS_SIZE - text->length;
    const int length = snprintf(text->bytes + text->length, room, "%s=%s\n", key, value);
    text->length += length > 0 && (size_t)length < room ? (size_t)length : 0;
}

size_t session_facts_write(const struct session_facts *facts, char out_text[SESSION_FACTS_SIZE])
{
    struct text text = {.bytes = out_text};
    put(&text, "id", "%016" PRIx64, facts->id);
    put(&text, "software", "%s", facts->software);
    put(&text, "origin", "%s", facts->origin);
    put(&text, "case_name", "%s", facts->case_name);
    put(&text, "case_path", "%s", facts->case_path);
    put(&text, "case_hash", "%s", facts->case_hash);
    put(&text, "case_id", "%016" PRIx64, facts->case_id);
    put(&text, "pseudonym", "%s", facts->pseudonym);
    put(&text, "mode", "%s", nav_mode_name(facts->mode));
    put(&text, "scene_version", "%" PRIu32, facts->scene_version);
    put(&text, "start_ns", "%" PRId64, facts->start_ns);
    put(&text, "start_utc_ns", "%" PRId64, facts->start_utc_ns);
    return text.length;
}

static void take_text(char *to, size_t size, const char *value)
{
    (void)snprintf(to, size, "%s", value);
}

static void take(struct session_facts *facts, const char *key, const char *value)
{
    if (strcmp(key, "id") == 0) {
        facts->id = strtoull(value, NULL, 16);
    } else if (strcmp(key, "software") == 0) {
        take_text(facts->software, sizeof(facts->software), value);
    } else if (strcmp(key, "origin") == 0) {
        take_text(facts->origin, sizeof(facts->origin), value);
    } else if (strcmp(key, "case_name") == 0) {
        take_text(facts->case_name, sizeof(facts->case_name), value);
    } else if (strcmp(key, "case_path") == 0) {
        take_text(facts->case_path, sizeof(facts->case_path), value);
    } else if (strcmp(key, "case_hash") == 0) {
        take_text(facts->case_hash, sizeof(facts->case_hash), value);
    } else if (strcmp(key, "case_id") == 0) {
        facts->case_id = strtoull(value, NULL, 16);
    } else if (strcmp(key, "pseudonym") == 0) {
        take_text(facts->pseudonym, sizeof(facts->pseudonym), value);
    } else if (strcmp(key, "mode") == 0) {
        facts->mode = session_mode_of(value);
    } else if (strcmp(key, "scene_version") == 0) {
        facts->scene_version = (uint32_t)strtoul(value, NULL, 10);
    } else if (strcmp(key, "start_ns") == 0) {
        facts->start_ns = strtoll(value, NULL, 10);
    } else if (strcmp(key, "start_utc_ns") == 0) {
        facts->start_utc_ns = strtoll(value, NULL, 10);
    }
}

enum nav_status session_facts_read(const char *text, size_t size, struct session_facts *out_facts)
{
    struct session_facts facts = {.id = 0};
    char line[SESSION_FACTS_SIZE];
    for (size_t at = 0; at < size;) {
        const char *end = memchr(text + at, '\n', size - at);
        const size_t length = end != NULL ? (size_t)(end - text) - at : size - at;
        if (length >= sizeof(line)) {
            return NAV_ERR_SYNTAX;
        }
        memcpy(line, text + at, length);
        line[length] = '\0';
        at += length + 1;
        char *value = strchr(line, '=');
        if (value == NULL) {
            return NAV_ERR_SYNTAX;
        }
        *value++ = '\0';
        take(&facts, line, value);
    }
    if (facts.id == 0) {
        return NAV_ERR_SYNTAX;
    }
    *out_facts = facts;
    return NAV_OK;
}
