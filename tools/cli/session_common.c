#include "session_common.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "nav/time.h"
#include "session_store.h"
#include "verbs.h"

static const double seconds_max = 1e9;

int session_wrong(const char *verb, const char *text)
{
    fprintf(stderr, "osteonav session %s: %s; see --help\n", verb, text);
    return VERB_USAGE;
}

bool session_read_seconds(const char *text, int64_t *out_ns)
{
    char *end = NULL;
    double seconds = strtod(text, &end);
    if (end == text || !isfinite(seconds)) {
        return false;
    }
    if (*end == ':') {
        const char *rest = end + 1;
        const double minutes = seconds;
        seconds = strtod(rest, &end);
        if (end == rest || !(seconds >= 0.0 && seconds < 60.0) || minutes < 0.0 ||
            minutes != floor(minutes)) {
            return false;
        }
        seconds += 60.0 * minutes;
    }
    if (*end != '\0' || !(seconds >= 0.0 && seconds <= seconds_max)) {
        return false;
    }
    *out_ns = llround(seconds * (double)NAV_NS_PER_S);
    return true;
}

bool session_read_positive(const char *text, double *out_value)
{
    char *end = NULL;
    const double value = strtod(text, &end);
    if (end == text || *end != '\0' || !isfinite(value) || value <= 0.0) {
        return false;
    }
    *out_value = value;
    return true;
}

int session_span(const char *verb, const char *path, const struct session_piece *piece,
                 struct ses_span *out_span)
{
    if (access(path, R_OK) == 0 && !ses_is_session(path)) {
        fprintf(stderr,
                "osteonav session %s: %s: is not a session; `osteonav session import` makes one\n",
                verb, path);
        return VERB_FAILED;
    }
    struct session_reader *reader = NULL;
    struct session_error error;
    if (session_reader_open(path, &reader, &error) != NAV_OK) {
        fprintf(stderr, "osteonav session %s: %s\n", verb, error.text);
        return VERB_FAILED;
    }
    const int64_t first_ns = session_reader_extent(reader).first_ns;
    session_reader_close(reader);
    if (piece->has_from && piece->has_to && piece->from_ns >= piece->to_ns) {
        fprintf(stderr, "osteonav session %s: --from must be before --to\n", verb);
        return VERB_USAGE;
    }
    *out_span = SES_SPAN_ALL;
    if (piece->has_from) {
        out_span->from_ns = first_ns + piece->from_ns;
    }
    if (piece->has_to) {
        out_span->to_ns = first_ns + piece->to_ns;
    }
    return VERB_OK;
}

void session_cut_log(const struct session_piece *piece, struct ses_pose_log *log)
{
    const int64_t first_ns = log->count > 0 ? log->poses[0].arrival_ns : 0;
    size_t kept = 0;
    for (size_t i = 0; i < log->count; ++i) {
        const int64_t at_ns = log->poses[i].arrival_ns - first_ns;
        if ((!piece->has_from || at_ns >= piece->from_ns) &&
            (!piece->has_to || at_ns < piece->to_ns)) {
            log->poses[kept++] = log->poses[i];
        }
    }
    log->count = kept;
}

static ptrdiff_t find_device(const struct ses_pose_log *log, const char *name, size_t length)
{
    for (size_t i = 0; i < log->device_count; ++i) {
        if (strlen(log->devices[i]) == length && memcmp(log->devices[i], name, length) == 0) {
            return (ptrdiff_t)i;
        }
    }
    return -1;
}

bool session_rename(const char *verb, const char *const *renames, size_t count,
                    struct ses_pose_log *log)
{
    for (size_t i = 0; i < count; ++i) {
        const char *sign = strchr(renames[i], '=');
        const size_t length = sign != NULL ? (size_t)(sign - renames[i]) : 0;
        const size_t new_length = sign != NULL ? strlen(sign + 1) : 0;
        const ptrdiff_t device = length > 0 ? find_device(log, renames[i], length) : -1;
        if (device < 0 || new_length == 0 || new_length >= NAV_NAME_SIZE) {
            fprintf(stderr,
                    "osteonav session %s: --rename %s: give OLD=NEW, OLD a device of the file\n",
                    verb, renames[i]);
            return false;
        }
        if (find_device(log, sign + 1, new_length) >= 0) {
            fprintf(stderr, "osteonav session %s: --rename %s: there is a device '%s' already\n",
                    verb, renames[i], sign + 1);
            return false;
        }
        memcpy(log->devices[device], sign + 1, new_length + 1);
    }
    return true;
}

bool session_filter(const char *verb, const char *devices, bool valid_only,
                    struct ses_pose_log *log)
{
    bool wanted[SES_DEVICES_MAX] = {false};
    for (const char *at = devices; at != NULL && *at != '\0';) {
        const size_t length = strcspn(at, ",");
        const ptrdiff_t device = find_device(log, at, length);
        if (device < 0) {
            fprintf(stderr, "osteonav session %s: no device '%.*s'; there are", verb, (int)length,
                    at);
            for (size_t i = 0; i < log->device_count; ++i) {
                fprintf(stderr, "%s %s", i > 0 ? "," : "", log->devices[i]);
            }
            fputc('\n', stderr);
            return false;
        }
        wanted[device] = true;
        at += length + (at[length] == ',' ? 1 : 0);
    }
    uint16_t renumbered[SES_DEVICES_MAX] = {0};
    size_t devices_kept = 0;
    for (size_t i = 0; i < log->device_count; ++i) {
        wanted[i] = wanted[i] || devices == NULL;
        renumbered[i] = (uint16_t)devices_kept;
        if (wanted[i]) {
            memmove(log->devices[devices_kept++], log->devices[i], sizeof(log->devices[i]));
        }
    }
    log->device_count = devices_kept;
    size_t kept = 0;
    for (size_t i = 0; i < log->count; ++i) {
        struct ses_pose pose = log->poses[i];
        if (wanted[pose.device] && (!valid_only || ses_pose_is_valid(&pose))) {
            pose.device = renumbered[pose.device];
            log->poses[kept++] = pose;
        }
    }
    log->count = kept;
    return true;
}
