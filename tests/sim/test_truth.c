/* The simulated hand through the real core: what the scene shows is where the tool really is, and
 * what the tracker does not see is not shown. The truth comes from the simulator, the scene from
 * the core, and they have nothing in common but the case file and the wire. */
#include "test_data.h"

#include <math.h>
#include <signal.h>
#include <sys/wait.h>

#include <jansson.h>

#include "fault_support.h"
#include "hand_case.h"

enum { FRAMES_MAX = 4000 };

/* float32 in mm at 2 m from the camera, and its lever arm of 210 mm from marker to tip. */
static const double wire_tolerance_mm = 2e-3;

struct truth_line {
    int64_t stamp_ns;
    double tip_mm[3];
    double axis[3];
    bool tool_hidden;
    bool reference_hidden;
};

struct session {
    struct hand_folder folder;
    struct fault_core core;
    pid_t simulator;
    char truth_path[HAND_PATH_SIZE];
    size_t truth_count;
    struct truth_line truth[FRAMES_MAX];
};

static void start_session(struct session *session, const char *script, const char *more)
{
    hand_folder_init(&session->folder, NULL, NULL);
    const struct fault_options options = {.case_path = session->folder.case_path};
    fault_core_start(&session->core, &options);
    char script_path[HAND_PATH_SIZE];
    char to[64];
    hand_folder_write(&session->folder, "script.yaml", script, script_path);
    (void)snprintf(session->truth_path, sizeof(session->truth_path), "%s/truth.jsonl",
                   session->folder.path);
    (void)snprintf(to, sizeof(to), "127.0.0.1:%u", (unsigned)session->core.port);
    session->simulator = fork();
    assert_true(session->simulator >= 0);
    if (session->simulator == 0) {
        (void)execl(fault_program(), fault_program(), "simulate", "--case",
                    session->folder.case_path, "--script", script_path, "--to", to, "--truth",
                    session->truth_path, "--rate", "100", "--quiet", more, (char *)NULL);
        _exit(127);
    }
}

static void read_numbers(json_t *line, const char *key, double out[3])
{
    json_t *array = json_object_get(line, key);
    assert_int_equal(json_array_size(array), 3);
    for (size_t i = 0; i < 3; ++i) {
        out[i] = json_real_value(json_array_get(array, i));
    }
}

static void read_truth(struct session *session)
{
    FILE *file = fopen(session->truth_path, "re");
    assert_non_null(file);
    char *text = NULL;
    size_t capacity = 0;
    while (getline(&text, &capacity, file) > 0) {
        json_t *line = json_loads(text, 0, NULL);
        assert_non_null(line);
        assert_true(session->truth_count < FRAMES_MAX);
        struct truth_line *out = &session->truth[session->truth_count];
        ++session->truth_count;
        out->stamp_ns = json_integer_value(json_object_get(line, "stamp_ns"));
        read_numbers(line, "tip_image_mm", out->tip_mm);
        read_numbers(line, "axis_image", out->axis);
        out->tool_hidden = !json_is_null(json_object_get(line, "tool_fault"));
        out->reference_hidden = !json_is_null(json_object_get(line, "reference_fault"));
        json_decref(line);
    }
    free(text);
    (void)fclose(file);
}

static const struct truth_line *truth_at(const struct session *session, int64_t stamp_ns)
{
    for (size_t i = 0; i < session->truth_count; ++i) {
        if (session->truth[i].stamp_ns == stamp_ns) {
            return &session->truth[i];
        }
    }
    return NULL;
}

struct shown {
    uint32_t state;
    uint32_t has_pose;
    int64_t device_ns;
    double tip_mm[3];
    double axis[3];
};

/* Takes every scene until the simulator ends. Returns how many were kept. */
static size_t watch(struct session *session, struct shown *out_shown, size_t capacity)
{
    static struct nav_scene scene;
    size_t count = 0;
    uint64_t seen = 0;
    int status = 0;
    while (waitpid(session->simulator, &status, WNOHANG) == 0) {
        if (!nav_scene_reader_wait(session->core.reader, seen, 20 * NAV_NS_PER_MS) ||
            nav_scene_reader_take(session->core.reader, &scene) != NAV_OK) {
            continue;
        }
        seen = scene.seq;
        for (uint32_t i = 0; i < scene.tool_count; ++i) {
            if (strcmp(scene.tools[i].name, "Osteotome") == 0 && count < capacity) {
                struct shown *out = &out_shown[count];
                ++count;
                out->state = scene.tools[i].state;
                out->has_pose = scene.tools[i].has_pose;
                out->device_ns = scene.tools[i].device_ns;
                memcpy(out->tip_mm, scene.tools[i].tip_image_mm, sizeof(out->tip_mm));
                memcpy(out->axis, scene.tools[i].axis_image, sizeof(out->axis));
            }
        }
    }
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    return count;
}

static void finish_session(struct session *session)
{
    fault_core_stop(&session->core);
    hand_folder_finish(&session->folder);
}

static void scene_shows_the_truth(void **state)
{
    (void)state;
    static struct session session;
    static struct shown shown[FRAMES_MAX * 4];
    session = (struct session){0};
    start_session(&session,
                  "version: 1\nnoise_mm: 0\nnoise_deg: 0\ntremor_mm: 0.3\n"
                  "actions: [{do: cut, cut: Second, feed_mm_s: 12, pitch_deg: 2}]\n",
                  NULL);
    const size_t count = watch(&session, shown, sizeof(shown) / sizeof(shown[0]));
    read_truth(&session);
    size_t compared = 0;
    int64_t last_ns = 0;
    double worst_mm = 0;
    for (size_t i = 0; i < count; ++i) {
        if (shown[i].has_pose == 0) {
            continue;
        }
        const struct truth_line *truth = truth_at(&session, shown[i].device_ns);
        assert_non_null(truth);
        for (int k = 0; k < 3; ++k) {
            worst_mm = fmax(worst_mm, fabs(shown[i].tip_mm[k] - truth->tip_mm[k]));
            assert_true(fabs(shown[i].axis[k] - truth->axis[k]) < 1e-6);
        }
        compared += shown[i].device_ns != last_ns;
        last_ns = shown[i].device_ns;
    }
    print_message("%zu poses of %zu compared, worst %.2g mm\n", compared, session.truth_count,
                  worst_mm);
    assert_true(worst_mm < wire_tolerance_mm);
    assert_true(session.truth_count > 650);
    assert_true(compared > session.truth_count / 2);
    finish_session(&session);
}

/* Hidden, the tool may be shown for no pose of that time, and is withheld before long. */
static void what_is_hidden_is_not_shown(void **state)
{
    (void)state;
    static const char *const more[] = {NULL, "--send-invalid"};
    for (size_t k = 0; k < 2; ++k) {
        static struct session session;
        static struct shown shown[FRAMES_MAX * 4];
        session = (struct session){0};
        start_session(&session,
                      "version: 1\nactions: [{do: rest, seconds: 2.6}]\nfaults:\n"
                      "  - {what: hide, on: tool, from_s: 0.5, to_s: 1.1}\n"
                      "  - {what: hide, on: reference, from_s: 1.5, to_s: 2.1}\n",
                      more[k]);
        const size_t count = watch(&session, shown, sizeof(shown) / sizeof(shown[0]));
        read_truth(&session);
        size_t withheld = 0;
        size_t with_pose = 0;
        for (size_t i = 0; i < count; ++i) {
            const struct truth_line *truth = truth_at(&session, shown[i].device_ns);
            if (shown[i].has_pose != 0) {
                assert_non_null(truth);
                assert_false(truth->tool_hidden);
                /* A tool pose may be joined with the reference of up to 20 ms before. */
                if (truth->reference_hidden) {
                    assert_true(truth - session.truth >= 2 && !truth[-2].reference_hidden);
                }
                ++with_pose;
            } else {
                ++withheld;
            }
        }
        assert_true(with_pose > 100);
        assert_true(withheld > 20);
        finish_session(&session);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scene_shows_the_truth),
        cmocka_unit_test(what_is_hidden_is_not_shown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
