/* Random faults: what must hold of every scene, whatever comes in. */
#include "tracking_fixture.h"

#include <stdlib.h>

/* xorshift64*: the same numbers on every machine. */
struct dice {
    uint64_t state;
};

static uint64_t roll(struct dice *dice)
{
    dice->state ^= dice->state >> 12;
    dice->state ^= dice->state << 25;
    dice->state ^= dice->state >> 27;
    return dice->state * UINT64_C(0x2545F4914F6CDD1D);
}

static uint64_t below(struct dice *dice, uint64_t limit)
{
    return (roll(dice) >> 11) % limit;
}

static bool chance(struct dice *dice, unsigned percent)
{
    return below(dice, 100) < percent;
}

static double unit(struct dice *dice)
{
    return (double)(roll(dice) >> 11) * 0x1.0p-53;
}

/* A world that misbehaves: the hidden truth, and the senders' clocks. */
struct world {
    struct dice dice;
    unsigned trouble; /* percent of the samples that may be faulty */
    int64_t now_ns;
    int64_t clock_ns[3]; /* each sender's clock - ours */
    struct nav_scene_peer peers[3];
    uint32_t peer_count;
};

static const double special[] = {0.0, -0.0, 1.0, -1.0, 1e38, -1e300, 5e-324};

static void spoil(struct world *world, struct nav_pose_sample *sample)
{
    struct dice *dice = &world->dice;
    double *const where =
        chance(dice, 70) ? &sample->R[below(dice, 9)] : &sample->t_mm[below(dice, 3)];
    switch (below(dice, 7)) {
    case 0:
        *where = (double)NAN;
        break;
    case 1:
        *where = (double)INFINITY;
        break;
    case 2:
        *where = special[below(dice, sizeof(special) / sizeof(special[0]))];
        break;
    case 3:
        *where += 0.01 * (unit(dice) - 0.5);
        break;
    case 4:
        memset(sample->R, 0, sizeof(sample->R));
        break;
    case 5:
        sample->error_mm = (float)(2.0 * unit(dice) - 0.1);
        break;
    default:
        sample->status = (enum nav_sender_status)below(dice, 9);
        break;
    }
}

static struct nav_pose_sample next_sample(struct world *world)
{
    struct dice *dice = &world->dice;
    const bool trouble = chance(dice, world->trouble);
    const uint32_t source = trouble && chance(dice, 5) ? (uint32_t)below(dice, 3) : 0;
    const uint32_t device = (uint32_t)below(dice, 4); /* 3: not ours */
    if (trouble && chance(dice, 1)) {
        static const int64_t steps_ms[] = {-3600000, -1000, -60, -20, 20, 60, 1000, 3600000};
        world->clock_ns[source] += steps_ms[below(dice, 8)] * MS;
    }
    struct nav_pose_sample sample =
        fixture_sample(device, world->now_ns, 0, (double)world->now_ns * 1e-9);
    sample.source = source;
    sample.device_ns = trouble && chance(dice, 5)
                           ? 0
                           : world->now_ns / (10 * MS) * (10 * MS) + world->clock_ns[source];
    sample.arrival_ns =
        world->now_ns - (trouble && chance(dice, 3) ? (int64_t)below(dice, 300) * MS : 0);
    if (trouble && chance(dice, 20)) {
        spoil(world, &sample);
    }
    return sample;
}

static void change_peers(struct world *world, struct trk_navigator *navigator)
{
    world->peer_count = (uint32_t)below(&world->dice, 4);
    for (uint32_t i = 0; i < 3; ++i) {
        world->peers[i].slot = i;
        (void)snprintf(world->peers[i].address, NAV_NAME_SIZE, "127.0.0.1:%u",
                       5000 + (unsigned)below(&world->dice, 2));
    }
    const uint32_t total = chance(&world->dice, 80) ? world->peer_count : 20;
    trk_navigator_set_peers(navigator, world->peers, world->peer_count, total);
}

/* What commands decide: registrations, checks, what is being touched. */
static void command(struct dice *dice, int64_t now_ns, struct trk_navigator *navigator)
{
    static const double deviations_mm[] = {0.0, 0.4, 1.2, 5.0, -1.0, (double)NAN};
    struct nav_scene_collection collection = {.kind = (uint32_t)below(dice, 3),
                                              .progress = unit(dice)};
    struct trk_registration_in_force registration = {
        .T_image_reference = {.q = {0.0, 0.0, 0.0, 1.0}, .t_mm = {unit(dice), 0.0, 5.0}},
        .source = "live",
        .fre_mm = unit(dice),
        .tre_mm = (double)NAN,
        .accepted = chance(dice, 70),
        .overridden = chance(dice, 30),
        .at_ns = now_ns,
    };
    switch (below(dice, 4)) {
    case 0:
        (void)!trk_navigator_set_registration(navigator, &registration);
        break;
    case 1:
        trk_navigator_note_refused(navigator, chance(dice, 50));
        break;
    case 2:
        trk_navigator_set_collection(navigator, &collection);
        break;
    default:
        (void)!trk_navigator_note_check(navigator, now_ns, deviations_mm[below(dice, 6)]);
        break;
    }
}

static bool all_finite(const double *values, size_t count)
{
    for (size_t i = 0; i < count; ++i) {
        if (!isfinite(values[i])) {
            return false;
        }
    }
    return true;
}

static bool all_nan(const double *values, size_t count)
{
    for (size_t i = 0; i < count; ++i) {
        if (!isnan(values[i])) {
            return false;
        }
    }
    return true;
}

static void check_tool(const struct nav_scene *scene, const struct nav_scene_tool *tool)
{
    const bool live = tool->state == NAV_TOOL_TRACKED || tool->state == NAV_TOOL_STALE;
    if (tool->has_pose) {
        assert_true(live);
        assert_true(tool->age_ns >= 0 && tool->age_ns <= scene->withhold_ns);
        assert_int_equal(tool->state == NAV_TOOL_STALE, tool->age_ns > scene->caution_ns);
        assert_true(tool->smoothing_delay_ns >= 0 && tool->smoothing_delay_ns <= tool->age_ns);
        assert_true(all_finite(tool->tip_image_mm, 3) && all_finite(tool->axis_image, 3) &&
                    all_finite(tool->R_image, 9) && nav_pose_is_valid(&tool->T_image_tool));
        assert_near(nav_rigidity_of(tool->R_image).determinant, 1.0, 1e-9);
        assert_true(scene->registration.present);
    } else {
        assert_true(all_nan(tool->tip_image_mm, 3) && all_nan(tool->axis_image, 3) &&
                    all_nan(tool->R_image, 9) && all_nan(tool->T_image_tool.q, 4) &&
                    all_nan(tool->T_image_tool.t_mm, 3));
        assert_int_not_equal(tool->reason, NAV_REASON_NONE);
    }
    assert_true(tool->state <= NAV_TOOL_INVALID && tool->reason < NAV_REASON_COUNT);
    assert_true((tool->age_ns == -1) == (tool->accepted == 0) ||
                tool->reason == NAV_REASON_REFERENCE_LOST ||
                tool->reason == NAV_REASON_REFERENCE_INVALID);
}

static long scenes_by_trust[3];

static void check_scene(const struct nav_scene *scene)
{
    bool shown = false;
    ++scenes_by_trust[scene->trust];
    for (uint32_t i = 0; i < scene->tool_count; ++i) {
        check_tool(scene, &scene->tools[i]);
        shown = shown || scene->tools[i].has_pose != 0;
    }
    uint32_t worst = NAV_TRUST_OK;
    for (uint32_t i = 0; i < scene->reason_count; ++i) {
        assert_true(scene->reasons[i].reason > NAV_REASON_NONE &&
                    scene->reasons[i].reason < NAV_REASON_COUNT);
        worst = scene->reasons[i].trust < worst ? scene->reasons[i].trust : worst;
        assert_true(i == 0 || scene->reasons[i - 1].trust <= scene->reasons[i].trust);
    }
    assert_int_equal(scene->trust, worst);
    if (!shown) {
        assert_trust(scene, NAV_TRUST_WITHHELD);
    }
    const bool reference_live =
        scene->reference.state == NAV_TOOL_TRACKED || scene->reference.state == NAV_TOOL_STALE;
    if (scene->reference.required && !reference_live) {
        assert_trust(scene, NAV_TRUST_WITHHELD);
        for (uint32_t i = 0; i < scene->tool_count; ++i) {
            assert_int_equal(scene->tools[i].has_pose, 0);
        }
    }
}

/* Runs two navigators on the same inputs; one writes its scenes over garbage. */
static void run_world(uint64_t seed, int scenes)
{
    struct world world = {.dice = {seed}, .now_ns = fixture_t0};
    struct trk_config config = fixture_config();
    static const unsigned troubles[] = {100, 20, 2};
    world.trouble = troubles[below(&world.dice, 3)];
    config.limits.require_status = chance(&world.dice, 50);
    config.limits.smoothing_ns = (int64_t)below(&world.dice, 3) * 50 * MS;
    config.has_registration = !chance(&world.dice, 10);
    for (int i = 0; i < 3; ++i) {
        world.clock_ns[i] = fixture_utc - fixture_t0 + (int64_t)below(&world.dice, 1000) * MS;
    }
    struct trk_navigator *first = fixture_navigator(&config);
    struct trk_navigator *second = fixture_navigator(&config);
    static struct nav_scene scene;
    static struct nav_scene twin;
    for (int i = 0; i < scenes; ++i) {
        world.now_ns += (int64_t)below(&world.dice, chance(&world.dice, 2) ? 600 : 12) * MS / 2;
        for (uint64_t count = below(&world.dice, 6); count > 0; --count) {
            const struct nav_pose_sample sample = next_sample(&world);
            assert_int_equal(trk_navigator_push(first, &sample),
                             trk_navigator_push(second, &sample));
        }
        if (chance(&world.dice, world.trouble) && chance(&world.dice, 1)) {
            struct world copy = world;
            change_peers(&copy, first);
            change_peers(&world, second);
        }
        if (chance(&world.dice, 1)) {
            struct dice copy = world.dice;
            command(&copy, world.now_ns, first);
            command(&world.dice, world.now_ns, second);
        }
        memset(&twin, (int)below(&world.dice, 256), sizeof(twin));
        const int64_t later_ns = world.now_ns + (int64_t)below(&world.dice, 3) * MS;
        trk_navigator_scene(first, later_ns, later_ns, &scene);
        trk_navigator_scene(second, later_ns, later_ns, &twin);
        assert_memory_equal(&scene, &twin, sizeof(scene));
        check_scene(&scene);
    }
    trk_navigator_destroy(first);
    trk_navigator_destroy(second);
}

static void test_random_faults(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 50; ++seed) {
        run_world(seed * UINT64_C(0x9E3779B97F4A7C15), 2000);
    }
    print_message("scenes: %ld withheld, %ld caution, %ld ok\n", scenes_by_trust[0],
                  scenes_by_trust[1], scenes_by_trust[2]);
    /* the worlds are neither always broken nor always whole */
    for (int i = 0; i < 3; ++i) {
        assert_true(scenes_by_trust[i] > 1000);
    }
}

/* Every pose shown is a pair that was really sent for one instant, or two at most 20 ms apart. The
 * tool's x and the reference's x both tell their time, so that a mixture shows in the tip. */
static void test_pairs_are_of_one_instant(void **state)
{
    (void)state;
    struct dice dice = {42};
    struct trk_config config = fixture_config();
    config.T_image_reference = nav_pose_identity();
    memset(config.tools[STYLUS].tip_mm, 0, sizeof(config.tools[STYLUS].tip_mm));
    struct trk_navigator *navigator = fixture_navigator(&config);
    static struct nav_scene scene;
    int64_t now_ns = 0;
    int shown = 0;
    for (int i = 0; i < 20000; ++i) {
        now_ns += (int64_t)below(&dice, 20) * MS;
        for (uint32_t device = 0; device <= REFERENCE; device += REFERENCE) {
            if (chance(&dice, 25)) {
                continue; /* lost on its way */
            }
            struct nav_pose_sample sample =
                fixture_sample(device, fixture_t0 + now_ns, fixture_utc + now_ns, 0.0);
            const double one[9] = {1, 0, 0, 0, 1, 0, 0, 0, 1};
            memcpy(sample.R, one, sizeof(one));
            const double at_ms = (double)(now_ns % (5000 * MS)) / (double)MS;
            sample.t_mm[0] = at_ms; /* both move together: 0 apart at one instant, 1 mm a ms */
            sample.t_mm[1] = sample.t_mm[2] = 0.0;
            (void)!trk_navigator_push(navigator, &sample);
        }
        fixture_scene(navigator, now_ns, &scene);
        if (scene.tools[STYLUS].has_pose && now_ns % (5000 * MS) > 500 * MS) {
            assert_true(fabs(scene.tools[STYLUS].tip_image_mm[0]) <= 20.0 + 1e-9);
            ++shown;
        }
    }
    assert_true(shown > 10000);
    trk_navigator_destroy(navigator);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_faults),
        cmocka_unit_test(test_pairs_are_of_one_instant),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
