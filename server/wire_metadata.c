#include "wire_metadata.h"

#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { COUNT_SIZE = 2, ENTRY_SIZE = 8 };

struct wire_metadata_walk wire_metadata_begin(const struct wire_message *message)
{
    const size_t header_size = (size_t)message->metadata_count * ENTRY_SIZE;
    return (struct wire_metadata_walk){
        .header = wire_reader_of(
            message->metadata_count != 0 ? message->metadata_header + COUNT_SIZE : NULL,
            header_size),
        .data = wire_reader_of(message->metadata, message->metadata_size),
        .left = message->metadata_count};
}

bool wire_metadata_next(struct wire_metadata_walk *walk, struct wire_metadata_entry *out_entry)
{
    if (walk->left == 0) {
        return false;
    }
    walk->left--;
    out_entry->key_size = wire_read_u16(&walk->header);
    out_entry->encoding = wire_read_u16(&walk->header);
    out_entry->value_size = wire_read_u32(&walk->header);
    out_entry->key = (const char *)wire_read_view(&walk->data, out_entry->key_size);
    out_entry->value = (const char *)wire_read_view(&walk->data, out_entry->value_size);
    return !walk->header.failed && !walk->data.failed;
}

enum nav_status wire_metadata_find_joined(const struct wire_message *message, const char *front,
                                          const char *back, struct wire_metadata_entry *out_entry,
                                          bool *out_repeated)
{
    if (message->metadata_count == 0) {
        return NAV_ERR_NOT_FOUND;
    }
    const size_t front_length = strlen(front);
    const size_t back_length = strlen(back);
    bool found = false;
    bool repeated = false;
    struct wire_metadata_entry entry;
    struct wire_metadata_walk walk = wire_metadata_begin(message);
    while (!repeated && wire_metadata_next(&walk, &entry)) {
        if (entry.key_size != front_length + back_length ||
            memcmp(entry.key, front, front_length) != 0 ||
            memcmp(entry.key + front_length, back, back_length) != 0) {
            continue;
        }
        if (found) {
            repeated = true;
        } else {
            found = true;
            *out_entry = entry;
        }
    }
    if (found && out_repeated != NULL) {
        *out_repeated = repeated;
    }
    return found ? NAV_OK : NAV_ERR_NOT_FOUND;
}

enum nav_status wire_metadata_find(const struct wire_message *message, const char *key,
                                   struct wire_metadata_entry *out_entry, bool *out_repeated)
{
    return wire_metadata_find_joined(message, key, "", out_entry, out_repeated);
}

enum nav_status wire_metadata_sizes(const struct wire_metadata_entry *entries, size_t count,
                                    uint16_t *out_header_size, uint32_t *out_data_size)
{
    uint64_t data_size = 0;
    if (count > (UINT16_MAX - COUNT_SIZE) / ENTRY_SIZE) {
        return NAV_ERR_TOO_LARGE;
    }
    for (size_t i = 0; i < count; i++) {
        data_size += (uint64_t)entries[i].key_size + entries[i].value_size;
    }
    if (data_size > UINT32_MAX) {
        return NAV_ERR_TOO_LARGE;
    }
    *out_header_size = (uint16_t)(COUNT_SIZE + count * ENTRY_SIZE);
    *out_data_size = (uint32_t)data_size;
    return NAV_OK;
}

void wire_metadata_encode(struct wire_writer *writer, const struct wire_metadata_entry *entries,
                          size_t count)
{
    wire_write_u16(writer, (uint16_t)count);
    for (size_t i = 0; i < count; i++) {
        wire_write_u16(writer, entries[i].key_size);
        wire_write_u16(writer, entries[i].encoding);
        wire_write_u32(writer, entries[i].value_size);
    }
    for (size_t i = 0; i < count; i++) {
        wire_write_bytes(writer, entries[i].key, entries[i].key_size);
        wire_write_bytes(writer, entries[i].value, entries[i].value_size);
    }
}

struct wire_metadata_entry wire_metadata_text(const char *key, const char *value)
{
    enum { ASCII = 3 };
    return (struct wire_metadata_entry){.key = key,
                                        .key_size = (uint16_t)strnlen(key, UINT16_MAX),
                                        .encoding = ASCII,
                                        .value = value,
                                        .value_size = (uint32_t)strnlen(value, UINT32_MAX)};
}

static locale_t c_locale;

__attribute__((constructor)) static void make_locale(void)
{
    c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
}

enum nav_status wire_metadata_number(const struct wire_metadata_entry *entry, double *out_number)
{
    char text[64];
    if (entry->value_size == 0 || entry->value_size >= sizeof text || c_locale == (locale_t)0) {
        return NAV_ERR_SYNTAX;
    }
    memcpy(text, entry->value, entry->value_size);
    text[entry->value_size] = '\0';
    /* strtod also reads "nan", "inf" and hexadecimal: nothing that a peer means by a number. */
    if (strspn(text, " \t+-.0123456789eE") != entry->value_size) {
        return NAV_ERR_SYNTAX;
    }
    char *end = NULL;
    const double number = strtod_l(text, &end, c_locale);
    if (end == text || end[strspn(end, " \t")] != '\0' || !isfinite(number)) {
        return NAV_ERR_SYNTAX;
    }
    *out_number = number;
    return NAV_OK;
}
