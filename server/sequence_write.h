/* Writes recorded sessions as IGSIO sequence files: the twin of server/sequence.h.
 *
 * What is written is read back equal: times to the nanosecond, matrices to the last bit, the status
 * words as they were, a transform that a frame does not have stays away. Image data is not written;
 * a container that must have some gets one zero byte a frame. Numbers are in the C locale whatever
 * the process's locale is. Lines end with LF. Thread: any. */
#ifndef SRV_SEQUENCE_WRITE_H
#define SRV_SEQUENCE_WRITE_H

#include <stdio.h>

#include "nav/status.h"
#include "sequence.h"

enum srv_sequence_dialect {
    SRV_SEQUENCE_META_IMAGE = 0, /* .igs.mha as the PLUS toolkit writes it */
    SRV_SEQUENCE_NRRD,           /* .igs.nrrd, also .seq.nrrd */
    SRV_SEQUENCE_SLICER          /* .seq.mha as 3D Slicer writes it: no blank after "=" */
};

/* Writes the whole file. `sequence` is as srv_sequence_read gives it: times not decreasing, at
 * least one frame. `on_frame` (NULL is legal) is called after each frame with the number done.
 * NAV_ERR_IO: the file did not take it, errno says why; NAV_ERR_MEMORY. */
NAV_MUST_USE enum nav_status srv_sequence_write(FILE *file, const struct srv_sequence *sequence,
                                                enum srv_sequence_dialect dialect,
                                                void (*on_frame)(void *context, size_t done),
                                                void *context);

#endif
