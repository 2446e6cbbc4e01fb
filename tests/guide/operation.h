/* A whole operation as a session file: what the simulator's tracker sends goes as bytes through the
 * core's framer and engine, under a clock of its own, and what the engine's tap says is written as
 * the recorder writes it. `osteonav report` and `osteonav replay` read such a file like any other.
 * Thread: main. */
#ifndef TEST_OPERATION_H
#define TEST_OPERATION_H

#include "case_guide.h"
#include "cut_record.h"
#include "sim_hand.h"

/* What is really so of one cut when the operation is over. */
struct operation_cut {
    double normal[3];           /* of the plane that the script asks for: no tremor, no noise */
    double point_mm[3];         /* of its margin-side face */
    struct trk_cut_result made; /* by the true edge, tremor included */
    double margin_mm;           /* of that to the tumours; NaN = none */
};

/* Operates on a case by a script of cuts, which are taken up one after the other and done; writes
 * the session to `path`. `out_cuts` is by the case's index; cuts that the script leaves out are
 * zero. `out_least_mm`: the smallest true distance of the blade's sweep and body to each structure,
 * INFINITY: never in reach. `map`: the case's, for what is true. Fails the test when anything goes
 * wrong. */
void operation_record(const struct cfg_case *planned, const struct case_guide *map,
                      const struct sim_script *script, uint64_t seed, const char *path,
                      struct operation_cut out_cuts[CFG_CUTS_MAX],
                      double out_least_mm[NAV_STRUCTURES_MAX]);

#endif
