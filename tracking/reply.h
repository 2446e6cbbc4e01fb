/* What became of a command: one line for people. Thread: any. */
#ifndef TRK_REPLY_H
#define TRK_REPLY_H

#include <stdbool.h>
#include <stdio.h>

enum { TRK_REPLY_SIZE = 768 };

struct trk_reply {
    bool done;
    char text[TRK_REPLY_SIZE];
};

/* trk_reply_set(reply, done, format, ...): text that is too long is cut off. */
#define trk_reply_set(reply, is_done, ...)                                                         \
    ((reply)->done = (is_done), (void)snprintf((reply)->text, sizeof((reply)->text), __VA_ARGS__))

#endif
