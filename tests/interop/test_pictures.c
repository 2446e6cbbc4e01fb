/* libOpenIGTLink of the distribution: takes the view that a display offers, and sends a camera's
 * pictures to one. */
#include <netinet/in.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "film_child.h"
#include "library_peer.h"
#include "nav/time.h"
#include "test_data.h"
#include "wire_time.h"

enum { W = 200, H = 120, PICTURES = 20 };
static const int64_t first_ns = INT64_C(1700000000123456789);

static char program[256];

static int set_up(void **state)
{
    (void)state;
    (void)signal(SIGPIPE, SIG_IGN);
    (void)snprintf(program, sizeof(program), "%s/osteonav-camera", getenv("OSTEONAV_BIN"));
    return 0;
}

static void pause_ms(int ms)
{
    const struct timespec time = {.tv_nsec = ms * (long)NAV_NS_PER_MS};
    (void)nanosleep(&time, NULL);
}

static int free_port(void)
{
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof(address);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    assert_int_equal(close(fd), 0);
    return ntohs(address.sin_port);
}

/* ---- what we send --------------------------------------------------------------------------- */

static void on_library_picture(void *context, const struct library_picture *picture)
{
    int64_t *before_ns = context;
    const int64_t ns = wire_time_to_ns(picture->stamp);
    assert_string_equal(picture->device, "TheatreTwo");
    assert_int_equal(picture->size[0], W);
    assert_int_equal(picture->size[1], H);
    assert_int_equal(picture->size[2], 1);
    assert_int_equal(picture->components, 3);
    assert_int_equal(picture->scalar, 3); /* TYPE_UINT8 */
    const int64_t n = (ns - first_ns + NAV_NS_PER_MS / 2) / NAV_NS_PER_MS;
    /* The library's own arithmetic loses up to 12 ns. */
    assert_true(llabs(ns - first_ns - n * NAV_NS_PER_MS) <= 12);
    assert_true(ns > *before_ns);
    *before_ns = ns;
    for (int y = 0; y < H; y += 7) {
        for (int x = 0; x < W; x += 7) {
            const unsigned char *pixel = picture->pixels + 3 * (y * W + x);
            assert_int_equal(pixel[0], (uint8_t)n);
            assert_int_equal(pixel[1], x);
            assert_int_equal(pixel[2], y);
        }
    }
}

static void give(struct film_outlet *outlet, int n)
{
    const struct film_head head = {W, H, 3, 1, first_ns + n * NAV_NS_PER_MS};
    uint8_t *room = film_outlet_room(outlet, &head);
    assert_non_null(room);
    for (int y = 0; y < H; ++y) {
        for (int x = 0; x < W; ++x) {
            *room++ = (uint8_t)n;
            *room++ = (uint8_t)x;
            *room++ = (uint8_t)y;
        }
    }
    film_outlet_give(outlet);
}

static void the_library_takes_the_view(void **state)
{
    (void)state;
    char at[32];
    const int port = free_port();
    (void)snprintf(at, sizeof(at), "127.0.0.1:%d", port);
    const pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) { /* the library's side */
        struct library_client *client = NULL;
        for (int i = 0; i < 100 && client == NULL; ++i) {
            client = library_client_connect("127.0.0.1", port);
            pause_ms(client == NULL ? 50 : 0);
        }
        int64_t before_ns = 0;
        const int taken =
            client != NULL
                ? library_client_take_pictures(client, PICTURES, on_library_picture, &before_ns)
                : 0;
        _exit(taken == PICTURES ? 0 : 1);
    }
    const char *const arguments[] = {"publish", "--at", at, "--device", "TheatreTwo", NULL};
    struct film_outlet *outlet;
    assert_int_equal(film_outlet_start(program, arguments, &outlet), NAV_OK);
    int code = -1;
    pid_t ended = 0;
    for (int n = 0; n < 1000 && ended == 0; ++n) {
        give(outlet, n);
        pause_ms(20);
        ended = waitpid(pid, &code, WNOHANG);
    }
    film_outlet_stop(outlet);
    assert_int_equal(ended, pid);
    assert_true(WIFEXITED(code));
    assert_int_equal(WEXITSTATUS(code), 0);
}

/* ---- what we take --------------------------------------------------------------------------- */

static atomic_int came, wrong;

static void on_picture(void *context, const struct film_head *head, const uint8_t *bgr)
{
    (void)context;
    const int64_t n = (head->utc_ns - first_ns + NAV_NS_PER_MS / 2) / NAV_NS_PER_MS;
    bool good =
        head->width_px == W && head->height_px == H && head->channels == 3 && n >= 0 && n < 1000;
    for (int y = 0; y < H && good; y += 7) {
        for (int x = 0; x < W && good; x += 7) {
            const uint8_t *pixel = bgr + 3 * (y * W + x);
            good = pixel[2] == (uint8_t)n && pixel[1] == x && pixel[0] == y;
        }
    }
    atomic_fetch_add(good ? &came : &wrong, 1);
}

static void the_library_s_pictures_are_taken(void **state)
{
    (void)state;
    char at[32];
    const int port = free_port();
    (void)snprintf(at, sizeof(at), "127.0.0.1:%d", port);
    const pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        _exit(library_send_pictures_one(port, PICTURES, 50, W, H, (uint64_t)first_ns) == 0 ? 0 : 1);
    }
    const char *const arguments[] = {"receive", "--from", at, NULL};
    struct film_intake *intake;
    assert_int_equal(film_intake_start(program, arguments, on_picture, NULL, &intake), NAV_OK);
    int code = -1;
    assert_int_equal(waitpid(pid, &code, 0), pid);
    for (int i = 0; i < 100 && atomic_load(&came) < PICTURES; ++i) {
        pause_ms(20);
    }
    film_intake_stop(intake);
    print_message("%d of %d came\n", atomic_load(&came), PICTURES);
    assert_int_equal(atomic_load(&wrong), 0);
    assert_int_equal(atomic_load(&came), PICTURES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_library_takes_the_view),
        cmocka_unit_test(the_library_s_pictures_are_taken),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
