/* The checksum of OpenIGTLink bodies: the one in use here, and the one for processors without
 * carry-less multiplication, against the library's. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "igtl_ingest.h"
#include "verbs.h"
#include "wire_crc64.h"

enum { BUFFER = 1 << 19, STEP = 64, USUAL_RUNS = 9 };

static const struct {
    const char *name;
    size_t size;
} cases[] = {{"TRANSFORM, 48 B", 48},
             {"TDATA of 4 tools, 280 B", 280},
             {"1 kB", 1024},
             {"IMAGE 640x480, 307272 B", 307272}};

static const double work_usual_ns = 40e6; /* a contender's share of a round, at a guess */
static const double work_quick_ns = 4e6;
static const double guess_ns_per_byte = 2.5;

struct subject {
    uint64_t (*function)(uint64_t initial, const void *bytes, size_t size);
    const uint8_t *bytes;
    size_t size;
    size_t calls;
};

static volatile uint64_t sink;

static uint64_t library(uint64_t initial, const void *bytes, size_t size)
{
    (void)initial;
    return igtl_ingest_crc64(bytes, size);
}

/* One value: ns of processor time per call. */
static bool run(void *context, double *out_values)
{
    const struct subject *subject = context;
    const size_t places = (BUFFER - subject->size) / STEP;
    uint64_t sum = 0;
    const int64_t start_ns = bench_thread_cpu_ns();
    for (size_t i = 0; i < subject->calls; i++) {
        sum ^= subject->function(0, subject->bytes + i % 64 % places * STEP, subject->size);
    }
    out_values[0] = (double)(bench_thread_cpu_ns() - start_ns) / (double)subject->calls;
    sink = sum;
    return true;
}

static const struct wire_crc64_variant *variant_in_use(void)
{
    size_t count = 0;
    const struct wire_crc64_variant *variants = wire_crc64_variants(&count);
    size_t best = 0;
    for (size_t i = 0; i < count; i++) {
        best = variants[i].supported ? i : best;
    }
    return &variants[best];
}

static const struct wire_crc64_variant *variant_named(const char *name)
{
    size_t count = 0;
    const struct wire_crc64_variant *variants = wire_crc64_variants(&count);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(variants[i].name, name) == 0) {
            return &variants[i];
        }
    }
    return &variants[0];
}

static void print_case(const struct bench_options *options, size_t index, const char *variant,
                       const char *suffix, double ours, double reference, unsigned runs)
{
    char what[64];
    (void)snprintf(what, sizeof(what), "%s%s", cases[index].name, suffix);
    json_t *extra = json_object();
    (void)json_object_set_new(extra, "variant", json_string(variant));
    (void)json_object_set_new(extra, "bytes", json_integer((json_int_t)cases[index].size));
    bench_print(options, &(struct bench_result){.bench = "crc",
                                                .what = what,
                                                .unit = "ns",
                                                .ours = ours,
                                                .reference = reference,
                                                .reference_name = "libOpenIGTLink",
                                                .more_is_better = false,
                                                .runs = runs,
                                                .extra = extra});
}

int bench_crc(const struct bench_options *options)
{
    uint8_t *bytes = malloc(BUFFER);
    if (bytes == NULL) {
        fputs("osteonav bench: no memory\n", stderr);
        return VERB_FAILED;
    }
    uint64_t random = UINT64_C(0x9E3779B97F4A7C15);
    for (size_t i = 0; i < BUFFER; i++) {
        random = random * UINT64_C(6364136223846793005) + 1;
        bytes[i] = (uint8_t)(random >> 56);
    }
    const unsigned runs = bench_runs(options, USUAL_RUNS);
    const struct wire_crc64_variant *used = variant_in_use();
    const struct wire_crc64_variant *portable = variant_named("slice16");
    int code = VERB_OK;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const size_t size = cases[i].size;
        if (library(0, bytes, size) != wire_crc64(0, bytes, size)) {
            fprintf(stderr, "osteonav bench: the checksums of %zu bytes differ\n", size);
            code = VERB_FAILED;
            break;
        }
        const double work_ns = options->quick ? work_quick_ns : work_usual_ns;
        const size_t calls = 1 + (size_t)(work_ns / (guess_ns_per_byte * (double)size));
        struct subject subjects[3] = {{wire_crc64, bytes, size, 8 * calls},
                                      {portable->function, bytes, size, 2 * calls},
                                      {library, bytes, size, calls}};
        const struct bench_contender contenders[3] = {{"in use", run, &subjects[0]},
                                                      {"portable", run, &subjects[1]},
                                                      {"libOpenIGTLink", run, &subjects[2]}};
        double medians[3];
        if (!bench_interleave("crc", contenders, 3, 1, runs, medians)) {
            code = VERB_FAILED;
            break;
        }
        print_case(options, i, used->name, "", medians[0], medians[2], runs);
        print_case(options, i, portable->name, ", portable", medians[1], medians[2], runs);
    }
    free(bytes);
    return code;
}
