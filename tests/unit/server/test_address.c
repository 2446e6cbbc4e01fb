/* Addresses as people write them. */
#include "address.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include "test_data.h"

enum { HOST_SIZE = 16 };

static void splits_what_people_write(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum nav_status status;
        const char *host;
        uint16_t port;
    } rows[] = {
        {"127.0.0.1:18944", NAV_OK, "127.0.0.1", 18944},
        {"localhost", NAV_OK, "localhost", 7},
        {"[::1]:80", NAV_OK, "::1", 80},
        {"[::1]", NAV_OK, "::1", 7},
        {"host:0", NAV_OK, "host", 0},
        {"host:65535", NAV_OK, "host", 65535},
        {"host:65536", NAV_ERR_RANGE, "", 0},
        {"host:", NAV_ERR_RANGE, "", 0},
        {"host:1x", NAV_ERR_RANGE, "", 0},
        {"host:-1", NAV_ERR_RANGE, "", 0},
        {"host:000000001", NAV_ERR_RANGE, "", 0},
        {"", NAV_ERR_SYNTAX, "", 0},
        {":80", NAV_ERR_SYNTAX, "", 0},
        {"::1", NAV_ERR_SYNTAX, "", 0},
        {"[::1", NAV_ERR_SYNTAX, "", 0},
        {"[::1]x80", NAV_ERR_SYNTAX, "", 0},
        {"[]:80", NAV_ERR_SYNTAX, "", 0},
        {"fifteen-letters:1", NAV_OK, "fifteen-letters", 1},
        {"sixteen-letters1:1", NAV_ERR_TOO_LARGE, "", 0},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); ++i) {
        char host[HOST_SIZE] = "";
        uint16_t port = 0;
        const enum nav_status status =
            srv_address_split(rows[i].text, 7, host, sizeof(host), &port);
        if (status != rows[i].status) {
            fail_msg("%s: %s", rows[i].text, nav_status_name(status));
        }
        assert_string_equal(host, rows[i].host);
        assert_int_equal(port, rows[i].port);
    }
}

static struct sockaddr_storage v4(const char *host, uint16_t port)
{
    struct sockaddr_storage storage = {.ss_family = AF_INET};
    struct sockaddr_in *address = (struct sockaddr_in *)&storage;
    address->sin_port = htons(port);
    assert_int_equal(inet_pton(AF_INET, host, &address->sin_addr), 1);
    return storage;
}

static struct sockaddr_storage v6(const char *host, uint16_t port)
{
    struct sockaddr_storage storage = {.ss_family = AF_INET6};
    struct sockaddr_in6 *address = (struct sockaddr_in6 *)&storage;
    address->sin6_port = htons(port);
    assert_int_equal(inet_pton(AF_INET6, host, &address->sin6_addr), 1);
    return storage;
}

static void writes_and_compares(void **state)
{
    (void)state;
    char text[64];
    const struct sockaddr_storage a = v4("10.1.2.3", 5);
    const struct sockaddr_storage a_other_port = v4("10.1.2.3", 6);
    const struct sockaddr_storage b = v4("10.1.2.4", 5);
    const struct sockaddr_storage c = v6("fe80::1", 5);
    const struct sockaddr_storage d = v6("fe80::2", 5);
    srv_address_text(&a, text, sizeof(text));
    assert_string_equal(text, "10.1.2.3:5");
    srv_address_text(&c, text, sizeof(text));
    assert_string_equal(text, "[fe80::1]:5");
    assert_true(srv_address_same_host(&a, &a_other_port));
    assert_false(srv_address_same_host(&a, &b));
    assert_false(srv_address_same_host(&a, &c));
    assert_true(srv_address_same_host(&c, &c));
    assert_false(srv_address_same_host(&c, &d));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(splits_what_people_write),
        cmocka_unit_test(writes_and_compares),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
