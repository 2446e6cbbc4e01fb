#include "recording.h"

#include <locale.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "nav/limits.h"
#include "nav/sample.h"
#include "nav/time.h"
#include "sequence.h"
#include "session_poses.h"

enum { TABLE_LINE = 1024, TABLE_COLUMNS = 8, TABLE_FIELDS_MAX = 16 };

static const double rigid_tolerance = 2e-3;
static const double quaternion_tolerance = 1e-2; /* four decimals and rounding by the sender */

static bool ends_with(const char *text, const char *end)
{
    const size_t length = strlen(text), end_length = strlen(end);
    return length >= end_length && strcasecmp(text + length - end_length, end) == 0;
}

static enum nav_status reserve(struct recording *recording, size_t frames)
{
    recording->poses = calloc(frames + 1, sizeof(*recording->poses));
    recording->time_ns = calloc(frames + 1, sizeof(*recording->time_ns));
    recording->hidden_ns = calloc(frames + 1, sizeof(*recording->hidden_ns));
    return recording->poses != NULL && recording->time_ns != NULL && recording->hidden_ns != NULL
               ? NAV_OK
               : NAV_ERR_MEMORY;
}

/* ---- IGSIO sequences and sessions ----------------------------------------------------------- */

static ptrdiff_t find_transform(const struct srv_sequence *sequence, const char *name)
{
    ptrdiff_t found = srv_sequence_find(sequence, name);
    if (found < 0) {
        char completed[NAV_NAME_SIZE];
        if (snprintf(completed, sizeof(completed), "%sToTracker", name) < (int)sizeof(completed)) {
            found = srv_sequence_find(sequence, completed);
        }
    }
    return found;
}

static enum nav_status no_such_transform(const char *path, const char *name,
                                         const struct srv_sequence *sequence,
                                         struct recording_error *out_error)
{
    int used = snprintf(out_error->text, sizeof(out_error->text), "%s: no transform '%s'; it has",
                        path, name);
    for (size_t i = 0;
         i < sequence->transform_count && used > 0 && (size_t)used < sizeof(out_error->text); ++i) {
        used += snprintf(out_error->text + used, sizeof(out_error->text) - (size_t)used, "%s %s",
                         i == 0 ? "" : ",", sequence->names[i]);
    }
    return NAV_ERR_NOT_FOUND;
}

static bool is_visible(const struct srv_sequence_pose *pose)
{
    return pose->present && (pose->status == NAV_SENDER_OK || pose->status == NAV_SENDER_UNSTATED);
}

static enum nav_status pose_of(const double m[16], struct nav_pose *out_pose)
{
    const double R[9] = {m[0], m[1], m[2], m[4], m[5], m[6], m[8], m[9], m[10]};
    const double t[3] = {m[3], m[7], m[11]};
    return nav_pose_from_matrix(R, t, rigid_tolerance, out_pose);
}

static void take_frames(const struct srv_sequence *sequence, ptrdiff_t tool, ptrdiff_t reference,
                        struct recording *recording)
{
    recording->frames = sequence->frame_count;
    for (size_t frame = 0; frame < sequence->frame_count; ++frame) {
        const struct srv_sequence_pose *of_tool = srv_sequence_at(sequence, frame, (size_t)tool);
        const struct srv_sequence_pose *of_reference =
            reference >= 0 ? srv_sequence_at(sequence, frame, (size_t)reference) : NULL;
        if (!is_visible(of_tool) || (of_reference != NULL && !is_visible(of_reference))) {
            ++recording->invalid;
            recording->hidden_ns[recording->hidden_count++] = sequence->time_ns[frame];
            continue;
        }
        struct nav_pose pose;
        struct nav_pose T_tracker_reference = nav_pose_identity();
        if (pose_of(of_tool->matrix, &pose) != NAV_OK ||
            (of_reference != NULL &&
             pose_of(of_reference->matrix, &T_tracker_reference) != NAV_OK)) {
            ++recording->not_rigid;
            recording->hidden_ns[recording->hidden_count++] = sequence->time_ns[frame];
            continue;
        }
        if (of_reference != NULL) {
            const struct nav_pose inverse = nav_pose_inverse(&T_tracker_reference);
            pose = nav_pose_compose(&inverse, &pose);
        }
        recording->poses[recording->count] = pose;
        recording->time_ns[recording->count++] = sequence->time_ns[frame];
    }
}

/* The poses of a session as frames. */
static enum nav_status read_session(const char *path, struct srv_sequence **out_sequence,
                                    struct recording_error *out_error)
{
    const struct ses_span all = SES_SPAN_ALL;
    struct ses_pose_log log = {0};
    struct ses_session_count count;
    struct ses_framing framing;
    struct cfg_error error = {{0}};
    enum nav_status status = ses_session_read(path, &all, NULL, &log, &count, &error);
    if (status == NAV_OK) {
        status = ses_pose_log_to_sequence(&log, out_sequence, &framing);
        if (status != NAV_OK) {
            (void)cfg_error_set(&error, status, "%s: %s", path,
                                status == NAV_ERR_NOT_FOUND ? "the session has no poses"
                                                            : nav_status_text(status));
        }
    }
    ses_pose_log_finish(&log);
    if (status != NAV_OK) {
        (void)snprintf(out_error->text, sizeof(out_error->text), "%.600s", error.text);
    }
    return status;
}

static enum nav_status read_frames(const char *path, struct srv_sequence **out_sequence,
                                   struct recording_error *out_error)
{
    if (ses_is_session(path)) {
        return read_session(path, out_sequence, out_error);
    }
    struct srv_sequence_error error;
    const enum nav_status status = srv_sequence_read(path, out_sequence, &error);
    if (status != NAV_OK) {
        (void)snprintf(out_error->text, sizeof(out_error->text), "%s", error.text);
    }
    return status;
}

static enum nav_status load_sequence(const char *path, const char *tool, const char *reference,
                                     struct recording *recording, struct recording_error *out_error)
{
    struct srv_sequence *sequence = NULL;
    enum nav_status status = read_frames(path, &sequence, out_error);
    if (status != NAV_OK) {
        return status;
    }
    const ptrdiff_t tool_index = tool != NULL ? find_transform(sequence, tool) : -1;
    const ptrdiff_t reference_index = reference != NULL ? find_transform(sequence, reference) : -1;
    if (tool_index < 0) {
        status = no_such_transform(path, tool != NULL ? tool : "(--tool)", sequence, out_error);
    } else if (reference != NULL && reference_index < 0) {
        status = no_such_transform(path, reference, sequence, out_error);
    } else {
        status = reserve(recording, sequence->frame_count);
    }
    if (status == NAV_OK) {
        take_frames(sequence, tool_index, reference_index, recording);
    }
    srv_sequence_destroy(sequence);
    return status;
}

/* ---- pose tables ---------------------------------------------------------------------------- */

static int split_fields(char *line, char *fields[TABLE_FIELDS_MAX])
{
    int count = 0;
    char *rest = NULL;
    for (char *field = strtok_r(line, " \t,;\r\n", &rest);
         field != NULL && count < TABLE_FIELDS_MAX; field = strtok_r(NULL, " \t,;\r\n", &rest)) {
        fields[count++] = field;
    }
    return count;
}

/* Sets where t x y z qw qx qy qz stand when the line names them. */
static bool read_heading(char *fields[TABLE_FIELDS_MAX], int count, int out_at[TABLE_COLUMNS])
{
    static const char *const names[TABLE_COLUMNS] = {"t", "x", "y", "z", "qw", "qx", "qy", "qz"};
    int at[TABLE_COLUMNS];
    for (int c = 0; c < TABLE_COLUMNS; ++c) {
        at[c] = -1;
        for (int f = 0; f < count; ++f) {
            if (strcasecmp(fields[f], names[c]) == 0) {
                at[c] = f;
            }
        }
        if (at[c] < 0) {
            return false;
        }
    }
    memcpy(out_at, at, sizeof(at));
    return true;
}

/* One line of numbers; false when it is not one. */
static bool read_row(char *fields[TABLE_FIELDS_MAX], int count, const int at[TABLE_COLUMNS],
                     locale_t c_locale, double out[TABLE_COLUMNS])
{
    for (int c = 0; c < TABLE_COLUMNS; ++c) {
        char *end = NULL;
        if (at[c] >= count) {
            return false;
        }
        out[c] = strtod_l(fields[at[c]], &end, c_locale);
        if (*end != '\0' || !isfinite(out[c])) {
            return false;
        }
    }
    return true;
}

static void take_row(const double row[TABLE_COLUMNS], struct recording *recording)
{
    const double norm = sqrt(row[4] * row[4] + row[5] * row[5] + row[6] * row[6] + row[7] * row[7]);
    const int64_t time_ns = (int64_t)llround(row[0] * (double)NAV_NS_PER_S);
    ++recording->frames;
    if (!(fabs(norm - 1.0) <= quaternion_tolerance)) {
        ++recording->not_rigid;
        recording->hidden_ns[recording->hidden_count++] = time_ns;
        return;
    }
    recording->poses[recording->count] = (struct nav_pose){
        .q = {row[5] / norm, row[6] / norm, row[7] / norm, row[4] / norm},
        .t_mm = {row[1], row[2], row[3]},
    };
    recording->time_ns[recording->count++] = time_ns;
}

static enum nav_status grow(struct recording *recording, size_t capacity)
{
    struct nav_pose *poses = realloc(recording->poses, capacity * sizeof(*poses));
    recording->poses = poses != NULL ? poses : recording->poses;
    int64_t *times = realloc(recording->time_ns, capacity * sizeof(*times));
    recording->time_ns = times != NULL ? times : recording->time_ns;
    int64_t *hidden = realloc(recording->hidden_ns, capacity * sizeof(*hidden));
    recording->hidden_ns = hidden != NULL ? hidden : recording->hidden_ns;
    return poses != NULL && times != NULL && hidden != NULL ? NAV_OK : NAV_ERR_MEMORY;
}

static enum nav_status read_table(FILE *file, const char *path, locale_t c_locale,
                                  struct recording *recording, struct recording_error *out_error)
{
    int at[TABLE_COLUMNS] = {0, 1, 2, 3, 4, 5, 6, 7};
    char line[TABLE_LINE];
    size_t capacity = 0;
    for (unsigned number = 1; fgets(line, sizeof(line), file) != NULL; ++number) {
        char *text = line + strspn(line, " \t");
        char *colon = strchr(text, ':');
        if (colon != NULL && strspn(text, "0123456789") == (size_t)(colon - text)) {
            text = colon + 1; /* "12: ..." */
        }
        char *fields[TABLE_FIELDS_MAX];
        if (*text == '#') {
            continue;
        }
        const int count = split_fields(text, fields);
        double row[TABLE_COLUMNS];
        if (count == 0 || (number == 1 && read_heading(fields, count, at))) {
            continue;
        }
        if (!read_row(fields, count, at, c_locale, row)) {
            (void)snprintf(out_error->text, sizeof(out_error->text),
                           "%s:%u: not a pose; a line is t x y z qw qx qy qz in s and mm", path,
                           number);
            return NAV_ERR_SYNTAX;
        }
        if (recording->frames == capacity) {
            capacity = capacity == 0 ? 1024 : 2 * capacity;
            if (grow(recording, capacity) != NAV_OK) {
                (void)snprintf(out_error->text, sizeof(out_error->text), "%s: out of memory", path);
                return NAV_ERR_MEMORY;
            }
        }
        take_row(row, recording);
    }
    return NAV_OK;
}

static enum nav_status load_table(const char *path, const char *reference,
                                  struct recording *recording, struct recording_error *out_error)
{
    if (reference != NULL) {
        (void)snprintf(out_error->text, sizeof(out_error->text),
                       "%s: a pose table holds one tool and no reference; leave --reference out",
                       path);
        return NAV_ERR_ARGUMENT;
    }
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        (void)snprintf(out_error->text, sizeof(out_error->text), "%s: cannot be read: %m", path);
        return NAV_ERR_NOT_FOUND;
    }
    locale_t c_locale = newlocale(LC_NUMERIC_MASK, "C", (locale_t)0);
    enum nav_status status = NAV_ERR_MEMORY;
    if (c_locale != (locale_t)0) {
        status = read_table(file, path, c_locale, recording, out_error);
        freelocale(c_locale);
    } else {
        (void)snprintf(out_error->text, sizeof(out_error->text), "%s: out of memory", path);
    }
    (void)fclose(file);
    return status;
}

enum nav_status recording_load(const char *path, const char *tool, const char *reference,
                               struct recording *out_recording, struct recording_error *out_error)
{
    struct recording recording = {0};
    const bool table = ends_with(path, ".txt") || ends_with(path, ".csv");
    const enum nav_status status =
        table ? load_table(path, reference, &recording, out_error)
              : load_sequence(path, tool, reference, &recording, out_error);
    if (status != NAV_OK) {
        recording_finish(&recording);
        return status;
    }
    *out_recording = recording;
    return NAV_OK;
}

void recording_finish(struct recording *recording)
{
    free(recording->poses);
    free(recording->time_ns);
    free(recording->hidden_ns);
    *recording = (struct recording){0};
}
