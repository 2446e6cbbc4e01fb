/* The message types that we know, in one list: name on the wire, cap class, whether a device name
 * is demanded, and the validator of the content (wire_check_NAME in the family's header).
 *
 * A type that is not listed is WIRE_KIND_UNKNOWN and is skipped. GET_ asks for one message, STT_
 * and STP_ start and stop a stream, RTS_ answers them. Where peers write a type in two ways, both
 * are listed; the first is the one we send. Thread: any. */
#ifndef WIRE_KIND_H
#define WIRE_KIND_H

#include <stdint.h>

/* Which configured limit rules the size of a body. */
enum wire_cap_class {
    WIRE_CAP_NONE = 0, /* unknown: skipped */
    WIRE_CAP_TRACKING, /* poses, requests and everything small: `body_max_tracking` */
    WIRE_CAP_BULK      /* images, meshes, arrays: a cap of its own, 0 = refused */
};

/* X(KIND, "TYPE", CAP, named, check) */
#define WIRE_KIND_LIST(X)                                                                          \
    X(TRANSFORM, "TRANSFORM", TRACKING, 1, transform)                                              \
    X(GET_TRANSFORM, "GET_TRANS", TRACKING, 0, empty)                                              \
    X(GET_TRANSFORM_LONG, "GET_TRANSFOR", TRACKING, 0, empty)                                      \
    X(STT_TRANSFORM, "STT_TRANS", TRACKING, 0, empty)                                              \
    X(STP_TRANSFORM, "STP_TRANS", TRACKING, 0, empty)                                              \
    X(RTS_TRANSFORM, "RTS_TRANS", TRACKING, 0, stream_status)                                      \
    X(POSITION, "POSITION", TRACKING, 1, position)                                                 \
    X(QTRANS, "QTRANS", TRACKING, 1, position)                                                     \
    X(GET_POSITION, "GET_POSITION", TRACKING, 0, empty)                                            \
    X(TDATA, "TDATA", TRACKING, 0, tdata)                                                          \
    X(GET_TDATA, "GET_TDATA", TRACKING, 0, empty)                                                  \
    X(STT_TDATA, "STT_TDATA", TRACKING, 0, stream_start)                                           \
    X(STP_TDATA, "STP_TDATA", TRACKING, 0, empty)                                                  \
    X(RTS_TDATA, "RTS_TDATA", TRACKING, 0, stream_status)                                          \
    X(QTDATA, "QTDATA", TRACKING, 0, qtdata)                                                       \
    X(GET_QTDATA, "GET_QTDATA", TRACKING, 0, empty)                                                \
    X(STT_QTDATA, "STT_QTDATA", TRACKING, 0, stream_start)                                         \
    X(STP_QTDATA, "STP_QTDATA", TRACKING, 0, empty)                                                \
    X(RTS_QTDATA, "RTS_QTDATA", TRACKING, 0, stream_status)                                        \
    X(STATUS, "STATUS", TRACKING, 0, status)                                                       \
    X(GET_STATUS, "GET_STATUS", TRACKING, 0, empty)                                                \
    X(STRING, "STRING", TRACKING, 0, string)                                                       \
    X(GET_STRING, "GET_STRING", TRACKING, 0, empty)                                                \
    X(CAPABILITY, "CAPABILITY", TRACKING, 0, capability)                                           \
    X(GET_CAPABILITY, "GET_CAPABIL", TRACKING, 0, empty)                                           \
    X(COMMAND, "COMMAND", TRACKING, 0, command)                                                    \
    X(RTS_COMMAND, "RTS_COMMAND", TRACKING, 0, command)                                            \
    X(POINT, "POINT", TRACKING, 0, point)                                                          \
    X(GET_POINT, "GET_POINT", TRACKING, 0, empty)                                                  \
    X(RTS_POINT, "RTS_POINT", TRACKING, 0, stream_status)                                          \
    X(TRAJECTORY, "TRAJ", TRACKING, 0, trajectory)                                                 \
    X(GET_TRAJECTORY, "GET_TRAJ", TRACKING, 0, empty)                                              \
    X(RTS_TRAJECTORY, "RTS_TRAJ", TRACKING, 0, stream_status)                                      \
    X(SENSOR, "SENSOR", TRACKING, 0, sensor)                                                       \
    X(GET_SENSOR, "GET_SENSOR", TRACKING, 0, empty)                                                \
    X(STP_SENSOR, "STP_SENSOR", TRACKING, 0, empty)                                                \
    X(RTS_SENSOR, "RTS_SENSOR", TRACKING, 0, stream_status)                                        \
    X(IMGMETA, "IMGMETA", TRACKING, 0, imgmeta)                                                    \
    X(GET_IMGMETA, "GET_IMGMETA", TRACKING, 0, empty)                                              \
    X(LBMETA, "LBMETA", TRACKING, 0, lbmeta)                                                       \
    X(GET_LBMETA, "GET_LBMETA", TRACKING, 0, empty)                                                \
    X(VIDEOMETA, "VIDEOMETA", TRACKING, 0, videometa)                                              \
    X(GET_VIDEOMETA, "GET_VMETA", TRACKING, 0, empty)                                              \
    X(IMAGE, "IMAGE", BULK, 0, image)                                                              \
    X(GET_IMAGE, "GET_IMAGE", TRACKING, 0, empty)                                                  \
    X(STT_IMAGE, "STT_IMAGE", TRACKING, 0, empty)                                                  \
    X(STP_IMAGE, "STP_IMAGE", TRACKING, 0, empty)                                                  \
    X(RTS_IMAGE, "RTS_IMAGE", TRACKING, 0, stream_status)                                          \
    X(VIDEO, "VIDEO", BULK, 0, video)                                                              \
    X(STT_VIDEO, "STT_VIDEO", TRACKING, 0, video_start)                                            \
    X(STP_VIDEO, "STP_VIDEO", TRACKING, 0, empty)                                                  \
    X(COLORTABLE, "COLORT", BULK, 0, colortable)                                                   \
    X(COLORTABLE_LONG, "COLORTABLE", BULK, 0, colortable)                                          \
    X(GET_COLORTABLE, "GET_COLORT", TRACKING, 0, empty)                                            \
    X(POLYDATA, "POLYDATA", BULK, 0, polydata)                                                     \
    X(GET_POLYDATA, "GET_POLYDATA", TRACKING, 0, empty)                                            \
    X(STT_POLYDATA, "STT_POLYDATA", TRACKING, 0, resolution)                                       \
    X(STP_POLYDATA, "STP_POLYDATA", TRACKING, 0, empty)                                            \
    X(RTS_POLYDATA, "RTS_POLYDATA", TRACKING, 0, stream_status)                                    \
    X(NDARRAY, "NDARRAY", BULK, 0, ndarray)                                                        \
    X(GET_NDARRAY, "GET_NDARRAY", TRACKING, 0, empty)                                              \
    X(BIND, "BIND", BULK, 0, bind)                                                                 \
    X(GET_BIND, "GET_BIND", TRACKING, 0, bind_get)                                                 \
    X(STT_BIND, "STT_BIND", TRACKING, 0, bind_start)                                               \
    X(STP_BIND, "STP_BIND", TRACKING, 0, empty)                                                    \
    X(RTS_BIND, "RTS_BIND", TRACKING, 0, stream_status)

enum wire_kind {
    WIRE_KIND_UNKNOWN = 0,
#define WIRE_KIND_ENUM(kind, type, cap, named, check) WIRE_KIND_##kind,
    WIRE_KIND_LIST(WIRE_KIND_ENUM)
#undef WIRE_KIND_ENUM
        WIRE_KINDS /* their number, with UNKNOWN */
};

#endif
