/* A small case for the simulated hand: one bone, a blade and a pointer, two cuts, two landmarks,
 * and a registration that is neither the identity nor aligned with anything. */
#ifndef TEST_HAND_CASE_H
#define TEST_HAND_CASE_H

#include "case.h"

enum { HAND_PATH_SIZE = 512 };

struct hand_folder {
    char path[HAND_PATH_SIZE / 2];
    char case_path[HAND_PATH_SIZE];
};

/* `extra`: further YAML lines of the case, or NULL. `tool_extra`: of the first blade. */
void hand_folder_init(struct hand_folder *folder, const char *extra, const char *tool_extra);
void hand_folder_finish(struct hand_folder *folder);

/* Writes a file into the folder and gives its path. */
void hand_folder_write(const struct hand_folder *folder, const char *name, const char *text,
                       char out_path[HAND_PATH_SIZE]);

struct cfg_case *hand_case_load(const struct hand_folder *folder);

#endif
