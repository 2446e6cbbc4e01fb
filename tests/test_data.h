/* Finds the shared real data. OSTEONAV_DATA names the folder; the default is beside the checkout.
 * Without it a test skips, but with CI=true a missing file is a failure. */
#ifndef TEST_DATA_H
#define TEST_DATA_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* Writes the path of `relative` in the data folder; skips or fails the test when it is missing. */
static inline void test_data_path(const char *relative, char *out_path, size_t size)
{
    const char *folder = getenv("OSTEONAV_DATA");
    if (folder == NULL || folder[0] == '\0') {
        folder = getenv("OSTEONAV_DATA_DEFAULT");
    }
    const int length = snprintf(out_path, size, "%s/%s", folder != NULL ? folder : ".", relative);
    if (length > 0 && (size_t)length < size && access(out_path, R_OK) == 0) {
        return;
    }
    const char *ci = getenv("CI");
    if (ci != NULL && strcmp(ci, "true") == 0) {
        fail_msg("missing data file %s (set OSTEONAV_DATA)", out_path);
    }
    print_message("missing data file %s: skipped (set OSTEONAV_DATA)\n", out_path);
    skip();
}

#endif
