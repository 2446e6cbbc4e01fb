#include "align.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "align_itk.h"

enum { COARSE = 0, MIDDLE = 1, FINE = 2, BASES = 3, TURNS = 7, STARTS = BASES * TURNS };
enum { FOLLOWED_MAX = 8, KEPT = 3, CORNERS = 8, ASIDE = 12 };
enum { JUDGED_POINTS = 30000 };

static const size_t level_points[ALIGN_LEVELS] = {10000, 16000, 30000};
static const struct align_climb climbs[ALIGN_LEVELS] = {
    {.step_mm = 8.0, .step_min_mm = 0.4, .iterations_max = 120},
    {.step_mm = 2.0, .step_min_mm = 0.1, .iterations_max = 100},
    {.step_mm = 0.8, .step_min_mm = 0.01, .iterations_max = 100},
};

/* Gates. Tried with scans of the same patient, of another part of the body and of nothing. */
static const double overlap_min = 0.35;     /* of the smaller scan's body */
static const double information_min = 0.05; /* nats: noise has 0, real pairs 0.2 and more */
static const double peak_min = 0.15;        /* how much of it is lost beside the maximum */
static const double agreement_mm = 1.0;     /* of restarts, at the corners */
static const double better_by = 1.15;       /* another reading of a given transform */
static const double as_good_as = 0.98;      /* of two runs of one measure */
static const double start_turn_deg = 12.0;
static const double near_mm = 5.0; /* starts that are the same */

struct work {
    struct align_pyramid reference, other;
    struct align_points search[ALIGN_LEVELS];
    struct align_points judged;     /* the patient in the reference */
    struct align_points other_body; /* and in the other one */
    struct align_itk *itk[ALIGN_LEVELS];
    double middle_mm[3]; /* of the patient in the reference */
    double corners_mm[CORNERS][3];
    prep_align_progress_fn progress;
    void *context;
};

struct candidate {
    struct nav_pose T; /* T_other_reference */
    double information;
    int iterations;
};

static void tell(const struct work *work, double share, const char *what)
{
    if (work->progress != NULL) {
        work->progress(work->context, share, what);
    }
}

/* --- poses ----------------------------------------------------------------------------------- */

static struct nav_pose shift_of(double x, double y, double z)
{
    struct nav_pose pose = nav_pose_identity();
    pose.t_mm[0] = x;
    pose.t_mm[1] = y;
    pose.t_mm[2] = z;
    return pose;
}

/* A turn about an axis through a point. */
static struct nav_pose turn_of(int axis, double degrees, const double middle_mm[3])
{
    struct nav_pose pose = nav_pose_identity();
    const double half = 0.5 * degrees * M_PI / 180.0;
    double moved[3];
    pose.q[axis] = sin(half);
    pose.q[3] = cos(half);
    nav_pose_apply(&pose, middle_mm, moved);
    for (int k = 0; k < 3; ++k) {
        pose.t_mm[k] = middle_mm[k] - moved[k];
    }
    return pose;
}

/* The farthest that the corners come apart. */
static double apart_mm(const struct work *work, const struct nav_pose *a, const struct nav_pose *b)
{
    double farthest = 0.0;
    for (int i = 0; i < CORNERS; ++i) {
        double p[3];
        double q[3];
        nav_pose_apply(a, work->corners_mm[i], p);
        nav_pose_apply(b, work->corners_mm[i], q);
        farthest = fmax(farthest, hypot(hypot(p[0] - q[0], p[1] - q[1]), p[2] - q[2]));
    }
    return farthest;
}

/* The corners of the box around those points of the reference that the other scan has. */
static void take_corners(struct work *work, const struct nav_pose *T_other_reference)
{
    const struct align_image *other = &work->other.levels[MIDDLE];
    const struct align_inverse inverse = align_inverse_of(other);
    double box[2][3] = {{INFINITY, INFINITY, INFINITY}, {-INFINITY, -INFINITY, -INFINITY}};
    for (size_t i = 0; i < work->judged.count; ++i) {
        double p[3];
        double voxel[3];
        float value;
        nav_pose_apply(T_other_reference, work->judged.p_mm[i], p);
        align_voxel(&inverse, p, voxel);
        if (!align_value(other, voxel, &value)) {
            continue;
        }
        for (int k = 0; k < 3; ++k) {
            box[0][k] = fmin(box[0][k], work->judged.p_mm[i][k]);
            box[1][k] = fmax(box[1][k], work->judged.p_mm[i][k]);
        }
    }
    for (int i = 0; i < CORNERS && box[0][0] <= box[1][0]; ++i) {
        for (int k = 0; k < 3; ++k) {
            work->corners_mm[i][k] = box[i >> k & 1][k];
        }
    }
}

/* --- the two scans --------------------------------------------------------------------------- */

static void middle_of(const struct align_points *points, double out_mm[3])
{
    double sum[3] = {0.0, 0.0, 0.0};
    for (size_t i = 0; i < points->count; ++i) {
        for (int k = 0; k < 3; ++k) {
            sum[k] += points->p_mm[i][k];
        }
    }
    for (int k = 0; k < 3; ++k) {
        out_mm[k] = points->count > 0 ? sum[k] / (double)points->count : 0.0;
    }
}

static void finish(struct work *work)
{
    for (int i = 0; i < ALIGN_LEVELS; ++i) {
        align_itk_destroy(work->itk[i]);
        align_points_finish(&work->search[i]);
    }
    align_points_finish(&work->judged);
    align_points_finish(&work->other_body);
    align_pyramid_finish(&work->reference);
    align_pyramid_finish(&work->other);
}

static enum nav_status start_work(struct work *work, const struct prep_align_scan *reference,
                                  const struct prep_align_scan *other)
{
    enum nav_status status = align_pyramid_create(reference, &work->reference);
    if (status == NAV_OK) {
        status = align_pyramid_create(other, &work->other);
    }
    if (status == NAV_OK) {
        status = align_points_create(&work->reference.levels[MIDDLE], JUDGED_POINTS,
                                     work->reference.body, &work->judged);
    }
    if (status == NAV_OK) {
        status = align_points_create(&work->other.levels[MIDDLE], JUDGED_POINTS, work->other.body,
                                     &work->other_body);
    }
    for (int i = 0; i < ALIGN_LEVELS && status == NAV_OK; ++i) {
        /* Where the patient ends helps to find him, and says little of where his bones are. */
        const float body = i == FINE ? work->reference.body : 0.0F;
        status = align_points_create(&work->reference.levels[i], level_points[i], body,
                                     &work->search[i]);
        if (status == NAV_OK) {
            status = align_itk_create(&work->reference.levels[i], &work->other.levels[i],
                                      &work->search[i], &work->itk[i]);
        }
    }
    if (status == NAV_OK && (work->judged.count == 0 || work->other_body.count == 0)) {
        status = NAV_ERR_RANGE;
    }
    if (status == NAV_OK) {
        middle_of(&work->judged, work->middle_mm);
    }
    return status;
}

static double overlap_of(const struct work *work, const struct nav_pose *T_other_reference)
{
    const struct nav_pose T_reference_other = nav_pose_inverse(T_other_reference);
    const double there =
        align_joint_of(&work->judged, &work->other.levels[MIDDLE], T_other_reference).within;
    const double back =
        align_joint_of(&work->other_body, &work->reference.levels[MIDDLE], &T_reference_other)
            .within;
    return fmax(there, back);
}

static double information_of(const struct work *work, const struct nav_pose *T_other_reference)
{
    return align_joint_of(&work->judged, &work->other.levels[MIDDLE], T_other_reference)
        .information;
}

/* --- the search ------------------------------------------------------------------------------ */

static bool climb(const struct work *work, int level, struct candidate *candidate)
{
    int iterations = 0;
    if (align_itk_climb(work->itk[level], &climbs[level], work->middle_mm, &candidate->T,
                        &iterations, &candidate->information) != NAV_OK) {
        return false;
    }
    candidate->iterations += iterations;
    return true;
}

static void sort_by_information(struct candidate *list, int count)
{
    for (int i = 1; i < count; ++i) {
        for (int k = i; k > 0 && list[k].information > list[k - 1].information; --k) {
            const struct candidate other = list[k];
            list[k] = list[k - 1];
            list[k - 1] = other;
        }
    }
}

/* As the files lie; middle on middle of the scans; middle on middle of the patient. */
static int take_bases(const struct work *work, struct nav_pose bases[BASES])
{
    double there[3];
    double middles[2][3];
    const struct align_image *images[2] = {&work->reference.levels[COARSE],
                                           &work->other.levels[COARSE]};
    for (int i = 0; i < 2; ++i) {
        const double voxel[3] = {0.5 * (images[i]->size[0] - 1), 0.5 * (images[i]->size[1] - 1),
                                 0.5 * (images[i]->size[2] - 1)};
        align_place(images[i], voxel, middles[i]);
    }
    middle_of(&work->other_body, there);
    const struct nav_pose all[BASES] = {
        nav_pose_identity(),
        shift_of(middles[1][0] - middles[0][0], middles[1][1] - middles[0][1],
                 middles[1][2] - middles[0][2]),
        shift_of(there[0] - work->middle_mm[0], there[1] - work->middle_mm[1],
                 there[2] - work->middle_mm[2])};
    int count = 0;
    for (int i = 0; i < BASES; ++i) {
        bool known = false;
        for (int k = 0; k < count; ++k) {
            known = known || nav_pose_distance_mm(&all[i], &bases[k]) < near_mm;
        }
        if (!known) {
            bases[count++] = all[i];
        }
    }
    return count;
}

/* The starts that are worth following: every base, and what looks best of their turns. */
static int take_starts(const struct work *work, struct candidate starts[FOLLOWED_MAX])
{
    struct nav_pose bases[BASES];
    struct candidate turned[STARTS];
    const int base_count = take_bases(work, bases);
    int count = 0;
    int turned_count = 0;
    for (int i = 0; i < base_count; ++i) {
        for (int turn = 0; turn < TURNS; ++turn) {
            struct candidate candidate = {.T = bases[i]};
            if (turn > 0) {
                const struct nav_pose T =
                    turn_of((turn - 1) / 2, turn % 2 == 0 ? start_turn_deg : -start_turn_deg,
                            work->middle_mm);
                candidate.T = nav_pose_compose(&bases[i], &T);
            }
            candidate.information = information_of(work, &candidate.T);
            if (turn == 0) {
                starts[count++] = candidate;
            } else if (overlap_of(work, &candidate.T) >= overlap_min) {
                turned[turned_count++] = candidate;
            }
        }
    }
    sort_by_information(turned, turned_count);
    for (int i = 0; i < turned_count && count < FOLLOWED_MAX; ++i) {
        starts[count++] = turned[i];
    }
    return count;
}

/* From all starts to the best maximum. False: none of them led anywhere. */
static bool search(const struct work *work, struct candidate *out_best, int *out_starts)
{
    struct candidate found[FOLLOWED_MAX];
    const int count = take_starts(work, found);
    int good = 0;
    for (int i = 0; i < count; ++i) {
        tell(work, 0.1 + 0.4 * i / count, "coarse");
        struct candidate candidate = found[i];
        if (climb(work, COARSE, &candidate) && overlap_of(work, &candidate.T) >= overlap_min) {
            found[good++] = candidate;
        }
    }
    *out_starts = count;
    sort_by_information(found, good);
    const int kept = good < KEPT ? good : KEPT;
    int best = 0;
    for (int i = 0; i < kept; ++i) {
        tell(work, 0.5 + 0.1 * i / KEPT, "middle");
        struct candidate candidate = found[i];
        if (climb(work, MIDDLE, &candidate) && overlap_of(work, &candidate.T) >= overlap_min) {
            found[best++] = candidate;
        }
    }
    sort_by_information(found, best);
    tell(work, 0.6, "fine");
    if (best == 0 || !climb(work, FINE, &found[0])) {
        return false;
    }
    *out_best = found[0];
    return true;
}

/* Starts again from beside the result. */
static void try_again(const struct work *work, const struct nav_pose *T,
                      struct prep_align_report *report)
{
    for (int i = 0; i < PREP_ALIGN_RESTARTS; ++i) {
        const double sign = i % 2 == 0 ? 1.0 : -1.0;
        const int axis = i / 2;
        const struct nav_pose shift =
            shift_of(axis == 0 ? 7.0 * sign : 3.0, axis == 1 ? 7.0 * sign : -3.0,
                     axis == 2 ? 7.0 * sign : 3.0 * sign);
        const struct nav_pose turn = turn_of((axis + 1) % 3, -6.0 * sign, work->middle_mm);
        struct candidate candidate = {.T = nav_pose_compose(T, &shift)};
        candidate.T = nav_pose_compose(&candidate.T, &turn);
        tell(work, 0.7 + 0.3 * i / PREP_ALIGN_RESTARTS, "starting again from beside it");
        ++report->restarts;
        if (!climb(work, MIDDLE, &candidate) || !climb(work, FINE, &candidate)) {
            report->spread_mm = INFINITY;
            continue;
        }
        const double off = apart_mm(work, T, &candidate.T);
        report->agreeing += off <= agreement_mm;
        report->spread_mm = fmax(report->spread_mm, off);
    }
}

/* --- what is told, and refused --------------------------------------------------------------- */

static double aside_of(const struct work *work, const struct nav_pose *T)
{
    double most = 0.0;
    for (int i = 0; i < ASIDE; ++i) {
        const double sign = i % 2 == 0 ? 1.0 : -1.0;
        const int axis = i / 2 % 3;
        const struct nav_pose away =
            i < ASIDE / 2 ? shift_of(axis == 0 ? 20.0 * sign : 0.0, axis == 1 ? 20.0 * sign : 0.0,
                                     axis == 2 ? 20.0 * sign : 0.0)
                          : turn_of(axis, 12.0 * sign, work->middle_mm);
        const struct nav_pose beside = nav_pose_compose(T, &away);
        most = fmax(most, information_of(work, &beside));
    }
    return most;
}

static void describe(const struct work *work, const struct nav_pose *T_other_reference,
                     struct prep_align_report *report)
{
    const struct nav_pose start = nav_pose_identity();
    double middle[3] = {0.0, 0.0, 0.0};
    double moved[3];
    for (int i = 0; i < CORNERS; ++i) {
        for (int k = 0; k < 3; ++k) {
            middle[k] += work->corners_mm[i][k] / CORNERS;
        }
    }
    nav_pose_apply(T_other_reference, middle, moved);
    report->T_reference_other = nav_pose_inverse(T_other_reference);
    report->information = information_of(work, T_other_reference);
    report->information_start = information_of(work, &start);
    report->information_aside = aside_of(work, T_other_reference);
    report->overlap = overlap_of(work, T_other_reference);
    report->rotation_deg = nav_pose_angle_rad(&start, T_other_reference) * 180.0 / M_PI;
    for (int k = 0; k < 3; ++k) {
        report->shift_mm[k] = middle[k] - moved[k];
    }
}

static const char remedy[] = "is it the same patient and part of the body? Else register it in "
                             "another program and give the transform with --transform";

/* An estimate that nobody should look at twice. */
static enum nav_status gate(const struct prep_align_report *report, struct cfg_error *error)
{
    if (report->overlap < overlap_min) {
        return cfg_error_set(error, NAV_ERR_REFUSED,
                             "only %.0f %% of the smaller scan lies in the other one, %.0f %% are "
                             "needed; %s",
                             100.0 * report->overlap, 100.0 * overlap_min, remedy);
    }
    if (report->information < information_min) {
        return cfg_error_set(error, NAV_ERR_REFUSED,
                             "the two scans tell nothing of each other (%.3f nats, %.2f are "
                             "needed); %s",
                             report->information, information_min, remedy);
    }
    const double lost = 1.0 - report->information_aside / report->information;
    if (lost < peak_min) {
        return cfg_error_set(error, NAV_ERR_REFUSED,
                             "no place fits clearly better than its surroundings (by %.0f %%, "
                             "%.0f %% are needed); %s",
                             100.0 * lost, 100.0 * peak_min, remedy);
    }
    if (report->information < as_good_as * report->information_start) {
        return cfg_error_set(error, NAV_ERR_REFUSED,
                             "the search ended where the scans fit worse (%.3f nats) than as the "
                             "files lie (%.3f); %s",
                             report->information, report->information_start, remedy);
    }
    return NAV_OK;
}

static enum nav_status gate_restarts(const struct prep_align_report *report,
                                     struct cfg_error *error)
{
    if (report->agreeing < report->restarts) {
        return cfg_error_set(error, NAV_ERR_REFUSED,
                             "only %d of %d searches that were started beside the result came "
                             "back to it within %.1f mm; %s",
                             report->agreeing, report->restarts, agreement_mm, remedy);
    }
    return NAV_OK;
}

static enum nav_status explain(enum nav_status status, struct cfg_error *error)
{
    return cfg_error_set(error, status,
                         status == NAV_ERR_MEMORY ? "out of memory"
                         : status == NAV_ERR_RANGE
                             ? "too few voxels along an axis, or nothing but air: too small to "
                               "be registered"
                             : "the registration library gave up");
}

enum nav_status prep_align_estimate(const struct prep_align_scan *reference,
                                    const struct prep_align_scan *other,
                                    prep_align_progress_fn progress, void *context,
                                    struct prep_align_report *out_report, struct cfg_error *error)
{
    struct work work = {.progress = progress, .context = context};
    struct prep_align_report report = {.starts = 0};
    tell(&work, 0.0, "reading both scans");
    enum nav_status status = start_work(&work, reference, other);
    if (status != NAV_OK) {
        finish(&work);
        return explain(status, error);
    }
    struct candidate best = {.iterations = 0};
    if (search(&work, &best, &report.starts)) {
        report.iterations = best.iterations;
        take_corners(&work, &best.T);
        describe(&work, &best.T, &report);
        status = gate(&report, error);
        if (status == NAV_OK) {
            try_again(&work, &best.T, &report);
            status = gate_restarts(&report, error);
        }
    } else {
        status = cfg_error_set(error, NAV_ERR_REFUSED,
                               "from no start did the two scans come to overlap by %.0f %%; %s",
                               100.0 * overlap_min, remedy);
    }
    finish(&work);
    *out_report = report;
    return status;
}

/* --- a transform that was given -------------------------------------------------------------- */

/* T with x and y negated on both sides: the same numbers meant in RAS. */
static struct nav_pose turned(const struct nav_pose *T)
{
    struct nav_pose flipped = *T;
    flipped.q[0] = -T->q[0];
    flipped.q[1] = -T->q[1];
    flipped.t_mm[0] = -T->t_mm[0];
    flipped.t_mm[1] = -T->t_mm[1];
    return flipped;
}

static enum nav_status gate_given(const struct work *work, const struct nav_pose *T,
                                  const struct prep_align_report *report, struct cfg_error *error)
{
    const struct nav_pose inverse = nav_pose_inverse(T);
    const struct {
        struct nav_pose T;
        const char *what;
    } readings[] = {
        {inverse, "the other way round; state --maps"},
        {turned(T),
         "with x and y negated: was it written in RAS? Export it as 3D Slicer or ITK do"},
        {turned(&inverse), "the other way round and with x and y negated; export it again"},
    };
    for (size_t i = 0; i < sizeof(readings) / sizeof(readings[0]); ++i) {
        const double other = information_of(work, &readings[i].T);
        if (apart_mm(work, T, &readings[i].T) > near_mm &&
            overlap_of(work, &readings[i].T) >= overlap_min &&
            other > better_by * report->information) {
            return cfg_error_set(error, NAV_ERR_REFUSED,
                                 "the transform fits clearly better (%.3f nats against %.3f) %s",
                                 other, report->information, readings[i].what);
        }
    }
    if (report->information_aside > better_by * report->information) {
        return cfg_error_set(error, NAV_ERR_REFUSED,
                             "the scans fit better 20 mm or 12 degrees beside this transform "
                             "(%.3f nats against %.3f); is it the transform of these two scans?",
                             report->information_aside, report->information);
    }
    if (report->overlap < overlap_min) {
        return cfg_error_set(error, NAV_ERR_REFUSED,
                             "with this transform only %.0f %% of the smaller scan lies in the "
                             "other one; is it the transform of these two scans?",
                             100.0 * report->overlap);
    }
    return NAV_OK;
}

enum nav_status prep_align_judge(const struct prep_align_scan *reference,
                                 const struct prep_align_scan *other,
                                 const struct nav_pose *T_reference_other,
                                 struct prep_align_report *out_report, struct cfg_error *error)
{
    struct work work = {.progress = NULL};
    struct prep_align_report report = {.starts = 0};
    enum nav_status status = start_work(&work, reference, other);
    if (status != NAV_OK) {
        finish(&work);
        return explain(status, error);
    }
    const struct nav_pose T = nav_pose_inverse(T_reference_other);
    take_corners(&work, &T);
    describe(&work, &T, &report);
    status = gate_given(&work, &T, &report, error);
    struct candidate nearest = {.T = T};
    report.refined_mm = NAN;
    if (status == NAV_OK && climb(&work, FINE, &nearest)) {
        report.refined_mm = apart_mm(&work, &T, &nearest.T);
    }
    finish(&work);
    *out_report = report;
    return status;
}

/* --- moving ---------------------------------------------------------------------------------- */

void prep_align_move(struct cfg_volume *volume, const struct nav_pose *T)
{
    struct cfg_volume_report *report = &volume->report;
    double columns[4][3];
    for (int k = 0; k < 4; ++k) {
        const double column[3] = {report->T_image_voxel[k], report->T_image_voxel[4 + k],
                                  report->T_image_voxel[8 + k]};
        if (k < 3) {
            nav_pose_rotate(T, column, columns[k]);
        } else {
            nav_pose_apply(T, column, columns[k]);
        }
    }
    for (int row = 0; row < 3; ++row) {
        report->min_mm[row] = report->max_mm[row] = columns[3][row];
        for (int k = 0; k < 4; ++k) {
            report->T_image_voxel[4 * row + k] = columns[k][row];
        }
        for (int k = 0; k < 3; ++k) {
            const double reach = columns[k][row] * (report->size[k] - 1);
            report->min_mm[row] += fmin(reach, 0.0);
            report->max_mm[row] += fmax(reach, 0.0);
        }
    }
}
