/* `osteonav-prepare surfaces`: the structures of a segmentation as closed surfaces. */
#include "folder.h"
#include "prepare.h"
#include "progress.h"
#include "segment.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/resource.h>
#include <time.h>

enum { PATH_SIZE = 4096, THREADS_MAX = 16, ROUNDS_MAX = 100, FILE_NAME_SIZE = NAV_NAME_SIZE + 16 };

static const double error_max_mm = 10.0; /* a decimation beyond that is a mistyped number */

struct options {
    const char *path, *names, *folder, *only;
    bool thresholded;
    int16_t hu;
    bool json;
    struct prep_segment_options segment;
};

static void print_help(void)
{
    fputs(
        "usage: osteonav-prepare surfaces LABELS --out DIR [--names TABLE] [--only NAME,...]\n"
        "                                 [--error MM] [--smoothing N] [--threads N] [--json]\n"
        "       osteonav-prepare surfaces CT --threshold HU --out DIR ...\n\n"
        "Makes a closed surface of every structure of a segmentation, and says how well it keeps "
        "to\n"
        "the voxels. LABELS is a .seg.nrrd (names itself) or a label map (.nrrd, .nii, "
        ".nii.gz).\n\n"
        "  --out DIR         folder for NAME.ply (binary, LPS, mm); created when missing\n"
        "  --names TABLE     names of a label map's values: .csv, .tsv, .json, .ctbl, ITK-SNAP "
        ".txt\n"
        "  --only NAME,...   these structures; else all that have voxels\n"
        "  --threshold HU    bone from a CT, for a quick start: what is denser, its largest "
        "piece,\n"
        "                    cavities filled\n"
        "  --error MM        decimation moves the surface by at most so much (default: a\n"
        "                    twentieth of a voxel; 0: none)\n"
        "  --smoothing N     rounds of smoothing, 0 to 100 (default 10)\n"
        "  --threads N       1 to 16 (default: as many as processors)\n"
        "  --json            print the report as one JSON object\n"
        "  --help            this text\n\n"
        "The error is measured between surface and voxels' boundary, both ways; some\n"
        "0.15 voxels on average are the voxels' own steps. Exit codes: 0 good, 1 failed, 2 usage\n",
        stdout);
}

/* --- options --------------------------------------------------------------------------------- */

static bool take_number(const char *word, const char *text, double low, double high, bool whole,
                        double *out_value)
{
    char *end = NULL;
    errno = 0;
    const double value = strtod(text, &end);
    if (end == text || *end != '\0' || errno != 0 || !(value >= low && value <= high) ||
        (whole && value != floor(value))) {
        fprintf(stderr, "osteonav-prepare surfaces: --%s '%s' is not a %s from %g to %g\n", word,
                text, whole ? "whole number" : "number", low, high);
        return false;
    }
    *out_value = value;
    return true;
}

/* Returns a negative number to go on, else the exit code. */
static int check_options(int argc, char **argv, struct options *options)
{
    const char *missing = NULL;
    if (optind == argc) {
        missing = "which segmentation? Its path must follow";
    } else if (options->folder == NULL || options->folder[0] == '\0') {
        missing = "--out DIR is missing: where to write the surfaces";
    } else if (strlen(options->folder) > PATH_SIZE - FILE_NAME_SIZE - 8) {
        missing = "the path after --out is too long";
    } else if (options->thresholded && options->names != NULL) {
        missing = "--threshold makes one structure, bone; leave --names away";
    }
    if (missing != NULL) {
        fprintf(stderr, "osteonav-prepare surfaces: %s\n", missing);
        return PREPARE_USAGE;
    }
    options->path = argv[optind++];
    if (optind < argc) {
        fprintf(stderr, "osteonav-prepare surfaces: unexpected argument '%s'\n", argv[optind]);
        return PREPARE_USAGE;
    }
    return -1;
}

static int parse_options(int argc, char **argv, struct options *options)
{
    enum { OUT = 1, NAMES, ONLY, THRESHOLD, ERROR, SMOOTHING, THREADS, JSON, HELP };
    static const struct option known[] = {
        {"out", required_argument, NULL, OUT},
        {"names", required_argument, NULL, NAMES},
        {"only", required_argument, NULL, ONLY},
        {"threshold", required_argument, NULL, THRESHOLD},
        {"error", required_argument, NULL, ERROR},
        {"smoothing", required_argument, NULL, SMOOTHING},
        {"threads", required_argument, NULL, THREADS},
        {"json", no_argument, NULL, JSON},
        {"help", no_argument, NULL, HELP},
        {NULL, 0, NULL, 0},
    };
    int option = 0;
    double number = 0.0;
    opterr = 0;
    while ((option = getopt_long(argc, argv, ":", known, NULL)) != -1) {
        bool good = true;
        switch (option) {
        case OUT:
            options->folder = optarg;
            break;
        case NAMES:
            options->names = optarg;
            break;
        case ONLY:
            options->only = optarg;
            break;
        case THRESHOLD:
            good = take_number("threshold", optarg, INT16_MIN, INT16_MAX - 1, true, &number);
            options->thresholded = true;
            options->hu = good ? (int16_t)number : 0;
            break;
        case ERROR:
            good = take_number("error", optarg, 0.0, error_max_mm, false,
                               &options->segment.error_max_mm);
            break;
        case SMOOTHING:
            good = take_number("smoothing", optarg, 0.0, ROUNDS_MAX, true, &number);
            options->segment.smoothing = good ? (int)number : 0;
            break;
        case THREADS:
            good = take_number("threads", optarg, 1.0, THREADS_MAX, true, &number);
            options->segment.threads = good ? (int)number : 1;
            break;
        case JSON:
            options->json = true;
            break;
        case HELP:
            print_help();
            return PREPARE_OK;
        default:
            fprintf(stderr,
                    "osteonav-prepare surfaces: %s %s; see `osteonav-prepare surfaces --help`\n",
                    option == ':' ? "a value must follow" : "no such option", argv[optind - 1]);
            return PREPARE_USAGE;
        }
        if (!good) {
            return PREPARE_USAGE;
        }
    }
    return check_options(argc, argv, options);
}

/* --- which structures ------------------------------------------------------------------------ */

static enum nav_status load(const struct options *options, struct prep_segmentation *out,
                            struct cfg_error *error)
{
    if (!options->thresholded) {
        return prep_segmentation_load(options->path, options->names, out, error);
    }
    struct cfg_volume *ct = NULL;
    const enum nav_status status = cfg_volume_load(options->path, NULL, &ct, error);
    return status == NAV_OK
               ? prep_segmentation_threshold(ct, options->path, options->hu, out, error)
               : status;
}

/* Adds one wanted name; what is wrong with it goes to stderr. */
static bool choose(const struct prep_segmentation *segmentation, const char *name,
                   const struct prep_segment **chosen, size_t *count)
{
    const struct prep_segment *segment = prep_segmentation_find(segmentation, name);
    if (segment == NULL || segment->voxels == 0) {
        fprintf(stderr, "osteonav-prepare surfaces: --only '%s': %s\n", name,
                segment == NULL ? "there is no such structure" : "it has no voxels");
        return false;
    }
    for (size_t i = 0; i < *count; ++i) {
        if (chosen[i] == segment) {
            return true;
        }
    }
    chosen[(*count)++] = segment;
    return true;
}

static bool choose_all(const struct prep_segmentation *segmentation, const char *only,
                       const struct prep_segment **chosen, size_t *out_count)
{
    size_t count = 0;
    for (size_t i = 0; only == NULL && i < segmentation->count; ++i) {
        if (segmentation->segments[i].voxels > 0) {
            chosen[count++] = &segmentation->segments[i];
        }
    }
    for (const char *at = only; at != NULL;) {
        const char *comma = strchr(at, ',');
        const size_t length = comma != NULL ? (size_t)(comma - at) : strlen(at);
        char name[NAV_NAME_SIZE];
        const size_t kept = length < sizeof(name) ? length : sizeof(name) - 1;
        memcpy(name, at, kept);
        name[kept] = '\0';
        if (!choose(segmentation, name, chosen, &count)) {
            return false;
        }
        at = comma != NULL ? comma + 1 : NULL;
    }
    *out_count = count;
    return true;
}

/* --- files ----------------------------------------------------------------------------------- */

/* A name as a file's: letters, digits and -_. stay. */
static void plain_name(const char *name, char out[FILE_NAME_SIZE])
{
    size_t length = 0;
    for (; name[length] != '\0'; ++length) {
        const unsigned char c = (unsigned char)name[length];
        const bool plain = isalnum(c) || c == '-' || c == '_' || (c == '.' && length > 0);
        out[length] = plain ? (char)c : '_';
    }
    out[length] = '\0';
}

/* Files of all surfaces; names that have become the same get their number behind. */
static void name_files(const struct prep_segment_surfaces *surfaces, char (*out)[FILE_NAME_SIZE])
{
    for (size_t i = 0; i < surfaces->count; ++i) {
        plain_name(surfaces->items[i].segment->name, out[i]);
        bool taken = false;
        for (size_t k = 0; k < i; ++k) {
            taken = taken || strcasecmp(out[k], out[i]) == 0;
        }
        if (taken) {
            const size_t length = strlen(out[i]);
            (void)snprintf(out[i] + length, FILE_NAME_SIZE - length, "_%zu", i + 1);
        }
    }
}

static bool make_folder(const char *path)
{
    struct cfg_error error;
    const bool made = cfg_folder_make(path, &error) == NAV_OK;
    if (!made) {
        fprintf(stderr, "osteonav-prepare surfaces: %s\n", error.text);
    }
    return made;
}

static bool write_files(const char *folder, const struct prep_segment_surfaces *surfaces,
                        char (*files)[FILE_NAME_SIZE])
{
    for (size_t i = 0; i < surfaces->count; ++i) {
        const struct prep_segment_surface *item = &surfaces->items[i];
        char path[PATH_SIZE];
        (void)snprintf(path, sizeof(path), "%s/%s.ply", folder, files[i]);
        if (prep_surface_write_ply(&item->surface, item->segment->name, path) != NAV_OK) {
            fprintf(stderr, "osteonav-prepare surfaces: cannot write %s: %s\n", path,
                    strerror(errno));
            return false;
        }
    }
    return true;
}

/* --- the report ------------------------------------------------------------------------------ */

struct result {
    const struct options *options;
    const struct prep_segmentation *segmentation;
    const struct prep_segment_surfaces *surfaces;
    char (*files)[FILE_NAME_SIZE];
    double seconds;
};

static double peak_mb(void)
{
    struct rusage usage;
    return getrusage(RUSAGE_SELF, &usage) == 0 ? (double)usage.ru_maxrss / 1024.0 : 0.0;
}

static json_t *json_structure(const struct prep_segment_surface *item, const char *file)
{
    const struct prep_segment *segment = item->segment;
    char path[FILE_NAME_SIZE + 8];
    (void)snprintf(path, sizeof(path), "%s.ply", file);
    json_t *object = json_pack(
        "{s:s, s:s, s:i, s:i, s:I, s:f, s:f, s:f, s:f, s:f, s:f, s:I, s:I, s:I, s:b, s:I, s:f}",
        "name", segment->name, "file", path, "value", (int)segment->value, "layer",
        (int)segment->layer, "voxels", (json_int_t)segment->voxels, "voxel_ml", item->voxel_ml,
        "mesh_ml", item->mesh_ml, "difference_percent", item->difference_percent, "error_mean_mm",
        item->error.mean_mm, "error_p95_mm", item->error.p95_mm, "error_max_mm", item->error.max_mm,
        "triangles_before", (json_int_t)item->triangles_before, "triangles",
        (json_int_t)item->surface.triangle_count, "points", (json_int_t)item->surface.point_count,
        "closed", item->closed ? 1 : 0, "components", (json_int_t)item->report.components,
        "area_mm2", item->report.area_mm2);
    if (segment->coloured) {
        char hex[8];
        (void)snprintf(hex, sizeof(hex), "#%02x%02x%02x", segment->colour[0], segment->colour[1],
                       segment->colour[2]);
        (void)json_object_set_new(object, "colour", json_string(hex));
    }
    if (segment->id[0] != '\0') {
        (void)json_object_set_new(object, "id", json_string(segment->id));
    }
    if (segment->tags[0] != '\0') { /* null where it was cut within a character */
        (void)json_object_set_new(object, "tags", json_string(segment->tags));
    }
    return object;
}

static void print_json(const struct result *result)
{
    const struct cfg_volume_report *report = &result->segmentation->volume->report;
    json_t *structures = json_array(), *empty = json_array();
    for (size_t i = 0; i < result->surfaces->count; ++i) {
        (void)json_array_append_new(structures,
                                    json_structure(&result->surfaces->items[i], result->files[i]));
    }
    for (size_t i = 0; i < result->segmentation->count; ++i) {
        const struct prep_segment *segment = &result->segmentation->segments[i];
        if (segment->voxels == 0) {
            (void)json_array_append_new(empty, json_string(segment->name));
        }
    }
    json_t *object =
        json_pack("{s:s, s:s, s:[i,i,i], s:[f,f,f], s:i, s:b, s:o, s:o, s:f, s:f}", "source",
                  result->options->path, "format", cfg_volume_format_name(report->format), "size",
                  (int)report->size[0], (int)report->size[1], (int)report->size[2], "spacing_mm",
                  report->spacing_mm[0], report->spacing_mm[1], report->spacing_mm[2], "layers",
                  (int)report->layers, "mirrored", report->mirrored ? 1 : 0, "structures",
                  structures, "empty", empty, "seconds", result->seconds, "peak_mb", peak_mb());
    (void)json_dumpf(object, stdout, JSON_COMPACT | JSON_REAL_PRECISION(9));
    putchar('\n');
    json_decref(object);
}

static void print_table(const struct result *result)
{
    printf("%-28s %9s %9s %7s  %-19s %9s %9s %5s\n", "structure", "voxels", "mesh", "diff",
           "error mean/95%/max", "triangles", "of", "parts");
    printf("%-28s %9s %9s %7s  %-19s\n", "", "ml", "ml", "%", "mm");
    for (size_t i = 0; i < result->surfaces->count; ++i) {
        const struct prep_segment_surface *item = &result->surfaces->items[i];
        printf("%-28.28s %9.2f %9.2f %+7.2f  %5.2f  %5.2f  %5.2f %9zu %9zu %5zu\n",
               item->segment->name, item->voxel_ml, item->mesh_ml, item->difference_percent,
               item->error.mean_mm, item->error.p95_mm, item->error.max_mm,
               item->surface.triangle_count, item->triangles_before, item->report.components);
    }
    printf("%zu closed surfaces in %s, %.1f s, %.0f MB\n", result->surfaces->count,
           result->options->folder, result->seconds, peak_mb());
    size_t empty = 0;
    for (size_t i = 0; i < result->segmentation->count; ++i) {
        empty += result->segmentation->segments[i].voxels == 0;
    }
    if (empty > 0) {
        printf("%zu names have no voxels\n", empty);
    }
    if (result->segmentation->volume->report.mirrored) {
        puts("the file's first axis was mirrored and has been reversed");
    }
}

/* --- the walk -------------------------------------------------------------------------------- */

static double now_seconds(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void show_progress(void *context, double share, const char *what)
{
    progress_at(context, share, what);
}

static enum nav_status make_surfaces(struct options *options,
                                     const struct prep_segmentation *segmentation,
                                     const struct prep_segment **chosen, size_t count,
                                     struct prep_segment_surfaces *out, struct cfg_error *error)
{
    struct progress progress;
    progress_init(&progress, 1);
    options->segment.progress = show_progress;
    options->segment.context = &progress;
    const enum nav_status status =
        prep_segment_run(segmentation, chosen, count, &options->segment, out, error);
    progress_finish(&progress);
    return status;
}

/* All from the loaded segmentation on. */
static bool finish(struct options *options, const struct prep_segmentation *segmentation,
                   double start)
{
    const struct prep_segment **chosen = calloc(segmentation->count, sizeof(*chosen));
    char(*files)[FILE_NAME_SIZE] = calloc(segmentation->count, sizeof(*files));
    struct prep_segment_surfaces surfaces = {0};
    struct cfg_error error = {.text = "out of memory"};
    size_t count = 0;
    bool good = false;
    if (chosen == NULL || files == NULL) {
        fputs("osteonav-prepare surfaces: out of memory\n", stderr);
    } else if (choose_all(segmentation, options->only, chosen, &count)) {
        good = make_surfaces(options, segmentation, chosen, count, &surfaces, &error) == NAV_OK;
        if (!good) {
            fprintf(stderr, "osteonav-prepare surfaces: %s: %s\n", options->path, error.text);
        }
    }
    if (good) {
        name_files(&surfaces, files);
        good = make_folder(options->folder) && write_files(options->folder, &surfaces, files);
    }
    if (good) {
        const struct result result = {options, segmentation, &surfaces, files,
                                      now_seconds() - start};
        if (options->json) {
            print_json(&result);
        } else {
            print_table(&result);
        }
    }
    prep_segment_surfaces_finish(&surfaces);
    free(chosen);
    free(files);
    return good;
}

int prepare_surfaces(int argc, char **argv)
{
    struct options options = {.segment = prep_segment_options_default()};
    const int usage = parse_options(argc, argv, &options);
    if (usage >= 0) {
        return usage;
    }
    const double start = now_seconds();
    struct prep_segmentation segmentation = {0};
    struct cfg_error error = {.text = ""};
    if (load(&options, &segmentation, &error) != NAV_OK) {
        fprintf(stderr, "osteonav-prepare surfaces: %s\n", error.text);
        return PREPARE_FAILED;
    }
    const bool good = finish(&options, &segmentation, start);
    prep_segmentation_finish(&segmentation);
    return good ? PREPARE_OK : PREPARE_FAILED;
}
