#include "frame_log.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

struct rnd_frame_log {
    FILE *file;
};

enum nav_status rnd_frame_log_create(const char *path, struct rnd_frame_log **out_log)
{
    struct rnd_frame_log *log = calloc(1, sizeof(*log));
    if (log == NULL) {
        return NAV_ERR_MEMORY;
    }
    log->file = fopen(path, "we");
    if (log->file == NULL) {
        free(log);
        return NAV_ERR_IO;
    }
    (void)setvbuf(log->file, NULL, _IOLBF, 0); /* whoever reads along sees whole lines */
    (void)fputs("begun_ns shown_ns pose_arrival_ns whole scene_seq\n", log->file);
    *out_log = log;
    return NAV_OK;
}

void rnd_frame_log_destroy(struct rnd_frame_log *log)
{
    if (log != NULL) {
        (void)fclose(log->file);
        free(log);
    }
}

void rnd_frame_log_add(struct rnd_frame_log *log, const struct rnd_frame_line *line)
{
    if (log != NULL) {
        (void)fprintf(log->file, "%" PRId64 " %" PRId64 " %" PRId64 " %d %" PRIu64 "\n",
                      line->begun_ns, line->shown_ns, line->arrival_ns, line->whole ? 1 : 0,
                      line->scene_seq);
    }
}

bool rnd_frame_log_parse(const char *text, struct rnd_frame_line *out)
{
    int64_t numbers[5];
    for (size_t i = 0; i < 5; ++i) {
        char *end = NULL;
        errno = 0;
        numbers[i] = strtoll(text, &end, 10);
        if (end == text || errno != 0) {
            return false;
        }
        text = end;
    }
    *out = (struct rnd_frame_line){numbers[0], numbers[1], numbers[2], numbers[3] == 1,
                                   (uint64_t)numbers[4]};
    return true;
}
