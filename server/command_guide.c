/* Commands about cuts, alarms, the guided tool and the displays. */
#include "command_internal.h"

#include <math.h>
#include <string.h>

#include "nav/measure.h"

static struct trk_guide *guide_of(struct call *call)
{
    if (call->host->guide == NULL) {
        trk_reply_set(call->reply, false, "nothing is guided here");
    }
    return call->host->guide;
}

void srv_command_cut_activate(struct call *call)
{
    struct trk_guide *guide = guide_of(call);
    if (guide != NULL) {
        trk_guide_cut_activate(guide, call->arguments[0], call->now_ns, call->reply);
    }
}

void srv_command_cut_pause(struct call *call)
{
    struct trk_guide *guide = guide_of(call);
    if (guide != NULL) {
        trk_guide_cut_pause(guide, call->arguments[0], call->reply);
    }
}

void srv_command_cut_done(struct call *call)
{
    struct trk_guide *guide = guide_of(call);
    if (guide != NULL) {
        trk_guide_cut_done(guide, call->arguments[0], call->now_ns, call->reply);
    }
}

void srv_command_cut_skip(struct call *call)
{
    struct trk_guide *guide = guide_of(call);
    if (guide != NULL) {
        trk_guide_cut_skip(guide, call->arguments[0], call->now_ns, call->reply);
    }
}

void srv_command_cut_accept(struct call *call)
{
    struct trk_guide *guide = guide_of(call);
    if (guide != NULL) {
        trk_guide_cut_accept(guide, call->now_ns, call->reply);
    }
}

void srv_command_alarm_acknowledge(struct call *call)
{
    struct trk_guide *guide = guide_of(call);
    if (guide != NULL) {
        trk_guide_acknowledge(guide, call->arguments[0], call->now_ns, call->reply);
    }
}

void srv_command_alarm_mute(struct call *call)
{
    struct trk_guide *guide = guide_of(call);
    const bool on = strcmp(call->arguments[0], "on") == 0;
    if (guide == NULL) {
        return;
    }
    if (!on && strcmp(call->arguments[0], "off") != 0) {
        trk_reply_set(call->reply, false, "alarm mute: state is on or off");
        return;
    }
    trk_guide_mute(guide, on, call->reply);
}

static void say_fragment(struct call *call, bool rigid)
{
    struct trk_guide *guide = guide_of(call);
    if (guide != NULL) {
        trk_guide_fragment(guide, rigid, call->reply);
    }
}

void srv_command_fragment_rigid(struct call *call)
{
    say_fragment(call, true);
}

void srv_command_fragment_loose(struct call *call)
{
    say_fragment(call, false);
}

void srv_command_guide_tool(struct call *call)
{
    struct trk_guide *guide = guide_of(call);
    if (guide != NULL) {
        trk_guide_use_tool(guide, call->arguments[0], call->reply);
    }
}

/* A length in mm, up to 1000, with a decimal point in every locale. JSON's own numbers. */
static bool take_length(const char *text, double *out_mm)
{
    json_t *number = json_loads(text, JSON_DECODE_ANY, NULL);
    const double value = json_number_value(number); /* 0 of what is none */
    json_decref(number);
    *out_mm = value;
    return value > 0.0 && value <= 1000.0;
}

void srv_command_guide_parallel_start(struct call *call)
{
    struct trk_guide *guide = guide_of(call);
    if (guide == NULL) {
        return;
    }
    const struct trk_registrar_config *config = trk_registrar_config(call->registrar);
    const char *landmark = call->arguments[0];
    uint32_t index = 0;
    while (index < config->landmark_count &&
           strncmp(config->landmarks[index].name, landmark, NAV_NAME_SIZE) != 0) {
        ++index;
    }
    const struct trk_touched *touched = trk_registrar_touched(call->registrar, index);
    struct trk_guide_cutter cutter;
    if (touched == NULL) {
        trk_reply_set(call->reply, false, "the case has no landmark '%.63s'; `status` lists them",
                      landmark);
    } else if (!touched->collected) {
        trk_reply_set(call->reply, false,
                      "%.63s has not been touched; touch it with the pointer first (`landmark "
                      "start`), so that its place is known",
                      landmark);
    } else if (!take_length(call->arguments[1], &cutter.width_mm) ||
               !take_length(call->arguments[2], &cutter.thickness_mm)) {
        trk_reply_set(call->reply, false,
                      "guide parallel start: width and thickness are mm, above 0, at most 1000");
    } else {
        trk_guide_parallel_start(guide, call->arguments[3], landmark, touched->measured_mm, &cutter,
                                 call->now_ns, call->reply);
    }
}

void srv_command_guide_parallel_cancel(struct call *call)
{
    struct trk_guide *guide = guide_of(call);
    if (guide != NULL) {
        trk_guide_parallel_cancel(guide, call->reply);
    }
}

/* The words that an order `measure` takes beside points (render/view_order.h). */
static bool is_measuring_word(const char *argument)
{
    static const char *const words[] = {"distance", "angle", "off", "clear"};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); ++i) {
        if (strcmp(argument, words[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* What lies between the points of an order `measure` is answered with the order. */
static json_t *describe_measure(const struct nav_measure *measure)
{
    const bool angle = measure->count == NAV_MEASURE_POINTS_MAX;
    json_t *points = json_array();
    for (size_t i = 0; i < measure->count; ++i) {
        const double *point = measure->points_mm[i];
        (void)json_array_append_new(points, json_pack("[f, f, f]", point[0], point[1], point[2]));
    }
    const double value = nav_measure_value(measure);
    return json_pack("{s:o, s:o}", "points_mm", points, angle ? "angle_deg" : "distance_mm",
                     isfinite(value) ? json_real(value) : json_null());
}

void srv_command_view(struct call *call)
{
    const char *argument = call->arguments[1] != NULL ? call->arguments[1] : "";
    const bool measures =
        strcmp(call->arguments[0], "measure") == 0 && !is_measuring_word(argument);
    struct nav_measure measure;
    if (call->host->views == NULL) {
        trk_reply_set(call->reply, false, "no displays are ordered here");
    } else if (measures && !nav_measure_read(argument, &measure)) {
        trk_reply_set(call->reply, false,
                      "view measure: distance, angle, off, clear, or two or three points as "
                      "\"10.5,-20,30 12,-18,30\" (LPS mm)");
    } else if (!srv_view_orders_add(call->host->views, call->arguments[0], call->arguments[1],
                                    call->arguments[2])) {
        trk_reply_set(call->reply, false,
                      "view: an action is a word of lower case letters, digits and hyphens; "
                      "argument and display have at most %d bytes",
                      NAV_NAME_SIZE - 1);
    } else {
        trk_reply_set(call->reply, true, "order %llu to %s",
                      (unsigned long long)call->host->views->count,
                      call->arguments[2] != NULL ? call->arguments[2] : "every display");
        if (measures) {
            const size_t said = strlen(call->reply->text);
            (void)snprintf(call->reply->text + said, sizeof(call->reply->text) - said, ": %.1f %s",
                           nav_measure_value(&measure),
                           measure.count == NAV_MEASURE_POINTS_MAX ? "degrees" : "mm");
            call->result = describe_measure(&measure);
        }
    }
}

static void say_display(struct call *call, bool runs)
{
    struct trk_guide *guide = guide_of(call);
    if (guide != NULL) {
        trk_guide_display(guide, call->arguments[0], runs, call->reply);
    }
}

void srv_command_display_gone(struct call *call)
{
    say_display(call, false);
}

void srv_command_display_back(struct call *call)
{
    say_display(call, true);
}
