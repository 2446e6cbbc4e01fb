/* `osteonav case new`: a folder with a case file that names no anatomy yet. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "case.h"
#include "case_import.h"
#include "case_sources.h"
#include "folder.h"
#include "nav/limits.h"
#include "verbs.h"

static enum nav_status write_tools(const struct case_order *order, FILE *file,
                                   struct cfg_error *error)
{
    fputs("tools:\n", file);
    for (size_t i = 0; i < order->tool_count; ++i) {
        const char *equals = strchr(order->tools[i], '=');
        if (equals == NULL || equals == order->tools[i] || equals[1] == '\0') {
            return cfg_error_set(error, NAV_ERR_SYNTAX,
                                 "--tool '%s': NAME=DEVICE is needed, such as "
                                 "Pointer=StylusToTracker",
                                 order->tools[i]);
        }
        char name[NAV_NAME_SIZE];
        (void)snprintf(name, sizeof(name), "%.*s", (int)(equals - order->tools[i]),
                       order->tools[i]);
        fputs("  - {name: ", file);
        case_yaml_text(file, name);
        fputs(", device: ", file);
        case_yaml_text(file, equals + 1);
        fputs(", tip_mm: [0, 0, 0], axis: [0, 0, 1]}\n", file);
    }
    if (order->tool_count == 0) {
        /* A device that nothing sends: it is never shown as if its tip were known. */
        fputs("  - {name: \"No tool yet\", device: " CFG_NO_TOOL_DEVICE
              ", tip_mm: [0, 0, 0], axis: [0, 0, 1]}\n",
              file);
    }
    return NAV_OK;
}

static enum nav_status write_case(const struct case_order *order, FILE *file,
                                  struct cfg_error *error)
{
    const char *name = order->name != NULL ? order->name : order->pseudonym;
    fputs("# A case: docs/case-file.md explains every key.\nversion: 1\nname: ", file);
    case_yaml_text(file, name);
    fputs("\npatient: {pseudonym: ", file);
    case_yaml_text(file, order->pseudonym);
    fputs("}\n\nframes:\n  image: LPS\n  unit: mm\n  reference: ", file);
    case_yaml_text(file, order->reference != NULL ? order->reference : "none");
    fputs("\n\n" CASE_MADE_BY_BUILD "models: []\n\n", file);
    return write_tools(order, file, error);
}

static bool is_code(const char *pseudonym)
{
    const size_t length = strlen(pseudonym);
    return length > 0 && length < NAV_NAME_SIZE && strpbrk(pseudonym, "0123456789") != NULL &&
           strspn(pseudonym, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") ==
               length;
}

enum nav_status case_new(const struct case_order *order, const struct case_folder *folder,
                         struct cfg_error *error)
{
    if (!is_code(order->pseudonym)) {
        return cfg_error_set(error, NAV_ERR_REFUSED,
                             "--pseudonym '%s': a code of letters, digits and . _ - with at least "
                             "one digit, such as CASE-01; never a patient's name",
                             order->pseudonym);
    }
    if (access(folder->yaml, F_OK) == 0) {
        return cfg_error_set(error, NAV_ERR_EXISTS, "%s: there is a case already", folder->yaml);
    }
    char *text = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);
    if (file == NULL) {
        return cfg_error_set(error, NAV_ERR_MEMORY, "out of memory");
    }
    enum nav_status status = write_case(order, file, error);
    const bool failed = ferror(file) != 0;
    if ((fclose(file) != 0 || failed) && status == NAV_OK) {
        status = cfg_error_set(error, NAV_ERR_MEMORY, "out of memory");
    }
    if (status == NAV_OK) {
        status = cfg_folder_make(folder->path, error);
    }
    if (status == NAV_OK) {
        status = case_file_write(folder->yaml, text, size, error);
    }
    free(text);
    return status;
}

int case_new_action(const struct case_order *order)
{
    struct case_folder folder;
    struct cfg_error error = {.text = ""};
    if (!case_folder_set(order->folder, &folder)) {
        fputs("osteonav case: the path of the case is too long\n", stderr);
        return VERB_USAGE;
    }
    json_t *sources = case_sources_new();
    enum nav_status status = case_new(order, &folder, &error);
    if (status == NAV_OK && access(folder.sources, F_OK) != 0) {
        status = case_sources_save(folder.sources, sources, &error);
    }
    json_decref(sources);
    if (status != NAV_OK) {
        fprintf(stderr, "osteonav case: %s\n", error.text);
        return VERB_FAILED;
    }
    printf("%s: a new case; next\n  osteonav case import PATH... --case %s\n", folder.yaml,
           folder.path);
    return VERB_OK;
}
