#include "address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void srv_address_text(const struct sockaddr_storage *address, char *out_text, size_t size)
{
    char host[INET6_ADDRSTRLEN] = "?";
    unsigned port = 0;
    const char *format = "%s:%u";
    if (address->ss_family == AF_INET) {
        const struct sockaddr_in *v4 = (const struct sockaddr_in *)address;
        (void)inet_ntop(AF_INET, &v4->sin_addr, host, sizeof(host));
        port = ntohs(v4->sin_port);
    } else if (address->ss_family == AF_INET6) {
        const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)address;
        (void)inet_ntop(AF_INET6, &v6->sin6_addr, host, sizeof(host));
        port = ntohs(v6->sin6_port);
        format = "[%s]:%u";
    }
    (void)snprintf(out_text, size, format, host, port);
}

bool srv_address_same_host(const struct sockaddr_storage *a, const struct sockaddr_storage *b)
{
    if (a->ss_family != b->ss_family) {
        return false;
    }
    if (a->ss_family == AF_INET6) {
        return memcmp(&((const struct sockaddr_in6 *)a)->sin6_addr,
                      &((const struct sockaddr_in6 *)b)->sin6_addr, sizeof(struct in6_addr)) == 0;
    }
    return a->ss_family == AF_INET && ((const struct sockaddr_in *)a)->sin_addr.s_addr ==
                                          ((const struct sockaddr_in *)b)->sin_addr.s_addr;
}

static enum nav_status parse_port(const char *text, uint16_t *out_port)
{
    const size_t length = strlen(text);
    if (length == 0 || length > 5 || strspn(text, "0123456789") != length) {
        return NAV_ERR_RANGE;
    }
    const unsigned long port = strtoul(text, NULL, 10);
    if (port > UINT16_MAX) {
        return NAV_ERR_RANGE;
    }
    *out_port = (uint16_t)port;
    return NAV_OK;
}

enum nav_status srv_address_split(const char *text, uint16_t default_port, char *out_host,
                                  size_t host_size, uint16_t *out_port)
{
    const char *host = text;
    const char *end = strchr(text, ':');
    const char *port_text = end != NULL ? end + 1 : NULL;
    if (text[0] == '[') {
        host = text + 1;
        end = strchr(host, ']');
        if (end == NULL || (end[1] != '\0' && end[1] != ':')) {
            return NAV_ERR_SYNTAX;
        }
        port_text = end[1] == ':' ? end + 2 : NULL;
    } else if (port_text != NULL && strchr(port_text, ':') != NULL) {
        return NAV_ERR_SYNTAX;
    }
    const size_t length = end != NULL ? (size_t)(end - host) : strlen(host);
    if (length == 0) {
        return NAV_ERR_SYNTAX;
    }
    if (length >= host_size) {
        return NAV_ERR_TOO_LARGE;
    }
    uint16_t port = default_port;
    if (port_text != NULL) {
        const enum nav_status status = parse_port(port_text, &port);
        if (status != NAV_OK) {
            return status;
        }
    }
    memcpy(out_host, host, length);
    out_host[length] = '\0';
    *out_port = port;
    return NAV_OK;
}
