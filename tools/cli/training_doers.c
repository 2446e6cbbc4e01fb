#include "training.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "nav/scene_channel.h"
#include "nav/time.h"
#include "pose_relay.h"
#include "progress.h"
#include "session_poses.h"
#include "sim_script.h"

enum { BETWEEN_WHY_SIZE = 256 };

#define DEFAULT_CORE "127.0.0.1:18944"

/* A folder of our own for sessions that are not kept. */
static bool need_folder(struct training *training)
{
    if (training->folder[0] != '\0') {
        return true;
    }
    const char *base = getenv("TMPDIR");
    (void)snprintf(training->folder, sizeof(training->folder), "%.2000s/osteonav-train-XXXXXX",
                   base != NULL && base[0] == '/' ? base : "/tmp");
    if (mkdtemp(training->folder) == NULL) {
        training->folder[0] = '\0';
        return false;
    }
    return true;
}

void training_remove_folder(struct training *training)
{
    static const char *const names[] = {"attempt.session", "expert.session"};
    if (training->folder[0] == '\0') {
        return;
    }
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); ++i) {
        char path[TRAIN_PATH_SIZE + 32];
        (void)snprintf(path, sizeof(path), "%s/%s", training->folder, names[i]);
        (void)unlink(path);
    }
    (void)rmdir(training->folder);
}

/* The script of a simulated hand: a file, or the built-in one. */
static enum nav_status load_script(const struct training *training, const char *path,
                                   struct sim_script *script, struct cfg_error *out_error)
{
    if (path != NULL) {
        return sim_script_load(path, training->loaded, script, out_error);
    }
    const enum nav_status status =
        sim_script_built_in(training->loaded, training->exercise->occlusions, script);
    if (status != NAV_OK) {
        return cfg_error_set(out_error, status, "%s: has no cuts to follow",
                             training->loaded->path);
    }
    size_t kept = 0; /* only the cuts that the exercise asks for */
    for (size_t i = 0; i < script->action_count; ++i) {
        if (script->actions[i].target < NAV_CUTS_MAX &&
            training->exercise->cuts[script->actions[i].target]) {
            script->actions[kept++] = script->actions[i];
        }
    }
    script->action_count = kept;
    return NAV_OK;
}

/* What the exercise asks for, done as it is planned: no error, no tremor, nothing goes wrong. */
static void make_faultless(const struct cfg_case *loaded, struct sim_script *script)
{
    script->fault_count = 0;
    script->noise_mm = script->noise_deg = script->tremor_mm = 0.0;
    for (size_t i = 0; i < script->action_count; ++i) {
        struct sim_action *action = &script->actions[i];
        if (action->kind == SIM_ACTION_CUT) {
            action->offset_mm = action->pitch_deg = action->roll_deg = 0.0;
            action->depth_mm = loaded->cuts[action->target].depth_mm;
        }
    }
}

/* A simulated hand that does the exercise. */
struct doer {
    const char *script; /* NULL: the built-in one */
    bool faultless;
    double reaction_s;
    uint64_t seed;
    const char *origin;
    const char *path; /* of its session */
};

static enum nav_status simulate(const struct training *training, const struct doer *doer,
                                const struct train_result *expert, struct train_result **out_result,
                                struct cfg_error *out_error)
{
    struct sim_script *script = malloc(sizeof(*script));
    if (script == NULL) {
        return cfg_error_set(out_error, NAV_ERR_MEMORY, "out of memory");
    }
    enum nav_status status = load_script(training, doer->script, script, out_error);
    if (status == NAV_OK) {
        if (doer->faultless) {
            make_faultless(training->loaded, script);
        }
        const struct train_simulation simulation = {
            .script = script,
            .rate_hz = training->options->rate_hz,
            .seed = doer->seed,
            .reaction_s = doer->reaction_s,
            .start_utc_ns = nav_utc_now_ns(),
            .origin = doer->origin,
        };
        struct progress bar;
        progress_begin(&bar, doer->origin, "frames",
                       training->options->quiet || training->options->json);
        status = train_simulate(training->world, training->exercise, &simulation, doer->path,
                                expert, &bar, out_result, out_error);
        progress_end(&bar);
    }
    free(script);
    return status;
}

static enum nav_status measure(const struct training *training, const char *path,
                               const struct train_result *expert, struct train_result **out_result,
                               struct cfg_error *out_error)
{
    struct progress bar;
    progress_begin(&bar, "measuring", "records",
                   training->options->quiet || training->options->json);
    const enum nav_status status = train_measure(training->world, training->exercise, path, expert,
                                                 &bar, out_result, out_error);
    progress_end(&bar);
    return status;
}

/* The expert: a session, a script, or the exercise done as it is planned. */
enum nav_status training_prepare_expert(struct training *training, struct cfg_error *out_error)
{
    const char *expert =
        training->options->expert != NULL ? training->options->expert : training->exercise->expert;
    if (expert != NULL && strcmp(expert, "none") == 0) {
        return NAV_OK;
    }
    if (expert != NULL && ses_is_session(expert)) {
        (void)snprintf(training->expert_path, sizeof(training->expert_path), "%s", expert);
        return measure(training, expert, NULL, &training->expert, out_error);
    }
    if (!need_folder(training)) {
        return cfg_error_set(out_error, NAV_ERR_IO, "no folder for the expert's session: %s",
                             strerror(errno));
    }
    (void)snprintf(training->expert_path, sizeof(training->expert_path), "%.3900s/expert.session",
                   training->folder);
    const struct doer doer = {
        .script = expert != NULL ? expert : training->exercise->script,
        .faultless = expert == NULL,
        .reaction_s = training->exercise->expert_reaction_s,
        .seed = 1,
        .origin = "simulated expert",
        .path = training->expert_path,
    };
    return simulate(training, &doer, NULL, &training->expert, out_error);
}

static enum nav_status do_attempt(struct training *training, struct cfg_error *out_error)
{
    const struct train_options *options = training->options;
    if (options->session != NULL) {
        (void)snprintf(training->attempt_path, sizeof(training->attempt_path), "%s",
                       options->session);
        (void)snprintf(training->source, sizeof(training->source), "session %.100s",
                       options->session);
        return measure(training, options->session, training->expert, &training->result, out_error);
    }
    (void)snprintf(training->source, sizeof(training->source), "simulated, seed %" PRIu64,
                   options->seed);
    if (options->record != NULL) {
        (void)snprintf(training->attempt_path, sizeof(training->attempt_path), "%s",
                       options->record);
    } else if (need_folder(training)) {
        (void)snprintf(training->attempt_path, sizeof(training->attempt_path),
                       "%.3900s/attempt.session", training->folder);
    } else {
        return cfg_error_set(out_error, NAV_ERR_IO, "no folder for the attempt's session: %s",
                             strerror(errno));
    }
    const struct doer doer = {
        .script = training->exercise->script,
        .reaction_s = training->exercise->reaction_s,
        .seed = options->seed,
        .origin = "simulated trainee",
        .path = training->attempt_path,
    };
    return simulate(training, &doer, training->expert, &training->result, out_error);
}

/* The relay between the trainee's tracker and the core, on a thread of its own. */
struct between {
    struct pose_relay_config config;
    struct sim_script *script;
    atomic_bool stop;
    bool quiet;
    pthread_t thread;
    bool runs;
    enum nav_status status; /* the thread's, until it is joined */
    struct pose_relay_count count;
    char why[BETWEEN_WHY_SIZE];
};

static void *relay_thread(void *context)
{
    struct between *between = context;
    between->status =
        pose_relay_run(&between->config, &between->count, between->why, sizeof(between->why));
    return NULL;
}

static bool is_stopped(void *context)
{
    const struct between *between = context;
    return atomic_load(&between->stop);
}

static void on_relay_event(void *context, const char *text)
{
    const struct between *between = context;
    if (!between->quiet) {
        fprintf(stderr, "relay: %s\n", text);
    }
}

/* The exercise's faults, or the usual ones. */
static enum nav_status start_between(const struct training *training, struct between *between,
                                     struct cfg_error *out_error)
{
    const struct train_options *options = training->options;
    if (options->relay == NULL) {
        return NAV_OK;
    }
    between->script = malloc(sizeof(*between->script));
    if (between->script == NULL) {
        return cfg_error_set(out_error, NAV_ERR_MEMORY, "out of memory");
    }
    if (training->exercise->script != NULL) {
        const enum nav_status status = sim_script_load(training->exercise->script, training->loaded,
                                                       between->script, out_error);
        if (status != NAV_OK) {
            return status;
        }
    } else {
        sim_script_disturbances(training->loaded, options->seed, between->script);
        between->script->fault_count =
            training->exercise->occlusions ? between->script->fault_count : 0;
    }
    (void)snprintf(between->script->tool, sizeof(between->script->tool), "%s",
                   training->exercise->tool);
    between->quiet = options->quiet;
    between->config = (struct pose_relay_config){
        .from = options->relay,
        .to = options->to != NULL ? options->to : DEFAULT_CORE,
        .retry = true,
        .script = between->script,
        .planned = training->loaded,
        .is_stopped = is_stopped,
        .on_event = on_relay_event,
        .context = between,
    };
    between->runs = pthread_create(&between->thread, NULL, relay_thread, between) == 0;
    return between->runs ? NAV_OK : cfg_error_set(out_error, NAV_ERR_MEMORY, "no thread");
}

static void stop_between(struct between *between)
{
    if (between->runs) {
        atomic_store(&between->stop, true);
        (void)pthread_join(between->thread, NULL);
        between->runs = false;
    }
    free(between->script);
    between->script = NULL;
}

/* What watches a running core. */
struct watch {
    struct nav_scene_reader *reader;
    struct train_score *score;
    struct train_beside *beside; /* NULL: not shown */
    struct train_show show;
    struct between between;
    struct nav_scene scene;
    uint64_t seen;
    int64_t first_ns;
};

static enum nav_status open_watch(struct training *training, const volatile sig_atomic_t *stop,
                                  struct watch *watch, struct cfg_error *out_error)
{
    const struct train_options *options = training->options;
    enum nav_status status = nav_scene_reader_create(options->live, &watch->reader);
    if (status != NAV_OK) {
        return cfg_error_set(out_error, status,
                             "no core runs as instance %s; start `osteonav run %s`",
                             options->live != NULL ? options->live : "default", options->case_path);
    }
    const struct train_settings settings = train_world_settings(training->world);
    status = train_score_create(training->exercise, &settings, &watch->score);
    if (status != NAV_OK) {
        return cfg_error_set(out_error, status, "out of memory");
    }
    if (options->show != NULL) {
        watch->show = training_show(training, stop);
        status = train_beside_open(training->world, &watch->show, &watch->beside, out_error);
    }
    return status == NAV_OK ? start_between(training, &watch->between, out_error) : status;
}

static void close_watch(struct watch *watch)
{
    stop_between(&watch->between);
    train_beside_close(watch->beside);
    train_score_destroy(watch->score);
    nav_scene_reader_destroy(watch->reader);
}

/* Takes the newest scene, if there is another. */
static enum nav_status take_newest(const struct training *training, struct watch *watch,
                                   struct cfg_error *out_error)
{
    struct nav_scene *scene = &watch->scene;
    (void)nav_scene_reader_wait(watch->reader, watch->seen, NAV_NS_PER_S / 10);
    if (nav_scene_reader_take(watch->reader, scene) != NAV_OK || scene->seq == watch->seen) {
        return NAV_OK;
    }
    if (scene->case_id != training->loaded->case_id) {
        return cfg_error_set(out_error, NAV_ERR_REFUSED, "the running core has another case");
    }
    watch->seen = scene->seq;
    watch->first_ns = watch->first_ns == 0 ? scene->time_ns : watch->first_ns;
    enum nav_status status = train_score_take(watch->score, scene);
    if (status == NAV_OK && watch->beside != NULL) {
        status = train_beside_take(watch->beside, scene);
    }
    return status == NAV_OK ? NAV_OK
                            : cfg_error_set(out_error, status, "%s", nav_status_text(status));
}

/* Measures the scenes of a running core until it ends, an interrupt, or the time is over. */
static enum nav_status measure_live(struct training *training, const volatile sig_atomic_t *stop,
                                    struct cfg_error *out_error)
{
    static struct watch watch; /* scenes are large; one thread */
    const struct train_options *options = training->options;
    memset(&watch, 0, sizeof(watch));
    enum nav_status status = open_watch(training, stop, &watch, out_error);
    while (status == NAV_OK && *stop == 0 && nav_scene_reader_core_alive(watch.reader) &&
           (options->seconds <= 0.0 || (double)(watch.scene.time_ns - watch.first_ns) <
                                           options->seconds * (double)NAV_NS_PER_S)) {
        status = take_newest(training, &watch, out_error);
    }
    stop_between(&watch.between);
    if (status == NAV_OK) {
        status = train_score_finish(watch.score, training->expert, &training->result);
        if (status != NAV_OK) {
            const char *why = watch.between.why;
            (void)cfg_error_set(out_error, status, "the exercise's tool, %s, was never seen%s%s",
                                training->exercise->tool, why[0] != '\0' ? "; " : "", why);
        }
    }
    close_watch(&watch);
    (void)snprintf(training->source, sizeof(training->source), "live, instance %.60s",
                   options->live != NULL ? options->live : "default");
    return status;
}

enum nav_status training_attempt(struct training *training, const volatile sig_atomic_t *stop,
                                 struct cfg_error *out_error)
{
    return training->options->is_live ? measure_live(training, stop, out_error)
                                      : do_attempt(training, out_error);
}
