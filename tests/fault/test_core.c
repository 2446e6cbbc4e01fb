/* The core's ordinary life: start, poses, stop of the sender, end. */
#include "fault_support.h"

#include <math.h>
#include <signal.h>

static bool stylus_is_live(const struct nav_scene *scene)
{
    return scene->tools[0].has_pose != 0 && scene->tools[0].state == NAV_TOOL_TRACKED;
}

static bool is_withheld(const struct nav_scene *scene)
{
    return scene->trust == NAV_TRUST_WITHHELD;
}

/* The stylus at (150 + x, 200, -1000), tip 100 further, reference at (100, 200, -1000), shifted. */
static void poses_become_the_scene(void **state)
{
    (void)state;
    struct fault_core core;
    fault_core_start(&core, NULL);
    struct nav_scene scene;
    fault_scene(&core, &scene);
    assert_int_equal(scene.trust, NAV_TRUST_WITHHELD);
    assert_true(fault_has_reason(&scene, NAV_REASON_NO_PEER));
    assert_int_equal(scene.tools[0].state, NAV_TOOL_NEVER);

    const int peer = fault_connect(&core);
    unsigned step = 0;
    fault_send_until(&core, peer, &step, stylus_is_live, "a live stylus");
    fault_scene(&core, &scene);
    const double x = scene.tools[0].tip_image_mm[0];
    assert_true(x >= 60.0 - 0.01 && x <= 60.0 + 0.25 * 400);
    assert_true(fabs(scene.tools[0].tip_image_mm[1] - 20.0) < 1e-9);
    assert_true(fabs(scene.tools[0].tip_image_mm[2] - 130.0) < 1e-9);
    assert_string_equal(scene.pseudonym, "TEST-01");
    assert_int_equal(scene.peer_count, 1);
    assert_int_equal(scene.peers[0].header_version, 1);
    assert_int_equal(scene.tools[1].state, NAV_TOOL_NEVER);
    assert_true(isnan(scene.tools[1].tip_image_mm[0]));
    (void)close(peer);
    fault_core_stop(&core);
}

/* The sender stays connected and stops: withheld within 250 ms and one tick of its last pose. */
static void silence_is_withheld_in_time(void **state)
{
    (void)state;
    struct fault_core core;
    fault_core_start(&core, NULL);
    const int peer = fault_connect(&core);
    unsigned step = 0;
    fault_send_until(&core, peer, &step, stylus_is_live, "a live stylus");
    struct nav_scene scene;
    fault_scene(&core, &scene);
    const int64_t last_ns = scene.pose_arrival_ns;
    bool stale_seen = false;
    bool withheld = false;
    fault_witness_start();
    while (!withheld) {
        (void)nav_scene_reader_wait(core.reader, scene.seq, 100 * NAV_NS_PER_MS);
        fault_scene(&core, &scene);
        stale_seen = stale_seen || scene.tools[0].state == NAV_TOOL_STALE;
        withheld = is_withheld(&scene);
        const int64_t since_ns = fault_now_ns() - last_ns;
        if (since_ns > 2 * NAV_NS_PER_S) {
            fail_msg("still not withheld after 2 s");
        }
    }
    const int64_t machine_ns = fault_witness_stop_ns();
    assert_true(stale_seen || machine_ns > 50 * NAV_NS_PER_MS);
    assert_int_equal(scene.pose_arrival_ns, last_ns);
    assert_int_equal(scene.tools[0].has_pose, 0);
    assert_true(isnan(scene.tools[0].tip_image_mm[0]));
    /* The scene's own instant, so that a busy machine's late reader does not count. */
    const int64_t after_ns = scene.time_ns - last_ns;
    print_message("withheld %lld us after the last pose, of a witness %lld us\n",
                  (long long)(after_ns / 1000), (long long)(machine_ns / 1000));
    assert_true(after_ns > 250 * NAV_NS_PER_MS);
    assert_true(after_ns <= (250 + 20 + 5) * NAV_NS_PER_MS + machine_ns);
    (void)close(peer);
    fault_core_stop(&core);
}

/* Ages move on without any message: at least one scene each tick. */
static void scenes_come_every_tick(void **state)
{
    (void)state;
    struct fault_core core;
    fault_core_start(&core, NULL);
    struct nav_scene scene;
    fault_scene(&core, &scene);
    const uint64_t first = scene.seq;
    const int64_t first_ns = scene.time_ns;
    fault_witness_start();
    const int64_t longest_ns = fault_longest_pause_ns(&core, 1000);
    const int64_t machine_ns = fault_witness_stop_ns();
    fault_scene(&core, &scene);
    const uint64_t ticks = (uint64_t)((scene.time_ns - first_ns) / (20 * NAV_NS_PER_MS));
    print_message("%llu scenes in %llu ticks, longest pause %lld us, of a witness %lld us\n",
                  (unsigned long long)(scene.seq - first), (unsigned long long)ticks,
                  (long long)(longest_ns / 1000), (long long)(machine_ns / 1000));
    assert_true(scene.seq - first >= ticks / 2); /* all of them on a machine that is not busy */
    assert_true(scene.seq - first <= ticks + 5); /* and no more than needed */
    assert_true(longest_ns <= 100 * NAV_NS_PER_MS + machine_ns);
    fault_core_stop(&core);
}

/* With frames coming faster than the tick there is one scene a frame and none besides. */
static void frames_and_ticks_share_scenes(void **state)
{
    (void)state;
    struct fault_core core;
    fault_core_start(&core, NULL);
    const int peer = fault_connect(&core);
    unsigned step = 0;
    fault_send_frames_for(peer, &step, 60);
    struct nav_scene scene;
    fault_scene(&core, &scene);
    const uint64_t first = scene.seq;
    enum { FRAMES = 60, TICK_MS = 20 };
    uint64_t ticks_due = 0; /* a busy machine may sleep for longer than asked */
    int64_t before_ns = fault_now_ns();
    for (int i = 0; i < FRAMES; ++i) {
        fault_send_frame(peer, step++);
        fault_sleep_ms(10);
        const int64_t now_ns = fault_now_ns();
        ticks_due += (uint64_t)((now_ns - before_ns) / ((TICK_MS - 2) * NAV_NS_PER_MS));
        before_ns = now_ns;
    }
    fault_scene(&core, &scene);
    print_message("%d scenes for %d frames\n", (int)(scene.seq - first), FRAMES);
    assert_true(scene.seq - first >= FRAMES * 9 / 10);
    assert_true(scene.tools[0].accepted >= FRAMES);
    assert_true(scene.seq - first <= FRAMES + ticks_due + 5);
    (void)close(peer);
    fault_core_stop(&core);
}

static void hangup_is_ignored_and_a_second_core_refused(void **state)
{
    (void)state;
    struct fault_core core;
    fault_core_start(&core, NULL);
    assert_int_equal(kill(core.pid, SIGHUP), 0);
    assert_int_equal(kill(core.pid, SIGPIPE), 0);

    char case_path[FAULT_PATH_SIZE];
    char listen[32];
    char text[1024];
    (void)snprintf(case_path, sizeof(case_path), "%.200s/case.yaml", core.folder);
    (void)snprintf(listen, sizeof(listen), "127.0.0.1:%u", core.port);
    const char *const same_instance[] = {
        "run",      case_path,     "--instance",   core.instance,
        "--listen", "127.0.0.1:0", "--no-display", NULL,
    };
    assert_int_equal(fault_run(same_instance, text, sizeof(text)), 1);
    assert_non_null(strstr(text, "already running"));
    const char *const same_port[] = {
        "run", case_path, "--instance", "fault-other", "--listen", listen, "--no-display", NULL,
    };
    assert_int_equal(fault_run(same_port, text, sizeof(text)), 1);
    assert_non_null(strstr(text, "cannot listen"));
    fault_core_stop(&core);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(poses_become_the_scene),
        cmocka_unit_test(silence_is_withheld_in_time),
        cmocka_unit_test(scenes_come_every_tick),
        cmocka_unit_test(frames_and_ticks_share_scenes),
        cmocka_unit_test(hangup_is_ignored_and_a_second_core_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
