/* What the core sends: the registered poses, what is asked for, and never anything old as live. */
#include "fault_support.h"

#include <arpa/inet.h>
#include <math.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

enum { DRAIN_MAX = 64 * 1024 };

static uint8_t bytes[FAULT_MESSAGE_MAX];
static struct fault_received received;

static bool stylus_is_live(const struct nav_scene *scene)
{
    return scene->tools[0].has_pose != 0 && scene->tools[0].state == NAV_TOOL_TRACKED;
}

/* A core with a source that has been sending for a while. */
struct bench {
    struct fault_core core;
    int source;
    unsigned step;
};

static void setup(struct bench *bench, const struct fault_options *options)
{
    fault_core_start(&bench->core, options);
    bench->source = fault_connect(&bench->core);
    bench->step = 0;
    fault_send_until(&bench->core, bench->source, &bench->step, stylus_is_live, "a live stylus");
}

static void teardown(struct bench *bench)
{
    (void)close(bench->source);
    fault_core_stop(&bench->core);
}

static void send_empty(int fd, const char *type, const char *device)
{
    const size_t size =
        fault_pack(&(struct fault_message){.version = 1, .type = type, .device = device}, bytes);
    fault_send(fd, bytes, size);
}

/* Sends a COMMAND and expects its answer: its name, and a part of its text. */
static void expect_command(int fd, const char *word, const char *text, const char *name,
                           const char *part)
{
    static uint8_t number;
    uint8_t command[138 + 256] = {0, 0, 0, ++number};
    const size_t length = strlen(text);
    assert_true(length <= 256);
    memcpy(command + 4, word, strlen(word));
    command[133] = 3;
    command[137] = (uint8_t)length;
    memcpy(command + 138, text, length);
    const size_t size = fault_pack(&(struct fault_message){.version = 1,
                                                           .type = "COMMAND",
                                                           .device = "",
                                                           .body = command,
                                                           .body_size = 138 + length},
                                   bytes);
    fault_send(fd, bytes, size);
    assert_true(fault_receive_type(fd, "RTS_COMMAND", &received, 1000));
    assert_int_equal(received.body[3], number);
    assert_string_equal((const char *)received.body + 4, name);
    char answer[2048] = "";
    assert_true(received.body_size > 138 && received.body_size - 138 < sizeof(answer));
    memcpy(answer, received.body + 138, received.body_size - 138);
    if (strstr(answer, part) == NULL) {
        fail_msg("%s answered %s", word, answer);
    }
}

/* A STATUS of version 2: what clients send to be understood as such. */
static void send_hello(int fd)
{
    uint8_t body[12 + 30 + 2] = {0, 12, 0, 2};
    body[13] = 1;
    const size_t size = fault_pack(&(struct fault_message){.version = 2,
                                                           .type = "STATUS",
                                                           .device = "client",
                                                           .body = body,
                                                           .body_size = sizeof(body)},
                                   bytes);
    fault_send(fd, bytes, size);
}

static void send_stt_tdata(int fd, uint32_t resolution_ms, const char *frame)
{
    uint8_t body[36] = {(uint8_t)(resolution_ms >> 24), (uint8_t)(resolution_ms >> 16),
                        (uint8_t)(resolution_ms >> 8), (uint8_t)resolution_ms};
    memcpy(body + 4, frame, strlen(frame));
    const size_t size = fault_pack(&(struct fault_message){.version = 1,
                                                           .type = "STT_TDATA",
                                                           .device = "",
                                                           .body = body,
                                                           .body_size = sizeof(body)},
                                   bytes);
    fault_send(fd, bytes, size);
}

static void discard_for(int fd, int milliseconds)
{
    const int64_t end_ns = fault_now_ns() + milliseconds * NAV_NS_PER_MS;
    while (fault_now_ns() < end_ns) {
        (void)fault_receive(fd, &received, 5);
    }
}

/* ---- poses ---- */

static void poses_are_registered_and_keep_their_time(void **state)
{
    (void)state;
    struct bench bench;
    setup(&bench, NULL);
    const int viewer = fault_connect(&bench.core);
    discard_for(viewer, 50);
    for (int i = 0; i < 20; ++i) {
        /* One pose with a stamp of our own, then exactly that pose comes back. */
        const uint64_t stamp = fault_stamp_now();
        uint8_t body[48];
        struct fault_pose poses[2] = {fault_pose_at(100.0f + 0.001f * (float)i, 200, -1000),
                                      fault_pose_at(150.0f + (float)i, 210, -990)};
        const char *const devices[2] = {"ReferenceToTracker", "StylusToTracker"};
        for (int k = 0; k < 2; ++k) {
            fault_put_pose(body, &poses[k]);
            const size_t size = fault_pack(&(struct fault_message){.version = 1,
                                                                   .type = "TRANSFORM",
                                                                   .device = devices[k],
                                                                   .stamp = stamp,
                                                                   .body = body,
                                                                   .body_size = sizeof(body)},
                                           bytes);
            fault_send(bench.source, bytes, size);
        }
        /* The reference may be joined a little later than the tool: the last one counts. */
        bool found = false;
        for (int k = 0; k < 3 && !found; ++k) {
            assert_true(fault_receive_type(viewer, "TRANSFORM", &received, 500));
            found = received.stamp > stamp - 16 && received.stamp < stamp + 16;
        }
        assert_true(found);
        assert_string_equal(received.device, "StylusTipToImage");
        assert_int_equal(received.version, 1);
        const struct fault_pose pose = fault_get_pose(received.body);
        /* tip (0, 0, 100), relative to the reference, shifted by (10, 20, 30) */
        assert_true(fabs(pose.t_mm[0] - (poses[1].t_mm[0] - poses[0].t_mm[0] + 10.0)) < 1e-3);
        assert_true(fabsf(pose.t_mm[1] - 30.0f) < 1e-3f);
        assert_true(fabsf(pose.t_mm[2] - 140.0f) < 1e-3f);
        assert_true(pose.R[0] == 1.0f && pose.R[4] == 1.0f && pose.R[8] == 1.0f);
    }
    (void)close(viewer);
    teardown(&bench);
}

static void every_pose_of_a_burst_is_sent(void **state)
{
    (void)state;
    struct bench bench;
    setup(&bench, NULL);
    const int viewer = fault_connect(&bench.core);
    discard_for(viewer, 50);
    enum { BURST = 20 };
    uint8_t burst[2 * BURST * FAULT_TRANSFORM_SIZE];
    uint64_t stamp = fault_stamp_now();
    uint8_t body[48];
    size_t used = 0;
    for (int i = 0; i < BURST; ++i) {
        stamp += UINT64_C(1) << 22; /* about 1 ms */
        for (int k = 0; k < 2; ++k) {
            const struct fault_pose pose =
                fault_pose_at(100.0f + 50.0f * (float)k + 0.1f * (float)i, 200, -1000);
            fault_put_pose(body, &pose);
            (void)fault_pack(
                &(struct fault_message){.version = 1,
                                        .type = "TRANSFORM",
                                        .device = k == 0 ? "ReferenceToTracker" : "StylusToTracker",
                                        .stamp = stamp,
                                        .body = body,
                                        .body_size = sizeof(body)},
                bytes);
            memcpy(burst + used, bytes, FAULT_TRANSFORM_SIZE);
            used += FAULT_TRANSFORM_SIZE;
        }
    }
    fault_send(bench.source, burst, used);
    int count = 0;
    uint64_t before = 0;
    while (fault_receive_type(viewer, "TRANSFORM", &received, 200)) {
        if (received.stamp > before) {
            before = received.stamp;
            ++count;
        }
        if (received.stamp > stamp - 16) {
            break;
        }
    }
    assert_int_equal(count, BURST);
    (void)close(viewer);
    teardown(&bench);
}

static void version_two_hears_more(void **state)
{
    (void)state;
    struct bench bench;
    setup(&bench, &(struct fault_options){.arguments = {"--mode", "simulation"}});
    const int viewer = fault_connect(&bench.core);
    send_hello(viewer);
    fault_send_frames_for(bench.source, &bench.step, 60);
    do {
        assert_true(fault_receive_type(viewer, "TRANSFORM", &received, 500));
    } while (received.version < 2 || strcmp(received.device, "StylusTipToImage") != 0);
    assert_string_equal(fault_metadata(&received, "TransformStatus"), "OK");
    assert_string_equal(fault_metadata(&received, "TransformValid"), "1");
    assert_string_equal(fault_metadata(&received, "Space"), "LPS");
    assert_string_equal(fault_metadata(&received, "Mode"), "simulation");
    assert_string_equal(fault_metadata(&received, "Trust"), "ok");
    (void)close(viewer);
    teardown(&bench);
}

/* The source falls silent: version 2 is told, version 1 gets nothing; nobody gets an old pose. */
static void a_withheld_tool_is_never_sent_as_live(void **state)
{
    (void)state;
    struct bench bench;
    setup(&bench, NULL);
    const int plain = fault_connect(&bench.core);
    const int extended = fault_connect(&bench.core);
    send_hello(extended);
    fault_send_frames_for(bench.source, &bench.step, 100);
    const int64_t silent_ns = fault_now_ns();
    bool told = false;
    while (fault_receive_type(extended, "TRANSFORM", &received, 400)) {
        if (strcmp(received.device, "StylusTipToImage") != 0 || received.version < 2) {
            continue;
        }
        const bool valid = strcmp(fault_metadata(&received, "TransformValid"), "1") == 0;
        const int64_t after_ns = fault_now_ns() - silent_ns;
        assert_true(!valid || after_ns < 300 * NAV_NS_PER_MS);
        assert_true(valid || after_ns < 400 * NAV_NS_PER_MS);
        if (!valid) {
            told = true;
            assert_string_equal(fault_metadata(&received, "TransformStatus"), "MISSING");
            size_t size = 0;
            const struct fault_pose pose = fault_get_pose(fault_content(&received, &size));
            assert_true(pose.t_mm[0] == 0.0f && pose.t_mm[1] == 0.0f && pose.t_mm[2] == 0.0f);
        }
    }
    assert_true(told);
    discard_for(plain, 20);
    assert_false(fault_receive(plain, &received, 200));
    /* A newcomer gets no last pose either. */
    const int late = fault_connect(&bench.core);
    assert_false(fault_receive(late, &received, 200));
    (void)close(late);
    (void)close(plain);
    (void)close(extended);
    teardown(&bench);
}

static void a_newcomer_gets_the_state_at_once(void **state)
{
    (void)state;
    struct bench bench;
    setup(&bench, NULL);
    fault_send_frame(bench.source, bench.step++);
    fault_sleep_ms(30);
    const int viewer = fault_connect(&bench.core); /* the source sends nothing further */
    assert_true(fault_receive(viewer, &received, 100));
    assert_string_equal(received.device, "StylusTipToImage");
    assert_false(fault_receive(viewer, &received, 300)); /* once, not again when it gets old */
    (void)close(viewer);
    teardown(&bench);
}

static void a_source_is_not_filled_up(void **state)
{
    (void)state;
    struct bench bench;
    setup(&bench, NULL);
    discard_for(bench.source, 50);
    fault_send_frames_for(bench.source, &bench.step, 200);
    assert_false(fault_receive(bench.source, &received, 100));
    /* Unless it asks. */
    send_empty(bench.source, "STT_TRANS", "");
    fault_send_frames_for(bench.source, &bench.step, 60);
    assert_true(fault_receive_type(bench.source, "TRANSFORM", &received, 200));
    teardown(&bench);
}

static int count_tdata_for(struct bench *bench, int viewer, int milliseconds)
{
    const int64_t end_ns = fault_now_ns() + milliseconds * NAV_NS_PER_MS;
    int count = 0;
    while (fault_now_ns() < end_ns) {
        fault_send_frame(bench->source, bench->step++);
        const int64_t next_ns = fault_now_ns() + 10 * NAV_NS_PER_MS;
        while (fault_now_ns() < next_ns) {
            if (fault_receive(viewer, &received, 2)) {
                assert_string_equal(received.type, "TDATA");
                ++count;
            }
        }
    }
    return count;
}

static void tdata_comes_at_the_wanted_beat(void **state)
{
    (void)state;
    struct bench bench;
    setup(&bench, NULL);
    const int viewer = fault_connect(&bench.core);
    discard_for(viewer, 50);
    send_stt_tdata(viewer, 50, "Image");
    assert_true(fault_receive_type(viewer, "RTS_TDATA", &received, 300));
    assert_int_equal(received.body_size, 1);
    assert_int_equal(received.body[0], 0);
    const int count = count_tdata_for(&bench, viewer, 1000);
    print_message("%d TDATA in 1 s at 50 ms\n", count);
    assert_true(count >= 15 && count <= 22);
    assert_int_equal(received.body_size, 70); /* the blade is not shown and left out */
    assert_memory_equal(received.body, "StylusTipToImage\0\0\0\0", 20);
    const struct fault_pose pose = fault_get_pose(received.body + 22);
    assert_true(fabsf(pose.t_mm[2] - 130.0f) < 1e-3f);

    send_empty(viewer, "STP_TDATA", "");
    assert_true(fault_receive_type(viewer, "RTS_TDATA", &received, 300));
    assert_int_equal(count_tdata_for(&bench, viewer, 200), 0);

    /* Poses in another frame than the one asked for would be worse than none. */
    send_stt_tdata(viewer, 50, "Tracker");
    assert_true(fault_receive_type(viewer, "RTS_TDATA", &received, 300));
    assert_int_equal(received.body[0], 1);
    assert_int_equal(count_tdata_for(&bench, viewer, 200), 0);
    (void)close(viewer);
    teardown(&bench);
}

/* "As fast as possible" is at most one a millisecond, however often the loop turns; a resolution
 * beyond any operation is one message. */
static void beats_at_the_ends_of_their_range(void **state)
{
    (void)state;
    struct bench bench;
    setup(&bench, NULL);
    const int viewer = fault_connect(&bench.core);
    discard_for(viewer, 50);
    send_stt_tdata(viewer, 0, "");
    assert_true(fault_receive_type(viewer, "RTS_TDATA", &received, 300));
    const int64_t start_ns = fault_now_ns();
    int count = 0;
    while (fault_now_ns() - start_ns < 300 * NAV_NS_PER_MS) {
        for (int i = 0; i < 20; ++i) {
            send_hello(bench.source); /* an iteration of the loop, mostly */
        }
        while (fault_receive(viewer, &received, 0)) {
            count += strcmp(received.type, "TDATA") == 0;
        }
    }
    const int64_t elapsed_ms = (fault_now_ns() - start_ns) / NAV_NS_PER_MS;
    print_message("%d TDATA in %lld ms at 0 ms\n", count, (long long)elapsed_ms);
    assert_true(count >= 1 && count <= elapsed_ms + 2);

    send_stt_tdata(viewer, UINT32_MAX, "");
    assert_true(fault_receive_type(viewer, "RTS_TDATA", &received, 300));
    assert_true(count_tdata_for(&bench, viewer, 300) <= 1);
    (void)close(viewer);
    teardown(&bench);
}

/* ---- requests ---- */

static void what_is_asked_for_is_answered(void **state)
{
    (void)state;
    struct fault_core core;
    fault_core_start(&core, NULL);
    const int asker = fault_connect(&core);
    send_empty(asker, "GET_STATUS", "");
    assert_true(fault_receive_type(asker, "STATUS", &received, 300));
    assert_int_equal(received.body[1], 13); /* not ready */
    assert_string_equal((const char *)received.body + 10, "reference-never");

    send_empty(asker, "GET_TRANS", ""); /* nothing is shown: said, not left open */
    assert_true(fault_receive_type(asker, "STATUS", &received, 300));
    assert_int_equal(received.body[1], 13);

    send_empty(asker, "GET_CAPABIL", "");
    assert_true(fault_receive_type(asker, "CAPABILITY", &received, 300));
    assert_true(received.body_size >= 12 * 10 && received.body_size % 12 == 0);
    assert_memory_equal(received.body, "TRANSFORM\0\0\0", 12);

    send_empty(asker, "GET_POINT", "");
    assert_true(fault_receive_type(asker, "POINT", &received, 300));
    assert_string_equal(received.device, "Landmarks");
    assert_int_equal(received.body_size, 136);
    assert_string_equal((const char *)received.body, "Tip");
    const uint8_t one_two_three[12] = {0x3f, 0x80, 0, 0, 0x40, 0, 0, 0, 0x40, 0x40, 0, 0};
    assert_memory_equal(received.body + 100, one_two_three, 12);

    send_empty(asker, "GET_TRAJ", "Cuts");
    assert_true(fault_receive_type(asker, "TRAJ", &received, 300));
    assert_int_equal(received.body_size, 150);
    assert_string_equal((const char *)received.body, "First");
    const uint8_t from_10_10_10_to_10_40_10[24] = {
        0x41, 0x20, 0, 0, 0x41, 0x20, 0, 0, 0x41, 0x20, 0, 0,
        0x41, 0x20, 0, 0, 0x42, 0x20, 0, 0, 0x41, 0x20, 0, 0,
    };
    assert_memory_equal(received.body + 102, from_10_10_10_to_10_40_10, 24);

    send_empty(asker, "GET_POLYDATA", "Bone");
    assert_true(fault_receive_type(asker, "POLYDATA", &received, 300));
    assert_string_equal(received.device, "Bone");
    assert_int_equal(received.body[3], 4); /* points */

    send_empty(asker, "GET_POLYDATA", "Skull");
    assert_true(fault_receive_type(asker, "STATUS", &received, 300));
    assert_string_equal((const char *)received.body + 10, "NotPresent");
    send_empty(asker, "GET_IMAGE", "");
    assert_true(fault_receive_type(asker, "STATUS", &received, 300));
    assert_string_equal((const char *)received.body + 10, "NotServed");

    expect_command(asker, "status", "", "refused", "commands are off");
    (void)close(asker);
    fault_core_stop(&core);
}

static void only_commands_that_the_listener_allows_are_executed(void **state)
{
    (void)state;
    struct fault_core core;
    fault_core_start(&core, &(struct fault_options){.listeners = "[{address: 127.0.0.1, port: 0, "
                                                                 "commands: [status, check]}]"});
    const int peer = fault_connect(&core);
    expect_command(peer, "status", "", "status", "\"done\":true");
    expect_command(peer, "check", "{\"landmark\":\"Nowhere\"}", "check", "\"done\":false");
    expect_command(peer, "register", "", "refused", "not allowed");
    expect_command(peer, "Shutdown", "", "refused", "not allowed");
    expect_command(peer, "status", "<Command/>", "refused", "JSON object");
    expect_command(peer, "status", "{\"a\":\"b\"}", "status", "\"done\":false");
    expect_command(peer, "status", "{},\"command\":\"register\"", "refused", "JSON object");
    (void)close(peer);
    fault_core_stop(&core);
}

static void a_word_that_is_no_command_is_refused_at_the_start(void **state)
{
    (void)state;
    char folder[FAULT_PATH_SIZE], path[FAULT_PATH_SIZE], text[1024];
    fault_make_folder(folder);
    fault_write_case(folder,
                     &(struct fault_options){.listeners = "[{address: 127.0.0.1, port: 0, "
                                                          "commands: [shutdown]}]"},
                     path);
    const char *const arguments[] = {"run", path, "--no-display", NULL};
    assert_int_equal(fault_run(arguments, text, sizeof(text)), 1);
    assert_non_null(strstr(text, "'shutdown' is no command"));
    fault_remove_folder(folder);
}

static void a_flood_of_requests_costs_nothing(void **state)
{
    (void)state;
    struct fault_core core;
    fault_core_start(&core, NULL);
    const int asker = fault_connect(&core);
    send_empty(asker, "GET_POLYDATA", "");
    assert_true(fault_receive_type(asker, "POLYDATA", &received, 300));
    const size_t before = fault_memory_bytes(core.pid);
    static uint8_t flood[58 * 1000];
    const size_t size = fault_pack(
        &(struct fault_message){.version = 1, .type = "GET_POLYDATA", .device = ""}, bytes);
    for (int i = 0; i < 1000; ++i) {
        memcpy(flood + 58 * i, bytes, size);
    }
    fault_send(asker, flood, sizeof(flood));
    int answers = 0;
    while (fault_receive(asker, &received, 200)) {
        ++answers;
    }
    print_message("%d answers to 1000 requests\n", answers);
    assert_true(answers >= 1 && answers < 100);
    assert_true(!FAULT_MEMORY_IS_MEANINGFUL ||
                fault_memory_bytes(core.pid) < before + (size_t)64 * 1024);
    (void)close(asker);
    fault_core_stop(&core);
}

static void a_link_may_be_closed_to_viewers(void **state)
{
    (void)state;
    struct bench bench;
    setup(&bench,
          &(struct fault_options){.listeners = "[{address: 127.0.0.1, port: 0, publish: false}]"});
    const int asker = fault_connect(&bench.core);
    fault_send_frames_for(bench.source, &bench.step, 100);
    assert_false(fault_receive(asker, &received, 50));
    send_empty(asker, "GET_POLYDATA", "");
    assert_true(fault_receive(asker, &received, 300));
    assert_string_equal(received.type, "STATUS");
    assert_string_equal((const char *)received.body + 10, "Denied");
    (void)close(asker);
    teardown(&bench);
}

/* ---- who does not read ---- */

static int connect_with_small_window(const struct fault_core *core)
{
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    const int size = 4096;
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(core->port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    return fd;
}

static void a_stalled_viewer_is_closed_and_harms_nobody(void **state)
{
    (void)state;
    struct bench bench;
    setup(&bench, &(struct fault_options){.limits = "  stall_ms: 400\n"});
    const int stalled = connect_with_small_window(&bench.core);
    const int reader = fault_connect(&bench.core);
    discard_for(reader, 20);
    int64_t longest_ns = 0;
    int64_t before_ns = fault_now_ns();
    int64_t closed_ns = 0;
    const int64_t start_ns = before_ns;
    int64_t next_frame_ns = 0;
    while (closed_ns == 0 && fault_now_ns() - start_ns < 5 * NAV_NS_PER_S) {
        if (fault_now_ns() >= next_frame_ns) {
            fault_send_frame(bench.source, bench.step++);
            next_frame_ns = fault_now_ns() + 2 * NAV_NS_PER_MS;
        }
        if (fault_receive(reader, &received, 1)) {
            const int64_t now_ns = fault_now_ns();
            longest_ns = now_ns - before_ns > longest_ns ? now_ns - before_ns : longest_ns;
            before_ns = now_ns;
        }
        if (fault_log_has(&bench.core, "it takes nothing")) {
            closed_ns = fault_now_ns();
        }
    }
    print_message("stalled viewer closed after %lld ms; longest gap of the other %lld us\n",
                  (long long)((closed_ns - start_ns) / NAV_NS_PER_MS),
                  (long long)(longest_ns / 1000));
    assert_true(closed_ns != 0);
    assert_true(longest_ns < 100 * NAV_NS_PER_MS);
    (void)close(stalled);
    (void)close(reader);
    teardown(&bench);
}

/* What a viewer finds when it reads again is bounded, and then it is fresh. */
static void a_viewer_that_pauses_comes_back_to_the_present(void **state)
{
    (void)state;
    struct bench bench;
    setup(&bench, NULL);
    const int viewer = connect_with_small_window(&bench.core);
    const int64_t pause_end_ns = fault_now_ns() + 1500 * NAV_NS_PER_MS;
    while (fault_now_ns() < pause_end_ns) {
        fault_send_frame(bench.source, bench.step++);
        fault_sleep_ms(2);
    }
    size_t old_bytes = 0;
    bool fresh = false;
    while (!fresh) {
        fault_send_frame(bench.source, bench.step++);
        assert_true(fault_receive_type(viewer, "TRANSFORM", &received, 500));
        const uint64_t age = fault_stamp_now() - received.stamp; /* 32.32 */
        fresh = age < UINT64_C(1) << 30;                         /* 250 ms */
        old_bytes += fresh ? 0 : 58 + received.body_size;
    }
    print_message("%zu old bytes before the first fresh pose\n", old_bytes);
    assert_true(old_bytes < 16 * 1024); /* what the viewer's own window held */
    (void)close(viewer);
    teardown(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(poses_are_registered_and_keep_their_time),
        cmocka_unit_test(every_pose_of_a_burst_is_sent),
        cmocka_unit_test(version_two_hears_more),
        cmocka_unit_test(a_withheld_tool_is_never_sent_as_live),
        cmocka_unit_test(a_newcomer_gets_the_state_at_once),
        cmocka_unit_test(a_source_is_not_filled_up),
        cmocka_unit_test(tdata_comes_at_the_wanted_beat),
        cmocka_unit_test(beats_at_the_ends_of_their_range),
        cmocka_unit_test(what_is_asked_for_is_answered),
        cmocka_unit_test(only_commands_that_the_listener_allows_are_executed),
        cmocka_unit_test(a_word_that_is_no_command_is_refused_at_the_start),
        cmocka_unit_test(a_flood_of_requests_costs_nothing),
        cmocka_unit_test(a_link_may_be_closed_to_viewers),
        cmocka_unit_test(a_stalled_viewer_is_closed_and_harms_nobody),
        cmocka_unit_test(a_viewer_that_pauses_comes_back_to_the_present),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
