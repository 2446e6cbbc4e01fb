#include "publisher.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "wire_header.h"
#include "wire_metadata.h"
#include "wire_pack.h"
#include "wire_tdata.h"
#include "wire_transform.h"

#define NAME_SUFFIX "TipToImage"
#define TDATA_DEVICE "osteonav"

enum { ENTRIES_MAX = 8, NUMBER_SIZE = 32, INSTRUMENT_6D = 2 };

/* Copies at most `size` - 1 bytes, never a part of a UTF-8 character. */
static void copy_cut(char *to, size_t size, const char *from)
{
    size_t length = strnlen(from, size);
    if (length == size) {
        --length;
        while (length > 0 && ((unsigned char)from[length] & 0xc0u) == 0x80u) {
            --length;
        }
    }
    memcpy(to, from, length);
    to[length] = '\0';
}

void srv_publisher_init(struct srv_publisher *publisher, const struct nav_scene *scene)
{
    memset(publisher, 0, sizeof(*publisher));
    publisher->tool_count = scene->tool_count;
    for (uint32_t i = 0; i < scene->tool_count; ++i) {
        (void)snprintf(publisher->names[i], SRV_PUBLISHER_NAME_SIZE, "%s" NAME_SUFFIX,
                       scene->tools[i].name);
        copy_cut(publisher->devices[i], sizeof(publisher->devices[i]), publisher->names[i]);
        for (uint32_t k = 0; k < i; ++k) {
            publisher->ambiguous[i] = publisher->ambiguous[i] ||
                                      strcmp(publisher->devices[i], publisher->devices[k]) == 0;
        }
    }
}

static const char *status_word(const struct nav_scene_tool *tool)
{
    if (tool->has_pose != 0) {
        return "OK";
    }
    return tool->state == NAV_TOOL_INVALID ? "INVALID" : "MISSING";
}

/* When the pose was taken: the sender's stamp, else the wall clock of its arrival. */
static int64_t acquired_ns(const struct nav_scene *scene, const struct nav_scene_tool *tool)
{
    if (tool->has_pose == 0) {
        return scene->utc_ns;
    }
    return tool->device_ns > 0 ? tool->device_ns
                               : scene->utc_ns - (scene->time_ns - tool->arrival_ns);
}

static struct wire_transform wire_pose(const struct nav_scene_tool *tool)
{
    struct wire_transform pose = {.R = {1, 0, 0, 0, 1, 0, 0, 0, 1}};
    for (int i = 0; i < 9 && tool->has_pose != 0; ++i) {
        pose.R[i] = (float)tool->R_image[i];
    }
    for (int i = 0; i < 3 && tool->has_pose != 0; ++i) {
        pose.t_mm[i] = (float)tool->tip_image_mm[i];
    }
    return pose;
}

struct words {
    size_t count;
    struct wire_metadata_entry entries[ENTRIES_MAX];
    char error[NUMBER_SIZE];
};

static void say(struct words *words, const char *key, const char *value)
{
    words->entries[words->count++] = wire_metadata_text(key, value);
}

static void words_of(const struct srv_publisher *publisher, const struct nav_scene *scene,
                     uint32_t index, struct words *words)
{
    const struct nav_scene_tool *tool = &scene->tools[index];
    words->count = 0;
    say(words, "TransformStatus", status_word(tool));
    say(words, "TransformValid", tool->has_pose != 0 ? "1" : "0");
    say(words, "Space", "LPS");
    say(words, "Trust", tool->has_pose != 0 ? nav_trust_name(scene->trust) : "withheld");
    if (tool->reason != NAV_REASON_NONE) {
        say(words, "Reason", nav_reason_name(tool->reason));
    }
    if (isfinite(tool->error_mm)) {
        (void)snprintf(words->error, sizeof(words->error), "%.3f", tool->error_mm);
        say(words, "TransformError", words->error);
    }
    if (scene->mode != NAV_MODE_LIVE) {
        say(words, "Mode", nav_mode_name(scene->mode));
    }
    if (strlen(publisher->names[index]) > WIRE_DEVICE_SIZE) {
        say(words, "IGTL_DEVICE_NAME", publisher->names[index]);
    }
}

/* Whether a tool's pose may go out. Version 1 cannot say that a pose is a recorded one, and who
 * reads it would take it for live. */
static bool shows_pose(const struct nav_scene *scene, uint32_t index, uint16_t version)
{
    return scene->tools[index].has_pose != 0 &&
           (version != WIRE_VERSION_PLAIN || scene->mode != NAV_MODE_REPLAY);
}

/* Appends one tool's TRANSFORM. NAV_AGAIN: this version has nothing to hear. */
static enum nav_status pack_tool(const struct srv_publisher *publisher,
                                 const struct nav_scene *scene, uint32_t index, uint16_t version,
                                 struct wire_writer *writer)
{
    const struct nav_scene_tool *tool = &scene->tools[index];
    struct words words = {.count = 0};
    if (version == WIRE_VERSION_PLAIN &&
        (!shows_pose(scene, index, version) || publisher->ambiguous[index])) {
        return NAV_AGAIN;
    }
    if (version == WIRE_VERSION_EXTENDED) {
        words_of(publisher, scene, index, &words);
    }
    const struct wire_pack pack =
        wire_pack_begin(writer, &(struct wire_pack_head){.version = version,
                                                         .kind = WIRE_KIND_TRANSFORM,
                                                         .device = publisher->devices[index],
                                                         .utc_ns = acquired_ns(scene, tool)});
    const struct wire_transform pose = wire_pose(tool);
    wire_transform_encode(writer, &pose);
    return wire_pack_end(&pack, words.entries, words.count);
}

static void append(struct srv_publisher *publisher, const struct nav_scene *scene, uint32_t index,
                   uint16_t version)
{
    struct srv_publisher_batch *batch = &publisher->batches[version - WIRE_VERSION_PLAIN];
    for (int attempt = 0; attempt < 2; ++attempt) {
        struct wire_writer writer =
            wire_writer_of(batch->bytes + batch->size, sizeof(batch->bytes) - batch->size);
        const enum nav_status status = pack_tool(publisher, scene, index, version, &writer);
        if (status == NAV_OK) {
            batch->size += writer.size;
        }
        if (status != NAV_ERR_FULL) {
            return;
        }
        /* Newest wins: what is in the way is older than this. */
        ++publisher->left_out;
        batch->size = 0;
    }
}

void srv_publisher_collect(struct srv_publisher *publisher, const struct nav_scene *scene)
{
    for (uint32_t i = 0; i < publisher->tool_count; ++i) {
        const struct nav_scene_tool *tool = &scene->tools[i];
        const struct srv_published now = {
            .shown = tool->has_pose != 0,
            .arrival_ns = tool->has_pose != 0 ? tool->arrival_ns : 0,
            .device_ns = tool->has_pose != 0 ? tool->device_ns : 0,
            .state = tool->state,
            .reason = tool->reason,
        };
        struct srv_published *last = &publisher->last[i];
        const bool new_pose = now.shown && (!last->shown || now.arrival_ns != last->arrival_ns ||
                                            now.device_ns != last->device_ns);
        const bool new_words =
            now.shown != last->shown || now.state != last->state || now.reason != last->reason;
        if (new_pose) {
            append(publisher, scene, i, WIRE_VERSION_PLAIN);
        }
        if (new_pose || new_words) {
            append(publisher, scene, i, WIRE_VERSION_EXTENDED);
        }
        *last = now;
    }
}

const struct srv_publisher_batch *srv_publisher_batch(const struct srv_publisher *publisher,
                                                      uint16_t version)
{
    return &publisher->batches[version - WIRE_VERSION_PLAIN];
}

void srv_publisher_end_batch(struct srv_publisher *publisher)
{
    for (int i = 0; i < SRV_PUBLISHER_VERSIONS; ++i) {
        publisher->batches[i].size = 0;
    }
}

size_t srv_publisher_state(const struct srv_publisher *publisher, const struct nav_scene *scene,
                           uint16_t version, uint8_t out_bytes[SRV_PUBLISHER_STATE_MAX])
{
    struct wire_writer writer = wire_writer_of(out_bytes, SRV_PUBLISHER_STATE_MAX);
    for (uint32_t i = 0; i < publisher->tool_count; ++i) {
        if (pack_tool(publisher, scene, i, version, &writer) == NAV_ERR_FULL) {
            break;
        }
    }
    return writer.size;
}

size_t srv_publisher_tdata(const struct srv_publisher *publisher, const struct nav_scene *scene,
                           uint16_t version, uint8_t out_bytes[SRV_PUBLISHER_STATE_MAX])
{
    struct wire_writer writer = wire_writer_of(out_bytes, SRV_PUBLISHER_STATE_MAX);
    struct wire_metadata_entry entries[NAV_TOOLS_MAX + 2];
    char keys[NAV_TOOLS_MAX][WIRE_TOOL_NAME_SIZE + sizeof("Status")];
    size_t count = 0;
    int64_t newest_ns = 0;
    for (uint32_t i = 0; i < publisher->tool_count; ++i) {
        const int64_t taken_ns = acquired_ns(scene, &scene->tools[i]);
        newest_ns = scene->tools[i].has_pose != 0 && taken_ns > newest_ns ? taken_ns : newest_ns;
    }
    const struct wire_pack pack = wire_pack_begin(
        &writer, &(struct wire_pack_head){.version = version,
                                          .kind = WIRE_KIND_TDATA,
                                          .device = TDATA_DEVICE,
                                          .utc_ns = newest_ns > 0 ? newest_ns : scene->utc_ns});
    for (uint32_t i = 0; i < publisher->tool_count; ++i) {
        const struct nav_scene_tool *tool = &scene->tools[i];
        if (publisher->ambiguous[i]) {
            continue;
        }
        if (shows_pose(scene, i, version)) {
            struct wire_tdata_tool entry = {.instrument = INSTRUMENT_6D, .pose = wire_pose(tool)};
            memcpy(entry.name, publisher->devices[i], sizeof(entry.name));
            entry.name_length = (uint8_t)strlen(entry.name);
            wire_tdata_tool_encode(&writer, &entry);
        }
        if (version == WIRE_VERSION_EXTENDED) {
            (void)snprintf(keys[i], sizeof(keys[i]), "%sStatus", publisher->devices[i]);
            entries[count++] = wire_metadata_text(keys[i], status_word(tool));
        }
    }
    if (version == WIRE_VERSION_EXTENDED) {
        entries[count++] = wire_metadata_text("Space", "LPS");
        if (scene->mode != NAV_MODE_LIVE) {
            entries[count++] = wire_metadata_text("Mode", nav_mode_name(scene->mode));
        }
    }
    return wire_pack_end(&pack, entries, count) == NAV_OK ? writer.size : 0;
}
