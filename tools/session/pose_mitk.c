#include "pose_mitk.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "csv_line.h"
#include "decimal.h"
#include "number_print.h"
#include "text_cursor.h"

enum { COLUMNS = 9, MS_PLACES = 6 /* of a millisecond, to the nanosecond */ };

static const char *const column_names[COLUMNS] = {"TimeStamp", "Valid", "X",  "Y", "Z",
                                                  "QX",        "QY",    "QZ", "QR"};
static const double unit_tolerance = 1e-2; /* of a quaternion's length */

struct reader {
    const char *name;
    struct ses_pose_log *log;
    struct cfg_error *error;
    struct cfg_text_cursor cursor;
    uint32_t line;
    size_t tools;
    size_t cell_count;
    struct ses_csv_cell cells[SES_CSV_CELLS_MAX];
};

static enum nav_status refuse(struct reader *reader, enum nav_status status, const char *what)
{
    return cfg_error_set(reader->error, status, "%s:%u: %s", reader->name, reader->line, what);
}

/* The next line that is not empty; the empty cell behind the last semicolon is dropped. NAV_END. */
static enum nav_status next_row(struct reader *reader)
{
    while (reader->cursor.at < reader->cursor.end) {
        size_t length = 0;
        reader->line = reader->cursor.line;
        const char *line = cfg_text_take_line(&reader->cursor, &length);
        if (strspn(line, " \t") >= length) {
            continue;
        }
        if (!ses_csv_split(line, length, ';', reader->cells, SES_CSV_CELLS_MAX,
                           &reader->cell_count)) {
            return refuse(reader, NAV_ERR_SYNTAX, "not a row of values separated by semicolons");
        }
        if (reader->cells[reader->cell_count - 1].text[0] == '\0') {
            --reader->cell_count;
        }
        return NAV_OK;
    }
    return NAV_END;
}

static enum nav_status read_heading(struct reader *reader)
{
    reader->tools = reader->cell_count / COLUMNS;
    bool good = reader->tools > 0 && reader->cell_count == reader->tools * COLUMNS;
    for (size_t i = 0; good && i < reader->cell_count; ++i) {
        char expected[SES_CSV_CELL_SIZE];
        (void)snprintf(expected, sizeof(expected), "%s_Tool%zu", column_names[i % COLUMNS],
                       i / COLUMNS);
        good = strcmp(reader->cells[i].text, expected) == 0;
    }
    return good ? NAV_OK
                : refuse(reader, NAV_ERR_UNSUPPORTED,
                         "not MITK's heading TimeStamp_Tool0;Valid_Tool0;X_Tool0;...;QR_Tool0");
}

static enum nav_status take_matrix(struct reader *reader, const double values[7],
                                   struct ses_pose *pose)
{
    const double *q = values + 3;
    const double norm = sqrt(q[0] * q[0] + q[1] * q[1] + q[2] * q[2] + q[3] * q[3]);
    if (!(fabs(norm - 1.0) <= unit_tolerance)) {
        return pose->status == NAV_SENDER_OK
                   ? refuse(reader, NAV_ERR_NOT_RIGID,
                            "a valid pose whose quaternion is not of length 1")
                   : NAV_OK;
    }
    const struct nav_pose rigid = {
        .q = {q[0] / norm, q[1] / norm, q[2] / norm, q[3] / norm},
    };
    double R[9];
    nav_pose_rotation(&rigid, R);
    for (size_t i = 0; i < 9; ++i) {
        pose->matrix[i / 3 * 4 + i % 3] = R[i];
    }
    for (size_t i = 0; i < 3; ++i) {
        pose->matrix[4 * i + 3] = values[i];
    }
    pose->has_matrix = true;
    return NAV_OK;
}

static enum nav_status take_tool(struct reader *reader, size_t tool)
{
    const struct ses_csv_cell *cells = &reader->cells[tool * COLUMNS];
    struct ses_pose pose = {.unfiltered_ns = SES_NO_TIME, .error_mm = NAN, .word = SES_NO_WORD};
    char name[NAV_NAME_SIZE];
    const int length = snprintf(name, sizeof(name), "Tool%zu", tool);
    if (!srv_decimal_parse(cells[0].text, strlen(cells[0].text), MS_PLACES, &pose.stamp_ns)) {
        double ms = 0.0;
        if (!ses_csv_number(&cells[0], reader->cursor.c_locale, &ms) || fabs(ms) > 9e12) {
            return refuse(reader, NAV_ERR_SYNTAX, "TimeStamp is not a time in ms");
        }
        pose.stamp_ns = llround(ms * 1e6);
    }
    pose.arrival_ns = pose.stamp_ns;
    const bool valid = strcmp(cells[1].text, "1") == 0;
    if (!valid && strcmp(cells[1].text, "0") != 0) {
        return refuse(reader, NAV_ERR_SYNTAX, "Valid is 1 or 0");
    }
    double values[7];
    for (size_t i = 0; i < 7; ++i) {
        if (!ses_csv_number(&cells[2 + i], reader->cursor.c_locale, &values[i])) {
            return refuse(reader, NAV_ERR_SYNTAX, "a cell is not a finite number");
        }
    }
    const char *const word = valid ? "OK" : "INVALID";
    enum nav_status status =
        ses_pose_log_word(reader->log, word, strlen(word), &pose.word, &pose.status);
    if (status == NAV_OK) {
        status = ses_pose_log_device(reader->log, name, (size_t)length, &pose.device);
    }
    if (status == NAV_OK) {
        status = take_matrix(reader, values, &pose);
        if (status != NAV_OK) {
            return status;
        }
        status = ses_pose_log_add(reader->log, &pose);
    }
    return status == NAV_OK ? NAV_OK : refuse(reader, status, nav_status_text(status));
}

static enum nav_status read_all(struct reader *reader)
{
    enum nav_status status = next_row(reader);
    if (status == NAV_END) {
        return refuse(reader, NAV_ERR_LENGTH, "nothing in the file");
    }
    if (status == NAV_OK) {
        status = read_heading(reader);
    }
    if (status != NAV_OK) {
        return status;
    }
    const size_t before = reader->log->count;
    while ((status = next_row(reader)) == NAV_OK) {
        if (reader->cell_count != reader->tools * COLUMNS) {
            return refuse(reader, NAV_ERR_LENGTH, "the row is not as long as the heading");
        }
        for (size_t tool = 0; tool < reader->tools; ++tool) {
            status = take_tool(reader, tool);
            if (status != NAV_OK) {
                return status;
            }
        }
    }
    if (status != NAV_END) {
        return status;
    }
    if (reader->log->count == before) {
        return refuse(reader, NAV_ERR_LENGTH, "a heading but no rows");
    }
    status = ses_pose_log_sort(reader->log);
    return status == NAV_OK ? NAV_OK : refuse(reader, status, nav_status_text(status));
}

enum nav_status ses_pose_mitk_read(const char *name, const uint8_t *bytes, size_t size,
                                   struct ses_pose_log *log, struct cfg_error *out_error)
{
    struct reader *reader = calloc(1, sizeof(*reader));
    if (reader == NULL || !cfg_text_init(&reader->cursor, bytes, size)) {
        free(reader);
        return cfg_error_set(out_error, NAV_ERR_MEMORY, "%s: out of memory", name);
    }
    reader->name = name;
    reader->log = log;
    reader->error = out_error;
    const enum nav_status status = read_all(reader);
    cfg_text_finish(&reader->cursor);
    free(reader);
    return status;
}

static bool rigid_of(const struct srv_sequence_pose *pose, struct nav_pose *out_pose)
{
    struct ses_pose row = {.has_matrix = pose->present};
    memcpy(row.matrix, pose->matrix, sizeof(row.matrix));
    return ses_pose_rigid(&row, out_pose) == NAV_OK;
}

size_t ses_pose_mitk_write(FILE *file, const struct srv_sequence *sequence,
                           void (*on_frame)(void *context, size_t done), void *context)
{
    size_t lost = 0;
    for (size_t i = 0; i < sequence->transform_count * COLUMNS; ++i) {
        fprintf(file, "%s_Tool%zu;", column_names[i % COLUMNS], i / COLUMNS);
    }
    fputc('\n', file);
    for (size_t frame = 0; frame < sequence->frame_count; ++frame) {
        char ms[SRV_DECIMAL_SIZE];
        srv_decimal_print(sequence->time_ns[frame], MS_PLACES, ms);
        for (size_t i = 0; i < sequence->transform_count; ++i) {
            const struct srv_sequence_pose *pose = srv_sequence_at(sequence, frame, i);
            struct nav_pose rigid = nav_pose_identity();
            const bool is_rigid = rigid_of(pose, &rigid);
            const bool valid =
                is_rigid && (pose->status == NAV_SENDER_OK || pose->status == NAV_SENDER_UNSTATED);
            lost += pose->present && !is_rigid ? 1 : 0;
            fprintf(file, "%s;%d;", ms, valid ? 1 : 0);
            const double values[7] = {rigid.t_mm[0], rigid.t_mm[1], rigid.t_mm[2], rigid.q[0],
                                      rigid.q[1],    rigid.q[2],    rigid.q[3]};
            for (size_t k = 0; k < 7; ++k) {
                char text[SRV_NUMBER_SIZE];
                srv_number_print(values[k], text);
                fprintf(file, "%s;", text);
            }
        }
        fputc('\n', file);
        if (on_frame != NULL) {
            on_frame(context, frame + 1);
        }
    }
    return lost;
}
