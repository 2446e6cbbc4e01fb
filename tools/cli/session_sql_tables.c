#include "session_sql_tables.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

#include "case_replay.h"
#include "nav/alarm.h"
#include "nav/time.h"
#include "progress.h"
#include "session_poses.h"
#include "wire_cursor.h"
#include "wire_message.h"
#include "wire_time.h"

enum { ALARMS_OPEN_MAX = 256, AT_TYPE = 2, AT_DEVICE = 14, AT_STAMP = 34 };

/* One table being filled. Values are bound in order; `put` writes the row. */
struct table {
    sqlite3_stmt *add;
    int column;
};

static bool begin_table(sqlite3 *database, const char *definition, const char *insert,
                        struct table *out_table)
{
    *out_table = (struct table){.add = NULL};
    if (sqlite3_exec(database, definition, NULL, NULL, NULL) == SQLITE_OK &&
        sqlite3_prepare_v2(database, insert, -1, &out_table->add, NULL) == SQLITE_OK) {
        return true;
    }
    fprintf(stderr, "osteonav session sql: %s\n", sqlite3_errmsg(database));
    return false;
}

static void end_table(struct table *table)
{
    (void)sqlite3_finalize(table->add);
}

static void add_integer(struct table *table, int64_t value)
{
    (void)sqlite3_bind_int64(table->add, ++table->column, value);
}

/* What is not a number is NULL. */
static void add_number(struct table *table, double value)
{
    ++table->column;
    if (isfinite(value)) {
        (void)sqlite3_bind_double(table->add, table->column, value);
    } else {
        (void)sqlite3_bind_null(table->add, table->column);
    }
}

static void add_bytes(struct table *table, const char *text, size_t size)
{
    (void)sqlite3_bind_text(table->add, ++table->column, text, (int)size, SQLITE_TRANSIENT);
}

static void add_text(struct table *table, const char *text)
{
    add_bytes(table, text, strlen(text));
}

static void put_row(struct table *table)
{
    (void)sqlite3_step(table->add);
    (void)sqlite3_reset(table->add);
    (void)sqlite3_clear_bindings(table->add);
    table->column = 0;
}

static double seconds(int64_t ns)
{
    return (double)ns / (double)NAV_NS_PER_S;
}

/* ---- what is in the blocks ---- */

static enum nav_status make_messages(struct sql_source *source)
{
    struct table table;
    if (!begin_table(session_reader_database(source->reader),
                     "CREATE TEMP TABLE messages(at_s REAL, at_ns INTEGER, source INTEGER,"
                     " type TEXT, device TEXT, device_ns INTEGER, size INTEGER)",
                     "INSERT INTO temp.messages VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)", &table)) {
        return NAV_ERR_IO;
    }
    const struct session_extent extent = session_reader_extent(source->reader);
    struct store_record record;
    enum nav_status status = session_reader_seek_place(source->reader, 0);
    size_t errors = 0;
    while (status != NAV_END && errors <= extent.blocks) {
        status = session_reader_next(source->reader, &record);
        errors += status != NAV_OK; /* a damaged block is passed over */
        if (status != NAV_OK || record.kind != STORE_MESSAGE || record.size < WIRE_HEADER_SIZE) {
            continue;
        }
        const char *head = (const char *)record.content;
        add_number(&table, seconds(record.at_ns - extent.first_ns));
        add_integer(&table, record.at_ns);
        add_integer(&table, record.source);
        add_bytes(&table, head + AT_TYPE, strnlen(head + AT_TYPE, WIRE_TYPE_SIZE));
        add_bytes(&table, head + AT_DEVICE, strnlen(head + AT_DEVICE, WIRE_DEVICE_SIZE));
        add_integer(&table, wire_time_to_ns(wire_load_u64(record.content + AT_STAMP)));
        add_integer(&table, (int64_t)record.size);
        put_row(&table);
    }
    end_table(&table);
    return NAV_OK;
}

static void put_pose(struct table *table, const struct ses_pose_log *log,
                     const struct ses_pose *pose, int64_t first_ns)
{
    struct nav_pose rigid;
    const bool is_rigid = ses_pose_rigid(pose, &rigid) == NAV_OK;
    add_number(table, seconds(pose->arrival_ns - first_ns));
    add_integer(table, pose->arrival_ns);
    add_text(table, log->devices[pose->device]);
    if (pose->stamp_ns == SES_NO_TIME) {
        add_number(table, (double)NAN);
    } else {
        add_integer(table, pose->stamp_ns);
    }
    add_integer(table, ses_pose_is_valid(pose) ? 1 : 0);
    add_text(table, pose->word != SES_NO_WORD ? log->words[pose->word] : "");
    for (int i = 0; i < 3; ++i) {
        add_number(table, pose->has_matrix ? pose->matrix[4 * i + 3] : (double)NAN);
    }
    for (int i = 0; i < 4; ++i) {
        add_number(table, is_rigid ? rigid.q[i] : (double)NAN);
    }
    add_number(table, (double)pose->error_mm);
    put_row(table);
}

static enum nav_status make_poses(struct sql_source *source)
{
    struct ses_pose_log log = {.count = 0};
    struct ses_session_count count;
    struct cfg_error error;
    const enum nav_status status =
        ses_session_read(source->path, &SES_SPAN_ALL, NULL, &log, &count, &error);
    struct table table;
    if (status != NAV_OK) {
        fprintf(stderr, "osteonav session sql: %s\n", error.text);
        ses_pose_log_finish(&log);
        return NAV_ERR_IO;
    }
    if (!begin_table(session_reader_database(source->reader),
                     "CREATE TEMP TABLE poses(at_s REAL, at_ns INTEGER, device TEXT,"
                     " device_ns INTEGER, valid INTEGER, status TEXT, x REAL, y REAL, z REAL,"
                     " qx REAL, qy REAL, qz REAL, qw REAL, error REAL)",
                     "INSERT INTO temp.poses VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11,"
                     " ?12, ?13, ?14)",
                     &table)) {
        ses_pose_log_finish(&log);
        return NAV_ERR_IO;
    }
    const int64_t first_ns = session_reader_extent(source->reader).first_ns;
    for (size_t i = 0; i < log.count; ++i) {
        put_pose(&table, &log, &log.poses[i], first_ns);
    }
    end_table(&table);
    ses_pose_log_finish(&log);
    return NAV_OK;
}

/* ---- what a replay gives ---- */

enum replay_table { SCENES, TIPS, DISTANCES, CUTS, ALARMS, REPLAY_TABLES };

static const char *const replay_names[REPLAY_TABLES] = {"scenes", "tips", "distances", "cuts",
                                                        "alarms"};
static const char *const replay_definitions[REPLAY_TABLES] = {
    "CREATE TEMP TABLE scenes(scene INTEGER PRIMARY KEY, at_s REAL, trust TEXT, reason TEXT,"
    " peers INTEGER, poses INTEGER)",
    "CREATE TEMP TABLE tips(scene INTEGER, at_s REAL, tool TEXT, state TEXT, reason TEXT,"
    " age_ms REAL, x REAL, y REAL, z REAL)",
    "CREATE TEMP TABLE distances(scene INTEGER, at_s REAL, structure TEXT, tool TEXT,"
    " distance_mm REAL, uncertainty_mm REAL, state TEXT)",
    "CREATE TEMP TABLE cuts(scene INTEGER, at_s REAL, cut TEXT, state TEXT, offset_mm REAL,"
    " pitch_deg REAL, roll_deg REAL, depth_mm REAL, remaining_mm REAL)",
    "CREATE TEMP TABLE alarms(code TEXT, priority TEXT, subject TEXT, begun_s REAL, ended_s REAL,"
    " text TEXT)",
};
static const char *const replay_inserts[REPLAY_TABLES] = {
    "INSERT INTO temp.scenes VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
    "INSERT INTO temp.tips VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    "INSERT INTO temp.distances VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    "INSERT INTO temp.cuts VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    "INSERT INTO temp.alarms VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
};

/* An alarm that has begun and not ended. */
struct open_alarm {
    struct nav_scene_alarm alarm;
    double begun_s;
    bool seen; /* in the scene in work */
};

struct film {
    struct progress *progress;
    struct table tables[REPLAY_TABLES];
    int64_t scene;
    double at_s;
    size_t open_count;
    struct open_alarm open[ALARMS_OPEN_MAX];
};

static void put_scene(struct film *film, const struct nav_scene *scene)
{
    struct table *table = &film->tables[SCENES];
    add_integer(table, film->scene);
    add_number(table, film->at_s);
    add_text(table, nav_trust_name(scene->trust));
    add_text(table, scene->reason_count > 0 ? nav_reason_name(scene->reasons[0].reason) : "");
    add_integer(table, scene->peers_total);
    add_integer(table, (int64_t)scene->pose_count);
    put_row(table);
}

static void put_tips(struct film *film, const struct nav_scene *scene)
{
    struct table *table = &film->tables[TIPS];
    for (uint32_t i = 0; i < scene->tool_count; ++i) {
        const struct nav_scene_tool *tool = &scene->tools[i];
        add_integer(table, film->scene);
        add_number(table, film->at_s);
        add_text(table, tool->name);
        add_text(table, nav_tool_state_name(tool->state));
        add_text(table, nav_reason_name(tool->reason));
        add_number(table,
                   tool->age_ns >= 0 ? (double)tool->age_ns / (double)NAV_NS_PER_MS : (double)NAN);
        for (int k = 0; k < 3; ++k) {
            add_number(table, tool->has_pose != 0 ? tool->tip_image_mm[k] : (double)NAN);
        }
        put_row(table);
    }
}

static const char *tool_name(const struct nav_scene *scene, int32_t tool)
{
    return tool >= 0 && (uint32_t)tool < scene->tool_count ? scene->tools[tool].name : "";
}

static void put_distances(struct film *film, const struct nav_scene *scene)
{
    struct table *table = &film->tables[DISTANCES];
    for (uint32_t i = 0; i < scene->structure_count; ++i) {
        const struct nav_scene_structure *structure = &scene->structures[i];
        if (structure->has_distance == 0) {
            continue;
        }
        add_integer(table, film->scene);
        add_number(table, film->at_s);
        add_text(table, structure->name);
        add_text(table, tool_name(scene, structure->tool));
        add_number(table, structure->distance_mm);
        add_number(table, structure->uncertainty_mm);
        add_text(table, nav_limit_state_name(structure->limit_state));
        put_row(table);
    }
}

static void put_cuts(struct film *film, const struct nav_scene *scene)
{
    struct table *table = &film->tables[CUTS];
    for (uint32_t i = 0; i < scene->cut_count; ++i) {
        const struct nav_scene_cut *cut = &scene->cuts[i];
        if (cut->guided == 0) {
            continue;
        }
        const double values[] = {cut->offset_mm, cut->pitch_deg, cut->roll_deg, cut->depth_mm,
                                 cut->remaining_mm};
        add_integer(table, film->scene);
        add_number(table, film->at_s);
        add_text(table, cut->name);
        add_text(table, nav_cut_state_name(cut->state));
        for (size_t k = 0; k < sizeof(values) / sizeof(values[0]); ++k) {
            add_number(table, values[k]);
        }
        put_row(table);
    }
}

static const char *subject_name(const struct nav_scene *scene, const struct nav_scene_alarm *alarm)
{
    const uint32_t subject = (uint32_t)alarm->subject;
    switch (alarm->code) {
    case NAV_ALARM_STOP_DISTANCE:
    case NAV_ALARM_CAUTION_DISTANCE:
        return subject < scene->structure_count ? scene->structures[subject].name : "";
    case NAV_ALARM_OVER_DEPTH:
    case NAV_ALARM_OFF_PLANE:
    case NAV_ALARM_OFF_ANGLE:
    case NAV_ALARM_FRAGMENT:
        return subject < scene->cut_count ? scene->cuts[subject].name : "";
    default:
        return tool_name(scene, alarm->subject);
    }
}

/* An alarm that is still there when the session ends has no end. */
static void put_alarm(struct film *film, const struct nav_scene *scene,
                      const struct open_alarm *open, bool ended)
{
    struct table *table = &film->tables[ALARMS];
    add_text(table, nav_alarm_name(open->alarm.code));
    add_text(table, nav_alarm_priority_name(open->alarm.priority));
    add_text(table, subject_name(scene, &open->alarm));
    add_number(table, open->begun_s);
    add_number(table, ended ? film->at_s : (double)NAN);
    add_text(table, open->alarm.text);
    put_row(table);
}

static struct open_alarm *find_open(struct film *film, const struct nav_scene_alarm *alarm)
{
    for (size_t i = 0; i < film->open_count; ++i) {
        if (film->open[i].alarm.code == alarm->code &&
            film->open[i].alarm.subject == alarm->subject) {
            return &film->open[i];
        }
    }
    return NULL;
}

static void follow_alarms(struct film *film, const struct nav_scene *scene)
{
    for (size_t i = 0; i < film->open_count; ++i) {
        film->open[i].seen = false;
    }
    for (uint32_t i = 0; i < scene->alarm_count; ++i) {
        const struct nav_scene_alarm *alarm = &scene->alarms[i];
        struct open_alarm *open = alarm->active != 0 ? find_open(film, alarm) : NULL;
        if (alarm->active != 0 && open == NULL && film->open_count < ALARMS_OPEN_MAX) {
            open = &film->open[film->open_count++];
            *open = (struct open_alarm){.alarm = *alarm, .begun_s = film->at_s};
        }
        if (open != NULL) {
            open->seen = true;
        }
    }
    for (size_t i = 0; i < film->open_count;) {
        if (film->open[i].seen) {
            ++i;
            continue;
        }
        put_alarm(film, scene, &film->open[i], true);
        film->open[i] = film->open[--film->open_count];
    }
}

static bool watch(void *context, const struct srv_replay *replay)
{
    struct film *film = context;
    const struct nav_scene *scene = srv_replay_scene(replay);
    ++film->scene;
    film->at_s = seconds(srv_replay_at_ns(replay));
    put_scene(film, scene);
    put_tips(film, scene);
    put_distances(film, scene);
    put_cuts(film, scene);
    follow_alarms(film, scene);
    return true;
}

static void on_opening(void *context, double share)
{
    const struct film *film = context;
    progress_step(film->progress, (size_t)(share * 1000), 1000);
}

/* Opening runs through all scenes: the rows are made on the way. */
static bool play(struct sql_source *source, struct film *film)
{
    static struct case_replay opened;
    struct progress progress;
    const struct case_replay_request request = {
        .verb = "session sql",
        .session = source->path,
        .case_path = source->case_path,
        .once = true,
        .on_scene = watch,
        .on_progress = on_opening,
        .context = film,
    };
    film->progress = &progress;
    progress_begin(&progress, "replaying", "per mille", source->quiet);
    const bool open = case_replay_open(&request, &opened);
    progress_end(&progress);
    for (size_t i = 0; i < film->open_count && open; ++i) {
        put_alarm(film, srv_replay_scene(opened.replay), &film->open[i], false);
    }
    if (open) {
        case_replay_close(&opened);
    }
    return open;
}

static enum nav_status make_replay_tables(struct sql_source *source)
{
    sqlite3 *database = session_reader_database(source->reader);
    static struct film film;
    film = (struct film){.scene = 0};
    bool good = true;
    for (int i = 0; i < REPLAY_TABLES; ++i) {
        good = good &&
               begin_table(database, replay_definitions[i], replay_inserts[i], &film.tables[i]);
    }
    good = good && play(source, &film);
    for (int i = 0; i < REPLAY_TABLES; ++i) {
        end_table(&film.tables[i]);
    }
    source->replayed = good;
    return good ? NAV_OK : NAV_ERR_IO;
}

enum nav_status sql_make_table(struct sql_source *source, const char *table)
{
    sqlite3 *database = session_reader_database(source->reader);
    enum nav_status status = NAV_ERR_NOT_FOUND;
    (void)sqlite3_exec(database, "BEGIN", NULL, NULL, NULL); /* one transaction for all rows */
    if (strcmp(table, "messages") == 0) {
        status = make_messages(source);
    } else if (strcmp(table, "poses") == 0) {
        status = make_poses(source);
    }
    for (int i = 0; i < REPLAY_TABLES && !source->replayed; ++i) {
        if (strcmp(table, replay_names[i]) == 0) {
            status = make_replay_tables(source);
        }
    }
    (void)sqlite3_exec(database, "COMMIT", NULL, NULL, NULL);
    return status;
}
