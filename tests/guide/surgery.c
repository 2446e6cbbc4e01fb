#include "surgery.h"

#include <math.h>
#include <string.h>

#include "case_map.h"
#include "nav/time.h"
#include "test_data.h"

void surgery_open(struct surgery *surgery, const char *case_path)
{
    struct cfg_error error = {.text = ""};
    memset(surgery, 0, sizeof(*surgery));
    if (cfg_case_load_meshes(case_path, &surgery->planned, &error) != NAV_OK) {
        fail_msg("%s", error.text);
    }
    assert_int_equal(case_guide_create(surgery->planned, &surgery->map), NAV_OK);
    assert_int_equal(
        case_map_navigation(surgery->planned, NAV_MODE_SIMULATION, &surgery->navigation), NAV_OK);
    surgery->rate_hz = 60.0;
    const struct trk_mesh *meshes[NAV_STRUCTURES_MAX];
    for (uint32_t i = 0; i < surgery->map->config.structure_count; ++i) {
        meshes[i] = surgery->map->config.structures[i].mesh;
    }
    const struct trk_blade_distance_options options = trk_blade_distance_options_default();
    assert_int_equal(trk_blade_distance_create(meshes, surgery->map->config.structure_count,
                                               &options, &surgery->truth),
                     NAV_OK);
}

void surgery_ready(struct surgery *surgery)
{
    trk_guide_destroy(surgery->fresh);
    trk_guide_destroy(surgery->guide);
    surgery->fresh = NULL;
    surgery->guide = NULL;
    assert_int_equal(trk_guide_create(&surgery->map->config, &surgery->fresh), NAV_OK);
    assert_int_equal(trk_guide_create(&surgery->map->config, &surgery->guide), NAV_OK);
}

void surgery_close(struct surgery *surgery)
{
    trk_guide_destroy(surgery->fresh);
    trk_guide_destroy(surgery->guide);
    trk_blade_distance_destroy(surgery->truth);
    case_guide_destroy(surgery->map);
    cfg_case_destroy(surgery->planned);
    memset(surgery, 0, sizeof(*surgery));
}

struct sim_script surgery_script(const struct surgery *surgery, size_t cut)
{
    struct sim_script script;
    assert_int_equal(sim_script_built_in(surgery->planned, false, &script), NAV_OK);
    script.actions[0] = script.actions[cut];
    script.action_count = 1;
    return script;
}

/* One frame of the tracker reaches the navigator. */
static void push(struct trk_navigator *navigator, const struct sim_frame *frame, int64_t now_ns)
{
    for (size_t i = 0; i < frame->pose_count; ++i) {
        const struct sim_pose *pose = &frame->poses[i];
        const uint32_t device =
            trk_navigator_find_device(navigator, pose->device, strlen(pose->device));
        struct nav_pose_sample sample = {
            .device = device,
            .arrival_ns = now_ns,
            .device_ns = now_ns + NAV_NS_PER_S,
            .status = pose->valid ? NAV_SENDER_OK : NAV_SENDER_OUT_OF_VIEW,
            .error_mm = NAN,
        };
        if (device == TRK_NO_DEVICE) {
            continue;
        }
        memcpy(sample.R, pose->R, sizeof(sample.R));
        memcpy(sample.t_mm, pose->t_mm, sizeof(sample.t_mm));
        (void)!trk_navigator_push(navigator, &sample);
    }
}

/* What is really so between two frames, of what alarms by its distance. */
static void see_truth(const struct surgery *surgery, const struct trk_blade_shape *shape,
                      const struct sim_truth *truth, struct trk_blade_pose *before,
                      struct surgery_outcome *outcome)
{
    const struct trk_blade_pose blade = trk_blade_pose_at(shape, &truth->T_image_tool);
    struct trk_structure_distance distances[NAV_STRUCTURES_MAX];
    assert_int_equal(trk_blade_distance_measure(surgery->truth, outcome->scenes > 1 ? before : NULL,
                                                &blade, distances),
                     NAV_OK);
    *before = blade;
    for (uint32_t i = 0; i < surgery->map->config.structure_count; ++i) {
        if (distances[i].in_reach) {
            outcome->true_least_mm[i] = fmin(outcome->true_least_mm[i], distances[i].distance_mm);
        }
    }
}

static void take_events(struct trk_guide *guide, struct surgery_outcome *outcome)
{
    struct trk_alarm_event event;
    while (trk_guide_next_event(guide, &event)) {
        if (event.change == TRK_ALARM_BEGAN) {
            ++outcome->began[event.alarm.code];
            if (event.alarm.code == NAV_ALARM_STOP_DISTANCE) {
                ++outcome->stopped_at[event.alarm.subject];
            }
        }
    }
}

void surgery_run(struct surgery *surgery, const struct sim_script *script, uint64_t seed,
                 void (*look)(void *context, const struct nav_scene *scene,
                              const struct sim_truth *truth),
                 void *context, struct surgery_outcome *out_outcome)
{
    const struct trk_guide_config *config = &surgery->map->config;
    const size_t index = script->actions[0].target;
    struct trk_guide *guide = surgery->guide;
    struct sim_hand *hand = NULL;
    struct trk_navigator *navigator = NULL;
    struct trk_reply reply;
    char why[256] = "";
    static struct nav_scene scene;
    if (sim_hand_create(surgery->planned, script, surgery->rate_hz, seed, false, &hand, why,
                        sizeof(why)) != NAV_OK) {
        fail_msg("%s", why);
    }
    assert_int_equal(trk_navigator_create(&surgery->navigation, &navigator), NAV_OK);
    trk_guide_copy(guide, surgery->fresh);
    trk_guide_cut_activate(guide, config->cuts[index].name, NAV_NS_PER_S, &reply);
    assert_true(reply.done);
    const ptrdiff_t tool = sim_hand_tool(hand) - surgery->planned->tools;

    memset(out_outcome, 0, sizeof(*out_outcome));
    for (size_t i = 0; i < NAV_STRUCTURES_MAX; ++i) {
        out_outcome->true_least_mm[i] = INFINITY;
    }
    const struct sim_source source = sim_hand_source(hand);
    struct sim_frame frame;
    struct trk_blade_pose before;
    int64_t now_ns = NAV_NS_PER_S;
    while (source.next(source.context, &frame) == NAV_OK) {
        now_ns = NAV_NS_PER_S + frame.offset_ns;
        push(navigator, &frame, now_ns);
        trk_navigator_scene(navigator, now_ns, now_ns, &scene);
        trk_guide_advance(guide, &scene);
        take_events(guide, out_outcome);
        ++out_outcome->scenes;
        if (surgery->wants_truth) {
            see_truth(surgery, &config->tools[tool].shape, sim_hand_truth(hand), &before,
                      out_outcome);
        }
        if (look != NULL) {
            look(context, &scene, sim_hand_truth(hand));
        }
    }
    trk_guide_cut_done(guide, NULL, now_ns, &reply);
    trk_navigator_scene(navigator, now_ns, now_ns, &scene);
    trk_guide_advance(guide, &scene);
    out_outcome->cut = scene.cuts[index];
    trk_navigator_destroy(navigator);
    sim_hand_destroy(hand);
}
