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
};
static const cyaml_strval_t side_words[] = {
    {"foot", CFG_DOC_SIDE_FOOT},
    {"head", CFG_DOC_SIDE_HEAD},
    {"left", CFG_DOC_SIDE_LEFT},
    {"right", CFG_DOC_SIDE_RIGHT},
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

static const cyaml_schema_field_t tool_fields[] = {
    CYAML_FIELD_STRING("name", REQUIRED, struct cfg_doc_tool, name, 1),
    CYAML_FIELD_STRING("device", REQUIRED, struct cfg_doc_tool, device, 1),
    CYAML_FIELD_SEQUENCE_FIXED("tip_mm", REQUIRED, struct cfg_doc_tool, tip_mm, &number, 3),
    CYAML_FIELD_SEQUENCE_FIXED("axis", REQUIRED, struct cfg_doc_tool, axis, &number, 3),
    CYAML_FIELD_ENUM("relative_to", STRICT | OPTIONAL, struct cfg_doc_tool, relative_to,
                     relative_words, CYAML_ARRAY_LEN(relative_words)),
    CYAML_FIELD_MAPPING_PTR("geometry", OPTIONAL, struct cfg_doc_tool, geometry, geometry_fields),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t tool_value = {
    CYAML_VALUE_MAPPING(REQUIRED, struct cfg_doc_tool, tool_fields)};

static const cyaml_schema_field_t volume_fields[] = {
    CYAML_FIELD_STRING("name", REQUIRED, struct cfg_doc_volume, name, 1),
    CYAML_FIELD_STRING_PTR("file", REQUIRED, struct cfg_doc_volume, file, 1, TEXT_MAX),
    CYAML_FIELD_ENUM("modality", STRICT, struct cfg_doc_volume, modality, modality_words,
                     CYAML_ARRAY_LEN(modality_words)),
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

static const cyaml_schema_field_t display_fields[] = {
    CYAML_FIELD_STRING("name", REQUIRED, struct cfg_doc_display, name, 1),
    CYAML_FIELD_ENUM("layout", STRICT | OPTIONAL, struct cfg_doc_display, layout, layout_words,
                     CYAML_ARRAY_LEN(layout_words)),
    CYAML_FIELD_ENUM("side", STRICT | OPTIONAL, struct cfg_doc_display, side, side_words,
                     CYAML_ARRAY_LEN(side_words)),
    CYAML_FIELD_STRING("monitor", OPTIONAL, struct cfg_doc_display, monitor, 0),
    CYAML_FIELD_SEQUENCE_FIXED("size", OPTIONAL_LIST, struct cfg_doc_display, size, &pixels, 2),
    CYAML_FIELD_BOOL("fullscreen", OPTIONAL, struct cfg_doc_display, fullscreen),
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
    CYAML_FIELD_MAPPING_PTR("limits", OPTIONAL, struct cfg_doc, limits, limits_fields),
    CYAML_FIELD_END,
};

const cyaml_schema_value_t cfg_doc_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct cfg_doc, document_fields)};
