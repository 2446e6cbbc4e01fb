/* A case as a folder: case.yaml, models/, volumes/; and beside it, not in it, the list of sources.
 *
 * Paths of foreign files often hold a patient's name. So what a case was made of stands in
 * FOLDER.sources.yaml beside the folder, which stays where it is when the folder goes to the
 * theatre. Thread: main. */
#ifndef TOOLS_CASE_FOLDER_H
#define TOOLS_CASE_FOLDER_H

#include <stdbool.h>
#include <stdio.h>

#include "cfg_error.h"

enum { CASE_PATH_SIZE = 4096, CASE_SLUG_SIZE = 96 };

struct case_folder {
    char path[CASE_PATH_SIZE];    /* without a slash at its end */
    char yaml[CASE_PATH_SIZE];    /* path/case.yaml */
    char built[CASE_PATH_SIZE];   /* path/case.built.yaml: what is not known to load yet */
    char lock[CASE_PATH_SIZE];    /* path/case.lock */
    char sources[CASE_PATH_SIZE]; /* path.sources.yaml */
};

/* False: the path is too long or empty. */
bool case_folder_set(const char *given, struct case_folder *out_folder);

/* The case file that a user means by a folder or a file. */
void case_file_meant(const char *given, char out_path[CASE_PATH_SIZE]);

/* Replaces a file whole or not at all. NAV_ERR_IO. */
NAV_MUST_USE enum nav_status case_file_write(const char *path, const void *bytes, size_t size,
                                             struct cfg_error *error);

/* Writes text as a YAML scalar in double quotes. */
void case_yaml_text(FILE *file, const char *text);

/* A file name from a name: small letters, digits and _. */
void case_slug(const char *name, char out_slug[CASE_SLUG_SIZE]);

/* A copy of a case file's text in which the section of a top-level key is `section` (whole lines,
 * key included; NULL: gone), with the comment lines right above it; at the end where there was
 * none. NULL: no memory. */
char *case_text_with_section(const char *text, const char *key, const char *section);

/* Whether there is a section of that top-level key. */
bool case_text_has_section(const char *text, const char *key);

#endif
