/* A file of OpenCV's, read as a lens and as a hand-eye: refused with a message, or what it says can
 * be calculated with. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz.h"
#include "lens_file.h"
#include "mount_file.h"

static void check_lens(const struct rnd_lens *lens)
{
    FUZZ_PROMISE(rnd_lens_is_valid(lens));
    const double ahead_mm[3] = {0, 0, 500};
    double px[2];
    if (rnd_lens_project(lens, ahead_mm, px)) {
        FUZZ_PROMISE(isfinite(px[0]) && isfinite(px[1]));
    }
    FUZZ_PROMISE(memchr(lens->camera, 0, sizeof(lens->camera)) != NULL);
    FUZZ_PROMISE(memchr(lens->date, 0, sizeof(lens->date)) != NULL);
}

static void check_mount(const struct cam_mount *mount)
{
    FUZZ_PROMISE(nav_pose_is_valid(&mount->T_marker_camera));
    FUZZ_PROMISE(mount->held_out_px >= 0 && isfinite(mount->held_out_px));
    FUZZ_PROMISE(mount->held_out_mm >= 0 && isfinite(mount->held_out_mm));
    FUZZ_PROMISE(mount->width_px > 0 && mount->height_px > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const int file = memfd_create("lens", MFD_CLOEXEC);
    char path[64];
    FUZZ_PROMISE(file >= 0 && (size == 0 || write(file, data, size) == (ssize_t)size));
    (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
    const int any[2] = {0, 0};
    struct rnd_lens lens;
    struct cam_mount mount;
    struct cam_error error = {""};
    enum nav_status status = cam_lens_read(path, any, &lens, &error);
    FUZZ_PROMISE((status == NAV_OK) == (error.text[0] == '\0'));
    if (status == NAV_OK) {
        check_lens(&lens);
    }
    error.text[0] = '\0';
    status = cam_mount_read(path, &mount, &error);
    FUZZ_PROMISE((status == NAV_OK) == (error.text[0] == '\0'));
    if (status == NAV_OK) {
        check_mount(&mount);
    }
    (void)close(file);
    return 0;
}
