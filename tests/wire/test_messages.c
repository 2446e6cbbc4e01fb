/* What the fields of the families mean, on worked values; layouts are proved by the golden ones. */
#include "wire_test.h"

#include <math.h>

#include "recode.h"

static uint8_t bytes[4096];

static void a_transform_is_column_by_column(void **state)
{
    (void)state;
    for (size_t i = 0; i < 12; i++) {
        wire_store_f32(bytes + 4 * i, (float)i);
    }
    struct wire_transform transform;
    assert_int_equal(wire_transform_decode(bytes, WIRE_TRANSFORM_SIZE, &transform), NAV_OK);
    const float R[9] = {0, 3, 6, 1, 4, 7, 2, 5, 8};
    const float t_mm[3] = {9, 10, 11};
    assert_memory_equal(transform.R, R, sizeof R);
    assert_memory_equal(transform.t_mm, t_mm, sizeof t_mm);
}

static void tools_of_the_golden_tdata(void **state)
{
    (void)state;
    const size_t size = read_data("igtl/upstream_arrays/tdata.bin", bytes, sizeof bytes);
    const uint8_t *content = bytes + WIRE_HEADER_SIZE;
    const size_t content_size = size - WIRE_HEADER_SIZE;
    assert_int_equal(wire_tdata_count(content_size), 3);
    for (size_t i = 0; i < 3; i++) {
        struct wire_tdata_tool tool;
        char name[16];
        (void)snprintf(name, sizeof name, "Tracker%zu", i);
        assert_int_equal(wire_tdata_tool_at(content, content_size, i, &tool), NAV_OK);
        assert_string_equal(tool.name, name);
        assert_int_equal(tool.name_length, 8);
        assert_int_equal(tool.instrument, 2);
        assert_true(fabsf(tool.pose.t_mm[0] - 46.0531F) < 1e-3F);
        assert_true(fabsf(tool.pose.t_mm[1] - 19.4709F) < 1e-3F);
        assert_true(fabsf(tool.pose.t_mm[2] - 46.0531F) < 1e-3F);
        assert_true(fabsf(tool.pose.R[0] + 0.954892F) < 1e-5F);
        assert_true(fabsf(tool.pose.R[1] + 0.196632F) < 1e-5F); /* row 1, column 2 */
    }
}

static void positions_find_their_w(void **state)
{
    (void)state;
    const struct wire_position full = {
        .form = WIRE_POSITION_FULL, .t_mm = {1, 2, 3}, .q = {0.5F, 0.5F, 0.5F, -0.5F}};
    struct wire_writer writer = wire_writer_of(bytes, sizeof bytes);
    wire_position_encode(&writer, &full);
    struct wire_position out;
    assert_int_equal(wire_position_decode(bytes, 28, &out), NAV_OK);
    assert_true(out.q[3] == -0.5F);
    assert_int_equal(wire_position_decode(bytes, 24, &out), NAV_OK);
    assert_int_equal(out.form, WIRE_POSITION_WITHOUT_W);
    assert_true(out.q[3] == 0.5F); /* the root is not negative */
    assert_int_equal(wire_position_decode(bytes, 12, &out), NAV_OK);
    assert_int_equal(out.form, WIRE_POSITION_ONLY);
    assert_true(out.q[0] == 0.0F && out.q[3] == 0.0F && out.t_mm[2] == 3.0F);
    wire_store_f32(bytes + 12, 1.5F); /* no unit quaternion has such an x */
    assert_int_equal(wire_position_decode(bytes, 24, &out), NAV_OK);
    assert_true(isnan(out.q[3]));
}

static void quaternion_tools(void **state)
{
    (void)state;
    const size_t size =
        read_data("igtl/generated_debian_openigtlink_1.11/QTDATA.bin", bytes, sizeof bytes);
    const size_t content_size = size - WIRE_HEADER_SIZE;
    assert_int_equal(wire_qtdata_count(content_size), 3);
    struct wire_qtdata_tool tool;
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(wire_qtdata_tool_at(bytes + WIRE_HEADER_SIZE, content_size, i, &tool),
                         NAV_OK);
        const float norm = tool.q[0] * tool.q[0] + tool.q[1] * tool.q[1] + tool.q[2] * tool.q[2] +
                           tool.q[3] * tool.q[3];
        assert_true(fabsf(norm - 1.0F) < 1e-5F);
    }
    assert_int_equal(wire_qtdata_tool_at(bytes + WIRE_HEADER_SIZE, content_size, 3, &tool),
                     NAV_ERR_RANGE);
}

static void a_status_ends_at_its_nul_or_with_its_body(void **state)
{
    (void)state;
    const size_t size = read_data("igtl/upstream_arrays/status.bin", bytes, sizeof bytes);
    struct wire_status status;
    assert_int_equal(wire_status_decode(bytes + WIRE_HEADER_SIZE, size - WIRE_HEADER_SIZE, &status),
                     NAV_OK);
    assert_int_equal(status.code, WIRE_STATUS_DISABLED);
    assert_int_equal(status.subcode, 10);
    assert_string_equal(status.error_name, "ACTUATOR_DISABLED");
    assert_int_equal(status.message_length, 23);
    assert_memory_equal(status.message, "Actuator A is disabled.", 24);
    /* Without the terminator. */
    assert_int_equal(
        wire_status_decode(bytes + WIRE_HEADER_SIZE, size - WIRE_HEADER_SIZE - 1, &status), NAV_OK);
    assert_int_equal(status.message_length, 23);
    assert_int_equal(wire_status_decode(bytes + WIRE_HEADER_SIZE, 30, &status), NAV_OK);
    assert_null(status.message);
    assert_int_equal(status.message_length, 0);
}

static void texts_and_their_encoding(void **state)
{
    (void)state;
    size_t size =
        read_data("igtl/generated_debian_openigtlink_1.11/STRING_utf8.bin", bytes, sizeof bytes);
    struct wire_string string;
    assert_int_equal(wire_string_decode(bytes + WIRE_HEADER_SIZE, size - WIRE_HEADER_SIZE, &string),
                     NAV_OK);
    assert_int_equal(string.encoding, WIRE_ENCODING_UTF8);
    assert_int_equal(string.length, size - WIRE_HEADER_SIZE - 4);

    size = read_data("igtl/upstream_arrays/command.bin", bytes, sizeof bytes);
    struct wire_command command;
    assert_int_equal(
        wire_command_decode(bytes + WIRE_HEADER_SIZE, size - WIRE_HEADER_SIZE, &command), NAV_OK);
    assert_int_equal(command.id, 5);
    assert_string_equal(command.name, "This is a test command");
    assert_int_equal(command.encoding, WIRE_ENCODING_ASCII);
    assert_int_equal(command.length, 26);
    assert_memory_equal(command.text, "Start the tracking machine", 26);
}

static void metadata_of_the_golden_transform(void **state)
{
    (void)state;
    const size_t size = read_data("igtl/upstream_arrays/transformFormat2.bin", bytes, sizeof bytes);
    /* As the framer splits it: 12 bytes extended header, 48 content, 18 + 39 metadata. */
    const uint8_t *body = bytes + WIRE_HEADER_SIZE;
    assert_int_equal(size, WIRE_HEADER_SIZE + 117);
    const struct wire_message message = {.version = 2,
                                         .metadata_header = body + 60,
                                         .metadata = body + 78,
                                         .metadata_size = 39,
                                         .metadata_count = wire_load_u16(body + 60)};
    struct wire_metadata_entry entry;
    double age = 0;
    assert_int_equal(wire_metadata_find(&message, "First patient age", &entry, NULL), NAV_OK);
    assert_int_equal(entry.encoding, WIRE_ENCODING_ASCII);
    assert_int_equal(wire_metadata_number(&entry, &age), NAV_OK);
    assert_true(age == 22.0);
    assert_int_equal(wire_metadata_find(&message, "Second patient age", &entry, NULL), NAV_OK);
    assert_int_equal(wire_metadata_number(&entry, &age), NAV_OK);
    assert_true(age == 25.0);
}

static void stream_requests(void **state)
{
    (void)state;
    struct wire_writer writer = wire_writer_of(bytes, sizeof bytes);
    struct wire_stream_start start = {.resolution_ms = 20};
    memset(start.coordinate_name, 'C', WIRE_COORDINATE_NAME_SIZE);
    wire_stream_start_encode(&writer, &start);
    assert_int_equal(writer.size, WIRE_STREAM_START_SIZE);
    struct wire_stream_start out;
    assert_int_equal(wire_stream_start_decode(bytes, writer.size, &out), NAV_OK);
    assert_memory_equal(&out, &start, sizeof out);
    wire_store_u32(bytes, UINT32_MAX);
    assert_int_equal(wire_stream_start_decode(bytes, writer.size, &out), NAV_OK);
    assert_true(out.resolution_ms == UINT32_MAX);
}

static void points_and_paths(void **state)
{
    (void)state;
    size_t size = read_data("igtl/upstream_arrays/point.bin", bytes, sizeof bytes);
    struct wire_point_entry point;
    assert_int_equal(wire_point_at(bytes + WIRE_HEADER_SIZE, size - WIRE_HEADER_SIZE, 1, &point),
                     NAV_OK);
    assert_string_equal(point.name, "POINT_DESCRIPTION_1");
    assert_string_equal(point.group, "Landmark");
    assert_string_equal(point.owner, "IMAGE_0");
    assert_true(point.position_mm[0] == 25.0F && point.position_mm[2] == 35.0F);
    assert_true(point.diameter_mm == 3.0F);
    assert_int_equal(point.rgba[1], 255);

    size = read_data("igtl/upstream_arrays/trajectory.bin", bytes, sizeof bytes);
    struct wire_trajectory_entry path;
    assert_int_equal(
        wire_trajectory_at(bytes + WIRE_HEADER_SIZE, size - WIRE_HEADER_SIZE, 0, &path), NAV_OK);
    assert_string_equal(path.group, "TRAJECTORY");
    assert_int_equal(path.points, WIRE_TRAJECTORY_BOTH);
    assert_true(path.entry_mm[0] == 10.0F && path.target_mm[2] == 35.0F);
    assert_true(path.diameter_mm == 5.0F);
}

static void images_are_views(void **state)
{
    (void)state;
    size_t size = read_data("igtl/upstream_arrays/image.bin", bytes, sizeof bytes);
    struct wire_image image;
    assert_int_equal(wire_image_decode(bytes + WIRE_HEADER_SIZE, size - WIRE_HEADER_SIZE, &image),
                     NAV_OK);
    assert_int_equal(image.scalar, WIRE_SCALAR_UINT8);
    assert_int_equal(image.size[0], 50);
    assert_int_equal(image.pixels_size, 2500);
    assert_ptr_equal(image.pixels, bytes + WIRE_HEADER_SIZE + WIRE_IMAGE_HEADER_SIZE);
    static uint8_t pixels[4096];
    assert_int_equal(
        read_data("igtl/upstream_arrays/image_pixels_50x50.raw", pixels, sizeof pixels), 2500);
    assert_memory_equal(image.pixels, pixels, 2500);

    size =
        read_data("igtl/generated_debian_openigtlink_1.11/IMAGE_rgb8_4x3.bin", bytes, sizeof bytes);
    assert_int_equal(wire_image_decode(bytes + WIRE_HEADER_SIZE, size - WIRE_HEADER_SIZE, &image),
                     NAV_OK);
    assert_int_equal(image.components, 3);
    assert_int_equal(image.pixels_size, 36);
}

static void meshes_are_walked(void **state)
{
    (void)state;
    const size_t size = read_data("igtl/upstream_arrays/polydata.bin", bytes, sizeof bytes);
    struct wire_polydata mesh;
    assert_int_equal(wire_polydata_decode(bytes + WIRE_HEADER_SIZE, size - WIRE_HEADER_SIZE, &mesh),
                     NAV_OK);
    assert_int_equal(mesh.point_count, 8);
    float point[3];
    wire_polydata_point(&mesh, 6, point);
    assert_true(point[0] == 1.0F && point[1] == 1.0F && point[2] == 1.0F);
    const struct wire_polydata_cells *cells = &mesh.lists[WIRE_POLYDATA_POLYGONS];
    struct wire_reader list = wire_reader_of(cells->bytes, cells->size);
    uint32_t corners = 0;
    uint32_t count = 0;
    const uint8_t *indices = NULL;
    size_t polygons = 0;
    while (wire_polydata_next_cell(&list, &corners, &indices)) {
        assert_int_equal(corners, 4);
        count += wire_load_u32(indices + 12);
        polygons++;
    }
    assert_int_equal(polygons, 6);
    assert_int_equal(count, 3 + 7 + 4 + 5 + 6 + 7);
    struct wire_polydata_attributes walk = wire_polydata_attributes_begin(&mesh);
    struct wire_polydata_attribute attribute;
    assert_true(wire_polydata_next_attribute(&walk, &attribute));
    assert_string_equal(attribute.name, "attr");
    assert_int_equal(attribute.tuples, 8);
    assert_true(wire_load_f32(attribute.values + 28) == 7.0F);
    assert_false(wire_polydata_next_attribute(&walk, &attribute));
}

static void meshes_of_triangles(void **state)
{
    (void)state;
    const float points[9] = {0, 0, 0, 1, 0, 0, 0, 1, 0};
    const uint32_t good[3] = {0, 1, 2};
    const uint32_t bad[3] = {0, 1, 3};
    uint64_t size = 0;
    assert_true(wire_polydata_triangles_size(3, 1, &size));
    assert_int_equal(size, 40 + 36 + 16);
    assert_false(wire_polydata_triangles_size(3, UINT32_MAX, &size));
    struct wire_writer writer = wire_writer_of(bytes, 92);
    wire_polydata_triangles_encode(&writer, points, 3, good, 1);
    assert_int_equal(wire_writer_end(&writer), NAV_OK);
    assert_int_equal(writer.size, 92);
    assert_int_equal(wire_check_polydata(bytes, writer.size), NAV_OK);
    writer = wire_writer_of(bytes, sizeof bytes);
    wire_polydata_triangles_encode(&writer, points, 3, bad, 1);
    assert_int_equal(wire_writer_end(&writer), NAV_ERR_FULL);
}

static void children_of_a_bind(void **state)
{
    (void)state;
    const size_t size = read_data("igtl/upstream_arrays/bind.bin", bytes, sizeof bytes);
    struct wire_bind bind;
    assert_int_equal(wire_bind_decode(bytes + WIRE_HEADER_SIZE, size - WIRE_HEADER_SIZE, &bind),
                     NAV_OK);
    assert_int_equal(bind.count, 3);
    const char *const types[] = {"TRANSFORM", "IMAGE", "SENSOR"};
    const char *const names[] = {"ChildTrans", "ChildImage", "ChildSensor"};
    struct wire_bind_child child;
    for (size_t i = 0; i < 3; i++) {
        assert_true(wire_bind_next(&bind, &child));
        assert_string_equal(child.type, types[i]);
        assert_string_equal(child.name, names[i]);
        const struct wire_message message = {.kind = wire_kind_of(child.type),
                                             .device = "x",
                                             .device_length = 1,
                                             .content = child.content,
                                             .content_size = child.content_size};
        assert_int_equal(wire_table_check(&message), NAV_OK);
    }
    assert_false(wire_bind_next(&bind, &child));
}

static void arrays_sensors_and_lists(void **state)
{
    (void)state;
    size_t size = read_data("igtl/upstream_arrays/ndarray.bin", bytes, sizeof bytes);
    static struct wire_ndarray array;
    assert_int_equal(wire_ndarray_decode(bytes + WIRE_HEADER_SIZE, size - WIRE_HEADER_SIZE, &array),
                     NAV_OK);
    assert_int_equal(array.dimensions, 3);
    assert_int_equal(array.size[0], 5);
    assert_int_equal(array.size[2], 3);
    assert_true(wire_load_f64(array.values + 8 * 59) == 59.0);

    size = read_data("igtl/upstream_arrays/sensor.bin", bytes, sizeof bytes);
    static struct wire_sensor sensor;
    assert_int_equal(wire_sensor_decode(bytes + WIRE_HEADER_SIZE, size - WIRE_HEADER_SIZE, &sensor),
                     NAV_OK);
    assert_int_equal(sensor.count, 6);
    assert_true(sensor.unit == UINT64_C(0x00443e0000000000));
    assert_true(fabs(sensor.values[0] - 123456.78) < 1e-9);

    size = read_data("igtl/upstream_arrays/capability.bin", bytes, sizeof bytes);
    char type[WIRE_TYPE_SIZE + 1];
    assert_int_equal(wire_capability_at(bytes + WIRE_HEADER_SIZE, size - WIRE_HEADER_SIZE, 3, type),
                     NAV_OK);
    assert_int_equal(wire_kind_of(type), WIRE_KIND_GET_TRANSFORM);
    assert_int_equal(wire_capability_at(bytes + WIRE_HEADER_SIZE, size - WIRE_HEADER_SIZE, 4, type),
                     NAV_ERR_RANGE);
}

static void metadata_of_images_and_videos(void **state)
{
    (void)state;
    size_t size = read_data("igtl/upstream_arrays/imgmeta.bin", bytes, sizeof bytes);
    struct wire_imgmeta_entry image;
    assert_int_equal(wire_imgmeta_at(bytes + WIRE_HEADER_SIZE, size - WIRE_HEADER_SIZE, 0, &image),
                     NAV_OK);
    assert_string_equal(image.modality, "CT");
    assert_int_equal(image.size[0], 512);
    assert_int_equal(image.scalar, WIRE_SCALAR_UINT16);

    size = read_data("igtl/upstream_arrays/lbmeta.bin", bytes, sizeof bytes);
    struct wire_lbmeta_entry label;
    assert_int_equal(wire_lbmeta_at(bytes + WIRE_HEADER_SIZE, size - WIRE_HEADER_SIZE, 0, &label),
                     NAV_OK);
    assert_int_equal(label.label, 1);
    assert_int_equal(label.rgba[0], 255);
    assert_string_equal(label.owner, "IMAGE_0");

    size = read_data("igtl/upstream_arrays/videometa.bin", bytes, sizeof bytes);
    struct wire_videometa_entry video;
    const uint8_t *content = bytes + WIRE_HEADER_SIZE + WIRE_EXTENDED_HEADER_SIZE;
    assert_int_equal(wire_videometa_at(content, size - WIRE_HEADER_SIZE - 14, 1, &video), NAV_OK);
    assert_string_equal(video.device, "VIDEO_1");
    assert_int_equal(video.zoom, -2);
    assert_true(video.focal_length_mm == 100.0);
}

static void kinds_and_their_names(void **state)
{
    (void)state;
    for (int kind = WIRE_KIND_UNKNOWN + 1; kind < WIRE_KINDS; kind++) {
        const char *type = wire_kind_type((enum wire_kind)kind);
        assert_int_equal(wire_kind_of(type), kind);
        assert_int_not_equal(wire_kind_cap((enum wire_kind)kind), WIRE_CAP_NONE);
        assert_non_null(recode_of((enum wire_kind)kind));
    }
    assert_int_equal(wire_kind_of(""), WIRE_KIND_UNKNOWN);
    assert_int_equal(wire_kind_of("TRANSFOR"), WIRE_KIND_UNKNOWN);
    assert_int_equal(wire_kind_of("TRANSFORMS"), WIRE_KIND_UNKNOWN);
    assert_int_equal(wire_kind_of("GET_TRANSFORM"), WIRE_KIND_UNKNOWN); /* 13 letters */
    assert_string_equal(wire_kind_type(WIRE_KIND_UNKNOWN), "");
    assert_string_equal(wire_kind_type(WIRE_KINDS), "");
    assert_int_equal(wire_kind_cap(WIRE_KIND_UNKNOWN), WIRE_CAP_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_transform_is_column_by_column),
        cmocka_unit_test(tools_of_the_golden_tdata),
        cmocka_unit_test(positions_find_their_w),
        cmocka_unit_test(quaternion_tools),
        cmocka_unit_test(a_status_ends_at_its_nul_or_with_its_body),
        cmocka_unit_test(texts_and_their_encoding),
        cmocka_unit_test(metadata_of_the_golden_transform),
        cmocka_unit_test(stream_requests),
        cmocka_unit_test(points_and_paths),
        cmocka_unit_test(images_are_views),
        cmocka_unit_test(meshes_are_walked),
        cmocka_unit_test(meshes_of_triangles),
        cmocka_unit_test(children_of_a_bind),
        cmocka_unit_test(arrays_sensors_and_lists),
        cmocka_unit_test(metadata_of_images_and_videos),
        cmocka_unit_test(kinds_and_their_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
