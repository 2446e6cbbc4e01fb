#include "sim_relay.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nav/limits.h"
#include "nav/pose.h"
#include "nav/time.h"
#include "sim_pack.h"
#include "wire_position.h"
#include "wire_qtdata.h"
#include "wire_sender_status.h"
#include "wire_tdata.h"
#include "wire_transform.h"

struct sim_relay {
    const struct cfg_case *planned;
    const struct cfg_tool *tool;
    struct sim_faults faults;
    bool started;
    int64_t start_ns;
    struct sim_relay_count count;
    struct sim_frame frame; /* the message's poses */
    char names[SIM_POSES_MAX][NAV_NAME_SIZE];
    uint8_t bytes[SIM_PACK_SIZE];
};

enum nav_status sim_relay_create(const struct sim_script *script, const struct cfg_case *planned,
                                 struct sim_relay **out_relay)
{
    const struct cfg_tool *tool = sim_script_tool(script, planned);
    if (tool == NULL) {
        return NAV_ERR_NOT_FOUND;
    }
    struct sim_relay *relay = calloc(1, sizeof(*relay));
    if (relay == NULL) {
        return NAV_ERR_MEMORY;
    }
    relay->planned = planned;
    relay->tool = tool;
    relay->count = (struct sim_relay_count){.fault = {-1, -1}, .at_s = NAN};
    sim_faults_init(&relay->faults, script, planned, tool);
    *out_relay = relay;
    return NAV_OK;
}

void sim_relay_destroy(struct sim_relay *relay)
{
    free(relay);
}

struct sim_relay_count sim_relay_count(const struct sim_relay *relay)
{
    return relay->count;
}

/* ---- poses of a message --------------------------------------------------------------------- */

static struct sim_pose *add_pose(struct sim_relay *relay, const char *name,
                                 enum nav_sender_status said)
{
    static const char *const words[] = {
        [NAV_SENDER_UNSTATED] = NULL,
        [NAV_SENDER_OK] = "OK",
        [NAV_SENDER_MISSING] = "MISSING",
        [NAV_SENDER_OUT_OF_VIEW] = "OUT_OF_VIEW",
        [NAV_SENDER_OUT_OF_VOLUME] = "OUT_OF_VOLUME",
        [NAV_SENDER_INVALID] = "INVALID",
        [NAV_SENDER_UNKNOWN_WORD] = "INVALID",
    };
    struct sim_frame *frame = &relay->frame;
    if (frame->pose_count == SIM_POSES_MAX) {
        return NULL;
    }
    char *own = relay->names[frame->pose_count];
    (void)snprintf(own, NAV_NAME_SIZE, "%s", name);
    struct sim_pose *pose = &frame->poses[frame->pose_count];
    ++frame->pose_count;
    *pose = (struct sim_pose){.device = own,
                              .status = words[said],
                              .valid = said == NAV_SENDER_UNSTATED || said == NAV_SENDER_OK,
                              .has_matrix = true};
    return pose;
}

static void set_matrix(const struct wire_transform *from, struct sim_pose *pose)
{
    for (int i = 0; i < 9; ++i) {
        pose->R[i] = (double)from->R[i];
    }
    for (int i = 0; i < 3; ++i) {
        pose->t_mm[i] = (double)from->t_mm[i];
    }
}

static void set_quaternion(const float q[4], const float t_mm[3], struct sim_pose *pose)
{
    struct nav_pose turned = nav_pose_identity();
    for (int i = 0; i < 4; ++i) {
        turned.q[i] = (double)q[i];
    }
    nav_pose_rotation(&turned, pose->R);
    for (int i = 0; i < 3; ++i) {
        pose->t_mm[i] = (double)t_mm[i];
    }
}

/* A message of one pose. */
static bool read_single(struct sim_relay *relay, const struct wire_message *message)
{
    char name[NAV_NAME_SIZE];
    struct wire_transform transform;
    struct wire_position position;
    if (wire_device_name(message, name, sizeof(name)) != NAV_OK) {
        return false;
    }
    const bool is_transform = message->kind == WIRE_KIND_TRANSFORM;
    if (is_transform
            ? wire_transform_decode(message->content, message->content_size, &transform) != NAV_OK
            : wire_position_decode(message->content, message->content_size, &position) != NAV_OK ||
                  position.form == WIRE_POSITION_ONLY) {
        return false;
    }
    struct sim_pose *pose = add_pose(relay, name, wire_sender_status_of_message(message));
    if (is_transform) {
        set_matrix(&transform, pose);
    } else {
        set_quaternion(position.q, position.t_mm, pose);
    }
    const float error_mm = wire_sender_error_mm(message, NULL);
    pose->has_error = isfinite(error_mm);
    pose->error_mm = (double)error_mm;
    return true;
}

static bool read_tdata(struct sim_relay *relay, const struct wire_message *message)
{
    const size_t count = wire_tdata_count(message->content_size);
    for (size_t i = 0; i < count; ++i) {
        struct wire_tdata_tool tool;
        if (wire_tdata_tool_at(message->content, message->content_size, i, &tool) != NAV_OK) {
            return false;
        }
        struct sim_pose *pose =
            add_pose(relay, tool.name, wire_sender_status_of_tool(message, tool.name));
        if (pose == NULL) {
            return false;
        }
        set_matrix(&tool.pose, pose);
    }
    return true;
}

static bool read_qtdata(struct sim_relay *relay, const struct wire_message *message)
{
    const size_t count = wire_qtdata_count(message->content_size);
    for (size_t i = 0; i < count; ++i) {
        struct wire_qtdata_tool tool;
        if (wire_qtdata_tool_at(message->content, message->content_size, i, &tool) != NAV_OK) {
            return false;
        }
        struct sim_pose *pose =
            add_pose(relay, tool.name, wire_sender_status_of_tool(message, tool.name));
        if (pose == NULL) {
            return false;
        }
        set_quaternion(tool.q, tool.t_mm, pose);
    }
    return true;
}

/* False: no message of poses, or one that is not understood. */
static bool read_poses(struct sim_relay *relay, const struct wire_message *message)
{
    relay->frame.pose_count = 0;
    switch (message->kind) {
    case WIRE_KIND_TRANSFORM:
    case WIRE_KIND_POSITION:
    case WIRE_KIND_QTRANS:
        return read_single(relay, message);
    case WIRE_KIND_TDATA:
        return read_tdata(relay, message);
    case WIRE_KIND_QTDATA:
        return read_qtdata(relay, message);
    default:
        return false;
    }
}

/* ---- faults --------------------------------------------------------------------------------- */

/* Which device of the script a pose is of; false: none. */
static bool device_of(const struct sim_relay *relay, const char *name,
                      enum sim_fault_device *out_device)
{
    if (strcmp(name, relay->tool->device) == 0) {
        *out_device = SIM_ON_TOOL;
        return true;
    }
    *out_device = SIM_ON_REFERENCE;
    return relay->planned->has_reference && strcmp(name, relay->planned->reference_device) == 0;
}

/* Whether anything was done to the message's poses. */
static bool disturb(struct sim_relay *relay, int64_t now_ns)
{
    bool changed = false;
    for (size_t i = 0; i < relay->frame.pose_count; ++i) {
        struct sim_pose *pose = &relay->frame.poses[i];
        enum sim_fault_device device;
        if (!device_of(relay, pose->device, &device)) {
            continue;
        }
        if (!relay->started && device == SIM_ON_TOOL) {
            relay->started = true;
            relay->start_ns = now_ns;
        }
        if (!relay->started) {
            continue;
        }
        relay->count.at_s = (double)(now_ns - relay->start_ns) / (double)NAV_NS_PER_S;
        relay->count.fault[device] =
            sim_faults_apply(&relay->faults, relay->count.at_s, device, pose);
        changed = changed || relay->count.fault[device] >= 0;
    }
    return changed;
}

/* Poses that are not seen are said to be so where the header can say it, else left out. */
static bool write_poses(struct sim_relay *relay, const struct wire_message *message,
                        int64_t clock_error_ns, size_t *out_size)
{
    const struct sim_pack_config config = {.header_version = message->version,
                                           .tdata = message->kind == WIRE_KIND_TDATA ||
                                                    message->kind == WIRE_KIND_QTDATA,
                                           .send_invalid = message->version == 2};
    struct sim_pack_count count = {0};
    return sim_pack_frame(&config, &relay->frame, message->device_ns + clock_error_ns, relay->bytes,
                          &count, out_size) == NAV_OK;
}

void sim_relay_take(struct sim_relay *relay, const struct wire_message *message, int64_t now_ns,
                    const uint8_t **out_bytes, size_t *out_size)
{
    *out_bytes = message->raw;
    *out_size = message->raw_size;
    ++relay->count.messages;
    if (!read_poses(relay, message)) {
        return;
    }
    const bool disturbed = disturb(relay, now_ns);
    const int64_t clock_error_ns =
        relay->started ? sim_faults_clock_ns(&relay->faults, relay->count.at_s) : 0;
    size_t size = 0;
    if ((disturbed || clock_error_ns != 0) && write_poses(relay, message, clock_error_ns, &size)) {
        ++relay->count.changed;
        *out_bytes = relay->bytes;
        *out_size = size;
    }
}
