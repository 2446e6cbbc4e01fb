/* Recording a session: what a message costs and takes, against a file that only grows and against
 * one row of SQLite a message; then an hour of four tools: its size, seeking, verifying, exporting.
 */
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sqlite3.h>

#include "bench.h"
#include "nav/time.h"
#include "record_hour.h"
#include "recorder.h"
#include "session_store.h"
#include "verbs.h"

enum {
    MESSAGE = RECORD_MESSAGE_SIZE,
    POOL = 100000, /* different messages; the same ones come again */
    DEVICES = 4,
    USUAL_RUNS = 5,
    VALUES = 4,
    CHUNK = 64 << 10,
    QUEUE_MB = 64
};

#define RATE 300000.0
#define SYNC_NS (200 * NAV_NS_PER_MS)

enum value { CPU_NS, LOOP_NS, BYTES, PER_SECOND };

struct subject {
    const uint8_t *pool;
    size_t messages; /* of a run at full speed */
    char folder[128];
    uint64_t dropped; /* by the recorder, at the steady rate */
};

static uint8_t *make_pool(void)
{
    static const char *const devices[DEVICES] = {"StylusToTracker", "SawToTracker",
                                                 "DrillToTracker", "ReferenceToTracker"};
    uint8_t *pool = malloc((size_t)POOL * MESSAGE);
    uint64_t dice = 7;
    for (size_t i = 0; pool != NULL && i < POOL; ++i) {
        const int64_t frame = (int64_t)(i / DEVICES);
        (void)record_pack_pose(devices[i % DEVICES], (double)frame * 1e-2,
                               1700000000000000000 + frame * 10 * NAV_NS_PER_MS, &dice,
                               pool + i * MESSAGE);
    }
    return pool;
}

static double file_bytes(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 ? (double)info.st_size : NAN;
}

static void finish_values(double *out_values, int64_t start_ns, int64_t cpu_ns, int64_t loop_ns,
                          size_t messages, const char *path)
{
    out_values[CPU_NS] = (double)(bench_cpu_ns() - cpu_ns) / (double)messages;
    out_values[LOOP_NS] = (double)loop_ns / (double)messages;
    out_values[PER_SECOND] =
        (double)messages / ((double)(bench_now_ns() - start_ns) / (double)NAV_NS_PER_S);
    out_values[BYTES] = file_bytes(path) / (double)messages;
}

/* ---- ours ---- */

static struct srv_recorder *begin_recording(const struct subject *subject)
{
    struct srv_recorder_config config = {.facts = {.case_name = "bench"},
                                         .queue_bytes = (size_t)QUEUE_MB << 20,
                                         .flush_ns = SYNC_NS,
                                         .late_ns = 10 * NAV_NS_PER_S};
    (void)snprintf(config.folder, sizeof(config.folder), "%s", subject->folder);
    struct srv_recorder *recorder = NULL;
    return srv_recorder_create(&config, &recorder) == NAV_OK ? recorder : NULL;
}

static void put(struct srv_recorder *recorder, const struct subject *subject, size_t number)
{
    srv_recorder_put(recorder,
                     &(struct store_record){.kind = STORE_MESSAGE,
                                            .source = 1,
                                            .at_ns = (int64_t)number * 2500000,
                                            .content = subject->pool + number % POOL * MESSAGE,
                                            .size = MESSAGE});
}

static uint64_t dropped(const struct srv_recorder *recorder)
{
    struct nav_scene_recording recording;
    srv_recorder_describe(recorder, 0, &recording);
    return recording.dropped;
}

/* At the steady rate, in bursts of a millisecond as they come from a loop. */
static bool run_steady(void *context, double *out_values)
{
    struct subject *subject = context;
    struct srv_recorder *recorder = begin_recording(subject);
    if (recorder == NULL) {
        return false;
    }
    char path[SESSION_PATH_SIZE];
    (void)snprintf(path, sizeof(path), "%s", srv_recorder_path(recorder));
    const size_t burst = (size_t)(RATE / 1000);
    const int64_t start_ns = bench_now_ns();
    const int64_t cpu_ns = bench_cpu_ns();
    int64_t loop_ns = 0;
    size_t number = 0;
    for (int64_t turn = 1; number < subject->messages; ++turn) {
        const int64_t before_ns = bench_thread_cpu_ns();
        for (size_t i = 0; i < burst; ++i) {
            put(recorder, subject, number++);
        }
        loop_ns += bench_thread_cpu_ns() - before_ns;
        bench_sleep_until_ns(start_ns + turn * NAV_NS_PER_MS);
    }
    subject->dropped += dropped(recorder);
    srv_recorder_destroy(recorder);
    finish_values(out_values, start_ns, cpu_ns, loop_ns, number, path);
    (void)unlink(path);
    return true;
}

/* As fast as the writer takes it, without the ring between. */
static bool run_ours(void *context, double *out_values)
{
    const struct subject *subject = context;
    struct session_error error;
    struct session_writer *writer = NULL;
    char path[256];
    (void)snprintf(path, sizeof(path), "%s/full.session", subject->folder);
    const struct session_writer_config config = {
        .path = path, .facts = {.id = 1, .software = "bench"}, .durable = true};
    if (session_writer_create(&config, &writer, &error) != NAV_OK) {
        fprintf(stderr, "osteonav bench: %s\n", error.text);
        return false;
    }
    const int64_t start_ns = bench_now_ns();
    const int64_t cpu_ns = bench_cpu_ns();
    bool good = true;
    for (size_t number = 0; number < subject->messages && good; ++number) {
        good = session_writer_append(
                   writer,
                   &(struct store_record){.kind = STORE_MESSAGE,
                                          .source = 1,
                                          .at_ns = (int64_t)number * 2500000,
                                          .content = subject->pool + number % POOL * MESSAGE,
                                          .size = MESSAGE},
                   &error) == NAV_OK;
    }
    good = good && session_writer_finish(writer, &error) == NAV_OK;
    session_writer_destroy(writer);
    finish_values(out_values, start_ns, cpu_ns, 0, subject->messages, path);
    (void)unlink(path);
    return good;
}

/* ---- a file that only grows: the limit of what a recorder can do ---- */

static bool run_raw(void *context, double *out_values)
{
    const struct subject *subject = context;
    static uint8_t chunk[CHUNK];
    char path[256];
    (void)snprintf(path, sizeof(path), "%s/raw", subject->folder);
    const int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
    if (fd < 0) {
        return false;
    }
    const int64_t start_ns = bench_now_ns();
    const int64_t cpu_ns = bench_cpu_ns();
    int64_t synced_ns = start_ns;
    size_t used = 0;
    bool good = true;
    for (size_t number = 0; number < subject->messages && good; ++number) {
        const int64_t head[3] = {(int64_t)number * 2500000, 1, MESSAGE};
        memcpy(chunk + used, head, sizeof(head));
        memcpy(chunk + used + sizeof(head), subject->pool + number % POOL * MESSAGE, MESSAGE);
        used += sizeof(head) + MESSAGE;
        if (used + sizeof(head) + MESSAGE > sizeof(chunk)) {
            good = write(fd, chunk, used) == (ssize_t)used;
            used = 0;
            if (bench_now_ns() - synced_ns >= SYNC_NS) {
                good = good && fdatasync(fd) == 0;
                synced_ns = bench_now_ns();
            }
        }
    }
    good = good && write(fd, chunk, used) == (ssize_t)used && fdatasync(fd) == 0;
    (void)close(fd);
    finish_values(out_values, start_ns, cpu_ns, bench_cpu_ns() - cpu_ns, subject->messages, path);
    (void)unlink(path);
    return good;
}

/* ---- one row a message ---- */

static bool insert_rows(sqlite3 *database, const struct subject *subject)
{
    sqlite3_stmt *add = NULL;
    if (sqlite3_exec(database,
                     "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
                     "CREATE TABLE messages(t_ns INTEGER, source INTEGER, device INTEGER,"
                     " type INTEGER, data BLOB); BEGIN",
                     NULL, NULL, NULL) != SQLITE_OK ||
        sqlite3_prepare_v2(database, "INSERT INTO messages VALUES(?1, 1, ?2, 1, ?3)", -1, &add,
                           NULL) != SQLITE_OK) {
        return false;
    }
    int64_t committed_ns = bench_now_ns();
    bool good = true;
    for (size_t number = 0; number < subject->messages && good; ++number) {
        (void)sqlite3_bind_int64(add, 1, (int64_t)number * 2500000);
        (void)sqlite3_bind_int64(add, 2, (int64_t)(number % DEVICES));
        (void)sqlite3_bind_blob(add, 3, subject->pool + number % POOL * MESSAGE, MESSAGE,
                                SQLITE_STATIC);
        good = sqlite3_step(add) == SQLITE_DONE && sqlite3_reset(add) == SQLITE_OK;
        if (number % 256 == 0 && bench_now_ns() - committed_ns >= SYNC_NS) {
            good = good && sqlite3_exec(database, "COMMIT; BEGIN", NULL, NULL, NULL) == SQLITE_OK;
            committed_ns = bench_now_ns();
        }
    }
    (void)sqlite3_finalize(add);
    return good && sqlite3_exec(database, "COMMIT; PRAGMA wal_checkpoint(TRUNCATE);", NULL, NULL,
                                NULL) == SQLITE_OK;
}

static bool run_rows(void *context, double *out_values)
{
    const struct subject *subject = context;
    char path[256];
    (void)snprintf(path, sizeof(path), "%s/rows.db", subject->folder);
    sqlite3 *database = NULL;
    const int64_t start_ns = bench_now_ns();
    const int64_t cpu_ns = bench_cpu_ns();
    const bool good = sqlite3_open(path, &database) == SQLITE_OK && insert_rows(database, subject);
    (void)sqlite3_close(database);
    finish_values(out_values, start_ns, cpu_ns, bench_cpu_ns() - cpu_ns, subject->messages, path);
    (void)unlink(path);
    return good;
}

/* ---- results ---- */

static void print_row(const struct bench_options *options, const char *what, const char *unit,
                      double ours, double reference, const char *name, bool more, unsigned runs,
                      json_t *extra)
{
    bench_print(options, &(struct bench_result){.bench = "record",
                                                .what = what,
                                                .unit = unit,
                                                .ours = ours,
                                                .reference = reference,
                                                .reference_name = name,
                                                .more_is_better = more,
                                                .runs = runs,
                                                .extra = extra});
}

enum contender { STEADY, OURS, RAW, ROWS, CONTENDERS };

static void print_stream(const struct bench_options *options, const double *m, unsigned runs,
                         uint64_t lost)
{
    static const char raw_name[] = "raw append-only file";
    static const char row_name[] = "SQLite, a row a message";
    const double *steady = m + STEADY * VALUES;
    const double *ours = m + OURS * VALUES;
    const double *raw = m + RAW * VALUES;
    const double *rows = m + ROWS * VALUES;
    print_row(options, "sustained, 300,000 offered", "1/s", steady[PER_SECOND], rows[PER_SECOND],
              row_name, true, runs, json_pack("{s:I}", "dropped", (json_int_t)lost));
    print_row(options, "at full speed", "1/s", ours[PER_SECOND], raw[PER_SECOND], raw_name, true,
              runs, NULL);
    print_row(options, "at full speed", "1/s", ours[PER_SECOND], rows[PER_SECOND], row_name, true,
              runs, NULL);
    print_row(options, "processor time a message", "ns", steady[CPU_NS], raw[CPU_NS], raw_name,
              false, runs, NULL);
    print_row(options, "processor time a message", "ns", steady[CPU_NS], rows[CPU_NS], row_name,
              false, runs, NULL);
    print_row(options, "of it in the loop", "ns", steady[LOOP_NS], raw[LOOP_NS], raw_name, false,
              runs, NULL);
    print_row(options, "bytes a TRANSFORM", "B", steady[BYTES], raw[BYTES], raw_name, false, runs,
              NULL);
    print_row(options, "bytes a TRANSFORM", "B", steady[BYTES], rows[BYTES], row_name, false, runs,
              NULL);
}

static void print_hour(const struct bench_options *options, const struct record_hour *hour)
{
    const double minutes = hour->length_s / 60;
    json_t *extra = json_pack("{s:I, s:I, s:f}", "messages", (json_int_t)hour->messages, "scenes",
                              (json_int_t)hour->scenes, "minutes", minutes);
    print_row(options, "an hour of 4 tools, 100 Hz: size", "MB", hour->megabytes,
              (double)hour->messages * (MESSAGE + 24) / 1e6, "its messages as a raw file", false, 1,
              extra);
    print_row(options, "an hour: a seek, median", "ms", hour->seek_median_ms, 200, "limit", false,
              1, json_pack("{s:f, s:i}", "max_ms", hour->seek_max_ms, "seeks", hour->seeks));
    print_row(options, "an hour: verify, times real time", "1", hour->verify_times, 200, "limit",
              true, 1,
              json_pack("{s:f, s:b}", "wall_s", hour->verify_s, "verified", (int)hour->verified));
    print_row(options, "an hour: export as CSV", "s", hour->export_s, hour->length_s, "its length",
              false, 1, NULL);
}

int bench_record(const struct bench_options *options)
{
    struct subject subject = {.pool = make_pool(), .messages = options->quick ? 150000 : 1500000};
    (void)snprintf(subject.folder, sizeof(subject.folder), "/var/tmp/osteonav-bench-XXXXXX");
    if (subject.pool == NULL || mkdtemp(subject.folder) == NULL) {
        fputs("osteonav bench: no memory, or no room in /var/tmp\n", stderr);
        return VERB_FAILED;
    }
    const struct bench_contender contenders[CONTENDERS] = {
        [STEADY] = {"steady", run_steady, &subject},
        [OURS] = {"ours", run_ours, &subject},
        [RAW] = {"raw", run_raw, &subject},
        [ROWS] = {"rows", run_rows, &subject},
    };
    const unsigned runs = bench_runs(options, USUAL_RUNS);
    double medians[CONTENDERS * VALUES];
    bool good = bench_interleave("record", contenders, CONTENDERS, VALUES, runs, medians);
    if (good) {
        print_stream(options, medians, runs, subject.dropped);
    }
    struct record_hour hour;
    good = good && record_hour_run(subject.folder, options->quick ? 120 : 3600, &hour);
    if (good) {
        print_hour(options, &hour);
    }
    (void)rmdir(subject.folder);
    free((void *)(uintptr_t)subject.pool);
    return good ? VERB_OK : VERB_FAILED;
}
