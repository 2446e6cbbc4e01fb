#include "case_screen.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "case_mesh.h"

_Static_assert((int)CFG_CUTS_MAX <= (int)RND_PANEL_CUTS_MAX, "every cut of a case fits a screen");
_Static_assert((int)CFG_MODELS_MAX <= (int)RND_PANEL_STRUCTURES_MAX, "every structure fits");

/* How each kind of tissue takes the light, and what several of it are called. The order is that of
 * the list on screen: what must not be cut comes first. */
static const struct {
    enum cfg_role role;
    enum rnd_words plural;
    float rim;
    float specular;
} kinds[] = {
    {CFG_ROLE_TUMOUR, RND_SAY_KIND_TUMOUR, 0.30F, 0.30F},
    {CFG_ROLE_NERVE, RND_SAY_KIND_NERVE, 0.10F, 0.35F},
    {CFG_ROLE_DURA, RND_SAY_KIND_DURA, 0.35F, 0.35F},
    {CFG_ROLE_VESSEL, RND_SAY_KIND_VESSEL, 0.20F, 0.35F},
    {CFG_ROLE_ORGAN, RND_SAY_KIND_ORGAN, 0.35F, 0.20F},
    {CFG_ROLE_BONE, RND_SAY_KIND_BONE, 0.55F, 0.12F},
    {CFG_ROLE_OTHER, RND_SAY_KIND_OTHER, 0.30F, 0.15F},
};
enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

static size_t kind_of(enum cfg_role role)
{
    for (size_t i = 0; i < KINDS; ++i) {
        if (kinds[i].role == role) {
            return i;
        }
    }
    return KINDS - 1;
}

void case_screen_facts(const struct cfg_case *loaded, struct rnd_case *out_facts)
{
    memset(out_facts, 0, sizeof(*out_facts));
    out_facts->case_id = loaded->case_id;
    rnd_text_append(out_facts->case_name, sizeof(out_facts->case_name), loaded->name);
    rnd_text_append(out_facts->pseudonym, sizeof(out_facts->pseudonym), loaded->pseudonym);
    out_facts->tool_count = loaded->tool_count;
    for (size_t i = 0; i < loaded->tool_count; ++i) {
        rnd_text_append(out_facts->tool_names[i], NAV_NAME_SIZE, loaded->tools[i].name);
    }
}

static bool same_colour(const float a[3], const float b[3])
{
    return memcmp(a, b, 3 * sizeof(a[0])) == 0;
}

/* What a line of the list says: a single structure's own name; the kind, where all of it has one
 * colour; else the first name and how many more share its colour. */
static void name_line(const struct cfg_case *loaded, enum rnd_language language, size_t kind,
                      size_t first, size_t alike, size_t of_kind, char out_name[NAV_NAME_SIZE])
{
    out_name[0] = '\0';
    if (alike > 1 && alike == of_kind) {
        rnd_text_append(out_name, NAV_NAME_SIZE, rnd_say(language, kinds[kind].plural));
        return;
    }
    rnd_text_append(out_name, NAV_NAME_SIZE, loaded->models[first].name);
    if (alike > 1) {
        char more[32];
        (void)snprintf(more, sizeof(more), " + %zu", alike - 1);
        rnd_text_append(out_name, NAV_NAME_SIZE, more);
    }
}

/* One line for each colour of each kind. */
static enum nav_status list_structures(const struct cfg_case *loaded, struct rnd_screen *screen)
{
    for (size_t kind = 0; kind < KINDS; ++kind) {
        for (size_t i = 0; i < loaded->model_count; ++i) {
            const struct cfg_model *model = &loaded->models[i];
            if (kind_of(model->role) != kind) {
                continue;
            }
            size_t of_kind = 0;
            size_t alike = 0;
            size_t first = loaded->model_count;
            for (size_t k = 0; k < loaded->model_count; ++k) {
                const struct cfg_model *other = &loaded->models[k];
                if (kind_of(other->role) != kind) {
                    continue;
                }
                ++of_kind;
                if (same_colour(other->colour, model->colour)) {
                    ++alike;
                    first = k < first ? k : first;
                }
            }
            if (first != i) {
                continue;
            }
            char name[NAV_NAME_SIZE];
            name_line(loaded, rnd_screen_language(screen), kind, first, alike, of_kind, name);
            const enum nav_status status = rnd_screen_add_structure(screen, name, model->colour);
            if (status != NAV_OK) {
                return status;
            }
        }
    }
    return NAV_OK;
}

static enum nav_status add_model(struct rnd_screen *screen, const struct cfg_model *model)
{
    const size_t kind = kind_of(model->role);
    const struct rnd_material material = {
        .colour = {model->colour[0], model->colour[1], model->colour[2]},
        /* A closed structure is looked at through two walls; the case states the whole. */
        .opacity = model->opacity < 1.0F ? 1.0F - sqrtf(1.0F - model->opacity) : 1.0F,
        .rim = kinds[kind].rim,
        .specular = kinds[kind].specular,
        .fades = model->role == CFG_ROLE_BONE,
    };
    const struct rnd_mesh mesh = case_mesh_view(model->mesh);
    const bool framed = model->role == CFG_ROLE_BONE || model->role == CFG_ROLE_TUMOUR ||
                        model->role == CFG_ROLE_NERVE;
    return rnd_screen_add_model(screen, model->name, &mesh, &material, framed);
}

static enum nav_status add_tool(struct rnd_screen *screen, const struct cfg_tool *tool)
{
    if (tool->shape == CFG_SHAPE_MESH) {
        const struct rnd_mesh mesh = case_mesh_view(tool->mesh);
        return rnd_screen_add_tool_mesh(screen, &mesh);
    }
    const struct rnd_tool_shape shape = case_mesh_tool(tool);
    return rnd_screen_add_tool(screen, &shape);
}

void case_screen_volume(const struct cfg_case_volume *from, struct rnd_volume *out_volume,
                        struct rnd_window_level *out_window)
{
    out_volume->voxels = from->volume->voxels;
    memcpy(out_volume->size, from->report.size, sizeof(out_volume->size));
    memcpy(out_volume->T_image_voxel, from->report.T_image_voxel,
           sizeof(out_volume->T_image_voxel));
    *out_window = from->modality == CFG_MODALITY_CT ? RND_WINDOW_BONE : rnd_window_of(out_volume);
}

const struct cfg_case_volume *case_screen_first(const struct cfg_case *loaded)
{
    const struct cfg_case_volume *chosen = NULL;
    for (size_t i = 0; i < loaded->volume_count; ++i) {
        const struct cfg_case_volume *volume = &loaded->volumes[i];
        if (chosen == NULL ||
            (chosen->modality != CFG_MODALITY_CT && volume->modality == CFG_MODALITY_CT)) {
            chosen = volume;
        }
    }
    return chosen;
}

const struct cfg_case_volume *case_screen_second(const struct cfg_case *loaded)
{
    const struct cfg_case_volume *first = case_screen_first(loaded);
    for (size_t i = 0; i < loaded->volume_count; ++i) {
        if (&loaded->volumes[i] != first && loaded->volumes[i].modality == CFG_MODALITY_MR) {
            return &loaded->volumes[i];
        }
    }
    return NULL;
}

bool case_screen_is_unjudged(const struct cfg_case_volume *volume)
{
    return !volume->alignment.stated || volume->alignment.origin != CFG_ALIGNMENT_GIVEN;
}

static void set_volumes(struct rnd_screen *screen, const struct cfg_case *loaded)
{
    const struct cfg_case_volume *first = case_screen_first(loaded);
    const struct cfg_case_volume *second = case_screen_second(loaded);
    struct rnd_volume volume;
    struct rnd_window_level window;
    if (first != NULL) {
        case_screen_volume(first, &volume, &window);
        rnd_screen_set_volume(screen, &volume, &window);
    }
    if (second != NULL) {
        case_screen_volume(second, &volume, &window);
        rnd_screen_set_second(screen, &volume, &window, case_screen_is_unjudged(second));
    }
}

enum nav_status case_screen_fill(const struct cfg_case *loaded, struct rnd_screen *screen,
                                 const char **out_what)
{
    enum nav_status status = NAV_OK;
    set_volumes(screen, loaded);
    for (size_t i = 0; i < loaded->model_count; ++i) {
        status = add_model(screen, &loaded->models[i]);
        if (status != NAV_OK) {
            *out_what = loaded->models[i].name;
            return status;
        }
    }
    for (size_t i = 0; i < loaded->tool_count; ++i) {
        status = add_tool(screen, &loaded->tools[i]);
        if (status != NAV_OK) {
            *out_what = loaded->tools[i].name;
            return status;
        }
    }
    for (size_t i = 0; i < loaded->cut_count; ++i) {
        const struct cfg_cut *cut = &loaded->cuts[i];
        const struct rnd_cut_shape shape = case_mesh_cut(cut);
        status = rnd_screen_add_cut(screen, cut->name, &shape);
        if (status != NAV_OK) {
            *out_what = cut->name;
            return status;
        }
    }
    *out_what = "the list of structures";
    return list_structures(loaded, screen);
}
