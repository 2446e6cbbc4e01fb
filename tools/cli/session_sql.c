/* `osteonav session sql`: questions to a session. */
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

#include "json_out.h"
#include "session_sql_tables.h"
#include "session_verbs.h"
#include "verbs.h"

enum { TABLE_NAME_SIZE = 64, ROWS_FOR_WIDTHS = 200, COLUMNS_MAX = 64, WIDTH_MAX = 40 };

static const char usage[] =
    "usage: osteonav session sql SESSION QUESTION [OPTIONS]\n"
    "\n"
    "Answers a question in SQL (SQLite's). The session is not changed.\n"
    "\n"
    "tables of the file:  session peers devices commands events gaps annotations blocks\n"
    "made when named:     messages poses            from the blocks\n"
    "                     scenes tips distances cuts alarms  from a replay, with the case\n"
    "docs/recording.md has their columns and worked questions.\n"
    "\n"
    "  --case CASE   the case for the replay, instead of the one the session names\n"
    "  --csv         comma separated, with a heading\n"
    "  --json        one JSON object: columns, rows\n"
    "  --quiet       no progress\n"
    "  --help        this text\n"
    "\n"
    "example: osteonav session sql FILE \"SELECT device, count(*), avg(z) FROM poses GROUP BY 1\"\n"
    "\n"
    "Exit codes: 0 good, 1 failed, 2 usage.\n";

struct options {
    const char *path, *question, *case_path;
    bool csv, json, quiet;
};

/* VERB_OK: go on. -1: help was printed. Else the exit code. */
static int parse(int argc, char **argv, struct options *options)
{
    enum { CASE = 1000, CSV, JSON, QUIET, HELP };
    static const struct option known[] = {
        {"case", required_argument, NULL, CASE}, {"csv", no_argument, NULL, CSV},
        {"json", no_argument, NULL, JSON},       {"quiet", no_argument, NULL, QUIET},
        {"help", no_argument, NULL, HELP},       {NULL, 0, NULL, 0}};
    opterr = 0;
    optind = 1;
    for (int option; (option = getopt_long(argc, argv, ":h", known, NULL)) != -1;) {
        switch (option) {
        case CASE:
            options->case_path = optarg;
            break;
        case CSV:
            options->csv = true;
            break;
        case JSON:
            options->json = true;
            break;
        case QUIET:
            options->quiet = true;
            break;
        case HELP:
        case 'h':
            fputs(usage, stdout);
            return -1;
        default:
            fprintf(stderr,
                    "osteonav session sql: no such option, or its value is missing: %s; "
                    "see --help\n",
                    argv[optind - 1]);
            return VERB_USAGE;
        }
    }
    if (optind + 2 != argc) {
        fputs("osteonav session sql: one SESSION and one QUESTION are needed; see --help\n",
              stderr);
        return VERB_USAGE;
    }
    options->path = argv[optind];
    options->question = argv[optind + 1];
    return VERB_OK;
}

/* ---- answers ---- */

static int print_json(sqlite3_stmt *answer)
{
    const int columns = sqlite3_column_count(answer);
    json_t *names = json_array();
    json_t *rows = json_array();
    for (int i = 0; i < columns; ++i) {
        (void)json_array_append_new(names, json_string(sqlite3_column_name(answer, i)));
    }
    int code;
    while ((code = sqlite3_step(answer)) == SQLITE_ROW) {
        json_t *row = json_array();
        for (int i = 0; i < columns; ++i) {
            json_t *value;
            switch (sqlite3_column_type(answer, i)) {
            case SQLITE_INTEGER:
                value = json_integer(sqlite3_column_int64(answer, i));
                break;
            case SQLITE_FLOAT:
                value = json_number_or_null(sqlite3_column_double(answer, i));
                break;
            case SQLITE_TEXT:
                value = json_string((const char *)sqlite3_column_text(answer, i));
                break;
            default:
                value = json_null();
                break;
            }
            (void)json_array_append_new(row, value != NULL ? value : json_null());
        }
        (void)json_array_append_new(rows, row);
    }
    const int printed =
        json_print("session sql", json_pack("{s:o, s:o}", "columns", names, "rows", rows));
    return code == SQLITE_DONE ? printed : VERB_FAILED;
}

static const char *cell(sqlite3_stmt *answer, int column)
{
    if (sqlite3_column_type(answer, column) == SQLITE_BLOB) {
        return "(bytes)";
    }
    const char *text = (const char *)sqlite3_column_text(answer, column);
    return text != NULL ? text : "";
}

static void print_csv_cell(const char *text)
{
    if (strpbrk(text, ",\"\n\r") == NULL) {
        fputs(text, stdout);
        return;
    }
    putchar('"');
    for (; *text != '\0'; ++text) {
        if (*text == '"') {
            putchar('"');
        }
        putchar(*text);
    }
    putchar('"');
}

static int print_csv(sqlite3_stmt *answer)
{
    const int columns = sqlite3_column_count(answer);
    for (int i = 0; i < columns; ++i) {
        fputs(i > 0 ? "," : "", stdout);
        print_csv_cell(sqlite3_column_name(answer, i));
    }
    putchar('\n');
    int code;
    while ((code = sqlite3_step(answer)) == SQLITE_ROW) {
        for (int i = 0; i < columns; ++i) {
            fputs(i > 0 ? "," : "", stdout);
            print_csv_cell(cell(answer, i));
        }
        putchar('\n');
    }
    return code == SQLITE_DONE ? VERB_OK : VERB_FAILED;
}

/* Widths from the first rows; what is wider later is printed whole all the same. */
static void measure(sqlite3_stmt *answer, int columns, int *widths)
{
    for (int i = 0; i < columns; ++i) {
        widths[i] = (int)strlen(sqlite3_column_name(answer, i));
    }
    for (int row = 0; row < ROWS_FOR_WIDTHS && sqlite3_step(answer) == SQLITE_ROW; ++row) {
        for (int i = 0; i < columns; ++i) {
            const int width = (int)strlen(cell(answer, i));
            widths[i] = width > widths[i] ? (width < WIDTH_MAX ? width : WIDTH_MAX) : widths[i];
        }
    }
    (void)sqlite3_reset(answer);
}

static int print_table(sqlite3_stmt *answer)
{
    int widths[COLUMNS_MAX];
    const int all = sqlite3_column_count(answer);
    const int columns = all < COLUMNS_MAX ? all : COLUMNS_MAX;
    measure(answer, columns, widths);
    for (int i = 0; i < columns; ++i) {
        printf("%s%-*s", i > 0 ? "  " : "", i + 1 < columns ? widths[i] : 0,
               sqlite3_column_name(answer, i));
    }
    putchar('\n');
    int code;
    while ((code = sqlite3_step(answer)) == SQLITE_ROW) {
        for (int i = 0; i < columns; ++i) {
            const int type = sqlite3_column_type(answer, i);
            const bool number = type == SQLITE_INTEGER || type == SQLITE_FLOAT;
            const int width = number ? widths[i] : i + 1 < columns ? -widths[i] : 0;
            printf("%s%*s", i > 0 ? "  " : "", width, cell(answer, i));
        }
        putchar('\n');
    }
    return code == SQLITE_DONE ? VERB_OK : VERB_FAILED;
}

/* ---- questions ---- */

/* The table that a failed question misses. */
static bool missing_table(sqlite3 *database, char out_table[TABLE_NAME_SIZE])
{
    static const char words[] = "no such table: ";
    const char *said = sqlite3_errmsg(database);
    if (strncmp(said, words, strlen(words)) != 0) {
        return false;
    }
    (void)snprintf(out_table, TABLE_NAME_SIZE, "%s", said + strlen(words));
    return true;
}

/* A question reads, and may ask which columns there are. ATTACH, which would make a file, and
 * PRAGMA, which would change how this one is written, change no row and so pass as reading. */
static int allow(void *context, int action, const char *first, const char *second,
                 const char *database, const char *trigger)
{
    (void)context;
    (void)second;
    (void)database;
    (void)trigger;
    switch (action) {
    case SQLITE_SELECT:
    case SQLITE_READ:
    case SQLITE_FUNCTION:
    case SQLITE_RECURSIVE:
        return SQLITE_OK;
    case SQLITE_PRAGMA:
        return strncmp(first, "table_", strlen("table_")) == 0 ? SQLITE_OK : SQLITE_DENY;
    default:
        return SQLITE_DENY;
    }
}

/* Prepares; what the question misses and can be made is made. */
static sqlite3_stmt *prepare(struct sql_source *source, const char *question)
{
    sqlite3 *database = session_reader_database(source->reader);
    for (;;) {
        sqlite3_stmt *answer = NULL;
        const char *rest = NULL;
        char table[TABLE_NAME_SIZE];
        (void)sqlite3_set_authorizer(database, allow, NULL);
        const int code = sqlite3_prepare_v2(database, question, -1, &answer, &rest);
        (void)sqlite3_set_authorizer(database, NULL, NULL);
        if (code == SQLITE_OK || code == SQLITE_AUTH) {
            if (answer != NULL && sqlite3_stmt_readonly(answer) != 0 &&
                rest[strspn(rest, " \t\n;")] == '\0') {
                return answer;
            }
            fputs("osteonav session sql: one question (SELECT ...) and nothing that changes\n",
                  stderr);
            (void)sqlite3_finalize(answer);
            return NULL;
        }
        if (!missing_table(database, table)) {
            fprintf(stderr, "osteonav session sql: %s\n", sqlite3_errmsg(database));
            return NULL;
        }
        const enum nav_status status = sql_make_table(source, table);
        if (status == NAV_ERR_NOT_FOUND) {
            fprintf(stderr, "osteonav session sql: no such table: %s; see --help\n", table);
        }
        if (status != NAV_OK) {
            return NULL;
        }
    }
}

int session_verb_sql(int argc, char **argv)
{
    struct options options = {.path = NULL};
    const int parsed = parse(argc, argv, &options);
    if (parsed != VERB_OK) {
        return parsed < 0 ? VERB_OK : parsed;
    }
    struct session_error error;
    struct sql_source source = {
        .path = options.path, .case_path = options.case_path, .quiet = options.quiet};
    if (session_reader_open(options.path, &source.reader, &error) != NAV_OK) {
        fprintf(stderr, "osteonav session sql: %s\n", error.text);
        return VERB_FAILED;
    }
    int code = VERB_FAILED;
    sqlite3_stmt *answer = prepare(&source, options.question);
    if (answer != NULL) {
        code = options.json  ? print_json(answer)
               : options.csv ? print_csv(answer)
                             : print_table(answer);
        if (code != VERB_OK) {
            fprintf(stderr, "osteonav session sql: %s\n",
                    sqlite3_errmsg(session_reader_database(source.reader)));
        }
    }
    (void)sqlite3_finalize(answer);
    session_reader_close(source.reader);
    return code;
}
