/* What the simulated hand does, and what goes wrong meanwhile.
 *
 * A script is a list of actions on a case's cuts and landmarks and a list of faults with their
 * times. Read from YAML (docs/simulate.md has the format), or built in: along every cut of the case
 * in order, with a few moments in which the tracker does not see a tool or the reference.
 * Thread: any after load. */
#ifndef SIM_SCRIPT_H
#define SIM_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "case.h"
#include "nav/status.h"

enum { SIM_ACTIONS_MAX = 256, SIM_FAULTS_MAX = 256 };

enum sim_action_kind {
    SIM_ACTION_CUT = 0, /* approach, contact, advance with a sawing motion, dwell, retreat */
    SIM_ACTION_TOUCH,   /* tip on a landmark, for `seconds` */
    SIM_ACTION_REST     /* hold still where the tool is, for `seconds` */
};

struct sim_action {
    enum sim_action_kind kind;
    size_t target;    /* index of the cut or landmark */
    double seconds;   /* TOUCH, REST */
    double depth_mm;  /* CUT: how deep */
    double feed_mm_s; /* CUT: speed of advance */
    double offset_mm; /* CUT: beside the planned plane, along its normal */
    double pitch_deg; /* CUT: blade turned about u, at the entry point */
    double roll_deg;  /* CUT: blade turned about v, at the entry point */
};

enum sim_fault_kind {
    SIM_FAULT_HIDE = 0,  /* the tracker says that it does not see the device */
    SIM_FAULT_SILENCE,   /* nothing is said about the device */
    SIM_FAULT_FREEZE,    /* the last pose is repeated bit for bit, stated as good */
    SIM_FAULT_JUMP,      /* `amount` mm aside along the tracker's x */
    SIM_FAULT_IDENTITY,  /* the identity pose, stated as good */
    SIM_FAULT_MIRROR,    /* first axis reversed: determinant -1 */
    SIM_FAULT_SCALE,     /* rotation times `amount` */
    SIM_FAULT_NAN,       /* translation not a number */
    SIM_FAULT_CLOCK,     /* time stamps `amount` ms ahead, of all devices */
    SIM_FAULT_WRONG_TOOL /* the tool's poses come under the name of another tool of the case */
};

enum sim_fault_device { SIM_ON_TOOL = 0, SIM_ON_REFERENCE, SIM_ON_BOTH };

struct sim_fault {
    double from_s; /* in force at from_s <= t < to_s */
    double to_s;
    enum sim_fault_kind kind;
    enum sim_fault_device device;
    double amount;
};

struct sim_script {
    char tool[NAV_NAME_SIZE]; /* empty = the case's first blade, else its first tool */
    double noise_mm;          /* rms error of a measured position */
    double noise_deg;         /* rms error of a measured orientation, as an angle */
    double tremor_mm;         /* rms displacement of the hand, 8 to 12 Hz */
    bool camera_moves;        /* camera and patient move slowly; else the tracker frame rests */
    size_t action_count;
    struct sim_action actions[SIM_ACTIONS_MAX];
    size_t fault_count;
    struct sim_fault faults[SIM_FAULTS_MAX];
};

/* The built-in script for a case: every cut in order. With `occlusions` the tool is hidden on the
 * way to each cut, and the reference once. NAV_ERR_NOT_FOUND: the case has no cuts. */
NAV_MUST_USE enum nav_status sim_script_built_in(const struct cfg_case *planned, bool occlusions,
                                                 struct sim_script *out_script);

/* Reads a script for a case. Statuses and messages as cfg_case_load. */
NAV_MUST_USE enum nav_status sim_script_load(const char *path, const struct cfg_case *planned,
                                             struct sim_script *out_script,
                                             struct cfg_error *out_error);

/* The case file that a script names, absolute or relative to the working directory; the caller
 * frees it. NAV_ERR_NOT_FOUND with a message when the script names none; else as sim_script_load.
 */
NAV_MUST_USE enum nav_status sim_script_case_path(const char *path, char **out_case_path,
                                                  struct cfg_error *out_error);

/* Faults for a real tracker whose poses pass by (sim_relay.h), where no script says any: for an
 * hour, every 20 to 40 s somebody stands before the tool, each third time before the reference. No
 * actions. The same seed, the same times. */
void sim_script_disturbances(const struct cfg_case *planned, uint64_t seed,
                             struct sim_script *out_script);

/* The tool that a script is about: the named one, by itself the first blade of the case, else its
 * first tool. NULL: the case has none of that name. */
const struct cfg_tool *sim_script_tool(const struct sim_script *script,
                                       const struct cfg_case *planned);

/* Stable word of a fault, as in scripts and truth files. Never NULL. */
const char *sim_fault_name(enum sim_fault_kind kind);

#endif
