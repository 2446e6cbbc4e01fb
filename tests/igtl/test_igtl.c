/* `osteonav igtl`: what it prints is what was sent, what it prints it can send again byte for byte,
 * and what is broken is shown and makes it fail. */
#include "test_data.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>

#include <jansson.h>

#include "nav/time.h"
#include "wire_pack.h"
#include "wire_stream.h"
#include "wire_transform.h"

enum { TEXT_SIZE = 1 << 20, PATH_SIZE = 1200 };

static char folder[256];

static int make_folder(void **state)
{
    (void)state;
    const char *base = getenv("TMPDIR");
    (void)snprintf(folder, sizeof(folder), "%s/osteonav-igtl-XXXXXX", base != NULL ? base : "/tmp");
    return mkdtemp(folder) != NULL ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    DIR *directory = opendir(folder);
    for (struct dirent *e = readdir(directory); e != NULL; e = readdir(directory)) {
        char path[PATH_SIZE];
        (void)snprintf(path, sizeof(path), "%s/%s", folder, e->d_name);
        (void)unlink(path);
    }
    (void)closedir(directory);
    return rmdir(folder);
}

/* The path of a file in the folder; the few names of this test each keep their place. */
static const char *in_folder(const char *name)
{
    static struct {
        char name[32];
        char path[PATH_SIZE];
    } known[16];
    size_t i = 0;
    while (known[i].name[0] != '\0' && strcmp(known[i].name, name) != 0) {
        ++i;
        assert_true(i < sizeof(known) / sizeof(known[0]));
    }
    (void)snprintf(known[i].name, sizeof(known[i].name), "%s", name);
    (void)snprintf(known[i].path, sizeof(known[i].path), "%s/%s", folder, name);
    return known[i].path;
}

static void write_text(const char *path, const char *text)
{
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static size_t read_bytes(const char *path, uint8_t *out, size_t size)
{
    FILE *file = fopen(path, "rbe");
    assert_non_null(file);
    const size_t count = fread(out, 1, size, file);
    (void)fclose(file);
    return count;
}

static void write_bytes(const char *path, const uint8_t *bytes, size_t size)
{
    FILE *file = fopen(path, "wbe");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

/* Starts osteonav with stdout and stderr in files. */
static pid_t start(const char *const *arguments, const char *out_path, const char *err_path)
{
    const pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        char program[PATH_SIZE];
        const char *argv[24] = {program};
        for (size_t i = 0; i < 22 && arguments[i] != NULL; ++i) {
            argv[i + 1] = arguments[i];
        }
        (void)snprintf(program, sizeof(program), "%s/osteonav", getenv("OSTEONAV_BIN"));
        if (freopen(out_path, "w", stdout) == NULL || freopen(err_path, "w", stderr) == NULL) {
            _exit(126);
        }
        (void)execv(program, (char **)(uintptr_t)argv);
        _exit(127);
    }
    return pid;
}

static int finish(pid_t pid)
{
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static char text_out[TEXT_SIZE];
static char text_err[TEXT_SIZE];

/* Runs to the end; the texts are in text_out and text_err. */
static int run(const char *const *arguments)
{
    const char *out_path = in_folder("out");
    const char *err_path = in_folder("err");
    const int code = finish(start(arguments, out_path, err_path));
    text_out[read_bytes(out_path, (uint8_t *)text_out, TEXT_SIZE - 1)] = '\0';
    text_err[read_bytes(err_path, (uint8_t *)text_err, TEXT_SIZE - 1)] = '\0';
    return code;
}

/* dump --json, send --out: the same bytes again. */
static void expect_round_trip(const char *path, const char *data_option)
{
    static uint8_t before[TEXT_SIZE];
    static uint8_t after[TEXT_SIZE];
    const char *dump[] = {"igtl", "dump", path, "--json", data_option, NULL};
    if (run(dump) != 0) {
        fail_msg("%s: %s%s", path, text_out, text_err);
    }
    const char *json_path = in_folder("message.json");
    write_text(json_path, text_out);
    const char *out_path = in_folder("message.bin");
    const char *send[] = {"igtl", "send", json_path, "--out", out_path, NULL};
    if (run(send) != 0) {
        fail_msg("%s: %s", path, text_err);
    }
    const size_t size = read_bytes(path, before, sizeof(before));
    assert_true(size >= 58);
    if (read_bytes(out_path, after, sizeof(after)) != size || memcmp(before, after, size) != 0) {
        fail_msg("%s: other bytes after a round trip", path);
    }
}

/* Types whose content has a form of its own in both directions. */
static void golden_messages_survive_json(void **state)
{
    (void)state;
    static const char *const structured[] = {"capability",
                                             "command",
                                             "commandFormat2",
                                             "point",
                                             "position",
                                             "positionFormat2",
                                             "sensor",
                                             "status",
                                             "string",
                                             "tdata",
                                             "tdataFormat2",
                                             "trajectory",
                                             "trajectoryFormat2",
                                             "transform",
                                             "transformFormat2"};
    static const char *const bulk[] = {"bind",   "colortable", "colortable2", "image",    "imgmeta",
                                       "lbmeta", "ndarray",    "polydata",    "videometa"};
    char relative[128];
    char path[PATH_SIZE];
    for (size_t i = 0; i < sizeof(structured) / sizeof(structured[0]); ++i) {
        (void)snprintf(relative, sizeof(relative), "igtl/upstream_arrays/%s.bin", structured[i]);
        test_data_path(relative, path, sizeof(path));
        expect_round_trip(path, NULL);
    }
    for (size_t i = 0; i < sizeof(bulk) / sizeof(bulk[0]); ++i) {
        (void)snprintf(relative, sizeof(relative), "igtl/upstream_arrays/%s.bin", bulk[i]);
        test_data_path(relative, path, sizeof(path));
        expect_round_trip(path, "--data");
    }
}

static void every_message_of_the_distribution_is_read(void **state)
{
    (void)state;
    char path[PATH_SIZE];
    test_data_path("igtl/generated_debian_openigtlink_1.11", path, sizeof(path));
    DIR *directory = opendir(path);
    assert_non_null(directory);
    size_t count = 0;
    for (struct dirent *e = readdir(directory); e != NULL; e = readdir(directory)) {
        const char *dot = strrchr(e->d_name, '.');
        if (dot == NULL || strcmp(dot, ".bin") != 0) {
            continue;
        }
        char file[PATH_SIZE + 256];
        (void)snprintf(file, sizeof(file), "%s/%s", path, e->d_name);
        const char *dump[] = {"igtl", "dump", file, NULL};
        if (run(dump) != 0 || strstr(text_out, "refused") != NULL) {
            fail_msg("%s: %s%s", e->d_name, text_out, text_err);
        }
        expect_round_trip(file, "--data");
        ++count;
    }
    (void)closedir(directory);
    assert_int_equal(count, 38);
}

static const char messages_json[] =
    "{\"type\": \"TRANSFORM\", \"device\": \"StylusToTracker\", \"stamp_ns\": "
    "1700000000000000000,\n"
    "  \"metadata\": {\"TransformStatus\": \"OUT_OF_VIEW\"},\n"
    "  \"content\": {\"matrix\": [1,0,0,10.5, 0,1,0,-20, 0,0,1,30, 0,0,0,1]}}\n"
    "[{\"type\": \"STRING\", \"content\": {\"text\": \"n\\u00e4hte\", \"encoding\": 106}},\n"
    " {\"type\": \"TRANSFORM\", \"device\": \"Broken\", \"crc\": \"0123456789abcdef\",\n"
    "  \"content\": {\"matrix\": [1,0,0,0, 0,1,0,0, 0,0,1,0]}},\n"
    " {\"type\": \"TRANSFORM\", \"device\": \"Mirror\", \"stamp_ns\": 0,\n"
    "  \"content\": {\"matrix\": [-1,0,0,0, 0,1,0,0, 0,0,1,\"nan\"]}},\n"
    " {\"type\": \"FOREIGN\", \"content_hex\": \"00ff10\"}]\n";

static void dump_shows_what_is_broken_and_goes_on(void **state)
{
    (void)state;
    const char *json_path = in_folder("messages.json");
    write_text(json_path, messages_json);
    const char *bin_path = in_folder("messages.bin");
    const char *send[] = {"igtl", "send", json_path, "--out", bin_path, NULL};
    if (run(send) != 0) {
        fail_msg("%s", text_err);
    }
    const char *dump[] = {"igtl", "dump", bin_path, NULL};
    assert_int_equal(run(dump), 1);
    assert_non_null(strstr(text_out, "OUT_OF_VIEW  t (10.500, -20.000, 30.000) mm"));
    assert_non_null(strstr(text_out, "n\xc3\xa4hte"));
    assert_non_null(strstr(text_out, "REJECTED: checksum mismatch, 106 bytes"));
    assert_non_null(strstr(text_out, "6f 6b 65 6e 00")); /* "oken" of Broken, in hexadecimal */
    assert_non_null(strstr(text_out, "NOT RIGID (det -1)"));
    assert_non_null(strstr(text_out, "FOREIGN"));

    const char *json_dump[] = {"igtl", "dump", bin_path, "--json", NULL};
    assert_int_equal(run(json_dump), 1);
    size_t count = 0;
    char *rest = text_out;
    for (char *line = strsep(&rest, "\n"); line != NULL && *line != '\0';
         line = strsep(&rest, "\n")) {
        json_t *object = json_loads(line, 0, NULL);
        assert_non_null(object);
        assert_true(json_is_integer(json_object_get(object, "offset")));
        assert_int_equal(json_object_get(object, "rejected") != NULL, count == 2);
        json_decref(object);
        ++count;
    }
    assert_int_equal(count, 5);

    static uint8_t bytes[4096];
    const size_t size = read_bytes(bin_path, bytes, sizeof(bytes));
    const char *cut_path = in_folder("cut.bin");
    write_bytes(cut_path, bytes, size - 1);
    const char *cut[] = {"igtl", "dump", cut_path, NULL};
    assert_int_equal(run(cut), 1);
    assert_non_null(strstr(text_err, "ends inside a message after 3 whole messages"));
}

struct bad_json {
    const char *text;
    const char *says;
};

static void what_cannot_be_packed_is_explained(void **state)
{
    (void)state;
    static const struct bad_json table[] = {
        {"{\"type\": 1}", "'type' must be a text"},
        {"{}", "needs a 'type'"},
        {"{\"type\": \"TRANSFORM\", \"device\": \"ANameOfMoreThanTwentyBytes\"}", "'device'"},
        {"{\"type\": \"TRANSFORM\", \"content\": {\"matrix\": [1, 2]}}", "'matrix'"},
        {"{\"type\": \"IMAGE\"}", "needs 'content_hex'"},
        {"{\"type\": \"IMAGE\", \"content_hex\": \"abc\"}", "'content_hex'"},
        {"{\"type\": \"STRING\", \"version\": 3}", "'version'"},
        {"{\"type\": \"STRING\", \"version\": 1, \"metadata\": {\"a\": \"b\"}}", "cannot pack"},
        {"{\"type\": \"STRING\", \"crc\": \"12\"}", "'crc'"},
        {"{\"type\": ", "message 1, line 1"},
        {"[7]", "must be an object"},
    };
    const char *json_path = in_folder("bad.json");
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); ++i) {
        write_text(json_path, table[i].text);
        const char *send[] = {"igtl", "send", json_path, "--out", in_folder("none.bin"), NULL};
        if (run(send) != 1 || strstr(text_err, table[i].says) == NULL) {
            fail_msg("case %zu: '%s'", i, text_err);
        }
    }
}

/* Waits until a program's stderr names its port. */
static unsigned port_of(const char *err_path)
{
    for (int i = 0; i < 500; ++i) {
        char text[512] = "";
        text[read_bytes(err_path, (uint8_t *)text, sizeof(text) - 1)] = '\0';
        unsigned port = 0;
        const char *at = strstr(text, "listening at 127.0.0.1:");
        if (at != NULL && strchr(at, '\n') != NULL &&
            sscanf(at, "listening at 127.0.0.1:%u", &port) == 1) {
            return port;
        }
        const struct timespec pause = {.tv_nsec = 10000000};
        (void)nanosleep(&pause, NULL);
    }
    fail_msg("the listener did not start");
    return 0;
}

static void listen_prints_what_send_sends(void **state)
{
    (void)state;
    const char *json_path = in_folder("messages.json");
    const char *out_path = in_folder("listen.out");
    const char *err_path = in_folder("listen.err");
    const char *save_path = in_folder("saved.bin");
    write_text(json_path, messages_json);
    write_text(err_path, "");
    const char *listen[] = {"igtl", "listen", "--at",    "127.0.0.1:0", "--count",
                            "4",    "--save", save_path, NULL};
    const pid_t listener = start(listen, out_path, err_path);
    char to[64];
    (void)snprintf(to, sizeof(to), "127.0.0.1:%u", port_of(err_path));
    const char *send[] = {"igtl", "send", json_path, "--to", to, NULL};
    const int sent = finish(start(send, "/dev/null", "/dev/null"));
    assert_int_equal(sent, 0);
    assert_int_equal(finish(listener), 1); /* one message was broken */
    text_out[read_bytes(out_path, (uint8_t *)text_out, TEXT_SIZE - 1)] = '\0';
    assert_non_null(strstr(text_out, "v2 TRANSFORM    StylusToTracker"));
    assert_non_null(strstr(text_out, "REJECTED: checksum mismatch"));
    assert_non_null(strstr(text_out, "v1 TRANSFORM    Mirror"));
    assert_non_null(strstr(text_out, "no stamp"));
    /* What was saved are the four good messages. */
    const char *dump[] = {"igtl", "dump", save_path, NULL};
    assert_int_equal(run(dump), 0);
    size_t lines = 0;
    for (const char *at = text_out; *at != '\0'; ++at) {
        lines += *at == '\n';
    }
    assert_int_equal(lines, 4);
}

/* A server that sends suspicious poses: a good tool, one that never moves, one that is the identity
 * without stamps, one that is mirrored. */
static void serve_suspicious(int listener)
{
    static const char *const names[] = {"Good", "Frozen", "Identity", "Mirror"};
    const int fd = accept(listener, NULL, NULL);
    for (int i = 0; fd >= 0 && i < 60; ++i) {
        uint8_t bytes[4096];
        struct wire_writer writer = wire_writer_of(bytes, sizeof(bytes));
        for (int k = 0; k < 4; ++k) {
            const float x = k == 0 ? 1.0F + (float)i : 5.0F;
            const struct wire_transform transform = {
                .R = {k == 3 ? -1.0F : 1.0F, 0, 0, 0, 1, 0, 0, 0, 1},
                .t_mm = {k == 2 ? 0.0F : x, 0, 0}};
            const struct wire_pack_head head = {
                .version = k == 0 ? 2 : 1,
                .kind = WIRE_KIND_TRANSFORM,
                .device = names[k],
                .utc_ns = k == 2 ? 0 : nav_utc_now_ns() - 3 * NAV_NS_PER_S * (k == 3)};
            const struct wire_metadata_entry entry = wire_metadata_text("TransformStatus", "OK");
            const struct wire_pack pack = wire_pack_begin(&writer, &head);
            wire_transform_encode(&writer, &transform);
            if (wire_pack_end(&pack, &entry, k == 0 ? 1 : 0) != NAV_OK) {
                _exit(1);
            }
        }
        if (send(fd, bytes, writer.size, MSG_NOSIGNAL) < 0) {
            break;
        }
        const struct timespec pause = {.tv_nsec = 10000000};
        (void)nanosleep(&pause, NULL);
    }
    _exit(0);
}

static bool has_finding(const json_t *report, const char *text)
{
    const json_t *findings = json_object_get(report, "findings");
    for (size_t i = 0; i < json_array_size(findings); ++i) {
        if (strstr(json_string_value(json_array_get(findings, i)), text) != NULL) {
            return true;
        }
    }
    return false;
}

static void probe_finds_what_is_suspicious(void **state)
{
    (void)state;
    const int listener = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    assert_int_equal(bind(listener, (const struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(listener, 1), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &size), 0);
    const pid_t server = fork();
    if (server == 0) {
        serve_suspicious(listener);
    }
    char to[64];
    (void)snprintf(to, sizeof(to), "127.0.0.1:%u", (unsigned)ntohs(address.sin_port));
    const char *probe[] = {"igtl", "probe", to, "--seconds", "0.4", "--json", NULL};
    const int code = run(probe);
    (void)kill(server, SIGKILL);
    (void)waitpid(server, NULL, 0);
    (void)close(listener);
    if (code != 0) {
        fail_msg("exit %d: %s%s", code, text_out, text_err);
    }
    json_t *report = json_loads(text_out, 0, NULL);
    assert_non_null(report);
    assert_int_equal(json_array_size(json_object_get(report, "streams")), 4);
    const json_t *good = json_array_get(json_object_get(report, "streams"), 0);
    assert_string_equal(json_string_value(json_object_get(good, "name")), "Good");
    assert_int_equal(json_integer_value(json_object_get(good, "version")), 2);
    assert_in_range((long)json_number_value(json_object_get(good, "rate_hz")), 50, 110);
    if (has_finding(report, "Good:")) {
        fail_msg("%s", text_out);
    }
    assert_true(has_finding(report, "Frozen: the same pose bit for bit"));
    assert_true(has_finding(report, "Frozen: states no validity"));
    assert_true(has_finding(report, "Identity: the identity pose"));
    assert_true(has_finding(report, "Identity: no time stamps"));
    assert_true(has_finding(report, "Mirror: not a rigid transform"));
    assert_true(has_finding(report, "Mirror: its clock is 3.0"));
    json_decref(report);

    const char *nobody[] = {"igtl", "probe", to, NULL};
    assert_int_equal(run(nobody), 1);
    assert_non_null(strstr(text_err, "is the server running"));
}

static void usage_is_explained(void **state)
{
    (void)state;
    static const char *const commands[] = {"listen", "send", "dump", "probe"};
    for (size_t i = 0; i < 4; ++i) {
        const char *help[] = {"igtl", commands[i], "--help", NULL};
        assert_int_equal(run(help), 0);
        assert_non_null(strstr(text_out, "usage: osteonav igtl"));
        const char *bad[] = {"igtl", commands[i], "--no-such", NULL};
        assert_int_equal(run(bad), 2);
        assert_non_null(strstr(text_err, "--no-such"));
    }
    const char *none[] = {"igtl", NULL};
    assert_int_equal(run(none), 2);
    const char *wrong[] = {"igtl", "sniff", NULL};
    assert_int_equal(run(wrong), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(golden_messages_survive_json),
        cmocka_unit_test(every_message_of_the_distribution_is_read),
        cmocka_unit_test(dump_shows_what_is_broken_and_goes_on),
        cmocka_unit_test(what_cannot_be_packed_is_explained),
        cmocka_unit_test(listen_prints_what_send_sends),
        cmocka_unit_test(probe_finds_what_is_suspicious),
        cmocka_unit_test(usage_is_explained),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
