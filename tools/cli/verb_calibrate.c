/* `osteonav calibrate`: where a tool's tip, axis or blade is, from recorded poses and touches. */
#include "verbs.h"

#include <fcntl.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "blade.h"
#include "case_limits.h"
#include "file_bytes.h"
#include "handeye.h"
#include "json_out.h"
#include "markups.h"
#include "nav/time.h"
#include "options.h"
#include "pivot.h"
#include "plot.h"
#include "recording.h"

static const char usage[] =
    "usage: osteonav calibrate pivot --session FILE --tool T [--reference R] [OPTIONS]\n"
    "       osteonav calibrate spin  --session FILE --tool T --tip X,Y,Z [OPTIONS]\n"
    "       osteonav calibrate blade --touches FILE [--outward X,Y,Z] [--thickness MM] [--ball "
    "MM]\n"
    "       osteonav calibrate blade --session FILE --tool T --reference BLOCK --in-block 16,...\n"
    "       osteonav calibrate handeye --session FILE --tool T --camera FILE [--camera-tool C]\n"
    "       osteonav calibrate divot --session FILE --tool T --tip X,Y,Z [--divot X,Y,Z]\n"
    "       osteonav calibrate camera|board|delay|handeye --images ...   cameras: each has --help\n"
    "\n"
    "pivot  the tip rests in a divot while the tool is moved around it: tip and pivot point\n"
    "spin   the tool is turned about itself: the direction in which it points\n"
    "blade  both ends of the cutting edge and points on its faces, touched with a calibrated\n"
    "       stylus, in the blade's marker frame; points are labelled edge..., face..., back...;\n"
    "       or the blade stands in a block whose drawing says where (--in-block: T_block_blade)\n"
    "handeye  a camera that carries a marker looks at a target that stands still: where the "
    "camera\n"
    "       is in its marker; poses of both files are paired by their times (20 ms)\n"
    "divot  before use: the tip in a divot; is the calibration still true?\n"
    "\n"
    "  --session FILE    recorded poses: a session, .igs.mha, .igs.nrrd, or a table of\n"
    "                    t x y z qw qx qy qz (s, mm)\n"
    "  --tool T          transform in the recording, e.g. StylusToTracker; \"Stylus\" will do\n"
    "  --camera FILE     poses of the target in the camera, recorded at the same times\n"
    "  --camera-tool C   its transform in that recording; not needed for a table\n"
    "  --reference R     take the poses relative to this one\n"
    "  --from S, --to S  only this part of the recording, s from its start\n"
    "  --case CASE       use this case's limits for pivot (pivot_*) and divot (divot_*), see\n"
    "                    `osteonav case limits`; default: the rows' defaults\n"
    "  --geometry FILE   the tool's marker geometry (.rom, .ini): its digest is kept with the\n"
    "                    result, which is only good for that marker\n"
    "  --out FILE        write what was accepted, for the tool's `calibration:` in a case; needs\n"
    "                    --tool, and is only good for that tool (pivot, spin, blade)\n"
    "  --plot FILE       draw coverage and residuals of a pivot (.svg or .png)\n"
    "  --json            one JSON object\n"
    "  --help            this text\n"
    "\n"
    "Exit codes: 0 accepted, 1 refused or failed, 2 usage.\n";

struct options {
    const char *kind, *session, *tool, *reference, *touches, *geometry, *plot, *out, *camera,
        *camera_tool, *case_path;
    struct cfg_limits limits;
    bool json, has_tip, has_outward, has_divot, has_block;
    double from_s, to_s, thickness_mm, ball_mm;
    double tip_mm[3], outward[3], divot_mm[3], block[16];
};

static int complain(const char *text)
{
    fprintf(stderr, "osteonav calibrate: %s\n", text);
    return VERB_FAILED;
}

static int fail_with(const char *what, enum nav_status status, const char *remedy)
{
    fprintf(stderr, "osteonav calibrate: %s: %s; %s\n", what, nav_status_text(status), remedy);
    return VERB_FAILED;
}

/* ---- input ---------------------------------------------------------------------------------- */

/* Drops what lies outside of --from and --to. */
static void cut_out(const struct options *options, struct recording *recording)
{
    size_t kept = 0;
    const int64_t start_ns = recording->count > 0 ? recording->time_ns[0] : 0;
    for (size_t i = 0; i < recording->count; ++i) {
        const double at_s = (double)(recording->time_ns[i] - start_ns) / (double)NAV_NS_PER_S;
        if (at_s >= options->from_s && at_s <= options->to_s) {
            recording->poses[kept] = recording->poses[i];
            recording->time_ns[kept++] = recording->time_ns[i];
        }
    }
    recording->count = kept;
}

static int load_recording(const struct options *options, struct recording *out_recording)
{
    struct recording_error error;
    if (recording_load(options->session, options->tool, options->reference, out_recording,
                       &error) != NAV_OK) {
        return complain(error.text);
    }
    cut_out(options, out_recording);
    return VERB_OK;
}

/* ---- what every result carries -------------------------------------------------------------- */

static json_t *refusals_json(const struct trk_refusals *refusals)
{
    json_t *list = json_array();
    for (uint32_t i = 0; i < refusals->count; ++i) {
        const struct trk_refusal *refusal = &refusals->list[i];
        (void)json_array_append_new(list,
                                    json_pack("{s:s, s:s, s:s}", "code", refusal->code, "text",
                                              refusal->text, "suggestion", refusal->suggestion));
    }
    return list;
}

/* Kind, tool, date and the digest of the marker geometry: what a result is bound to. */
static int add_record(const struct options *options, const struct trk_refusals *refusals,
                      json_t *object)
{
    char date[32];
    const time_t now = (time_t)(nav_utc_now_ns() / NAV_NS_PER_S);
    struct tm utc;
    (void)strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &utc));
    json_t *digest = json_null();
    if (options->geometry != NULL) {
        struct cfg_file_bytes file;
        struct cfg_error error;
        if (cfg_file_bytes_read(options->geometry, 1 << 20, &file, &error) != NAV_OK) {
            return complain(error.text);
        }
        char text[2 * CFG_SHA256_SIZE + 1];
        for (size_t i = 0; i < CFG_SHA256_SIZE; ++i) {
            (void)snprintf(text + 2 * i, 3, "%02x", file.sha256[i]);
        }
        cfg_file_bytes_finish(&file);
        digest = json_string(text);
    }
    (void)json_object_set_new(object, "kind", json_string(options->kind));
    (void)json_object_set_new(object, "tool",
                              options->tool != NULL ? json_string(options->tool) : json_null());
    (void)json_object_set_new(object, "date_utc", json_string(date));
    (void)json_object_set_new(object, "geometry_sha256", digest);
    (void)json_object_set_new(object, "accepted", json_boolean(refusals->count == 0));
    (void)json_object_set_new(object, "refusals", refusals_json(refusals));
    return VERB_OK;
}

/* A new file: what was calibrated before is never overwritten. */
static int write_result(const char *path, const json_t *object)
{
    const int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    FILE *file = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (file == NULL) {
        fprintf(stderr, "osteonav calibrate: %s: %m; choose a new file in a folder that exists\n",
                path);
        return VERB_FAILED;
    }
    const bool written = json_dumpf(object, file, JSON_REAL_PRECISION(17) | JSON_INDENT(2)) == 0 &&
                         fputc('\n', file) != EOF;
    if (fclose(file) != 0 || !written) {
        fprintf(stderr, "osteonav calibrate: %s: %m; nothing is kept\n", path);
        (void)unlink(path);
        return VERB_FAILED;
    }
    return VERB_OK;
}

/* Prints the result as JSON, or as lines with the refusals behind, and releases it. */
static int conclude(const struct options *options, const struct trk_refusals *refusals,
                    json_t *object)
{
    int code = add_record(options, refusals, object);
    if (code == VERB_OK && options->out != NULL && refusals->count == 0) {
        code = write_result(options->out, object);
    }
    if (code != VERB_OK) {
        json_decref(object);
        return code;
    }
    if (options->json) {
        const int printed = json_print("calibrate", object);
        return printed != VERB_OK || refusals->count > 0 ? VERB_FAILED : VERB_OK;
    }
    json_decref(object);
    for (uint32_t i = 0; i < refusals->count; ++i) {
        printf("REFUSED %s: %s\n         %s\n", refusals->list[i].code, refusals->list[i].text,
               refusals->list[i].suggestion);
    }
    puts(refusals->count > 0                   ? "not accepted"
         : strcmp(options->kind, "divot") == 0 ? "accepted"
                                               : "accepted: verify the tip in a divot before use");
    return refusals->count == 0 ? VERB_OK : VERB_FAILED;
}

static void print_vector(const char *name, const double v[3], const char *unit)
{
    printf("%-12s %10.4f %10.4f %10.4f  %s\n", name, v[0], v[1], v[2], unit);
}

static double degrees(double rad)
{
    return rad * (180.0 / M_PI);
}

/* ---- pivot ---------------------------------------------------------------------------------- */

static int plot_pivot(const struct options *options, const struct recording *recording,
                      const struct trk_pivot *pivot, const uint8_t *inlier)
{
    /* Directions from the pivot to the marker, seen from above their mean. */
    double mean[3] = {0.0, 0.0, 0.0};
    double(*directions)[3] = calloc(recording->count, sizeof(*directions));
    if (directions == NULL) {
        return complain("out of memory");
    }
    struct plot plot;
    enum nav_status status = plot_begin(options->plot, &plot);
    if (status != NAV_OK) {
        free(directions);
        plot_complain("calibrate", options->plot, status);
        return VERB_FAILED;
    }
    for (size_t i = 0; i < recording->count; ++i) {
        double length = 0.0;
        for (int k = 0; k < 3; ++k) {
            directions[i][k] = recording->poses[i].t_mm[k] - pivot->pivot_mm[k];
            length += directions[i][k] * directions[i][k];
        }
        for (int k = 0; k < 3; ++k) {
            directions[i][k] /= sqrt(length);
            mean[k] += directions[i][k];
        }
    }
    const double norm = sqrt(mean[0] * mean[0] + mean[1] * mean[1] + mean[2] * mean[2]);
    const double z[3] = {mean[0] / norm, mean[1] / norm, mean[2] / norm};
    const double side = hypot(z[0], z[1]);
    const double x[3] = {side > 1e-6 ? -z[1] / side : 1.0, side > 1e-6 ? z[0] / side : 0.0, 0.0};
    const double y[3] = {z[1] * x[2] - z[2] * x[1], z[2] * x[0] - z[0] * x[2],
                         z[0] * x[1] - z[1] * x[0]};
    FILE *script = plot.script;
    fprintf(script, "set multiplot layout 1,2\nset size ratio -1\nset xrange [-60:60]\n"
                    "set yrange [-60:60]\nset xlabel 'deg'\nset ylabel 'deg'\n"
                    "set title 'Where the tool was: angle from the mean direction' noenhanced\n"
                    "set object 1 circle at 0,0 size 14 fs empty border lc rgb '#2e8b57' dt 2\n"
                    "plot '-' using 1:2 with points pt 7 ps 0.6 lc rgb '#2f6db5' notitle\n");
    for (size_t i = 0; i < recording->count; ++i) {
        const double *d = directions[i];
        const double along = d[0] * z[0] + d[1] * z[1] + d[2] * z[2];
        const double u = d[0] * x[0] + d[1] * x[1] + d[2] * x[2];
        const double v = d[0] * y[0] + d[1] * y[1] + d[2] * y[2];
        const double angle = degrees(atan2(hypot(u, v), along));
        const double scale = hypot(u, v) > 0.0 ? angle / hypot(u, v) : 0.0;
        fprintf(script, "%.4f %.4f\n", u * scale, v * scale);
    }
    fputs("e\nunset object 1\nset size noratio\nset autoscale\nset yrange [0:*]\n"
          "set xlabel 'pose'\nset ylabel 'mm'\n"
          "set title 'Distance of the tip from the pivot' noenhanced\n"
          "plot '-' using 1:2:3 with points pt 7 ps 0.6 lc rgb variable notitle\n",
          script);
    for (size_t i = 0; i < recording->count; ++i) {
        double tip[3], square = 0.0;
        nav_pose_apply(&recording->poses[i], pivot->tip_mm, tip);
        for (int k = 0; k < 3; ++k) {
            square += (tip[k] - pivot->pivot_mm[k]) * (tip[k] - pivot->pivot_mm[k]);
        }
        fprintf(script, "%zu %.5f %d\n", i, sqrt(square), inlier[i] != 0 ? 0x2f6db5 : 0xc8452d);
    }
    fputs("e\nunset multiplot\n", script);
    free(directions);
    status = plot_end(&plot);
    if (status != NAV_OK) {
        plot_complain("calibrate", options->plot, status);
        return VERB_FAILED;
    }
    return VERB_OK;
}

static int calibrate_pivot(const struct options *options, const struct recording *recording)
{
    const struct trk_pivot_limits limits = case_limits_pivot(&options->limits);
    struct trk_pivot pivot;
    uint8_t *inlier = calloc(recording->count + 1, 1);
    if (inlier == NULL) {
        return complain("out of memory");
    }
    const enum nav_status status =
        trk_pivot_calibrate(recording->poses, recording->count, &limits, &pivot, inlier);
    int code = VERB_OK;
    if (status != NAV_OK) {
        code = fail_with("pivot", status, "record at least 3 valid poses, better 200");
    } else if (options->plot != NULL) {
        code = plot_pivot(options, recording, &pivot, inlier);
    }
    free(inlier);
    if (code != VERB_OK) {
        return code;
    }
    if (!options->json) {
        print_vector("tip", pivot.tip_mm, "mm in the tool");
        print_vector("pivot", pivot.pivot_mm, "mm");
        printf("residual     %.3f mm rms, %.3f mm largest, over %u of %u poses\n", pivot.rms_mm,
               pivot.max_mm, pivot.inliers, pivot.poses);
        printf("condition    %.2f (at most %.0f), cone half angle %.1f deg\n", pivot.condition,
               limits.condition_max, degrees(pivot.cone_rad));
        printf("recording    %zu frames, %zu not valid, %zu not rigid\n", recording->frames,
               recording->invalid, recording->not_rigid);
    }
    return conclude(
        options, &pivot.refusals,
        json_pack("{s:o, s:o, s:f, s:f, s:f, s:o, s:o, s:f, s:i, s:i, s:i, s:i, s:i}", "tip_mm",
                  json_numbers(pivot.tip_mm, 3), "pivot_mm", json_numbers(pivot.pivot_mm, 3),
                  "rms_mm", pivot.rms_mm, "max_mm", pivot.max_mm, "rms_all_mm", pivot.rms_all_mm,
                  "condition", json_number_or_null(pivot.condition), "singular_values",
                  json_numbers(pivot.singular, 6), "cone_deg", degrees(pivot.cone_rad), "poses",
                  (int)pivot.poses, "inliers", (int)pivot.inliers, "frames", (int)recording->frames,
                  "invalid", (int)recording->invalid, "not_rigid", (int)recording->not_rigid));
}

/* ---- spin, divot ---------------------------------------------------------------------------- */

static int calibrate_spin(const struct options *options, const struct recording *recording)
{
    const struct trk_spin_limits limits = trk_spin_limits_default();
    struct trk_spin spin;
    const enum nav_status status =
        trk_spin_calibrate(recording->poses, recording->count, options->tip_mm, &limits, &spin);
    if (status != NAV_OK) {
        return fail_with("spin", status, "record the tool while it turns about itself");
    }
    if (!options->json) {
        print_vector("axis", spin.axis, "in the tool, towards the tip");
        printf("turned       %.0f deg, wobble %.2f deg rms, %u poses\n", degrees(spin.turn_rad),
               degrees(spin.wobble_rad), spin.poses);
    }
    return conclude(options, &spin.refusals,
                    json_pack("{s:o, s:f, s:f, s:f, s:i}", "axis", json_numbers(spin.axis, 3),
                              "turn_deg", degrees(spin.turn_rad), "wobble_deg",
                              degrees(spin.wobble_rad), "ratio", spin.ratio, "poses",
                              (int)spin.poses));
}

static int check_divot(const struct options *options, const struct recording *recording)
{
    const double caution_mm = options->limits.divot_caution_mm; /* a bent tip, another's tip */
    const double refuse_mm = options->limits.divot_refuse_mm;
    struct trk_divot divot;
    const enum nav_status status = trk_divot_check(
        recording->poses, recording->count, options->tip_mm,
        options->has_divot ? options->divot_mm : NULL, caution_mm, refuse_mm, &divot);
    if (status != NAV_OK) {
        return fail_with("divot", status, "record the tip in the divot from several sides");
    }
    static const char *const verdicts[] = {"good", "caution", "refused"};
    struct trk_refusals refusals = {0};
    if (divot.verdict == TRK_DIVOT_REFUSED) {
        trk_refuse(&refusals, "divot", "calibrate the tool again; a bent tool must not be used",
                   "the tip is off by %.2f mm, more than %.1f mm",
                   fmax(divot.rms_mm, divot.deviation_mm), refuse_mm);
    }
    if (!options->json) {
        print_vector("tip", divot.mean_mm, "mm");
        printf("spread       %.3f mm rms, %.3f mm largest\n", divot.rms_mm, divot.max_mm);
        if (options->has_divot) {
            printf("deviation    %.3f mm from the divot\n", divot.deviation_mm);
        }
        printf("verdict      %s\n", verdicts[divot.verdict]);
    }
    return conclude(options, &refusals,
                    json_pack("{s:s, s:o, s:f, s:f, s:o}", "verdict", verdicts[divot.verdict],
                              "mean_mm", json_numbers(divot.mean_mm, 3), "rms_mm", divot.rms_mm,
                              "max_mm", divot.max_mm, "deviation_mm",
                              json_number_or_null(divot.deviation_mm)));
}

/* ---- hand-eye ------------------------------------------------------------------------------- */

/* Puts poses of one instant beside each other; returns how many. Both recordings grow in time. */
static size_t pair_by_time(struct recording *marker, struct recording *target)
{
    const int64_t apart_max_ns = 20 * NAV_NS_PER_MS;
    size_t pairs = 0;
    for (size_t i = 0, j = 0; i < marker->count && j < target->count;) {
        const int64_t apart_ns = marker->time_ns[i] - target->time_ns[j];
        if (apart_ns > apart_max_ns) {
            ++j;
        } else if (apart_ns < -apart_max_ns) {
            ++i;
        } else {
            /* the next pose of either may be nearer still */
            const bool next_i =
                i + 1 < marker->count &&
                llabs(marker->time_ns[i + 1] - target->time_ns[j]) < llabs(apart_ns);
            const bool next_j =
                j + 1 < target->count &&
                llabs(marker->time_ns[i] - target->time_ns[j + 1]) < llabs(apart_ns);
            if (next_i || next_j) {
                i += next_i ? 1 : 0;
                j += next_i ? 0 : 1;
                continue;
            }
            marker->poses[pairs] = marker->poses[i++];
            target->poses[pairs++] = target->poses[j++];
        }
    }
    return pairs;
}

static int calibrate_handeye(const struct options *options, struct recording *marker)
{
    struct recording target;
    struct recording_error error;
    if (recording_load(options->camera, options->camera_tool, NULL, &target, &error) != NAV_OK) {
        return complain(error.text);
    }
    const size_t pairs = pair_by_time(marker, &target);
    const struct trk_handeye_limits limits = trk_handeye_limits_default();
    struct trk_handeye handeye;
    const enum nav_status status =
        trk_handeye_calibrate(marker->poses, target.poses, pairs, &limits, &handeye);
    const size_t seen = target.count;
    recording_finish(&target);
    if (status != NAV_OK) {
        fprintf(stderr,
                "osteonav calibrate: handeye: %s; %zu poses of the marker and %zu of the target "
                "gave %zu pairs; turn the camera about at least two axes by 10 to 150 deg\n",
                nav_status_text(status), marker->count, seen, pairs);
        return VERB_FAILED;
    }
    if (!options->json) {
        print_vector("camera", handeye.T_marker_camera.t_mm, "mm in the marker");
        printf("methods      agree to %.2f mm and %.3f deg\n", handeye.agree_mm,
               degrees(handeye.agree_rad));
        printf("held out     %.2f mm and %.3f deg rms, %u pairs, axes spread %.2f\n",
               handeye.residual_mm, degrees(handeye.residual_rad), handeye.pairs, handeye.axes);
    }
    return conclude(options, &handeye.refusals,
                    json_pack("{s:o, s:o, s:f, s:f, s:f, s:f, s:f, s:i, s:i}", "T_marker_camera",
                              json_matrix(&handeye.T_marker_camera), "T_marker_camera_dual",
                              json_matrix(&handeye.T_marker_camera_dual), "agree_mm",
                              handeye.agree_mm, "agree_deg", degrees(handeye.agree_rad),
                              "residual_mm", handeye.residual_mm, "residual_deg",
                              degrees(handeye.residual_rad), "axes", handeye.axes, "pairs",
                              (int)handeye.pairs, "poses", (int)pairs));
}

/* ---- blade ---------------------------------------------------------------------------------- */

struct touches {
    double (*edge)[3], (*face)[3], (*back)[3];
    size_t edge_count, face_count, back_count;
};

static void finish_touches(struct touches *touches)
{
    free(touches->edge);
    free(touches->face);
    free(touches->back);
}

static int sort_touches(const struct cfg_markups *points, const char *path, struct touches *touches)
{
    touches->edge = calloc(points->point_count + 1, sizeof(*touches->edge));
    touches->face = calloc(points->point_count + 1, sizeof(*touches->face));
    touches->back = calloc(points->point_count + 1, sizeof(*touches->back));
    if (touches->edge == NULL || touches->face == NULL || touches->back == NULL) {
        return complain("out of memory");
    }
    for (size_t i = 0; i < points->point_count; ++i) {
        const struct cfg_markup_point *point = &points->points[i];
        double *to =
            strncasecmp(point->label, "edge", 4) == 0   ? touches->edge[touches->edge_count++]
            : strncasecmp(point->label, "face", 4) == 0 ? touches->face[touches->face_count++]
            : strncasecmp(point->label, "back", 4) == 0 ? touches->back[touches->back_count++]
                                                        : NULL;
        if (to == NULL) {
            fprintf(stderr,
                    "osteonav calibrate: %s: label '%s': labels begin with edge, face or back\n",
                    path, point->label);
            return VERB_FAILED;
        }
        memcpy(to, point->position_mm, sizeof(point->position_mm));
    }
    return VERB_OK;
}

/* From the other face to the first one, where both were touched. */
static bool outward_of(const struct touches *touches, double out[3])
{
    if (touches->face_count == 0 || touches->back_count == 0) {
        return false;
    }
    memset(out, 0, 3 * sizeof(double));
    for (int k = 0; k < 3; ++k) {
        for (size_t i = 0; i < touches->face_count; ++i) {
            out[k] += touches->face[i][k] / (double)touches->face_count;
        }
        for (size_t i = 0; i < touches->back_count; ++i) {
            out[k] -= touches->back[i][k] / (double)touches->back_count;
        }
    }
    return true;
}

static int conclude_blade(const struct options *options, const struct trk_blade *blade)
{
    if (!options->json) {
        print_vector("edge middle", blade->tip_mm, "mm in the marker (tip_mm)");
        print_vector("cuts towards", blade->axis, "(axis)");
        print_vector("face normal", blade->up, "(geometry: up)");
        printf("width        %.2f mm, thickness %.2f mm\n", blade->width_mm, blade->thickness_mm);
        printf("faces        flat to %.3f mm rms, normal to %.2f deg, parallel to %.2f deg\n",
               blade->flatness_mm, degrees(blade->tilt_rad), degrees(blade->parallel_rad));
        printf("edge         its ends lie within %.3f mm of the middle plane\n", blade->corner_mm);
    }
    return conclude(options, &blade->refusals,
                    json_pack("{s:o, s:o, s:o, s:f, s:f, s:f, s:f, s:f, s:f}", "tip_mm",
                              json_numbers(blade->tip_mm, 3), "axis", json_numbers(blade->axis, 3),
                              "up", json_numbers(blade->up, 3), "width_mm", blade->width_mm,
                              "thickness_mm", blade->thickness_mm, "flatness_mm",
                              blade->flatness_mm, "tilt_deg", degrees(blade->tilt_rad),
                              "parallel_deg", degrees(blade->parallel_rad), "corner_mm",
                              blade->corner_mm));
}

static int calibrate_blade_by_touch(const struct options *options)
{
    struct cfg_markups points;
    struct cfg_error error;
    if (cfg_markups_load(options->touches, CFG_MARKUPS_OTHER, &points, &error) != NAV_OK) {
        return complain(error.text);
    }
    struct touches touches = {0};
    int code = sort_touches(&points, options->touches, &touches);
    cfg_markups_finish(&points);
    struct trk_blade_touches input = {
        .edge_mm = (const double(*)[3])touches.edge,
        .edge_count = touches.edge_count,
        .face_mm = (const double(*)[3])touches.face,
        .face_count = touches.face_count,
        .back_mm = touches.back_count > 0 ? (const double(*)[3])touches.back : NULL,
        .back_count = touches.back_count,
        .outward = {options->outward[0], options->outward[1], options->outward[2]},
        .thickness_mm = options->thickness_mm,
        .ball_mm = options->ball_mm,
    };
    if (code == VERB_OK && !options->has_outward && !outward_of(&touches, input.outward)) {
        code = complain("one face was touched: --outward X,Y,Z must say on which side of the blade "
                        "the stylus stood, in the marker's frame");
    }
    if (code == VERB_OK) {
        const struct trk_blade_limits limits = trk_blade_limits_default();
        struct trk_blade blade;
        const enum nav_status status = trk_blade_calibrate(&input, &limits, &blade);
        code = status == NAV_OK ? conclude_blade(options, &blade)
                                : fail_with("blade", status,
                                            "touch both ends of the edge and at least 3, better 6, "
                                            "points spread over a face");
    }
    finish_touches(&touches);
    return code;
}

static int calibrate_blade_in_block(const struct options *options,
                                    const struct recording *recording)
{
    const double *m = options->block;
    const double R[9] = {m[0], m[1], m[2], m[4], m[5], m[6], m[8], m[9], m[10]};
    const double t[3] = {m[3], m[7], m[11]};
    struct nav_pose T_block_blade;
    enum nav_status status = nav_pose_from_matrix(R, t, 1e-4, &T_block_blade);
    if (status != NAV_OK) {
        return fail_with("--in-block", status, "give T_block_blade as 16 numbers, row by row, mm");
    }
    /* The poses are relative to the block already. */
    struct nav_pose *block = calloc(recording->count + 1, sizeof(*block));
    if (block == NULL) {
        return complain("out of memory");
    }
    for (size_t i = 0; i < recording->count; ++i) {
        block[i] = nav_pose_identity();
    }
    const struct trk_blade_limits limits = trk_blade_limits_default();
    struct trk_blade_in_block blade;
    status = trk_blade_from_block(recording->poses, block, recording->count, &T_block_blade,
                                  &limits, &blade);
    free(block);
    if (status != NAV_OK) {
        return fail_with("blade", status, "record the blade standing still in the block");
    }
    double axis[3], up[3];
    const double forwards[3] = {0.0, 0.0, -1.0}, normal[3] = {0.0, 1.0, 0.0};
    nav_pose_rotate(&blade.T_marker_blade, forwards, axis);
    nav_pose_rotate(&blade.T_marker_blade, normal, up);
    if (!options->json) {
        print_vector("edge middle", blade.T_marker_blade.t_mm, "mm in the marker (tip_mm)");
        print_vector("cuts towards", axis, "(axis)");
        print_vector("face normal", up, "(geometry: up)");
        printf("stood still  to %.3f mm and %.3f deg rms\n", blade.rms_mm, degrees(blade.rms_rad));
    }
    return conclude(options, &blade.refusals,
                    json_pack("{s:o, s:o, s:o, s:f, s:f}", "tip_mm",
                              json_numbers(blade.T_marker_blade.t_mm, 3), "axis",
                              json_numbers(axis, 3), "up", json_numbers(up, 3), "rms_mm",
                              blade.rms_mm, "rms_deg", degrees(blade.rms_rad)));
}

/* ---- command line --------------------------------------------------------------------------- */

/* `count` numbers separated by commas or blanks, and nothing else. */
static bool read_numbers(const char *text, double *out, int count)
{
    for (int i = 0; i < count; ++i) {
        char *end = NULL;
        out[i] = strtod(text, &end);
        if (end == text || !isfinite(out[i])) {
            return false;
        }
        text = end + strspn(end, " \t\n");
        if (i + 1 < count && *text == ',') {
            ++text;
        }
    }
    return *text == '\0';
}

static const struct option long_options[] = {
    {"session", required_argument, NULL, 's'},
    {"tool", required_argument, NULL, 't'},
    {"reference", required_argument, NULL, 'r'},
    {"tip", required_argument, NULL, 'x'},
    {"divot", required_argument, NULL, 'd'},
    {"touches", required_argument, NULL, 'c'},
    {"outward", required_argument, NULL, 'o'},
    {"thickness", required_argument, NULL, 'k'},
    {"ball", required_argument, NULL, 'b'},
    {"in-block", required_argument, NULL, 'B'},
    {"from", required_argument, NULL, 'f'},
    {"to", required_argument, NULL, 'T'},
    {"camera", required_argument, NULL, 'C'},
    {"camera-tool", required_argument, NULL, 'K'},
    {"case", required_argument, NULL, 'D'},
    {"geometry", required_argument, NULL, 'g'},
    {"out", required_argument, NULL, 'O'},
    {"plot", required_argument, NULL, 'p'},
    {"json", no_argument, NULL, 'j'},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

/* One option; false when its value is not what it should be. */
static bool take_option(struct options *options, int c, const char *value)
{
    switch (c) {
    case 's':
        options->session = value;
        return true;
    case 't':
        options->tool = value;
        return true;
    case 'r':
        options->reference = value;
        return true;
    case 'c':
        options->touches = value;
        return true;
    case 'C':
        options->camera = value;
        return true;
    case 'K':
        options->camera_tool = value;
        return true;
    case 'D':
        options->case_path = value;
        return true;
    case 'g':
        options->geometry = value;
        return true;
    case 'O':
        options->out = value;
        return true;
    case 'p':
        options->plot = value;
        return true;
    case 'j':
        options->json = true;
        return true;
    case 'x':
        options->has_tip = true;
        return read_numbers(value, options->tip_mm, 3);
    case 'd':
        options->has_divot = true;
        return read_numbers(value, options->divot_mm, 3);
    case 'o':
        options->has_outward = true;
        return read_numbers(value, options->outward, 3);
    case 'B':
        options->has_block = true;
        return read_numbers(value, options->block, 16);
    case 'k':
        return read_numbers(value, &options->thickness_mm, 1) && options->thickness_mm >= 0.0;
    case 'b':
        return read_numbers(value, &options->ball_mm, 1) && options->ball_mm >= 0.0;
    case 'f':
        return read_numbers(value, &options->from_s, 1);
    case 'T':
        return read_numbers(value, &options->to_s, 1);
    default:
        return false;
    }
}

/* Whether there is a tool that a kept result can be bound to. */
static bool can_be_kept(const struct options *options)
{
    static const char *const kinds[] = {"pivot", "spin", "blade"};
    bool known = false;
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); ++i) {
        known = known || strcmp(options->kind, kinds[i]) == 0;
    }
    return known && options->tool != NULL;
}

/* Whether everything that this kind of calibration needs is there. */
static bool is_complete(const struct options *options)
{
    const char *kind = options->kind;
    if (strcmp(kind, "pivot") == 0) {
        return options->session != NULL;
    }
    if (strcmp(kind, "spin") == 0 || strcmp(kind, "divot") == 0) {
        return options->session != NULL && options->has_tip;
    }
    if (strcmp(kind, "handeye") == 0) {
        return options->session != NULL && options->camera != NULL;
    }
    return strcmp(kind, "blade") == 0 && ((options->touches != NULL && options->session == NULL) ||
                                          (options->session != NULL && options->has_block &&
                                           options->reference != NULL && options->touches == NULL));
}

static int calibrate(const struct options *options)
{
    if (options->touches != NULL) {
        return calibrate_blade_by_touch(options);
    }
    struct recording recording;
    int code = load_recording(options, &recording);
    if (code != VERB_OK) {
        return code;
    }
    if (strcmp(options->kind, "pivot") == 0) {
        code = calibrate_pivot(options, &recording);
    } else if (strcmp(options->kind, "spin") == 0) {
        code = calibrate_spin(options, &recording);
    } else if (strcmp(options->kind, "handeye") == 0) {
        code = calibrate_handeye(options, &recording);
    } else if (strcmp(options->kind, "divot") == 0) {
        code = check_divot(options, &recording);
    } else {
        code = calibrate_blade_in_block(options, &recording);
    }
    recording_finish(&recording);
    return code;
}

/* Whether the work is osteonav-camera's: whatever looks at pictures. */
static bool is_about_pictures(int argc, char **argv)
{
    static const char *const kinds[] = {"camera", "board", "delay"};
    for (size_t i = 0; argc > 1 && i < sizeof(kinds) / sizeof(kinds[0]); ++i) {
        if (strcmp(argv[1], kinds[i]) == 0) {
            return true;
        }
    }
    if (argc < 3 || strcmp(argv[1], "handeye") != 0) {
        return false;
    }
    /* Options that poses alone do not have; and its help names both ways. */
    static const char *const options[] = {"--images", "--lens", "--board", "--times"};
    bool pictures = argc == 3 && strcmp(argv[2], "--help") == 0;
    for (int i = 2; i < argc; ++i) {
        for (size_t j = 0; j < sizeof(options) / sizeof(options[0]); ++j) {
            pictures = pictures || strncmp(argv[i], options[j], strlen(options[j])) == 0;
        }
    }
    return pictures;
}

int verb_calibrate(int argc, char **argv)
{
    if (is_about_pictures(argc, argv)) {
        return verb_exec_sibling("osteonav-camera", argc, argv);
    }
    struct options options = {.from_s = -INFINITY, .to_s = INFINITY};
    optind = 1;
    for (int c = 0; (c = options_next("calibrate", argc, argv, long_options)) != OPTIONS_END;) {
        if (c == 'h') {
            fputs(usage, stdout);
            return VERB_OK;
        }
        if (c == OPTIONS_WRONG) {
            return VERB_USAGE;
        }
        if (!take_option(&options, c, optarg)) {
            fprintf(stderr, "osteonav calibrate: '%s' is not what this option takes; see --help\n",
                    optarg);
            return VERB_USAGE;
        }
    }
    options.kind = optind + 1 == argc ? argv[optind] : "";
    if (options.out != NULL && !can_be_kept(&options)) {
        fputs("osteonav calibrate: --out keeps a pivot, spin or blade, and needs --tool; see "
              "--help\n",
              stderr);
        return VERB_USAGE;
    }
    if (!is_complete(&options)) {
        fputs(usage, stderr);
        return VERB_USAGE;
    }
    struct cfg_error error;
    if (case_limits_load(options.case_path, &options.limits, &error) != NAV_OK) {
        return complain(error.text);
    }
    return calibrate(&options);
}
