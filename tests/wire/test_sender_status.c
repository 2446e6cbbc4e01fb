#include "wire_test.h"

#include <math.h>

#include "wire_metadata.h"
#include "wire_sender_status.h"

static uint8_t storage[1024];

static struct wire_message message_of(const char *device, const struct wire_metadata_entry *entries,
                                      size_t count)
{
    struct wire_writer writer = wire_writer_of(storage, sizeof storage);
    wire_metadata_encode(&writer, entries, count);
    assert_int_equal(wire_writer_end(&writer), NAV_OK);
    const size_t header_size = 2 + 8 * count;
    struct wire_message message = {.version = 2,
                                   .metadata_header = storage,
                                   .metadata = storage + header_size,
                                   .metadata_size = writer.size - header_size,
                                   .metadata_count = (uint16_t)count};
    (void)snprintf(message.device, sizeof message.device, "%s", device);
    message.device_length = (uint8_t)strlen(device);
    return message;
}

static void words_of_peers(void **state)
{
    (void)state;
    const struct {
        const char *word;
        enum nav_sender_status status;
    } table[] = {
        {"OK", NAV_SENDER_OK},
        {"ok", NAV_SENDER_OK},
        {" Ok\n", NAV_SENDER_OK},
        {"MISSING", NAV_SENDER_MISSING},
        {"Missing", NAV_SENDER_MISSING},
        {"OUT_OF_VIEW", NAV_SENDER_OUT_OF_VIEW},
        {"OUTOFVIEW", NAV_SENDER_OUT_OF_VIEW},
        {"OUT_OF_VOLUME", NAV_SENDER_OUT_OF_VOLUME},
        {"outofvolume", NAV_SENDER_OUT_OF_VOLUME},
        {"SWITCH1_IS_ON", NAV_SENDER_OK},
        {"SWITCH2_IS_ON", NAV_SENDER_OK},
        {"SWITCH3_IS_ON", NAV_SENDER_OK},
        {"REQ_TIMEOUT", NAV_SENDER_INVALID},
        {"INVALID", NAV_SENDER_INVALID},
        {"PATH_NOT_FOUND", NAV_SENDER_INVALID},
        {"UNKNOWN", NAV_SENDER_INVALID},
        {"HIGHERROR", NAV_SENDER_INVALID},
        {"DISABLED", NAV_SENDER_INVALID},
        {"SWITCH4_IS_ON", NAV_SENDER_UNKNOWN_WORD},
        {"OKAY", NAV_SENDER_UNKNOWN_WORD},
        {"O", NAV_SENDER_UNKNOWN_WORD},
        {"", NAV_SENDER_UNKNOWN_WORD},
        {" ", NAV_SENDER_UNKNOWN_WORD},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        if (wire_sender_status_of_word(table[i].word, strlen(table[i].word)) != table[i].status) {
            fail_msg("word \"%s\"", table[i].word);
        }
    }
    assert_int_equal(wire_sender_status_of_word("OK\0junk", 7), NAV_SENDER_OK);
    assert_int_equal(wire_sender_status_of_word("OK\xff", 3), NAV_SENDER_UNKNOWN_WORD);
    assert_int_equal(wire_sender_status_of_word(NULL, 0), NAV_SENDER_UNKNOWN_WORD);
}

static enum nav_sender_status transform_says(const char *status, const char *valid)
{
    struct wire_metadata_entry entries[2] = {0};
    size_t count = 0;
    if (status != NULL) {
        entries[count++] = wire_metadata_text("TransformStatus", status);
    }
    if (valid != NULL) {
        entries[count++] = wire_metadata_text("TransformValid", valid);
    }
    const struct wire_message message = message_of("d", entries, count);
    return wire_sender_status_of_message(&message);
}

static void status_and_validity_together(void **state)
{
    (void)state;
    assert_int_equal(transform_says(NULL, NULL), NAV_SENDER_UNSTATED);
    assert_int_equal(transform_says("OK", "1"), NAV_SENDER_OK);
    assert_int_equal(transform_says("OK", "true"), NAV_SENDER_OK);
    assert_int_equal(transform_says(NULL, "1"), NAV_SENDER_OK);
    assert_int_equal(transform_says("OK", NULL), NAV_SENDER_OK);
    assert_int_equal(transform_says(NULL, "0"), NAV_SENDER_INVALID);
    assert_int_equal(transform_says("OK", "0"), NAV_SENDER_INVALID);
    assert_int_equal(transform_says("OK", "FALSE"), NAV_SENDER_INVALID);
    assert_int_equal(transform_says("MISSING", "1"), NAV_SENDER_MISSING);
    assert_int_equal(transform_says("OUT_OF_VIEW", "0"), NAV_SENDER_OUT_OF_VIEW);
    assert_int_equal(transform_says("OK", "2"), NAV_SENDER_UNKNOWN_WORD);
    assert_int_equal(transform_says("OK", ""), NAV_SENDER_UNKNOWN_WORD);
    assert_int_equal(transform_says("", "1"), NAV_SENDER_UNKNOWN_WORD);
}

static void of_two_contradicting_statements_the_worse_holds(void **state)
{
    (void)state;
    const struct wire_metadata_entry entries[] = {wire_metadata_text("TransformStatus", "OK"),
                                                  wire_metadata_text("TransformStatus", "MISSING")};
    const struct wire_message message = message_of("d", entries, 2);
    assert_int_equal(wire_sender_status_of_message(&message), NAV_SENDER_MISSING);
}

static void tools_have_a_status_each(void **state)
{
    (void)state;
    const struct wire_metadata_entry entries[] = {
        wire_metadata_text("SawStatus", "OK"), wire_metadata_text("PointerStatus", "OUT_OF_VIEW"),
        wire_metadata_text("TransformStatus", "MISSING")};
    const struct wire_message message = message_of("TDATA_2Elem", entries, 3);
    assert_int_equal(wire_sender_status_of_tool(&message, "Saw"), NAV_SENDER_OK);
    assert_int_equal(wire_sender_status_of_tool(&message, "Pointer"), NAV_SENDER_OUT_OF_VIEW);
    assert_int_equal(wire_sender_status_of_tool(&message, "Point"), NAV_SENDER_UNSTATED);
}

static void fit_errors_are_read_and_the_largest_counts(void **state)
{
    (void)state;
    const struct wire_metadata_entry entries[] = {
        wire_metadata_text("RMSE", "0.25"), wire_metadata_text("TransformError", "0.5"),
        wire_metadata_text("SawError", "0.125"), wire_metadata_text("AxeError", "n/a"),
        wire_metadata_text("HoeError", "-1")};
    struct wire_message message = message_of("d", entries, 5);
    assert_true(wire_sender_error_mm(&message, NULL) == 0.5F);
    assert_true(wire_sender_error_mm(&message, "Saw") == 0.125F);
    assert_true(isinf(wire_sender_error_mm(&message, "Axe")));
    assert_true(isinf(wire_sender_error_mm(&message, "Hoe")));
    assert_true(isnan(wire_sender_error_mm(&message, "Pointer")));
    message = message_of("d", entries, 0);
    assert_true(isnan(wire_sender_error_mm(&message, NULL)));
}

static void long_names_come_from_metadata(void **state)
{
    (void)state;
    char name[64];
    const struct wire_metadata_entry whole[] = {
        wire_metadata_text("IGTL_DEVICE_NAME", "UltrasoundProbeToTrackerReference")};
    struct wire_message message = message_of("UltrasoundProbeToTra", whole, 1);
    assert_int_equal(wire_device_name(&message, name, sizeof name), NAV_OK);
    assert_string_equal(name, "UltrasoundProbeToTrackerReference");
    assert_int_equal(wire_device_name(&message, name, 20), NAV_ERR_TOO_LARGE);
    message = message_of("ABCDEFGHIJKLMNOPQRST", whole, 0);
    assert_int_equal(wire_device_name(&message, name, sizeof name), NAV_OK);
    assert_string_equal(name, "ABCDEFGHIJKLMNOPQRST");
}

static void one_message_with_two_names_is_refused(void **state)
{
    (void)state;
    char name[64] = "untouched";
    const struct wire_metadata_entry other[] = {wire_metadata_text("IGTL_DEVICE_NAME", "Pointer")};
    struct wire_message message = message_of("Saw", other, 1);
    assert_int_equal(wire_device_name(&message, name, sizeof name), NAV_ERR_REFUSED);
    message = message_of("", other, 0);
    assert_int_equal(wire_device_name(&message, name, sizeof name), NAV_ERR_ENCODING);
    const struct wire_metadata_entry control[] = {
        wire_metadata_text("IGTL_DEVICE_NAME", "Saw\x1b[2J")};
    message = message_of("Saw", control, 1);
    assert_int_equal(wire_device_name(&message, name, sizeof name), NAV_ERR_ENCODING);
    assert_string_equal(name, "untouched");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_of_peers),
        cmocka_unit_test(status_and_validity_together),
        cmocka_unit_test(of_two_contradicting_statements_the_worse_holds),
        cmocka_unit_test(tools_have_a_status_each),
        cmocka_unit_test(fit_errors_are_read_and_the_largest_counts),
        cmocka_unit_test(long_names_come_from_metadata),
        cmocka_unit_test(one_message_with_two_names_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
