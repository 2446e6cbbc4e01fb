#include "phantom_export.h"

#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void write_numbers(FILE *file, const double *values, int count)
{
    fputc('[', file);
    for (int i = 0; i < count; ++i) {
        fprintf(file, "%s%.17g", i > 0 ? ", " : "", values[i]);
    }
    fputc(']', file);
}

static enum nav_status close_file(FILE *file)
{
    const int failed = ferror(file);
    return fclose(file) != 0 || failed ? NAV_ERR_IO : NAV_OK;
}

enum nav_status phantom_export_case(const struct phantom *phantom, const struct phantom_plan *plan,
                                    const char *path)
{
    FILE *file = fopen(path, "w");
    if (file == NULL) {
        return NAV_ERR_IO;
    }
    const uint64_t seed = phantom_parameters(phantom)->seed;
    fprintf(file,
            "# Synthetic demo patient, made by `osteonav phantom --seed %" PRIu64 "`.\n"
            "# Image space is LPS, mm; truth.json holds what is exactly known about it.\n"
            "version: 1\n"
            "name: Demo sacrectomy\n"
            "patient: {pseudonym: PHANTOM-%02" PRIu64 "}\n"
            "frames: {image: LPS, unit: mm, reference: ReferenceToTracker}\n"
            "registration:\n"
            "  source: phantom ground truth\n"
            "  matrix:\n",
            seed, seed);
    for (int row = 0; row < 4; ++row) {
        fputs(row == 0 ? "    [" : "     ", file);
        for (int i = 0; i < 4; ++i) {
            fprintf(file, "%.17g%s", plan->T_image_reference[4 * row + i],
                    row == 3 && i == 3 ? "]\n" : (i == 3 ? ",\n" : ", "));
        }
    }
    fputs("  fre_mm: 0.0\nmodels:\n", file);
    for (int i = 0; i < PHANTOM_STRUCTURES; ++i) {
        const struct phantom_info *info = phantom_info((enum phantom_structure)i);
        fprintf(file,
                "  - {file: models/%s.ply, name: %s, role: %s, colour: \"%s\", opacity: %.2f}\n",
                info->file, info->name, info->role, info->colour, info->opacity);
    }
    fputs("volumes:\n"
          "  - {name: CT, file: ct.nrrd, modality: CT}\n"
          "tools:\n"
          "  - name: Osteotome\n"
          "    device: OsteotomeToTracker\n"
          "    tip_mm: [12.0, -8.0, -215.0]\n"
          "    axis: [0.0, 0.0, -1.0]\n"
          "    relative_to: tracker\n"
          "    geometry: {shape: blade, length_mm: 180, width_mm: 20, thickness_mm: 2,"
          " up: [0.0, 1.0, 0.0]}\n"
          "  - name: Pointer\n"
          "    device: PointerToTracker\n"
          "    tip_mm: [0.0, 0.0, -160.0]\n"
          "    axis: [0.0, 0.0, -1.0]\n"
          "    relative_to: tracker\n"
          "    geometry: {shape: pointer, length_mm: 150, diameter_mm: 3}\n"
          "cuts:\n",
          file);
    for (int i = 0; i < PHANTOM_CUTS; ++i) {
        const struct phantom_cut *cut = &plan->cuts[i];
        fprintf(file, "  - name: %s\n    point_mm: ", cut->name);
        write_numbers(file, cut->point, 3);
        fputs("\n    normal: ", file);
        write_numbers(file, cut->normal, 3);
        fputs("\n    u: ", file);
        write_numbers(file, cut->u, 3);
        fputs("\n    size_mm: ", file);
        write_numbers(file, cut->size, 2);
        fprintf(file, "\n    depth_mm: %.17g\n", cut->depth);
    }
    fputs("landmarks:\n", file);
    for (int i = 0; i < PHANTOM_LANDMARKS; ++i) {
        fprintf(file, "  - {name: %s, position_mm: ", plan->landmarks[i].name);
        write_numbers(file, plan->landmarks[i].position, 3);
        fputs("}\n", file);
    }
    fputs("displays:\n"
          "  - {name: bedside, layout: bedside, size: [1920, 1080], fullscreen: false}\n"
          "  - {name: assistant, layout: assistant, size: [1920, 1080], fullscreen: false}\n",
          file);
    return close_file(file);
}

static json_t *json_numbers(const double *values, int count)
{
    json_t *array = json_array();
    for (int i = 0; i < count; ++i) {
        (void)json_array_append_new(array, json_real(values[i]));
    }
    return array;
}

static json_t *structures_json(const struct phantom_result *results)
{
    json_t *array = json_array();
    for (int i = 0; i < PHANTOM_STRUCTURES; ++i) {
        const struct phantom_info *info = phantom_info((enum phantom_structure)i);
        const struct phantom_result *result = &results[i];
        (void)json_array_append_new(
            array,
            json_pack("{s:s, s:s, s:s, s:i, s:f, s:f, s:f, s:I, s:o, s:o}", "name", info->name,
                      "file", info->file, "role", info->role, "label", i + 1, "volume_ml",
                      result->volume_ml, "mesh_volume_ml", result->surface.volume_ml,
                      "mesh_area_mm2", result->surface.area_mm2, "triangles",
                      (json_int_t)result->triangles, "low_mm", json_numbers(result->surface.low, 3),
                      "high_mm", json_numbers(result->surface.high, 3)));
    }
    return array;
}

static json_t *cuts_json(const struct phantom_plan *plan)
{
    json_t *array = json_array();
    for (int i = 0; i < PHANTOM_CUTS; ++i) {
        const struct phantom_cut *cut = &plan->cuts[i];
        json_t *roots = json_array();
        for (int root = 0; root < PHANTOM_ROOTS; ++root) {
            const struct phantom_info *info =
                phantom_info((enum phantom_structure)(PHANTOM_ROOT_L5_RIGHT + root));
            (void)json_array_append_new(roots, json_pack("{s:s, s:f, s:b}", "name", info->name,
                                                         "distance_mm", cut->root_distance[root],
                                                         "crossed", cut->root_crossed[root]));
        }
        (void)json_array_append_new(
            array, json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:f, s:f, s:f, s:o}", "name",
                             cut->name, "point_mm", json_numbers(cut->point, 3), "normal",
                             json_numbers(cut->normal, 3), "u", json_numbers(cut->u, 3), "v",
                             json_numbers(cut->v, 3), "size_mm", json_numbers(cut->size, 2),
                             "depth_mm", cut->depth, "depth_middle_mm", cut->depth_middle,
                             "tumour_margin_mm", cut->tumour_margin, "roots", roots));
    }
    return array;
}

/* Smallest distance of a structure to the surface of a root, by points all around its line. */
static double around_root(const struct phantom *phantom, const double (*points)[3],
                          const double *radii, int count,
                          double (*distance)(const struct phantom *phantom, const double p[3]))
{
    double least = 1e9;
    for (int i = 0; i < count; ++i) {
        for (int x = -1; x <= 1; ++x) {
            for (int y = -1; y <= 1; ++y) {
                for (int z = -1; z <= 1; ++z) {
                    const double length = sqrt((double)(x * x + y * y + z * z));
                    const double step = length > 0.0 ? radii[i] / length : 0.0;
                    const double p[3] = {points[i][0] + step * x, points[i][1] + step * y,
                                         points[i][2] + step * z};
                    least = fmin(least, distance(phantom, p));
                }
            }
        }
    }
    return least;
}

static double tumour_distance(const struct phantom *phantom, const double p[3])
{
    return phantom_distance(phantom, PHANTOM_TUMOUR, p);
}

static json_t *roots_json(const struct phantom *phantom)
{
    json_t *array = json_array();
    for (int root = PHANTOM_ROOT_L5_RIGHT; root < PHANTOM_STRUCTURES; ++root) {
        double points[PHANTOM_LINE_MAX][3], radii[PHANTOM_LINE_MAX];
        const enum phantom_structure structure = (enum phantom_structure)root;
        const int count = phantom_root_line(phantom, structure, points, radii);
        json_t *line = json_array();
        for (int i = 0; i < count; ++i) {
            (void)json_array_append_new(line, json_numbers(points[i], 3));
        }
        const double(*all)[3] = (const double(*)[3])points;
        const double bone = around_root(phantom, all, radii, count, phantom_bone_distance);
        const double tumour = around_root(phantom, all, radii, count, tumour_distance);
        (void)json_array_append_new(array,
                                    json_pack("{s:s, s:b, s:f, s:f, s:o, s:o}", "name",
                                              phantom_info(structure)->name, "encased_by_tumour",
                                              phantom_root_encased(structure), "bone_clearance_mm",
                                              bone, "tumour_distance_mm", tumour, "line_mm", line,
                                              "radius_mm", json_numbers(radii, count)));
    }
    return array;
}

static json_t *foramina_json(const struct phantom *phantom)
{
    json_t *array = json_array();
    for (int pair = 0; pair < PHANTOM_FORAMEN_PAIRS; ++pair) {
        for (int side = -1; side <= 1; side += 2) {
            char name[32];
            double centre[3];
            phantom_foramen_centre(phantom, pair, side, centre);
            (void)snprintf(name, sizeof(name), "S%d %s", pair + 1, side < 0 ? "right" : "left");
            (void)json_array_append_new(
                array, json_pack("{s:s, s:o}", "name", name, "centre_mm", json_numbers(centre, 3)));
        }
    }
    return array;
}

static json_t *landmarks_json(const struct phantom_plan *plan)
{
    json_t *array = json_array();
    for (int i = 0; i < PHANTOM_LANDMARKS; ++i) {
        (void)json_array_append_new(array, json_pack("{s:s, s:o}", "name", plan->landmarks[i].name,
                                                     "position_mm",
                                                     json_numbers(plan->landmarks[i].position, 3)));
    }
    return array;
}

enum nav_status phantom_export_truth(const struct phantom *phantom, const struct phantom_plan *plan,
                                     const struct phantom_result *results, const char *path)
{
    const struct phantom_parameters *parameters = phantom_parameters(phantom);
    json_t *truth = json_pack(
        "{s:i, s:s, s:s, s:{s:I, s:f, s:f, s:f, s:o, s:f}, s:{s:s, s:o, s:f}, s:{s:o, s:f}, s:o,"
        " s:o, s:o, s:o, s:o}",
        "version", 1, "space", "LPS", "unit", "mm", "parameters", "seed",
        (json_int_t)parameters->seed, "scale", parameters->scale, "kyphosis", parameters->kyphosis,
        "ala_scale", parameters->ala_scale, "tumour_curved",
        json_numbers(parameters->tumour_curved, 3), "tumour_radius_mm",
        parameters->tumour_radius_mm, "registration", "name", "T_image_reference", "matrix",
        json_numbers(plan->T_image_reference, 16), "fre_mm", 0.0, "tumour", "centre_mm",
        json_numbers(parameters->tumour_centre, 3), "volume_ml", results[PHANTOM_TUMOUR].volume_ml,
        "structures", structures_json(results), "cuts", cuts_json(plan), "roots",
        roots_json(phantom), "foramina", foramina_json(phantom), "landmarks", landmarks_json(plan));
    if (truth == NULL) {
        return NAV_ERR_MEMORY;
    }
    FILE *file = fopen(path, "w");
    if (file == NULL) {
        json_decref(truth);
        return NAV_ERR_IO;
    }
    const int failed = json_dumpf(truth, file, JSON_INDENT(1) | JSON_REAL_PRECISION(17));
    json_decref(truth);
    fputc('\n', file);
    const enum nav_status status = close_file(file);
    return failed != 0 ? NAV_ERR_IO : status;
}

enum nav_status phantom_export_labels(const char *path)
{
    FILE *file = fopen(path, "w");
    if (file == NULL) {
        return NAV_ERR_IO;
    }
    fputs("label,name,role\n0,Outside,other\n", file);
    for (int i = 0; i < PHANTOM_STRUCTURES; ++i) {
        const struct phantom_info *info = phantom_info((enum phantom_structure)i);
        fprintf(file, "%d,%s,%s\n", i + 1, info->name, info->role);
    }
    return close_file(file);
}
