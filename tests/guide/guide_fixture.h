/* A guide with a bone, a nerve, a vessel and a tumour that are boxes, two cuts, an osteotome, a
 * burr and a pointer; scenes are made by hand.
 *
 * The bone fills x -40..40, y 0..60, z -30..30. Cut A is the plane z = 0, entered at y = 0, its
 * direction v = +y, the tumour above it (margin side +1); cut B is z = -20. The nerve lies behind
 * the far cortex at y 66..70, x -2..2; the vessel beside the bone at x 44..48. All tools are in the
 * image as their pose says: tip at the origin, axis +y, flat side up (+z). */
#ifndef GUIDE_FIXTURE_H
#define GUIDE_FIXTURE_H

#include <math.h>
#include <string.h>

#include "guide.h"
#include "mesh_query.h"
#include "nav/time.h"
#include "test_data.h"

#define MS NAV_NS_PER_MS

enum { OSTEOTOME = 0, BURR, POINTER, TOOLS };
enum { CUT_A = 0, CUT_B, CUTS };
enum { BONE = 0, NERVE, VESSEL, TUMOUR, STRUCTURES };

struct bench {
    struct trk_mesh *meshes[STRUCTURES];
    struct trk_guide_config config;
    struct trk_guide *guide;
    struct nav_scene scene;
    struct trk_reply reply;
    int64_t now_ns;
    bool live[TOOLS];
    struct nav_pose poses[TOOLS];
};

static struct bench bench;

static inline struct trk_mesh *box_mesh(const double min[3], const double max[3])
{
    static const uint32_t triangles[36] = {0, 2, 1, 1, 2, 3, 4, 5, 6, 5, 7, 6, 0, 1, 4, 1, 5, 4,
                                           2, 6, 3, 3, 6, 7, 0, 4, 2, 2, 4, 6, 1, 3, 5, 3, 7, 5};
    float vertices[24];
    for (uint32_t i = 0; i < 8; ++i) {
        for (uint32_t k = 0; k < 3; ++k) {
            vertices[3 * i + k] = (float)((i >> k & 1u) != 0 ? max[k] : min[k]);
        }
    }
    struct trk_mesh *mesh = NULL;
    assert_int_equal(trk_mesh_create(vertices, 8, triangles, 12, &mesh), NAV_OK);
    return mesh;
}

static inline struct trk_guide_limits fixture_guide_limits(void)
{
    return (struct trk_guide_limits){
        .offset_mm = {.caution = 1, .stop = 2, .hysteresis = 0.3},
        .angle_deg = {.caution = 2, .stop = 4, .hysteresis = 0.3},
        .depth_caution_mm = 2,
        .over_depth_mm = 1,
        .hysteresis_mm = 0.3,
        .uncertainty_factor = 1,
        .tre_default_mm = 0.6,
        .calibration_default_mm = 0.3,
        .tracker_default_mm = 0.2,
        .contact_mm = 0.5,
        .suggest_mm = 15,
        .suggest_deg = 20,
        .suggest_hold_ns = 500 * MS,
        .alarm_hold_ns = 500 * MS,
        .hold = trk_dwell_limits_default(),
    };
}

static inline void add_tool(uint32_t index, const char *name, enum nav_guide guide, double width_mm,
                            double thickness_mm)
{
    struct trk_guide_tool *tool = &bench.config.tools[index];
    *tool = (struct trk_guide_tool){
        .guide = guide,
        .shape = {.axis = {0, 1, 0},
                  .up = {0, 0, 1},
                  .width_mm = width_mm,
                  .length_mm = 100,
                  .shaft_radius_mm = 0.5 * thickness_mm},
        .thickness_mm = thickness_mm,
        .calibration_mm = NAN,
    };
    (void)snprintf(tool->name, sizeof(tool->name), "%s", name);
}

static inline void add_structure(uint32_t index, const char *name, enum nav_role role,
                                 const double min[3], const double max[3])
{
    struct trk_guide_structure *structure = &bench.config.structures[index];
    bench.meshes[index] = box_mesh(min, max);
    *structure = (struct trk_guide_structure){.role = role, .mesh = bench.meshes[index]};
    if (role != NAV_ROLE_BONE) {
        structure->caution_mm = 5;
        structure->stop_mm = 2;
    }
    (void)snprintf(structure->name, sizeof(structure->name), "%s", name);
}

static inline void add_cut(uint32_t index, const char *name, double z_mm)
{
    bench.config.cuts[index] = (struct trk_guide_cut){
        .plan = {.point_mm = {0, 0, z_mm},
                 .normal = {0, 0, 1},
                 .u = {1, 0, 0},
                 .size_mm = {60, 60},
                 .depth_mm = 40,
                 .kerf_mm = NAN,
                 .margin_side = 1},
    };
    (void)snprintf(bench.config.cuts[index].name, NAV_NAME_SIZE, "%s", name);
}

static inline void start_guide(void)
{
    trk_guide_destroy(bench.guide);
    bench.guide = NULL;
    assert_int_equal(trk_guide_create(&bench.config, &bench.guide), NAV_OK);
    bench.now_ns = 1000 * MS;
    memset(bench.live, 0, sizeof(bench.live));
}

static int fixture_setup(void **state)
{
    memset(&bench, 0, sizeof(bench));
    bench.config.limits = fixture_guide_limits();
    bench.config.tool_count = TOOLS;
    bench.config.cut_count = CUTS;
    bench.config.structure_count = STRUCTURES;
    add_tool(OSTEOTOME, "Osteotome", NAV_GUIDE_BLADE, 20, 2);
    add_tool(BURR, "Burr", NAV_GUIDE_AXIS, 0, 4);
    add_tool(POINTER, "Pointer", NAV_GUIDE_NONE, 0, 3);
    add_cut(CUT_A, "A", 0);
    add_cut(CUT_B, "B", -20);
    add_structure(BONE, "Sacrum", NAV_ROLE_BONE, (const double[]){-40, 0, -30},
                  (const double[]){40, 60, 30});
    add_structure(NERVE, "S2", NAV_ROLE_NERVE, (const double[]){-2, 66, -3},
                  (const double[]){2, 70, 3});
    add_structure(VESSEL, "Vein", NAV_ROLE_VESSEL, (const double[]){44, 0, -30},
                  (const double[]){48, 60, 30});
    add_structure(TUMOUR, "Tumour", NAV_ROLE_TUMOUR, (const double[]){-10, 20, 12},
                  (const double[]){10, 40, 25});
    start_guide();
    *state = &bench;
    return 0;
}

static int fixture_teardown(void **state)
{
    (void)state;
    trk_guide_destroy(bench.guide);
    bench.guide = NULL;
    for (size_t i = 0; i < STRUCTURES; ++i) {
        trk_mesh_destroy(bench.meshes[i]);
    }
    return 0;
}

/* What the navigator would say of the poses as they are. */
static inline void make_scene(void)
{
    struct nav_scene *scene = &bench.scene;
    memset(scene, 0, sizeof(*scene));
    scene->version = NAV_SCENE_VERSION;
    scene->size = sizeof(*scene);
    scene->time_ns = bench.now_ns;
    scene->case_id = 7;
    scene->trust = NAV_TRUST_OK;
    scene->tool_count = TOOLS;
    scene->registration.present = 1;
    scene->registration.tre_mm = NAN;
    scene->registration.T_image_reference = nav_pose_identity();
    scene->reference.required = 1;
    scene->reference.state = NAV_TOOL_TRACKED;
    for (uint32_t i = 0; i < TOOLS; ++i) {
        struct nav_scene_tool *tool = &scene->tools[i];
        (void)snprintf(tool->name, sizeof(tool->name), "%s", bench.config.tools[i].name);
        tool->error_mm = NAN;
        tool->state = bench.live[i] ? NAV_TOOL_TRACKED : NAV_TOOL_LOST;
        tool->has_pose = bench.live[i] ? 1 : 0;
        tool->arrival_ns = bench.now_ns;
        tool->T_image_tool = bench.live[i] ? bench.poses[i] : nav_pose_identity();
    }
}

/* The next scene, 20 ms on, of what was made. */
static inline void advance(void)
{
    trk_guide_advance(bench.guide, &bench.scene);
    bench.now_ns += 20 * MS;
}

/* The tool's tip is there, held along +y and flat. */
static inline void hold_at(uint32_t tool, double x, double y, double z)
{
    bench.live[tool] = true;
    bench.poses[tool] = nav_pose_identity();
    bench.poses[tool].t_mm[0] = x;
    bench.poses[tool].t_mm[1] = y;
    bench.poses[tool].t_mm[2] = z;
    make_scene();
    advance();
}

/* The same scene again and again. */
static inline void wait_ms(int64_t ms)
{
    for (const int64_t end_ns = bench.now_ns + ms * MS; bench.now_ns < end_ns;) {
        make_scene();
        advance();
    }
}

static inline const struct nav_scene_alarm *alarm_of(enum nav_alarm code)
{
    for (uint32_t i = 0; i < bench.scene.alarm_count; ++i) {
        if (bench.scene.alarms[i].code == code) {
            return &bench.scene.alarms[i];
        }
    }
    return NULL;
}

#define assert_done(call)                                                                          \
    do {                                                                                           \
        call;                                                                                      \
        if (!bench.reply.done) {                                                                   \
            fail_msg("refused: %s", bench.reply.text);                                             \
        }                                                                                          \
    } while (0)

#define assert_refused(call, words)                                                                \
    do {                                                                                           \
        call;                                                                                      \
        if (bench.reply.done || strstr(bench.reply.text, words) == NULL) {                         \
            fail_msg("not refused with '%s': %s", words, bench.reply.text);                        \
        }                                                                                          \
    } while (0)

static inline void activate(const char *cut)
{
    assert_done(trk_guide_cut_activate(bench.guide, cut, bench.now_ns, &bench.reply));
}

static inline void assert_near_mm(double value, double expected)
{
    if (!(fabs(value - expected) <= 1e-6)) {
        fail_msg("%.9f instead of %.9f", value, expected);
    }
}

#endif
