/* osteonav-bench: the benchmarks, beside the libraries that they are measured against. `osteonav
 * bench` runs it; the core itself links none of those libraries. */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"

enum { EXIT_GOOD = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

struct bench {
    const char *word;
    const char *summary;
    int (*run)(const struct bench_options *options);
};

static const struct bench benches[] = {
#define BENCH(suffix, word, summary) {word, summary, bench_##suffix},
#include "bench_list.h"
#undef BENCH
};

enum { BENCH_COUNT = sizeof(benches) / sizeof(benches[0]) };

static void print_help(FILE *out)
{
    fputs("usage: osteonav bench NAME|all [--json] [--quick] [--runs N]\n\n"
          "Measures this program against others that do the same work, in the same run, one after\n"
          "the other in turns; prints medians. ratio > 1: ours is better.\n\n"
          "  --json     one JSON object a line: bench, case, unit, ours, reference,\n"
          "             reference_name, ratio, runs, and what the benchmark adds\n"
          "  --quick    a few seconds, to see that it works; not for quoting\n"
          "  --runs N   rounds, 1 to 64\n"
          "  --help     this text\n\n"
          "benchmarks:\n",
          out);
    for (size_t i = 0; i < BENCH_COUNT; ++i) {
        fprintf(out, "  %-10s %s\n", benches[i].word, benches[i].summary);
    }
    fputs("\ndocs/bench.md says how each figure is measured.\n"
          "Exit codes: 0 good, 1 failed, 2 usage.\n",
          out);
}

static int usage_error(const char *what, const char *value)
{
    fprintf(stderr, "osteonav bench: %s '%s'; `osteonav bench --help` explains\n", what, value);
    return EXIT_USAGE;
}

static int run_named(const char *name, const struct bench_options *options)
{
    const bool all = strcmp(name, "all") == 0;
    bool found = false;
    int worst = EXIT_GOOD;
    for (size_t i = 0; i < BENCH_COUNT; ++i) {
        if (all || strcmp(name, benches[i].word) == 0) {
            const int code = benches[i].run(options);
            worst = code > worst ? code : worst;
            found = true;
        }
    }
    return found ? worst : usage_error("no benchmark", name);
}

int main(int argc, char **argv)
{
    enum { OPTION_JSON = 256, OPTION_QUICK, OPTION_RUNS, OPTION_HELP };
    static const struct option long_options[] = {
        {"json", no_argument, NULL, OPTION_JSON},
        {"quick", no_argument, NULL, OPTION_QUICK},
        {"runs", required_argument, NULL, OPTION_RUNS},
        {"help", no_argument, NULL, OPTION_HELP},
        {NULL, 0, NULL, 0},
    };
    (void)signal(SIGPIPE, SIG_IGN);
    struct bench_options options = {.json = false};
    opterr = 0;
    for (;;) {
        const int code = getopt_long(argc, argv, ":", long_options, NULL);
        if (code == -1) {
            break;
        }
        char *end = NULL;
        switch (code) {
        case OPTION_JSON:
            options.json = true;
            break;
        case OPTION_QUICK:
            options.quick = true;
            break;
        case OPTION_RUNS:
            options.runs = (unsigned)strtoul(optarg, &end, 10);
            if (*end != '\0' || options.runs < 1 || options.runs > BENCH_RUNS_MAX) {
                return usage_error("--runs cannot be", optarg);
            }
            break;
        case OPTION_HELP:
            print_help(stdout);
            return EXIT_GOOD;
        default:
            return usage_error(code == ':' ? "a value must follow" : "no such option",
                               argv[optind - 1]);
        }
    }
    if (optind + 1 != argc) {
        if (optind < argc) {
            return usage_error("one benchmark at a time, or all; what is", argv[optind + 1]);
        }
        fputs("osteonav bench: which one? `osteonav bench --help` lists them\n", stderr);
        return EXIT_USAGE;
    }
    return run_named(argv[optind], &options);
}
