#include "recorder.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "nav/log.h"
#include "nav/time.h"
#include "record_ring.h"
#include "session_recover.h"

#define LOG_MODULE "recorder"

enum {
    LOOK_MS = 20,    /* how often the writer looks into the ring */
    RETRY_MS = 1000, /* what failed is tried again after */
    END_S = 5,       /* the end waits for the disk so long */
    REASONS = 8,     /* texts kept, so that the loop never reads one that is being written */
    CHUNK = STORE_BLOCK_STREAM,
    FOLDER_MODE = 0700,
    NAME_PART = 32
};

struct srv_recorder {
    struct srv_recorder_config config;
    char path[SESSION_PATH_SIZE];
    char name[NAV_NAME_SIZE];
    struct record_ring *ring; /* NULL: there is no shared memory for it */

    pthread_t thread;
    bool started;
    pthread_mutex_t lock; /* guards the next two; the loop takes it at the end only */
    pthread_cond_t wake;
    bool stop;     /* the loop wants the end */
    bool finished; /* the writer is through */

    /* from the writer to the loop */
    _Atomic bool failed;
    _Atomic uint32_t reason; /* index of the newest text */
    char reasons[REASONS][NAV_TEXT_SIZE];
    _Atomic uint64_t messages;
    _Atomic uint64_t bytes;
    _Atomic int64_t saved_ns; /* what was recorded before this is in the file */

    /* the writer's own */
    struct session_writer *writer;
    uint8_t *chunk;
    size_t chunk_size;
    int64_t retry_ns; /* not before */
    int64_t commit_ns;
    ino_t inode;
};

/* ---- what the loop does ---- */

void srv_recorder_put(struct srv_recorder *recorder, const struct store_record *record)
{
    if (recorder->ring != NULL) {
        (void)record_ring_put(recorder->ring, record);
    }
}

void srv_recorder_describe(const struct srv_recorder *recorder, int64_t now_ns,
                           struct nav_scene_recording *out_recording)
{
    memset(out_recording, 0, sizeof(*out_recording));
    out_recording->messages = atomic_load_explicit(&recorder->messages, memory_order_relaxed);
    out_recording->bytes = atomic_load_explicit(&recorder->bytes, memory_order_relaxed);
    out_recording->dropped = recorder->ring != NULL ? record_ring_dropped(recorder->ring) : 0;
    memcpy(out_recording->session, recorder->name, sizeof(recorder->name));
    out_recording->state = NAV_RECORDING_ON;
    const int64_t unsaved_ns =
        now_ns - atomic_load_explicit(&recorder->saved_ns, memory_order_relaxed);
    if (atomic_load_explicit(&recorder->failed, memory_order_acquire)) {
        const uint32_t reason = atomic_load_explicit(&recorder->reason, memory_order_acquire);
        out_recording->state = NAV_RECORDING_FAILED;
        memcpy(out_recording->reason, recorder->reasons[reason % REASONS], NAV_TEXT_SIZE);
    } else if (unsaved_ns > recorder->config.late_ns) {
        static const char late[] = "the disk is too slow: the newest seconds are not saved yet";
        out_recording->state = NAV_RECORDING_FAILED;
        memcpy(out_recording->reason, late, sizeof(late));
    }
}

const char *srv_recorder_path(const struct srv_recorder *recorder)
{
    return recorder->path;
}

/* ---- the writer's thread ---- */

static int64_t now(void)
{
    const struct nav_clock clock = nav_clock_monotonic();
    return nav_clock_now_ns(&clock);
}

/* The text behind the last path separator's file name is what fits on a screen. */
static void fail_recording(struct srv_recorder *recorder, const char *words)
{
    const uint32_t next = atomic_load(&recorder->reason) + 1;
    char *to = recorder->reasons[next % REASONS];
    memset(to, 0, NAV_TEXT_SIZE);
    (void)snprintf(to, NAV_TEXT_SIZE, "%s", words);
    atomic_store_explicit(&recorder->reason, next, memory_order_release);
    if (!atomic_exchange(&recorder->failed, true)) {
        nav_log_error(LOG_MODULE, "NOT RECORDING: %s", words);
    }
    recorder->retry_ns = now() + RETRY_MS * NAV_NS_PER_MS;
}

/* What an error says without the path in front, which nobody can read on a screen. */
static void fail_with(struct srv_recorder *recorder, const struct session_error *error)
{
    const size_t length = strlen(recorder->path);
    const bool named = strncmp(error->text, recorder->path, length) == 0;
    fail_recording(recorder, named && strlen(error->text) > length + 2 ? error->text + length + 2
                                                                       : error->text);
}

static void succeed(struct srv_recorder *recorder)
{
    if (atomic_exchange(&recorder->failed, false)) {
        nav_log_info(LOG_MODULE, "recording again to %s", recorder->path);
    }
}

static bool make_folders(const char *folder)
{
    char path[SESSION_PATH_SIZE];
    (void)snprintf(path, sizeof(path), "%s", folder);
    for (char *c = path + 1; *c != '\0'; ++c) {
        if (*c == '/') {
            *c = '\0';
            (void)mkdir(path, FOLDER_MODE);
            *c = '/';
        }
    }
    struct stat info;
    (void)mkdir(path, FOLDER_MODE);
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

/* The session's file, made when it can be. */
static bool have_file(struct srv_recorder *recorder)
{
    if (recorder->writer != NULL) {
        return true;
    }
    if (!make_folders(recorder->config.folder)) {
        char words[NAV_TEXT_SIZE];
        (void)snprintf(words, sizeof(words), "the folder %.60s cannot be made: %m",
                       recorder->config.folder);
        fail_recording(recorder, words);
        return false;
    }
    struct session_error error;
    const struct session_writer_config config = {
        .path = recorder->path, .facts = recorder->config.facts, .durable = true};
    if (session_writer_create(&config, &recorder->writer, &error) != NAV_OK) {
        fail_with(recorder, &error);
        return false;
    }
    record_ring_set_base(recorder->ring, session_writer_stats(recorder->writer).place);
    struct stat info;
    recorder->inode = stat(recorder->path, &info) == 0 ? info.st_ino : 0;
    return true;
}

/* Room for a record that is larger than a chunk. */
static bool grow_chunk(struct srv_recorder *recorder, size_t needed)
{
    uint8_t *chunk = realloc(recorder->chunk, needed);
    if (chunk == NULL) {
        fail_recording(recorder, "out of memory");
        return false;
    }
    recorder->chunk = chunk;
    recorder->chunk_size = needed;
    return true;
}

static void tell(struct srv_recorder *recorder, int64_t saved_ns)
{
    const struct session_writer_stats stats = session_writer_stats(recorder->writer);
    record_ring_release(recorder->ring, stats.place);
    atomic_store_explicit(&recorder->messages, stats.messages, memory_order_relaxed);
    atomic_store_explicit(&recorder->bytes, stats.bytes, memory_order_relaxed);
    if (saved_ns != 0) {
        atomic_store_explicit(&recorder->saved_ns, saved_ns, memory_order_relaxed);
    }
}

/* Takes everything that is in the ring. False: a commit failed. */
static bool take_all(struct srv_recorder *recorder)
{
    for (;;) {
        size_t needed;
        const size_t size =
            record_ring_take(recorder->ring, recorder->chunk, recorder->chunk_size, &needed);
        if (size == 0) {
            if (needed == 0) {
                return true;
            }
            if (!grow_chunk(recorder, needed)) {
                return false;
            }
            continue;
        }
        struct session_error error;
        if (session_writer_append_stream(recorder->writer, recorder->chunk, size, &error) !=
            NAV_OK) {
            fail_with(recorder, &error);
            return false;
        }
        tell(recorder, 0);
    }
}

/* A file whose name is gone would be lost with the program, however well it is written. */
static bool file_is_there(struct srv_recorder *recorder)
{
    struct stat info;
    if (stat(recorder->path, &info) == 0 && info.st_ino == recorder->inode) {
        return true;
    }
    fail_recording(recorder, "the session's file was removed or replaced");
    return false;
}

static bool commit(struct srv_recorder *recorder)
{
    struct session_error error;
    const int64_t before_ns = recorder->commit_ns;
    if (!file_is_there(recorder)) {
        return false;
    }
    if (session_writer_commit(recorder->writer, &error) != NAV_OK) {
        fail_with(recorder, &error);
        return false;
    }
    tell(recorder, before_ns);
    succeed(recorder);
    return true;
}

/* One look: what is in the ring goes to the writer, and to the disk when it is time. */
static void work(struct srv_recorder *recorder, bool last)
{
    const int64_t now_ns = now();
    if ((now_ns < recorder->retry_ns && !last) || !have_file(recorder)) {
        return;
    }
    if (atomic_load(&recorder->failed)) {
        if (!commit(recorder)) { /* what was taken before comes first */
            return;
        }
    }
    const bool due = last || now_ns - recorder->commit_ns >= recorder->config.flush_ns;
    if (!take_all(recorder) || !due) {
        return;
    }
    recorder->commit_ns = now_ns;
    (void)commit(recorder);
}

static bool wait_for_stop(struct srv_recorder *recorder)
{
    struct timespec until;
    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += LOOK_MS * (long)NAV_NS_PER_MS;
    if (until.tv_nsec >= (long)NAV_NS_PER_S) {
        until.tv_nsec -= (long)NAV_NS_PER_S;
        ++until.tv_sec;
    }
    (void)pthread_mutex_lock(&recorder->lock);
    if (!recorder->stop) {
        (void)pthread_cond_timedwait(&recorder->wake, &recorder->lock, &until);
    }
    const bool stop = recorder->stop;
    (void)pthread_mutex_unlock(&recorder->lock);
    return stop;
}

static void on_recovered(void *context, const struct session_recovered *recovered)
{
    (void)context;
    if (recovered->let_go) {
        nav_log_warning(LOG_MODULE,
                        "%s: could never be written, and what was left of it in memory is given up "
                        "for newer sessions",
                        recovered->path);
        return;
    }
    nav_log_warning(LOG_MODULE,
                    "%s: its program was killed; %llu records were recovered from memory",
                    recovered->path, (unsigned long long)recovered->records);
}

static void *write_session(void *context)
{
    struct srv_recorder *recorder = context;
    bool stop;
    (void)session_recover_all(on_recovered, NULL);
    do {
        stop = wait_for_stop(recorder);
        work(recorder, stop);
    } while (!stop);
    struct session_error error;
    if (recorder->writer != NULL && !atomic_load(&recorder->failed) &&
        session_writer_finish(recorder->writer, &error) != NAV_OK) {
        fail_with(recorder, &error);
    }
    (void)pthread_mutex_lock(&recorder->lock);
    recorder->finished = true;
    (void)pthread_cond_broadcast(&recorder->wake);
    (void)pthread_mutex_unlock(&recorder->lock);
    return NULL;
}

/* ---- life ---- */

/* CASE-YYYYMMDD-HHMMSS-ID.session: sorts by time, and two are never equal. */
static void choose_name(struct srv_recorder *recorder)
{
    const struct session_facts *facts = &recorder->config.facts;
    char part[NAME_PART];
    size_t length = 0;
    for (const char *c = facts->case_name; *c != '\0' && length + 1 < sizeof(part); ++c) {
        const bool plain = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') ||
                           (*c >= '0' && *c <= '9') || *c == '-' || *c == '_';
        part[length++] = plain ? *c : '-';
    }
    part[length] = '\0';
    struct tm utc;
    const time_t seconds = (time_t)(facts->start_utc_ns / NAV_NS_PER_S);
    char stamp[sizeof("20260101-120000")] = "";
    if (gmtime_r(&seconds, &utc) != NULL) {
        (void)strftime(stamp, sizeof(stamp), "%Y%m%d-%H%M%S", &utc);
    }
    (void)snprintf(recorder->name, sizeof(recorder->name), "%s-%s-%04x",
                   length > 0 ? part : "session", stamp, (unsigned)(facts->id & 0xffff));
    (void)snprintf(recorder->path, sizeof(recorder->path), "%.*s/%s%s",
                   (int)(sizeof(recorder->path) - sizeof(recorder->name) - 16),
                   recorder->config.folder, recorder->name, SESSION_SUFFIX);
}

static bool start_thread(struct srv_recorder *recorder)
{
    pthread_condattr_t attributes;
    sigset_t all;
    sigset_t before;
    (void)pthread_condattr_init(&attributes);
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&recorder->wake, &attributes);
    (void)pthread_condattr_destroy(&attributes);
    (void)pthread_mutex_init(&recorder->lock, NULL);
    /* Signals are the loop's. */
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    recorder->started = pthread_create(&recorder->thread, NULL, write_session, recorder) == 0;
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return recorder->started;
}

enum nav_status srv_recorder_create(const struct srv_recorder_config *config,
                                    struct srv_recorder **out_recorder)
{
    struct srv_recorder *recorder = calloc(1, sizeof(*recorder));
    uint8_t *chunk = malloc(CHUNK);
    if (recorder == NULL || chunk == NULL) {
        free(recorder);
        free(chunk);
        return NAV_ERR_MEMORY;
    }
    recorder->config = *config;
    recorder->chunk = chunk;
    recorder->chunk_size = CHUNK;
    struct session_facts *facts = &recorder->config.facts;
    facts->id = session_new_id();
    facts->scene_version = NAV_SCENE_VERSION;
    facts->start_ns = now();
    facts->start_utc_ns = nav_utc_now_ns();
    (void)snprintf(facts->software, sizeof(facts->software), "osteonav %s", OSTEONAV_VERSION);
    (void)snprintf(facts->origin, sizeof(facts->origin), "recorded");
    choose_name(recorder);
    atomic_store(&recorder->saved_ns, facts->start_ns);
    recorder->commit_ns = facts->start_ns;
    /* A file that would grow over its limit gives an error, and not the end of the program. */
    (void)signal(SIGXFSZ, SIG_IGN);
    if (record_ring_create(recorder->path, facts, config->queue_bytes, &recorder->ring) != NAV_OK) {
        recorder->ring = NULL;
        fail_recording(recorder, "no shared memory for what waits to be written");
    } else if (!start_thread(recorder)) {
        fail_recording(recorder, "no thread for writing");
    }
    *out_recorder = recorder;
    return NAV_OK;
}

/* Tells the writer to end. False: the disk has not let it within some seconds. */
static bool stop_thread(struct srv_recorder *recorder)
{
    struct timespec until;
    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += END_S;
    (void)pthread_mutex_lock(&recorder->lock);
    recorder->stop = true;
    (void)pthread_cond_broadcast(&recorder->wake);
    int waited = 0;
    while (!recorder->finished && waited == 0) {
        waited = pthread_cond_timedwait(&recorder->wake, &recorder->lock, &until);
    }
    const bool finished = recorder->finished;
    (void)pthread_mutex_unlock(&recorder->lock);
    if (finished) {
        (void)pthread_join(recorder->thread, NULL);
    }
    return finished;
}

void srv_recorder_destroy(struct srv_recorder *recorder)
{
    if (recorder == NULL) {
        return;
    }
    if (recorder->ring != NULL) {
        record_ring_put_gap(recorder->ring, now());
    }
    if (recorder->started) {
        if (!stop_thread(recorder)) {
            nav_log_error(LOG_MODULE,
                          "the disk does not answer: %s is not ended; `osteonav session repair` "
                          "saves the rest while this machine runs",
                          recorder->path);
            return; /* the thread still uses all of it */
        }
        (void)pthread_cond_destroy(&recorder->wake);
        (void)pthread_mutex_destroy(&recorder->lock);
    }
    const bool saved = recorder->writer != NULL && !atomic_load(&recorder->failed);
    session_writer_destroy(recorder->writer);
    record_ring_close(recorder->ring, saved);
    free(recorder->chunk);
    free(recorder);
}
