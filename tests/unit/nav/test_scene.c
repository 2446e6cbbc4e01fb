#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "nav/scene.h"
#include "nav/status.h"

static void test_names(void **state)
{
    (void)state;
    assert_string_equal(nav_trust_name(NAV_TRUST_WITHHELD), "withheld");
    assert_string_equal(nav_trust_name(NAV_TRUST_CAUTION), "caution");
    assert_string_equal(nav_trust_name(NAV_TRUST_OK), "ok");
    assert_string_equal(nav_trust_name(3), "?");
    assert_string_equal(nav_tool_state_name(NAV_TOOL_NEVER), "never");
    assert_string_equal(nav_tool_state_name(NAV_TOOL_TRACKED), "tracked");
    assert_string_equal(nav_tool_state_name(NAV_TOOL_STALE), "stale");
    assert_string_equal(nav_tool_state_name(NAV_TOOL_LOST), "lost");
    assert_string_equal(nav_tool_state_name(NAV_TOOL_INVALID), "invalid");
    assert_string_equal(nav_tool_state_name(UINT32_MAX), "?");
    assert_string_equal(nav_mode_name(NAV_MODE_LIVE), "live");
    assert_string_equal(nav_mode_name(NAV_MODE_SIMULATION), "simulation");
    assert_string_equal(nav_mode_name(NAV_MODE_REPLAY), "replay");
    assert_string_equal(nav_mode_name(3), "?");
    assert_string_equal(nav_reason_name(NAV_REASON_NONE), "");
    assert_string_equal(nav_reason_name(NAV_REASON_REFERENCE_LOST), "reference-lost");
    assert_string_equal(nav_reason_name(NAV_REASON_COUNT), "?");
    for (uint32_t i = 1; i < NAV_REASON_COUNT; ++i) {
        assert_true(nav_reason_text(i)[0] != '\0');
        for (uint32_t j = 1; j < i; ++j) {
            assert_string_not_equal(nav_reason_name(i), nav_reason_name(j));
        }
    }
    assert_string_equal(nav_status_name(NAV_ERR_NOT_RIGID), "NAV_ERR_NOT_RIGID");
    assert_string_equal(nav_status_name((enum nav_status)77), "?");
    assert_string_equal(nav_status_text((enum nav_status)77), "unknown status");
}

/* The zero struct must never pass for a picture. */
static void test_zero_is_withheld(void **state)
{
    (void)state;
    static const struct nav_scene zero;
    assert_int_equal(zero.trust, NAV_TRUST_WITHHELD);
    assert_int_equal(zero.tools[0].state, NAV_TOOL_NEVER);
    assert_int_equal(zero.tools[0].has_pose, 0);
    assert_false(nav_pose_is_valid(&zero.tools[0].T_image_tool));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_zero_is_withheld),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
