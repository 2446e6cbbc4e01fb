#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "volume_internal.h"

enum { GZIP_WINDOW = 15 + 16 };

static const size_t deflate_ratio_max = 1032; /* deflate cannot pack more tightly (zlib, FAQ) */
static const size_t deflate_slack = 1024;

struct cfg_stream {
    const struct cfg_volume_source *source;
    const uint8_t *at, *end;
    bool gzip;
    bool ended; /* the last gzip member is complete, its checksum good */
    z_stream zlib;
};

static enum nav_status refuse_end(const struct cfg_stream *stream)
{
    return cfg_error_set(stream->source->error, NAV_ERR_LENGTH,
                         "%s: ends before all voxels; it is truncated, copy it again",
                         stream->source->name);
}

enum nav_status cfg_stream_create(const struct cfg_volume_source *source, size_t offset, bool gzip,
                                  struct cfg_stream **out_stream)
{
    struct cfg_stream *stream = calloc(1, sizeof(*stream));
    if (stream == NULL || (gzip && inflateInit2(&stream->zlib, GZIP_WINDOW) != Z_OK)) {
        free(stream);
        return cfg_error_set(source->error, NAV_ERR_MEMORY, "%s: out of memory", source->name);
    }
    stream->source = source;
    stream->gzip = gzip;
    stream->at = source->bytes + offset;
    stream->end = source->bytes + source->size;
    *out_stream = stream;
    return NAV_OK;
}

void cfg_stream_destroy(struct cfg_stream *stream)
{
    if (stream == NULL) {
        return;
    }
    if (stream->gzip) {
        (void)inflateEnd(&stream->zlib);
    }
    free(stream);
}

/* Inflates up to `size` bytes; at the end of a gzip member goes on with the next. */
static enum nav_status inflate_some(struct cfg_stream *stream, uint8_t *out_bytes, size_t size,
                                    size_t *out_count)
{
    if (stream->ended && stream->at < stream->end) {
        if (inflateReset(&stream->zlib) != Z_OK) {
            return NAV_ERR_MEMORY;
        }
        stream->ended = false;
    }
    if (stream->ended) {
        *out_count = 0;
        return NAV_OK;
    }
    const size_t left = (size_t)(stream->end - stream->at);
    stream->zlib.next_in = (Bytef *)stream->at;
    stream->zlib.avail_in = left < UINT_MAX ? (unsigned)left : UINT_MAX;
    stream->zlib.next_out = out_bytes;
    stream->zlib.avail_out = size < UINT_MAX ? (unsigned)size : UINT_MAX;
    const unsigned wanted = stream->zlib.avail_out;
    const int result = inflate(&stream->zlib, Z_NO_FLUSH);
    stream->at = stream->zlib.next_in;
    *out_count = wanted - stream->zlib.avail_out;
    if (result == Z_STREAM_END) {
        stream->ended = true;
        return NAV_OK;
    }
    if (result == Z_MEM_ERROR) {
        return cfg_error_set(stream->source->error, NAV_ERR_MEMORY, "%s: out of memory",
                             stream->source->name);
    }
    if (result == Z_BUF_ERROR || (result == Z_OK && *out_count == 0 && stream->at == stream->end)) {
        return refuse_end(stream);
    }
    if (result != Z_OK) {
        return cfg_error_set(stream->source->error, NAV_ERR_CHECKSUM,
                             "%s: its compressed data are damaged (%s); copy it again",
                             stream->source->name,
                             stream->zlib.msg != NULL ? stream->zlib.msg : "no gzip data");
    }
    return NAV_OK;
}

enum nav_status cfg_stream_read(struct cfg_stream *stream, uint8_t *out_bytes, size_t size)
{
    if (!stream->gzip) {
        if ((size_t)(stream->end - stream->at) < size) {
            return refuse_end(stream);
        }
        memcpy(out_bytes, stream->at, size);
        stream->at += size;
        return NAV_OK;
    }
    for (size_t done = 0; done < size;) {
        if (stream->ended && stream->at == stream->end) {
            return refuse_end(stream);
        }
        size_t count = 0;
        const enum nav_status status = inflate_some(stream, out_bytes + done, size - done, &count);
        if (status != NAV_OK) {
            return status;
        }
        done += count;
    }
    return NAV_OK;
}

bool cfg_stream_may_hold(const struct cfg_stream *stream, size_t size)
{
    const size_t left = (size_t)(stream->end - stream->at);
    return stream->gzip ? size <= left * deflate_ratio_max + deflate_slack : size <= left;
}

enum nav_status cfg_stream_end(struct cfg_stream *stream)
{
    while (stream->gzip && !(stream->ended && stream->at == stream->end)) {
        uint8_t extra;
        size_t count = 0;
        const enum nav_status status = inflate_some(stream, &extra, 1, &count);
        if (status != NAV_OK) {
            return status;
        }
        if (count > 0) {
            return cfg_error_set(stream->source->error, NAV_ERR_LENGTH,
                                 "%s: holds more data than its header promises; export it again",
                                 stream->source->name);
        }
    }
    if (stream->at < stream->end) {
        return cfg_error_set(stream->source->error, NAV_ERR_LENGTH,
                             "%s: %zu bytes follow the last voxel; export it again",
                             stream->source->name, (size_t)(stream->end - stream->at));
    }
    return NAV_OK;
}
