#include "sim_hand.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nav/time.h"
#include "sim_faults.h"
#include "sim_motion.h"
#include "sim_random.h"

static const double pi = 3.14159265358979323846;
static const double rad_per_deg = 3.14159265358979323846 / 180.0;

/* The hand's habits; sim_motion.h has the times. */
static const double hover_mm = 60.0;  /* above the entry edge, between two cuts */
static const double near_mm = 4.0;    /* above the bone when the approach ends */
static const double saw_hz = 0.9;     /* sweep of the blade along the edge */
static const double saw_reach = 0.9;  /* of the free length of the edge that is used */
static const double saw_ramp_s = 1.0; /* the sweep grows to its reach within */
static const double saw_amplitude_max_mm = 25.0;

/* Tremor: physiological, 8 to 12 Hz (Deuschl et al. 2001); three tones an axis. */
enum { TREMOR_TONES = 3, TREMOR_AXES = 3 };
static const double tremor_low_hz = 8.0;
static const double tremor_high_hz = 12.0;

/* How camera and patient move. */
static const double breath_hz = 0.25;
static const double breath_mm = 1.2;
static const double breath_deg = 0.15;
static const double camera_hz = 1.0 / 47.0;
static const double camera_mm = 35.0;
static const double camera_deg = 3.0;

/* Channels of the noise; each takes two uniform numbers. */
enum { CHANNEL_TOOL = 0, CHANNEL_REFERENCE = 16, CHANNEL_TREMOR = 1000 };

enum { MOVES_MAX = SIM_ACTIONS_MAX * 6 + 1 };

/* One piece of the motion. Poses are of a frame at the tool's tip with the tool's orientation. */
struct move {
    enum sim_phase phase;
    double seconds;
    struct nav_pose T_image_tip_from;
    struct nav_pose T_image_tip_to;
    double sideways[3]; /* CUT: direction of the sawing motion, in image space */
    ptrdiff_t cut;
    ptrdiff_t landmark;
};

struct tone {
    double amplitude_mm;
    double frequency_hz;
    double phase_rad;
};

struct sim_hand {
    const struct cfg_case *planned;
    const struct cfg_tool *tool;
    struct sim_script script;
    double rate_hz;
    uint64_t seed;
    bool loop;
    struct nav_pose T_reference_image;
    struct tone tremor[TREMOR_AXES][TREMOR_TONES];
    size_t move_count;
    double seconds;
    struct move *moves;
    uint64_t next_frame;
    struct sim_faults faults;
    struct sim_truth truth;
};

static void cross(const double a[3], const double b[3], double out[3])
{
    const double r[3] = {a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2],
                         a[0] * b[1] - a[1] * b[0]};
    memcpy(out, r, sizeof(r));
}

static void add_scaled(const double a[3], double s, const double b[3], double out[3])
{
    for (int i = 0; i < 3; ++i) {
        out[i] = a[i] + s * b[i];
    }
}

/* Rotation by |vector| rad about the vector. */
static struct nav_pose rotation_of(const double vector[3])
{
    struct nav_pose pose = nav_pose_identity();
    const double angle =
        sqrt(vector[0] * vector[0] + vector[1] * vector[1] + vector[2] * vector[2]);
    const double s = angle > 0 ? sin(0.5 * angle) / angle : 0.5;
    for (int i = 0; i < 3; ++i) {
        pose.q[i] = s * vector[i];
    }
    pose.q[3] = cos(0.5 * angle);
    return pose;
}

static struct nav_pose rotation_about(const double axis[3], double degrees)
{
    const double angle = degrees * rad_per_deg;
    const double vector[3] = {angle * axis[0], angle * axis[1], angle * axis[2]};
    return rotation_of(vector);
}

/* Rotation that takes the tool's (axis, up) to the image's (pointing, facing). */
static enum nav_status orient(const struct cfg_tool *tool, const double pointing[3],
                              const double facing[3], struct nav_pose *out_pose)
{
    double side_tool[3];
    double side_image[3];
    cross(tool->axis, tool->up, side_tool);
    cross(pointing, facing, side_image);
    double R[9];
    for (int i = 0; i < 3; ++i) {
        for (int k = 0; k < 3; ++k) {
            R[3 * i + k] = pointing[i] * tool->axis[k] + facing[i] * tool->up[k] +
                           side_image[i] * side_tool[k];
        }
    }
    const double origin[3] = {0, 0, 0};
    return nav_pose_from_matrix(R, origin, 1e-3, out_pose);
}

static void append(struct sim_hand *hand, const struct move *move)
{
    hand->moves[hand->move_count] = *move;
    ++hand->move_count;
    hand->seconds += move->seconds;
}

/* Pose at the end of the last move, or `first` when there is none. */
static struct nav_pose tip_now(const struct sim_hand *hand, const struct nav_pose *first)
{
    return hand->move_count > 0 ? hand->moves[hand->move_count - 1].T_image_tip_to : *first;
}

static void move_to(struct sim_hand *hand, enum sim_phase phase, double seconds,
                    const struct nav_pose *to, ptrdiff_t cut, ptrdiff_t landmark)
{
    const struct move move = {.phase = phase,
                              .seconds = seconds,
                              .T_image_tip_from = tip_now(hand, to),
                              .T_image_tip_to = *to,
                              .cut = cut,
                              .landmark = landmark};
    append(hand, &move);
}

/* The planned plane is the face of the bone that stays with the tumour: from there to the blade's
 * middle, along the normal. */
static double beside_mm(const struct cfg_cut *cut, const struct cfg_tool *tool)
{
    const double thickness = tool->shape == CFG_SHAPE_BLADE ? tool->thickness_mm : 0.0;
    return -0.5 * cut->margin_side * (isnan(cut->kerf_mm) ? thickness : cut->kerf_mm);
}

static enum nav_status append_cut(struct sim_hand *hand, const struct sim_action *action)
{
    const struct cfg_cut *cut = &hand->planned->cuts[action->target];
    const ptrdiff_t index = (ptrdiff_t)action->target;
    double down[3];
    cross(cut->normal, cut->u, down);
    struct nav_pose entry;
    const enum nav_status status = orient(hand->tool, down, cut->normal, &entry);
    if (status != NAV_OK) {
        return status;
    }
    const struct nav_pose pitch = rotation_about(cut->u, action->pitch_deg);
    const struct nav_pose roll = rotation_about(down, action->roll_deg);
    const struct nav_pose tilt = nav_pose_compose(&pitch, &roll);
    entry = nav_pose_compose(&tilt, &entry);
    double advance[3];
    nav_pose_rotate(&tilt, down, advance);
    double across[3];
    nav_pose_rotate(&tilt, cut->normal, across);
    add_scaled(cut->point_mm, action->offset_mm, cut->normal, entry.t_mm);
    add_scaled(entry.t_mm, beside_mm(cut, hand->tool), across, entry.t_mm);

    struct nav_pose hover = entry;
    struct nav_pose near = entry;
    struct nav_pose deep = entry;
    add_scaled(entry.t_mm, -hover_mm, advance, hover.t_mm);
    add_scaled(entry.t_mm, -near_mm, advance, near.t_mm);
    add_scaled(entry.t_mm, action->depth_mm, advance, deep.t_mm);
    move_to(hand, SIM_PHASE_TRAVEL, SIM_TRAVEL_S, &hover, index, -1);
    move_to(hand, SIM_PHASE_APPROACH, SIM_APPROACH_S, &near, index, -1);
    move_to(hand, SIM_PHASE_CONTACT, SIM_CONTACT_S, &entry, index, -1);
    move_to(hand, SIM_PHASE_CUT, action->depth_mm / action->feed_mm_s, &deep, index, -1);
    nav_pose_rotate(&tilt, cut->u, hand->moves[hand->move_count - 1].sideways);
    move_to(hand, SIM_PHASE_DWELL, SIM_DWELL_S, &deep, index, -1);
    move_to(hand, SIM_PHASE_RETREAT, SIM_RETREAT_S, &hover, index, -1);
    return NAV_OK;
}

/* Straight down on a landmark: posterior to anterior, as on a patient who lies prone. */
static enum nav_status append_touch(struct sim_hand *hand, const struct sim_action *action)
{
    static const double anterior[3] = {0, -1, 0};
    static const double left[3] = {1, 0, 0};
    const ptrdiff_t landmark = (ptrdiff_t)action->target;
    struct nav_pose tip;
    const enum nav_status status = orient(hand->tool, anterior, left, &tip);
    if (status != NAV_OK) {
        return status;
    }
    memcpy(tip.t_mm, hand->planned->landmarks[action->target].position_mm, sizeof(tip.t_mm));
    struct nav_pose hover = tip;
    add_scaled(tip.t_mm, -hover_mm, anterior, hover.t_mm);
    move_to(hand, SIM_PHASE_TRAVEL, SIM_TRAVEL_S, &hover, -1, landmark);
    move_to(hand, SIM_PHASE_APPROACH, SIM_APPROACH_S, &tip, -1, landmark);
    move_to(hand, SIM_PHASE_TOUCH, action->seconds, &tip, -1, landmark);
    move_to(hand, SIM_PHASE_RETREAT, SIM_RETREAT_S, &hover, -1, landmark);
    return NAV_OK;
}

static enum nav_status append_actions(struct sim_hand *hand)
{
    const double above[3] = {0, hover_mm, 0};
    struct nav_pose rest = nav_pose_identity();
    memcpy(rest.t_mm, above, sizeof(above));
    for (size_t i = 0; i < hand->script.action_count; ++i) {
        const struct sim_action *action = &hand->script.actions[i];
        enum nav_status status = NAV_OK;
        switch (action->kind) {
        case SIM_ACTION_CUT:
            status = append_cut(hand, action);
            break;
        case SIM_ACTION_TOUCH:
            status = append_touch(hand, action);
            break;
        case SIM_ACTION_REST:
            rest = tip_now(hand, &rest);
            move_to(hand, SIM_PHASE_REST, action->seconds, &rest, -1, -1);
            break;
        }
        if (status != NAV_OK) {
            return status;
        }
    }
    if (hand->loop) {
        /* Back to where the next round begins, so that nothing jumps. */
        const struct nav_pose first = hand->moves[0].T_image_tip_from;
        move_to(hand, SIM_PHASE_TRAVEL, SIM_TRAVEL_S, &first, -1, -1);
    }
    return NAV_OK;
}

static void make_tremor(struct sim_hand *hand)
{
    /* A sine of amplitude a has the mean square a^2 / 2. */
    const double amplitude =
        hand->script.tremor_mm * sqrt(2.0 / (double)(TREMOR_AXES * TREMOR_TONES));
    for (uint64_t axis = 0; axis < TREMOR_AXES; ++axis) {
        for (uint64_t k = 0; k < TREMOR_TONES; ++k) {
            const double band = (tremor_high_hz - tremor_low_hz) / TREMOR_TONES;
            hand->tremor[axis][k] = (struct tone){
                .amplitude_mm = amplitude,
                .frequency_hz =
                    tremor_low_hz + band * ((double)k + sim_random_uniform(hand->seed, axis * 8 + k,
                                                                           CHANNEL_TREMOR)),
                .phase_rad =
                    2.0 * pi * sim_random_uniform(hand->seed, axis * 8 + k, CHANNEL_TREMOR + 1)};
        }
    }
}

static enum nav_status prepare(struct sim_hand *hand, char *out_why, size_t why_size)
{
    const struct cfg_case *planned = hand->planned;
    hand->tool = sim_script_tool(&hand->script, planned);
    if (hand->tool == NULL) {
        (void)snprintf(out_why, why_size, "%s: no tool '%s' in the case", planned->path,
                       hand->script.tool);
        return NAV_ERR_NOT_FOUND;
    }
    sim_faults_init(&hand->faults, &hand->script, planned, hand->tool);
    if (!planned->has_registration) {
        (void)snprintf(out_why, why_size,
                       "%s: the case has no registration; the simulated tracker needs one to know "
                       "where the patient is",
                       planned->path);
        return NAV_ERR_REFUSED;
    }
    const double *m = planned->registration_matrix;
    const double R[9] = {m[0], m[1], m[2], m[4], m[5], m[6], m[8], m[9], m[10]};
    const double t_mm[3] = {m[3], m[7], m[11]};
    struct nav_pose T_image_reference;
    enum nav_status status = nav_pose_from_matrix(R, t_mm, 1e-6, &T_image_reference);
    if (status != NAV_OK) {
        (void)snprintf(out_why, why_size, "%s: registration: %s", planned->path,
                       nav_status_text(status));
        return status;
    }
    hand->T_reference_image = nav_pose_inverse(&T_image_reference);
    make_tremor(hand);
    status = append_actions(hand);
    if (status != NAV_OK) {
        (void)snprintf(out_why, why_size, "%s: tool '%s': axis and up must be perpendicular",
                       planned->path, hand->tool->name);
        return NAV_ERR_REFUSED;
    }
    return NAV_OK;
}

enum nav_status sim_hand_create(const struct cfg_case *planned, const struct sim_script *script,
                                double rate_hz, uint64_t seed, bool loop,
                                struct sim_hand **out_hand, char *out_why, size_t why_size)
{
    struct sim_hand *hand = calloc(1, sizeof(*hand));
    struct move *moves = calloc(MOVES_MAX, sizeof(*moves));
    if (hand == NULL || moves == NULL) {
        free(hand);
        free(moves);
        (void)snprintf(out_why, why_size, "out of memory");
        return NAV_ERR_MEMORY;
    }
    hand->planned = planned;
    hand->script = *script;
    hand->rate_hz = rate_hz;
    hand->seed = seed;
    hand->loop = loop;
    hand->moves = moves;
    const enum nav_status status = prepare(hand, out_why, why_size);
    if (status != NAV_OK) {
        sim_hand_destroy(hand);
        return status;
    }
    *out_hand = hand;
    return NAV_OK;
}

void sim_hand_destroy(struct sim_hand *hand)
{
    if (hand == NULL) {
        return;
    }
    free(hand->moves);
    free(hand);
}

double sim_hand_seconds(const struct sim_hand *hand)
{
    return hand->seconds;
}

const struct cfg_tool *sim_hand_tool(const struct sim_hand *hand)
{
    return hand->tool;
}

const struct cfg_case *sim_hand_case(const struct sim_hand *hand)
{
    return hand->planned;
}

const struct sim_truth *sim_hand_truth(const struct sim_hand *hand)
{
    return &hand->truth;
}

/* Minimum-jerk course of a reaching movement from 0 to 1 (Flash and Hogan 1985). */
static double reaching(double s)
{
    return s * s * s * (10.0 + s * (-15.0 + 6.0 * s));
}

/* Sweep along the edge: fills the edge's length less the blade's width, starts and ends at rest. */
static double sawing_mm(const struct sim_hand *hand, const struct move *move, double in_move_s)
{
    const struct cfg_cut *cut = &hand->planned->cuts[move->cut];
    const double free_mm = 0.5 * (cut->size_mm[0] - hand->tool->width_mm) * saw_reach;
    const double amplitude = fmin(fmax(free_mm, 0.0), saw_amplitude_max_mm);
    const double since_end_s = fmin(in_move_s, move->seconds - in_move_s);
    const double ramp = fmin(fmax(since_end_s / saw_ramp_s, 0.0), 1.0);
    return amplitude * reaching(ramp) * sin(2.0 * pi * saw_hz * in_move_s);
}

/* Where the tip frame is at `t_s`, without tremor; fills phase, cut and landmark of the truth. */
static struct nav_pose tip_at(const struct sim_hand *hand, double t_s, struct sim_truth *truth)
{
    double rest_s = hand->loop ? fmod(t_s, hand->seconds) : t_s;
    size_t i = 0;
    while (i + 1 < hand->move_count && rest_s >= hand->moves[i].seconds) {
        rest_s -= hand->moves[i].seconds;
        ++i;
    }
    const struct move *move = &hand->moves[i];
    const double s = move->seconds > 0 ? fmin(rest_s / move->seconds, 1.0) : 1.0;
    truth->phase = move->phase;
    truth->cut = move->cut;
    truth->landmark = move->landmark;
    const double course = move->phase == SIM_PHASE_CUT ? s : reaching(s);
    struct nav_pose tip =
        nav_pose_interpolate(&move->T_image_tip_from, &move->T_image_tip_to, course);
    if (move->phase == SIM_PHASE_CUT) {
        add_scaled(tip.t_mm, sawing_mm(hand, move, rest_s), move->sideways, tip.t_mm);
    }
    return tip;
}

static void find_truth(const struct sim_hand *hand, double t_s, struct sim_truth *truth)
{
    struct nav_pose tip = tip_at(hand, t_s, truth);
    for (int axis = 0; axis < TREMOR_AXES; ++axis) {
        for (int k = 0; k < TREMOR_TONES; ++k) {
            const struct tone *tone = &hand->tremor[axis][k];
            tip.t_mm[axis] +=
                tone->amplitude_mm * sin(2.0 * pi * tone->frequency_hz * t_s + tone->phase_rad);
        }
    }
    struct nav_pose T_tip_tool = nav_pose_identity();
    add_scaled(T_tip_tool.t_mm, -1.0, hand->tool->tip_mm, T_tip_tool.t_mm);
    truth->T_image_tool = nav_pose_compose(&tip, &T_tip_tool);
    memcpy(truth->tip_image_mm, tip.t_mm, sizeof(tip.t_mm));
    nav_pose_rotate(&tip, hand->tool->axis, truth->axis_image);
    nav_pose_rotate(&tip, hand->tool->up, truth->up_image);
    truth->depth_mm = 0;
    if (truth->cut >= 0) {
        const struct cfg_cut *cut = &hand->planned->cuts[truth->cut];
        double down[3];
        cross(cut->normal, cut->u, down);
        for (int i = 0; i < 3; ++i) {
            truth->depth_mm += (tip.t_mm[i] - cut->point_mm[i]) * down[i];
        }
    }
}

/* The patient reference as the camera sees it: 1.8 m away, breathing, the camera drifting. */
static struct nav_pose reference_at(const struct sim_hand *hand, double t_s)
{
    static const double turn_rad[3] = {2.1, 0.4, -0.7};
    struct nav_pose pose = rotation_of(turn_rad);
    const double place_mm[3] = {85.0, -140.0, -1790.0};
    memcpy(pose.t_mm, place_mm, sizeof(place_mm));
    if (!hand->script.camera_moves) {
        return pose;
    }
    const double breath = sin(2.0 * pi * breath_hz * t_s);
    const double breath_rad[3] = {breath_deg * rad_per_deg * breath, 0, 0};
    struct nav_pose patient = rotation_of(breath_rad);
    patient.t_mm[1] = breath_mm * breath;
    const double drift = sin(2.0 * pi * camera_hz * t_s);
    const double drift_rad[3] = {0, camera_deg * rad_per_deg * drift,
                                 0.4 * camera_deg * rad_per_deg * drift};
    struct nav_pose camera = rotation_of(drift_rad);
    camera.t_mm[0] = camera_mm * drift;
    camera.t_mm[2] = 0.5 * camera_mm * drift;
    pose = nav_pose_compose(&pose, &patient);
    return nav_pose_compose(&camera, &pose);
}

/* What the tracker measures of a true pose. The noise of an axis is the rms over sqrt 3. */
static struct nav_pose measured(const struct sim_hand *hand, const struct nav_pose *pose,
                                uint64_t channel)
{
    const uint64_t frame = hand->truth.frame;
    double turn_rad[3];
    struct nav_pose out = *pose;
    for (uint64_t i = 0; i < 3; ++i) {
        const double position = sim_random_normal(hand->seed, frame, channel + i);
        const double angle = sim_random_normal(hand->seed, frame, channel + 3 + i);
        out.t_mm[i] += hand->script.noise_mm / sqrt(3.0) * position;
        turn_rad[i] = hand->script.noise_deg * rad_per_deg / sqrt(3.0) * angle;
    }
    const struct nav_pose turn = rotation_of(turn_rad);
    return nav_pose_compose(&out, &turn);
}

static void give(struct sim_hand *hand, double t_s, const char *name,
                 const struct nav_pose *measured_pose, enum sim_fault_device device,
                 ptrdiff_t *out_fault, struct sim_frame *frame)
{
    struct sim_pose *pose = &frame->poses[frame->pose_count];
    ++frame->pose_count;
    *pose = (struct sim_pose){.device = name, .status = "OK", .valid = true, .has_matrix = true};
    nav_pose_rotation(measured_pose, pose->R);
    memcpy(pose->t_mm, measured_pose->t_mm, sizeof(pose->t_mm));
    *out_fault = sim_faults_apply(&hand->faults, t_s, device, pose);
}

static enum nav_status next_frame(void *context, struct sim_frame *out_frame)
{
    struct sim_hand *hand = context;
    struct sim_truth *truth = &hand->truth;
    const double t_s = (double)hand->next_frame / hand->rate_hz;
    if (!hand->loop && t_s > hand->seconds) {
        return NAV_END;
    }
    truth->frame = hand->next_frame;
    ++hand->next_frame;
    truth->offset_ns = llround(t_s * (double)NAV_NS_PER_S);
    find_truth(hand, t_s, truth);
    const struct cfg_case *planned = hand->planned;
    truth->T_tracker_reference =
        planned->has_reference ? reference_at(hand, t_s) : nav_pose_identity();
    truth->reference_fault = -1;

    out_frame->offset_ns = truth->offset_ns;
    out_frame->stamp_error_ns = sim_faults_clock_ns(&hand->faults, t_s);
    out_frame->pose_count = 0;
    if (planned->has_reference) {
        const struct nav_pose seen = measured(hand, &truth->T_tracker_reference, CHANNEL_REFERENCE);
        give(hand, t_s, planned->reference_device, &seen, SIM_ON_REFERENCE, &truth->reference_fault,
             out_frame);
    }
    struct nav_pose device_tool = nav_pose_compose(&hand->T_reference_image, &truth->T_image_tool);
    if (planned->has_reference && !hand->tool->relative_to_reference) {
        device_tool = nav_pose_compose(&truth->T_tracker_reference, &device_tool);
    }
    const struct nav_pose seen = measured(hand, &device_tool, CHANNEL_TOOL);
    give(hand, t_s, hand->tool->device, &seen, SIM_ON_TOOL, &truth->tool_fault, out_frame);
    return NAV_OK;
}

struct sim_source sim_hand_source(struct sim_hand *hand)
{
    return (struct sim_source){.next = next_frame, .context = hand};
}

const char *sim_phase_name(enum sim_phase phase)
{
    static const char *const names[] = {
        [SIM_PHASE_TRAVEL] = "travel",   [SIM_PHASE_APPROACH] = "approach",
        [SIM_PHASE_CONTACT] = "contact", [SIM_PHASE_CUT] = "cut",
        [SIM_PHASE_DWELL] = "dwell",     [SIM_PHASE_RETREAT] = "retreat",
        [SIM_PHASE_TOUCH] = "touch",     [SIM_PHASE_REST] = "rest",
    };
    return (size_t)phase < sizeof(names) / sizeof(names[0]) ? names[phase] : "?";
}
