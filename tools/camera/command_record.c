/* `osteonav-camera record`: pictures from standard input into a film. Run by the display, so that a
 * disk that is full or hangs holds nothing up there. */
#include "camera.h"

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "film_codec.h"
#include "film_frame.h"
#include "nav/log.h"
#include "nav/time.h"

static const char verb[] = "camera record";

static const char help[] =
    "usage: osteonav-camera record --to FOLDER [--name NAME]\n\n"
    "Writes the pictures that the display gives it to FOLDER/NAME-DATE.mkv (Matroska, H.264 or\n"
    "VP9), a second at a time: whatever ends the program, the film is whole up to there. Every\n"
    "picture keeps its own time; the film's tag FIRST_PICTURE_UTC_NS says when the first one was\n"
    "shown. When the disk is full it goes on by itself, in a new film, once there is room "
    "again.\n\n"
    "  --to FOLDER   an existing folder\n"
    "  --name NAME   begins the file's name (default view)\n"
    "  --help        this text\n\n"
    "exit codes: 0 the pictures have ended, 1 failed, 2 usage\n";

enum { PATH_SIZE = 4096, NICE = 5 };
static const int64_t again_ns = 10 * NAV_NS_PER_S;

struct record {
    const char *folder, *name;
    struct film_file *file;
    struct film_head first;
    int64_t failed_ns; /* 0: it writes */
};

static void path_of(const struct record *record, const struct film_head *head, char out[PATH_SIZE])
{
    const time_t seconds = (time_t)(head->utc_ns / NAV_NS_PER_S);
    struct tm parts;
    char date[32] = "";
    if (gmtime_r(&seconds, &parts) != NULL) {
        (void)strftime(date, sizeof(date), "%Y%m%dT%H%M%S", &parts);
    }
    (void)snprintf(out, PATH_SIZE, "%.3500s/%.100s-%s.%03dZ.mkv", record->folder, record->name,
                   date, (int)(head->utc_ns / NAV_NS_PER_MS % 1000));
}

static void fail(struct record *record, const struct film_head *head, const char *why)
{
    nav_log_error("film", "NOT RECORDING the view: %s", why);
    film_file_close(record->file);
    record->file = NULL;
    record->failed_ns = head->time_ns;
}

static void add(struct record *record, const struct film_head *head, const uint8_t *rgb)
{
    char why[256] = "";
    if (record->file != NULL &&
        (head->width_px != record->first.width_px || head->height_px != record->first.height_px)) {
        film_file_close(record->file); /* the display has another size now */
        record->file = NULL;
    }
    if (record->file == NULL) {
        if (record->failed_ns != 0 && head->time_ns - record->failed_ns < again_ns) {
            return;
        }
        char path[PATH_SIZE];
        path_of(record, head, path);
        struct stat before;
        if (stat(path, &before) == 0) {
            (void)snprintf(why, sizeof(why), "%.200s exists", path);
            fail(record, head, why);
            return;
        }
        if (film_file_create(path, head, &record->file, why) != NAV_OK) {
            fail(record, head, why);
            return;
        }
        record->first = *head;
        record->failed_ns = 0;
        nav_log_info("film", "the view is recorded to %s", path);
    }
    if (film_file_add(record->file, head, rgb, why) != NAV_OK) {
        fail(record, head, why);
    }
}

int camera_record(int argc, char **argv)
{
    static const struct option known[] = {{"to", required_argument, NULL, 't'},
                                          {"name", required_argument, NULL, 'n'},
                                          {"help", no_argument, NULL, 'h'},
                                          {NULL, 0, NULL, 0}};
    struct record record = {.name = "view"};
    opterr = 0;
    for (int option = 0; (option = getopt_long(argc, argv, ":h", known, NULL)) != -1;) {
        switch (option) {
        case 'h':
            fputs(help, stdout);
            return CAMERA_OK;
        case 't':
            record.folder = optarg;
            break;
        case 'n':
            record.name = optarg;
            break;
        default:
            return camera_misuse(verb, "%s: %s", argv[optind - 1],
                                 option == ':' ? "a value must follow" : "no such option");
        }
    }
    if (record.folder == NULL || optind != argc || strchr(record.name, '/') != NULL) {
        return camera_misuse(verb, "--to FOLDER is needed, and a name without '/'");
    }
    (void)signal(SIGINT, SIG_IGN); /* of a terminal: the display ends, and with it the pictures */
    (void)signal(SIGTERM, SIG_IGN);
    (void)signal(SIGXFSZ, SIG_IGN);
    if (nice(NICE) < 0) {
        nav_log_info("film", "runs as nice as the display");
    }
    struct film_buffer buffer = {0};
    struct film_head head;
    enum nav_status status = NAV_OK;
    while ((status = film_read(STDIN_FILENO, &head, &buffer)) == NAV_OK) {
        if (head.channels == 3) {
            add(&record, &head, buffer.bytes);
        }
    }
    film_file_close(record.file);
    film_buffer_finish(&buffer);
    return status == NAV_END
               ? CAMERA_OK
               : camera_fail(verb, "the pictures broke off: %s", nav_status_text(status));
}
