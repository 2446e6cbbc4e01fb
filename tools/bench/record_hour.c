#include "record_hour.h"

#include <fcntl.h>
#include <math.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"
#include "nav/time.h"
#include "replay.h"
#include "verbs.h"
#include "wire_framer.h"
#include "wire_pack.h"
#include "wire_transform.h"

enum { DEVICES = 4, MESSAGE = RECORD_MESSAGE_SIZE, RATE = 100, SEEKS = 200, PATH_SIZE = 256 };

#define MS NAV_NS_PER_MS
#define START_NS (1000 * NAV_NS_PER_S)

static const char *const devices[DEVICES] = {"StylusToTracker", "SawToTracker", "DrillToTracker",
                                             "ReferenceToTracker"};

struct taking {
    struct srv_engine *engine;
    struct srv_ingest_peer peer;
    struct session_writer *writer;
    struct session_error error;
    bool failed;
    int64_t now_ns;
};

static void on_record(void *context, const struct store_record *record)
{
    struct taking *taking = context;
    if (session_writer_append(taking->writer, record, &taking->error) != NAV_OK) {
        taking->failed = true;
    }
}

static struct srv_engine_config config_of(struct taking *taking)
{
    struct srv_engine_config config = {
        .navigation = {.limits = {.caution_age_ns = 100 * MS,
                                  .withhold_age_ns = 250 * MS,
                                  .repeat_warn_ns = 2000 * MS,
                                  .join_max_ns = 20 * MS,
                                  .interpolate_max_ns = 50 * MS,
                                  .clock_jump_ns = 50 * MS,
                                  .notice_ns = 2000 * MS,
                                  .return_frames = 5,
                                  .return_ns = 100 * MS,
                                  .rigid_tolerance = 2e-3,
                                  .translation_max_mm = 1e4,
                                  .fit_error_caution_mm = 0.5,
                                  .fit_error_withhold_mm = 1.0,
                                  .check_caution_mm = 1.0,
                                  .check_withhold_mm = 2.0,
                                  .reference_jump_mm = 1.0,
                                  .reference_jump_rad = 0.02},
                       .has_reference = true,
                       .has_registration = true,
                       .registration_fre_mm = (double)NAN,
                       .T_image_reference = nav_pose_identity(),
                       .tool_count = DEVICES - 1},
        .registrar = {.hold = {.hold_ns = 1000 * MS,
                               .gap_max_ns = 100 * MS,
                               .radius_mm = 1,
                               .samples_min = 10},
                      .limits = trk_registration_limits_default(),
                      .check_limit_mm = 1,
                      .tool_count = DEVICES - 1},
        .on_record = taking != NULL ? on_record : NULL,
        .context = taking,
    };
    for (int i = 0; i + 1 < DEVICES; ++i) {
        (void)snprintf(config.navigation.tools[i].name, NAV_NAME_SIZE, "tool %d", i);
        (void)snprintf(config.navigation.tools[i].device, NAV_NAME_SIZE, "%s", devices[i]);
        (void)snprintf(config.registrar.tools[i], NAV_NAME_SIZE, "tool %d", i);
        config.navigation.tools[i].axis[2] = 1.0;
    }
    (void)snprintf(config.navigation.reference_device, NAV_NAME_SIZE, "%s", devices[DEVICES - 1]);
    return config;
}

static uint64_t cap(void *context, enum wire_kind kind, const char *type)
{
    (void)context;
    (void)kind;
    (void)type;
    return MESSAGE;
}

static enum nav_status on_message(void *context, const struct wire_message *message)
{
    struct taking *taking = context;
    return srv_engine_message(taking->engine, &taking->peer, message, taking->now_ns);
}

static double noise(uint64_t *dice)
{
    double sum = 0;
    for (int i = 0; i < 12; ++i) {
        *dice = *dice * UINT64_C(6364136223846793005) + 1442695040888963407;
        sum += (double)(*dice >> 11) * 0x1.0p-53;
    }
    return sum - 6.0;
}

size_t record_pack_pose(const char *device, double t_s, int64_t stamp_ns, uint64_t *dice,
                        uint8_t out_bytes[RECORD_MESSAGE_SIZE])
{
    const double angle = 0.3 * sin(t_s * 0.2) + 0.002 * noise(dice);
    const double tilt = 0.1 + 0.002 * noise(dice);
    const double c = cos(angle);
    const double s = sin(angle);
    const double ct = cos(tilt);
    const double st = sin(tilt);
    const struct wire_transform pose = {
        .R = {(float)c, (float)(-s * ct), (float)(s * st), (float)s, (float)(c * ct),
              (float)(-c * st), 0, (float)st, (float)ct},
        .t_mm = {(float)(100 * c + 0.25 * noise(dice)), (float)(50 * s + 0.25 * noise(dice)),
                 (float)(900 + 0.25 * noise(dice))}};
    struct wire_writer writer = wire_writer_of(out_bytes, MESSAGE);
    const struct wire_pack_head head = {
        .version = 1, .kind = WIRE_KIND_TRANSFORM, .device = device, .utc_ns = stamp_ns};
    const struct wire_pack pack = wire_pack_begin(&writer, &head);
    wire_transform_encode(&writer, &pose);
    return wire_pack_end(&pack, NULL, 0) == NAV_OK ? writer.size : 0;
}

static bool record_frames(struct taking *taking, struct wire_framer *framer, int seconds)
{
    static struct nav_scene scene;
    uint64_t dice = 99;
    for (int64_t frame = 0; frame < (int64_t)seconds * RATE && !taking->failed; ++frame) {
        const double jitter_ns = 200e3 * fabs(noise(&dice));
        taking->now_ns = START_NS + frame * (NAV_NS_PER_S / RATE) + (int64_t)jitter_ns;
        for (int i = 0; i < DEVICES; ++i) {
            uint8_t bytes[MESSAGE];
            const size_t size =
                record_pack_pose(devices[i], (double)frame / RATE,
                                 1700000000000000000 + frame * (NAV_NS_PER_S / RATE), &dice, bytes);
            if (wire_framer_feed(framer, bytes, size) != NAV_OK) {
                return false;
            }
        }
        const struct nav_scene_peer peer = {.address = "127.0.0.1:50000",
                                            .slot = 1,
                                            .header_version = 1,
                                            .last_message_ns = taking->now_ns,
                                            .messages = (uint64_t)frame * DEVICES,
                                            .bytes = (uint64_t)frame * DEVICES * MESSAGE};
        const struct srv_moment moment = {.now_ns = taking->now_ns + 50000,
                                          .utc_ns = 1700000000000000000 + taking->now_ns,
                                          .peers = &peer,
                                          .peer_count = 1,
                                          .peers_total = 1};
        (void)srv_engine_scene(taking->engine, &moment, &scene);
    }
    return !taking->failed;
}

static bool record_session(const char *path, int seconds)
{
    struct taking taking = {.peer = {.id = 1}};
    const struct session_writer_config config = {.path = path,
                                                 .facts = {.id = 1,
                                                           .software = "bench",
                                                           .scene_version = NAV_SCENE_VERSION,
                                                           .start_ns = START_NS,
                                                           .start_utc_ns = 1700000000000000000},
                                                 .durable = false};
    const struct srv_engine_config engine = config_of(&taking);
    const struct wire_framer_config framing = {
        .body_cap = cap, .on_message = on_message, .context = &taking};
    struct srv_engine_error engine_error;
    struct wire_framer *framer = NULL;
    bool good = session_writer_create(&config, &taking.writer, &taking.error) == NAV_OK &&
                srv_engine_create(&engine, &taking.engine, &engine_error) == NAV_OK &&
                wire_framer_create(&framing, &framer) == NAV_OK;
    if (good) {
        srv_engine_peer_opened(taking.engine, 1, START_NS, "127.0.0.1:50000");
        good = record_frames(&taking, framer, seconds) &&
               session_writer_finish(taking.writer, &taking.error) == NAV_OK;
    }
    if (!good) {
        fprintf(stderr, "osteonav bench: the hour could not be recorded: %s\n", taking.error.text);
    }
    wire_framer_destroy(framer);
    srv_engine_destroy(taking.engine);
    session_writer_destroy(taking.writer);
    return good;
}

static void measure_seeks(struct srv_replay *replay, struct record_hour *hour)
{
    double times_ms[SEEKS];
    uint64_t dice = 5;
    for (int i = 0; i < SEEKS; ++i) {
        dice = dice * UINT64_C(6364136223846793005) + 1442695040888963407;
        const double share = (double)(dice >> 11) * 0x1.0p-53;
        const int64_t at_ns = (int64_t)(share * (double)srv_replay_length_ns(replay));
        const int64_t begin_ns = bench_now_ns();
        if (srv_replay_seek(replay, at_ns) != NAV_OK) {
            return;
        }
        times_ms[i] = (double)(bench_now_ns() - begin_ns) / (double)MS;
    }
    hour->seeks = SEEKS;
    hour->seek_max_ms = bench_quantile(times_ms, SEEKS, 1.0);
    hour->seek_median_ms = bench_quantile(times_ms, SEEKS, 0.5);
}

static struct srv_replay *open_hour(const char *path, bool once)
{
    struct session_error error;
    struct srv_replay *replay = NULL;
    const struct srv_replay_config config = {
        .path = path, .engine = config_of(NULL), .tick_ns = 20 * MS, .once = once};
    if (srv_replay_open(&config, &replay, &error) != NAV_OK) {
        fprintf(stderr, "osteonav bench: %s\n", error.text);
        return NULL;
    }
    return replay;
}

/* As `osteonav replay --verify` does it; then opened for moving about in it. */
static bool measure_replay(const char *path, struct record_hour *hour)
{
    const int64_t begin_ns = bench_now_ns();
    struct srv_replay *replay = open_hour(path, true);
    if (replay == NULL) {
        return false;
    }
    hour->verify_s = (double)(bench_now_ns() - begin_ns) / (double)NAV_NS_PER_S;
    const struct srv_replay_findings *findings = srv_replay_findings(replay);
    hour->length_s = (double)srv_replay_length_ns(replay) / (double)NAV_NS_PER_S;
    hour->verify_times = hour->length_s / hour->verify_s;
    hour->messages = findings->messages;
    hour->scenes = findings->scenes;
    hour->verified = findings->compared == findings->scenes && findings->differing == 0;
    srv_replay_close(replay);
    replay = open_hour(path, false);
    if (replay == NULL) {
        return false;
    }
    measure_seeks(replay, hour);
    srv_replay_close(replay);
    return true;
}

extern char **environ;

/* By the program beside this one, as people do it. */
static bool measure_export(const char *path, const char *folder, struct record_hour *hour)
{
    char out[PATH_SIZE];
    char *program = verb_sibling_path("osteonav");
    if (program == NULL) {
        fputs("osteonav bench: there is no osteonav beside it\n", stderr);
        return false;
    }
    (void)snprintf(out, sizeof(out), "%s/hour.csv", folder);
    char *const arguments[] = {program, "session", "export", (char *)(uintptr_t)path, out, NULL};
    posix_spawn_file_actions_t silent;
    (void)posix_spawn_file_actions_init(&silent);
    (void)posix_spawn_file_actions_addopen(&silent, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    const int64_t begin_ns = bench_now_ns();
    pid_t child;
    int status = 1;
    const bool good = posix_spawn(&child, program, &silent, NULL, arguments, environ) == 0 &&
                      waitpid(child, &status, 0) == child && status == 0;
    hour->export_s = (double)(bench_now_ns() - begin_ns) / (double)NAV_NS_PER_S;
    (void)unlink(out);
    (void)posix_spawn_file_actions_destroy(&silent);
    free(program);
    if (!good) {
        fputs("osteonav bench: `osteonav session export` failed\n", stderr);
    }
    return good;
}

bool record_hour_run(const char *folder, int seconds, struct record_hour *out_hour)
{
    char path[PATH_SIZE];
    struct stat info;
    *out_hour = (struct record_hour){.seeks = 0};
    (void)snprintf(path, sizeof(path), "%s/hour.session", folder);
    const bool good = record_session(path, seconds) && measure_replay(path, out_hour) &&
                      measure_export(path, folder, out_hour);
    out_hour->megabytes = stat(path, &info) == 0 ? (double)info.st_size / 1e6 : (double)NAN;
    (void)unlink(path);
    return good;
}
