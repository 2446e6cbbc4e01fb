#include "wire_video.h"

enum nav_status wire_check_video(const uint8_t *content, size_t size)
{
    (void)content;
    return size >= WIRE_VIDEO_HEADER_SIZE ? NAV_OK : NAV_ERR_LENGTH;
}

enum nav_status wire_video_decode(const uint8_t *content, size_t size, struct wire_video *out_video)
{
    if (size < WIRE_VIDEO_HEADER_SIZE) {
        return NAV_ERR_LENGTH;
    }
    struct wire_video video = {0};
    struct wire_reader reader = wire_reader_of(content, size);
    video.version = wire_read_u16(&reader);
    video.endian = wire_read_u8(&reader);
    wire_read_field(&reader, WIRE_CODEC_SIZE, video.codec);
    video.frame_kind = wire_read_u16(&reader);
    video.coordinates = wire_read_u8(&reader);
    wire_read_u16s(&reader, video.size, 3);
    wire_read_f32s(&reader, video.matrix, 12);
    wire_read_u16s(&reader, video.box_first, 3);
    wire_read_u16s(&reader, video.box_size, 3);
    video.frame_size = reader.left;
    if (video.frame_size != 0) {
        video.frame = wire_read_view(&reader, reader.left);
    }
    *out_video = video;
    return wire_reader_end(&reader);
}

void wire_video_encode(struct wire_writer *writer, const struct wire_video *video)
{
    wire_write_u16(writer, video->version);
    wire_write_u8(writer, video->endian);
    wire_write_field(writer, WIRE_CODEC_SIZE, video->codec);
    wire_write_u16(writer, video->frame_kind);
    wire_write_u8(writer, video->coordinates);
    wire_write_u16s(writer, video->size, 3);
    wire_write_f32s(writer, video->matrix, 12);
    wire_write_u16s(writer, video->box_first, 3);
    wire_write_u16s(writer, video->box_size, 3);
    wire_write_bytes(writer, video->frame, video->frame_size);
}

enum nav_status wire_check_video_start(const uint8_t *content, size_t size)
{
    (void)content;
    return size == WIRE_VIDEO_START_SIZE ? NAV_OK : NAV_ERR_LENGTH;
}

enum nav_status wire_video_start_decode(const uint8_t *content, size_t size,
                                        struct wire_video_start *out_start)
{
    if (size != WIRE_VIDEO_START_SIZE) {
        return NAV_ERR_LENGTH;
    }
    struct wire_reader reader = wire_reader_of(content, size);
    wire_read_field(&reader, WIRE_CODEC_SIZE, out_start->codec);
    out_start->interval_ms = wire_read_u32(&reader);
    return wire_reader_end(&reader);
}

void wire_video_start_encode(struct wire_writer *writer, const struct wire_video_start *start)
{
    wire_write_field(writer, WIRE_CODEC_SIZE, start->codec);
    wire_write_u32(writer, start->interval_ms);
}

enum nav_status wire_check_videometa(const uint8_t *content, size_t size)
{
    (void)content;
    return size % WIRE_VIDEOMETA_ENTRY_SIZE == 0 ? NAV_OK : NAV_ERR_LENGTH;
}

enum nav_status wire_videometa_at(const uint8_t *content, size_t size, size_t index,
                                  struct wire_videometa_entry *out_entry)
{
    if (size % WIRE_VIDEOMETA_ENTRY_SIZE != 0) {
        return NAV_ERR_LENGTH;
    }
    if (index >= size / WIRE_VIDEOMETA_ENTRY_SIZE) {
        return NAV_ERR_RANGE;
    }
    struct wire_reader reader =
        wire_reader_of(content + index * WIRE_VIDEOMETA_ENTRY_SIZE, WIRE_VIDEOMETA_ENTRY_SIZE);
    struct wire_videometa_entry *entry = out_entry;
    wire_read_field(&reader, sizeof entry->name - 1, entry->name);
    wire_read_field(&reader, sizeof entry->device - 1, entry->device);
    wire_read_field(&reader, sizeof entry->patient_name - 1, entry->patient_name);
    wire_read_field(&reader, sizeof entry->patient_id - 1, entry->patient_id);
    entry->zoom = (int16_t)wire_read_u16(&reader);
    entry->focal_length_mm = wire_read_f64(&reader);
    wire_read_u16s(&reader, entry->size, 3);
    wire_read_f32s(&reader, entry->matrix, 12);
    entry->scalar = wire_read_u8(&reader);
    entry->reserved = wire_read_u8(&reader);
    return wire_reader_end(&reader);
}

void wire_videometa_encode(struct wire_writer *writer, const struct wire_videometa_entry *entry)
{
    wire_write_field(writer, sizeof entry->name - 1, entry->name);
    wire_write_field(writer, sizeof entry->device - 1, entry->device);
    wire_write_field(writer, sizeof entry->patient_name - 1, entry->patient_name);
    wire_write_field(writer, sizeof entry->patient_id - 1, entry->patient_id);
    wire_write_u16(writer, (uint16_t)entry->zoom);
    wire_write_f64(writer, entry->focal_length_mm);
    wire_write_u16s(writer, entry->size, 3);
    wire_write_f32s(writer, entry->matrix, 12);
    wire_write_u8(writer, entry->scalar);
    wire_write_u8(writer, entry->reserved);
}
