/* A saved transform of one format (FUZZ_NAME): refused with a message, or sixteen numbers. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "transform_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *bytes = malloc(size + 1);
    FUZZ_PROMISE(bytes != NULL);
    if (size > 0) {
        memcpy(bytes, data, size);
    }
    bytes[size] = 0;
    double matrix[16] = {0.0};
    struct cfg_error error = {.text = ""};
    const enum nav_status status = cfg_transform_parse(bytes, size, FUZZ_NAME, matrix, &error);
    free(bytes);
    FUZZ_PROMISE((status == NAV_OK) == (error.text[0] == '\0'));
    FUZZ_PROMISE((status == NAV_OK) == (matrix[15] == 1.0));
    for (int i = 0; i < 16; ++i) {
        FUZZ_PROMISE(isfinite(matrix[i]));
    }
    return 0;
}
