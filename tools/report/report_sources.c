/* What a report is collected from: a session, or a running core. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bone_depth.h"
#include "case_replay.h"
#include "nav/cut_map.h"
#include "nav/scene_channel.h"
#include "nav/time.h"
#include "progress.h"
#include "report.h"
#include "session_folder.h"

enum { PER_MILLE = 1000 };

/* ---- a session ---------------------------------------------------------------------------------
 */

static bool take_events(const struct srv_replay *replay, struct report *report)
{
    size_t count;
    const struct srv_replay_event *events = srv_replay_events(replay, &count);
    for (size_t i = 0; i < count; ++i) {
        struct report_event *event = report_add(&report->events, sizeof(*event));
        if (event == NULL) {
            return false;
        }
        event->at_s = (double)events[i].at_ns / (double)NAV_NS_PER_S;
        (void)snprintf(event->kind, sizeof(event->kind), "%s",
                       events[i].kind == STORE_EVENT_NONE ? "annotation"
                                                          : store_event_name(events[i].kind));
        (void)snprintf(event->text, sizeof(event->text), "%s", events[i].text);
    }
    return true;
}

/* Planned and achieved distance of a cut to every structure but bone. A record that was made anew
 * from a map does not know how well it knows; the core did when it gave the rest. */
static void take_margins(const struct trk_cut_record *record, const struct case_guide *planned,
                         uint32_t structure_count, struct report_cut *cut)
{
    double least_mm = INFINITY;
    for (uint32_t s = 0; s < planned->config.structure_count && s < structure_count; ++s) {
        const struct trk_guide_structure *structure = &planned->config.structures[s];
        struct report_margin margin = {.structure = s};
        struct trk_cut_margin found;
        if (structure->role == NAV_ROLE_BONE ||
            trk_cut_record_margin(record, structure->mesh, &found) != NAV_OK ||
            trk_cut_record_planned_margin(record, structure->mesh, &margin.planned_mm) != NAV_OK) {
            continue;
        }
        const bool judged = isfinite(found.sd_mm), known = trk_cut_margin_is_known(&found);
        margin.achieved_mm = !judged || known ? found.mm : (double)NAN;
        margin.sd_mm = judged ? found.sd_mm : (double)NAN;
        cut->margins[cut->margin_count++] = margin;
        if (structure->role == NAV_ROLE_TUMOUR && found.mm < least_mm) {
            least_mm = found.mm;
            cut->doubt.margin_sd_mm = margin.sd_mm;
            cut->doubt.margin_withheld = judged && !known;
        }
    }
}

/* How well the record knows what the scene says of it. */
static void take_doubt(const struct trk_cut_record *record, struct report_doubt *doubt)
{
    const struct trk_cut_result result = trk_cut_record_measure(record);
    doubt->angle_sd_deg = isfinite(result.angle_sd_deg) ? result.angle_sd_deg : (double)NAN;
    doubt->mean_sd_mm = isfinite(result.mean_sd_mm) ? result.mean_sd_mm : (double)NAN;
    doubt->plane_withheld = result.surface.points > 0 && !trk_cut_plane_is_known(&result);
    doubt->place_withheld = result.surface.points > 0 && !trk_cut_place_is_known(&result);
}

/* Maps and margins of what the guide has recorded by now. */
static void take_records(const struct trk_guide *guide, const struct case_guide *planned,
                         struct report *report)
{
    for (uint32_t c = 0; c < report->scene.cut_count; ++c) {
        const struct trk_cut_record *record = trk_guide_record(guide, c);
        struct report_cut *cut = &report->cuts[c];
        if (record == NULL || trk_cut_record_revision(record) == 0) {
            continue;
        }
        cut->has_map = true;
        trk_cut_record_map(record, &cut->map);
        cut->map.cut = c;
        cut->map.case_id = report->scene.case_id;
        take_doubt(record, &cut->doubt);
        take_margins(record, planned, report->scene.structure_count, cut);
    }
}

static void take_session(const struct case_replay *opened, struct report *report)
{
    const struct srv_replay *replay = opened->replay;
    const struct srv_replay_findings *findings = srv_replay_findings(replay);
    const struct session_facts *facts = srv_replay_facts(replay);
    report->recorded = true;
    (void)snprintf(report->software, sizeof(report->software), "%s", facts->software);
    report->start_utc_ns = facts->start_utc_ns;
    report->length_s = (double)srv_replay_length_ns(replay) / (double)NAV_NS_PER_S;
    report->scenes_compared = findings->compared;
    report->scenes_differing = findings->differing;
    report->gaps = findings->gaps;
    report->damaged = findings->damaged;
    report->verified = findings->compared > 0 && findings->differing == 0 &&
                       findings->damaged == 0 && findings->gaps == 0;
    report->scene.mode = facts->mode; /* as it was in the theatre */
    take_records(srv_replay_guide(replay), opened->guide, report);
}

static bool is_the_case(uint64_t operated_on, const struct cfg_case *loaded)
{
    if (operated_on != 0 && operated_on != loaded->case_id) {
        fprintf(stderr,
                "osteonav report: %s is not the case that was operated on, or has changed since; "
                "--case CASE names the one that was\n",
                loaded->path);
        return false;
    }
    return true;
}

/* A session while it is opened. */
struct reading {
    struct report *report;
    struct progress progress;
    bool begun;
};

static bool on_scene(void *context, const struct srv_replay *replay)
{
    struct reading *reading = context;
    const struct nav_scene *scene = srv_replay_scene(replay);
    if (!reading->begun) {
        reading->begun = true;
        reading->report->origin_ns = scene->time_ns - srv_replay_at_ns(replay);
    }
    return report_take_scene(reading->report, scene);
}

static void on_opening(void *context, double share)
{
    struct reading *reading = context;
    progress_step(&reading->progress, (size_t)(share * PER_MILLE), PER_MILLE);
}

static bool collect_session(const struct report_source *source, const char *path,
                            struct report *report, char *out_case, size_t case_size)
{
    struct case_replay opened;
    struct reading reading = {.report = report};
    const struct case_replay_request request = {
        .verb = "report",
        .session = path,
        .case_path = source->case_path,
        .once = true,
        .on_scene = on_scene,
        .on_progress = on_opening,
        .context = &reading,
    };
    (void)snprintf(report->session, sizeof(report->session), "%s", path);
    progress_begin(&reading.progress, "reading", "per mille", source->quiet);
    const bool open = case_replay_open(&request, &opened);
    progress_end(&reading.progress);
    if (!open) {
        return false;
    }
    const bool good = is_the_case(srv_replay_facts(opened.replay)->case_id, opened.loaded) &&
                      take_events(opened.replay, report);
    if (good) {
        take_session(&opened, report);
    }
    (void)snprintf(out_case, case_size, "%s", opened.loaded->path);
    case_replay_close(&opened);
    return good;
}

/* ---- a running core ----------------------------------------------------------------------------
 */

static bool read_scene(const struct report_source *source, struct nav_scene *out_scene)
{
    struct nav_scene_reader *scenes = NULL;
    const enum nav_status status = nav_scene_reader_create(source->instance, &scenes);
    if (status != NAV_OK) {
        fprintf(stderr, "osteonav report: no core runs as \"%s\" (%s); `osteonav run` starts one\n",
                source->instance, nav_status_text(status));
        return false;
    }
    (void)nav_scene_reader_wait(scenes, 0, NAV_NS_PER_S);
    const bool good = nav_scene_reader_take(scenes, out_scene) == NAV_OK;
    if (!good) {
        fprintf(stderr, "osteonav report: the core \"%s\" has published nothing yet\n",
                source->instance);
    }
    nav_scene_reader_destroy(scenes);
    return good;
}

/* The session that a core records now; false: none, or not where it is looked for. */
static bool find_session(const struct report_source *source, const struct nav_scene *scene,
                         const struct cfg_case *loaded, char *out_path, size_t size)
{
    char folder[SESSION_PATH_SIZE];
    if (scene->recording.session[0] == '\0') {
        return false;
    }
    if (source->sessions != NULL) {
        (void)snprintf(folder, sizeof(folder), "%s", source->sessions);
    } else {
        session_folder_usual(loaded, folder);
    }
    const int length = snprintf(out_path, size, "%s/%.*s%s", folder, NAV_NAME_SIZE,
                                scene->recording.session, SESSION_SUFFIX);
    return length > 0 && (size_t)length < size && access(out_path, R_OK) == 0;
}

/* The margins of maps, on records that are made anew for them. */
static void margins_of_maps(const struct case_guide *planned, struct report *report)
{
    const struct trk_guide_config *config = &planned->config;
    const struct trk_mesh *bones[NAV_STRUCTURES_MAX];
    size_t count = 0;
    for (uint32_t i = 0; i < config->structure_count; ++i) {
        if (config->structures[i].role == NAV_ROLE_BONE &&
            trk_mesh_is_closed(config->structures[i].mesh)) {
            bones[count++] = config->structures[i].mesh;
        }
    }
    struct trk_bone_depth *bone = NULL;
    struct trk_bone_depth_options depth = trk_bone_depth_options_default();
    struct trk_cut_record_options options = trk_cut_record_options_default();
    depth.contact_mm = options.contact_mm = config->limits.contact_mm;
    if (trk_bone_depth_create(bones, count, &depth, &bone) != NAV_OK) {
        return;
    }
    for (uint32_t c = 0; c < config->cut_count && c < report->scene.cut_count; ++c) {
        struct trk_cut_record *record = NULL;
        struct trk_cut_plan plan = config->cuts[c].plan;
        plan.kerf_mm = isfinite(plan.kerf_mm) ? plan.kerf_mm : 0.0; /* is in the map already */
        if (report->cuts[c].has_map &&
            trk_cut_record_create(&plan, bone, &options, &record) == NAV_OK &&
            trk_cut_record_restore(record, &report->cuts[c].map) == NAV_OK) {
            take_margins(record, planned, report->scene.structure_count, &report->cuts[c]);
        }
        trk_cut_record_destroy(record);
    }
    trk_bone_depth_destroy(bone);
}

/* What a core holds that records nothing: this moment. */
static bool collect_moment(const struct report_source *source, const struct nav_scene *scene,
                           const struct cfg_case *loaded, struct report *report)
{
    struct nav_cut_map_reader *maps = NULL;
    struct case_guide *planned = NULL;
    report->origin_ns = scene->time_ns;
    for (uint32_t c = 0; c < scene->cut_count; ++c) {
        const int64_t started_ns = scene->cuts[c].started_ns;
        if (started_ns > 0 && started_ns < report->origin_ns) {
            report->origin_ns = started_ns;
        }
    }
    (void)snprintf(report->session, sizeof(report->session), "%s", source->instance);
    (void)snprintf(report->software, sizeof(report->software), "osteonav %s", OSTEONAV_VERSION);
    report->start_utc_ns = scene->utc_ns;
    report->length_s = (double)(scene->time_ns - report->origin_ns) / (double)NAV_NS_PER_S;
    const bool good = report_take_scene(report, scene);
    if (nav_cut_map_reader_create(source->instance, &maps) == NAV_OK) {
        for (uint32_t c = 0; c < scene->cut_count; ++c) {
            report->cuts[c].has_map =
                nav_cut_map_reader_take(maps, c, &report->cuts[c].map) == NAV_OK &&
                report->cuts[c].map.case_id == scene->case_id;
        }
    }
    nav_cut_map_reader_destroy(maps);
    if (loaded != NULL && case_guide_create(loaded, &planned) == NAV_OK) {
        margins_of_maps(planned, report);
    }
    case_guide_destroy(planned);
    return good;
}

static bool collect_live(const struct report_source *source, struct report *report, char *out_case,
                         size_t case_size)
{
    static struct nav_scene scene;
    char path[SESSION_PATH_SIZE + NAV_NAME_SIZE + 16];
    struct cfg_case *loaded = NULL;
    struct cfg_error error;
    if (!read_scene(source, &scene)) {
        return false;
    }
    if (source->case_path != NULL) {
        if (cfg_case_load_meshes(source->case_path, &loaded, &error) != NAV_OK) {
            fprintf(stderr, "osteonav report: %s\n", error.text);
            return false;
        }
        (void)snprintf(out_case, case_size, "%s", loaded->path);
    }
    bool good = loaded == NULL || is_the_case(scene.case_id, loaded);
    if (good && find_session(source, &scene, loaded, path, sizeof(path))) {
        good = collect_session(source, path, report, out_case, case_size);
    } else if (good) {
        good = collect_moment(source, &scene, loaded, report);
    }
    cfg_case_destroy(loaded);
    return good;
}

bool report_collect(const struct report_source *source, struct report *report, char *out_case,
                    size_t case_size)
{
    *report = (struct report){.live = source->live};
    for (size_t c = 0; c < NAV_CUTS_MAX; ++c) {
        report->cuts[c].doubt =
            (struct report_doubt){.angle_sd_deg = NAN, .mean_sd_mm = NAN, .margin_sd_mm = NAN};
    }
    out_case[0] = '\0';
    return source->live ? collect_live(source, report, out_case, case_size)
                        : collect_session(source, source->session, report, out_case, case_size);
}
