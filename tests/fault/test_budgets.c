/* Peers that are slow, many, silent or twice: what one of them may take from the others. */
#include "fault_support.h"

#include <errno.h>
#include <math.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>

enum { CLOSE_MS = 1500, MANY = 1000 };

static uint8_t bytes[FAULT_MESSAGE_MAX];

static bool stylus_is_live(const struct nav_scene *scene)
{
    return scene->tools[0].has_pose != 0 && scene->tools[0].state == NAV_TOOL_TRACKED;
}

static bool nobody_is_connected(const struct nav_scene *scene)
{
    return scene->peers_total == 0;
}

static void a_header_must_become_whole_in_time(void **state)
{
    (void)state;
    struct fault_core core;
    fault_core_start(&core, &(struct fault_options){.limits = "  header_timeout_ms: 200\n"});
    const int good = fault_connect(&core);
    const int slow = fault_connect(&core);
    const int idle = fault_connect(&core);
    const struct fault_pose pose = fault_pose_at(1, 2, 3);
    (void)fault_pack_transform("BladeToTracker", &pose, bytes);
    unsigned step = 0;
    /* One byte each 20 ms would take 1160 ms for the header; the good peer sends all the time, so
     * that the budget is looked at without any idle tick. */
    const int64_t start_ns = fault_now_ns();
    bool closed = false;
    fault_witness_start();
    for (int i = 0; i < 50 && !closed; ++i) {
        (void)fault_send_quietly(slow, bytes + i, 1);
        fault_send_frames_for(good, &step, 10);
        closed = fault_closed_within(slow, 0);
    }
    const int64_t took_ms = (fault_now_ns() - start_ns) / NAV_NS_PER_MS;
    const int64_t machine_ns = fault_witness_stop_ns();
    assert_true(closed);
    assert_true(took_ms >= 200 && took_ms < 600 + machine_ns / NAV_NS_PER_MS);
    assert_true(fault_log_has(&core, "a header did not become whole in time"));
    /* A silent peer between messages owes nothing. */
    assert_false(fault_closed_within(idle, 0));
    fault_send_until(&core, good, &step, stylus_is_live, "the good peer's tool live");
    (void)close(good);
    (void)close(slow);
    (void)close(idle);
    fault_core_stop(&core);
}

static void a_body_must_keep_its_rate(void **state)
{
    (void)state;
    struct fault_core core;
    fault_core_start(&core, &(struct fault_options){
                                .limits = "  header_timeout_ms: 100\n  body_rate_min: 10000\n"});
    static const uint8_t body[60000];
    const size_t size = fault_pack(
        &(struct fault_message){
            .version = 1, .type = "TDATA", .device = "x", .body = body, .body_size = sizeof(body)},
        bytes);
    /* 20000 bytes a second are enough, 2000 are not. */
    const int fast = fault_connect(&core);
    const int slow = fault_connect(&core);
    fault_send(fast, bytes, 58);
    fault_send(slow, bytes, 58);
    bool slow_closed = false;
    for (size_t sent = 58; sent + 400 < size && !slow_closed; sent += 400) {
        assert_true(fault_send_quietly(fast, bytes + sent, 400));
        (void)fault_send_quietly(slow, bytes + sent, 40);
        fault_sleep_ms(20);
        slow_closed = fault_closed_within(slow, 0);
    }
    assert_true(slow_closed);
    assert_false(fault_closed_within(fast, 0));
    assert_true(fault_log_has(&core, "a message body came too slowly"));
    (void)close(fast);
    (void)close(slow);
    fault_core_stop(&core);
}

static void connections_have_limits(void **state)
{
    (void)state;
    struct fault_core core;
    fault_core_start(&core, &(struct fault_options){.limits = "  connections_max: 5\n"
                                                              "  connections_per_address: 3\n"});
    int peers[5];
    for (int i = 0; i < 3; ++i) {
        peers[i] = fault_connect(&core);
    }
    int extra = fault_connect(&core);
    assert_true(fault_closed_within(extra, CLOSE_MS));
    (void)close(extra);
    for (int i = 3; i < 5; ++i) {
        peers[i] = fault_connect_from(&core, "127.0.0.2");
        assert_false(fault_closed_within(peers[i], 50));
    }
    extra = fault_connect_from(&core, "127.0.0.3");
    assert_true(fault_closed_within(extra, CLOSE_MS));
    (void)close(extra);
    struct nav_scene scene;
    fault_scene(&core, &scene);
    assert_int_equal(scene.peers_total, 5);
    for (int i = 0; i < 5; ++i) {
        (void)close(peers[i]);
    }
    fault_wait(&core, nobody_is_connected, 1000, "all gone");
    fault_core_stop(&core);
}

static void a_thousand_connections_are_served(void **state)
{
    (void)state;
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_cur < MANY + 100) {
        skip();
    }
    struct fault_core core;
    fault_core_start(&core, &(struct fault_options){.limits = "  connections_max: 1000\n"
                                                              "  connections_per_address: 1000\n"});
    static int peers[MANY];
    const int64_t start_ns = fault_now_ns();
    for (int i = 0; i < MANY; ++i) {
        peers[i] = fault_connect(&core);
    }
    struct nav_scene scene;
    do {
        fault_scene(&core, &scene);
        if (fault_now_ns() - start_ns > 5 * NAV_NS_PER_S) {
            fail_msg("only %u of %d connections are served", scene.peers_total, MANY);
        }
    } while (scene.peers_total < MANY);
    print_message("%d connections after %lld ms\n", MANY,
                  (long long)((fault_now_ns() - start_ns) / NAV_NS_PER_MS));
    const int refused = fault_connect(&core);
    assert_true(fault_closed_within(refused, CLOSE_MS));
    (void)close(refused);
    /* The last of them is as good as the first. */
    unsigned step = 0;
    fault_send_until(&core, peers[MANY - 1], &step, stylus_is_live,
                     "a live stylus among a thousand");
    fault_scene(&core, &scene);
    assert_int_equal(scene.peer_count, NAV_PEERS_MAX);
    for (int i = 0; i < MANY; ++i) {
        (void)close(peers[i]);
    }
    fault_wait(&core, nobody_is_connected, 3000, "all gone");
    fault_core_stop(&core);
}

static bool thirty_are_connected(const struct nav_scene *scene)
{
    return scene->peers_total >= 30;
}

static bool blade_is_accepted(const struct nav_scene *scene)
{
    return scene->tools[1].accepted > 0;
}

/* Descriptors run out: accepting pauses without spinning, who is connected is served on, and who
 * waits is served when descriptors are free again. */
static void descriptors_may_run_out(void **state)
{
    (void)state;
    enum { CROWD = 60 };
    struct fault_core core;
    fault_core_start(&core, &(struct fault_options){.limits = "  connections_max: 200\n"
                                                              "  connections_per_address: 200\n",
                                                    .descriptors = 64});
    int peers[CROWD];
    const int good = fault_connect(&core);
    unsigned step = 0;
    fault_send_frames_for(good, &step, 100);
    for (int i = 0; i < CROWD; ++i) {
        peers[i] = fault_connect(&core);
    }
    fault_wait(&core, thirty_are_connected, 1000, "many connected");
    const int waiting = fault_connect(&core);
    const struct fault_pose pose = fault_pose_at(1, 2, -1000);
    const size_t size = fault_pack_transform("BladeToTracker", &pose, bytes);
    fault_send(waiting, bytes, size);
    const double before = fault_cpu_seconds(core.pid);
    fault_send_frames_for(good, &step, 600);
    const double used = fault_cpu_seconds(core.pid) - before;
    print_message("%.0f ms of CPU in 600 ms without descriptors\n", 1e3 * used);
    assert_true(used < 0.15);
    assert_true(fault_log_has(&core, "accepting pauses"));
    print_message("%zu descriptors open of 64\n", fault_open_descriptors(core.pid));
    assert_true(fault_open_descriptors(core.pid) <= 64 - 16);
    fault_wait(&core, stylus_is_live, 500, "a live stylus while descriptors are short");
    struct nav_scene scene;
    fault_scene(&core, &scene);
    assert_int_equal(scene.tools[1].accepted, 0);
    assert_false(fault_closed_within(waiting, 0));
    for (int i = 0; i < CROWD; ++i) {
        (void)close(peers[i]);
    }
    fault_wait(&core, blade_is_accepted, 2000, "who waited is served");
    (void)close(waiting);
    (void)close(good);
    fault_core_stop(&core);
}

static bool duplicate_is_said(const struct nav_scene *scene)
{
    return fault_has_reason(scene, NAV_REASON_DUPLICATE_SENDER);
}

static void a_device_has_one_owner(void **state)
{
    (void)state;
    struct fault_core core;
    fault_core_start(&core, NULL);
    const int owner = fault_connect(&core);
    const int second = fault_connect(&core);
    unsigned step = 0;
    fault_send_until(&core, owner, &step, stylus_is_live, "a live stylus");

    /* The second peer's stylus is somewhere else entirely. */
    const struct fault_pose elsewhere = fault_pose_at(900, 900, -2000);
    struct nav_scene scene;
    for (int i = 0; i < 20; ++i) {
        const size_t size = fault_pack_transform("StylusToTracker", &elsewhere, bytes);
        fault_send(second, bytes, size);
        fault_send_frame(owner, step++);
        fault_sleep_ms(10);
        fault_scene(&core, &scene);
        assert_true(scene.tools[0].has_pose);
        assert_true(scene.tools[0].tip_image_mm[1] < 30.0);
    }
    fault_wait(&core, duplicate_is_said, 500, "duplicate-sender");
    fault_scene(&core, &scene);
    assert_int_equal(scene.trust, NAV_TRUST_CAUTION);
    assert_int_equal(scene.peers[1].refused, 20);
    static struct fault_received answer;
    assert_true(fault_receive_type(second, "STATUS", &answer, 500));
    assert_string_equal(answer.device, "StylusToTracker");
    assert_false(fault_receive_type(second, "STATUS", &answer, 100)); /* one, not twenty */

    /* The owner's silence does not give its device away; its end does. */
    fault_sleep_ms(400);
    const size_t refused_size = fault_pack_transform("StylusToTracker", &elsewhere, bytes);
    fault_send(second, bytes, refused_size);
    fault_sleep_ms(60);
    fault_scene(&core, &scene);
    assert_int_equal(scene.tools[0].has_pose, 0);
    assert_int_equal(scene.peers[1].refused, 21);
    (void)close(owner);
    fault_sleep_ms(60);
    fault_send_until(&core, second, &step, stylus_is_live, "the second peer's stylus");
    (void)close(second);
    fault_core_stop(&core);
}

/* The core is stopped while the sender goes on and then falls silent. What waited in the socket is
 * old by an unknown time and must not come up as live. */
static void poses_that_waited_are_not_live(void **state)
{
    (void)state;
    struct fault_core core;
    fault_core_start(&core, NULL);
    const int peer = fault_connect(&core);
    unsigned step = 0;
    fault_send_until(&core, peer, &step, stylus_is_live, "a live stylus");
    struct nav_scene scene;
    fault_scene(&core, &scene);
    const uint64_t accepted = scene.tools[0].accepted;
    assert_int_equal(kill(core.pid, SIGSTOP), 0);
    fault_send_frames_for(peer, &step, 200);
    fault_sleep_ms(400);
    fault_scene(&core, &scene);
    const uint64_t seen = scene.seq;
    assert_int_equal(kill(core.pid, SIGCONT), 0);
    const int64_t end_ns = fault_now_ns() + 200 * NAV_NS_PER_MS;
    while (fault_now_ns() < end_ns) {
        (void)nav_scene_reader_wait(core.reader, scene.seq, 20 * NAV_NS_PER_MS);
        fault_scene(&core, &scene);
        if (scene.seq > seen && scene.tools[0].accepted > accepted) {
            assert_int_equal(scene.tools[0].has_pose, 0);
        }
    }
    assert_true(scene.tools[0].accepted > accepted);
    (void)close(peer);
    fault_core_stop(&core);
}

static bool stylus_is_invalid(const struct nav_scene *scene)
{
    return scene->tools[0].state == NAV_TOOL_INVALID && scene->tools[0].has_pose == 0;
}

static void a_sender_that_says_invisible_is_believed_at_once(void **state)
{
    (void)state;
    struct fault_core core;
    fault_core_start(&core, NULL);
    static const char *const words[][2] = {{"TransformStatus", "OUT_OF_VIEW"},
                                           {"TransformStatus", "OUTOFVIEW"},
                                           {"TransformStatus", "MISSING"},
                                           {"TransformStatus", "no such word"},
                                           {"TransformValid", "0"}};
    const int peer = fault_connect(&core);
    unsigned step = 0;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); ++i) {
        fault_send_until(&core, peer, &step, stylus_is_live, "a live stylus");
        const struct fault_pose pose = fault_pose_at(160.0f + (float)i, 200, -1000);
        const size_t size =
            fault_pack_transform_v2("StylusToTracker", &pose, words[i][0], words[i][1], bytes);
        fault_send(peer, bytes, size);
        fault_wait(&core, stylus_is_invalid, 150, words[i][1]);
    }
    (void)close(peer);
    fault_core_stop(&core);
}

/* ---- a link that dies without a word ---- */

static bool set_loopback(bool up)
{
    const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct ifreq request = {.ifr_name = "lo"};
    bool done = fd >= 0 && ioctl(fd, SIOCGIFFLAGS, &request) == 0;
    if (done) {
        const int flags = up ? request.ifr_flags | IFF_UP : request.ifr_flags & ~IFF_UP;
        request.ifr_flags = (short)flags;
        done = ioctl(fd, SIOCSIFFLAGS, &request) == 0;
    }
    (void)close(fd);
    return done;
}

static void a_half_open_peer_is_closed(void **state)
{
    (void)state;
    if (unshare(CLONE_NEWNET) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) {
        print_message("no own network name space here: %s\n", strerror(errno));
        skip();
    }
    assert_true(set_loopback(true));
    struct fault_core core;
    fault_core_start(&core, &(struct fault_options){.limits = "  peer_dead_ms: 3000\n"});
    const int peer = fault_connect(&core);
    unsigned step = 0;
    fault_send_until(&core, peer, &step, stylus_is_live, "a live stylus");
    assert_true(set_loopback(false));
    const int64_t start_ns = fault_now_ns();
    fault_wait(&core, nobody_is_connected, 6000, "the silent link closed");
    const int64_t took_ms = (fault_now_ns() - start_ns) / NAV_NS_PER_MS;
    print_message("half-open peer closed after %lld ms (limit 3000 ms)\n", (long long)took_ms);
    assert_true(took_ms >= 1000 && took_ms <= 4500);
    (void)close(peer);
    fault_core_stop(&core);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_header_must_become_whole_in_time),
        cmocka_unit_test(a_body_must_keep_its_rate),
        cmocka_unit_test(connections_have_limits),
        cmocka_unit_test(a_thousand_connections_are_served),
        cmocka_unit_test(descriptors_may_run_out),
        cmocka_unit_test(a_device_has_one_owner),
        cmocka_unit_test(poses_that_waited_are_not_live),
        cmocka_unit_test(a_sender_that_says_invisible_is_believed_at_once),
        /* Last: it moves this process into a network of its own. */
        cmocka_unit_test(a_half_open_peer_is_closed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
