#include "shots.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "handeye_fit.h"
#include "nav/time.h"
#include "progress.h"

enum { LINE_SIZE = 512 };
static const double TIME_MAX_S = 1e10;

struct times {
    size_t count;
    char names[SHOTS_MAX][64];
    double at_s[SHOTS_MAX];
};

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

static bool read_line(const struct shots_request *request, const char *line, unsigned number,
                      struct times *times)
{
    char name[64];
    char value[64];
    if (line[0] == '#' || line[0] == '\n' || line[0] == '\0') {
        return true;
    }
    const bool split = sscanf(line, " %63[^,\n] , %63[^,\n \t\r]", name, value) == 2;
    double at_s = 0;
    if (!split || !camera_parse_number(value, -TIME_MAX_S, TIME_MAX_S, &at_s)) {
        if (number == 1) {
            return true; /* a heading */
        }
        (void)camera_fail(request->verb, "%s:%u: not \"file name,seconds\"", request->times,
                          number);
        return false;
    }
    if (times->count == SHOTS_MAX) {
        (void)camera_fail(request->verb, "%s:%u: more than %d pictures", request->times, number,
                          SHOTS_MAX);
        return false;
    }
    (void)snprintf(times->names[times->count], sizeof(times->names[0]), "%s", base_name(name));
    times->at_s[times->count++] = at_s;
    return true;
}

static bool read_times(const struct shots_request *request, struct times *times)
{
    FILE *file = fopen(request->times, "r");
    if (file == NULL) {
        (void)camera_fail(request->verb, "%s: cannot be opened", request->times);
        return false;
    }
    char line[LINE_SIZE];
    bool good = true;
    for (unsigned number = 1; good && fgets(line, sizeof(line), file) != NULL; ++number) {
        good = read_line(request, line, number, times);
    }
    (void)fclose(file);
    return good;
}

/* False: no time for this picture, told. */
static bool time_of(const struct shots_request *request, const struct times *times,
                    const struct cam_frame *frame, int64_t *out_ns)
{
    if (times == NULL) {
        *out_ns = (int64_t)(request->start_s * (double)NAV_NS_PER_S) + frame->time_ns;
        return true;
    }
    const char *name = base_name(frame->name);
    for (size_t i = 0; i < times->count; ++i) {
        if (strcmp(times->names[i], name) == 0) {
            *out_ns = (int64_t)(times->at_s[i] * (double)NAV_NS_PER_S);
            return true;
        }
    }
    (void)camera_fail(request->verb, "%s: no time for %s", request->times, name);
    return false;
}

static bool take(const struct shots_request *request, const struct times *times,
                 const struct cam_frame *frame, struct rnd_lens *lens, struct shots *shots)
{
    if (lens->width_px == 0) {
        const int size_px[2] = {frame->picture.width_px, frame->picture.height_px};
        if (!camera_lens_for(request->verb, request->lens, size_px, request->rescale, lens)) {
            return false;
        }
    }
    if (lens->width_px != frame->picture.width_px || lens->height_px != frame->picture.height_px) {
        (void)camera_fail(request->verb, "%s: %d x %d px, the pictures before had %d x %d",
                          frame->name, frame->picture.width_px, frame->picture.height_px,
                          lens->width_px, lens->height_px);
        return false;
    }
    ++shots->looked_at;
    struct cam_view *view = malloc(sizeof(*view));
    struct cam_error error = {""};
    if (view == NULL) {
        (void)camera_fail(request->verb, "out of memory");
        return false;
    }
    const size_t at = shots->count;
    if (cam_board_find(&request->board, &frame->picture, view, &error) != NAV_OK ||
        cam_board_pose(lens, view, &shots->T_camera_board[at], &shots->error_px[at], &error) !=
            NAV_OK) {
        free(view);
        return true;
    }
    if (!time_of(request, times, frame, &shots->time_ns[at])) {
        free(view);
        return false;
    }
    if (request->keep_views) {
        shots->views[at] = view;
    } else {
        free(view);
    }
    ++shots->count;
    return true;
}

static bool reserve(struct shots *shots)
{
    shots->views = calloc(SHOTS_MAX, sizeof(*shots->views));
    shots->T_camera_board = calloc(SHOTS_MAX, sizeof(*shots->T_camera_board));
    shots->error_px = calloc(SHOTS_MAX, sizeof(*shots->error_px));
    shots->time_ns = calloc(SHOTS_MAX, sizeof(*shots->time_ns));
    return shots->views != NULL && shots->T_camera_board != NULL && shots->error_px != NULL &&
           shots->time_ns != NULL;
}

static bool take_all(const struct shots_request *request, const struct times *times,
                     struct cam_reader *reader, struct rnd_lens *lens, struct shots *shots)
{
    struct progress progress;
    progress_begin(&progress, "looking for boards", "boards", false);
    struct cam_frame frame;
    struct cam_error error = {""};
    enum nav_status status;
    bool good = true;
    while (good && shots->count < SHOTS_MAX &&
           (status = cam_reader_next(reader, &frame, &error)) != NAV_END) {
        if (status != NAV_OK) {
            (void)camera_fail(request->verb, "%s", error.text);
            good = false;
        } else if (frame.name[0] != '\0' || (frame.serial - 1) % (uint64_t)request->every == 0) {
            good = take(request, times, &frame, lens, shots);
            progress_step(&progress, shots->count, 0);
        }
    }
    progress_end(&progress);
    return good;
}

bool shots_take(const struct shots_request *request, struct rnd_lens *out_lens,
                struct shots *out_shots)
{
    const struct cam_source_config config = {.address = request->images};
    struct shots shots = {0};
    struct rnd_lens lens = {0};
    struct times *times = NULL;
    struct cam_reader *reader = NULL;
    struct cam_error error = {""};
    bool good = reserve(&shots);
    if (good && request->times != NULL) {
        times = calloc(1, sizeof(*times));
        good = times != NULL && read_times(request, times);
    }
    if (good && cam_reader_open(&config, &reader, &error) != NAV_OK) {
        (void)camera_fail(request->verb, "--images: %s", error.text);
        good = false;
    }
    good = good && take_all(request, times, reader, &lens, &shots);
    cam_reader_close(reader);
    free(times);
    if (!good) {
        shots_finish(&shots);
        return false;
    }
    *out_lens = lens;
    *out_shots = shots;
    return true;
}

void shots_finish(struct shots *shots)
{
    for (size_t i = 0; shots->views != NULL && i < shots->count; ++i) {
        free(shots->views[i]);
    }
    free(shots->views);
    free(shots->T_camera_board);
    free(shots->error_px);
    free(shots->time_ns);
    *shots = (struct shots){0};
}
