/* Single values between JSON and C, for link_json_read.c and link_json_write.c. */
#ifndef LINK_JSON_VALUES_H
#define LINK_JSON_VALUES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

/* A number; NaN and infinities as text. */
json_t *link_json_number(double value);

json_t *link_json_floats(const float *values, size_t count);

/* A text of a peer; what is not printable UTF-8 becomes \xHH. */
json_t *link_json_text(const char *text, size_t length);

/* A number or one of the texts "nan", "inf", "-inf". */
bool link_json_take_number(const json_t *value, double *out_number);

/* Hexadecimal digits; malloc'd, NULL when it is none or without memory. */
uint8_t *link_json_take_hex(const json_t *value, size_t *out_size);

#endif
