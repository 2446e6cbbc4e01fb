#include "case.h"

#include <ctype.h>
#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "case_document.h"
#include "case_lock.h"
#include "nav/pose.h"
#include "yaml_schema.h"

enum {
    CASE_VERSION = 1,
    CASE_BYTES_MAX = 1 << 20,
    DEVICE_BYTES_MAX = 20, /* an OpenIGTLink device name */
    DEFAULT_PORT = 18944,
    DISPLAY_WIDTH_MIN = 640,
    DISPLAY_HEIGHT_MIN = 480,
    DISPLAY_SIDE_MAX = 16384,
    STREAM_MS_MAX = 1000,
    DEFAULT_DISPLAY_WIDTH = 1920,
    DEFAULT_DISPLAY_HEIGHT = 1080
};

static const double unit_tolerance = 1e-3;          /* of directions, before they are made exact */
static const double perpendicular_tolerance = 1e-3; /* cosine, likewise */
static const double rigid_tolerance = 1e-6;
static const double fre_max_mm = 20.0;
static const double position_max_mm = 10000.0;
static const double tip_max_mm = 1000.0;
static const double tool_side_max_mm = 1000.0;
static const double cut_side_max_mm = 500.0;
static const double cut_reach_mm = 100.0;      /* a cut farther than this from every model */
static const double landmark_reach_mm = 300.0; /* likewise; skin landmarks lie off the models */
static const double bone_extent_min_mm = 50.0;
static const double extent_min_mm = 1.0;
static const double extent_max_mm = 400.0;
static const double default_pointer_length_mm = 150.0;
static const double default_pointer_diameter_mm = 3.0;

struct look {
    uint8_t rgb[3];
    float opacity;
};

/* Bone lets the structures behind it shine through; what must not be cut is opaque. */
static const struct look role_looks[] = {
    [CFG_ROLE_BONE] = {{238, 226, 198}, 0.45f},  [CFG_ROLE_TUMOUR] = {{72, 178, 80}, 0.85f},
    [CFG_ROLE_NERVE] = {{154, 78, 201}, 1.0f},   [CFG_ROLE_DURA] = {{74, 134, 232}, 0.8f},
    [CFG_ROLE_VESSEL] = {{208, 52, 44}, 1.0f},   [CFG_ROLE_ORGAN] = {{205, 150, 122}, 0.25f},
    [CFG_ROLE_OTHER] = {{160, 160, 160}, 0.35f},
};
static const uint8_t vein_rgb[3] = {88, 120, 160};

struct loader {
    struct cfg_case *loaded;
    const struct cfg_doc *doc;
    struct cfg_yaml_tree *tree;
    bool keep_meshes;
    uint8_t *digests; /* of the YAML file and every named file, in order */
    size_t digest_count;
    struct cfg_error *error;
};

const char *cfg_role_name(enum cfg_role role)
{
    static const char *const names[] = {"bone",   "tumour", "nerve", "dura",
                                        "vessel", "organ",  "other"};
    return (unsigned)role < sizeof(names) / sizeof(names[0]) ? names[role] : "?";
}

const char *cfg_shape_name(enum cfg_shape shape)
{
    static const char *const names[] = {"pointer", "blade", "drill", "mesh"};
    return (unsigned)shape < sizeof(names) / sizeof(names[0]) ? names[shape] : "?";
}

const char *cfg_layout_name(enum cfg_layout layout)
{
    static const char *const names[] = {"bedside", "assistant"};
    return (unsigned)layout < sizeof(names) / sizeof(names[0]) ? names[layout] : "?";
}

/* --- where things are in the file ------------------------------------------------------------ */

static const struct cfg_yaml_node *section(const struct loader *loader, const char *key)
{
    const struct cfg_yaml_node *root = cfg_yaml_root(loader->tree);
    const struct cfg_yaml_node *node = cfg_yaml_child(root, key);
    return node != NULL ? node : root;
}

static const struct cfg_yaml_node *entry(const struct loader *loader, const char *key, size_t index)
{
    const struct cfg_yaml_node *node = cfg_yaml_item(section(loader, key), (uint32_t)index);
    return node != NULL ? node : section(loader, key);
}

/* The value of `key` in `node`, or `node` itself where the key is left to its default. */
static const struct cfg_yaml_node *value_of(const struct cfg_yaml_node *node, const char *key)
{
    const struct cfg_yaml_node *child = cfg_yaml_child(node, key);
    return child != NULL ? child : node;
}

#define refuse(loader, node, status, ...)                                                          \
    cfg_yaml_refuse((loader)->tree, (node), (status), (loader)->error, __VA_ARGS__)

static enum nav_status refuse_memory(const struct loader *loader)
{
    return cfg_error_set(loader->error, NAV_ERR_MEMORY, "%s: out of memory",
                         cfg_yaml_file(loader->tree));
}

/* --- vectors --------------------------------------------------------------------------------- */

static double dot(const double a[3], const double b[3])
{
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

static void normalise(double v[3])
{
    const double length = sqrt(dot(v, v));
    for (int i = 0; i < 3; ++i) {
        v[i] /= length;
    }
}

/* Takes a direction that is unit within the tolerance and makes it exactly unit. */
static enum nav_status take_direction(const struct loader *loader, const struct cfg_yaml_node *node,
                                      const double given[3], double out_direction[3])
{
    const double length = sqrt(dot(given, given));
    if (!(fabs(length - 1.0) <= unit_tolerance)) {
        return refuse(loader, node, NAV_ERR_RANGE,
                      "is a direction of length %g; give a unit vector (length 1 within %g)",
                      length, unit_tolerance);
    }
    memcpy(out_direction, given, 3 * sizeof(double));
    normalise(out_direction);
    return NAV_OK;
}

/* Makes `direction` exactly perpendicular to the unit vector `fixed`, when it nearly is. */
static enum nav_status square_to(const struct loader *loader, const struct cfg_yaml_node *node,
                                 const char *fixed_name, const double fixed[3], double direction[3])
{
    const double cosine = dot(fixed, direction);
    if (!(fabs(cosine) <= perpendicular_tolerance)) {
        return refuse(loader, node, NAV_ERR_REFUSED,
                      "is %.2f degrees off the perpendicular of %s; correct one of them",
                      fabs(asin(cosine > 1.0    ? 1.0
                                : cosine < -1.0 ? -1.0
                                                : cosine)) *
                          180.0 / M_PI,
                      fixed_name);
    }
    for (int i = 0; i < 3; ++i) {
        direction[i] -= cosine * fixed[i];
    }
    normalise(direction);
    return NAV_OK;
}

/* Some unit vector perpendicular to `axis`, always the same for the same axis. */
static void any_perpendicular(const double axis[3], double out_up[3])
{
    int least = 0;
    for (int i = 1; i < 3; ++i) {
        least = fabs(axis[i]) < fabs(axis[least]) ? i : least;
    }
    for (int i = 0; i < 3; ++i) {
        out_up[i] = (i == least ? 1.0 : 0.0) - axis[least] * axis[i];
    }
    normalise(out_up);
}

static enum nav_status check_position(const struct loader *loader, const struct cfg_yaml_node *node,
                                      const double position[3], double max_mm)
{
    for (int i = 0; i < 3; ++i) {
        if (!(fabs(position[i]) <= max_mm)) {
            return refuse(loader, node, NAV_ERR_RANGE,
                          "%g mm is out of range; at most %g mm from the origin", position[i],
                          max_mm);
        }
    }
    return NAV_OK;
}

/* More than `min` (not equal) and at most `max`. */
static enum nav_status check_length(const struct loader *loader, const struct cfg_yaml_node *node,
                                    double value, double max)
{
    if (value > 0.0 && value <= max) {
        return NAV_OK;
    }
    return refuse(loader, node, NAV_ERR_RANGE, "%g is out of range; more than 0, at most %g mm",
                  value, max);
}

/* --- names ----------------------------------------------------------------------------------- */

static enum nav_status check_name(const struct loader *loader, const struct cfg_yaml_node *node,
                                  const char *name)
{
    const size_t length = strlen(name);
    for (size_t i = 0; i < length; ++i) {
        const unsigned char byte = (unsigned char)name[i];
        if (byte < 0x20 || byte == 0x7f) {
            return refuse(loader, node, NAV_ERR_REFUSED,
                          "contains a control character; use letters, digits and blanks");
        }
    }
    if (length == 0 || name[0] == ' ' || name[length - 1] == ' ') {
        return refuse(loader, node, NAV_ERR_REFUSED, "begins or ends with a blank; remove it");
    }
    return NAV_OK;
}

/* `names` are `count` names `stride` bytes apart: whether number `index` is like an earlier one. */
static enum nav_status check_unique(const struct loader *loader, const char *list, const char *key,
                                    const char *names, size_t stride, size_t index)
{
    const char *name = names + stride * index;
    const struct cfg_yaml_node *node = value_of(entry(loader, list, index), key);
    for (size_t i = 0; i < index; ++i) {
        if (strcasecmp(name, names + stride * i) == 0) {
            const struct cfg_yaml_node *twin = value_of(entry(loader, list, i), key);
            return refuse(loader, node, NAV_ERR_EXISTS,
                          "'%s' is used before in line %u; give another %s", name, twin->line, key);
        }
    }
    return NAV_OK;
}

static enum nav_status take_name(const struct loader *loader, const char *list, size_t index,
                                 const char *given, char out_name[NAV_NAME_SIZE], const char *names,
                                 size_t stride)
{
    const enum nav_status status =
        check_name(loader, value_of(entry(loader, list, index), "name"), given);
    if (status != NAV_OK) {
        return status;
    }
    memcpy(out_name, given, NAV_NAME_SIZE);
    return check_unique(loader, list, "name", names, stride, index);
}

static enum nav_status check_device(const struct loader *loader, const struct cfg_yaml_node *node,
                                    const char *device)
{
    for (const char *c = device; *c != '\0'; ++c) {
        if (!isgraph((unsigned char)*c) || (unsigned char)*c > 0x7e) {
            return refuse(loader, node, NAV_ERR_REFUSED,
                          "a device name has printable ASCII characters and no blank, such as "
                          "StylusToTracker");
        }
    }
    if (strlen(device) > DEVICE_BYTES_MAX) {
        return refuse(loader, node, NAV_ERR_RANGE,
                      "'%s' has %zu bytes; OpenIGTLink device names have at most %d", device,
                      strlen(device), DEVICE_BYTES_MAX);
    }
    return NAV_OK;
}

static enum nav_status take_head(const struct loader *loader)
{
    const struct cfg_doc *doc = loader->doc;
    struct cfg_case *loaded = loader->loaded;
    if (doc->version != CASE_VERSION) {
        return refuse(loader, section(loader, "version"), NAV_ERR_VERSION,
                      "%u is not known to this program; write the case for version %d",
                      doc->version, CASE_VERSION);
    }
    enum nav_status status = check_name(loader, section(loader, "name"), doc->name);
    if (status != NAV_OK) {
        return status;
    }
    memcpy(loaded->name, doc->name, sizeof(loaded->name));

    const struct cfg_yaml_node *pseudonym = value_of(section(loader, "patient"), "pseudonym");
    bool digit = false;
    bool good = true;
    for (const char *c = doc->patient.pseudonym; *c != '\0'; ++c) {
        const unsigned char byte = (unsigned char)*c;
        digit = digit || (byte >= '0' && byte <= '9');
        good = good && byte < 0x80 && (isalnum(byte) || strchr("._-", byte) != NULL);
    }
    if (!good || !digit) {
        return refuse(loader, pseudonym, NAV_ERR_REFUSED,
                      "must be a code of letters, digits and . _ - with at least one digit, such "
                      "as PHANTOM-01; never a patient's name");
    }
    memcpy(loaded->pseudonym, doc->patient.pseudonym, sizeof(loaded->pseudonym));
    return NAV_OK;
}

static enum nav_status take_frames(const struct loader *loader)
{
    const struct cfg_yaml_node *frames = section(loader, "frames");
    const struct cfg_doc_frames *doc = &loader->doc->frames;
    struct cfg_case *loaded = loader->loaded;
    if (doc->image != CFG_SPACE_LPS) {
        return refuse(loader, value_of(frames, "image"), NAV_ERR_REFUSED,
                      "image space is LPS; convert cuts, landmarks and the registration (negate x "
                      "and y), and state `space: RAS` at models that are not LPS");
    }
    if (doc->unit != CFG_UNIT_MM) {
        return refuse(loader, value_of(frames, "unit"), NAV_ERR_REFUSED,
                      "image space is in mm; convert, and state `unit: m` at models in metres");
    }
    loaded->has_reference = strcmp(doc->reference, "none") != 0;
    if (!loaded->has_reference) {
        return NAV_OK;
    }
    memcpy(loaded->reference_device, doc->reference, sizeof(loaded->reference_device));
    return check_device(loader, value_of(frames, "reference"), doc->reference);
}

/* --- registration ---------------------------------------------------------------------------- */

/* Says what a matrix is that is no rotation. */
static enum nav_status refuse_matrix(const struct loader *loader, const struct cfg_yaml_node *node,
                                     const double R[9])
{
    const struct nav_rigidity rigidity = nav_rigidity_of(R);
    const double det = rigidity.determinant;
    if (rigidity.orthogonality <= rigid_tolerance && det < 0.0) {
        return refuse(loader, node, NAV_ERR_NOT_RIGID,
                      "is a mirror image (determinant %.6f): left and right would be exchanged; "
                      "check the landmark pairs and the axis signs",
                      det);
    }
    const double scale = cbrt(det);
    double unscaled[9];
    for (int i = 0; i < 9; ++i) {
        unscaled[i] = R[i] / scale;
    }
    if (isfinite(scale) && scale > 0.0 &&
        nav_rigidity_of(unscaled).orthogonality <= rigid_tolerance) {
        return refuse(loader, node, NAV_ERR_NOT_RIGID,
                      "scales by %g; a registration is rigid: check the units on both sides",
                      scale);
    }
    return refuse(loader, node, NAV_ERR_NOT_RIGID,
                  "its rotation is off by %.3g, at most %g is accepted; write all digits of a "
                  "rigid transform",
                  rigidity.orthogonality, rigid_tolerance);
}

static enum nav_status take_registration(const struct loader *loader)
{
    const struct cfg_doc_registration *doc = loader->doc->registration;
    struct cfg_case *loaded = loader->loaded;
    loaded->registration_fre_mm = NAN;
    if (doc == NULL) {
        return NAV_OK;
    }
    const struct cfg_yaml_node *node = section(loader, "registration");
    enum nav_status status = check_name(loader, value_of(node, "source"), doc->source);
    if (status != NAV_OK) {
        return status;
    }
    const struct cfg_yaml_node *matrix = value_of(node, "matrix");
    const double *m = doc->matrix;
    if (m[12] != 0.0 || m[13] != 0.0 || m[14] != 0.0 || m[15] != 1.0) {
        const bool columns = m[3] == 0.0 && m[7] == 0.0 && m[11] == 0.0 && m[15] == 1.0;
        return refuse(loader, matrix, NAV_ERR_REFUSED, "the last row must be 0, 0, 0, 1%s",
                      columns ? "; it is written by columns: write it by rows" : "");
    }
    const double R[9] = {m[0], m[1], m[2], m[4], m[5], m[6], m[8], m[9], m[10]};
    const double t_mm[3] = {m[3], m[7], m[11]};
    struct nav_pose pose;
    if (nav_pose_from_matrix(R, t_mm, rigid_tolerance, &pose) != NAV_OK) {
        return refuse_matrix(loader, matrix, R);
    }
    const double distance = sqrt(dot(t_mm, t_mm));
    if (!(distance <= loaded->limits.translation_max_mm)) {
        return refuse(loader, matrix, NAV_ERR_RANGE,
                      "moves by %g mm, at most %g mm (limits: translation_max_mm) is plausible; "
                      "check the unit",
                      distance, loaded->limits.translation_max_mm);
    }
    if (doc->fre_mm != NULL && !(*doc->fre_mm >= 0.0 && *doc->fre_mm <= fre_max_mm)) {
        return refuse(loader, value_of(node, "fre_mm"), NAV_ERR_RANGE,
                      "%g is out of range; 0 to %g mm", *doc->fre_mm, fre_max_mm);
    }
    loaded->has_registration = true;
    memcpy(loaded->registration_source, doc->source, sizeof(loaded->registration_source));
    memcpy(loaded->registration_matrix, m, sizeof(loaded->registration_matrix));
    loaded->registration_fre_mm = doc->fre_mm != NULL ? *doc->fre_mm : NAN;
    return NAV_OK;
}

/* --- files ----------------------------------------------------------------------------------- */

/* Absolute path of a file named in the case; NULL with the error told. */
static char *resolve(const struct loader *loader, const struct cfg_yaml_node *node,
                     const char *given, enum nav_status *out_status)
{
    char *path = NULL;
    const int length = given[0] == '/' ? asprintf(&path, "%s", given)
                                       : asprintf(&path, "%s/%s", loader->loaded->folder, given);
    if (length < 0) {
        *out_status = refuse_memory(loader);
        return NULL;
    }
    char resolved[PATH_MAX];
    char *real = NULL;
    if (realpath(path, resolved) == NULL) {
        *out_status =
            refuse(loader, node, NAV_ERR_NOT_FOUND,
                   "no such file: %s; paths are relative to the case file's folder", path);
    } else {
        real = strdup(resolved);
        *out_status = real != NULL ? NAV_OK : refuse_memory(loader);
    }
    free(path);
    return real;
}

static void add_digest(struct loader *loader, const uint8_t digest[CFG_SHA256_SIZE])
{
    memcpy(loader->digests + CFG_SHA256_SIZE * loader->digest_count++, digest, CFG_SHA256_SIZE);
}

static enum nav_status load_mesh(struct loader *loader, const struct cfg_yaml_node *node,
                                 const char *path, const struct cfg_mesh_options *options,
                                 struct cfg_mesh **out_mesh)
{
    struct cfg_error why = {.text = ""};
    const enum nav_status status = cfg_mesh_load(path, options, out_mesh, &why);
    if (status != NAV_OK) {
        return refuse(loader, node, status, "%s", why.text);
    }
    add_digest(loader, (*out_mesh)->sha256);
    return NAV_OK;
}

/* --- models ---------------------------------------------------------------------------------- */

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool parse_colour(const char *text, float out_colour[3])
{
    if (text[0] != '#' || strlen(text) != 7) {
        return false;
    }
    float colour[3];
    for (int i = 0; i < 3; ++i) {
        const int high = hex_digit(text[1 + 2 * i]);
        const int low = hex_digit(text[2 + 2 * i]);
        if (high < 0 || low < 0) {
            return false;
        }
        colour[i] = (float)(16 * high + low) / 255.0f;
    }
    memcpy(out_colour, colour, sizeof(colour));
    return true;
}

static bool is_vein(const char *name)
{
    static const char *const words[] = {"vein", "vena", "venous", "cava", "ivc"};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); ++i) {
        if (strcasestr(name, words[i]) != NULL) {
            return true;
        }
    }
    return false;
}

static void default_look(struct cfg_model *model)
{
    const struct look *look = &role_looks[model->role];
    const bool vein = model->role == CFG_ROLE_VESSEL && is_vein(model->name);
    const uint8_t *rgb = vein ? vein_rgb : look->rgb;
    for (int i = 0; i < 3; ++i) {
        model->colour[i] = (float)rgb[i] / 255.0f;
    }
    model->opacity = look->opacity;
}

static enum nav_status check_extent(const struct loader *loader, const struct cfg_yaml_node *node,
                                    const struct cfg_model *model)
{
    const double extent = model->report.extent_mm;
    const double min = model->role == CFG_ROLE_BONE ? bone_extent_min_mm : extent_min_mm;
    if (extent >= min && extent <= extent_max_mm) {
        return NAV_OK;
    }
    const bool metres = extent * 1000.0 >= min && extent * 1000.0 <= extent_max_mm;
    return refuse(loader, node, NAV_ERR_REFUSED,
                  "its longest side is %g mm, a %s has %g to %g mm; %s", extent,
                  cfg_role_name(model->role), min, extent_max_mm,
                  metres ? "if the file is in metres, state `unit: m`"
                         : "check the unit and that it is one structure");
}

static enum nav_status take_model(struct loader *loader, size_t index)
{
    const struct cfg_doc_model *doc = &loader->doc->models[index];
    const struct cfg_yaml_node *node = entry(loader, "models", index);
    struct cfg_model *model = &loader->loaded->models[index];
    enum nav_status status = take_name(loader, "models", index, doc->name, model->name,
                                       loader->loaded->models[0].name, sizeof(*model));
    if (status != NAV_OK) {
        return status;
    }
    model->role = doc->role;
    default_look(model);
    if (doc->colour != NULL && !parse_colour(doc->colour, model->colour)) {
        return refuse(loader, value_of(node, "colour"), NAV_ERR_SYNTAX,
                      "'%s' is not a colour; write \"#rrggbb\" in quotes", doc->colour);
    }
    if (doc->opacity != NULL) {
        if (!(*doc->opacity > 0.0 && *doc->opacity <= 1.0)) {
            return refuse(loader, value_of(node, "opacity"), NAV_ERR_RANGE,
                          "%g is out of range; more than 0 (invisible), at most 1", *doc->opacity);
        }
        model->opacity = (float)*doc->opacity;
    }
    const struct cfg_yaml_node *file = value_of(node, "file");
    model->options = (struct cfg_mesh_options){.space = doc->space, .unit = doc->unit};
    model->file = resolve(loader, file, doc->file, &status);
    if (model->file == NULL) {
        return status;
    }
    status = load_mesh(loader, file, model->file, &model->options, &model->mesh);
    if (status != NAV_OK) {
        return status;
    }
    model->report = model->mesh->report;
    memcpy(model->sha256, model->mesh->sha256, sizeof(model->sha256));
    status = check_extent(loader, file, model);
    if (!loader->keep_meshes) {
        cfg_mesh_destroy(model->mesh);
        model->mesh = NULL;
    }
    return status;
}

static enum nav_status take_models(struct loader *loader)
{
    for (size_t i = 0; i < loader->doc->models_count; ++i) {
        loader->loaded->model_count = i + 1;
        const enum nav_status status = take_model(loader, i);
        if (status != NAV_OK) {
            return status;
        }
    }
    return NAV_OK;
}

/* Distance of a point from the bounding box of all models, mm. */
static double distance_from_models(const struct cfg_case *loaded, const double point[3])
{
    double square = 0.0;
    for (int k = 0; k < 3; ++k) {
        double min = loaded->models[0].report.min_mm[k];
        double max = loaded->models[0].report.max_mm[k];
        for (size_t i = 1; i < loaded->model_count; ++i) {
            min = fmin(min, loaded->models[i].report.min_mm[k]);
            max = fmax(max, loaded->models[i].report.max_mm[k]);
        }
        const double off = fmax(fmax(min - point[k], point[k] - max), 0.0);
        square += off * off;
    }
    return sqrt(square);
}

static enum nav_status check_reach(const struct loader *loader, const struct cfg_yaml_node *node,
                                   const double point[3], double reach_mm)
{
    const double distance = distance_from_models(loader->loaded, point);
    if (distance <= reach_mm) {
        return NAV_OK;
    }
    const double flipped[3] = {-point[0], -point[1], point[2]};
    return refuse(loader, node, NAV_ERR_REFUSED, "lies %.0f mm off all models; %s", distance,
                  distance_from_models(loader->loaded, flipped) <= reach_mm
                      ? "with x and y negated it does not: RAS numbers in an LPS case?"
                      : "is it from another case, frame or unit?");
}

/* --- tools ----------------------------------------------------------------------------------- */

struct side {
    const char *key;
    const double *given;
    double *out;
    unsigned shapes; /* bit per shape that has it */
};

#define SHAPE_BIT(shape) (1u << (shape))

static enum nav_status take_sides(const struct loader *loader, const struct cfg_yaml_node *node,
                                  const struct cfg_doc_geometry *doc, struct cfg_tool *tool)
{
    const unsigned round = SHAPE_BIT(CFG_SHAPE_POINTER) | SHAPE_BIT(CFG_SHAPE_DRILL);
    const unsigned blade = SHAPE_BIT(CFG_SHAPE_BLADE);
    const struct side sides[] = {
        {"length_mm", doc->length_mm, &tool->length_mm, round | blade},
        {"width_mm", doc->width_mm, &tool->width_mm, blade},
        {"thickness_mm", doc->thickness_mm, &tool->thickness_mm, blade},
        {"diameter_mm", doc->diameter_mm, &tool->diameter_mm, round},
    };
    for (size_t i = 0; i < sizeof(sides) / sizeof(sides[0]); ++i) {
        const struct side *side = &sides[i];
        const bool wanted = (side->shapes & SHAPE_BIT(doc->shape)) != 0;
        if (wanted != (side->given != NULL)) {
            return refuse(loader, value_of(node, side->key), NAV_ERR_REFUSED,
                          wanted ? "the shape '%s' needs the key '%s'; add it"
                                 : "the shape '%s' has no '%s'; remove the key",
                          cfg_shape_name(doc->shape), side->key);
        }
        if (wanted) {
            const enum nav_status status =
                check_length(loader, value_of(node, side->key), *side->given, tool_side_max_mm);
            if (status != NAV_OK) {
                return status;
            }
            *side->out = *side->given;
        }
    }
    return NAV_OK;
}

static enum nav_status take_tool_mesh(struct loader *loader, const struct cfg_yaml_node *node,
                                      const struct cfg_doc_geometry *doc, struct cfg_tool *tool)
{
    const bool wanted = doc->shape == CFG_SHAPE_MESH;
    if (wanted != (doc->file != NULL)) {
        return refuse(loader, value_of(node, "file"), NAV_ERR_REFUSED,
                      wanted ? "the shape 'mesh' needs the key 'file'; add it"
                             : "only the shape 'mesh' has a file; remove the key");
    }
    if (!wanted) {
        return doc->unit == CFG_UNIT_UNSTATED
                   ? NAV_OK
                   : refuse(loader, value_of(node, "unit"), NAV_ERR_REFUSED,
                            "only the shape 'mesh' has a unit; remove the key");
    }
    const struct cfg_yaml_node *file = value_of(node, "file");
    tool->mesh_options = (struct cfg_mesh_options){.unit = doc->unit, .tool_frame = true};
    enum nav_status status = NAV_OK;
    tool->mesh_file = resolve(loader, file, doc->file, &status);
    if (tool->mesh_file == NULL) {
        return status;
    }
    status = load_mesh(loader, file, tool->mesh_file, &tool->mesh_options, &tool->mesh);
    if (status != NAV_OK) {
        return status;
    }
    tool->mesh_report = tool->mesh->report;
    memcpy(tool->mesh_sha256, tool->mesh->sha256, sizeof(tool->mesh_sha256));
    if (!loader->keep_meshes) {
        cfg_mesh_destroy(tool->mesh);
        tool->mesh = NULL;
    }
    const double extent = tool->mesh_report.extent_mm;
    if (!(extent >= extent_min_mm && extent <= tool_side_max_mm)) {
        return refuse(loader, file, NAV_ERR_REFUSED,
                      "its longest side is %g mm, a tool has %g to %g mm; check the unit", extent,
                      extent_min_mm, tool_side_max_mm);
    }
    return NAV_OK;
}

static enum nav_status take_geometry(struct loader *loader, const struct cfg_yaml_node *tool_node,
                                     const struct cfg_doc_geometry *doc, struct cfg_tool *tool)
{
    any_perpendicular(tool->axis, tool->up);
    if (doc == NULL) {
        tool->shape = CFG_SHAPE_POINTER;
        tool->length_mm = default_pointer_length_mm;
        tool->diameter_mm = default_pointer_diameter_mm;
        return NAV_OK;
    }
    const struct cfg_yaml_node *node = value_of(tool_node, "geometry");
    tool->shape = doc->shape;
    enum nav_status status = take_sides(loader, node, doc, tool);
    if (status == NAV_OK) {
        status = take_tool_mesh(loader, node, doc, tool);
    }
    if (status != NAV_OK) {
        return status;
    }
    if (doc->up == NULL) {
        return doc->shape != CFG_SHAPE_BLADE
                   ? NAV_OK
                   : refuse(loader, node, NAV_ERR_REFUSED,
                            "the shape 'blade' needs the key 'up', its normal; add it");
    }
    const struct cfg_yaml_node *up = value_of(node, "up");
    status = take_direction(loader, up, doc->up, tool->up);
    return status == NAV_OK ? square_to(loader, up, "the tool's axis", tool->axis, tool->up)
                            : status;
}

static enum nav_status take_tool(struct loader *loader, size_t index)
{
    const struct cfg_doc_tool *doc = &loader->doc->tools[index];
    const struct cfg_yaml_node *node = entry(loader, "tools", index);
    struct cfg_case *loaded = loader->loaded;
    struct cfg_tool *tool = &loaded->tools[index];
    enum nav_status status = take_name(loader, "tools", index, doc->name, tool->name,
                                       loaded->tools[0].name, sizeof(*tool));
    const struct cfg_yaml_node *device = value_of(node, "device");
    if (status == NAV_OK) {
        status = check_device(loader, device, doc->device);
    }
    if (status != NAV_OK) {
        return status;
    }
    memcpy(tool->device, doc->device, sizeof(tool->device));
    status = check_unique(loader, "tools", "device", loaded->tools[0].device, sizeof(*tool), index);
    if (status != NAV_OK) {
        return status;
    }
    if (loaded->has_reference && strcmp(tool->device, loaded->reference_device) == 0) {
        return refuse(loader, device, NAV_ERR_EXISTS,
                      "'%s' is the patient reference (frames: reference); a tool needs its own",
                      tool->device);
    }
    tool->relative_to_reference = doc->relative_to == CFG_DOC_REFERENCE;
    if (tool->relative_to_reference && !loaded->has_reference) {
        return refuse(loader, value_of(node, "relative_to"), NAV_ERR_REFUSED,
                      "the case has no reference (frames: reference: none); use `tracker`");
    }
    status = check_position(loader, value_of(node, "tip_mm"), doc->tip_mm, tip_max_mm);
    if (status == NAV_OK) {
        memcpy(tool->tip_mm, doc->tip_mm, sizeof(tool->tip_mm));
        status = take_direction(loader, value_of(node, "axis"), doc->axis, tool->axis);
    }
    return status == NAV_OK ? take_geometry(loader, node, doc->geometry, tool) : status;
}

static enum nav_status take_tools(struct loader *loader)
{
    for (size_t i = 0; i < loader->doc->tools_count; ++i) {
        loader->loaded->tool_count = i + 1;
        const enum nav_status status = take_tool(loader, i);
        if (status != NAV_OK) {
            return status;
        }
    }
    return NAV_OK;
}

/* --- plan ------------------------------------------------------------------------------------ */

static enum nav_status take_cut(const struct loader *loader, size_t index)
{
    const struct cfg_doc_cut *doc = &loader->doc->cuts[index];
    const struct cfg_yaml_node *node = entry(loader, "cuts", index);
    struct cfg_cut *cut = &loader->loaded->cuts[index];
    enum nav_status status = take_name(loader, "cuts", index, doc->name, cut->name,
                                       loader->loaded->cuts[0].name, sizeof(*cut));
    if (status == NAV_OK) {
        status = check_position(loader, value_of(node, "point_mm"), doc->point_mm, position_max_mm);
    }
    if (status == NAV_OK) {
        status = check_reach(loader, value_of(node, "point_mm"), doc->point_mm, cut_reach_mm);
    }
    if (status == NAV_OK) {
        status = take_direction(loader, value_of(node, "normal"), doc->normal, cut->normal);
    }
    if (status == NAV_OK) {
        status = take_direction(loader, value_of(node, "u"), doc->u, cut->u);
    }
    if (status == NAV_OK) {
        status = square_to(loader, value_of(node, "u"), "the normal", cut->normal, cut->u);
    }
    for (int i = 0; i < 2 && status == NAV_OK; ++i) {
        status = check_length(loader, value_of(node, "size_mm"), doc->size_mm[i], cut_side_max_mm);
    }
    if (status == NAV_OK) {
        status = check_length(loader, value_of(node, "depth_mm"), doc->depth_mm, cut_side_max_mm);
    }
    if (status != NAV_OK) {
        return status;
    }
    if (doc->depth_mm > doc->size_mm[1]) {
        return refuse(loader, value_of(node, "depth_mm"), NAV_ERR_REFUSED,
                      "%g mm is deeper than the plane reaches (%g mm along v); enlarge size_mm",
                      doc->depth_mm, doc->size_mm[1]);
    }
    memcpy(cut->point_mm, doc->point_mm, sizeof(cut->point_mm));
    memcpy(cut->size_mm, doc->size_mm, sizeof(cut->size_mm));
    cut->depth_mm = doc->depth_mm;
    return NAV_OK;
}

static enum nav_status take_plan(struct loader *loader)
{
    struct cfg_case *loaded = loader->loaded;
    for (size_t i = 0; i < loader->doc->cuts_count; ++i) {
        loaded->cut_count = i + 1;
        const enum nav_status status = take_cut(loader, i);
        if (status != NAV_OK) {
            return status;
        }
    }
    for (size_t i = 0; i < loader->doc->landmarks_count; ++i) {
        const struct cfg_doc_landmark *doc = &loader->doc->landmarks[i];
        struct cfg_landmark *landmark = &loaded->landmarks[i];
        const struct cfg_yaml_node *position =
            value_of(entry(loader, "landmarks", i), "position_mm");
        loaded->landmark_count = i + 1;
        enum nav_status status = take_name(loader, "landmarks", i, doc->name, landmark->name,
                                           loaded->landmarks[0].name, sizeof(*landmark));
        if (status == NAV_OK) {
            status = check_position(loader, position, doc->position_mm, position_max_mm);
        }
        if (status == NAV_OK) {
            status = check_reach(loader, position, doc->position_mm, landmark_reach_mm);
        }
        if (status != NAV_OK) {
            return status;
        }
        memcpy(landmark->position_mm, doc->position_mm, sizeof(landmark->position_mm));
    }
    return NAV_OK;
}

/* --- displays, listeners, limits ------------------------------------------------------------- */

static enum nav_status take_displays(struct loader *loader)
{
    struct cfg_case *loaded = loader->loaded;
    for (size_t i = 0; i < loader->doc->displays_count; ++i) {
        const struct cfg_doc_display *doc = &loader->doc->displays[i];
        const struct cfg_yaml_node *node = entry(loader, "displays", i);
        struct cfg_display *display = &loaded->displays[i];
        loaded->display_count = i + 1;
        const enum nav_status status = take_name(loader, "displays", i, doc->name, display->name,
                                                 loaded->displays[0].name, sizeof(*display));
        if (status != NAV_OK) {
            return status;
        }
        display->layout = doc->layout;
        memcpy(display->monitor, doc->monitor, sizeof(display->monitor));
        display->fullscreen = doc->fullscreen;
        display->width_px = doc->size != NULL ? doc->size[0] : DEFAULT_DISPLAY_WIDTH;
        display->height_px = doc->size != NULL ? doc->size[1] : DEFAULT_DISPLAY_HEIGHT;
        if (display->width_px < DISPLAY_WIDTH_MIN || display->width_px > DISPLAY_SIDE_MAX ||
            display->height_px < DISPLAY_HEIGHT_MIN || display->height_px > DISPLAY_SIDE_MAX) {
            return refuse(loader, value_of(node, "size"), NAV_ERR_RANGE,
                          "%d x %d is out of range; at least %d x %d, at most %d a side",
                          display->width_px, display->height_px, DISPLAY_WIDTH_MIN,
                          DISPLAY_HEIGHT_MIN, DISPLAY_SIDE_MAX);
        }
    }
    return NAV_OK;
}

/* A numeric address: four numbers of IPv4, or the characters of IPv6, which only binding proves. */
static bool is_address(const char *text)
{
    if (strchr(text, ':') != NULL) {
        return strspn(text, "0123456789abcdefABCDEF:.") == strlen(text);
    }
    int numbers = 0;
    for (const char *c = text;; ++c) {
        const size_t digits = strspn(c, "0123456789");
        if (digits < 1 || digits > 3 || strtol(c, NULL, 10) > 255) {
            return false;
        }
        ++numbers;
        c += digits;
        if (*c != '.') {
            return *c == '\0' && numbers == 4;
        }
    }
}

static enum nav_status take_listeners(struct loader *loader)
{
    struct cfg_case *loaded = loader->loaded;
    if (cfg_yaml_child(cfg_yaml_root(loader->tree), "listeners") == NULL) {
        loaded->listeners[0] =
            (struct cfg_listener){.address = "127.0.0.1", .port = DEFAULT_PORT, .publish = true};
        loaded->listener_count = 1;
        return NAV_OK;
    }
    for (size_t i = 0; i < loader->doc->listeners_count; ++i) {
        const struct cfg_doc_listener *doc = &loader->doc->listeners[i];
        const struct cfg_yaml_node *node = entry(loader, "listeners", i);
        if (!is_address(doc->address)) {
            return refuse(loader, value_of(node, "address"), NAV_ERR_SYNTAX,
                          "'%s' is not an IP address; write one such as 127.0.0.1 or \"::1\"",
                          doc->address);
        }
        for (size_t k = 0; k < i; ++k) {
            if (doc->port != 0 && doc->port == loaded->listeners[k].port &&
                strcmp(doc->address, loaded->listeners[k].address) == 0) {
                return refuse(loader, node, NAV_ERR_EXISTS,
                              "%s port %u is listed twice; remove one", doc->address, doc->port);
            }
        }
        struct cfg_listener *listener = &loaded->listeners[i];
        memcpy(listener->address, doc->address, sizeof(listener->address));
        listener->port = doc->port;
        listener->publish = doc->publish == NULL || *doc->publish;
        loaded->listener_count = i + 1;
    }
    return NAV_OK;
}

static enum nav_status take_connectors(struct loader *loader)
{
    struct cfg_case *loaded = loader->loaded;
    for (size_t i = 0; i < loader->doc->connectors_count; ++i) {
        const struct cfg_doc_connector *doc = &loader->doc->connectors[i];
        const struct cfg_yaml_node *node = entry(loader, "connectors", i);
        if (!is_address(doc->address)) {
            return refuse(loader, value_of(node, "address"), NAV_ERR_SYNTAX,
                          "'%s' is not an IP address; write one such as 192.168.0.5 or \"fd00::5\"",
                          doc->address);
        }
        if (doc->port == 0) {
            return refuse(loader, value_of(node, "port"), NAV_ERR_RANGE,
                          "0 is no port to connect to; 1 to 65535");
        }
        const uint32_t stream_ms = doc->stream_ms != NULL ? *doc->stream_ms : 0;
        if (stream_ms > STREAM_MS_MAX) {
            return refuse(loader, value_of(node, "stream_ms"), NAV_ERR_RANGE,
                          "%u is out of range; 0 to %d (ms)", stream_ms, STREAM_MS_MAX);
        }
        for (size_t k = 0; k < i; ++k) {
            if (doc->port == loaded->connectors[k].port &&
                strcmp(doc->address, loaded->connectors[k].address) == 0) {
                return refuse(loader, node, NAV_ERR_EXISTS,
                              "%s port %u is listed twice; remove one", doc->address, doc->port);
            }
        }
        struct cfg_connector *connector = &loaded->connectors[i];
        memcpy(connector->address, doc->address, sizeof(connector->address));
        connector->port = doc->port;
        connector->reconnect = doc->reconnect == NULL || *doc->reconnect;
        connector->hello = doc->hello == NULL || *doc->hello;
        connector->stream = doc->stream_ms != NULL;
        connector->stream_ms = stream_ms;
        loaded->connector_count = i + 1;
    }
    return NAV_OK;
}

static enum nav_status take_limit(const struct loader *loader, const char *name,
                                  const double *given, double min, double max, const char *unit,
                                  double *out_value)
{
    if (given == NULL) {
        return NAV_OK;
    }
    if (!(*given >= min && *given <= max)) {
        return refuse(loader, value_of(section(loader, "limits"), name), NAV_ERR_RANGE,
                      "%g is out of range; %g to %g (%s)", *given, min, max, unit);
    }
    *out_value = *given;
    return NAV_OK;
}

/* The upper row of a pair must stay above (or at) the lower one. */
static enum nav_status check_pair(const struct loader *loader, const char *low_name, double low,
                                  const char *high_name, double high, bool equal_allowed)
{
    if (low < high || (equal_allowed && low <= high)) {
        return NAV_OK;
    }
    const struct cfg_yaml_node *limits = section(loader, "limits");
    const struct cfg_yaml_node *node = cfg_yaml_child(limits, high_name);
    return refuse(loader, node != NULL ? node : value_of(limits, low_name), NAV_ERR_REFUSED,
                  "%s (%g) must be %s %s (%g); change one of them", high_name, high,
                  equal_allowed ? "at least" : "above", low_name, low);
}

static enum nav_status take_limits(const struct loader *loader)
{
    struct cfg_limits *limits = &loader->loaded->limits;
    *limits = cfg_limits_default();
    const struct cfg_doc_limits *doc = loader->doc->limits;
    if (doc == NULL) {
        return NAV_OK;
    }
    enum nav_status status = NAV_OK;
#define TAKE_LIMIT(name, def, min, max, unit, help)                                                \
    if (status == NAV_OK) {                                                                        \
        status = take_limit(loader, #name, doc->name, (min), (max), unit, &limits->name);          \
    }
    CFG_LIMITS_LIST(TAKE_LIMIT)
#undef TAKE_LIMIT
    if (status == NAV_OK) {
        status = check_pair(loader, "caution_age_ms", limits->caution_age_ms, "withhold_age_ms",
                            limits->withhold_age_ms, false);
    }
    if (status == NAV_OK) {
        status = check_pair(loader, "fit_error_caution_mm", limits->fit_error_caution_mm,
                            "fit_error_withhold_mm", limits->fit_error_withhold_mm, false);
    }
    if (status == NAV_OK) {
        status = check_pair(loader, "connections_per_address", limits->connections_per_address,
                            "connections_max", limits->connections_max, true);
    }
    if (status == NAV_OK) {
        status = check_pair(loader, "reconnect_min_ms", limits->reconnect_min_ms,
                            "reconnect_max_ms", limits->reconnect_max_ms, true);
    }
    return status;
}

/* --- the whole ------------------------------------------------------------------------------- */

static enum nav_status take_all(struct loader *loader)
{
    enum nav_status status = take_head(loader);
    if (status == NAV_OK) {
        status = take_limits(loader); /* before the registration, which one limit bounds */
    }
    if (status == NAV_OK) {
        status = take_frames(loader);
    }
    if (status == NAV_OK) {
        status = take_registration(loader);
    }
    if (status == NAV_OK) {
        status = take_displays(loader);
    }
    if (status == NAV_OK) {
        status = take_listeners(loader);
    }
    if (status == NAV_OK) {
        status = take_connectors(loader);
    }
    if (status == NAV_OK) {
        status = take_models(loader); /* the slow part after all that is quick to refuse */
    }
    if (status == NAV_OK) {
        status = take_tools(loader);
    }
    if (status == NAV_OK) {
        status = take_plan(loader);
    }
    return status;
}

static enum nav_status set_case_id(const struct loader *loader)
{
    uint8_t digest[CFG_SHA256_SIZE];
    if (cfg_sha256(loader->digests, loader->digest_count * CFG_SHA256_SIZE, digest) != NAV_OK) {
        return refuse_memory(loader);
    }
    uint64_t id = 0;
    for (size_t i = 0; i < sizeof(id); ++i) {
        id = id << 8 | digest[i];
    }
    loader->loaded->case_id = id != 0 ? id : 1;
    return NAV_OK;
}

/* Schema, rules, files: fills `loader->loaded` from the bytes of the case file. */
static enum nav_status load_from_bytes(struct loader *loader, const struct cfg_file_bytes *file,
                                       const char *path)
{
    enum nav_status status =
        cfg_yaml_parse(file->bytes, file->size, path, &loader->tree, loader->error);
    if (status == NAV_OK) {
        status = cfg_yaml_check(loader->tree, &cfg_doc_schema, loader->error);
    }
    void *document = NULL;
    if (status == NAV_OK) {
        status = cfg_yaml_convert(loader->tree, file->bytes, file->size, &cfg_doc_schema, &document,
                                  loader->error);
    }
    if (status == NAV_OK) {
        loader->doc = document;
        memcpy(loader->loaded->sha256, file->sha256, sizeof(file->sha256));
        add_digest(loader, file->sha256);
        status = take_all(loader);
    }
    if (status == NAV_OK) {
        status = set_case_id(loader);
    }
    cfg_yaml_release(&cfg_doc_schema, document);
    cfg_yaml_destroy(loader->tree);
    return status;
}

static enum nav_status load(const char *path, bool keep_meshes, struct cfg_case **out_case,
                            struct cfg_error *out_error)
{
    struct cfg_file_bytes file = {.bytes = NULL};
    enum nav_status status = cfg_file_bytes_read(path, CASE_BYTES_MAX, &file, out_error);
    if (status != NAV_OK) {
        return status;
    }
    struct loader loader = {.keep_meshes = keep_meshes, .error = out_error};
    const size_t files_max = 1 + CFG_MODELS_MAX + NAV_TOOLS_MAX;
    loader.digests = calloc(files_max, CFG_SHA256_SIZE);
    loader.loaded = calloc(1, sizeof(*loader.loaded));
    if (loader.loaded != NULL) {
        char resolved[PATH_MAX];
        loader.loaded->path = realpath(path, resolved) != NULL ? strdup(resolved) : NULL;
        loader.loaded->folder = loader.loaded->path != NULL ? strdup(loader.loaded->path) : NULL;
    }
    if (loader.digests == NULL || loader.loaded == NULL || loader.loaded->folder == NULL) {
        status = cfg_error_set(out_error, NAV_ERR_MEMORY, "%s: out of memory", path);
    } else {
        char *slash = strrchr(loader.loaded->folder, '/');
        slash[slash == loader.loaded->folder] = '\0';
        status = load_from_bytes(&loader, &file, path);
    }
    cfg_file_bytes_finish(&file);
    free(loader.digests);
    if (status != NAV_OK) {
        cfg_case_destroy(loader.loaded);
        return status;
    }
    *out_case = loader.loaded;
    return NAV_OK;
}

static enum nav_status load_locked(const char *path, bool keep_meshes, struct cfg_case **out_case,
                                   struct cfg_error *out_error)
{
    struct cfg_case *loaded = NULL;
    struct cfg_lock lock = {.present = false};
    enum nav_status status = load(path, keep_meshes, &loaded, out_error);
    if (status == NAV_OK) {
        status = cfg_lock_check(loaded, &lock, out_error);
    }
    if (status != NAV_OK) {
        cfg_case_destroy(loaded);
        return status;
    }
    loaded->locked = lock.present;
    *out_case = loaded;
    return NAV_OK;
}

enum nav_status cfg_case_load(const char *path, struct cfg_case **out_case,
                              struct cfg_error *out_error)
{
    return load_locked(path, false, out_case, out_error);
}

enum nav_status cfg_case_load_meshes(const char *path, struct cfg_case **out_case,
                                     struct cfg_error *out_error)
{
    return load_locked(path, true, out_case, out_error);
}

enum nav_status cfg_case_load_unlocked(const char *path, struct cfg_case **out_case,
                                       struct cfg_error *out_error)
{
    return load(path, false, out_case, out_error);
}

void cfg_case_destroy(struct cfg_case *loaded)
{
    if (loaded == NULL) {
        return;
    }
    for (size_t i = 0; i < loaded->model_count; ++i) {
        free(loaded->models[i].file);
        cfg_mesh_destroy(loaded->models[i].mesh);
    }
    for (size_t i = 0; i < loaded->tool_count; ++i) {
        free(loaded->tools[i].mesh_file);
        cfg_mesh_destroy(loaded->tools[i].mesh);
    }
    free(loaded->path);
    free(loaded->folder);
    free(loaded);
}
