/* Displays, listeners, connectors and limits of a case. */
#include "case_loader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    DEFAULT_PORT = 18944,
    DISPLAY_WIDTH_MIN = 640,
    DISPLAY_HEIGHT_MIN = 480,
    DISPLAY_SIDE_MAX = 16384,
    STREAM_MS_MAX = 1000,
    KEYHOLE_MM_MIN = 5,
    KEYHOLE_MM_MAX = 60,
    DEFAULT_DISPLAY_WIDTH = 1920,
    DEFAULT_DISPLAY_HEIGHT = 1080
};

/* The assistant stands opposite of who sees the usual picture. */
static enum cfg_side side_of(const struct cfg_doc_display *doc)
{
    switch (doc->side) {
    case CFG_DOC_SIDE_FOOT:
        return CFG_SIDE_FOOT;
    case CFG_DOC_SIDE_HEAD:
        return CFG_SIDE_HEAD;
    case CFG_DOC_SIDE_LEFT:
        return CFG_SIDE_LEFT;
    case CFG_DOC_SIDE_RIGHT:
        return CFG_SIDE_RIGHT;
    default:
        return doc->layout == CFG_LAYOUT_ASSISTANT ? CFG_SIDE_HEAD : CFG_SIDE_FOOT;
    }
}

static enum nav_status take_key(const struct cfg_loader *loader, const struct cfg_yaml_node *node,
                                enum nav_key key, enum nav_act act, struct nav_key_map *keys)
{
    if (keys->own[key]) {
        return cfg_refuse(loader, node, NAV_ERR_EXISTS,
                          "the key '%s' is given to '%s' already; a key has one action",
                          nav_key_name(key), nav_act_name((enum nav_act)keys->act[key]));
    }
    keys->act[key] = (uint8_t)act;
    keys->own[key] = true;
    return NAV_OK;
}

/* The case's own keys over the usual ones, in the order of the list of actions. */
static enum nav_status take_keys(const struct cfg_loader *loader, const struct cfg_yaml_node *node,
                                 const struct cfg_doc_keys *doc, struct nav_key_map *keys)
{
    enum nav_status status = NAV_OK;
    *keys = nav_key_map_default();
    for (unsigned act = 0; doc != NULL && act < NAV_ACT_COUNT; ++act) {
        const struct cfg_yaml_node *list = cfg_yaml_child(node, nav_act_name((enum nav_act)act));
        for (uint32_t i = 0; i < doc->count[act] && status == NAV_OK; ++i) {
            status =
                take_key(loader, cfg_yaml_item(list, i), doc->of[act][i], (enum nav_act)act, keys);
        }
    }
    return status;
}

static enum nav_status take_hands(const struct cfg_loader *loader, const struct cfg_yaml_node *node,
                                  const struct cfg_doc_display *doc, struct cfg_display *display)
{
    display->touch = doc->touch;
    display->keyhole_mm = doc->keyhole_mm != NULL ? *doc->keyhole_mm : 0.0;
    if (doc->keyhole_mm != NULL &&
        !(display->keyhole_mm >= KEYHOLE_MM_MIN && display->keyhole_mm <= KEYHOLE_MM_MAX)) {
        return cfg_refuse(loader, cfg_at_value(node, "keyhole_mm"), NAV_ERR_RANGE,
                          "%g is out of range; %d to %d (mm), or leave it out", display->keyhole_mm,
                          KEYHOLE_MM_MIN, KEYHOLE_MM_MAX);
    }
    return take_keys(loader, cfg_yaml_child(node, "keys"), doc->keys, &display->keys);
}

/* A numeric address: four numbers of IPv4, or the characters of IPv6, which only binding proves. */
static bool is_address(const char *text)
{
    if (strchr(text, ':') != NULL) {
        return strspn(text, "0123456789abcdefABCDEF:.") == strlen(text);
    }
    int numbers = 0;
    for (const char *c = text;; ++c) {
        const size_t digits = strspn(c, "0123456789");
        if (digits < 1 || digits > 3 || strtol(c, NULL, 10) > 255) {
            return false;
        }
        ++numbers;
        c += digits;
        if (*c != '.') {
            return *c == '\0' && numbers == 4;
        }
    }
}

/* Where a display's picture goes besides its screen; nowhere unless it is named. */
static enum nav_status take_outlets(const struct cfg_loader *loader,
                                    const struct cfg_yaml_node *node,
                                    const struct cfg_doc_display *doc, struct cfg_display *display)
{
    char address[NAV_NAME_SIZE];
    memcpy(address, doc->publish_view, sizeof(address));
    char *colon = strrchr(address, ':');
    if (address[0] != '\0') {
        bool good = colon != NULL && strspn(colon + 1, "0123456789") == strlen(colon + 1) &&
                    colon[1] != '\0' && strlen(colon + 1) <= 5 &&
                    strtol(colon + 1, NULL, 10) <= UINT16_MAX;
        if (good) {
            *colon = '\0';
            good = is_address(address);
        }
        if (!good) {
            return cfg_refuse(loader, cfg_at_value(node, "publish_view"), NAV_ERR_RANGE,
                              "'%s' is not ADDRESS:PORT, such as 127.0.0.1:18950",
                              doc->publish_view);
        }
    }
    memcpy(display->publish_view, doc->publish_view, sizeof(display->publish_view));
    if (doc->record_view[0] == '\0') {
        return NAV_OK;
    }
    const bool absolute = doc->record_view[0] == '/';
    const int length =
        snprintf(display->record_view, sizeof(display->record_view), "%s%s%s",
                 absolute ? "" : loader->loaded->folder, absolute ? "" : "/", doc->record_view);
    return length > 0 && (size_t)length < sizeof(display->record_view)
               ? NAV_OK
               : cfg_refuse(loader, cfg_at_value(node, "record_view"), NAV_ERR_RANGE,
                            "the path is too long");
}

enum nav_status cfg_take_displays(struct cfg_loader *loader)
{
    struct cfg_case *loaded = loader->loaded;
    for (size_t i = 0; i < loader->doc->displays_count; ++i) {
        const struct cfg_doc_display *doc = &loader->doc->displays[i];
        const struct cfg_yaml_node *node = cfg_at_entry(loader, "displays", i);
        struct cfg_display *display = &loaded->displays[i];
        loaded->display_count = i + 1;
        enum nav_status status = cfg_take_name(loader, "displays", i, doc->name, display->name,
                                               loaded->displays[0].name, sizeof(*display));
        if (status == NAV_OK) {
            status = take_outlets(loader, node, doc, display);
        }
        if (status != NAV_OK) {
            return status;
        }
        display->layout = doc->layout;
        display->side = side_of(doc);
        display->language = doc->language;
        memcpy(display->monitor, doc->monitor, sizeof(display->monitor));
        display->fullscreen = doc->fullscreen;
        display->width_px = doc->size != NULL ? doc->size[0] : DEFAULT_DISPLAY_WIDTH;
        display->height_px = doc->size != NULL ? doc->size[1] : DEFAULT_DISPLAY_HEIGHT;
        if (display->width_px < DISPLAY_WIDTH_MIN || display->width_px > DISPLAY_SIDE_MAX ||
            display->height_px < DISPLAY_HEIGHT_MIN || display->height_px > DISPLAY_SIDE_MAX) {
            return cfg_refuse(loader, cfg_at_value(node, "size"), NAV_ERR_RANGE,
                              "%d x %d is out of range; at least %d x %d, at most %d a side",
                              display->width_px, display->height_px, DISPLAY_WIDTH_MIN,
                              DISPLAY_HEIGHT_MIN, DISPLAY_SIDE_MAX);
        }
        const enum nav_status taken = take_hands(loader, node, doc, display);
        if (taken != NAV_OK) {
            return taken;
        }
    }
    return NAV_OK;
}

enum nav_status cfg_take_listeners(struct cfg_loader *loader)
{
    struct cfg_case *loaded = loader->loaded;
    if (cfg_yaml_child(cfg_yaml_root(loader->tree), "listeners") == NULL) {
        loaded->listeners[0] =
            (struct cfg_listener){.address = "127.0.0.1", .port = DEFAULT_PORT, .publish = true};
        loaded->listener_count = 1;
        return NAV_OK;
    }
    for (size_t i = 0; i < loader->doc->listeners_count; ++i) {
        const struct cfg_doc_listener *doc = &loader->doc->listeners[i];
        const struct cfg_yaml_node *node = cfg_at_entry(loader, "listeners", i);
        if (!is_address(doc->address)) {
            return cfg_refuse(loader, cfg_at_value(node, "address"), NAV_ERR_SYNTAX,
                              "'%s' is not an IP address; write one such as 127.0.0.1 or \"::1\"",
                              doc->address);
        }
        for (size_t k = 0; k < i; ++k) {
            if (doc->port != 0 && doc->port == loaded->listeners[k].port &&
                strcmp(doc->address, loaded->listeners[k].address) == 0) {
                return cfg_refuse(loader, node, NAV_ERR_EXISTS,
                                  "%s port %u is listed twice; remove one", doc->address,
                                  doc->port);
            }
        }
        struct cfg_listener *listener = &loaded->listeners[i];
        memcpy(listener->address, doc->address, sizeof(listener->address));
        listener->port = doc->port;
        listener->publish = doc->publish == NULL || *doc->publish;
        listener->command_count = doc->commands_count;
        if (doc->commands_count > 0) {
            memcpy(listener->commands, doc->commands,
                   doc->commands_count * sizeof(listener->commands[0]));
        }
        loaded->listener_count = i + 1;
    }
    return NAV_OK;
}

enum nav_status cfg_take_connectors(struct cfg_loader *loader)
{
    struct cfg_case *loaded = loader->loaded;
    for (size_t i = 0; i < loader->doc->connectors_count; ++i) {
        const struct cfg_doc_connector *doc = &loader->doc->connectors[i];
        const struct cfg_yaml_node *node = cfg_at_entry(loader, "connectors", i);
        if (!is_address(doc->address)) {
            return cfg_refuse(
                loader, cfg_at_value(node, "address"), NAV_ERR_SYNTAX,
                "'%s' is not an IP address; write one such as 192.168.0.5 or \"fd00::5\"",
                doc->address);
        }
        if (doc->port == 0) {
            return cfg_refuse(loader, cfg_at_value(node, "port"), NAV_ERR_RANGE,
                              "0 is no port to connect to; 1 to 65535");
        }
        const uint32_t stream_ms = doc->stream_ms != NULL ? *doc->stream_ms : 0;
        if (stream_ms > STREAM_MS_MAX) {
            return cfg_refuse(loader, cfg_at_value(node, "stream_ms"), NAV_ERR_RANGE,
                              "%u is out of range; 0 to %d (ms)", stream_ms, STREAM_MS_MAX);
        }
        for (size_t k = 0; k < i; ++k) {
            if (doc->port == loaded->connectors[k].port &&
                strcmp(doc->address, loaded->connectors[k].address) == 0) {
                return cfg_refuse(loader, node, NAV_ERR_EXISTS,
                                  "%s port %u is listed twice; remove one", doc->address,
                                  doc->port);
            }
        }
        struct cfg_connector *connector = &loaded->connectors[i];
        memcpy(connector->address, doc->address, sizeof(connector->address));
        connector->port = doc->port;
        connector->reconnect = doc->reconnect == NULL || *doc->reconnect;
        connector->hello = doc->hello == NULL || *doc->hello;
        connector->stream = doc->stream_ms != NULL;
        connector->stream_ms = stream_ms;
        loaded->connector_count = i + 1;
    }
    return NAV_OK;
}

enum nav_status cfg_take_recording(struct cfg_loader *loader)
{
    const struct cfg_doc_recording *doc = loader->doc->recording;
    struct cfg_recording *recording = &loader->loaded->recording;
    recording->enabled = doc == NULL || doc->enabled == NULL || *doc->enabled;
    if (doc == NULL) {
        return NAV_OK;
    }
    recording->images = doc->images;
    if (doc->folder != NULL) {
        /* It need not exist yet: who records makes it. */
        const bool absolute = doc->folder[0] == '/';
        if (asprintf(&recording->folder, "%s%s%s", absolute ? "" : loader->loaded->folder,
                     absolute ? "" : "/", doc->folder) < 0) {
            recording->folder = NULL;
            return cfg_refuse_memory(loader);
        }
    }
    return NAV_OK;
}

static enum nav_status take_limit(const struct cfg_loader *loader, const char *name,
                                  const double *given, double min, double max, const char *unit,
                                  double *out_value)
{
    if (given == NULL) {
        return NAV_OK;
    }
    if (!(*given >= min && *given <= max)) {
        return cfg_refuse(loader, cfg_at_value(cfg_at_section(loader, "limits"), name),
                          NAV_ERR_RANGE, "%g is out of range; %g to %g (%s)", *given, min, max,
                          unit);
    }
    *out_value = *given;
    return NAV_OK;
}

/* The upper row of a pair must stay above (or at) the lower one. */
struct pair {
    const char *low_name;
    double low;
    const char *high_name;
    double high;
    bool equal_allowed;
};

static enum nav_status check_pair(const struct cfg_loader *loader, const struct pair *pair)
{
    if (pair->low < pair->high || (pair->equal_allowed && pair->low <= pair->high)) {
        return NAV_OK;
    }
    const struct cfg_yaml_node *limits = cfg_at_section(loader, "limits");
    const struct cfg_yaml_node *node = cfg_yaml_child(limits, pair->high_name);
    return cfg_refuse(loader, node != NULL ? node : cfg_at_value(limits, pair->low_name),
                      NAV_ERR_REFUSED, "%s (%g) must be %s %s (%g); change one of them",
                      pair->high_name, pair->high, pair->equal_allowed ? "at least" : "above",
                      pair->low_name, pair->low);
}

enum nav_status cfg_take_limits(const struct cfg_loader *loader)
{
    struct cfg_limits *limits = &loader->loaded->limits;
    *limits = cfg_limits_default();
    const struct cfg_doc_limits *doc = loader->doc->limits;
    if (doc == NULL) {
        return NAV_OK;
    }
    enum nav_status status = NAV_OK;
#define TAKE_LIMIT(name, def, min, max, unit, help)                                                \
    if (status == NAV_OK) {                                                                        \
        status = take_limit(loader, #name, doc->name, (min), (max), unit, &limits->name);          \
    }
    CFG_LIMITS_LIST(TAKE_LIMIT)
#undef TAKE_LIMIT
#define PAIR(low, high, equal_allowed)                                                             \
    {                                                                                              \
#low, limits->low, #high, limits->high, equal_allowed                                      \
    }
    const struct pair pairs[] = {
        PAIR(caution_age_ms, withhold_age_ms, false),
        PAIR(fit_error_caution_mm, fit_error_withhold_mm, false),
        PAIR(check_caution_mm, check_withhold_mm, false),
        PAIR(divot_caution_mm, divot_refuse_mm, false),
        PAIR(off_plane_caution_mm, off_plane_stop_mm, false),
        PAIR(off_angle_caution_deg, off_angle_stop_deg, false),
        PAIR(nerve_stop_mm, nerve_caution_mm, true),
        PAIR(dura_stop_mm, dura_caution_mm, true),
        PAIR(vessel_stop_mm, vessel_caution_mm, true),
        PAIR(organ_stop_mm, organ_caution_mm, true),
        PAIR(tumour_stop_mm, tumour_caution_mm, true),
        PAIR(connections_per_address, connections_max, true),
        PAIR(reconnect_min_ms, reconnect_max_ms, true),
    };
#undef PAIR
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]) && status == NAV_OK; ++i) {
        status = check_pair(loader, &pairs[i]);
    }
    return status;
}
