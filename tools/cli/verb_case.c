/* `osteonav case`: looks at a case without running it. */
#include "verbs.h"

#include <getopt.h>
#include <pwd.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "case.h"
#include "case_import.h"
#include "case_lock.h"
#include "case_report.h"
#include "case_warnings.h"
#include "nav/time.h"
#include "options.h"

static const char usage[] =
    "usage: osteonav case new DIR --pseudonym CODE [--name NAME] [--reference DEVICE]\n"
    "                         [--tool NAME=DEVICE]...\n"
    "       osteonav case import PATH... [--case DIR] [OPTIONS] [--build [--lock]]\n"
    "       osteonav case add FILE --case DIR --name NAME --role ROLE [OPTIONS]\n"
    "       osteonav case build DIR [--replace] [--lock]\n"
    "       osteonav case check CASE [--json] [--sheet FILE.png|pdf]\n"
    "       osteonav case show CASE [--contact-sheet FILE.png] [--turntable FILE.mp4]\n"
    "       osteonav case lock CASE [--by NAME] [--replace]\n"
    "       osteonav case info CASE [--json]\n"
    "       osteonav case limits [--json]\n"
    "\n"
    "new     makes a case folder with nothing in it.\n"
    "import  looks at files and folders of other programs and tells what they hold: frame, unit,\n"
    "        sizes, and what each thing becomes. With --case it goes into the case's list of\n"
    "        sources (DIR.sources.yaml), to be corrected there and built.\n"
    "add     import of one surface that you name yourself.\n"
    "build   makes the case's own files and case.yaml of the list, and checks the case.\n"
    "check   reads the case and every file it names, as `osteonav run` would, and prints what\n"
    "        was understood. The first error ends it: file, line, key, what to do.\n"
    "        Warnings do not fail the check; read them before the operation.\n"
    "        --sheet draws the planned cuts: 3D view, figures, a section in each cut's plane.\n"
    "show    shows the case on a screen, as the display would, without a core; or draws six\n"
    "        views on a page (.png, .pdf), or turns once around in a film.\n"
    "lock    checks the case and writes case.lock beside it: the digest of every file, who\n"
    "        locked it and when. From then on the case loads only while no byte changes.\n"
    "info    who locked the case and when, and whether it is still as it was locked.\n"
    "limits  prints every row of the case's `limits:` section: default, range, unit, meaning.\n"
    "\n"
    "CASE is a case file or its folder. Read are DICOM series, NIfTI, NRRD, NHDR, MHA, MHD; label\n"
    "maps, .seg.nrrd, DICOM SEG; STL, PLY, OBJ, VTK, VTP, GLB; .mrk.json, .fcsv, .acsv, .csv;\n"
    "whole 3D Slicer scenes (.mrml, .mrb); PLUS device sets; .tfm, .txt, .mat, .h5 transforms.\n"
    "\n"
    "what the files do not say:\n"
    "  --space LPS|RAS      frame of surfaces that carry no tag\n"
    "  --unit mm|m          unit of surfaces that carry no tag\n"
    "  --modality CT|MR     what a scan is\n"
    "  --as labels|volume   what NIfTI, NRRD or MHA holds, where it could be either\n"
    "  --names TABLE        names of a label map's values: .csv, .json, .ctbl, ITK-SNAP's .txt\n"
    "  --threshold HU       bone from a CT, for a quick start: all that is denser, its largest\n"
    "                       piece, cavities filled\n"
    "  --series UID         this DICOM series (or the end of its UID; `none`: the one without);\n"
    "                       else they are listed\n"
    "  --role mr            with `add`: the file is an MR; with import --role NAME=mr (or ct)\n"
    "  --transform FILE     what brings an MR to the CT: .tfm, .txt, .mat, .h5 as 3D Slicer and "
    "ITK\n"
    "                       save it; or `estimate` (the default beside a CT: registered when the\n"
    "                       case is built), or `same-frame`: it lies right already\n"
    "  --maps ct-to-mr|mr-to-ct   which way the file maps points; ct-to-mr (default) is what 3D\n"
    "                       Slicer saves of an MR's transform, and ITK of resampling it to the CT\n"
    "  --to NAME            the CT it is brought to, where there are several\n"
    "  --with NAME          surfaces or labels were drawn on that MR: they go where it goes\n"
    "  --entry SIDE         from where planes are cut: posterior (default), anterior, left, "
    "right,\n"
    "                       superior, inferior\n"
    "  --kerf MM            width of the slot that cutting leaves (default: the first blade's)\n"
    "\n"
    "what becomes of them:\n"
    "  --only NAME,...      of structures take these; * and ? stand for anything\n"
    "  --role NAME=ROLE     role of a structure: bone, tumour, nerve, dura, vessel, organ, other;\n"
    "                       with `add` just ROLE\n"
    "  --colour \"#rrggbb\"   instead of the role's colour\n"
    "  --caution MM, --stop MM   instead of the role's distances that alarm\n"
    "  --error MM           what simplifying surfaces of label maps may cost (default: a\n"
    "                       twentieth of a voxel)\n"
    "  --pseudonym CODE     makes the case of --case if there is none; takes --name, --reference\n"
    "                       and --tool as `new` does\n"
    "  --build, --lock      go on to build, and to lock\n"
    "  --yes                at a terminal: do not ask before building\n"
    "\n"
    "  --by NAME            who answers for the lock (default: the user's login name)\n"
    "  --replace            lock or build again where there is a lock\n"
    "  --json               one JSON object on standard output\n"
    "  --help               this text\n"
    "\n"
    "Exit codes: 0 the case is good (info: locked and unchanged), 1 it is not, 2 usage.\n"
    "docs/prepare.md has a worked example; docs/case-file.md explains the keys of a case file.\n";

/* --- check ----------------------------------------------------------------------------------- */

static int check_case(const char *path, bool json)
{
    struct cfg_case *loaded = NULL;
    struct cfg_error error = {.text = ""};
    enum nav_status status = cfg_case_load_meshes(path, &loaded, &error);
    if (status == NAV_OK) {
        status = cfg_case_check_dates(loaded, nav_utc_now_ns(), &error);
    }
    if (status != NAV_OK) {
        cfg_case_destroy(loaded);
        if (json) {
            (void)case_print_json(json_pack("{s:b, s:s, s:s}", "ok", 0, "status",
                                            nav_status_name(status), "error", error.text));
        } else {
            fprintf(stderr, "%s\n", error.text);
        }
        return VERB_FAILED;
    }
    int result = VERB_OK;
    if (json) {
        result = case_report_json(loaded);
    } else {
        result = case_report_text(loaded);
    }
    cfg_case_destroy(loaded);
    return result;
}

/* --- lock and info --------------------------------------------------------------------------- */

const char *case_login_name(void)
{
    const struct passwd *user = getpwuid(geteuid());
    return user != NULL ? user->pw_name : "unknown";
}

int case_lock_action(const char *path, const char *by, bool replace)
{
    struct cfg_case *loaded = NULL;
    struct cfg_error error = {.text = ""};
    struct cfg_lock lock = {.present = false};
    enum nav_status status = cfg_case_load_unlocked(path, &loaded, &error);
    if (status == NAV_OK) {
        status = cfg_case_check_dates(loaded, nav_utc_now_ns(), &error);
    }
    if (status == NAV_OK) {
        status = cfg_lock_write(loaded, by != NULL ? by : case_login_name(), nav_utc_now_ns(),
                                replace, &error);
    }
    if (status == NAV_OK) {
        /* What was written is read back: a lock that does not open is no lock. */
        status = cfg_lock_check(loaded, &lock, &error);
    }
    if (status != NAV_OK) {
        fprintf(stderr, "%s\n", error.text);
        cfg_case_destroy(loaded);
        return VERB_FAILED;
    }
    const size_t warnings = cfg_case_warnings(loaded, case_print_warning, NULL);
    printf("%s: locked by %s at %s, case id %016llx, %zu warning%s\n", lock.path, lock.by, lock.utc,
           (unsigned long long)loaded->case_id, warnings, warnings == 1 ? "" : "s");
    cfg_case_destroy(loaded);
    return VERB_OK;
}

static int show_info(const char *path, bool json)
{
    struct cfg_case *loaded = NULL;
    struct cfg_error error = {.text = ""};
    struct cfg_lock lock = {.present = false};
    enum nav_status status = cfg_case_load_unlocked(path, &loaded, &error);
    if (status == NAV_OK) {
        status = cfg_lock_check(loaded, &lock, &error);
    }
    cfg_case_destroy(loaded);
    const bool good = status == NAV_OK && lock.present;
    if (status == NAV_OK && !lock.present) {
        (void)cfg_error_set(&error, status, "%s: is not locked; `osteonav case lock` locks it",
                            path);
    }
    if (json) {
        const int printed =
            case_print_json(good ? json_pack("{s:b, s:s, s:s, s:s, s:s, s:i}", "locked", 1, "lock",
                                             lock.path, "by", lock.by, "utc", lock.utc, "software",
                                             lock.software, "warnings", (int)lock.warning_count)
                                 : json_pack("{s:b, s:s, s:s}", "locked", 0, "status",
                                             nav_status_name(status), "error", error.text));
        return good ? printed : VERB_FAILED;
    }
    if (!good) {
        fprintf(stderr, "%s\n", error.text);
        return VERB_FAILED;
    }
    printf("lock        %s\nlocked by   %s\nlocked at   %s\nsoftware    %s\nwarnings    %zu\n"
           "unchanged since\n",
           lock.path, lock.by, lock.utc, lock.software, lock.warning_count);
    return VERB_OK;
}

/* --- the verb -------------------------------------------------------------------------------- */

static int wrong_usage(const char *what)
{
    fprintf(stderr, "osteonav case: %s; `osteonav case --help` explains it\n", what);
    return VERB_USAGE;
}

static bool is_one_of(const char *word, const char *const *words)
{
    for (; *words != NULL; ++words) {
        if (strcmp(word, *words) == 0) {
            return true;
        }
    }
    return false;
}

/* Words that an option allows; NULL: all is well. */
static const char *check_words(const struct case_order *order)
{
    static const char *const spaces[] = {"LPS", "RAS", NULL};
    static const char *const units[] = {"mm", "m", NULL};
    static const char *const modalities[] = {"CT", "MR", NULL};
    static const char *const kinds[] = {"labels", "volume", NULL};
    static const char *const directions[] = {"ct-to-mr", "mr-to-ct", NULL};
    if (order->space != NULL && !is_one_of(order->space, spaces)) {
        return "--space is LPS or RAS";
    }
    if (order->unit != NULL && !is_one_of(order->unit, units)) {
        return "--unit is mm or m";
    }
    if (order->modality != NULL && !is_one_of(order->modality, modalities)) {
        return "--modality is CT or MR";
    }
    if (order->as != NULL && !is_one_of(order->as, kinds)) {
        return "--as is labels or volume";
    }
    if (order->maps != NULL && !is_one_of(order->maps, directions)) {
        return "--maps is ct-to-mr or mr-to-ct";
    }
    if (order->maps != NULL && order->transform == NULL) {
        return "--maps goes with --transform FILE";
    }
    if (order->lock && !order->build) {
        return "--lock goes with --build; `case lock` locks a built case";
    }
    if (order->build && order->folder == NULL) {
        return "--build needs --case DIR";
    }
    return NULL;
}

static int act_import(const struct case_order *order, bool adds)
{
    if (order->path_count == 0) {
        return wrong_usage("name at least one file or folder");
    }
    if (adds && (order->folder == NULL || order->name == NULL || order->role == NULL)) {
        return wrong_usage("`add` needs --case DIR, --name NAME and --role ROLE");
    }
    if (!adds && order->role != NULL) {
        return wrong_usage("--role NAME=ROLE is needed; just ROLE goes with `add`");
    }
    return case_import_action(order);
}

static int act_on_case(const char *action, const struct case_order *order)
{
    char path[CASE_PATH_SIZE];
    if (order->path_count != 1) {
        return wrong_usage("name one case file or folder");
    }
    case_file_meant(order->paths[0], path);
    if (strcmp(action, "lock") == 0) {
        return order->json ? wrong_usage("`lock` has no --json; `info` has")
                           : case_lock_action(path, order->by, order->replace);
    }
    if (order->by != NULL || order->replace) {
        return wrong_usage("--by and --replace belong to `lock`");
    }
    if (strcmp(action, "info") == 0) {
        return show_info(path, order->json);
    }
    const bool checks = strcmp(action, "check") == 0;
    const int checked = checks ? check_case(path, order->json) : VERB_OK;
    return !checks || (checked == VERB_OK && order->sheet != NULL) ? case_show_action(path, order)
                                                                   : checked;
}

static int act(const char *action, struct case_order *order)
{
    static const char *const on_a_case[] = {"lock", "check", "info", "show", NULL};
    if (strcmp(action, "limits") == 0) {
        return order->path_count == 0 ? case_report_limits(order->json)
                                      : wrong_usage("`limits` takes no file");
    }
    if (is_one_of(action, on_a_case)) {
        return act_on_case(action, order);
    }
    const bool adds = strcmp(action, "add") == 0;
    if (adds || strcmp(action, "import") == 0) {
        return act_import(order, adds);
    }
    const bool makes = strcmp(action, "new") == 0;
    if (!makes && strcmp(action, "build") != 0) {
        return wrong_usage("unknown action");
    }
    if (order->path_count != 1) {
        return wrong_usage("name one folder");
    }
    if (makes && order->pseudonym == NULL) {
        return wrong_usage("`new` needs --pseudonym CODE");
    }
    order->folder = order->paths[0];
    return makes ? case_new_action(order) : case_build_action(order);
}

enum {
    OPT_HELP = 256,
    OPT_ROLE,
    OPT_TOOL,
    OPT_JSON,
    OPT_YES,
    OPT_BUILD,
    OPT_LOCK,
    OPT_REPLACE,
    OPT_TEXT /* and on: an option that is a text, by its place in the table */
};

/* Options that are one text each. */
static const struct {
    const char *word;
    size_t at; /* in struct case_order */
} texts[] = {
    {"case", offsetof(struct case_order, folder)},
    {"name", offsetof(struct case_order, name)},
    {"pseudonym", offsetof(struct case_order, pseudonym)},
    {"reference", offsetof(struct case_order, reference)},
    {"space", offsetof(struct case_order, space)},
    {"unit", offsetof(struct case_order, unit)},
    {"as", offsetof(struct case_order, as)},
    {"series", offsetof(struct case_order, series)},
    {"names", offsetof(struct case_order, names)},
    {"modality", offsetof(struct case_order, modality)},
    {"entry", offsetof(struct case_order, entry)},
    {"kerf", offsetof(struct case_order, kerf_mm)},
    {"to", offsetof(struct case_order, to)},
    {"transform", offsetof(struct case_order, transform)},
    {"maps", offsetof(struct case_order, maps)},
    {"with", offsetof(struct case_order, with)},
    {"only", offsetof(struct case_order, only)},
    {"threshold", offsetof(struct case_order, threshold)},
    {"error", offsetof(struct case_order, error_mm)},
    {"colour", offsetof(struct case_order, colour)},
    {"caution", offsetof(struct case_order, caution_mm)},
    {"stop", offsetof(struct case_order, stop_mm)},
    {"by", offsetof(struct case_order, by)},
    {"sheet", offsetof(struct case_order, sheet)},
    {"contact-sheet", offsetof(struct case_order, contact_sheet)},
    {"turntable", offsetof(struct case_order, turntable)},
};

enum { TEXTS = sizeof(texts) / sizeof(texts[0]), SWITCHES = 8 };

/* NULL, or what is wrong. */
static const char *take_option(int option, struct case_order *order)
{
    if (option >= OPT_TEXT && option < OPT_TEXT + TEXTS) {
        memcpy((char *)order + texts[option - OPT_TEXT].at, &optarg, sizeof(optarg));
        return NULL;
    }
    switch (option) {
    case OPT_ROLE:
        if (strchr(optarg, '=') == NULL) {
            order->role = optarg;
        } else if (order->role_count == CASE_ROLES_MAX) {
            return "too many --role";
        } else {
            order->roles[order->role_count++] = optarg;
        }
        return NULL;
    case OPT_TOOL:
        if (order->tool_count == CASE_TOOLS_MAX) {
            return "too many --tool";
        }
        order->tools[order->tool_count++] = optarg;
        return NULL;
    case OPT_JSON:
        order->json = true;
        return NULL;
    case OPT_YES:
        order->yes = true;
        return NULL;
    case OPT_BUILD:
        order->build = true;
        return NULL;
    case OPT_LOCK:
        order->lock = true;
        return NULL;
    case OPT_REPLACE:
        order->replace = true;
        return NULL;
    default:
        return "unknown or incomplete option";
    }
}

int verb_case(int argc, char **argv)
{
    struct option options[SWITCHES + TEXTS + 1] = {
        {"help", no_argument, NULL, OPT_HELP},       {"role", required_argument, NULL, OPT_ROLE},
        {"tool", required_argument, NULL, OPT_TOOL}, {"json", no_argument, NULL, OPT_JSON},
        {"yes", no_argument, NULL, OPT_YES},         {"build", no_argument, NULL, OPT_BUILD},
        {"lock", no_argument, NULL, OPT_LOCK},       {"replace", no_argument, NULL, OPT_REPLACE},
    };
    for (int i = 0; i < TEXTS; ++i) {
        options[SWITCHES + i] =
            (struct option){texts[i].word, required_argument, NULL, OPT_TEXT + i};
    }
    struct case_order order = {.path_count = 0};
    optind = 1;
    for (int option; (option = options_next("case", argc, argv, options)) != OPTIONS_END;) {
        if (option == OPTIONS_WRONG) {
            return VERB_USAGE;
        }
        if (option == 'h' || option == OPT_HELP) {
            fputs(usage, stdout);
            return VERB_OK;
        }
        const char *wrong = take_option(option, &order);
        if (wrong != NULL) {
            return wrong_usage(wrong);
        }
    }
    if (optind == argc) {
        return wrong_usage(
            "say what to do: new, import, add, build, check, show, lock, info or limits");
    }
    for (int i = optind + 1; i < argc; ++i) {
        if (order.path_count == CASE_PATHS_MAX) {
            return wrong_usage("too many files; name a folder");
        }
        order.paths[order.path_count++] = argv[i];
    }
    const char *wrong = strcmp(argv[optind], "build") == 0 ? NULL : check_words(&order);
    return wrong != NULL ? wrong_usage(wrong) : act(argv[optind], &order);
}
