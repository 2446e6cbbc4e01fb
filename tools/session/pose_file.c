#include "pose_file.h"

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file_bytes.h"
#include "pose_mitk.h"
#include "sequence_write.h"

enum { FILE_MAX = 1 << 30, HEAD_SIZE = 64, PATH_SIZE = 4096 };

static const mode_t file_mode = 0600; /* a recording of a patient's operation */
static const char frame_suffix[] = "ToTracker";
static const char table_head[] = "TimeStamp_Tool0";

static const struct {
    const char *word;
    enum ses_format format;
} formats[] = {
    {"mha", SES_FORMAT_MHA}, {"nrrd", SES_FORMAT_NRRD},       {"slicer-mha", SES_FORMAT_SLICER_MHA},
    {"csv", SES_FORMAT_CSV}, {"ndi-csv", SES_FORMAT_NDI_CSV}, {"mitk-csv", SES_FORMAT_MITK_CSV},
};

/* The first that fits. */
static const struct {
    const char *end;
    enum ses_format format;
} ends[] = {
    {".seq.mha", SES_FORMAT_SLICER_MHA}, {".mha", SES_FORMAT_MHA},
    {".nrrd", SES_FORMAT_NRRD},          {".ndi.csv", SES_FORMAT_NDI_CSV},
    {".mitk.csv", SES_FORMAT_MITK_CSV},  {".csv", SES_FORMAT_CSV},
};

const char *ses_format_name(enum ses_format format)
{
    for (size_t i = 0; i < sizeof(formats) / sizeof(*formats); ++i) {
        if (formats[i].format == format) {
            return formats[i].word;
        }
    }
    return "?";
}

enum ses_format ses_format_of_word(const char *word)
{
    for (size_t i = 0; i < sizeof(formats) / sizeof(*formats); ++i) {
        if (strcmp(formats[i].word, word) == 0) {
            return formats[i].format;
        }
    }
    return SES_FORMAT_NONE;
}

enum ses_format ses_format_of_path(const char *path)
{
    const size_t length = strlen(path);
    for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); ++i) {
        const size_t end = strlen(ends[i].end);
        if (length > end && strcasecmp(path + length - end, ends[i].end) == 0) {
            return ends[i].format;
        }
    }
    return SES_FORMAT_NONE;
}

static bool begins(const uint8_t *bytes, size_t size, const char *text)
{
    const size_t length = strlen(text);
    return size >= length && memcmp(bytes, text, length) == 0;
}

static bool is_sequence(const uint8_t *bytes, size_t size)
{
    return begins(bytes, size, "NRRD000") || begins(bytes, size, "ObjectType") ||
           begins(bytes, size, "NDims");
}

bool ses_pose_file_is_one(const char *path)
{
    uint8_t head[HEAD_SIZE];
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        return false;
    }
    const size_t size = fread(head, 1, sizeof(head), file);
    (void)fclose(file);
    return is_sequence(head, size) || begins(head, size, table_head) ||
           ses_format_of_path(path) == SES_FORMAT_CSV ||
           ses_format_of_path(path) == SES_FORMAT_NDI_CSV;
}

static enum nav_status take_sequence(const char *name, struct srv_sequence *sequence,
                                     struct ses_pose_log *log, struct cfg_error *out_error)
{
    const enum nav_status status = ses_pose_log_from_sequence(sequence, log);
    srv_sequence_destroy(sequence);
    return status == NAV_OK
               ? NAV_OK
               : cfg_error_set(out_error, status, "%s: %s", name, nav_status_text(status));
}

enum nav_status ses_pose_bytes_read(const char *name, const uint8_t *bytes, size_t size,
                                    const struct ses_read_options *options,
                                    struct ses_pose_log *log, struct cfg_error *out_error)
{
    if (is_sequence(bytes, size)) {
        struct srv_sequence *sequence = NULL;
        struct srv_sequence_error error;
        const enum nav_status status =
            srv_sequence_parse((const char *)bytes, size, name, &sequence, &error);
        return status == NAV_OK ? take_sequence(name, sequence, log, out_error)
                                : cfg_error_set(out_error, status, "%s", error.text);
    }
    if (begins(bytes, size, table_head)) {
        return ses_pose_mitk_read(name, bytes, size, log, out_error);
    }
    return ses_pose_table_read(name, bytes, size, options, log, out_error);
}

enum nav_status ses_pose_file_read(const char *path, const struct ses_read_options *options,
                                   struct ses_pose_log *log, struct cfg_error *out_error)
{
    uint8_t head[HEAD_SIZE];
    FILE *file = fopen(path, "rb");
    const size_t head_size = file != NULL ? fread(head, 1, sizeof(head), file) : 0;
    if (file != NULL) {
        (void)fclose(file);
    }
    if (is_sequence(head, head_size)) { /* mapped: image data of any size stays unread */
        struct srv_sequence *sequence = NULL;
        struct srv_sequence_error error;
        const enum nav_status status = srv_sequence_read(path, &sequence, &error);
        return status == NAV_OK ? take_sequence(path, sequence, log, out_error)
                                : cfg_error_set(out_error, status, "%s", error.text);
    }
    struct cfg_file_bytes bytes;
    enum nav_status status = cfg_file_bytes_read(path, FILE_MAX, &bytes, out_error);
    if (status != NAV_OK) {
        return status;
    }
    status = ses_pose_bytes_read(path, bytes.bytes, bytes.size, options, log, out_error);
    cfg_file_bytes_finish(&bytes);
    return status;
}

/* ---- writing -------------------------------------------------------------------------------- */

struct writing {
    const struct ses_progress *progress;
    size_t total;
};

static void on_step(void *context, size_t done)
{
    const struct writing *writing = context;
    if (writing->progress != NULL && writing->progress->step != NULL) {
        writing->progress->step(writing->progress->context, done, writing->total);
    }
}

static bool holds_to(const char *name)
{
    const char *to = strlen(name) > 3 ? strstr(name + 1, "To") : NULL;
    return to != NULL && to[2] != '\0';
}

/* Names of a sequence are "<From>To<To>" and stand before a sign. */
static enum nav_status name_transforms(struct srv_sequence *sequence, struct ses_losses *losses,
                                       const char *path, struct cfg_error *out_error)
{
    for (size_t i = 0; i < sequence->transform_count; ++i) {
        char *name = sequence->names[i];
        if (strpbrk(name, "=:") != NULL) {
            return cfg_error_set(out_error, NAV_ERR_RANGE,
                                 "%s: a sequence file cannot hold the device name '%s'; write .csv",
                                 path, name);
        }
        if (holds_to(name)) {
            continue;
        }
        char whole[NAV_NAME_SIZE + sizeof(frame_suffix)];
        (void)snprintf(whole, sizeof(whole), "%s%s", name, frame_suffix);
        if (strlen(whole) >= NAV_NAME_SIZE || srv_sequence_find(sequence, whole) >= 0) {
            return cfg_error_set(out_error, NAV_ERR_RANGE,
                                 "%s: the device '%s' needs a name of the form <From>To<To> in a "
                                 "sequence file, and '%s' is too long or taken; write .csv",
                                 path, name, whole);
        }
        memcpy(name, whole, strlen(whole) + 1);
        ++losses->renamed;
    }
    return NAV_OK;
}

static enum nav_status write_frames(FILE *file, const char *path, enum ses_format format,
                                    const struct ses_pose_log *log, struct writing *writing,
                                    struct ses_losses *losses, struct cfg_error *out_error)
{
    struct srv_sequence *sequence = NULL;
    struct ses_framing framing;
    enum nav_status status = ses_pose_log_to_sequence(log, &sequence, &framing);
    if (status != NAV_OK) {
        return cfg_error_set(out_error, status, "%s: %s", path,
                             status == NAV_ERR_NOT_FOUND ? "there are no poses to write"
                                                         : nav_status_text(status));
    }
    losses->by_arrival = framing.by_arrival;
    writing->total = sequence->frame_count;
    if (format == SES_FORMAT_MITK_CSV) {
        losses->not_rigid = ses_pose_mitk_write(file, sequence, on_step, writing);
    } else {
        status = name_transforms(sequence, losses, path, out_error);
        if (status == NAV_OK) {
            const enum srv_sequence_dialect dialect = format == SES_FORMAT_NRRD ? SRV_SEQUENCE_NRRD
                                                      : format == SES_FORMAT_SLICER_MHA
                                                          ? SRV_SEQUENCE_SLICER
                                                          : SRV_SEQUENCE_META_IMAGE;
            status = srv_sequence_write(file, sequence, dialect, on_step, writing);
            if (status != NAV_OK) {
                (void)cfg_error_set(out_error, status, "%s: cannot be written: %s", path,
                                    strerror(errno));
            }
        }
    }
    srv_sequence_destroy(sequence);
    return status;
}

static enum nav_status write_to(FILE *file, const char *path, enum ses_format format,
                                const struct ses_pose_log *log, const struct ses_progress *progress,
                                struct ses_losses *losses, struct cfg_error *out_error)
{
    struct writing writing = {.progress = progress, .total = log->count};
    for (size_t i = 0; i < log->count; ++i) {
        const struct ses_pose *pose = &log->poses[i];
        losses->invalid += pose->has_matrix && !ses_pose_is_valid(pose) ? 1 : 0;
    }
    if (format == SES_FORMAT_CSV) {
        ses_pose_table_write(file, log, on_step, &writing);
        return NAV_OK;
    }
    if (format == SES_FORMAT_NDI_CSV) {
        losses->by_arrival = !ses_pose_log_stamps_advance(log);
        losses->not_rigid = ses_pose_table_write_ndi(file, log, on_step, &writing);
        return NAV_OK;
    }
    return write_frames(file, path, format, log, &writing, losses, out_error);
}

enum nav_status ses_pose_file_write(const char *path, enum ses_format format,
                                    const struct ses_pose_log *log,
                                    const struct ses_progress *progress,
                                    struct ses_losses *out_losses, struct cfg_error *out_error)
{
    char scratch[PATH_SIZE];
    if (snprintf(scratch, sizeof(scratch), "%s.part", path) >= (int)sizeof(scratch)) {
        return cfg_error_set(out_error, NAV_ERR_RANGE, "%s: the path is too long", path);
    }
    const int fd = open(scratch, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, file_mode);
    FILE *file = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (file == NULL) {
        return cfg_error_set(out_error, NAV_ERR_IO, "%s: cannot be written: %s", path,
                             strerror(errno));
    }
    struct ses_losses losses = {0};
    enum nav_status status = NAV_ERR_MEMORY;
    const locale_t c_locale = newlocale(LC_NUMERIC_MASK, "C", (locale_t)0);
    if (c_locale != (locale_t)0) {
        const locale_t before = uselocale(c_locale);
        status = write_to(file, path, format, log, progress, &losses, out_error);
        (void)uselocale(before);
        freelocale(c_locale);
    } else {
        (void)cfg_error_set(out_error, status, "%s: out of memory", path);
    }
    errno = 0;
    const bool flushed = fflush(file) == 0 && ferror(file) == 0 && fsync(fileno(file)) == 0;
    const bool closed = fclose(file) == 0;
    if (status == NAV_OK && !(flushed && closed && rename(scratch, path) == 0)) {
        status = cfg_error_set(out_error, NAV_ERR_IO, "%s: cannot be written: %s", path,
                               strerror(errno != 0 ? errno : EIO));
    }
    if (status != NAV_OK) {
        (void)unlink(scratch);
        return status;
    }
    *out_losses = losses;
    return NAV_OK;
}
