/* `osteonav-display-images CASE DIR`: the pictures of the documentation, one for each state.
 *
 * Not for the theatre and not installed: it makes up scenes, as a core in that state would publish
 * them, and draws them with the display's own code. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "case.h"
#include "case_screen.h"
#include "image.h"
#include "nav/time.h"
#include "offscreen.h"
#include "screen.h"

/* The page shows them small; what matters must still be legible. */
enum { WIDTH = 1280, HEIGHT = 720 };

static const int64_t now_ns = INT64_C(3600) * NAV_NS_PER_S;
static const int64_t utc_ns = INT64_C(1700000000) * NAV_NS_PER_S; /* a fixed moment */

struct shot {
    const char *name;
    enum rnd_layout layout;
    enum rnd_preset view;
    void (*arrange)(struct nav_scene *scene); /* NULL: no core */
    int64_t delay_ns;                         /* between scene and picture */
    bool help;
    bool flat;
    bool at_cut;
};

static void say(struct nav_scene *scene, enum nav_trust trust, enum nav_reason reason, int tool)
{
    scene->trust = trust;
    scene->reasons[scene->reason_count++] =
        (struct nav_scene_reason){.reason = reason, .tool = tool, .trust = trust};
}

static void lose(struct nav_scene_tool *tool, enum nav_tool_state state, int64_t age_ns)
{
    tool->state = state;
    tool->has_pose = 0;
    tool->age_ns = age_ns;
    tool->arrival_ns = age_ns < 0 ? 0 : now_ns - age_ns;
}

static void arrange_live(struct nav_scene *scene)
{
    (void)scene;
}

static void arrange_simulation(struct nav_scene *scene)
{
    scene->mode = NAV_MODE_SIMULATION;
}

static void arrange_replay(struct nav_scene *scene)
{
    scene->mode = NAV_MODE_REPLAY;
}

static void arrange_reference_lost(struct nav_scene *scene)
{
    const int64_t age_ns = 800 * NAV_NS_PER_MS;
    scene->reference.state = NAV_TOOL_LOST;
    scene->reference.arrival_ns = now_ns - age_ns;
    scene->reference.age_ns = age_ns;
    lose(&scene->tools[0], NAV_TOOL_LOST, age_ns);
    say(scene, NAV_TRUST_WITHHELD, NAV_REASON_REFERENCE_LOST, NAV_SUBJECT_NONE);
}

static void arrange_unregistered(struct nav_scene *scene)
{
    scene->registration.present = 0;
    lose(&scene->tools[0], NAV_TOOL_LOST, 10 * NAV_NS_PER_MS);
    say(scene, NAV_TRUST_WITHHELD, NAV_REASON_NO_REGISTRATION, NAV_SUBJECT_NONE);
}

static void arrange_invalid(struct nav_scene *scene)
{
    lose(&scene->tools[0], NAV_TOOL_INVALID, 400 * NAV_NS_PER_MS);
    say(scene, NAV_TRUST_WITHHELD, NAV_REASON_TOOL_INVALID, 0);
}

static const struct shot shots[] = {
    {.name = "live", .arrange = arrange_live},
    {.name = "late", .arrange = arrange_live, .delay_ns = 160 * NAV_NS_PER_MS},
    {.name = "tool-not-visible", .arrange = arrange_invalid},
    {.name = "reference-lost", .arrange = arrange_reference_lost},
    {.name = "unregistered", .arrange = arrange_unregistered},
    {.name = "core-hangs", .arrange = arrange_live, .delay_ns = 900 * NAV_NS_PER_MS},
    {.name = "no-core"},
    {.name = "simulation", .view = RND_PRESET_OBLIQUE, .arrange = arrange_simulation},
    {.name = "replay", .arrange = arrange_replay},
    {.name = "assistant", .layout = RND_LAYOUT_ASSISTANT, .arrange = arrange_live},
    {.name = "slices", .layout = RND_LAYOUT_SLICES, .arrange = arrange_live},
    {.name = "slices-not-live", .layout = RND_LAYOUT_SLICES, .arrange = arrange_invalid},
    {.name = "cut", .at_cut = true, .arrange = arrange_live},
    {.name = "no-3d", .flat = true, .arrange = arrange_live},
    {.name = "help", .help = true, .arrange = arrange_live},
};

/* The first tool on the first cut, halfway along its entry edge and a little deep, as in use. */
static void place_tool(const struct cfg_case *loaded, struct nav_scene_tool *tool)
{
    const struct cfg_tool *shape = &loaded->tools[0];
    double direction[3] = {0.0, -1.0, 0.0};
    double across[3] = {1.0, 0.0, 0.0};
    double point[3] = {0.0, 0.0, 0.0};
    if (loaded->cut_count > 0) {
        const struct cfg_cut *cut = &loaded->cuts[0];
        for (int i = 0; i < 3; ++i) {
            const int j = (i + 1) % 3;
            const int k = (i + 2) % 3;
            direction[i] = cut->normal[j] * cut->u[k] - cut->normal[k] * cut->u[j];
        }
        for (int i = 0; i < 3; ++i) {
            across[i] = cut->u[i];
            point[i] = cut->point_mm[i] + 14.0 * direction[i] - 0.18 * cut->size_mm[0] * cut->u[i];
        }
    }
    /* Columns: the tool's axis, its face normal and their cross product, in the image and in the
     * tool; R takes the latter to the former. */
    double image[3][3];
    double local[3][3];
    for (int i = 0; i < 3; ++i) {
        const int j = (i + 1) % 3;
        const int k = (i + 2) % 3;
        image[i][0] = direction[i];
        image[i][1] = across[j] * direction[k] - across[k] * direction[j];
        image[i][2] = across[i];
        local[i][0] = shape->axis[i];
        local[i][1] = shape->up[i];
        local[i][2] = shape->axis[j] * shape->up[k] - shape->axis[k] * shape->up[j];
    }
    double R[9];
    for (int row = 0; row < 3; ++row) {
        for (int column = 0; column < 3; ++column) {
            R[3 * row + column] = 0.0;
            for (int k = 0; k < 3; ++k) {
                R[3 * row + column] += image[row][k] * local[column][k];
            }
        }
    }
    const double zero[3] = {0.0, 0.0, 0.0};
    if (nav_pose_from_matrix(R, zero, 1e-6, &tool->T_image_tool) != NAV_OK) {
        tool->T_image_tool = nav_pose_identity();
    }
    double tip[3];
    nav_pose_apply(&tool->T_image_tool, shape->tip_mm, tip);
    for (int i = 0; i < 3; ++i) {
        tool->T_image_tool.t_mm[i] = point[i] - tip[i];
        tool->tip_image_mm[i] = point[i];
    }
}

static void good_scene(const struct cfg_case *loaded, struct nav_scene *scene)
{
    memset(scene, 0, sizeof(*scene));
    scene->version = NAV_SCENE_VERSION;
    scene->size = sizeof(*scene);
    scene->seq = 1;
    scene->time_ns = now_ns;
    scene->case_id = loaded->case_id;
    scene->trust = NAV_TRUST_OK;
    scene->caution_ns = (int64_t)(loaded->limits.caution_age_ms * (double)NAV_NS_PER_MS);
    scene->withhold_ns = (int64_t)(loaded->limits.withhold_age_ms * (double)NAV_NS_PER_MS);
    scene->pose_count = 4711;
    scene->pose_arrival_ns = now_ns - 7 * NAV_NS_PER_MS;
    scene->peer_count = scene->peers_total = 1;
    scene->registration.present = loaded->has_registration;
    scene->registration.fre_mm = loaded->registration_fre_mm;
    scene->reference.required = loaded->has_reference;
    scene->reference.state = NAV_TOOL_TRACKED;
    scene->reference.arrival_ns = scene->pose_arrival_ns;
    scene->reference.age_ns = 7 * NAV_NS_PER_MS;
    scene->tool_count = (uint32_t)loaded->tool_count;
    for (uint32_t i = 0; i < scene->tool_count; ++i) {
        struct nav_scene_tool *tool = &scene->tools[i];
        memcpy(tool->name, loaded->tools[i].name, sizeof(tool->name));
        lose(tool, NAV_TOOL_NEVER, -1);
    }
    struct nav_scene_tool *tool = &scene->tools[0];
    tool->state = NAV_TOOL_TRACKED;
    tool->has_pose = 1;
    tool->arrival_ns = scene->pose_arrival_ns;
    tool->age_ns = 7 * NAV_NS_PER_MS;
    place_tool(loaded, tool);
}

static enum nav_status draw_shot(const struct cfg_case *loaded, const struct shot *shot,
                                 const char *folder, uint8_t *rgb)
{
    const struct rnd_screen_options options = {
        .layout = shot->layout,
        .view = shot->view,
        .flat = shot->flat,
        .at_cut = shot->at_cut,
        .side = shot->layout == RND_LAYOUT_ASSISTANT ? RND_SIDE_HEAD : RND_SIDE_FOOT};
    struct rnd_case facts;
    case_screen_facts(loaded, &facts);
    struct rnd_screen *screen = NULL;
    const char *what = "";
    struct nav_scene scene;
    enum nav_status status = rnd_screen_create(&options, &facts, &screen);
    if (status == NAV_OK) {
        status = case_screen_fill(loaded, screen, &what);
    }
    if (status == NAV_OK) {
        status = rnd_screen_resize(screen, WIDTH, HEIGHT);
    }
    if (status == NAV_OK) {
        if (shot->help) {
            rnd_screen_toggle_help(screen);
        }
        good_scene(loaded, &scene);
        if (shot->arrange != NULL) {
            shot->arrange(&scene);
        }
        const struct rnd_moment moment = {
            .now_ns = now_ns + shot->delay_ns,
            .utc_ns = utc_ns,
            .core_alive = shot->arrange != NULL,
            .scene = shot->arrange != NULL ? &scene : NULL,
        };
        status = rnd_screen_draw(screen, &moment);
        /* Sixty pictures have been shown in the last second: rate and age are known. */
        for (int i = 0; i < 60; ++i) {
            rnd_screen_presented(screen, now_ns + shot->delay_ns - i * NAV_NS_PER_S / 60);
        }
        if (status == NAV_OK) {
            status = rnd_screen_draw(screen, &moment);
        }
        status = status == NAV_AGAIN ? NAV_OK : status;
    }
    if (status == NAV_OK) {
        char path[4096];
        rnd_screen_read(screen, rgb);
        (void)snprintf(path, sizeof(path), "%s/display-%s.png", folder, shot->name);
        status = rnd_image_write_png(path, rgb, WIDTH, HEIGHT);
        puts(path);
    }
    rnd_screen_destroy(screen);
    return status;
}

int main(int argc, char **argv)
{
    if (argc != 3 || strcmp(argv[1], "--help") == 0) {
        fputs("usage: osteonav-display-images CASE.yaml DIR\n\n"
              "Writes DIR/display-STATE.png for each state of the display, from made-up scenes.\n",
              argc == 2 ? stdout : stderr);
        return argc == 2 ? 0 : 2;
    }
    struct cfg_case *loaded = NULL;
    struct cfg_error error;
    if (cfg_case_load_meshes(argv[1], &loaded, &error) != NAV_OK) {
        fprintf(stderr, "osteonav-display-images: %s\n", error.text);
        return 1;
    }
    struct rnd_offscreen *offscreen = NULL;
    uint8_t *rgb = malloc((size_t)WIDTH * HEIGHT * 3);
    enum nav_status status = rgb != NULL ? rnd_offscreen_create(&offscreen) : NAV_ERR_MEMORY;
    for (size_t i = 0; status == NAV_OK && i < sizeof(shots) / sizeof(shots[0]); ++i) {
        status = draw_shot(loaded, &shots[i], argv[2], rgb);
    }
    if (status != NAV_OK) {
        fprintf(stderr, "osteonav-display-images: %s; check that %s exists\n",
                nav_status_text(status), argv[2]);
    }
    rnd_offscreen_destroy(offscreen);
    free(rgb);
    cfg_case_destroy(loaded);
    return status == NAV_OK ? 0 : 1;
}
