/* The core as a client: it asks first, takes what comes, and comes back when the link is lost. */
#include "fault_support.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

static uint8_t bytes[FAULT_MESSAGE_MAX];
static struct fault_received received;

struct server {
    int fd;
    uint16_t port;
};

static struct server make_server(uint16_t port)
{
    struct server server = {.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    assert_true(server.fd >= 0);
    const int on = 1;
    (void)setsockopt(server.fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    assert_int_equal(bind(server.fd, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(server.fd, 8), 0);
    socklen_t size = sizeof(address);
    assert_int_equal(getsockname(server.fd, (struct sockaddr *)&address, &size), 0);
    server.port = ntohs(address.sin_port);
    return server;
}

static bool is_readable(int fd, int timeout_ms)
{
    struct pollfd waiting = {.fd = fd, .events = POLLIN};
    return poll(&waiting, 1, timeout_ms) == 1;
}

static int take_connection(const struct server *server, int timeout_ms)
{
    if (!is_readable(server->fd, timeout_ms)) {
        fail_msg("the core did not connect within %d ms", timeout_ms);
    }
    const int fd = accept4(server->fd, NULL, NULL, SOCK_CLOEXEC);
    assert_true(fd >= 0);
    return fd;
}

static void start(struct fault_core *core, uint16_t port, const char *more)
{
    static char connectors[256];
    (void)snprintf(connectors, sizeof(connectors), "[{address: 127.0.0.1, port: %u%s}]", port,
                   more);
    fault_core_start(core, &(struct fault_options){.connectors = connectors,
                                                   .limits = "  reconnect_min_ms: 50\n"
                                                             "  reconnect_max_ms: 400\n"
                                                             "  connect_timeout_ms: 500\n"});
}

static bool stylus_is_live(const struct nav_scene *scene)
{
    return scene->tools[0].has_pose != 0 && scene->tools[0].state == NAV_TOOL_TRACKED;
}

static bool link_is_down(const struct nav_scene *scene)
{
    return scene->tools[0].has_pose == 0 && fault_has_reason(scene, NAV_REASON_LINK_DOWN);
}

/* Reference and stylus as one TDATA. */
static void send_tdata(int fd, float x)
{
    uint8_t body[2 * 70] = {0};
    const struct fault_pose reference = fault_pose_at(100.0f + 0.001f * x, 200, -1000);
    const struct fault_pose stylus = fault_pose_at(150.0f + x, 200, -1000);
    memcpy(body, "Reference", 9);
    memcpy(body + 70, "StylusToTracker", 15);
    body[20] = body[90] = 2;
    fault_put_pose(body + 22, &reference);
    fault_put_pose(body + 92, &stylus);
    const size_t size = fault_pack(&(struct fault_message){.version = 1,
                                                           .type = "TDATA",
                                                           .device = "Tracker",
                                                           .stamp = fault_stamp_now(),
                                                           .body = body,
                                                           .body_size = sizeof(body)},
                                   bytes);
    fault_send(fd, bytes, size);
}

static void send_tdata_for(int fd, int milliseconds)
{
    for (int i = 0; i < milliseconds / 20; ++i) {
        send_tdata(fd, (float)i * 0.25f);
        fault_sleep_ms(20);
    }
}

static void it_greets_asks_and_takes(void **state)
{
    (void)state;
    struct server server = make_server(0);
    struct fault_core core;
    start(&core, server.port, ", stream_ms: 25");
    const int peer = take_connection(&server, 1000);
    /* A STATUS of version 2 first, then the wish for tracking data. */
    size_t size = 0;
    assert_true(fault_receive(peer, &received, 500));
    assert_int_equal(received.version, 2);
    assert_string_equal(received.type, "STATUS");
    assert_true(fault_receive(peer, &received, 500));
    assert_string_equal(received.type, "STT_TDATA");
    const uint8_t *content = fault_content(&received, &size);
    assert_int_equal(size, 36);
    assert_memory_equal(content, "\0\0\0\x19", 4);
    send_tdata_for(peer, 200);
    fault_wait(&core, stylus_is_live, 500, "a live stylus");
    (void)close(peer);
    (void)close(server.fd);
    fault_core_stop(&core);
}

static void without_hello_no_version_two_is_sent(void **state)
{
    (void)state;
    struct server server = make_server(0);
    struct fault_core core;
    start(&core, server.port, ", stream_ms: 0, hello: false");
    int peer = take_connection(&server, 1000);
    assert_true(fault_receive(peer, &received, 500));
    assert_int_equal(received.version, 1);
    assert_string_equal(received.type, "STT_TDATA");
    assert_int_equal(received.body_size, 36);
    assert_false(is_readable(peer, 100));
    (void)close(peer);
    fault_core_stop(&core);

    start(&core, server.port, ", hello: false");
    peer = take_connection(&server, 1000);
    assert_false(is_readable(peer, 100)); /* asks for nothing, says nothing */
    (void)close(peer);
    (void)close(server.fd);
    fault_core_stop(&core);
}

static void a_lost_link_is_made_again(void **state)
{
    (void)state;
    struct server server = make_server(0);
    struct fault_core core;
    start(&core, server.port, ", hello: false");
    int peer = take_connection(&server, 1000);
    send_tdata_for(peer, 200);
    fault_wait(&core, stylus_is_live, 500, "a live stylus");
    (void)close(peer);
    const int64_t lost_ns = fault_now_ns();
    peer = take_connection(&server, 1000);
    assert_true(fault_now_ns() - lost_ns >= 30 * NAV_NS_PER_MS); /* never at once */
    fault_wait(&core, link_is_down, 600, "link-down while nothing comes");
    send_tdata_for(peer, 300);
    fault_wait(&core, stylus_is_live, 500, "a live stylus again");
    (void)close(peer);
    (void)close(server.fd);
    fault_core_stop(&core);
}

static void a_server_that_comes_later_is_found(void **state)
{
    (void)state;
    struct server server = make_server(0);
    const uint16_t port = server.port;
    (void)close(server.fd);
    struct fault_core core;
    start(&core, port, ", hello: false");
    fault_sleep_ms(600);
    assert_true(fault_log_has(&core, "trying on"));
    server = make_server(port);
    const int peer = take_connection(&server, 1000);
    send_tdata_for(peer, 200);
    fault_wait(&core, stylus_is_live, 500, "a live stylus");
    (void)close(peer);
    (void)close(server.fd);
    fault_core_stop(&core);
}

static void a_refusing_server_is_asked_ever_more_slowly(void **state)
{
    (void)state;
    struct server server = make_server(0);
    struct fault_core core;
    start(&core, server.port, ", hello: false");
    int64_t at_ns[6];
    for (int i = 0; i < 6; ++i) {
        const int peer = take_connection(&server, 1000);
        at_ns[i] = fault_now_ns();
        (void)close(peer);
    }
    const int64_t first_ns = at_ns[1] - at_ns[0];
    const int64_t last_ns = at_ns[5] - at_ns[4];
    print_message("first wait %lld ms, fifth %lld ms\n", (long long)(first_ns / NAV_NS_PER_MS),
                  (long long)(last_ns / NAV_NS_PER_MS));
    assert_true(last_ns >= 3 * first_ns); /* 50 to 400 ms, a quarter more or less */
    assert_true(last_ns <= 600 * NAV_NS_PER_MS);
    (void)close(server.fd);
    fault_core_stop(&core);
}

static void without_reconnect_a_lost_link_stays_lost(void **state)
{
    (void)state;
    struct server server = make_server(0);
    struct fault_core core;
    start(&core, server.port, ", reconnect: false");
    const int peer = take_connection(&server, 1000);
    (void)close(peer);
    assert_false(is_readable(server.fd, 800));
    assert_true(fault_log_has(&core, "stays lost"));
    (void)close(server.fd);
    fault_core_stop(&core);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_greets_asks_and_takes),
        cmocka_unit_test(without_hello_no_version_two_is_sent),
        cmocka_unit_test(a_lost_link_is_made_again),
        cmocka_unit_test(a_server_that_comes_later_is_found),
        cmocka_unit_test(a_refusing_server_is_asked_ever_more_slowly),
        cmocka_unit_test(without_reconnect_a_lost_link_stays_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
