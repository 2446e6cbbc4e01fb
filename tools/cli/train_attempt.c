#include "train_attempt.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "case_guide.h"
#include "case_map.h"
#include "nav/time.h"
#include "player.h"
#include "session_info.h"
#include "session_scratch.h"
#include "session_store.h"
#include "sim_hand.h"
#include "sim_pack.h"
#include "wire_framer.h"

enum { WHY_SIZE = 512, PEER_ID = 1, LINE_SIZE = 512 };

static const int64_t clock_origin_ns = 1000 * NAV_NS_PER_S; /* of a simulated attempt */
static const char peer_address[] = "simulated trainee";

struct train_world {
    const struct cfg_case *loaded;
    struct trk_config navigation;
    struct trk_registrar_config registrar;
    struct case_guide *guide;
};

enum nav_status train_world_create(const struct cfg_case *loaded, struct train_world **out_world,
                                   struct cfg_error *out_error)
{
    struct train_world *world = calloc(1, sizeof(*world));
    if (world == NULL) {
        return cfg_error_set(out_error, NAV_ERR_MEMORY, "out of memory");
    }
    world->loaded = loaded;
    world->registrar = case_map_registrar(loaded);
    enum nav_status status = case_map_navigation(loaded, NAV_MODE_SIMULATION, &world->navigation);
    if (status == NAV_OK) {
        status = case_guide_create(loaded, &world->guide);
    }
    if (status != NAV_OK) {
        train_world_destroy(world);
        return cfg_error_set(out_error, status, "%s: cannot be trained: %s", loaded->path,
                             nav_status_text(status));
    }
    *out_world = world;
    return NAV_OK;
}

void train_world_destroy(struct train_world *world)
{
    if (world != NULL) {
        case_guide_destroy(world->guide);
        free(world);
    }
}

struct srv_engine_config train_world_engine(const struct train_world *world)
{
    return (struct srv_engine_config){.navigation = world->navigation,
                                      .registrar = world->registrar,
                                      .guide = &world->guide->config};
}

struct train_settings train_world_settings(const struct train_world *world)
{
    const struct cfg_limits *limits = &world->loaded->limits;
    return (struct train_settings){
        .step_mm = limits->train_step_mm,
        .hold_mm = limits->train_hold_mm,
        .withdraw_mm = limits->train_withdraw_mm,
        .sample_ns = case_map_ns(limits->train_sample_ms),
        .reaction_ns = case_map_ns(limits->train_reaction_max_ms),
        .drop_out_ns = case_map_ns(limits->train_drop_out_min_ms),
        .near_join_ns = case_map_ns(limits->train_near_join_ms),
    };
}

/* ---- the simulated trainee ------------------------------------------------------------------ */

struct trainee {
    const struct train_simulation *simulation;
    struct train_score *score;
    struct sim_hand *hand;
    struct srv_engine *engine;
    struct wire_framer *framer;
    struct srv_ingest_peer peer;
    struct nav_scene_peer shown;
    struct session_writer *writer;
    struct session_error error;
    enum nav_status status; /* of the recording */
    struct nav_scene scene;
    int64_t now_ns;
    const char *tool;
    ptrdiff_t cut, landmark; /* of the frame before */
    bool saw;                /* whether the picture could be trusted, ... */
    int64_t since_ns;        /* ... since when ... */
    bool answered;           /* ... and whether the trainee has done something about it */
    bool paused;
    uint8_t bytes[SIM_PACK_SIZE];
    char answer[SRV_ANSWER_MAX];
};

static void on_record(void *context, const struct store_record *record)
{
    struct trainee *trainee = context;
    if (trainee->status == NAV_OK) {
        trainee->status = session_writer_append(trainee->writer, record, &trainee->error);
    }
}

static uint64_t any_body(void *context, enum wire_kind kind, const char *type)
{
    (void)context;
    (void)kind;
    (void)type;
    return STORE_CONTENT_MAX;
}

static enum nav_status on_message(void *context, const struct wire_message *message)
{
    struct trainee *trainee = context;
    ++trainee->shown.messages;
    trainee->shown.last_message_ns = trainee->now_ns;
    trainee->shown.header_version = message->version;
    return srv_engine_message(trainee->engine, &trainee->peer, message, trainee->now_ns);
}

/* Gives a command with at most one argument. What is refused is what the trainee sees, not our
 * failure. */
static void command(struct trainee *trainee, const char *word, const char *key, const char *value)
{
    char line[LINE_SIZE];
    struct srv_command_outcome outcome;
    json_t *request = key != NULL
                          ? json_pack("{s:s, s:{s:s}}", "command", word, "arguments", key, value)
                          : json_pack("{s:s}", "command", word);
    char *text = request != NULL ? json_dumps(request, JSON_COMPACT) : NULL;
    json_decref(request);
    if (text != NULL && strlen(text) < sizeof(line)) {
        (void)srv_engine_command(trainee->engine, text, strlen(text), trainee->now_ns, &outcome,
                                 trainee->answer);
    }
    free(text);
}

static const char *cut_name(const struct trainee *trainee, ptrdiff_t cut)
{
    return sim_hand_case(trainee->hand)->cuts[cut].name;
}

/* Takes up and closes cuts, and asks for checks, as the hand comes to them. */
static void follow_plan(struct trainee *trainee)
{
    const struct sim_truth *truth = sim_hand_truth(trainee->hand);
    if (truth->cut != trainee->cut) {
        if (trainee->cut >= 0) {
            command(trainee, "cut done", "name", cut_name(trainee, trainee->cut));
        }
        if (truth->cut >= 0) {
            command(trainee, "cut activate", "name", cut_name(trainee, truth->cut));
        }
        trainee->paused = false;
    }
    const ptrdiff_t landmark = truth->phase == SIM_PHASE_TOUCH ? truth->landmark : -1;
    if (landmark >= 0 && landmark != trainee->landmark) {
        command(trainee, "check", "landmark",
                sim_hand_case(trainee->hand)->landmarks[landmark].name);
    }
    trainee->cut = truth->cut;
    trainee->landmark = landmark;
}

static bool sees(const struct trainee *trainee)
{
    for (uint32_t i = 0; i < trainee->scene.reason_count; ++i) {
        const uint32_t reason = trainee->scene.reasons[i].reason;
        if (reason == NAV_REASON_REFERENCE_MOVED || reason == NAV_REASON_REGISTRATION_DRIFT) {
            return false;
        }
    }
    for (uint32_t i = 0; i < trainee->scene.tool_count; ++i) {
        if (strcmp(trainee->scene.tools[i].name, trainee->tool) == 0) {
            return trainee->scene.tools[i].has_pose != 0;
        }
    }
    return false;
}

/* Answers some time after nothing can be trusted any more: acknowledges the alarm and pauses the
 * cut; goes on some time after the picture is back. */
static void react(struct trainee *trainee)
{
    const double reaction_s = trainee->simulation->reaction_s;
    if (!isfinite(reaction_s)) {
        return;
    }
    const int64_t reaction_ns = llround(reaction_s * (double)NAV_NS_PER_S);
    const bool sees_now = sees(trainee);
    if (sees_now != trainee->saw) {
        trainee->saw = sees_now;
        trainee->since_ns = trainee->now_ns;
        trainee->answered = false;
    }
    if (trainee->answered || trainee->now_ns - trainee->since_ns < reaction_ns) {
        return;
    }
    trainee->answered = true;
    if (!sees_now) {
        command(trainee, "alarm acknowledge", NULL, NULL);
    }
    if (trainee->cut >= 0 && trainee->paused == sees_now) {
        command(trainee, sees_now ? "cut activate" : "cut pause", "name",
                cut_name(trainee, trainee->cut));
        trainee->paused = !sees_now;
    }
}

static enum nav_status build_scene(struct trainee *trainee, int64_t offset_ns)
{
    const struct srv_moment moment = {
        .now_ns = trainee->now_ns,
        .utc_ns = trainee->simulation->start_utc_ns + offset_ns,
        .peers = &trainee->shown,
        .peer_count = 1,
        .peers_total = 1,
    };
    (void)srv_engine_scene(trainee->engine, &moment, &trainee->scene);
    return trainee->status == NAV_OK ? train_score_take(trainee->score, &trainee->scene)
                                     : trainee->status;
}

static enum nav_status end_last_cut(struct trainee *trainee)
{
    if (trainee->cut >= 0) {
        command(trainee, "cut done", "name", cut_name(trainee, trainee->cut));
    }
    return build_scene(trainee, trainee->now_ns - clock_origin_ns);
}

static enum nav_status perform(struct trainee *trainee, struct progress *progress)
{
    const struct sim_pack_config pack = {.header_version = 2, .send_invalid = true};
    const struct sim_source source = sim_hand_source(trainee->hand);
    const size_t total =
        (size_t)(sim_hand_seconds(trainee->hand) * trainee->simulation->rate_hz) + 1;
    struct sim_pack_count count = {0};
    srv_engine_peer_opened(trainee->engine, PEER_ID, clock_origin_ns, peer_address);
    for (size_t done = 1;; ++done) {
        struct sim_frame frame;
        enum nav_status status = source.next(source.context, &frame);
        if (status == NAV_END) {
            return end_last_cut(trainee);
        }
        if (status != NAV_OK) {
            return status;
        }
        trainee->now_ns = clock_origin_ns + frame.offset_ns;
        size_t size = 0;
        const int64_t stamp_ns =
            trainee->simulation->start_utc_ns + frame.offset_ns + frame.stamp_error_ns;
        status = sim_pack_frame(&pack, &frame, stamp_ns, trainee->bytes, &count, &size);
        if (status == NAV_OK && size > 0) {
            trainee->shown.bytes += size;
            status = wire_framer_feed(trainee->framer, trainee->bytes, size);
        }
        if (status != NAV_OK) {
            return status;
        }
        follow_plan(trainee);
        react(trainee);
        status = build_scene(trainee, frame.offset_ns);
        if (status != NAV_OK) {
            return status;
        }
        progress_step(progress, done, total);
    }
}

static enum nav_status open_parts(const struct train_world *world, const char *scratch,
                                  struct trainee *trainee, char *why)
{
    const struct train_simulation *simulation = trainee->simulation;
    enum nav_status status =
        sim_hand_create(world->loaded, simulation->script, simulation->rate_hz, simulation->seed,
                        false, &trainee->hand, why, WHY_SIZE);
    if (status != NAV_OK) {
        return status;
    }
    trainee->tool = sim_hand_tool(trainee->hand)->name;
    struct srv_engine_config config = train_world_engine(world);
    config.on_record = on_record;
    config.context = trainee;
    struct srv_engine_error engine_error;
    status = srv_engine_create(&config, &trainee->engine, &engine_error);
    if (status != NAV_OK) {
        (void)snprintf(why, WHY_SIZE, "%s", engine_error.text);
        return status;
    }
    const struct wire_framer_config framer = {.body_cap = any_body,
                                              .on_message = on_message,
                                              .context = trainee,
                                              .skip_max = STORE_CONTENT_MAX};
    status = wire_framer_create(&framer, &trainee->framer);
    if (status != NAV_OK) {
        (void)snprintf(why, WHY_SIZE, "out of memory");
        return status;
    }
    struct session_writer_config writer = {.path = scratch, .durable = false};
    case_map_facts(world->loaded, NAV_MODE_SIMULATION, &writer.facts);
    writer.facts.id = session_new_id();
    writer.facts.scene_version = NAV_SCENE_VERSION;
    (void)snprintf(writer.facts.software, sizeof(writer.facts.software), "osteonav %s",
                   OSTEONAV_VERSION);
    writer.facts.start_ns = clock_origin_ns;
    writer.facts.start_utc_ns = simulation->start_utc_ns;
    (void)snprintf(writer.facts.origin, sizeof(writer.facts.origin), "%s", simulation->origin);
    status = session_writer_create(&writer, &trainee->writer, &trainee->error);
    if (status != NAV_OK) {
        (void)snprintf(why, WHY_SIZE, "%.500s", trainee->error.text);
    }
    return status;
}

static enum nav_status simulate(const struct train_world *world, const char *scratch,
                                struct trainee *trainee, struct progress *progress, char *why)
{
    enum nav_status status = open_parts(world, scratch, trainee, why);
    if (status != NAV_OK) {
        return status;
    }
    status = perform(trainee, progress);
    if (status == NAV_OK) {
        status = session_writer_finish(trainee->writer, &trainee->error);
    }
    if (status != NAV_OK) {
        (void)snprintf(why, WHY_SIZE, "%.500s",
                       trainee->error.text[0] != '\0' ? trainee->error.text
                                                      : nav_status_text(status));
    }
    return status;
}

/* A score of the exercise, ended and judged by what `make` feeds it. */
static enum nav_status start_score(const struct train_world *world,
                                   const struct train_exercise *exercise,
                                   struct train_score **out_score, struct cfg_error *out_error)
{
    const struct train_settings settings = train_world_settings(world);
    const enum nav_status status = train_score_create(exercise, &settings, out_score);
    return status == NAV_OK ? NAV_OK : cfg_error_set(out_error, status, "out of memory");
}

static enum nav_status end_score(struct train_score *score, const char *path,
                                 const struct train_result *expert,
                                 struct train_result **out_result, struct cfg_error *out_error)
{
    const enum nav_status status = train_score_finish(score, expert, out_result);
    return status == NAV_OK ? NAV_OK
                            : cfg_error_set(out_error, status, "%s: %s", path,
                                            status == NAV_ERR_NOT_FOUND
                                                ? "the exercise's tool is never seen in it"
                                                : nav_status_text(status));
}

enum nav_status train_simulate(const struct train_world *world,
                               const struct train_exercise *exercise,
                               const struct train_simulation *simulation, const char *path,
                               const struct train_result *expert, struct progress *progress,
                               struct train_result **out_result, struct cfg_error *out_error)
{
    char scratch[SESSION_PATH_SIZE];
    char why[WHY_SIZE] = "";
    enum nav_status status = ses_scratch_name(path, scratch, out_error);
    if (status != NAV_OK) {
        return status;
    }
    struct trainee *trainee = calloc(1, sizeof(*trainee));
    if (trainee == NULL) {
        return cfg_error_set(out_error, NAV_ERR_MEMORY, "out of memory");
    }
    trainee->simulation = simulation;
    trainee->cut = trainee->landmark = -1;
    trainee->peer.id = PEER_ID;
    trainee->shown.slot = PEER_ID;
    (void)snprintf(trainee->shown.address, sizeof(trainee->shown.address), "%s", peer_address);
    status = start_score(world, exercise, &trainee->score, out_error);
    if (status == NAV_OK) {
        status = simulate(world, scratch, trainee, progress, why);
        if (status != NAV_OK) {
            (void)cfg_error_set(out_error, status, "exercise %s: %s", exercise->name, why);
        }
    }
    struct train_score *score = trainee->score;
    session_writer_destroy(trainee->writer);
    wire_framer_destroy(trainee->framer);
    srv_engine_destroy(trainee->engine);
    sim_hand_destroy(trainee->hand);
    free(trainee);
    if (status == NAV_OK) {
        status = end_score(score, path, expert, out_result, out_error);
    }
    train_score_destroy(score);
    if (status != NAV_OK) {
        ses_scratch_remove(scratch);
        return status;
    }
    return ses_scratch_keep(scratch, path, out_error);
}

/* ---- measuring ------------------------------------------------------------------------------ */

/* A session that runs through the engine once. */
struct measuring {
    struct session_reader *reader;
    struct srv_engine *engine;
    struct srv_player *player;
    struct train_score *score;
    bool has_scenes;   /* of its own; else they are made, one a tick */
    bool has_commands; /* else suggested cuts are taken up */
    int64_t tick_ns;
    int64_t next_ns; /* of the next made scene */
    int64_t now_ns;
    struct nav_scene scene;
    char answer[SRV_ANSWER_MAX];
};

/* Nobody said which cut is meant: what the guide suggests is taken up. */
static void accept_suggestion(struct measuring *measuring)
{
    static const char line[] = "{\"command\": \"cut suggest-accept\"}";
    struct srv_command_outcome outcome;
    for (uint32_t i = 0; i < measuring->scene.cut_count; ++i) {
        const struct nav_scene_cut *cut = &measuring->scene.cuts[i];
        if (cut->suggested != 0 && cut->state != NAV_CUT_ACTIVE) {
            (void)srv_engine_command(measuring->engine, line, strlen(line), measuring->now_ns,
                                     &outcome, measuring->answer);
            return;
        }
    }
}

static enum nav_status take_scene(struct measuring *measuring)
{
    if (!measuring->has_commands) {
        accept_suggestion(measuring);
    }
    return train_score_take(measuring->score, &measuring->scene);
}

/* Scenes that are due before `at_ns`, where the session has none. */
static enum nav_status make_scenes(struct measuring *measuring, int64_t at_ns)
{
    enum nav_status status = NAV_OK;
    while (status == NAV_OK && !measuring->has_scenes && measuring->next_ns <= at_ns) {
        struct srv_played played;
        measuring->now_ns = measuring->next_ns;
        srv_player_scene(measuring->player, measuring->now_ns, 0, &measuring->scene, &played);
        status = take_scene(measuring);
        measuring->next_ns += measuring->tick_ns;
    }
    return status;
}

static enum nav_status measure_all(struct measuring *measuring, struct progress *progress)
{
    const size_t total = (size_t)session_reader_extent(measuring->reader).records;
    measuring->next_ns = session_reader_extent(measuring->reader).first_ns + measuring->tick_ns;
    for (size_t done = 1;; ++done) {
        struct store_record record;
        struct srv_played played = {0};
        enum nav_status status = session_reader_next(measuring->reader, &record);
        if (status == NAV_END) {
            return NAV_OK;
        }
        if (status != NAV_OK) {
            continue; /* a damaged block: what it held is missing */
        }
        progress_step(progress, done, total);
        status = make_scenes(measuring, record.at_ns);
        if (status == NAV_OK) {
            measuring->now_ns = record.at_ns;
            status = srv_player_take(measuring->player, &record, &measuring->scene, &played);
        }
        if (status == NAV_OK && played.scene) {
            status = take_scene(measuring);
        }
        if (status == NAV_ERR_MEMORY) {
            return status;
        }
    }
}

static enum nav_status open_measuring(const struct train_world *world, const char *path,
                                      struct measuring *measuring, struct cfg_error *out_error)
{
    struct session_error error;
    enum nav_status status = session_reader_open(path, &measuring->reader, &error);
    if (status != NAV_OK) {
        return cfg_error_set(out_error, status, "%s", error.text);
    }
    const struct session_facts *facts = session_reader_facts(measuring->reader);
    if (facts->case_id != 0 && facts->case_id != world->loaded->case_id) {
        return cfg_error_set(out_error, NAV_ERR_REFUSED,
                             "%s: was recorded with another case, or the case has changed since",
                             path);
    }
    const struct srv_engine_config config = train_world_engine(world);
    struct srv_engine_error engine_error;
    status = srv_engine_create(&config, &measuring->engine, &engine_error);
    if (status != NAV_OK) {
        return cfg_error_set(out_error, status, "%s: %s", path, engine_error.text);
    }
    struct sqlite3 *database = session_reader_database(measuring->reader);
    measuring->has_scenes = facts->scene_version != 0;
    measuring->has_commands = session_count_rows(database, "SELECT count(*) FROM commands") > 0;
    measuring->tick_ns = case_map_ns(world->loaded->limits.tick_ms);
    status = srv_player_create(measuring->engine, &measuring->player);
    return status == NAV_OK ? NAV_OK : cfg_error_set(out_error, status, "out of memory");
}

enum nav_status train_measure(const struct train_world *world,
                              const struct train_exercise *exercise, const char *path,
                              const struct train_result *expert, struct progress *progress,
                              struct train_result **out_result, struct cfg_error *out_error)
{
    struct measuring *measuring = calloc(1, sizeof(*measuring));
    if (measuring == NULL) {
        return cfg_error_set(out_error, NAV_ERR_MEMORY, "out of memory");
    }
    enum nav_status status = open_measuring(world, path, measuring, out_error);
    if (status == NAV_OK) {
        status = start_score(world, exercise, &measuring->score, out_error);
    }
    if (status == NAV_OK) {
        status = measure_all(measuring, progress);
        if (status != NAV_OK) {
            (void)cfg_error_set(out_error, status, "%s: %s", path, nav_status_text(status));
        }
    }
    if (status == NAV_OK) {
        status = end_score(measuring->score, path, expert, out_result, out_error);
    }
    train_score_destroy(measuring->score);
    srv_player_destroy(measuring->player);
    srv_engine_destroy(measuring->engine);
    session_reader_close(measuring->reader);
    free(measuring);
    return status;
}
