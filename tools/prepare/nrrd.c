#include "nrrd.h"

#include <stdio.h>
#include <stdlib.h>
#include <zlib.h>

size_t prep_volume_count(const struct prep_volume *volume)
{
    return (size_t)volume->size[0] * (size_t)volume->size[1] * (size_t)volume->size[2];
}

void prep_volume_finish(struct prep_volume *volume)
{
    free(volume->voxels);
    volume->voxels = NULL;
}

/* Deflates with a gzip wrapper; its time stamp stays 0. */
static enum nav_status write_gzip(FILE *file, const unsigned char *bytes, size_t size)
{
    enum { GZIP_WINDOW = 15 + 16, LEVEL = 1, MEMORY = 9, CHUNK = 1 << 18 };
    z_stream stream = {0};
    if (deflateInit2(&stream, LEVEL, Z_DEFLATED, GZIP_WINDOW, MEMORY, Z_DEFAULT_STRATEGY) != Z_OK) {
        return NAV_ERR_MEMORY;
    }
    unsigned char *out = malloc(CHUNK);
    enum nav_status status = out != NULL ? NAV_OK : NAV_ERR_MEMORY;
    size_t done = 0;
    int result = Z_OK;
    while (status == NAV_OK && result != Z_STREAM_END) {
        if (stream.avail_in == 0 && done < size) {
            const size_t part = size - done < CHUNK ? size - done : CHUNK;
            stream.next_in = (unsigned char *)(bytes + done);
            stream.avail_in = (unsigned)part;
            done += part;
        }
        stream.next_out = out;
        stream.avail_out = CHUNK;
        result = deflate(&stream, done == size ? Z_FINISH : Z_NO_FLUSH);
        const size_t ready = CHUNK - stream.avail_out;
        if (result == Z_STREAM_ERROR || fwrite(out, 1, ready, file) != ready) {
            status = NAV_ERR_IO;
        }
    }
    (void)deflateEnd(&stream);
    free(out);
    return status;
}

enum nav_status prep_nrrd_write(const struct prep_volume *volume, const char *key_values,
                                const char *path)
{
    const int byte_size = volume->type == PREP_VOXEL_U8 ? 1 : 2;
    FILE *file = fopen(path, "wb");
    if (file == NULL) {
        return NAV_ERR_IO;
    }
    fprintf(file,
            "NRRD0004\ntype: %s\ndimension: 3\nspace: left-posterior-superior\n"
            "sizes: %d %d %d\nspace directions: (%.17g,0,0) (0,%.17g,0) (0,0,%.17g)\n"
            "kinds: domain domain domain\nencoding: gzip\nspace origin: (%.17g,%.17g,%.17g)\n"
            "space units: \"mm\" \"mm\" \"mm\"\n",
            volume->type == PREP_VOXEL_U8 ? "uint8" : "int16", volume->size[0], volume->size[1],
            volume->size[2], volume->spacing[0], volume->spacing[1], volume->spacing[2],
            volume->origin[0], volume->origin[1], volume->origin[2]);
    if (byte_size > 1) {
        fprintf(file, "endian: %s\n", __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? "little" : "big");
    }
    fprintf(file, "%s\n", key_values != NULL ? key_values : "");
    enum nav_status status =
        write_gzip(file, volume->voxels, prep_volume_count(volume) * (size_t)byte_size);
    const int failed = ferror(file);
    if ((fclose(file) != 0 || failed) && status == NAV_OK) {
        status = NAV_ERR_IO;
    }
    return status;
}
