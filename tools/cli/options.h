/* The options of a verb, one after the other, with errors as every verb tells them: one line on
 * stderr that names the option. Thread: main. */
#ifndef TOOLS_OPTIONS_H
#define TOOLS_OPTIONS_H

#include <getopt.h>

enum { OPTIONS_END = -1, OPTIONS_WRONG = '?' };

/* The next one of `longs`, its value in optarg, as getopt_long gives it; -h counts as 'h'.
 * OPTIONS_END: the rest are words, from optind on, which the caller has set to 1 before the first.
 * OPTIONS_WRONG: there is no such option, or it lacks its value or was given one too many, and
 * that was told: the verb ends with VERB_USAGE. `verb` is its name as typed, "session cut". */
int options_next(const char *verb, int argc, char **argv, const struct option *longs);

#endif
