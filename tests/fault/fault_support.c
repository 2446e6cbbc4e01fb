#include "fault_support.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <linux/close_range.h>
#include <math.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

enum {
    CORE_NICE = -10,
    START_TIMEOUT_MS = 10000,
    STOP_TIMEOUT_MS = 10000,
    POLL_MS = 2,
    FRAME_MS = 20,
    TICK_MS = 20,
    SEND_UNTIL_MS = 10000,
    WITNESS_MS = 2
};

/* ---- time ---- */

int64_t fault_now_ns(void)
{
    const struct nav_clock clock = nav_clock_monotonic();
    return nav_clock_now_ns(&clock);
}

void fault_sleep_ms(int milliseconds)
{
    struct timespec left = {.tv_sec = milliseconds / 1000,
                            .tv_nsec = (long)(milliseconds % 1000) * 1000000};
    while (nanosleep(&left, &left) != 0 && errno == EINTR) {
    }
}

/* ---- the witness ---- */

static struct {
    pthread_t thread;
    atomic_bool stop;
    int64_t longest_ns;
} witness;

int fault_core_nice(void)
{
    const int own = getpriority(PRIO_PROCESS, 0);
    if (own != 0) {
        return own;
    }
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        _exit(setpriority(PRIO_PROCESS, 0, CORE_NICE) == 0 ? 0 : 1);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? CORE_NICE : 0;
}

static void *keep_watch(void *context)
{
    /* Of this thread alone, as Linux has it. */
    (void)setpriority(PRIO_PROCESS, (id_t)gettid(), *(const int *)context);
    while (!atomic_load(&witness.stop)) {
        const int64_t due_ns = fault_now_ns() + WITNESS_MS * NAV_NS_PER_MS;
        fault_sleep_ms(WITNESS_MS);
        const int64_t late_ns = fault_now_ns() - due_ns;
        witness.longest_ns = late_ns > witness.longest_ns ? late_ns : witness.longest_ns;
    }
    return NULL;
}

void fault_witness_start(void)
{
    static int priority;
    priority = fault_core_nice();
    witness.longest_ns = 0;
    atomic_store(&witness.stop, false);
    assert_int_equal(pthread_create(&witness.thread, NULL, keep_watch, &priority), 0);
}

int64_t fault_witness_stop_ns(void)
{
    atomic_store(&witness.stop, true);
    assert_int_equal(pthread_join(witness.thread, NULL), 0);
    return witness.longest_ns;
}

static int64_t deadline_ns(int timeout_ms)
{
    return fault_now_ns() + timeout_ms * NAV_NS_PER_MS;
}

/* ---- the case ---- */

static void put_u32_le(FILE *file, uint32_t value)
{
    for (int i = 0; i < 4; ++i) {
        fputc((int)(value >> (8 * i) & 0xff), file);
    }
}

static void put_f32_le(FILE *file, float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof(bits));
    put_u32_le(file, bits);
}

/* A closed tetrahedron of 100 mm, binary STL. */
static void write_model(const char *path)
{
    static const float corners[4][3] = {{0, 0, 0}, {100, 0, 0}, {0, 100, 0}, {0, 0, 100}};
    static const int faces[4][3] = {{0, 2, 1}, {0, 1, 3}, {0, 3, 2}, {1, 2, 3}};
    static const char header[80] = "tetrahedron";
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    (void)fwrite(header, 1, sizeof(header), file);
    put_u32_le(file, 4);
    for (int f = 0; f < 4; ++f) {
        float edge[2][3];
        for (int k = 0; k < 3; ++k) {
            edge[0][k] = corners[faces[f][1]][k] - corners[faces[f][0]][k];
            edge[1][k] = corners[faces[f][2]][k] - corners[faces[f][0]][k];
        }
        float normal[3] = {edge[0][1] * edge[1][2] - edge[0][2] * edge[1][1],
                           edge[0][2] * edge[1][0] - edge[0][0] * edge[1][2],
                           edge[0][0] * edge[1][1] - edge[0][1] * edge[1][0]};
        const float length =
            sqrtf(normal[0] * normal[0] + normal[1] * normal[1] + normal[2] * normal[2]);
        for (int k = 0; k < 3; ++k) {
            put_f32_le(file, normal[k] / length);
        }
        for (int v = 0; v < 3; ++v) {
            for (int k = 0; k < 3; ++k) {
                put_f32_le(file, corners[faces[f][v]][k]);
            }
        }
        fputc(0, file);
        fputc(0, file);
    }
    assert_int_equal(fclose(file), 0);
}

void fault_write_case(const char *folder, const struct fault_options *options,
                      char out_path[FAULT_PATH_SIZE])
{
    char model[FAULT_PATH_SIZE + 16];
    (void)snprintf(model, sizeof(model), "%s/bone.stl", folder);
    write_model(model);
    (void)snprintf(out_path, FAULT_PATH_SIZE, "%s/case.yaml", folder);
    FILE *file = fopen(out_path, "we");
    assert_non_null(file);
    fputs("version: 1\n"
          "name: Fault test\n"
          "patient:\n"
          "  pseudonym: TEST-01\n"
          "frames:\n"
          "  image: LPS\n"
          "  unit: mm\n"
          "  reference: ReferenceToTracker\n"
          "registration:\n"
          "  source: test\n"
          "  matrix: [1, 0, 0, 10, 0, 1, 0, 20, 0, 0, 1, 30, 0, 0, 0, 1]\n"
          "  fre_mm: 0.5\n"
          "models:\n"
          "  - name: Bone\n"
          "    file: bone.stl\n"
          "    role: bone\n"
          "tools:\n"
          "  - name: Stylus\n"
          "    device: StylusToTracker\n"
          "    tip_mm: [0, 0, 100]\n"
          "    axis: [0, 0, 1]\n"
          "    geometry:\n"
          "      shape: pointer\n"
          "      length_mm: 100\n"
          "      diameter_mm: 4\n"
          "  - name: Blade\n"
          "    device: BladeToTracker\n"
          "    tip_mm: [0, 0, 80]\n"
          "    axis: [0, 0, 1]\n"
          "    geometry:\n"
          "      shape: pointer\n"
          "      length_mm: 80\n"
          "      diameter_mm: 4\n"
          "cuts:\n"
          "  - name: First\n"
          "    point_mm: [10, 10, 10]\n"
          "    normal: [0, 0, 1]\n"
          "    u: [1, 0, 0]\n"
          "    size_mm: [50, 40]\n"
          "    depth_mm: 30\n"
          "landmarks:\n"
          "  - {name: Tip, position_mm: [1, 2, 3]}\n",
          file);
    if (options != NULL && options->listeners != NULL) {
        fprintf(file, "listeners: %s\n", options->listeners);
    }
    if (options != NULL && options->displays != NULL) {
        fprintf(file, "displays: %s\n", options->displays);
    }
    if (options != NULL && options->connectors != NULL) {
        fprintf(file, "connectors: %s\n", options->connectors);
    }
    if (options != NULL && options->limits != NULL) {
        fprintf(file, "limits:\n%s", options->limits);
    }
    assert_int_equal(fclose(file), 0);
}

/* ---- the core ---- */

const char *fault_program(void)
{
    static char path[PATH_MAX];
    const char *folder = getenv("OSTEONAV_BIN");
    (void)snprintf(path, sizeof(path), "%s/osteonav", folder != NULL ? folder : "bin");
    return path;
}

static void limit_descriptors(unsigned count)
{
    if (count > 0) {
        const struct rlimit limit = {.rlim_cur = count, .rlim_max = count};
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static void print_log(const struct fault_core *core)
{
    FILE *file = fopen(core->log, "re");
    char line[512];
    while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
        print_message("core: %s", line);
    }
    if (file != NULL) {
        (void)fclose(file);
    }
}

static bool has_ended(pid_t pid, int *out_status)
{
    return waitpid(pid, out_status, WNOHANG) == pid;
}

void fault_core_start(struct fault_core *core, const struct fault_options *options)
{
    static unsigned started = 0;
    const struct fault_options none = {0};
    options = options != NULL ? options : &none;
    memset(core, 0, sizeof(*core));
    (void)signal(SIGPIPE, SIG_IGN);
    fault_make_folder(core->folder);
    (void)snprintf(core->instance, sizeof(core->instance), "fault-%d-%u", (int)getpid(), started++);
    (void)snprintf(core->log, sizeof(core->log), "%.200s/core.log", core->folder);
    char ready[FAULT_PATH_SIZE];
    (void)snprintf(ready, sizeof(ready), "%.200s/ready", core->folder);
    char case_path[FAULT_PATH_SIZE];
    if (options->case_path != NULL) {
        (void)snprintf(case_path, sizeof(case_path), "%s", options->case_path);
    } else {
        fault_write_case(core->folder, options, case_path);
    }

    const char *arguments[FAULT_ARGUMENTS_MAX + 16] = {
        fault_program(), "run", case_path, "--instance", core->instance, "--ready-file", ready,
    };
    size_t count = 7;
    if (options->listeners == NULL) {
        arguments[count++] = "--listen";
        arguments[count++] = "127.0.0.1:0";
    }
    if (!options->with_displays) {
        arguments[count++] = "--no-display";
    }
    arguments[count++] = options->record != NULL ? "--record" : "--no-record";
    if (options->record != NULL) {
        arguments[count++] = options->record;
    }
    for (size_t i = 0; i < FAULT_ARGUMENTS_MAX && options->arguments[i] != NULL; ++i) {
        arguments[count++] = options->arguments[i];
    }
    core->pid = fork();
    assert_true(core->pid >= 0);
    if (core->pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that is killed leaves no core behind */
        const int log = open(core->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        (void)dup2(log, STDOUT_FILENO);
        (void)dup2(log, STDERR_FILENO);
        (void)close_range(STDERR_FILENO + 1, UINT_MAX, CLOSE_RANGE_CLOEXEC);
        limit_descriptors(options->descriptors);
        execv(arguments[0], (char *const *)(uintptr_t)arguments);
        _exit(127);
    }

    const int64_t deadline = deadline_ns(START_TIMEOUT_MS);
    int status = 0;
    FILE *file = NULL;
    while ((file = fopen(ready, "re")) == NULL) {
        if (has_ended(core->pid, &status) || fault_now_ns() > deadline) {
            print_log(core);
            fail_msg("the core did not become ready");
        }
        fault_sleep_ms(POLL_MS);
    }
    char line[128];
    assert_non_null(fgets(line, sizeof(line), file));
    (void)fclose(file);
    const char *colon = strrchr(line, ':');
    assert_non_null(colon);
    core->port = (uint16_t)strtoul(colon + 1, NULL, 10);
    assert_int_not_equal(core->port, 0);
    assert_int_equal(nav_scene_reader_create(core->instance, &core->reader), NAV_OK);
}

static int remove_entry(const char *path, const struct stat *information, int kind,
                        struct FTW *where)
{
    (void)information;
    (void)kind;
    (void)where;
    return remove(path);
}

void fault_make_folder(char out_path[FAULT_PATH_SIZE])
{
    const char *temporary = getenv("TMPDIR");
    (void)snprintf(out_path, FAULT_PATH_SIZE, "%.200s/osteonav-fault-XXXXXX",
                   temporary != NULL ? temporary : P_tmpdir);
    assert_non_null(mkdtemp(out_path));
}

void fault_remove_folder(const char *path)
{
    (void)nftw(path, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

void fault_core_forget(struct fault_core *core)
{
    nav_scene_reader_destroy(core->reader);
    core->reader = NULL;
    /* A core that was killed has left its scene's name. */
    char object[64];
    (void)snprintf(object, sizeof(object), "/osteonav.%lu.%s", (unsigned long)getuid(),
                   core->instance);
    (void)shm_unlink(object);
    /* the maps of cuts, which a core that was killed leaves as well */
    (void)snprintf(object + strlen(object), sizeof(object) - strlen(object), ".cuts");
    (void)shm_unlink(object);
    fault_remove_folder(core->folder);
}

void fault_core_stop(struct fault_core *core)
{
    assert_int_equal(kill(core->pid, SIGTERM), 0);
    const int64_t deadline = deadline_ns(STOP_TIMEOUT_MS);
    int status = 0;
    while (!has_ended(core->pid, &status)) {
        if (fault_now_ns() > deadline) {
            (void)kill(core->pid, SIGKILL);
            (void)waitpid(core->pid, &status, 0);
            print_log(core);
            fail_msg("the core did not end on SIGTERM");
        }
        fault_sleep_ms(POLL_MS);
    }
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        print_log(core);
    }
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    fault_core_forget(core);
}

int fault_run(const char *const *arguments, char *out_text, size_t size)
{
    const char *all[FAULT_ARGUMENTS_MAX + 2] = {fault_program()};
    for (size_t i = 0; i < FAULT_ARGUMENTS_MAX && arguments[i] != NULL; ++i) {
        all[i + 1] = arguments[i];
    }
    int streams[2];
    assert_int_equal(pipe2(streams, O_CLOEXEC), 0);
    const pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        (void)dup2(streams[1], STDOUT_FILENO);
        (void)dup2(streams[1], STDERR_FILENO);
        execv(all[0], (char *const *)(uintptr_t)all);
        _exit(127);
    }
    (void)close(streams[1]);
    size_t used = 0;
    char rest[512];
    for (;;) {
        const bool room = used + 1 < size;
        const ssize_t count = room ? read(streams[0], out_text + used, size - 1 - used)
                                   : read(streams[0], rest, sizeof(rest));
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count <= 0) {
            break;
        }
        used += room ? (size_t)count : 0;
    }
    out_text[used] = '\0';
    (void)close(streams[0]);
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void fault_scene(const struct fault_core *core, struct nav_scene *out_scene)
{
    assert_int_equal(nav_scene_reader_take(core->reader, out_scene), NAV_OK);
}

void fault_wait(const struct fault_core *core, bool (*holds)(const struct nav_scene *scene),
                int timeout_ms, const char *what)
{
    struct nav_scene scene;
    const int64_t deadline = deadline_ns(timeout_ms);
    do {
        fault_scene(core, &scene);
        if (holds(&scene)) {
            return;
        }
        (void)nav_scene_reader_wait(core->reader, scene.seq, 10 * NAV_NS_PER_MS);
    } while (fault_now_ns() < deadline);
    print_log(core);
    fail_msg("not within %d ms: %s (trust %s, first reason %s)", timeout_ms, what,
             nav_trust_name(scene.trust),
             scene.reason_count > 0 ? nav_reason_name(scene.reasons[0].reason) : "none");
}

bool fault_has_reason(const struct nav_scene *scene, enum nav_reason reason)
{
    for (uint32_t i = 0; i < scene->reason_count; ++i) {
        if (scene->reasons[i].reason == (uint32_t)reason) {
            return true;
        }
    }
    return false;
}

bool fault_log_has(const struct fault_core *core, const char *text)
{
    FILE *file = fopen(core->log, "re");
    char line[1024];
    bool found = false;
    while (file != NULL && !found && fgets(line, sizeof(line), file) != NULL) {
        found = strstr(line, text) != NULL;
    }
    if (file != NULL) {
        (void)fclose(file);
    }
    return found;
}

/* ---- what the system knows of a process ---- */

size_t fault_memory_bytes(pid_t pid)
{
    char path[64];
    (void)snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", (int)pid);
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    char line[256];
    size_t kilobytes = 0;
    while (fgets(line, sizeof(line), file) != NULL) {
        if (sscanf(line, "Anonymous: %zu kB", &kilobytes) == 1) {
            break;
        }
    }
    (void)fclose(file);
    assert_true(kilobytes > 0);
    return kilobytes * 1024;
}

static size_t descriptors_found;

static int count_entry(const char *path, const struct stat *information, int kind,
                       struct FTW *where)
{
    (void)path;
    (void)information;
    (void)kind;
    descriptors_found += where->level == 1 ? 1 : 0;
    return 0;
}

size_t fault_open_descriptors(pid_t pid)
{
    char path[64];
    (void)snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
    descriptors_found = 0;
    (void)nftw(path, count_entry, 4, FTW_PHYS);
    return descriptors_found;
}

double fault_cpu_seconds(pid_t pid)
{
    char path[64];
    (void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    char line[1024];
    assert_non_null(fgets(line, sizeof(line), file));
    (void)fclose(file);
    unsigned long user = 0;
    unsigned long kernel = 0;
    const char *rest = strrchr(line, ')');
    assert_non_null(rest);
    assert_int_equal(
        sscanf(rest + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &kernel),
        2);
    return (double)(user + kernel) / (double)sysconf(_SC_CLK_TCK);
}

/* ---- a peer ---- */

int fault_connect_from(const struct fault_core *core, const char *local_address)
{
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    struct sockaddr_in local = {.sin_family = AF_INET};
    assert_int_equal(inet_pton(AF_INET, local_address, &local.sin_addr), 1);
    assert_int_equal(bind(fd, (struct sockaddr *)&local, sizeof(local)), 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(core->port)};
    assert_int_equal(inet_pton(AF_INET, "127.0.0.1", &address.sin_addr), 1);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    const int on = 1;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    return fd;
}

int fault_connect(const struct fault_core *core)
{
    return fault_connect_from(core, "127.0.0.1");
}

bool fault_send_quietly(int fd, const void *bytes, size_t size)
{
    const char *next = bytes;
    while (size > 0) {
        const ssize_t sent = send(fd, next, size, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) {
            continue;
        }
        if (sent < 0) {
            return false;
        }
        next += sent;
        size -= (size_t)sent;
    }
    return true;
}

void fault_send(int fd, const void *bytes, size_t size)
{
    if (!fault_send_quietly(fd, bytes, size)) {
        fail_msg("sending to the core failed: %s", strerror(errno));
    }
}

bool fault_closed_within(int fd, int timeout_ms)
{
    const int64_t deadline = deadline_ns(timeout_ms);
    for (;;) {
        const int64_t left_ms = (deadline - fault_now_ns()) / NAV_NS_PER_MS;
        struct pollfd waiting = {.fd = fd, .events = POLLIN};
        if (left_ms < 0 || poll(&waiting, 1, (int)left_ms) == 0) {
            return false;
        }
        char discarded[4096];
        const ssize_t count = recv(fd, discarded, sizeof(discarded), MSG_DONTWAIT);
        if (count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR)) {
            return true;
        }
    }
}

/* CRC-64 of ECMA-182, most significant bit first, bit by bit: obvious and slow. */
static uint64_t crc64(const uint8_t *bytes, uint64_t size)
{
    uint64_t crc = 0;
    for (uint64_t i = 0; i < size; ++i) {
        crc ^= (uint64_t)bytes[i] << 56;
        for (int bit = 0; bit < 8; ++bit) {
            crc = (crc & UINT64_C(0x8000000000000000)) != 0
                      ? crc << 1 ^ UINT64_C(0x42f0e1eba9ea3693)
                      : crc << 1;
        }
    }
    return crc;
}

static void put_be(uint8_t *out, uint64_t value, size_t size)
{
    for (size_t i = 0; i < size; ++i) {
        out[i] = (uint8_t)(value >> (8 * (size - 1 - i)));
    }
}

size_t fault_pack(const struct fault_message *message, uint8_t out_bytes[FAULT_MESSAGE_MAX])
{
    assert_true(message->body_size + 58 <= FAULT_MESSAGE_MAX);
    memset(out_bytes, 0, 58);
    put_be(out_bytes, message->version, 2);
    memcpy(out_bytes + 2, message->type, strnlen(message->type, 12));
    memcpy(out_bytes + 14, message->device, strnlen(message->device, 20));
    put_be(out_bytes + 34, message->stamp, 8);
    put_be(out_bytes + 42, message->body_size, 8);
    const uint64_t crc = crc64(message->body, message->body_size);
    put_be(out_bytes + 50, message->bad_crc ? ~crc : crc, 8);
    if (message->body_size > 0) {
        memcpy(out_bytes + 58, message->body, message->body_size);
    }
    return 58 + (size_t)message->body_size;
}

static uint64_t get_be(const uint8_t *bytes, size_t size)
{
    uint64_t value = 0;
    for (size_t i = 0; i < size; ++i) {
        value = value << 8 | bytes[i];
    }
    return value;
}

static bool is_readable(int fd, int timeout_ms)
{
    struct pollfd waiting = {.fd = fd, .events = POLLIN};
    return poll(&waiting, 1, timeout_ms) == 1;
}

static bool receive_exactly(int fd, uint8_t *buffer, size_t size)
{
    for (size_t used = 0; used < size;) {
        if (!is_readable(fd, 2000)) {
            return false;
        }
        const ssize_t count = recv(fd, buffer + used, size - used, 0);
        if (count <= 0) {
            return false;
        }
        used += (size_t)count;
    }
    return true;
}

bool fault_receive(int fd, struct fault_received *out_message, int timeout_ms)
{
    uint8_t header[58];
    if (!is_readable(fd, timeout_ms) || !receive_exactly(fd, header, sizeof(header))) {
        return false;
    }
    memset(out_message->type, 0, sizeof(out_message->type));
    memset(out_message->device, 0, sizeof(out_message->device));
    out_message->version = (uint16_t)get_be(header, 2);
    memcpy(out_message->type, header + 2, 12);
    memcpy(out_message->device, header + 14, 20);
    out_message->stamp = get_be(header + 34, 8);
    out_message->body_size = (size_t)get_be(header + 42, 8);
    assert_true(out_message->body_size <= sizeof(out_message->body));
    assert_true(receive_exactly(fd, out_message->body, out_message->body_size));
    assert_true(crc64(out_message->body, out_message->body_size) == get_be(header + 50, 8));
    return true;
}

bool fault_receive_type(int fd, const char *type, struct fault_received *out_message,
                        int timeout_ms)
{
    const int64_t deadline = deadline_ns(timeout_ms);
    for (;;) {
        const int64_t left_ms = (deadline - fault_now_ns()) / NAV_NS_PER_MS;
        if (left_ms < 0 || !fault_receive(fd, out_message, (int)left_ms)) {
            return false;
        }
        if (strcmp(out_message->type, type) == 0) {
            return true;
        }
    }
}

const uint8_t *fault_content(const struct fault_received *message, size_t *out_size)
{
    if (message->version < 2) {
        *out_size = message->body_size;
        return message->body;
    }
    const size_t extended = (size_t)get_be(message->body, 2);
    const size_t metadata =
        (size_t)get_be(message->body + 2, 2) + (size_t)get_be(message->body + 4, 4);
    assert_true(extended + metadata <= message->body_size);
    *out_size = message->body_size - extended - metadata;
    return message->body + extended;
}

const char *fault_metadata(const struct fault_received *message, const char *key)
{
    static char value[256];
    size_t content_size = 0;
    if (message->version < 2) {
        return NULL;
    }
    const uint8_t *header = fault_content(message, &content_size) + content_size;
    const size_t count = (size_t)get_be(header, 2);
    const uint8_t *data = header + get_be(message->body + 2, 2);
    for (size_t i = 0; i < count; ++i) {
        const size_t key_size = (size_t)get_be(header + 2 + 8 * i, 2);
        const size_t value_size = (size_t)get_be(header + 6 + 8 * i, 4);
        if (key_size == strlen(key) && memcmp(data, key, key_size) == 0) {
            (void)snprintf(value, sizeof(value), "%.*s", (int)value_size,
                           (const char *)data + key_size);
            return value;
        }
        data += key_size + value_size;
    }
    return NULL;
}

struct fault_pose fault_get_pose(const uint8_t body[48])
{
    struct fault_pose pose;
    float values[12];
    for (int i = 0; i < 12; ++i) {
        const uint32_t bits = (uint32_t)get_be(body + 4 * i, 4);
        memcpy(&values[i], &bits, sizeof(bits));
    }
    for (int column = 0; column < 3; ++column) {
        for (int row = 0; row < 3; ++row) {
            pose.R[3 * row + column] = values[3 * column + row];
        }
        pose.t_mm[column] = values[9 + column];
    }
    return pose;
}

uint64_t fault_stamp_now(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec << 32 | ((uint64_t)now.tv_nsec << 32) / 1000000000u;
}

struct fault_pose fault_pose_at(float x, float y, float z)
{
    return (struct fault_pose){.R = {1, 0, 0, 0, 1, 0, 0, 0, 1}, .t_mm = {x, y, z}};
}

static void put_f32_be(uint8_t *out, float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof(bits));
    put_be(out, bits, 4);
}

void fault_put_pose(uint8_t out_body[48], const struct fault_pose *pose)
{
    for (int column = 0; column < 3; ++column) {
        for (int row = 0; row < 3; ++row) {
            put_f32_be(out_body + 4 * (3 * column + row), pose->R[3 * row + column]);
        }
    }
    for (int row = 0; row < 3; ++row) {
        put_f32_be(out_body + 4 * (9 + row), pose->t_mm[row]);
    }
}

size_t fault_pack_transform(const char *device, const struct fault_pose *pose,
                            uint8_t out_bytes[FAULT_MESSAGE_MAX])
{
    uint8_t body[48];
    fault_put_pose(body, pose);
    return fault_pack(&(struct fault_message){.version = 1,
                                              .type = "TRANSFORM",
                                              .device = device,
                                              .stamp = fault_stamp_now(),
                                              .body = body,
                                              .body_size = sizeof(body)},
                      out_bytes);
}

size_t fault_pack_transform_v2(const char *device, const struct fault_pose *pose, const char *key,
                               const char *value, uint8_t out_bytes[FAULT_MESSAGE_MAX])
{
    uint8_t body[512] = {0};
    const size_t key_size = strlen(key);
    const size_t value_size = strlen(value);
    assert_true(12 + 48 + 10 + key_size + value_size <= sizeof(body));
    put_be(body, 12, 2);
    put_be(body + 2, 10, 2);
    put_be(body + 4, key_size + value_size, 4);
    fault_put_pose(body + 12, pose);
    uint8_t *metadata = body + 60;
    put_be(metadata, 1, 2);
    put_be(metadata + 2, key_size, 2);
    put_be(metadata + 4, 3, 2);
    put_be(metadata + 6, value_size, 4);
    memcpy(metadata + 10, key, key_size);
    memcpy(metadata + 10 + key_size, value, value_size);
    return fault_pack(&(struct fault_message){.version = 2,
                                              .type = "TRANSFORM",
                                              .device = device,
                                              .stamp = fault_stamp_now(),
                                              .body = body,
                                              .body_size = 70 + key_size + value_size},
                      out_bytes);
}

void fault_send_frame(int fd, unsigned step)
{
    static uint8_t bytes[FAULT_MESSAGE_MAX];
    uint8_t both[2 * FAULT_TRANSFORM_SIZE];
    const struct fault_pose reference =
        fault_pose_at(100.0f + 0.001f * (float)(step % 2), 200.0f, -1000.0f);
    const struct fault_pose stylus =
        fault_pose_at(150.0f + 0.25f * (float)(step % 400), 200.0f, -1000.0f);
    (void)fault_pack_transform("ReferenceToTracker", &reference, bytes);
    memcpy(both, bytes, FAULT_TRANSFORM_SIZE);
    (void)fault_pack_transform("StylusToTracker", &stylus, bytes);
    memcpy(both + FAULT_TRANSFORM_SIZE, bytes, FAULT_TRANSFORM_SIZE);
    fault_send(fd, both, sizeof(both));
}

void fault_send_frames_for(int fd, unsigned *step, int milliseconds)
{
    const int64_t deadline = deadline_ns(milliseconds);
    do {
        fault_send_frame(fd, (*step)++);
        fault_sleep_ms(FRAME_MS);
    } while (fault_now_ns() < deadline);
}

void fault_send_until(const struct fault_core *core, int fd, unsigned *step,
                      bool (*holds)(const struct nav_scene *scene), const char *what)
{
    const int64_t deadline = deadline_ns(SEND_UNTIL_MS);
    struct nav_scene scene;
    do {
        if (fault_now_ns() > deadline) {
            fault_wait(core, holds, 0, what); /* says what there is instead */
        }
        fault_send_frame(fd, (*step)++);
        fault_sleep_ms(FRAME_MS);
        fault_scene(core, &scene);
    } while (!holds(&scene));
}

static struct {
    pthread_t thread;
    atomic_bool stop;
    int fd;
    unsigned *step;
} background;

static void *keep_sending(void *context)
{
    (void)setpriority(PRIO_PROCESS, (id_t)gettid(), *(const int *)context);
    while (!atomic_load(&background.stop)) {
        fault_send_frame(background.fd, (*background.step)++);
        fault_sleep_ms(FRAME_MS);
    }
    return NULL;
}

void fault_send_in_background(int fd, unsigned *step)
{
    static int priority;
    priority = fault_core_nice();
    background.fd = fd;
    background.step = step;
    atomic_store(&background.stop, false);
    assert_int_equal(pthread_create(&background.thread, NULL, keep_sending, &priority), 0);
}

void fault_send_no_more(void)
{
    atomic_store(&background.stop, true);
    assert_int_equal(pthread_join(background.thread, NULL), 0);
}

int64_t fault_longest_pause_ns(const struct fault_core *core, int milliseconds)
{
    struct nav_scene scene;
    fault_scene(core, &scene);
    uint64_t seen = scene.seq;
    int64_t before_ns = scene.time_ns;
    int64_t longest_ns = 0;
    const int64_t end_ns = fault_now_ns() + milliseconds * NAV_NS_PER_MS;
    while (fault_now_ns() < end_ns) {
        (void)nav_scene_reader_wait(core->reader, seen, 100 * NAV_NS_PER_MS);
        fault_scene(core, &scene);
        if (scene.seq == seen) {
            continue;
        }
        const int64_t missed = (int64_t)(scene.seq - seen - 1);
        const int64_t pause_ns = scene.time_ns - before_ns - missed * TICK_MS * NAV_NS_PER_MS;
        longest_ns = pause_ns > longest_ns ? pause_ns : longest_ns;
        seen = scene.seq;
        before_ns = scene.time_ns;
    }
    /* A core that has stopped for good makes no scene whose pause could be seen. */
    const int64_t since_ns = fault_now_ns() - before_ns;
    fault_scene(core, &scene);
    return scene.seq == seen && since_ns > longest_ns ? since_ns : longest_ns;
}
