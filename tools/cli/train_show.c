#include "train_show.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "nav/scene_channel.h"
#include "nav/time.h"

static const int64_t tick_ns = 20 * NAV_NS_PER_MS;    /* where a session has no scenes of its own */
static const int64_t wait_max_ns = NAV_NS_PER_S / 20; /* so that an interrupt is seen soon */

static ptrdiff_t find_tool(const struct nav_scene *scene, const char *name)
{
    for (uint32_t i = 0; i < scene->tool_count; ++i) {
        if (strcmp(scene->tools[i].name, name) == 0) {
            return (ptrdiff_t)i;
        }
    }
    return -1;
}

static bool has_tool(const struct nav_scene *scene, const char *name)
{
    const ptrdiff_t tool = find_tool(scene, name);
    return tool >= 0 && scene->tools[tool].has_pose != 0;
}

bool train_add_ghost(const struct nav_scene *from, const char *name, const char *as,
                     struct nav_scene *scene)
{
    const ptrdiff_t place = find_tool(scene, as);
    if (!has_tool(from, name) || place < 0 || scene->tools[place].has_pose != 0) {
        return false;
    }
    const struct nav_scene_tool *tool = &from->tools[find_tool(from, name)];
    struct nav_scene_tool *ghost = &scene->tools[place];
    ghost->ghost = 1;
    ghost->state = NAV_TOOL_TRACKED;
    ghost->reason = NAV_REASON_NONE;
    ghost->has_pose = 1;
    ghost->arrival_ns = scene->time_ns;
    ghost->age_ns = 0;
    ghost->repeated_ns = 0;
    ghost->T_image_tool = tool->T_image_tool;
    memcpy(ghost->tip_image_mm, tool->tip_image_mm, sizeof(ghost->tip_image_mm));
    memcpy(ghost->axis_image, tool->axis_image, sizeof(ghost->axis_image));
    memcpy(ghost->R_image, tool->R_image, sizeof(ghost->R_image));
    return true;
}

/* A film that is shown, from the first pose of the tool on. */
struct film {
    struct srv_replay *replay;
    struct nav_scene_writer *writer; /* NULL: not shown by itself */
    int64_t begin_ns;
    struct nav_scene shown;
};

static enum nav_status open_film(const struct train_world *world, const char *path,
                                 const char *tool, const char *instance, struct film *film,
                                 struct cfg_error *out_error)
{
    const struct srv_replay_config config = {
        .path = path, .engine = train_world_engine(world), .tick_ns = tick_ns};
    struct session_error error;
    enum nav_status status = srv_replay_open(&config, &film->replay, &error);
    if (status != NAV_OK) {
        return cfg_error_set(out_error, status, "%s", error.text);
    }
    status = srv_replay_seek(film->replay, 0);
    while (status == NAV_OK && !has_tool(srv_replay_scene(film->replay), tool)) {
        status = srv_replay_step(film->replay);
    }
    if (status != NAV_OK) {
        return cfg_error_set(out_error, NAV_ERR_NOT_FOUND, "%s: %s is never seen in it", path,
                             tool);
    }
    film->begin_ns = srv_replay_at_ns(film->replay);
    if (instance != NULL) {
        status = nav_scene_writer_create(instance, &film->writer);
        if (status != NAV_OK) {
            return cfg_error_set(out_error, status, "instance %s: %s", instance,
                                 nav_status_text(status));
        }
    }
    return NAV_OK;
}

static void close_film(struct film *film)
{
    nav_scene_writer_destroy(film->writer);
    srv_replay_close(film->replay);
}

static int64_t now_ns(void)
{
    const struct nav_clock clock = nav_clock_monotonic();
    return nav_clock_now_ns(&clock);
}

/* Waits until `due_ns`. False: interrupted by `stop`. */
static bool wait_until(int64_t due_ns, const volatile sig_atomic_t *stop)
{
    for (;;) {
        const int64_t left_ns = due_ns - now_ns();
        if (*stop != 0) {
            return false;
        }
        if (left_ns <= 0) {
            return true;
        }
        const int64_t step_ns = left_ns < wait_max_ns ? left_ns : wait_max_ns;
        const struct timespec pause = {.tv_sec = step_ns / NAV_NS_PER_S,
                                       .tv_nsec = step_ns % NAV_NS_PER_S};
        (void)nanosleep(&pause, NULL);
    }
}

/* Adds the ghost where the expert stands `at_ns` after its beginning, and shows the expert itself
 * where that is asked for. */
static enum nav_status add_expert(struct film *expert, const struct train_show *show, int64_t at_ns,
                                  struct nav_scene *scene)
{
    const enum nav_status moved = srv_replay_run_to(expert->replay, expert->begin_ns + at_ns);
    if (moved < NAV_OK) {
        return moved;
    }
    (void)train_add_ghost(srv_replay_scene(expert->replay), show->tool, show->ghost, scene);
    if (expert->writer != NULL) {
        srv_replay_move_scene(srv_replay_scene(expert->replay), now_ns(), &expert->shown);
        (void)nav_scene_writer_publish(expert->writer, &expert->shown);
    }
    return NAV_OK;
}

static enum nav_status run(struct film *attempt, struct film *expert, const struct train_show *show)
{
    const int64_t start_ns = now_ns();
    enum nav_status status = NAV_OK;
    while (status == NAV_OK) {
        const int64_t at_ns = srv_replay_at_ns(attempt->replay) - attempt->begin_ns;
        const int64_t due_ns = start_ns + llround((double)at_ns / show->speed);
        if (!wait_until(due_ns, show->stop)) {
            return NAV_OK;
        }
        srv_replay_move_scene(srv_replay_scene(attempt->replay), now_ns(), &attempt->shown);
        status = expert != NULL ? add_expert(expert, show, at_ns, &attempt->shown) : NAV_OK;
        if (status != NAV_OK) {
            return status;
        }
        (void)nav_scene_writer_publish(attempt->writer, &attempt->shown);
        status = srv_replay_step(attempt->replay);
    }
    return status == NAV_END ? NAV_OK : status;
}

enum nav_status train_show(const struct train_world *world, const struct train_show *show,
                           struct cfg_error *out_error)
{
    static struct film attempt, expert; /* scenes are large; one thread */
    attempt = expert = (struct film){0};
    enum nav_status status =
        open_film(world, show->attempt, show->tool, show->instance, &attempt, out_error);
    if (status == NAV_OK && show->expert != NULL) {
        status =
            open_film(world, show->expert, show->tool, show->expert_instance, &expert, out_error);
    }
    if (status == NAV_OK) {
        status = run(&attempt, show->expert != NULL ? &expert : NULL, show);
        if (status != NAV_OK) {
            (void)cfg_error_set(out_error, status, "%s: %s", show->attempt,
                                nav_status_text(status));
        }
    }
    close_film(&expert);
    close_film(&attempt);
    return status;
}

struct train_beside {
    const struct train_show *show;
    struct nav_scene_writer *writer;
    bool has_expert;
    bool started;
    int64_t start_ns; /* first pose of the tool */
    struct film expert;
    struct nav_scene shown;
};

enum nav_status train_beside_open(const struct train_world *world, const struct train_show *show,
                                  struct train_beside **out_beside, struct cfg_error *out_error)
{
    struct train_beside *beside = calloc(1, sizeof(*beside));
    if (beside == NULL) {
        return cfg_error_set(out_error, NAV_ERR_MEMORY, "out of memory");
    }
    beside->show = show;
    beside->has_expert = show->expert != NULL;
    enum nav_status status = nav_scene_writer_create(show->instance, &beside->writer);
    if (status != NAV_OK) {
        (void)cfg_error_set(out_error, status, "instance %s: %s", show->instance,
                            nav_status_text(status));
    } else if (beside->has_expert) {
        status = open_film(world, show->expert, show->tool, show->expert_instance, &beside->expert,
                           out_error);
    }
    if (status != NAV_OK) {
        train_beside_close(beside);
        return status;
    }
    *out_beside = beside;
    return NAV_OK;
}

void train_beside_close(struct train_beside *beside)
{
    if (beside != NULL) {
        close_film(&beside->expert);
        nav_scene_writer_destroy(beside->writer);
        free(beside);
    }
}

enum nav_status train_beside_take(struct train_beside *beside, const struct nav_scene *scene)
{
    enum nav_status status = NAV_OK;
    beside->shown = *scene;
    beside->shown.mode = NAV_MODE_SIMULATION;
    if (!beside->started && has_tool(scene, beside->show->tool)) {
        beside->started = true;
        beside->start_ns = scene->time_ns;
    }
    if (beside->started && beside->has_expert) {
        status = add_expert(&beside->expert, beside->show, scene->time_ns - beside->start_ns,
                            &beside->shown);
    }
    (void)nav_scene_writer_publish(beside->writer, &beside->shown);
    return status;
}
