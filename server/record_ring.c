#include "record_ring.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "wire_cursor.h"

#define RING_MAGIC UINT64_C(0x4f534e4156525231) /* "OSNAVRR1" */
#define RING_FOLDER "/dev/shm"

enum { OBJECT_NAME_SIZE = 80, GAP_SIZE = STORE_HEAD_SIZE + 8, CACHE_LINE = 64, LOOK_EVERY_MS = 10 };

struct shared {
    _Atomic uint64_t magic;
    uint64_t capacity;
    struct record_ring_head head;
    _Alignas(CACHE_LINE) _Atomic uint64_t put;      /* bytes ever put: whole records */
    _Atomic uint64_t dropped;                       /* records left out ever */
    _Atomic uint64_t gap;                           /* since the last one that fitted */
    _Alignas(CACHE_LINE) _Atomic uint64_t released; /* bytes that are in the file */
    _Alignas(CACHE_LINE) uint8_t bytes[];
};

struct record_ring {
    int fd;
    struct shared *shared;
    size_t mapped;
    char object[OBJECT_NAME_SIZE];

    /* who puts */
    uint64_t released_seen;

    /* who takes */
    uint64_t taken;
};

static void object_name(uint64_t session, char out_name[OBJECT_NAME_SIZE])
{
    (void)snprintf(out_name, OBJECT_NAME_SIZE, "/osteonav.%lu.ring.%016" PRIx64,
                   (unsigned long)getuid(), session);
}

/* Which byte of the object is locked, and by whom. */
enum role {
    ROLE_RECORDS, /* the process that records, for its lifetime */
    ROLE_LOOKS    /* one at a time of those who look at what such a process has left */
};

static bool lock(int fd, enum role role)
{
    struct flock byte = {
        .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = (off_t)role, .l_len = 1};
    return fcntl(fd, F_OFD_SETLK, &byte) == 0;
}

/* Only asks: two who ask at once do not take each other for the process that records. */
static bool is_recorded(int fd)
{
    struct flock byte = {
        .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = (off_t)ROLE_RECORDS, .l_len = 1};
    return fcntl(fd, F_OFD_GETLK, &byte) != 0 || byte.l_type != F_UNLCK;
}

/* Whether it is this one's turn within `wait_ms`. */
static bool lock_to_look(int fd, int wait_ms)
{
    const struct timespec pause = {.tv_nsec = LOOK_EVERY_MS * 1000000L};
    for (int waited_ms = 0; !lock(fd, ROLE_LOOKS); waited_ms += LOOK_EVERY_MS) {
        if (waited_ms >= wait_ms) {
            return false;
        }
        (void)nanosleep(&pause, NULL);
    }
    return true;
}

static enum nav_status map(struct record_ring *ring, size_t size)
{
    void *mapped = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring->fd, 0);
    if (mapped == MAP_FAILED) {
        return NAV_ERR_MEMORY;
    }
    ring->shared = mapped;
    ring->mapped = size;
    return NAV_OK;
}

/* The object exists, is locked and of its size. */
static enum nav_status make_object(struct record_ring *ring, size_t size)
{
    ring->fd = shm_open(ring->object, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (ring->fd < 0) {
        return errno == EEXIST ? NAV_ERR_EXISTS : NAV_ERR_IO;
    }
    /* Every page is reserved: a write into it can never fail later. */
    if (!lock(ring->fd, ROLE_RECORDS) || posix_fallocate(ring->fd, 0, (off_t)size) != 0) {
        return NAV_ERR_IO;
    }
    return map(ring, size);
}

enum nav_status record_ring_create(const char *path, const struct session_facts *facts,
                                   size_t capacity, struct record_ring **out_ring)
{
    if (strlen(path) >= SESSION_PATH_SIZE || capacity % 8 != 0 || capacity < GAP_SIZE) {
        return NAV_ERR_ARGUMENT;
    }
    struct record_ring *ring = calloc(1, sizeof(*ring));
    if (ring == NULL) {
        return NAV_ERR_MEMORY;
    }
    object_name(facts->id, ring->object);
    const enum nav_status status = make_object(ring, sizeof(struct shared) + capacity);
    if (status != NAV_OK) {
        record_ring_close(ring, ring->fd >= 0);
        return status;
    }
    struct shared *shared = ring->shared;
    shared->capacity = capacity;
    shared->head.facts = *facts;
    (void)snprintf(shared->head.path, sizeof(shared->head.path), "%s", path);
    /* Last: whoever finds it finds all of it. */
    atomic_store_explicit(&shared->magic, RING_MAGIC, memory_order_release);
    *out_ring = ring;
    return NAV_OK;
}

static enum nav_status attach(struct record_ring *ring, int wait_ms)
{
    struct stat info;
    ring->fd = shm_open(ring->object, O_RDWR | O_CLOEXEC, 0);
    if (ring->fd < 0) {
        return errno == ENOENT ? NAV_ERR_NOT_FOUND : NAV_ERR_IO;
    }
    if (is_recorded(ring->fd) || !lock_to_look(ring->fd, wait_ms)) {
        return NAV_ERR_BUSY;
    }
    const bool known = fstat(ring->fd, &info) == 0;
    if (known && info.st_nlink == 0) {
        return NAV_ERR_NOT_FOUND; /* whoever was before has taken what was left */
    }
    if (!known || (size_t)info.st_size < sizeof(struct shared)) {
        return NAV_ERR_VERSION;
    }
    const enum nav_status status = map(ring, (size_t)info.st_size);
    if (status != NAV_OK) {
        return status;
    }
    const struct shared *shared = ring->shared;
    if (atomic_load_explicit(&shared->magic, memory_order_acquire) != RING_MAGIC ||
        shared->capacity != ring->mapped - sizeof(*shared) ||
        memchr(shared->head.path, '\0', sizeof(shared->head.path)) == NULL) {
        return NAV_ERR_VERSION;
    }
    /* Again: it may have been in the making, and is locked before it is whole. */
    return is_recorded(ring->fd) ? NAV_ERR_BUSY : NAV_OK;
}

enum nav_status record_ring_open(uint64_t session, int wait_ms, struct record_ring **out_ring)
{
    struct record_ring *ring = calloc(1, sizeof(*ring));
    if (ring == NULL) {
        return NAV_ERR_MEMORY;
    }
    object_name(session, ring->object);
    const enum nav_status status = attach(ring, wait_ms);
    if (status != NAV_OK) {
        record_ring_close(ring, false);
        return status;
    }
    ring->taken = atomic_load(&ring->shared->released);
    *out_ring = ring;
    return NAV_OK;
}

bool record_ring_is_live(uint64_t session)
{
    char object[OBJECT_NAME_SIZE];
    object_name(session, object);
    const int fd = shm_open(object, O_RDWR | O_CLOEXEC, 0);
    if (fd < 0) {
        return false;
    }
    const bool live = is_recorded(fd);
    (void)close(fd);
    return live;
}

bool record_ring_peek(uint64_t session, struct record_ring_head *out_head)
{
    char object[OBJECT_NAME_SIZE];
    struct stat info;
    object_name(session, object);
    const int fd = shm_open(object, O_RDONLY | O_CLOEXEC, 0);
    if (fd < 0) {
        return false;
    }
    const bool whole = fstat(fd, &info) == 0 && (size_t)info.st_size >= sizeof(struct shared);
    struct shared *shared =
        whole ? mmap(NULL, sizeof(*shared), PROT_READ, MAP_SHARED, fd, 0) : MAP_FAILED;
    (void)close(fd);
    if (shared == MAP_FAILED) {
        return false;
    }
    const bool known = atomic_load_explicit(&shared->magic, memory_order_acquire) == RING_MAGIC &&
                       memchr(shared->head.path, '\0', sizeof(shared->head.path)) != NULL;
    if (known) {
        *out_head = shared->head;
    }
    (void)munmap(shared, sizeof(*shared));
    return known;
}

size_t record_ring_list(uint64_t *out_sessions, size_t max)
{
    char prefix[OBJECT_NAME_SIZE];
    const int length =
        snprintf(prefix, sizeof(prefix), "osteonav.%lu.ring.", (unsigned long)getuid());
    DIR *folder = opendir(RING_FOLDER);
    size_t count = 0;
    for (struct dirent *entry;
         folder != NULL && count < max && (entry = readdir(folder)) != NULL;) {
        if (strncmp(entry->d_name, prefix, (size_t)length) == 0) {
            out_sessions[count++] = strtoull(entry->d_name + length, NULL, 16);
        }
    }
    if (folder != NULL) {
        (void)closedir(folder);
    }
    return count;
}

void record_ring_close(struct record_ring *ring, bool remove)
{
    if (ring == NULL) {
        return;
    }
    if (remove) {
        (void)shm_unlink(ring->object);
    }
    if (ring->shared != NULL) {
        (void)munmap(ring->shared, ring->mapped);
    }
    if (ring->fd >= 0) {
        (void)close(ring->fd);
    }
    free(ring);
}

const struct record_ring_head *record_ring_head(const struct record_ring *ring)
{
    return &ring->shared->head;
}

/* ---- putting ---- */

static void copy_in(struct shared *shared, uint64_t at, const uint8_t *bytes, size_t size)
{
    const size_t place = (size_t)(at % shared->capacity);
    const size_t first = size < shared->capacity - place ? size : shared->capacity - place;
    memcpy(shared->bytes + place, bytes, first);
    memcpy(shared->bytes, bytes + first, size - first);
}

/* Head, content and filling at `at`; nothing is there for others yet. */
static void put_at(struct shared *shared, uint64_t at, const struct store_record *record)
{
    static const uint8_t zeros[8] = {0};
    uint8_t head[STORE_HEAD_SIZE];
    store_record_head(record, head);
    copy_in(shared, at, head, sizeof(head));
    if (record->size > 0) {
        copy_in(shared, at + STORE_HEAD_SIZE, record->content, record->size);
    }
    const size_t filling = store_record_size(record->size) - STORE_HEAD_SIZE - record->size;
    copy_in(shared, at + STORE_HEAD_SIZE + record->size, zeros, filling);
}

static bool has_room(struct record_ring *ring, uint64_t put, uint64_t size)
{
    const uint64_t capacity = ring->shared->capacity;
    if (put - ring->released_seen + size <= capacity) {
        return true;
    }
    ring->released_seen = atomic_load_explicit(&ring->shared->released, memory_order_acquire);
    return put - ring->released_seen + size <= capacity;
}

static uint64_t gap_of(const struct record_ring *ring)
{
    return atomic_load_explicit(&ring->shared->gap, memory_order_relaxed);
}

/* There is always room for it: every other record leaves it. Returns the end. */
static uint64_t put_gap(struct record_ring *ring, uint64_t put, int64_t at_ns)
{
    uint8_t count[8];
    wire_store_u64(count, gap_of(ring));
    put_at(ring->shared, put,
           &(struct store_record){
               .kind = STORE_GAP, .at_ns = at_ns, .content = count, .size = sizeof(count)});
    atomic_store_explicit(&ring->shared->gap, 0, memory_order_relaxed);
    atomic_store_explicit(&ring->shared->put, put + GAP_SIZE, memory_order_release);
    return put + GAP_SIZE;
}

static void leave_out(struct record_ring *ring)
{
    struct shared *shared = ring->shared;
    atomic_store_explicit(&shared->gap, gap_of(ring) + 1, memory_order_relaxed);
    atomic_store_explicit(&shared->dropped, record_ring_dropped(ring) + 1, memory_order_relaxed);
}

bool record_ring_put(struct record_ring *ring, const struct store_record *record)
{
    struct shared *shared = ring->shared;
    uint64_t put = atomic_load_explicit(&shared->put, memory_order_relaxed);
    const uint64_t size = store_record_size(record->size);
    uint64_t needed = size + GAP_SIZE;
    if (gap_of(ring) > 0) {
        /* Half of the ring must be free, so that one gap does not become a thousand. */
        needed += GAP_SIZE;
        needed = needed < shared->capacity / 2 ? shared->capacity / 2 : needed;
    }
    if (!has_room(ring, put, needed)) {
        leave_out(ring);
        return false;
    }
    if (gap_of(ring) > 0) {
        put = put_gap(ring, put, record->at_ns);
    }
    put_at(shared, put, record);
    atomic_store_explicit(&shared->put, put + size, memory_order_release);
    return true;
}

void record_ring_put_gap(struct record_ring *ring, int64_t at_ns)
{
    const uint64_t put = atomic_load_explicit(&ring->shared->put, memory_order_relaxed);
    if (gap_of(ring) > 0 && has_room(ring, put, GAP_SIZE)) {
        (void)put_gap(ring, put, at_ns);
    }
}

uint64_t record_ring_gap(const struct record_ring *ring)
{
    return gap_of(ring);
}

uint64_t record_ring_dropped(const struct record_ring *ring)
{
    return atomic_load_explicit(&ring->shared->dropped, memory_order_relaxed);
}

/* ---- taking ---- */

void record_ring_set_base(struct record_ring *ring, uint64_t place)
{
    ring->shared->head.base = place;
}

static void copy_out(const struct shared *shared, uint64_t at, uint8_t *to, size_t size)
{
    const size_t place = (size_t)(at % shared->capacity);
    const size_t first = size < shared->capacity - place ? size : shared->capacity - place;
    memcpy(to, shared->bytes + place, first);
    memcpy(to + first, shared->bytes, size - first);
}

size_t record_ring_take(struct record_ring *ring, uint8_t *out_bytes, size_t size,
                        size_t *out_needed)
{
    const struct shared *shared = ring->shared;
    const uint64_t put = atomic_load_explicit(&shared->put, memory_order_acquire);
    size_t taken = 0;
    *out_needed = 0;
    while (put - ring->taken >= STORE_HEAD_SIZE) {
        uint8_t head[STORE_HEAD_SIZE];
        copy_out(shared, ring->taken, head, sizeof(head));
        const size_t whole = store_record_size(wire_load_u32(head));
        if (whole > put - ring->taken) {
            break; /* cannot be: what is put is whole */
        }
        if (whole > size - taken) {
            *out_needed = taken == 0 ? whole : 0;
            break;
        }
        copy_out(shared, ring->taken, out_bytes + taken, whole);
        taken += whole;
        ring->taken += whole;
    }
    return taken;
}

void record_ring_release(struct record_ring *ring, uint64_t place)
{
    struct shared *shared = ring->shared;
    if (place > shared->head.base) {
        atomic_store_explicit(&shared->released, place - shared->head.base, memory_order_release);
    }
}

enum nav_status record_ring_seek(struct record_ring *ring, uint64_t place)
{
    const struct shared *shared = ring->shared;
    const uint64_t at = place - shared->head.base;
    if (place < shared->head.base || at < atomic_load(&shared->released) ||
        at > atomic_load(&shared->put)) {
        return NAV_ERR_RANGE;
    }
    ring->taken = at;
    return NAV_OK;
}
