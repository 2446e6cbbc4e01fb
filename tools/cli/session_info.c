/* `osteonav session info`: what a recording holds. */
#include "session_verbs.h"

#include <math.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "json_out.h"
#include "nav/scene.h"
#include "nav/time.h"
#include "options.h"
#include "progress.h"
#include "session_common.h"
#include "session_info.h"
#include "session_store.h"
#include "verbs.h"

static const char usage[] =
    "usage: osteonav session info FILE [OPTIONS]\n"
    "\n"
    "What a session holds: where it is from, of which case, how long, every device with its rate,\n"
    "its longest gap and how often it was not visible, events and annotations. FILE may be any\n"
    "recording that can be imported, too.\n"
    "\n"
    "  --device NAME, --rate HZ   as for import\n"
    "  --json          one JSON object\n"
    "  --help          this text\n"
    "\n"
    "Exit codes: 0 good, 1 failed, 2 usage.\n";

/* What is said of one device. */
struct device_facts {
    size_t poses, valid;
    int64_t first_ns, last_ns, gap_ns;
};

static void survey(const struct ses_pose_log *log, struct device_facts *devices)
{
    memset(devices, 0, SES_DEVICES_MAX * sizeof(*devices));
    for (size_t i = 0; i < log->count; ++i) {
        const struct ses_pose *pose = &log->poses[i];
        struct device_facts *device = &devices[pose->device];
        if (device->poses++ == 0) {
            device->first_ns = pose->arrival_ns;
        } else if (pose->arrival_ns - device->last_ns > device->gap_ns) {
            device->gap_ns = pose->arrival_ns - device->last_ns;
        }
        device->last_ns = pose->arrival_ns;
        device->valid += ses_pose_is_valid(pose) ? 1 : 0;
    }
}

static double seconds(int64_t ns)
{
    return (double)ns / (double)NAV_NS_PER_S;
}

static double rate_of(const struct device_facts *device)
{
    const int64_t span_ns = device->last_ns - device->first_ns;
    return span_ns > 0 ? (double)(device->poses - 1) / seconds(span_ns) : NAN;
}

static json_t *devices_json(const struct ses_pose_log *log, const struct device_facts *devices)
{
    json_t *list = json_array();
    for (size_t i = 0; i < log->device_count; ++i) {
        const struct device_facts *device = &devices[i];
        (void)json_array_append_new(
            list, json_pack("{s:s, s:I, s:I, s:o, s:f, s:f}", "device", log->devices[i], "poses",
                            (json_int_t)device->poses, "invalid",
                            (json_int_t)(device->poses - device->valid), "rate_hz",
                            json_number_or_null(rate_of(device)), "seconds",
                            seconds(device->last_ns - device->first_ns), "longest_gap_s",
                            seconds(device->gap_ns)));
    }
    return list;
}

static void print_devices(const struct ses_pose_log *log, const struct device_facts *devices)
{
    printf("\n%-40s %8s %10s %10s %12s\n", "device", "poses", "not valid", "rate", "longest gap");
    for (size_t i = 0; i < log->device_count; ++i) {
        const struct device_facts *device = &devices[i];
        printf("%-40s %8zu %10zu %7.1f Hz %9.0f ms\n", log->devices[i], device->poses,
               device->poses - device->valid, rate_of(device), seconds(device->gap_ns) * 1e3);
    }
}

int64_t session_count_rows(struct sqlite3 *database, const char *query)
{
    sqlite3_stmt *row = NULL;
    int64_t count = 0;
    if (sqlite3_prepare_v2(database, query, -1, &row, NULL) == SQLITE_OK &&
        sqlite3_step(row) == SQLITE_ROW) {
        count = sqlite3_column_int64(row, 0);
    }
    (void)sqlite3_finalize(row);
    return count;
}

void session_utc_text(int64_t utc_ns, char out_text[SESSION_UTC_SIZE])
{
    const time_t whole = (time_t)(utc_ns / NAV_NS_PER_S);
    struct tm parts;
    if (utc_ns == 0 || gmtime_r(&whole, &parts) == NULL ||
        strftime(out_text, SESSION_UTC_SIZE, "%Y-%m-%dT%H:%M:%SZ", &parts) == 0) {
        (void)snprintf(out_text, SESSION_UTC_SIZE, "-");
    }
}

static json_t *kinds_json(struct sqlite3 *database)
{
    json_t *kinds = json_object();
    sqlite3_stmt *rows = NULL;
    if (sqlite3_prepare_v2(database, "SELECT kind, count(*) FROM events GROUP BY kind", -1, &rows,
                           NULL) == SQLITE_OK) {
        while (sqlite3_step(rows) == SQLITE_ROW) {
            (void)json_object_set_new(kinds, (const char *)sqlite3_column_text(rows, 0),
                                      json_integer(sqlite3_column_int64(rows, 1)));
        }
    }
    (void)sqlite3_finalize(rows);
    return kinds;
}

static json_t *session_json(const char *path, const struct session_reader *reader)
{
    const struct session_facts *facts = session_reader_facts(reader);
    const struct session_extent extent = session_reader_extent(reader);
    struct sqlite3 *database = session_reader_database(reader);
    struct stat info;
    char log[SESSION_PATH_SIZE + 8]; /* where the newest is, until the session has ended */
    (void)snprintf(log, sizeof(log), "%s-wal", path);
    int64_t file_bytes = stat(path, &info) == 0 ? (int64_t)info.st_size : 0;
    file_bytes += stat(log, &info) == 0 ? (int64_t)info.st_size : 0;
    char id[32];
    char start[SESSION_UTC_SIZE];
    (void)snprintf(id, sizeof(id), "%016llx", (unsigned long long)facts->id);
    session_utc_text(facts->start_utc_ns, start);
    return json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:f, s:b, s:I, s:I, s:I, s:I, s:I, "
        "s:I, s:I, s:I, s:o}",
        "file", path, "format", "session", "id", id, "software", facts->software, "origin",
        facts->origin, "case", facts->case_name, "case_hash", facts->case_hash, "pseudonym",
        facts->pseudonym, "mode", nav_mode_name(facts->mode), "start_utc", start, "seconds",
        seconds(extent.last_ns - extent.first_ns), "ended", extent.ended, "records",
        (json_int_t)extent.records, "messages", (json_int_t)extent.messages, "blocks",
        (json_int_t)extent.blocks, "file_bytes", (json_int_t)file_bytes, "commands",
        (json_int_t)session_count_rows(database, "SELECT count(*) FROM commands"), "gaps",
        (json_int_t)session_count_rows(database, "SELECT count(*) FROM gaps"), "lost_records",
        (json_int_t)session_count_rows(database, "SELECT coalesce(sum(lost), 0) FROM gaps"),
        "annotations", (json_int_t)session_count_rows(database, "SELECT count(*) FROM annotations"),
        "events", kinds_json(database));
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text != NULL && text[0] != '\0' ? text : "-";
}

static long long number_of(const json_t *object, const char *key)
{
    return (long long)json_integer_value(json_object_get(object, key));
}

static void print_session(const json_t *info)
{
    const char *mode = text_of(info, "mode");
    const char *origin = text_of(info, "origin");
    const bool imported = strncmp(origin, "imported", strlen("imported")) == 0;
    printf("session    %s, %s%s%s\n", text_of(info, "id"), origin, imported ? "" : ", ",
           imported ? "" : mode); /* no core has recorded it: it has no mode */
    printf("case       %s, %s\n", text_of(info, "case"), text_of(info, "case_hash"));
    printf("recorded   %s by %s, %.1f s%s\n", text_of(info, "start_utc"), text_of(info, "software"),
           json_real_value(json_object_get(info, "seconds")),
           json_is_true(json_object_get(info, "ended")) ? ""
                                                        : ", NOT ENDED (still being recorded, or "
                                                          "cut off)");
    printf("holds      %lld messages, %lld commands, %lld annotations in %lld blocks, %lld bytes\n",
           number_of(info, "messages"), number_of(info, "commands"), number_of(info, "annotations"),
           number_of(info, "blocks"), number_of(info, "file_bytes"));
    if (number_of(info, "lost_records") > 0) {
        printf("LOST       %lld records in %lld gaps\n", number_of(info, "lost_records"),
               number_of(info, "gaps"));
    }
    const char *kind = NULL;
    json_t *count = NULL;
    json_object_foreach(json_object_get(info, "events"), kind, count)
    {
        printf("events     %lld of %s\n", (long long)json_integer_value(count), kind);
    }
}

static json_t *head_of(const char *path, const struct ses_read_options *read,
                       struct ses_pose_log *log, struct ses_session_count *out_count, bool quiet)
{
    struct cfg_error error;
    *out_count = (struct ses_session_count){0};
    if (!ses_is_session(path)) {
        if (ses_pose_file_read(path, read, log, &error) != NAV_OK) {
            fprintf(stderr, "osteonav session info: %s\n", error.text);
            return NULL;
        }
        return json_pack("{s:s, s:s, s:I, s:f, s:I}", "file", path, "format", "poses", "rows",
                         (json_int_t)log->count, "seconds",
                         log->count > 0 ? seconds(log->poses[log->count - 1].arrival_ns -
                                                  log->poses[0].arrival_ns)
                                        : 0.0,
                         "ignored_fields", (json_int_t)log->ignored_fields);
    }
    struct session_reader *reader = NULL;
    struct session_error session_error;
    if (session_reader_open(path, &reader, &session_error) != NAV_OK) {
        fprintf(stderr, "osteonav session info: %s\n", session_error.text);
        return NULL;
    }
    json_t *head = session_json(path, reader);
    session_reader_close(reader);
    struct progress bar;
    progress_begin(&bar, "reading", "records", quiet);
    const struct ses_progress progress = {.step = progress_step, .context = &bar};
    const struct ses_span all = SES_SPAN_ALL;
    const enum nav_status status = ses_session_read(path, &all, &progress, log, out_count, &error);
    progress_end(&bar);
    if (status != NAV_OK) {
        fprintf(stderr, "osteonav session info: %s\n", error.text);
        json_decref(head);
        return NULL;
    }
    return head;
}

static int show(const char *path, const struct ses_read_options *read, bool json)
{
    struct ses_pose_log log = {0};
    struct ses_session_count count;
    struct device_facts devices[SES_DEVICES_MAX];
    json_t *head = head_of(path, read, &log, &count, json);
    if (head == NULL) {
        ses_pose_log_finish(&log);
        return VERB_FAILED;
    }
    survey(&log, devices);
    int code = VERB_OK;
    if (json) {
        (void)json_object_set_new(head, "messages_without_pose",
                                  json_integer((json_int_t)count.without));
        (void)json_object_set_new(head, "messages_refused",
                                  json_integer((json_int_t)count.refused));
        (void)json_object_set_new(head, "damaged_blocks", json_integer((json_int_t)count.damaged));
        (void)json_object_set_new(head, "devices", devices_json(&log, devices));
        code = json_print("session info", json_incref(head));
    } else {
        if (strcmp(text_of(head, "format"), "session") == 0) {
            print_session(head);
        } else {
            printf("%s: %zu poses in %.3f s\n", path, log.count,
                   json_real_value(json_object_get(head, "seconds")));
        }
        if (count.damaged > 0) {
            printf("DAMAGED    %llu blocks cannot be read (`osteonav session check`)\n",
                   (unsigned long long)count.damaged);
        }
        print_devices(&log, devices);
    }
    json_decref(head);
    ses_pose_log_finish(&log);
    return code;
}

int session_verb_info(int argc, char **argv)
{
    static const struct option longs[] = {
        {"device", required_argument, NULL, 'd'},
        {"rate", required_argument, NULL, 'r'},
        {"json", no_argument, NULL, 'j'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    struct ses_read_options read = {0};
    bool json = false;
    optind = 1;
    for (int c = 0; (c = options_next("session info", argc, argv, longs)) != OPTIONS_END;) {
        switch (c) {
        case 'd':
            read.device = optarg;
            break;
        case 'r':
            if (!session_read_positive(optarg, &read.rate_hz)) {
                fprintf(stderr, "osteonav session info: --rate %s is not a positive number\n",
                        optarg);
                return VERB_USAGE;
            }
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
    if (optind + 1 != argc) {
        return session_wrong("info", "one file is needed");
    }
    return show(argv[optind], &read, json);
}
