#include "registration.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "linalg.h"
#include "rigid_fit.h"
#include "statistics.h"
#include "tre.h"

enum {
    PAIRING_STEPS_MAX = 200000, /* of the search for other labels; then it is given up and said */
    EXCHANGES_NAMED = 3
};

/* One bad landmark: the chance at which a set of good landmarks is accused. */
static const double outlier_chance = 1e-4;

/* A landmark is accused on the strength of the others' agreement only when it is this many times
 * the expected localisation error away. */
static const double outlier_fle_min = 3.0;

/* A scale is explained by a unit when it is this near to its factor. */
static const double unit_tolerance = 0.1;

/* A scale is believed only when it is this many standard deviations from 1. */
static const double scale_sigmas = 4.0;

/* Distances between two landmarks differ by more than this many standard deviations: not a pair. */
static const double pairing_sigmas = 5.0;

struct work {
    const struct trk_landmark *landmarks;
    const struct trk_registration_limits *limits;
    size_t count;
    double measured[TRK_LANDMARKS_MAX][3];
    double image[TRK_LANDMARKS_MAX][3];
    double fle_mm[TRK_LANDMARKS_MAX];
    double weights[TRK_LANDMARKS_MAX];
    double fle_rms_mm;
    struct trk_rigid_fit fit;
    struct trk_registration *out;
};

struct trk_registration_limits trk_registration_limits_default(void)
{
    return (struct trk_registration_limits){
        .landmarks_min = 4,
        .fle_mm = 1.0,
        .confidence = 0.999,
        .tre95_max_mm = 2.0,
        .scale_tolerance = 0.02,
        .flat_min = 0.02,
        .thin_min = 0.05,
        .mirror_factor = 2.0,
    };
}

const char *trk_finding_name(enum trk_finding_code code)
{
    static const char *const names[] = {
#define FINDING_NAME(name, key, refuses) key,
        TRK_FINDING_LIST(FINDING_NAME)
#undef FINDING_NAME
    };
    return (size_t)code < sizeof(names) / sizeof(names[0]) ? names[code] : "?";
}

double trk_fre_limit(size_t count, double fle_mm, double p)
{
    const double squares = 3.0 * (double)count;
    return fle_mm * sqrt(trk_chi2_quantile(p, squares - 6.0) / squares);
}

/* Adds a finding; the caller fills its texts. */
static struct trk_finding *find(struct work *work, enum trk_finding_code code, int32_t subject,
                                double value, double limit)
{
    static const bool refuses[] = {
#define FINDING_REFUSES(name, key, refuse) refuse,
        TRK_FINDING_LIST(FINDING_REFUSES)
#undef FINDING_REFUSES
    };
    /* every code occurs once, TRE once a target: TRK_FINDINGS_MAX is never reached */
    struct trk_finding *finding = &work->out->findings[work->out->finding_count++];
    *finding = (struct trk_finding){
        .code = code,
        .refuses = refuses[code],
        .subject = subject,
        .value = value,
        .limit = limit,
    };
    return finding;
}

#define SAY(field, ...) ((void)snprintf((field), TRK_MESSAGE_SIZE, __VA_ARGS__))

static const char *name_of(const struct work *work, size_t index)
{
    return work->landmarks[index].name;
}

static bool limits_are_good(const struct trk_registration_limits *limits)
{
    const double positive[] = {limits->fle_mm,   limits->tre95_max_mm, limits->scale_tolerance,
                               limits->flat_min, limits->thin_min,     limits->mirror_factor};
    for (size_t i = 0; i < sizeof(positive) / sizeof(positive[0]); ++i) {
        if (!(isfinite(positive[i]) && positive[i] > 0.0)) {
            return false;
        }
    }
    return limits->confidence > 0.0 && limits->confidence < 1.0;
}

static enum nav_status take_landmarks(struct work *work)
{
    double squares = 0.0;
    for (size_t i = 0; i < work->count; ++i) {
        const struct trk_landmark *landmark = &work->landmarks[i];
        const double fle_mm = landmark->fle_mm == 0.0 ? work->limits->fle_mm : landmark->fle_mm;
        if (!isfinite(fle_mm)) {
            return NAV_ERR_NOT_FINITE;
        }
        if (fle_mm <= 0.0) {
            return NAV_ERR_ARGUMENT;
        }
        memcpy(work->measured[i], landmark->measured_mm, sizeof(work->measured[i]));
        memcpy(work->image[i], landmark->image_mm, sizeof(work->image[i]));
        work->fle_mm[i] = fle_mm;
        work->weights[i] = 1.0 / (fle_mm * fle_mm);
        squares += fle_mm * fle_mm;
    }
    work->fle_rms_mm = sqrt(squares / (double)work->count);
    return NAV_OK;
}

/* How improbable the residuals of a fit are for good landmarks: P(chi2 of 3N-6 above them). */
static double misfit_chance(const struct work *work, const struct trk_rigid_fit *fit,
                            const double (*from)[3], const double (*to)[3])
{
    double chi2 = 0.0;
    for (size_t i = 0; i < work->count; ++i) {
        double residual[3];
        trk_rigid_fit_residual(fit, from[i], to[i], residual);
        chi2 += 3.0 * trk_dot(residual, residual) * work->weights[i];
    }
    return trk_chi2_above(chi2, 3.0 * (double)work->count - 6.0);
}

static bool fits(const struct work *work, const struct trk_rigid_fit *fit, const double (*from)[3],
                 const double (*to)[3])
{
    return work->count == 3 || misfit_chance(work, fit, from, to) >= 1.0 - work->limits->confidence;
}

/* ------------------------------------------------------------------------- one bad landmark */

struct left_out {
    double chance;   /* of such a distance, were the landmark good; 1 where it cannot be said */
    bool others_fit; /* the others agree among themselves, as far as can be said */
};

/* Compares landmark `index` with the fit of the others. */
static enum nav_status leave_out(struct work *work, size_t index, struct left_out *out)
{
    double from[TRK_LANDMARKS_MAX][3];
    double to[TRK_LANDMARKS_MAX][3];
    double fle_mm[TRK_LANDMARKS_MAX];
    double weights[TRK_LANDMARKS_MAX];
    size_t others = 0;
    for (size_t i = 0; i < work->count; ++i) {
        if (i != index) {
            memcpy(from[others], work->measured[i], sizeof(from[0]));
            memcpy(to[others], work->image[i], sizeof(to[0]));
            fle_mm[others] = work->fle_mm[i];
            weights[others++] = work->weights[i];
        }
    }
    *out = (struct left_out){.chance = 1.0, .others_fit = true};
    work->out->left_out_mm[index] = (double)NAN;
    work->out->left_out_fre_mm[index] = (double)NAN;
    struct trk_rigid_fit fit;
    struct trk_tre_model model;
    enum nav_status status =
        others < 3 ? NAV_ERR_CONDITION : trk_rigid_fit(others, from, to, weights, false, &fit);
    if (status == NAV_OK) {
        status = trk_tre_model_isotropic(others, to, fle_mm, &model);
    }
    if (status != NAV_OK) {
        return status == NAV_ERR_CONDITION ? NAV_OK : status;
    }
    double d[3];
    double covariance[9];
    trk_rigid_fit_residual(&fit, work->measured[index], work->image[index], d);
    trk_tre_covariance(&model, work->image[index], covariance);
    for (int k = 0; k < 3; ++k) {
        covariance[4 * k] += work->fle_mm[index] * work->fle_mm[index] / 3.0;
    }
    double scaled[3];
    status = trk_solve_definite(3, covariance, d, scaled, NULL);
    if (status != NAV_OK) {
        return status == NAV_ERR_CONDITION ? NAV_OK : status;
    }
    const double chi2 = trk_dot(d, scaled);
    work->out->left_out_mm[index] = trk_norm(d);
    work->out->left_out_fre_mm[index] = fit.rms_mm;
    out->chance = trk_chi2_above(chi2, 3.0);

    const double dof = 3.0 * (double)others - 6.0;
    if (dof == 0.0) {
        return NAV_OK;
    }
    double shown = 0.0;
    for (size_t i = 0; i < others; ++i) {
        double residual[3];
        trk_rigid_fit_residual(&fit, from[i], to[i], residual);
        shown += 3.0 * trk_dot(residual, residual) * weights[i];
    }
    out->others_fit = trk_chi2_above(shown, dof) >= 1.0 - work->limits->confidence;
    if (trk_norm(d) > outlier_fle_min * work->fle_mm[index]) {
        /* against the localisation error that the others show, which may be much smaller */
        const double chance = trk_f_above(chi2 / 3.0 / fmax(shown / dof, 1e-12), 3.0, dof);
        out->chance = fmin(out->chance, chance);
    }
    return NAV_OK;
}

/* The landmark that disagrees most with the others. */
static enum nav_status worst_landmark(struct work *work, size_t *out_index,
                                      struct left_out *out_worst)
{
    *out_index = 0;
    *out_worst = (struct left_out){.chance = 2.0};
    for (size_t i = 0; i < work->count; ++i) {
        struct left_out left_out;
        const enum nav_status status = leave_out(work, i, &left_out);
        if (status != NAV_OK) {
            return status;
        }
        const bool further = work->out->left_out_mm[i] > work->out->left_out_mm[*out_index];
        if (left_out.chance < out_worst->chance ||
            (left_out.chance == out_worst->chance && further)) {
            *out_worst = left_out;
            *out_index = i;
        }
    }
    return NAV_OK;
}

/* --------------------------------------------------------------------------- exchanged labels */

/* Searches all pairings whose distances agree: measured i with image pairing[i]. */
struct pairing_search {
    const struct work *work;
    size_t steps;
    bool gave_up;
    uint32_t pairing[TRK_LANDMARKS_MAX];
    bool taken[TRK_LANDMARKS_MAX];
    bool found; /* one that fits and is not the labels' */
    double rms_mm;
    uint32_t best[TRK_LANDMARKS_MAX];
    enum nav_status status;
};

static bool distances_agree(const struct pairing_search *search, size_t placed, uint32_t candidate)
{
    const struct work *work = search->work;
    for (size_t i = 0; i < placed; ++i) {
        const double measured = trk_distance(work->measured[i], work->measured[placed]);
        const double image = trk_distance(work->image[search->pairing[i]], work->image[candidate]);
        const double sigma =
            sqrt((work->fle_mm[i] * work->fle_mm[i] + work->fle_mm[placed] * work->fle_mm[placed]) /
                 3.0);
        if (fabs(measured - image) > pairing_sigmas * sigma) {
            return false;
        }
    }
    return true;
}

static void judge_pairing(struct pairing_search *search)
{
    const struct work *work = search->work;
    double to[TRK_LANDMARKS_MAX][3];
    bool labels = true;
    for (size_t i = 0; i < work->count; ++i) {
        memcpy(to[i], work->image[search->pairing[i]], sizeof(to[i]));
        labels = labels && search->pairing[i] == i;
    }
    struct trk_rigid_fit fit;
    if (labels) {
        return;
    }
    const enum nav_status status =
        trk_rigid_fit(work->count, work->measured, to, work->weights, false, &fit);
    if (status != NAV_OK) {
        search->status = status;
        return;
    }
    if (fits(work, &fit, work->measured, to) && (!search->found || fit.rms_mm < search->rms_mm)) {
        search->found = true;
        search->rms_mm = fit.rms_mm;
        memcpy(search->best, search->pairing, sizeof(search->best));
    }
}

static void extend_pairing(struct pairing_search *search, size_t placed)
{
    if (search->status != NAV_OK || search->gave_up) {
        return;
    }
    if (++search->steps > PAIRING_STEPS_MAX) {
        search->gave_up = true;
        return;
    }
    if (placed == search->work->count) {
        judge_pairing(search);
        return;
    }
    for (uint32_t candidate = 0; candidate < search->work->count; ++candidate) {
        if (!search->taken[candidate] && distances_agree(search, placed, candidate)) {
            search->taken[candidate] = true;
            search->pairing[placed] = candidate;
            extend_pairing(search, placed + 1);
            search->taken[candidate] = false;
        }
    }
}

static void name_exchanges(const struct work *work, const uint32_t *pairing, char *out_text)
{
    char list[TRK_MESSAGE_SIZE] = "";
    size_t used = 0;
    int named = 0;
    int more = 0;
    for (size_t i = 0; i < work->count; ++i) {
        if (pairing[i] == i) {
            continue;
        }
        if (named == EXCHANGES_NAMED || used > sizeof(list) / 2) {
            ++more;
            continue;
        }
        const int length =
            snprintf(list + used, sizeof(list) - used, "%s%.40s was touched as %.40s",
                     named == 0 ? "" : ", ", name_of(work, pairing[i]), name_of(work, i));
        used += length > 0 ? (size_t)length : 0;
        used = used < sizeof(list) ? used : sizeof(list) - 1;
        ++named;
    }
    if (more > 0) {
        SAY(out_text, "%.200s and %d more", list, more);
    } else {
        SAY(out_text, "%.250s", list);
    }
}

/* ------------------------------------------------------------------------------- the findings */

static void find_shape(struct work *work)
{
    struct trk_registration *out = work->out;
    const struct trk_registration_limits *limits = work->limits;
    if (work->count < limits->landmarks_min) {
        struct trk_finding *finding =
            find(work, TRK_FINDING_TOO_FEW, -1, (double)work->count, (double)limits->landmarks_min);
        SAY(finding->text, "%zu landmarks, %u are needed", work->count, limits->landmarks_min);
        SAY(finding->suggestion, "measure more landmarks, far apart and around the target");
    }
    const double thin = fmin(work->fit.from_spread_mm[1] / work->fit.from_spread_mm[0],
                             work->fit.to_spread_mm[1] / work->fit.to_spread_mm[0]);
    const double flat = fmin(work->fit.from_spread_mm[2] / work->fit.from_spread_mm[0],
                             work->fit.to_spread_mm[2] / work->fit.to_spread_mm[0]);
    if (thin < limits->thin_min) {
        struct trk_finding *finding = find(work, TRK_FINDING_THIN, -1, thin, limits->thin_min);
        SAY(finding->text,
            "the landmarks lie almost on a line: the turn about it is not determined");
        SAY(finding->suggestion, "add landmarks away from the line through these");
    }
    if (flat < limits->flat_min) {
        struct trk_finding *finding = find(work, TRK_FINDING_FLAT, -1, flat, limits->flat_min);
        SAY(finding->text,
            "the landmarks lie almost in a plane: a mirrored model cannot be noticed");
        SAY(finding->suggestion,
            "add a landmark off the plane, or confirm left and right by touch");
    }
    memcpy(out->spread_mm, work->fit.from_spread_mm, sizeof(out->spread_mm));
}

/* Whether the misfit is a matter of size. */
static bool find_scale(struct work *work)
{
    static const struct {
        double factor;
        const char *text;
    } units[] = {
        {1000.0, "the measured points seem to be in metres"},
        {0.001, "the image points seem to be in metres"},
        {10.0, "the measured points seem to be in centimetres"},
        {0.1, "the image points seem to be in centimetres"},
        {25.4, "the measured points seem to be in inches"},
        {1.0 / 25.4, "the image points seem to be in inches"},
    };
    const struct trk_registration_limits *limits = work->limits;
    const double scale = work->fit.scale;
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); ++i) {
        if (fabs(scale / units[i].factor - 1.0) <= unit_tolerance) {
            struct trk_finding *finding = find(work, TRK_FINDING_UNITS, -1, scale, 1.0);
            SAY(finding->text, "%s: estimated scale %.4g", units[i].text, scale);
            SAY(finding->suggestion, "give all points in millimetres");
            return true;
        }
    }
    double scaled[TRK_LANDMARKS_MAX][3];
    for (size_t i = 0; i < work->count; ++i) {
        for (int k = 0; k < 3; ++k) {
            scaled[i][k] = work->measured[i][k] * scale;
        }
    }
    const double *spread = work->fit.from_spread_mm;
    const double size = sqrt((double)work->count * trk_dot(spread, spread));
    const double sigma = work->fle_rms_mm / sqrt(3.0) / size;
    struct trk_rigid_fit fit;
    if (fabs(scale - 1.0) <= fmax(limits->scale_tolerance, scale_sigmas * sigma) ||
        trk_rigid_fit(work->count, scaled, work->image, work->weights, false, &fit) != NAV_OK ||
        !fits(work, &fit, scaled, work->image)) {
        return false;
    }
    struct trk_finding *finding =
        find(work, TRK_FINDING_SCALE, -1, scale, 1.0 + limits->scale_tolerance);
    SAY(finding->text, "image and patient differ in size: estimated scale %.4f", scale);
    SAY(finding->suggestion, "check the image's voxel spacing and the stylus calibration");
    return true;
}

/* Whether the misfit is a mirror or exchanged labels, whichever fits better. */
static enum nav_status find_mirror_and_labels(struct work *work, bool misfit, bool *out_explained)
{
    struct trk_registration *out = work->out;
    struct pairing_search search = {.work = work, .status = NAV_OK};
    if (work->count > 3) {
        extend_pairing(&search, 0);
    }
    if (search.status != NAV_OK) {
        return search.status;
    }
    if (search.gave_up) {
        struct trk_finding *finding =
            find(work, TRK_FINDING_UNSEARCHED, -1, (double)NAN, (double)NAN);
        SAY(finding->text, "too many pairings to search all of them for exchanged labels");
        SAY(finding->suggestion, "confirm by touching two landmarks that are not alike");
    }
    const bool mirrored =
        misfit && out->fre_mirrored_mm * work->limits->mirror_factor < out->fre_mm;
    if (mirrored && !(search.found && search.rms_mm <= out->fre_mirrored_mm)) {
        struct trk_finding *finding = find(work, TRK_FINDING_MIRRORED, -1, out->fre_mirrored_mm,
                                           out->fre_mm / work->limits->mirror_factor);
        SAY(finding->text, "a mirrored fit is better: %.2f mm against %.2f mm",
            out->fre_mirrored_mm, out->fre_mm);
        SAY(finding->suggestion, "check the model's left and right, and the files' frames");
        *out_explained = true;
        return NAV_OK;
    }
    if (!search.found) {
        return NAV_OK;
    }
    out->pairing_suggested = misfit;
    memcpy(out->pairing, search.best, sizeof(out->pairing));
    struct trk_finding *finding = find(work, misfit ? TRK_FINDING_SWAPPED : TRK_FINDING_AMBIGUOUS,
                                       -1, search.rms_mm, out->fre_limit_mm);
    SAY(finding->text,
        misfit ? "with other labels the landmarks fit to %.2f mm instead of %.2f mm"
               : "with other labels the landmarks fit as well: %.2f mm, these %.2f mm",
        search.rms_mm, out->fre_mm);
    if (misfit) {
        name_exchanges(work, search.best, finding->suggestion);
    } else {
        SAY(finding->suggestion, "confirm left and right by touching a landmark");
    }
    *out_explained = misfit;
    return NAV_OK;
}

/* One landmark is accused when it disagrees with the others and they agree among themselves. */
static enum nav_status find_bad_landmark(struct work *work, bool misfit, bool explained)
{
    size_t index;
    struct left_out worst;
    const enum nav_status status = worst_landmark(work, &index, &worst);
    if (status != NAV_OK || explained) {
        return status;
    }
    const struct trk_registration *out = work->out;
    if (worst.others_fit && worst.chance * (double)work->count < outlier_chance) {
        struct trk_finding *finding =
            find(work, TRK_FINDING_BAD_LANDMARK, (int32_t)index, out->left_out_mm[index],
                 outlier_fle_min * work->fle_mm[index]);
        SAY(finding->text,
            "%.60s is %.2f mm from where the others put it; without it FRE is %.2f mm",
            name_of(work, index), out->left_out_mm[index], out->left_out_fre_mm[index]);
        SAY(finding->suggestion, "measure %.60s again", name_of(work, index));
    } else if (misfit) {
        struct trk_finding *finding =
            find(work, TRK_FINDING_FRE, -1, out->fre_mm, out->fre_limit_mm);
        SAY(finding->text, "FRE %.2f mm: good landmarks stay below %.2f mm", out->fre_mm,
            out->fre_limit_mm);
        SAY(finding->suggestion,
            "measure all landmarks again, %.60s first; check that the reference did not move",
            name_of(work, index));
    }
    return NAV_OK;
}

static enum nav_status find_tre(struct work *work, const struct trk_target *targets, size_t count)
{
    struct trk_registration *out = work->out;
    struct trk_tre_model model;
    const enum nav_status status =
        trk_tre_model_isotropic(work->count, work->image, work->fle_mm, &model);
    if (status != NAV_OK) {
        return status;
    }
    out->target_count = (uint32_t)count;
    for (size_t i = 0; i < count; ++i) {
        const double *target = targets[i].image_mm;
        if (!isfinite(target[0]) || !isfinite(target[1]) || !isfinite(target[2])) {
            return NAV_ERR_NOT_FINITE;
        }
        out->tre_mm[i] = trk_tre_rms(&model, target);
        out->tre95_mm[i] = trk_tre_95(&model, target);
        if (out->tre95_mm[i] <= work->limits->tre95_max_mm) {
            continue;
        }
        struct trk_finding *finding =
            find(work, TRK_FINDING_TRE, (int32_t)i, out->tre95_mm[i], work->limits->tre95_max_mm);
        SAY(finding->text, "predicted error at %.60s: %.2f mm (95 %%)", targets[i].name,
            out->tre95_mm[i]);
        SAY(finding->suggestion, "add landmarks, nearer to %.60s and around it", targets[i].name);
    }
    return NAV_OK;
}

static enum nav_status judge(struct work *work, const struct trk_target *targets,
                             size_t target_count)
{
    const bool misfit = !fits(work, &work->fit, work->measured, work->image);
    find_shape(work);
    bool explained = find_scale(work);
    enum nav_status status = NAV_OK;
    if (!explained) {
        status = find_mirror_and_labels(work, misfit, &explained);
    }
    if (status == NAV_OK) {
        status = find_bad_landmark(work, misfit, explained);
    }
    if (status != NAV_OK) {
        return status;
    }
    return find_tre(work, targets, target_count);
}

enum nav_status trk_register(const struct trk_landmark *landmarks, size_t count,
                             const struct trk_target *targets, size_t target_count,
                             const struct trk_registration_limits *limits,
                             struct trk_registration *out_registration)
{
    if (count < 3 || count > TRK_LANDMARKS_MAX || target_count > TRK_TARGETS_MAX ||
        !limits_are_good(limits)) {
        return NAV_ERR_ARGUMENT;
    }
    struct trk_registration registration;
    memset(&registration, 0, sizeof(registration));
    struct work work = {
        .landmarks = landmarks,
        .limits = limits,
        .count = count,
        .out = &registration,
    };
    enum nav_status status = take_landmarks(&work);
    if (status == NAV_OK) {
        status = trk_rigid_fit(count, work.measured, work.image, work.weights, false, &work.fit);
    }
    struct trk_rigid_fit mirrored;
    if (status == NAV_OK) {
        status = trk_rigid_fit(count, work.measured, work.image, work.weights, true, &mirrored);
    }
    if (status == NAV_OK) {
        status = trk_rigid_fit_pose(&work.fit, &registration.T_image_reference);
    }
    if (status != NAV_OK) {
        return status;
    }
    registration.count = (uint32_t)count;
    registration.fre_mm = work.fit.rms_mm;
    registration.fre_mirrored_mm = mirrored.rms_mm;
    registration.scale = work.fit.scale;
    registration.fre_limit_mm = trk_fre_limit(count, work.fle_rms_mm, limits->confidence);
    for (size_t i = 0; i < count; ++i) {
        double residual[3];
        trk_rigid_fit_residual(&work.fit, work.measured[i], work.image[i], residual);
        registration.residuals_mm[i] = trk_norm(residual);
    }
    status = judge(&work, targets, target_count);
    if (status != NAV_OK) {
        return status;
    }
    registration.accepted = true;
    for (uint32_t i = 0; i < registration.finding_count; ++i) {
        registration.accepted = registration.accepted && !registration.findings[i].refuses;
    }
    *out_registration = registration;
    return NAV_OK;
}

/* -------------------------------------------------------------------------------- touch check */

static double flipped_distance(const double point[3], const double place[3], const int signs[3])
{
    const double flipped[3] = {signs[0] * point[0], signs[1] * point[1], signs[2] * point[2]};
    return trk_distance(flipped, place);
}

enum nav_status trk_touch_check(const struct nav_pose *T_image_reference,
                                const struct trk_landmark *landmarks, size_t count, size_t index,
                                const double touched_mm[3], double limit_mm,
                                struct trk_touch *out_touch)
{
    if (index >= count || !(limit_mm > 0.0)) {
        return NAV_ERR_ARGUMENT;
    }
    if (!isfinite(touched_mm[0]) || !isfinite(touched_mm[1]) || !isfinite(touched_mm[2]) ||
        !nav_pose_is_valid(T_image_reference)) {
        return NAV_ERR_NOT_FINITE;
    }
    static const int ras_lps[3] = {-1, -1, 1};
    static const int mirrors[3][3] = {{-1, 1, 1}, {1, -1, 1}, {1, 1, -1}};
    struct trk_touch touch = {.verdict = TRK_TOUCH_GOOD, .other = -1};
    const double *place = landmarks[index].image_mm;
    nav_pose_apply(T_image_reference, touched_mm, touch.point_image_mm);
    touch.deviation_mm = trk_distance(touch.point_image_mm, place);
    if (touch.deviation_mm > limit_mm) {
        touch.verdict = TRK_TOUCH_OFF;
        double nearest_mm = limit_mm;
        for (size_t i = 0; i < count; ++i) {
            const double distance = trk_distance(touch.point_image_mm, landmarks[i].image_mm);
            if (i != index && distance <= nearest_mm) {
                nearest_mm = distance;
                touch.verdict = TRK_TOUCH_OTHER_LANDMARK;
                touch.other = (int32_t)i;
            }
        }
        for (int axis = 0; touch.verdict == TRK_TOUCH_OFF && axis < 3; ++axis) {
            if (flipped_distance(touch.point_image_mm, place, mirrors[axis]) <= limit_mm) {
                touch.verdict = TRK_TOUCH_MIRRORED;
            }
        }
        if (touch.verdict != TRK_TOUCH_OTHER_LANDMARK &&
            flipped_distance(touch.point_image_mm, place, ras_lps) <= limit_mm) {
            touch.verdict = TRK_TOUCH_RAS_LPS;
        }
    }
    *out_touch = touch;
    return NAV_OK;
}
