#include "case_replay.h"

#include <stdio.h>
#include <string.h>

#include "case_map.h"
#include "nav/log.h"
#include "nav/time.h"

/* The case's path: as asked for, or as the session says. */
static bool find_case(const char *verb, const char *session, const char *case_path,
                      struct session_facts *out_facts)
{
    struct session_reader *reader = NULL;
    struct session_error error;
    if (session_reader_open(session, &reader, &error) != NAV_OK) {
        fprintf(stderr, "osteonav %s: %s\n", verb, error.text);
        return false;
    }
    *out_facts = *session_reader_facts(reader);
    session_reader_close(reader);
    if (case_path == NULL && out_facts->case_path[0] == '\0') {
        fprintf(stderr,
                "osteonav %s: %s names no case; give the one it is to be seen with: --case CASE\n",
                verb, session);
        return false;
    }
    return true;
}

static bool load_case(const char *verb, const char *path, const struct session_facts *facts,
                      struct case_replay *replay)
{
    struct cfg_error error;
    if (cfg_case_load_meshes(path, &replay->loaded, &error) != NAV_OK) {
        fprintf(stderr, "osteonav %s: %s; --case CASE names another\n", verb, error.text);
        return false;
    }
    if (facts->case_id != 0 && facts->case_id != replay->loaded->case_id) {
        nav_log_warning(verb, "the case is not as it was recorded with, or another one: scenes "
                              "will differ from the recorded ones");
    }
    const enum nav_status status = case_guide_create(replay->loaded, &replay->guide);
    if (status != NAV_OK || case_map_navigation(replay->loaded, NAV_MODE_REPLAY,
                                                &replay->config.engine.navigation) != NAV_OK) {
        fprintf(stderr, "osteonav %s: %s: cannot be navigated: %s\n", verb, replay->loaded->path,
                nav_status_text(status));
        return false;
    }
    return true;
}

bool case_replay_open(const struct case_replay_request *request, struct case_replay *out_replay)
{
    const char *verb = request->verb;
    const char *path = request->case_path;
    struct session_facts facts;
    *out_replay = (struct case_replay){.loaded = NULL};
    if (!find_case(verb, request->session, path, &facts) ||
        !load_case(verb, path != NULL ? path : facts.case_path, &facts, out_replay)) {
        case_replay_close(out_replay);
        return false;
    }
    struct srv_replay_config *config = &out_replay->config;
    config->path = request->session;
    config->engine.registrar = case_map_registrar(out_replay->loaded);
    config->engine.guide = &out_replay->guide->config;
    config->tick_ns = case_map_ns(out_replay->loaded->limits.tick_ms);
    config->once = request->once;
    config->on_scene = request->on_scene;
    config->on_progress = request->on_progress;
    config->context = request->context;
    struct session_error error;
    const struct nav_clock clock = nav_clock_monotonic();
    const int64_t begin_ns = nav_clock_now_ns(&clock);
    if (srv_replay_open(config, &out_replay->replay, &error) != NAV_OK) {
        fprintf(stderr, "osteonav %s: %s\n", verb, error.text);
        case_replay_close(out_replay);
        return false;
    }
    out_replay->opening_ns = nav_clock_now_ns(&clock) - begin_ns;
    return true;
}

void case_replay_close(struct case_replay *replay)
{
    srv_replay_close(replay->replay);
    case_guide_destroy(replay->guide);
    cfg_case_destroy(replay->loaded);
    *replay = (struct case_replay){.loaded = NULL};
}
