/* A line of JSON as `osteonav igtl send` takes it.
 *
 * Promises: refused with a reason and nothing handed out, or a message. What `igtl listen --json`
 * prints of that message can be sent again, and reads the same when it has been: with the content
 * as hexadecimal digits always, with the content in its own form when that can be packed (names
 * that are not text, and texts that grow beyond their field when escaped, cannot). */
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "fuzz.h"
#include "link_json.h"
#include "wire_framer.h"

enum { INPUT_MAX = 4096, WHY_SIZE = 128 };

static const int64_t stamp_ns = INT64_C(1700000000500000000);

/* What a message reads as. */
struct told {
    json_t *in_hex;
    json_t *in_form;
};

static enum nav_status on_message(void *context, const struct wire_message *message)
{
    struct told *told = context;
    told->in_hex = link_json_of_message(message, true);
    told->in_form = link_json_of_message(message, false);
    FUZZ_PROMISE(json_is_object(told->in_hex) && json_is_object(told->in_form));
    /* escapes in metadata make it longer, and are not escaped again */
    (void)json_object_del(told->in_hex, "size");
    (void)json_object_del(told->in_form, "size");
    return NAV_OK;
}

static uint64_t any_size(void *context, enum wire_kind kind, const char *type)
{
    (void)context;
    (void)kind;
    (void)type;
    return UINT32_MAX;
}

/* Packs, frames and tells; false when it is refused or no whole message. */
static bool send(const json_t *object, struct told *out_told)
{
    uint8_t *bytes = NULL;
    size_t size = 0;
    char why[WHY_SIZE] = "";
    *out_told = (struct told){.in_hex = NULL};
    if (link_json_pack(object, stamp_ns, &bytes, &size, why, sizeof(why)) != NAV_OK) {
        FUZZ_PROMISE(bytes == NULL && why[0] != '\0');
        return false;
    }
    const struct wire_framer_config config = {
        .body_cap = any_size, .on_message = on_message, .context = out_told};
    struct wire_framer *framer = NULL;
    FUZZ_PROMISE(wire_framer_create(&config, &framer) == NAV_OK);
    (void)!wire_framer_feed(framer, bytes, size);
    wire_framer_destroy(framer);
    free(bytes);
    return out_told->in_hex != NULL;
}

static void forget(struct told *told)
{
    json_decref(told->in_hex);
    json_decref(told->in_form);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    json_t *object = size <= INPUT_MAX
                         ? json_loadb((const char *)data, size, JSON_REJECT_DUPLICATES, NULL)
                         : NULL;
    struct told first;
    if (object != NULL && json_object_get(object, "body_size") == NULL && send(object, &first)) {
        struct told second;
        FUZZ_PROMISE(send(first.in_hex, &second));
        FUZZ_PROMISE(json_equal(first.in_hex, second.in_hex));
        forget(&second);
        if (send(first.in_form, &second)) {
            FUZZ_PROMISE(json_equal(first.in_form, second.in_form));
            forget(&second);
        }
        forget(&first);
    }
    json_decref(object);
    return 0;
}
