#include "bench.h"

#include <errno.h>
#include <math.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "nav/time.h"

unsigned bench_runs(const struct bench_options *options, unsigned usual)
{
    if (options->runs > 0) {
        return options->runs;
    }
    return options->quick ? 1 : usual;
}

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a;
    const double y = *(const double *)b;
    return (x > y) - (x < y);
}

double bench_quantile(double *values, size_t count, double q)
{
    if (count == 0) {
        return (double)NAN;
    }
    qsort(values, count, sizeof(*values), compare);
    const double at = q * (double)(count - 1);
    const size_t below = (size_t)at;
    const size_t above = below + 1 < count ? below + 1 : below;
    return values[below] + (at - (double)below) * (values[above] - values[below]);
}

bool bench_interleave(const char *title, const struct bench_contender *contenders, size_t count,
                      size_t value_count, unsigned runs, double *out_medians)
{
    static double values[BENCH_CONTENDERS_MAX][BENCH_VALUES_MAX][BENCH_RUNS_MAX];
    const bool shows_progress = isatty(STDERR_FILENO) == 1;
    if (count > BENCH_CONTENDERS_MAX || value_count > BENCH_VALUES_MAX || runs == 0 ||
        runs > BENCH_RUNS_MAX) {
        return false;
    }
    for (unsigned run = 0; run < runs; ++run) {
        for (size_t i = 0; i < count; ++i) {
            if (shows_progress) {
                fprintf(stderr, "\r%s: round %u of %u, %s\033[K", title, run + 1, runs,
                        contenders[i].name);
            }
            double row[BENCH_VALUES_MAX];
            if (!contenders[i].run(contenders[i].context, row)) {
                return false;
            }
            for (size_t k = 0; k < value_count; ++k) {
                values[i][k][run] = row[k];
            }
        }
    }
    if (shows_progress) {
        fputs("\r\033[K", stderr);
    }
    for (size_t i = 0; i < count; ++i) {
        for (size_t k = 0; k < value_count; ++k) {
            out_medians[i * value_count + k] = bench_quantile(values[i][k], runs, 0.5);
        }
    }
    return true;
}

static double ratio_of(const struct bench_result *result)
{
    return result->more_is_better ? result->ours / result->reference
                                  : result->reference / result->ours;
}

/* A number for JSON, which has none that are not finite. */
static json_t *number(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static void print_json(const struct bench_result *result)
{
    json_t *line = json_object();
    (void)json_object_set_new(line, "bench", json_string(result->bench));
    (void)json_object_set_new(line, "case", json_string(result->what));
    (void)json_object_set_new(line, "unit", json_string(result->unit));
    (void)json_object_set_new(line, "ours", number(result->ours));
    (void)json_object_set_new(line, "reference", number(result->reference));
    (void)json_object_set_new(line, "reference_name", json_string(result->reference_name));
    (void)json_object_set_new(line, "ratio", number(ratio_of(result)));
    (void)json_object_set_new(line, "runs", json_integer((json_int_t)result->runs));
    if (result->extra != NULL) {
        (void)json_object_update_missing(line, result->extra);
    }
    (void)json_dumpf(line, stdout, JSON_REAL_PRECISION(6));
    (void)fputc('\n', stdout);
    (void)fflush(stdout);
    json_decref(line);
}

static void print_row(const struct bench_result *result)
{
    static bool has_head;
    if (!has_head) {
        printf("%-10s %-34s %12s %12s %-8s %8s %5s  %s\n", "bench", "case", "ours", "reference",
               "unit", "ratio", "runs", "reference name");
        has_head = true;
    }
    printf("%-10s %-34s %12.4g %12.4g %-8s %8.3g %5u  %s\n", result->bench, result->what,
           result->ours, result->reference, result->unit, ratio_of(result), result->runs,
           result->reference_name);
}

void bench_print(const struct bench_options *options, const struct bench_result *result)
{
    if (options->json) {
        print_json(result);
    } else {
        print_row(result);
    }
    json_decref(result->extra);
}

static int64_t read_clock_ns(clockid_t id)
{
    struct timespec now;
    if (clock_gettime(id, &now) != 0) {
        return -1;
    }
    return (int64_t)now.tv_sec * NAV_NS_PER_S + now.tv_nsec;
}

int64_t bench_now_ns(void)
{
    return read_clock_ns(CLOCK_MONOTONIC);
}

int64_t bench_cpu_ns(void)
{
    return read_clock_ns(CLOCK_PROCESS_CPUTIME_ID);
}

int64_t bench_thread_cpu_ns(void)
{
    return read_clock_ns(CLOCK_THREAD_CPUTIME_ID);
}

int64_t bench_cpu_of_ns(int pid)
{
    clockid_t id;
    return clock_getcpuclockid((pid_t)pid, &id) == 0 ? read_clock_ns(id) : -1;
}

void bench_pin(enum bench_place place)
{
    bench_pin_process(0, place);
}

static void pin_to_processor(int pid, enum bench_place place)
{
    static cpu_set_t allowed;
    if (CPU_COUNT(&allowed) == 0 && sched_getaffinity(0, sizeof(allowed), &allowed) != 0) {
        CPU_ZERO(&allowed);
    }
    if (CPU_COUNT(&allowed) < 2) {
        return;
    }
    size_t first = CPU_SETSIZE;
    size_t last = 0;
    for (size_t i = 0; i < CPU_SETSIZE; ++i) {
        if (CPU_ISSET(i, &allowed)) {
            first = i < first ? i : first;
            last = i;
        }
    }
    cpu_set_t chosen = allowed;
    if (place != BENCH_ANYWHERE) {
        CPU_ZERO(&chosen);
        CPU_SET(place == BENCH_RECEIVER ? last : first, &chosen);
    }
    (void)sched_setaffinity((pid_t)pid, sizeof(chosen), &chosen);
}

void bench_pin_process(int pid, enum bench_place place)
{
    enum { PRIORITY = 20 };
    pin_to_processor(pid, place);
    /* A sender that paces itself comes before the subscribers on its processor. */
    const struct sched_param parameter = {
        .sched_priority = place == BENCH_ANYWHERE ? 0 : PRIORITY + (place == BENCH_SENDER ? 1 : 0)};
    (void)sched_setscheduler((pid_t)pid, place == BENCH_ANYWHERE ? SCHED_OTHER : SCHED_FIFO,
                             &parameter);
}

bool bench_has_realtime(void)
{
    bench_pin_process(0, BENCH_RECEIVER);
    const bool has = sched_getscheduler(0) == SCHED_FIFO;
    bench_pin_process(0, BENCH_ANYWHERE);
    return has;
}

void bench_sleep_until_ns(int64_t time_ns)
{
    const struct timespec until = {.tv_sec = (time_t)(time_ns / NAV_NS_PER_S),
                                   .tv_nsec = (long)(time_ns % NAV_NS_PER_S)};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR) {
    }
}
