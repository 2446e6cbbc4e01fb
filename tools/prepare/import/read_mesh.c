/* Surfaces: by the case's own strict readers, or by those of this folder. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "import.h"

enum { CROSSINGS_MAX = 1000 };

static const double extent_min_mm = 1.0; /* of a structure: as the case's check has it */
static const double extent_max_mm = 400.0;

static const char *by_whom(enum cfg_space stated, enum cfg_space tagged)
{
    return tagged != CFG_SPACE_UNSTATED   ? "tag"
           : stated != CFG_SPACE_UNSTATED ? "stated"
                                          : "assumed, nothing says it";
}

static void describe(const struct imp_request *request, const struct cfg_mesh_report *report,
                     struct imp_source *source)
{
    const enum cfg_space space =
        report->tagged_space != CFG_SPACE_UNSTATED ? report->tagged_space : request->space;
    const enum cfg_unit unit =
        report->tagged_unit != CFG_UNIT_UNSTATED ? report->tagged_unit : request->unit;
    (void)snprintf(source->space, sizeof(source->space), "%s (%s)",
                   space == CFG_SPACE_RAS ? "RAS" : "LPS",
                   by_whom(request->space, report->tagged_space));
    (void)snprintf(source->unit, sizeof(source->unit), "%s (%s)", unit == CFG_UNIT_M ? "m" : "mm",
                   report->tagged_unit != CFG_UNIT_UNSTATED ? "tag" : "stated");
}

/* The unit is never guessed: a model of a thousandth of its size looks like a model. A frame that
 * nobody states is taken as LPS, as 3D Slicer does, when a person has stated at least the unit; it
 * is told, and such a case cannot be locked before the frame is confirmed. */
static enum nav_status check_declared(const struct imp_request *request, const char *name,
                                      const struct cfg_mesh_report *report, struct cfg_error *error)
{
    const bool space =
        request->space != CFG_SPACE_UNSTATED || report->tagged_space != CFG_SPACE_UNSTATED;
    const bool unit =
        request->unit != CFG_UNIT_UNSTATED || report->tagged_unit != CFG_UNIT_UNSTATED;
    const bool metres = request->unit == CFG_UNIT_M || report->tagged_unit == CFG_UNIT_M;
    const double extent = report->extent_mm / (metres ? 1000.0 : 1.0);
    if (!unit) {
        return cfg_error_set(error, NAV_ERR_REFUSED,
                             "%s: does not say its unit%s; its longest side is %.4g: state "
                             "--unit mm or --unit m%s",
                             name, space ? "" : " nor its frame", extent,
                             space ? "" : ", and --space LPS or --space RAS");
    }
    if (!space && request->unit == CFG_UNIT_UNSTATED) {
        return cfg_error_set(error, NAV_ERR_REFUSED,
                             "%s: does not say its frame: state --space LPS (x to the left, y to "
                             "the back) or --space RAS (right, front), as the program that wrote "
                             "it does",
                             name);
    }
    return NAV_OK;
}

static enum nav_status check_extent(const char *name, const struct cfg_mesh_report *report,
                                    struct cfg_error *error)
{
    const double extent = report->extent_mm;
    if (extent >= extent_min_mm && extent <= extent_max_mm) {
        return NAV_OK;
    }
    const bool metres = extent * 1000.0 >= extent_min_mm && extent * 1000.0 <= extent_max_mm;
    const bool shrunk = extent / 1000.0 >= extent_min_mm && extent / 1000.0 <= extent_max_mm;
    return cfg_error_set(error, NAV_ERR_REFUSED,
                         "%s: its longest side is %.4g mm, a structure has %g to %g mm; %s", name,
                         extent, extent_min_mm, extent_max_mm,
                         metres   ? "the numbers look like metres: state --unit m"
                         : shrunk ? "the numbers look like millimetres: state --unit mm"
                                  : "check the unit and that it is one structure");
}

/* Reader of this folder, or NULL: config's. */
typedef enum nav_status (*arrays_reader)(const struct imp_bytes *, struct cfg_mesh_arrays *,
                                         struct cfg_error *);

static arrays_reader choose(const struct imp_bytes *file, const char **out_format)
{
    static const struct {
        const char *begin, *format;
        arrays_reader read;
    } kinds[] = {{"# vtk DataFile", "vtk", imp_vtk_read},
                 {"glTF", "glb", imp_glb_read},
                 {"<?xml", "vtp", imp_vtp_read},
                 {"<VTKFile", "vtp", imp_vtp_read}};
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); ++i) {
        const size_t length = strlen(kinds[i].begin);
        if (file->size >= length && memcmp(file->bytes, kinds[i].begin, length) == 0) {
            *out_format = kinds[i].format;
            return kinds[i].read;
        }
    }
    return NULL;
}

static bool claims(const char *name, const char *ending)
{
    const char *dot = strrchr(name, '.');
    return dot != NULL && strcasecmp(dot, ending) == 0;
}

static enum nav_status load(const struct imp_request *request, const struct imp_bytes *file,
                            struct imp_source *source, struct cfg_mesh **out_mesh,
                            struct cfg_error *error)
{
    const struct cfg_mesh_options options = {.space = request->space, .unit = request->unit};
    const char *format = NULL;
    const arrays_reader reader = choose(file, &format);
    if (reader == NULL) {
        if (claims(file->name, ".vtk") || claims(file->name, ".vtp") ||
            claims(file->name, ".glb")) {
            return cfg_error_set(error, NAV_ERR_SYNTAX,
                                 "%s: offset 0: does not begin as such a file does; export it "
                                 "again",
                                 file->name);
        }
        const enum nav_status status =
            cfg_mesh_parse(file->bytes, file->size, file->name, &options, out_mesh, error);
        if (status == NAV_OK) {
            (void)snprintf(source->format, sizeof(source->format), "%s",
                           cfg_mesh_format_name((*out_mesh)->report.format));
        }
        return status;
    }
    struct cfg_mesh_arrays arrays = {.vertices = NULL};
    const enum nav_status status = reader(file, &arrays, error);
    (void)snprintf(source->format, sizeof(source->format), "%s", format);
    return status != NAV_OK ? status
                            : cfg_mesh_from_arrays(&arrays, file->name, &options, out_mesh, error);
}

enum nav_status imp_read_mesh(const struct imp_request *request, const struct imp_bytes *file,
                              struct imp_source *source, struct cfg_error *error)
{
    struct cfg_mesh *mesh = NULL;
    enum nav_status status = load(request, file, source, &mesh, error);
    if (status == NAV_OK) {
        status = check_declared(request, file->name, &mesh->report, error);
    }
    if (status == NAV_OK) {
        status = check_extent(file->name, &mesh->report, error);
    }
    uint32_t crossings = 0;
    if (status == NAV_OK && imp_count_crossings(mesh, CROSSINGS_MAX, &crossings) != NAV_OK) {
        status = cfg_error_set(error, NAV_ERR_MEMORY, "%s: out of memory", file->name);
    }
    struct imp_item *item = status == NAV_OK ? imp_add_item(source, error) : NULL;
    if (item == NULL) {
        cfg_mesh_destroy(mesh);
        return status == NAV_OK ? NAV_ERR_MEMORY : status;
    }
    (void)snprintf(source->kind, sizeof(source->kind), "mesh");
    describe(request, &mesh->report, source);
    item->becomes = IMP_MODEL;
    item->mesh = mesh;
    item->crossings = crossings;
    item->frame_assumed =
        request->space == CFG_SPACE_UNSTATED && mesh->report.tagged_space == CFG_SPACE_UNSTATED;
    if (item->frame_assumed) {
        (void)snprintf(item->note, sizeof(item->note),
                       "FRAME ASSUMED to be LPS: state --space LPS or RAS; it is not locked "
                       "before");
    }
    imp_name_of(file->name, item->name);
    return NAV_OK;
}
