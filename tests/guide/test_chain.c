/* The whole chain: a simulated operation, recorded, through `osteonav report --json`, against what
 * the simulator knows. The case's own limits hold, and the hand goes as deep as is planned.
 *
 * Even seeds stay near the plan: no alarm but the question for the fragment. Odd ones make a near
 * miss, whose alarm the report has to list. Of both, every number that is stated has to be right,
 * few may be withheld, none of a cut of which a usual share is covered, and every alarm for a
 * distance has to be right: a plan that passes a nerve within its limits does alarm.
 *
 * OSTEONAV_SEEDS operations of each patient, 2 without it, from OSTEONAV_FIRST_SEED on. */
#include <math.h>
#include <string.h>

#include <jansson.h>

#include "nav/alarm.h"
#include "operation.h"
#include "sim_motion.h"
#include "test_data.h"

enum { USUAL_SEEDS = 2, KINDS = 6, PATH = 512 };

static const double offset_limit_mm = 0.3, angle_limit_deg = 0.5, margin_limit_mm = 0.5;

/* A blade of 20 mm goes down a cut of 60 mm once: what the hand covers when nothing hinders it. Of
 * less, one number in so many may be withheld. */
static const double usual_coverage = 0.3;
static const unsigned withheld_share = 50;

/* Errors against the standard deviations that are stated of them. */
static const double spread_limit = 2.0;

/* Four deviations of a pose at the edge: 0.25 mm and 0.1 deg of tool and reference, and tremor. */
static const double noise_mm = 1.5;

struct patient {
    const char *name;
    struct cfg_case *planned;
    struct case_guide *map;
};

enum { OFFSET = 0, ANGLE, MARGIN, NUMBERS };

struct worst {
    double off[NUMBERS];     /* largest errors of what is stated */
    double squares[NUMBERS]; /* sums of their squares, in standard deviations */
    unsigned stated[NUMBERS];
    unsigned cuts, misses, withheld, distance_alarms;
};

static char folder[] = "/tmp/chain-XXXXXX";

static unsigned asked_for(const char *name, unsigned usual)
{
    const char *asked = getenv(name);
    return asked != NULL ? (unsigned)strtoul(asked, NULL, 10) : usual;
}

static void open_patient(const char *name, const char *path, struct patient *patient)
{
    struct cfg_error error = {.text = ""};
    *patient = (struct patient){.name = name};
    if (cfg_case_load_meshes(path, &patient->planned, &error) != NAV_OK) {
        fail_msg("%s", error.text);
    }
    assert_int_equal(case_guide_create(patient->planned, &patient->map), NAV_OK);
}

static void close_patient(struct patient *patient)
{
    case_guide_destroy(patient->map);
    cfg_case_destroy(patient->planned);
}

/* Between -1 and 1. */
static double draw(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (double)(*state >> 11) * 0x1.0p-52 - 1.0;
}

/* ---- what is done ------------------------------------------------------------------------------
 */

/* One cut, near the plan. */
static void near_the_plan(uint64_t seed, struct sim_action *action)
{
    uint64_t dice = 2 * seed + 1;
    action->offset_mm = 0.4 * draw(&dice);
    action->pitch_deg = 0.4 * draw(&dice);
    action->roll_deg = 0.4 * draw(&dice);
}

/* A cut that leaves the plan, or is not seen; what has to alarm. */
static enum nav_alarm near_miss(uint64_t seed, struct sim_script *script)
{
    struct sim_action *action = &script->actions[0];
    uint64_t dice = 2 * seed + 1;
    const double sign = draw(&dice) < 0.0 ? -1.0 : 1.0;
    const double more = 1.0 + draw(&dice);
    const double ends_s =
        SIM_TRAVEL_S + SIM_APPROACH_S + SIM_CONTACT_S + action->depth_mm / action->feed_mm_s;
    switch (seed / 2 % KINDS) {
    case 0:
        action->offset_mm = sign * (3.0 + more);
        return NAV_ALARM_OFF_PLANE;
    case 1:
        action->pitch_deg = sign * (5.0 + more);
        return NAV_ALARM_OFF_ANGLE;
    case 2:
        action->roll_deg = sign * (5.0 + more);
        return NAV_ALARM_OFF_ANGLE;
    case 3:
        action->depth_mm += 2.5 + more;
        return NAV_ALARM_OVER_DEPTH;
    default:
        script->fault_count = 1;
        script->faults[0] =
            (struct sim_fault){.from_s = 0.5 * (ends_s + SIM_TRAVEL_S + SIM_APPROACH_S),
                               .to_s = ends_s,
                               .kind = SIM_FAULT_HIDE,
                               .device = seed / 2 % KINDS == 4 ? SIM_ON_TOOL : SIM_ON_REFERENCE};
        return seed / 2 % KINDS == 4 ? NAV_ALARM_TOOL_LOST : NAV_ALARM_REFERENCE_LOST;
    }
}

/* ---- what is said of it ------------------------------------------------------------------------
 */

static json_t *report_of(const char *session)
{
    char command[4 * PATH], path[PATH];
    (void)snprintf(command, sizeof(command),
                   "%s/osteonav report %s --out %s/report --json --no-pictures --no-pdf --quiet "
                   ">%s/printed",
                   getenv("OSTEONAV_BIN"), session, folder, folder);
    assert_int_equal(system(command), 0);
    (void)snprintf(path, sizeof(path), "%s/printed", folder);
    json_error_t error;
    json_t *report = json_load_file(path, 0, &error);
    assert_non_null(report);
    return report;
}

static double number(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    return json_is_number(value) ? json_number_value(value) : (double)NAN;
}

static void numbers(const json_t *object, const char *key, double out[3])
{
    const json_t *list = json_object_get(object, key);
    assert_int_equal(json_array_size(list), 3);
    for (size_t i = 0; i < 3; ++i) {
        out[i] = json_number_value(json_array_get(list, i));
    }
}

static double dot(const double a[3], const double b[3])
{
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

/* Mean deviation of the asked plane from the planned one, over the cells that the report's map says
 * are cut. */
static double asked_offset_mm(const json_t *map, const struct operation_cut *truth)
{
    double origin[3], u[3], v[3], normal[3], sum = 0.0;
    size_t count = 0;
    const double cell_mm = number(map, "cell_mm"), uncut = number(map, "uncut");
    const json_int_t columns = json_integer_value(json_object_get(map, "columns"));
    const json_t *cells = json_object_get(map, "cells");
    numbers(map, "origin_mm", origin);
    numbers(map, "u", u);
    numbers(map, "v", v);
    numbers(map, "normal", normal);
    for (size_t i = 0; i < json_array_size(cells); ++i) {
        if (json_number_value(json_array_get(cells, i)) <= uncut) {
            continue;
        }
        double to_plane[3];
        for (int k = 0; k < 3; ++k) {
            to_plane[k] = truth->point_mm[k] - origin[k] -
                          cell_mm * ((double)(i % (size_t)columns) + 0.5) * u[k] -
                          cell_mm * ((double)(i / (size_t)columns) + 0.5) * v[k];
        }
        sum += dot(to_plane, truth->normal) / dot(normal, truth->normal);
        ++count;
    }
    assert_true(count > 0);
    return sum / (double)count;
}

/* Takes one number: stated with its standard deviation, or null and the report says why. */
static void judge_number(const json_t *cut, const char *key, const char *sd_key, double off,
                         double limit, int which, struct worst *worst)
{
    const bool stated = json_is_number(json_object_get(cut, key));
    const double sd = number(cut, sd_key);
    if (!stated) {
        ++worst->withheld;
        worst->misses += !json_is_string(json_object_get(cut, "withheld")) ||
                         number(cut, "coverage") >= usual_coverage;
        return;
    }
    ++worst->stated[which];
    worst->misses += !(off <= limit) || !(sd > 0.0);
    worst->off[which] = fmax(worst->off[which], off);
    worst->squares[which] += off * off / (sd * sd);
}

static void judge_cut(const json_t *cut, const struct operation_cut *truth, const char *which,
                      struct worst *worst)
{
    const unsigned before = worst->misses, withheld = worst->withheld;
    const bool has_plane = json_is_number(json_object_get(cut, "angle_deg"));
    double normal[3] = {NAN, NAN, NAN};
    if (has_plane) {
        numbers(cut, "executed_normal", normal);
    }
    const double offset = fabs(number(cut, "mean_deviation_mm") -
                               asked_offset_mm(json_object_get(cut, "map"), truth));
    const double angle = acos(fmin(dot(normal, truth->normal), 1.0)) * 180.0 / M_PI;
    const double margin = fabs(number(cut, "margin_mm") - truth->margin_mm);
    judge_number(cut, "mean_deviation_mm", "mean_deviation_sd_mm", offset, offset_limit_mm, OFFSET,
                 worst);
    judge_number(cut, "angle_deg", "angle_sd_deg", angle, angle_limit_deg, ANGLE, worst);
    judge_number(cut, "margin_mm", "margin_sd_mm", margin, margin_limit_mm, MARGIN, worst);
    if (worst->misses != before || worst->withheld != withheld) {
        print_error("%s: %.3f mm, %.3f deg, margin %.3f mm off; %.0f %% covered, withheld: %s\n",
                    which, offset, angle, margin, 100.0 * number(cut, "coverage"),
                    json_is_string(json_object_get(cut, "withheld"))
                        ? json_string_value(json_object_get(cut, "withheld"))
                        : "nothing");
    }
    ++worst->cuts;
}

/* Whether an alarm of this code is listed, about this subject when one is given. */
static bool is_listed(const json_t *alarms, enum nav_alarm code, const char *subject)
{
    for (size_t i = 0; i < json_array_size(alarms); ++i) {
        const json_t *alarm = json_array_get(alarms, i);
        const char *text = json_string_value(json_object_get(alarm, "text"));
        const size_t length = subject != NULL ? strlen(subject) : 0;
        if (strcmp(json_string_value(json_object_get(alarm, "code")), nav_alarm_name(code)) == 0 &&
            (subject == NULL ||
             (strncmp(text, subject, length) == 0 && strncmp(text + length, ": ", 2) == 0))) {
            return true;
        }
    }
    return false;
}

static void miss(struct worst *worst, const char *which, const char *what, const char *subject)
{
    print_error("%s: %s %s\n", which, what, subject);
    ++worst->misses;
}

/* Only `expected` may (and then must) be among the alarms that are not about distances;
 * NAV_ALARM_COUNT: none. */
static void judge_alarms(const json_t *alarms, enum nav_alarm expected, const char *which,
                         struct worst *worst)
{
    if (expected != NAV_ALARM_COUNT) {
        if (!is_listed(alarms, expected, NULL)) {
            miss(worst, which, "no", nav_alarm_name(expected));
        }
        return;
    }
    for (uint32_t code = 0; code < NAV_ALARM_COUNT; ++code) {
        if (code != NAV_ALARM_FRAGMENT && code != NAV_ALARM_STOP_DISTANCE &&
            code != NAV_ALARM_CAUTION_DISTANCE && is_listed(alarms, code, NULL)) {
            miss(worst, which, "nothing was wrong:", nav_alarm_name(code));
        }
    }
}

/* A distance alarm is right when the true distance, less the uncertainty that is taken off, is
 * below the limit; within the noise of a pose either is. Nor is one missed of a blade that was not
 * seen for a while: that has an alarm of its own. */
static void judge_distances(const json_t *report, const double least_mm[NAV_STRUCTURES_MAX],
                            bool always_seen, const char *which, struct worst *worst)
{
    const json_t *alarms = json_object_get(report, "alarms");
    const json_t *structures = json_object_get(report, "structures");
    for (size_t i = 0; i < json_array_size(structures); ++i) {
        const json_t *structure = json_array_get(structures, i);
        const char *name = json_string_value(json_object_get(structure, "name"));
        const double uncertainty_mm = number(structure, "uncertainty_mm");
        const double surely_mm = isfinite(least_mm[i]) ? least_mm[i] - uncertainty_mm : INFINITY;
        const double stop_mm = number(structure, "stop_mm");
        const double caution_mm = number(structure, "caution_mm");
        const bool stops = is_listed(alarms, NAV_ALARM_STOP_DISTANCE, name);
        const bool cautions = stops || is_listed(alarms, NAV_ALARM_CAUTION_DISTANCE, name);
        if (stops && !(surely_mm < stop_mm + noise_mm)) {
            miss(worst, which, "stop for nothing:", name);
        }
        if (!stops && always_seen && surely_mm < stop_mm - noise_mm) {
            miss(worst, which, "no stop:", name);
        }
        if (cautions && !(surely_mm < fmax(caution_mm, stop_mm) + noise_mm)) {
            miss(worst, which, "caution for nothing:", name);
        }
        if (!cautions && always_seen && surely_mm < caution_mm - noise_mm) {
            miss(worst, which, "no caution:", name);
        }
        worst->distance_alarms += cautions;
    }
}

static void operate(const struct patient *patient, uint64_t seed, struct worst *worst)
{
    static struct operation_cut truth[CFG_CUTS_MAX];
    double least_mm[NAV_STRUCTURES_MAX];
    struct sim_script script;
    char session[PATH], which[PATH];
    const size_t cut = (seed / 2 + seed / (2 * KINDS)) % patient->planned->cut_count;
    assert_int_equal(sim_script_built_in(patient->planned, false, &script), NAV_OK);
    script.actions[0] = script.actions[cut];
    script.action_count = 1;
    enum nav_alarm expected = NAV_ALARM_COUNT;
    if (seed % 2 == 0) {
        near_the_plan(seed, &script.actions[0]);
    } else {
        expected = near_miss(seed, &script);
    }
    (void)snprintf(session, sizeof(session), "%s/operation.session", folder);
    (void)snprintf(which, sizeof(which), "%s, seed %u, %s", patient->name, (unsigned)seed,
                   patient->planned->cuts[cut].name);
    operation_record(patient->planned, patient->map, &script, seed, session, truth, least_mm);

    json_t *report = report_of(session);
    const json_t *cuts = json_object_get(report, "cuts");
    assert_true(json_is_true(json_object_get(report, "verified")));
    assert_int_equal(json_array_size(cuts), patient->planned->cut_count);
    judge_cut(json_array_get(cuts, cut), &truth[cut], which, worst);
    judge_alarms(json_object_get(report, "alarms"), expected, which, worst);
    judge_distances(report, least_mm, script.fault_count == 0, which, worst);
    json_decref(report);
    assert_int_equal(unlink(session), 0);
}

static void operate_all(const struct patient *patient)
{
    struct worst worst = {.cuts = 0};
    const unsigned count = asked_for("OSTEONAV_SEEDS", USUAL_SEEDS);
    const unsigned first = asked_for("OSTEONAV_FIRST_SEED", 0);
    for (unsigned seed = first; seed < first + count; ++seed) {
        operate(patient, seed, &worst);
    }
    double spread[NUMBERS];
    for (int i = 0; i < NUMBERS; ++i) {
        spread[i] = sqrt(worst.squares[i] / worst.stated[i]);
    }
    print_message("%s: %u operations, at most %.3f mm, %.3f deg, margin %.3f mm off; %u numbers "
                  "withheld; errors are %.2f, %.2f and %.2f of the stated standard deviations; %u "
                  "structures alarmed by their distance\n",
                  patient->name, worst.cuts, worst.off[OFFSET], worst.off[ANGLE], worst.off[MARGIN],
                  worst.withheld, spread[OFFSET], spread[ANGLE], spread[MARGIN],
                  worst.distance_alarms);
    assert_int_equal(worst.misses, 0);
    assert_true(worst.withheld <= 1 + NUMBERS * worst.cuts / withheld_share);
    for (int i = 0; i < NUMBERS && worst.cuts >= 10; ++i) {
        assert_true(spread[i] < spread_limit);
    }
}

static void the_phantom(void **state)
{
    (void)state;
    struct patient patient;
    char path[PATH];
    assert_non_null(getenv("OSTEONAV_PHANTOM"));
    (void)snprintf(path, sizeof(path), "%s/case.yaml", getenv("OSTEONAV_PHANTOM"));
    open_patient("phantom", path, &patient);
    operate_all(&patient);
    close_patient(&patient);
}

/* tools/real-case, whose registration, tools and cuts are replaced by a plan of our own: a tumour
 * in the lower sacrum, cut off by two planes across it and one on each side, from behind. */
static void write_real_case(void)
{
    char data[PATH], command[4 * PATH];
    test_data_path("anatomy/totalsegmentator_pelvis_case_LPS_mm/sacrum.stl", data, sizeof(data));
    *strstr(data, "/anatomy/") = '\0';
    (void)snprintf(command, sizeof(command), "%s/tests/guide/real_plan.py '%s' %s >/dev/null",
                   getenv("OSTEONAV_SOURCE"), data, folder);
    assert_int_equal(system(command), 0);
}

static void a_real_pelvis(void **state)
{
    (void)state;
    struct patient patient;
    char path[PATH];
    (void)snprintf(path, sizeof(path), "%s/case.yaml", folder);
    write_real_case();
    open_patient("real pelvis", path, &patient);
    operate_all(&patient);
    close_patient(&patient);
}

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) != NULL ? 0 : -1;
}

static int remove_folder(void **state)
{
    char command[PATH];
    (void)state;
    (void)snprintf(command, sizeof(command), "rm -r %s", folder);
    return system(command);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_phantom),
        cmocka_unit_test(a_real_pelvis),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
