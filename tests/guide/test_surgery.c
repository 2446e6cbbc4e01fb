/* A hundred seeds each: no clean run alarms, and every near miss that is put in raises its alarm.
 *
 * The hand follows the plan or leaves it by a known amount; tracker and hand are as noisy as real
 * ones (0.25 mm, 0.1 deg, tremor). Structures that the plan itself comes near to are given limits
 * that the plan allows, as a surgeon would: what is to be cut through does not alarm. */
#include "surgery.h"

#include <math.h>
#include <sys/stat.h>

#include "sim_motion.h"

#include "test_data.h"

enum { SEEDS = 100, MISSES = 6 };

static const double noise_mm = 2.0; /* more than the noise of a distance, five deviations */

struct bench {
    struct surgery surgery;
    size_t cut_count;
    /* a structure that the blade reaches when the cut is made so far beside its plane, or deeper */
    bool has_target[CFG_CUTS_MAX];
    uint32_t target[CFG_CUTS_MAX];
    double target_offset_mm[CFG_CUTS_MAX], target_deeper_mm[CFG_CUTS_MAX];
};

static struct sim_script quick_script(const struct surgery *surgery, size_t cut)
{
    struct sim_script script = surgery_script(surgery, cut);
    script.actions[0].feed_mm_s = 25;
    return script;
}

static struct surgery_outcome without_noise(struct surgery *surgery, size_t cut, double offset_mm,
                                            double deeper_mm)
{
    struct sim_script script = quick_script(surgery, cut);
    struct surgery_outcome outcome;
    script.noise_mm = 0;
    script.noise_deg = 0;
    script.tremor_mm = 0;
    script.actions[0].offset_mm = offset_mm;
    script.actions[0].depth_mm += deeper_mm;
    surgery_run(surgery, &script, 1, NULL, NULL, &outcome);
    return outcome;
}

/* Limits that every cut of the plan keeps, with room for the uncertainty and the noise. */
static void allow_what_is_planned(struct bench *bench)
{
    struct surgery *surgery = &bench->surgery;
    struct trk_guide_config *config = &surgery->map->config;
    const struct trk_guide_limits *limits = &config->limits;
    const double uncertainty_mm =
        limits->uncertainty_factor *
        sqrt(limits->tre_default_mm * limits->tre_default_mm +
             limits->calibration_default_mm * limits->calibration_default_mm +
             limits->tracker_default_mm * limits->tracker_default_mm);
    surgery_ready(surgery);
    for (size_t cut = 0; cut < bench->cut_count; ++cut) {
        const struct surgery_outcome outcome = without_noise(surgery, cut, 0, 0);
        for (uint32_t i = 0; i < config->structure_count; ++i) {
            struct trk_guide_structure *structure = &config->structures[i];
            const double room_mm = outcome.true_least_mm[i] - uncertainty_mm - noise_mm;
            structure->caution_mm = fmin(structure->caution_mm, fmax(room_mm, 0.0));
            structure->stop_mm = fmin(structure->stop_mm, 0.5 * structure->caution_mm);
        }
    }
    surgery_ready(surgery);
}

/* A way to make a cut that comes too near to something that the plan spares. */
static bool try_target(struct bench *bench, size_t cut, double offset_mm, double deeper_mm)
{
    const struct trk_guide_config *config = &bench->surgery.map->config;
    const struct surgery_outcome outcome =
        without_noise(&bench->surgery, cut, offset_mm, deeper_mm);
    for (uint32_t i = 0; i < config->structure_count; ++i) {
        if (config->structures[i].stop_mm >= 0.5 &&
            outcome.true_least_mm[i] < config->structures[i].stop_mm) {
            bench->has_target[cut] = true;
            bench->target[cut] = i;
            bench->target_offset_mm[cut] = offset_mm;
            bench->target_deeper_mm[cut] = deeper_mm;
            return true;
        }
    }
    return false;
}

static void find_target(struct bench *bench, size_t cut)
{
    for (int step = 1; step <= 6; ++step) {
        if (try_target(bench, cut, 3.0 * step, 0) || try_target(bench, cut, -3.0 * step, 0) ||
            try_target(bench, cut, 0, 6.0 * step)) {
            return;
        }
    }
}

static void open_bench(struct bench *bench, const char *case_path)
{
    memset(bench, 0, sizeof(*bench));
    surgery_open(&bench->surgery, case_path);
    bench->surgery.rate_hz = 15;
    bench->cut_count = bench->surgery.planned->cut_count;
    bench->surgery.wants_truth = true;
    allow_what_is_planned(bench);
    for (size_t cut = 0; cut < bench->cut_count; ++cut) {
        find_target(bench, cut);
    }
    bench->surgery.wants_truth = false;
}

static void clean_runs_do_not_alarm(struct bench *bench)
{
    for (uint64_t seed = 0; seed < SEEDS; ++seed) {
        const size_t cut = seed % bench->cut_count;
        const struct sim_script script = quick_script(&bench->surgery, cut);
        struct surgery_outcome outcome;
        surgery_run(&bench->surgery, &script, seed, NULL, NULL, &outcome);
        assert_int_equal(outcome.cut.state, NAV_CUT_DONE);
        assert_true(outcome.cut.map_revision > 0);
        for (uint32_t code = 0; code < NAV_ALARM_COUNT; ++code) {
            if (code != NAV_ALARM_FRAGMENT && outcome.began[code] != 0) {
                fail_msg("seed %u, %s: %s although nothing was wrong", (unsigned)seed,
                         outcome.cut.name, nav_alarm_name(code));
            }
        }
    }
}

/* Puts a near miss into a script; the code that it must raise. */
static enum nav_alarm put_in(const struct bench *bench, uint64_t seed, size_t cut,
                             struct sim_script *script)
{
    struct sim_action *action = &script->actions[0];
    const double sign = seed / MISSES % 2 == 0 ? 1.0 : -1.0;
    const double more = (double)(seed % 5) * 0.4;
    const double begins_s = SIM_TRAVEL_S + SIM_APPROACH_S + SIM_CONTACT_S;
    const double ends_s = begins_s + action->depth_mm / action->feed_mm_s;
    switch (seed % MISSES) {
    case 0:
        action->offset_mm = sign * (4.0 + more);
        return NAV_ALARM_OFF_PLANE;
    case 1:
        action->pitch_deg = sign * (6.0 + more);
        return NAV_ALARM_OFF_ANGLE;
    case 2:
        action->depth_mm += 6.0 + more;
        return NAV_ALARM_OVER_DEPTH;
    case 3:
        if (bench->has_target[cut]) {
            action->offset_mm = bench->target_offset_mm[cut];
            action->depth_mm += bench->target_deeper_mm[cut];
            return NAV_ALARM_STOP_DISTANCE;
        }
        action->roll_deg = sign * (6.0 + more);
        return NAV_ALARM_OFF_ANGLE;
    default:
        script->fault_count = 1;
        script->faults[0] =
            (struct sim_fault){.from_s = ends_s, /* at full depth: surely in the bone */
                               .to_s = ends_s + 0.8,
                               .kind = SIM_FAULT_HIDE,
                               .device = seed % MISSES == 4 ? SIM_ON_TOOL : SIM_ON_REFERENCE};
        return seed % MISSES == 4 ? NAV_ALARM_TOOL_LOST : NAV_ALARM_REFERENCE_LOST;
    }
}

static void near_misses_alarm(struct bench *bench)
{
    uint32_t raised[NAV_ALARM_COUNT] = {0};
    for (uint64_t seed = 0; seed < SEEDS; ++seed) {
        const size_t cut = (seed / MISSES) % bench->cut_count;
        struct sim_script script = quick_script(&bench->surgery, cut);
        const enum nav_alarm code = put_in(bench, seed, cut, &script);
        struct surgery_outcome outcome;
        surgery_run(&bench->surgery, &script, 1000 + seed, NULL, NULL, &outcome);
        if (outcome.began[code] == 0 ||
            (code == NAV_ALARM_STOP_DISTANCE && outcome.stopped_at[bench->target[cut]] == 0)) {
            fail_msg("seed %u, %s: no %s", (unsigned)seed, outcome.cut.name, nav_alarm_name(code));
        }
        ++raised[code];
    }
    static const enum nav_alarm expected[] = {NAV_ALARM_OFF_PLANE,  NAV_ALARM_OFF_ANGLE,
                                              NAV_ALARM_OVER_DEPTH, NAV_ALARM_STOP_DISTANCE,
                                              NAV_ALARM_TOOL_LOST,  NAV_ALARM_REFERENCE_LOST};
    for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); ++i) {
        assert_true(raised[expected[i]] > 0); /* each kind was put in */
    }
}

static void open_phantom(struct bench *bench)
{
    char path[512];
    const char *folder = getenv("OSTEONAV_PHANTOM");
    assert_non_null(folder);
    (void)snprintf(path, sizeof(path), "%s/case.yaml", folder);
    open_bench(bench, path);
}

/* Writes over the first `find`, byte for byte. */
static void overwrite(char *text, const char *find, const char *words)
{
    char *at = strstr(text, find);
    assert_true(at != NULL && strlen(find) == strlen(words));
    memcpy(at, words, strlen(words));
}

/* The real pelvis with an osteotome, its reference on the iliac crest, and a second cut: through
 * the left ala, from behind. */
static void open_real(struct bench *bench)
{
    static const char tool[] = "tools:\n"
                               "  - name: Osteotome\n"
                               "    device: OsteotomeToTracker\n"
                               "    tip_mm: [12, -8, -215]\n"
                               "    axis: [0, 0, -1]\n"
                               "    geometry: {shape: blade, length_mm: 180, width_mm: 20, "
                               "thickness_mm: 2, up: [0, 1, 0]}\n";
    static const char cut[] = "cuts:\n"
                              "  - name: Left ala\n"
                              "    point_mm: [40, -45, 190]\n"
                              "    normal: [1, 0, 0]\n"
                              "    u: [0, 0, 1]\n"
                              "    size_mm: [60, 80]\n"
                              "    depth_mm: 55\n"
                              "    kerf_mm: 1.5\n"
                              "    margin_side: negative\n";
    char data[512];
    char folder[] = "/tmp/surgery-XXXXXX";
    char command[1600];
    char path[64];
    test_data_path("anatomy/totalsegmentator_pelvis_case_LPS_mm/sacrum.stl", data, sizeof(data));
    *strstr(data, "/anatomy/") = '\0';
    assert_non_null(mkdtemp(folder));
    (void)snprintf(command, sizeof(command), "%s/tools/real-case '%s' %s >/dev/null",
                   getenv("OSTEONAV_SOURCE"), data, folder);
    assert_int_equal(system(command), 0);
    (void)snprintf(path, sizeof(path), "%s/case.yaml", folder);
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    static char text[16384];
    static char changed[20000];
    text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
    (void)fclose(file);
    overwrite(text, "-54.497", " 80.000");
    overwrite(text, "63.791", "20.000");
    overwrite(text, "-132.124", " 230.000");
    char *tools = strstr(text, "tools:\n");
    char *cuts = strstr(text, "cuts:\n");
    assert_true(tools != NULL && cuts != NULL && tools < cuts);
    (void)snprintf(changed, sizeof(changed), "%.*s%s%.*s%s%s", (int)(tools - text), text, tool,
                   (int)(cuts - tools - 7), tools + 7, cut, cuts + 6);
    file = fopen(path, "we");
    assert_non_null(file);
    assert_true(fputs(changed, file) >= 0 && fclose(file) == 0);
    open_bench(bench, path);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(folder), 0);
}

static struct bench bench;

static void clean_runs_in_the_phantom(void **state)
{
    (void)state;
    open_phantom(&bench);
    clean_runs_do_not_alarm(&bench);
}

static void near_misses_in_the_phantom(void **state)
{
    (void)state;
    near_misses_alarm(&bench);
    surgery_close(&bench.surgery);
}

static void clean_runs_in_a_real_pelvis(void **state)
{
    (void)state;
    open_real(&bench);
    clean_runs_do_not_alarm(&bench);
}

static void near_misses_in_a_real_pelvis(void **state)
{
    (void)state;
    if (bench.surgery.planned == NULL) {
        skip(); /* there is no pelvis here */
    }
    near_misses_alarm(&bench);
    surgery_close(&bench.surgery);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clean_runs_in_the_phantom),
        cmocka_unit_test(near_misses_in_the_phantom),
        cmocka_unit_test(clean_runs_in_a_real_pelvis),
        cmocka_unit_test(near_misses_in_a_real_pelvis),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
