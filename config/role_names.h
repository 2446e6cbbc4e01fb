/* What a structure probably is, from what other programs call it.
 *
 * Naming schemes: TotalSegmentator ("iliac_vena_left"), plain names ("Left iliac vein", "GTV"),
 * Latin ones ("os sacrum") and SNOMED CT codes as segmentations carry them. A suggestion only: it
 * is shown to a person, who confirms it. Thread: any. */
#ifndef CFG_ROLE_NAMES_H
#define CFG_ROLE_NAMES_H

#include <stdbool.h>

#include "case.h"

struct cfg_role_guess {
    enum cfg_role role;  /* CFG_ROLE_OTHER when nothing is known */
    bool known;          /* some word or code was recognised */
    const char *because; /* the word or code, for people; "" when not known */
};

/* `name` is any text; `code` a SNOMED CT code or NULL, which counts for more than the name. */
struct cfg_role_guess cfg_role_guess(const char *name, const char *code);

/* A name for people: "iliac_vena_left" becomes "Left iliac vena", "vertebrae_L5" becomes "L5".
 * Cut at the size, never in the middle of a character. */
void cfg_role_plain_name(const char *name, char out_name[NAV_NAME_SIZE]);

#endif
