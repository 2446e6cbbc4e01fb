/* Coded pictures, through FFmpeg's libraries as the distribution has them.
 *
 * OpenIGTLink's four characters: "VP90", "H264", "X265" (HEVC), "AV10". Which of them can be
 * decoded or encoded is the distribution's choice; what it cannot is refused by name. Coded bytes
 * come from a peer: this runs in osteonav-camera, never in the display or the core. Thread: one
 * each. */
#ifndef FILM_CODEC_H
#define FILM_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "film_frame.h"
#include "nav/status.h"

struct film_decoder;

/* NAV_ERR_UNSUPPORTED: another codec; NAV_ERR_MEMORY. */
NAV_MUST_USE enum nav_status film_decoder_create(const char *codec,
                                                 struct film_decoder **out_decoder);
void film_decoder_destroy(struct film_decoder *decoder); /* NULL is legal */

/* One coded picture: sets sizes and 3 channels (blue green red). NAV_AGAIN: it gives none yet;
 * NAV_ERR_SYNTAX: broken; NAV_ERR_RANGE: sizes that no camera has; NAV_ERR_MEMORY. */
NAV_MUST_USE enum nav_status film_decoder_take(struct film_decoder *decoder, const uint8_t *bytes,
                                               size_t size, struct film_head *out_head,
                                               struct film_buffer *buffer);

struct film_encoder;

struct film_packet {
    const uint8_t *bytes; /* the encoder's, until its next call */
    size_t size;
    int64_t time_us; /* as given */
    bool key;
};

/* For red green blue pictures of this size; sides are rounded down to even ones. Every picture
 * comes out as soon as it went in. `wanted` NULL: the first of H264, VP90. NAV_ERR_UNSUPPORTED: the
 * distribution encodes none such. */
NAV_MUST_USE enum nav_status film_encoder_create(const char *wanted, int width_px, int height_px,
                                                 bool for_file, struct film_encoder **out_encoder);
void film_encoder_destroy(struct film_encoder *encoder); /* NULL is legal */

const char *film_encoder_codec(const struct film_encoder *encoder); /* four characters */

/* Times go up. NAV_AGAIN: the picture comes out later. NAV_ERR_ARGUMENT: another size. */
NAV_MUST_USE enum nav_status film_encoder_add(struct film_encoder *encoder,
                                              const struct film_head *head, const uint8_t *rgb,
                                              int64_t time_us, struct film_packet *out_packet);

/* ---- files ---------------------------------------------------------------------------------- */
struct film_file;

/* Matroska with the codec of film_encoder_create: written a second at a time, whole up to there
 * whatever ends the program. Each picture keeps its own time; the first one's UTC is the file's.
 * NAV_ERR_IO with why in `why`. */
NAV_MUST_USE enum nav_status film_file_create(const char *path, const struct film_head *first,
                                              struct film_file **out_file, char why[256]);

/* NAV_ERR_IO: the disk is full, or gone. NAV_ERR_ARGUMENT: another size than the first. */
NAV_MUST_USE enum nav_status film_file_add(struct film_file *file, const struct film_head *head,
                                           const uint8_t *rgb, char why[256]);

/* Writes the end, too; NULL is legal. */
void film_file_close(struct film_file *file);

#endif
