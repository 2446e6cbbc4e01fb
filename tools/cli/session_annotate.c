/* `osteonav session annotate`: words added to a session later, and those that are there. */
#include "session_verbs.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json_out.h"
#include "nav/time.h"
#include "options.h"
#include "session_common.h"
#include "session_info.h"
#include "session_store.h"
#include "verbs.h"

static const char usage[] =
    "usage: osteonav session annotate SESSION [--at S TEXT] [OPTIONS]\n"
    "\n"
    "Adds a note at S after the beginning (s or min:s), or lists the notes that are there. The\n"
    "recording itself is never changed.\n"
    "\n"
    "  --author NAME   who says so (default: the user's name)\n"
    "  --json          one JSON object: annotations [{at_s, made_utc, author, text}]\n"
    "  --help          this text\n"
    "\n"
    "Exit codes: 0 good, 1 failed, 2 usage.\n";

static int open_session(const char *path, struct session_reader **out_reader)
{
    struct session_error error;
    if (session_reader_open(path, out_reader, &error) != NAV_OK) {
        fprintf(stderr, "osteonav session annotate: %s\n", error.text);
        return VERB_FAILED;
    }
    return VERB_OK;
}

static int list_notes(const char *path, bool json)
{
    struct session_reader *reader = NULL;
    if (open_session(path, &reader) != VERB_OK) {
        return VERB_FAILED;
    }
    const int64_t first_ns = session_reader_extent(reader).first_ns;
    sqlite3 *database = session_reader_database(reader);
    sqlite3_stmt *rows = NULL;
    json_t *list = json_array();
    if (sqlite3_prepare_v2(database,
                           "SELECT at_ns, made_utc_ns, author, text FROM annotations "
                           "ORDER BY at_ns, id",
                           -1, &rows, NULL) == SQLITE_OK) {
        while (sqlite3_step(rows) == SQLITE_ROW) {
            char made[SESSION_UTC_SIZE];
            session_utc_text(sqlite3_column_int64(rows, 1), made);
            (void)json_array_append_new(
                list,
                json_pack("{s:f, s:s, s:s%, s:s%}", "at_s",
                          (double)(sqlite3_column_int64(rows, 0) - first_ns) / (double)NAV_NS_PER_S,
                          "made_utc", made, "author", sqlite3_column_text(rows, 2),
                          (size_t)sqlite3_column_bytes(rows, 2), "text",
                          sqlite3_column_text(rows, 3), (size_t)sqlite3_column_bytes(rows, 3)));
        }
    }
    (void)sqlite3_finalize(rows);
    session_reader_close(reader);
    if (json) {
        return json_print("session annotate",
                          json_pack("{s:s, s:o}", "session", path, "annotations", list));
    }
    size_t i = 0;
    json_t *note = NULL;
    json_array_foreach(list, i, note)
    {
        printf("%9.2f s  %s  (%s, %s)\n", json_real_value(json_object_get(note, "at_s")),
               json_string_value(json_object_get(note, "text")),
               json_string_value(json_object_get(note, "author")),
               json_string_value(json_object_get(note, "made_utc")));
    }
    json_decref(list);
    return VERB_OK;
}

static int add_note(const char *path, int64_t after_ns, const char *author, const char *text)
{
    struct session_reader *reader = NULL;
    if (open_session(path, &reader) != VERB_OK) {
        return VERB_FAILED;
    }
    const struct session_extent extent = session_reader_extent(reader);
    session_reader_close(reader);
    if (after_ns > extent.last_ns - extent.first_ns) {
        fprintf(stderr, "osteonav session annotate: the session ends after %.3f s\n",
                (double)(extent.last_ns - extent.first_ns) / (double)NAV_NS_PER_S);
        return VERB_FAILED;
    }
    struct session_error error;
    if (session_annotate(path, extent.first_ns + after_ns, author, text, &error) != NAV_OK) {
        fprintf(stderr, "osteonav session annotate: %s\n", error.text);
        return VERB_FAILED;
    }
    return VERB_OK;
}

int session_verb_annotate(int argc, char **argv)
{
    static const struct option longs[] = {
        {"at", required_argument, NULL, 'a'},
        {"author", required_argument, NULL, 'w'},
        {"json", no_argument, NULL, 'j'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    const char *author = getenv("USER");
    bool json = false;
    bool has_at = false;
    int64_t at_ns = 0;
    optind = 1;
    for (int c = 0; (c = options_next("session annotate", argc, argv, longs)) != OPTIONS_END;) {
        switch (c) {
        case 'a':
            has_at = true;
            if (!session_read_seconds(optarg, &at_ns)) {
                fprintf(stderr, "osteonav session annotate: --at %s is not a time\n", optarg);
                return VERB_USAGE;
            }
            break;
        case 'w':
            author = optarg;
            break;
        case 'j':
            json = true;
            break;
        case 'h':
            fputs(usage, stdout);
            return VERB_OK;
        default:
            return VERB_USAGE;
        }
    }
    if (argc - optind != (has_at ? 2 : 1)) {
        return session_wrong("annotate", "one session is needed, and with --at the text");
    }
    if (has_at) {
        const int code =
            add_note(argv[optind], at_ns, author != NULL ? author : "unknown", argv[optind + 1]);
        if (code != VERB_OK || !json) {
            return code;
        }
    }
    return list_notes(argv[optind], json);
}
