#include "wire_bind.h"

#include "wire_header.h"

enum { SIZE_FIELD = 8, TABLE_ROW = WIRE_TYPE_SIZE + SIZE_FIELD };

static uint64_t padded(uint64_t size)
{
    return size + size % 2;
}

bool wire_bind_next(struct wire_bind *bind, struct wire_bind_child *out_child)
{
    struct wire_bind_child child = {0};
    if (bind->types.left == 0) {
        return false;
    }
    wire_read_field(&bind->types, WIRE_TYPE_SIZE, child.type);
    const uint64_t size = bind->request ? 0 : wire_read_u64(&bind->types);
    const size_t length = strnlen((const char *)bind->names.at, bind->names.left);
    const uint8_t *name = wire_read_view(&bind->names, (uint64_t)length + 1);
    if (bind->types.failed || name == NULL || length > WIRE_DEVICE_SIZE) {
        return false;
    }
    memcpy(child.name, name, length);
    if (size != 0) {
        child.content = wire_read_view(&bind->contents, size);
        (void)wire_read_view(&bind->contents, padded(size) - size);
        if (child.content == NULL || bind->contents.failed) {
            return false;
        }
        child.content_size = (size_t)size;
    }
    *out_child = child;
    return true;
}

/* Walks all names: each must end within the table and fit a device field. */
static enum nav_status check_names(struct wire_reader names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const size_t length =
            names.left != 0 ? strnlen((const char *)names.at, names.left) : names.left;
        if (length == names.left || length > WIRE_DEVICE_SIZE) {
            return NAV_ERR_ENCODING;
        }
        (void)wire_read_view(&names, (uint64_t)length + 1);
    }
    return names.left <= 1 ? NAV_OK : NAV_ERR_LENGTH;
}

static enum nav_status decode(const uint8_t *content, size_t size, bool request,
                              struct wire_bind *out_bind)
{
    struct wire_bind bind = {.request = request};
    struct wire_reader reader = wire_reader_of(content, size);
    bind.count = wire_read_u16(&reader);
    const size_t row = request ? WIRE_TYPE_SIZE : TABLE_ROW;
    const uint8_t *types = wire_read_view(&reader, (uint64_t)bind.count * row);
    const uint16_t names_size = wire_read_u16(&reader);
    const uint8_t *names = wire_read_view(&reader, names_size);
    if (reader.failed) {
        return NAV_ERR_LENGTH;
    }
    if (bind.count == 0) {
        return NAV_ERR_RANGE;
    }
    bind.types = wire_reader_of(types, bind.count * row);
    bind.names = wire_reader_of(names, names_size);
    bind.contents = reader;
    const enum nav_status status = check_names(bind.names, bind.count);
    if (status != NAV_OK) {
        return status;
    }
    uint64_t sum = 0;
    for (size_t i = 0; i < bind.count; i++) {
        if (!wire_header_type_is_legal(types + i * row)) {
            return NAV_ERR_ENCODING;
        }
        const uint64_t child = request ? 0 : wire_load_u64(types + i * row + WIRE_TYPE_SIZE);
        if (child > size || !wire_add_u64(sum, padded(child), &sum)) {
            return NAV_ERR_LENGTH;
        }
    }
    if (sum != reader.left || (!request && names_size % 2 != 0)) {
        return NAV_ERR_LENGTH;
    }
    *out_bind = bind;
    return NAV_OK;
}

enum nav_status wire_bind_decode(const uint8_t *content, size_t size, struct wire_bind *out_bind)
{
    return decode(content, size, false, out_bind);
}

enum nav_status wire_bind_get_decode(const uint8_t *content, size_t size,
                                     struct wire_bind *out_bind)
{
    if (size == 0) {
        *out_bind = (struct wire_bind){.request = true};
        return NAV_OK;
    }
    return decode(content, size, true, out_bind);
}

enum nav_status wire_bind_start_decode(const uint8_t *content, size_t size,
                                       struct wire_bind *out_bind)
{
    if (size < SIZE_FIELD) {
        return NAV_ERR_LENGTH;
    }
    const enum nav_status status =
        wire_bind_get_decode(content + SIZE_FIELD, size - SIZE_FIELD, out_bind);
    if (status == NAV_OK) {
        out_bind->resolution = wire_load_u64(content);
    }
    return status;
}

enum nav_status wire_check_bind(const uint8_t *content, size_t size)
{
    struct wire_bind bind;
    return wire_bind_decode(content, size, &bind);
}

enum nav_status wire_check_bind_get(const uint8_t *content, size_t size)
{
    struct wire_bind bind;
    return wire_bind_get_decode(content, size, &bind);
}

enum nav_status wire_check_bind_start(const uint8_t *content, size_t size)
{
    struct wire_bind bind;
    return wire_bind_start_decode(content, size, &bind);
}

static void encode_names(struct wire_writer *writer, const struct wire_bind_child *children,
                         size_t count, bool even)
{
    uint64_t size = 0;
    for (size_t i = 0; i < count; i++) {
        size += strlen(children[i].name) + 1;
    }
    const uint64_t table = even ? padded(size) : size;
    if (table > UINT16_MAX) {
        writer->failed = true;
        return;
    }
    wire_write_u16(writer, (uint16_t)table);
    for (size_t i = 0; i < count; i++) {
        wire_write_bytes(writer, children[i].name, strlen(children[i].name) + 1);
    }
    if (table != size) {
        wire_write_u8(writer, 0);
    }
}

static void encode_count(struct wire_writer *writer, size_t count)
{
    if (count > UINT16_MAX) {
        writer->failed = true;
        return;
    }
    wire_write_u16(writer, (uint16_t)count);
}

void wire_bind_encode(struct wire_writer *writer, const struct wire_bind_child *children,
                      size_t count)
{
    encode_count(writer, count);
    for (size_t i = 0; i < count; i++) {
        wire_write_field(writer, WIRE_TYPE_SIZE, children[i].type);
        wire_write_u64(writer, children[i].content_size);
    }
    encode_names(writer, children, count, true);
    for (size_t i = 0; i < count; i++) {
        wire_write_bytes(writer, children[i].content, children[i].content_size);
        if (children[i].content_size % 2 != 0) {
            wire_write_u8(writer, 0);
        }
    }
}

void wire_bind_request_encode(struct wire_writer *writer, const struct wire_bind_child *children,
                              size_t count)
{
    if (count == 0) {
        return;
    }
    encode_count(writer, count);
    for (size_t i = 0; i < count; i++) {
        wire_write_field(writer, WIRE_TYPE_SIZE, children[i].type);
    }
    encode_names(writer, children, count, true);
}
