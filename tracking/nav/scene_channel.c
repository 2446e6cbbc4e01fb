#include "nav/scene_channel.h"

#include <stdlib.h>

#include "nav/channel.h"

/* A reader is overtaken only if it sleeps through three publications. */
static const struct nav_channel_kind scenes = {
    .magic = UINT64_C(0x4f534e4156534331), /* "OSNAVSC1" */
    .version = NAV_SCENE_VERSION,
    .size = sizeof(struct nav_scene),
    .topics = 1,
    .slots = 4,
    .suffix = "",
};

/* The channel has no other form; these names keep scenes apart from other payloads. */
struct nav_scene_writer {
    struct nav_channel_writer *channel;
};

struct nav_scene_reader {
    struct nav_channel_reader *channel;
};

bool nav_scene_instance_is_valid(const char *instance)
{
    return nav_channel_instance_is_valid(instance);
}

enum nav_status nav_scene_writer_create(const char *instance, struct nav_scene_writer **out_writer)
{
    struct nav_scene_writer *writer = calloc(1, sizeof(*writer));
    if (writer == NULL) {
        return NAV_ERR_MEMORY;
    }
    const enum nav_status status = nav_channel_writer_create(instance, &scenes, &writer->channel);
    if (status != NAV_OK) {
        free(writer);
        return status;
    }
    *out_writer = writer;
    return NAV_OK;
}

void nav_scene_writer_destroy(struct nav_scene_writer *writer)
{
    if (writer == NULL) {
        return;
    }
    nav_channel_writer_destroy(writer->channel);
    free(writer);
}

uint64_t nav_scene_writer_publish(struct nav_scene_writer *writer, const struct nav_scene *scene)
{
    struct nav_scene stamped = *scene;
    stamped.version = NAV_SCENE_VERSION;
    stamped.size = sizeof(stamped);
    stamped.seq = nav_channel_writer_next(writer->channel, 0);
    nav_channel_writer_publish(writer->channel, 0, &stamped);
    return stamped.seq;
}

enum nav_status nav_scene_reader_create(const char *instance, struct nav_scene_reader **out_reader)
{
    struct nav_scene_reader *reader = calloc(1, sizeof(*reader));
    if (reader == NULL) {
        return NAV_ERR_MEMORY;
    }
    const enum nav_status status = nav_channel_reader_create(instance, &scenes, &reader->channel);
    if (status != NAV_OK) {
        free(reader);
        return status;
    }
    *out_reader = reader;
    return NAV_OK;
}

void nav_scene_reader_destroy(struct nav_scene_reader *reader)
{
    if (reader == NULL) {
        return;
    }
    nav_channel_reader_destroy(reader->channel);
    free(reader);
}

enum nav_status nav_scene_reader_take(struct nav_scene_reader *reader, struct nav_scene *out_scene)
{
    return nav_channel_reader_take(reader->channel, 0, out_scene);
}

bool nav_scene_reader_wait(struct nav_scene_reader *reader, uint64_t seen_seq, int64_t timeout_ns)
{
    return nav_channel_reader_wait(reader->channel, 0, seen_seq, timeout_ns);
}

int64_t nav_scene_reader_published_ns(const struct nav_scene_reader *reader)
{
    return nav_channel_reader_published_ns(reader->channel);
}

bool nav_scene_reader_core_alive(const struct nav_scene_reader *reader)
{
    return nav_channel_reader_alive(reader->channel);
}
