#include "wire_ndarray.h"

enum nav_status wire_ndarray_decode(const uint8_t *content, size_t size,
                                    struct wire_ndarray *out_array)
{
    struct wire_ndarray array = {0};
    struct wire_reader reader = wire_reader_of(content, size);
    array.scalar = wire_read_u8(&reader);
    array.dimensions = wire_read_u8(&reader);
    wire_read_u16s(&reader, array.size, array.dimensions);
    if (reader.failed) {
        return NAV_ERR_LENGTH;
    }
    uint64_t bytes = wire_scalar_size(array.scalar);
    if (bytes == 0 || array.dimensions == 0) {
        return NAV_ERR_RANGE;
    }
    for (size_t i = 0; i < array.dimensions; i++) {
        if (!wire_multiply_u64(bytes, array.size[i], &bytes)) {
            return NAV_ERR_LENGTH;
        }
    }
    array.values_size = reader.left;
    array.values = bytes != 0 ? wire_read_view(&reader, bytes) : NULL;
    const enum nav_status status = wire_reader_end(&reader);
    if (status == NAV_OK) {
        *out_array = array;
    }
    return status;
}

enum nav_status wire_check_ndarray(const uint8_t *content, size_t size)
{
    struct wire_ndarray array;
    return wire_ndarray_decode(content, size, &array);
}

void wire_ndarray_encode(struct wire_writer *writer, const struct wire_ndarray *array)
{
    wire_write_u8(writer, array->scalar);
    wire_write_u8(writer, array->dimensions);
    wire_write_u16s(writer, array->size, array->dimensions);
    wire_write_bytes(writer, array->values, array->values_size);
}
