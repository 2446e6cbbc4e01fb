/* The commands of `osteonav-prepare`: each gets argv from its own name on and returns the exit
 * code: 0 good, 1 failed, 2 usage. */
#ifndef PREPARE_H
#define PREPARE_H

enum { PREPARE_OK = 0, PREPARE_FAILED = 1, PREPARE_USAGE = 2 };

int prepare_phantom(int argc, char **argv);
int prepare_surfaces(int argc, char **argv);
int prepare_import(int argc, char **argv);

#endif
