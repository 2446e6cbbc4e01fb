/* A case file beside one good mesh, box.stl: refused with a message, or a case that keeps its word.
 */
#include <ftw.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "case.h"
#include "case_warnings.h"
#include "fuzz.h"
#include "unit/config/mesh_maker.h"

static char folder[64];
static char path[128];

static void clean_up(void)
{
    (void)nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void set_up(void)
{
    (void)snprintf(folder, sizeof(folder), "/tmp/osteonav-fuzz-XXXXXX");
    FUZZ_PROMISE(mkdtemp(folder) != NULL);
    FUZZ_PROMISE(atexit(clean_up) == 0);
    write_box(folder, "box.stl", "", (const double[]){-60, -120, 120},
              (const double[]){120, 80, 120});
    (void)snprintf(path, sizeof(path), "%s/case.yaml", folder);
}

static double length_of(const double v[3])
{
    return sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]);
}

static void check_case(const struct cfg_case *loaded)
{
    FUZZ_PROMISE(loaded->case_id != 0 && loaded->name[0] != '\0' && loaded->pseudonym[0] != '\0');
    FUZZ_PROMISE(loaded->model_count > 0 && loaded->tool_count > 0);
    FUZZ_PROMISE(loaded->limits.withhold_age_ms > loaded->limits.caution_age_ms);
    for (size_t i = 0; i < loaded->model_count; ++i) {
        FUZZ_PROMISE(loaded->models[i].opacity > 0.0f && loaded->models[i].opacity <= 1.0f);
    }
    for (size_t i = 0; i < loaded->tool_count; ++i) {
        FUZZ_PROMISE(fabs(length_of(loaded->tools[i].axis) - 1.0) < 1e-12);
        FUZZ_PROMISE(fabs(length_of(loaded->tools[i].up) - 1.0) < 1e-12);
    }
    for (size_t i = 0; i < loaded->cut_count; ++i) {
        FUZZ_PROMISE(fabs(length_of(loaded->cuts[i].u) - 1.0) < 1e-12);
        FUZZ_PROMISE(loaded->cuts[i].depth_mm <= loaded->cuts[i].size_mm[1]);
    }
    if (loaded->has_registration) {
        for (size_t i = 0; i < 16; ++i) {
            FUZZ_PROMISE(isfinite(loaded->registration_matrix[i]));
        }
    }
    (void)cfg_case_warnings(loaded, NULL, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (folder[0] == '\0') {
        set_up();
    }
    FILE *file = fopen(path, "wb");
    FUZZ_PROMISE(file != NULL);
    FUZZ_PROMISE(size == 0 || fwrite(data, 1, size, file) == size);
    FUZZ_PROMISE(fclose(file) == 0);
    struct cfg_case *loaded = NULL;
    struct cfg_error error = {.text = ""};
    const enum nav_status status = cfg_case_load(path, &loaded, &error);
    FUZZ_PROMISE((status == NAV_OK) == (loaded != NULL));
    FUZZ_PROMISE((status == NAV_OK) == (error.text[0] == '\0'));
    if (loaded != NULL) {
        check_case(loaded);
        cfg_case_destroy(loaded);
    }
    return 0;
}
