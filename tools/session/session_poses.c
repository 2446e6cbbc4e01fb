#include "session_poses.h"

#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "pose_message.h"
#include "session_scratch.h"
#include "session_store.h"
#include "wire_framer.h"

static const char sqlite_head[] = "SQLite format 3";

bool ses_is_session(const char *path)
{
    char head[sizeof(sqlite_head)];
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        return false;
    }
    const size_t size = fread(head, 1, sizeof(head), file);
    (void)fclose(file);
    return size == sizeof(head) && memcmp(head, sqlite_head, sizeof(head)) == 0;
}

struct unpacking {
    struct ses_pose_log *log;
    struct ses_session_count count;
    int64_t arrival_ns;
    enum nav_status status; /* the first failure that is not the message's own */
};

static uint64_t any_body(void *context, enum wire_kind kind, const char *type)
{
    (void)context;
    (void)kind;
    (void)type;
    return STORE_CONTENT_MAX;
}

static enum nav_status take_message(void *context, const struct wire_message *message)
{
    struct unpacking *unpacking = context;
    const enum nav_status status =
        ses_pose_message_unpack(message, unpacking->arrival_ns, unpacking->log);
    if (status == NAV_ERR_UNSUPPORTED) {
        ++unpacking->count.without;
    } else if (status == NAV_ERR_MEMORY || status == NAV_ERR_TOO_LARGE) {
        unpacking->status = status;
    } else if (status != NAV_OK) {
        ++unpacking->count.refused;
    }
    return NAV_OK;
}

static enum nav_status unpack_all(struct session_reader *reader, struct wire_framer *framer,
                                  const struct ses_span *span, const struct ses_progress *progress,
                                  struct unpacking *unpacking)
{
    const uint64_t total = session_reader_extent(reader).records;
    size_t done = 0;
    for (;;) {
        struct store_record record;
        enum nav_status status = session_reader_next(reader, &record);
        if (status == NAV_END) {
            return NAV_OK;
        }
        if (status != NAV_OK) {
            ++unpacking->count.damaged;
            continue;
        }
        if (progress != NULL && progress->step != NULL) {
            progress->step(progress->context, ++done, (size_t)total);
        }
        if (record.at_ns >= span->to_ns) {
            return NAV_OK;
        }
        if (record.kind != STORE_MESSAGE || record.at_ns < span->from_ns) {
            continue;
        }
        ++unpacking->count.messages;
        unpacking->arrival_ns = record.at_ns;
        status = wire_framer_feed(framer, record.content, record.size);
        if (status != NAV_OK) {
            return status;
        }
        if (unpacking->status != NAV_OK) {
            return unpacking->status;
        }
    }
}

/* A message's text numbers are in the C locale. */
static enum nav_status read_in_c(struct session_reader *reader, const struct ses_span *span,
                                 const struct ses_progress *progress, struct unpacking *unpacking)
{
    const struct wire_framer_config config = {.body_cap = any_body,
                                              .on_message = take_message,
                                              .context = unpacking,
                                              .skip_max = STORE_CONTENT_MAX};
    struct wire_framer *framer = NULL;
    const locale_t c_locale = newlocale(LC_NUMERIC_MASK, "C", (locale_t)0);
    if (c_locale == (locale_t)0 || wire_framer_create(&config, &framer) != NAV_OK) {
        if (c_locale != (locale_t)0) {
            freelocale(c_locale);
        }
        return NAV_ERR_MEMORY;
    }
    const locale_t before = uselocale(c_locale);
    const enum nav_status status = unpack_all(reader, framer, span, progress, unpacking);
    (void)uselocale(before);
    freelocale(c_locale);
    const struct wire_framer_stats *stats = wire_framer_stats(framer);
    unpacking->count.refused += stats->malformed + stats->crc_errors;
    wire_framer_destroy(framer);
    return status;
}

enum nav_status ses_session_read(const char *path, const struct ses_span *span,
                                 const struct ses_progress *progress, struct ses_pose_log *log,
                                 struct ses_session_count *out_count, struct cfg_error *out_error)
{
    struct session_reader *reader = NULL;
    struct session_error error;
    enum nav_status status = session_reader_open(path, &reader, &error);
    if (status != NAV_OK) {
        return cfg_error_set(out_error, status, "%s", error.text);
    }
    struct unpacking unpacking = {.log = log};
    status = span->from_ns > INT64_MIN ? session_reader_seek_time(reader, span->from_ns) : NAV_OK;
    if (status == NAV_OK) {
        status = read_in_c(reader, span, progress, &unpacking);
    }
    session_reader_close(reader);
    if (status != NAV_OK) {
        return cfg_error_set(out_error, status, "%s: %s", path, nav_status_text(status));
    }
    *out_count = unpacking.count;
    return NAV_OK;
}

static enum nav_status append_all(struct session_writer *writer, const char *origin,
                                  const struct ses_pose_log *log,
                                  const struct ses_progress *progress, struct session_error *error)
{
    const uint32_t peer = 1;
    const struct store_record opened = {.kind = STORE_PEER_OPENED,
                                        .flags = STORE_FLAG_IMPORTED,
                                        .source = peer,
                                        .at_ns = log->poses[0].arrival_ns,
                                        .content = (const uint8_t *)origin,
                                        .size = strlen(origin)};
    enum nav_status status = session_writer_append(writer, &opened, error);
    for (size_t i = 0; i < log->count && status == NAV_OK; ++i) {
        uint8_t bytes[SES_MESSAGE_MAX];
        size_t size = 0;
        status = ses_pose_message_pack(log, &log->poses[i], bytes, &size);
        if (status != NAV_OK) {
            (void)snprintf(error->text, sizeof(error->text),
                           "pose %zu of '%s': its name or its status cannot be sent", i + 1,
                           log->devices[log->poses[i].device]);
            return status;
        }
        const struct store_record record = {.kind = STORE_MESSAGE,
                                            .flags = STORE_FLAG_IMPORTED,
                                            .source = peer,
                                            .at_ns = log->poses[i].arrival_ns,
                                            .content = bytes,
                                            .size = size};
        status = session_writer_append(writer, &record, error);
        if (progress != NULL && progress->step != NULL) {
            progress->step(progress->context, i + 1, log->count);
        }
    }
    return status == NAV_OK ? session_writer_finish(writer, error) : status;
}

static enum nav_status write_scratch(const char *scratch, const char *origin,
                                     const struct ses_pose_log *log,
                                     const struct ses_progress *progress,
                                     struct session_error *error)
{
    struct session_writer_config config = {.path = scratch, .durable = false};
    config.facts.id = session_new_id();
    config.facts.mode = NAV_MODE_LIVE;
    config.facts.start_ns = log->poses[0].arrival_ns;
    (void)snprintf(config.facts.software, sizeof(config.facts.software), "osteonav %s",
                   OSTEONAV_VERSION);
    (void)snprintf(config.facts.origin, sizeof(config.facts.origin), "imported from %.100s",
                   origin);
    struct session_writer *writer = NULL;
    enum nav_status status = session_writer_create(&config, &writer, error);
    if (status != NAV_OK) {
        return status;
    }
    const locale_t c_locale = newlocale(LC_NUMERIC_MASK, "C", (locale_t)0);
    if (c_locale == (locale_t)0) {
        status = NAV_ERR_MEMORY;
        (void)snprintf(error->text, sizeof(error->text), "out of memory");
    } else {
        const locale_t before = uselocale(c_locale);
        status = append_all(writer, origin, log, progress, error);
        (void)uselocale(before);
        freelocale(c_locale);
    }
    session_writer_destroy(writer);
    return status;
}

enum nav_status ses_session_write(const char *path, const char *origin,
                                  const struct ses_pose_log *log,
                                  const struct ses_progress *progress, struct cfg_error *out_error)
{
    char scratch[SESSION_PATH_SIZE];
    struct session_error error = {""};
    if (log->count == 0) {
        return cfg_error_set(out_error, NAV_ERR_NOT_FOUND, "%s: no poses to write", path);
    }
    enum nav_status status = ses_scratch_name(path, scratch, out_error);
    if (status != NAV_OK) {
        return status;
    }
    status = write_scratch(scratch, origin, log, progress, &error);
    if (status != NAV_OK) {
        ses_scratch_remove(scratch);
        return cfg_error_set(out_error, status, "%s: %s", path, error.text);
    }
    return ses_scratch_keep(scratch, path, out_error);
}

enum nav_status ses_poses_read(const char *path, const struct ses_read_options *options,
                               struct ses_pose_log *log, struct cfg_error *out_error)
{
    if (!ses_is_session(path)) {
        return ses_pose_file_read(path, options, log, out_error);
    }
    const struct ses_span all = SES_SPAN_ALL;
    struct ses_session_count count;
    return ses_session_read(path, &all, NULL, log, &count, out_error);
}
