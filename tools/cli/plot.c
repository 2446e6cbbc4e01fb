#include "plot.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static const char *terminal_of(const char *path)
{
    const size_t length = strlen(path);
    if (length > 4 && strcasecmp(path + length - 4, ".svg") == 0) {
        return "svg size 1100,760 font 'Roboto,16' background '#ffffff'";
    }
    if (length > 4 && strcasecmp(path + length - 4, ".png") == 0) {
        return "pngcairo size 1100,760 font 'Roboto,12'";
    }
    return NULL;
}

enum nav_status plot_begin(const char *path, struct plot *out_plot)
{
    const char *terminal = terminal_of(path);
    if (terminal == NULL) {
        return NAV_ERR_UNSUPPORTED;
    }
    /* What gnuplot cannot open it writes to its standard output: a picture on the terminal. */
    const int file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
    if (file < 0 || close(file) != 0) {
        return NAV_ERR_IO;
    }
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) {
        return NAV_ERR_IO;
    }
    posix_spawn_file_actions_t actions;
    char *const arguments[] = {"gnuplot", NULL};
    pid_t child = -1;
    int failed = posix_spawn_file_actions_init(&actions);
    if (failed == 0) {
        failed = posix_spawn_file_actions_adddup2(&actions, ends[0], STDIN_FILENO);
        if (failed == 0) {
            failed =
                posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
        }
        if (failed == 0) {
            failed = posix_spawnp(&child, "gnuplot", &actions, NULL, arguments, environ);
        }
        (void)posix_spawn_file_actions_destroy(&actions);
    }
    (void)close(ends[0]);
    FILE *script = failed == 0 ? fdopen(ends[1], "w") : NULL;
    if (script == NULL) {
        (void)close(ends[1]);
        if (child > 0) {
            (void)waitpid(child, NULL, 0);
        }
        return failed == ENOENT ? NAV_ERR_NOT_FOUND : NAV_ERR_IO;
    }
    *out_plot = (struct plot){.script = script, .child = child};
    fprintf(script, "set terminal %s\nset output ", terminal);
    plot_text(script, path);
    fputs("\nset encoding utf8\nset grid lc rgb '#d8dde3'\nset border lc rgb '#5b6673'\n", script);
    return NAV_OK;
}

enum nav_status plot_end(struct plot *plot)
{
    const int failed = fclose(plot->script);
    int state = 0;
    while (waitpid(plot->child, &state, 0) < 0) {
        if (errno != EINTR) {
            return NAV_ERR_IO;
        }
    }
    return failed == 0 && WIFEXITED(state) && WEXITSTATUS(state) == 0 ? NAV_OK : NAV_ERR_IO;
}

void plot_text(FILE *script, const char *text)
{
    /* in single quotes gnuplot interprets nothing; a quote is written twice */
    (void)fputc('\'', script);
    for (const char *c = text; *c != '\0'; ++c) {
        if (*c == '\'') {
            (void)fputc('\'', script);
        }
        (void)fputc((unsigned char)*c < 0x20 ? ' ' : *c, script);
    }
    (void)fputc('\'', script);
}

void plot_label(FILE *script, const char *text)
{
    /* data strings stand in double quotes and are not interpreted with noenhanced tics */
    (void)fputc('"', script);
    for (const char *c = text; *c != '\0'; ++c) {
        const bool plain = (unsigned char)*c >= 0x20 && *c != '"' && *c != '\\';
        (void)fputc(plain ? *c : ' ', script);
    }
    (void)fputc('"', script);
}

void plot_complain(const char *verb, const char *path, enum nav_status status)
{
    const char *remedy = status == NAV_ERR_UNSUPPORTED ? "name a file that ends in .svg or .png"
                         : status == NAV_ERR_NOT_FOUND ? "install gnuplot (package gnuplot-nox)"
                                                       : "check that the folder can be written";
    fprintf(stderr, "osteonav %s: %s: no plot: %s\n", verb, path, remedy);
}
