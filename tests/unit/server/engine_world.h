/* A world for tests of the engine: peers that misbehave at random, commands, and scenes, live; the
 * same dice give the same world. */
#ifndef ENGINE_WORLD_H
#define ENGINE_WORLD_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine.h"
#include "nav/time.h"
#include "wire_framer.h"
#include "wire_pack.h"
#include "wire_transform.h"

#define MS NAV_NS_PER_MS

enum { STREAM_MAX = 16 << 20, TURNS = 6000, MESSAGE_SIZE = 106, PEERS = 2 };

struct tape {
    uint8_t *bytes;
    size_t size;
};

struct world {
    struct srv_engine *engine;
    struct srv_ingest_peer peers[PEERS];
    struct wire_framer *framer;
    struct srv_ingest_peer *from;
    struct tape tape;
    int64_t now_ns;
    uint64_t dice;
    uint64_t hashes[2 * TURNS];
    size_t scenes;
};

static uint64_t roll(struct world *world, uint64_t below)
{
    world->dice ^= world->dice >> 12;
    world->dice ^= world->dice << 25;
    world->dice ^= world->dice >> 27;
    return (world->dice * UINT64_C(0x2545F4914F6CDD1D) >> 11) % below;
}

static void on_record(void *context, const struct store_record *record)
{
    struct world *world = context;
    const size_t whole = store_record_size(record->size);
    assert_true(world->tape.size + whole <= STREAM_MAX);
    uint8_t *to = world->tape.bytes + world->tape.size;
    memset(to, 0, whole);
    store_record_head(record, to);
    memcpy(to + STORE_HEAD_SIZE, record->content, record->size);
    world->tape.size += whole;
}

/* What its engines guide; NULL: nothing. */
static const struct trk_guide_config *guided;

static struct srv_engine_config config_of(struct world *world)
{
    static const char *const devices[] = {"StylusToTracker", "SawToTracker"};
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
                                  .smoothing_ns = 20 * MS,
                                  .rigid_tolerance = 2e-3,
                                  .translation_max_mm = 1e4,
                                  .fit_error_caution_mm = 0.5,
                                  .fit_error_withhold_mm = 1.0,
                                  .check_caution_mm = 1.0,
                                  .check_withhold_mm = 2.0,
                                  .reference_jump_mm = 1.0,
                                  .reference_jump_rad = 0.02},
                       .has_reference = true,
                       .reference_device = "ReferenceToTracker",
                       .has_registration = true,
                       .registration_fre_mm = (double)NAN,
                       .T_image_reference = nav_pose_identity(),
                       .tool_count = 2},
        .registrar = {.hold = {.hold_ns = 200 * MS,
                               .gap_max_ns = 100 * MS,
                               .radius_mm = 50,
                               .samples_min = 3},
                      .limits = {.landmarks_min = 3,
                                 .fle_mm = 1,
                                 .confidence = 0.999,
                                 .tre95_max_mm = 2,
                                 .scale_tolerance = 0.02,
                                 .flat_min = 0.02,
                                 .thin_min = 0.05,
                                 .mirror_factor = 2},
                      .check_limit_mm = 1,
                      .tool_count = 2,
                      .landmark_count = 3,
                      .landmarks = {{.name = "a"},
                                    {.name = "b", .image_mm = {30, 0, 0}},
                                    {.name = "c", .image_mm = {0, 30, 0}}}},
        .guide = guided,
        .on_record = world != NULL ? on_record : NULL,
        .context = world,
    };
    for (int i = 0; i < 2; ++i) {
        (void)snprintf(config.navigation.tools[i].name, NAV_NAME_SIZE, "tool %d", i);
        (void)snprintf(config.navigation.tools[i].device, NAV_NAME_SIZE, "%s", devices[i]);
        (void)snprintf(config.registrar.tools[i], NAV_NAME_SIZE, "tool %d", i);
        config.navigation.tools[i].axis[2] = 1.0;
    }
    return config;
}

static inline struct srv_engine *make_engine(struct world *world)
{
    const struct srv_engine_config config = config_of(world);
    struct srv_engine *engine = NULL;
    struct srv_engine_error error = {""};
    if (srv_engine_create(&config, &engine, &error) != NAV_OK) {
        fail_msg("%s", error.text);
    }
    return engine;
}

static uint64_t cap(void *context, enum wire_kind kind, const char *type)
{
    (void)context;
    (void)kind;
    (void)type;
    return 4096;
}

static enum nav_status on_message(void *context, const struct wire_message *message)
{
    struct world *world = context;
    return srv_engine_message(world->engine, world->from, message, world->now_ns);
}

/* A pose, now and then a bad one: not a number, not rigid, far away, an old stamp. */
static void send_pose(struct world *world)
{
    static const char *const devices[] = {"StylusToTracker", "SawToTracker", "ReferenceToTracker",
                                          "UnknownToTracker"};
    const uint64_t fault = roll(world, 40);
    const double angle = (double)world->scenes * 1e-3;
    struct wire_transform pose = {.R = {(float)cos(angle), (float)-sin(angle), 0, (float)sin(angle),
                                        (float)cos(angle), 0, 0, 0, 1},
                                  .t_mm = {(float)world->scenes * 0.01F, 2, 3}};
    pose.t_mm[0] = fault == 0 ? NAN : fault == 1 ? 1e6F : pose.t_mm[0];
    pose.R[0] = fault == 2 ? 1.5F : pose.R[0];
    uint8_t bytes[MESSAGE_SIZE];
    struct wire_writer writer = wire_writer_of(bytes, sizeof(bytes));
    const struct wire_pack pack = wire_pack_begin(
        &writer, &(struct wire_pack_head){.version = 1,
                                          .kind = WIRE_KIND_TRANSFORM,
                                          .device = devices[roll(world, fault == 3 ? 4 : 3)],
                                          .utc_ns = 1700000000000000000 + world->now_ns / 10 * 10 -
                                                    (fault == 4 ? 500 * MS : 0)});
    wire_transform_encode(&writer, &pose);
    assert_int_equal(wire_pack_end(&pack, NULL, 0), NAV_OK);
    world->from = &world->peers[roll(world, 10) == 0 ? 1 : 0];
    assert_int_equal(wire_framer_feed(world->framer, bytes, sizeof(bytes)), NAV_OK);
}

static void give_command(struct world *world)
{
    static const char *const lines[] = {
        "{\"command\": \"landmark start\", \"arguments\": {\"name\": \"a\"}}",
        "{\"command\": \"landmark start\", \"arguments\": {\"name\": \"b\"}}",
        "{\"command\": \"landmark start\", \"arguments\": {\"name\": \"c\"}}",
        "{\"command\": \"check\", \"arguments\": {\"landmark\": \"b\"}}",
        "{\"command\": \"landmark cancel\"}",
        "{\"command\": \"register\", \"arguments\": {\"override\": \"1\", \"reason\": \"test\"}}",
        "{\"command\": \"status\"}",
        "not json",
        "{\"command\": \"cut activate\", \"arguments\": {\"name\": \"A\"}}",
        "{\"command\": \"cut activate\", \"arguments\": {\"name\": \"B\"}}",
    };
    const size_t count = sizeof(lines) / sizeof(lines[0]) - (guided != NULL ? 0 : 2);
    static char answer[SRV_ANSWER_MAX];
    struct srv_command_outcome outcome;
    const char *line = lines[roll(world, count)];
    (void)srv_engine_command(world->engine, line, strlen(line), world->now_ns, &outcome, answer);
}

static void build(struct world *world, struct nav_scene *scene)
{
    const struct nav_scene_peer peers[PEERS] = {
        {.address = "one", .slot = 1, .messages = world->scenes}, {.address = "two", .slot = 2}};
    const struct nav_scene_recording recording = {
        .state = roll(world, 50) == 0 ? NAV_RECORDING_FAILED : NAV_RECORDING_ON};
    const struct srv_moment moment = {.now_ns = world->now_ns,
                                      .utc_ns = 1700000000000000000 + world->now_ns,
                                      .peers = peers,
                                      .peer_count = PEERS,
                                      .peers_total = PEERS,
                                      .recording = &recording};
    world->hashes[world->scenes++] = srv_engine_scene(world->engine, &moment, scene);
}

static void live(struct world *world, struct nav_scene *scene)
{
    const struct wire_framer_config framing = {
        .body_cap = cap, .on_message = on_message, .context = world};
    assert_int_equal(wire_framer_create(&framing, &world->framer), NAV_OK);
    world->engine = make_engine(world);
    world->now_ns = 1000 * MS;
    for (uint32_t i = 0; i < PEERS; ++i) {
        world->peers[i].id = i + 1;
        srv_engine_peer_opened(world->engine, i + 1, world->now_ns, i == 0 ? "one" : "two");
    }
    for (int turn = 0; turn < TURNS; ++turn) {
        world->now_ns += (int64_t)roll(world, (uint64_t)(4 * MS));
        if (roll(world, 500) == 0) {
            world->now_ns += 400 * MS; /* a drop-out */
        }
        for (uint64_t i = roll(world, 4); i > 0; --i) {
            send_pose(world);
        }
        if (roll(world, 30) == 0) {
            give_command(world);
        }
        if (roll(world, 700) == 0) {
            srv_engine_peer_closed(world->engine, &world->peers[1], world->now_ns, "left");
        }
        build(world, scene);
    }
    wire_framer_destroy(world->framer);
}

#endif
