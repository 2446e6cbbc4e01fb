/* libOpenIGTLink of the distribution against the real programs: as a tracker's client that sends to
 * the core, as a server that takes what `osteonav simulate` and `osteonav igtl send` send. */
#include "test_data.h"

#include <arpa/inet.h>
#include <math.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "fault_support.h"
#include "hand_case.h"
#include "library_peer.h"
#include "sequence.h"
#include "wire_time.h"

enum { FRAMES = 60, TEXT_SIZE = 4096 };

/* Rotation about z by `angle`, row-major 4x4. */
static void turn_about_z(double angle, const double t_mm[3], float out[16])
{
    const double m[16] = {cos(angle), -sin(angle), 0, t_mm[0], sin(angle), cos(angle), 0, t_mm[1],
                          0,          0,           1, t_mm[2], 0,          0,          0, 1};
    for (int i = 0; i < 16; ++i) {
        out[i] = (float)m[i];
    }
}

static void map(const float m[16], const double p[3], double out[3])
{
    for (int row = 0; row < 3; ++row) {
        out[row] = (double)m[4 * row] * p[0] + (double)m[4 * row + 1] * p[1] +
                   (double)m[4 * row + 2] * p[2] + (double)m[4 * row + 3];
    }
}

static void unmap(const float m[16], const double p[3], double out[3])
{
    double d[3];
    for (int i = 0; i < 3; ++i) {
        d[i] = p[i] - (double)m[4 * i + 3];
    }
    for (int i = 0; i < 3; ++i) {
        out[i] = (double)m[i] * d[0] + (double)m[4 + i] * d[1] + (double)m[8 + i] * d[2];
    }
}

static void poses_at(int frame, float reference[16], float stylus[16])
{
    const double at_reference[3] = {100 + frame, -50, -1200};
    const double at_stylus[3] = {140, 30 + 2 * frame, -1150};
    turn_about_z(0.4 + 0.01 * frame, at_reference, reference);
    turn_about_z(-0.7 + 0.02 * frame, at_stylus, stylus);
}

/* The case's registration is a shift by (10, 20, 30), its stylus has the tip (0, 0, 100). */
static void expected_tip(int frame, double out_tip[3])
{
    float reference[16];
    float stylus[16];
    const double tip[3] = {0, 0, 100};
    double at[3];
    poses_at(frame, reference, stylus);
    map(stylus, tip, at);
    unmap(reference, at, out_tip);
    out_tip[0] += 10;
    out_tip[1] += 20;
    out_tip[2] += 30;
}

static uint64_t accepted_wanted;

static bool stylus_has_arrived(const struct nav_scene *scene)
{
    return scene->tools[0].accepted >= accepted_wanted;
}

static void expect_clean_peer(const struct nav_scene *scene)
{
    assert_int_equal(scene->peer_count, 1);
    assert_int_equal(scene->peers[0].crc_errors, 0);
    assert_int_equal(scene->peers[0].malformed, 0);
    assert_int_equal(scene->tools[0].rejected, 0);
}

/* `form`: how the library sends a frame. */
enum form { AS_TRANSFORM, AS_TDATA, AMONG_EVERYTHING };

static void send_from_library(enum form form)
{
    struct fault_core core;
    fault_core_start(&core, NULL);
    struct library_client *client = library_client_connect("127.0.0.1", core.port);
    assert_non_null(client);
    static struct nav_scene scene;
    for (int frame = 0; frame < FRAMES; ++frame) {
        struct library_tool tools[2] = {{.name = "ReferenceToTracker"},
                                        {.name = "StylusToTracker"}};
        const uint64_t stamp_ns = (uint64_t)nav_utc_now_ns();
        poses_at(frame, tools[0].matrix, tools[1].matrix);
        if (form == AS_TDATA) {
            assert_int_not_equal(library_send_tdata(client, tools, 2, stamp_ns), 0);
        } else {
            for (int i = 0; i < 2; ++i) {
                assert_int_not_equal(
                    library_send_transform(client, tools[i].name, tools[i].matrix, stamp_ns), 0);
            }
        }
        if (form == AMONG_EVERYTHING && frame % 10 == 5) {
            assert_int_equal(library_send_everything_else(client, 480), 11);
        }
        accepted_wanted = (uint64_t)frame + 1;
        fault_wait(&core, stylus_has_arrived, 5000, "the library's pose");
        fault_scene(&core, &scene);
        double tip[3];
        expected_tip(frame, tip);
        assert_int_equal(scene.tools[0].has_pose, 1);
        for (int i = 0; i < 3; ++i) {
            if (fabs(scene.tools[0].tip_image_mm[i] - tip[i]) > 1e-3) {
                fail_msg("frame %d: tip[%d] is %.6f, not %.6f", frame, i,
                         scene.tools[0].tip_image_mm[i], tip[i]);
            }
        }
        /* The library's own conversion to fixed point loses some nanoseconds. */
        assert_true(llabs(scene.tools[0].device_ns - (int64_t)stamp_ns) < 100);
    }
    expect_clean_peer(&scene);
    library_client_close(client);
    fault_core_stop(&core);
}

static void core_takes_the_librarys_transforms(void **state)
{
    (void)state;
    send_from_library(AS_TRANSFORM);
}

static void core_takes_the_librarys_tdata(void **state)
{
    (void)state;
    send_from_library(AS_TDATA);
}

static void other_types_of_the_library_do_no_harm(void **state)
{
    (void)state;
    send_from_library(AMONG_EVERYTHING);
}

/* ---- the library as a viewer ---- */

enum { VIEWED_MAX = 256, VIEWED_TEXT = 1600 };

struct viewed {
    int count;
    char type[VIEWED_MAX][16];
    char device[VIEWED_MAX][32];
    uint64_t stamp[VIEWED_MAX];
    char description[VIEWED_MAX][VIEWED_TEXT];
};

static struct viewed viewed;

static void on_viewed(void *context, const char *type, const char *device, uint64_t stamp,
                      const char *description)
{
    (void)context;
    if (viewed.count < VIEWED_MAX) {
        const int i = viewed.count++;
        (void)snprintf(viewed.type[i], sizeof(viewed.type[i]), "%s", type);
        (void)snprintf(viewed.device[i], sizeof(viewed.device[i]), "%s", device);
        (void)snprintf(viewed.description[i], sizeof(viewed.description[i]), "%s", description);
        viewed.stamp[i] = stamp;
    }
}

/* Translation of a matrix in text, row by row. */
static void translation_of(const char *text, double out_mm[3])
{
    double m[16];
    const char *rest = text;
    for (int i = 0; i < 16; ++i) {
        char *end = NULL;
        m[i] = strtod(rest, &end);
        assert_true(end != rest);
        rest = end;
    }
    out_mm[0] = m[3];
    out_mm[1] = m[7];
    out_mm[2] = m[11];
}

static void library_is_sent_the_registered_poses(void **state)
{
    (void)state;
    struct fault_core core;
    fault_core_start(&core, NULL);
    const int source = fault_connect(&core);
    unsigned step = 0;
    fault_send_frames_for(source, &step, 150);
    struct library_client *viewer = library_client_connect("127.0.0.1", core.port);
    assert_non_null(viewer);
    viewed.count = 0;
    const pid_t sender = fork();
    assert_true(sender >= 0);
    if (sender == 0) {
        fault_send_frames_for(source, &step, 3000);
        _exit(0);
    }
    assert_int_equal(library_client_take(viewer, 40, on_viewed, NULL), 40);
    for (int i = 0; i < 40; ++i) {
        double tip[3];
        assert_string_equal(viewed.type[i], "TRANSFORM");
        assert_string_equal(viewed.device[i], "StylusTipToImage");
        translation_of(viewed.description[i], tip);
        /* the stylus moves along x only; the tip is 100 above, the registration a shift */
        assert_true(tip[0] >= 60.0 - 0.01 && tip[0] <= 160.0);
        assert_true(fabs(tip[1] - 20.0) < 1e-3 && fabs(tip[2] - 130.0) < 1e-3);
        assert_true(viewed.stamp[i] != 0);
        assert_true(i == 0 || viewed.stamp[i] >= viewed.stamp[i - 1]);
    }

    assert_int_not_equal(library_client_ask(viewer, "STT_TDATA"), 0);
    viewed.count = 0;
    assert_true(library_client_take(viewer, 20, on_viewed, NULL) == 20);
    assert_string_equal(viewed.type[19], "TDATA");
    assert_non_null(strstr(viewed.description[19], "StylusTipToImage[2] "));
    assert_null(strstr(viewed.description[19], "Blade"));

    assert_int_equal(kill(sender, SIGKILL), 0);
    (void)waitpid(sender, NULL, 0);
    library_client_close(viewer);
    (void)close(source);
    fault_core_stop(&core);
}

/* The first message of a type among the next few. */
static const char *answer_of(struct library_client *viewer, const char *request, const char *type)
{
    viewed.count = 0;
    assert_int_not_equal(library_client_ask(viewer, request), 0);
    for (int i = 0; i < 5; ++i) {
        assert_int_equal(library_client_take(viewer, 1, on_viewed, NULL), 1);
        if (strcmp(viewed.type[i], type) == 0) {
            return viewed.description[i];
        }
    }
    fail_msg("%s was not answered with %s", request, type);
    return NULL;
}

static void library_is_answered(void **state)
{
    (void)state;
    struct fault_core core;
    fault_core_start(&core, NULL);
    struct library_client *viewer = library_client_connect("127.0.0.1", core.port);
    assert_non_null(viewer);
    const char *text = answer_of(viewer, "GET_STATUS", "STATUS");
    assert_non_null(strstr(text, "withheld: "));
    text = answer_of(viewer, "GET_CAPABIL", "CAPABILITY");
    assert_non_null(strstr(text, "GET_POLYDATA"));
    text = answer_of(viewer, "GET_POLYDATA", "POLYDATA");
    assert_string_equal(text, "4 points, 4 polygons");
    text = answer_of(viewer, "GET_POINT", "POINT");
    assert_non_null(strstr(text, "Tip"));
    text = answer_of(viewer, "GET_TRAJ", "TRAJ");
    assert_non_null(strstr(text, "First"));
    library_client_close(viewer);
    fault_core_stop(&core);
}

/* ---- the library as a server ---- */

enum { TAKEN_MAX = 1024, DESCRIPTION_SIZE = 1600 };

struct taken {
    char type[16];
    char device[32];
    uint64_t stamp;
    char description[DESCRIPTION_SIZE];
};

/* In memory that the serving process shares. */
struct served {
    int result;
    size_t count;
    struct taken messages[TAKEN_MAX];
};

static void on_library_message(void *context, const char *type, const char *device, uint64_t stamp,
                               const char *description)
{
    struct served *served = context;
    if (served->count < TAKEN_MAX) {
        struct taken *out = &served->messages[served->count];
        ++served->count;
        (void)snprintf(out->type, sizeof(out->type), "%s", type);
        (void)snprintf(out->device, sizeof(out->device), "%s", device);
        (void)snprintf(out->description, sizeof(out->description), "%s", description);
        out->stamp = stamp;
    }
}

static uint16_t free_port(void)
{
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    (void)close(fd);
    return ntohs(address.sin_port);
}

static struct served *shared_served(void)
{
    struct served *served =
        mmap(NULL, sizeof(*served), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(served != MAP_FAILED);
    return served;
}

/* Runs osteonav with "--to" a server of the library; what that decoded is in the result. */
static struct served *serve_program(const char *const *arguments)
{
    struct served *served = shared_served();
    const uint16_t port = free_port();
    const pid_t server = fork();
    assert_true(server >= 0);
    if (server == 0) {
        served->result = library_serve_one(port, on_library_message, served);
        _exit(0);
    }
    char to[64];
    char text[TEXT_SIZE];
    const char *all[FAULT_ARGUMENTS_MAX] = {NULL};
    size_t count = 0;
    for (; arguments[count] != NULL; ++count) {
        all[count] = arguments[count];
    }
    (void)snprintf(to, sizeof(to), "127.0.0.1:%u", (unsigned)port);
    all[count] = "--to";
    all[count + 1] = to;
    /* The library's server needs a moment to listen, and has no way to say that it does. */
    int code = 1;
    for (int attempt = 0; code != 0 && attempt < 20; ++attempt) {
        fault_sleep_ms(50);
        code = fault_run(all, text, sizeof(text));
    }
    int status = 0;
    assert_int_equal(waitpid(server, &status, 0), server);
    if (code != 0 || status != 0 || served->result != 0) {
        fail_msg("exit %d, server %d %d: %s", code, status, served->result, text);
    }
    return served;
}

static void forget(struct served *served)
{
    (void)munmap(served, sizeof(*served));
}

static void expect_matrix(const char *text, const struct srv_sequence_pose *pose)
{
    const char *rest = text;
    for (int i = 0; i < 16; ++i) {
        char *end = NULL;
        const double value = strtod(rest, &end);
        assert_true(end != rest);
        /* The library rounds in the ninth digit of its text at most. */
        assert_true((float)value == (float)pose->matrix[i]);
        rest = end;
    }
}

static struct srv_sequence *load_session(char path[1024])
{
    test_data_path("sessions/plus/WaterTankBottomTranslationTrackerBuffer-trimmed.igs.mha", path,
                   1024);
    struct srv_sequence_error error;
    struct srv_sequence *sequence = NULL;
    assert_int_equal(srv_sequence_read(path, &sequence, &error), NAV_OK);
    return sequence;
}

static void library_takes_a_recording_as_transforms(void **state)
{
    (void)state;
    char path[1024];
    struct srv_sequence *sequence = load_session(path);
    const char *arguments[] = {"simulate", "--sequence", path,      "--count",          "100",
                               "--speed",  "0",          "--quiet", "--header-version", "1",
                               NULL};
    struct served *served = serve_program(arguments);
    assert_int_equal(served->count, 300);
    for (size_t i = 0; i < served->count; ++i) {
        const struct taken *taken = &served->messages[i];
        assert_string_equal(taken->type, "TRANSFORM");
        assert_string_equal(taken->device, sequence->names[i % 3]);
        expect_matrix(taken->description, srv_sequence_at(sequence, i / 3, i % 3));
        const int64_t offset_ns =
            wire_time_to_ns(taken->stamp) - wire_time_to_ns(served->messages[0].stamp);
        assert_int_equal(offset_ns, sequence->time_ns[i / 3] - sequence->time_ns[0]);
    }
    forget(served);
    srv_sequence_destroy(sequence);
}

static void library_takes_a_recording_as_tdata(void **state)
{
    (void)state;
    char path[1024];
    struct srv_sequence *sequence = load_session(path);
    const char *arguments[] = {"simulate", "--sequence",       path, "--count",
                               "50",       "--speed",          "0",  "--quiet",
                               "--tdata",  "--header-version", "1",  NULL};
    struct served *served = serve_program(arguments);
    assert_int_equal(served->count, 50);
    for (size_t frame = 0; frame < served->count; ++frame) {
        assert_string_equal(served->messages[frame].type, "TDATA");
        char *rest = served->messages[frame].description;
        for (size_t i = 0; i < 3; ++i) {
            char *tool = strsep(&rest, ";");
            char *values = strchr(tool, ' ');
            assert_non_null(values);
            *values = '\0';
            char expected[64];
            (void)snprintf(expected, sizeof(expected), "%s[2]", sequence->names[i]);
            assert_string_equal(tool, expected);
            expect_matrix(values + 1, srv_sequence_at(sequence, frame, i));
        }
    }
    forget(served);
    srv_sequence_destroy(sequence);
}

/* Every family that both can write, packed by us, read by the library. */
static void library_reads_what_we_pack(void **state)
{
    (void)state;
    static const char messages[] =
        "[{\"type\": \"STATUS\", \"content\": {\"code\": 13, \"subcode\": -7, \"error_name\": "
        "\"MANUAL\", \"message\": \"by hand\"}},\n"
        " {\"type\": \"STRING\", \"device\": \"D\", \"content\": {\"text\": \"a word\"}},\n"
        " {\"type\": \"POSITION\", \"content\": {\"position_mm\": [1, 2, 3], \"quaternion\": "
        "[0.5, 0.5, -0.5, 0.5]}},\n"
        " {\"type\": \"QTDATA\", \"content\": {\"tools\": [{\"name\": \"Saw\", \"instrument\": 3, "
        "\"position_mm\": [1, 2, 3], \"quaternion\": [0, 0, 1, 0]}]}},\n"
        " {\"type\": \"POINT\", \"content\": {\"points\": [{\"name\": \"S1\", \"group\": "
        "\"Landmark\", \"rgba\": [1, 2, 3, 4], \"position_mm\": [5, 6, 7], \"diameter_mm\": 8, "
        "\"owner\": \"Case\"}, {\"name\": \"S2\", \"position_mm\": [0, 0, 0]}]}},\n"
        " {\"type\": \"TRAJ\", \"content\": {\"trajectories\": [{\"name\": \"Cut\", \"group\": "
        "\"Plan\", \"entry_mm\": [1, 2, 3], \"target_mm\": [4, 5, 6], \"owner\": \"Case\"}]}},\n"
        " {\"type\": \"CAPABILITY\", \"content\": {\"types\": [\"TRANSFORM\", \"GET_CAPABIL\"]}},\n"
        " {\"type\": \"SENSOR\", \"content\": {\"values\": [0.1, -2.5e300]}},\n"
        " {\"type\": \"NEVERSEEN\", \"content_hex\": \"0102030405\"},\n"
        " {\"type\": \"STRING\", \"content\": {\"text\": \"the last one\"}}]\n";
    static const char *const expected[] = {
        "13 -7 MANUAL 'by hand'",
        "3 a word",
        "1 2 3 0.5 0.5 -0.5 0.5",
        "Saw[3] 1 2 3 0 0 1 0;",
        "S1/Landmark 1,2,3,4 (5 6 7) d8 Case;S2/ 255,255,255,255 (0 0 0) d0 ;",
        "Cut/Plan[3] (1 2 3)-(4 5 6) Case;",
        "TRANSFORM;GET_CAPABIL;",
        "0.10000000000000001;-2.5000000000000001e+300;",
        "skipped",
        "3 the last one",
    };
    struct hand_folder folder;
    char path[HAND_PATH_SIZE];
    hand_folder_init(&folder, NULL, NULL);
    hand_folder_write(&folder, "messages.json", messages, path);
    const char *arguments[] = {"igtl", "send", path, NULL};
    struct served *served = serve_program(arguments);
    assert_int_equal(served->count, sizeof(expected) / sizeof(expected[0]));
    for (size_t i = 0; i < served->count; ++i) {
        assert_string_equal(served->messages[i].description, expected[i]);
    }
    forget(served);
    hand_folder_finish(&folder);
}

/* ---- the core as a client of the library's server ---- */

static bool stylus_is_tracked(const struct nav_scene *scene)
{
    return scene->tools[0].accepted >= 20 && scene->tools[0].has_pose != 0;
}

/* The library (protocol 2.0) cannot read a header of version 2 and loses its place in the stream:
 * whoever asks it for something must not greet it with one first. A server that only sends does
 * not mind. The server sends reference (1, 20, 30) and stylus (k, 20, 30), both without rotation.
 */
static void stream_from_library(bool tdata)
{
    struct hand_folder folder;
    char extra[256];
    const uint16_t port = free_port();
    (void)snprintf(extra, sizeof(extra), "connectors:\n  - {address: 127.0.0.1, port: %u%s}\n",
                   (unsigned)port, tdata ? ", hello: false, stream_ms: 10" : "");
    hand_folder_init(&folder, extra, NULL);
    const pid_t server = fork();
    assert_true(server >= 0);
    if (server == 0) {
        _exit(library_stream_one(port, 400, 100.0, tdata ? 1 : 0) == 0 ? 0 : 1);
    }
    struct fault_core core;
    const struct fault_options options = {.case_path = folder.case_path};
    fault_core_start(&core, &options);
    fault_wait(&core, stylus_is_tracked, 10000, "a tracked stylus");
    static struct nav_scene scene;
    fault_scene(&core, &scene);
    expect_clean_peer(&scene);
    /* The registration of the case, undone: T_reference_tip = (k - 1, 0, -150). */
    static const double R[9] = {
        0.866025403784, -0.469846310393, 0.171010071663, 0.5, 0.813797681349, -0.296198132726, 0,
        0.342020143326, 0.939692620786};
    static const double t[3] = {12.5, -140.25, 33.75};
    double p[3] = {0};
    for (int i = 0; i < 3; ++i) {
        for (int k = 0; k < 3; ++k) {
            p[i] += R[3 * k + i] * (scene.tools[0].tip_image_mm[k] - t[k]);
        }
    }
    assert_true(fabs(p[0] - round(p[0])) < 1e-3 && p[0] > 5);
    assert_true(fabs(p[1]) < 1e-3 && fabs(p[2] + 150) < 1e-3);
    fault_core_stop(&core);
    (void)kill(server, SIGKILL);
    (void)waitpid(server, NULL, 0);
    hand_folder_finish(&folder);
}

static void core_connects_to_the_librarys_server(void **state)
{
    (void)state;
    stream_from_library(false);
}

static void core_asks_the_librarys_server_for_tdata(void **state)
{
    (void)state;
    stream_from_library(true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(core_takes_the_librarys_transforms),
        cmocka_unit_test(core_takes_the_librarys_tdata),
        cmocka_unit_test(other_types_of_the_library_do_no_harm),
        cmocka_unit_test(library_is_sent_the_registered_poses),
        cmocka_unit_test(library_is_answered),
        cmocka_unit_test(library_takes_a_recording_as_transforms),
        cmocka_unit_test(library_takes_a_recording_as_tdata),
        cmocka_unit_test(library_reads_what_we_pack),
        cmocka_unit_test(core_connects_to_the_librarys_server),
        cmocka_unit_test(core_asks_the_librarys_server_for_tdata),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
