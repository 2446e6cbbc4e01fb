/* The engine gives the same scenes for the same inputs: live, from a recording, from a keyframe. */
#include "engine_world.h"

#include "player.h"

/* Plays the tape from `at` and compares; returns where the scene of number `until` was. */
static size_t expect_tape(const struct world *world, struct srv_player *player, size_t at,
                          size_t first, size_t until, struct nav_scene *scene)
{
    size_t seen = first;
    struct store_record record;
    while (seen < until &&
           store_record_next(world->tape.bytes, world->tape.size, &at, &record) == NAV_OK) {
        struct srv_played played;
        assert_int_equal(srv_player_take(player, &record, scene, &played), NAV_OK);
        if (played.scene) {
            assert_true(played.has_recorded);
            assert_true(played.recorded == world->hashes[seen]);
            assert_true(played.hash == world->hashes[seen]);
            ++seen;
        }
    }
    assert_int_equal(seen, until);
    return at;
}

static void test_the_same_scenes_from_the_recording(void **state)
{
    (void)state;
    static struct world world;
    static struct nav_scene scene;
    static struct nav_scene again;
    world = (struct world){.dice = 88172645463325252, .tape.bytes = malloc(STREAM_MAX)};
    live(&world, &scene);
    assert_true(world.scenes == TURNS);
    assert_true(world.scenes == TURNS);
    assert_true(scene.pose_count > TURNS / 2); /* it was not all refused */

    struct srv_engine *engine = make_engine(NULL);
    struct srv_engine *keyframe = NULL;
    struct srv_player *player = NULL;
    assert_int_equal(srv_player_create(engine, &player), NAV_OK);
    const size_t middle = expect_tape(&world, player, 0, 0, TURNS / 2, &again);
    assert_int_equal(srv_engine_keep(engine, &keyframe), NAV_OK);
    (void)expect_tape(&world, player, middle, TURNS / 2, TURNS, &again);
    scene.recording = again.recording; /* numbers that nobody decides by */
    assert_memory_equal(&scene, &again, sizeof(scene));

    /* Back to the keyframe, and to the end again. */
    memset(&again, 0, sizeof(again));
    srv_engine_copy(engine, keyframe);
    (void)expect_tape(&world, player, middle, TURNS / 2, TURNS, &again);
    scene.recording = again.recording;
    assert_memory_equal(&scene, &again, sizeof(scene));

    srv_player_destroy(player);
    srv_engine_destroy(keyframe);
    srv_engine_destroy(engine);
    srv_engine_destroy(world.engine);
    free(world.tape.bytes);
}

/* A scene that differs in one pose has another hash: the comparison can fail. */
static void test_a_changed_message_is_seen(void **state)
{
    (void)state;
    static struct world world;
    static struct nav_scene scene;
    world = (struct world){.dice = 1234567, .tape.bytes = malloc(STREAM_MAX)};
    live(&world, &scene);
    struct srv_engine *engine = make_engine(NULL);
    struct srv_player *player = NULL;
    assert_int_equal(srv_player_create(engine, &player), NAV_OK);
    size_t differing = 0;
    size_t messages = 0;
    struct store_record record;
    for (size_t at = 0;
         store_record_next(world.tape.bytes, world.tape.size, &at, &record) == NAV_OK;) {
        if (record.kind == STORE_MESSAGE && ++messages >= 1000 && messages < 1010) {
            continue; /* lost */
        }
        struct srv_played played;
        assert_int_equal(srv_player_take(player, &record, &scene, &played), NAV_OK);
        differing += played.scene && played.hash != played.recorded;
    }
    assert_true(differing > 0);
    srv_player_destroy(player);
    srv_engine_destroy(engine);
    srv_engine_destroy(world.engine);
    free(world.tape.bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_same_scenes_from_the_recording),
        cmocka_unit_test(test_a_changed_message_is_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
