/* A request line as any client may send it.
 *
 * Promises: the answer is one line of one JSON object that says done or not, with a text; what was
 * not understood is not done. The registrar goes on from input to input, so that its state is
 * walked as well. */
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "fuzz.h"
#include "nav/time.h"

#define MS NAV_NS_PER_MS

static struct trk_navigator *navigator;
static struct trk_registrar *registrar;
static struct trk_guide *guide;
static struct srv_view_orders views;

static void prepare(void)
{
    const struct trk_config navigation = {
        .limits = {.caution_age_ns = 100 * MS,
                   .withhold_age_ns = 250 * MS,
                   .repeat_warn_ns = 2000 * MS,
                   .join_max_ns = 20 * MS,
                   .interpolate_max_ns = 50 * MS,
                   .clock_jump_ns = 50 * MS,
                   .notice_ns = 2000 * MS,
                   .return_frames = 5,
                   .return_ns = 100 * MS,
                   .rigid_tolerance = 2e-3,
                   .translation_max_mm = 1e4,
                   .fit_error_caution_mm = 0.5,
                   .fit_error_withhold_mm = 1.0,
                   .check_caution_mm = 1.0,
                   .check_withhold_mm = 2.0,
                   .reference_jump_mm = 1.0,
                   .reference_jump_rad = 0.02},
        .has_reference = true,
        .reference_device = "ReferenceToTracker",
        .has_registration = true,
        .registration_fre_mm = (double)NAN,
        .T_image_reference = {.q = {0.0, 0.0, 0.0, 1.0}},
        .tool_count = 1,
        .tools = {{.name = "T", .device = "StylusToTracker", .axis = {0.0, 0.0, 1.0}}},
    };
    struct trk_registrar_config config = {
        .hold = trk_dwell_limits_default(),
        .limits = trk_registration_limits_default(),
        .check_limit_mm = 1.0,
        .tool_count = 1,
        .tools = {"T"},
        .landmark_count = 2,
        .landmarks = {{.name = "a"}, {.name = "b", .image_mm = {1.0, 2.0, 3.0}}},
    };
    FUZZ_PROMISE(trk_navigator_create(&navigation, &navigator) == NAV_OK);
    FUZZ_PROMISE(trk_registrar_create(&config, navigator, &registrar) == NAV_OK);
    const struct trk_guide_config guided = {
        .limits = {.hold = trk_dwell_limits_default()},
        .tool_count = 1,
        .cut_count = 1,
        .tools = {{.name = "T", .guide = NAV_GUIDE_BLADE, .shape = {.axis = {0, 0, 1}}}},
        .cuts = {{.name = "c",
                  .plan = {.normal = {0, 0, 1},
                           .u = {1, 0, 0},
                           .size_mm = {20, 20},
                           .depth_mm = 10,
                           .kerf_mm = 1}}},
    };
    FUZZ_PROMISE(trk_guide_create(&guided, &guide) == NAV_OK);
    for (uint32_t device = 0; device < 2; ++device) {
        const struct nav_pose_sample sample = {.device = device,
                                               .arrival_ns = 1000 * MS,
                                               .status = NAV_SENDER_OK,
                                               .error_mm = NAN,
                                               .R = {1, 0, 0, 0, 1, 0, 0, 0, 1}};
        FUZZ_PROMISE(trk_navigator_push(navigator, &sample) == NAV_OK);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char answer[SRV_ANSWER_MAX];
    static struct srv_command_outcome outcome;
    if (size == 0) {
        return 0; /* there may be no data either */
    }
    if (registrar == NULL) {
        prepare();
    }
    /* a copy of exactly this size, so that a byte read beyond it is seen */
    char *exact = malloc(size);
    FUZZ_PROMISE(exact != NULL);
    memcpy(exact, data, size);
    const struct srv_command_host host = {.registrar = registrar, .guide = guide, .views = &views};
    const size_t length = srv_command_execute(&host, exact, size, 1010 * MS, &outcome, answer);
    free(exact);

    FUZZ_PROMISE(length > 1 && length <= SRV_ANSWER_MAX);
    FUZZ_PROMISE(memchr(answer, '\n', length) == answer + length - 1);
    json_t *told = json_loadb(answer, length, 0, NULL);
    FUZZ_PROMISE(json_is_object(told));
    FUZZ_PROMISE(json_is_boolean(json_object_get(told, "done")));
    FUZZ_PROMISE(json_is_string(json_object_get(told, "text")));
    FUZZ_PROMISE(json_is_true(json_object_get(told, "done")) == (int)outcome.reply.done);
    FUZZ_PROMISE(outcome.word != NULL || !outcome.reply.done);
    json_decref(told);
    return 0;
}
