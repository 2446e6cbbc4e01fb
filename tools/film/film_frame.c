#include "film_frame.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const uint8_t magic[8] = {'o', 's', 'n', 'f', 'i', 'l', 'm', 1};

enum { HEAD_SIZE = 48 };

bool film_head_is_good(const struct film_head *head)
{
    return head->width_px >= 1 && head->width_px <= FILM_SIDE_MAX && head->height_px >= 1 &&
           head->height_px <= FILM_SIDE_MAX &&
           (int64_t)head->width_px * head->height_px <= FILM_PIXELS_MAX &&
           (head->channels == 1 || head->channels == 3);
}

size_t film_size(const struct film_head *head)
{
    return (size_t)head->width_px * (size_t)head->height_px * (size_t)head->channels;
}

enum nav_status film_buffer_reserve(struct film_buffer *buffer, size_t size)
{
    if (size > buffer->capacity) {
        uint8_t *bytes = realloc(buffer->bytes, size);
        if (bytes == NULL) {
            return NAV_ERR_MEMORY;
        }
        buffer->bytes = bytes;
        buffer->capacity = size;
    }
    return NAV_OK;
}

void film_buffer_finish(struct film_buffer *buffer)
{
    free(buffer->bytes);
    *buffer = (struct film_buffer){0};
}

/* All of it; NAV_END: nothing of it came. */
static enum nav_status read_all(int fd, uint8_t *bytes, size_t size)
{
    size_t done = 0;
    while (done < size) {
        const ssize_t count = read(fd, bytes + done, size - done);
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count < 0) {
            return NAV_ERR_IO;
        }
        if (count == 0) {
            return done == 0 ? NAV_END : NAV_ERR_LENGTH;
        }
        done += (size_t)count;
    }
    return NAV_OK;
}

static enum nav_status write_all(int fd, const uint8_t *bytes, size_t size)
{
    while (size > 0) {
        const ssize_t count = write(fd, bytes, size);
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count <= 0) {
            return NAV_ERR_IO;
        }
        bytes += count;
        size -= (size_t)count;
    }
    return NAV_OK;
}

enum nav_status film_read(int fd, struct film_head *out_head, struct film_buffer *buffer)
{
    uint8_t bytes[HEAD_SIZE];
    struct film_head head = {0};
    enum nav_status status = read_all(fd, bytes, sizeof(bytes));
    if (status != NAV_OK) {
        return status;
    }
    if (memcmp(bytes, magic, sizeof(magic)) != 0) {
        return NAV_ERR_SYNTAX;
    }
    memcpy(&head.width_px, bytes + 8, 4);
    memcpy(&head.height_px, bytes + 12, 4);
    memcpy(&head.channels, bytes + 16, 4);
    memcpy(&head.time_ns, bytes + 24, 8);
    memcpy(&head.utc_ns, bytes + 32, 8);
    if (!film_head_is_good(&head)) {
        return NAV_ERR_RANGE;
    }
    status = film_buffer_reserve(buffer, film_size(&head));
    if (status == NAV_OK) {
        status = read_all(fd, buffer->bytes, film_size(&head));
    }
    if (status == NAV_OK) {
        *out_head = head;
    }
    return status == NAV_END ? NAV_ERR_LENGTH : status;
}

enum nav_status film_write(int fd, const struct film_head *head, const uint8_t *bytes)
{
    uint8_t packed[HEAD_SIZE] = {0};
    memcpy(packed, magic, sizeof(magic));
    memcpy(packed + 8, &head->width_px, 4);
    memcpy(packed + 12, &head->height_px, 4);
    memcpy(packed + 16, &head->channels, 4);
    memcpy(packed + 24, &head->time_ns, 8);
    memcpy(packed + 32, &head->utc_ns, 8);
    const enum nav_status status = write_all(fd, packed, sizeof(packed));
    return status == NAV_OK ? write_all(fd, bytes, film_size(head)) : status;
}
