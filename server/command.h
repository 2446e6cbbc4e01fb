/* A command as text: one JSON object a line in, one JSON object a line out.
 *
 *   {"command": "landmark start", "arguments": {"name": "promontory"}}
 *   {"done": true, "text": "hold the tip of Stylus still on promontory for 1.0 s"}
 *
 * `arguments` may be missing; its values are strings. Whatever is not exactly that (another key, an
 * unknown command or argument, a missing one, text that is not UTF-8, nesting) is answered with
 * one clear error and changes nothing. `result` is added where there is more to know: `register`
 * and `status`. Thread: loop. */
#ifndef SRV_COMMAND_H
#define SRV_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "guide.h"
#include "registrar.h"
#include "view_orders.h"

enum {
    SRV_REQUEST_MAX = 4096, /* bytes of a request line, without its end */
    SRV_ANSWER_MAX = 65536, /* bytes of an answer line with its end; more leaves `result` out */
    SRV_ARGUMENT_MAX = 128, /* bytes of an argument with a terminating NUL */
    SRV_COMMAND_KEYS_MAX = 4
};

struct srv_command_key {
    const char *name; /* NULL: no more */
    bool required;
    const char *help;
};

/* What commands there are: for parsing and for the help of `osteonav command`. */
struct srv_command_word {
    const char *word;
    const char *help;
    struct srv_command_key keys[SRV_COMMAND_KEYS_MAX];
};

const struct srv_command_word *srv_command_words(size_t *out_count);

/* What became of it, for the log. `word` is NULL when the request was not understood. */
struct srv_command_outcome {
    const char *word;
    bool asks; /* it only asked: nothing to log */
    struct trk_reply reply;
};

/* On what commands act. */
struct srv_command_host {
    struct trk_registrar *registrar;
    struct trk_guide *guide;       /* NULL: nothing is guided, its commands are refused */
    struct srv_view_orders *views; /* NULL: no displays are ordered, likewise */
};

/* Executes a request at `now_ns` and writes the answer with its newline into `out_answer`
 * (SRV_ANSWER_MAX bytes). Returns its length, never 0. */
size_t srv_command_execute(const struct srv_command_host *host, const char *line, size_t length,
                           int64_t now_ns, struct srv_command_outcome *out_outcome,
                           char *out_answer);

/* Writes a request with one argument, as execute takes it, into `out_line` (SRV_REQUEST_MAX bytes).
 * Returns its length; 0: it does not fit, or the value is not UTF-8. */
size_t srv_command_request(const char *word, const char *key, const char *value, char *out_line);

/* The answer to what is no request at all, such as a line that is too long. */
size_t srv_command_refuse(const char *text, char *out_answer);

#endif
