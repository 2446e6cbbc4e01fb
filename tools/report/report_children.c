/* What other programs do for the report: pictures by osteonav-display, paper by weasyprint. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "nav/cut_map.h"
#include "nav/scene_channel.h"
#include "nav/time.h"
#include "replay.h"
#include "report.h"
#include "verbs.h"

extern char **environ;

enum { PICTURE_TIMEOUT_S = 60, PDF_TIMEOUT_S = 120, TEXT_MAX = 4200 };

/* Between two publications of the scene that is pictured, and two looks at a child. */
static const int64_t pause_ns = 50 * NAV_NS_PER_MS;

static int64_t now_ns(void)
{
    const struct nav_clock clock = nav_clock_monotonic();
    return nav_clock_now_ns(&clock);
}

/* Silent child; its words would be between those of a verb. */
static pid_t start(const char *program, char *const *arguments)
{
    posix_spawn_file_actions_t actions;
    pid_t child = -1;
    if (posix_spawn_file_actions_init(&actions) != 0) {
        return -1;
    }
    int failed = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    for (int fd = STDOUT_FILENO; failed == 0 && fd <= STDERR_FILENO; ++fd) {
        failed = posix_spawn_file_actions_addopen(&actions, fd, "/dev/null", O_WRONLY, 0);
    }
    if (failed == 0) {
        failed = posix_spawnp(&child, program, &actions, NULL, arguments, environ);
    }
    (void)posix_spawn_file_actions_destroy(&actions);
    errno = failed;
    return failed == 0 ? child : -1;
}

/* Waits for a child, doing something meanwhile; one that takes too long is ended. */
static bool wait_for(pid_t child, int timeout_s, void (*meanwhile)(void *context), void *context)
{
    const int64_t end_ns = now_ns() + timeout_s * NAV_NS_PER_S;
    int state = 0;
    pid_t ended;
    while ((ended = waitpid(child, &state, WNOHANG)) == 0) {
        if (now_ns() > end_ns) {
            (void)kill(child, SIGKILL);
            (void)waitpid(child, &state, 0);
            return false;
        }
        if (meanwhile != NULL) {
            meanwhile(context);
        }
        const struct timespec pause = {.tv_nsec = (long)pause_ns};
        (void)nanosleep(&pause, NULL);
    }
    return ended == child && WIFEXITED(state) && WEXITSTATUS(state) == 0;
}

/* ---- pictures ----------------------------------------------------------------------------------
 */

struct stage {
    const struct report *report;
    struct nav_scene_writer *scenes;
    struct nav_cut_map_writer *maps;
};

/* Shows the scene as if it were now: displays judge its age. */
static void show(void *context)
{
    struct stage *stage = context;
    static struct nav_scene moved;
    srv_replay_move_scene(&stage->report->shown, now_ns(), &moved);
    (void)nav_scene_writer_publish(stage->scenes, &moved);
}

static bool read_picture(const char *path, struct report_picture *out_picture)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        return false;
    }
    bool good = fseek(file, 0, SEEK_END) == 0;
    const long size = ftell(file);
    good = good && size > 0 && fseek(file, 0, SEEK_SET) == 0;
    out_picture->png = good ? malloc((size_t)size) : NULL;
    good =
        out_picture->png != NULL && fread(out_picture->png, 1, (size_t)size, file) == (size_t)size;
    out_picture->size = good ? (size_t)size : 0;
    (void)fclose(file);
    return good;
}

static bool take_picture(struct report *report, struct stage *stage, const char *display,
                         const char *case_path, const char *instance, const char *view,
                         const char *from)
{
    char title[64];
    (void)snprintf(title, sizeof(title), "%s, at %.1f s", from, report->shown_s);
    char folder[] = "/tmp/osteonav-report-XXXXXX", path[64];
    if (mkdtemp(folder) == NULL) {
        return false;
    }
    (void)snprintf(path, sizeof(path), "%s/view.png", folder);
    const char *arguments[] = {display,    case_path, "--instance", instance,       "--offscreen",
                               "1200x750", "--view",  view,         "--screenshot", path,
                               "--after",  "2",       "--layout",   "bedside",      NULL};
    char *copies[sizeof(arguments) / sizeof(arguments[0])] = {NULL};
    memcpy(copies, arguments, sizeof(arguments));
    const pid_t child = start(display, copies);
    struct report_picture picture = {.title = strdup(title)};
    bool good = child > 0 && wait_for(child, PICTURE_TIMEOUT_S, show, stage) &&
                picture.title != NULL && read_picture(path, &picture);
    (void)unlink(path);
    (void)rmdir(folder);
    if (good) {
        report->pictures[report->picture_count++] = picture;
    } else {
        free(picture.title);
        free(picture.png);
    }
    return good;
}

void report_take_pictures(struct report *report, const char *case_path, char *out_why,
                          size_t why_size)
{
    char instance[33];
    (void)snprintf(instance, sizeof(instance), "report-%ld", (long)getpid());
    struct stage stage = {.report = report};
    char *display = verb_sibling_path("osteonav-display");
    out_why[0] = '\0';
    if (display == NULL) {
        (void)snprintf(out_why, why_size, "there is no osteonav-display");
    } else if (nav_scene_writer_create(instance, &stage.scenes) != NAV_OK ||
               nav_cut_map_writer_create(instance, &stage.maps) != NAV_OK) {
        (void)snprintf(out_why, why_size, "there is no shared memory for a scene");
    } else {
        for (uint32_t c = 0; c < report->scene.cut_count; ++c) {
            if (report->cuts[c].has_map) {
                (void)!nav_cut_map_writer_publish(stage.maps, &report->cuts[c].map);
            }
        }
        show(&stage);
        if (!take_picture(report, &stage, display, case_path, instance, "posterior",
                          "From behind") ||
            !take_picture(report, &stage, display, case_path, instance, "oblique",
                          "From above and the side")) {
            (void)snprintf(out_why, why_size, "osteonav-display cannot draw without a screen here");
        }
    }
    nav_scene_writer_destroy(stage.scenes);
    nav_cut_map_writer_destroy(stage.maps);
    free(display);
}

/* ---- paper -------------------------------------------------------------------------------------
 */

bool report_pdf(const char *html_path, const char *pdf_path, char *out_why, size_t why_size)
{
    char html[TEXT_MAX], pdf[TEXT_MAX];
    char program[] = "weasyprint", quiet[] = "--quiet";
    (void)snprintf(html, sizeof(html), "%s", html_path);
    (void)snprintf(pdf, sizeof(pdf), "%s", pdf_path);
    char *const arguments[] = {program, quiet, html, pdf, NULL};
    const pid_t child = start(program, arguments);
    if (child < 0) {
        (void)snprintf(out_why, why_size, "weasyprint cannot be started: %s; install the package",
                       strerror(errno));
        return false;
    }
    if (!wait_for(child, PDF_TIMEOUT_S, NULL, NULL)) {
        (void)snprintf(out_why, why_size, "weasyprint failed; `weasyprint %s %s` tells why", html,
                       pdf);
        return false;
    }
    return true;
}
