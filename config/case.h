/* The case: what one operation is made of, as plain constant data.
 *
 * Read from a YAML file by cfg_case_load (schema with libcyaml; unknown keys are errors), checked
 * as a whole, never changed afterwards. Paths in the file are relative to the file's folder and
 * are returned absolute. Frames: models, cuts and landmarks are in image space, LPS mm.
 * Every key, default and rule: docs/case-file.md. Thread: any after load. Owner: the caller,
 * cfg_case_destroy.
 *
 * version: 1                          required
 * name: Demo sacrectomy               required
 * patient: {pseudonym: PHANTOM-01}    required; a code with a digit and no blank, never a name
 * frames:                             required
 *   image: LPS                        the only accepted value, stated to be seen
 *   unit: mm                          likewise
 *   reference: ReferenceToTracker     device of the patient reference; "none" for bench work
 * registration:                       optional: without it the scene says no-registration
 *   source: text                      required, for people
 *   matrix: [16 numbers]              T_image_reference row-major, mm, rigid to 1e-6
 *   slicer_transform: FILE            or this: transform node "reference to RAS" saved by 3D Slicer
 *   fre_mm: 0.4                       optional
 * models:                             at least one
 *   - {file, name, role, colour, opacity, space, unit, caution_mm, stop_mm, frame_assumed}
 *                                     role: bone tumour nerve dura vessel organ other;
 *                                     colour "#rrggbb" and opacity 0..1 default by role;
 *                                     space LPS or RAS and unit mm or m of the file's numbers,
 *                                     when it carries no tag: LPS, mm; caution_mm, stop_mm:
 *                                     distances of the blade, by role in `limits`, 0: none
 * tools:                              at least one
 *   - {name, device, tip_mm: [3], axis: [3], relative_to: tracker|reference, geometry,
 *      calibration_mm}                error (rms) of its calibration
 *     geometry: {shape: pointer|blade|drill|mesh, length_mm, width_mm, thickness_mm, diameter_mm,
 *                file, unit, up: [3]} pointer, drill: length, diameter; blade: length, width,
 *                                     thickness and up, its normal in the tool frame; mesh: file
 *                                     in the tool frame. Default: a pointer, 150 x 3 mm
 * volumes:                            optional, at most 4: the scans behind the models
 *   - {name, file, modality: CT|MR, alignment}
 *                                     .nrrd, .nii or .nii.gz, lying where the models lie
 *     alignment: {to, origin: estimated|given|same-frame, by, matrix: [16], source_sha256,
 *                information, information_start, overlap, spread_mm, refined_mm}
 *                                     how it came into the frame of another volume; the file lies
 *                                     there already, this is the record of it
 * cuts:                               optional, in order
 *   - {name, point_mm: [3], normal: [3], u: [3], size_mm: [2], depth_mm, kerf_mm,
 *      margin_side: positive|negative}
 *                                     u: in-plane direction of the entry edge; size along u and
 *                                     along v = normal x u, the cutting direction (down); kerf:
 *                                     width of the slot, default the blade's thickness; margin
 *                                     side: where the tumour stays, along the normal or against
 *                                     it, default the side on which the models of tumours lie
 * landmarks:                          optional: - {name, position_mm: [3]}
 * displays:                           optional: - {name, layout: bedside|assistant|slices|
 *                                     cut|tool-eye|review, monitor, size: [w, h], fullscreen,
 *                                     touch, keyhole_mm, keys: {action: [key, ...]},
 *                                     language: en|de, side: foot|head|left|right}; side
 *                                     of the patient where its viewer stands, default foot (the
 *                                     head is up), for the assistant layout head
 * listeners:                          optional; default 127.0.0.1:18944: - {address, port};
 *                                     port 0: any free one; publish: true
 * connectors:                         optional: - {address, port, reconnect, hello, stream_ms}
 *                                     defaults true, true, absent = ask for no stream
 * recording:                          optional: {enabled: true, folder, images: false}; folder
 *                                     may be relative to the case's
 * cameras:                            optional, at most 2:
 *   - {name, source, lens, markers, tool, mount: [16], handeye, delay_ms,
 *      delay_sd_ms, opacity: 0.85, outlines: false}
 *                                     tool and one of mount (T_tool_camera) and handeye (the file
 *                                     of `calibrate handeye`) belong together; without them
 *                                     the reference's markers in the picture place the camera
 * limits:                             optional: {row: value}, rows in config/limits_table.h
 */
#ifndef CFG_CASE_H
#define CFG_CASE_H

/* Stands in a case file where no tool is known yet: a case has one at least. */
#define CFG_NO_TOOL_DEVICE "NoToolYet"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cfg_error.h"
#include "file_bytes.h"
#include "limits_table.h"
#include "mesh.h"
#include "nav/hands.h"
#include "nav/limits.h"
#include "nav/pose.h"
#include "nav/status.h"
#include "volume.h"

enum {
    CFG_MODELS_MAX = 64,
    CFG_VOLUMES_MAX = 4,
    CFG_CUTS_MAX = 16,
    CFG_LANDMARKS_MAX = 64,
    CFG_DISPLAYS_MAX = 4,
    CFG_LISTENERS_MAX = 8,
    CFG_CONNECTORS_MAX = 8,
    CFG_CAMERAS_MAX = 2,
    CFG_CALIBRATIONS_MAX = 4,
    CFG_SOURCE_SIZE = 512, /* bytes of a camera's address with its NUL */
    CFG_NO_TOOL = -1,
    CFG_RECORDING_FOLDER_MAX = 1024,
    CFG_COMMANDS_MAX = 8,
    CFG_KEYS_MAX = 8,
    /* of one action of a display */ /* words a listener allows */
    CFG_COMMAND_SIZE = 24,
    CFG_PATH_SIZE = 4096
};

enum cfg_role {
    CFG_ROLE_BONE = 0,
    CFG_ROLE_TUMOUR,
    CFG_ROLE_NERVE,
    CFG_ROLE_DURA,
    CFG_ROLE_VESSEL,
    CFG_ROLE_ORGAN,
    CFG_ROLE_OTHER
};

enum cfg_shape { CFG_SHAPE_POINTER = 0, CFG_SHAPE_BLADE, CFG_SHAPE_DRILL, CFG_SHAPE_MESH };

enum cfg_modality { CFG_MODALITY_CT = 0, CFG_MODALITY_MR };

enum cfg_alignment_origin {
    CFG_ALIGNMENT_ESTIMATED = 0, /* by registration: a person must judge it by eye */
    CFG_ALIGNMENT_GIVEN,         /* a transform that another program made */
    CFG_ALIGNMENT_SAME_FRAME     /* a person said so */
};

enum cfg_layout {
    CFG_LAYOUT_BEDSIDE = 0,
    CFG_LAYOUT_ASSISTANT,
    CFG_LAYOUT_SLICES,
    CFG_LAYOUT_CUT,
    CFG_LAYOUT_TOOL_EYE,
    CFG_LAYOUT_REVIEW,
    CFG_LAYOUT_AR
};

enum cfg_language { CFG_LANGUAGE_EN = 0, CFG_LANGUAGE_DE };

/* Side of the patient where the viewer of a display stands. */
enum cfg_side { CFG_SIDE_FOOT = 0, CFG_SIDE_HEAD, CFG_SIDE_LEFT, CFG_SIDE_RIGHT };

struct cfg_model {
    char name[NAV_NAME_SIZE];
    char *file; /* absolute */
    enum cfg_role role;
    float colour[3];                 /* 0..1 sRGB */
    float opacity;                   /* 0..1 */
    double caution_mm, stop_mm;      /* distances of the blade that alarm; 0 = none */
    bool frame_assumed;              /* nobody said in which frame its source's numbers are */
    struct cfg_mesh_options options; /* how the file was read, and must be read again */
    uint8_t sha256[CFG_SHA256_SIZE]; /* of the file's bytes as they were checked */
    struct cfg_mesh_report report;
    struct cfg_mesh *mesh; /* NULL unless loaded by cfg_case_load_meshes */
};

/* A file that the case only names. */
struct cfg_case_file {
    char *path; /* absolute */
    uint8_t sha256[CFG_SHA256_SIZE];
};

struct cfg_tool {
    char name[NAV_NAME_SIZE];
    char device[NAV_NAME_SIZE];
    bool relative_to_reference;
    double tip_mm[3];
    double axis[3]; /* unit */
    enum cfg_shape shape;
    double length_mm, width_mm, thickness_mm, diameter_mm;
    double up[3];          /* unit, perpendicular to axis: the blade's face normal */
    double calibration_mm; /* error (rms) of its calibration; NaN = not stated */
    /* What its numbers were calibrated by; the oldest one's time, 0: none is named. */
    struct cfg_case_file calibrations[CFG_CALIBRATIONS_MAX];
    size_t calibration_count;
    int64_t calibrated_utc_ns;
    struct cfg_case_file marker; /* its marker's geometry; path NULL: none is named */
    char *mesh_file;             /* absolute, or NULL */
    struct cfg_mesh_options mesh_options;
    uint8_t mesh_sha256[CFG_SHA256_SIZE];
    struct cfg_mesh_report mesh_report;
    struct cfg_mesh *mesh; /* NULL unless it has one and was loaded by cfg_case_load_meshes */
};

/* How a scan came into the frame of another one. Its file has been moved by T_image_scan already;
 * what is here tells of it, and who answers for it. */
struct cfg_alignment {
    bool stated;
    int to; /* index of the volume that stayed */
    enum cfg_alignment_origin origin;
    char by[NAV_TEXT_SIZE];
    double T_image_scan[16];                     /* row-major, from the scan's own frame, LPS mm */
    char source_sha256[2 * CFG_SHA256_SIZE + 1]; /* of its voxels and grid before they were moved */
    /* NaN: not known. tools/prepare/align/align.h tells what they mean. */
    double information, information_start, overlap, spread_mm, refined_mm;
};

/* A scan, for sections. */
struct cfg_case_volume {
    char name[NAV_NAME_SIZE];
    char *file; /* absolute */
    enum cfg_modality modality;
    struct cfg_alignment alignment;
    uint8_t sha256[CFG_SHA256_SIZE];
    struct cfg_volume_report report;
    struct cfg_volume *volume; /* NULL unless loaded by cfg_case_load_meshes */
};

struct cfg_cut {
    char name[NAV_NAME_SIZE];
    double point_mm[3]; /* middle of the entry edge */
    double normal[3];   /* unit */
    double u[3];        /* unit, along the entry edge, perpendicular to normal */
    double size_mm[2];  /* along u, along v = normal x u */
    double depth_mm;    /* planned depth along v */
    double kerf_mm;     /* width of the slot; NaN = as thick as the blade */
    int margin_side;    /* where the tumour stays: +1 along the normal, -1 against it, 0 = neither
                           stated nor shown by a model */
};

struct cfg_landmark {
    char name[NAV_NAME_SIZE];
    double position_mm[3];
};

struct cfg_display {
    char name[NAV_NAME_SIZE];
    enum cfg_layout layout;
    enum cfg_side side;
    enum cfg_language language;
    char monitor[NAV_NAME_SIZE]; /* empty = primary */
    int width_px, height_px;
    bool fullscreen;
    bool touch;        /* buttons on the screen */
    double keyhole_mm; /* bone fades so far around the live tip from the start; 0: it does not */
    struct nav_key_map keys;          /* with the case's own */
    char publish_view[NAV_NAME_SIZE]; /* "ADDRESS:PORT" where its picture is offered; empty = not */
    char record_view[CFG_SOURCE_SIZE]; /* absolute folder of films of it; empty = not */
};

struct cfg_listener {
    char address[NAV_NAME_SIZE];
    uint16_t port;
    bool publish;         /* peers that send no poses are sent the registered ones */
    size_t command_count; /* what peers may order by COMMAND; none by default */
    char commands[CFG_COMMANDS_MAX][CFG_COMMAND_SIZE];
};

/* A server whose client we are: most tracker servers. */
struct cfg_connector {
    char address[NAV_NAME_SIZE];
    uint16_t port;
    bool reconnect;     /* by itself; false: a lost link stays lost until a person acts */
    bool hello;         /* a STATUS of header version 2 first, so that the peer sends metadata */
    bool stream;        /* ask for tracking data with STT_TDATA ... */
    uint32_t stream_ms; /* ... this far apart at least; 0 = as fast as they come */
};

/* What `osteonav run` records. */
struct cfg_recording {
    bool enabled;
    char *folder; /* absolute; NULL = the user's own */
    bool images;  /* also images and video */
};

/* A camera whose live picture the model may be drawn on. */
struct cfg_camera {
    char name[NAV_NAME_SIZE];
    char source[CFG_SOURCE_SIZE]; /* render/cv/frame_source.h */
    char *lens_file;              /* absolute: OpenCV YAML */
    uint8_t lens_sha256[CFG_SHA256_SIZE];
    char *markers_file; /* absolute: config/marker_bodies.h; with a body of the reference's name */
    uint8_t markers_sha256[CFG_SHA256_SIZE];
    int tool; /* index of the tool that carries it; CFG_NO_TOOL: placed by the reference's markers
                 in its own picture */
    char *handeye_file; /* absolute: render/cv/mount_file.h; NULL: T_tool_camera is given ... */
    uint8_t handeye_sha256[CFG_SHA256_SIZE];
    struct nav_pose T_tool_camera; /* ... here */
    float opacity;                 /* of the model on its picture, above 0 to 1 */
    bool outlines;                 /* only those of the model are drawn */
    double delay_ms, delay_sd_ms;  /* its pictures are later than the poses by; NaN = not known */
};

struct cfg_case {
    char *path;                      /* absolute path of the YAML file */
    uint8_t sha256[CFG_SHA256_SIZE]; /* of the YAML file's bytes */
    char *folder;                    /* absolute */
    char name[NAV_NAME_SIZE];
    char pseudonym[NAV_NAME_SIZE];
    uint64_t case_id; /* first 8 bytes, big-endian, of the SHA-256 over the digests of the YAML
                       * file and of every file it names, in its order; never 0 */
    bool locked;      /* it has a lock, and every byte is as it was locked */
    bool has_reference;
    char reference_device[NAV_NAME_SIZE];
    bool has_registration;
    char registration_source[NAV_TEXT_SIZE];
    double registration_matrix[16]; /* row-major T_image_reference */
    char *registration_file;        /* absolute, or NULL: the matrix is in the case file */
    uint8_t registration_sha256[CFG_SHA256_SIZE];
    double registration_fre_mm; /* NaN = not stated */
    struct cfg_recording recording;
    struct cfg_limits limits;
    size_t model_count, tool_count, volume_count, cut_count, landmark_count, display_count,
        listener_count, connector_count, camera_count;
    struct cfg_model models[CFG_MODELS_MAX];
    struct cfg_tool tools[NAV_TOOLS_MAX];
    struct cfg_case_volume volumes[CFG_VOLUMES_MAX];
    struct cfg_cut cuts[CFG_CUTS_MAX];
    struct cfg_landmark landmarks[CFG_LANDMARKS_MAX];
    struct cfg_display displays[CFG_DISPLAYS_MAX];
    struct cfg_listener listeners[CFG_LISTENERS_MAX];
    struct cfg_connector connectors[CFG_CONNECTORS_MAX];
    struct cfg_camera cameras[CFG_CAMERAS_MAX];
};

/* Loads and checks a whole case, its models and volumes included. `path` is the case file, or the
 * folder in which it is called case.yaml. On failure `out_case` is
 * untouched and `out_error` tells the first error. NAV_ERR_NOT_FOUND, NAV_ERR_IO, NAV_ERR_SYNTAX,
 * NAV_ERR_RANGE, NAV_ERR_VERSION, NAV_ERR_REFUSED (a rule between keys), NAV_ERR_TOO_LARGE,
 * NAV_ERR_MEMORY, what config/mesh.h and config/volume.h have for their files; NAV_ERR_CHECKSUM: a
 * locked case has changed (config/case_lock.h). */
NAV_MUST_USE enum nav_status cfg_case_load(const char *path, struct cfg_case **out_case,
                                           struct cfg_error *out_error);

/* The same, and keeps the meshes and volumes: what was hashed and checked is what is drawn. A
 * program that shows a case compares its case_id with the scene's: another one means other files.
 */
NAV_MUST_USE enum nav_status cfg_case_load_meshes(const char *path, struct cfg_case **out_case,
                                                  struct cfg_error *out_error);

/* The same as cfg_case_load without a look at the lock: for locking again. */
NAV_MUST_USE enum nav_status cfg_case_load_unlocked(const char *path, struct cfg_case **out_case,
                                                    struct cfg_error *out_error);

/* Whether the calibration of every tool that names one is young enough at `utc_ns` (the limit
 * `calibration_days`), and not from the future. NAV_ERR_REFUSED: `out_error` names the tool. */
NAV_MUST_USE enum nav_status cfg_case_check_dates(const struct cfg_case *loaded, int64_t utc_ns,
                                                  struct cfg_error *out_error);

void cfg_case_destroy(struct cfg_case *loaded); /* NULL is legal */

const char *cfg_role_name(enum cfg_role role);
const char *cfg_shape_name(enum cfg_shape shape);
const char *cfg_modality_name(enum cfg_modality modality);
const char *cfg_alignment_name(enum cfg_alignment_origin origin);
const char *cfg_layout_name(enum cfg_layout layout);
const char *cfg_side_name(enum cfg_side side);
const char *cfg_margin_name(int margin_side); /* "positive" "negative" "none" */
const char *cfg_language_name(enum cfg_language language);

#endif
