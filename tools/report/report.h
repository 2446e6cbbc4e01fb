/* The report of an operation: what is collected, and what it is written as.
 *
 * Collected from a session, which runs through the theatre's own engine as fast as it goes, a
 * running core's included, or from the scene and the maps of a core that does not record. Written
 * as one self-contained HTML page, the same as PDF, JSON and CSV. docs/report.md tells what stands
 * in it and where the terms come from.
 *
 * Times are seconds since the beginning of the session; live, since the start of the core's first
 * cut. Thread: main. */
#ifndef TOOLS_REPORT_H
#define TOOLS_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include <jansson.h>

#include "case.h"
#include "nav/cut_map.h"
#include "nav/scene.h"

enum { REPORT_PICTURES_MAX = 4 };

/* The blade against the plane at one instant of a cut that was active. */
struct report_sample {
    double at_s;
    double offset_mm, pitch_deg, roll_deg, depth_mm, remaining_mm;
    bool cutting;
};

/* Distance of the cut surface from a structure. */
struct report_margin {
    uint32_t structure; /* index in the scene */
    double planned_mm;
    double achieved_mm; /* NaN: too little is cut to say */
    double sd_mm;       /* of it, one standard deviation; NaN: not known */
};

/* How well what is said of a cut is known, one standard deviation each; NaN: not known. */
struct report_doubt {
    double angle_sd_deg, mean_sd_mm, margin_sd_mm;
    bool plane_withheld, place_withheld, margin_withheld; /* too little is cut to say */
};

struct report_cut {
    bool has_map;
    struct nav_cut_map map;
    size_t sample_count, sample_capacity;
    struct report_sample *samples;
    size_t margin_count;
    struct report_margin margins[NAV_STRUCTURES_MAX];
    struct report_doubt doubt;
};

struct report_structure {
    double least_mm; /* of all the operation; NaN = never measured */
    double least_at_s, least_uncertainty_mm;
    double caution_s, stop_s; /* how long within its limits */
};

struct report_alarm {
    uint32_t code, priority;
    char text[NAV_TEXT_SIZE];
    double since_s, until_s; /* until NaN: it still held at the end */
    double acknowledged_s;   /* NaN = not */
};

struct report_verdict {
    double at_s;
    uint32_t trust;
    uint32_t reason; /* the worst; NAV_REASON_NONE with OK */
    char subject[NAV_NAME_SIZE];
};

struct report_check {
    double at_s, error_mm;
};

struct report_event {
    double at_s;
    char kind[32];
    char text[160];
};

/* A list that grows. */
struct report_list {
    void *items;
    size_t count, capacity;
};

struct report_latency {
    size_t scenes;
    size_t count; /* of scenes with a live guided tool */
    double p50_ms, p95_ms, p99_ms, max_ms;
};

struct report_picture {
    char *title;
    size_t size;
    unsigned char *png;
};

struct report {
    bool live;
    bool recorded;                   /* of a session, whole or as far as a running core has come */
    char session[NAV_TEXT_SIZE * 4]; /* file or instance */
    char software[NAV_NAME_SIZE];
    int64_t start_utc_ns; /* 0 = not known */
    double length_s;
    bool verified; /* every recorded scene came out again as it was */
    uint64_t scenes_compared, scenes_differing, gaps, damaged;
    struct nav_scene scene; /* the last one */
    struct nav_scene shown; /* the one that is pictured: the last with the blade at work */
    double shown_s;
    struct report_cut cuts[NAV_CUTS_MAX];
    struct report_structure structures[NAV_STRUCTURES_MAX];
    struct report_list alarms;   /* struct report_alarm */
    struct report_list verdicts; /* struct report_verdict */
    struct report_list checks;   /* struct report_check */
    struct report_list events;   /* struct report_event */
    struct report_list ages;     /* double, ms */
    double trust_s[3];           /* how long each verdict held */
    struct report_latency latency;
    size_t picture_count;
    struct report_picture pictures[REPORT_PICTURES_MAX];
    int64_t origin_ns; /* collecting: monotonic time of 0 s */
    int64_t last_ns;
};

/* Zeroed before the first use. */
void report_finish(struct report *report);

/* Room for one more item of `size` bytes, zeroed; NULL: out of memory. */
void *report_add(struct report_list *list, size_t size);

/* Takes one scene, in the order of time. False: out of memory. */
bool report_take_scene(struct report *report, const struct nav_scene *scene);

/* After the last scene: what holds still ends, quantiles are taken. */
void report_close(struct report *report);

/* ---- where it comes from ---- */

struct report_source {
    const char *session; /* a session's file; NULL with `live` */
    const char *instance,
        *sessions;         /* of a running core; `sessions` NULL: where it usually records */
    const char *case_path; /* NULL: as the session names it */
    bool live, quiet;
};

/* Collects all of it. A running core that records is reported from its session, as far as that is
 * on the disk; else as its scene and its maps stand. A case other than the one that was operated on
 * is refused: its plan would be another. `out_case` gets the case's path, empty where there is
 * none. False, with a line on stderr. */
bool report_collect(const struct report_source *source, struct report *report, char *out_case,
                    size_t case_size);

/* ---- what it is written as ---- */

json_t *report_json(const struct report *report); /* NULL: out of memory */

/* Writes cuts.csv, margins.csv, structures.csv, alarms.csv, verdicts.csv and series.csv. False with
 * the reason on stderr. */
bool report_csv(const struct report *report, const char *folder);

/* One page with everything in it. */
bool report_html(const struct report *report, FILE *out);

/* The map of a cut, as an SVG element. */
void report_map_svg(const struct nav_scene_cut *cut, const struct nav_cut_map *map, FILE *out);

/* Offset, angles and depth of a cut over time. */
void report_series_svg(const struct nav_scene_cut *cut, const struct report_cut *series, FILE *out);

/* Verdict and alarms over time. */
void report_timeline_svg(const struct report *report, FILE *out);

/* Text in HTML or SVG. */
void report_escape(FILE *out, const char *text);

/* A number, or a dash when it is not known. */
void report_number(FILE *out, double value, int decimals);

/* Why numbers of a cut are not stated. False: all that there are are. */
bool report_withheld(const struct report_doubt *doubt, char *out_text, size_t size);

/* ---- 3D pictures ---- */

/* Asks osteonav-display for pictures of the shown scene on `case_path`, without a screen. A display
 * that cannot is no failure: the report is then without pictures, and `out_why` says why. */
void report_take_pictures(struct report *report, const char *case_path, char *out_why,
                          size_t why_size);

/* HTML to PDF in a child process. False: `out_why` says why. */
bool report_pdf(const char *html_path, const char *pdf_path, char *out_why, size_t why_size);

#endif
