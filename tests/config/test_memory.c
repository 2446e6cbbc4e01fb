/* Every allocation on the way of a case fails once: each load must end in an error or in a whole
 * case, never in a crash, a leak of its parts or half a case. The program's own malloc family
 * counts; it stands before the C library's, also for the libraries below. */
#include <errno.h>
#include <stdbool.h>

#include "case.h"
#include "test_data.h"

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);
void __libc_free(void *memory);

static long calls_left = -1; /* until the failing one; negative: none fails */
static long live;            /* allocations that are not freed */

static bool fails(void)
{
    if (calls_left < 0) {
        return false;
    }
    const bool failing = calls_left-- == 0;
    if (failing) {
        errno = ENOMEM;
    }
    return failing;
}

void *malloc(size_t size)
{
    void *memory = fails() ? NULL : __libc_malloc(size);
    live += memory != NULL;
    return memory;
}

void *calloc(size_t count, size_t size)
{
    void *memory = fails() ? NULL : __libc_calloc(count, size);
    live += memory != NULL;
    return memory;
}

void *realloc(void *memory, size_t size)
{
    void *larger = fails() ? NULL : __libc_realloc(memory, size);
    live += memory == NULL && larger != NULL;
    return larger;
}

void free(void *memory)
{
    live -= memory != NULL;
    __libc_free(memory);
}

/* Loads with the n-th allocation failing; whether that one was reached. */
static bool load_failing(const char *path, long n, uint64_t case_id, bool count_leaks)
{
    struct cfg_error error = {.text = ""};
    struct cfg_case *loaded = NULL;
    const long before = live;
    calls_left = n;
    const enum nav_status status = cfg_case_load_meshes(path, &loaded, &error);
    const bool reached = calls_left < 0;
    calls_left = -1;
    if (status == NAV_OK) {
        assert_true(loaded->case_id == case_id);
        cfg_case_destroy(loaded);
    } else {
        assert_null(loaded);
        if (status != NAV_ERR_MEMORY || strstr(error.text, "memory") == NULL) {
            fail_msg("allocation %ld: %s: %s", n, nav_status_name(status), error.text);
        }
    }
    if (count_leaks && live != before) {
        fail_msg("allocation %ld: %ld blocks leak", n, live - before);
    }
    return reached;
}

static void test_each_allocation_fails_once(void **state)
{
    (void)state;
    char path[1024];
    const char *source = getenv("OSTEONAV_SOURCE");
    assert_non_null(source);
    (void)snprintf(path, sizeof(path), "%s/config/examples/example.yaml", source);
    struct cfg_case *loaded = NULL;
    assert_int_equal(cfg_case_load_meshes(path, &loaded, NULL), NAV_OK);
    const uint64_t case_id = loaded->case_id;
    cfg_case_destroy(loaded);
    /* The first pass fills what the libraries keep for ever, such as their error queues. */
    long n = 0;
    while (load_failing(path, n, case_id, false)) {
        ++n;
    }
    assert_true(n > 100);
    for (n = 0; load_failing(path, n, case_id, true);) {
        ++n;
    }
    print_message("%ld allocations failed in turn\n", n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_allocation_fails_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
