/* Colours as files write them. Thread: any. */
#ifndef PREPARE_LABEL_COLOUR_H
#define PREPARE_LABEL_COLOUR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* "#rrggbb", of `length` bytes. On failure `out_colour` is untouched. */
bool prep_colour_from_hex(const char *text, size_t length, uint8_t out_colour[3]);

/* "r g b", each 0 to 1, of `length` bytes. */
bool prep_colour_from_shares(const char *text, size_t length, uint8_t out_colour[3]);

#endif
