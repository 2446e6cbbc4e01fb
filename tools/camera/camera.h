/* The commands of `osteonav-camera`, one file each, and what they share.
 *
 * A command gets argv from its own name on and returns the exit code: 0 good, 1 refused or failed,
 * 2 usage. Thread: main. */
#ifndef TOOLS_CAMERA_H
#define TOOLS_CAMERA_H

#include <stdbool.h>
#include <stddef.h>

#include "board.h"
#include "frame_source.h"
#include "lens.h"
#include "limits_table.h"

enum { CAMERA_OK = 0, CAMERA_FAILED = 1, CAMERA_USAGE = 2 };

int camera_calibrate(int argc, char **argv);
int camera_board(int argc, char **argv);
int camera_handeye(int argc, char **argv);
int camera_delay(int argc, char **argv);
int camera_track(int argc, char **argv);
int camera_field(int argc, char **argv);
int camera_receive(int argc, char **argv);
int camera_publish(int argc, char **argv);
int camera_record(int argc, char **argv);

/* One line on stderr, "osteonav VERB: TEXT". Both return what the caller is to return. */
int camera_fail(const char *verb, const char *format, ...) __attribute__((format(printf, 2, 3)));
int camera_misuse(const char *verb, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* An argument that belongs to no option: mostly a pattern that the shell has taken apart. */
int camera_surplus(const char *verb, const char *argument);

/* The limits of a case, or the defaults without one. False with an error told. */
bool camera_limits(const char *verb, const char *case_path, struct cfg_limits *out_limits);

/* "chess:9x6:25" (inner corners, mm) or "charuco:9x7:20:15:DICT_5X5_100" (squares, square and
 * marker in mm). False with an error told. */
bool camera_parse_board(const char *verb, const char *text, struct cam_board *out_board);

/* "1280x720". */
bool camera_parse_size(const char *text, int out_px[2]);

/* A decimal number in any locale, the whole text, from `low` to `high`. */
bool camera_parse_number(const char *text, double low, double high, double *out);

/* Now in UTC, as calibrations are dated. */
void camera_date(char out[NAV_NAME_SIZE]);

/* A lens for pictures of `size_px`; with `rescale` one of another resolution and the same shape is
 * taken too. False with an error told. */
bool camera_lens_for(const char *verb, const char *path, const int size_px[2], bool rescale,
                     struct rnd_lens *out_lens);

#endif
