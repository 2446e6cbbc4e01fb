#include "file_bytes.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/evp.h>

enum nav_status cfg_sha256(const void *bytes, size_t size, uint8_t out_digest[CFG_SHA256_SIZE])
{
    uint8_t digest[CFG_SHA256_SIZE];
    unsigned int length = 0;
    if (EVP_Digest(bytes, size, digest, &length, EVP_sha256(), NULL) != 1 ||
        length != sizeof(digest)) {
        ERR_clear_error(); /* nobody reads the queue, and it holds memory */
        return NAV_ERR_MEMORY;
    }
    memcpy(out_digest, digest, sizeof(digest));
    return NAV_OK;
}

/* Reads until end of file or `capacity` bytes; -1 with errno on failure. */
static ssize_t read_all(int fd, uint8_t *bytes, size_t capacity)
{
    size_t filled = 0;
    while (filled < capacity) {
        const ssize_t count = read(fd, bytes + filled, capacity - filled);
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count < 0) {
            return -1;
        }
        if (count == 0) {
            break;
        }
        filled += (size_t)count;
    }
    return (ssize_t)filled;
}

static enum nav_status read_open_file(int fd, const char *path, size_t size_max,
                                      struct cfg_file_bytes *out_file, struct cfg_error *out_error)
{
    struct stat info;
    if (fstat(fd, &info) != 0) {
        return cfg_error_set(out_error, NAV_ERR_IO, "%s: cannot be examined: %s", path,
                             strerror(errno));
    }
    if (S_ISDIR(info.st_mode)) {
        return cfg_error_set(out_error, NAV_ERR_IO, "%s: is a folder; name the file in it", path);
    }
    if (!S_ISREG(info.st_mode)) {
        return cfg_error_set(out_error, NAV_ERR_IO,
                             "%s: is not a regular file; copy its content into one", path);
    }
    if ((uintmax_t)info.st_size > (uintmax_t)size_max) {
        return cfg_error_set(out_error, NAV_ERR_TOO_LARGE,
                             "%s: has %jd bytes, at most %zu are read; is it the right file?", path,
                             (intmax_t)info.st_size, size_max);
    }
    const size_t size = (size_t)info.st_size;
    /* One byte beyond the announced size shows a file that grows; the last holds the NUL. */
    uint8_t *bytes = malloc(size + 2);
    if (bytes == NULL) {
        return cfg_error_set(out_error, NAV_ERR_MEMORY, "%s: no memory for %zu bytes", path, size);
    }
    const ssize_t filled = read_all(fd, bytes, size + 1);
    if (filled < 0) {
        const int error = errno;
        free(bytes);
        return cfg_error_set(out_error, NAV_ERR_IO, "%s: cannot be read: %s", path,
                             strerror(error));
    }
    if ((size_t)filled != size) {
        free(bytes);
        return cfg_error_set(out_error, NAV_ERR_IO,
                             "%s: changed while it was read; wait until its writer is done", path);
    }
    bytes[size] = 0;
    struct cfg_file_bytes file = {.bytes = bytes, .size = size};
    if (cfg_sha256(bytes, size, file.sha256) != NAV_OK) {
        free(bytes);
        return cfg_error_set(out_error, NAV_ERR_MEMORY, "%s: no memory to hash it", path);
    }
    *out_file = file;
    return NAV_OK;
}

enum nav_status cfg_file_bytes_read(const char *path, size_t size_max,
                                    struct cfg_file_bytes *out_file, struct cfg_error *out_error)
{
    /* Without O_NONBLOCK a named pipe would hold the caller until somebody writes. */
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) {
        const enum nav_status status =
            errno == ENOENT || errno == ENOTDIR ? NAV_ERR_NOT_FOUND : NAV_ERR_IO;
        return cfg_error_set(out_error, status, "%s: cannot be opened: %s; check the path", path,
                             strerror(errno));
    }
    const enum nav_status status = read_open_file(fd, path, size_max, out_file, out_error);
    (void)close(fd);
    return status;
}

void cfg_file_bytes_finish(struct cfg_file_bytes *file)
{
    free(file->bytes);
    *file = (struct cfg_file_bytes){0};
}
