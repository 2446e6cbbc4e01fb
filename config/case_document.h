/* The case file as libcyaml loads it: the schema's twin, before any rule between keys.
 * Optional values are pointers; NULL = not given.
 * Thread: any. */
#ifndef CFG_CASE_DOCUMENT_H
#define CFG_CASE_DOCUMENT_H

#include <cyaml/cyaml.h>

#include "case.h"

struct cfg_doc_patient {
    char pseudonym[NAV_NAME_SIZE];
};

struct cfg_doc_frames {
    enum cfg_space image;
    enum cfg_unit unit;
    char reference[NAV_NAME_SIZE];
};

struct cfg_doc_registration {
    char source[NAV_TEXT_SIZE];
    double *matrix;         /* 16 numbers */
    char *slicer_transform; /* one of the two */
    double *fre_mm;
};

struct cfg_doc_model {
    char *file;
    char name[NAV_NAME_SIZE];
    enum cfg_role role;
    char *colour;
    double *opacity;
    enum cfg_space space;
    enum cfg_unit unit;
    double *caution_mm, *stop_mm;
    bool frame_assumed;
};

struct cfg_doc_geometry {
    enum cfg_shape shape;
    double *length_mm, *width_mm, *thickness_mm, *diameter_mm;
    double *up;
    char *file;
    enum cfg_unit unit;
};

enum cfg_doc_relative_to { CFG_DOC_TRACKER = 0, CFG_DOC_REFERENCE };

struct cfg_doc_tool {
    char name[NAV_NAME_SIZE];
    char device[NAV_NAME_SIZE];
    double tip_mm[3];
    double axis[3];
    enum cfg_doc_relative_to relative_to;
    struct cfg_doc_geometry *geometry;
    double *calibration_mm;
    char **calibration; /* files */
    uint32_t calibration_count;
    char *marker;
};

struct cfg_doc_alignment {
    char to[NAV_NAME_SIZE];
    enum cfg_alignment_origin origin;
    char by[NAV_TEXT_SIZE];
    double *matrix; /* 16 numbers */
    char *source_sha256;
    double *information, *information_start, *overlap, *spread_mm, *refined_mm;
};

struct cfg_doc_volume {
    char name[NAV_NAME_SIZE];
    char *file;
    enum cfg_modality modality;
    struct cfg_doc_alignment *alignment;
};

/* Zero: not stated. */
enum cfg_doc_margin {
    CFG_DOC_MARGIN_DEFAULT = 0,
    CFG_DOC_MARGIN_POSITIVE,
    CFG_DOC_MARGIN_NEGATIVE
};

struct cfg_doc_cut {
    char name[NAV_NAME_SIZE];
    double point_mm[3];
    double normal[3];
    double u[3];
    double size_mm[2];
    double depth_mm;
    double *kerf_mm;
    enum cfg_doc_margin margin_side;
};

struct cfg_doc_landmark {
    char name[NAV_NAME_SIZE];
    double position_mm[3];
};

/* Zero: not stated. */
enum cfg_doc_side {
    CFG_DOC_SIDE_DEFAULT = 0,
    CFG_DOC_SIDE_FOOT,
    CFG_DOC_SIDE_HEAD,
    CFG_DOC_SIDE_LEFT,
    CFG_DOC_SIDE_RIGHT
};

/* The keys of each action, by the action's number. */
struct cfg_doc_keys {
    enum nav_key *of[NAV_ACT_COUNT];
    uint32_t count[NAV_ACT_COUNT];
};

struct cfg_doc_display {
    char name[NAV_NAME_SIZE];
    enum cfg_layout layout;
    enum cfg_doc_side side;
    enum cfg_language language;
    char monitor[NAV_NAME_SIZE];
    int32_t *size;
    bool fullscreen;
    bool touch;
    double *keyhole_mm;
    struct cfg_doc_keys *keys;
    char publish_view[NAV_NAME_SIZE];
    char record_view[CFG_SOURCE_SIZE];
};

struct cfg_doc_listener {
    char address[NAV_NAME_SIZE];
    uint16_t port;
    bool *publish;
    char (*commands)[CFG_COMMAND_SIZE];
    unsigned commands_count;
};

struct cfg_doc_connector {
    char address[NAV_NAME_SIZE];
    uint16_t port;
    bool *reconnect;
    bool *hello;
    uint32_t *stream_ms;
};

struct cfg_doc_camera {
    char name[NAV_NAME_SIZE];
    char source[CFG_SOURCE_SIZE];
    char *lens, *markers, *tool, *handeye;
    double *mount; /* 16 */
    double *delay_ms, *delay_sd_ms;
    double *opacity;
    bool *outlines;
};

struct cfg_doc_recording {
    bool *enabled;
    char *folder;
    bool images;
};

struct cfg_doc_limits {
#define CFG_DOC_LIMIT(name, def, min, max, unit, help) double *name;
    CFG_LIMITS_LIST(CFG_DOC_LIMIT)
#undef CFG_DOC_LIMIT
};

struct cfg_doc {
    uint32_t version;
    char name[NAV_NAME_SIZE];
    struct cfg_doc_patient patient;
    struct cfg_doc_frames frames;
    struct cfg_doc_registration *registration;
    struct cfg_doc_model *models;
    struct cfg_doc_tool *tools;
    struct cfg_doc_volume *volumes;
    struct cfg_doc_cut *cuts;
    struct cfg_doc_landmark *landmarks;
    struct cfg_doc_display *displays;
    struct cfg_doc_listener *listeners;
    struct cfg_doc_connector *connectors;
    struct cfg_doc_camera *cameras;
    uint32_t models_count, tools_count, volumes_count, cuts_count, landmarks_count, displays_count,
        listeners_count, connectors_count, cameras_count;
    struct cfg_doc_recording *recording;
    struct cfg_doc_limits *limits;
};

extern const cyaml_schema_value_t cfg_doc_schema;

#endif
