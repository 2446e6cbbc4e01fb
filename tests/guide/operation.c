#include "operation.h"

#include <math.h>
#include <string.h>

#include "bone_depth.h"
#include "case_map.h"
#include "engine.h"
#include "nav/time.h"
#include "session_store.h"
#include "sim_pack.h"
#include "test_data.h"
#include "wire_framer.h"

#define START_NS (1000 * NAV_NS_PER_S)
#define START_UTC_NS INT64_C(1700000000000000000)

static const double rate_hz = 60.0;

/* From frame to scene, as on a machine that is not busy. */
static const int64_t scene_after_ns = 300000;

/* From a cut that is done to the answer on its fragment. */
static const int64_t answer_after_ns = 1500 * NAV_NS_PER_MS;

struct theatre {
    struct srv_engine *engine;
    struct srv_ingest_peer peer;
    struct session_writer *writer;
    struct wire_framer *framer;
    int64_t now_ns;
    int64_t asked_ns; /* when the fragment was asked for; 0 = it is not */
};

/* What is really cut meanwhile. */
struct witness {
    const struct trk_blade_shape *shape;
    struct trk_bone_depth *bone;
    struct trk_cut_record *records[CFG_CUTS_MAX];
    uint32_t structure_count;
    struct trk_blade_distance *distance;
    double least_mm[NAV_STRUCTURES_MAX];
    bool has_before;
    struct trk_blade_pose before;
    struct trk_bone_depth_answer was;
};

static void on_record(void *context, const struct store_record *record)
{
    struct theatre *theatre = context;
    struct session_error error;
    assert_int_equal(session_writer_append(theatre->writer, record, &error), NAV_OK);
}

static uint64_t cap(void *context, enum wire_kind kind, const char *type)
{
    (void)context;
    (void)kind;
    (void)type;
    return SIM_PACK_SIZE;
}

static enum nav_status on_message(void *context, const struct wire_message *message)
{
    struct theatre *theatre = context;
    return srv_engine_message(theatre->engine, &theatre->peer, message, theatre->now_ns);
}

static void open_theatre(const struct cfg_case *planned, const struct case_guide *map,
                         const char *path, struct theatre *theatre)
{
    struct srv_engine_config engine = {.registrar = case_map_registrar(planned),
                                       .guide = &map->config,
                                       .on_record = on_record,
                                       .context = theatre};
    struct session_writer_config writing = {.path = path,
                                            .facts = {.id = session_new_id(),
                                                      .software = "osteonav test",
                                                      .origin = "recorded",
                                                      .scene_version = NAV_SCENE_VERSION,
                                                      .start_ns = START_NS,
                                                      .start_utc_ns = START_UTC_NS}};
    const struct wire_framer_config framing = {
        .body_cap = cap, .on_message = on_message, .context = theatre};
    struct srv_engine_error engine_error;
    struct session_error error;
    *theatre = (struct theatre){.peer = {.id = 1}, .now_ns = START_NS};
    case_map_facts(planned, NAV_MODE_SIMULATION, &writing.facts);
    assert_int_equal(case_map_navigation(planned, NAV_MODE_SIMULATION, &engine.navigation), NAV_OK);
    assert_int_equal(session_writer_create(&writing, &theatre->writer, &error), NAV_OK);
    assert_int_equal(srv_engine_create(&engine, &theatre->engine, &engine_error), NAV_OK);
    assert_int_equal(wire_framer_create(&framing, &theatre->framer), NAV_OK);
    srv_engine_peer_opened(theatre->engine, 1, START_NS, "127.0.0.1:50000");
}

static void close_theatre(struct theatre *theatre)
{
    struct session_error error;
    assert_int_equal(session_writer_finish(theatre->writer, &error), NAV_OK);
    session_writer_destroy(theatre->writer);
    wire_framer_destroy(theatre->framer);
    srv_engine_destroy(theatre->engine);
}

/* `name` NULL: a command without one. */
static void command(struct theatre *theatre, const char *words, const char *name)
{
    static char answer[SRV_ANSWER_MAX];
    char arguments[256] = "", line[512];
    struct srv_command_outcome outcome;
    if (name != NULL) {
        (void)snprintf(arguments, sizeof(arguments), ", \"arguments\": {\"name\": \"%s\"}", name);
    }
    const int length = snprintf(line, sizeof(line), "{\"command\": \"%s\"%s}", words, arguments);
    (void)srv_engine_command(theatre->engine, line, (size_t)length, theatre->now_ns, &outcome,
                             answer);
    if (!outcome.reply.done) {
        fail_msg("%s %s: %s", words, name != NULL ? name : "", outcome.reply.text);
    }
}

static void build_scene(struct theatre *theatre)
{
    static struct nav_scene scene;
    const struct nav_scene_peer peer = {.address = "127.0.0.1:50000",
                                        .slot = 1,
                                        .header_version = 2,
                                        .last_message_ns = theatre->now_ns};
    theatre->now_ns += scene_after_ns;
    const struct srv_moment moment = {.now_ns = theatre->now_ns,
                                      .utc_ns = START_UTC_NS + theatre->now_ns - START_NS,
                                      .peers = &peer,
                                      .peer_count = 1,
                                      .peers_total = 1};
    (void)srv_engine_scene(theatre->engine, &moment, &scene);
}

static void open_witness(const struct cfg_case *planned, const struct case_guide *map,
                         const struct sim_script *script, ptrdiff_t tool, struct witness *witness)
{
    const struct trk_mesh *bones[NAV_STRUCTURES_MAX], *meshes[NAV_STRUCTURES_MAX];
    size_t count = 0;
    *witness = (struct witness){.shape = &map->config.tools[tool].shape,
                                .structure_count = map->config.structure_count};
    for (uint32_t i = 0; i < map->config.structure_count; ++i) {
        const struct trk_guide_structure *structure = &map->config.structures[i];
        meshes[i] = structure->mesh;
        witness->least_mm[i] = INFINITY;
        if (structure->role == NAV_ROLE_BONE && trk_mesh_is_closed(structure->mesh)) {
            bones[count++] = structure->mesh;
        }
    }
    const struct trk_bone_depth_options depth = trk_bone_depth_options_default();
    const struct trk_cut_record_options options = trk_cut_record_options_default();
    const struct trk_blade_distance_options reach = trk_blade_distance_options_default();
    assert_int_equal(
        trk_blade_distance_create(meshes, map->config.structure_count, &reach, &witness->distance),
        NAV_OK);
    assert_int_equal(trk_bone_depth_create(bones, count, &depth, &witness->bone), NAV_OK);
    for (size_t a = 0; a < script->action_count; ++a) {
        const size_t cut = script->actions[a].target;
        if (script->actions[a].kind != SIM_ACTION_CUT) {
            continue;
        }
        struct trk_cut_plan plan = map->config.cuts[cut].plan;
        plan.kerf_mm = isfinite(plan.kerf_mm) ? plan.kerf_mm : planned->tools[tool].thickness_mm;
        assert_int_equal(
            trk_cut_record_create(&plan, witness->bone, &options, &witness->records[cut]), NAV_OK);
    }
}

static void see(struct witness *witness, const struct sim_truth *truth)
{
    const struct trk_blade_pose now = trk_blade_pose_at(witness->shape, &truth->T_image_tool);
    struct trk_bone_depth_answer is;
    struct trk_structure_distance distances[NAV_STRUCTURES_MAX];
    assert_int_equal(trk_bone_depth_measure(witness->bone, &now, &is), NAV_OK);
    assert_int_equal(trk_blade_distance_measure(witness->distance,
                                                witness->has_before ? &witness->before : NULL, &now,
                                                distances),
                     NAV_OK);
    for (uint32_t i = 0; i < witness->structure_count; ++i) {
        if (distances[i].in_reach) {
            witness->least_mm[i] = fmin(witness->least_mm[i], distances[i].distance_mm);
        }
    }
    if (truth->cut >= 0 && witness->records[truth->cut] != NULL && witness->has_before) {
        (void)trk_cut_record_sweep(witness->records[truth->cut], &witness->before,
                                   witness->was.depth_mm, &now, is.depth_mm);
    }
    witness->has_before = true;
    witness->before = now;
    witness->was = is;
}

/* The plane that an action asks for: turned about u, then about the cutting direction. */
static void asked_plane(const struct cfg_cut *cut, const struct sim_action *action,
                        struct operation_cut *out)
{
    const double pitch = action->pitch_deg * M_PI / 180.0, roll = action->roll_deg * M_PI / 180.0;
    const double *n = cut->normal, *u = cut->u;
    for (int i = 0; i < 3; ++i) {
        const int j = (i + 1) % 3, k = (i + 2) % 3;
        const double v = n[j] * u[k] - n[k] * u[j];
        out->normal[i] = cos(roll) * (cos(pitch) * n[i] - sin(pitch) * v) + sin(roll) * u[i];
        out->point_mm[i] = cut->point_mm[i] + action->offset_mm * n[i];
    }
}

static void close_witness(struct witness *witness, const struct case_guide *map,
                          struct operation_cut out_cuts[CFG_CUTS_MAX])
{
    for (size_t c = 0; c < CFG_CUTS_MAX; ++c) {
        if (witness->records[c] == NULL) {
            continue;
        }
        out_cuts[c].made = trk_cut_record_measure(witness->records[c]);
        out_cuts[c].margin_mm = NAN;
        for (uint32_t i = 0; i < map->config.structure_count; ++i) {
            struct trk_cut_margin margin;
            if (map->config.structures[i].role == NAV_ROLE_TUMOUR &&
                trk_cut_record_margin(witness->records[c], map->config.structures[i].mesh,
                                      &margin) == NAV_OK) {
                out_cuts[c].margin_mm = fmin(out_cuts[c].margin_mm, margin.mm);
            }
        }
        trk_cut_record_destroy(witness->records[c]);
    }
    trk_bone_depth_destroy(witness->bone);
    trk_blade_distance_destroy(witness->distance);
}

/* Somebody looks, and says that nothing is loose. */
static void answer_fragment(struct theatre *theatre)
{
    if (theatre->asked_ns != 0 && theatre->now_ns - theatre->asked_ns >= answer_after_ns) {
        command(theatre, "fragment rigid", NULL);
        theatre->asked_ns = 0;
    }
}

/* The list of cuts follows the hand. */
static void follow(struct theatre *theatre, const struct cfg_case *planned, ptrdiff_t *active,
                   ptrdiff_t cut)
{
    if (cut == *active) {
        return;
    }
    if (*active >= 0) {
        command(theatre, "cut done", planned->cuts[*active].name);
        theatre->asked_ns = theatre->now_ns;
    }
    if (cut >= 0) {
        command(theatre, "cut activate", planned->cuts[cut].name);
    }
    *active = cut;
}

void operation_record(const struct cfg_case *planned, const struct case_guide *map,
                      const struct sim_script *script, uint64_t seed, const char *path,
                      struct operation_cut out_cuts[CFG_CUTS_MAX],
                      double out_least_mm[NAV_STRUCTURES_MAX])
{
    static const struct sim_pack_config packing = {.header_version = 2, .send_invalid = true};
    struct theatre theatre;
    struct witness witness;
    struct sim_hand *hand = NULL;
    struct sim_frame frame;
    struct sim_pack_count count = {.messages = 0};
    static uint8_t bytes[SIM_PACK_SIZE];
    char why[256] = "";
    ptrdiff_t active = -1;
    if (sim_hand_create(planned, script, rate_hz, seed, false, &hand, why, sizeof(why)) != NAV_OK) {
        fail_msg("%s", why);
    }
    memset(out_cuts, 0, CFG_CUTS_MAX * sizeof(out_cuts[0]));
    open_theatre(planned, map, path, &theatre);
    open_witness(planned, map, script, sim_hand_tool(hand) - planned->tools, &witness);
    const struct sim_source source = sim_hand_source(hand);
    while (source.next(source.context, &frame) == NAV_OK) {
        const struct sim_truth *truth = sim_hand_truth(hand);
        size_t size;
        theatre.now_ns = START_NS + frame.offset_ns;
        follow(&theatre, planned, &active, truth->cut);
        answer_fragment(&theatre);
        assert_int_equal(sim_pack_frame(&packing, &frame,
                                        START_UTC_NS + frame.offset_ns + frame.stamp_error_ns,
                                        bytes, &count, &size),
                         NAV_OK);
        assert_int_equal(wire_framer_feed(theatre.framer, bytes, size), NAV_OK);
        build_scene(&theatre);
        see(&witness, truth);
    }
    follow(&theatre, planned, &active, -1);
    build_scene(&theatre);
    for (size_t a = 0; a < script->action_count; ++a) {
        const size_t cut = script->actions[a].target;
        if (script->actions[a].kind != SIM_ACTION_CUT) {
            continue;
        }
        asked_plane(&planned->cuts[cut], &script->actions[a], &out_cuts[cut]);
    }
    memcpy(out_least_mm, witness.least_mm, sizeof(witness.least_mm));
    close_witness(&witness, map, out_cuts);
    close_theatre(&theatre);
    sim_hand_destroy(hand);
}
