#include "keyframes.h"

#include <stdlib.h>
#include <string.h>

#include <zstd.h>

enum { PARTS_MAX = SRV_ENGINE_PARTS_MAX + 1, LEVEL = 1 };

struct kept {
    struct srv_keyframe keyframe;
    void *packed;
    size_t size;
};

struct srv_keyframes {
    int64_t every_ns;
    /* One state, unpacked. All are packed from here and put back to here, and to nowhere else: the
     * pointers in it stay right. */
    struct srv_engine *engine;
    struct nav_scene scene;
    size_t part_count;
    struct trk_memory parts[PARTS_MAX];
    size_t plain_size, room_size;
    uint8_t *plain; /* all parts behind each other */
    uint8_t *room;  /* for packing */
    ZSTD_CCtx *packer;
    ZSTD_DCtx *unpacker;
    size_t count;
    struct kept kept[SRV_KEYFRAMES_MAX];
};

enum nav_status srv_keyframes_create(int64_t every_ns, struct srv_keyframes **out_keyframes)
{
    struct srv_keyframes *keyframes = calloc(1, sizeof(*keyframes));
    if (keyframes == NULL) {
        return NAV_ERR_MEMORY;
    }
    keyframes->every_ns = every_ns;
    keyframes->packer = ZSTD_createCCtx();
    keyframes->unpacker = ZSTD_createDCtx();
    if (keyframes->packer == NULL || keyframes->unpacker == NULL) {
        srv_keyframes_destroy(keyframes);
        return NAV_ERR_MEMORY;
    }
    *out_keyframes = keyframes;
    return NAV_OK;
}

void srv_keyframes_destroy(struct srv_keyframes *keyframes)
{
    if (keyframes == NULL) {
        return;
    }
    for (size_t i = 0; i < keyframes->count; ++i) {
        free(keyframes->kept[i].packed);
    }
    srv_engine_destroy(keyframes->engine);
    free(keyframes->plain);
    free(keyframes->room);
    (void)ZSTD_freeCCtx(keyframes->packer);
    (void)ZSTD_freeDCtx(keyframes->unpacker);
    free(keyframes);
}

bool srv_keyframes_is_due(const struct srv_keyframes *keyframes, int64_t at_ns)
{
    const size_t count = keyframes->count;
    return count == 0 || at_ns - keyframes->kept[count - 1].keyframe.at_ns >= keyframes->every_ns;
}

/* ---- packing ---- */

/* The one unpacked state, with the first keyframe. */
static enum nav_status make_state(struct srv_keyframes *keyframes, const struct srv_engine *engine)
{
    const enum nav_status status = srv_engine_keep(engine, &keyframes->engine);
    if (status != NAV_OK) {
        return status;
    }
    keyframes->part_count = srv_engine_memory(keyframes->engine, keyframes->parts);
    keyframes->parts[keyframes->part_count++] =
        (struct trk_memory){.start = &keyframes->scene, .size = sizeof(keyframes->scene)};
    for (size_t i = 0; i < keyframes->part_count; ++i) {
        keyframes->plain_size += keyframes->parts[i].size;
    }
    keyframes->room_size = ZSTD_compressBound(keyframes->plain_size);
    keyframes->plain = malloc(keyframes->plain_size);
    keyframes->room = malloc(keyframes->room_size);
    return keyframes->plain != NULL && keyframes->room != NULL ? NAV_OK : NAV_ERR_MEMORY;
}

/* The state, behind each other and then packed, as a block of its own. */
static enum nav_status pack(struct srv_keyframes *keyframes, struct kept *out_kept)
{
    uint8_t *at = keyframes->plain;
    for (size_t i = 0; i < keyframes->part_count; ++i) {
        memcpy(at, keyframes->parts[i].start, keyframes->parts[i].size);
        at += keyframes->parts[i].size;
    }
    const size_t size = ZSTD_compressCCtx(keyframes->packer, keyframes->room, keyframes->room_size,
                                          keyframes->plain, keyframes->plain_size, LEVEL);
    if (ZSTD_isError(size)) {
        return NAV_ERR_MEMORY;
    }
    out_kept->packed = malloc(size);
    if (out_kept->packed == NULL) {
        return NAV_ERR_MEMORY;
    }
    memcpy(out_kept->packed, keyframes->room, size);
    out_kept->size = size;
    return NAV_OK;
}

static enum nav_status unpack(struct srv_keyframes *keyframes, const struct kept *kept)
{
    if (ZSTD_decompressDCtx(keyframes->unpacker, keyframes->plain, keyframes->plain_size,
                            kept->packed, kept->size) != keyframes->plain_size) {
        return NAV_ERR_MEMORY;
    }
    const uint8_t *at = keyframes->plain;
    for (size_t i = 0; i < keyframes->part_count; ++i) {
        memcpy(keyframes->parts[i].start, at, keyframes->parts[i].size);
        at += keyframes->parts[i].size;
    }
    return NAV_OK;
}

/* ---- keeping ---- */

/* Every second one goes; the first stays. */
static void thin_out(struct srv_keyframes *keyframes)
{
    size_t left = 0;
    for (size_t i = 0; i < keyframes->count; ++i) {
        if (i % 2 == 0) {
            keyframes->kept[left++] = keyframes->kept[i];
        } else {
            free(keyframes->kept[i].packed);
        }
    }
    keyframes->count = left;
    keyframes->every_ns *= 2;
}

enum nav_status srv_keyframes_add(struct srv_keyframes *keyframes,
                                  const struct srv_keyframe *keyframe,
                                  const struct srv_engine *engine, const struct nav_scene *scene)
{
    enum nav_status status = keyframes->engine == NULL ? make_state(keyframes, engine) : NAV_OK;
    if (status != NAV_OK) {
        return status;
    }
    if (keyframes->count == SRV_KEYFRAMES_MAX) {
        thin_out(keyframes);
    }
    srv_engine_copy(keyframes->engine, engine);
    keyframes->scene = *scene;
    struct kept *kept = &keyframes->kept[keyframes->count];
    *kept = (struct kept){.keyframe = *keyframe};
    status = pack(keyframes, kept);
    keyframes->count += status == NAV_OK;
    return status;
}

size_t srv_keyframes_count(const struct srv_keyframes *keyframes)
{
    return keyframes->count;
}

size_t srv_keyframes_find_time(const struct srv_keyframes *keyframes, int64_t at_ns)
{
    size_t found = 0;
    while (found + 1 < keyframes->count && keyframes->kept[found + 1].keyframe.at_ns <= at_ns) {
        ++found;
    }
    return found;
}

size_t srv_keyframes_find_number(const struct srv_keyframes *keyframes, uint64_t number)
{
    size_t found = 0;
    while (found + 1 < keyframes->count && keyframes->kept[found + 1].keyframe.number <= number) {
        ++found;
    }
    return found;
}

const struct srv_keyframe *srv_keyframes_get(const struct srv_keyframes *keyframes, size_t index)
{
    return &keyframes->kept[index].keyframe;
}

enum nav_status srv_keyframes_restore(struct srv_keyframes *keyframes, size_t index,
                                      struct srv_engine *engine, struct nav_scene *out_scene)
{
    const enum nav_status status = unpack(keyframes, &keyframes->kept[index]);
    if (status == NAV_OK) {
        srv_engine_copy(engine, keyframes->engine);
        *out_scene = keyframes->scene;
    }
    return status;
}
