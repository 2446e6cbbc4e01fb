#include "display_case.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "nrrd.h"
#include "pelvis.h"

enum { NX = 320, NY = 256, NZ = 240 };

const char *const display_case_devices[DISPLAY_CASE_TOOLS] = {"PointerToTracker", "SawToTracker",
                                                              "DrillToTracker"};

/* The parts of the pelvis, in its order. */
static const struct {
    const char *name, *role;
} parts[PELVIS_SURFACES] = {
    {"Sacrum", "bone"},         {"Hip left", "bone"},      {"Hip right", "bone"},
    {"Tumour", "tumour"},       {"Dural sac", "dura"},     {"Root S1 left", "nerve"},
    {"Root S1 right", "nerve"}, {"Root S2 left", "nerve"}, {"Root S2 right", "nerve"},
    {"Iliac artery", "vessel"}, {"Iliac vein", "vessel"},
};

/* The tools are those of `osteonav bench render`; the tracker's space is the image's. */
static const char case_head[] =
    "version: 1\nname: Display benchmark\npatient: {pseudonym: BENCH-1}\n"
    "frames: {image: LPS, unit: mm, reference: none}\n"
    "registration:\n  source: made for the benchmark\n"
    "  matrix: [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]\n"
    "tools:\n"
    "  - name: Pointer\n    device: PointerToTracker\n    tip_mm: [0, 0, 0]\n    axis: [0, 0, -1]\n"
    "    geometry: {shape: pointer, length_mm: 120, diameter_mm: 6}\n"
    "  - name: Saw\n    device: SawToTracker\n    tip_mm: [0, 0, 0]\n    axis: [0, 0, -1]\n"
    "    geometry: {shape: blade, length_mm: 150, width_mm: 60, thickness_mm: 3, up: [0, 1, 0]}\n"
    "  - name: Drill\n    device: DrillToTracker\n    tip_mm: [0, 0, 0]\n    axis: [0, 0, -1]\n"
    "    geometry: {shape: drill, length_mm: 150, diameter_mm: 24}\n"
    "cuts:\n"
    "  - {name: Across, point_mm: [0, 70, 40], normal: [0, 0, 1], u: [-1, 0, 0],\n"
    "     size_mm: [110, 80], depth_mm: 45}\n"
    "  - {name: Below, point_mm: [0, 70, 0], normal: [0, 0, 1], u: [-1, 0, 0],\n"
    "     size_mm: [110, 80], depth_mm: 45}\n"
    "displays:\n  - {name: bench, layout: bedside, size: [1920, 1080]}\n"
    "volumes:\n  - {name: CT, file: ct.nrrd, modality: CT}\n"
    "models:\n";

static void path_of(const struct display_case *made, const char *name, char out[DISPLAY_CASE_PATH])
{
    (void)snprintf(out, DISPLAY_CASE_PATH, "%s/%s", made->folder, name);
}

static void model_file(size_t index, char out[32])
{
    (void)snprintf(out, 32, "model-%zu.ply", index);
}

static bool write_mesh(const struct rnd_mesh *mesh, const char *path)
{
    FILE *file = fopen(path, "we");
    if (file == NULL) {
        return false;
    }
    bool good = fprintf(file,
                        "ply\nformat binary_little_endian 1.0\nelement vertex %zu\n"
                        "property float x\nproperty float y\nproperty float z\n"
                        "element face %zu\nproperty list uchar int vertex_indices\nend_header\n",
                        mesh->vertex_count, mesh->triangle_count) > 0;
    good = good && fwrite(mesh->positions, 3 * sizeof(float), mesh->vertex_count, file) ==
                       mesh->vertex_count;
    for (size_t i = 0; good && i < mesh->triangle_count; ++i) {
        good =
            fputc(3, file) == 3 && fwrite(&mesh->triangles[3 * i], sizeof(uint32_t), 3, file) == 3;
    }
    return fclose(file) == 0 && good;
}

/* Soft tissue with bone in it, and noise. */
static bool write_scan(const char *path)
{
    struct prep_volume volume = {.size = {NX, NY, NZ},
                                 .spacing = {0.9, 0.9, 1.0},
                                 .origin = {-0.45 * NX, -0.45 * NY, -0.5 * NZ},
                                 .type = PREP_VOXEL_I16};
    int16_t *voxels = malloc((size_t)NX * NY * NZ * sizeof(*voxels));
    if (voxels == NULL) {
        return false;
    }
    volume.voxels = voxels;
    uint32_t random = 1;
    for (int k = 0; k < NZ; ++k) {
        for (int j = 0; j < NY; ++j) {
            for (int i = 0; i < NX; ++i) {
                const double x = (i - NX / 2) / 150.0;
                const double y = (j - NY / 2) / 110.0;
                const double z = (k - NZ / 2) / 70.0;
                random = random * 1664525U + 1013904223U;
                const double inside = x * x * 6.0 + y * y * 4.0 + z * z;
                const int value = x * x + y * y > 1.0 ? -1000 : inside < 1.0 ? 900 : 40;
                *voxels++ = (int16_t)(value + (int)(random >> 27) - 16);
            }
        }
    }
    const bool good = prep_nrrd_write(&volume, NULL, path) == NAV_OK;
    prep_volume_finish(&volume);
    return good;
}

static bool write_models(struct display_case *made, size_t triangles, FILE *yaml)
{
    bool good = true;
    for (size_t i = 0; good && i < PELVIS_SURFACES; ++i) {
        char name[32];
        char path[DISPLAY_CASE_PATH];
        struct pelvis_part part = {0};
        model_file(i, name);
        path_of(made, name, path);
        good = pelvis_make(i, triangles, &part) && write_mesh(&part.mesh, path) &&
               fprintf(yaml, "  - {file: %s, name: %s, role: %s}\n", name, parts[i].name,
                       parts[i].role) > 0;
        made->triangles += part.mesh.triangle_count;
        pelvis_finish(&part);
    }
    return good;
}

bool display_case_make(struct display_case *made, size_t triangles)
{
    const char *base = getenv("TMPDIR");
    memset(made, 0, sizeof(*made));
    (void)snprintf(made->folder, sizeof(made->folder), "%s/osteonav-bench-case-XXXXXX",
                   base != NULL ? base : "/tmp");
    if (mkdtemp(made->folder) == NULL) {
        fputs("osteonav bench: cannot make a temporary folder\n", stderr);
        return false;
    }
    char scan[DISPLAY_CASE_PATH];
    path_of(made, "case.yaml", made->path);
    path_of(made, "ct.nrrd", scan);
    FILE *yaml = fopen(made->path, "we");
    bool good = yaml != NULL && fputs(case_head, yaml) >= 0 && write_scan(scan) &&
                write_models(made, triangles, yaml);
    good = (yaml == NULL || fclose(yaml) == 0) && good;
    if (!good) {
        fprintf(stderr, "osteonav bench: cannot write a case into %s\n", made->folder);
        display_case_remove(made);
    }
    return good;
}

void display_case_remove(const struct display_case *made)
{
    static const char *const names[] = {"case.yaml", "ct.nrrd", "frames", "log"};
    char path[DISPLAY_CASE_PATH];
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); ++i) {
        path_of(made, names[i], path);
        (void)unlink(path);
    }
    for (size_t i = 0; i < PELVIS_SURFACES; ++i) {
        char name[32];
        model_file(i, name);
        path_of(made, name, path);
        (void)unlink(path);
    }
    (void)rmdir(made->folder);
}
