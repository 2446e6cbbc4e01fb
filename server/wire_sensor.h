/* SENSOR: readings of one sensor with their unit.
 *
 * Content, 10 + 8 * n bytes:
 *   offset size field
 *        0    1  number of values n, 0 to 255
 *        1    1  status, reserved
 *        2    8  unit: 4 bits of SI prefix, then six times 6 bits of unit and 4 bits of exponent
 *       10  8*n  values, float64
 * The unit is handed on as a number: peers write it in different ways (the distribution's library
 * in the wrong byte order), so nothing is concluded from it.
 * Pure. Views point into the content. Thread: any. */
#ifndef WIRE_SENSOR_H
#define WIRE_SENSOR_H

#include <stddef.h>
#include <stdint.h>

#include "nav/status.h"
#include "wire_cursor.h"

enum { WIRE_SENSOR_VALUES_MAX = 255 };

struct wire_sensor {
    uint8_t count;
    uint8_t status;
    uint64_t unit;
    double values[WIRE_SENSOR_VALUES_MAX];
};

/* NAV_ERR_LENGTH unless exactly as long as the count says. */
NAV_MUST_USE enum nav_status wire_check_sensor(const uint8_t *content, size_t size);

/* Same errors as the check. Values behind the count are 0. */
NAV_MUST_USE enum nav_status wire_sensor_decode(const uint8_t *content, size_t size,
                                                struct wire_sensor *out_sensor);

void wire_sensor_encode(struct wire_writer *writer, const struct wire_sensor *sensor);

#endif
