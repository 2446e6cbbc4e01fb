/* The message types that we know, in one list: name on the wire, cap class, whether a device name
 * is demanded, and the family that owns the content's layout (wire_FAMILY.h).
 *
 * A type that is not listed is WIRE_KIND_UNKNOWN and is skipped. GET_, STT_ and STP_ are requests,
 * RTS_ the answer to STT_ and STP_. */
#ifndef WIRE_KIND_H
#define WIRE_KIND_H

#include <stdint.h>

/* Which configured limit rules the size of a body. */
enum wire_cap_class {
    WIRE_CAP_NONE = 0, /* unknown: skipped */
    WIRE_CAP_TRACKING, /* poses and everything small: `body_max_tracking` */
    WIRE_CAP_BULK      /* images, meshes, arrays: a cap of its own, 0 = refused */
};

/* X(KIND, "TYPE", CAP, named, check): `check` is the content's validator, wire_check_CHECK. */
#define WIRE_KIND_LIST(X)                                                                          \
    X(TRANSFORM, "TRANSFORM", TRACKING, 1, transform)                                              \
    X(GET_TRANSFORM, "GET_TRANS", TRACKING, 0, empty)                                              \
    X(POSITION, "POSITION", TRACKING, 1, position)                                                 \
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
    X(GET_STRING, "GET_STRING", TRACKING, 0, empty)

enum wire_kind {
    WIRE_KIND_UNKNOWN = 0,
#define WIRE_KIND_ENUM(kind, type, cap, named, check) WIRE_KIND_##kind,
    WIRE_KIND_LIST(WIRE_KIND_ENUM)
#undef WIRE_KIND_ENUM
        WIRE_KINDS /* their number, with UNKNOWN */
};

#endif
