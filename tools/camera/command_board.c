/* `osteonav calibrate board`: a board as it is to be printed. */
#include "camera.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "board.h"
#include "image.h"

static const char verb[] = "calibrate board";
static const double DPI_DEFAULT = 300;
static const double MM_PER_INCH = 25.4;

static const char help[] =
    "usage: osteonav calibrate board --board SPEC --out FILE.png [--dpi N]\n\n"
    "Draws a board to print without scaling. Measure a square with a ruler afterwards: printers\n"
    "lie, and its side in mm is what every distance is measured with.\n\n"
    "  --board SPEC  chess:COLUMNSxROWS:SQUARE_MM, counted in inner corners, or\n"
    "                charuco:COLUMNSxROWS:SQUARE_MM:MARKER_MM:DICTIONARY, in squares\n"
    "  --out FILE    PNG to write\n"
    "  --dpi N       resolution of the printer (default 300)\n"
    "  --help        this text\n\n"
    "exit codes: 0 good, 1 failed, 2 usage\n";

static int draw(const struct cam_board *board, double dpi, const char *path)
{
    int width_px = 0;
    int height_px = 0;
    uint8_t *grey = NULL;
    struct cam_error error = {""};
    if (cam_board_draw(board, dpi / MM_PER_INCH, &width_px, &height_px, &grey, &error) != NAV_OK) {
        return camera_fail(verb, "%s", error.text);
    }
    const size_t count = (size_t)width_px * (size_t)height_px;
    uint8_t *rgb = malloc(3 * count);
    enum nav_status status = rgb != NULL ? NAV_OK : NAV_ERR_MEMORY;
    for (size_t i = 0; status == NAV_OK && i < count; ++i) {
        memset(&rgb[3 * i], grey[i], 3);
    }
    if (status == NAV_OK) {
        status = rnd_image_write_png(path, rgb, width_px, height_px);
    }
    free(rgb);
    free(grey);
    if (status != NAV_OK) {
        return camera_fail(verb, "%s: %s", path, nav_status_text(status));
    }
    const double pixel_mm = MM_PER_INCH / dpi;
    printf("%s: %d x %d px, print it %.1f x %.1f mm large\n", path, width_px, height_px,
           width_px * pixel_mm, height_px * pixel_mm);
    return CAMERA_OK;
}

int camera_board(int argc, char **argv)
{
    enum { BOARD = 1, OUT, DPI, HELP };
    static const struct option known[] = {{"board", required_argument, NULL, BOARD},
                                          {"out", required_argument, NULL, OUT},
                                          {"dpi", required_argument, NULL, DPI},
                                          {"help", no_argument, NULL, HELP},
                                          {NULL, 0, NULL, 0}};
    const char *board_text = NULL;
    const char *path = NULL;
    double dpi = DPI_DEFAULT;
    int code;
    opterr = 0;
    while ((code = getopt_long(argc, argv, "+:", known, NULL)) != -1) {
        switch (code) {
        case BOARD:
            board_text = optarg;
            break;
        case OUT:
            path = optarg;
            break;
        case DPI:
            if (!camera_parse_number(optarg, 30, 2400, &dpi)) {
                return camera_misuse(verb, "--dpi: 30 to 2400, not '%s'", optarg);
            }
            break;
        case HELP:
            fputs(help, stdout);
            return CAMERA_OK;
        default:
            return camera_misuse(verb, "no option '%s', or it lacks its value", argv[optind - 1]);
        }
    }
    if (board_text == NULL || path == NULL || optind < argc) {
        return camera_misuse(verb, "--board and --out are needed, and nothing else");
    }
    struct cam_board board;
    if (!camera_parse_board(verb, board_text, &board)) {
        return CAMERA_USAGE;
    }
    return draw(&board, dpi, path);
}
