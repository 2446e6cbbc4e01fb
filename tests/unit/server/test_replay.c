/* A recorded session as a film: the same scenes at any speed, from any side, at any instant. */
#include "engine_world.h"

#include <unistd.h>

#include "replay.h"
#include "session_store.h"

static char folder[64];
static char path[128];
static struct world world;
static struct nav_scene scene;

static int set_up(void **state)
{
    (void)state;
    (void)snprintf(folder, sizeof(folder), "/tmp/osteonav-replay-XXXXXX");
    assert_non_null(mkdtemp(folder));
    (void)snprintf(path, sizeof(path), "%s/a.session", folder);
    world = (struct world){.dice = 88172645463325252, .tape.bytes = malloc(STREAM_MAX)};
    live(&world, &scene);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    srv_engine_destroy(world.engine);
    free(world.tape.bytes);
    (void)unlink(path);
    (void)rmdir(folder);
    return 0;
}

static void write_session(uint32_t scene_version, size_t leave_out)
{
    struct session_error error = {""};
    struct session_writer *writer = NULL;
    const struct session_writer_config config = {
        .path = path, .facts = {.id = 7, .scene_version = scene_version, .start_ns = 1000 * MS}};
    assert_int_equal(session_writer_create(&config, &writer, &error), NAV_OK);
    struct store_record record;
    size_t messages = 0;
    for (size_t at = 0;
         store_record_next(world.tape.bytes, world.tape.size, &at, &record) == NAV_OK;) {
        messages += record.kind == STORE_MESSAGE;
        if (leave_out != 0 && record.kind == STORE_MESSAGE && messages >= leave_out &&
            messages < leave_out + 10) {
            continue;
        }
        if (scene_version == 0 && record.kind == STORE_SCENE) {
            continue; /* as an imported session */
        }
        assert_int_equal(session_writer_append(writer, &record, &error), NAV_OK);
    }
    assert_int_equal(session_writer_finish(writer, &error), NAV_OK);
    session_writer_destroy(writer);
}

static struct srv_replay_config replay_config(void)
{
    return (struct srv_replay_config){.path = path, .engine = config_of(NULL), .tick_ns = 20 * MS};
}

static struct srv_replay *open_configured(struct srv_replay_config config)
{
    struct srv_replay *replay = NULL;
    struct session_error error = {""};
    if (srv_replay_open(&config, &replay, &error) != NAV_OK) {
        fail_msg("%s", error.text);
    }
    return replay;
}

static struct srv_replay *open_replay(void)
{
    return open_configured(replay_config());
}

static void test_every_scene_is_the_recorded_one(void **state)
{
    (void)state;
    write_session(NAV_SCENE_VERSION, 0);
    struct srv_replay *replay = open_replay();
    const struct srv_replay_findings *findings = srv_replay_findings(replay);
    assert_int_equal(findings->scenes, TURNS);
    assert_int_equal(findings->compared, TURNS);
    assert_int_equal(findings->differing, 0);
    assert_int_equal(findings->damaged, 0);
    assert_true(findings->commands > 100);
    size_t events;
    const struct srv_replay_event *event = srv_replay_events(replay, &events);
    assert_true(events > 10);
    for (size_t i = 1; i < events; ++i) {
        assert_true(event[i - 1].at_ns <= event[i].at_ns);
    }
    srv_replay_close(replay);
}

static void test_the_first_difference_is_named(void **state)
{
    (void)state;
    write_session(NAV_SCENE_VERSION, 1000);
    struct srv_replay *replay = open_replay();
    const struct srv_replay_findings *findings = srv_replay_findings(replay);
    assert_int_equal(findings->compared, TURNS);
    assert_true(findings->differing > 0);
    assert_true(findings->first_differing > 100);
    assert_true(findings->first_recorded == world.hashes[findings->first_differing - 1]);
    assert_true(findings->first_now != findings->first_recorded);
    srv_replay_close(replay);
}

/* Hashes of scenes by their number, as they come one after another. */
static size_t all_hashes(struct srv_replay *replay, uint64_t *out_hashes, int64_t *out_times)
{
    assert_int_equal(srv_replay_seek(replay, 0), NAV_OK);
    size_t count = 0;
    do {
        out_hashes[count] = store_scene_hash(srv_replay_scene(replay));
        out_times[count++] = srv_replay_at_ns(replay);
    } while (srv_replay_step(replay) == NAV_OK);
    return count;
}

static void expect_jumps(struct srv_replay *replay)
{
    static uint64_t hashes[4 * TURNS];
    static int64_t times[4 * TURNS];
    const size_t count = all_hashes(replay, hashes, times);
    assert_true(count >= TURNS / 2);
    for (int i = 0; i < 60; ++i) {
        const size_t wanted = roll(&world, count - 1);
        assert_int_equal(srv_replay_seek(replay, times[wanted]), NAV_OK);
        size_t last = wanted; /* several scenes may be of one instant */
        while (last + 1 < count && times[last + 1] == times[wanted]) {
            ++last;
        }
        assert_true(store_scene_hash(srv_replay_scene(replay)) == hashes[last]);
        if (last > 0 && i % 4 == 0) {
            const size_t back = 1 + roll(&world, last + 5);
            const size_t there = back < last ? last - back : 0;
            assert_int_equal(srv_replay_step_back(replay, back), NAV_OK);
            assert_true(store_scene_hash(srv_replay_scene(replay)) == hashes[there]);
        }
        assert_int_equal(srv_replay_seek(replay, times[wanted]), NAV_OK);
        if (last + 1 < count) {
            assert_int_equal(srv_replay_step(replay), NAV_OK);
            assert_true(store_scene_hash(srv_replay_scene(replay)) == hashes[last + 1]);
        }
    }
}

static void test_any_instant_from_any_side(void **state)
{
    (void)state;
    write_session(NAV_SCENE_VERSION, 0);
    struct srv_replay *replay = open_replay();
    expect_jumps(replay);
    srv_replay_close(replay);
}

/* So close that most of them are dropped again. */
static void test_many_keyframes(void **state)
{
    (void)state;
    write_session(NAV_SCENE_VERSION, 0);
    struct srv_replay_config config = replay_config();
    config.keyframe_ns = 1;
    struct srv_replay *replay = open_configured(config);
    expect_jumps(replay);
    srv_replay_close(replay);
}

/* ---- with a guide ---- */

static struct trk_mesh *bone_mesh(void)
{
    static const uint32_t triangles[36] = {0, 2, 1, 1, 2, 3, 4, 5, 6, 5, 7, 6, 0, 1, 4, 1, 5, 4,
                                           2, 6, 3, 3, 6, 7, 0, 4, 2, 2, 4, 6, 1, 3, 5, 3, 7, 5};
    float vertices[24];
    for (uint32_t i = 0; i < 8; ++i) {
        for (uint32_t k = 0; k < 3; ++k) {
            vertices[3 * i + k] = (i >> k & 1U) != 0 ? 40.0F : -40.0F;
        }
    }
    struct trk_mesh *mesh = NULL;
    assert_int_equal(trk_mesh_create(vertices, 8, triangles, 12, &mesh), NAV_OK);
    return mesh;
}

/* A blade that trembles in a bone over the middles of cells of its map, along one cut and then
 * along the other. */
static struct trk_guide_config guide_config(struct trk_mesh *bone)
{
    struct trk_guide_config config = {
        .tool_count = 2,
        .cut_count = 2,
        .structure_count = 1,
        .structures = {{.name = "bone", .role = NAV_ROLE_BONE, .mesh = bone}},
        .limits = {.offset_mm = {.caution = 1, .stop = 2, .hysteresis = 0.3},
                   .angle_deg = {.caution = 2, .stop = 4, .hysteresis = 0.3},
                   .depth_caution_mm = 2,
                   .over_depth_mm = 1,
                   .hysteresis_mm = 0.3,
                   .uncertainty_factor = 1,
                   .tre_default_mm = 0.6,
                   .calibration_default_mm = 0.3,
                   .tracker_default_mm = 0.2,
                   .contact_mm = 0.5,
                   .suggest_mm = 15,
                   .suggest_deg = 20,
                   .suggest_hold_ns = 500 * MS,
                   .alarm_hold_ns = 500 * MS,
                   .hold = trk_dwell_limits_default()}};
    for (uint32_t i = 0; i < 2; ++i) {
        config.tools[i] = (struct trk_guide_tool){.guide = NAV_GUIDE_BLADE,
                                                  .shape = {.axis = {1, 0, 0},
                                                            .up = {0, 1, 0},
                                                            .width_mm = 10,
                                                            .length_mm = 100,
                                                            .shaft_radius_mm = 0.5},
                                                  .thickness_mm = 1,
                                                  .calibration_mm = (double)NAN};
        (void)snprintf(config.tools[i].name, NAV_NAME_SIZE, "tool %u", i);
        config.cuts[i] =
            (struct trk_guide_cut){.plan = {.point_mm = {-40.25, i == 0 ? 0.0 : 0.5, 0},
                                            .normal = {0, 1, 0},
                                            .u = {0, 0, 1},
                                            .size_mm = {60, 60},
                                            .depth_mm = 60,
                                            .kerf_mm = (double)NAN,
                                            .margin_side = 1}};
        (void)snprintf(config.cuts[i].name, NAV_NAME_SIZE, "%c", 'A' + (char)i);
    }
    return config;
}

static void test_what_was_cut_comes_back(void **state)
{
    struct trk_mesh *bone = bone_mesh();
    const struct trk_guide_config config = guide_config(bone);
    guided = &config;
    assert_int_equal(set_up(state), 0);
    write_session(NAV_SCENE_VERSION, 0);
    struct srv_replay_config close_by = replay_config();
    close_by.keyframe_ns = 100 * MS;
    struct srv_replay *replay = open_configured(close_by);
    assert_int_equal(srv_replay_findings(replay)->compared, TURNS);
    assert_int_equal(srv_replay_findings(replay)->differing, 0);
    for (uint32_t i = 0; i < 2; ++i) {
        assert_true(trk_cut_record_revision(trk_guide_record(srv_engine_guide(world.engine), i)) >
                    0);
    }
    expect_jumps(replay);
    srv_replay_close(replay);
    assert_int_equal(tear_down(state), 0);
    trk_mesh_destroy(bone);
    guided = NULL;
}

/* ---- run through once ---- */

struct seen {
    size_t count;
    size_t until; /* false then */
};

static bool see(void *context, const struct srv_replay *replay)
{
    struct seen *seen = context;
    assert_true(store_scene_hash(srv_replay_scene(replay)) == world.hashes[seen->count]);
    return ++seen->count != seen->until;
}

static void test_scenes_are_seen_while_it_is_opened(void **state)
{
    (void)state;
    write_session(NAV_SCENE_VERSION, 0);
    struct seen seen = {.count = 0};
    struct srv_replay_config config = replay_config();
    config.once = true;
    config.on_scene = see;
    config.context = &seen;
    struct srv_replay *replay = open_configured(config);
    assert_int_equal(seen.count, TURNS);
    assert_int_equal(srv_replay_findings(replay)->compared, TURNS);
    assert_true(store_scene_hash(srv_replay_scene(replay)) == world.hashes[TURNS - 1]);
    srv_replay_close(replay);

    struct session_error error = {""};
    seen = (struct seen){.until = 10};
    replay = NULL;
    assert_int_not_equal(srv_replay_open(&config, &replay, &error), NAV_OK);
    assert_int_equal(seen.count, 10);
    assert_null(replay);
}

static void test_a_session_without_scenes(void **state)
{
    (void)state;
    write_session(0, 0);
    struct srv_replay *replay = open_replay();
    const struct srv_replay_findings *findings = srv_replay_findings(replay);
    assert_int_equal(findings->compared, 0);
    assert_true(findings->scenes > TURNS / 2);
    expect_jumps(replay);
    srv_replay_close(replay);
}

static void test_another_version_is_refused(void **state)
{
    (void)state;
    write_session(NAV_SCENE_VERSION + 1, 0);
    struct srv_replay *replay = NULL;
    struct session_error error = {""};
    const struct srv_replay_config config = {.path = path, .engine = config_of(NULL)};
    assert_int_equal(srv_replay_open(&config, &replay, &error), NAV_ERR_VERSION);
}

static void test_a_moved_scene_keeps_its_ages(void **state)
{
    (void)state;
    static struct nav_scene moved;
    srv_replay_move_scene(&scene, scene.time_ns + 1000, &moved);
    assert_int_equal(moved.time_ns - moved.pose_arrival_ns, scene.time_ns - scene.pose_arrival_ns);
    for (uint32_t i = 0; i < scene.tool_count; ++i) {
        assert_int_equal(moved.tools[i].age_ns, scene.tools[i].age_ns);
        assert_true(scene.tools[i].arrival_ns == 0 ||
                    moved.tools[i].arrival_ns == scene.tools[i].arrival_ns + 1000);
    }
    assert_int_equal(moved.utc_ns, scene.utc_ns);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_every_scene_is_the_recorded_one, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_the_first_difference_is_named, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_any_instant_from_any_side, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_many_keyframes, set_up, tear_down),
        cmocka_unit_test(test_what_was_cut_comes_back),
        cmocka_unit_test_setup_teardown(test_scenes_are_seen_while_it_is_opened, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_session_without_scenes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_another_version_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_moved_scene_keeps_its_ages, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
