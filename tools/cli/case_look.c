/* Looks at foreign files: what they are, and what each thing in them probably is in a case. */
#include <ctype.h>
#include <fnmatch.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "case.h"
#include "case_import.h"
#include "case_sources.h"
#include "prepare_child.h"
#include "role_names.h"

enum { NUMBER_SIZE = 32, PATTERN_SIZE = 128, IDENTITY_MIN = 3 };

static const double bone_extent_min_mm = 50.0; /* as the check of a case has it */
static const double structure_extent_max_mm = 400.0;

struct look {
    const struct case_order *order;
    json_t *sources, *refused, *ignored;
};

static void set_text(json_t *object, const char *key, const char *value)
{
    if (value != NULL && value[0] != '\0') {
        (void)json_object_set_new(object, key, json_string(value));
    }
}

/* --- roles ----------------------------------------------------------------------------------- */

static bool find_role(const char *word, enum cfg_role *out_role)
{
    for (int role = CFG_ROLE_BONE; role <= CFG_ROLE_OTHER; ++role) {
        if (strcasecmp(word, cfg_role_name((enum cfg_role)role)) == 0) {
            *out_role = (enum cfg_role)role;
            return true;
        }
    }
    return false;
}

/* Distances that alarm, by role: what a case would take, said so that it can be changed. */
static void set_limits(json_t *item, enum cfg_role role)
{
    const struct cfg_limits limits = cfg_limits_default();
    const double by_role[][2] = {
        [CFG_ROLE_BONE] = {0.0, 0.0},
        [CFG_ROLE_TUMOUR] = {limits.tumour_caution_mm, limits.tumour_stop_mm},
        [CFG_ROLE_NERVE] = {limits.nerve_caution_mm, limits.nerve_stop_mm},
        [CFG_ROLE_DURA] = {limits.dura_caution_mm, limits.dura_stop_mm},
        [CFG_ROLE_VESSEL] = {limits.vessel_caution_mm, limits.vessel_stop_mm},
        [CFG_ROLE_ORGAN] = {limits.organ_caution_mm, limits.organ_stop_mm},
        [CFG_ROLE_OTHER] = {0.0, 0.0},
    };
    char text[NUMBER_SIZE];
    if (by_role[role][0] > 0.0) {
        (void)snprintf(text, sizeof(text), "%g", by_role[role][0]);
        set_text(item, "caution_mm", text);
        (void)snprintf(text, sizeof(text), "%g", by_role[role][1]);
        set_text(item, "stop_mm", text);
    }
}

/* Whether a pattern of the command line means this item: its name here or in its source, or its
 * part. */
static bool means(const char *pattern, size_t length, const json_t *item)
{
    static const char *const keys[] = {"name", "original", "part"};
    char text[PATTERN_SIZE];
    (void)snprintf(text, sizeof(text), "%.*s", (int)length, pattern);
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); ++i) {
        const char *value = case_sources_text(item, keys[i]);
        if (value != NULL && fnmatch(text, value, FNM_CASEFOLD) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_only(const char *only, const json_t *item)
{
    for (const char *at = only; *at != '\0';) {
        const size_t length = strcspn(at, ",");
        if (means(at, length, item)) {
            return true;
        }
        at += length + (at[length] == ',');
    }
    return false;
}

/* The role that the command line gives by "NAME=ROLE"; NULL: none. */
static const char *stated_role(const struct case_order *order, const json_t *item)
{
    if (order->role != NULL) {
        return order->role;
    }
    for (size_t i = 0; i < order->role_count; ++i) {
        const char *equals = strrchr(order->roles[i], '=');
        if (equals != NULL && means(order->roles[i], (size_t)(equals - order->roles[i]), item)) {
            return equals + 1;
        }
    }
    return NULL;
}

static void leave_out(json_t *item, const char *why)
{
    (void)json_object_set_new(item, "becomes", json_string("nothing"));
    (void)json_object_set_new(item, "why", json_string(why));
}

static enum nav_status suggest_model(const struct case_order *order, bool of_labels, json_t *item,
                                     struct cfg_error *error)
{
    const char *original = case_sources_text(item, "original");
    const char *name = case_sources_text(item, "name");
    const char *stated = stated_role(order, item);
    struct cfg_role_guess guess =
        cfg_role_guess(original != NULL ? original : name, case_sources_text(item, "code"));
    if (stated != NULL) {
        if (!find_role(stated, &guess.role)) {
            return cfg_error_set(error, NAV_ERR_SYNTAX,
                                 "'%s' is no role; one of bone, tumour, nerve, dura, vessel, "
                                 "organ, other",
                                 stated);
        }
        guess.known = true;
    }
    (void)json_object_set_new(item, "role", json_string(cfg_role_name(guess.role)));
    set_limits(item, guess.role);
    set_text(item, "colour", order->colour);
    set_text(item, "caution_mm", order->caution_mm);
    set_text(item, "stop_mm", order->stop_mm);
    const double extent = json_number_value(json_object_get(item, "extent_mm"));
    if (order->only != NULL && !is_only(order->only, item)) {
        leave_out(item, "not among --only");
    } else if (of_labels && guess.role == CFG_ROLE_OTHER && stated == NULL) {
        leave_out(item, guess.known ? "a muscle, disc, skin or implant: no structure to keep off"
                                    : "its name tells no role: state --role NAME=ROLE");
    } else if (guess.role == CFG_ROLE_BONE && extent < bone_extent_min_mm) {
        leave_out(item, "too small for a bone: below 50 mm");
    } else if (extent > structure_extent_max_mm) {
        leave_out(item, "too large for one structure: above 400 mm");
    }
    return NAV_OK;
}

/* --- scans ----------------------------------------------------------------------------------- */

static bool is_modality(const char *role)
{
    return role != NULL && (strcasecmp(role, "mr") == 0 || strcasecmp(role, "ct") == 0);
}

/* The name of a file without folder and endings, to be meant by. */
static void set_original(json_t *source, json_t *item)
{
    char stem[PATTERN_SIZE];
    const char *file = case_sources_text(source, "file");
    const char *slash = file != NULL ? strrchr(file, '/') : NULL;
    if (file == NULL || case_sources_text(item, "original") != NULL) {
        return;
    }
    (void)snprintf(stem, sizeof(stem), "%s", slash != NULL ? slash + 1 : file);
    stem[strcspn(stem, ".")] = '\0';
    set_text(item, "original", stem);
}

/* A scan's name, and how an MR comes to its CT as far as the command line tells. */
static void suggest_volume(const struct case_order *order, json_t *source, json_t *item)
{
    set_original(source, item);
    const char *stated = stated_role(order, item);
    if (is_modality(stated)) {
        const char *modality = strcasecmp(stated, "mr") == 0 ? "MR" : "CT";
        (void)json_object_set_new(item, "becomes", json_string("volume"));
        (void)json_object_set_new(item, "modality", json_string(modality));
        (void)json_object_set_new(source, "stated_modality", json_string(modality));
        (void)json_object_del(item, "note");
    }
    if (strcmp(case_sources_text(item, "becomes"), "volume") != 0) {
        return;
    }
    const char *modality = case_sources_text(item, "modality");
    const bool named = order->name != NULL && is_modality(order->role);
    (void)json_object_set_new(item, "name", json_string(named ? order->name : modality));
    if (strcmp(modality, "MR") == 0) {
        char *path = order->transform != NULL ? realpath(order->transform, NULL) : NULL;
        set_text(item, "transform", path != NULL ? path : order->transform);
        set_text(item, "maps", order->maps);
        set_text(item, "to", order->to);
        free(path);
    }
}

static enum nav_status suggest(const struct case_order *order, json_t *source,
                               struct cfg_error *error)
{
    const char *kind = case_sources_text(source, "kind");
    const bool labels = kind != NULL && (strcmp(kind, "labels") == 0 || strcmp(kind, "scene") == 0);
    enum nav_status status = NAV_OK;
    json_t *items = json_object_get(source, "items");
    size_t i;
    json_t *item;
    json_array_foreach(items, i, item)
    {
        const char *becomes = case_sources_text(item, "becomes");
        if (json_object_get(item, "spacing_mm") != NULL) {
            suggest_volume(order, source, item);
            continue;
        }
        if (order->name != NULL && order->role != NULL && json_array_size(items) == 1) {
            (void)json_object_set_new(item, "name", json_string(order->name));
        }
        if (strcmp(becomes, "model") == 0 && status == NAV_OK) {
            const bool of_labels = labels && json_object_get(item, "voxels") != NULL;
            status = suggest_model(order, of_labels, item, error);
            set_text(item, "with", order->with);
        } else if (strcmp(becomes, "cut") == 0) {
            (void)json_object_set_new(
                item, "entry", json_string(order->entry != NULL ? order->entry : "posterior"));
            set_text(item, "kerf_mm", order->kerf_mm);
        }
    }
    return status;
}

/* A misspelt name would be lost, and with it a structure: each name of --role NAME=ROLE and each of
 * --only means something. */
static enum nav_status check_meant(const struct look *look, const char *option, const char *said,
                                   size_t length, struct cfg_error *error)
{
    size_t i, k;
    json_t *source, *item;
    json_array_foreach(look->sources, i, source)
    {
        json_array_foreach(json_object_get(source, "items"), k, item)
        {
            if (means(said, length, item)) {
                return NAV_OK;
            }
        }
    }
    if (json_array_size(look->refused) > 0) {
        return NAV_OK; /* it may be among what was not read */
    }
    return cfg_error_set(error, NAV_ERR_NOT_FOUND,
                         "%s %.*s: nothing in these files is called so; names as in the table of "
                         "`case import`, or of the file",
                         option, (int)length, said);
}

static enum nav_status check_names(const struct look *look, struct cfg_error *error)
{
    static const char bone[] = "threshold"; /* the part that it makes */
    enum nav_status status = NAV_OK;
    if (look->order->threshold != NULL &&
        check_meant(look, "--threshold", bone, strlen(bone), error) != NAV_OK) {
        status = cfg_error_set(error, NAV_ERR_NOT_FOUND,
                               "--threshold %s: no CT is among these files; bone is made of a CT",
                               look->order->threshold);
    }
    for (size_t n = 0; n < look->order->role_count && status == NAV_OK; ++n) {
        const char *said = look->order->roles[n];
        const char *equals = strrchr(said, '=');
        if (equals != NULL) {
            status = check_meant(look, "--role", said, (size_t)(equals - said), error);
        }
    }
    for (const char *at = look->order->only; at != NULL && *at != '\0' && status == NAV_OK;) {
        const size_t length = strcspn(at, ",");
        if (length > 0) {
            status = check_meant(look, "--only", at, length, error);
        }
        at += length + (at[length] == ',');
    }
    return status;
}

/* --- who must not be named ------------------------------------------------------------------- */

/* A word of a DICOM patient's name or number in a name that would stand in the case. Words that
 * mean a structure are allowed: patients of phantoms are called "liver". */
static const char *names_somebody(const char *name, const json_t *identities)
{
    size_t i;
    json_t *identity;
    json_array_foreach(identities, i, identity)
    {
        static char word[PATTERN_SIZE];
        const char *text = json_string_value(identity);
        while (text != NULL && *text != '\0') {
            const size_t length = strcspn(text, "^ =_.,");
            if (length >= IDENTITY_MIN && length < sizeof(word)) {
                (void)snprintf(word, sizeof(word), "%.*s", (int)length, text);
                if (strcasestr(name, word) != NULL && !cfg_role_guess(word, NULL).known) {
                    return word;
                }
            }
            text += length + (text[length] != '\0');
        }
    }
    return NULL;
}

static enum nav_status check_identities(const struct look *look, struct cfg_error *error)
{
    json_t *all = json_array();
    size_t i, k;
    json_t *source, *item;
    json_array_foreach(look->sources, i, source)
    {
        (void)json_array_extend(all, json_object_get(source, "identities"));
    }
    enum nav_status status = NAV_OK;
    const char *const said[] = {look->order->name, look->order->pseudonym, look->order->folder};
    for (size_t n = 0; n < sizeof(said) / sizeof(said[0]) && status == NAV_OK; ++n) {
        if (said[n] != NULL && names_somebody(said[n], all) != NULL) {
            status = cfg_error_set(error, NAV_ERR_REFUSED,
                                   "'%s' contains the patient's name or number as the DICOM files "
                                   "have it; a case carries a pseudonym only",
                                   said[n]);
        }
    }
    json_array_foreach(look->sources, i, source)
    {
        json_array_foreach(json_object_get(source, "items"), k, item)
        {
            const char *name = case_sources_text(item, "name");
            if (status == NAV_OK && name != NULL && names_somebody(name, all) != NULL &&
                strcmp(case_sources_text(item, "becomes"), "nothing") != 0) {
                status = cfg_error_set(error, NAV_ERR_REFUSED,
                                       "%s: would be called '%s', which contains the patient's "
                                       "name or number; rename the file",
                                       case_sources_text(source, "file"), name);
            }
        }
        (void)json_object_del(source, "identities"); /* no further than here */
    }
    json_decref(all);
    return status;
}

/* --- looking --------------------------------------------------------------------------------- */

static enum nav_status on_event(void *context, const json_t *event, const uint8_t *bytes,
                                size_t size)
{
    struct look *look = context;
    const char *word = case_sources_text(event, "event");
    (void)bytes;
    (void)size;
    json_t *list = strcmp(word, "source") == 0    ? look->sources
                   : strcmp(word, "refused") == 0 ? look->refused
                                                  : look->ignored;
    json_t *copy = json_deep_copy(event);
    (void)json_object_del(copy, "event");
    if (list == look->sources) {
        const char *format = case_sources_text(copy, "format");
        const bool dicom = format != NULL && strcmp(format, "dicom") == 0;
        const char *as = is_modality(look->order->role) ? "volume" : look->order->as;
        set_text(copy, "as", dicom ? "dicom" : as);
        set_text(copy, "stated_space", look->order->space);
        set_text(copy, "stated_unit", look->order->unit);
        set_text(copy, "names", look->order->names);
        set_text(copy, "threshold", look->order->threshold);
        set_text(copy, "stated_modality", look->order->modality);
        set_text(copy, "error_mm", look->order->error_mm);
    }
    return json_array_append_new(list, copy) == 0 ? NAV_OK : NAV_ERR_MEMORY;
}

enum nav_status case_look(const struct case_order *order, json_t **out_sources,
                          json_t **out_refused, json_t **out_ignored, struct cfg_error *error)
{
    struct look look = {order, json_array(), json_array(), json_array()};
    enum nav_status status = NAV_OK;
    for (size_t i = 0; status == NAV_OK && i < order->path_count; ++i) {
        char *path = realpath(order->paths[i], NULL);
        json_t *request = json_object();
        set_text(request, "path", path != NULL ? path : order->paths[i]);
        if (json_object_get(request, "path") == NULL) {
            free(path);
            json_decref(request);
            status =
                cfg_error_set(error, NAV_ERR_ARGUMENT,
                              "%s: its name is empty or not UTF-8; rename it", order->paths[i]);
            continue;
        }
        set_text(request, "space", order->space);
        set_text(request, "unit", order->unit);
        set_text(request, "as", is_modality(order->role) ? "volume" : order->as);
        set_text(request, "series", order->series);
        set_text(request, "names", order->names);
        set_text(request, "threshold", order->threshold);
        set_text(request, "modality", order->modality);
        free(path);
        status = prepare_child_run(request, on_event, &look, error);
        if (status == NAV_ERR_REFUSED) {
            (void)json_array_append_new(
                look.refused, json_pack("{s:s, s:s}", "file", order->paths[i], "why", error->text));
            status = NAV_OK;
        }
    }
    size_t i;
    json_t *source;
    json_array_foreach(look.sources, i, source)
    {
        if (status == NAV_OK) {
            status = suggest(order, source, error);
        }
    }
    if (status == NAV_OK) {
        status = check_names(&look, error);
    }
    if (status == NAV_OK) {
        status = check_identities(&look, error);
    }
    if (status != NAV_OK) {
        json_decref(look.sources);
        json_decref(look.refused);
        json_decref(look.ignored);
        return status;
    }
    *out_sources = look.sources;
    *out_refused = look.refused;
    *out_ignored = look.ignored;
    return NAV_OK;
}
