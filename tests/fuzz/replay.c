/* Feeds files and folders of inputs to a fuzz target: the corpus as a test, without libFuzzer.
 * usage: PROGRAM PATH.. ; exit 0 when every input ran, 1 when there was none or one cannot be read.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fuzz.h"

static int replay_file(const char *path, long size)
{
    /* A block of exactly the input's size, so that sanitizers see a step outside. */
    uint8_t *bytes = malloc(size != 0 ? (size_t)size : 1);
    FILE *file = fopen(path, "rb");
    if (bytes == NULL || file == NULL || fread(bytes, 1, (size_t)size, file) != (size_t)size) {
        fprintf(stderr, "replay: %s: cannot read; check that the file is whole\n", path);
        if (file != NULL) {
            fclose(file);
        }
        free(bytes);
        return -1;
    }
    fclose(file);
    (void)LLVMFuzzerTestOneInput(bytes, (size_t)size);
    free(bytes);
    return 1;
}

/* The number of inputs below `path`, or -1. */
static int replay(const char *path)
{
    struct stat status;
    if (stat(path, &status) != 0) {
        fprintf(stderr, "replay: %s: no such file or folder\n", path);
        return -1;
    }
    if (!S_ISDIR(status.st_mode)) {
        return replay_file(path, (long)status.st_size);
    }
    DIR *folder = opendir(path);
    if (folder == NULL) {
        fprintf(stderr, "replay: %s: cannot open the folder\n", path);
        return -1;
    }
    int count = 0;
    for (struct dirent *entry = readdir(folder); entry != NULL && count >= 0;
         entry = readdir(folder)) {
        char child[4096];
        const int length = snprintf(child, sizeof child, "%s/%s", path, entry->d_name);
        if (entry->d_name[0] == '.' || length < 0 || (size_t)length >= sizeof child) {
            continue;
        }
        const int below = replay(child);
        count = below < 0 ? -1 : count + below;
    }
    closedir(folder);
    return count;
}

int main(int argc, char **argv)
{
    int count = 0;
    for (int i = 1; i < argc; i++) {
        const int below = replay(argv[i]);
        if (below < 0) {
            return 1;
        }
        count += below;
    }
    printf("replay: %d inputs\n", count);
    return count > 0 ? 0 : 1;
}
