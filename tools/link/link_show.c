#include "link_show.h"

#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "link_json.h"
#include "nav/limits.h"
#include "nav/pose.h"
#include "nav/time.h"
#include "wire_sender_status.h"
#include "wire_transform.h"

enum { SUMMARY_MAX = 110, HEX_BYTES_MAX = 512, HEX_WIDTH = 16, PLACE_SIZE = 32 };

const char *link_status_word(const struct wire_message *message)
{
    switch (wire_sender_status_of_message(message)) {
    case NAV_SENDER_UNSTATED:
        return "-";
    case NAV_SENDER_OK:
        return "OK";
    case NAV_SENDER_MISSING:
        return "MISSING";
    case NAV_SENDER_OUT_OF_VIEW:
        return "OUT_OF_VIEW";
    case NAV_SENDER_OUT_OF_VOLUME:
        return "OUT_OF_VOLUME";
    case NAV_SENDER_INVALID:
        return "INVALID";
    case NAV_SENDER_UNKNOWN_WORD:
        break;
    }
    return "UNKNOWN";
}

/* Time of arrival, or the place in a file. */
static void print_place(const struct link_show *show, const struct link_arrival *arrival)
{
    char place[PLACE_SIZE];
    if (show->offsets) {
        (void)snprintf(place, sizeof(place), "@%" PRIu64, arrival->offset);
    } else {
        const time_t seconds = (time_t)(arrival->utc_ns / NAV_NS_PER_S);
        struct tm utc;
        (void)gmtime_r(&seconds, &utc);
        const size_t n = strftime(place, sizeof(place), "%H:%M:%S", &utc);
        (void)snprintf(place + n, sizeof(place) - n, ".%06lld",
                       (long long)(arrival->utc_ns % NAV_NS_PER_S / NAV_NS_PER_US));
    }
    fprintf(show->out, "%s  %s  ", place, arrival->peer);
}

static void print_transform(FILE *out, const struct wire_message *message)
{
    struct wire_transform transform;
    if (wire_transform_decode(message->content, message->content_size, &transform) != NAV_OK) {
        fputs("wrong length for its type", out);
        return;
    }
    double R[9];
    for (int i = 0; i < 9; ++i) {
        R[i] = (double)transform.R[i];
    }
    const struct nav_rigidity rigidity = nav_rigidity_of(R);
    fprintf(out, "%s  t (%.3f, %.3f, %.3f) mm", link_status_word(message),
            (double)transform.t_mm[0], (double)transform.t_mm[1], (double)transform.t_mm[2]);
    if (!(rigidity.orthogonality < 1e-3 && fabs(rigidity.determinant - 1.0) < 1e-3)) {
        fprintf(out, "  NOT RIGID (det %.4g)", rigidity.determinant);
    }
}

/* Any other content: its JSON, cut to a line. */
static void print_content(FILE *out, const struct wire_message *message)
{
    json_t *content = link_json_of_content(message);
    char *text =
        content != NULL ? json_dumps(content, JSON_COMPACT | JSON_REAL_PRECISION(6)) : NULL;
    if (text != NULL) {
        const size_t length = strlen(text);
        fprintf(out, "%.*s%s", SUMMARY_MAX, text, length > SUMMARY_MAX ? "..." : "");
    } else {
        fprintf(out, "%zu bytes of content", message->content_size);
    }
    free(text);
    json_decref(content);
}

static void print_line(const struct link_show *show, const struct link_arrival *arrival,
                       const struct wire_message *message)
{
    char name[NAV_NAME_SIZE];
    const char *device = message->device;
    if (wire_device_name(message, name, sizeof(name)) == NAV_OK) {
        device = name;
    }
    print_place(show, arrival);
    fprintf(show->out, "v%u %-12s %-20s %7zu B  ", (unsigned)message->version, message->type,
            device[0] != '\0' ? device : "-", message->raw_size);
    if (!show->offsets) {
        if (message->device_ns == 0) {
            fputs("no stamp        ", show->out);
        } else {
            fprintf(show->out, "age %8.2f ms  ",
                    (double)(arrival->utc_ns - message->device_ns) / (double)NAV_NS_PER_MS);
        }
    }
    if (message->kind == WIRE_KIND_TRANSFORM) {
        print_transform(show->out, message);
    } else {
        print_content(show->out, message);
    }
    (void)fputc('\n', show->out);
    (void)fflush(show->out);
}

/* Where a message came from and when, at the front of its object. */
static json_t *json_place(const struct link_show *show, const struct link_arrival *arrival)
{
    json_t *object = json_object();
    if (show->offsets) {
        (void)json_object_set_new(object, "file", json_string(arrival->peer));
        (void)json_object_set_new(object, "offset", json_integer((json_int_t)arrival->offset));
    } else {
        (void)json_object_set_new(object, "arrival_ns", json_integer(arrival->utc_ns));
        (void)json_object_set_new(object, "peer", json_string(arrival->peer));
    }
    return object;
}

static void print_json(const struct link_show *show, json_t *object)
{
    (void)json_dumpf(object, show->out, JSON_COMPACT | JSON_REAL_PRECISION(17));
    (void)fputc('\n', show->out);
    (void)fflush(show->out);
    json_decref(object);
}

void link_show_message(const struct link_show *show, const struct link_arrival *arrival,
                       const struct wire_message *message)
{
    if (!show->json) {
        print_line(show, arrival, message);
        return;
    }
    json_t *object = json_place(show, arrival);
    json_t *body = link_json_of_message(message, show->data);
    (void)json_object_update(object, body);
    json_decref(body);
    print_json(show, object);
}

static void print_hex(FILE *out, const uint8_t *raw, size_t size)
{
    const size_t shown = size < HEX_BYTES_MAX ? size : HEX_BYTES_MAX;
    for (size_t row = 0; row < shown; row += HEX_WIDTH) {
        char text[HEX_WIDTH + 1] = {0};
        fprintf(out, "    %6zu ", row);
        for (size_t i = 0; i < HEX_WIDTH; ++i) {
            if (row + i < shown) {
                fprintf(out, " %02x", raw[row + i]);
                text[i] = isprint(raw[row + i]) != 0 ? (char)raw[row + i] : '.';
            } else {
                fputs("   ", out);
            }
        }
        fprintf(out, "  %s\n", text);
    }
    if (shown < size) {
        fprintf(out, "    ... %zu bytes more\n", size - shown);
    }
}

void link_show_rejected(const struct link_show *show, const struct link_arrival *arrival,
                        enum nav_status why, const uint8_t *raw, size_t size)
{
    if (show->json) {
        json_t *object = json_place(show, arrival);
        char *hex = link_hex(raw, size);
        (void)json_object_set_new(object, "rejected", json_string(nav_status_text(why)));
        (void)json_object_set_new(object, "size", json_integer((json_int_t)size));
        (void)json_object_set_new(object, "hex", json_string(hex != NULL ? hex : ""));
        free(hex);
        print_json(show, object);
        return;
    }
    print_place(show, arrival);
    fprintf(show->out, "REJECTED: %s, %zu bytes\n", nav_status_text(why), size);
    print_hex(show->out, raw, size);
    (void)fflush(show->out);
}
