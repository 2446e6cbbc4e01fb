/* `osteonav-sound`: the alarms of a running core, audible. A process of its own: what a sound
 * device does to it concerns nobody else. */
#include <alsa/asoundlib.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "nav/scene_channel.h"
#include "nav/time.h"
#include "tone.h"

enum { GOOD = 0, FAILED = 1, USAGE = 2, RATE_HZ = 48000, CHUNK = RATE_HZ / 50 };

static const int64_t ahead_ns =
    60 * NAV_NS_PER_MS; /* sound is written so long before it is heard */
static const int64_t look_ns = 20 * NAV_NS_PER_MS;
static const int64_t retry_ns = 10 * NAV_NS_PER_S;
static const unsigned latency_us = 100000;

struct speaker {
    const char *device;
    snd_pcm_t *pcm; /* NULL: there is none now */
    bool told;      /* that there is none */
    int64_t tried_ns;
    int64_t filled_ns; /* sound is written until then */
};

static void print_usage(FILE *out)
{
    fputs(
        "usage: osteonav sound [--instance NAME] [--device NAME]\n"
        "\n"
        "Sounds the alarms of a running core: the highest whose cause holds and that nobody has\n"
        "acknowledged. High: twice five pulses, medium: three, low: one. `osteonav run` starts it\n"
        "with its displays unless the case sets the limit alarm_sound to 0; `osteonav command\n"
        "alarm mute on` silences it, which the displays show.\n"
        "\n"
        "  --instance NAME  the core's instance (default: default)\n"
        "  --device NAME    ALSA's name of the sound device (default: default)\n"
        "  --help           this text\n"
        "\n"
        "Without a sound device it says so once, and goes on looking for one.\n"
        "Exit codes: 0 the core ended, 1 no core, 2 usage.\n",
        out);
}

/* ALSA's own words about what fails are many; ours is one line. */
static void be_quiet(const char *file, int line, const char *function, int code, const char *format,
                     ...)
{
    (void)file;
    (void)line;
    (void)function;
    (void)code;
    (void)format;
}

static void open_speaker(struct speaker *speaker, int64_t now_ns)
{
    if (speaker->pcm != NULL || (speaker->tried_ns != 0 && now_ns - speaker->tried_ns < retry_ns)) {
        return;
    }
    speaker->tried_ns = now_ns;
    int code = snd_pcm_open(&speaker->pcm, speaker->device, SND_PCM_STREAM_PLAYBACK, 0);
    if (code == 0) {
        code = snd_pcm_set_params(speaker->pcm, SND_PCM_FORMAT_S16, SND_PCM_ACCESS_RW_INTERLEAVED,
                                  1, RATE_HZ, 1, latency_us);
        if (code != 0) {
            (void)snd_pcm_close(speaker->pcm);
        }
    }
    if (code != 0) {
        speaker->pcm = NULL;
        if (!speaker->told) {
            fprintf(stderr,
                    "osteonav sound: no sound device '%s' (%s): alarms are seen, not heard\n",
                    speaker->device, snd_strerror(code));
        }
        speaker->told = true;
    } else if (speaker->told) {
        fprintf(stderr, "osteonav sound: sound device '%s' found\n", speaker->device);
        speaker->told = false;
    }
}

static void close_speaker(struct speaker *speaker)
{
    if (speaker->pcm != NULL) {
        (void)snd_pcm_close(speaker->pcm);
    }
    speaker->pcm = NULL;
}

/* The next chunks of a burst that began at `began_ns`, as far ahead as wanted. */
static void play(struct speaker *speaker, enum nav_alarm_priority priority, int64_t began_ns,
                 int64_t now_ns)
{
    if (speaker->filled_ns < now_ns) {
        speaker->filled_ns = now_ns;
    }
    while (speaker->pcm != NULL && speaker->filled_ns < now_ns + ahead_ns) {
        int16_t samples[CHUNK];
        const double from_s = (double)(speaker->filled_ns - began_ns) / (double)NAV_NS_PER_S;
        for (int i = 0; i < CHUNK; ++i) {
            samples[i] = (int16_t)(INT16_MAX * tone_sample(priority, from_s + (double)i / RATE_HZ));
        }
        snd_pcm_sframes_t written = snd_pcm_writei(speaker->pcm, samples, CHUNK);
        if (written < 0) {
            written = snd_pcm_recover(speaker->pcm, (int)written, 1);
        }
        if (written < 0) {
            close_speaker(speaker); /* unplugged: look for it again */
        }
        speaker->filled_ns += CHUNK * NAV_NS_PER_S / RATE_HZ;
    }
}

static int listen_to(struct nav_scene_reader *reader, const char *device)
{
    static struct nav_scene scene;
    const struct nav_clock clock = nav_clock_monotonic();
    struct speaker speaker = {.device = device};
    bool sounding = false;
    enum nav_alarm_priority priority = NAV_PRIORITY_LOW;
    int64_t began_ns = 0;
    uint64_t seen = 0;
    while (nav_scene_reader_core_alive(reader)) {
        if (nav_scene_reader_take(reader, &scene) == NAV_OK) {
            seen = scene.seq;
        }
        const int64_t now_ns = nav_clock_now_ns(&clock);
        enum nav_alarm_priority wanted = priority;
        const bool sounds = seen != 0 && tone_wanted(&scene, now_ns, &wanted);
        if (sounds && (!sounding || wanted != priority)) {
            priority = wanted;
            began_ns = now_ns;
        }
        sounding = sounds;
        open_speaker(&speaker, now_ns);
        if (sounding) {
            play(&speaker, priority, began_ns, now_ns);
        }
        (void)nav_scene_reader_wait(reader, UINT64_MAX, look_ns);
    }
    close_speaker(&speaker);
    return GOOD;
}

static int usage_error(const char *text)
{
    fprintf(stderr, "osteonav sound: %s; see `osteonav sound --help`\n", text);
    return USAGE;
}

int main(int argc, char **argv)
{
    enum { INSTANCE = 1000, DEVICE, HELP };
    static const struct option known[] = {
        {"instance", required_argument, NULL, INSTANCE},
        {"device", required_argument, NULL, DEVICE},
        {"help", no_argument, NULL, HELP},
        {NULL, 0, NULL, 0},
    };
    const char *instance = NULL;
    const char *device = "default";
    opterr = 0;
    for (int option; (option = getopt_long(argc, argv, "h", known, NULL)) != -1;) {
        switch (option) {
        case INSTANCE:
            instance = optarg;
            break;
        case DEVICE:
            device = optarg;
            break;
        case HELP:
        case 'h':
            print_usage(stdout);
            return GOOD;
        default:
            return usage_error("unknown or incomplete option");
        }
    }
    if (optind != argc) {
        return usage_error("it takes options only");
    }
    struct nav_scene_reader *reader = NULL;
    if (nav_scene_reader_create(instance, &reader) != NAV_OK) {
        fprintf(stderr,
                "osteonav sound: no core of instance '%s' runs; start one with "
                "`osteonav run`\n",
                instance != NULL ? instance : "default");
        return FAILED;
    }
    (void)snd_lib_error_set_handler(be_quiet);
    const int code = listen_to(reader, device);
    nav_scene_reader_destroy(reader);
    return code;
}
