/* OpenIGTLink IMAGE to a picture and back. Pure. Thread: any. */
#ifndef FILM_IMAGE_H
#define FILM_IMAGE_H

#include <stdint.h>

#include "film_frame.h"
#include "nav/status.h"
#include "wire_cursor.h"

/* A picture of a camera: one slice, whole, unsigned bytes, grey or red green blue; its matrix is
 * finite (and not used: a camera's picture has its place by calibration). Sets sizes and channels
 * of `out_head`; pixels as blue green red. `why` tells a refusal. NAV_ERR_UNSUPPORTED: an image
 * that is no such picture; NAV_ERR_RANGE: sizes or a matrix that no picture has; NAV_ERR_MEMORY;
 * those of wire_image_decode. */
NAV_MUST_USE enum nav_status film_image_take(const uint8_t *content, size_t size,
                                             struct film_head *out_head, struct film_buffer *buffer,
                                             char why[128]);

/* The content of an IMAGE of red green blue or grey bytes, 1 mm a pixel, LPS. The writer fails
 * where it does not fit. */
void film_image_encode(struct wire_writer *writer, const struct film_head *head,
                       const uint8_t *pixels);

/* Bytes that the content takes. */
size_t film_image_size(const struct film_head *head);

#endif
