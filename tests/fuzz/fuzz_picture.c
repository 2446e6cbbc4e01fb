/* IMAGE content of a camera's peer.
 *
 * Promises: what is taken has sizes that a picture may have, in a buffer that holds it, and comes
 * out again as it went in; what is refused leaves the head as it was and says why. */
#include <string.h>

#include "film_image.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char why[128] = "";
    struct film_buffer buffer = {0};
    struct film_head head = {.width_px = -1, .time_ns = 7};
    const enum nav_status status = film_image_take(data, size, &head, &buffer, why);
    if (status == NAV_OK) {
        FUZZ_PROMISE(film_head_is_good(&head) && film_size(&head) <= buffer.capacity);
        FUZZ_PROMISE(film_image_size(&head) == size && head.time_ns == 7);
        FUZZ_PROMISE(head.channels == 3 ||
                     memcmp(buffer.bytes, data + size - film_size(&head), film_size(&head)) == 0);
    } else {
        FUZZ_PROMISE(head.width_px == -1 && why[0] != '\0');
    }
    film_buffer_finish(&buffer);
    return 0;
}
