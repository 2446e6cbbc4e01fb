#include "link_survey.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nav/pose.h"
#include "nav/time.h"
#include "wire_metadata.h"
#include "wire_sender_status.h"
#include "wire_tdata.h"
#include "wire_transform.h"

enum { FINDING_SIZE = 256 };

/* When something is worth a sentence. */
static const double rigid_tolerance = 2e-3;
static const double identity_tolerance = 1e-6;
static const int64_t clock_apart_ns = 50 * NAV_NS_PER_MS;
static const int64_t gap_long_ns = 250 * NAV_NS_PER_MS;
static const double repeated_part = 0.5;

static struct link_stream *stream_of(struct link_survey *survey, const char *type, const char *name)
{
    for (size_t i = 0; i < survey->stream_count; ++i) {
        struct link_stream *stream = &survey->streams[i];
        if (strcmp(stream->type, type) == 0 && strcmp(stream->name, name) == 0) {
            return stream;
        }
    }
    if (survey->stream_count == LINK_STREAMS_MAX) {
        ++survey->overflow;
        return NULL;
    }
    struct link_stream *stream = &survey->streams[survey->stream_count];
    ++survey->stream_count;
    *stream = (struct link_stream){.age_min_ns = INT64_MAX, .age_max_ns = INT64_MIN};
    (void)snprintf(stream->type, sizeof(stream->type), "%s", type);
    (void)snprintf(stream->name, sizeof(stream->name), "%s", name);
    return stream;
}

static void note_pose(struct link_stream *stream, const struct wire_transform *transform)
{
    float pose[12];
    double R[9];
    memcpy(pose, transform->R, sizeof(transform->R));
    memcpy(pose + 9, transform->t_mm, sizeof(transform->t_mm));
    double from_identity = 0;
    for (int i = 0; i < 9; ++i) {
        R[i] = (double)transform->R[i];
        from_identity = fmax(from_identity, fabs(R[i] - (i % 4 == 0 ? 1.0 : 0.0)));
    }
    for (int i = 0; i < 3; ++i) {
        from_identity = fmax(from_identity, fabs((double)transform->t_mm[i]));
    }
    const struct nav_rigidity rigidity = nav_rigidity_of(R);
    if (!(rigidity.orthogonality <= rigid_tolerance &&
          fabs(rigidity.determinant - 1.0) <= rigid_tolerance)) {
        ++stream->not_rigid;
    }
    stream->identity += from_identity < identity_tolerance ? 1 : 0;
    if (stream->poses > 0 && memcmp(pose, stream->last_pose, sizeof(pose)) == 0) {
        ++stream->repeated;
    }
    ++stream->poses;
    memcpy(stream->last_pose, pose, sizeof(pose));
}

/* Our publishers say with each pose what they are. */
static void note_mode(struct link_stream *stream, const struct wire_message *message)
{
    struct wire_metadata_entry entry;
    if (wire_metadata_find(message, "Mode", &entry, NULL) == NAV_OK) {
        (void)snprintf(stream->mode, sizeof(stream->mode), "%.*s",
                       (int)(entry.value_size < sizeof(stream->mode) ? entry.value_size : 0),
                       entry.value);
    }
}

static void note(struct link_stream *stream, const struct link_arrival *arrival,
                 const struct wire_message *message, enum nav_sender_status status)
{
    if (stream->count == 0) {
        stream->first_ns = arrival->monotonic_ns;
    } else if (arrival->monotonic_ns - stream->last_ns > stream->gap_max_ns) {
        stream->gap_max_ns = arrival->monotonic_ns - stream->last_ns;
    }
    stream->last_ns = arrival->monotonic_ns;
    stream->version = message->version > stream->version ? message->version : stream->version;
    stream->stated += status != NAV_SENDER_UNSTATED ? 1 : 0;
    stream->ok += status == NAV_SENDER_OK ? 1 : 0;
    if (message->device_ns == 0) {
        ++stream->unstamped;
    } else {
        const int64_t age_ns = arrival->utc_ns - message->device_ns;
        stream->age_min_ns = age_ns < stream->age_min_ns ? age_ns : stream->age_min_ns;
        stream->age_max_ns = age_ns > stream->age_max_ns ? age_ns : stream->age_max_ns;
        if (stream->count > 0 && message->device_ns <= stream->last_stamp_ns) {
            ++stream->not_advancing;
        }
    }
    stream->last_stamp_ns = message->device_ns;
    note_mode(stream, message);
    ++stream->count;
}

static void note_tdata(struct link_survey *survey, const struct link_arrival *arrival,
                       const struct wire_message *message)
{
    for (size_t i = 0; i < wire_tdata_count(message->content_size); ++i) {
        struct wire_tdata_tool tool;
        if (wire_tdata_tool_at(message->content, message->content_size, i, &tool) != NAV_OK) {
            continue;
        }
        struct link_stream *stream = stream_of(survey, message->type, tool.name);
        if (stream != NULL) {
            note(stream, arrival, message, wire_sender_status_of_tool(message, tool.name));
            note_pose(stream, &tool.pose);
        }
    }
}

void link_survey_note(struct link_survey *survey, const struct link_arrival *arrival,
                      const struct wire_message *message)
{
    ++survey->messages;
    if (message->kind == WIRE_KIND_TDATA && message->content_size > 0) {
        note_tdata(survey, arrival, message);
        return;
    }
    char name[NAV_NAME_SIZE];
    if (wire_device_name(message, name, sizeof(name)) != NAV_OK) {
        (void)snprintf(name, sizeof(name), "%s", message->device);
    }
    struct link_stream *stream = stream_of(survey, message->type, name);
    if (stream == NULL) {
        return;
    }
    note(stream, arrival, message, wire_sender_status_of_message(message));
    struct wire_transform transform;
    if (message->kind == WIRE_KIND_TRANSFORM &&
        wire_transform_decode(message->content, message->content_size, &transform) == NAV_OK) {
        note_pose(stream, &transform);
    }
}

double link_stream_rate_hz(const struct link_stream *stream)
{
    const int64_t span_ns = stream->last_ns - stream->first_ns;
    return stream->count > 1 && span_ns > 0
               ? (double)(stream->count - 1) * (double)NAV_NS_PER_S / (double)span_ns
               : 0.0;
}

static void say(json_t *findings, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void say(json_t *findings, const char *format, ...)
{
    char text[FINDING_SIZE];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    (void)json_array_append_new(findings, json_string(text));
}

static void judge_pose(json_t *findings, const struct link_stream *stream)
{
    const char *name = stream->name;
    if (stream->mode[0] != '\0' && strcmp(stream->mode, "live") != 0) {
        say(findings, "%s: says that it is a %s; nobody is operated on", name, stream->mode);
    }
    if (stream->stated == 0) {
        say(findings, "%s: states no validity; a hidden tool cannot be told from a still one%s",
            name, stream->version < 2 ? " (header version 1)" : "");
    } else if (stream->ok == 0) {
        say(findings, "%s: never valid; the tracker does not see it", name);
    } else if (stream->ok < stream->stated) {
        say(findings, "%s: not valid in %llu of %llu messages", name,
            (unsigned long long)(stream->stated - stream->ok), (unsigned long long)stream->count);
    }
    if (stream->not_rigid > 0) {
        say(findings, "%s: not a rigid transform in %llu of %llu messages", name,
            (unsigned long long)stream->not_rigid, (unsigned long long)stream->poses);
    }
    if (stream->identity > 0) {
        say(findings, "%s: the identity pose in %llu of %llu messages; no tracker measures that",
            name, (unsigned long long)stream->identity, (unsigned long long)stream->poses);
    } else if ((double)stream->repeated > repeated_part * (double)stream->poses) {
        say(findings, "%s: the same pose bit for bit in %llu of %llu messages; is it really seen?",
            name, (unsigned long long)stream->repeated, (unsigned long long)stream->poses);
    }
    if (stream->gap_max_ns > gap_long_ns) {
        say(findings, "%s: up to %.0f ms without a message", name,
            (double)stream->gap_max_ns / (double)NAV_NS_PER_MS);
    }
}

static void judge_clock(json_t *findings, const struct link_stream *stream)
{
    if (stream->unstamped == stream->count) {
        say(findings, "%s: no time stamps; the time of acquisition is lost", stream->name);
        return;
    }
    if (stream->not_advancing > 0) {
        say(findings, "%s: the time stamp does not advance in %llu of %llu messages", stream->name,
            (unsigned long long)stream->not_advancing, (unsigned long long)stream->count);
    }
    if (llabs(stream->age_min_ns) > clock_apart_ns) {
        say(findings, "%s: its clock is %.3f s %s this machine's", stream->name,
            fabs((double)stream->age_min_ns) / (double)NAV_NS_PER_S,
            stream->age_min_ns > 0 ? "behind" : "ahead of");
    }
}

json_t *link_survey_findings(const struct link_survey *survey)
{
    json_t *findings = json_array();
    bool has_pose = false;
    for (size_t i = 0; i < survey->stream_count; ++i) {
        const struct link_stream *stream = &survey->streams[i];
        if (stream->poses > 0) {
            judge_pose(findings, stream);
            judge_clock(findings, stream);
            has_pose = true;
        }
    }
    if (survey->messages == 0) {
        say(findings, "nothing came: the server sees no tool and sends valid poses only, or sends "
                      "only what is asked for (try --stream 20)");
    } else if (!has_pose) {
        say(findings, "messages came, but no pose among them");
    }
    if (survey->rejected > 0) {
        say(findings, "%llu broken messages; `osteonav igtl listen` shows their bytes",
            (unsigned long long)survey->rejected);
    }
    if (survey->overflow > 0) {
        say(findings, "more than %d streams; %llu messages are not in this list", LINK_STREAMS_MAX,
            (unsigned long long)survey->overflow);
    }
    return findings;
}

static json_t *age_ms(const struct link_stream *stream, int64_t age_ns)
{
    return stream->unstamped == stream->count ? json_null()
                                              : json_real((double)age_ns / (double)NAV_NS_PER_MS);
}

json_t *link_survey_json(const struct link_survey *survey)
{
    json_t *streams = json_array();
    for (size_t i = 0; i < survey->stream_count; ++i) {
        const struct link_stream *stream = &survey->streams[i];
        json_t *object = json_pack(
            "{s:s, s:s, s:I, s:f, s:f, s:i, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "type",
            stream->type, "name", stream->name, "count", (json_int_t)stream->count, "rate_hz",
            link_stream_rate_hz(stream), "max_gap_ms",
            (double)stream->gap_max_ns / (double)NAV_NS_PER_MS, "version", (int)stream->version,
            "stated", (json_int_t)stream->stated, "ok", (json_int_t)stream->ok, "poses",
            (json_int_t)stream->poses, "not_rigid", (json_int_t)stream->not_rigid, "identity",
            (json_int_t)stream->identity, "repeated", (json_int_t)stream->repeated, "unstamped",
            (json_int_t)stream->unstamped, "not_advancing", (json_int_t)stream->not_advancing);
        (void)json_object_set_new(object, "age_min_ms", age_ms(stream, stream->age_min_ns));
        (void)json_object_set_new(object, "age_max_ms", age_ms(stream, stream->age_max_ns));
        (void)json_array_append_new(streams, object);
    }
    return streams;
}
