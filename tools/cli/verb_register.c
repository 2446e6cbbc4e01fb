/* `osteonav register`: patient registration from landmarks, and from touched bone surface. */
#include "verbs.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "case.h"
#include "case_limits.h"
#include "json_out.h"
#include "markups.h"
#include "mesh.h"
#include "nav/time.h"
#include "options.h"
#include "pauses.h"
#include "plot.h"
#include "recording.h"
#include "registration.h"
#include "surface_registration.h"

static const char usage[] =
    "usage: osteonav register --image FILE --tracker FILE [OPTIONS]\n"
    "       osteonav register --image FILE --points-from SESSION --tool T [--reference R]\n"
    "                         [--tip X,Y,Z] [OPTIONS]\n"
    "\n"
    "Finds the transform from the patient reference to the image from landmarks that were\n"
    "touched with a calibrated stylus, and says how wrong it may be where it matters.\n"
    "\n"
    "  --image FILE     the landmarks in the image: .mrk.json, .fcsv, .csv, or a CASE.yaml\n"
    "  --tracker FILE   the same landmarks as touched, in the reference's frame (.csv,\n"
    "                   .mrk.json, .fcsv); paired by their labels\n"
    "  --points-from SESSION\n"
    "                   take the touched landmarks from a recording instead: the places where\n"
    "                   the tip of --tool rested, in order (`osteonav session pauses` lists them)\n"
    "  --tool T, --reference R, --tip X,Y,Z, --hold S, --radius MM, --samples N\n"
    "                   as in `osteonav session pauses`\n"
    "  --pick N,N,...   only these pauses, in this order\n"
    "  --by-order       pair by their order instead\n"
    "  --targets FILE   points in the image at which the error is predicted; of a CASE.yaml\n"
    "                   given as --image its cuts are targets too\n"
    "  --surface MESH   refine on this bone (.stl, .ply): points of --tracker that are no\n"
    "                   landmark, or those of --surface-points, lie on its surface\n"
    "  --surface-points FILE\n"
    "                   points touched on the bone, in the reference's frame\n"
    "  --case CASE      use this case's limits (`osteonav case limits`: landmark*, fle_mm,\n"
    "                   fre_confidence, tre95_max_mm, scale_tolerance, mirror_factor,\n"
    "                   surface_*); default: those of a CASE.yaml given as --image, else the\n"
    "                   rows' defaults. The options below come before the case.\n"
    "  --fle MM         expected error of one touched landmark (fle_mm, default 1)\n"
    "  --noise MM       expected error of one touched surface point (surface_noise_mm, 0.5)\n"
    "  --max-tre95 MM   largest predicted error (95 %) accepted at a target (tre95_max_mm, 2)\n"
    "  --section FILE   write the `registration:` section for the case file\n"
    "  --plot FILE      draw residuals and predicted errors (.svg or .png)\n"
    "  --json           one JSON object\n"
    "  --help           this text\n"
    "\n"
    "Exit codes: 0 accepted, 1 refused or failed, 2 usage. A refusal names its reason and\n"
    "what to do. FRE only checks the landmarks; the error to expect is the TRE at a target.\n";

struct options {
    const char *image, *tracker, *targets, *surface, *surface_points, *section, *plot;
    const char *points_from, *tool, *reference, *pick, *case_path;
    double tip_mm[3], hold_s, radius_mm, samples;
    bool by_order, json;
    double fle_mm, noise_mm, max_tre95_mm; /* and of a pause: 0 = the case's */
    struct cfg_limits limits;              /* the case's, and what the options say instead */
};

struct input {
    struct trk_landmark landmarks[TRK_LANDMARKS_MAX];
    size_t landmark_count;
    struct trk_target targets[TRK_TARGETS_MAX];
    size_t target_count;
    double *surface_points;
    size_t surface_count;
    struct cfg_mesh *mesh;
};

struct outcome {
    struct trk_registration landmarks;
    bool has_surface;
    struct trk_surface_result surface;
    bool accepted;
    struct nav_pose T_image_reference;
};

static int complain(const char *text)
{
    fprintf(stderr, "osteonav register: %s\n", text);
    return VERB_FAILED;
}

static bool ends_with(const char *text, const char *end)
{
    const size_t length = strlen(text), end_length = strlen(end);
    return length >= end_length && strcasecmp(text + length - end_length, end) == 0;
}

static bool is_case(const char *path)
{
    return ends_with(path, ".yaml") || ends_with(path, ".yml");
}

static bool add_target(struct input *input, const char *name, const double position_mm[3])
{
    if (input->target_count == TRK_TARGETS_MAX) {
        return false;
    }
    struct trk_target *target = &input->targets[input->target_count++];
    (void)snprintf(target->name, sizeof(target->name), "%s", name);
    memcpy(target->image_mm, position_mm, sizeof(target->image_mm));
    return true;
}

/* ---- input ---------------------------------------------------------------------------------- */

static int load_image(const struct options *options, struct cfg_markups *out_image,
                      struct input *input)
{
    struct cfg_error error;
    if (!is_case(options->image)) {
        return cfg_markups_load(options->image, CFG_MARKUPS_PATIENT, out_image, &error) == NAV_OK
                   ? VERB_OK
                   : complain(error.text);
    }
    struct cfg_case *loaded = NULL;
    if (cfg_case_load(options->image, &loaded, &error) != NAV_OK) {
        return complain(error.text);
    }
    struct cfg_markups image = {0};
    image.points = calloc(loaded->landmark_count + 1, sizeof(*image.points));
    if (image.points == NULL) {
        cfg_case_destroy(loaded);
        return complain("out of memory");
    }
    for (size_t i = 0; i < loaded->landmark_count; ++i) {
        (void)snprintf(image.points[i].label, sizeof(image.points[i].label), "%s",
                       loaded->landmarks[i].name);
        memcpy(image.points[i].position_mm, loaded->landmarks[i].position_mm,
               sizeof(image.points[i].position_mm));
    }
    image.point_count = loaded->landmark_count;
    for (size_t i = 0; i < loaded->cut_count; ++i) {
        (void)add_target(input, loaded->cuts[i].name, loaded->cuts[i].point_mm);
    }
    cfg_case_destroy(loaded);
    *out_image = image;
    return VERB_OK;
}

static const struct cfg_markup_point *find_label(const struct cfg_markups *markups,
                                                 const char *label, size_t *out_matches)
{
    const struct cfg_markup_point *found = NULL;
    *out_matches = 0;
    for (size_t i = 0; i < markups->point_count; ++i) {
        if (strcmp(markups->points[i].label, label) == 0) {
            found = &markups->points[i];
            ++*out_matches;
        }
    }
    return found;
}

static int add_landmark(struct input *input, const struct options *options,
                        const struct cfg_markup_point *image,
                        const struct cfg_markup_point *measured)
{
    if (input->landmark_count == TRK_LANDMARKS_MAX) {
        fprintf(stderr, "osteonav register: more than %d landmarks; leave some out\n",
                TRK_LANDMARKS_MAX);
        return VERB_FAILED;
    }
    struct trk_landmark *landmark = &input->landmarks[input->landmark_count++];
    (void)snprintf(landmark->name, sizeof(landmark->name), "%s", image->label);
    memcpy(landmark->image_mm, image->position_mm, sizeof(landmark->image_mm));
    memcpy(landmark->measured_mm, measured->position_mm, sizeof(landmark->measured_mm));
    landmark->fle_mm = options->limits.fle_mm;
    return VERB_OK;
}

static int add_surface_points(struct input *input, const struct cfg_markup_point *points,
                              size_t count)
{
    double *grown =
        realloc(input->surface_points, 3 * (input->surface_count + count) * sizeof(*grown) + 1);
    if (grown == NULL) {
        return complain("out of memory");
    }
    input->surface_points = grown;
    for (size_t i = 0; i < count; ++i) {
        memcpy(grown + 3 * input->surface_count++, points[i].position_mm, 3 * sizeof(*grown));
    }
    return VERB_OK;
}

static int pair_by_order(const struct options *options, const struct cfg_markups *image,
                         const struct cfg_markups *measured, struct input *input)
{
    if (image->point_count != measured->point_count) {
        fprintf(stderr,
                "osteonav register: %zu landmarks in %s but %zu in %s; pairing by order needs as "
                "many%s\n",
                image->point_count, options->image, measured->point_count,
                options->points_from != NULL ? options->points_from : options->tracker,
                options->points_from != NULL ? " (`osteonav session pauses` lists them, --pick "
                                               "chooses)"
                                             : "");
        return VERB_FAILED;
    }
    int code = VERB_OK;
    for (size_t i = 0; i < image->point_count && code == VERB_OK; ++i) {
        code = add_landmark(input, options, &image->points[i], &measured->points[i]);
    }
    return code;
}

static int pair_by_label(const struct options *options, const struct cfg_markups *image,
                         const struct cfg_markups *measured, struct input *input)
{
    for (size_t i = 0; i < measured->point_count; ++i) {
        const struct cfg_markup_point *point = &measured->points[i];
        size_t in_image, in_measured;
        const struct cfg_markup_point *match = find_label(image, point->label, &in_image);
        (void)find_label(measured, point->label, &in_measured);
        if (match == NULL && options->surface != NULL && options->surface_points == NULL) {
            if (add_surface_points(input, point, 1) != VERB_OK) {
                return VERB_FAILED;
            }
            continue;
        }
        if (in_image != 1 || in_measured != 1) {
            fprintf(stderr,
                    "osteonav register: landmark '%s' is %zu times in %s and %zu times in %s; "
                    "label each landmark once in both, or use --by-order\n",
                    point->label, in_image, options->image, in_measured, options->tracker);
            return VERB_FAILED;
        }
        if (add_landmark(input, options, match, point) != VERB_OK) {
            return VERB_FAILED;
        }
    }
    return VERB_OK;
}

static int load_targets(const struct options *options, struct input *input)
{
    if (options->targets == NULL) {
        return VERB_OK;
    }
    struct cfg_error error;
    struct cfg_markups targets;
    if (cfg_markups_load(options->targets, CFG_MARKUPS_PATIENT, &targets, &error) != NAV_OK) {
        return complain(error.text);
    }
    bool all = true;
    for (size_t i = 0; i < targets.point_count; ++i) {
        all = add_target(input, targets.points[i].label, targets.points[i].position_mm) && all;
    }
    for (size_t i = 0; i < targets.plane_count; ++i) {
        all = add_target(input, targets.planes[i].name, targets.planes[i].center_mm) && all;
    }
    cfg_markups_finish(&targets);
    if (!all) {
        fprintf(stderr, "osteonav register: more than %d targets; leave some out\n",
                TRK_TARGETS_MAX);
        return VERB_FAILED;
    }
    return VERB_OK;
}

static int load_surface(const struct options *options, struct input *input)
{
    struct cfg_error error;
    if (options->surface == NULL) {
        return VERB_OK;
    }
    if (cfg_mesh_load(options->surface, NULL, &input->mesh, &error) != NAV_OK) {
        return complain(error.text);
    }
    if (options->surface_points != NULL) {
        struct cfg_markups points;
        if (cfg_markups_load(options->surface_points, CFG_MARKUPS_OTHER, &points, &error) !=
            NAV_OK) {
            return complain(error.text);
        }
        const int code = add_surface_points(input, points.points, points.point_count);
        cfg_markups_finish(&points);
        if (code != VERB_OK) {
            return code;
        }
    }
    if (input->surface_count < TRK_SURFACE_POINTS_MIN) {
        fprintf(stderr,
                "osteonav register: %zu surface points; touch at least %d, spread over the bone\n",
                input->surface_count, TRK_SURFACE_POINTS_MIN);
        return VERB_FAILED;
    }
    return VERB_OK;
}

/* Keeps the pauses that --pick names, in its order. */
static int pick_pauses(const char *pick, struct cfg_markups *points)
{
    struct cfg_markup_point *picked = calloc(points->point_count + 1, sizeof(*picked));
    if (picked == NULL) {
        return complain("out of memory");
    }
    size_t count = 0;
    for (const char *at = pick; *at != '\0';) {
        char *end = NULL;
        const unsigned long number = strtoul(at, &end, 10);
        if (end == at || number == 0 || number > points->point_count ||
            count == points->point_count || (*end != ',' && *end != '\0')) {
            fprintf(stderr,
                    "osteonav register: --pick %s: numbers of 1 to %zu pauses, separated by "
                    "commas, are needed\n",
                    pick, points->point_count);
            free(picked);
            return VERB_FAILED;
        }
        picked[count++] = points->points[number - 1];
        at = *end == ',' ? end + 1 : end;
    }
    free(points->points);
    points->points = picked;
    points->point_count = count;
    return VERB_OK;
}

/* The places where the tip rested, as points P1, P2 ... */
static int load_pauses(const struct options *options, struct cfg_markups *out_points)
{
    struct recording recording;
    struct recording_error error;
    if (recording_load(options->points_from, options->tool, options->reference, &recording,
                       &error) != NAV_OK) {
        return complain(error.text);
    }
    const struct trk_dwell_limits limits =
        pauses_limits(&options->limits, options->hold_s, options->radius_mm, options->samples);
    struct trk_pause *pauses = NULL;
    size_t count = 0;
    const enum nav_status status =
        pauses_find(&recording, options->tip_mm, &limits, &pauses, &count);
    recording_finish(&recording);
    struct cfg_markup_point *points = calloc(count + 1, sizeof(*points));
    if (status != NAV_OK || points == NULL) {
        free(pauses);
        free(points);
        return complain(status != NAV_OK ? nav_status_text(status) : "out of memory");
    }
    for (size_t i = 0; i < count; ++i) {
        (void)snprintf(points[i].label, sizeof(points[i].label), "P%zu", i + 1);
        memcpy(points[i].position_mm, pauses[i].mean_mm, sizeof(points[i].position_mm));
    }
    free(pauses);
    *out_points = (struct cfg_markups){.points = points, .point_count = count};
    return options->pick != NULL ? pick_pauses(options->pick, out_points) : VERB_OK;
}

static int load_measured(const struct options *options, struct cfg_markups *out_measured)
{
    if (options->points_from != NULL) {
        return load_pauses(options, out_measured);
    }
    struct cfg_error error;
    return cfg_markups_load(options->tracker, CFG_MARKUPS_OTHER, out_measured, &error) == NAV_OK
               ? VERB_OK
               : complain(error.text);
}

static int load_input(const struct options *options, struct input *input)
{
    struct cfg_markups image = {0};
    int code = load_image(options, &image, input);
    if (code != VERB_OK) {
        return code;
    }
    struct cfg_markups measured = {0};
    code = load_measured(options, &measured);
    if (code == VERB_OK) {
        const bool by_order = options->by_order || options->points_from != NULL;
        code = by_order ? pair_by_order(options, &image, &measured, input)
                        : pair_by_label(options, &image, &measured, input);
    }
    cfg_markups_finish(&image);
    cfg_markups_finish(&measured);
    if (code == VERB_OK) {
        code = load_targets(options, input);
    }
    if (code == VERB_OK) {
        code = load_surface(options, input);
    }
    return code;
}

/* ---- work ----------------------------------------------------------------------------------- */

static int register_surface(const struct options *options, const struct input *input,
                            struct outcome *outcome)
{
    struct trk_mesh *mesh = NULL;
    if (trk_mesh_create(input->mesh->vertices_mm, input->mesh->vertex_count, input->mesh->triangles,
                        input->mesh->triangle_count, &mesh) != NAV_OK) {
        return complain("the surface cannot be searched; check it with `osteonav case check`");
    }
    double targets[3 * TRK_TARGETS_MAX];
    for (size_t i = 0; i < input->target_count; ++i) {
        memcpy(targets + 3 * i, input->targets[i].image_mm, 3 * sizeof(double));
    }
    const struct trk_surface_options surface = case_limits_surface(&options->limits);
    const enum nav_status status =
        trk_surface_register(mesh, input->surface_points, (uint32_t)input->surface_count,
                             &outcome->landmarks.T_image_reference, targets,
                             (uint32_t)input->target_count, &surface, &outcome->surface);
    trk_mesh_destroy(mesh);
    if (status != NAV_OK) {
        fprintf(stderr, "osteonav register: surface: %s\n", nav_status_text(status));
        return VERB_FAILED;
    }
    outcome->has_surface = true;
    outcome->T_image_reference = outcome->surface.T_image_reference;
    return VERB_OK;
}

/* With a surface the landmarks are only its start: what they are refused for is then judged by the
 * surface where it can judge it, the accuracy; confusions of labels, units or sides stay refusals.
 */
static bool start_suffices(const struct trk_registration *landmarks)
{
    for (uint32_t i = 0; i < landmarks->finding_count; ++i) {
        const struct trk_finding *finding = &landmarks->findings[i];
        if (finding->refuses && finding->code != TRK_FINDING_TRE) {
            return false;
        }
    }
    return true;
}

static int run_registration(const struct options *options, const struct input *input,
                            struct outcome *outcome)
{
    const struct trk_registration_limits limits = case_limits_registration(&options->limits);
    const enum nav_status status =
        trk_register(input->landmarks, input->landmark_count, input->targets, input->target_count,
                     &limits, &outcome->landmarks);
    if (status != NAV_OK) {
        fprintf(stderr, "osteonav register: %zu landmarks: %s\n", input->landmark_count,
                status == NAV_ERR_ARGUMENT ? "at least 3 are needed, better 6, spread in depth"
                                           : nav_status_text(status));
        return VERB_FAILED;
    }
    outcome->accepted = outcome->landmarks.accepted;
    outcome->T_image_reference = outcome->landmarks.T_image_reference;
    if (input->mesh == NULL) {
        return VERB_OK;
    }
    const int code = register_surface(options, input, outcome);
    if (code == VERB_OK) {
        outcome->accepted = start_suffices(&outcome->landmarks) && outcome->surface.refusals == 0;
    }
    return code;
}

/* ---- output --------------------------------------------------------------------------------- */

static double target_tre(const struct outcome *outcome, size_t target)
{
    return outcome->has_surface ? outcome->surface.tre_mm[target]
                                : outcome->landmarks.tre_mm[target];
}

static double target_tre95(const struct outcome *outcome, size_t target)
{
    return outcome->has_surface ? outcome->surface.tre95_mm[target]
                                : outcome->landmarks.tre95_mm[target];
}

static void add_findings(const struct outcome *outcome, json_t *refusals, json_t *warnings)
{
    for (uint32_t i = 0; i < outcome->landmarks.finding_count; ++i) {
        const struct trk_finding *finding = &outcome->landmarks.findings[i];
        const bool settled = outcome->has_surface && finding->code == TRK_FINDING_TRE;
        (void)json_array_append_new(finding->refuses && !settled ? refusals : warnings,
                                    json_pack("{s:s, s:s, s:s, s:o, s:o}", "code",
                                              trk_finding_name(finding->code), "text",
                                              finding->text, "suggestion", finding->suggestion,
                                              "value", json_number_or_null(finding->value), "limit",
                                              json_number_or_null(finding->limit)));
    }
    for (uint32_t bit = 1; outcome->has_surface && bit <= TRK_SURFACE_RESIDUAL; bit <<= 1) {
        if ((outcome->surface.refusals & bit) != 0) {
            const char *text = trk_surface_refusal_text((enum trk_surface_refusal)bit);
            const char *semicolon = strchr(text, ';');
            char cause[TRK_MESSAGE_SIZE];
            (void)snprintf(cause, sizeof(cause), "%.*s",
                           semicolon != NULL ? (int)(semicolon - text) : (int)strlen(text), text);
            (void)json_array_append_new(
                refusals, json_pack("{s:s, s:s, s:s}", "code",
                                    trk_surface_refusal_name((enum trk_surface_refusal)bit), "text",
                                    cause, "suggestion", semicolon != NULL ? semicolon + 2 : ""));
        }
    }
}

static json_t *landmarks_json(const struct input *input, const struct trk_registration *result)
{
    json_t *array = json_array();
    for (size_t i = 0; i < input->landmark_count; ++i) {
        (void)json_array_append_new(
            array, json_pack("{s:s, s:f, s:o, s:o}", "name", input->landmarks[i].name,
                             "residual_mm", result->residuals_mm[i], "left_out_mm",
                             json_number_or_null(result->left_out_mm[i]), "left_out_fre_mm",
                             json_number_or_null(result->left_out_fre_mm[i])));
    }
    return array;
}

static json_t *outcome_json(const struct input *input, const struct outcome *outcome)
{
    const struct trk_registration *result = &outcome->landmarks;
    json_t *tre = json_object(), *tre95 = json_object();
    json_t *refusals = json_array(), *warnings = json_array();
    for (size_t i = 0; i < input->target_count; ++i) {
        (void)json_object_set_new(tre, input->targets[i].name,
                                  json_number_or_null(target_tre(outcome, i)));
        (void)json_object_set_new(tre95, input->targets[i].name,
                                  json_number_or_null(target_tre95(outcome, i)));
    }
    add_findings(outcome, refusals, warnings);
    json_t *object =
        json_pack("{s:b, s:f, s:o, s:o, s:o, s:o, s:o, s:o, s:f, s:f, s:f, s:o, s:o}", "accepted",
                  (int)outcome->accepted, "fre_mm", result->fre_mm, "residuals_mm",
                  json_numbers(result->residuals_mm, input->landmark_count), "tre_mm", tre,
                  "tre95_mm", tre95, "T_image_reference", json_matrix(&outcome->T_image_reference),
                  "refusals", refusals, "warnings", warnings, "fre_limit_mm", result->fre_limit_mm,
                  "fre_mirrored_mm", result->fre_mirrored_mm, "scale", result->scale, "spread_mm",
                  json_numbers(result->spread_mm, 3), "landmarks", landmarks_json(input, result));
    if (object != NULL && result->pairing_suggested) {
        json_t *pairing = json_object();
        for (size_t i = 0; i < input->landmark_count; ++i) {
            (void)json_object_set_new(pairing, input->landmarks[i].name,
                                      json_string(input->landmarks[result->pairing[i]].name));
        }
        (void)json_object_set_new(object, "suggested_pairing", pairing);
    }
    if (object != NULL && outcome->has_surface) {
        const struct trk_surface_result *surface = &outcome->surface;
        (void)json_object_set_new(
            object, "surface",
            json_pack("{s:f, s:f, s:i, s:i, s:f, s:f, s:i, s:i, s:i, s:f}", "rms_mm",
                      surface->rms_mm, "rms_all_mm", surface->rms_all_mm, "points",
                      (int)input->surface_count, "used", (int)surface->kept, "condition",
                      surface->condition, "spread_mm", surface->spread_mm, "starts",
                      (int)surface->starts, "agreeing", (int)surface->agreeing, "ambiguous",
                      (int)surface->ambiguous, "scatter_mm", surface->scatter_mm));
    }
    return object;
}

static void print_findings(const json_t *list, const char *word)
{
    size_t i;
    json_t *finding;
    json_array_foreach(list, i, finding)
    {
        printf("%s %s: %s\n", word, json_string_value(json_object_get(finding, "code")),
               json_string_value(json_object_get(finding, "text")));
        const char *suggestion = json_string_value(json_object_get(finding, "suggestion"));
        if (suggestion != NULL && *suggestion != '\0') {
            printf("         %s\n", suggestion);
        }
    }
}

static void print_outcome(const struct input *input, const struct outcome *outcome)
{
    const struct trk_registration *result = &outcome->landmarks;
    printf("%-24s %9s %9s\n", "landmark", "residual", "left out");
    for (size_t i = 0; i < input->landmark_count; ++i) {
        printf("%-24s %6.2f mm %6.2f mm\n", input->landmarks[i].name, result->residuals_mm[i],
               result->left_out_mm[i]);
    }
    printf("\nFRE        %.2f mm (good landmarks stay below %.2f mm)\n", result->fre_mm,
           result->fre_limit_mm);
    if (outcome->has_surface) {
        printf("surface    %.2f mm rms of %zu points, condition %.3f, %u of %u starts agree\n",
               outcome->surface.rms_mm, input->surface_count, outcome->surface.condition,
               outcome->surface.agreeing, outcome->surface.starts);
    }
    if (input->target_count > 0) {
        printf("\n%-24s %9s %9s\n", "target", "TRE rms", "95 %");
    }
    for (size_t i = 0; i < input->target_count; ++i) {
        printf("%-24s %6.2f mm %6.2f mm\n", input->targets[i].name, target_tre(outcome, i),
               target_tre95(outcome, i));
    }
    json_t *refusals = json_array(), *warnings = json_array();
    add_findings(outcome, refusals, warnings);
    putchar('\n');
    print_findings(warnings, "warning");
    print_findings(refusals, "REFUSED");
    json_decref(refusals);
    json_decref(warnings);
    puts(outcome->accepted ? "accepted: check it by touching a landmark before use"
                           : "not accepted");
}

static int write_section(const struct options *options, const struct outcome *outcome)
{
    FILE *file = fopen(options->section, "w");
    if (file == NULL) {
        fprintf(stderr, "osteonav register: %s: cannot be written: %m\n", options->section);
        return VERB_FAILED;
    }
    double R[9];
    nav_pose_rotation(&outcome->T_image_reference, R);
    const double *t = outcome->T_image_reference.t_mm;
    fprintf(file, "registration:\n  source: %s of %u landmarks%s\n  matrix: [",
            outcome->has_surface ? "surface" : "points", outcome->landmarks.count,
            outcome->accepted ? "" : ", NOT ACCEPTED");
    for (int row = 0; row < 3; ++row) {
        fprintf(file, "%.17g, %.17g, %.17g, %.17g,\n           ", R[3 * row], R[3 * row + 1],
                R[3 * row + 2], t[row]);
    }
    fprintf(file, "0, 0, 0, 1]\n  fre_mm: %.6g\n", outcome->landmarks.fre_mm);
    const int failed = ferror(file);
    if (fclose(file) != 0 || failed != 0) {
        fprintf(stderr, "osteonav register: %s: cannot be written: %m\n", options->section);
        return VERB_FAILED;
    }
    return VERB_OK;
}

static int draw_plot(const struct options *options, const struct input *input,
                     const struct outcome *outcome)
{
    struct plot plot;
    enum nav_status status = plot_begin(options->plot, &plot);
    if (status == NAV_OK) {
        FILE *script = plot.script;
        fprintf(script,
                "set style fill solid 0.9\nset boxwidth 0.6\nset yrange [0:*]\n"
                "set xrange [0.4:%zu.6]\n"
                "set ylabel 'mm' noenhanced\nset xtics rotate by -35 noenhanced\n"
                "set key top right outside horizontal noenhanced\nset multiplot layout 2,1\n"
                "set title 'Landmarks: residual, and distance from the fit of the others' "
                "noenhanced\n"
                "plot '-' using 1:3:xtic(2) with boxes lc rgb '#2f6db5' title 'residual', '-' "
                "using 1:2 with points pt 7 ps 1.4 lc rgb '#c8452d' title 'left out', %.6g with "
                "lines dt 2 lc rgb '#5b6673' title 'FRE limit'\n",
                input->landmark_count, outcome->landmarks.fre_limit_mm);
        for (size_t i = 0; i < input->landmark_count; ++i) {
            fprintf(script, "%zu ", i + 1);
            plot_label(script, input->landmarks[i].name);
            fprintf(script, " %.6g\n", outcome->landmarks.residuals_mm[i]);
        }
        fputs("e\n", script);
        for (size_t i = 0; i < input->landmark_count; ++i) {
            fprintf(script, "%zu %.6g\n", i + 1, outcome->landmarks.left_out_mm[i]);
        }
        fputs("e\n", script);
        if (input->target_count > 0) {
            fprintf(script,
                    "set xrange [0.4:%zu.6]\n"
                    "set title 'Predicted error at the targets' noenhanced\n"
                    "plot '-' using 1:3:xtic(2) with boxes lc rgb '#2e8b57' title 'TRE rms', %.6g "
                    "with lines dt 2 lc rgb '#5b6673' title 'limit (95 %%)'\n",
                    input->target_count, options->limits.tre95_max_mm);
            for (size_t i = 0; i < input->target_count; ++i) {
                fprintf(script, "%zu ", i + 1);
                plot_label(script, input->targets[i].name);
                fprintf(script, " %.6g\n", target_tre(outcome, i));
            }
            fputs("e\n", script);
        }
        fputs("unset multiplot\n", script);
        status = plot_end(&plot);
    }
    if (status != NAV_OK) {
        plot_complain("register", options->plot, status);
        return VERB_FAILED;
    }
    return VERB_OK;
}

/* ---- command line --------------------------------------------------------------------------- */

static bool three_numbers(const char *text, double out[3])
{
    for (int i = 0; i < 3; ++i) {
        char *end = NULL;
        out[i] = strtod(text, &end);
        if (end == text || !isfinite(out[i]) || *end != (i < 2 ? ',' : '\0')) {
            return false;
        }
        text = end + 1;
    }
    return true;
}

static bool positive_number(const char *text, double *out)
{
    char *end = NULL;
    *out = strtod(text, &end);
    return end != text && *end == '\0' && isfinite(*out) && *out > 0.0;
}

/* VERB_OK to go on, else the exit code, with `*out_done` set for --help. */
static int read_options(int argc, char **argv, struct options *options, bool *out_done)
{
    static const struct option longs[] = {
        {"image", required_argument, NULL, 'i'},
        {"tracker", required_argument, NULL, 't'},
        {"targets", required_argument, NULL, 'T'},
        {"surface", required_argument, NULL, 's'},
        {"surface-points", required_argument, NULL, 'S'},
        {"section", required_argument, NULL, 'y'},
        {"plot", required_argument, NULL, 'p'},
        {"fle", required_argument, NULL, 'f'},
        {"noise", required_argument, NULL, 'n'},
        {"max-tre95", required_argument, NULL, 'm'},
        {"points-from", required_argument, NULL, 'P'},
        {"tool", required_argument, NULL, 'a'},
        {"reference", required_argument, NULL, 'r'},
        {"tip", required_argument, NULL, 'x'},
        {"hold", required_argument, NULL, 'H'},
        {"radius", required_argument, NULL, 'R'},
        {"samples", required_argument, NULL, 'N'},
        {"case", required_argument, NULL, 'C'},
        {"pick", required_argument, NULL, 'k'},
        {"by-order", no_argument, NULL, 'o'},
        {"json", no_argument, NULL, 'j'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    optind = 1;
    for (int c = 0; (c = options_next("register", argc, argv, longs)) != OPTIONS_END;) {
        bool good = true;
        switch (c) {
        case 'i':
            options->image = optarg;
            break;
        case 't':
            options->tracker = optarg;
            break;
        case 'T':
            options->targets = optarg;
            break;
        case 's':
            options->surface = optarg;
            break;
        case 'S':
            options->surface_points = optarg;
            break;
        case 'y':
            options->section = optarg;
            break;
        case 'p':
            options->plot = optarg;
            break;
        case 'f':
            good = positive_number(optarg, &options->fle_mm);
            break;
        case 'n':
            good = positive_number(optarg, &options->noise_mm);
            break;
        case 'm':
            good = positive_number(optarg, &options->max_tre95_mm);
            break;
        case 'P':
            options->points_from = optarg;
            break;
        case 'a':
            options->tool = optarg;
            break;
        case 'r':
            options->reference = optarg;
            break;
        case 'C':
            options->case_path = optarg;
            break;
        case 'k':
            options->pick = optarg;
            break;
        case 'x':
            good = three_numbers(optarg, options->tip_mm);
            break;
        case 'H':
            good = positive_number(optarg, &options->hold_s) && options->hold_s < 1e6;
            break;
        case 'R':
            good = positive_number(optarg, &options->radius_mm);
            break;
        case 'N':
            good = positive_number(optarg, &options->samples) && options->samples <= 1e6;
            break;
        case 'o':
            options->by_order = true;
            break;
        case 'j':
            options->json = true;
            break;
        case 'h':
            fputs(usage, stdout);
            *out_done = true;
            return VERB_OK;
        default:
            return VERB_USAGE;
        }
        if (!good) {
            fprintf(stderr, "osteonav register: '%s' is not what this option takes; see --help\n",
                    optarg);
            return VERB_USAGE;
        }
    }
    if (options->image == NULL || optind != argc ||
        (options->tracker == NULL) == (options->points_from == NULL) ||
        (options->surface_points != NULL && options->surface == NULL)) {
        fputs(usage, stderr);
        return VERB_USAGE;
    }
    return VERB_OK;
}

/* The case's limits; what an option says comes before them. */
static int settle_limits(struct options *options)
{
    const char *path = options->case_path;
    if (path == NULL && is_case(options->image)) {
        path = options->image;
    }
    struct cfg_error error;
    if (case_limits_load(path, &options->limits, &error) != NAV_OK) {
        return complain(error.text);
    }
    if (options->fle_mm > 0.0) {
        options->limits.fle_mm = options->fle_mm;
    }
    if (options->noise_mm > 0.0) {
        options->limits.surface_noise_mm = options->noise_mm;
    }
    if (options->max_tre95_mm > 0.0) {
        options->limits.tre95_max_mm = options->max_tre95_mm;
    }
    return VERB_OK;
}

int verb_register(int argc, char **argv)
{
    struct options options = {0};
    bool done = false;
    int code = read_options(argc, argv, &options, &done);
    if (code != VERB_OK || done) {
        return code;
    }
    code = settle_limits(&options);
    if (code != VERB_OK) {
        return code;
    }
    struct input *input = calloc(1, sizeof(*input));
    struct outcome *outcome = calloc(1, sizeof(*outcome));
    code =
        input != NULL && outcome != NULL ? load_input(&options, input) : complain("out of memory");
    if (code == VERB_OK) {
        code = run_registration(&options, input, outcome);
    }
    if (code == VERB_OK && options.plot != NULL) {
        code = draw_plot(&options, input, outcome);
    }
    if (code == VERB_OK && options.section != NULL) {
        code = write_section(&options, outcome);
    }
    if (code == VERB_OK) {
        if (options.json) {
            code = json_print("register", outcome_json(input, outcome));
        } else {
            print_outcome(input, outcome);
        }
        code = code == VERB_OK && !outcome->accepted ? VERB_FAILED : code;
    }
    if (input != NULL) {
        free(input->surface_points);
        cfg_mesh_destroy(input->mesh);
    }
    free(input);
    free(outcome);
    return code;
}
