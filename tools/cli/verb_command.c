/* `osteonav command`: gives a running core a command and prints what it answers. */
#include "verbs.h"

#include <errno.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "command_link.h"
#include "json_out.h"
#include "nav/time.h"
#include "options.h"
#include "show.h"

enum { ANSWER_TIMEOUT_S = 5, POLL_MS = 50, WAIT_MAX_S = 3600 };

struct options {
    const char *instance;
    bool json;
    double wait_s; /* 0 = do not */
};

static void print_words(FILE *out, const struct srv_command_word *words, size_t count)
{
    for (size_t i = 0; i < count; ++i) {
        fprintf(out, "  %-22s %s\n", words[i].word, words[i].help);
        for (size_t k = 0; k < SRV_COMMAND_KEYS_MAX && words[i].keys[k].name != NULL; ++k) {
            const struct srv_command_key *key = &words[i].keys[k];
            fprintf(out, "                           %s=...  %s%s\n", key->name, key->help,
                    key->required ? " (needed)" : "");
        }
    }
}

static void print_usage(FILE *out)
{
    fputs(
        "usage: osteonav command [--instance NAME] [--json] [--wait S] WORD [VALUE | KEY=VALUE "
        "...]\n"
        "\n"
        "Gives a running core (`osteonav run`) a command, over a socket that only this user can\n"
        "open, and prints its answer.\n"
        "\n"
        "  --instance NAME  the core's instance (default: default)\n"
        "  --json           the core's answer as one JSON object: done, text, result\n"
        "  --wait S         with `landmark start` and `check`: wait until the tip has been held,\n"
        "                   or refused, at most S seconds; the answer is then that of `status`\n"
        "  --help           this text\n"
        "\n"
        "Words and their arguments, which may be given by key or in this order:\n",
        out);
    size_t count;
    const struct srv_command_word *words = srv_command_words(&count);
    print_words(out, words, count);
    fputs("\nWords for a replay (`osteonav replay`, --instance replay):\n", out);
    words = srv_show_words(&count);
    print_words(out, words, count);
    fputs("\n"
          "examples: osteonav command --wait 10 landmark start promontory\n"
          "          osteonav command cut activate \"Transverse S2\"\n"
          "          osteonav command guide parallel start promontory width=20 thickness=1\n"
          "\n"
          "Exit codes: 0 done, 1 refused or failed (the reason is printed), 2 usage.\n",
          out);
}

static int usage_error(const char *text, const char *value)
{
    fprintf(stderr, "osteonav command: %s%s%s; see `osteonav command --help`\n", text,
            value != NULL ? " " : "", value != NULL ? value : "");
    return VERB_USAGE;
}

/* ---- what is asked ---- */

/* The word among `words` that is `word`, or NULL. */
static const struct srv_command_word *among(const char *word, const struct srv_command_word *words,
                                            size_t count)
{
    for (size_t i = 0; i < count; ++i) {
        if (strcmp(words[i].word, word) == 0) {
            return &words[i];
        }
    }
    return NULL;
}

/* A word of the core, or of a replay. */
static const struct srv_command_word *known_word(const char *word)
{
    size_t count;
    const struct srv_command_word *words = srv_command_words(&count);
    const struct srv_command_word *found = among(word, words, count);
    if (found == NULL) {
        words = srv_show_words(&count);
        found = among(word, words, count);
    }
    return found;
}

/* The word that the first arguments make, the longest there is; how many of them it took. */
static const struct srv_command_word *find_word(int count, char **arguments, int *out_taken)
{
    const struct srv_command_word *found = NULL;
    char word[64] = "";
    for (int at = 0; at < count; ++at) {
        const size_t used = strlen(word);
        (void)snprintf(word + used, sizeof(word) - used, "%s%.30s", used > 0 ? " " : "",
                       arguments[at]);
        const struct srv_command_word *longer = known_word(word);
        if (longer != NULL) {
            found = longer;
            *out_taken = at + 1;
        }
    }
    return found;
}

/* One KEY=VALUE, or a VALUE of the next key that has none. False: said what is wrong. */
static bool take_value(const struct srv_command_word *word, const char *argument, json_t *keys)
{
    const char *equals = strchr(argument, '=');
    char key[64];
    const char *value = argument;
    if (equals != NULL && equals != argument) {
        const size_t length = (size_t)(equals - argument);
        (void)snprintf(key, sizeof(key), "%.*s", (int)(length < 60 ? length : 60), argument);
        value = equals + 1;
    } else {
        size_t next = 0;
        while (next < SRV_COMMAND_KEYS_MAX && word->keys[next].name != NULL &&
               json_object_get(keys, word->keys[next].name) != NULL) {
            ++next;
        }
        if (next == SRV_COMMAND_KEYS_MAX || word->keys[next].name == NULL) {
            (void)usage_error("this command takes no more:", argument);
            return false;
        }
        (void)snprintf(key, sizeof(key), "%s", word->keys[next].name);
    }
    if (json_object_get(keys, key) != NULL) {
        (void)usage_error("given twice:", key);
        return false;
    }
    if (json_object_set_new(keys, key, json_string(value)) != 0) {
        (void)usage_error("not UTF-8:", key);
        return false;
    }
    return true;
}

/* Takes WORD ... and its values; the request, or NULL with a usage error told. */
static json_t *make_request(int count, char **arguments)
{
    if (count == 0) {
        (void)usage_error("which command? A WORD comes first", NULL);
        return NULL;
    }
    int taken = 0;
    const struct srv_command_word *word = find_word(count, arguments, &taken);
    if (word == NULL) {
        char words[128];
        (void)snprintf(words, sizeof(words), "%.60s%s%.60s", arguments[0], count > 1 ? " " : "",
                       count > 1 ? arguments[1] : "");
        (void)usage_error("unknown command", words);
        return NULL;
    }
    json_t *keys = json_object();
    for (int at = taken; at < count; ++at) {
        if (!take_value(word, arguments[at], keys)) {
            json_decref(keys);
            return NULL;
        }
    }
    return json_pack("{s:s, s:o}", "command", word->word, "arguments", keys);
}

/* ---- the link ---- */

static int connect_to(const char *instance, char *out_error, size_t error_size)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const char *name = instance != NULL ? instance : "default";
    const enum nav_status status =
        srv_command_path(instance, false, address.sun_path, out_error, error_size);
    if (status != NAV_OK && status != NAV_ERR_NOT_FOUND) {
        return -1;
    }
    const int fd = status == NAV_OK ? socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0) : -1;
    const struct timeval limit = {.tv_sec = ANSWER_TIMEOUT_S};
    if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) == 0 &&
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) == 0 &&
        connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0) {
        return fd;
    }
    (void)snprintf(out_error, error_size,
                   "no core of instance '%s' takes commands; start one with `osteonav run` or "
                   "`osteonav replay`",
                   name);
    if (fd >= 0) {
        (void)close(fd);
    }
    return -1;
}

static bool send_line(int fd, const json_t *request)
{
    char *text = json_dumps(request, JSON_COMPACT);
    if (text == NULL) {
        return false;
    }
    const size_t length = strlen(text);
    text[length] = '\n'; /* in the place of the terminating NUL */
    size_t sent = 0;
    while (sent < length + 1) {
        const ssize_t count = send(fd, text + sent, length + 1 - sent, MSG_NOSIGNAL);
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count <= 0) {
            break;
        }
        sent += (size_t)count;
    }
    free(text);
    return sent == length + 1;
}

/* One line of at most SRV_ANSWER_MAX bytes. */
static json_t *receive_line(int fd)
{
    static char line[SRV_ANSWER_MAX];
    size_t size = 0;
    while (size < sizeof(line)) {
        const ssize_t count = recv(fd, line + size, sizeof(line) - size, 0);
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count <= 0) {
            return NULL;
        }
        size += (size_t)count;
        if (line[size - 1] == '\n') {
            return json_loadb(line, size, 0, NULL);
        }
    }
    return NULL;
}

static json_t *ask(int fd, const json_t *request)
{
    json_t *answer = send_line(fd, request) ? receive_line(fd) : NULL;
    if (!json_is_boolean(json_object_get(answer, "done")) ||
        !json_is_string(json_object_get(answer, "text"))) {
        json_decref(answer);
        fprintf(stderr, "osteonav command: the core does not answer\n");
        return NULL;
    }
    return answer;
}

/* ---- waiting for a hold to end ---- */

static void sleep_a_little(void)
{
    struct timespec left = {.tv_nsec = POLL_MS * NAV_NS_PER_MS};
    while (nanosleep(&left, &left) != 0 && errno == EINTR) {
    }
}

/* The status once nothing is being touched any more; NULL: failed, and said so. */
static json_t *wait_for_end(int fd, double wait_s)
{
    const struct nav_clock clock = nav_clock_monotonic();
    const int64_t end_ns = nav_clock_now_ns(&clock) + (int64_t)(wait_s * (double)NAV_NS_PER_S);
    json_t *request = json_pack("{s:s}", "command", "status");
    const bool show = isatty(STDERR_FILENO) == 1;
    json_t *answer = NULL;
    for (;;) {
        answer = ask(fd, request);
        json_t *collection = json_object_get(json_object_get(answer, "result"), "collection");
        const char *active = json_string_value(json_object_get(collection, "active"));
        if (answer == NULL || active == NULL || strcmp(active, "none") == 0) {
            break;
        }
        if (show) {
            fprintf(stderr, "\r%s: hold still, %3.0f %%",
                    json_string_value(json_object_get(collection, "landmark")),
                    100.0 * json_number_value(json_object_get(collection, "progress")));
        }
        json_decref(answer);
        answer = NULL;
        if (nav_clock_now_ns(&clock) > end_ns) {
            fprintf(stderr, "%sosteonav command: still not held after %g s\n", show ? "\n" : "",
                    wait_s);
            break;
        }
        sleep_a_little();
    }
    if (show && answer != NULL) {
        fputs("\r\033[K", stderr);
    }
    json_decref(request);
    return answer;
}

/* Whether a status answer tells of a hold that ended well; its outcome becomes the text. */
static bool take_outcome(json_t *answer)
{
    const json_t *collection = json_object_get(json_object_get(answer, "result"), "collection");
    const bool good = json_is_true(json_object_get(collection, "good"));
    (void)json_object_set(answer, "text", json_object_get(collection, "outcome"));
    (void)json_object_set_new(answer, "done", json_boolean(good));
    return good;
}

/* ---- the verb ---- */

static bool is_hold(const json_t *request)
{
    const char *word = json_string_value(json_object_get(request, "command"));
    return strcmp(word, "landmark start") == 0 || strcmp(word, "check") == 0;
}

static int run(const struct options *options, const json_t *request)
{
    char error[256];
    const int fd = connect_to(options->instance, error, sizeof(error));
    if (fd < 0) {
        fprintf(stderr, "osteonav command: %s\n", error);
        return VERB_FAILED;
    }
    json_t *answer = ask(fd, request);
    bool done = json_is_true(json_object_get(answer, "done"));
    if (done && options->wait_s > 0.0) {
        json_decref(answer);
        answer = wait_for_end(fd, options->wait_s);
        done = answer != NULL && take_outcome(answer);
    }
    (void)close(fd);
    if (answer == NULL) {
        return VERB_FAILED;
    }
    if (options->json) {
        const int printed = json_print("command", answer);
        return done ? printed : VERB_FAILED;
    }
    const char *text = json_string_value(json_object_get(answer, "text"));
    fprintf(done ? stdout : stderr, "%s%s\n", done ? "" : "osteonav command: ", text);
    json_decref(answer);
    return done ? VERB_OK : VERB_FAILED;
}

int verb_command(int argc, char **argv)
{
    enum { INSTANCE = 1000, JSON, WAIT, HELP };
    static const struct option known[] = {
        {"instance", required_argument, NULL, INSTANCE},
        {"json", no_argument, NULL, JSON},
        {"wait", required_argument, NULL, WAIT},
        {"help", no_argument, NULL, HELP},
        {NULL, 0, NULL, 0},
    };
    struct options options = {0};
    optind = 1;
    for (int option; (option = options_next("command", argc, argv, known)) != OPTIONS_END;) {
        char *end = NULL;
        switch (option) {
        case INSTANCE:
            options.instance = optarg;
            break;
        case JSON:
            options.json = true;
            break;
        case WAIT:
            options.wait_s = strtod(optarg, &end);
            if (end == optarg || *end != '\0' ||
                !(options.wait_s > 0.0 && options.wait_s <= WAIT_MAX_S)) {
                return usage_error("--wait needs seconds, above 0, not", optarg);
            }
            break;
        case HELP:
        case 'h':
            print_usage(stdout);
            return VERB_OK;
        default:
            return VERB_USAGE;
        }
    }
    json_t *request = make_request(argc - optind, argv + optind);
    if (request == NULL) {
        return VERB_USAGE;
    }
    if (options.wait_s > 0.0 && !is_hold(request)) {
        json_decref(request);
        return usage_error("--wait belongs to `landmark start` and `check`", NULL);
    }
    const int code = run(&options, request);
    json_decref(request);
    return code;
}
