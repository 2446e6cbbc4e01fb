/* Commands to a running core: a patient registered live from start to end, and clients that
 * misbehave. A child streams poses over OpenIGTLink; the tip is where this process says. */
#include "fault_support.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

enum { LANDMARKS = 6, TRIES = 10, TEXT_SIZE = 20000, PERIOD_MS = 10, CLIENTS_MAX = 8 };

/* As in the case file below, image space. */
static const double places[LANDMARKS][3] = {
    {0, 0, 0}, {42, -18, -6}, {-40, -20, -5}, {18, -35, 9}, {-19, -34, 8}, {3, -88, -22},
};
static const char *const names[LANDMARKS] = {"promontory",   "left-ala",      "right-ala",
                                             "left-foramen", "right-foramen", "apex"};

/* T_image_reference as it really is: a quarter turn about z and a shift. */
static const double shift_mm[3] = {100.0, -50.0, 20.0};

/* What the child reads. The tip is on a landmark; the reference may have moved on the bone. */
struct stage {
    _Atomic int landmark;
    _Atomic int moved_um; /* along the reference's x */
};

static struct stage *stage;
static struct fault_core core;
static char folder[FAULT_PATH_SIZE];
static pid_t hand;

/* ---- a case that is not registered ---- */

static void write_case(char out_path[FAULT_PATH_SIZE])
{
    fault_write_case(folder, NULL, out_path); /* for its model */
    FILE *file = fopen(out_path, "we");
    assert_non_null(file);
    fputs("version: 1\n"
          "name: Registered live\n"
          "patient: {pseudonym: TEST-01}\n"
          "frames: {image: LPS, unit: mm, reference: ReferenceToTracker}\n"
          "models: [{name: Bone, file: bone.stl, role: bone}]\n"
          "tools:\n"
          "  - {name: Stylus, device: StylusToTracker, tip_mm: [0, 0, 100], axis: [0, 0, 1],\n"
          "     geometry: {shape: pointer, length_mm: 100, diameter_mm: 4}}\n"
          "cuts:\n"
          "  - {name: S3, point_mm: [0, -40, -15], normal: [0, 1, 0], u: [1, 0, 0],\n"
          "     size_mm: [60, 40], depth_mm: 30}\n"
          /* a busy machine may hold the stream up: that is not what is tested here */
          "limits: {landmark_hold_ms: 300, caution_age_ms: 1000, withhold_age_ms: 2000}\n"
          "landmarks:\n",
          file);
    for (int i = 0; i < LANDMARKS; ++i) {
        fprintf(file, "  - {name: %s, position_mm: [%g, %g, %g]}\n", names[i], places[i][0],
                places[i][1], places[i][2]);
    }
    assert_int_equal(fclose(file), 0);
}

/* ---- the hand ---- */

/* p_reference = T_image_reference^-1 p_image, written out. */
static void to_reference(const double image[3], double out_reference[3])
{
    const double d[3] = {image[0] - shift_mm[0], image[1] - shift_mm[1], image[2] - shift_mm[2]};
    out_reference[0] = d[1];
    out_reference[1] = -d[0];
    out_reference[2] = d[2];
}

static void send_pose(int fd, const char *device, const struct fault_pose *pose)
{
    static uint8_t bytes[FAULT_MESSAGE_MAX];
    const size_t size = fault_pack_transform(device, pose, bytes);
    if (!fault_send_quietly(fd, bytes, size)) {
        _exit(0);
    }
}

/* The camera trembles a little, so that no pose repeats; the reference is turned about x. */
static void hold_pointer(int fd)
{
    for (unsigned step = 0;; ++step) {
        const double tremble = 0.02 * sin(1.3 * step);
        double tip[3];
        to_reference(places[stage->landmark], tip);
        tip[0] += 1e-3 * stage->moved_um;
        struct fault_pose reference = {.R = {1, 0, 0, 0, 0, -1, 0, 1, 0},
                                       .t_mm = {50, -80, (float)(-1200.0 + tremble)}};
        const struct fault_pose stylus =
            fault_pose_at((float)(50.0 + tip[0] + 0.02 * sin(2.1 * step)), (float)(-80.0 - tip[2]),
                          (float)(-1200.0 + tip[1] + tremble - 100.0));
        send_pose(fd, "ReferenceToTracker", &reference);
        send_pose(fd, "StylusToTracker", &stylus);
        fault_sleep_ms(PERIOD_MS);
    }
}

static void start_hand(void)
{
    const int fd = fault_connect(&core);
    hand = fork();
    assert_true(hand >= 0);
    if (hand == 0) {
        hold_pointer(fd);
    }
    (void)close(fd);
}

static void stop_hand(void)
{
    if (hand > 0) {
        (void)kill(hand, SIGKILL);
        (void)waitpid(hand, NULL, 0);
        hand = 0;
    }
}

static int setup(void **state)
{
    (void)state;
    fault_make_folder(folder);
    assert_int_equal(setenv("XDG_RUNTIME_DIR", folder, 1), 0);
    stage = mmap(NULL, sizeof(*stage), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(stage != MAP_FAILED);
    char path[FAULT_PATH_SIZE];
    write_case(path);
    fault_core_start(&core, &(struct fault_options){.case_path = path});
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    stop_hand();
    fault_core_stop(&core);
    (void)munmap(stage, sizeof(*stage));
    fault_remove_folder(folder);
    return 0;
}

/* ---- commands through the program ---- */

static char text[TEXT_SIZE];

static int command(const char *word, const char *first, const char *second, const char *third)
{
    const char *arguments[FAULT_ARGUMENTS_MAX] = {"command", "--json", "--instance", core.instance,
                                                  word,      first,    second,       third};
    return fault_run(arguments, text, sizeof(text));
}

static json_t *answer_of(void)
{
    json_t *answer = json_loads(text, 0, NULL);
    if (answer == NULL) {
        fail_msg("not JSON: %s", text);
    }
    return answer;
}

/* Starts a hold and waits for its end; true: it was held. */
static bool hold(const char *word, const char *second_word, const char *argument)
{
    const char *arguments[FAULT_ARGUMENTS_MAX] = {"command",     "--json",    "--instance",
                                                  core.instance, "--wait",    "20",
                                                  word,          second_word, argument};
    if (second_word == NULL) {
        arguments[7] = argument;
        arguments[8] = NULL;
    }
    return fault_run(arguments, text, sizeof(text)) == 0;
}

static void go_to(int landmark)
{
    stage->landmark = landmark;
    fault_sleep_ms(100);
}

/* The tip is put on the place of landmark `place` and said to be on `landmark`. The stream may be
 * held up on a busy machine: then it is asked again, as a person would. */
static void touch(int landmark, int place)
{
    char argument[80];
    (void)snprintf(argument, sizeof(argument), "name=%s", names[landmark]);
    go_to(place);
    for (int i = 0; i < TRIES; ++i) {
        if (hold("landmark", "start", argument)) {
            return;
        }
    }
    fail_msg("%s is never taken: %s", argument, text);
}

static double check_at(int landmark)
{
    char argument[80];
    (void)snprintf(argument, sizeof(argument), "landmark=%s", names[landmark]);
    go_to(landmark);
    for (int i = 0; i < TRIES; ++i) {
        (void)hold("check", NULL, argument);
        json_t *answer = json_loads(text, 0, NULL);
        json_t *last = json_object_get(json_object_get(answer, "result"), "last_check");
        const char *outcome = json_string_value(json_object_get(answer, "text"));
        if (outcome != NULL && strstr(outcome, "mm off") != NULL) {
            const double deviation_mm = json_number_value(json_object_get(last, "deviation_mm"));
            json_decref(answer);
            return deviation_mm;
        }
        json_decref(answer);
    }
    fail_msg("%s is never checked: %s", argument, text);
    return -1.0;
}

/* ---- scenes ---- */

static bool is_not_registered(const struct nav_scene *scene)
{
    return fault_has_reason(scene, NAV_REASON_NO_REGISTRATION) &&
           scene->tools[0].state == NAV_TOOL_TRACKED;
}

static bool is_ok(const struct nav_scene *scene)
{
    return scene->trust == NAV_TRUST_OK;
}

static bool says_override(const struct nav_scene *scene)
{
    return scene->trust == NAV_TRUST_CAUTION &&
           fault_has_reason(scene, NAV_REASON_REGISTRATION_OVERRIDE);
}

static bool says_drift(const struct nav_scene *scene)
{
    return scene->trust == NAV_TRUST_CAUTION &&
           fault_has_reason(scene, NAV_REASON_REGISTRATION_DRIFT);
}

static bool is_withheld_for_drift(const struct nav_scene *scene)
{
    return scene->trust == NAV_TRUST_WITHHELD && scene->tools[0].has_pose == 0 &&
           fault_has_reason(scene, NAV_REASON_REGISTRATION_DRIFT);
}

static void a_patient_is_registered_live(void **state)
{
    (void)state;
    struct nav_scene scene;
    start_hand();
    fault_wait(&core, is_not_registered, 5000, "no-registration");
    assert_int_equal(command("register", NULL, NULL, NULL), 1);

    /* left and right exchanged: refused by name, and nothing is in force */
    static const int exchanged[LANDMARKS] = {0, 2, 1, 3, 4, 5};
    for (int i = 0; i < LANDMARKS; ++i) {
        touch(i, exchanged[i]);
    }
    assert_int_equal(command("register", NULL, NULL, NULL), 1);
    json_t *answer = answer_of();
    assert_non_null(strstr(json_string_value(json_object_get(answer, "text")), "swapped-labels"));
    assert_non_null(strstr(json_string_value(json_object_get(answer, "text")), "left-ala"));
    json_t *result = json_object_get(answer, "result");
    assert_true(json_is_false(json_object_get(result, "accepted")));
    assert_true(json_array_size(json_object_get(result, "refusals")) > 0);
    json_decref(answer);
    fault_wait(&core, is_not_registered, 5000, "still no-registration");

    /* forced in: shown, with its reason */
    assert_int_equal(command("register", "override=1", NULL, NULL), 1);
    assert_int_equal(command("register", "override=1", "reason=a test", NULL), 0);
    fault_wait(&core, says_override, 5000, "registration-override");
    assert_true(fault_log_has(&core, "a test"));

    /* touched as it should be: the scene is ok and its transform is the true one */
    touch(1, 1);
    touch(2, 2);
    assert_int_equal(command("register", NULL, NULL, NULL), 0);
    fault_wait(&core, is_ok, 5000, "ok");
    fault_scene(&core, &scene);
    assert_string_equal(scene.registration.source, "6 landmarks, live");
    static const double turn[4] = {0.0, 0.0, M_SQRT1_2, M_SQRT1_2};
    double same = 0.0;
    for (int i = 0; i < 4; ++i) {
        same += turn[i] * scene.registration.T_image_reference.q[i];
    }
    assert_true(fabs(fabs(same) - 1.0) < 1e-6);
    for (int i = 0; i < 3; ++i) {
        assert_true(fabs(scene.registration.T_image_reference.t_mm[i] - shift_mm[i]) < 0.1);
        assert_true(fabs(scene.tools[0].tip_image_mm[i] - places[2][i]) < 0.2);
    }

    /* a good check, then the reference moves on the bone */
    assert_true(check_at(3) < 0.3);
    fault_wait(&core, is_ok, 5000, "ok after a good check");
    stage->moved_um = 1500;
    assert_true(fabs(check_at(3) - 1.5) < 0.3);
    fault_wait(&core, says_drift, 5000, "registration-drift");
    stage->moved_um = 3000;
    assert_true(fabs(check_at(3) - 3.0) < 0.3);
    fault_wait(&core, is_withheld_for_drift, 5000, "withheld for registration-drift");

    const char *scene_json[FAULT_ARGUMENTS_MAX] = {"scene", "--json", "--instance", core.instance};
    assert_int_equal(fault_run(scene_json, text, sizeof(text)), 0);
    answer = answer_of();
    json_t *registration = json_object_get(answer, "registration");
    assert_true(json_is_true(json_object_get(registration, "accepted")));
    assert_true(json_is_false(json_object_get(registration, "override")));
    assert_true(json_number_value(json_object_get(registration, "last_check_mm")) > 2.5);
    assert_true(json_number_value(json_object_get(registration, "last_check_age_s")) < 60.0);
    assert_true(json_number_value(json_object_get(registration, "trend_mm_per_min")) > 0.0);
    json_t *collection = json_object_get(answer, "collection");
    assert_int_equal(json_integer_value(json_object_get(collection, "collected")), LANDMARKS);
    assert_int_equal(json_integer_value(json_object_get(collection, "wanted")), LANDMARKS);
    json_decref(answer);

    /* the old landmarks may not make the old registration again */
    assert_int_equal(command("register", NULL, NULL, NULL), 1);
    assert_non_null(strstr(text, "touched before"));
}

/* ---- clients that misbehave ---- */

static int open_client(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    (void)snprintf(address.sun_path, sizeof(address.sun_path), "%.60s/osteonav/%s.sock", folder,
                   core.instance);
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    const struct timeval limit = {.tv_sec = 10};
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)), 0);
    assert_int_equal(connect(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
    return fd;
}

/* Reads to the end of a line, or of the stream; what was read is in `text`. */
static size_t read_line(int fd)
{
    size_t size = 0;
    while (size + 1 < sizeof(text)) {
        const ssize_t count = recv(fd, text + size, 1, 0);
        if (count <= 0 || text[size++] == '\n') {
            break;
        }
    }
    text[size] = '\0';
    return size;
}

static void say(int fd, const char *line)
{
    assert_true(fault_send_quietly(fd, line, strlen(line)));
}

static const char ask_status[] = "{\"command\": \"status\"}\n";

static void each_line_has_its_answer(void **state)
{
    (void)state;
    const int fd = open_client();
    say(fd, "nonsense\n{\"command\": \"status\"}\n{\"command\"");
    (void)read_line(fd);
    assert_non_null(strstr(text, "\"done\":false"));
    (void)read_line(fd);
    assert_non_null(strstr(text, "0 of 6 landmarks"));
    say(fd, ": \"status\"}\n");
    (void)read_line(fd);
    assert_non_null(strstr(text, "\"done\":true"));
    (void)close(fd);
}

static void a_line_too_long_ends_the_client(void **state)
{
    (void)state;
    static char line[5000];
    memset(line, ' ', sizeof(line));
    const int fd = open_client();
    (void)fault_send_quietly(fd, line, sizeof(line));
    (void)read_line(fd);
    assert_non_null(strstr(text, "at most 4096 bytes"));
    assert_int_equal(read_line(fd), 0);
    (void)close(fd);
}

static void clients_are_counted(void **state)
{
    (void)state;
    int fds[CLIENTS_MAX];
    for (int i = 0; i < CLIENTS_MAX; ++i) {
        fds[i] = open_client();
        say(fds[i], ask_status);
        assert_true(read_line(fds[i]) > 0);
    }
    int one_more = open_client();
    (void)read_line(one_more);
    assert_non_null(strstr(text, "too many clients"));
    assert_int_equal(read_line(one_more), 0);
    (void)close(one_more);
    for (int i = 0; i < CLIENTS_MAX; ++i) {
        (void)close(fds[i]);
    }
    /* there is room again */
    for (int i = 0; i < 100; ++i) {
        one_more = open_client();
        say(one_more, ask_status);
        const bool served = read_line(one_more) > 0 && strstr(text, "\"done\":true") != NULL;
        (void)close(one_more);
        if (served) {
            return;
        }
        fault_sleep_ms(20);
    }
    fail_msg("no client is served any more");
}

static void a_stuck_client_is_dropped(void **state)
{
    (void)state;
    const int half = open_client();
    say(half, "{\"command\"");
    const int deaf = open_client();
    /* asks without end and takes no answer: the core stops reading, then drops it */
    const int64_t end_ns = fault_now_ns() + 20 * NAV_NS_PER_S;
    bool dropped = false;
    while (!dropped && fault_now_ns() < end_ns) {
        struct pollfd ready = {.fd = deaf, .events = POLLOUT};
        (void)poll(&ready, 1, 100);
        if ((ready.revents & POLLOUT) != 0) {
            dropped =
                send(deaf, ask_status, sizeof(ask_status) - 1, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 &&
                errno != EAGAIN && errno != EWOULDBLOCK;
        }
        dropped = dropped || (ready.revents & (POLLHUP | POLLERR)) != 0;
    }
    assert_true(dropped);
    assert_int_equal(read_line(half), 0);
    (void)close(half);
    (void)close(deaf);
    assert_int_equal(command("status", NULL, NULL, NULL), 0);
}

static void another_user_is_refused(void **state)
{
    (void)state;
    struct stat found;
    char path[FAULT_PATH_SIZE];
    (void)snprintf(path, sizeof(path), "%.200s/osteonav", folder);
    assert_int_equal(stat(path, &found), 0);
    assert_int_equal(found.st_mode & 0777, 0700);
    char file[FAULT_PATH_SIZE];
    (void)snprintf(file, sizeof(file), "%.60s/osteonav/%s.sock", folder, core.instance);
    assert_int_equal(stat(file, &found), 0);
    assert_int_equal(found.st_mode & 0777, 0600);
    if (geteuid() != 0) {
        skip(); /* only root can be somebody else */
    }
    /* even with every door open, the kernel's word decides */
    assert_int_equal(chmod(folder, 0711), 0);
    assert_int_equal(chmod(path, 0711), 0);
    assert_int_equal(chmod(file, 0666), 0);
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        if (setgid(65534) != 0 || setuid(65534) != 0) {
            _exit(2);
        }
        const int fd = open_client();
        (void)fault_send_quietly(fd, ask_status, sizeof(ask_status) - 1);
        _exit(read_line(fd) == 0 ? 0 : 1);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    assert_true(fault_log_has(&core, "another user"));
}

static void usage_is_told(void **state)
{
    (void)state;
    static const char *const rows[][4] = {
        {"command", NULL},
        {"command", "explode", NULL},
        {"command", "status", "nonsense", NULL},
        {"command", "landmark start", "name=a", "name=b"},
        {"command", "--wait", "0", "status"},
        {"command", "--nonsense", NULL},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); ++i) {
        const char *arguments[FAULT_ARGUMENTS_MAX] = {rows[i][0], rows[i][1], rows[i][2],
                                                      rows[i][3]};
        assert_int_equal(fault_run(arguments, text, sizeof(text)), 2);
        assert_non_null(strstr(text, "osteonav command"));
    }
    const char *help[FAULT_ARGUMENTS_MAX] = {"command", "--help"};
    assert_int_equal(fault_run(help, text, sizeof(text)), 0);
    assert_non_null(strstr(text, "landmark start"));
    const char *nobody[FAULT_ARGUMENTS_MAX] = {"command", "--instance", "nobody-there", "status"};
    assert_int_equal(fault_run(nobody, text, sizeof(text)), 1);
    assert_non_null(strstr(text, "osteonav run"));
    const char *climbing[FAULT_ARGUMENTS_MAX] = {"command", "--instance", "../x", "status"};
    assert_int_equal(fault_run(climbing, text, sizeof(text)), 1);
    assert_non_null(strstr(text, "letters"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_patient_is_registered_live),
        TEST(each_line_has_its_answer),
        TEST(a_line_too_long_ends_the_client),
        TEST(clients_are_counted),
        TEST(a_stuck_client_is_dropped),
        TEST(another_user_is_refused),
        TEST(usage_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
