/* VIDEO: one frame of a coded video stream; handed on as bytes, never decoded here. And
 * VIDEOMETA: what videos a peer has. Both of protocol 3.1.
 *
 * VIDEO, 76 bytes and the coded frame:
 *   offset size field
 *        0    2  version of this layout
 *        2    1  byte order of the pixels: 1 big, 2 little
 *        3    4  codec, four characters: VP90, H264, X265, ...
 *        7    2  kind of frame (key frame, ...); above 0xff: a grey one
 *        9    1  coordinates: 1 RAS, 2 LPS
 *       10    6  size i j k, uint16
 *       16   48  12 float32: steps along i, j, k and the centre, mm, as in IMAGE
 *       64    6  first pixel of the box i j k, uint16
 *       70    6  size of the box i j k, uint16
 *       76    n  coded frame, to the end of the content
 * STT_VIDEO, 8 bytes: 4 codec, 4 least time between two frames in ms, uint32.
 * VIDEOMETA, any number (also 0) of entries of 322 bytes; texts may use all their bytes:
 *        0   64  name or description
 *       64   64  device name, asked for with STT_VIDEO
 *      128   64  patient's name
 *      192   64  patient's id
 *      256    2  zoom level, int16
 *      258    8  focal length, float64, mm
 *      266    6  size i j k, uint16
 *      272   48  12 float32 as above
 *      320    1  scalar type (wire_scalar.h)
 *      321    1  reserved
 * Patient data: never logged, never put in a file name.
 * Pure. Views point into the content. Thread: any. */
#ifndef WIRE_VIDEO_H
#define WIRE_VIDEO_H

#include <stddef.h>
#include <stdint.h>

#include "nav/status.h"
#include "wire_cursor.h"

enum {
    WIRE_VIDEO_HEADER_SIZE = 76,
    WIRE_VIDEO_START_SIZE = 8,
    WIRE_VIDEOMETA_ENTRY_SIZE = 322,
    WIRE_CODEC_SIZE = 4
};

struct wire_video {
    uint16_t version;
    uint8_t endian;
    char codec[WIRE_CODEC_SIZE + 1];
    uint16_t frame_kind;
    uint8_t coordinates;
    uint16_t size[3];
    float matrix[12];
    uint16_t box_first[3];
    uint16_t box_size[3];
    const uint8_t *frame; /* NULL when empty */
    size_t frame_size;
};

struct wire_video_start {
    char codec[WIRE_CODEC_SIZE + 1];
    uint32_t interval_ms;
};

struct wire_videometa_entry {
    char name[64 + 1];
    char device[64 + 1];
    char patient_name[64 + 1];
    char patient_id[64 + 1];
    int16_t zoom;
    double focal_length_mm;
    uint16_t size[3];
    float matrix[12];
    uint8_t scalar;
    uint8_t reserved;
};

/* NAV_ERR_LENGTH below 76 bytes. */
NAV_MUST_USE enum nav_status wire_check_video(const uint8_t *content, size_t size);

/* Same errors as the check. */
NAV_MUST_USE enum nav_status wire_video_decode(const uint8_t *content, size_t size,
                                               struct wire_video *out_video);

void wire_video_encode(struct wire_writer *writer, const struct wire_video *video);

/* NAV_ERR_LENGTH unless exactly 8 bytes. */
NAV_MUST_USE enum nav_status wire_check_video_start(const uint8_t *content, size_t size);

/* Same errors as the check. */
NAV_MUST_USE enum nav_status wire_video_start_decode(const uint8_t *content, size_t size,
                                                     struct wire_video_start *out_start);

void wire_video_start_encode(struct wire_writer *writer, const struct wire_video_start *start);

/* NAV_ERR_LENGTH unless a whole number of entries. */
NAV_MUST_USE enum nav_status wire_check_videometa(const uint8_t *content, size_t size);

/* Entry `index`, counted from 0; NAV_ERR_RANGE behind the last one; NAV_ERR_LENGTH
 * as the check. Texts are not judged. */
NAV_MUST_USE enum nav_status wire_videometa_at(const uint8_t *content, size_t size, size_t index,
                                               struct wire_videometa_entry *out_entry);

void wire_videometa_encode(struct wire_writer *writer, const struct wire_videometa_entry *entry);

#endif
