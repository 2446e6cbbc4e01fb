/* Three sections through a moving tip, with and without their way to the texture of the display,
 * against vtkImageReslice. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "bench_scan.h"
#include "compositor.h"
#include "offscreen.h"
#include "reslice_vtk.h"
#include "slice.h"
#include "verbs.h"

enum { SIDE = 512, SECTIONS = 3, USUAL_RUNS = 15, QUICK_RUNS = 3 };

static const double pixel_mm = 0.6;
static const struct rnd_window_level window = {.level = 300.0, .width = 1500.0};

struct scene {
    struct rnd_volume volume;
    struct reslice_vtk *vtk;
    bool oblique;
    unsigned step; /* of the tip */
    uint8_t *ours; /* where a section has to end: SECTIONS pictures */
    uint8_t *plain;
    uint8_t *theirs;
    uint32_t *words; /* one picture as the display uploads it */
    struct rnd_compositor *compositor;
};

/* Axial, sagittal, coronal through the tip; turned together when oblique. */
static void section_axes(const struct scene *scene, int section, double right[3], double down[3])
{
    static const double rights[SECTIONS][3] = {{1, 0, 0}, {0, 1, 0}, {1, 0, 0}};
    static const double downs[SECTIONS][3] = {{0, 1, 0}, {0, 0, -1}, {0, 0, -1}};
    const double yaw = scene->oblique ? 0.45 + 0.08 * sin(scene->step * 0.05) : 0.0;
    const double pitch = scene->oblique ? -0.3 : 0.0;
    const double from[2][3] = {
        {rights[section][0], rights[section][1], rights[section][2]},
        {downs[section][0], downs[section][1], downs[section][2]},
    };
    for (int v = 0; v < 2; ++v) {
        const double x = cos(yaw) * from[v][0] - sin(yaw) * from[v][1];
        const double y = sin(yaw) * from[v][0] + cos(yaw) * from[v][1];
        double *to = v == 0 ? right : down;
        to[0] = x;
        to[1] = cos(pitch) * y - sin(pitch) * from[v][2];
        to[2] = sin(pitch) * y + cos(pitch) * from[v][2];
    }
}

static struct rnd_plane section_plane(const struct scene *scene, int section)
{
    double right[3];
    double down[3];
    section_axes(scene, section, right, down);
    const double tip[3] = {20.0 * sin(scene->step * 0.11), 20.0 * cos(scene->step * 0.13),
                           30.0 * sin(scene->step * 0.07)};
    struct rnd_plane plane;
    for (int i = 0; i < 3; ++i) {
        plane.right_mm[i] = pixel_mm * right[i];
        plane.down_mm[i] = pixel_mm * down[i];
        plane.origin_mm[i] =
            tip[i] - 0.5 * SIDE * plane.right_mm[i] - 0.5 * SIDE * plane.down_mm[i];
    }
    return plane;
}

/* The two values of a contender: time on the wall, and processor time of all its threads. */
struct watch {
    int64_t wall_ns, cpu_ns;
};
enum { VALUES = 2 };

static struct watch watch_start(void)
{
    return (struct watch){.wall_ns = bench_now_ns(), .cpu_ns = bench_cpu_ns()};
}

static void watch_stop(const struct watch *watch, double out_ms[VALUES])
{
    out_ms[0] = (double)(bench_now_ns() - watch->wall_ns) / 1e6;
    out_ms[1] = (double)(bench_cpu_ns() - watch->cpu_ns) / 1e6;
}

typedef enum nav_status (*slice_fn)(const struct rnd_volume *, const struct rnd_plane *,
                                    const struct rnd_window_level *, int, int, int, uint8_t *);

static bool draw_ours(struct scene *scene, slice_fn slice, uint8_t *out, double *out_ms)
{
    ++scene->step;
    const struct watch watch = watch_start();
    for (int k = 0; k < SECTIONS; ++k) {
        const struct rnd_plane plane = section_plane(scene, k);
        if (slice(&scene->volume, &plane, &window, SIDE, SIDE, SIDE,
                  out + (size_t)k * SIDE * SIDE) != NAV_OK) {
            return false;
        }
    }
    watch_stop(&watch, out_ms);
    return true;
}

static bool run_ours(void *context, double *out_values)
{
    struct scene *scene = context;
    return draw_ours(scene, rnd_slice, scene->ours, out_values);
}

/* The same, then as the display does: opaque words in a picture of the whole screen. */
static bool run_with_upload(void *context, double *out_values)
{
    struct scene *scene = context;
    uint32_t word_of[256];
    for (uint32_t grey = 0; grey < 256; ++grey) {
        word_of[grey] = UINT32_C(0xff000000) | grey * UINT32_C(0x010101);
    }
    ++scene->step;
    const struct watch watch = watch_start();
    for (int k = 0; k < SECTIONS; ++k) {
        const struct rnd_plane plane = section_plane(scene, k);
        uint8_t *grey = scene->ours + (size_t)k * SIDE * SIDE;
        if (rnd_slice(&scene->volume, &plane, &window, SIDE, SIDE, SIDE, grey) != NAV_OK) {
            return false;
        }
        for (size_t i = 0; i < (size_t)SIDE * SIDE; ++i) {
            scene->words[i] = word_of[grey[i]];
        }
        rnd_compositor_put(scene->compositor, (const uint8_t *)scene->words, 4 * SIDE,
                           (struct rnd_rect){k * SIDE, 0, SIDE, SIDE});
    }
    rnd_compositor_wait(scene->compositor);
    watch_stop(&watch, out_values);
    return true;
}

static bool run_plain(void *context, double *out_values)
{
    struct scene *scene = context;
    return draw_ours(scene, rnd_slice_ref, scene->plain, out_values);
}

static bool run_vtk(void *context, double *out_values)
{
    struct scene *scene = context;
    ++scene->step;
    const struct watch watch = watch_start();
    for (int k = 0; k < SECTIONS; ++k) {
        const struct rnd_plane plane = section_plane(scene, k);
        double right[3];
        double down[3];
        section_axes(scene, k, right, down);
        const uint8_t *picture = reslice_vtk_draw(scene->vtk, plane.origin_mm, right, down);
        if (picture == NULL) {
            return false;
        }
        memcpy(scene->theirs + (size_t)k * SIDE * SIDE, picture, (size_t)SIDE * SIDE);
    }
    watch_stop(&watch, out_values);
    return true;
}

struct difference {
    double mean;
    double far_percent; /* pixels off by more than 2 grey levels */
    int most;
};

static struct difference compare(const uint8_t *a, const uint8_t *b)
{
    struct difference found = {.mean = 0.0};
    size_t far = 0;
    for (size_t i = 0; i < (size_t)SECTIONS * SIDE * SIDE; ++i) {
        const int off = abs((int)a[i] - (int)b[i]);
        found.mean += off;
        found.most = off > found.most ? off : found.most;
        far += off > 2;
    }
    found.mean /= (double)SECTIONS * SIDE * SIDE;
    found.far_percent = 100.0 * (double)far / ((double)SECTIONS * SIDE * SIDE);
    return found;
}

static bool measure(const struct bench_options *options, struct scene *scene, unsigned runs)
{
    const struct bench_contender contenders[4] = {{"ours", run_ours, scene},
                                                  {"plain", run_plain, scene},
                                                  {"vtkImageReslice", run_vtk, scene},
                                                  {"with upload", run_with_upload, scene}};
    double medians[4 * VALUES];
    if (!bench_interleave("slices", contenders, 4, VALUES, runs, medians)) {
        return false;
    }
    /* The same place by all three, to see that they show the same. */
    double unused[VALUES];
    scene->step = 41;
    bool good = run_ours(scene, unused);
    scene->step = 41;
    good = good && run_plain(scene, unused);
    scene->step = 41;
    good = good && run_vtk(scene, unused);
    if (!good) {
        return false;
    }
    const struct difference vtk = compare(scene->ours, scene->theirs);
    const struct difference plain = compare(scene->ours, scene->plain);
    json_t *extra =
        json_pack("{s:b, s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:i, s:b}", "fast",
                  (int)rnd_slice_is_fast(), "cpu_ms", medians[1], "reference_cpu_ms", medians[5],
                  "plain_ms", medians[2], "with_upload_ms", medians[6], "with_upload_cpu_ms",
                  medians[7], "mean_difference", vtk.mean, "far_percent", vtk.far_percent,
                  "most_from_plain", plain.most, "holds", medians[6] <= 12.0 && plain.most <= 1);
    bench_print(options,
                &(struct bench_result){.bench = "slices",
                                       .what = scene->oblique ? "three oblique 512x512 sections"
                                                              : "three straight 512x512 sections",
                                       .unit = "ms",
                                       .ours = medians[0],
                                       .reference = medians[4],
                                       .reference_name = "vtkImageReslice",
                                       .more_is_better = false,
                                       .runs = runs,
                                       .extra = extra});
    return true;
}

int bench_sections(const struct bench_options *options)
{
    int16_t *voxels = bench_scan_voxels();
    struct scene scene = {.volume = bench_scan(voxels)};
    double spacing[3];
    double origin[3];
    for (int i = 0; i < 3; ++i) {
        spacing[i] = scene.volume.T_image_voxel[5 * i];
        origin[i] = scene.volume.T_image_voxel[4 * i + 3];
    }
    uint8_t *pictures = malloc((size_t)3 * SECTIONS * SIDE * SIDE);
    scene.ours = pictures;
    if (voxels != NULL && pictures != NULL) {
        scene.plain = pictures + (size_t)SECTIONS * SIDE * SIDE;
        scene.theirs = scene.plain + (size_t)SECTIONS * SIDE * SIDE;
        scene.vtk = reslice_vtk_create(voxels, scene.volume.size, spacing, origin, SIDE, SIDE,
                                       pixel_mm, window.level, window.width);
    }
    struct rnd_offscreen *offscreen = NULL;
    scene.words = malloc(sizeof(*scene.words) * SIDE * SIDE);
    bool good = scene.vtk != NULL && scene.words != NULL &&
                rnd_offscreen_create(&offscreen) == NAV_OK &&
                rnd_compositor_create(&scene.compositor) == NAV_OK &&
                rnd_compositor_resize(scene.compositor, SECTIONS * SIDE, SIDE) == NAV_OK;
    const unsigned runs =
        options->runs == 0 && options->quick ? QUICK_RUNS : bench_runs(options, USUAL_RUNS);
    for (int oblique = 0; good && oblique < 2; ++oblique) {
        scene.oblique = oblique == 1;
        good = measure(options, &scene, runs);
    }
    reslice_vtk_destroy(scene.vtk);
    rnd_compositor_destroy(scene.compositor);
    rnd_offscreen_destroy(offscreen);
    free(scene.words);
    free(pictures);
    free(voxels);
    if (!good) {
        fputs("osteonav bench: the sections cannot be made; is there memory for 300 MB, and Mesa's "
              "EGL?\n",
              stderr);
        return VERB_FAILED;
    }
    return VERB_OK;
}
