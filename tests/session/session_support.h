/* Messages and folders for tests of sessions. Thread: one at a time. */
#ifndef SESSION_SUPPORT_H
#define SESSION_SUPPORT_H

#include <stddef.h>
#include <stdint.h>

#include "session_store.h"

enum { TEST_TRANSFORM_SIZE = 106 };

/* A TRANSFORM with a good CRC whose numbers follow from `seed`. */
void test_transform(const char *device, uint64_t seed, uint8_t out_bytes[TEST_TRANSFORM_SIZE]);

/* A folder of its own for a test, and its removal with everything in it. */
const char *test_folder(char out_path[256]);
void test_remove_folder(const char *path);

/* `count` TRANSFORMs of four devices, 100 Hz each, as records from `start_ns`. */
void test_append_poses(struct session_writer *writer, uint64_t first, uint64_t count,
                       int64_t start_ns);

struct session_facts test_facts(void);

#endif
