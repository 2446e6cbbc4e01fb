/* Network addresses as text and compared without their ports. Thread: any. */
#ifndef SRV_ADDRESS_H
#define SRV_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "nav/status.h"

/* Writes "127.0.0.1:50312" or "[::1]:50312", cut to `size`. */
void srv_address_text(const struct sockaddr_storage *address, char *out_text, size_t size);

/* Whether both have the same host part. Different families are never the same. */
bool srv_address_same_host(const struct sockaddr_storage *a, const struct sockaddr_storage *b);

/* Splits "HOST:PORT", "[V6]:PORT" or "HOST" (then `default_port`). The host may be a name.
 * NAV_ERR_SYNTAX: no host, an unclosed bracket, a bare IPv6 address; NAV_ERR_RANGE: not a port
 * number; NAV_ERR_TOO_LARGE: the host does not fit. */
NAV_MUST_USE enum nav_status srv_address_split(const char *text, uint16_t default_port,
                                               char *out_host, size_t host_size,
                                               uint16_t *out_port);

#endif
