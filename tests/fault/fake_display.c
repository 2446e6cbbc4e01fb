/* Stands in for the display program, so that the supervisor is tested without any graphics: notes
 * its process id and arguments, then dies or stays, as the environment says. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static void wait_for_the_end(void)
{
    const struct timespec second = {.tv_sec = 1};
    for (;;) {
        (void)nanosleep(&second, NULL);
    }
}

int main(int argc, char **argv)
{
    const char *notes = getenv("FAKE_DISPLAY_NOTES");
    FILE *file = notes != NULL ? fopen(notes, "ae") : NULL;
    if (file == NULL) {
        return 3;
    }
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    fprintf(file, "%d %lld", (int)getpid(), (long long)now.tv_sec * 1000000000 + now.tv_nsec);
    for (int i = 1; i < argc; ++i) {
        fprintf(file, " %s", argv[i]);
    }
    fputc('\n', file);
    (void)fclose(file);
    const char *behaviour = getenv("FAKE_DISPLAY_BEHAVIOUR");
    if (behaviour != NULL && strcmp(behaviour, "die") == 0) {
        return 1;
    }
    wait_for_the_end();
    return 0;
}
