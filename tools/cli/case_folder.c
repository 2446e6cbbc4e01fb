#include "case_folder.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool case_folder_set(const char *given, struct case_folder *out_folder)
{
    size_t length = strlen(given);
    while (length > 1 && given[length - 1] == '/') {
        --length;
    }
    if (length == 0 ||
        length + sizeof("/case.built.yaml") + sizeof(".sources.yaml") > CASE_PATH_SIZE) {
        return false;
    }
    struct case_folder folder;
    (void)snprintf(folder.path, sizeof(folder.path), "%.*s", (int)length, given);
    const int size = (int)length;
    (void)snprintf(folder.yaml, sizeof(folder.yaml), "%.*s/case.yaml", size, given);
    (void)snprintf(folder.built, sizeof(folder.built), "%.*s/case.built.yaml", size, given);
    (void)snprintf(folder.lock, sizeof(folder.lock), "%.*s/case.lock", size, given);
    (void)snprintf(folder.sources, sizeof(folder.sources), "%.*s.sources.yaml", size, given);
    *out_folder = folder;
    return true;
}

void case_file_meant(const char *given, char out_path[CASE_PATH_SIZE])
{
    struct stat info;
    struct case_folder folder;
    const bool is_folder =
        stat(given, &info) == 0 && S_ISDIR(info.st_mode) && case_folder_set(given, &folder);
    (void)snprintf(out_path, CASE_PATH_SIZE, "%s", is_folder ? folder.yaml : given);
}

enum nav_status case_file_write(const char *path, const void *bytes, size_t size,
                                struct cfg_error *error)
{
    char part[CASE_PATH_SIZE + 8];
    (void)snprintf(part, sizeof(part), "%s.part", path);
    FILE *file = fopen(part, "wbe");
    bool good = file != NULL;
    if (good) {
        good =
            fwrite(bytes, 1, size, file) == size && fflush(file) == 0 && fsync(fileno(file)) == 0;
        good = fclose(file) == 0 && good;
    }
    if (good && rename(part, path) == 0) {
        return NAV_OK;
    }
    const int problem = errno;
    (void)unlink(part);
    return cfg_error_set(error, NAV_ERR_IO, "%s: cannot be written: %s", path, strerror(problem));
}

void case_yaml_text(FILE *file, const char *text)
{
    (void)fputc('"', file);
    for (const char *c = text; *c != '\0'; ++c) {
        if (*c == '"' || *c == '\\') {
            (void)fputc('\\', file);
        }
        (void)fputc((unsigned char)*c < 0x20 ? ' ' : *c, file);
    }
    (void)fputc('"', file);
}

void case_slug(const char *name, char out_slug[CASE_SLUG_SIZE])
{
    size_t length = 0;
    for (const char *c = name; *c != '\0' && length + 1 < CASE_SLUG_SIZE; ++c) {
        const unsigned char byte = (unsigned char)*c;
        if (byte < 0x80 && isalnum(byte)) {
            out_slug[length++] = (char)tolower(byte);
        } else if (length > 0 && out_slug[length - 1] != '_') {
            out_slug[length++] = '_';
        }
    }
    while (length > 0 && out_slug[length - 1] == '_') {
        --length;
    }
    out_slug[length] = '\0';
    if (length == 0) {
        (void)snprintf(out_slug, CASE_SLUG_SIZE, "unnamed");
    }
}

/* Length of the line at `at`, its end included. */
static size_t line_size(const char *at)
{
    const size_t length = strcspn(at, "\n");
    return length + (at[length] == '\n');
}

static bool is_key_line(const char *at, const char *key)
{
    const size_t length = strlen(key);
    return strncmp(at, key, length) == 0 && at[length] == ':';
}

/* The section's bytes in the text: from its first comment line on to the next key or comment that
 * stands at the margin. False: there is none. */
static bool find_section(const char *text, const char *key, const char **out_begin,
                         const char **out_end)
{
    const char *comment = NULL;
    for (const char *at = text; *at != '\0'; at += line_size(at)) {
        if (*at == '#') {
            comment = comment != NULL ? comment : at;
            continue;
        }
        if (!is_key_line(at, key)) {
            comment = NULL;
            continue;
        }
        *out_begin = comment != NULL ? comment : at;
        const char *end = at + line_size(at);
        while (*end != '\0' && (*end == ' ' || *end == '-' || *end == '\n' || *end == '\r')) {
            end += line_size(end);
        }
        *out_end = end;
        return true;
    }
    return false;
}

bool case_text_has_section(const char *text, const char *key)
{
    const char *begin, *end;
    return find_section(text, key, &begin, &end);
}

char *case_text_with_section(const char *text, const char *key, const char *section)
{
    const char *begin = text + strlen(text);
    const char *end = begin;
    const bool found = find_section(text, key, &begin, &end);
    char *made = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&made, &size);
    if (stream == NULL) {
        return NULL;
    }
    (void)fwrite(text, 1, (size_t)(begin - text), stream);
    if (section != NULL) {
        const bool gap = begin > text && (begin - text < 2 || begin[-2] != '\n');
        fprintf(stream, "%s%s%s", !found && gap ? "\n" : "", section, found ? "\n" : "");
    }
    (void)fputs(end, stream);
    const bool failed = ferror(stream) != 0;
    if (fclose(stream) != 0 || failed) {
        free(made);
        return NULL;
    }
    return made;
}
