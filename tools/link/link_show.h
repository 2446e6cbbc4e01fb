/* Messages for people (one line each) and for programs (one JSON object a line). Thread: one. */
#ifndef LINK_SHOW_H
#define LINK_SHOW_H

#include <stdbool.h>
#include <stdio.h>

#include "link_peer.h"

struct link_show {
    FILE *out;
    bool json;
    bool data;    /* contents as hexadecimal text too */
    bool offsets; /* a file: the place in it instead of the time of arrival */
};

void link_show_message(const struct link_show *show, const struct link_arrival *arrival,
                       const struct wire_message *message);

/* A message that is broken: why, and its bytes. */
void link_show_rejected(const struct link_show *show, const struct link_arrival *arrival,
                        enum nav_status why, const uint8_t *raw, size_t size);

/* What the sender says about the pose in a word: its status; "-" when it says nothing. */
const char *link_status_word(const struct wire_message *message);

#endif
