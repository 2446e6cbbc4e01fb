/* A file of training, by the end of its name an exercise or a script of the simulator: refused with
 * one line, or something that keeps its word. */
#include <ftw.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "case.h"
#include "exercise.h"
#include "fuzz.h"
#include "sim_script.h"
#include "unit/config/mesh_maker.h"

static char folder[64];
static char path[128];
static struct cfg_case *planned;

static const char case_text[] =
    "version: 1\n"
    "name: Fuzz\n"
    "patient: {pseudonym: FUZZ-01}\n"
    "frames: {image: LPS, unit: mm, reference: ReferenceToTracker}\n"
    "models:\n"
    "  - {file: box.stl, name: Box, role: bone}\n"
    "tools:\n"
    "  - {name: Stylus, device: StylusToTracker, tip_mm: [0, 0, -150], axis: [0, 0, -1]}\n"
    "  - name: Osteotome\n"
    "    device: OsteotomeToTracker\n"
    "    tip_mm: [3, -210, 8]\n"
    "    axis: [0, -1, 0]\n"
    "    geometry: {shape: blade, length_mm: 200, width_mm: 20, thickness_mm: 2, up: [0, 0, 1]}\n"
    "cuts:\n"
    "  - {name: First, point_mm: [10, 20, 30], normal: [0, 0, 1], u: [1, 0, 0], size_mm: [60, "
    "40],\n"
    "     depth_mm: 16}\n"
    "landmarks:\n"
    "  - {name: Apex, position_mm: [1, 2, 3]}\n";

static void store(const char *name, const void *bytes, size_t size)
{
    FILE *file = fopen(name, "wb");
    FUZZ_PROMISE(file != NULL);
    FUZZ_PROMISE(size == 0 || fwrite(bytes, 1, size, file) == size);
    FUZZ_PROMISE(fclose(file) == 0);
}

static void clean_up(void)
{
    cfg_case_destroy(planned);
    (void)nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void set_up(void)
{
    struct cfg_error error;
    (void)snprintf(folder, sizeof(folder), "/tmp/osteonav-fuzz-XXXXXX");
    FUZZ_PROMISE(mkdtemp(folder) != NULL);
    FUZZ_PROMISE(atexit(clean_up) == 0);
    write_box(folder, "box.stl", "", (const double[]){-60, -60, -60},
              (const double[]){140, 120, 120});
    (void)snprintf(path, sizeof(path), "%s/case.yaml", folder);
    store(path, case_text, sizeof(case_text) - 1);
    FUZZ_PROMISE(cfg_case_load(path, &planned, &error) == NAV_OK);
    (void)snprintf(path, sizeof(path), "%s/%s", folder, FUZZ_NAME);
}

static void check_exercise(const struct train_exercise *exercise)
{
    size_t wanted = 0;
    for (size_t i = 0; i < NAV_CUTS_MAX; ++i) {
        wanted += exercise->cuts[i] ? 1 : 0;
        FUZZ_PROMISE(!exercise->cuts[i] || i < planned->cut_count);
    }
    FUZZ_PROMISE(wanted == exercise->cuts_wanted && wanted > 0);
    FUZZ_PROMISE(exercise->title[0] != '\0' && exercise->tool[0] != '\0');
    FUZZ_PROMISE(exercise->pass >= 0 && exercise->pass <= 100);
    for (size_t i = 0; i < TRAIN_CRITERION_COUNT; ++i) {
        FUZZ_PROMISE(isfinite(exercise->rules[i].weight) && exercise->rules[i].weight >= 0);
    }
}

static void check_script(const struct sim_script *script)
{
    FUZZ_PROMISE(script->action_count <= SIM_ACTIONS_MAX && script->fault_count <= SIM_FAULTS_MAX);
    for (size_t i = 0; i < script->action_count; ++i) {
        const struct sim_action *action = &script->actions[i];
        FUZZ_PROMISE(action->kind != SIM_ACTION_CUT || action->target < planned->cut_count);
        FUZZ_PROMISE(action->kind != SIM_ACTION_TOUCH || action->target < planned->landmark_count);
        FUZZ_PROMISE(isfinite(action->depth_mm) && isfinite(action->seconds));
    }
    for (size_t i = 0; i < script->fault_count; ++i) {
        FUZZ_PROMISE(script->faults[i].from_s < script->faults[i].to_s);
        FUZZ_PROMISE(isfinite(script->faults[i].amount));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct sim_script script;
    if (folder[0] == '\0') {
        set_up();
    }
    store(path, data, size);
    struct cfg_error error = {.text = ""};
    if (FUZZ_IS_SCRIPT) {
        const enum nav_status status = sim_script_load(path, planned, &script, &error);
        FUZZ_PROMISE((status == NAV_OK) == (error.text[0] == '\0'));
        if (status == NAV_OK) {
            check_script(&script);
        }
        return 0;
    }
    struct train_exercise *exercise = NULL;
    const enum nav_status status = train_exercise_load(path, planned, &exercise, &error);
    FUZZ_PROMISE((status == NAV_OK) == (exercise != NULL));
    FUZZ_PROMISE((status == NAV_OK) == (error.text[0] == '\0'));
    if (exercise != NULL) {
        check_exercise(exercise);
        train_exercise_destroy(exercise);
    }
    return 0;
}
