/* osteonav-camera: what needs OpenCV outside of the display: calibration and tracking by camera. */
#include <stdio.h>
#include <string.h>

#include "camera.h"

static const struct {
    const char *word;
    const char *summary;
    int (*run)(int argc, char **argv);
} commands[] = {
    {"camera", "calibrate a lens from pictures of a board", camera_calibrate},
    {"board", "draw a board or marker sheet to print", camera_board},
    {"handeye", "where the camera sits in the marker that carries it", camera_handeye},
    {"delay", "how much later the camera is than the tracker", camera_delay},
    {"field", "film a synthetic operating field of a case", camera_field},
    {"receive", "a camera's IMAGE or VIDEO as pictures on standard output", camera_receive},
    {"publish", "pictures from standard input to OpenIGTLink subscribers", camera_publish},
    {"record", "pictures from standard input into a film", camera_record},
    {"track", "track printed markers and send their poses", camera_track},
};

enum { COMMANDS = sizeof(commands) / sizeof(commands[0]) };

static void print_usage(FILE *out)
{
    fputs("usage: osteonav-camera COMMAND [ARGUMENTS]\n\n"
          "Cameras, usually through `osteonav calibrate` and `osteonav track-aruco`.\n\n"
          "commands:\n",
          out);
    for (int i = 0; i < COMMANDS; ++i) {
        fprintf(out, "  %-10s %s\n", commands[i].word, commands[i].summary);
    }
    fputs("\n`osteonav-camera COMMAND --help` explains one. Exit codes: 0 good, 1 refused or\n"
          "failed, 2 usage.\n",
          out);
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        print_usage(stderr);
        return CAMERA_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0) {
        print_usage(stdout);
        return CAMERA_OK;
    }
    for (int i = 0; i < COMMANDS; ++i) {
        if (strcmp(argv[1], commands[i].word) == 0) {
            return commands[i].run(argc - 1, argv + 1);
        }
    }
    fprintf(stderr, "osteonav-camera: no command '%s'; `osteonav-camera --help` lists them\n",
            argv[1]);
    return CAMERA_USAGE;
}
