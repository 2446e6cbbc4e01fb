/* Plots by gnuplot, which draws them in a child process from a script on its standard input. */
#ifndef TOOLS_PLOT_H
#define TOOLS_PLOT_H

#include <stdio.h>
#include <sys/types.h>

#include "nav/status.h"

struct plot {
    FILE *script; /* write gnuplot commands and inline data here */
    pid_t child;
};

/* Starts a plot into `path`, whose end says the format: .svg or .png. Text that comes from a file
 * must pass plot_text. NAV_ERR_UNSUPPORTED: another end; NAV_ERR_NOT_FOUND: gnuplot cannot be
 * started; NAV_ERR_IO. */
NAV_MUST_USE enum nav_status plot_begin(const char *path, struct plot *out_plot);

/* Waits for the drawing. NAV_ERR_IO: gnuplot failed. */
NAV_MUST_USE enum nav_status plot_end(struct plot *plot);

/* Writes `text` as a gnuplot string in quotes: nothing in it is taken for a command or markup. */
void plot_text(FILE *script, const char *text);

/* Writes `text` as one field of inline data. */
void plot_label(FILE *script, const char *text);

/* One line that tells the user what a failed plot means. */
void plot_complain(const char *verb, const char *path, enum nav_status status);

#endif
