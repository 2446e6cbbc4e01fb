/* `osteonav bench`: the benchmarks live in osteonav-bench, which links the libraries that they are
 * measured against. */
#include "verbs.h"

int verb_bench(int argc, char **argv)
{
    return verb_exec_sibling("osteonav-bench", argc, argv);
}
