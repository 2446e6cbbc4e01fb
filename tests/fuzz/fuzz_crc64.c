/* Promise: all ways to form the checksum agree, in one piece and in two. */
#include <string.h>

#include "fuzz.h"
#include "wire_crc64.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint64_t initial = 0;
    if (size < sizeof initial) {
        return 0;
    }
    memcpy(&initial, data, sizeof initial);
    const uint64_t expected = wire_crc64_ref(initial, data, size);
    const size_t cut = (size_t)initial % (size + 1);
    size_t count = 0;
    const struct wire_crc64_variant *variants = wire_crc64_variants(&count);
    for (size_t i = 0; i < count; i++) {
        if (!variants[i].supported) {
            continue;
        }
        FUZZ_PROMISE(variants[i].function(initial, data, size) == expected);
        const uint64_t front = variants[i].function(initial, data, cut);
        FUZZ_PROMISE(variants[i].function(front, data + cut, size - cut) == expected);
    }
    return 0;
}
