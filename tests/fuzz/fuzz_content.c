/* One family's content: FUZZ_KIND names it, FUZZ_EXACT says that every byte means something.
 *
 * Promises: the validator and the decoder agree; what was decoded encodes to something that is
 * legal again and encodes to itself; where every byte has a meaning it is the input. */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "wire/recode.h"

static enum nav_status judge(const uint8_t *content, size_t size)
{
    const struct wire_message message = {.kind = FUZZ_KIND,
                                         .device = "x",
                                         .device_length = 1,
                                         .content = content,
                                         .content_size = size};
    return wire_table_check(&message);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const size_t capacity = 2 * size + 64;
    uint8_t *once = malloc(capacity);
    uint8_t *twice = malloc(capacity);
    FUZZ_PROMISE(once != NULL && twice != NULL);
    const enum nav_status status = judge(data, size);
    struct wire_writer first = wire_writer_of(once, capacity);
    const enum nav_status recoded = recode_of(FUZZ_KIND)(data, size, &first);
    if (status != NAV_OK) {
        FUZZ_PROMISE(recoded != NAV_OK);
    } else if (recoded == NAV_OK) {
        FUZZ_PROMISE(wire_writer_end(&first) == NAV_OK);
        FUZZ_PROMISE(judge(once, first.size) == NAV_OK);
        struct wire_writer second = wire_writer_of(twice, capacity);
        FUZZ_PROMISE(recode_of(FUZZ_KIND)(once, first.size, &second) == NAV_OK);
        FUZZ_PROMISE(second.size == first.size && memcmp(once, twice, first.size) == 0);
        if (FUZZ_EXACT) {
            FUZZ_PROMISE(first.size == size && (size == 0 || memcmp(once, data, size) == 0));
        }
    } else {
        /* Names in lists are judged one by one; children are counted by the test. */
        FUZZ_PROMISE(recoded == NAV_ERR_ENCODING || recoded == NAV_ERR_FULL);
    }
    free(once);
    free(twice);
    return 0;
}
