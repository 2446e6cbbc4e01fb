/* `osteonav-prepare phantom`: builds the synthetic patient into a folder. */
#include "folder.h"
#include "phantom_export.h"
#include "phantom_plan.h"
#include "phantom_sdf.h"
#include "phantom_volume.h"
#include "prepare.h"
#include "progress.h"
#include "simplify.h"
#include "surface.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { THREADS_MAX = 8, PATH_SIZE = 4096 };

struct options {
    const char *folder;
    uint64_t seed;
    bool json;
};

/* The building of all surfaces: workers take the next structure until none is left. */
struct build {
    const struct phantom *phantom;
    const char *folder;
    struct progress *progress;
    atomic_int next;
    struct phantom_result results[PHANTOM_STRUCTURES];
    enum nav_status statuses[PHANTOM_STRUCTURES];
};

static void print_help(void)
{
    fputs(
        "usage: osteonav phantom --out DIR [--seed N] [--json]\n\n"
        "Builds a synthetic patient for demonstrations and tests: sacrum, hips, L5, disc, dural\n"
        "sac, nerve roots L5 to S5, iliac vessels and an off-centre tumour at S2-S3 on the right,\n"
        "with four planned cuts, landmarks, tools and registration.\n\n"
        "  --out DIR   folder to write into; created when missing, its files are replaced\n"
        "  --seed N    which patient, 0 or more (default 1); the same number gives the same\n"
        "              files byte for byte\n"
        "  --json      print what was built as one JSON object\n"
        "  --help      this text\n\n"
        "writes into DIR:\n"
        "  case.yaml   the case: `osteonav run DIR/case.yaml`\n"
        "  models/     one closed surface a structure, binary PLY, LPS, mm\n"
        "  ct.nrrd     synthetic CT in HU\n"
        "  labels.nrrd label map on the CT's grid, names in labels.csv\n"
        "  truth.json  what is exactly known: registration, cuts, margins, volumes, roots\n\n"
        "exit codes: 0 good, 1 failed, 2 usage\n",
        stdout);
}

static bool parse_seed(const char *text, uint64_t *out_seed)
{
    char *end = NULL;
    errno = 0;
    const unsigned long long value = strtoull(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 || value > 999999999ULL) {
        return false;
    }
    *out_seed = value;
    return true;
}

/* Returns a negative number to go on, else the exit code. */
static int parse_options(int argc, char **argv, struct options *options)
{
    enum { OUT = 1, SEED, JSON, HELP };
    static const struct option known[] = {{"out", required_argument, NULL, OUT},
                                          {"seed", required_argument, NULL, SEED},
                                          {"json", no_argument, NULL, JSON},
                                          {"help", no_argument, NULL, HELP},
                                          {NULL, 0, NULL, 0}};
    int option = 0;
    opterr = 0;
    while ((option = getopt_long(argc, argv, ":", known, NULL)) != -1) {
        switch (option) {
        case OUT:
            options->folder = optarg;
            break;
        case SEED:
            if (!parse_seed(optarg, &options->seed)) {
                fprintf(stderr,
                        "osteonav phantom: --seed '%s' is not a whole number from 0 to 999999999\n",
                        optarg);
                return PREPARE_USAGE;
            }
            break;
        case JSON:
            options->json = true;
            break;
        case HELP:
            print_help();
            return PREPARE_OK;
        default:
            fprintf(stderr, "osteonav phantom: %s %s; see `osteonav phantom --help`\n",
                    option == ':' ? "a value must follow" : "no such option", argv[optind - 1]);
            return PREPARE_USAGE;
        }
    }
    if (optind < argc) {
        fprintf(stderr, "osteonav phantom: unexpected argument '%s'; the folder goes to --out\n",
                argv[optind]);
        return PREPARE_USAGE;
    }
    if (options->folder == NULL || options->folder[0] == '\0') {
        fputs("osteonav phantom: --out DIR is missing: where to write the patient\n", stderr);
        return PREPARE_USAGE;
    }
    return -1;
}

struct field_source {
    const struct phantom *phantom;
    enum phantom_structure structure;
};

static double source_distance(const void *context, const double p[3])
{
    const struct field_source *source = context;
    return phantom_distance(source->phantom, source->structure, p);
}

/* Surface of a field, one closed piece, with its report. */
static enum nav_status make_surface(const struct prep_field *field, size_t triangles_max,
                                    struct prep_surface *out_surface,
                                    struct prep_surface_report *out_report)
{
    const struct prep_simplify limits = {.triangles_max = triangles_max, .error_max_mm = 0.5};
    size_t dropped = 0;
    enum nav_status status = prep_surface_extract(field, out_surface);
    if (status == NAV_OK) {
        status = prep_surface_keep_largest(out_surface, &dropped);
    }
    if (status == NAV_OK) {
        status = prep_surface_simplify(out_surface, &limits);
    }
    if (status == NAV_OK) {
        status = prep_surface_inspect(out_surface, out_report);
    }
    if (status == NAV_OK && (out_report->open_edges > 0 || out_report->bad_edges > 0)) {
        status = NAV_ERR_REFUSED;
    }
    return status;
}

static enum nav_status build_structure(struct build *build, enum phantom_structure structure)
{
    const struct phantom_info *info = phantom_info(structure);
    const struct field_source source = {build->phantom, structure};
    const struct phantom_box box = phantom_bounds(build->phantom, structure);
    struct phantom_result *result = &build->results[structure];
    struct prep_field field = {0};
    struct prep_surface surface = {0};
    enum nav_status status = prep_field_sample(source_distance, &source, box.low, box.high,
                                               info->voxel_mm, PHANTOM_SLOPE_MAX, &field);
    if (status != NAV_OK) {
        return status;
    }
    result->volume_ml = prep_field_volume_ml(&field);
    status = make_surface(&field, info->triangles, &surface, &result->surface);
    prep_field_finish(&field);
    result->points = surface.point_count;
    result->triangles = surface.triangle_count;
    if (status == NAV_OK) {
        char path[PATH_SIZE];
        (void)snprintf(path, sizeof(path), "%s/models/%s.ply", build->folder, info->file);
        status = prep_surface_write_ply(&surface, info->name, path);
    }
    prep_surface_finish(&surface);
    return status;
}

static void *build_structures(void *argument)
{
    struct build *build = argument;
    for (;;) {
        const int next = atomic_fetch_add(&build->next, 1);
        if (next >= PHANTOM_STRUCTURES) {
            return NULL;
        }
        const enum phantom_structure structure = (enum phantom_structure)next;
        build->statuses[next] = build_structure(build, structure);
        progress_step(build->progress, phantom_info(structure)->name);
    }
}

static int thread_count(void)
{
    const long processors = sysconf(_SC_NPROCESSORS_ONLN);
    return processors < 1 ? 1 : (processors > THREADS_MAX ? THREADS_MAX : (int)processors);
}

static enum nav_status build_surfaces(struct build *build)
{
    pthread_t workers[THREADS_MAX];
    int started = 0;
    while (started < thread_count() - 1 &&
           pthread_create(&workers[started], NULL, build_structures, build) == 0) {
        ++started;
    }
    (void)build_structures(build);
    for (int i = 0; i < started; ++i) {
        (void)pthread_join(workers[i], NULL);
    }
    for (int i = 0; i < PHANTOM_STRUCTURES; ++i) {
        if (build->statuses[i] != NAV_OK) {
            fprintf(stderr, "osteonav phantom: %s/models/%s.ply: %s\n", build->folder,
                    phantom_info((enum phantom_structure)i)->file,
                    nav_status_text(build->statuses[i]));
            return build->statuses[i];
        }
    }
    return NAV_OK;
}

static enum nav_status build_volumes(const struct build *build)
{
    struct prep_volume ct = {0}, labels = {0};
    enum nav_status status =
        phantom_volume_make(build->phantom, thread_count(), build->progress, &ct, &labels);
    char path[PATH_SIZE];
    if (status == NAV_OK) {
        (void)snprintf(path, sizeof(path), "%s/ct.nrrd", build->folder);
        status = prep_nrrd_write(&ct, "modality:=CT\nunit:=HU\n", path);
    }
    if (status == NAV_OK) {
        (void)snprintf(path, sizeof(path), "%s/labels.nrrd", build->folder);
        status = prep_nrrd_write(&labels, "names:=labels.csv\n", path);
    }
    if (status == NAV_OK) {
        (void)snprintf(path, sizeof(path), "%s/labels.csv", build->folder);
        status = phantom_export_labels(path);
    }
    prep_volume_finish(&ct);
    prep_volume_finish(&labels);
    if (status != NAV_OK) {
        fprintf(stderr, "osteonav phantom: %s: %s: %s\n", path, nav_status_text(status),
                errno != 0 ? strerror(errno) : "");
    }
    return status;
}

static bool make_folder(const char *path)
{
    struct cfg_error error;
    const bool made = cfg_folder_make(path, &error) == NAV_OK;
    if (!made) {
        fprintf(stderr, "osteonav phantom: %s\n", error.text);
    }
    return made;
}

/* The case goes last and the old one first, so that a folder that was interrupted has none. */
static int write_texts(const struct build *build, const struct phantom_plan *plan)
{
    char path[PATH_SIZE];
    (void)snprintf(path, sizeof(path), "%s/truth.json", build->folder);
    enum nav_status status = phantom_export_truth(build->phantom, plan, build->results, path);
    if (status == NAV_OK) {
        (void)snprintf(path, sizeof(path), "%s/case.yaml", build->folder);
        status = phantom_export_case(build->phantom, plan, path);
    }
    if (status != NAV_OK) {
        fprintf(stderr, "osteonav phantom: %s: %s: %s\n", path, nav_status_text(status),
                strerror(errno));
        return -1;
    }
    return 0;
}

static void report(const struct options *options, const struct build *build, double seconds)
{
    size_t triangles = 0;
    for (int i = 0; i < PHANTOM_STRUCTURES; ++i) {
        triangles += build->results[i].triangles;
    }
    if (!options->json) {
        printf("%s/case.yaml: %d surfaces, %zu triangles, %d cuts, in %.1f s\n", options->folder,
               PHANTOM_STRUCTURES, triangles, PHANTOM_CUTS, seconds);
        return;
    }
    json_t *object =
        json_pack("{s:s, s:I, s:i, s:I, s:i, s:f}", "folder", options->folder, "seed",
                  (json_int_t)options->seed, "surfaces", PHANTOM_STRUCTURES, "triangles",
                  (json_int_t)triangles, "cuts", PHANTOM_CUTS, "seconds", seconds);
    (void)json_dumpf(object, stdout, JSON_COMPACT);
    putchar('\n');
    json_decref(object);
}

static double now_seconds(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static int build_all(const struct options *options, const struct phantom *phantom)
{
    const double start = now_seconds();
    struct phantom_plan plan;
    const enum nav_status planned = phantom_plan_make(phantom, &plan);
    if (planned != NAV_OK) {
        fprintf(stderr, "osteonav phantom: cannot plan on seed %" PRIu64 ": %s\n", options->seed,
                nav_status_text(planned));
        return PREPARE_FAILED;
    }
    struct progress progress;
    progress_init(&progress, PHANTOM_STRUCTURES + phantom_volume_steps(phantom));
    struct build *build = calloc(1, sizeof(*build));
    if (build == NULL) {
        progress_finish(&progress);
        fputs("osteonav phantom: out of memory\n", stderr);
        return PREPARE_FAILED;
    }
    build->phantom = phantom;
    build->folder = options->folder;
    build->progress = &progress;
    bool good = build_surfaces(build) == NAV_OK && build_volumes(build) == NAV_OK;
    progress_finish(&progress);
    good = good && write_texts(build, &plan) == 0;
    if (good) {
        report(options, build, now_seconds() - start);
    }
    free(build);
    return good ? PREPARE_OK : PREPARE_FAILED;
}

int prepare_phantom(int argc, char **argv)
{
    struct options options = {.seed = 1};
    const int usage = parse_options(argc, argv, &options);
    if (usage >= 0) {
        return usage;
    }
    if (strlen(options.folder) > PATH_SIZE - 64) {
        fputs("osteonav phantom: the path after --out is too long\n", stderr);
        return PREPARE_USAGE;
    }
    char path[PATH_SIZE];
    (void)snprintf(path, sizeof(path), "%s/models", options.folder);
    if (!make_folder(options.folder) || !make_folder(path)) {
        return PREPARE_FAILED;
    }
    (void)snprintf(path, sizeof(path), "%s/case.yaml", options.folder);
    if (unlink(path) != 0 && errno != ENOENT) {
        fprintf(stderr, "osteonav phantom: cannot replace %s: %s\n", path, strerror(errno));
        return PREPARE_FAILED;
    }
    struct phantom *phantom = NULL;
    if (phantom_create(options.seed, &phantom) != NAV_OK) {
        fputs("osteonav phantom: out of memory\n", stderr);
        return PREPARE_FAILED;
    }
    const int result = build_all(&options, phantom);
    phantom_destroy(phantom);
    return result;
}
