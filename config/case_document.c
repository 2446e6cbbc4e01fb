#include "case_document.h"

#define OPTIONAL CYAML_FLAG_OPTIONAL
#define REQUIRED CYAML_FLAG_DEFAULT
#define STRICT CYAML_FLAG_STRICT
#define OPTIONAL_LIST (CYAML_FLAG_OPTIONAL | CYAML_FLAG_POINTER)

enum { TEXT_MAX = CFG_PATH_SIZE - 1 };

static const cyaml_strval_t role_words[] = {
    {"bone", CFG_ROLE_BONE},   {"tumour", CFG_ROLE_TUMOUR}, {"nerve", CFG_ROLE_NERVE},
    {"dura", CFG_ROLE_DURA},   {"vessel", CFG_ROLE_VESSEL}, {"organ", CFG_ROLE_ORGAN},
    {"other", CFG_ROLE_OTHER},
};
static const cyaml_strval_t shape_words[] = {
    {"pointer", CFG_SHAPE_POINTER},
    {"blade", CFG_SHAPE_BLADE},
    {"drill", CFG_SHAPE_DRILL},
    {"mesh", CFG_SHAPE_MESH},
};
static const cyaml_strval_t layout_words[] = {
    {"bedside", CFG_LAYOUT_BEDSIDE},
    {"assistant", CFG_LAYOUT_ASSISTANT},
    {"slices", CFG_LAYOUT_SLICES},
    {"cut", CFG_LAYOUT_CUT},
    {"tool-eye", CFG_LAYOUT_TOOL_EYE},
    {"review", CFG_LAYOUT_REVIEW},
    {"ar", CFG_LAYOUT_AR},
};
static const cyaml_strval_t language_words[] = {{"en", CFG_LANGUAGE_EN}, {"de", CFG_LANGUAGE_DE}};
static const cyaml_strval_t side_words[] = {
    {"foot", CFG_DOC_SIDE_FOOT},
    {"head", CFG_DOC_SIDE_HEAD},
    {"left", CFG_DOC_SIDE_LEFT},
    {"right", CFG_DOC_SIDE_RIGHT},
};
static const cyaml_strval_t margin_words[] = {
    {"positive", CFG_DOC_MARGIN_POSITIVE},
    {"negative", CFG_DOC_MARGIN_NEGATIVE},
};
static const cyaml_strval_t modality_words[] = {{"CT", CFG_MODALITY_CT}, {"MR", CFG_MODALITY_MR}};
static const cyaml_strval_t relative_words[] = {
    {"tracker", CFG_DOC_TRACKER},
    {"reference", CFG_DOC_REFERENCE},
};
static const cyaml_strval_t space_words[] = {{"LPS", CFG_SPACE_LPS}, {"RAS", CFG_SPACE_RAS}};
static const cyaml_strval_t unit_words[] = {{"mm", CFG_UNIT_MM}, {"m", CFG_UNIT_M}};

static const cyaml_schema_value_t number = {CYAML_VALUE_FLOAT(REQUIRED, double)};
static const cyaml_schema_value_t pixels = {CYAML_VALUE_INT(REQUIRED, int32_t)};

static const cyaml_schema_field_t patient_fields[] = {
    CYAML_FIELD_STRING("pseudonym", REQUIRED, struct cfg_doc_patient, pseudonym, 1),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t frames_fields[] = {
    CYAML_FIELD_ENUM("image", STRICT, struct cfg_doc_frames, image, space_words,
                     CYAML_ARRAY_LEN(space_words)),
    CYAML_FIELD_ENUM("unit", STRICT, struct cfg_doc_frames, unit, unit_words,
                     CYAML_ARRAY_LEN(unit_words)),
    CYAML_FIELD_STRING("reference", REQUIRED, struct cfg_doc_frames, reference, 1),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t registration_fields[] = {
    CYAML_FIELD_STRING("source", REQUIRED, struct cfg_doc_registration, source, 1),
    CYAML_FIELD_SEQUENCE_FIXED("matrix", OPTIONAL_LIST, struct cfg_doc_registration, matrix,
                               &number, 16),
    CYAML_FIELD_STRING_PTR("slicer_transform", OPTIONAL, struct cfg_doc_registration,
                           slicer_transform, 1, TEXT_MAX),
    CYAML_FIELD_FLOAT_PTR("fre_mm", OPTIONAL, struct cfg_doc_registration, fre_mm),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t model_fields[] = {
    CYAML_FIELD_STRING_PTR("file", REQUIRED, struct cfg_doc_model, file, 1, TEXT_MAX),
    CYAML_FIELD_STRING("name", REQUIRED, struct cfg_doc_model, name, 1),
    CYAML_FIELD_ENUM("role", STRICT, struct cfg_doc_model, role, role_words,
                     CYAML_ARRAY_LEN(role_words)),
    CYAML_FIELD_STRING_PTR("colour", OPTIONAL, struct cfg_doc_model, colour, 1, TEXT_MAX),
    CYAML_FIELD_FLOAT_PTR("opacity", OPTIONAL, struct cfg_doc_model, opacity),
    CYAML_FIELD_ENUM("space", STRICT | OPTIONAL, struct cfg_doc_model, space, space_words,
                     CYAML_ARRAY_LEN(space_words)),
    CYAML_FIELD_ENUM("unit", STRICT | OPTIONAL, struct cfg_doc_model, unit, unit_words,
                     CYAML_ARRAY_LEN(unit_words)),
    CYAML_FIELD_FLOAT_PTR("caution_mm", OPTIONAL, struct cfg_doc_model, caution_mm),
    CYAML_FIELD_FLOAT_PTR("stop_mm", OPTIONAL, struct cfg_doc_model, stop_mm),
    CYAML_FIELD_BOOL("frame_assumed", OPTIONAL, struct cfg_doc_model, frame_assumed),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t model_value = {
    CYAML_VALUE_MAPPING(REQUIRED, struct cfg_doc_model, model_fields)};

static const cyaml_schema_field_t geometry_fields[] = {
    CYAML_FIELD_ENUM("shape", STRICT, struct cfg_doc_geometry, shape, shape_words,
                     CYAML_ARRAY_LEN(shape_words)),
    CYAML_FIELD_FLOAT_PTR("length_mm", OPTIONAL, struct cfg_doc_geometry, length_mm),
    CYAML_FIELD_FLOAT_PTR("width_mm", OPTIONAL, struct cfg_doc_geometry, width_mm),
    CYAML_FIELD_FLOAT_PTR("thickness_mm", OPTIONAL, struct cfg_doc_geometry, thickness_mm),
    CYAML_FIELD_FLOAT_PTR("diameter_mm", OPTIONAL, struct cfg_doc_geometry, diameter_mm),
    CYAML_FIELD_SEQUENCE_FIXED("up", OPTIONAL_LIST, struct cfg_doc_geometry, up, &number, 3),
    CYAML_FIELD_STRING_PTR("file", OPTIONAL, struct cfg_doc_geometry, file, 1, TEXT_MAX),
    CYAML_FIELD_ENUM("unit", STRICT | OPTIONAL, struct cfg_doc_geometry, unit, unit_words,
                     CYAML_ARRAY_LEN(unit_words)),
    CYAML_FIELD_END,
};

static const cyaml_schema_value_t file_name = {
    CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 1, TEXT_MAX)};

static const cyaml_schema_field_t tool_fields[] = {
    CYAML_FIELD_STRING("name", REQUIRED, struct cfg_doc_tool, name, 1),
    CYAML_FIELD_STRING("device", REQUIRED, struct cfg_doc_tool, device, 1),
    CYAML_FIELD_SEQUENCE_FIXED("tip_mm", REQUIRED, struct cfg_doc_tool, tip_mm, &number, 3),
    CYAML_FIELD_SEQUENCE_FIXED("axis", REQUIRED, struct cfg_doc_tool, axis, &number, 3),
    CYAML_FIELD_ENUM("relative_to", STRICT | OPTIONAL, struct cfg_doc_tool, relative_to,
                     relative_words, CYAML_ARRAY_LEN(relative_words)),
    CYAML_FIELD_MAPPING_PTR("geometry", OPTIONAL, struct cfg_doc_tool, geometry, geometry_fields),
    CYAML_FIELD_FLOAT_PTR("calibration_mm", OPTIONAL, struct cfg_doc_tool, calibration_mm),
    CYAML_FIELD_SEQUENCE("calibration", OPTIONAL_LIST, struct cfg_doc_tool, calibration, &file_name,
                         1, CFG_CALIBRATIONS_MAX),
    CYAML_FIELD_STRING_PTR("marker", OPTIONAL, struct cfg_doc_tool, marker, 1, TEXT_MAX),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t tool_value = {
    CYAML_VALUE_MAPPING(REQUIRED, struct cfg_doc_tool, tool_fields)};

static const cyaml_strval_t alignment_words[] = {{"estimated", CFG_ALIGNMENT_ESTIMATED},
                                                 {"given", CFG_ALIGNMENT_GIVEN},
                                                 {"same-frame", CFG_ALIGNMENT_SAME_FRAME}};

static const cyaml_schema_field_t alignment_fields[] = {
    CYAML_FIELD_STRING("to", REQUIRED, struct cfg_doc_alignment, to, 1),
    CYAML_FIELD_ENUM("origin", STRICT, struct cfg_doc_alignment, origin, alignment_words,
                     CYAML_ARRAY_LEN(alignment_words)),
    CYAML_FIELD_STRING("by", REQUIRED, struct cfg_doc_alignment, by, 1),
    CYAML_FIELD_SEQUENCE_FIXED("matrix", OPTIONAL_LIST, struct cfg_doc_alignment, matrix, &number,
                               16),
    CYAML_FIELD_STRING_PTR("source_sha256", REQUIRED, struct cfg_doc_alignment, source_sha256, 1,
                           TEXT_MAX),
    CYAML_FIELD_FLOAT_PTR("information", OPTIONAL, struct cfg_doc_alignment, information),
    CYAML_FIELD_FLOAT_PTR("information_start", OPTIONAL, struct cfg_doc_alignment,
                          information_start),
    CYAML_FIELD_FLOAT_PTR("overlap", OPTIONAL, struct cfg_doc_alignment, overlap),
    CYAML_FIELD_FLOAT_PTR("spread_mm", OPTIONAL, struct cfg_doc_alignment, spread_mm),
    CYAML_FIELD_FLOAT_PTR("refined_mm", OPTIONAL, struct cfg_doc_alignment, refined_mm),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t volume_fields[] = {
    CYAML_FIELD_STRING("name", REQUIRED, struct cfg_doc_volume, name, 1),
    CYAML_FIELD_STRING_PTR("file", REQUIRED, struct cfg_doc_volume, file, 1, TEXT_MAX),
    CYAML_FIELD_ENUM("modality", STRICT, struct cfg_doc_volume, modality, modality_words,
                     CYAML_ARRAY_LEN(modality_words)),
    CYAML_FIELD_MAPPING_PTR("alignment", OPTIONAL, struct cfg_doc_volume, alignment,
                            alignment_fields),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t volume_value = {
    CYAML_VALUE_MAPPING(REQUIRED, struct cfg_doc_volume, volume_fields)};

static const cyaml_schema_field_t cut_fields[] = {
    CYAML_FIELD_STRING("name", REQUIRED, struct cfg_doc_cut, name, 1),
    CYAML_FIELD_SEQUENCE_FIXED("point_mm", REQUIRED, struct cfg_doc_cut, point_mm, &number, 3),
    CYAML_FIELD_SEQUENCE_FIXED("normal", REQUIRED, struct cfg_doc_cut, normal, &number, 3),
    CYAML_FIELD_SEQUENCE_FIXED("u", REQUIRED, struct cfg_doc_cut, u, &number, 3),
    CYAML_FIELD_SEQUENCE_FIXED("size_mm", REQUIRED, struct cfg_doc_cut, size_mm, &number, 2),
    CYAML_FIELD_FLOAT("depth_mm", REQUIRED, struct cfg_doc_cut, depth_mm),
    CYAML_FIELD_FLOAT_PTR("kerf_mm", OPTIONAL, struct cfg_doc_cut, kerf_mm),
    CYAML_FIELD_ENUM("margin_side", STRICT | OPTIONAL, struct cfg_doc_cut, margin_side,
                     margin_words, CYAML_ARRAY_LEN(margin_words)),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t cut_value = {
    CYAML_VALUE_MAPPING(REQUIRED, struct cfg_doc_cut, cut_fields)};

static const cyaml_schema_field_t landmark_fields[] = {
    CYAML_FIELD_STRING("name", REQUIRED, struct cfg_doc_landmark, name, 1),
    CYAML_FIELD_SEQUENCE_FIXED("position_mm", REQUIRED, struct cfg_doc_landmark, position_mm,
                               &number, 3),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t landmark_value = {
    CYAML_VALUE_MAPPING(REQUIRED, struct cfg_doc_landmark, landmark_fields)};

static const cyaml_strval_t key_words[] = {
#define KEY_WORD(id, word) {word, id},
    NAV_KEY_LIST(KEY_WORD)
#undef KEY_WORD
};
static const cyaml_schema_value_t key_value = {
    CYAML_VALUE_ENUM(STRICT, enum nav_key, key_words, CYAML_ARRAY_LEN(key_words))};

/* A sequence of keys for each action; the library wants array and count in two places. */
static const cyaml_schema_field_t keys_fields[] = {
#define KEYS_FIELD(id, word)                                                                       \
    {                                                                                              \
        .key = word,                                                                               \
        .value = {.type = CYAML_SEQUENCE,                                                          \
                  .flags = OPTIONAL_LIST,                                                          \
                  .data_size = sizeof(enum nav_key),                                               \
                  .sequence = {.entry = &key_value, .min = 1, .max = CFG_KEYS_MAX}},               \
        .data_offset = (uint32_t)(offsetof(struct cfg_doc_keys, of) + (id) * sizeof(void *)),      \
        .count_size = sizeof(uint32_t),                                                            \
        .count_offset =                                                                            \
            (uint32_t)(offsetof(struct cfg_doc_keys, count) + (id) * sizeof(uint32_t)),            \
    },
    NAV_ACT_LIST(KEYS_FIELD)
#undef KEYS_FIELD
        CYAML_FIELD_END,
};

static const cyaml_schema_field_t display_fields[] = {
    CYAML_FIELD_STRING("name", REQUIRED, struct cfg_doc_display, name, 1),
    CYAML_FIELD_ENUM("layout", STRICT | OPTIONAL, struct cfg_doc_display, layout, layout_words,
                     CYAML_ARRAY_LEN(layout_words)),
    CYAML_FIELD_ENUM("side", STRICT | OPTIONAL, struct cfg_doc_display, side, side_words,
                     CYAML_ARRAY_LEN(side_words)),
    CYAML_FIELD_ENUM("language", STRICT | OPTIONAL, struct cfg_doc_display, language,
                     language_words, CYAML_ARRAY_LEN(language_words)),
    CYAML_FIELD_STRING("monitor", OPTIONAL, struct cfg_doc_display, monitor, 0),
    CYAML_FIELD_SEQUENCE_FIXED("size", OPTIONAL_LIST, struct cfg_doc_display, size, &pixels, 2),
    CYAML_FIELD_BOOL("fullscreen", OPTIONAL, struct cfg_doc_display, fullscreen),
    CYAML_FIELD_BOOL("touch", OPTIONAL, struct cfg_doc_display, touch),
    CYAML_FIELD_FLOAT_PTR("keyhole_mm", OPTIONAL, struct cfg_doc_display, keyhole_mm),
    CYAML_FIELD_MAPPING_PTR("keys", OPTIONAL, struct cfg_doc_display, keys, keys_fields),
    CYAML_FIELD_STRING("publish_view", OPTIONAL, struct cfg_doc_display, publish_view, 1),
    CYAML_FIELD_STRING("record_view", OPTIONAL, struct cfg_doc_display, record_view, 1),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t display_value = {
    CYAML_VALUE_MAPPING(REQUIRED, struct cfg_doc_display, display_fields)};

static const cyaml_schema_value_t command_word = {
    CYAML_VALUE_STRING(CYAML_FLAG_DEFAULT, char, 1, CFG_COMMAND_SIZE - 1)};

static const cyaml_schema_field_t listener_fields[] = {
    CYAML_FIELD_STRING("address", REQUIRED, struct cfg_doc_listener, address, 1),
    CYAML_FIELD_UINT("port", REQUIRED, struct cfg_doc_listener, port),
    CYAML_FIELD_BOOL_PTR("publish", OPTIONAL, struct cfg_doc_listener, publish),
    CYAML_FIELD_SEQUENCE("commands", OPTIONAL_LIST, struct cfg_doc_listener, commands,
                         &command_word, 0, CFG_COMMANDS_MAX),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t listener_value = {
    CYAML_VALUE_MAPPING(REQUIRED, struct cfg_doc_listener, listener_fields)};

static const cyaml_schema_field_t connector_fields[] = {
    CYAML_FIELD_STRING("address", REQUIRED, struct cfg_doc_connector, address, 1),
    CYAML_FIELD_UINT("port", REQUIRED, struct cfg_doc_connector, port),
    CYAML_FIELD_BOOL_PTR("reconnect", OPTIONAL, struct cfg_doc_connector, reconnect),
    CYAML_FIELD_BOOL_PTR("hello", OPTIONAL, struct cfg_doc_connector, hello),
    CYAML_FIELD_UINT_PTR("stream_ms", OPTIONAL, struct cfg_doc_connector, stream_ms),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t connector_value = {
    CYAML_VALUE_MAPPING(REQUIRED, struct cfg_doc_connector, connector_fields)};

static const cyaml_schema_field_t camera_fields[] = {
    CYAML_FIELD_STRING("name", REQUIRED, struct cfg_doc_camera, name, 1),
    CYAML_FIELD_STRING("source", REQUIRED, struct cfg_doc_camera, source, 1),
    CYAML_FIELD_STRING_PTR("lens", REQUIRED, struct cfg_doc_camera, lens, 1, TEXT_MAX),
    CYAML_FIELD_STRING_PTR("markers", REQUIRED, struct cfg_doc_camera, markers, 1, TEXT_MAX),
    CYAML_FIELD_STRING_PTR("tool", OPTIONAL, struct cfg_doc_camera, tool, 1, NAV_NAME_SIZE - 1),
    CYAML_FIELD_STRING_PTR("handeye", OPTIONAL, struct cfg_doc_camera, handeye, 1, TEXT_MAX),
    CYAML_FIELD_SEQUENCE_FIXED("mount", OPTIONAL_LIST, struct cfg_doc_camera, mount, &number, 16),
    CYAML_FIELD_FLOAT_PTR("opacity", OPTIONAL, struct cfg_doc_camera, opacity),
    CYAML_FIELD_BOOL_PTR("outlines", OPTIONAL, struct cfg_doc_camera, outlines),
    CYAML_FIELD_FLOAT_PTR("delay_ms", OPTIONAL, struct cfg_doc_camera, delay_ms),
    CYAML_FIELD_FLOAT_PTR("delay_sd_ms", OPTIONAL, struct cfg_doc_camera, delay_sd_ms),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t camera_value = {
    CYAML_VALUE_MAPPING(REQUIRED, struct cfg_doc_camera, camera_fields)};

static const cyaml_schema_field_t recording_fields[] = {
    CYAML_FIELD_BOOL_PTR("enabled", OPTIONAL, struct cfg_doc_recording, enabled),
    CYAML_FIELD_STRING_PTR("folder", OPTIONAL, struct cfg_doc_recording, folder, 1,
                           CFG_RECORDING_FOLDER_MAX),
    CYAML_FIELD_BOOL("images", OPTIONAL, struct cfg_doc_recording, images),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t limits_fields[] = {
#define LIMIT_FIELD(name, def, min, max, unit, help)                                               \
    CYAML_FIELD_FLOAT_PTR(#name, OPTIONAL, struct cfg_doc_limits, name),
    CFG_LIMITS_LIST(LIMIT_FIELD)
#undef LIMIT_FIELD
        CYAML_FIELD_END,
};

static const cyaml_schema_field_t document_fields[] = {
    CYAML_FIELD_UINT("version", REQUIRED, struct cfg_doc, version),
    CYAML_FIELD_STRING("name", REQUIRED, struct cfg_doc, name, 1),
    CYAML_FIELD_MAPPING("patient", REQUIRED, struct cfg_doc, patient, patient_fields),
    CYAML_FIELD_MAPPING("frames", REQUIRED, struct cfg_doc, frames, frames_fields),
    CYAML_FIELD_MAPPING_PTR("registration", OPTIONAL, struct cfg_doc, registration,
                            registration_fields),
    CYAML_FIELD_SEQUENCE("models", CYAML_FLAG_POINTER, struct cfg_doc, models, &model_value, 1,
                         CFG_MODELS_MAX),
    CYAML_FIELD_SEQUENCE("tools", CYAML_FLAG_POINTER, struct cfg_doc, tools, &tool_value, 1,
                         NAV_TOOLS_MAX),
    CYAML_FIELD_SEQUENCE("volumes", OPTIONAL_LIST, struct cfg_doc, volumes, &volume_value, 0,
                         CFG_VOLUMES_MAX),
    CYAML_FIELD_SEQUENCE("cuts", OPTIONAL_LIST, struct cfg_doc, cuts, &cut_value, 0, CFG_CUTS_MAX),
    CYAML_FIELD_SEQUENCE("landmarks", OPTIONAL_LIST, struct cfg_doc, landmarks, &landmark_value, 0,
                         CFG_LANDMARKS_MAX),
    CYAML_FIELD_SEQUENCE("displays", OPTIONAL_LIST, struct cfg_doc, displays, &display_value, 0,
                         CFG_DISPLAYS_MAX),
    CYAML_FIELD_SEQUENCE("listeners", OPTIONAL_LIST, struct cfg_doc, listeners, &listener_value, 0,
                         CFG_LISTENERS_MAX),
    CYAML_FIELD_SEQUENCE("connectors", OPTIONAL_LIST, struct cfg_doc, connectors, &connector_value,
                         0, CFG_CONNECTORS_MAX),
    CYAML_FIELD_SEQUENCE("cameras", OPTIONAL_LIST, struct cfg_doc, cameras, &camera_value, 0,
                         CFG_CAMERAS_MAX),
    CYAML_FIELD_MAPPING_PTR("recording", OPTIONAL, struct cfg_doc, recording, recording_fields),
    CYAML_FIELD_MAPPING_PTR("limits", OPTIONAL, struct cfg_doc, limits, limits_fields),
    CYAML_FIELD_END,
};

const cyaml_schema_value_t cfg_doc_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct cfg_doc, document_fields)};
