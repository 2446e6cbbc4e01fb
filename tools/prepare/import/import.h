/* What a file of another program holds and what it can become in a case.
 *
 * Reads whatever it is given, recognised by content, with strict readers: a file is taken whole or
 * refused with a reason. Every place and direction that comes out is LPS mm; a file that does not
 * say its frame or its unit is refused unless the request says it. Nothing here writes a file.
 * Thread: one at a time. */
#ifndef IMPORT_H
#define IMPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "case.h"
#include "markups.h"
#include "mesh.h"
#include "segmentation.h"
#include "volume.h"

enum {
    IMP_PART_SIZE = 160,
    IMP_NOTE_SIZE = 320,
    IMP_CODE_SIZE = 24,
    IMP_WORD_SIZE = 48,
    IMP_UID_SIZE = 72, /* DICOM: at most 64 characters */
    IMP_NOTES_MAX = 24,
    IMP_ITEMS_MAX = 4096,
    IMP_FILE_BYTES_MAX = 1 << 30
};

/* What the caller says about the files. The zero struct says nothing. */
struct imp_request {
    const char *path; /* a file or a folder */
    enum cfg_space space;
    enum cfg_unit unit;
    const char *as;         /* "labels" or "volume", where values could be either; "dicom": of a
                             * folder its DICOM files only; else NULL */
    const char *series;     /* the DICOM series (UID or its end) to take; else NULL: list them */
    const char *threshold;  /* HU: bone is what is denser in a CT; else NULL */
    const char *names_path; /* table of label numbers and names; else NULL */
    bool has_modality;
    enum cfg_modality modality;
};

enum imp_becomes {
    IMP_NOTHING = 0,
    IMP_MODEL,
    IMP_VOLUME,
    IMP_CUT,
    IMP_LANDMARKS,
    IMP_TOOL,
    IMP_REFERENCE, /* the marker on the patient */
    IMP_TRANSFORM
};

struct imp_plane {
    double center_mm[3], normal[3], x[3]; /* x: unit, in the plane */
    double size_mm[2];                    /* along x and normal x x; 0: not stated */
};

struct imp_tool {
    char device[NAV_NAME_SIZE]; /* as its poses are named on the wire */
    bool has_tip;
    double tip_mm[3], axis[3]; /* in the tool's frame */
};

/* One thing of a source. `part` tells it from the others and stays the same from reading to
 * reading. Owned by its source. */
struct imp_item {
    enum imp_becomes becomes;
    char part[IMP_PART_SIZE];
    char name[NAV_NAME_SIZE];     /* for people */
    char original[NAV_NAME_SIZE]; /* as the source has it, where that is another */
    char code[IMP_CODE_SIZE];     /* SNOMED CT, or empty */
    char note[IMP_NOTE_SIZE];
    bool has_colour;
    float colour[3];
    struct cfg_mesh *mesh;     /* of a model */
    bool frame_assumed;        /* neither its file nor the request says its frame: LPS */
    uint32_t crossings;        /* pairs of its triangles that cross each other */
    struct cfg_volume *volume; /* of a volume */
    enum cfg_modality modality;
    /* Of a structure in a label map, whose surface is still to be made. */
    const struct prep_segmentation *segmentation;
    const struct prep_segment *segment;
    double min_mm[3], max_mm[3];
    struct cfg_markup_point *points; /* of landmarks */
    size_t point_count;
    struct imp_plane plane;
    struct imp_tool tool;
    double T[16]; /* of a transform: as the file stands, LPS mm, resampling direction */
};

/* One file, folder or DICOM series that was understood. */
struct imp_source {
    char path[CFG_PATH_SIZE];
    char series[IMP_UID_SIZE];
    char kind[IMP_WORD_SIZE];   /* mesh, volume, labels, plan, scene, tools, transform */
    char format[IMP_WORD_SIZE]; /* stl-binary, dicom, ... */
    char space[IMP_WORD_SIZE];  /* as understood and by whose word, "RAS (tag)" */
    char unit[IMP_WORD_SIZE];
    char notes[IMP_NOTES_MAX][IMP_NOTE_SIZE];
    size_t note_count;
    char identities[2][NAV_TEXT_SIZE]; /* patient's name and number, to keep them out of the case */
    struct imp_item *items;
    size_t item_count, item_capacity;
    struct prep_segmentation **segmentations; /* that items refer to */
    size_t segmentation_count;
};

/* What happens while a path is read; each is told once per file. */
struct imp_sink {
    void *context;
    void (*reading)(void *context, const char *path);
    void (*found)(void *context, struct imp_source *source); /* which lives until it returns */
    void (*refused)(void *context, const char *path, const char *why);
    void (*ignored)(void *context, const char *path, const char *why);
};

/* Reads the request's path: a file, a DICOM series or every file of a folder. Every file ends as
 * found, refused or ignored (of no known kind, inside a folder). */
void imp_read_path(const struct imp_request *request, const struct imp_sink *sink);

/* --- between the readers ------------------------------------------------------------------- */

/* Adds an empty item; NULL: no memory or too many, told in `error`. Items may move. */
struct imp_item *imp_add_item(struct imp_source *source, struct cfg_error *error);
void imp_note(struct imp_source *source, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void imp_source_finish(struct imp_source *source);

/* Name without folder and endings, for people. */
void imp_name_of(const char *path, char out_name[NAV_NAME_SIZE]);

/* Bytes of a file, followed by a NUL that is not counted. */
struct imp_bytes {
    const uint8_t *bytes;
    size_t size;
    const char *name; /* stands for it in messages; its ending counts */
};

/* Where files that a file refers to are looked for: a folder or an archive in memory. Names that
 * leave it are refused. `out_bytes->name` is owned by the files. */
struct imp_files;
NAV_MUST_USE enum nav_status imp_files_get(struct imp_files *files, const char *name,
                                           struct imp_bytes *out_bytes, struct cfg_error *error);
/* Whether the file of this path was given to the file that these lie beside. */
bool imp_files_gave(const struct imp_files *files, const char *path);
NAV_MUST_USE enum nav_status imp_folder_open(const char *path_of_a_file, struct imp_files **out,
                                             struct cfg_error *error);
NAV_MUST_USE enum nav_status imp_archive_open(const struct imp_bytes *archive,
                                              struct imp_files **out, struct cfg_error *error);
/* The only member whose name ends so; NULL: none or several. */
const char *imp_files_only(const struct imp_files *files, const char *ending);
void imp_files_close(struct imp_files *files);

/* One file whose content is in memory, whatever it is; adds items and notes to `source`. NAV_END:
 * of no known kind. */
NAV_MUST_USE enum nav_status imp_read_bytes(const struct imp_request *request,
                                            const struct imp_bytes *file, struct imp_files *files,
                                            struct imp_source *source, struct cfg_error *error);

/* The readers of one kind each: same arguments and promise. */
NAV_MUST_USE enum nav_status imp_read_mesh(const struct imp_request *request,
                                           const struct imp_bytes *file, struct imp_source *source,
                                           struct cfg_error *error);
NAV_MUST_USE enum nav_status imp_read_volume(const struct imp_request *request,
                                             const struct imp_bytes *file, struct imp_files *files,
                                             struct imp_source *source, struct cfg_error *error);
NAV_MUST_USE enum nav_status imp_read_plan(const struct imp_request *request,
                                           const struct imp_bytes *file, struct imp_source *source,
                                           struct cfg_error *error);
NAV_MUST_USE enum nav_status imp_read_transform(const struct imp_bytes *file,
                                                struct imp_source *source, struct cfg_error *error);
NAV_MUST_USE enum nav_status imp_read_tools(const struct imp_bytes *file, struct imp_source *source,
                                            struct cfg_error *error);
NAV_MUST_USE enum nav_status imp_read_scene(const struct imp_request *request,
                                            const struct imp_bytes *file, struct imp_files *files,
                                            struct imp_source *source, struct cfg_error *error);

/* A label map, NIfTI or NRRD: one item a structure that has voxels. */
NAV_MUST_USE enum nav_status imp_read_labels(const struct imp_request *request,
                                             const struct imp_bytes *file,
                                             struct imp_source *source, struct cfg_error *error);

/* Adds the bone of a CT by the request's threshold, for a quick start; the scan stays as it is. */
NAV_MUST_USE enum nav_status imp_add_bone(const struct imp_request *request,
                                          const struct cfg_volume *ct, struct imp_source *source,
                                          struct cfg_error *error);

/* Takes a checked scan, which now belongs to the source. */
NAV_MUST_USE enum nav_status imp_take_volume(const struct imp_request *request,
                                             struct cfg_volume *volume, const char *name,
                                             const enum cfg_modality *stated,
                                             struct imp_source *source, struct cfg_error *error);

/* A mesh of formats that config does not read; the format is told in `out_format`. */
NAV_MUST_USE enum nav_status imp_vtk_read(const struct imp_bytes *file,
                                          struct cfg_mesh_arrays *out_arrays,
                                          struct cfg_error *error);
NAV_MUST_USE enum nav_status imp_vtp_read(const struct imp_bytes *file,
                                          struct cfg_mesh_arrays *out_arrays,
                                          struct cfg_error *error);
NAV_MUST_USE enum nav_status imp_glb_read(const struct imp_bytes *file,
                                          struct cfg_mesh_arrays *out_arrays,
                                          struct cfg_error *error);

/* Linear transform in an HDF5 file, in the terms of config/transform_file.h. */
NAV_MUST_USE enum nav_status imp_h5_read(const struct imp_bytes *file, double out_matrix[16],
                                         struct cfg_error *error);

/* Pairs of triangles that cross each other without sharing a vertex; at most `max` are counted. */
NAV_MUST_USE enum nav_status imp_count_crossings(const struct cfg_mesh *mesh, uint32_t max,
                                                 uint32_t *out_count);

/* DICOM files among `paths`, by series; each series is told to the sink. Returns how many of the
 * paths were DICOM. */
size_t imp_read_dicom(const struct imp_request *request, char *const *paths, size_t count,
                      const struct imp_sink *sink);
bool imp_is_dicom(const uint8_t *bytes, size_t size);

#endif
