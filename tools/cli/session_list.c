/* `osteonav session list`: the sessions of a folder. */
#include "session_verbs.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "json_out.h"
#include "nav/scene.h"
#include "nav/time.h"
#include "options.h"
#include "session_common.h"
#include "session_info.h"
#include "session_poses.h"
#include "session_store.h"
#include "verbs.h"

static const char usage[] =
    "usage: osteonav session list [FOLDER] [OPTIONS]\n"
    "\n"
    "The sessions of a folder (default: this one), oldest first: when, how long, of which case.\n"
    "\n"
    "  --json          one JSON object: folder, sessions [{file, id, case, mode, start_utc,\n"
    "                  seconds, messages, annotations, ended, file_bytes}], unreadable\n"
    "  --help          this text\n"
    "\n"
    "Exit codes: 0 good, 1 failed, 2 usage.\n";

static json_t *describe(const char *path, const char *name)
{
    struct session_reader *reader = NULL;
    struct session_error error;
    if (session_reader_open(path, &reader, &error) != NAV_OK) {
        fprintf(stderr, "osteonav session list: %s\n", error.text);
        return NULL;
    }
    const struct session_facts *facts = session_reader_facts(reader);
    const struct session_extent extent = session_reader_extent(reader);
    struct stat info;
    char id[32];
    char start[SESSION_UTC_SIZE];
    (void)snprintf(id, sizeof(id), "%016llx", (unsigned long long)facts->id);
    session_utc_text(facts->start_utc_ns, start);
    json_t *entry =
        json_pack("{s:s, s:s, s:s, s:s, s:s, s:f, s:I, s:I, s:b, s:I}", "file", name, "id", id,
                  "case", facts->case_name, "mode", nav_mode_name(facts->mode), "start_utc", start,
                  "seconds", (double)(extent.last_ns - extent.first_ns) / (double)NAV_NS_PER_S,
                  "messages", (json_int_t)extent.messages, "annotations",
                  (json_int_t)session_count_rows(session_reader_database(reader),
                                                 "SELECT count(*) FROM annotations"),
                  "ended", extent.ended, "file_bytes",
                  (json_int_t)(stat(path, &info) == 0 ? info.st_size : 0));
    session_reader_close(reader);
    return entry;
}

static int by_start(const void *a, const void *b)
{
    const json_t *x = *(json_t *const *)a;
    const json_t *y = *(json_t *const *)b;
    const int order = strcmp(json_string_value(json_object_get(x, "start_utc")),
                             json_string_value(json_object_get(y, "start_utc")));
    return order != 0 ? order
                      : strcmp(json_string_value(json_object_get(x, "file")),
                               json_string_value(json_object_get(y, "file")));
}

static json_t *sorted(json_t *list)
{
    const size_t count = json_array_size(list);
    json_t **entries = calloc(count + 1, sizeof(json_t *));
    json_t *out = json_array();
    if (entries != NULL) {
        for (size_t i = 0; i < count; ++i) {
            entries[i] = json_array_get(list, i);
        }
        qsort(entries, count, sizeof(json_t *), by_start);
        for (size_t i = 0; i < count; ++i) {
            (void)json_array_append(out, entries[i]);
        }
        free(entries);
    }
    json_decref(list);
    return out;
}

static void print_list(const json_t *list)
{
    size_t i = 0;
    json_t *entry = NULL;
    printf("%-20s %9s %9s  %-10s  %-24s %s\n", "recorded", "length", "messages", "mode", "case",
           "file");
    json_array_foreach(list, i, entry)
    {
        const char *name = json_string_value(json_object_get(entry, "case"));
        printf("%-20s %7.1f s %9lld  %-10s  %-24s %s%s\n",
               json_string_value(json_object_get(entry, "start_utc")),
               json_real_value(json_object_get(entry, "seconds")),
               (long long)json_integer_value(json_object_get(entry, "messages")),
               json_string_value(json_object_get(entry, "mode")), name[0] != '\0' ? name : "-",
               json_string_value(json_object_get(entry, "file")),
               json_is_true(json_object_get(entry, "ended")) ? "" : "  (not ended)");
    }
}

static int list_folder(const char *folder, bool json)
{
    DIR *directory = opendir(folder);
    if (directory == NULL) {
        fprintf(stderr, "osteonav session list: %s: %s\n", folder, strerror(errno));
        return VERB_FAILED;
    }
    json_t *list = json_array();
    size_t unreadable = 0;
    for (const struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        char path[SESSION_PATH_SIZE];
        const size_t length = strlen(entry->d_name);
        const size_t end = strlen(SESSION_SUFFIX);
        if (length <= end || strcmp(entry->d_name + length - end, SESSION_SUFFIX) != 0 ||
            snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name) >= (int)sizeof(path)) {
            continue;
        }
        json_t *described = describe(path, entry->d_name);
        unreadable += described == NULL ? 1 : 0;
        if (described != NULL) {
            (void)json_array_append_new(list, described);
        }
    }
    (void)closedir(directory);
    list = sorted(list);
    int code = VERB_OK;
    if (json) {
        code = json_print("session list", json_pack("{s:s, s:O, s:I}", "folder", folder, "sessions",
                                                    list, "unreadable", (json_int_t)unreadable));
    } else {
        print_list(list);
    }
    json_decref(list);
    return code != VERB_OK || unreadable > 0 ? VERB_FAILED : VERB_OK;
}

int session_verb_list(int argc, char **argv)
{
    static const struct option longs[] = {
        {"json", no_argument, NULL, 'j'}, {"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0}};
    bool json = false;
    optind = 1;
    for (int c = 0; (c = options_next("session list", argc, argv, longs)) != OPTIONS_END;) {
        if (c == 'h') {
            fputs(usage, stdout);
            return VERB_OK;
        }
        if (c != 'j') {
            return VERB_USAGE;
        }
        json = true;
    }
    if (argc - optind > 1) {
        return session_wrong("list", "one folder at most");
    }
    return list_folder(optind < argc ? argv[optind] : ".", json);
}
