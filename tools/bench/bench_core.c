#include "bench_core.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"
#include "nav/time.h"
#include "verbs.h"

static const int64_t start_timeout_ns = 10 * NAV_NS_PER_S;
static const int64_t poll_ns = 5 * NAV_NS_PER_MS;

static const char model_stl[] = "solid bone\n"
                                "facet normal 0 0 -1\nouter loop\n"
                                "vertex 0 0 0\nvertex 0 100 0\nvertex 100 0 0\nendloop\nendfacet\n"
                                "facet normal 0 -1 0\nouter loop\n"
                                "vertex 0 0 0\nvertex 100 0 0\nvertex 0 0 100\nendloop\nendfacet\n"
                                "facet normal -1 0 0\nouter loop\n"
                                "vertex 0 0 0\nvertex 0 0 100\nvertex 0 100 0\nendloop\nendfacet\n"
                                "facet normal 0.57735 0.57735 0.57735\nouter loop\n"
                                "vertex 100 0 0\nvertex 0 100 0\nvertex 0 0 100\nendloop\n"
                                "endfacet\nendsolid bone\n";

static const char case_yaml[] = "version: 1\nname: Benchmark\npatient: {pseudonym: BENCH-1}\n"
                                "frames: {image: LPS, unit: mm, reference: none}\n"
                                "registration:\n  source: made for the benchmark\n"
                                "  matrix: [1, 0, 0, 10, 0, 1, 0, 20, 0, 0, 1, 30, 0, 0, 0, 1]\n"
                                "models:\n  - {file: bone.stl, name: Bone, role: bone}\n"
                                "tools:\n  - {name: Probe, device: " BENCH_CORE_DEVICE
                                ", tip_mm: [0, 0, 100], axis: [0, 0, 1]}\n"
                                "limits: {connections_max: 600, connections_per_address: 600}\n";

static bool write_file(const struct bench_core *core, const char *name, const char *text,
                       char out_path[BENCH_PATH_SIZE])
{
    (void)snprintf(out_path, BENCH_PATH_SIZE, "%s/%s", core->folder, name);
    FILE *file = fopen(out_path, "we");
    if (file == NULL) {
        return false;
    }
    const bool written = fputs(text, file) >= 0;
    return fclose(file) == 0 && written;
}

static void remove_files(const struct bench_core *core)
{
    static const char *const names[] = {"bone.stl", "case.yaml", "ready", "log"};
    char path[BENCH_PATH_SIZE];
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); ++i) {
        (void)snprintf(path, sizeof(path), "%s/%s", core->folder, names[i]);
        (void)unlink(path);
    }
    (void)rmdir(core->folder);
}

static void exec_core(const struct bench_core *core, const char *program, const char *case_path,
                      const char *ready_path)
{
    char log_path[BENCH_PATH_SIZE];
    (void)snprintf(log_path, sizeof(log_path), "%s/log", core->folder);
    const int log = open(log_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (log >= 0) {
        (void)dup2(log, STDERR_FILENO);
        (void)dup2(log, STDOUT_FILENO);
    }
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    (void)execl(program, program, "run", case_path, "--instance", core->instance, "--listen",
                "127.0.0.1:0", "--no-display", "--mode", "simulation", "--ready-file", ready_path,
                (char *)NULL);
    _exit(127);
}

/* The port from the ready file, once its line is whole. */
static bool read_port(const char *ready_path, uint16_t *out_port)
{
    FILE *file = fopen(ready_path, "re");
    if (file == NULL) {
        return false;
    }
    char line[128];
    unsigned port = 0;
    const bool whole = fgets(line, sizeof(line), file) != NULL && strchr(line, '\n') != NULL;
    (void)fclose(file);
    const char *colon = whole ? strrchr(line, ':') : NULL;
    if (colon == NULL || sscanf(colon + 1, "%u", &port) != 1 || port == 0 || port > UINT16_MAX) {
        return false;
    }
    *out_port = (uint16_t)port;
    return true;
}

static bool wait_until_ready(struct bench_core *core, const char *ready_path)
{
    const int64_t until_ns = bench_now_ns() + start_timeout_ns;
    while (bench_now_ns() < until_ns) {
        if (core->reader == NULL &&
            nav_scene_reader_create(core->instance, &core->reader) != NAV_OK) {
            core->reader = NULL;
        }
        if (core->reader != NULL && read_port(ready_path, &core->port)) {
            return true;
        }
        if (waitpid(core->pid, NULL, WNOHANG) == core->pid) {
            core->pid = 0;
            return false;
        }
        bench_sleep_until_ns(bench_now_ns() + poll_ns);
    }
    return false;
}

static bool start(struct bench_core *core, const char *given_case)
{
    memset(core, 0, sizeof(*core));
    const char *base = getenv("TMPDIR");
    (void)snprintf(core->folder, sizeof(core->folder), "%s/osteonav-bench-XXXXXX",
                   base != NULL ? base : "/tmp");
    (void)snprintf(core->instance, sizeof(core->instance), "bench-%ld", (long)getpid());
    char *program = verb_sibling_path("osteonav");
    char model_path[BENCH_PATH_SIZE];
    char case_path[BENCH_PATH_SIZE];
    char ready_path[BENCH_PATH_SIZE];
    if (program == NULL || mkdtemp(core->folder) == NULL) {
        fprintf(stderr, "osteonav bench: %s\n",
                program == NULL ? "cannot find osteonav beside osteonav-bench"
                                : "cannot make a temporary folder");
        free(program);
        core->folder[0] = '\0';
        return false;
    }
    (void)snprintf(ready_path, sizeof(ready_path), "%s/ready", core->folder);
    bool good = given_case != NULL || (write_file(core, "bone.stl", model_stl, model_path) &&
                                       write_file(core, "case.yaml", case_yaml, case_path));
    if (good) {
        core->pid = fork();
        if (core->pid == 0) {
            exec_core(core, program, given_case != NULL ? given_case : case_path, ready_path);
        }
        good = core->pid > 0 && wait_until_ready(core, ready_path);
    }
    free(program);
    if (!good) {
        fprintf(stderr, "osteonav bench: the core did not start; see %s/log\n", core->folder);
    }
    return good;
}

bool bench_core_start(struct bench_core *core)
{
    return start(core, NULL);
}

bool bench_core_start_case(struct bench_core *core, const char *case_path)
{
    return start(core, case_path);
}

void bench_core_stop(struct bench_core *core)
{
    nav_scene_reader_destroy(core->reader);
    core->reader = NULL;
    if (core->pid > 0) {
        (void)kill(core->pid, SIGTERM);
        while (waitpid(core->pid, NULL, 0) < 0 && errno == EINTR) {
        }
        core->pid = 0;
        remove_files(core);
    }
}
