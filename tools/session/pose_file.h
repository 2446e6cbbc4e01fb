/* A file of recorded tracking, whatever its format: read into a pose log, written from one.
 *
 *   format      files                    what it cannot hold
 *   mha         .igs.mha .mha            rows of one frame at different times; fit errors
 *   nrrd        .igs.nrrd .seq.nrrd      the same
 *   slicer-mha  .seq.mha                 the same; 3D Slicer itself does not look at the statuses
 *   csv         .csv                     nothing is lost
 *   ndi-csv     .ndi.csv                 poses that are not rigid; UnfilteredTimestamp
 *   mitk-csv    .mitk.csv                names, status words, poses that are not rigid, fit errors
 *
 * Reading goes by the content, writing by the name or what is asked for. Thread: one. */
#ifndef SES_POSE_FILE_H
#define SES_POSE_FILE_H

#include "cfg_error.h"
#include "nav/status.h"
#include "pose_log.h"
#include "pose_table.h"

enum ses_format {
    SES_FORMAT_NONE = 0,
    SES_FORMAT_MHA,
    SES_FORMAT_NRRD,
    SES_FORMAT_SLICER_MHA,
    SES_FORMAT_CSV,
    SES_FORMAT_NDI_CSV,
    SES_FORMAT_MITK_CSV,
    SES_FORMAT_COUNT
};

const char *ses_format_name(enum ses_format format);  /* "mha" ... "?" */
enum ses_format ses_format_of_word(const char *word); /* NONE: no such format */
enum ses_format ses_format_of_path(const char *path); /* by the end of the name; NONE */

/* What a format could not hold. */
struct ses_losses {
    bool by_arrival;  /* frame times are arrivals: the stamps are missing or go back */
    size_t not_rigid; /* poses written as not valid */
    size_t renamed;   /* devices to which "ToTracker" was added */
    size_t invalid;   /* poses written whose sender said that they are not valid */
};

struct ses_progress {
    void (*step)(void *context, size_t done, size_t total); /* NULL is legal */
    void *context;
};

/* Whether the file begins like one of the formats; false also when it cannot be read. */
bool ses_pose_file_is_one(const char *path);

/* Appends the file's rows to `log`. Statuses of srv_sequence_read and the tables' readers. */
NAV_MUST_USE enum nav_status ses_pose_file_read(const char *path,
                                                const struct ses_read_options *options,
                                                struct ses_pose_log *log,
                                                struct cfg_error *out_error);

/* The same from memory, `bytes` followed by a NUL; `name` stands for the file in messages. */
NAV_MUST_USE enum nav_status ses_pose_bytes_read(const char *name, const uint8_t *bytes,
                                                 size_t size,
                                                 const struct ses_read_options *options,
                                                 struct ses_pose_log *log,
                                                 struct cfg_error *out_error);

/* Writes the whole log. The file appears under its name when it is complete and on the disk; an
 * older one is replaced. NAV_ERR_IO; NAV_ERR_NOT_FOUND: no poses; NAV_ERR_RANGE: a device's name
 * that the format cannot hold; NAV_ERR_TOO_LARGE; NAV_ERR_MEMORY. */
NAV_MUST_USE enum nav_status ses_pose_file_write(const char *path, enum ses_format format,
                                                 const struct ses_pose_log *log,
                                                 const struct ses_progress *progress,
                                                 struct ses_losses *out_losses,
                                                 struct cfg_error *out_error);

#endif
