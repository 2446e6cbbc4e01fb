#include "sim_pack.h"

#include <stdio.h>
#include <string.h>

#include "nav/limits.h"
#include "wire_pack.h"
#include "wire_tdata.h"
#include "wire_transform.h"

enum {
    KEY_SIZE = NAV_NAME_SIZE + 8, /* "<Name>Status" */
    ERROR_SIZE = 32,
    INSTRUMENT_6D = 2 /* TDATA's word for a tool with position and orientation */
};

enum nav_status sim_pack_check_name(const struct sim_pack_config *config, const char *device)
{
    const size_t length = strlen(device);
    if (length <= WIRE_DEVICE_SIZE) {
        return NAV_OK;
    }
    const bool fits = config->header_version == 2 && !config->tdata && length < NAV_NAME_SIZE;
    return fits ? NAV_OK : NAV_ERR_RANGE;
}

/* Left out: no matrix, or not valid and not asked for. */
static bool is_sent(const struct sim_pack_config *config, const struct sim_pose *pose)
{
    return pose->has_matrix && (pose->valid || config->send_invalid);
}

static void count_pose(const struct sim_pack_config *config, const struct sim_pose *pose,
                       struct sim_pack_count *count)
{
    if (!is_sent(config, pose)) {
        ++count->poses_omitted;
        return;
    }
    ++count->poses;
    count->poses_invalid += pose->valid ? 0 : 1;
}

static struct wire_transform to_wire(const struct sim_pose *pose)
{
    struct wire_transform out;
    for (int i = 0; i < 9; ++i) {
        out.R[i] = (float)pose->R[i];
    }
    for (int i = 0; i < 3; ++i) {
        out.t_mm[i] = (float)pose->t_mm[i];
    }
    return out;
}

static enum nav_status pack_transform(const struct sim_pack_config *config,
                                      const struct sim_pose *pose, int64_t stamp_ns,
                                      struct wire_writer *writer)
{
    if (sim_pack_check_name(config, pose->device) != NAV_OK) {
        return NAV_ERR_RANGE;
    }
    char device[WIRE_DEVICE_SIZE + 1];
    (void)snprintf(device, sizeof(device), "%.*s", WIRE_DEVICE_SIZE, pose->device);
    struct wire_metadata_entry entries[4];
    char error[ERROR_SIZE];
    size_t entry_count = 0;
    if (config->header_version == 2) {
        if (pose->status != NULL) {
            entries[entry_count++] = wire_metadata_text("TransformValid", pose->valid ? "1" : "0");
            entries[entry_count++] = wire_metadata_text("TransformStatus", pose->status);
        }
        if (pose->has_error) {
            (void)snprintf(error, sizeof(error), "%.4f", pose->error_mm);
            entries[entry_count++] = wire_metadata_text("TransformError", error);
        }
        if (strlen(pose->device) > WIRE_DEVICE_SIZE) {
            entries[entry_count++] = wire_metadata_text("IGTL_DEVICE_NAME", pose->device);
        }
    }
    const struct wire_pack_head head = {.version = config->header_version,
                                        .kind = WIRE_KIND_TRANSFORM,
                                        .device = device,
                                        .utc_ns = stamp_ns};
    const struct wire_pack pack = wire_pack_begin(writer, &head);
    const struct wire_transform transform = to_wire(pose);
    wire_transform_encode(writer, &transform);
    return wire_pack_end(&pack, entries, entry_count);
}

static enum nav_status pack_tdata(const struct sim_pack_config *config,
                                  const struct sim_frame *frame, size_t sent, int64_t stamp_ns,
                                  struct wire_writer *writer)
{
    char keys[SIM_POSES_MAX][KEY_SIZE];
    struct wire_metadata_entry entries[SIM_POSES_MAX];
    size_t entry_count = 0;
    char device[WIRE_DEVICE_SIZE + 1];
    (void)snprintf(device, sizeof(device), "TDATA_%zuElem", sent);
    const struct wire_pack_head head = {.version = config->header_version,
                                        .kind = WIRE_KIND_TDATA,
                                        .device = device,
                                        .utc_ns = stamp_ns};
    const struct wire_pack pack = wire_pack_begin(writer, &head);
    for (size_t i = 0; i < frame->pose_count; ++i) {
        const struct sim_pose *pose = &frame->poses[i];
        if (!is_sent(config, pose)) {
            continue;
        }
        struct wire_tdata_tool tool = {.instrument = INSTRUMENT_6D, .pose = to_wire(pose)};
        if (sim_pack_check_name(config, pose->device) != NAV_OK) {
            return NAV_ERR_RANGE;
        }
        tool.name_length = (uint8_t)snprintf(tool.name, sizeof(tool.name), "%s", pose->device);
        wire_tdata_tool_encode(writer, &tool);
        if (config->header_version == 2 && pose->status != NULL) {
            (void)snprintf(keys[i], sizeof(keys[i]), "%sStatus", pose->device);
            entries[entry_count++] = wire_metadata_text(keys[i], pose->status);
        }
    }
    return wire_pack_end(&pack, entries, entry_count);
}

enum nav_status sim_pack_frame(const struct sim_pack_config *config, const struct sim_frame *frame,
                               int64_t stamp_ns, uint8_t bytes[SIM_PACK_SIZE],
                               struct sim_pack_count *count, size_t *out_size)
{
    struct wire_writer writer = wire_writer_of(bytes, SIM_PACK_SIZE);
    struct sim_pack_count added = *count;
    size_t sent = 0;
    for (size_t i = 0; i < frame->pose_count; ++i) {
        count_pose(config, &frame->poses[i], &added);
        if (!is_sent(config, &frame->poses[i])) {
            continue;
        }
        ++sent;
        if (!config->tdata) {
            const enum nav_status status =
                pack_transform(config, &frame->poses[i], stamp_ns, &writer);
            if (status != NAV_OK) {
                return status;
            }
        }
    }
    if (config->tdata && sent > 0) {
        const enum nav_status status = pack_tdata(config, frame, sent, stamp_ns, &writer);
        if (status != NAV_OK) {
            return status;
        }
    }
    added.messages += config->tdata && sent > 0 ? 1 : sent;
    *count = added;
    *out_size = writer.size;
    return NAV_OK;
}
