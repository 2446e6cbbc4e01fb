#include "store_block.h"

#include <endian.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <zstd.h>

#include "wire_crc64.h"
#include "wire_cursor.h"
#include "wire_message.h"

enum {
    BLOCK_VERSION = 1,
    AT_VERSION = 4,
    AT_SESSION = 8,
    AT_BEGIN = 16,
    AT_END = 24,
    AT_FIRST = 32,
    AT_LAST = 40,
    AT_COUNT = 48,
    AT_MESSAGES = 52,
    AT_COLUMNS = 56,
    AT_STORED = 60,
    AT_ZERO = 64,
    AT_CRC = 72,
    CLASS_HEAD = 20,
    CLASS_SLOTS = 4 * STORE_BLOCK_CLASSES_MAX,
    KEY_BYTES = 34, /* version, type and device of an OpenIGTLink header */
    STAMP_AT = 34,
    MESSAGE_CRC_AT = 50,
    CRC_SIZE = 8,
    PLANES = 8,
    COMPRESSION_LEVEL = 1
};

static const uint8_t magic[4] = {'O', 'N', 'B', '1'};

/* How the rows of a class are stored. */
enum form {
    FORM_PLAIN = 0,
    FORM_MESSAGE, /* time stamps as differences */
    FORM_DERIVED  /* also without the CRC, which is that of the body */
};

struct class
{
    uint16_t kind;
    uint16_t flags;
    uint32_t source;
    uint32_t size;
    uint32_t rows;
    uint32_t form;
    uint32_t filled;
    const uint8_t *first; /* content of its first row: the key of messages */
    uint8_t *bytes;       /* its rows in the columns */
};

struct buffer {
    uint8_t *bytes;
    size_t capacity;
};

struct store_codec {
    ZSTD_CCtx *compress;
    ZSTD_DCtx *decompress;
    struct buffer columns;
    struct buffer rows;
    struct buffer result;
    struct buffer indices; /* u16 class of each record */
    uint32_t class_count;
    struct class classes[STORE_BLOCK_CLASSES_MAX];
    uint16_t slots[CLASS_SLOTS]; /* class + 1 by hash; 0 = free */
};

static bool reserve(struct buffer *buffer, size_t size)
{
    if (size <= buffer->capacity) {
        return true;
    }
    uint8_t *bytes = realloc(buffer->bytes, size + size / 4);
    if (bytes == NULL) {
        return false;
    }
    buffer->bytes = bytes;
    buffer->capacity = size + size / 4;
    return true;
}

enum nav_status store_codec_create(struct store_codec **out_codec)
{
    struct store_codec *codec = calloc(1, sizeof(*codec));
    if (codec == NULL) {
        return NAV_ERR_MEMORY;
    }
    codec->compress = ZSTD_createCCtx();
    codec->decompress = ZSTD_createDCtx();
    if (codec->compress == NULL || codec->decompress == NULL) {
        store_codec_destroy(codec);
        return NAV_ERR_MEMORY;
    }
    *out_codec = codec;
    return NAV_OK;
}

void store_codec_destroy(struct store_codec *codec)
{
    if (codec == NULL) {
        return;
    }
    (void)ZSTD_freeCCtx(codec->compress);
    (void)ZSTD_freeDCtx(codec->decompress);
    free(codec->columns.bytes);
    free(codec->rows.bytes);
    free(codec->result.bytes);
    free(codec->indices.bytes);
    free(codec);
}

/* ---- classes ---- */

static size_t stored_size(const struct class *class)
{
    return class->form == FORM_DERIVED ? class->size - CRC_SIZE : class->size;
}

static bool crc_is_derived(const uint8_t *message, size_t size)
{
    return wire_crc64(0, message + WIRE_HEADER_SIZE, size - WIRE_HEADER_SIZE) ==
           wire_load_u64(message + MESSAGE_CRC_AT);
}

static enum form form_of(const struct store_record *record)
{
    if (record->kind != STORE_MESSAGE || record->size < WIRE_HEADER_SIZE) {
        return FORM_PLAIN;
    }
    return crc_is_derived(record->content, record->size) ? FORM_DERIVED : FORM_MESSAGE;
}

static uint64_t mix(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
    return hash ^ (hash >> 29);
}

static uint64_t hash_of(const struct store_record *record, enum form form)
{
    uint64_t hash = mix((uint64_t)record->kind << 32 | record->flags,
                        (uint64_t)record->source << 32 | record->size);
    hash = mix(hash, form);
    if (form != FORM_PLAIN) {
        for (size_t i = 0; i + 8 <= KEY_BYTES; i += 8) {
            hash = mix(hash, wire_load_u64(record->content + i));
        }
    }
    return hash;
}

static bool is_of(const struct class *class, const struct store_record *record, enum form form)
{
    return class->kind == (uint16_t)record->kind && class->flags == record->flags &&
           class->source == record->source && class->size == record->size && class->form == form &&
           (form == FORM_PLAIN || memcmp(class->first, record->content, KEY_BYTES) == 0);
}

/* Index of the record's class, made where it is new; STORE_BLOCK_CLASSES_MAX: no room. */
static uint32_t classify(struct store_codec *codec, const struct store_record *record)
{
    const enum form form = form_of(record);
    size_t slot = hash_of(record, form) % CLASS_SLOTS;
    while (codec->slots[slot] != 0) {
        const uint32_t index = codec->slots[slot] - 1u;
        if (is_of(&codec->classes[index], record, form)) {
            return index;
        }
        slot = (slot + 1) % CLASS_SLOTS;
    }
    if (codec->class_count == STORE_BLOCK_CLASSES_MAX) {
        return STORE_BLOCK_CLASSES_MAX;
    }
    const uint32_t index = codec->class_count++;
    codec->slots[slot] = (uint16_t)(index + 1);
    codec->classes[index] = (struct class){.kind = (uint16_t)record->kind,
                                           .flags = record->flags,
                                           .source = record->source,
                                           .size = (uint32_t)record->size,
                                           .form = form,
                                           .first = record->content};
    return index;
}

/* ---- transposing ---- */

enum { TILE = 8 };

/* Eight rows of eight bytes as eight columns: halves of halves of halves change places. */
static void transpose_tile(uint8_t *to, size_t to_step, const uint8_t *from, size_t from_step)
{
    uint64_t row[TILE];
    for (size_t i = 0; i < TILE; ++i) {
        memcpy(&row[i], from + i * from_step, sizeof(row[i]));
        row[i] = le64toh(row[i]);
    }
    static const uint64_t masks[3] = {UINT64_C(0x00000000ffffffff), UINT64_C(0x0000ffff0000ffff),
                                      UINT64_C(0x00ff00ff00ff00ff)};
    for (unsigned k = 0, step = 4; k < 3; ++k, step /= 2) {
        for (unsigned i = 0; i < TILE; ++i) {
            if ((i & step) == 0) {
                const uint64_t upper = row[i] >> 8 * step & masks[k];
                const uint64_t lower = row[i + step] & masks[k];
                row[i] = (row[i] & masks[k]) | lower << 8 * step;
                row[i + step] = (row[i + step] & ~masks[k]) | upper;
            }
        }
    }
    for (size_t i = 0; i < TILE; ++i) {
        row[i] = htole64(row[i]);
        memcpy(to + i * to_step, &row[i], sizeof(row[i]));
    }
}

/* to[column * rows + row] = from[row * columns + column]. */
static void transpose(uint8_t *to, const uint8_t *from, size_t rows, size_t columns)
{
    const size_t whole_rows = rows - rows % TILE;
    const size_t whole_columns = columns - columns % TILE;
    for (size_t r = 0; r < whole_rows; r += TILE) {
        for (size_t c = 0; c < whole_columns; c += TILE) {
            transpose_tile(to + c * rows + r, rows, from + r * columns + c, columns);
        }
    }
    for (size_t r = 0; r < rows; ++r) {
        for (size_t c = r < whole_rows ? whole_columns : 0; c < columns; ++c) {
            to[c * rows + r] = from[r * columns + c];
        }
    }
}

/* Stamps of the rows as differences to the row before, and back. */
static void difference_stamps(uint8_t *rows, size_t count, size_t size)
{
    for (size_t r = count; r-- > 1;) {
        uint8_t *stamp = rows + r * size + STAMP_AT;
        wire_store_u64(stamp, wire_load_u64(stamp) - wire_load_u64(stamp - size));
    }
}

static void sum_stamps(uint8_t *rows, size_t count, size_t size)
{
    for (size_t r = 1; r < count; ++r) {
        uint8_t *stamp = rows + r * size + STAMP_AT;
        wire_store_u64(stamp, wire_load_u64(stamp) + wire_load_u64(stamp - size));
    }
}

static uint64_t zigzag(uint64_t difference)
{
    return difference << 1 ^ (uint64_t)((int64_t)difference >> 63);
}

static uint64_t unzigzag(uint64_t value)
{
    return value >> 1 ^ (0 - (value & 1));
}

/* ---- encoding ---- */

struct survey {
    size_t count;
    size_t messages;
    int64_t first_ns;
    int64_t last_ns;
    size_t row_bytes;
};

/* Classes and extent of the records. */
static enum nav_status survey_stream(struct store_codec *codec, const uint8_t *stream, size_t size,
                                     struct survey *out_survey)
{
    struct survey survey = {.first_ns = INT64_MAX, .last_ns = INT64_MIN};
    memset(codec->slots, 0, sizeof(codec->slots));
    codec->class_count = 0;
    if (!reserve(&codec->indices, size / STORE_HEAD_SIZE * sizeof(uint16_t))) {
        return NAV_ERR_MEMORY;
    }
    uint16_t *indices = (uint16_t *)(void *)codec->indices.bytes;
    struct store_record record;
    enum nav_status status;
    for (size_t at = 0; (status = store_record_next(stream, size, &at, &record)) == NAV_OK;) {
        const uint32_t index = classify(codec, &record);
        if (index == STORE_BLOCK_CLASSES_MAX || survey.count == STORE_BLOCK_RECORDS_MAX) {
            return NAV_ERR_FULL;
        }
        struct class *class = &codec->classes[index];
        ++class->rows;
        survey.row_bytes += stored_size(class);
        indices[survey.count++] = (uint16_t)index;
        survey.messages += record.kind == STORE_MESSAGE;
        survey.first_ns = record.at_ns < survey.first_ns ? record.at_ns : survey.first_ns;
        survey.last_ns = record.at_ns > survey.last_ns ? record.at_ns : survey.last_ns;
    }
    if (status != NAV_END || survey.count == 0) {
        return NAV_ERR_ARGUMENT;
    }
    *out_survey = survey;
    return NAV_OK;
}

static void write_classes(const struct store_codec *codec, uint8_t *to)
{
    wire_store_u32(to, codec->class_count);
    to += 4;
    for (uint32_t i = 0; i < codec->class_count; ++i, to += CLASS_HEAD) {
        const struct class *class = &codec->classes[i];
        wire_store_u16(to, class->kind);
        wire_store_u16(to + 2, class->flags);
        wire_store_u32(to + 4, class->source);
        wire_store_u32(to + 8, class->size);
        wire_store_u32(to + 12, class->rows);
        wire_store_u32(to + 16, class->form);
    }
}

/* Where each class's rows lie behind one another; the end. */
static uint8_t *place_rows(struct store_codec *codec, uint8_t *to)
{
    for (uint32_t i = 0; i < codec->class_count; ++i) {
        struct class *class = &codec->classes[i];
        class->bytes = to;
        class->filled = 0;
        to += stored_size(class) * class->rows;
    }
    return to;
}

static void put_row(struct class *class, const uint8_t *content)
{
    uint8_t *row = class->bytes + stored_size(class) * class->filled++;
    if (class->form == FORM_DERIVED) {
        memcpy(row, content, MESSAGE_CRC_AT);
        memcpy(row + MESSAGE_CRC_AT, content + WIRE_HEADER_SIZE, class->size - WIRE_HEADER_SIZE);
    } else if (class->size > 0) {
        memcpy(row, content, class->size);
    }
}

static void write_times_and_rows(struct store_codec *codec, const uint8_t *stream, size_t size,
                                 const struct survey *survey, uint8_t *columns)
{
    const uint16_t *indices = (const uint16_t *)(const void *)codec->indices.bytes;
    const size_t count = survey->count;
    uint8_t *classes_at = columns + 4 + CLASS_HEAD * codec->class_count;
    uint8_t *times_at = classes_at + 2 * count;
    uint64_t last = (uint64_t)survey->first_ns;
    struct store_record record;
    size_t at = 0;
    for (size_t i = 0; store_record_next(stream, size, &at, &record) == NAV_OK; ++i) {
        classes_at[i] = (uint8_t)(indices[i] >> 8);
        classes_at[count + i] = (uint8_t)indices[i];
        const uint64_t difference = zigzag((uint64_t)record.at_ns - last);
        last = (uint64_t)record.at_ns;
        for (size_t plane = 0; plane < PLANES; ++plane) {
            times_at[plane * count + i] = (uint8_t)(difference >> (8 * (PLANES - 1 - plane)));
        }
        put_row(&codec->classes[indices[i]], record.content);
    }
    uint8_t *to = times_at + PLANES * count;
    for (uint32_t i = 0; i < codec->class_count; ++i) {
        struct class *class = &codec->classes[i];
        const size_t row_size = stored_size(class);
        if (class->form != FORM_PLAIN) {
            difference_stamps(class->bytes, class->rows, row_size);
        }
        transpose(to, class->bytes, class->rows, row_size);
        to += row_size * class->rows;
    }
}

static void write_head(uint8_t *head, uint64_t session, uint64_t begin, uint64_t end,
                       const struct survey *survey, size_t columns, size_t stored)
{
    memset(head, 0, STORE_BLOCK_HEAD);
    memcpy(head, magic, sizeof(magic));
    wire_store_u16(head + AT_VERSION, BLOCK_VERSION);
    wire_store_u64(head + AT_SESSION, session);
    wire_store_u64(head + AT_BEGIN, begin);
    wire_store_u64(head + AT_END, end);
    wire_store_u64(head + AT_FIRST, (uint64_t)survey->first_ns);
    wire_store_u64(head + AT_LAST, (uint64_t)survey->last_ns);
    wire_store_u32(head + AT_COUNT, (uint32_t)survey->count);
    wire_store_u32(head + AT_MESSAGES, (uint32_t)survey->messages);
    wire_store_u32(head + AT_COLUMNS, (uint32_t)columns);
    wire_store_u32(head + AT_STORED, (uint32_t)stored);
}

static uint64_t crc_of(const uint8_t *block, size_t size)
{
    const uint8_t zero[CRC_SIZE] = {0};
    uint64_t crc = wire_crc64(0, block, AT_CRC);
    crc = wire_crc64(crc, zero, sizeof(zero));
    return wire_crc64(crc, block + STORE_BLOCK_HEAD, size - STORE_BLOCK_HEAD);
}

enum nav_status store_block_encode(struct store_codec *codec, uint64_t session, uint64_t begin,
                                   const uint8_t *stream, size_t size, const uint8_t **out_bytes,
                                   size_t *out_size)
{
    if (size > STORE_BLOCK_STREAM_MAX) {
        return NAV_ERR_FULL;
    }
    struct survey survey;
    const enum nav_status status = survey_stream(codec, stream, size, &survey);
    if (status != NAV_OK) {
        return status;
    }
    const size_t columns = 4 + (size_t)CLASS_HEAD * codec->class_count +
                           (2 + PLANES) * survey.count + survey.row_bytes;
    const size_t bound = ZSTD_compressBound(columns);
    if (!reserve(&codec->columns, columns) || !reserve(&codec->rows, survey.row_bytes + 1) ||
        !reserve(&codec->result, STORE_BLOCK_HEAD + bound)) {
        return NAV_ERR_MEMORY;
    }
    write_classes(codec, codec->columns.bytes);
    (void)place_rows(codec, codec->rows.bytes);
    write_times_and_rows(codec, stream, size, &survey, codec->columns.bytes);
    uint8_t *block = codec->result.bytes;
    const size_t stored = ZSTD_compressCCtx(codec->compress, block + STORE_BLOCK_HEAD, bound,
                                            codec->columns.bytes, columns, COMPRESSION_LEVEL);
    if (ZSTD_isError(stored)) {
        return NAV_ERR_MEMORY;
    }
    write_head(block, session, begin, begin + size, &survey, columns, stored);
    wire_store_u64(block + AT_CRC, crc_of(block, STORE_BLOCK_HEAD + stored));
    *out_bytes = block;
    *out_size = STORE_BLOCK_HEAD + stored;
    return NAV_OK;
}

/* ---- decoding ---- */

enum nav_status store_block_check(const uint8_t *bytes, size_t size, struct store_block *out_block)
{
    if (size < STORE_BLOCK_HEAD) {
        return NAV_ERR_LENGTH;
    }
    if (memcmp(bytes, magic, sizeof(magic)) != 0 ||
        wire_load_u16(bytes + AT_VERSION) != BLOCK_VERSION) {
        return NAV_ERR_VERSION;
    }
    const struct store_block block = {.session = wire_load_u64(bytes + AT_SESSION),
                                      .begin = wire_load_u64(bytes + AT_BEGIN),
                                      .end = wire_load_u64(bytes + AT_END),
                                      .first_ns = (int64_t)wire_load_u64(bytes + AT_FIRST),
                                      .last_ns = (int64_t)wire_load_u64(bytes + AT_LAST),
                                      .count = wire_load_u32(bytes + AT_COUNT),
                                      .messages = wire_load_u32(bytes + AT_MESSAGES),
                                      .columns = wire_load_u32(bytes + AT_COLUMNS),
                                      .stored = wire_load_u32(bytes + AT_STORED)};
    if (block.stored != size - STORE_BLOCK_HEAD) {
        return NAV_ERR_LENGTH;
    }
    if (wire_load_u64(bytes + AT_CRC) != crc_of(bytes, size)) {
        return NAV_ERR_CHECKSUM;
    }
    if (block.count == 0 || block.count > STORE_BLOCK_RECORDS_MAX || block.end <= block.begin ||
        block.end - block.begin > STORE_BLOCK_STREAM_MAX ||
        block.columns > STORE_BLOCK_STREAM_MAX) {
        return NAV_ERR_TOO_LARGE;
    }
    *out_block = block;
    return NAV_OK;
}

/* Reads the classes; the sizes must add up to the block's. */
static bool read_classes(struct store_codec *codec, const struct store_block *block)
{
    struct wire_reader reader = wire_reader_of(codec->columns.bytes, block->columns);
    const uint32_t count = wire_read_u32(&reader);
    if (count == 0 || count > STORE_BLOCK_CLASSES_MAX) {
        return false;
    }
    codec->class_count = count;
    uint64_t rows = 0;
    uint64_t row_bytes = 0;
    uint64_t stream = 0;
    for (uint32_t i = 0; i < count; ++i) {
        struct class *class = &codec->classes[i];
        *class = (struct class){.kind = wire_read_u16(&reader),
                                .flags = wire_read_u16(&reader),
                                .source = wire_read_u32(&reader),
                                .size = wire_read_u32(&reader),
                                .rows = wire_read_u32(&reader),
                                .form = wire_read_u32(&reader)};
        if (class->size > STORE_CONTENT_MAX || class->rows == 0 || class->rows > block->count ||
            class->form > FORM_DERIVED || class->kind == STORE_NOTHING ||
            class->kind >= STORE_KIND_COUNT ||
            (class->form != FORM_PLAIN && class->size < WIRE_HEADER_SIZE)) {
            return false;
        }
        rows += class->rows;
        row_bytes += (uint64_t)stored_size(class) * class->rows;
        stream += (uint64_t)store_record_size(class->size) * class->rows;
    }
    const uint64_t columns =
        4 + (uint64_t)CLASS_HEAD * count + (uint64_t)(2 + PLANES) * block->count + row_bytes;
    return rows == block->count && columns == block->columns && stream == block->end - block->begin;
}

/* Rows of all classes from their columns. False: no memory. */
static bool restore_rows(struct store_codec *codec, const struct store_block *block)
{
    const uint8_t *from = codec->columns.bytes + 4 + (size_t)CLASS_HEAD * codec->class_count +
                          (size_t)(2 + PLANES) * block->count;
    const size_t row_bytes = block->columns - (size_t)(from - codec->columns.bytes);
    if (!reserve(&codec->rows, row_bytes + 1)) {
        return false;
    }
    (void)place_rows(codec, codec->rows.bytes);
    for (uint32_t i = 0; i < codec->class_count; ++i) {
        struct class *class = &codec->classes[i];
        const size_t row_size = stored_size(class);
        transpose(class->bytes, from, row_size, class->rows);
        if (class->form != FORM_PLAIN) {
            sum_stamps(class->bytes, class->rows, row_size);
        }
        from += row_size * class->rows;
    }
    return true;
}

static void take_row(struct class *class, uint8_t *content)
{
    const uint8_t *row = class->bytes + stored_size(class) * class->filled++;
    if (class->form == FORM_DERIVED) {
        const size_t body = class->size - WIRE_HEADER_SIZE;
        memcpy(content, row, MESSAGE_CRC_AT);
        memcpy(content + WIRE_HEADER_SIZE, row + MESSAGE_CRC_AT, body);
        wire_store_u64(content + MESSAGE_CRC_AT, wire_crc64(0, content + WIRE_HEADER_SIZE, body));
    } else if (class->size > 0) {
        memcpy(content, row, class->size);
    }
}

/* The stream again, record by record. False: the columns lie. */
static bool write_stream(struct store_codec *codec, const struct store_block *block, uint8_t *to)
{
    const size_t count = block->count;
    const uint8_t *classes_at = codec->columns.bytes + 4 + (size_t)CLASS_HEAD * codec->class_count;
    const uint8_t *times_at = classes_at + 2 * count;
    uint64_t last = (uint64_t)block->first_ns;
    int64_t first_ns = INT64_MAX;
    int64_t last_ns = INT64_MIN;
    size_t messages = 0;
    for (size_t i = 0; i < count; ++i) {
        const uint32_t index = (uint32_t)classes_at[i] << 8 | classes_at[count + i];
        if (index >= codec->class_count ||
            codec->classes[index].filled == codec->classes[index].rows) {
            return false;
        }
        struct class *class = &codec->classes[index];
        uint64_t difference = 0;
        for (size_t plane = 0; plane < PLANES; ++plane) {
            difference = difference << 8 | times_at[plane * count + i];
        }
        last += unzigzag(difference);
        const struct store_record record = {.kind = (enum store_kind) class->kind,
                                            .flags = class->flags,
                                            .source = class->source,
                                            .at_ns = (int64_t)last,
                                            .size = class->size};
        store_record_head(&record, to);
        const size_t whole = store_record_size(class->size);
        memset(to + whole - 8, 0, class->size > 0 ? 8 : 0);
        take_row(class, to + STORE_HEAD_SIZE);
        to += whole;
        messages += class->kind == STORE_MESSAGE;
        first_ns = record.at_ns < first_ns ? record.at_ns : first_ns;
        last_ns = record.at_ns > last_ns ? record.at_ns : last_ns;
    }
    return messages == block->messages && first_ns == block->first_ns && last_ns == block->last_ns;
}

enum nav_status store_block_decode(struct store_codec *codec, const uint8_t *bytes, size_t size,
                                   struct store_block *out_block, const uint8_t **out_stream,
                                   size_t *out_size)
{
    struct store_block block;
    const enum nav_status status = store_block_check(bytes, size, &block);
    if (status != NAV_OK) {
        return status;
    }
    const size_t stream = (size_t)(block.end - block.begin);
    /* What the frame says of itself comes first, so that a lie reserves nothing. */
    if (ZSTD_getFrameContentSize(bytes + STORE_BLOCK_HEAD, block.stored) != block.columns) {
        return NAV_ERR_SYNTAX;
    }
    if (!reserve(&codec->columns, block.columns)) {
        return NAV_ERR_MEMORY;
    }
    const size_t unpacked =
        ZSTD_decompressDCtx(codec->decompress, codec->columns.bytes, block.columns,
                            bytes + STORE_BLOCK_HEAD, block.stored);
    if (unpacked != block.columns || !read_classes(codec, &block)) {
        return NAV_ERR_SYNTAX;
    }
    if (!reserve(&codec->result, stream) || !restore_rows(codec, &block)) {
        return NAV_ERR_MEMORY;
    }
    if (!write_stream(codec, &block, codec->result.bytes)) {
        return NAV_ERR_SYNTAX;
    }
    *out_block = block;
    *out_stream = codec->result.bytes;
    *out_size = stream;
    return NAV_OK;
}
