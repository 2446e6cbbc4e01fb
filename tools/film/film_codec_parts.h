/* Inside of the encoder, for the file that takes what it gives. Thread: one. */
#ifndef FILM_CODEC_PARTS_H
#define FILM_CODEC_PARTS_H

#include <libavcodec/avcodec.h>

struct film_encoder;

AVCodecContext *film_encoder_context(struct film_encoder *encoder);
AVPacket *film_encoder_packet(struct film_encoder *encoder); /* of the last picture */

#endif
