#include "wire_test.h"

#include <dirent.h>

#include "recode.h"

enum { FILE_MAX = 65536 };

struct golden {
    enum nav_status check;
    enum nav_status recode;
    size_t count;
    uint8_t bytes[FILE_MAX];
    size_t size;
};

static uint64_t golden_cap(void *context, enum wire_kind kind, const char *type)
{
    (void)context;
    (void)kind;
    (void)type;
    return FILE_MAX;
}

static enum nav_status golden_take(void *context, const struct wire_message *message)
{
    struct golden *golden = context;
    golden->count++;
    golden->check = wire_table_check(message);
    struct wire_writer writer = wire_writer_of(golden->bytes, sizeof golden->bytes);
    golden->recode =
        message->kind != WIRE_KIND_UNKNOWN ? recode_message(message, &writer) : NAV_ERR_UNSUPPORTED;
    golden->size = writer.size;
    return golden->check;
}

/* Frames one file; it must hold exactly one message. */
static void frame(const uint8_t *bytes, size_t size, struct golden *golden)
{
    memset(golden, 0, sizeof *golden);
    const struct wire_framer_config config = {
        .body_cap = golden_cap, .on_message = golden_take, .context = golden};
    struct wire_framer *framer = NULL;
    assert_int_equal(wire_framer_create(&config, &framer), NAV_OK);
    assert_int_equal(wire_framer_feed(framer, bytes, size), NAV_OK);
    assert_true(wire_framer_at_boundary(framer));
    assert_int_equal(golden->count, 1);
    wire_framer_destroy(framer);
}

/* The messages of the protocol's own tests come out byte for byte as they went in. */
static void upstream_messages_round_trip_byte_for_byte(void **state)
{
    (void)state;
    static const char *const names[] = {"bind",
                                        "capability",
                                        "colortable",
                                        "colortable2",
                                        "command",
                                        "commandFormat2",
                                        "image",
                                        "imgmeta",
                                        "lbmeta",
                                        "ndarray",
                                        "point",
                                        "polydata",
                                        "position",
                                        "positionFormat2",
                                        "sensor",
                                        "status",
                                        "string",
                                        "tdata",
                                        "tdataFormat2",
                                        "trajectory",
                                        "trajectoryFormat2",
                                        "transform",
                                        "transformFormat2",
                                        "videometa"};
    static uint8_t bytes[FILE_MAX];
    static struct golden golden;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char path[128];
        (void)snprintf(path, sizeof path, "igtl/upstream_arrays/%s.bin", names[i]);
        const size_t size = read_data(path, bytes, sizeof bytes);
        frame(bytes, size, &golden);
        if (golden.check != NAV_OK || golden.recode != NAV_OK || golden.size != size ||
            memcmp(golden.bytes, bytes, size) != 0) {
            fail_msg("%s: check %d, recode %d, %zu bytes of %zu", names[i], golden.check,
                     golden.recode, golden.size, size);
        }
    }
}

/* The distribution's library is an old peer that leaves reserved bytes as they were: its messages
 * need not come out the same, but every one must be understood. */
static void messages_of_the_distributions_library_are_understood(void **state)
{
    (void)state;
    char folder[1024];
    test_data_path("igtl/generated_debian_openigtlink_1.11", folder, sizeof folder);
    static uint8_t bytes[FILE_MAX];
    static struct golden golden;
    DIR *directory = opendir(folder);
    assert_non_null(directory);
    size_t count = 0;
    for (struct dirent *entry = readdir(directory); entry != NULL; entry = readdir(directory)) {
        const char *dot = strrchr(entry->d_name, '.');
        if (dot == NULL || strcmp(dot, ".bin") != 0) {
            continue;
        }
        char path[512];
        (void)snprintf(path, sizeof path, "igtl/generated_debian_openigtlink_1.11/%.255s",
                       entry->d_name);
        const size_t size = read_data(path, bytes, sizeof bytes);
        frame(bytes, size, &golden);
        if (golden.check != NAV_OK || golden.recode != NAV_OK) {
            fail_msg("%s: check %d, recode %d", entry->d_name, golden.check, golden.recode);
        }
        count++;
    }
    closedir(directory);
    assert_int_equal(count, 38);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(upstream_messages_round_trip_byte_for_byte),
        cmocka_unit_test(messages_of_the_distributions_library_are_understood),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
