#include "pose_table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "csv_line.h"
#include "decimal.h"
#include "nav/time.h"
#include "number_print.h"
#include "text_cursor.h"

enum column {
    COLUMN_ARRIVAL = 0,
    COLUMN_STAMP,
    COLUMN_UNFILTERED,
    COLUMN_SECONDS,
    COLUMN_DEVICE,
    COLUMN_STATUS,
    COLUMN_VALID,
    COLUMN_ERROR,
    COLUMN_FRAME,
    COLUMN_REPLY,
    COLUMN_X,
    COLUMN_Y,
    COLUMN_Z,
    COLUMN_QX,
    COLUMN_QY,
    COLUMN_QZ,
    COLUMN_QW,
    COLUMN_R00,
    COLUMN_COUNT = COLUMN_R00 + 9
};

static const struct {
    const char *word;
    enum column column;
} column_words[] = {
    {"arrival_ns", COLUMN_ARRIVAL},
    {"stamp_ns", COLUMN_STAMP},
    {"unfiltered_ns", COLUMN_UNFILTERED},
    {"time_s", COLUMN_SECONDS},
    {"host_time_s", COLUMN_SECONDS},
    {"timestamp", COLUMN_SECONDS},
    {"time", COLUMN_SECONDS},
    {"t", COLUMN_SECONDS},
    {"device", COLUMN_DEVICE},
    {"tool", COLUMN_DEVICE},
    {"handle", COLUMN_DEVICE},
    {"port", COLUMN_DEVICE},
    {"status", COLUMN_STATUS},
    {"state", COLUMN_STATUS},
    {"valid", COLUMN_VALID},
    {"rms_error_mm", COLUMN_ERROR},
    {"error_mm", COLUMN_ERROR},
    {"error", COLUMN_ERROR},
    {"rms", COLUMN_ERROR},
    {"device_frame", COLUMN_FRAME},
    {"frame", COLUMN_FRAME},
    {"reply", COLUMN_REPLY},
    {"tx_mm", COLUMN_X},
    {"tx", COLUMN_X},
    {"x_mm", COLUMN_X},
    {"x", COLUMN_X},
    {"ty_mm", COLUMN_Y},
    {"ty", COLUMN_Y},
    {"y_mm", COLUMN_Y},
    {"y", COLUMN_Y},
    {"tz_mm", COLUMN_Z},
    {"tz", COLUMN_Z},
    {"z_mm", COLUMN_Z},
    {"z", COLUMN_Z},
    {"qx", COLUMN_QX},
    {"qy", COLUMN_QY},
    {"qz", COLUMN_QZ},
    {"q0", COLUMN_QW},
    {"qw", COLUMN_QW},
    {"r00", COLUMN_R00},
    {"r01", COLUMN_R00 + 1},
    {"r02", COLUMN_R00 + 2},
    {"r10", COLUMN_R00 + 3},
    {"r11", COLUMN_R00 + 4},
    {"r12", COLUMN_R00 + 5},
    {"r20", COLUMN_R00 + 6},
    {"r21", COLUMN_R00 + 7},
    {"r22", COLUMN_R00 + 8},
};

static const double unit_tolerance = 1e-2; /* of a quaternion's length: four decimals are written */

struct reader {
    const char *name;
    const struct ses_read_options *options;
    struct ses_pose_log *log;
    struct cfg_error *error;
    struct cfg_text_cursor cursor;
    uint32_t line;
    ptrdiff_t at[COLUMN_COUNT]; /* cell of each column, -1 = not there */
    size_t ignored;
    size_t cell_count;
    bool by_rate;        /* the table has no times: counters give them */
    enum column counter; /* then: which */
    struct ses_csv_cell cells[SES_CSV_CELLS_MAX];
};

static enum nav_status refuse(struct reader *reader, enum nav_status status, const char *what)
{
    return cfg_error_set(reader->error, status, "%s:%u: %s", reader->name, reader->line, what);
}

/* The cell of a column, NULL when it is missing or empty. */
static const struct ses_csv_cell *cell_of(const struct reader *reader, enum column column)
{
    const ptrdiff_t at = reader->at[column];
    if (at < 0 || (size_t)at >= reader->cell_count || reader->cells[at].text[0] == '\0') {
        return NULL;
    }
    return &reader->cells[at];
}

/* The next line that is neither empty nor a comment, as cells. NAV_END. */
static enum nav_status next_row(struct reader *reader)
{
    while (reader->cursor.at < reader->cursor.end) {
        size_t length = 0;
        reader->line = reader->cursor.line;
        const char *line = cfg_text_take_line(&reader->cursor, &length);
        const size_t blanks = strspn(line, " \t");
        if (blanks >= length || line[blanks] == '#') {
            continue;
        }
        if (!ses_csv_split(line, length, ',', reader->cells, SES_CSV_CELLS_MAX,
                           &reader->cell_count)) {
            return refuse(
                reader, NAV_ERR_SYNTAX,
                "not a row of comma separated values; a quote does not end, a cell is too "
                "long, or it is not text");
        }
        return NAV_OK;
    }
    return NAV_END;
}

static enum nav_status read_heading(struct reader *reader)
{
    for (size_t i = 0; i < COLUMN_COUNT; ++i) {
        reader->at[i] = -1;
    }
    for (size_t i = 0; i < reader->cell_count; ++i) {
        bool known = false;
        for (size_t w = 0; w < sizeof(column_words) / sizeof(*column_words) && !known; ++w) {
            if (strcasecmp(reader->cells[i].text, column_words[w].word) != 0) {
                continue;
            }
            known = true;
            if (reader->at[column_words[w].column] >= 0) {
                return cfg_error_set(reader->error, NAV_ERR_SYNTAX,
                                     "%s:%u: column '%s' says what another column says already",
                                     reader->name, reader->line, reader->cells[i].text);
            }
            reader->at[column_words[w].column] = (ptrdiff_t)i;
        }
        reader->ignored += known ? 0 : 1;
    }
    const bool quaternion = reader->at[COLUMN_QX] >= 0 && reader->at[COLUMN_QY] >= 0 &&
                            reader->at[COLUMN_QZ] >= 0 && reader->at[COLUMN_QW] >= 0;
    bool rotation = true;
    for (int i = 0; i < 9; ++i) {
        rotation = rotation && reader->at[COLUMN_R00 + i] >= 0;
    }
    if (reader->at[COLUMN_X] < 0 || reader->at[COLUMN_Y] < 0 || reader->at[COLUMN_Z] < 0 ||
        !(quaternion || rotation)) {
        return refuse(reader, NAV_ERR_UNSUPPORTED,
                      "the first line names no pose; columns x, y, z and q0, qx, qy, qz or r00 to "
                      "r22 are needed (docs/sessions.md)");
    }
    if (reader->at[COLUMN_DEVICE] < 0 && reader->options->device == NULL) {
        return refuse(reader, NAV_ERR_UNSUPPORTED,
                      "no column says which tool a row is of; name it with --device");
    }
    return NAV_OK;
}

/* Whether any row has a time; the cursor comes back. */
static enum nav_status choose_times(struct reader *reader)
{
    const struct cfg_text_cursor start = reader->cursor;
    bool timed = false;
    bool frames_advance = reader->at[COLUMN_FRAME] >= 0;
    double last_frame = 0.0;
    enum nav_status status;
    while ((status = next_row(reader)) == NAV_OK && !timed) {
        timed = cell_of(reader, COLUMN_SECONDS) != NULL ||
                cell_of(reader, COLUMN_ARRIVAL) != NULL || cell_of(reader, COLUMN_STAMP) != NULL;
        const struct ses_csv_cell *frame = cell_of(reader, COLUMN_FRAME);
        double value = 0.0;
        frames_advance = frames_advance && frame != NULL &&
                         ses_csv_number(frame, reader->cursor.c_locale, &value) &&
                         value >= last_frame && value > 0.0;
        last_frame = value;
    }
    if (status < NAV_OK) {
        return status;
    }
    reader->cursor = start;
    reader->by_rate = !timed;
    reader->counter = frames_advance ? COLUMN_FRAME : COLUMN_REPLY;
    if (timed) {
        return NAV_OK;
    }
    if (reader->at[reader->counter] < 0) {
        return refuse(
            reader, NAV_ERR_UNSUPPORTED,
            "the rows have no time: no column time_s, host_time_s, arrival_ns or stamp_ns, "
            "and no counter to make one of");
    }
    if (!(reader->options->rate_hz > 0.0)) {
        return refuse(reader, NAV_ERR_UNSUPPORTED,
                      "the rows have counters but no times; say how many a second with --rate HZ");
    }
    return NAV_OK;
}

static enum nav_status take_ns(struct reader *reader, enum column column, int64_t *out_ns)
{
    const struct ses_csv_cell *cell = cell_of(reader, column);
    if (cell == NULL) {
        return NAV_OK;
    }
    const int places = column == COLUMN_SECONDS ? SRV_DECIMAL_PLACES_MAX : 0;
    if (srv_decimal_parse(cell->text, strlen(cell->text), places, out_ns)) {
        return NAV_OK;
    }
    return cfg_error_set(reader->error, NAV_ERR_SYNTAX, "%s:%u: '%.48s' is not a time in %s",
                         reader->name, reader->line, cell->text, places == 0 ? "whole ns" : "s");
}

static enum nav_status take_times(struct reader *reader, struct ses_pose *pose)
{
    int64_t seconds_ns = SES_NO_TIME;
    pose->arrival_ns = pose->stamp_ns = pose->unfiltered_ns = SES_NO_TIME;
    enum nav_status status = take_ns(reader, COLUMN_SECONDS, &seconds_ns);
    if (status == NAV_OK) {
        status = take_ns(reader, COLUMN_ARRIVAL, &pose->arrival_ns);
    }
    if (status == NAV_OK) {
        status = take_ns(reader, COLUMN_STAMP, &pose->stamp_ns);
    }
    if (status == NAV_OK) {
        status = take_ns(reader, COLUMN_UNFILTERED, &pose->unfiltered_ns);
    }
    if (status != NAV_OK) {
        return status;
    }
    if (reader->by_rate) {
        const struct ses_csv_cell *cell = cell_of(reader, reader->counter);
        double counter = 0.0;
        if (cell == NULL || !ses_csv_number(cell, reader->cursor.c_locale, &counter) ||
            fabs(counter) > 1e12) {
            return refuse(reader, NAV_ERR_SYNTAX,
                          "the counter that gives the time is not a number");
        }
        const double ns = counter / reader->options->rate_hz * (double)NAV_NS_PER_S;
        if (!(fabs(ns) < 9e18)) {
            return refuse(reader, NAV_ERR_RANGE, "the counter and --rate give no time");
        }
        seconds_ns = llround(ns);
    }
    if (seconds_ns != SES_NO_TIME) {
        pose->stamp_ns = pose->stamp_ns != SES_NO_TIME ? pose->stamp_ns : seconds_ns;
        pose->arrival_ns = pose->arrival_ns != SES_NO_TIME ? pose->arrival_ns : seconds_ns;
    }
    if (pose->arrival_ns == SES_NO_TIME) {
        pose->arrival_ns = pose->stamp_ns;
    }
    if (pose->arrival_ns == SES_NO_TIME) {
        return refuse(reader, NAV_ERR_SYNTAX, "a row without a time");
    }
    const struct ses_pose_log *log = reader->log;
    if (log->count > 0 && pose->arrival_ns < log->poses[log->count - 1].arrival_ns) {
        return refuse(reader, NAV_ERR_RANGE, "the time is before that of the row above");
    }
    return NAV_OK;
}

static void matrix_of_quaternion(const double q[4], double matrix[12])
{
    const double norm = sqrt(q[0] * q[0] + q[1] * q[1] + q[2] * q[2] + q[3] * q[3]);
    const struct nav_pose pose = {.q = {q[0] / norm, q[1] / norm, q[2] / norm, q[3] / norm}};
    double R[9];
    nav_pose_rotation(&pose, R);
    for (int row = 0; row < 3; ++row) {
        memcpy(&matrix[(size_t)row * 4], &R[(size_t)row * 3], 3 * sizeof(double));
    }
}

/* Numbers of `count` columns from `first` on. `out_taken`: how many are there. */
static enum nav_status take_numbers(struct reader *reader, int first, int count, double *out,
                                    int *out_taken)
{
    *out_taken = 0;
    for (int i = 0; i < count; ++i) {
        const struct ses_csv_cell *cell = cell_of(reader, (enum column)(first + i));
        if (cell == NULL) {
            continue;
        }
        if (!ses_csv_number(cell, reader->cursor.c_locale, &out[i])) {
            return cfg_error_set(reader->error, NAV_ERR_SYNTAX,
                                 "%s:%u: '%.48s' is not a finite number", reader->name,
                                 reader->line, cell->text);
        }
        ++*out_taken;
    }
    return NAV_OK;
}

static enum nav_status take_matrix(struct reader *reader, struct ses_pose *pose)
{
    double t[3], q[4], R[9];
    int has_t = 0, has_q = 0, has_R = 0;
    enum nav_status status = take_numbers(reader, COLUMN_X, 3, t, &has_t);
    if (status == NAV_OK) {
        status = take_numbers(reader, COLUMN_QX, 4, q, &has_q);
    }
    if (status == NAV_OK) {
        status = take_numbers(reader, COLUMN_R00, 9, R, &has_R);
    }
    if (status != NAV_OK || has_t + has_q + has_R == 0) {
        return status;
    }
    if (has_t != 3 || (has_R != 9 && has_q != 4)) {
        return refuse(reader, NAV_ERR_SYNTAX, "part of a pose is missing");
    }
    if (has_R == 9) {
        for (int i = 0; i < 9; ++i) {
            pose->matrix[i / 3 * 4 + i % 3] = R[i];
        }
    } else if (fabs(sqrt(q[0] * q[0] + q[1] * q[1] + q[2] * q[2] + q[3] * q[3]) - 1.0) <=
               unit_tolerance) {
        matrix_of_quaternion(q, pose->matrix);
    } else {
        return refuse(reader, NAV_ERR_NOT_RIGID, "the quaternion is not of length 1");
    }
    for (size_t i = 0; i < 3; ++i) {
        pose->matrix[4 * i + 3] = t[i];
    }
    pose->has_matrix = true;
    return NAV_OK;
}

static enum nav_status take_status(struct reader *reader, struct ses_pose *pose)
{
    const struct ses_csv_cell *word = cell_of(reader, COLUMN_STATUS);
    const struct ses_csv_cell *valid = cell_of(reader, COLUMN_VALID);
    const bool says_no = valid != NULL && strcmp(valid->text, "0") == 0;
    if (valid != NULL && !says_no && strcmp(valid->text, "1") != 0) {
        return refuse(reader, NAV_ERR_SYNTAX, "valid is 1 or 0");
    }
    const char *text = word != NULL ? word->text : says_no && pose->has_matrix ? "INVALID" : NULL;
    if (text != NULL &&
        ses_pose_log_word(reader->log, text, strlen(text), &pose->word, &pose->status) != NAV_OK) {
        return refuse(reader, NAV_ERR_SYNTAX, "the status is not a word, or one word too many");
    }
    const bool good = pose->status == NAV_SENDER_OK;
    if (good && !pose->has_matrix) {
        return refuse(reader, NAV_ERR_SYNTAX, "the status is OK but there is no pose");
    }
    if (good && says_no) {
        return refuse(reader, NAV_ERR_SYNTAX, "the status is OK but valid is 0");
    }
    if (!good && text != NULL && valid != NULL && !says_no) {
        return refuse(reader, NAV_ERR_SYNTAX, "valid is 1 but the status is not OK");
    }
    return NAV_OK;
}

static enum nav_status take_device(struct reader *reader, struct ses_pose *pose)
{
    const struct ses_csv_cell *cell = cell_of(reader, COLUMN_DEVICE);
    const char *name = cell != NULL ? cell->text : reader->options->device;
    if (name == NULL) {
        return refuse(reader, NAV_ERR_SYNTAX, "the row does not say which tool it is of");
    }
    if (ses_pose_log_device(reader->log, name, strlen(name), &pose->device) != NAV_OK) {
        return refuse(reader, NAV_ERR_TOO_LARGE, "a tool's name is too long, or too many tools");
    }
    return NAV_OK;
}

static enum nav_status take_row(struct reader *reader)
{
    struct ses_pose pose = {.word = SES_NO_WORD, .error_mm = NAN};
    enum nav_status status = take_times(reader, &pose);
    if (status == NAV_OK) {
        status = take_device(reader, &pose);
    }
    if (status == NAV_OK) {
        status = take_matrix(reader, &pose);
    }
    if (status == NAV_OK) {
        status = take_status(reader, &pose);
    }
    double error = NAN;
    int has_error = 0;
    if (status == NAV_OK) {
        status = take_numbers(reader, COLUMN_ERROR, 1, &error, &has_error);
    }
    if (status != NAV_OK) {
        return status;
    }
    pose.error_mm = (float)error;
    status = ses_pose_log_add(reader->log, &pose);
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
    if (status == NAV_OK) {
        status = choose_times(reader);
    }
    if (status != NAV_OK) {
        return status;
    }
    const size_t before = reader->log->count;
    while ((status = next_row(reader)) == NAV_OK) {
        status = take_row(reader);
        if (status != NAV_OK) {
            return status;
        }
    }
    if (status == NAV_END && reader->log->count == before) {
        return refuse(reader, NAV_ERR_LENGTH, "a heading but no rows");
    }
    reader->log->ignored_fields += reader->ignored * (reader->log->count - before);
    return status == NAV_END ? NAV_OK : status;
}

enum nav_status ses_pose_table_read(const char *name, const uint8_t *bytes, size_t size,
                                    const struct ses_read_options *options,
                                    struct ses_pose_log *log, struct cfg_error *out_error)
{
    struct reader *reader = calloc(1, sizeof(*reader));
    if (reader == NULL || !cfg_text_init(&reader->cursor, bytes, size)) {
        free(reader);
        return cfg_error_set(out_error, NAV_ERR_MEMORY, "%s: out of memory", name);
    }
    reader->name = name;
    reader->options = options;
    reader->log = log;
    reader->error = out_error;
    const enum nav_status status = read_all(reader);
    cfg_text_finish(&reader->cursor);
    free(reader);
    return status;
}

/* ---- writing -------------------------------------------------------------------------------- */

static void put_number(FILE *file, double value)
{
    char text[1 + SRV_NUMBER_SIZE] = ",";
    const size_t length = srv_number_print(value, text + 1);
    (void)fwrite(text, 1, 1 + length, file);
}

static void put_error(FILE *file, float error_mm)
{
    if (isfinite(error_mm)) {
        put_number(file, (double)error_mm);
    } else {
        fputc(',', file);
    }
}

static void put_time(FILE *file, int64_t time_ns, const char *after)
{
    if (time_ns != SES_NO_TIME) {
        fprintf(file, "%lld", (long long)time_ns);
    }
    fputs(after, file);
}

static const char *word_of(const struct ses_pose_log *log, const struct ses_pose *pose)
{
    return pose->word != SES_NO_WORD ? log->words[pose->word] : "";
}

static void put_commas(FILE *file, int count)
{
    for (int i = 0; i < count; ++i) {
        fputc(',', file);
    }
}

void ses_pose_table_write(FILE *file, const struct ses_pose_log *log,
                          void (*on_row)(void *context, size_t done), void *context)
{
    fputs("arrival_ns,stamp_ns,unfiltered_ns,device,valid,status,tx_mm,ty_mm,tz_mm,qx,qy,qz,qw,"
          "r00,r01,r02,r10,r11,r12,r20,r21,r22,error_mm\n",
          file);
    for (size_t i = 0; i < log->count; ++i) {
        const struct ses_pose *pose = &log->poses[i];
        put_time(file, pose->arrival_ns, ",");
        put_time(file, pose->stamp_ns, ",");
        put_time(file, pose->unfiltered_ns, ",");
        ses_csv_put(file, log->devices[pose->device], ',');
        fprintf(file, ",%d,", ses_pose_is_valid(pose) ? 1 : 0);
        ses_csv_put(file, word_of(log, pose), ',');
        struct nav_pose rigid;
        if (!pose->has_matrix) {
            put_commas(file, 16);
        } else {
            for (size_t k = 0; k < 3; ++k) {
                put_number(file, pose->matrix[4 * k + 3]);
            }
            if (ses_pose_rigid(pose, &rigid) == NAV_OK) {
                for (size_t k = 0; k < 4; ++k) {
                    put_number(file, rigid.q[k]);
                }
            } else {
                put_commas(file, 4);
            }
            for (size_t k = 0; k < 9; ++k) {
                put_number(file, pose->matrix[k / 3 * 4 + k % 3]);
            }
        }
        put_error(file, pose->error_mm);
        fputc('\n', file);
        if (on_row != NULL) {
            on_row(context, i + 1);
        }
    }
}

size_t ses_pose_table_write_ndi(FILE *file, const struct ses_pose_log *log,
                                void (*on_row)(void *context, size_t done), void *context)
{
    size_t lost = 0;
    size_t reply = 0;
    const bool by_stamp = ses_pose_log_stamps_advance(log);
    fputs("reply,host_time_s,handle,status,q0,qx,qy,qz,tx_mm,ty_mm,tz_mm,rms_error_mm,"
          "port_status_hex,device_frame\n",
          file);
    for (size_t i = 0; i < log->count; ++i) {
        const struct ses_pose *pose = &log->poses[i];
        struct nav_pose rigid;
        const bool has_pose = ses_pose_rigid(pose, &rigid) == NAV_OK;
        const bool lost_here = pose->has_matrix && !has_pose;
        char seconds[SRV_DECIMAL_SIZE];
        const int64_t time_ns = by_stamp ? pose->stamp_ns : pose->arrival_ns;
        reply += i == 0 || pose->arrival_ns != log->poses[i - 1].arrival_ns ? 1 : 0;
        lost += lost_here ? 1 : 0;
        srv_decimal_print(time_ns, SRV_DECIMAL_PLACES_MAX, seconds);
        fprintf(file, "%zu,%s,", reply, seconds);
        ses_csv_put(file, log->devices[pose->device], ',');
        fputc(',', file);
        const char *const said = word_of(log, pose);
        ses_csv_put(file, lost_here ? "INVALID" : said, ',');
        if (has_pose) {
            put_number(file, rigid.q[3]);
            for (size_t k = 0; k < 3; ++k) {
                put_number(file, rigid.q[k]);
            }
            for (size_t k = 0; k < 3; ++k) {
                put_number(file, rigid.t_mm[k]);
            }
        } else {
            put_commas(file, 7);
        }
        put_error(file, pose->error_mm);
        fputs(",,\n", file);
        if (on_row != NULL) {
            on_row(context, i + 1);
        }
    }
    return lost;
}
