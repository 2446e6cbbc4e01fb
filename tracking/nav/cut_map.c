#include "nav/cut_map.h"

#include <math.h>
#include <stdlib.h>

#include "nav/channel.h"

static const struct nav_channel_kind maps = {
    .magic = UINT64_C(0x4f534e415643554d), /* "OSNAVCUM" */
    .version = NAV_CUT_MAP_VERSION,
    .size = sizeof(struct nav_cut_map),
    .topics = NAV_CUTS_MAX,
    .slots = 2,
    .suffix = ".cuts",
};

struct nav_cut_map_writer {
    struct nav_channel_writer *channel;
};

struct nav_cut_map_reader {
    struct nav_channel_reader *channel;
};

double nav_cut_cell_mm(int16_t cell)
{
    return cell < NAV_CUT_CELL_FIRST ? (double)NAN : NAV_CUT_STEP_MM * cell;
}

int16_t nav_cut_cell_of_mm(double deviation_mm)
{
    const double steps = round(deviation_mm / NAV_CUT_STEP_MM);
    if (!(steps > NAV_CUT_CELL_FIRST)) {
        return NAV_CUT_CELL_FIRST;
    }
    return steps < INT16_MAX ? (int16_t)steps : INT16_MAX;
}

enum nav_status nav_cut_map_writer_create(const char *instance,
                                          struct nav_cut_map_writer **out_writer)
{
    struct nav_cut_map_writer *writer = calloc(1, sizeof(*writer));
    if (writer == NULL) {
        return NAV_ERR_MEMORY;
    }
    const enum nav_status status = nav_channel_writer_create(instance, &maps, &writer->channel);
    if (status != NAV_OK) {
        free(writer);
        return status;
    }
    *out_writer = writer;
    return NAV_OK;
}

void nav_cut_map_writer_destroy(struct nav_cut_map_writer *writer)
{
    if (writer == NULL) {
        return;
    }
    nav_channel_writer_destroy(writer->channel);
    free(writer);
}

enum nav_status nav_cut_map_writer_publish(struct nav_cut_map_writer *writer,
                                           struct nav_cut_map *map)
{
    if (map->cut >= NAV_CUTS_MAX || (uint64_t)map->columns * map->rows > NAV_CUT_CELLS_MAX) {
        return NAV_ERR_ARGUMENT;
    }
    map->version = NAV_CUT_MAP_VERSION;
    map->size = sizeof(*map);
    map->seq = nav_channel_writer_next(writer->channel, map->cut);
    nav_channel_writer_publish(writer->channel, map->cut, map);
    return NAV_OK;
}

enum nav_status nav_cut_map_reader_create(const char *instance,
                                          struct nav_cut_map_reader **out_reader)
{
    struct nav_cut_map_reader *reader = calloc(1, sizeof(*reader));
    if (reader == NULL) {
        return NAV_ERR_MEMORY;
    }
    const enum nav_status status = nav_channel_reader_create(instance, &maps, &reader->channel);
    if (status != NAV_OK) {
        free(reader);
        return status;
    }
    *out_reader = reader;
    return NAV_OK;
}

void nav_cut_map_reader_destroy(struct nav_cut_map_reader *reader)
{
    if (reader == NULL) {
        return;
    }
    nav_channel_reader_destroy(reader->channel);
    free(reader);
}

enum nav_status nav_cut_map_reader_take(struct nav_cut_map_reader *reader, uint32_t cut,
                                        struct nav_cut_map *out_map)
{
    return cut < NAV_CUTS_MAX ? nav_channel_reader_take(reader->channel, cut, out_map)
                              : NAV_ERR_ARGUMENT;
}

bool nav_cut_map_reader_core_alive(const struct nav_cut_map_reader *reader)
{
    return nav_channel_reader_alive(reader->channel);
}
