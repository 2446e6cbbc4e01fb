/* Maps of cuts between processes: every cut its own newest, none torn, none of another layout. */
#include <fcntl.h>
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "nav/cut_map.h"

static char instance[33];

static int name_instance(void **state)
{
    (void)state;
    static int number;
    (void)snprintf(instance, sizeof(instance), "map-%ld-%d", (long)getpid(), ++number);
    return 0;
}

static struct nav_cut_map map, taken;

static void cells_keep_hundredths(void **state)
{
    (void)state;
    assert_true(isnan(nav_cut_cell_mm(NAV_CUT_CELL_NONE)));
    assert_true(isnan(nav_cut_cell_mm(NAV_CUT_CELL_UNCUT)));
    assert_true(fabs(nav_cut_cell_mm(nav_cut_cell_of_mm(-1.234)) + 1.23) < 1e-9);
    assert_true(nav_cut_cell_mm(nav_cut_cell_of_mm(0.0)) == 0.0);
    /* what does not fit is never taken for a cell that is not cut */
    assert_int_equal(nav_cut_cell_of_mm(-1e9), NAV_CUT_CELL_FIRST);
    assert_int_equal(nav_cut_cell_of_mm((double)NAN), NAV_CUT_CELL_FIRST);
    assert_int_equal(nav_cut_cell_of_mm(1e9), INT16_MAX);
}

static void every_cut_has_its_own_newest(void **state)
{
    (void)state;
    struct nav_cut_map_writer *writer = NULL, *second = NULL;
    struct nav_cut_map_reader *reader = NULL;
    assert_int_equal(nav_cut_map_reader_create(instance, &reader), NAV_ERR_NOT_FOUND);
    assert_int_equal(nav_cut_map_writer_create(instance, &writer), NAV_OK);
    assert_int_equal(nav_cut_map_writer_create(instance, &second), NAV_ERR_BUSY);
    assert_int_equal(nav_cut_map_reader_create(instance, &reader), NAV_OK);
    assert_int_equal(nav_cut_map_reader_take(reader, 2, &taken), NAV_AGAIN);
    for (uint32_t round = 1; round <= 5; ++round) {
        for (uint32_t cut = 0; cut < NAV_CUTS_MAX; cut += 5) {
            map.cut = cut;
            map.revision = 100 * cut + round;
            map.columns = 256;
            map.rows = 256;
            map.cells[NAV_CUT_CELLS_MAX - 1] = (int16_t)map.revision;
            assert_int_equal(nav_cut_map_writer_publish(writer, &map), NAV_OK);
            assert_int_equal(map.seq, round);
        }
    }
    for (uint32_t cut = 0; cut < NAV_CUTS_MAX; ++cut) {
        const enum nav_status status = nav_cut_map_reader_take(reader, cut, &taken);
        assert_int_equal(status, cut % 5 == 0 ? NAV_OK : NAV_AGAIN);
        if (status == NAV_OK) {
            assert_int_equal(taken.version, NAV_CUT_MAP_VERSION);
            assert_int_equal(taken.cut, cut);
            assert_int_equal(taken.seq, 5);
            assert_int_equal(taken.revision, 100 * cut + 5);
            assert_int_equal(taken.cells[NAV_CUT_CELLS_MAX - 1], (int16_t)taken.revision);
        }
    }
    map.cut = NAV_CUTS_MAX;
    assert_int_equal(nav_cut_map_writer_publish(writer, &map), NAV_ERR_ARGUMENT);
    map.cut = 0;
    map.rows = 257;
    assert_int_equal(nav_cut_map_writer_publish(writer, &map), NAV_ERR_ARGUMENT);
    assert_int_equal(nav_cut_map_reader_take(reader, NAV_CUTS_MAX, &taken), NAV_ERR_ARGUMENT);
    assert_true(nav_cut_map_reader_core_alive(reader));
    nav_cut_map_writer_destroy(writer);
    assert_false(nav_cut_map_reader_core_alive(reader));
    nav_cut_map_reader_destroy(reader);
}

static void another_layout_is_refused(void **state)
{
    (void)state;
    struct nav_cut_map_writer *writer = NULL;
    struct nav_cut_map_reader *reader = NULL;
    assert_int_equal(nav_cut_map_writer_create(instance, &writer), NAV_OK);
    char object[80];
    (void)snprintf(object, sizeof(object), "/osteonav.%lu.%s.cuts", (unsigned long)getuid(),
                   instance);
    const int fd = shm_open(object, O_RDWR, 0);
    assert_true(fd >= 0);
    const uint32_t other = NAV_CUT_MAP_VERSION + 1;
    assert_int_equal(pwrite(fd, &other, sizeof(other), sizeof(uint64_t)), sizeof(other));
    assert_int_equal(nav_cut_map_reader_create(instance, &reader), NAV_ERR_VERSION);
    (void)close(fd);
    nav_cut_map_writer_destroy(writer);
}

static atomic_bool done;

static void *publish_without_pause(void *argument)
{
    struct nav_cut_map_writer *writer = argument;
    for (int16_t round = 1; round <= 400; ++round) {
        map.cut = 3;
        map.rows = map.columns = 256;
        map.revision = (uint32_t)round;
        for (size_t i = 0; i < NAV_CUT_CELLS_MAX; ++i) {
            map.cells[i] = round;
        }
        (void)!nav_cut_map_writer_publish(writer, &map);
    }
    atomic_store(&done, true);
    return NULL;
}

static void no_map_is_torn(void **state)
{
    (void)state;
    struct nav_cut_map_writer *writer = NULL;
    struct nav_cut_map_reader *reader = NULL;
    assert_int_equal(nav_cut_map_writer_create(instance, &writer), NAV_OK);
    assert_int_equal(nav_cut_map_reader_create(instance, &reader), NAV_OK);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, publish_without_pause, writer), 0);
    uint32_t last = 0;
    for (bool over = false; !over;) {
        over = atomic_load(&done);
        if (nav_cut_map_reader_take(reader, 3, &taken) != NAV_OK) {
            continue;
        }
        assert_true(taken.revision >= last);
        last = taken.revision;
        for (size_t i = 0; i < NAV_CUT_CELLS_MAX; ++i) {
            assert_true(taken.cells[i] == (int16_t)taken.revision);
        }
    }
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(last, 400);
    nav_cut_map_reader_destroy(reader);
    nav_cut_map_writer_destroy(writer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(cells_keep_hundredths, name_instance),
        cmocka_unit_test_setup(every_cut_has_its_own_newest, name_instance),
        cmocka_unit_test_setup(another_layout_is_refused, name_instance),
        cmocka_unit_test_setup(no_map_is_torn, name_instance),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
