/* What the messages of one peer have in common: rate, gaps, validity, clock, and what is suspicious
 * about them. Pure but for memory. Thread: one. */
#ifndef LINK_SURVEY_H
#define LINK_SURVEY_H

#include <stdint.h>

#include <jansson.h>

#include "link_peer.h"
#include "nav/limits.h"
#include "wire_message.h"

enum { LINK_STREAMS_MAX = 128 };

/* Messages, or tools within TDATA, of one type and name. */
struct link_stream {
    char type[WIRE_TYPE_SIZE + 1];
    char name[NAV_NAME_SIZE];
    uint64_t count;
    uint16_t version;       /* highest header version seen */
    uint64_t stated;        /* with a statement about their validity */
    uint64_t ok;            /* stated as valid */
    uint64_t unstamped;     /* time stamp 0 */
    uint64_t not_advancing; /* time stamp not after the one before */
    uint64_t poses;         /* with a matrix that was looked at */
    uint64_t not_rigid;
    uint64_t identity;
    uint64_t repeated; /* bit for bit as the one before */
    int64_t first_ns;  /* monotonic */
    int64_t last_ns;
    int64_t gap_max_ns;
    int64_t age_min_ns; /* arrival - stamp, by the wall clocks of both machines */
    int64_t age_max_ns;
    int64_t last_stamp_ns;
    float last_pose[12];
    char mode[16]; /* what the sender says it is: "live", "simulation", "replay"; or nothing */
};

struct link_survey {
    size_t stream_count;
    uint64_t overflow; /* messages of streams beyond LINK_STREAMS_MAX */
    uint64_t messages;
    uint64_t rejected;
    struct link_stream streams[LINK_STREAMS_MAX];
};

void link_survey_note(struct link_survey *survey, const struct link_arrival *arrival,
                      const struct wire_message *message);

/* Messages per second; 0 with fewer than two. */
double link_stream_rate_hz(const struct link_stream *stream);

/* What an engineer should know, as a list of sentences. */
json_t *link_survey_findings(const struct link_survey *survey);

/* The streams as a list of objects. */
json_t *link_survey_json(const struct link_survey *survey);

#endif
