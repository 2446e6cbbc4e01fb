/* The frame that all benchmarks share: interleaved runs of ours and the references, medians, one
 * line a result.
 *
 * A benchmark `bench_NAME` has its line in bench_list.h and its file here. It runs every contender
 * in turn, round after round, so that what the machine does meanwhile hits all alike, and reports
 * medians over the rounds. docs/bench.md says how each figure is measured.
 *
 * A result as JSON is one object a line with the keys `bench, case, unit, ours, reference,
 * reference_name, ratio, runs`, then what the benchmark adds. ratio > 1 means that ours is better.
 * Thread: main. */
#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { BENCH_VALUES_MAX = 16, BENCH_CONTENDERS_MAX = 8, BENCH_RUNS_MAX = 64 };

struct bench_options {
    bool json;     /* lines of JSON instead of a table */
    bool quick;    /* seconds instead of a minute: to see that it works, not to quote */
    unsigned runs; /* rounds, 1 to BENCH_RUNS_MAX; 0 = the benchmark's own choice */
};

/* Rounds to run: the user's wish, else 1 when quick, else `usual`. */
unsigned bench_runs(const struct bench_options *options, unsigned usual);

/* One that is measured. `run` does one round and writes `value_count` values; false with a line on
 * stderr when it cannot. */
struct bench_contender {
    const char *name;
    bool (*run)(void *context, double *out_values);
    void *context;
};

/* Runs all contenders in turn, `runs` times, and takes the median of every value:
 * out_medians[contender * value_count + value]. Shows its progress on a terminal. False as soon as
 * one cannot run. */
bool bench_interleave(const char *title, const struct bench_contender *contenders, size_t count,
                      size_t value_count, unsigned runs, double *out_medians);

struct bench_result {
    const char *bench;
    const char *what; /* `case` in JSON */
    const char *unit;
    double ours;
    double reference;
    const char *reference_name;
    bool more_is_better; /* a rate; else a time or a cost */
    unsigned runs;
    json_t *extra; /* object of further keys, taken over; NULL = none */
};

/* Prints one result: a line of JSON, or a row of the table (with its head before the first). */
void bench_print(const struct bench_options *options, const struct bench_result *result);

/* Quantile q in [0, 1] by linear interpolation; sorts `values`. NaN when there are none. */
double bench_quantile(double *values, size_t count, double q);

int64_t bench_now_ns(void);        /* CLOCK_MONOTONIC */
int64_t bench_cpu_ns(void);        /* processor time of this process, all threads */
int64_t bench_thread_cpu_ns(void); /* of the calling thread */

/* Processor time of another process; -1 when it is gone. */
int64_t bench_cpu_of_ns(int pid);

/* Where a process runs from now on: senders and subscribers on one processor, what is measured on
 * another, where as many may be used; and before all other work (SCHED_FIFO), where that is
 * permitted. ANYWHERE undoes both. Children inherit it. */
enum bench_place { BENCH_ANYWHERE, BENCH_SENDER, BENCH_SINK, BENCH_RECEIVER };
void bench_pin(enum bench_place place);                  /* the calling thread */
void bench_pin_process(int pid, enum bench_place place); /* a process of one thread */

/* Whether SCHED_FIFO is permitted: results then say so. */
bool bench_has_realtime(void);

/* Sleeps until the monotonic time. */
void bench_sleep_until_ns(int64_t time_ns);

/* The benchmarks: exit code as of a verb. */
#define BENCH(suffix, word, summary) int bench_##suffix(const struct bench_options *options);
#include "bench_list.h"
#undef BENCH

#ifdef __cplusplus
}
#endif

#endif
