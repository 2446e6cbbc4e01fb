#include "nav/channel.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "nav/time.h"

enum { TAKE_ATTEMPTS = 64, INSTANCE_MAX = 32, OBJECT_NAME_SIZE = 96 };

/* The object: this header, then for every topic its `struct topic`, then for every topic its slots:
 * a `struct slot` and the payload's words each. All parts are multiples of 8 bytes. */
struct header {
    uint64_t magic;
    uint32_t version;
    uint32_t size;
    uint32_t topics;
    uint32_t slots;
};

struct topic {
    _Atomic uint64_t newest;
    _Atomic uint32_t wake; /* futex word: low bits of newest */
    uint32_t pad_;
};

/* A slot's `guard` is odd while it is written and 2 * number when it holds that publication. */
struct slot {
    _Atomic uint64_t guard;
    _Atomic int64_t published_ns;
    _Atomic uint64_t words[];
};

struct nav_channel_writer {
    int fd;
    struct header *object;
    const struct nav_channel_kind *kind;
    char name[OBJECT_NAME_SIZE];
};

struct nav_channel_reader {
    int fd;
    struct header *object; /* mapped to be read only */
    const struct nav_channel_kind *kind;
    int64_t taken_published_ns; /* of the payload last taken */
    uint64_t *words;            /* a payload being copied */
};

static size_t slot_size(const struct nav_channel_kind *kind)
{
    return sizeof(struct slot) + kind->size;
}

static size_t object_size(const struct nav_channel_kind *kind)
{
    return sizeof(struct header) + kind->topics * sizeof(struct topic) +
           (size_t)kind->topics * kind->slots * slot_size(kind);
}

static struct topic *topic_of(struct header *object, uint32_t topic)
{
    return (struct topic *)(object + 1) + topic;
}

static struct slot *slot_of(struct header *object, const struct nav_channel_kind *kind,
                            uint32_t topic, uint64_t number)
{
    char *slots = (char *)topic_of(object, kind->topics);
    return (struct slot *)(void *)(slots + ((size_t)topic * kind->slots + number % kind->slots) *
                                               slot_size(kind));
}

static bool same_layout(const struct header *object, const struct nav_channel_kind *kind)
{
    return object->magic == kind->magic && object->version == kind->version &&
           object->size == kind->size && object->topics == kind->topics &&
           object->slots == kind->slots;
}

bool nav_channel_instance_is_valid(const char *instance)
{
    const size_t length = strnlen(instance, INSTANCE_MAX + 1);
    return length > 0 && length <= INSTANCE_MAX &&
           strspn(instance, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-") ==
               length;
}

static enum nav_status object_name(const char *instance, const struct nav_channel_kind *kind,
                                   char out_name[OBJECT_NAME_SIZE])
{
    if (instance == NULL) {
        instance = "default";
    }
    if (!nav_channel_instance_is_valid(instance)) {
        return NAV_ERR_ARGUMENT;
    }
    (void)snprintf(out_name, OBJECT_NAME_SIZE, "/osteonav.%lu.%s%s", (unsigned long)getuid(),
                   instance, kind->suffix);
    return NAV_OK;
}

/* An open-file-description lock over everything; owned by the descriptor, not the process. */
static struct flock whole_object(short type)
{
    return (struct flock){.l_type = type, .l_whence = SEEK_SET, .l_start = 0, .l_len = 0};
}

static enum nav_status writer_open(struct nav_channel_writer *writer)
{
    writer->fd = shm_open(writer->name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (writer->fd < 0) {
        return NAV_ERR_IO;
    }
    struct flock lock = whole_object(F_WRLCK);
    if (fcntl(writer->fd, F_OFD_SETLK, &lock) != 0) {
        return errno == EAGAIN || errno == EACCES ? NAV_ERR_BUSY : NAV_ERR_IO;
    }
    /* A writer that ended between our open and our lock has removed the name: then this object can
     * be found by nobody and a new one must be made. */
    struct stat opened;
    struct stat named;
    const int named_fd = shm_open(writer->name, O_RDONLY | O_CLOEXEC, 0);
    if (named_fd < 0) {
        return NAV_AGAIN;
    }
    const bool same = fstat(writer->fd, &opened) == 0 && fstat(named_fd, &named) == 0 &&
                      opened.st_ino == named.st_ino;
    (void)close(named_fd);
    if (!same) {
        return NAV_AGAIN;
    }
    if (fchmod(writer->fd, 0600) != 0 ||
        ftruncate(writer->fd, (off_t)object_size(writer->kind)) != 0) {
        return NAV_ERR_IO;
    }
    void *mapped =
        mmap(NULL, object_size(writer->kind), PROT_READ | PROT_WRITE, MAP_SHARED, writer->fd, 0);
    if (mapped == MAP_FAILED) {
        return NAV_ERR_MEMORY;
    }
    writer->object = mapped;
    return NAV_OK;
}

enum nav_status nav_channel_writer_create(const char *instance, const struct nav_channel_kind *kind,
                                          struct nav_channel_writer **out_writer)
{
    struct nav_channel_writer *writer = calloc(1, sizeof(*writer));
    if (writer == NULL) {
        return NAV_ERR_MEMORY;
    }
    writer->fd = -1;
    writer->kind = kind;
    enum nav_status status = object_name(instance, kind, writer->name);
    if (status != NAV_OK) {
        free(writer);
        return status;
    }
    while ((status = writer_open(writer)) == NAV_AGAIN) {
        (void)close(writer->fd);
    }
    if (status != NAV_OK) {
        if (writer->fd >= 0) {
            (void)close(writer->fd);
        }
        free(writer);
        return status;
    }
    /* Left over from a writer that died: readers of it keep waiting on a lower number than ours,
     * and its last payload must not be taken for one of ours. */
    struct header *object = writer->object;
    const bool goes_on = same_layout(object, kind);
    for (uint32_t topic = 0; topic < kind->topics; ++topic) {
        if (!goes_on) {
            atomic_store(&topic_of(object, topic)->newest, 0);
        }
        for (uint32_t i = 0; i < kind->slots; ++i) {
            atomic_store(&slot_of(object, kind, topic, i)->guard, 0);
        }
    }
    object->version = kind->version;
    object->size = kind->size;
    object->topics = kind->topics;
    object->slots = kind->slots;
    object->magic = kind->magic;
    *out_writer = writer;
    return NAV_OK;
}

void nav_channel_writer_destroy(struct nav_channel_writer *writer)
{
    if (writer == NULL) {
        return;
    }
    (void)shm_unlink(writer->name);
    (void)munmap(writer->object, object_size(writer->kind));
    (void)close(writer->fd);
    free(writer);
}

uint64_t nav_channel_writer_next(const struct nav_channel_writer *writer, uint32_t topic)
{
    return atomic_load_explicit(&topic_of(writer->object, topic)->newest, memory_order_relaxed) + 1;
}

void nav_channel_writer_publish(struct nav_channel_writer *writer, uint32_t topic,
                                const void *payload)
{
    const uint64_t number = nav_channel_writer_next(writer, topic);
    struct topic *head = topic_of(writer->object, topic);
    struct slot *slot = slot_of(writer->object, writer->kind, topic, number);

    atomic_store_explicit(&slot->guard, 2 * number - 1, memory_order_relaxed);
    atomic_thread_fence(memory_order_release);
    const char *bytes = payload;
    for (size_t i = 0; i < writer->kind->size / sizeof(uint64_t); ++i) {
        uint64_t word;
        memcpy(&word, bytes + i * sizeof(word), sizeof(word));
        atomic_store_explicit(&slot->words[i], word, memory_order_relaxed);
    }
    const struct nav_clock clock = nav_clock_monotonic();
    atomic_store_explicit(&slot->published_ns, nav_clock_now_ns(&clock), memory_order_relaxed);
    atomic_store_explicit(&slot->guard, 2 * number, memory_order_release);
    atomic_store_explicit(&head->newest, number, memory_order_release);
    atomic_store_explicit(&head->wake, (uint32_t)number, memory_order_release);
    (void)syscall(SYS_futex, &head->wake, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

enum nav_status nav_channel_reader_create(const char *instance, const struct nav_channel_kind *kind,
                                          struct nav_channel_reader **out_reader)
{
    char object[OBJECT_NAME_SIZE];
    const enum nav_status status = object_name(instance, kind, object);
    if (status != NAV_OK) {
        return status;
    }
    struct nav_channel_reader *reader = calloc(1, sizeof(*reader));
    if (reader == NULL) {
        return NAV_ERR_MEMORY;
    }
    reader->kind = kind;
    reader->fd = shm_open(object, O_RDONLY | O_CLOEXEC, 0);
    if (reader->fd < 0) {
        const enum nav_status why = errno == ENOENT ? NAV_ERR_NOT_FOUND : NAV_ERR_IO;
        nav_channel_reader_destroy(reader);
        return why;
    }
    struct stat information;
    if (!nav_channel_reader_alive(reader) || fstat(reader->fd, &information) != 0 ||
        information.st_size == 0) {
        nav_channel_reader_destroy(reader);
        return NAV_ERR_NOT_FOUND;
    }
    if (information.st_size != (off_t)object_size(kind)) {
        nav_channel_reader_destroy(reader);
        return NAV_ERR_VERSION;
    }
    reader->words = calloc(1, kind->size);
    void *mapped = mmap(NULL, object_size(kind), PROT_READ, MAP_SHARED, reader->fd, 0);
    if (mapped != MAP_FAILED) {
        reader->object = mapped;
    }
    if (reader->words == NULL || reader->object == NULL) {
        nav_channel_reader_destroy(reader);
        return NAV_ERR_MEMORY;
    }
    if (!same_layout(reader->object, kind)) {
        nav_channel_reader_destroy(reader);
        return NAV_ERR_VERSION;
    }
    *out_reader = reader;
    return NAV_OK;
}

void nav_channel_reader_destroy(struct nav_channel_reader *reader)
{
    if (reader == NULL) {
        return;
    }
    if (reader->object != NULL) {
        (void)munmap(reader->object, object_size(reader->kind));
    }
    if (reader->fd >= 0) {
        (void)close(reader->fd);
    }
    free(reader->words);
    free(reader);
}

static bool slot_copy(struct nav_channel_reader *reader, uint32_t topic, uint64_t number)
{
    const struct slot *slot = slot_of(reader->object, reader->kind, topic, number);
    if (atomic_load_explicit(&slot->guard, memory_order_acquire) != 2 * number) {
        return false;
    }
    for (size_t i = 0; i < reader->kind->size / sizeof(uint64_t); ++i) {
        reader->words[i] = atomic_load_explicit(&slot->words[i], memory_order_relaxed);
    }
    const int64_t published_ns = atomic_load_explicit(&slot->published_ns, memory_order_relaxed);
    atomic_thread_fence(memory_order_acquire);
    if (atomic_load_explicit(&slot->guard, memory_order_relaxed) != 2 * number) {
        return false;
    }
    reader->taken_published_ns = published_ns;
    return true;
}

enum nav_status nav_channel_reader_take(struct nav_channel_reader *reader, uint32_t topic,
                                        void *out_payload)
{
    const struct topic *head = topic_of(reader->object, topic);
    for (int attempt = 0; attempt < TAKE_ATTEMPTS; ++attempt) {
        const uint64_t number = atomic_load_explicit(&head->newest, memory_order_acquire);
        if (number == 0) {
            return NAV_AGAIN;
        }
        if (slot_copy(reader, topic, number)) {
            memcpy(out_payload, reader->words, reader->kind->size);
            return NAV_OK;
        }
    }
    return NAV_AGAIN;
}

bool nav_channel_reader_wait(struct nav_channel_reader *reader, uint32_t topic, uint64_t seen,
                             int64_t timeout_ns)
{
    const struct topic *head = topic_of(reader->object, topic);
    const uint32_t wake = atomic_load_explicit(&head->wake, memory_order_acquire);
    if (atomic_load_explicit(&head->newest, memory_order_acquire) > seen) {
        return true;
    }
    const struct timespec timeout = {
        .tv_sec = (time_t)(timeout_ns / NAV_NS_PER_S),
        .tv_nsec = (long)(timeout_ns % NAV_NS_PER_S),
    };
    (void)syscall(SYS_futex, &head->wake, FUTEX_WAIT, wake, &timeout, NULL, 0);
    return atomic_load_explicit(&head->newest, memory_order_acquire) > seen;
}

int64_t nav_channel_reader_published_ns(const struct nav_channel_reader *reader)
{
    return reader->taken_published_ns;
}

bool nav_channel_reader_alive(const struct nav_channel_reader *reader)
{
    /* The writer's lock ends with its last descriptor, however it ends. Asking takes no lock. */
    struct flock lock = whole_object(F_RDLCK);
    return fcntl(reader->fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}
