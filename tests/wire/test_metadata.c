#include "wire_test.h"

#include <locale.h>

#include "wire_metadata.h"
#include "wire_pack.h"
#include "wire_string.h"

/* A message as the framer would hand it on, made around given entries. */
static struct wire_message message_of(uint8_t *bytes, size_t capacity,
                                      const struct wire_metadata_entry *entries, size_t count)
{
    struct wire_writer writer = wire_writer_of(bytes, capacity);
    wire_metadata_encode(&writer, entries, count);
    assert_int_equal(wire_writer_end(&writer), NAV_OK);
    const size_t header_size = 2 + 8 * count;
    return (struct wire_message){.version = 2,
                                 .metadata_header = bytes,
                                 .metadata = bytes + header_size,
                                 .metadata_size = writer.size - header_size,
                                 .metadata_count = (uint16_t)count};
}

static void entries_come_back_in_order(void **state)
{
    (void)state;
    uint8_t bytes[512];
    const struct wire_metadata_entry entries[] = {
        wire_metadata_text("First", "1"),
        wire_metadata_text("", ""),
        {.key = "bin", .key_size = 3, .encoding = 4096, .value = "\0\xff", .value_size = 2}};
    const struct wire_message message = message_of(bytes, sizeof bytes, entries, 3);
    struct wire_metadata_walk walk = wire_metadata_begin(&message);
    struct wire_metadata_entry entry;
    for (size_t i = 0; i < 3; i++) {
        assert_true(wire_metadata_next(&walk, &entry));
        assert_int_equal(entry.key_size, entries[i].key_size);
        assert_int_equal(entry.encoding, entries[i].encoding);
        assert_int_equal(entry.value_size, entries[i].value_size);
        assert_memory_equal(entry.key, entries[i].key, entry.key_size);
        assert_memory_equal(entry.value, entries[i].value, entry.value_size);
    }
    assert_false(wire_metadata_next(&walk, &entry));
}

static void a_message_without_metadata_has_no_entries(void **state)
{
    (void)state;
    const struct wire_message message = {.version = 1};
    struct wire_metadata_walk walk = wire_metadata_begin(&message);
    struct wire_metadata_entry entry;
    assert_false(wire_metadata_next(&walk, &entry));
    assert_int_equal(wire_metadata_find(&message, "x", &entry, NULL), NAV_ERR_NOT_FOUND);
}

static void keys_are_matched_whole_and_the_first_wins(void **state)
{
    (void)state;
    uint8_t bytes[512];
    const struct wire_metadata_entry entries[] = {
        wire_metadata_text("SawStatusX", "no"), wire_metadata_text("SawStatus", "yes"),
        wire_metadata_text("SawStatus", "again"), wire_metadata_text("Once", "1")};
    const struct wire_message message = message_of(bytes, sizeof bytes, entries, 4);
    struct wire_metadata_entry entry;
    bool repeated = false;
    assert_int_equal(wire_metadata_find(&message, "SawStatus", &entry, &repeated), NAV_OK);
    assert_int_equal(entry.value_size, 3);
    assert_memory_equal(entry.value, "yes", 3);
    assert_true(repeated);
    assert_int_equal(wire_metadata_find_joined(&message, "Saw", "Status", &entry, NULL), NAV_OK);
    assert_memory_equal(entry.value, "yes", 3);
    assert_int_equal(wire_metadata_find(&message, "Once", &entry, &repeated), NAV_OK);
    assert_false(repeated);
    assert_int_equal(wire_metadata_find(&message, "SawStat", &entry, NULL), NAV_ERR_NOT_FOUND);
    assert_int_equal(wire_metadata_find(&message, "sawstatus", &entry, NULL), NAV_ERR_NOT_FOUND);
}

static void numbers_are_decimal_in_every_locale(void **state)
{
    (void)state;
    /* Where a comma is the decimal sign, strtod would read 0 from 0.5; not every machine has one.
     */
    (void)setlocale(LC_NUMERIC, "de_DE.UTF-8");
    const struct {
        const char *text;
        double value;
    } good[] = {{"0.25", 0.25}, {" 1.5 ", 1.5}, {"-3", -3}, {"1e-3", 0.001}, {"+2.", 2}};
    double number = 0;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        const struct wire_metadata_entry entry = wire_metadata_text("k", good[i].text);
        assert_int_equal(wire_metadata_number(&entry, &number), NAV_OK);
        assert_true(number == good[i].value);
    }
    const char *const bad[] = {
        "",      " ",    "nan",
        "inf",   "0x10", "1,5",
        "1.5mm", "1 2",  "1e999",
        "--1",   "e5",   "0000000000000000000000000000000000000000000000000000000000000000"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        const struct wire_metadata_entry entry = wire_metadata_text("k", bad[i]);
        assert_int_equal(wire_metadata_number(&entry, &number), NAV_ERR_SYNTAX);
    }
    (void)setlocale(LC_NUMERIC, "C");
}

static void sizes_that_the_format_cannot_hold_are_refused(void **state)
{
    (void)state;
    static struct wire_metadata_entry many[8192];
    uint16_t header_size = 0;
    uint32_t data_size = 0;
    assert_int_equal(wire_metadata_sizes(many, 8191, &header_size, &data_size), NAV_OK);
    assert_int_equal(header_size, 65530);
    assert_int_equal(wire_metadata_sizes(many, 8192, &header_size, &data_size), NAV_ERR_TOO_LARGE);
    many[0].value_size = UINT32_MAX;
    assert_int_equal(wire_metadata_sizes(many, 1, &header_size, &data_size), NAV_OK);
    many[1].key_size = 1;
    assert_int_equal(wire_metadata_sizes(many, 2, &header_size, &data_size), NAV_ERR_TOO_LARGE);
}

static void more_than_64_kilobytes_of_metadata_pass(void **state)
{
    (void)state;
    enum { VALUE = 70000 };
    char *value = malloc(VALUE + 1);
    uint8_t *bytes = malloc(2 * VALUE);
    assert_non_null(value);
    assert_non_null(bytes);
    memset(value, 'v', VALUE);
    value[VALUE] = '\0';
    const struct wire_metadata_entry entries[] = {wire_metadata_text("long", value)};
    struct wire_writer writer = wire_writer_of(bytes, 2 * VALUE);
    const struct wire_pack pack = wire_pack_begin(
        &writer,
        &(struct wire_pack_head){.version = 2, .kind = WIRE_KIND_GET_STATUS, .device = "d"});
    assert_int_equal(wire_pack_end(&pack, entries, 1), NAV_OK);
    struct collector collector;
    struct wire_framer *framer = collecting_framer(&collector);
    collector.cap = 2 * VALUE;
    assert_int_equal(wire_framer_feed(framer, bytes, writer.size), NAV_OK);
    assert_int_equal(collector.count, 1);
    assert_int_equal(collector.seen[0].metadata_size, VALUE + 4);
    wire_framer_destroy(framer);
    free(value);
    free(bytes);
}

static void a_message_that_does_not_fit_leaves_the_buffer_as_it_was(void **state)
{
    (void)state;
    uint8_t bytes[200];
    struct wire_writer writer = wire_writer_of(bytes, sizeof bytes);
    const struct wire_pack_head head = {.version = 1, .kind = WIRE_KIND_STRING, .device = "d"};
    const struct wire_string text = {.encoding = 3, .length = 5, .text = "hello"};
    struct wire_pack pack = wire_pack_begin(&writer, &head);
    wire_string_encode(&writer, &text);
    assert_int_equal(wire_pack_end(&pack, NULL, 0), NAV_OK);
    const size_t size = writer.size;
    const struct wire_string longer = {.encoding = 3, .length = 150, .text = (const char *)bytes};
    pack = wire_pack_begin(&writer, &head);
    wire_string_encode(&writer, &longer);
    assert_int_equal(wire_pack_end(&pack, NULL, 0), NAV_ERR_FULL);
    assert_int_equal(writer.size, size);
    assert_int_equal(wire_writer_end(&writer), NAV_OK);
}

static void what_cannot_be_sent_is_refused(void **state)
{
    (void)state;
    uint8_t bytes[200];
    struct wire_writer writer = wire_writer_of(bytes, sizeof bytes);
    const struct wire_metadata_entry entries[] = {wire_metadata_text("k", "v")};
    struct wire_pack_head head = {.version = 1, .kind = WIRE_KIND_STP_TDATA, .device = "d"};
    struct wire_pack pack = wire_pack_begin(&writer, &head);
    assert_int_equal(wire_pack_end(&pack, entries, 1), NAV_ERR_ARGUMENT);
    head.version = 3;
    pack = wire_pack_begin(&writer, &head);
    assert_int_equal(wire_pack_end(&pack, NULL, 0), NAV_ERR_FULL);
    head.version = 1;
    head.device = "a name of 21 letters.";
    pack = wire_pack_begin(&writer, &head);
    assert_int_equal(wire_pack_end(&pack, NULL, 0), NAV_ERR_FULL);
    assert_int_equal(writer.size, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entries_come_back_in_order),
        cmocka_unit_test(a_message_without_metadata_has_no_entries),
        cmocka_unit_test(keys_are_matched_whole_and_the_first_wins),
        cmocka_unit_test(numbers_are_decimal_in_every_locale),
        cmocka_unit_test(sizes_that_the_format_cannot_hold_are_refused),
        cmocka_unit_test(more_than_64_kilobytes_of_metadata_pass),
        cmocka_unit_test(a_message_that_does_not_fit_leaves_the_buffer_as_it_was),
        cmocka_unit_test(what_cannot_be_sent_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
