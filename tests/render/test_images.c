/* Pictures against pictures, with stated tolerances.
 *
 * Every state and every layout of the phantom must look as its picture in docs/images does, so that
 * neither a change of the screen nor one of the page goes unseen; the same states must look the
 * same at other resolutions, and whether the cache draws them or VTK draws everything anew; the
 * latter on the real case, too. */
#include "test_data.h"

#include <cairo.h>
#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <spawn.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <sys/wait.h>

extern char **environ;

/* How much two pictures may differ, both averaged down to a width: the mean over all channels, and
 * the share of pixels that are off by more than 24 of 255 in any. */
struct tolerance {
    int width;
    double mean;
    double share;
};
/* The same code and fonts on another machine: rounding of the rasteriser. */
static const struct tolerance same_place = {1280, 0.15, 0.002};
/* Another resolution: edges and letters fall differently on the pixels. */
static const struct tolerance other_size = {320, 5.0, 0.08};
/* Two ways to blend the same fragments and to smooth edges, and the strip's word for it. */
static const struct tolerance other_way = {1280, 0.80, 0.008};

static char folder[] = "/tmp/osteonav-images-XXXXXX";
static char phantom[128];

static int run(char *const arguments[])
{
    pid_t pid = 0;
    int state = 0;
    assert_int_equal(posix_spawn(&pid, arguments[0], NULL, NULL, arguments, environ), 0);
    while (waitpid(pid, &state, 0) < 0) {
        assert_int_equal(errno, EINTR);
    }
    return WIFEXITED(state) ? WEXITSTATUS(state) : -1;
}

static const char *program(const char *name)
{
    static char path[4096];
    (void)snprintf(path, sizeof(path), "%s/%s", getenv("OSTEONAV_BIN"), name);
    return path;
}

/* Draws into a new folder beside the phantom; no names: every state. */
static void draw(const char *case_path, const char *out, const char *size, bool full,
                 const char *const *names, size_t name_count)
{
    char target[256];
    (void)snprintf(target, sizeof(target), "%s/%s", folder, out);
    (void)mkdir(target, 0700);
    char *arguments[32];
    size_t count = 0;
    arguments[count++] = (char *)(uintptr_t)program("osteonav-display-images");
    arguments[count++] = (char *)"--size";
    arguments[count++] = (char *)(uintptr_t)size;
    if (full) {
        arguments[count++] = (char *)"--full";
    }
    arguments[count++] = (char *)(uintptr_t)case_path;
    arguments[count++] = target;
    for (size_t i = 0; i < name_count; ++i) {
        arguments[count++] = (char *)(uintptr_t)names[i];
    }
    arguments[count] = NULL;
    assert_int_equal(run(arguments), 0);
}

struct picture {
    int width, height;
    double *rgb;
};

static struct picture load(const char *path, int width)
{
    cairo_surface_t *surface = cairo_image_surface_create_from_png(path);
    if (cairo_surface_status(surface) != CAIRO_STATUS_SUCCESS) {
        fail_msg("cannot read %s", path);
    }
    const int full_width = cairo_image_surface_get_width(surface);
    const int step = full_width / width > 1 ? full_width / width : 1;
    struct picture picture = {.width = full_width / step,
                              .height = cairo_image_surface_get_height(surface) / step};
    const int stride = cairo_image_surface_get_stride(surface);
    const unsigned char *pixels = cairo_image_surface_get_data(surface);
    picture.rgb = calloc((size_t)picture.width * (size_t)picture.height * 3, sizeof(double));
    assert_non_null(picture.rgb);
    for (int y = 0; y < picture.height * step; ++y) {
        for (int x = 0; x < picture.width * step; ++x) {
            uint32_t word;
            memcpy(&word, pixels + (size_t)y * (size_t)stride + 4 * (size_t)x, sizeof(word));
            double *to =
                &picture.rgb[3 * ((size_t)(y / step) * (size_t)picture.width + (size_t)(x / step))];
            for (int channel = 0; channel < 3; ++channel) {
                to[channel] += (double)(word >> (16 - 8 * channel) & 0xffU) / (step * step);
            }
        }
    }
    cairo_surface_destroy(surface);
    return picture;
}

static void expect_alike(const char *name, const char *path_a, const char *path_b,
                         const struct tolerance *allowed)
{
    const struct picture a = load(path_a, allowed->width);
    const struct picture b = load(path_b, allowed->width);
    assert_int_equal(a.width, b.width);
    assert_int_equal(a.height, b.height);
    const size_t count = (size_t)a.width * (size_t)a.height;
    double sum = 0.0;
    size_t far = 0;
    for (size_t i = 0; i < count; ++i) {
        double most = 0.0;
        for (size_t k = 0; k < 3; ++k) {
            const double off = fabs(a.rgb[3 * i + k] - b.rgb[3 * i + k]);
            sum += off;
            most = fmax(most, off);
        }
        far += most > 24.0;
    }
    const double mean = sum / (3.0 * (double)count);
    const double share = (double)far / (double)count;
    if (mean > allowed->mean || share > allowed->share) {
        fail_msg("%s: %s and %s differ by %.3f in the mean, %.4f %% of the pixels by more than 24 "
                 "(allowed %.3f, %.4f %%); after a change that is meant: tools/display-images",
                 name, path_a, path_b, mean, 100.0 * share, allowed->mean, 100.0 * allowed->share);
    }
    free(a.rgb);
    free(b.rgb);
}

static int set_up(void **state)
{
    (void)state;
    (void)setenv("TZ", "UTC", 1);
    assert_non_null(mkdtemp(folder));
    char out[64];
    (void)snprintf(out, sizeof(out), "%s/phantom", folder);
    (void)snprintf(phantom, sizeof(phantom), "%s/case.yaml", out);
    char *arguments[] = {(char *)(uintptr_t)program("osteonav"), (char *)"phantom", (char *)"--out",
                         out, NULL};
    assert_int_equal(run(arguments), 0);
    draw(phantom, "same", "1280x720", false, NULL, 0);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    char *arguments[] = {(char *)"/bin/rm", (char *)"-r", folder, NULL};
    return run(arguments);
}

/* Every state and layout, against the page; and nothing on the page that is not drawn. */
static void test_every_state_is_as_on_the_page(void **state)
{
    (void)state;
    char images[1024];
    (void)snprintf(images, sizeof(images), "%s/docs/images", getenv("OSTEONAV_SOURCE"));
    DIR *page = opendir(images);
    assert_non_null(page);
    unsigned count = 0;
    for (const struct dirent *entry; (entry = readdir(page)) != NULL;) {
        if (strncmp(entry->d_name, "display-", 8) != 0) {
            continue;
        }
        char known[1400];
        char drawn[512];
        (void)snprintf(known, sizeof(known), "%s/%s", images, entry->d_name);
        (void)snprintf(drawn, sizeof(drawn), "%s/same/%s", folder, entry->d_name);
        expect_alike(entry->d_name, known, drawn, &same_place);
        ++count;
    }
    (void)closedir(page);
    assert_true(count >= 25);
}

/* At three resolutions, and drawn in two ways: states that differ most, and every layout. */
static const char *const compared[] = {"live", "alarm",    "reference-lost", "slices", "cut",
                                       "late", "tool-eye", "assistant",      "review", "replay"};
enum { COMPARED = sizeof(compared) / sizeof(compared[0]), COMPARED_LARGE = 5 };

static void compare(const char *first, const char *second, const char *name,
                    const struct tolerance *allowed)
{
    char a[256];
    char b[256];
    (void)snprintf(a, sizeof(a), "%s/%s/display-%s.png", folder, first, name);
    (void)snprintf(b, sizeof(b), "%s/%s/display-%s.png", folder, second, name);
    expect_alike(name, a, b, allowed);
}

/* 1920x1080 and 3840x2160 against 1280x720, which is drawn already. */
static void expect_alike_at_all_sizes(const char *case_path, const char *small, const char *prefix)
{
    char middle[32];
    char large[32];
    (void)snprintf(middle, sizeof(middle), "%s-1080", prefix);
    (void)snprintf(large, sizeof(large), "%s-2160", prefix);
    draw(case_path, middle, "1920x1080", false, compared, COMPARED);
    draw(case_path, large, "3840x2160", false, compared, COMPARED_LARGE);
    for (size_t i = 0; i < COMPARED; ++i) {
        compare(small, middle, compared[i], &other_size);
        if (i < COMPARED_LARGE) {
            compare(small, large, compared[i], &other_size);
        }
    }
}

static void test_other_resolutions(void **state)
{
    (void)state;
    expect_alike_at_all_sizes(phantom, "same", "phantom");
}

static void test_cache_and_full_redraw(void **state)
{
    (void)state;
    draw(phantom, "full", "1280x720", true, compared, COMPARED);
    for (size_t i = 0; i < COMPARED; ++i) {
        compare("same", "full", compared[i], &other_way);
    }
}

/* What a picture says by its colours alone. */
struct signs {
    double bar[3];  /* colour of the verdict bar */
    double tool;    /* share of pixels in the ink that marks a live tool in sections */
    double mode;    /* share of pixels of the frame around what is not live */
    double anatomy; /* share of bright pixels where the view and sections are */
};

static struct signs signs_of(const char *set, const char *name)
{
    char path[256];
    (void)snprintf(path, sizeof(path), "%s/%s/display-%s.png", folder, set, name);
    const struct picture picture = load(path, 1280);
    struct signs signs = {.tool = 0.0};
    memcpy(signs.bar, &picture.rgb[3 * ((size_t)4 * (size_t)picture.width + 4)], sizeof(signs.bar));
    size_t count = 0;
    for (int y = picture.height / 6; y < picture.height * 9 / 10; ++y) {
        for (int x = 0; x < picture.width * 7 / 10; ++x, ++count) {
            const double *p = &picture.rgb[3 * ((size_t)y * (size_t)picture.width + (size_t)x)];
            signs.tool +=
                p[0] > 150.0 && p[1] > 0.82 * p[0] && p[2] > 0.25 * p[0] && p[2] < 0.5 * p[0];
            signs.mode += p[0] > 200.0 && p[2] > 180.0 && p[1] < 160.0;
            signs.anatomy += p[0] + p[1] + p[2] > 270.0;
        }
    }
    signs.tool /= (double)count;
    signs.mode /= (double)count;
    signs.anatomy /= (double)count;
    free(picture.rgb);
    return signs;
}

/* In each state and layout the real case says what the phantom says, whose pictures are known. */
static const char *const real_states[] = {"live",
                                          "late",
                                          "tool-not-visible",
                                          "reference-lost",
                                          "unregistered",
                                          "core-hangs",
                                          "alarm",
                                          "replay",
                                          "simulation",
                                          "no-core",
                                          "assistant",
                                          "slices",
                                          "slices-not-live",
                                          "cut",
                                          "tool-eye",
                                          "review"};
enum { REAL_STATES = sizeof(real_states) / sizeof(real_states[0]) };

static void expect_same_signs(const char *name)
{
    const struct signs known = signs_of("same", name);
    const struct signs real = signs_of("real", name);
    for (int i = 0; i < 3; ++i) {
        if (fabs(known.bar[i] - real.bar[i]) > 2.0) {
            fail_msg("%s: the verdict's bar is %.0f %.0f %.0f, of the phantom %.0f %.0f %.0f", name,
                     real.bar[0], real.bar[1], real.bar[2], known.bar[0], known.bar[1],
                     known.bar[2]);
        }
    }
    if ((known.tool > 1e-4) != (real.tool > 1e-4) || (known.mode > 5e-3) != (real.mode > 5e-3) ||
        real.anatomy < 0.02) {
        fail_msg("%s: tool %.5f, of the phantom %.5f; frame %.4f, of the phantom %.4f; anatomy "
                 "%.3f of the pixels",
                 name, real.tool, known.tool, real.mode, known.mode, real.anatomy);
    }
}

static void test_the_real_case(void **state)
{
    (void)state;
    char manifest[4096];
    test_data_path("MANIFEST.md", manifest, sizeof(manifest));
    *strrchr(manifest, '/') = '\0';
    char script[4096];
    char out[64];
    char case_path[128];
    (void)snprintf(script, sizeof(script), "%s/tools/real-case", getenv("OSTEONAV_SOURCE"));
    (void)snprintf(out, sizeof(out), "%s/real-case", folder);
    (void)snprintf(case_path, sizeof(case_path), "%s/case.yaml", out);
    char *arguments[] = {script, manifest, out, NULL};
    assert_int_equal(run(arguments), 0);
    draw(case_path, "real", "1280x720", false, real_states, REAL_STATES);
    for (size_t i = 0; i < REAL_STATES; ++i) {
        expect_same_signs(real_states[i]);
    }
    draw(case_path, "real-full", "1280x720", true, compared, COMPARED);
    for (size_t i = 0; i < COMPARED; ++i) {
        compare("real", "real-full", compared[i], &other_way);
    }
    expect_alike_at_all_sizes(case_path, "real", "real");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_state_is_as_on_the_page),
        cmocka_unit_test(test_other_resolutions),
        cmocka_unit_test(test_cache_and_full_redraw),
        cmocka_unit_test(test_the_real_case),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
