#include "live_camera.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ar_gate.h"
#include "ar_reach.h"
#include "ar_view.h"
#include "case_mesh.h"
#include "cut_lines.h"
#include "film_child.h"
#include "lens_file.h"
#include "live_marks.h"
#include "marker_map.h"
#include "mount_file.h"
#include "nav/log.h"
#include "nav/time.h"
#include "pose_track.h"
#include "worker.h"

static const double CUT_BAR_MM = 2.0;
static const double NUMBER_BESIDE_MM = 7;
static const double MARKER_HOLD_MS = 20; /* a pose is held for at most, beyond the newest scene */

static const char peer_scheme[] = "igtl:";
static const char device_scheme[] = "v4l2:";

struct live_camera {
    const struct cfg_case *loaded;
    const struct cfg_camera *camera;
    void (*wake)(void *context);
    void *wake_context;
    struct cam_worker *worker;
    struct film_intake *intake; /* of pictures that come over OpenIGTLink; NULL: another source */
    char peer[CFG_SOURCE_SIZE]; /* "HOST:PORT", and behind its NUL the device */
    struct rnd_ar_view *view;
    struct rnd_ar_gate gate;
    struct rnd_lens lens;
    size_t body; /* of the reference, in the markers' file */
    struct nav_pose T_tool_camera;
    bool has_handeye;                    /* accepted; or none is needed */
    double plan_mm[4 * CFG_CUTS_MAX][3]; /* places of the plan, image space */
    size_t plan_count;
    enum rnd_ar_reason reason; /* of the last picture, for the log */

    pthread_mutex_t lock; /* of the tracks: poses come on the feed's thread */
    struct rnd_pose_track tracks[NAV_TOOLS_MAX];
    struct cam_ready *shown; /* with the model on it; NULL: none yet */
    float *scratch;
    struct rnd_ar_ink *ink;
    double cut_mm[CFG_CUTS_MAX][3]; /* where the cuts' numbers stand */
    struct rnd_camera seen_from;
    bool drawn;           /* the model, on the picture that is shown */
    uint32_t framebuffer; /* holds `shown`; 0: none does yet */
    int framebuffer_size_px[2];
    char words[128];
};

static int64_t ns_of_ms(double ms)
{
    return (int64_t)(ms * (double)NAV_NS_PER_MS);
}

/* ---- making --------------------------------------------------------------------------------- */

static bool add_models(struct live_camera *live)
{
    for (size_t i = 0; i < live->loaded->model_count; ++i) {
        const struct cfg_model *model = &live->loaded->models[i];
        const struct rnd_mesh mesh = case_mesh_view(model->mesh);
        if (rnd_ar_view_add_model(live->view, &mesh, model->colour, model->role == CFG_ROLE_BONE) !=
            NAV_OK) {
            return false;
        }
    }
    return true;
}

/* Each planned cut as a line on the bone, with its number at the line's end. */
static bool add_cut(struct live_camera *live, size_t index)
{
    static const float cut_colour[3] = {0.25F, 0.92F, 1.0F};
    const struct rnd_cut_shape shape = case_mesh_cut(&live->loaded->cuts[index]);
    double *end_mm = live->cut_mm[index];
    struct rnd_mesh_buffer line = {0};
    bool good = true;
    end_mm[0] = end_mm[1] = end_mm[2] = NAN;
    for (size_t i = 0; good && i < live->loaded->model_count; ++i) {
        const struct cfg_model *model = &live->loaded->models[i];
        const struct rnd_mesh mesh = case_mesh_view(model->mesh);
        good = model->role != CFG_ROLE_BONE ||
               cut_line_add(&shape, &mesh, CUT_BAR_MM, &line, end_mm) == NAV_OK;
    }
    if (good && line.triangle_count > 0) {
        const struct rnd_mesh mesh = rnd_mesh_of(&line);
        good = rnd_ar_view_add_model(live->view, &mesh, cut_colour, false) == NAV_OK;
    }
    for (int k = 0; k < 3; ++k) {
        const double beside_mm = isnan(end_mm[k]) ? shape.size_mm[0] / 2 : NUMBER_BESIDE_MM;
        end_mm[k] = (isnan(end_mm[k]) ? shape.point_mm[k] : end_mm[k]) + beside_mm * shape.u[k];
    }
    rnd_mesh_buffer_finish(&line);
    return good;
}

static bool add_cuts(struct live_camera *live)
{
    bool good = true;
    for (size_t i = 0; good && i < live->loaded->cut_count; ++i) {
        good = add_cut(live, i);
    }
    return good;
}

static bool add_tools(struct live_camera *live)
{
    for (size_t i = 0; i < live->loaded->tool_count; ++i) {
        const struct cfg_tool *tool = &live->loaded->tools[i];
        struct rnd_mesh_buffer body = {0};
        const struct rnd_tool_shape shape = case_mesh_tool(tool);
        bool good = true;
        if (tool->shape == CFG_SHAPE_MESH) {
            const struct rnd_mesh mesh = case_mesh_view(tool->mesh);
            good = rnd_ar_view_add_tool(live->view, &mesh) == NAV_OK;
        } else {
            good = rnd_tool_mesh(&shape, false, &body, &body) == NAV_OK;
            const struct rnd_mesh mesh = rnd_mesh_of(&body);
            good = good && rnd_ar_view_add_tool(live->view, &mesh) == NAV_OK;
        }
        rnd_mesh_buffer_finish(&body);
        if (!good) {
            return false;
        }
    }
    return true;
}

/* The bodies of the camera's file, and which of them is the reference. */
static bool read_bodies(struct live_camera *live, struct cam_bodies *out_bodies, char why[512])
{
    struct cfg_marker_bodies given;
    struct cfg_error refused = {""};
    if (cfg_marker_bodies_load(live->camera->markers_file, &given, &refused) != NAV_OK) {
        (void)snprintf(why, 512, "%.500s", refused.text);
        return false;
    }
    *out_bodies = marker_map(&given);
    while (live->body < out_bodies->count &&
           strcmp(out_bodies->bodies[live->body].name, live->loaded->reference_device) != 0) {
        ++live->body;
    }
    if (live->body == out_bodies->count) {
        (void)snprintf(why, 512, "%.300s: no body is named %.100s, as frames.reference is",
                       live->camera->markers_file, live->loaded->reference_device);
        return false;
    }
    return true;
}

static void on_picture(void *context, const struct film_head *head, const uint8_t *bytes)
{
    struct live_camera *live = context;
    const struct cam_picture picture = {head->width_px, head->height_px, head->channels,
                                        (size_t)head->width_px * (size_t)head->channels, bytes};
    if (cam_source_push(cam_worker_source(live->worker), &picture, head->time_ns) != NAV_OK) {
        nav_log_error("camera", "a picture of %d x %d cannot be taken", head->width_px,
                      head->height_px);
    }
}

/* "igtl:HOST:PORT[/DEVICE]": a process of its own takes the pictures in. */
static bool open_peer(struct live_camera *live, char why[512])
{
    (void)snprintf(live->peer, sizeof(live->peer), "%s",
                   live->camera->source + strlen(peer_scheme));
    const char *arguments[] = {"receive", "--from", live->peer, NULL, NULL, NULL};
    char *slash = strchr(live->peer, '/');
    if (slash != NULL) {
        *slash = '\0';
        arguments[3] = "--device";
        arguments[4] = slash + 1;
    }
    if (film_intake_start("osteonav-camera", arguments, on_picture, live, &live->intake) !=
        NAV_OK) {
        (void)snprintf(why, 512,
                       "osteonav-camera, which takes the pictures in, is not beside "
                       "this program");
        return false;
    }
    return true;
}

static bool open_camera(struct live_camera *live, char why[512])
{
    const bool peer = strncmp(live->camera->source, peer_scheme, strlen(peer_scheme)) == 0;
    struct cam_error error = {""};
    struct cam_bodies bodies;
    const struct cfg_limits *limits = &live->loaded->limits;
    const int any[2] = {0, 0};
    if (!read_bodies(live, &bodies, why)) {
        return false;
    }
    const struct cam_worker_config config = {
        .source = {.address = peer ? "push:" : live->camera->source,
                   .loop = true,
                   /* Unplugged, it must not take the monitor with it. */
                   .awaited =
                       strncmp(live->camera->source, device_scheme, strlen(device_scheme)) == 0,
                   .silence_ns = ns_of_ms(limits->camera_silence_ms)},
        .lens = &live->lens,
        .bodies = &bodies,
        .limits = {limits->marker_error_max_px, limits->marker_ambiguity_max},
        .body = live->body,
        .wake = live->wake,
        .context = live->wake_context};
    if (cam_lens_read(live->camera->lens_file, any, &live->lens, &error) != NAV_OK ||
        cam_worker_create(&config, &live->worker, &error) != NAV_OK) {
        (void)snprintf(why, 512, "%.500s", error.text);
        return false;
    }
    if (error.text[0] != '\0') {
        nav_log_error("camera", "%s; tried again every second", error.text);
    }
    return !peer || open_peer(live, why);
}

/* Where the camera sits in the marker that carries it. False: the file cannot be read. One that can
 * and must not be used leaves the picture without an overlay. */
static bool take_handeye(struct live_camera *live, char why[512])
{
    struct cam_error error = {""};
    struct cam_mount mount;
    const struct cfg_limits *rows = &live->loaded->limits;
    live->T_tool_camera = live->camera->T_tool_camera;
    live->has_handeye = true;
    if (live->camera->handeye_file == NULL) {
        return true;
    }
    if (cam_mount_read(live->camera->handeye_file, &mount, &error) != NAV_OK) {
        (void)snprintf(why, 512, "%.500s", error.text);
        return false;
    }
    live->T_tool_camera = mount.T_marker_camera;
    live->has_handeye = cam_mount_judge(&mount, &live->lens, rows->handeye_held_out_max_px,
                                        rows->handeye_held_out_max_mm, &error) == NAV_OK;
    if (!live->has_handeye) {
        nav_log_error("display", "%s: %s", live->camera->handeye_file, error.text);
    }
    return true;
}

/* The planned cuts' corners: there the overlay must fit. */
static void note_plan(struct live_camera *live)
{
    for (size_t i = 0; i < live->loaded->cut_count; ++i) {
        const struct rnd_cut_shape shape = case_mesh_cut(&live->loaded->cuts[i]);
        rnd_cut_corners(&shape, &live->plan_mm[live->plan_count]);
        live->plan_count += 4;
    }
}

static struct rnd_ar_gate gate_of(const struct cfg_limits *rows)
{
    const struct rnd_ar_limits limits = {.off_max_px = rows->ar_off_max_px,
                                         .off_max_mm = rows->ar_off_max_mm,
                                         .delay_sd_max_ns = ns_of_ms(rows->ar_delay_sd_max_ms),
                                         .picture_max_ns = ns_of_ms(rows->camera_silence_ms),
                                         .unchecked_ns = ns_of_ms(rows->ar_unchecked_ms),
                                         .proving_frames = (int)rows->ar_proving_frames};
    return rnd_ar_gate_of(&limits);
}

bool live_camera_create(const struct cfg_case *loaded, const struct cfg_camera *camera,
                        void (*wake)(void *context), void *wake_context,
                        struct live_camera **out_live, char out_why[512])
{
    struct live_camera *live = calloc(1, sizeof(*live));
    (void)snprintf(out_why, 512, "out of memory, or OpenGL refuses");
    if (live == NULL) {
        return false;
    }
    live->loaded = loaded;
    live->camera = camera;
    live->wake = wake;
    live->wake_context = wake_context;
    live->gate = gate_of(&loaded->limits);
    live->reason = RND_AR_COUNT; /* none yet */
    (void)pthread_mutex_init(&live->lock, NULL);
    note_plan(live);
    bool good = open_camera(live, out_why) && take_handeye(live, out_why);
    if (good) {
        live->scratch = malloc(3 * sizeof(float) * (size_t)live->lens.width_px);
        good = live->scratch != NULL && rnd_ar_ink_create(&live->ink) == NAV_OK &&
               rnd_ar_view_create(cam_worker_lens(live->worker), &live->view) == NAV_OK &&
               add_models(live) && add_cuts(live) && add_tools(live);
    }
    if (!good) {
        live_camera_destroy(live);
        return false;
    }
    *out_live = live;
    return true;
}

void live_camera_destroy(struct live_camera *live)
{
    if (live == NULL) {
        return;
    }
    film_intake_stop(live->intake); /* pushes to the worker */
    cam_worker_destroy(live->worker);
    (void)pthread_mutex_destroy(&live->lock);
    rnd_ar_view_destroy(live->view);
    rnd_ar_ink_destroy(live->ink);
    free(live->scratch);
    free(live);
}

/* ---- drawing -------------------------------------------------------------------------------- */

static enum rnd_ar_camera health_of(struct live_camera *live, int64_t now_ns)
{
    switch (cam_worker_health(live->worker, now_ns)) {
    case CAM_HEALTH_GOOD:
        return RND_AR_CAMERA_GOOD;
    case CAM_HEALTH_FROZEN:
        return RND_AR_CAMERA_IS_FROZEN;
    case CAM_HEALTH_LOST:
        return RND_AR_CAMERA_IS_LOST;
    default:
        return RND_AR_CAMERA_WAITING;
    }
}

/* Why no picture is shown; said in the log once, as there is no picture to judge. */
static enum rnd_ar_reason no_picture_reason(struct live_camera *live, int64_t now_ns)
{
    const enum rnd_ar_camera health = health_of(live, now_ns);
    const enum rnd_ar_reason reason = health == RND_AR_CAMERA_IS_LOST     ? RND_AR_CAMERA_LOST
                                      : health == RND_AR_CAMERA_IS_FROZEN ? RND_AR_CAMERA_FROZEN
                                                                          : RND_AR_NO_PICTURE;
    if (reason != live->reason && reason != RND_AR_NO_PICTURE) {
        nav_log_info("display", "camera %s: overlay withheld: %s", live->camera->name,
                     rnd_ar_text(reason));
        live->reason = reason;
    }
    return reason;
}

/* The instant of the tracker's clock at which the picture was taken. */
static int64_t tracked_ns(const struct live_camera *live)
{
    const double delay_ms = live->camera->delay_ms;
    return live->shown->time_ns - (isfinite(delay_ms) ? ns_of_ms(delay_ms) : 0);
}

void live_camera_note(void *context, const struct nav_scene *scene)
{
    struct live_camera *live = context;
    (void)pthread_mutex_lock(&live->lock);
    for (uint32_t i = 0; i < scene->tool_count; ++i) {
        rnd_pose_track_note(&live->tracks[i], &scene->tools[i]);
    }
    (void)pthread_mutex_unlock(&live->lock);
}

/* Ends the tracks of what has grown too old since its scene came. */
static void end_tracks(struct live_camera *live, const struct nav_scene *aged)
{
    (void)pthread_mutex_lock(&live->lock);
    for (uint32_t i = 0; i < aged->tool_count; ++i) {
        if (aged->tools[i].has_pose == 0) {
            rnd_pose_track_note(&live->tracks[i], &aged->tools[i]);
        }
    }
    (void)pthread_mutex_unlock(&live->lock);
}

static bool tool_at(struct live_camera *live, size_t tool, struct nav_pose *out)
{
    (void)pthread_mutex_lock(&live->lock);
    const bool known = rnd_pose_track_at(&live->tracks[tool], tracked_ns(live),
                                         ns_of_ms(live->loaded->limits.interpolate_max_ms),
                                         ns_of_ms(MARKER_HOLD_MS), out);
    (void)pthread_mutex_unlock(&live->lock);
    return known;
}

/* What the markers' errors mean at the plan, where that is more than at the markers. */
static void follow_to_plan(const struct live_camera *live,
                           const struct nav_pose *T_camera_reference,
                           const struct nav_pose *T_camera_image, struct rnd_ar_inputs *inputs)
{
    static struct rnd_ar_corner corners[4 * CAM_BODY_MARKERS_MAX];
    double plan_mm[4 * CFG_CUTS_MAX][3];
    const struct cam_corners *seen = &live->shown->corners;
    for (size_t i = 0; i < seen->count; ++i) {
        nav_pose_apply(T_camera_reference, seen->body_mm[i], corners[i].point_mm);
        memcpy(corners[i].px, seen->px[i], sizeof(corners[i].px));
    }
    for (size_t i = 0; i < live->plan_count; ++i) {
        nav_pose_apply(T_camera_image, live->plan_mm[i], plan_mm[i]);
    }
    double px;
    double mm;
    if (rnd_ar_reach(&live->lens, corners, seen->count, plan_mm, live->plan_count, &px, &mm)) {
        inputs->off_px = fmax(inputs->off_px, px);
        inputs->off_mm = fmax(inputs->off_mm, mm);
    }
}

/* Where the camera was, by its own marker or by those of the reference in its picture, and how far
 * the reference's markers are from where that puts them. */
static void place_camera(struct live_camera *live, const struct nav_scene *scene,
                         struct rnd_ar_inputs *inputs, struct nav_pose *out_T_image_camera)
{
    inputs->off_px = NAN;
    inputs->off_mm = NAN;
    if (scene == NULL || scene->registration.present == 0) {
        return;
    }
    const struct nav_pose *T_image_reference = &scene->registration.T_image_reference;
    if (live->camera->tool == CFG_NO_TOOL) {
        const struct cam_body_pose *found = &live->shown->found[live->body];
        inputs->has_pose = found->state == CAM_BODY_VALID;
        if (inputs->has_pose) {
            const struct nav_pose T_reference_camera = nav_pose_inverse(&found->T_camera_body);
            *out_T_image_camera = nav_pose_compose(T_image_reference, &T_reference_camera);
            inputs->checked = true;
            inputs->off_px = found->error_px;
            inputs->off_mm = found->error_mm;
        }
        return;
    }
    struct nav_pose T_image_tool;
    inputs->has_pose = tool_at(live, (size_t)live->camera->tool, &T_image_tool);
    if (!inputs->has_pose) {
        return;
    }
    *out_T_image_camera = nav_pose_compose(&T_image_tool, &live->T_tool_camera);
    const struct nav_pose T_camera_image = nav_pose_inverse(out_T_image_camera);
    const struct nav_pose T_camera_reference = nav_pose_compose(&T_camera_image, T_image_reference);
    inputs->checked = cam_corners_check(&live->shown->corners, &live->lens, &T_camera_reference,
                                        &inputs->off_px, &inputs->off_mm);
    if (inputs->checked) {
        follow_to_plan(live, &T_camera_reference, &T_camera_image, inputs);
    }
}

/* Remembers which way the picture looks, for the letters at its edges. */
static void note_view(struct live_camera *live, const struct nav_pose *T_image_camera)
{
    const double ahead[3] = {0, 0, 500};
    const double up[3] = {0, -1, 0};
    memcpy(live->seen_from.eye_mm, T_image_camera->t_mm, sizeof(live->seen_from.eye_mm));
    nav_pose_apply(T_image_camera, ahead, live->seen_from.target_mm);
    nav_pose_rotate(T_image_camera, up, live->seen_from.up);
    live->seen_from.view_angle_rad = 2 * atan(0.5 * live->lens.height_px / live->lens.fy_px);
}

static struct rnd_ar_style style_of(const struct live_camera *live, const struct rnd_live_ask *ask,
                                    const struct nav_pose *T_camera_image, const double *tip_mm)
{
    struct rnd_ar_style style = rnd_ar_style_default();
    style.opacity = live->camera->opacity * ask->opacity;
    style.outlines_only = ask->outlines || live->camera->outlines;
    double at_mm[3];
    double px[2];
    if (tip_mm == NULL || ask->keyhole_mm <= 0) {
        return style;
    }
    const struct rnd_lens *lens = cam_worker_lens(live->worker);
    nav_pose_apply(T_camera_image, tip_mm, at_mm);
    if (rnd_lens_project(lens, at_mm, px)) {
        style.keyhole_px = (float)(ask->keyhole_mm * lens->fx_px / at_mm[2]);
        style.keyhole_at[0] = (float)px[0];
        style.keyhole_at[1] = (float)px[1];
    }
    return style;
}

static void place_tools(struct live_camera *live, const struct nav_scene *scene, double tip_mm[3],
                        bool *out_tip)
{
    *out_tip = false;
    for (uint32_t i = 0; i < scene->tool_count && i < live->loaded->tool_count; ++i) {
        struct nav_pose pose;
        const bool shown = (int)i != live->camera->tool && scene->tools[i].has_pose != 0 &&
                           tool_at(live, i, &pose);
        rnd_ar_view_set_tool(live->view, i, shown ? &pose : NULL);
        if (shown && (int)i == scene->guided_tool) {
            nav_pose_apply(&pose, live->loaded->tools[i].tip_mm, tip_mm);
            *out_tip = true;
        }
    }
}

/* The model, and its marks. */
static size_t draw_model(struct live_camera *live, const struct rnd_live_ask *ask,
                         const struct nav_pose *T_image_camera,
                         struct rnd_ar_mark marks[LIVE_MARKS_MAX])
{
    double tip_mm[3];
    bool has_tip = false;
    place_tools(live, ask->scene, tip_mm, &has_tip);
    const struct nav_pose T_camera_image = nav_pose_inverse(T_image_camera);
    struct rnd_ar_layers layers;
    if (rnd_ar_view_draw(live->view, T_image_camera, &layers) != NAV_OK) {
        return 0;
    }
    const struct rnd_ar_style style = style_of(live, ask, &T_camera_image, has_tip ? tip_mm : NULL);
    rnd_ar_blend(&layers, &style, live->lens.width_px, live->lens.height_px, live->scratch,
                 live->shown->bgra);
    note_view(live, T_image_camera);
    const struct live_marks_ask what = {.loaded = live->loaded,
                                        .lens = cam_worker_lens(live->worker),
                                        .scene = ask->scene,
                                        .T_camera_image = &T_camera_image,
                                        .cut_mm = live->cut_mm,
                                        .landmarks = ask->landmarks,
                                        .tip_mm = has_tip ? tip_mm : NULL};
    return live_marks(&what, marks);
}

/* Each change, for who asks later. */
static void log_reason(struct live_camera *live, enum rnd_ar_reason reason,
                       const struct rnd_ar_inputs *inputs)
{
    char off[64] = ""; /* nothing where the markers were not seen */
    if (reason == live->reason) {
        return;
    }
    if (isfinite(inputs->off_px) && isfinite(inputs->off_mm)) {
        (void)snprintf(off, sizeof(off), " (%.1f px, %.1f mm)", inputs->off_px, inputs->off_mm);
    }
    nav_log_info("display", "camera %s: overlay %s%s%s", live->camera->name,
                 reason == RND_AR_SHOWN ? "shown" : "withheld: ", rnd_ar_text(reason), off);
    live->reason = reason;
}

/* Pixels of the picture for one unit of theme.h on the screen. */
static double unit_of(const struct live_camera *live, const struct rnd_live_ask *ask)
{
    const double scale = fmin((double)ask->width_px / live->lens.width_px,
                              (double)ask->height_px / live->lens.height_px);
    return ask->unit / scale;
}

/* Decides what is drawn on a new picture. */
static void draw_on(struct live_camera *live, const struct rnd_live_ask *ask)
{
    const struct nav_scene *scene = ask->scene;
    struct rnd_ar_inputs inputs = {
        .now_ns = ask->now_ns,
        .picture_ns = live->shown->time_ns,
        .camera = health_of(live, ask->now_ns),
        .has_lens = true,
        .lens_fits = live->shown->fits,
        .has_handeye = live->has_handeye,
        .has_delay = live->camera->tool == CFG_NO_TOOL || isfinite(live->camera->delay_ms),
        .delay_sd_ns = live->camera->tool == CFG_NO_TOOL ? 0 : ns_of_ms(live->camera->delay_sd_ms),
        .trust = scene != NULL ? scene->trust : NAV_TRUST_WITHHELD};
    struct nav_pose T_image_camera;
    struct rnd_ar_mark marks[LIVE_MARKS_MAX];
    size_t count = 0;
    place_camera(live, scene, &inputs, &T_image_camera);
    const enum rnd_ar_reason reason = rnd_ar_judge(&live->gate, &inputs);
    log_reason(live, reason, &inputs);
    live->drawn = reason == RND_AR_SHOWN && ask->opacity > 0.0F;
    if (live->drawn) {
        count = draw_model(live, ask, &T_image_camera, marks);
    }
    (void)snprintf(live->words, sizeof(live->words), "%s", live->camera->name);
    if (live->shown->fits) {
        const struct rnd_ar_state state =
            live_state(reason, inputs.off_px, inputs.off_mm, ask->opacity, ask->language);
        rnd_ar_ink_draw(live->ink, &state, marks, count, unit_of(live, ask), live->shown->bgra,
                        live->lens.width_px, live->lens.height_px, live->shown->stride);
    }
}

/* Says why the 3D view stands where the picture should be. */
static void say_no_picture(struct live_camera *live, const struct rnd_live_ask *ask,
                           enum rnd_ar_reason reason)
{
    (void)snprintf(live->words, sizeof(live->words), "%s: %s",
                   rnd_say(ask->language, RND_SAY_AR_NO_LIVE_PICTURE),
                   live_reason(reason, ask->language));
}

/* The picture scaled into its place on the screen, where it stays until there is another one. */
static uint32_t put_up(struct live_camera *live, const struct rnd_live_ask *ask)
{
    if (live->framebuffer == 0 || live->framebuffer_size_px[0] != ask->width_px ||
        live->framebuffer_size_px[1] != ask->height_px) {
        live->framebuffer =
            rnd_ar_view_show(live->view, live->shown->bgra, ask->width_px, ask->height_px);
        live->framebuffer_size_px[0] = ask->width_px;
        live->framebuffer_size_px[1] = ask->height_px;
    }
    return live->framebuffer;
}

static uint32_t draw(void *context, const struct rnd_live_ask *ask, struct rnd_live_answer *out)
{
    struct live_camera *live = context;
    const struct nav_scene *scene = ask->scene;
    if (scene != NULL) {
        end_tracks(live, scene);
    }
    struct cam_ready *ready = cam_worker_take(live->worker);
    out->is_new = ready != NULL;
    if (ready != NULL) {
        live->shown = ready;
        live->framebuffer = 0;
        draw_on(live, ask);
    }
    out->words = live->words;
    out->has_camera = live->drawn;
    out->camera = live->seen_from;
    const bool good = health_of(live, ask->now_ns) == RND_AR_CAMERA_GOOD;
    const bool withheld = scene == NULL || scene->trust == NAV_TRUST_WITHHELD;
    if (!good || live->shown == NULL) {
        say_no_picture(live, ask, no_picture_reason(live, ask->now_ns));
        return 0;
    }
    if (!live->shown->fits) {
        say_no_picture(live, ask, RND_AR_RESOLUTION);
        return 0;
    }
    if (withheld && live->drawn) {
        /* What was drawn a moment ago must not stay; the next picture comes without it. */
        say_no_picture(live, ask, RND_AR_NOT_TRUSTED);
        return 0;
    }
    return put_up(live, ask);
}

struct rnd_live_picture live_camera_picture(struct live_camera *live)
{
    return (struct rnd_live_picture){.context = live, .draw = draw};
}
