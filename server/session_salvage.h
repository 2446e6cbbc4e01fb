/* Blocks out of a damaged database: those that SQLite still gives, and those that its pages hold.
 *
 * Every page that looks like a leaf of a table is searched for rows that hold a block; a row's
 * overflow pages are followed. Pages come from the file with its write-ahead log laid over it, and
 * from the file alone. Only a block whose own checksum is right is kept, so that nothing wrong can
 * come out of a guess. Pure but for reading the files. Thread: any. */
#ifndef SESSION_SALVAGE_H
#define SESSION_SALVAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nav/status.h"
#include "store_block.h"

struct salvaged {
    struct store_block head;
    uint8_t *bytes;
    size_t size;
};

struct session_salvage {
    struct salvaged *blocks; /* of one session, by place; overlapping ones are possible */
    size_t count;
    size_t capacity;
    uint64_t session; /* the one that most blocks are of */
};

/* NAV_OK also when nothing was found; NAV_ERR_NOT_FOUND; NAV_ERR_MEMORY. */
NAV_MUST_USE enum nav_status session_salvage_file(const char *path,
                                                  struct session_salvage *out_salvage);
void session_salvage_finish(struct session_salvage *salvage);

/* Whether the write-ahead log beside the file holds blocks of this session behind `end`: SQLite
 * leaves out everything behind the first damage in a log, without a word. */
bool session_salvage_sees_more(const char *path, uint64_t session, uint64_t end);

/* The next block that says something about the stream from `place` on: the one that begins first,
 * of several the one that ends last. NULL: none. */
const struct salvaged *session_salvage_next(const struct session_salvage *salvage, uint64_t place);

#endif
