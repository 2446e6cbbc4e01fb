#include "session_support.h"

#include <dirent.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "wire_cursor.h"
#include "wire_kind.h"
#include "wire_pack.h"
#include "wire_transform.h"

void test_transform(const char *device, uint64_t seed, uint8_t out_bytes[TEST_TRANSFORM_SIZE])
{
    struct wire_writer writer = wire_writer_of(out_bytes, TEST_TRANSFORM_SIZE);
    const struct wire_pack pack = wire_pack_begin(
        &writer, &(struct wire_pack_head){.version = 1,
                                          .kind = WIRE_KIND_TRANSFORM,
                                          .device = device,
                                          .utc_ns = 1700000000000000000 + (int64_t)seed * 2500000});
    const double angle = (double)seed * 1e-3;
    const float c = (float)cos(angle);
    const float s = (float)sin(angle);
    const float values[12] = {c, s, 0, -s,         c,         0,
                              0, 0, 1, 100.0F * c, 50.0F * s, (float)seed * 0.1F};
    wire_write_f32s(&writer, values, 12);
    assert_int_equal(wire_pack_end(&pack, NULL, 0), NAV_OK);
    assert_int_equal(writer.size, TEST_TRANSFORM_SIZE);
}

const char *test_folder(char out_path[256])
{
    (void)snprintf(out_path, 256, "/tmp/osteonav-session-XXXXXX");
    assert_non_null(mkdtemp(out_path));
    return out_path;
}

void test_remove_folder(const char *path)
{
    DIR *folder = opendir(path);
    for (struct dirent *entry; folder != NULL && (entry = readdir(folder)) != NULL;) {
        char name[512];
        (void)snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
        (void)unlink(name);
    }
    if (folder != NULL) {
        (void)closedir(folder);
    }
    (void)rmdir(path);
}

void test_append_poses(struct session_writer *writer, uint64_t first, uint64_t count,
                       int64_t start_ns)
{
    static const char *const devices[] = {"StylusToTracker", "SawToTracker", "DrillToTracker",
                                          "ReferenceToTracker"};
    struct session_error error = {""};
    for (uint64_t i = first; i < first + count; ++i) {
        uint8_t bytes[TEST_TRANSFORM_SIZE];
        test_transform(devices[i % 4], i, bytes);
        const struct store_record record = {.kind = STORE_MESSAGE,
                                            .source = 1,
                                            .at_ns = start_ns + (int64_t)i * 2500000,
                                            .content = bytes,
                                            .size = sizeof(bytes)};
        if (session_writer_append(writer, &record, &error) != NAV_OK) {
            fail_msg("%s", error.text);
        }
    }
}

struct session_facts test_facts(void)
{
    struct session_facts facts = {.id = 0x1234567890abcdef,
                                  .software = "osteonav test",
                                  .origin = "recorded",
                                  .case_name = "demo",
                                  .case_path = "config/demo/case.yaml",
                                  .pseudonym = "P-1",
                                  .mode = NAV_MODE_LIVE,
                                  .start_ns = 1000,
                                  .start_utc_ns = 1700000000000000000};
    return facts;
}
