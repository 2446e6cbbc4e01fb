#include "view_outlets.h"

#include <stdlib.h>
#include <string.h>

#include "film_child.h"
#include "nav/time.h"

enum { OUTLETS_MAX = 2 };

struct view_outlets {
    struct film_outlet *outlets[OUTLETS_MAX];
    size_t count;
    int64_t interval_ns;
    uint8_t *rooms[OUTLETS_MAX];
    size_t size;
};

static enum nav_status add(struct view_outlets *outlets, const char *const *arguments)
{
    const enum nav_status status =
        film_outlet_start("osteonav-camera", arguments, &outlets->outlets[outlets->count]);
    outlets->count += status == NAV_OK ? 1 : 0;
    return status;
}

static enum nav_status add_publisher(struct view_outlets *outlets,
                                     const struct view_outlets_options *options)
{
    const char *arguments[FILM_ARGUMENTS_MAX + 1] = {"publish", "--at", options->publish};
    size_t count = 3;
    if (options->device != NULL) {
        arguments[count++] = "--device";
        arguments[count++] = options->device;
    }
    if (options->address_file != NULL) {
        arguments[count++] = "--address-file";
        arguments[count++] = options->address_file;
    }
    return add(outlets, arguments);
}

enum nav_status view_outlets_create(const struct view_outlets_options *options,
                                    struct view_outlets **out_outlets)
{
    struct view_outlets *outlets = calloc(1, sizeof(*outlets));
    if (outlets == NULL) {
        return NAV_ERR_MEMORY;
    }
    /* A little less than the period: frames come when they come. */
    outlets->interval_ns = (int64_t)(0.9 * (double)NAV_NS_PER_S / options->fps);
    enum nav_status status = NAV_OK;
    if (options->publish != NULL) {
        status = add_publisher(outlets, options);
    }
    if (status == NAV_OK && options->record != NULL) {
        const char *const arguments[] = {"record", "--to",        options->record,
                                         "--name", options->name, NULL};
        status = add(outlets, arguments);
    }
    if (status != NAV_OK) {
        view_outlets_destroy(outlets);
        return status;
    }
    *out_outlets = outlets;
    return NAV_OK;
}

void view_outlets_destroy(struct view_outlets *outlets)
{
    if (outlets == NULL) {
        return;
    }
    for (size_t i = 0; i < outlets->count; ++i) {
        film_outlet_stop(outlets->outlets[i]);
    }
    free(outlets);
}

static uint8_t *room(void *context, int width_px, int height_px, int64_t now_ns)
{
    struct view_outlets *outlets = context;
    const struct film_head head = {.width_px = width_px,
                                   .height_px = height_px,
                                   .channels = 3,
                                   .time_ns = now_ns,
                                   .utc_ns = nav_utc_now_ns()};
    outlets->size = film_size(&head);
    for (size_t i = 0; i < outlets->count; ++i) {
        outlets->rooms[i] = film_outlet_room(outlets->outlets[i], &head);
        if (outlets->rooms[i] == NULL) {
            return NULL;
        }
    }
    return outlets->count > 0 ? outlets->rooms[0] : NULL;
}

static void done(void *context)
{
    struct view_outlets *outlets = context;
    for (size_t i = 1; i < outlets->count; ++i) {
        memcpy(outlets->rooms[i], outlets->rooms[0], outlets->size);
    }
    for (size_t i = 0; i < outlets->count; ++i) {
        film_outlet_give(outlets->outlets[i]);
    }
}

struct rnd_screen_tap view_outlets_tap(struct view_outlets *outlets)
{
    return (struct rnd_screen_tap){
        .context = outlets, .interval_ns = outlets->interval_ns, .room = room, .done = done};
}
