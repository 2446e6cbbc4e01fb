/* Recorded tracking sessions: IGSIO sequence files, as the PLUS toolkit and 3D Slicer write them.
 *
 * Two containers, told apart by their first line, not by the file's name:
 *   MetaImage (.igs.mha, .seq.mha; also the header part .mhd), "Key = value" lines up to and
 *     including "ElementDataFile = ...";
 *   NRRD (.igs.nrrd, .nhdr), "NRRD000n", then "key: value" and "key:=value" lines up to the first
 *     blank line; a header that names a data file may end with the file instead.
 * Frame fields are "Seq_Frame<number>_<field>". Taken are <Name>Transform for a Name of the form
 * "<From>To<To>" (16 numbers, row-major 4x4, mm), <Name>TransformStatus, Timestamp and
 * UnfilteredTimestamp (seconds). Every other field is counted and left alone. Image data is never
 * read. Lines end with LF or CRLF, white space around "=" is free, the order of lines is free,
 * numbers are read and written in the C locale whatever the process's locale is.
 *
 * Refused, with file and line: what is not one of the containers, a second value for a field,
 * numbers that are malformed, not finite or too many or few, a last matrix row other than
 * 0 0 0 1, a frame without a time stamp, time stamps that go back (equal ones are accepted), a
 * frame number outside the announced size, a missing frame, a header without its end.
 * Whether a matrix is rigid is not judged here: a recording says what the tracker said.
 *
 * Frames: a transform "StylusToTracker" is T_tracker_stylus. Thread: any. */
#ifndef SRV_SEQUENCE_H
#define SRV_SEQUENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nav/limits.h"
#include "nav/sample.h"
#include "nav/status.h"

enum {
    SRV_SEQUENCE_TRANSFORMS_MAX = 64, /* differently named transforms in one file */
    SRV_SEQUENCE_POSES_MAX = 8 << 20, /* frames times transforms */
    SRV_SEQUENCE_LINE_MAX = 1 << 20,  /* bytes of one header line */
    SRV_SEQUENCE_WORD_SIZE = 32,      /* a status word, with its terminating NUL */
    SRV_SEQUENCE_WORDS_MAX = 32,      /* different status words in one file */
    SRV_SEQUENCE_NO_WORD = UINT8_MAX  /* the file states no status */
};

struct srv_sequence_pose {
    double matrix[16]; /* row-major 4x4, mm; all zero unless present */
    bool present;      /* the frame has this transform */
    uint8_t status;    /* enum nav_sender_status of the word, as wire_sender_status.h reads it;
                          UNSTATED where the file states none */
    uint8_t word;      /* index in words: the status as written; SRV_SEQUENCE_NO_WORD */
};

struct srv_sequence {
    size_t frame_count;
    size_t transform_count;
    char (*names)[NAV_NAME_SIZE];    /* [transform_count], e.g. "StylusToTracker", in order
                                        of first appearance */
    int64_t *time_ns;                /* [frame_count], not decreasing; the recorder's clock */
    int64_t *unfiltered_ns;          /* [frame_count], or NULL when no frame has one; a frame
                                        without one repeats its time_ns */
    struct srv_sequence_pose *poses; /* [frame_count][transform_count] */
    size_t word_count;
    char words[SRV_SEQUENCE_WORDS_MAX][SRV_SEQUENCE_WORD_SIZE];
    size_t ignored_fields; /* frame fields that were left alone */
};

/* One complete message: file, line, what is wrong and what to do. */
struct srv_sequence_error {
    char text[512];
};

/* Reads a file. On failure `out_sequence` is untouched and `out_error` filled. NAV_ERR_NOT_FOUND,
 * NAV_ERR_IO, NAV_ERR_UNSUPPORTED (not a sequence file), NAV_ERR_SYNTAX, NAV_ERR_NOT_FINITE,
 * NAV_ERR_RANGE, NAV_ERR_LENGTH (frames missing, header cut off), NAV_ERR_TOO_LARGE,
 * NAV_ERR_MEMORY. The file must not be shortened by others meanwhile: it is mapped, not copied. */
NAV_MUST_USE enum nav_status srv_sequence_read(const char *path, struct srv_sequence **out_sequence,
                                               struct srv_sequence_error *out_error);

/* The same from memory; `name` stands for the file in messages. */
NAV_MUST_USE enum nav_status srv_sequence_parse(const char *bytes, size_t size, const char *name,
                                                struct srv_sequence **out_sequence,
                                                struct srv_sequence_error *out_error);

void srv_sequence_destroy(struct srv_sequence *sequence); /* NULL is legal */

/* Index of a transform by name, or -1. */
ptrdiff_t srv_sequence_find(const struct srv_sequence *sequence, const char *name);

static inline const struct srv_sequence_pose *srv_sequence_at(const struct srv_sequence *sequence,
                                                              size_t frame, size_t transform)
{
    return &sequence->poses[frame * sequence->transform_count + transform];
}

#endif
