/* A real tracker whose poses pass by, and what goes wrong with them on the way.
 *
 * Message in, bytes out: what no fault concerns passes as it came, byte for byte. A pose message
 * (TRANSFORM, POSITION, TDATA, QTDATA) with a device that a fault is on is written anew, as
 * TRANSFORM or TDATA with the sender's own stamp and validity. The script's times count from the
 * first pose of the tool. No I/O, no clock. Thread: one at a time. */
#ifndef SIM_RELAY_H
#define SIM_RELAY_H

#include <stddef.h>
#include <stdint.h>

#include "case.h"
#include "nav/status.h"
#include "sim_faults.h"
#include "sim_script.h"
#include "wire_message.h"

struct sim_relay;

/* What has come of it so far. */
struct sim_relay_count {
    uint64_t messages;                  /* of all kinds, passed on or left out */
    uint64_t changed;                   /* of these, written anew or left out */
    ptrdiff_t fault[SIM_FAULT_DEVICES]; /* in force at the newest pose of each: a kind, or -1 */
    double at_s;                        /* its time in the script; NaN: the tool was not seen yet */
};

/* `script` and `planned` must outlive the relay. NAV_ERR_NOT_FOUND: the case has no such tool;
 * NAV_ERR_MEMORY. */
NAV_MUST_USE enum nav_status sim_relay_create(const struct sim_script *script,
                                              const struct cfg_case *planned,
                                              struct sim_relay **out_relay);
void sim_relay_destroy(struct sim_relay *relay); /* NULL is legal */

/* A message that arrived at `now_ns` (monotonic). What is to be sent instead of it is `*out_bytes`,
 * valid until the next call and as long as the message; nothing when `*out_size` is 0. A message
 * that cannot be read or written anew passes as it came. */
void sim_relay_take(struct sim_relay *relay, const struct wire_message *message, int64_t now_ns,
                    const uint8_t **out_bytes, size_t *out_size);

struct sim_relay_count sim_relay_count(const struct sim_relay *relay);

#endif
