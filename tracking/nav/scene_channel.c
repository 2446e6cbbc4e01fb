#include "nav/scene_channel.h"

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

#define CHANNEL_MAGIC UINT64_C(0x4f534e4156534331) /* "OSNAVSC1" */

enum {
    SLOTS = 4, /* a reader is overtaken only if it sleeps through three publications */
    SCENE_WORDS = sizeof(struct nav_scene) / sizeof(uint64_t),
    TAKE_ATTEMPTS = 64,
    INSTANCE_MAX = 32,
    OBJECT_NAME_SIZE = 80
};

/* A slot's `guard` is odd while it is written and 2 * seq when it holds publication `seq`. */
struct slot {
    _Atomic uint64_t guard;
    _Atomic int64_t published_ns;
    _Atomic uint64_t words[SCENE_WORDS];
};

struct channel {
    uint64_t magic;
    uint32_t scene_version;
    uint32_t scene_size;
    _Atomic uint64_t newest_seq;
    _Atomic uint32_t wake; /* futex word: low bits of newest_seq */
    uint32_t pad_;
    struct slot slots[SLOTS];
};

struct nav_scene_writer {
    int fd;
    struct channel *channel;
    uint64_t seq;
    char object[OBJECT_NAME_SIZE];
};

struct nav_scene_reader {
    int fd;
    const struct channel *channel;
    int64_t taken_published_ns; /* of the scene last taken */
};

bool nav_scene_instance_is_valid(const char *instance)
{
    const size_t length = strnlen(instance, INSTANCE_MAX + 1);
    return length > 0 && length <= INSTANCE_MAX &&
           strspn(instance, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-") ==
               length;
}

static enum nav_status object_name(const char *instance, char out_name[OBJECT_NAME_SIZE])
{
    if (instance == NULL) {
        instance = "default";
    }
    if (!nav_scene_instance_is_valid(instance)) {
        return NAV_ERR_ARGUMENT;
    }
    (void)snprintf(out_name, OBJECT_NAME_SIZE, "/osteonav.%lu.%s", (unsigned long)getuid(),
                   instance);
    return NAV_OK;
}

/* An open-file-description lock over everything; owned by the descriptor, not the process. */
static struct flock whole_object(short type)
{
    return (struct flock){.l_type = type, .l_whence = SEEK_SET, .l_start = 0, .l_len = 0};
}

static enum nav_status writer_open(struct nav_scene_writer *writer)
{
    writer->fd = shm_open(writer->object, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (writer->fd < 0) {
        return NAV_ERR_IO;
    }
    struct flock lock = whole_object(F_WRLCK);
    if (fcntl(writer->fd, F_OFD_SETLK, &lock) != 0) {
        return errno == EAGAIN || errno == EACCES ? NAV_ERR_BUSY : NAV_ERR_IO;
    }
    /* A core that ended between our open and our lock has removed the name: then this object can
     * be found by nobody and a new one must be made. */
    struct stat opened;
    struct stat named;
    const int named_fd = shm_open(writer->object, O_RDONLY | O_CLOEXEC, 0);
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
        ftruncate(writer->fd, (off_t)sizeof(struct channel)) != 0) {
        return NAV_ERR_IO;
    }
    void *mapped =
        mmap(NULL, sizeof(struct channel), PROT_READ | PROT_WRITE, MAP_SHARED, writer->fd, 0);
    if (mapped == MAP_FAILED) {
        return NAV_ERR_MEMORY;
    }
    writer->channel = mapped;
    return NAV_OK;
}

enum nav_status nav_scene_writer_create(const char *instance, struct nav_scene_writer **out_writer)
{
    struct nav_scene_writer *writer = calloc(1, sizeof(*writer));
    if (writer == NULL) {
        return NAV_ERR_MEMORY;
    }
    writer->fd = -1;
    enum nav_status status = object_name(instance, writer->object);
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
    /* Left over from a core that died: readers of it keep waiting on a lower number than ours, and
     * its last scene must not be taken for one of ours. */
    struct channel *channel = writer->channel;
    const bool same_layout = channel->magic == CHANNEL_MAGIC &&
                             channel->scene_version == NAV_SCENE_VERSION &&
                             channel->scene_size == sizeof(struct nav_scene);
    writer->seq = same_layout ? atomic_load(&channel->newest_seq) : 0;
    for (size_t i = 0; i < SLOTS; ++i) {
        atomic_store(&channel->slots[i].guard, 0);
    }
    channel->scene_version = NAV_SCENE_VERSION;
    channel->scene_size = sizeof(struct nav_scene);
    channel->magic = CHANNEL_MAGIC;
    *out_writer = writer;
    return NAV_OK;
}

void nav_scene_writer_destroy(struct nav_scene_writer *writer)
{
    if (writer == NULL) {
        return;
    }
    (void)shm_unlink(writer->object);
    (void)munmap(writer->channel, sizeof(struct channel));
    (void)close(writer->fd);
    free(writer);
}

uint64_t nav_scene_writer_publish(struct nav_scene_writer *writer, const struct nav_scene *scene)
{
    struct channel *channel = writer->channel;
    const uint64_t seq = ++writer->seq;
    struct slot *slot = &channel->slots[seq % SLOTS];

    struct nav_scene stamped = *scene;
    stamped.version = NAV_SCENE_VERSION;
    stamped.size = sizeof(stamped);
    stamped.seq = seq;
    uint64_t words[SCENE_WORDS];
    memcpy(words, &stamped, sizeof(words));

    atomic_store_explicit(&slot->guard, 2 * seq - 1, memory_order_relaxed);
    atomic_thread_fence(memory_order_release);
    for (size_t i = 0; i < SCENE_WORDS; ++i) {
        atomic_store_explicit(&slot->words[i], words[i], memory_order_relaxed);
    }
    const struct nav_clock clock = nav_clock_monotonic();
    atomic_store_explicit(&slot->published_ns, nav_clock_now_ns(&clock), memory_order_relaxed);
    atomic_store_explicit(&slot->guard, 2 * seq, memory_order_release);
    atomic_store_explicit(&channel->newest_seq, seq, memory_order_release);
    atomic_store_explicit(&channel->wake, (uint32_t)seq, memory_order_release);
    (void)syscall(SYS_futex, &channel->wake, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
    return seq;
}

enum nav_status nav_scene_reader_create(const char *instance, struct nav_scene_reader **out_reader)
{
    char object[OBJECT_NAME_SIZE];
    const enum nav_status status = object_name(instance, object);
    if (status != NAV_OK) {
        return status;
    }
    struct nav_scene_reader *reader = calloc(1, sizeof(*reader));
    if (reader == NULL) {
        return NAV_ERR_MEMORY;
    }
    reader->fd = shm_open(object, O_RDONLY | O_CLOEXEC, 0);
    if (reader->fd < 0) {
        const enum nav_status why = errno == ENOENT ? NAV_ERR_NOT_FOUND : NAV_ERR_IO;
        free(reader);
        return why;
    }
    struct stat information;
    if (!nav_scene_reader_core_alive(reader) || fstat(reader->fd, &information) != 0 ||
        information.st_size == 0) {
        (void)close(reader->fd);
        free(reader);
        return NAV_ERR_NOT_FOUND;
    }
    if (information.st_size != (off_t)sizeof(struct channel)) {
        (void)close(reader->fd);
        free(reader);
        return NAV_ERR_VERSION;
    }
    void *mapped = mmap(NULL, sizeof(struct channel), PROT_READ, MAP_SHARED, reader->fd, 0);
    if (mapped == MAP_FAILED) {
        (void)close(reader->fd);
        free(reader);
        return NAV_ERR_MEMORY;
    }
    reader->channel = mapped;
    if (reader->channel->magic != CHANNEL_MAGIC ||
        reader->channel->scene_version != NAV_SCENE_VERSION ||
        reader->channel->scene_size != sizeof(struct nav_scene)) {
        nav_scene_reader_destroy(reader);
        return NAV_ERR_VERSION;
    }
    *out_reader = reader;
    return NAV_OK;
}

void nav_scene_reader_destroy(struct nav_scene_reader *reader)
{
    if (reader == NULL) {
        return;
    }
    (void)munmap((void *)(uintptr_t)reader->channel, sizeof(struct channel));
    (void)close(reader->fd);
    free(reader);
}

static bool slot_copy(const struct slot *slot, uint64_t seq, struct nav_scene *out_scene,
                      int64_t *out_published_ns)
{
    uint64_t words[SCENE_WORDS];
    if (atomic_load_explicit(&slot->guard, memory_order_acquire) != 2 * seq) {
        return false;
    }
    for (size_t i = 0; i < SCENE_WORDS; ++i) {
        words[i] = atomic_load_explicit(&slot->words[i], memory_order_relaxed);
    }
    const int64_t published_ns = atomic_load_explicit(&slot->published_ns, memory_order_relaxed);
    atomic_thread_fence(memory_order_acquire);
    if (atomic_load_explicit(&slot->guard, memory_order_relaxed) != 2 * seq) {
        return false;
    }
    *out_published_ns = published_ns;
    memcpy(out_scene, words, sizeof(words));
    return true;
}

enum nav_status nav_scene_reader_take(struct nav_scene_reader *reader, struct nav_scene *out_scene)
{
    for (int attempt = 0; attempt < TAKE_ATTEMPTS; ++attempt) {
        const uint64_t seq =
            atomic_load_explicit(&reader->channel->newest_seq, memory_order_acquire);
        if (seq == 0) {
            return NAV_AGAIN;
        }
        if (slot_copy(&reader->channel->slots[seq % SLOTS], seq, out_scene,
                      &reader->taken_published_ns)) {
            return NAV_OK;
        }
    }
    return NAV_AGAIN;
}

bool nav_scene_reader_wait(struct nav_scene_reader *reader, uint64_t seen_seq, int64_t timeout_ns)
{
    const uint32_t wake = atomic_load_explicit(&reader->channel->wake, memory_order_acquire);
    if (atomic_load_explicit(&reader->channel->newest_seq, memory_order_acquire) > seen_seq) {
        return true;
    }
    const struct timespec timeout = {
        .tv_sec = (time_t)(timeout_ns / NAV_NS_PER_S),
        .tv_nsec = (long)(timeout_ns % NAV_NS_PER_S),
    };
    (void)syscall(SYS_futex, &reader->channel->wake, FUTEX_WAIT, wake, &timeout, NULL, 0);
    return atomic_load_explicit(&reader->channel->newest_seq, memory_order_acquire) > seen_seq;
}

int64_t nav_scene_reader_published_ns(const struct nav_scene_reader *reader)
{
    return reader->taken_published_ns;
}

bool nav_scene_reader_core_alive(const struct nav_scene_reader *reader)
{
    /* The core's lock ends with its last descriptor, however it ends. Asking takes no lock. */
    struct flock lock = whole_object(F_RDLCK);
    return fcntl(reader->fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}
