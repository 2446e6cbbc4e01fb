#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <libavformat/avformat.h>

#include "film_codec.h"
#include "film_codec_parts.h"
#include "nav/time.h"

struct film_file {
    struct film_encoder *encoder;
    AVFormatContext *format;
    AVStream *stream;
    int64_t first_ns, before_us;
    bool has_head;
};

static enum nav_status refuse(char why[256], const char *what, int error)
{
    char words[AV_ERROR_MAX_STRING_SIZE] = "";
    (void)av_strerror(error, words, sizeof(words));
    (void)snprintf(why, 256, "%.160s: %.80s", what, words);
    return NAV_ERR_IO;
}

/* When the first picture was taken, as FFmpeg writes creation times. */
static void date_of(int64_t utc_ns, char out[64])
{
    const time_t seconds = (time_t)(utc_ns / NAV_NS_PER_S);
    struct tm parts;
    char day[32] = "";
    if (gmtime_r(&seconds, &parts) != NULL) {
        (void)strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%S", &parts);
    }
    (void)snprintf(out, 64, "%s.%06dZ", day, (int)(utc_ns % NAV_NS_PER_S / 1000));
}

static enum nav_status begin(struct film_file *file, const char *path,
                             const struct film_head *first, char why[256])
{
    int error = avformat_alloc_output_context2(&file->format, NULL, "matroska", path);
    if (error < 0) {
        return refuse(why, path, error);
    }
    file->stream = avformat_new_stream(file->format, NULL);
    if (file->stream == NULL) {
        return NAV_ERR_MEMORY;
    }
    char date[64];
    char utc[32];
    date_of(first->utc_ns, date);
    (void)snprintf(utc, sizeof(utc), "%lld", (long long)first->utc_ns);
    (void)av_dict_set(&file->format->metadata, "creation_time", date, 0);
    (void)av_dict_set(&file->format->metadata, "FIRST_PICTURE_UTC_NS", utc, 0);
    error = avcodec_parameters_from_context(file->stream->codecpar,
                                            film_encoder_context(file->encoder));
    file->stream->time_base = (AVRational){1, 1000000};
    /* Whole clusters of at most a second reach the file as they are closed. */
    file->format->flags |= AVFMT_FLAG_FLUSH_PACKETS;
    AVDictionary *options = NULL;
    (void)av_dict_set(&options, "cluster_time_limit", "1000", 0);
    if (error >= 0) {
        error = avio_open(&file->format->pb, path, AVIO_FLAG_WRITE);
    }
    if (error >= 0) {
        error = avformat_write_header(file->format, &options);
        file->has_head = error >= 0;
    }
    av_dict_free(&options);
    return error >= 0 ? NAV_OK : refuse(why, path, error);
}

enum nav_status film_file_create(const char *path, const struct film_head *first,
                                 struct film_file **out_file, char why[256])
{
    struct film_file *file = calloc(1, sizeof(*file));
    (void)snprintf(why, 256, "no encoder, or no memory");
    if (file == NULL) {
        return NAV_ERR_MEMORY;
    }
    file->first_ns = first->time_ns;
    file->before_us = -1;
    enum nav_status status =
        film_encoder_create(NULL, first->width_px, first->height_px, true, &file->encoder);
    if (status == NAV_OK) {
        status = begin(file, path, first, why);
    }
    if (status != NAV_OK) {
        film_file_close(file);
        return status;
    }
    *out_file = file;
    return NAV_OK;
}

enum nav_status film_file_add(struct film_file *file, const struct film_head *head,
                              const uint8_t *rgb, char why[256])
{
    struct film_packet packet;
    int64_t time_us = (head->time_ns - file->first_ns) / 1000;
    time_us = time_us > file->before_us ? time_us : file->before_us + 1;
    const enum nav_status status = film_encoder_add(file->encoder, head, rgb, time_us, &packet);
    file->before_us = time_us;
    if (status == NAV_AGAIN) {
        return NAV_OK;
    }
    if (status != NAV_OK) {
        (void)snprintf(why, 256, "the picture cannot be encoded: %s", nav_status_text(status));
        return status;
    }
    AVPacket *coded = film_encoder_packet(file->encoder);
    coded->stream_index = file->stream->index;
    av_packet_rescale_ts(coded, (AVRational){1, 1000000}, file->stream->time_base);
    const int error = av_write_frame(file->format, coded);
    if (error < 0) {
        return refuse(why, "the film cannot be written", error);
    }
    if (file->format->pb->error < 0) {
        return refuse(why, "the film cannot be written", file->format->pb->error);
    }
    return NAV_OK;
}

void film_file_close(struct film_file *file)
{
    if (file == NULL) {
        return;
    }
    if (file->has_head) {
        (void)av_write_trailer(file->format);
    }
    if (file->format != NULL) {
        (void)avio_closep(&file->format->pb);
        avformat_free_context(file->format);
    }
    film_encoder_destroy(file->encoder);
    free(file);
}
