/* Pictures between two processes of this machine: a head and the pixels, one after the other in a
 * pipe, in the machine's own byte order. Either end may be gone or wrong: a reader believes no size
 * before it was looked at.
 *
 * Thread: one a descriptor. */
#ifndef FILM_FRAME_H
#define FILM_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nav/status.h"

enum { FILM_SIDE_MAX = 8192, FILM_PIXELS_MAX = 3840 * 2160 };

struct film_head {
    int32_t width_px, height_px;
    int32_t channels; /* 1: grey; 3: the order is the user's */
    int64_t time_ns;  /* of the picture, monotonic */
    int64_t utc_ns;   /* the same in UTC as its sender or this machine had it; 0: not known */
};

/* Whether its sizes may be believed: sides from 1 to FILM_SIDE_MAX, at most FILM_PIXELS_MAX pixels,
 * 1 or 3 channels. */
bool film_head_is_good(const struct film_head *head);

size_t film_size(const struct film_head *head); /* bytes of the pixels */

/* Grows and is used again; the zero struct is empty. */
struct film_buffer {
    uint8_t *bytes;
    size_t capacity;
};

/* Room for a picture. NAV_ERR_MEMORY. */
NAV_MUST_USE enum nav_status film_buffer_reserve(struct film_buffer *buffer, size_t size);
void film_buffer_finish(struct film_buffer *buffer);

/* Reads one picture, waiting for it. NAV_END: the other end is gone, between two pictures;
 * NAV_ERR_LENGTH: within one; NAV_ERR_SYNTAX: no head; NAV_ERR_RANGE: a head whose sizes are not
 * believed; NAV_ERR_IO, NAV_ERR_MEMORY. */
NAV_MUST_USE enum nav_status film_read(int fd, struct film_head *out_head,
                                       struct film_buffer *buffer);

/* Writes one, waiting for room. NAV_ERR_IO: the other end is gone; the caller ignores SIGPIPE. */
NAV_MUST_USE enum nav_status film_write(int fd, const struct film_head *head, const uint8_t *bytes);

#endif
