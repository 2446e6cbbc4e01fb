#include "film_codec.h"

#include <stdlib.h>
#include <string.h>

#include <libavcodec/avcodec.h>
#include <libavutil/opt.h>
#include <libswscale/swscale.h>

#include "film_codec_parts.h"

static const struct {
    const char *four; /* OpenIGTLink's */
    enum AVCodecID id;
    const char *encoder; /* FFmpeg's name of one for live pictures; NULL: none is used */
} codecs[] = {{"H264", AV_CODEC_ID_H264, "libx264"},
              {"VP90", AV_CODEC_ID_VP9, "libvpx-vp9"},
              {"X265", AV_CODEC_ID_HEVC, NULL},
              {"AV10", AV_CODEC_ID_AV1, NULL}};

enum { CODECS = sizeof(codecs) / sizeof(codecs[0]), KEY_EVERY = 30 };

/* ---- decoding ------------------------------------------------------------------------------- */

struct film_decoder {
    AVCodecContext *context;
    AVPacket *packet;
    AVFrame *frame;
    struct SwsContext *scale;
};

enum nav_status film_decoder_create(const char *codec, struct film_decoder **out_decoder)
{
    const AVCodec *found = NULL;
    for (int i = 0; i < CODECS && found == NULL; ++i) {
        found = strcmp(codecs[i].four, codec) == 0 ? avcodec_find_decoder(codecs[i].id) : NULL;
    }
    if (found == NULL) {
        return NAV_ERR_UNSUPPORTED;
    }
    av_log_set_level(AV_LOG_QUIET); /* a peer's bytes must not fill the log */
    struct film_decoder *decoder = calloc(1, sizeof(*decoder));
    if (decoder == NULL) {
        return NAV_ERR_MEMORY;
    }
    decoder->context = avcodec_alloc_context3(found);
    decoder->packet = av_packet_alloc();
    decoder->frame = av_frame_alloc();
    if (decoder->context != NULL) {
        decoder->context->max_pixels = FILM_PIXELS_MAX;
        decoder->context->thread_count = 1;
        decoder->context->flags |= AV_CODEC_FLAG_LOW_DELAY;
        decoder->context->err_recognition = AV_EF_CRCCHECK | AV_EF_BITSTREAM | AV_EF_EXPLODE;
    }
    if (decoder->context == NULL || decoder->packet == NULL || decoder->frame == NULL ||
        avcodec_open2(decoder->context, found, NULL) < 0) {
        film_decoder_destroy(decoder);
        return NAV_ERR_MEMORY;
    }
    *out_decoder = decoder;
    return NAV_OK;
}

void film_decoder_destroy(struct film_decoder *decoder)
{
    if (decoder == NULL) {
        return;
    }
    avcodec_free_context(&decoder->context);
    av_packet_free(&decoder->packet);
    av_frame_free(&decoder->frame);
    sws_freeContext(decoder->scale);
    free(decoder);
}

static enum nav_status convert(struct film_decoder *decoder, struct film_head *out_head,
                               struct film_buffer *buffer)
{
    const AVFrame *frame = decoder->frame;
    struct film_head head = *out_head;
    head.width_px = frame->width;
    head.height_px = frame->height;
    head.channels = 3;
    if (!film_head_is_good(&head)) {
        return NAV_ERR_RANGE;
    }
    decoder->scale = sws_getCachedContext(
        decoder->scale, frame->width, frame->height, (enum AVPixelFormat)frame->format,
        frame->width, frame->height, AV_PIX_FMT_BGR24, SWS_POINT, NULL, NULL, NULL);
    if (decoder->scale == NULL || film_buffer_reserve(buffer, film_size(&head)) != NAV_OK) {
        return NAV_ERR_MEMORY;
    }
    uint8_t *const rows[1] = {buffer->bytes};
    const int strides[1] = {3 * frame->width};
    if (sws_scale(decoder->scale, (const uint8_t *const *)frame->data, frame->linesize, 0,
                  frame->height, rows, strides) != frame->height) {
        return NAV_ERR_SYNTAX;
    }
    *out_head = head;
    return NAV_OK;
}

enum nav_status film_decoder_take(struct film_decoder *decoder, const uint8_t *bytes, size_t size,
                                  struct film_head *out_head, struct film_buffer *buffer)
{
    /* A copy with the room behind it that FFmpeg reads over. */
    if (size == 0 || size > INT32_MAX / 2) {
        return NAV_ERR_SYNTAX;
    }
    if (av_new_packet(decoder->packet, (int)size) < 0) {
        return NAV_ERR_MEMORY;
    }
    memcpy(decoder->packet->data, bytes, size);
    const int sent = avcodec_send_packet(decoder->context, decoder->packet);
    av_packet_unref(decoder->packet);
    if (sent < 0) {
        return NAV_ERR_SYNTAX;
    }
    enum nav_status status = NAV_AGAIN;
    for (;;) { /* the newest, where one packet gives several */
        const int got = avcodec_receive_frame(decoder->context, decoder->frame);
        if (got == AVERROR(EAGAIN)) {
            return status;
        }
        if (got < 0) {
            return NAV_ERR_SYNTAX;
        }
        status = convert(decoder, out_head, buffer);
        av_frame_unref(decoder->frame);
        if (status != NAV_OK) {
            return status;
        }
    }
}

/* ---- encoding ------------------------------------------------------------------------------- */

struct film_encoder {
    AVCodecContext *context;
    AVPacket *packet;
    AVFrame *frame;
    struct SwsContext *scale;
    int width_px, height_px; /* of the pictures that come in */
    char codec[5];
};

AVCodecContext *film_encoder_context(struct film_encoder *encoder)
{
    return encoder->context;
}

AVPacket *film_encoder_packet(struct film_encoder *encoder)
{
    return encoder->packet;
}

static bool open_encoder(struct film_encoder *encoder, const char *name, int width_px,
                         int height_px, bool for_file)
{
    const AVCodec *found = avcodec_find_encoder_by_name(name);
    AVCodecContext *context = found != NULL ? avcodec_alloc_context3(found) : NULL;
    if (context == NULL) {
        return false;
    }
    context->width = width_px & ~1;
    context->height = height_px & ~1;
    context->pix_fmt = AV_PIX_FMT_YUV420P;
    context->time_base = (AVRational){1, 1000000};
    context->framerate = (AVRational){0, 1}; /* any: every picture has its own time */
    context->gop_size = KEY_EVERY;
    context->max_b_frames = 0;
    context->thread_count = 1;
    context->flags |= for_file ? AV_CODEC_FLAG_GLOBAL_HEADER : 0;
    AVDictionary *options = NULL;
    if (context->codec_id == AV_CODEC_ID_H264) {
        (void)av_dict_set(&options, "preset", "ultrafast", 0);
        (void)av_dict_set(&options, "tune", "zerolatency", 0);
        (void)av_dict_set(&options, "crf", "20", 0);
    } else {
        (void)av_dict_set(&options, "deadline", "realtime", 0);
        (void)av_dict_set(&options, "cpu-used", "8", 0);
        (void)av_dict_set(&options, "lag-in-frames", "0", 0);
        (void)av_dict_set(&options, "crf", "24", 0);
    }
    const bool open = avcodec_open2(context, found, &options) >= 0;
    av_dict_free(&options);
    if (!open) {
        avcodec_free_context(&context);
        return false;
    }
    encoder->context = context;
    return true;
}

enum nav_status film_encoder_create(const char *wanted, int width_px, int height_px, bool for_file,
                                    struct film_encoder **out_encoder)
{
    if (width_px < 2 || height_px < 2) {
        return NAV_ERR_ARGUMENT;
    }
    av_log_set_level(AV_LOG_QUIET);
    struct film_encoder *encoder = calloc(1, sizeof(*encoder));
    if (encoder == NULL) {
        return NAV_ERR_MEMORY;
    }
    encoder->width_px = width_px;
    encoder->height_px = height_px;
    for (int i = 0; i < CODECS && encoder->context == NULL; ++i) {
        if (codecs[i].encoder != NULL && (wanted == NULL || strcmp(wanted, codecs[i].four) == 0) &&
            open_encoder(encoder, codecs[i].encoder, width_px, height_px, for_file)) {
            memcpy(encoder->codec, codecs[i].four, sizeof(encoder->codec));
        }
    }
    if (encoder->context == NULL) {
        free(encoder);
        return NAV_ERR_UNSUPPORTED;
    }
    encoder->packet = av_packet_alloc();
    encoder->frame = av_frame_alloc();
    bool good = encoder->packet != NULL && encoder->frame != NULL;
    if (good) {
        encoder->frame->format = AV_PIX_FMT_YUV420P;
        encoder->frame->width = encoder->context->width;
        encoder->frame->height = encoder->context->height;
        good = av_frame_get_buffer(encoder->frame, 0) >= 0;
        encoder->scale =
            sws_getContext(encoder->context->width, encoder->context->height, AV_PIX_FMT_RGB24,
                           encoder->context->width, encoder->context->height, AV_PIX_FMT_YUV420P,
                           SWS_POINT, NULL, NULL, NULL);
    }
    if (!good || encoder->scale == NULL) {
        film_encoder_destroy(encoder);
        return NAV_ERR_MEMORY;
    }
    *out_encoder = encoder;
    return NAV_OK;
}

void film_encoder_destroy(struct film_encoder *encoder)
{
    if (encoder == NULL) {
        return;
    }
    avcodec_free_context(&encoder->context);
    av_packet_free(&encoder->packet);
    av_frame_free(&encoder->frame);
    sws_freeContext(encoder->scale);
    free(encoder);
}

const char *film_encoder_codec(const struct film_encoder *encoder)
{
    return encoder->codec;
}

enum nav_status film_encoder_add(struct film_encoder *encoder, const struct film_head *head,
                                 const uint8_t *rgb, int64_t time_us,
                                 struct film_packet *out_packet)
{
    if (head->width_px != encoder->width_px || head->height_px != encoder->height_px ||
        head->channels != 3) {
        return NAV_ERR_ARGUMENT;
    }
    AVFrame *frame = encoder->frame;
    const uint8_t *const rows[1] = {rgb};
    const int strides[1] = {3 * head->width_px};
    if (av_frame_make_writable(frame) < 0) {
        return NAV_ERR_MEMORY;
    }
    (void)sws_scale(encoder->scale, rows, strides, 0, frame->height, frame->data, frame->linesize);
    frame->pts = time_us;
    av_packet_unref(encoder->packet);
    if (avcodec_send_frame(encoder->context, frame) < 0) {
        return NAV_ERR_IO;
    }
    const int got = avcodec_receive_packet(encoder->context, encoder->packet);
    if (got == AVERROR(EAGAIN)) {
        return NAV_AGAIN;
    }
    if (got < 0) {
        return NAV_ERR_IO;
    }
    *out_packet = (struct film_packet){.bytes = encoder->packet->data,
                                       .size = (size_t)encoder->packet->size,
                                       .time_us = encoder->packet->pts,
                                       .key = (encoder->packet->flags & AV_PKT_FLAG_KEY) != 0};
    return NAV_OK;
}
