/* libOpenIGTLink's C++ API as a peer, behind C. No exception leaves it. Thread: one. */
#ifndef IGTL_RECEIVER_H
#define IGTL_RECEIVER_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Called with every TRANSFORM: its stamp as 32.32 fixed point and its matrix, row-major. */
typedef void (*igtl_receiver_fn)(void *context, uint64_t stamp, const float matrix[16]);

/* Serves the port with the library's documented receive loop, one connection after the other, until
 * `is_over` says so between two connections (NULL = for ever). Returns -1 when it cannot listen,
 * else 0. */
int igtl_receiver_serve(uint16_t port, igtl_receiver_fn on_transform, int (*is_over)(void *context),
                        void *context);

#ifdef __cplusplus
}
#endif

#endif
