/* Bytes that are wrong: closed or dropped, counted, without cost to memory or to other peers. */
#include "fault_support.h"

#include <math.h>
#include <sys/socket.h>

enum { GROWTH_MAX_BYTES = 64 * 1024, CLOSE_MS = 1000 };

static uint8_t bytes[FAULT_MESSAGE_MAX];

static bool stylus_is_live(const struct nav_scene *scene)
{
    return scene->tools[0].has_pose != 0 && scene->tools[0].state == NAV_TOOL_TRACKED;
}

/* A core with one good peer that has been sending for a while. */
struct bench {
    struct fault_core core;
    int good;
    unsigned step;
};

static void setup(struct bench *bench, const char *limits)
{
    fault_core_start(&bench->core, &(struct fault_options){.limits = limits});
    bench->good = fault_connect(&bench->core);
    bench->step = 0;
    fault_send_until(&bench->core, bench->good, &bench->step, stylus_is_live, "a live stylus");
}

static void teardown(struct bench *bench)
{
    (void)close(bench->good);
    fault_core_stop(&bench->core);
}

/* The good peer's tool is live and nothing of its own was counted as wrong. */
static void assert_undisturbed(struct bench *bench)
{
    struct nav_scene scene;
    fault_send_until(&bench->core, bench->good, &bench->step, stylus_is_live,
                     "the good peer's tool live");
    fault_scene(&bench->core, &scene);
    assert_int_equal(scene.peers[0].crc_errors, 0);
    assert_int_equal(scene.peers[0].malformed, 0);
    assert_int_equal(scene.tools[0].rejected, 0);
}

static uint32_t random_state = 12345;

static uint8_t random_byte(void)
{
    random_state = random_state * 1664525u + 1013904223u;
    return (uint8_t)(random_state >> 24);
}

static void header_with_size(const char *type, uint64_t size)
{
    (void)fault_pack(&(struct fault_message){.version = 1, .type = type, .device = "x"}, bytes);
    for (int i = 0; i < 8; ++i) {
        bytes[42 + i] = (uint8_t)(size >> (56 - 8 * i));
    }
}

static void garbage_costs_no_memory_and_disturbs_nobody(void **state)
{
    (void)state;
    struct bench bench;
    setup(&bench, NULL);
    const size_t descriptors = fault_open_descriptors(bench.core.pid);
    const size_t before = fault_memory_bytes(bench.core.pid);
    static const uint64_t sizes[] = {
        UINT64_C(0x7fffffff),         UINT64_C(0x80000000), UINT64_C(0x100000030),
        UINT64_C(0x8000000000000000), UINT64_MAX,           UINT64_MAX - 57,
    };
    for (int round = 0; round < 12; ++round) {
        const int hostile = fault_connect(&bench.core);
        for (size_t i = 0; i < sizeof(bytes); ++i) {
            bytes[i] = random_byte();
        }
        (void)fault_send_quietly(hostile, bytes, sizeof(bytes));
        assert_true(fault_closed_within(hostile, CLOSE_MS));
        (void)close(hostile);
        for (int type = 0; type < 2; ++type) {
            const int liar = fault_connect(&bench.core);
            header_with_size(type == 0 ? "TRANSFORM" : "NOSUCHTYPE", sizes[round % 6]);
            fault_send(liar, bytes, 58);
            assert_true(fault_closed_within(liar, CLOSE_MS));
            (void)close(liar);
        }
        fault_send_frame(bench.good, bench.step++);
    }
    assert_undisturbed(&bench);
    const size_t after = fault_memory_bytes(bench.core.pid);
    print_message("memory %zu kB before, %zu kB after garbage\n", before / 1024, after / 1024);
    assert_true(!FAULT_MEMORY_IS_MEANINGFUL || after < before + GROWTH_MAX_BYTES);
    assert_int_equal(fault_open_descriptors(bench.core.pid), descriptors);
    teardown(&bench);
}

static void unknown_header_versions_close(void **state)
{
    (void)state;
    struct bench bench;
    setup(&bench, NULL);
    static const uint16_t versions[] = {0, 3, 65535};
    for (size_t i = 0; i < 3; ++i) {
        const int peer = fault_connect(&bench.core);
        const struct fault_pose pose = fault_pose_at(1, 2, 3);
        const size_t size = fault_pack_transform("BladeToTracker", &pose, bytes);
        bytes[0] = (uint8_t)(versions[i] >> 8);
        bytes[1] = (uint8_t)versions[i];
        fault_send(peer, bytes, size);
        assert_true(fault_closed_within(peer, CLOSE_MS));
        (void)close(peer);
    }
    assert_undisturbed(&bench);
    teardown(&bench);
}

static void send_blade(int fd, float x)
{
    const struct fault_pose pose = fault_pose_at(x, 2, -1000);
    const size_t size = fault_pack_transform("BladeToTracker", &pose, bytes);
    fault_send(fd, bytes, size);
}

static bool blade_accepted(const struct nav_scene *scene)
{
    return scene->tools[1].accepted > 0;
}

static void unwanted_types_are_skipped_and_framing_kept(void **state)
{
    (void)state;
    struct bench bench;
    setup(&bench, NULL);
    const size_t before = fault_memory_bytes(bench.core.pid);
    const int peer = fault_connect(&bench.core);
    /* An image of 8 MB; all zero, so that its checksum is 0. */
    header_with_size("IMAGE", UINT64_C(8) << 20);
    fault_send(peer, bytes, 58);
    static const uint8_t zeros[64 * 1024];
    for (int i = 0; i < 128; ++i) {
        fault_send(peer, zeros, sizeof(zeros));
    }
    const size_t size = fault_pack(
        &(struct fault_message){.version = 1, .type = "ABCDEFGHIJKL", .device = ""}, bytes);
    fault_send(peer, bytes, size);
    send_blade(peer, 1);
    fault_wait(&bench.core, blade_accepted, 2000, "the pose after a skipped image");
    const size_t after = fault_memory_bytes(bench.core.pid);
    print_message("memory %zu kB before, %zu kB after an image\n", before / 1024, after / 1024);
    assert_true(!FAULT_MEMORY_IS_MEANINGFUL || after < before + GROWTH_MAX_BYTES);
    struct nav_scene scene;
    fault_scene(&bench.core, &scene);
    assert_int_equal(scene.peers[1].skipped, 2);
    assert_undisturbed(&bench);
    (void)close(peer);
    teardown(&bench);
}

static void bad_checksums_drop_then_close(void **state)
{
    (void)state;
    struct bench bench;
    setup(&bench, NULL);
    const int peer = fault_connect(&bench.core);
    uint8_t body[48];
    const struct fault_pose pose = fault_pose_at(1, 2, -1000);
    fault_put_pose(body, &pose);
    const struct fault_message bad = {.version = 1,
                                      .type = "TRANSFORM",
                                      .device = "BladeToTracker",
                                      .body = body,
                                      .body_size = sizeof(body),
                                      .bad_crc = true};
    const size_t size = fault_pack(&bad, bytes);
    for (int i = 0; i < 4; ++i) {
        fault_send(peer, bytes, size);
    }
    assert_false(fault_closed_within(peer, 150));
    struct nav_scene scene;
    fault_scene(&bench.core, &scene);
    assert_int_equal(scene.tools[1].state, NAV_TOOL_NEVER);
    fault_send(peer, bytes, size);
    assert_true(fault_closed_within(peer, CLOSE_MS));
    assert_true(fault_log_has(&bench.core, "too many bad checksums"));
    assert_undisturbed(&bench);
    (void)close(peer);
    teardown(&bench);
}

static void too_many_bytes_before_a_valid_message_close(void **state)
{
    (void)state;
    struct bench bench;
    setup(&bench, NULL);
    const int peer = fault_connect(&bench.core);
    static uint8_t body[65000];
    const struct fault_message bad = {.version = 1,
                                      .type = "TDATA",
                                      .device = "x",
                                      .body = body,
                                      .body_size = sizeof(body),
                                      .bad_crc = true};
    const size_t size = fault_pack(&bad, bytes);
    for (int i = 0; i < 3; ++i) {
        (void)fault_send_quietly(peer, bytes, size);
    }
    assert_true(fault_closed_within(peer, CLOSE_MS));
    assert_true(fault_log_has(&bench.core, "too many bytes without a valid message"));
    assert_undisturbed(&bench);
    (void)close(peer);
    teardown(&bench);
}

/* The checksum cannot protect from zeros, the gate does. */
static bool blade_says_not_rigid(const struct nav_scene *scene)
{
    return scene->tools[1].rejected > 0 && scene->tools[1].reason == NAV_REASON_POSE_NOT_RIGID;
}

static void a_zero_body_is_rejected_by_the_gate(void **state)
{
    (void)state;
    struct bench bench;
    setup(&bench, NULL);
    const int peer = fault_connect(&bench.core);
    static const uint8_t zeros[48];
    const size_t size = fault_pack(&(struct fault_message){.version = 1,
                                                           .type = "TRANSFORM",
                                                           .device = "BladeToTracker",
                                                           .body = zeros,
                                                           .body_size = sizeof(zeros)},
                                   bytes);
    for (int i = 50; i < 58; ++i) {
        assert_int_equal(bytes[i], 0); /* a good checksum */
    }
    fault_send(peer, bytes, size);
    fault_wait(&bench.core, blade_says_not_rigid, 1000, "the zero matrix rejected as not rigid");
    struct nav_scene scene;
    fault_scene(&bench.core, &scene);
    assert_int_equal(scene.tools[1].has_pose, 0);
    assert_undisturbed(&bench);
    (void)close(peer);
    teardown(&bench);
}

static bool stylus_is_withheld(const struct nav_scene *scene)
{
    return scene->tools[0].has_pose == 0;
}

static void bad_poses_are_rejected_and_the_last_good_one_ages_out(void **state)
{
    (void)state;
    struct bench bench;
    setup(&bench, NULL);
    struct fault_pose bad[6];
    for (int i = 0; i < 6; ++i) {
        bad[i] = fault_pose_at(1, 2, -1000);
    }
    bad[0].t_mm[0] = NAN;
    bad[1].R[0] = INFINITY;
    bad[2].t_mm[2] = 1e38f;
    bad[3].R[0] = -1.0f; /* mirror */
    bad[4].R[4] = 1.1f;  /* scaled */
    bad[5].t_mm[1] = 10001.0f;
    struct nav_scene scene;
    fault_scene(&bench.core, &scene);
    const uint64_t accepted = scene.tools[0].accepted;
    const int64_t start_ns = fault_now_ns();
    unsigned sent = 0;
    while (fault_now_ns() - start_ns < 300 * NAV_NS_PER_MS) {
        const size_t size = fault_pack_transform("StylusToTracker", &bad[sent++ % 6], bytes);
        fault_send(bench.good, bytes, size);
        fault_sleep_ms(5);
    }
    fault_wait(&bench.core, stylus_is_withheld, 500, "the tool withheld");
    fault_scene(&bench.core, &scene);
    assert_int_equal(scene.tools[0].accepted, accepted);
    assert_true(scene.tools[0].rejected >= 6);
    assert_true(isnan(scene.tools[0].tip_image_mm[0]));
    teardown(&bench);
}

static void wrong_lengths_and_lying_extensions_are_dropped(void **state)
{
    (void)state;
    struct bench bench;
    setup(&bench, NULL);
    const int peer = fault_connect(&bench.core);
    uint8_t body[256] = {0};
    const struct fault_pose pose = fault_pose_at(1, 2, -1000);
    fault_put_pose(body, &pose);
    static const struct {
        const char *type;
        uint64_t size;
    } wrong[] = {{"TRANSFORM", 47}, {"TRANSFORM", 49}, {"TRANSFORM", 0}, {"TDATA", 71}};
    unsigned expected = 0;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); ++i, ++expected) {
        const size_t size = fault_pack(&(struct fault_message){.version = 1,
                                                               .type = wrong[i].type,
                                                               .device = "BladeToTracker",
                                                               .body = body,
                                                               .body_size = wrong[i].size},
                                       bytes);
        fault_send(peer, bytes, size);
    }
    static const uint8_t lies[][12] = {
        {0, 0, 0, 0, 0, 0, 0, 0},              /* extended header of 0 bytes */
        {0, 11, 0, 0, 0, 0, 0, 0},             /* of 11 */
        {0xff, 0xff, 0, 0, 0, 0, 0, 0},        /* longer than the body */
        {0, 12, 0xea, 0x60, 0, 0, 0, 0},       /* metadata header longer than the body */
        {0, 12, 0, 2, 0xff, 0xff, 0xff, 0xff}, /* metadata longer than the body */
    };
    for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); ++i, ++expected) {
        memcpy(body, lies[i], sizeof(lies[i]));
        fault_put_pose(body + 12, &pose);
        const size_t size = fault_pack(&(struct fault_message){.version = 2,
                                                               .type = "TRANSFORM",
                                                               .device = "BladeToTracker",
                                                               .body = body,
                                                               .body_size = 60},
                                       bytes);
        fault_send(peer, bytes, size);
    }
    send_blade(peer, 1);
    fault_wait(&bench.core, blade_accepted, 1000, "the good pose after nine bad messages");
    struct nav_scene scene;
    fault_scene(&bench.core, &scene);
    assert_int_equal(scene.peers[1].malformed, expected);
    assert_int_equal(scene.tools[1].accepted, 1);
    assert_undisturbed(&bench);
    (void)close(peer);
    teardown(&bench);
}

static bool blade_accepted_three(const struct nav_scene *scene)
{
    return scene->tools[1].accepted == 3;
}

/* Three messages byte by byte, then the same coalesced: the same number of poses. */
static void pieces_of_any_size_give_the_same(void **state)
{
    (void)state;
    struct bench bench;
    setup(&bench, NULL);
    uint8_t stream[3 * 106];
    size_t used = 0;
    for (int i = 0; i < 3; ++i) {
        const struct fault_pose pose = fault_pose_at(1.0f + (float)i, 2, -1000);
        used += fault_pack_transform("BladeToTracker", &pose, bytes);
        memcpy(stream + used - 106, bytes, 106);
    }
    assert_int_equal(used, sizeof(stream));
    const int peer = fault_connect(&bench.core);
    for (size_t i = 0; i < used; ++i) {
        fault_send(peer, stream + i, 1);
    }
    fault_wait(&bench.core, blade_accepted_three, 2000, "three poses from single bytes");
    assert_undisturbed(&bench);
    (void)close(peer);
    teardown(&bench);
}

static void a_reset_inside_a_message_frees_everything(void **state)
{
    (void)state;
    struct bench bench;
    setup(&bench, NULL);
    const size_t descriptors = fault_open_descriptors(bench.core.pid);
    const int peer = fault_connect(&bench.core);
    const struct fault_pose pose = fault_pose_at(1, 2, -1000);
    const size_t size = fault_pack_transform("BladeToTracker", &pose, bytes);
    fault_send(peer, bytes, size - 1);
    fault_sleep_ms(50);
    const struct linger reset = {.l_onoff = 1, .l_linger = 0};
    assert_int_equal(setsockopt(peer, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset)), 0);
    (void)close(peer);
    assert_undisturbed(&bench);
    struct nav_scene scene;
    fault_scene(&bench.core, &scene);
    assert_int_equal(scene.peers_total, 1);
    assert_int_equal(scene.tools[1].state, NAV_TOOL_NEVER);
    assert_int_equal(fault_open_descriptors(bench.core.pid), descriptors);
    teardown(&bench);
}

/* A peer that sends as fast as it can must not starve the others. */
static void a_flood_does_not_starve_others(void **state)
{
    (void)state;
    struct bench bench;
    setup(&bench, NULL);
    const int flood = fault_connect(&bench.core);
    static uint8_t stream[600 * 106];
    for (int i = 0; i < 600; ++i) {
        const struct fault_pose pose = fault_pose_at((float)i, 2, -1000);
        (void)fault_pack_transform("Flood", &pose, bytes);
        memcpy(stream + 106 * i, bytes, 106);
    }
    struct nav_scene scene;
    int64_t oldest_ns = 0;
    const int64_t end_ns = fault_now_ns() + 700 * NAV_NS_PER_MS;
    int64_t next_frame_ns = 0;
    int64_t own_ns = 0; /* the longest this sender, who competes with the flood, fell behind */
    fault_witness_start();
    while (fault_now_ns() < end_ns) {
        (void)send(flood, stream, sizeof(stream), MSG_DONTWAIT | MSG_NOSIGNAL);
        const int64_t now_ns = fault_now_ns();
        if (now_ns >= next_frame_ns) {
            own_ns = next_frame_ns != 0 && now_ns - next_frame_ns > own_ns ? now_ns - next_frame_ns
                                                                           : own_ns;
            fault_send_frame(bench.good, bench.step++);
            next_frame_ns = fault_now_ns() + 10 * NAV_NS_PER_MS;
        }
        fault_scene(&bench.core, &scene);
        oldest_ns = scene.tools[0].age_ns > oldest_ns ? scene.tools[0].age_ns : oldest_ns;
    }
    const int64_t machine_ns = fault_witness_stop_ns();
    print_message(
        "oldest age of the good peer's tool under a flood: %lld us, of a witness %lld us\n",
        (long long)(oldest_ns / 1000), (long long)(machine_ns / 1000));
    assert_true(oldest_ns < 100 * NAV_NS_PER_MS + machine_ns + own_ns);
    (void)close(flood);
    teardown(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(garbage_costs_no_memory_and_disturbs_nobody),
        cmocka_unit_test(unknown_header_versions_close),
        cmocka_unit_test(unwanted_types_are_skipped_and_framing_kept),
        cmocka_unit_test(bad_checksums_drop_then_close),
        cmocka_unit_test(too_many_bytes_before_a_valid_message_close),
        cmocka_unit_test(a_zero_body_is_rejected_by_the_gate),
        cmocka_unit_test(bad_poses_are_rejected_and_the_last_good_one_ages_out),
        cmocka_unit_test(wrong_lengths_and_lying_extensions_are_dropped),
        cmocka_unit_test(pieces_of_any_size_give_the_same),
        cmocka_unit_test(a_reset_inside_a_message_frees_everything),
        cmocka_unit_test(a_flood_does_not_starve_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
