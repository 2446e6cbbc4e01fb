#include "camera.h"

#include <locale.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "case_limits.h"
#include "lens_file.h"
#include "nav/time.h"

static void say(const char *verb, const char *format, va_list arguments)
{
    fprintf(stderr, "osteonav %s: ", verb);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
}

int camera_fail(const char *verb, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    say(verb, format, arguments);
    va_end(arguments);
    return CAMERA_FAILED;
}

int camera_misuse(const char *verb, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    say(verb, format, arguments);
    va_end(arguments);
    fprintf(stderr, "`osteonav %s --help` explains\n", verb);
    return CAMERA_USAGE;
}

int camera_surplus(const char *verb, const char *argument)
{
    return camera_misuse(verb, "'%s' belongs to no option; put a pattern in quotes: 'left*.jpg'",
                         argument);
}

bool camera_limits(const char *verb, const char *case_path, struct cfg_limits *out_limits)
{
    struct cfg_error error = {""};
    if (case_limits_load(case_path, out_limits, &error) != NAV_OK) {
        (void)camera_fail(verb, "%s", error.text);
        return false;
    }
    return true;
}

bool camera_parse_number(const char *text, double low, double high, double *out)
{
    static locale_t plain;
    if (plain == (locale_t)0) {
        plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    }
    char *end = NULL;
    const double value = strtod_l(text, &end, plain);
    if (end == text || *end != '\0' || !(value >= low) || !(value <= high)) {
        return false;
    }
    *out = value;
    return true;
}

bool camera_parse_size(const char *text, int out_px[2])
{
    char rest = '\0';
    int width = 0;
    int height = 0;
    if (sscanf(text, "%5dx%5d%c", &width, &height, &rest) != 2 || width <= 0 || height <= 0) {
        return false;
    }
    out_px[0] = width;
    out_px[1] = height;
    return true;
}

bool camera_parse_board(const char *verb, const char *text, struct cam_board *out_board)
{
    char copy[128];
    char *save = NULL;
    (void)snprintf(copy, sizeof(copy), "%s", text);
    const char *kind = strtok_r(copy, ":", &save);
    const char *size = strtok_r(NULL, ":", &save);
    const char *square = strtok_r(NULL, ":", &save);
    const char *marker = strtok_r(NULL, ":", &save);
    const char *dictionary = strtok_r(NULL, ":", &save);
    struct cam_board board = {0};
    int count[2];
    const bool charuco = kind != NULL && strcmp(kind, "charuco") == 0;
    const bool known = charuco || (kind != NULL && strcmp(kind, "chess") == 0);
    if (!known || size == NULL || square == NULL || !camera_parse_size(size, count) ||
        !camera_parse_number(square, 0, 1000, &board.square_mm) ||
        charuco != (dictionary != NULL) || (!charuco && marker != NULL) ||
        (charuco && !camera_parse_number(marker, 0, 1000, &board.marker_mm))) {
        (void)camera_misuse(verb,
                            "--board: '%s' is no board; such as chess:9x6:25 (inner corners, mm) "
                            "or charuco:9x7:20:15:DICT_5X5_100 (squares, mm, marker mm)",
                            text);
        return false;
    }
    board.kind = charuco ? CAM_BOARD_CHARUCO : CAM_BOARD_CHESS;
    board.columns = count[0];
    board.rows = count[1];
    if (charuco) {
        (void)snprintf(board.dictionary, sizeof(board.dictionary), "%s", dictionary);
    }
    struct cam_error error = {""};
    if (cam_board_check(&board, &error) != NAV_OK) {
        (void)camera_misuse(verb, "--board: %s", error.text);
        return false;
    }
    *out_board = board;
    return true;
}

void camera_date(char out[NAV_NAME_SIZE])
{
    const time_t now = (time_t)(nav_utc_now_ns() / NAV_NS_PER_S);
    struct tm utc;
    (void)strftime(out, NAV_NAME_SIZE, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &utc));
}

bool camera_lens_for(const char *verb, const char *path, const int size_px[2], bool rescale,
                     struct rnd_lens *out_lens)
{
    struct cam_error error = {""};
    const int any[2] = {0, 0};
    struct rnd_lens lens;
    enum nav_status status = cam_lens_read(path, size_px, &lens, &error);
    if (status == NAV_ERR_REFUSED && rescale) {
        status = cam_lens_read(path, any, &lens, &error);
        if (status == NAV_OK && rnd_lens_scaled(&lens, size_px[0], size_px[1], &lens) != NAV_OK) {
            (void)camera_fail(verb,
                              "%s: calibrated at %d x %d, which has another shape than %d x %d; "
                              "calibrate again",
                              path, lens.width_px, lens.height_px, size_px[0], size_px[1]);
            return false;
        }
    }
    if (status != NAV_OK) {
        (void)camera_fail(verb, "%s", error.text);
        return false;
    }
    *out_lens = lens;
    return true;
}
