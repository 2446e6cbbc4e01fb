/* A table of names of one kind (FUZZ_NAME): refused with a message, or names that differ. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "label_names.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *bytes = malloc(size + 1);
    FUZZ_PROMISE(bytes != NULL);
    if (size > 0) {
        memcpy(bytes, data, size);
    }
    bytes[size] = 0;
    struct prep_names names = {0};
    struct cfg_error error = {.text = ""};
    const enum nav_status status = prep_names_parse(bytes, size, FUZZ_NAME, &names, &error);
    free(bytes);
    FUZZ_PROMISE((status == NAV_OK) == (names.rows != NULL));
    FUZZ_PROMISE((status == NAV_OK) == (error.text[0] == '\0'));
    for (size_t i = 0; i < names.count; ++i) {
        const struct prep_name *row = &names.rows[i];
        FUZZ_PROMISE(row->value >= 1 && row->value <= PREP_LABEL_VALUE_MAX);
        FUZZ_PROMISE(prep_name_is_good(row->name, strlen(row->name)));
        for (size_t k = 0; k < i; ++k) {
            FUZZ_PROMISE(names.rows[k].value != row->value);
            FUZZ_PROMISE(strcmp(names.rows[k].name, row->name) != 0);
        }
    }
    prep_names_finish(&names);
    return 0;
}
